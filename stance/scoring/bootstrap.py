"""Intervals by a bootstrap over articles."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

import numpy as np

ROUNDS = 1000
"""Bootstrap rounds."""
ENOUGH = 20
"""Articles that must take part where all draws agree: fewer say nothing of how far a score may vary."""
_UNDEFINED = 0.025
_CELLS = 4_000_000

Statistic = Callable[[np.ndarray], np.ndarray]
"""From totals of shape (..., n_columns) to values of shape (..., n_values); nan where a value is not defined."""


def tally(articles: np.ndarray, *columns: np.ndarray) -> np.ndarray:
    """Columns added up by article.

    Parameters
    ----------
    articles : integer array of shape (n_rows,)
        Which article each row belongs to; any numbers.
    columns : arrays of shape (n_rows,) or (n_rows, n)

    Returns
    -------
    array of shape (n_articles, n_columns)
        A row for each article that has rows, in the order of their numbers.
    """
    _, numbers = np.unique(articles, return_inverse=True)
    values = np.column_stack([np.asarray(column, dtype=float) for column in columns])
    totals = np.zeros((int(numbers.max(initial=-1)) + 1, values.shape[1]))
    np.add.at(totals, numbers, values)
    return totals


def bootstrap_draws(counts: np.ndarray, statistic: Statistic, seed: int, rounds: int = ROUNDS) -> np.ndarray:
    """A statistic of articles drawn with replacement (Efron 1979; articles, since passages of one article are alike).

    Parameters
    ----------
    counts : array of shape (n_articles, n_columns)

    Returns
    -------
    array of shape (rounds, n_values)
    """
    n = len(counts)
    draw = _drawn_once if n * rounds <= _CELLS else _drawn
    return np.concatenate([statistic(weights @ counts) for weights in draw(n, seed, rounds)])


def _drawn(n: int, seed: int, rounds: int) -> Iterator[np.ndarray]:
    """How often each of n articles is drawn in each round: arrays of shape (n_rounds, n), some rounds at a time."""
    generator, size = np.random.default_rng(seed), max(1, _CELLS // n)
    for start in range(0, rounds, size):
        yield generator.multinomial(n, np.full(n, 1.0 / n), size=min(size, rounds - start)).astype(float)


@functools.lru_cache(maxsize=1)
def _drawn_once(n: int, seed: int, rounds: int) -> tuple[np.ndarray, ...]:
    """The same, remembered: the scores of one evaluation are all of the same draws."""
    return tuple(_drawn(n, seed, rounds))


def intervals(
    counts: np.ndarray, statistic: Statistic, seed: int, rounds: int = ROUNDS, parts: np.ndarray | None = None
) -> list[list[float] | None]:
    """The 95 % interval of each value of a statistic: bias-corrected and accelerated (BCa, Efron 1987).

    None where the articles are too few to tell: where there is one, where a value is not defined in more than 1 of 40
    draws, and where all draws agree though fewer than `ENOUGH` articles take part in it.

    Parameters
    ----------
    counts : array of shape (n_articles, n_columns)
    parts : integer array of shape (n_values,), optional
        How many articles take part in each value; all, without it.
    """
    if not len(counts):
        return []
    totals = counts.sum(axis=0)
    point = statistic(totals)
    if len(counts) < 2:
        return [None] * len(point)
    draws, jackknife = bootstrap_draws(counts, statistic, seed, rounds), statistic(totals - counts)
    parts = np.full(len(point), len(counts)) if parts is None else parts
    return [_bca(draws[:, i], float(point[i]), jackknife[:, i], int(parts[i])) for i in range(len(point))]


def _bca(draws: np.ndarray, point: float, jackknife: np.ndarray, parts: int) -> list[float] | None:
    from scipy.special import ndtr, ndtri

    if np.isnan(point) or np.isnan(draws).mean() > _UNDEFINED:
        return None
    draws, jackknife = draws[~np.isnan(draws)], jackknife[~np.isnan(jackknife)]
    if parts < ENOUGH and np.all(draws == draws[0]):
        return None
    shares = np.array([0.025, 0.975])
    below = (np.sum(draws < point) + 0.5 * np.sum(draws == point)) / len(draws)
    spread = jackknife.mean() - jackknife if len(jackknife) else np.zeros(1)
    scale = np.sum(spread**2) ** 1.5
    if 0.0 < below < 1.0 and scale > 1e-300:
        bias, acceleration = ndtri(below), np.sum(spread**3) / (6.0 * scale)
        z = bias + ndtri(shares)
        shares = ndtr(bias + z / (1.0 - acceleration * z))
    return [float(v) for v in np.quantile(draws, shares)]
