"""Label tools: what goes out comes back, for every tool, and bad files are told with file and task or line."""

from __future__ import annotations

import csv
import io
import json
import random
import sys
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import pytest
from conftest import CODEBOOK

from stance.commands.app import main
from stance.formats.labeltools import documents, tools
from stance.formats.labeltools.carrying import sealed
from stance.formats.labeltools.label_studio import labelling_config
from stance.formats.labeltools.sheets import is_unread, read_sheets
from stance.formats.labeltools.tools import export_sheets, import_rows
from stance.formats.rows import Row
from stance.models.pre_annotation import pre_annotate
from stance.records import STANCES, InputError, Judgement, Passage, Prediction
from stance.text.codebook import Codebook

ENDINGS = {"label-studio": "json", "doccano": "jsonl", "prodigy": "jsonl", "csv": "csv"}
TEXT = "The Dock Union blamed the Port Authority, and the City Council looked on."
UNION, PORT, COUNCIL = (
    {"actor": "union", "start": 4, "end": 14},
    {"actor": "port", "start": 26, "end": 40},
    {"actor": "council", "start": 50, "end": 62},
)
AGAINST = {"holder": "union", "target": "port", "stance": "against"}
NEUTRAL = {"holder": "council", "target": "union", "stance": "neutral"}
ABROAD = {"holder": "union", "target": "embassy", "stance": "favor"}
EMOJI = "📉📰 The Dock Union 🏴‍☠️ blamed the Port Authority."
Json = dict[str, Any]


def odd_rows() -> list[Json]:
    """One row for each thing that is easily lost."""
    cases: list[Json] = [
        {"frames": []},
        {"frames": None, "stance": {"port": "against"}, "directed": None},
        {"frames": ["strike"], "stance": {}, "directed": []},
        {"frames": ["budget", "strike"], "mentions": [UNION, PORT]},
        {"frames": ["strike", "strike"], "stance": {"union": "neutral", "port": "against", "council": "favor"}},
        {"mentions": [UNION, PORT, COUNCIL], "directed": [AGAINST, NEUTRAL]},
        {"mentions": [UNION, PORT], "directed": [NEUTRAL, AGAINST, ABROAD], "stance": {"embassy": "favor"}},
        {"mentions": [], "frames": [], "stance": {}, "directed": []},
        {"mentions": [], "stance": {"embassy": "against"}, "directed": [ABROAD]},
        {"mentions": [PORT, UNION], "stance": {"union": "favor"}},
        {"mentions": [{**UNION, "name": "Dock Union"}], "directed": [{**AGAINST, "note": "blamed"}]},
        {"mentions": [{"actor": "port", "start": 4, "end": 40}, UNION, PORT], "stance": {"port": "favor"}},
        {"text": EMOJI, "mentions": [{"actor": "union", "start": 7, "end": 17}], "stance": {"union": "favor"}},
        {"text": "קו א\u0301 e\u0301 \u2028 ﷺ the Port Authority", "frames": ["budget"]},
        {"text": " \t\r\nTwo\nlines\rof the Dock Union\r\n", "stance": {"union": "neutral"}, "directed": []},
        {"text": '=HYPERLINK("x"), said "it"; <b>&amp;</b>', "frames": [], "title": "@SUM(1)", "source": "'=1"},
        {"stance": {'the "new" port; or: a>b=c@1': "against", "no stance": "favor", " x ": "neutral", "": "favor"}},
        {"directed": [{"holder": "a=b", "target": "c>d", "stance": "neutral"}, AGAINST]},
        {"frames": ["strike"], "start": 0, "end": 73, "article": "a", "date": "2021-08-15", "url": "http://x.org/?a=1"},
        {"frames": ["strike"], "start": "0", "title": "", "source": None, "lang": 3, "page": {"no": [1, 2.5]}},
        {"id": 7, "frames": ["strike"], "text": "-1 + 1", "details": "none", "row": 1, "label": "x", "cats": 0.5},
    ]  # fmt: skip
    return [{"id": f"p{number}", "text": TEXT, **case} for number, case in enumerate(cases)]


def two_annotators() -> list[Json]:
    """The odd rows by two people, who have labelled one another's passages otherwise."""
    rows = odd_rows()
    labels = ("mentions", "frames", "stance", "directed")
    both = []
    for row, other in zip(rows, [*rows[1:], rows[0]], strict=True):
        kinds = labels if row["text"] == other["text"] else labels[1:]
        judged = {key: other[key] for key in kinds if key in other}
        both.append({**row, "annotator": "ann@example.org"})
        kept = {key: value for key, value in row.items() if key not in labels}
        both.append({**kept, "frames": ["budget"], **judged, "annotator": "ben", "seconds": len(both)})
    return both


def drawn_rows(count: int = 200, seed: int = 5) -> list[Json]:
    """Passages drawn at random, each labelled by two people."""
    draw = random.Random(seed)
    words = ["the", "Dock Union", "Port Authority", "quay;", "🏴‍☠️", "é", "=5", "\n", '"so"', "Ada Lovett"]
    rows: list[Json] = []
    for number in range(count):
        text = " ".join(draw.choices(words, k=draw.randint(2, 12))) + " ."
        for annotator in ("ann", "ben"):
            labels = {
                "mentions": drawn_mentions,
                "frames": drawn_frames,
                "stance": drawn_stance,
                "directed": drawn_pairs,
            }
            chosen = draw.sample(list(labels), draw.randint(2, 4))
            judged = {key: labels[key](draw, text) for key in labels if key in chosen}
            rows.append(
                {"id": f"d{number}", "article": f"a{number // 3}", "text": text, **judged, "annotator": annotator}
            )
    return rows  # fmt: skip


