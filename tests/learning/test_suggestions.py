"""What to label next: what is chosen, in which order and why, what is left out, and the command."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import corpus_rows

from stance.commands.app import main
from stance.formats.dataformat import parse_labelled
from stance.learning import suggestions
from stance.learning.suggestions import Suggestions, doubt, suggest
from stance.scoring.gold import Gold, prepare
from stance.text.codebook import Codebook
from stance.text.mentions import Matcher

FRAMES = ("strike", "budget")
NUMBERS = "one two three four five six seven eight nine ten".split()


def row(number: int, strike: float, text: str = "", article: str = "", **more: Any) -> dict[str, Any]:
    """A prediction: unsure of the strike by so much, sure that there is no budget, and no word like another's."""
    text = text or " ".join(f"{word}{number}" for word in NUMBERS)
    frames = {"strike": strike, "budget": 0.0}
    return {"id": f"p{number}", "article": article or f"a{number}", "text": text, "frames": frames, "stance": {},
            "directed": [], **more}  # fmt: skip


def stance(actor: str, against: float, favor: float) -> dict[str, Any]:
    judged = {"against": against, "neutral": round(1 - against - favor, 2), "favor": favor}
    return {"stance": {actor: {"label": "neutral", **judged}}}


def ids(found: Suggestions) -> list[str]:
    return [suggestion.row["id"] for suggestion in found.chosen]


def gold(codebook: Codebook, *rows: dict[str, Any]) -> list[Gold]:
    return prepare([parse_labelled(r, f"labels:{n}", codebook) for n, r in enumerate(rows, 1)], Matcher(codebook))


def test_doubt_is_highest_at_one_half() -> None:
    assert doubt(np.array([0.0, 0.11, 0.5, 1.0])).round(3).tolist() == [0.0, 0.5, 1.0, 0.0]


def test_passages_in_most_doubt_come_first_with_the_reason() -> None:
    found = suggest([row(1, 0.97), row(2, 0.5), row(3, 0.31), row(4, 0.0)], FRAMES, 3)
    assert [(s.row["id"], s.reason) for s in found.chosen] == [
        ("p2", "unsure of strike (0.50)"),
        ("p3", "unsure of strike (0.31)"),
        ("p1", "least sure of strike (0.97)"),
    ]
    assert [s.labels for s in found.chosen] == [("strike",), ("strike",), ()]
    assert (found.n_passages, found.n_labelled, found.n_copies) == (4, 0, 0)
    assert found.chosen[0].to_dict() == {**row(2, 0.5), "reason": "unsure of strike (0.50)"}


def test_rare_labels_count_more(codebook: Codebook) -> None:
    against = [
        {"id": f"g{n}", "text": f"Word {n}.", "stance": {"port": "against" if n % 2 else "neutral"}} for n in range(20)
    ]
    rows = [row(1, 0.0, **stance("port", 0.45, 0.0)), row(2, 0.0, **stance("union", 0.0, 0.4))]
    assert ids(suggest(rows, FRAMES, 2)) == ["p1", "p2"]
    found = suggest(rows, FRAMES, 2, gold(codebook, *against))
    assert [(s.row["id"], s.reason) for s in found.chosen] == [
        ("p2", "rare: favor toward union (0.40)"),
        ("p1", "unsure of against toward port (0.45)"),
    ]


def test_reason_names_two_labels_at_most_one_of_each_question(codebook: Codebook) -> None:
    pair = {"holder": "union", "target": "port", "label": "neutral", "against": 0.2, "neutral": 0.5, "favor": 0.3}
    rows = [row(1, 0.95, **stance("union", 0.48, 0.3), directed=[pair])]
    labelled = {"id": "g", "text": "Word.", "frames": ["strike"], "stance": {"union": "neutral"}, "directed": []}
    [suggestion] = suggest(rows, FRAMES, 1, gold(codebook, labelled)).chosen
    assert suggestion.reason == "unsure of against toward union (0.48), union > port: favor (0.30)"
    assert suggestion.labels == ("against", "favor")


def test_copies_are_left_out() -> None:
    text = "The dockers walked out at noon and the cranes at pier nine stood still until the evening shift came"
    rows = [row(1, 0.4, text), row(2, 0.5, text), row(3, 0.5, f"{text} back"), row(4, 0.9)]
    found = suggest(rows, FRAMES, 4)
    assert (ids(found), found.n_copies) == (["p3", "p4"], 2)


def test_likeness_to_those_chosen_counts_against_a_passage() -> None:
    chosen, like, other = "cranes stand still today", "cranes stand idle now", "accounts were read aloud"
    rows = [row(1, 0.5, chosen), row(2, 0.45, like), row(3, 0.4, other), row(4, 0.01, "accounts were kept again")]
    assert ids(suggest(rows, FRAMES, 3)) == ["p1", "p3", "p2"]


def test_of_passages_in_equal_doubt_those_like_others_come_first() -> None:
    rows = [row(1, 0.5), row(2, 0.5, "cranes stand still today"), row(3, 0.01, "cranes stand still again")]
    assert ids(suggest(rows, FRAMES, 2)) == ["p2", "p1"]


