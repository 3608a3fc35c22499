"""What a person reads: at most 80 columns, no colour off a terminal, nothing that could steer the terminal."""

from __future__ import annotations

import io
from collections import Counter
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from stance.learning.fitting import Fitted
from stance.pages.terminal import print_predictions
from stance.pages.terminal_scores import print_counts, print_scores
from stance.text.codebook import Codebook

FAVOR = {"label": "favor", "against": 0.1, "neutral": 0.2, "favor": 0.7}
AGAINST = {"label": "against", "against": 0.55, "neutral": 0.25, "favor": 0.2}
NEUTRAL = {"label": "neutral", "against": 0.1, "neutral": 0.8, "favor": 0.1}


def prediction(**changes: Any) -> dict[str, Any]:
    row = {
        "id": "a#0",
        "article": "a",
        "text": "The Dock Union met the Port Authority.",
        "frames": {"strike": 0.91, "budget": 0.42},
        "frame_labels": ["strike"],
        "stance": {"union": FAVOR, "port": AGAINST},
        "directed": [
            {"holder": "union", "target": "port", **AGAINST},
            {"holder": "port", "target": "union", **NEUTRAL},
        ],
        "mentions": [{"actor": "union", "start": 4, "end": 14}, {"actor": "port", "start": 23, "end": 37}],
        "uncertain": ["budget", "stance:port", "directed:union>port"],
        "model": "m",
    }
    return {**row, **changes}


def printed(codebook: Codebook, *rows: dict[str, Any], width: int = 120, colour: bool = False) -> str:
    stream = io.StringIO()
    terminal = {"force_terminal": True, "color_system": "standard"} if colour else {}
    console = Console(file=stream, width=width, highlight=False, markup=False, emoji=False, **terminal)  # type: ignore[arg-type]
    print_predictions(rows, codebook, console)
    return stream.getvalue()


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines()]


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)


def test_prediction_is_shown_with_labels_marks_and_doubts(codebook: Codebook) -> None:
    assert lines(printed(codebook, prediction(title="Dues", source="Gazette", date="2024-05-01"))) == [
        "Dues",
        "Gazette · 2024-05-01",
        "",
        "0   The Dock Union met the Port Authority.",
        "    frames   Strike                      yes 0.91",
        "             Budget                      no 0.42?",
        "    stance   Dock Union                  + favor 0.70",
        "             Port Authority              − against 0.55?",
        "    held by  Dock Union → Port Authority − against 0.55?",
        "",
        "− against   · neutral   + favor   ? unsure: have a person look",
    ]


def test_a_frame_is_shown_with_who_holds_it_and_about_whom(codebook: Codebook) -> None:
    held = {"strike": {"holders": ["union"], "about": ["port"]}}
    shown = lines(printed(codebook, prediction(held_by=held)))
    assert [line.split() for line in shown if line.startswith("    frames")] == [
        "frames Strike, by Dock Union, about Port Authority yes 0.91".split()
    ]


def test_article_heading_stands_once_over_its_passages(codebook: Codebook) -> None:
    rows = [prediction(id=f"{a}#{n}", article=a, stance={}, directed=[]) for a, n in (("a", 0), ("a", 1), ("b", 0))]
    shown = lines(printed(codebook, *rows))
    assert [line for line in shown if line in ("a", "b") or line[:4].strip().isdigit()] == [
        "a", "0   The Dock Union met the Port Authority.", "1   The Dock Union met the Port Authority.",
        "b", "0   The Dock Union met the Port Authority.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"frames": {"strike": 0.1}, "frame_labels": [], "uncertain": []}, "    frames   none"),
        ({"frames": {}, "frame_labels": [], "uncertain": []}, "    frames   not learned by this model"),
    ],
    ids=["none-applies", "not-learned"],
)
def test_passage_without_frames_says_why(changes: dict[str, Any], line: str, codebook: Codebook) -> None:
    assert lines(printed(codebook, prediction(**changes)))[3] == line


