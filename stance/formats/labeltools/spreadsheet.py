"""Spreadsheets as a label tool: a row a passage, a column a frame."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stance.formats.csv import disarmed, read_csv
from stance.formats.labeltools.answers import Answer, carried_back
from stance.formats.labeltools.documents import Document, parsed_json
from stance.formats.labeltools.marks import MARK, NAME, name_of, quoted
from stance.formats.labeltools.sheets import Sheet, Task
from stance.quoting import quote
from stance.records import InputError
from stance.text.codebook import Codebook

# Spreadsheets

_COLUMNS = ("id", "annotator", "article", "title", "source", "date", "url", "lang", "start", "end")
_NUMBERS = ("start", "end")
_FRAME = "frame: "
_SCORE = "model score"
_LABEL_COLUMNS = ("stance", "directed", "mentions")
_EMPTY = "none"
_SPAN = re.compile(rf"({NAME})@\s*(\d+)\s*-\s*(\d+)\s*")
_UNTOUCHED = "as suggested, with no name under annotator"
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
    labels, fields = sheet.labels, dict(sheet.fields)
    cells: dict[str, Any] = {name: fields.pop(name) for name in _COLUMNS if _fits(name, fields.get(name))}
    cells = {"id": fields.get("id"), **cells, "text": sheet.text}
    if labels.frames is not None:
        cells |= {_FRAME + frame: int(frame in labels.frames) for frame in codebook.frame_ids}
        fields |= {} if codebook.frames else {"frames": []}
    stance = None if labels.stance is None else [f"{quoted(a)}: {s}" for a, s in labels.stance.items()]
    pairs = labels.directed
    directed = None if pairs is None else [f"{quoted(h)} > {quoted(t)}: {s}" for (h, t), s in pairs.items()]
    spans = sheet.mentions
    mentions = None if spans is None else [f"{quoted(m.actor)}@{m.start}-{m.end}" for m in spans]
    for name, parts in zip(_LABEL_COLUMNS, (stance, directed, mentions), strict=True):
        cells |= {} if parts is None else {name: "; ".join(parts) or _EMPTY}
    suggested = _label_digest({key: str(cell) for key, cell in cells.items()}) if sheet.model else None
    rest = {"fields": fields, "written": sheet.carried.get("written"), "suggested": suggested}
    rest = {key: value for key, value in rest.items() if value}
    cells |= {"details": json.dumps(rest, ensure_ascii=False)} if rest else {}
    return cells | ({_SCORE: sheet.score["score"]} if sheet.scores else {})


def _fits(name: str, value: Any) -> bool:
    """Whether a value comes back from a cell as it went in."""
    return type(value) is int if name in _NUMBERS else isinstance(value, str) and value != ""


def read_spreadsheet(document: Document, codebook: Codebook) -> Iterator[Task]:
    header, records = read_csv(io.StringIO(document.text, newline=""), document.place)
    _check_columns(header, f"{document.place}:1", codebook)
    for record in records:
        if record.problem:
            raise InputError(f"{record.place}: {record.problem}")
        line = record.fields
        if line:
            sheet = _csv_sheet(line, record.place, codebook)
            untouched = not sheet.annotator and sheet.carried.get("suggested") == _label_digest(line)
            yield (record.place, None, _UNTOUCHED) if untouched else (record.place, sheet, "")


def _check_columns(header: Sequence[str], place: str, codebook: Codebook) -> None:
    """Refuse columns of labels that are misnamed or gone: what they held would be lost, or read as "does not apply"."""
    frames = [name.removeprefix(_FRAME) for name in header if name.startswith(_FRAME)]
    known = f"the codebook {codebook.name} has {', '.join(codebook.frame_ids) or 'none'}"
    for frame in frames:
        if frame not in codebook.frame_ids:
            raise InputError(f"{place}: unknown frame {quote(frame)}; {known}")
    gone = [frame for frame in codebook.frame_ids if frame not in frames]
    if frames and gone:
        raise InputError(f"{place}: no column {quote(_FRAME + gone[0])}; {known}: each needs its column")
    for name in header:
        meant = next((own for own in _LABEL_COLUMNS if name.lower() == own != name), None)
        if meant and meant not in header:
            raise InputError(f"{place}: column {quote(name)}; is {quote(meant)} meant?")


def _label_digest(cells: Mapping[str, str]) -> str:
    """Of the labels in a row's cells, however a spreadsheet spells them: it tells suggestions that nobody touched."""
    words = {name: "".join(cell.lower().split()).rstrip(";") for name, cell in cells.items()}
    words = {name: "1" if word in _YES else "0" if word in _NO else word for name, word in words.items()}
    own = sorted((n, w) for n, w in words.items() if w and (n in _LABEL_COLUMNS or n.startswith(_FRAME)))
    return hashlib.sha256(json.dumps(own).encode()).hexdigest()[:16]


def _csv_sheet(line: Mapping[str, str], place: str, codebook: Codebook) -> Sheet:
    answer = Answer(line.get("text"), place, codebook)
    frames = {name.removeprefix(_FRAME): cell for name, cell in line.items() if name.startswith(_FRAME)}
    for frame, cell in frames.items():
        _tick_cell(answer, frame, cell)
    if frames and not answer.frames:
        answer.none.add("frames")
    for name in _LABEL_COLUMNS:
        cell = line.get(name, "").strip()
        if cell == _EMPTY:
            answer.none.add(name)
            continue
        for found in _parts(answer, name, cell):
            if name == "mentions":
                answer.span(name_of(found[1]), int(found[2]), int(found[3]))
            else:
                answer.take(found)
    own = ("text", "details", _SCORE, *_LABEL_COLUMNS)
    default: dict[str, Any] = {k: v for k, v in line.items() if k and k not in own and not k.startswith(_FRAME)}
    for name in _NUMBERS:
        if name in default and not default[name].isdecimal():
            raise InputError(f"{place}: {name} should be a number; found: {quote(default[name])}")
        default |= {name: int(default[name])} if name in default else {}
    details = parsed_json(line["details"], place) if "details" in line else None
    return answer.sheet(carried_back(details, default, place))


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
