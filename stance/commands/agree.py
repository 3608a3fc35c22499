"""The command `stance agree`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from stance.commands.options import (
    MODEL,
    codebook_option,
    data_argument,
    json_option,
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
from stance.records import InputError


@click.command(epilog="Example:  stance agree ann.jsonl ben.jsonl --model my-model --report agreement.html")
@data_argument
@codebook_option
@click.option("--model", type=MODEL, metavar="MODEL", help="Count this model in as one more annotator.")
@json_option
@report_option
@table_options
@quiet_option
def agree(
    data: Sequence[str],
    codebook: Path | None,
    model: Path | None,
    json_: Path | None,
    report: Path | None,
) -> None:
    """Tell how far annotators agree, and where they do not.

    Rows with the same id and different annotators are labels of the same passage. Where rows do not say who labelled
    them, each file counts as one person's. Shown are Krippendorff's alpha (nominal for stances, MASI distance for sets
    of frames), Cohen's kappa and F1 between pairs of annotators, with 95 % intervals over articles.
    """
    from stance.formats.checking import alike_annotators
    from stance.learning.agreement import agree as assess
    from stance.models.store import load_model
    from stance.pages.agreement_page import agreement_page
    from stance.pages.terminal_scores import print_agreement

    check_reports([*files_of(data), codebook], json_, report)
    loaded = load_model(model) if model else None
    if loaded and codebook:
        raise InputError("--codebook and --model: the model has a codebook of its own; leave one out")
    book = loaded.codebook if loaded else read_codebook(codebook)
    labelled, _ = labelled_of(data, book, annotators=True)
    for line in alike_annotators(labelled):
        note(line)
    agreement = assess(labelled, book, loaded)
    write_report(agreement, json_, report, agreement_page)
    if not is_printed(json_):
        print_agreement(agreement, console_on(sys.stdout))
