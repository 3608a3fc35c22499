"""The command `stance classify`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stance.commands.options import (
    ENGINES,
    FORMATS,
    SEPARATORS,
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
    note,
    note_unread,
    read_codebook,
    tell_frames,
    write_rows,
)
from stance.machine import usable_cores
from stance.quoting import counted
from stance.records import InputError

if TYPE_CHECKING:
    from stance.formats.writing import Shape
    from stance.jobs.progress import LabellingProgress
    from stance.jobs.runs import Run, Tally
    from stance.models.model import Model
    from stance.text.codebook import Codebook

_DOUBTS = 3
"""Labels not to be relied on that are named; of more, their number is told."""


@click.command(epilog="Example:  stance classify articles.jsonl --output predictions.csv")
@inputs_argument
@model_option
@actors_option
@unit_option
@output_option("FILE", "Its ending decides the format.", required=False)
@click.option("--format", "format_", type=click.Choice(FORMATS), help="Default: text on a terminal, else JSONL.")
@click.option(
    "--tidy",
    is_flag=True,
    help="A row for each passage and actor, and for each pair of actors, for analysts: "
    "id, article, title, source, date, url, lang, actor, holder (of pairs), stance, against, neutral, favor, "
    "unsure, frame.ID for each frame, frame_labels, model, text.",
)
@click.option(
    "--separator",
    type=click.Choice(SEPARATORS),
    help="Between cells of CSV; semicolon also writes decimals with a comma, as Excel wants both in much of Europe.  "
    "[default: comma]",
)
@click.option("--threshold", multiple=True, metavar="FRAME=P", help="Another threshold for a frame; may be repeated.")
@click.option(
    "--review",
    type=click.FloatRange(0.0, 1.0),
    metavar="P",
    help="Mark labels that are wrong with this probability or more; default: the model's, 0.4.",
)
@click.option("--explain", is_flag=True, help="Name the words that weighed in; takes many times as long.")
@click.option("--skip-unread-languages", is_flag=True, help="Leave out what is in a language the model can't read.")
@click.option("--jobs", type=click.IntRange(min=0), default=0, metavar="N", help="Processes; default: one a core.")
@click.option("--strict", is_flag=True, help="Stop at the first bad row.")
@click.option("--resume/--restart", default=None, help="Go on with --output where a run was stopped, or start over.")
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default="local",
    show_default=True,
    help="ray: on many machines, one file per core; --output is a folder.",
)
@click.option("--address", metavar="ADDRESS", help="Of the Ray cluster; default: this machine.")
@table_options
@quiet_option
def classify(
    inputs: Sequence[str],
    model: Path | None,
    codebook: Path | None,
    unit: str,
    output: Path | None,
    format_: str | None,
    tidy: bool,
    separator: str | None,
    threshold: Sequence[str],
    review: float | None,
    explain: bool,
    skip_unread_languages: bool,
    jobs: int,
    strict: bool,
    resume: bool | None,
    engine: str,
    address: str | None,
) -> None:
    """Label articles.

    Every passage gets its frames, the stance toward each actor, and the stance of each actor toward each other.

    With --codebook, stances are judged toward the actors of that codebook. The model need not have seen them. Frames
    are learned: those that the model does not know are left out, and named.

    A few bad rows are reported and left out: up to 1 in 100 of a file. With more, the run fails.
    """
    from stance.formats.writing import is_special
    from stance.jobs.progress import LabellingProgress
    from stance.jobs.runs import Run, label_files, label_on_cluster
    from stance.jobs.stream import Settings, model_of, unread_languages
    from stance.models.shipped import default_model

    if engine == "ray" and jobs:
        raise InputError("--jobs belongs to --engine local; Ray hands a file to every core it has")
    if address and engine == "local":
        raise InputError("--address belongs to --engine ray; give that too")
    directory = str(model or default_model())
    actors = read_codebook(codebook) if codebook else None
    settings = Settings(_thresholds(threshold), review, explain, actors, skip_unread_languages)
    kind = _output_format(None if engine == "ray" else output, format_, engine == "ray")
    shape = _shape(tidy, separator, kind)
    loaded = model_of(directory, settings)
    book = loaded.codebook
    _tell_doubts(loaded)
    files = files_of(inputs)
    if not is_printed(output):
        check_written([*files, codebook], output, folder=engine == "ray")
    if actors:
        tell_frames(actors, book)
    run = Run(directory, settings, unit, kind, strict, layout(), shape)
    written = output is not None and not is_printed(output) and not is_special(output)
    kept = written and kind != "text" and "-" not in files
    if engine == "ray" and not kept:
        raise InputError("--engine ray reads files and writes a folder: give --output FOLDER")
    if resume is not None and not kept:
        raise InputError("--resume and --restart go with files to read and --output FILE.jsonl, .csv or .parquet")
    with LabellingProgress(console_on(sys.stderr) if sys.stderr.isatty() else None, files) as progress:
        if output is None or not kept:
            tally = _label_stream(run, files, jobs or usable_cores(), output, book, progress)
        elif engine == "ray":
            tally = label_on_cluster(files, output, run, address, resume, note, progress.advance)
        else:
            tally = label_files(files, output, run, jobs or usable_cores(), resume, note, progress.advance)
    note_unread(unread_languages(tally.kinds), loaded, "left out" if skip_unread_languages else "marked uncertain")
    note(_summary(tally.rows, tally.bad, tally.kinds, output))


def _shape(tidy: bool, separator: str | None, kind: str) -> Shape:
    from stance.formats.csv import SEPARATORS as SIGNS
    from stance.formats.writing import Shape

    if tidy and kind == "text":
        raise InputError("--tidy makes a table; give --output FILE.csv, .parquet or .jsonl, or --format csv or jsonl")
    if separator and kind != "csv":
        raise InputError("--separator belongs to CSV; give --output FILE.csv, or --format csv")
    return Shape(tidy, SIGNS[separator or "comma"])


def _tell_doubts(model: Model) -> None:
    """Say which labels the scores of the model's training cast doubt on."""
    doubts = model.record.get("doubts") or []
    for line in doubts[:_DOUBTS]:
        note(f"labels not to be relied on: {line}")
    if len(doubts) > _DOUBTS:
        note(f"and {counted(len(doubts) - _DOUBTS, 'more label')} not to be relied on: the model's README.md has all")


