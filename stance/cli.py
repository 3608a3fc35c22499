"""The command line: data to standard output, all else to standard error, errors in one line and exit code 2."""

from __future__ import annotations

import io
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from stance.records import InputError

if TYPE_CHECKING:
    from rich.console import Console

    from stance.codebook import Codebook
    from stance.pipeline import Model
    from stance.recipe import Recipe
    from stance.records import LabelledPassage
    from stance.report import LabellingProgress
    from stance.runs import Run, Tally
    from stance.stream import Labelled, Reader
    from stance.suggestions import Suggestions
    from stance.training import Reports, Trained

app = typer.Typer(
    help="Label news passages by how they frame a matter, and by the stance they convey toward each actor.",
    epilog="Start with:  stance classify article.txt",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

FINDINGS, BAD_INPUT, INTERRUPTED = 1, 2, 130
_LINE = 1200
"""Characters of an error's line: a message may quote what others wrote."""


class Unit(StrEnum):
    article = "article"
    passage = "passage"


class Format(StrEnum):
    jsonl = "jsonl"
    csv = "csv"
    parquet = "parquet"
    text = "text"


class Engine(StrEnum):
    local = "local"
    ray = "ray"


class LabelerKind(StrEnum):
    linear = "linear"
    transformer = "transformer"


DataArgument = Annotated[
    list[str], typer.Argument(metavar="DATA...", help="Labelled JSONL, CSV, Parquet; folders; - (JSONL).")
]
CodebookOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="YAML codebook; default: militancy, built in.")
]
QuietOption = Annotated[
    bool,
    typer.Option(
        "--quiet-text", callback=lambda value: _be_quiet(value), help="Quote nothing of the input in messages."
    ),
]
ModelOption = Annotated[Path | None, typer.Option(metavar="DIR", help="Model folder; default: the one that ships.")]


def _be_quiet(quiet: bool) -> bool:
    """Through the environment, for the processes that are started from here have to know too."""
    if quiet:
        from stance.quoting import QUIET

        os.environ[QUIET] = "1"
    return quiet


@app.callback(invoke_without_command=True)
def _main(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
) -> None:
    if version:
        from stance import __version__

        typer.echo(f"stance {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command(epilog="Example:  stance check labels.jsonl --codebook codebook.yaml")
def check(data: DataArgument, codebook: CodebookOption = None, quiet_text: QuietOption = False) -> None:
    """Tell what is wrong and what is odd in labelled data.

    Findings with file and line go to standard output, then the counts of every label. Exit code 1 when there are
    findings.
    """
    from stance.checking import check_rows
    from stance.files import find_files, read_rows
    from stance.report import print_counts

    book = _codebook(codebook)
    report = check_rows((row for file in find_files(data) for row in read_rows(file)), book)
    console = _console(sys.stdout)
    for finding in report.findings:
        typer.echo("".join(c if c.isprintable() else "\ufffd" for c in finding))
    if report.findings:
        typer.echo()
    people = f", {_count(len(report.annotators), 'annotator')}" if report.annotators else ""
    typer.echo(f"{report.n_passages:,} passages of {report.n_articles:,} articles{people}; codebook {book.name}")
    print_counts(report.counts, console)
    count = len(report.findings)
    typer.echo(f"\n{count:,} finding{'' if count == 1 else 's'}" if count else "\nno findings")
    if count:
        raise typer.Exit(FINDINGS)


@app.command(epilog="Example:  stance train labels.jsonl --output my-model --codebook codebook.yaml")
def train(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder to save the model in.")],
    data: Annotated[
        list[str] | None, typer.Argument(metavar="DATA...", help="Labelled JSONL, CSV, Parquet; folders; - (JSONL).")
    ] = None,
    codebook: CodebookOption = None,
    dev: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE", help="Labelled data to score it on (transformer: to calibrate on too); repeatable."
        ),
    ] = None,
    labeler: Annotated[LabelerKind, typer.Option(help="Kind of model.")] = LabelerKind.linear,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of every random choice; default: 0.")] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Transformer: YAML recipe of settings, corpora, dev sets.")
    ] = None,
    encoder: Annotated[
        str | None, typer.Option(metavar="NAME_OR_DIR", help="Transformer: a Hugging Face encoder; default: MiniLM.")
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            metavar="DIR",
            help="Transformer: a model to begin with, or none; default for labels of stances: the one that ships.",
        ),
    ] = None,
    corpus: Annotated[
        list[str] | None,
        typer.Option("--data", metavar="NAME=FILE", help="Transformer: a corpus, or another path for one; repeatable."),
    ] = None,
    download: Annotated[bool, typer.Option("--download", help="Let the encoder be fetched from its hub.")] = False,
    learning_curve: Annotated[
        bool,
        typer.Option("--learning-curve", help="First tell, from parts of the articles, if more labels would help."),
    ] = False,
    quiet_text: QuietOption = False,
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
    named = [str(file) for file in dev or []]
    checkpoint = output.absolute().parent / f".{output.name}.checkpoint"
    if labeler is LabelerKind.linear:
        if config or encoder or start or corpus or download:
            raise InputError(
                "--config, --encoder, --start, --data and --download belong to --labeler transformer; give that too"
            )
        trained = _train_linear(data or [], book, dev or [], seed or 0, learning_curve)
    else:
        recipe = _recipe(config, encoder, start, seed, data or [], corpus or [], dev or [])
        named = named or list(recipe.dev)
        trained = _train_transformer(recipe, book, download, checkpoint, learning_curve)
    title = "held-out articles" + (" (cross-fitted)" if labeler is LabelerKind.linear else "")
    _print_all({title: trained.scores["held_out"], **dict(zip(named, trained.scores["dev"], strict=True))})
    saved = save_model(trained.model, output, trained.scores, trained.record, trained.digests)
    if labeler is LabelerKind.transformer:
        for left in (checkpoint, second(checkpoint)):
            left.unlink(missing_ok=True)
    _note(f"saved {saved.name} in {output}")


