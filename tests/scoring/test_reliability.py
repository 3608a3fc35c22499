"""Calibration error and Brier score, risk against coverage, and the promise of the review band."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss

from stance.scoring.reliability import (
    COVERAGES,
    calibration_scores,
    ece_if_calibrated,
    equal_mass_bins,
    floored,
    review_band,
    risk_coverage,
)


def test_brier_score_is_that_of_scikit_learn() -> None:
    generator = np.random.default_rng(0)
    probs = generator.random((200, 1))
    outcomes = generator.random((200, 1)) < 0.4
    scores = calibration_scores(probs, outcomes, np.arange(200), False, 0)
    assert scores["brier"] == pytest.approx(brier_score_loss(outcomes[:, 0], probs[:, 0]), abs=1e-9)


def test_brier_score_of_stances_adds_up_over_their_three_labels() -> None:
    probs = np.array([[0.5, 0.3, 0.2], [0.1, 0.8, 0.1]])
    outcomes = np.array([[1, 0, 0], [0, 0, 1]], dtype=bool)
    scores = calibration_scores(probs, outcomes, np.arange(2), True, 0)
    by_row = (0.5**2 + 0.3**2 + 0.2**2, 0.1**2 + 0.8**2 + 0.9**2)
    assert scores["brier"] == pytest.approx(sum(by_row) / 2, abs=1e-9)
    assert scores["brier"] == pytest.approx(
        brier_score_loss(["a", "c"], probs, labels=["a", "b", "c"], scale_by_half=False)
    )


def test_calibration_error_by_hand() -> None:
    probs = np.repeat([0.1, 0.4, 0.8], 5)[:, None]
    outcomes = np.array([0] * 5 + [1, 1, 1, 0, 0] + [1] * 5, dtype=bool)[:, None]
    scores = calibration_scores(probs, outcomes, np.arange(15), False, 0)
    assert scores["ece"] == pytest.approx((0.1 + 0.2 + 0.2) / 3)
    assert [(round(b["probability"], 9), b["share"], b["n"]) for b in scores["bins"]] == [
        (0.1, 0.0, 5),
        (0.4, 0.6, 5),
        (0.8, 1.0, 5),
    ]


def test_bins_are_of_like_size_and_never_part_equals() -> None:
    assert np.bincount(equal_mass_bins(np.random.default_rng(0).random(150))).tolist() == [10] * 15
    bins = equal_mass_bins(np.repeat([0.2, 0.7], [90, 10]))
    assert bins.tolist() == [0] * 90 + [1] * 10


@pytest.mark.parametrize("one_of", [True, False], ids=["stances", "frames"])
def test_calibrated_probabilities_lie_within_what_is_expected_of_them(one_of: bool) -> None:
    inside = 0
    for seed in range(60):
        generator = np.random.default_rng(seed)
        probs = generator.dirichlet((2.0, 4.0, 1.0), 150)
        if one_of:
            outcomes = np.eye(3, dtype=bool)[[generator.choice(3, p=row) for row in probs]]
        else:
            outcomes = generator.random(probs.shape) < probs
        scores = calibration_scores(probs, outcomes, np.arange(150), one_of, seed)
        low, high = scores["ece_if_calibrated"]
        inside += low <= scores["ece"] <= high
    assert inside >= 52


def test_overconfident_probabilities_lie_above_what_is_expected_of_calibrated_ones() -> None:
    generator = np.random.default_rng(1)
    truth = generator.uniform(0.2, 0.8, (400, 1))
    outcomes = generator.random((400, 1)) < truth
    scores = calibration_scores(np.where(truth > 0.5, 0.95, 0.05), outcomes, np.arange(400), False, 0)
    assert scores["ece"] > 2 * scores["ece_if_calibrated"][1]


def test_certain_probabilities_show_no_error_if_they_are_calibrated() -> None:
    probs = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert ece_if_calibrated(probs, equal_mass_bins(probs.ravel()), True, 0) == [0.0, 0.0]


def test_no_probabilities_have_no_calibration() -> None:
    nothing = np.zeros((0, 3))
    assert calibration_scores(nothing, nothing.astype(bool), np.zeros(0, dtype=int), True, 0)["ece"] is None


def test_risk_at_each_coverage_by_hand() -> None:
    confidence = np.linspace(0.99, 0.5, 20)
    wrong = np.arange(20) >= 15
    points = risk_coverage(confidence, wrong, np.arange(20), 0)
    assert [point["coverage"] for point in points] == list(COVERAGES)
    risks = {point["coverage"]: point["risk"] for point in points}
    assert (risks[0.5], risks[0.75], risks[0.8], risks[1.0]) == (0.0, 0.0, 1 / 16, 5 / 20)
    assert points[-1]["confidence"] == 0.5


def test_labels_as_sure_count_alike_in_any_order() -> None:
    wrong = np.array([True, False, False, True])
    points = [
        risk_coverage(np.array([0.9, 0.6, 0.6, 0.6]), wrong[order], np.arange(4), 0)
        for order in ([0, 1, 2, 3], [0, 3, 1, 2])
    ]
    risks = [{point["coverage"]: point["risk"] for point in part} for part in points]
    assert risks[0] == risks[1]
    assert risks[0][0.5] == pytest.approx((1 + 1 / 3) / 2)


def test_a_threshold_is_shown_rounded_down() -> None:
    assert (floored(0.123999), floored(0.5)) == ("0.123", "0.500")


def test_band_by_hand() -> None:
    error = np.array([0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8])
    wrong = np.array([0, 0, 1, 0, 0, 1, 0, 1, 1], dtype=bool)
    band = review_band(error, wrong, np.arange(9), max_error=0.2)
    assert band["review"] == 0.5
    assert band["reviewed"] == pytest.approx(4 / 9)
    assert band["slipped"] == pytest.approx(1 / 9)


def test_labels_of_the_same_risk_are_all_read_or_none() -> None:
    error = np.array([0.1, 0.3, 0.3, 0.3])
    wrong = np.array([0, 0, 1, 1], dtype=bool)
    assert review_band(error, wrong, np.arange(4), max_error=0.4)["review"] == 0.3


def test_too_few_articles_promise_nothing() -> None:
    band = review_band(np.array([0.1, 0.2]), np.array([False, False]), np.array([0, 1]), max_error=0.05)
    assert (band["review"], band["reviewed"]) == (None, 1.0)


def test_nothing_has_to_be_read_where_nothing_is_wrong() -> None:
    band = review_band(np.full(50, 0.2), np.zeros(50, dtype=bool), np.arange(50), max_error=0.05)
    assert (band["review"], band["reviewed"]) == (1.0, 0.0)


def test_band_keeps_its_promise_on_articles_it_has_not_seen() -> None:
    slipped = []
    for seed in range(200):
        generator = np.random.default_rng(seed)
        articles = np.repeat(np.arange(120), generator.integers(1, 8, 120))
        error = generator.beta(1.0, 3.0, len(articles))
        wrong = generator.random(len(articles)) < np.clip(error * generator.gamma(2.0, 0.5, 120)[articles], 0, 1)
        seen = articles < 60
        review = review_band(error[seen], wrong[seen], articles[seen], max_error=0.1)["review"]
        missed = (wrong & (error < review))[~seen]
        by_article = [missed[articles[~seen] == article].mean() for article in range(60, 120)]
        slipped.append(np.mean(by_article))
    assert 0.07 < np.mean(slipped) <= 0.1
