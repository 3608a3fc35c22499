"""Predictions as a tidy table, for analysts: a row a judgement.

A passage has a row for each actor that it names, and one for each pair of them; one without actors has one row. The
columns are:

- ``id``, ``article``, ``title``, ``source``, ``date``, ``url``, ``lang``: of the passage, as in the input
- ``actor``: toward whom the stance is; empty where the passage names no actor
- ``holder``: who holds it; empty where it is what the passage as a whole conveys
- ``stance``: against, neutral or favor; ``against``, ``neutral``, ``favor``: the calibrated probabilities
- ``unsure``: 1 where a person should look at the stance, else 0
- ``frame.ID``: the probability of each frame of the passage; ``frame_labels``: the frames that it has, as "a;b"
- ``model``: what made the row; ``text``: the passage

What the passage conveys toward actors is in the rows without a holder. Frames are those of the passage, the same in all
its rows: to count them, take each ``id`` once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stance.records import LANGUAGE, STANCES

_START = ("id", "article", "title", "source", "date", "url", "lang")
_JUDGED = ("actor", "holder", "stance", *STANCES, "unsure")
_END = ("frame_labels", "model", "text")


def tidy_columns(frames: Sequence[str]) -> list[str]:
    return [*_START, *_JUDGED, *(f"frame.{frame}" for frame in frames), *_END]


def tidied(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of a prediction in the tidy table."""
    of_passage = {key: _cell(row.get(key)) for key in _START}
    frames = {f"frame.{frame}": prob for frame, prob in row["frames"].items()}
    end = {"frame_labels": ";".join(row["frame_labels"]), "model": row["model"], "text": row["text"]}
    judged = list(_judgements(row)) or [dict.fromkeys(_JUDGED)]
    return [{**of_passage, **cells, **frames, **end} for cells in judged]


def _judgements(row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    doubtful = set(row["uncertain"])
    for actor, stance in row["stance"].items():
        yield _judgement(actor, None, stance, not doubtful.isdisjoint((f"stance:{actor}", LANGUAGE)))
    for stance in row["directed"]:
        holder, target = stance["holder"], stance["target"]
        yield _judgement(target, holder, stance, not doubtful.isdisjoint((f"directed:{holder}>{target}", LANGUAGE)))


def _judgement(actor: str, holder: str | None, stance: Mapping[str, Any], unsure: bool) -> dict[str, Any]:
    probs = {name: stance[name] for name in STANCES}
    return {"actor": actor, "holder": holder, "stance": stance["label"], **probs, "unsure": int(unsure)}


def _cell(value: Any) -> Any:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def tidy_lines(row: Mapping[str, Any]) -> bytes:
    """The rows of a prediction in the tidy table as lines of JSON."""
    return b"".join(
        json.dumps(cells, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n" for cells in tidied(row)
    )
