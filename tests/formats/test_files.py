"""Reading every kind of file, refusing what can't be read, and writing so that a file is complete or absent."""

from __future__ import annotations

import datetime
import gzip
import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from stance.formats.flat import flat_columns, flatten
from stance.formats.jsonl import json_line
from stance.formats.reading import file_kind, find_files, read_labelled, read_rows, unread_endings
from stance.formats.rows import Row, batched
from stance.formats.writing import replacing, row_writer
from stance.records import InputError
from stance.text.codebook import Codebook

ENDINGS = (
    ".csv, .docx, .eml, .htm, .html, .jsonl, .mbox, .mht, .mhtml, .ndjson, .parquet, .text, .tsv, .txt, .xhtml, .xlsm, "
    ".xlsx (and .gz of all but .docx, .mbox, .parquet and Excel)"
)
TWO = [{"id": "1", "text": "Die Hafenbehörde schwieg."}, {"id": "2", "text": "Dockers left, early."}]


def jsonl(rows: list[dict[str, Any]]) -> bytes:
    return b"".join(json_line(row) for row in rows)


def parquet(rows: list[dict[str, Any]]) -> bytes:
    stream = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), stream)
    return stream.getvalue()


CSV = 'id,text\n1,Die Hafenbehörde schwieg.\n2,"Dockers left, early."\n'.encode()
TSV = "id\ttext\n1\tDie Hafenbehörde schwieg.\n2\tDockers left, early.\n".encode()


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, bytes | str], str]:
    """Writes a file into the working folder, an empty one, and gives its name."""
    monkeypatch.chdir(tmp_path)

    def write_file(name: str, data: bytes | str) -> str:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(data.encode() if isinstance(data, str) else data)
        return name

    return write_file


Write = Callable[[str, bytes | str], str]


NO_TEXT = '"text" column; found: id, words; name it "text", or say which it is with --text-column NAME'
HALF_PAIR = r"half a surrogate pair (\ud800 to \udfff alone) is no character; mend the escape"


def refusal(action: Callable[[], object]) -> str:
    with pytest.raises(InputError) as error:
        action()
    return str(error.value)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.txt", "text"), ("a.TEXT", "text"), ("a.jsonl.gz", "jsonl"), ("a.ndjson", "jsonl"), ("a.CSV.GZ", "csv"),
        ("a.tsv", "tsv"), ("a.parquet", "parquet"), ("a.json", ""), ("a.gz", ""), ("csv", ""),
    ],
)  # fmt: skip
def test_kind_is_told_by_the_ending(name: str, kind: str) -> None:
    assert file_kind(name) == kind


def test_folders_give_the_files_of_known_kinds_in_order(write: Write) -> None:
    for name in ("in/b.txt", "in/a/z.csv.gz", "in/a/y.jsonl", "in/notes.md", "in/.hidden.txt", "in/.git/x.txt"):
        write(name, "x")
    write("first.txt", "x")
    assert find_files(["first.txt", "in"]) == ["first.txt", "in/a/y.jsonl", "in/a/z.csv.gz", "in/b.txt"]


def test_standard_input_is_named_once() -> None:
    assert find_files(["-"]) == ["-"]
    assert refusal(lambda: find_files(["-", "-"])) == "-: named twice; name every input once"


@pytest.mark.parametrize(
    ("files", "inputs", "message"),
    [
        ({}, ["gone.txt"], "gone.txt: no such file; check the path"),
        (
            {"in/notes.md": b"x", "in/.a.txt": b"x"},
            ["in"],
            "in: no articles in this folder (it holds .md 1; name one to see what to do); "
            f"it should hold files that end in {ENDINGS}",
        ),
        (
            {"a.dox": b"x"},
            ["a.dox"],
            f"a.dox: not a kind of file that can be read; its name should end in {ENDINGS}",
        ),
        ({"a.txt": b""}, ["a.txt"], "a.txt: empty; it should hold at least one article"),
        ({"a.txt": b"ab\0cd"}, ["a.txt"], "a.txt: binary, not text; save it as UTF-8 text"),
        ({"a.txt": b"x"}, ["a.txt", "./a.txt"], "{root}/a.txt: named twice; name every input once"),
        ({"in/a.txt": b"x"}, ["in", "in/a.txt"], "{root}/in/a.txt: named twice; name every input once"),
    ],
    ids=["absent", "folder-without-articles", "unknown-ending", "empty", "binary", "twice", "in-folder-too"],
)
def test_what_can_not_be_read_is_refused(
    files: dict[str, bytes], inputs: list[str], message: str, write: Write
) -> None:
    for name, data in files.items():
        write(name, data)
    assert refusal(lambda: find_files(inputs)) == message.replace("{root}", os.path.realpath("."))


