"""The page of predictions: all in it, linked, and text that can't do anything."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from stance.commands.app import main
from stance.formats.dataformat import parse_article, parse_prediction
from stance.formats.flat import flatten
from stance.pages.overview import Overview
from stance.pages.overview_page import overview_page
from stance.records import InputError, Judgement, Mention, Passage, Prediction
from stance.text.codebook import Codebook
from tests.jobs.test_resumable_output import run

TEXT = "The Dock Union blamed the Port Authority."
UNION, PORT = Judgement("neutral", 0.1, 0.8, 0.1), Judgement("against", 0.7, 0.2, 0.1)
PREDICTION = Prediction(
    Passage("a#0", "a", TEXT, 0, len(TEXT), (Mention("union", 4, 14), Mention("port", 26, 40)), {"title": "Row"}),
    {"strike": 0.9, "budget": 0.3},
    ("strike",),
    {"union": UNION, "port": PORT},
    {("union", "port"): PORT, ("port", "union"): UNION},
    ("stance:port",),
    "harbour-1",
)


class Elements(HTMLParser):
    """The elements of a page with their attributes, and its text."""

    def __init__(self, source: str):
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str, kind: str = "") -> list[dict[str, str | None]]:
        return [a for t, a in self.found if t == tag and kind in [*(a.get("class") or "").split(" "), ""]]


def page_of(codebook: Codebook, *predictions: Prediction) -> str:
    return overview_page(Overview(100).read(predictions), codebook, "Harbour & sea")


def test_a_passage_shows_frames_actors_and_who_stands_where_in_words(codebook: Codebook) -> None:
    page = page_of(codebook, PREDICTION)
    [passage] = re.findall(r'<article class="passage".*?</article>', page)
    shown = " ".join(Elements(passage).text.split())
    assert shown == (
        "Strike 0.90 by Dock Union, about Port Authority? have a person look"
        "The Dock Union· blamed the Port Authority−.a#0"
        "Dock Union: · neutral 0.80Port Authority: − against 0.70 ? unsure"
        "Dock Union toward Port Authority: − against 0.70"
    )
    [marked] = Elements(passage).all("article", "passage")
    assert json.loads(marked["data-tags"] or "") == [
        "frame:strike",
        "actor:union",
        "stance:union:neutral",
        "any:neutral",
        "actor:port",
        "stance:port:against",
        "any:against",
        "pair:union:port",
        "pair:union:port:against",
        "unsure",
    ]


def test_every_figure_links_to_tags_that_passages_carry(codebook: Codebook) -> None:
    page = page_of(codebook, PREDICTION)
    elements = Elements(page)
    tags = {tag for article in elements.all("article", "passage") for tag in json.loads(article["data-tags"] or "")}
    links = [a["href"] or "" for a in elements.all("a")]
    shown = {link.removeprefix("#show=").replace("%3A", ":") for link in links if link.startswith("#show=")}
    assert {
        tag for tag in shown if not tag.endswith((":favor", ":neutral", ":against")) and "budget" not in tag
    } <= tags
    assert "pair:union:port" in shown
    anchors = {a["id"] for _, a in elements.found if a.get("id")}
    assert {link[1:] for link in links if not link.startswith("#show=")} <= anchors


def test_closest_calls_name_the_actor_or_the_pair(codebook: Codebook) -> None:
    page = page_of(codebook, PREDICTION)
    _, _, picks = page.partition('<div class="picks">')
    shown = " ".join(Elements(picks.partition("</div>")[0]).text.split())
    assert "stance: against: closest calls0.70 Port Authority: The Dock Union" in shown
    assert "held by an actor: against: closest calls0.70 Dock Union → Port Authority: The Dock Union" in shown
    assert "Strike: surest0.90 The Dock Union" in shown


def test_shares_stand_with_their_interval_and_what_is_to_be_expected(codebook: Codebook) -> None:
    rows = [
        replace(PREDICTION, passage=replace(PREDICTION.passage, id=f"{n}", article=f"{n}"), frames={"strike": prob})
        for n, prob in enumerate((0.9, 0.9, 0.9, 0.7))
    ]
    page = page_of(codebook, *rows)
    [frames] = re.findall(r'<table class="shares"><tbody><tr><th scope=row>Strike.*?</table>', page)
    assert Elements(frames).text == "Strike4 passages100% 51–100% exp. 85%"
    [actor] = re.findall(r"<tbody><tr><th scope=row><a[^>]*>Port Authority.*?</tbody>", page)
    assert Elements(actor).text.startswith("Port Authority4 passages4100% 51–100% exp. 70%00% 0–49% exp. 20%")


def test_what_is_no_finding_stands_above_all_figures(codebook: Codebook) -> None:
    flat = replace(PREDICTION, frames={"strike": 0.24, "budget": 0.1})
    page = page_of(codebook, flat)
    told = "Strike, no probability is above 0.24"
    assert told in Elements(page).text
    assert page.index("Not to be relied on") < page.index('class="cards"')
    assert "Not to be relied on" not in page_of(codebook, PREDICTION)


def test_months_are_a_line_over_time(codebook: Codebook) -> None:
    rows = [
        replace(
            PREDICTION,
            passage=replace(PREDICTION.passage, id=f"{n}", article=f"{n}", details={"date": f"2024-0{1 + n // 2}-11"}),
        )
        for n in range(6)
    ]
    page = page_of(codebook, *rows)
    assert "<h3>By month</h3>" in page
    assert page.count('<polyline class="curve"') == page.count('<polygon class="band"') == 2
    years = [
        replace(row, passage=replace(row.passage, id=f"{y}", article=f"{y}", details={"date": f"{y}-{m:02d}"}))
        for row in rows[:1]
        for y in range(2000, 2012)
        for m in range(1, 13)
    ]
    assert "<h3>By year</h3>" in page_of(codebook, *years)


def test_no_style_makes_the_page_wider_than_a_telephone(codebook: Codebook) -> None:
    style = page_of(codebook, PREDICTION).partition("</style>")[0]
    wide = [float(width) for width in re.findall(r"min-width:([\d.]+)rem[;}]", style.replace("@media(min-width", ""))]
    assert [width for width in wide if width > 20] == []
    assert "@media(max-width:60rem){.map{display:none}.pairs{display:block" in style


def test_text_from_articles_does_nothing(codebook: Codebook) -> None:
    hostile = '<script>alert(1)</script>"><img src=x onerror=alert(2)>\u202e</p>'
    passage = Passage(
        hostile,
        hostile,
        hostile * 3,
        0,
        9,
        (Mention(hostile, 0, 8),),
        {"title": hostile, "source": hostile, "date": hostile},
    )
    judged = {hostile: PORT}
    evil = replace(
        PREDICTION,
        passage=passage,
        stance=judged,
        frames={hostile: 0.9},
        frame_labels=(hostile,),
        model=hostile,
        directed={(hostile, "x"): PORT},
    )
    page = page_of(codebook, evil, PREDICTION)
    elements = Elements(page)
    assert len(elements.all("script")) == 1
    assert elements.all("img") == []
    assert not any(name.startswith("on") for _, attributes in elements.found for name in attributes)
    assert elements.text.count("<script>alert(1)</script>") >= 3
    [shown] = re.findall(r'<p class="text".*?</p>', page.partition('class="passage"')[2].partition("</article>")[0])
    assert "\u202e" not in Elements(shown).text


def test_only_the_page_s_own_script_may_run(codebook: Codebook) -> None:
    page = page_of(codebook, PREDICTION)
    [script] = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    [policy] = [a["content"] for a in Elements(page).all("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy == f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"


def test_a_passage_of_a_million_characters_is_cut_on_the_page_and_says_so(codebook: Codebook) -> None:
    endless = replace(PREDICTION, passage=replace(PREDICTION.passage, text="x" * 1_000_000, mentions=()))
    page = page_of(codebook, endless)
    assert "(980,000 more characters in the predictions)" in page
    assert len(page) < 60_000


def flat(prediction: Prediction) -> dict[str, object]:
    """A prediction's row as it is read from CSV."""
    row = {key: value for key, value in flatten(prediction.to_dict()).items() if value is not None}
    row |= {key: row[key].split(";") for key in ("frame_labels", "uncertain")}
    return row | {key: json.loads(row[key]) for key in ("stance", "directed", "mentions")}


