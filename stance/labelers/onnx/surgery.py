"""ONNX graphs made ready to run: cut into encoder and heads, and some of their steps replaced by fewer.

What is replaced is known by its pattern; where a graph has another, it stays as it is. Nothing of a graph is computed
here.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from stance.labelers.onnx.protobuf import Field, Value, bytes_of, encoded, fields_of, head, named, text_of, walk
from stance.records import InputError

_GRAPH, _OPSETS, _VERSIONS = 7, 8, (1, 8)
_NODES, _WEIGHTS, _INPUTS, _OUTPUTS = 1, 5, 11, 12
_TAKES, _GIVES, _OPERATOR, _ATTRIBUTES, _DOMAIN = 1, 2, 4, 5, 7
_SIZES, _KIND, _NAME, _RAW = 1, 2, 8, 9
_NUMBER, _INTEGER, _TENSOR, _GRAPHS, _INTEGERS, _TYPE = 2, 3, 5, (6, 11), 8, 20
"""The numbers of fields, after onnx.proto: of a model, a graph, a node, weights, and an attribute."""
_FLOAT, _INT64 = 1, 7
"""Kinds of weights."""
_WITH_GRAPHS = ("If", "Loop", "Scan", "SequenceMap")
"""The operators whose attributes may be graphs: of others, none is looked for."""
_RUNTIME = "com.microsoft"
"""The domain of the operators that ONNX Runtime has beside ONNX's own."""
_ARITY = {"Reshape": 2, "Transpose": 1, "MatMul": 2, "Softmax": 1, "Add": 2, "Mul": 2, "Where": 3}
_TRUTHS = frozenset(
    {"And", "Cast", "Constant", "ConstantOfShape", "Expand", "Flatten", "Gather", "GreaterOrEqual", "Reshape", "Shape"}
    | {"Add", "Concat", "Equal", "Mul", "Range", "Unsqueeze", "Where"}
)
"""With these alone, of a mask that leaves out nothing comes one that leaves out nothing: none looks at how far apart
tokens are, as in windows of attention, or at which comes first."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A graph in two parts: the first gives one array of numbers with a point, `name`, which the second takes."""

    name: str
    first: bytes
    second: bytes


