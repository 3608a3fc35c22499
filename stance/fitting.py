"""Labelled passages to a calibrated model: cross-fitting by article, calibration, scores on held-out articles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from stance.calibration import Calibration, FrameCalibration, StanceCalibration, fit_frame, fit_stance
from stance.codebook import Codebook
from stance.evaluation import Gold, evaluate, prepare
from stance.mentions import Matcher
from stance.pipeline import Model, decide
from stance.records import STANCES, InputError, LabelledPassage, Prediction
from stance.splits import article_groups, folds
from stance.tasks import DIRECTED, STANCE, TASKS, Labeler, Logits, Query

FOLDS = 5
"""Parts of the articles: each is labelled by a labeler fitted on the others."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A model and its scores on articles that it was not fitted, calibrated or tuned on."""

    model: Model
    scores: dict[str, Any]


@threadpool_limits.wrap(limits=1)  # type: ignore[untyped-decorator]
def fit_model(
    labelled: Sequence[LabelledPassage],
    codebook: Codebook,
    new_labeler: Callable[[], Labeler],
    seed: int = 0,
    jobs: int = 1,
    progress: Callable[[str], None] = lambda message: None,
) -> Fitted:
    """Fit, calibrate and score a labeler.

    Every passage gets logits from a labeler fitted on other articles (`FOLDS` parts, near-duplicates together). The
    calibration and thresholds that ship are fitted on all of these. The scores are honest ones: each part is judged
    with the calibration and thresholds of the other parts. The labeler that ships is fitted on everything.

    Parameters
    ----------
    new_labeler : callable
        Gives an unfitted labeler.
    seed : int
        Deals out the articles; give the labeler its own.
    jobs : int
        Processes that fit parts side by side; the result is the same.
    progress : callable
        Takes a line on what is being done.

    Raises
    ------
    InputError
        Where the data carry no labels to learn, or too few articles for the parts.
    """
    gold = prepare(labelled, Matcher(codebook))
    progress(f"{len(gold):,} passages; looking for near-duplicates")
    groups = article_groups([g.labelled.passage for g in gold])
    fold = folds(groups, FOLDS, seed)
    pieces, tasks = _cross_fit(gold, fold, new_labeler, jobs, progress)
    progress("fitting on everything")
    labeler = _fit(new_labeler(), gold)
    for task in sorted(labeler.tasks - tasks):
        progress(f"too few articles are labelled for {task}: it is left out")
    labeler = labeler.without(labeler.tasks - tasks)
    tasks &= labeler.tasks
    if not tasks:
        raise InputError("too few labels: none of frames, stance and directed could be learned; label more articles")
    progress("calibrating")
    predictions: dict[int, Prediction] = {}
    for number in range(FOLDS):
        inside, others = _rows(fold == number), _rows(fold != number)
        calibration = _calibrate(gold, pieces, groups, others, codebook, seed)
        logits = Logits.concatenate([pieces[i] for i in inside], len(codebook.frames))
        queries = [gold[i].query for i in inside]
        predictions.update(zip(inside, decide(queries, logits, calibration, codebook, tasks, ""), strict=True))
    scores = evaluate(gold, [predictions[i] for i in range(len(gold))], codebook.frame_ids)
    calibration = _calibrate(gold, pieces, groups, range(len(gold)), codebook, seed)
    return Fitted(Model(codebook, labeler, calibration), scores)


def _rows(chosen: np.ndarray) -> list[int]:
    return [int(index) for index in np.flatnonzero(chosen)]


def _fit(labeler: Labeler, gold: Sequence[Gold]) -> Labeler:
    return labeler.fit([g.query for g in gold], [g.labelled for g in gold])


def _cross_fit(
    gold: Sequence[Gold],
    fold: np.ndarray,
    new_labeler: Callable[[], Labeler],
    jobs: int,
    progress: Callable[[str], None],
) -> tuple[list[Logits], frozenset[str]]:
    """Logits of every passage from a labeler fitted on the other folds, and the tasks learned in all of them."""
    pieces: dict[int, Logits] = {}
    tasks = frozenset(TASKS)
    progress(f"fitting {FOLDS} times, each time without one part of the articles")
    parts = [([gold[i] for i in _rows(fold != n)], [gold[i].query for i in _rows(fold == n)]) for n in range(FOLDS)]
    run = Parallel(n_jobs=jobs, return_as="generator")
    results = run(delayed(_fit_and_judge)(new_labeler(), outside, inside) for outside, inside in parts)
    for number, (logits, learned) in enumerate(results):
        progress(f"part {number + 1} of {FOLDS} judged")
        pieces.update(zip(_rows(fold == number), logits.split(parts[number][1]), strict=True))
        tasks &= learned
    return [pieces[i] for i in range(len(gold))], tasks


@threadpool_limits.wrap(limits=1)  # type: ignore[untyped-decorator]
def _fit_and_judge(labeler: Labeler, outside: Sequence[Gold], inside: Sequence[Query]) -> tuple[Logits, frozenset[str]]:
    fitted = _fit(labeler, outside)
    return fitted.logits(inside), fitted.tasks


def _calibrate(
    gold: Sequence[Gold],
    pieces: Sequence[Logits],
    groups: np.ndarray,
    rows: Sequence[int],
    codebook: Codebook,
    seed: int,
) -> Calibration:
    """Calibration and thresholds from the out-of-fold logits of some passages."""
    frame_rows = [i for i in rows if gold[i].labelled.labels.frames is not None and len(pieces[i].frames)]
    frames = {frame: FrameCalibration() for frame in codebook.frame_ids}
    if frame_rows:
        logits = np.concatenate([pieces[i].frames for i in frame_rows])
        for column, frame in enumerate(codebook.frame_ids):
            applies = np.array([frame in (gold[i].labelled.labels.frames or ()) for i in frame_rows])
            frames[frame] = fit_frame(logits[:, column], applies, groups[frame_rows], seed)
    stance, directed = (_calibrate_stance(task, gold, pieces, groups, rows, seed) for task in (STANCE, DIRECTED))
    return Calibration(frames, stance, directed)


def _calibrate_stance(
    task: str, gold: Sequence[Gold], pieces: Sequence[Logits], groups: np.ndarray, rows: Sequence[int], seed: int
) -> StanceCalibration:
    logits = [getattr(pieces[i], task) for i in rows]
    judged = [i for i, part in zip(rows, logits, strict=True) for _ in part]
    if not judged:
        return StanceCalibration()
    stances = [s for i, part in zip(rows, logits, strict=True) if len(part) for s in _stances(gold[i], task)]
    return fit_stance(np.concatenate(logits), np.array([STANCES.index(s) for s in stances]), groups[judged], seed)


def _stances(gold: Gold, task: str) -> Iterable[str]:
    return (getattr(gold.labelled.labels, task) or {}).values()
