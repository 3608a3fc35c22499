"""Labelled passages to a calibrated model: held-out articles, calibration on them, and honest scores."""

from __future__ import annotations

import multiprocessing.resource_tracker
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from stance.formats.writing import OutputError
from stance.labelers.onnx.export import FP32, PRECISIONS
from stance.labelers.tasks import TASKS, Labeler, Logits, Query
from stance.learning.tuning import Tuning, calibrate, choose, taken
from stance.machine import Deaf, Unfinished, processes_can_share
from stance.models.model import Model, decide
from stance.records import InputError, LabelledPassage, Prediction
from stance.scoring.calibration import Calibration
from stance.scoring.evaluation import evaluate, macro_f1s
from stance.scoring.gold import Gold, prepare
from stance.scoring.splits import article_groups, folds
from stance.text.codebook import Codebook
from stance.text.mentions import Matcher

if TYPE_CHECKING:
    from stance.labelers.checkpoint import Progress
    from stance.labelers.transformer import TransformerLabeler

FOLDS = 5
"""Parts of the articles: each is labelled by a labeler fitted on the others."""


MAX_COST, MAX_CHANGED = 0.005, 0.04
"""What 8-bit weights may cost: macro-F1 of a task, and the share of all labels that change."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A model and its scores on articles that it was not fitted, calibrated or tuned on.

    Attributes
    ----------
    scores : dict
        On all held-out articles.
    dev : dict of str to dict
        The same for each dev set that took part in the fitting.
    export : dict
        What the smaller precisions of `onnx.export.PRECISIONS` cost that were tried, and which was taken.
    """

    model: Model
    scores: dict[str, Any]
    dev: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    export: Mapping[str, Any] = field(default_factory=dict)


