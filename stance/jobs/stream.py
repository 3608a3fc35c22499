"""Files in, rows of predictions out: one batch after the other, on several processes where that pays."""

from __future__ import annotations

import gc
import itertools
import signal
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from stance.formats.columns import FOUND, Layout, likely_format
from stance.formats.dataformat import parse_article, parse_passage
from stance.formats.notes import Notes
from stance.formats.reading import read_rows
from stance.formats.rows import Row
from stance.formats.streams import spelled
from stance.formats.writing import OutputError
from stance.machine import Deaf, Unfinished, processes_can_share
from stance.models.explanation import explained
from stance.models.model import Model
from stance.models.store import load_model
from stance.quoting import counted, quote
from stance.records import Article, InputError, Passage
from stance.text.codebook import Codebook
from stance.text.holders import with_holders
from stance.text.languages import told_language
from stance.text.mentions import parse_day
from stance.text.passages import split_article

BATCH, CHARACTERS = 32, 10_000
"""Rows that are labelled together: so many at most, and no more once they have so many characters."""
INLINE = 50_000
"""Characters up to which starting processes costs more than it saves."""
EXPLAINED = 20
"""How often a passage is labelled, roughly, to explain it."""
AHEAD = 32
"""Batches under way for each process: while one labels a very long article, the others need not wait."""
TOLERATED = 0.01
"""The share of a file's rows that may be bad and are left out; where there are more, the file is refused."""
UNREAD = "unread:"
"""What stands before a language where inputs that the model can't read are counted."""
SHOWN = 20
"""Bad rows of a file that are reported one by one, at its end."""


@dataclass
class Reader:
    """Reads articles or passages from files, and keeps count of the rows that are left out.

    Parameters
    ----------
    unit : str
        ``article``: a row or text file is an article, to be split; ``passage``: a row is a passage, taken as it is.
    strict : bool
        Whether the first bad row ends the run.
    report : callable
        Takes a line about a bad row, and about what was taken for what, skipped or guessed.
    layout : Layout
        How the files are laid out.
    """

    unit: str
    strict: bool = False
    report: Callable[[str], None] = lambda line: None
    layout: Layout = FOUND
    rows: int = 0
    bad: int = 0
    rows_read: int = 0
    _ids: dict[int, str] = field(default_factory=dict)

    def read(self, files: Sequence[str]) -> Iterator[Article | Passage]:
        """All articles or passages, in order.

        Raises
        ------
        InputError
            For a file that can't be read, one with more bad rows than `TOLERATED`, and an id that two files share. Of
            several files, one that is a single article (a page, a text) and bad is left out like a row; all can't be.
        """
        parse = parse_passage if self.unit == "passage" else parse_article
        notes = Notes(self.report)
        for file in files:
            rows = bad = 0
            lines: list[str] = []
            dates: list[Any] = []
            empty: list[str] = []
            predicted = False
            for row in read_rows(file, self.layout, notes):
                self.rows_read += 1
                if not self.strict and _is_empty(row):
                    empty.append(row.place)
                    continue
                rows += 1
                predicted = predicted or ("frame_labels" in row.fields and bool(row.fields.get("model")))
                try:
                    item = parse(row.checked(), row.place, self._free_id(row.default_id, file))
                    self._check_id(item.id, file, row.place)
                except _RepeatedIdError:
                    raise
                except InputError as error:
                    if self.strict:
                        raise
                    bad += 1
                    if bad <= SHOWN:
                        lines.append(str(error))
                    continue
                if (date := item.details.get("date")) is not None and parse_day(str(date)) is None:
                    dates.append(date)
                yield item
            self.rows += rows
            self.bad += bad
            alone = rows == 1 and len(files) > 1
            if bad > TOLERATED * rows and not alone:
                share = f" ({bad:,} of {rows:,} rows are bad; up to 1 in 100 would be left out)"
                raise InputError(lines[0] + ("" if lines[0].startswith(f"{file}: ") else share))
            for line in lines:
                self.report(f"{line}; left out")
            if predicted:
                self.report(f"{file}: these are predictions of stance; their passages are labelled again")
            if empty and not rows:
                raise InputError(f"{empty[0]}: no row has a text; fill the column, or name it with --text-column NAME")
            if empty:
                self.report(f"{file}: {counted(len(empty), 'row')} without a text left out, the first at {empty[0]}")
            if dates:
                self.report(f"{file}: {_unread(dates)}")
            if bad > SHOWN:
                self.report(f"{file}: {bad - SHOWN:,} more bad rows; left out")
        notes.close()
        if self.bad and self.bad == self.rows:
            raise InputError(f"{files[0]}: none of {self.rows:,} files could be read; see above")

    def _free_id(self, default_id: str, file: str) -> str:
        """The id of a row without one: its file's name, with the folder where another file has that name."""
        taken = self._ids.get(hash(default_id), file) != file
        return spelled(str(Path(file).parent / default_id)) if taken else default_id

    def _check_id(self, identifier: str, file: str, place: str) -> None:
        key = hash(identifier)
        earlier = self._ids.get(key)
        self._ids[key] = file
        shown = quote(identifier)
        if earlier == file:
            raise InputError(f"{place}: id {shown} stands twice in this file; give every row its own")
        if earlier is not None:
            raise _RepeatedIdError(
                f"{place}: id {shown} stands in {earlier} too; give every article its own id, or name one file alone"
            )


