"""The part of a web page that holds its article: notices, menus and other articles dropped, the rest made plain.

`trafilatura` tells content from furniture by names of classes, which pages use as they like. Here a name is believed
where what stands in the element agrees with it, and names are taken off whatever holds running text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from stance.formats.page_furniture import drop_rights, is_furniture, is_likely_furniture, names_of
from stance.formats.page_prose import BLOCKS, Prose, drop, held, is_hidden, leads_away, visible_body

SHARE = 0.85
"""The share of a page's running text that the innermost element taken for its article holds, where none is named so."""

PARTING = "\ue000"
"""Stands between two breaks in what is made ready, for `trafilatura` makes one of them: they part paragraphs."""
_HOLDERS = frozenset(
    "article aside center details fieldset figure footer form header label legend main menu noindex section".split()
)
"""Blocks that `trafilatura` leaves out or reads in a way of its own; with running text in them they become plain."""
_PARTS = frozenset("h1 h2 h3 h4 h5 h6 li p span".split())
_BODY = re.compile(
    r"\b(?:article|entry|post|story|news) (?:body|content|copy|text)\b|\bbody (?:text|copy)\b|\barticle main\b"
)
"""Names of the element that holds an article's text."""


@dataclass(frozen=True)
class Region:
    """The article's part of a page.

    Attributes
    ----------
    tree : lxml.html.HtmlElement
        A page of it alone, ready for `trafilatura`.
    lines : tuple of str
        Its running text.
    """

    tree: Any
    lines: tuple[str, ...]

    def lost(self, text: str) -> int:
        """Characters of running text that a text extracted from it lacks, up to the last line that it has."""
        found = held(self.lines, text)
        last = max((place for place, there in enumerate(found) if there), default=len(found))
        return sum(len(line) for line, there in zip(self.lines[:last], found[:last], strict=True) if not there)


def article_region(page: Any) -> Region | None:
    """The article's part of a page (lxml), which stays as it is; None where there is no running text."""
    import lxml.html

    body = visible_body(page)
    prose = Prose(body)
    drop(body, prose, lambda element: is_hidden(element) and not prose.is_most(element))
    drop(body, prose, lambda element: is_furniture(element, prose))
    drop(body, prose, lambda element: is_likely_furniture(element, prose))
    drop_rights(prose)
    if not prose.texts:
        return None
    region = _region(body, prose)
    lines = tuple(line for text in prose.within(region) for line in text.split("\n"))
    for element in list(region.iter()):
        _make_plain(element, prose)
    tree = lxml.html.document_fromstring("<html><body><article></article></body></html>")
    region.tail, region.tag = None, "div"
    tree.find(".//article").append(region)
    return Region(tree, lines)


def left_out(page: Any, text: str) -> float:
    """The share of a page's running text that a text taken from it lacks."""
    body = visible_body(page)
    prose = Prose(body)
    drop(body, prose, lambda element: is_hidden(element) and not prose.is_most(element))
    lines = [line for block in prose.texts.values() for line in block.split("\n")]
    missing = sum(len(line) for line, there in zip(lines, held(lines, text), strict=True) if not there)
    return missing / max(1, sum(map(len, lines)))


def _region(body: Any, prose: Prose) -> Any:
    """The element that holds the article, without what stands behind it and before its headline."""
    order = {element: number for number, element in enumerate(body.iter())}
    named = (
        lambda element: element.tag not in _PARTS and "articleBody" in element.get("itemprop", ""),
        lambda element: element.tag not in _PARTS and _BODY.search(names_of(element)) is not None,
        lambda element: "article" in (element.tag, element.get("role")),
        lambda element: "main" in (element.tag, element.get("role")),
    )
    found = (_largest(_outermost(body, is_named, prose), prose) for is_named in named)
    region = next((element for element in found if element is not None), None)
    if region is None:
        region = _innermost(body, prose)
    else:
        region = _within_article(region, prose)
    return _with_standfirst(region, prose, order)


