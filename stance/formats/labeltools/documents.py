"""The files that label tools export, also in zip archives."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from stance.formats.dataformat import from_json
from stance.formats.encodings import guessed, marked_encoding, spoken
from stance.formats.excel import sheet_cells
from stance.formats.labeltools.answers import mapping
from stance.formats.streams import STDIN, standard_input
from stance.quoting import quote
from stance.records import InputError

_LINE_END = re.compile(r"\r\n|\n|\r")
UNZIPPED = 1 << 29
"""Bytes that the files of a zip archive may have together."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file, or a file of a zip archive: where it stands, its name without ending, what is in it."""

    place: str
    stem: str
    zipped: bool
    data: bytes

    @property
    def text(self) -> str:
        """What is in it, which is UTF-8."""
        return self._decoded("utf-8")

    def table(self, tell: Callable[[str, str], None]) -> str:
        """What is in a table: UTF-8, or what the system of a spreadsheet has in its place, which is told."""
        try:
            return self._decoded(marked_encoding(self.data[:4]) or "utf-8")
        except InputError:
            encoding = guessed(self.data)
            if not encoding:
                raise
            tell(self.place, f"not UTF-8, read as {spoken(encoding)}")
            return self._decoded(encoding)

    def _decoded(self, encoding: str) -> str:
        try:
            return self.data.decode(encoding).removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            line = self.data.count(b"\n", 0, error.start) + 1
            raise InputError(f"{self.place}:{line}: not UTF-8; save the file as UTF-8 (Excel: CSV UTF-8)") from None


def documents(files: Sequence[str]) -> Iterator[Document]:
    for file in files:
        data, stem = _read(file), "stdin" if file == STDIN else Path(file).stem
        if not data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            yield Document(file, stem, False, data)
        elif b"xl/workbook.xml" in data:
            yield Document(file, stem, False, _as_csv(sheet_cells(io.BytesIO(data), file)))
        else:
            yield from _unzipped(file, data)


def _as_csv(cells: Sequence[Sequence[str]]) -> bytes:
    stream = io.StringIO(newline="")
    csv.writer(stream, quoting=csv.QUOTE_ALL).writerows(cells)
    return stream.getvalue().encode("utf-8", "backslashreplace")


def _read(file: str) -> bytes:
    try:
        data = standard_input().read() if file == STDIN else Path(file).read_bytes()
    except FileNotFoundError:
        raise InputError(f"{file}: no such file; check the path") from None
    except OSError as error:
        raise InputError(f"{file}: {error.strerror or error}") from None
    if not data.strip():
        raise InputError(f"{file}: empty; give what the tool exported")
    return data


def _unzipped(file: str, data: bytes) -> Iterator[Document]:
    """The files of an archive, read in memory: their names serve as names alone, never as paths."""
    left = UNZIPPED
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist():
                name = PurePosixPath(member.filename.replace("\\", "/"))
                if member.is_dir() or name.name.startswith(".") or "__MACOSX" in name.parts:
                    continue
                if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise zipfile.BadZipFile("compressed in an unusual way")
                with archive.open(member) as stream:
                    content = stream.read(left + 1)
                left -= len(content)
                if left < 0:
                    raise InputError(f"{file}: holds more than {UNZIPPED >> 20} MB; unpack it, and give its files")
                if content.strip():
                    yield Document(f"{file}/{quote(name.name)[1:-1]}", name.stem, True, content)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise InputError(f"{file}: not a zip archive that can be read ({error}); export anew") from None


def parsed_json(text: str, place: str) -> Any:
    try:
        return from_json(text)
    except RecursionError:
        raise InputError(f"{place}: nested too deeply; give what the tool exported") from None
    except ValueError as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "a number out of range"
        raise InputError(f"{place}: broken JSON: {reason}; found: {quote(text[:200])}; export anew") from None


def parsed_lines(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, line in enumerate(_LINE_END.split(document.text), 1):
        place = f"{document.place}:{number}"
        if line.strip():
            yield place, mapping(parsed_json(line, place), "a task", place)
