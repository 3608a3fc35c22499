"""Commands on tables as people have them, and the tables that they write: for Excel, for analysts, for ourselves."""

from __future__ import annotations

import csv
import io
import itertools
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pytest

import stance.jobs.runs
from stance.commands.app import main
from stance.formats.jsonl import json_line
from stance.jobs.stream import BATCH
from stance.quoting import QUIET
from tests.conftest import CODEBOOK

BLAME = "The Dock Union blamed the Port Authority over the stopped cranes."
PRAISE = "The City Council praised the Dock Union for the walkout at pier nine."
SEMICOLONS = (
    f'ID;Überschrift;Full Text;Outlet;Published\r\n1;Über den Streik;"{BLAME}";Blatt;15.08.2021\r\n;;;;\r\n'
    f'2;"""So""";"{PRAISE}";Blatt;16.08.2021\r\n'
)
TOLD = [
    'a.csv: "Full Text" is taken for the text, "Überschrift" for the title, "Published" for the date, "Outlet" for the '
    "source",
    "a.csv: 1 blank row skipped",
]


NO_ENCODING = "no such encoding; give one such as cp1252, cp1251, shift_jis, utf-16"


class Result(NamedTuple):
    code: int
    out: str
    err: list[str]


Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "codebook.yaml").write_text(CODEBOOK)
    return tmp_path


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    def run_main(*arguments: object, stdin: bytes = b"") -> Result:
        words = [[str(argument)] if isinstance(argument, Path) else str(argument).split() for argument in arguments]
        monkeypatch.setattr(sys, "argv", ["stance", *itertools.chain(*words)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(stdin))))  # type: ignore[arg-type]
        with pytest.raises(SystemExit) as stop:
            main()
        out, err = capfd.readouterr()
        return Result(int(stop.value.code or 0), out, err.splitlines())

    return run_main


def rows_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_table_out_of_excel_is_labelled(encoding: str, run: Run, folder: Path, model_dir: Path) -> None:
    (folder / "a.csv").write_bytes(SEMICOLONS.encode(encoding))
    done = run("classify a.csv --date-format %d.%m.%Y --title-column Überschrift --model", model_dir)
    read = {"cp1252": ["a.csv: not UTF-8, read as Windows-1252; --encoding NAME sets another"]}
    read["utf-16"] = ["a.csv: read as UTF-16"]
    taken = 'a.csv: "Full Text" is taken for the text, "Published" for the date, "Outlet" for the source'
    assert done.err == [
        *read.get(encoding, []), taken, "a.csv: 1 blank row skipped", "2 passages of 2 inputs labelled"
    ]  # fmt: skip
    assert [(row["id"], row["title"], row["source"], row["date"]) for row in rows_of(done.out)] == [
        ("1#0", "Über den Streik", "Blatt", "2021-08-15"), ("2#0", '"So"', "Blatt", "2021-08-16"),
    ]  # fmt: skip


def test_the_same_table_is_read_from_a_workbook(run: Run, folder: Path, model_dir: Path) -> None:
    book = openpyxl.Workbook()
    for cells in csv.reader(io.StringIO(SEMICOLONS), delimiter=";"):
        book.active.append(cells)  # type: ignore[union-attr]
    book.save("a.xlsx")
    (folder / "a.csv").write_text(SEMICOLONS)
    options = "--date-format %d.%m.%Y --model"
    one, two = run("classify a.csv", options, model_dir), run("classify a.xlsx", options, model_dir)
    assert one.out == two.out
    assert (
        [line.replace("a.xlsx", "a.csv") for line in two.err] == one.err == [*TOLD, "2 passages of 2 inputs labelled"]
    )


