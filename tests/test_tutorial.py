"""Every command of the tutorial, in its order, as a reader would run them."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from stance.commands.app import main

DOCS = Path(__file__).parent.parent / "docs"
COMMANDS = [
    line
    for block in re.findall(r"^```sh\n(.*?)^```", (DOCS / "tutorial.md").read_text(encoding="utf-8"), re.S | re.M)
    for line in block.splitlines()
]


def test_the_tutorial_runs_from_saved_pages_to_a_model_and_its_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(DOCS, tmp_path / "study")
    monkeypatch.chdir(tmp_path / "study")
    said = {}
    for command in COMMANDS:
        program, *arguments = shlex.split(command)
        assert program == "stance"
        monkeypatch.setattr(sys, "argv", [program, *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
        captured = capsys.readouterr()
        said[command] = captured.out + captured.err
        assert stop.value.code in (0, None), f"{command}\n{said[command]}"
    first = [json.loads(line) for line in Path("predictions.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len({row["article"] for row in first}) == 20
    assert {"title", "source", "date"} <= first[0].keys()
    assert len(Path("to-label.jsonl").read_text(encoding="utf-8").splitlines()) == 40
    labels = [json.loads(line) for line in Path("labels.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {row["text"] for row in labels} <= {row["text"] for row in first}
    assert "no findings" in said["stance check labels.jsonl"]
    for page in ("report", "scores", "mine"):
        assert Path(f"{page}.html").read_text(encoding="utf-8").startswith("<!doctype html>")
