"""The command `stance check`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from stance.commands.options import codebook_option, data_argument, quiet_option, table_options
from stance.commands.shared import FINDINGS, console_on, files_of, note, read_codebook, rows_of
from stance.quoting import counted, extent

_MANY = 3
"""Findings of unknown names from which on another codebook is likely."""


@click.command(epilog="Example:  stance check labels.jsonl --codebook codebook.yaml")
@data_argument
@codebook_option
@table_options
@quiet_option
def check(data: Sequence[str], codebook: Path | None) -> None:
    """Tell what is wrong and what is odd in labelled data.

    Findings with file and line go to standard output, then the counts of every label. Exit code 1 when there are
    findings.
    """
    from stance.formats.checking import check_rows
    from stance.pages.terminal_scores import print_counts

    book = read_codebook(codebook)
    report = check_rows(rows_of(files_of(data), labelled=True), book)
    console = console_on(sys.stdout)
    for finding in report.findings:
        click.echo("".join(c if c.isprintable() else "\ufffd" for c in finding))
    if report.findings:
        click.echo()
    people = f", {counted(len(report.annotators), 'annotator')}" if report.annotators else ""
    click.echo(f"{extent(report.n_passages, report.n_articles)}{people}; codebook {book.name}")
    print_counts(report.counts, console)
    unknown = sum(f"the codebook {book.name} has" in finding for finding in report.findings)
    if codebook is None and unknown > _MANY:
        told = f"{unknown:,} findings are of names that the codebook {book.name} does not have"
        note(f"{told}; --codebook FILE names yours")
    count = len(report.findings)
    click.echo(f"\n{counted(count, 'finding') if count else 'no findings'}")
    if count:
        raise click.exceptions.Exit(FINDINGS)
