"""How messages count what they are about and quote it: little, nothing that steers a terminal, nothing where asked."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

QUOTED = 60
"""How many characters of the input a message quotes at most."""
QUIET = "STANCE_QUIET_TEXT"
"""The environment variable by which messages quote nothing of the input; processes started from here have it too."""


def quote(value: Any) -> str:
    """A value for an error message, cut to `QUOTED` characters; nothing of it where `QUIET` is set."""
    if os.environ.get(QUIET):
        return "(not shown)"
    text = value[: 4 * QUOTED] if isinstance(value, str) else repr(value)
    text = "".join(c if c.isprintable() else "\ufffd" for c in " ".join(text.split()))
    return f'"{text[: QUOTED - 1]}…"' if len(text) > QUOTED else f'"{text}"'


def shown(name: Any) -> str:
    """A name, quoted, with the blanks around it told: `quote` leaves them out."""
    if not isinstance(name, str) or not name.strip():
        return quote(name)
    ends = {"beginning": name[0].isspace(), "end": name[-1].isspace()}
    where = " and its ".join(end for end, blank in ends.items() if blank)
    return quote(name) + (f" with a blank at its {where}" if where else "")


def counted(number: int, noun: str) -> str:
    """A number of things, by a noun that takes an s where they are several."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def extent(n_passages: int, n_articles: int) -> str:
    return f"{counted(n_passages, 'passage')} of {counted(n_articles, 'article')}"


def unquoted(value: Any) -> str:
    """The same without quotation marks: for ids, and names of fields."""
    return quote(value)[1:-1]


def nearest(names: Sequence[str]) -> str:
    """The names that may have been meant, for an error message; nothing where there is none."""
    return f" (nearest: {', '.join(names)})" if names else ""


def names_of(fields: Iterable[Any]) -> str:
    """The names of fields, for an error message."""
    return unquoted(", ".join(map(str, fields)) or "nothing")
