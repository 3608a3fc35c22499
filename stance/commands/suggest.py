"""The command `stance suggest`."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stance.commands.options import inputs_argument, model_option, output_option, quiet_option, unit_option
from stance.commands.shared import check_written, console_on, counting, files_of, labelled_of, note, write_rows
from stance.quoting import counted
from stance.records import InputError, Labels

if TYPE_CHECKING:
    from stance.learning.suggestions import Suggestions


@click.command(epilog="Example:  stance suggest articles.jsonl -n 100 --labelled labels.jsonl --output to-label.jsonl")
@inputs_argument
@output_option("FILE.jsonl", "File to write; -: print.")
@click.option(
    "-n", "count", type=click.IntRange(min=1), default=100, show_default=True, metavar="N", help="How many passages."
)
@model_option
@click.option(
    "--labelled",
    multiple=True,
    metavar="DATA",
    help="What is labelled already: left out, and tells what is rare; repeatable.",
)
@unit_option
@quiet_option
def suggest(
    inputs: Sequence[str],
    output: Path,
    count: int,
    model: Path | None,
    labelled: Sequence[str],
    unit: str,
) -> None:
    """Choose the passages that are most worth labelling next, each with the reason.

    The model is unsure of them, they are like many others, rare labels count more, and no two are alike. The rows are
    as classify writes them; export makes them tasks of a label tool. Label, train on old and new labels together, and
    suggest again.
    """
    from stance.formats.jsonl import json_line
    from stance.jobs.progress import LabellingProgress
    from stance.jobs.stream import Reader, Settings, label_rows, model_of
    from stance.learning.suggestions import suggest as choose
    from stance.models.shipped import default_model
    from stance.scoring.gold import prepare

    directory, settings = str(model or default_model()), Settings()
    loaded = model_of(directory, settings)
    files = files_of(inputs)
    if str(output) != "-":
        check_written([*files, *labelled], output, ending=".jsonl")
    if "-" in files and "-" in labelled:
        raise InputError("-: INPUT and --labelled can't both be standard input; use a file")
    known = labelled_of(labelled, loaded.codebook)[0] if labelled else []
    if labelled and all(row.labels == Labels() for row in known):
        raise InputError(f"{', '.join(labelled)}: no labels in it; give labelled passages, or leave --labelled out")
    gold = prepare(known, loaded.matcher)
    reader, kinds = Reader(unit, report=note), Counter[str]()
    with LabellingProgress(console_on(sys.stderr) if sys.stderr.isatty() else None, files) as progress:
        batches = label_rows(reader.read(files), directory, settings, os.cpu_count() or 1)
        found = choose(counting(batches, reader, kinds, progress), loaded.codebook.frame_ids, count, gold)
    rows = (json_line(suggestion.to_dict()) for suggestion in found.chosen)
    write_rows(rows, output, "jsonl", loaded.codebook)
    note(_told(found) + (f"; written to {output}" if str(output) != "-" else ""))


def _told(found: Suggestions) -> str:
    """How many passages are suggested, of which labels the model is unsure there, and what was left out."""
    labels = Counter(label for suggestion in found.chosen for label in dict.fromkeys(suggestion.labels))
    left_out = {
        "labelled already": found.n_labelled,
        "just like another": found.n_copies,
        "in a language that the model can't read": found.n_unread,
    }
    parts = [f"{counted(len(found.chosen), 'passage')} of {found.n_passages:,} to label"]
    if labels:
        parts.append(f"unsure of {', '.join(f'{label} ({number:,})' for label, number in labels.most_common())}")
    if any(left_out.values()):
        parts.append(f"left out: {', '.join(f'{number:,} {why}' for why, number in left_out.items() if number)}")
    return "; ".join(parts)
