"""The running text of a web page: which of its blocks are such, and how much of it each of its elements holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from typing import Any

from stance.text.furniture import is_link_label
from stance.text.words import count_words, ends_with_full_stop

WORDS, SENTENCE_WORDS = 16, 3
"""Words that make a block running text; and those that do where it ends with a full stop."""
LINK_WORDS = 6
"""The most words of a line of links that tells nothing."""
_UNSEEN = ("head", "iframe", "noscript", "object", "script", "select", "style", "svg", "template", "textarea")
BLOCKS = frozenset(
    """address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer form
    h1 h2 h3 h4 h5 h6 header hgroup hr legend li main menu nav noindex ol p pre section summary table tbody td tfoot th
    thead tr ul""".split()
)
_TITLES = frozenset("caption figcaption h1 h2 h3 h4 h5 h6 legend th".split())
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_HIDDEN_NAMES = frozenset("d-none hidden hide invisible is-hidden screen-reader-text sr-only visually-hidden".split())
_SHOWN_NAME = re.compile(r"(?:^|\s)\S+[-:](?:block|flex|grid|inline|table)(?:\s|$)")
"""A class that shows on wide screens what another hides on narrow ones."""
_SCANNED = 500_000
"""Characters of a text that lines are looked for in; in a longer one they must be lines of it."""


class Prose:
    """The running text of a page: the blocks that are such, and how many words of it each element holds."""

    def __init__(self, body: Any) -> None:
        self.body = body
        self.texts: dict[Any, str] = {}
        self.weights: dict[Any, int] = {}
        self.links: set[Any] = set()
        for block, text, linked in _blocks(body):
            words = count_words(text)
            if block.tag in _TITLES:
                continue
            if 2 * linked >= len(text):
                if 5 * linked >= 4 * len(text) or is_link_label(text):
                    self.links.add(block)
            elif words >= WORDS or (words >= SENTENCE_WORDS and ends_with_full_stop(text)):
                self.texts[block] = text
                self._add(block, words)

    def _add(self, element: Any, weight: int) -> None:
        for holder in (element, *element.iterancestors()):
            self.weights[holder] = self.weights.get(holder, 0) + weight

    def of(self, element: Any) -> int:
        return self.weights.get(element, 0)

    def within(self, element: Any) -> list[str]:
        """The texts of the blocks in an element."""
        return [self.texts[part] for part in element.iter() if part in self.texts]

    @property
    def total(self) -> int:
        return self.of(self.body)

    def is_most(self, element: Any) -> bool:
        """Whether an element holds more than half of what is left."""
        return 2 * self.of(element) > self.total

    def remove(self, element: Any) -> None:
        """Drop an element from the page, and what it holds from the sums."""
        self._add(element, -self.of(element))
        for part in element.iter():
            self.texts.pop(part, None)
        element.drop_tree()


def visible_body(page: Any) -> Any:
    """A copy of a page's body without what no browser shows."""
    from lxml import etree

    body = page.find(".//body")
    body = deepcopy(page if body is None else body)
    etree.strip_tags(body, etree.Comment, etree.ProcessingInstruction)
    etree.strip_elements(body, *_UNSEEN, with_tail=False)
    return body


def visible_text(page: Any, unwanted: re.Pattern[str]) -> str:
    """All text that a reader sees of a page, in order: its blocks parted by blank lines, and its lines.

    Parts whose class or id `unwanted` finds are left out, and lines that are links of a few words, as to unsubscribe.
    """
    from lxml.etree import iterwalk

    body = visible_body(page)
    prose = Prose(body)
    drop(body, prose, is_hidden)
    drop(body, prose, lambda e: unwanted.search(f"{e.get('class', '')} {e.get('id', '')}") is not None)
    drop(body, prose, lambda e: e in prose.links and count_words("".join(e.itertext())) <= LINK_WORDS)
    pieces: list[str] = []
    for event, element in iterwalk(body, events=("start", "end")):
        edge = "\n\n" if element.tag in BLOCKS else "\n" if element.tag == "br" and event == "start" else ""
        pieces += (edge, ((element.text if event == "start" else element.tail) or "").replace("\n", " "))
    lines = (" ".join(line.split()) for line in "".join(pieces).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def drop(body: Any, prose: Prose, unwanted: Callable[[Any], bool]) -> None:
    """Drop the outermost elements that are not wanted."""
    gone: set[Any] = {body}
    for element in list(body.iter()):
        if element not in gone and unwanted(element):
            gone.update(element.iter())
            prose.remove(element)


def is_hidden(element: Any) -> bool:
    names = element.get("class", "")
    return (
        element.get("hidden", "until-found") != "until-found"
        or element.get("aria-hidden") == "true"
        or _HIDDEN.search(element.get("style", "")) is not None
        or (not _HIDDEN_NAMES.isdisjoint(names.split()) and not _SHOWN_NAME.search(names))
    )


def _blocks(element: Any, linked: bool = False) -> Iterator[tuple[Any, str, int]]:
    """Every block under an element: the text in it but for that of blocks in it, and how much of that is links."""
    pieces: list[str] = []
    links = 0
    inner: list[Any] = []
    for text, in_link, block in _pieces(element, linked):
        pieces.append(text)
        links += in_link * len(text)
        if block is not None:
            inner.append((block, in_link))
    lines = (" ".join(line.split()) for line in "".join(pieces).split("\n"))
    text = "\n".join(filter(None, lines))
    if text:
        yield element, text, links
    for block, in_link in inner:
        yield from _blocks(block, in_link)


def _pieces(element: Any, linked: bool) -> Iterator[tuple[str, bool, Any]]:
    """The pieces of text in a block, whether they are in a link, and the blocks in it; these and breaks end lines."""
    yield (element.text or "").replace("\n", " "), linked, None
    for child in element:
        if child.tag in BLOCKS:
            yield "\n", linked, child
        elif child.tag == "br":
            yield "\n", linked, None
        else:
            yield from _pieces(child, linked or leads_away(child))
        yield (child.tail or "").replace("\n", " "), linked, None


def leads_away(element: Any) -> bool:
    return element.tag == "a" and "#" not in (element.get("href") or "#")


def solid(text: str) -> str:
    """A text without its white space."""
    return "".join(text.split())


def held(lines: Iterable[str], text: str) -> list[bool]:
    """Which lines stand in a text, white space aside."""
    kept = solid(text)
    whole = {solid(line) for line in text.split("\n")}
    return [line in whole or (len(kept) <= _SCANNED and line in kept) for line in map(solid, lines)]
