"""Splits by article, near-duplicate passages kept together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from stance.records import InputError, Passage
from stance.text.near_duplicates import Groups, near_duplicate_groups


def article_groups(passages: Sequence[Passage]) -> np.ndarray:
    """A group number for every passage, of shape (n_passages,): one for each article and all its near-duplicates."""
    groups = Groups(len(passages))
    first: dict[str, int] = {}
    for number, passage in enumerate(passages):
        groups.join(first.setdefault(passage.article, number), number)
    for alike in near_duplicate_groups([passage.text for passage in passages]):
        for number in alike:
            groups.join(alike[0], number)
    roots = [groups.root(number) for number in range(len(passages))]
    numbers = {root: number for number, root in enumerate(dict.fromkeys(roots))}
    return np.array([numbers[root] for root in roots], dtype=int)


def folds(groups: np.ndarray, n_folds: int, seed: int) -> np.ndarray:
    """The fold of every passage, of shape (n_passages,): groups dealt out at random into `n_folds` of like size.

    Raises
    ------
    InputError
        Where there are fewer groups than folds.
    """
    from sklearn.model_selection import GroupKFold

    n_groups = len(np.unique(groups))
    if n_groups < n_folds:
        raise _too_few(n_groups, n_folds)
    fold = np.zeros(len(groups), dtype=int)
    splitter = GroupKFold(n_splits=n_folds, shuffle=True, random_state=seed)
    for number, (_, held_out) in enumerate(splitter.split(groups, groups=groups)):
        fold[held_out] = number
    return fold


def stratified_folds(groups: np.ndarray, labels: np.ndarray, n_folds: int, seed: int) -> np.ndarray:
    """The fold of every passage: whole groups, each label spread as evenly as that allows.

    Iterative stratification (Sechidis, Tsoumakas and Vlahavas 2011), with groups of passages in the place of rows: the
    rarest label first, its groups with most of it first, each to the fold that lacks it most.

    Parameters
    ----------
    groups : integer array of shape (n_passages,)
        0 to n_groups - 1.
    labels : array of shape (n_passages, n_labels)
        How often each label stands in each passage.

    Returns
    -------
    integer array of shape (n_passages,)

    Raises
    ------
    InputError
        Where there are fewer groups than folds.
    """
    n_groups = int(groups.max(initial=-1)) + 1
    if n_groups < n_folds:
        raise _too_few(n_groups, n_folds)
    totals = np.zeros((n_groups, labels.shape[1] + 1))
    np.add.at(totals, groups, np.column_stack([labels, np.ones(len(groups))]))
    wanted = np.repeat(totals.sum(axis=0)[None] / n_folds, n_folds, axis=0)
    tiebreak = np.random.default_rng(seed).permutation(n_groups)
    fold = np.full(n_groups, -1)
    while (fold < 0).any():
        left = totals[fold < 0].sum(axis=0)
        label = int(np.argmin(np.where(left > 0, left, np.inf)))
        waiting = np.flatnonzero((fold < 0) & (totals[:, label] > 0))
        for group in waiting[np.lexsort((tiebreak[waiting], -totals[waiting, label]))]:
            empty = [number for number in range(n_folds) if not (fold == number).any()]
            hurry = len(empty) >= (fold < 0).sum()
            best = max(empty if hurry else range(n_folds), key=lambda n: (wanted[n, label], wanted[n, -1], -n))
            fold[group] = best
            wanted[best] -= totals[group]
    return fold[groups]


def _too_few(n_groups: int, n_folds: int) -> InputError:
    return InputError(
        f"{n_groups} articles, near-duplicates taken together, can't be parted into {n_folds} folds; "
        f"label passages of at least {n_folds} different articles"
    )
