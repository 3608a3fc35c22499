"""Arguments and options that several commands take."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stance.quoting import QUIET
from stance.records import MAX_SEED, InputError

if TYPE_CHECKING:
    from stance.formats.columns import Layout


def _be_quiet(context: click.Context, option: click.Parameter, quiet: bool) -> None:
    """Through the environment, for the processes that are started from here have to know too."""
    if quiet:
        os.environ[QUIET] = "1"


class _ModelFolder(click.Path):
    """A model folder, by its path or by the name of a model that ships or is installed."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from stance.models.shipped import find_model

        return find_model(Path(os.fsdecode(super().convert(value, param, ctx))))


FILE, SEED = click.Path(path_type=Path), click.IntRange(0, MAX_SEED)
MODEL = _ModelFolder(path_type=Path)
UNITS, FORMATS, ENGINES = ("article", "passage"), ("jsonl", "csv", "parquet", "text"), ("local", "ray")
SEPARATORS = ("comma", "semicolon", "tab")
TOOLS = ("label-studio", "doccano", "prodigy", "csv")

data_argument = click.argument(
    "data",
    nargs=-1,
    required=True,
    metavar="DATA...",
    help="Labelled JSONL, CSV, Parquet, Excel; folders; - (JSONL, CSV).",
)
inputs_argument = click.argument(
    "inputs",
    nargs=-1,
    required=True,
    metavar="INPUT...",
    help="Text, web pages, mails, Word, JSONL, CSV, TSV, Parquet, Excel; folders; - (text, JSONL, CSV).",
)
codebook_option = click.option(
    "--codebook", type=FILE, metavar="FILE", help="YAML codebook; default: militancy, built in."
)
actors_option = click.option(
    "--codebook", type=FILE, metavar="FILE", help="YAML codebook of other actors; default: the model's own."
)
model_option = click.option(
    "--model", type=MODEL, metavar="MODEL", help="Model folder, or the name of a model; default: default."
)
unit_option = click.option(
    "--unit",
    type=click.Choice(UNITS),
    default="article",
    show_default=True,
    help="A row or text file is an article, to be split, or a passage.",
)
json_option = click.option("--json", "json_", type=FILE, metavar="FILE", help="Write everything there; -: print.")
report_option = click.option("--report", type=FILE, metavar="FILE.html", help="Write a page to read.")
quiet_option = click.option(
    "--quiet-text",
    is_flag=True,
    expose_value=False,
    callback=_be_quiet,
    help="Quote nothing of the input in messages.",
)


_LAYOUT = "stance.layout"
"""Where a command's context keeps what was said of how files are laid out."""


def _of_layout(context: click.Context, option: click.Parameter, value: Any) -> None:
    """Kept in the context: whatever reads a command's files asks `layout` for it."""
    if value:
        context.meta.setdefault(_LAYOUT, {})[option.name] = value


def _encoding(context: click.Context, option: click.Parameter, value: str | None) -> None:
    from stance.formats.encodings import known_encoding

    if value and not known_encoding(value):
        raise InputError(f'--encoding "{value}": no such encoding; give one such as cp1252, cp1251, shift_jis, utf-16')
    _of_layout(context, option, value)


def _date_formats(context: click.Context, option: click.Parameter, values: tuple[str, ...]) -> None:
    from stance.formats.columns import is_date_format

    for value in values:
        if not is_date_format(value):
            raise InputError(f'--date-format "{value}": write day, month and year, as in %d/%m/%Y or %B %d, %Y')
    _of_layout(context, option, values)


def table_options(command: Any) -> Any:
    """Options that say how the files of a command are laid out; `layout` has what they say."""
    columns = [
        ("text", "Column or field of the text, if it cannot be guessed."),
        ("title", "The same for the headline."),
        ("date", "The same for the date."),
        ("source", "The same for the outlet."),
        ("id", "The same for the id."),
    ]
    options = [
        click.option(f"--{name}-column", metavar="NAME", expose_value=False, callback=_of_layout, help=told)
        for name, told in columns
    ]
    options += [
        click.option(
            "--date-format",
            metavar="FORMAT",
            multiple=True,
            expose_value=False,
            callback=_date_formats,
            help="How dates are written that are not like 2021-08-15, as in %d/%m/%Y; repeatable.",
        ),
        click.option(
            "--encoding",
            metavar="NAME",
            expose_value=False,
            callback=_encoding,
            help="Of text, CSV, JSONL; default: UTF-8, or what is recognised.",
        ),
        click.option(
            "--sheet",
            metavar="NAME",
            expose_value=False,
            callback=_of_layout,
            help="Of Excel files; default: the first that has a column for the text.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def layout() -> Layout:
    """How the files of the command that runs are laid out, as its options say."""
    from stance.formats.columns import CHOSEN, Layout

    context = click.get_current_context(silent=True)
    said = context.meta.get(_LAYOUT, {}) if context else {}
    columns = tuple((name, said[f"{name}_column"]) for name in CHOSEN if f"{name}_column" in said)
    twice = [column for _, column in columns if sum(column == other for _, other in columns) > 1]
    if twice:
        raise InputError(f'"{twice[0]}" is named twice; a column is one field')
    return Layout(columns, said.get("encoding", ""), said.get("sheet", ""), tuple(said.get("date_format", ())))


def output_option(metavar: str, told: str, required: bool = True) -> Callable[[Any], Any]:
    return click.option("--output", "-o", type=FILE, required=required, metavar=metavar, help=told)
