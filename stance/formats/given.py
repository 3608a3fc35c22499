"""Articles as Python code has them: rows, texts, a pandas frame or series, an array."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from stance.formats.columns import FOUND, Columns
from stance.formats.dataformat import parse_article
from stance.formats.rows import plain, plain_row
from stance.quoting import counted
from stance.records import Article, InputError

SHOWN = 20
"""Articles without a text whose numbers are told."""
_LISTS = ("to_dicts", "to_pylist", "tolist", "to_list")
"""How tables and columns of polars, pyarrow, numpy and pandas turn into lists."""


def given_articles(given: Any) -> tuple[list[Article], list[str]]:
    """The articles that are given, and what is to be told of them.

    Returns
    -------
    articles : list of Article
        Those without a text, as None, NaN, or of blanks alone, are left out; the others keep their number as id.
    notes : list of str
        How many were left out, and which column of a frame was taken for the text.

    Raises
    ------
    InputError
        For anything else that is no article.
    """
    notes: list[str] = []
    articles, empty = [], []
    items = _items(given, notes)
    for number, item in enumerate(items):
        row = {"text": item} if isinstance(item, str) or _is_absent(item) else item
        if isinstance(row, Article):
            articles.append(row)
        elif not isinstance(row, Mapping):
            raise InputError(f"article {number}: {type(row).__name__} is no article; give texts, rows or Article")
        elif "text" in row and (_is_absent(row["text"]) or not str(row["text"]).strip()):
            empty.append(number)
        else:
            articles.append(parse_article(_plain(row), f"article {number}", str(number)))
    if empty:
        numbers = ", ".join(map(str, empty[:SHOWN])) + (", ..." if len(empty) > SHOWN else "")
        notes.append(f"{len(empty):,} of {counted(len(items), 'article')} left out, without a text: {numbers}")
    return articles, notes


def _items(given: Any, notes: list[str]) -> list[Any]:
    """What is given as a list of articles."""
    if isinstance(given, str | bytes | Mapping | Article):
        raise InputError(f"a single {type(given).__name__}; give a list of such")
    if hasattr(given, "columns") and hasattr(given, "to_dict"):
        columns = Columns("frame", FOUND, lambda place, message: notes.append(f"{place}: {message}"))
        rows = [{str(key): value for key, value in row.items()} for row in given.to_dict("records")]
        return [columns.renamed(row) for row in rows]
    way = next((name for name in _LISTS if hasattr(given, name)), None)
    if way:
        return _items(getattr(given, way)(), notes)
    if not isinstance(given, Iterable):
        raise InputError(f"{type(given).__name__} is no list; give a list of texts, rows or Article")
    return list(given)


def _is_absent(value: Any) -> bool:
    """Whether it stands for nothing: None, NaN, pandas' NA."""
    return not isinstance(value, Article | Mapping) and plain(value) is None


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as JSON has it; a number for an id is whole, where a column with gaps made a fraction of it."""
    fields = plain_row(row)
    identifier = fields.get("id")
    if isinstance(identifier, float) and identifier.is_integer():
        fields["id"] = int(identifier)
    return fields
