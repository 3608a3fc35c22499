"""How far annotators agree, and a model with them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from stance.labelers.tasks import DIRECTED, FRAMES, STANCE, TASKS, ask
from stance.models.model import Model
from stance.quoting import quote
from stance.records import STANCES, InputError, LabelledPassage, Prediction
from stance.scoring.agreement import Unit, disputes, krippendorff_alpha, masi, nominal, pair_scores
from stance.scoring.decisions import SEED
from stance.scoring.gold import gold_pairs
from stance.text.codebook import Codebook
from stance.text.mentions import Matcher, find_mentions


def agree(labelled: Sequence[LabelledPassage], codebook: Codebook, model: Model | None = None) -> dict[str, Any]:
    """How far several annotators' labels of the same passages agree, and a model with them.

    Returns
    -------
    dict
        ``annotators``; for each task ``alpha`` with its interval, ``per_label``, ``pairs`` and ``annotators``
        (`scoring.agreement.pair_scores`), between people; with a model, under ``with_model`` alpha with it as one more
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
