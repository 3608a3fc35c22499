"""The command line through its real entry: data to stdout, all else to stderr, errors in one line and exit code 2."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from conftest import CODEBOOK, corpus_rows

from stance.commands.app import main
from stance.jobs.stream import BATCH
from stance.models.store import load_model
from stance.text.holders import with_holders

TEXT = "The Dock Union blamed the Port Authority over the stopped cranes."
ARTICLE = f"Cranes stand still\n\n{TEXT}\n\nThe City Council thanked the dockers when the accounts were read.\n"
LABELLED = {"id": "p", "article": "a", "text": TEXT, "frames": ["strike"], "stance": {"port": "against"}}
KINDS = (
    ".csv, .docx, .eml, .htm, .html, .jsonl, .mbox, .mht, .mhtml, .ndjson, .parquet, .text, .tsv, .txt, .xhtml, .xlsm, "
    ".xlsx (and .gz of all but .docx, .mbox, .parquet and Excel)"
)


class Result(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder with the codebook, and a plain terminal of 80 columns."""
    monkeypatch.chdir(tmp_path)
    for name in ("FORCE_COLOR", "NO_COLOR", "TERMINAL_WIDTH", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "codebook.yaml").write_text(CODEBOOK)
    return tmp_path


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs `main` as the installed script does, in this process."""

    def run_main(*arguments: object, stdin: bytes = b"") -> Result:
        monkeypatch.setattr(sys, "argv", ["stance", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(stdin))))  # type: ignore[arg-type]
        with pytest.raises(SystemExit) as stop:
            main()
        return Result(int(stop.value.code or 0), *capfd.readouterr())

    return run_main


def run_module(*arguments: object, stdin: str = "") -> Result:
    """Runs ``python -m stance`` in a process of its own."""
    command = [sys.executable, "-m", "stance", *map(str, arguments)]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    return Result(done.returncode, done.stdout, done.stderr)


def jsonl(*rows: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def articles(count: int) -> list[dict[str, Any]]:
    return [{"id": f"n{number}", "text": TEXT} for number in range(1, count + 1)]


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


# The four commands, each in a process of its own


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    """The one training run of this file, as a process, and the model folder that it saved."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "corpus.jsonl").write_bytes(jsonl(*corpus_rows()))
    (folder / "dev.jsonl").write_bytes(jsonl(LABELLED))
    (folder / "codebook.yaml").write_text(CODEBOOK)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("COLUMNS", "80")
        options = ["--output", "mine", "--codebook", "codebook.yaml", "--dev", "dev.jsonl", "--seed", "1"]
        options += ["--labeler", "linear"]
        return run_module("train", "corpus.jsonl", *options), folder / "mine"


@pytest.fixture(scope="module")
def model_dir(trained: tuple[Result, Path]) -> Path:
    return trained[1]


def test_check_as_a_process_tells_findings_and_counts(folder: Path) -> None:
    rows = corpus_rows()
    (folder / "corpus.jsonl").write_bytes(jsonl(*rows, {**rows[0], "id": "copy", "frames": ["budget"]}))
    result = run_module("check", "corpus.jsonl", "--codebook", "codebook.yaml")
    lines = [line.split() for line in result.out.splitlines()]
    assert (result.code, result.err) == (1, "")
    assert result.out.splitlines()[0] == (
        "corpus.jsonl:73: copy of corpus.jsonl:1 and is labelled otherwise (frames strike and budget); "
        "settle the labels"
    )
    assert lines[2] == "73 passages of 24 articles; codebook harbour".split()
    assert [line for line in lines if line[:1] in (["strike"], ["budget"])] == [["strike", "36"], ["budget", "37"]]
    assert lines[-1] == ["1", "finding"]


def test_train_as_a_process_saves_a_model_that_labels(trained: tuple[Result, Path]) -> None:
    result, directory = trained
    manifest = json.loads((directory / "manifest.json").read_text())
    assert result.code == 0
    told = re.findall(r"^(?:On .*|.* passages? of .* articles?)$", result.out, re.MULTILINE)
    assert told == [
        "On held-out articles (cross-fitted)", "72 passages of 24 articles", "On dev.jsonl", "1 passage of 1 article",
    ]  # fmt: skip
    assert result.err.splitlines()[-2] == f"saved {manifest['name']} in mine"
    assert [(data["file"], data["passages"], data["articles"]) for data in manifest["data"]] == [
        (f"{directory.parent.name}/corpus.jsonl", 72, 24)
    ]
    [prediction] = load_model(directory).classify([{"id": "a", "text": TEXT}])
    assert (prediction.frame_labels, prediction.stance["port"].label) == (("strike",), "against")


def test_labels_that_could_not_be_learned_are_told_by_train_and_classify(run: Run, folder: Path) -> None:
    rows = [{**row, "frames": ["strike"] if number % 9 == 0 else []} for number, row in enumerate(corpus_rows())]
    (folder / "few.jsonl").write_bytes(jsonl(*rows))
    (folder / "a.jsonl").write_bytes(jsonl(*articles(1)))
    trained = run("train", "few.jsonl", "--output", "few", "--codebook", "codebook.yaml")
    assert trained.code == 0
    lines = " ".join(trained.out.split())
    assert lines.startswith(
        "On held-out articles (cross-fitted) 72 passages of 24 articles Labels not to be relied on: strike (8 of 72 "
        "passages carry it, too few"
    )
    assert "Labels not to be relied on: budget (0 of 72 passages carry it, too few" in lines
    told = run("classify", "a.jsonl", "--model", "few", "--output", "p.jsonl").err.splitlines()
    assert [line.partition(" (")[0] for line in told[:2]] == [
        "labels not to be relied on: strike", "labels not to be relied on: budget",
    ]  # fmt: skip
    assert told[2:] == ["1 passage of 1 input labelled; written to p.jsonl"]
    assert "Labels not to be relied on: strike (8 of 72" in (folder / "few" / "README.md").read_text("utf-8")
    assert "doubtful   strike (8 of 72" in run("inspect", "few").out


def test_classify_as_a_process_gives_rows_on_stdout_and_the_rest_on_stderr(folder: Path, model_dir: Path) -> None:
    (folder / "article.txt").write_text(ARTICLE)
    result = run_module("classify", "article.txt", "--model", model_dir)
    model = load_model(model_dir)
    expected = model.classify([{"id": "article", "text": ARTICLE}])
    assert result.code == 0
    assert [json.loads(line) for line in result.out.splitlines()] == [with_holders(p.to_dict(), p) for p in expected]
    assert result.err == "2 passages of 1 input labelled; recognised and not labelled: 1 headline\n"


