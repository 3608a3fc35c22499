"""What to read: files and folders found, their kinds told, and their rows, whatever the kind."""

from __future__ import annotations

import codecs
import gzip
import os
import re
import shlex
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from stance.formats.columns import FOUND, Layout, assigned
from stance.formats.csv import SEPARATORS, cells_of, csv_rows, tsv_rows
from stance.formats.dataformat import Places, parse_labelled
from stance.formats.documents import archive_row, mail_row, mailbox_rows, page_row, word_row
from stance.formats.encodings import BINARY, wide_encoding
from stance.formats.excel import excel_rows
from stance.formats.findings import Findings
from stance.formats.folders import LEFT_OUT, files_in
from stance.formats.jsonl import jsonl_rows
from stance.formats.meanings import as_meant
from stance.formats.notes import Notes, Tell, silence
from stance.formats.parquet import parquet_rows
from stance.formats.plain_text import text_row
from stance.formats.rows import Row
from stance.formats.streams import BLOCK, STDIN, open_bytes, standard_input, stem_of
from stance.records import InputError, LabelledPassage
from stance.text.codebook import Codebook
from stance.text.spellings import Spellings


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file that can be read; one more is one more entry in `KINDS`.

    Attributes
    ----------
    endings : tuple of str
        Of the names of such files.
    read : callable
        The rows of a file: takes its name, how it is laid out, and who is told of what is odd. Imports what is heavy
        when it is called.
    is_text : bool
        Whether its bytes are text, in some encoding.
    is_table : bool
        Whether it holds many articles, a row each; what holds one is left out where it can't be read.
    may_be_gzipped : bool
    """

    endings: tuple[str, ...]
    read: Callable[[str, Layout, Tell], Iterator[Row]]
    is_text: bool = True
    is_table: bool = False
    may_be_gzipped: bool = True


KINDS = {
    "text": Kind((".txt", ".text"), text_row),
    "html": Kind((".html", ".htm", ".xhtml"), page_row, is_text=False),
    "web archive": Kind((".mhtml", ".mht"), archive_row, is_text=False),
    "mail": Kind((".eml",), mail_row, is_text=False),
    "mailbox": Kind((".mbox",), mailbox_rows, is_text=False, is_table=True, may_be_gzipped=False),
    "word": Kind((".docx",), word_row, is_text=False, may_be_gzipped=False),
    "jsonl": Kind((".jsonl", ".ndjson"), jsonl_rows, is_table=True),
    "csv": Kind((".csv",), csv_rows, is_table=True),
    "tsv": Kind((".tsv",), tsv_rows, is_table=True),
    "parquet": Kind((".parquet",), parquet_rows, is_text=False, is_table=True, may_be_gzipped=False),
    "excel": Kind((".xlsx", ".xlsm"), excel_rows, is_text=False, is_table=True, may_be_gzipped=False),
}
_BY_ENDING = {ending: name for name, kind in KINDS.items() for ending in kind.endings}
KNOWN = f"{', '.join(sorted(_BY_ENDING))} (and .gz of all but .docx, .mbox, .parquet and Excel)"
_TO_WORD = "open it in Word or LibreOffice and save it as .docx or text"
_PICTURE = "a picture; its text has to be read first (OCR, as by tesseract)"
_TO_SAVE = {
    ".pdf": "a PDF; turn it into text first: pdftotext FILE.pdf (scans: ocrmypdf)",
    ".doc": f"a Word file of the old form; {_TO_WORD}",
    ".docm": f"a Word file with macros; {_TO_WORD}",
    ".rtf": f"rich text; {_TO_WORD}",
    ".odt": f"an OpenDocument text; {_TO_WORD}",
    ".pages": "a Pages document; export it to Word (.docx) or plain text",
    ".msg": "a message in Outlook's own form; save it as .eml, or as text",
    ".webarchive": "a web archive of Safari; save the page as HTML (page source)",
    ".epub": "an e-book; turn it into text first, as with Calibre",
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".gif", ".tif", ".tiff", ".bmp", ".webp", ".heic"), _PICTURE),
    ".xls": "an Excel workbook of the old kind; save it as .xlsx or CSV UTF-8",
    ".xlsb": "a binary Excel workbook; save it as .xlsx or CSV UTF-8",
    ".ods": "an OpenDocument spreadsheet; save it as .xlsx or CSV (UTF-8)",
    ".numbers": "a Numbers spreadsheet; export it to Excel (.xlsx) or CSV",
    ".gsheet": "a link to a Google sheet; download it as .xlsx or CSV",
    ".json": "JSON, of whatever form; write JSON Lines (.jsonl), an article a line",
}
"""Of kinds that can't be read: how to save what can."""
_MAY_HOLD_ZEROS = (csv_rows, tsv_rows)
"""Texts that we wrote may."""
_COLUMN = re.compile(r"[\w .:>#/()-]{0,40}")
_PAGE_START = re.compile(rb"\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)


def find_files(inputs: Sequence[str], tell: Tell = silence, encoding: str = "") -> list[str]:
    """The files to read: those named, and those of a kind we know in the folders named, in order.

    The folder `NAME_files`, in which browsers keep the parts of the page `NAME.html` beside it, is left out. A file in
    a folder that can't be read is told and left out.

    Parameters
    ----------
    encoding : str
        Of text, where it is known.

    Raises
    ------
    InputError
        For what is not there, is empty, of no known kind or binary, and for a folder without articles.
    """
    files: list[str] = []
    for name in inputs:
        if name != STDIN and os.path.isdir(name):
            files += _readable_in(name, tell, encoding)
        elif flaw := _flaw(name, encoding):
            raise InputError(f"{name}: {flaw}")
        else:
            files.append(name)
    repeated = next((name for name, count in _counts(files).items() if count > 1), None)
    if repeated:
        raise InputError(f"{repeated}: named twice; name every input once")
    return files


def _readable_in(folder: str, tell: Tell, encoding: str) -> list[str]:
    inside = [file for file in _articles_in(folder, tell) if file_kind(file)]
    if not inside:
        others = told_endings(unread_endings([folder]))
        holds = f" (it holds {others}; name one to see what to do)" if others else ""
        raise InputError(f"{folder}: no articles in this folder{holds}; it should hold files that end in {KNOWN}")
    flaws = {file: flaw for file in inside if (flaw := _flaw(file, encoding))}
    if len(flaws) == len(inside):
        raise InputError(f"{inside[0]}: {flaws[inside[0]]}")
    for file, flaw in flaws.items():
        tell(file, f"{flaw}; {LEFT_OUT}")
    return [file for file in inside if file not in flaws]


def unread_endings(inputs: Sequence[str]) -> Counter[str]:
    """How many files of each ending stand in the folders named that are of no kind we know."""
    folders = [name for name in inputs if name != STDIN and os.path.isdir(name)]
    files = (file for folder in folders for file in _articles_in(folder, silence))
    return Counter(Path(file).suffix.lower() for file in files if not file_kind(file))


def told_endings(endings: Counter[str]) -> str:
    """Endings of files, and how many there are of each, in words."""
    return ", ".join(f"{ending or 'no ending'} {number:,}" for ending, number in sorted(endings.items()))


def _articles_in(folder: str, tell: Tell) -> list[str]:
    """The files in a folder, but for parts of saved pages."""
    files = files_in(folder, tell)
    parts = {f"{Path(file).with_suffix('')}_files" for file in files if file_kind(file) == "html"}
    return [file for file in files if not any(str(above) in parts for above in Path(file).parents)]


def file_kind(name: str) -> str:
    """What a file's ending says it is; empty where it says nothing."""
    suffix = Path(name.lower().removesuffix(".gz")).suffix
    return _BY_ENDING.get(suffix, "")


def read_rows(name: str, layout: Layout = FOUND, tell: Tell = silence) -> Iterator[Row]:
    """The rows of a file, one at a time; a text or a web page is one row. A row that is broken says so in `problem`.

    Parameters
    ----------
    tell : callable
        Told of what was taken for what, skipped or guessed.

    Raises
    ------
    InputError
        Where the file as a whole can't be read: in no encoding, a broken archive, no header.
    """
    kind = KINDS[_sniffed_stdin(layout) if name == STDIN else file_kind(name) or "csv"]
    try:
        yield from kind.read(name, layout, tell)
        return
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        problem = f"broken gzip archive ({error}); compress it anew"
    except OSError as error:
        problem = error.strerror or str(error)
    if kind.is_table:
        raise InputError(f"{name}: {problem}")
    yield Row(name, problem=problem)


def rows_of(files: Sequence[str], layout: Layout, report: Callable[[str], None]) -> Iterator[Row]:
    """The rows of files, one after the other; what is told of them is reported, a line each."""
    notes = Notes(report)
    for file in files:
        yield from read_rows(file, layout, notes)
    notes.close()


def count_rows(name: str) -> int:
    """About how many rows a file has, told fast: the lines of JSONL and CSV; 0 where it can't be read."""
    kind = file_kind(name)
    try:
        if kind == "parquet":
            import pyarrow.parquet

            return int(pyarrow.parquet.read_metadata(name).num_rows)
        if not (KINDS[kind].is_table and KINDS[kind].is_text):
            return int(not KINDS[kind].is_table)
        with open_bytes(name) as stream:
            return sum(block.count(b"\n") for block in iter(lambda: stream.read(BLOCK), b""))
    except Exception:  # whatever is wrong with the file: reading it will tell
        return 0


def read_labelled(
    inputs: Sequence[str],
    codebook: Codebook,
    annotators: bool = False,
    notes: Findings | None = None,
    layout: Layout = FOUND,
    tell: Tell = silence,
) -> dict[str, list[LabelledPassage]]:
    """The labelled passages of every file that the inputs name.

    Parameters
    ----------
    annotators : bool
        Whether rows that do not say who labelled them are taken for labels of an annotator named like the file.
    notes : Findings, optional
        Takes what was written otherwise than it was taken.
    tell : callable
        Told of what was taken for what, skipped or guessed.

    Raises
    ------
    InputError
        For the first row that is broken, and for one that an annotator labelled twice.
    """
    labelled: dict[str, list[LabelledPassage]] = {}
    places, spellings, notes = Places(), Spellings(codebook), notes or Findings()
    for file in find_files(inputs, encoding=layout.encoding):
        rows = (
            (row.place, as_meant(row.checked(), spellings, partial(notes.add, row.place)))
            for row in read_rows(file, replace(layout, labelled=True), tell)
        )
        labelled[file] = [parse_labelled(fields, place, codebook) for place, fields in rows]
        if annotators:
            labelled[file] = [replace(row, annotator=row.annotator or stem_of(file)) for row in labelled[file]]
        for row in labelled[file]:
            places.add(row.passage.id, row.annotator, row.place)
    return labelled


def _flaw(name: str, encoding: str) -> str:
    """Why a file can't be read, as far as its name and its first bytes tell; empty where nothing speaks against it."""
    if name == STDIN:
        return ""
    if not os.path.exists(name):
        return "no such file; check the path"
    kind = KINDS.get(file_kind(name))
    if not kind:
        what = _TO_SAVE.get(Path(name.lower()).suffix, "not a kind of file that can be read")
        what = what.replace("FILE.pdf", shlex.quote(name))
        return what if ";" in what else f"{what}; its name should end in {KNOWN}"
    try:
        if os.path.getsize(name) == 0:
            return "empty; it should hold at least one article"
        with open(name, "rb") as raw:
            return _odd_start(raw.read(8192), name, kind, encoding)
    except OSError as error:
        return error.strerror or str(error)


def _odd_start(head: bytes, name: str, kind: Kind, encoding: str) -> str:
    if not kind.is_text or name.lower().endswith(".gz"):
        return ""
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1", b"%PDF")):
        meant = {b"P": "an archive, most likely an Excel workbook", b"\xd0": "an old Excel or Word file", b"%": "a PDF"}
        return f"{meant[head[:1]]}, not text; give it the ending of what it is, or save it as text"
    if (
        b"\0" in head
        and not encoding
        and not wide_encoding(head)
        and not (kind.read in _MAY_HOLD_ZEROS and _is_utf8(head))
    ):
        return BINARY
    return ""


def _is_utf8(head: bytes) -> bool:
    """Whether bytes begin as UTF-8; the last letter may be cut."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _counts(names: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name in names:
        key = name if name == STDIN else os.path.realpath(name)
        counts[key] = counts.get(key, 0) + 1
    return counts


def _sniffed_stdin(layout: Layout) -> str:
    stream = standard_input()
    head = stream.peek(64) if hasattr(stream, "peek") else b""
    if wide := wide_encoding(head, layout.encoding):
        head = head.decode(wide, "ignore").encode()
    head = head.removeprefix(b"\xef\xbb\xbf")
    if _PAGE_START.match(head):
        return "html"
    line, end, _ = head.partition(b"\n")
    for columns in (cells_of(line.decode("utf-8", "replace"), sign) for sign in SEPARATORS.values() if end):
        if len(columns) > 1 and all(map(_COLUMN.fullmatch, columns)) and _names_text(columns, layout):
            return "csv"
    return "jsonl" if head.lstrip().startswith(b"{") else "text"


def _names_text(columns: Sequence[str], layout: Layout) -> bool:
    try:
        return "text" in assigned(columns, layout, lambda column: False)
    except InputError:
        return True  # two could be a field: that will be told
