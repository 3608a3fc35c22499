"""Tables as people have them: columns by any name, blank rows, any separator and encoding, dates, nulls."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from stance.formats.columns import FOUND, Layout, is_date_format, likely_format
from stance.formats.jsonl import json_line
from stance.formats.notes import Notes
from stance.formats.reading import find_files, read_labelled, read_rows, rows_of
from stance.records import InputError
from stance.text.codebook import Codebook

MENTION = {"actor": "u", "start": 0, "end": 1}
PROSE = "The dockers left the quays early on Monday, and the Port Authority said nothing."
Write = Callable[[str, bytes | str], str]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes a file into the working folder, an empty one, and gives its name."""
    monkeypatch.chdir(tmp_path)

    def write_file(name: str, data: bytes | str) -> str:
        Path(name).write_bytes(data.encode() if isinstance(data, str) else data)
        return name

    return write_file


def read(name: str, layout: Layout = FOUND) -> tuple[list[Any], list[str]]:
    """The fields of a file's rows, or what is wrong with one, and what was told."""
    told: list[str] = []
    [file] = find_files([name], encoding=layout.encoding)
    return [row.problem or row.fields for row in rows_of([file], layout, told.append)], told


def refused(name: str, layout: Layout = FOUND) -> str:
    with pytest.raises(InputError) as error:
        read(name, layout)
    return str(error.value)


def in_kind(kind: str, row: dict[str, Any]) -> bytes:
    if kind == "jsonl":
        return json_line(row)
    if kind == "parquet":
        stream = io.BytesIO()
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist([row]), stream)
        return stream.getvalue()
    if kind == "xlsx":
        import openpyxl

        book, stream = openpyxl.Workbook(), io.BytesIO()
        for cells in (list(row), list(row.values())):
            book.active.append(cells)  # type: ignore[union-attr]
        book.save(stream)
        return stream.getvalue()
    sign = "\t" if kind == "tsv" else ","
    return "".join(sign.join(f'"{cell}"' for cell in cells) + "\r\n" for cells in (row, row.values())).encode()


KINDS = ("csv", "tsv", "jsonl", "parquet", "xlsx")
WHERE = {"csv": "a.csv:1: ", "tsv": "a.tsv:1: ", "jsonl": "", "parquet": "a.parquet: ", "xlsx": "a.xlsx:1: "}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "name", ["text", "Text", "TEXT", " text ", "Te xt", "body", "Content", "ARTICLE TEXT", "article_text", "fullText"]
)
def test_the_text_is_found_by_its_name_or_a_usual_one(kind: str, name: str, write: Write) -> None:
    rows, told = read(write(f"a.{kind}", in_kind(kind, {"id": "7", name: PROSE, "Desk": "x"})))
    assert rows == [{"id": "7", "text": PROSE, "Desk": "x"}]
    called = "" if name.strip().replace(" ", "").lower() == "text" else f'"{name.strip()}" is taken for the text'
    others = "passed through: Desk"
    plain = [] if kind == "jsonl" else [f"a.{kind}: {others}"]
    assert told == ([f"a.{kind}: {called}; {others}"] if called else plain)


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("title", "Headline"), ("title", "SUBJECT"), ("title", "Title"), ("source", "Outlet"), ("source", "publisher"),
        ("source", "Newspaper"), ("source", "media"), ("source", "Publication"),
        ("date", "published"),
        ("date", "Publication Date"), ("date", "published_at"), ("date", "publishedAt"), ("date", "pubDate"),
        ("date", "Date"), ("url", "Link"), ("url", "URL"), ("lang", "Language"), ("id", "ID"), ("id", "Id "),
    ],
)  # fmt: skip
def test_other_fields_are_found_by_their_names_or_usual_ones(name: str, column: str, write: Write) -> None:
    rows, told = read(write("a.csv", f"{column},text\n2021-08-15,One.\n"))
    assert rows == [{name: "2021-08-15", "text": "One."}]
    same = column.strip().lower() == name
    assert told == ([] if same else [f'a.csv: "{column.strip()}" is taken for the {name}'])


def test_what_is_taken_for_what_is_told_once_a_file_whatever_its_rows_hold(write: Write) -> None:
    rows = [{"Body": "One.", "Headline": "A"}, {"Body": "Two."}, {"Body": "Three.", "Outlet": "Dawn"}]
    name = write("a.jsonl", b"".join(map(json_line, rows)))
    assert read(name)[1] == [
        'a.jsonl: "Body" is taken for the text, "Headline" for the title',
        'a.jsonl: "Outlet" is taken for the source',
    ]


