"""Prodigy: tasks written, and labels read."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

from stance.formats.jsonl import json_line
from stance.formats.labeltools.answers import Answer, Desk, Task, end_of, listed, objects
from stance.formats.labeltools.carrying import carried_back, sealed, signed
from stance.formats.labeltools.documents import Document, parsed_lines
from stance.formats.labeltools.marks import stance_mark
from stance.formats.labeltools.sheets import NONE, Sheet
from stance.records import STANCES, Mention
from stance.text.codebook import Codebook


def write_prodigy(sheets: Sequence[Sheet], codebook: Codebook) -> bytes:
    """For the interfaces "relations" (spans and arrows) and "choice" (marks) as blocks of one page."""
    return b"".join(json_line(_prodigy_task(sheet, codebook)) for sheet in sheets)


def _prodigy_task(sheet: Sheet, codebook: Codebook) -> dict[str, Any]:
    tokens = _tokens(sheet)
    spans = [_prodigy_span(span, tokens) for span in sheet.spans]
    arrows = sheet.drawable
    accepted = [*(sheet.labels.frames or ()), *sheet.none_marks, *sheet.stance_marks()]
    accepted += [] if arrows else sheet.directed_marks
    signature = {"_annotator_id": sheet.annotator, "_session_id": sheet.annotator} if sheet.annotator else {}
    return {
        "text": sheet.text,
        "tokens": tokens,
        "spans": spans,
        "relations": _prodigy_relations(sheet, spans) if arrows else [],
        "options": _options(sheet, accepted, codebook),
        "accept": accepted,
        "meta": {"about": sheet.about, **sheet.score},
        "row": sealed(sheet.carried),
        **({"answer": "accept", **signature} if sheet.labelled else {}),
    }


def _tokens(sheet: Sheet) -> list[dict[str, Any]]:
    """Words, signs, and blanks other than single ones; no token reaches over the edge of a span."""
    edges = sorted({edge for span in sheet.spans for edge in (span.start, span.end)})
    tokens: list[dict[str, Any]] = []
    for found in re.finditer(r"\w+|[^\w\s]|[^\S ]+", sheet.text):
        start, end = found.span()
        inner = edges[bisect.bisect_right(edges, start) : bisect.bisect_left(edges, end)]
        for left, right in zip([start, *inner], [*inner, end], strict=True):
            blank = sheet.text[right : right + 1] == " "
            tokens.append({"text": sheet.text[left:right], "start": left, "end": right, "id": len(tokens), "ws": blank})
    return tokens


def _prodigy_span(span: Mention, tokens: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    first = bisect.bisect_right(tokens, span.start, key=lambda token: token["end"])
    last = bisect.bisect_left(tokens, span.end, key=lambda token: token["start"]) - 1
    return {"start": span.start, "end": span.end, "token_start": first, "token_end": last, "label": span.actor}


def _prodigy_relations(sheet: Sheet, spans: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    first = sheet.first_spans
    relations = []
    for (holder, target), stance in (sheet.labels.directed or {}).items():
        head, child = spans[first[holder]], spans[first[target]]
        ends = {"head": head["token_end"], "child": child["token_end"], "head_span": head, "child_span": child}
        relations.append({**ends, "label": stance})
    return relations


def _options(sheet: Sheet, accepted: Sequence[str], codebook: Codebook) -> list[dict[str, str]]:
    """What can be ticked: every frame, every stance toward the actors of the passage, that there is none."""
    options = {frame.id: frame.label for frame in codebook.frames}
    for actor in sheet.actors:
        options |= {stance_mark(actor, stance): f"{codebook.label(actor)}: {stance}" for stance in STANCES}
    options |= {mark: mark for mark in NONE.values()}
    options |= {mark: mark for mark in accepted if mark not in options}
    return [{"id": mark, "text": text} for mark, text in options.items()]


def read_prodigy(document: Document, desk: Desk) -> Iterator[Task]:
    reasons = {"reject": "rejected", "ignore": "ignored"}
    for place, task in parsed_lines(document):
        if task.get("answer") == "accept":
            yield place, partial(_answer, task, place, desk), ""
        else:
            yield place, None, reasons.get(str(task.get("answer")), "not labelled")


def _answer(task: Mapping[str, Any], place: str, desk: Desk) -> Answer:
    answer = Answer(task.get("text"), _carried(task, place), place, desk)
    spans, tokens = objects(task, "spans", place), objects(task, "tokens", place)
    for span in spans:
        with answer.piece():
            answer.span(span.get("label"), span.get("start"), span.get("end"), _quotation(span, tokens))
    for mark in listed(task, "accept", place):
        with answer.piece():
            answer.tick(mark)
    for relation in objects(task, "relations", place):
        with answer.piece():
            holder, target = (_prodigy_end(answer, relation, side, spans) for side in ("head", "child"))
            answer.relate(holder, target, relation.get("label"))
    return answer


def _carried(task: Mapping[str, Any], place: str) -> dict[str, Any]:
    meta = task.get("meta")
    default = {**(meta if isinstance(meta, dict) and "row" not in task else {})}
    default["id"] = str(task.get("id") or default.get("id") or task.get("_input_hash") or "")
    carried = carried_back(task.get("row"), default, place)
    return signed(carried, task.get("_annotator_id") or task.get("_session_id"))


def _quotation(span: Mapping[str, Any], tokens: Sequence[Mapping[str, Any]]) -> str:
    """The text that a span says it has: its own, else that of its tokens; nothing where they do not tell."""
    if isinstance(span.get("text"), str):
        return str(span["text"])
    first, last = span.get("token_start"), span.get("token_end")
    if type(first) is not int or type(last) is not int or not 0 <= first <= last < len(tokens):
        return ""
    own = tokens[first : last + 1]
    if not all(isinstance(token.get("text"), str) for token in own):
        return ""
    joined = [token.get("ws") is False or token.get("end") == after.get("start") for token, after in pairwise(own)]
    blanks = ["" if together else " " for together in joined]
    return "".join(token["text"] + blank for token, blank in zip(own, [*blanks, ""], strict=True))


def _prodigy_end(answer: Answer, relation: Mapping[str, Any], side: str, spans: Sequence[Mapping[str, Any]]) -> str:
    """The actor at an end of an arrow: that of its span, else of the span that ends with its token."""
    given = relation.get(f"{side}_span")
    token = relation.get(side)
    actors = {str(span.get("token_end")): span.get("label") for span in spans}
    actor = given.get("label") if isinstance(given, dict) else None
    return end_of(answer, {str(token): actor} if actor else actors, token, "an arrow")
