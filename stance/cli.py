"""The command line: data to standard output, all else to standard error, errors in one line and exit code 2."""

from __future__ import annotations

import gc
import io
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn

import click

from stance.quoting import QUIET, counted, extent
from stance.records import MAX_SEED, InputError, Labels

if TYPE_CHECKING:
    from rich.console import Console

    from stance.codebook import Codebook
    from stance.pipeline import Model
    from stance.progress import LabellingProgress
    from stance.recipe import Recipe
    from stance.records import LabelledPassage
    from stance.runs import Run, Tally
    from stance.stream import Labelled, Reader
    from stance.suggestions import Suggestions
    from stance.training import Reports, Trained

FINDINGS, BAD_INPUT, INTERRUPTED = 1, 2, 130
_LINE = 1200
"""Characters of an error's line: a message may quote what others wrote."""


def _be_quiet(context: click.Context, option: click.Parameter, quiet: bool) -> None:
    """Through the environment, for the processes that are started from here have to know too."""
    if quiet:
        os.environ[QUIET] = "1"


FILE, SEED = click.Path(path_type=Path), click.IntRange(0, MAX_SEED)
UNITS, FORMATS, ENGINES = ("article", "passage"), ("jsonl", "csv", "parquet", "text"), ("local", "ray")
LABELERS, TOOLS = ("linear", "transformer"), ("label-studio", "doccano", "prodigy", "csv")
_ENDINGS = dict(zip(TOOLS, (".json", ".jsonl", ".jsonl", ".csv"), strict=True))
"""Of the files that the tools import."""
_SAME = {".ndjson": ".jsonl", ".htm": ".html"}

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


class _Commands(click.Group):
    """Named in the order of the work, not of the alphabet."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(self.commands)


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Label news passages by how they frame a matter, and by the stance they convey toward each actor.",
    epilog="Start with:  stance classify article.txt",
)
@click.option("--version", is_flag=True, help="Print the version and leave.")
@click.pass_context
def app(context: click.Context, version: bool) -> None:
    if version:
        from stance import __version__

        click.echo(f"stance {__version__}")
        context.exit()
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@app.command(epilog="Example:  stance check labels.jsonl --codebook codebook.yaml")
@data_argument
@codebook_option
@quiet_option
def check(data: Sequence[str], codebook: Path | None) -> None:
    """Tell what is wrong and what is odd in labelled data.

    Findings with file and line go to standard output, then the counts of every label. Exit code 1 when there are
    findings.
    """
    from stance.checking import check_rows
    from stance.files import read_rows
    from stance.report import print_counts

    book = _codebook(codebook)
    report = check_rows((row for file in _found(data) for row in read_rows(file)), book)
    console = _console(sys.stdout)
    for finding in report.findings:
        click.echo("".join(c if c.isprintable() else "\ufffd" for c in finding))
    if report.findings:
        click.echo()
    people = f", {counted(len(report.annotators), 'annotator')}" if report.annotators else ""
    click.echo(f"{extent(report.n_passages, report.n_articles)}{people}; codebook {book.name}")
    print_counts(report.counts, console)
    count = len(report.findings)
    click.echo(f"\n{counted(count, 'finding') if count else 'no findings'}")
    if count:
        raise click.exceptions.Exit(FINDINGS)


@app.command(epilog="Example:  stance train labels.jsonl --output my-model --codebook codebook.yaml")
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
@click.option("--labeler", type=click.Choice(LABELERS), default="linear", show_default=True, help="Kind of model.")
@click.option("--seed", type=SEED, metavar="N", help="Seed of every random choice; default: 0.")
@click.option("--config", type=FILE, metavar="FILE", help="Transformer: YAML recipe of settings, corpora, dev sets.")
@click.option("--encoder", metavar="NAME_OR_DIR", help="Transformer: a Hugging Face encoder; default: MiniLM.")
@click.option(
    "--start",
    metavar="DIR",
    help="Transformer: a model to begin with, or none; default for labels of stances: the one that ships.",
)
@click.option(
    "--data",
    "corpora",
    multiple=True,
    metavar="NAME=FILE",
    help="Transformer: a corpus, or another path for one; repeatable.",
)
@click.option("--download", is_flag=True, help="Let the encoder be fetched from its hub.")
@click.option(
    "--learning-curve", is_flag=True, help="First tell, from parts of the articles, if more labels would help."
)
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

    Linear: calibration, thresholds and the scores shown come from cross-fitting, every article judged by a labeler not
    fitted on it. Transformer: they come from the dev sets, or from a fifth of the articles, held out; a killed run
    goes on where it was when it is started again. Labels may be partial: rows with stance alone teach stance alone.
    """
    from stance.fitting import second
    from stance.store import check_output, save_model

    check_output(output)
    book = _codebook(codebook)
    named = [str(file) for file in dev]
    checkpoint = output.absolute().parent / f".{output.name}.checkpoint"
    if labeler == "linear":
        if config or encoder or start or corpora or download:
            raise InputError(
                "--config, --encoder, --start, --data and --download belong to --labeler transformer; give that too"
            )
        trained = _train_linear(data, book, dev, seed or 0, learning_curve)
    else:
        recipe = _recipe(config, encoder, start, seed, data, corpora, dev)
        named = named or list(recipe.dev)
        trained = _train_transformer(recipe, book, download, checkpoint, learning_curve)
    title = "held-out articles" + (" (cross-fitted)" if labeler == "linear" else "")
    _print_all({title: trained.scores["held_out"], **dict(zip(named, trained.scores["dev"], strict=True))})
    saved = save_model(trained.model, output, trained.scores, trained.record, trained.digests)
    if labeler == "transformer":
        for left in (checkpoint, second(checkpoint)):
            left.unlink(missing_ok=True)
    _note(f"saved {saved.name} in {output}")


