"""Gold labels beside predictions: what is asked, and the scores of frames, stance and directed stances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from stance.labelers.tasks import FRAMES, STANCE, TASKS
from stance.records import Prediction
from stance.scoring.decisions import SEED, Decisions, accuracy, confusion, decisions
from stance.scoring.gold import Gold
from stance.scoring.metrics import label_tally, macro_f1
from stance.scoring.reliability import MAX_ERROR, calibration_scores, review_band, risk_coverage
from stance.scoring.slices import slice_scores
from stance.scoring.soundness import doubts


def evaluate(gold: Sequence[Gold], predictions: Sequence[Prediction], frames: Sequence[str]) -> dict[str, Any]:
    """Score predictions of `[g.query for g in gold]`.

    The scores with every labelled actor given stand beside those from text alone, under ``given_mentions``.

    Returns
    -------
    dict
        ``n_passages``, ``n_articles``, and for each of ``frames``, ``stance``, ``directed``: ``n``, ``macro_f1``,
        ``micro_f1``, their 95 % intervals from a bootstrap over articles, ``per_label``, ``confusion``, ``constant``,
        the scores of an answer that never looks, ``right``, how often labels are right, and ``doubts``, which of them
        are not to be relied on, and why.
    """
    return {
        "n_passages": len(gold),
        "n_articles": len({g.labelled.passage.article for g in gold}),
        **{task: _task_scores(gold, predictions, frames, task) for task in TASKS},
    }


def _task_scores(
    gold: Sequence[Gold], predictions: Sequence[Prediction], frames: Sequence[str], task: str
) -> dict[str, Any]:
    made, given = (decisions(gold, predictions, frames, task, given=own) for own in (False, True))
    scores = made.scores()
    if len(made):
        scores |= {"constant": made.constant(), "confusion": confusion(made)}
        scores |= {"right": given.right(), "doubts": doubts(given)}
    if task == STANCE:
        scores["accuracy"] = accuracy(made)
        sought = [actor in g.found for g in gold if g.matched for actor in g.query.actors]
        scores["matcher_recall"] = float(np.mean(sought)) if sought else None
    if task != FRAMES:
        same = np.array_equal(given.predicted, made.predicted) and np.array_equal(given.probs, made.probs)
        beside = {key: scores[key] for key in scores if key not in _ALONE} if same else given.scores()
        scores["given_mentions"] = beside | ({"accuracy": accuracy(given)} if task == STANCE else {})
    return scores


_ALONE = ("confusion", "constant", "right", "doubts", "accuracy", "matcher_recall")


def examine(
    gold: Sequence[Gold],
    predictions: Sequence[Prediction],
    frames: Sequence[str],
    raw: Sequence[Prediction] | None = None,
    by: Sequence[str] = (),
    max_error: float = MAX_ERROR,
) -> dict[str, Any]:
    """All that `evaluate` tells, and how far the probabilities are to be trusted, on which slices.

    Parameters
    ----------
    raw : sequence of Prediction, optional
        The same predictions before calibration.
    by : sequence of str
        Fields to slice by: any field of the rows, ``date:year``, ``date:month``, or ``actor``.
    max_error : float
        The share of labels that may be wrong and not be marked for review.

    Returns
    -------
    dict
        As `evaluate`; for each task also ``calibration`` (``after``, and ``before`` where there is `raw`), ``risk``
        (risk against coverage), ``review`` (the band that keeps the promise for this task); ``review``, the band that
        keeps it for each of the tasks; and ``slices``, of each field and value.
    """
    scores = evaluate(gold, predictions, frames)
    pooled = []
    for task in TASKS:
        made = decisions(gold, predictions, frames, task, given=True)
        made = made.take(~made.missed)
        if not len(made):
            continue
        errors, wrong, articles = made.errors()
        pooled.append(errors)
        part = scores[task]
        part["calibration"] = {"after": _calibration(made)}
        if raw is not None:
            before = decisions(gold, raw, frames, task, given=True)
            before = before.take(~before.missed)
            part["calibration"]["before"] = _calibration(before)
        part["risk"] = risk_coverage(1.0 - errors, wrong, articles, SEED)
        part["review"] = review_band(errors, wrong, articles, max_error)
    if pooled:
        bands = [scores[task]["review"]["review"] for task in TASKS if "review" in scores[task]]
        review = None if None in bands else min(bands)
        reviewed = 1.0 if review is None else float(np.mean(np.concatenate(pooled) >= review))
        scores["review"] = {"max_error": max_error, "review": review, "reviewed": reviewed}
    scores["slices"] = {field: slice_scores(gold, predictions, frames, field) for field in by}
    return scores


def _calibration(made: Decisions) -> dict[str, Any]:
    return calibration_scores(made.probs, made.gold, made.articles, made.task != FRAMES, SEED)


def macro_f1s(gold: Sequence[Gold], predictions: Sequence[Prediction], frames: Sequence[str]) -> dict[str, float]:
    """Macro-F1 of each task that is labelled and predicted, given all mentions; without intervals, so fast."""
    scores = {}
    for task in TASKS:
        made = decisions(gold, predictions, frames, task, given=True)
        made = made.take(~made.missed)
        if len(made):
            scores[task] = float(macro_f1(label_tally(made.gold, made.predicted, made.articles).sum(axis=0)))
    return scores
