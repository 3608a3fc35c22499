"""What a network is to say of a passage, as arrays."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from stance.labelers.tasks import DIRECTED, FRAMES, STANCE
from stance.records import STANCES, LabelledPassage, Mention, Passage

MISSING = -100
"""The target of an actor or pair without a label, and of a frame in a passage not labelled for frames."""


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled passage, and the actors that its labels speak of."""

    passage: Passage
    actors: tuple[str, ...]
    row: LabelledPassage
    corpus: str


@dataclass(frozen=True, slots=True)
class Targets:
    """What the heads are to say of an example, as probabilities; `MISSING` where there is nothing to learn from.

    Attributes
    ----------
    frames : array of shape (n_frames,)
    stance, directed : arrays of shape (n_actors, 3) and (n_actors, n_actors, 3)
        Over `STANCES`.
    """

    frames: np.ndarray
    stance: np.ndarray
    directed: np.ndarray


def targets_of(example: Example, frames: Sequence[str]) -> Targets:
    """The labels of an example, each with certainty; where there are none, what another model says."""
    labels, soft = example.row.labels, example.row.soft
    place = {actor: i for i, actor in enumerate(example.actors)}
    n = len(place)
    frame, stance, directed = (_nothing(*shape) for shape in ((len(frames),), (n, 3), (n, n, 3)))
    if soft is not None:
        frame[:] = [soft.frames.get(f, MISSING) for f in frames]
        for actor, judged in soft.stance.items():
            stance[place[actor]] = judged.against, judged.neutral, judged.favor
        for (holder, target), judged in soft.directed.items():
            directed[place[holder], place[target]] = judged.against, judged.neutral, judged.favor
    if labels.frames is not None:
        frame[:] = [f in labels.frames for f in frames]
    for actor, label in (labels.stance or {}).items():
        stance[place[actor]] = _CERTAIN[label]
    for (holder, target), label in (labels.directed or {}).items():
        directed[place[holder], place[target]] = _CERTAIN[label]
    return Targets(frame, stance, directed)


_CERTAIN = dict(zip(STANCES, np.eye(len(STANCES), dtype=np.float32), strict=True))


def _nothing(*shape: int) -> np.ndarray:
    return np.full(shape, MISSING, dtype=np.float32)


def swap_names(passage: Passage, names: Sequence[str], generator: np.random.Generator) -> Passage:
    """The passage with every actor under another name, the same throughout; as it was where mentions overlap."""
    mentions = sorted(passage.mentions or (), key=lambda m: m.start)
    if not mentions or any(a.end > b.start for a, b in itertools.pairwise(mentions)):
        return passage
    actors = list(dict.fromkeys(mention.actor for mention in mentions))
    if len(names) < len(actors):
        return passage
    chosen = dict(zip(actors, generator.choice(len(names), size=len(actors), replace=False), strict=True))
    text, moved, position = "", [], 0
    for mention in mentions:
        text += passage.text[position : mention.start]
        name = names[chosen[mention.actor]]
        moved.append(Mention(mention.actor, len(text), len(text) + len(name)))
        text += name
        position = mention.end
    return replace(passage, text=text + passage.text[position:], mentions=tuple(moved))


def labelled_tasks(examples: Sequence[Example], frames: Sequence[str]) -> frozenset[str]:
    """The tasks that have two kinds of labels to tell apart."""
    kinds: dict[str, set[float]] = {FRAMES: set(), STANCE: set(), DIRECTED: set()}
    for example in examples:
        target = targets_of(example, frames)
        kinds[FRAMES].update(np.round(target.frames[target.frames != MISSING]).tolist())
        for task in (STANCE, DIRECTED):
            kinds[task].update(known_rows(getattr(target, task)).argmax(axis=-1).tolist())
    return frozenset(task for task, seen in kinds.items() if len(seen) > 1)


def known_rows(target: np.ndarray) -> np.ndarray:
    """The rows of stances or directed stances that there is something to learn from: of shape (n, 3)."""
    rows = target.reshape(-1, len(STANCES))
    return rows[rows[:, 0] != MISSING]


def stack(targets: Sequence[Targets], n_actors: int) -> Iterator[np.ndarray]:
    """Frames, stances and pairs of a batch, each padded with `MISSING`."""
    stance = _nothing(len(targets), n_actors, len(STANCES))
    directed = _nothing(len(targets), n_actors, n_actors, len(STANCES))
    for row, target in enumerate(targets):
        own = len(target.stance)
        stance[row, :own] = target.stance
        directed[row, :own, :own] = target.directed
    yield np.stack([target.frames for target in targets])
    yield stance
    yield directed
