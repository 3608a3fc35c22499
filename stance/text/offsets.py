"""Offsets as others count them: in UTF-16 units, grapheme clusters or bytes, with line ends of another length."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

CODE_POINTS = "characters"
"""As Python counts, and the data format."""
LONGEST = 100_000
"""Characters up to which other ways are looked at: it takes a second, and a passage is not as long."""
BYTE_ORDER_MARK = "\ufeff"
_LINE_ENDS = {"": 0, ", CRLF as one": 1, ", line ends as two": 2}
"""What is said of the line ends, and the units that each of them counts; 0: as it stands."""


@dataclass(frozen=True, slots=True)
class Counting:
    """A way of counting, or several that are the same for a text.

    Attributes
    ----------
    names : tuple of str
        The most usual first.
    edges : tuple of int
        So many units stand before each character; the last edge is the end.
    """

    names: tuple[str, ...]
    edges: tuple[int, ...]

    def character(self, offset: int) -> int | None:
        """The character that an offset stands before; None inside of one and outside of the text."""
        place = bisect_right(self.edges, offset) - 1
        return place if place >= 0 and self.edges[place] == offset else None

    def span(self, start: int, end: int) -> tuple[int, int] | None:
        """A span in characters; None where it is none."""
        begin, stop = self.character(start), self.character(end)
        return (begin, stop) if begin is not None and stop is not None and begin < stop else None


@lru_cache(maxsize=8)
def countings(text: str) -> tuple[Counting, ...]:
    """All ways of counting that differ for a text; the first counts characters, as the only one from `LONGEST` on."""
    if len(text) > LONGEST:
        return (Counting((CODE_POINTS,), tuple(range(len(text) + 1))),)
    found: dict[tuple[int, ...], list[str]] = {}
    for name, edges in _edges(text):
        found.setdefault(edges, []).append(name)
    return tuple(Counting(tuple(names), edges) for edges, names in found.items())


def _edges(text: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The edges by the names of the ways, the most usual first."""
    line_ends = _LINE_ENDS if "\n" in text or "\r" in text else {"": 0}
    counted = {
        f"{unit}{ends}": (unit, _with_line_ends(text, sizes(text), length))
        for unit, sizes in UNITS.items()
        for ends, length in line_ends.items()
    }
    for way, (_, sizes) in counted.items():
        yield way, tuple(accumulate(sizes, initial=0))
    for way, (unit, sizes) in counted.items():
        if text.startswith(BYTE_ORDER_MARK):
            yield f"{way}, without the byte order mark", tuple(accumulate([0, *sizes[1:]], initial=0))
        else:
            first = sum(UNITS[unit](BYTE_ORDER_MARK))
            yield f"{way}, with a byte order mark", tuple(accumulate(sizes, initial=first))


def _with_line_ends(text: str, sizes: Sequence[int], length: int) -> list[int]:
    """The sizes of characters where every line end counts so many units."""
    sizes = list(sizes)
    for place, c in enumerate(text) if length else ():
        paired = text[place : place + 2] == "\r\n"
        if c == "\n" and text[place - 1 : place] == "\r":
            sizes[place] = length - 1
        elif c in "\r\n":
            sizes[place] = 1 if paired else length
    return sizes


def _utf16_units(text: str) -> list[int]:
    return [2 if c > "\uffff" else 1 for c in text]


def _bytes(text: str) -> list[int]:
    return [len(c.encode("utf-8", "surrogatepass")) for c in text]


def _clusters(text: str) -> list[str]:
    import regex

    return regex.findall(r"\X", text) if not text.isascii() or "\r" in text else list(text)


def _grapheme_clusters(text: str) -> list[int]:
    return [size for cluster in _clusters(text) for size in (1, *[0] * (len(cluster) - 1))]


def _composed_letters(text: str) -> list[int]:
    sizes: list[int] = []
    for cluster in _clusters(text):
        length = len(unicodedata.normalize("NFC", cluster))
        sizes += [1] * len(cluster) if length == len(cluster) else [length, *[0] * (len(cluster) - 1)]
    return sizes


def _decomposed_letters(text: str) -> list[int]:
    return [len(unicodedata.normalize("NFD", c)) for c in text]


UNITS: Mapping[str, Callable[[str], list[int]]] = {
    CODE_POINTS: lambda text: [1] * len(text),
    "UTF-16 units": _utf16_units,
    "grapheme clusters": _grapheme_clusters,
    "bytes": _bytes,
    "composed letters (NFC)": _composed_letters,
    "decomposed letters (NFD)": _decomposed_letters,
}
