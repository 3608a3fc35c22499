"""What came back from a label tool, part by part, as a sheet."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from stance.formats.findings import Findings
from stance.formats.labeltools.marks import MARK, name_of
from stance.formats.labeltools.placing import DoubtError, Drawn, Returned, placed
from stance.formats.labeltools.sheets import NONE, Sheet
from stance.quoting import nearest, quote, shown, unquoted
from stance.records import STANCES, InputError, Labels, Mention, Pair
from stance.text.codebook import Actor, Codebook
from stance.text.names import fold
from stance.text.spans import Alignment, cuts_word, lost_letters
from stance.text.spellings import Spellings, spelling

NO_LABEL = "no label"
Task = tuple[str, Callable[[], "Answer"] | None, str]
"""The place of a task, what reads the answer to it, or why there is none."""


class PieceError(InputError):
    """One piece of an answer says nothing that can be taken; the others can."""


class Desk:
    """What the answers of a tool are read with.

    Attributes
    ----------
    spellings : Spellings
    names : dict from actor id to set of str
        The folded names of actors.
    notes : Findings
        On what was mended and left out.
    """

    def __init__(self, codebook: Codebook, notes: Findings | None = None):
        self.codebook = codebook
        self.notes = notes or Findings()
        self.spellings = Spellings(codebook)
        self.names = {actor.id: frozenset(map(fold, _names(actor))) for actor in codebook.actors}


def _names(actor: Actor) -> list[str]:
    return [actor.label, *(name.text for name in (*actor.aliases, *actor.people, *actor.metonyms))]


class Answer:
    """Takes what a person ticked and drew, and sees to it that it fits together.

    Parameters
    ----------
    text : str
        As it came back.
    carried : Mapping
        What the export carried along (`carrying.carried_back`).
    """

    def __init__(self, text: Any, carried: Mapping[str, Any], place: str, desk: Desk):
        if not isinstance(text, str):
            raise InputError(f'{place}: no "text"; found: {quote(text)}; import what stance export wrote')
        self.text, self.carried, self.place, self.desk = text, carried, place, desk
        self.drawn: list[Drawn] = []
        self.frames: list[str] = []
        self.stance: dict[str, str] = {}
        self.directed: dict[Pair, str] = {}
        self.none: set[str] = set()
        self.left_out = ""

    def refuse(self, message: str) -> InputError:
        return InputError(f"{self.place}: {message}")

    def lacks(self, message: str) -> PieceError:
        return PieceError(f"{self.place}: {message}")

    def note(self, what: str, kind: str = "") -> None:
        self.desk.notes.add(self.place, what, kind)

    @contextmanager
    def piece(self) -> Iterator[None]:
        """What is done within takes one piece: where it says nothing that can be taken, that is noted."""
        try:
            yield
        except PieceError as error:
            self.note(f"{str(error).removeprefix(f'{self.place}: ')}; left out")

    def tick(self, mark: Any) -> None:
        """Take a mark."""
        if not isinstance(mark, str):
            raise self.lacks(self.unknown_label(mark))
        kinds = {spelling(text): kind for kind, text in NONE.items()}
        frame, found = self.desk.spellings.frame(mark), MARK.fullmatch(mark)
        if spelling(mark) in kinds and frame != mark:
            self.none.add(kinds[spelling(mark)])
        elif frame:
            self.meant("frame", mark, frame)
            self.frames.append(frame)
        elif found:
            self.take(found)
        else:
            raise self.lacks(self.unknown_label(mark))

    def unknown_label(self, mark: Any) -> str:
        frames = ", ".join(self.desk.codebook.frame_ids) or "none"
        near = self.desk.spellings.nearest_frames(mark) if isinstance(mark, str) else []
        return (
            f"unknown label {shown(mark)}{nearest(near)}; write actor=stance, holder>target=stance, or a frame of the "
            f"codebook {self.desk.codebook.name}: {frames}"
        )

    def meant(self, what: str, found: str, taken: str) -> None:
        """Note where a label is written otherwise than it is taken."""
        if found != taken:
            self.note(f"{what} {shown(found)} is taken for {taken}")

    def take(self, found: re.Match[str]) -> None:
        """Take ``actor=stance`` or ``holder>target=stance``."""
        try:
            names = [name_of(re.sub(r"-\s*$", "", name)) for name in found.groups()[:2] if name is not None]
        except ValueError:
            raise self.refuse(f"{quote(found[0])}: a quoted name should be a JSON string; mend its quotes") from None
        if len(names) == 1:
            self.judge(names[0], found[3].strip())
        else:
            self.relate(names[0], names[1], found[3].strip())

    def span(self, actor: Any, start: Any, end: Any, quotation: Any = "") -> None:
        if actor is None or actor == "":
            raise self.lacks(f"a span at {unquoted(start)}-{unquoted(end)} has {NO_LABEL}")
        if not isinstance(actor, str) or type(start) is not int or type(end) is not int:
            raise self.lacks(f"a span should have an actor, a start and an end; found: {quote([actor, start, end])}")
        known = self.desk.spellings.actor(actor, self.others)
        if known is None and any(c.isspace() for c in actor):
            raise self.lacks(self.unknown_actor(actor))
        if known is None:
            near = nearest(self.desk.spellings.nearest_actors(actor))
            self.note(
                f"actor {shown(actor)} is not in the codebook {self.desk.codebook.name}{near}; taken as it stands"
            )
        self.meant("actor", actor, known or actor)
        self.drawn.append(Drawn(known or actor, start, end, quotation if isinstance(quotation, str) else ""))

    @property
    def others(self) -> list[str]:
        """The actors that are known here besides the codebook's: those exported, and those with a span."""
        exported = [span[0] for key in ("found", "spans") for span in self.carried.get(key, ())]
        return list(dict.fromkeys((*self.carried.get("actors", ()), *exported, *(span.actor for span in self.drawn))))

    def actor(self, name: str) -> str:
        """The actor that is meant by a name."""
        known = self.desk.spellings.actor(name, self.others)
        if known is None:
            raise self.lacks(self.unknown_actor(name))
        self.meant("actor", name, known)
        return known

    def unknown_actor(self, name: str) -> str:
        near = nearest(self.desk.spellings.nearest_actors(name))
        return (
            f"unknown actor {shown(name)}{near}; write an actor of the codebook {self.desk.codebook.name}, add it "
            "there, or draw a span of it"
        )

    def judge(self, name: str, word: Any) -> None:
        actor = self.actor(name)
        stance = self.stance_of(word, f"stance toward {unquoted(actor)}")
        if self.stance.setdefault(actor, stance) != stance:
            raise self.refuse(f"stance toward {unquoted(actor)} is both {self.stance[actor]} and {stance}; keep one")

    def relate(self, holder_name: str, target_name: str, word: Any) -> None:
        holder, target = self.actor(holder_name), self.actor(target_name)
        what = f"directed stance {unquoted(holder)} > {unquoted(target)}"
        stance = self.stance_of(word, what)
        if holder == target:
            raise self.lacks(f"directed stance of {quote(holder)} toward itself; holder and target differ")
        if self.directed.setdefault((holder, target), stance) != stance:
            earlier = self.directed[holder, target]
            raise self.refuse(f"{what} is both {earlier} and {stance}; keep one")

    def stance_of(self, word: Any, what: str) -> str:
        if word is None or word == "":
            raise self.lacks(f"{what} has {NO_LABEL}; use {', '.join(STANCES)}")
        stance = self.desk.spellings.stance(word) if isinstance(word, str) else None
        if stance is None:
            raise self.lacks(f"unknown {what}: {shown(word)}; use {', '.join(STANCES)}")
        self.meant("stance", word, stance)
        return stance

    def settled(self, kind: str, value: Any) -> Any:
        """What was labelled of a kind: None, where nothing was ticked at all."""
        if value and kind in self.none:
            raise self.refuse(f'"{NONE[kind]}" is ticked, and there is one; keep one of both')
        return value if value or kind in self.none else None

    @property
    def returned(self) -> Returned:
        """Its spans, and what they can be held against."""
        spans = [Mention(*span) for key in ("found", "spans") for span in self.carried.get(key, ())]
        text, names = self.own_text, dict(self.desk.names)
        spans = [span for span in spans if 0 <= span.start < span.end <= len(text)]
        for span in spans:
            names[span.actor] = names.get(span.actor, frozenset()) | {fold(text[span.start : span.end])}
        return Returned(self.text, self.drawn, frozenset((span.start, span.end) for span in spans), names)

    @property
    def own_text(self) -> str:
        """The text that was exported; the one that came back where that is not known."""
        return str(self.carried.get("text", self.text))

    def sheet(self, ways: frozenset[str] = frozenset()) -> Sheet:
        """What was answered, and what was carried along.

        Parameters
        ----------
        ways : frozenset of str
            The ways of counting that the spans of the file prove (`placing.agreed`).
        """
        self.compare()
        try:
            drawn = placed(self.returned, self.own_text, ways, self.note)
        except DoubtError as error:
            raise self.refuse(str(error)) from None
        if any(cuts_word(self.own_text, span.start, span.end) for span in drawn):
            self.note("a span cuts a word; stance check names it")
        mentions = self.settled("mentions", tuple(sorted(drawn, key=lambda m: (m.start, m.end))))
        found = self.carried.get("found")
        if mentions and found is not None and {(m.actor, m.start, m.end) for m in mentions} == set(map(tuple, found)):
            mentions = None
        chosen = tuple(frame for frame in self.desk.codebook.frame_ids if frame in self.frames)
        labels = Labels(
            frames=self.settled("frames", chosen),
            stance=self.settled("stance", self.stance),
            directed=self.settled("directed", self.directed),
        )
        return Sheet(self.own_text, mentions, labels, self.carried)

    def compare(self) -> None:
        """Hold the text against the one that was exported: changes are noted, another text is refused."""
        text, own = self.text, self.own_text
        if text == own:
            return
        alignment = Alignment(text, own)
        if not alignment.alike and not lost_letters(text, own):
            raise self.refuse(
                f"the text is not the one that was exported under this id; found: {quote(text)}; were columns sorted "
                "apart?"
            )
        kept = "; the text that was exported is kept"
        if alignment.equal:
            self.note(f"the text came back with other {_difference(text, own)}{kept}")
        elif lost_letters(text, own):
            self.note(f"the text came back in an encoding that lacks letters{kept}")
        else:
            self.note(f"the text came back with other words: {quote(text)}{kept}", kind=self.place)


