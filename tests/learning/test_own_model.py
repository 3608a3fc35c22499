"""A model of one's own from Python: the one that `stance train` gives for the same labels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import CODEBOOK, corpus_rows

import stance
from stance.commands.app import main
from stance.labelers.kinds import DEFAULT_KIND
from stance.learning.own_model import TrainedModel
from stance.learning.training import Trained
from stance.models.folder import CARD, ESTIMATORS, MANIFEST, METRICS
from stance.records import InputError
from stance.text.codebook import Codebook

ROWS = [{key: row[key] for key in ("id", "article", "text", "frames")} for row in corpus_rows()[:30]]
TEXT = "The dockers came as pickets closed the gates."


@pytest.fixture(scope="module")
def frame() -> Any:
    return pytest.importorskip("pandas").DataFrame(ROWS)


@pytest.fixture(scope="module")
def trained(frame: Any, codebook: Codebook) -> TrainedModel:
    return stance.train(frame, codebook, seed=3, dev=ROWS[:6])


@pytest.fixture(scope="module")
def by_command(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the command saves."""
    folder = tmp_path_factory.mktemp("command")
    (folder / "codebook.yaml").write_text(CODEBOOK, encoding="utf-8")
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr("sys.argv", "stance train rows.jsonl --codebook codebook.yaml --seed 3 --output mine".split())
        with pytest.raises(SystemExit):
            main()
    return folder


def test_the_model_is_the_one_that_the_command_trains(trained: TrainedModel, by_command: Path) -> None:
    (by_command / "ours").mkdir()
    saved = trained.save(by_command / "ours" / "mine")
    theirs = {path.name: path.read_bytes() for path in (by_command / "mine").iterdir()}
    ours = {path.name: path.read_bytes() for path in (by_command / "ours" / "mine").iterdir()}
    assert theirs.keys() == ours.keys()
    named_otherwise = {MANIFEST, METRICS, CARD}
    assert {name for name in ours if ours[name] != theirs[name]} <= named_otherwise | {ESTIMATORS}  # which holds dates
    manifest = json.loads(ours[MANIFEST])
    assert saved.name == manifest["name"] == json.loads(theirs[MANIFEST])["name"]
    assert [(source["file"], source["passages"]) for source in manifest["data"]] == [("frame", 30)]
    assert json.loads(ours[METRICS])["held_out"] == json.loads(theirs[METRICS])["held_out"]


def test_a_trained_model_labels_and_knows_how_good_it_was(trained: TrainedModel, codebook: Codebook) -> None:
    assert isinstance(trained, stance.Model)
    assert trained.labeler.kind == DEFAULT_KIND
    assert trained.classify([TEXT])[0].frame_labels == ("strike",)
    assert (trained.held_out["data"], trained.held_out["n_passages"]) == (["frame"], 30)
    assert trained.held_out["frames"] == trained.scores["held_out"]["frames"]
    assert [(part["data"], part["n_passages"]) for part in trained.dev] == [(["rows"], 6)]
    assert repr(trained) == f"<Model unsaved: {DEFAULT_KIND}, codebook harbour of 2 frames, 3 actors, labels frames>"


def test_its_own_training_rows_are_known_again(trained: TrainedModel, frame: Any) -> None:
    with pytest.warns(
        UserWarning, match="^frame: unsaved was trained on these rows; these scores say nothing of other"
    ):
        scores = trained.evaluate(frame)
    assert scores["leaks"]["n"] == 30


def test_other_thresholds_are_saved_too(trained: TrainedModel, tmp_path: Path) -> None:
    strict = trained.with_thresholds({"strike": 0.9})
    assert type(strict) is TrainedModel
    assert strict.save(tmp_path / "strict").calibration.frames["strike"].threshold == 0.9
    assert stance.load(tmp_path / "strict").calibration == strict.calibration


