"""JSON-LD: the text that pages keep for search engines, beside what they show."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any

_BREAK = re.compile(r"</p>|<br\b[^<>]*>|\r\n|\r", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z][^<>]*>", re.IGNORECASE)
_DEPTH = 20
"""How deep objects are looked for in one another."""


def article_body(page: Any) -> str:
    """The text of the article in a page's JSON-LD, paragraphs parted by blank lines; empty where there is none.

    Of a live blog it is the text of all its entries; of several articles the longest.
    """
    data = [value for script in page.iter("script") for value in _parsed(script)]
    entries = list(dict.fromkeys(text for value in data for text in _bodies(value, "liveBlogUpdate")))
    longest = max((text for value in data for text in _bodies(value)), key=len, default="")
    joined = "\n\n".join(entries)
    return joined if len(joined) > len(longest) else longest


def _parsed(script: Any) -> Iterator[Any]:
    if "ld+json" in script.get("type", "") and "articleBody" in (script.text or ""):
        try:
            yield json.loads(script.text, strict=False)
        except (ValueError, RecursionError):
            return


def _bodies(value: Any, under: str = "", depth: int = 0) -> Iterator[str]:
    """The texts of all articles in a value, or of those under a key alone."""
    if depth > _DEPTH:
        return
    if isinstance(value, list):
        for part in value:
            yield from _bodies(part, under, depth + 1)
    elif isinstance(value, dict):
        body = value.get("articleBody")
        if isinstance(body, str) and not under:
            yield _text(body)
        for key, part in value.items():
            yield from _bodies(part, "" if key == under else under, depth + 1)


def _text(body: str) -> str:
    """A body as text: markup in it taken off, escaped or not."""
    body = html.unescape(body)
    if _TAG.search(body):
        body = html.unescape(_TAG.sub("", _BREAK.sub("\n", body)))
    lines = (" ".join(line.split()) for line in body.splitlines())
    return "\n\n".join(filter(None, lines))
