"""To label tools and back: passages and labels written for a tool, and what people labelled there read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from stance.formats.dataformat import Places
from stance.formats.labeltools.doccano import read_doccano, write_doccano
from stance.formats.labeltools.documents import Document, documents, parsed_json
from stance.formats.labeltools.label_studio import read_tasks, write_tasks
from stance.formats.labeltools.prodigy import read_prodigy, write_prodigy
from stance.formats.labeltools.sheets import JUDGED, Sheet, Task, row_of
from stance.formats.labeltools.spreadsheet import read_spreadsheet, write_spreadsheet
from stance.text.codebook import Codebook


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
    for document in documents(files):
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


def _read_label_studio(document: Document, codebook: Codebook) -> Iterator[Task]:
    return read_tasks(parsed_json(document.text, document.place), document.place, codebook)


_WRITERS: dict[str, Callable[[Sequence[Sheet], Codebook], bytes]] = {
    "label-studio": write_tasks,
    "doccano": write_doccano,
    "prodigy": write_prodigy,
    "csv": write_spreadsheet,
}
_READERS: dict[str, Callable[[Document, Codebook], Iterator[Task]]] = {
    "label-studio": _read_label_studio,
    "doccano": read_doccano,
    "prodigy": read_prodigy,
    "csv": read_spreadsheet,
}
