"""The model folder: saved whole or not at all, checked before anything in it is used, and never executed."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from stance.archives import read_arrays, reason_of
from stance.calibration import Calibration
from stance.codebook import Codebook
from stance.dataformat import from_json
from stance.leaks import TrainingDigests
from stance.linear import LinearConfig, LinearLabeler
from stance.neural import MODEL, TOKENIZER, TransformerLabeler
from stance.pipeline import Model
from stance.records import InputError
from stance.tasks import TASKS

FORMAT = 1
"""The format number of model folders. Raise it when a folder of the old number can no longer be read as it is."""

MANIFEST, CODEBOOK, CALIBRATION, METRICS = "manifest.json", "codebook.yaml", "calibration.json", "metrics.json"
ARRAYS, ESTIMATORS, CARD, TRAINED = "linear.npz", "estimators.skops", "README.md", "training.npz"
_LABELERS = {LinearLabeler.kind: (ARRAYS,), TransformerLabeler.kind: (MODEL, TOKENIZER)}
"""The files that a labeler of each kind labels by."""
_FILES = (MANIFEST, CODEBOOK, CALIBRATION, METRICS, ARRAYS, ESTIMATORS, MODEL, TOKENIZER, CARD, TRAINED)
_MAX_JSON, _MAX_ARRAYS = 4_000_000, 2_000_000_000
_LIMITS = {CODEBOOK: 10_000_000, TOKENIZER: 64_000_000, MODEL: 2**31 - 1}
_LIMITS |= dict.fromkeys((ARRAYS, ESTIMATORS, TRAINED), _MAX_ARRAYS)
"""The most bytes that are read of a file; `_MAX_JSON` of all others."""
_NAME, _DIGEST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}"), re.compile(r"[0-9a-f]{64}")
_MAX_NAME = 300
_PACKAGES = (
    "stance",
    "numpy",
    "scipy",
    "scikit-learn",
    "skops",
    "sentencex",
    "pyahocorasick",
    "onnxruntime",
    "tokenizers",
    "torch",
    "transformers",
    "datasets",
)


def default_model() -> Path:
    """The folder of the model that ships: in the package, or beside it in a checkout."""
    return _shipped("models/default")


def default_codebook() -> Path:
    """The codebook that ships."""
    return _shipped("seeds/militancy/codebook.yaml")


def _shipped(path: str) -> Path:
    package = Path(__file__).resolve().parent
    inside = package / "shipped" / path
    return inside if inside.exists() else package.parent / path


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def save_model(
    model: Model,
    directory: str | Path,
    scores: Mapping[str, Any],
    record: Mapping[str, Any],
    trained: TrainingDigests | None = None,
) -> Model:
    """Save a model; the folder is complete or absent. An earlier model there is replaced.

    Parameters
    ----------
    model : Model
        With a labeler that was fitted here: its scikit-learn pipelines are saved too.
    scores : Mapping
        What `metrics.json` is to hold: scores on held-out articles and on the dev set.
    record : Mapping
        What trained it: data digests, seed.
    trained : TrainingDigests, optional
        Hashes of the passages that trained it, to find leaks by.

    Returns
    -------
    Model
        The same under its name and digest.

    Raises
    ------
    InputError
        Where `directory` is a file, or a folder that holds something else than a model.
    """
    directory = Path(directory)
    check_output(directory)
    labeler = model.labeler
    files = {
        CODEBOOK: model.codebook.source.encode(),
        CALIBRATION: _json(model.calibration.to_dict()),
        METRICS: _json(scores),
        **_labeler_files(labeler),
        **({} if trained is None else {TRAINED: trained.to_bytes()}),
    }
    name = f"{directory.resolve().name}-{_own_digest(files, labeler.kind)}"
    manifest = {
        "format": FORMAT,
        "name": name,
        "labeler": labeler.kind,
        "tasks": sorted(labeler.tasks),
        "frames": list(model.codebook.frame_ids),
        "config": labeler.resolved_config(),
        "seed": labeler.seed,
        **record,
        "versions": _versions(),
    }
    files[CARD] = model_card(name, model, scores, manifest).encode()
    manifest["files"] = {file: digest(data) for file, data in sorted(files.items())}
    _write_folder(directory, {**files, MANIFEST: _json(manifest)})
    return load_model(directory)


def labels_by(kind: str) -> tuple[str, ...]:
    """The files that a model of a kind labels by; without one of them it is none."""
    return CODEBOOK, CALIBRATION, *_LABELERS[kind]


def name_fits(directory: Path, manifest: Mapping[str, Any]) -> bool:
    """Whether a model's name is that of its files."""
    kind = manifest["labeler"]
    files = {file: read_file(directory, manifest, file) for file in labels_by(kind)}
    return str(manifest["name"]).endswith(f"-{_own_digest(files, kind)}")


