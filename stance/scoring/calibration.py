"""Calibration: logits to probabilities, thresholds, and the review band; fitted on articles not trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from stance.records import STANCES, InputError

REVIEW = 0.4
"""A label is put up for review where its probability of being wrong is at least this."""
HIGHEST = 2 / 3
"""Of a stance's threshold: up to here a neutral label is never the least probable stance."""
SURE = 20.0
"""A logit this far from 0 is one of a labeler that had never seen a frame, or seen it everywhere."""
_RIDGE, _LIKE, _BOUND = 1e-2, 10.0, 1e-6
"""How much the log of the scale of all frames, of how much each one's differs from it, and shifts are drawn to 0."""
_POOLED = 10
"""So many passages that have a frame weigh as much as what holds for all frames."""


@dataclass(frozen=True, slots=True)
class FrameCalibration:
    """Platt scaling of one frame, ``sigmoid(scale * logit + shift)``, and its threshold."""

    scale: float = 1.0
    shift: float = 0.0
    threshold: float = 0.5


@dataclass(frozen=True, slots=True)
class StanceCalibration:
    """``softmax(scale * logits + shifts)``, and the threshold from which on a stance is named (`stance_labels`)."""

    scale: float = 1.0
    shifts: tuple[float, float, float] = (0.0, 0.0, 0.0)
    threshold: float = 0.5