def test_for_another_codebook_it_is_no_longer_what_was_trained(trained: TrainedModel, codebook: Codebook) -> None:
    assert trained.with_codebook(codebook) is trained
    facing = trained.with_codebook(Codebook.parse("frames: [{id: budget}]\nactors: [{id: a, aliases: [A]}]"))
    assert (type(facing), facing.codebook.frame_ids) == (stance.Model, ("budget",))


def test_rows_and_files_train_the_same_model(trained: TrainedModel, by_command: Path) -> None:
    model = stance.train(by_command / "rows.jsonl", by_command / "codebook.yaml", seed=3)
    assert model.classify([TEXT]) == trained.classify([TEXT])
    assert [source["file"] for source in model.record["data"]] == [f"{by_command.name}/rows.jsonl"]
    assert model.dev == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labeler": "words"}, "unknown labeler 'words'; use "),
        ({"seed": -1}, "seed -1: give a whole number from 0 to 4294967295"),
        ({"seed": 1.5}, "seed 1.5: give a whole number from 0 to 4294967295"),
        ({"data": []}, "no labelled data; give rows, a frame, or the files to read"),
        ({"data": [{**ROWS[0], "frames": ["fog"]}]}, 'row 0: unknown frame "fog"; the codebook harbour has'),
        ({"data": ROWS[:6]}, r"2 articles, near-duplicates taken together, can't be parted into 5 folds; "),
        ({"dev": [{**ROWS[0], "frames": "strike"}]}, "row 0: frames should be a list"),
        ({"codebook": "no/such.yaml"}, "no/such.yaml: No such file"),
    ],
)
def test_what_can_not_be_trained_with_is_refused(options: dict[str, Any], message: str, codebook: Codebook) -> None:
    with pytest.raises(InputError, match=f"^{message}"):
        stance.train(**{"data": ROWS, "codebook": codebook, **options})


def test_what_is_odd_in_the_data_is_a_warning_and_what_is_done_goes_to_progress(codebook: Codebook) -> None:
    done: list[str] = []
    twice = [*ROWS[:15], {**ROWS[0], "id": "again", "stance": {"union": "favor"}}]
    with pytest.warns(UserWarning, match="^(texts|stance) ") as told:
        model = stance.train(twice, codebook, progress=done.append)
    assert [str(warning.message) for warning in told] == [
        "texts that stand in the data more than once: 1, with different labels: 1; every copy counts, so keep one",
        "stance was not learned: too few articles are labelled for it, or all alike; label more",
    ]
    assert {warning.filename for warning in told} == {__file__}
    assert model.labeler.tasks == {"frames"}
    assert (done[0], done[-1]) == ("16 passages; looking for near-duplicates", "calibrating")


def test_a_transformer_is_trained_by_its_own_recipe(
    monkeypatch: pytest.MonkeyPatch, trained: TrainedModel, codebook: Codebook
) -> None:
    seen: dict[str, Any] = {}

    def train_transformer(
        recipe: Any, train: Any, dev: Any, book: Any, download: Any, checkpoint: Any, reports: Any
    ) -> Trained:
        seen.update(recipe=recipe, train=train, dev=dev, download=download, folder=checkpoint.parent.is_dir())
        with reports.progress() as progress:
            progress.note("epoch 1")
            progress.advance(1, 2, "loss 0.1")
        return Trained(trained, dict(trained.scores), dict(trained.record), trained.digests)  # type: ignore[arg-type]

    monkeypatch.setattr("stance.learning.own_model.train_transformer", train_transformer)
    done: list[str] = []
    stance.train(ROWS, codebook, "transformer", seed=5, dev=[ROWS[:3]][0], progress=done.append)
    assert (seen["recipe"].seed, seen["recipe"].config.start, seen["download"]) == (5, "auto", False)
    assert (list(seen["train"]), list(seen["dev"]), seen["folder"], done) == (["data"], ["dev 1"], True, ["epoch 1"])
