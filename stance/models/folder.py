"""The files of a model folder: their names and limits, the manifest, and reading them with nothing trusted unseen."""

from __future__ import annotations

import hashlib
import itertools
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from stance.formats.dataformat import from_json
from stance.formats.writing import take_permissions, target_of
from stance.labelers.judges import FILES as STANCE_FILES
from stance.labelers.linear import LinearLabeler
from stance.labelers.onnx.runtime import ENCODER, HEADS
from stance.labelers.probe import ProbeLabeler
from stance.labelers.tasks import DIRECTED, FRAMES, STANCE, TASKS
from stance.labelers.transformer import TOKENIZER, TransformerLabeler
from stance.machine import Unfinished
from stance.records import InputError
from stance.scoring.leaks import TrainingDigests

FORMAT = 2
"""The format number of model folders. Raise it when a folder of the old number can no longer be read as it is."""

MANIFEST, CODEBOOK, CALIBRATION, METRICS = "manifest.json", "codebook.yaml", "calibration.json", "metrics.json"
ARRAYS, ESTIMATORS, CARD, TRAINED = "linear.npz", "estimators.skops", "README.md", "training.npz"
PROBE, SENTENCE_FILES = "probe.npz", ("sentences.onnx", "sentences.json")
"""Of a probe: its own numbers, and the graph and the tokenizer of the sentence encoder that it stands on."""
PACKAGE = "pyproject.toml"
"""Makes a folder a data package, to be installed with pip; stays where the model in the folder is replaced."""
_LABELERS: Mapping[str, tuple[str, ...]] = {
    LinearLabeler.kind: (ARRAYS,),
    ProbeLabeler.kind: (PROBE,),
    TransformerLabeler.kind: (ENCODER, HEADS, TOKENIZER),
}
"""The files that a labeler of each kind labels by; a probe by those of the encoders of its tasks too."""
_FILES = (
    MANIFEST,
    CODEBOOK,
    CALIBRATION,
    METRICS,
    ARRAYS,
    ESTIMATORS,
    PROBE,
    *SENTENCE_FILES,
    ENCODER,
    HEADS,
    TOKENIZER,
    CARD,
    TRAINED,
    PACKAGE,
)
PIECE, _MAX_PIECES = 90_000_000, 99
"""The most bytes of a file that is saved: of a longer one, the next ones follow in a file of its own."""
_MAX_JSON, _MAX_ARRAYS = 4_000_000, 2_000_000_000
_LIMITS = {CODEBOOK: 10_000_000, ENCODER: 2**31 - 1, HEADS: 2**31 - 1}
_LIMITS |= dict.fromkeys((TOKENIZER, SENTENCE_FILES[1]), 64_000_000) | {SENTENCE_FILES[0]: 2**31 - 1}
_LIMITS |= dict.fromkeys((ARRAYS, ESTIMATORS, PROBE, TRAINED), _MAX_ARRAYS)
"""The most bytes that are read of a file; `_MAX_JSON` of all others."""
_NAME, _DIGEST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}"), re.compile(r"[0-9a-f]{64}")
_MAX_NAME, _MAX_LINE = 300, 1000


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def in_pieces(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Files as they are saved: one longer than `PIECE` bytes in pieces, as `encoder.onnx` and `encoder.onnx.2`."""
    return {
        name if start == 0 else f"{name}.{start // PIECE + 1}": data[start : start + PIECE]
        for name, data in files.items()
        for start in range(0, max(len(data), 1), PIECE)
    }


def whole_of(name: str) -> str:
    """The file that this is a piece of, or itself."""
    return re.sub(r"\.([2-9]|[1-9][0-9])$", "", name)


def labels_by(manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """The files that a model labels by, its kind and tasks as in a manifest; without one of them it is none."""
    kind, tasks = manifest["labeler"], manifest["tasks"]
    files = _LABELERS[kind]
    if kind == ProbeLabeler.kind:
        files += SENTENCE_FILES if FRAMES in tasks else ()
        files += STANCE_FILES if STANCE in tasks or DIRECTED in tasks else ()
    return CODEBOOK, CALIBRATION, *files


def name_fits(directory: Path, manifest: Mapping[str, Any]) -> bool:
    """Whether a model's name is that of its files."""
    files = {file: read_file(directory, manifest, file) for file in labels_by(manifest)}
    return str(manifest["name"]).endswith(f"-{own_digest(files, manifest)}")


def own_digest(files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> str:
    """What a model's name ends in."""
    whole = hashlib.sha256()
    for file in labels_by(manifest):
        whole.update(files[file])
    return whole.hexdigest()[:12]


def check_output(directory: str | Path) -> None:
    """Refuse, before any work is done, a place where no model can be saved."""
    directory = Path(directory)
    if directory.exists() and not directory.is_dir():
        raise InputError(f"{directory}: a file stands there; give --output a folder")
    if target_of(directory).is_symlink():
        raise InputError(f"{directory}: a link that leads back to itself; give --output another folder")
    held = [path.name for path in directory.iterdir()] if directory.is_dir() else []
    others = [name for name in held if whole_of(name) not in _FILES]
    if others:
        raise InputError(
            f"{directory}: holds {sorted(others)[0]}, which is no part of a model; give --output a new folder"
        )
    parent = target_of(directory).parent
    if not parent.is_dir():
        raise InputError(f"{parent}: no such folder to save the model in; make it first")
    if not os.access(parent, os.W_OK):
        raise InputError(f"{parent}: can't be written; give --output another place")


def read_manifest(directory: Path) -> dict[str, Any]:
    """The manifest, checked, and its files there."""
    manifest = parse_manifest(directory)
    for file in manifest["files"]:
        check_place(directory, file)
    return manifest


def parse_manifest(directory: Path) -> dict[str, Any]:
    """The manifest, its format number and the kinds of its fields checked; its files are not looked at."""
    path = directory / MANIFEST
    if not directory.is_dir():
        raise InputError(
            f"{directory}: no such model folder, and no model of this name is installed; train one, or give --model "
            "the folder of one"
        )
    if not path.is_symlink() and not path.is_file():
        raise InputError(f"{directory}: no {MANIFEST}, so not a model folder; give --model the folder of a model")
    manifest = parse_json(read_limited(directory, MANIFEST), path)
    if type(manifest.get("format")) is not int or manifest["format"] != FORMAT:
        raise InputError(
            f"{path}: format {_short(manifest.get('format'))}, but this version reads format {FORMAT}; "
            "train the model anew, or use the version that saved it"
        )
    for key, fits in _FIELDS.items():
        if not fits(manifest.get(key)):
            raise InputError(f'{path}: "{key}" is missing or of another kind; train the model anew')
    if not isinstance(manifest.get("labeler"), str) or manifest["labeler"] not in _LABELERS:
        raise InputError(
            f"{path}: a labeler of kind {_short(manifest.get('labeler'))}, not one of {', '.join(_LABELERS)}; "
            "use the version that saved it, or train the model anew"
        )
    for file in [*manifest["files"], *labels_by(manifest)]:
        if not _NAME.fullmatch(file) or not _is_digest(manifest["files"].get(file)):
            raise InputError(f"{path}: the list of files is wrong at {_short(file)}; train the model anew")
    return manifest


def _short(value: Any) -> str:
    """A value for one line of a message: no control characters, and not long."""
    return repr(value)[:62]


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _MAX_NAME and value.isprintable()


def _are_lines(value: Any) -> bool:
    """Whether these are lines that can be printed."""
    lines = [] if value is None else value
    return isinstance(lines, list) and all(
        isinstance(line, str) and line.isprintable() and len(line) <= _MAX_LINE for line in lines
    )


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None


def _are_sources(value: Any) -> bool:
    """Whether these are records of data files."""
    return value is None or (
        isinstance(value, list)
        and all(
            isinstance(part, dict) and all(isinstance(part.get(k), str) for k in ("file", "sha256")) for part in value
        )
    )


_FIELDS: Mapping[str, Callable[[Any], bool]] = {
    "name": _is_name,
    "config": lambda value: isinstance(value, dict),
    "seed": lambda value: type(value) is int and value >= 0,
    "files": lambda value: isinstance(value, dict),
    "tasks": lambda value: isinstance(value, list) and all(task in TASKS for task in value),
    "data": _are_sources,
    "dev_data": _are_sources,
    "doubts": _are_lines,
    "languages": lambda value: value is None or (isinstance(value, list) and all(map(_is_name, value))),
    "versions": lambda value: value is None or isinstance(value, dict),
}
"""What must hold for the fields of a manifest."""


def check_place(directory: Path, file: str) -> None:
    """Refuse a file of the model that is missing, a link, or no plain file."""
    path = directory / file
    if path.is_symlink():
        raise InputError(f"{path}: a link, which is not followed; put the file itself there")
    if not path.is_file():
        raise InputError(f"{directory}: {file} is missing; copy the whole folder, or train the model anew")


def read_limited(directory: Path, file: str) -> bytes:
    """A file of the model; refused before it is read where it is a link or longer than any of ours."""
    check_place(directory, file)
    path, most = directory / file, _LIMITS.get(whole_of(file), _MAX_JSON)
    with path.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        if size > most:
            reason = f"{size:,} bytes long, at most {most:,} are read"
            raise InputError(f"{path}: can't be read ({reason}); copy the whole folder, or train the model anew")
        return stream.read(size)


def read_file(directory: Path, manifest: Mapping[str, Any], file: str) -> bytes:
    """A file of the model, all its pieces together, their digests checked."""
    numbered = (f"{file}.{number}" for number in range(2, _MAX_PIECES + 1))
    pieces = itertools.takewhile(manifest["files"].__contains__, numbered)
    parts = [_read_piece(directory, manifest, piece) for piece in (file, *pieces)]
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _read_piece(directory: Path, manifest: Mapping[str, Any], file: str) -> bytes:
    data = read_limited(directory, file)
    if digest(data) != manifest["files"][file]:
        raise InputError(
            f"{directory / file}: changed since the model was saved; copy it anew, or train the model anew"
        )
    return data


def parse_json(data: bytes, path: Path) -> dict[str, Any]:
    """A JSON object with finite numbers, not deeply nested."""
    try:
        values = from_json(data.decode())
        if not isinstance(values, dict):
            raise ValueError("not a JSON object")
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: can't be read ({error}); copy the whole folder, or train the model anew") from None
    return values


def write_folder(directory: Path, files: Mapping[str, bytes]) -> None:
    """Write all files into a new folder beside, then put it in place of the old one; of a link, where that leads to."""
    directory = target_of(directory)
    with Unfinished(), _folder_beside(directory) as beside:
        new, old = Path(beside, "new"), Path(beside, "old")
        new.mkdir()  # with the permissions that the system gives, where a temporary folder is for its owner alone
        for file, data in files.items():
            (new / file).write_bytes(data)
        if directory.is_dir():
            if (directory / PACKAGE).is_file():
                shutil.copy2(directory / PACKAGE, new)
            take_permissions(new, directory)
            os.replace(directory, old)
        try:
            os.replace(new, directory)
        except BaseException:
            if old.is_dir():
                os.replace(old, directory)
            raise


def _folder_beside(directory: Path) -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix=f".{directory.name}.", dir=directory.parent, ignore_cleanup_errors=True)


def load_training_digests(directory: str | Path) -> TrainingDigests | None:
    """Hashes of the passages that trained a model; None where it keeps none."""
    directory = Path(directory)
    manifest = read_manifest(directory)
    if TRAINED not in manifest["files"]:
        return None
    digests = TrainingDigests.from_bytes(read_file(directory, manifest, TRAINED), str(directory / TRAINED))
    if digests.files.size and not 0 <= digests.files.min() <= digests.files.max() < len(manifest.get("data", [])):
        raise InputError(
            f"{directory / TRAINED}: passages of files that {MANIFEST} does not list; train the model anew"
        )
    return digests
