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
_ROUNDS = 50
_STANCE_ROUNDS = 25
_RIDGE = 1e-2
_GRID = np.geomspace(0.2, 1.0, 17)


@dataclass(frozen=True, slots=True)
class FrameCalibration:
    """Platt scaling of one frame, ``sigmoid(scale * logit + shift)``, and its threshold."""

    scale: float = 1.0
    shift: float = 0.0
    threshold: float = 0.5


@dataclass(frozen=True, slots=True)
class StanceCalibration:
    """``softmax(scale * logits + shifts)`` and a threshold for each stance.

    The label is the stance with the highest ratio of probability to threshold: rare stances have lower thresholds.
    """

    scale: float = 1.0
    shifts: tuple[float, float, float] = (0.0, 0.0, 0.0)
    thresholds: tuple[float, float, float] = (1.0, 1.0, 1.0)


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
            named = {name: dict(zip(STANCES, getattr(part, name), strict=True)) for name in ("shifts", "thresholds")}
            return {"scale": part.scale, **named}

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
            thresholds = tuple(number(part["thresholds"][s]) for s in STANCES)
            if min(thresholds) <= 0:
                raise InputError(f"{place}: thresholds of stances are above 0; train the model anew")
            return StanceCalibration(number(part["scale"]), shifts, thresholds)  # type: ignore[arg-type]

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
    """Indexes into `STANCES`, of shape (n,)."""
    if not len(probs):
        return np.zeros(0, dtype=int)
    return (probs / np.array(calibration.thresholds)).argmax(axis=1)


def fit_frame(logits: np.ndarray, gold: np.ndarray, groups: np.ndarray, seed: int) -> FrameCalibration:
    """Platt scaling (Platt 1999) of one frame, and the threshold that gives the best F1 on average over resamples.

    Parameters
    ----------
    logits, gold, groups : arrays of shape (n_passages,)
        Logits of passages that the labeler was not fitted on, whether the frame applies, the article of each.
    """
    if gold.all() or not gold.any():
        return FrameCalibration()
    (log_scale, shift), _ = _minimize(lambda p: _binary_loss(p, logits, gold), np.zeros(2))
    scale = float(np.exp(log_scale))
    probs = 0.5 * (1.0 + np.tanh(0.5 * (scale * logits + shift)))
    thresholds = [_best_threshold(probs[rows], gold[rows]) for rows in _resamples(groups, seed) if gold[rows].any()]
    return FrameCalibration(scale, float(shift), float(np.mean(thresholds)))


def fit_stance(logits: np.ndarray, gold: np.ndarray, groups: np.ndarray, seed: int) -> StanceCalibration:
    """Temperature and bias scaling (after Guo et al. 2017), and thresholds that give the best macro-F1.

    One choice of thresholds hangs on a few rows: those of `_STANCE_ROUNDS` resamples of the articles are averaged.

    Parameters
    ----------
    logits : array of shape (n, 3)
        Of rows that the labeler was not fitted on.
    gold : array of shape (n,)
        Indexes into `STANCES`.
    groups : array of shape (n,)
        The article of each row.
    """
    if len(np.unique(gold)) < 2:
        return StanceCalibration()
    (log_scale, *shifts), _ = _minimize(lambda p: _softmax_loss(p, logits, gold), np.zeros(4))
    shifts = np.array(shifts) - np.mean(shifts)
    fitted = StanceCalibration(float(np.exp(log_scale)), tuple(float(s) for s in shifts))  # type: ignore[arg-type]
    log_probs = np.log(np.maximum(stance_probabilities(logits, fitted), np.finfo(float).tiny))
    samples = _resamples(groups, seed)[:_STANCE_ROUNDS]
    chosen = np.mean([_best_log_thresholds(log_probs[rows], gold[rows]) for rows in samples], axis=0)
    against, favor = np.exp(chosen).tolist()
    return replace(fitted, thresholds=(against, 1.0, favor))


def _best_log_thresholds(log_probs: np.ndarray, gold: np.ndarray) -> tuple[float, float]:
    """The thresholds of against and favor, in logarithms, of the best macro-F1; the highest of those as good."""
    best, chosen = -1.0, (0.0, 0.0)
    grid = np.log(_GRID[::-1])
    for against in grid.tolist():
        for favor, score in zip(grid.tolist(), _macro_f1s(log_probs, gold, against, grid).tolist(), strict=True):
            if score > best + 1e-12:
                best, chosen = score, (against, favor)
    return chosen


def _macro_f1s(log_probs: np.ndarray, gold: np.ndarray, against: float, favors: np.ndarray) -> np.ndarray:
    """Macro-F1 at one threshold of against and each of favor, in logarithms: an array of the length of `favors`."""
    other = np.maximum(log_probs[:, 0] - against, log_probs[:, 1])
    opposed = log_probs[:, 0] - against >= log_probs[:, 1]
    favored = (log_probs[:, 2, None] - favors > other[:, None]).astype(float)
    given = np.eye(3)[gold]
    others = np.column_stack([opposed, ~opposed]).astype(float)
    hits = np.vstack([(given[:, :2] * others).T @ (1.0 - favored), given[:, 2] @ favored])
    predicted = np.vstack([others.T @ (1.0 - favored), favored.sum(axis=0)])
    totals = predicted + given.sum(axis=0)[:, None]
    present = totals > 0
    f1s = np.divide(2.0 * hits, totals, out=np.zeros_like(hits), where=present)
    return np.asarray(f1s.sum(axis=0) / present.sum(axis=0))


def _minimize(loss: Any, start: np.ndarray) -> tuple[np.ndarray, float]:
    from scipy.optimize import minimize

    result = minimize(loss, start, method="L-BFGS-B")
    return result.x, float(result.fun)


def _binary_loss(parameters: np.ndarray, logits: np.ndarray, gold: np.ndarray) -> float:
    scaled = np.exp(parameters[0]) * logits + parameters[1]
    return float(np.mean(np.logaddexp(0.0, scaled) - gold * scaled) + _RIDGE * parameters[0] ** 2 / len(gold))


def _softmax_loss(parameters: np.ndarray, logits: np.ndarray, gold: np.ndarray) -> float:
    scaled = np.exp(parameters[0]) * logits + parameters[1:]
    peak = scaled.max(axis=1)
    log_norm = peak + np.log(np.exp(scaled - peak[:, None]).sum(axis=1))
    chosen = scaled[np.arange(len(gold)), gold]
    return float(np.mean(log_norm - chosen) + _RIDGE * np.sum(parameters**2) / len(gold))


def _resamples(groups: np.ndarray, seed: int) -> list[np.ndarray]:
    """Row indexes of `_ROUNDS` bootstrap samples of whole articles."""
    generator = np.random.default_rng(seed)
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    draws = generator.integers(0, len(members), size=(_ROUNDS, len(members)))
    return [np.concatenate([members[i] for i in draw]) for draw in draws]


def _best_threshold(probs: np.ndarray, gold: np.ndarray) -> float:
    """The middle between the last probability labelled and the first not, where F1 is highest."""
    order = np.argsort(-probs, kind="stable")
    sorted_probs = probs[order]
    hits = np.cumsum(gold[order])
    f1 = 2.0 * hits / (np.arange(1, len(gold) + 1) + gold.sum())
    last_of_ties = np.append(sorted_probs[1:] < sorted_probs[:-1], True)
    best = int(np.argmax(np.where(last_of_ties, f1, -1.0)))
    below = sorted_probs[best + 1] if best + 1 < len(gold) else 0.0
    return float((sorted_probs[best] + below) / 2.0)