def test_every_command_reads_such_tables(run: Run, folder: Path, model_dir: Path) -> None:
    labels = '1;strike;"{""union"": ""neutral"", ""port"": ""against""}"'
    (folder / "l.csv").write_text(f"Id;Frames;Stance;Satz\n{labels};{BLAME}\n", "utf-8")
    option = "--text-column Satz"
    assert run("check l.csv --codebook codebook.yaml", option).out.splitlines()[0] == (
        "1 passage of 1 article; codebook harbour"
    )
    done = run("export l.csv --to csv -o e.csv --codebook codebook.yaml", option)
    assert (done.code, done.err) == (0, ["1 row, 1 labelled, 0 with suggestions; written to e.csv"])
    done = run("suggest l.csv -o s.jsonl", option, "--model", model_dir)
    assert rows_of((folder / "s.jsonl").read_text())[0]["text"] == BLAME
    assert run("evaluate l.csv --json -", option, "--model", model_dir).code == 0
    [refusal] = run("check l.csv --codebook codebook.yaml").err
    assert refusal.startswith('stance: l.csv:1: no "text" column; found: Id, Frames, Stance, Satz; name it "text", or')


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--encoding klingon", f'--encoding "klingon": {NO_ENCODING}'),
        ("--encoding rot13", f'--encoding "rot13": {NO_ENCODING}'),
        ("--date-format dd/mm", '--date-format "dd/mm": write day, month and year, as in %d/%m/%Y or %B %d, %Y'),
        ("--text-column a --title-column a", '"a" is named twice; a column is one field'),
        (
            "--text-column Satz",
            'a.csv:1: no column "Satz" (--text-column); found: ID, Überschrift, Full Text, Outlet, Published',
        ),
        (
            "--tidy --format text",
            "--tidy makes a table; give --output FILE.csv, .parquet or .jsonl, or --format csv or jsonl",
        ),
        ("--separator tab", "--separator belongs to CSV; give --output FILE.csv, or --format csv"),
    ],
)  # fmt: skip
def test_options_that_are_none_are_refused(options: str, message: str, run: Run, folder: Path, model_dir: Path) -> None:
    (folder / "a.csv").write_text(SEMICOLONS)
    assert run("classify a.csv", options, "--model", model_dir) == Result(2, "", [f"stance: {message}"])


def test_a_csv_on_the_disk_has_a_byte_order_mark_and_one_in_a_pipe_has_none(
    run: Run, folder: Path, model_dir: Path
) -> None:
    (folder / "a.csv").write_text(SEMICOLONS)
    assert run("classify a.csv -o out.csv --model", model_dir).code == 0
    assert (folder / "out.csv").read_bytes().startswith(b"\xef\xbb\xbfid,article,")
    piped = run("classify a.csv --format csv --model", model_dir).out
    assert "\ufeff" + piped == (folder / "out.csv").read_text()
    assert run("classify - -o in.csv --model", model_dir, stdin=(folder / "a.csv").read_bytes()).code == 0
    assert (folder / "in.csv").read_bytes() == (folder / "out.csv").read_bytes().replace(b"a.csv", b"-")
    assert run("report out.csv -o r.html --codebook codebook.yaml").err == [
        "2 passages of 2 articles; written to r.html"
    ]


def test_what_stands_in_a_text_comes_through_every_table(run: Run, folder: Path, model_dir: Path) -> None:
    texts = [f"'=1+1' {BLAME}", f"= {BLAME}", f"The\0 {BLAME}", f"'' {BLAME}", f"\u202e{BLAME}", f"﹣ {BLAME} ;|,\t\"'"]
    (folder / "a.jsonl").write_bytes(b"".join(json_line({"id": f"{n}", "text": t}) for n, t in enumerate(texts)))
    for kind in ("jsonl", "csv", "parquet"):
        assert run(f"classify a.jsonl -o out.{kind} --unit passage --model", model_dir).code == 0
        again = run(f"classify out.{kind} --unit passage --model", model_dir)
        assert [row["text"] for row in rows_of(again.out)] == texts
        assert run(f"report out.{kind} -o {kind}.html --codebook codebook.yaml").code == 0
    assert (folder / "csv.html").read_bytes() == (folder / "parquet.html").read_bytes() == (
        folder / "jsonl.html").read_bytes()  # fmt: skip


def test_semicolons_and_decimal_commas_are_written_and_read(run: Run, folder: Path, model_dir: Path) -> None:
    (folder / "a.csv").write_text(SEMICOLONS)
    assert run("classify a.csv -o comma.csv --model", model_dir).code == 0
    assert run("classify a.csv -o semicolon.csv --separator semicolon --model", model_dir).code == 0
    assert run("classify a.csv -o tab.csv --separator tab --model", model_dir).code == 0
    first = next(csv.DictReader(io.StringIO((folder / "semicolon.csv").read_text("utf-8-sig")), delimiter=";"))
    assert 0.5 < float(first["frame.strike"].replace(",", ".")) <= 1
    assert "." not in first["frame.strike"]
    pages = []
    for name in ("comma", "semicolon", "tab"):
        assert run(f"report {name}.csv -o {name}.html --codebook codebook.yaml").code == 0
        pages.append((folder / f"{name}.html").read_bytes())
    assert pages[0] == pages[1] == pages[2]