@pytest.mark.parametrize(
    ("name", "data", "lines"),
    [
        ("two.jsonl", jsonl(TWO), (1, 2)),
        ("two.ndjson", b"\xef\xbb\xbf" + jsonl(TWO), (1, 2)),
        ("two.jsonl", jsonl(TWO).replace(b"\n", b"\r\n\r\n"), (1, 3)),
        ("two.jsonl", jsonl(TWO).rstrip(b"\n"), (1, 2)),
        ("two.jsonl.gz", gzip.compress(jsonl(TWO)), (1, 2)),
        ("two.csv", CSV, (2, 3)),
        ("two.csv", b"\xef\xbb\xbf" + CSV.replace(b"\n", b"\r\n"), (2, 3)),
        ("two.csv.gz", gzip.compress(CSV), (2, 3)),
        ("two.tsv", TSV, (2, 3)),
        ("two.parquet", parquet(TWO), (1, 2)),
    ],
    ids=[
        "jsonl", "jsonl-with-bom", "jsonl-with-blank-lines", "jsonl-without-last-end", "jsonl-gz", "csv",
        "csv-with-bom-and-crlf", "csv-gz", "tsv", "parquet",
    ],
)  # fmt: skip
def test_rows_are_the_same_from_every_kind(name: str, data: bytes, lines: tuple[int, int], write: Write) -> None:
    rows = list(read_rows(write(name, data)))
    assert rows == [
        Row(f"{name}:{line}", fields, default_id=f"two:{line}") for line, fields in zip(lines, TWO, strict=True)
    ]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("note.txt", b"One.\r\n\r\nTwo \xc3\xa9.\rThree."),
        ("note.txt", b"\xef\xbb\xbfOne.\n\nTwo \xc3\xa9.\nThree."),
        ("note.txt.gz", gzip.compress("One.\n\nTwo é.\nThree.".encode())),
    ],
    ids=["line-ends", "bom", "gz"],
)
def test_text_file_is_one_row_named_after_the_file(name: str, data: bytes, write: Write) -> None:
    assert list(read_rows(write(name, data))) == [Row(name, {"text": "One.\n\nTwo é.\nThree."}, default_id="note")]


def test_text_of_several_lines_stays_whole_in_csv(write: Write) -> None:
    name = write("a.csv", 'id,text\n1,"First, ""so"".\n\nSecond."\n2,Third.\n')
    assert [row.fields["text"] for row in read_rows(name)] == ['First, "so".\n\nSecond.', "Third."]


def test_csv_row_is_placed_at_the_line_it_starts_on_and_at_its_row_in_a_spreadsheet(write: Write) -> None:
    name = write("a.csv", 'id,text\n1,"First.\n\nSecond."\n2,Third.\n\n3,Fourth.\n')
    assert [row.place for row in read_rows(name)] == ["a.csv:2", "a.csv:5 (row 3)", "a.csv:7 (row 5)"]
    assert [row.default_id for row in read_rows(name)] == ["a:2", "a:5", "a:7"]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_is_separated_by_what_separates_its_header(separator: str, write: Write) -> None:
    name = write("a.csv", f'id{separator}text\n1{separator}"One, two; three.\tFour."\n')
    assert [row.fields for row in read_rows(name)] == [{"id": "1", "text": "One, two; three.\tFour."}]


def test_a_quoted_sign_in_a_csv_header_separates_nothing(write: Write) -> None:
    name = write("a.csv", 'id,"a;b;c;d",text\n1,2,One.\n')
    assert [row.fields for row in read_rows(name)] == [{"id": "1", "a;b;c;d": "2", "text": "One."}]


def test_a_csv_column_without_a_name_is_called_by_its_number(write: Write) -> None:
    name = write("a.csv", ",text,\n0,One.,\n1,Two.,kept\n")
    assert [row.fields for row in read_rows(name)] == [
        {"column 1": "0", "text": "One."}, {"column 1": "1", "text": "Two.", "column 3": "kept"},
    ]  # fmt: skip


