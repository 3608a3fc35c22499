"""Labels without texts, and the texts put back: `training/attach_texts.py` and the labels that it is for."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from types import ModuleType

import pytest
from conftest import script

from stance.records import InputError

ROOT = Path(__file__).parent.parent
ARTICLE = "Cranes stand still. The Dock Union blamed the Port Authority. Nobody came."
PASSAGE = "The Dock Union blamed the Port Authority."


@pytest.fixture(scope="module")
def attach_texts() -> ModuleType:
    return script("attach_texts")


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def files(folder: Path, row: dict[str, object], texts: dict[str, str]) -> tuple[str, str]:
    labels, articles = folder / "labels.jsonl", folder / "articles.jsonl"
    labels.write_text(json.dumps(row) + "\n")
    articles.write_text("".join(json.dumps({"id": key, "text": text}) + "\n" for key, text in texts.items()))
    return str(labels), str(articles)


def test_a_passage_is_cut_from_its_article(attach_texts: ModuleType, tmp_path: Path) -> None:
    row = {"id": "a@20", "article": "a", "start": 20, "end": 61, "sha256": digest(PASSAGE), "frames": ["strike"]}
    assert list(attach_texts.attached(*files(tmp_path, row, {"b": "Other.", "a": ARTICLE}))) == [
        {"id": "a@20", "article": "a", "frames": ["strike"], "text": PASSAGE}
    ]


def test_a_passage_without_a_place_is_found_by_its_id(attach_texts: ModuleType, tmp_path: Path) -> None:
    row = {"id": "a#1", "article": "a", "sha256": digest(PASSAGE), "annotator": "ben", "frames": []}
    [made] = attach_texts.attached(*files(tmp_path, row, {"a#1": PASSAGE}))
    assert made == {"id": "a#1", "article": "a", "annotator": "ben", "frames": [], "text": PASSAGE}


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({"b": ARTICLE}, r"labels\.jsonl:1: a is not in .*articles\.jsonl; give the file it is in"),
        ({"a": ARTICLE.upper()}, r"labels\.jsonl:1: a reads otherwise than when it was labelled"),
    ],
    ids=["no article", "another text"],
)
def test_a_text_that_is_not_the_labelled_one_is_refused(
    attach_texts: ModuleType, texts: dict[str, str], message: str, tmp_path: Path
) -> None:
    row = {"id": "a@20", "article": "a", "start": 20, "end": 61, "sha256": digest(PASSAGE), "frames": []}
    with pytest.raises(InputError, match=message):
        list(attach_texts.attached(*files(tmp_path, row, texts)))


@pytest.mark.parametrize("name", ["labels.jsonl", "check.jsonl"])
def test_labels_of_other_peoples_articles_hold_no_text(name: str) -> None:
    rows = [json.loads(line) for line in (ROOT / "seeds/tehran-times" / name).read_text().splitlines()]
    known = {"id", "article", "start", "end", "sha256", "annotator", "frames", "stance", "directed"}
    assert len(rows) == {"labels.jsonl": 4314, "check.jsonl": 320}[name]
    assert set().union(*rows) <= known
    assert len({row["id"] for row in rows}) == len(rows)
    assert max(len(str(row["id"])) for row in rows) < 20