def _print_all(scores: Mapping[str, Mapping[str, Any]]) -> None:
    from stance.report import print_scores

    console = _console(sys.stdout)
    for number, (name, part) in enumerate(scores.items()):
        console.print(f"{chr(10) if number else ''}On {name}", style="bold")
        print_scores(part, console)


def _train_linear(data: Sequence[str], book: Codebook, dev: Sequence[Path], seed: int, curve: bool) -> Trained:
    from stance.training import train_linear

    if not data:
        raise InputError("no labelled data; name the files to train on")
    train, dev_sets = _read_labelled(data, book), [_read_labelled([str(file)], book) for file in dev]
    return train_linear(train, dev_sets, book, seed, os.cpu_count() or 1, _reports(curve))


def _train_transformer(recipe: Recipe, book: Codebook, download: bool, checkpoint: Path, curve: bool) -> Trained:
    from stance.training import train_transformer

    train = {name: _read_labelled([corpus.path], book) for name, corpus in recipe.data.items()}
    dev = {name: _read_labelled([file], book) for name, file in recipe.dev.items()}
    return train_transformer(recipe, train, dev, book, download, checkpoint, _reports(curve))


def _reports(curve: bool) -> Reports:
    from stance.progress import TrainingProgress
    from stance.report import print_learning_curve
    from stance.training import Reports

    def show_curve(points: Mapping[str, Any]) -> None:
        print_learning_curve(points, _console(sys.stdout))

    return Reports(_note, lambda: TrainingProgress(_console(sys.stderr)), show_curve if curve else None)


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
    from stance.recipe import AUTO, Corpus, Recipe, read_recipe

    recipe = read_recipe(config) if config else Recipe()
    chosen = {**recipe.data, **{name: Corpus(file) for name, file in _named(data).items()}}
    for text in corpora:
        name, _, path = text.partition("=")
        if not name or not path:
            raise InputError(f'--data "{text}": write NAME=FILE, as in mine=labels.jsonl')
        chosen[name] = replace(chosen.get(name, Corpus(path)), path=path)
    if not chosen:
        raise InputError("no labelled data; name the files to train on, or give --config a recipe that does")
    dev_sets = _named([str(file) for file in dev]) or recipe.dev
    if encoder and start not in (None, "none"):
        raise InputError("--encoder and --start: a model is begun with under its own encoder; give one of them")
    if start is None:
        start = "none" if encoder else recipe.config.start if config else AUTO
    settings = replace(recipe.config, encoder=encoder or recipe.config.encoder, start="" if start == "none" else start)
    return replace(recipe, config=settings, data=chosen, dev=dev_sets, seed=recipe.seed if seed is None else seed)