def test_a_name_of_its_own_goes_before_another(write: Write) -> None:
    name = write("a.csv", "Content,text,Headline,Title,Subject\nc,t,h,i,s\n")
    row = {"Content": "c", "text": "t", "Headline": "h", "title": "i", "Subject": "s"}
    assert read(name) == ([row], ["a.csv: passed through: Content, Headline, Subject"])
    assert read(write("b.csv", "text,Headline,Subject\nt,h,s\n"))[0] == [{"text": "t", "title": "h", "Subject": "s"}]


@pytest.mark.parametrize("kind", KINDS)
def test_of_two_that_could_be_the_text_a_person_says_which(kind: str, write: Write) -> None:
    name = write(f"a.{kind}", in_kind(kind, {"Content": "One.", "Body": "Two."}))
    message = "2 columns could be the text: Content, Body; say which with --text-column NAME"
    if kind == "jsonl":
        assert read(name)[0] == [message]
    else:
        assert refused(name) == WHERE[kind] + message
    assert read(name, Layout((("text", "Body"),)))[0] == [{"Content": "One.", "text": "Two."}]


@pytest.mark.parametrize(("field", "columns"), [("title", "Headline,Heading"), ("source", "Outlet,Publisher")])
def test_of_two_that_could_be_another_field_a_person_says_which(field: str, columns: str, write: Write) -> None:
    name = write("a.csv", f"text,{columns}\none,two,three\n")
    told = columns.replace(",", ", ")
    assert refused(name) == f"a.csv:1: 2 columns could be the {field}: {told}; say which with --{field}-column NAME"


@pytest.mark.parametrize("kind", KINDS)
def test_columns_that_are_named_are_taken_and_what_had_their_name_is_kept(kind: str, write: Write) -> None:
    row = {"nr": "7", "Satz": "One.", "text": "a summary", "Zeitung": "Dawn", "Tag": "15.08.2021", "Kopf": "A"}
    columns = (("text", "Satz"), ("title", "Kopf"), ("date", "tag"), ("source", "ZEITUNG"), ("id", "nr"))
    rows, told = read(write(f"a.{kind}", in_kind(kind, row)), Layout(columns, date_formats=("%d.%m.%Y",)))
    expected = {"id": "7", "text": "One.", "other_text": "a summary", "source": "Dawn", "date": "2021-08-15"}
    assert (rows, told) == ([{**expected, "title": "A"}], [])


@pytest.mark.parametrize("column", ["Überschrift", "U\u0308berschrift", "ÜBERSCHRIFT ", "über-schrift"])
def test_a_column_that_is_named_is_found_however_its_letters_are_composed(column: str, write: Write) -> None:
    name = write("a.csv", "Überschrift;text\nA;One.\n")
    assert read(name, Layout((("title", column),)))[0] == [{"title": "A", "text": "One."}]


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_that_is_named_and_not_there_is_told(kind: str, write: Write) -> None:
    name = write(f"a.{kind}", in_kind(kind, {"id": "1", "text": "One."}))
    layout = Layout((("title", "Kopf"),))
    if kind == "jsonl":
        assert read(name, layout) == ([{"id": "1", "text": "One."}], ['a.jsonl: no row has "Kopf" (--title-column)'])
    else:
        assert refused(name, layout) == f'{WHERE[kind]}no column "Kopf" (--title-column); found: id, text'


@pytest.mark.parametrize("kind", KINDS)
def test_an_article_is_the_text_only_where_nothing_else_is_and_it_reads_like_one(kind: str, write: Write) -> None:
    rows, told = read(write(f"a.{kind}", in_kind(kind, {"Article": PROSE, "nr": "1"})))
    assert rows == [{"text": PROSE, "nr": "1"}]
    assert told == [f'a.{kind}: "Article" is taken for the text; passed through: nr']
    rows, _ = read(write(f"a.{kind}", in_kind(kind, {"article": PROSE, "content": "One."})))
    assert rows == [{"article": PROSE, "text": "One."}]
    name = write(f"a.{kind}", in_kind(kind, {"article": f"https://news.example/{'a1/' * 20}", "nr": "1"}))
    if kind == "jsonl":
        assert "text" not in read(name)[0][0]
    else:
        assert refused(name).startswith(f'{WHERE[kind]}no "text" column; found: article, nr; name it "text", or say')


