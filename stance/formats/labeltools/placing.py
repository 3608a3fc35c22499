"""Where spans that came back from a tool stand, however it counted, and whatever became of the text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from stance.quoting import quote, unquoted
from stance.records import Mention
from stance.text.names import fold
from stance.text.offsets import CODE_POINTS, UNITS, countings
from stance.text.spans import NEAR, Alignment, cuts_word, is_same, quoted_span

BY_NAME = "names"
"""Instead of a way of counting: where nothing but the names of actors tells where their spans belong."""
Span = tuple[int, int]
"""Start and end, in characters."""


class DoubtError(ValueError):
    """It is not certain where a span stands."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A span as a tool tells it; `quotation`: the text that it says stands there."""

    actor: str
    start: int
    end: int
    quotation: str = ""

    @property
    def told(self) -> str:
        return f"the span of {unquoted(self.actor)} at {self.start}-{self.end}"


@dataclass(frozen=True, slots=True)
class Reading:
    """Where spans stand if a tool counted in one of some ways.

    Attributes
    ----------
    ways : tuple of str
        The ways of counting that give these spans, the most usual first.
    named : int
        How many of the spans are a name of their actor.
    """

    spans: tuple[Span, ...]
    ways: tuple[str, ...]
    named: int

    def is_of(self, ways: frozenset[str]) -> bool:
        return not ways.isdisjoint(self.ways)


@dataclass(frozen=True, slots=True)
class Returned:
    """The spans of a passage as they came back, and what they can be held against.

    Attributes
    ----------
    text : str
        As it came back.
    exported : frozenset of Span
        Those of the text that was exported: a span that has not moved is where it was.
    names : Mapping from actor id to set of str
        The folded names of actors.
    """

    text: str
    drawn: Sequence[Drawn] = ()
    exported: frozenset[Span] = frozenset()
    names: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def in_question(self) -> list[Drawn]:
        """Those that nothing but their text tells about."""
        return [span for span in self.drawn if not span.quotation and (span.start, span.end) not in self.exported]

    def proven(self) -> frozenset[str]:
        """The ways of counting that these spans prove; none where they prove nothing."""
        spans = self.in_question
        try:
            chosen, certain = _chosen(self, spans, frozenset()) if spans else (None, False)
        except DoubtError:
            return frozenset()
        return frozenset(chosen.ways) if chosen and certain else frozenset()


def agreed(rows: Iterable[Returned]) -> frozenset[str]:
    """The ways of counting that all rows of a file agree on which prove any."""
    proofs = [proof for row in rows if (proof := row.proven())]
    return frozenset.intersection(*proofs) if proofs else frozenset()


def placed(row: Returned, own: str, ways: frozenset[str], note: Callable[[str], None]) -> tuple[Mention, ...]:
    """The spans in the text that was exported, or that came back where none was.

    Raises
    ------
    DoubtError
        Where a span's place is not certain.
    """
    questioned = row.in_question
    chosen = _chosen(row, questioned, ways)[0] if questioned else Reading((), (CODE_POINTS,), 0)
    if CODE_POINTS not in chosen.ways:
        note(_counted_in(chosen.ways[0]))
    read = dict(zip(map(id, questioned), chosen.spans, strict=True))
    alignment = Alignment(row.text, own) if row.text != own else None
    mentions = []
    for drawn in row.drawn:
        place: Span | None = (drawn.start, drawn.end)
        if drawn.quotation or place not in row.exported:
            place = read.get(id(drawn)) or _by_quotation(row.text, drawn, note)
            if not 0 <= place[0] < place[1] <= len(row.text):
                raise DoubtError(_outside(drawn, len(row.text)))
            place = alignment.moved(*place) if alignment else place
        if place is None:
            raise DoubtError(f"{drawn.told} does not stand in the text that was exported; draw it anew")
        mentions.append(Mention(drawn.actor, *place))
    return tuple(mentions)


def _outside(drawn: Drawn, length: int) -> str:
    return (
        f"mention of {unquoted(drawn.actor)} at {drawn.start}-{drawn.end} is outside the text of {length} characters; "
        f"give start and end with 0 <= start < end <= {length}"
    )


def _by_quotation(text: str, drawn: Drawn, note: Callable[[str], None]) -> Span:
    """Where a span that is quoted stands: where it says, in another way of counting, or where the quotation stands."""
    if is_same(text[max(drawn.start, 0) : max(drawn.end, 0)], drawn.quotation):
        return drawn.start, drawn.end
    for counting in countings(text):
        place = counting.span(drawn.start, drawn.end)
        if place and is_same(text[slice(*place)], drawn.quotation):
            note(_counted_in(counting.names[0]))
            return place
    place = quoted_span(text, drawn.quotation, drawn.start)
    if place is None:
        raise DoubtError(f"{drawn.told} quotes {quote(drawn.quotation)}, which does not stand there; draw it anew")
    note("a span does not stand where it says; it was put where its quotation stands")
    return place


