"""Passages chosen one after the other, no two alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from stance.scoring.leaks import SIMILARITY, jaccard

PER_ARTICLE = 3
"""Passages of one article that are chosen at most."""
LIKENESS = 0.3
"""What a passage just like one chosen before it loses, in shares of the highest worth."""
REFERENCES = 2000
"""Passages, the first, that others are held against to see how many they stand for."""
NEIGHBOURS = 20
"""A passage stands for as many others as are like it: so many, those most like it, are looked at."""
ALIKE = 0.5
"""Likeness counts up to here: of rewordings of one story each would else stand for all."""
_BLOCK = 500


class Variety:
    """Takes the passage of most worth less its likeness to those taken before.

    That is maximal marginal relevance, Carbonell and Goldstein 1998.

    Parameters
    ----------
    rows : sequence of Mapping
        With ``text`` and ``article``.
    hashes : array of shape (n_rows, n_permutations)
        MinHash signatures.
    free : boolean array of shape (n_rows,)
        Which may be taken.

    Attributes
    ----------
    vectors : sparse array of shape (n_rows, n_words)
        TF-IDF of their words.
    n_copies : int
        Rows that were left out as copies of those taken.
    """

    def __init__(self, rows: Sequence[Mapping[str, Any]], hashes: np.ndarray, free: np.ndarray):
        self.vectors = _vectors([row["text"] for row in rows])
        self.hashes, self.free = hashes, free.copy()
        self.articles = np.array([row["article"] for row in rows], dtype=object)
        self.likeness = np.zeros(len(rows))
        self.taken: list[int] = []
        self.n_copies = 0

    def take(self, worth: np.ndarray) -> int | None:
        """The index of the best free row, its copies left out with it; None where no row is free.

        Parameters
        ----------
        worth : array of shape (n_rows,)
            At most 1; negative infinity for rows that are not to be taken now.
        """
        scores = np.where(self.free, worth - LIKENESS * self.likeness, -np.inf)
        best = int(np.argmax(scores)) if len(scores) else 0
        if not len(scores) or scores[best] == -np.inf:
            return None
        self.taken.append(best)
        self.free[best] = False
        copies = self.free & alike(self.hashes, self.hashes[best])
        self.n_copies += int(copies.sum())
        self.free &= ~copies
        if np.sum(self.articles[self.taken] == self.articles[best]) == PER_ARTICLE:
            self.free &= self.articles != self.articles[best]
        self.likeness = np.maximum(self.likeness, (self.vectors @ self.vectors[best].T).toarray().ravel())
        return best


def _vectors(texts: Sequence[str]) -> Any:
    """TF-IDF of the texts' words as a sparse matrix of unit vectors, of shape (n_texts, n_words)."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(token_pattern=r"\w+|\S", sublinear_tf=True).fit_transform(texts)


def density(vectors: Any) -> np.ndarray:
    """How like a text is, on average, to those most like it of the first `REFERENCES`: of shape (n_texts,)."""
    others = vectors[:REFERENCES]
    n_others = others.shape[0]
    count = min(NEIGHBOURS, n_others)
    means = []
    for start in range(0, vectors.shape[0], _BLOCK):
        likeness = np.minimum((vectors[start : start + _BLOCK] @ others.T).toarray(), ALIKE)
        own = np.arange(start, min(start + len(likeness), n_others))
        likeness[own - start, own] = 0.0
        means.append(np.partition(likeness, n_others - count, axis=1)[:, n_others - count :].mean(axis=1))
    return np.concatenate(means)


def alike(hashes: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Which passages are copies or light rewordings of one, as `scoring.leaks` tells it: boolean, of shape (n,)."""
    return jaccard((hashes == own).sum(axis=1)) >= SIMILARITY
