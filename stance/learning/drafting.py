"""A codebook's actors, proposed from the names that recur in a pile."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher

from stance.learning.name_table import NameTable, Seen
from stance.text.countries import Country, countries
from stance.text.name_runs import long_form
from stance.text.name_words import GROUPS, HONORIFICS, LONE, MEDIA, NO_ACTORS, OPEN, ORGANS, PARTICLES, THINGS
from stance.text.names import fold, plural, without_accents

PLACED, ACTING, TITLED = 0.4, 0.2, 0.05
"""A name is a place where this share of its sightings are; and no actor where less than this share of them act, or less
than the last where some have a title."""
TOGETHER = 0.5
"""A surname belongs to a full name that stands in this share of its articles."""
OTHERS = 0.25
"""And to none where another full name stands in this share of them."""
SPELLED = 2
"""Passages that have to have a spelling that is looked at; an actor has to be named in more."""
SAID = 2
"""Passages that have to say for whom a person speaks."""
AGREED = 0.7
"""The share of them that have to agree."""
ALONE, FEW = 0.03, 0.2
"""The share of a surname's articles that will do where only one full name has it; and what is left aside then: full
names that stand in less than this share of the passages of the most frequent."""
ALIKE = 0.8
"""How alike two spellings of one consonants are at least."""
KNOWN = {"UN": "United Nations", "EU": "European Union"}
"""Acronyms that are hardly ever explained."""
APART = 0.05
"""The share of the passages of the rarer of two spellings in which the other stands at most."""
_JOIN = re.compile(r" (?:of|for|on)(?: the)? ")
_VOWELS = re.compile(r"[aeiouyh'’]+")
_DOUBLE = re.compile(r"(.)\1+")


@dataclass
class Entry:
    """What is one actor, as far as the pile tells.

    Attributes
    ----------
    spellings : Counter
        In how many passages each stands.
    seat_names : set of str
        Of a country, what stands for its government where it acts; of others nothing.
    speaks_for : tuple of (Entry, int), optional
        For whom a person is said to speak, and how often.
    """

    seen: Seen = field(default_factory=Seen)
    spellings: Counter[str] = field(default_factory=Counter)
    country: Country | None = None
    metonyms: set[str] = field(default_factory=set)
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
        self.metonyms |= other.metonyms

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


def draft(table: NameTable, count: int, least: int) -> list[Entry]:
    """The actors that a pile names most often, the most named first.

    Parameters
    ----------
    count : int
        Actors at most.
    least : int
        Passages that have to name an actor, and each of its spellings; of those that were counted.
    """
    names = _settled(table)
    entries = _joined(_entries(names, table, least), table)
    kept = [entry for entry in entries if entry.n_passages >= least and _is_actor(entry, table)]
    kept = _with_people(kept, table)
    kept.sort(key=lambda entry: (-entry.n_passages, entry.label))
    return kept[:count]


def _settled(table: NameTable) -> dict[str, Seen]:
    """The names, without what only opened a sentence before them, and without common words."""
    names: dict[str, Seen] = {}
    for (name, opens), seen in table.names.items():
        settled = _without_opening(name, table) if opens else name
        if settled and not _is_common(settled, table):
            names.setdefault(settled, Seen()).take(seen)
    return _parted(names, dict(table.definitions), table)


def _without_opening(name: str, table: NameTable) -> str:
    """A name that opened a sentence; without its first word where that has no capital elsewhere."""
    if (name, False) in table.names:
        return name
    first, _, rest = name.partition(" ")
    word = first.lower()
    if first.isupper() and len(first) > 1:
        return name
    if table.lower[word] >= table.upper[word]:
        return rest if rest[:1].isupper() else ""
    return name


def _is_common(name: str, table: NameTable) -> bool:
    """Whether a name is a single word that mostly has no capital, or that names nobody."""
    words = name.lower().split()
    if name in countries():
        return False
    if all(word in NO_ACTORS or word in HONORIFICS or len(word) < 2 for word in words) or _is_particle(name):
        return True
    if len(words) == 1 and words[0] in GROUPS | ORGANS and words[0] not in LONE:
        return True
    shouted = name.isupper() and len(name) < 8
    return len(words) == 1 and not shouted and table.lower[words[0]] > table.upper[words[0]] / 2


def _is_particle(name: str) -> bool:
    return name.lower() in PARTICLES and not (name.isupper() and len(name) > 1)


def _parted(names: Mapping[str, Seen], definitions: Mapping[str, str], table: NameTable) -> dict[str, Seen]:
    """Names, those parted that are two: "Envoy of Kabul", "Iran-Iraq", "Norway Mara Quist"."""
    long_forms, kept = set(definitions.values()), dict[str, Seen]()
    for name, seen in names.items():
        halves = _halves(name, table) if name not in long_forms and name not in countries() else [name]
        parted = len(halves) == 2 and _outdoes(names.get(halves[0]), seen)
        for part in halves if parted else [name]:
            if part in names:
                kept.setdefault(part, Seen()).take(seen)
    return kept


def _halves(name: str, table: NameTable) -> list[str]:
    """The two names that a name may be; itself alone where it is one."""
    for length in (2, 1):
        words = name.split()
        country, rest = " ".join(words[:length]), " ".join(words[length:])
        if country in countries() and table.titled[rest] and " " in rest and GROUPS.isdisjoint(rest.lower().split()):
            return [rest, country]
    joined = _JOIN.split(name, maxsplit=1)
    if len(joined) == 1 and name.count("-") == 1 and " " not in name:
        joined = name.split("-")
    return joined if all(half[:1].isupper() for half in joined) else [name]


def _outdoes(one: Seen | None, other: Seen) -> bool:
    return one is not None and len(one.places) > len(other.places)


def _entries(names: Mapping[str, Seen], table: NameTable, least: int) -> list[Entry]:
    """An entry for each name, however it is folded, and for each country with its spellings."""
    by_key: dict[str, Entry] = {}
    for name, seen in sorted(names.items()):
        country = _country_of(name)
        key = country.name if country else without_accents(fold(name))
        entry = by_key.setdefault(key, Entry(country=country))
        entry.take(name, seen, only_acting=name in countries())
        entry.titled += table.titled[name]
        if country and name in countries():
            entry.metonyms.add(name)
    return [entry for entry in by_key.values() if _recurs(entry, least)]


def _recurs(entry: Entry, least: int) -> bool:
    """Whether a name recurs, or a country is named often enough by its name: a city alone may be only a city."""
    if not entry.country:
        return entry.n_passages >= min(least, SPELLED)
    return sum(n for name, n in entry.spellings.items() if name not in entry.country.seats) >= least


def _country_of(name: str) -> Country | None:
    """The country that a name stands for: by itself, or as that of its government and its organs."""
    if name in countries():
        return countries()[name]
    words = name.split()
    for length in (3, 2, 1):
        if length < len(words):
            first, last = " ".join(words[:length]), " ".join(words[-length:])
            if (
                first in countries()
                and all(w.lower() in ORGANS for w in words[length:])
                and words[-1].lower() not in OPEN
            ):
                return countries()[first]
            if (
                last in countries()
                and words[-length - 1].lower() in ("of", "the")
                and all(word.lower() in ORGANS for word in words[:-length])
            ):
                return countries()[last]
    return None


def _joined(entries: list[Entry], table: NameTable) -> list[Entry]:
    """Entries, those that are one actor joined."""
    for join in (_acronyms, _plurals, _variants, _short_names):
        entries = join(entries, table)
    return entries


def _merge(entries: list[Entry], pairs: Sequence[tuple[Entry, Entry]]) -> list[Entry]:
    """Join the second of each pair to the first, or to what that was joined to."""
    into: dict[int, Entry] = {}

    def found(entry: Entry) -> Entry:
        while id(entry) in into:
            entry = into[id(entry)]
        return entry

    for one, other in pairs:
        one, other = found(one), found(other)
        if one is other or (one.country and other.country):
            continue
        if other.country:
            one, other = other, one
        one.join(other)
        into[id(other)] = one
    return [entry for entry in entries if id(entry) not in into]


def _by_key(entries: Sequence[Entry]) -> dict[str, Entry]:
    return {without_accents(fold(name)): entry for entry in entries for name in entry.spellings}


def _acronyms(entries: list[Entry], table: NameTable) -> list[Entry]:
    """Join acronyms to what they are said to be short for, or to the one name that they can be short for."""
    known, pairs = _by_key(entries), []
    defined = {short: Counter({long: 1}) for short, long in KNOWN.items()}
    for (short, long), count in table.definitions.items():
        defined.setdefault(short, Counter())[long] += count
    common = {
        short
        for short, longs in defined.items()
        if sum(n for long, n in longs.items() if long == long.lower()) * 2 > longs.total()
    }
    for short, longs in sorted(defined.items()):
        own = known.get(without_accents(fold(short)))
        for long, _ in longs.most_common():
            other = known.get(without_accents(fold(long)))
            if own and other and short not in common:
                pairs.append((other, own))
            elif own and long[:1].isupper():
                own.spellings[long] += longs[long]
    entries = [entry for entry in entries if not common.issuperset(entry.spellings)]
    return _merge(entries, [*pairs, *_unexplained(entries, defined)])


def _unexplained(entries: list[Entry], defined: Mapping[str, object]) -> Iterator[tuple[Entry, Entry]]:
    """Acronyms that are nowhere explained, each with the one name that it can be short for, of its articles."""
    by_letter: dict[str, list[Entry]] = {}
    for entry in entries:
        if not entry.country:
            for letter in {name[0].lower() for name in entry.spellings if not name.isupper()}:
                by_letter.setdefault(letter, []).append(entry)
    for entry in entries:
        names = [name for name in entry.spellings if name.isupper() and name.isalpha() and 1 < len(name) < 7]
        if names and len(entry.spellings) == len(names) and names[0] not in defined:
            fitting = [other for other in by_letter.get(names[0][0].lower(), ()) if _is_short_for(names[0], other)]
            near = [other for other in fitting if _share(entry, other) >= OTHERS]
            if len(near) == 1:
                yield near[0], entry


def _is_short_for(short: str, entry: Entry) -> bool:
    return any(long_form(short, name) == name for name in entry.spellings if " " in name or "-" in name)


def _share(entry: Entry, other: Entry) -> float:
    """Of an entry's articles the share in which the other is named too."""
    own = entry.articles
    return len(own & other.articles) / max(1, len(own))


