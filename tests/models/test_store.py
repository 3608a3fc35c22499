"""The model folder: the same predictions after loading, anything changed refused, nothing in it executed."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stance.labelers.tasks import ask
from stance.learning.fitting import Fitted
from stance.models.folder import FORMAT, check_output, digest
from stance.models.folder import write_folder as write_folder
from stance.models.inspection import inspect_model
from stance.models.shipped import default_model, find_model
from stance.models.store import load_model, save_model
from stance.records import InputError, LabelledPassage

FILES = [
    "README.md", "calibration.json", "codebook.yaml", "estimators.skops", "linear.npz", "manifest.json", "metrics.json",
]  # fmt: skip
ARTICLES = [
    {"id": "a", "text": "The Dock Union blamed the Port Authority over the stopped cranes.\n\nNorthport was calm."},
    {"id": "b", "text": "City Council thanked the dockers when the accounts were read."},
]
RECORD: dict[str, Any] = {"data": [], "dev_data": []}


@pytest.fixture
def copy(model_dir: Path, tmp_path: Path) -> Path:
    """A model folder that a test may spoil."""
    return Path(shutil.copytree(model_dir, tmp_path / "harbour"))


def change_manifest(directory: Path, **changes: Any) -> None:
    path = directory / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def forge(directory: Path, file: str, data: bytes) -> None:
    """Change a file and its digest with it, as one who means harm would."""
    (directory / file).write_bytes(data)
    files = json.loads((directory / "manifest.json").read_text())["files"]
    change_manifest(directory, files={**files, file: digest(data)})


def refusal(action: Callable[[], object]) -> str:
    with pytest.raises(InputError) as error:
        action()
    return str(error.value)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_loaded_model_gives_identical_predictions(fitted: Fitted, model_dir: Path) -> None:
    loaded = load_model(model_dir)
    predictions = [replace(p, model="unsaved") for p in loaded.classify(ARTICLES)]
    assert predictions == fitted.model.classify(ARTICLES)
    assert [(p.passage.id, list(p.stance)) for p in predictions] == [
        ("a#0", ["union", "port"]), ("a#1", ["port"]), ("b#0", ["council", "union"]),
    ]  # fmt: skip


def test_loaded_labeler_gives_identical_logits(
    fitted: Fitted, model_dir: Path, labelled: list[LabelledPassage]
) -> None:
    queries = [ask(row.passage, ("union", "port")) for row in labelled]
    ours, loaded = fitted.model.labeler.logits(queries), load_model(model_dir).labeler.logits(queries)
    assert np.array_equal(ours.frames, loaded.frames)
    assert np.array_equal(ours.stance, loaded.stance)
    assert np.array_equal(ours.directed, loaded.directed)
    assert (ours.frames.shape, ours.stance.shape, ours.directed.shape) == ((72, 2), (144, 3), (144, 3))


def test_folder_holds_its_files_with_their_digests(model_dir: Path) -> None:
    files = contents(model_dir)
    manifest = json.loads(files.pop("manifest.json"))
    assert sorted([*files, "manifest.json"]) == FILES
    assert manifest["files"] == {file: digest(data) for file, data in files.items()}
    assert (manifest["format"], manifest["tasks"], manifest["seed"]) == (FORMAT, ["directed", "frames", "stance"], 1)


def test_name_is_that_of_the_folder_and_what_labels(model_dir: Path) -> None:
    files = contents(model_dir)
    data = b"".join(files[file] for file in ("codebook.yaml", "calibration.json", "linear.npz"))
    assert load_model(model_dir).name == f"harbour-{digest(data)[:12]}"


def test_saving_again_replaces_the_model_with_the_same_bytes(fitted: Fitted, copy: Path) -> None:
    before = contents(copy)
    save_model(fitted.model, copy, {"held_out": fitted.scores}, RECORD)
    after = contents(copy)
    assert {f: after[f] for f in ("linear.npz", "calibration.json", "codebook.yaml", "metrics.json")} == {
        f: before[f] for f in ("linear.npz", "calibration.json", "codebook.yaml", "metrics.json")
    }
    assert [p.name for p in copy.parent.iterdir()] == ["harbour"]


def test_error_while_writing_leaves_the_old_folder_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "manifest.json").write_text("old")
    with pytest.raises(FileNotFoundError):
        write_folder(folder, {"manifest.json": b"new", "no_such_folder/x": b""})
    assert contents(tmp_path) == {"model/manifest.json": b"old"}
    assert [p.name for p in tmp_path.iterdir()] == ["model"]


@pytest.mark.parametrize("file", ["codebook.yaml", "calibration.json", "linear.npz"])
def test_changed_file_is_refused(file: str, copy: Path) -> None:
    (copy / file).write_bytes((copy / file).read_bytes() + b"\n")
    assert refusal(lambda: load_model(copy)) == (
        f"{copy / file}: changed since the model was saved; copy it anew, or train the model anew"
    )


@pytest.mark.parametrize("file", [file for file in FILES if file != "manifest.json"])
def test_missing_file_is_refused(file: str, copy: Path) -> None:
    (copy / file).unlink()
    message = refusal(lambda: load_model(copy))
    assert message == f"{copy}: {file} is missing; copy the whole folder, or train the model anew"


@pytest.mark.parametrize("number", [1, 3, "2", None], ids=["older", "newer", "text", "null"])
def test_other_format_number_is_refused(number: Any, copy: Path) -> None:
    change_manifest(copy, format=number)
    assert refusal(lambda: load_model(copy)) == (
        f"{copy / 'manifest.json'}: format {number!r}, but this version reads format {FORMAT}; "
        "train the model anew, or use the version that saved it"
    )


def test_no_folder_and_no_manifest_are_refused(copy: Path, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    assert refusal(lambda: load_model(gone)) == (
        f"{gone}: no such model folder, and no model of this name is installed; train one, or "
        "give --model the folder of one"
    )
    (copy / "manifest.json").unlink()
    assert refusal(lambda: load_model(copy)) == (
        f"{copy}: no manifest.json, so not a model folder; give --model the folder of a model"
    )


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"garbage", "Expecting value: line 1 column 1 (char 0)"),
        (b"", "Expecting value: line 1 column 1 (char 0)"),
        (b"[1]", "not a JSON object"),
        (b" " * 4_000_001, "4,000,001 bytes long, at most 4,000,000 are read"),
    ],
    ids=["garbage", "empty", "list", "huge"],
)
def test_manifest_that_is_no_json_object_is_refused(data: bytes, reason: str, copy: Path) -> None:
    (copy / "manifest.json").write_bytes(data)
    assert refusal(lambda: load_model(copy)) == (
        f"{copy / 'manifest.json'}: can't be read ({reason}); copy the whole folder, or train the model anew"
    )


def test_manifest_nested_too_deeply_is_refused(copy: Path) -> None:
    (copy / "manifest.json").write_bytes(b"[" * 100_000)
    assert refusal(lambda: load_model(copy)).startswith(f"{copy / 'manifest.json'}: can't be read (")


@pytest.mark.parametrize("key", ["name", "config", "seed", "files", "tasks"])
def test_manifest_field_of_another_kind_is_refused(key: str, copy: Path) -> None:
    change_manifest(copy, **{key: None})
    assert refusal(lambda: load_model(copy)) == (
        f'{copy / "manifest.json"}: "{key}" is missing or of another kind; train the model anew'
    )


@pytest.mark.parametrize("outside", ["../outside", "/etc/hostname", "sub/../linear.npz", "./linear.npz"])
def test_path_outside_the_folder_is_refused(outside: str, copy: Path) -> None:
    (copy.parent / "outside").write_text("x")
    files = json.loads((copy / "manifest.json").read_text())["files"]
    change_manifest(copy, files={**files, outside: digest(b"x")})
    assert refusal(lambda: load_model(copy)) == (
        f"{copy / 'manifest.json'}: the list of files is wrong at {outside!r}; train the model anew"
    )


def test_file_that_the_manifest_does_not_list_is_refused(copy: Path) -> None:
    files = json.loads((copy / "manifest.json").read_text())["files"]
    del files["linear.npz"]
    change_manifest(copy, files=files)
    assert refusal(lambda: load_model(copy)) == (
        f"{copy / 'manifest.json'}: the list of files is wrong at 'linear.npz'; train the model anew"
    )


def test_unknown_setting_is_blamed_on_the_manifest(copy: Path) -> None:
    change_manifest(copy, config={"colour": 1})
    assert refusal(lambda: load_model(copy)).startswith(f"{copy / 'manifest.json'}: ")


class Exploit:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return Path.touch, (self.path,)


def npz(**arrays: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)  # type: ignore[arg-type]
    return stream.getvalue()


def test_pickle_in_the_arrays_is_never_loaded(copy: Path, tmp_path: Path) -> None:
    trace = tmp_path / "executed"
    forge(copy, "linear.npz", npz(**{"frames.idf": np.array([Exploit(trace)], dtype=object)}))
    assert refusal(lambda: load_model(copy)) == (
        f"{copy / 'linear.npz'}: can't be read (frames.idf.npy holds object, not numbers); train the model anew"
    )
    assert not trace.exists()


def test_pickle_in_place_of_the_arrays_is_never_loaded(copy: Path, tmp_path: Path) -> None:
    import pickle

    trace = tmp_path / "executed"
    forge(copy, "linear.npz", pickle.dumps(Exploit(trace)))
    assert refusal(lambda: load_model(copy)).startswith(f"{copy / 'linear.npz'}: can't be read (")
    assert not trace.exists()


def test_arrays_that_do_not_fit_together_are_refused(copy: Path) -> None:
    with np.load(copy / "linear.npz") as archive:
        arrays = dict(archive)
    forge(copy, "linear.npz", npz(**{**arrays, "frames.intercepts": np.zeros(3, dtype=np.float32)}))
    message = refusal(lambda: load_model(copy))
    assert message.startswith(f"{copy}: the arrays of frames do not fit together: ")
    assert message.endswith("intercepts (3,), 2 outputs; train the model anew")


def member(name: str, data: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, data)
    return stream.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04garbage",
        b"",
        member("frames.vocabulary", b"x"),
    ],
    ids=["no-archive", "nothing", "no-array"],
)
def test_arrays_that_are_garbage_are_refused(data: bytes, copy: Path) -> None:
    forge(copy, "linear.npz", data)
    assert refusal(lambda: load_model(copy)).startswith(f"{copy / 'linear.npz'}: can't be read (")


@pytest.mark.parametrize(
    ("file", "data", "message"),
    [
        (
            "calibration.json",
            b"{}",
            "{0}/calibration.json: 'frames' is missing or of another kind; train the model anew",
        ),
        ("codebook.yaml", b"frames: 3", "{0}/codebook.yaml:1: frames should be a list, [one, two] or one a line"),
        ("codebook.yaml", b"frames: [{id: war}]", "{0}"),
    ],
    ids=["calibration-empty", "codebook-broken", "codebook-other"],
)
def test_forged_part_is_refused(file: str, data: bytes, message: str, copy: Path) -> None:
    forge(copy, file, data)
    assert refusal(lambda: load_model(copy)).startswith(message.format(copy))


def test_broken_calibration_is_told_once(copy: Path) -> None:
    forge(copy, "calibration.json", b"[1")
    message = refusal(lambda: load_model(copy))
    assert message.startswith(f"{copy / 'calibration.json'}: can't be read (")
    assert message.count("train the model anew") == 1


@pytest.mark.parametrize("existing", ["nothing", "empty", "model"])
def test_output_that_can_hold_a_model_is_taken(existing: str, tmp_path: Path, model_dir: Path) -> None:
    output = tmp_path / "out"
    if existing == "empty":
        output.mkdir()
    elif existing == "model":
        shutil.copytree(model_dir, output)
    before = contents(tmp_path)
    check_output(output)
    assert contents(tmp_path) == before


def test_output_folder_with_something_else_is_refused_and_kept(fitted: Fitted, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    assert refusal(lambda: save_model(fitted.model, tmp_path, {}, RECORD)) == (
        f"{tmp_path}: holds thesis.txt, which is no part of a model; give --output a new folder"
    )
    assert contents(tmp_path) == {"thesis.txt": b"mine"}


@pytest.mark.parametrize("kind", ["web-application", "model-with-notes"])
def test_files_that_are_no_part_of_a_model_are_never_deleted(kind: str, fitted: Fitted, copy: Path) -> None:
    if kind == "web-application":
        shutil.rmtree(copy)
        copy.mkdir()
        (copy / "manifest.json").write_text('{"name": "my extension"}')
    (copy / "mine.txt").write_text("mine")
    refusal(lambda: save_model(fitted.model, copy, {"held_out": fitted.scores}, RECORD))
    assert (copy / "mine.txt").read_text() == "mine"


def test_output_that_is_a_file_or_has_no_parent_is_refused(tmp_path: Path) -> None:
    file, orphan = tmp_path / "file", tmp_path / "gone" / "model"
    file.write_text("x")
    assert refusal(lambda: check_output(file)) == f"{file}: a file stands there; give --output a folder"
    assert refusal(lambda: check_output(orphan)) == (
        f"{tmp_path / 'gone'}: no such folder to save the model in; make it first"
    )


@pytest.mark.parametrize("languages", ["en", [1], [""], ["x" * 400], {"en": 1}])
def test_languages_of_another_kind_are_refused(languages: Any, copy: Path) -> None:
    change_manifest(copy, languages=languages)
    assert refusal(lambda: load_model(copy)) == (
        f'{copy / "manifest.json"}: "languages" is missing or of another kind; train the model anew'
    )


def test_languages_come_with_the_folder_and_the_codebook_stands_in(copy: Path) -> None:
    assert load_model(copy).languages == ("en",)
    change_manifest(copy, languages=["ur", "en"])
    assert load_model(copy).languages == ("ur", "en")


def test_a_long_file_is_saved_in_pieces_and_read_whole(
    fitted: Fitted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = save_model(fitted.model, tmp_path / "m", {"held_out": fitted.scores}, RECORD)
    data = (tmp_path / "m" / "linear.npz").read_bytes()
    size = -(-len(data) // 3)
    monkeypatch.setattr("stance.models.folder.PIECE", size)
    assert save_model(fitted.model, tmp_path / "m", {"held_out": fitted.scores}, RECORD).name == saved.name
    held = contents(tmp_path / "m")
    assert [held[f"linear.npz{end}"] for end in ("", ".2", ".3")] == [data[k : k + size] for k in (0, size, 2 * size)]
    assert "linear.npz.4" not in held
    assert inspect_model(tmp_path / "m").findings == ()
    (tmp_path / "m" / "linear.npz.2").unlink()
    assert refusal(lambda: load_model(tmp_path / "m")) == (
        f"{tmp_path / 'm'}: linear.npz.2 is missing; copy the whole folder, or train the model anew"
    )


def test_a_package_stays_one_when_its_model_is_replaced(fitted: Fitted, tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "pyproject.toml").write_text("[project]\n")
    save_model(fitted.model, tmp_path / "m", {"held_out": fitted.scores}, RECORD)
    assert (tmp_path / "m" / "pyproject.toml").read_text() == "[project]\n"


def test_a_model_is_found_by_its_path_then_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "site" / "framestance_harbour").mkdir(parents=True)
    (tmp_path / "site" / "framestance_harbour" / "__init__.py").write_text("raise SystemExit('run')")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    assert find_model("default") == default_model()
    assert find_model("harbour") == tmp_path / "site" / "framestance_harbour"
    assert [find_model(name) for name in ("gone", "./default", "Default", tmp_path / "gone")] == [
        Path("gone"), Path("default"), Path("Default"), tmp_path / "gone",
    ]  # fmt: skip
    (tmp_path / "harbour").mkdir()
    assert find_model("harbour") == Path("harbour")
