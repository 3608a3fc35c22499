"""Articles and labelled rows as Python code has them: rows, texts, a pandas frame or series, an array."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from stance.formats.columns import FOUND, Columns
from stance.formats.dataformat import parse_article, parse_passage
from stance.formats.rows import plain, plain_row
from stance.quoting import counted
from stance.records import Article, InputError, Passage

UNITS = ("article", "passage")
"""What a row is: an article, to be split, or a passage, taken as it is."""
SHOWN = 20
"""Articles without a text whose numbers are told."""
_LISTS = ("to_dicts", "to_pylist", "tolist", "to_list")
"""How tables and columns of polars, pyarrow, numpy and pandas turn into lists."""
FRAME, ROWS = "frame", "rows"


@dataclass(frozen=True, slots=True)
class Table:
    """What is given as a list.

    Attributes
    ----------
    items : list
        Texts, rows, or records.
    name : str
        What messages call it: ``frame`` for a table of another library, else ``rows``.
    index : pandas.Index or None
        The labels of the items, where a pandas frame or series is given.
    """

    items: list[Any]
    name: str = ROWS
    index: Any = None


@dataclass(frozen=True, slots=True)
class Given:
    """Articles or passages that were given.

    Attributes
    ----------
    items : list of Article or of Passage
        Those without a text, as None, NaN, or of blanks alone, are left out; the others keep their number as id.
    numbers : list of int
        The number of each, from 0, among all that were given.
    notes : list of str
        How many were left out, and which columns were taken for which fields.
    """

    items: list[Any]
    numbers: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def given_items(table: Table, unit: str = UNITS[0]) -> Given:
    """The articles or passages that are given, and what is to be told of them.

    Raises
    ------
    InputError
        For what is no article, and for an unknown unit.
    """
    if unit not in UNITS:
        raise InputError(f"unknown unit {unit!r}; use {' or '.join(UNITS)}")
    found, empty = Given([]), []
    columns = Columns(table.name, FOUND, lambda place, message: found.notes.append(f"{place}: {message}"))
    for number, item in enumerate(table.items):
        place = f"{unit} {number}"
        row = {"text": item} if isinstance(item, str) or _is_absent(item) else item
        if isinstance(row, Mapping):
            row = renamed(row, columns, place)
            if "text" in row and (_is_absent(row["text"]) or not str(row["text"]).strip()):
                empty.append(number)
                continue
        found.items.append(_item(row, unit, place, number))
        found.numbers.append(number)
    if empty:
        numbers = ", ".join(map(str, empty[:SHOWN])) + (", ..." if len(empty) > SHOWN else "")
        found.notes.append(f"{len(empty):,} of {counted(len(table.items), unit)} left out, without a text: {numbers}")
    return found


def _item(row: Any, unit: str, place: str, number: int) -> Article | Passage:
    if isinstance(row, Article):
        return (
            row if unit == "article" else Passage(row.id, row.id, row.text, 0, len(row.text), row.mentions, row.details)
        )
    if not isinstance(row, Mapping):
        raise InputError(f"{place}: {type(row).__name__} is no {unit}; give texts, rows or Article")
    parse = parse_article if unit == "article" else parse_passage
    return parse(plain_fields(row), place, str(number))


def renamed(row: Mapping[Any, Any], columns: Columns, place: str) -> Mapping[str, Any]:
    """A row under the names of the data format; raises `InputError` where two fields could be the same."""
    try:
        return columns.renamed({str(key): value for key, value in row.items()})
    except InputError as error:
        raise InputError(f"{place}: {error}") from None


def table_of(given: Any) -> Table:
    """What is given as a list of items; raises `InputError` for what is none."""
    if isinstance(given, str | bytes | Mapping | Article):
        raise InputError(f"a single {type(given).__name__}; give a list of such")
    if hasattr(given, "to_dicts") or hasattr(given, "to_pylist"):
        return _listed(given)
    if hasattr(given, "columns") and hasattr(given, "to_dict"):
        return Table(given.to_dict("records"), FRAME, given.index)
    if any(hasattr(given, name) for name in _LISTS):
        return _listed(given)
    if not isinstance(given, Iterable):
        raise InputError(f"{type(given).__name__} is no list; give a list of texts, rows or Article")
    return Table(list(given))


def _listed(given: Any) -> Table:
    """A table or column of another library, by what turns it into a list."""
    way = next(name for name in _LISTS if hasattr(given, name))
    items = table_of(getattr(given, way)()).items
    is_series = hasattr(given, "index") and hasattr(given, "to_frame")
    return Table(items, FRAME if hasattr(given, "columns") else ROWS, given.index if is_series else None)


def _is_absent(value: Any) -> bool:
    """Whether it stands for nothing: None, NaN, pandas' NA."""
    return not isinstance(value, Article | Mapping) and plain(value) is None


def plain_fields(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as JSON has it; a number for an id is whole, where a column with gaps made a fraction of it."""
    fields = plain_row(row)
    identifier = fields.get("id")
    if isinstance(identifier, float) and identifier.is_integer():
        fields["id"] = int(identifier)
    return fields
