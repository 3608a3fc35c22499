"""Labels as people write them: the id that a name, a label or another spelling stands for, where it is one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from stance.records import STANCES
from stance.text.codebook import Codebook

SYNONYMS = {"favour": "favor", "in favor": "favor", "in favour": "favor", "pro": "favor", "anti": "against"}
"""Words that mean one stance and nothing else: "positive" is a tone, and "con" is Spanish for with."""
NEAREST = 3
"""Names that are told at most where one is not known."""
_GAPS = re.compile(r"[\s_\-‐‑‒–—]+")
_QUOTED = 100


def spelling(name: str) -> str:
    """What all spellings of a name share: case, and what stands between its words, left aside."""
    return _GAPS.sub(" ", unicodedata.normalize("NFKC", name).casefold()).strip()


class Spellings:
    """The ids of a codebook by the ways to write them: as ids, as labels, of actors as aliases too.

    A spelling that several entries share stands for none. Names of people and metonyms stand for their actors in some
    sentences only, so they are left out.

    Examples
    --------
    >>> from stance import Codebook
    >>> book = Codebook.parse("actors: [{id: gov, label: Government}]\\nframes: [{id: internal_problem}]")
    >>> Spellings(book).actor("government "), Spellings(book).frame("Internal-Problem"), Spellings(book).actor("them")
    ('gov', 'internal_problem', None)
    """

    def __init__(self, codebook: Codebook):
        self.codebook = codebook
        self._frames = _by_spelling({f.id: (f.id, f.label) for f in codebook.frames})
        self._actors = _by_spelling(
            {a.id: (a.id, a.label, *(alias.text for alias in a.aliases)) for a in codebook.actors}
        )
        self._stances = {stance: stance for stance in STANCES} | SYNONYMS

    def frame(self, name: str) -> str | None:
        return name if name in self.codebook.frame_ids else self._frames.get(spelling(name))

    def actor(self, name: str, others: Iterable[str] = ()) -> str | None:
        """The actor that is meant; `others`: ids that are known besides the codebook's."""
        others = tuple(others)
        if name in self.codebook.actor_ids or name in others:
            return name
        found = {self._actors.get(spelling(name)), *(own for own in others if spelling(own) == spelling(name))} - {None}
        return found.pop() if len(found) == 1 else None

    def stance(self, word: str) -> str | None:
        return self._stances.get(spelling(word))

    def nearest_frames(self, name: str) -> list[str]:
        return _nearest(name, self._frames)

    def nearest_actors(self, name: str) -> list[str]:
        return _nearest(name, self._actors)


def _by_spelling(names: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """The one id of each spelling."""
    found: dict[str, set[str]] = {}
    for identifier, own in names.items():
        for name in own:
            for written in (name, f"{name} ({identifier})"):
                found.setdefault(spelling(written), set()).add(identifier)
    return {written: ids.pop() for written, ids in found.items() if written and len(ids) == 1}


def _nearest(name: str, names: Mapping[str, str]) -> list[str]:
    """The ids of the names most like one."""
    found = get_close_matches(spelling(name[:_QUOTED]), names, 2 * NEAREST)
    return list(dict.fromkeys(names[written] for written in found))[:NEAREST]