def drawn_mentions(draw: random.Random, text: str) -> list[Json]:
    starts = sorted(draw.sample(range(len(text) - 1), draw.randint(0, 2)))
    return [{"actor": draw.choice(ACTORS), "start": s, "end": draw.randint(s + 1, len(text))} for s in starts]


def drawn_frames(draw: random.Random, text: str) -> list[str]:
    return draw.sample(["strike", "budget"], draw.randint(0, 2))


def drawn_stance(draw: random.Random, text: str) -> dict[str, str]:
    return {actor: draw.choice(STANCES) for actor in draw.sample(ACTORS, draw.randint(0, 3))}


def drawn_pairs(draw: random.Random, text: str) -> list[Json]:
    pairs = draw.sample([(h, t) for h in ACTORS for t in ACTORS if h != t], draw.randint(0, 4))
    return [{"holder": h, "target": t, "stance": draw.choice(STANCES)} for h, t in pairs]


ACTORS = ["union", "port", "council", "embassy"]


def read_rows(rows: Iterable[Mapping[str, Any]]) -> list[Row]:
    return [Row(f"in.jsonl:{line}", row, default_id=f"in:{line}") for line, row in enumerate(rows, 1)]


def exported(rows: Iterable[Mapping[str, Any]], tool: str, codebook: Codebook) -> bytes:
    return export_sheets(read_sheets(read_rows(rows), codebook), tool, codebook)


def imported(data: bytes | str, tool: str, codebook: Codebook, folder: Path) -> tools.Imported:
    file = folder / f"out.{ENDINGS[tool]}"
    file.write_bytes(data if isinstance(data, bytes) else data.encode())
    return import_rows([str(file)], tool, codebook)


def jsonl(*rows: Json) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def dumped(rows: Iterable[Json]) -> list[str]:
    """Rows with types told apart: 1, 1.0 and true are equal to Python."""
    return [json.dumps(row, sort_keys=True) for row in rows]


# There and back


@pytest.mark.parametrize("tool", ENDINGS)
@pytest.mark.parametrize("make", [odd_rows, two_annotators, drawn_rows])
def test_round_trip_gives_the_same_rows(
    make: Callable[[], list[Json]], tool: str, codebook: Codebook, tmp_path: Path
) -> None:
    rows = make()
    back = imported(exported(rows, tool, codebook), tool, codebook, tmp_path)
    assert dumped(back.rows) == dumped(rows)
    assert back.left_out == {}


def test_drawn_rows_hold_every_kind_of_label_and_of_no_label() -> None:
    rows = drawn_rows()
    assert (len(rows), len({row["id"] for row in rows})) == (400, 200)
    for key in ("mentions", "frames", "stance", "directed"):
        assert {len(row[key]) if key in row else None for row in rows} >= {None, 0, 1, 2}


@pytest.mark.parametrize("tool", ENDINGS)
def test_passages_that_nobody_labelled_are_left_out_and_counted(tool: str, codebook: Codebook, tmp_path: Path) -> None:
    rows: list[Json] = [{"id": "p", "text": TEXT}, {"id": "q", "text": TEXT, "frames": ["strike"]}]
    back = imported(exported(rows, tool, codebook), tool, codebook, tmp_path)
    assert (back.rows, back.left_out) == ([rows[1]], {"not labelled": 1})


@pytest.mark.parametrize("tool", ENDINGS)
def test_row_without_id_gets_one_from_its_place(tool: str, codebook: Codebook, tmp_path: Path) -> None:
    back = imported(exported([{"text": TEXT, "frames": []}], tool, codebook), tool, codebook, tmp_path)
    assert back.rows == [{"id": "in:1", "text": TEXT, "frames": []}]


@pytest.mark.parametrize("tool", ["label-studio", "doccano", "prodigy"])
def test_mentions_that_were_found_and_left_as_they_are_stay_unsaid(
    tool: str, codebook: Codebook, tmp_path: Path
) -> None:
    row = {"id": "p", "text": TEXT, "stance": {"port": "against"}}
    data = exported([row], tool, codebook)
    assert imported(data, tool, codebook, tmp_path).rows == [row]
    task = json.loads(data)
    if tool == "label-studio":
        task[0]["annotations"][0]["result"][2]["value"] |= {"end": 54, "text": "City"}
    elif tool == "doccano":
        task["entities"][2][1] = 54
    else:
        task["spans"][2] |= {"end": 54, "token_end": task["spans"][2]["token_start"]}
    back = imported(json.dumps(task), tool, codebook, tmp_path).rows
    assert back == [{**row, "mentions": [UNION, PORT, {**COUNCIL, "end": 54}]}]


# Label Studio


def label_studio(row: Json, codebook: Codebook) -> list[Json]:
    return json.loads(exported([row], "label-studio", codebook))


def test_label_studio_task(codebook: Codebook) -> None:
    row = {"id": "p", "text": TEXT, "title": "Quay", "source": "Log", "date": "2021-08-15", "annotator": "ann",
           "mentions": [UNION, PORT], "frames": ["strike"], "stance": {"port": "against", "embassy": "favor"},
           "directed": [AGAINST]}  # fmt: skip
    [task] = label_studio(row, codebook)
    fields = {key: row[key] for key in ("id", "title", "source", "date")}
    union = {"start": 4, "end": 14, "text": "Dock Union"}
    port = {"start": 26, "end": 40, "text": "Port Authority"}
    assert task == {
        "data": {
            **fields, "text": TEXT, "about": "Quay · Log · 2021-08-15",
            "row": sealed({"fields": fields, "text": TEXT, "actors": ["embassy"]}),
            "rows": {"1": sealed({"fields": {"annotator": "ann"}, "spans": [["union", 4, 14], ["port", 26, 40]]})},
        },
        "annotations": [{"id": 1, "ground_truth": False, "result": [
            {"id": "span0", **control("actor", "labels"), "value": {**union, "labels": ["union"]}},
            {"id": "span1", **control("actor", "labels"), "value": {**port, "labels": ["port"]}},
            {"id": "span1", **control("stance", "choices"), "value": {**port, "choices": ["against"]}},
            {"id": "frames", **control("frames", "choices"), "value": {"choices": ["strike"]}},
            {"id": "marks", **control("marks", "textarea"), "value": {"text": ["embassy=favor"]}},
            {"type": "relation", "from_id": "span0", "to_id": "span1", "direction": "right", "labels": ["against"]},
        ]}],
        "predictions": [],
    }  # fmt: skip