@app.command(epilog="Example:  stance classify articles.jsonl --output predictions.csv")
@inputs_argument
@model_option
@unit_option
@output_option("FILE", "Its ending decides the format.", required=False)
@click.option("--format", "format_", type=click.Choice(FORMATS), help="Default: text on a terminal, else JSONL.")
@click.option("--threshold", multiple=True, metavar="FRAME=P", help="Another threshold for a frame; may be repeated.")
@click.option(
    "--review",
    type=click.FloatRange(0.0, 1.0),
    metavar="P",
    help="Mark labels that are wrong with this probability or more.",
)
@click.option("--explain", is_flag=True, help="Name the words that weighed in; takes many times as long.")
@click.option("--jobs", type=click.IntRange(min=0), default=0, metavar="N", help="Processes; default: one a core.")
@click.option("--strict", is_flag=True, help="Stop at the first bad row.")
@click.option("--resume/--restart", default=None, help="Go on with --output where a run was stopped, or start over.")
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default="local",
    show_default=True,
    help="ray: on many machines, a file a core; --output is a folder.",
)
@click.option("--address", metavar="ADDRESS", help="Of the Ray cluster; default: this machine.")
@quiet_option
def classify(
    inputs: Sequence[str],
    model: Path | None,
    unit: str,
    output: Path | None,
    format_: str | None,
    threshold: Sequence[str],
    review: float | None,
    explain: bool,
    jobs: int,
    strict: bool,
    resume: bool | None,
    engine: str,
    address: str | None,
) -> None:
    """Label articles: for every passage its frames, the stance toward each actor, and who holds it.

    A few bad rows (up to 1 in 100 of a file) are reported and left out; with more, the run fails.
    """
    from stance.progress import LabellingProgress
    from stance.runs import Run, label_files, label_on_cluster
    from stance.store import default_model
    from stance.stream import Settings, model_of

    if engine == "ray" and jobs:
        raise InputError("--jobs belongs to --engine local; Ray hands a file to every core it has")
    if address and engine == "local":
        raise InputError("--address belongs to --engine ray; give that too")
    directory = str(model or default_model())
    settings = Settings(_thresholds(threshold), review, explain)
    book = model_of(directory, settings).codebook
    kind = _output_format(None if engine == "ray" else output, format_, engine == "ray")
    files = _found(inputs)
    if str(output) != "-":
        _check_written(files, output)
    run = Run(directory, settings, unit, kind, strict)
    kept = output is not None and str(output) != "-" and kind != "text" and "-" not in files
    if engine == "ray" and not kept:
        raise InputError("--engine ray reads files and writes a folder: give --output FOLDER")
    if resume is not None and not kept:
        raise InputError("--resume and --restart go with files to read and --output FILE.jsonl, .csv or .parquet")
    with LabellingProgress(_console(sys.stderr) if sys.stderr.isatty() else None, files) as progress:
        if output is None or not kept:
            tally = _label_stream(run, files, jobs or os.cpu_count() or 1, output, book, progress)
        elif engine == "ray":
            tally = label_on_cluster(files, output, run, address, resume, _note, progress.advance)
        else:
            tally = label_files(files, output, run, jobs or os.cpu_count() or 1, resume, _note, progress.advance)
    _note(_summary(tally.rows, tally.bad, tally.kinds, output))


def _label_stream(
    run: Run, files: Sequence[str], jobs: int, output: Path | None, book: Codebook, progress: LabellingProgress
) -> Tally:
    """Label files to standard output, or into one that can't be gone on with."""
    from stance.runs import Tally
    from stance.stream import Reader

    reader, tally = Reader(run.unit, run.strict, _note), Tally()
    _write_rows(_counted(run.rows(reader, files, jobs), reader, tally.kinds, progress), output, run.kind, book)
    tally.rows, tally.bad = reader.rows, reader.bad
    return tally


def _counted(
    batches: Iterator[Labelled], reader: Reader, kinds: Counter[str], progress: LabellingProgress
) -> Iterator[Any]:
    """The rows of batches, one after the other; what was in them is counted."""
    for rows, counts in batches:
        kinds.update(counts)
        yield from rows
        progress.advance(reader.rows_read, counts["prose"])


