"""Passages: an article's paragraphs with exact offsets, long ones windowed at sentence ends, furniture recognised."""

from __future__ import annotations

import re
from collections.abc import Iterator

import sentencex

from stance.records import Article, Mention, Passage

MAX_WORDS = 150
"""A paragraph of more words is windowed."""
WINDOW_WORDS = 100
"""The most words of a window."""

_BLANK_LINES = re.compile(r"\n[^\S\n]*(?:\n[^\S\n]*)+")
_SENTENCE_END = re.compile(r"[.!?…:;,][\"'”’»)\]]*$")
_CREDIT = re.compile(
    r"""[\[(]?\s*(?:
        (?:(?:file|stock|ap|afp|reuters|epa|getty)\s+)?(?:photo|photograph|picture|image|illustration)s?(?:\s+credit)?
        (?:\s*[:/|©].* | \s[–—-]\s.* | \s(?:by|courtesy\s+of|from|via)\s[^.!?]*)
      | ©\s*\S.*
      | (?:photo\s*|picture\s*|image\s*)?(?:credit|source)\s*:.*
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_BLANK = re.compile(r"[^\S\n]")
_WORD = re.compile(r"\S{1,25}(?!\S)|\S{1,10}")
"""A word; what is much longer (addresses, scripts without blanks) counts as several."""
_BYLINE = re.compile(r"By(?:\s+(?:[A-Z][\w.'’-]*|our|and|for|in|,))+")
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


def split_article(article: Article, max_words: int = MAX_WORDS, window_words: int = WINDOW_WORDS) -> list[Passage]:
    """Split an article into passages, nothing lost: every word of it stands in just one of them.

    Parameters
    ----------
    article : Article
    max_words : int
        A longer paragraph becomes several windows that end with a sentence.
    window_words : int
        The most words of a window, which are of about equal length; a sentence that is longer by itself is parted
        between words. What is longer than 25 characters counts as several words.

    Returns
    -------
    list of Passage
        In order, ``article.text[p.start:p.end] == p.text``; `kind` is ``prose`` or what else it was recognised as
        (``headline``, ``credit``, ``dateline``). Ids count the prose alone: ``ARTICLE#0`` is its first paragraph.
        Where the article has no title, its first headline is taken for it.
    """
    spans = list(_spans(article.text, max_words, window_words))
    if not any(kind == "prose" for _, _, kind in spans):
        spans = list(_headlines_as_prose(article.text, spans, max_words, window_words))
    first_prose = next((start for start, _, kind in spans if kind == "prose"), 0)
    headline = next((article.text[a:b] for a, b, kind in spans if kind == "headline" and b <= first_prose), None)
    details = article.details
    if headline and not details.get("title"):
        details = {**details, "title": headline}
    passages, counts = [], dict[str, int]()
    for start, end, kind in spans:
        number = counts[kind] = counts.get(kind, -1) + 1
        suffix = f"#{number}" if kind == "prose" else f"#{kind}{number}"
        passages.append(
            Passage(
                id=f"{article.id}{suffix}",
                article=article.id,
                text=article.text[start:end],
                start=start,
                end=end,
                mentions=_mentions_within(article.mentions, start, end),
                details=details,
                kind=kind,
            )
        )
    return passages


def dateline_end(text: str) -> int:
    """Where a dateline at the head of a text ends ("KABUL, AFGHANISTAN – "); 0 where there is none."""
    match = _DATELINE.match(text)
    return match.end() if match else 0


def _mentions_within(mentions: tuple[Mention, ...] | None, start: int, end: int) -> tuple[Mention, ...] | None:
    """The mentions in a passage; of one that a window's edge cuts, the part inside."""
    if mentions is None:
        return None
    inside = (Mention(m.actor, max(m.start, start) - start, min(m.end, end) - start) for m in mentions)
    return tuple(mention for mention in inside if mention.start < mention.end)


def _headlines_as_prose(
    text: str, spans: list[tuple[int, int, str]], max_words: int, window_words: int
) -> Iterator[tuple[int, int, str]]:
    """The spans of an article that is nothing but headlines: they are its text."""
    for start, end, kind in spans:
        if kind == "headline":
            yield from _prose(text, start, end, max_words, window_words)
        else:
            yield start, end, kind


def _spans(text: str, max_words: int, window_words: int) -> Iterator[tuple[int, int, str]]:
    """Start, end and kind of every passage."""
    prose_seen = False
    for start, end in _paragraphs(text):
        kind = _kind(text[start:end], prose_seen)
        if kind != "prose":
            yield start, end, kind
            continue
        if not prose_seen and (length := dateline_end(text[start:end])) and start + length < end:
            yield start, start + len(text[start : start + length].rstrip()), "dateline"
            start += length
        prose_seen = True
        yield from _prose(text, start, end, max_words, window_words)


def _prose(text: str, start: int, end: int, max_words: int, window_words: int) -> Iterator[tuple[int, int, str]]:
    """A paragraph, whole or in windows."""
    if _count(text[start:end]) <= max_words:
        yield start, end, "prose"
    else:
        yield from ((a, b, "prose") for a, b in _windows(text, start, end, window_words))


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Paragraphs without the white space around them: parted by blank lines, or by line ends where lines are whole."""
    for start, end in _parts(text, _BLANK_LINES, 0, len(text)):
        if _is_wrapped(text[start:end]):
            yield start, end
        else:
            yield from _parts(text, re.compile(r"\n"), start, end)


def _parts(text: str, separator: re.Pattern[str], start: int, end: int) -> Iterator[tuple[int, int]]:
    edges = [start]
    for match in separator.finditer(text, start, end):
        edges += [match.start(), match.end()]
    edges.append(end)
    for left, right in zip(edges[::2], edges[1::2], strict=True):
        piece = text[left:right]
        if piece.strip():
            left += len(piece) - len(piece.lstrip())
            yield left, left + len(piece.strip())


def _is_wrapped(block: str) -> bool:
    """Whether a block's line ends are those of a page's width, not of paragraphs."""
    lines = [line.strip() for line in block.split("\n")]
    inner = lines[:-1]
    if not inner:
        return True
    open_ended = sum(not re.search(r"[.!?…][\"'”’)]*$", line) for line in inner)
    full = sum(40 <= len(line) <= 110 for line in inner)
    return open_ended * 2 > len(inner) and full * 3 >= len(inner) * 2 and max(map(len, inner)) <= 110


def _kind(paragraph: str, prose_seen: bool) -> str:
    words = paragraph.split()
    if len(words) <= 25 and (_CREDIT.fullmatch(paragraph) or _BYLINE.fullmatch(paragraph)):
        return "credit"
    if len(words) <= (12 if prose_seen else 25) and not _SENTENCE_END.search(paragraph):
        return "headline"
    capitals = [word for word in words if len(word) > 3]
    titled = len(capitals) > 2 and sum(word[0].isupper() for word in capitals) >= 0.8 * len(capitals)
    if not prose_seen and len(words) <= 20 and titled and not paragraph.rstrip("\"'”’").endswith("."):
        return "headline"
    return "prose"


def _windows(text: str, start: int, end: int, max_words: int) -> Iterator[tuple[int, int]]:
    """Windows of at most `max_words` words, as even as sentence ends allow."""
    pieces = []
    position = start
    spaced = _BLANK.sub(" ", text[start:end])  # other blanks before a full stop make sentencex panic
    for sentence in sentencex.segment("en", spaced):
        pieces += _word_runs(text, position, position + len(sentence), max_words)
        position += len(sentence)
    lengths = [_count(text[a:b]) for a, b in pieces]
    fewest = len(_pack(lengths, max_words))
    limit = next(n for n in range(-(-sum(lengths) // fewest), max_words + 1) if len(_pack(lengths, n)) == fewest)
    for group in _pack(lengths, limit):
        left, right = pieces[group[0]][0], pieces[group[-1]][1]
        window = text[left:right]
        if window.strip():
            yield left + len(window) - len(window.lstrip()), left + len(window.rstrip())


def _count(text: str) -> int:
    return sum(1 for _ in _WORD.finditer(text))


def _word_runs(text: str, start: int, end: int, max_words: int) -> list[tuple[int, int]]:
    """A sentence as one piece, or in runs of `max_words` words where it has more."""
    words = list(_WORD.finditer(text[start:end]))
    if len(words) <= max_words:
        return [(start, end)]
    cuts = [start + words[i].start() for i in range(0, len(words), max_words)]
    return list(zip([start, *cuts[1:]], [*cuts[1:], end], strict=True))


def _pack(lengths: list[int], limit: int) -> list[list[int]]:
    """Fill groups of consecutive pieces up to `limit` words; a piece that is longer stands alone."""
    groups: list[list[int]] = []
    room = 0
    for index, length in enumerate(lengths):
        if groups and length <= room:
            groups[-1].append(index)
            room -= length
        else:
            groups.append([index])
            room = limit - length
    return groups
