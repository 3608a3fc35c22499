"""What would make a model better: more labels, and of what, or another kind of labeler."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from stance.labelers.tasks import TASKS
from stance.quoting import counted
from stance.records import STANCES, LabelledPassage
from stance.text.codebook import Codebook

FEW, MANY = 20, 1000
"""A label that fewer passages have is rare; so many labelled passages are enough for a transformer."""
_NAMED = 3


def advice(labelled: Sequence[LabelledPassage], book: Codebook, kind: str, scores: Mapping[str, Any]) -> str:
    """One line on what more labels would bring, by the learning curve where it was drawn, and another labeler.

    Parameters
    ----------
    kind : str
        Of the labeler that was trained.
    scores : Mapping
        As `Trained.scores`.
    """
    curve = scores.get("learning_curve") or {}
    more = _by_curve(curve["gain"]) if curve.get("gain") else _by_counts(labelled, book)
    return "; ".join(part for part in (more, _other(kind, len(labelled))) if part)


def _by_curve(gain: Mapping[str, Any]) -> str:
    """What the second half of the labels brought."""
    rows = [row for row in gain["differences"] if row["label"] == "macro-F1"]
    told = ", ".join(f"{row['task']} {row['difference']:+.3f}" for row in rows)
    helped = any(row["difference"] >= 0.01 for row in rows)
    verdict = "label more" if helped else "more labels of the same kind would bring little"
    return f"the second half of the labels brought, in macro-F1, {told}: {verdict}"


def _by_counts(labelled: Sequence[LabelledPassage], book: Codebook) -> str:
    """The rarest labels, or else how many passages are labelled."""
    counts = _counts(labelled, book)
    rare = sorted(((n, label) for label, n in counts.items() if n < FEW), key=lambda pair: pair[0])
    if rare:
        named = ", ".join(f"{label} ({n:,})" for n, label in rare[:_NAMED])
        others = f" and {len(rare) - _NAMED:,} more" if len(rare) > _NAMED else ""
        return f"labels that fewer than {FEW} passages have, of which more would help most: {named}{others}"
    told = counted(len(labelled), "labelled passage")
    if len(labelled) < MANY:
        return f"{told}: twice as many would help; --learning-curve tells how much"
    return f"{told}: --learning-curve tells whether more would help"


def _counts(labelled: Sequence[LabelledPassage], book: Codebook) -> dict[str, int]:
    """How many passages have each label of the tasks that are labelled at all."""
    counts: Counter[str] = Counter()
    held = tuple(stance for stance in STANCES if stance != "neutral")  # of pairs, which are neutral is not listed
    told: dict[str, Sequence[str]] = dict(zip(TASKS, (book.frame_ids, STANCES, held), strict=True))
    known: dict[str, int] = {}
    for task, labels in told.items():
        rows = [getattr(row.labels, task) for row in labelled]
        for own in rows:
            given = set(own.values()) if isinstance(own, Mapping) else set(own or ())
            counts.update(f"{task} {label}" for label in given)
        if any(own for own in rows):
            known.update({f"{task} {label}": counts[f"{task} {label}"] for label in labels})
    return known


def _other(kind: str, n_passages: int) -> str:
    """What another labeler would bring."""
    if kind == "linear":
        return "--labeler probe needs fewer labels"
    if kind == "probe" and n_passages >= MANY:
        return "--labeler transformer reads more closely, and takes an hour or more"
    return ""
