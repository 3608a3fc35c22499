"""Scores of a model on rows, frames and files: those of `stance evaluate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import corpus_rows

from stance.commands.app import main
from stance.learning.fitting import Fitted
from stance.models.model import Model
from stance.models.store import load_model
from stance.records import InputError
from stance.scoring.leaks import training_digests

ROWS = corpus_rows()[:12]


@pytest.fixture(scope="module")
def model(fitted: Fitted) -> Model:
    return fitted.model


def test_the_scores_are_those_of_the_command(model_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, out = tmp_path / "rows.jsonl", tmp_path / "scores.json"
    file.write_text("".join(json.dumps({**row, "source": "Gull"}) + "\n" for row in ROWS), encoding="utf-8")
    options = ["--model", str(model_dir), "--json", str(out), "--by", "source", "--max-error", "0.1"]
    monkeypatch.setattr("sys.argv", ["stance", "evaluate", str(file), *options])
    with pytest.raises(SystemExit):
        main()
    model = load_model(model_dir)
    assert model.folder == model_dir
    assert model.evaluate(file, ["source"], 0.1) == json.loads(out.read_text("utf-8"))


def test_rows_and_frames_have_the_scores_of_their_file(model: Model) -> None:
    pandas = pytest.importorskip("pandas")
    rows, frame = model.evaluate(ROWS), model.evaluate(pandas.DataFrame(ROWS))
    assert (rows["data"], frame["data"]) == (["rows"], ["frame"])
    assert {**rows, "data": []} == {**frame, "data": []}


def test_what_is_odd_is_a_warning_at_the_callers_line(model: Model) -> None:
    shouted = [{**row, "frames": [frame.upper() for frame in row["frames"]]} for row in ROWS]  # type: ignore[attr-defined]
    with pytest.warns(UserWarning, match=r'^row \d: frame "(STRIKE|BUDGET)" is taken for ') as warned:
        scores = model.evaluate(shouted)
    assert {warning.filename for warning in warned} == {__file__}
    assert scores["frames"] == model.evaluate(ROWS)["frames"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"id": "a", "text": "A gale."}], "no label of a task that unsaved learned; give labelled passages"),
        ([{"id": "a", "text": "A gale.", "frames": ["fog"]}], 'row 0: unknown frame "fog"; the codebook harbour has'),
    ],
)
def test_what_can_not_be_scored_is_refused(rows: Any, message: str, model: Model) -> None:
    with pytest.raises(InputError, match=f"^{message}"):
        model.evaluate(rows)


def test_leaks_of_rows_are_counted_as_python_counts_them(model: Model, labelled: Any) -> None:
    known = Model(model.codebook, model.labeler, model.calibration, record={"data": [{"file": "frame"}]})
    trained = training_digests([[row.passage.text for row in labelled[:3]]])
    _, _, scores = known.assess(labelled[2:4], trained)
    assert [leak["trained_on"] for leak in scores["leaks"]["passages"]] == ["frame, row 2"]
