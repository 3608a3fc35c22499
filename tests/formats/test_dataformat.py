"""Rows to records and back; every refusal names the place, what was found and the mend."""

from __future__ import annotations

from typing import Any

import pytest

from stance.formats.dataformat import label_row, parse_article, parse_labelled, parse_passage
from stance.quoting import quote
from stance.records import Article, InputError, LabelledPassage, Labels, Mention, Passage
from stance.text.codebook import Codebook

PLACE = "rows.jsonl:3"
TEXT = "Dock Union praised City Council."
UNION, COUNCIL = {"actor": "union", "start": 0, "end": 10}, {"actor": "council", "start": 19, "end": 31}


def labelled_row(**changes: Any) -> dict[str, Any]:
    row = {
        "id": "p1",
        "article": "a1",
        "text": TEXT,
        "source": "Northport Gazette",
        "annotator": "eva",
        "mentions": [UNION, COUNCIL],
        "frames": ["budget"],
        "stance": {"union": "neutral", "council": "favor"},
        "directed": [{"holder": "union", "target": "council", "stance": "favor"}],
    }
    return {**row, **changes}


def test_article_keeps_unknown_fields_and_leaves_out_labels_and_nulls() -> None:
    row = {"id": "a", "text": TEXT, "title": "Dues", "page": 4, "url": None, "frames": ["x"], "model": "m", "start": 9}
    assert parse_article(row, PLACE, "d") == Article("a", TEXT, None, {"title": "Dues", "page": 4})


def test_overlapping_mentions_of_two_actors_are_taken_as_given() -> None:
    mentions = [{"actor": "port", "start": 5, "end": 12}, UNION]
    article = parse_article({"text": TEXT, "mentions": mentions}, PLACE, "a")
    assert article.mentions == (Mention("union", 0, 10), Mention("port", 5, 12))


OF_EXPORT = "; it looks like a spreadsheet of stance export: stance import --from csv makes labels of it"


@pytest.mark.parametrize(
    ("row", "expected"),
    [({"id": 17}, "17"), ({"id": "x y"}, "x y"), ({"id": ""}, "default"), ({"id": None}, "default"), ({}, "default")],
    ids=["number", "text", "empty", "null", "absent"],
)
def test_article_id(row: dict[str, Any], expected: str) -> None:
    assert parse_article({**row, "text": TEXT}, PLACE, "default").id == expected


@pytest.mark.parametrize(
    ("row", "article", "start"),
    [({}, "p", 0), ({"article": "", "start": -4}, "p", 0), ({"article": 8, "start": 40}, "8", 40)],
    ids=["absent", "unusable", "given"],
)
def test_passage_takes_its_article_and_offset_from_the_row(row: dict[str, Any], article: str, start: int) -> None:
    passage = parse_passage({"id": "p", "text": TEXT, **row}, PLACE, "")
    assert passage == Passage("p", article, TEXT, start, start + 32)


def test_labelled_passage_holds_all_that_the_row_says(codebook: Codebook) -> None:
    expected = LabelledPassage(
        Passage(
            id="p1",
            article="a1",
            text=TEXT,
            start=0,
            end=32,
            mentions=(Mention("union", 0, 10), Mention("council", 19, 31)),
            details={"source": "Northport Gazette", "annotator": "eva"},
        ),
        Labels(("budget",), {"union": "neutral", "council": "favor"}, {("union", "council"): "favor"}),
        "eva",
        PLACE,
    )
    assert parse_labelled(labelled_row(), PLACE, codebook) == expected


def test_mentions_are_put_in_the_order_of_the_text(codebook: Codebook) -> None:
    row = labelled_row(mentions=[COUNCIL, UNION])
    assert parse_labelled(row, PLACE, codebook).passage.actors == ("union", "council")


def test_overlapping_mentions_of_one_actor_are_taken() -> None:
    mentions = [UNION, {"actor": "union", "start": 5, "end": 10}]
    article = parse_article({"text": TEXT, "mentions": mentions}, PLACE, "a")
    assert article.mentions == (Mention("union", 0, 10), Mention("union", 5, 10))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"frames": None, "stance": None, "directed": None}, Labels(None, None, None)),
        ({"frames": [], "stance": {}, "directed": []}, Labels((), {}, {})),
        ({"frames": ["strike", "budget", "strike"], "stance": None, "directed": None}, Labels(("strike", "budget"))),
    ],
    ids=["null-is-unlabelled", "empty-is-labelled", "repeated-frame-once"],
)
def test_labels(changes: dict[str, Any], expected: Labels, codebook: Codebook) -> None:
    assert parse_labelled(labelled_row(**changes), PLACE, codebook).labels == expected


@pytest.mark.parametrize(
    "row",
    [
        labelled_row(),
        labelled_row(mentions=[], frames=[], stance={}, directed=[]),
        {"id": "q", "article": "b", "text": TEXT},
        {"id": "q", "article": "b", "text": TEXT, "stance": {"someone_else": "against"}, "page": {"n": [1, 2]}},
    ],
    ids=["everything", "labelled-empty", "unlabelled", "open-actor"],
)
def test_row_comes_back_as_it_was(row: dict[str, Any], codebook: Codebook) -> None:
    assert label_row(parse_labelled(row, PLACE, codebook)) == row


