"""What commands do with outputs and streams that are not as usual: pipes, links, closed ones, no shared memory."""

from __future__ import annotations

import codecs
import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import stance.jobs.stream
import stance.learning.fitting
from stance.commands.app import main
from tests.conftest import CODEBOOK, corpus_rows

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such files")

BOOK = ("--codebook", "codebook.yaml")
WRITING = {
    "classify": ("classify", "a.jsonl", "--model", "MODEL", "--format", "jsonl", "-o"),
    "classify-csv": ("classify", "a.jsonl", "--model", "MODEL", "--format", "csv", "-o"),
    "classify-text": ("classify", "a.jsonl", "--model", "MODEL", "--format", "text", "-o"),
    "suggest": ("suggest", "a.jsonl", "--model", "MODEL", "-o"),
    "evaluate": ("evaluate", "labels.jsonl", "--model", "MODEL", "--json"),
    "evaluate-page": ("evaluate", "labels.jsonl", "--model", "MODEL", "--report"),
    "agree": ("agree", "ann.jsonl", "ben.jsonl", *BOOK, "--json"),
    "report": ("report", "rows.jsonl", *BOOK, "-o"),
    "export": ("export", "labels.jsonl", *BOOK, "--to", "doccano", "-o"),
    "export-two": ("export", "labels.jsonl", *BOOK, "--to", "label-studio", "-o"),
    "import": ("import", "tasks.jsonl", *BOOK, "--from", "doccano", "-o"),
}
"""Commands up to the name of an output."""
BEGINS = {
    "classify-csv": b"id,article,",
    "classify-text": b"a0",
    "evaluate": b'{\n "model"',
    "evaluate-page": b"<!doctype html>",
    "agree": b"{\n",
    "report": b"<!doctype html>",
    "export-two": b"[",
}
"""What is written; else a row."""


