"""One row as read, and the values in it as JSON has them."""

from __future__ import annotations

import datetime
import itertools
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from stance.formats.dataformat import from_json
from stance.quoting import quote
from stance.records import InputError

HALF_PAIR = "half a surrogate pair (\\ud800 to \\udfff alone) is no character; mend the escape"

_STRUCTURED = ("mentions", "frames", "stance", "directed", "frame_labels", "uncertain")
_LISTS = ("frames", "frame_labels", "uncertain")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


@dataclass(frozen=True, slots=True)
class Row:
    """One row as read: where it stands, its fields, or what is wrong with it."""

    place: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""
    default_id: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether no field holds anything."""
        values = self.fields.values()
        return not self.problem and all(v is None or (isinstance(v, str) and not v.strip()) for v in values)

    def checked(self) -> Mapping[str, Any]:
        """The fields; raises `InputError` where the row could not be read."""
        if self.problem:
            raise InputError(f"{self.place}: {self.problem}")
        return self.fields


def holds_half_pair(value: Any, source: str) -> bool:
    if not _SURROGATE.search(source):
        return False
    return any(0xD800 <= ord(c) < 0xE000 for c in json.dumps(value, ensure_ascii=False))


def flat_row(row: Mapping[str, Any], place: str, default_id: str) -> Row:
    """A row of a flat table: lists and objects stand in it as JSON, lists of ids also as "a;b"."""
    fields = dict(row)
    for key in _STRUCTURED:
        value = fields.get(key)
        if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
            try:
                fields[key] = from_json(value)
            except (ValueError, RecursionError):
                return Row(place, problem=f"{key} is broken JSON; found: {quote(value)}")
            if holds_half_pair(fields[key], value):
                return Row(place, problem=HALF_PAIR)
        elif isinstance(value, str) and key in _LISTS:
            fields[key] = [part.strip() for part in value.split(";") if part.strip()]
    return Row(place, without_nulls(fields), default_id=default_id)


def without_nulls(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row without null members of its labels: they are no labels. Where all members are null, there is no label."""
    kept = {key: _members(fields[key]) for key in _STRUCTURED if isinstance(fields.get(key), dict | list)}
    changed = {key: value for key, value in kept.items() if value != fields[key]}
    merged = {key: changed.get(key, value) for key, value in fields.items()} if changed else fields
    return {key: value for key, value in merged.items() if key not in changed or value is not None}


def _members(value: Any) -> Any:
    if isinstance(value, dict):
        found: Any = {key: member for key, member in value.items() if not _is_null(member)}
    else:
        found = [member for member in value if not _is_null(member)]
    return found if found or not value else None


def _is_null(member: Any) -> bool:
    """Whether it is null, holds nothing but nulls, or is a pair whose stance is null."""
    if not isinstance(member, dict) or not member:
        return member is None
    return all(map(_is_null, member.values())) or ("holder" in member and member.get("stance", "") is None)


def plain(value: Any) -> Any:
    """A value of Parquet, pandas or numpy as JSON has it: days and times as ISO 8601, absent fields and NaN left out.

    Raises
    ------
    UnicodeDecodeError
        For bytes that are no UTF-8.
    """
    if isinstance(value, Mapping):
        return plain_row(value) or (None if value else {})
    if value is None or type(value).__name__ == "NAType" or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat() if value == value else None  # pandas' time that is none is no equal of itself
    if isinstance(value, bytes):
        return value.decode()
    if hasattr(value, "tolist"):  # numpy's
        return plain(value.tolist())
    return value if isinstance(value, str | int | float | bool) else str(value)


def plain_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row whose values are `plain`, those that are absent left out."""
    return {key: kept for key, value in row.items() if (kept := plain(value)) is not None}


def batched(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Lists of `size` items, the last one shorter."""
    iterator = iter(items)
    while batch := list(itertools.islice(iterator, size)):
        yield batch