def test_evaluate_as_a_process_prints_scores(folder: Path, model_dir: Path) -> None:
    (folder / "corpus.jsonl").write_bytes(jsonl(*corpus_rows()))
    result = run_module("evaluate", "corpus.jsonl", "--model", model_dir)
    assert result.code == 0
    assert result.err.endswith(" was trained on this file; these scores say nothing of other passages\n")
    assert result.out.splitlines()[:5] == [
        "72 passages of 24 articles", "", "Frames".ljust(59),
        "        precision  recall     F1  95 %  avg. prec.  support",
        "strike      1.000   1.000  1.000     –       1.000       36",
    ]  # fmt: skip


def test_error_as_a_process_is_one_line_and_exit_code_2(folder: Path, model_dir: Path) -> None:
    result = run_module("classify", "gone.txt", "--model", model_dir, "--output", "out.jsonl")
    assert result == Result(2, "", "stance: gone.txt: no such file; check the path\n")
    assert names(folder) == ["codebook.yaml"]


def test_reader_that_goes_away_ends_the_run_quietly(folder: Path, model_dir: Path) -> None:
    (folder / "a.jsonl").write_bytes(jsonl(*articles(40)))
    read_end, write_end = os.pipe()
    os.close(read_end)
    command = [sys.executable, "-m", "stance", "classify", "a.jsonl", "--model", str(model_dir), "--jobs", "1"]
    with os.fdopen(write_end, "wb") as pipe:
        done = subprocess.run(command, stdout=pipe, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_terminal_gets_readable_text(folder: Path, model_dir: Path) -> None:
    import pty

    (folder / "article.txt").write_text(f"{TEXT}\x1b[2J\n")
    controller, terminal = pty.openpty()
    command = [sys.executable, "-m", "stance", "classify", "article.txt", "--model", str(model_dir)]
    environment = {**os.environ, "TERM": "dumb", "NO_COLOR": "1"}
    done = subprocess.run(command, stdout=terminal, stderr=subprocess.PIPE, env=environment, check=False)
    os.close(terminal)
    shown = os.read(controller, 4096).decode()
    os.close(controller)
    assert (done.returncode, done.stderr) == (0, b"1 passage of 1 input labelled\n")
    assert [line.rstrip() for line in shown.splitlines()][:3] == ["article", "", f"0   {TEXT}\ufffd[2J"]
    assert "\x1b" not in shown


# Classify


def test_standard_input_is_classified(run: Run, model_dir: Path) -> None:
    text = run("classify", "-", "--model", model_dir, stdin=ARTICLE.encode())
    rows = run("classify", "-", "--model", model_dir, "--unit", "passage", stdin=jsonl(*articles(2)))
    assert [json.loads(line)["id"] for line in text.out.splitlines()] == ["stdin#0", "stdin#1"]
    assert [json.loads(line)["id"] for line in rows.out.splitlines()] == ["n1", "n2"]
    assert rows.err == "2 passages of 2 inputs labelled\n"


@pytest.mark.parametrize("ending", ["jsonl", "csv", "parquet"])
def test_ending_of_the_output_decides_the_format(ending: str, run: Run, folder: Path, model_dir: Path) -> None:
    (folder / "a.jsonl").write_bytes(jsonl({"id": "a", "text": TEXT, "page": 4}))
    result = run("classify", "a.jsonl", "--model", model_dir, "--output", f"out.{ending}")
    name = load_model(model_dir).name
    assert result == Result(0, "", f"1 passage of 1 input labelled; written to out.{ending}\n")
    assert names(folder) == ["a.jsonl", "codebook.yaml", f"out.{ending}"]
    if ending == "jsonl":
        [row] = [json.loads(line) for line in (folder / "out.jsonl").read_text().splitlines()]
        assert (row["id"], row["frame_labels"], row["page"], row["model"]) == ("a#0", ["strike"], 4, name)
        return
    if ending == "csv":
        import csv

        [row] = csv.DictReader(io.StringIO((folder / "out.csv").read_text("utf-8-sig")))
    else:
        import pyarrow.parquet

        [row] = pyarrow.parquet.read_table(folder / "out.parquet").to_pylist()
    assert (row["id"], row["frame_labels"], row["details"], row["model"]) == ("a#0", "strike", '{"page": 4}', name)


def test_text_format_can_be_asked_for(run: Run, folder: Path, model_dir: Path) -> None:
    (folder / "a.txt").write_text(TEXT)
    shown = run("classify", "a.txt", "--model", model_dir, "--format", "text").out
    written = run("classify", "a.txt", "--model", model_dir, "--output", "out.txt")
    assert shown.splitlines()[2].rstrip() == f"0   {TEXT}"
    assert (written.out, (folder / "out.txt").read_text()) == ("", shown)


def test_threshold_can_be_set_for_a_frame(run: Run, folder: Path, model_dir: Path) -> None:
    (folder / "a.txt").write_text(TEXT)
    result = run("classify", "a.txt", "--model", model_dir, "--threshold", "budget=0")
    assert json.loads(run("classify", "a.txt", "--model", model_dir).out)["frame_labels"] == ["strike"]
    assert json.loads(result.out)["frame_labels"] == ["strike", "budget"]


def test_one_bad_row_in_a_hundred_is_reported_and_the_rest_is_done(run: Run, folder: Path, model_dir: Path) -> None:
    rows = jsonl(*articles(100)).splitlines(keepends=True)
    (folder / "a.jsonl").write_bytes(b"".join([*rows[:41], b'{"id": "n42"}\n', *rows[42:]]))
    result = run("classify", "a.jsonl", "--model", model_dir)
    ids = [json.loads(line)["article"] for line in result.out.splitlines()]
    assert (result.code, ids) == (0, [f"n{number}" for number in range(1, 101) if number != 42])
    assert result.err.splitlines() == [
        'a.jsonl:42: no "text"; found: id; name the field with the passage "text", or give --text-column NAME; '
        "left out",
        "99 passages of 99 inputs labelled; 1 bad row left out (--strict stops at the first)",
    ]


@pytest.mark.parametrize("ending", ["jsonl", "csv", "txt"])
@pytest.mark.parametrize("strict", [False, True], ids=["too-many", "strict"])
def test_refused_rows_leave_the_old_output(ending: str, strict: bool, run: Run, folder: Path, model_dir: Path) -> None:
    (folder / "a.jsonl").write_bytes(jsonl(*articles(70)) + b"{\n")
    (folder / f"out.{ending}").write_text("old")
    options = ["--strict"] if strict else []
    result = run("classify", "a.jsonl", "--model", model_dir, "--output", f"out.{ending}", *options)
    share = "" if strict else " (1 of 71 rows are bad; up to 1 in 100 would be left out)"
    assert result == Result(
        2,
        "",
        'stance: a.jsonl:71: broken JSON: Expecting property name enclosed in double quotes; found: "{"' + share + "\n",
    )
    assert (folder / f"out.{ending}").read_text() == "old"
    assert names(folder) == ["a.jsonl", "codebook.yaml", f"out.{ending}"]


def test_refused_rows_leave_one_line_beside_parquet_output(folder: Path, model_dir: Path) -> None:
    (folder / "a.jsonl").write_bytes(jsonl(*articles(2)) + b"{\n")
    result = run_module("classify", "a.jsonl", "--model", model_dir, "--output", "out.parquet")
    assert (result.code, len(result.err.splitlines()), names(folder)) == (2, 1, ["a.jsonl", "codebook.yaml"])


def test_refused_rows_fail_the_run_after_the_batches_before_them(run: Run, folder: Path, model_dir: Path) -> None:
    (folder / "a.jsonl").write_bytes(jsonl(*articles(70)) + b"{\n")
    result = run("classify", "a.jsonl", "--model", model_dir, "--jobs", "1")
    ids = [json.loads(line)["article"] for line in result.out.splitlines()]
    assert (result.code, len(result.err.splitlines())) == (2, 1)
    assert ids == [f"n{number}" for number in range(1, 2 * BATCH + 1)]


BIRDS = """\
name: birds
frames: [{id: strike}, {id: noise}]
actors: [{id: gull, aliases: [Gull Trust]}, {id: heron, aliases: [Heron Board]}]
"""


def test_classify_toward_the_actors_of_another_codebook(run: Run, folder: Path, model_dir: Path) -> None:
    (folder / "birds.yaml").write_text(BIRDS)
    (folder / "a.txt").write_text("The Gull Trust blamed the Heron Board over the stopped cranes.")
    result = run("classify", "a.txt", "--model", model_dir, "--codebook", "birds.yaml")
    row = json.loads(result.out)
    assert result.err.splitlines() == [
        "birds: frames that the model does not know are left out: noise",
        "1 passage of 1 input labelled",
    ]
    assert (row["frame_labels"], list(row["frames"]), row["stance"]["heron"]["label"]) == (
        ["strike"],
        ["strike"],
        "against",
    )
    assert row["model"].startswith(f"{load_model(model_dir).name}+birds-")
    one = run(
        "classify", "a.txt", "--model", model_dir, "--codebook", "birds.yaml", "--output", "one.csv", "--jobs", "2"
    )
    assert (one.code, (folder / "one.csv").read_text().splitlines()[0].count("frame.")) == (0, 1)
    own = run("classify", "a.txt", "--model", model_dir, "--codebook", "codebook.yaml")
    assert json.loads(own.out)["model"] == load_model(model_dir).name


def test_a_codebook_that_is_not_there_is_told(run: Run, folder: Path, model_dir: Path) -> None:
    (folder / "a.txt").write_text(TEXT)
    assert run("classify", "a.txt", "--model", model_dir, "--codebook", "gone.yaml") == Result(
        2, "", "stance: gone.yaml: No such file or directory; give the path of a codebook, a YAML file\n"
    )


# Labels and names as people write them


def test_one_person_in_two_spellings_is_told_by_agree(run: Run, folder: Path) -> None:
    rows = corpus_rows()[:6]
    both = [{**row, "annotator": who} for row in rows for who in ("Ann", "ann ")]
    (folder / "a.jsonl").write_bytes(jsonl(*both))
    result = run("agree", "a.jsonl", "--codebook", "codebook.yaml", "--json", "-")
    assert result.code == 0
    assert result.err == (
        'a.jsonl:2: annotator "ann" with a blank at its end is written "Ann" too, first at a.jsonl:1; write one\n'
    )


def test_labels_in_another_spelling_are_taken_and_told_where_labels_are_read(run: Run, folder: Path) -> None:
    rows = corpus_rows()
    spelled = [
        {**row, "frames": [str(f).upper() for f in row["frames"]]}  # type: ignore[attr-defined]
        for row in rows
    ]
    (folder / "a.jsonl").write_bytes(jsonl(*spelled))
    (folder / "b.jsonl").write_bytes(jsonl(*rows))
    told = [
        'a.jsonl:1: frame "STRIKE" is taken for strike (36 times in all)',
        'a.jsonl:4: frame "BUDGET" is taken for budget (36 times in all)',
    ]
    first = run("train", "a.jsonl", "--codebook", "codebook.yaml", "--output", "one")
    second = run("train", "b.jsonl", "--codebook", "codebook.yaml", "--output", "two")
    assert (first.code, first.err.splitlines()[:2], first.out) == (0, told, second.out)
    exported = run("export", "a.jsonl", "--codebook", "codebook.yaml", "--to", "csv", "--output", "a.csv")
    assert exported.err.splitlines()[:2] == told
    checked = run("check", "a.jsonl", "--codebook", "codebook.yaml")
    assert (checked.code, checked.out.splitlines()[:2]) == (1, told)


def test_what_was_mended_on_import_is_told_before_the_count(run: Run, folder: Path) -> None:
    (folder / "a.csv").write_text("id,text,stance\np,The dockers left.,Dock Union : Against\nq,The dockers left.,\n")
    result = run("import", "a.csv", "--from", "csv", "--codebook", "codebook.yaml", "--output", "a.jsonl")
    assert (result.code, result.err.splitlines()) == (
        0,
        [
            'a.csv:2: actor "Dock Union" is taken for union',
            'a.csv:2: stance "Against" is taken for against',
            "1 row of 1 passage; left out: 1 not labelled; written to a.jsonl",
        ],
    )


@pytest.mark.parametrize(
    ("cats", "message"),
    [
        (["war"], 'a.jsonl:1: unknown label "war"; write actor=stance, holder>target=stance, or a frame of the '
                  "codebook harbour: strike, budget; left out; else a.jsonl: nobody labelled anything in it "
                  "(1 not labelled)"),
        ([], "a.jsonl: nobody labelled anything in it (1 not labelled); label first"),
    ],
)  # fmt: skip
def test_where_nothing_is_left_the_import_is_refused(cats: list[str], message: str, run: Run, folder: Path) -> None:
    (folder / "a.jsonl").write_bytes(jsonl({"id": 1, "text": TEXT, "cats": cats}))
    result = run("import", "a.jsonl", "--from", "doccano", "--codebook", "codebook.yaml", "--output", "b.jsonl")
    assert result == Result(2, "", f"stance: {message}\n")
    assert names(folder) == ["a.jsonl", "codebook.yaml"]


def test_refused_rows_of_an_import_are_told_one_by_one_and_nothing_is_written(run: Run, folder: Path) -> None:
    (folder / "a.csv").write_text(
        "id,text,stance\np,A dog.,cat: against\nq,A dog.,port: for ever\nr,A dog.,port: pro\n"
    )
    result = run("import", "a.csv", "--from", "csv", "--codebook", "codebook.yaml", "--output", "a.jsonl")
    assert result == Result(
        2,
        "",
        'a.csv:2: unknown actor "cat"; write an actor of the codebook harbour, add it there, or draw a span of it\n'
        'a.csv:3: unknown stance toward port: "for ever"; use against, neutral, favor\n'
        "stance: 2 of 3 labelled rows are refused, as told above; mend them (up to 1 in 100 would be left out)\n",
    )
    assert names(folder) == ["a.csv", "codebook.yaml"]


# Export of articles


def test_articles_are_cut_for_the_label_tools_as_classify_cuts_them(run: Run, folder: Path, model_dir: Path) -> None:
    (folder / "pile").mkdir()
    (folder / "pile" / "a.txt").write_text(ARTICLE)
    (folder / "pile" / "b.txt").write_text(TEXT)
    result = run("export", "pile", "--codebook", "codebook.yaml", "--to", "doccano", "--output", "tasks.jsonl")
    assert result == Result(
        0,
        "",
        "3 rows, 0 labelled, 0 with suggestions; cut from 2 articles; recognised and left out: 1 headline; "
        "written to tasks.jsonl\n",
    )
    tasks = [json.loads(line) for line in (folder / "tasks.jsonl").read_text().splitlines()]
    rows = [json.loads(line) for line in run("classify", "pile", "--model", model_dir).out.splitlines()]
    assert [(t["id"], t["text"]) for t in tasks] == [(r["id"], r["text"]) for r in rows]
    assert [t["entities"] for t in tasks] == [[[m["start"], m["end"], m["actor"]] for m in r["mentions"]] for r in rows]
    tasks[0]["cats"] = ["strike"]
    (folder / "done.jsonl").write_bytes(jsonl(*tasks))
    assert run("import", "done.jsonl", "--codebook", "codebook.yaml", "--from", "doccano", "-o", "back.jsonl").code == 0
    assert json.loads((folder / "back.jsonl").read_text()) == {
        "id": "a#0", "article": "a", "start": rows[0]["start"], "end": rows[0]["end"], "title": rows[0]["title"],
        "text": TEXT, "frames": ["strike"],
    }  # fmt: skip


def test_articles_from_standard_input_are_exported_with_suggestions(run: Run, folder: Path, model_dir: Path) -> None:
    result = run("export", "-", "--model", model_dir, "--to", "csv", "--output", "t.csv", stdin=ARTICLE.encode())
    assert result.err.startswith("2 rows, 0 labelled, 2 with suggestions; cut from 1 article")
    whole = run("export", "-", "--to", "csv", "--output", "t.csv", "--unit", "passage", stdin=ARTICLE.encode())
    assert whole.err == "1 row, 0 labelled, 0 with suggestions; written to t.csv\n"


# Evaluate, check


def test_data_that_the_model_was_not_trained_on_give_no_warning(run: Run, folder: Path, model_dir: Path) -> None:
    (folder / "other.jsonl").write_bytes(jsonl(*corpus_rows()[:30]))
    assert run("evaluate", "other.jsonl", "--model", model_dir).err == ""


def test_scores_as_json_have_the_promised_keys(run: Run, folder: Path, model_dir: Path) -> None:
    (folder / "corpus.jsonl").write_bytes(jsonl(*corpus_rows()))
    shown = run("evaluate", "corpus.jsonl", "--model", model_dir, "--json", "-")
    assert run("evaluate", "corpus.jsonl", "--model", model_dir, "--json", "scores.json").code == 0
    scores = json.loads(shown.out)
    assert (folder / "scores.json").read_text() == shown.out
    assert (scores["n_passages"], scores["n_articles"]) == (72, 24)
    assert [scores[task]["n"] for task in ("frames", "stance", "directed")] == [72, 144, 144]
    assert [scores[task]["micro_f1"] for task in ("frames", "stance", "directed")] == [1.0, 1.0, 1.0]
    assert (scores["stance"]["accuracy"], scores["stance"]["matcher_recall"]) == (1.0, 1.0)
    assert scores["frames"]["macro_f1"] == 1.0
    values = {"precision": 1.0, "recall": 1.0, "f1": 1.0, "average_precision": 1.0}
    bounds = {f"{key}_interval": None for key in values}
    assert scores["frames"]["macro_f1_interval"] == [1.0, 1.0]
    assert scores["frames"]["per_label"]["strike"] == {**values, **bounds, "support": 36}
    assert {"confusion", "calibration", "risk", "review"} < scores["directed"].keys()


def test_evaluation_of_slices_leaks_and_a_rival_on_terminal_and_page(run: Run, folder: Path, model_dir: Path) -> None:
    rows = [{**row, "source": "Gazette" if n % 2 else "Herald"} for n, row in enumerate(corpus_rows())]
    (folder / "corpus.jsonl").write_bytes(jsonl(*rows))
    trained = run("train", "corpus.jsonl", "--codebook", "codebook.yaml", "--output", "other")
    assert trained.code == 0
    result = run(
        "evaluate", "corpus.jsonl", "--model", "other", "--by", "source", "--compare", model_dir, "--report", "s.html"
    )
    lines = [line.strip() for line in result.out.splitlines()]
    assert result.code == 0
    assert [line for line in result.out.splitlines() if len(line) > 80] == []
    assert "Macro-F1 by source" in lines
    assert any(
        line.startswith("leaks: 72 near-duplicates of training passages; macro-F1 without them:") for line in lines
    )
    assert any(line.startswith("corpus.jsonl:1 is like") for line in lines)
    flowing = " ".join(result.out.split())
    assert "frames, macro-F1: no difference shown: +0.000 (+0.000 to +0.000), p (Holm) 1.000" in flowing
    assert (folder / "s.html").read_text().startswith("<!doctype html>")


def test_a_file_of_predictions_can_be_compared(run: Run, folder: Path, model_dir: Path) -> None:
    (folder / "corpus.jsonl").write_bytes(jsonl(*corpus_rows()))
    assert run("classify", "corpus.jsonl", "--unit", "passage", "--model", model_dir, "--output", "p.jsonl").code == 0
    result = run("evaluate", "corpus.jsonl", "--model", model_dir, "--compare", "p.jsonl", "--json", "-")
    differences = json.loads(result.out)["comparison"]["differences"]
    assert {row["difference"] for row in differences} == {0.0}


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_predictions_of_other_formats_can_be_compared(kind: str, run: Run, folder: Path, model_dir: Path) -> None:
    (folder / "corpus.jsonl").write_bytes(jsonl(*corpus_rows()))
    common = ("corpus.jsonl", "--model", model_dir)
    assert run("classify", *common, "--unit", "passage", "--output", f"p.{kind}").code == 0
    result = run("evaluate", *common, "--compare", f"p.{kind}", "--json", "-")
    assert {row["difference"] for row in json.loads(result.out)["comparison"]["differences"]} == {0.0}


def test_cross_validation_needs_no_model(run: Run, folder: Path) -> None:
    (folder / "corpus.jsonl").write_bytes(jsonl(*corpus_rows()))
    result = run("evaluate", "corpus.jsonl", "--cross-validate", "3", "--codebook", "codebook.yaml", "--json", "-")
    scores = json.loads(result.out)
    assert (result.code, scores["model"], len(scores["folds"])) == (0, "probe models for harbour", 3)
    assert result.err.splitlines() == ["fold 1 of 3", "fold 2 of 3", "fold 3 of 3"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ("--cross-validate", "3", "--model", "m"),
            "--cross-validate trains models of its own; leave out --model and --compare",
        ),
        (
            ("--cross-validate", "1"),
            "Invalid value for '--cross-validate': 1 is not in the range x>=2. See stance --help.",
        ),
        (
            ("--codebook", "codebook.yaml"),
            "--codebook, --labeler and --seed belong to --cross-validate; leave them out",
        ),
        (("--by", "outlet"), '--by outlet: no passage has "outlet"; there are actor, article'),
        (("--compare", "gone.jsonl"), "gone.jsonl: no such file; check the path"),
        (("--report", "gone/s.html"), "gone/s.html: no such folder to write in; make it first"),
    ],
)
def test_evaluations_that_make_no_sense_are_refused(
    options: tuple[str, ...], message: str, run: Run, folder: Path, model_dir: Path
) -> None:
    (folder / "a.jsonl").write_bytes(jsonl(LABELLED))
    own = () if "--cross-validate" in options or "--codebook" in options else ("--model", model_dir)
    assert run("evaluate", "a.jsonl", *own, *options) == Result(2, "", f"stance: {message}\n")


