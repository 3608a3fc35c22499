"""What several commands do: find their files, read labels, check what would be written, tell of it."""

from __future__ import annotations

import io
import os
import stat
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from stance.commands.options import layout
from stance.machine import Unfinished
from stance.quoting import counted
from stance.records import InputError

if TYPE_CHECKING:
    from rich.console import Console

    from stance.formats.columns import Layout
    from stance.formats.rows import Row
    from stance.formats.writing import Shape
    from stance.jobs.progress import LabellingProgress
    from stance.jobs.stream import Labelled, Reader
    from stance.models.model import Model
    from stance.records import Article, LabelledPassage, Passage
    from stance.text.codebook import Codebook

FINDINGS, BAD_INPUT = 1, 2
_SAME = {".ndjson": ".jsonl", ".htm": ".html", ".yml": ".yaml"}


def counting(
    batches: Iterator[Labelled], reader: Reader, kinds: Counter[str], progress: LabellingProgress
) -> Iterator[Any]:
    """The rows of batches, one after the other; what was in them is counted."""
    for rows, counts in batches:
        kinds.update(counts)
        yield from rows
        progress.advance(reader.rows_read, counts["prose"])


def check_written(
    inputs: Iterable[str | Path | None], *outputs: Path | None, ending: str = "", folder: bool = False
) -> None:
    """Refuse to write over what is read or twice to one file, where no file can stand, and under another ending.

    Where a `folder` is to be written, one may stand there already.
    """
    from stance.formats.writing import check_place, is_special, target_of

    read = {Path(file).resolve() for file in inputs if file}
    written: set[Path] = set()
    for output in filter(None, outputs):
        if str(output) == "-":
            raise InputError("-: only rows and --json can be printed; name a file to write")
        if not folder:
            check_place(output)
        if is_special(output):
            continue
        target = target_of(output)
        if not target.parent.is_dir():
            raise InputError(f"{output}: no such folder to write in; make it first")
        if target in read:
            raise InputError(f"{output}: is an input too; give the output another name")
        if target in written:
            raise InputError(f"{output}: two files would be written there; give one of them another name")
        own = output.suffix.lower()
        if ending and _SAME.get(own, own) != ending:
            raise InputError(f"{output}: what is written there is {ending[1:].upper()}; end its name in {ending}")
        written.add(target)


def check_reports(inputs: Iterable[str | Path | None], json_: Path | None, report: Path | None) -> None:
    check_written(inputs, None if is_printed(json_) else json_, report)
    check_written((), report, ending=".html")


def write_report(
    scores: Mapping[str, Any], json_: Path | None, report: Path | None, page: Callable[[Mapping[str, Any]], str]
) -> None:
    """Scores as JSON, and as a page: files first, for what is printed may have no reader."""
    import json

    from stance.formats.writing import replacing

    text = json.dumps(scores, indent=1, ensure_ascii=False) + "\n"
    if report:
        with replacing(report) as stream:
            stream.write(page(scores).encode("utf-8", "backslashreplace"))
    if json_ and is_printed(json_):
        click.echo(text, nl=False)
    elif json_:
        with replacing(json_) as stream:
            stream.write(text.encode("utf-8", "backslashreplace"))


def is_printed(output: Path | None) -> bool:
    """Whether an output that was named is standard output, by whatever name."""
    from stance.formats.writing import is_stdout

    return output is not None and is_stdout(output)


def files_of(inputs: Sequence[str]) -> list[str]:
    """The files to read; of those in folders that can't be read, the command's last line tells how many there are."""
    from stance.formats.notes import Notes
    from stance.formats.reading import find_files, told_endings, unread_endings

    notes = Notes(note)
    files, unread = find_files(inputs, notes, layout().encoding), unread_endings(inputs)
    notes.close()
    if unread:
        told = f"{counted(unread.total(), 'file')} in folders left out, of kinds that can't be read"
        line = f"{told}: {told_endings(unread)} (name one to see what to do)"
        click.get_current_context().call_on_close(lambda: note(line))
    return files


def note(message: str) -> None:
    """A line to standard error; where nothing can be written there, the work goes on without."""
    with suppress(OSError):
        click.echo(message, err=True)