@app.command(epilog="Example:  stance report predictions.jsonl --output report.html")
@click.argument(
    "predictions", nargs=-1, required=True, metavar="PREDICTIONS...", help="What classify wrote: JSONL, CSV, Parquet."
)
@output_option("FILE.html", "The page to write.")
@codebook_option
@click.option("--title", default="What the passages say", show_default=True, metavar="TEXT", help="Of the page.")
@click.option(
    "--shown",
    type=click.IntRange(min=1),
    default=1500,
    show_default=True,
    metavar="N",
    help="Passages to show in full; of more, a random sample.",
)
@quiet_option
def report(
    predictions: Sequence[str],
    output: Path,
    codebook: Path | None,
    title: str,
    shown: int,
) -> None:
    """Write predictions as one page to read: who stands where toward whom, frames by outlet and month, the passages.

    The page opens from disk and holds all it needs. Figures are of all passages; of many, a sample is shown in full.
    """
    from stance.dataformat import parse_prediction
    from stance.files import read_rows, replacing
    from stance.overview import Overview
    from stance.overview_page import overview_page

    files = _found(predictions)
    _check_written([*files, codebook], output, ending=".html")
    book = _codebook(codebook)
    rows = (row for file in files for row in read_rows(file))
    overview = Overview(shown).read(parse_prediction(row.checked(), row.place) for row in rows)
    if not overview.n_passages:
        raise InputError(f"{', '.join(predictions)}: no predictions; give what stance classify wrote")
    with replacing(output) as stream:
        stream.write(overview_page(overview, book, title).encode())
    _note(f"{extent(overview.n_passages, overview.n_articles)}; written to {output}")


@app.command(epilog="Example:  stance evaluate dev.jsonl --model my-model --by source --report scores.html")
@data_argument
@model_option
@json_option
@report_option
@click.option(
    "--by", multiple=True, metavar="FIELD", help="Slice by a field, date:year, date:month or actor; repeatable."
)
@click.option(
    "--compare", type=FILE, metavar="OTHER", help="Another model's folder, or its predictions of the same rows."
)
@click.option(
    "--max-error",
    type=click.FloatRange(0.0, 1.0),
    default=0.05,
    show_default=True,
    metavar="P",
    help="Labels that may be wrong and not marked for review.",
)
@click.option(
    "--cross-validate",
    type=click.IntRange(min=2),
    metavar="K",
    help="Train linear models on these data in K folds, and score those.",
)
@codebook_option
@click.option("--seed", type=SEED, metavar="N", help="Of --cross-validate; default: 0.")
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
    codebook: Path | None,
    seed: int | None,
) -> None:
    """Score a model on labelled passages: how good, how sure, on what, against another, and did anything leak.

    An actor that is labelled but not found counts as wrong; the scores given all mentions stand beside. Intervals are
    95 %, from a bootstrap over articles.
    """
    from stance.files import find_files
    from stance.report import print_examination

    files = _found(data)
    compared = find_files([str(compare)]) if compare and not compare.is_dir() else []
    _check_reports([*files, *compared, codebook], json_, report)
    if cross_validate:
        if model or compare:
            raise InputError("--cross-validate trains models of its own; leave out --model and --compare")
        scores = _cross_validated(data, _codebook(codebook), cross_validate, seed or 0, by, max_error)
    elif codebook or seed is not None:
        raise InputError("--codebook and --seed belong to --cross-validate; leave them out")
    else:
        scores = _assessed(data, model, by, compare, max_error)
    if not any(scores[task]["n"] for task in ("frames", "stance", "directed")):
        raise InputError(
            f"{', '.join(data)}: no label of a task that {scores['model']} learned; give labelled passages"
        )
    if str(json_) != "-":
        print_examination(scores, _console(sys.stdout))
    _write_report(scores, json_, report, "scores_page")


def _assessed(
    data: Sequence[str], model: Path | None, by: Sequence[str], other: Path | None, max_error: float
) -> dict[str, Any]:
    from stance.assessment import assess, rival, rival_model, rival_rows
    from stance.files import find_files, read_rows
    from stance.store import default_model, load_model, load_training_digests

    directory = model or default_model()
    loaded, trained = load_model(directory), load_training_digests(directory)
    labelled, records = _read_labelled(data, loaded.codebook)
    _warn_of_known(records, loaded)
    gold, predictions, scores = assess(labelled, loaded, trained, by, max_error)
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


