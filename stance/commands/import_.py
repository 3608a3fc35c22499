"""The command `stance import`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from stance.commands.options import TOOLS, codebook_option, output_option, quiet_option
from stance.commands.shared import check_written, note, read_codebook, short_names
from stance.quoting import counted
from stance.records import InputError


@click.command("import", epilog="Example:  stance import project.json --from label-studio --output labels.jsonl")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", help="What the tool exported; zip, .xlsx too; -.")
@click.option("--from", "from_", type=click.Choice(TOOLS), required=True, help="The tool.")
@output_option("FILE", "Labelled passages, JSONL.")
@codebook_option
@quiet_option
def import_(
    files: Sequence[str],
    from_: str,
    output: Path,
    codebook: Path | None,
) -> None:
    """Read the labels that people gave in a label tool.

    The output has a row for each passage and annotator.

    Whatever else the exported rows held comes back as it was. Texts are compared with those that were exported. If a
    tool changed a text or counts characters in its own way, spans are moved to where they belong, and you are told.
    Labels in another spelling are taken where they have one meaning.

    Tasks that nobody labelled, or that were skipped or rejected, are left out and counted. So are up to 1 in 100 rows
    that can't be read. With more, the import fails. In a zip archive of doccano, a file's name is its annotator.
    """
    from stance.formats.jsonl import json_line
    from stance.formats.labeltools.tools import import_rows
    from stance.formats.writing import replacing

    check_written([*files, codebook], output, ending=".jsonl")
    imported = import_rows(list(short_names(files).values()), from_, read_codebook(codebook), note)
    left_out = ", ".join(f"{number:,} {reason}" for reason, number in sorted(imported.left_out.items()))
    if not imported.rows:
        nothing = f"{', '.join(files)}: nobody labelled anything in it ({left_out or 'no task'})"
        raise InputError(f"{imported.notes[0]}; else {nothing}" if imported.notes else f"{nothing}; label first")
    for line in imported.notes:
        note(line)
    with replacing(output) as stream:
        stream.writelines(json_line(row) for row in imported.rows)
    people = len({str(row["annotator"]) for row in imported.rows if row.get("annotator")})
    passages = len({str(row["id"]) for row in imported.rows})
    told = f"{counted(len(imported.rows), 'row')} of {counted(passages, 'passage')}"
    told += f" by {counted(people, 'annotator')}" if people else ""
    note(told + (f"; left out: {left_out}" if left_out else "") + f"; written to {output}")
