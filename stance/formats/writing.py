"""Writing a file so that it is complete or absent, in any of the formats."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol

from stance.formats.csv import CsvWriter
from stance.formats.jsonl import JsonlWriter
from stance.formats.parquet import ParquetWriter
from stance.records import InputError


class RowWriter(Protocol):
    """Takes what its `form` makes of rows, one at a time."""

    def write(self, formed: Any) -> None: ...

    def close(self) -> None: ...


def row_writer(stream: IO[bytes], kind: str, frames: Sequence[str]) -> RowWriter:
    """The writer of a kind: jsonl, csv, parquet."""
    if kind == "csv":
        return CsvWriter(stream, frames)
    if kind == "parquet":
        return ParquetWriter(stream, frames)
    return JsonlWriter(stream)


class OutputError(InputError):
    """An output can't be written; nothing is wrong with the input."""


@contextmanager
def replacing(path: str | Path) -> Iterator[IO[bytes]]:
    """Write to a temporary file beside `path`, renamed to it at the end; on any error nothing is left."""
    path = Path(path)
    if path.is_dir():
        raise InputError(f"{path}: a folder stands there; name a file to write")
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        stream = temporary.open("wb")
    except OSError as error:
        raise OutputError(f"{path}: can't be written: {error.strerror or error}") from None
    try:
        with stream:
            yield stream
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
