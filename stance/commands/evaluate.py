"""The command `stance evaluate`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stance.commands.options import (
    MODEL,
    SEED,
    codebook_option,
    data_argument,
    json_option,
    model_option,
    quiet_option,
    report_option,
    table_options,
)
from stance.commands.shared import (
    check_reports,
    console_on,
    files_of,
    is_printed,
    labelled_of,
    note,
    read_codebook,
    write_report,
)
from stance.labelers.kinds import DEFAULT_KIND, FITTED
from stance.machine import usable_cores
from stance.records import InputError

if TYPE_CHECKING:
    from stance.text.codebook import Codebook


@click.command(epilog="Example:  stance evaluate dev.jsonl --model my-model --by source --report scores.html")
@data_argument
@model_option
@json_option
@report_option
@click.option(
    "--by", multiple=True, metavar="FIELD", help="Slice by a field, date:year, date:month or actor; repeatable."
)
@click.option(
    "--compare", type=MODEL, metavar="OTHER", help="Another model's folder, or its predictions of the same rows."
)
@click.option(
    "--max-error",
    type=click.FloatRange(0.0, 1.0),
    default=0.05,
    show_default=True,
    metavar="P",
    help="Largest share of labels that may be wrong and unmarked.",
)
@click.option(
    "--cross-validate",
    type=click.IntRange(min=2),
    metavar="K",
    help="Train models on these data in K folds, and score those.",
)
@click.option("--labeler", type=click.Choice(FITTED), help="Kind of model for --cross-validate; default: probe.")
@codebook_option
@click.option("--seed", type=SEED, metavar="N", help="Seed for --cross-validate; default: 0.")
@table_options
@quiet_option
def evaluate(
    data: Sequence[str],
    model: Path | None,
    json_: Path | None,
    report: Path | None,
    by: Sequence[str],
    compare: Path | None,
    max_error: float,
    cross_validate: int | None,
    labeler: str | None,
    codebook: Path | None,
    seed: int | None,
) -> None:
    """Score a model on labelled passages.

    Told are how good it is, how sure the scores are, on which parts of the data, against another model, and whether the
    test passages were in the training data.

    An actor that is labelled but not found counts as wrong. The scores given all mentions stand beside. Intervals are
    95 %, from a bootstrap over articles.
    """
    from stance.formats.reading import find_files
    from stance.pages.scores_page import scores_page
    from stance.pages.terminal_scores import print_examination

    files = files_of(data)
    compared = find_files([str(compare)]) if compare and not compare.is_dir() else []
    check_reports([*files, *compared, codebook], json_, report)
    if cross_validate:
        if model or compare:
            raise InputError("--cross-validate trains models of its own; leave out --model and --compare")
        kind = labeler or DEFAULT_KIND
        scores = _cross_validated(data, read_codebook(codebook), kind, cross_validate, seed or 0, by, max_error)
    elif codebook or labeler or seed is not None:
        raise InputError("--codebook, --labeler and --seed belong to --cross-validate; leave them out")
    else:
        scores = _assessed(data, model, by, compare, max_error)
    if not any(scores[task]["n"] for task in ("frames", "stance", "directed")):
        raise InputError(
            f"{', '.join(data)}: no label of a task that {scores['model']} learned; give labelled passages"
        )
    write_report(scores, json_, report, scores_page)
    if not is_printed(json_):
        print_examination(scores, console_on(sys.stdout))


def _assessed(
    data: Sequence[str], model: Path | None, by: Sequence[str], other: Path | None, max_error: float
) -> dict[str, Any]:
    from stance.formats.labels import known_sources
    from stance.formats.reading import find_files, read_rows
    from stance.learning.assessment import rival, rival_model, rival_rows
    from stance.models.shipped import default_model
    from stance.models.store import load_model

    loaded = load_model(model or default_model())
    labelled, records = labelled_of(data, loaded.codebook)
    for line in known_sources(records, loaded.name, loaded.labeler.kind, loaded.record):
        note(line)
    gold, predictions, scores = loaded.assess(labelled, loaded.training_digests(), by, max_error)
    frames = loaded.codebook.frame_ids
    if other:
        if other.is_dir():
            rival_of = load_model(other)
            theirs, name = rival_model(labelled, rival_of, frames), rival_of.name
        else:
            [file] = find_files([str(other)])
            theirs, name = rival_rows(gold, read_rows(file), frames, file), str(other)
        scores["comparison"] = {"name": name, **rival(gold, predictions, theirs, frames)}
    return {"model": loaded.name, "data": [record["file"] for record in records], **scores}


def _cross_validated(
    data: Sequence[str], book: Codebook, kind: str, n_folds: int, seed: int, by: Sequence[str], max_error: float
) -> dict[str, Any]:
    from stance.jobs.progress import Log
    from stance.learning.cross_validation import cross_validate
    from stance.learning.training import labeler_of

    labelled, records = labelled_of(data, book)
    new, tuning, jobs = labeler_of(kind, labelled, book, seed, usable_cores())
    with Log(note) as log:
        scores = cross_validate(labelled, book, new, n_folds, seed, jobs, by, max_error, log.note, tuning)
    return {"model": f"{kind} models for {book.name}", "data": [record["file"] for record in records], **scores}
