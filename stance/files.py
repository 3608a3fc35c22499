"""Reading rows from text, web pages, JSONL, CSV and Parquet, and writing rows so that a file is complete or absent."""

from __future__ import annotations

import codecs
import csv
import datetime
import gzip
import io
import itertools
import json
import math
import os
import re
import sys
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any, Protocol

from stance.codebook import Codebook
from stance.dataformat import Places, from_json, parse_labelled
from stance.quoting import names_of, quote, unquoted
from stance.records import InputError, LabelledPassage
from stance.webpages import MAX_BYTES as MAX_PAGE
from stance.webpages import read_page

STDIN = "-"
_KINDS = {
    ".txt": "text",
    ".text": "text",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
}
KNOWN = ", ".join(sorted(_KINDS)) + " (and .gz of all but Parquet)"
_STRUCTURED = ("mentions", "frames", "stance", "directed", "frame_labels", "uncertain")
_LISTS = ("frames", "frame_labels", "uncertain")
_PARQUET_BATCH = 1000
_BLOCK = 1 << 20
MAX_BYTES = 64_000_000
"""The most bytes of a text, and of a line of JSONL or CSV, unpacked; what is longer is no article."""
_TOO_LONG = f"longer than {MAX_BYTES:,} bytes; a row is one article"
_BINARY = "binary, not text; save it as UTF-8 text"
_COLUMN = re.compile(r"[\w.:>-]*")
_PAGE_START = re.compile(rb"\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_HALF_PAIR = "half a surrogate pair (\\ud800 to \\udfff alone) is no character; mend the escape"


@dataclass(frozen=True, slots=True)
class Row:
    """One row as read: where it stands, its fields, or what is wrong with it."""

    place: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""
    default_id: str = ""

    def checked(self) -> Mapping[str, Any]:
        """The fields; raises `InputError` where the row could not be read."""
        if self.problem:
            raise InputError(f"{self.place}: {self.problem}")
        return self.fields


def find_files(inputs: Sequence[str]) -> list[str]:
    """The files to read: those named, and those of a kind we know in the folders named, in order.

    The folder `NAME_files`, in which browsers keep the parts of the page `NAME.html` beside it, is left out.

    Raises
    ------
    InputError
        For what is not there, is empty, of no known kind or binary, and for a folder without articles.
    """
    files: list[str] = []
    for name in inputs:
        path = Path(name)
        if name != STDIN and path.is_dir():
            inside = [file for file in _files_in(path) if file_kind(file)]
            if not inside:
                raise InputError(f"{name}: no articles in this folder; it should hold files that end in {KNOWN}")
            files += inside
        else:
            files.append(name)
    for name in files:
        _check_file(name)
    repeated = next((name for name, count in _counts(files).items() if count > 1), None)
    if repeated:
        raise InputError(f"{repeated}: named twice; name every input once")
    return files


def unread_endings(inputs: Sequence[str]) -> Counter[str]:
    """How many files of each ending stand in the folders named that are of no kind we know."""
    folders = [Path(name) for name in inputs if name != STDIN and os.path.isdir(name)]
    return Counter(Path(file).suffix for folder in folders for file in _files_in(folder) if not file_kind(file))


def _files_in(folder: Path) -> list[str]:
    """The files in a folder and those in it, in order, but for hidden ones and parts of saved pages."""
    inside = [path.relative_to(folder) for path in sorted(folder.rglob("*"), key=str) if path.is_file()]
    files = [str(folder / path) for path in inside if not any(part.startswith(".") for part in path.parts)]
    parts = {f"{Path(file).with_suffix('')}_files" for file in files if file_kind(file) == "html"}
    return [file for file in files if not any(str(folder) in parts for folder in Path(file).parents)]


def file_kind(name: str) -> str:
    """What a file's ending says it is; empty where it says nothing."""
    suffix = Path(name.lower().removesuffix(".gz")).suffix
    return _KINDS.get(suffix, "")


def read_rows(name: str) -> Iterator[Row]:
    """The rows of a file, one at a time; a text or a web page is one row. A row that is broken says so in `problem`.

    Raises
    ------
    InputError
        Where the file as a whole can't be read: not UTF-8, a broken archive, no header.
    """
    kind = _sniffed_stdin() if name == STDIN else file_kind(name)
    try:
        if kind == "parquet":
            rows = _parquet_rows(name)
        elif kind == "text":
            rows = _text_row(name)
        elif kind == "html":
            rows = _page_row(name)
        elif kind == "jsonl":
            rows = _jsonl_rows(name)
        else:
            rows = _csv_rows(name, "\t" if kind == "tsv" else "")
        yield from rows
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"{name}: broken gzip archive ({error}); compress it anew") from None
    except OSError as error:
        raise InputError(f"{name}: {error.strerror or error}") from None


