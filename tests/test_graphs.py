"""Graphs cut in two, against the whole run by ONNX Runtime; what is refused is in test_hostile_models.py."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from stance.graphs import cut_graph
from stance.records import InputError

ARRAYS = {"words": np.array([[1.0, 2.0, 3.0]], np.float32), "place": np.array([2, 0])}


def graph_of(*nodes: Any, outputs: tuple[str, ...] = ("out",)) -> bytes:
    """`words` (1, 3) and `place` (n,), weights `w` (3, 3) and `b` (3,)."""
    value = helper.make_tensor_value_info
    inputs = [value("words", TensorProto.FLOAT, [1, 3]), value("place", TensorProto.INT64, ["n"])]
    weights = {"w": np.arange(9).reshape(3, 3), "b": np.array([0.5, 1.5, 2.5])}
    made = [numpy_helper.from_array(array.astype(np.float32), name) for name, array in weights.items()]
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