def test_few_passages_of_one_article_are_chosen() -> None:
    rows = [row(n, 0.5, article="a") for n in range(5)] + [row(5, 0.9)]
    assert ids(suggest(rows, FRAMES, 6)) == ["p0", "p1", "p2", "p5"]


@pytest.mark.parametrize(
    "labelled",
    [
        {"id": "p1", "text": "Something else."},
        {"id": "g", "text": row(1, 0.5)["text"].replace(" ", "\n")},
        {"id": "g", "text": row(1, 0.5)["text"] + " more"},
    ],
    ids=["id", "text", "like"],
)
def test_labelled_passages_are_left_out(labelled: dict[str, Any], codebook: Codebook) -> None:
    found = suggest([row(1, 0.5), row(2, 0.9)], FRAMES, 2, gold(codebook, labelled))
    assert (ids(found), found.n_labelled) == (["p2"], 1)


def test_candidates_are_bounded_and_the_best_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suggestions, "POOL", 2)
    monkeypatch.setattr(suggestions, "PER_WANTED", 1)
    rows = [row(n, prob) for n, prob in enumerate((0.5, 0.9, 0.8, 0.99, 0.4, 0.95, 0.97))]
    assert ids(suggest(rows, FRAMES, 2)) == ["p0", "p4"]


def test_nothing_is_chosen_where_nothing_was_judged() -> None:
    assert suggest([{**row(1, 0.5), "frames": {}}], FRAMES, 1) == Suggestions((), 1, 0, 0)
    assert suggest([], (), 1) == Suggestions((), 0, 0, 0)


# The command


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Runs `stance` in a working folder that holds passages: exit code, output, errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    write("corpus.jsonl", *corpus_rows())
    write("pile.jsonl", *PILE)

    def run_main(*arguments: object, stdin: bytes = b"") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["stance", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(stdin))))  # type: ignore[arg-type]
        with pytest.raises(SystemExit) as stop:
            main()
        return (int(stop.value.code or 0), *capfd.readouterr())

    return run_main


def write(name: str, *rows: dict[str, Any]) -> None:
    Path(name).write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")


PILE = [
    {"id": "sure", "text": "The Dock Union blamed the Port Authority over the stopped cranes.", "desk": "city"},
    {"id": "odd", "text": "The Port Authority and the City Council signed papers at length, and the Dock Union sang."},
    {
        "id": "copy",
        "text": "The Port Authority and the City Council  signed papers at length, and the Dock Union sang.",
    },
    {"id": "dull", "text": "It rained on the quay for most of the week and nobody came to look at the boats."},
    {"id": "known", "text": corpus_rows()[4]["text"]},
]


def test_command_writes_rows_of_classify_with_reasons(run: Callable[..., Any], model_dir: Path) -> None:
    options = ["--model", model_dir, "--labelled", "corpus.jsonl", "--unit", "passage", "-n", 2]
    result = run("suggest", "pile.jsonl", *options, "--output", "next.jsonl")
    rows = [json.loads(line) for line in Path("next.jsonl").read_text().splitlines()]
    assert [(r["id"], r.pop("reason")) for r in rows] == [
        ("odd", "unsure of favor toward council (0.51), favor toward union (0.45)"),
        ("dull", "least sure of budget (0.09)"),
    ]
    classified = run("classify", "pile.jsonl", "--model", model_dir, "--unit", "passage")[1]
    assert rows == [r for r in map(json.loads, classified.splitlines()) if r["id"] in ("odd", "dull")]
    assert result == (0, "", (
        "2 passages of 5 to label; unsure of favor (1); left out: 2 labelled already, 1 just like another; "
        "written to next.jsonl\n"
    ))  # fmt: skip
    assert list(Path().glob(".*")) == []


def test_command_prints_the_same_every_time(run: Callable[..., Any], model_dir: Path) -> None:
    options = ["--model", model_dir, "--unit", "passage", "--output", "-"]
    first, second = (run("suggest", "pile.jsonl", "corpus.jsonl", *options) for _ in range(2))
    assert first == second
    assert first[2].startswith(f"{len(first[1].splitlines())} passages of 77 to label; unsure of ")
    assert run("suggest", "-", *options, stdin=Path("pile.jsonl").read_bytes())[1].count("\n") == 4