def _plurals(entries: list[Entry], table: NameTable) -> list[Entry]:
    known = _by_key(entries)
    pairs = []
    for entry in entries:
        for name in entry.spellings:
            many = known.get(without_accents(fold(plural(name) or "")))
            if many and many is not entry:
                pairs.append((entry, many))
    return _merge(entries, pairs)


def _variants(entries: list[Entry], table: NameTable) -> list[Entry]:
    """Join spellings that differ in vowels alone: "al-Qaida" and "al-Qaeda"."""
    by_bones: dict[str, list[tuple[str, Entry]]] = {}
    for entry in entries:
        for name in entry.spellings:
            if not entry.country and not (name.isupper() and len(name) < 7):
                by_bones.setdefault(_bones(name), []).append((without_accents(fold(name)), entry))
    pairs = []
    for own in by_bones.values():
        for (one, entry), (other, another) in itertools.combinations(own, 2):
            if entry is not another and _alike(one, other) and _apart(entry, another):
                pairs.append((entry, another))
    return _merge(entries, pairs)


def _alike(one: str, other: str) -> bool:
    """Whether two folded names with the same consonants may be one: they end alike, and are long enough to tell."""
    if one == other:
        return True
    same = len(one.split()) == len(other.split()) and one[-1] == other[-1] and min(len(one), len(other)) > 5
    return same and SequenceMatcher(None, one, other).ratio() >= ALIKE