FORMS = pytest.mark.parametrize("form", [Prediction.to_dict, flat], ids=["jsonl", "flat"])


@FORMS
def test_predictions_are_read_as_they_were_written(form: Callable[[Prediction], dict[str, object]]) -> None:
    assert parse_prediction(form(PREDICTION), "p:1") == PREDICTION


@pytest.mark.parametrize("details", ["free words", '{"text": "other"}', '{"details": 1}', 7])
@FORMS
def test_a_field_of_the_input_called_details_is_one_like_others(
    form: Callable[[Prediction], dict[str, object]], details: object
) -> None:
    prediction = replace(PREDICTION, passage=replace(PREDICTION.passage, details={"details": details}))
    assert parse_prediction(form(prediction), "p:1") == prediction


def test_a_flat_prediction_that_is_labelled_anew_keeps_what_its_input_held_and_nothing_of_the_first_labels() -> None:
    row = flat(replace(PREDICTION, passage=replace(PREDICTION.passage, details={"desk": 7})))
    assert parse_article(row, "p:1", "").details == {"desk": 7}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": None}, "p:1: no prediction; found: id, text, frame_labels; give what stance classify wrote"),
        ({"frames": {"strike": 1.5}}, 'p:1: strike should have probabilities from 0 to 1; found: "1.5"'),
        ({"frames": {"strike": float("nan")}}, 'p:1: strike should have probabilities from 0 to 1; found: "nan"'),
        (
            {"stance": {"port": "against"}},
            'p:1: stance toward port needs label, against, neutral, favor; found: "against"',
        ),
    ],
)
def test_what_is_no_prediction_is_refused(changes: dict[str, object], message: str) -> None:
    row = {"id": "a", "text": TEXT, "frame_labels": [], "model": "m", **changes}
    with pytest.raises(InputError) as refused:
        parse_prediction({key: value for key, value in row.items() if value is not None}, "p:1")
    assert str(refused.value) == message


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_the_command_writes_the_page_from_every_format_that_classify_writes(
    kind: str, model_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    row = {"id": "n1", "text": TEXT, "source": "Harbour News", "date": "2024-05-01", "desk": 7}
    Path("a.jsonl").write_text(json.dumps(row) + "\n")
    assert run(monkeypatch, "classify", "a.jsonl", "--model", model_dir, "--output", f"p.{kind}") == 0
    assert run(monkeypatch, "report", f"p.{kind}", "--output", "r.html", "--title", "Mine") == 0
    assert capsys.readouterr().err.endswith("1 passage of 1 article; written to r.html\n")
    page = Path("r.html").read_text(encoding="utf-8")
    assert "<h1>Mine</h1>" in page
    assert "Harbour News · 2024-05-01" in page


def test_the_command_refuses_what_holds_no_predictions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.jsonl").write_text(json.dumps({"id": "n1", "text": TEXT}) + "\n")
    assert run(monkeypatch, "report", "a.jsonl", "--output", "r.html") == 2
    assert capsys.readouterr().err == (
        "stance: a.jsonl:1: no prediction; found: id, text; give what stance classify wrote\n"
    )
    assert not Path("r.html").exists()


UNREAD = replace(
    PREDICTION,
    passage=replace(PREDICTION.passage, id="b#0", article="b", details={"lang": "ar", "source": "Gull"}),
    uncertain=("language",),
)


def test_a_passage_that_could_not_be_read_is_marked_and_has_no_labels(codebook: Codebook) -> None:
    page = page_of(codebook, UNREAD)
    [passage] = re.findall(r'<article class="passage".*?</article>', page)
    shown = " ".join(Elements(passage).text.split())
    assert shown.startswith("? Arabic, which the model can't read: no labelsThe Dock Union")
    assert "0.9" not in shown
    assert "against" not in shown
    [marked] = Elements(passage).all("article", "passage")
    assert json.loads(marked["data-tags"] or "") == ["source:Gull", "unread", "unsure"]
    assert "No passage that the model can read." in page
    assert "1 passage of 1 article in languages that the model can&#x27;t read are in no figure: Arabic 1" in page


def test_pages_without_such_passages_do_not_speak_of_them(codebook: Codebook) -> None:
    assert "can&#x27;t read" not in page_of(codebook, PREDICTION)


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_the_command_keeps_what_could_not_be_read_out_of_its_figures(
    kind: str, model_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [
        {"id": "n1", "text": TEXT, "source": "Harbour News"},
        {"id": "n2", "text": TEXT, "source": "Gull", "lang": "ur"},
    ]
    Path("a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert run(monkeypatch, "classify", "a.jsonl", "--model", model_dir, "--output", f"p.{kind}") == 0
    assert capsys.readouterr().err.splitlines()[0] == (
        "1 input in languages that the model can't read (it reads English), marked uncertain: Urdu 1"
    )
    assert run(monkeypatch, "report", f"p.{kind}", "--output", "r.html") == 0
    assert capsys.readouterr().err == (
        "1 passage of 1 article in languages that the model can't read are in no figure: Urdu 1\n"
        "1 passage of 1 article; written to r.html\n"
    )
    page = Path("r.html").read_text(encoding="utf-8")
    assert "Harbour News (1)" in page
    assert "Gull (1)" not in page


def test_predictions_that_stand_twice_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    row = {"id": "a#0", "text": "x", "frames": {}, "stance": {}, "directed": [], "model": "m", "uncertain": []}
    for name in ("a", "b"):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(row) + "\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["stance", "report", "a.jsonl", "b.jsonl", "--output", "r.html"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert capfd.readouterr().err == (
        'stance: b.jsonl:1: id "a#0" stands in a.jsonl before; give the predictions of each article once, and articles '
        "of one name ids of their own\n"
    )
    assert not (tmp_path / "r.html").exists()
