"""The data format: rows (parsed JSON objects) to records, each field checked once, here."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stance.quoting import names_of, nearest, quote, shown, unquoted
from stance.records import (
    STANCES,
    Article,
    InputError,
    Judgement,
    LabelledPassage,
    Labels,
    Mention,
    Pair,
    Passage,
    Prediction,
)
from stance.text.codebook import Codebook
from stance.text.spellings import Spellings

LABEL_FIELDS = ("frames", "stance", "directed")
PREDICTION_FIELDS = ("start", "end", "frame_labels", "uncertain", "held_by", "model", *LABEL_FIELDS)
_OWN_FIELDS = ("id", "article", "text", "mentions", *PREDICTION_FIELDS)
_FLAT_FRAME = "frame."
DEPTH = 64
"""How deep lists and objects may stand in one another."""


def from_json(text: str) -> Any:
    """What a JSON text holds, where any other reader and writer of JSON would take it too.

    Raises
    ------
    ValueError
        Where it is no JSON; for NaN, infinity, and numbers as large as that.
    RecursionError
        Where lists and objects stand in one another more than `DEPTH` deep.
    """
    value = json.loads(text, parse_float=_finite, parse_constant=_finite)
    if text.count("[") + text.count("{") > DEPTH and _deeper(value, DEPTH):
        raise RecursionError(f"more than {DEPTH} deep")
    return value


def _finite(number: str) -> float:
    value = float(number)
    if not math.isfinite(value):
        reason = "a number out of range" if number[-1].isdecimal() else f"{number} is no number of JSON"
        raise json.JSONDecodeError(reason, number, 0)
    return value


def _deeper(value: Any, most: int) -> bool:
    """Whether lists and objects stand in one another more than `most` deep."""
    level = [value]
    for _ in range(most):
        parts = [part for part in level if isinstance(part, dict | list)]
        level = [child for part in parts for child in (part.values() if isinstance(part, dict) else part)]
    return any(isinstance(part, dict | list) for part in level)


def parse_article(row: Mapping[str, Any], place: str, default_id: str) -> Article:
    """A row as a whole article; its id is `default_id` where it has none."""
    if row.get("model") and any(key.startswith(_FLAT_FRAME) for key in row):
        row = unflattened(row)
    text = _text(row, place)
    details = {key: value for key, value in row.items() if key not in _OWN_FIELDS and value is not None}
    return Article(_id(row, place, default_id), text, _mentions(row.get("mentions"), text, place), details)


def parse_passage(row: Mapping[str, Any], place: str, default_id: str) -> Passage:
    """A row as a passage, taken as it is."""
    article = parse_article(row, place, default_id)
    parent = row.get("article")
    start = row.get("start")
    if isinstance(start, str) and start.isascii() and start.isdecimal() and len(start) < 19:  # as CSV has it
        start = int(start)
    start = start if type(start) is int and start >= 0 else 0
    return Passage(
        id=article.id,
        article=article.id if parent is None or parent == "" else str(parent),
        text=article.text,
        start=start,
        end=start + len(article.text),
        mentions=article.mentions,
        details=article.details,
    )


def parse_labelled(row: Mapping[str, Any], place: str, codebook: Codebook) -> LabelledPassage:
    """A row as a labelled passage; frames and stances that the codebook does not know are refused."""
    if row.get("id") in (None, ""):
        raise InputError(f'{place}: no "id"; found: {names_of(row)}; give every passage its own')
    passage = parse_passage(row, place, "")
    labels = Labels(
        frames=_frames(row.get("frames"), place, codebook),
        stance=_stance(row.get("stance"), place),
        directed=_directed(row.get("directed"), place),
    )
    annotator = row.get("annotator")
    return LabelledPassage(passage, labels, "" if annotator is None else str(annotator), place)


def unflattened(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The row of a prediction as JSONL holds it, also where it is flat as CSV and Parquet hold it."""
    if "frames" in row:
        return row
    frames = {key.removeprefix(_FLAT_FRAME): prob for key, prob in row.items() if key.startswith(_FLAT_FRAME)}
    frames = {frame: p.replace(",", ".") if isinstance(p, str) else p for frame, p in frames.items()}  # of spreadsheets
    fields = {key: value for key, value in row.items() if not key.startswith(_FLAT_FRAME)}
    packed = fields.pop("details", None)
    try:
        details = from_json(packed)
    except (TypeError, ValueError, RecursionError):
        details = None
    if not isinstance(details, dict):
        details = {} if packed is None else {"details": packed}
    return {**details, **fields, "frames": frames}