def _apart(entry: Entry, other: Entry) -> bool:
    """Whether two names hardly stand in one passage, as two spellings do and two persons do not."""
    own, theirs = set(entry.seen.places), set(other.seen.places)
    return len(own & theirs) <= APART * min(len(own), len(theirs))


def _bones(name: str) -> str:
    """The consonants of a name, double ones once."""
    return _DOUBLE.sub(r"\1", _VOWELS.sub("", without_accents(fold(name))))


def _short_names(entries: list[Entry], table: NameTable) -> list[Entry]:
    """Join surnames, and names without a middle one, to the full name that stands in their articles."""
    full: dict[str, list[Entry]] = {}
    for entry in entries:
        if is_person_like(entry):
            for last in {_last(name) for name in entry.spellings}:
                full.setdefault(last, []).append(entry)
    pairs = []
    for entry in entries:
        if entry.country or not all(_may_be_short(name) for name in entry.spellings):
            continue
        holders = [other for other in full.get(_last(entry.label), ()) if other is not entry and _holds(other, entry)]
        most = max((other.n_passages for other in holders), default=0)
        others = [(_share(entry, other), other) for other in holders if other.n_passages >= FEW * most]
        others.sort(key=lambda pair: (-pair[0], pair[1].label))
        if others and others[0][0] >= _needed(entry, len(others)) and all(share < OTHERS for share, _ in others[1:]):
            pairs.append((others[0][1], entry))
    return _merge(entries, pairs)


