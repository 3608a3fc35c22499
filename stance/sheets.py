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
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from stance.codebook import Codebook
from stance.dataformat import LABEL_FIELDS, Places, label_fields, parse_labelled, parse_passage, unflattened
from stance.files import Row
from stance.mentions import Matcher
from stance.pipeline import Model, find_mentions
from stance.quoting import quote, unquoted
from stance.records import STANCES, InputError, Labels, Mention, Pair, Passage

NONE = {"mentions": "no actor", "frames": "no frame", "stance": "no stance", "directed": "no directed stance"}
"""The marks that say that there is none; no frame has a blank in its id, so none is taken for a frame."""
JUDGED = ("mentions", *LABEL_FIELDS)
"""The fields of a row that people fill in."""
_OF_MODEL = ("frame_labels", "uncertain", "held_by", "model")
_FLAT = re.compile(r"frame\.").match
NAME = r'\s*"(?:[^"\\]|\\.)*"\s*|[^"=>:;@]+'
"""A pattern for an actor's id as `quoted` writes it; linear in the length of any text."""
MARK = re.compile(rf"({NAME})(?:>({NAME}))?[=:]([^\"=>:;@]*)")
_PLAIN_NAME = re.compile(r'[^"=>:;@\x00-\x1f]*[^"=>:;@\x00-\x1f-]')


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one person, or a model, said of a passage: what goes to a tool and comes back from it.

    Attributes
    ----------
    mentions : tuple of Mention or None
        None where the row gave none.
    carried : Mapping
        ``fields``, all other fields of the row; ``found``, the mentions that the codebook's names give where the row
        has none; ``written``, label fields whose order or further keys a tool does not keep, as they were written.
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


Task = tuple[str, Sheet | None, str]
"""The place of a task, what was answered, or why there is no answer."""


# Rows to sheets


def pre_annotate(rows: Sequence[Row], model: Model) -> list[Row]:
    """The rows, and beside those that nobody labelled what the model says of them."""
    bare = [number for number, row in enumerate(rows) if not _has_labels(row.checked())]
    passages = [parse_passage(rows[number].fields, rows[number].place, rows[number].default_id) for number in bare]
    told = list(rows)
    for number, prediction in zip(bare, model.classify_passages(passages), strict=True):
        said = prediction.to_dict()
        kept = {key: said[key] for key in (*JUDGED, "frame_labels", "model")}
        told[number] = replace(rows[number], fields={**rows[number].fields, **kept})
    return told


def read_sheets(rows: Iterable[Row], codebook: Codebook) -> list[Sheet]:
    """Rows, labelled or predicted or neither, as sheets.

    Raises
    ------
    InputError
        For a row that breaks the data format, and for a passage that one annotator labelled twice.
    """
    matcher = Matcher(codebook)
    sheets, places = [], Places()
    for row in rows:
        sheet = _sheet(row, codebook, matcher)
        places.add(str(sheet.fields["id"]), sheet.model or sheet.annotator, row.place)
        sheets.append(sheet)
    return sheets


def _sheet(row: Row, codebook: Codebook, matcher: Matcher) -> Sheet:
    fields = dict(row.checked())
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
    return replace(sheet, carried={**sheet.carried, "written": written}) if written else sheet


def _written(row: Mapping[str, Any], judged: Mapping[str, Any]) -> dict[str, Any]:
    """The label fields that come back otherwise than they stand in the row."""
    return {key: row[key] for key in JUDGED if key in row and (key not in judged or judged[key] != row[key])}


def _carry(row: Mapping[str, Any], passage: Passage, matcher: Matcher) -> dict[str, Any]:
    carried: dict[str, Any] = {"fields": {key: row[key] for key in row if key not in (*JUDGED, "text")}}
    if passage.mentions is None:
        found = find_mentions(passage, matcher).mentions or ()
        carried["found"] = [[mention.actor, mention.start, mention.end] for mention in found]
    return carried


def _has_labels(fields: Mapping[str, Any]) -> bool:
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


# Sheets to rows


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
        raise _damaged(place) from None
    parse_labelled(row, place, codebook)
    try:
        json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise InputError(
            f"{place}: half a surrogate pair (\\ud800 to \\udfff alone) is no character; mend it"
        ) from None
    return row


# Marks


def stance_mark(actor: str, stance: str) -> str:
    return f"{quoted(actor)}={stance}"


def pair_mark(holder: str, target: str, stance: str) -> str:
    return f"{quoted(holder)}>{quoted(target)}={stance}"


def quoted(actor: str) -> str:
    """An actor's id as it stands in marks and cells; as a JSON string where it holds a sign that separates."""
    plain = _PLAIN_NAME.fullmatch(actor) and actor == actor.strip()
    return actor if plain else json.dumps(actor, ensure_ascii=False)


def name_of(text: str) -> str:
    """The actor's id again; raises `ValueError` for a JSON string that is none."""
    text = text.strip()
    return str(json.loads(text)) if text.startswith('"') else text


# Answers


