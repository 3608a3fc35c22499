"""Networks as ONNX graphs, and their weights back from them. Needs torch and onnx."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from stance.labelers.tasks import DIRECTED, STANCE, TASKS

if TYPE_CHECKING:
    from stance.labelers.network import Network

STATES = "states"
ENCODER_INPUTS, HEAD_INPUTS = ("input_ids", "attention_mask"), (STATES, "tokens", "text", "places")
VECTORS = PASSAGES, ACTORS, PAIRS = "passages", "actor_vectors", "pair_vectors"
"""What the heads give beside the logits of all tasks, where they are asked for it; see `network.judged`."""
QUERIES = "frames.queries"
FRAME_ROWS = (QUERIES, "frames.weights", "frames.bias")
"""Of a network's weights, those with a row for each frame."""
INT8_PRODUCTS, INT8, FP32 = PRECISIONS = ("int8-products", "int8", "fp32")
"""How an exported network keeps its weights and computes, from the smallest and fastest on; see `quantised`."""
_MOST, _PRODUCT_MOST = 127.0, 63.0
_LAST_AXIS = "last axis"
_INTEGERS = "MatMulInteger"


def export_network(network: Network) -> tuple[bytes, bytes]:
    """The network as two ONNX graphs, its encoder and its heads, for one passage of any length, windows and actors.

    They are apart so that a passage of many windows is encoded window by window.
    """
    import torch

    from stance.labelers.network import Heads

    network = network.to("cpu").eval()
    settings: Any = network.encoder.config
    states = torch.ones(14, int(settings.hidden_size))
    late = (states, torch.arange(9)[None], torch.ones(1, 9), torch.ones(1, 3, 9, dtype=torch.int64))
    head_axes = {
        STATES: {0: "states"},
        "tokens": {1: "tokens"},
        "text": {1: "tokens"},
        "places": {1: "actors", 2: "tokens"},
        STANCE: {1: "actors"},
        DIRECTED: {1: "holders", 2: "targets"},
        ACTORS: {1: "actors"},
        PAIRS: {1: "holders", 2: "targets"},
    }
    heads = _graph(Heads(network.frames, network.actors), late, HEAD_INPUTS, (*TASKS, *VECTORS), head_axes)
    return export_encoder(network.encoder), heads


def export_encoder(encoder: Any) -> bytes:
    """A Hugging Face encoder as an ONNX graph: the states of the tokens of windows.

    Attention is written out as products and a softmax, which ONNX Runtime runs faster than what stands for torch's
    fused attention.
    """
    import torch

    from stance.labelers.network import Encoder

    attention = encoder.config._attn_implementation
    encoder.set_attn_implementation("eager")
    tokens = torch.ones(1, 7, dtype=torch.int64)
    axes = {name: {0: "windows", 1: "length"} for name in (*ENCODER_INPUTS, STATES)}
    graph = _graph(Encoder(encoder), (tokens, tokens), ENCODER_INPUTS, (STATES,), axes)
    encoder.set_attn_implementation(attention)
    return graph


def _graph(
    module: Any, example: tuple[Any, ...], takes: Sequence[str], gives: Sequence[str], axes: Mapping[str, Any]
) -> bytes:
    import torch

    buffer: Any = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module.eval(),
            example,
            buffer,
            input_names=list(takes),
            output_names=list(gives),
            dynamic_axes=dict(axes),
            opset_version=17,
            dynamo=False,
        )
    return buffer.getvalue()


