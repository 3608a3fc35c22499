"""Gold labels beside predictions: what is asked, and the scores of frames, stance and directed stances."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stance.mentions import Matcher
from stance.metrics import intervals, label_scores, label_tally, macro_f1, micro_f1, number
from stance.pipeline import find_mentions
from stance.records import STANCES, InputError, LabelledPassage, Labels, Pair, Passage, Prediction
from stance.reliability import MAX_ERROR, calibration_scores, review_band, risk_coverage
from stance.tasks import DIRECTED, FRAMES, STANCE, TASKS, Query, ask

SEED = 0
"""Of the bootstrap."""
ABSENT = "(none)"
"""The slice of passages that lack the field."""
MISSED = "missed"
"""In a confusion matrix: an actor that was not found."""


@dataclass(frozen=True, slots=True)
class Gold:
    """A labelled passage with mentions, its pairs made whole, and the query that asks for just what is labelled."""

    labelled: LabelledPassage
    query: Query
    found: frozenset[str]
    matched: bool
    """Whether the mentions were found, not given."""


@dataclass(frozen=True, slots=True)
class Decisions:
    """What was decided in one task beside what is right: a row a passage, an actor or a pair.

    Attributes
    ----------
    labels : tuple of str
        The frames, or `STANCES`.
    gold, predicted : boolean arrays of shape (n, n_labels)
    probs : array of shape (n, n_labels)
    passages, articles : integer arrays of shape (n,)
        The passage and the article of each row.
    actors : tuple of tuples of str
        Of each row: those that the passage mentions, the one judged, or holder and target.
    missed : boolean array of shape (n,)
        Whether an actor of it was not found.
    """

    task: str
    labels: tuple[str, ...]
    gold: np.ndarray
    predicted: np.ndarray
    probs: np.ndarray
    passages: np.ndarray
    articles: np.ndarray
    actors: tuple[tuple[str, ...], ...]
    missed: np.ndarray

    def __len__(self) -> int:
        return len(self.gold)

    def take(self, rows: np.ndarray) -> Decisions:
        """Some of the rows, by a boolean array of shape (n,), or by their numbers in the order wanted."""
        names = ("gold", "predicted", "probs", "passages", "articles", "missed")
        actors = tuple(self.actors[i] for i in np.arange(len(self.actors))[rows])
        return replace(self, actors=actors, **{name: getattr(self, name)[rows] for name in names})

    def scores(self) -> dict[str, Any]:
        """Macro-F1, micro-F1 and the scores of every label, with intervals."""
        return label_scores(self.labels, self.gold, self.predicted, self.probs, self.articles, SEED)

    def constant(self) -> dict[str, Any]:
        """What an answer that never looks would score: every frame always, or always the most frequent stance."""
        support = self.gold.sum(axis=0)
        chosen = support > 0 if self.task == FRAMES else np.arange(len(support)) == support.argmax()
        totals = label_tally(self.gold, np.tile(chosen, (len(self), 1)), self.articles).sum(axis=0)
        return {
            "answer": "every frame" if self.task == FRAMES else self.labels[int(support.argmax())],
            "macro_f1": number(macro_f1(totals)),
            "micro_f1": number(micro_f1(totals)),
        }

    def errors(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of every single label given: the probability that it is wrong, whether it is, its article; missed ones left
        out."""
        answered = ~self.missed
        gold, predicted, probs = self.gold[answered], self.predicted[answered], self.probs[answered]
        if self.task == FRAMES:
            risks = np.where(predicted, 1.0 - probs, probs).ravel()
            return risks, (gold != predicted).ravel(), np.repeat(self.articles[answered], len(self.labels))
        chosen = predicted.argmax(axis=1)
        rows = np.arange(len(chosen))
        return 1.0 - probs[rows, chosen], ~gold[rows, chosen], self.articles[answered]


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