def control(name: str, kind: str) -> dict[str, str]:
    return {"from_name": name, "to_name": "text", "type": kind}


def test_label_studio_counts_code_points_and_utf16_of_old_versions_is_read(codebook: Codebook, tmp_path: Path) -> None:
    start = EMOJI.index("Port Authority")
    row = {"id": "p", "text": EMOJI, "mentions": [{"actor": "port", "start": start, "end": start + 14}]}
    [task] = label_studio({**row, "stance": {"port": "against"}}, codebook)
    values = [result["value"] for result in task["annotations"][0]["result"]]
    assert [(value["start"], value["end"]) for value in values] == [(34, 48), (34, 48)]
    for value in values:
        value |= {"start": 37, "end": 51}
    assert EMOJI.encode("utf-16-le")[2 * 37 : 2 * 51].decode("utf-16-le") == "Port Authority"
    [back] = imported(json.dumps([task]), "label-studio", codebook, tmp_path).rows
    assert back == {**row, "stance": {"port": "against"}}


def test_label_studio_keeps_annotators_apart_after_its_own_import(codebook: Codebook, tmp_path: Path) -> None:
    rows = [
        {"id": "p", "text": TEXT, "title": "Quay", "frames": ["strike"], "annotator": "ann", "seconds": 9},
        {"id": "p", "text": TEXT, "title": "Quay", "frames": [], "annotator": "ben"},
    ]
    [task] = json.loads(exported(rows, "label-studio", codebook))
    for number, annotation in enumerate(task["annotations"], 70):
        annotation |= {"import_id": annotation["id"], "id": number, "completed_by": 1, "was_cancelled": False}
    new = {"import_id": None, "completed_by": {"id": 4, "email": "cal@example.org"}, "result": []}
    frames = {"id": "a", **control("frames", "choices"), "value": {"choices": ["budget"]}}
    notes = {"id": "b", **control("notes", "textarea"), "value": {"text": ["hard"]}}
    task["annotations"] += [{**new, "id": 1, "result": [frames, notes]}, {**new, "id": 2, "was_cancelled": True}, new]
    back = imported(json.dumps([task]), "label-studio", codebook, tmp_path)
    fresh = {"id": "p", "text": TEXT, "title": "Quay", "annotator": "cal@example.org", "frames": ["budget"]}
    assert back.rows == [*rows, {**fresh, "notes": {"text": ["hard"]}}]
    assert back.left_out == {"skipped": 1, "not labelled": 1}


@pytest.mark.parametrize(
    ("direction", "pairs"),
    [
        ("right", [("union", "port")]),
        ("left", [("port", "union")]),
        ("bi", [("union", "port"), ("port", "union")]),
        (None, [("union", "port")]),
    ],
)
def test_label_studio_arrows_have_a_direction(
    direction: str | None, pairs: list[tuple[str, str]], codebook: Codebook, tmp_path: Path
) -> None:
    [task] = label_studio({"id": "p", "text": TEXT, "mentions": [UNION, PORT], "directed": [AGAINST]}, codebook)
    task["annotations"][0]["result"][-1]["direction"] = direction
    [back] = imported(json.dumps([task]), "label-studio", codebook, tmp_path).rows
    assert back["directed"] == [{"holder": h, "target": t, "stance": "against"} for h, t in pairs]


def test_label_studio_config_has_what_the_tasks_name(codebook: Codebook) -> None:
    sheets = read_sheets(read_rows(two_annotators()), codebook)
    tasks = json.loads(export_sheets(sheets, "label-studio", codebook))
    root = ElementTree.fromstring(labelling_config(sheets, codebook))
    names = {tag.get("name"): tag for tag in root if tag.get("name")}
    shown = {name: [choice.get("alias") or choice.get("value") for choice in tag] for name, tag in names.items()}
    assert [(name, tag.tag, tag.get("toName")) for name, tag in names.items()] == [
        ("actor", "Labels", "text"), ("text", "Text", None), ("stance", "Choices", "text"),
        ("frames", "Choices", "text"), ("none", "Choices", "text"), ("marks", "TextArea", "text"),
    ]  # fmt: skip
    assert (shown["frames"], shown["stance"]) == (["strike", "budget"], ["against", "neutral", "favor"])
    assert shown["actor"][:4] == ["union", "port", "council", "embassy"]
    assert [choice.get("value") for choice in names["frames"]] == ["Strike", "Budget"]
    results = [r for task in tasks for annotation in task["annotations"] for r in annotation["result"]]
    relations = [r for r in results if r["type"] == "relation"]
    others = [r for r in results if r["type"] != "relation"]
    assert {(r["from_name"], r["to_name"]) for r in others} == {
        (name, "text") for name in ("actor", "stance", "frames", "none", "marks")
    }
    for result in others:
        assert names[result["from_name"]].tag.lower() == result["type"]
        assert set(result["value"].get(result["type"], [])) <= set(shown[result["from_name"]])
    assert {label for r in relations for label in r["labels"]} <= {tag.get("value") for tag in root.iter("Relation")}
    assert {tag.get("value") for tag in root.iter("Text")} == {"$text"}