def _print_all(scores: Mapping[str, Mapping[str, Any]]) -> None:
    from stance.report import print_scores

    console = _console(sys.stdout)
    for number, (name, part) in enumerate(scores.items()):
        console.print(f"{chr(10) if number else ''}On {name}", style="bold")
        print_scores(part, console)


def _train_linear(data: list[str], book: Codebook, dev: list[Path], seed: int, curve: bool) -> Trained:
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
    from stance.report import TrainingProgress, print_learning_curve
    from stance.training import Reports

    def show_curve(points: Mapping[str, Any]) -> None:
        print_learning_curve(points, _console(sys.stdout))

    return Reports(_note, lambda: TrainingProgress(_console(sys.stderr)), show_curve if curve else None)


def _recipe(
    config: Path | None,
    encoder: str | None,
    start: str | None,
    seed: int | None,
    data: list[str],
    corpora: list[str],
    dev: list[Path],
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
def classify(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...", help="Text, web pages, JSONL, CSV, TSV, Parquet; folders; - (text or JSONL)."
        ),
    ],
    model: ModelOption = None,
    unit: Annotated[Unit, typer.Option(help="What a row or text file is; articles are split.")] = Unit.article,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Its ending decides the format.")
    ] = None,
    format_: Annotated[Format | None, typer.Option("--format", help="Default: text on a terminal, else JSONL.")] = None,
    threshold: Annotated[
        list[str] | None, typer.Option(metavar="FRAME=P", help="Another threshold for a frame; may be repeated.")
    ] = None,
    review: Annotated[
        float | None,
        typer.Option(min=0.0, max=1.0, metavar="P", help="Mark labels that are wrong with this probability or more."),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Name the words that weighed in; takes many times as long.")
    ] = False,
    jobs: Annotated[int, typer.Option(min=0, help="Processes; 0: one a core.")] = 0,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first bad row.")] = False,
    resume: Annotated[
        bool | None,
        typer.Option("--resume/--restart", help="Go on with --output where a run was stopped, or start over."),
    ] = None,
    engine: Annotated[
        Engine, typer.Option(help="ray: on many machines, a file a core; --output is a folder.")
    ] = Engine.local,
    address: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Of the Ray cluster; default: this machine.")
    ] = None,
    quiet_text: QuietOption = False,
) -> None:
    """Label articles: for every passage its frames, the stance toward each actor, and who holds it.

    A few bad rows (up to 1 in 100 of a file) are reported and left out; with more, the run fails.
    """
    from stance.files import find_files
    from stance.report import LabellingProgress
    from stance.runs import Run, label_files, label_on_cluster
    from stance.store import default_model
    from stance.stream import Settings, model_of

    if address and engine is Engine.local:
        raise InputError("--address belongs to --engine ray; give that too")
    directory = str(model or default_model())
    settings = Settings(_thresholds(threshold or []), review, explain)
    book = model_of(directory, settings).codebook
    kind = _output_format(None if engine is Engine.ray else output, format_, engine is Engine.ray)
    files = find_files(inputs)
    if output and any(output.resolve() == Path(file).resolve() for file in files):
        raise InputError(f"{output}: is an input too; give --output another name")
    run = Run(directory, settings, unit.value, kind, strict)
    kept = output is not None and str(output) != "-" and kind != "text" and "-" not in files
    if engine is Engine.ray and not kept:
        raise InputError("--engine ray reads files and writes a folder: give --output FOLDER")
    if resume is not None and not kept:
        raise InputError("--resume and --restart go with files to read and --output FILE.jsonl, .csv or .parquet")
    with LabellingProgress(_console(sys.stderr), files) as progress:
        if output is None or not kept:
            tally = _label_stream(run, files, jobs or os.cpu_count() or 1, output, book, progress)
        elif engine is Engine.ray:
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
def report(
    predictions: Annotated[
        list[str], typer.Argument(metavar="PREDICTIONS...", help="What classify wrote: JSONL, CSV, Parquet.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE.html", help="The page to write.")],
    codebook: CodebookOption = None,
    title: Annotated[str, typer.Option(help="Of the page.")] = "What the passages say",
    shown: Annotated[int, typer.Option(min=1, help="Passages to show in full; of more, a random sample.")] = 1500,
    quiet_text: QuietOption = False,
) -> None:
    """Write predictions as one page to read: who stands where toward whom, frames by outlet and month, the passages.

    The page opens from disk and holds all it needs. Figures are of all passages; of many, a sample is shown in full.
    """
    from stance.dataformat import parse_prediction
    from stance.files import find_files, read_rows, replacing
    from stance.overview import Overview
    from stance.overview_page import overview_page

    book = _codebook(codebook)
    rows = (row for file in find_files(predictions) for row in read_rows(file))
    overview = Overview(shown).read(parse_prediction(row.checked(), row.place) for row in rows)
    if not overview.n_passages:
        raise InputError(f"{', '.join(predictions)}: no predictions; give what stance classify wrote")
    with replacing(output) as stream:
        stream.write(overview_page(overview, book, title).encode())
    _note(f"{_count(overview.n_passages, 'passage')} of {_count(overview.n_articles, 'article')}; written to {output}")


