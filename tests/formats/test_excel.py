"""Excel workbooks: which sheet and row, what cells show, merged and hidden ones, and files that are none."""

from __future__ import annotations

import datetime
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from stance.formats.columns import FOUND, Layout
from stance.formats.reading import find_files, rows_of
from stance.formats.rows import Row
from stance.records import InputError

Rows = list[list[Any]]


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def workbook(sheets: dict[str, Rows], change: Callable[[Any], None] = lambda book: None) -> str:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    change(book)
    book.save("a.xlsx")
    return "a.xlsx"


def read(name: str, layout: Layout = FOUND) -> tuple[list[Row], list[str]]:
    told: list[str] = []
    return list(rows_of(find_files([name]), layout, told.append)), told


def fields(name: str, layout: Layout = FOUND) -> list[Any]:
    return [row.fields for row in read(name, layout)[0]]


def refused(name: str, layout: Layout = FOUND) -> str:
    with pytest.raises(InputError) as error:
        read(name, layout)
    return str(error.value)


def test_rows_are_placed_as_the_sheet_counts_them() -> None:
    name = workbook(
        {"Tabelle1": [["id", "Body", None, "Desk"], ["7", "One.", None, "x"], [None], [8, "Two.", "k", ""]]}
    )
    assert read(name) == (
        [
            Row("a.xlsx:2", {"id": "7", "text": "One.", "Desk": "x"}, default_id="a:2"),
            Row("a.xlsx:4", {"id": "8", "text": "Two.", "column 3": "k"}, default_id="a:4"),
        ],
        ['a.xlsx: "Body" is taken for the text; passed through: column 3, Desk', "a.xlsx: 1 blank row skipped"],
    )


@pytest.mark.parametrize(
    ("value", "form", "shown"),
    [
        (7, "General", "7"), (7.0, "General", "7"), (7.25, "General", "7.25"), (7, "0000", "0007"),
        (True, "General", "TRUE"), (datetime.date(2021, 8, 15), "dd/mm/yyyy", "2021-08-15"),
        (datetime.datetime(2021, 8, 15), "d mmm yy", "2021-08-15"),
        (datetime.datetime(2021, 8, 15, 10, 30), "yyyy-mm-dd h:mm", "2021-08-15T10:30:00"),
        (datetime.time(10, 30), "h:mm", "10:30:00"), ("007", "@", "007"), ("a\nb", "@", "a\nb"), ("'tis", "@", "'tis"),
        ("a_x000D_\nb", "@", "a\r\nb"), ("#N/A", "General", None), ("  ", "@", "  "),
    ],
)  # fmt: skip
def test_cells_are_what_they_show(value: Any, form: str, shown: str | None) -> None:
    def change(book: Any) -> None:
        book.active["B2"].value, book.active["B2"].number_format = value, form
        if value == "#N/A":
            book.active["B2"].data_type = "e"

    name = workbook({"S": [["text", "x"], ["One.", None]]}, change)
    assert fields(name) == [{"text": "One.", **({} if shown is None else {"x": shown})}]


def test_the_first_sheet_that_has_a_text_is_read_and_the_others_are_told() -> None:
    def change(book: Any) -> None:
        book["hidden"].sheet_state = "hidden"

    rows = [["Content"], ["One."]]
    sheets: dict[str, Rows] = {"Notes": [["who", "what"]], "hidden": [["text"], ["no"]], "2023": rows, "2024": rows}
    name = workbook(sheets, change)
    found, told = read(name)
    assert [(row.place, row.fields) for row in found] == [("a.xlsx (2023):2", {"text": "One."})]
    assert told == [
        'a.xlsx: sheet "2023" is read; --sheet NAME reads another: 2024',
        'a.xlsx: "Content" is taken for the text',
    ]
    assert fields(name, Layout(sheet=" HIDDEN ")) == [{"text": "no"}]
    assert refused(name, Layout(sheet="2025")) == 'a.xlsx: no sheet "2025"; it has: Notes, hidden, 2023, 2024'
    mend = 'name it "text", or say which it is with --text-column NAME'
    assert refused(name, Layout(sheet="Notes")) == f'a.xlsx (Notes):1: no "text" column; found: who, what; {mend}'


