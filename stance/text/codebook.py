"""Codebooks: the frames and actors of a study, parsed from one YAML file and checked line by line."""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from stance.records import LANGUAGE, InputError
from stance.text.names import Name, fold

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DEPTH, _ENTRIES = 10, 250_000
_TAGS = {
    "!",
    *(f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "timestamp", "seq", "map")),
}
_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_CODEBOOK_KEYS = ("name", "language", "definition", "frames", "actors", "ignored")
_FRAME_KEYS = ("id", "label", "definition")
_ACTOR_KEYS = ("id", "label", "definition", "aliases", "people", "metonyms")

UNWRITTEN = "TO WRITE:"
"""How the definition of a frame begins that `stance codebook draft` left to be written."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A way of presenting the matter."""

    id: str
    label: str
    definition: str = ""


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
    def unwritten(self) -> tuple[str, ...]:
        """The ids of frames that are still as they were drafted."""
        return tuple(frame.id for frame in self.frames if frame.definition.startswith(UNWRITTEN))

    @property
    def actor_ids(self) -> tuple[str, ...]:
        return tuple(actor.id for actor in self.actors)

    @property
    def digest(self) -> str:
        """Of all that it says; how it is written down does not matter."""
        return hashlib.sha256(repr(replace(self, source="")).encode()).hexdigest()[:8]

    def label(self, identifier: str) -> str:
        """The label of a frame or an actor; the id itself where the codebook does not know it."""
        entries: tuple[Actor | Frame, ...] = (*self.actors, *self.frames)
        return next((entry.label for entry in entries if entry.id == identifier), identifier)

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
            _check_events(text, place)
            node = yaml.compose(text, Loader=_LOADER)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = f":{mark.line + 1}" if mark else ""
            problem = getattr(error, "problem", None) or str(error).splitlines()[0]
            raise InputError(f"{place}{line}: not YAML: {problem}; mend the line, or quote its texts") from None
        return _Reader(place).codebook(node, text)


def _check_events(text: str, place: str) -> None:
    """Refuse, before it is composed, what would recurse, grow without bound, or stand for anything but texts."""
    depth = 0
    collections: set[str] = set()
    for count, event in enumerate(yaml.parse(text, Loader=_LOADER)):
        line = f":{event.start_mark.line + 1}" if event.start_mark else ""
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEPTH:
            raise InputError(f"{place}{line}: nested too deeply; a codebook is a flat list of frames and actors")
        if count > _ENTRIES:
            raise InputError(f"{place}{line}: more than {_ENTRIES:,} entries; leave out what is not looked for")
        if isinstance(event, yaml.CollectionStartEvent) and event.anchor:
            collections.add(event.anchor)
        if isinstance(event, yaml.AliasEvent) and event.anchor in collections:
            raise InputError(f"{place}{line}: lists and mappings by alias (*{event.anchor[:30]}); write them out")
        tag = getattr(event, "tag", None)
        if tag and tag not in _TAGS:
            raise InputError(
                f"{place}{line}: the tag {ascii(tag[:60])[1:-1]}; a codebook holds texts, lists and mappings alone"
            )


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
        if identifier == LANGUAGE:
            raise self.refuse(
                entries["id"], f'frame id "{LANGUAGE}": predictions say by it that a text can\'t be read; rename it'
            )
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
                id_node = self.entry(node, "id")
                identifier = self.text(id_node, "id")
                if identifier in lines:
                    first = lines[identifier]
                    raise self.refuse(
                        id_node, f'{what[:-1]} "{identifier}" stands twice, first in line {first}; rename or drop one'
                    )
                lines[identifier] = id_node.start_mark.line + 1

    def entry(self, node: Any, key: str) -> Any:
        """The value of a key of a mapping, None without it."""
        return next((value for key_node, value in node.value if self.text(key_node, "a key") == key), None)

    def check_names(self, entries: Mapping[str, Any], actors: list[Actor]) -> None:
        seen: dict[str, list[tuple[Name, str, int]]] = {}
        for actor, node in zip(actors, self.sequence(entries.get("actors"), "actors"), strict=True):
            for kind in ("aliases", "people", "metonyms"):
                for name, name_node in zip(
                    getattr(actor, kind), self.sequence(self.entry(node, kind), kind), strict=True
                ):
                    if not fold(name.text).strip(" -"):
                        raise self.refuse(name_node, f'"{name.text}" has no letter to look for; mend or drop it')
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
