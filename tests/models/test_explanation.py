"""The words that weigh in: those whose removal takes most from a label, and never a name."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from stance.models.explanation import content_words, explain, without
from stance.models.model import Model
from stance.models.store import load_model
from stance.records import Judgement, Mention, Passage
from tests.jobs.test_resumable_output import run

TEXT = "The Dock Union blamed the Port Authority over the stopped cranes."


@pytest.fixture(scope="module")
def model(model_dir: Path) -> Model:
    return load_model(model_dir)


def test_what_carries_the_stance_and_the_frame_weighs_most(model: Model) -> None:
    [prediction] = model.classify([{"id": "a", "text": TEXT}])
    why = explain(model, prediction)
    assert sorted(why) == ["directed:union>port", "stance:port", "strike"]
    assert why["stance:port"][0].word == "blamed"
    assert why["directed:union>port"][0].word == "blamed"
    assert why["strike"][0].word == "stopped"
    for weights in why.values():
        assert [w.weight for w in weights] == sorted((w.weight for w in weights), reverse=True)
        assert all(TEXT[w.start : w.end] == w.word and w.weight > 0.0 for w in weights)


def test_a_weight_is_the_fall_of_the_log_odds(model: Model) -> None:
    [prediction] = model.classify([{"id": "a", "text": TEXT}])
    heaviest = explain(model, prediction)["stance:port"][0]
    shorter = TEXT.replace("blamed ", "")
    [other] = model.classify([{"id": "a", "text": shorter}])

    def odds(judged: Judgement) -> float:
        prob = min(max(judged.against, 1e-6), 1.0 - 1e-6)
        return prob / (1.0 - prob)

    fall = odds(prediction.stance["port"]) / odds(other.stance["port"])
    assert 2.718281828**heaviest.weight == pytest.approx(fall, rel=1e-4)


def test_actors_are_explained_whatever_signs_their_ids_hold(model: Model) -> None:
    mentions = [{"actor": "a>b", "start": 4, "end": 14}, {"actor": "stance:c", "start": 26, "end": 40}]
    [prediction] = model.classify([{"id": "a", "text": TEXT, "mentions": mentions}])
    assert sorted(explain(model, prediction)) == ["directed:a>b>stance:c", "stance:stance:c", "strike"]


def test_neutral_stances_and_passages_without_labels_are_not_explained(model: Model) -> None:
    [prediction] = model.classify([{"id": "a", "text": "A ferry passed."}])
    bare = replace(prediction, frame_labels=(), uncertain=())
    assert explain(model, bare) == {}


def test_content_words_leave_out_names_and_empty_words() -> None:
    passage = Passage("a", "a", "Port’s dockers did not, in fact, re-open it.", 0, 44, (Mention("port", 0, 6),))
    assert [passage.text[start:end] for start, end in content_words(passage)] == ["dockers", "not", "fact", "re-open"]


@pytest.mark.parametrize(
    ("places", "text", "mention"),
    [
        ([(0, 3)], "big union left.", "union"),
        ([(4, 7)], "The union left.", "union"),
        ([(0, 3), (4, 7)], "union left.", "union"),
        ([(14, 18)], "The big union .", "union"),
    ],
)
def test_mentions_move_with_the_words_that_go(places: list[tuple[int, int]], text: str, mention: str) -> None:
    passage = Passage("a", "a", "The big union left.", 5, 24, (Mention("union", 8, 13),))
    shorter = without(passage, places)
    assert (shorter.text, shorter.end) == (text, 5 + len(text))
    assert [text[m.start : m.end] for m in shorter.mentions or ()] == [mention]


def test_the_command_names_the_words_in_every_form(
    model_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.jsonl").write_text(json.dumps({"id": "n1", "text": TEXT}) + "\n")
    common = ("classify", "a.jsonl", "--model", model_dir, "--explain")
    assert run(monkeypatch, *common, "--output", "p.jsonl") == 0
    assert run(monkeypatch, *common, "--output", "p.csv") == 0
    why = json.loads(Path("p.jsonl").read_text())["why"]
    assert why["stance:port"][0]["word"] == "blamed"
    capsys.readouterr()
    assert run(monkeypatch, *common, "--format", "text") == 0
    assert "Port Authority (blamed" in capsys.readouterr().out
    for kind in ("jsonl", "csv"):
        assert run(monkeypatch, "report", f"p.{kind}", "--output", f"{kind}.html") == 0
        assert "by <q>blamed" in Path(f"{kind}.html").read_text(encoding="utf-8")