def _is_empty(row: Row) -> bool:
    """Whether nothing but the text is missing from a row."""
    return not row.problem and "text" in row.fields and not str(row.fields["text"] or "").strip()


def _unread(dates: Sequence[Any]) -> str:
    """How many dates were not read, and with which option they are."""
    told = f"{counted(len(dates), 'date')} not read, as {quote(dates[0])}"
    mend = f'write them like 2021-08-15, or give --date-format "{likely_format(dates)}"'
    return f"{told}; {mend}. Without a date, a name that two actors had at different times is not matched"


class _RepeatedIdError(InputError):
    """An id that two files share: a mistake in the call, not a bad row."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What is wanted otherwise than the model has it: thresholds of frames and of what is marked for review; whether
    the words that weighed in are named; the codebook whose actors are looked for; and whether what the model can't read
    is left out."""

    thresholds: tuple[tuple[str, float], ...] = ()
    review: float | None = None
    explain: bool = False
    codebook: Codebook | None = None
    skip_unread: bool = False


Form = Callable[[Mapping[str, Any]], Any]
"""What a row is turned into, in the process that labels it."""
Labelled = tuple[list[Any], Counter[str]]
"""The rows of a batch, and how many passages of each kind there were, and of each unread language inputs."""


def label_rows(
    items: Iterable[Article | Passage],
    directory: str,
    settings: Settings,
    jobs: int,
    form: Form = dict,
    skip: int = 0,
) -> Iterator[Labelled]:
    """Label articles or passages in batches: the rows of the data format, in order.

    Memory does not grow with the input: a few batches are under way at a time. The rows are the same for any `jobs`.

    Parameters
    ----------
    directory : str
        The model folder; each process loads it once.
    jobs : int
        Processes to use; input of one batch, or of less than `INLINE` characters, is labelled in this one, by threads;
        all of it is where processes can't share memory.
    skip : int
        Batches that are labelled already: they are read, and left out.
    """
    times = EXPLAINED if settings.explain else 1
    batches = itertools.islice(_batches(items, CHARACTERS // times), skip, None)
    head: list[list[Article | Passage]] = []
    size = 0
    while jobs > 1 and (size < INLINE // times or len(head) < 2) and (batch := next(batches, None)):
        head.append(batch)
        size += sum(len(item.text) for item in batch)
    everything = itertools.chain(head, batches)
    if jobs == 1 or size < INLINE // times or len(head) < 2 or not processes_can_share():
        for batch in everything:
            yield _label_batch(batch, directory, settings, form, jobs)
        return
    yield from _in_processes(everything, directory, settings, form, jobs)


def _batches(items: Iterable[Article | Passage], characters: int) -> Iterator[list[Article | Passage]]:
    """Items taken together until they have so many characters, or are `BATCH`."""
    batch: list[Article | Passage] = []
    size = 0
    for item in items:
        batch.append(item)
        size += len(item.text)
        if size >= characters or len(batch) == BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _in_processes(
    batches: Iterable[list[Article | Passage]], directory: str, settings: Settings, form: Form, jobs: int
) -> Iterator[Labelled]:
    """Label batches in other processes, a few ahead of what is taken, and give them back in order."""
    from concurrent.futures import Future, ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    gc.freeze()  # what is loaded here is shared with the processes, until a collection writes to it
    pool = ProcessPoolExecutor(jobs, initializer=signal.signal, initargs=(signal.SIGINT, signal.SIG_IGN))
    pending: deque[Future[Labelled]] = deque()
    with Unfinished():
        try:
            for batch in batches:
                with Deaf():
                    pending.append(pool.submit(_label_batch, batch, directory, settings, form, 1))
                if len(pending) >= AHEAD * jobs:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        except BrokenProcessPool:
            raise OutputError("a process was killed, most likely for want of memory; give fewer --jobs") from None
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            gc.unfreeze()


@lru_cache(maxsize=1)
def model_of(directory: str, settings: Settings) -> Model:
    """The model of a folder with another codebook and other thresholds, loaded once in each process."""
    model = load_model(directory)
    model = model.with_codebook(settings.codebook) if settings.codebook else model
    return model.with_thresholds(dict(settings.thresholds), settings.review)


def _label_batch(
    batch: list[Article | Passage],
    directory: str,
    settings: Settings,
    form: Form,
    threads: int,
) -> Labelled:
    model = model_of(directory, settings)
    items = model.with_languages(batch)
    unread = Counter(f"{UNREAD}{told_language(item.details)}" for item in items if not model.reads(item))
    kept = [item for item in items if model.reads(item)] if settings.skip_unread else items
    passages = [p for item in kept for p in ([item] if isinstance(item, Passage) else split_article(item))]
    prose = [passage for passage in passages if passage.kind == "prose"]
    model.labeler.n_jobs = threads
    predictions = model.classify_passages(prose, find_languages=False)
    rows = [form(with_holders(explained(model, p) if settings.explain else p.to_dict(), p)) for p in predictions]
    return rows, Counter(passage.kind for passage in passages) + unread


def unread_languages(counts: Mapping[str, int]) -> Counter[str]:
    """How many inputs were in each language that the model can't read, of what was counted in batches."""
    return Counter({key.removeprefix(UNREAD): count for key, count in counts.items() if key.startswith(UNREAD)})
