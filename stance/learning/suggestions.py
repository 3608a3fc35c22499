"""What to label next: of many passages those in most doubt that stand for others, rare labels first, no two alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from stance.labelers.tasks import DIRECTED, FRAMES, STANCE, TASKS
from stance.learning.variety import Variety, alike, density
from stance.records import LANGUAGE, STANCES
from stance.scoring.gold import Gold
from stance.scoring.leaks import signatures

POOL = 2000
"""Candidates kept while passages stream by, those in most doubt; where that is more, `PER_WANTED` for each wanted."""
PER_WANTED = 20
COUNTS: Mapping[str, float] = {FRAMES: 2.0, STANCE: 1.0, DIRECTED: 0.5}
"""How much the doubts of each task count: n actors make n(n-1) pairs, which would else decide alone."""
RARE = 0.5
"""A label is called rare where it is seen at most so often as the labels of its task are on average."""
UNSURE = 0.2
"""The model is called unsure of a label whose probability is at least so far from 0 and from 1."""
REASONS = 2
"""Labels that a reason names at most."""
_TINY = 1e-9

LabelNames = Mapping[str, Sequence[str]]
"""The labels of each task: frames, or stances."""
ByTask = Mapping[str, np.ndarray]
"""A number for each label of each task: arrays of shape (n_labels,)."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A passage worth labelling.

    Attributes
    ----------
    row : Mapping
        The passage and its prediction, in the data format.
    reason : str
        Why, in words.
    labels : tuple of str
        The labels that the reason speaks of: frames and stances.
    """

    row: Mapping[str, Any]
    reason: str
    labels: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The row of the data format, with the reason."""
        return {**self.row, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Passages worth labelling, the most worthwhile first, and what became of the others.

    Attributes
    ----------
    chosen : tuple of Suggestion
    n_passages : int
        How many there were to choose from.
    n_labelled : int
        Those left out because they, or passages just like them, are labelled already.
    n_copies : int
        Those left out because they are just like one that is kept.
    n_unread : int
        Those left out because the model can't read their language.
    """

    chosen: tuple[Suggestion, ...]
    n_passages: int
    n_labelled: int
    n_copies: int
    n_unread: int = 0


def suggest(
    rows: Iterable[Mapping[str, Any]], frames: Sequence[str], count: int, gold: Sequence[Gold] = ()
) -> Suggestions:
    """Choose the passages to label next from a stream of predictions.

    A label is in doubt as far as its probability is from 0 and 1 (binary entropy), and counts by the root of how rare
    it is. The doubts of a passage are summed over its frames, actors and pairs, those of n actors or pairs divided by
    the root of n, and multiplied by how like the passage is to others (cosine of TF-IDF): information density, Settles
    and Craven 2008. Passages are then taken one after the other by that less their likeness to those taken before:
    maximal marginal relevance, Carbonell and Goldstein 1998. Of several ways, this one did well in a simulation
    (`benchmarks/suggest.py`). Nothing is drawn at random. Memory does not grow with the input, but for a hash of each
    passage.

    Parameters
    ----------
    rows : iterable of Mapping
        Predictions in the data format, as `stance classify` writes them.
    frames : sequence of str
        The frames of the codebook.
    count : int
        How many to choose.
    gold : sequence of Gold
        What is labelled already: it is left out, and tells how rare a label is. For a task without labels here, the
        predictions tell.
    """
    labels = {FRAMES: frames, STANCE: STANCES, DIRECTED: STANCES}
    pool = _Pool(labels, max(POOL, PER_WANTED * count), gold)
    for row in rows:
        pool.add(row)
    candidates, doubts, shares = pool.best()
    hashes = signatures([row["text"] for row in candidates])
    known = np.zeros(len(candidates), dtype=bool)
    for own in signatures([g.labelled.passage.text for g in gold]):
        known |= alike(hashes, own)
    chosen, n_copies = _varied(candidates, doubts, hashes, ~known, count)
    suggestions = tuple(_explained(candidates[i], labels, shares) for i in chosen)
    n_labelled, n_copies = pool.n_labelled + int(known.sum()), pool.n_copies + n_copies
    return Suggestions(suggestions, pool.n_passages, n_labelled, n_copies, pool.n_unread)


class _Pool:
    """The candidates in most doubt so far, and how often each label was seen.

    Parameters
    ----------
    size : int
        Candidates to keep.
    """

    def __init__(self, labels: LabelNames, size: int, gold: Sequence[Gold]):
        self.labels, self.size = labels, size
        self.given = _gold_counts(gold, labels)
        self.expected = {task: np.zeros(len(names) + 1) for task, names in labels.items()}
        self.labelled = {key for g in gold for key in (g.labelled.passage.id, squeezed(g.labelled.passage.text))}
        self.texts: set[int] = set()
        self.candidates: list[tuple[Mapping[str, Any], ByTask]] = []
        self.n_passages = self.n_labelled = self.n_copies = self.n_unread = 0

    def add(self, row: Mapping[str, Any]) -> None:
        """Take a row in, unless it is labelled already, the copy of one before it, or nothing was judged in it.

        What the model can't read tells nothing: it is not even counted among the labels seen.
        """
        if LANGUAGE in row.get("uncertain", ()):
            self.n_passages += 1
            self.n_unread += 1
            return
        probs = {task: _probabilities(row, task, names) for task, names in self.labels.items()}
        self.n_passages += 1
        for task, own in probs.items():
            self.expected[task] += [*own.sum(axis=0), len(own)]
        text = squeezed(row["text"])
        if row["id"] in self.labelled or text in self.labelled:
            self.n_labelled += 1
        elif hash(text) in self.texts:
            self.n_copies += 1
        elif any(own.size for own in probs.values()):
            self.texts.add(hash(text))
            sums = {task: doubt(own).sum(axis=0) / np.sqrt(max(len(own), 1)) for task, own in probs.items()}
            self.candidates.append((row, sums))
        if len(self.candidates) >= 2 * self.size:
            self.candidates = [self.candidates[i] for i in self._order()]

    def best(self) -> tuple[list[Mapping[str, Any]], np.ndarray, ByTask]:
        """The candidates in most doubt, their doubts, of shape (n_candidates,), and the shares of the labels."""
        self.candidates = [self.candidates[i] for i in self._order()]
        return [row for row, _ in self.candidates], self._doubts(), self._shares()

    def _order(self) -> np.ndarray:
        return np.argsort(-self._doubts(), kind="stable")[: self.size]

    def _doubts(self) -> np.ndarray:
        weights = _weights(self._shares())
        return np.array([sum(float(own[task] @ weights[task]) for task in TASKS) for _, own in self.candidates])

    def _shares(self) -> dict[str, np.ndarray]:
        """How often each label applies: what was given tells, or what is expected; as if once more than it does."""
        counts = {task: self.given[task] if self.given[task][-1] else self.expected[task] for task in TASKS}
        return {task: (own[:-1] + 1.0) / (own[-1] + 1.0) for task, own in counts.items()}


def doubt(probs: np.ndarray) -> np.ndarray:
    """The binary entropy of probabilities, in bits: 1 at one half, 0 at 0 and 1; of the same shape."""
    inner = np.clip(probs, _TINY, 1.0 - _TINY)
    return -(inner * np.log2(inner) + (1.0 - inner) * np.log2(1.0 - inner))


def _weights(shares: ByTask) -> dict[str, np.ndarray]:
    """How much a doubt about each label counts: by the root of how rare it is, `COUNTS` on average over a task."""
    return {task: COUNTS[task] * own**-0.5 / np.mean(own**-0.5) if own.size else own for task, own in shares.items()}


def _probabilities(row: Mapping[str, Any], task: str, labels: Sequence[str]) -> np.ndarray:
    """What a row says of a task: (1, n_frames), (n_actors, 3) or (n_pairs, 3); no rows where it says nothing."""
    judged = [row[task]] if task == FRAMES else row[task].values() if task == STANCE else row[task]
    rows = [[own[label] for label in labels] for own in judged if own]
    return np.array(rows, dtype=float).reshape(len(rows), len(labels))


def _gold_counts(gold: Sequence[Gold], labels: LabelNames) -> dict[str, np.ndarray]:
    """How often each label was given, and last, how often it was asked for: (n_labels + 1,) for each task."""
    counts: dict[str, Counter[str]] = {task: Counter() for task in TASKS}
    asked: Counter[str] = Counter()
    for own in (g.labelled.labels for g in gold):
        counts[FRAMES].update(own.frames or ())
        asked[FRAMES] += own.frames is not None
        for task, stances in ((STANCE, own.stance), (DIRECTED, own.directed)):
            counts[task].update((stances or {}).values())
            asked[task] += len(stances or {})
    return {task: np.array([*(counts[task][n] for n in names), asked[task]], float) for task, names in labels.items()}


def _varied(
    rows: Sequence[Mapping[str, Any]], doubts: np.ndarray, hashes: np.ndarray, free: np.ndarray, count: int
) -> tuple[list[int], int]:
    """Indexes of free rows in much doubt, like many others and not like each other, best first; and how many were left
    out as copies of them.

    Parameters
    ----------
    doubts : array of shape (n_rows,)
    hashes : array of shape (n_rows, n_permutations)
        MinHash signatures.
    free : boolean array of shape (n_rows,)
    """
    if not free.any():
        return [], 0
    variety = Variety(rows, hashes, free)
    worth = doubts * density(variety.vectors)
    worth /= max(worth.max(), _TINY)
    chosen: list[int] = []
    while len(chosen) < count and (best := variety.take(worth)) is not None:
        chosen.append(best)
    return chosen, variety.n_copies


def squeezed(text: str) -> str:
    return " ".join(text.split())


class _Point(NamedTuple):
    """A label that may apply: to what it is an answer, its task and column there, in words, and its probability."""

    question: tuple[str, ...]
    task: str
    column: int
    words: str
    prob: float


def _points(row: Mapping[str, Any], labels: LabelNames) -> list[_Point]:
    """Every label that may apply to a passage; neutral, the absence of a stance, is left unsaid."""
    points = [
        _Point((FRAMES, f), FRAMES, n, f, row["frames"][f]) for n, f in enumerate(labels[FRAMES]) if row["frames"]
    ]
    for column, stance in ((STANCES.index(stance), stance) for stance in ("against", "favor")):
        for actor, judged in row["stance"].items():
            points.append(_Point((STANCE, actor), STANCE, column, f"{stance} toward {actor}", judged[stance]))
        for judged in row["directed"]:
            holder, target = judged["holder"], judged["target"]
            words = f"{holder} > {target}: {stance}"
            points.append(_Point((DIRECTED, holder, target), DIRECTED, column, words, judged[stance]))
    return points


def _explained(row: Mapping[str, Any], labels: LabelNames, shares: ByTask) -> Suggestion:
    """The row with its reason: the labels whose doubt counts most, one for each frame, actor and pair."""
    weights = _weights(shares)
    points = sorted(_points(row, labels), key=lambda p: -float(weights[p.task][p.column] * doubt(np.array(p.prob))))
    firsts: dict[tuple[str, ...], _Point] = {}
    for point in points:
        firsts.setdefault(point.question, point)
    unsure = [p for p in firsts.values() if UNSURE <= p.prob <= 1.0 - UNSURE][:REASONS]
    clauses: dict[str, list[str]] = {}
    for point in unsure or [*firsts.values()][:1]:
        rare = shares[point.task][point.column] <= RARE * shares[point.task].mean()
        kind = "rare: " if rare else "unsure of " if unsure else "least sure of "
        clauses.setdefault(kind, []).append(f"{point.words} ({point.prob:.2f})")
    reason = "; ".join(kind + ", ".join(words) for kind, words in clauses.items())
    return Suggestion(row, reason, tuple(labels[p.task][p.column] for p in unsure))
