"""Vectors that are remembered: made once, kept as they were, and never trusted where they were changed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from stance.labelers.memory import Memory
from stance.records import InputError

KEYS = [bytes([n]) * 32 for n in range(4)]


def flat(items: Sequence[int]) -> list[np.ndarray]:
    return [np.full(3, item, dtype=np.float32) for item in items]


def filled() -> Memory:
    memory = Memory()
    memory.vectors(KEYS[:2], [1, 2], flat)
    memory.vectors(KEYS[2:3], [(2, 3)], lambda shapes: [np.ones(shape, dtype=np.float32) for shape in shapes])
    memory.vectors(KEYS[3:], [(0, 3)], lambda shapes: [np.ones(shape, dtype=np.float32) for shape in shapes])
    return memory


def never(items: Sequence[object]) -> list[np.ndarray]:
    raise AssertionError(f"made anew: {items}")


def test_what_is_known_is_not_made_again_and_a_copy_is_made_once() -> None:
    memory, asked = Memory(), list[int]()

    def make(items: Sequence[int]) -> list[np.ndarray]:
        asked.extend(items)
        return flat(items)

    rows = memory.vectors([KEYS[0], KEYS[1], KEYS[0]], [1, 2, 1], make)
    assert [row[0] for row in rows] == [1.0, 2.0, 1.0]
    assert [row[0] for row in memory.vectors([KEYS[1]], [2], never)] == [2.0]
    assert asked == [1, 2]


def test_what_was_kept_is_what_was_made() -> None:
    again = Memory.from_bytes(filled().to_bytes())
    rows = again.vectors(KEYS, [None] * 4, never)
    assert [row.tolist() for row in rows] == [[1, 1, 1], [2, 2, 2], [[1, 1, 1], [1, 1, 1]], []]
    assert [row.shape for row in rows] == [(3,), (3,), (2, 3), (0, 3)]
    assert {row.dtype for row in rows} == {np.dtype(np.float32)}
    assert again.grown is False


def test_the_same_vectors_make_the_same_bytes() -> None:
    assert filled().to_bytes() == filled().to_bytes()
    assert len(Memory.from_bytes(Memory().to_bytes()).to_bytes()) == len(Memory().to_bytes())


def test_where_there_is_little_room_what_was_used_last_stays() -> None:
    memory = Memory.from_bytes(filled().to_bytes())
    memory.vectors(KEYS[1:2], [2], never)
    kept = Memory.from_bytes(memory.to_bytes(most=8))
    assert [row[0] for row in kept.vectors(KEYS[:2], [1, 2], never)] == [1.0, 2.0]
    assert Memory.from_bytes(memory.to_bytes(most=5)).vectors(KEYS[1:2], [2], never)[0].tolist() == [2, 2, 2]
    with pytest.raises(AssertionError, match="made anew"):
        Memory.from_bytes(memory.to_bytes(most=5)).vectors(KEYS[:1], [1], never)


@pytest.mark.parametrize("place", [0, 100, 400, -100, -1])
def test_bytes_that_were_changed_are_refused_or_make_no_difference(place: int) -> None:
    data = bytearray(filled().to_bytes())
    data[place] ^= 0xFF
    try:
        again = Memory.from_bytes(bytes(data))
    except InputError:
        return
    assert [row.sum() for row in again.vectors(KEYS, [None] * 4, never)] == [3.0, 6.0, 6.0, 0.0]


@pytest.mark.parametrize("data", [b"", b"PK", b"x" * 1000, filled().to_bytes()[:-30]])
def test_what_is_no_such_file_is_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        Memory.from_bytes(data)
