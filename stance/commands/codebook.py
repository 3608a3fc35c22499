"""The command `stance codebook draft`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from stance.commands.options import inputs_argument, layout, output_option, quiet_option, table_options, unit_option
from stance.commands.shared import check_written, files_of, is_printed, note, prose_of
from stance.quoting import counted, extent
from stance.records import InputError


@click.group(
    invoke_without_command=True, epilog="Example:  stance codebook draft articles.jsonl --output codebook.yaml"
)
@click.pass_context
def codebook(context: click.Context) -> None:
    """Propose a codebook from a pile of articles."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@codebook.command(epilog="Example:  stance codebook draft articles.jsonl -n 30 --output codebook.yaml")
@inputs_argument
@output_option("FILE.yaml", "File to write; default: print.", required=False)
@click.option(
    "-n", "--actors", type=click.IntRange(min=1), default=50, show_default=True, metavar="N", help="Actors at most."
)
@click.option(
    "--min-count",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    metavar="N",
    help="Passages that have to name an actor.",
)
@click.option("--overwrite", is_flag=True, help="Write over --output where it is there already.")
@unit_option
@table_options
@quiet_option
def draft(inputs: Sequence[str], output: Path | None, actors: int, min_count: int, overwrite: bool, unit: str) -> None:
    """Propose the actors of a codebook from a pile of articles.

    The output is a YAML file to be edited. It has the names that recur and act: states, groups and persons. Spellings
    that belong together stand under one actor. Persons stand under the body that they speak for, where the text says
    so. Behind # stand counts and one place of each. The frames are left for you to write.

    The rules are made for English. Places, days, titles and media are left out.
    """
    from stance.formats.writing import is_special, replacing
    from stance.jobs.stream import Reader
    from stance.learning.draft_text import draft_text
    from stance.learning.drafting import draft as drafted
    from stance.learning.name_table import NameTable

    files = files_of(inputs)
    if output and not is_printed(output):
        check_written(files, output, ending=".yaml")
        if output.exists() and not is_special(output) and not overwrite:
            raise InputError(f"{output}: is there already; give another name, or --overwrite to lose what is in it")
    table = NameTable().add_all(prose_of(Reader(unit, report=note, layout=layout()).read(files)))
    read = extent(table.n_passages, table.n_articles)
    found = drafted(table, actors, max(1, round(min_count * table.share)))
    if not found:
        raise InputError(
            f"no actor is named in {min_count} or more of {read}; give more articles, or a lower --min-count"
        )
    text = draft_text(found, table.n_passages, table.n_articles, table.share)
    if output and not is_printed(output):
        with replacing(output) as stream:
            stream.write(text.encode())
    else:
        click.echo(text, nl=False)
    written = f"; written to {output}" if output and not is_printed(output) else ""
    note(f"{counted(len(found), 'actor')} of {read}; frames are still to be written{written}")
