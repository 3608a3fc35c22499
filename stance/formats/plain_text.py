"""Plain text: a file is one article."""

from __future__ import annotations

from collections.abc import Iterator

from stance.formats.rows import Row
from stance.formats.streams import BINARY, MAX_BYTES, decoded, open_bytes, stem_of
from stance.records import InputError


def text_row(name: str) -> Iterator[Row]:
    with open_bytes(name) as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise InputError(f"{name}: longer than {MAX_BYTES:,} bytes; save every article in a file of its own")
    text = decoded(data, name).removeprefix("\ufeff")
    if not text.strip():
        raise InputError(f"{name}: empty; it should hold an article")
    if "\0" in text:
        raise InputError(f"{name}: {BINARY}")
    yield Row(name, {"text": text.replace("\r\n", "\n").replace("\r", "\n")}, default_id=stem_of(name))
