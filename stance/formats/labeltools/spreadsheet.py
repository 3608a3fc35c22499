"""Spreadsheets as a label tool: a row a passage, a column a frame."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Container, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from stance.formats.csv import Record, disarmed, read_csv
from stance.formats.dataformat import from_json
from stance.formats.labeltools.answers import Answer, Desk, Task
from stance.formats.labeltools.carrying import carried_back, sealed
from stance.formats.labeltools.documents import Document, parsed_json
from stance.formats.labeltools.marks import MARK, NAME, name_of, quoted
from stance.formats.labeltools.sheets import Sheet
from stance.quoting import nearest, quote
from stance.records import InputError
from stance.text.codebook import Codebook
from stance.text.spellings import spelling

# Spreadsheets

_COLUMNS = ("id", "annotator", "article", "title", "source", "date", "url", "lang", "start", "end")
_NUMBERS = ("start", "end")
_FRAME = "frame: "
_SCORE = "model score"
_LABEL_COLUMNS = ("stance", "directed", "mentions")
_EMPTY = "none"
_SPAN = re.compile(rf"({NAME})@\s*(\d+)\s*-\s*(\d+)\s*")
_UNTOUCHED = "as suggested, with no name under annotator"
CELL = 32_767
"""Characters that a cell of Excel holds."""
_YES, _NO = ("1", "1.0", "x", "yes", "true"), ("0", "0.0", "no", "false")


def write_spreadsheet(sheets: Sequence[Sheet], codebook: Codebook) -> bytes:
    """A row for each passage and annotator; with a byte order mark, by which Excel knows UTF-8."""
    lines = [_cells(sheet, codebook) for sheet in sheets]
    used = {name for line in lines for name in line}
    columns = [name for name in _COLUMNS if name in used or name in ("id", "annotator")]
    columns += ["text", *(_FRAME + frame for frame in codebook.frame_ids), *_LABEL_COLUMNS]
    columns += [name for name in (_SCORE, "details") if name in used]
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, columns, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({key: disarmed(str(cell)) for key, cell in line.items()} for line in lines)
    return stream.getvalue().encode("utf-8-sig")


def _cells(sheet: Sheet, codebook: Codebook) -> dict[str, Any]:
    labels, fields = sheet.labels, sheet.fields
    cells: dict[str, Any] = {name: fields[name] for name in _COLUMNS if _fits(name, fields.get(name))}
    cells = {"id": fields.get("id"), **cells, "text": sheet.text}
    if labels.frames is not None:
        cells |= {_FRAME + frame: int(frame in labels.frames) for frame in codebook.frame_ids}
    stance = None if labels.stance is None else [f"{quoted(a)}: {s}" for a, s in labels.stance.items()]
    pairs = labels.directed
    directed = None if pairs is None else [f"{quoted(h)} > {quoted(t)}: {s}" for (h, t), s in pairs.items()]
    spans = sheet.spans or sheet.mentions
    mentions = None if spans is None else [f"{quoted(m.actor)}@{m.start}-{m.end}" for m in spans]
    for name, parts in zip(_LABEL_COLUMNS, (stance, directed, mentions), strict=True):
        cells |= {} if parts is None else {name: "; ".join(parts) or _EMPTY}
    suggested = {"suggested": _label_digest({k: str(v) for k, v in cells.items()})} if sheet.model else {}
    empty: dict[str, Any] = {"frames": []} if labels.frames is not None and not codebook.frames else {}
    cells["details"] = _packed(sealed({**sheet.carried, "fields": {**sheet.fields, **empty}, **suggested}))
    return cells | ({_SCORE: sheet.score["score"]} if sheet.scores else {})


def _packed(carried: Mapping[str, Any]) -> str:
    """As JSON in letters that every encoding has, if that fits in a cell."""
    packed = json.dumps(carried)
    return packed if len(packed) <= CELL else json.dumps(carried, ensure_ascii=False)


def _fits(name: str, value: Any) -> bool:
    """Whether a value comes back from a cell as it went in."""
    return type(value) is int if name in _NUMBERS else isinstance(value, str) and value != ""


def read_spreadsheet(document: Document, desk: Desk) -> Iterator[Task]:
    header, records = read_csv(io.StringIO(document.table(desk.notes.add), newline=""), document.place)
    columns = _columns(header, f"{document.place}:1", desk)
    lines = list(records)
    ids = {identifier for record in lines if (identifier := _exported_id(record.fields))}
    for record in lines:
        if record.fields or record.problem:
            yield record.place, partial(_answer, record, columns, ids, desk), ""


def _columns(header: Sequence[str], place: str, desk: Desk) -> dict[str, str]:
    """The columns by the names they should have; those of labels that are misnamed or gone are refused, since what they
    held would be lost, or read as "does not apply"."""
    book = desk.codebook
    known = f"the codebook {book.name} has {', '.join(book.frame_ids) or 'none'}"
    names: dict[str, str] = {}
    for name in header:
        own = spelling(name)
        if own.startswith(_FRAME.strip()):
            written = name.partition(":")[2].strip()
            frame = desk.spellings.frame(written)
            if frame is None:
                near = nearest(desk.spellings.nearest_frames(written))
                raise InputError(f"{place}: unknown frame {quote(written)}{near}; {known}")
            own = _FRAME + frame
        own = own if own in (*_LABEL_COLUMNS, *_COLUMNS, "details") or own.startswith(_FRAME) else name
        if own in names:
            raise InputError(f"{place}: two columns are named {quote(own)}; keep one")
        names[own] = name
    gone = [frame for frame in book.frame_ids if _FRAME + frame not in names]
    if gone and any(name.startswith(_FRAME) for name in names):
        raise InputError(f"{place}: no column {quote(_FRAME + gone[0])}; {known}: each needs its column")
    return names


def _exported_id(cells: Mapping[str, str]) -> str | None:
    """The id that the details of a row name."""
    try:
        return str(from_json(cells["details"])["fields"]["id"])
    except (KeyError, TypeError, ValueError, RecursionError):
        return None


def _label_digest(cells: Mapping[str, str]) -> str:
    """Of the labels in a row's cells, however a spreadsheet spells them: it tells suggestions that nobody touched."""
    words = {name: "".join(cell.lower().split()).rstrip(";") for name, cell in cells.items()}
    words = {name: "1" if word in _YES else "0" if word in _NO else word for name, word in words.items()}
    own = sorted((n, w) for n, w in words.items() if w and (n in _LABEL_COLUMNS or n.startswith(_FRAME)))
    return hashlib.sha256(json.dumps(own).encode()).hexdigest()[:16]


