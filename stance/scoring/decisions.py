"""What was labelled and what was predicted, side by side, a task at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stance.labelers.tasks import DIRECTED, FRAMES
from stance.records import STANCES, Prediction
from stance.scoring.bootstrap import intervals
from stance.scoring.gold import Gold
from stance.scoring.metrics import label_scores, label_tally, macro_f1, micro_f1, number

SEED = 0
"""Of the bootstrap."""

MISSED = "missed"
"""In a confusion matrix: an actor that was not found."""


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

    def right(self) -> dict[str, Any]:
        """How often labels are right: of all decisions (each frame, actor or pair), and of those where something is
        named (a frame given, a stance that is not neutral); what was missed is left out.

        Returns
        -------
        dict
            ``labels`` and ``named``, shares or None where there are none; ``n_named``.
        """
        answered = self.take(~self.missed)
        neutral = [label == "neutral" for label in self.labels]
        hits = answered.gold & answered.predicted & ~np.array(neutral, dtype=bool)
        n_named = int(answered.predicted[:, np.logical_not(neutral)].sum())
        _, wrong, _ = self.errors()
        return {
            "labels": float(1.0 - wrong.mean()) if len(wrong) else None,
            "named": int(hits.sum()) / n_named if n_named else None,
            "n_named": n_named,
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


def brief_scores(made: Decisions) -> dict[str, Any]:
    """``n``, macro-F1 and its interval."""
    if not len(made):
        return {"n": 0, "macro_f1": None, "macro_f1_interval": None}
    counts = label_tally(made.gold, made.predicted, made.articles)

    def statistic(totals: np.ndarray) -> np.ndarray:
        return macro_f1(totals)[..., None]

    value = number(macro_f1(counts.sum(axis=0)))
    return {"n": len(made), "macro_f1": value, "macro_f1_interval": intervals(counts, statistic, SEED)[0]}


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


def accuracy(made: Decisions) -> float | None:
    return float(np.mean((made.gold & made.predicted).any(axis=1))) if len(made) else None
