"""Graphs cut in two, against the whole run by ONNX Runtime; what is refused is in test_hostile_models.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from stance.labelers.onnx.surgery import cut_graph
from stance.records import InputError

ARRAYS = {"words": np.array([[1.0, 2.0, 3.0]], np.float32), "place": np.array([2, 0])}


def graph_of(*nodes: Any, outputs: tuple[str, ...] = ("out",), weights: Sequence[Any] = ()) -> bytes:
    """`words` (1, 3) and `place` (n,), weights `w` (3, 3), `b` (3,) and others."""
    value = helper.make_tensor_value_info
    inputs = [value("words", TensorProto.FLOAT, [1, 3]), value("place", TensorProto.INT64, ["n"])]
    own = {"w": np.arange(9).reshape(3, 3), "b": np.array([0.5, 1.5, 2.5])}
    made = [*weights, *(numpy_helper.from_array(array.astype(np.float32), name) for name, array in own.items())]
    results = [value(name, TensorProto.FLOAT, None) for name in outputs]
    graph = helper.make_graph(list(nodes), "g", inputs, results, made)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())


def run(graph: bytes, arrays: dict[str, np.ndarray]) -> list[Any]:
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    assert sorted(part.name for part in session.get_inputs()) == sorted(arrays)
    return list(session.run(None, arrays))


NODES = (
    helper.make_node("Add", ["b", "b"], ["twice"]),
    helper.make_node("MatMul", ["words", "w"], ["states"]),
    helper.make_node("Identity", ["states"], ["unused"]),
    helper.make_node("Gather", ["states", "place"], ["read"], axis=1),
    helper.make_node("Gather", ["twice", "place"], ["weights"]),
    helper.make_node("Mul", ["read", "weights"], ["out"]),
)


def test_the_parts_one_after_the_other_give_what_the_whole_gives() -> None:
    whole = graph_of(*NODES)
    cut = cut_graph(whole, ["place"])
    assert cut.name == "states"
    (states,) = run(cut.first, {"words": ARRAYS["words"]})
    np.testing.assert_array_equal(states, [[24, 30, 36]])
    (found,) = run(cut.second, {"states": states, "place": ARRAYS["place"]})
    np.testing.assert_array_equal(found, [[36 * 5, 24 * 1]])
    np.testing.assert_array_equal(found, run(whole, ARRAYS)[0])


def test_a_weight_is_only_in_the_part_that_reads_it() -> None:
    cut = cut_graph(graph_of(*NODES), ["place"])
    weights = np.arange(9).astype(np.float32).tobytes()
    assert weights in cut.first
    assert weights not in cut.second


def test_what_an_inner_graph_reads_counts_too() -> None:
    value = helper.make_tensor_value_info("sum", TensorProto.FLOAT, None)
    inner = helper.make_graph([helper.make_node("Add", ["states", "b"], ["sum"])], "inner", [], [value])
    whole = graph_of(
        NODES[1],
        helper.make_node("ReduceMax", ["place"], ["most"], keepdims=0),
        helper.make_node("Cast", ["most"], ["any"], to=TensorProto.BOOL),
        helper.make_node("If", ["any"], ["out"], then_branch=inner, else_branch=inner),
    )
    cut = cut_graph(whole, ["place"])
    assert cut.name == "states"
    (states,) = run(cut.first, {"words": ARRAYS["words"]})
    (found,) = run(cut.second, {"states": states, "place": ARRAYS["place"]})
    np.testing.assert_array_equal(found, [[24.5, 31.5, 38.5]])


GUARDED = (
    helper.make_node("MatMul", ["words", "w"], ["raw"]),
    helper.make_node("IsNaN", ["raw"], ["missing"]),
    helper.make_node("Where", ["missing", "b", "raw"], ["states"]),
    *NODES[3:-2],
    helper.make_node("Identity", ["read"], ["out"]),
)


def test_a_guard_against_what_is_no_number_is_left_out_and_the_numbers_stay() -> None:
    whole = graph_of(*GUARDED)
    cut = cut_graph(whole, ["place"])
    assert b"IsNaN" in whole
    assert b"IsNaN" not in cut.first
    assert b"Where" not in cut.first
    (states,) = run(cut.first, {"words": ARRAYS["words"]})
    np.testing.assert_array_equal(states, [[24, 30, 36]])
    (found,) = run(cut.second, {cut.name: states, "place": ARRAYS["place"]})
    np.testing.assert_array_equal(found, run(whole, ARRAYS)[0])


def test_what_is_no_number_stays_none() -> None:
    (states,) = run(cut_graph(graph_of(*GUARDED), ["place"]).first, {"words": np.array([[np.nan, 0, 0]], np.float32)})
    assert np.isnan(states).all()


@pytest.mark.parametrize(
    "chosen",
    [["missing", "raw", "b"], ["other", "b", "raw"]],
    ids=["it passes what is no number", "it asks about another array"],
)
def test_a_choice_that_is_no_guard_stays(chosen: list[str]) -> None:
    other = helper.make_node("IsNaN", ["b"], ["other"])
    nodes = (*GUARDED[:2], other, helper.make_node("Where", chosen, ["states"]), *GUARDED[3:])
    cut = cut_graph(graph_of(*nodes), ["place"])
    assert b"Where" in cut.first
    (states,) = run(cut.first, {"words": ARRAYS["words"]})
    np.testing.assert_array_equal(states, [[0.5, 1.5, 2.5]] if chosen[0] == "missing" else [[24, 30, 36]])


def test_a_choice_of_nothing_between_nothing_is_no_guard() -> None:
    empty = (helper.make_node("IsNaN", [], ["missing"]), helper.make_node("Where", ["missing"], ["lost"]))
    assert cut_graph(graph_of(*empty, *NODES), ["place"]).name == "states"


TABLE = {
    "numbers": np.array([[-128, 0, 3], [7, 127, -5], [1, 2, 3], [-9, 8, 77]], np.int8),
    "scale": np.array([0.1, 0.7, 1 / 3, 0.011], np.float32),
    "zero": np.array([3, -1, 0, 5], np.int8),
    "one": np.array(0.3, np.float32),
    "half": np.array([0.1, 0.7, 0.3, 0.011], np.float16),
    "across": np.array([0.1, 0.7, 1 / 3], np.float32),
}


def table_graph(packed: list[str], *more: Any, axis: int = 0, **lookup: int) -> bytes:
    """Rows of a table in 8 bits, looked up by `words`, and of them those at `place`."""
    nodes = (
        helper.make_node("DequantizeLinear", packed, ["table"], axis=axis),
        helper.make_node("Cast", ["words"], ["ids"], to=TensorProto.INT64),
        helper.make_node("Gather", ["table", "ids"], ["rows"], **lookup),
        *(more or (helper.make_node("Cast", ["rows"], ["states"], to=TensorProto.FLOAT),)),
        helper.make_node("Gather", ["states", "place"], ["out"], axis=1),
    )
    made = [numpy_helper.from_array(TABLE[name], name) for name in packed]
    return graph_of(*nodes, weights=made)


@pytest.mark.parametrize("packed", [["numbers", "scale"], ["numbers", "scale", "zero"]])
def test_rows_that_are_looked_up_are_unpacked_and_not_their_table(packed: list[str]) -> None:
    whole = table_graph(packed)
    cut = cut_graph(whole, ["place"])
    assert b"DequantizeLinear" in whole
    assert b"DequantizeLinear" not in cut.first
    (states,) = run(cut.first, {"words": ARRAYS["words"]})
    table = TABLE["numbers"].astype(np.float32) - (TABLE["zero"] if "zero" in packed else np.zeros(4))[:, None]
    np.testing.assert_array_equal(states, (table.astype(np.float32) * TABLE["scale"][:, None])[None, 1:])
    (found,) = run(cut.second, {cut.name: states, "place": ARRAYS["place"]})
    np.testing.assert_array_equal(found, run(whole, ARRAYS)[0])


@pytest.mark.parametrize(
    "whole",
    [
        table_graph(["numbers", "one"]),
        table_graph(["numbers", "across"], axis=1),
        table_graph(
            ["numbers", "scale"],
            helper.make_node("ReduceMax", ["table"], ["most"]),
            helper.make_node("Add", ["rows", "most"], ["states"]),
        ),
    ],
    ids=["one scale for all", "a scale for each column", "read by others too"],
)
def test_a_table_that_is_needed_whole_is_unpacked_whole(whole: bytes) -> None:
    cut = cut_graph(whole, ["place"])
    assert b"DequantizeLinear" in cut.first
    (states,) = run(cut.first, {"words": ARRAYS["words"]})
    (found,) = run(cut.second, {cut.name: states, "place": ARRAYS["place"]})
    np.testing.assert_array_equal(found, run(whole, ARRAYS)[0])


@pytest.mark.parametrize(
    ("nodes", "outputs"),
    [
        ((*NODES[:-1], helper.make_node("Mul", ["read", "words"], ["out"])), ("out",)),
        ((helper.make_node("Gather", ["b", "place"], ["out"]),), ("out",)),
        (NODES, ("out", "states")),
    ],
    ids=["two arrays", "none", "an output of the first part"],
)
def test_a_graph_that_does_not_part_in_one_place_is_refused(nodes: tuple[Any, ...], outputs: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="can't be told apart"):
        cut_graph(graph_of(*nodes, outputs=outputs), ["place"])


def attention_graph(**changed: Any) -> bytes:
    """Two heads of attention between three tokens, as torch writes them; some of its steps by name otherwise."""
    rng = np.random.default_rng(0)
    arrays = {f"{part}.weight": rng.normal(size=(4, 4)) for part in ("query", "key", "value")}
    arrays |= {f"{part}.bias": rng.normal(size=4) for part in ("query", "key", "value")}
    arrays |= {"wide": rng.normal(size=(1, 4)), "bias": rng.normal(size=(1, 2, 3, 3)), "each": rng.normal(size=2)}
    numbers = {"first": 0, "second": 1, "front": [0], "behind": [2], "between": [1, 2], "rest": [-1], "size": [2]}
    floats = {"root": 0.7, "half": 0.9, "nothing": [0.0], "never": [-np.inf], "seldom": [-2.0]}
    constants = [(name, np.array(value)) for name, value in numbers.items()]
    constants += [(name, np.array(value, np.float32)) for name, value in floats.items()]
    node = helper.make_node
    steps = {
        **{name: node("Constant", [], [name], value=numpy_helper.from_array(value)) for name, value in constants},
        "deep": node("Unsqueeze", ["words", "behind"], ["deep"]),
        "tokens": node("MatMul", ["deep", "wide"], ["tokens"]),
        "sizes": node("Shape", ["words"], ["sizes"]),
        "n": node("Gather", ["sizes", "first"], ["n"]),
        "rows": node("Unsqueeze", ["n", "front"], ["rows"]),
        "m": node("Gather", ["sizes", "second"], ["m"]),
        "columns": node("Unsqueeze", ["m", "front"], ["columns"]),
        "heads": node("Concat", ["rows", "columns", "rest", "size"], ["heads"], axis=0),
        "sizes.again": node("Shape", ["each"], ["sizes.again"]),
        "again": node("Concat", ["rows", "rest", "columns", "sizes.again"], ["again"], axis=0),
        "whole": node("Concat", ["rows", "columns", "rest"], ["whole"], axis=0),
        "places": node("Range", ["first", "m", "second"], ["places"]),
        "across": node("Unsqueeze", ["places", "front"], ["across"]),
        "down": node("Unsqueeze", ["places", "rest"], ["down"]),
        "real": node("Cast", ["words"], ["real"], to=TensorProto.BOOL),
        "there": node("GreaterOrEqual", ["across", "first"], ["there"]),
        "kept": node("And", ["real", "there"], ["kept"]),
        "shown": node("Unsqueeze", ["kept", "between"], ["shown"]),
        "mask": node("Where", ["shown", "nothing", "never"], ["mask"]),
        **{f"{p}.raw": node("MatMul", ["tokens", f"{p}.weight"], [f"{p}.raw"]) for p in ("query", "key", "value")},
        **{p: node("Add", [f"{p}.bias", f"{p}.raw"], [p]) for p in ("query", "key", "value")},
        **{f"{p}.split": node("Reshape", [p, "heads"], [f"{p}.split"]) for p in ("query", "key", "value")},
        "query.turned": node("Transpose", ["query.split"], ["query.turned"], perm=[0, 2, 1, 3]),
        "value.turned": node("Transpose", ["value.split"], ["value.turned"], perm=[0, 2, 1, 3]),
        "key.turned": node("Transpose", ["key.split"], ["key.turned"], perm=[0, 2, 3, 1]),
        "query.scaled": node("Mul", ["query.turned", "root"], ["query.scaled"]),
        "key.scaled": node("Mul", ["key.turned", "half"], ["key.scaled"]),
        "scores": node("MatMul", ["query.scaled", "key.scaled"], ["scores"]),
        "masked": node("Add", ["scores", "mask"], ["masked"]),
        "shares": node("Softmax", ["masked"], ["shares"], axis=-1),
        "missing": node("IsNaN", ["shares"], ["missing"]),
        "guarded": node("Where", ["missing", "nothing", "shares"], ["guarded"]),
        "read": node("MatMul", ["guarded", "value.turned"], ["read"]),
        "read.again": node("Reshape", ["read", "again"], ["read.again"]),
        "joined": node("Transpose", ["read.again"], ["joined"], perm=[0, 2, 1, 3]),
        "states": node("Reshape", ["joined", "whole"], ["states"]),
        "out": node("Gather", ["states", "place"], ["out"], axis=1),
    }
    made = [numpy_helper.from_array(array.astype(np.float32), name) for name, array in arrays.items()]
    nodes = [own for name in steps for own in changed.get(name.replace(".", "_"), (steps[name],))]
    return graph_of(*nodes, weights=made)


def other(operator: str, *takes: str, gives: str, **attributes: Any) -> tuple[Any, ...]:
    return (helper.make_node(operator, list(takes), [gives], **attributes),)


def both_ways(whole: bytes) -> tuple[bytes, np.ndarray, np.ndarray]:
    """The first part of a graph, and what the whole graph and the two parts give."""
    cut = cut_graph(whole, ["place"])
    (states,) = run(cut.first, {"words": ARRAYS["words"]})
    (found,) = run(cut.second, {cut.name: states, "place": ARRAYS["place"]})
    return cut.first, run(whole, ARRAYS)[0], found


@pytest.mark.parametrize(
    "whole",
    [
        attention_graph(),
        attention_graph(missing=(), guarded=other("Identity", "shares", gives="guarded")),
        attention_graph(sizes=other("Shape", "tokens", gives="sizes")),
        attention_graph(read_again=other("Identity", "read", gives="read.again")),
        attention_graph(read_again=(), joined=other("Transpose", "read", gives="joined", perm=[0, 2, 1, 3])),
    ],
    ids=["guarded", "not guarded", "a mask that asks how many there are", "the same again", "reshaped once"],
)
def test_attention_is_one_step(whole: bytes) -> None:
    first, expected, found = both_ways(whole)
    assert first.count(b"MultiHeadAttention") == 1
    assert b"Softmax" not in first
    assert expected.shape == (1, 2, 4)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


APART = (
    helper.make_node("Sub", ["down", "across"], ["far"]),
    helper.make_node("Abs", ["far"], ["apart"]),
    helper.make_node("LessOrEqual", ["apart", "second"], ["there"]),
)


@pytest.mark.parametrize(
    "changed",
    [
        {"there": APART},
        {"there": other("GreaterOrEqual", "down", "across", gives="there")},
        {"masked": other("Add", "scores", "bias", gives="masked")},
        {"mask": other("Where", "shown", "nothing", "seldom", gives="mask")},
        {"mask": other("Where", "hidden", "never", "nothing", gives="mask"),
         "shown": (*other("Not", "kept", gives="no"), *other("Unsqueeze", "no", "between", gives="hidden"))},
        {"shares": other("Softmax", "masked", gives="shares", axis=2)},
        {"query": other("Add", "key.raw", "query.raw", gives="query")},
        {part: other("Add", "tokens", f"{part}.raw", gives=part) for part in ("query", "key", "value")},
        {"heads": other("Concat", "rows", "columns", "size", "rest", gives="heads", axis=0)},
        {"value_split": other("Concat", "rows", "columns", "size", "rest", gives="halves", axis=0)
         + other("Reshape", "value", "halves", gives="value.split")},
        {"value_turned": other("Transpose", "value.split", gives="value.turned", perm=[0, 2, 3, 1])
         + other("Transpose", "value.turned", gives="value.back", perm=[0, 1, 3, 2]),
         "read": other("MatMul", "guarded", "value.back", gives="read")},
        {"joined": other("Transpose", "read.again", gives="joined", perm=[0, 2, 3, 1])},
        {"whole": other("Concat", "rows", "rest", "columns", gives="whole", axis=0)},
        {"again": other("Concat", "rows", "columns", "rest", "size", gives="again", axis=0)},
        {"query_scaled": other("Mul", "query.turned", "each", gives="query.scaled")},
        {"root": other("Constant", gives="root", value_float=0.7)},
        {"root": other("Constant", gives="root", value=numpy_helper.from_array(np.array(1.2, np.float32)))},
        {"masked": other("Sub", "scores", "mask", gives="masked")},
    ],
    ids=[
        "a window", "only what came before", "a bias by place", "a mask that weakens", "a mask turned round",
        "shares of the tokens, not of what they read", "no bias", "no bias at all", "heads written otherwise",
        "other heads of values",
        "values turned otherwise", "joined otherwise", "put together otherwise", "taken apart again",
        "scaled by an array", "another constant", "scaled up", "another step",
    ],
)  # fmt: skip
def test_what_is_not_attention_as_torch_writes_it_stays(changed: dict[str, tuple[Any, ...]]) -> None:
    first, expected, found = both_ways(attention_graph(**changed))
    assert b"MultiHeadAttention" not in first
    assert b"Softmax" in first
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    "changed",
    [
        {"size": other("Constant", gives="size", value=numpy_helper.from_array(np.array([3])))},
        {"size": other("Constant", gives="size", value=numpy_helper.from_array(np.array([0])))},
        {"root": other("Constant", gives="root", value=numpy_helper.from_array(np.array(0.7)))},
        {"root": other("Constant", gives="root", value=numpy_helper.from_array(np.array(7, np.int32)))},
        {"scores": other("MatMul", "query.scaled", gives="scores")},
        {"mask": other("Where", "shown", "nothing", gives="mask")},
        {"there": other("GreaterOrEqual", gives="there")},
        {"read_again": other("Reshape", "read", gives="read.again")},
    ],
    ids=[
        "no whole number of heads", "heads of nothing", "64 bits", "32 bits", "a product of one", "half a choice",
        "no less than what", "reshaped to nothing",
    ],
)  # fmt: skip
def test_what_can_not_run_is_left_to_the_runtime_to_refuse(changed: dict[str, tuple[Any, ...]]) -> None:
    cut = cut_graph(attention_graph(**changed), ["place"])
    assert b"MultiHeadAttention" not in cut.first
    with pytest.raises(Exception, match="ONNXRuntimeError"):
        run(cut.first, {"words": ARRAYS["words"]})


def test_a_scale_beyond_32_bits_breaks_nothing() -> None:
    huge = numpy_helper.from_array(np.array(1e38, np.float32))
    changed = {name: other("Constant", gives=name, value=huge) for name in ("root", "half")}
    assert b"MultiHeadAttention" not in cut_graph(attention_graph(**changed), ["place"]).first


def test_a_step_that_gives_nothing_breaks_nothing() -> None:
    nothing = helper.make_node("Reshape", ["joined"], [])
    whole = attention_graph(states=(*other("Reshape", "joined", "whole", gives="states"), nothing))
    assert cut_graph(whole, ["place"]).first == cut_graph(attention_graph(), ["place"]).first
