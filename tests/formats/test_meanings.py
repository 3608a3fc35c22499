"""Rows whose labels are written otherwise: what is taken as meant, and what stays."""

from __future__ import annotations

from typing import Any

import pytest

from stance.formats.meanings import as_meant
from stance.text.codebook import Codebook
from stance.text.spellings import Spellings

PAIR = {"holder": "union", "target": "port", "stance": "favor"}


def meant(row: dict[str, Any], codebook: Codebook) -> tuple[dict[str, Any], list[str]]:
    told: list[str] = []
    return dict(as_meant(row, Spellings(codebook), told.append)), told


def test_every_label_is_taken_by_its_id(codebook: Codebook) -> None:
    row = {
        "id": "p",
        "frames": ["Strike", "budget", "war"],
        "stance": {"Dockers": "FAVOR", "embassy": "neutral"},
        "directed": [{"holder": "Dock Union", "target": "PORT", "stance": "pro", "note": 1}],
        "page": 4,
    }
    assert meant(row, codebook) == (
        {
            "id": "p",
            "frames": ["strike", "budget", "war"],
            "stance": {"union": "favor", "embassy": "neutral"},
            "directed": [{**PAIR, "note": 1}],
            "page": 4,
        },
        [
            'frame "Strike" is taken for strike',
            'actor "Dockers" is taken for union',
            'stance "FAVOR" is taken for favor',
            'actor "Dock Union" is taken for union',
            'actor "PORT" is taken for port',
            'stance "pro" is taken for favor',
        ],
    )


@pytest.mark.parametrize(
    "row",
    [
        {"frames": ["strike"], "stance": {"union": "favor"}, "directed": [PAIR], "mentions": []},
        {"frames": {"Strike": 0.5}, "stance": {"Union": {"label": "favor"}}},
        {"frames": None, "stance": None, "directed": None},
        {"frames": [1, None, ["Strike"]], "stance": {"union": None}, "directed": ["x", {"holder": 3}]},
        {"frames": "Strike", "stance": "Favor", "directed": "x", "mentions": "y"},
        {"mentions": [{"actor": "Dockers", "start": 0, "end": 1}], "stance": {"Dockers": "favor"}},
        {"mentions": [{"actor": None}, 3], "stance": {"council": "favor"}},
        {"stance": {"union": "favor", "dockers": "against"}},
        {"model": "m", "frames": ["Strike"]},
    ],
)
def test_ids_predictions_actors_of_the_row_and_what_is_broken_stay(row: dict[str, Any], codebook: Codebook) -> None:
    assert meant(row, codebook) == (row, [])
