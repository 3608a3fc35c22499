"""Names of actors: as they are written, folded for comparison, and from when to when they count."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass


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


_DASHES = "-‐‑‒–—―−﹘﹣－"
_QUOTES = "‘’‚‛ʼ`´＇"
_DOUBLE_QUOTES = "“”„‟«»＂"
_INVISIBLE = frozenset("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")
_FOLD = {ord(c): "-" for c in _DASHES} | {code: " " for code in range(0x3001) if chr(code).isspace()}
_FOLD |= {ord(c): "'" for c in _QUOTES} | {ord(c): '"' for c in _DOUBLE_QUOTES}
_JOINT = re.compile(r"(?<=\w)-(?=\w)")


def fold(name: str) -> str:
    """Fold a name for comparison: case, dashes within, white space, quotes, accents' encoding; see `fold_text`.

    An acronym keeps its case ("US", "IS-K"): "us" is no state.
    """
    folded = fold_text(name)[0].strip()
    return folded.upper() if is_acronym(name) else folded


def fold_text(text: str) -> tuple[str, Sequence[int], Sequence[int]]:
    """Fold a text to lower case, and say where every character of it starts and ends in `text`.

    Dashes within words and all white space become one blank, a dash between words stays ("Pakistan - Taliban" names
    two), quotes are straightened, combining marks composed with their letters, invisible marks dropped.
    """
    composed = text.isascii() or unicodedata.is_normalized("NFC", text)
    units: Sequence[str] = text if composed else _composed(text)
    lowered = text.lower()
    if not composed or len(lowered) != len(text):
        lowered = "".join(_lowered(unit) for unit in units)
    flat = _JOINT.sub(" ", lowered.translate(_FOLD))
    if len(units) == len(text) and "  " not in flat and _INVISIBLE.isdisjoint(flat):
        return flat, range(len(text)), range(1, len(text) + 1)
    kept: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    position = 0
    for unit, c in zip(units, flat, strict=True):
        if c not in _INVISIBLE and not (c == " " and kept and kept[-1] == " "):
            kept.append(c)
            starts.append(position)
            ends.append(position + len(unit))
        position += len(unit)
    return _JOINT.sub(" ", "".join(kept)), starts, ends


def _lowered(unit: str) -> str:
    """One character in lower case; one that has no such form of its own stays."""
    composed = unicodedata.normalize("NFC", unit)
    lowered = composed.lower()
    return lowered if len(lowered) == 1 else composed[0]


def _composed(text: str) -> list[str]:
    """A letter with its combining marks as one unit each."""
    units: list[str] = []
    for c in text:
        if units and (unicodedata.combining(c) or "\u1160" <= c <= "\u11ff"):  # vowels and ends of Korean syllables
            units[-1] += c
        else:
            units.append(c)
    return units


def is_acronym(name: str) -> bool:
    """Whether a name is written in capitals alone, and so is looked for just so."""
    return name.isupper() and len(name) <= 12
