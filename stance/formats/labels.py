"""Labelled passages, of files or as Python code has them, and what a model's record keeps of where they are from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from stance.formats.columns import FOUND, Columns, Layout, dated
from stance.formats.dataformat import Places, label_row, parse_labelled
from stance.formats.findings import Findings
from stance.formats.given import FRAME, ROWS, Table, plain_fields, renamed, table_of
from stance.formats.meanings import as_meant
from stance.formats.notes import Notes
from stance.formats.reading import read_labelled
from stance.formats.rows import flat_row, without_nulls
from stance.formats.streams import STDIN, spelled
from stance.records import InputError, LabelledPassage
from stance.text.codebook import Codebook
from stance.text.spellings import Spellings

Report = Callable[[str], None]
Rows = tuple[list[LabelledPassage], list[dict[str, Any]]]
"""Labelled passages, and for each source that they are of, in order, its name, digest and counts."""


def labelled_of_files(
    inputs: Sequence[str], codebook: Codebook, report: Report, annotators: bool = False, layout: Layout = FOUND
) -> Rows:
    """Labelled passages of files, and what a model's record keeps of each.

    Parameters
    ----------
    report : callable
        Takes a line on what was taken for what, skipped or guessed.
    annotators : bool
        Whether rows that do not say who labelled them are taken for labels of an annotator named like the file.

    Raises
    ------
    InputError
        For the first row that is broken.
    """
    found, notes = Findings(), Notes(report)
    labelled = read_labelled(inputs, codebook, annotators, found, layout, notes)
    notes.close()
    for line in found.lines():
        report(line)
    records = [file_record(file, rows) for file, rows in labelled.items()]
    return [row for rows in labelled.values() for row in rows], records


def labelled_given(given: Any, codebook: Codebook, report: Report) -> Rows:
    """Labelled passages as Python code has them: rows of the data format, a frame with its columns, or files.

    The checks are those of files. Where no row has an ``id``, the numbers of the rows are taken, from 0.

    Parameters
    ----------
    given : list of Mapping, pandas.DataFrame, path, or list of paths
        In a frame, lists and objects may stand as such, as JSON, and lists of ids as "a;b".

    Raises
    ------
    InputError
        For the first row that is broken, named by its number; and where nothing is given.
    """
    if isinstance(given, str | PathLike):
        given = [given]
    table = table_of(given)
    if not table.items:
        raise InputError("no labelled data; give rows, a frame, or the files to read")
    if all(isinstance(item, str | PathLike) for item in table.items):
        return labelled_of_files([fspath(item) for item in table.items], codebook, report)
    rows = _labelled_rows(table, codebook, report)
    return rows, [_record(table.name, _digest_of(rows), rows)]


def _labelled_rows(table: Table, codebook: Codebook, report: Report) -> list[LabelledPassage]:
    places, spellings, found, labelled = Places(), Spellings(codebook), Findings(), []
    for place, fields in _fields_of(table, report):
        row = parse_labelled(as_meant(fields, spellings, partial(found.add, place)), place, codebook)
        places.add(row.passage.id, row.annotator, place)
        labelled.append(row)
    for line in found.lines():
        report(line)
    return labelled


def _fields_of(table: Table, report: Report) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The fields of each row with its place, as those of a file; numbered where no row has an id."""
    columns = Columns(table.name, replace(FOUND, labelled=True), lambda place, message: report(f"{place}: {message}"))
    rows = []
    for number, item in enumerate(table.items):
        place = f"row {number}"
        if not isinstance(item, Mapping):
            raise InputError(f"{place}: {type(item).__name__} is no labelled row; give rows of the data format")
        fields = dated(renamed(plain_fields(item), columns, place), ())
        row = _cells(fields, place) if table.name == FRAME else without_nulls(fields)
        rows.append((place, row))
    if any(row.get("id") not in (None, "") for _, row in rows):
        return iter(rows)
    return ((place, {**row, "id": str(number)}) for number, (place, row) in enumerate(rows))


def _cells(fields: Mapping[str, Any], place: str) -> Mapping[str, Any]:
    """The fields of a row of a frame, read as those of CSV: an empty cell is no label, and no id."""
    filled = {key: value for key, value in fields.items() if key == "text" or value != ""}
    return flat_row(filled, place, "").checked()


def file_record(file: str, rows: Sequence[LabelledPassage]) -> dict[str, Any]:
    """What a model's record keeps of a file: the end of its path, its digest and its counts."""
    if file == STDIN:
        return _record(file, "", rows)
    with open(file, "rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return _record(spelled("/".join(Path(file).absolute().parts[-2:])), digest, rows)


def _digest_of(rows: Sequence[LabelledPassage]) -> str:
    """The digest of rows, as JSON Lines would hold them."""
    digest = hashlib.sha256()
    for row in rows:
        fields = label_row(row) | ({"annotator": row.annotator} if row.annotator else {})
        digest.update(json.dumps(fields, sort_keys=True).encode() + b"\n")
    return digest.hexdigest()


def _record(name: str, digest: str, rows: Sequence[LabelledPassage]) -> dict[str, Any]:
    articles = len({row.passage.article for row in rows})
    return {"file": name, "sha256": digest, "passages": len(rows), "articles": articles}


def known_sources(
    records: Sequence[Mapping[str, Any]], name: str, kind: str, trained: Mapping[str, Any]
) -> Iterator[str]:
    """A line for each source that a model was trained or calibrated on.

    Parameters
    ----------
    records : sequence of Mapping
        Of what is to be scored.
    name, kind : str
        The model's, and its labeler's.
    trained : Mapping
        What the model's record keeps of its training.
    """
    of_training = {record["sha256"] for record in trained.get("data", [])}
    of_dev = {record["sha256"] for record in trained.get("dev_data", [])}
    for record in records:
        digest, file = record["sha256"], record["file"]
        what = "these rows" if file in (FRAME, ROWS) else "this file"
        if digest and digest in of_training:
            yield f"{file}: {name} was trained on {what}; these scores say nothing of other passages"
        elif digest and digest in of_dev and kind == "transformer":
            yield f"{file}: {name} was calibrated on {what}; its card has the more honest scores"
