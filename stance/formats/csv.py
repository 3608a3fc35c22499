"""CSV and TSV: read as spreadsheets save them, and written so that spreadsheets open them."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Any

from stance.formats.flat import flat_columns
from stance.formats.rows import Row, flat_row
from stance.formats.streams import MAX_BYTES, TOO_LONG, decoded, numbered_lines, open_bytes, stem_of
from stance.quoting import names_of, quote
from stance.records import InputError

_FORMULA = re.compile(r"'*[=+\-@\t\r]")


def csv_rows(name: str, separator: str) -> Iterator[Row]:
    seen = False
    with open_bytes(name) as raw:
        _, records = read_csv(_csv_lines(raw, name), name, separator)
        for record in records:
            seen = True
            if record.problem:
                yield Row(record.place, problem=record.problem)
            else:
                yield flat_row(record.fields, record.place, f"{stem_of(name)}:{record.line}")
    if not seen:
        raise InputError(f"{name}: no rows; it should hold a header line and a row for each article")


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a CSV file: the line it begins on, its cells by column, the empty ones left out, or what is wrong."""

    place: str
    line: int
    fields: dict[str, Any] = field(default_factory=dict)
    problem: str = ""


def read_csv(lines: Iterable[str], name: str, separator: str = "") -> tuple[list[str], Iterator[Record]]:
    """The columns of a CSV file, and its records.

    Cells are separated by whatever separates the header's: a spreadsheet saves with a semicolon where the comma is the
    sign for decimals. A column without a name is called by its number.

    Raises
    ------
    InputError
        Where the header is broken, has no ``text`` or a name twice; later, where a quote is not closed in its record.
    """
    csv.field_size_limit(MAX_BYTES)
    lines = iter(lines)
    head = next(lines, "")
    separator = separator or next((sign for sign in ",;\t" if "text" in cells_of(head, sign)), ",")
    reader = csv.reader(itertools.chain([head], lines), delimiter=separator, strict=True)
    try:
        header = [cell.strip() or f"column {i}" for i, cell in enumerate(next(reader, []), 1)]
    except csv.Error as error:
        raise InputError(f"{name}:1: {_broken(error)}") from None
    if "text" not in header:
        raise InputError(f'{name}:1: no "text" column; found: {names_of(header)}; name the column with the text "text"')
    twice = next((column for column in header if header.count(column) > 1), None)
    if twice:
        raise InputError(f"{name}:1: two columns are named {quote(twice)}; give every column its own name")
    return header, _csv_records(reader, header, name, separator)


def _csv_records(reader: Any, header: Sequence[str], name: str, separator: str) -> Iterator[Record]:
    """The records; their places tell the row too, as a spreadsheet counts, where it is not the line."""
    for row in itertools.count(2):
        line = reader.line_num + 1
        place = f"{name}:{line}" if line == row else f"{name}:{line} (row {row})"
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if reader.line_num > line:
                raise InputError(
                    f"{place}: a quote opens here and runs on to line {reader.line_num}; close it"
                ) from None
            yield Record(place, line, problem=_broken(error))
            continue
        if len(cells) > len(header):
            more = f"{len(cells)} cells, but {len(header)} columns; quote cells that hold {separator!r}"
            yield Record(place, line, problem=more)
        elif cells:
            pairs = zip(header, cells, strict=False)
            yield Record(place, line, {column: restored(cell) for column, cell in pairs if cell != ""})


def cells_of(line: str, separator: str) -> list[str]:
    with suppress(csv.Error):
        return [cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])]
    return []


def _broken(error: csv.Error) -> str:
    reason = "lines that end in CR alone" if "new-line" in str(error) else str(error)
    return f"broken CSV: {reason}; save the sheet anew"


def _csv_lines(raw: IO[bytes], name: str) -> Iterator[str]:
    for number, data in numbered_lines(raw):
        if data is None:
            raise InputError(f"{name}:{number}: {TOO_LONG}")
        line = decoded(data, f"{name}:{number}")
        yield line.removeprefix("\ufeff") if number == 1 else line


def disarmed(cell: Any) -> Any:
    """A cell that a spreadsheet takes for text and not for a formula; `restored` takes the apostrophe off again."""
    return "'" + cell if isinstance(cell, str) and _FORMULA.match(cell) else cell


def restored(cell: str) -> str:
    """The cell that `disarmed` was given."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


class CsvWriter:
    """Predictions as CSV with a header; takes `flatten`."""

    def __init__(self, stream: IO[bytes], frames: Sequence[str], header: bool = True):
        self.text = io.TextIOWrapper(
            stream, encoding="utf-8", errors="backslashreplace", newline="", write_through=True
        )
        self.columns = flat_columns(frames)
        self.plain = csv.writer(self.text, lineterminator="\n")
        self.quoting = csv.writer(self.text, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
        if header:
            self.plain.writerow(self.columns)

    def write(self, formed: Mapping[str, Any]) -> None:
        cells = [disarmed(formed.get(column)) for column in self.columns]
        carriage = any(isinstance(cell, str) and "\r" in cell for cell in cells)  # left bare before Python 3.13
        (self.quoting if carriage else self.plain).writerow(cells)

    def close(self) -> None:
        self.text.flush()
        self.text.detach()
