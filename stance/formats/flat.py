"""Predictions as flat rows, for the tables CSV and Parquet."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

_FLAT_START = ("id", "article", "title", "source", "date", "url", "lang", "start", "end", "text")
_FLAT_END = ("frame_labels", "stance", "directed", "mentions", "uncertain", "held_by", "model", "details")


def flat_columns(frames: Sequence[str]) -> list[str]:
    """The columns of CSV and Parquet predictions: one ``frame.ID`` for each frame's probability."""
    return [*_FLAT_START, *(f"frame.{frame}" for frame in frames), *_FLAT_END]


def flatten(row: Mapping[str, Any]) -> dict[str, Any]:
    """A prediction's row as flat cells; objects as JSON, lists of ids as "a;b", all unknown fields in `details`."""
    cells: dict[str, Any] = {key: row.get(key) for key in _FLAT_START}
    cells |= {f"frame.{frame}": prob for frame, prob in row["frames"].items()}
    cells |= {key: ";".join(row[key]) for key in ("frame_labels", "uncertain")}
    cells |= {key: json.dumps(row[key], ensure_ascii=False) for key in ("stance", "directed", "mentions")}
    cells["held_by"] = json.dumps(row["held_by"], ensure_ascii=False) if row.get("held_by") else None
    known = {*cells, "frames", "model"}
    details = {key: value for key, value in row.items() if key not in known}
    cells["model"] = row["model"]
    cells["details"] = json.dumps(details, ensure_ascii=False) if details else None
    for key in _FLAT_START:
        if key not in ("start", "end") and cells[key] is not None and not isinstance(cells[key], str):
            cells[key] = json.dumps(cells[key], ensure_ascii=False)
    return cells
