"""The model, codebook and article that ship, and what the README says of them."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from stance import load
from stance.cli import main
from stance.linear import load_pipelines
from stance.pipeline import Model
from stance.store import default_codebook, default_model, read_file, read_manifest

ROOT = Path(__file__).parent.parent
ARTICLE = ROOT / "seeds" / "militancy" / "article.txt"


@pytest.fixture(scope="module")
def model() -> Model:
    return load()


def test_the_model_has_the_codebook_that_ships(model: Model) -> None:
    assert model.codebook.source == default_codebook().read_text(encoding="utf-8")


def test_every_file_of_the_model_is_as_it_was_saved() -> None:
    manifest = read_manifest(default_model())
    for file in manifest["files"]:
        read_file(default_model(), manifest, file)


def test_the_estimators_are_of_trusted_types_and_give_the_models_logits(model: Model) -> None:
    manifest = read_manifest(default_model())
    pipelines = load_pipelines(read_file(default_model(), manifest, "estimators.skops"))
    assert sorted(pipelines) == manifest["tasks"] == ["directed", "frames", "stance"]
    assert len(pipelines["frames"].named_steps["classifier"].estimators_) == len(model.codebook.frames)


def test_the_actors_of_the_article(model: Model) -> None:
    text = ARTICLE.read_text(encoding="utf-8")
    predictions = model.classify([{"id": "a", "text": text}])
    assert all(text[p.passage.start : p.passage.end] == p.passage.text for p in predictions)
    assert [sorted(p.stance) for p in predictions] == [
        ["afghan_taliban", "pakistan", "ttp"],
        ["afghan_taliban", "pakistan"],
        ["afghan_taliban", "pakistan", "united_states"],
        ["india", "united_states"],
        ["afghan_taliban", "al_qaeda", "isis", "ttp", "united_nations"],
        ["china", "pakistan"],
        [],
    ]


def test_python_gives_the_records_of_the_command_line(
    model: Model, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["stance", "classify", str(ARTICLE), "--format", "jsonl"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    rows = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    predictions = model.classify([{"id": "article", "text": ARTICLE.read_text(encoding="utf-8")}])
    assert rows == [prediction.to_dict() for prediction in predictions]


def test_the_readme_shows_what_the_demo_prints(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "argv", ["stance", "classify", str(ARTICLE), "--format", "text"])
    with pytest.raises(SystemExit):
        main()
    printed = {line.rstrip() for line in capfd.readouterr().out.splitlines()}
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    sample = re.search(r"```console\n\$ stance classify \S+\n(.*?)```", readme, re.DOTALL)
    assert sample
    shown = [line for line in sample[1].splitlines() if line not in ("", "...")]
    assert len(shown) > 5
    assert [line for line in shown if line not in printed] == []
