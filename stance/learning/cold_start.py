"""What to label first, from a codebook alone: passages that name its actors or are near its frames, no two alike."""

from __future__ import annotations

import itertools
import math
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from stance.formats.cutting import passage_row
from stance.learning.suggestions import PER_WANTED, POOL, REASONS, Suggestion, Suggestions, squeezed
from stance.learning.variety import Variety, alike, density
from stance.models.explanation import EMPTY
from stance.records import LabelledPassage, Passage
from stance.scoring.leaks import signatures
from stance.text.codebook import Codebook
from stance.text.mentions import Matcher, find_mentions

FAR, NEAR = 0.2, 0.5
"""How near a passage is at least that a frame takes, and how near that a reason names it, in shares of the nearest."""
MANY = 3
"""Actors that a reason names at most."""
_STEM = 6
_WORD = re.compile(r"[^\W\d_]{2,}")
DRAWN = 2
"""Passages drawn evenly that follow each turn of a frame or an actor."""
_MORE = 0.25
"""What an aspect that a passage was not chosen for adds to its worth."""


def cold_start(
    passages: Iterable[Passage], codebook: Codebook, count: int, labelled: Sequence[LabelledPassage] = ()
) -> Suggestions:
    """Choose the passages to label first, where no model knows the codebook yet.

    Every frame and every actor takes its turn: a frame takes the passage nearest to its label and definition (cosine of
    TF-IDF over word stems), an actor one that names it, rather with others than alone. Those that stand for others are
    preferred, and no two are alike (`variety.Variety`). Once each had its first turn, two passages drawn evenly from
    the pile follow each turn: a model that saw only what is near a definition does not know what the rest is like.
    Where all have taken what there is for them, all that follow are drawn so: by a hash of their text, the same
    each time. Memory does not grow with the input, but for a hash of each passage.

    Parameters
    ----------
    labelled : sequence of LabelledPassage
        What is labelled already: it is left out.
    """
    pool = _Pool(codebook, max(POOL, PER_WANTED * count), labelled)
    for passage in passages:
        pool.add(passage)
    candidates = pool.best()
    rows = [candidate.row for candidate in candidates]
    hashes = signatures([row["text"] for row in rows])
    known = np.zeros(len(rows), dtype=bool)
    for own in signatures([row.passage.text for row in labelled]):
        known |= alike(hashes, own)
    chosen: list[Suggestion] = []
    n_copies = pool.n_copies
    if not known.all():
        variety = Variety(rows, hashes, ~known)
        aspects = _Aspects(candidates, codebook, variety)
        chosen = [aspects.explained(index, why) for index, why in itertools.islice(aspects.taken(), count)]
        n_copies += variety.n_copies
    return Suggestions(tuple(chosen), pool.n_passages, pool.n_labelled + int(known.sum()), n_copies)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A passage, the actors that it names, and the stems of definitions that stand in it."""

    row: Mapping[str, Any]
    actors: tuple[str, ...]
    stems: frozenset[str]


def _stems(text: str) -> list[str]:
    """The words of a text, cut to their first letters: of a language's endings mostly nothing is left."""
    return [word[:_STEM] for word in _WORD.findall(text.lower()) if word not in EMPTY]


def _lot(text: str) -> float:
    """What a text draws, by a hash of it: evenly from 0 to 1."""
    return zlib.crc32(squeezed(text).encode("utf-8", "surrogatepass")) / 2**32


def _definitions(codebook: Codebook) -> dict[str, frozenset[str]]:
    return {frame.id: frozenset(_stems(f"{frame.label} {frame.definition}")) for frame in codebook.frames}


