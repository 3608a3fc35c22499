"""Passages: an article's paragraphs with exact offsets, long ones windowed at sentence ends, furniture recognised."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import sentencex

from stance.records import Article, Mention, Passage
from stance.text.furniture import dateline_end, kinds_of
from stance.text.words import count_words, ends_with_full_stop, words_of

MAX_WORDS = 150
"""A paragraph of more words is windowed."""
WINDOW_WORDS = 100
"""The most words of a window."""

_BLANK_LINES = re.compile(r"\n[^\S\n]*(?:\n[^\S\n]*)+")
_LINE_END = re.compile(r"\n")
_BEFORE_ITEM = re.compile(r"(?:\n|^)(?=[^\S\n]*(?:[-–—*•‣▪●]\s|\d{1,3}[.)]\s|\d{1,2}[:.]\d\d\s))")
_BLANK = re.compile(r"[^\S\n]")
_MORE_ENDS = re.compile(r"[^។៕།༎]*[។៕།༎]*\s*")
"""Sentences by full stops that `sentencex` does not know."""
_CLAUSE_ENDS = "，、；：,;:"


def split_article(article: Article, max_words: int = MAX_WORDS, window_words: int = WINDOW_WORDS) -> list[Passage]:
    """Split an article into passages, nothing lost: every word of it stands in just one of them.

    Parameters
    ----------
    article : Article
    max_words : int
        A longer paragraph becomes several windows that end with a sentence.
    window_words : int
        The most words of a window, which are of about equal length; a sentence that is longer by itself is parted
        between words. Words are those of `stance.text.words.words_of`.

    Returns
    -------
    list of Passage
        In order, ``article.text[p.start:p.end] == p.text``; `kind` is ``prose`` or what else it was recognised as
        (``headline``, ``credit``, ``dateline``). Ids count the prose alone: ``ARTICLE#0`` is its first paragraph.
        Where the article has no title, its first headline of more than two words is taken for it, or else its first.
    """
    spans = list(_spans(article, max_words, window_words))
    details = article.details
    if not details.get("title") and (title := _title(article.text, spans)):
        details = {**details, "title": title}
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


def _title(text: str, spans: list[tuple[int, int, str]]) -> str:
    """The headline before the prose; of several the first that is more than the name of a section."""
    first_prose = next((start for start, _, kind in spans if kind == "prose"), 0)
    headlines = [text[a:b] for a, b, kind in spans if kind == "headline" and b <= first_prose]
    return next((line for line in headlines if count_words(line) > 2), headlines[0] if headlines else "")


def _mentions_within(mentions: tuple[Mention, ...] | None, start: int, end: int) -> tuple[Mention, ...] | None:
    """The mentions in a passage; of one that a window's edge cuts, the part inside."""
    if mentions is None:
        return None
    inside = (Mention(m.actor, max(m.start, start) - start, min(m.end, end) - start) for m in mentions)
    return tuple(mention for mention in inside if mention.start < mention.end)


def _spans(article: Article, max_words: int, window_words: int) -> Iterator[tuple[int, int, str]]:
    """Start, end and kind of every passage."""
    text, language = article.text, _primary(article.details.get("lang"))
    paragraphs = list(_paragraphs(text))
    title = article.details.get("title")
    kinds = kinds_of([text[a:b] for a, b in paragraphs], title if isinstance(title, str) else "")
    if "prose" not in kinds:  # an article that is nothing but headlines: they are its text
        kinds = ["prose" if kind == "headline" else kind for kind in kinds]
    first = kinds.index("prose") if "prose" in kinds else -1
    for index, ((start, end), kind) in enumerate(zip(paragraphs, kinds, strict=True)):
        if index == first and (length := dateline_end(text[start:end])) and start + length < end:
            yield start, start + len(text[start : start + length].rstrip()), "dateline"
            start += length
        if kind == "prose" and count_words(text[start:end]) > max_words:
            yield from ((a, b, kind) for a, b in _windows(text, start, end, window_words, language))
        else:
            yield start, end, kind


def _primary(language: Any) -> str:
    """A language as `sentencex` knows it: "de" of "de-AT"."""
    return re.split(r"[-_]", language)[0].lower() if isinstance(language, str) else "en"


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Paragraphs without the white space around them: parted by blank lines, or by line ends where lines are whole."""
    for start, end in _parts(text, _BLANK_LINES, 0, len(text)):
        block = text[start:end]
        if not _is_wrapped(block):
            yield from _parts(text, _LINE_END, start, end)
        elif "\n" in block and len(_BEFORE_ITEM.findall(block)) > 1:
            yield from _parts(text, _BEFORE_ITEM, start, end)
        else:
            yield start, end


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
    open_ended = sum(not ends_with_full_stop(line) for line in inner)
    full = sum(40 <= len(line) <= 110 for line in inner)
    return open_ended * 2 > len(inner) and full * 3 >= len(inner) * 2 and max(map(len, inner)) <= 110


def _windows(text: str, start: int, end: int, max_words: int, language: str) -> Iterator[tuple[int, int]]:
    """Windows of at most `max_words` words, as even as sentence ends allow."""
    pieces = [run for a, b in _sentences(text, start, end, language) for run in _word_runs(text, a, b, max_words)]
    lengths = [words for _, _, words in pieces]
    fewest = len(_pack(lengths, max_words))
    limit = next(n for n in range(-(-sum(lengths) // fewest), max_words + 1) if len(_pack(lengths, n)) == fewest)
    for group in _pack(lengths, limit):
        left, right = pieces[group[0]][0], pieces[group[-1]][1]
        window = text[left:right]
        if window.strip():
            yield left + len(window) - len(window.lstrip()), left + len(window.rstrip())


def _sentences(text: str, start: int, end: int, language: str) -> Iterator[tuple[int, int]]:
    """Start and end of every sentence, the white space behind it included."""
    spaced = _BLANK.sub(" ", text[start:end])  # other blanks before a full stop make sentencex panic
    for sentence in sentencex.segment(language, spaced):
        for part in filter(None, _MORE_ENDS.findall(sentence)):
            yield start, start + len(part)
            start += len(part)


def _word_runs(text: str, start: int, end: int, max_words: int) -> Iterator[tuple[int, int, int]]:
    """A sentence as one piece, or in runs of `max_words` words where it has more: start, end, number of words."""
    if (words := count_words(text[start:end])) > max_words:
        starts = [start + a for a, _ in words_of(text[start:end])]
        while len(starts) > max_words:
            cut = _cut(text, starts[: max_words + 1])
            yield start, starts[cut], cut
            start, starts = starts[cut], starts[cut:]
        words = len(starts)
    yield start, end, words


def _cut(text: str, starts: list[int]) -> int:
    """Which of the starts of words to cut a sentence before, the last that will do: no letters are torn apart."""
    last = len(starts) - 1
    for place in range(last, last // 2, -1):
        if text[starts[place] - 1].isspace() or text[starts[place] - 1] in _CLAUSE_ENDS:
            return place
    for place in range(last, last // 2, -1):
        if not unicodedata.category(text[starts[place]]).startswith("M"):
            return place
    return last


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
