"""doccano: tasks written, and labels read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from stance.formats.jsonl import json_line
from stance.formats.labeltools.answers import Answer, Desk, Task, end_of, listed, objects
from stance.formats.labeltools.carrying import carried_back, sealed
from stance.formats.labeltools.documents import Document, parsed_json, parsed_lines
from stance.formats.labeltools.sheets import Sheet
from stance.quoting import quote
from stance.records import InputError
from stance.text.codebook import Codebook


def write_doccano(sheets: Sequence[Sheet], codebook: Codebook) -> bytes:
    """For a project of the kind "Intent Detection and Slot Filling", the one that has both categories and spans.

    On import doccano (1.8) drops spans that overlap earlier ones, and on export it sorts categories, and so pairs.
    """
    return b"".join(json_line(_doccano_line(sheet)) for sheet in sheets)


def _doccano_line(sheet: Sheet) -> dict[str, Any]:
    """A passage; what is carried is a string, since doccano puts columns through a table, which changes numbers."""
    score = sheet.score
    marks = [*(sheet.labels.frames or ()), *sheet.none_marks, *sheet.stance_marks(), *sheet.directed_marks]
    return {
        "id": sheet.fields["id"],
        "text": sheet.text,
        "cats": marks,
        "entities": [[span.start, span.end, span.actor] for span in sheet.spans],
        "about": sheet.about + (f" · score {score['score']:.2f}" if score else ""),
        "row": json.dumps(sealed(sheet.carried)),
    }


_DOCCANO_FIELDS = ("id", "text", "data", "cats", "label", "entities", "relations", "Comments", "about", "row")


def read_doccano(document: Document, desk: Desk) -> Iterator[Task]:
    """Lines of any project for texts: categories (`cats`, `label`), spans (`entities`, `label`) and `relations`."""
    for place, line in parsed_lines(document):
        yield place, partial(_answer, line, place, desk), ""


def _answer(line: Mapping[str, Any], place: str, desk: Desk) -> Answer:
    answer = Answer(line.get("text", line.get("data")), _carried(line, place), place, desk)
    labels = listed(line, "label", place)
    actors: dict[str, Any] = {}
    for span in (*listed(line, "entities", place), *(label for label in labels if not isinstance(label, str))):
        with answer.piece():
            answer.span(*_doccano_span(span, place))
            actors |= {str(span.get("id")): span.get("label")} if isinstance(span, dict) else {}
    for mark in (*listed(line, "cats", place), *(label for label in labels if isinstance(label, str))):
        with answer.piece():
            answer.tick(mark)
    for relation in objects(line, "relations", place):
        with answer.piece():
            holder, target = (end_of(answer, actors, relation.get(k), "a relation") for k in ("from_id", "to_id"))
            answer.relate(holder, target, relation.get("type"))
    return answer


def _carried(line: Mapping[str, Any], place: str) -> dict[str, Any]:
    default = {k: v for k, v in line.items() if k not in _DOCCANO_FIELDS and "row" not in line}
    comments = [c.get("comment") if isinstance(c, dict) else c for c in listed(line, "Comments", place)]
    default |= {"id": str(line.get("id", "")), **({"comments": comments} if comments else {})}
    row = line.get("row")
    return carried_back(parsed_json(row, place) if isinstance(row, str) else row, default, place)


def _doccano_span(span: Any, place: str) -> tuple[Any, ...]:
    """Actor, start and end, and what is quoted."""
    if isinstance(span, dict):
        return span.get("label"), span.get("start_offset"), span.get("end_offset"), span.get("text")
    if not isinstance(span, list) or len(span) != 3:
        raise InputError(f"{place}: a span should be [start, end, actor]; found: {quote(span)}")
    return span[2], span[0], span[1]
