"""What a model folder holds, told without loading it: safe on a folder from anybody."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stance.formats.archives import read_arrays
from stance.labelers.onnx.graphs import check_graph
from stance.labelers.onnx.runtime import ENCODER, HEADS
from stance.labelers.pipelines import check_pipelines
from stance.labelers.tasks import TASKS
from stance.labelers.transformer import TOKENIZER
from stance.labelers.windows import check_tokenizer
from stance.models.folder import (
    ARRAYS,
    CALIBRATION,
    CODEBOOK,
    ESTIMATORS,
    FORMAT,
    MANIFEST,
    METRICS,
    PROBE,
    SENTENCE_FILES,
    TRAINED,
    name_fits,
    parse_json,
    parse_manifest,
    read_file,
)
from stance.quoting import counted
from stance.records import InputError
from stance.scoring.calibration import Calibration
from stance.scoring.leaks import TrainingDigests
from stance.text.codebook import Codebook
from stance.text.languages import language_name, languages_read

WIDTH = 80
_HEAD = 11
_LISTED = 30
"""Frames, actors, data files and extra files that are named; of more, their number is told."""


@dataclass(frozen=True, slots=True)
class FileReport:
    """A file of a model folder.

    Attributes
    ----------
    name : str
    size : int or None
        In bytes; None where it is missing or no plain file.
    sha256 : str
        What the manifest says; empty where the file is no part of the model.
    finding : str
        What is wrong with it; empty where nothing is.
    """

    name: str
    size: int | None
    sha256: str = ""
    finding: str = ""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a model folder holds.

    Attributes
    ----------
    manifest : Mapping
        As `stance.models.folder.parse_manifest` checked it.
    codebook : Codebook or None
        None where it can't be read: `files` tells why.
    scores : Mapping
        What ``metrics.json`` holds, of any kind; empty where it can't be read.
    files, extra : tuples of FileReport
        The files that the manifest lists, and what else lies in the folder.
    findings : tuple of str
        All that is wrong.
    """

    manifest: Mapping[str, Any]
    codebook: Codebook | None
    scores: Mapping[str, Any]
    files: tuple[FileReport, ...]
    extra: tuple[FileReport, ...]
    findings: tuple[str, ...]


def inspect_model(directory: str | Path) -> Inspection:
    """Look at a model folder: read the manifest, check every file's digest and form; run and build nothing.

    Raises
    ------
    InputError
        Where there is no manifest that can be read.
    """
    directory = Path(directory)
    manifest = parse_manifest(directory)
    parts: dict[str, Any] = {}
    files = [_report(directory, manifest, file, parts) for file in sorted(manifest["files"])]
    findings = [file.finding for file in files if file.finding]
    if not any(file.finding for file in files) and not name_fits(directory, manifest):
        findings.append(f"{MANIFEST}: the name is not that of these files")
    others = sorted(entry.name for entry in os.scandir(directory) if entry.name not in {*manifest["files"], MANIFEST})
    extra = [FileReport(name, _size(directory / name)) for name in others]
    return Inspection(
        manifest, parts.get(CODEBOOK), parts.get(METRICS, {}), tuple(files), tuple(extra), tuple(findings)
    )


def _report(directory: Path, manifest: Mapping[str, Any], file: str, parts: dict[str, Any]) -> FileReport:
    """The report on a file; what was read of it for its form goes into `parts`."""
    path, sha256 = directory / file, manifest["files"][file]
    try:
        data = read_file(directory, manifest, file)
        if file in _READERS:
            parts[file] = _READERS[file](data, path)
    except InputError as error:
        return FileReport(file, _size(path), sha256, _named(str(error), path))
    return FileReport(file, _size(path), sha256)


def _named(message: str, path: Path) -> str:
    """A message that names the file, and not the folder."""
    short = message.removeprefix(f"{path.parent}: ").replace(f"{path.parent}{os.sep}", "")
    return short if path.name in short else f"{path.name}: {short}"


def _size(path: Path) -> int | None:
    return path.lstat().st_size if path.is_file() and not path.is_symlink() else None


def _scores(data: bytes, path: Path) -> Mapping[str, Any]:
    return parse_json(data, path)


_READERS: Mapping[str, Callable[[bytes, Path], Any]] = {
    CODEBOOK: lambda data, path: Codebook.parse(data.decode("utf-8", "replace"), str(path)),
    CALIBRATION: lambda data, path: Calibration.from_dict(parse_json(data, path), path),
    METRICS: _scores,
    ARRAYS: lambda data, path: bool(read_arrays(data, str(path))),
    ESTIMATORS: lambda data, path: check_pipelines(data),
    PROBE: lambda data, path: bool(read_arrays(data, str(path))),
    SENTENCE_FILES[0]: lambda data, path: check_graph(data),
    SENTENCE_FILES[1]: lambda data, path: check_tokenizer(data),
    ENCODER: lambda data, path: check_graph(data),
    HEADS: lambda data, path: check_graph(data),
    TOKENIZER: lambda data, path: check_tokenizer(data),
    TRAINED: lambda data, path: bool(TrainingDigests.from_bytes(data, str(path))),
}
"""How the form of a file is checked; none of these runs or builds what it holds."""


