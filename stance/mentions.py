"""Mentions: the names of a codebook's actors found in a passage, longest name first."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import ahocorasick

from stance.codebook import Codebook, Name, fold, fold_with_offsets, is_acronym
from stance.metonyms import Context
from stance.records import Mention

Kind = Literal["alias", "person", "surname", "metonym", "ignored"]


@dataclass(frozen=True, slots=True)
class _Entry:
    """A name as the automaton knows it."""

    actor: str
    kind: Kind
    name: Name


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
        folded, offsets = fold_with_offsets(text)
        context = Context(folded, "".join([text[i] for i in offsets]))
        day = parse_day(date)
        mentions, named = [], set[str]()
        for candidate in _longest(self._candidates(context)):
            actor = self._actor(candidate, context, day, named)
            if actor:
                start, end = offsets[candidate.start], offsets[candidate.end - 1] + 1
                mentions.append(Mention(actor, start, end))
        return mentions

    def _candidates(self, context: Context) -> list[_Candidate]:
        found = []
        for last, (length, entries) in self._automaton.iter(context.folded):
            start, end = last + 1 - length, last + 1
            if context.is_word(start, end):
                fitting = tuple(entry for entry in entries if _case_fits(context, start, end, entry))
                if fitting:
                    found.append(_Candidate(start, end, fitting))
        return found

    @staticmethod
    def _actor(candidate: _Candidate, context: Context, day: datetime.date | None, named: set[str]) -> str | None:
        """The one actor that the candidate names here, or None. `named` collects surnames of people named in full."""
        start, end = candidate.start, candidate.end
        covering = [entry for entry in candidate.entries if entry.name.covers(day)]
        entries = [entry for entry in covering if entry.name.dated] or covering
        actors = set()
        for entry in entries:
            if entry.kind == "ignored":
                return None
            if entry.kind == "metonym" and not context.acts_or_speaks(start, end):
                continue
            if entry.kind in ("alias", "person", "surname") and context.is_former(start):
                continue
            if entry.kind == "surname" and not context.is_surname(start, end, named):
                continue
            if entry.kind == "person":
                named.add(_surname(entry.name.text))
            actors.add(entry.actor)
        return actors.pop() if len(actors) == 1 else None


def _case_fits(context: Context, start: int, end: int, entry: _Entry) -> bool:
    """Acronyms as they are written, aliases in any case, other names with a capital."""
    if is_acronym(entry.name.text):
        return context.is_acronym(start, end)
    return entry.kind in ("alias", "ignored") or not context.original[start].islower()


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
        entries.setdefault(fold(name.text).lower(), []).append(_Entry(actor, kind, name))

    surnames: dict[str, dict[str, Name]] = {}
    for actor in codebook.actors:
        for name in actor.aliases:
            add(name, actor.id, "alias")
        for name in actor.metonyms:
            add(name, actor.id, "metonym")
        for name in actor.people:
            add(name, actor.id, "person")
            surnames.setdefault(_surname(name.text), {})[actor.id] = Name(name.text.split()[-1], name.since, name.until)
    for surname, bearers in surnames.items():
        if len(bearers) == 1 and surname not in entries:
            for actor_id, name in bearers.items():
                add(name, actor_id, "surname")
    for phrase in codebook.ignored:
        add(Name(phrase), "", "ignored")
    return entries


def _surname(full_name: str) -> str:
    return fold(full_name.rsplit(maxsplit=1)[-1]).lower()


def _longest(candidates: Iterable[_Candidate]) -> list[_Candidate]:
    """The longest of overlapping candidates, in order; of two of equal length that name different actors, neither."""
    kept: list[_Candidate] = []
    blocked: list[tuple[int, int]] = []
    by_length = sorted(candidates, key=lambda c: (c.start - c.end, c.start))
    for index, candidate in enumerate(by_length):
        if any(candidate.start < end and start < candidate.end for start, end in blocked):
            continue
        length = candidate.end - candidate.start
        blocked.append((candidate.start, candidate.end))
        rivals = [
            rival
            for rival in by_length[index + 1 :]
            if rival.end - rival.start == length and rival.start < candidate.end and candidate.start < rival.end
        ]
        names = {entry.actor for entry in candidate.entries}
        clash = [rival for rival in rivals if {entry.actor for entry in rival.entries} != names]
        blocked.extend((rival.start, rival.end) for rival in clash)
        if not clash:
            kept.append(candidate)
    return sorted(kept, key=lambda c: c.start)
