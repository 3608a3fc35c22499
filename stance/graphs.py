"""ONNX graphs: looked through before anything runs them, and cut in two, by a walk over the file's own encoding.

A file of ONNX is a message of protocol buffers: fields, each a number, a wire type and a value, some of them messages
themselves. Only what could reach outside the graph is looked at: weights kept in other files, operators and functions
that are not ONNX's own. Where two readers could take an encoding for different things, it is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from stance.records import InputError

DOMAINS = ("", "ai.onnx")
"""The domains of ONNX's own operators: they compute, and reach no file."""
_MESSAGES = {
    "model": {7: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {},
}
"""Of each kind of message, the fields that are messages to look into, after onnx.proto."""
_OWN = {20: "a training", 25: "functions"}
"""Fields of a model that ours never have."""
_DOMAIN, _NAME, _EXTERNAL, _LOCATION = 7, 8, 13, 14
_GRAPH, _VERSIONS = 7, (1, 8)
_NODES, _WEIGHTS, _INPUTS, _OUTPUTS, _OPERATOR, _ATTRIBUTES, _FLOAT = 1, 5, 11, 12, 4, 5, 1
"""Fields of a model, of a graph and of a node; the kind of numbers with a point, 32 bits each."""
_FIELDS, _DEPTH = 1_000_000, 64
_TAG, _LENGTH, _NUMBER = 5, 5, 10
"""The most bytes that a tag, a length and a number take."""
_FIXED = {1: 8, 5: 4}

Value = memoryview | int
Field = tuple[int, Value]


def check_graph(data: bytes) -> None:
    """Refuse a graph that is no ONNX, that keeps weights in other files, or that runs operators other than ONNX's own.

    Raises
    ------
    InputError
        With the reason alone: the caller knows the file.
    """
    if data[4:8] == b"ORTM":
        raise InputError("a graph of ONNX Runtime's own format, not ONNX")
    whole = memoryview(data)
    left, graphs, seen = [("model", whole, _walk(whole))], 0, 0
    while left:
        kind, message, fields = left[-1]
        field = next(fields, None)
        if field is None:
            left.pop()
            continue
        number, value = field
        seen += 1
        if seen > _FIELDS or len(left) > _DEPTH:
            raise InputError(f"no ONNX of ours: more than {_FIELDS:,} fields, or nested too deeply")
        _check_field(kind, message, number, value)
        inner = _MESSAGES[kind].get(number)
        if inner and isinstance(value, memoryview):
            graphs += inner == "graph"
            left.append((inner, value, _walk(value)))
    if not graphs:
        raise InputError("no ONNX: it holds no graph")


@dataclass(frozen=True, slots=True)
class Cut:
    """A graph in two parts: the first gives one array of numbers with a point, `name`, which the second takes."""

    name: str
    first: bytes
    second: bytes


def cut_graph(data: bytes, late: Sequence[str]) -> Cut:
    """Cut a graph that was checked into what can be computed without some of its inputs, and what needs them.

    What guards a softmax against rows that hold nothing (`x` where it is a number, else 0) is left out: no row of ours
    is empty, and it costs time and memory by the square of the tokens. What is no number then stays none, and is found
    in the results.

    Parameters
    ----------
    data : bytes
    late : sequence of str
        The inputs of the second part; the first takes all others.

    Raises
    ------
    InputError
        Where more than one array, or none, would go from the first part to the second.
    """
    model = list(_walk(memoryview(data)))
    parts = [field for number, value in model if number == _GRAPH for field in _fields(value)]
    nodes = _unguarded([_Node.read(value) for number, value in parts if number == _NODES])
    names = {number: [_name(value, 1) for n, value in parts if n == number] for number in (_INPUTS, _OUTPUTS)}
    early, behind = set(names[_INPUTS]) - set(late), set(late)
    for node in nodes:
        for kind in (behind, early):
            if not kind.isdisjoint(node.takes):
                kind.update(node.gives)
                break
    second, wanted = _needed(nodes, names[_OUTPUTS], stop=early)
    between = sorted(early & wanted)
    if len(between) != 1 or not early.isdisjoint(names[_OUTPUTS]):
        raise InputError("its encoder and its heads can't be told apart")
    first, _ = _needed(nodes, between, stop=set(names[_INPUTS]))
    passed = _field(1, between[0].encode()) + _field(2, _field(1, _varint_of(1 << 3) + _varint_of(_FLOAT)))
    inputs = {_name(value, 1): _encoded(_INPUTS, value) for number, value in parts if number == _INPUTS}
    outputs = [_encoded(_OUTPUTS, value) for number, value in parts if number == _OUTPUTS]
    return Cut(
        between[0],
        _graph(model, parts, first, [v for k, v in inputs.items() if k not in late], [_field(_OUTPUTS, passed)]),
        _graph(model, parts, second, [_field(_INPUTS, passed), *(inputs[k] for k in late if k in inputs)], outputs),
    )


@dataclass(frozen=True, slots=True)
class _Node:
    """A step of a graph: the names of what it takes, its inner graphs with it, and of what it gives."""

    encoded: bytes | memoryview
    operator: str
    takes: tuple[str, ...]
    gives: tuple[str, ...]

    @classmethod
    def read(cls, encoded: Value) -> _Node:
        fields = _fields(encoded)
        inner = [_Node.read(node) for graph in _inner_graphs(fields) for n, node in _fields(graph) if n == _NODES]
        takes = [_text(value) for number, value in fields if number == 1 and len(_bytes(value))]
        gives = [_text(value) for number, value in fields if number == 2]
        return cls(
            _bytes(encoded),
            _name(encoded, _OPERATOR),
            (*takes, *(name for node in inner for name in node.takes)),
            tuple(gives),
        )


def _unguarded(nodes: Sequence[_Node]) -> list[_Node]:
    """The nodes, and for each that passes on what is a number, and a constant for what is none, one that passes all."""
    tests = {node.gives: node.takes for node in nodes if node.operator == "IsNaN"}

    def guards(node: _Node) -> bool:
        whole = node.operator == "Where" and (len(node.takes), len(node.gives)) == (3, 1)
        return whole and tests.get(node.takes[:1]) == node.takes[2:]

    return [_identity(node.takes[2], node.gives[0]) if guards(node) else node for node in nodes]


def _identity(taken: str, given: str) -> _Node:
    encoded = _field(1, taken.encode()) + _field(2, given.encode()) + _field(_OPERATOR, b"Identity")
    return _Node(encoded, "Identity", (taken,), (given,))


def _inner_graphs(node: Iterable[Field]) -> Iterator[Value]:
    for number, attribute in node:
        if number == _ATTRIBUTES:
            yield from (value for n, value in _fields(attribute) if _MESSAGES["attribute"].get(n) == "graph")


def _needed(nodes: Sequence[_Node], wanted: Iterable[str], stop: set[str]) -> tuple[list[_Node], set[str]]:
    """The nodes that `wanted` is computed by, in order, from what is in `stop`; and all that they take."""
    names, kept = set(wanted), []
    for node in reversed(nodes):
        if any(name in names and name not in stop for name in node.gives):
            kept.append(node)
            names.update(node.takes)
    return kept[::-1], names


def _graph(
    model: Iterable[Field], parts: Iterable[Field], nodes: Sequence[_Node], inputs: list[bytes], outputs: list[bytes]
) -> bytes:
    """A model of some of another's nodes, with the weights that they read."""
    taken = {name for node in nodes for name in node.takes}
    weights = [_bytes(value) for n, value in parts if n == _WEIGHTS and _name(value, _NAME) in taken]
    pieces = [
        *(piece for node in nodes for piece in (_head(_NODES, node.encoded), node.encoded)),
        *(piece for value in weights for piece in (_head(_WEIGHTS, value), value)),
        *[_field(2, b"part"), *inputs, *outputs],
    ]
    versions = [_encoded(number, value) for number, value in model if number in _VERSIONS]
    return b"".join([*versions, _varint_of(_GRAPH << 3 | 2), _varint_of(sum(map(len, pieces))), *pieces])


def _fields(message: Value) -> list[Field]:
    return list(_walk(_bytes(message)))


def _bytes(value: Value) -> memoryview:
    if isinstance(value, int):
        raise InputError("no ONNX: a number stands where a message belongs")
    return value


def _name(message: Value, number: int) -> str:
    return next((_text(value) for n, value in _fields(message) if n == number), "")


def _encoded(number: int, value: Value) -> bytes:
    return _varint_of(number << 3) + _varint_of(value) if isinstance(value, int) else _field(number, value)


def _field(number: int, message: bytes | memoryview) -> bytes:
    return _head(number, message) + message


def _head(number: int, message: bytes | memoryview) -> bytes:
    """What stands before a message: its field and its length."""
    return _varint_of(number << 3 | 2) + _varint_of(len(message))


def _varint_of(number: int) -> bytes:
    encoded = bytearray()
    while number > 127:
        encoded.append(number & 127 | 128)
        number >>= 7
    return bytes([*encoded, number])


def _check_field(kind: str, message: memoryview, number: int, value: Value) -> None:
    if kind == "model" and number in _OWN:
        raise InputError(f"{_OWN[number]} of its own")
    if kind == "node" and number == _DOMAIN and _text(value) not in DOMAINS:
        raise InputError(f"an operator of the domain {_text(value)[:60]!a}, not one of ONNX's own")
    if kind == "tensor" and (number == _EXTERNAL or (number == _LOCATION and value != 0)):
        name = next((_text(v) for n, v in _walk(message) if n == _NAME), "")[:60]
        raise InputError(f"the weights {name if name.isprintable() else ascii(name)} lie in another file")


def _text(value: Value) -> str:
    return bytes(value).decode("utf-8", "replace") if isinstance(value, memoryview) else str(value)


def _walk(message: memoryview) -> Iterator[Field]:
    place, end = 0, len(message)
    while place < end:
        tag, place = _varint(message, place, _TAG)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, place = _varint(message, place, _NUMBER)
            yield number, value
            continue
        if wire == 2:
            length, place = _varint(message, place, _LENGTH)
        elif wire in _FIXED:
            length = _FIXED[wire]
        else:
            raise InputError(f"no ONNX: a field of wire type {wire}")
        if not number or length > end - place:
            raise InputError("no ONNX, or cut off: a field ends beyond its message")
        yield number, message[place : place + length]
        place += length


def _varint(message: memoryview, place: int, most: int) -> tuple[int, int]:
    """A number in base 128, and the place behind it; in no more bytes than it needs, where it is a tag or a length."""
    if place < len(message) and message[place] < 128:
        return message[place], place + 1
    number = 0
    for count in range(most):
        if place + count >= len(message):
            raise InputError("no ONNX, or cut off: a number ends beyond its message")
        byte = message[place + count]
        number |= (byte & 127) << (7 * count)
        if byte < 128:
            if most < _NUMBER and (number >> 32 or (count and not byte)):
                break
            return number, place + count + 1
    raise InputError("no ONNX: a number is longer than it needs to be")
