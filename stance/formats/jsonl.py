"""JSONL: a JSON object a line, read and written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import IO, Any

from stance.formats.columns import Columns, Layout, dated
from stance.formats.dataformat import from_json
from stance.formats.notes import Tell
from stance.formats.rows import HALF_PAIR, Row, holds_half_pair, without_nulls
from stance.formats.streams import TOO_LONG, stem_of, text_lines
from stance.quoting import quote
from stance.records import InputError


def jsonl_rows(name: str, layout: Layout, tell: Tell) -> Iterator[Row]:
    seen, blank = False, 0
    columns = Columns(name, layout, tell)
    for number, line in text_lines(name, layout.encoding, tell):
        place = f"{name}:{number}"
        if line is None:
            seen = True
            yield Row(place, problem=TOO_LONG)
        elif line.strip():
            seen = True
            row = _json_row(line, place, f"{stem_of(name)}:{number}", columns)
            if row.is_blank:
                blank += 1
            else:
                yield row
    if not seen:
        raise InputError(f"{name}: empty; it should hold one JSON object a line")
    columns.close(blank)


def _json_row(line: str, place: str, default_id: str, columns: Columns) -> Row:
    try:
        fields = from_json(line)
    except RecursionError:
        return Row(place, problem="nested too deeply; a row is a flat JSON object")
    except ValueError as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "a number out of range"
        return Row(place, problem=f"broken JSON: {reason}; found: {quote(line)}")
    if not isinstance(fields, dict):
        return Row(place, problem=f"not a JSON object; found: {quote(line)}")
    if holds_half_pair(fields, line):
        return Row(place, problem=HALF_PAIR)
    try:
        named = columns.renamed(fields)
    except InputError as error:
        return Row(place, problem=str(error))
    read = dated(named, columns.layout.date_formats)
    return Row(place, without_nulls(read) if "null" in line else read, default_id=default_id)


def json_line(row: Mapping[str, Any]) -> bytes:
    """A row as a line of JSON; non-ASCII as it is."""
    return json.dumps(row, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


class JsonlWriter:
    """A JSON object a line; takes `json_line`."""

    def __init__(self, stream: IO[bytes]):
        self.stream = stream

    def write(self, formed: bytes) -> None:
        self.stream.write(formed)

    def close(self) -> None:
        self.stream.flush()
