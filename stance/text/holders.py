"""Holders of frames: who in a passage presents the matter as a frame has it, and about whom.

Rules over a prediction, for English. `seeds/README.md` says by what rule people's labels are made, and
`benchmarks/holders.py` prints how often these rules agree with them.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stance.records import Mention, Pair, Prediction

WRITER = "writer"
"""The holder where no actor of the passage is one: the writer, or a voice that is none of the actors."""

_TIES = frozenset({"proxy_relationship"})
"""Frames of a tie between two: about both, of whom one is often not blamed; whoever only denies it does not hold it."""
_FAULTS = frozenset({"terrorism_threat", "internal_problem"})
"""Frames of a fault of one's own: a speaker that the passage itself is against is whom they are about."""
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


@dataclass(frozen=True, slots=True)
class _Voice:
    """An actor that speaks in a passage; empty where the one who speaks is none of the actors."""

    actor: str
    denies: bool = False


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)


def _any_of(words: str) -> str:
    return "|".join(words.split())


_SAYS = _any_of(
    """
    said says saying say told tells telling stated states stating asserted asserts asserting argued argues arguing
    accused accuses accusing accuse alleged alleges alleging warned warns warning announced announces declared declares
    maintained maintains insisted insists insisting added adds noted notes remarked remarks replied replies answered
    answers wrote writes called calls calling blamed blames blaming condemned condemns condemning denounced denounces
    described describes describing contended contends complained complains charged holds believed believes thinks
    reckoned reckons reported reports repeated repeats urged urges demanded demands protested protests suggested
    suggests observed observes testified concluded concludes acknowledged acknowledges admitted admits conceded raised
    stressed stresses cited cites commended commends praised praises hailed hails vowed dismissed dismisses dismissing
    """
)
_DENIES = _any_of("denied denies denying deny rejected rejects rejecting reject refuted refutes refuting disputes")
_VERB = re.compile(
    rf"\b(?:(?P<says>{_SAYS}|claim(?:s|ed|ing)?(?!\s+(?:the|this|responsibility|credit|it)\b))|(?P<denies>{_DENIES}))\b"
    r"(?!\s+(?:by|for)\b)"
)
_DENIAL = re.compile(r"\b(?:nonsense|baseless|unfounded|groundless|at no (?:stage|time)|no (?:hand|part|role) in)\b")
_QUOTING = re.compile(r"(?:said|says|added|adds|wrote|writes|told|warned|remarked|observed|replied|insisted|argued)")
_CITED = re.compile(
    r"\b(?:according to|in the (?:words|view|account|telling) of|accus\w+ by|alleged by|as .{0,20}put by|"
    r"(?:statement|bulletin|communiqué|dossier|release) (?:by|from|of|for))(?:\s+[\w’'.-]+){0,4}?\s*$",
    re.IGNORECASE,
)
_ACCOUNT = re.compile(r"(?:['’]s?)?\s+(?:own\s+)?(?:account|view|telling|statement|bulletin|communiqué|version)\b")
_OBJECT = re.compile(
    r"\b(?:against|with|by|towards?|to|on|about|between|near|than|at|into|like|over|under|around|from|"
    r"(?<!ministers )(?<!officials )(?<!generals )in)\s+(?:the\s+|an?\s+)?$",
    re.IGNORECASE,
)
_RELATIVE = re.compile(r"\b(?:who|whom|whose|which|that|when|where|while)\b[^,]*$", re.IGNORECASE)
_PRONOUN = re.compile(r"\b(?:he|she|it|they|his|her|its|their)\b[^,]{0,40}$", re.IGNORECASE)
_BARRIER = re.compile(r"[“”\";:?!]|\b(?:he|she|it|they|we|I|you)\b", re.IGNORECASE)
_JOINED = re.compile(r"\band\s+(?:\w+ly\s+)?$")
_CLAUSE_START = re.compile(r"(?:^|[,:—–“\"])\s*(?:but |and )?(?:the |an? )?$", re.IGNORECASE)
_LABEL = re.compile(r"(?:(?:[A-Z(][\w.’'()&/-]*,?|of|for|the)\s+){0,9}[A-Z(][\w.’'()&/-]*:\s")
_QUOTE_MARKS = ("“", "”", '"')
_SENTENCE_END = re.compile(r"(?<!\b[CDM][rhs])(?<!\bCol)(?<!\bGen)(?<![A-Z])[.?!][”\"’')]*\s+(?=\S)")
_REACH = 80
"""The most characters between a name and its verb."""


def frame_holders(prediction: Prediction) -> dict[str, FrameHolder]:
    """Who holds each frame that a passage carries, and about whom.

    An actor is a holder where it speaks: by the text (a reporting verb, "according to", its name before a colon), or
    because it holds a directed stance and is itself judged neutral, as a speaker is and a doer is not. One that only
    denies is none, unless it strikes back. Where no actor speaks, the holder is `WRITER`.

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
    voices = frozenset(_voices(prediction.passage.text, prediction.passage.mentions or ()))
    pairs = {p: j.label for p, j in prediction.directed.items() if j.is_held}
    return {frame: _held(prediction, frame, voices, pairs) for frame in prediction.frame_labels}


def with_holders(row: Mapping[str, Any], prediction: Prediction) -> dict[str, Any]:
    """A prediction's row with ``held_by`` after ``uncertain``, where the passage has a frame."""
    held = {frame: holder.to_dict() for frame, holder in frame_holders(prediction).items()}
    if not held:
        return dict(row)
    fields = list(row.items())
    place = list(row).index("uncertain") + 1
    return dict([*fields[:place], ("held_by", held), *fields[place:]])