def test_agreement_of_two_annotators_and_a_model(run: Run, folder: Path, model_dir: Path) -> None:
    ann = [{**row, "annotator": "ann"} for row in corpus_rows()]
    ben = [{**row, "annotator": "ben", "frames": [] if n < 3 else row["frames"]} for n, row in enumerate(corpus_rows())]
    (folder / "ann.jsonl").write_bytes(jsonl(*ann))
    (folder / "ben.jsonl").write_bytes(jsonl(*ben))
    result = run("agree", "ann.jsonl", "ben.jsonl", "--model", model_dir, "--json", "a.json", "--report", "a.html")
    assert (result.code, result.err) == (0, "")
    assert [line for line in result.out.splitlines() if len(line) > 80] == []
    assert "In dispute: 3" in result.out
    report = json.loads((folder / "a.json").read_text())
    assert report["annotators"] == ["ann", "ben"]
    assert 0.9 < report["frames"]["alpha"] < 1.0
    assert report["stance"]["alpha"] == 1.0
    assert (folder / "a.html").read_text().count("<h2") == 4


def test_files_of_nameless_rows_are_an_annotator_each(run: Run, folder: Path) -> None:
    for name in ("ann", "ben"):
        (folder / f"{name}.jsonl").write_bytes(jsonl(*corpus_rows()))
    result = run("agree", "ann.jsonl", "ben.jsonl", "--codebook", "codebook.yaml", "--json", "-")
    assert json.loads(result.out)["annotators"] == ["ann", "ben"]


