"""Texts that are copies or light rewordings of each other."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

SHINGLE = 5
"""Words a shingle: passages are near-duplicates where their sets of shingles are alike."""
SIMILARITY = 0.6
"""Jaccard similarity of shingles from which on two passages are near-duplicates."""
_PERMUTATIONS = 128
_KEPT = 8
"""Texts of a group that are kept for each band of a signature: of thousands that are all alike a few stand for all."""


def near_duplicate_groups(texts: Sequence[str], similarity: float = SIMILARITY) -> list[list[int]]:
    """Groups of texts that are copies or light rewordings, by index: of each other, or of others between them.

    Candidates share a band of their MinHash signatures (Broder 1997; datasketch), each is then checked on the shingles
    themselves. Time and memory grow with the texts, however many are alike.
    """
    from datasketch import MinHashLSH

    shape = MinHashLSH(threshold=max(0.1, similarity - 0.25), num_perm=_PERMUTATIONS)
    groups = Groups(len(texts))
    first: dict[str, int] = {}
    distinct = [n for n, text in enumerate(texts) if first.setdefault(text, n) == n]
    sets = {n: shingles(texts[n], SHINGLE) for n in distinct}
    index: dict[bytes, list[int]] = {}
    for number in distinct:
        bands = [index.setdefault(band, []) for band in _bands(sets[number], shape.b, shape.r)]
        for other in dict.fromkeys(itertools.chain.from_iterable(bands)):
            if groups.root(other) != groups.root(number) and _alike(sets[number], sets[other], similarity):
                groups.join(other, number)
        own = groups.root(number)
        for band in bands:
            if sum(groups.root(other) == own for other in band) < _KEPT:
                band.append(number)
    for number, text in enumerate(texts):
        groups.join(first[text], number)
    return groups.of_several()


def near_duplicates(texts: Sequence[str], similarity: float = SIMILARITY) -> list[tuple[int, int]]:
    """Pairs of texts that are copies or light rewordings, as index pairs in order: of n that are alike, n(n-1)/2."""
    pairs = (pair for group in near_duplicate_groups(texts, similarity) for pair in itertools.combinations(group, 2))
    return sorted((one, two) for one, two in pairs if alike(texts[one], texts[two], similarity))


def alike(one: str, two: str, similarity: float = SIMILARITY) -> bool:
    """Whether two texts are near-duplicates."""
    return one == two or _alike(shingles(one, SHINGLE), shingles(two, SHINGLE), similarity)


def _alike(one: set[str], two: set[str], similarity: float) -> bool:
    return len(one & two) >= similarity * len(one | two)


def _bands(own: set[str], count: int, width: int) -> list[bytes]:
    """The signature of shingles in so many bands of so many minima, each with its number."""
    from datasketch import MinHash

    signature = MinHash(num_perm=_PERMUTATIONS, seed=1)
    signature.update_batch([shingle.encode("utf-8", "replace") for shingle in own])
    bands = signature.hashvalues[: count * width].reshape(count, width)
    return [bytes([number]) + band.tobytes() for number, band in enumerate(bands)]


class Groups:
    """Numbers that are joined to groups (a disjoint-set forest); the least of a group stands for it.

    Parameters
    ----------
    size : int
        Of numbers, from 0.
    """

    def __init__(self, size: int):
        self._parent = list(range(size))

    def root(self, number: int) -> int:
        """The least of the group of a number."""
        parent = self._parent
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    def join(self, one: int, two: int) -> None:
        low, high = sorted((self.root(one), self.root(two)))
        self._parent[high] = low

    def of_several(self) -> list[list[int]]:
        """The groups of more than one, in order."""
        found: dict[int, list[int]] = {}
        for number in range(len(self._parent)):
            found.setdefault(self.root(number), []).append(number)
        return [group for group in found.values() if len(group) > 1]


def shingles(text: str, size: int) -> set[str]:
    """All runs of so many words of a text; the whole of a shorter one."""
    words = re.findall(r"\w+", text.lower())
    return {" ".join(words[i : i + size]) for i in range(max(1, len(words) - size + 1))}