def _warn_of_known(records: list[dict[str, Any]], model: Model) -> None:
    """Say so where a file is one that the model was trained or calibrated on."""
    trained = {record["sha256"] for record in model.record.get("data", [])}
    calibrated = {record["sha256"] for record in model.record.get("dev_data", [])}
    for record in records:
        if not record["sha256"]:
            continue
        if record["sha256"] in trained:
            _note(
                f"{record['file']}: {model.name} was trained on this file; these scores say nothing of other passages"
            )
        elif record["sha256"] in calibrated and model.labeler.kind == "transformer":
            _note(f"{record['file']}: {model.name} was calibrated on this file; its card has the more honest scores")


def _cross_validated(
    data: Sequence[str], book: Codebook, n_folds: int, seed: int, by: Sequence[str], max_error: float
) -> dict[str, Any]:
    from stance.assessment import cross_validate
    from stance.linear import LinearLabeler

    labelled, records = _read_labelled(data, book)
    scores = cross_validate(
        labelled,
        book,
        lambda: LinearLabeler(book.frame_ids, seed=seed),
        n_folds,
        seed,
        os.cpu_count() or 1,
        by,
        max_error,
        _note,
    )
    return {"model": f"linear models for {book.name}", "data": [record["file"] for record in records], **scores}


@app.command(epilog="Example:  stance agree ann.jsonl ben.jsonl --model my-model --report agreement.html")
@data_argument
@codebook_option
@click.option("--model", type=FILE, metavar="DIR", help="Count this model in as one more annotator.")
@json_option
@report_option
@quiet_option
def agree(
    data: Sequence[str],
    codebook: Path | None,
    model: Path | None,
    json_: Path | None,
    report: Path | None,
) -> None:
    """Tell how far several annotators' labels of the same passages agree, and where they do not.

    Rows with the same id and another annotator are labels of the same passage; rows that do not say who labelled them
    are taken for labels of one person a file, named like it. Krippendorff's alpha (nominal for
    stances, MASI distance for sets of frames), Cohen's kappa and F1 between pairs, 95 % intervals over articles.
    """
    from stance.assessment import agree as assess
    from stance.report import print_agreement
    from stance.store import load_model

    _check_reports([*_found(data), codebook], json_, report)
    loaded = load_model(model) if model else None
    if loaded and codebook:
        raise InputError("--codebook and --model: the model has a codebook of its own; leave one out")
    book = loaded.codebook if loaded else _codebook(codebook)
    labelled, _ = _read_labelled(data, book, annotators=True)
    agreement = assess(labelled, book, loaded)
    if str(json_) != "-":
        print_agreement(agreement, _console(sys.stdout))
    _write_report(agreement, json_, report, "agreement_page")


@app.command(epilog="Example:  stance inspect my-model")
@click.argument("model", required=False, type=FILE, metavar="[DIR]", help="Model folder; default: the one that ships.")
def inspect(model: Path | None) -> None:
    """Tell what a model folder holds, without loading it; for a folder from somebody else, before it is used.

    Its name and digest, codebook, settings, data and scores, and of every file whether its digest and form hold. Exit
    code 1 when there are findings.
    """
    from stance.inspection import inspect_model, inspection_lines
    from stance.store import default_model

    inspection = inspect_model(model or default_model())
    click.echo("\n".join(inspection_lines(inspection)))
    if inspection.findings:
        raise click.exceptions.Exit(FINDINGS)


def _check_written(inputs: Iterable[str | Path | None], *outputs: Path | None, ending: str = "") -> None:
    """Refuse to write over what is read or twice to one file, where no file can stand, and under another ending."""
    read = {Path(file).resolve() for file in inputs if file}
    written: set[Path] = set()
    for output in filter(None, outputs):
        if str(output) == "-":
            raise InputError("-: only rows and --json can be printed; name a file to write")
        if not output.absolute().parent.is_dir():
            raise InputError(f"{output}: no such folder to write in; make it first")
        if output.resolve() in read:
            raise InputError(f"{output}: is an input too; give the output another name")
        if output.resolve() in written:
            raise InputError(f"{output}: two files would be written there; give one of them another name")
        own = output.suffix.lower()
        if ending and _SAME.get(own, own) != ending:
            raise InputError(f"{output}: what is written there is {ending[1:].upper()}; end its name in {ending}")
        written.add(output.resolve())