def _innermost(body: Any, prose: Prose) -> Any:
    """The innermost element that holds nearly all running text."""
    region = body
    while (child := max(region, key=prose.of, default=None)) is not None:
        if child in prose.texts or prose.of(child) < SHARE * prose.total:
            break
        region = child
    return region


def _within_article(text: Any, prose: Prose) -> Any:
    """The article around its text, without what stands behind the text: its standfirst may stand before."""
    article = next((holder for holder in text.iterancestors("article")), text)
    _cut_behind(text, article, prose)
    return article


def _outermost(body: Any, is_named: Callable[[Any], bool], prose: Prose) -> list[Any]:
    found = dict.fromkeys(element for element in body.iter() if prose.of(element) and is_named(element))
    return [element for element in found if found.keys().isdisjoint(element.iterancestors())]


def _largest(elements: list[Any], prose: Prose) -> Any:
    """The one that holds the article, or what holds several of about its size; None where that is less than half."""
    most = max(map(prose.of, elements), default=0)
    large = [element for element in elements if 4 * prose.of(element) >= most]
    if not large or 2 * sum(map(prose.of, large)) < prose.total:
        return None
    return _common(large)


def _common(elements: list[Any]) -> Any:
    """The innermost element that holds them all, or the one there is."""
    if len(elements) == 1:
        return elements[0]
    shared = set[Any].intersection(*(set(element.iterancestors()) for element in elements))
    return next(holder for holder in elements[0].iterancestors() if holder in shared)


def _with_standfirst(region: Any, prose: Prose, order: dict[Any, int]) -> Any:
    """A region with the running text between the page's headline and it, where there is some."""
    headlines = [e for e in order if e.tag == "h1" and e.getparent() is not None]
    before = [e for e in headlines if order[e] < order[region] and region not in e.iterancestors()]
    if not before or len(before) < len(headlines):
        return region
    between = [b for b in prose.texts if order[before[-1]] < order[b] < order[region]]
    weight = sum(map(prose.of, between))
    if not between or weight > prose.of(region):
        return region
    whole = _common([before[-1], region])
    _cut_behind(region, whole, prose)
    _cut_before(before[-1], whole, prose)
    return whole


def _cut_behind(last: Any, region: Any, prose: Prose) -> None:
    """Drop from a region what stands behind an element in it."""
    for element in (last, *last.iterancestors()):
        if element is region:
            return
        element.tail = None
        _remove(list(element.itersiblings()), prose)


def _cut_before(first: Any, region: Any, prose: Prose) -> None:
    for element in (first, *first.iterancestors()):
        if element is region:
            return
        _remove(list(element.itersiblings(preceding=True)), prose)


def _remove(elements: Iterable[Any], prose: Prose) -> None:
    for element in elements:
        prose.remove(element)


def _make_plain(element: Any, prose: Prose) -> None:
    """Take names off what holds running text; make what stands in the sentences of a block plain text."""
    if element.tag == "a" and not leads_away(element):
        element.tag = "span"
    if prose.of(element):
        element.attrib.clear()
        if element.tag in _HOLDERS or "-" in element.tag:
            element.tag = "div"
        if element.tag == "div" and element in prose.texts and all(child.tag not in BLOCKS for child in element):
            element.tag = "p"
    if element in prose.texts:
        for part in _inline(element):
            part.attrib.clear()
            if part.tag == "q":
                part.text = f"“{part.text or ''}"
                part.tail = f"”{part.tail or ''}"
            if part.tag == "br" and not (part.tail or "").strip() and getattr(part.getnext(), "tag", "") == "br":
                part.tail = PARTING
            elif part.tag not in ("br", "img"):
                part.tag = "span"


def _inline(element: Any) -> Iterator[Any]:
    for child in list(element):
        if child.tag not in BLOCKS:
            yield child
            yield from _inline(child)
