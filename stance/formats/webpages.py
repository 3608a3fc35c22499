"""Saved web pages: the article in them, with its title, date and source; nothing is fetched."""

from __future__ import annotations

import codecs
import itertools
import logging
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stance.formats.json_ld import article_body
from stance.formats.page_prose import visible_text
from stance.formats.page_regions import PARTING, Region, article_region, left_out
from stance.quoting import quote
from stance.records import InputError
from stance.text.languages import language_code, language_of
from stance.text.words import count_words

MAX_BYTES = 20_000_000
"""The most bytes of a page, unpacked."""
MAX_ELEMENTS = 50_000
"""The most elements of a page: articles have a few thousand, and extraction takes half a minute of this many."""
SENTENCE = 6
"""Words of the longest paragraph that an article has at least."""
PARAGRAPH = 17
"""Words of a paragraph that makes a page an article where `trafilatura`, asked for precision, sees none in it."""
_HEAD = 8192
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
"""First bytes of a page, and the encoding that they give away."""
_DECLARED = re.compile(rb"<(?:meta|\?xml)[^<>]*?(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_FAMILIES = ("big5", "cp12", "cp932", "cp949", "euc_", "gb18030", "iso2022_jp", "iso8859", "koi8", "mac-roman")
WIDER_ENCODINGS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
"""Encodings that browsers read as a wider one, for pages use its characters all the same."""
_FRAGMENT = re.compile(r"<(?:article|body|br|div|p)\b", re.IGNORECASE)
_UNPRINTABLE = re.compile(
    r"&#(?:0*(?:[0-8]|1[1-9]|2\d|3[01])|x0*(?:[0-8bcef]|1[0-9a-f]))(?:;|(?![0-9a-f]))", re.IGNORECASE
)
"""References to control characters, which no tree can hold."""
_SUBSET = re.compile(r"<!DOCTYPE\s[^<>\[]{0,500}\[.*?\]\s*>", re.IGNORECASE | re.DOTALL)
"""A document type that declares entities: its end would be taken for text."""
_SAVED_FROM = re.compile(r"<!--[^<>]{0,200}?(?:saved from url=\(\d+\)|\burl: ?)(https?://[^\s<>\"]{1,2000})")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_]\w+)*")
_BLOCKS = frozenset(("body", "cell", "code", "div", "head", "item", "list", "p", "quote", "row", "table"))
_LOGGERS = ("courlan", "htmldate", "justext", "trafilatura")
_QUIET = logging.NullHandler()
"""Keeps their warnings off stderr, for what is wrong is said by us; those who configure logging still get theirs."""


@dataclass(frozen=True)
class Page:
    """The article of a saved page.

    Attributes
    ----------
    fields : Mapping
        Its text, and title, date, source, url and lang where the page tells them. In ``text`` paragraphs are parted by
        blank lines; ``date`` (ISO 8601) is what the page gives as its own, never a date in its text; ``source`` is the
        site's name, or else its host.
    left_out : float
        The share of the page's running text that is not in the article: notices, comments, other articles.
    """

    fields: Mapping[str, str]
    left_out: float


def read_page(data: bytes) -> Page:
    """The article in a saved page.

    Parameters
    ----------
    data : bytes
        The page as saved. Its encoding is told by its first bytes, else it is UTF-8 where it can be, else what the page
        declares, else windows-1252.

    Raises
    ------
    InputError
        Where the page is too large, is no page, or no article is found in it; says nothing of the file.
    ImportError
        Where trafilatura is not installed.
    """
    if len(data) > MAX_BYTES:
        raise InputError(f"a web page of more than {MAX_BYTES // 1_000_000} MB; save the article as text")
    page = decode_page(data)
    if "\0" in page:
        raise InputError("binary, not a web page; save the article as text")
    saved_from = _SAVED_FROM.search(page[:_HEAD])
    try:
        return _page(_tree(page), saved_from[1] if saved_from else None)
    except (ImportError, InputError):
        raise
    except Exception as error:  # any page may come in, and one that breaks the parser must not end a run
        found = quote(f"{type(error).__name__}: {error}")
        raise InputError(f"no web page that can be read; found: {found}; save the article as text") from None


def page_text(page: str, unwanted: re.Pattern[str]) -> str:
    """All that a reader sees of a page that is no article, as the HTML of a mail: paragraphs parted by blank lines.

    Parameters
    ----------
    unwanted : re.Pattern
        Parts whose class or id it finds are left out.
    """
    try:
        return visible_text(_tree(page), unwanted)
    except (ImportError, InputError):
        raise
    except Exception as error:
        found = quote(f"{type(error).__name__}: {error}")
        raise InputError(f"no HTML that can be read; found: {found}; save it as text") from None