def test_labels_are_found_in_another_spelling_where_labels_are_read(write: Write, codebook: Codebook) -> None:
    data = 'ID,Article,Text,Frames,STANCE,Annotator\n1,a,The dockers left.,strike,"{""union"": ""favor""}",Ann\n'
    [row] = read_labelled([write("a.csv", data)], codebook)["a.csv"]
    assert (row.labels.frames, row.labels.stance) == (("strike",), {"union": "favor"})
    assert (row.passage.article, row.annotator) == ("a", "Ann")
    assert read("a.csv")[0][0].keys() == {"id", "Article", "text", "Frames", "STANCE", "Annotator"}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_blank_rows_are_skipped_and_counted(end: str, write: Write) -> None:
    lines = ["", " ; ;", "id;text;x", "1;One.;", ";;", "", " ;\t; ", "2;Two.;;;", ";;"]
    rows, told = read(write("a.csv", end.join(lines) + end))
    assert rows == [{"id": "1", "text": "One."}, {"id": "2", "text": "Two."}]
    assert told == ["a.csv: passed through: x", "a.csv: 4 blank rows skipped"]
    [first, second] = read_rows("a.csv")
    assert (first.place, second.place) == ("a.csv:4 (row 2)", "a.csv:8 (row 6)")


def test_blank_rows_of_other_kinds_are_skipped_and_counted(write: Write) -> None:
    name = write("a.jsonl", '{"text": "One."}\n{}\n\n{"text": " ", "id": null}\n')
    assert read(name) == ([{"text": "One."}], ["a.jsonl: 2 blank rows skipped"])
    stream = io.BytesIO()
    table = pyarrow.table({"text": ["One.", None, " "], "n": [1.0, None, float("nan")]})
    pyarrow.parquet.write_table(table, stream)
    assert read(write("a.parquet", stream.getvalue())) == (
        [{"text": "One.", "n": 1.0}], ["a.parquet: passed through: n", "a.parquet: 2 blank rows skipped"],
    )  # fmt: skip


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
@pytest.mark.parametrize("header", ["id{}text", "Nr{}Body", "Headline{}Full Text{}Link", 'Satz{}"a, b; c|d"'])
def test_cells_are_separated_by_what_separates_the_header(sign: str, header: str, write: Write) -> None:
    names = header.replace("{}", sign)
    n_cells = header.count("{}") + 1
    layout = Layout((("text", "Satz"),)) if "Satz" in header else FOUND
    cells = sign.join(['"One, two; three.\tFour|five."'] * n_cells)
    name = write("a.csv", f"{names}\n{cells}\n")
    [row], _ = read(name, layout)
    assert list(row.values()) == ["One, two; three.\tFour|five."] * n_cells
    assert "text" in row


def test_what_a_spreadsheet_says_of_its_separator_is_believed(write: Write) -> None:
    name = write("a.csv", b'\xef\xbb\xbfsep=|\r\nid|"text; a"|text\r\n1|x;y|One, two.\r\n')
    assert read(name)[0] == [{"id": "1", "text; a": "x;y", "text": "One, two."}]
    assert [row.place for row in read_rows("a.csv")] == ["a.csv:3 (row 2)"]


GERMAN = "Die Hafenbehörde schwieg, während die Arbeiter „Streik“ riefen und für höhere Löhne kämpften."
SPANISH = "El señor Muñoz declaró que el año próximo habrá más trabajo según el gobierno español."
POLISH = "Rząd zaprzeczył, że żołnierze przekroczyli granicę, a mieszkańcy Łodzi są zaniepokojeni."
RUSSIAN = "Правительство заявило, что войска не пересекали границу."
ARABIC = "قالت الحكومة إن الجيش لم يعبر الحدود وإن الهجوم كان إرهابيا."
ENCODED = [
    (GERMAN, "cp1252", "Windows-1252"), (SPANISH, "cp1252", "Windows-1252"), (SPANISH, "latin-1", "Windows-1252"),
    ("It’s a café.", "cp1252", "Windows-1252"), ("été", "cp1252", "Windows-1252"), (POLISH, "cp1250", "Windows-1250"),
    (RUSSIAN, "cp1251", "Windows-1251"), (ARABIC, "cp1256", "Windows-1256"),
]  # fmt: skip


@pytest.mark.parametrize("kind", ["txt", "csv", "jsonl"])
@pytest.mark.parametrize(("text", "encoding", "called"), ENCODED)
def test_text_that_is_no_utf_8_is_recognised_and_told(
    kind: str, text: str, encoding: str, called: str, write: Write
) -> None:
    whole = {
        "txt": text,
        "csv": f"id;text\n1;One.\n2;{text}\n",
        "jsonl": json.dumps({"text": text}, ensure_ascii=False),
    }
    rows, told = read(write(f"a.{kind}", whole[kind].encode(encoding)))
    assert rows[-1]["text"] == text
    assert told == [f"a.{kind}: not UTF-8, read as {called}; --encoding NAME sets another"]