def test_a_csv_quote_that_swallows_rows_is_no_bad_row_but_refused(write: Write) -> None:
    rows = [*(f"{i},One." for i in range(200)), '200,"One.', *(f"{i},One." for i in range(201, 300))]
    for end, last in (("", 301), ('\n300,"Two."', 302)):
        name = write("a.csv", "\n".join(["id,text", *rows]) + end)
        message = refusal(lambda name=name: list(read_rows(name)))
        assert message == f"a.csv:202: a quote opens here and runs on to line {last}; close it"


def test_tsv_is_separated_by_tabs_whatever_stands_in_its_header(write: Write) -> None:
    name = write("a.tsv", "a,b,c,d\ttext\n1,2\tOne.\n")
    assert [row.fields for row in read_rows(name)] == [{"a,b,c,d": "1,2", "text": "One."}]


def test_byte_order_mark_before_a_quoted_header_is_dropped(write: Write) -> None:
    name = write("a.csv", b'\xef\xbb\xbf"text","id"\n"Dockers left.","1"\n')
    assert [row.fields for row in read_rows(name)] == [{"text": "Dockers left.", "id": "1"}]


@pytest.mark.parametrize(
    ("cells", "fields"),
    [
        ("1,x,,,", {"id": "1", "text": "x"}),
        ("1,x,a; b;,,", {"id": "1", "text": "x", "frames": ["a", "b"]}),
        ('1,x,"[""a""]",,', {"id": "1", "text": "x", "frames": ["a"]}),
        ('1,x,,"{""u"": ""favor""}",', {"id": "1", "text": "x", "stance": {"u": "favor"}}),
        ('1,x,,,"[{""actor"": ""u""}]"', {"id": "1", "text": "x", "mentions": [{"actor": "u"}]}),
        ("1,x", {"id": "1", "text": "x"}),
    ],
    ids=["empty-cells", "list-of-ids", "json-list", "json-object", "json-mentions", "short-row"],
)
def test_cells_of_a_flat_table(cells: str, fields: dict[str, Any], write: Write) -> None:
    name = write("a.csv", f"id,text,frames,stance,mentions\n{cells}\n")
    assert list(read_rows(name)) == [Row("a.csv:2", fields, default_id="a:2")]


def test_nested_parquet_columns_come_as_lists_and_objects(write: Write) -> None:
    row = {"text": "x", "frames": ["a"], "mentions": [{"actor": "u", "start": 0, "end": 1}], "stance": {"u": "favor"}}
    [read] = read_rows(write("a.parquet", parquet([row])))
    assert read == Row("a.parquet:1", row, default_id="a:1")


def test_parquet_text_of_the_type_binary_is_text(write: Write) -> None:
    rows = read_rows(write("a.parquet", parquet([{"text": "Kabul é".encode()}])))
    assert [row.fields for row in rows] == [{"text": "Kabul é"}]
    name = write("b.parquet", parquet([{"text": b"\xff"}]))
    assert refusal(lambda: list(read_rows(name))).startswith("b.parquet: not a Parquet file that can be read (")


def test_files_of_other_kinds_in_folders_are_counted_but_hidden_ones_and_parts_of_pages(write: Write) -> None:
    for name in ("in/a.txt", "in/b.rtf", "in/deep/c.RTF", "in/d", "in/.e.rtf", "in/f.html", "in/f_files/g.css"):
        write(name, "x")
    assert unread_endings(["in", "in/a.txt", "-"]) == {".rtf": 2, "": 1}


def test_null_members_of_a_parquet_object_are_absent(write: Write) -> None:
    rows = [{"text": "x", "stance": {"u": "favor"}}, {"text": "y", "stance": {"p": "against"}}]
    assert [row.fields for row in read_rows(write("a.parquet", parquet(rows)))] == rows


