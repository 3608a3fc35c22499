"""Scores on parts of the data: by outlet, date, actor."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from stance.labelers.tasks import TASKS
from stance.records import InputError, Passage, Prediction
from stance.scoring.decisions import Decisions, brief_scores, decisions
from stance.scoring.gold import Gold

ABSENT = "(none)"
"""The slice of passages that lack the field."""


def slice_scores(
    gold: Sequence[Gold], predictions: Sequence[Prediction], frames: Sequence[str], field: str
) -> dict[str, Any]:
    """Macro-F1 of each task on the passages of each value of a field.

    Parameters
    ----------
    field : str
        ``date:year`` and ``date:month`` cut dates short. ``actor`` takes the frames of passages that mention it, its
        stance, and the pairs that it is a part of. Passages without the field are the slice `ABSENT`.

    Raises
    ------
    InputError
        Where no passage has the field.
    """
    if field == "actor":
        names = sorted({actor for g in gold for actor in (*g.query.actors, *g.found)})
        chosen: dict[str, np.ndarray | None] = dict.fromkeys(names)
    else:
        value = _field(field)
        values = [value(g.labelled.passage) for g in gold]
        if all(v is None for v in values):
            raise InputError(f"--by {field}: {_no_such_field(gold, field)}")
        named = sorted({v for v in values if v is not None}) + ([None] if None in values else [])
        chosen = {ABSENT if v is None else v: np.array([w == v for w in values]) for v in named}
    made = {task: decisions(gold, predictions, frames, task) for task in TASKS}
    return {name: _slice(made, rows, name) for name, rows in chosen.items()}


def _no_such_field(gold: Sequence[Gold], field: str) -> str:
    name = field.partition(":")[0]
    if any(g.labelled.passage.details.get(name) is not None for g in gold):
        return f'no "{name}" reads like 2021-08-15; write dates so, or slice by {name} as it is'
    fields = sorted({key for g in gold for key in g.labelled.passage.details} | {"article", "actor"})
    return f'no passage has "{name}"; there are {", ".join(fields)}'


def _slice(made: Mapping[str, Decisions], passages: np.ndarray | None, actor: str) -> dict[str, Any]:
    parts = {}
    for task, all_of_it in made.items():
        if passages is None:
            rows = np.array([actor in own for own in all_of_it.actors], dtype=bool)
        else:
            rows = passages[all_of_it.passages]
        parts[task] = all_of_it.take(rows)
    seen = np.concatenate([part.passages for part in parts.values()])
    articles = np.concatenate([part.articles for part in parts.values()])
    return {
        "n_passages": len(np.unique(seen)),
        "n_articles": len(np.unique(articles)),
        **{task: brief_scores(part) for task, part in parts.items()},
    }


def _field(name: str) -> Callable[[Passage], str | None]:
    """How to read the field of a passage."""
    field, _, unit = name.partition(":")
    lengths = {"": None, "year": 4, "month": 7}
    if unit not in lengths:
        raise InputError(f"--by {name}: cut a date by :year or :month")
    length = lengths[unit]

    def value(passage: Passage) -> str | None:
        found = passage.article if field == "article" else passage.details.get(field)
        if found is None:
            return None
        text = str(found)
        if length is None:
            return text
        return text[:length] if re.match(r"\d{4}-\d{2}"[: 5 if length == 4 else None], text) else None

    return value
