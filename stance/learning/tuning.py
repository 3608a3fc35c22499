"""What is chosen on logits of passages that a labeler was not fitted on: settings, calibration and thresholds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from stance.labelers.tasks import DIRECTED, FRAMES, STANCE, TASKS, Labeler, Logits
from stance.records import STANCES
from stance.scoring.calibration import (
    Calibration,
    FrameCalibration,
    StanceCalibration,
    fit_frames,
    fit_stance,
    frame_probabilities,
    stance_probabilities,
)
from stance.scoring.gold import Gold
from stance.text.codebook import Codebook

_LEAST = 1e-9


@dataclass(frozen=True, slots=True)
class Tuning:
    """Settings of a labeler to choose from.

    Attributes
    ----------
    labelers : sequence of callable
        Each gives an unfitted labeler under one of the settings.
    combined : callable
        Takes the number of a setting for each task, and gives an unfitted labeler under all of these.
    """

    labelers: Sequence[Callable[[], Labeler]]
    combined: Callable[[Mapping[str, int]], Labeler]


def choose(
    gold: Sequence[Gold], rivals: Sequence[Sequence[Logits]], rows: Sequence[int], codebook: Codebook
) -> dict[str, int]:
    """The number of the rival that is best in each task on some passages, by the log loss once it is calibrated.

    Parameters
    ----------
    rivals : sequence of sequence of Logits
        Of each rival, those of every passage.
    """
    if len(rivals) == 1:
        return dict.fromkeys(TASKS, 0)
    losses = [log_losses(gold, pieces, rows, codebook) for pieces in rivals]
    return {task: int(np.argmin([own[task] for own in losses])) for task in TASKS}


def taken(rivals: Sequence[Sequence[Logits]], chosen: Mapping[str, int]) -> list[Logits]:
    """The logits of every passage, those of each task from the rival chosen."""
    parts = zip(*(rivals[chosen[task]] for task in TASKS), strict=True)
    return [Logits(*(getattr(own, task) for own, task in zip(part, TASKS, strict=True))) for part in parts]


def log_losses(
    gold: Sequence[Gold], pieces: Sequence[Logits], rows: Sequence[int], codebook: Codebook
) -> dict[str, float]:
    """The mean log loss of each task under the calibration that these passages give."""
    calibration = calibrate(gold, pieces, rows, codebook)
    logits, applies = _frame_arrays(gold, pieces, rows, codebook)
    probs = frame_probabilities(logits, calibration, codebook.frame_ids)
    losses = {FRAMES: _mean_loss(np.where(applies, probs, 1.0 - probs))}
    for task, part in ((STANCE, calibration.stance), (DIRECTED, calibration.directed)):
        logits, stances = _stance_arrays(task, gold, pieces, rows)
        losses[task] = _mean_loss(stance_probabilities(logits, part)[np.arange(len(stances)), stances])
    return losses


def _mean_loss(probs: np.ndarray) -> float:
    """Of the probabilities that what is so was given."""
    return float(-np.log(np.maximum(probs, _LEAST)).mean()) if probs.size else 0.0


def calibrate(gold: Sequence[Gold], pieces: Sequence[Logits], rows: Sequence[int], codebook: Codebook) -> Calibration:
    """Calibration and thresholds from the out-of-fold logits of some passages."""
    frames = {frame: FrameCalibration() for frame in codebook.frame_ids}
    logits, applies = _frame_arrays(gold, pieces, rows, codebook)
    if applies.size:
        frames = dict(zip(codebook.frame_ids, fit_frames(logits, applies), strict=True))
    stance, directed = (_calibrate_stance(*_stance_arrays(task, gold, pieces, rows)) for task in (STANCE, DIRECTED))
    return Calibration(frames, stance, directed)


def _frame_arrays(
    gold: Sequence[Gold], pieces: Sequence[Logits], rows: Sequence[int], codebook: Codebook
) -> tuple[np.ndarray, np.ndarray]:
    """Logits of the passages that are labelled for frames, and whether each applies: of shape (n, n_frames)."""
    kept = [(pieces[i].frames[0], gold[i].labelled.labels.frames) for i in rows if len(pieces[i].frames)]
    told = [(own, labels) for own, labels in kept if labels is not None]
    shape = (len(told), len(codebook.frames))
    applies = np.array([[frame in labels for frame in codebook.frame_ids] for _, labels in told], dtype=bool)
    return np.array([own for own, _ in told]).reshape(shape), applies.reshape(shape)


def _stance_arrays(
    task: str, gold: Sequence[Gold], pieces: Sequence[Logits], rows: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Logits of what is labelled with a stance, of shape (n, 3), and the stances as indexes into `STANCES`."""
    logits = [getattr(pieces[i], task) for i in rows]
    stances = [s for i, part in zip(rows, logits, strict=True) if len(part) for s in _stances(gold[i], task)]
    none = np.zeros((0, len(STANCES)))
    return np.concatenate([none, *logits]), np.array([STANCES.index(s) for s in stances], dtype=int)


def _calibrate_stance(logits: np.ndarray, stances: np.ndarray) -> StanceCalibration:
    return fit_stance(logits, stances) if len(stances) else StanceCalibration()


def _stances(gold: Gold, task: str) -> Iterable[str]:
    return (getattr(gold.labelled.labels, task) or {}).values()
