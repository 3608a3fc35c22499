"""To label tools and back: passages and labels written for a tool, and what people labelled there read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from stance.formats.dataformat import Places
from stance.formats.labeltools.answers import Answer, Desk, Task
from stance.formats.labeltools.doccano import read_doccano, write_doccano
from stance.formats.labeltools.documents import Document, documents, parsed_json
from stance.formats.labeltools.label_studio import read_tasks, write_tasks
from stance.formats.labeltools.placing import agreed
from stance.formats.labeltools.prodigy import read_prodigy, write_prodigy
from stance.formats.labeltools.sheets import JUDGED, Sheet, row_of
from stance.formats.labeltools.spreadsheet import read_spreadsheet, write_spreadsheet
from stance.records import InputError
from stance.text.codebook import Codebook

TOLERATED = 0.01
"""The share of rows that may be refused and are left out; where there are more, the import is refused."""
SHOWN = 20
"""Refused rows that are told one by one."""


@dataclass(frozen=True, slots=True)
class Imported:
    """Rows of the data format, how many tasks were left out for what reason, and lines on what was mended."""

    rows: list[dict[str, Any]]
    left_out: Counter[str]
    notes: list[str] = field(default_factory=list)


def export_sheets(sheets: Sequence[Sheet], tool: str, codebook: Codebook) -> bytes:
    """The file that a tool imports."""
    return _WRITERS[tool](sheets, codebook)


def import_rows(
    files: Sequence[str], tool: str, codebook: Codebook, report: Callable[[str], None] = lambda line: None
) -> Imported:
    """What people labelled in a tool, as rows of the data format: one for each passage and annotator.

    What came back is held against what was exported. Spans that the tool counts otherwise are put where they belong,
    and labels that are written otherwise are taken where they have one meaning; both are noted.

    Parameters
    ----------
    report : callable
        Takes a line on each refused row, where there are several.

    Raises
    ------
    InputError
        With file and task or line: for what is no export of the tool, labels that one annotator gave twice, and where
        more rows than `TOLERATED` hold unknown labels, labels that contradict each other, or spans of which it is not
        certain where they stand.
    """
    taken = _Taken(Desk(codebook))
    for document in documents(files):
        taken.add(document, tool)
    taken.check(report)
    _name_by_file(taken.rows, taken.stems)
    known = Places()
    for row, place in zip(taken.rows, taken.places, strict=True):
        known.add(str(row["id"]), str(row.get("annotator") or ""), place)
    return Imported(taken.rows, taken.left_out, [*taken.desk.notes.lines(), *taken.refused])


class _Taken:
    """The rows of several files so far, and what was left out and refused."""

    def __init__(self, desk: Desk):
        self.desk = desk
        self.rows: list[dict[str, Any]] = []
        self.stems: list[str] = []
        self.places: list[str] = []
        self.left_out: Counter[str] = Counter()
        self.refused: list[str] = []

    def add(self, document: Document, tool: str) -> None:
        """Take the rows of a file, all of whose spans are counted in one way."""
        answers: list[Answer] = []
        for _, read, reason in _READERS[tool](document, self.desk):
            self.left_out.update([] if read else [reason])
            with self.refusing():
                answers += [read()] if read else []
        ways = agreed(answer.returned for answer in answers)
        for answer in answers:
            with self.refusing():
                self.take(answer, ways, document, tool)

    def take(self, answer: Answer, ways: frozenset[str], document: Document, tool: str) -> None:
        row = row_of(answer.sheet(ways), answer.place, self.desk.codebook)
        if answer.left_out or not any(row.get(key) is not None for key in JUDGED):
            self.left_out[answer.left_out or "not labelled"] += 1
            return
        if tool == "doccano" and document.zipped and document.stem != "all":
            row.setdefault("annotator", document.stem)
        self.rows.append(row)
        self.stems.append(document.stem)
        self.places.append(answer.place)

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """What is done within takes one row; what is wrong with it is kept."""
        try:
            yield
        except InputError as error:
            self.refused.append(str(error))

    def check(self, report: Callable[[str], None]) -> None:
        """Refuse everything where too many rows are refused."""
        count = len(self.refused)
        total = len(self.rows) + count
        if count <= TOLERATED * total:
            self.left_out.update({"refused": count} if count else {})
            self.refused = [f"{line}; left out" for line in self.refused]
            return
        if count == 1:
            raise InputError(self.refused[0])
        for line in self.refused[:SHOWN]:
            report(line)
        told = f"{count:,} of {total:,} labelled rows are refused, as told above"
        raise InputError(f"{told}; mend them (up to 1 in 100 would be left out)")


def _name_by_file(rows: list[dict[str, Any]], stems: list[str]) -> None:
    """Sign by their file the rows that nobody signed, where several files hold labels of one passage."""
    unsigned = [(row, stem) for row, stem in zip(rows, stems, strict=True) if not row.get("annotator")]
    files: dict[str, set[str]] = {}
    for row, stem in unsigned:
        files.setdefault(str(row["id"]), set()).add(stem)
    if any(len(stems_of) > 1 for stems_of in files.values()):
        for row, stem in unsigned:
            row["annotator"] = stem


def _read_label_studio(document: Document, desk: Desk) -> Iterator[Task]:
    return read_tasks(parsed_json(document.text, document.place), document.place, desk)


_WRITERS: dict[str, Callable[[Sequence[Sheet], Codebook], bytes]] = {
    "label-studio": write_tasks,
    "doccano": write_doccano,
    "prodigy": write_prodigy,
    "csv": write_spreadsheet,
}
_READERS: dict[str, Callable[[Document, Desk], Iterator[Task]]] = {
    "label-studio": _read_label_studio,
    "doccano": read_doccano,
    "prodigy": read_prodigy,
    "csv": read_spreadsheet,
}
