"""What a training says in the end: which labels are rare, what the last ones brought, and what else could be tried."""

from __future__ import annotations

from typing import Any

import pytest

from stance.formats.dataformat import parse_labelled
from stance.learning.advice import advice
from stance.records import LabelledPassage
from stance.text.codebook import Codebook

ROW = {"id": "a", "text": "The Dock Union blamed the Port Authority."}


def rows(codebook: Codebook, n: int, **labels: Any) -> list[LabelledPassage]:
    return [parse_labelled({**ROW, "id": str(i), **labels}, "f", codebook) for i in range(n)]


def test_the_rarest_labels_are_named_with_their_counts(codebook: Codebook) -> None:
    labelled = rows(codebook, 30, frames=["strike"]) + rows(codebook, 3, frames=["strike", "budget"])
    assert advice(labelled, codebook, "probe", {}) == (
        "labels that fewer than 20 passages have, of which more would help most: frames budget (3)"
    )
    labelled = rows(codebook, 5, stance={"union": "against", "port": "neutral"}, frames=[])
    assert advice(labelled, codebook, "transformer", {}) == (
        "labels that fewer than 20 passages have, of which more would help most: stance favor (0), stance against (5), "
        "stance neutral (5)"
    )
    labelled = rows(codebook, 5, stance={"union": "against"}, frames=["strike"])
    assert advice(labelled, codebook, "transformer", {}).endswith("stance favor (0) and 2 more")


@pytest.mark.parametrize(
    ("n", "kind", "expected"),
    [
        (40, "probe", "40 labelled passages: twice as many would help; --learning-curve tells how much"),
        (
            40,
            "linear",
            "40 labelled passages: twice as many would help; --learning-curve tells how much; --labeler probe needs "
            "fewer labels",
        ),
        (
            1000,
            "probe",
            "1,000 labelled passages: --learning-curve tells whether more would help; --labeler transformer reads more "
            "closely, and takes an hour or more",
        ),
    ],
)
def test_where_no_label_is_rare_it_goes_by_the_number_of_passages(
    n: int, kind: str, expected: str, codebook: Codebook
) -> None:
    assert advice(rows(codebook, n, frames=["strike", "budget"]), codebook, kind, {}) == expected


@pytest.mark.parametrize(
    ("difference", "verdict"), [(0.0312, "label more"), (-0.001, "more labels of the same kind would bring little")]
)
def test_where_the_learning_curve_was_drawn_it_tells(difference: float, verdict: str, codebook: Codebook) -> None:
    differences = [
        {"task": "frames", "label": "macro-F1", "difference": difference},
        {"task": "frames", "label": "strike", "difference": 0.5},
    ]
    told = advice([], codebook, "probe", {"learning_curve": {"gain": {"differences": differences}}})
    assert told == f"the second half of the labels brought, in macro-F1, frames {difference:+.3f}: {verdict}"


def test_a_curve_that_could_not_be_drawn_is_none(codebook: Codebook) -> None:
    told = advice(
        rows(codebook, 40, frames=["strike", "budget"]), codebook, "probe", {"learning_curve": {"gain": None}}
    )
    assert told.startswith("40 labelled passages: ")
