"""What a training says of its data; trainings themselves are in test_cli.py and test_neural.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from stance.formats.dataformat import parse_labelled
from stance.learning.training import _tell_repeated
from stance.text.codebook import Codebook

ROW: Mapping[str, Any] = {"id": "a", "text": "The dockers left.", "frames": ["strike"]}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ([], []),
        ([{**ROW, "id": "b", "text": "The dockers  left."}], ["more than once: 1, with different labels: 0;"]),
        (
            [{**ROW, "id": "b", "frames": []}, {**ROW, "id": "c", "text": "They came."}, {**ROW, "id": "d"}],
            ["more than once: 1, with different labels: 1;"],
        ),
    ],
)
def test_passages_that_stand_twice_are_told(more: list[dict[str, Any]], said: list[str], codebook: Codebook) -> None:
    notes: list[str] = []
    _tell_repeated([parse_labelled(row, "f", codebook) for row in (ROW, *more)], notes.append)
    assert len(notes) == len(said)
    assert all(part in note for note, part in zip(notes, said, strict=True))