@pytest.mark.parametrize(
    ("name", "data", "place", "problem"),
    [
        (
            "a.jsonl",
            jsonl(TWO) * 3 + b'{"id": "7", \n' + jsonl(TWO),
            "a.jsonl:7",
            'broken JSON: Expecting property name enclosed in double quotes; found: "{"id": "7","',
        ),
        ("a.jsonl", b'["x"]\n', "a.jsonl:1", 'not a JSON object; found: "["x"]"'),
        ("a.jsonl", b"[" * 100_000 + b"\n", "a.jsonl:1", "nested too deeply; a row is a flat JSON object"),
        (
            "a.jsonl",
            b'{"n": ' + b"9" * 5000 + b"}\n",
            "a.jsonl:1",
            f'broken JSON: a number out of range; found: "{{"n": {"9" * 53}…"',
        ),
        ("a.csv", b"id,text\n1,x\n2,y,z\n", "a.csv:3", "3 cells, but 2 columns; quote cells that hold ','"),
        ("a.csv", b'id,text\n1,x\n2,"y" z\n', "a.csv:3", "broken CSV: ',' expected after '\"'; save the sheet anew"),
        ("a.csv", b"id,text\n1,x\r2,y\n", "a.csv:2", "broken CSV: lines that end in CR alone; save the sheet anew"),
        ("a.csv", b'id,text\n1,"abc', "a.csv:2", "broken CSV: unexpected end of data; save the sheet anew"),
        ("a.csv", b"text,stance\nx,{u: 1}\n", "a.csv:2", 'stance is broken JSON; found: "{u: 1}"'),
        ("a.jsonl", rb'{"text": "x \ud800"}', "a.jsonl:1", HALF_PAIR),
        ("a.jsonl", rb'{"text": "x", "\uDC00": 1}', "a.jsonl:1", HALF_PAIR),
        ("a.csv", b'text,frames\nx,"[""\\udfff""]"\n', "a.csv:2", HALF_PAIR),
    ],
    ids=[
        "json-line-7", "not-an-object", "nested", "number", "too-many-cells", "quotes", "cr-alone", "open-quote",
        "cell-json", "half-pair", "half-pair-in-key", "half-pair-in-cell",
    ],
)  # fmt: skip
def test_broken_row_says_where_and_what(name: str, data: bytes, place: str, problem: str, write: Write) -> None:
    broken = [row for row in read_rows(write(name, data)) if row.problem]
    assert broken == [Row(place, problem=problem)]
    assert refusal(broken[0].checked) == f"{place}: {problem}"


@pytest.mark.parametrize("text", [r"\ud83d\ude00", r"\\ud800"], ids=["whole-pair", "backslash"])
def test_escapes_that_give_characters_are_read(text: str, write: Write) -> None:
    [row] = read_rows(write("a.jsonl", f'{{"text": "{text}"}}'))
    assert row == Row("a.jsonl:1", {"text": "😀" if "83d" in text else r"\ud800"}, default_id="a:1")


def test_rows_after_a_broken_one_are_read(write: Write) -> None:
    name = write("a.csv", 'id,text\n1,x\n2,"y" z\n3,w\n')
    assert [row.fields.get("text", "") for row in read_rows(name)] == ["x", "", "w"]


def test_cell_nested_too_deeply_is_a_bad_row(write: Write) -> None:
    name = write("a.csv", f"text,mentions\nx,{'[' * 100_000}\n")
    [row] = read_rows(name)
    assert row == Row("a.csv:2", problem=f'mentions is broken JSON; found: "{"[" * 59}…"')


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        (
            "a.jsonl",
            '{"id": "é"}\n'.encode() + b'{"id": "\xff"}\n',
            "a.jsonl:2: not UTF-8 (byte 0xff at 8); save the file as UTF-8, or say what it is with --encoding NAME",
        ),
        (
            "a.csv",
            "id,text\n1,été ".encode() + b"\xe9\n",
            "a.csv:2: not UTF-8 (byte 0xe9 at 8); save the file as UTF-8, or say what it is with --encoding NAME",
        ),
        ("a.jsonl", b"\n \n", "a.jsonl: empty; it should hold one JSON object a line"),
        ("a.csv", b"id,text\n", "a.csv: no rows; it should hold a header line and a row for each article"),
        (
            "a.csv",
            b"id,words\n1,x\n",
            f"a.csv:1: no {NO_TEXT}",
        ),
        ("a.parquet", parquet([{"id": "1", "words": "x"}]), f"a.parquet: no {NO_TEXT}"),
        ("a.parquet", parquet(TWO[:1])[:-9], None),
        (
            "a.jsonl.gz",
            gzip.compress(jsonl(TWO))[:-12],
            "a.jsonl.gz: broken gzip archive (Compressed file ended before the end-of-stream marker was reached); "
            "compress it anew",
        ),
    ],
    ids=[
        "jsonl-not-utf8", "csv-not-utf8", "blank-jsonl", "header-alone", "no-text-column", "parquet-no-text",
        "parquet-cut", "gz-cut",
    ],
)  # fmt: skip
def test_broken_file_is_refused(name: str, data: bytes, message: str | None, write: Write) -> None:
    write(name, data)
    found = refusal(lambda: list(read_rows(name)))
    if message is None:
        assert found.startswith("a.parquet: not a Parquet file that can be read (Parquet magic bytes not found")
    else:
        assert found == message


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("a.txt", b" \n\n", "empty; it should hold an article"),
        ("a.txt.gz", gzip.compress(b"a\0b"), "binary, not text; save it as UTF-8 text"),
        ("a.txt.gz", b"plain", "broken gzip archive (Not a gzipped file (b'pl')); compress it anew"),
        ("gone.txt", None, "No such file or directory"),
        ("gone.html", None, "No such file or directory"),
    ],
    ids=["blank", "binary", "no-archive", "gone", "page-gone"],
)
def test_a_file_that_is_one_article_is_a_bad_row_where_it_can_not_be_read(
    name: str, data: bytes | None, problem: str, write: Write
) -> None:
    if data is not None:
        write(name, data)
    assert list(read_rows(name)) == [Row(name, problem=problem)]