def _check_reports(inputs: Iterable[str | Path | None], json_: Path | None, report: Path | None) -> None:
    printed = str(json_) == "-"
    _check_written(inputs, None if printed else json_, report)
    _check_written((), report, ending=".html")


def _write_report(scores: Mapping[str, Any], json_: Path | None, report: Path | None, page: str) -> None:
    """Scores as JSON, and as a page."""
    import json

    from stance import scorecard
    from stance.files import replacing

    text = json.dumps(scores, indent=1, ensure_ascii=False) + "\n"
    if str(json_) == "-":
        click.echo(text, nl=False)
    elif json_:
        with replacing(json_) as stream:
            stream.write(text.encode("utf-8", "backslashreplace"))
    if report:
        with replacing(report) as stream:
            stream.write(getattr(scorecard, page)(scores).encode("utf-8", "backslashreplace"))


@app.command(epilog="Example:  stance export labels.jsonl --to label-studio --output tasks.json")
@click.argument(
    "data",
    nargs=-1,
    required=True,
    metavar="DATA...",
    help="Passages, labelled or not, or predictions; folders; - (JSONL, CSV).",
)
@click.option("--to", type=click.Choice(TOOLS), required=True, help="The tool to label them in; csv: any spreadsheet.")
@output_option("FILE", "File for the tool to import.")
@codebook_option
@click.option("--model", type=FILE, metavar="DIR", help="Model folder: suggests labels where there are none.")
@quiet_option
def export(
    data: Sequence[str],
    to: str,
    output: Path,
    codebook: Path | None,
    model: Path | None,
) -> None:
    """Write passages and their labels for a label tool; stance import brings the labels back.

    What stance classify predicted stands there as suggestions. For Label Studio a labelling configuration made of the
    codebook is written beside the tasks (tasks.xml beside tasks.json); doccano wants a project of the kind Intent
    Detection and Slot Filling, Prodigy the interfaces relations and choice as blocks.
    """
    from stance.files import read_rows, replacing
    from stance.labelstudio import labelling_config
    from stance.labeltools import export_sheets
    from stance.sheets import pre_annotate, read_sheets
    from stance.store import load_model

    if model and codebook:
        raise InputError("--codebook and --model: the model has a codebook of its own; leave one out")
    files = _found(data)
    written = [output, output.with_suffix(".xml")] if to == "label-studio" else [output]
    _check_written((), output, ending=_ENDINGS[to])
    _check_written([*files, codebook], *written)
    loaded = load_model(model) if model else None
    book = loaded.codebook if loaded else _codebook(codebook)
    rows = [row for file in files for row in read_rows(file)]
    sheets = read_sheets(pre_annotate(rows, loaded) if loaded else rows, book)
    parts = [export_sheets(sheets, to, book)]
    if to == "label-studio":
        parts.append(labelling_config(sheets, book))
    with ExitStack() as stack:
        streams = [stack.enter_context(replacing(file)) for file in written]
        for stream, part in zip(streams, parts, strict=True):
            stream.write(part)
    people, suggested = sum(sheet.labelled for sheet in sheets), sum(bool(sheet.model) for sheet in sheets)
    told = f"{counted(len(sheets), 'row')}, {people:,} labelled, {suggested:,} with suggestions"
    _note(f"{told}; written to {' and '.join(map(str, written))}")