def test_one_annotator_alone_agrees_with_nobody(run: Run, folder: Path) -> None:
    (folder / "a.jsonl").write_bytes(jsonl(LABELLED))
    message = "no passage was labelled by two annotators; give rows with the same id and different annotators"
    assert run("agree", "a.jsonl", "--codebook", "codebook.yaml") == Result(2, "", f"stance: {message}\n")


def test_learning_curve_is_shown_and_kept(run: Run, folder: Path) -> None:
    (folder / "corpus.jsonl").write_bytes(jsonl(*corpus_rows()))
    result = run("train", "corpus.jsonl", "--codebook", "codebook.yaml", "--output", "m", "--learning-curve")
    assert result.code == 0
    assert "Macro-F1 by share of the labels" in result.out
    assert [line for line in result.out.splitlines() if len(line) > 80] == []
    curve = json.loads((folder / "m/metrics.json").read_text())["learning_curve"]
    assert [point["share"] for point in curve["points"]] == [0.1, 0.25, 0.5, 1.0]


@pytest.mark.parametrize(("review", "marked"), [("0", True), ("1", False)])
def test_review_marks_what_is_wrong_with_that_probability(
    review: str, marked: bool, run: Run, folder: Path, model_dir: Path
) -> None:
    (folder / "a.txt").write_text(ARTICLE)
    result = run("classify", "a.txt", "--model", model_dir, "--review", review)
    rows = [json.loads(line) for line in result.out.splitlines()]
    assert [bool(row["uncertain"]) for row in rows] == [marked] * len(rows)