@threadpool_limits.wrap(limits=1)  # type: ignore[untyped-decorator]
def fit_model(
    labelled: Sequence[LabelledPassage],
    codebook: Codebook,
    new_labeler: Callable[[], Labeler],
    seed: int = 0,
    jobs: int = 1,
    progress: Callable[[str], None] = lambda message: None,
    tuning: Tuning | None = None,
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
    tuning : Tuning, optional
        Settings to choose from. Each task takes the one that judges best what it was not fitted on; what judges a part
        of the articles is chosen without it.

    Raises
    ------
    InputError
        Where the data carry no labels to learn, or too few articles for the parts.
    """
    gold = prepare(labelled, Matcher(codebook))
    tuning = tuning or Tuning([new_labeler], lambda chosen: new_labeler())
    labeler, rivals, fold = _fit_crosswise(gold, codebook, tuning, seed, jobs, progress)
    progress("calibrating")
    predictions = _calibrated_crosswise(gold, rivals, fold, codebook, labeler.tasks)
    scores = evaluate(gold, predictions, codebook.frame_ids)
    return Fitted(_calibrated(gold, labeler, rivals, codebook), scores)


@threadpool_limits.wrap(limits=1)  # type: ignore[untyped-decorator]
def fit_unscored(
    labelled: Sequence[LabelledPassage],
    codebook: Codebook,
    new_labeler: Callable[[], Labeler],
    seed: int = 0,
    jobs: int = 1,
    tuning: Tuning | None = None,
) -> Model:
    """The model that `fit_model` gives, without its scores, which take their time."""
    gold = prepare(labelled, Matcher(codebook))
    tuning = tuning or Tuning([new_labeler], lambda chosen: new_labeler())
    labeler, rivals, _ = _fit_crosswise(gold, codebook, tuning, seed, jobs, lambda message: None)
    return _calibrated(gold, labeler, rivals, codebook)


def _calibrated(
    gold: Sequence[Gold], labeler: Labeler, rivals: Sequence[Sequence[Logits]], codebook: Codebook
) -> Model:
    """A labeler that was fitted on everything, calibrated on logits of those that were not."""
    rows = range(len(gold))
    pieces = taken(rivals, choose(gold, rivals, rows, codebook))
    return Model(codebook, labeler, calibrate(gold, pieces, rows, codebook))


def _fit_crosswise(
    gold: Sequence[Gold],
    codebook: Codebook,
    tuning: Tuning,
    seed: int,
    jobs: int,
    progress: Callable[[str], None],
) -> tuple[Labeler, list[list[Logits]], np.ndarray]:
    """A labeler fitted on everything, under the settings that are best; for every passage, its fold, and under each of
    the settings its logits by a labeler that was fitted on the other folds."""
    progress(f"{len(gold):,} passages; looking for near-duplicates")
    groups = article_groups([g.labelled.passage for g in gold])
    fold = folds(groups, FOLDS, seed)
    progress(f"fitting {FOLDS * len(tuning.labelers)} times, each time without one part of the articles")
    tried = [_cross_fit(gold, fold, new, jobs, progress) for new in tuning.labelers]
    rivals, tasks = [pieces for pieces, _ in tried], frozenset.intersection(*(learned for _, learned in tried))
    progress("fitting on everything")
    labeler = _fit(tuning.combined(choose(gold, rivals, range(len(gold)), codebook)), gold)
    for task in sorted(labeler.tasks - tasks):
        progress(f"too few articles are labelled for {task}: it is left out")
    labeler = labeler.without(labeler.tasks - tasks)
    if not labeler.tasks:
        raise InputError("too few labels: none of frames, stance and directed could be learned; label more articles")
    return labeler, rivals, fold


def fit_transformer(
    corpora: Mapping[str, Sequence[LabelledPassage]],
    weights: Mapping[str, float],
    dev: Mapping[str, Sequence[LabelledPassage]],
    codebook: Codebook,
    labeler: TransformerLabeler,
    progress: Progress,
    checkpoint: Path | None = None,
) -> Fitted:
    """Train a transformer on several corpora, export it, and calibrate and score it on articles not trained on.

    The dev sets, or where there are none one in `FOLDS` of the articles, choose the epoch and calibrate. Their scores
    are honest as to calibration and thresholds: each part of their articles is judged with those of the other parts.
    Articles held out for want of a dev set are not lost: when they have chosen and calibrated, the labeler that ships
    is trained anew on all, for as many epochs, as the linear one is.

    Parameters
    ----------
    corpora : Mapping from name to labelled passages
    weights : Mapping from name to float
        How often the passages of a corpus are seen in an epoch.
    dev : Mapping from name to labelled passages
    labeler : TransformerLabeler
        Not fitted yet.
    checkpoint : Path
        Where to keep the state of the training, and to go on from; that of the training anew stands beside, `second`.

    Raises
    ------
    InputError
        Where the data carry no labels to learn, or too few articles are held out.
    """
    matcher = Matcher(codebook)
    train = [(name, gold) for name, rows in corpora.items() for gold in prepare(rows, matcher)]
    held_out = [(name, gold) for name, rows in dev.items() for gold in prepare(rows, matcher)]
    everything = [] if held_out else train
    if everything:
        train, held_out = _hold_out(train, labeler.seed)
        progress.note(f"no dev set: {len(held_out):,} passages are held out, {len(train):,} are trained on")

    def score(candidate: TransformerLabeler) -> float:
        values = _plain_scores(held_out, candidate, codebook)
        progress.note("  ".join(f"{name} {value:.3f}" for name, value in values.items()))
        return float(np.mean([*values.values()]))

    _fit_rows(labeler, train, weights, score, checkpoint, progress)
    fitted = export_calibrated(labeler, held_out, codebook, progress)
    if everything:
        progress.note(f"training anew on all {len(everything):,} passages, {labeler.epochs_} epochs")
        final = labeler.anew()
        _fit_rows(final, everything, weights, None, second(checkpoint) if checkpoint else None, progress)
        kept = fitted.model.labeler.tasks
        exported = final.exported(fitted.export["taken"]).without(final.tasks - kept)
        fitted = replace(fitted, model=Model(codebook, exported, fitted.model.calibration))
    return replace(fitted, dev={name: fitted.dev[name] for name in dev})


def export_calibrated(
    labeler: TransformerLabeler, held_out: Sequence[tuple[str, Gold]], codebook: Codebook, progress: Progress
) -> Fitted:
    """A trained transformer as the model that ships, calibrated and scored on passages that it was not trained on.

    Parameters
    ----------
    held_out : sequence of (name, Gold)
        Each passage with the name of its set.
    """
    progress.note("exporting to ONNX, and calibrating")
    exported, report = _export(labeler, [g for _, g in held_out], codebook, progress)
    return replace(calibrated(exported, held_out, codebook), export=report)


def calibrated(labeler: TransformerLabeler, held_out: Sequence[tuple[str, Gold]], codebook: Codebook) -> Fitted:
    """A transformer that is exported, calibrated and scored on passages that it was not trained on.

    Parameters
    ----------
    held_out : sequence of (name, Gold)
        Each passage with the name of its set.
    """
    gold = [g for _, g in held_out]
    groups = article_groups([g.labelled.passage for g in gold])
    fold = folds(groups, max(2, min(FOLDS, len(np.unique(groups)))), labeler.seed)
    pieces = labeler.logits([g.query for g in gold]).split([g.query for g in gold])
    predictions = _calibrated_crosswise(gold, [pieces], fold, codebook, labeler.tasks)
    dev_scores = {}
    for name in dict.fromkeys(name for name, _ in held_out):
        rows = [i for i, (own, _) in enumerate(held_out) if own == name]
        dev_scores[name] = evaluate([gold[i] for i in rows], [predictions[i] for i in rows], codebook.frame_ids)
    model = Model(codebook, labeler, calibrate(gold, pieces, range(len(gold)), codebook))
    return Fitted(model, evaluate(gold, predictions, codebook.frame_ids), dev_scores)


def second(checkpoint: Path) -> Path:
    """Where the training anew, on all articles, keeps its state."""
    return checkpoint.with_name(f"{checkpoint.name}-all")


def _fit_rows(
    labeler: TransformerLabeler,
    rows: Sequence[tuple[str, Gold]],
    weights: Mapping[str, float],
    score: Callable[[TransformerLabeler], float] | None,
    checkpoint: Path | None,
    progress: Progress,
) -> None:
    labeler.fit(
        [g.query for _, g in rows],
        [g.labelled for _, g in rows],
        [name for name, _ in rows],
        weights,
        score,
        checkpoint,
        progress,
    )


def _hold_out(train: list[tuple[str, Gold]], seed: int) -> tuple[list[tuple[str, Gold]], list[tuple[str, Gold]]]:
    """One fold of the articles apart from the others."""
    fold = folds(article_groups([gold.labelled.passage for _, gold in train]), FOLDS, seed)
    return [train[i] for i in _rows(fold != 0)], [train[i] for i in _rows(fold == 0)]


def _plain_scores(held_out: Sequence[tuple[str, Gold]], labeler: Labeler, codebook: Codebook) -> dict[str, float]:
    """Macro-F1 of each dev set and task, given all mentions, before calibration."""
    values = {}
    for name in dict.fromkeys(name for name, _ in held_out):
        gold = [g for own, g in held_out if own == name]
        queries = [g.query for g in gold]
        predictions = decide(queries, labeler.logits(queries), Calibration(), codebook, labeler.tasks, "")
        scores = macro_f1s(gold, predictions, codebook.frame_ids)
        values.update({f"{name} {task}": value for task, value in scores.items()})
    return values


def _export(
    labeler: TransformerLabeler,
    gold: Sequence[Gold],
    codebook: Codebook,
    progress: Progress,
) -> tuple[TransformerLabeler, dict[str, Any]]:
    """The labeler in the first of `PRECISIONS` that costs next to nothing at the same calibration; and the costs."""
    queries = [g.query for g in gold]
    whole = labeler.logits(queries)
    calibration = calibrate(gold, whole.split(queries), range(len(gold)), codebook)

    def judged(logits: Logits) -> tuple[list[Prediction], dict[str, float]]:
        predictions = decide(queries, logits, calibration, codebook, labeler.tasks, "")
        return predictions, macro_f1s(gold, predictions, codebook.frame_ids)

    expected, scores = judged(whole)
    report: dict[str, Any] = {"taken": FP32, "tried": {}}
    for precision in PRECISIONS[:-1]:
        small = labeler.exported(precision)
        predictions, own = judged(small.logits(queries))
        costs = {task: scores[task] - own[task] for task in scores}
        changed = changed_labels(expected, predictions)
        report["tried"][precision] = {"macro_f1_cost": costs, "changed_labels": changed}
        refused = max(costs.values(), default=0.0) > MAX_COST or changed > MAX_CHANGED
        told = ", ".join(f"{task} {-100 * cost:+.2f}" for task, cost in costs.items())
        verdict = "taken" if not refused else "refused" if precision != PRECISIONS[-2] else f"refused, saved in {FP32}"
        progress.note(f"{precision}: macro-F1 in points {told}; {100 * changed:.1f} % of the labels change: {verdict}")
        if not refused:
            report["taken"] = precision
            return small, report
    return labeler.exported(FP32), report


def changed_labels(left: Sequence[Prediction], right: Sequence[Prediction]) -> float:
    """The share of all decisions (each frame, actor and pair) in which two predictions differ."""
    changed = total = 0
    for a, b in zip(left, right, strict=True):
        changed += len(set(a.frame_labels) ^ set(b.frame_labels))
        changed += sum(a.stance[actor].label != b.stance[actor].label for actor in a.stance)
        changed += sum(a.directed[pair].label != b.directed[pair].label for pair in a.directed)
        total += len(a.frames) + len(a.stance) + len(a.directed)
    return changed / max(total, 1)


def _calibrated_crosswise(
    gold: Sequence[Gold],
    rivals: Sequence[Sequence[Logits]],
    fold: np.ndarray,
    codebook: Codebook,
    tasks: frozenset[str],
) -> list[Prediction]:
    """Predictions, each with the settings, the calibration and the thresholds of the other folds."""
    predictions: dict[int, Prediction] = {}
    for number in np.unique(fold):
        inside, others = _rows(fold == number), _rows(fold != number)
        pieces = taken(rivals, choose(gold, rivals, others, codebook))
        calibration = calibrate(gold, pieces, others, codebook)
        logits = Logits.concatenate([pieces[i] for i in inside], len(codebook.frames))
        queries = [gold[i].query for i in inside]
        predictions.update(zip(inside, decide(queries, logits, calibration, codebook, tasks, ""), strict=True))
    return [predictions[i] for i in range(len(gold))]


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
    parts = [([gold[i] for i in _rows(fold != n)], [gold[i].query for i in _rows(fold == n)]) for n in range(FOLDS)]
    fits = (delayed(_fit_and_judge)(new_labeler(), outside, inside) for outside, inside in parts)
    with Unfinished():
        for number, (logits, learned) in enumerate(_side_by_side(fits, jobs)):
            progress(f"part {number + 1} of {FOLDS} judged")
            pieces.update(zip(_rows(fold == number), logits.split(parts[number][1]), strict=True))
            tasks &= learned
    return [pieces[i] for i in range(len(gold))], tasks


def _side_by_side(calls: Iterable[Any], jobs: int) -> Iterator[Any]:
    """The results of calls, in order, of which so many are made at a time, where the machine can."""
    try:
        if jobs == 1 or not processes_can_share():
            yield from (call(*arguments, **options) for call, arguments, options in calls)
            return
        multiprocessing.resource_tracker.ensure_running()  # started later, it would let signals in again
        with Deaf():
            results = Parallel(n_jobs=jobs, return_as="generator")(calls)
        yield from results
    except BrokenProcessPool:
        raise OutputError("a process was killed, most likely for want of memory; train on fewer passages") from None


@threadpool_limits.wrap(limits=1)  # type: ignore[untyped-decorator]
def _fit_and_judge(labeler: Labeler, outside: Sequence[Gold], inside: Sequence[Query]) -> tuple[Logits, frozenset[str]]:
    fitted = _fit(labeler, outside)
    return fitted.logits(inside), fitted.tasks
