"""Writing a file so that it is complete or absent, in any of the formats."""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import sys
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
from stance.machine import Unfinished
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


_LINKS = 40
"""Links that a name may lead along; the system follows no more either."""


class OutputError(InputError):
    """An output can't be written; nothing is wrong with the input."""


@contextmanager
def replacing(path: str | Path) -> Iterator[IO[bytes]]:
    """Write to a temporary file beside `path`, renamed to it at the end; on any error nothing is left.

    Links are followed: they stay, and what they lead to is replaced. What is no regular file (`is_special`) is written
    into as it is.
    """
    path = Path(path)
    check_place(path)
    if is_special(path):
        with _opened(path) as stream:
            yield stream
        return
    target = target_of(path)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    with Unfinished():
        try:
            stream = temporary.open("wb")
        except OSError as error:
            raise OutputError(f"{path}: can't be written: {error.strerror or error}") from None
        try:
            with stream:
                take_permissions(temporary, target)
                yield stream
            put_in_place(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)


def check_place(path: Path) -> None:
    """Refuse, before any work is done, an output where no file can be written."""
    target = target_of(path)
    if path.is_dir():
        raise InputError(f"{path}: a folder stands there; name a file to write")
    if target.is_symlink():
        raise InputError(f"{path}: a link that leads back to itself; name another file")
    if path.is_block_device() or path.is_socket():
        raise InputError(f"{path}: a disk or a socket stands there, which is not written over; name a file to write")
    if path.is_file() and not is_special(path) and not os.access(target, os.W_OK):
        raise OutputError(f"{path}: can't be written: it is write-protected")


def target_of(path: Path) -> Path:
    """The place that an output is written at: where its name leads to, if it is a link."""
    return Path(os.path.realpath(path))


def is_special(path: Path) -> bool:
    """Whether an output is a device, a pipe or an open file of ours: written into, for it can't be replaced."""
    return _descriptor(path) is not None or (path.exists() and not path.is_file() and not path.is_dir())


def is_stdout(path: Path) -> bool:
    """Whether an output is printed: `-`, or standard output by another of its names."""
    return str(path) == "-" or _descriptor(path) == 1


def put_in_place(temporary: Path, target: Path) -> None:
    """Rename a whole file to its place, where a regular file may stand, or nothing."""
    if os.path.lexists(target) and (target.is_symlink() or not target.is_file()):
        raise OutputError(f"{target}: can't be written: what stands there is no regular file")
    try:
        os.replace(temporary, target)
    except OSError as error:
        if error.errno != errno.EBUSY:  # what is lent to a container is a file that nothing can be renamed over
            raise
        shutil.copyfile(temporary, target)
        temporary.unlink()


def take_permissions(new: Path, old: Path) -> None:
    """Give a file or folder that is to replace another that one's owner and permissions."""
    try:
        status = old.stat()
    except OSError:
        return
    mode = stat.S_IMODE(status.st_mode) & (0o7777 if new.is_dir() else 0o777)
    try:
        os.chown(new, status.st_uid, status.st_gid)
    except (AttributeError, OSError):  # another's, or a system without owners: its group is not ours
        mode &= ~0o070 if hasattr(os, "chown") and new.stat().st_gid != status.st_gid else mode
    new.chmod(mode)


def _descriptor(path: Path) -> int | None:
    """The number of an open file of ours that a name stands for, as `/dev/stdout` and `/dev/fd/63` do."""
    own = re.compile(rf"/dev/fd|/proc/{os.getpid()}(/task/\d+)?/fd")
    place = os.path.abspath(path)
    for _ in range(_LINKS):
        folder, name = os.path.split(place)
        if name.isdecimal() and own.fullmatch(os.path.realpath(folder)):
            return int(name)
        if not os.path.islink(place):
            return None
        place = os.path.normpath(os.path.join(os.path.realpath(folder), os.readlink(place)))
    return None


def _opened(path: Path) -> IO[bytes]:
    """What is no regular file, open to be written into: neither made nor emptied."""
    number = _descriptor(path)
    if number == 1 and sys.stdout is not None:
        sys.stdout.flush()
    try:
        return os.fdopen(os.open(path, os.O_WRONLY) if number is None else os.dup(number), "wb")
    except OSError as error:
        raise OutputError(f"{path}: can't be written: {error.strerror or error}") from None
