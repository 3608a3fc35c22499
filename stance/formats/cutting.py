"""Rows that are articles, cut into the rows of their passages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from stance.formats.dataformat import LABEL_FIELDS, label_fields, parse_article
from stance.formats.rows import Row
from stance.formats.streams import spelled
from stance.records import Article, InputError, Labels, Passage
from stance.text.passages import split_article

_OF_PASSAGES = ("mentions", "article", "start", "frame_labels", *LABEL_FIELDS)
"""Fields that a row has which is a passage already."""
_FLAT = re.compile(r"frame\.").match


@dataclass
class Cutter:
    """Cuts articles into passages, and leaves rows that are passages already as they are.

    Texts and pages are articles. The rows of a table are passages where any of them has labels, mentions, an article
    that it is of, or a place in it; and where there is nothing to cut in any.

    Parameters
    ----------
    unit : str or None
        ``passage``: every row is one; ``article``: every row is an article that does not say otherwise; None: as above.
    report : callable
        Takes a line on a file that is left out.

    Attributes
    ----------
    articles : int
        How many were cut.
    kinds : Counter
        What they were cut into: prose, which is what is kept, headlines and the like.
    """

    unit: str | None = None
    report: Callable[[str], None] = lambda line: None
    articles: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    _files: dict[str, str] = field(default_factory=dict)

    def cut(self, file: str, rows: Iterable[Row], alone: bool) -> list[Row]:
        """The rows of a file.

        Parameters
        ----------
        alone : bool
            Whether it is the only file: of several, one that holds a single article and is bad is told and left out.
        """
        rows = list(rows)
        if self.unit == "passage":
            return rows
        whole = [row.place for row in rows] == [file]
        given = [not whole and is_passage(row.fields) for row in rows]
        if self.unit is None and any(given):
            return rows
        try:
            parts = [None if own else self._parts(row, file) for row, own in zip(rows, given, strict=True)]
        except InputError as error:
            if not whole or alone:
                raise
            self.report(f"{error}; left out")
            return []
        if self.unit is None and not whole and all(map(_is_whole, filter(None, parts))):
            return rows
        return [
            new
            for row, own in zip(rows, parts, strict=True)
            for new in ([row] if own is None else self._rows(row, own))
        ]

    def _parts(self, row: Row, file: str) -> tuple[Article, list[Passage]]:
        article = parse_article(row.checked(), row.place, self._free_id(row.default_id, file))
        return article, split_article(article)

    def _free_id(self, default_id: str, file: str) -> str:
        """The id of an article without one: with the folder of its file where another file has that name."""
        taken = self._files.setdefault(default_id, file) != file
        return spelled(str(Path(file).parent / default_id)) if taken else default_id

    def _rows(self, row: Row, parts: tuple[Article, Sequence[Passage]]) -> Iterator[Row]:
        self.articles += 1
        for passage in parts[1]:
            self.kinds[passage.kind] += 1
            if passage.kind == "prose":
                yield replace(row, fields=passage_row(passage), default_id=passage.id)


def is_passage(fields: Mapping[str, Any]) -> bool:
    return any(fields.get(key) not in (None, "") for key in _OF_PASSAGES) or any(map(_FLAT, fields))


def _is_whole(parts: tuple[Article, Sequence[Passage]]) -> bool:
    """Whether an article is one passage, with or without a dateline."""
    kinds = [passage.kind for passage in parts[1]]
    return kinds.count("prose") == 1 and set(kinds) <= {"prose", "dateline"}


def passage_row(passage: Passage) -> dict[str, Any]:
    """A passage of an article as a row of the data format."""
    own = {"id": passage.id, "article": passage.article, "start": passage.start, "end": passage.end}
    return {
        **dict.fromkeys(own),
        **passage.details,
        **own,
        "text": passage.text,
        **label_fields(passage.mentions, Labels()),
    }