def note_unread(counts: Mapping[str, int], model: Model, done: str) -> None:
    """Say how many inputs are in languages that the model can't read, in which, and what is done with them."""
    from stance.text.languages import language_name, told_languages

    if total := sum(counts.values()):
        own = ", ".join(map(language_name, model.languages))
        told = f"{counted(total, 'input')} in languages that the model can't read (it reads {own})"
        note(f"{told}, {done}: {told_languages(counts)}")


def console_on(stream: IO[str]) -> Console:
    """What prints tables and text; in a file as on a plain terminal of 80 columns, whatever the environment says."""
    from rich.console import Console

    plain, width = (False, 80) if _is_file(stream) else (None, None)
    return Console(
        file=stream, force_terminal=plain, width=width, highlight=False, markup=False, emoji=False, soft_wrap=False
    )


def _is_file(stream: IO[str]) -> bool:
    try:
        return stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):  # one in memory
        return False


def read_codebook(path: Path | None) -> Codebook:
    from stance.models.shipped import default_codebook
    from stance.text.codebook import Codebook

    book = Codebook.read(path or default_codebook())
    if book.unwritten:
        note(f"{path}: frames still to be written: {', '.join(book.unwritten)}")
    return book


def prose_of(items: Iterable[Article | Passage]) -> Iterator[Passage]:
    """The passages of articles that are prose; passages are taken as they are."""
    from stance.records import Passage
    from stance.text.passages import split_article

    passages = (p for item in items for p in ([item] if isinstance(item, Passage) else split_article(item)))
    return (passage for passage in passages if passage.kind == "prose")


def tell_frames(given: Codebook, labelled: Codebook) -> None:
    """Tell which frames of a codebook are left out, since the model does not know them."""
    unknown = [frame for frame in given.frame_ids if frame not in labelled.frame_ids]
    if unknown:
        note(f"{given.name}: frames that the model does not know are left out: {', '.join(unknown)}")


def short_names(files: Sequence[str]) -> dict[str, str]:
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


def rows_of(files: Sequence[str], labelled: bool = False) -> Iterator[Row]:
    """The rows of files, laid out as the options say; it is told what was taken for what, skipped or guessed."""
    from stance.formats.reading import rows_of

    return rows_of(files, replace(layout(), labelled=labelled), note)


def labelled_of(
    inputs: Sequence[str], book: Codebook, annotators: bool = False, laid_out: Layout | None = None
) -> tuple[list[LabelledPassage], list[dict[str, Any]]]:
    """Labelled passages, and what the model's record keeps of each file."""
    from stance.formats.labels import labelled_of_files

    return labelled_of_files(inputs, book, note, annotators, laid_out or layout())


def soft_labels_of(file: str) -> tuple[list[LabelledPassage], list[dict[str, Any]]]:
    """What another model said of passages, as `stance classify` wrote it, and what the model's record keeps of it."""
    from stance.formats.dataformat import parse_prediction
    from stance.formats.labels import file_record
    from stance.formats.reading import find_files, read_rows
    from stance.records import LabelledPassage, Labels

    [file] = find_files([file])
    made = [parse_prediction(row.checked(), row.place) for row in read_rows(file)]
    rows = [LabelledPassage(prediction.passage, Labels(), soft=prediction) for prediction in made]
    return rows, [file_record(file, rows)]


def write_rows(rows: Iterator[Any], output: Path | None, kind: str, book: Codebook, shape: Shape | None = None) -> None:
    from stance.formats.csv import MARK
    from stance.formats.writing import WIDE, replacing, row_writer

    with Unfinished(), ExitStack() as stack:
        to_stdout = output is None or is_printed(output)
        stream = sys.stdout.buffer if to_stdout else stack.enter_context(replacing(output or ""))
        if kind == "text":
            from stance.pages.terminal import print_predictions

            text = sys.stdout if to_stdout else io.TextIOWrapper(stream, encoding="utf-8", write_through=True)
            print_predictions(rows, book, console_on(text))
            if not to_stdout:
                text.detach()  # type: ignore[union-attr]
            return
        if kind == "csv" and not to_stdout:
            stream.write(MARK)
        with closing(row_writer(stream, kind, book.frame_ids, shape or WIDE)) as writer:
            for row in rows:
                writer.write(row)