def test_label_studio_config_escapes_what_it_is_made_of() -> None:
    hostile = Codebook.parse(
        "frames: [{id: f, label: '\"><script>&', definition: \"it's <b>\"}]\n"
        "actors: [{id: a, label: Same}, {id: b, label: Same}, {id: c, label: a}]"
    )
    sheets = read_sheets(read_rows([{"id": "p", "text": "x<y", "stance": {"\x01<&": "favor"}}]), hostile)
    root = ElementTree.fromstring(labelling_config(sheets, hostile))
    [frame] = [tag for tag in root.iter("Choice") if tag.get("alias")]
    assert dict(frame.attrib) == {"value": '"><script>&', "alias": "f", "hint": "it's <b>"}
    assert [(tag.get("alias"), tag.get("value")) for tag in root.iter("Label")] == [
        ("a", "Same (a)"), ("b", "Same (b)"), ("c", "a (c)"), ("\ufffd<&", "\ufffd<&"),
    ]  # fmt: skip


# doccano


def test_doccano_line(codebook: Codebook) -> None:
    row = {"id": "p", "text": TEXT, "mentions": [UNION], "frames": ["strike"], "stance": {}, "directed": [ABROAD]}
    assert json.loads(exported([row], "doccano", codebook)) == {
        "id": "p",
        "text": TEXT,
        "cats": ["strike", "no stance", "union>embassy=favor"],
        "entities": [[4, 14, "union"]],
        "about": "p",
        "row": json.dumps(
            sealed({"fields": {"id": "p"}, "text": TEXT, "spans": [["union", 4, 14]], "actors": ["embassy"]})
        ),
    }