@pytest.fixture(scope="module")
def inputs(model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What the commands read: articles, labels, predictions of them, tasks of a label tool."""
    rows = corpus_rows()[:24]
    folder = tmp_path_factory.mktemp("inputs")
    files = {
        "a.jsonl": [{"id": row["id"], "text": row["text"]} for row in rows],
        "labels.jsonl": rows,
        "ann.jsonl": [{**row, "annotator": "ann"} for row in rows],
        "ben.jsonl": [{**row, "annotator": "ben"} for row in rows],
    }
    for name, own in files.items():
        (folder / name).write_text("".join(json.dumps(row) + "\n" for row in own))
    (folder / "codebook.yaml").write_text(CODEBOOK)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert call(patch, "classify", "a.jsonl", "--model", model_dir, "-o", "rows.jsonl") == 0
        assert call(patch, "export", "labels.jsonl", *BOOK, "--to", "doccano", "-o", "tasks.jsonl") == 0
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def folder(inputs: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, data in inputs.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def call(patch: pytest.MonkeyPatch, *arguments: object) -> int:
    patch.setattr(sys, "argv", ["stance", *map(str, arguments)])
    with pytest.raises(SystemExit) as stop:
        main()
    return int(stop.value.code or 0)


def command(name: str, model_dir: Path, output: object) -> list[str]:
    return [str(model_dir) if part == "MODEL" else part for part in (*WRITING[name], str(output))]


def kind(folder: Path) -> list[tuple[str, int]]:
    return [(path.name, stat.S_IFMT(path.lstat().st_mode)) for path in sorted(folder.iterdir())]


@pytest.mark.parametrize("name", WRITING)
def test_an_output_that_is_a_pipe_is_written_into(
    name: str, folder: Path, model_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe, read = folder / "pipe", list[bytes]()
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    code = call(monkeypatch, *command(name, model_dir, pipe))
    reader.join()
    assert (code, kind(folder)) == (0, [("pipe", stat.S_IFIFO)])
    assert read[0].removeprefix(codecs.BOM_UTF8).startswith(BEGINS.get(name, b'{"id": "a'))


@pytest.mark.parametrize("name", WRITING)
def test_an_output_that_is_standard_output_is_printed(
    name: str, folder: Path, model_dir: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert call(monkeypatch, *command(name, model_dir, "/dev/stdout")) == 0
    out = capfdbinary.readouterr().out
    assert out.startswith(BEGINS.get(name, b'{"id": "a'))
    if name == "evaluate":
        assert json.loads(out)["n_passages"] == 24


@pytest.mark.parametrize("name", WRITING)
def test_of_an_output_that_is_a_link_the_target_is_written_and_keeps_its_permissions(
    name: str, folder: Path, model_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ending = {"report": ".html", "evaluate-page": ".html", "export-two": ".json"}.get(name, ".jsonl")
    link, target = folder / f"link{ending}", folder / f"real{ending}"
    link.symlink_to(target.name)
    for _ in range(2):  # first there is no target
        assert call(monkeypatch, *command(name, model_dir, link)) == 0
        assert (link.is_symlink(), target.is_symlink()) == (True, False)
        assert target.read_bytes().removeprefix(codecs.BOM_UTF8).startswith(BEGINS.get(name, b'{"id": "a'))
    target.chmod(0o600)
    assert call(monkeypatch, *command(name, model_dir, link)) == 0
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [path.name for path in sorted(folder.iterdir()) if path.suffix != ".xml"] == [link.name, target.name]


def test_a_run_that_can_be_gone_on_with_keeps_its_files_beside_the_target_of_a_link(
    folder: Path, model_dir: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (folder / "far").mkdir()
    Path("out.jsonl").symlink_to("out/far/real.jsonl")
    for number in range(5):
        Path(f"b{number}.jsonl").write_text(Path("a.jsonl").read_text().replace('"id": "', f'"id": "{number}'))
    files = [f"b{number}.jsonl" for number in range(5)]
    common = ("classify", *files, "--model", model_dir, "--jobs", 1, "-o", "out.jsonl")
    label_batch, calls = stance.jobs.stream._label_batch, iter(range(9))

    def stopped(*given: object) -> object:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return label_batch(*given)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(stance.jobs.stream, "_label_batch", stopped)
        assert call(patch, *common) == 130
    assert [path.name for path in sorted((folder / "far").iterdir())] == [".real.jsonl.journal", ".real.jsonl.partial"]
    assert call(monkeypatch, *common, "--resume") == 0
    assert [path.name for path in sorted((folder / "far").iterdir())] == ["real.jsonl"]
    assert Path("out.jsonl").is_symlink()
    assert Path("out.jsonl").read_text().count("\n") == 120
    capfd.readouterr()


def test_a_run_into_a_pipe_can_not_be_gone_on_with(
    folder: Path, model_dir: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(folder / "pipe.jsonl")
    arguments = command("classify", model_dir, folder / "pipe.jsonl")
    assert call(monkeypatch, *arguments, "--resume") == 2
    assert capfd.readouterr().err.startswith("stance: --resume and --restart go with files to read and --output FILE")
    assert kind(folder) == [("pipe.jsonl", stat.S_IFIFO)]


def test_a_model_is_saved_where_a_link_leads_and_nowhere_but_in_a_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (folder / "mine").symlink_to("real")
    common = ("train", "labels.jsonl", *BOOK, "--labeler", "linear", "--output")
    for _ in range(2):
        assert call(monkeypatch, *common, folder / "mine") == 0
        assert kind(folder) == [("mine", stat.S_IFLNK), ("real", stat.S_IFDIR)]
        (folder / "real").chmod(0o700)
    assert stat.S_IMODE((folder / "real").stat().st_mode) == 0o700
    assert (folder / "mine" / "manifest.json").is_file()
    os.mkfifo(folder / "pipe")
    (folder / "loop").symlink_to("loop")
    capfd.readouterr()
    assert call(monkeypatch, *common, folder / "pipe") == 2
    assert capfd.readouterr() == ("", f"stance: {folder}/pipe: a file stands there; give --output a folder\n")
    assert call(monkeypatch, *common, "/dev/stdout") == 2
    assert capfd.readouterr() == ("", "stance: /dev/stdout: a file stands there; give --output a folder\n")
    assert call(monkeypatch, *common, folder / "loop") == 2
    told = f"stance: {folder}/loop: a link that leads back to itself; give --output another folder\n"
    assert capfd.readouterr() == ("", told)
    assert stat.S_ISFIFO((folder / "pipe").stat().st_mode)


@pytest.mark.parametrize("environment", [{"FORCE_COLOR": "1"}, {"FORCE_COLOR": "3", "TTY_COMPATIBLE": "1"}])
def test_a_file_holds_no_colours_and_80_columns(
    environment: dict[str, str], folder: Path, model_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, value in {**environment, "COLUMNS": "200", "TERM": "xterm-256color"}.items():
        monkeypatch.setenv(key, value)
    assert call(monkeypatch, *command("classify-text", model_dir, folder / "out.txt")) == 0
    text = (folder / "out.txt").read_text()
    assert ("\x1b" in text, max(map(len, text.splitlines()))) == (False, 80)


def run(arguments: list[str], closed: str) -> tuple[int, str, str]:
    """Runs a command with streams closed."""
    line = f'exec "$0" "$@" {closed}'
    done = subprocess.run(
        ["sh", "-c", line, sys.executable, "-m", "stance", *arguments], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


UNPRINTED = "stance: standard output is closed, so nothing can be printed; open it, or name a file to write\n"


@pytest.mark.parametrize(
    ("name", "output", "closed", "code", "err"),
    [
        ("classify", "out/o.jsonl", "2>&-", 0, ""),
        ("classify", "out/o.jsonl", ">&- 2>&- <&-", 0, ""),
        ("classify", "-", ">&-", 2, UNPRINTED),
        ("classify-text", "-", ">&-", 2, UNPRINTED),
        ("classify", "-", ">&- 2>&-", 2, ""),
        ("classify", "out/gone/o.jsonl", "2>&-", 2, ""),
        ("suggest", "out/o.jsonl", ">&- 2>&-", 0, ""),
        ("evaluate", "out/o.json", ">&-", 2, UNPRINTED),
        ("evaluate-page", "out/o.html", ">&- 2>&-", 2, ""),
        ("report", "out/o.html", "2>&-", 0, ""),
    ],
)
def test_streams_that_are_closed_cost_no_file_and_give_one_line(
    name: str, output: str, closed: str, code: int, err: str, folder: Path, model_dir: Path
) -> None:
    assert run(command(name, model_dir, output), closed) == (code, "", err)
    wanted = [] if output == "-" or "gone" in output else [Path(output).name]
    assert [path.name for path in folder.iterdir()] == wanted


def test_standard_input_that_is_closed_is_told_in_one_line(folder: Path, model_dir: Path) -> None:
    told = "stance: -: standard input is closed; name a file to read\n"
    assert run(["classify", "-", "--model", str(model_dir)], "<&-") == (2, "", told)
    assert run(["import", "-", "--from", "csv", *BOOK, "-o", "o.jsonl"], "<&-") == (2, "", told)
    assert run(["check", "-", *BOOK], "<&-") == (2, "", told)


def test_a_training_without_streams_saves_its_model(folder: Path) -> None:
    assert run(["train", "labels.jsonl", *BOOK, "-o", "out/mine"], ">&- 2>&- <&-") == (2, "", "")
    assert (folder / "mine" / "manifest.json").is_file()


def test_a_full_standard_error_costs_nothing(folder: Path, model_dir: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no such device here")
    assert run(command("classify", model_dir, "out/o.jsonl"), "2>/dev/full") == (0, "", "")
    assert run(command("classify", model_dir, "/dev/full"), "") == (2, "", "stance: output: No space left on device\n")


def test_without_shared_memory_there_is_one_process_and_no_word(
    folder: Path, model_dir: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def refuse(*given: object, **options: object) -> None:
        raise OSError(30, "Read-only file system")

    assert call(monkeypatch, *command("classify", model_dir, "out/two.jsonl"), "--jobs", 2) == 0
    expected = capfd.readouterr().err.replace("two.", "one.")
    monkeypatch.setattr("multiprocessing.synchronize.SemLock.__init__", refuse)
    monkeypatch.setattr(stance.jobs.stream, "INLINE", 1)
    monkeypatch.setattr(stance.jobs.stream, "BATCH", 4)
    monkeypatch.setattr(stance.learning.fitting, "Parallel", refuse)
    assert call(monkeypatch, *command("classify", model_dir, "out/one.jsonl"), "--jobs", 2) == 0
    assert capfd.readouterr().err == expected
    assert Path("out/one.jsonl").read_bytes() == Path("out/two.jsonl").read_bytes()
    assert call(monkeypatch, "suggest", "a.jsonl", "--model", model_dir, "-o", "out/s.jsonl") == 0
    assert call(monkeypatch, "train", "labels.jsonl", *BOOK, "-o", "out/mine") == 0
    assert "file system" not in capfd.readouterr().err
