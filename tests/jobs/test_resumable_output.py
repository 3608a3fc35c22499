"""Output that survives a kill: gone on with, it is the same to the byte; and nobody else writes it meanwhile."""

from __future__ import annotations

import errno
import gc
import itertools
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import stance.jobs.resumable_output
import stance.jobs.runs
from stance.commands.app import main
from stance.formats.writing import OutputError
from stance.jobs.resumable_output import ResumableOutput, signature
from stance.jobs.stream import BATCH
from stance.records import InputError

KINDS = ("csv", "jsonl", "parquet")
N_BATCHES = 4


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with articles for four batches."""
    monkeypatch.chdir(tmp_path)
    text = "The Dock Union blamed the Port Authority over the stopped cranes, on day {}."
    rows = [{"id": f"n{i}", "text": text.format(i // 2), "desk": i} for i in range(BATCH * N_BATCHES - 3)]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["stance", *map(str, arguments)])
    with pytest.raises(SystemExit) as stop:
        main()
    return int(stop.value.code or 0)


def stop_after(monkeypatch: pytest.MonkeyPatch, n_batches: int) -> None:
    """A person stops the next run when so many batches are labelled."""
    label_rows = stance.jobs.runs.label_rows

    def stopped(*arguments: Any) -> Iterator[Any]:
        for number, batch in enumerate(label_rows(*arguments)):
            if number == n_batches:
                raise KeyboardInterrupt
            yield batch

    monkeypatch.setattr(stance.jobs.runs, "label_rows", stopped)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n_batches", [0, 1, 3])
def test_a_run_that_was_stopped_goes_on_to_the_same_bytes(
    kind: str, n_batches: int, folder: Path, model_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    common = ("classify", "a.jsonl", "--model", model_dir, "--jobs", "1", "--output")
    assert run(monkeypatch, *common, f"whole.{kind}") == 0
    with monkeypatch.context() as stopping:
        stop_after(stopping, n_batches)
        assert run(stopping, *common, f"out.{kind}") == 130
    assert f"out.{kind}" not in names(folder)
    assert run(monkeypatch, *common, f"out.{kind}", "--resume") == 0
    assert (folder / f"out.{kind}").read_bytes() == (folder / f"whole.{kind}").read_bytes()
    assert names(folder) == ["a.jsonl", f"out.{kind}", f"whole.{kind}"]


_KILLED = """
import os, signal, sys
import stance.jobs.resumable_output
from stance.commands.app import main

write = stance.jobs.resumable_output.ResumableOutput.write

def killed(self, rows, counts):
    if self.batches == 2:
        for row in rows[:5]:
            self._writer.write(row)
        self._stream.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    write(self, rows, counts)

