"""Networks as ONNX graphs, and their weights back from them. Needs torch and onnx."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from stance.labelers.tasks import DIRECTED, FRAMES, STANCE

if TYPE_CHECKING:
    from stance.labelers.network import Network

ENCODER_INPUTS, HEAD_INPUTS = ("input_ids", "attention_mask"), ("tokens", "text", "places")
INPUTS = ENCODER_INPUTS + HEAD_INPUTS
QUERIES = "frames.queries"
FRAME_ROWS = (QUERIES, "frames.weights", "frames.bias")
"""Of a network's weights, those with a row for each frame."""
INT8_PRODUCTS, INT8, FP32 = PRECISIONS = ("int8-products", "int8", "fp32")
"""How an exported network keeps its weights and computes, from the smallest and fastest on; see `quantised`."""
_MOST, _PRODUCT_MOST = 127.0, 63.0
_ENCODER, _INTEGERS = "/encoder/", "MatMulInteger"


def export_network(network: Network) -> bytes:
    """The network as an ONNX graph for one passage of any length, windows and actors."""
    import torch

    network = network.to("cpu").eval()
    example = (
        torch.ones(2, 7, dtype=torch.int64),
        torch.ones(2, 7, dtype=torch.int64),
        torch.arange(9)[None],
        torch.ones(1, 9),
        torch.ones(1, 3, 9, dtype=torch.int64),
    )
    axes = {
        "input_ids": {0: "windows", 1: "length"},
        "attention_mask": {0: "windows", 1: "length"},
        "tokens": {1: "tokens"},
        "text": {1: "tokens"},
        "places": {1: "actors", 2: "tokens"},
        STANCE: {1: "actors"},
        DIRECTED: {1: "holders", 2: "targets"},
    }
    buffer: Any = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            example,
            buffer,
            input_names=list(INPUTS),
            output_names=[FRAMES, STANCE, DIRECTED],
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
        )
    return buffer.getvalue()


def quantised(graph: bytes, precision: str) -> bytes:
    """The graph with its weight matrices in 8 bits, a scale for each channel.

    With ``int8`` it computes in fp32. With ``int8-products`` the encoder's products are those of integers, what they
    multiply brought to 8 bits by its own range each time it runs (dynamic quantisation); weights have 7 bits there,
    with which no processor's sums overflow, so that all give the same integers. Products that narrow stay in fp32: what
    an activation function gives to them has outliers, and many of the labels that changed did so by them.

    Parameters
    ----------
    precision : str
        ``int8`` or ``int8-products``.
    """
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load_from_string(graph)
    readers = {name: (node, place) for node in model.graph.node for place, name in enumerate(node.input)}
    kept, unpacked, integers = [], [], {}
    for weights in model.graph.initializer:
        node, place = readers.get(weights.name, (None, 0))
        array = numpy_helper.to_array(weights)
        matrix = array.ndim == 2 and array.dtype == np.float32 and min(array.shape) > 1
        if node is None or not matrix or (node.op_type, place) not in (("MatMul", 1), ("Gemm", 1), ("Gather", 0)):
            kept.append(weights)
            continue
        widens = node.op_type == "MatMul" and node.name.startswith(_ENCODER) and array.shape[0] <= array.shape[1]
        product, axis = widens and precision == INT8_PRODUCTS, 1 if node.op_type == "MatMul" else 0
        parts = _packed(array, axis, _PRODUCT_MOST if product else _MOST)
        names = [f"{weights.name}.{key}" for key in parts]
        kept += [numpy_helper.from_array(part, name) for name, part in zip(names, parts.values(), strict=True)]
        if product:
            integers[weights.name] = names
        else:
            name = f"{weights.name}.whole"
            unpacked.append(helper.make_node("DequantizeLinear", names, [weights.name], name, axis=axis))
    nodes = [*unpacked, *_with_integers(model.graph.node, integers)]
    for field, pieces in ((model.graph.initializer, kept), (model.graph.node, nodes)):
        del field[:]
        field.extend(pieces)
    return model.SerializeToString()


def _packed(array: np.ndarray, axis: int, most: float) -> dict[str, np.ndarray]:
    """A matrix as whole numbers from `-most` to `most`, and the scale of each channel along the axis."""
    scale = np.maximum(np.abs(array).max(axis=1 - axis), np.finfo(np.float32).tiny) / most
    whole = np.round(array / np.expand_dims(scale, 1 - axis)).astype(np.int8)
    return {"int8": whole, "scale": scale.astype(np.float32)}


def _with_integers(nodes: Iterable[Any], integers: Mapping[str, Sequence[str]]) -> Iterator[Any]:
    """The steps of a graph; those that multiply by weights of `integers` (their whole numbers, their scale) do it in
    integers."""
    from onnx import helper

    measured = set()
    for node in nodes:
        if node.op_type != "MatMul" or node.input[1] not in integers:
            yield node
            continue
        (taken, weights), (given,) = node.input, node.output
        numbers, scale = integers[weights]
        whole, own, zero = (f"{taken}.{part}" for part in ("integers", "range", "zero"))
        if taken not in measured:
            measured.add(taken)
            yield helper.make_node("DynamicQuantizeLinear", [taken], [whole, own, zero], f"{taken}.measured")
        yield helper.make_node(_INTEGERS, [whole, numbers, zero], [f"{given}.integers"], node.name)
        yield helper.make_node("Cast", [f"{given}.integers"], [f"{given}.numbers"], f"{node.name}.cast", to=1)
        yield helper.make_node("Mul", [own, scale], [f"{given}.scale"], f"{node.name}.scale")
        yield helper.make_node("Mul", [f"{given}.numbers", f"{given}.scale"], [given], f"{node.name}.scaled")


def read_weights(graph: bytes) -> dict[str, np.ndarray]:
    """The weights of an exported network, in fp32, by the names that the network has for them.

    The matrix of a layer has no name in the graph: it is known by the bias that is added to its product, or where there
    is none, by the layer that the product is named after. What the graph does not compute with (BERT's pooler) is not
    there.
    """
    import onnx
    from onnx import numpy_helper

    nodes = (model := onnx.load_from_string(graph)).graph.node
    arrays = {part.name: numpy_helper.to_array(part) for part in model.graph.initializer}
    packed: set[str] = set()
    for node in nodes:
        if node.op_type == "DequantizeLinear":
            axis = next(attribute.i for attribute in node.attribute if attribute.name == "axis")
            arrays[node.output[0]] = arrays[node.input[0]] * np.expand_dims(arrays[node.input[1]], 1 - axis)
            packed.update(node.input)
        if node.op_type == _INTEGERS:
            weights = node.input[1].removesuffix(".int8")
            arrays[node.input[1]] = arrays[node.input[1]] * arrays[f"{weights}.scale"]
            packed.update((node.input[1], f"{weights}.scale"))
    added = {node.input[1 - i]: node.input[i] for node in nodes if node.op_type == "Add" for i in (0, 1)}
    named = {name: array for name, array in arrays.items() if "::" not in name and name not in packed}
    for node in nodes:
        if node.op_type in ("MatMul", _INTEGERS) and node.input[1] in arrays:
            bias = added.get(node.output[0].removesuffix(".integers"), "")
            layer = bias.removesuffix(".bias") if bias in named else ".".join(node.name.split("/")[1:-1])
            named[f"{layer}.weight"] = arrays[node.input[1]].T
            if node.input[0] in arrays:
                named[QUERIES] = arrays[node.input[0]][0]
    return named
