"""A model beside its rivals: another model, or predictions that stand in a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from stance.formats.dataformat import parse_prediction
from stance.formats.rows import Row
from stance.models.model import Model
from stance.quoting import quote
from stance.records import InputError, LabelledPassage, Prediction
from stance.scoring.comparison import compare
from stance.scoring.gold import Gold, prepare
from stance.scoring.leak_report import brief_report

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