def decode_page(data: bytes) -> str:
    """The characters of a page; those that its encoding does not have are replaced."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    declared = _declared(data[:_HEAD])
    if declared != "iso2022_jp":
        text = data.decode("utf-8", "replace")
        high = len(data) - len(data.translate(None, bytes(range(128, 256))))
        # A page that was cut, or has a stray byte, is still UTF-8; in another encoding most high bytes do not fit.
        if text.count("\ufffd") * 4 <= high:
            return text
    return data.decode(declared or "cp1252", "replace")


def _declared(head: bytes) -> str:
    """The encoding that a page declares; empty where it is UTF-8, unknown, or none for web pages."""
    match = _DECLARED.search(head)
    try:
        name = codecs.lookup(match[1].decode("ascii", "replace")).name if match else ""
    except LookupError:
        return ""
    name = WIDER_ENCODINGS.get(name, name)
    return name if name.startswith(_FAMILIES) else ""


def _tree(page: str) -> Any:
    import trafilatura

    for name in _LOGGERS:
        logging.getLogger(name).addHandler(_QUIET)
    tree = trafilatura.load_html(_mended(page))
    if tree is None:
        raise _no_article(None)
    if sum(1 for _ in tree.iter()) > MAX_ELEMENTS:
        raise InputError(f"a web page of more than {MAX_ELEMENTS:,} elements; save the article as text")
    return tree


def _page(tree: Any, url: str | None) -> Page:
    import trafilatura

    text = _article(tree)
    share = left_out(tree, text)
    told = trafilatura.extract_metadata(  # last, for it may take parts out of the tree
        tree,
        default_url=url,
        # A date in the story is not the date of the article: none is guessed from the text.
        date_config={"original_date": True, "extensive_search": False},
    )
    fields = {
        "title": told.title,
        "date": told.date,
        "source": told.sitename or told.hostname,
        "url": told.url,
        "lang": _language(tree, text),
        "text": text,
    }
    return Page({key: value for key, value in fields.items() if value}, share)


def _article(tree: Any) -> str:
    """The text of the article: what the page shows, or what it keeps for search engines where that has much more."""
    kept = article_body(tree)
    shown = _shown(tree)
    if kept and _holds_line(kept, SENTENCE) and _shared(kept, shown) < 0.5 and 2 * len(kept) > len(shown):
        return kept
    if not shown:
        raise _no_article(tree)
    return shown


def _shown(tree: Any) -> str:
    """The text that `trafilatura` finds of the article; empty where it finds none.

    First in the part of the page that holds it, then in the whole page: asked for precision it takes menus and teasers
    for what they are; where it then finds nothing, its usual search counts if it finds a paragraph.
    """
    region = article_region(tree)
    if region and (text := _text_of(region)):
        return text
    tries = ((_extracted(tree, mode), least) for mode, least in (("precision", SENTENCE), ("balanced", PARAGRAPH)))
    return next((text for text, least in tries if _holds_line(text, least)), "")


def _text_of(region: Region) -> str:
    """The text of a region, found with precision; where that loses running text, with less doubt."""
    careful = _extracted(region.tree, "precision")
    if _holds_line(careful, SENTENCE) and not region.lost(careful):
        return careful
    texts = [text for text in (careful, _extracted(region.tree, "recall")) if _holds_line(text, SENTENCE)]
    return min(texts, key=region.lost, default="")


def _extracted(tree: Any, mode: str) -> str:
    import trafilatura

    document: Any = trafilatura.bare_extraction(
        tree,
        favor_precision=mode == "precision",
        favor_recall=mode == "recall",
        include_comments=False,
        prune_xpath="//*[@hidden]",
    )
    return "" if document is None else "\n\n".join(_blocks(document.body))


def _holds_line(text: str, least: int) -> bool:
    return any(count_words(line) >= least for line in text.split("\n"))


def _shared(text: str, other: str) -> float:
    """The share of a text's words that stand in another."""
    words = Counter(re.findall(r"\w+", text))
    return (words & Counter(re.findall(r"\w+", other))).total() / max(1, words.total())


def _language(tree: Any, text: str) -> str:
    """The language that a page gives its article; empty where it gives none, or English to a text in another."""
    holders = [element for tag in ("article", "main", "body", "html") for element in tree.iter(tag)]
    given = (element.get("lang") or element.get("xml:lang") or "" for element in holders)
    language = next((name.strip().replace("_", "-") for name in given if _LANGUAGE.fullmatch(name.strip())), "")
    if language_code(language) == "en" and language_of(text) not in ("en", ""):
        return ""  # what a site's software writes into its pages until somebody sets another
    return language


def _mended(page: str) -> str:
    """A page that can be parsed: whole, and without characters that no tree can hold."""
    page = _SUBSET.sub("<!DOCTYPE html>", _UNPRINTABLE.sub("", page), count=1)
    if "<html" not in page.lower() and _FRAGMENT.search(page):
        return f"<html><body>{page}</body></html>"
    return page


def _no_article(tree: Any) -> InputError:
    import trafilatura

    words = "" if tree is None else trafilatura.html2txt(tree)
    found = quote(words) if words else "nothing that a reader sees"
    return InputError(f"no article text; found: {found}; save the article as text")


def _blocks(element: Any) -> Iterator[str]:
    """The blocks of text in an element, in order: paragraphs, headings, items of lists, rows of tables.

    Line breaks within a block stay; white space is otherwise one blank.
    """
    if element.tag == "row" and not any(part.tag in ("lb", "p") for part in element.iter()):
        cells = (" ".join("".join(cell.itertext()).split()) for cell in element)
        yield from filter(None, [" | ".join(filter(None, cells))])
        return
    pieces: list[str] = []
    for part in _parts(element):
        if isinstance(part, str):
            pieces.append(part)
        else:
            yield from _joined(pieces)
            pieces = []
            yield from _blocks(part)
    yield from _joined(pieces)


def _parts(element: Any) -> Iterator[Any]:
    """The text of an element, and the blocks in it as elements."""
    yield element.text or ""
    for child in element:
        if child.tag in _BLOCKS:
            yield child
        elif child.tag == "lb":
            yield "\n"
        else:
            yield from _parts(child)
        yield child.tail or ""


def _joined(pieces: list[str]) -> Iterator[str]:
    """The text of pieces; an empty line in it parts paragraphs."""
    lines = [" ".join(line.split()) for line in "".join(pieces).replace(PARTING, "\n\n").split("\n")]
    for filled, group in itertools.groupby(lines, bool):
        if filled:
            yield "\n".join(group)
