"""Probabilities, thresholds and their fitting, against scipy, scikit-learn and values worked out by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score

from stance.records import STANCES, InputError
from stance.scoring.calibration import (
    HIGHEST,
    Calibration,
    FrameCalibration,
    StanceCalibration,
    fit_frame,
    fit_stance,
    frame_probabilities,
    stance_labels,
    stance_probabilities,
)

CALIBRATION = Calibration(
    {"strike": FrameCalibration(2.0, -1.0, 0.25), "budget": FrameCalibration(0.5, 1.5, 0.75)},
    StanceCalibration(1.5, (0.5, -0.25, -0.25), 0.25),
    StanceCalibration(3.0, (0.0, 1.0, -1.0), 0.625),
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
        "threshold": 0.25,
    },
    "directed": {
        "scale": 3.0,
        "shifts": {"against": 0.0, "neutral": 1.0, "favor": -1.0},
        "threshold": 0.625,
    },
    "review": 0.3,
}


def noisy_frame(seed: int = 0, n: int = 600) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and gold drawn with probability sigmoid(2.5 * logit - 1)."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(size=n)
    return logits, generator.random(n) < expit(2.5 * logits - 1.0)


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
    ("probs", "threshold", "label"),
    [
        pytest.param((0.3, 0.45, 0.25), 0.55, "against", id="together at the threshold"),
        pytest.param((0.3, 0.45, 0.25), 0.5500001, "neutral", id="together below it"),
        pytest.param((0.39, 0.34, 0.27), 0.3, "against", id="favor is the least"),
        pytest.param((0.02, 0.9, 0.08), 0.1, "favor", id="hardly any"),
        pytest.param((0.02, 0.9, 0.08), 0.2, "neutral", id="too little"),
        pytest.param((0.0, 1.0, 0.0), 0.0, "neutral", id="nothing to name"),
        pytest.param((0.6, 0.3, 0.1), 2 / 3, "against", id="above the highest threshold"),
        pytest.param((0.33, 0.34, 0.33), 2 / 3, "neutral", id="hardly neutral"),
        pytest.param((0.2, 0.6, 0.2), 0.3, "neutral", id="none is more probable"),
        pytest.param((0.4, 0.2, 0.4), 0.3, "against", id="none is more probable, neutral the least"),
    ],
)
def test_a_stance_is_named_where_both_together_reach_the_threshold(
    probs: tuple[float, float, float], threshold: float, label: str
) -> None:
    [found] = stance_labels(np.array([probs]), StanceCalibration(threshold=threshold))
    assert STANCES[found] == label


@pytest.mark.parametrize("threshold", [0.0, 1e-6, 0.1, 0.363, 0.48, 0.5, 0.6, HIGHEST])
def test_no_label_is_the_least_probable_stance(threshold: float) -> None:
    steps = np.arange(0, 51)
    against, favor = (side.ravel() for side in np.meshgrid(steps, steps))
    whole = np.stack([against, 50 - against - favor, favor], axis=1)[against + favor <= 50] / 50
    drawn = np.round(np.random.default_rng(0).dirichlet((0.5, 0.5, 0.5), size=20_000), 6)
    for probs in (whole, drawn):
        labels = stance_labels(probs, StanceCalibration(threshold=threshold))
        own, order = probs[np.arange(len(probs)), labels], np.sort(probs, axis=1)
        all_alike = order[:, 2] - order[:, 0] < 1e-12
        assert np.all((own > order[:, 0]) | all_alike)
        sides = probs[:, [0, 2]]
        assert np.all(own[labels != 1] == sides.max(axis=1)[labels != 1])


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
    fitted = Calibration({"a": fit_frame(*noisy_frame())}, fit_stance(*noisy_stance(200)))
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
        pytest.param(changed(lambda v: v["directed"].pop("threshold")), "'threshold' is missing", id="no threshold"),
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


@pytest.mark.parametrize("threshold", [-0.1, 0.667, 1.0])
@pytest.mark.parametrize("task", ["stance", "directed"])
def test_from_dict_refuses_thresholds_at_which_neutral_could_be_the_least(task: str, threshold: float) -> None:
    told = r"^calibration: the threshold of a stance is from 0 to two thirds; train the model anew$"
    with pytest.raises(InputError, match=told):
        Calibration.from_dict(changed(lambda v: v[task].update(threshold=threshold)))


def test_frame_scale_and_shift_equal_those_of_logistic_regression() -> None:
    logits, gold = noisy_frame()
    fitted = fit_frame(logits, gold)
    expected = LogisticRegression(C=1e12).fit(logits[:, None], gold)
    assert fitted.scale == pytest.approx(expected.coef_[0, 0], abs=0.005)
    assert fitted.shift == pytest.approx(expected.intercept_[0], abs=0.005)


def test_frame_probabilities_are_right_on_average_after_fitting() -> None:
    logits, gold = noisy_frame()
    calibration = Calibration({"a": fit_frame(logits, gold)})
    assert frame_probabilities(logits[:, None], calibration, ["a"]).mean() == pytest.approx(gold.mean(), abs=1e-4)


def test_frame_scale_stays_positive_where_the_labeler_is_wrong() -> None:
    logits, gold = noisy_frame()
    fitted = fit_frame(-logits, gold)
    assert 0.0 < fitted.scale < 0.1


@pytest.mark.parametrize("applies", [True, False], ids=["always", "never"])
def test_frame_that_is_always_or_never_there_keeps_the_defaults(applies: bool) -> None:
    fitted = fit_frame(np.array([1.0, -1.0]), np.array([applies, applies]))
    assert fitted == FrameCalibration(1.0, 0.0, 0.5)


def test_frame_threshold_is_half_way_between_the_labelled_and_the_rest() -> None:
    fitted = fit_frame(np.tile([3.0, 1.0], 4), np.tile([True, False], 4))
    above, below = expit(fitted.scale * np.array([3.0, 1.0]) + fitted.shift)
    assert fitted.threshold == pytest.approx((above + below) / 2, abs=1e-12)


def test_frame_threshold_is_that_of_the_best_expected_f1() -> None:
    logits, gold = noisy_frame()
    fitted = fit_frame(logits, gold)
    probs = np.sort(expit(fitted.scale * logits + fitted.shift))[::-1]

    def expected_f1(threshold: float) -> float:
        labelled = probs >= threshold
        return float(2.0 * probs[labelled].sum() / (labelled.sum() + probs.sum()))

    assert expected_f1(fitted.threshold) == max(map(expected_f1, probs))
    # of a calibrated frame the best threshold is half of the best F1 (Lipton, Elkan and Naryanaswamy 2014)
    assert fitted.threshold == pytest.approx(expected_f1(fitted.threshold) / 2, abs=0.005)
    assert (
        f1_score(gold, fitted.scale * logits + fitted.shift >= np.log(fitted.threshold / (1 - fitted.threshold))) > 0.7
    )


def test_frame_threshold_does_not_part_passages_of_equal_logits() -> None:
    fitted = fit_frame(np.zeros(12), np.tile([True, False, False], 4))
    assert fitted.threshold == pytest.approx(1 / 3 / 2, abs=1e-4)


def test_stance_scale_and_shifts_are_found_again() -> None:
    fitted = fit_stance(*noisy_stance())
    assert fitted.scale == pytest.approx(2.0, abs=0.12)
    assert fitted.shifts == pytest.approx((-1.0, 2.0, -1.0), abs=0.12)


def test_stance_shifts_sum_to_0() -> None:
    assert sum(fit_stance(*noisy_stance()).shifts) == pytest.approx(0.0, abs=1e-12)


def test_stance_probabilities_are_right_on_average_after_fitting() -> None:
    logits, gold = noisy_stance()
    probs = stance_probabilities(logits, fit_stance(logits, gold))
    np.testing.assert_allclose(probs.mean(axis=0), np.bincount(gold) / len(gold), rtol=0, atol=1e-4)


def test_stance_threshold_is_that_of_the_best_expected_macro_f1() -> None:
    logits, _ = found = noisy_stance(400)
    fitted = fit_stance(*found)
    probs = stance_probabilities(logits, fitted)

    def expected_macro_f1(threshold: float) -> float:
        given = np.eye(3)[stance_labels(probs, StanceCalibration(threshold=threshold))]
        return float(np.mean(2.0 * (given * probs).sum(axis=0) / (given + probs).sum(axis=0)))

    tried = np.append(np.linspace(0.0, HIGHEST, 500), fitted.threshold)
    assert expected_macro_f1(fitted.threshold) == max(map(expected_macro_f1, tried))


def test_stance_threshold_gives_nearly_the_best_macro_f1_on_other_rows() -> None:
    logits, gold = noisy_stance(2000)
    fitted = fit_stance(logits[:400], gold[:400])
    probs = stance_probabilities(logits[400:], fitted)

    def score(threshold: float) -> float:
        labels = stance_labels(probs, StanceCalibration(threshold=threshold))
        return float(f1_score(gold[400:], labels, average="macro"))

    assert score(fitted.threshold) > max(map(score, np.linspace(0.0, HIGHEST, 100))) - 0.02
    assert score(fitted.threshold) > score(0.5) + 0.01


def test_stance_threshold_is_at_most_two_thirds() -> None:
    logits = np.tile([[4.0, 0.0, 3.9], [3.9, 0.0, 4.0]], (20, 1))
    assert fit_stance(logits, np.tile([0, 2], 20)).threshold <= HIGHEST


def test_stance_of_two_kinds_is_fitted() -> None:
    logits = np.tile([[2.0, 0.0, -20.0], [0.0, 2.0, -20.0]], (10, 1))
    fitted = fit_stance(logits, np.tile([0, 1], 10))
    assert stance_labels(stance_probabilities(logits, fitted), fitted).tolist() == [0, 1] * 10


@pytest.mark.parametrize("gold", [[], [1, 1]], ids=["no rows", "one kind"])
def test_stance_without_two_kinds_keeps_the_defaults(gold: list[int]) -> None:
    fitted = fit_stance(np.ones((len(gold), 3)), np.array(gold, dtype=int))
    assert fitted == StanceCalibration(1.0, (0.0, 0.0, 0.0), 0.5)
