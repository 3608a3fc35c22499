"""Output that survives a kill: rows so far in a partial file, how far they go in a journal, the whole renamed at the
end."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import IO, Any

from stance.formats.csv import MARK
from stance.formats.writing import (
    WIDE,
    OutputError,
    RowWriter,
    Shape,
    check_place,
    is_special,
    put_in_place,
    replacing,
    row_writer,
    take_permissions,
    target_of,
)
from stance.records import InputError

FLUSHED = ("csv", "jsonl")
"""Kinds whose partial file is the beginning of the whole; the partial file of others is JSON lines of flat rows."""


class ResumableOutput:
    """Predictions on their way into a file.

    Beside the file stand, while it is being written, ``.NAME.partial`` and ``.NAME.journal``. After every batch the
    rows are on the disk before the journal says so. A run that was killed, stopped, or failed on the machine's account
    leaves both, and `resume` goes on from them; one whose input is bad removes them. A lock that ends with the process
    keeps a second run away.

    Parameters
    ----------
    path : Path
        The file to make; of a link, the one that it leads to.
    kind : str
        jsonl, csv or parquet.
    frames : sequence of str
    signature : str
        Of everything that decides on the rows: a run goes on only from one of the same signature.
    resume : bool or None
        Whether to go on from an earlier run (True), to start over (False), or to refuse where there is one (None).
    shape : Shape
        Whether it is a tidy table, and what separates its cells.

    Attributes
    ----------
    batches : int
        Batches already written, to be left out.
    counts : Counter
        What was counted in them.

    Raises
    ------
    InputError
        Where an earlier run is not to be gone on from, another process is writing the same file, or no regular file
        can stand there.
    """

    def __init__(
        self,
        path: Path,
        kind: str,
        frames: Sequence[str],
        signature: str,
        resume: bool | None = None,
        shape: Shape = WIDE,
    ):
        check_place(path)
        if is_special(path):
            raise InputError(f"{path}: no regular file, so a run that writes there can't be gone on with")
        self.path, self.kind, self.frames, self.signature, self.shape = path, kind, tuple(frames), signature, shape
        self.target = target_of(path)
        self.partial = self.target.with_name(f".{self.target.name}.partial")
        self.journal = self.target.with_name(f".{self.target.name}.journal")
        self.batches, self.counts = 0, Counter[str]()
        self._take_back(resume)
        try:
            self._stream: IO[bytes] = open(self.partial, "ab")  # noqa: SIM115
        except OSError as error:
            raise InputError(f"{path}: can't be written: {error.strerror or error}") from None
        try:
            _lock(self._stream, path)
            if not self.partial.exists() or not os.path.samestat(os.fstat(self._stream.fileno()), self.partial.stat()):
                raise InputError(f"{path}: another process has just finished it; name another file, or start again")
            take_permissions(self.partial, self.target)
            self._stream.truncate(self._start(resume))
            self._stream.seek(0, os.SEEK_END)
        except BaseException:
            self._stream.close()
            raise
        self._writer = self._new_writer()

    def __enter__(self) -> ResumableOutput:
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        """Keep what was written, but for a run whose input is bad: that would fail again."""
        self._stream.close()
        bad_input = kind is not None and issubclass(kind, InputError) and not issubclass(kind, OutputError)
        if bad_input or (kind is not None and not self.batches):
            self.partial.unlink(missing_ok=True)
            self.journal.unlink(missing_ok=True)

    def write(self, rows: Sequence[Any], counts: Mapping[str, int]) -> None:
        """Write a batch, and then in the journal that it is written."""
        for row in rows:
            self._writer.write(row)
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self.batches += 1
        self.counts.update(counts)
        values = {"signature": self.signature, "batches": self.batches, "bytes": self._stream.tell()}
        with replacing(self.journal) as stream:
            stream.write(json.dumps({**values, "counts": self.counts}).encode())
            stream.flush()
            os.fsync(stream.fileno())

    def finish(self) -> None:
        """Put the whole file in its place."""
        if self.kind in FLUSHED:
            put_in_place(self.partial, self.target)
        else:
            with replacing(self.target) as stream, closing(self._writer_to(stream)) as writer:
                for row in _flat_rows(self.partial):
                    writer.write(row)
            self.journal.unlink(missing_ok=True)
            self.partial.unlink()
        self.journal.unlink(missing_ok=True)

    def _take_back(self, resume: bool | None) -> None:
        """Go on from the whole file, where a run was killed after it was put in its place, its journal not yet gone."""
        values = self._read_journal() if resume and not self.partial.exists() and self.target.exists() else None
        if values and (values["signature"], values["bytes"]) == (self.signature, self.target.stat().st_size):
            os.replace(self.target, self.partial)

    def _start(self, resume: bool | None) -> int:
        """How many bytes of the partial file to keep."""
        values = self._read_journal()
        if values is None or resume is False:
            self.journal.unlink(missing_ok=True)
            return 0
        if resume is None:
            raise InputError(
                f"{self.path}: an earlier run was stopped before its end; go on from there with --resume, or start "
                "over with --restart"
            )
        if values["signature"] != self.signature:
            raise InputError(
                f"{self.path}: the run that was stopped had other inputs, options or another model; give those again, "
                "or start over with --restart"
            )
        if self.partial.stat().st_size < values["bytes"]:
            raise InputError(f"{self.partial}: shorter than its journal says; start over with --restart")
        self.batches, self.counts = values["batches"], Counter(values["counts"])
        return int(values["bytes"])

    def _read_journal(self) -> dict[str, Any] | None:
        """What the journal says; None where there is none, or none that can be read."""
        try:
            values = json.loads(self.journal.read_bytes())
            kinds = {"signature": str, "batches": int, "bytes": int, "counts": dict}
            return values if all(isinstance(values[key], kind) for key, kind in kinds.items()) else None
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            return None

    def _new_writer(self) -> RowWriter:
        if self.kind == "csv" and not self.batches:
            self._stream.write(MARK)
        return self._writer_to(self._stream) if self.kind in FLUSHED else _FlatWriter(self._stream)

    def _writer_to(self, stream: IO[bytes]) -> RowWriter:
        return row_writer(stream, self.kind, self.frames, self.shape, header=not self.batches)


class _FlatWriter:
    """Flat rows as JSON lines, to be turned into another format at the end."""

    def __init__(self, stream: IO[bytes]):
        self.stream = stream

    def write(self, formed: Any) -> None:
        self.stream.write(json.dumps(formed).encode() + b"\n")

    def close(self) -> None:
        self.stream.flush()


def _flat_rows(path: Path) -> Iterator[Any]:
    with open(path, "rb") as stream:
        for line in stream:
            yield json.loads(line)


def signature(files: Sequence[str], *decisive: Any) -> str:
    """A digest of input files (path, size, time of change) and of whatever else decides on the rows."""
    stats = [os.stat(file) for file in files]
    inputs = [(os.path.abspath(file), s.st_size, s.st_mtime_ns) for file, s in zip(files, stats, strict=True)]
    return hashlib.sha256(repr((inputs, decisive)).encode()).hexdigest()


def _lock(stream: IO[bytes], path: Path) -> None:
    """A lock that ends with the process; none where the system has no such locks."""
    try:
        import fcntl
    except ImportError:
        return
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise InputError(f"{path}: another process is writing it; wait for that, or name another file") from None
