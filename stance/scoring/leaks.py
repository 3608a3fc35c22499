"""What a model was trained on, as hashes, and which passages to be scored are near-duplicates of it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stance.formats.archives import read_arrays
from stance.records import InputError
from stance.text.near_duplicates import shingles

SHINGLE = 2
"""Words a shingle: short ones, so that a passage with a word changed here and there keeps most of them."""
SIMILARITY = 0.3
"""Estimated Jaccard similarity of shingles from which on a passage counts as leaked."""
_PERMUTATIONS = 128
_ROWS = 2_000_000


@dataclass(frozen=True, slots=True)
class TrainingDigests:
    """MinHash signatures of what a model was trained on: hashes, no text.

    Attributes
    ----------
    signatures : uint8 array of shape (n_passages, 128)
        The lowest byte of each minimum (b-bit minwise hashing, Li and König 2010).
    files : integer array of shape (n_passages,)
        Which of the manifest's data files each passage is from.
    rows : integer array of shape (n_passages,)
        Its row there, from 1.
    """

    signatures: np.ndarray
    files: np.ndarray
    rows: np.ndarray

    def to_bytes(self) -> bytes:
        """As a compressed numpy archive."""
        buffer = io.BytesIO()
        np.savez_compressed(buffer, signatures=self.signatures, files=self.files, rows=self.rows)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes, place: str) -> TrainingDigests:
        """From what `to_bytes` gave; raises `InputError` where it is something else."""
        arrays = read_arrays(data, place)
        try:
            digests = cls(*(arrays[name] for name in ("signatures", "files", "rows")))
        except KeyError as error:
            raise InputError(f"{place}: can't be read (no {error}); train the model anew") from None
        n = digests.rows.size
        if digests.signatures.shape != (n, _PERMUTATIONS) or digests.signatures.dtype != np.uint8:
            raise InputError(f"{place}: signatures of another shape; train the model anew")
        if any(part.shape != (n,) or part.dtype.kind not in "iu" for part in (digests.files, digests.rows)):
            raise InputError(f"{place}: files or rows of another shape; train the model anew")
        return digests

    def with_more(self, other: TrainingDigests, files: int) -> TrainingDigests:
        """These and those of another model that are not among them, whose files are counted from `files` on."""
        own, theirs = {row.tobytes() for row in self.signatures}, other.signatures
        new = np.array([row.tobytes() not in own for row in theirs], dtype=bool)
        return TrainingDigests(
            np.concatenate([self.signatures, theirs[new]]),
            np.concatenate([self.files, other.files[new].astype(np.int32) + files]),
            np.concatenate([self.rows, other.rows[new].astype(np.int32)]),
        )


@dataclass(frozen=True, slots=True)
class Leak:
    """A passage to be scored, and the training passage it is like: indexes, and the estimated similarity."""

    passage: int
    trained: int
    similarity: float


def training_digests(texts_by_file: Sequence[Sequence[str]]) -> TrainingDigests:
    """The signatures of the passages of every training file."""
    texts = [text for texts in texts_by_file for text in texts]
    files = np.repeat(np.arange(len(texts_by_file), dtype=np.int32), [len(texts) for texts in texts_by_file])
    rows = np.concatenate([np.zeros(0, np.int32), *(np.arange(1, len(t) + 1, dtype=np.int32) for t in texts_by_file)])
    return TrainingDigests(signatures(texts), files, rows.astype(np.int32))


def signatures(texts: Sequence[str]) -> np.ndarray:
    """MinHash signatures (Broder 1997; datasketch) of the texts' word pairs, of shape (n_texts, 128), a byte each."""
    from datasketch import MinHash

    hashes = np.zeros((len(texts), _PERMUTATIONS), dtype=np.uint8)
    for row, text in enumerate(texts):
        sketch = MinHash(num_perm=_PERMUTATIONS, seed=1)
        sketch.update_batch([shingle.encode("utf-8", "replace") for shingle in shingles(text, SHINGLE)])
        hashes[row] = (sketch.hashvalues & 0xFF).astype(np.uint8)
    return hashes


def jaccard(n_equal: np.ndarray) -> np.ndarray:
    """The Jaccard similarity of shingles that so many equal bytes of two signatures speak of; one in 256 is chance."""
    chance = 1.0 / 256.0
    return np.asarray((n_equal / _PERMUTATIONS - chance) / (1.0 - chance))


def find_leaks(texts: Sequence[str], trained: TrainingDigests, similarity: float = SIMILARITY) -> list[Leak]:
    """The texts that are copies or light rewordings of training passages, each with the one it is most like."""
    if not len(trained.signatures):
        return []
    own, columns = signatures(texts), np.ascontiguousarray(trained.signatures.T)
    size = max(1, _ROWS // len(trained.signatures))
    leaks = []
    for start in range(0, len(texts), size):
        part = own[start : start + size]
        equal = np.zeros((len(part), len(trained.signatures)), dtype=np.uint8)
        for column in range(_PERMUTATIONS):
            equal += part[:, column, None] == columns[column]
        best = equal.argmax(axis=1)
        shares = jaccard(equal[np.arange(len(part)), best])
        found = np.flatnonzero(shares >= similarity)
        leaks += [Leak(start + int(i), int(best[i]), float(shares[i])) for i in found]
    return leaks