def quantised(graph: bytes, products: bool, at_random: np.random.Generator | None = None) -> bytes:
    """The graph with its weight matrices in 8 bits, a scale for each channel; tables are unpacked row by row.

    Parameters
    ----------
    products : bool
        Whether products are those of integers, what they multiply brought to 8 bits by its own range each time it runs
        (dynamic quantisation). Weights have 7 bits there, with which no processor's sums overflow, so that all give the
        same integers. Products that narrow stay in fp32: what an activation function gives to them has outliers, and
        many of the labels that changed did so by them. Without, the graph computes in fp32.
    at_random : Generator, optional
        Rounds a weight up with the probability of its remainder (Gupta et al. 2015), not to the nearest number. Weights
        that were in 8 bits when their training began lie near these numbers still: to the nearest, what they learned
        would be lost.
    """
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load_from_string(graph)
    readers = {name: (node, place) for node in model.graph.node for place, name in enumerate(node.input)}
    kept, unpacked = [], []
    integers, tables = dict[str, list[str]](), dict[str, list[str]]()
    for weights in model.graph.initializer:
        node, place = readers.get(weights.name, (None, 0))
        array = numpy_helper.to_array(weights)
        matrix = array.ndim == 2 and array.dtype == np.float32 and min(array.shape) > 1
        if node is None or not matrix or (node.op_type, place) not in (("MatMul", 1), ("Gemm", 1), ("Gather", 0)):
            kept.append(weights)
            continue
        product = products and node.op_type == "MatMul" and array.shape[0] <= array.shape[1]
        axis = 1 if node.op_type == "MatMul" else 0
        parts = _packed(array, axis, _PRODUCT_MOST if product else _MOST, at_random)
        names = [f"{weights.name}.{key}" for key in parts]
        kept += [numpy_helper.from_array(part, name) for name, part in zip(names, parts.values(), strict=True)]
        if product:
            integers[weights.name] = names
        elif node.op_type == "Gather":
            tables[weights.name] = names
        else:
            name = f"{weights.name}.whole"
            unpacked.append(helper.make_node("DequantizeLinear", names, [weights.name], name, axis=axis))
    if tables:
        kept.append(numpy_helper.from_array(np.array([-1]), _LAST_AXIS))
    nodes = [*unpacked, *_with_tables(_with_integers(model.graph.node, integers), tables)]
    for field, pieces in ((model.graph.initializer, kept), (model.graph.node, nodes)):
        del field[:]
        field.extend(pieces)
    return model.SerializeToString()


def _packed(array: np.ndarray, axis: int, most: float, at_random: np.random.Generator | None) -> dict[str, np.ndarray]:
    """A matrix as whole numbers from `-most` to `most`, and the scale of each channel along the axis."""
    scale = np.maximum(np.abs(array).max(axis=1 - axis), np.finfo(np.float32).tiny) / most
    scaled = array / np.expand_dims(scale, 1 - axis)
    whole = np.round(scaled) if at_random is None else np.floor(scaled + at_random.random(scaled.shape))
    return {"int8": np.clip(whole, -most, most).astype(np.int8), "scale": scale.astype(np.float32)}


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


def _with_tables(nodes: Iterable[Any], tables: Mapping[str, Sequence[str]]) -> Iterator[Any]:
    """The steps of a graph; those that look up rows of `tables` (whole numbers, scale) unpack these rows alone."""
    from onnx import helper

    for node in nodes:
        if node.op_type != "Gather" or node.input[0] not in tables:
            yield node
            continue
        (table, ids), (given,) = node.input, node.output
        numbers, scale = tables[table]
        yield helper.make_node("Gather", [numbers, ids], [f"{given}.rows"], node.name)
        yield helper.make_node("Cast", [f"{given}.rows"], [f"{given}.numbers"], f"{node.name}.cast", to=1)
        yield helper.make_node("Gather", [scale, ids], [f"{given}.row_scales"], f"{node.name}.scales")
        yield helper.make_node("Unsqueeze", [f"{given}.row_scales", _LAST_AXIS], [f"{given}.scale"])
        yield helper.make_node("Mul", [f"{given}.numbers", f"{given}.scale"], [given], f"{node.name}.scaled")


def read_weights(*graphs: bytes) -> dict[str, np.ndarray]:
    """The weights of an exported network, in fp32, by the names that the network has for them.

    The matrix of a layer has no name in a graph: it is known by the bias that is added to its product, or where there
    is none, by the layer that the product is named after. What the graphs do not compute with (BERT's pooler) is not
    there.
    """
    return {name: array for graph in graphs for name, array in _weights(graph).items()}


def _weights(graph: bytes) -> dict[str, np.ndarray]:
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
        if node.op_type == "Gather" and node.input[0].endswith(".int8"):
            table = node.input[0].removesuffix(".int8")
            arrays[table] = arrays[node.input[0]] * arrays[f"{table}.scale"][:, None]
            packed.update((node.input[0], f"{table}.scale"))
    added = {node.input[1 - i]: node.input[i] for node in nodes if node.op_type == "Add" for i in (0, 1)}
    named = {name: array for name, array in arrays.items() if "::" not in name and name not in {*packed, _LAST_AXIS}}
    for node in nodes:
        if node.op_type in ("MatMul", _INTEGERS) and node.input[1] in arrays:
            bias = added.get(node.output[0].removesuffix(".integers"), "")
            layer = bias.removesuffix(".bias") if bias in named else ".".join(node.name.split("/")[1:-1])
            named[f"{layer}.weight"] = arrays[node.input[1]].T
            if node.input[0] in arrays:
                named[QUERIES] = arrays[node.input[0]][0]
    return named
