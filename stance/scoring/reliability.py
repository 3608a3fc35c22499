"""How far probabilities can be trusted: calibration error, risk against coverage, and a review band with a promise."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from stance.scoring.bootstrap import intervals, tally
from stance.scoring.metrics import number, ratio

BINS = 15
"""Bins of equal mass for the expected calibration error."""
COVERAGES = tuple(round(0.05 * i, 2) for i in range(1, 21))
MAX_ERROR = 0.05
"""The share of labels that may be wrong and not be marked for review, where no other is asked for."""
_SIMULATIONS = 400


def calibration_scores(
    probs: np.ndarray, outcomes: np.ndarray, articles: np.ndarray, one_of: bool, seed: int
) -> dict[str, Any]:
    """Expected calibration error, Brier score and the points of a reliability diagram.

    Every probability is held against what it is the probability of: of frames each on its own, of stances all three.
    The error is that of Naeini et al. (2015), in bins of equal mass after Nguyen and O'Connor (2015); the score Brier's
    (1950).

    Parameters
    ----------
    probs : array of shape (n_rows, n_labels)
    outcomes : boolean array of shape (n_rows, n_labels)
        Whether the label holds.
    articles : integer array of shape (n_rows,)
    one_of : bool
        Whether just one label of a row holds, as of stances; the Brier score then adds up over a row's labels.

    Returns
    -------
    dict
        ``brier`` with its interval; ``ece``, and for want of an interval that would hold it (the bootstrap of an error
        that can't be negative is biased), ``ece_if_calibrated``, the range in which 95 % of the errors of perfectly
        calibrated probabilities lie at this sample size; ``bins``.
    """
    if not probs.size:
        return {"n": 0, "ece": None, "brier": None, "bins": []}
    flat, holds = probs.ravel(), outcomes.ravel().astype(float)
    bins = equal_mass_bins(flat)
    owners = np.repeat(articles, probs.shape[1])
    n_bins = int(bins.max()) + 1
    inside = np.eye(n_bins)[bins]
    counts = tally(owners, inside * flat[:, None], inside * holds[:, None], inside, (flat - holds) ** 2)
    totals = counts.sum(axis=0)
    labels = probs.shape[1] if one_of else 1
    mean, rate, size = np.split(totals[:-1], 3)

    def brier(sums: np.ndarray) -> np.ndarray:
        return labels * ratio(sums[..., -1], sums[..., 2 * n_bins : 3 * n_bins].sum(axis=-1))[..., None]

    return {
        "n": flat.size,
        "ece": number(np.abs(mean - rate).sum() / flat.size),
        "ece_if_calibrated": ece_if_calibrated(probs, bins, one_of, seed),
        "brier": number(brier(totals)[0]),
        "brier_interval": intervals(counts, brier, seed)[0],
        "bins": [
            {"probability": float(m / n), "share": float(r / n), "n": int(n)}
            for m, r, n in zip(mean, rate, size, strict=True)
        ],
    }


def equal_mass_bins(probs: np.ndarray, n_bins: int = BINS) -> np.ndarray:
    """The bin of each probability, of shape (n,): bins of like size by rank, equal probabilities in the same one."""
    values, inverse, counts = np.unique(probs, return_inverse=True, return_counts=True)
    middles = (np.cumsum(counts) - 0.5 * counts) / len(probs)
    bins = np.minimum((middles * n_bins).astype(int), n_bins - 1)
    _, dense = np.unique(bins, return_inverse=True)
    assert len(dense) == len(values)
    return dense[inverse]


def ece_if_calibrated(probs: np.ndarray, bins: np.ndarray, one_of: bool, seed: int) -> list[float]:
    """The middle 95 % of the calibration errors that these probabilities would show if they were perfectly calibrated.

    Parameters
    ----------
    probs : array of shape (n_rows, n_labels)
    bins : integer array of shape (n_rows * n_labels,)
    one_of : bool
        Whether just one label of a row holds, and is drawn; else each on its own.
    """
    generator = np.random.default_rng(seed)
    n_bins, flat = int(bins.max()) + 1, probs.ravel()
    mean = np.bincount(bins, flat, n_bins)
    steps = probs.cumsum(axis=1)
    errors = []
    for _ in range(_SIMULATIONS):
        if one_of:
            chosen = (generator.random((len(probs), 1)) > steps[:, :-1]).sum(axis=1)
            rate = np.bincount(bins.reshape(probs.shape)[np.arange(len(probs)), chosen], minlength=n_bins)
        else:
            rate = np.bincount(bins[generator.random(flat.size) < flat], minlength=n_bins)
        errors.append(np.abs(mean - rate).sum() / flat.size)
    return [float(v) for v in np.quantile(errors, [0.025, 0.975])]


def risk_coverage(confidence: np.ndarray, wrong: np.ndarray, articles: np.ndarray, seed: int) -> list[dict[str, Any]]:
    """How often labels are wrong among the surest part of them (El-Yaniv and Wiener 2010); labels as sure count alike.

    Parameters
    ----------
    confidence, wrong, articles : arrays of shape (n_decisions,)
        The probability of each label given, whether it is wrong, and its article.

    Returns
    -------
    list of dict
        For each coverage: ``coverage``, ``confidence`` (the least of those kept), ``risk`` and its interval.
    """
    if not len(confidence):
        return []
    falling = np.sort(confidence)[::-1]
    sizes = [max(1, round(coverage * len(falling))) for coverage in COVERAGES]
    cuts = falling[np.array(sizes) - 1]
    above = (confidence[:, None] > cuts).astype(float)
    tied = confidence[:, None] == cuts
    kept = above + tied * (np.array(sizes) - above.sum(axis=0)) / tied.sum(axis=0)
    counts = tally(articles, kept * wrong[:, None], kept)
    bounds = intervals(counts, _risks, seed)
    risks = _risks(counts.sum(axis=0))
    return [
        {
            "coverage": coverage,
            "confidence": float(cuts[i]),
            "risk": float(risks[i]),
            "risk_interval": bounds[i],
        }
        for i, coverage in enumerate(COVERAGES)
    ]


def _risks(totals: np.ndarray) -> np.ndarray:
    wrong, kept = np.split(totals, 2, axis=-1)
    return ratio(wrong, kept)


def review_band(
    error: np.ndarray, wrong: np.ndarray, articles: np.ndarray, max_error: float = MAX_ERROR
) -> dict[str, Any]:
    """The widest review threshold that keeps a promise: so many labels at most are wrong and not put up for review.

    Conformal risk control (Angelopoulos et al. 2024): the loss of an article is the share of its labels that are wrong
    and not marked; it only grows with the threshold. For a new article from the same source, the expected loss is at
    most `max_error`. Articles, not labels, are what is exchangeable.

    Parameters
    ----------
    error, wrong, articles : arrays of shape (n_decisions,)
        The probability that each label given is wrong, whether it is, and its article.
    max_error : float
        Between 0 and 1.

    Returns
    -------
    dict
        ``max_error``; ``review``, the probability of error from which on a label is marked, None where there are too
        few articles for the promise; ``reviewed``, the share of labels marked; ``slipped``, of those wrong and not.
    """
    _, numbers, sizes = np.unique(articles, return_inverse=True, return_counts=True)
    n = len(sizes)
    order = np.argsort(error, kind="stable")
    losses = np.cumsum(wrong[order] / sizes[numbers[order]])
    allowed = np.append(1.0, losses + 1.0) / (n + 1.0) <= max_error
    if not allowed[0]:
        return {"max_error": max_error, "review": None, "reviewed": 1.0, "slipped": 0.0, "n_articles": n}
    last = _last_of_ties(error[order], int(allowed.sum()) - 1)
    review = float(error[order[last]]) if last < len(order) else 1.0
    marked = error >= review
    slipped = float(np.mean(wrong & ~marked))
    reviewed = float(np.mean(marked))
    return {"max_error": max_error, "review": review, "reviewed": reviewed, "slipped": slipped, "n_articles": n}


def floored(probability: float) -> str:
    """A threshold with three decimals, never above itself: a promise must not be rounded away."""
    return f"{math.floor(probability * 1000) / 1000:.3f}"


def _last_of_ties(errors: np.ndarray, place: int) -> int:
    """The first row that is marked when rows before `place` may be kept: all equals of a marked row are marked."""
    if place >= len(errors):
        return place
    return int(np.searchsorted(errors, errors[place], side="left"))
