"""Whole assessments: a model on labelled passages with its leaks and rivals, cross-validation, learning curve,
agreement between annotators."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from stance.agreement import Unit, disputes, krippendorff_alpha, masi, nominal, pair_scores
from stance.calibration import Calibration
from stance.codebook import Codebook
from stance.comparison import compare
from stance.dataformat import parse_prediction
from stance.evaluation import SEED, Gold, brief_scores, decisions, examine, gold_pairs, prepare
from stance.files import Row
from stance.fitting import fit_model
from stance.leaks import SIMILARITY, TrainingDigests, find_leaks, training_digests
from stance.mentions import Matcher
from stance.pipeline import Model, decide, find_mentions
from stance.quoting import quote
from stance.records import STANCES, InputError, LabelledPassage, Prediction
from stance.reliability import MAX_ERROR
from stance.splits import article_groups, stratified_folds
from stance.tasks import DIRECTED, FRAMES, STANCE, TASKS, Labeler, ask

Progress = Callable[[str], None]
SHARES = (0.1, 0.25, 0.5, 1.0)
"""Of the articles: the points of a learning curve."""
CURVE_FOLDS = 5
"""One fold of so many is held out for a learning curve."""


def predict_both(gold: Sequence[Gold], model: Model) -> tuple[list[Prediction], list[Prediction]]:
    """Predictions of `[g.query for g in gold]`, and the same before calibration."""
    queries = [g.query for g in gold]
    logits, tasks = model.labeler.logits(queries), model.labeler.tasks
    after, before = (
        decide(queries, logits, calibration, model.codebook, tasks, model.name)
        for calibration in (model.calibration, Calibration())
    )
    return after, before


def assess(
    labelled: Sequence[LabelledPassage],
    model: Model,
    trained: TrainingDigests | None = None,
    by: Sequence[str] = (),
    max_error: float = MAX_ERROR,
) -> tuple[list[Gold], list[Prediction], dict[str, Any]]:
    """Score a model on labelled passages, and find what of them it was trained on.

    Returns
    -------
    gold, predictions : lists
        What was scored, for `rival`.
    scores : dict
        As `stance.evaluation.examine`, and ``leaks``: None where the model keeps no digests of what trained it, else
        ``n``, ``passages`` and, where there are any, the scores ``without`` them.
    """
    gold = prepare(labelled, model.matcher)
    predictions, raw = predict_both(gold, model)
    frames = model.codebook.frame_ids
    scores = examine(gold, predictions, frames, raw, by, max_error)
    scores["leaks"] = None if trained is None else leak_report(gold, predictions, frames, trained, model.record)
    return gold, predictions, scores


def leak_report(
    gold: Sequence[Gold],
    predictions: Sequence[Prediction],
    frames: Sequence[str],
    trained: TrainingDigests,
    record: Mapping[str, Any],
) -> dict[str, Any]:
    """Which passages are near-duplicates of training passages, and the scores without them."""
    names = [data.get("file", "?") for data in record.get("data", [])]
    leaks = {}
    for leak in find_leaks([g.labelled.passage.text for g in gold], trained):
        file, row = int(trained.files[leak.trained]), int(trained.rows[leak.trained])
        leaks[leak.passage] = (f"{names[file] if 0 <= file < len(names) else '?'}, row {row}", leak.similarity)
    return _leaks(gold, predictions, frames, leaks)


def _leaks(
    gold: Sequence[Gold],
    predictions: Sequence[Prediction],
    frames: Sequence[str],
    leaks: Mapping[int, tuple[str, float]],
) -> dict[str, Any]:
    """The report on passages that are like those trained on, by their index: like what, and how much."""
    passages = [
        {
            "id": gold[i].labelled.passage.id,
            "place": gold[i].labelled.place,
            "trained_on": source,
            "similarity": round(similarity, 3),
        }
        for i, (source, similarity) in sorted(leaks.items())
    ]
    report: dict[str, Any] = {"n": len(leaks), "similarity": SIMILARITY, "passages": passages, "without": None}
    if leaks:
        kept = [i for i in range(len(gold)) if i not in leaks]
        report["without"] = _brief([gold[i] for i in kept], [predictions[i] for i in kept], frames)
    return report


def _brief(gold: Sequence[Gold], predictions: Sequence[Prediction], frames: Sequence[str]) -> dict[str, Any]:
    parts = {task: brief_scores(decisions(gold, predictions, frames, task)) for task in TASKS}
    return {"n_passages": len(gold), "n_articles": len({g.labelled.passage.article for g in gold}), **parts}


Rival = tuple[list[Gold], list[Prediction]]
"""The passages with the actors that another model found, and what it says of them."""


def rival(
    gold: Sequence[Gold], predictions: Sequence[Prediction], theirs: Rival, frames: Sequence[str]
) -> dict[str, Any]:
    """The comparison with another model's predictions of the same passages, and that one's own scores."""
    return {"scores": _brief(*theirs, frames), **compare(gold, predictions, theirs[1], frames, theirs[0])}


def rival_model(labelled: Sequence[LabelledPassage], model: Model, frames: Sequence[str]) -> Rival:
    """Another model's predictions, of the actors that it finds itself; `InputError` where it knows other frames."""
    if set(model.codebook.frame_ids) != set(frames):
        known = ", ".join(model.codebook.frame_ids)
        raise InputError(f"{model.name}: other frames ({known}); compare models of one study")
    gold = prepare(labelled, model.matcher)
    return gold, model.predict([g.query for g in gold])