def _difference(text: str, own: str) -> str:
    """What is other in a text that is the same to a reader."""
    if text.replace("\r\n", "\n").replace("\r", "\n") == own.replace("\r\n", "\n").replace("\r", "\n"):
        return "line ends"
    return "blanks" if "".join(text.split()) == "".join(own.split()) else "signs or capitals"


def mapping(value: Any, what: str, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"{place}: {what} should be an object; found: {quote(value)}; export anew as JSON")
    return value


def listed(owner: Mapping[str, Any], key: str, place: str) -> list[Any]:
    """A list of an object; empty where it has none."""
    value = owner.get(key)
    if value is not None and not isinstance(value, list):
        raise InputError(f"{place}: {key} should be a list; found: {quote(value)}")
    return value or []


def objects(owner: Mapping[str, Any], key: str, place: str) -> list[dict[str, Any]]:
    return [mapping(item, f"each of {key}", place) for item in listed(owner, key, place)]


def end_of(answer: Answer, actors: Mapping[str, Any], identifier: Any, what: str) -> str:
    """The actor of the span that an arrow or a choice belongs to; `actors` by the spans' ids as texts."""
    actor = actors.get(str(identifier))
    if not isinstance(actor, str):
        raise answer.lacks(f"{what} on {quote(identifier)}, which is no actor's span")
    return actor
