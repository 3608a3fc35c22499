"""Agreement between annotators: Krippendorff's alpha, Cohen's kappa and pairwise F1, with intervals over articles."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from stance.scoring.bootstrap import intervals, tally
from stance.scoring.metrics import f1, number, ratio

Distance = Callable[[Any, Any], float]


@dataclass(frozen=True, slots=True)
class Unit:
    """What several annotators judged: a passage's frames, the stance toward an actor, a pair.

    Attributes
    ----------
    key : tuple of str
        The passage's id, and the actor or pair.
    article : str
    values : Mapping from annotator to value
        Of those who judged it: a set of frames, or a stance.
    place : str
        Where it stands, ``file:line``.
    """

    key: tuple[str, ...]
    article: str
    values: Mapping[str, Hashable]
    place: str = ""


def nominal(left: Any, right: Any) -> float:
    """0 for equal values, 1 for others."""
    return float(left != right)


def masi(left: frozenset[str], right: frozenset[str]) -> float:
    """Distance of two sets (Passonneau 2006): one less Jaccard similarity times monotonicity; 0 for two empty sets."""
    if left == right:
        return 0.0
    shared = len(left & right)
    if left <= right or right <= left:
        monotonicity = 2.0 / 3.0
    else:
        monotonicity = 1.0 / 3.0 if shared else 0.0
    return 1.0 - shared / len(left | right) * monotonicity


def krippendorff_alpha(units: Sequence[Unit], distance: Distance, seed: int) -> dict[str, Any]:
    """Krippendorff's alpha (Krippendorff 2019), missing values allowed, with an interval from articles drawn anew.

    Returns
    -------
    dict
        ``alpha``, ``alpha_interval``, ``n`` (units with two values or more). None where all values are the same.
    """
    units = [unit for unit in units if len(unit.values) > 1]
    if not units:
        return {"n": 0, "alpha": None, "alpha_interval": None}
    values = list(dict.fromkeys(value for unit in units for value in unit.values.values()))
    place = {value: i for i, value in enumerate(values)}
    distances = np.array([[distance(a, b) for b in values] for a in values])
    rows = []
    for unit in units:
        counts = np.bincount([place[v] for v in unit.values.values()], minlength=len(values)).astype(float)
        observed = counts @ distances @ counts / (len(unit.values) - 1)
        rows.append(np.append(counts, observed))

    def statistic(totals: np.ndarray) -> np.ndarray:
        frequencies, observed = totals[..., :-1], totals[..., -1]
        n = frequencies.sum(axis=-1)
        expected = np.einsum("...i,ij,...j->...", frequencies, distances, frequencies)
        with np.errstate(invalid="ignore", divide="ignore"):
            alpha = np.where(expected > 0, 1.0 - (n - 1.0) * observed / expected, np.nan)
        return alpha[..., None]

    counts = tally(_articles(units), np.array(rows))
    return {
        "n": len(units),
        "alpha": number(statistic(counts.sum(axis=0))[0]),
        "alpha_interval": intervals(counts, statistic, seed)[0],
    }


def pair_scores(
    units: Sequence[Unit], labels: Sequence[str], people: Sequence[str], seed: int, against: str | None = None
) -> dict[str, Any]:
    """Cohen's kappa and F1 of each label for each two annotators, on what both judged.

    A stance counts as the set of itself, so every label is held or not. Kappa is Cohen's (1960); over several pairs of
    annotators it is their mean (Light 1971), each pair by the units it shares. F1 does not depend on who is taken for
    gold.

    Parameters
    ----------
    against : str, optional
        One of the annotators: only the pairs that it is a part of.

    Returns
    -------
    dict
        ``per_label``, ``pairs``, ``annotators``: each with ``kappa``, ``f1`` and intervals; of pairs and annotators
        both are means over the labels.
    """
    pairs = [p for p in itertools.combinations(people, 2) if any(u.values.keys() >= set(p) for u in units)]
    pairs = [pair for pair in pairs if against in (None, *pair)]
    if not pairs:
        return {"per_label": {}, "pairs": [], "annotators": []}
    columns = [_pair_columns(units, labels, *pair) for pair in pairs]
    counts = tally(_articles(units), *columns)
    n_labels = len(labels)
    shared = np.array([column[:, -1].sum() for column in columns])

    def statistic(totals: np.ndarray) -> np.ndarray:
        parts = totals.reshape(*totals.shape[:-1], len(pairs), 3 * n_labels + 1)
        kappa, score = _kappa(parts), f1(parts[..., :-1])
        table = np.stack([kappa, score], axis=-1)
        by_label = _mean(table, shared[:, None, None], axis=-3)
        by_pair = _mean(table, np.ones((1, n_labels, 1)), axis=-2)
        own = [_mean(by_pair, (shared * [person in pair for pair in pairs])[:, None], axis=-2) for person in people]
        flat = [part.reshape(*totals.shape[:-1], -1) for part in (by_label, by_pair, np.stack(own, axis=-2))]
        return np.concatenate(flat, axis=-1)

    values, bounds = statistic(counts.sum(axis=0)), intervals(counts, statistic, seed)
    rows = [
        {
            "kappa": number(values[i]),
            "kappa_interval": bounds[i],
            "f1": number(values[i + 1]),
            "f1_interval": bounds[i + 1],
        }
        for i in range(0, len(values), 2)
    ]
    by_pair = [
        {"annotators": list(pair), "n": int(n), **row}
        for pair, n, row in zip(pairs, shared, rows[n_labels : n_labels + len(pairs)], strict=True)
    ]
    units_of = {person: sum(person in unit.values for unit in units) for person in people}
    own = [
        {"annotator": person, "n": units_of[person], **row}
        for person, row in zip(people, rows[n_labels + len(pairs) :], strict=True)
        if against in (None, person)
    ]
    return {"per_label": dict(zip(labels, rows[:n_labels], strict=True)), "pairs": by_pair, "annotators": own}


def disputes(units: Sequence[Unit]) -> list[Unit]:
    """The units on which not all annotators agree."""
    return [unit for unit in units if len(set(unit.values.values())) > 1]


def said(value: Any) -> str:
    """A value in words."""
    return (", ".join(value) or "none") if isinstance(value, list) else str(value)


def named(annotator: str) -> str:
    """An annotator's name, also where there is none."""
    return annotator or "(no name)"


