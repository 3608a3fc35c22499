"""Scores of labels against gold, and their intervals from a bootstrap over articles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

ROUNDS = 1000
"""Bootstrap rounds."""


@dataclass(frozen=True, slots=True)
class Counts:
    """True positives, predicted positives and gold positives by article and label.

    Attributes
    ----------
    hits, predicted, gold : arrays of shape (n_articles, n_labels)
    """

    hits: np.ndarray
    predicted: np.ndarray
    gold: np.ndarray

    @classmethod
    def of(cls, gold: np.ndarray, predicted: np.ndarray, articles: np.ndarray) -> Counts:
        """Count boolean arrays of shape (n_rows, n_labels) by article; `articles` holds 0 to n_articles - 1."""
        n_articles = int(articles.max()) + 1 if len(articles) else 0

        def by_article(values: np.ndarray) -> np.ndarray:
            counts = np.zeros((n_articles, gold.shape[1]))
            np.add.at(counts, articles, values)
            return counts

        return cls(by_article(gold & predicted), by_article(predicted), by_article(gold))


def f1(hits: np.ndarray, predicted: np.ndarray, gold: np.ndarray) -> np.ndarray:
    """F1 of counts; 0 where nothing was found of what there is, nan where there is neither."""
    total = predicted + gold
    return np.divide(2.0 * hits, total, out=np.full(np.shape(total), np.nan), where=total > 0)


def macro_f1(counts: Counts, weights: np.ndarray | None = None) -> np.ndarray:
    """Mean F1 over the labels that are in gold or predicted.

    Parameters
    ----------
    weights : array of shape (n_rounds, n_articles), optional
        How often each article counts in each round; once, without it.

    Returns
    -------
    array of shape (n_rounds,)
    """
    scores = f1(*_totals(counts, weights))
    known = ~np.isnan(scores)
    sums = np.where(known, scores, 0.0).sum(axis=1)
    return np.divide(sums, known.sum(axis=1), out=np.full(len(sums), np.nan), where=known.any(axis=1))


def micro_f1(counts: Counts, weights: np.ndarray | None = None) -> np.ndarray:
    """F1 of the labels' counts added up, of shape (n_rounds,)."""
    return f1(*(total.sum(axis=1) for total in _totals(counts, weights)))


def bootstrap_weights(n_articles: int, seed: int, rounds: int = ROUNDS) -> np.ndarray:
    """How often each article is drawn in each round, of shape (rounds, n_articles) (Efron 1979; articles, since
    passages of one article are alike)."""
    generator = np.random.default_rng(seed)
    return generator.multinomial(n_articles, np.full(n_articles, 1.0 / n_articles), size=rounds).astype(float)


def interval(statistic: Callable[[np.ndarray], np.ndarray], weights: np.ndarray) -> list[float] | None:
    """The 95 % percentile interval of a statistic of article weights; None where it is never defined."""
    values = statistic(weights)
    values = values[~np.isnan(values)]
    return [float(v) for v in np.percentile(values, [2.5, 97.5])] if len(values) else None


def label_scores(
    labels: Sequence[str], gold: np.ndarray, predicted: np.ndarray, probs: np.ndarray, articles: np.ndarray, seed: int
) -> dict[str, Any]:
    """Macro-F1 and micro-F1 with intervals, and precision, recall, F1, average precision, support of each label.

    Parameters
    ----------
    gold, predicted : boolean arrays of shape (n_rows, n_labels)
    probs : array of shape (n_rows, n_labels)
    articles : integer array of shape (n_rows,)
        Which article each row belongs to; the bootstrap draws those that have rows.
    """
    if not len(gold):
        return {"n": 0, "macro_f1": None, "micro_f1": None, "per_label": {}}
    _, numbers = np.unique(articles, return_inverse=True)
    counts = Counts.of(gold, predicted, numbers)
    weights = bootstrap_weights(len(counts.gold), seed)
    hits, found, there = (total[0] for total in _totals(counts, None))
    per_label = {
        label: {
            "precision": _ratio(hits[i], found[i]),
            "recall": _ratio(hits[i], there[i]),
            "f1": _number(f1(hits[i], found[i], there[i])),
            "average_precision": average_precision(gold[:, i], probs[:, i]),
            "support": int(there[i]),
        }
        for i, label in enumerate(labels)
    }
    return {
        "n": len(gold),
        "macro_f1": _number(macro_f1(counts)[0]),
        "macro_f1_interval": interval(lambda w: macro_f1(counts, w), weights),
        "micro_f1": _number(micro_f1(counts)[0]),
        "micro_f1_interval": interval(lambda w: micro_f1(counts, w), weights),
        "per_label": per_label,
    }


def average_precision(gold: np.ndarray, scores: np.ndarray) -> float | None:
    """Mean precision at each gold row, ranked by score, ties shared; None without gold rows (as scikit-learn's)."""
    if not gold.any():
        return None
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    hits = np.cumsum(gold[order])[ends]
    return float(np.sum(np.diff(hits, prepend=0) * hits / (ends + 1)) / gold.sum())


def _totals(counts: Counts, weights: np.ndarray | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    weights = np.ones((1, len(counts.gold))) if weights is None else weights
    return weights @ counts.hits, weights @ counts.predicted, weights @ counts.gold


def _ratio(part: float, whole: float) -> float | None:
    return float(part / whole) if whole else None


def _number(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)
