"""Texts that are copies or light rewordings of each other."""

from __future__ import annotations

import re
from collections.abc import Sequence

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

    sets = [shingles(text, SHINGLE) for text in texts]
    index = MinHashLSH(threshold=max(0.1, similarity - 0.25), num_perm=_PERMUTATIONS)
    pairs = []
    for number, own in enumerate(sets):
        signature = MinHash(num_perm=_PERMUTATIONS, seed=1)
        signature.update_batch([shingle.encode("utf-8", "replace") for shingle in own])
        for earlier in sorted(index.query(signature)):
            other = sets[earlier]
            if len(own & other) >= similarity * len(own | other):
                pairs.append((earlier, number))
        index.insert(number, signature)
    return sorted(pairs)


def shingles(text: str, size: int) -> set[str]:
    """All runs of so many words of a text; the whole of a shorter one."""
    words = re.findall(r"\w+", text.lower())
    return {" ".join(words[i : i + size]) for i in range(max(1, len(words) - size + 1))}
