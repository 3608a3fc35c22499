"""A command that a person stops says so in one line with exit code 130, at whatever moment, and clears up."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from joblib import delayed

import stance.jobs.stream
from stance.commands.app import main
from stance.jobs.stream import Settings, label_rows
from stance.learning.fitting import _side_by_side
from stance.machine import Unfinished
from stance.records import Article

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such signals")

AT_AN_IMPORT = """
import os, signal, sys
class Finder:
    def find_spec(name, path=None, target=None):
        if name == {module!r}:
            {act}
sys.meta_path.insert(0, Finder)
from stance.commands.app import main
main()
"""
STOP, RAISE = "os.kill(os.getpid(), signal.SIGINT)", "raise KeyboardInterrupt"
TOLD = "\nstance: interrupted\n"


def run(code: str, folder: Path, *arguments: str, handler: str = "default_int_handler") -> tuple[int, str, str]:
    first = f"import signal; signal.signal(signal.SIGINT, signal.{handler})"  # tests may run where nothing is heeded
    command = [sys.executable, "-c", f"{first}\n{code}", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("module", "act", "told"),
    [
        ("stance.commands.group", RAISE, TOLD[1:]),
        ("click", STOP, TOLD),
        ("stance.commands.train", STOP, TOLD),
        ("numpy", STOP, TOLD),
        ("onnxruntime", STOP, TOLD),
    ],
)
def test_a_command_can_be_stopped_while_it_starts(module: str, act: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Kabul rejected it.")
    code = AT_AN_IMPORT.format(module=module, act=act)
    assert run(code, tmp_path, "classify", "a.txt", "-o", "o.jsonl") == (130, "", told)
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_command_that_was_started_so_as_not_to_be_stopped_goes_on(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Kabul rejected it.")
    code = AT_AN_IMPORT.format(module="numpy", act=STOP)
    done = run(code, tmp_path, "classify", "a.txt", "-o", "o.jsonl", handler="SIG_IGN")
    assert done == (0, "", "1 passage of 1 input labelled; written to o.jsonl\n")


AT_A_BATCH = """
import os, signal, sys
import stance.jobs.stream
from stance.commands.app import main
label, numbers = stance.jobs.stream._label_batch, iter(range(9))
def stopping(*given):
    if next(numbers) == {batch}:
        os.kill(os.getpid(), signal.SIGINT)
    return label(*given)
stance.jobs.stream._label_batch = stopping
stance.jobs.stream.BATCH = 1
main()
"""


@pytest.mark.parametrize(
    ("batch", "left", "told"),
    [
        (0, [], ""),
        (
            1,
            [".o.jsonl.journal", ".o.jsonl.partial"],
            "o.jsonl: not whole yet; the same command goes on from here with --resume\n",
        ),
    ],
)
def test_what_a_stopped_run_began_is_cleared_up(
    batch: int, left: list[str], told: str, model_dir: Path, tmp_path: Path
) -> None:
    rows = [{"id": str(number), "text": "The dockers left."} for number in range(4)]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    common = ("classify", "a.jsonl", "--model", str(model_dir), "--jobs", "1", "-o", "o.jsonl")
    assert run(AT_A_BATCH.format(batch=batch), tmp_path, *common) == (130, "", told + TOLD)
    assert sorted(path.name for path in tmp_path.iterdir()) == [*left, "a.jsonl"]


def test_an_output_that_is_not_whole_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.jsonl").write_text('{"id": "a", "text": "The dockers left.", "frames": []}\n')

    def stop(*given: object) -> None:
        assert Unfinished.depth == 1
        raise KeyboardInterrupt

    monkeypatch.setattr("stance.formats.writing.put_in_place", stop)
    monkeypatch.setattr(sys, "argv", ["stance", "export", "a.jsonl", "--to", "csv", "-o", "o.csv"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert (ended.value.code, capfd.readouterr(), Unfinished.depth) == (130, ("", TOLD), 0)
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


def hears(*given: object) -> bool:
    return signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_processes_started_from_here_do_not_hear_of_it(model_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stance.jobs.stream, "INLINE", 1)
    monkeypatch.setattr(stance.jobs.stream, "BATCH", 1)
    articles = [Article(str(number), "The dockers left.") for number in range(4)]
    batches = label_rows(articles, str(model_dir), Settings(), 2, hears)
    assert [heard for rows, _ in batches for heard in rows] == [False] * 4
    assert list(_side_by_side([delayed(hears)() for _ in range(3)], 2)) == [False] * 3
    assert hears()