def _articles(units: Sequence[Unit]) -> np.ndarray:
    numbers = {article: i for i, article in enumerate(dict.fromkeys(unit.article for unit in units))}
    return np.array([numbers[unit.article] for unit in units], dtype=int)


def _pair_columns(units: Sequence[Unit], labels: Sequence[str], left: str, right: str) -> np.ndarray:
    """Hits, left's and right's labels, and 1, for each unit; zeros where one of the two did not judge it."""
    rows = np.zeros((len(units), 3 * len(labels) + 1))
    for row, unit in zip(rows, units, strict=True):
        if left in unit.values and right in unit.values:
            a, b = (
                np.array([label in _held(unit.values[person]) for label in labels], dtype=float)
                for person in (left, right)
            )
            row[:] = np.concatenate([a * b, a, b, [1.0]])
    return rows


def _held(value: Any) -> frozenset[str]:
    return value if isinstance(value, frozenset) else frozenset((value,))


def _kappa(parts: np.ndarray) -> np.ndarray:
    """Cohen's kappa of each label from counts of shape (..., 3 * n_labels + 1); nan where both never or always hold
    it."""
    hits, left, right = np.split(parts[..., :-1], 3, axis=-1)
    n = parts[..., -1:]
    observed = ratio(n - left - right + 2.0 * hits, n)
    expected = ratio(left * right + (n - left) * (n - right), n * n)
    chance = 1.0 - expected
    return np.divide(observed - expected, chance, out=np.full(chance.shape, np.nan), where=chance > 1e-12)


def _mean(values: np.ndarray, weights: np.ndarray, axis: int) -> np.ndarray:
    known = np.broadcast_to(weights, values.shape) * ~np.isnan(values)
    return ratio((np.nan_to_num(values) * known).sum(axis=axis), known.sum(axis=axis))