def test_names_are_found_below_a_title() -> None:
    rows: Rows = [["Articles on the strike, 2021"], [], [None, "Headline", "Full text"], [None, "A", "One."]]
    [row], told = read(workbook({"S": rows}, lambda book: book.active.merge_cells("A1:C1")))
    assert (row.place, row.fields) == ("a.xlsx:4", {"title": "A", "text": "One."})
    assert told == ['a.xlsx: "Full text" is taken for the text, "Headline" for the title; passed through: column 1']


def test_what_is_merged_over_rows_stands_in_each_but_for_the_text() -> None:
    rows: Rows = [["outlet", "text", "n"], ["Dawn", "One.", 1], [None, "Two.", 2], [None, None, 3], ["Sun", "Four.", 4]]

    def change(book: Any) -> None:
        book.active.merge_cells("A2:A4")
        book.active.merge_cells("B3:B4")
        book.active.merge_cells("C5:D5")

    assert fields(workbook({"S": rows}, change)) == [
        {"source": "Dawn", "text": "One.", "n": "1"},
        {"source": "Dawn", "text": "Two.", "n": "2"},
        {"source": "Dawn", "text": None, "n": "3"},
        {"source": "Sun", "text": "Four.", "n": "4"},
    ]


def test_hidden_rows_and_columns_are_read_and_told() -> None:
    def change(book: Any) -> None:
        book.active.row_dimensions[2].hidden = True
        book.active.column_dimensions["B"].hidden = True

    rows, told = read(workbook({"S": [["text", "n"], ["One.", 1], ["Two.", 2]]}, change))
    assert [row.fields for row in rows] == [{"text": "One.", "n": "1"}, {"text": "Two.", "n": "2"}]
    assert told == ["a.xlsx: 1 hidden row read too", "a.xlsx: passed through: n"]


def with_part(name: str, part: str, change: Callable[[str], str]) -> None:
    """Change a part of a workbook."""
    with zipfile.ZipFile(name) as old:
        parts = {member: old.read(member) for member in old.namelist()}
    parts[part] = change(parts[part].decode()).encode()
    with zipfile.ZipFile(name, "w") as new:
        for member, data in parts.items():
            new.writestr(member, data)


def test_formulas_give_their_values_and_those_without_are_told() -> None:
    name = workbook({"S": [["text", "n"], ["=A9", "=1+1"], ["One.", "=2+2"], ["Two.", 3]]})
    with_part(name, "xl/worksheets/sheet1.xml", lambda xml: xml.replace("<f>2+2</f><v/>", "<f>2+2</f><v>4</v>").replace(
        "<f>2+2</f><v></v>", "<f>2+2</f><v>4</v>"))  # fmt: skip
    rows, told = read(name)
    assert [row.fields for row in rows] == [{"text": "One.", "n": "4"}, {"text": "Two.", "n": "3"}]
    assert told == [
        "a.xlsx: 2 formulas without a value, read as empty; open the file in Excel and save it",
        "a.xlsx: passed through: n",
        "a.xlsx: 1 blank row skipped",
    ]


def test_what_a_sheet_says_of_its_size_is_not_believed() -> None:
    name = workbook({"S": [["text"], ["One."]]})
    for size in ("A1:XFD1048576", "A1:A1"):
        with_part(name, "xl/worksheets/sheet1.xml", lambda xml, size=size: xml.replace('"A1:A2"', f'"{size}"'))
        assert fields(name) == [{"text": "One."}]


def test_macro_workbooks_are_read() -> None:
    Path(workbook({"S": [["text"], ["One."]]})).rename("a.xlsm")
    assert fields("a.xlsm") == [{"text": "One."}]


