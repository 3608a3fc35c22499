"""Gold labels beside predictions: what is asked, and the scores of frames, stance and directed stances."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stance.mentions import Matcher
from stance.metrics import Counts, label_scores, macro_f1
from stance.pipeline import find_mentions
from stance.records import STANCES, LabelledPassage, Labels, Pair, Passage, Prediction
from stance.tasks import DIRECTED, FRAMES, STANCE, Query, ask

SEED = 0
"""Of the bootstrap."""


@dataclass(frozen=True, slots=True)
class Gold:
    """A labelled passage with mentions, its pairs made whole, and the query that asks for just what is labelled."""

    labelled: LabelledPassage
    query: Query
    found: frozenset[str]
    matched: bool
    """Whether the mentions were found, not given."""


def prepare(labelled: Iterable[LabelledPassage], matcher: Matcher) -> list[Gold]:
    """Find the mentions of labelled passages and the queries that their labels answer."""
    return [_prepare(row, matcher) for row in labelled]


def gold_pairs(labels: Labels, passage: Passage) -> dict[Pair, str] | None:
    """Every labelled pair with its stance; None where directed stances were not labelled.

    Where the list names no neutral pair, every pair of actors mentioned or labelled that it leaves out is neutral.
    """
    if labels.directed is None:
        return None
    pairs = dict(labels.directed)
    if "neutral" in pairs.values():
        return pairs
    named = (*(labels.stance or ()), *(actor for pair in pairs for actor in pair))
    for pair in ask(passage, named).pairs:
        pairs.setdefault(pair, "neutral")
    return pairs


def evaluate(gold: Sequence[Gold], predictions: Sequence[Prediction], frames: Sequence[str]) -> dict[str, Any]:
    """Score predictions of `[g.query for g in gold]`.

    An actor that is labelled, but neither given nor found by the matcher, has no prediction: its stance counts as
    wrong, its pairs as neutral. The scores with every labelled actor given stand beside, under ``given_mentions``.

    Returns
    -------
    dict
        ``n_passages``, ``n_articles``, and for each of ``frames``, ``stance``, ``directed``: ``n``, ``macro_f1``,
        ``micro_f1``, their 95 % intervals from a bootstrap over articles, ``per_label``.
    """
    articles = {article: n for n, article in enumerate(dict.fromkeys(g.labelled.passage.article for g in gold))}
    rows = list(zip(gold, predictions, strict=True))
    return {
        "n_passages": len(gold),
        "n_articles": len(articles),
        FRAMES: _frame_scores(rows, frames, articles),
        STANCE: _stance_scores(rows, articles),
        DIRECTED: _directed_scores(rows, articles),
    }


def macro_f1s(gold: Sequence[Gold], predictions: Sequence[Prediction], frames: Sequence[str]) -> dict[str, float]:
    """Macro-F1 of each task that is labelled and predicted, given all mentions; without intervals, so fast."""
    rows = list(zip(gold, predictions, strict=True))
    decided: dict[str, tuple[list[Any], list[Any]]] = {FRAMES: ([], []), STANCE: ([], []), DIRECTED: ([], [])}
    for g, p in rows:
        labels = g.labelled.labels
        if labels.frames is not None and p.frames:
            decided[FRAMES][0].append([f in labels.frames for f in frames])
            decided[FRAMES][1].append([f in p.frame_labels for f in frames])
        for task in (STANCE, DIRECTED):
            for key, judged in getattr(p, task).items():
                decided[task][0].append([getattr(labels, task)[key] == s for s in STANCES])
                decided[task][1].append([judged.label == s for s in STANCES])
    scores = {}
    for task, (labels_, predicted) in decided.items():
        if labels_:
            counts = Counts.of(np.array(labels_), np.array(predicted), np.zeros(len(labels_), dtype=int))
            scores[task] = float(macro_f1(counts)[0])
    return scores


def _prepare(row: LabelledPassage, matcher: Matcher) -> Gold:
    passage = find_mentions(row.passage, matcher)
    labels = replace(row.labels, directed=gold_pairs(row.labels, passage))
    query = Query(passage, tuple(labels.stance or ()), tuple(labels.directed or ()))
    found, matched = frozenset(passage.actors), row.passage.mentions is None
    return Gold(replace(row, passage=passage, labels=labels), query, found, matched)


Rows = Sequence[tuple[Gold, Prediction]]


def _frame_scores(rows: Rows, frames: Sequence[str], articles: Mapping[str, int]) -> dict[str, Any]:
    rows = [(g, p) for g, p in rows if g.labelled.labels.frames is not None and p.frames]
    gold = np.array([[f in (g.labelled.labels.frames or ()) for f in frames] for g, _ in rows], dtype=bool)
    predicted = np.array([[f in p.frame_labels for f in frames] for _, p in rows], dtype=bool)
    probs = np.array([[p.frames[f] for f in frames] for _, p in rows])
    shape = (len(rows), len(frames))
    groups = np.array([articles[g.labelled.passage.article] for g, _ in rows], dtype=int)
    return label_scores(frames, gold.reshape(shape), predicted.reshape(shape), probs.reshape(shape), groups, SEED)


def _stance_scores(rows: Rows, articles: Mapping[str, int]) -> dict[str, Any]:
    judged = [
        (stance, p.stance.get(actor), actor in g.found, articles[g.labelled.passage.article])
        for g, p in rows
        for actor, stance in (g.labelled.labels.stance or {}).items()
        if p.stance
    ]
    scores = _three_way(judged, missed="wrong")
    scores["accuracy"] = _accuracy(judged)
    sought = [actor in g.found for g, _ in rows if g.matched for actor in g.query.actors]
    scores["matcher_recall"] = float(np.mean(sought)) if sought else None
    given = [(gold, judgement, True, article) for gold, judgement, _, article in judged]
    scores["given_mentions"] = _three_way(given, missed="wrong") | {"accuracy": _accuracy(given)}
    return scores


def _directed_scores(rows: Rows, articles: Mapping[str, int]) -> dict[str, Any]:
    judged = [
        (stance, p.directed[pair], g.found.issuperset(pair), articles[g.labelled.passage.article])
        for g, p in rows
        for pair, stance in (g.labelled.labels.directed or {}).items()
        if pair in p.directed
    ]
    scores = _three_way(judged, missed="neutral")
    given = [(gold, judgement, True, article) for gold, judgement, _, article in judged]
    scores["given_mentions"] = _three_way(given, missed="neutral")
    return scores


Judged = Sequence[tuple[str, Any, bool, int]]
"""Gold stance, judgement, whether all its actors were found, article."""


def _three_way(judged: Judged, missed: str) -> dict[str, Any]:
    gold = np.array([[stance == s for s in STANCES] for stance, *_ in judged], dtype=bool).reshape(-1, len(STANCES))
    missing = [missed == "neutral" and s == "neutral" for s in STANCES]
    predicted, probs = [], []
    for _, judgement, found, _ in judged:
        answered = found and judgement is not None
        predicted.append([judgement.label == s for s in STANCES] if answered else missing)
        probs.append([getattr(judgement, s) for s in STANCES] if answered else [float(m) for m in missing])
    groups = np.array([article for *_, article in judged], dtype=int)
    shape = (-1, len(STANCES))
    return label_scores(
        STANCES, gold, np.array(predicted, dtype=bool).reshape(shape), np.array(probs).reshape(shape), groups, SEED
    )


def _accuracy(judged: Judged) -> float | None:
    right = [found and j is not None and j.label == stance for stance, j, found, _ in judged]
    return float(np.mean(right)) if right else None
