"""CSV and TSV: read as spreadsheets save them, and written so that spreadsheets open them."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import IO, Any

from stance.formats.columns import FOUND, Columns, Layout, arranged, known_columns
from stance.formats.notes import Tell
from stance.formats.rows import Row
from stance.formats.streams import MAX_BYTES, TOO_LONG, stem_of, text_lines
from stance.quoting import names_of, quote
from stance.records import InputError

MARK = "\ufeff".encode()
"""The byte order mark, by which Excel knows UTF-8."""
SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_RETURNED = re.compile(r"[^\r]*\r\n?|[^\r]+")
_OF_PREDICTIONS = {"frame_labels", "uncertain", "model"}
_OF_SHEETS = {"id", "annotator", "text", "stance", "directed", "mentions"}


def csv_rows(name: str, layout: Layout, tell: Tell) -> Iterator[Row]:
    return _rows(name, "", layout, tell)


def tsv_rows(name: str, layout: Layout, tell: Tell) -> Iterator[Row]:
    return _rows(name, "\t", layout, tell)


def _rows(name: str, separator: str, layout: Layout, tell: Tell) -> Iterator[Row]:
    lines = _ended_lines(text_lines(name, layout.encoding, tell), name)
    place, header, records = _parsed(lines, name, separator, layout)
    own = is_own(header)
    stem = stem_of(name)

    def rows() -> Iterator[Row]:
        for record in records:
            cells = record.fields if not own else {column: restored(cell) for column, cell in record.fields.items()}
            yield Row(record.place, cells, record.problem, "" if record.problem else f"{stem}:{record.line}")

    seen = False
    for row in arranged(header, rows(), place, Columns(name, layout, tell)):
        seen = True
        yield row
    if not seen:
        raise InputError(f"{name}: no rows; it should hold a header line and a row for each article")


def is_own(header: Sequence[str]) -> bool:
    """Whether we wrote a table of these columns: predictions, or a spreadsheet to label in.

    In these an apostrophe stands before what would be a formula; in others it is the author's.
    """
    names = set(header)
    return names >= _OF_PREDICTIONS or (names >= _OF_SHEETS and "frames" not in names)


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a CSV file: the line it begins on, its cells by column, the empty ones left out, or what is wrong."""

    place: str
    line: int
    fields: dict[str, Any] = field(default_factory=dict)
    problem: str = ""


def read_csv(lines: Iterable[str], name: str, separator: str = "") -> tuple[list[str], Iterator[Record]]:
    """The columns of a CSV file that we wrote, and its records.

    Raises
    ------
    InputError
        Where the header is broken, has no ``text`` or a name twice; later, where a quote is not closed in its record.
    """
    place, header, records = _parsed(iter(lines), name, separator, FOUND)
    if "text" not in header:
        raise InputError(f'{place}: no "text" column; found: {names_of(header)}; name the column with the text "text"')
    return header, (
        replace(record, fields={column: restored(cell) for column, cell in record.fields.items()}) for record in records
    )


def _parsed(lines: Iterator[str], name: str, separator: str, layout: Layout) -> tuple[str, list[str], Iterator[Record]]:
    """Where the header of a CSV file stands, its columns, and the records.

    Cells are separated by whatever separates the header's: a spreadsheet saves with a semicolon where the comma is the
    sign for decimals, and may say so in a line before. A column without a name is called by its number.
    """
    csv.field_size_limit(MAX_BYTES)
    head, skipped, declared = _header_line(lines)
    place = f"{name}:{skipped + 1}"
    separator = declared or separator or separator_of(head, layout)
    reader = csv.reader(itertools.chain([head], lines), delimiter=separator, strict=True)
    try:
        header = [cell.strip() or f"column {i}" for i, cell in enumerate(next(reader, []), 1)]
    except csv.Error as error:
        raise InputError(f"{place}: {_broken(error)}") from None
    twice = next((column for column in header if header.count(column) > 1), None)
    if twice:
        raise InputError(f"{place}: two columns are named {quote(twice)}; give every column its own name")
    return place, header, _csv_records(reader, header, name, separator, skipped)


