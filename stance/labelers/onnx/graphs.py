"""ONNX graphs, looked through before anything runs them, by a walk over the file's own encoding.

Only what could reach outside the graph is looked at: weights kept in other files, operators and functions that are not
ONNX's own.
"""

from __future__ import annotations

from stance.labelers.onnx.protobuf import Value, named, text_of, walk
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
    left, graphs, seen = [("model", whole, walk(whole))], 0, 0
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
            left.append((inner, value, walk(value)))
    if not graphs:
        raise InputError("no ONNX: it holds no graph")


def _check_field(kind: str, message: memoryview, number: int, value: Value) -> None:
    if kind == "model" and number in _OWN:
        raise InputError(f"{_OWN[number]} of its own")
    if kind == "node" and number == _DOMAIN and text_of(value) not in DOMAINS:
        raise InputError(f"an operator of the domain {text_of(value)[:60]!a}, not one of ONNX's own")
    if kind == "tensor" and (number == _EXTERNAL or (number == _LOCATION and value != 0)):
        name = named(message, _NAME)[:60]
        raise InputError(f"the weights {name if name.isprintable() else ascii(name)} lie in another file")
