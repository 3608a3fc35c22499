"""Label tools: sheets to the files that Label Studio, doccano, Prodigy and spreadsheets import, and back to rows."""

from __future__ import annotations

import bisect
import csv
import hashlib
import io
import json
import re
import sys
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from stance.codebook import Codebook
from stance.dataformat import Places, from_json
from stance.files import STDIN, disarmed, json_line, read_csv
from stance.labelstudio import read_tasks, write_tasks
from stance.quoting import quote
from stance.records import STANCES, InputError, Mention
from stance.sheets import (
    JUDGED,
    MARK,
    NAME,
    NONE,
    Answer,
    Sheet,
    Task,
    carried_back,
    end_of,
    listed,
    mapping,
    name_of,
    objects,
    quoted,
    row_of,
    signed,
    stance_mark,
)

UNZIPPED = 1 << 29
"""Bytes that the files of a zip archive may have together."""


@dataclass(frozen=True, slots=True)
class Imported:
    """Rows of the data format, and how many tasks were left out for what reason."""

    rows: list[dict[str, Any]]
    left_out: Counter[str]


def export_sheets(sheets: Sequence[Sheet], tool: str, codebook: Codebook) -> bytes:
    """The file that a tool imports."""
    return _WRITERS[tool](sheets, codebook)


def import_rows(files: Sequence[str], tool: str, codebook: Codebook) -> Imported:
    """What people labelled in a tool, as rows of the data format: one for each passage and annotator.

    Raises
    ------
    InputError
        With file and task or line: for what is no export of the tool, labels that contradict each other or the
        codebook, and labels that one annotator gave twice.
    """
    rows, stems, places, left_out = [], [], [], Counter[str]()
    for document in _documents(files):
        for place, sheet, reason in _READERS[tool](document, codebook):
            row = row_of(sheet, place, codebook) if sheet else {}
            if not any(row.get(key) is not None for key in JUDGED):
                left_out[reason or "not labelled"] += 1
                continue
            if tool == "doccano" and document.zipped and document.stem != "all":
                row.setdefault("annotator", document.stem)
            rows.append(row)
            stems.append(document.stem)
            places.append(place)
    _name_by_file(rows, stems)
    known = Places()
    for row, place in zip(rows, places, strict=True):
        known.add(str(row["id"]), str(row.get("annotator") or ""), place)
    return Imported(rows, left_out)


def _name_by_file(rows: list[dict[str, Any]], stems: list[str]) -> None:
    """Sign by their file the rows that nobody signed, where several files hold labels of one passage."""
    unsigned = [(row, stem) for row, stem in zip(rows, stems, strict=True) if not row.get("annotator")]
    files: dict[str, set[str]] = {}
    for row, stem in unsigned:
        files.setdefault(str(row["id"]), set()).add(stem)
    if any(len(stems_of) > 1 for stems_of in files.values()):
        for row, stem in unsigned:
            row["annotator"] = stem


@dataclass(frozen=True, slots=True)
class _Document:
    """A file, or a file of a zip archive: where it stands, its name without ending, what is in it."""

    place: str
    stem: str
    zipped: bool
    data: bytes

    @property
    def text(self) -> str:
        try:
            return self.data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = self.data.count(b"\n", 0, error.start) + 1
            raise InputError(f"{self.place}:{line}: not UTF-8; save the file as UTF-8 (Excel: CSV UTF-8)") from None


def _documents(files: Sequence[str]) -> Iterator[_Document]:
    for file in files:
        data = _read(file)
        if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            yield from _unzipped(file, data)
        else:
            yield _Document(file, "stdin" if file == STDIN else Path(file).stem, False, data)


def _read(file: str) -> bytes:
    try:
        data = sys.stdin.buffer.read() if file == STDIN else Path(file).read_bytes()
    except FileNotFoundError:
        raise InputError(f"{file}: no such file; check the path") from None
    except OSError as error:
        raise InputError(f"{file}: {error.strerror or error}") from None
    if not data.strip():
        raise InputError(f"{file}: empty; give what the tool exported")
    return data


def _unzipped(file: str, data: bytes) -> Iterator[_Document]:
    """The files of an archive, read in memory: their names serve as names alone, never as paths."""
    left = UNZIPPED
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist():
                name = PurePosixPath(member.filename.replace("\\", "/"))
                if member.is_dir() or name.name.startswith(".") or "__MACOSX" in name.parts:
                    continue
                if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise zipfile.BadZipFile("compressed in an unusual way")
                with archive.open(member) as stream:
                    content = stream.read(left + 1)
                left -= len(content)
                if left < 0:
                    raise InputError(f"{file}: holds more than {UNZIPPED >> 20} MB; unpack it, and give its files")
                if content.strip():
                    yield _Document(f"{file}/{quote(name.name)[1:-1]}", name.stem, True, content)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise InputError(f"{file}: not a zip archive that can be read ({error}); export anew") from None


