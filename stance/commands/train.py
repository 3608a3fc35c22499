"""The command `stance train`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stance.commands.options import FILE, SEED, codebook_option, output_option, quiet_option, table_options
from stance.commands.shared import console_on, labelled_of, note, read_codebook, short_names, soft_labels_of
from stance.labelers.kinds import DEFAULT_KIND, KINDS, TRANSFORMER
from stance.machine import usable_cores
from stance.records import InputError

if TYPE_CHECKING:
    from stance.jobs.progress import Log
    from stance.labelers.recipe import Recipe
    from stance.learning.training import Reports, Trained
    from stance.text.codebook import Codebook


@click.command(epilog="Example:  stance train labels.jsonl --output my-model --codebook codebook.yaml")
@click.argument("data", nargs=-1, metavar="[DATA]...", help="Labelled JSONL, CSV, Parquet; folders; - (JSONL, CSV).")
@output_option("DIR", "Folder to save the model in.")
@codebook_option
@click.option(
    "--dev",
    type=FILE,
    multiple=True,
    metavar="FILE",
    help="Labelled data to score it on (transformer: to calibrate on too); repeatable.",
)
@click.option("--labeler", type=click.Choice(KINDS), default=DEFAULT_KIND, show_default=True, help="Kind of model.")
@click.option("--seed", type=SEED, metavar="N", help="Seed of every random choice; default: 0.")
@click.option("--config", type=FILE, metavar="FILE", help="Transformer: YAML recipe of settings, corpora, dev sets.")
@click.option("--encoder", metavar="NAME_OR_DIR", help="Transformer: a Hugging Face encoder; default: MiniLM.")
@click.option(
    "--start",
    metavar="DIR",
    help="Transformer: a model to begin with, or none. Default: the one that ships, where stances are labelled.",
)
@click.option(
    "--data",
    "corpora",
    multiple=True,
    metavar="NAME=FILE",
    help="Transformer: a corpus, or another path for one; repeatable.",
)
@click.option("--download", is_flag=True, help="Let the encoder be fetched from its hub.")
@click.option("--learning-curve", is_flag=True, help="Tell first whether more labels would help.")
@table_options
@quiet_option
def train(
    data: Sequence[str],
    output: Path,
    codebook: Path | None,
    dev: Sequence[Path],
    labeler: str,
    seed: int | None,
    config: Path | None,
    encoder: str | None,
    start: str | None,
    corpora: Sequence[str],
    download: bool,
    learning_curve: bool,
) -> None:
    """Train a model on labelled passages and save it.

    Labels may be partial: rows with stances alone teach stances alone.

    A probe learns from few labels, in seconds: it reads vectors of encoders that ship. They are kept in
    .stance-vectors, beside the model, for the next training. Linear looks at single words. A transformer needs most
    labels and time.

    Scores, calibration and thresholds never come from articles that a model was fitted on. Probe and linear: each
    article is judged by a model that was fitted on others. Transformer: dev sets are judged, or a fifth of the articles
    that is held out. A transformer's run that was killed goes on when the same command is given again.
    """
    from stance.jobs.progress import Log
    from stance.learning.fitting import second
    from stance.models.folder import check_output
    from stance.models.store import save_model

    check_output(output)
    book = read_codebook(codebook)
    named = [str(file) for file in dev]
    checkpoint = output.absolute().parent / f".{output.name}.checkpoint"
    if labeler != TRANSFORMER:
        if config or encoder or start or corpora or download:
            raise InputError(
                "--config, --encoder, --start, --data and --download belong to --labeler transformer; give that too"
            )
        with Log(note) as log:
            trained = _train_fitted(labeler, data, book, dev, seed or 0, output, _reports(learning_curve, log))
    else:
        recipe = _recipe(config, encoder, start, seed, data, corpora, dev)
        named = named or list(recipe.dev)
        with Log(note) as log:
            trained = _train_transformer(recipe, book, download, checkpoint, _reports(learning_curve, log))
    title = "held-out articles" + ("" if labeler == TRANSFORMER else " (cross-fitted)")
    saved = save_model(trained.model, output, trained.scores, trained.record, trained.digests)
    if labeler == TRANSFORMER:
        for left in (checkpoint, second(checkpoint)):
            left.unlink(missing_ok=True)
    try:
        _print_all({title: trained.scores["held_out"], **dict(zip(named, trained.scores["dev"], strict=True))})
    finally:
        note(f"saved {saved.name} in {output}")
        note(trained.advice)


def _print_all(scores: Mapping[str, Mapping[str, Any]]) -> None:
    from stance.pages.terminal_scores import print_scores

    console = console_on(sys.stdout)
    for number, (name, part) in enumerate(scores.items()):
        console.print(f"{chr(10) if number else ''}On {name}", style="bold")
        print_scores(part, console)


def _train_fitted(
    labeler: str,
    data: Sequence[str],
    book: Codebook,
    dev: Sequence[Path],
    seed: int,
    output: Path,
    reports: Reports,
) -> Trained:
    """Train a probe or a linear model; a probe's vectors are kept beside the model."""
    from stance.learning.training import train_fitted
    from stance.models.vectors import NAME, keep_vectors, read_vectors

    if not data:
        raise InputError("no labelled data; name the files to train on")
    train, dev_sets = labelled_of(data, book), [labelled_of([str(file)], book) for file in dev]
    place = output.absolute().parent / NAME
    memory = read_vectors(place)
    trained = train_fitted(labeler, train, dev_sets, book, seed, usable_cores(), reports, memory)
    keep_vectors(memory, place, reports.note)
    return trained