def test_doccano_zip_has_a_file_for_each_annotator(codebook: Codebook, tmp_path: Path) -> None:
    lines = [{"id": 3, "text": TEXT, "cats": ["strike"], "entities": [], "page": 4, "Comments": []}]
    other = [{**lines[0], "cats": [], "Comments": []}, {"id": 9, "text": TEXT, "cats": ["no frame", "port=favor"]}]
    file = tmp_path / "all.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ann.jsonl", jsonl(*lines))
        archive.writestr("../../ben.jsonl", jsonl(*other))
        archive.writestr("__MACOSX/._ann.jsonl", b"\0\1")
    back = import_rows([str(file)], "doccano", codebook)
    assert back.rows == [
        {"id": "3", "text": TEXT, "page": 4, "annotator": "ann", "frames": ["strike"]},
        {"id": "9", "text": TEXT, "annotator": "ben", "frames": [], "stance": {"port": "favor"}},
    ]
    assert back.left_out == {"not labelled": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["all.zip"]


def test_doccano_projects_of_other_kinds_are_read(codebook: Codebook, tmp_path: Path) -> None:
    spans = [
        {"id": 40, "label": "union", "start_offset": 4, "end_offset": 14},
        {"id": 41, "label": "port", "start_offset": 26, "end_offset": 40},
    ]
    arrows = [{"id": 7, "from_id": 40, "to_id": 41, "type": "against"}]
    comment = [{"id": 1, "comment": "sure"}]
    lines = [
        {"id": 1, "text": TEXT, "entities": spans, "relations": arrows, "Comments": comment},
        {"id": 2, "text": TEXT, "label": [[4, 14, "union"]], "Comments": ["why?"]},
        {"id": 3, "text": TEXT, "label": ["strike", "budget"], "Comments": []},
    ]
    assert imported(jsonl(*lines), "doccano", codebook, tmp_path).rows == [
        {"id": "1", "text": TEXT, "comments": ["sure"], "mentions": [UNION, PORT], "directed": [AGAINST]},
        {"id": "2", "text": TEXT, "comments": ["why?"], "mentions": [UNION]},
        {"id": "3", "text": TEXT, "frames": ["strike", "budget"]},
    ]


@pytest.mark.parametrize("tool", ["doccano", "csv"])
def test_files_sign_what_nobody_signed_where_they_share_passages(tool: str, codebook: Codebook, tmp_path: Path) -> None:
    files = [tmp_path / f"{name}.{ENDINGS[tool]}" for name in ("ann", "ben", "cal")]
    for file, identifier in zip(files, "ppq", strict=True):
        file.write_bytes(exported([{"id": identifier, "text": TEXT, "frames": []}], tool, codebook))
    apart = import_rows([str(file) for file in files[1:]], tool, codebook)
    assert [row.get("annotator") for row in apart.rows] == [None, None]
    together = import_rows([str(file) for file in files], tool, codebook)
    assert [row.get("annotator") for row in together.rows] == ["ann", "ben", "cal"]


# Prodigy


def test_prodigy_task(codebook: Codebook) -> None:
    text = "The dock-workers  blamed\nPA."
    mentions = [{"actor": "union", "start": 4, "end": 8}, {"actor": "port", "start": 25, "end": 27}]
    row = {"id": "p", "text": text, "annotator": "ann", "mentions": mentions, "directed": [AGAINST], "frames": []}
    task = json.loads(exported([row], "prodigy", codebook))
    tokens = [(t["text"], t["start"], t["end"], t["ws"]) for t in task["tokens"]]
    union = {"start": 4, "end": 8, "token_start": 1, "token_end": 1, "label": "union"}
    port = {"start": 25, "end": 27, "token_start": 6, "token_end": 6, "label": "port"}
    assert tokens == [
        ("The", 0, 3, True), ("dock", 4, 8, False), ("-", 8, 9, False), ("workers", 9, 16, True),
        ("blamed", 18, 24, False), ("\n", 24, 25, False), ("PA", 25, 27, False), (".", 27, 28, False),
    ]  # fmt: skip
    assert task["spans"] == [union, port]
    assert task["relations"] == [{"head": 1, "child": 6, "head_span": union, "child_span": port, "label": "against"}]
    assert [option["id"] for option in task["options"]] == [
        "strike", "budget", "union=against", "union=neutral", "union=favor", "port=against", "port=neutral",
        "port=favor", "no actor", "no frame", "no stance", "no directed stance",
    ]  # fmt: skip
    assert (task["accept"], task["answer"], task["_annotator_id"]) == (["no frame"], "accept", "ann")


def test_prodigy_answers_that_are_no_labels_are_counted(codebook: Codebook, tmp_path: Path) -> None:
    rows = [{"id": f"p{number}", "text": TEXT, "frames": ["strike"]} for number in range(5)]
    tasks = [json.loads(line) for line in exported(rows, "prodigy", codebook).splitlines()]
    for task, answer in zip(tasks, ["accept", "reject", "ignore", "ignore", None], strict=True):
        task |= {"answer": answer, "_session_id": "quay-ann"}
    back = imported(jsonl(*tasks), "prodigy", codebook, tmp_path)
    assert back.rows == [{**rows[0], "annotator": "quay-ann"}]
    assert back.left_out == {"rejected": 1, "ignored": 2, "not labelled": 1}


def test_prodigy_arrows_between_tokens_are_read(codebook: Codebook, tmp_path: Path) -> None:
    spans = [
        {"start": 4, "end": 14, "token_start": 1, "token_end": 2, "label": "union"},
        {"start": 26, "end": 40, "token_start": 5, "token_end": 6, "label": "port"},
    ]
    arrows = [{"head": 2, "child": 6, "label": "against"}]
    task = {"text": TEXT, "spans": spans, "relations": arrows, "answer": "accept", "meta": {"id": "p", "page": 1}}
    [row] = imported(jsonl(task), "prodigy", codebook, tmp_path).rows
    assert row == {"id": "p", "page": 1, "text": TEXT, "mentions": [UNION, PORT], "directed": [AGAINST]}


# Spreadsheets


def table(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_csv_cells_are_for_people(codebook: Codebook) -> None:
    row = {"id": "p", "text": TEXT, "mentions": [UNION, PORT], "frames": ["strike"], "page": 4,
           "stance": {"union": "neutral", "port": "against"}, "directed": [AGAINST, ABROAD]}  # fmt: skip
    data = exported([row, {"id": "q", "text": "x", "directed": []}], "csv", codebook)
    assert data.startswith(
        b"\xef\xbb\xbfid,annotator,text,frame: strike,frame: budget,stance,directed,mentions,details\r"
    )
    assert table(data) == [
        {
            "id": "p", "annotator": "", "text": TEXT, "frame: strike": "1", "frame: budget": "0",
            "stance": "union: neutral; port: against", "directed": "union > port: against; union > embassy: favor",
            "mentions": "union@4-14; port@26-40", "details": json.dumps(sealed({
                "fields": {"id": "p", "page": 4}, "text": TEXT, "spans": [["union", 4, 14], ["port", 26, 40]],
                "actors": ["embassy"],
            })),
        },
        {
            "id": "q", "annotator": "", "text": "x", "frame: strike": "", "frame: budget": "",
            "stance": "", "directed": "none", "mentions": "",
            "details": json.dumps(sealed({"fields": {"id": "q"}, "text": "x", "found": []})),
        },
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "\tx", "\rx", "'=1", "''@a", "'quoted'", "'", "a=1"])
def test_csv_cells_are_no_formulas(text: str, codebook: Codebook, tmp_path: Path) -> None:
    row = {"id": text, "title": text, "text": text, "frames": [], "annotator": text}
    data = exported([row], "csv", codebook)
    assert [cell for cell in table(data)[0].values() if cell[:1] in set("=+-@\t\r")] == []
    assert imported(data, "csv", codebook, tmp_path).rows == [row]


def test_csv_of_another_spreadsheet_is_read(codebook: Codebook, tmp_path: Path) -> None:
    sheet = (
        "id;text;frame: strike;frame: budget;stance;directed;notes\n"
        'p;"a; b";x;;port : against ;" union>port=favor;council -> port:neutral; ";see p. 4\n'
        "q;c;;no;none;;\n"
        ";;;;;;\n"
    )
    assert imported(sheet, "csv", codebook, tmp_path).rows == [
        {
            "id": "p", "text": "a; b", "notes": "see p. 4", "frames": ["strike"], "stance": {"port": "against"},
            "directed": [{**AGAINST, "stance": "favor"}, {"holder": "council", "target": "port", "stance": "neutral"}],
        },
        {"id": "q", "text": "c", "frames": [], "stance": {}},
    ]  # fmt: skip


# Suggestions of a model

PREDICTION: Json = {
    "id": "p", "article": "a", "text": TEXT, "start": 0, "end": 73, "frames": {"strike": 0.9, "budget": 0.2},
    "frame_labels": ["strike"], "mentions": [UNION, PORT], "uncertain": ["stance:port"],
    "model": "harbour-1", "held_by": {},
    "stance": {
        "union": {"label": "neutral", "against": 0.1, "neutral": 0.8, "favor": 0.1},
        "port": {"label": "against", "against": 0.6, "neutral": 0.3, "favor": 0.1},
    },
    "directed": [
        {"holder": "union", "target": "port", "label": "against", "against": 0.7, "neutral": 0.2, "favor": 0.1},
        {"holder": "port", "target": "union", "label": "neutral", "against": 0.1, "neutral": 0.8, "favor": 0.1},
    ],
}  # fmt: skip
DECIDED = {
    "id": "p", "article": "a", "text": TEXT, "start": 0, "end": 73, "frames": ["strike"], "mentions": [UNION, PORT],
    "stance": {"union": "neutral", "port": "against"}, "directed": [AGAINST],
}  # fmt: skip


def test_predictions_are_suggestions_with_scores(codebook: Codebook) -> None:
    [task] = label_studio(PREDICTION, codebook)
    [prediction] = task["predictions"]
    assert (task["annotations"], prediction["model_version"], prediction["score"]) == ([], "harbour-1", 0.6)
    assert [(r.get("from_name"), r.get("score")) for r in prediction["result"]] == [
        ("actor", None), ("actor", None), ("stance", 0.8), ("stance", 0.6), ("frames", 0.9), (None, None),
    ]  # fmt: skip
    line = json.loads(exported([PREDICTION], "doccano", codebook))
    assert (line["cats"], line["about"]) == (
        ["strike", "union=neutral", "port=against", "union>port=against"],
        "p · score 0.60",
    )
    ticked = json.loads(exported([PREDICTION], "prodigy", codebook))
    assert (ticked["accept"], ticked["meta"]["score"], "answer" in ticked) == (
        ["strike", "union=neutral", "port=against"],
        0.6,
        False,
    )
    [cells] = table(exported([PREDICTION], "csv", codebook))
    assert (cells["frame: strike"], cells["model score"]) == ("1", "0.6")


@pytest.mark.parametrize("tool", ENDINGS)
def test_suggestions_that_somebody_accepted_are_labels(tool: str, codebook: Codebook, tmp_path: Path) -> None:
    data = exported([PREDICTION], tool, codebook)
    if tool == "label-studio":
        [task] = json.loads(data)
        assert imported(data, tool, codebook, tmp_path).left_out == {"not labelled": 1}
        data = json.dumps([{**task, "annotations": [{"result": task["predictions"][0]["result"]}]}]).encode()
    elif tool == "prodigy":
        assert imported(data, tool, codebook, tmp_path).left_out == {"not labelled": 1}
        data = jsonl({**json.loads(data), "answer": "accept"})
    elif tool == "csv":
        left = {"as suggested, with no name under annotator": 1}
        assert imported(data, tool, codebook, tmp_path).left_out == left
        again = data.replace(b",1,", b",yes,").replace(b"; ", b" ;")
        assert again != data
        assert imported(again, tool, codebook, tmp_path).left_out == left
        signed = imported(data.replace(b"\r\np,,", b"\r\np,mia,"), tool, codebook, tmp_path)
        assert signed.rows == [{**DECIDED, "annotator": "mia"}]
        changed = imported(data.replace(b"port: against,", b"port: favor,"), tool, codebook, tmp_path)
        assert [row["stance"]["port"] for row in changed.rows] == ["favor"]
        return
    assert imported(data, tool, codebook, tmp_path).rows == [DECIDED]


def test_predictions_of_a_flat_table_are_suggestions_too(codebook: Codebook, tmp_path: Path) -> None:
    from stance.formats.flat import flat_columns, flatten
    from stance.formats.reading import read_rows as read_file

    file = tmp_path / "predictions.csv"
    with file.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, flat_columns(codebook.frame_ids))
        writer.writeheader()
        writer.writerow(flatten({**PREDICTION, "page": 4}))
    [sheet] = read_sheets(read_file(str(file)), codebook)
    [expected] = read_sheets(read_rows([{**PREDICTION, "page": 4}]), codebook)
    assert sheet == expected