def _json(text: str, place: str) -> Any:
    try:
        return from_json(text)
    except RecursionError:
        raise InputError(f"{place}: nested too deeply; give what the tool exported") from None
    except ValueError as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "a number out of range"
        raise InputError(f"{place}: broken JSON: {reason}; found: {quote(text[:200])}; export anew") from None


def _json_lines(document: _Document) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, line in enumerate(document.text.split("\n"), 1):
        place = f"{document.place}:{number}"
        if line.strip():
            yield place, mapping(_json(line, place), "a task", place)


# doccano


def _write_doccano(sheets: Sequence[Sheet], codebook: Codebook) -> bytes:
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
        "row": json.dumps(sheet.carried, ensure_ascii=False),
    }


_DOCCANO_FIELDS = ("id", "text", "data", "cats", "label", "entities", "relations", "Comments", "about", "row")


def _read_doccano(document: _Document, codebook: Codebook) -> Iterator[Task]:
    """Lines of any project for texts: categories (`cats`, `label`), spans (`entities`, `label`) and `relations`."""
    for place, line in _json_lines(document):
        answer = Answer(line.get("text", line.get("data")), place, codebook)
        labels = listed(line, "label", place)
        for mark in (*listed(line, "cats", place), *(label for label in labels if isinstance(label, str))):
            answer.tick(mark)
        actors: dict[str, Any] = {}
        for span in (*listed(line, "entities", place), *(label for label in labels if not isinstance(label, str))):
            start, end, actor = _doccano_span(span, place)
            answer.span(actor, start, end)
            actors |= {str(span.get("id")): actor} if isinstance(span, dict) else {}
        for relation in objects(line, "relations", place):
            holder, target = (end_of(answer, actors, relation.get(k), "a relation") for k in ("from_id", "to_id"))
            answer.relate(holder, target, relation.get("type"))
        default = {k: v for k, v in line.items() if k not in _DOCCANO_FIELDS and "row" not in line}
        comments = [c.get("comment") if isinstance(c, dict) else c for c in listed(line, "Comments", place)]
        default |= {"id": str(line.get("id", "")), **({"comments": comments} if comments else {})}
        row = line.get("row")
        yield place, answer.sheet(carried_back(_json(row, place) if isinstance(row, str) else row, default, place)), ""


def _doccano_span(span: Any, place: str) -> tuple[Any, Any, Any]:
    if isinstance(span, dict):
        return span.get("start_offset"), span.get("end_offset"), span.get("label")
    if not isinstance(span, list) or len(span) != 3:
        raise InputError(f"{place}: a span should be [start, end, actor]; found: {quote(span)}")
    return span[0], span[1], span[2]


# Prodigy


def _write_prodigy(sheets: Sequence[Sheet], codebook: Codebook) -> bytes:
    """For the interfaces "relations" (spans and arrows) and "choice" (marks) as blocks of one page."""
    return b"".join(json_line(_prodigy_task(sheet, codebook)) for sheet in sheets)


def _prodigy_task(sheet: Sheet, codebook: Codebook) -> dict[str, Any]:
    tokens = _tokens(sheet)
    spans = [_prodigy_span(span, tokens) for span in sheet.spans]
    arrows = sheet.drawable
    accepted = [*(sheet.labels.frames or ()), *sheet.none_marks, *sheet.stance_marks()]
    accepted += [] if arrows else sheet.directed_marks
    signature = {"_annotator_id": sheet.annotator, "_session_id": sheet.annotator} if sheet.annotator else {}
    return {
        "text": sheet.text,
        "tokens": tokens,
        "spans": spans,
        "relations": _prodigy_relations(sheet, spans) if arrows else [],
        "options": _options(sheet, accepted, codebook),
        "accept": accepted,
        "meta": {"about": sheet.about, **sheet.score},
        "row": sheet.carried,
        **({"answer": "accept", **signature} if sheet.labelled else {}),
    }


