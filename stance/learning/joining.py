"""Names of a pile that are one actor: acronyms and long forms, surnames and full names, spellings."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from stance.learning.draft_entries import Entry, is_person_like, last_word
from stance.learning.name_table import NameTable
from stance.text.acronyms import long_form
from stance.text.name_words import HONORIFICS
from stance.text.names import fold, plural, without_accents

TOGETHER = 0.5
"""A surname belongs to a full name that stands in this share of its articles."""
OTHERS = 0.25
"""And to none where another full name stands in this share of them."""
ALONE, FEW = 0.03, 0.2
"""The share of a surname's articles that will do where only one full name has it; and what is left aside then: full
names that stand in less than this share of the passages of the most frequent."""
ALIKE = 0.8
"""How alike two spellings of one consonants are at least."""
KNOWN = {"UN": "United Nations", "EU": "European Union"}
"""Acronyms that are hardly ever explained."""
APART = 0.05
"""The share of the passages of the rarer of two spellings in which the other stands at most."""
_VOWELS = re.compile(r"[aeiouyh'’]+")
_DOUBLE = re.compile(r"(.)\1+")


def joined(entries: list[Entry], table: NameTable) -> list[Entry]:
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
            for last in {last_word(name) for name in entry.spellings}:
                full.setdefault(last, []).append(entry)
    pairs = []
    for entry in entries:
        if entry.country or not all(_may_be_short(name) for name in entry.spellings):
            continue
        holders = [
            other for other in full.get(last_word(entry.label), ()) if other is not entry and _holds(other, entry)
        ]
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


def _may_be_short(name: str) -> bool:
    """Whether a name may be a surname, one with an honorific, or a full one without its middle."""
    return not name.isupper() and len(name.split()) < 4


def _holds(full: Entry, short: Entry) -> bool:
    """Whether the words of a short name stand in one of the spellings of a longer one."""
    words = {word for word in without_accents(fold(short.label)).split() if word not in HONORIFICS}
    return any(words < set(without_accents(fold(name)).split()) for name in full.spellings)
