"""How far labelling and training are: bars on a terminal, lines elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from stance.formats.reading import count_rows
from stance.machine import Unfinished

if TYPE_CHECKING:
    from rich.console import Console


EVERY = 55.0
"""Seconds after which a work that tells nothing of itself is told of: a line a minute, at least."""


class LabellingProgress:
    """Rows and passages labelled, passages a second and time left, as a bar.

    Parameters
    ----------
    console : Console or None
        A terminal; None where there is none, and nothing is shown.
    files : sequence of str
    """

    def __init__(self, console: Console | None, files: Sequence[str]):
        self.console, self.files = console, files
        self._bar: Any = None
        self._shown = ExitStack()

    def __enter__(self) -> LabellingProgress:
        if self.console and self.console.is_terminal and "-" not in self.files:
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[speed]}"), TimeRemainingColumn())
            self._shown.enter_context(Unfinished())  # a bar hides the cursor
            self._bar = self._shown.enter_context(Progress(*columns, console=self.console, transient=True))
            self._task = self._bar.add_task("labelling", total=sum(map(count_rows, self.files)), speed="")
            self._passages = 0
        return self

    def __exit__(self, *error: object) -> None:
        self._shown.close()

    def advance(self, rows: int, passages: int) -> None:
        """So many rows are read in all, and so many more passages labelled."""
        if self._bar is None:
            return
        self._passages += passages
        elapsed = self._bar.tasks[self._task].elapsed or 0.0
        speed = f"{self._passages / elapsed:,.0f} passages/s" if elapsed else ""
        self._bar.update(self._task, completed=rows, speed=speed)


class Log:
    """What a long work tells of itself, a line each; where it is silent for a while, how far it is.

    Parameters
    ----------
    write : callable
        Takes a line.
    clock : callable
        Gives the time in seconds.
    """

    def __init__(self, write: Callable[[str], None], clock: Callable[[], float] = time.monotonic):
        self.write, self.clock = write, clock
        self._doing = "begun"
        self._begun = self._told = clock()
        self._step = self._first = sys.maxsize
        self._started = self._begun
        self._lock, self._over = threading.Lock(), threading.Event()

    def __enter__(self) -> Log:
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._watcher.join()

    def note(self, message: str) -> None:
        """A line on what is done now."""
        with self._lock:
            self._doing, self._begun, self._told = message, self.clock(), self.clock()
            self.write(message)

    def advance(self, step: int, steps: int, message: str) -> None:
        """So many steps are done; the first is told, and later ones now and then."""
        with self._lock:
            now = self._begun = self.clock()
            begins = step <= self._step
            if begins:
                self._first, self._started = step, now
            self._step = step
            done = step - self._first
            left = f", {spelled_time((now - self._started) / done * (steps - step))} left" if done else ""
            self._doing = f"step {step:,} of {steps:,}: {message}{left}"
            if begins or now - self._told >= EVERY:
                self._tell(self._doing)

    def rest(self) -> None:
        """Remind of nothing until the next note."""
        with self._lock:
            self._doing = ""

    def remind(self) -> None:
        """Tell what is being done, if nothing was told for a while."""
        with self._lock:
            if self._doing and self.clock() - self._told >= EVERY:
                since = self.clock() - self._begun
                self._tell(f"{self._doing} ({spelled_time(since)} ago, still at work)" if since >= 1 else self._doing)

    def _tell(self, line: str) -> None:
        self._told = self.clock()
        self.write(line)

    def _watch(self) -> None:
        while not self._over.wait(1.0):
            self.remind()


def spelled_time(seconds: float) -> str:
    """Seconds in words, to the minute where there are many."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours:,} h {minutes} min" if hours else f"{minutes} min"


class TrainingProgress:
    """Steps and dev scores of a training: a bar on a terminal, else lines.

    Parameters
    ----------
    console : Console
        What stands on standard error.
    log : Log
        Takes the lines where that is no terminal.
    """

    def __init__(self, console: Console, log: Log):
        self.console, self.log = console, log
        self._bar: Any = None
        self._task: Any = None
        self._shown = ExitStack()

    def __enter__(self) -> TrainingProgress:
        if self.console.file.isatty():
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            amount = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            columns = (TextColumn("training"), *amount, TextColumn("{task.fields[message]}"))
            self.log.rest()
            self._shown.enter_context(Unfinished())
            self._bar = self._shown.enter_context(Progress(*columns, console=self.console))
        return self

    def __exit__(self, *error: object) -> None:
        self._shown.close()

    def note(self, message: str) -> None:
        """A line that stays."""
        if self._bar is None:
            self.log.note(message)
        else:
            self.console.print(message)

    def advance(self, step: int, steps: int, message: str) -> None:
        """So many steps are done."""
        if self._bar is None:
            self.log.advance(step, steps, message)
            return
        if self._task is None:
            self._task = self._bar.add_task("training", total=steps, message="")
        self._bar.update(self._task, completed=step, message=message)