def rival_rows(gold: Sequence[Gold], rows: Iterable[Row], frames: Sequence[str], file: str) -> Rival:
    """Predictions read from a file, matched by the passages' ids; a task that no row speaks of was not learned.

    Raises
    ------
    InputError
        Where a passage is missing there, stands there twice, or has another text, and where a row is no prediction.
    """
    found: dict[str, Row] = {}
    for row in rows:
        identifier = str(row.checked().get("id"))
        if identifier in found:
            raise InputError(f"{row.place}: id {quote(identifier)} stands at {found[identifier].place} too; drop one")
        found[identifier] = row
    made = [_prediction(g, found.get(g.labelled.passage.id), frames, file) for g in gold]
    if not any(p.frames or p.stance or p.directed for p in made):
        raise InputError(f"{file}: no predictions of these passages; give what stance classify wrote")
    judged = any(p.stance for p in made)
    found_by_them = [frozenset(p.stance) if judged else g.found for g, p in zip(gold, made, strict=True)]
    return [replace(g, found=own) for g, own in zip(gold, found_by_them, strict=True)], made


def _prediction(gold: Gold, row: Row | None, frames: Sequence[str], file: str) -> Prediction:
    passage = gold.labelled.passage
    if row is None:
        raise InputError(
            f"{file}: no prediction for passage {quote(passage.id)}; classify the same rows with --unit passage"
        )
    fields = {"text": passage.text, **row.checked()}
    if fields["text"] != passage.text:
        raise InputError(f"{row.place}: another text than passage {quote(passage.id)}; classify the same rows")
    made = parse_prediction(fields, row.place)
    if made.frames and not made.frames.keys() >= set(frames):
        raise InputError(
            f"{row.place}: frames {', '.join(made.frames)}, not {', '.join(frames)}; compare models of one study"
        )
    return replace(made, passage=passage)


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
) -> dict[str, Any]:
    """Scores of every passage by a model fitted, calibrated and tuned on the other folds' articles.

    Near-duplicates stay together, labels are spread evenly (`stance.splits.stratified_folds`).

    Returns
    -------
    dict
        As `stance.evaluation.examine`, with ``folds``: macro-F1 of each task in each fold; and ``leaks`` between folds,
        as in `assess`.

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
            model = fit_model([labelled[i] for i in outside], codebook, new_labeler, seed, jobs).model
        except InputError as error:
            raise InputError(f"{name}, fitted on the other articles alone: {error}, or ask for more folds") from None
        own = [gold[i] for i in inside]
        after, before = predict_both(own, model)
        predictions.update(zip(inside, zip(after, before, strict=True), strict=True))
        parts.append(_brief(own, after, codebook.frame_ids))
        for leak in find_leaks([texts[i] for i in inside], training_digests([[texts[i] for i in outside]])):
            like = labelled[outside[leak.trained]]
            leaks[inside[leak.passage]] = (f"{like.place or like.passage.id}, of another fold", leak.similarity)
    after, before = ([predictions[i][k] for i in range(len(gold))] for k in (0, 1))
    scores = examine(gold, after, codebook.frame_ids, before, by, max_error)
    return {**scores, "folds": parts, "leaks": _leaks(gold, after, codebook.frame_ids, leaks)}


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


def agree(labelled: Sequence[LabelledPassage], codebook: Codebook, model: Model | None = None) -> dict[str, Any]:
    """How far several annotators' labels of the same passages agree, and a model with them.

    Returns
    -------
    dict
        ``annotators``; for each task ``alpha`` with its interval, ``per_label``, ``pairs`` and ``annotators``
        (`stance.agreement.pair_scores`), between people; with a model, under ``with_model`` alpha with it as one more
        annotator, and ``per_label``, ``pairs`` and ``annotators`` of it and each of them; ``model``, its name;
        ``disputes``: each place where people differ, and what each said.

    Raises
    ------
    InputError
        Where no passage was labelled by two people, or one of them has the model's name.
    """
    people = sorted({row.annotator for row in labelled})
    units = annotation_units(labelled, codebook)
    if not any(len(unit.values) > 1 for task in TASKS for unit in units[task]):
        raise InputError(
            "no passage was labelled by two annotators; give rows with the same id and different annotators"
        )
    if model and model.name in people:
        raise InputError(f"an annotator is called {model.name}, as the model is; rename one")
    judged = _with_model(labelled, units, model) if model else units
    report: dict[str, Any] = {"annotators": people, "n_passages": len({row.passage.id for row in labelled})}
    for task in TASKS:
        labels = codebook.frame_ids if task == FRAMES else STANCES
        distance = masi if task == FRAMES else nominal
        report[task] = {
            **krippendorff_alpha(units[task], distance, SEED),
            **pair_scores(units[task], labels, people, SEED),
        }
        if model and units[task]:
            pairs = pair_scores(judged[task], labels, [*people, model.name], SEED, against=model.name)
            report[task]["with_model"] = krippendorff_alpha(judged[task], distance, SEED) | pairs
    report["model"] = model.name if model else None
    report["disputes"] = [_dispute(task, unit) for task in TASKS for unit in disputes(units[task])]
    return report


def annotation_units(labelled: Sequence[LabelledPassage], codebook: Codebook) -> dict[str, list[Unit]]:
    """What was judged, by task: frames of each passage, stance toward each actor, each pair; by whom and how."""
    matcher = Matcher(codebook)
    units: dict[str, list[Unit]] = {task: [] for task in TASKS}
    by_id = sorted(enumerate(labelled), key=lambda item: (item[1].passage.id, item[0]))
    for _, group in itertools.groupby(by_id, key=lambda item: item[1].passage.id):
        rows = [row for _, row in group]
        first = rows[0].passage
        if any(row.passage.text != first.text for row in rows):
            raise InputError(f"{rows[1].place}: id {quote(first.id)} has another text at {rows[0].place}; rename one")
        values: dict[str, dict[tuple[str, ...], dict[str, Any]]] = {task: {} for task in TASKS}
        named = list(dict.fromkeys(actor for row in rows for actor in _actors(row)))
        for row in rows:
            labels = row.labels
            if labels.frames is not None:
                values[FRAMES].setdefault((), {})[row.annotator] = frozenset(labels.frames)
            for actor, stance in (labels.stance or {}).items():
                values[STANCE].setdefault((actor,), {})[row.annotator] = stance
            pairs = gold_pairs(labels, find_mentions(row.passage, matcher), named) or {}
            for pair, stance in pairs.items():
                values[DIRECTED].setdefault(pair, {})[row.annotator] = stance
        for task, keyed in values.items():
            units[task] += [Unit((first.id, *key), first.article, own, rows[0].place) for key, own in keyed.items()]
    return units


def _actors(row: LabelledPassage) -> tuple[str, ...]:
    return (*(row.labels.stance or ()), *(actor for pair in row.labels.directed or () for actor in pair))


def _with_model(
    labelled: Sequence[LabelledPassage], units: Mapping[str, Sequence[Unit]], model: Model
) -> dict[str, list[Unit]]:
    """The units with what the model says of them, given every actor that people name."""
    passages = {row.passage.id: row.passage for row in reversed(labelled)}
    named: dict[str, dict[str, None]] = {key: {} for key in passages}
    for task in (STANCE, DIRECTED):
        for unit in units[task]:
            named[unit.key[0]].update(dict.fromkeys(unit.key[1:]))
    queries = [ask(find_mentions(passages[key], model.matcher), actors) for key, actors in named.items()]
    answers = dict(zip(named, model.predict(queries), strict=True))
    judged: dict[str, list[Unit]] = {}
    for task, own in units.items():
        judged[task] = []
        for unit in own:
            answer = _answer(answers[unit.key[0]], task, unit.key[1:])
            values = unit.values if answer is None else {**unit.values, model.name: answer}
            judged[task].append(replace(unit, values=values))
    return judged


def _answer(prediction: Prediction, task: str, key: tuple[str, ...]) -> Any:
    if task == FRAMES:
        return frozenset(prediction.frame_labels) if prediction.frames else None
    judged = prediction.stance.get(key[0]) if task == STANCE else prediction.directed.get((key[0], key[1]))
    return judged.label if judged else None


def _dispute(task: str, unit: Unit) -> dict[str, Any]:
    said = {who: sorted(value) if isinstance(value, frozenset) else value for who, value in unit.values.items()}
    about = " > ".join(unit.key[1:])
    return {"task": task, "id": unit.key[0], "about": about, "place": unit.place, "labels": said}
