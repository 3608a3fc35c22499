"""What a model says of rows that nobody labelled, as suggestions for a label tool."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from stance.formats.dataformat import parse_passage
from stance.formats.labeltools.sheets import JUDGED, has_labels
from stance.formats.rows import Row
from stance.models.model import Model


def pre_annotate(rows: Sequence[Row], model: Model) -> list[Row]:
    """The rows, and beside those that nobody labelled what the model says of them, or that it can't read them."""
    bare = [number for number, row in enumerate(rows) if not has_labels(row.checked())]
    passages = [parse_passage(rows[number].fields, rows[number].place, rows[number].default_id) for number in bare]
    told = list(rows)
    for number, prediction in zip(bare, model.classify_passages(passages), strict=True):
        said = prediction.to_dict()
        kept = {key: said[key] for key in (*JUDGED, "frame_labels", "model")}
        kept |= {"uncertain": said["uncertain"]} if prediction.unread else {}
        told[number] = replace(rows[number], fields={**rows[number].fields, **kept})
    return told