def decisions(
    gold: Sequence[Gold], predictions: Sequence[Prediction], frames: Sequence[str], task: str, given: bool = False
) -> Decisions:
    """What was decided of `[g.query for g in gold]` in a task.

    An actor that is labelled, but neither given nor found by the matcher, has no prediction: its stance counts as
    wrong, its pairs as neutral; with `given`, what the model says when it is given the actor.
    """
    numbers = {article: n for n, article in enumerate(dict.fromkeys(g.labelled.passage.article for g in gold))}
    rows = list(zip(gold, predictions, strict=True))
    parts = _frame_rows(rows, frames) if task == FRAMES else _stance_rows(rows, task, given)
    labels = tuple(frames) if task == FRAMES else STANCES
    shape = (len(parts), len(labels))
    return Decisions(
        task,
        labels,
        np.array([part[1] for part in parts], dtype=bool).reshape(shape),
        np.array([part[2] for part in parts], dtype=bool).reshape(shape),
        np.array([part[3] for part in parts], dtype=float).reshape(shape),
        np.array([part[0] for part in parts], dtype=int),
        np.array([numbers[gold[part[0]].labelled.passage.article] for part in parts], dtype=int),
        tuple(part[4] for part in parts),
        np.array([part[5] for part in parts], dtype=bool),
    )


def evaluate(gold: Sequence[Gold], predictions: Sequence[Prediction], frames: Sequence[str]) -> dict[str, Any]:
    """Score predictions of `[g.query for g in gold]`.

    The scores with every labelled actor given stand beside those from text alone, under ``given_mentions``.

    Returns
    -------
    dict
        ``n_passages``, ``n_articles``, and for each of ``frames``, ``stance``, ``directed``: ``n``, ``macro_f1``,
        ``micro_f1``, their 95 % intervals from a bootstrap over articles, ``per_label``, ``confusion``, and
        ``constant``: the scores of an answer that never looks.
    """
    scores: dict[str, Any] = {
        "n_passages": len(gold),
        "n_articles": len({g.labelled.passage.article for g in gold}),
    }
    for task in TASKS:
        made = decisions(gold, predictions, frames, task)
        scores[task] = made.scores()
        if len(made):
            scores[task]["constant"] = made.constant()
            scores[task]["confusion"] = confusion(made)
        if task == STANCE:
            scores[task]["accuracy"] = _accuracy(made)
            sought = [actor in g.found for g in gold if g.matched for actor in g.query.actors]
            scores[task]["matcher_recall"] = float(np.mean(sought)) if sought else None
        if task != FRAMES:
            given = decisions(gold, predictions, frames, task, given=True)
            same = np.array_equal(given.predicted, made.predicted) and np.array_equal(given.probs, made.probs)
            beside = {key: scores[task][key] for key in scores[task] if key not in _ALONE} if same else given.scores()
            scores[task]["given_mentions"] = beside | ({"accuracy": _accuracy(given)} if task == STANCE else {})
    return scores


_ALONE = ("confusion", "constant", "accuracy", "matcher_recall")


def examine(
    gold: Sequence[Gold],
    predictions: Sequence[Prediction],
    frames: Sequence[str],
    raw: Sequence[Prediction] | None = None,
    by: Sequence[str] = (),
    max_error: float = MAX_ERROR,
) -> dict[str, Any]:
    """All that `evaluate` tells, and how far the probabilities are to be trusted, on which slices.

    Parameters
    ----------
    raw : sequence of Prediction, optional
        The same predictions before calibration.
    by : sequence of str
        Fields to slice by: any field of the rows, ``date:year``, ``date:month``, or ``actor``.
    max_error : float
        The share of labels that may be wrong and not be marked for review.

    Returns
    -------
    dict
        As `evaluate`; for each task also ``calibration`` (``after``, and ``before`` where there is `raw`), ``risk``
        (risk against coverage), ``review`` (the band that keeps the promise for this task); ``review``, the band that
        keeps it for each of the tasks; and ``slices``, of each field and value.
    """
    scores = evaluate(gold, predictions, frames)
    pooled = []
    for task in TASKS:
        made = decisions(gold, predictions, frames, task, given=True)
        made = made.take(~made.missed)
        if not len(made):
            continue
        errors, wrong, articles = made.errors()
        pooled.append(errors)
        part = scores[task]
        part["calibration"] = {"after": _calibration(made)}
        if raw is not None:
            before = decisions(gold, raw, frames, task, given=True)
            before = before.take(~before.missed)
            part["calibration"]["before"] = _calibration(before)
        part["risk"] = risk_coverage(1.0 - errors, wrong, articles, SEED)
        part["review"] = review_band(errors, wrong, articles, max_error)
    if pooled:
        bands = [scores[task]["review"]["review"] for task in TASKS if "review" in scores[task]]
        review = None if None in bands else min(bands)
        reviewed = 1.0 if review is None else float(np.mean(np.concatenate(pooled) >= review))
        scores["review"] = {"max_error": max_error, "review": review, "reviewed": reviewed}
    scores["slices"] = {field: slice_scores(gold, predictions, frames, field) for field in by}
    return scores