def test_parquet_without_rows_is_refused(write: Write) -> None:
    stream = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({"text": pyarrow.array([], pyarrow.string())}), stream)
    name = write("a.parquet", stream.getvalue())
    assert refusal(lambda: list(read_rows(name))) == "a.parquet: no rows; it should hold a row for each article"


def test_a_csv_header_that_names_a_column_twice_is_refused(write: Write) -> None:
    name = write("a.csv", "id,text,text\n")
    message = 'a.csv:1: two columns are named "text"; give every column its own name'
    assert refusal(lambda: list(read_rows(name))) == message


def test_broken_csv_header_is_refused_as_such(write: Write) -> None:
    name = write("a.csv", '"id"x,text\n1,hello\n')
    assert refusal(lambda: list(read_rows(name))) == (
        "a.csv:1: broken CSV: ',' expected after '\"'; save the sheet anew"
    )


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        (b"Dockers left.\n", [Row("-", {"text": "Dockers left.\n"}, default_id="stdin")]),
        (b'\n {"text": "x"}\n', [Row("-:2", {"text": "x"}, default_id="stdin:2")]),
        (b'\xef\xbb\xbf{"text": "x"}\n', [Row("-:1", {"text": "x"}, default_id="stdin:1")]),
        (b'id;text\n1;"x, y"\n', [Row("-:2", {"id": "1", "text": "x, y"}, default_id="stdin:2")]),
        (b"ID|Body\n1|One.\n", [Row("-:2", {"id": "1", "text": "One."}, default_id="stdin:2")]),
        ("ID;Body\n1;One, and é.\n".encode("utf-16"), [Row("-:2", {"id": "1", "text": "One, and é."}, "", "stdin:2")]),
        ('{"Body": "é"}\n'.encode("utf-16"), [Row("-:1", {"text": "é"}, default_id="stdin:1")]),
        (b"Of text, id\n", [Row("-", {"text": "Of text, id\n"}, default_id="stdin")]),
    ],
    ids=["text", "jsonl", "jsonl-with-bom", "csv", "pipes", "csv-utf-16", "jsonl-utf-16", "text-with-comma"],
)
def test_standard_input_is_jsonl_csv_or_text(data: bytes, rows: list[Row], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(data))))  # type: ignore[arg-type]
    assert list(read_rows("-")) == rows


def test_labelled_rows_are_kept_by_file(write: Write, codebook: Codebook) -> None:
    write("a.jsonl", '{"id": "1", "text": "x", "frames": []}\n')
    write("b.csv", "id,text,frames\n2,y,strike\n3,z,\n")
    labelled = read_labelled(["b.csv", "a.jsonl"], codebook)
    assert {file: [(row.passage.id, row.labels.frames) for row in rows] for file, rows in labelled.items()} == {
        "b.csv": [("2", ("strike",)), ("3", None)],
        "a.jsonl": [("1", ())],
    }