NINE = [f"frame_{number}" * 3 for number in range(9)]
LONG: dict[str, dict[str, Any]] = {
    "text": {"text": "The Dock Union met the Port Authority. " + "A long and winding sentence followed. " * 20},
    "word": {"text": "The Dock Union met the Port Authority." + "x" * 300},
    "wide": {"text": "The Dock Union met the Port Authority." + "港湾" * 150},
    "title": {"title": "word " * 60, "source": "港" * 100},
    "actor": {"stance": {"u" * 200: FAVOR}, "directed": [{"holder": "h" * 90, "target": "t" * 90, **AGAINST}]},
    "frames": {
        "frames": {f"frame_{n}" * 3: 0.9 for n in range(9)},
        "frame_labels": [f"frame_{n}" * 3 for n in range(9)],
    },
    "holders": {"held_by": {"strike": {"holders": ["h" * 60, "port"], "about": ["union", "t" * 90]}}},
    "id": {"id": "https://example.org/" + "x" * 100, "article": "other"},
}


@pytest.mark.parametrize("what", list(LONG))
@pytest.mark.parametrize("width", [120, 80, 50])
def test_no_line_is_wider_than_80_columns_or_the_terminal(what: str, width: int, codebook: Codebook) -> None:
    shown = printed(codebook, prediction(**LONG[what]), width=width)
    assert max(cell_len(line) for line in lines(shown)) <= min(80, width)
    assert "stance" in shown


def test_long_text_is_shown_whole(codebook: Codebook) -> None:
    text = LONG["text"]["text"].strip()
    shown = printed(codebook, prediction(text=text, frames={}, frame_labels=[], stance={}, directed=[]))
    body = shown.partition("0   ")[2].partition("    frames")[0]
    assert " ".join(body.split()) == text


@pytest.mark.parametrize("length", [3, 60, 120])
def test_text_is_shown_beside_an_id_of_any_length(length: int, codebook: Codebook) -> None:
    shown = printed(codebook, prediction(id="x" * length, article="a"))
    assert "The Dock Union met the Port Authority." in " ".join(shown.split())


def test_no_escape_codes_are_written_off_a_terminal(codebook: Codebook) -> None:
    assert "\x1b" not in printed(codebook, prediction(title="Dues"))
    assert "\x1b[1;31mPort Authority\x1b[0m" in printed(codebook, prediction(), colour=True)


def test_words_and_marks_are_the_same_without_colour(codebook: Codebook) -> None:
    import re

    coloured = printed(codebook, prediction(), colour=True)
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == printed(codebook, prediction())


EVIL = "a\x1b]0;owned\x07b\x9b2Jc\x08\u202ed"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"text": EVIL, "mentions": []}, id="text"),
        pytest.param({"text": EVIL, "mentions": [{"actor": "union", "start": 0, "end": 5}]}, id="mention"),
        pytest.param({"title": EVIL}, id="title"),
        pytest.param({"source": EVIL}, id="source"),
        pytest.param({"date": EVIL}, id="date"),
        pytest.param({"id": EVIL}, id="id"),
        pytest.param({"article": EVIL}, id="article"),
        pytest.param({"stance": {EVIL: FAVOR}}, id="actor"),
        pytest.param({"directed": [{"holder": EVIL, "target": "port", **FAVOR}]}, id="holder"),
    ],
)
def test_control_characters_never_reach_the_terminal(changes: dict[str, Any], codebook: Codebook) -> None:
    shown = printed(codebook, prediction(**changes))
    assert {c for c in shown if not c.isprintable()} == {"\n"}


def test_control_characters_are_shown_as_a_replacement_mark(codebook: Codebook) -> None:
    shown = lines(printed(codebook, prediction(text="a\x1bb\nc\u200bd\u00ade", mentions=[])))
    assert shown[2] == "0   a\ufffdb cde"


@pytest.mark.parametrize(
    "blank", ["\u00a0", "\u202f", "\u2009", "\u3000", "\t"], ids=["no-break", "narrow", "thin", "ideographic", "tab"]
)
def test_blanks_of_every_kind_are_shown_as_blanks(blank: str, codebook: Codebook) -> None:
    shown = lines(printed(codebook, prediction(text=f"5{blank}cranes", mentions=[])))
    assert shown[2].split() == ["0", "5", "cranes"]


