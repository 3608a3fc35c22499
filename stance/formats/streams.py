"""Bytes of files: opened, unpacked, decoded, parted into lines."""

from __future__ import annotations

import gzip
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from stance.records import InputError

STDIN = "-"
BLOCK = 1 << 20
MAX_BYTES = 64_000_000
"""The most bytes of a text, and of a line of JSONL or CSV, unpacked; what is longer is no article."""
TOO_LONG = f"longer than {MAX_BYTES:,} bytes; a row is one article"
BINARY = "binary, not text; save it as UTF-8 text"


def open_bytes(name: str) -> IO[bytes]:
    if name == STDIN:
        return sys.stdin.buffer
    return gzip.open(name, "rb") if name.lower().endswith(".gz") else open(name, "rb")  # type: ignore[return-value]


def decoded(data: bytes, place: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{place}: not UTF-8 (byte 0x{data[error.start]:02x} at {error.start}); save the file as UTF-8"
        ) from None


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
