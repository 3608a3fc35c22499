"""Which labels are no finding: each reason on its own, and none for a sound model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from stance.records import STANCES
from stance.scoring.decisions import Decisions
from stance.scoring.soundness import all_doubts, doubts


def made(
    gold: Sequence[int], probs: Sequence[float], threshold: float = 0.5, label: str = "relief", missed: int = 0
) -> Decisions:
    """Decisions on one frame; of the last rows, so many were missed."""
    n = len(gold)
    given, scores = np.array(gold, dtype=bool)[:, None], np.array(probs, dtype=float)[:, None]
    rows = np.arange(n)
    return Decisions("frames", (label,), given, scores >= threshold, scores, rows, rows, ((),) * n, rows >= n - missed)


def stances(task: str, gold: Sequence[str], predicted: Sequence[str], against: Sequence[float]) -> Decisions:
    n = len(gold)
    given, said = (np.array([[s == label for s in STANCES] for label in column]) for column in (gold, predicted))
    probs = np.stack([against, 0.9 - np.array(against), np.full(n, 0.1)], axis=1)
    rows = np.arange(n)
    return Decisions(task, STANCES, given, said, probs, rows, rows, (("a",),) * n, np.zeros(n, dtype=bool))


SOUND = ([1] * 20 + [0] * 20, [0.9] * 18 + [0.2] * 20 + [0.8] * 2)


def test_a_sound_label_is_not_doubted() -> None:
    assert doubts(made(*SOUND)) == []


def test_no_rows_are_no_doubt() -> None:
    assert doubts(made([], [])) == []
    assert doubts(made(*SOUND, missed=40)) == []


@pytest.mark.parametrize(("n_gold", "expected"), [(10, []), (9, ["relief (9 of 40 passages carry it, too few)"])])
def test_fewer_than_ten_that_carry_a_label_are_too_few(n_gold: int, expected: list[str]) -> None:
    gold = [1] * n_gold + [0] * (40 - n_gold)
    assert doubts(made(gold, [0.9 if row else 0.1 for row in gold])) == expected


def test_a_label_that_nearly_all_carry_can_not_be_told_apart() -> None:
    gold = [1] * 35 + [0] * 5
    told = "relief (35 of 40 passages carry it, too many)"
    assert doubts(made(gold, [0.9 if row else 0.1 for row in gold])) == [told]


def test_a_label_that_none_carries_is_too_few() -> None:
    assert doubts(made([0] * 40, np.linspace(0.1, 0.4, 40))) == ["relief (0 of 40 passages carry it, too few)"]


def test_a_label_without_a_probability_above_three_tenths_is_flat() -> None:
    gold = [1] * 12 + [0] * 28
    flat = [0.2388 if row else 0.1 for row in gold]
    assert doubts(made(gold, flat, 0.2)) == ["relief (no probability is above 0.24)"]
    assert doubts(made(gold, [0.31, *flat[1:]], 0.2)) == []


def test_a_label_that_nearly_all_are_given_and_few_carry_is_doubted() -> None:
    gold = [1] * 20 + [0] * 20
    probs = [0.9] * 20 + [0.5] * 17 + [0.1] * 3
    assert doubts(made(gold, probs, 0.4)) == ["relief (37 of 40 are given it, 20 carry it)"]
    assert doubts(made(gold, probs, 0.6)) == []


def test_a_label_that_is_told_apart_no_better_than_by_chance_is_doubted() -> None:
    gold = [1, 0] * 20
    told = "relief (told apart little better than by chance, AUC 0.50; F1 0.50, and 0.67 where all are given it)"
    assert doubts(made(gold, [0.9, 0.9, 0.1, 0.1] * 10)) == [told]


def test_a_label_is_doubted_whose_f1_is_that_of_giving_it_to_all() -> None:
    gold = [1] * 20 + [0] * 20
    probs = [0.4] * 8 + [0.9] * 12 + [0.1] * 20
    assert doubts(made(gold, probs, 0.5)) == []
    assert doubts(made(gold, probs, 0.95)) == ["relief (F1 0.00, and 0.67 where all are given it)"]


def test_against_and_favor_are_doubted_and_neutral_is_not() -> None:
    gold = ["against"] * 12 + ["neutral"] * 18
    told = doubts(stances("directed", gold, gold, [0.8] * 12 + [0.1] * 18))
    assert told == ["directed favor (0 of 30 pairs judged carry it, too few; no probability is above 0.10)"]
    never = doubts(stances("stance", gold, ["neutral"] * 30, [0.8] * 12 + [0.1] * 18))
    assert never[0] == "stance against (F1 0.00, and 0.57 where all are given it)"


def test_a_long_label_is_cut() -> None:
    [line] = doubts(made([0] * 40, [0.5] * 40, label="x" * 500))
    assert line.startswith("x" * 100 + " (")


def test_the_doubts_of_all_tasks_stand_together() -> None:
    scores = {"n_passages": 3, "frames": {"doubts": ["a (x)"]}, "stance": {"n": 0}, "directed": {"doubts": ["b (y)"]}}
    assert all_doubts(scores) == ["a (x)", "b (y)"]
    assert all_doubts({}) == []