def _label_stream(
    run: Run, files: Sequence[str], jobs: int, output: Path | None, book: Codebook, progress: LabellingProgress
) -> Tally:
    """Label files to standard output, or into one that can't be gone on with."""
    from stance.jobs.runs import Tally
    from stance.jobs.stream import Reader

    reader, tally = Reader(run.unit, run.strict, note, run.layout), Tally()
    write_rows(
        counting(run.rows(reader, files, jobs), reader, tally.kinds, progress), output, run.kind, book, run.shape
    )
    tally.rows, tally.bad = reader.rows, reader.bad
    return tally


def _thresholds(texts: Sequence[str]) -> tuple[tuple[str, float], ...]:
    thresholds = {}
    for text in texts:
        frame, _, value = text.partition("=")
        try:
            thresholds[frame] = float(value)
        except ValueError:
            raise InputError(f'--threshold "{text}": write FRAME=P, as in terrorism_threat=0.4') from None
    return tuple(sorted(thresholds.items()))


def _output_format(output: Path | None, chosen: str | None, folder: bool = False) -> str:
    if chosen or folder:
        return chosen or "jsonl"
    from stance.formats.writing import is_special

    if output is None or is_printed(output):
        return "text" if sys.stdout.isatty() else "jsonl"
    endings = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".parquet": "parquet", ".txt": "text"}
    if output.suffix.lower() not in endings:
        if is_special(output):
            return "jsonl"
        raise InputError(f"{output}: no format ends in that; use {', '.join(endings)}, or give --format")
    return endings[output.suffix.lower()]


def _summary(rows: int, bad: int, kinds: Mapping[str, int], output: Path | None) -> str:
    from stance.jobs.stream import UNREAD

    others = [counted(n, kind) for kind, n in kinds.items() if kind != "prose" and not kind.startswith(UNREAD)]
    parts = [f"{counted(kinds.get('prose', 0), 'passage')} of {counted(rows - bad, 'input')} labelled"]
    if others:
        parts.append(f"recognised and not labelled: {', '.join(others)}")
    if bad:
        parts.append(f"{counted(bad, 'bad row')} left out (--strict stops at the first)")
    return "; ".join(parts) + (f"; written to {output}" if output and not is_printed(output) else "")
