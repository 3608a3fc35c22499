"""What to read: files and folders found, their kinds told, and their rows, whatever the kind."""

from __future__ import annotations

import codecs
import gzip
import os
import re
import sys
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from stance.formats.csv import cells_of, csv_rows
from stance.formats.dataformat import Places, parse_labelled
from stance.formats.findings import Findings
from stance.formats.jsonl import jsonl_rows
from stance.formats.meanings import as_meant
from stance.formats.parquet import parquet_rows
from stance.formats.plain_text import text_row
from stance.formats.rows import Row
from stance.formats.streams import BINARY, BLOCK, STDIN, open_bytes, stem_of
from stance.formats.webpages import MAX_BYTES as MAX_PAGE
from stance.formats.webpages import read_page
from stance.records import InputError, LabelledPassage
from stance.text.codebook import Codebook
from stance.text.spellings import Spellings

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
_COLUMN = re.compile(r"[\w.:>-]*")
_PAGE_START = re.compile(rb"\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)


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
            rows = parquet_rows(name)
        elif kind == "text":
            rows = text_row(name)
        elif kind == "html":
            rows = _page_row(name)
        elif kind == "jsonl":
            rows = jsonl_rows(name)
        else:
            rows = csv_rows(name, "\t" if kind == "tsv" else "")
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
        with open_bytes(name) as stream:
            return sum(block.count(b"\n") for block in iter(lambda: stream.read(BLOCK), b""))
    except Exception:  # whatever is wrong with the file: reading it will tell
        return 0


def read_labelled(
    inputs: Sequence[str], codebook: Codebook, annotators: bool = False, notes: Findings | None = None
) -> dict[str, list[LabelledPassage]]:
    """The labelled passages of every file that the inputs name.

    Parameters
    ----------
    annotators : bool
        Whether rows that do not say who labelled them are taken for labels of an annotator named like the file.
    notes : Findings, optional
        Takes what was written otherwise than it was taken.

    Raises
    ------
    InputError
        For the first row that is broken, and for one that an annotator labelled twice.
    """
    labelled: dict[str, list[LabelledPassage]] = {}
    places, spellings, notes = Places(), Spellings(codebook), notes or Findings()
    for file in find_files(inputs):
        rows = (
            (row.place, as_meant(row.checked(), spellings, partial(notes.add, row.place))) for row in read_rows(file)
        )
        labelled[file] = [parse_labelled(fields, place, codebook) for place, fields in rows]
        if annotators:
            labelled[file] = [replace(row, annotator=row.annotator or stem_of(file)) for row in labelled[file]]
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
                raise InputError(f"{name}: {BINARY}")
    except OSError as error:
        raise InputError(f"{name}: {error.strerror or error}") from None


def _counts(names: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name in names:
        key = name if name == STDIN else os.path.realpath(name)
        counts[key] = counts.get(key, 0) + 1
    return counts


def _sniffed_stdin() -> str:
    head = sys.stdin.buffer.peek(64) if hasattr(sys.stdin.buffer, "peek") else b""
    head = head.removeprefix(b"\xef\xbb\xbf")
    if _PAGE_START.match(head):
        return "html"
    line, end, _ = head.partition(b"\n")
    for columns in (cells_of(line.decode("utf-8", "replace"), sign) for sign in ",;\t" if end):
        if len(columns) > 1 and "text" in columns and all(map(_COLUMN.fullmatch, columns)):
            return "csv"
    return "jsonl" if head.lstrip().startswith(b"{") else "text"


def _page_row(name: str) -> Iterator[Row]:
    with open_bytes(name) as file:
        data = file.read(MAX_PAGE + 1)
    if not data.strip():
        raise InputError(f"{name}: empty; it should hold an article")
    try:
        yield Row(name, read_page(data), default_id=stem_of(name))
    except InputError as error:
        yield Row(name, problem=str(error))
    except ImportError:
        raise InputError(f"{name}: reading web pages needs trafilatura; pip install 'framestance[html]'") from None