JsonOption = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write everything there; -: print.")]
ReportOption = Annotated[Path | None, typer.Option("--report", metavar="FILE.html", help="Write a page to read.")]


@app.command(epilog="Example:  stance evaluate dev.jsonl --model my-model --by source --report scores.html")
def evaluate(
    data: DataArgument,
    model: ModelOption = None,
    json_: JsonOption = None,
    report: ReportOption = None,
    by: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD", help="Slice by a field, date:year, date:month or actor; repeatable."),
    ] = None,
    compare: Annotated[
        Path | None, typer.Option(metavar="OTHER", help="Another model's folder, or its predictions of the same rows.")
    ] = None,
    max_error: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Labels that may be wrong and not marked for review.")
    ] = 0.05,
    cross_validate: Annotated[
        int, typer.Option(min=0, metavar="K", help="Train linear models on these data in K folds, and score those.")
    ] = 0,
    codebook: CodebookOption = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Of --cross-validate; default: 0.")] = None,
    quiet_text: QuietOption = False,
) -> None:
    """Score a model on labelled passages: how good, how sure, on what, against another, and did anything leak.

    An actor that is labelled but not found counts as wrong; the scores given all mentions stand beside. Intervals are
    95 %, from a bootstrap over articles.
    """
    from stance.report import print_examination

    _check_outputs(json_, report)
    if cross_validate:
        if model or compare:
            raise InputError("--cross-validate trains models of its own; leave out --model and --compare")
        if cross_validate == 1:
            raise InputError("--cross-validate 1: give 2 folds or more, as in --cross-validate 5")
        scores = _cross_validated(data, _codebook(codebook), cross_validate, seed or 0, by or [], max_error)
    elif codebook or seed is not None:
        raise InputError("--codebook and --seed belong to --cross-validate; leave them out")
    else:
        scores = _assessed(data, model, by or [], compare, max_error)
    if not any(scores[task]["n"] for task in ("frames", "stance", "directed")):
        raise InputError(
            f"{', '.join(data)}: no label of a task that {scores['model']} learned; give labelled passages"
        )
    if str(json_) != "-":
        print_examination(scores, _console(sys.stdout))
    _write_report(scores, json_, report, "scores_page")


