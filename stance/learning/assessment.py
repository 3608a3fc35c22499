"""Whole assessments: a model on labelled passages with its leaks and rivals, cross-validation, learning curve,
agreement between annotators."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from stance.formats.dataformat import parse_prediction
from stance.formats.rows import Row
from stance.labelers.tasks import TASKS
from stance.models.model import Model, decide
from stance.quoting import quote
from stance.records import InputError, LabelledPassage, Prediction
from stance.scoring.calibration import Calibration
from stance.scoring.comparison import compare
from stance.scoring.decisions import brief_scores, decisions
from stance.scoring.evaluation import examine
from stance.scoring.gold import Gold, prepare
from stance.scoring.leaks import SIMILARITY, TrainingDigests, find_leaks
from stance.scoring.reliability import MAX_ERROR


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
        As `stance.scoring.evaluation.examine`, and ``leaks``: None where the model keeps no digests of what trained
        it, else ``n``, ``passages`` and, where there are any, the scores ``without`` them.
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
    return leaks_found(gold, predictions, frames, leaks)


def leaks_found(
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
        report["without"] = brief_report([gold[i] for i in kept], [predictions[i] for i in kept], frames)
    return report


def brief_report(gold: Sequence[Gold], predictions: Sequence[Prediction], frames: Sequence[str]) -> dict[str, Any]:
    parts = {task: brief_scores(decisions(gold, predictions, frames, task)) for task in TASKS}
    return {"n_passages": len(gold), "n_articles": len({g.labelled.passage.article for g in gold}), **parts}


Rival = tuple[list[Gold], list[Prediction]]
"""The passages with the actors that another model found, and what it says of them."""


def rival(
    gold: Sequence[Gold], predictions: Sequence[Prediction], theirs: Rival, frames: Sequence[str]
) -> dict[str, Any]:
    """The comparison with another model's predictions of the same passages, and that one's own scores."""
    return {"scores": brief_report(*theirs, frames), **compare(gold, predictions, theirs[1], frames, theirs[0])}


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
