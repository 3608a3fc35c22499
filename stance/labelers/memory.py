"""Vectors that were made once, by what they were made from."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from stance.formats.archives import read_arrays
from stance.records import InputError

MOST = 64_000_000
"""Numbers that are kept from one training to the next: 256 MB."""


class Memory:
    """Vectors that were made, and may be asked for again.

    Attributes
    ----------
    found, made : int
        Vectors that were there, and that were made, since the last `clear`... counted once each.
    """

    def __init__(self, known: dict[bytes, np.ndarray] | None = None):
        self._known = known or {}
        self._used: dict[bytes, None] = {}
        self.grown = False

    def vectors(
        self, keys: Sequence[bytes], items: Sequence[Any], make: Callable[[Sequence[Any]], Sequence[np.ndarray]]
    ) -> list[np.ndarray]:
        """The vectors of items, each known by its key; those that are not known are made."""
        missing = {key: item for key, item in zip(keys, items, strict=True) if key not in self._known}
        if missing:
            self._known.update(zip(missing, make(list(missing.values())), strict=True))
            self.grown = True
        self._used.update(dict.fromkeys(keys))
        return [self._known[key] for key in keys]

    def to_bytes(self, most: int = MOST) -> bytes:
        """As a numpy archive: what was used last comes first, and what no longer has room is left out."""
        order = [*self._used, *(key for key in self._known if key not in self._used)]
        sizes = np.array([self._known[key].size for key in order], dtype=np.int64)
        order = order[: int(np.searchsorted(np.cumsum(sizes), most, side="right"))]
        rows = [np.atleast_2d(self._known[key]) for key in order]
        arrays = {
            "keys": np.frombuffer(b"".join(order), dtype=np.uint8),
            "shapes": np.array([(*row.shape, self._known[key].ndim) for key, row in zip(order, rows, strict=True)]),
            "values": np.concatenate([np.zeros(0), *(row.ravel() for row in rows)]).astype(np.float32),
        }
        arrays["digest"] = np.frombuffer(_digest(arrays), dtype=np.uint8)
        stream = io.BytesIO()
        np.savez(stream, **arrays)  # type: ignore[arg-type]
        return stream.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Memory:
        """From what `to_bytes` gave; `InputError` where it is anything else, or was changed."""
        arrays = read_arrays(data, "vectors")
        try:
            if arrays["digest"].tobytes() != _digest(arrays):
                raise ValueError("changed since they were kept")
            keys, values = arrays["keys"].tobytes(), arrays["values"]
            shapes = arrays["shapes"].reshape(-1, 3).tolist()
            ends = np.cumsum([0, *(rows * columns for rows, columns, _ in shapes)]).tolist()
            known = {}
            for n, (rows, columns, dimensions) in enumerate(shapes):
                own = values[ends[n] : ends[n + 1]].reshape(rows, columns)
                known[keys[32 * n : 32 * n + 32]] = own if dimensions == 2 else own[0]
            return cls(known)
        except (KeyError, ValueError, TypeError) as error:
            raise InputError(f"vectors can't be read ({error})") from None


def _digest(arrays: dict[str, np.ndarray]) -> bytes:
    parts = (np.ascontiguousarray(arrays[name]) for name in ("keys", "shapes", "values"))
    return hashlib.sha256(b"".join(hashlib.sha256(part.data).digest() for part in parts)).digest()
