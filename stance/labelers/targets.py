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
    """What the heads are to say of an example: (n_frames,), (n_actors,), (n_actors, n_actors)."""

    frames: np.ndarray
    stance: np.ndarray
    directed: np.ndarray


def targets_of(example: Example, frames: Sequence[str]) -> Targets:
    labels, place = example.row.labels, {actor: i for i, actor in enumerate(example.actors)}
    n = len(place)
    frame = np.full(len(frames), float(MISSING), dtype=np.float32)
    if labels.frames is not None:
        frame[:] = [f in labels.frames for f in frames]
    stance, directed = np.full(n, MISSING), np.full((n, n), MISSING)
    for actor, label in (labels.stance or {}).items():
        stance[place[actor]] = STANCES.index(label)
    for (holder, target), label in (labels.directed or {}).items():
        directed[place[holder], place[target]] = STANCES.index(label)
    return Targets(frame, stance, directed)


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
        for task, seen in kinds.items():
            seen.update(np.unique(getattr(target, task)).tolist())
    return frozenset(task for task, seen in kinds.items() if len(seen - {MISSING}) > 1)


def stack(targets: Sequence[Targets], n_actors: int) -> Iterator[np.ndarray]:
    """Frames, stances and pairs of a batch, each padded with `MISSING`."""
    stance = np.full((len(targets), n_actors), MISSING)
    directed = np.full((len(targets), n_actors, n_actors), MISSING)
    for row, target in enumerate(targets):
        own = len(target.stance)
        stance[row, :own] = target.stance
        directed[row, :own, :own] = target.directed
    yield np.stack([target.frames for target in targets])
    yield stance
    yield directed
