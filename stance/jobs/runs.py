"""A run of labelling: from files to one file that survives a kill, or to a folder of them on a cluster."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from stance import __version__
from stance.formats.columns import FOUND, Layout
from stance.formats.flat import flatten
from stance.formats.jsonl import json_line
from stance.formats.tidy import tidied, tidy_lines
from stance.formats.writing import WIDE, OutputError, Shape, replacing, target_of
from stance.jobs.cluster import started
from stance.jobs.resumable_output import ResumableOutput, signature
from stance.jobs.stream import BATCH, CHARACTERS, Form, Labelled, Reader, Settings, label_rows, model_of
from stance.machine import Unfinished
from stance.quoting import QUIET
from stance.records import InputError

FORMS: Mapping[str, Form] = {"text": dict, "jsonl": json_line, "csv": flatten, "parquet": flatten}
"""What a row is turned into where it is labelled, by the kind of output."""
TIDY_FORMS: Mapping[str, Form] = {"jsonl": tidy_lines, "csv": tidied, "parquet": tidied}
"""The same for a tidy table."""
MANIFEST = ".stance-run"
"""In a folder of outputs while it is not whole: the signature of the run that makes it."""


@dataclass(frozen=True)
class Run:
    """What decides on the rows of a run, but for its inputs.

    Attributes
    ----------
    directory : str
        The model folder.
    unit : str
        article or passage: what a row is.
    kind : str
        jsonl, csv, parquet or text.
    strict : bool
        Whether the first bad row ends the run.
    layout : Layout
        How the files are laid out.
    shape : Shape
        Whether a tidy table is made, and what separates its cells.
    """

    directory: str
    settings: Settings = field(default_factory=Settings)
    unit: str = "article"
    kind: str = "jsonl"
    strict: bool = False
    layout: Layout = FOUND
    shape: Shape = WIDE

    def signature(self, files: Sequence[str]) -> str:
        """Of all that decides on the rows: what another run must share to go on with this one."""
        name = model_of(self.directory, self.settings).name
        own = (self.settings, self.unit, self.kind, self.strict, self.layout, self.shape)
        return signature(files, __version__, BATCH, CHARACTERS, name, *own)

    def rows(self, reader: Reader, files: Sequence[str], jobs: int, skip: int = 0) -> Iterator[Labelled]:
        """The rows of the files, a batch at a time."""
        form = (TIDY_FORMS if self.shape.tidy else FORMS)[self.kind]
        return label_rows(reader.read(files), self.directory, self.settings, jobs, form, skip)


@dataclass
class Tally:
    """What a run read and labelled: rows, those left out, and passages by kind."""

    rows: int = 0
    bad: int = 0
    kinds: Counter[str] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        self.rows += other.rows
        self.bad += other.bad
        self.kinds.update(other.kinds)


def label_files(
    files: Sequence[str],
    output: Path,
    run: Run,
    jobs: int,
    resume: bool | None = None,
    report: Callable[[str], None] = lambda line: None,
    progress: Callable[[int, int], None] = lambda rows, passages: None,
) -> Tally:
    """Label files into one file, complete or absent; a run that was killed can be gone on with.

    Parameters
    ----------
    resume : bool or None
        As for `ResumableOutput`.
    report : callable
        Takes a line about a bad row, or about how to go on.
    progress : callable
        Takes the rows read so far, and how many passages were labelled since the last call.
    """
    reader = Reader(run.unit, run.strict, report, run.layout)
    frames = model_of(run.directory, run.settings).codebook.frame_ids
    whole = run.signature(files)
    with Unfinished(), ResumableOutput(output, run.kind, frames, whole, resume, run.shape) as stream:
        try:
            for rows, counts in run.rows(reader, files, jobs, stream.batches):
                stream.write(rows, counts)
                progress(reader.rows_read, counts["prose"])
            stream.finish()
        except BaseException as error:
            if stream.batches and (isinstance(error, OutputError) or not isinstance(error, InputError)):
                report(f"{output}: not whole yet; the same command goes on from here with --resume")
            raise
    return Tally(reader.rows, reader.bad, stream.counts)


def label_on_cluster(
    files: Sequence[str],
    folder: Path,
    run: Run,
    address: str | None = None,
    resume: bool | None = None,
    report: Callable[[str], None] = lambda line: None,
    progress: Callable[[int, int], None] = lambda rows, passages: None,
) -> Tally:
    """Label files on a Ray cluster, one core a file: each becomes a file of its own in `folder`.

    Ray Data hands out the files and hands those of a lost worker to another. Each is labelled by `label_files`, so it
    is complete or absent and the same as without a cluster; the files' names begin with their numbers, in the order of
    the input. Files, folder and model must lie where every machine sees them under the same path.

    Parameters
    ----------
    address : str, optional
        Of a running cluster; default: one is started on this machine.
    resume : bool or None
        Whether to keep what an earlier, stopped run finished (True), to start over (False), or to refuse (None).

    Raises
    ------
    InputError
        Where ray is not installed, a file can't be labelled, or the folder holds other things.
    """
    ray = started(address)
    folder, run = target_of(folder), replace(run, directory=str(Path(run.directory).absolute()))
    shards = [folder / f"{number:05d}-{_stem(file)}.{run.kind}" for number, file in enumerate(files)]
    done = _prepared(folder, run.signature(files), shards, resume)
    items = [
        {"file": str(Path(file).absolute()), "output": str(shard), "quiet": os.environ.get(QUIET, "")}
        for file, shard in zip(files, shards, strict=True)
        if shard not in done
    ]
    if done:
        report(f"{folder}: {len(done):,} of {len(shards):,} files are labelled already, and kept")
    tally = Tally()
    if items:
        data = ray.data.from_items(items, override_num_blocks=len(items))
        labelled = data.map(label_shard, fn_args=(run,), num_cpus=1)  # a lost one is tried again
        for row in labelled.iter_rows():
            if row["error"]:
                raise InputError(row["error"])
            for line in row["lines"]:
                report(line)
            tally.add(Tally(row["rows"], row["bad"], Counter(dict(row["kinds"]))))
            progress(tally.rows, dict(row["kinds"]).get("prose", 0))
    (folder / MANIFEST).unlink()
    return tally


def label_shard(item: Mapping[str, str], run: Run) -> dict[str, Any]:
    """Label one file in this process, on a worker: what it held, or what is wrong with it."""
    lines: list[str] = []
    os.environ[QUIET] = item.get("quiet", "")
    try:
        tally = label_files([item["file"]], Path(item["output"]), run, 1, resume=False, report=lines.append)
    except InputError as error:
        return {"error": str(error), "lines": lines, "rows": 0, "bad": 0, "kinds": [["prose", 0]]}
    kinds = [[kind, count] for kind, count in tally.kinds.items()] or [["prose", 0]]
    return {"error": "", "lines": lines, "rows": tally.rows, "bad": tally.bad, "kinds": kinds}


def _prepared(folder: Path, whole: str, shards: Sequence[Path], resume: bool | None) -> set[Path]:
    """Make the folder ready; the outputs in it that a stopped run of the same signature finished."""
    manifest = folder / MANIFEST
    there = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: a file stands there; --engine ray writes a folder")
    if there and MANIFEST not in there:
        raise InputError(f"{folder}: holds other files ({there[0]}); name a new folder")
    if there and resume is None:
        raise InputError(
            f"{folder}: an earlier run was stopped before its end; go on from there with --resume, or start over with "
            "--restart"
        )
    earlier, *names = manifest.read_text(encoding="utf-8").splitlines() or [""] if there else [whole]
    if resume and earlier != whole:
        raise InputError(
            f"{folder}: the run that was stopped had other inputs, options or another model; give those again, or "
            "start over with --restart"
        )
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(manifest) as stream:
        stream.write("\n".join([whole, *(shard.name for shard in shards)]).encode())
    if resume:
        return {shard for shard in shards if shard.exists()}
    for name in names:
        (folder / Path(name).name).unlink(missing_ok=True)
    return set()


def _stem(file: str) -> str:
    """The name of a file without what its kind adds."""
    name = Path(file).name
    return name.split(".")[0] or "input"
