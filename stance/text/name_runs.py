"""Runs of capitalised words in a text, in English: what may be the names of actors, and what is told of them beside.

Nothing is decided here that one text alone can't tell. Whether "Meanwhile" is a name, or "Meanwhile Kabul" one, is seen
from all texts: `stance.learning.drafting`.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from stance.text.acronyms import definitions_in
from stance.text.countries import countries
from stance.text.furniture import dateline_end
from stance.text.metonyms import Context
from stance.text.name_words import (
    COMMON_STARTS,
    DAYS,
    FORMER,
    GROUPS,
    HONORIFICS,
    PARTICLES,
    PLACES,
    PORTFOLIOS,
    RANKS,
    SPEAKING,
    TITLES,
)
from stance.text.names import fold_text, written

_HYPHENS = "-‐‑"
_TOKEN = re.compile(rf"(?:[^\W\d_]\.){{2,}}|[^\W_](?:[^\W_]|[{_HYPHENS}'’‘ʼ`&](?=[^\W_]))*|[^\w\s]")
_POSSESSIVE = re.compile(r"['’ʼ`‘]s$")
_SHORTENED = re.compile(r"['’](?:m|re|ve|ll|d|t)$", re.IGNORECASE)
_SENTENCE_END = frozenset(".!?…:;")
_OPENERS = frozenset("“„«\"‘'•*[")
_INITIALS = re.compile(r"(?:[^\W\d_]\.){2,}")
_ACRONYM = re.compile(r"[A-Z][A-Z&]{1,7}")
_AT = frozenset("in at near outside inside across around throughout into via through".split())
_FIRST = ("al", "el", "bin", "ibn", "abu")
"""Small words that names begin with."""
_JOINS = ("of", "of the", "for", "for the", "on")
_WORD = re.compile(r"(?:[^\W_]\.){2,}|[^\W_]+(?:['.-][^\W_]+)*|[^\w\s]")
_OFFICE = SPEAKING | RANKS | PORTFOLIOS | TITLES
_TITLED = 0.7
"""The share of the longer words of a sentence that have a capital in headlines."""
_LONGEST = 7
"""Words of a name at most."""
_BEFORE, _AFTER = 45, 60
"""Characters of a context around a name."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a mark, where it stands, and whether a sentence or a quotation opens with it."""

    text: str
    start: int
    end: int
    opens: bool

    @property
    def low(self) -> str:
        return self.text.lower()


@dataclass(frozen=True, slots=True)
class Sighting:
    """A name as it stands in a text.

    Attributes
    ----------
    name : str
        Without article, possessive, and the dots of an acronym.
    opens : bool
        Whether its first word may have its capital from opening a sentence.
    acts, placed : bool
        Whether it acts, speaks or is addressed here; whether it is a place, or stands as one does ("in Kabul").
    """

    name: str
    start: int
    end: int
    opens: bool
    acts: bool
    placed: bool


@dataclass(frozen=True, slots=True)
class Names:
    """What a text has of names.

    Attributes
    ----------
    text : str
        What the places of the sightings count in: the text, what HTML spells as entities read.
    ties : tuple of (str, str)
        An organisation or state, and the person who is said to speak for it.
    titled : tuple of str
        Names with a title before them.
    definitions : tuple of (str, str)
        An acronym, and what it is short for.
    lower, upper : tuple of str
        The words within sentences, in lower case, that have no capital and that have one.
    """

    text: str
    sightings: tuple[Sighting, ...]
    ties: tuple[tuple[str, str], ...]
    titled: tuple[str, ...]
    definitions: tuple[tuple[str, str], ...]
    lower: tuple[str, ...]
    upper: tuple[str, ...]


def tokens_of(text: str) -> list[Token]:
    """The words and marks of a text."""
    found: list[Token] = []
    opens, end = True, 0
    for match in _TOKEN.finditer(text):
        word = match[0]
        opens = opens or "\n" in text[end : match.start()]
        found.append(Token(word, match.start(), match.end(), opens))
        if word[0].isalnum():
            opens = False
        elif word == "." and len(found) > 1 and _is_abbreviated(found[-2].text):
            pass
        elif word in _SENTENCE_END or (word in _OPENERS and not text[match.end() : match.end() + 1].isspace()):
            opens = True
        end = match.end()
    return found


