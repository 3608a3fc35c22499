"""Paired differences, McNemar's test and Holm's correction against statsmodels, and what is said in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from conftest import CODEBOOK
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

from stance.formats.dataformat import parse_labelled
from stance.records import Judgement, Prediction
from stance.scoring.comparison import compare, holm, mcnemar_p
from stance.scoring.gold import Gold, prepare
from stance.text.codebook import Codebook
from stance.text.mentions import Matcher

FRAMES = ("strike", "budget")


@pytest.mark.parametrize("seed", range(5))
def test_holm_is_that_of_statsmodels(seed: int) -> None:
    values = np.random.default_rng(seed).beta(0.5, 4.0, 12)
    assert holm(values.tolist()) == pytest.approx(multipletests(values, method="holm")[1], abs=1e-9)


@pytest.mark.parametrize(("ours", "theirs"), [(0, 0), (3, 0), (5, 9), (40, 12), (7, 7)])
def test_mcnemar_is_that_of_statsmodels(ours: int, theirs: int) -> None:
    expected = mcnemar([[10, ours], [theirs, 10]], exact=True).pvalue if ours + theirs else 1.0
    assert mcnemar_p(ours, theirs) == pytest.approx(expected, abs=1e-6)


def strikes(codebook: Codebook, n: int) -> list[Gold]:
    rows: list[dict[str, Any]] = [
        {"id": f"p{i}", "article": f"a{i // 2}", "text": "The Dock Union met.", "frames": ["strike"] if i % 2 else []}
        for i in range(n)
    ]
    return prepare([parse_labelled(row, "x", codebook) for row in rows], Matcher(codebook))


def answers(gold: list[Gold], wrong: set[int]) -> list[Prediction]:
    """Right, but for the passages named."""
    predictions = []
    for i, g in enumerate(gold):
        held = ("strike" in (g.labelled.labels.frames or ())) != (i in wrong)
        labels = ("strike",) if held else ()
        probs = {"strike": float(held), "budget": 0.0}
        predictions.append(Prediction(g.query.passage, probs, labels, {}, {}, (), ""))
    return predictions


def test_a_difference_that_holds_is_said_in_words(codebook: Codebook) -> None:
    gold = strikes(codebook, 80)
    result = compare(gold, answers(gold, {1}), answers(gold, set(range(0, 80, 2))), FRAMES)
    macro, strike = result["differences"]
    ours = 2 * 39 / (39 + 40)
    assert (macro["label"], strike["label"]) == ("macro-F1", "strike")
    assert strike["difference"] == pytest.approx(ours - 2 / 3, abs=1e-9)
    assert strike["interval"][0] < strike["difference"] < strike["interval"][1]
    assert strike["p"] == pytest.approx(2 / 5001)
    assert strike["p_holm"] == pytest.approx(4 / 5001)
    assert strike["holds"] is True
    assert result["verdict"][1].startswith("frames, strike F1: better: +0.")
    assert result["mcnemar"] == [{"task": "frames", "n": 160, "only_ours": 40, "only_theirs": 1, "p": mcnemar_p(40, 1)}]


def test_equal_predictions_show_no_difference(codebook: Codebook) -> None:
    gold = strikes(codebook, 60)
    result = compare(gold, answers(gold, {3}), answers(gold, {3}), FRAMES)
    assert [row["difference"] for row in result["differences"]] == [0.0, 0.0]
    assert [row["p"] for row in result["differences"]] == [1.0, 1.0]
    assert result["verdict"][0] == "frames, macro-F1: no difference shown: +0.000 (+0.000 to +0.000), p (Holm) 1.000"


def test_a_difference_between_two_good_models_is_no_finding(codebook: Codebook) -> None:
    gold = strikes(codebook, 40)
    result = compare(gold, answers(gold, {1}), answers(gold, {2, 7}), FRAMES)
    assert not any(row["holds"] for row in result["differences"])


def test_a_task_that_one_has_not_learned_is_left_out(codebook: Codebook) -> None:
    gold = strikes(codebook, 6)
    nothing = [Prediction(g.query.passage, {}, (), {}, {}, (), "") for g in gold]
    assert compare(gold, answers(gold, set()), nothing, FRAMES)["differences"] == []


def test_pairs_are_held_against_each_other_in_whatever_order_actors_were_found(codebook: Codebook) -> None:
    text = "The Chamber said that the Dock Union met the Port Authority."
    row = parse_labelled({"id": "p", "text": text, "directed": []}, "x", codebook)
    other = Codebook.parse(CODEBOOK.replace("[Port Authority,", "[Chamber, Port Authority,"), "x")
    ours, theirs = (prepare([row], Matcher(book)) for book in (codebook, other))
    orders = [g.query.pairs for [g] in (ours, theirs)]
    assert orders == [(("union", "port"), ("port", "union")), (("port", "union"), ("union", "port"))]
    judged = {
        ("union", "port"): Judgement("against", 1.0, 0.0, 0.0),
        ("port", "union"): Judgement("neutral", 0.0, 1.0, 0.0),
    }
    answer = Prediction(row.passage, {}, (), {}, judged, (), "")
    result = compare(ours, [answer], [answer], FRAMES, theirs)
    assert result["mcnemar"] == [{"task": "directed", "n": 2, "only_ours": 0, "only_theirs": 0, "p": 1.0}]


@pytest.mark.parametrize("n_articles", [1, 3])
def test_a_handful_of_articles_shows_no_difference(codebook: Codebook, n_articles: int) -> None:
    gold = strikes(codebook, 2 * n_articles)
    result = compare(gold, answers(gold, set()), answers(gold, set(range(2 * n_articles))), FRAMES)
    assert result["differences"][0]["p"] == 2.0 ** (1 - n_articles)
    assert not any(row["holds"] for row in result["differences"])
    assert "too few articles for an interval" in result["verdict"][0]