class Suggesting:
    """A model that says the same of every passage."""

    def classify_passages(self, passages: Iterable[Passage]) -> Iterable[Prediction]:
        for passage in passages:
            judged = {"port": Judgement("favor", 0.1, 0.2, 0.7)}
            yield Prediction(passage, {"strike": 0.9, "budget": 0.1}, ("strike",), judged, {}, (), "harbour-1")


def test_only_passages_that_nobody_labelled_are_put_to_the_model(codebook: Codebook) -> None:
    rows = read_rows([{"id": "p", "text": TEXT, "page": 4}, {"id": "q", "text": TEXT, "frames": []}, PREDICTION])
    told = pre_annotate(rows, Suggesting())  # type: ignore[arg-type]
    assert told[1:] == rows[1:]
    [suggested, labelled] = read_sheets(told[:2], codebook)
    assert (suggested.model, suggested.labelled, labelled.model, labelled.labelled) == ("harbour-1", False, "", True)
    assert (suggested.fields, suggested.labels.frames) == ({"id": "p", "page": 4}, ("strike",))
    assert (suggested.labels.stance, suggested.scores) == ({"port": "favor"}, {"strike": 0.9, "port=favor": 0.7})


def test_what_the_model_can_not_read_is_exported_without_suggestions(codebook: Codebook) -> None:
    class Unreading(Suggesting):
        def classify_passages(self, passages: Iterable[Passage]) -> Iterable[Prediction]:
            for told in super().classify_passages(passages):
                yield replace(told, uncertain=("language",) if told.passage.id == "p" else ())

    rows = read_rows([{"id": "p", "text": TEXT, "page": 4}, {"id": "q", "text": TEXT}])
    told = pre_annotate(rows, Unreading())  # type: ignore[arg-type]
    assert [is_unread(row.fields) for row in told] == [True, False]
    bare, suggested = read_sheets(told, codebook)
    assert (bare.model, suggested.model) == ("", "harbour-1")
    assert bare == read_sheets(rows, codebook)[0]


