"""Whether labels are a finding at all: too few to learn from, no better than an answer that never looks, or flat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from stance.labelers.tasks import DIRECTED, FRAMES, STANCE, TASKS
from stance.records import FLAT
from stance.scoring.decisions import Decisions

FEW = 10
"""Passages (actors, pairs) that carry a label: with fewer, it can be neither learned nor measured."""
CHANCE = 0.6
"""A label is doubted where the area under its ROC curve is no larger."""
EVERYWHERE, SELDOM = 0.9, 0.6
"""And where so large a share is given it, while at most so large a share carries it."""
_LONGEST = 100
"""Characters of a label that a line on it shows."""
_JUDGED = {FRAMES: "passages", STANCE: "actors judged", DIRECTED: "pairs judged"}
_NAMED = {FRAMES: "", STANCE: "stance ", DIRECTED: "directed "}


def doubts(made: Decisions) -> list[str]:
    """The labels of a task that are not to be relied on, and why, as ``LABEL (REASON; REASON)``; none of a sound model.

    Neutral, the absence of a stance, is not doubted by itself.

    Parameters
    ----------
    made : Decisions
        On articles that the model was not fitted on.
    """
    made = made.take(~made.missed)
    if not len(made):
        return []
    told = []
    for i, label in enumerate(made.labels):
        reasons = [] if label == "neutral" else list(_reasons(made, i))
        if reasons:
            told.append(f"{_NAMED[made.task]}{label[:_LONGEST]} ({'; '.join(reasons)})")
    return told


def all_doubts(scores: Mapping[str, Any]) -> list[str]:
    """The doubts of all tasks, of scores as `stance.scoring.evaluation.evaluate` gives them."""
    return [line for task in TASKS for line in scores.get(task, {}).get("doubts", ())]


def _reasons(made: Decisions, i: int) -> Iterator[str]:
    gold, given, probs = made.gold[:, i], made.predicted[:, i], made.probs[:, i]
    n, n_gold, n_given = len(made), int(gold.sum()), int(given.sum())
    if min(n_gold, n - n_gold) < FEW:
        yield f"{n_gold:,} of {n:,} {_JUDGED[made.task]} carry it, too {'few' if n_gold < FEW else 'many'}"
    if probs.max() <= FLAT:
        yield f"no probability is above {np.ceil(100 * probs.max()) / 100:.2f}"
    if n_given >= EVERYWHERE * n and n_gold <= SELDOM * n:
        yield f"{n_given:,} of {n:,} are given it, {n_gold:,} carry it"
    if 0 < n_gold < n:
        area = _area(gold, probs)
        if area <= CHANCE:
            yield f"told apart little better than by chance, AUC {area:.2f}"
        own, always = 2 * int((gold & given).sum()) / (n_gold + n_given), 2 * n_gold / (n_gold + n)
        if own <= always:
            yield f"F1 {own:.2f}, and {always:.2f} where all are given it"


def _area(gold: np.ndarray, probs: np.ndarray) -> float:
    """The area under the ROC curve: how often a row with the label has a higher probability than one without."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(gold, probs))