def count_rows(name: str) -> int:
    """About how many rows a file has, told fast: the lines of JSONL and CSV; 0 where it can't be read."""
    kind = file_kind(name)
    try:
        if kind == "parquet":
            import pyarrow.parquet

            return int(pyarrow.parquet.read_metadata(name).num_rows)
        if kind not in ("jsonl", "csv", "tsv"):
            return 1
        with _open(name) as stream:
            return sum(block.count(b"\n") for block in iter(lambda: stream.read(_BLOCK), b""))
    except Exception:  # whatever is wrong with the file: reading it will tell
        return 0


def read_labelled(
    inputs: Sequence[str], codebook: Codebook, annotators: bool = False
) -> dict[str, list[LabelledPassage]]:
    """The labelled passages of every file that the inputs name.

    Parameters
    ----------
    annotators : bool
        Whether rows that do not say who labelled them are taken for labels of an annotator named like the file.

    Raises
    ------
    InputError
        For the first row that is broken, and for one that an annotator labelled twice.
    """
    labelled: dict[str, list[LabelledPassage]] = {}
    places = Places()
    for file in find_files(inputs):
        labelled[file] = [parse_labelled(row.checked(), row.place, codebook) for row in read_rows(file)]
        if annotators:
            labelled[file] = [replace(row, annotator=row.annotator or _stem(file)) for row in labelled[file]]
        for row in labelled[file]:
            places.add(row.passage.id, row.annotator, row.place)
    return labelled


def _check_file(name: str) -> None:
    if name == STDIN:
        return
    if not os.path.exists(name):
        raise InputError(f"{name}: no such file; check the path")
    kind = file_kind(name)
    if not kind:
        raise InputError(f"{name}: not a kind of file that can be read; its name should end in {KNOWN}")
    try:
        if os.path.getsize(name) == 0:
            raise InputError(f"{name}: empty; it should hold at least one article")
        with open(name, "rb") as raw:
            head = raw.read(8192)
            if kind not in ("parquet", "html") and head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                raise InputError(f"{name}: UTF-16, not UTF-8; save it as UTF-8 (Excel: CSV UTF-8)")
            if kind not in ("parquet", "html") and not name.lower().endswith(".gz") and b"\0" in head:
                raise InputError(f"{name}: {_BINARY}")
    except OSError as error:
        raise InputError(f"{name}: {error.strerror or error}") from None


