"""Sheets: what people labelled, between the rows of the data format and what label tools show.

A tool shows what a person may change: the spans of actors, and *marks*, short texts that stand for one label each:
``strike`` (a frame), ``union=against``, ``union>port=favor``, and ``no frame``, ``no actor``, ``no stance``, ``no
directed stance``, which say that somebody looked and found none; without any mark of a kind, the passage is not
labelled for it. Where a tool draws arrows or has choices for a span, these take the place of marks. Whatever else a row
holds is carried along unseen, and comes back untouched.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from stance.formats.dataformat import LABEL_FIELDS, Places, label_fields, parse_labelled, unflattened
from stance.formats.findings import Findings
from stance.formats.labeltools.carrying import damaged
from stance.formats.labeltools.marks import pair_mark, stance_mark
from stance.formats.meanings import as_meant
from stance.formats.rows import Row
from stance.quoting import quote
from stance.records import LANGUAGE, InputError, Labels, Mention, Passage
from stance.text.codebook import Codebook
from stance.text.mentions import Matcher, find_mentions
from stance.text.spellings import Spellings

NONE = {"mentions": "no actor", "frames": "no frame", "stance": "no stance", "directed": "no directed stance"}
"""The marks that say that there is none; no frame has a blank in its id, so none is taken for a frame."""
JUDGED = ("mentions", *LABEL_FIELDS)
"""The fields of a row that people fill in."""
_OF_MODEL = ("frame_labels", "uncertain", "held_by", "model")
_FLAT = re.compile(r"frame\.").match


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one person, or a model, said of a passage: what goes to a tool and comes back from it.

    Attributes
    ----------
    mentions : tuple of Mention or None
        None where the row gave none.
    carried : Mapping
        ``fields``, all other fields of the row; ``text``, the text that what comes back is held against; ``found``,
        the mentions that the codebook's names give where the row has none, or ``spans``, those that it has;
        ``actors``, those that the codebook lacks; ``written``, label fields whose order or further keys a tool does not
        keep, as they were written.
    model : str
        Name of the model that made it; empty where a person did.
    scores : Mapping from mark to probability
        Of a model's labels.
    """

    text: str
    mentions: tuple[Mention, ...] | None
    labels: Labels
    carried: Mapping[str, Any]
    model: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)

    @property
    def fields(self) -> Mapping[str, Any]:
        return self.carried.get("fields", {})

    @property
    def annotator(self) -> str:
        return str(self.fields.get("annotator") or "")

    @property
    def spans(self) -> tuple[Mention, ...]:
        """The mentions to show: those given, else those found."""
        found = tuple(Mention(*item) for item in self.carried.get("found", ()))
        return found if self.mentions is None else self.mentions

    @property
    def labelled(self) -> bool:
        """Whether a person labelled it."""
        judged = any(getattr(self.labels, kind) is not None for kind in LABEL_FIELDS)
        return not self.model and (judged or bool(self.annotator and self.mentions is not None))

    @property
    def actors(self) -> tuple[str, ...]:
        """The actors, mentioned or labelled, each once."""
        pairs = (actor for pair in self.labels.directed or () for actor in pair)
        return tuple(dict.fromkeys((*(span.actor for span in self.spans), *(self.labels.stance or ()), *pairs)))

    @property
    def first_spans(self) -> dict[str, int]:
        """The number of the first span of every actor."""
        first: dict[str, int] = {}
        for number, span in enumerate(self.spans):
            first.setdefault(span.actor, number)
        return first

    @property
    def drawable(self) -> bool:
        """Whether every pair can be drawn; one that can't sends them all to marks, so that they keep their order."""
        first = self.first_spans
        return all(actor in first for pair in self.labels.directed or () for actor in pair)

    @property
    def none_marks(self) -> list[str]:
        """Marks for what was labelled, and there is none."""
        mentions = None if self.model else self.mentions
        values = {"mentions": mentions, **{kind: getattr(self.labels, kind) for kind in LABEL_FIELDS}}
        return [NONE[kind] for kind, value in values.items() if value is not None and not value]

    def stance_marks(self, without: Container[str] = ()) -> list[str]:
        """Marks for the stances toward actors, but those that have another place."""
        return [stance_mark(actor, s) for actor, s in (self.labels.stance or {}).items() if actor not in without]

    @property
    def directed_marks(self) -> list[str]:
        return [pair_mark(h, t, stance) for (h, t), stance in (self.labels.directed or {}).items()]

    @property
    def about(self) -> str:
        """A line for the annotator: where the passage is from."""
        parts = [str(self.fields[key]) for key in ("title", "source", "date") if self.fields.get(key)]
        return " · ".join(parts or [str(self.fields["id"])])

    @property
    def score(self) -> dict[str, float]:
        """The least probability of a model's labels, for sorting; nothing where a person labelled."""
        return {"score": min(self.scores.values())} if self.scores else {}


def read_sheets(rows: Iterable[Row], codebook: Codebook, notes: Findings | None = None) -> list[Sheet]:
    """Rows, labelled or predicted or neither, as sheets.

    Parameters
    ----------
    notes : Findings, optional
        Takes what was written otherwise than it was taken.

    Raises
    ------
    InputError
        For a row that breaks the data format, and for a passage that one annotator labelled twice.
    """
    matcher, spellings, notes = Matcher(codebook), Spellings(codebook), notes or Findings()
    sheets, places = [], Places()
    for row in rows:
        meant = as_meant(row.checked(), spellings, partial(notes.add, row.place))
        sheet = _sheet(replace(row, fields=meant), codebook, matcher)
        places.add(str(sheet.fields["id"]), sheet.model or sheet.annotator, row.place)
        sheets.append(sheet)
    return sheets