@dataclass(frozen=True, slots=True)
class Calibration:
    """What turns a labeler's logits into a prediction.

    Attributes
    ----------
    frames : Mapping from frame id to FrameCalibration
    stance, directed : StanceCalibration
    review : float
        The probability of error from which on a label is uncertain.
    """

    frames: Mapping[str, FrameCalibration] = field(default_factory=dict)
    stance: StanceCalibration = StanceCalibration()
    directed: StanceCalibration = StanceCalibration()
    review: float = REVIEW

    def with_thresholds(self, thresholds: Mapping[str, float], review: float | None = None) -> Calibration:
        """The same with other thresholds for some frames, and for review; `InputError` for an unknown frame or a
        threshold outside 0 to 1."""
        frames = dict(self.frames)
        for frame, threshold in thresholds.items():
            if frame not in frames:
                raise InputError(f'no frame "{frame}" to set a threshold for; the model has {", ".join(frames)}')
            if not 0.0 <= threshold <= 1.0:
                raise InputError(f"threshold {threshold} for {frame} is no probability; give one from 0 to 1")
            frames[frame] = replace(frames[frame], threshold=threshold)
        return replace(self, frames=frames, review=self.review if review is None else review)

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for JSON."""

        def stance(part: StanceCalibration) -> dict[str, Any]:
            shifts = dict(zip(STANCES, part.shifts, strict=True))
            return {"scale": part.scale, "shifts": shifts, "threshold": part.threshold}

        frames = {
            frame: {"scale": c.scale, "shift": c.shift, "threshold": c.threshold} for frame, c in self.frames.items()
        }
        return {
            "frames": frames,
            "stance": stance(self.stance),
            "directed": stance(self.directed),
            "review": self.review,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], place: str | Path = "calibration") -> Calibration:
        """From what `to_dict` gave; raises `InputError` where something is missing or no finite number."""

        def number(value: Any) -> float:
            if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
                raise InputError(f"{place}: {value!r} is no finite number; train the model anew")
            return float(value)

        def stance(part: Mapping[str, Any]) -> StanceCalibration:
            shifts = tuple(number(part["shifts"][s]) for s in STANCES)
            threshold = number(part["threshold"])
            if not 0.0 <= threshold <= HIGHEST:
                raise InputError(f"{place}: the threshold of a stance is from 0 to two thirds; train the model anew")
            return StanceCalibration(number(part["scale"]), shifts, threshold)  # type: ignore[arg-type]

        try:
            frames = {
                frame: FrameCalibration(number(part["scale"]), number(part["shift"]), number(part["threshold"]))
                for frame, part in values["frames"].items()
            }
            return cls(frames, stance(values["stance"]), stance(values["directed"]), number(values["review"]))
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(f"{place}: {error} is missing or of another kind; train the model anew") from None


def frame_probabilities(logits: np.ndarray, calibration: Calibration, frames: Sequence[str]) -> np.ndarray:
    """Probabilities of shape (n_passages, n_frames)."""
    parts = [calibration.frames.get(frame, FrameCalibration()) for frame in frames]
    scaled = logits * np.array([c.scale for c in parts]) + np.array([c.shift for c in parts])
    return 0.5 * (1.0 + np.tanh(0.5 * scaled))


def stance_probabilities(logits: np.ndarray, calibration: StanceCalibration) -> np.ndarray:
    """Probabilities of shape (n, 3), each row summing to 1."""
    scaled = logits * calibration.scale + np.array(calibration.shifts)
    exponentials = np.exp(scaled - scaled.max(axis=1, keepdims=True, initial=-np.inf))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def stance_labels(probs: np.ndarray, calibration: StanceCalibration) -> np.ndarray:
    """The one rule for stances toward actors and directed ones.

    A stance is named where against and favor together reach the threshold, then the more probable of the two; else the
    label is neutral. Where the two are equal there is no more probable one: against is named if neutral is less than
    they are, else the label is neutral. So no label is ever the least probable stance.

    Parameters
    ----------
    probs : array of shape (n, 3)

    Returns
    -------
    array of shape (n,)
        Indexes into `STANCES`.
    """
    against, neutral, favor = probs.T
    reached = against + favor >= calibration.threshold
    return np.where(reached & ((against != favor) | (against > neutral)), _sides(probs), 1)


def _sides(probs: np.ndarray) -> np.ndarray:
    """The more probable of against and favor, as an index into `STANCES`: of shape (n,)."""
    return np.where(probs[:, 0] >= probs[:, 2], 0, 2)


def fit_frames(logits: np.ndarray, gold: np.ndarray) -> list[FrameCalibration]:
    """Platt scaling (Platt 1999) of all frames together, and for each the threshold of the best expected F1.

    Where few passages have a frame, its scale leans on that of all frames, and its threshold on the one that is best
    for all of them at once: by themselves they would follow the few.

    Parameters
    ----------
    logits, gold : arrays of shape (n_passages, n_frames)
        Logits of passages that the labeler was not fitted on, and whether the frames apply.
    """
    scales, shifts, told = _scaled(logits, gold)
    probs = 0.5 * (1.0 + np.tanh(0.5 * (scales * logits + shifts)))[:, told]
    none = np.zeros(len(probs), dtype=int)
    own = [_best_threshold(column, column[:, None], none) for column in probs.T]
    pooled = probs.reshape(-1, 1)
    common = _best_threshold(pooled[:, 0], pooled, np.zeros(len(pooled), dtype=int)) if told.any() else 0.5
    counts = gold[:, told].sum(axis=0)
    thresholds = (counts * np.array(own) + _POOLED * common) / (counts + _POOLED)
    fitted = zip(scales[told], shifts[told], thresholds, strict=True)
    parts = [FrameCalibration(*map(float, part)) for part in fitted]
    places = np.cumsum(told) - 1
    return [parts[place] if one else FrameCalibration() for one, place in zip(told, places, strict=True)]


def fit_frame(logits: np.ndarray, gold: np.ndarray) -> FrameCalibration:
    """`fit_frames` of one frame alone; both arrays of shape (n_passages,)."""
    return fit_frames(logits[:, None], gold[:, None])[0]


def _scaled(logits: np.ndarray, gold: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The scale and the shift of each frame, and whether some passages have it and some not; each of shape (n_frames,).

    A logit of a labeler that had not seen the frame, or nothing else, tells nothing of the scale.
    """
    told = np.asarray(gold.any(axis=0) & ~gold.all(axis=0))
    kept = (np.abs(logits) < SURE) & told
    n = logits.shape[1]

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        common, own, shifts = parameters[0], parameters[1 : n + 1], parameters[n + 1 :]
        scales = np.exp(common + own)
        scaled = scales * logits + shifts
        wrong = (0.5 * (1.0 + np.tanh(0.5 * scaled)) - gold) * kept
        by_scale, by_shift = (wrong * logits).sum(axis=0) * scales, wrong.sum(axis=0)
        value = ((np.logaddexp(0.0, scaled) - gold * scaled) * kept).sum()
        value += _RIDGE * common**2 + _LIKE * (own**2).sum() + _BOUND * (shifts**2).sum()
        slopes = [[by_scale.sum() + 2 * _RIDGE * common], by_scale + 2 * _LIKE * own, by_shift + 2 * _BOUND * shifts]
        return float(value), np.concatenate(slopes)

    parameters, _ = _minimize(loss, np.zeros(2 * n + 1), True)
    return np.exp(parameters[0] + parameters[1 : n + 1]), parameters[n + 1 :], told


