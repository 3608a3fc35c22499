"""A draft of a codebook as YAML to be edited: actors with counts and a context each, frames to be written."""

from __future__ import annotations

import json
import re
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from stance.learning.draft_entries import Entry
from stance.quoting import extent
from stance.text.codebook import UNWRITTEN
from stance.text.countries import countries
from stance.text.names import fold

_PLAIN = re.compile(r"[^\W\d_](?:[\w’'.&/ -]*[\w’'])?")
_WORDS = frozenset("y n yes no on off true false null".split())
"""What YAML takes for something else than a text."""
_WIDTH = 116
_SPELLINGS = 8
"""Spellings whose counts are told."""
_FRAMES = f"""\
frames:
  # Write two to ten ways in which the matter is presented. Of each: an id (letters, digits, "_"), a label for people,
  # and in one or two sentences what a passage must say to have it, and what is not enough.
  - id: frame_1
    label: First frame
    definition: "{UNWRITTEN} what a passage must say to have this frame, and what is not enough."
  - id: frame_2
    label: Second frame
    definition: "{UNWRITTEN} what a passage must say to have this frame, and what is not enough."
"""


def draft_text(actors: Sequence[Entry], n_passages: int, n_articles: int, share: float = 1.0) -> str:
    """The codebook's text, which `Codebook.parse` reads as it stands.

    Parameters
    ----------
    share : float
        Of the articles, those that were counted: counts are told for all.
    """
    head = [
        f"# A draft, made by stance codebook draft of {extent(n_passages, n_articles)}. Edit it:",
        "#   - write the frames;",
        "#   - delete who does not matter to your study, and move names of one actor under one id;",
        "#   - aliases name the actor anywhere, metonyms only where they act or speak, people speak or act for it.",
        "# Behind # stand the passages in which names stand, and one place. These lines may go.",
        *([f"# Counted in {share:.3g} of the articles; the numbers are estimates for all."] if share < 1 else []),
        "name: draft",
        "language: en",
        "",
    ]
    taken: set[str] = set()
    ids: set[str] = set()
    blocks = [line for actor in actors for line in _actor(actor, _identifier(actor.label, ids), taken, share)]
    return "\n".join([*head, _FRAMES, "actors:", *blocks]) + "\n"


def _actor(actor: Entry, identifier: str, taken: set[str], share: float) -> Iterator[str]:
    """The lines of an actor."""
    counts = ", ".join(f"{name} {round(n / share):,}" for name, n in actor.spellings.most_common(_SPELLINGS))
    told = f"{extent(round(actor.n_passages / share), round(actor.n_articles / share))}: {counts}"
    yield from ("", *_comment(told), *_comment(f"“{actor.seen.context}”"))
    if actor.said:
        body, times = actor.said
        yield from _comment(f"perhaps for {body}: {times} of the places say so")
    yield f"  - id: {identifier}"
    yield f"    label: {_scalar(actor.label)}"
    names = _names(actor)
    metonyms = [name for name in names if actor.country and name in countries()]
    yield from _list("aliases", _free([name for name in names if name not in metonyms], taken))
    yield from _list("metonyms", _free(metonyms, taken))
    if actor.people:
        told = ", ".join(f"{person.label} {round(person.n_passages / share):,}" for person in actor.people)
        yield from _comment(f"said to speak or act for it: {told}", 4)
        yield from _list("people", _free([name for person in actor.people for name in _names(person)], taken))


def _names(entry: Entry) -> list[str]:
    """The spellings of an entry that recur, and its label."""
    return [name for name, n in entry.spellings.most_common() if n > 1 or name == entry.label]


def _comment(text: str, indent: int = 2) -> list[str]:
    clean = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    start = " " * indent + "# "
    return textwrap.wrap(clean, _WIDTH, initial_indent=start, subsequent_indent=start, break_on_hyphens=False)


def _free(names: Iterable[str], taken: set[str]) -> list[str]:
    """Names that no actor has yet, by whatever spelling."""
    free = []
    for name in names:
        if fold(name) not in taken:
            taken.add(fold(name))
            free.append(name)
    return free


def _list(key: str, names: Sequence[str]) -> list[str]:
    if not names:
        return []
    line = f"{key}: [{', '.join(map(_scalar, names))}]"
    if len(line) <= _WIDTH - 4:
        return [f"    {line}"]
    lines = [""]
    for word in [f"{_scalar(name)}," for name in names[:-1]] + [f"{_scalar(names[-1])}]"]:
        if len(lines[-1]) + len(word) > _WIDTH - 6:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return [f"    {key}: [", *(f"      {own}" for own in lines)]


def _scalar(text: str) -> str:
    """A text as YAML: plain where it can be nothing else."""
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS and text.isprintable()
    return text if plain else json.dumps(text, ensure_ascii=not text.isprintable())


def _identifier(label: str, taken: set[str]) -> str:
    """An id out of a label, in letters of ASCII, that no other actor has."""
    bare = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "_", bare.replace("'", "")).strip("_") or "actor"
    free = next(name for n in range(1, len(taken) + 2) if (name := stem if n == 1 else f"{stem}_{n}") not in taken)
    taken.add(free)
    return free
