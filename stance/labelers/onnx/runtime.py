"""A graph run by ONNX Runtime: from memory, encoder and heads apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from stance.formats.archives import reason_of
from stance.labelers.onnx.export import ENCODER_INPUTS, HEAD_INPUTS, STATES, VECTORS
from stance.labelers.onnx.graphs import check_graph
from stance.labelers.tasks import TASKS
from stance.records import InputError

ENCODER, HEADS = "encoder.onnx", "heads.onnx"
"""The files of a model folder that hold the graphs."""
_SESSION = {"session.load_model_format": "ONNX", "session.disable_quant_qdq": "1"}
_FOLDED, _UNPACKED, _SMALL = "optimization.constant_folding_max_output_size_in_bytes", 4, 65_536
"""Constants are computed at loading up to so many bytes each: weights from 8 bits to 32, not few numbers to many."""


class EncoderGraph:
    """ONNX Runtime on an encoder, from memory: what it names in other files can't be found.

    A passage of many windows is encoded one window after another, so that memory is that of one window, however long
    the passage.

    Parameters
    ----------
    graph : bytes
        As `onnx.export.export_encoder` makes it; looked through before it is run.
    file : str
        Stands in error messages for it.
    """

    def __init__(self, graph: bytes, file: str = ENCODER):
        self.file = file
        self.session = _session(file, graph, ENCODER_INPUTS, (STATES,))

    def states(self, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
        """The states of the tokens of all windows, (n_windows, length, size); 0 where there is no token."""
        windows, length = arrays["input_ids"].shape
        try:
            for row, n in enumerate(arrays["attention_mask"].sum(axis=1)):
                (encoded,) = self.session.run(None, {name: arrays[name][row : row + 1, :n] for name in ENCODER_INPUTS})
                if row == 0:
                    states = np.zeros((windows, length, encoded.shape[-1]), dtype=np.float32)
                states[row, :n] = encoded
        except Exception as error:
            raise InputError(f"{self.file} can't be run ({reason_of(error)})") from None
        return states


class Graphs:
    """ONNX Runtime on the two graphs of a network, from memory, as `EncoderGraph` has it.

    Parameters
    ----------
    encoder, heads : bytes
        As `onnx.export.export_network` makes them; looked through before they are run.
    """

    def __init__(self, encoder: bytes, heads: bytes):
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(EncoderGraph, encoder)
            self.heads = _session(HEADS, heads, HEAD_INPUTS, TASKS, VECTORS)
        self.encoder = first.result()

    @property
    def gives_vectors(self) -> bool:
        """Whether the heads give the vectors behind their logits too."""
        return [part.name for part in self.heads.get_outputs()] == [*TASKS, *VECTORS]

    def run(self, arrays: Mapping[str, np.ndarray], outputs: Sequence[str] = TASKS) -> Sequence[np.ndarray]:
        """Frames, stance and directed stance, or other outputs of the heads, from the arrays of a passage.

        Parameters
        ----------
        arrays : Mapping of str to array
            As `windows.collate` gives them.
        outputs : sequence of str
            Of `TASKS` and `VECTORS`.
        """
        states = self.encoder.states(arrays)
        late = {STATES: states.reshape(-1, states.shape[-1])}
        late |= {name: arrays[name] for name in HEAD_INPUTS if name != STATES}
        try:
            return self.heads.run(list(outputs), late)
        except Exception as error:
            raise InputError(f"{HEADS} can't be run ({reason_of(error)})") from None


def _session(file: str, graph: bytes, takes: Sequence[str], gives: Sequence[str], also: Sequence[str] = ()) -> Any:
    """A session on a graph that takes and gives these arrays, and maybe others behind them."""
    try:
        check_graph(graph)
    except InputError as error:
        raise InputError(f"{file} is refused ({error})") from None
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
        raise InputError(f"{file} can't be run ({reason_of(error)})") from None
    if sorted(inputs) != sorted(takes) or outputs not in (list(gives), [*gives, *also]):
        raise InputError(f"{file} is refused (it takes or gives other arrays than {', '.join((*takes, *gives))})")
    return session
