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
from stance.text.metonyms import Context
from stance.text.names import Name, fold_text, is_acronym
from stance.text.passages import dateline_end

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


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A name found in the folded text, at ``folded[start:end]``."""

    start: int
    end: int
    entries: tuple[_Entry, ...]


class Matcher:
    """Finds a codebook's actors in passages.

    The longest name wins ("Pakistani Taliban" is not the Taliban); a metonym counts only where it acts or speaks; a
    surname only after a title or after its bearer's full name; a surname that two actors share, and two names of
    different actors that overlap at equal length, are left out. One pass over the text, whatever the number of names.

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
        context = Context(folded, "".join([text[i] for i in starts]))
        mentions, people = [], _People()
        for candidate in _longest(self._candidates(context, parse_day(date))):
            actor = _actor(candidate, context, people)
            if actor:
                mentions.append(Mention(actor, starts[candidate.start], ends[candidate.end - 1]))
        return mentions

    def _candidates(self, context: Context, day: datetime.date | None) -> list[_Candidate]:
        """Names that stand in the text as they should, of those that count on the day; dated ones go first."""
        found = []
        for last, (length, entries) in self._automaton.iter(context.folded):
            start, end = last + 1 - length, last + 1
            if context.is_word(start, end):
                fitting = [e for e in entries if e.name.covers(day) and _case_fits(context, start, end, e)]
                dated = [entry for entry in fitting if entry.name.dated]
                if fitting:
                    found.append(_Candidate(start, end, tuple(dated or fitting)))
        return found


class _People:
    """Surnames of the people that a passage has named in full so far, and of those it called former."""

    def __init__(self) -> None:
        self.named: set[str] = set()
        self.former: set[str] = set()


def _actor(candidate: _Candidate, context: Context, people: _People) -> str | None:
    """The one actor that the candidate names here, or None."""
    start, end = candidate.start, candidate.end
    word = context.folded[start:end]
    actors = set()
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
    written, words = context.original[start:end], _WORDS.finditer(entry.folded)
    capitals = (word for word in words if entry.written[word.start()].isupper())
    first = next(capitals, None)
    if first and written[first.start()].islower():
        return False
    acronyms = (
        w for w in _WORDS.finditer(entry.folded) if len(w[0]) > 1 and entry.written[w.start() : w.end()].isupper()
    )
    return all(written[word.start() : word.end()].isupper() for word in acronyms)


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
    """Every name in lower case, with the actors it may stand for."""
    entries: dict[str, list[_Entry]] = {}

    def add(name: Name, actor: str, kind: Kind) -> None:
        folded, starts, _ = fold_text(name.text.strip())
        written = "".join(name.text.strip()[i] for i in starts)
        entries.setdefault(folded, []).append(_Entry(actor, kind, name, folded, written))

    bearers: dict[str, list[tuple[str, Name]]] = {}
    for actor in codebook.actors:
        for name in actor.aliases:
            add(name, actor.id, "alias")
        for name in actor.metonyms:
            add(name, actor.id, "metonym")
        for name in actor.people:
            add(name, actor.id, "person")
            short = Name(name.text.split()[-1], name.since, name.until)
            bearers.setdefault(_surname(name.text), []).append((actor.id, short))
    for surname, names in bearers.items():
        if len({actor_id for actor_id, _ in names}) == 1 and surname not in entries:
            undated = [(actor_id, name) for actor_id, name in names if not name.dated]
            for actor_id, name in dict.fromkeys(undated or names):
                add(name, actor_id, "surname")
    for phrase in codebook.ignored:
        add(Name(phrase), "", "ignored")
    return entries


def _surname(full_name: str) -> str:
    return fold_text(full_name.split()[-1])[0]


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