def test_text_under_overlapping_mentions_is_shown_once(codebook: Codebook) -> None:
    mentions = [{"actor": "union", "start": 4, "end": 14}, {"actor": "union", "start": 9, "end": 14}]
    assert lines(printed(codebook, prediction(mentions=mentions)))[2] == "0   The Dock Union met the Port Authority."


def printed_scores(scores: dict[str, Any]) -> list[str]:
    stream = io.StringIO()
    print_scores(scores, Console(file=stream, width=120, highlight=False, markup=False))
    return lines(stream.getvalue())


def test_scores_are_shown_by_task_and_label(fitted: Fitted) -> None:
    shown = printed_scores(fitted.scores)
    assert shown[0] == "72 passages of 24 articles"
    assert [line for line in shown if line.startswith(("Frames", "Stance", "Directed"))] == [
        "Frames", "Stance toward actors", "Directed stances (holder to target)",
    ]  # fmt: skip
    assert "strike      1.000   1.000  1.000     –       1.000       36" in shown
    assert " macro-F1 1.000 (1.000 to 1.000)   micro-F1 1.000 (1.000 to 1.000)" in shown
    assert " always every frame: macro-F1 0.667   micro-F1 0.667" in shown
    assert " the matcher found 100.0% of the labelled actors; those missed count as wrong" in shown
    assert max(map(len, shown)) <= 80


def test_accuracy_stands_beside_its_name(fitted: Fitted) -> None:
    assert [line for line in printed_scores(fitted.scores) if line.endswith("accuracy 1.000")] != []


def test_task_without_labels_is_left_out_of_the_scores(fitted: Fitted) -> None:
    empty = {"n": 0}
    shown = printed_scores({**fitted.scores, "stance": empty, "directed": empty})
    assert [line for line in shown if line.startswith(("Frames", "Stance", "Directed"))] == ["Frames"]
    nothing = printed_scores({**fitted.scores, "frames": empty, "stance": empty, "directed": empty})
    assert nothing == [
        "72 passages of 24 articles", "No label in these data is of a task that the model learned.",
    ]  # fmt: skip


def printed_counts(counts: dict[str, Counter[str]]) -> list[str]:
    stream = io.StringIO()
    print_counts(counts, Console(file=stream, width=120, highlight=False, markup=False))
    return lines(stream.getvalue())


def test_counts_are_shown_in_the_order_of_the_codebook_and_of_the_stances() -> None:
    counts = {
        "frames": Counter({"strike": 1200, "budget": 0}),
        "stance": Counter({"favor": 5, "against": 7}),
        "directed": Counter[str](),
        "actors": Counter({"port": 2, "union": 10}),
    }
    assert [line.split() for line in printed_counts(counts)] == [
        ["frames"], ["strike", "1,200"], ["budget", "0"], ["stance"], ["against", "7"], ["favor", "5"],
        ["actors"], ["union", "10"], ["port", "2"],
    ]  # fmt: skip


def test_only_the_twenty_most_frequent_actors_are_counted_out() -> None:
    shown = printed_counts({"actors": Counter({f"a{number}": number for number in range(1, 31)})})
    assert (shown[0], shown[1].split(), shown[-1].split(), len(shown)) == (
        "actors (20 of 30)", ["a30", "30"], ["a11", "11"], 21,
    )  # fmt: skip


def test_counted_actors_hold_no_control_characters() -> None:
    assert [line for line in printed_counts({"actors": Counter({"u\x1b[2J": 1})}) if not line.isprintable()] == []


def test_what_could_not_be_read_is_marked_and_has_no_labels(codebook: Codebook) -> None:
    text = printed(codebook, prediction(lang="ar", uncertain=["language"]), prediction(id="a#1"))
    shown = lines(text)
    assert shown[2:5] == [
        "0   The Dock Union met the Port Authority.",
        "    ? Arabic, which the model can't read: no labels",
        "",
    ]
    assert text.count("Strike") == 1
