"""What in an article is no prose: headlines, credits, datelines. What is not shown to be one of these is prose."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stance.text.words import count_words, ends_like_a_sentence

HEADLINE_WORDS = 16
"""The most words of a headline that its place at the head of the article alone gives away."""
TITLED_WORDS = 20
"""The most words of a headline whose Words Begin With Capitals."""
HEADING_WORDS = 12
"""The most words of headings between paragraphs, where there are several."""
UNCASED_WORDS = 6
"""The same in scripts that have no capitals, for full stops are left out there more often."""
SHORT = 3
"""The most words of a heading that has no others like it; one less where there are no capitals."""
_HEAD = 5
"""Lines at the head of an article among which its title stands."""
_LONG = 2 * HEADLINE_WORDS
"""Words of a paragraph that is prose although no full stop ends it."""

_CREDIT = re.compile(
    r"""[\[(]?\s*(?:
        (?:(?:file|stock|ap|afp|reuters|epa|getty)\s+)?(?:photo|photograph|picture|image|illustration)s?(?:\s+credit)?
        (?:\s*[:/|©].* | \s[–—-]\s.* | \s(?:by|courtesy\s+of|from|via)\s[^.!?]*)
      | ©\s*\S.*
      | (?:photo\s*|picture\s*|image\s*)?(?:credit|source)\s*:.*
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_BYLINE = re.compile(r"By(?:\s+(?:[A-Z][\w.'’-]*|our|and|for|in|,))+")
_SIGN_OFF = re.compile(r"[\[(]?(?:ENDS?|[A-Z]{2,6}(?:/[A-Z]{2,6}){0,3}|[\w.+-]+@[\w-]+\.[\w.-]+)[\])]?")
"""Who wrote an article, or its end, as agencies mark them."""
_PLACE = r"[A-ZÀ-Þ][A-ZÀ-Þ.'’]{2,}(?:[\s-][A-ZÀ-Þ][A-ZÀ-Þ.'’]+)*"
_DATE = r"(?:[A-Z][a-z]{2,8}\.?\s\d{1,2}(?:,?\s\d{4})?|\d{1,2}\s[A-Z][a-z]{2,8}\.?(?:\s\d{4})?)"
_DASH = r"(?:\s?(?:[–—]|--+)\s*|\s-\s*|-\s+|:\s+)"
_DATELINE = re.compile(
    rf"""^(?:
        (?=[^\W\d_]{{5}}|[^\W\d_]{{3,4}}\s?[,(]|[A-Z]+\s[A-Z])  # long enough to be no acronym
        {_PLACE}
        (?:\s?[,/]\s?(?:{_PLACE}|[A-Z][\w.]+(?:\s[A-Z][\w.]+)?|{_DATE})){{0,3}}
        (?:\s?\([^()\n]{{2,30}}\))?
      | [A-Z][\w'’]+(?:[\s-][A-Z][\w'’]+)?(?:,\s(?:[A-Z][\w.]+|{_DATE})){{0,2}}
        \s?\([A-Z][\w\s]{{1,20}}\)
    ){_DASH}""",
    re.VERBOSE,
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_ZONE = r"(?:gmt|utc|bst|cet|cest|e[sd]?t|p[sd]t|ist|pkt|aft|msk|local\stime)\b"
_CLOCK = (
    r"\d{1,2}:\d\d(?::\d\d)?(?:\s?[ap]\.?m\b\.?)?|\d{1,2}(?:\.\d\d)?\s?[ap]\.?m\b\.?|\d{1,2}h\d\d\b"
    rf"|\d{{1,2}}\.\d\d(?=\s*(?:[-–—:|]|$|{_ZONE}))"
)
_WHEN = re.compile(
    rf"""(?:(?:(?:first\s|last\s)?(?:published|updated|posted|modified)|on|at)\b|{_CLOCK}|{_ZONE}
      |(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b\.?
      |\d{{1,2}}(?:st|nd|rd|th)?\s{_MONTH}(?:,?\s\d{{4}})?
      |{_MONTH}\s(?:\d{{1,2}}(?:st|nd|rd|th)?\b(?!:)(?:,?\s\d{{4}})?|\d{{4}})
      |\d{{4}}-\d\d-\d\d(?:T[\d:.]+Z?)?|[^\w"'”’“‘])+""",
    re.IGNORECASE | re.VERBOSE,
)
"""A line that tells a day or a time, and nothing else."""
_ENTRY = re.compile(rf"\W{{0,2}}(?:{_CLOCK})", re.IGNORECASE)
"""The start of an entry in a live blog."""
_ITEM = re.compile(
    r"""(?:[-–—−*+•‣◦⁃∙●○▪▫■□◆►▶➤➢✓✔·・]+(?:\s|(?=\w)) | (?:\d{1,3}[.)-]|[a-z][.)]|[ivx]{1,4}[.)]|[QA][.:])\s
      | \((?:\d{1,3}|[a-zA-Z]|[ivx]{1,4})\)\s | [①-⓿❶-➓] | [一二三四五六七八九十\d]{1,3}、
      | （[一二三四五六七八九十\d]{1,3}）)""",
    re.VERBOSE,
)
"""The start of an item of a list, or of a speaker's turn."""
_QUOTE = re.compile(r"""["'“”„‟‘‚«»‹›「『《〈＂]""")
_SENTENCE_WITHIN = re.compile(r"""\b(?:[^\W\d_A-Z]{3,}|\w{5,})[.!?…]["'”’»)\]]*\s|[。۔।॥።։။។]""")
_LABEL = re.compile(
    r"""(?:also\sread|read\s(?:also|more|next)|related(?:\s(?:articles?|stories|news|topics|content|links))?|see\salso
      |more\son\sthis(?:\sstory)?|you\smay\salso\slike|most\sread|recommended(?:\sfor\syou)?|advertisement)
    \s*(?:[:|»›].*|$)""",
    re.IGNORECASE | re.VERBOSE,
)
"""A link to another article, or the word above such links."""
_SMALL = frozenset(("amid", "from", "into", "over", "than", "upon", "with"))
"""Words of more than three letters that have no capital in titles."""
_MARKED = re.compile(r"#{1,6}\s+\S")
_CASED = re.compile(r"[A-Za-zÀ-ÿĀ-ſͰ-ϿЀ-ӿ]")


@dataclass(frozen=True, slots=True)
class _Line:
    """A paragraph that may be a headline.

    Attributes
    ----------
    whole : bool
        Whether it ends as a sentence does, or is too long to be a headline.
    timed : bool
        Whether a time stands alone before it, as in a live blog.
    """

    text: str
    whole: bool
    timed: bool

    @property
    def words(self) -> int:
        return count_words(self.text)

    def longest_heading(self, several: bool) -> int:
        """The most words it may have as a heading, where there are several or one."""
        if _CASED.search(self.text):
            return HEADING_WORDS if several else SHORT
        return UNCASED_WORDS if several else SHORT - 1


def kinds_of(paragraphs: Sequence[str], title: str = "") -> list[str]:
    """Kind of every paragraph of an article: ``prose``, ``headline``, ``credit`` or ``dateline``.

    What looks like prose to a reader is prose. A headline needs better evidence than a missing full stop: its place at
    the head of the article with prose behind it, the article's title, capitals, or that it is very short and stands
    alone between paragraphs that end as sentences do. Items of lists, quotations and entries of live blogs are prose.

    Parameters
    ----------
    title : str
        The article's, where it is known otherwise: the first line is then a headline by its place only where it is
        like the title.
    """
    kinds = ["" if title and _is_title(paragraph, title) else _kind_alone(paragraph) for paragraph in paragraphs]
    lines = []
    for index, paragraph in enumerate(paragraphs):
        if not kinds[index]:
            whole = ends_like_a_sentence(paragraph) or count_words(paragraph) > _LONG
            lines.append(_Line(paragraph, whole, index > 0 and kinds[index - 1] == "dateline"))
    judged = iter(_kinds_of_lines(lines, title))
    return [kind or next(judged) for kind in kinds]


def _kinds_of_lines(lines: Sequence[_Line], title: str) -> Iterator[str]:
    last_whole = max((place for place, line in enumerate(lines) if line.whole), default=-1)
    headings = _headings(lines)
    at_title = next((place for place, line in enumerate(lines[:_HEAD]) if title and _is_title(line.text, title)), 0)
    head, named, links = True, False, False
    for place, line in enumerate(lines):
        if is_link_label(line.text) and line.words <= HEADLINE_WORDS:
            links = line.text.rstrip(" :").lower() not in ("advertisement", "read more")
        elif at_title and place <= at_title < last_whole and _is_above_title(line, title):
            named = True
        elif links and not line.whole and line.words <= HEADLINE_WORDS and not _is_like_prose(line.text):
            pass
        elif head and place < last_whole and (_is_titled(line, 0.8) or (not named and _is_headline(line, title))):
            named = line.words > 2  # shorter: the name of a section, and the headline is still to come
        elif place not in headings and not _MARKED.match(line.text):
            head = links = False
            yield "prose"
            continue
        yield "headline"


def _is_above_title(line: _Line, title: str) -> bool:
    """Whether a line is the title, or so short that it is the name of a section above it."""
    return _is_headline(line, title) or (not line.whole and line.words <= SHORT)


def _headings(lines: Sequence[_Line]) -> set[int]:
    """The lines between paragraphs that are headings: all in capitals as a title is, or short and alone.

    One that stands alone and is very short is a heading. Of longer ones there must be several, and many more
    paragraphs: one may be a paragraph whose full stop was forgotten.
    """
    open_ended = [place for place, line in enumerate(lines) if not line.whole and not _is_like_prose(line.text)]
    alone = [place for place in open_ended if _stands_alone(lines, place)]
    several = 1 < len(alone) <= sum(line.whole for line in lines) / 3
    short = {place for place in alone if lines[place].words <= lines[place].longest_heading(several)}
    return short | {place for place in open_ended if _is_titled(lines[place], 1.0)}


def _stands_alone(lines: Sequence[_Line], place: int) -> bool:
    """Whether a line could be a heading, for all that stands around it."""
    line = lines[place]
    before = lines[place - 1] if place else None
    after = lines[place + 1] if place + 1 < len(lines) else None
    return (
        not line.timed
        and not line.text[0].islower()
        and (before is None or _is_closed(before))
        and after is not None
        and (after.whole or _ITEM.match(after.text) is not None)
        and (line.words <= SHORT or after.words >= 2 * line.words)
    )


def _is_closed(line: _Line) -> bool:
    """Whether a paragraph does not go on in the next."""
    return _ITEM.match(line.text) is not None or (line.whole and not line.text.rstrip().endswith((":", "：")))


def is_link_label(text: str) -> bool:
    """Whether a line begins as links to other articles do, or the list of them: "Related: ..."."""
    return _LABEL.match(text) is not None


def dateline_end(text: str) -> int:
    """Where a dateline at the head of a text ends ("KABUL, AFGHANISTAN – "); 0 where there is none."""
    match = _DATELINE.match(text)
    return match.end() if match else 0


def _kind_alone(paragraph: str) -> str:
    """The kind of a paragraph that gives itself away: a credit, a time or date, marks without a word; else empty."""
    if len(paragraph.split()) > 25:
        return ""
    if any(pattern.fullmatch(paragraph) for pattern in (_CREDIT, _BYLINE, _SIGN_OFF)):
        return "credit"
    if _WHEN.fullmatch(paragraph):
        return "dateline" if any(map(str.isdecimal, paragraph)) else "headline"
    return ""


def _is_headline(line: _Line, title: str) -> bool:
    """Whether a line at the head of an article is its headline, by its place."""
    if title and _is_title(line.text, title):
        return not line.text.rstrip("\"'”’").endswith(".")
    if line.whole or line.timed or line.words > HEADLINE_WORDS or _is_like_prose(line.text):
        return False
    return not title or _is_like(line.text, title)


def _is_title(text: str, title: str) -> bool:
    return len(text) <= 2 * len(title) and _folded(text) == _folded(title)


def _is_titled(line: _Line, share: float) -> bool:
    """Whether the words of a line begin with capitals, as in a title: such a share of those that are not short."""
    words = [word for word in line.text.split() if len(word) > 3 and word not in _SMALL]
    return (
        len(words) > 2
        and line.words <= TITLED_WORDS
        and sum(word[0].isupper() or not word[0].isalpha() for word in words) >= share * len(words)
        and not line.text.rstrip("\"'”’").endswith(".")
        and not _ITEM.match(line.text)
        and not line.timed
    )


def _is_like_prose(text: str) -> bool:
    """Whether a text begins as items of lists, quotations and entries of live blogs do, or holds a whole sentence."""
    return any(pattern.match(text) for pattern in (_ITEM, _QUOTE, _ENTRY)) or bool(_SENTENCE_WITHIN.search(text))


def _is_like(text: str, title: str) -> bool:
    """Whether a line tells the same as a title: one holds the other, or half of its words."""
    line, other = _folded(text), _folded(title)
    words = set(re.findall(r"\w{3,}", text.casefold()))
    shared = words.intersection(re.findall(r"\w{3,}", title.casefold()))
    return line in other or other in line or 2 * len(shared) >= len(words) > 0


def _folded(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
