"""What came back from a label tool, part by part, as a sheet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from stance.formats.labeltools.marks import MARK, name_of
from stance.formats.labeltools.sheets import NONE, Sheet, damaged
from stance.quoting import quote, unquoted
from stance.records import STANCES, InputError, Labels, Mention, Pair
from stance.text.codebook import Codebook


class Answer:
    """Takes what a person ticked and drew, and sees to it that it fits together."""

    def __init__(self, text: Any, place: str, codebook: Codebook):
        if not isinstance(text, str):
            raise InputError(f'{place}: no "text"; found: {quote(text)}; import what stance export wrote')
        self.text, self.place, self.codebook = text, place, codebook
        self.mentions: list[Mention] = []
        self.frames: list[str] = []
        self.stance: dict[str, str] = {}
        self.directed: dict[Pair, str] = {}
        self.none: set[str] = set()

    def refuse(self, message: str) -> InputError:
        return InputError(f"{self.place}: {message}")

    def tick(self, mark: Any) -> None:
        """Take a mark."""
        kinds = {text: kind for kind, text in NONE.items()}
        found = MARK.fullmatch(mark) if isinstance(mark, str) else None
        if isinstance(mark, str) and mark in self.codebook.frame_ids:
            self.frames.append(mark)
        elif isinstance(mark, str) and mark in kinds:
            self.none.add(kinds[mark])
        elif found:
            self.take(found)
        else:
            raise self.refuse(
                f"unknown label {quote(mark)}; write actor=stance, holder>target=stance, or a frame of the codebook "
                f"{self.codebook.name}: {', '.join(self.codebook.frame_ids) or 'none'}"
            )

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

    def span(self, actor: Any, start: Any, end: Any) -> None:
        if not isinstance(actor, str) or type(start) is not int or type(end) is not int:
            raise self.refuse(f"a span should have an actor, a start and an end; found: {quote([actor, start, end])}")
        self.mentions.append(Mention(actor, start, end))

    def judge(self, actor: str, stance: Any) -> None:
        self.check(stance, f"stance toward {unquoted(actor)}")
        if self.stance.setdefault(actor, stance) != stance:
            raise self.refuse(f"stance toward {unquoted(actor)} is both {self.stance[actor]} and {stance}; keep one")

    def relate(self, holder: str, target: str, stance: Any) -> None:
        what = f"directed stance {unquoted(holder)} > {unquoted(target)}"
        self.check(stance, what)
        if holder == target:
            raise self.refuse(f"directed stance of {quote(holder)} toward itself; holder and target differ")
        if self.directed.setdefault((holder, target), stance) != stance:
            earlier = self.directed[holder, target]
            raise self.refuse(f"{what} is both {earlier} and {stance}; keep one")

    def check(self, stance: Any, what: str) -> None:
        if not isinstance(stance, str) or stance not in STANCES:
            raise self.refuse(f"unknown {what}: {quote(stance)}; use {', '.join(STANCES)}")

    def settled(self, kind: str, value: Any) -> Any:
        """What was labelled of a kind: None, where nothing was ticked at all."""
        if value and kind in self.none:
            raise self.refuse(f'"{NONE[kind]}" is ticked, and there is one; keep one of both')
        return value if value or kind in self.none else None

    def sheet(self, carried: Mapping[str, Any]) -> Sheet:
        """What was answered, and what was carried along."""
        mentions = self.settled("mentions", tuple(sorted(self.mentions, key=lambda m: (m.start, m.end))))
        found = carried.get("found")
        if mentions and found is not None and {(m.actor, m.start, m.end) for m in mentions} == set(map(tuple, found)):
            mentions = None
        chosen = tuple(frame for frame in self.codebook.frame_ids if frame in self.frames)
        labels = Labels(
            frames=self.settled("frames", chosen),
            stance=self.settled("stance", self.stance),
            directed=self.settled("directed", self.directed),
        )
        return Sheet(self.text, mentions, labels, carried)


def carried_back(value: Any, default: Mapping[str, Any], place: str) -> dict[str, Any]:
    """What an export carried along, checked; `default` fields for a passage that it did not write."""
    if value is None:
        return {"fields": dict(default)}
    parts = {"fields": dict, "found": list, "written": dict}
    if not isinstance(value, dict) or any(not isinstance(value.get(key, kind()), kind) for key, kind in parts.items()):
        raise damaged(place)
    for item in value.get("found", ()):
        if not isinstance(item, list) or [type(part) for part in item] != [str, int, int]:
            raise damaged(place)
    return {**value, "fields": {**default, **value.get("fields", {})}}


def signed(carried: dict[str, Any], annotator: Any) -> dict[str, Any]:
    """The same with the annotator that a tool names; where it is the one that was carried, as that was written."""
    fields = carried["fields"]
    if annotator in (None, "") or str(fields.get("annotator")) == str(annotator):
        return carried
    return {**carried, "fields": {**fields, "annotator": str(annotator)}}


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
        raise answer.refuse(f"{what} on {quote(identifier)}, which is no actor's span; label the span first")
    return actor