def _counted_in(way: str) -> str:
    if way == BY_NAME:
        return "places have shifted; the spans were put where names of their actors stand near"
    return f"places are counted in {way}; the spans were put where they belong"


def _chosen(row: Returned, spans: Sequence[Drawn], ways: frozenset[str]) -> tuple[Reading, bool]:
    """How the spans are to be read, and whether they themselves make it certain.

    As they stand, unless that cuts words, or leaves the text, and another way of counting does not; or unless in
    another way all of them are names of their actors.

    Raises
    ------
    DoubtError
        Where several ways would do.
    """
    plain = row.text.isascii() and "\n" not in row.text and "\r" not in row.text
    as_drawn = tuple((span.start, span.end) for span in spans)
    if plain and _is_sound(row.text, as_drawn):
        return Reading(as_drawn, (CODE_POINTS,), 0), False
    own, *others = _readings(row, spans)
    if _is_sound(row.text, own.spans):
        named = [reading for reading in others if reading.named == len(spans) > own.named]
        if len(named) == 1:
            return named[0], True
        trusted = [] if own.named or own.is_of(ways) else [reading for reading in others if reading.is_of(ways)]
        return (trusted[0] if len(trusted) == 1 else own), own.named > 0
    most = max((reading.named for reading in others), default=0)
    best = [reading for reading in others if reading.named == most]
    best = [reading for reading in best if reading.is_of(ways)] or best
    if len(best) > 1:
        places = " or ".join(f"{start}-{end}" for start, end in dict.fromkeys(reading.spans[0] for reading in best))
        raise DoubtError(f"{spans[0].told} is not of whole words; it may be meant to stand at {places}; draw it anew")
    shifted = all(_is_shifted(row.text, *span) for span in own.spans)
    if best and (most or shifted or best[0].is_of(ways) or best[0].is_of(frozenset(UNITS))):
        return best[0], most > 0 or shifted
    near = [_near_name(row, span) for span in spans]
    return (Reading(tuple(filter(None, near)), (BY_NAME,), len(spans)) if all(near) else own), False


def _near_name(row: Returned, drawn: Drawn) -> Span | None:
    """A span as it stands, if it is of whole words; else a name of its actor, as long, that stands once near it."""
    if _is_sound(row.text, [(drawn.start, drawn.end)]):
        return drawn.start, drawn.end
    length, names = drawn.end - drawn.start, row.names.get(drawn.actor, ())
    starts = range(max(0, drawn.start - NEAR), min(len(row.text) - length, drawn.start + NEAR) + 1)
    found = [(s, s + length) for s in starts if fold(row.text[s : s + length]) in names]
    found = [span for span in found if not cuts_word(row.text, *span)]
    return found[0] if len(found) == 1 else None


def _readings(row: Returned, spans: Sequence[Drawn]) -> list[Reading]:
    """The spans as they stand; then the readings in other ways of counting that cut no word and no blank."""
    own = tuple((span.start, span.end) for span in spans)
    found: dict[tuple[Span, ...], list[str]] = {own: []}
    for counting in countings(row.text):
        places = [counting.span(span.start, span.end) for span in spans]
        if all(places):
            found.setdefault(tuple(filter(None, places)), []).extend(counting.names)
    found[own] = found[own] or [CODE_POINTS]
    clean = [key for key in found if key == own or (_is_sound(row.text, key) and not _has_blank_edges(row.text, key))]
    return [_reading(row, spans, key, found[key]) for key in clean]


def _reading(row: Returned, spans: Sequence[Drawn], places: Sequence[Span], ways: Sequence[str]) -> Reading:
    pairs = zip(spans, places, strict=True)
    named = sum(fold(row.text[s:e]) in row.names.get(drawn.actor, ()) for drawn, (s, e) in pairs if 0 <= s < e)
    return Reading(tuple(places), tuple(ways), named)


def _is_sound(text: str, spans: Sequence[Span]) -> bool:
    """Whether spans are of whole words; a blank that was drawn with the last one does no harm."""
    return all(
        0 <= s < e <= len(text)
        and not cuts_word(text, s, e)
        and not text[s].isspace()
        and any(map(str.isalnum, text[s:e]))
        for s, e in spans
    )


def _has_blank_edges(text: str, spans: Sequence[Span]) -> bool:
    return any(text[s:e] != text[s:e].strip() for s, e in spans)


def _is_shifted(text: str, start: int, end: int) -> bool:
    """Whether both ends of a span are where none should be: a part of a word that was meant begins or ends with it."""
    if not 0 <= start < end <= len(text):
        return True
    first = cuts_word(text, start, len(text)) or text[start].isspace()
    last = cuts_word(text, 0, end) or text[end - 1].isspace()
    return first and last
