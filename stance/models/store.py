"""The model folder: saved whole or not at all, checked before anything in it is used, and never executed."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from stance.formats.archives import read_arrays, reason_of
from stance.labelers.features import LinearConfig
from stance.labelers.judges import FILES as STANCE_FILES
from stance.labelers.judges import StanceEncoder
from stance.labelers.linear import LinearLabeler
from stance.labelers.logistic import ProbeConfig
from stance.labelers.onnx.runtime import ENCODER, HEADS
from stance.labelers.probe import ProbeLabeler
from stance.labelers.sentences import EncoderSettings, SentenceEncoder
from stance.labelers.tasks import FRAMES, STANCE, Labeler
from stance.labelers.transformer import TOKENIZER, TransformerLabeler
from stance.models.card import model_card
from stance.models.folder import (
    ARRAYS,
    CALIBRATION,
    CARD,
    CODEBOOK,
    ESTIMATORS,
    FORMAT,
    MANIFEST,
    METRICS,
    PROBE,
    SENTENCE_FILES,
    TRAINED,
    check_output,
    digest,
    in_pieces,
    labels_by,
    own_digest,
    parse_json,
    read_file,
    read_manifest,
    write_folder,
)
from stance.models.model import Model
from stance.records import InputError
from stance.scoring.calibration import Calibration
from stance.scoring.leaks import TrainingDigests
from stance.text.codebook import Codebook

_PACKAGES = (
    "framestance",
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
        With a labeler that was fitted here: a linear one's scikit-learn pipelines are saved too.
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
    from stance.scoring.soundness import all_doubts

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
    about = {"labeler": labeler.kind, "tasks": sorted(labeler.tasks)}
    name = f"{directory.resolve().name}-{own_digest(files, about)}"
    manifest = {
        "format": FORMAT,
        "name": name,
        **about,
        "frames": list(model.codebook.frame_ids),
        "config": labeler.resolved_config(),
        "seed": labeler.seed,
        "doubts": all_doubts(scores.get("held_out", {})),
        **record,
        "versions": _versions(),
    }
    files[CARD] = model_card(name, model, scores, manifest).encode()
    files = in_pieces(files)
    manifest["files"] = {file: digest(data) for file, data in sorted(files.items())}
    write_folder(directory, {**files, MANIFEST: _json(manifest)})
    return load_model(directory)


def _labeler_files(labeler: Any) -> dict[str, bytes]:
    if isinstance(labeler, LinearLabeler):
        return {ARRAYS: _npz(labeler.arrays()), ESTIMATORS: labeler.skops_bytes()}
    if isinstance(labeler, ProbeLabeler):
        parts = zip((SENTENCE_FILES, STANCE_FILES), labeler.files(), strict=True)
        encoders = {file: data for names, own in parts if own for file, data in zip(names, own, strict=True)}
        return {PROBE: _npz(labeler.arrays()), **encoders}
    if isinstance(labeler, TransformerLabeler):
        return labeler.files()
    raise TypeError(f"no way to save a labeler of type {type(labeler).__name__}")


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
    data = {file: read_file(directory, manifest, file) for file in labels_by(manifest)}
    codebook = Codebook.parse(data[CODEBOOK].decode("utf-8", "replace"), str(directory / CODEBOOK))
    calibration = Calibration.from_dict(parse_json(data[CALIBRATION], directory / CALIBRATION), directory / CALIBRATION)
    labeler = _LOADERS[manifest["labeler"]](directory, manifest, data, codebook)
    if set(calibration.frames) != set(codebook.frame_ids):
        raise InputError(f"{directory / CALIBRATION}: other frames than the codebook's; train the model anew")
    name = manifest["name"]
    if not name.endswith(f"-{own_digest(data, manifest)}"):
        raise InputError(
            f"{directory / MANIFEST}: the name {name} is not that of these files; copy the whole folder, or train the "
            "model anew"
        )
    return Model(codebook, labeler, calibration, name, manifest, directory)


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


def _load_probe(
    directory: Path, manifest: Mapping[str, Any], data: Mapping[str, bytes], codebook: Codebook
) -> ProbeLabeler:
    settings = dict(manifest["config"])
    encoders = settings.pop("encoders", None)
    for key, value in settings.items():
        if type(value) not in (int, float) or not hasattr(ProbeConfig(), key):
            raise InputError(
                f"{directory / MANIFEST}: unknown setting {key[:60]!a}, or one of another kind; train the model anew"
            )
    arrays = read_arrays(data[PROBE], str(directory / PROBE))
    try:
        sentences, stances = _encoders(encoders if isinstance(encoders, dict) else {}, data, codebook)
        labeler = ProbeLabeler(
            codebook.frame_ids, sentences, stances, config=ProbeConfig(**settings), seed=manifest["seed"]
        ).take_arrays(arrays)
        if labeler.tasks != set(manifest["tasks"]):
            raise InputError(f"{PROBE} holds other tasks than {MANIFEST} names")
    except InputError as error:
        raise InputError(f"{directory}: {reason_of(error)}; train the model anew") from None
    return labeler


def _encoders(
    settings: Mapping[str, Any], data: Mapping[str, bytes], codebook: Codebook
) -> tuple[SentenceEncoder | None, StanceEncoder | None]:
    """The encoders of which the files are there."""
    sentences = stances = None
    if SENTENCE_FILES[0] in data:
        own = EncoderSettings.from_dict(settings.get(FRAMES))
        sentences = SentenceEncoder([data[file] for file in SENTENCE_FILES], own, SENTENCE_FILES)
    if ENCODER in data:
        names = {actor.id: actor.label for actor in codebook.actors}
        own = EncoderSettings.from_dict(settings.get(STANCE))
        stances = StanceEncoder([data[file] for file in STANCE_FILES], own, names)
    return sentences, stances


def _load_transformer(
    directory: Path, manifest: Mapping[str, Any], data: Mapping[str, bytes], codebook: Codebook
) -> TransformerLabeler:
    names = {actor.id: actor.label for actor in codebook.actors}
    tasks = frozenset(manifest["tasks"])
    files = {file: data[file] for file in (ENCODER, HEADS, TOKENIZER)}
    try:
        return TransformerLabeler.from_files(
            files, codebook.frame_ids, names, manifest["config"], manifest["seed"], tasks
        )
    except InputError as error:
        raise InputError(f"{directory}: {reason_of(error)}; train the model anew") from None


_LOADERS: Mapping[str, Callable[[Path, Mapping[str, Any], Mapping[str, bytes], Codebook], Labeler]] = {
    LinearLabeler.kind: _load_linear,
    ProbeLabeler.kind: _load_probe,
    TransformerLabeler.kind: _load_transformer,
}


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