def cut_graph(data: bytes, late: Sequence[str]) -> Cut:
    """Cut a graph that was checked into what can be computed without some of its inputs, and what needs them.

    - What guards a softmax against rows that hold nothing (`x` where it is a number, else 0) is left out: no row of
      ours is empty, and it costs time and memory by the square of the tokens. What is no number then stays none, and is
      found in the results.
    - Of a table in 8 bits whose rows are looked up, those rows are unpacked, not the whole table.
    - Attention as torch writes it becomes one step of ONNX Runtime, which goes through the tokens in blocks (after
      Dao et al. 2022): its memory does not grow by the square of them. The mask is left out, so no token may be
      padding.

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
    model = list(walk(memoryview(data)))
    parts = [field for number, value in model if number == _GRAPH for field in fields_of(value)]
    columns = {column.name: column for n, value in parts if n == _WEIGHTS for column in _Column.read(value)}
    nodes = [_Node.read(value) for number, value in parts if number == _NODES]
    nodes = _attentive(_looked_up(_unguarded(nodes), columns), columns)
    names = {number: [named(value, 1) for n, value in parts if n == number] for number in (_INPUTS, _OUTPUTS)}
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
    passed = encoded(1, between[0].encode()) + encoded(2, encoded(1, encoded(1, _FLOAT)))
    inputs = {named(value, 1): encoded(_INPUTS, value) for number, value in parts if number == _INPUTS}
    outputs = [encoded(_OUTPUTS, value) for number, value in parts if number == _OUTPUTS]
    return Cut(
        between[0],
        _graph(model, parts, first, [v for k, v in inputs.items() if k not in late], [encoded(_OUTPUTS, passed)]),
        _graph(model, parts, second, [encoded(_INPUTS, passed), *(inputs[k] for k in late if k in inputs)], outputs),
    )


@dataclass(frozen=True, slots=True)
class _Node:
    """A step of a graph: the names of what it takes, its inner graphs with it, and of what it gives."""

    encoded: bytes | memoryview
    operator: str
    takes: tuple[str, ...]
    gives: tuple[str, ...]
    attributes: tuple[Value, ...] = ()

    @classmethod
    def made(cls, operator: str, takes: Sequence[str], gives: str, *attributes: bytes, domain: str = "") -> _Node:
        """A step of an operator that gives one array."""
        names = [encoded(_TAKES, name.encode()) for name in takes]
        own = [encoded(_GIVES, gives.encode()), encoded(_OPERATOR, operator.encode())]
        rest = [encoded(_ATTRIBUTES, attribute) for attribute in attributes]
        whole = b"".join([*names, *own, *rest, encoded(_DOMAIN, domain.encode())])
        return cls(whole, operator, tuple(takes), (gives,), tuple(map(memoryview, attributes)))

    @classmethod
    def read(cls, value: Value) -> _Node:
        fields = fields_of(value)
        operator = next((text_of(value) for number, value in fields if number == _OPERATOR), "")
        attributes = tuple(value for number, value in fields if number == _ATTRIBUTES)
        graphs = [v for a in attributes for n, v in fields_of(a) if n in _GRAPHS] if operator in _WITH_GRAPHS else []
        inner = [_Node.read(v) for graph in graphs for n, v in fields_of(graph) if n == _NODES]
        takes = [text_of(value) for number, value in fields if number == _TAKES and len(bytes_of(value))]
        return cls(
            bytes_of(value),
            operator,
            (*takes, *(name for node in inner for name in node.takes)),
            tuple(text_of(value) for number, value in fields if number == _GIVES),
            attributes,
        )

    def attribute(self, name: str, number: int) -> list[Value]:
        """The values of a field of the attribute of a name."""
        return [v for a in self.attributes if named(a, 1) == name for n, v in fields_of(a) if n == number]


@dataclass(frozen=True, slots=True)
class _Column:
    """Weights of one dimension: their number, and their kind."""

    name: str
    size: int
    kind: int

    @classmethod
    def read(cls, weights: Value) -> Iterator[_Column]:
        """The column that some weights are, if they are one of more than one number."""
        sizes, kinds = ([v for n, v in fields_of(weights) if n == number] for number in (_SIZES, _KIND))
        size, kind = (values[0] if len(values) == 1 else b"" for values in (sizes, kinds))
        if isinstance(size, int) and isinstance(kind, int) and size > 1:
            yield cls(named(weights, _NAME), size, kind)


Columns = Mapping[str, _Column]


def _unguarded(nodes: Sequence[_Node]) -> list[_Node]:
    """The nodes, and for each that passes on what is a number, and a constant for what is none, one that passes all."""
    tests = {node.gives: node.takes for node in nodes if node.operator == "IsNaN"}

    def guards(node: _Node) -> bool:
        whole = node.operator == "Where" and (len(node.takes), len(node.gives)) == (3, 1)
        return whole and tests.get(node.takes[:1]) == node.takes[2:]

    return [_Node.made("Identity", node.takes[2:], node.gives[0]) if guards(node) else node for node in nodes]


def _looked_up(nodes: Sequence[_Node], columns: Columns) -> list[_Node]:
    """The nodes, and for each that looks up rows of an unpacked table, some that unpack the rows it looks up.

    The numbers are the same: a row times its scale, in fp32.
    """
    tables = {node.gives: node.takes for node in nodes if _unpacks_rows(node, columns)}

    def rows(node: _Node) -> Iterator[_Node]:
        plain = (node.operator, len(node.takes), len(node.gives), len(node.attributes)) == ("Gather", 2, 1, 0)
        if not plain or node.takes[:1] not in tables:
            yield node
            return
        (_, ids), (given,) = node.takes, node.gives
        yield _Node.made("Constant", (), f"{given}/last", _LAST_AXIS)
        for table, kind in zip(tables[node.takes[:1]], ("whole", "scale", "zero"), strict=False):
            name = f"{given}/{kind}"
            yield _Node.made("Gather", (table, ids), f"{name}/rows")
            yield _Node.made("Cast", (f"{name}/rows",), f"{name}/numbers", _TO_FLOAT)
            if kind != "whole":
                yield _Node.made("Unsqueeze", (f"{name}/numbers", f"{given}/last"), name)
        whole = f"{given}/whole/numbers"
        if len(tables[node.takes[:1]]) > 2:
            yield _Node.made("Sub", (whole, f"{given}/zero"), f"{given}/whole")
            whole = f"{given}/whole"
        yield _Node.made("Mul", (whole, f"{given}/scale"), given)

    return [step for node in nodes for step in rows(node)]


def _unpacks_rows(node: _Node, columns: Columns) -> bool:
    """Whether a node brings a table from whole numbers to fp32 by a scale for each row."""
    if node.operator != "DequantizeLinear" or not 2 <= len(node.takes) <= 3 or len(node.attributes) != 1:
        return False
    by_row = named(node.attributes[0], 1) == "axis" and not any(node.attribute("axis", _INTEGER))
    return by_row and all(name in columns for name in node.takes[1:]) and columns[node.takes[1]].kind == _FLOAT


def _attentive(nodes: Sequence[_Node], columns: Columns) -> list[_Node]:
    """The nodes, and for each that ends scaled dot-product attention, one that does it all."""
    steps = _Steps({name: node for node in nodes for name in node.gives}, columns)
    return [steps.attention(node) or node for node in nodes]


@dataclass(frozen=True)
class _Steps:
    """The nodes of a graph by what they give."""

    givers: Mapping[str, _Node]
    columns: Columns

    def attention(self, node: _Node) -> _Node | None:
        """One node for all those of the attention that a node ends, or None where it ends none.

        The pattern is what torch makes of `scaled_dot_product_attention` between the layers' products and the reshaping
        around it.
        """
        way = self.from_end_to_query(node)
        if not way:
            return None
        merged, joined, read, softmax, masked, scores, scaled, turned, split = way
        keys = self.chain(scores.takes[1], "Mul", "Transpose", "Reshape")
        values = self.chain(read.takes[1], "Transpose", "Reshape")
        if not keys or not values:
            return None
        shapes = [self.shape(part.takes[1]) for part in (split, keys[2], values[1])]
        turns = [tuple(part.attribute("perm", _INTEGERS)) for part in (joined, turned, values[0], keys[1])]
        scales = [self.constant(part.takes[1]) for part in (scaled, keys[0])]
        projected = tuple(part.takes[0] for part in (split, keys[2], values[1]))
        widths = {self.width(name) for name in projected}
        width, size = next(iter(widths)), (shapes[0] or (0,))[-1] or 0
        if (
            len(widths) > 1
            or size < 1
            or width < size
            or width % size
            or shapes != 3 * [(None, None, -1, size)]
            or turns != [*3 * [(0, 2, 1, 3)], (0, 2, 3, 1)]
            or self.shape(merged.takes[1]) != (None, None, -1)
            or [*map(len, scales)] != [1, 1]
            or not 0 < scales[0][0] * scales[1][0] <= 1
            or softmax.attribute("axis", _INTEGER) != [_MINUS_ONE]
            or not self.leaves_out_nothing(masked.takes[1])
        ):
            return None
        attributes = (_attribute("num_heads", width // size), _attribute("scale", float(scales[0][0] * scales[1][0])))
        return _Node.made("MultiHeadAttention", projected, node.gives[0], *attributes, domain=_RUNTIME)

    def from_end_to_query(self, node: _Node) -> list[_Node]:
        """The steps of attention from its last back to the first that the query goes through."""
        ends = [end for name in node.gives[:1] for end in self.chain(name, "Reshape", "Transpose")]
        if not ends:
            return []
        before = ends[1].takes[0]
        again = self.chain(before, "Reshape")  # to the shape that it has: by newer transformers
        if again and self.shape(again[0].takes[1]) == (None, -1, None, None):
            before = again[0].takes[0]
        rest = self.chain(before, "MatMul", "Softmax", "Add", "MatMul", "Mul", "Transpose", "Reshape")
        return [*ends, *rest] if rest else []

    def chain(self, name: str, *operators: str) -> list[_Node]:
        """The nodes that made an array, the last first, by the first array that each takes; none where they are
        others."""
        found: list[_Node] = []
        for operator in operators:
            node = self.givers.get(name)
            if node and node.operator == "Identity" and node.takes:
                node = self.givers.get(node.takes[0])
            if not node or (node.operator, len(node.takes), len(node.gives)) != (operator, _ARITY[operator], 1):
                return []
            found.append(node)
            name = node.takes[0]
        return found

    def shape(self, name: str) -> tuple[float | None, ...]:
        """A shape put together of numbers: those that are constants, None for each other."""
        node = self.givers.get(name)
        parts = [self.constant(part) for part in node.takes] if node and node.operator == "Concat" else []
        return tuple(part[0] if len(part) == 1 else None for part in parts)

    def constant(self, name: str) -> tuple[float, ...]:
        """The numbers of a constant; none where it is another kind of array."""
        node = self.givers.get(name)
        tensors = node.attribute("value", _TENSOR) if node and node.operator == "Constant" else []
        if len(tensors) != 1:
            return ()
        fields = dict(fields_of(tensors[0]))
        kind, raw = fields.get(_KIND), fields.get(_RAW, 0)
        form = {_FLOAT: "f", _INT64: "q"}.get(kind) if isinstance(kind, int) else None
        if not form or isinstance(raw, int) or len(raw) % struct.calcsize(form):
            return ()
        return tuple(number for (number,) in struct.iter_unpack(f"<{form}", raw))

    def width(self, name: str) -> int:
        """The numbers a token has in an array that a bias was added to last; 0 where none was."""
        node = self.givers.get(name)
        added = node.takes if node and node.operator == "Add" else ()
        return next((self.columns[part].size for part in added if part in self.columns), 0)

    def leaves_out_nothing(self, name: str) -> bool:
        """Whether what is added to the scores is nothing, so long as no token is padding."""
        choices = self.chain(name, "Where")
        if not choices or [self.constant(part) for part in choices[0].takes[1:]] != [(0.0,), (-float("inf"),)]:
            return False
        left, seen = [choices[0].takes[0]], set[str]()
        while left:
            name = left.pop()
            node = self.givers.get(name)
            if name in seen or node is None:
                continue
            seen.add(name)
            if node.operator not in _TRUTHS:
                return False
            if node.operator == "GreaterOrEqual" and [*map(self.constant, node.takes[1:])] != [(0,)]:
                return False
            if node.operator != "Shape":
                left += node.takes
        return True


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
    weights = [bytes_of(value) for n, value in parts if n == _WEIGHTS and named(value, _NAME) in taken]
    pieces = [
        *(piece for node in nodes for piece in (head(_NODES, node.encoded), node.encoded)),
        *(piece for value in weights for piece in (head(_WEIGHTS, value), value)),
        *[encoded(2, b"part"), *inputs, *outputs],
    ]
    versions = [encoded(number, value) for number, value in model if number in _VERSIONS]
    own = encoded(_OPSETS, encoded(1, _RUNTIME.encode()) + encoded(2, 1))
    return b"".join([*versions, own, head(_GRAPH, sum(map(len, pieces))), *pieces])


_MINUS_ONE = 2**64 - 1
"""As a whole number is written."""


def _attribute(name: str, value: float | list[int]) -> bytes:
    """An attribute: a whole number, a list of them, or a number with a point."""
    if isinstance(value, float):
        own, kind = bytes([_NUMBER << 3 | 5]) + struct.pack("<f", value), 1
    elif isinstance(value, int):
        own, kind = encoded(_INTEGER, value), 2
    else:
        own, kind = b"".join(encoded(_INTEGERS, number) for number in value), 7
    return encoded(1, name.encode()) + own + encoded(_TYPE, kind)


_TO_FLOAT, _LAST_AXIS = _attribute("to", _FLOAT), _attribute("value_ints", [_MINUS_ONE])