@pytest.mark.parametrize("kind", ["txt", "csv", "jsonl"])
@pytest.mark.parametrize(
    ("encoding", "called"),
    [("utf-16", "UTF-16"), ("utf-16-le", "UTF-16-LE"), ("utf-16-be", "UTF-16-BE"), ("utf-32", "UTF-32")],
)
def test_wide_encodings_are_read(kind: str, encoding: str, called: str, write: Write) -> None:
    whole = {"txt": PROSE, "csv": f"id\ttext\n1\t{PROSE}\n", "jsonl": json.dumps({"text": PROSE})}
    rows, told = read(write(f"a.{kind}", whole[kind].encode(encoding)))
    assert [row["text"] for row in rows] == [PROSE]
    assert told == [f"a.{kind}: read as {called}"]


def test_an_encoding_that_is_named_is_taken(write: Write) -> None:
    layout = Layout(encoding="mac_roman")
    assert read(write("a.csv", "text\nété, Łódź".encode("cp1250")), Layout(encoding="cp1250"))[0] == [
        "2 cells, but 1 columns; quote cells that hold ','"
    ]
    assert read(write("a.csv", "text\nété Łódź".encode("cp1250")), Layout(encoding="cp1250"))[0] == [
        {"text": "été Łódź"}
    ]
    assert read(write("a.txt", "L’été".encode("mac_roman")), layout) == ([{"text": "L’été"}], [])
    assert read(write("a.txt", b"\xef\xbb\xbf" + "L’été".encode()), layout) == ([{"text": "L’été"}], [])
    assert read(write("a.txt", "L’été".encode("utf-16-le")), Layout(encoding="utf-16-le"))[0] == [{"text": "L’été"}]
    assert read(write("a.txt", "L’été".encode()), Layout(encoding="ascii"))[0] == [
        "not ASCII (byte 0xe2 at 1); save the file as UTF-8, or say what it is with --encoding NAME"
    ]


def test_what_is_no_text_at_all_is_refused(write: Write) -> None:
    assert refused(write("a.csv", b"PK\x03\x04rest")) == (
        "a.csv: an archive, most likely an Excel workbook, not text; give it the ending of what it is, or save it as "
        "text"
    )
    assert refused(write("a.csv", b"id,text\n\x00\xff\xfe\x01\x80")) == "a.csv: binary, not text; save it as UTF-8 text"
    assert refused(write("a.xls", b"x")) == "a.xls: an Excel workbook of the old kind; save it as .xlsx or CSV UTF-8"
    assert refused(write("a.ods", b"x")).startswith("a.ods: an OpenDocument spreadsheet; save it as .xlsx")
    assert refused(write("a.numbers", b"x")).startswith("a.numbers: a Numbers spreadsheet; export it")


@pytest.mark.parametrize("cell", ["'-- No,' said they.", "'@desk is lying', he said.", "''tis", "'", "'=1+1", "'a"])
def test_an_apostrophe_of_the_author_stays(cell: str, write: Write) -> None:
    assert read(write("a.csv", f'id,text\n1,"{cell}"\n'))[0] == [{"id": "1", "text": cell}]
    assert read(write("a.tsv", f"id\ttext\n1\t{cell}\n"))[0] == [{"id": "1", "text": cell}]


def test_a_text_with_a_zero_character_is_read(write: Write) -> None:
    assert read(write("a.csv", "id,text\n1,a\0b\n"))[0] == [{"id": "1", "text": "a\0b"}]
    assert read(write("a.jsonl", '{"text": "a\\u0000b"}\n'))[0] == [{"text": "a\0b"}]


