"""One rule for the label of a stance, wherever it is shown: rows, CSV, Parquet, terminal, page, heat map, words."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from stance.formats.reading import read_rows
from stance.records import STANCES
from tests.jobs.test_resumable_output import run

NAMES = {"union": "Dock Union", "port": "Port Authority", "council": "City Council"}
VERBS = ("blamed", "praised", "met", "thanked, and then accused,", "saw", "defended", "condemned", "wrote to")


def articles() -> list[dict[str, str]]:
    """Sentences of which the model is sure, unsure, and that it has never seen the like of."""
    rows = []
    for number, verb in enumerate(VERBS):
        for holder, target in (("union", "port"), ("port", "council"), ("council", "union")):
            text = f"The {NAMES[holder]} {verb} the {NAMES[target]} over the stopped cranes."
            others = [name for actor, name in NAMES.items() if actor not in (holder, target)]
            more = f" The {others[0]} was there too." if number % 2 else ""
            rows.append({"id": f"{number}-{holder}", "text": text + more})
    return rows


@pytest.fixture(scope="module")
def shown(model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the same predictions in every form."""
    folder = tmp_path_factory.mktemp("shown")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        Path("a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in articles()))
        for name in ("p.jsonl", "p.csv", "p.parquet", "p.txt"):
            assert run(patch, "classify", "a.jsonl", "--model", model_dir, "--explain", "--output", name) == 0
        assert run(patch, "report", "p.jsonl", "--output", "r.html") == 0
    return folder


@pytest.fixture(scope="module")
def rows(shown: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (shown / "p.jsonl").read_text(encoding="utf-8").splitlines()]


def judged(row: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every stance of a row by its key."""
    found = {f"stance:{actor}": own for actor, own in row["stance"].items()}
    return found | {f"directed:{own['holder']}>{own['target']}": own for own in row["directed"]}


def test_a_label_follows_from_the_probabilities_and_is_never_the_least_of_them(
    rows: list[dict[str, Any]], model_dir: Path
) -> None:
    calibration = json.loads((model_dir / "calibration.json").read_text())
    labels: Counter[str] = Counter()
    for row in rows:
        for key, own in judged(row).items():
            threshold = calibration[key.partition(":")[0]]["threshold"]
            named = "against" if own["against"] > own["favor"] else "favor"
            assert own["label"] == (named if own["against"] + own["favor"] >= threshold else "neutral")
            assert own[own["label"]] > min(own[stance] for stance in STANCES)
            labels[own["label"]] += 1
    assert set(labels) == set(STANCES)


def test_a_label_is_unsure_where_it_is_wrong_with_the_probability_of_the_review_band(
    rows: list[dict[str, Any]],
) -> None:
    for row in rows:
        unsure = {key for key, own in judged(row).items() if round(1.0 - own[own["label"]], 9) >= 0.4}
        assert {entry for entry in row["uncertain"] if ":" in entry} == unsure


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_tables_hold_the_labels_of_the_rows(form: str, shown: Path, rows: list[dict[str, Any]]) -> None:
    found = [row.checked() for row in read_rows(str(shown / f"p.{form}"))]
    assert [judged(dict(row)) for row in found] == [judged(row) for row in rows]
    if form == "csv":
        with (shown / "p.csv").open(encoding="utf-8-sig", newline="") as stream:
            cells = [json.loads(record["stance"]) for record in csv.DictReader(stream)]
        assert cells == [row["stance"] for row in rows]


def test_the_terminal_names_every_stance_that_is_not_neutral(shown: Path, rows: list[dict[str, Any]]) -> None:
    text = re.sub(r"\s+", " ", (shown / "p.txt").read_text(encoding="utf-8"))
    said = Counter(re.findall(r"[−·+] (against|neutral|favor) \d\.\d\d", text))
    expected = Counter(own["label"] for row in rows for own in row["stance"].values())
    expected += Counter(own["label"] for row in rows for own in row["directed"] if own["label"] != "neutral")
    assert said == expected
    assert text.count(" → ") == sum(own["label"] != "neutral" for row in rows for own in row["directed"])
    assert "unlikely" not in text


def test_the_page_says_the_labels_in_words_and_in_tags(shown: Path, rows: list[dict[str, Any]]) -> None:
    page = (shown / "r.html").read_text(encoding="utf-8")
    parts = re.findall(r'data-tags="([^"]*)".*?<div class="why">(.*?)</div>', page, re.DOTALL)
    assert len(parts) == len(rows)
    for row, (tags, words) in zip(rows, parts, strict=True):
        own = json.loads(unescape(tags))
        expected = {f"stance:{actor}:{j['label']}" for actor, j in row["stance"].items()}
        named = [j for j in row["directed"] if j["label"] != "neutral"]
        expected |= {f"pair:{j['holder']}:{j['target']}" for j in named}
        expected |= {f"pair:{j['holder']}:{j['target']}:{j['label']}" for j in named}
        assert {tag for tag in own if tag.startswith(("stance:", "pair:"))} == expected
        said = re.findall(r'<span class="(\w+)">', words)
        assert said == [*(j["label"] for j in row["stance"].values()), *(j["label"] for j in named)]


def test_the_heat_map_counts_the_labels(shown: Path, rows: list[dict[str, Any]]) -> None:
    page = (shown / "r.html").read_text(encoding="utf-8")
    found = dict(re.findall(r'show=(pair%3A\w+%3A\w+)" title="[^"]*: (\d+ against, \d+ in favor)"', page))
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        for own in row["directed"]:
            counts.setdefault(f"pair%3A{own['holder']}%3A{own['target']}", Counter())[own["label"]] += 1
    expected = {
        pair: f"{own['against']} against, {own['favor']} in favor"
        for pair, own in counts.items()
        if own["against"] + own["favor"]
    }
    assert found == expected


def test_the_explanation_is_of_every_stance_that_is_named(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        named = {key for key, own in judged(row).items() if own["label"] != "neutral"}
        assert {key for key in row["why"] if ":" in key} == named
