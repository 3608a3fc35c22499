"""Spans of a text: whether they cut a word, and where they stand in another version of it."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import Counter

from stance.text.names import fold_text

_UNPARTED = frozenset(
    "CJK IDEOGRAPHIC HIRAGANA KATAKANA BOPOMOFO HANGUL THAI LAO KHMER MYANMAR TIBETAN JAVANESE BALINESE YI".split()
)
"""Words in the names of letters of scripts with no blank between words, or none between a name and what belongs to it.
"""
_WRITING_ON = frozenset("ARABIC HEBREW SYRIAC".split())
"""The same of scripts that write "and", "the", "to" and "his" on to the word."""
_WRITTEN_ON = 3
"""The most letters that are written on to a word."""
LIKE = 0.5
"""Two texts are versions of one another from this share of common words on."""
_WORD = re.compile(r"\w+")
_CODECS = ("cp1252", "latin-1", "ascii", "cp1250", "cp1251", "cp1253", "cp1254", "cp1256", "mac_roman")
"""Encodings that spreadsheets save in, apart from Unicode."""
NEAR = 25
"""A quotation is near where its text stands so many characters away at most."""


def cuts_word(text: str, start: int, end: int) -> bool:
    """Whether a span begins or ends within a word.

    What a hyphen joins are words, and so is what stands before an apostrophe. Scripts without blanks between words are
    let be; so are up to three letters before and after a span in a word of Arabic or Hebrew.
    """
    before, after = start, end
    while before > 0 and start - before <= _WRITTEN_ON and _is_letter(text[before - 1]):
        before -= 1
    while after < len(text) and after - end <= _WRITTEN_ON and _is_letter(text[after]):
        after += 1
    return _parts(text, start, start - before) or _parts(text, end, after - end)


def _parts(text: str, place: int, letters: int) -> bool:
    """Whether a place parts a word, so many letters of which are left outside."""
    if not letters or not 0 < place < len(text) or not (_is_letter(text[place - 1]) and _is_letter(text[place])):
        return False
    left, right = _name(text[place - 1]), _name(text[place])
    if left & _UNPARTED or right & _UNPARTED:
        return False
    return not (left & _WRITING_ON and right & _WRITING_ON and letters <= _WRITTEN_ON)


def _is_letter(c: str) -> bool:
    return c.isalnum() or unicodedata.category(c)[0] == "M"


def _name(c: str) -> frozenset[str]:
    return frozenset(unicodedata.name(c, "").replace("-", " ").split())


class Alignment:
    """Moves spans of one version of a text to another.

    Versions that differ in case, blanks, line ends, quotation marks or the encoding of accents alone are the same to
    it (`fold_text`). Where words differ, what stands before and after all changes is moved, and what stands between
    them once in either version.

    Attributes
    ----------
    equal : bool
        Whether all else is the same.
    """

    def __init__(self, version: str, other: str):
        self._from, self._to = _Folded(version), _Folded(other)
        ours, theirs = self._from.text, self._to.text
        self.equal = ours == theirs
        self._head = _common(ours, theirs)
        self._tail = min(_common(ours[::-1], theirs[::-1]), min(len(ours), len(theirs)) - self._head)

    @property
    def alike(self) -> bool:
        """Whether the two are versions of one text: most of their words are the same."""
        ours, theirs = (Counter(_WORD.findall(side.text)) for side in (self._from, self._to))
        return self.equal or (ours & theirs).total() >= LIKE * max(ours.total(), theirs.total(), 1)

    def moved(self, start: int, end: int) -> tuple[int, int] | None:
        """Where a span stands in the other version; None where that is not certain."""
        begin, stop = self._from.folded(start, end)
        if begin >= stop:
            return None
        ours, theirs = self._from.text, self._to.text
        if stop > self._head and begin >= len(ours) - self._tail:
            begin, stop = (place + len(theirs) - len(ours) for place in (begin, stop))
        elif stop > self._head:
            places = _all_places(theirs, ours[begin:stop])
            if len(places) != 1 or len(_all_places(ours, ours[begin:stop])) != 1:
                return None
            begin, stop = places[0], places[0] + stop - begin
        return self._to.unfolded(begin, stop)


class _Folded:
    """A text, folded, without blanks around it."""

    def __init__(self, text: str):
        folded, starts, ends = fold_text(text)
        first = len(folded) - len(folded.lstrip())
        last = max(len(folded.rstrip()), first)
        self.text, self.starts, self.ends = folded[first:last], starts[first:last], ends[first:last]

    def folded(self, start: int, end: int) -> tuple[int, int]:
        """The characters of the folded text that stand in a span."""
        return bisect_left(self.starts, start), bisect_right(self.ends, end)

    def unfolded(self, begin: int, stop: int) -> tuple[int, int]:
        return self.starts[begin], self.ends[stop - 1]


def _common(one: str, other: str) -> int:
    """How many characters at the beginning are the same."""
    length = min(len(one), len(other))
    return next((place for place in range(length) if one[place] != other[place]), length)


def quoted_span(text: str, quotation: str, near: int) -> tuple[int, int] | None:
    """Where a quotation stands in a text: in the one place, or in the one of several that is near; None else."""
    whole = quoted_spans(text, quotation)
    if len(whole) > 1:
        whole = [span for span in whole if abs(span[0] - near) <= NEAR]
    return whole[0] if len(whole) == 1 else None


def quoted_spans(text: str, quotation: str) -> list[tuple[int, int]]:
    """All places where a quotation stands in a text: as whole words, or else within some.

    Where it stands nowhere as it is written, blanks, quotation marks and the encoding of accents are left aside.
    """
    spans = [(place, place + len(quotation)) for place in _all_places(text, quotation)]
    if not spans:
        own, sought = _Folded(text), _Folded(quotation).text
        spans = [own.unfolded(place, place + len(sought)) for place in _all_places(own.text, sought)]
    return [span for span in spans if not cuts_word(text, *span)] or spans


def _all_places(text: str, part: str) -> list[int]:
    return [match.start() for match in re.finditer(f"(?={re.escape(part)})", text)] if part.strip() else []


def is_same(piece: str, quotation: str) -> bool:
    """Whether a piece of text is what was quoted, blanks, quotation marks and the encoding of accents aside."""
    return piece == quotation or (piece != "" and _Folded(piece).text == _Folded(quotation).text)


def lost_letters(damaged: str, text: str) -> bool:
    """Whether a text is another one saved in an encoding that lacks some of its letters, or read in a wrong one."""
    pairs = re.sub(r"[\U00010000-\U0010ffff]", "??", text)
    saved = ((version, codec) for version in dict.fromkeys((text, pairs)) for codec in _CODECS)
    return any(version.encode(codec, "replace").decode(codec) == damaged for version, codec in saved) or any(
        text.encode("utf-8", "replace").decode(codec, "replace") == damaged for codec in _CODECS
    )