def _assessed(
    data: list[str], model: Path | None, by: list[str], other: Path | None, max_error: float
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
    data: list[str], book: Codebook, n_folds: int, seed: int, by: list[str], max_error: float
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
def agree(
    data: DataArgument,
    codebook: CodebookOption = None,
    model: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Count this model in as one more annotator.")
    ] = None,
    json_: JsonOption = None,
    report: ReportOption = None,
    quiet_text: QuietOption = False,
) -> None:
    """Tell how far several annotators' labels of the same passages agree, and where they do not.

    Rows with the same id and another annotator are labels of the same passage; rows that do not say who labelled them
    are taken for labels of one person a file, named like it. Krippendorff's alpha (nominal for
    stances, MASI distance for sets of frames), Cohen's kappa and F1 between pairs, 95 % intervals over articles.
    """
    from stance.assessment import agree as assess
    from stance.report import print_agreement
    from stance.store import load_model

    _check_outputs(json_, report)
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
def inspect(
    model: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="Model folder; default: the one that ships.")
    ] = None,
) -> None:
    """Tell what a model folder holds, without loading it; for a folder from somebody else, before it is used.

    Its name and digest, codebook, settings, data and scores, and of every file whether its digest and form hold. Exit
    code 1 when there are findings.
    """
    from stance.inspection import inspect_model, inspection_lines
    from stance.store import default_model

    inspection = inspect_model(model or default_model())
    typer.echo("\n".join(inspection_lines(inspection)))
    if inspection.findings:
        raise typer.Exit(FINDINGS)


def _check_outputs(*files: Path | None) -> None:
    for file in files:
        if file and not file.absolute().parent.is_dir():
            raise InputError(f"{file}: no such folder to write in; make it first")


def _write_report(scores: Mapping[str, Any], json_: Path | None, report: Path | None, page: str) -> None:
    """Scores as JSON, and as a page."""
    import json

    from stance import scorecard
    from stance.files import replacing

    text = json.dumps(scores, indent=1, ensure_ascii=False) + "\n"
    if str(json_) == "-":
        typer.echo(text, nl=False)
    elif json_:
        with replacing(json_) as stream:
            stream.write(text.encode())
    if report:
        with replacing(report) as stream:
            stream.write(getattr(scorecard, page)(scores).encode())


class Tool(StrEnum):
    label_studio = "label-studio"
    doccano = "doccano"
    prodigy = "prodigy"
    csv = "csv"