def _answer(record: Record, columns: Mapping[str, str], ids: Container[str], desk: Desk) -> Answer:
    place = record.place
    if record.problem:
        raise InputError(f"{place}: {record.problem}")
    line = {own: record.fields[name] for own, name in columns.items() if name in record.fields}
    carried = _carried(line, "annotator" in columns, place)
    answer = Answer(line.get("text"), carried, place, desk)
    _compare_cells(answer, line, ids)
    frames = {name.removeprefix(_FRAME): cell for name, cell in line.items() if name.startswith(_FRAME)}
    for frame, cell in frames.items():
        _tick_cell(answer, frame, cell)
    if frames and not answer.frames:
        answer.none.add("frames")
    for name in ("mentions", "stance", "directed"):
        cell = line.get(name, "").strip()
        if spelling(cell) == _EMPTY:
            answer.none.add(name)
            continue
        for found in _parts(answer, name, cell):
            if name == "mentions":
                answer.span(name_of(found[1]), int(found[2]), int(found[3]))
            else:
                answer.take(found)
    if not carried["fields"].get("annotator") and carried.get("suggested") == _label_digest(line):
        answer.left_out = _UNTOUCHED
    return answer


def _carried(line: Mapping[str, str], signable: bool, place: str) -> dict[str, Any]:
    """What the details hold, and what stands in cells besides; the name of the annotator is that in the cell."""
    own = ("text", "details", _SCORE, *_LABEL_COLUMNS)
    default: dict[str, Any] = {k: v for k, v in line.items() if k and k not in own and not k.startswith(_FRAME)}
    details = parsed_json(line["details"], place) if "details" in line else None
    exported = carried_back(details, {}, place)["fields"]
    for name in set(_NUMBERS) & default.keys() - exported.keys():
        if not default[name].isdecimal():
            raise InputError(f"{place}: {name} should be a number; found: {quote(default[name])}")
        default |= {name: int(default[name])}
    carried = carried_back(details, default, place)
    name, before = line.get("annotator"), exported.get("annotator")
    if name != str(before):
        name = str(name).strip(" ") if name else name
    if not signable or str(before) == name or (name is None and not _fits("annotator", before)):
        return carried
    fields = {key: value for key, value in carried["fields"].items() if key != "annotator"}
    return {**carried, "fields": {**fields, **({"annotator": name} if name else {})}}


def _compare_cells(answer: Answer, line: Mapping[str, str], ids: Container[str]) -> None:
    """Hold the cells against what was exported, which comes back; another row's id is refused."""
    exported = answer.carried["fields"] if "text" in answer.carried else {}
    for name in _COLUMNS:
        cell, own = line.get(name), exported.get(name)
        if name == "annotator" or cell is None or own is None or cell == str(own):
            continue
        if name == "id" and cell in ids:
            raise answer.refuse(f"id {quote(cell)} stands with the text of {quote(own)}; were columns sorted apart?")
        answer.note(f"the column {name} came back as {quote(cell)}; what was exported is kept", kind=f"column {name}")


def _tick_cell(answer: Answer, frame: str, cell: str) -> None:
    word = cell.strip().lower()
    if word in _YES:
        answer.tick(frame)
    elif word not in _NO:
        raise answer.refuse(f"frame {frame} should be 1, 0 or empty; found: {quote(cell)}")


def _parts(answer: Answer, name: str, cell: str) -> Iterator[re.Match[str]]:
    """The parts of a cell between semicolons."""
    pattern, form = (_SPAN, "actor@4-7") if name == "mentions" else (MARK, "actor: against")
    form = "holder > target: against" if name == "directed" else form
    position = 0
    cell = cell.rstrip("; \t\r\n")
    while position < len(cell):
        found = pattern.match(cell, position)
        if not found or cell[found.end() : found.end() + 1] not in ("", ";"):
            raise answer.refuse(f"{name} {quote(cell[position:])}: write {form}, with ; between several, or {_EMPTY}")
        yield found
        position = found.end() + 1
