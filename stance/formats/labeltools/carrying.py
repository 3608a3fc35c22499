"""What an export carries along unseen, so that what comes back can be held against it: sealed, opened, restored."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from stance.records import InputError

DIGEST = "digest"
_PARTS = {"fields": dict, "found": list, "written": dict, "text": str, "spans": list, "actors": list}


def sealed(carried: Mapping[str, Any]) -> dict[str, Any]:
    """The same with a digest of its text and fields."""
    return {**carried, DIGEST: _digest(carried)}


def _digest(carried: Mapping[str, Any]) -> str:
    """Of the text and of fields that are texts: numbers may come back from a database in another form."""
    fields = {key: value for key, value in carried.get("fields", {}).items() if isinstance(value, str)}
    data = json.dumps([carried.get("text"), sorted(fields.items())])
    return hashlib.sha256(data.encode()).hexdigest()[:16]


def carried_back(value: Any, default: Mapping[str, Any], place: str) -> dict[str, Any]:
    """What an export carried along, checked; `default` fields for a passage that it did not write."""
    if value is None:
        return {"fields": dict(default)}
    if not isinstance(value, dict) or any(not isinstance(value.get(key, kind()), kind) for key, kind in _PARTS.items()):
        raise damaged(place)
    for item in (*value.get("found", ()), *value.get("spans", ())):
        if not isinstance(item, list) or [type(part) for part in item] != [str, int, int]:
            raise damaged(place)
    if not all(isinstance(actor, str) for actor in value.get("actors", ())):
        raise damaged(place)
    if value.get(DIGEST, _digest(value)) != _digest(value):
        raise InputError(f"{place}: what the export carried along was changed (replaced in all cells?); export anew")
    kept = {key: part for key, part in value.items() if key != DIGEST}
    return {**kept, "fields": {**default, **value.get("fields", {})}}


def signed(carried: dict[str, Any], annotator: Any) -> dict[str, Any]:
    """The same with the annotator that a tool names; where it is the one that was carried, as that was written."""
    fields = carried["fields"]
    if annotator in (None, "") or str(fields.get("annotator")) == str(annotator):
        return carried
    return {**carried, "fields": {**fields, "annotator": str(annotator)}}


def damaged(place: str) -> InputError:
    return InputError(f"{place}: what the export carried along is damaged; export anew")
