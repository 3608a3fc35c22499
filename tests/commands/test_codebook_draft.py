"""`stance codebook draft`: any pile in, a codebook out, nothing overwritten."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from stance.commands.app import main
from stance.text.codebook import Codebook

TEXTS = (
    "The Dock Union (DU) refused. It rained in Holm.",
    "They say that the Dock Union agreed, and Norway paid.",
    "They blamed the DU. The Norwegian government did not.",
    "They say Norway left.",
)


class Result(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    rows = [json.dumps({"id": f"a{n}", "text": text}) for n, text in enumerate(TEXTS)]
    (tmp_path / "pile.jsonl").write_text("\n".join(rows), encoding="utf-8")

    def run_main(command: str, stdin: bytes = b"") -> Result:
        monkeypatch.setattr(sys, "argv", ["stance", *command.split()])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(stdin))))  # type: ignore[arg-type]
        with pytest.raises(SystemExit) as stop:
            main()
        return Result(int(stop.value.code or 0), *capfd.readouterr())

    return run_main


def test_a_draft_is_a_codebook_that_can_be_used_at_once(run: Run) -> None:
    done = run("codebook draft pile.jsonl --output draft.yaml")
    assert done == (
        0, "", "2 actors of 4 passages of 4 articles; frames are still to be written; written to draft.yaml\n",
    )  # fmt: skip
    book = Codebook.read("draft.yaml")
    assert [(a.id, [n.text for n in (*a.aliases, *a.metonyms)]) for a in book.actors] == [
        ("dock_union", ["Dock Union", "DU"]),
        ("norway", ["Norway"]),
    ]
    asked = run("suggest pile.jsonl --codebook draft.yaml -n 2 --output some.jsonl")
    assert asked.code == 0
    assert asked.err.splitlines() == [
        "draft.yaml: frames still to be written: frame_1, frame_2",
        "2 passages of 4 to label; for norway (2), dock_union (1); written to some.jsonl",
    ]


def test_it_is_printed_where_no_file_is_named_and_the_same_each_time(run: Run) -> None:
    first, second = (run("codebook draft pile.jsonl -n 1 --min-count 2") for _ in range(2))
    assert first == second
    assert first.out.startswith("# A draft, made by stance codebook draft of 4 passages of 4 articles. Edit it:\n")
    assert Codebook.parse(first.out).actor_ids == ("dock_union",)


@pytest.mark.parametrize(("name", "unit"), [("pile.csv", "article"), ("pile.csv", "passage"), ("-", "article")])
def test_any_pile_is_read(name: str, unit: str, run: Run, tmp_path: Path) -> None:
    table = "id,text\n" + "".join(f'a{n},"{text}"\n' for n, text in enumerate(TEXTS))
    (tmp_path / "pile.csv").write_text(table, encoding="utf-8")
    told = run(f"codebook draft {name} --unit {unit}", table.encode())
    assert told.code == 0
    assert Codebook.parse(told.out).actor_ids == ("dock_union", "norway")


def test_nothing_is_overwritten_unless_it_is_said(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("edited", encoding="utf-8")
    refused = run("codebook draft pile.jsonl --output mine.yaml")
    told = "stance: mine.yaml: is there already; give another name, or --overwrite to lose what is in it\n"
    assert refused == (2, "", told)
    assert (tmp_path / "mine.yaml").read_text(encoding="utf-8") == "edited"
    assert run("codebook draft pile.jsonl --output mine.yaml --overwrite").code == 0
    assert Codebook.read("mine.yaml").actor_ids == ("dock_union", "norway")


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (
            "pile.jsonl --min-count 9",
            "no actor is named in 9 or more of 4 passages of 4 articles; give more articles, or a lower --min-count",
        ),
        ("pile.jsonl --output draft.json", "draft.json: what is written there is YAML; end its name in .yaml"),
        ("pile.jsonl --output no/draft.yaml", "no/draft.yaml: no such folder to write in; make it first"),
        ("none.jsonl", "none.jsonl: no such file; check the path"),
        ("pile.jsonl -n 0", "Invalid value for '-n' / '--actors': 0 is not in the range x>=1. See stance --help."),
    ],
)
def test_bad_calls_are_told_in_one_line(command: str, told: str, run: Run) -> None:
    assert run(f"codebook draft {command}") == (2, "", f"stance: {told}\n")


def test_codebook_alone_says_what_it_can_do(run: Run) -> None:
    told = run("codebook")
    assert told.code == 0
    assert "draft  Propose the actors of a codebook from a pile of articles." in told.out