def _sheet(row: Row, codebook: Codebook, matcher: Matcher) -> Sheet:
    fields = dict(row.checked())
    if is_unread(fields):
        fields = {key: value for key, value in unflattened(fields).items() if key not in (*JUDGED, *_OF_MODEL)}
    if fields.get("id") in (None, ""):
        fields["id"] = row.default_id
    predicted = _is_prediction(fields)
    plain, scores = _decided(fields, row.place) if predicted else (fields, {})
    labelled = parse_labelled(plain, row.place, codebook)
    frames = labelled.labels.frames
    if frames is not None:
        frames = tuple(frame for frame in codebook.frame_ids if frame in frames)
    sheet = Sheet(
        text=labelled.passage.text,
        mentions=labelled.passage.mentions,
        labels=replace(labelled.labels, frames=frames),
        carried=_carry(plain, labelled.passage, matcher),
        model=str(fields.get("model") or "model") if predicted else "",
        scores=scores,
    )
    written = {} if predicted else _written(plain, label_fields(sheet.mentions, sheet.labels))
    open_actors = [actor for actor in sheet.actors if actor not in codebook.actor_ids]
    more = {"actors": open_actors, "written": written}
    return replace(sheet, carried={**sheet.carried, **{key: part for key, part in more.items() if part}})


def is_unread(fields: Mapping[str, Any]) -> bool:
    """Whether a row is a prediction on a text that the model could not read: its labels are no suggestions."""
    uncertain = fields.get("uncertain")
    return isinstance(uncertain, list) and LANGUAGE in uncertain and _is_prediction(fields)


def _written(row: Mapping[str, Any], judged: Mapping[str, Any]) -> dict[str, Any]:
    """The label fields that come back otherwise than they stand in the row."""
    return {key: row[key] for key in JUDGED if key in row and (key not in judged or judged[key] != row[key])}


def _carry(row: Mapping[str, Any], passage: Passage, matcher: Matcher) -> dict[str, Any]:
    fields = {key: row[key] for key in row if key not in (*JUDGED, "text")}
    mentions = find_mentions(passage, matcher).mentions or ()
    places = [[mention.actor, mention.start, mention.end] for mention in mentions]
    return {"fields": fields, "text": passage.text, "found" if passage.mentions is None else "spans": places}


def has_labels(fields: Mapping[str, Any]) -> bool:
    return _is_prediction(fields) or any(fields.get(key) is not None for key in LABEL_FIELDS)


def _is_prediction(fields: Mapping[str, Any]) -> bool:
    """Whether labels stand there as probabilities: as objects, or as columns of a flat table."""
    stance = fields.get("stance")
    judged = [fields.get("frames"), *(stance.values() if isinstance(stance, Mapping) else ())]
    return any(isinstance(value, Mapping) for value in judged) or any(_FLAT(key) for key in fields)


def _decided(fields: Mapping[str, Any], place: str) -> tuple[dict[str, Any], dict[str, float]]:
    """A prediction as a labelled row, and the probability of each label; pairs that are neutral go without saying."""
    row = dict(unflattened(fields))
    try:
        probs = {frame: float(prob) for frame, prob in (row.get("frames") or {}).items()}
        stance, directed = row.get("stance") or {}, row.get("directed") or []
        pairs = [judged for judged in directed if judged["label"] != "neutral"]
        frames = list(row.get("frame_labels") or ())
        row |= {key: int(row[key]) for key in ("start", "end") if isinstance(row.get(key), str)}
        row["frames"] = frames if probs else None
        row["stance"] = {actor: judged["label"] for actor, judged in stance.items()} or None
        row["directed"] = [{**_pair(judged), "stance": judged["label"]} for judged in pairs] if directed else None
        scores = {frame: probs[frame] for frame in frames if probs}
        scores |= {stance_mark(a, judged["label"]): float(judged[judged["label"]]) for a, judged in stance.items()}
        scores |= {
            pair_mark(**_pair(judged), stance=judged["label"]): float(judged[judged["label"]]) for judged in pairs
        }
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise InputError(
            f"{place}: neither labels nor a prediction ({quote(str(error))[1:-1]}); give what stance classify wrote"
        ) from None
    return {key: value for key, value in row.items() if key not in _OF_MODEL}, scores


def _pair(judged: Mapping[str, Any]) -> dict[str, Any]:
    return {"holder": judged["holder"], "target": judged["target"]}


def _bare(key: str, value: Any) -> Any:
    """A label field without what does not matter: order, copies, further keys."""
    if value is None or key == "stance":
        return value
    if key == "frames":
        return set(value)
    keys = ("actor", "start", "end") if key == "mentions" else ("holder", "target", "stance")
    return {tuple(item[k] for k in keys) for item in value}


def row_of(sheet: Sheet, place: str, codebook: Codebook) -> dict[str, Any]:
    """A sheet as a row of the data format, checked."""
    judged = label_fields(sheet.mentions, sheet.labels)
    try:
        for key, value in sheet.carried.get("written", {}).items():
            if key in JUDGED and _bare(key, value) == _bare(key, judged.get(key)):
                judged[key] = value
        row = {**sheet.fields, "text": sheet.text, **judged}
    except (KeyError, TypeError, ValueError, AttributeError):
        raise damaged(place) from None
    parse_labelled(row, place, codebook)
    try:
        json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise InputError(
            f"{place}: half a surrogate pair (\\ud800 to \\udfff alone) is no character; mend it"
        ) from None
    return row
