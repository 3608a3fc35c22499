"""Whole assessments: leaks with the scores without them, rivals, cross-validation, learning curve, agreement."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stance.formats.dataformat import parse_labelled
from stance.formats.rows import Row
from stance.labelers.linear import LinearLabeler
from stance.learning.agreement import agree, annotation_units
from stance.learning.assessment import rival, rival_rows
from stance.learning.cross_validation import cross_validate, learning_curve
from stance.learning.fitting import Fitted, fit_model
from stance.models.folder import load_training_digests
from stance.models.model import Model
from stance.models.store import save_model
from stance.records import InputError, LabelledPassage
from stance.scoring.leaks import training_digests
from stance.scoring.splits import stratified_folds
from stance.text.codebook import Codebook

TEXT = "The Dock Union blamed the Port Authority."


def test_leaks_are_named_and_the_scores_without_them_stand_beside(
    fitted: Fitted, labelled: Sequence[LabelledPassage]
) -> None:
    endings = [" ".join(f"buoy{i}x{j}" for j in range(60)) for i in range(6)]
    known = [
        replace(row, passage=replace(row.passage, text=f"{row.passage.text} {ending}"))
        for row, ending in zip(labelled, endings, strict=False)
    ]
    labelled = [*known, *labelled[6:]]
    trained = training_digests([[row.passage.text for row in known]])
    model = replace(fitted.model, record={"data": [{"file": "corpus.jsonl"}]})
    _, _, scores = model.assess(labelled, trained)
    leaks = scores["leaks"]
    assert leaks["n"] == 6
    assert leaks["passages"][2] == {
        "id": labelled[2].passage.id,
        "place": "corpus:3",
        "trained_on": "corpus.jsonl, row 3",
        "similarity": 1.0,
    }
    assert leaks["without"]["n_passages"] == len(labelled) - 6
    _, _, kept = model.assess(labelled[6:], None)
    assert leaks["without"]["frames"]["macro_f1"] == kept["frames"]["macro_f1"]
    assert kept["leaks"] is None


def test_predictions_of_a_file_are_a_rival_like_the_model_that_wrote_them(
    fitted: Fitted, labelled: Sequence[LabelledPassage]
) -> None:
    gold, predictions, scores = fitted.model.assess(labelled)
    rows = [Row(f"p:{i}", json.loads(json.dumps(p.to_dict()))) for i, p in enumerate(predictions, 1)]
    theirs = rival_rows(gold, reversed(rows), fitted.model.codebook.frame_ids, "p")
    result = rival(gold, predictions, theirs, fitted.model.codebook.frame_ids)
    assert {row["difference"] for row in result["differences"]} == {0.0}
    assert result["scores"]["stance"]["macro_f1"] == scores["stance"]["macro_f1"]


def test_a_file_that_lacks_a_passage_is_no_rival(fitted: Fitted, labelled: Sequence[LabelledPassage]) -> None:
    gold, predictions, _ = fitted.model.assess(labelled)
    rows = [Row("p:1", predictions[0].to_dict())]
    with pytest.raises(InputError, match=r'p: no prediction for passage "a0#1"'):
        rival_rows(gold, rows, fitted.model.codebook.frame_ids, "p")
    broken = [Row("p:1", {**predictions[0].to_dict(), "frames": ["strike"]})]
    with pytest.raises(InputError, match=r"p:1: frames should be an object; found: "):
        rival_rows(gold, broken, fitted.model.codebook.frame_ids, "p")
    with pytest.raises(InputError, match=r'p:2: id "a0#0" stands at p:1 too'):
        rival_rows(gold, [*rows, Row("p:2", rows[0].fields)], fitted.model.codebook.frame_ids, "p")
    other = [Row("p:1", {**predictions[0].to_dict(), "text": "Another text."})]
    with pytest.raises(InputError, match=r'p:1: another text than passage "a0#0"'):
        rival_rows(gold, other, fitted.model.codebook.frame_ids, "p")


def test_a_rival_is_compared_on_what_it_has_learned_alone(fitted: Fitted, labelled: Sequence[LabelledPassage]) -> None:
    gold, predictions, _ = fitted.model.assess(labelled)
    frames = fitted.model.codebook.frame_ids
    rows = [Row(f"p:{i}", {**p.to_dict(), "stance": {}, "directed": []}) for i, p in enumerate(predictions)]
    result = rival(gold, predictions, rival_rows(gold, rows, frames, "p"), frames)
    assert {row["task"] for row in result["differences"]} == {"frames"}


def test_an_actor_that_a_rival_did_not_find_is_missed(fitted: Fitted, labelled: Sequence[LabelledPassage]) -> None:
    gold, predictions, _ = fitted.model.assess(labelled)
    frames = fitted.model.codebook.frame_ids
    rows = [Row(f"p:{i}", p.to_dict()) for i, p in enumerate(predictions)]
    rows[0] = Row("p:0", {**rows[0].fields, "stance": {}, "directed": []})
    result = rival(gold, predictions, rival_rows(gold, rows, frames, "p"), frames)
    assert result["scores"]["stance"]["n"] == 2 * len(labelled)
    [test] = [test for test in result["mcnemar"] if test["task"] == "stance"]
    assert (test["only_ours"], test["only_theirs"]) == (2, 0)


def test_cross_validation_scores_every_passage_by_a_model_of_other_articles(
    codebook: Codebook, labelled: Sequence[LabelledPassage]
) -> None:
    scores = cross_validate(labelled, codebook, lambda: LinearLabeler(codebook.frame_ids, seed=1), 3, seed=1)
    assert scores["frames"]["n"] == len(labelled)
    assert len(scores["folds"]) == 3
    assert sum(fold["n_passages"] for fold in scores["folds"]) == len(labelled)
    assert scores["frames"]["macro_f1"] > 0.9
    assert "before" in scores["frames"]["calibration"]
    assert scores["leaks"]["n"] > 0
    assert scores["leaks"]["passages"][0]["trained_on"].endswith(", of another fold")


def test_too_few_articles_for_the_folds_within_a_fold_are_told_as_such(
    codebook: Codebook, labelled: Sequence[LabelledPassage]
) -> None:
    with pytest.raises(
        InputError, match=r"fold 1 of 2, fitted on the other articles alone: 4 articles.*ask for more folds"
    ):
        cross_validate(labelled[:24], codebook, lambda: LinearLabeler(codebook.frame_ids, seed=1), 2)


def test_learning_curve_grows_with_the_articles_and_says_what_was_too_few(
    codebook: Codebook, labelled: Sequence[LabelledPassage]
) -> None:
    seen: list[set[str]] = []

    def fit(rows: Sequence[LabelledPassage]) -> Model:
        seen.append({row.passage.article for row in rows})
        return fit_model(rows, codebook, lambda: LinearLabeler(codebook.frame_ids, seed=1), 1).model

    curve = learning_curve(labelled, codebook, fit, seed=1)
    assert [point["n_articles"] for point in curve["points"]] == [len(articles) for articles in seen]
    assert seen[0] < seen[1] < seen[2] < seen[3]
    assert "can't be parted" in curve["points"][0]["problem"]
    assert curve["points"][3]["frames"]["macro_f1"] > 0.9
    assert {row["task"] for row in curve["gain"]["differences"]} == {"frames", "stance", "directed"}
    assert curve["held_out"]["n_articles"] + len(seen[3]) == 24


def row(codebook: Codebook, number: int, who: str, **labels: Any) -> LabelledPassage:
    fields = {"id": f"p{number}", "article": f"a{number}", "text": TEXT, "annotator": who, **labels}
    return parse_labelled(fields, f"{who}.jsonl:{number}", codebook)


def test_agreement_between_people_and_where_they_differ(codebook: Codebook) -> None:
    ann = [row(codebook, i, "ann", frames=["strike"] if i % 2 else [], stance={"port": "against"}) for i in range(8)]
    ben = [row(codebook, i, "ben", frames=["strike"] if i % 2 else [], stance={"port": "against"}) for i in range(7)]
    ben.append(row(codebook, 7, "ben", frames=[], stance={"port": "favor"}))
    report = agree([*ann, *ben], codebook)
    assert report["annotators"] == ["ann", "ben"]
    # Nominal alpha of 8 pairs, one of them apart: 1 - (16 - 1) * 2 / (2 * 9 * 7) for frames held 7 times and not 9.
    assert report["frames"]["alpha"] == pytest.approx(1 - 15 * 2 / (2 * 7 * 9), abs=1e-9)
    assert report["stance"]["n"] == 8
    assert report["disputes"] == [
        {
            "task": "frames",
            "id": "p7",
            "about": "",
            "place": "ann.jsonl:7",
            "labels": {"ann": ["strike"], "ben": []},
        },
        {
            "task": "stance",
            "id": "p7",
            "about": "port",
            "place": "ann.jsonl:7",
            "labels": {"ann": "against", "ben": "favor"},
        },
    ]


def test_pairs_that_only_one_lists_are_neutral_for_the_other(codebook: Codebook) -> None:
    rows = [
        row(codebook, 1, "ann", directed=[{"holder": "union", "target": "port", "stance": "against"}]),
        row(codebook, 1, "ben", directed=[{"holder": "council", "target": "port", "stance": "against"}]),
    ]
    units = {unit.key[1:]: dict(unit.values) for unit in annotation_units(rows, codebook)["directed"]}
    assert units["union", "port"] == {"ann": "against", "ben": "neutral"}
    assert units["council", "port"] == {"ann": "neutral", "ben": "against"}
    assert units["port", "union"] == {"ann": "neutral", "ben": "neutral"}


def test_a_model_is_one_more_annotator(fitted: Fitted, labelled: Sequence[LabelledPassage], codebook: Codebook) -> None:
    rows = [replace(row, annotator=who) for row in labelled for who in ("ann", "ben")]
    report = agree(rows, codebook, fitted.model)
    name = fitted.model.name
    assert report["frames"]["alpha"] == 1.0
    assert [pair["annotators"] for pair in report["frames"]["pairs"]] == [["ann", "ben"]]
    model = report["frames"]["with_model"]
    assert [pair["annotators"] for pair in model["pairs"]] == [["ann", name], ["ben", name]]
    assert model["pairs"][0]["f1"] == model["pairs"][1]["f1"] == model["annotators"][0]["f1"] > 0.9
    assert [row["annotator"] for row in model["annotators"]] == [name]
    assert 0.9 < model["alpha"] <= 1.0


def test_nobody_is_called_like_the_model(
    fitted: Fitted, labelled: Sequence[LabelledPassage], codebook: Codebook
) -> None:
    rows = [replace(row, annotator=who) for row in labelled[:3] for who in ("ann", fitted.model.name)]
    with pytest.raises(InputError, match="an annotator is called unsaved, as the model is; rename one"):
        agree(rows, codebook, fitted.model)


def test_labels_of_one_annotator_agree_with_nobody(codebook: Codebook) -> None:
    with pytest.raises(InputError, match="no passage was labelled by two annotators"):
        agree([row(codebook, i, "ann", frames=[]) for i in range(3)], codebook)


def test_one_id_is_one_text(codebook: Codebook) -> None:
    rows = [row(codebook, 1, "ann", frames=[]), row(codebook, 1, "ben", frames=[], text="Another text.")]
    with pytest.raises(InputError, match=r'ben\.jsonl:1: id "p1" has another text at ann\.jsonl:1'):
        agree(rows, codebook)


def test_stratified_folds_keep_groups_whole_and_spread_rare_labels() -> None:
    generator = np.random.default_rng(0)
    groups = np.repeat(np.arange(60), 3)
    rare = np.isin(groups, generator.choice(60, 10, replace=False))
    labels = np.column_stack([rare, generator.random(180) < 0.5]).astype(float)
    fold = stratified_folds(groups, labels, 5, seed=1)
    assert all(len(set(fold[groups == group])) == 1 for group in range(60))
    assert [int(labels[fold == n, 0].sum()) for n in range(5)] == [6] * 5
    assert sorted(np.bincount(fold)) == pytest.approx([36] * 5, abs=6)
    assert stratified_folds(groups, labels, 5, seed=1).tolist() == fold.tolist()


def test_every_fold_has_a_group_where_there_are_enough() -> None:
    fold = stratified_folds(np.arange(5), np.zeros((5, 1)), 5, seed=0)
    assert sorted(fold) == [0, 1, 2, 3, 4]
    with pytest.raises(InputError, match="4 articles"):
        stratified_folds(np.arange(4), np.zeros((4, 1)), 5, seed=0)


def test_digests_of_training_go_with_the_model(
    fitted: Fitted, labelled: Sequence[LabelledPassage], model_dir: Path, tmp_path: Path
) -> None:
    trained = training_digests([[row.passage.text for row in labelled]])
    corpus = {"file": "corpus.jsonl", "passages": len(labelled), "articles": 24, "sha256": "0" * 64}
    record = {"data": [corpus], "dev_data": []}
    save_model(fitted.model, tmp_path / "m", {"held_out": fitted.scores}, record, trained)
    loaded = load_training_digests(tmp_path / "m")
    assert loaded is not None
    assert loaded.signatures.tolist() == trained.signatures.tolist()
    assert load_training_digests(model_dir) is None