def _train_transformer(recipe: Recipe, book: Codebook, download: bool, checkpoint: Path, reports: Reports) -> Trained:
    from stance.learning.training import train_transformer

    train = {
        name: soft_labels_of(corpus.path) if corpus.soft else labelled_of([corpus.path], book)
        for name, corpus in recipe.data.items()
    }
    dev = {name: labelled_of([file], book) for name, file in recipe.dev.items()}
    return train_transformer(recipe, train, dev, book, download, checkpoint, reports)


def _reports(curve: bool, log: Log) -> Reports:
    from stance.formats.writing import OutputError
    from stance.jobs.progress import TrainingProgress
    from stance.learning.training import Reports
    from stance.pages.terminal_scores import print_learning_curve

    def show_curve(points: Mapping[str, Any]) -> None:
        with suppress(OutputError):  # there is more to be told in the end, and then it is an error
            print_learning_curve(points, console_on(sys.stdout))

    return Reports(log.note, lambda: TrainingProgress(console_on(sys.stderr), log), show_curve if curve else None)


def _recipe(
    config: Path | None,
    encoder: str | None,
    start: str | None,
    seed: int | None,
    data: Sequence[str],
    corpora: Sequence[str],
    dev: Sequence[Path],
) -> Recipe:
    """The recipe of a file, with what the command line says instead."""
    from stance.labelers.recipe import AUTO, Corpus, Recipe, read_recipe

    recipe = read_recipe(config) if config else Recipe()
    chosen = {**recipe.data, **{name: Corpus(file) for name, file in short_names(data).items()}}
    for text in corpora:
        name, _, path = text.partition("=")
        if not name or not path:
            raise InputError(f'--data "{text}": write NAME=FILE, as in mine=labels.jsonl')
        chosen[name] = replace(chosen.get(name, Corpus(path)), path=path)
    if not chosen:
        raise InputError("no labelled data; name the files to train on, or give --config a recipe that does")
    dev_sets = short_names([str(file) for file in dev]) or recipe.dev
    if encoder and start not in (None, "none"):
        raise InputError("--encoder and --start: a model is begun with under its own encoder; give one of them")
    if start is None:
        start = "none" if encoder else recipe.config.start if config else AUTO
    settings = replace(recipe.config, encoder=encoder or recipe.config.encoder, start="" if start == "none" else start)
    return replace(recipe, config=settings, data=chosen, dev=dev_sets, seed=recipe.seed if seed is None else seed)
