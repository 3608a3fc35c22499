"""Who speaks in a passage: the actors in whose words, or whose view as told, it says something. For English.

Rules over the words around the actors' names: reporting verbs, claims that are said to be somebody's, names before
colons.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stance.records import Mention


@dataclass(frozen=True, slots=True)
class Voice:
    """One that speaks in a passage.

    Attributes
    ----------
    actor : str
        Its id; empty where the one who speaks is none of the actors.
    denies : bool
        Whether it only denies what it speaks of.
    """

    actor: str
    denies: bool = False


Actors = tuple[str, ...]


def _any_of(words: str) -> str:
    return "|".join(words.split())


_STEMS = _any_of(
    """
    accus alleg warn caution announc declar maintain insist add remark answer call blam condemn denounc describ contend
    complain charg believ reckon report repeat urg demand protest suggest observ conclud acknowledg admit admitt conced
    confess stress emphasi[sz] underlin underscor highlight reiterat affirm reaffirm confirm reveal explain recall tweet
    express voic lament critici[sz] deplor slam fear suspect commend prais hail welcom vow pledg assur recogni[sz] argu
    assert agre rais cit dismiss regard consider counter hop designat brand labell deem
    censur rebuk
    """
)
"""Beginnings of verbs that tell what somebody says or thinks, whose ends are regular."""
_SAID = _any_of(
    r"""
    say says (?<!,\s)said said(?!\s+to\b) saying tells told telling stating stated states(?=\s+that\b) replies replied
    writes wrote holds thinks testified notes noted noting
    point(?:s|ed|ing)(?=\s+(?:out|at|to)\b) continue[sd](?=,?\s+[“"])
    issue[sd](?=\s+an?\s+(?:\w+\s+)?(?:statement|warning)\b)
    claim(?=\s+that\b) (?:finds|found)(?=\s+that\b) claim(?:s|ed|ing)(?!\s+(?:the|this|responsibility|credit|it|by)\b)
    (?:name|list|see|saw|view|paint|portray|present|depict)[a-z]{0,3}(?=[^.;:]{0,60}\sas\b)
    """
)
_DENIED = _any_of(
    r"""
    deny denies denied denying reject(?:s|ed|ing)? refut(?:es|ed|ing|e) disput(?:es|ed|ing|e)
    (?:brush|laugh|scoff|shrug|turn|wav)[a-z]{1,4}(?=\s+(?:aside|at|away|down|off)\b)
    """
)
_VERB = re.compile(
    rf"(?<![\w-])(?:(?P<says>{_SAID}|(?:{_STEMS})(?:e?s|ed|ing)|(?<!['’]s\s)(?:{_STEMS})e?(?=\s+that\b)|"
    rf"(?<=[a-z]{{3}}s\s)(?<!\bthis\s)(?:{_STEMS})e?)|(?P<denies>{_DENIED}))\b(?!\s+for\b)"
)
_FRONTED = re.compile(r"(?:Denying|Dismissing|Disputing|Refuting|Rejecting)\b")
"""What begins the sentence of one that denies: "Denying it, the port said"."""
_NOT = re.compile(r"(?:\b(?:not|never|neither|nor|to|be)|n[’']t)\s+(?:\w+ly\s+)?$")
"""Before a verb that tells what is not said, or only is to be said."""
_QUOTING = re.compile(r"said|says|add(?:s|ed)|wrote|writes|remarked|observed|replied|caution(?:s|ed)")
_INVERTED = re.compile(
    r"(?!(?:\s+[\w’'.-]+){0,7}?\s+(?:ha[sd]|have|is|was|were|are|be|w(?:ill|ould)|could|should|that|it|they|he|she)\b)"
    r"(?:\s+[\w’'.&-]+){1,8}?(?:[,.;:”\"]|$)"
)
"""What follows a verb that stands before its subject: no more than a name, or an office and a name."""
_PASSIVE = re.compile(r"\b(?:is|are|was|were|been|being|stands?)\s+(?:\w+ly\s+|also\s+|now\s+|\w+\s+and\s+){0,2}$")
_CHARGE = r"(?:claim|charge|accusation|allegation|assertion|contention|complaint|suspicion|suggestion|report|remark)s?"
_DENIAL = re.compile(
    r"\b(?:nonsense|baseless|unfounded|groundless|at no (?:stage|time)|nothing to do with|that no|"
    r"no (?:hand|part|role|link|connection) (?:in|with|to)|no (?:\w+ )?(?:one|group|militant|fighter)s?|"
    r"(?:it|he|she|they|its \w+) (?:(?:do|does|did|ha[sd]|have|is|was|are|were)(?: not|n[’']t)|(?:ha[sd] )?never)"
    r")\b(?! for)"
)
_WAVES_OFF = re.compile(r"call|describ|dismiss|denounc|condemn|critici|slam")
_IS_CHARGE = re.compile(rf"\b{_CHARGE}\b.*\b(?:is|are|was|were|been)\s+(?:\w+ly\s+)?$")
_WAVED_OFF = re.compile(
    rf"[^.;:]{{0,40}}\b(?:{_CHARGE}|baseless|unfounded|propaganda|absurd|laughable|false|lies?|untrue|fabricated|nonsense|fiction)\b"
)
_CITED = re.compile(
    r"\b(?:according to|in the (?:words|view|eyes|account|telling) of|as .{0,20}put by|"
    rf"(?:statement|bulletin|communiqué|dossier|release) (?:by|from|of|for)|{_CHARGE} (?:by|from))"
    r"(?:\s+[\w’'.-]+){0,4}?\s*$",
    re.IGNORECASE,
)
_BY = re.compile(r"\bby(?:\s+[\w’'.-]+){0,4}?\s*$")
_ACCOUNT = re.compile(
    r"(?:['’]s?\s+(?:[a-z-]+\s+){0,2}?|\s+)(?:account|view|telling|statement|bulletin|communiqué|version|(?P<denies>denial)|"
    rf"{_CHARGE}\s+(?:that|of|against|about|was|were|is|are))\b"
)
_OBJECT = re.compile(
    r"\b(?:against|with|by|towards?|to|on|about|between|near|than|at|into|like|over|under|around|outside|from|in)\s+"
    r"(?:the\s+|an?\s+)?$",
    re.IGNORECASE,
)
_OFFICE = re.compile(
    r"\b(?:advis[eo]r|ambassador|envoy|delegate|representative|minister|official|general|source)s?\s+"
    r"(?:to|in|at|from|with)\s+(?:the\s+)?$",
    re.IGNORECASE,
)
_RELATIVE = re.compile(r"\b(?:who|whom|whose|which|that|when|where|while)\b[^,]*$", re.IGNORECASE)
_PRONOUN = re.compile(r"\b(?:he|she|it|they)\b[^,]{0,40}$", re.IGNORECASE)
_BARRIER = re.compile(r"[“”\";:?!]|\b(?:he|she|it|they|we|I|you)\b", re.IGNORECASE)
_IS_OBJECT = re.compile(r"\s+(?:[a-z]+\s+)?")
"""Between a verb and a noun that looks like one: "denied press reports"."""
_AND = re.compile(r",?\s+(?:and|as well as)\s+(?:the\s+)?")
_COMMA = re.compile(r",(?:\s+and)?\s+(?:the\s+)?|\s+and\s+(?:the\s+)?")
_PARTICIPLE = re.compile(r"[,”\"]\s+(?:\w+ly\s+)?$")
_BEGINNING = re.compile(r"(?:[^,]{0,30}\b(?:of|for|in)\s+)?(?:[Tt]he\s+)?")
_JOINED = re.compile(r"\b(?:and|but)\s+(?:\w+ly\s+)?$")
_OWN_SUBJECT = re.compile(r",\s+(?:(?:an?|the|one|some|several|many|most)\b|[A-Z])[^,]*\w\s+$")
"""Before a verb whose subject stands by it: "..., a clerk said"."""
_ASIDE = re.compile(r".*[,)—–]\s*(?:(?:\w+ly|also|again|has|have|had)\s+)*$", re.DOTALL)
_LABEL = re.compile(r"(?:(?:[A-Z(][\w.’'()&/-]*,?|of|for|the)\s+){0,9}[A-Z(][\w.’'()&/-]*:\s")
_QUOTE_MARKS = ("“", "”", '"')
_QUOTED = re.compile(r"“[^”]*(?:”|$)|\"[^\"]*(?:\"|$)")
_WE = re.compile(r"\b(?:[Ww]e|[Oo]ur|us)\b")
_SENTENCE_END = re.compile(r"(?<!\b[CDM][rhs])(?<!\bCol)(?<!\bGen)(?<![A-Z])[.?!][”\"’')]*\s+(?=\S)")
_REACH = 80
"""The most characters between a name and its verb."""


def is_in_first_person(text: str) -> bool:
    """Whether a text says "we" outside its quotations, more than once."""
    return len(_WE.findall(_QUOTED.sub("", text))) > 1


def voices(text: str, mentions: Sequence[Mention]) -> Iterator[Voice]:
    """Who speaks, by the words around the actors' names."""
    label = _LABEL.match(text)
    if label or _QUOTED.search(text) or _WE.search(text):
        yield Voice(next((m.actor for m in mentions if label and m.end <= label.end()), ""))
    last: Actors = ()
    for start, end in _sentences(text):
        inside = [m for m in mentions if start <= m.start and m.end <= end]
        for actors, denies in _told(text, start, end, inside, last):
            yield from (Voice(actor, denies) for actor in actors or ("",))
            last = actors


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in _SENTENCE_END.finditer(text):
        yield start, match.end()
        start = match.end()
    yield start, len(text)


def _told(text: str, start: int, end: int, mentions: Sequence[Mention], last: Actors) -> Iterator[tuple[Actors, bool]]:
    """Who says something in a sentence, and whether they deny it; who spoke last stands for pronouns."""
    ended, fronted = -1, _FRONTED.match(text, start)
    for verb in _VERB.finditer(text, start, end):
        before = _before(text, start, verb.start())
        if _NOT.search(before) or (ended >= 0 and _IS_OBJECT.fullmatch(text, ended, verb.start())):
            continue
        denies = verb["denies"] is not None or _is_denial(text, before, verb, end)
        if verb.group().endswith("ing") and _PARTICIPLE.search(before):
            last = last if ended >= 0 else _first(text, start, mentions)
        elif ended < 0 or not _JOINED.search(before):
            last = _speakers(text, start, verb, mentions, last)
        if fronted is not None:
            yield last, True
        ended, fronted = verb.end(), None
        yield last, denies
    for mention in mentions:
        account = _ACCOUNT.match(text, mention.end)
        if account or _CITED.search(_before(text, start, mention.start)):
            yield (mention.actor,), account is not None and account["denies"] is not None


def _speakers(text: str, start: int, verb: re.Match[str], mentions: Sequence[Mention], last: Actors) -> Actors:
    """The actors that are the subject of a verb, or by whom it is done where it is passive."""
    before = _before(text, start, verb.start())
    if verb.group().endswith(("ed", "told", "said", "seen")) and (
        _PASSIVE.search(before) or text.startswith(" by ", verb.end())
    ):
        return _agent(text, verb.end(), mentions)
    ended = before.rstrip().endswith((*_QUOTE_MARKS, ","))
    inverted = _INVERTED.match(text, verb.end()) if ended and _QUOTING.fullmatch(verb.group()) else None
    if inverted:
        return _inverted(text, *inverted.span(), mentions)
    return _subject(text, start, verb.start(), mentions) or (last if _PRONOUN.search(before) else ())


def _is_denial(text: str, before: str, verb: re.Match[str], end: int) -> bool:
    if _WAVES_OFF.match(verb.group()) and (_WAVED_OFF.match(text, verb.end(), end) or _IS_CHARGE.search(before)):
        return True
    return _DENIAL.search(text, verb.end(), min(end, verb.end() + _REACH)) is not None


def _before(text: str, start: int, end: int) -> str:
    """What stands before a place, as far as it matters."""
    return text[max(start, end - _REACH) : end]


def _subject(text: str, start: int, verb: int, mentions: Sequence[Mention]) -> Actors:
    """The subject of a verb: the actors nearest before it that can be."""
    first, last = (bisect_left(mentions, place, key=lambda m: m.end) for place in (verb - _REACH, verb + 1))
    for place in reversed(range(first, last)):
        gap, before = text[mentions[place].end : verb], _before(text, start, mentions[place].start)
        aside = _ASIDE.fullmatch(gap) is not None
        barred = _BARRIER.search(gap) or _OWN_SUBJECT.search(gap) or (gap.count(",") % 2 == 1 and not aside)
        elsewhere = (_OBJECT.search(before) and not _OFFICE.search(before)) or (aside and _RELATIVE.search(before))
        object_ = _JOINED.search(gap)
        if not (barred or elsewhere or object_):
            return _together(text, mentions, place)
    return ()


def _first(text: str, start: int, mentions: Sequence[Mention]) -> Actors:
    """The actors that a sentence begins with: the subject of "..., accusing the port"."""
    begins = mentions and _BEGINNING.fullmatch(text, start, mentions[0].start)
    return _together(text, mentions, 0) if begins else ()


def _agent(text: str, verb: int, mentions: Sequence[Mention]) -> Actors:
    """The actors by whom something is said in the passive: "was accused last week by the Dock Union"."""
    for place in _following(verb, mentions):
        if _BY.search(text, verb, mentions[place].start):
            return _together(text, mentions, place)
    return ()


def _inverted(text: str, verb: int, end: int, mentions: Sequence[Mention]) -> Actors:
    """The actors that stand after a verb as its subject: "...", said an officer of the Dock Union."""
    for place in _following(verb, mentions):
        gap = text[verb : mentions[place].start]
        barred = mentions[place].end > end or _OBJECT.search(gap) or _RELATIVE.search(gap)
        return () if barred else _together(text, mentions, place)
    return ()


def _following(place: int, mentions: Sequence[Mention]) -> range:
    """The mentions that follow a place within reach."""
    return range(*(bisect_left(mentions, one, key=lambda m: m.start) for one in (place, place + _REACH)))


def _together(text: str, mentions: Sequence[Mention], place: int) -> Actors:
    """An actor with those that it is listed with: "the Dock Union, the council and the port"."""
    first = last = place
    while last + 1 < len(mentions) and _AND.fullmatch(text, mentions[last].end, mentions[last + 1].start):
        last += 1
    link = _COMMA if _AND.match(text, mentions[last].end) else _AND
    while first > 0 and link.fullmatch(text, mentions[first - 1].end, mentions[first].start):
        first, link = first - 1, _COMMA
    return tuple(dict.fromkeys(mention.actor for mention in mentions[first : last + 1]))