@app.command("import", epilog="Example:  stance import project.json --from label-studio --output labels.jsonl")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", help="What the tool exported; zip too; -.")
@click.option("--from", "from_", type=click.Choice(TOOLS), required=True, help="The tool.")
@output_option("FILE", "Labelled passages, JSONL.")
@codebook_option
@quiet_option
def import_(
    files: Sequence[str],
    from_: str,
    output: Path,
    codebook: Path | None,
) -> None:
    """Read the labels that people gave in a label tool: a row for each passage and annotator.

    Whatever else the exported rows held comes back as it was. Tasks that nobody labelled, that were skipped, ignored or
    rejected are left out and counted. In a zip archive of doccano a file's name is its annotator.
    """
    from stance.files import json_line, replacing
    from stance.labeltools import import_rows

    _check_written([*files, codebook], output, ending=".jsonl")
    imported = import_rows(list(_named(files).values()), from_, _codebook(codebook))
    left_out = ", ".join(f"{number:,} {reason}" for reason, number in sorted(imported.left_out.items()))
    if not imported.rows:
        raise InputError(f"{', '.join(files)}: nobody labelled anything in it ({left_out or 'no task'}); label first")
    with replacing(output) as stream:
        stream.writelines(json_line(row) for row in imported.rows)
    people = len({str(row["annotator"]) for row in imported.rows if row.get("annotator")})
    passages = len({str(row["id"]) for row in imported.rows})
    told = f"{counted(len(imported.rows), 'row')} of {counted(passages, 'passage')}"
    told += f" by {counted(people, 'annotator')}" if people else ""
    _note(told + (f"; left out: {left_out}" if left_out else "") + f"; written to {output}")


@app.command(epilog="Example:  stance suggest articles.jsonl -n 100 --labelled labels.jsonl --output to-label.jsonl")
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
    from stance.evaluation import prepare
    from stance.files import json_line
    from stance.progress import LabellingProgress
    from stance.store import default_model
    from stance.stream import Reader, Settings, label_rows, model_of
    from stance.suggestions import suggest as choose

    directory, settings = str(model or default_model()), Settings()
    loaded = model_of(directory, settings)
    files = _found(inputs)
    if str(output) != "-":
        _check_written([*files, *labelled], output, ending=".jsonl")
    if "-" in files and "-" in labelled:
        raise InputError("-: INPUT and --labelled can't both be standard input; use a file")
    known = _read_labelled(labelled, loaded.codebook)[0] if labelled else []
    if labelled and all(row.labels == Labels() for row in known):
        raise InputError(f"{', '.join(labelled)}: no labels in it; give labelled passages, or leave --labelled out")
    gold = prepare(known, loaded.matcher)
    reader, kinds = Reader(unit, report=_note), Counter[str]()
    with LabellingProgress(_console(sys.stderr) if sys.stderr.isatty() else None, files) as progress:
        batches = label_rows(reader.read(files), directory, settings, os.cpu_count() or 1)
        found = choose(_counted(batches, reader, kinds, progress), loaded.codebook.frame_ids, count, gold)
    rows = (json_line(suggestion.to_dict()) for suggestion in found.chosen)
    _write_rows(rows, output, "jsonl", loaded.codebook)
    _note(_told(found) + (f"; written to {output}" if str(output) != "-" else ""))


def _told(found: Suggestions) -> str:
    """How many passages are suggested, of which labels the model is unsure there, and what was left out."""
    labels = Counter(label for suggestion in found.chosen for label in dict.fromkeys(suggestion.labels))
    left_out = {"labelled already": found.n_labelled, "just like another": found.n_copies}
    parts = [f"{counted(len(found.chosen), 'passage')} of {found.n_passages:,} to label"]
    if labels:
        parts.append(f"unsure of {', '.join(f'{label} ({number:,})' for label, number in labels.most_common())}")
    if any(left_out.values()):
        parts.append(f"left out: {', '.join(f'{number:,} {why}' for why, number in left_out.items() if number)}")
    return "; ".join(parts)