def test_labelled_actor_that_is_not_found_counts_as_wrong(run: Run, folder: Path, model_dir: Path) -> None:
    missed = {"id": "q", "text": "They blamed the Port Authority.", "stance": {"council": "neutral", "port": "against"}}
    (folder / "a.jsonl").write_bytes(jsonl(LABELLED, missed))
    scores = json.loads(run("evaluate", "a.jsonl", "--model", model_dir, "--json", "-").out)["stance"]
    assert (scores["n"], scores["matcher_recall"], scores["accuracy"]) == (3, 2 / 3, 2 / 3)


def test_scores_that_can_not_be_written_are_refused_first(run: Run, folder: Path, model_dir: Path) -> None:
    (folder / "a.jsonl").write_bytes(jsonl(LABELLED))
    result = run("evaluate", "a.jsonl", "--model", model_dir, "--json", "gone/scores.json")
    assert result == Result(2, "", "stance: gone/scores.json: no such folder to write in; make it first\n")


def test_check_without_findings_ends_well(run: Run, folder: Path) -> None:
    (folder / "corpus.jsonl").write_bytes(jsonl(*corpus_rows()))
    result = run("check", "corpus.jsonl", "--codebook", "codebook.yaml")
    assert (result.code, result.err, result.out.splitlines()[0]) == (
        0, "", "72 passages of 24 articles; codebook harbour",
    )  # fmt: skip
    assert result.out.endswith("\n\nno findings\n")