def test_a_tidy_table_is_refused_where_predictions_are_read(run: Run, folder: Path, model_dir: Path) -> None:
    (folder / "a.csv").write_text(SEMICOLONS)
    for kind in ("csv", "parquet", "jsonl"):
        assert run(f"classify a.csv --tidy -o out.{kind} --model", model_dir).code == 0
        place = {"csv": 2, "parquet": 1, "jsonl": 1}[kind]
        assert run(f"report out.{kind} -o r.html --codebook codebook.yaml").err == [
            f"stance: out.{kind}:{place}: a row of a tidy table; give what stance classify writes without --tidy"
        ]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_tidy_table_is_the_same_however_it_is_made(
    kind: str, run: Run, folder: Path, model_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"id": f"n{n}", "text": f"{(BLAME, PRAISE)[n % 2]} On day {n}."} for n in range(3 * BATCH + 5)]
    (folder / "a.jsonl").write_bytes(b"".join(map(json_line, rows)))
    common = "classify a.jsonl --tidy --model"
    assert run(common, model_dir, f"--jobs 1 -o whole.{kind}").code == 0
    assert run(common, model_dir, f"--jobs 2 -o two.{kind}").code == 0
    label_rows = stance.jobs.runs.label_rows

    def stopped(*arguments: Any) -> Any:
        for number, batch in enumerate(label_rows(*arguments)):
            if number == 2:
                raise KeyboardInterrupt
            yield batch

    with monkeypatch.context() as stopping:
        stopping.setattr(stance.jobs.runs, "label_rows", stopped)
        assert run(common, model_dir, f"--jobs 1 -o out.{kind}").code == 130
    assert run("classify a.jsonl --resume --jobs 1 --model", model_dir, f"-o out.{kind}").code == 2
    assert run(common, model_dir, f"--resume --jobs 1 -o out.{kind}").code == 0
    whole = (folder / f"whole.{kind}").read_bytes()
    assert whole == (folder / f"out.{kind}").read_bytes() == (folder / f"two.{kind}").read_bytes()
    if kind == "csv":
        assert whole.count(b"\xef\xbb\xbf") == 1
        assert len(list(csv.reader(io.StringIO(whole.decode())))) == 1 + 4 * len(rows)


def test_links_and_odd_files_in_a_folder_are_told(run: Run, folder: Path, model_dir: Path) -> None:
    (folder / "in").mkdir()
    (folder / "in" / "a.txt").write_text(BLAME)
    (folder / "in" / "loop").symlink_to(".")
    (folder / "in" / "gone.txt").symlink_to("nowhere")
    for number in range(7):
        (folder / "in" / f"{number}.txt").write_bytes(f"{PRAISE} Café {number}.".encode("cp1252"))
    done = run("classify in --model", model_dir)
    assert done.err == [
        "in/gone.txt: a link to nothing, or to itself; left out",
        "in/loop: a link back to a folder that it stands in; left out",
        *(f"in/{n}.txt: not UTF-8, read as Windows-1252; --encoding NAME sets another" for n in range(5)),
        "2 more files: not UTF-8, read as Windows-1252; --encoding NAME sets another",
        "8 passages of 8 inputs labelled",
    ]
    assert rows_of(done.out)[0]["text"] == f"{PRAISE} Café 0."


def test_null_members_are_no_findings(run: Run, folder: Path) -> None:
    rows = [
        {"id": "1", "text": BLAME, "frames": ["strike"], "stance": {"union": "neutral", "port": "against"}},
        {"id": "2", "text": PRAISE, "frames": ["strike", None], "stance": {"union": "favor", "port": None}},
        {"id": "3", "text": "Rain fell on the quays.", "frames": [None], "stance": {"union": None}, "directed": []},
    ]
    (folder / "a.jsonl").write_bytes(b"".join(map(json_line, rows)))
    done = run("check a.jsonl --codebook codebook.yaml")
    assert (done.code, done.out.splitlines()[0]) == (0, "3 passages of 3 articles; codebook harbour")


def test_what_is_quoted_of_names_is_not_shown_where_asked(
    run: Run, folder: Path, model_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(QUIET, "")
    (folder / "a.csv").write_text("Body;Secret\nOne.;x\n")
    done = run("classify a.csv --quiet-text --model", model_dir)
    assert not any("Body" in line or "Secret" in line for line in done.err)