@pytest.mark.parametrize("second", ["a.jsonl", "b.jsonl"], ids=["in-one-file", "over-two-files"])
def test_passage_labelled_twice_by_one_annotator_is_refused(second: str, write: Write, codebook: Codebook) -> None:
    line = '{"id": "1", "text": "x", "annotator": "eva"}\n'
    other = '{"id": "1", "text": "x", "annotator": "jo"}\n'
    write("a.jsonl", line + other + (line if second == "a.jsonl" else ""))
    write("b.jsonl", line)
    inputs = ["a.jsonl"] if second == "a.jsonl" else ["a.jsonl", "b.jsonl"]
    place = "a.jsonl:3" if second == "a.jsonl" else "b.jsonl:1"
    message = f'{place}: id "1" by eva stands at a.jsonl:1 too; rename or drop one'
    assert refusal(lambda: read_labelled(inputs, codebook)) == message


PREDICTION = {
    "id": "a#0",
    "article": "a",
    "title": 'Qué, "so"',
    "page": 3,
    "start": 0,
    "end": 2,
    "text": "x\ny",
    "frames": {"strike": 0.25},
    "frame_labels": [],
    "stance": {"u": {"label": "favor"}},
    "directed": [],
    "mentions": [],
    "uncertain": ["strike", "stance:u"],
    "model": "m",
}
FLAT = {
    "id": "a#0", "article": "a", "title": "Qué, \"so\"", "source": None, "date": None, "url": None, "lang": None,
    "start": 0, "end": 2, "text": "x\ny", "frame.strike": 0.25, "frame_labels": "",
    "stance": '{"u": {"label": "favor"}}', "directed": "[]", "mentions": "[]",
    "uncertain": "strike;stance:u", "held_by": None, "model": "m", "details": '{"page": 3}',
}  # fmt: skip


def written(kind: str, rows: list[Any]) -> bytes:
    stream = io.BytesIO()
    writer = row_writer(stream, kind, ["strike"])
    for row in rows:
        writer.write(row)
    writer.close()
    return stream.getvalue()


def test_flat_row_has_a_cell_for_every_column() -> None:
    assert flatten(PREDICTION) == FLAT
    assert flat_columns(["strike"]) == list(FLAT)


def test_jsonl_is_written_a_row_a_line_with_letters_as_they_are() -> None:
    data = written("jsonl", [json_line(PREDICTION), json_line({"text": "\ud800"})])
    first, second = data.decode().splitlines()
    assert (json.loads(first), '"Qué, ' in first) == (PREDICTION, True)
    assert second == '{"text": "\\ud800"}'


def test_csv_is_written_with_its_header_and_quotes() -> None:
    assert written("csv", [flatten(PREDICTION)]).decode() == (
        "id,article,title,source,date,url,lang,start,end,text,frame.strike,"
        "frame_labels,stance,directed,mentions,uncertain,held_by,model,details\n"
        'a#0,a,"Qué, ""so""",,,,,0,2,"x\ny",0.25,,"{""u"": {""label"": ""favor""}}",[],[],strike;stance:u,,m,'
        '"{""page"": 3}"\n'
    )


@pytest.mark.parametrize("count", [0, 1, 1001], ids=["none", "one", "over-a-row-group"])
def test_parquet_is_read_back_as_it_was_written(count: int) -> None:
    rows = [{**FLAT, "id": str(number)} for number in range(count)]
    table = pyarrow.parquet.read_table(io.BytesIO(written("parquet", rows)))
    assert (table.to_pylist(), table.column_names) == (rows, list(FLAT))


@pytest.mark.parametrize("form", [json_line, flatten])
def test_date_of_a_parquet_file_can_be_written(form: Callable[[dict[str, Any]], Any], write: Write) -> None:
    [row] = read_rows(write("a.parquet", parquet([{"text": "x", "date": datetime.date(2024, 5, 1)}])))
    assert b"2024-05-01" in str(form({**PREDICTION, **row.fields})).encode()


def test_replacing_puts_the_file_in_place_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text("old")
    with replacing(path) as stream:
        stream.write(b"new")
        assert path.read_text() == "old"
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("out.jsonl", "new")]