def parse_prediction(row: Mapping[str, Any], place: str) -> Prediction:
    """A row that `stance classify` wrote, from JSONL or flat from CSV and Parquet, as the prediction that it was."""
    if not row.get("model"):
        raise InputError(f"{place}: no prediction; found: {names_of(row)}; give what stance classify wrote")
    if row.get("stance") in STANCES:
        raise InputError(f"{place}: a row of a tidy table; give what stance classify writes without --tidy")
    row = unflattened(row)
    passage = parse_passage({**row, "mentions": row.get("mentions") or []}, place, "")
    frames = _object(row.get("frames") or {}, "frames", (), place)
    stance = _object(row.get("stance") or {}, "stance", (), place)
    return Prediction(
        passage=passage,
        frames={frame: _probability(prob, frame, place) for frame, prob in frames.items() if prob not in (None, "")},
        frame_labels=_ids(row, "frame_labels", place),
        stance={
            actor: _judgement(judged, f"stance toward {unquoted(actor)}", place) for actor, judged in stance.items()
        },
        directed={
            (str(entry["holder"]), str(entry["target"])): _judgement(entry, "a directed stance", place)
            for item in _list(row.get("directed") or [], "directed", place)
            for entry in [_object(item, "a directed stance", ("holder", "target"), place)]
        },
        uncertain=_ids(row, "uncertain", place),
        model=str(row["model"]),
    )


def _ids(fields: Mapping[str, Any], key: str, place: str) -> tuple[str, ...]:
    return tuple(map(str, _list(fields.get(key) or [], key, place)))


def words_of(why: Any, key: str) -> list[str]:
    """The words that the ``why`` of a prediction's row names for a label, each once."""
    entries = why.get(key) if isinstance(why, Mapping) else None
    found = [entry.get("word") for entry in entries if isinstance(entry, Mapping)] if isinstance(entries, list) else []
    return list(dict.fromkeys(str(word) for word in found if word))


def _judgement(value: Any, what: str, place: str) -> Judgement:
    entry = _object(value, what, ("label", *STANCES), place)
    return Judgement(
        _one_stance(entry["label"], what, place), *(_probability(entry[key], what, place) for key in STANCES)
    )


def _probability(value: Any, what: str, place: str) -> float:
    try:
        prob = float(value)
    except (TypeError, ValueError):
        prob = -1.0
    if not 0.0 <= prob <= 1.0:
        raise InputError(f"{place}: {what} should have probabilities from 0 to 1; found: {quote(value)}")
    return prob