def _calibration(made: Decisions) -> dict[str, Any]:
    return calibration_scores(made.probs, made.gold, made.articles, made.task != FRAMES, SEED)


def slice_scores(
    gold: Sequence[Gold], predictions: Sequence[Prediction], frames: Sequence[str], field: str
) -> dict[str, Any]:
    """Macro-F1 of each task on the passages of each value of a field.

    Parameters
    ----------
    field : str
        ``date:year`` and ``date:month`` cut dates short. ``actor`` takes the frames of passages that mention it, its
        stance, and the pairs that it is a part of. Passages without the field are the slice `ABSENT`.

    Raises
    ------
    InputError
        Where no passage has the field.
    """
    if field == "actor":
        names = sorted({actor for g in gold for actor in (*g.query.actors, *g.found)})
        chosen: dict[str, np.ndarray | None] = dict.fromkeys(names)
    else:
        value = _field(field)
        values = [value(g.labelled.passage) for g in gold]
        if all(v is None for v in values):
            raise InputError(f"--by {field}: {_no_such_field(gold, field)}")
        named = sorted({v for v in values if v is not None}) + ([None] if None in values else [])
        chosen = {ABSENT if v is None else v: np.array([w == v for w in values]) for v in named}
    made = {task: decisions(gold, predictions, frames, task) for task in TASKS}
    return {name: _slice(made, rows, name) for name, rows in chosen.items()}


def _no_such_field(gold: Sequence[Gold], field: str) -> str:
    name = field.partition(":")[0]
    if any(g.labelled.passage.details.get(name) is not None for g in gold):
        return f'no "{name}" reads like 2021-08-15; write dates so, or slice by {name} as it is'
    fields = sorted({key for g in gold for key in g.labelled.passage.details} | {"article", "actor"})
    return f'no passage has "{name}"; there are {", ".join(fields)}'


def _slice(made: Mapping[str, Decisions], passages: np.ndarray | None, actor: str) -> dict[str, Any]:
    parts = {}
    for task, all_of_it in made.items():
        if passages is None:
            rows = np.array([actor in own for own in all_of_it.actors], dtype=bool)
        else:
            rows = passages[all_of_it.passages]
        parts[task] = all_of_it.take(rows)
    seen = np.concatenate([part.passages for part in parts.values()])
    articles = np.concatenate([part.articles for part in parts.values()])
    return {
        "n_passages": len(np.unique(seen)),
        "n_articles": len(np.unique(articles)),
        **{task: brief_scores(part) for task, part in parts.items()},
    }


def brief_scores(made: Decisions) -> dict[str, Any]:
    """``n``, macro-F1 and its interval."""
    if not len(made):
        return {"n": 0, "macro_f1": None, "macro_f1_interval": None}
    counts = label_tally(made.gold, made.predicted, made.articles)

    def statistic(totals: np.ndarray) -> np.ndarray:
        return macro_f1(totals)[..., None]

    value = number(macro_f1(counts.sum(axis=0)))
    return {"n": len(made), "macro_f1": value, "macro_f1_interval": intervals(counts, statistic, SEED)[0]}


def _field(name: str) -> Callable[[Passage], str | None]:
    """How to read the field of a passage."""
    field, _, unit = name.partition(":")
    lengths = {"": None, "year": 4, "month": 7}
    if unit not in lengths:
        raise InputError(f"--by {name}: cut a date by :year or :month")
    length = lengths[unit]

    def value(passage: Passage) -> str | None:
        found = passage.article if field == "article" else passage.details.get(field)
        if found is None:
            return None
        text = str(found)
        if length is None:
            return text
        return text[:length] if re.match(r"\d{4}-\d{2}"[: 5 if length == 4 else None], text) else None

    return value