class Answer:
    """Takes what a person ticked and drew, and sees to it that it fits together."""

    def __init__(self, text: Any, place: str, codebook: Codebook):
        if not isinstance(text, str):
            raise InputError(f'{place}: no "text"; found: {quote(text)}; import what stance export wrote')
        self.text, self.place, self.codebook = text, place, codebook
        self.mentions: list[Mention] = []
        self.frames: list[str] = []
        self.stance: dict[str, str] = {}
        self.directed: dict[Pair, str] = {}
        self.none: set[str] = set()

    def refuse(self, message: str) -> InputError:
        return InputError(f"{self.place}: {message}")

    def tick(self, mark: Any) -> None:
        """Take a mark."""
        kinds = {text: kind for kind, text in NONE.items()}
        found = MARK.fullmatch(mark) if isinstance(mark, str) else None
        if isinstance(mark, str) and mark in self.codebook.frame_ids:
            self.frames.append(mark)
        elif isinstance(mark, str) and mark in kinds:
            self.none.add(kinds[mark])
        elif found:
            self.take(found)
        else:
            raise self.refuse(
                f"unknown label {quote(mark)}; write actor=stance, holder>target=stance, or a frame of the codebook "
                f"{self.codebook.name}: {', '.join(self.codebook.frame_ids) or 'none'}"
            )

    def take(self, found: re.Match[str]) -> None:
        """Take ``actor=stance`` or ``holder>target=stance``."""
        try:
            names = [name_of(re.sub(r"-\s*$", "", name)) for name in found.groups()[:2] if name is not None]
        except ValueError:
            raise self.refuse(f"{quote(found[0])}: a quoted name should be a JSON string; mend its quotes") from None
        if len(names) == 1:
            self.judge(names[0], found[3].strip())
        else:
            self.relate(names[0], names[1], found[3].strip())

    def span(self, actor: Any, start: Any, end: Any) -> None:
        if not isinstance(actor, str) or type(start) is not int or type(end) is not int:
            raise self.refuse(f"a span should have an actor, a start and an end; found: {quote([actor, start, end])}")
        self.mentions.append(Mention(actor, start, end))

    def judge(self, actor: str, stance: Any) -> None:
        self.check(stance, f"stance toward {unquoted(actor)}")
        if self.stance.setdefault(actor, stance) != stance:
            raise self.refuse(f"stance toward {unquoted(actor)} is both {self.stance[actor]} and {stance}; keep one")

    def relate(self, holder: str, target: str, stance: Any) -> None:
        what = f"directed stance {unquoted(holder)} > {unquoted(target)}"
        self.check(stance, what)
        if holder == target:
            raise self.refuse(f"directed stance of {quote(holder)} toward itself; holder and target differ")
        if self.directed.setdefault((holder, target), stance) != stance:
            earlier = self.directed[holder, target]
            raise self.refuse(f"{what} is both {earlier} and {stance}; keep one")

    def check(self, stance: Any, what: str) -> None:
        if not isinstance(stance, str) or stance not in STANCES:
            raise self.refuse(f"unknown {what}: {quote(stance)}; use {', '.join(STANCES)}")

    def settled(self, kind: str, value: Any) -> Any:
        """What was labelled of a kind: None, where nothing was ticked at all."""
        if value and kind in self.none:
            raise self.refuse(f'"{NONE[kind]}" is ticked, and there is one; keep one of both')
        return value if value or kind in self.none else None

    def sheet(self, carried: Mapping[str, Any]) -> Sheet:
        """What was answered, and what was carried along."""
        mentions = self.settled("mentions", tuple(sorted(self.mentions, key=lambda m: (m.start, m.end))))
        found = carried.get("found")
        if mentions and found is not None and {(m.actor, m.start, m.end) for m in mentions} == set(map(tuple, found)):
            mentions = None
        chosen = tuple(frame for frame in self.codebook.frame_ids if frame in self.frames)
        labels = Labels(
            frames=self.settled("frames", chosen),
            stance=self.settled("stance", self.stance),
            directed=self.settled("directed", self.directed),
        )
        return Sheet(self.text, mentions, labels, carried)


def carried_back(value: Any, default: Mapping[str, Any], place: str) -> dict[str, Any]:
    """What an export carried along, checked; `default` fields for a passage that it did not write."""
    if value is None:
        return {"fields": dict(default)}
    parts = {"fields": dict, "found": list, "written": dict}
    if not isinstance(value, dict) or any(not isinstance(value.get(key, kind()), kind) for key, kind in parts.items()):
        raise _damaged(place)
    for item in value.get("found", ()):
        if not isinstance(item, list) or [type(part) for part in item] != [str, int, int]:
            raise _damaged(place)
    return {**value, "fields": {**default, **value.get("fields", {})}}


def _damaged(place: str) -> InputError:
    return InputError(f"{place}: what the export carried along is damaged; export anew")


def signed(carried: dict[str, Any], annotator: Any) -> dict[str, Any]:
    """The same with the annotator that a tool names; where it is the one that was carried, as that was written."""
    fields = carried["fields"]
    if annotator in (None, "") or str(fields.get("annotator")) == str(annotator):
        return carried
    return {**carried, "fields": {**fields, "annotator": str(annotator)}}


# Parsed JSON, which may be anything


def mapping(value: Any, what: str, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"{place}: {what} should be an object; found: {quote(value)}; export anew as JSON")
    return value


def listed(owner: Mapping[str, Any], key: str, place: str) -> list[Any]:
    """A list of an object; empty where it has none."""
    value = owner.get(key)
    if value is not None and not isinstance(value, list):
        raise InputError(f"{place}: {key} should be a list; found: {quote(value)}")
    return value or []


def objects(owner: Mapping[str, Any], key: str, place: str) -> list[dict[str, Any]]:
    return [mapping(item, f"each of {key}", place) for item in listed(owner, key, place)]


def end_of(answer: Answer, actors: Mapping[str, Any], identifier: Any, what: str) -> str:
    """The actor of the span that an arrow or a choice belongs to; `actors` by the spans' ids as texts."""
    actor = actors.get(str(identifier))
    if not isinstance(actor, str):
        raise answer.refuse(f"{what} on {quote(identifier)}, which is no actor's span; label the span first")
    return actor
