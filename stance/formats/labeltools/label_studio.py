"""Label Studio: tasks with annotations and predictions, the labelling configuration for them, and back."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any
from xml.etree import ElementTree

from stance.formats.labeltools.answers import Answer, Desk, Task, end_of, listed, mapping, objects
from stance.formats.labeltools.carrying import carried_back, sealed, signed
from stance.formats.labeltools.marks import stance_mark
from stance.formats.labeltools.sheets import NONE, Sheet
from stance.quoting import names_of, quote, unquoted
from stance.records import STANCES, InputError
from stance.text.codebook import Codebook


def labelling_config(sheets: Sequence[Sheet], codebook: Codebook) -> bytes:
    """The labelling configuration for the tasks: the codebook's frames, and its actors and those of the sheets.

    Actors are spans of the text; a stance toward one is a choice for one of its spans, a directed stance an arrow from
    a span of the holder to one of the target. Actors that the text does not name go in a field to type in.
    """
    root = ElementTree.Element("View")
    _tag(root, "Header", value="$about", size="5")
    actors = dict.fromkeys((*codebook.actor_ids, *(actor for sheet in sheets for actor in sheet.actors)))
    if actors:
        labels = _tag(root, "Labels", name="actor", toName="text", showInline="true")
        for actor, label in _displayed(actors, codebook).items():
            _tag(labels, "Label", value=label, alias=actor)
    _tag(root, "Text", name="text", value="$text", saveTextResult="yes")
    _add_choices(root, codebook)
    _tag(root, "Header", value="Actors that the text does not name", size="5")
    hint = "actor=against or holder>target=favor, then Enter"
    _tag(root, "TextArea", name="marks", toName="text", editable="true", rows="1", placeholder=hint)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="utf-8") + b"\n"


def _add_choices(root: ElementTree.Element, codebook: Codebook) -> None:
    stances = _choices(root, "stance", "Stance toward the actor of the span", perRegion="true", choice="single")
    relations = _tag(root, "Relations")
    for stance in STANCES:
        _tag(stances, "Choice", value=stance)
        _tag(relations, "Relation", value=stance)
    if codebook.frames:
        frames = _choices(root, "frames", "Frames", choice="multiple")
        hints = {frame.id: {"hint": frame.definition} if frame.definition else {} for frame in codebook.frames}
        for frame, label in _displayed(codebook.frame_ids, codebook).items():
            _tag(frames, "Choice", value=label, alias=frame, **hints[frame])
    nones = _choices(root, "none", "Looked for, and there is none", choice="multiple")
    for mark in NONE.values():
        _tag(nones, "Choice", value=mark)


def _tag(parent: ElementTree.Element, kind: str, /, **attributes: str) -> ElementTree.Element:
    clean = {key: re.sub(r"[\x00-\x1f\x7f\ufffe\uffff]", "\ufffd", value) for key, value in attributes.items()}
    return ElementTree.SubElement(parent, kind, clean)


def _choices(parent: ElementTree.Element, name: str, header: str, **attributes: str) -> ElementTree.Element:
    _tag(parent, "Header", value=header, size="5")
    return _tag(parent, "Choices", name=name, toName="text", showInline="true", **attributes)


def _displayed(ids: Iterable[str], codebook: Codebook) -> dict[str, str]:
    """What to show for ids: their labels, with the id where the label alone could be taken for another."""
    labels = {identifier: codebook.label(identifier) for identifier in ids}
    taken = Counter([*labels.values(), *(i for i, label in labels.items() if i != label)])
    return {i: label if taken[label] == 1 else f"{label} ({i})" for i, label in labels.items()}


def write_tasks(sheets: Sequence[Sheet], codebook: Codebook) -> bytes:
    passages: dict[tuple[str, str], list[Sheet]] = {}
    for sheet in sheets:
        passages.setdefault((str(sheet.fields["id"]), sheet.text), []).append(sheet)
    tasks = [_task(group) for group in passages.values()]
    return json.dumps(tasks, ensure_ascii=False, indent=1).encode() + b"\n"


def _task(sheets: Sequence[Sheet]) -> dict[str, Any]:
    """A passage: an annotation for everyone who labelled it, predictions of models."""
    people = [sheet for sheet in sheets if sheet.labelled]
    others = [sheet for sheet in sheets if not sheet.labelled and (sheet.model or sheet.spans)]
    shared = _shared(sheets)
    shown = {k: v for k, v in shared["fields"].items() if k in ("id", "article", "title", "source", "date", "url")}
    own = {str(number): _own(sheet, shared) for number, sheet in enumerate(people, 1)}
    return {
        "data": {**shown, "text": sheets[0].text, "about": sheets[0].about, "row": shared, "rows": own},
        "annotations": [
            {"id": number, "ground_truth": False, "result": _results(sheet)} for number, sheet in enumerate(people, 1)
        ],
        "predictions": [
            {"model_version": sheet.model or "names", **sheet.score, "result": _results(sheet)} for sheet in others
        ],
    }


def _shared(sheets: Sequence[Sheet]) -> dict[str, Any]:
    """What all that labelled a passage have carried along; the annotator's name, and what is written, is one's own."""

    def everywhere(part: Callable[[Sheet], Mapping[str, Any]]) -> dict[str, Any]:
        first, *rest = [{key: json.dumps(value) for key, value in part(sheet).items()} for sheet in sheets]
        return {k: v for k, v in part(sheets[0]).items() if all(other.get(k) == first[k] for other in rest)}

    fields = everywhere(lambda sheet: {k: v for k, v in sheet.fields.items() if k != "annotator"})
    found = everywhere(lambda sheet: {k: v for k, v in sheet.carried.items() if k == "found"})
    actors = list(dict.fromkeys(actor for sheet in sheets for actor in sheet.carried.get("actors", ())))
    return sealed({"fields": fields, "text": sheets[0].text, **found, **({"actors": actors} if actors else {})})


def _own(sheet: Sheet, shared: Mapping[str, Any]) -> dict[str, Any]:
    fields = {key: value for key, value in sheet.fields.items() if key not in shared["fields"]}
    rest = {key: value for key, value in sheet.carried.items() if key != "fields" and key not in shared}
    return sealed({"fields": fields, **rest})


def _results(sheet: Sheet) -> list[dict[str, Any]]:
    """The parts of an annotation: spans, choices for spans, choices for the whole, arrows."""
    first = sheet.first_spans
    spans = [_region(sheet, number, "actor", "labels", span.actor) for number, span in enumerate(sheet.spans)]
    stances = [
        _region(sheet, first[actor], "stance", "choices", stance) | _scored(sheet, [stance_mark(actor, stance)])
        for actor, stance in (sheet.labels.stance or {}).items()
        if actor in first
    ]
    return [*spans, *stances, *_choices_made(sheet), *_arrows(sheet)]


def _choices_made(sheet: Sheet) -> Iterator[dict[str, Any]]:
    typed = [*sheet.stance_marks(sheet.first_spans), *([] if sheet.drawable else sheet.directed_marks)]
    ticked = {"frames": sheet.labels.frames or (), "none": sheet.none_marks}
    for name, marks in ticked.items():
        if marks:
            value = {"choices": list(marks)}
            yield {"id": name, **_control(name, "choices"), "value": value, **_scored(sheet, marks)}
    if typed:
        yield {"id": "marks", **_control("marks", "textarea"), "value": {"text": typed}, **_scored(sheet, typed)}


def _arrows(sheet: Sheet) -> Iterator[dict[str, Any]]:
    first = sheet.first_spans
    for (holder, target), stance in (sheet.labels.directed or {}).items() if sheet.drawable else ():
        ends = {"from_id": f"span{first[holder]}", "to_id": f"span{first[target]}"}
        yield {"type": "relation", **ends, "direction": "right", "labels": [stance]}


def _control(name: str, kind: str) -> dict[str, str]:
    return {"from_name": name, "to_name": "text", "type": kind}


def _region(sheet: Sheet, number: int, name: str, kind: str, value: str) -> dict[str, Any]:
    """A span, or a choice for it; places are counted in characters (code points), as the editor counts them."""
    span = sheet.spans[number]
    place = {"start": span.start, "end": span.end, "text": sheet.text[span.start : span.end]}
    return {"id": f"span{number}", **_control(name, kind), "value": {**place, kind: [value]}}


def _scored(sheet: Sheet, marks: Iterable[str]) -> dict[str, float]:
    scores = [sheet.scores[mark] for mark in marks if mark in sheet.scores]
    return {"score": min(scores)} if scores else {}


def read_tasks(tasks: Any, file: str, desk: Desk) -> Iterator[Task]:
    """The annotations of tasks as Label Studio exports them, as JSON."""
    if not isinstance(tasks, list):
        raise InputError(f"{file}: not a list of tasks; found: {quote(tasks)}; export as JSON")
    for number, item in enumerate(tasks, 1):
        place = f"{file}: task {number}"
        task = mapping(item, "a task", place)
        if "data" not in task:
            raise InputError(f'{place}: no "data"; found: {names_of(task)}; export as JSON, not as JSON-MIN')
        annotations = objects(task, "annotations", place)
        if not annotations:
            yield place, None, "not labelled"
        for count, annotation in enumerate(annotations, 1):
            where = f"{place}, annotation {count}" if len(annotations) > 1 else place
            if annotation.get("was_cancelled"):
                yield where, None, "skipped"
            else:
                yield where, partial(_answer, task, annotation, where, desk), ""


def _answer(task: Mapping[str, Any], annotation: Mapping[str, Any], place: str, desk: Desk) -> Answer:
    data = mapping(task["data"], "data", place)
    results = objects(annotation, "result", place)
    spans = [result for result in results if str(result.get("type")).endswith("labels")]
    ids = {str(result.get("id")) for result in spans}
    kinds = [_kind(result, ids, desk, place) for result in results]
    others = [result for result, kind in zip(results, kinds, strict=True) if kind == _OTHER]
    answer = Answer(_text(data), _carried(task, data, annotation, others, place), place, desk)
    actors: dict[str, Any] = {}
    for result in spans:
        for actor in _values(result, str(result["type"]), place) or [None]:
            with answer.piece():
                answer.span(actor, *_places(result, place))
                actors[str(result.get("id"))] = actor
    for result, kind in zip(results, kinds, strict=True):
        _take(answer, kind, result, actors)
    return answer


_OTHER = "other"


def _kind(result: Mapping[str, Any], spans: Container[str], desk: Desk, place: str) -> str:
    """What an answer is: an arrow, a stance, marks that were ticked or typed; or of another control than ours."""
    name, kind = result.get("from_name"), str(result.get("type"))
    if kind == "relation" or kind.endswith("labels"):
        return "arrow" if kind == "relation" else "span"
    if name == "stance":
        return "stance"
    if name in ("frames", "none", "marks"):
        return "typed" if kind == "textarea" else "ticked"
    words = [str(word) for word in _values(result, "choices", place)] if kind == "choices" else []
    if words and all(map(desk.spellings.frame, words)):
        return "ticked"
    return "stance" if words and str(result.get("id")) in spans and all(map(desk.spellings.stance, words)) else _OTHER


def _text(data: Mapping[str, Any]) -> Any:
    """The passage: under `text`, as export writes it; of other projects the one text that is there."""
    texts = [value for key, value in data.items() if isinstance(value, str) and " " in value.strip() and key != "about"]
    return data["text"] if "text" in data else texts[0] if len(texts) == 1 else None


def _take(answer: Answer, kind: str, result: Mapping[str, Any], actors: Mapping[str, Any]) -> None:
    """Take a choice, an arrow or what was typed."""
    if kind == "arrow":
        with answer.piece():
            _relate(answer, result, actors)
    elif kind == "stance":
        for stance in _values(result, "choices", answer.place) or [None]:
            with answer.piece():
                answer.judge(end_of(answer, actors, result.get("id"), "a stance"), stance)
    elif kind == "typed":
        for mark in _values(result, "text", answer.place):
            answer.tick(mark)
    elif kind == "ticked":
        for mark in _values(result, "choices", answer.place):
            with answer.piece():
                answer.tick(mark)


def _carried(
    task: Mapping[str, Any],
    data: Mapping[str, Any],
    annotation: Mapping[str, Any],
    typed: Sequence[Mapping[str, Any]],
    place: str,
) -> dict[str, Any]:
    """What was carried with the task, and for the annotation if it was exported: Label Studio keeps its id.

    Parameters
    ----------
    typed : sequence of Mapping
        What was answered with other controls than those of our labelling configuration.
    """
    answered = {
        str(result.get("from_name")): {k: v for k, v in _value(result, place).items() if k not in ("start", "end")}
        for result in typed
    }
    others = {k: v for k, v in data.items() if k not in ("text", "about", "row", "rows") and "row" not in data}
    default = {**answered, **others, "id": str(data.get("id", task.get("id", "")))}
    carried = carried_back(data.get("row"), default, place)
    key = str(annotation.get("import_id", annotation.get("id")))
    own = mapping(data.get("rows") or {}, "rows", place).get(key)
    if own is not None:
        part = carried_back(own, {}, place)
        return {**carried, **part, "fields": {**carried["fields"], **part["fields"]}}
    by = annotation.get("completed_by")
    return signed(carried, by.get("email") or by.get("id") if isinstance(by, dict) else by)


def _value(result: Mapping[str, Any], place: str) -> dict[str, Any]:
    return mapping(result.get("value") or {}, "a value", place)


def _values(result: Mapping[str, Any], key: str, place: str) -> list[Any]:
    value = _value(result, place).get(key)
    return [value] if isinstance(value, str) else listed(_value(result, place), key, place)


def _places(result: Mapping[str, Any], place: str) -> tuple[Any, Any, Any]:
    """Start, end and the quotation of a span; those in the text where it was shown as a page."""
    value = _value(result, place)
    whole = value.get("globalOffsets")
    places = whole if isinstance(whole, dict) else value
    quoted = value.get("text")
    return places.get("start"), places.get("end"), quoted.replace("\\n", "\n") if isinstance(quoted, str) else ""


def _relate(answer: Answer, result: Mapping[str, Any], actors: Mapping[str, Any]) -> None:
    """Take an arrow; one that points both ways is two."""
    holder, target = (end_of(answer, actors, result.get(key), "an arrow") for key in ("from_id", "to_id"))
    labels, direction = listed(result, "labels", answer.place), result.get("direction")
    if not labels:
        raise answer.lacks(f"the arrow {unquoted(holder)} > {unquoted(target)} says no stance")
    for stance in labels:
        if direction != "left":
            answer.relate(holder, target, stance)
        if direction in ("left", "bi"):
            answer.relate(target, holder, stance)