OUTSIDE = "is outside the text of 32 characters; give start and end with 0 <= start < end <= 32"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": None}, 'no "id"; found: id, text; give every passage its own'),
        ({"id": ["x"]}, '"id" should be a text; found: "[\'x\']"'),
        ({"id": True}, '"id" should be a text; found: "True"'),
        ({"text": None}, '"text" is empty; leave the row out or fill it'),
        ({"text": 5}, '"text" should be a text; found: "5"'),
        ({"text": " \n\t"}, '"text" is empty; leave the row out or fill it'),
        ({"mentions": {}}, 'mentions should be a list; found: "{}"'),
        ({"mentions": ["union"]}, 'a mention needs actor, start, end; found: "union"'),
        ({"mentions": [{**UNION, "end": 33}]}, f"mention of union at 0-33 {OUTSIDE}"),
        ({"mentions": [{**UNION, "start": -1}]}, f"mention of union at -1-10 {OUTSIDE}"),
        ({"mentions": [{**UNION, "start": 10}]}, f"mention of union at 10-10 {OUTSIDE}"),
        ({"mentions": [{**UNION, "end": 10.0}]}, f"mention of union at 0-10.0 {OUTSIDE}"),
        ({"mentions": [{**UNION, "start": False}]}, f"mention of union at False-10 {OUTSIDE}"),
        (
            {"mentions": [{**UNION, "actor": "dock union"}]},
            'a mention\'s actor should be an id without blanks; found: "dock union"',
        ),
        ({"frames": "strike"}, 'frames should be a list; found: "strike"'),
        ({"mentions": "union@4-9; port@1-2"}, f'mentions should be a list; found: "union@4-9; port@1-2"{OF_EXPORT}'),
        (
            {"stance": "union: against"},
            f'stance should be an object, actor id to stance; found: "union: against"{OF_EXPORT}',
        ),
        ({"directed": "none"}, f'directed should be a list; found: "none"{OF_EXPORT}'),
        ({"frames": {"strike": 0.4}}, "frames should be a list of frame ids; found an object: is this a prediction?"),
        ({"frames": ["war"]}, 'unknown frame "war"; the codebook harbour has strike, budget'),
        ({"frames": [["strike"]]}, "unknown frame \"['strike']\"; the codebook harbour has strike, budget"),
        ({"stance": ["union"]}, "stance should be an object, actor id to stance; found: \"['union']\""),
        (
            {"stance": {"union": "con"}},
            'unknown stance, stance toward union: "con"; use against, neutral, favor',
        ),
        (
            {"stance": {"union": {"label": "favor"}}},
            "unknown stance, stance toward union: an object: is this a prediction? It has \"{'label': 'favor'}\"; "
            "use against, neutral, favor",
        ),
        (
            {"directed": [{"holder": "union", "target": "port"}]},
            "a directed stance needs holder, target, stance; found: \"{'holder': 'union', 'target': 'port'}\"",
        ),
        (
            {"directed": [{"holder": "union", "target": "union", "stance": "favor"}]},
            'directed stance of "union" toward itself; holder and target differ',
        ),
        (
            {"directed": [{"holder": "union", "target": "port", "stance": "pro"}]},
            'unknown stance, directed stance union -> port: "pro"; use against, neutral, favor',
        ),
        (
            {"directed": [{"holder": "union", "target": "port", "stance": s} for s in ("favor", "against")]},
            "union -> port stands twice with different stances; keep one",
        ),
    ],
    ids=[
        "no-id", "id-is-list", "id-is-bool", "no-text", "text-is-number", "text-is-blank", "mentions-is-object",
        "mention-is-text", "mention-ends-outside", "mention-starts-outside", "mention-is-empty", "mention-is-float",
        "mention-is-bool", "mention-actor-has-blank", "frames-is-text", "mentions-in-words",
        "stance-in-words", "directed-in-words", "frames-is-prediction",
        "unknown-frame", "frame-is-list", "stance-is-list", "unknown-stance", "stance-is-prediction",
        "directed-without-stance", "directed-to-itself", "directed-unknown-stance", "directed-twice",
    ],
)  # fmt: skip
def test_bad_row_is_refused_with_place_and_mend(changes: dict[str, Any], message: str, codebook: Codebook) -> None:
    with pytest.raises(InputError) as error:
        parse_labelled({"id": "p", "text": TEXT, **changes}, PLACE, codebook)
    assert str(error.value) == f"{PLACE}: {message}"


def test_a_row_without_a_text_says_how_to_name_it(codebook: Codebook) -> None:
    message = (
        r'^rows\.jsonl:3: no "text"; found: id, body; name the field with the passage "text", or give --text-column'
    )
    with pytest.raises(InputError, match=message):
        parse_labelled({"id": "p", "body": TEXT}, PLACE, codebook)


@pytest.mark.parametrize("holder", [None, "", ["union"]], ids=["null", "empty", "list"])
def test_directed_holder_that_is_no_id_is_refused(holder: Any, codebook: Codebook) -> None:
    row = labelled_row(directed=[{"holder": holder, "target": "port", "stance": "favor"}])
    with pytest.raises(InputError, match=r"^rows\.jsonl:3: .*holder"):
        parse_labelled(row, PLACE, codebook)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a\n b\t c", '"a b c"'),
        ("x" * 60, f'"{"x" * 60}"'),
        ("x" * 61, f'"{"x" * 59}…"'),
        ({"k": 1}, "\"{'k': 1}\""),
    ],
    ids=["white-space", "just-fits", "cut", "object"],
)
def test_quote(value: Any, expected: str) -> None:
    assert quote(value) == expected


@pytest.mark.parametrize("value", ["\x1b[2Jx", "x\x07", "x\x9b31m", "a\u202eb"], ids=["esc", "bell", "c1", "bidi"])
def test_quote_holds_no_control_characters(value: str) -> None:
    assert quote(value).isprintable()