def test_two_columns_that_could_be_the_text_are_told() -> None:
    name = workbook({"S": [["Body", "Content"], ["One.", "Two."]]})
    assert refused(name) == "a.xlsx:1: 2 columns could be the text: Body, Content; say which with --text-column NAME"
    assert fields(name, Layout((("text", "content"),))) == [{"Body": "One.", "text": "Two."}]


BROKEN = "a.xlsx: not an Excel workbook that can be read (File is not a zip file); save it anew as .xlsx"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\x03\x04", BROKEN),
        (b"id,text\n", BROKEN),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            "a.xlsx: behind a password, or of the old kind .xls; save it as .xlsx without a password",
        ),
        (b"", "a.xlsx: empty; it should hold at least one article"),
    ],
)
def test_files_that_are_no_workbook_are_refused(data: bytes, message: str) -> None:
    Path("a.xlsx").write_bytes(data)
    assert refused("a.xlsx") == message


@pytest.mark.parametrize("rows", [[], [["text"]], [[None, None]]])
def test_a_workbook_without_rows_is_refused(rows: Rows) -> None:
    assert refused(workbook({"S": rows})).startswith("a.xlsx: ")


def test_a_workbook_that_unpacks_to_very_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    name = workbook({"S": [["text"], ["One."]]})
    monkeypatch.setattr("stance.formats.excel.UNZIPPED", 1 << 10)
    assert refused(name) == "a.xlsx: unpacks to more than 0 MB; save it as CSV UTF-8"


def test_a_workbook_whose_entities_grow_is_refused() -> None:
    name = workbook({"S": [["text"], ["One."]]})
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "x" * 10}">' for n in range(12))
    with_part(
        name,
        "xl/worksheets/sheet1.xml",
        lambda xml: f"<!DOCTYPE worksheet [{entities}]>{xml[xml.index('<worksheet') :].replace('One.', '&e11;')}",
    )
    assert refused(name).startswith("a.xlsx: not an Excel workbook that can be read (")


def test_without_openpyxl_it_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    name = workbook({"S": [["text"], ["One."]]})
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    assert refused(name) == "a.xlsx: reading Excel files needs openpyxl; pip install 'framestance[excel]'"


def test_strings_that_cells_share_are_read() -> None:
    name = workbook({"S": [["text", "n"], ["One.", 1]]})
    shared = "<si><t>text</t></si><si><r><t>On</t></r><r><t>e_x000D_.</t></r></si><si><t>n</t></si>"
    relation = '<Relationship Id="rId9" Type="{}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
    space = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

    def cells(xml: str) -> str:
        for number, string in enumerate(("text", "One.", "n")):
            xml = xml.replace(f't="inlineStr"><is><t>{string}</t></is>', f't="s"><v>{number}</v>')
        return xml

    with zipfile.ZipFile(name, "a") as archive:
        main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{main}">{shared}</sst>')
    with_part(name, "xl/worksheets/sheet1.xml", cells)
    with_part(name, "xl/_rels/workbook.xml.rels", lambda xml: xml.replace("</Relationships>", relation.format(space)))
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    override = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'
    with_part(name, "[Content_Types].xml", lambda xml: xml.replace("</Types>", override))
    assert fields(name) == [{"text": "One\r.", "n": "1"}]


def test_a_formula_that_gives_an_empty_text_has_a_value() -> None:
    name = workbook({"S": [["text", "n", "m"], ["One.", "=A9", 2]]})
    for old in ("<f>A9</f><v/>", "<f>A9</f><v></v>", "<f>A9</f><v />"):
        with_part(name, "xl/worksheets/sheet1.xml", lambda xml, old=old: xml.replace(old, "<f>A9</f><v></v>"))
    with_part(name, "xl/worksheets/sheet1.xml", lambda xml: xml.replace('<c r="B2"', '<c r="B2" t="str"'))
    rows, told = read(name)
    assert ([row.fields for row in rows], told) == ([{"text": "One.", "m": "2"}], ["a.xlsx: passed through: n, m"])
