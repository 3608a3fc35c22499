"""Files opened, unpacked, parted into lines, decoded."""

from __future__ import annotations

import gzip
import io
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from stance.formats.encodings import Decoder, marked_encoding, spoken, wide_encoding
from stance.formats.notes import Tell
from stance.records import InputError

STDIN = "-"
BLOCK = 1 << 20
MAX_BYTES = 64_000_000
"""The most bytes of a text, and of a line of JSONL or CSV, unpacked; what is longer is no article."""
TOO_LONG = f"longer than {MAX_BYTES:,} bytes; a row is one article"


def standard_input() -> IO[bytes]:
    if sys.stdin is None:
        raise InputError(f"{STDIN}: standard input is closed; name a file to read")
    return sys.stdin.buffer


def open_bytes(name: str) -> IO[bytes]:
    if name == STDIN:
        return standard_input()
    return gzip.open(name, "rb") if name.lower().endswith(".gz") else open(name, "rb")  # type: ignore[return-value]


def stem_of(name: str) -> str:
    return "stdin" if name == STDIN else spelled(Path(name.removesuffix(".gz")).stem)


def spelled(name: str) -> str:
    """A file's name as text: bytes that are no UTF-8 by their numbers."""
    return name.encode("utf-8", "backslashreplace").decode()


def numbered_lines(file: IO[bytes]) -> Iterator[tuple[int, bytes | None]]:
    """The lines of a file with their numbers; None for one longer than `MAX_BYTES`, which is not kept in memory."""
    for number in itertools.count(1):
        data = file.readline(MAX_BYTES + 1)
        if not data:
            return
        if len(data) <= MAX_BYTES:
            yield number, data
            continue
        while data and not data.endswith(b"\n"):
            data = file.readline(BLOCK)
        yield number, None


def text_lines(name: str, encoding: str, tell: Tell) -> Iterator[tuple[int, str | None]]:
    """The lines of a text file with their numbers; None for one that is longer than `MAX_BYTES`.

    Raises
    ------
    InputError
        Where it is not in its encoding, or in none that can be found.
    """
    with open_bytes(name) as opened:
        raw = cast(
            io.BufferedReader, opened if hasattr(opened, "peek") else io.BufferedReader(cast(io.RawIOBase, opened))
        )
        head = raw.peek(BLOCK)[:BLOCK]
        wide, decoder = wide_encoding(head, encoding), Decoder(name, marked_encoding(head) or encoding, tell)
        lines = _wide_lines(raw, name, wide, tell) if wide else _narrow_lines(raw, decoder)
        for number, line in lines:
            yield number, line.removeprefix("\ufeff") if line and number == 1 else line


def _narrow_lines(raw: io.BufferedReader, decoder: Decoder) -> Iterator[tuple[int, str | None]]:
    for number, data in numbered_lines(raw):
        if data is None:
            yield number, None
        elif data.isascii() and decoder.plain:
            yield number, data.decode("ascii")
        else:
            yield number, decoder.decode(data, f"{decoder.name}:{number}", lambda: raw.peek(BLOCK))


def _wide_lines(raw: io.BufferedReader, name: str, encoding: str, tell: Tell) -> Iterator[tuple[int, str | None]]:
    tell(name, f"read as {spoken(encoding)}")
    text = io.TextIOWrapper(raw, encoding, newline="\n")
    try:
        for number in itertools.count(1):
            line = text.readline(MAX_BYTES + 1)
            if not line:
                return
            too_long = len(line) > MAX_BYTES
            yield number, None if too_long else line
            while too_long and line and not line.endswith("\n"):
                line = text.readline(BLOCK)
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: broken {spoken(encoding)} ({error.reason}); save it anew as UTF-8") from None
    finally:
        text.detach()