stance.jobs.resumable_output.ResumableOutput.write = killed
sys.argv = ["stance", *sys.argv[1:]]
main()
"""


def test_a_run_killed_amid_a_batch_goes_on_to_the_same_bytes(
    folder: Path, model_dir: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    common = ("classify", "a.jsonl", "--model", str(model_dir), "--jobs", "1", "--output")
    assert run(monkeypatch, *common, "whole.jsonl") == 0
    killed = subprocess.run([sys.executable, "-c", _KILLED, *common, "out.jsonl"], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert json.loads((folder / ".out.jsonl.journal").read_text())["batches"] == 2
    capfd.readouterr()
    assert run(monkeypatch, *common, "out.jsonl", "--resume") == 0
    assert (folder / "out.jsonl").read_bytes() == (folder / "whole.jsonl").read_bytes()
    summary = f"{BATCH * N_BATCHES - 3} passages of {BATCH * N_BATCHES - 3} inputs labelled; written to out.jsonl\n"
    assert capfd.readouterr().err == summary


@pytest.mark.parametrize(
    ("again", "message"),
    [
        ((), "an earlier run was stopped before its end; go on from there with --resume, or start over with --restart"),
        (
            ("--resume", "--threshold", "strike=0.9"),
            "the run that was stopped had other inputs, options or another model",
        ),
    ],
    ids=["neither said", "other options"],
)
def test_what_was_stopped_is_neither_lost_nor_mixed(
    again: tuple[str, ...],
    message: str,
    folder: Path,
    model_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    common = ("classify", "a.jsonl", "--model", model_dir, "--jobs", "1", "--output", "out.jsonl")
    with monkeypatch.context() as stopping:
        stop_after(stopping, 2)
        assert run(stopping, *common) == 130
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert sorted(before) == [".out.jsonl.journal", ".out.jsonl.partial", "a.jsonl"]
    capfd.readouterr()
    assert run(monkeypatch, *common, *again) == 2
    assert message in capfd.readouterr().err
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert run(monkeypatch, *common, "--restart") == 0
    assert names(folder) == ["a.jsonl", "out.jsonl"]


def test_a_full_disk_costs_nothing_that_was_written(
    folder: Path, model_dir: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    write = ResumableOutput.write

    def full(output: ResumableOutput, rows: Any, counts: Any) -> None:
        if output.batches == 2:
            raise OSError(28, "No space left on device", "out.jsonl")
        write(output, rows, counts)

    common = ("classify", "a.jsonl", "--model", model_dir, "--jobs", "1", "--output", "out.jsonl")
    with monkeypatch.context() as filling:
        filling.setattr(ResumableOutput, "write", full)
        assert run(filling, *common) == 2
    assert capfd.readouterr().err.splitlines() == [
        "out.jsonl: not whole yet; the same command goes on from here with --resume",
        "stance: out.jsonl: No space left on device",
    ]
    assert names(folder) == [".out.jsonl.journal", ".out.jsonl.partial", "a.jsonl"]
    assert run(monkeypatch, *common, "--resume") == 0
    assert names(folder) == ["a.jsonl", "out.jsonl"]


def test_a_journal_that_can_not_be_written_costs_nothing_that_was(tmp_path: Path) -> None:
    output = ResumableOutput(tmp_path / "out.jsonl", "jsonl", (), "s")
    blocked = tmp_path / f"..out.jsonl.journal.{os.getpid()}.part"
    with pytest.raises(OutputError, match="can't be written"), output:  # noqa: PT012
        output.write([b"one\n"], {})
        blocked.mkdir()
        output.write([b"two\n"], {})
    blocked.rmdir()
    again = ResumableOutput(tmp_path / "out.jsonl", "jsonl", (), "s", resume=True)
    assert again.batches == 1
    with again:
        again.write([b"two\n"], {})
        again.finish()
    assert (tmp_path / "out.jsonl").read_bytes() == b"one\ntwo\n"
    assert names(tmp_path) == ["out.jsonl"]


def test_an_output_that_can_not_be_finished_is_told_in_one_line_and_gone_on_with(
    folder: Path, model_dir: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def failing(path: Path) -> Iterator[dict[str, Any]]:
        yield from itertools.islice(flat_rows(path), 3)
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    flat_rows = stance.jobs.resumable_output._flat_rows
    common = ("classify", "a.jsonl", "--model", model_dir, "--jobs", "1", "--output", "out.parquet")
    with monkeypatch.context() as broken:
        broken.setattr(stance.jobs.resumable_output, "_flat_rows", failing)
        assert run(broken, *common) == 2
    told = "out.parquet: not whole yet; the same command goes on from here with --resume\n"
    assert capfd.readouterr().err == f"{told}stance: output: Input/output error\n"
    gc.collect()
    assert run(monkeypatch, *common, "--resume") == 0
    assert capfd.readouterr().err.count("\n") == 1
    assert names(folder) == ["a.jsonl", "out.parquet"]


def test_standard_input_can_not_be_gone_on_with(
    folder: Path, model_dir: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "classify", "-", "--model", model_dir, "--output", "out.jsonl", "--resume") == 2
    assert "--resume and --restart go with files to read and --output" in capfd.readouterr().err
    assert names(folder) == ["a.jsonl"]


def test_a_run_that_fails_leaves_nothing(folder: Path, model_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open(folder / "a.jsonl", "a") as stream:
        stream.write("{\n" * 5)
    assert run(monkeypatch, "classify", "a.jsonl", "--model", model_dir, "--jobs", "1", "--output", "out.jsonl") == 2
    assert names(folder) == ["a.jsonl"]


def test_resume_needs_a_file_to_go_on_with(folder: Path, model_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "classify", "a.jsonl", "--model", model_dir, "--resume") == 2


def test_two_do_not_write_the_same_file(tmp_path: Path) -> None:
    with ResumableOutput(tmp_path / "out.jsonl", "jsonl", (), "x") as first:
        first.write([b"{}\n"], Counter())
        with pytest.raises(InputError, match=r"out\.jsonl: another process is writing it"):
            ResumableOutput(tmp_path / "out.jsonl", "jsonl", (), "x", resume=True)
        first.finish()
    assert (tmp_path / "out.jsonl").read_bytes() == b"{}\n"
    assert names(tmp_path) == ["out.jsonl"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_killed_when_its_file_was_just_in_place_goes_on_to_the_same_bytes(
    kind: str, folder: Path, model_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("classify", "a.jsonl", "--model", model_dir, "--jobs", 1, "--output", f"out.{kind}")
    assert run(monkeypatch, *command) == 0
    expected = (folder / f"out.{kind}").read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", lambda path, missing_ok=False: None)
        assert run(patch, *command) == 0
    assert f".out.{kind}.journal" in names(folder)
    assert run(monkeypatch, *command, "--resume") == 0
    assert (folder / f"out.{kind}").read_bytes() == expected
    assert names(folder) == ["a.jsonl", f"out.{kind}"]


def test_a_file_that_another_process_has_just_finished_is_not_emptied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out.jsonl"
    (tmp_path / ".out.jsonl.partial").write_bytes(b"{}\n")
    monkeypatch.setattr(
        stance.jobs.resumable_output, "_lock", lambda *given: os.replace(tmp_path / ".out.jsonl.partial", path)
    )
    with pytest.raises(InputError, match=r"out\.jsonl: another process has just finished it"):
        ResumableOutput(path, "jsonl", (), "x")
    assert path.read_bytes() == b"{}\n"


def test_a_partial_file_shorter_than_its_journal_is_not_gone_on_with(tmp_path: Path) -> None:
    output = ResumableOutput(tmp_path / "o.jsonl", "jsonl", (), "x")
    output.write([b"{}\n"], Counter())
    output.__exit__(KeyboardInterrupt)
    (tmp_path / ".o.jsonl.partial").write_bytes(b"{")
    with pytest.raises(InputError, match="shorter than its journal says; start over with --restart"):
        ResumableOutput(tmp_path / "o.jsonl", "jsonl", (), "x", resume=True)


@pytest.mark.parametrize("journal", [b"", b"{", b"[]", b'{"batches": 3}', b'{"signature": "x", "batches": "3"}'])
def test_a_journal_that_says_nothing_is_no_run_to_go_on_with(journal: bytes, tmp_path: Path) -> None:
    (tmp_path / ".o.jsonl.journal").write_bytes(journal)
    (tmp_path / ".o.jsonl.partial").write_bytes(b"{}\n")
    with ResumableOutput(tmp_path / "o.jsonl", "jsonl", (), "x") as output:
        output.finish()
    assert (tmp_path / "o.jsonl").read_bytes() == b""
    assert names(tmp_path) == ["o.jsonl"]


def test_a_file_that_changed_is_another_input(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("{}\n")
    first = signature([str(path)], "model")
    assert signature([str(path)], "model") == first
    assert signature([str(path)], "other") != first
    os.utime(path, (1, 1))
    assert signature([str(path)], "model") != first


def test_a_run_that_is_gone_on_with_tells_all_that_could_not_be_read(
    folder: Path, model_dir: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    rows = [json.loads(line) for line in (folder / "a.jsonl").read_text().splitlines()]
    told = [{**row, "lang": "ur" if number % 4 else "en"} for number, row in enumerate(rows)]
    (folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in told))
    options = ["classify", "a.jsonl", "--model", model_dir, "--skip-unread-languages", "--output"]
    assert run(monkeypatch, *options, "whole.csv") == 0
    whole = capfd.readouterr().err
    with monkeypatch.context() as patch:
        stop_after(patch, 2)
        run(patch, *options, "part.csv")
    assert run(monkeypatch, *options, "part.csv", "--resume") == 0
    assert capfd.readouterr().err.splitlines()[-2:] == whole.replace("whole.csv", "part.csv").splitlines()
    assert Path("part.csv").read_bytes() == Path("whole.csv").read_bytes()
    unread = sum(number % 4 > 0 for number in range(len(rows)))
    assert whole.splitlines()[0] == (
        f"{unread} inputs in languages that the model can't read (it reads English), left out: Urdu {unread}"
    )