def _own_digest(files: Mapping[str, bytes], kind: str) -> str:
    """What a model's name ends in."""
    whole = hashlib.sha256()
    for file in labels_by(kind):
        whole.update(files[file])
    return whole.hexdigest()[:12]


def _labeler_files(labeler: Any) -> dict[str, bytes]:
    if isinstance(labeler, LinearLabeler):
        return {ARRAYS: _npz(labeler.arrays()), ESTIMATORS: labeler.skops_bytes()}
    if isinstance(labeler, TransformerLabeler):
        return labeler.files()
    raise TypeError(f"no way to save a labeler of type {type(labeler).__name__}")


def check_output(directory: str | Path) -> None:
    """Refuse, before any work is done, a place where no model can be saved."""
    directory = Path(directory)
    if directory.is_file():
        raise InputError(f"{directory}: a file stands there; give --output a folder")
    others = [path.name for path in directory.iterdir() if path.name not in _FILES] if directory.is_dir() else []
    if others:
        raise InputError(
            f"{directory}: holds {sorted(others)[0]}, which is no part of a model; give --output a new folder"
        )
    parent = directory.absolute().parent
    if not parent.is_dir():
        raise InputError(f"{parent}: no such folder to save the model in; make it first")
    if not os.access(parent, os.W_OK):
        raise InputError(f"{parent}: can't be written; give --output another place")


def load_model(directory: str | Path) -> Model:
    """Load a model to label with.

    Nothing in the folder is executed, nothing outside it is read, and what files declare is checked before memory is
    taken for it.

    Raises
    ------
    InputError
        Where the folder is no model, has another format number, or a file is missing, was changed, or is not what it
        should be.
    """
    directory = Path(directory)
    manifest = read_manifest(directory)
    data = {file: read_file(directory, manifest, file) for file in labels_by(manifest["labeler"])}
    codebook = Codebook.parse(data[CODEBOOK].decode("utf-8", "replace"), str(directory / CODEBOOK))
    calibration = Calibration.from_dict(parse_json(data[CALIBRATION], directory / CALIBRATION), directory / CALIBRATION)
    load = _load_linear if manifest["labeler"] == LinearLabeler.kind else _load_transformer
    labeler = load(directory, manifest, data, codebook)
    if set(calibration.frames) != set(codebook.frame_ids):
        raise InputError(f"{directory / CALIBRATION}: other frames than the codebook's; train the model anew")
    name = manifest["name"]
    if not name.endswith(f"-{_own_digest(data, manifest['labeler'])}"):
        raise InputError(
            f"{directory / MANIFEST}: the name {name} is not that of these files; copy the whole folder, or train the "
            "model anew"
        )
    return Model(codebook, labeler, calibration, name, manifest)


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


def _load_linear(
    directory: Path, manifest: Mapping[str, Any], data: Mapping[str, bytes], codebook: Codebook
) -> LinearLabeler:
    place = directory / MANIFEST
    for key, value in manifest["config"].items():
        default = getattr(LinearConfig(), key, None)
        if default is None or type(value) not in (int, type(default)):
            raise InputError(f"{place}: unknown setting {key[:60]!a}, or one of another kind; train the model anew")
    arrays = read_arrays(data[ARRAYS], str(directory / ARRAYS))
    try:
        return LinearLabeler.from_arrays(arrays, codebook.frame_ids, manifest["config"], manifest["seed"])
    except InputError as error:
        raise InputError(f"{directory}: {error}; train the model anew") from None


def _load_transformer(
    directory: Path, manifest: Mapping[str, Any], data: Mapping[str, bytes], codebook: Codebook
) -> TransformerLabeler:
    names = {actor.id: actor.label for actor in codebook.actors}
    tasks = frozenset(manifest["tasks"])
    files = {file: data[file] for file in (MODEL, TOKENIZER)}
    try:
        return TransformerLabeler.from_files(
            files, codebook.frame_ids, names, manifest["config"], manifest["seed"], tasks
        )
    except InputError as error:
        raise InputError(f"{directory}: {reason_of(error)}; train the model anew") from None


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
        raise InputError(f"{directory}: no such model folder; train one, or give --model the folder of one")
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
    for file in [*manifest["files"], *labels_by(manifest["labeler"])]:
        if not _NAME.fullmatch(file) or not _is_digest(manifest["files"].get(file)):
            raise InputError(f"{path}: the list of files is wrong at {_short(file)}; train the model anew")
    return manifest


