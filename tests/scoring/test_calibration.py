"""Probabilities, thresholds and their fitting, against scipy, scikit-learn and values worked out by hand."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score

from stance.records import InputError
from stance.scoring.calibration import (
    _GRID,
    Calibration,
    FrameCalibration,
    StanceCalibration,
    _best_log_thresholds,
    fit_frame,
    fit_stance,
    frame_probabilities,
    stance_labels,
    stance_probabilities,
)

CALIBRATION = Calibration(
    {"strike": FrameCalibration(2.0, -1.0, 0.25), "budget": FrameCalibration(0.5, 1.5, 0.75)},
    StanceCalibration(1.5, (0.5, -0.25, -0.25), (0.5, 1.0, 0.25)),
    StanceCalibration(3.0, (0.0, 1.0, -1.0), (1.0, 1.0, 0.5)),
    review=0.3,
)
PLAIN: dict[str, Any] = {
    "frames": {
        "strike": {"scale": 2.0, "shift": -1.0, "threshold": 0.25},
        "budget": {"scale": 0.5, "shift": 1.5, "threshold": 0.75},
    },
    "stance": {
        "scale": 1.5,
        "shifts": {"against": 0.5, "neutral": -0.25, "favor": -0.25},
        "thresholds": {"against": 0.5, "neutral": 1.0, "favor": 0.25},
    },
    "directed": {
        "scale": 3.0,
        "shifts": {"against": 0.0, "neutral": 1.0, "favor": -1.0},
        "thresholds": {"against": 1.0, "neutral": 1.0, "favor": 0.5},
    },
    "review": 0.3,
}


def noisy_frame(seed: int = 0, n: int = 600) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Logits, gold drawn with probability sigmoid(2.5 * logit - 1), and the articles of three passages each."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(size=n)
    return logits, generator.random(n) < expit(2.5 * logits - 1.0), np.arange(n) // 3


def noisy_stance(n: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and gold drawn with probabilities softmax(2 * logits + (-1, 2, -1))."""
    generator = np.random.default_rng(0)
    logits = generator.normal(size=(n, 3))
    cumulated = softmax(2.0 * logits + np.array([-1.0, 2.0, -1.0]), axis=1).cumsum(axis=1)
    return logits, (generator.random((n, 1)) > cumulated[:, :2]).sum(axis=1)


def test_frame_probabilities_are_sigmoids_of_each_frame_in_the_order_asked() -> None:
    logits = np.random.default_rng(0).normal(size=(20, 2)) * 5
    probs = frame_probabilities(logits, CALIBRATION, ["budget", "strike"])
    expected = np.stack([expit(0.5 * logits[:, 0] + 1.5), expit(2.0 * logits[:, 1] - 1.0)], axis=1)
    np.testing.assert_allclose(probs, expected, rtol=0, atol=1e-12)


def test_frame_probabilities_without_calibration_are_plain_sigmoids() -> None:
    probs = frame_probabilities(np.array([[0.0, np.log(3.0)]]), Calibration(), ["a", "b"])
    np.testing.assert_allclose(probs, [[0.5, 0.75]], rtol=0, atol=1e-12)


def test_frame_probabilities_of_huge_logits_are_0_and_1() -> None:
    assert frame_probabilities(np.array([[-1e6], [1e6]]), Calibration(), ["a"]).tolist() == [[0.0], [1.0]]


