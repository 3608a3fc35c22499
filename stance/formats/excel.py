"""Excel workbooks, read: a row of a sheet is a row, whatever its cells look like is text."""

from __future__ import annotations

import datetime
import functools
import itertools
import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import IO, Any

from stance.formats.columns import FOUND, Columns, Layout, arranged, assigned, reads_as_prose
from stance.formats.notes import Tell, silence
from stance.formats.rows import Row
from stance.formats.streams import BLOCK, stem_of
from stance.quoting import counted, names_of, quote, unquoted
from stance.records import InputError

UNZIPPED = 1 << 30
"""Bytes that the parts of a workbook may have together."""
_HEADER_WITHIN = 10
"""Rows from the top in which the names of columns are looked for: a title may stand above them."""
_MERGED = re.compile(rb'<mergeCell\s[^>]*?ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_HIDDEN = re.compile(rb'<row\s[^>]*?hidden="(?:1|true)"')
_UNCOMPUTED = re.compile(
    rb'<c\s(?![^>]*\st="str")[^>]*>\s*<f(?:\s[^>]*)?(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>'
)
_ESCAPED = re.compile(r"_x00([01][0-9A-Fa-f])_")
"""A control character as Excel writes it."""


def excel_rows(name: str, layout: Layout, tell: Tell) -> Iterator[Row]:
    """The rows of the sheet that is asked for, else of the first that has a column for the text."""
    with open(name, "rb") as stream, _opened(stream, name) as book:
        yield from _sheet_rows(book, name, layout, tell)


def sheet_cells(stream: IO[bytes], name: str) -> list[list[str]]:
    """The cells of the first sheet that has a column for the text, as text, the row of names first."""
    with _opened(stream, name) as book:
        sheet = _chosen(book, name, FOUND, silence)
        rows = sheet.cells.iter_rows(min_row=sheet.header)
        return [[_text(cell) for cell in row] for row in rows]


@contextmanager
def _opened(stream: IO[bytes], name: str) -> Iterator[Any]:
    """A workbook while it is read; whatever is wrong with it is told."""
    try:
        import openpyxl
    except ImportError:
        raise InputError(f"{name}: reading Excel files needs openpyxl; pip install 'framestance[excel]'") from None
    warnings.filterwarnings("ignore", module=r"openpyxl\.")  # of parts of a workbook that hold no cells
    try:
        _check_workbook(stream, name)
        yield openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
    except (InputError, OSError):
        raise
    except Exception as error:  # zipfile, the XML parser and openpyxl raise many kinds on what is broken
        reason = unquoted(str(error) or type(error).__name__)
        raise InputError(f"{name}: not an Excel workbook that can be read ({reason}); save it anew as .xlsx") from None


def _check_workbook(stream: IO[bytes], name: str) -> None:
    if stream.read(4) == b"\xd0\xcf\x11\xe0":
        raise InputError(f"{name}: behind a password, or of the old kind .xls; save it as .xlsx without a password")
    with zipfile.ZipFile(stream) as archive:
        size = sum(part.file_size for part in archive.infolist())
    if size > UNZIPPED:
        raise InputError(f"{name}: unpacks to more than {UNZIPPED >> 20:,} MB; save it as CSV UTF-8")


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A sheet to read: where the names of its columns stand, these, and which of them is the text."""

    cells: Any
    place: str
    header: int
    names: list[str]
    text: str


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a sheet says beside its cells: columns that are merged over rows, hidden rows, formulas without a value."""

    merged: Mapping[int, Mapping[int, int]]
    """By the column's number: the first row, and the last."""
    hidden: int
    uncomputed: int


def _sheet_rows(book: Any, name: str, layout: Layout, tell: Tell) -> Iterator[Row]:
    sheet = _chosen(book, name, layout, tell)
    facts = _facts(sheet.cells)
    if facts.hidden:
        tell(sheet.place, f"{counted(facts.hidden, 'hidden row')} read too")
    if facts.uncomputed:
        found = counted(facts.uncomputed, "formula")
        tell(sheet.place, f"{found} without a value, read as empty; open the file in Excel and save it")
    seen = False
    rows = _raw_rows(sheet, facts.merged, stem_of(name))
    for row in arranged(sheet.names, rows, f"{sheet.place}:{sheet.header}", Columns(name, layout, tell)):
        seen = True
        yield row
    if not seen:
        raise InputError(f"{sheet.place}: no rows; it should hold a row of names and a row for each article")


def _chosen(book: Any, name: str, layout: Layout, tell: Tell) -> _Sheet:
    """The sheet that is asked for, else the first that has a column for the text."""
    wanted = layout.sheet.strip().casefold()
    if wanted:
        sheets = [sheet for sheet in book.worksheets if sheet.title.strip().casefold() == wanted]
    else:
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    if not sheets:
        raise InputError(f"{name}: no sheet {quote(layout.sheet)}; it has: {names_of(book.sheetnames)}")
    found = [headed for sheet in sheets if (headed := _headed(sheet, name, layout))]
    with_text = [sheet for sheet in found if sheet.text]
    if len(with_text) > 1:
        others = names_of(sheet.cells.title for sheet in with_text[1:])
        tell(name, f"sheet {quote(with_text[0].cells.title)} is read; --sheet NAME reads another: {others}")
    if not found:
        raise InputError(f"{name}: empty; it should hold a row of names and a row for each article")
    sheet = (with_text or found)[0]
    several = len(book.worksheets) > 1
    return replace(sheet, place=f"{name} ({unquoted(sheet.cells.title)})") if several else sheet


def _headed(cells: Any, name: str, layout: Layout) -> _Sheet | None:
    """A sheet with its row of names: that which names the text, else the first that holds anything."""
    cells.reset_dimensions()  # what a workbook says of its own size may be wrong
    top = [[_text(cell) for cell in row] for row in itertools.islice(cells.iter_rows(), _HEADER_WITHIN + 1)]
    sheets = [
        _Sheet(cells, name, number, names, _text_column(names, dict(zip(names, below, strict=False)), layout))
        for number, (row, below) in enumerate(itertools.pairwise([*top, []]), 1)
        if any(row)
        for names in [[cell.strip() or f"column {n}" for n, cell in enumerate(row, 1)]]
    ]
    return next((sheet for sheet in sheets if sheet.text), sheets[0] if sheets else None)


def _text_column(names: Sequence[str], below: dict[str, str], layout: Layout) -> str:
    try:
        return assigned(names, layout, lambda column: reads_as_prose(below.get(column))).get("text", "")
    except InputError:
        return names[0]  # of two that could be a field it will be told


def _facts(cells: Any) -> _Facts:
    merged: dict[int, dict[int, int]] = {}
    hidden = uncomputed = 0
    with cells.parent._archive.open(cells._worksheet_path) as stream:
        for part in _parts(stream):
            hidden += len(_HIDDEN.findall(part))
            uncomputed += len(_UNCOMPUTED.findall(part))
            for column, first, last_column, last in _MERGED.findall(part):
                if column == last_column:
                    merged.setdefault(_number(column), {})[int(first)] = int(last)
    return _Facts(merged, hidden, uncomputed)


def _parts(stream: IO[bytes]) -> Iterator[bytes]:
    """A sheet's XML in parts, each up to the end of a cell."""
    rest = b""
    while block := stream.read(BLOCK):
        whole, end, rest = (rest + block).rpartition(b"</c>")
        yield whole + end
        if len(rest) > BLOCK:
            yield rest
            rest = b""
    yield rest


def _number(column: bytes) -> int:
    """A column's number, from its letters."""
    return functools.reduce(lambda number, letter: 26 * number + letter - ord("A") + 1, column, 0)


def _raw_rows(sheet: _Sheet, merged: Mapping[int, Mapping[int, int]], stem: str) -> Iterator[Row]:
    """The rows below the header; what is merged over several stands in each of them, but for the text."""
    spans = {n: found for n, found in merged.items() if sheet.names[n - 1 : n] not in ([], [sheet.text])}
    held = dict.fromkeys(spans, (0, ""))
    for number, row in enumerate(sheet.cells.iter_rows(min_row=sheet.header + 1), sheet.header + 1):
        cells = [_text(cell) for cell in row]
        cells += [""] * (len(sheet.names) - len(cells))
        for column, found in spans.items():
            if number in found:
                held[column] = (found[number], cells[column - 1])
            last, value = held[column]
            if number <= last:
                cells[column - 1] = value
        names = [*sheet.names, *(f"column {n}" for n in range(len(sheet.names) + 1, len(cells) + 1))]
        fields = {name: cell for name, cell in zip(names, cells, strict=True) if cell}
        yield Row(f"{sheet.place}:{number}", fields, default_id=f"{stem}:{number}")


def _text(cell: Any) -> str:
    """What a cell shows, as text: days as ISO 8601, numbers with the zeros before them, nothing for an error."""
    value = cell.value
    if value is None or cell.data_type == "e":
        return ""
    if isinstance(value, str):
        return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value)
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    zeros = cell.number_format if isinstance(value, int) and set(cell.number_format) == {"0"} else ""
    return str(value).zfill(len(zeros))
