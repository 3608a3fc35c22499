"""What `Model.evaluate` gives: the scores of the command, printed, shown in a notebook, and as a dict."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pytest
from conftest import corpus_rows
from rich.console import Console

import stance
from stance.learning.fitting import Fitted
from stance.pages.scores import Scores
from stance.pages.terminal_scores import print_examination

HOSTILE = '<img src=x onerror=alert(1)> & "'


@pytest.fixture(scope="module")
def scores(fitted: Fitted) -> Scores:
    return fitted.model.evaluate(corpus_rows()[:30])


def interval(part: dict[str, Any]) -> str:
    low, high = part["macro_f1_interval"]
    return f"macro-F1 {part['macro_f1']:.3f} ({low:.3f} to {high:.3f})"


def test_scores_are_a_dict_of_numbers(scores: Scores) -> None:
    assert (type(scores), isinstance(scores, dict), scores["frames"]["n"]) == (stance.Scores, True, 30)
    assert type(scores.to_dict()) is dict
    assert json.loads(json.dumps(scores.to_dict())) == scores


def test_scores_say_in_a_line_what_they_are(scores: Scores) -> None:
    whole = {**scores, "frames": {**scores["frames"], "macro_f1": 0.5, "macro_f1_interval": [0.25, 0.75], "doubts": []}}
    bare = {"n": 0, "doubts": []}
    assert repr(Scores({**whole, "stance": bare, "directed": bare})) == (
        "Scores(30 passages of 10 articles; frames: macro-F1 0.500 (0.250 to 0.750); model unsaved)"
    )
    doubted = {**whole["frames"], "macro_f1_interval": None, "doubts": ["strike (few)"]}
    assert repr(Scores({**whole, "frames": doubted, "stance": bare, "directed": bare})) == (
        "Scores(30 passages of 10 articles; frames: macro-F1 0.500; 1 label not to be relied on; model unsaved)"
    )


def test_scores_print_what_the_command_prints(scores: Scores) -> None:
    text = io.StringIO()
    print_examination(scores, Console(file=text, width=80, highlight=False, color_system=None))
    assert str(scores) == "\n".join(line.rstrip() for line in text.getvalue().splitlines())
    assert "\n leaks: not checked" in str(scores)
    training = Scores({key: value for key, value in scores.items() if key != "leaks"})
    assert "leaks" not in str(training)
    assert str(training) == str(scores)[: str(scores).index("\n\nTrust\n")]


def test_a_notebook_shows_the_labels_of_each_task(scores: Scores) -> None:
    page = scores._repr_html_()
    for task, title in {
        "frames": "Frames",
        "stance": "Stance toward actors",
        "directed": "Directed stance, holder to target",
    }.items():
        assert f"<p><b>{title}</b></p>" in page
        assert f"{scores[task]['macro_f1']:.3f}" in page
        for label, row in scores[task]["per_label"].items():
            assert f"<tr><td>{label}</td><td>{row['precision']:.3f}<br>" in page
    assert "Leaks: not checked" in page
    assert "Near-duplicates of training passages: 2." in Scores({**scores, "leaks": {"n": 2}})._repr_html_()


def test_the_notebooks_page_is_whole_and_takes_nothing_from_elsewhere(scores: Scores) -> None:
    page = scores._repr_html_()
    tags = ("div", "style", "p", "table", "tr", "th", "td", "b", "span")
    assert all(len(re.findall(f"<{tag}[ >]", page)) == page.count(f"</{tag}>") for tag in tags)
    assert not re.search(r"https?:|url\(|@import|src=|href=", page)
    style = page.partition("<style>")[2].partition("</style>")[0]
    assert all(rule.startswith(".stance-scores") for rule in style.split("\n"))


def test_hostile_names_are_shown_as_they_are(scores: Scores) -> None:
    page = Scores({**scores, "model": HOSTILE, "frames": {**scores["frames"], "doubts": [HOSTILE]}})._repr_html_()
    assert "<img" not in page
    assert page.count("&lt;img src=x onerror=alert(1)&gt; &amp; &quot;") == 2
