"""The names of a pile, counted as its passages go by, in memory that does not grow with it."""

from __future__ import annotations

import zlib
from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from stance.records import Passage
from stance.text.name_runs import Sighting, context_of, names_of

POSTINGS, NAMES, WORDS = 5_000_000, 400_000, 300_000
"""How much is kept at most: places of names, names, and words; of more, every second article is left out."""
_SENTENCES = 1 << 27
"""Bits that tell which sentences were seen."""


@dataclass(slots=True)
class Seen:
    """Where a name was seen.

    Attributes
    ----------
    places : array of int
        Of each passage, the hash of its article and, below 32 bits, its own number.
    acting : array of int
        The same of those in which it acts, speaks or is addressed.
    n, acts, placed : int
        How often it stood there, acted or was addressed, and stood as a place does.
    """

    places: array[int] = field(default_factory=lambda: array("Q"))
    acting: array[int] = field(default_factory=lambda: array("Q"))
    n: int = 0
    acts: int = 0
    placed: int = 0
    context: str = ""
    context_acts: bool = False

    def add(self, place: int, sighting: Sighting, text: str) -> int:
        """Count a sighting; how many places more are kept."""
        self.n += 1
        self.acts += sighting.acts
        self.placed += sighting.placed
        if not self.context or (sighting.acts and not self.context_acts):
            self.context, self.context_acts = context_of(text, sighting), sighting.acts
        kept = (self.places, self.acting) if sighting.acts else (self.places,)
        fresh = [places for places in kept if not places or places[-1] != place]
        for places in fresh:
            places.append(place)
        return len(fresh)

    def take(self, other: Seen) -> None:
        """Count what was seen under another spelling too."""
        self.places = array("Q", sorted({*self.places, *other.places}))
        self.acting = array("Q", sorted({*self.acting, *other.acting}))
        self.n, self.acts, self.placed = self.n + other.n, self.acts + other.acts, self.placed + other.placed
        if not self.context or (other.context_acts and not self.context_acts):
            self.context, self.context_acts = other.context, other.context_acts


@dataclass
class NameTable:
    """Counts the names in passages.

    Where a pile is so large that too much would have to be kept, every second article is left out, or three of four,
    and so on, by a hash of its id: `share` is what is left.

    Attributes
    ----------
    names : dict
        By name, and whether it stood where its first word may have its capital from opening a sentence.
    lower, upper : Counter
        How often words stood within sentences without a capital, and with one.
    ties, titled, definitions : Counter
        As in `stance.text.name_runs.Names`.
    """

    names: dict[tuple[str, bool], Seen] = field(default_factory=dict)
    lower: Counter[str] = field(default_factory=Counter)
    upper: Counter[str] = field(default_factory=Counter)
    ties: Counter[tuple[str, str]] = field(default_factory=Counter)
    titled: Counter[str] = field(default_factory=Counter)
    definitions: Counter[tuple[str, str]] = field(default_factory=Counter)
    n_passages: int = 0
    n_articles: int = 0
    _last: str = ""
    _mask: int = 0
    _postings: int = 0
    _sentences: bytearray = field(default_factory=lambda: bytearray(_SENTENCES // 8))

    @property
    def share(self) -> float:
        """Of the articles, those that were counted."""
        return 1 / (self._mask + 1)

    def add_all(self, passages: Iterable[Passage]) -> NameTable:
        for passage in passages:
            self.add(passage)
        return self

    def add(self, passage: Passage) -> None:
        """Count the names of a passage."""
        self.n_passages += 1
        self.n_articles += passage.article != self._last
        self._last = passage.article
        article = zlib.crc32(passage.article.encode("utf-8", "surrogatepass"))
        if article & self._mask:
            return
        found = names_of(passage.text, self._is_known)
        place = article << 32 | self.n_passages
        for sighting in found.sightings:
            seen = self.names.setdefault((sighting.name, sighting.opens), Seen())
            self._postings += seen.add(place, sighting, found.text)
        pairs = (self.lower, found.lower), (self.upper, found.upper), (self.titled, found.titled)
        for counter, words in pairs:
            counter.update(words)
        self.ties.update(found.ties)
        self.definitions.update(found.definitions)
        self._keep_small()

    def _is_known(self, sentence: str) -> bool:
        """Whether a sentence of some length was seen before; a few are taken for known that are not."""
        if len(sentence) < 15:
            return False
        place = zlib.crc32(sentence.encode("utf-8", "surrogatepass")) % _SENTENCES
        known = bool(self._sentences[place >> 3] & 1 << (place & 7))
        self._sentences[place >> 3] |= 1 << (place & 7)
        return known

    def _keep_small(self) -> None:
        counters: tuple[Counter[Any], ...] = (self.lower, self.upper, self.titled, self.ties, self.definitions)
        for counter in counters:
            if len(counter) > WORDS:
                _drop_rare(counter)
        while self._postings > POSTINGS or len(self.names) > NAMES:
            self._mask = 2 * self._mask + 1
            self._thin()

    def _thin(self) -> None:
        """Leave out what stands in articles that are no longer counted."""
        for key, seen in list(self.names.items()):
            kept, acting = (
                array("Q", (place for place in places if not place >> 32 & self._mask))
                for places in (seen.places, seen.acting)
            )
            if not kept:
                del self.names[key]
                continue
            share = len(kept) / len(seen.places)
            seen.places, seen.acting = kept, acting
            seen.n, seen.acts, seen.placed = (round(share * count) for count in (seen.n, seen.acts, seen.placed))
        self._postings = sum(len(seen.places) + len(seen.acting) for seen in self.names.values())


def _drop_rare(counter: Counter[Any]) -> None:
    """Forget what was counted least often, until half is left."""
    least = 1
    while len(counter) > WORDS // 2:
        for key in [key for key, count in counter.items() if count <= least]:
            del counter[key]
        least += 1