def _tokens(sheet: Sheet) -> list[dict[str, Any]]:
    """Words, signs, and blanks other than single ones; no token reaches over the edge of a span."""
    edges = sorted({edge for span in sheet.spans for edge in (span.start, span.end)})
    tokens: list[dict[str, Any]] = []
    for found in re.finditer(r"\w+|[^\w\s]|[^\S ]+", sheet.text):
        start, end = found.span()
        inner = edges[bisect.bisect_right(edges, start) : bisect.bisect_left(edges, end)]
        for left, right in zip([start, *inner], [*inner, end], strict=True):
            blank = sheet.text[right : right + 1] == " "
            tokens.append({"text": sheet.text[left:right], "start": left, "end": right, "id": len(tokens), "ws": blank})
    return tokens


def _prodigy_span(span: Mention, tokens: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    first = bisect.bisect_right(tokens, span.start, key=lambda token: token["end"])
    last = bisect.bisect_left(tokens, span.end, key=lambda token: token["start"]) - 1
    return {"start": span.start, "end": span.end, "token_start": first, "token_end": last, "label": span.actor}


def _prodigy_relations(sheet: Sheet, spans: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    first = sheet.first_spans
    relations = []
    for (holder, target), stance in (sheet.labels.directed or {}).items():
        head, child = spans[first[holder]], spans[first[target]]
        ends = {"head": head["token_end"], "child": child["token_end"], "head_span": head, "child_span": child}
        relations.append({**ends, "label": stance})
    return relations


def _options(sheet: Sheet, accepted: Sequence[str], codebook: Codebook) -> list[dict[str, str]]:
    """What can be ticked: every frame, every stance toward the actors of the passage, that there is none."""
    options = {frame.id: frame.label for frame in codebook.frames}
    for actor in sheet.actors:
        options |= {stance_mark(actor, stance): f"{codebook.label(actor)}: {stance}" for stance in STANCES}
    options |= {mark: mark for mark in NONE.values()}
    options |= {mark: mark for mark in accepted if mark not in options}
    return [{"id": mark, "text": text} for mark, text in options.items()]


def _read_prodigy(document: _Document, codebook: Codebook) -> Iterator[Task]:
    reasons = {"reject": "rejected", "ignore": "ignored"}
    for place, task in _json_lines(document):
        if task.get("answer") != "accept":
            yield place, None, reasons.get(str(task.get("answer")), "not labelled")
            continue
        answer = Answer(task.get("text"), place, codebook)
        spans = objects(task, "spans", place)
        for span in spans:
            answer.span(span.get("label"), span.get("start"), span.get("end"))
        for mark in listed(task, "accept", place):
            answer.tick(mark)
        for relation in objects(task, "relations", place):
            holder, target = (_prodigy_end(answer, relation, side, spans) for side in ("head", "child"))
            answer.relate(holder, target, relation.get("label"))
        meta = task.get("meta")
        default = {**(meta if isinstance(meta, dict) and "row" not in task else {})}
        default["id"] = str(task.get("id") or default.get("id") or task.get("_input_hash") or "")
        carried = carried_back(task.get("row"), default, place)
        yield place, answer.sheet(signed(carried, task.get("_annotator_id") or task.get("_session_id"))), ""


def _prodigy_end(answer: Answer, relation: Mapping[str, Any], side: str, spans: Sequence[Mapping[str, Any]]) -> str:
    """The actor at an end of an arrow: that of its span, else of the span that ends with its token."""
    given = relation.get(f"{side}_span")
    token = relation.get(side)
    actors = {str(span.get("token_end")): span.get("label") for span in spans}
    actor = given.get("label") if isinstance(given, dict) else None
    return end_of(answer, {str(token): actor} if actor else actors, token, "an arrow")


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


def _write_csv(sheets: Sequence[Sheet], codebook: Codebook) -> bytes:
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


def _read_csv(document: _Document, codebook: Codebook) -> Iterator[Task]:
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
    details = _json(line["details"], place) if "details" in line else None
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


def _read_label_studio(document: _Document, codebook: Codebook) -> Iterator[Task]:
    return read_tasks(_json(document.text, document.place), document.place, codebook)


_WRITERS: dict[str, Callable[[Sequence[Sheet], Codebook], bytes]] = {
    "label-studio": write_tasks,
    "doccano": _write_doccano,
    "prodigy": _write_prodigy,
    "csv": _write_csv,
}
_READERS: dict[str, Callable[[_Document, Codebook], Iterator[Task]]] = {
    "label-studio": _read_label_studio,
    "doccano": _read_doccano,
    "prodigy": _read_prodigy,
    "csv": _read_csv,
}
