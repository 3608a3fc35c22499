"""The sentence encoder: a passage as one vector that knows what it is about. It is used as its makers left it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from stance.labelers.onnx.runtime import EncoderGraph
from stance.labelers.windows import collate, open_windower
from stance.machine import side_by_side
from stance.records import InputError, Passage

GRAPH, TOKENIZER = "encoder.onnx", "tokenizer.json"
_MAX_TOKENS, _VOCABULARY = 512, 10_000_000


@dataclass(frozen=True, slots=True)
class EncoderSettings:
    """What an encoder is called, its longest window in tokens, and the token that fills windows up."""

    name: str
    max_tokens: int
    pad: int

    @classmethod
    def from_dict(cls, values: Any) -> EncoderSettings:
        """From plain values; `InputError` where one is missing or of another kind."""
        values = values if isinstance(values, dict) else {}
        name, max_tokens, pad = (values.get(key) for key in ("name", "max_tokens", "pad"))
        if not isinstance(name, str) or not name.isprintable() or len(name) > 300:
            raise InputError("the name of an encoder is missing")
        if type(max_tokens) is not int or not 0 < max_tokens <= _MAX_TOKENS:
            raise InputError(f"max_tokens of the encoder {name[:60]} is not from 1 to {_MAX_TOKENS}")
        if type(pad) is not int or not 0 <= pad < _VOCABULARY:
            raise InputError(f"the padding token of the encoder {name[:60]} is missing, or no token")
        return cls(name, max_tokens, pad)


class SentenceEncoder:
    """The mean of the states of all tokens of a text, of length 1; of a long text, those of all its windows.

    Parameters
    ----------
    parts : pair of bytes
        The graph in ONNX, and what `tokenizers` reads.
    settings : EncoderSettings
    files : pair of str
        What the two are called in error messages.
    """

    def __init__(self, parts: Sequence[bytes], settings: EncoderSettings, files: Sequence[str] = (GRAPH, TOKENIZER)):
        graph, tokenizer = self.parts = tuple(parts)
        self.settings, self.files = settings, tuple(files)
        self.digest = digest_of(self.parts, settings)
        self._windows = open_windower(tokenizer, {}, settings.max_tokens, files[1])
        self._encoder = EncoderGraph(graph, files[0])

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.parts, self.settings, self.files)

    def key(self, text: str) -> bytes:
        """What tells the vector of a text from all others."""
        return hashlib.sha256(self.digest + text.encode("utf-8", "surrogatepass")).digest()

    def vectors(self, texts: Sequence[str], threads: int = 1) -> list[np.ndarray]:
        """A vector of length 1 for each text, of shape (size,), so many of them made at a time."""
        return list(side_by_side(self._vector, texts, threads))

    def _vector(self, text: str) -> np.ndarray:
        windows = self._windows.cut(Passage("", "", text, 0, len(text), ()), ())
        states = self._encoder.states(collate([windows], self.settings.pad))
        total = states.sum(axis=(0, 1), dtype=np.float64)
        length = float(np.sqrt((total**2).sum()))
        if not np.isfinite(length) or length == 0.0:
            raise InputError(f"{self._encoder.file} gives numbers that are not finite, or none but 0")
        return (total / length).astype(np.float32)


def digest_of(parts: Sequence[bytes], settings: EncoderSettings) -> bytes:
    """A digest of all that the vectors of an encoder hang on."""
    own = json.dumps(asdict(settings)).encode()
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in (*parts, own))).digest()