def test_stance_probabilities_equal_the_softmax_of_scipy() -> None:
    logits = np.random.default_rng(0).normal(size=(50, 3)) * 4
    probs = stance_probabilities(logits, CALIBRATION.stance)
    expected = softmax(1.5 * logits + np.array([0.5, -0.25, -0.25]), axis=1)
    np.testing.assert_allclose(probs, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("size", [1e-3, 1.0, 30.0, 1e5], ids=["tiny", "usual", "large", "huge"])
def test_stance_probabilities_sum_to_1(size: float) -> None:
    logits = np.random.default_rng(1).normal(size=(50, 3)) * size
    probs = stance_probabilities(logits, CALIBRATION.directed)
    np.testing.assert_allclose(probs.sum(axis=1), np.ones(50), rtol=0, atol=1e-12)


def test_no_stance_logits_give_no_probabilities_and_no_labels() -> None:
    probs = stance_probabilities(np.zeros((0, 3)), StanceCalibration())
    assert probs.shape == (0, 3)
    assert stance_labels(probs, StanceCalibration()).tolist() == []


@pytest.mark.parametrize(
    ("thresholds", "label"),
    [
        pytest.param((1.0, 1.0, 1.0), 1, id="equal: the most probable"),
        pytest.param((0.5, 1.0, 1.0), 0, id="against at half"),
        pytest.param((0.7, 1.0, 0.19), 2, id="favor below a fifth"),
        pytest.param((0.61, 1.0, 0.21), 1, id="lower, not low enough"),
    ],
)
def test_the_stance_with_the_highest_ratio_to_its_threshold_is_the_label(
    thresholds: tuple[float, float, float], label: int
) -> None:
    probs = np.array([[0.3, 0.5, 0.1]]) / 0.9
    assert stance_labels(probs, StanceCalibration(thresholds=thresholds)).tolist() == [label]


def test_with_thresholds_changes_the_named_frames_alone() -> None:
    changed = CALIBRATION.with_thresholds({"budget": 0.1})
    assert dict(changed.frames) == {
        "strike": FrameCalibration(2.0, -1.0, 0.25),
        "budget": FrameCalibration(0.5, 1.5, 0.1),
    }
    assert (changed.stance, changed.directed, changed.review) == (CALIBRATION.stance, CALIBRATION.directed, 0.3)
    assert CALIBRATION.frames["budget"].threshold == 0.75


@pytest.mark.parametrize("threshold", [0.0, 1.0])
def test_with_thresholds_takes_both_ends(threshold: float) -> None:
    assert CALIBRATION.with_thresholds({"strike": threshold}).frames["strike"].threshold == threshold


@pytest.mark.parametrize(
    ("thresholds", "message"),
    [
        pytest.param(
            {"strikes": 0.5},
            'no frame "strikes" to set a threshold for; the model has strike, budget',
            id="unknown frame",
        ),
        pytest.param(
            {"strike": -0.1}, "threshold -0.1 for strike is no probability; give one from 0 to 1", id="below 0"
        ),
        pytest.param({"strike": 50}, "threshold 50 for strike is no probability; give one from 0 to 1", id="per cent"),
        pytest.param(
            {"strike": float("nan")}, "threshold nan for strike is no probability; give one from 0 to 1", id="nan"
        ),
    ],
)
def test_with_thresholds_refuses(thresholds: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        CALIBRATION.with_thresholds(thresholds)


def test_to_dict_names_every_number() -> None:
    assert CALIBRATION.to_dict() == PLAIN


def test_from_dict_gives_back_what_went_through_json() -> None:
    assert Calibration.from_dict(json.loads(json.dumps(CALIBRATION.to_dict()))) == CALIBRATION


def test_fitted_calibrations_go_through_json_unchanged() -> None:
    fitted = Calibration({"a": fit_frame(*noisy_frame(), seed=0)}, fitted_stance(*noisy_stance(200)))
    assert Calibration.from_dict(json.loads(json.dumps(fitted.to_dict()))) == fitted


def changed(change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(json.dumps(PLAIN))
    change(values)
    return values


@pytest.mark.parametrize(
    ("values", "message"),
    [
        pytest.param(changed(lambda v: v.pop("review")), "'review' is missing", id="no review"),
        pytest.param(changed(lambda v: v.pop("stance")), "'stance' is missing", id="no stance"),
        pytest.param(changed(lambda v: v["stance"]["shifts"].pop("favor")), "'favor' is missing", id="no favor"),
        pytest.param(changed(lambda v: v["frames"]["strike"].pop("scale")), "'scale' is missing", id="no scale"),
        pytest.param(changed(lambda v: v.update(frames=[])), "or of another kind", id="frames a list"),
        pytest.param(changed(lambda v: v.update(stance=None)), "or of another kind", id="stance null"),
        pytest.param(changed(lambda v: v.update(review="0.4")), "'0.4' is no finite number", id="a text"),
        pytest.param(changed(lambda v: v.update(review=True)), "True is no finite number", id="a truth value"),
        pytest.param(changed(lambda v: v.update(review=float("nan"))), "nan is no finite number", id="nan"),
        pytest.param(
            changed(lambda v: v["frames"]["strike"].update(shift=float("inf"))), "inf is no finite number", id="inf"
        ),
    ],
)
def test_from_dict_refuses(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=f"^calibration: .*{re.escape(message)}"):
        Calibration.from_dict(values)


@pytest.mark.parametrize("threshold", [0.0, -1.0])
def test_from_dict_refuses_stance_thresholds_that_are_not_above_0(threshold: float) -> None:
    with pytest.raises(InputError, match=r"^calibration: thresholds of stances are above 0; train the model anew$"):
        Calibration.from_dict(changed(lambda v: v["stance"]["thresholds"].update(favor=threshold)))


def test_frame_scale_and_shift_equal_those_of_logistic_regression() -> None:
    logits, gold, groups = noisy_frame()
    fitted = fit_frame(logits, gold, groups, seed=0)
    expected = LogisticRegression(C=1e12).fit(logits[:, None], gold)
    assert fitted.scale == pytest.approx(expected.coef_[0, 0], abs=0.005)
    assert fitted.shift == pytest.approx(expected.intercept_[0], abs=0.005)


def test_frame_probabilities_are_right_on_average_after_fitting() -> None:
    logits, gold, groups = noisy_frame()
    calibration = Calibration({"a": fit_frame(logits, gold, groups, seed=0)})
    assert frame_probabilities(logits[:, None], calibration, ["a"]).mean() == pytest.approx(gold.mean(), abs=1e-4)


def test_frame_scale_stays_positive_where_the_labeler_is_wrong() -> None:
    logits, gold, groups = noisy_frame()
    fitted = fit_frame(-logits, gold, groups, seed=0)
    assert 0.0 < fitted.scale < 0.1


@pytest.mark.parametrize("applies", [True, False], ids=["always", "never"])
def test_frame_that_is_always_or_never_there_keeps_the_defaults(applies: bool) -> None:
    fitted = fit_frame(np.array([1.0, -1.0]), np.array([applies, applies]), np.array([0, 1]), seed=0)
    assert fitted == FrameCalibration(1.0, 0.0, 0.5)


def test_frame_threshold_is_half_way_between_the_labelled_and_the_rest() -> None:
    logits, gold, groups = np.tile([3.0, 1.0], 4), np.tile([True, False], 4), np.repeat(np.arange(4), 2)
    fitted = fit_frame(logits, gold, groups, seed=0)
    above, below = expit(fitted.scale * np.array([3.0, 1.0]) + fitted.shift)
    assert fitted.threshold == pytest.approx((above + below) / 2, abs=1e-12)


def test_frame_threshold_gives_the_best_f1() -> None:
    # in each article, by logit: 4 yes, 3 no, 2 yes, 1 no; F1 is 2/3, 1/2, 4/5, 2/3 for the first one to four
    logits, gold = np.tile([1.0, 4.0, 2.0, 3.0], 5), np.tile([False, True, True, False], 5)
    fitted = fit_frame(logits, gold, np.repeat(np.arange(5), 4), seed=0)
    third, fourth = expit(fitted.scale * np.array([2.0, 1.0]) + fitted.shift)
    assert fitted.threshold == pytest.approx((third + fourth) / 2, abs=1e-12)


def test_frame_threshold_does_not_part_passages_of_equal_logits() -> None:
    logits, gold = np.zeros(12), np.tile([True, False, False], 4)
    fitted = fit_frame(logits, gold, np.repeat(np.arange(4), 3), seed=0)
    assert fitted.threshold == pytest.approx(1 / 3 / 2, abs=1e-4)


def test_frame_threshold_is_the_mean_over_resamples_of_articles() -> None:
    # an article whose passages are labelled right above 0, and one above 4: each resample prefers one of the two
    logits = np.array([5.0, 5.0, 5.0, -1.0, -1.0, 9.0, 9.0, 9.0, 3.0, 3.0])
    gold = np.array([True, True, True, False, False] * 2)
    together = fit_frame(logits, gold, np.zeros(10, dtype=int), seed=0)
    apart = fit_frame(logits, gold, np.repeat([0, 1], 5), seed=0)
    probs = {z: expit(together.scale * z + together.shift) for z in (-1.0, 3.0, 5.0, 9.0)}
    assert together.threshold == pytest.approx((probs[5.0] + probs[3.0]) / 2, abs=1e-12)
    # both articles drawn, or the first twice, or the second twice
    possible = [(probs[5.0] + probs[3.0]) / 2, (probs[5.0] + probs[-1.0]) / 2, (probs[9.0] + probs[3.0]) / 2]
    shares = [n for n in itertools.product(range(51), repeat=2) if sum(n) <= 50]
    means = [(a * possible[1] + b * possible[2] + (50 - a - b) * possible[0]) / 50 for a, b in shares if a and b]
    assert min(abs(apart.threshold - mean) for mean in means) < 1e-12


def test_frame_fit_repeats_with_its_seed_alone() -> None:
    first = fit_frame(*noisy_frame(), seed=1)
    assert fit_frame(*noisy_frame(), seed=1) == first
    assert fit_frame(*noisy_frame(), seed=2).threshold != first.threshold


def fitted_stance(logits: np.ndarray, gold: np.ndarray) -> StanceCalibration:
    return fit_stance(logits, gold, np.arange(len(gold)), seed=0)


def test_stance_thresholds_depend_on_the_seed_alone() -> None:
    logits, gold = noisy_stance(200)
    articles = np.arange(len(gold)) // 4
    one, same, other = (fit_stance(logits, gold, articles, seed) for seed in (1, 1, 2))
    assert one == same
    assert one.thresholds != other.thresholds
    assert (one.scale, one.shifts) == (other.scale, other.shifts)


def test_stance_scale_and_shifts_are_found_again() -> None:
    fitted = fitted_stance(*noisy_stance())
    assert fitted.scale == pytest.approx(2.0, abs=0.12)
    assert fitted.shifts == pytest.approx((-1.0, 2.0, -1.0), abs=0.12)


def test_stance_shifts_sum_to_0() -> None:
    assert sum(fitted_stance(*noisy_stance()).shifts) == pytest.approx(0.0, abs=1e-12)


def test_stance_probabilities_are_right_on_average_after_fitting() -> None:
    logits, gold = noisy_stance()
    probs = stance_probabilities(logits, fitted_stance(logits, gold))
    np.testing.assert_allclose(probs.mean(axis=0), np.bincount(gold) / len(gold), rtol=0, atol=1e-4)


def test_stance_thresholds_give_nearly_the_best_macro_f1_of_the_grid() -> None:
    logits, gold = noisy_stance(400)
    fitted = fitted_stance(logits, gold)
    probs = stance_probabilities(logits, fitted)

    def score(against: float, favor: float) -> float:
        candidate = StanceCalibration(thresholds=(against, 1.0, favor))
        return float(f1_score(gold, stance_labels(probs, candidate), average="macro"))

    grid = np.geomspace(0.2, 1.0, 17)
    best = max(score(against, favor) for against, favor in itertools.product(grid, repeat=2))
    assert best - 0.02 < score(fitted.thresholds[0], fitted.thresholds[2]) <= best + 0.005
    assert best > score(1.0, 1.0) + 0.03
    assert fitted.thresholds[1] == 1.0


def test_stance_thresholds_stay_1_where_the_most_probable_is_right() -> None:
    assert fitted_stance(np.tile(np.eye(3) * 4, (5, 1)), np.tile(np.arange(3), 5)).thresholds == (1.0, 1.0, 1.0)


def test_stance_of_two_kinds_is_fitted() -> None:
    logits = np.tile([[2.0, 0.0, -20.0], [0.0, 2.0, -20.0]], (10, 1))
    fitted = fitted_stance(logits, np.tile([0, 1], 10))
    assert stance_labels(stance_probabilities(logits, fitted), fitted).tolist() == [0, 1] * 10


@pytest.mark.parametrize("gold", [[], [1, 1]], ids=["no rows", "one kind"])
def test_stance_without_two_kinds_keeps_the_defaults(gold: list[int]) -> None:
    fitted = fitted_stance(np.ones((len(gold), 3)), np.array(gold, dtype=int))
    assert fitted == StanceCalibration(1.0, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


@pytest.mark.parametrize("step", [0.0, 0.5], ids=["all differ", "ties"])
def test_thresholds_of_stances_are_those_that_trying_each_pair_finds(step: float) -> None:
    generator = np.random.default_rng(3)
    gold = generator.integers(0, 3, 60)
    logits = generator.normal(size=(60, 3)) + 0.5 * np.eye(3)[gold]
    logits = np.round(logits / step) * step if step else logits
    grid = np.log(_GRID[::-1]).tolist()

    def macro_f1(against: float, favor: float) -> float:
        predicted = (logits - np.array([against, 0.0, favor])).argmax(axis=1)
        sides = [(gold == s, predicted == s) for s in range(3)]
        return float(np.mean([2 * np.sum(g & p) / (g.sum() + p.sum()) for g, p in sides]))

    pairs = [(against, favor) for against in grid for favor in grid]
    best = max(macro_f1(*pair) for pair in pairs)
    first = next(pair for pair in pairs if macro_f1(*pair) > best - 1e-12)
    assert _best_log_thresholds(logits, gold) == first