def fit_stance(logits: np.ndarray, gold: np.ndarray) -> StanceCalibration:
    """Temperature and bias scaling (after Guo et al. 2017), and the threshold of the best expected macro-F1.

    Parameters
    ----------
    logits : array of shape (n, 3)
        Of rows that the labeler was not fitted on.
    gold : array of shape (n,)
        Indexes into `STANCES`.
    """
    if len(np.unique(gold)) < 2:
        return StanceCalibration()
    (log_scale, *shifts), _ = _minimize(lambda p: _softmax_loss(p, logits, gold), np.zeros(4))
    shifts = np.array(shifts) - np.mean(shifts)
    fitted = StanceCalibration(float(np.exp(log_scale)), tuple(float(s) for s in shifts))  # type: ignore[arg-type]
    probs = stance_probabilities(logits, fitted)
    threshold = _best_threshold(1.0 - probs[:, 1], probs, _sides(probs), rest=1)
    return replace(fitted, threshold=min(threshold, HIGHEST))


def _best_threshold(scores: np.ndarray, probs: np.ndarray, named: np.ndarray, rest: int | None = None) -> float:
    """The threshold of the best macro-F1 that is to be expected, if each probability holds as often as it says.

    What is to be expected hangs on a few rows less than what was found, so the threshold is steadier and on other
    articles no worse (decision-theoretic thresholds: Lewis 1995; Ye et al. 2012).

    Parameters
    ----------
    scores : array of shape (n,)
        What is held against the threshold: rows from it on get the label `named`, all others `rest`.
    probs : array of shape (n, n_labels)
    named : integer array of shape (n,)
    rest : int, optional
        None: no label.

    Returns
    -------
    float
        The middle between the last score labelled and the first not.
    """
    order = np.argsort(-scores, kind="stable")
    falling, probs = scores[order], probs[order]
    chosen = np.eye(probs.shape[1])[named[order]]
    hits, predicted = np.cumsum(chosen * probs, axis=0), np.cumsum(chosen, axis=0)
    if rest is not None:
        hits[:, rest] = probs[:, rest].sum() - np.cumsum(probs[:, rest])
        predicted[:, rest] = len(probs) - np.arange(1, len(probs) + 1)
    f1 = (2.0 * hits / np.maximum(predicted + probs.sum(axis=0), np.finfo(float).tiny)).mean(axis=1)
    last_of_ties = np.append(falling[1:] < falling[:-1], True)
    best = int(np.argmax(np.where(last_of_ties, f1, -1.0)))
    below = falling[best + 1] if best + 1 < len(falling) else 0.0
    return float((falling[best] + below) / 2.0)


def _minimize(loss: Any, start: np.ndarray, slopes: bool = False) -> tuple[np.ndarray, float]:
    """The parameters of the least loss, and that; the loss may give its slopes too."""
    from scipy.optimize import minimize

    result = minimize(loss, start, method="L-BFGS-B", jac=slopes)
    return result.x, float(result.fun)


def _softmax_loss(parameters: np.ndarray, logits: np.ndarray, gold: np.ndarray) -> float:
    scaled = np.exp(parameters[0]) * logits + parameters[1:]
    peak = scaled.max(axis=1)
    log_norm = peak + np.log(np.exp(scaled - peak[:, None]).sum(axis=1))
    chosen = scaled[np.arange(len(gold)), gold]
    return float(np.mean(log_norm - chosen) + _RIDGE * np.sum(parameters**2) / len(gold))
