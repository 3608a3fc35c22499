"""What labelers are asked and what they answer: queries, logits, and the protocol they share."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from stance.records import STANCES, LabelledPassage, Pair, Passage

FRAMES, STANCE, DIRECTED = "frames", "stance", "directed"
TASKS = (FRAMES, STANCE, DIRECTED)
MAX_ACTORS = 12
"""Pairs are formed among at most so many actors of a passage, the most mentioned ones: n actors are n(n-1) pairs."""


@dataclass(frozen=True, slots=True)
class Query:
    """A passage, the actors to judge in it, and the pairs; also actors that it does not mention, by name alone."""

    passage: Passage
    actors: tuple[str, ...]
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Logits:
    """Uncalibrated scores; a task that was not learned has no rows.

    Attributes
    ----------
    frames : array of shape (n_passages, n_frames)
        Each the log-odds of a frame.
    stance : array of shape (n_actors, 3)
        Over `STANCES`; a row for every actor of every query, in order.
    directed : array of shape (n_pairs, 3)
        The same for every pair.
    """

    frames: np.ndarray
    stance: np.ndarray
    directed: np.ndarray

    def split(self, queries: Sequence[Query]) -> list[Logits]:
        """One for each query that these answer."""
        pieces, actor, pair = [], 0, 0
        for index, query in enumerate(queries):
            next_actor, next_pair = actor + len(query.actors), pair + len(query.pairs)
            rows = slice(index, index + 1), slice(actor, next_actor), slice(pair, next_pair)
            pieces.append(Logits(self.frames[rows[0]], self.stance[rows[1]], self.directed[rows[2]]))
            actor, pair = next_actor, next_pair
        return pieces

    @classmethod
    def concatenate(cls, parts: Sequence[Logits], n_frames: int) -> Logits:
        widths = {FRAMES: n_frames, STANCE: len(STANCES), DIRECTED: len(STANCES)}
        return cls(*(np.concatenate([np.zeros((0, widths[t])), *(getattr(p, t) for p in parts)]) for t in TASKS))


class Labeler(Protocol):
    """What the rest of the house needs of a labeler; it takes passages with mentions, not vectors."""

    kind: str
    seed: int
    n_jobs: int

    @property
    def tasks(self) -> frozenset[str]: ...

    def fit(self, queries: Sequence[Query], labelled: Sequence[LabelledPassage]) -> Labeler: ...

    def logits(self, queries: Sequence[Query]) -> Logits: ...

    def without(self, tasks: frozenset[str]) -> Labeler: ...

    def facing(self, frames: Sequence[str], names: Mapping[str, str]) -> Labeler: ...

    def resolved_config(self) -> dict[str, Any]: ...


def ask(passage: Passage, also: Iterable[str] = ()) -> Query:
    """The query of a passage: its actors, those in `also`, and the pairs of the `MAX_ACTORS` most mentioned ones."""
    actors = tuple(dict.fromkeys((*passage.actors, *also)))
    paired = actors
    if len(actors) > MAX_ACTORS:
        counts = Counter(mention.actor for mention in passage.mentions or ())
        kept = set(sorted(actors, key=lambda actor: -counts[actor])[:MAX_ACTORS])
        paired = tuple(actor for actor in actors if actor in kept)
    return Query(passage, actors, tuple(itertools.permutations(paired, 2)))


def query_actors(query: Query) -> tuple[str, ...]:
    """The actors of a query and of its pairs, each once."""
    return tuple(dict.fromkeys((*query.actors, *(actor for pair in query.pairs for actor in pair))))