def _header_line(lines: Iterator[str]) -> tuple[str, int, str]:
    """The first line that holds a name, how many there are before it, and the separator that one of these declares."""
    declared = ""
    for number, line in enumerate(lines):
        if found := _SEPARATOR_LINE.fullmatch(line):
            declared = found[1]
        elif line.strip(" ,;|\t\r\n"):
            return line, number, declared
    return "", 0, declared


def separator_of(head: str, layout: Layout) -> str:
    """What separates the cells of a header: that which gives most fields that are known, then most cells."""

    def found(separator: str) -> tuple[int, int]:
        cells = cells_of(head, separator)
        return len(known_columns(cells, layout)), len(cells)

    return max(SEPARATORS.values(), key=found)


def _csv_records(reader: Any, header: Sequence[str], name: str, separator: str, skipped: int) -> Iterator[Record]:
    """The records; their places tell the row too, as a spreadsheet counts, where it is not the line."""
    for row in itertools.count(2):
        line = reader.line_num + skipped + 1
        place = f"{name}:{line}" if line == row else f"{name}:{line} (row {row})"
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            last = reader.line_num + skipped
            if last > line:
                raise InputError(f"{place}: a quote opens here and runs on to line {last}; close it") from None
            yield Record(place, line, problem=_broken(error))
            continue
        while len(cells) > len(header) and not cells[-1].strip():
            cells.pop()
        if len(cells) > len(header):
            more = f"{len(cells)} cells, but {len(header)} columns; quote cells that hold {separator!r}"
            yield Record(place, line, problem=more)
        else:
            pairs = zip(header, cells, strict=False)
            yield Record(place, line, {column: cell for column, cell in pairs if cell != ""})


def cells_of(line: str, separator: str) -> list[str]:
    with suppress(csv.Error):
        return [cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])]
    return []


def _broken(error: csv.Error) -> str:
    reason = "lines that end in CR alone" if "new-line" in str(error) else str(error)
    return f"broken CSV: {reason}; save the sheet anew"


def _ended_lines(lines: Iterator[tuple[int, str | None]], name: str) -> Iterator[str]:
    """The lines of a table; where those of the first end in a carriage return alone, all do."""
    ended = True
    for number, line in lines:
        if line is None:
            raise InputError(f"{name}:{number}: {TOO_LONG}")
        if number == 1:
            ended = "\r" not in line.rstrip("\r\n")
        yield from [line] if ended else _RETURNED.findall(line)


def disarmed(cell: Any) -> Any:
    """A cell that a spreadsheet takes for text and not for a formula; `restored` takes the apostrophe off again."""
    return "'" + cell if isinstance(cell, str) and _FORMULA.match(cell) else cell


def restored(cell: str) -> str:
    """The cell that `disarmed` was given."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


class CsvWriter:
    """Rows of these columns as CSV with a header; takes cells by column. With semicolons, decimals have a comma."""

    def __init__(self, stream: IO[bytes], columns: Sequence[str], header: bool = True, separator: str = ","):
        self.text = io.TextIOWrapper(
            stream, encoding="utf-8", errors="backslashreplace", newline="", write_through=True
        )
        self.columns, self.separator = columns, separator
        self.plain = csv.writer(self.text, delimiter=separator, lineterminator="\n")
        self.quoting = csv.writer(self.text, delimiter=separator, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
        if header:
            self.plain.writerow(self.columns)

    def write(self, formed: Mapping[str, Any]) -> None:
        cells = [disarmed(formed.get(column)) for column in self.columns]
        if self.separator == ";":
            cells = [str(cell).replace(".", ",") if isinstance(cell, float) else cell for cell in cells]
        carriage = any(isinstance(cell, str) and "\r" in cell for cell in cells)  # left bare before Python 3.13
        (self.quoting if carriage else self.plain).writerow(cells)

    def close(self) -> None:
        self.text.flush()
        self.text.detach()
