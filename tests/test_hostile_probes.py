"""Folders of probes from people who mean harm: as those of other models, each refused in one line, nothing run."""

from __future__ import annotations

import json
import os
import pickle
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper

from stance.labelers.judges import StanceEncoder
from stance.labelers.probe import ProbeLabeler
from stance.labelers.sentences import EncoderSettings, SentenceEncoder
from stance.learning.fitting import fit_model
from stance.models.inspection import inspect_model
from stance.models.store import load_model, save_model
from stance.records import LabelledPassage
from stance.text.codebook import Codebook
from tests.test_hostile_models import (
    RECORD,
    TEXT,
    Exploit,
    archive,
    change_manifest,
    encoder_graph,
    forge,
    graph_of,
    npy,
    refusal,
    small_tokenizer,
    watched,
)

FILES = ["probe.npz", "sentences.onnx", "sentences.json", "encoder.onnx", "heads.onnx", "tokenizer.json"]
SETTINGS = EncoderSettings("small", 64, 0)


@pytest.fixture(scope="session")
def probe_dir(codebook: Codebook, labelled: list[LabelledPassage], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved probe with graphs of ours in place of trained ones."""
    words, encoder = small_tokenizer().to_str().encode(), encoder_graph().SerializeToString()
    sentences = SentenceEncoder((encoder, words), SETTINGS)
    stances = StanceEncoder((encoder, graph_of().SerializeToString(), words), SETTINGS, {})
    fitted = fit_model(labelled, codebook, lambda: ProbeLabeler(codebook.frame_ids, sentences, stances), 0)
    directory = tmp_path_factory.mktemp("probes") / "berth"
    save_model(fitted.model, directory, {"held_out": fitted.scores, "dev": []}, RECORD)
    return directory


@pytest.fixture
def probe(probe_dir: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(probe_dir, tmp_path / "berth"))


def test_the_folder_that_is_spoiled_here_labels_as_it_did_and_runs_nothing(probe: Path) -> None:
    assert watched(lambda: load_model(probe).classify([{"text": TEXT}])) == []
    [prediction] = load_model(probe).classify([{"text": TEXT}])
    assert list(prediction.stance) == ["union", "port"]
    assert inspect_model(probe).findings == ()


@pytest.mark.parametrize("file", FILES)
def test_a_pickle_in_place_of_a_file_is_not_run(file: str, probe: Path, tmp_path: Path) -> None:
    forge(probe, file, pickle.dumps(Exploit(tmp_path / "executed")))
    assert file in refusal(probe)
    assert any(finding.startswith(file) for finding in inspect_model(probe).findings)
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("file", FILES)
def test_a_file_that_is_missing_changed_too_long_or_a_link_is_refused(file: str, probe: Path) -> None:
    path = probe / file
    path.write_bytes(path.read_bytes() + b"\n")
    assert refusal(probe).startswith(f"{path}: changed since the model was saved; ")
    os.truncate(path, 5 * 10**9)
    assert refusal(probe).startswith(f"{path}: can't be read (5,000,000,000 bytes long, at most ")
    path.unlink()
    assert refusal(probe) == f"{probe}: {file} is missing; copy the whole folder, or train the model anew"
    path.symlink_to("/etc/hosts")
    assert refusal(probe) == f"{path}: a link, which is not followed; put the file itself there"


def test_a_list_of_files_without_those_of_an_encoder_is_refused(probe: Path) -> None:
    files = json.loads((probe / "manifest.json").read_text())["files"]
    for file in FILES:
        change_manifest(probe, files={name: value for name, value in files.items() if name != file})
        assert refusal(probe).startswith(f"{probe / 'manifest.json'}: the list of files is wrong at '{file}'; ")


@pytest.mark.parametrize("file", ["sentences.onnx", "encoder.onnx", "heads.onnx"])
def test_weights_in_another_file_and_operators_of_others_are_refused(file: str, probe: Path) -> None:
    outside = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[1], data_location=TensorProto.EXTERNAL)
    outside.external_data.add(key="location", value="/etc/passwd")
    foreign = helper.make_node("Evil", ["states"], ["e"], domain="evil.corp")
    forge(probe, file, graph_of(weights=[outside]).SerializeToString())
    assert f"{file} is refused (the weights w lie in another file)" in refusal(probe)
    forge(probe, file, graph_of(nodes=[foreign], domains=[("", 17), ("evil.corp", 1)]).SerializeToString())
    assert f"{file} is refused (an operator of the domain 'evil.corp', not one of ONNX's own)" in refusal(probe)


@pytest.mark.parametrize("file", ["sentences.json", "tokenizer.json"])
def test_a_tokenizer_that_is_a_bomb_is_refused(file: str, probe: Path) -> None:
    forge(probe, file, b"[" * 100_000)
    assert f"{file} can't be read (" in refusal(probe)


@pytest.mark.parametrize(
    "config",
    [
        {"C_frames": "x"}, {"C_frames": True}, {"evil\x1b[2J": 1.0}, {"encoders": []}, {"encoders": {"frames": 3}},
        {"encoders": {"frames": {"name": "x", "max_tokens": 10**9, "pad": 0}}},
        {"encoders": {"frames": {"name": "x", "max_tokens": 64, "pad": -1}}},
        {"encoders": {"frames": {"name": "\x1b[2J", "max_tokens": 64, "pad": 0}}},
    ],
)  # fmt: skip
def test_settings_of_wrong_kinds_are_refused(config: dict[str, Any], probe: Path) -> None:
    own = json.loads((probe / "manifest.json").read_text())["config"]
    change_manifest(probe, config={**own, **config})
    assert refusal(probe).startswith(f"{probe}")


@pytest.mark.parametrize("tasks", [["frames"], ["stance", "directed"], []])
def test_tasks_that_are_not_those_of_the_arrays_are_refused(tasks: list[str], probe: Path) -> None:
    change_manifest(probe, tasks=tasks)
    assert refusal(probe) == f"{probe}: probe.npz holds other tasks than manifest.json names; train the model anew"


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("frames.coefficients", np.zeros((1, 3))), ("frames.intercepts", np.zeros(3)),
        ("stance.coefficients", np.full((3, 3), np.inf)), ("words.vocabulary", np.full(9, 0xFF, dtype=np.uint8)),
        ("evil.coefficients", np.zeros((1, 2))),
    ],
)  # fmt: skip
def test_arrays_that_no_training_gives_are_refused(name: str, array: np.ndarray, probe: Path) -> None:
    with np.load(probe / "probe.npz") as known:
        members = {f"{key}.npy": npy(known[key]) for key in known.files}
    forge(probe, "probe.npz", archive(**{**members, f"{name}.npy": npy(array)}))
    assert refusal(probe).startswith(f"{probe}: the arrays of ") or "arrays of a task 'evil'" in refusal(probe)


def test_a_graph_that_gives_other_vectors_is_one_line(probe: Path) -> None:
    with np.load(probe / "probe.npz") as known:
        arrays = {key: known[key] for key in known.files}
    arrays["frames.coefficients"] = np.zeros((2, 2), dtype=np.float32)
    forge(probe, "probe.npz", archive(**{f"{key}.npy": npy(array) for key, array in arrays.items()}))
    assert "the name berth-" in refusal(probe)
