"""Plain text: a file is one article."""

from __future__ import annotations

from collections.abc import Iterator

from stance.formats.columns import Layout
from stance.formats.encodings import BINARY, Decoder, marked_encoding, spoken, wide_encoding
from stance.formats.notes import Tell
from stance.formats.rows import Row
from stance.formats.streams import MAX_BYTES, open_bytes, stem_of
from stance.records import InputError


def text_row(name: str, layout: Layout, tell: Tell) -> Iterator[Row]:
    with open_bytes(name) as file:
        data = file.read(MAX_BYTES + 1)
    try:
        if len(data) > MAX_BYTES:
            raise InputError(f"{name}: longer than {MAX_BYTES:,} bytes; save every article in a file of its own")
        text = _text_of(data, name, layout.encoding, tell)
        if not text.strip():
            raise InputError(f"{name}: empty; it should hold an article")
        if "\0" in text:
            raise InputError(f"{name}: {BINARY}")
        if is_page(text):
            raise InputError(f"{name}: a web page, not plain text; end its name in .html")
    except InputError as error:
        yield Row(name, problem=str(error).removeprefix(f"{name}: "))
        return
    yield Row(name, {"text": text.replace("\r\n", "\n").replace("\r", "\n")}, default_id=stem_of(name))


def is_page(text: str) -> bool:
    """Whether it begins like a saved web page."""
    return text[:200].lstrip().lower().startswith(("<!doctype html", "<html"))


def _text_of(data: bytes, name: str, encoding: str, tell: Tell) -> str:
    wide = wide_encoding(data, encoding)
    if not wide:
        return Decoder(name, marked_encoding(data) or encoding, tell).decode(data, name).removeprefix("\ufeff")
    tell(name, f"read as {spoken(wide)}")
    try:
        return data.decode(wide).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: broken {spoken(wide)} ({error.reason}); save it anew as UTF-8") from None
