"""A model folder gets another codebook of the same frames and actors, and nothing else of it changes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from conftest import CODEBOOK, script

from stance.models.inspection import inspect_model
from stance.models.store import load_model
from stance.records import InputError

new_codebook = script("new_codebook")
RENAMED = CODEBOOK.replace("people: [Ada Lovett]", "people: [{name: Ada Lovett, until: 2020-01-01}, Ben Stone]")
ROWS = [
    {"id": "a", "text": "Ben Stone accused the Port Authority over the stopped cranes.", "date": "2021-01-01"},
    {"id": "b", "text": "They praised the City Council when the accounts were read.", "date": "2021-01-01"},
]


@pytest.fixture
def copy(model_dir: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(model_dir, tmp_path / "harbour"))


def book(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "book.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_model_finds_actors_by_the_new_codebook_and_judges_as_before(copy: Path, tmp_path: Path) -> None:
    before = load_model(copy)
    lines = new_codebook.renew(copy, book(tmp_path, RENAMED))
    after = load_model(copy)
    assert lines == [
        "union: people + Ada Lovett ( to 2020-01-01), Ben Stone",
        "union: people - Ada Lovett",
        f"{after.name} in {copy}, until now {before.name}",
    ]
    assert after.name != before.name
    assert after.name.startswith("harbour-")
    assert after.record["named_before"] == before.name
    assert after.codebook.source == RENAMED
    stances = [[list(told.stance) for told in model.classify(ROWS)] for model in (before, after)]
    assert stances == [[["port"], ["council"]], [["union", "port"], ["council"]]]
    assert before.classify(ROWS)[1].stance == after.classify(ROWS)[1].stance
    assert inspect_model(copy).findings == ()
    assert after.name in (copy / "README.md").read_text(encoding="utf-8")


def test_nothing_else_of_the_record_changes(copy: Path, tmp_path: Path) -> None:
    old = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    new_codebook.renew(copy, book(tmp_path, RENAMED))
    new = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    changed = {key for key in {*old, *new} if old.get(key) != new.get(key)}
    assert changed == {"name", "named_before", "files"}
    differing = {file for file in old["files"] if old["files"][file] != new["files"][file]}
    assert differing == {"codebook.yaml", "README.md"}


def test_the_same_codebook_changes_nothing(copy: Path, tmp_path: Path) -> None:
    old = (copy / "manifest.json").read_bytes()
    assert new_codebook.renew(copy, book(tmp_path, CODEBOOK)) == [f"{copy}: has this codebook already"]
    assert (copy / "manifest.json").read_bytes() == old


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (CODEBOOK.replace("id: budget", "id: money"), "other frames than the model has (budget, money)"),
        (CODEBOOK.replace("id: council", "id: mayor"), "other actors than the model has (council, mayor)"),
        (
            CODEBOOK.replace("id: strike", "id: x").replace("id: budget", "id: strike").replace("id: x", "id: budget"),
            "other frames than the model has (their order)",
        ),
    ],
    ids=["frames", "actors", "order"],
)
def test_another_codebook_is_refused_and_nothing_written(copy: Path, tmp_path: Path, text: str, reason: str) -> None:
    old = (copy / "manifest.json").read_bytes()
    path = book(tmp_path, text)
    with pytest.raises(InputError) as refused:
        new_codebook.renew(copy, path)
    assert str(refused.value) == f"{path}: {reason}; train a model by it"
    assert (copy / "manifest.json").read_bytes() == old


def test_a_changed_folder_is_refused(copy: Path, tmp_path: Path) -> None:
    (copy / "calibration.json").write_bytes(b"{}")
    with pytest.raises(InputError, match="changed since the model was saved"):
        new_codebook.renew(copy, book(tmp_path, RENAMED))
