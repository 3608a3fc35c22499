"""Names of actors: as they are written, folded for comparison, and from when to when they count."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache


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
        """Whether the day lies in the name's span; an unknown day lies in none."""
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
_QUOTES = "‘’‚‛ʻʼʽʾʿˈ′`´＇"
_DOUBLE_QUOTES = "“”„‟«»＂"
_INVISIBLE = frozenset("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")
_FOLD = {ord(c): "-" for c in _DASHES} | {code: " " for code in range(0x3001) if chr(code).isspace()}
_FOLD |= {ord(c): "'" for c in _QUOTES} | {ord(c): '"' for c in _DOUBLE_QUOTES}
_JOINT = re.compile(r"(?<=\w)-(?=\w)")
_ENTITY = re.compile(r"&(?:amp;)?(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|[A-Za-z][A-Za-z\d]{1,30});")
"""A character as HTML spells it, also where its ampersand was spelled so once more."""
_INITIALS = re.compile(r"[A-Z](?:&?[A-Z]){1,5}")
_PLURAL = re.compile(r"\w{3,}[a-z]")


def fold(name: str) -> str:
    """Fold a name for comparison: case, dashes within, white space, quotes, accents' encoding; see `fold_text`.

    An acronym keeps its case ("US", "IS-K"): "us" is no state.
    """
    folded = fold_text(name)[0].strip()
    return folded.upper() if is_acronym(name) else folded


def fold_text(text: str) -> tuple[str, Sequence[int], Sequence[int]]:
    """Fold a text to lower case, and say where every character of it starts and ends in `text`.

    Dashes within words and all white space become one blank, a dash between words stays ("Pakistan - Taliban" names
    two), quotes are straightened, combining marks composed with their letters, invisible marks and the blanks around
    "&" dropped. What HTML spells as an entity ("&amp;", "&#39;") is the character that it stands for.
    """
    units = _units(text)
    lowered = text.lower()
    if units is not text or len(lowered) != len(text):
        lowered = "".join(_lowered(unit) for unit in units)
    flat = _JOINT.sub(" ", lowered.translate(_FOLD))
    plain = units is text and _INVISIBLE.isdisjoint(flat)
    if plain and "  " not in flat and " &" not in flat and "& " not in flat:
        return flat, range(len(text)), range(1, len(text) + 1)
    kept: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    position = 0
    for unit, c in zip(units, flat, strict=True):
        if c == "&" and kept and kept[-1] == " ":
            del kept[-1], starts[-1], ends[-1]
        if c not in _INVISIBLE and not (c == " " and kept and kept[-1] in " &"):
            kept.append(c)
            starts.append(position)
            ends.append(position + len(unit))
        position += len(unit)
    return _JOINT.sub(" ", "".join(kept)), starts, ends


def written(text: str, starts: Sequence[int], ends: Sequence[int]) -> str:
    """The characters of a text that its folded form was made of, one for one."""
    if isinstance(starts, range):
        return text
    return "".join([text[a] if text[a] != "&" else _composed(text[a:b])[0] for a, b in zip(starts, ends, strict=True)])


def without_accents(folded: str) -> str:
    """A folded text whose Latin letters have lost their accents, character by character: "António" is "antonio"."""
    return folded if folded.isascii() else folded.translate(_bare_letters())


def spellings(name: str) -> Iterator[str]:
    """Other ways to write a name: an acronym with dots and without, "and" for "&" and the reverse."""
    initials = name.replace(".", "").replace(" ", "")
    if _INITIALS.fullmatch(initials) and (name == initials or "." in name):
        yield initials
        yield "".join(c if c == "&" else f"{c}." for c in initials)
    elif " and " in name:
        yield name.replace(" and ", " & ")
    elif " & " in name:
        yield name.replace(" & ", " and ")


def plural(name: str) -> str | None:
    """The plural of a name that ends in a word of small letters, else None."""
    last = name.rsplit(maxsplit=1)[-1]
    if not _PLURAL.fullmatch(last) or last.endswith("s"):
        return None
    return name + ("es" if last.endswith(("x", "z", "ch", "sh")) else "s")


@cache
def _bare_letters() -> dict[int, str]:
    """Small Latin letters with an accent, and the letters without."""
    bare = dict(zip(map(ord, "øłđħıŧ"), "oldhit", strict=True))
    for code in (*range(0xDF, 0x250), *range(0x1E00, 0x1F00)):
        letter = unicodedata.normalize("NFD", chr(code))[0]
        if letter.isascii() and letter.islower():
            bare[code] = letter
    return bare


def _lowered(unit: str) -> str:
    """One character in lower case; one that has no such form of its own stays."""
    composed = _composed(unit)
    lowered = composed.lower()
    return lowered if len(lowered) == 1 else composed[0]


def _composed(unit: str) -> str:
    """What a unit stands for, its marks composed with the letter."""
    return unicodedata.normalize("NFC", _decoded(unit) if len(unit) > 1 and unit[0] == "&" else unit)


def _decoded(entity: str) -> str:
    import html

    return html.unescape(entity.replace("&amp;", "&", 1) if entity != "&amp;" else entity)


def _units(text: str) -> Sequence[str]:
    """What counts as one character each: a letter with its combining marks, an entity of HTML; mostly the text itself.

    The text itself is given back where every character stands for itself.
    """
    entities = list(_ENTITY.finditer(text)) if "&" in text else []
    if not entities and (text.isascii() or unicodedata.is_normalized("NFC", text)):
        return text
    pieces: list[str] = []
    position = 0
    for match in entities:
        pieces += [*text[position : match.start()], *_entity_units(match[0])]
        position = match.end()
    return _joined([*pieces, *text[position:]])


def _entity_units(found: str) -> list[str]:
    """An entity as one unit, what only looks like one as its characters."""
    for entity in (found, found[: found.index(";") + 1]):
        if len(_decoded(entity)) == 1:
            return [entity, *found[len(entity) :]]
    return list(found)


def _joined(pieces: Iterable[str]) -> list[str]:
    """A letter with its combining marks as one unit each."""
    units: list[str] = []
    for c in pieces:
        if units and (unicodedata.combining(c[0]) or "\u1160" <= c <= "\u11ff"):  # vowels and ends of Korean syllables
            units[-1] += c
        else:
            units.append(c)
    return units


def is_acronym(name: str) -> bool:
    """Whether a name is written in capitals alone, and so is looked for just so."""
    return name.isupper() and len(name) <= 12
