"""Is one model better than another? Paired bootstrap over articles, McNemar's test, and Holm's correction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from stance.labelers.tasks import FRAMES, TASKS
from stance.records import Prediction
from stance.scoring.bootstrap import bootstrap_draws, intervals
from stance.scoring.decisions import SEED, Decisions, decisions
from stance.scoring.gold import Gold
from stance.scoring.metrics import f1, label_tally, macro_f1, number

ROUNDS = 5000
"""Bootstrap rounds: the least p-value that they can show is 2 in 5001."""
LEVEL = 0.05


def compare(
    gold: Sequence[Gold],
    ours: Sequence[Prediction],
    theirs: Sequence[Prediction],
    frames: Sequence[str],
    their_gold: Sequence[Gold] | None = None,
) -> dict[str, Any]:
    """Hold two models' predictions of the same passages against each other, from text alone.

    Parameters
    ----------
    gold, their_gold : sequences of Gold
        The passages with the actors that each of the two found; without `their_gold`, both found the same.

    Returns
    -------
    dict
        ``differences``: of macro-F1 of each task and F1 of each label, ours less theirs, with the 95 % interval (of
        this one alone) and the p-value of a bootstrap that draws articles for both at once (percentiles inverted, Efron
        and Tibshirani 1993; with n articles never under 2 ** (1 - n)), ``p_holm`` after Holm's (1979) correction over
        all of them, ``holds`` at 5 %. ``mcnemar``: for each task the decisions that only
        one has right, and the exact test of McNemar (1947), which takes decisions for independent. ``verdict``: lines
        in words.
    """
    differences, tests = [], []
    for task in TASKS:
        left = decisions(gold, ours, frames, task)
        right = decisions(gold if their_gold is None else their_gold, theirs, frames, task)
        left, right = _shared(left, right)
        if len(left):
            differences += _differences(left, right)
            tests.append(_mcnemar(left, right))
    for row, corrected in zip(differences, holm([row["p"] for row in differences]), strict=True):
        row["p_holm"], row["holds"] = corrected, corrected < LEVEL
    return {"differences": differences, "mcnemar": tests, "verdict": [_verdict(row) for row in differences]}


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values corrected for their number, each test still at the level of the family (Holm 1979)."""
    order = np.argsort(p_values, kind="stable")
    corrected, highest = np.zeros(len(p_values)), 0.0
    for rank, i in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[i]))
        corrected[i] = highest
    return [float(p) for p in corrected]


def mcnemar_p(only_left: int, only_right: int) -> float:
    """The exact two-sided p-value of McNemar's test (1947), from the decisions that only one of two has right."""
    from scipy.stats import binomtest

    return float(binomtest(only_left, only_left + only_right).pvalue) if only_left + only_right else 1.0


def _shared(left: Decisions, right: Decisions) -> tuple[Decisions, Decisions]:
    """The rows that both decided on, in one order: they may have learned other tasks and found other actors."""
    ours, theirs = _places(left), _places(right)
    both = [(ours[key], theirs[key]) for key in ours if key in theirs]
    rows = np.array(both, dtype=int).reshape(-1, 2)
    return left.take(rows[:, 0]), right.take(rows[:, 1])


def _places(made: Decisions) -> dict[tuple[Any, ...], int]:
    """Where the row of a passage, and of its actor or pair, stands."""
    asked = ((),) * len(made) if made.task == FRAMES else made.actors
    return {(int(passage), *actors): i for i, (passage, actors) in enumerate(zip(made.passages, asked, strict=True))}


def _differences(left: Decisions, right: Decisions) -> list[dict[str, Any]]:
    counts = np.concatenate([label_tally(m.gold, m.predicted, m.articles) for m in (left, right)], axis=1)

    def statistic(totals: np.ndarray) -> np.ndarray:
        a, b = np.split(totals, 2, axis=-1)
        return np.concatenate([(macro_f1(a) - macro_f1(b))[..., None], f1(a) - f1(b)], axis=-1)

    values, bounds = statistic(counts.sum(axis=0)), intervals(counts, statistic, SEED, ROUNDS)
    draws = bootstrap_draws(counts, statistic, SEED, ROUNDS)
    names = [(left.task, "macro-F1"), *((left.task, label) for label in left.labels)]
    return [
        {
            "task": task,
            "label": label,
            "difference": number(values[i]),
            "interval": bounds[i],
            "p": max(_two_sided(draws[:, i]), 2.0 ** (1 - len(counts))),
        }
        for i, (task, label) in enumerate(names)
        if not np.isnan(values[i])
    ]


def _two_sided(draws: np.ndarray) -> float:
    """How often the difference is on the other side of nothing, twice."""
    draws = draws[~np.isnan(draws)]
    least = min(int(np.sum(draws <= 0)), int(np.sum(draws >= 0)))
    return float(min(1.0, 2.0 * (least + 1) / (len(draws) + 1)))


def _mcnemar(left: Decisions, right: Decisions) -> dict[str, Any]:
    correct = [made.gold == made.predicted for made in (left, right)]
    if left.task != FRAMES:
        correct = [part.all(axis=1) for part in correct]
    ours, theirs = int(np.sum(correct[0] & ~correct[1])), int(np.sum(correct[1] & ~correct[0]))
    return {
        "task": left.task,
        "n": int(correct[0].size),
        "only_ours": ours,
        "only_theirs": theirs,
        "p": mcnemar_p(ours, theirs),
    }


def _verdict(row: dict[str, Any]) -> str:
    bounds = "too few articles for an interval"
    if row["interval"]:
        bounds = "{:+.3f} to {:+.3f}".format(*row["interval"])
    size = f"{row['difference']:+.3f} ({bounds}), p (Holm) {row['p_holm']:.3f}"
    name = f"{row['task']}, {row['label']}" + ("" if row["label"] == "macro-F1" else " F1")
    if not row["holds"]:
        return f"{name}: no difference shown: {size}"
    return f"{name}: {'better' if row['difference'] > 0 else 'worse'}: {size}"
