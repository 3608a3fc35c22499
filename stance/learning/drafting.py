"""A codebook's actors, proposed from the names that recur in a pile."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from stance.learning.draft_entries import Entry, is_person_like, last_word
from stance.learning.joining import joined
from stance.learning.name_table import NameTable, Seen
from stance.text.countries import Country, countries
from stance.text.name_words import GROUPS, HONORIFICS, LONE, MEDIA, NO_ACTORS, OPEN, ORGANS, PARTICLES, THINGS
from stance.text.names import fold, without_accents

PLACED, ACTING, TITLED = 0.4, 0.2, 0.05
"""A name is a place where this share of its sightings are; and no actor where less than this share of them act, or less
than the last where some have a title."""
SPELLED = 2
"""Passages that have to have a spelling that is looked at; an actor has to be named in more."""
SAID = 2
"""Passages that have to say for whom a person speaks."""
AGREED = 0.7
"""The share of them that have to agree."""
_JOIN = re.compile(r" (?:of|for|on)(?: the)? ")


def draft(table: NameTable, count: int, least: int) -> list[Entry]:
    """The actors that a pile names most often, the most named first.

    Parameters
    ----------
    count : int
        Actors at most.
    least : int
        Passages that have to name an actor, of those that were counted.
    """
    names = _settled(table)
    entries = joined(_entries(names, table, least), table)
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


def _is_actor(entry: Entry, table: NameTable) -> bool:
    """Whether a recurring name acts and is no place."""
    if entry.country:
        return True
    seen, lasts = entry.seen, {last_word(part) for name in entry.spellings for part in name.split(" of ") if part}
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