def _held(prediction: Prediction, frame: str, voices: frozenset[_Voice], pairs: Mapping[Pair, str]) -> FrameHolder:
    actors = prediction.passage.actors
    speakers = _speakers(prediction, frame, voices, pairs)
    holders = tuple(actor for actor in actors if actor in speakers)
    others = [actor for actor in actors if actor not in speakers]
    return FrameHolder(holders or (WRITER,), tuple(_about(prediction, frame, others, pairs)))


def _speakers(
    prediction: Prediction, frame: str, voices: frozenset[_Voice], pairs: Mapping[Pair, str]
) -> frozenset[str]:
    """The actors that speak of the matter by this frame."""
    judged = {actor: judgement.label for actor, judgement in prediction.stance.items()}
    says = {voice.actor for voice in voices if not voice.denies}
    denies = {voice.actor for voice in voices if voice.denies}
    blamers = {holder for (holder, _), label in pairs.items() if label == "against"}
    speakers = frozenset(says - denies) | {holder for holder, _ in pairs if judged.get(holder) == "neutral"}
    if frame in _TIES and speakers & denies:
        accusers = {target for (holder, target), label in pairs.items() if holder in denies and label == "against"}
        return (speakers - denies) or frozenset(accusers)
    blamed = {actor for actor in speakers if judged.get(actor) == "against"}
    return speakers - (blamed if frame in _FAULTS else blamed - blamers)


def _about(prediction: Prediction, frame: str, others: Sequence[str], pairs: Mapping[Pair, str]) -> Iterator[str]:
    """Of those that are no holders, whom the frame presents: whoever is judged against."""
    patrons = {holder for (holder, _), label in pairs.items() if label == "favor"} if frame in _DANGERS else set()
    for actor in others:
        judged = prediction.stance.get(actor)
        if frame in _TIES or (judged and judged.label == "against" and actor not in patrons):
            yield actor


def _voices(text: str, mentions: Sequence[Mention]) -> Iterator[_Voice]:
    """Who speaks, by the words around the actors' names."""
    label = _LABEL.match(text)
    yield from [_Voice(m.actor) for m in mentions if label and m.end <= label.end()][:1]
    last = _Voice("")
    for start, end in _sentences(text):
        inside = [m for m in mentions if start <= m.start and m.end <= end]
        found = list(_sentence_voices(text, start, end, inside, last.actor))
        if not found and text[start] in _QUOTE_MARKS:
            found = [last]
        last = found[-1] if found else _Voice("")
        yield from (voice for voice in found if voice.actor)


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """Where the sentences lie; those within one quotation count as one."""
    start = position = opened = straight = 0
    for match in _SENTENCE_END.finditer(text):
        piece = text[position : match.end()]
        position = match.end()
        opened += piece.count("“") - piece.count("”")
        straight += piece.count('"')
        if opened <= 0 and straight % 2 == 0:
            yield start, position
            start, opened = position, 0
    if start < len(text):
        yield start, len(text)


def _sentence_voices(text: str, start: int, end: int, mentions: Sequence[Mention], last: str) -> Iterator[_Voice]:
    """The voices of a sentence, the one that spoke last standing for pronouns."""
    for verb in _VERB.finditer(text, start, end):
        before = _before(text, start, verb.start())
        actor = _subject(text, start, verb.start(), mentions)
        if actor is None and _QUOTING.fullmatch(verb.group()) and before.rstrip().endswith((*_QUOTE_MARKS, ",")):
            actor = _inverted(text, verb.end(), mentions)
        if actor is None and _PRONOUN.search(before):
            actor = last
        denial = _DENIAL.search(text, verb.end(), min(end, verb.end() + _REACH))
        yield _Voice(actor or "", verb["denies"] is not None or denial is not None)
    for mention in mentions:
        if _CITED.search(_before(text, start, mention.start)) or _ACCOUNT.match(text, mention.end):
            yield _Voice(mention.actor)


def _before(text: str, start: int, end: int) -> str:
    """What stands before a place, as far as it matters."""
    return text[max(start, end - _REACH) : end]


def _subject(text: str, start: int, verb: int, mentions: Sequence[Mention]) -> str | None:
    """The actor that is the subject of a verb, the nearest before it that can be."""
    first, last = (bisect_left(mentions, place, key=lambda m: m.end) for place in (verb - _REACH, verb + 1))
    for mention in reversed(mentions[first:last]):
        gap, before = text[mention.end : verb], _before(text, start, mention.start)
        aside = gap.rstrip().endswith((",", ")", "—", "–"))
        barred = _BARRIER.search(gap) or (gap.count(",") % 2 == 1 and not aside)
        elsewhere = _OBJECT.search(before) or (aside and _RELATIVE.search(before))
        object_ = _JOINED.search(gap) and not _CLAUSE_START.search(before)
        if not (barred or elsewhere or object_):
            return mention.actor
    return None


def _inverted(text: str, verb: int, mentions: Sequence[Mention]) -> str | None:
    """The actor that stands after a verb as its subject: "...", said an officer of the Dock Union."""
    place = bisect_left(mentions, verb, key=lambda m: m.start)
    if place == len(mentions) or mentions[place].start > verb + _REACH:
        return None
    gap = text[verb : mentions[place].start]
    barred = _BARRIER.search(gap) or _OBJECT.search(gap) or _RELATIVE.search(gap)
    return None if barred else mentions[place].actor