def _counts(names: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name in names:
        key = name if name == STDIN else os.path.realpath(name)
        counts[key] = counts.get(key, 0) + 1
    return counts


def _open(name: str) -> IO[bytes]:
    if name == STDIN:
        return sys.stdin.buffer
    return gzip.open(name, "rb") if name.lower().endswith(".gz") else open(name, "rb")  # type: ignore[return-value]


def _sniffed_stdin() -> str:
    head = sys.stdin.buffer.peek(64) if hasattr(sys.stdin.buffer, "peek") else b""
    head = head.removeprefix(b"\xef\xbb\xbf")
    if _PAGE_START.match(head):
        return "html"
    line, end, _ = head.partition(b"\n")
    for columns in (_cells(line.decode("utf-8", "replace"), sign) for sign in ",;\t" if end):
        if len(columns) > 1 and "text" in columns and all(map(_COLUMN.fullmatch, columns)):
            return "csv"
    return "jsonl" if head.lstrip().startswith(b"{") else "text"


def _decode(data: bytes, place: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{place}: not UTF-8 (byte 0x{data[error.start]:02x} at {error.start}); save the file as UTF-8"
        ) from None


def _stem(name: str) -> str:
    return "stdin" if name == STDIN else spelled(Path(name.removesuffix(".gz")).stem)


def spelled(name: str) -> str:
    """A file's name as text: bytes that are no UTF-8 by their numbers."""
    return name.encode("utf-8", "backslashreplace").decode()


def _text_row(name: str) -> Iterator[Row]:
    with _open(name) as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise InputError(f"{name}: longer than {MAX_BYTES:,} bytes; save every article in a file of its own")
    text = _decode(data, name).removeprefix("\ufeff")
    if not text.strip():
        raise InputError(f"{name}: empty; it should hold an article")
    if "\0" in text:
        raise InputError(f"{name}: {_BINARY}")
    yield Row(name, {"text": text.replace("\r\n", "\n").replace("\r", "\n")}, default_id=_stem(name))


def _page_row(name: str) -> Iterator[Row]:
    with _open(name) as file:
        data = file.read(MAX_PAGE + 1)
    if not data.strip():
        raise InputError(f"{name}: empty; it should hold an article")
    try:
        yield Row(name, read_page(data), default_id=_stem(name))
    except InputError as error:
        yield Row(name, problem=str(error))
    except ImportError:
        raise InputError(f"{name}: reading web pages needs trafilatura; pip install 'stance[html]'") from None


def _jsonl_rows(name: str) -> Iterator[Row]:
    seen = False
    with _open(name) as file:
        for number, data in _lines(file):
            place = f"{name}:{number}"
            if data is None:
                seen = True
                yield Row(place, problem=_TOO_LONG)
                continue
            line = _decode(data, place).removeprefix("\ufeff" if number == 1 else "\0\0")
            if not line.strip():
                continue
            seen = True
            yield _json_row(line, place, f"{_stem(name)}:{number}")
    if not seen:
        raise InputError(f"{name}: empty; it should hold one JSON object a line")


def _lines(file: IO[bytes]) -> Iterator[tuple[int, bytes | None]]:
    """The lines of a file with their numbers; None for one longer than `MAX_BYTES`, which is not kept in memory."""
    for number in itertools.count(1):
        data = file.readline(MAX_BYTES + 1)
        if not data:
            return
        if len(data) <= MAX_BYTES:
            yield number, data
            continue
        while data and not data.endswith(b"\n"):
            data = file.readline(_BLOCK)
        yield number, None


def _json_row(line: str, place: str, default_id: str) -> Row:
    try:
        fields = from_json(line)
    except RecursionError:
        return Row(place, problem="nested too deeply; a row is a flat JSON object")
    except ValueError as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "a number out of range"
        return Row(place, problem=f"broken JSON: {reason}; found: {quote(line)}")
    if not isinstance(fields, dict):
        return Row(place, problem=f"not a JSON object; found: {quote(line)}")
    if _holds_half_pair(fields, line):
        return Row(place, problem=_HALF_PAIR)
    return Row(place, fields, default_id=default_id)


def _holds_half_pair(value: Any, source: str) -> bool:
    if not _SURROGATE.search(source):
        return False
    return any(0xD800 <= ord(c) < 0xE000 for c in json.dumps(value, ensure_ascii=False))


def _csv_rows(name: str, separator: str) -> Iterator[Row]:
    seen = False
    with _open(name) as raw:
        _, records = read_csv(_csv_lines(raw, name), name, separator)
        for record in records:
            seen = True
            if record.problem:
                yield Row(record.place, problem=record.problem)
            else:
                yield _flat_row(record.fields, record.place, f"{_stem(name)}:{record.line}")
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
    separator = separator or next((sign for sign in ",;\t" if "text" in _cells(head, sign)), ",")
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


def _cells(line: str, separator: str) -> list[str]:
    with suppress(csv.Error):
        return [cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])]
    return []


def _broken(error: csv.Error) -> str:
    reason = "lines that end in CR alone" if "new-line" in str(error) else str(error)
    return f"broken CSV: {reason}; save the sheet anew"


def _csv_lines(raw: IO[bytes], name: str) -> Iterator[str]:
    for number, data in _lines(raw):
        if data is None:
            raise InputError(f"{name}:{number}: {_TOO_LONG}")
        line = _decode(data, f"{name}:{number}")
        yield line.removeprefix("\ufeff") if number == 1 else line


def _flat_row(fields: dict[str, Any], place: str, default_id: str) -> Row:
    """A row of a flat table: lists and objects stand in it as JSON, lists of ids also as "a;b"."""
    for key in _STRUCTURED:
        value = fields.get(key)
        if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
            try:
                fields[key] = from_json(value)
            except (ValueError, RecursionError):
                return Row(place, problem=f"{key} is broken JSON; found: {quote(value)}")
            if _holds_half_pair(fields[key], value):
                return Row(place, problem=_HALF_PAIR)
        elif isinstance(value, str) and key in _LISTS:
            fields[key] = [part.strip() for part in value.split(";") if part.strip()]
    return Row(place, fields, default_id=default_id)


def _parquet_rows(name: str) -> Iterator[Row]:
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.ParquetFile(name)
        if "text" not in table.schema_arrow.names:
            raise InputError(f'{name}: no "text" column; found: {names_of(table.schema_arrow.names)}')
        number = 0
        for batch in table.iter_batches(batch_size=_PARQUET_BATCH):
            for fields in batch.to_pylist():
                number += 1
                yield _flat_row(plain_row(fields), f"{name}:{number}", f"{_stem(name)}:{number}")
    except InputError:
        raise
    except (pyarrow.ArrowException, ArithmeticError, OSError, ValueError) as error:
        reason = unquoted(str(error) or type(error).__name__)
        raise InputError(f"{name}: not a Parquet file that can be read ({reason})") from None
    if not number:
        raise InputError(f"{name}: no rows; it should hold a row for each article")