@dataclass
class _Pool:
    """The candidates that may be worth most so far, for each frame and actor some.

    Parameters
    ----------
    size : int
        Candidates to keep, of all frames and actors together.
    """

    codebook: Codebook
    size: int
    labelled: Sequence[LabelledPassage]
    candidates: list[_Candidate] = field(default_factory=list)
    n_passages: int = 0
    n_labelled: int = 0
    n_copies: int = 0

    def __post_init__(self) -> None:
        self.matcher = Matcher(self.codebook)
        self.definitions = _definitions(self.codebook)
        self.words = frozenset().union(*self.definitions.values())
        self.counts: Counter[str] = Counter()
        self.texts: set[int] = set()
        self.known = {key for row in self.labelled for key in (row.passage.id, squeezed(row.passage.text))}

    def add(self, passage: Passage) -> None:
        """Take a passage in, unless it is labelled already or the copy of one before it."""
        self.n_passages += 1
        text = squeezed(passage.text)
        if passage.id in self.known or text in self.known:
            self.n_labelled += 1
        elif hash(text) in self.texts:
            self.n_copies += 1
        else:
            self.texts.add(hash(text))
            stems = self.words.intersection(_stems(passage.text))
            self.counts.update(stems)
            actors = find_mentions(passage, self.matcher).actors
            self.candidates.append(_Candidate(passage_row(passage), actors, stems))
        if len(self.candidates) >= 2 * self.size:
            self.candidates = self.best()

    def best(self) -> list[_Candidate]:
        """The candidates that are nearest to each frame, and that name each actor with most others; in their order."""
        if len(self.candidates) <= self.size:
            return self.candidates
        share = -(-self.size // max(1, len(self.definitions) + len(self.codebook.actors)))
        kept: set[int] = set()
        for worth in self._worths():
            order = sorted((n for n, own in enumerate(worth) if own > 0), key=lambda n: (-worth[n], n))
            kept.update(order[:share])
        rest = sorted(set(range(len(self.candidates))) - kept, key=lambda n: (_lot(self.candidates[n].row["text"]), n))
        kept.update(rest[: max(0, self.size - len(kept))])
        return [self.candidates[n] for n in sorted(kept)]

    def _worths(self) -> Iterator[list[float]]:
        """For each frame and actor, what each candidate is worth to it, by a rule of thumb."""
        rarity = {word: math.log((self.n_passages + 1) / (self.counts[word] + 1)) for word in self.words}
        for words in self.definitions.values():
            yield [sum(rarity[word] for word in own.stems & words) for own in self.candidates]
        for actor in self.codebook.actor_ids:
            yield [float(len(own.actors)) if actor in own.actors else 0.0 for own in self.candidates]


class _Aspects:
    """The frames and actors that take passages in turn, and what each is worth to them.

    Attributes
    ----------
    nearness : array of shape (n_candidates, n_frames)
        To the definition of each frame, in shares of the nearest.
    named : boolean array of shape (n_candidates, n_actors)
    """

    def __init__(self, candidates: Sequence[_Candidate], codebook: Codebook, variety: Variety):
        self.candidates, self.codebook, self.variety = candidates, codebook, variety
        self.nearness = _nearness(candidates, codebook)
        named = [[actor in own.actors for actor in codebook.actor_ids] for own in candidates]
        self.named = np.array(named, dtype=bool).reshape(len(candidates), len(codebook.actors))
        standing = density(variety.vectors)
        self.standing = standing / max(float(standing.max()), 1e-9)
        self.lots = np.array([1 - _lot(own.row["text"]) for own in candidates])

    def taken(self) -> Iterator[tuple[int, str]]:
        """Indexes of passages, and the id of the frame or actor that took each; "" for those drawn evenly."""
        waiting, first = self._worths(), True
        while waiting:
            for aspect, worth in list(waiting.items()):
                index = self.variety.take(worth)
                if index is None:
                    del waiting[aspect]
                    continue
                yield index, aspect
                if not first:
                    yield from itertools.islice(self._drawn(), DRAWN)
            first = False
        yield from self._drawn()

    def _drawn(self) -> Iterator[tuple[int, str]]:
        """Passages drawn evenly from all."""
        while (index := self.variety.take(self.lots)) is not None:
            yield index, ""

    def _worths(self) -> dict[str, np.ndarray]:
        """For each frame and actor in turn, what the passages are worth to it: arrays of shape (n_candidates,)."""
        near, others = self.nearness.max(axis=1, initial=0.0), np.minimum(self.named.sum(axis=1), 3) / 3
        frames = [
            (frame, np.where(own >= FAR, own + _MORE * (others + self.standing), -np.inf))
            for frame, own in zip(self.codebook.frame_ids, self.nearness.T, strict=True)
        ]
        actors = [
            (actor, np.where(own, others + _MORE * (near + self.standing), -np.inf))
            for actor, own in zip(self.codebook.actor_ids, self.named.T, strict=True)
        ]
        turns = itertools.chain.from_iterable(itertools.zip_longest(frames, actors))
        return {aspect: worth / (1 + 2 * _MORE) for aspect, worth in filter(None, turns)}

    def explained(self, index: int, why: str) -> Suggestion:
        """The row with its reason: the actors that it names, and the frames that it is near to."""
        near = [(frame, float(own)) for frame, own in zip(self.codebook.frame_ids, self.nearness[index], strict=True)]
        frames = sorted((f for f, own in near if own >= NEAR or f == why), key=lambda f: (f != why, -dict(near)[f]))
        actors = self.candidates[index].actors
        clauses = [f"names {_listed([self.codebook.label(actor) for actor in actors])}"] if actors else []
        labels = [self.codebook.label(frame) for frame in frames[:REASONS]]
        clauses += [f"near the definition of {_listed(labels)}"] if labels else []
        row = self.candidates[index].row
        return Suggestion(row, "; ".join(clauses) or "drawn evenly from all", (*actors, *frames[:REASONS]))


def _nearness(candidates: Sequence[_Candidate], codebook: Codebook) -> np.ndarray:
    """Cosine of TF-IDF over stems, in shares of that of the nearest: an array of shape (n_passages, n_frames)."""
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.preprocessing import normalize

    definitions = [f"{frame.label} {frame.definition}" for frame in codebook.frames]
    if not definitions:
        return np.zeros((len(candidates), 0))
    counts = CountVectorizer(analyzer=_stems, binary=True)
    try:
        passages = counts.fit_transform([own.row["text"] for own in candidates])
    except ValueError:  # no word in any
        return np.zeros((len(candidates), len(definitions)))
    rarity = np.log((len(candidates) + 1) / np.asarray(passages.sum(axis=0)).ravel())
    ours, theirs = (normalize(part.multiply(rarity).tocsr()) for part in (passages, counts.transform(definitions)))
    likeness = (ours @ theirs.T).toarray()
    return likeness / np.maximum(likeness.max(axis=0), 1e-9)


def _listed(names: Sequence[str]) -> str:
    """Names as one says them: "A, B and C", or "A, B, C and 2 more"."""
    shown = list(names[:MANY]) + ([f"{len(names) - MANY} more"] if len(names) > MANY else [])
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))
