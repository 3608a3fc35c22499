"""Scores of labels against gold, and their intervals from a bootstrap over articles.

Every score here is a function of counts that add up over articles (a tally). So a bootstrap round is a weighted sum of
the articles' rows, and leaving an article out is a subtraction: a thousand rounds take a matrix product.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from stance.scoring.bootstrap import intervals, tally

LEVELS = 256
"""Scores are cut into at most so many levels for the interval of an average precision."""


def ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Part of a whole; nan where there is none."""
    part, whole = np.asarray(part, dtype=float), np.asarray(whole, dtype=float)
    return np.divide(part, whole, out=np.full(np.broadcast(part, whole).shape, np.nan), where=whole > 0)


def label_tally(gold: np.ndarray, predicted: np.ndarray, articles: np.ndarray) -> np.ndarray:
    """True positives, predicted positives and gold positives of each label, by article.

    Parameters
    ----------
    gold, predicted : boolean arrays of shape (n_rows, n_labels)

    Returns
    -------
    array of shape (n_articles, 3 * n_labels)
        The labels' hits, then what was predicted, then gold.
    """
    return tally(articles, gold & predicted, predicted, gold)


def f1(totals: np.ndarray) -> np.ndarray:
    """F1 of each label, of shape (..., n_labels): 0 where nothing was found of what there is, nan where there is
    neither."""
    hits, predicted, gold = np.split(totals, 3, axis=-1)
    return ratio(2.0 * hits, predicted + gold)


def macro_f1(totals: np.ndarray) -> np.ndarray:
    """Mean F1 over the labels that are in gold or predicted, of shape (...,)."""
    scores = f1(totals)
    known = ~np.isnan(scores)
    return ratio(np.where(known, scores, 0.0).sum(axis=-1), known.sum(axis=-1))


def micro_f1(totals: np.ndarray) -> np.ndarray:
    """F1 of the labels' counts added up, of shape (...,)."""
    hits, predicted, gold = (part.sum(axis=-1) for part in np.split(totals, 3, axis=-1))
    return ratio(2.0 * hits, predicted + gold)


def label_values(totals: np.ndarray) -> np.ndarray:
    """Macro-F1, micro-F1, then every label's precision, recall and F1: of shape (..., 2 + 3 * n_labels)."""
    hits, predicted, gold = np.split(totals, 3, axis=-1)
    means = [macro_f1(totals)[..., None], micro_f1(totals)[..., None]]
    return np.concatenate([*means, ratio(hits, predicted), ratio(hits, gold), f1(totals)], axis=-1)


def label_scores(
    labels: Sequence[str], gold: np.ndarray, predicted: np.ndarray, probs: np.ndarray, articles: np.ndarray, seed: int
) -> dict[str, Any]:
    """Macro-F1 and micro-F1, and precision, recall, F1, average precision, support of each label, with intervals.

    Parameters
    ----------
    gold, predicted : boolean arrays of shape (n_rows, n_labels)
    probs : array of shape (n_rows, n_labels)
    articles : integer array of shape (n_rows,)
        Which article each row belongs to; the bootstrap draws those that have rows.
    """
    if not len(gold):
        return {"n": 0, "macro_f1": None, "micro_f1": None, "per_label": {}}
    counts = label_tally(gold, predicted, articles)
    totals = counts.sum(axis=0)
    names = ["macro_f1", "micro_f1", *((label, key) for key in ("precision", "recall", "f1") for label in labels)]
    values = dict(zip(names, label_values(totals).tolist(), strict=True))
    bounds = dict(zip(names, intervals(counts, label_values, seed, parts=_parts(counts)), strict=True))
    per_label: dict[str, dict[str, Any]] = {}
    for i, label in enumerate(labels):
        row = per_label[label] = {}
        for key in ("precision", "recall", "f1"):
            row[key], row[f"{key}_interval"] = number(values[label, key]), bounds[label, key]
        row["average_precision"] = average_precision(gold[:, i], probs[:, i])
        row["average_precision_interval"] = _precision_interval(gold[:, i], probs[:, i], articles, seed)
        row["support"] = int(gold[:, i].sum())
    means: dict[str, Any] = {}
    for key in ("macro_f1", "micro_f1"):
        means[key], means[f"{key}_interval"] = number(values[key]), bounds[key]
    return {"n": len(gold), **means, "per_label": per_label}


def _parts(counts: np.ndarray) -> np.ndarray:
    """How many articles take part in each of `label_values`: those that hold the label, in gold or predicted."""
    _, predicted, gold = np.split(counts, 3, axis=1)
    own = ((predicted + gold) > 0).sum(axis=0)
    return np.concatenate([[len(counts), len(counts)], own, own, own])


def average_precision(gold: np.ndarray, scores: np.ndarray) -> float | None:
    """Mean precision at each gold row, ranked by score, ties shared; None without gold rows (as scikit-learn's)."""
    if not gold.any():
        return None
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    hits = np.cumsum(gold[order])[ends]
    return float(np.sum(np.diff(hits, prepend=0) * hits / (ends + 1)) / gold.sum())


def _precision_interval(gold: np.ndarray, scores: np.ndarray, articles: np.ndarray, seed: int) -> list[float] | None:
    """Of an average precision, scores within one of `LEVELS` levels of like size taken as tied."""
    if not gold.any():
        return None
    _, ranks = np.unique(-scores, return_inverse=True)
    if ranks.max() >= LEVELS:
        edges = np.quantile(ranks, np.linspace(0.0, 1.0, LEVELS + 1)[1:-1], method="nearest")
        ranks = np.searchsorted(np.unique(edges), ranks)
    _, numbers = np.unique(articles, return_inverse=True)
    n_levels = int(ranks.max()) + 1
    counts = np.zeros((int(numbers.max()) + 1, 2 * n_levels))
    np.add.at(counts, (numbers, ranks), gold)
    np.add.at(counts, (numbers, n_levels + ranks), 1.0)

    def statistic(totals: np.ndarray) -> np.ndarray:
        hits, rows = np.split(totals, 2, axis=-1)
        precision = np.nan_to_num(ratio(hits.cumsum(axis=-1), rows.cumsum(axis=-1)))
        return ratio((hits * precision).sum(axis=-1), hits.sum(axis=-1))[..., None]

    return intervals(counts, statistic, seed, parts=np.array([len(np.unique(numbers[gold]))]))[0]


def number(value: Any) -> float | None:
    """A number for JSON: None for nan."""
    return None if np.isnan(value) else float(value)
