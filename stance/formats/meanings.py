"""Rows whose labels are written otherwise than as ids, taken as they are meant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from stance.quoting import shown
from stance.text.spellings import Spellings

Note = Callable[[str], None]


def as_meant(fields: Mapping[str, Any], spellings: Spellings, note: Note) -> Mapping[str, Any]:
    """A labelled row with the ids that its labels stand for, where each has one meaning (`Spellings`).

    What stands for nothing, or for several, stays as it is. Actors that the row itself mentions are taken by their own
    names. A prediction is left alone.

    Parameters
    ----------
    note : callable
        Takes a line on each label that is written otherwise.
    """
    frames, stance, directed = (fields.get(key) for key in ("frames", "stance", "directed"))
    if isinstance(frames, Mapping) or fields.get("model"):
        return fields
    meaning = _Meaning(spellings, _mentioned(fields.get("mentions")), note)
    changed: dict[str, Any] = {}
    if isinstance(fields.get("mentions"), list):
        changed["mentions"] = [_with(item, {"actor": meaning.mentioned}) for item in fields["mentions"]]
    if isinstance(frames, list):
        changed["frames"] = [meaning.frame(frame) for frame in frames]
    if isinstance(stance, Mapping):
        changed["stance"] = meaning.stances(stance)
    if isinstance(directed, list):
        parts = {"holder": meaning.actor, "target": meaning.actor, "stance": meaning.stance}
        changed["directed"] = [_with(item, parts) for item in directed]
    return {**fields, **changed}


def _mentioned(mentions: Any) -> list[str]:
    found = [item.get("actor") for item in mentions if isinstance(item, Mapping)] if isinstance(mentions, list) else []
    return [actor for actor in dict.fromkeys(found) if isinstance(actor, str)]


def _with(item: Any, parts: Mapping[str, Callable[[Any], Any]]) -> Any:
    """The same with parts of it changed."""
    if not isinstance(item, Mapping):
        return item
    return {**item, **{key: change(item[key]) for key, change in parts.items() if key in item}}


class _Meaning:
    """What is meant by what stands in one row; whatever is no text, or not known, stays."""

    def __init__(self, spellings: Spellings, mentioned: list[str], note: Note):
        self.spellings, self.mentions, self.note = spellings, mentioned, note

    def frame(self, name: Any) -> Any:
        return self._taken("frame", name, self.spellings.frame)

    def stance(self, word: Any) -> Any:
        return self._taken("stance", word, self.spellings.stance)

    def actor(self, name: Any) -> Any:
        return self._taken("actor", name, lambda name: self.spellings.actor(name, self.mentions))

    def mentioned(self, name: Any) -> Any:
        """Of a mention: what has a blank is no id; all else is one."""
        blank = isinstance(name, str) and any(c.isspace() for c in name)
        return self._taken("actor", name, self.spellings.actor) if blank else name

    def stances(self, stance: Mapping[Any, Any]) -> dict[Any, Any]:
        """The stances toward actors; of an actor under two names, both stay as they are."""
        taken = {actor: self.spellings.actor(actor, self.mentions) for actor in stance if isinstance(actor, str)}
        ids = [known for known in taken.values() if known]
        once = {actor for actor, known in taken.items() if known and ids.count(known) == 1}
        return {self.actor(a) if a in once else a: self.stance(word) for a, word in stance.items()}

    def _taken(self, what: str, name: Any, known: Callable[[str], str | None]) -> Any:
        meant = known(name) if isinstance(name, str) else None
        if meant is None or meant == name:
            return name
        self.note(f"{what} {shown(name)} is taken for {meant}")
        return meant