def inspection_lines(inspection: Inspection) -> list[str]:
    """An inspection as lines of at most `WIDTH` columns, without control characters."""
    manifest = inspection.manifest
    versions = manifest.get("versions") or {}
    made_by = str(versions.get("framestance") or versions.get("stance", "?"))[:30]
    about = f"{manifest['labeler']}, saved by stance {made_by}, format {FORMAT}"
    lines = [*_wrapped(manifest["name"]), *_wrapped(about), ""]
    lines += [line for head, text in _about(inspection) for line in _row(head, text)]
    for title, key in (("Trained on", "data"), ("Dev data", "dev_data")):
        lines += ["", *_source_lines(title, manifest.get(key) or [])]
    lines += ["", f"{'File':<{_HEAD + 11}} {'bytes':>14}  SHA-256"]
    lines += [line for file in inspection.files for line in _file_lines(file)]
    lines += [line for file in inspection.extra[:_LISTED] for line in _file_lines(file)]
    if len(inspection.extra) > _LISTED:
        lines.append(f"and {len(inspection.extra) - _LISTED:,} more that are no part of the model")
    number = len(inspection.findings)
    told = f"{counted(number, 'finding')}: do not use this model" if number else "no findings"
    return [*lines, "", *(line for finding in inspection.findings for line in _wrapped(finding)), told]


def _about(inspection: Inspection) -> Iterator[tuple[str, str]]:
    manifest, book = inspection.manifest, inspection.codebook
    yield "learned", ", ".join(manifest["tasks"])
    if book is None:
        yield "codebook", "can't be read"
    else:
        yield "codebook", book.name
        yield "frames", _listed(book.frame_ids)
        yield "actors", _listed(book.actor_ids)
    yield from (("doubtful", line) for line in (manifest.get("doubts") or [])[:_LISTED])
    told = manifest.get("languages") or ([book.language] if book else [])
    yield "languages", ", ".join(map(language_name, languages_read(told))) or "any"
    config = [f"{str(k)[:40]} {str(v)[:60]}" for k, v in list(manifest["config"].items())[:_LISTED] if v != ""]
    yield "settings", ", ".join([*config, f"seed {str(manifest['seed'])[:20]}"])
    for name, scores in _scored(inspection):
        told = [f"{task} {number:.3f}" for task in TASKS if (number := _macro_f1(scores, task)) is not None]
        if told:
            yield "macro-F1", f"{', '.join(told)} ({name[:60]})"


def _scored(inspection: Inspection) -> Iterator[tuple[str, Any]]:
    yield "held-out articles", inspection.scores.get("held_out")
    parts, sources = inspection.scores.get("dev"), inspection.manifest.get("dev_data") or []
    yield from ((str(source["file"]), part) for source, part in zip(sources, _list(parts), strict=False))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _macro_f1(scores: Any, task: str) -> float | None:
    """A score in JSON of any kind; None where there is none."""
    part = scores.get(task) if isinstance(scores, dict) else None
    value = part.get("macro_f1") if isinstance(part, dict) else None
    return float(value) if isinstance(value, int | float) and 0 <= value <= 1 else None


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_LISTED])
    return f"{len(names):,}: {shown}{', ...' if len(names) > _LISTED else ''}" if names else "none"


def _source_lines(title: str, sources: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = [f"{title:<{WIDTH - 38}} {'passages':>10}  SHA-256"] if sources else [f"{title}: not told"]
    for source in sources[:_LISTED]:
        count = source.get("passages")
        number = f"{count:,}" if type(count) is int and abs(count) < 10**9 else "?"
        name = _clean(source["file"])[-(WIDTH - 38) :]
        lines.append(f"{name:<{WIDTH - 38}} {number:>10}  {_clean(source['sha256'][:12])}")
    return lines


def _file_lines(file: FileReport) -> list[str]:
    size = "-" if file.size is None else f"{file.size:,}"
    state = ("holds" if not file.finding else "WRONG") if file.sha256 else "no part of the model, not read"
    line = f"{_clean(file.name)[:60]:<{_HEAD + 11}} {size:>14}  {file.sha256[:12]}{'  ' if file.sha256 else ''}{state}"
    return _wrapped(line) if len(line) > WIDTH else [line]


def _row(head: str, text: str) -> list[str]:
    return textwrap.wrap(_clean(text), WIDTH, initial_indent=f"{head:<{_HEAD}}", subsequent_indent=" " * _HEAD)


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(_clean(text)[:1000], WIDTH, subsequent_indent="  ", break_on_hyphens=False)


def _clean(text: str) -> str:
    """Text for a terminal: control characters, which could steer it, as a replacement mark."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)
