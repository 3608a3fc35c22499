"""The command `stance suggest`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stance.commands.options import (
    actors_option,
    inputs_argument,
    layout,
    model_option,
    output_option,
    quiet_option,
    table_options,
    unit_option,
)
from stance.commands.shared import (
    check_written,
    console_on,
    counting,
    files_of,
    is_printed,
    labelled_of,
    note,
    prose_of,
    read_codebook,
    tell_frames,
    write_rows,
)
from stance.machine import usable_cores
from stance.quoting import counted
from stance.records import InputError, Labels

if TYPE_CHECKING:
    from stance.learning.suggestions import Suggestions
    from stance.records import LabelledPassage
    from stance.text.codebook import Codebook


@click.command(epilog="Example:  stance suggest articles.jsonl -n 100 --labelled labels.jsonl --output to-label.jsonl")
@inputs_argument
@output_option("FILE.jsonl", "File to write; -: print.")
@click.option(
    "-n", "count", type=click.IntRange(min=1), default=100, show_default=True, metavar="N", help="How many passages."
)
@model_option
@actors_option
@click.option(
    "--labelled",
    multiple=True,
    metavar="DATA",
    help="What is labelled already: left out, and tells what is rare; repeatable.",
)
@unit_option
@table_options
@quiet_option
def suggest(
    inputs: Sequence[str],
    output: Path,
    count: int,
    model: Path | None,
    codebook: Path | None,
    labelled: Sequence[str],
    unit: str,
) -> None:
    """Choose the passages to label next.

    Each comes with its reason.

    These are passages that the model is unsure of, that stand for many others, and that hold rare labels. No two are
    alike. Bring them to a label tool with export. Label them, train on old and new labels together, and suggest again.

    With --codebook alone, no model is needed. Passages are chosen that name its actors, or that are near the
    definitions of its frames, and some evenly from all. With --model too, that model judges the codebook's actors.
    """
    from stance.formats.jsonl import json_line

    files = files_of(inputs)
    if not is_printed(output):
        check_written([*files, *labelled, codebook], output, ending=".jsonl")
    if "-" in files and "-" in labelled:
        raise InputError("-: INPUT and --labelled can't both be standard input; use a file")
    book = read_codebook(codebook) if codebook else None
    if book and not model:
        found, why = _first(files, book, count, labelled, unit), "for"
    else:
        (found, book), why = _next(files, str(model or ""), book, count, labelled, unit), "unsure of"
    rows = (json_line(suggestion.to_dict()) for suggestion in found.chosen)
    write_rows(rows, output, "jsonl", book)
    note(_told(found, why) + ("" if is_printed(output) else f"; written to {output}"))


def _next(
    files: Sequence[str], directory: str, actors: Codebook | None, count: int, labelled: Sequence[str], unit: str
) -> tuple[Suggestions, Codebook]:
    """What a model is unsure of, and its codebook."""
    from stance.jobs.progress import LabellingProgress
    from stance.jobs.stream import Reader, Settings, label_rows, model_of
    from stance.learning.suggestions import suggest as choose
    from stance.models.shipped import default_model
    from stance.scoring.gold import prepare

    directory, settings = directory or str(default_model()), Settings(codebook=actors)
    loaded = model_of(directory, settings)
    if actors:
        tell_frames(actors, loaded.codebook)
    gold = prepare(_known(labelled, loaded.codebook), loaded.matcher)
    reader, kinds = Reader(unit, report=note, layout=layout()), Counter[str]()
    with LabellingProgress(console_on(sys.stderr) if sys.stderr.isatty() else None, files) as progress:
        batches = label_rows(reader.read(files), directory, settings, usable_cores())
        found = choose(counting(batches, reader, kinds, progress), loaded.codebook.frame_ids, count, gold)
    return found, loaded.codebook


def _first(files: Sequence[str], book: Codebook, count: int, labelled: Sequence[str], unit: str) -> Suggestions:
    """What a codebook alone is about."""
    from stance.jobs.stream import Reader
    from stance.learning.cold_start import cold_start

    passages = prose_of(Reader(unit, report=note, layout=layout()).read(files))
    written = replace(book, frames=tuple(frame for frame in book.frames if frame.id not in book.unwritten))
    return cold_start(passages, written, count, _known(labelled, book))


def _known(labelled: Sequence[str], book: Codebook) -> list[LabelledPassage]:
    """What is labelled already."""
    from stance.formats.columns import FOUND

    known = labelled_of(labelled, book, laid_out=FOUND)[0] if labelled else []
    if labelled and all(row.labels == Labels() for row in known):
        raise InputError(f"{', '.join(labelled)}: no labels in it; give labelled passages, or leave --labelled out")
    return known


def _told(found: Suggestions, why: str) -> str:
    """How many passages are suggested, why, by the labels of their reasons, and what was left out."""
    labels = Counter(label for suggestion in found.chosen for label in dict.fromkeys(suggestion.labels))
    left_out = {
        "labelled already": found.n_labelled,
        "just like another": found.n_copies,
        "in a language that the model can't read": found.n_unread,
    }
    parts = [f"{counted(len(found.chosen), 'passage')} of {found.n_passages:,} to label"]
    if labels:
        parts.append(f"{why} {', '.join(f'{label} ({number:,})' for label, number in labels.most_common())}")
    if any(left_out.values()):
        parts.append(f"left out: {', '.join(f'{number:,} {why}' for why, number in left_out.items() if number)}")
    return "; ".join(parts)
