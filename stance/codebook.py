"""Codebooks: the frames and actors of a study, parsed from one YAML file and checked line by line."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from stance.records import InputError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_CODEBOOK_KEYS = ("name", "language", "definition", "frames", "actors", "ignored")
_FRAME_KEYS = ("id", "label", "definition")
_ACTOR_KEYS = ("id", "label", "definition", "aliases", "people", "metonyms")


@dataclass(frozen=True, slots=True)
class Frame:
    """A way of presenting the matter."""

    id: str
    label: str
    definition: str = ""


@dataclass(frozen=True, slots=True)
class Name:
    """A name of an actor; with `since` or `until` it counts only in articles of ``since <= date < until``."""

    text: str
    since: datetime.date | None = None
    until: datetime.date | None = None

    @property
    def dated(self) -> bool:
        return self.since is not None or self.until is not None

    def covers(self, day: datetime.date | None) -> bool:
        """Whether the name counts on that day; a dated name never counts on an unknown one."""
        if not self.dated:
            return True
        if day is None:
            return False
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)

    def overlaps(self, other: Name) -> bool:
        """Whether both count on some day with the same right: both dated and their spans meet, or both undated."""
        if self.dated != other.dated:
            return False
        first, last = datetime.date.min, datetime.date.max
        return (self.since or first) < (other.until or last) and (other.since or first) < (self.until or last)


@dataclass(frozen=True, slots=True)
class Actor:
    """An actor: aliases name it anywhere, metonyms where they act or speak, people act for it."""

    id: str
    label: str
    definition: str = ""
    aliases: tuple[Name, ...] = ()
    people: tuple[Name, ...] = ()
    metonyms: tuple[Name, ...] = ()


@dataclass(frozen=True, slots=True)
class Codebook:
    """The frames and actors of a study.

    Examples
    --------
    >>> from stance import Codebook
    >>> book = Codebook.parse("name: demo\\nframes: [{id: economy}]\\nactors: [{id: fed, aliases: [Fed]}]")
    >>> book.frame_ids
    ('economy',)
    """

    name: str
    language: str
    frames: tuple[Frame, ...]
    actors: tuple[Actor, ...]
    ignored: tuple[str, ...] = ()
    source: str = ""

    @property
    def frame_ids(self) -> tuple[str, ...]:
        return tuple(frame.id for frame in self.frames)

    @property
    def actor_ids(self) -> tuple[str, ...]:
        return tuple(actor.id for actor in self.actors)

    def label(self, identifier: str) -> str:
        """The label of a frame or an actor; the id itself where the codebook does not know it."""
        labels = {frame.id: frame.label for frame in self.frames} | {actor.id: actor.label for actor in self.actors}
        return labels.get(identifier, identifier)

    @classmethod
    def read(cls, path: str | Path) -> Codebook:
        """Read a codebook file; raises `InputError` with file, line and reason."""
        path = Path(path)
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise InputError(f"{path}: not UTF-8 (byte {error.start}); save the codebook as UTF-8") from None
        except OSError as error:
            raise InputError(f"{path}: {error.strerror or error}; give the path of a codebook, a YAML file") from None
        return cls.parse(text, str(path))

    @classmethod
    def parse(cls, text: str, place: str = "codebook") -> Codebook:
        """Parse the text of a codebook; `place` stands in error messages for the file."""
        try:
            node = yaml.compose(text, Loader=_LOADER)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = f":{mark.line + 1}" if mark else ""
            problem = getattr(error, "problem", None) or str(error).splitlines()[0]
            raise InputError(f"{place}{line}: not YAML: {problem}") from None
        except RecursionError:
            raise InputError(f"{place}: nested too deeply; a codebook is a flat list of frames and actors") from None
        return _Reader(place).codebook(node, text)


class _Reader:
    """Turns YAML nodes into a codebook; knows the line of everything it refuses."""

    def __init__(self, place: str):
        self.place = place

    def refuse(self, node: Any, message: str) -> InputError:
        line = f":{node.start_mark.line + 1}" if node is not None else ""
        return InputError(f"{self.place}{line}: {message}")

    def codebook(self, node: Any, text: str) -> Codebook:
        entries = self.mapping(node, "the codebook", _CODEBOOK_KEYS)
        if "frames" not in entries and "actors" not in entries:
            raise self.refuse(node, "no frames and no actors; a codebook lists at least one of them")
        frames = [self.frame(item) for item in self.sequence(entries.get("frames"), "frames")]
        actors = [self.actor(item) for item in self.sequence(entries.get("actors"), "actors")]
        ignored = [self.text(item, "an ignored phrase") for item in self.sequence(entries.get("ignored"), "ignored")]
        if not frames and not actors:
            raise self.refuse(node, "no frame and no actor; a codebook lists at least one")
        self.check_ids(entries)
        self.check_names(entries, actors)
        return Codebook(
            name=self.text(entries["name"], "name") if "name" in entries else "codebook",
            language=self.text(entries["language"], "language") if "language" in entries else "en",
            frames=tuple(frames),
            actors=tuple(actors),
            ignored=tuple(ignored),
            source=text,
        )

    def frame(self, node: Any) -> Frame:
        entries = self.mapping(node, "a frame", _FRAME_KEYS)
        identifier = self.identifier(node, entries, "frame")
        return Frame(identifier, *self.label_and_definition(entries, identifier))

    def actor(self, node: Any) -> Actor:
        entries = self.mapping(node, "an actor", _ACTOR_KEYS)
        identifier = self.identifier(node, entries, "actor")
        names = {
            key: tuple(self.name(item) for item in self.sequence(entries.get(key), key))
            for key in ("aliases", "people", "metonyms")
        }
        label, definition = self.label_and_definition(entries, identifier)
        return Actor(identifier, label, definition, names["aliases"], names["people"], names["metonyms"])

    def label_and_definition(self, entries: Mapping[str, Any], identifier: str) -> tuple[str, str]:
        label = self.text(entries["label"], "label") if "label" in entries else identifier.replace("_", " ")
        return label, self.text(entries["definition"], "definition") if "definition" in entries else ""

    def identifier(self, node: Any, entries: Mapping[str, Any], what: str) -> str:
        if "id" not in entries:
            raise self.refuse(node, f'{what} without "id"; found: {", ".join(entries) or "nothing"}')
        identifier = self.text(entries["id"], "id")
        if not _ID.fullmatch(identifier):
            raise self.refuse(entries["id"], f'{what} id "{identifier}": use letters, digits, "_", "-" and "."')
        return identifier

    def name(self, node: Any) -> Name:
        if isinstance(node, yaml.MappingNode):
            entries = self.mapping(node, "a name", ("name", "since", "until"))
            if "name" not in entries:
                raise self.refuse(node, 'a dated name without "name"; write {name: Kabul, since: 2021-08-15}')
            since, until = (self.day(entries.get(key)) for key in ("since", "until"))
            if since and until and since >= until:
                raise self.refuse(node, f"since {since} is not before until {until}; swap or mend them")
            return Name(self.text(entries["name"], "a name"), since, until)
        return Name(self.text(node, "a name"))

    def day(self, node: Any) -> datetime.date | None:
        if node is None:
            return None
        text = self.text(node, "a date")
        try:
            return datetime.date.fromisoformat(text)
        except ValueError:
            raise self.refuse(node, f'"{text}" is no date; write it like 2021-08-15') from None

    def mapping(self, node: Any, what: str, keys: Iterable[str]) -> dict[str, Any]:
        if not isinstance(node, yaml.MappingNode):
            found = "nothing" if node is None else node.id
            raise self.refuse(node, f"{what} should be a mapping with {', '.join(keys)}; found: {found}")
        entries: dict[str, Any] = {}
        for key_node, value in node.value:
            key = self.text(key_node, "a key")
            if key in entries:
                raise self.refuse(key_node, f'"{key}" stands twice in {what}; keep one')
            if key not in keys:
                raise self.refuse(key_node, f'{what} has no "{key}"; it may have {", ".join(keys)}')
            entries[key] = value
        return entries

    def sequence(self, node: Any, what: str) -> list[Any]:
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            raise self.refuse(node, f"{what} should be a list, [one, two] or one a line after a dash")
        return list(node.value)

    def text(self, node: Any, what: str) -> str:
        if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
            raise self.refuse(node, f"{what} should be a text, and not empty")
        return " ".join(str(node.value).split())

    def check_ids(self, entries: Mapping[str, Any]) -> None:
        for what in ("frames", "actors"):
            lines: dict[str, int] = {}
            for node in self.sequence(entries.get(what), what):
                id_node = next(value for key, value in node.value if key.value == "id")
                if id_node.value in lines:
                    raise self.refuse(
                        id_node, f'{what[:-1]} "{id_node.value}" stands twice, first in line {lines[id_node.value]}'
                    )
                lines[id_node.value] = id_node.start_mark.line + 1

    def check_names(self, entries: Mapping[str, Any], actors: list[Actor]) -> None:
        seen: dict[str, list[tuple[Name, str, int]]] = {}
        for actor, node in zip(actors, self.sequence(entries.get("actors"), "actors"), strict=True):
            lists = {key.value: value for key, value in node.value}
            for kind in ("aliases", "people", "metonyms"):
                for name, name_node in zip(getattr(actor, kind), self.sequence(lists.get(kind), kind), strict=True):
                    earlier = seen.setdefault(fold(name.text), [])
                    for other, other_id, line in earlier:
                        same = other_id != actor.id or other.text == name.text
                        if same and name.overlaps(other):
                            raise self.refuse(
                                name_node,
                                f'"{name.text}" stands twice: {other_id} (line {line}) and {actor.id}; keep one, '
                                "or date them so that their spans do not meet",
                            )
                    earlier.append((name, actor.id, name_node.start_mark.line + 1))


_DASHES = "-‐‑‒–—―−﹘﹣－"
_QUOTES = "‘’‚‛ʼ`´＇"
_DOUBLE_QUOTES = "“”„‟«»＂"
_INVISIBLE = frozenset("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")
_FOLD = {ord(c): " " for c in _DASHES + "\u00a0\u2007\u202f\t\n\r\v\f"}
_FOLD |= {ord(c): "'" for c in _QUOTES} | {ord(c): '"' for c in _DOUBLE_QUOTES}


def fold(name: str) -> str:
    """Fold a name for comparison: dashes and white space to one blank, quotes straightened, invisible marks dropped.

    An acronym keeps its case ("US", "IS-K"): "us" is no state.
    """
    folded = fold_with_offsets(name)[0].strip()
    return folded.upper() if is_acronym(name) else folded


def fold_with_offsets(text: str) -> tuple[str, list[int]]:
    """Fold a text to lower case as `fold` does, and say for every character of it where it stood in `text`."""
    folded = text.translate(_FOLD)
    lowered = folded.lower()
    offsets = list(range(len(text)))
    if len(lowered) != len(folded):
        lowered = "".join(c.lower() if len(c.lower()) == 1 else c for c in folded)
    if "  " in lowered or not _INVISIBLE.isdisjoint(lowered):
        kept = [
            i for i, c in enumerate(lowered) if c not in _INVISIBLE and not (c == " " and i and lowered[i - 1] == " ")
        ]
        lowered, offsets = "".join(lowered[i] for i in kept), kept
    return lowered, offsets


def is_acronym(name: str) -> bool:
    """Whether a name is written in capitals alone, and so is looked for just so."""
    return name.isupper() and len(name) <= 12
