"""What was found while reading, and mended, left out or taken otherwise than it stands: a line for each kind."""

from __future__ import annotations

from stance.quoting import counted


class Findings:
    """Findings on what was read, each kind told once: where it stands first, and how often."""

    def __init__(self) -> None:
        self._kinds: dict[str, tuple[str, int]] = {}

    def add(self, place: str, what: str, kind: str = "") -> None:
        """Add something; `kind` where findings of other words are of the same kind."""
        line, count = self._kinds.get(kind or what, (f"{place}: {what}", 0))
        self._kinds[kind or what] = line, count + 1

    def lines(self) -> list[str]:
        return [
            line + (f" ({counted(count, 'time')} in all)" if count > 1 else "") for line, count in self._kinds.values()
        ]
