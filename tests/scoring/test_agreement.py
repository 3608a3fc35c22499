"""Agreement against nltk, statsmodels and scikit-learn, and against Krippendorff's published example."""

from __future__ import annotations

import random

import numpy as np
import pytest
from nltk.metrics import masi_distance
from nltk.metrics.agreement import AnnotationTask
from sklearn.metrics import f1_score
from statsmodels.stats.inter_rater import cohens_kappa, to_table

from stance.scoring.agreement import Unit, disputes, krippendorff_alpha, masi, nominal, pair_scores

SETS = [frozenset(), frozenset("a"), frozenset("b"), frozenset("ab"), frozenset("bc"), frozenset("abc")]


def units_of(values: list[list[object]]) -> list[Unit]:
    """A unit a row, an annotator a column; None where an annotator is missing."""
    return [
        Unit((str(i),), str(i // 2), {f"p{k}": v for k, v in enumerate(row) if v is not None})  # type: ignore[misc]
        for i, row in enumerate(values)
    ]


def triples(units: list[Unit]) -> list[tuple[str, str, object]]:
    return [(who, unit.key[0], value) for unit in units for who, value in unit.values.items()]


def test_alpha_of_krippendorffs_example_with_missing_values() -> None:
    # Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), part C: nominal alpha 0.743.
    people = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
        [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
    ]
    agreement = krippendorff_alpha(units_of([list(row) for row in zip(*people, strict=True)]), nominal, 0)
    assert agreement["alpha"] == pytest.approx(0.743421, abs=1e-6)
    assert agreement["n"] == 11


@pytest.mark.parametrize("seed", range(4))
def test_alpha_of_sets_is_that_of_nltk(seed: int) -> None:
    generator = random.Random(seed)
    units = units_of([[generator.choice(SETS[1:]) for _ in range(3)] for _ in range(30)])
    expected = AnnotationTask(triples(units), distance=masi_distance).alpha()
    assert krippendorff_alpha(units, masi, 0)["alpha"] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("left", SETS[1:])
@pytest.mark.parametrize("right", SETS[1:])
def test_masi_is_that_of_nltk(left: frozenset[str], right: frozenset[str]) -> None:
    assert masi(left, right) == pytest.approx(masi_distance(left, right), abs=1e-9)


def test_masi_of_an_empty_set_and_another() -> None:
    assert (masi(frozenset(), frozenset()), masi(frozenset(), frozenset("a"))) == (0.0, 1.0)


def test_alpha_is_none_where_there_is_but_one_value() -> None:
    assert krippendorff_alpha(units_of([["a", "a"], ["a", "a"]]), nominal, 0)["alpha"] is None


def test_alpha_of_nothing_judged_twice() -> None:
    assert krippendorff_alpha(units_of([["a", None], [None, "a"]]), nominal, 0) == {
        "n": 0,
        "alpha": None,
        "alpha_interval": None,
    }


@pytest.mark.parametrize("seed", range(4))
def test_kappa_of_two_is_that_of_statsmodels_and_f1_that_of_scikit_learn(seed: int) -> None:
    generator = random.Random(seed)
    rows = [[generator.choice(SETS), generator.choice(SETS)] for _ in range(40)]
    scores = pair_scores(units_of([list(row) for row in rows]), "abc", ["p0", "p1"], 0)
    for label in "abc":
        held = np.array([[label in value for value in row] for row in rows], dtype=int)
        kappa = cohens_kappa(to_table(held, bins=2)[0], return_results=False)
        assert scores["per_label"][label]["kappa"] == pytest.approx(kappa, abs=1e-6)
        assert scores["per_label"][label]["f1"] == pytest.approx(f1_score(held[:, 0], held[:, 1]), abs=1e-6)


def test_kappa_of_several_is_the_mean_of_their_pairs_by_what_they_share() -> None:
    generator = random.Random(3)
    rows: list[list[object]] = [[generator.choice("xy") for _ in range(3)] for _ in range(30)]
    for row in rows[:10]:
        row[2] = None
    scores = pair_scores(units_of(rows), ["x", "y"], ["p0", "p1", "p2"], 0)
    assert [pair["n"] for pair in scores["pairs"]] == [30, 20, 20]
    singles = {
        pair: pair_scores(units_of(rows), ["x", "y"], list(pair), 0)["per_label"]["x"]["kappa"]
        for pair in (("p0", "p1"), ("p0", "p2"), ("p1", "p2"))
    }
    expected = (30 * singles["p0", "p1"] + 20 * singles["p0", "p2"] + 20 * singles["p1", "p2"]) / 70
    assert scores["per_label"]["x"]["kappa"] == pytest.approx(expected, abs=1e-9)
    [first, _, last] = scores["annotators"]
    assert (first["annotator"], first["n"], last["n"]) == ("p0", 30, 20)
    assert last["kappa"] == pytest.approx((singles["p0", "p2"] + singles["p1", "p2"]) / 2, abs=1e-9)


def test_intervals_hold_the_value_and_repeat() -> None:
    generator = random.Random(5)
    rows: list[list[object]] = [["xy"[generator.random() < 0.4]] * 2 for _ in range(60)]
    for row in rows[::6]:
        row[1] = "x"
    first = pair_scores(units_of(rows), ["x", "y"], ["p0", "p1"], 0)
    assert first == pair_scores(units_of(rows), ["x", "y"], ["p0", "p1"], 0)
    low, high = first["per_label"]["x"]["kappa_interval"]
    assert low < first["per_label"]["x"]["kappa"] < high


def test_no_pair_shares_anything() -> None:
    assert pair_scores(units_of([["x", None], [None, "x"]]), ["x"], ["p0", "p1"], 0) == {
        "per_label": {},
        "pairs": [],
        "annotators": [],
    }


def test_disputes_are_where_not_all_say_the_same() -> None:
    units = units_of([["x", "x"], ["x", "y"], ["y", None]])
    assert [unit.key for unit in disputes(units)] == [("1",)]