def _is_abbreviated(word: str) -> bool:
    """Whether a full stop after a word is no sentence's end: "Gen.", "John F."."""
    return (
        (len(word) == 1 and word.isupper()) or (word.lower() in TITLES and len(word) < 5) or word in ("St", "Mt", "No")
    )


def sentences_of(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    sentence: list[Token] = []
    for token in tokens:
        if token.opens and sentence and sentence[-1].text in ".!?…":
            yield sentence
            sentence = []
        sentence.append(token)
    if sentence:
        yield sentence


def is_headline_like(tokens: Sequence[Token]) -> bool:
    """Whether most longer words have a capital and no full stop ends them, or nearly all letters are capitals."""
    words = [token.text for token in tokens if token.text[0].isalpha() and len(token.text) > 3]
    if len(words) < 4:
        return False
    shouted = sum(word.isupper() for word in words) > _TITLED * len(words)
    return shouted or (tokens[-1].text != "." and sum(word[0].isupper() for word in words) > _TITLED * len(words))


def names_of(text: str, is_known: Callable[[str], bool] = lambda sentence: False) -> Names:
    """The names in a text, in order, and what is told of them.

    Parameters
    ----------
    is_known : callable
        Takes a sentence; where it stood in another text, word for word, nothing is taken from it.
    """
    folded, starts, ends = fold_text(text)
    plain = written(text, starts, ends)
    context, tokens, head = Context(folded, plain), tokens_of(plain), dateline_end(plain)
    found = _Found()
    for sentence in sentences_of(tokens):
        if not is_known(plain[sentence[0].start : sentence[-1].end]) and not is_headline_like(sentence):
            found.sentence([token for token in sentence if token.start >= head], context)
    return found.names(plain, tuple(definitions_in(plain)))


@dataclass
class _Found:
    """What was found in the sentences so far."""

    sightings: list[Sighting] = field(default_factory=list)
    ties: list[tuple[str, str]] = field(default_factory=list)
    titled: list[str] = field(default_factory=list)
    lower: list[str] = field(default_factory=list)
    upper: list[str] = field(default_factory=list)

    def sentence(self, tokens: Sequence[Token], context: Context) -> None:
        for token in tokens:
            if not token.opens and token.text[0].isalpha():
                (self.lower if token.text.islower() else self.upper).append(_POSSESSIVE.sub("", token.low))
        own = [_sighting(segment, context) for run in _runs(tokens, context.original) for segment in _segments(run)]
        self.sightings += own
        self.titled += [
            sighting.name for sighting in own if context.left(sighting.start)[-1:] and _is_titled(context, sighting)
        ]
        for one, other in itertools.pairwise(own):
            tie = _tie(one, other, context)
            if tie:
                self.ties.append(tie)

    def names(self, text: str, definitions: tuple[tuple[str, str], ...]) -> Names:
        told = tuple(self.ties), tuple(self.titled), definitions
        return Names(text, tuple(self.sightings), *told, tuple(self.lower), tuple(self.upper))


@dataclass(frozen=True, slots=True)
class _Part:
    """A word of a run: one with a capital, or a small one between two of them."""

    name: str
    start: int
    end: int
    opens: bool
    closes: bool
    small: bool = False

    @property
    def low(self) -> str:
        return self.name.lower()


def _part(token: Token) -> _Part | None:
    """A word with a capital as a part of a name; None where it is none.

    "Kabul's" and "Kabul-based" are Kabul, and close its run; so is "anti-Kabul".
    """
    if token.text.islower() or not token.text[0].isalpha() or _SHORTENED.search(token.text):
        return None
    bare = _POSSESSIVE.sub("", token.text)
    pieces = re.split(f"[{_HYPHENS}]", bare)
    first, last = 0, len(pieces)
    while last - first > 1 and pieces[last - 1][:1].islower() and pieces[last - 1] not in PARTICLES:
        last -= 1
    while last - first > 1 and pieces[first][:1].islower() and pieces[first] not in PARTICLES:
        first += 1
    if not any(piece[:1].isupper() for piece in pieces[first:last]) or bare in ("I", "A"):
        return None
    start = token.start + sum(len(piece) + 1 for piece in pieces[:first])
    end = start + sum(len(piece) + 1 for piece in pieces[first:last]) - 1
    name = bare[start - token.start : end - token.start]
    if name[0].islower() and pieces[first] not in PARTICLES:
        return None
    name = name.replace(".", "") if _INITIALS.fullmatch(name) else name
    return _Part(name, start, end, token.opens, end < token.end and not _INITIALS.fullmatch(token.text))


def _runs(tokens: Sequence[Token], text: str) -> Iterator[list[_Part]]:
    """Runs of words with a capital, small ones between them, and no mark but the full stop of "Gen." """
    run: list[_Part] = []
    place = 0
    while place < len(tokens):
        token = tokens[place]
        part = _part(token)
        place += 1
        if part is None and token.text not in _FIRST:
            continue
        run = [part or _Part(token.text, token.start, token.end, False, False, True)]
        while not run[-1].closes and (step := _of_many(tokens, place, run[-1]) or _next(tokens, place, text)):
            parts, place = step
            if parts[0].start == run[-1].start:
                run.pop()
            run += parts
        yield run


def _of_many(tokens: Sequence[Token], place: int, last: _Part) -> tuple[list[_Part], int] | None:
    """The parts with which a run goes on behind the possessive of a plural that is part of it: "Drivers' Union"."""
    if place + 1 >= len(tokens) or tokens[place].text not in "'’" or tokens[place].start != last.end:
        return None
    part = _part(tokens[place + 1])
    if part is None or part.low not in GROUPS or not last.name.endswith("s"):
        return None
    return [replace(last, name=last.name + tokens[place].text, end=tokens[place].end), part], place + 2


def _next(tokens: Sequence[Token], place: int, text: str) -> tuple[list[_Part], int] | None:
    """The parts with which a run goes on, and the place behind them."""
    if place < len(tokens) and tokens[place].text == "." and _is_abbreviated(tokens[place - 1].text):
        place += 1
    smalls: list[_Part] = []
    while place < len(tokens) and len(smalls) < 3:
        token = tokens[place]
        if not text[tokens[place - 1].end : token.start].isspace() or token.opens:
            return None
        part = _part(token)
        if part:
            told = " ".join(small.name for small in smalls)
            joined = not smalls or told in _JOINS or all(small.name in PARTICLES for small in smalls)
            return ([*smalls, part], place + 1) if joined else None
        if token.text not in PARTICLES and token.text not in ("of", "for", "the", "on"):
            return None
        smalls.append(_Part(token.text, token.start, token.end, False, False, True))
        place += 1
    return None


def _segments(run: Sequence[_Part]) -> Iterator[list[_Part]]:
    """A run, cut at titles, days and months, without what opens a sentence and is no name."""
    cut = _cuts(run)
    segment: list[_Part] = []
    for part, out in [*zip(run, cut, strict=True), (run[-1], True)]:
        if not out:
            segment.append(part)
            continue
        segment = _trimmed(segment)
        if segment and len(segment) <= _LONGEST:
            yield segment
        segment = []


def _cuts(run: Sequence[_Part]) -> list[bool]:
    """For each part whether it is no part of a name: a title with what belongs to it, a day, a month."""
    following = [other.low for other in run[1:]] + [""]
    cut = [
        part.low in DAYS
        or (part.low in COMMON_STARTS and not part.small)
        or (part.low in TITLES and not part.small and after not in GROUPS)
        for part, after in zip(run, following, strict=True)
    ]
    titles = [place for place, part in enumerate(run) if cut[place] and part.low in TITLES]
    for title in titles:
        place = title - 1
        while place >= 0 and run[place].low in PORTFOLIOS:
            cut[place] = True
            place -= 1
        place = title + 1
        if place < len(run) and run[place].small:
            ahead = place
            while ahead < len(run) and (run[ahead].small or run[ahead].low in PORTFOLIOS):
                ahead += 1
            if any(not part.small for part in run[place:ahead]) or ahead < len(run):
                cut[place:ahead] = [True] * (ahead - place)
    return cut


def _trimmed(segment: list[_Part]) -> list[_Part]:
    """Without small words at its ends, and without a title that its name can do without."""
    while segment and (
        segment[-1].small or (segment[0].small and (segment[0].name not in _FIRST or len(segment) == 1))
    ):
        segment = segment[:-1] if segment[-1].small else segment[1:]
    if len(segment) > 2 and segment[0].low in HONORIFICS:
        return _trimmed(segment[1:])
    return [] if len(segment) == 1 and segment[0].low in HONORIFICS else segment


def _sighting(segment: Sequence[_Part], context: Context) -> Sighting:
    start, end = segment[0].start, segment[-1].end
    name = " ".join(part.name for part in segment)
    left, right = context.left(start), context.right(end)
    near = left[:-1] if left[-1:] == ["the"] else left
    while near and near[-1] in PLACES:
        near = near[:-1]
    in_country = right[:1] == [","] and len(right) > 1 and right[1].capitalize() in countries()
    placed = bool(near and near[-1] in _AT) or bool(right and right[0] in PLACES) or in_country
    placed = placed or segment[-1].low in PLACES
    return Sighting(name, start, end, segment[0].opens, context.acts_or_speaks(start, end), placed)


def _is_titled(context: Context, sighting: Sighting) -> bool:
    """Whether a title stands right before a name."""
    return context.left(sighting.start)[-1] in TITLES


def _tie(one: Sighting, other: Sighting, context: Context) -> tuple[str, str] | None:
    """The body and the person who speaks for it, where the words between two names say so."""
    between = _WORD.findall(context.folded[one.end : other.start])
    if between[:1] == ["'"]:
        between = between[2:] if between[1:2] == ["s"] else between[1:]
    elif between[:1] == ["'s"]:
        between = between[1:]
    if not between or len(between) > 7 or not FORMER.isdisjoint([*between, *context.left(one.start)[-1:]]):
        return None
    words = [word for word in between if word not in (",", "the", "a", "an", "of", "for", "and", ".", "its")]
    is_office = bool(words) and all(word in _OFFICE for word in words) and not SPEAKING.isdisjoint(words)
    if is_office and between[-1] not in ("of", "for", "the", "and", "a", "an", ",") and between[0] != ",":
        return one.name, other.name
    if (
        is_office
        and between[0] == ","
        and (between[-1] in ("of", "for") or between[-2:] in (["of", "the"], ["for", "the"]))
    ):
        return other.name, one.name
    if between in ([","], [",", "the"]):
        return (other.name, one.name) if _is_office_of(context.right(other.end)) else None
    return None


def _is_office_of(right: Sequence[str]) -> bool:
    """Whether what stands after a name is an office, and then a mark: "'s foreign minister,"."""
    words = [word for word in right if word not in ("'", "s")]
    length = next((n for n, word in enumerate(words) if word not in _OFFICE), len(words))
    return 0 < length < len(words) and not SPEAKING.isdisjoint(words[:length]) and not words[length].isalnum()


def context_of(text: str, sighting: Sighting) -> str:
    """A few words around a name, on one line."""
    left, right = max(0, sighting.start - _BEFORE), min(len(text), sighting.end + _AFTER)
    words = "".join(c if c.isprintable() else " " for c in text[left:right]).split(" ")
    words = words[1 if left else 0 : -1 if right < len(text) else None]
    return f"{'… ' if left else ''}{' '.join(filter(None, words))}{' …' if right < len(text) else ''}"