@pytest.mark.parametrize(
    ("row", "kept"),
    [
        ({"stance": {"port": None}}, {}),
        ({"stance": {"port": None, "union": "favor"}}, {"stance": {"union": "favor"}}),
        ({"stance": {}}, {"stance": {}}),
        ({"stance": None}, {"stance": None}),
        ({"frames": ["strike", None]}, {"frames": ["strike"]}),
        ({"frames": [None]}, {}),
        ({"frames": []}, {"frames": []}),
        ({"mentions": [None, MENTION]}, {"mentions": [MENTION]}),
        ({"mentions": [{"actor": None, "start": None, "end": None}]}, {}),
        ({"directed": [{"holder": None, "target": None, "stance": None}]}, {}),
        ({"directed": [{"holder": "u", "target": "p", "stance": None}]}, {}),
        (
            {"directed": [None, {"holder": "u", "target": "p", "stance": "favor"}]},
            {"directed": [{"holder": "u", "target": "p", "stance": "favor"}]},
        ),
        ({"stance": {"u": {"label": None, "against": None}}}, {}),
        ({"uncertain": [None, "strike"], "frame_labels": [None]}, {"uncertain": ["strike"]}),
        ({"meta": {"a": None, "b": [None]}}, {"meta": {"a": None, "b": [None]}}),
    ],
)  # fmt: skip
def test_null_members_are_no_labels(row: dict[str, Any], kept: dict[str, Any], write: Write) -> None:
    assert read(write("a.jsonl", json_line({"text": "x", **row})))[0] == [
        {"text": "x", **{key: value for key, value in row.items() if key not in kept and row[key] is None}, **kept}
    ]
    cells = {key: json.dumps(value) for key, value in row.items()}
    line = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells.values())
    [flat] = read(write("a.csv", f"text,{','.join(cells)}\nx,{line}\n"))[0]
    if "meta" not in row and row != {"stance": None}:
        assert flat == {"text": "x", **kept}


def test_null_members_of_parquet_are_no_labels(write: Write) -> None:
    rows = [
        {"text": "x", "stance": {"u": None, "p": None}, "frames": [None, "a"]},
        {"text": "y", "stance": {"u": "favor", "p": None}, "frames": [None]},
    ]
    stream = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), stream)
    assert read(write("a.parquet", stream.getvalue()))[0] == [
        {"text": "x", "frames": ["a"]}, {"text": "y", "stance": {"u": "favor"}},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "form", "date"),
    [
        ("15/08/2021", "%d/%m/%Y", "2021-08-15"), (" 15/08/2021 ", "%d/%m/%Y", "2021-08-15"),
        ("August 15, 2021", "%B %d, %Y", "2021-08-15"), ("15-Aug-21", "%d-%b-%y", "2021-08-15"),
        ("15.08.2021 10:30", "%d.%m.%Y %H:%M", "2021-08-15T10:30:00"), ("20210815", "%Y%m%d", "2021-08-15"),
        ("Sun, 15 Aug 2021 10:30:00 GMT", "%a, %d %b %Y %H:%M:%S %Z", "2021-08-15T10:30:00"),
        ("Sun, 15 Aug 2021 10:30:00 +0500", "%a, %d %b %Y %H:%M:%S %z", "2021-08-15T10:30:00+05:00"),
        ("2021-08-15", "%d/%m/%Y", "2021-08-15"), ("2021-15-08", "%Y-%d-%m", "2021-08-15"),
        ("soon", "%d/%m/%Y", "soon"), ("31/02/2021", "%d/%m/%Y", "31/02/2021"),
    ],
)  # fmt: skip
def test_dates_are_read_as_they_are_written(written: str, form: str, date: str, write: Write) -> None:
    assert is_date_format(form)
    name = write("a.csv", f'text,date\nOne.,"{written}"\n')
    assert read(name, Layout(date_formats=("%m.%Y.%d", form)))[0] == [{"text": "One.", "date": date}]
    name = write("a.jsonl", json_line({"text": "One.", "Published": int(written) if written.isdigit() else written}))
    assert read(name, Layout(date_formats=(form,)))[0] == [{"text": "One.", "date": date}]


@pytest.mark.parametrize("form", ["", "dd/mm/yyyy", "%d/%m", "%q/%m/%Y", "%", "%H:%M", "%Y"])
def test_a_date_format_that_is_none_is_seen(form: str) -> None:
    assert not is_date_format(form)


@pytest.mark.parametrize(
    ("dates", "form"),
    [
        (["15/08/2021", "01/02/2021"], "%d/%m/%Y"), (["01/02/2021", "08/15/2021"], "%m/%d/%Y"), (["x"], "%d/%m/%Y"),
        (["August 15, 2021"], "%B %d, %Y"), (["15 Aug 2021"], "%d %b %Y"),
    ],
)  # fmt: skip
def test_the_form_of_dates_is_proposed(dates: list[str], form: str) -> None:
    assert likely_format(dates) == form


def test_what_is_told_of_many_files_alike_is_cut_short() -> None:
    lines: list[str] = []
    notes = Notes(lines.append)
    for number in range(7):
        notes(f"{number}.txt", "odd")
    notes("x.txt", "other")
    notes.close()
    assert lines == [*(f"{number}.txt: odd" for number in range(5)), "x.txt: other", "2 more files: odd"]
