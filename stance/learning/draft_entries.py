"""What a draft of a codebook knows of an actor."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from stance.learning.name_table import Seen
from stance.text.countries import Country, countries
from stance.text.name_words import GROUPS, NO_ACTORS
from stance.text.names import fold, without_accents


@dataclass
class Entry:
    """What is one actor, as far as the pile tells.

    Attributes
    ----------
    seen : Seen
        Under all of its spellings.
    spellings : Counter
        In how many passages each stands; of a country's names, those in which it acts.
    people : list of Entry
        Persons who are said to speak or act for it.
    said : tuple of (str, int), optional
        The label of a body that a person may speak for, and how often that is said; too seldom to be sure.
    titled : int
        How often it had a title before it.
    """

    seen: Seen = field(default_factory=Seen)
    spellings: Counter[str] = field(default_factory=Counter)
    country: Country | None = None
    people: list[Entry] = field(default_factory=list)
    said: tuple[str, int] | None = None
    titled: int = 0

    def take(self, name: str, seen: Seen, only_acting: bool = False) -> None:
        """Count what was seen under a name; of a country's where it acts, since it is a place too."""
        if only_acting:
            seen = replace(seen, places=seen.acting)
        if seen.places:
            self.spellings[name] += len(seen.places)
            self.seen.take(seen)

    def join(self, other: Entry) -> None:
        self.spellings.update(other.spellings)
        self.seen.take(other.seen)
        self.titled += other.titled

    @property
    def n_passages(self) -> int:
        return len(self.seen.places)

    @property
    def n_articles(self) -> int:
        return len({place >> 32 for place in self.seen.places})

    @property
    def articles(self) -> set[int]:
        return {place >> 32 for place in self.seen.places}

    @property
    def label(self) -> str:
        """The longest of the spellings that are not rare: a full name rather than a surname or an acronym."""
        if self.country:
            return self.country.name
        often = max(self.spellings.values()) / 10
        return max(
            (name for name, n in self.spellings.items() if n >= often),
            key=lambda name: (len(name.split()), self.spellings[name], name),
        )


def is_person_like(entry: Entry) -> bool:
    """Whether all of an entry's spellings could be names of a person: a few words, none of which a group is called."""
    longest = max(entry.spellings, key=lambda name: len(name.split()))
    words = longest.split()
    return (
        not entry.country
        and 1 < len(words) <= 5
        and not any(
            word.lower() in GROUPS or word.lower() in NO_ACTORS or word.lower() in ("of", "the", "for")
            for word in words
        )
        and not any(word.isupper() and len(word) > 1 for word in words)
        and not any(" ".join(words[:length]) in countries() for length in (1, 2))
        and entry.titled > 0
    )


def last_word(name: str) -> str:
    return without_accents(fold(name)).lower().split()[-1]