class Places:
    """Where each annotator's labels of a passage stand: they may stand once."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], str] = {}

    def add(self, identifier: str, annotator: str, place: str) -> None:
        if (identifier, annotator) in self.known:
            who = f" by {annotator}" if annotator else ""
            earlier = self.known[identifier, annotator]
            raise InputError(f"{place}: id {quote(identifier)}{who} stands at {earlier} too; rename or drop one")
        self.known[identifier, annotator] = place


def label_row(labelled: LabelledPassage) -> dict[str, Any]:
    """A labelled passage as a row of the data format."""
    passage = labelled.passage
    fields = {"id": passage.id, "article": passage.article, "text": passage.text, **passage.details}
    return fields | label_fields(passage.mentions, labelled.labels)


def label_fields(mentions: Iterable[Mention] | None, labels: Labels) -> dict[str, Any]:
    """The fields of a row that hold mentions and labels; those not labelled are left out."""
    row: dict[str, Any] = {}
    if mentions is not None:
        row["mentions"] = [{"actor": m.actor, "start": m.start, "end": m.end} for m in mentions]
    if labels.frames is not None:
        row["frames"] = list(labels.frames)
    if labels.stance is not None:
        row["stance"] = dict(labels.stance)
    if labels.directed is not None:
        row["directed"] = [{"holder": h, "target": t, "stance": s} for (h, t), s in labels.directed.items()]
    return row


def _id(row: Mapping[str, Any], place: str, default_id: str) -> str:
    identifier = row.get("id")
    if identifier is None or identifier == "":
        return default_id
    if isinstance(identifier, float) and identifier.is_integer():  # as pandas has whole numbers where some are absent
        identifier = int(identifier)
    if isinstance(identifier, bool) or not isinstance(identifier, str | int):
        raise InputError(f'{place}: "id" should be a text; found: {quote(identifier)}')
    return str(identifier)


def _text(row: Mapping[str, Any], place: str) -> str:
    if "text" not in row:
        mend = 'name the field with the passage "text", or give --text-column NAME'
        raise InputError(f'{place}: no "text"; found: {names_of(row)}; {mend}')
    text = "" if row["text"] is None else row["text"]
    if not isinstance(text, str):
        raise InputError(f'{place}: "text" should be a text; found: {quote(text)}')
    if not text.strip():
        raise InputError(f'{place}: "text" is empty; leave the row out or fill it')
    return text


def _mentions(value: Any, text: str, place: str) -> tuple[Mention, ...] | None:
    if value is None:
        return None
    mentions = []
    for item in _list(value, "mentions", place):
        entry = _object(item, "a mention", ("actor", "start", "end"), place)
        actor, start, end = entry["actor"], entry["start"], entry["end"]
        if not isinstance(actor, str) or not actor or any(c.isspace() for c in actor):
            raise InputError(f"{place}: a mention's actor should be an id without blanks; found: {shown(actor)}")
        if type(start) is not int or type(end) is not int or not 0 <= start < end <= len(text):
            raise InputError(
                f"{place}: mention of {unquoted(actor)} at {unquoted(start)}-{unquoted(end)} is outside the text of "
                f"{len(text)} characters; give start and end with 0 <= start < end <= {len(text)}"
            )
        mentions.append(Mention(actor, start, end))
    mentions.sort(key=lambda m: (m.start, m.end))
    return tuple(mentions)


def _frames(value: Any, place: str, codebook: Codebook) -> tuple[str, ...] | None:
    if value is None:
        return None
    if isinstance(value, Mapping):
        raise InputError(f"{place}: frames should be a list of frame ids; found an object: is this a prediction?")
    frames = _list(value, "frames", place)
    for frame in frames:
        if frame not in codebook.frame_ids:
            near = Spellings(codebook).nearest_frames(frame) if isinstance(frame, str) else []
            raise InputError(
                f"{place}: unknown frame {shown(frame)}{nearest(near)}; the codebook {codebook.name} has "
                f"{', '.join(codebook.frame_ids) or 'none'}"
            )
    return tuple(dict.fromkeys(frames))


def _stance(value: Any, place: str) -> dict[str, str] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise InputError(
            f"{place}: stance should be an object, actor id to stance; found: {quote(value)}{_mend(value)}"
        )
    return {actor: _one_stance(stance, f"stance toward {unquoted(actor)}", place) for actor, stance in value.items()}


def _directed(value: Any, place: str) -> dict[Pair, str] | None:
    if value is None:
        return None
    pairs: dict[Pair, str] = {}
    for item in _list(value, "directed", place):
        entry = _object(item, "a directed stance", ("holder", "target", "stance"), place)
        holder, target = entry["holder"], entry["target"]
        if not (isinstance(holder, str) and isinstance(target, str) and holder and target):
            raise InputError(f"{place}: holder and target should be actor ids; found: {quote(item)}")
        pair = (holder, target)
        if pair[0] == pair[1]:
            raise InputError(f"{place}: directed stance of {quote(pair[0])} toward itself; holder and target differ")
        told = f"{unquoted(pair[0])} -> {unquoted(pair[1])}"
        stance = _one_stance(entry["stance"], f"directed stance {told}", place)
        if pairs.setdefault(pair, stance) != stance:
            raise InputError(f"{place}: {told} stands twice with different stances; keep one")
    return pairs


def _one_stance(value: Any, what: str, place: str) -> str:
    if value not in STANCES:
        found = (
            f"an object: is this a prediction? It has {quote(value)}" if isinstance(value, Mapping) else shown(value)
        )
        raise InputError(f"{place}: unknown stance, {what}: {found}; use {', '.join(STANCES)}")
    return str(value)


_IN_WORDS = re.compile(r"\s*(?:none\s*$|[\w.-]{1,100}(?:@\d|\s*[:>]\s*\w))")


def _list(value: Any, what: str, place: str) -> list[Any]:
    if not isinstance(value, list):
        raise InputError(f"{place}: {what} should be a list; found: {quote(value)}{_mend(value)}")
    return value


def _mend(value: Any) -> str:
    """What to do with labels in words, as the spreadsheets of `stance export` have them."""
    if isinstance(value, str) and _IN_WORDS.match(value):
        return "; it looks like a spreadsheet of stance export: stance import --from csv makes labels of it"
    return ""


def _object(value: Any, what: str, keys: Sequence[str], place: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or any(key not in value for key in keys):
        wanted = f"needs {', '.join(keys)}" if keys else "should be an object"
        raise InputError(f"{place}: {what} {wanted}; found: {quote(value)}")
    return value
