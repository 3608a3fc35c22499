"""Holders of frames: who in a passage presents the matter as a frame has it, and about whom.

Rules over a prediction, for English. `seeds/README.md` says by what rule people's labels are made, and
`benchmarks/holders.py` prints how often these rules agree with them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stance.records import Prediction
from stance.text.voices import Voice, is_in_first_person, voices

WRITER = "writer"
"""The holder where no actor of the passage is one: the writer, or a voice that is none of the actors."""

_TIES = frozenset({"proxy_relationship"})
"""Frames of a tie between two: about both, of whom one is often not blamed; whoever only denies it does not hold it."""
_FAULTS = frozenset({"terrorism_threat", "internal_problem"})
"""Frames of a fault of one's own: a speaker that the passage itself is against is whom they are about."""
_NEAR = 0.1
"""Dangers are judged against with nearly the same probability: not less than the surest by so much."""
_DANGERS = frozenset({"terrorism_threat"})
"""Frames of a danger: about whom one fears, not about the patron that shelters it."""


@dataclass(frozen=True, slots=True)
class FrameHolder:
    """Who presents a matter by a frame, and who is presented so.

    Attributes
    ----------
    holders : tuple of str
        Actor ids in the order of their first mention, or `WRITER` alone.
    about : tuple of str
        Actor ids; empty where the passage does not tell.
    """

    holders: tuple[str, ...]
    about: tuple[str, ...]

    def to_dict(self) -> dict[str, list[str]]:
        return {"holders": list(self.holders), "about": list(self.about)}

    def told(self, name: Callable[[str], str]) -> str:
        """In words: "by Pakistan, about TTP". No "by" for `WRITER`, since it may be a source that is no actor."""
        roles = (("by", [h for h in self.holders if h != WRITER]), ("about", self.about))
        return ", ".join(f"{word} {_listed([name(actor) for actor in ids])}" for word, ids in roles if ids)


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)


def frame_holders(prediction: Prediction) -> dict[str, FrameHolder]:
    """Who holds each frame that a passage carries, and about whom.

    The holders are the actors that speak by the text (`stance.text.voices`). Where none does, though somebody is heard,
    they are those that are against another actor and are not judged, as one that speaks is and one that does is not.
    One that only denies is none: a tie that is denied is held by whoever charges, or is charged in return. Where there
    is nobody, a text in the first person is spoken by the actor that is least judged; all else by the `WRITER`.

    Parameters
    ----------
    prediction : Prediction
        What is read of it: text, mentions, frame labels, stances, directed stances.

    Returns
    -------
    dict of str to FrameHolder
        For each of `frame_labels`.
    """
    if not prediction.frame_labels:
        return {}
    heard = tuple(voices(prediction.passage.text, prediction.passage.mentions or ()))
    return {frame: _held(prediction, frame, heard) for frame in prediction.frame_labels}


def with_holders(row: Mapping[str, Any], prediction: Prediction) -> dict[str, Any]:
    """A prediction's row with ``held_by`` after ``uncertain``, where the passage has a frame."""
    held = {frame: holder.to_dict() for frame, holder in frame_holders(prediction).items()}
    if not held:
        return dict(row)
    fields = list(row.items())
    place = list(row).index("uncertain") + 1
    return dict([*fields[:place], ("held_by", held), *fields[place:]])


def _held(prediction: Prediction, frame: str, heard: Collection[Voice]) -> FrameHolder:
    actors = prediction.passage.actors
    speakers = _speakers(prediction, frame, heard)
    holders = tuple(actor for actor in actors if actor in speakers)
    others = [actor for actor in actors if actor not in speakers]
    return FrameHolder(holders or (WRITER,), tuple(_about(prediction, frame, others)))


def _speakers(prediction: Prediction, frame: str, heard: Collection[Voice]) -> set[str]:
    """The actors that speak of the matter by this frame: as the text has it, else as their stances have it."""
    says = {voice.actor for voice in heard if voice.actor and not voice.denies}
    denies = {voice.actor for voice in heard if voice.denies} if frame in _TIES else set()
    blames = [pair for pair, judged in prediction.directed.items() if judged.label == "against"]
    blamers = {holder for holder, _ in blames}
    blamed = _judged(prediction, "against") - (set() if frame in _FAULTS else blamers)
    unjudged = _judged(prediction, "neutral")
    return (
        (says - denies if denies else says - blamed)
        or ((blamers & unjudged) - denies if heard else set())
        or {target for holder, target in blames if holder in denies}
        or ({_surest(prediction, unjudged)} if unjudged and is_in_first_person(prediction.passage.text) else set())
    )


def _judged(prediction: Prediction, label: str) -> set[str]:
    return {actor for actor, judged in prediction.stance.items() if judged.label == label}


def _surest(prediction: Prediction, actors: Collection[str]) -> str:
    return max(actors, key=lambda actor: (prediction.stance[actor].probability, actor))


def _about(prediction: Prediction, frame: str, others: Sequence[str]) -> Iterator[str]:
    """Of those that are no holders, whom the frame presents: whoever is judged against."""
    against = _judged(prediction, "against") & set(others)
    if frame in _TIES:
        against = set(others)
    elif frame in _DANGERS:
        against -= {holder for (holder, _), judged in prediction.directed.items() if judged.label == "favor"}
        surest = max((prediction.stance[actor].against for actor in against), default=0.0)
        against = {actor for actor in against if prediction.stance[actor].against > surest - _NEAR}
    yield from (actor for actor in others if actor in against)
