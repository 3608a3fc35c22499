"""Mentions: the names of a codebook's actors found in a passage, longest name first."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

import ahocorasick

from stance.records import Mention, Passage
from stance.text.codebook import Codebook
from stance.text.furniture import dateline_end
from stance.text.metonyms import Context
from stance.text.names import Name, fold_text, is_acronym, plural, spellings, without_accents, written

_WORDS = re.compile(r"\w+")
Kind = Literal["alias", "person", "surname", "metonym", "ignored"]


@dataclass(frozen=True, slots=True)
class _Entry:
    """A name as the automaton knows it."""

    actor: str
    kind: Kind
    name: Name
    folded: str
    written: str
    """The name as it is written, character by character beside `folded`."""
    plural: bool = False


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A name found in the folded text, at ``folded[start:end]``."""

    start: int
    end: int
    entries: tuple[_Entry, ...]
    past: bool = False
    """Whether it is a person's full name that does not count on the day: it names nobody, nor does a part of it."""


class Matcher:
    """Finds a codebook's actors in passages.

    The longest name wins ("Pakistani Taliban" is not the Taliban); a metonym counts only where it acts or speaks; a
    surname only after a title or after its bearer's full name; a surname that two actors share, and two names of
    different actors that overlap at equal length, are left out. A dated name counts on its days, and in an article
    without a date where it never means another actor. Accents may be missing or added, an alias may stand in the
    plural, an acronym with dots; money ("US$40 million") names nobody. One pass over the text, whatever the number of
    names.

    Parameters
    ----------
    codebook : Codebook

    Examples
    --------
    >>> from stance import Codebook
    >>> book = Codebook.parse("actors: [{id: ttp, aliases: [TTP, Pakistani Taliban]}, {id: kabul, aliases: [Taliban]}]")
    >>> [(m.actor, m.start, m.end) for m in Matcher(book).find("The Pakistani Taliban (TTP) left the Taliban’s camp.")]
    [('ttp', 4, 21), ('ttp', 23, 26), ('kabul', 37, 44)]
    """

    def __init__(self, codebook: Codebook):
        self.codebook = codebook
        self._automaton = ahocorasick.Automaton()
        for key, entries in _entries(codebook).items():
            self._automaton.add_word(key, (len(key), tuple(entries)))
        if len(self._automaton):
            self._automaton.make_automaton()

    def find(self, text: str, date: str | None = None) -> list[Mention]:
        """The mentions in `text`, in order, none overlapping.

        Parameters
        ----------
        text : str
        date : str, optional
            ISO 8601 day of the article: which dated names count.
        """
        if not len(self._automaton):
            return []
        folded, starts, ends = fold_text(text)
        context = Context(folded, written(text, starts, ends))
        mentions, people = [], _People()
        for candidate in _longest(self._candidates(context, parse_day(date))):
            actor = _actor(candidate, context, people)
            if actor:
                mentions.append(Mention(actor, starts[candidate.start], ends[candidate.end - 1]))
        return mentions

    def _candidates(self, context: Context, day: datetime.date | None) -> list[_Candidate]:
        """Names that stand in the text as they should, of those that count on the day."""
        found = []
        for last, (length, entries) in self._automaton.iter(without_accents(context.folded)):
            start, end = last + 1 - length, last + 1
            if context.is_word(start, end):
                fitting = [entry for entry in entries if _case_fits(context, start, end, entry)]
                exact = [entry for entry in fitting if entry.folded == context.folded[start:end]]
                counting = _counting(exact or fitting, day)
                past = not counting and bool(fitting) and all(entry.kind == "person" for entry in fitting)
                if counting or past:
                    found.append(_Candidate(start, end, tuple(counting or fitting), past))
        return found


def _counting(entries: list[_Entry], day: datetime.date | None) -> list[_Entry]:
    """Those of a name's entries that count on the day: dated ones go first, or last where the day is unknown."""
    undated = [entry for entry in entries if not entry.name.dated]
    dated = [entry for entry in entries if entry.name.dated and (day is None or entry.name.covers(day))]
    if day is not None or not undated:
        return dated or undated
    return undated


class _People:
    """Surnames of the people that a passage has named in full so far, and of those that do not count: called former,
    or out of office on the day."""

    def __init__(self) -> None:
        self.named: set[str] = set()
        self.former: set[str] = set()


def _actor(candidate: _Candidate, context: Context, people: _People) -> str | None:
    """The one actor that the candidate names here, or None."""
    start, end = candidate.start, candidate.end
    word = without_accents(context.folded[start:end])
    actors = set()
    if candidate.past:
        people.former.update(_surname(entry.name.text) for entry in candidate.entries)
    if candidate.past or context.is_money(start, end):
        return None
    for entry in candidate.entries:
        if entry.kind == "ignored":
            return None
        if entry.kind == "metonym" and not context.acts_or_speaks(start, end):
            continue
        if entry.kind != "metonym" and context.is_former(start):
            people.former.add(_surname(entry.name.text))
            continue
        if entry.kind == "surname" and (word in people.former or not context.is_surname(start, end, people.named)):
            continue
        if entry.kind == "person":
            people.named.add(_surname(entry.name.text))
        actors.add(entry.actor)
    return actors.pop() if len(actors) == 1 else None


