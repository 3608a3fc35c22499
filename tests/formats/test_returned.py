"""What comes back from a label tool is held against what was exported: mended where that is certain, or refused."""

from __future__ import annotations

import csv
import datetime
import io
import json
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from stance.formats.labeltools.sheets import read_sheets
from stance.formats.labeltools.tools import Imported, export_sheets, import_rows
from stance.formats.rows import Row
from stance.records import InputError
from stance.text.codebook import Codebook

Json = dict[str, Any]
ENDINGS = {"label-studio": "json", "doccano": "jsonl", "prodigy": "jsonl", "csv": "csv"}
EMOJI = "👨🏻\u200d🚒🔥 The Dock Union and 𝒟ock hands blamed the cafe\u0301s of the Port Authority."
LINES = "Dockers walked out.\r\nThe Dock Union said so,\r\nand the Port Authority of Northport denied it."
UTF16 = "places are counted in UTF-16 units; the spans were put where they belong"


def exported(rows: Iterable[Mapping[str, Any]], tool: str, codebook: Codebook) -> str:
    read = [Row(f"in.jsonl:{line}", row, default_id=f"in:{line}") for line, row in enumerate(rows, 1)]
    return export_sheets(read_sheets(read, codebook), tool, codebook).decode("utf-8-sig")


@pytest.fixture
def back(
    codebook: Codebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str | list[Json], str], Imported]:
    """Imports what a tool exported: a text, or lines or tasks of JSON."""
    monkeypatch.chdir(tmp_path)

    def read(data: str | list[Json], tool: str) -> Imported:
        if not isinstance(data, str):
            lines = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in data)
            data = json.dumps(data, ensure_ascii=False) if tool == "label-studio" else lines
        name = f"out.{ENDINGS[tool]}"
        Path(name).write_text(data, encoding="utf-8", newline="")
        return import_rows([name], tool, codebook)

    return read


def mention(text: str, actor: str, name: str) -> Json:
    start = text.index(name)
    return {"actor": actor, "start": start, "end": start + len(name)}