def plain(value: Any) -> Any:
    """A value of Parquet, pandas or numpy as JSON has it: days and times as ISO 8601, absent fields and NaN left out.

    Raises
    ------
    UnicodeDecodeError
        For bytes that are no UTF-8.
    """
    if isinstance(value, Mapping):
        return plain_row(value)
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat() if value == value else None  # pandas' time that is none is no equal of itself
    if isinstance(value, bytes):
        return value.decode()
    if hasattr(value, "tolist"):  # numpy's
        return plain(value.tolist())
    return value if isinstance(value, str | int | float | bool) else str(value)


def plain_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row whose values are `plain`, those that are absent left out."""
    return {key: kept for key, value in row.items() if (kept := plain(value)) is not None}


class RowWriter(Protocol):
    """Takes what its `form` makes of rows, one at a time."""

    def write(self, formed: Any) -> None: ...

    def close(self) -> None: ...


def json_line(row: Mapping[str, Any]) -> bytes:
    """A row as a line of JSON; non-ASCII as it is."""
    return json.dumps(row, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


class JsonlWriter:
    """A JSON object a line; takes `json_line`."""

    def __init__(self, stream: IO[bytes]):
        self.stream = stream

    def write(self, formed: bytes) -> None:
        self.stream.write(formed)

    def close(self) -> None:
        self.stream.flush()


_FLAT_START = ("id", "article", "title", "source", "date", "url", "lang", "start", "end", "text")
_FLAT_END = ("frame_labels", "stance", "directed", "mentions", "uncertain", "held_by", "model", "details")


def flat_columns(frames: Sequence[str]) -> list[str]:
    """The columns of CSV and Parquet predictions: one ``frame.ID`` for each frame's probability."""
    return [*_FLAT_START, *(f"frame.{frame}" for frame in frames), *_FLAT_END]


def flatten(row: Mapping[str, Any]) -> dict[str, Any]:
    """A prediction's row as flat cells; objects as JSON, lists of ids as "a;b", all unknown fields in `details`."""
    cells: dict[str, Any] = {key: row.get(key) for key in _FLAT_START}
    cells |= {f"frame.{frame}": prob for frame, prob in row["frames"].items()}
    cells |= {key: ";".join(row[key]) for key in ("frame_labels", "uncertain")}
    cells |= {key: json.dumps(row[key], ensure_ascii=False) for key in ("stance", "directed", "mentions")}
    cells["held_by"] = json.dumps(row["held_by"], ensure_ascii=False) if row.get("held_by") else None
    known = {*cells, "frames", "model"}
    details = {key: value for key, value in row.items() if key not in known}
    cells["model"] = row["model"]
    cells["details"] = json.dumps(details, ensure_ascii=False) if details else None
    for key in _FLAT_START:
        if key not in ("start", "end") and cells[key] is not None and not isinstance(cells[key], str):
            cells[key] = json.dumps(cells[key], ensure_ascii=False)
    return cells


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


class ParquetWriter:
    """Predictions as Parquet, written in row groups; takes `flatten`."""

    def __init__(self, stream: IO[bytes], frames: Sequence[str]):
        import pyarrow
        import pyarrow.parquet

        integers, floats = {"start", "end"}, {f"frame.{frame}" for frame in frames}
        types = {name: pyarrow.int64() for name in integers} | {name: pyarrow.float64() for name in floats}
        self.schema = pyarrow.schema([(n, types.get(n, pyarrow.string())) for n in flat_columns(frames)])
        self.writer = pyarrow.parquet.ParquetWriter(stream, self.schema)
        self.rows: list[dict[str, Any]] = []

    def write(self, formed: dict[str, Any]) -> None:
        self.rows.append(formed)
        if len(self.rows) == _PARQUET_BATCH:
            self._flush()

    def _flush(self) -> None:
        import pyarrow

        self.writer.write_table(pyarrow.Table.from_pylist(self.rows, self.schema))
        self.rows = []

    def close(self) -> None:
        try:
            if self.rows:
                self._flush()
            self.writer.close()
        finally:
            self.writer.is_open = False  # else it would try once more when it is collected, and tell of that


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


def batched(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Lists of `size` items, the last one shorter."""
    iterator = iter(items)
    while batch := list(itertools.islice(iterator, size)):
        yield batch
