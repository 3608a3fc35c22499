"""What is told of files while they are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from stance.quoting import counted

Tell = Callable[[str, str], None]
"""Takes the name of a file, or a place in it, and what is to be told of it."""
SHOWN = 5
"""Of how many files the same is told."""


def silence(place: str, message: str) -> None:
    """Tells nobody."""


class Notes:
    """Passes on what is told of files, a line each; where it is the same of many, of some, and how many more.

    Parameters
    ----------
    report : callable
        Takes a line.
    """

    def __init__(self, report: Callable[[str], None]):
        self.report = report
        self._told = Counter[str]()

    def __call__(self, place: str, message: str) -> None:
        self._told[message] += 1
        if self._told[message] <= SHOWN:
            self.report(f"{place}: {message}")

    def close(self) -> None:
        """Tell how many more there were."""
        for message, count in self._told.items():
            if count > SHOWN:
                self.report(f"{counted(count - SHOWN, 'more file')}: {message}")
        self._told.clear()