def test_check_lists_bad_rows_of_standard_input_with_their_lines(run: Run) -> None:
    bad = [{**LABELLED, "id": "q", "frames": ["war"]}, {**LABELLED, "id": "r", "stance": {"port": "con"}}]
    result = run("check", "-", "--codebook", "codebook.yaml", stdin=jsonl(LABELLED, *bad) + b"{\n")
    assert (result.code, result.err) == (1, "")
    assert result.out.splitlines()[:3] == [
        '-:2: unknown frame "war"; the codebook harbour has strike, budget',
        '-:3: unknown stance, stance toward port: "con"; use against, neutral, favor',
        '-:4: broken JSON: Expecting property name enclosed in double quotes; found: "{"',
    ]


def test_check_tells_findings_with_lone_surrogates(run: Run, folder: Path) -> None:
    (folder / "a.jsonl").write_bytes(b'{"id": "a", "text": "x", "frames": ["\\ud800"]}\n')
    result = run("check", "a.jsonl", "--codebook", "codebook.yaml")
    assert (result.code, result.err, result.out.splitlines()[0], result.out.splitlines()[-1]) == (
        1,
        "",
        "a.jsonl:1: half a surrogate pair (\\ud800 to \\udfff alone) is no character; mend the escape",
        "1 finding",
    )


# Bad input

GOOD = jsonl(*({**LABELLED, "id": f"p{number}"} for number in range(6)))
MENTION = {"actor": "port", "start": 0, "end": 99}
WHOLE_FILES: dict[str, tuple[dict[str, bytes], str, str]] = {
    "no-such-file": ({}, "gone.jsonl", "gone.jsonl: no such file; check the path"),
    "folder-without-articles": (
        {"in/notes.md": b"x"},
        "in",
        "in: no articles in this folder (it holds .md 1; name one to see what to do); "
        f"it should hold files that end in {KINDS}",
    ),
    "empty": ({"a.jsonl": b""}, "a.jsonl", "a.jsonl: empty; it should hold at least one article"),
    "binary": ({"a.jsonl": b"\x7fELF\0\0"}, "a.jsonl", "a.jsonl: binary, not text; save it as UTF-8 text"),
    "not-utf8": (
        {"a.jsonl": GOOD + '{"id": "é '.encode() + b'\xe9"}\n'},
        "a.jsonl",
        "a.jsonl:7: not UTF-8 (byte 0xe9 at 11); save the file as UTF-8, or say what it is with --encoding NAME",
    ),
}
ROWS: dict[str, tuple[dict[str, bytes], str, str]] = {
    "broken-json-line-7": (
        {"a.jsonl": GOOD + b'{"id": "p7",\n'},
        "a.jsonl",
        'a.jsonl:7: broken JSON: Expecting property name enclosed in double quotes; found: "{"id": "p7","',
    ),
    "no-text": (
        {"a.jsonl": GOOD + jsonl({"id": "p7", "words": "x"})},
        "a.jsonl",
        'a.jsonl:7: no "text"; found: id, words; name the field with the passage "text", or give --text-column NAME',
    ),
    "mentions-outside": (
        {"a.jsonl": GOOD + jsonl({**LABELLED, "id": "p7", "mentions": [MENTION]})},
        "a.jsonl",
        "a.jsonl:7: mention of port at 0-99 is outside the text of 65 characters; "
        "give start and end with 0 <= start < end <= 65",
    ),
}
LABELS: dict[str, tuple[dict[str, bytes], str, str]] = {
    "unknown-frame": (
        {"a.jsonl": GOOD + jsonl({**LABELLED, "id": "p7", "frames": ["war"]})},
        "a.jsonl",
        'a.jsonl:7: unknown frame "war"; the codebook harbour has strike, budget',
    ),
    "unknown-stance": (
        {"a.jsonl": GOOD + jsonl({**LABELLED, "id": "p7", "stance": {"port": "con"}})},
        "a.jsonl",
        'a.jsonl:7: unknown stance, stance toward port: "con"; use against, neutral, favor',
    ),
}
MODEL, BOOK = ("--model", "MODEL"), ("--codebook", "codebook.yaml")
COMMANDS = {
    "classify": ("classify", "INPUT", *MODEL, "--output", "out.jsonl"),
    "classify-strict": ("classify", "INPUT", *MODEL, "--strict", "--output", "out.csv"),
    "classify-stdout": ("classify", "INPUT", *MODEL),
    "train": ("train", "INPUT", *BOOK, "--output", "out"),
    "train-dev": ("train", "good.jsonl", "--dev", "INPUT", *BOOK, "--output", "out"),
    "evaluate": ("evaluate", "INPUT", *MODEL, "--json", "out.json"),
    "check": ("check", "INPUT", *BOOK),
}


def bad_inputs() -> list[Any]:
    cases = []
    for command in COMMANDS:
        kinds = [WHOLE_FILES] if command == "check" else [WHOLE_FILES, ROWS]
        kinds += [LABELS] if command in ("train", "train-dev", "evaluate") else []
        cases += [pytest.param(command, *case, id=f"{command}-{name}") for kind in kinds for name, case in kind.items()]
    return cases


@pytest.mark.parametrize(("command", "files", "given", "message"), bad_inputs())
def test_bad_input_is_one_line_with_exit_code_2_and_nothing_written(
    command: str, files: dict[str, bytes], given: str, message: str, run: Run, folder: Path, model_dir: Path
) -> None:
    for name, data in {"good.jsonl": jsonl(*corpus_rows()), **files}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
    before = names(folder)
    result = run(*(str({"INPUT": given, "MODEL": model_dir}.get(a, a)) for a in COMMANDS[command]))
    share = " (1 of 7 rows are bad; up to 1 in 100 would be left out)"
    tolerant = command in ("classify", "classify-stdout") and (files, given, message) in ROWS.values()
    assert result == Result(2, "", f"stance: {message}{share if tolerant else ''}\n")
    assert names(folder) == before


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (
            "classify",
            'b.jsonl:1: id "p0" stands in a.jsonl too; give every article its own id, or name one file alone',
        ),
        ("train", 'b.jsonl:1: id "p0" stands at a.jsonl:1 too; rename or drop one'),
        ("evaluate", 'b.jsonl:1: id "p0" stands at a.jsonl:1 too; rename or drop one'),
    ],
)
def test_two_files_with_the_same_ids_are_refused(
    command: str, message: str, run: Run, folder: Path, model_dir: Path
) -> None:
    for name in ("a.jsonl", "b.jsonl"):
        (folder / name).write_bytes(GOOD)
    before = names(folder)
    arguments = ({"INPUT": "a.jsonl", "MODEL": model_dir}.get(a, a) for a in COMMANDS[command])
    assert run(*arguments, "b.jsonl") == Result(2, "", f"stance: {message}\n")
    assert names(folder) == before