def confusion(made: Decisions) -> dict[str, dict[str, int]]:
    """How often each label was taken for which.

    Returns
    -------
    dict
        Of stances: gold to predicted to count, with `MISSED` where the actor was not found. Of frames: each frame to
        ``hit``, ``false_alarm``, ``overlooked``, ``rightly_left_out``.
    """
    if made.task == FRAMES:
        cells = {
            "hit": made.gold & made.predicted,
            "false_alarm": ~made.gold & made.predicted,
            "overlooked": made.gold & ~made.predicted,
            "rightly_left_out": ~made.gold & ~made.predicted,
        }
        return {
            frame: {name: int(rows[:, i].sum()) for name, rows in cells.items()} for i, frame in enumerate(made.labels)
        }
    columns = [*made.predicted.T, ~made.predicted.any(axis=1)]
    return {
        label: {
            name: int(np.sum(made.gold[:, i] & column))
            for name, column in zip((*STANCES, MISSED), columns, strict=True)
        }
        for i, label in enumerate(STANCES)
    }


def macro_f1s(gold: Sequence[Gold], predictions: Sequence[Prediction], frames: Sequence[str]) -> dict[str, float]:
    """Macro-F1 of each task that is labelled and predicted, given all mentions; without intervals, so fast."""
    scores = {}
    for task in TASKS:
        made = decisions(gold, predictions, frames, task, given=True)
        made = made.take(~made.missed)
        if len(made):
            scores[task] = float(macro_f1(label_tally(made.gold, made.predicted, made.articles).sum(axis=0)))
    return scores


def _prepare(row: LabelledPassage, matcher: Matcher) -> Gold:
    passage = find_mentions(row.passage, matcher)
    labels = replace(row.labels, directed=gold_pairs(row.labels, passage))
    query = Query(passage, tuple(labels.stance or ()), tuple(labels.directed or ()))
    found, matched = frozenset(passage.actors), row.passage.mentions is None
    return Gold(replace(row, passage=passage, labels=labels), query, found, matched)


Rows = Sequence[tuple[Gold, Prediction]]
Part = tuple[int, list[bool], list[bool], list[float], tuple[str, ...], bool]
"""Passage, gold, predicted, probabilities, actors, missed."""


def _frame_rows(rows: Rows, frames: Sequence[str]) -> list[Part]:
    return [
        (
            i,
            [frame in g.labelled.labels.frames for frame in frames],
            [frame in p.frame_labels for frame in frames],
            [p.frames[frame] for frame in frames],
            tuple(dict.fromkeys((*g.found, *g.query.actors))),
            False,
        )
        for i, (g, p) in enumerate(rows)
        if g.labelled.labels.frames is not None and p.frames
    ]


def _stance_rows(rows: Rows, task: str, given: bool) -> list[Part]:
    parts: list[Part] = []
    if not any(getattr(p, task) for _, p in rows):
        return parts
    for i, (g, p) in enumerate(rows):
        judged: Mapping[Any, Any] = getattr(p, task)
        labels: Mapping[Any, str] = getattr(g.labelled.labels, task) or {}
        for key, stance in labels.items():
            actors = key if task == DIRECTED else (key,)
            judgement = judged.get(key) if given or g.found.issuperset(actors) else None
            predicted, probs = _answer(judgement, task)
            parts.append((i, [stance == s for s in STANCES], predicted, probs, actors, judgement is None))
    return parts


def _answer(judgement: Any, task: str) -> tuple[list[bool], list[float]]:
    """What was answered; of what was missed, a pair counts as neutral, an actor as wrong."""
    if judgement is None:
        missing = [task == DIRECTED and s == "neutral" for s in STANCES]
        return missing, [float(m) for m in missing]
    return [judgement.label == s for s in STANCES], [getattr(judgement, s) for s in STANCES]


def _accuracy(made: Decisions) -> float | None:
    return float(np.mean((made.gold & made.predicted).any(axis=1))) if len(made) else None
