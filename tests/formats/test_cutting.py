"""Articles cut into rows of passages, and rows that are passages already left as they are."""

from __future__ import annotations

from typing import Any

import pytest

from stance.formats.cutting import Cutter
from stance.formats.rows import Row
from stance.records import InputError

ONE = "The Dock Union blamed the Port Authority over the cranes."
TWO = f"Cranes stand still\n\n{ONE}\n\nThe City Council thanked the dockers when the accounts were read."


def cut(file: str, *fields: dict[str, Any], unit: str | None = None, **options: Any) -> list[dict[str, Any]]:
    rows = [Row(f"{file}:{n}", own, default_id=f"in:{n}") for n, own in enumerate(fields, 1)]
    return [dict(row.fields) for row in Cutter(unit, **options).cut(file, rows, alone=True)]


def test_an_article_is_cut_as_classify_cuts_it() -> None:
    mentions = [{"actor": "union", "start": 24, "end": 34}]
    row = {"id": "a", "text": TWO, "source": "Log"}
    first = {
        "id": "a#0",
        "article": "a",
        "start": 20,
        "end": 77,
        "text": ONE,
        "source": "Log",
        "title": "Cranes stand still",
    }
    assert cut("in.jsonl", row)[0] == first
    cutter = Cutter()
    file = [Row("a.txt", {"text": TWO}, default_id="a")]
    rows = cutter.cut("a.txt", file, alone=True)
    assert [(row.fields["id"], row.fields["start"], row.default_id) for row in rows] == [
        ("a#0", 20, "a#0"),
        ("a#1", 79, "a#1"),
    ]
    assert (cutter.articles, dict(cutter.kinds)) == (1, {"headline": 1, "prose": 2})
    assert cut("in.jsonl", {**row, "mentions": mentions}, unit="article") == [{**row, "mentions": mentions}]


@pytest.mark.parametrize(
    "more",
    [
        {"frames": []},
        {"stance": {"port": "favor"}},
        {"directed": []},
        {"mentions": []},
        {"article": "b"},
        {"start": 0},
        {"frames": {"strike": 0.5}, "frame_labels": [], "model": "m"},
        {"frame.strike": "0.5"},
    ],
    ids=lambda more: next(iter(more)),
)
def test_rows_that_are_passages_stay_and_with_them_those_of_their_file(more: dict[str, Any]) -> None:
    rows = [{"id": "p", "text": TWO}, {"id": "q", "text": TWO, **more}]
    assert cut("in.jsonl", *rows) == rows
    forced = cut("in.jsonl", *rows, unit="article")
    assert [row["id"] for row in forced] == ["p#0", "p#1", "q"]
    assert cut("in.jsonl", *rows, unit="passage") == rows


def test_rows_of_one_paragraph_each_are_passages_and_stay() -> None:
    rows = [
        {"id": "p", "text": ONE},
        {"id": "q", "text": f"NORTHPORT, Saturday – {ONE}"},
        {"id": "r", "text": "No full stop"},
    ]
    assert cut("in.jsonl", *rows) == rows
    assert [row["id"] for row in cut("in.jsonl", *rows, unit="article")] == ["p#0", "q#0", "r#0"]
    assert [row["id"] for row in cut("in.jsonl", *rows, {"id": "s", "text": TWO})] == [
        "p#0",
        "q#0",
        "r#0",
        "s#0",
        "s#1",
    ]


def test_a_text_of_one_paragraph_is_an_article() -> None:
    [row] = Cutter().cut("a.txt", [Row("a.txt", {"text": ONE}, default_id="a")], alone=True)
    assert row.fields == {"id": "a#0", "article": "a", "start": 0, "end": len(ONE), "text": ONE}


def test_texts_of_one_name_in_two_folders_are_told_apart() -> None:
    cutter = Cutter()
    ids = [
        [row.fields["id"] for row in cutter.cut(file, [Row(file, {"text": ONE}, default_id="a")], alone=False)]
        for file in ("x/a.txt", "y/a.txt")
    ]
    assert ids == [["a#0"], ["y/a#0"]]


def test_of_several_files_a_bad_page_is_told_and_left_out() -> None:
    told: list[str] = []
    bad = [Row("a.html", problem="no article found")]
    assert Cutter(report=told.append).cut("a.html", bad, alone=False) == []
    assert told == ["a.html: no article found; left out"]
    with pytest.raises(InputError, match=r"a\.html: no article found"):
        Cutter().cut("a.html", bad, alone=True)
    with pytest.raises(InputError, match=r'in\.jsonl:1: no "text"'):
        cut("in.jsonl", {"id": "p"})