def named(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The actors of a row, and the text of their mentions."""
    return [(m["actor"], row["text"][m["start"] : m["end"]]) for m in row.get("mentions") or ()]


def units(text: str, place: int) -> int:
    return len(text[:place].encode("utf-16-le")) // 2


COUNTED: dict[str, Callable[[str, int], int]] = {
    "UTF-16 units": units,
    "grapheme clusters": lambda text, place: len(clusters(text[:place])),
    "bytes": lambda text, place: len(text[:place].encode()),
    "composed letters (NFC)": lambda text, place: len(unicodedata.normalize("NFC", text[:place])),
}


def clusters(text: str) -> list[str]:
    import regex

    return regex.findall(r"\X", text)


# Places that are counted otherwise


@pytest.mark.parametrize("way", COUNTED)
def test_spans_of_a_project_made_by_hand_are_read_however_they_are_counted(
    way: str, back: Callable[..., Imported]
) -> None:
    spans = [mention(EMOJI, "union", "Dock Union"), mention(EMOJI, "port", "Port Authority")]
    count = COUNTED[way]
    told = [[count(EMOJI, m["start"]), count(EMOJI, m["end"]), m["actor"]] for m in spans]
    found = back([{"id": 1, "text": EMOJI, "label": told}], "doccano")
    assert found.rows == [{"id": "1", "text": EMOJI, "mentions": spans}]
    assert found.notes == [f"out.jsonl:1: places are counted in {way}; the spans were put where they belong"]


@pytest.mark.parametrize(
    ("ends", "way"), [("\r\n", "CRLF as one"), ("\n", "line ends as two"), ("\r", "line ends as two")]
)
def test_line_ends_that_are_counted_otherwise(ends: str, way: str, back: Callable[..., Imported]) -> None:
    text = LINES.replace("\r\n", ends)
    other = LINES.replace("\r\n", "\n") if ends == "\r\n" else LINES
    spans = [mention(text, "union", "Dock Union"), mention(text, "port", "Port Authority")]
    told = [[*list(mention(other, "x", name).values())[1:], actor] for actor, name in
            (("union", "Dock Union"), ("port", "Port Authority"))]  # fmt: skip
    found = back([{"id": 1, "text": text, "entities": told, "cats": ["strike"]}], "doccano")
    assert found.rows == [{"id": "1", "text": text, "mentions": spans, "frames": ["strike"]}]
    assert found.notes == [
        f"out.jsonl:1: places are counted in characters, {way}; the spans were put where they belong"
    ]


def test_spans_that_stand_where_they_say_stay_where_they_are(back: Callable[..., Imported]) -> None:
    spans = [mention(EMOJI, "union", "hands"), mention(EMOJI, "port", "Port Authority")]
    told = [[m["start"], m["end"], m["actor"]] for m in spans]
    found = back([{"id": 1, "text": EMOJI, "label": told}], "doccano")
    assert (found.rows, found.notes) == ([{"id": "1", "text": EMOJI, "mentions": spans}], [])


def test_a_span_that_no_name_tells_of_is_read_as_what_cuts_no_word(back: Callable[..., Imported]) -> None:
    spans = [mention(EMOJI, "union", "hands")]
    told = [[units(EMOJI, m["start"]), units(EMOJI, m["end"]), m["actor"]] for m in spans]
    found = back([{"id": 1, "text": EMOJI, "label": told}], "doccano")
    assert (found.rows, found.notes) == (
        [{"id": "1", "text": EMOJI, "mentions": spans}],
        [f"out.jsonl:1: {UTF16}"],
    )


@pytest.mark.parametrize(("text", "name"), [("🔥 in I said", "in"), ("🔥 é said", "é"), ("🔥 in 🔥 said", "in")])
def test_a_shift_onto_blanks_and_signs_is_seen_too(text: str, name: str, back: Callable[..., Imported]) -> None:
    start = text.index(name)
    told = [units(text, start), units(text, start + len(name)), "union"]
    found = back([{"id": 1, "text": text, "label": [told]}], "doccano")
    assert (named(found.rows[0]), found.notes) == ([("union", name)], [f"out.jsonl:1: {UTF16}"])


def test_where_two_ways_of_counting_would_do_the_row_is_refused(back: Callable[..., Imported]) -> None:
    with pytest.raises(InputError) as error:
        back([{"id": 1, "text": "👨🏻\u200d🚒 in quay 👨🏻\u200d🚒 in", "label": [[11, 15, "union"]]}], "doccano")
    assert str(error.value) == (
        "out.jsonl:1: the span of union at 11-15 is not of whole words; it may be meant to stand at 8-12 or 13-20; "
        "draw it anew"
    )


def test_spans_that_leave_the_text_whatever_was_carried_are_refused(
    codebook: Codebook, back: Callable[..., Imported]
) -> None:
    line = json.loads(exported([ROW], "doccano", codebook))
    row = json.loads(line["row"]) | {"spans": [["union", 300, 310]]}
    for spans in ([[300, 310, "union"]], [[310, 300, "union"]], [[-3, -1, "union"]]):
        with pytest.raises(
            InputError, match=r"out\.jsonl:1: mention of union at -?\d+--?\d+ is outside the text of \d+ char"
        ):
            back([{**line, "row": json.dumps(row), "entities": spans}], "doccano")


@pytest.mark.parametrize(
    ("text", "was"),
    [
        ("The Dock Union blamed the Port Authority.", "  The Dock Union blamed the Port Authority."),
        ("The Dock Union – blamed the Port Authority.", "The Dock Union -- blamed the Port Authority."),
        ("Q&A: the Dock Union blamed the Port Authority.", "Q&amp;A: the Dock Union blamed the Port Authority."),
    ],
    ids=["trimmed", "dashes", "entity"],
)
def test_spans_that_shifted_for_a_reason_unknown_are_put_where_the_names_stand(
    text: str, was: str, back: Callable[..., Imported]
) -> None:
    told = [
        [*list(mention(was, "x", name).values())[1:], actor]
        for actor, name in (("union", "Dock Union"), ("port", "Port Authority"))
    ]
    found = back([{"id": 1, "text": text, "label": told}], "doccano")
    assert named(found.rows[0]) == [("union", "Dock Union"), ("port", "Port Authority")]
    assert found.notes == [
        "out.jsonl:1: places have shifted; the spans were put where names of their actors stand near"
    ]


def test_where_a_name_stands_twice_near_a_shifted_span_stays_and_is_told(back: Callable[..., Imported]) -> None:
    text = "The Dock Union, Dock Union men said."
    found = back([{"id": 1, "text": text, "label": [[11, 21, "union"]]}], "doccano")
    assert (found.rows[0]["mentions"], found.notes) == (
        [{"actor": "union", "start": 11, "end": 21}],
        ["out.jsonl:1: a span cuts a word; stance check names it"],
    )


def test_a_part_of_a_word_that_was_meant_stays_and_is_told(back: Callable[..., Imported]) -> None:
    text = "The Portauthority\nof the harbour met."
    found = back([{"id": 1, "text": text, "label": [[4, 8, "port"]]}], "doccano")
    assert named(found.rows[0]) == [("port", "Port")]
    assert found.notes == ["out.jsonl:1: a span cuts a word; stance check names it"]


def test_rows_that_prove_how_a_file_counts_speak_for_the_others(back: Callable[..., Imported]) -> None:
    chinese = "🔥🔥北京政府表示抗议，码头工会表示反对。"
    place = units(EMOJI, EMOJI.index("Dock"))
    clear = {"id": 1, "text": EMOJI, "label": [[place, place + 10, "union"]]}
    start = chinese.index("政府")
    other = {"id": 2, "text": chinese, "label": [[start + 2, start + 4, "council"]]}
    found = back([clear, other], "doccano")
    assert [named(row) for row in found.rows] == [[("union", "Dock Union")], [("council", "政府")]]
    assert found.notes == [f"out.jsonl:1: {UTF16} (2 times in all)"]
    alone = back([other], "doccano")
    assert named(alone.rows[0]) == [("council", "表示")]


def test_spans_that_were_exported_are_where_they_were_and_new_ones_are_counted_as_the_tool_does(
    codebook: Codebook, back: Callable[..., Imported]
) -> None:
    spans = [mention(EMOJI, "union", "Dock Union")]
    line = json.loads(exported([{"id": "p", "text": EMOJI, "mentions": spans, "frames": []}], "doccano", codebook))
    start = units(EMOJI, EMOJI.index("Port"))
    line["entities"].append([start, start + 14, "port"])
    found = back([line], "doccano")
    assert named(found.rows[0]) == [("union", "Dock Union"), ("port", "Port Authority")]
    assert found.notes == [f"out.jsonl:1: {UTF16}"]


def test_a_span_outside_the_text_that_no_counting_explains_is_refused(back: Callable[..., Imported]) -> None:
    with pytest.raises(
        InputError, match=r"out\.jsonl:1: mention of port at 90-99 is outside the text of 20 characters"
    ):
        back([{"id": 1, "text": "The Port\nAuthority.\n", "label": [[90, 99, "port"]]}], "doccano")


# Quotations


def region(start: int, end: int, text: Any, actor: str = "port", number: int = 1) -> Json:
    value = {"start": start, "end": end, "text": text, "labels": [actor]}
    return {"id": f"r{number}", "from_name": "actor", "to_name": "text", "type": "labels", "value": value}


def task(text: str, *results: Json) -> Json:
    return {"id": 1, "data": {"id": "p", "text": text}, "annotations": [{"id": 7, "result": list(results)}]}


@pytest.mark.parametrize(
    ("start", "end", "quotation", "found"),
    [
        (26, 40, "Port Authority", "Port Authority"),
        (28, 42, "Port Authority", "Port Authority"),
        (0, 3, "Port Authority", "Port Authority"),
        (26, 40, "port  authority", "Port Authority"),
        (4, 14, "City Council", "City Council"),
        (47, 50, "the", "the"),
        (26, 40, None, "Port Authority"),
        (26, 40, "", "Port Authority"),
    ],
)
def test_the_quotation_of_a_span_wins_over_its_place(
    start: int, end: int, quotation: Any, found: str, back: Callable[..., Imported]
) -> None:
    text = "The Dock Union blamed the Port Authority, and the City Council looked on at the rest of the quay."
    row = back([task(text, region(start, end, quotation))], "label-studio").rows[0]
    assert named(row) == [("port", found)]


def test_a_quotation_that_does_not_stand_there_is_refused_with_its_place(back: Callable[..., Imported]) -> None:
    text = "The Dock Union blamed the Port Authority."
    for quotation in ("Embassy", "o"):
        with pytest.raises(InputError) as error:
            back([task(text, region(4, 14, quotation, "union"))], "label-studio")
        assert str(error.value) == (
            f'out.json: task 1: the span of union at 4-14 quotes "{quotation}", which does not stand there; '
            "draw it anew"
        )


def test_places_of_a_page_are_read_where_they_stand_in_its_text(back: Callable[..., Imported]) -> None:
    value = {"start": "/p[1]/text()[1]", "end": "/p[1]/text()[1]", "globalOffsets": {"start": 4, "end": 14},
             "text": "Dock Union", "hypertextlabels": ["union"]}  # fmt: skip
    result = {"id": "r", "from_name": "label", "to_name": "text", "type": "hypertextlabels", "value": value}
    assert named(back([task("The Dock Union left.", result)], "label-studio").rows[0]) == [("union", "Dock Union")]


def prodigy(text: str, /, **span: Any) -> Json:
    tokens: list[Json] = []
    for word in text.split(" "):
        start = tokens[-1]["end"] + 1 if tokens else 0
        tokens.append({"text": word, "start": start, "end": start + len(word), "id": len(tokens), "ws": True})
    return {"text": text, "tokens": tokens, "spans": [{"label": "union", **span}], "answer": "accept", "_input_hash": 5}


@pytest.mark.parametrize(
    ("span", "found"),
    [
        ({"start": 4, "end": 14, "token_start": 1, "token_end": 2}, "Dock Union"),
        ({"start": 6, "end": 16, "token_start": 1, "token_end": 2}, "Dock Union"),
        ({"start": 4, "end": 14}, "Dock Union"),
        ({"start": 4, "end": 14, "token_start": 1, "token_end": 99}, "Dock Union"),
        ({"start": 6, "end": 16, "text": "Dock Union"}, "Dock Union"),
    ],
)
def test_tokens_of_prodigy_quote_too(span: Json, found: str, back: Callable[..., Imported]) -> None:
    row = back([prodigy("The Dock Union left the quay.", **span)], "prodigy").rows[0]
    assert named(row) == [("union", found)]


def test_tokens_of_prodigy_without_blanks_told_are_joined_by_their_places(back: Callable[..., Imported]) -> None:
    one = prodigy("The Dock-Union left.", start=4, end=14, token_start=1, token_end=3)
    places = [("The", 0), ("Dock", 4), ("-", 8), ("Union", 9), ("left", 15), (".", 19)]
    one["tokens"] = [{"text": word, "start": s, "end": s + len(word)} for word, s in places]
    found = back([one], "prodigy")
    assert (named(found.rows[0]), found.notes) == ([("union", "Dock-Union")], [])


# Texts that came back otherwise


ROW = {
    "id": "p", "article": "a", "text": LINES, "annotator": "ann", "frames": ["strike"], "date": "2021-08-15",
    "mentions": [mention(LINES, "union", "Dock Union"), mention(LINES, "port", "Port Authority")],
    "stance": {"union": "neutral", "port": "against"},
}  # fmt: skip
SIGNS = "other signs or capitals"
CHANGES: dict[str, tuple[str, Callable[[str], str], str]] = {
    "crlf-to-lf": (LINES, lambda text: text.replace("\r\n", "\n"), "other line ends"),
    "crlf-to-cr": (LINES, lambda text: text.replace("\r\n", "\r"), "other line ends"),
    "lf-to-crlf": (LINES.replace("\r\n", "\n"), lambda text: text.replace("\n", "\r\n"), "other line ends"),
    "crlf-to-blank": (LINES, lambda text: text.replace("\r\n", " "), "other blanks"),
    "no-break": (LINES.replace(" ", "\u00a0"), lambda text: text.replace("\u00a0", " "), "other blanks"),
    "trimmed": (f"  {LINES} \n", str.strip, "other blanks"),
    "quotes": (LINES.replace("so", "“so”"), lambda text: text.replace("“", '"').replace("”", '"'), SIGNS),
    "nfc": (LINES.replace("so", "cafe\u0301"), lambda text: unicodedata.normalize("NFC", text), SIGNS),
    "nfd": (LINES.replace("so", "caf\u00e9"), lambda text: unicodedata.normalize("NFD", text), SIGNS),
    "mark-added": (LINES, lambda text: "\ufeff" + text, SIGNS),
    "mark-lost": ("\ufeff" + LINES, lambda text: text[1:], SIGNS),
    "encoding": (LINES.replace("so", "طالبان"), lambda text: text.replace("طالبان", "??????"),
                 "an encoding that lacks letters"),
    "words": (LINES, lambda text: "Yesterday " + text.replace("denied", "has denied"), "other words"),
}  # fmt: skip


def changed(data: str, tool: str, change: Callable[[str], str]) -> str:
    """What a tool gives back whose texts are changed, and nothing else."""
    if tool == "csv":
        stream = io.StringIO(newline="")
        rows = list(csv.reader(io.StringIO(data, newline="")))
        place = rows[0].index("text")
        others = [[change(c) if i == place else c for i, c in enumerate(r)] for r in rows[1:]]
        csv.writer(stream).writerows([rows[0], *others])
        return stream.getvalue()
    if tool == "label-studio":
        [one] = json.loads(data)
        one["data"]["text"] = change(one["data"]["text"])
        return json.dumps([one])
    line = json.loads(data)
    return json.dumps({**line, "text": change(line["text"])})


@pytest.mark.parametrize("tool", ["doccano", "prodigy", "csv", "label-studio"])
@pytest.mark.parametrize(("text", "change", "told"), CHANGES.values(), ids=CHANGES)
def test_the_text_that_was_exported_comes_back_and_the_change_is_told(
    text: str,
    change: Callable[[str], str],
    told: str,
    tool: str,
    codebook: Codebook,
    back: Callable[..., Imported],
) -> None:
    row = {**ROW, "text": text, "mentions": [mention(text, "union", text[text.index("Dock") :][:10]),
                                             mention(text, "port", text[text.index("Port") :][:14])]}  # fmt: skip
    found = back(changed(exported([row], tool, codebook), tool, change), tool)
    assert found.rows == [row]
    assert len([line for line in found.notes if told in line and "the text that was exported is kept" in line]) == 1


def test_new_spans_are_moved_to_the_text_that_was_exported(codebook: Codebook, back: Callable[..., Imported]) -> None:
    line = json.loads(exported([{**ROW, "mentions": ROW["mentions"][:1]}], "doccano", codebook))
    line["text"] = line["text"].replace("\r\n", "\n")
    port = mention(line["text"], "port", "Port Authority")
    line["entities"].append([port["start"], port["end"], "port"])
    found = back([line], "doccano")
    assert found.rows == [ROW]
    line["text"] = line["text"].replace("Port", "Sport")
    with pytest.raises(
        InputError, match=r"out\.jsonl:1: the span of port at \d+-\d+ does not stand in the text that was"
    ):
        back([{**line, "entities": [*line["entities"][:1], [port["start"], port["end"] + 1, "port"]]}], "doccano")


@pytest.mark.parametrize("tool", ["doccano", "prodigy", "csv", "label-studio"])
def test_the_text_of_another_passage_is_refused(tool: str, codebook: Codebook, back: Callable[..., Imported]) -> None:
    data = changed(exported([ROW], tool, codebook), tool, lambda text: "It rained on the quay all week.")
    with pytest.raises(InputError) as error:
        back(data, tool)
    assert 'the text is not the one that was exported under this id; found: "It rained' in str(error.value)
    assert str(error.value).startswith(f"out.{ENDINGS[tool]}:")


@pytest.mark.parametrize("tool", ["doccano", "prodigy", "csv", "label-studio"])
def test_what_was_replaced_everywhere_is_refused(tool: str, codebook: Codebook, back: Callable[..., Imported]) -> None:
    data = exported([ROW], tool, codebook).replace("walked", "wandered")
    with pytest.raises(InputError, match="what the export carried along was changed"):
        back(data, tool)


# What a spreadsheet rewrites


def cells(data: str, **changes: str) -> str:
    """A table with other cells in its first row."""
    header, first, *rest = list(csv.reader(io.StringIO(data, newline="")))
    first = [changes.get(name, cell) for name, cell in zip(header, first, strict=True)]
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([header, first, *rest])
    return stream.getvalue()


def test_cells_that_a_spreadsheet_rewrote_come_back_as_they_were_exported(
    codebook: Codebook, back: Callable[..., Imported]
) -> None:
    row = {**ROW, "id": "007", "article": "1/2", "title": "1E5", "start": 12, "lang": "en", "page": 1.0}
    data = cells(
        exported([row], "csv", codebook), id="7", article="01-Feb", title="100000", date="15.08.2021", start="12.0"
    )
    found = back(data, "csv")
    assert found.rows == [row]
    assert found.notes == [
        f'out.csv:2: the column {name} came back as "{cell}"; what was exported is kept'
        for name, cell in (
            ("id", "7"), ("article", "01-Feb"), ("title", "100000"), ("date", "15.08.2021"), ("start", "12.0")
        )
    ]  # fmt: skip


def test_the_annotator_is_whoever_signs_in_the_cell(codebook: Codebook, back: Callable[..., Imported]) -> None:
    data = exported([ROW], "csv", codebook)
    assert back(cells(data, annotator="ben"), "csv").rows == [{**ROW, "annotator": "ben"}]
    assert "annotator" not in back(cells(data, annotator=""), "csv").rows[0]
    assert back(data.replace("id,annotator,", "id,who,", 1), "csv").rows[0]["annotator"] == "ann"


@pytest.mark.parametrize(
    ("encoding", "told"), [("cp1252", "not UTF-8, read as Windows-1252"), ("utf-16", ""), ("utf-8-sig", "")]
)
def test_a_table_in_the_encoding_of_its_system_is_read(
    encoding: str, told: str, codebook: Codebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = "Les dockers “français” ont quitté le port. 🔥 طالبان, dit le café."
    row = {"id": "p", "text": text, "title": "Été", "frames": ["strike"]}
    Path("out.csv").write_bytes(exported([row], "csv", codebook).encode(encoding, "replace"))
    found = import_rows(["out.csv"], "csv", codebook)
    assert found.rows == [row]
    lost = "the text came back in an encoding that lacks letters; the text that was exported is kept"
    assert found.notes == ([f"out.csv: {told}", f"out.csv:2: {lost}"] if told else [])


def test_a_table_that_was_saved_as_a_workbook_is_read(
    codebook: Codebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    monkeypatch.chdir(tmp_path)
    rows = [ROW, {**ROW, "id": "007", "text": "-- The Dock Union said so.", "mentions": [], "frames": []}]
    book = openpyxl.Workbook()
    for cells_of_row in csv.reader(io.StringIO(exported(rows, "csv", codebook), newline="")):
        kept = [int(c) if c.isdecimal() else c.replace("\r\n", "\n") for c in cells_of_row]
        if kept[0] in ("p", 7):
            kept[3] = datetime.datetime(2021, 8, 15)
        book.active.append(kept)
    book.save("out.xlsx")
    found = import_rows(["out.xlsx"], "csv", codebook)
    assert found.rows == rows
    assert [note.split(": ", 1)[1] for note in found.notes] == [
        'the column id came back as "7"; what was exported is kept',
        "the text came back with other line ends; the text that was exported is kept",
    ]


def test_an_annotator_that_is_no_text_is_kept(codebook: Codebook, back: Callable[..., Imported]) -> None:
    row = {**ROW, "annotator": 7}
    assert back(exported([row], "csv", codebook), "csv").rows == [row]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_lines_may_end_as_an_editor_leaves_them(ends: str, codebook: Codebook, back: Callable[..., Imported]) -> None:
    rows = [ROW, {**ROW, "id": "q"}]
    found = back("\ufeff" + exported(rows, "doccano", codebook).replace("\n", ends), "doccano")
    assert (found.rows, found.notes) == (rows, [])


def test_columns_that_were_sorted_apart_are_refused(codebook: Codebook, back: Callable[..., Imported]) -> None:
    rows = [ROW, {**ROW, "id": "q", "text": "The Dock Union said no to the Port Authority.", "mentions": []}]
    data = exported(rows, "csv", codebook)
    with pytest.raises(
        InputError, match=r'out\.csv:2: id "q" stands with the text of "p"; were columns sorted apart\?'
    ):
        back(cells(data, id="q"), "csv")


def test_what_is_added_in_a_column_of_its_own_comes_along(codebook: Codebook, back: Callable[..., Imported]) -> None:
    data = exported([{**ROW, "text": "Dockers left.", "mentions": []}], "csv", codebook)
    header, rest = data.split("\r\n", 1)
    found = back(f"{header},notes\r\n{rest.rstrip()},see p. 4\r\n", "csv")
    assert found.rows == [{**ROW, "text": "Dockers left.", "mentions": [], "notes": "see p. 4"}]


# Pieces that say nothing


SPANS = [region(4, 14, "Dock Union", "union", 1), region(26, 40, "Port Authority", "port", 2)]
FRAMES = {"id": "f", "from_name": "frames", "to_name": "text", "type": "choices", "value": {"choices": ["strike"]}}
ARROW = {"type": "relation", "from_id": "r1", "to_id": "r2", "direction": "right"}
JUDGED = {"id": "r2", "from_name": "stance", "to_name": "text", "type": "choices"}
PIECES: dict[str, tuple[Json, str]] = {
    "arrow-without-label": (ARROW, "the arrow union > port says no stance"),
    "arrow-with-none": ({**ARROW, "labels": []}, "the arrow union > port says no stance"),
    "arrow-with-null": (
        {**ARROW, "labels": [None]},
        "directed stance union > port has no label; use against, neutral, favor",
    ),
    "arrow-unknown": (
        {**ARROW, "labels": ["blames"]},
        'unknown directed stance union > port: "blames"; use against, neutral, favor',
    ),
    "arrow-to-nothing": (
        {**ARROW, "to_id": "gone", "labels": ["favor"]},
        'an arrow on "gone", which is no actor\'s span',
    ),
    "arrow-to-itself": (
        {**ARROW, "to_id": "r1", "labels": ["favor"]},
        'directed stance of "union" toward itself; holder and target differ',
    ),
    "region-without-label": (
        {"id": "r3", "from_name": "actor", "type": "labels", "value": {"start": 50, "end": 62, "text": "City Council"}},
        "a span at 50-62 has no label",
    ),
    "region-with-none": (
        {"id": "r3", "from_name": "actor", "type": "labels", "value": {"start": 50, "end": 62, "labels": []}},
        "a span at 50-62 has no label",
    ),
    "region-with-null": (
        {"id": "r3", "from_name": "actor", "type": "labels", "value": {"start": 50, "end": 62, "labels": [None]}},
        "a span at 50-62 has no label",
    ),
    "region-without-place": (
        {"id": "r3", "from_name": "actor", "type": "labels", "value": {"labels": ["council"]}},
        "a span should have an actor, a start and an end; found: \"['council', None, None]\"",
    ),
    "region-without-value": (
        {"id": "r3", "from_name": "actor", "type": "labels", "value": None},
        "a span at None-None has no label",
    ),
    "region-of-nobody": (
        region(50, 62, "City Council", "Town Councill", 3),
        'unknown actor "Town Councill" (nearest: council); write an actor of the codebook harbour, add it there, or '
        "draw a span of it",
    ),
    "stance-removed": (
        {**JUDGED, "value": {"start": 26, "end": 40, "choices": []}},
        "stance toward port has no label; use against, neutral, favor",
    ),
    "stance-unknown": (
        {**JUDGED, "value": {"start": 26, "end": 40, "choices": ["mixed"]}},
        'unknown stance toward port: "mixed"; use against, neutral, favor',
    ),
    "stance-on-nothing": (
        {**JUDGED, "id": "gone", "value": {"choices": ["favor"]}},
        'a stance on "gone", which is no actor\'s span',
    ),
    "frame-unknown": (
        {**FRAMES, "value": {"choices": ["strik"]}},
        'unknown label "strik" (nearest: strike); write actor=stance, holder>target=stance, or a frame of the codebook '
        "harbour: strike, budget",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("piece", "told"), PIECES.values(), ids=PIECES)
def test_one_piece_of_label_studio_that_says_nothing_is_told_and_left_out(
    piece: Json, told: str, back: Callable[..., Imported]
) -> None:
    text = "The Dock Union blamed the Port Authority, and the City Council looked on."
    other = {**ARROW, "from_id": "r2", "to_id": "r1", "labels": ["against"]}
    found = back([task(text, *SPANS, FRAMES, other, piece)], "label-studio")
    assert found.notes == [f"out.json: task 1: {told}; left out"]
    mentions = [mention(text, "union", "Dock Union"), mention(text, "port", "Port Authority")]
    assert found.rows == [
        {
            "id": "p", "text": text, "mentions": mentions,
            "frames": ["strike"], "directed": [{"holder": "port", "target": "union", "stance": "against"}],
        }
    ]  # fmt: skip


def test_pieces_of_doccano_and_prodigy_that_say_nothing_are_left_out(back: Callable[..., Imported]) -> None:
    text = "The Dock Union blamed the Port Authority."
    spans = [{"id": 1, "start_offset": 4, "end_offset": 14, "label": "union"},
             {"id": 2, "start_offset": 26, "end_offset": 40, "label": None}]  # fmt: skip
    relations = [{"from_id": 1, "to_id": 2, "type": "against"}, {"from_id": 1, "to_id": 9, "type": None}]
    line = {"id": 1, "text": text, "entities": spans, "relations": relations, "cats": ["strike", "war", None]}
    found = back([line], "doccano")
    assert found.rows == [
        {"id": "1", "text": text, "mentions": [mention(text, "union", "Dock Union")], "frames": ["strike"]}
    ]
    assert [note.split("; ")[0] for note in found.notes] == [
        "out.jsonl:1: a span at 26-40 has no label",
        'out.jsonl:1: unknown label "war"',
        'out.jsonl:1: unknown label "None"',
        'out.jsonl:1: a relation on "2", which is no actor\'s span',
        'out.jsonl:1: a relation on "9", which is no actor\'s span',
    ]
    one = prodigy("The Dock Union left the quay.", start=4, end=14, token_start=1, token_end=2)
    one |= {"relations": [{"head": 2, "child": 5, "label": "against"}], "accept": ["strike"]}
    found = back([one], "prodigy")
    assert (found.rows[0]["frames"], "directed" in found.rows[0]) == (["strike"], False)
    assert found.notes == ['out.jsonl:1: an arrow on "5", which is no actor\'s span; left out']


# Labels as people write them


def test_labels_in_another_spelling_are_taken_and_told_once(back: Callable[..., Imported]) -> None:
    table = (
        "id,text,frame: Strike ,Frame: budget,stance,directed,mentions\n"
        "p,The Dock Union left.,1,0,Dock Union: Against; port-: favour,DOCKERS > Port Authority : AGAINST,None\n"
        "q,The Dock Union left.,no,X,dock union : against ,none,Dock Union@4-14\n"
    )
    found = back(table, "csv")
    assert found.rows == [
        {
            "id": "p", "text": "The Dock Union left.", "mentions": [], "frames": ["strike"],
            "stance": {"union": "against", "port": "favor"},
            "directed": [{"holder": "union", "target": "port", "stance": "against"}],
        },
        {
            "id": "q", "text": "The Dock Union left.", "mentions": [{"actor": "union", "start": 4, "end": 14}],
            "frames": ["budget"], "stance": {"union": "against"}, "directed": [],
        },
    ]  # fmt: skip
    assert found.notes == [
        'out.csv:2: actor "Dock Union" is taken for union (2 times in all)',
        'out.csv:2: stance "Against" is taken for against',
        'out.csv:2: stance "favour" is taken for favor',
        'out.csv:2: actor "DOCKERS" is taken for union',
        'out.csv:2: actor "Port Authority" is taken for port',
        'out.csv:2: stance "AGAINST" is taken for against',
        'out.csv:3: actor "dock union" is taken for union',
    ]


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (
            "Prot: against",
            'unknown actor "Prot" (nearest: port); write an actor of the codebook harbour, add it there, or draw a '
            "span of it",
        ),
        (
            "embassy: against",
            'unknown actor "embassy"; write an actor of the codebook harbour, add it there, or draw a span of it',
        ),
        ("port: negative", 'unknown stance toward port: "negative"; use against, neutral, favor'),
        ("port: against; Port Authority: favor", "stance toward port is both against and favor; keep one"),
    ],
)
def test_an_unknown_label_is_refused_with_place_and_the_nearest_names(
    cell: str, message: str, back: Callable[..., Imported]
) -> None:
    with pytest.raises(InputError) as error:
        back(f"id,text,stance\np,The dockers left.,{cell}\n", "csv")
    assert str(error.value) == f"out.csv:2: {message}"


def test_actors_beyond_the_codebook_are_known_by_a_span_or_from_the_export(
    codebook: Codebook, back: Callable[..., Imported]
) -> None:
    drawn = back("id,text,stance,mentions\np,The Embassy left.,embassy: favor,embassy@4-11\n", "csv")
    assert (drawn.rows[0]["stance"], drawn.notes) == (
        {"embassy": "favor"},
        ['out.csv:2: actor "embassy" is not in the codebook harbour; taken as it stands'],
    )
    row = {"id": "p", "text": "The Embassy left.", "stance": {"embassy": "favor"}}
    again = back(cells(exported([row], "csv", codebook), stance="Embassy: against"), "csv")
    assert again.rows == [{**row, "stance": {"embassy": "against"}}]


def test_answers_of_a_project_with_other_controls_are_read_as_far_as_they_are_certain(
    back: Callable[..., Imported],
) -> None:
    text = "The Dock Union blamed the Port Authority."
    topic = {"id": "c", "from_name": "topic", "type": "choices", "value": {"choices": ["Strike"]}}
    tone = {
        "id": "r2",
        "from_name": "tone",
        "type": "choices",
        "value": {"start": 26, "end": 40, "choices": ["Against"]},
    }
    mood = {"id": "m", "from_name": "mood", "type": "choices", "value": {"choices": ["grim"]}}
    results = [region(4, 14, "Dock Union", "Dock Union", 1), region(26, 40, "Port Authority", "port", 2)]
    one = task(text, *results, topic, tone, mood)
    one["data"] = {"id": "p", "content": text}
    [row] = back([one], "label-studio").rows
    assert {key: row[key] for key in ("id", "text", "frames", "stance", "mood")} == {
        "id": "p", "text": text, "frames": ["strike"], "stance": {"port": "against"}, "mood": {"choices": ["grim"]},
    }  # fmt: skip
    assert named(row) == [("union", "Dock Union"), ("port", "Port Authority")]


# Rows that are refused


def many(count: int, bad: int) -> str:
    rows = [f"p{n},The dockers left.,{'prot' if n < bad else 'port'}: against" for n in range(count)]
    return "\n".join(["id,text,stance", *rows, ""])


def test_a_few_refused_rows_are_told_and_left_out(back: Callable[..., Imported]) -> None:
    found = back(many(200, 2), "csv")
    assert (len(found.rows), found.left_out) == (198, {"refused": 2})
    assert [note.split(" ")[0] for note in found.notes] == ["out.csv:2:", "out.csv:3:"]
    assert all(note.endswith("; left out") for note in found.notes)


def test_with_more_the_import_is_refused_and_each_row_is_told(
    codebook: Codebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("out.csv").write_text(many(200, 30))
    told: list[str] = []
    with pytest.raises(InputError) as error:
        import_rows(["out.csv"], "csv", codebook, told.append)
    assert str(error.value) == (
        "30 of 200 labelled rows are refused, as told above; mend them (up to 1 in 100 would be left out)"
    )
    assert [line.split(" ")[0] for line in told] == [f"out.csv:{number}:" for number in range(2, 22)]