@pytest.mark.parametrize("command", ["classify", "evaluate"])
@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            "none",
            "gone: no such model folder, and no model of this name is installed; train one, or "
            "give --model the folder of one",
        ),
        (
            "format",
            "copy/manifest.json: format 99, but this version reads format 2; "
            "train the model anew, or use the version that saved it",
        ),
        ("file", "copy: linear.npz is missing; copy the whole folder, or train the model anew"),
        (
            "digest",
            "copy/codebook.yaml: changed since the model was saved; copy it anew, or train the model anew",
        ),
    ],
    ids=["no-folder", "other-format", "file-missing", "file-changed"],
)
def test_spoiled_model_folder_is_refused(
    command: str, spoil: str, message: str, run: Run, folder: Path, model_dir: Path
) -> None:
    copy = Path(shutil.copytree(model_dir, folder / "copy"))
    if spoil == "format":
        manifest = json.loads((copy / "manifest.json").read_text())
        (copy / "manifest.json").write_text(json.dumps({**manifest, "format": 99}))
    elif spoil == "file":
        (copy / "linear.npz").unlink()
    elif spoil == "digest":
        (copy / "codebook.yaml").write_text(CODEBOOK + "\n")
    (folder / "a.jsonl").write_bytes(GOOD)
    before = names(folder)
    model = "gone" if spoil == "none" else "copy"
    result = run(*({"INPUT": "a.jsonl", "MODEL": model}.get(a, a) for a in COMMANDS[command]))
    assert result == Result(2, "", f"stance: {message}\n")
    assert names(folder) == before


@pytest.mark.parametrize("command", ["train", "check"])
@pytest.mark.parametrize(
    ("book", "message"),
    [
        (
            CODEBOOK + "    people: [Port Authority]\n",
            'bad.yaml:20: "Port Authority" stands twice: port (line 15) and council; keep one, '
            "or date them so that their spans do not meet",
        ),
        ("frames: [\n", "bad.yaml:2: not YAML: "),
        (None, "bad.yaml: No such file or directory; give the path of a codebook, a YAML file"),
    ],
    ids=["alias-twice", "no-yaml", "absent"],
)
def test_bad_codebook_is_refused(command: str, book: str | None, message: str, run: Run, folder: Path) -> None:
    (folder / "a.jsonl").write_bytes(GOOD)
    if book is not None:
        (folder / "bad.yaml").write_text(book)
    before = names(folder)
    arguments = ["a.jsonl" if a == "INPUT" else "bad.yaml" if a == "codebook.yaml" else a for a in COMMANDS[command]]
    result = run(*arguments)
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert result.err.startswith(f"stance: {message}")
    assert names(folder) == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--output", "codebook.yaml"], "codebook.yaml: a file stands there; give --output a folder"),
        (["--output", "in"], "in: holds thesis.txt, which is no part of a model; give --output a new folder"),
    ],
    ids=["file", "folder-in-use"],
)
def test_train_refuses_its_output_before_any_work(options: list[str], message: str, run: Run, folder: Path) -> None:
    (folder / "in").mkdir()
    (folder / "in" / "thesis.txt").write_text("mine")
    assert run("train", "gone.jsonl", *options) == Result(2, "", f"stance: {message}\n")
    assert (folder / "in" / "thesis.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--threshold", "strike"], '--threshold "strike": write FRAME=P, as in terrorism_threat=0.4'),
        (["--threshold", "war=0.5"], 'no frame "war" to set a threshold for; the model has strike, budget'),
        (["--threshold", "strike=nan"], "threshold nan for strike is no probability; give one from 0 to 1"),
        (["--threshold", "strike=1.5"], "threshold 1.5 for strike is no probability; give one from 0 to 1"),
        (
            ["--output", "out.docx"],
            "out.docx: no format ends in that; use .jsonl, .ndjson, .csv, .parquet, .txt, or give --format",
        ),
        (["--output", "gone/out.csv"], "gone/out.csv: no such folder to write in; make it first"),
    ],
    ids=["threshold-no-number", "threshold-no-frame", "threshold-nan", "threshold-above-1", "ending", "no-folder"],
)
def test_bad_option_is_refused(options: list[str], message: str, run: Run, folder: Path, model_dir: Path) -> None:
    (folder / "a.jsonl").write_bytes(GOOD)
    before = names(folder)
    assert run("classify", "a.jsonl", "--model", model_dir, *options) == Result(2, "", f"stance: {message}\n")
    assert names(folder) == before


def test_evaluate_without_labels_is_refused(run: Run, folder: Path, model_dir: Path) -> None:
    (folder / "a.jsonl").write_bytes(jsonl(*articles(2)))
    result = run("evaluate", "a.jsonl", "--model", model_dir, "--json", "out.json")
    name = load_model(model_dir).name
    message = f"stance: a.jsonl: no label of a task that {name} learned; give labelled passages\n"
    assert result == Result(2, "", message)
    assert names(folder) == ["a.jsonl", "codebook.yaml"]


@pytest.mark.parametrize("arguments", [["classify"], ["classify", "a", "--unit", "x"], ["clasify"]], ids=str)
def test_wrong_call_is_told_in_one_line(arguments: list[str], run: Run) -> None:
    result = run(*arguments)
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)


class Interrupting(io.BytesIO):
    """A standard input at which the user presses Ctrl-C."""

    def readinto(self, buffer: Any) -> int:
        raise KeyboardInterrupt


def test_interrupted_run_says_so(
    folder: Path, model_dir: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["stance", "classify", "-", "--model", str(model_dir)])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(Interrupting())))  # type: ignore[arg-type]
    with pytest.raises(SystemExit) as stop:
        main()
    assert (stop.value.code, capfd.readouterr()) == (130, ("", "\nstance: interrupted\n"))


# Help


