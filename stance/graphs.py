"""ONNX graphs from strangers: looked through before anything runs them, by a walk over the file's own encoding.

A file of ONNX is a message of protocol buffers: fields, each a number, a wire type and a value, some of them messages
themselves. Only what could reach outside the graph is looked at: weights kept in other files, operators and functions
that are not ONNX's own. Where two readers could take an encoding for different things, it is refused.
"""

from __future__ import annotations

from collections.abc import Iterator

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
