"""`stance train` as it comes, a probe: from labels to a model that labels, explains and is inspected, without torch."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from stance.commands.app import main
from stance.models.store import load_model
from stance.models.vectors import NAME
from tests.conftest import CODEBOOK, corpus_rows

TEXT = "The Dock Union blamed the Port Authority over the stopped cranes."
WITHOUT = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "transformers", "datasets", "onnx", "skops"):
            raise ModuleNotFoundError(f"No module named {name!r}")
sys.meta_path.insert(0, Missing())
from stance.commands.app import main
main()
"""
FOLDER_FILES = [
    "README.md",
    "calibration.json",
    "codebook.yaml",
    "encoder.onnx",
    "heads.onnx",
    "manifest.json",
    "metrics.json",
    "probe.npz",
    "sentences.json",
    "sentences.onnx",
    "tokenizer.json",
    "training.npz",
]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with labels and a probe trained on them, where nothing that only training a transformer needs is there;
    and what was said."""
    folder = tmp_path_factory.mktemp("study")
    (folder / "labels.jsonl").write_text("".join(json.dumps(row) + "\n" for row in corpus_rows()), encoding="utf-8")
    (folder / "codebook.yaml").write_text(CODEBOOK, encoding="utf-8")
    command = [sys.executable, "-c", WITHOUT, "train", "labels.jsonl", "--codebook", "codebook.yaml", "-o", "mine"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder, done.stderr


def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["stance", *map(str, arguments)])
    with pytest.raises(SystemExit) as stop:
        main()
    return (int(stop.value.code or 0), *capfd.readouterr())


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_default_is_a_probe_that_stands_alone(study: tuple[Path, str]) -> None:
    folder, said = study
    manifest = json.loads((folder / "mine/manifest.json").read_text())
    assert manifest["labeler"] == "probe"
    assert sorted(manifest["tasks"]) == ["directed", "frames", "stance"]
    assert sorted(contents(folder / "mine")) == FOLDER_FILES
    assert manifest["config"]["encoders"]["frames"] == {"name": "all-MiniLM-L6-v2", "max_tokens": 256, "pad": 0}
    assert said.splitlines()[-2:] == [
        f"saved {manifest['name']} in mine",
        "72 labelled passages: twice as many would help; --learning-curve tells how much",
    ]


def test_the_vectors_are_beside_the_model_for_their_owner_alone(study: tuple[Path, str]) -> None:
    folder, _ = study
    assert sorted(path.name for path in folder.iterdir()) == [NAME, "codebook.yaml", "labels.jsonl", "mine"]
    if hasattr(os, "geteuid"):
        assert stat.S_IMODE((folder / NAME).stat().st_mode) == 0o600


def test_training_again_with_vectors_or_from_nothing_gives_the_same_bytes(
    study: tuple[Path, str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    folder, _ = study
    monkeypatch.chdir(folder)
    first = contents(folder / "mine")
    for change in ("kept", "gone", "broken"):
        if change == "gone":
            (folder / NAME).unlink()
        if change == "broken":
            (folder / NAME).write_bytes(b"PK" + os.urandom(100))
        command = ("train", "labels.jsonl", "--codebook", "codebook.yaml", "-o", "mine")
        assert run(monkeypatch, capfd, *command)[0] == 0
        assert contents(folder / "mine") == first, change


def test_it_labels_explains_and_is_inspected(
    study: tuple[Path, str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder, _ = study
    (tmp_path / "a.txt").write_text(TEXT)
    model = ("--model", folder / "mine")
    code, out, _ = run(monkeypatch, capfd, "classify", tmp_path / "a.txt", *model, "--explain")
    row = json.loads(out)
    assert code == 0
    assert row["frame_labels"] == ["strike"]
    assert list(row["stance"]) == ["union", "port"]
    assert [(pair["holder"], pair["target"]) for pair in row["directed"]] == [("union", "port"), ("port", "union")]
    assert {"strike"} <= row["why"].keys()
    code, out, _ = run(monkeypatch, capfd, "inspect", folder / "mine")
    assert (code, out.splitlines()[-1]) == (0, "no findings")
    assert out.splitlines()[1].startswith("probe, saved by stance ")


def test_loaded_it_gives_the_same_whatever_it_is_asked_with(study: tuple[Path, str]) -> None:
    model = load_model(study[0] / "mine")
    texts = [TEXT, "The City Council praised the dockers.", "Nothing of note.", TEXT.replace("blamed", "thanked")]
    together = model.classify([{"id": str(n), "text": text} for n, text in enumerate(texts)])
    for n, text in enumerate(texts):
        [alone] = model.classify([{"id": str(n), "text": text}])
        assert alone == together[n]


def test_cross_validation_trains_probes_unless_told_otherwise(
    study: tuple[Path, str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(study[0])
    common = ("evaluate", "labels.jsonl", "--cross-validate", 2, "--codebook", "codebook.yaml", "--json", "-")
    for options, name in (((), "probe"), (("--labeler", "linear"), "linear")):
        code, out, _ = run(monkeypatch, capfd, *common, *options)
        assert (code, json.loads(out)["model"]) == (0, f"{name} models for harbour")
    refused = run(monkeypatch, capfd, "evaluate", "labels.jsonl", "--model", "mine", "--labeler", "linear")
    told = "stance: --codebook, --labeler and --seed belong to --cross-validate; leave them out\n"
    assert refused == (2, "", told)


def test_frames_alone_need_the_sentence_encoder_alone(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [{key: row[key] for key in ("id", "article", "text", "frames")} for row in corpus_rows()]
    Path("frames.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    Path("codebook.yaml").write_text(CODEBOOK)
    code, _, err = run(monkeypatch, capfd, "train", "frames.jsonl", "--codebook", "codebook.yaml", "-o", "mine")
    assert code == 0, err
    files = set(contents(tmp_path / "mine"))
    assert {"sentences.onnx", "sentences.json"} <= files
    assert not files & {"encoder.onnx", "heads.onnx", "tokenizer.json", "estimators.skops"}
    assert load_model("mine").labeler.tasks == {"frames"}
