"""Runs into one file and into a folder of them: the same rows, complete or absent, and gone on with after a stop."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import pytest

from stance.jobs.runs import MANIFEST, Run, Tally, _prepared, label_files, label_on_cluster, label_shard
from stance.jobs.stream import Settings, model_of
from stance.quoting import QUIET
from stance.records import InputError
from stance.text.codebook import Codebook
from tests.jobs.test_resumable_output import run as run_command

TEXT = "The Dock Union blamed the Port Authority over the stopped cranes."


@pytest.fixture
def article_files(tmp_path: Path) -> list[str]:
    """Two files of three and two articles."""
    for name, first, count in (("a", 1, 3), ("b", 4, 2)):
        rows = [{"id": f"n{number}", "text": f"{TEXT} {number}."} for number in range(first, first + count)]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return [str(tmp_path / "a.jsonl"), str(tmp_path / "b.jsonl")]


def test_files_labelled_one_by_one_on_workers_give_the_bytes_of_one_run(
    model_dir: Path, article_files: list[str], tmp_path: Path
) -> None:
    run = Run(str(model_dir))
    reports = [
        label_shard({"file": file, "output": str(tmp_path / f"{number}.jsonl")}, run)
        for number, file in enumerate(article_files)
    ]
    whole = label_files(article_files, tmp_path / "whole.jsonl", run, 1)
    assert reports == [
        {"error": "", "lines": [], "rows": 3, "bad": 0, "kinds": [["prose", 3]]},
        {"error": "", "lines": [], "rows": 2, "bad": 0, "kinds": [["prose", 2]]},
    ]
    assert whole == Tally(5, 0, Counter(prose=5))
    parts = (tmp_path / "0.jsonl").read_bytes() + (tmp_path / "1.jsonl").read_bytes()
    assert parts == (tmp_path / "whole.jsonl").read_bytes()


def test_a_worker_tells_what_is_wrong_with_a_file_and_leaves_nothing(model_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("{\n")
    told = label_shard({"file": str(tmp_path / "a.jsonl"), "output": str(tmp_path / "out.jsonl")}, Run(str(model_dir)))
    assert told["error"].startswith(f"{tmp_path}/a.jsonl:1: broken JSON")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl"]


def test_a_worker_quotes_nothing_where_the_command_was_told_to(
    model_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(QUIET, "")
    (tmp_path / "a.jsonl").write_text("{zebra\n")
    item = {"file": str(tmp_path / "a.jsonl"), "output": str(tmp_path / "out.jsonl")}
    assert "zebra" in label_shard(item, Run(str(model_dir)))["error"]
    assert "zebra" not in label_shard({**item, "quiet": "1"}, Run(str(model_dir)))["error"]


def test_without_ray_the_engine_says_what_to_install(
    model_dir: Path, article_files: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=r"^--engine ray: ray is not installed; pip install 'framestance\[ray\]'$"):
        label_on_cluster(article_files, tmp_path / "out", Run(str(model_dir)))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--engine", "ray", "--output", "out"), "--engine ray: ray is not installed; pip install 'framestance[ray]'"),
        (("--engine", "ray"), "--engine ray reads files and writes a folder: give --output FOLDER"),
        (("--engine", "ray", "--jobs", "3"), "--jobs belongs to --engine local; Ray hands a file to every core it has"),
        (("--address", "auto", "--output", "out.jsonl"), "--address belongs to --engine ray; give that too"),
    ],
    ids=["folder", "no output", "jobs", "address alone"],
)
def test_the_command_takes_a_folder_for_a_cluster(
    options: tuple[str, ...],
    message: str,
    model_dir: Path,
    article_files: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "ray", None)
    assert run_command(monkeypatch, "classify", *article_files, "--model", model_dir, *options) == 2
    assert capsys.readouterr().err == f"stance: {message}\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl", "b.jsonl"]


def test_a_folder_of_a_stopped_run_is_gone_on_with_and_no_other_touched(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    shards = [folder / "00000-a.jsonl", folder / "00001-b.jsonl"]
    assert _prepared(folder, "one", shards, None) == set()
    assert (folder / MANIFEST).read_text() == "one\n00000-a.jsonl\n00001-b.jsonl"
    shards[0].write_text("{}\n")
    with pytest.raises(InputError, match=r"go on from there with --resume, or start over with --restart$"):
        _prepared(folder, "one", shards, None)
    with pytest.raises(InputError, match=r"the run that was stopped had other inputs, options or another model"):
        _prepared(folder, "two", shards, True)
    assert _prepared(folder, "one", shards, True) == {shards[0]}
    assert _prepared(folder, "two", [folder / "00000-c.jsonl"], False) == set()
    assert sorted(path.name for path in folder.iterdir()) == [MANIFEST]
    (folder / MANIFEST).unlink()
    (folder / "mine.txt").write_text("")
    with pytest.raises(InputError, match=r"out: holds other files \(mine.txt\); name a new folder$"):
        _prepared(folder, "one", shards, False)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"file: a file stands there; --engine ray writes a folder$"):
        _prepared(tmp_path / "file", "one", shards, None)


def test_a_run_with_another_codebook_is_another_run(model_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "The Gull Trust left."}\n')
    books = [None, *(Codebook.parse(f"actors: [{{id: gull, aliases: [{name}]}}]") for name in ("Gull Trust", "Gulls"))]
    runs = [Run(str(model_dir), Settings(codebook=book)) for book in books]
    assert len({run.signature([str(tmp_path / "a.jsonl")]) for run in runs}) == 3
    named = [model_of(run.directory, run.settings).name for run in runs]
    assert named[0] == named[1].partition("+")[0] == named[2].partition("+")[0]
    assert len(set(named)) == 3


def test_workers_count_what_could_not_be_read(model_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"id": "a", "text": TEXT, "lang": "ur"}) + "\n")
    item = {"file": str(tmp_path / "a.jsonl"), "output": str(tmp_path / "out.jsonl")}
    told = label_shard(item, Run(str(model_dir)))
    assert sorted(told["kinds"]) == [["prose", 1], ["unread:ur", 1]]
