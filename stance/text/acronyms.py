"""Acronyms, and the words that they are short for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_IN_BRACKETS = re.compile(r"\((?:the |or )?([A-Z][A-Za-z&.-]{1,9}?)s?\)")
_LONG_IN_BRACKETS = re.compile(r"\b([A-Z]{2,8})\s?\(((?:the )?[^\W\d_][^()\n]{5,80})\)")
_PASSED = frozenset("of the for and on in de e i o ul al at to s with".split())
"""Small words that need not give a letter."""


def definitions_in(text: str) -> Iterator[tuple[str, str]]:
    """Acronyms and what they are short for, where one stands in brackets behind the other."""
    for match in _IN_BRACKETS.finditer(text):
        short = match[1].rstrip(".")
        long = long_form(short, text[max(0, match.start() - 100) : match.start()])
        if long:
            yield short.replace(".", ""), long
    for match in _LONG_IN_BRACKETS.finditer(text):
        if long_form(match[1], match[2]) in (match[2], match[2].removeprefix("the ")):
            yield match[1], match[2].removeprefix("the ")


def long_form(short: str, before: str) -> str:
    """The words at the end of a text that an acronym is short for: its letters in their order, each word begun by one.

    That is how Schwartz and Hearst find them (2003); here every longer word has to give a letter.
    """
    letters = [c.lower() for c in short if c.isalnum()]
    words = list(re.finditer(r"[^\W_]+", before))
    for count in range(1, min(len(words), 2 * len(letters) + 2) + 1):
        own = words[-count:]
        if own[0][0].lower() not in _PASSED and _initials_fit(letters, [word[0].lower() for word in own]):
            return before[own[0].start() :].strip().strip(",\"'").strip()
    return ""


def _initials_fit(letters: Sequence[str], words: Sequence[str]) -> bool:
    """Whether letters are the initials of words, in order; small words may be passed over."""
    place = 0
    for number, word in enumerate(words):
        if place < len(letters) and word[0] == letters[place]:
            place += 1
        elif number == 0 or word not in _PASSED:
            return False
    return place == len(letters)
