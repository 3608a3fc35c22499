"""Private: in a fresh home nothing is written, no name is looked up, and nothing is told of a home that can't be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stance.machine import UNREPORTED
from tests.conftest import CODEBOOK, corpus_rows, script

COMMANDS = {
    "classify": "classify labels.jsonl --jobs 2 --output rows.csv",
    "page": "classify page.html",
    "train": "train labels.jsonl --codebook codebook.yaml --output mine",
    "evaluate": "evaluate known.jsonl --report scores.html",
    "suggest": "suggest labels.jsonl --output more.jsonl",
    "python": "",
}
PYTHON = "from stance import load; print(load().classify([{'text': 'Kabul rejected it.'}])[0].model)"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working folder with labels and a page."""
    (tmp_path / "codebook.yaml").write_text(CODEBOOK)
    (tmp_path / "labels.jsonl").write_text("".join(json.dumps(row) + "\n" for row in corpus_rows()[:36]))
    known = {"id": "a", "text": "Islamabad accused Kabul of sheltering the TTP.", "stance": {"ttp": "against"}}
    (tmp_path / "known.jsonl").write_text(json.dumps(known) + "\n")
    paragraphs = "".join(
        f"<p>The Dock Union blamed the Port Authority on day {n}, as it did before.</p>" for n in range(9)
    )
    (tmp_path / "page.html").write_text(f"<html><body><article>{paragraphs}</article></body></html>")
    return tmp_path


def run(name: str, folder: Path, home: Path) -> subprocess.CompletedProcess[str]:
    """Runs a command as a person does who has set nothing that switches off reports."""
    own = {key: value for key, value in os.environ.items() if key not in UNREPORTED and not key.startswith("XDG_")}
    command = ["-m", "stance", *COMMANDS[name].split()] if COMMANDS[name] else ["-c", PYTHON]
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**own, "HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_nothing_is_left_in_a_fresh_home(name: str, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("home")
    assert run(name, folder, home).returncode == 0
    assert sorted(str(path.relative_to(home)) for path in home.rglob("*")) == []


@pytest.mark.parametrize("name", ["classify", "python"])
def test_without_a_home_there_is_no_warning(name: str, folder: Path) -> None:
    done = run(name, folder, Path("/dev/null/home"))
    told = "36 passages of 36 inputs labelled; written to rows.csv\n" if name == "classify" else ""
    assert (done.returncode, done.stderr) == (0, told)


def test_processes_started_from_here_do_not_report_either() -> None:
    ask = f"import os; print([os.environ.get(name) for name in {list(UNREPORTED)}])"
    code = f"import subprocess, sys, stance.records; subprocess.run([sys.executable, '-c', {ask!r}], check=True)"
    own = {key: value for key, value in os.environ.items() if key not in UNREPORTED}
    done = subprocess.run([sys.executable, "-c", code], env=own, capture_output=True, text=True, check=True)
    assert done.stdout == f"{list(UNREPORTED.values())}\n"


def test_no_name_is_looked_up() -> None:
    private = script("private", "benchmarks")
    if private.unshared() is None:
        pytest.skip("no network of its own to be had")
    command = [sys.executable, str(private.__file__), "classify", "--seconds", "0"]
    own = {key: value for key, value in os.environ.items() if key not in UNREPORTED}
    done = subprocess.run(command, env=own, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.partition(" s: ")[2]) == (0, "nothing written, looked up or sent\n"), done
