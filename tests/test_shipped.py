"""The model, codebook and article that ship, and what the README says of them."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from stance import load
from stance.commands.app import main
from stance.models.folder import load_training_digests, read_file, read_manifest
from stance.models.model import Model
from stance.models.shipped import default_codebook, default_model
from stance.scoring.leaks import find_leaks
from stance.text.holders import with_holders

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


def test_it_is_a_transformer_in_8_bits_that_learned_all_tasks_and_stays_small(model: Model) -> None:
    manifest = read_manifest(default_model())
    assert manifest["labeler"] == "transformer"
    assert manifest["config"]["inference"] == manifest["export"]["taken"] == "int8-products"
    assert manifest["tasks"] == ["directed", "frames", "stance"]
    cost = manifest["export"]["tried"]["int8-products"]
    assert cost["changed_labels"] <= 0.04
    assert max(cost["macro_f1_cost"].values()) <= 0.005
    assert all((default_model() / file).stat().st_size < 30_000_000 for file in manifest["files"])


def test_it_keeps_hashes_of_all_that_trained_it() -> None:
    trained = load_training_digests(default_model())
    assert trained is not None
    data = read_manifest(default_model())["data"]
    own = [part["passages"] for part in data if "(" not in part["corpus"]]
    kept = np.bincount(trained.files, minlength=len(data)).tolist()
    assert kept[: len(own)] == own
    assert all(n <= part["passages"] for n, part in zip(kept, data, strict=True))
    seeds = [json.loads(line)["text"] for line in (ROOT / "seeds/militancy/train.jsonl").read_text().splitlines()[:20]]
    assert len(find_leaks(seeds, trained)) == 20


def test_its_card_names_data_licences_and_limits() -> None:
    card = (default_model() / "README.md").read_text(encoding="utf-8")
    for part in ("CC BY 4.0", "MIT, Hamborg and Donnay 2021", "Park, Pan and", "Apache-2.0", "must not be used"):
        assert part in card


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
    assert rows == [with_holders(prediction.to_dict(), prediction) for prediction in predictions]


def test_the_readme_shows_what_the_demo_prints(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """To the digit by the runtime of constraints.txt; by others probabilities, and what they mark, differ a little."""
    import onnxruntime

    pinned = f"onnxruntime=={onnxruntime.__version__}" in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "argv", ["stance", "classify", str(ARTICLE), "--format", "text"])
    with pytest.raises(SystemExit):
        main()
    lines = [line.rstrip() for line in capfd.readouterr().out.splitlines()]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    sample = re.search(r"```console\n\$ stance classify \S+\n(.*?)```", readme, re.DOTALL)
    assert sample
    shown = [line for line in sample[1].splitlines() if line not in ("", "...")]
    assert len(shown) > 5
    if pinned:
        assert [line for line in shown if line not in lines] == []
    printed = [without_probability(line) for line in lines]
    for words, prob in map(without_probability, shown):
        assert any(words == other and abs(prob - own) < 0.05 for other, own in printed), words


def without_probability(line: str) -> tuple[str, float]:
    """What a line says, and the probability at its end; 0 where it has none."""
    found = re.fullmatch(r"(.*\S) (\d\.\d\d)\??", line.rstrip())
    return (found[1], float(found[2])) if found else (line.rstrip(), 0.0)
