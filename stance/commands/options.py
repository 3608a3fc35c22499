"""Arguments and options that several commands take."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from stance.quoting import QUIET
from stance.records import MAX_SEED


def _be_quiet(context: click.Context, option: click.Parameter, quiet: bool) -> None:
    """Through the environment, for the processes that are started from here have to know too."""
    if quiet:
        os.environ[QUIET] = "1"


FILE, SEED = click.Path(path_type=Path), click.IntRange(0, MAX_SEED)
UNITS, FORMATS, ENGINES = ("article", "passage"), ("jsonl", "csv", "parquet", "text"), ("local", "ray")
LABELERS, TOOLS = ("linear", "transformer"), ("label-studio", "doccano", "prodigy", "csv")

data_argument = click.argument(
    "data", nargs=-1, required=True, metavar="DATA...", help="Labelled JSONL, CSV, Parquet; folders; - (JSONL, CSV)."
)
inputs_argument = click.argument(
    "inputs",
    nargs=-1,
    required=True,
    metavar="INPUT...",
    help="Text, web pages, JSONL, CSV, TSV, Parquet; folders; - (text, JSONL, CSV).",
)
codebook_option = click.option(
    "--codebook", type=FILE, metavar="FILE", help="YAML codebook; default: militancy, built in."
)
actors_option = click.option(
    "--codebook", type=FILE, metavar="FILE", help="YAML codebook of other actors; default: the model's own."
)
model_option = click.option("--model", type=FILE, metavar="DIR", help="Model folder; default: the one that ships.")
unit_option = click.option(
    "--unit",
    type=click.Choice(UNITS),
    default="article",
    show_default=True,
    help="What a row or text file is; articles are split.",
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


def output_option(metavar: str, told: str, required: bool = True) -> Callable[[Any], Any]:
    return click.option("--output", "-o", type=FILE, required=required, metavar=metavar, help=told)
