"""How far labelling and training are: bars on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from stance.formats.reading import count_rows

if TYPE_CHECKING:
    from rich.console import Console


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

    def __enter__(self) -> LabellingProgress:
        if self.console and self.console.is_terminal and "-" not in self.files:
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[speed]}"), TimeRemainingColumn())
            self._bar = Progress(*columns, console=self.console, transient=True)
            self._bar.start()
            self._task = self._bar.add_task("labelling", total=sum(map(count_rows, self.files)), speed="")
            self._passages = 0
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def advance(self, rows: int, passages: int) -> None:
        """So many rows are read in all, and so many more passages labelled."""
        if self._bar is None:
            return
        self._passages += passages
        elapsed = self._bar.tasks[self._task].elapsed or 0.0
        speed = f"{self._passages / elapsed:,.0f} passages/s" if elapsed else ""
        self._bar.update(self._task, completed=rows, speed=speed)


class TrainingProgress:
    """Steps and dev scores of a training: a bar on a terminal, a line now and then elsewhere."""

    def __init__(self, console: Console):
        self.console = console
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> TrainingProgress:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        if self.console.is_terminal:
            columns = (TextColumn("training"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            self._bar = Progress(*columns, TextColumn("{task.fields[message]}"), console=self.console)
            self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def note(self, message: str) -> None:
        """A line that stays."""
        self.console.print(message)

    def advance(self, step: int, steps: int, message: str) -> None:
        """So many steps are done."""
        if self._bar is None:
            if step % 100 == 0:
                self.console.print(f"step {step:,} of {steps:,}: {message}")
            return
        if self._task is None:
            self._task = self._bar.add_task("training", total=steps, message="")
        self._bar.update(self._task, completed=step, message=message)