def _short(value: Any) -> str:
    """A value for one line of a message: no control characters, and not long."""
    return repr(value)[:62]


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _MAX_NAME and value.isprintable()


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
    path, most = directory / file, _LIMITS.get(file, _MAX_JSON)
    with path.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        if size > most:
            reason = f"{size:,} bytes long, at most {most:,} are read"
            raise InputError(f"{path}: can't be read ({reason}); copy the whole folder, or train the model anew")
        return stream.read(size)


def read_file(directory: Path, manifest: Mapping[str, Any], file: str) -> bytes:
    """A file of the model, its digest checked."""
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


def _json(values: Any) -> bytes:
    return (json.dumps(values, indent=1, ensure_ascii=False) + "\n").encode()


def _npz(arrays: Mapping[str, np.ndarray]) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def _versions() -> dict[str, str]:
    import platform
    from importlib import metadata

    versions = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return versions


def _write_folder(directory: Path, files: Mapping[str, bytes]) -> None:
    """Write all files into a new folder beside, then put it in place of the old one."""
    parent = directory.absolute().parent
    temporary = Path(tempfile.mkdtemp(prefix=f".{directory.name}.", dir=parent))
    try:
        temporary.chmod(0o755)
        for file, data in files.items():
            (temporary / file).write_bytes(data)
        if directory.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{directory.name}.old.", dir=parent))
            os.replace(directory, old / directory.name)
            os.replace(temporary, directory)
            shutil.rmtree(old)
        else:
            os.replace(temporary, directory)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def model_card(name: str, model: Model, scores: Mapping[str, Any], manifest: Mapping[str, Any]) -> str:
    """The README.md of a model folder."""
    book = model.codebook
    lines = [
        f"# {name}",
        "",
        f"A `{manifest['labeler']}` labeler of stance {manifest['versions'].get('stance', '')} for the codebook "
        f"`{book.name}`: {len(book.frames)} frames, {len(book.actors)} actors. It learned: "
        f"{', '.join(manifest['tasks'])}.",
        "",
        "## Trained on",
        "",
        "| file | passages | articles | SHA-256 |",
        "|---|---|---|---|",
        *(f"| {d['file']} | {d['passages']:,} | {d['articles']:,} | `{d['sha256']}` |" for d in manifest["data"]),
        "",
        f"Seed {manifest['seed']}; settings {json.dumps(manifest['config'])}.",
        "",
        "## Scores",
        "",
        "95 % intervals are from a bootstrap over articles. An actor that the matcher does not find counts as wrong.",
    ]
    held_out = "Cross-fitted: each training article judged by a labeler that did not see it"
    if manifest["labeler"] == TransformerLabeler.kind:
        held_out = "All held-out articles, not trained on; they chose the epoch and calibrate, each part by the others"
    tables = [(held_out, scores["held_out"])]
    trained = {data["sha256"] for data in manifest["data"]}
    tables += [
        (
            f"On `{data['file']}` (SHA-256 `{data['sha256'][:12]}…`), "
            f"{'TRAINED ON: no measure of anything' if data['sha256'] in trained else 'not trained on'}",
            part,
        )
        for data, part in zip(manifest["dev_data"], scores.get("dev", []), strict=True)
    ]
    for title, part in tables:
        lines += ["", f"### {title}", "", *score_table(part)]
    lines += [
        "",
        *([str(manifest["notes"]).strip(), ""] if manifest.get("notes") else []),
        "## Use",
        "",
        "For coding news passages by frame and stance, with a person checking what is marked uncertain and a sample",
        "of the rest. It repeats the slant of what it was trained on; it is not to be taken for a judgement of what",
        "is true, or used to decide about a person. Codes for other outlets, years and topics than those it learned",
        "from are worse than these scores: label a few hundred passages of your own and evaluate.",
        "",
    ]
    return "\n".join(lines)


def score_table(scores: Mapping[str, Any]) -> list[str]:
    """Scores as the lines of a Markdown table."""
    lines = [
        "| task | label | precision | recall | F1 | average precision | support |",
        "|---|---|---|---|---|---|---|",
    ]
    for task in ("frames", "stance", "directed"):
        part = scores[task]
        if not part["n"]:
            continue
        for label, row in part["per_label"].items():
            cells = [_cell(row[key]) for key in ("precision", "recall", "f1", "average_precision")]
            lines.append(f"| {task} | {label} | {' | '.join(cells)} | {row['support']:,} |")
        macro, micro = (
            f"{_cell(part[key])} ({' to '.join(_cell(v) for v in part[key + '_interval'] or [None])})"
            for key in ("macro_f1", "micro_f1")
        )
        lines.append(f"| {task} | **macro-F1; micro-F1** | | | {macro}; {micro} | | {part['n']:,} |")
    return lines


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
