"""Splits by article, near-duplicate passages kept together."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from stance.records import InputError, Passage

SHINGLE = 5
"""Words a shingle: passages are near-duplicates where their sets of shingles are alike."""
SIMILARITY = 0.6
"""Jaccard similarity of shingles from which on two passages are near-duplicates."""
_PERMUTATIONS = 128


def near_duplicates(texts: Sequence[str], similarity: float = SIMILARITY) -> list[tuple[int, int]]:
    """Pairs of texts that are copies or light rewordings, as index pairs in order.

    Candidates come from MinHash signatures in a locality-sensitive index (Broder 1997; datasketch), each is then
    checked on the shingles themselves.
    """
    from datasketch import MinHash, MinHashLSH

    shingles = [_shingles(text) for text in texts]
    index = MinHashLSH(threshold=max(0.1, similarity - 0.25), num_perm=_PERMUTATIONS)
    pairs = []
    for number, own in enumerate(shingles):
        signature = MinHash(num_perm=_PERMUTATIONS, seed=1)
        signature.update_batch([shingle.encode("utf-8", "replace") for shingle in own])
        for earlier in sorted(index.query(signature)):
            other = shingles[earlier]
            if len(own & other) >= similarity * len(own | other):
                pairs.append((earlier, number))
        index.insert(number, signature)
    return sorted(pairs)


def article_groups(passages: Sequence[Passage]) -> np.ndarray:
    """A group number for every passage, of shape (n_passages,): one for each article and all its near-duplicates."""
    parent = list(range(len(passages)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    first: dict[str, int] = {}
    joined = [(first.setdefault(passage.article, number), number) for number, passage in enumerate(passages)]
    for left, right in [*joined, *near_duplicates([passage.text for passage in passages])]:
        low, high = sorted((root(left), root(right)))
        parent[high] = low
    roots = [root(number) for number in range(len(passages))]
    numbers = {value: number for number, value in enumerate(dict.fromkeys(roots))}
    return np.array([numbers[value] for value in roots], dtype=int)


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
        raise InputError(
            f"{n_groups} articles, near-duplicates taken together, can't be parted into {n_folds} folds; "
            f"label passages of at least {n_folds} different articles"
        )
    fold = np.zeros(len(groups), dtype=int)
    splitter = GroupKFold(n_splits=n_folds, shuffle=True, random_state=seed)
    for number, (_, held_out) in enumerate(splitter.split(groups, groups=groups)):
        fold[held_out] = number
    return fold


def _shingles(text: str) -> set[str]:
    words = re.findall(r"\w+", text.lower())
    return {" ".join(words[i : i + SHINGLE]) for i in range(max(1, len(words) - SHINGLE + 1))}
