"""Every command of the pages that are walked through, in its order, as a reader would run them."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from stance.commands.app import main
from stance.text.codebook import Codebook

DOCS = Path(__file__).parent.parent / "docs"


def commands(page: str) -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", (DOCS / page).read_text(encoding="utf-8"), re.S | re.M)
    return [line for block in blocks for line in block.splitlines()]


def walk(
    page: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> dict[str, str]:
    """Run the commands of a page in a copy of the docs; what each said."""
    shutil.copytree(DOCS, folder / "study")
    monkeypatch.chdir(folder / "study")
    said = {}
    for command in commands(page):
        program, *arguments = shlex.split(command)
        assert program == "stance"
        monkeypatch.setattr(sys, "argv", [program, *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
        captured = capsys.readouterr()
        said[command] = captured.out + captured.err
        assert stop.value.code in (0, None), f"{command}\n{said[command]}"
    return said


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(name).read_text(encoding="utf-8").splitlines()]


def are_pages(*names: str) -> bool:
    return all(Path(f"{name}.html").read_text(encoding="utf-8").startswith("<!doctype html>") for name in names)


def test_the_tutorial_runs_from_saved_pages_to_a_model_and_its_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = walk("tutorial.md", tmp_path, monkeypatch, capsys)
    first = rows("predictions.jsonl")
    assert len({row["article"] for row in first}) == 20
    assert {"title", "source", "date"} <= first[0].keys()
    assert len(rows("to-label.jsonl")) == 40
    assert {row["text"] for row in rows("labels.jsonl")} <= {row["text"] for row in first}
    assert "no findings" in said["stance check labels.jsonl"]
    assert are_pages("report", "scores", "mine")


def test_the_way_from_nothing_runs_from_a_pile_to_a_model_of_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = walk("from-nothing.md", tmp_path, monkeypatch, capsys)
    draft, own = Codebook.read("draft.yaml"), Codebook.read("own.yaml")
    proposed = {name.text for actor in draft.actors for name in (*actor.aliases, *actor.metonyms)}
    kept = {actor.label for actor in own.actors} & {name for actor in draft.actors for name in (actor.label,)}
    assert kept == {"Pakistan", "Tehreek-e-Taliban Pakistan", "Taliban", "United States", "al-Qaeda"}
    assert {"TTP", "Islamabad", "Daesh", "Islamic Emirate"} <= proposed
    first_look = rows("first-look.jsonl")
    assert all(row["frames"] == {} for row in first_look)
    assert {"pakistan", "ttp", "taliban"} <= {actor for row in first_look for actor in row["stance"]}
    suggested = {row["id"] for row in rows("to-label.jsonl")}
    labelled = {row["id"] for row in rows("first.jsonl")}
    assert len(suggested) == 60
    assert labelled == suggested
    assert {row["id"] for row in rows("more.jsonl")}.isdisjoint(labelled)
    assert "no findings" in said["stance check first.jsonl --codebook own.yaml"]
    assert are_pages("first-look", "scores", "report")