def test_predictions_on_what_could_not_be_read_are_no_suggestions(codebook: Codebook) -> None:
    row = {**PREDICTION, "lang": "ar", "uncertain": ["language"]}
    [sheet] = read_sheets(read_rows([row]), codebook)
    assert (sheet.model, sheet.labelled, sheet.scores, sheet.mentions) == ("", False, {}, None)
    assert sheet.fields["lang"] == "ar"


# Bad files


def of_task(**changes: Any) -> bytes:
    result = changes.pop("result", [])
    return json.dumps([{"data": {"id": "p", "text": TEXT}, "annotations": [{"result": result}], **changes}]).encode()


SPAN = {"id": "s", **control("actor", "labels"), "value": {"start": 4, "end": 14, "labels": ["union"]}}
LINE = {"id": "p", "text": TEXT}
BAD: dict[str, tuple[str, bytes, str]] = {
    "no-json": (
        "label-studio",
        b"[{]",
        'out.json: broken JSON: Expecting property name enclosed in double quotes; found: "[{]"; export anew',
    ),
    "no-list": ("label-studio", b'{"a": 1}', "out.json: not a list of tasks; found: \"{'a': 1}\"; export as JSON"),
    "json-min": (
        "label-studio",
        b'[{"id": 1, "text": "x"}]',
        'out.json: task 1: no "data"; found: id, text; export as JSON, not as JSON-MIN',
    ),
    "no-text": (
        "label-studio",
        of_task(data={"image": "x"}),
        'out.json: task 1: no "text"; found: "None"; import what stance export wrote',
    ),
    "span-outside": (
        "label-studio",
        of_task(result=[{**SPAN, "value": {"start": 70, "end": 99, "labels": ["port"]}}]),
        "out.json: task 1: mention of port at 70-99 is outside the text of 73 characters; give start and "
        "end with 0 <= start < end <= 73",
    ),
    "two-stances": (
        "label-studio",
        of_task(
            result=[SPAN, *({"id": "s", **control("stance", "choices"), "value": {"choices": [s]}} for s in STANCES)]
        ),
        "out.json: task 1: stance toward union is both against and neutral; keep one",
    ),
    "none-and-one": (
        "doccano",
        jsonl(LINE, {**LINE, "cats": ["strike", "no frame"]}),
        'out.jsonl:2: "no frame" is ticked, and there is one; keep one of both',
    ),
    "twice": (
        "doccano",
        jsonl({**LINE, "cats": ["strike"], "annotator": "ann"}, {**LINE, "cats": ["budget"], "annotator": "ann"}),
        'out.jsonl:2: id "p" by ann stands at out.jsonl:1 too; rename or drop one',
    ),
    "no-object": ("doccano", b"[1]\n", 'out.jsonl:1: a task should be an object; found: "[1]"; export anew as JSON'),
    "short-span": (
        "doccano",
        jsonl({**LINE, "entities": [[1, 2]]}),
        'out.jsonl:1: a span should be [start, end, actor]; found: "[1, 2]"',
    ),
    "damaged": (
        "doccano",
        jsonl({**LINE, "cats": ["strike"], "row": '{"found": [[[], 1, 2]]}'}),
        "out.jsonl:1: what the export carried along is damaged; export anew",
    ),
    "half-pair": (
        "doccano",
        jsonl({**LINE, "cats": ["strike"], "note": "\ud800"}),
        "out.jsonl:1: half a surrogate pair (\\ud800 to \\udfff alone) is no character; mend it",
    ),
    "not-utf8": (
        "prodigy",
        jsonl(LINE) + b'{"\xe9',
        "out.jsonl:2: not UTF-8; save the file as UTF-8 (Excel: CSV UTF-8)",
    ),
    "prodigy-list": (
        "prodigy",
        jsonl({**LINE, "answer": "accept", "accept": "strike"}),
        'out.jsonl:1: accept should be a list; found: "strike"',
    ),
    "no-column": (
        "csv",
        b"id,body\r\n",
        'out.csv:1: no "text" column; found: id, body; name the column with the text "text"',
    ),
    "frame-column": (
        "csv",
        b"id,text,frame: war\r\n",
        'out.csv:1: unknown frame "war"; the codebook harbour has strike, budget',
    ),
    "frame-gone": (
        "csv",
        b"id,text,frame: strike,budget\r\n",
        'out.csv:1: no column "frame: budget"; the codebook harbour has strike, budget: each needs its column',
    ),
    "stance-columns": (
        "csv",
        b"id,text,stance,Stance\r\n",
        'out.csv:1: two columns are named "stance"; keep one',
    ),
    "frame-cell": (
        "csv",
        b'id,text,frame: budget,frame: strike\r\np,"a\nb",0,0\r\nq,c,1,2\r\n',
        'out.csv:4 (row 3): frame strike should be 1, 0 or empty; found: "2"',
    ),
    "stance-cell": (
        "csv",
        b"id,text,stance\r\np,a,port: against port\r\n",
        'out.csv:2: unknown stance toward port: "against port"; use against, neutral, favor',
    ),
    "stance-form": (
        "csv",
        b"id,text,stance\r\np,a,port: favor; union\r\n",
        'out.csv:2: stance "union": write actor: against, with ; between several, or none',
    ),
    "mention-cell": (
        "csv",
        b"id,text,mentions\r\np,a,port 4-7\r\n",
        'out.csv:2: mentions "port 4-7": write actor@4-7, with ; between several, or none',
    ),
    "cells": ("csv", b"id,text\r\np,a,b\r\n", "out.csv:2: 3 cells, but 2 columns; quote cells that hold ','"),
    "quotes": ("csv", b'id,text\r\np,"a"b\r\n', "out.csv:2: broken CSV: ',' expected after '\"'; save the sheet anew"),
    "no-id": (
        "csv",
        b"id,text,stance\r\n,a,none\r\n",
        'out.csv:2: no "id"; found: text, stance; give every passage its own',
    ),
}


