"""The command `stance export`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stance.commands.options import (
    MODEL,
    TOOLS,
    UNITS,
    codebook_option,
    output_option,
    quiet_option,
    table_options,
)
from stance.commands.shared import check_written, files_of, note, read_codebook, rows_of
from stance.quoting import counted
from stance.records import InputError

if TYPE_CHECKING:
    from stance.formats.cutting import Cutter

FILE_ENDINGS = dict(zip(TOOLS, (".json", ".jsonl", ".jsonl", ".csv"), strict=True))
"""Of the files that the tools import."""


@click.command(epilog="Example:  stance export labels.jsonl --to label-studio --output tasks.json")
@click.argument(
    "data",
    nargs=-1,
    required=True,
    metavar="DATA...",
    help="Articles, passages, labelled or not, or predictions; folders; - (text, JSONL, CSV).",
)
@click.option("--to", type=click.Choice(TOOLS), required=True, help="The tool to label them in; csv: any spreadsheet.")
@output_option("FILE", "File for the tool to import.")
@codebook_option
@click.option("--model", type=MODEL, metavar="MODEL", help="Model: suggests labels where there are none.")
@click.option("--unit", type=click.Choice(UNITS), help="What a row is; default: told by what it holds.")
@table_options
@quiet_option
def export(
    data: Sequence[str],
    to: str,
    output: Path,
    codebook: Path | None,
    model: Path | None,
    unit: str | None,
) -> None:
    """Write passages for a label tool.

    stance import brings the labels back.

    Articles are cut into passages, as classify does. A file whose rows hold labels or mentions holds passages already;
    --unit says so where it is not plain. What stance classify predicted stands there as suggestions.

    For Label Studio, a labelling configuration made of the codebook is written beside the tasks: tasks.xml beside
    tasks.json. For doccano, make a project of the kind Intent Detection and Slot Filling. For Prodigy, use the
    interfaces relations and choice as blocks.
    """
    from stance.formats.cutting import Cutter
    from stance.formats.findings import Findings
    from stance.formats.labeltools.label_studio import labelling_config
    from stance.formats.labeltools.sheets import is_unread, read_sheets
    from stance.formats.labeltools.tools import export_sheets
    from stance.formats.writing import is_special, replacing
    from stance.models.pre_annotation import pre_annotate
    from stance.models.store import load_model

    if model and codebook:
        raise InputError("--codebook and --model: the model has a codebook of its own; leave one out")
    files = files_of(data)
    alone = to != "label-studio" or is_special(output)
    written = [output] if alone else [output, output.with_suffix(".xml")]
    check_written((), output, ending=FILE_ENDINGS[to])
    check_written([*files, codebook], *written)
    loaded = load_model(model) if model else None
    book = loaded.codebook if loaded else read_codebook(codebook)
    cutter = Cutter(unit, note)
    rows = [row for file in files for row in cutter.cut(file, rows_of([file], labelled=True), len(files) == 1)]
    if not rows:
        raise InputError(f"{', '.join(data)}: no passage to label in it; see above")
    notes = Findings()
    rows = pre_annotate(rows, loaded) if loaded else rows
    sheets = read_sheets(rows, book, notes)
    for line in notes.lines():
        note(line)
    parts = [export_sheets(sheets, to, book)]
    if not alone:
        parts.append(labelling_config(sheets, book))
    with ExitStack() as stack:
        streams = [stack.enter_context(replacing(file)) for file in written]
        for stream, part in zip(streams, parts, strict=True):
            stream.write(part)
    people, suggested = sum(sheet.labelled for sheet in sheets), sum(bool(sheet.model) for sheet in sheets)
    told = f"{counted(len(sheets), 'row')}, {people:,} labelled, {suggested:,} with suggestions"
    told += f"; {_cut(cutter)}" if cutter.articles else ""
    if unread := sum(is_unread(row.fields) for row in rows):
        told += f", {unread:,} in languages that the model can't read, without"
    lacking = "; no labelling configuration beside it" if alone and to == "label-studio" else ""
    note(f"{told}; written to {' and '.join(map(str, written))}{lacking}")


def _cut(cutter: Cutter) -> str:
    """How many articles were cut, and what was recognised in them besides."""
    others = ", ".join(counted(count, kind) for kind, count in cutter.kinds.items() if kind != "prose")
    return f"cut from {counted(cutter.articles, 'article')}" + (
        f"; recognised and left out: {others}" if others else ""
    )