def main() -> NoReturn:
    """The entry point: turns errors into one line and an exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that lacks a letter is told its number
    try:
        code = app(standalone_mode=False)
    except InputError as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"{error.filename or 'output'}: {error.strerror or error}")
    except (KeyboardInterrupt, click.Abort):
        code = INTERRUPTED
    except click.ClickException as error:
        _fail(f"{error.format_message()} See stance --help." if error.format_message() else "See stance --help.")
    if code == INTERRUPTED:
        click.echo("stance: interrupted", err=True)
    gc.freeze()  # what is left is not looked through once more before it is thrown away
    sys.exit(code if isinstance(code, int) else 0)


def _fail(message: str) -> NoReturn:
    line = "".join(c if c.isprintable() else "\ufffd" for c in " ".join(message.split()))
    click.echo(f"stance: {line if len(line) <= _LINE else line[:_LINE] + '...'}", err=True)
    sys.exit(BAD_INPUT)


def _found(inputs: Sequence[str]) -> list[str]:
    """The files to read; of those in folders that can't be read, it is told how many there are."""
    from stance.files import find_files, unread_endings

    files, unread = find_files(inputs), unread_endings(inputs)
    if unread:
        endings = ", ".join(f"{ending or 'no ending'} {number:,}" for ending, number in sorted(unread.items()))
        _note(f"{counted(unread.total(), 'file')} in folders left out, of kinds that can't be read: {endings}")
    return files


def _note(message: str) -> None:
    click.echo(message, err=True)


def _console(stream: IO[str]) -> Console:
    from rich.console import Console

    return Console(file=stream, highlight=False, markup=False, emoji=False, soft_wrap=False)


def _codebook(path: Path | None) -> Codebook:
    from stance.codebook import Codebook
    from stance.store import default_codebook

    return Codebook.read(path or default_codebook())


def _named(files: Sequence[str]) -> dict[str, str]:
    """Files under the shortest ends of their paths that tell them apart."""
    if len(set(files)) < len(files):
        raise InputError(f"{max(files, key=files.count)}: named twice; name every file once")
    paths = {file: ("-",) if file == "-" else Path(file).absolute().parts for file in files}
    names: dict[str, str] = {}
    for file, parts in paths.items():
        others = [other for name, other in paths.items() if name != file]
        length = next(n for n in range(1, len(parts) + 1) if all(other[-n:] != parts[-n:] for other in others))
        names["/".join(parts[-length:])] = file
    return names


def _read_labelled(
    inputs: Sequence[str], book: Codebook, annotators: bool = False
) -> tuple[list[LabelledPassage], list[dict[str, Any]]]:
    """Labelled passages, and what the model's record keeps of each file."""
    from stance.files import read_labelled, spelled

    labelled = read_labelled(inputs, book, annotators)
    records = [
        {
            "file": spelled("/".join(Path(file).absolute().parts[-2:])) if file != "-" else file,
            "sha256": _file_digest(file),
            "passages": len(rows),
            "articles": len({row.passage.article for row in rows}),
        }
        for file, rows in labelled.items()
    ]
    return [row for rows in labelled.values() for row in rows], records


def _file_digest(file: str) -> str:
    import hashlib

    if file == "-":
        return ""
    with open(file, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


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
    if output is None or str(output) == "-":
        return "text" if sys.stdout.isatty() else "jsonl"
    endings = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".parquet": "parquet", ".txt": "text"}
    if output.suffix.lower() not in endings:
        raise InputError(f"{output}: no format ends in that; use {', '.join(endings)}, or give --format")
    return endings[output.suffix.lower()]


def _write_rows(rows: Iterator[Any], output: Path | None, kind: str, book: Codebook) -> None:
    from stance.files import replacing, row_writer

    with ExitStack() as stack:
        to_stdout = output is None or str(output) == "-"
        stream = sys.stdout.buffer if to_stdout else stack.enter_context(replacing(output or ""))
        if kind == "text":
            from stance.report import print_predictions

            text = sys.stdout if to_stdout else io.TextIOWrapper(stream, encoding="utf-8", write_through=True)
            print_predictions(rows, book, _console(text))
            if not to_stdout:
                text.detach()  # type: ignore[union-attr]
            return
        with closing(row_writer(stream, kind, book.frame_ids)) as writer:
            for row in rows:
                writer.write(row)


def _summary(rows: int, bad: int, kinds: Mapping[str, int], output: Path | None) -> str:
    others = [counted(count, kind) for kind, count in kinds.items() if kind != "prose"]
    parts = [f"{counted(kinds.get('prose', 0), 'passage')} of {counted(rows - bad, 'input')} labelled"]
    if others:
        parts.append(f"recognised and not labelled: {', '.join(others)}")
    if bad:
        parts.append(f"{counted(bad, 'bad row')} left out (--strict stops at the first)")
    return "; ".join(parts) + (f"; written to {output}" if output and str(output) != "-" else "")