@pytest.mark.parametrize("command", ["", "check", "train", "classify", "evaluate", "agree", "inspect"])
@pytest.mark.parametrize("columns", ["80", "200"])
def test_help_fits_80_columns(command: str, columns: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    result = run(*command.split(), "--help")
    assert (result.code, result.err) == (0, "")
    usage, _, options = result.out.partition("\n")[0].partition("stance ")
    assert (usage[:7], options.startswith(" ".join([*command.split(), "[OPTIONS]"]))) == ("Usage: ", True)
    assert [line for line in result.out.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize(
    ("command", "written"),
    [
        ("classify a.jsonl -o a.jsonl", "a.jsonl"),
        ("report a.html -o ./a.html", "a.html"),
        ("report a.jsonl --codebook a.html -o a.html", "a.html"),
        ("evaluate a.jsonl --json a.jsonl", "a.jsonl"),
        ("evaluate . --report a.html", "a.html"),
        ("evaluate a.jsonl --compare b.jsonl --json b.jsonl", "b.jsonl"),
        ("agree a.jsonl b.jsonl --json b.jsonl", "b.jsonl"),
        ("export a.jsonl --codebook a.csv --to csv -o a.csv", "a.csv"),
        ("import a.jsonl --from prodigy -o a.jsonl", "a.jsonl"),
        ("suggest b.jsonl --labelled a.jsonl -o a.jsonl", "a.jsonl"),
    ],
)
def test_no_command_writes_over_what_it_reads(command: str, written: str, run: Run, folder: Path) -> None:
    for name in ("a.jsonl", "b.jsonl", "a.html", "a.csv"):
        (folder / name).write_text("as it was")
    result = run(*command.split())
    assert (result.code, result.out) == (2, "")
    assert result.err.splitlines()[-1] == f"stance: {written}: is an input too; give the output another name"
    assert (folder / written).read_text() == "as it was"


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("report a.jsonl -o -", "-: only rows and --json can be printed; name a file to write"),
        ("report a.jsonl -o r.pdf", "r.pdf: what is written there is HTML; end its name in .html"),
        ("evaluate a.jsonl --report r.pdf", "r.pdf: what is written there is HTML; end its name in .html"),
        ("agree a.jsonl --json r.html --report r.html", "r.html: two files would be written there; "
         "give one of them another name"),
        ("export a.jsonl --to csv -o r.xlsx", "r.xlsx: what is written there is CSV; end its name in .csv"),
        ("import a.jsonl --from csv -o r.csv", "r.csv: what is written there is JSONL; end its name in .jsonl"),
    ],
)  # fmt: skip
def test_an_output_that_is_not_what_its_name_says_is_refused(
    command: str, message: str, run: Run, folder: Path
) -> None:
    (folder / "a.jsonl").write_text("as it was")
    assert run(*command.split()) == Result(2, "", f"stance: {message}\n")


def test_endings_that_mean_the_same_are_taken(run: Run, folder: Path, model_dir: Path) -> None:
    (folder / "a.txt").write_text(ARTICLE)
    assert run("suggest", "a.txt", "--model", model_dir, "-o", "s.ndjson").code == 0
    assert run("classify", "a.txt", "--model", model_dir, "-o", "p.ndjson").code == 0
    assert run("report", "p.ndjson", "--codebook", "codebook.yaml", "-o", "r.htm").code == 0


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_files_whose_names_are_no_utf8_are_scored(run: Run, folder: Path, model_dir: Path) -> None:
    inside = os.fsencode(folder) + b"/d\xfc"
    os.mkdir(inside)
    with open(inside + b"/t.jsonl", "wb") as stream:
        stream.write(jsonl(*corpus_rows()))
    options = ("--model", model_dir, "--json", "s.json", "--report", "s.html")
    assert run("evaluate", os.fsdecode(inside + b"/t.jsonl"), *options).code == 0
    assert json.loads((folder / "s.json").read_bytes())["data"] == ["d\\udcfc/t.jsonl"]


def test_files_in_folders_that_can_not_be_read_are_told(run: Run, folder: Path, model_dir: Path) -> None:
    (folder / "in").mkdir()
    for name in ("a.txt", "b.doc", "c.DOC", "d.pdf"):
        (folder / "in" / name).write_text(ARTICLE)
    told = "3 files in folders left out, of kinds that can't be read: .doc 2, .pdf 1 (name one to see what to do)"
    assert run("classify", "in", "--model", model_dir).err.splitlines()[-1] == told


def test_help_names_the_commands_and_an_example(run: Run) -> None:
    lines = [line.split() for line in run("--help").out.splitlines()]
    start = lines.index(["Commands:"])
    commands = "classify report codebook suggest export import check agree train evaluate inspect".split()
    assert [line[0] for line in lines[start + 1 : start + 12]] == commands
    assert lines[-1] == "Start with: stance classify article.txt".split()


def test_version_is_told(run: Run) -> None:
    from stance import __version__

    assert run("--version") == Result(0, f"stance {__version__}\n", "")


# Languages

FRENCH = "L'armée a déclaré lundi que des hommes armés avaient franchi la frontière et attaqué un poste."
ARABIC = "قال الجيش يوم الاثنين إن مسلحين عبروا الحدود وهاجموا نقطة تفتيش قرب النهر وقتلوا ثلاثة جنود."
UNREAD = "2 inputs in languages that the model can't read (it reads English)"


@pytest.mark.parametrize("form", ["jsonl", "csv", "text"])
def test_articles_in_other_languages_are_marked_or_left_out(form: str, run: Run, folder: Path, model_dir: Path) -> None:
    for name, text in (("a", ARABIC), ("b", TEXT), ("c", FRENCH)):
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    options = ["classify", ".", "--model", model_dir, "--format", form]
    marked, kept = run(*options), run(*options, "--skip-unread-languages")
    assert (marked.code, kept.code) == (0, 0)
    assert f"{UNREAD}, marked uncertain: Arabic 1, French 1\n3 passages of 3 inputs labelled\n" in marked.err
    assert f"{UNREAD}, left out: Arabic 1, French 1\n1 passage of 3 inputs labelled\n" in kept.err
    assert [text[:40] in marked.out for text in (ARABIC, TEXT)] == [True, True]
    assert [text[:40] in kept.out for text in (ARABIC, TEXT)] == [False, True]
    if form == "jsonl":
        rows = [json.loads(line) for line in marked.out.splitlines()]
        assert [(row.get("lang"), row["uncertain"] == ["language"]) for row in rows] == [
            ("ar", True), (None, False), ("fr", True),
        ]  # fmt: skip
        assert list(rows[0]) == list(rows[2])


def test_what_can_not_be_read_is_exported_without_suggestions(run: Run, folder: Path, model_dir: Path) -> None:
    (folder / "a.jsonl").write_bytes(jsonl({"id": "a", "text": ARABIC}, {"id": "b", "text": TEXT}))
    result = run("export", "a.jsonl", "--to", "prodigy", "--output", "t.jsonl", "--model", model_dir)
    assert result.err == (
        "2 rows, 0 labelled, 1 with suggestions, 1 in languages that the model can't read, without; "
        "written to t.jsonl\n"
    )


def test_labels_of_another_codebook_are_told_in_one_line_too(run: Run, tmp_path: Path) -> None:
    rows = [{"id": str(n), "text": f"The dockers left pier {n}.", "frames": ["walkout"]} for n in range(5)]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    result = run("check", str(tmp_path / "a.jsonl"))
    assert (result.code, result.err) == (
        1,
        "5 findings are of names that the codebook militancy does not have; --codebook FILE names yours\n",
    )
    (tmp_path / "a.jsonl").write_text(json.dumps(rows[0]) + "\n")
    assert run("check", str(tmp_path / "a.jsonl")).err == ""