@app.command(epilog="Example:  stance export labels.jsonl --to label-studio --output tasks.json")
def export(
    data: Annotated[
        list[str],
        typer.Argument(metavar="DATA...", help="Passages, labelled or not, or predictions; folders; - (JSONL)."),
    ],
    to: Annotated[Tool, typer.Option(help="The tool to label them in; csv: any spreadsheet.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="File for the tool to import.")],
    codebook: CodebookOption = None,
    model: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Model folder: suggests labels where there are none.")
    ] = None,
    quiet_text: QuietOption = False,
) -> None:
    """Write passages and their labels for a label tool; stance import brings the labels back.

    What stance classify predicted stands there as suggestions. For Label Studio a labelling configuration made of the
    codebook is written beside the tasks (tasks.xml beside tasks.json); doccano wants a project of the kind Intent
    Detection and Slot Filling, Prodigy the interfaces relations and choice as blocks.
    """
    from stance.files import find_files, read_rows, replacing
    from stance.labelstudio import labelling_config
    from stance.labeltools import export_sheets
    from stance.sheets import pre_annotate, read_sheets
    from stance.store import load_model

    if model and codebook:
        raise InputError("--codebook and --model: the model has a codebook of its own; leave one out")
    files = find_files(data)
    written = [output, output.with_suffix(".xml")] if to is Tool.label_studio else [output]
    _check_written(written, files)
    loaded = load_model(model) if model else None
    book = loaded.codebook if loaded else _codebook(codebook)
    rows = [row for file in files for row in read_rows(file)]
    sheets = read_sheets(pre_annotate(rows, loaded) if loaded else rows, book)
    parts = [export_sheets(sheets, to.value, book)]
    if to is Tool.label_studio:
        parts.append(labelling_config(sheets, book))
    with ExitStack() as stack:
        streams = [stack.enter_context(replacing(file)) for file in written]
        for stream, part in zip(streams, parts, strict=True):
            stream.write(part)
    people, suggested = sum(sheet.labelled for sheet in sheets), sum(bool(sheet.model) for sheet in sheets)
    told = f"{_count(len(sheets), 'row')}, {people:,} labelled, {suggested:,} with suggestions"
    _note(f"{told}; written to {' and '.join(map(str, written))}")


@app.command("import", epilog="Example:  stance import project.json --from label-studio --output labels.jsonl")
def import_(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="What the tool exported; zip too; -.")],
    from_: Annotated[Tool, typer.Option("--from", help="The tool.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Labelled passages, JSONL.")],
    codebook: CodebookOption = None,
    quiet_text: QuietOption = False,
) -> None:
    """Read the labels that people gave in a label tool: a row for each passage and annotator.

    Whatever else the exported rows held comes back as it was. Tasks that nobody labelled, that were skipped, ignored or
    rejected are left out and counted. In a zip archive of doccano a file's name is its annotator.
    """
    from stance.files import json_line, replacing
    from stance.labeltools import import_rows

    _check_written([output], files)
    imported = import_rows(list(_named(files).values()), from_.value, _codebook(codebook))
    left_out = ", ".join(f"{number:,} {reason}" for reason, number in sorted(imported.left_out.items()))
    if not imported.rows:
        raise InputError(f"{', '.join(files)}: nobody labelled anything in it ({left_out or 'no task'}); label first")
    with replacing(output) as stream:
        stream.writelines(json_line(row) for row in imported.rows)
    people = len({str(row["annotator"]) for row in imported.rows if row.get("annotator")})
    passages = len({str(row["id"]) for row in imported.rows})
    told = f"{_count(len(imported.rows), 'row')} of {_count(passages, 'passage')}"
    told += f" by {_count(people, 'annotator')}" if people else ""
    _note(told + (f"; left out: {left_out}" if left_out else "") + f"; written to {output}")


def _check_written(outputs: Sequence[Path], inputs: Sequence[str]) -> None:
    """Refuse to write over an input, over another output, or where no file can stand."""
    if Path("-") in outputs:
        raise InputError("--output -: name a file to write")
    _check_outputs(*outputs)
    if len(set(outputs)) < len(outputs):
        raise InputError(f"{outputs[0]}: the labelling configuration will stand there; give --output another ending")
    for output in outputs:
        if any(output.resolve() == Path(file).resolve() for file in inputs):
            raise InputError(f"{output}: is an input too; give --output another name")