def _case_fits(context: Context, start: int, end: int, entry: _Entry) -> bool:
    """Acronyms, also those within a name, as they are written; the first capital of a name as a capital."""
    if is_acronym(entry.name.text):
        return context.is_acronym(start, end)
    if entry.kind == "ignored":
        return True
    found = context.original[start:end]
    capitals = [word.start() for word in _WORDS.finditer(entry.folded) if entry.written[word.start()].isupper()]
    if any(found[place].islower() for place in (capitals if entry.plural else capitals[:1])):
        return False
    acronyms = (
        w for w in _WORDS.finditer(entry.folded) if len(w[0]) > 1 and entry.written[w.start() : w.end()].isupper()
    )
    return all(found[word.start() : word.end()].isupper() for word in acronyms)


def find_mentions(passage: Passage, matcher: Matcher) -> Passage:
    """The passage with its mentions: those given, else those found; none in a dateline."""
    if passage.mentions is not None:
        return replace(passage, mentions=tuple(sorted(passage.mentions, key=lambda m: (m.start, m.end))))
    date = passage.details.get("date")
    skipped = dateline_end(passage.text)
    found = matcher.find(passage.text, date if isinstance(date, str) else None)
    return replace(passage, mentions=tuple(mention for mention in found if mention.start >= skipped))


def parse_day(date: str | None) -> datetime.date | None:
    """The day of an ISO 8601 date or time, None where there is none or it is not one."""
    try:
        return datetime.date.fromisoformat(str(date)[:10]) if date else None
    except ValueError:
        return None


def _entries(codebook: Codebook) -> dict[str, list[_Entry]]:
    """Every name in lower case and without accents, with the actors it may stand for."""
    entries: dict[str, list[_Entry]] = {}
    for actor in codebook.actors:
        kinds: tuple[tuple[Kind, tuple[Name, ...]], ...]
        kinds = ("alias", actor.aliases), ("metonym", actor.metonyms), ("person", actor.people)
        for kind, names in kinds:
            for name in names:
                _add(entries, _Entry(actor.id, kind, name, *_forms(name.text)))
    own = frozenset(entries)
    _add_surnames(entries, codebook)
    for phrase in codebook.ignored:
        _add(entries, _Entry("", "ignored", Name(phrase), *_forms(phrase)))
    for entry in [entry for key in own for entry in entries[key]]:
        _add_variants(entries, entry, own)
    return entries


def _forms(text: str) -> tuple[str, str]:
    """A name folded, and the same as it is written."""
    folded, starts, ends = fold_text(text.strip())
    return folded, written(text.strip(), starts, ends)


def _add(entries: dict[str, list[_Entry]], entry: _Entry) -> None:
    entries.setdefault(without_accents(entry.folded), []).append(entry)


def _add_surnames(entries: dict[str, list[_Entry]], codebook: Codebook) -> None:
    """Surnames that one actor's people alone bear, and that are no name in their own right."""
    bearers: dict[str, list[tuple[str, Name]]] = {}
    for actor in codebook.actors:
        for name in actor.people:
            short = Name(name.text.split()[-1], name.since, name.until)
            bearers.setdefault(_surname(name.text), []).append((actor.id, short))
    for surname, names in bearers.items():
        if len({actor_id for actor_id, _ in names}) == 1 and surname not in entries:
            undated = [(actor_id, name) for actor_id, name in names if not name.dated]
            for actor_id, name in dict.fromkeys(undated or names):
                _add(entries, _Entry(actor_id, "surname", name, *_forms(name.text)))


def _add_variants(entries: dict[str, list[_Entry]], entry: _Entry, own: frozenset[str]) -> None:
    """Other spellings of a name, and the plural of an alias, where no name of the codebook is written so."""
    spelled = [(text, False) for text in spellings(entry.name.text)]
    many = plural(entry.name.text) if entry.kind == "alias" else None
    for text, is_plural in [*spelled, *([(many, True)] if many else [])]:
        name = Name(text, entry.name.since, entry.name.until)
        variant = _Entry(entry.actor, entry.kind, name, *_forms(text), is_plural)
        if without_accents(variant.folded) not in own:
            _add(entries, variant)


def _surname(full_name: str) -> str:
    return without_accents(fold_text(full_name.split()[-1])[0])


def _longest(candidates: Iterable[_Candidate]) -> list[_Candidate]:
    """The longest of overlapping candidates, in order; of two of equal length that name different actors, neither."""
    by_length = sorted(candidates, key=lambda c: (c.start - c.end, c.start))
    standing = {(c.end - c.start, c.start): c for c in by_length}
    kept: list[_Candidate] = []
    taken: set[int] = set()
    for candidate in by_length:
        length = candidate.end - candidate.start
        if taken.isdisjoint(range(candidate.start, candidate.end)):
            rivals = [standing.get((length, at)) for at in range(candidate.start + 1, candidate.end)]
            names = {entry.actor for entry in candidate.entries}
            clashes = [
                rival
                for rival in rivals
                if rival
                and taken.isdisjoint(range(rival.start, rival.end))
                and {entry.actor for entry in rival.entries} != names
            ]
            for lost in clashes:
                taken.update(range(lost.start, lost.end))
            if not clashes:
                kept.append(candidate)
            taken.update(range(candidate.start, candidate.end))
    return sorted(kept, key=lambda c: c.start)