@pytest.mark.parametrize("old", [None, "old"], ids=["new-file", "old-file"])
def test_error_in_the_middle_leaves_all_as_it_was(old: str | None, tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    if old:
        path.write_text(old)

    def fail() -> None:
        with replacing(path) as stream:
            stream.write(b"half")
            raise InputError("bad row")

    assert refusal(fail) == "bad row"
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == ([("out.jsonl", "old")] if old else [])


def test_output_in_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "gone" / "out.jsonl"
    message = refusal(lambda: replacing(path).__enter__())
    assert message == f"{path}: can't be written: No such file or directory"


def test_output_that_is_a_folder_is_refused_before_work_is_done(tmp_path: Path) -> None:
    message = refusal(lambda: replacing(tmp_path).__enter__())
    assert message.startswith(f"{tmp_path}: ")


@pytest.mark.parametrize(
    ("count", "expected"), [(0, []), (4, [[0, 1], [2, 3]]), (5, [[0, 1], [2, 3], [4]])], ids=["none", "even", "rest"]
)
def test_batched(count: int, expected: list[list[int]]) -> None:
    assert list(batched(range(count), 2)) == expected


@pytest.mark.parametrize("text", ["a\r", "a\rb", "\ra", "a\r\nb", "=1+1", "-1", "'=1", "'a"])
def test_odd_text_comes_back_from_csv_as_it_was(text: str, write: Callable[[str, bytes | str], str]) -> None:
    stream = io.BytesIO()
    writer = row_writer(stream, "csv", ())
    for number in range(2):
        row = {"id": f"{number}", "text": text, "frames": {}, "frame_labels": [], "uncertain": [], "model": "m"}
        writer.write(flatten({**row, "stance": {}, "directed": [], "mentions": [], "start": 0}))
    writer.close()
    rows = list(read_rows(write("a.csv", stream.getvalue())))
    assert [row.checked()["text"] for row in rows] == [text, text]
    assert not any(cell.startswith(tuple("=-+@")) for cell in stream.getvalue().decode().split(",") if cell)


def test_lines_without_end_are_left_out(
    write: Callable[[str, bytes | str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("streams", "plain_text"):
        monkeypatch.setattr(f"stance.formats.{module}.MAX_BYTES", 100)
    good, endless = b'{"text": "a"}\n', b'{"text": "' + b"a" * 5000 + b'"}\n'
    problems = [row.problem for row in read_rows(write("a.jsonl", good + endless + good))]
    assert problems == ["", "longer than 64,000,000 bytes; a row is one article", ""]
    bomb = gzip.compress(good + b"a" * 3_000_000)
    assert [bool(row.problem) for row in read_rows(write("b.jsonl.gz", bomb))] == [False, True]
    with pytest.raises(InputError, match="longer than"):
        list(read_rows(write("a.csv", b"text\n" + b"a" * 200)))
    for name, data in (("a.txt", b"a" * 200), ("a.txt.gz", gzip.compress(b"a" * 200))):
        [row] = read_rows(write(name, data))
        assert row.problem == "longer than 100 bytes; save every article in a file of its own"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "[[NaN]]"])
def test_numbers_that_are_no_json_are_refused(number: str, write: Callable[[str, bytes | str], str]) -> None:
    [row] = read_rows(write("a.jsonl", f'{{"text": "a", "n": {number}}}\n'))
    assert "out of range" in row.problem or "no number of JSON" in row.problem
    [row] = read_rows(write("a.csv", f'text,stance\na,"[{number}]"\n'))
    assert row.problem.startswith("stance is broken JSON")


def test_numbers_of_parquet_that_are_none_are_left_out(write: Callable[[str, bytes | str], str]) -> None:
    rows = [{"text": "a", "n": float("nan"), "deep": {"n": float("inf"), "m": [1.5, float("nan"), None]}}]
    [row] = read_rows(write("a.parquet", parquet(rows)))
    assert row.checked() == {"text": "a", "deep": {"m": [1.5, None, None]}}


@pytest.mark.parametrize("depth", [64, 65, 5000])
def test_rows_are_not_nested_deeply(depth: int, write: Callable[[str, bytes | str], str]) -> None:
    [row] = read_rows(write("a.jsonl", f'{{"text": "a", "n": {"[" * (depth - 1)}{"]" * (depth - 1)}}}\n'))
    assert row.problem == ("" if depth == 64 else "nested too deeply; a row is a flat JSON object")


def test_a_web_page_under_the_name_of_a_text_is_refused(write: Callable[[str, bytes | str], str]) -> None:
    [row] = read_rows(write("a.txt", "\n<!DOCTYPE html><html><body><p>One.</p></body></html>"))
    assert row.problem == "a web page, not plain text; end its name in .html"