@app.command(epilog="Example:  stance suggest articles.jsonl -n 100 --labelled labels.jsonl --output to-label.jsonl")
def suggest(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...", help="Text, web pages, JSONL, CSV, TSV, Parquet; folders; - (text or JSONL)."
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE.jsonl", help="File to write; -: print.")],
    count: Annotated[int, typer.Option("-n", min=1, metavar="N", help="How many passages.")] = 100,
    model: ModelOption = None,
    labelled: Annotated[
        list[str] | None,
        typer.Option(metavar="DATA", help="What is labelled already: left out, and tells what is rare; repeatable."),
    ] = None,
    unit: Annotated[Unit, typer.Option(help="What a row or text file is; articles are split.")] = Unit.article,
    quiet_text: QuietOption = False,
) -> None:
    """Choose the passages that are most worth labelling next, each with the reason.

    The model is unsure of them, rare labels count more, and no two are alike. The rows are as classify writes them;
    export makes them tasks of a label tool. Label, train on old and new labels together, and suggest again.
    """
    from stance.evaluation import prepare
    from stance.files import find_files, json_line
    from stance.report import LabellingProgress
    from stance.store import default_model
    from stance.stream import Reader, Settings, label_rows, model_of
    from stance.suggestions import suggest as choose

    directory, settings = str(model or default_model()), Settings()
    loaded = model_of(directory, settings)
    files = find_files(inputs)
    if str(output) != "-":
        _check_written([output], [*files, *(labelled or [])])
        if _output_format(output, None) != "jsonl":
            raise InputError(f"{output}: suggestions are written as JSONL; end its name in .jsonl")
    if "-" in files and "-" in (labelled or []):
        raise InputError("-: INPUT and --labelled can't both be standard input; use a file")
    gold = prepare(_read_labelled(labelled, loaded.codebook)[0] if labelled else [], loaded.matcher)
    reader, kinds = Reader(unit.value, report=_note), Counter[str]()
    with LabellingProgress(_console(sys.stderr), files) as progress:
        batches = label_rows(reader.read(files), directory, settings, os.cpu_count() or 1)
        found = choose(_counted(batches, reader, kinds, progress), loaded.codebook.frame_ids, count, gold)
    rows = (json_line(suggestion.to_dict()) for suggestion in found.chosen)
    _write_rows(rows, output, "jsonl", loaded.codebook)
    _note(_told(found) + (f"; written to {output}" if str(output) != "-" else ""))


def _told(found: Suggestions) -> str:
    """How many passages are suggested, of which labels the model is unsure there, and what was left out."""
    labels = Counter(label for suggestion in found.chosen for label in dict.fromkeys(suggestion.labels))
    left_out = {"labelled already": found.n_labelled, "just like another": found.n_copies}
    parts = [f"{_count(len(found.chosen), 'passage')} of {found.n_passages:,} to label"]
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
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        _fail(f"{error.filename or 'output'}: {error.strerror or error}")
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        _fail(f"{error.format_message()} See stance --help." if error.format_message() else "See stance --help.")
    if code == INTERRUPTED:
        typer.echo("stance: interrupted", err=True)
    sys.exit(code if isinstance(code, int) else 0)


def _fail(message: str) -> NoReturn:
    line = "".join(c if c.isprintable() else "\ufffd" for c in " ".join(message.split()))
    typer.echo(f"stance: {line if len(line) <= _LINE else line[:_LINE] + '...'}", err=True)
    sys.exit(BAD_INPUT)


def _note(message: str) -> None:
    typer.echo(message, err=True)


def _console(stream: IO[str]) -> Console:
    from rich.console import Console

    return Console(file=stream, highlight=False, markup=False, emoji=False, soft_wrap=False)


def _codebook(path: Path | None) -> Codebook:
    from stance.codebook import Codebook
    from stance.store import default_codebook

    return Codebook.read(path or default_codebook())


def _named(files: list[str]) -> dict[str, str]:
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
    inputs: list[str], book: Codebook, annotators: bool = False
) -> tuple[list[LabelledPassage], list[dict[str, Any]]]:
    """Labelled passages, and what the model's record keeps of each file."""
    from stance.files import read_labelled

    labelled = read_labelled(inputs, book, annotators)
    records = [
        {
            "file": "/".join(Path(file).absolute().parts[-2:]) if file != "-" else file,
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


def _thresholds(texts: list[str]) -> tuple[tuple[str, float], ...]:
    thresholds = {}
    for text in texts:
        frame, _, value = text.partition("=")
        try:
            thresholds[frame] = float(value)
        except ValueError:
            raise InputError(f'--threshold "{text}": write FRAME=P, as in terrorism_threat=0.4') from None
    return tuple(sorted(thresholds.items()))


def _output_format(output: Path | None, chosen: Format | None, folder: bool = False) -> str:
    if chosen or folder:
        return chosen.value if chosen else "jsonl"
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
    others = [_count(count, kind) for kind, count in kinds.items() if kind != "prose"]
    parts = [f"{_count(kinds.get('prose', 0), 'passage')} of {_count(rows - bad, 'input')} labelled"]
    if others:
        parts.append(f"recognised and not labelled: {', '.join(others)}")
    if bad:
        parts.append(f"{_count(bad, 'bad row')} left out (--strict stops at the first)")
    return "; ".join(parts) + (f"; written to {output}" if output and str(output) != "-" else "")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


if __name__ == "__main__":
    main()
