"""A graph run by ONNX Runtime: from memory, encoder and heads apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from stance.formats.archives import reason_of
from stance.labelers.onnx.export import (
    ENCODER_INPUTS,
    HEAD_INPUTS,
    INPUTS,
)
from stance.labelers.onnx.graphs import check_graph
from stance.labelers.onnx.surgery import cut_graph
from stance.labelers.tasks import DIRECTED, FRAMES, STANCE, TASKS
from stance.records import InputError

MODEL = "model.onnx"
_SESSION = {"session.load_model_format": "ONNX", "session.disable_quant_qdq": "1"}
_FOLDED, _UNPACKED, _SMALL = "optimization.constant_folding_max_output_size_in_bytes", 4, 65_536
"""Constants are computed at loading up to so many bytes each: weights from 8 bits to 32, not few numbers to many."""


class Graph:
    """ONNX Runtime on a graph that was looked through, from memory: what it names in other files can't be found.

    It is cut into encoder and heads: a passage of many windows is encoded one window after another, so that memory
    for the encoder is that of one window, however long the passage.
    """

    def __init__(self, graph: bytes):
        from concurrent.futures import ThreadPoolExecutor

        try:
            check_graph(graph)
            cut = cut_graph(graph, HEAD_INPUTS)
        except InputError as error:
            raise InputError(f"{MODEL} is refused ({error})") from None
        self.states = cut.name
        with ThreadPoolExecutor(1) as pool:
            encoder = pool.submit(_session, cut.first, ENCODER_INPUTS, (cut.name,))
            self.heads = _session(cut.second, (cut.name, *HEAD_INPUTS), (FRAMES, STANCE, DIRECTED))
        self.encoder = encoder.result()

    def run(self, arrays: Mapping[str, np.ndarray]) -> Sequence[np.ndarray]:
        """Frames, stance and directed stance from the arrays of a passage, as `windows.collate` gives them."""
        windows, length = arrays["input_ids"].shape
        own = arrays["attention_mask"].sum(axis=1)
        try:
            for row, n in enumerate(own):
                (encoded,) = self.encoder.run(None, {name: arrays[name][row : row + 1, :n] for name in ENCODER_INPUTS})
                if row == 0:
                    states = np.zeros((windows, length, encoded.shape[-1]), dtype=np.float32)
                states[row, :n] = encoded
            late = {self.states: states.reshape(windows * length, -1), **{name: arrays[name] for name in HEAD_INPUTS}}
            return self.heads.run(None, late)
        except Exception as error:
            raise InputError(f"{MODEL} can't be run ({reason_of(error)})") from None


def _session(graph: bytes, takes: Sequence[str], gives: Sequence[str]) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_mem_pattern = False  # one would be kept for every shape: memory would grow with the input
    options.log_severity_level = 4
    for key, value in {**_SESSION, _FOLDED: str(_UNPACKED * len(graph) + _SMALL)}.items():
        options.add_session_config_entry(key, value)
    try:
        session = onnxruntime.InferenceSession(graph, options, ["CPUExecutionProvider"], enable_fallback=0)
        inputs, outputs = ([part.name for part in parts] for parts in (session.get_inputs(), session.get_outputs()))
    except Exception as error:
        raise InputError(f"{MODEL} can't be run ({reason_of(error)})") from None
    if sorted(inputs) != sorted(takes) or outputs != list(gives):
        raise InputError(
            f"{MODEL} is refused (it takes or gives other arrays than {', '.join(INPUTS)}, {', '.join(TASKS)})"
        )
    return session