def test_articles_are_split_into_passages(run: Callable[..., Any], model_dir: Path) -> None:
    Path("article.txt").write_text(f"Cranes stand still\n\n{PILE[0]['text']}\n\n{PILE[3]['text']}\n")
    code, out, _ = run("suggest", "article.txt", "--model", model_dir, "--output", "-")
    assert (code, sorted(json.loads(line)["id"] for line in out.splitlines())) == (0, ["article#0", "article#1"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gone.txt", "-o", "a.jsonl"], "gone.txt: no such file; check the path"),
        (["pile.jsonl", "-o", "a.csv"], "a.csv: what is written there is JSONL; end its name in .jsonl"),
        (["pile.jsonl", "-o", "pile.jsonl"], "pile.jsonl: is an input too; give the output another name"),
        (["pile.jsonl", "-o", "gone/a.jsonl"], "gone/a.jsonl: no such folder to write in; make it first"),
        (["pile.jsonl", "-o", "a.jsonl", "--labelled", "pile.jsonl"],
         "pile.jsonl: no labels in it; give labelled passages, or leave --labelled out"),
        (["pile.jsonl", "-o", "a.jsonl", "--labelled", "gone.jsonl"], "gone.jsonl: no such file; check the path"),
        (["pile.jsonl", "-o", "a.jsonl", "--labelled", "a.jsonl"],
         "a.jsonl: is an input too; give the output another name"),
        (["-", "-o", "a.jsonl", "--labelled", "-"], "-: INPUT and --labelled can't both be standard input; use a file"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line_and_exit_code_2(
    arguments: list[str], message: str, run: Callable[..., Any], model_dir: Path
) -> None:
    assert run("suggest", *arguments, "--model", model_dir) == (2, "", f"stance: {message}\n")
    assert sorted(path.name for path in Path().iterdir()) == ["corpus.jsonl", "pile.jsonl"]


NEW = """\
name: harbour
frames: [{id: strike, label: Strike, definition: Cranes are stopped.}, {id: noise, label: Noise}]
actors: [{id: union, label: Dock Union, aliases: [Dock Union]}, {id: council, label: Council, aliases: [City Council]}]
"""


def test_a_codebook_alone_chooses_without_a_model(run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stance.models.store.load_model", None)
    monkeypatch.setattr("stance.jobs.stream.load_model", None)
    Path("new.yaml").write_text(NEW)
    options = ["--codebook", "new.yaml", "--unit", "passage", "-n", 3]
    result = run("suggest", "pile.jsonl", *options, "--output", "first.jsonl")
    rows = [json.loads(line) for line in Path("first.jsonl").read_text().splitlines()]
    assert [(row["id"], row["reason"]) for row in rows] == [
        ("sure", "names Dock Union; near the definition of Strike"),
        ("odd", "names Council and Dock Union"),
        ("known", "names Council and Dock Union"),
    ]
    assert rows[0] == {**rows[0], "desk": "city", "start": 0, "end": 65}
    assert {"frames", "stance", "model"}.isdisjoint(rows[0])
    assert result == (
        0,
        "",
        "3 passages of 5 to label; for union (3), council (2), strike (1); left out: 1 just like another; "
        "written to first.jsonl\n",
    )
    exported = run("export", "first.jsonl", "--codebook", "new.yaml", "--to", "doccano", "--output", "t.jsonl")
    assert exported[2] == "3 rows, 0 labelled, 0 with suggestions; written to t.jsonl\n"


def test_a_codebook_alone_leaves_out_what_is_labelled(run: Callable[..., Any]) -> None:
    Path("new.yaml").write_text(NEW)
    write("labels.jsonl", {"id": "sure", "text": PILE[0]["text"], "frames": ["Strike"]})
    result = run("suggest", "pile.jsonl", "--codebook", "new.yaml", "--labelled", "labels.jsonl", "-o", "-")
    assert [json.loads(line)["article"] for line in result[1].splitlines()] == ["odd", "known", "dull"]
    assert result[2].splitlines()[0] == 'labels.jsonl:1: frame "Strike" is taken for strike'
    assert result[2].endswith("left out: 1 labelled already, 1 just like another\n")


def test_with_a_model_too_it_judges_the_actors_of_the_codebook(run: Callable[..., Any], model_dir: Path) -> None:
    Path("new.yaml").write_text(NEW)
    options = ["--codebook", "new.yaml", "--model", model_dir, "--unit", "passage", "-o", "-"]
    code, out, err = run("suggest", "pile.jsonl", *options)
    rows = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert {actor for row in rows for actor in row["stance"]} == {"union", "council"}
    assert {frame for row in rows for frame in row["frames"]} == {"strike"}
    assert err.startswith("harbour: frames that the model does not know are left out: noise\n")
    assert all("+harbour-" in row["model"] for row in rows)


def test_what_can_not_be_read_is_never_suggested_and_counts_for_nothing(codebook: Codebook) -> None:
    rows = [row(1, 0.5, uncertain=["language"]), row(2, 0.9), row(3, 0.4, uncertain=["strike"])]
    found = suggest(rows, FRAMES, 3)
    assert (ids(found), found.n_passages, found.n_unread) == (["p3", "p2"], 3, 1)
    assert [s.reason for s in found.chosen] == [s.reason for s in suggest(rows[1:], FRAMES, 3).chosen]
    assert suggest(rows[:1], FRAMES, 3).chosen == ()


def test_command_says_how_many_could_not_be_read(run: Callable[..., Any], model_dir: Path) -> None:
    write("pile.jsonl", *({**r, "lang": "ur"} if r["id"] in ("odd", "copy") else r for r in PILE))
    code, out, err = run("suggest", "pile.jsonl", "--model", model_dir, "--unit", "passage", "--output", "-")
    assert (code, len(out.splitlines())) == (0, 3)
    assert err.endswith("; left out: 2 in a language that the model can't read\n")