@pytest.mark.parametrize(("tool", "data", "message"), BAD.values(), ids=BAD)
def test_bad_file_is_told_with_task_or_line(
    tool: str, data: bytes, message: str, codebook: Codebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as error:
        imported(data, tool, codebook, Path())
    assert str(error.value) == message


def test_archives_that_are_too_large_or_broken_are_refused(
    codebook: Codebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(documents, "UNZIPPED", 1 << 20)
    with zipfile.ZipFile("bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("ann.jsonl", "ben.jsonl"):
            archive.writestr(name, b" " * (600 << 10))
    with pytest.raises(InputError, match=r"bomb\.zip: holds more than 1 MB; unpack it, and give its files"):
        import_rows(["bomb.zip"], "doccano", codebook)
    Path("cut.zip").write_bytes(Path("bomb.zip").read_bytes()[:200])
    with pytest.raises(InputError, match=r"cut\.zip: not a zip archive that can be read"):
        import_rows(["cut.zip"], "doccano", codebook)


def test_rows_that_break_the_data_format_are_not_exported(codebook: Codebook) -> None:
    rows = [{"id": "p", "text": TEXT, "frames": ["strike"], "annotator": "ann"}]
    cases: list[tuple[list[Json], str]] = [
        ([{**rows[0], "frames": ["war"]}], 'in.jsonl:1: unknown frame "war"; the codebook harbour has strike, budget'),
        ([*rows, *rows], 'in.jsonl:2: id "p" by ann stands at in.jsonl:1 too; rename or drop one'),
        (
            [{**PREDICTION, "stance": {"port": {"label": "favor"}}}],
            'in.jsonl:1: neither labels nor a prediction (\'favor\'); give what stance classify wrote',
        ),
    ]  # fmt: skip
    for bad, message in cases:
        with pytest.raises(InputError) as error:
            exported(bad, "csv", codebook)
        assert str(error.value) == message


# The command line


class Result(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Runs `main` in a folder with a codebook and two labelled passages."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "book.yaml").write_text(CODEBOOK)
    (tmp_path / "in.jsonl").write_bytes(jsonl({**LINE, "frames": [], "annotator": "ann"}, {"id": "q", "text": TEXT}))

    def run_main(*arguments: str) -> Result:
        monkeypatch.setattr(sys, "argv", ["stance", *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
        return Result(int(stop.value.code or 0), *capfd.readouterr())

    return run_main


BOOK = ("--codebook", "book.yaml")


def test_commands_write_tasks_with_their_configuration_and_read_them_back(run: Callable[..., Result]) -> None:
    there = run("export", "in.jsonl", "--to", "label-studio", "--output", "tasks.json", *BOOK)
    back = run("import", "tasks.json", "--from", "label-studio", "--output", "back.jsonl", *BOOK)
    assert there == (0, "", "2 rows, 1 labelled, 0 with suggestions; written to tasks.json and tasks.xml\n")
    assert back == (0, "", "1 row of 1 passage by 1 annotator; left out: 1 not labelled; written to back.jsonl\n")
    assert Path("back.jsonl").read_text().splitlines() == [
        json.dumps({"id": "p", "annotator": "ann", "text": TEXT, "frames": []})
    ]
    assert ElementTree.parse("tasks.xml").getroot().tag == "View"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["export", "in.jsonl", "--to", "prodigy", "--output", "in.jsonl"],
            "in.jsonl: is an input too; give the output another name",
        ),
        (
            ["export", "in.jsonl", "--to", "label-studio", "--output", "a.xml"],
            "a.xml: what is written there is JSON; end its name in .json",
        ),
        (
            ["export", "in.jsonl", "--to", "csv", "--output", "gone/a.csv"],
            "gone/a.csv: no such folder to write in; make it first",
        ),
        (
            ["export", "in.jsonl", "--to", "csv", "--output", "a.csv", "--model", "m"],
            "--codebook and --model: the model has a codebook of its own; leave one out",
        ),
        (["import", "gone.csv", "--from", "csv", "--output", "a.jsonl"], "gone.csv: no such file; check the path"),
        (
            ["import", "in.jsonl", "--from", "prodigy", "--output", "a.jsonl"],
            "in.jsonl: nobody labelled anything in it (2 not labelled); label first",
        ),
        (["import", "in.jsonl", "--from", "csv", "--output", "a.jsonl"], 'in.jsonl:1: no "text" column; found: '),
        (
            ["import", "in.jsonl", "--from", "csv", "--output", "-"],
            "-: only rows and --json can be printed; name a file to write",
        ),
    ],
    ids=["input", "xml", "folder", "model", "gone", "nothing", "wrong-tool", "stdout"],
)
def test_wrong_use_is_one_line_with_exit_code_2_and_nothing_written(
    arguments: list[str], message: str, run: Callable[..., Result], tmp_path: Path
) -> None:
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    result = run(*arguments, *BOOK)
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert result.err.startswith(f"stance: {message}")
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("command", ["export", "import"])
def test_help_fits_80_columns_and_has_an_example(command: str, run: Callable[..., Result]) -> None:
    result = run(command, "--help")
    assert (result.code, [line for line in result.out.splitlines() if len(line) > 80]) == (0, [])
    assert f"Example:  stance {command} " in result.out
