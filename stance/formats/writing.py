"""Writing a file so that it is complete or absent, in any of the formats."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

from stance.formats.csv import CsvWriter
from stance.formats.flat import flat_columns
from stance.formats.jsonl import JsonlWriter
from stance.formats.parquet import ParquetWriter
from stance.formats.tidy import tidy_columns
from stance.records import InputError


class RowWriter(Protocol):
    """Takes what its `form` makes of rows, one at a time."""

    def write(self, formed: Any) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Shape:
    """What the rows of an output are, one for each passage or those of a tidy table, and what separates their cells."""

    tidy: bool = False
    separator: str = ","


WIDE = Shape()


def row_writer(
    stream: IO[bytes], kind: str, frames: Sequence[str], shape: Shape = WIDE, header: bool = True
) -> RowWriter:
    """The writer of a kind: jsonl, csv, parquet.

    Parameters
    ----------
    header : bool
        Whether the file begins here, and not with what an earlier run wrote.
    """
    if kind == "jsonl":
        return JsonlWriter(stream)
    columns = tidy_columns(frames) if shape.tidy else flat_columns(frames)
    writer: RowWriter
    if kind == "parquet":
        writer = ParquetWriter(stream, columns)
    else:
        writer = CsvWriter(stream, columns, header, shape.separator)
    return TidyWriter(writer) if shape.tidy else writer


class TidyWriter:
    """Writes each of the rows that a prediction has in a tidy table; takes `tidied`."""

    def __init__(self, writer: RowWriter):
        self.writer = writer

    def write(self, formed: Sequence[dict[str, Any]]) -> None:
        for cells in formed:
            self.writer.write(cells)

    def close(self) -> None:
        self.writer.close()


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