def _needed(short: Entry, rivals: int) -> float:
    """The share of its articles in which the full name has to stand that a short one belongs to."""
    if rivals == 1 and len(short.label.split()) > 1:
        return 0.0
    return ALONE if rivals == 1 and short.titled else TOGETHER


def _last(name: str) -> str:
    return without_accents(fold(name)).lower().split()[-1]


def _may_be_short(name: str) -> bool:
    """Whether a name may be a surname, one with an honorific, or a full one without its middle."""
    return not name.isupper() and len(name.split()) < 4


def _holds(full: Entry, short: Entry) -> bool:
    """Whether the words of a short name stand in one of the spellings of a longer one."""
    words = {word for word in without_accents(fold(short.label)).split() if word not in HONORIFICS}
    return any(words < set(without_accents(fold(name)).split()) for name in full.spellings)


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


def _is_actor(entry: Entry, table: NameTable) -> bool:
    """Whether a recurring name acts and is no place."""
    if entry.country:
        return True
    seen, lasts = entry.seen, {_last(part) for name in entry.spellings for part in name.split(" of ") if part}
    if lasts & (THINGS | MEDIA) or entry.label.endswith(" News Agency") or entry.label.startswith("Operation "):
        return False
    return seen.placed < PLACED * seen.n and seen.acts >= (TITLED if entry.titled else ACTING) * seen.n


def _with_people(entries: list[Entry], table: NameTable) -> list[Entry]:
    """Entries, persons under those that they are said to speak for."""
    by_label, moved = {entry.label: entry for entry in entries}, set[str]()
    for label, bodies in _said(entries, table).items():
        [(body, count)] = bodies.most_common(1)
        if count >= SAID and count >= AGREED * bodies.total():
            by_label[body].people.append(by_label[label])
            moved.add(label)
        else:
            by_label[label].said = body, count
    for entry in entries:
        entry.people.sort(key=lambda person: (-person.n_passages, person.label))
    return [entry for entry in entries if entry.label not in moved]


def _said(entries: list[Entry], table: NameTable) -> dict[str, Counter[str]]:
    """Of persons, for whom they are said to speak, and how often: by labels."""
    by_name = {name: entry for entry in entries for name in entry.spellings}
    said: dict[str, Counter[str]] = {}
    for (body, person), count in table.ties.items():
        own, other = by_name.get(person), by_name.get(body)
        if own and other and own is not other and is_person_like(own) and not is_person_like(other):
            said.setdefault(own.label, Counter())[other.label] += count
    return said
