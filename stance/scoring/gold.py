"""Labelled passages made ready to score against."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from stance.labelers.tasks import Query, ask
from stance.records import LabelledPassage, Labels, Pair, Passage, Prediction
from stance.text.mentions import Matcher, find_mentions


@dataclass(frozen=True, slots=True)
class Gold:
    """A labelled passage with mentions, its pairs made whole, and the query that asks for just what is labelled, or for
    what another model said of it."""

    labelled: LabelledPassage
    query: Query
    found: frozenset[str]
    matched: bool
    """Whether the mentions were found, not given."""


def prepare(labelled: Iterable[LabelledPassage], matcher: Matcher) -> list[Gold]:
    """Find the mentions of labelled passages and the queries that their labels answer."""
    return [_prepare(row, matcher) for row in labelled]


def gold_pairs(labels: Labels, passage: Passage, also: Iterable[str] = ()) -> dict[Pair, str] | None:
    """Every labelled pair with its stance; None where directed stances were not labelled.

    Where the list names no neutral pair, every pair of actors mentioned, labelled or in `also` that it leaves out is
    neutral.
    """
    if labels.directed is None:
        return None
    pairs = dict(labels.directed)
    if "neutral" in pairs.values():
        return pairs
    named = (*(labels.stance or ()), *(actor for pair in pairs for actor in pair), *also)
    for pair in ask(passage, named).pairs:
        pairs.setdefault(pair, "neutral")
    return pairs


def _prepare(row: LabelledPassage, matcher: Matcher) -> Gold:
    passage = find_mentions(row.passage, matcher)
    labels = replace(row.labels, directed=gold_pairs(row.labels, passage))
    told: Labels | Prediction = row.soft or labels
    query = Query(passage, tuple(told.stance or ()), tuple(told.directed or ()))
    found, matched = frozenset(passage.actors), row.passage.mentions is None
    return Gold(replace(row, passage=passage, labels=labels), query, found, matched)
