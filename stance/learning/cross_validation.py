"""Models trained on parts of the data to score the rest: cross-validation, and the learning curve."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from stance.labelers.tasks import TASKS, Labeler
from stance.learning.fitting import fit_model
from stance.learning.tuning import Tuning
from stance.models.model import Model
from stance.records import STANCES, InputError, LabelledPassage, Prediction
from stance.scoring.comparison import compare
from stance.scoring.decisions import brief_scores, decisions
from stance.scoring.evaluation import examine
from stance.scoring.gold import Gold, prepare
from stance.scoring.leak_report import brief_report, leaks_found
from stance.scoring.leaks import find_leaks, training_digests
from stance.scoring.reliability import MAX_ERROR
from stance.scoring.splits import article_groups, stratified_folds
from stance.text.codebook import Codebook
from stance.text.mentions import Matcher

Progress = Callable[[str], None]
SHARES = (0.1, 0.25, 0.5, 1.0)
"""Of the articles: the points of a learning curve."""
CURVE_FOLDS = 5
"""One fold of so many is held out for a learning curve."""


def cross_validate(
    labelled: Sequence[LabelledPassage],
    codebook: Codebook,
    new_labeler: Callable[[], Labeler],
    n_folds: int,
    seed: int = 0,
    jobs: int = 1,
    by: Sequence[str] = (),
    max_error: float = MAX_ERROR,
    progress: Progress = lambda message: None,
    tuning: Tuning | None = None,
) -> dict[str, Any]:
    """Scores of every passage by a model fitted, calibrated and tuned on the other folds' articles.

    Near-duplicates stay together, labels are spread evenly (`stance.scoring.splits.stratified_folds`).

    Parameters
    ----------
    new_labeler, tuning
        As `fit_model` takes them.

    Returns
    -------
    dict
        As `stance.scoring.evaluation.examine`, with ``folds``: macro-F1 of each task in each fold; and ``leaks``
        between folds, as in `assess`.

    Raises
    ------
    InputError
        Where there are too few articles.
    """
    gold = prepare(labelled, Matcher(codebook))
    fold = _folds(gold, codebook, n_folds, seed)
    texts = [row.passage.text for row in labelled]
    predictions: dict[int, tuple[Prediction, Prediction]] = {}
    parts, leaks = [], {}
    for number in range(n_folds):
        name = f"fold {number + 1} of {n_folds}"
        progress(name)
        inside, outside = (np.flatnonzero(rows).tolist() for rows in (fold == number, fold != number))
        try:
            model = fit_model([labelled[i] for i in outside], codebook, new_labeler, seed, jobs, tuning=tuning).model
        except InputError as error:
            raise InputError(f"{name}, fitted on the other articles alone: {error}, or ask for more folds") from None
        own = [gold[i] for i in inside]
        after, before = model.predict_both([g.query for g in own])
        predictions.update(zip(inside, zip(after, before, strict=True), strict=True))
        parts.append(brief_report(own, after, codebook.frame_ids))
        for leak in find_leaks([texts[i] for i in inside], training_digests([[texts[i] for i in outside]])):
            like = labelled[outside[leak.trained]]
            leaks[inside[leak.passage]] = (f"{like.place or like.passage.id}, of another fold", leak.similarity)
    after, before = ([predictions[i][k] for i in range(len(gold))] for k in (0, 1))
    scores = examine(gold, after, codebook.frame_ids, before, by, max_error)
    return {**scores, "folds": parts, "leaks": leaks_found(gold, after, codebook.frame_ids, leaks)}


def learning_curve(
    labelled: Sequence[LabelledPassage],
    codebook: Codebook,
    fit: Callable[[Sequence[LabelledPassage]], Model],
    seed: int = 0,
    progress: Progress = lambda message: None,
) -> dict[str, Any]:
    """Scores on held-out articles of models fitted on growing parts of the others.

    Returns
    -------
    dict
        ``points``, each with ``share``, ``n_articles``, ``n_passages`` and the scores of each task, or ``problem``
        where so few articles could not be learned from; and ``gain``, the paired comparison of all with half of them.
    """
    gold = prepare(labelled, Matcher(codebook))
    held_out = _folds(gold, codebook, CURVE_FOLDS, seed) == 0
    rest = [i for i in range(len(gold)) if not held_out[i]]
    tested = [gold[i] for i in np.flatnonzero(held_out)]
    articles = list(dict.fromkeys(labelled[i].passage.article for i in rest))
    order = [articles[i] for i in np.random.default_rng(seed).permutation(len(articles))]
    points, made = [], {}
    for share in SHARES:
        chosen = set(order[: max(1, round(share * len(order)))])
        rows = [labelled[i] for i in rest if labelled[i].passage.article in chosen]
        point: dict[str, Any] = {"share": share, "n_articles": len(chosen), "n_passages": len(rows)}
        progress(f"learning curve: {share:.0%} of the articles, {len(rows):,} passages")
        try:
            made[share] = fit(rows).predict([g.query for g in tested])
        except InputError as error:
            point["problem"] = str(error)
        else:
            point |= {task: brief_scores(decisions(tested, made[share], codebook.frame_ids, task)) for task in TASKS}
        points.append(point)
    gain = compare(tested, made[1.0], made[0.5], codebook.frame_ids) if {0.5, 1.0} <= made.keys() else None
    return {
        "held_out": {"n_articles": len({g.labelled.passage.article for g in tested})},
        "points": points,
        "gain": gain,
    }


def _folds(gold: Sequence[Gold], codebook: Codebook, n_folds: int, seed: int) -> np.ndarray:
    groups = article_groups([g.labelled.passage for g in gold])
    labels = []
    for g in gold:
        own = g.labelled.labels
        row = [float(frame in (own.frames or ())) for frame in codebook.frame_ids]
        for values in (own.stance, own.directed):
            row += [float(list((values or {}).values()).count(stance)) for stance in STANCES]
        labels.append(row)
    return stratified_folds(groups, np.array(labels), n_folds, seed)
