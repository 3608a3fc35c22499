"""Words and sentence ends, in scripts with blanks and without."""

from __future__ import annotations

import re

FULL_STOPS = ".!?…։؟۔߹।॥၊။።፧፨។៕།༎᠃᠉᱾᱿‼⁇⁈⁉⸮꓿꘎꛳꤯꧈꧉꫱꯫。．！？｡︒︕︖﹒﹖﹗"
"""What ends a sentence, in the scripts of today."""
_COMMAS = ":;,،؛፣፤፥·՝、，；：﹐﹑﹔﹕"
"""What ends a part of a sentence: a paragraph that stops there goes on in the next."""
_CLOSERS = r"""\s"'”’“‘„»«›‹)\]}」』》〉】）］｣＂＇*†‡¹²³⁰-⁹\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff"""
"""What may stand behind a full stop: quotation marks, brackets, footnotes, marks of direction."""
_BEHIND = rf"(?:[{_CLOSERS}]|\[[\w*]{{1,4}}\])*$"
_ENDED = re.compile(rf"[{re.escape(FULL_STOPS + _COMMAS)}]{_BEHIND}")
_STOPPED = re.compile(rf"[{re.escape(FULL_STOPS)}]{_BEHIND}")
_TAIL = 60
"""Characters at the end of a text that are looked at for a full stop."""

_WIDE = r"々\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
"""Chinese and Japanese: about two characters a word, no blanks."""
_JOINED = r"\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aad\ua9e0-\ua9ff\uaa60-\uaa7f"
"""Thai, Lao, Tibetan, Burmese, Khmer and their kin: about five characters a word, blanks between phrases alone."""
_SPACED_WORD = re.compile(r"\S{1,25}(?!\S)|\S{1,10}")
_ANY_WORD = re.compile(
    rf"[{_WIDE}]{{1,2}}|[{_JOINED}]{{1,5}}|[^\s{_WIDE}{_JOINED}]{{1,25}}(?![^\s{_WIDE}{_JOINED}])|\S{{1,10}}"
)
_UNSPACED = re.compile(f"[{_WIDE}{_JOINED}]")


def words_of(text: str) -> list[tuple[int, int]]:
    """Start and end of every word; what is longer than 25 characters without a blank counts as several.

    Scripts without blanks between words are counted by characters: two a word in Chinese and Japanese, five in Thai,
    Lao, Khmer, Burmese and Tibetan.
    """
    pattern = _ANY_WORD if _UNSPACED.search(text) else _SPACED_WORD
    return [match.span() for match in pattern.finditer(text)]


def count_words(text: str) -> int:
    """How many words `words_of` finds."""
    pattern = _ANY_WORD if _UNSPACED.search(text) else _SPACED_WORD
    return len(pattern.findall(text))


def ends_with_full_stop(text: str) -> bool:
    """Whether a text ends as a sentence does; quotation marks, brackets and footnotes may stand behind."""
    return _STOPPED.search(text[-_TAIL:]) is not None


def ends_like_a_sentence(text: str) -> bool:
    """Whether a text ends with a full stop, or where a sentence is going on (colon, semicolon, comma)."""
    return _ENDED.search(text[-_TAIL:]) is not None
