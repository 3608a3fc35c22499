"""The pages of scores and of agreement: whole, self-contained, and with nothing of the data run."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from stance.learning.agreement import agree
from stance.learning.assessment import rival
from stance.learning.fitting import Fitted
from stance.pages.agreement_page import agreement_page
from stance.pages.charts import forest, reliability, risk_curve, round_top
from stance.pages.scores_page import scores_page
from stance.records import LabelledPassage
from stance.scoring.leaks import training_digests
from stance.text.codebook import Codebook

HOSTILE = '"><img src=x onerror=alert(1)><script>alert(2)</script>'
_VOID = {"meta", "br", "img"}


class Page(HTMLParser):
    """The tags of a page, checked to close in order, and its text."""

    def __init__(self, page: str):
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not any(name.startswith("on") or name in ("src", "data") for name, _ in attrs)
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def scores(fitted: Fitted, labelled: Sequence[LabelledPassage]) -> dict[str, Any]:
    rows = [
        replace(row, place=f"{HOSTILE}:{i}", passage=replace(row.passage, details={"source": f"{HOSTILE}{i % 2}"}))
        for i, row in enumerate(labelled)
    ]
    model = replace(fitted.model, name=HOSTILE, record={"data": [{"file": HOSTILE}]})
    trained = training_digests([[row.passage.text for row in labelled[:3]]])
    gold, predictions, scores = model.assess(rows, trained, ["source", "actor"])
    comparison = rival(gold, predictions, (gold, predictions), model.codebook.frame_ids)
    named = {"model": HOSTILE, "data": ["dev.jsonl"], **scores, "comparison": {"name": HOSTILE, **comparison}}
    return dict(json.loads(json.dumps(named)))


def test_page_shows_what_the_json_holds(scores: dict[str, Any]) -> None:
    page = Page(scores_page(scores))
    for task in ("frames", "stance", "directed"):
        part = scores[task]
        assert f"{part['macro_f1']:.3f}" in page.text
        assert f"{part['calibration']['before']['brier']:.3f}" in page.text
        for label, row in part["per_label"].items():
            assert label in page.text
            assert f"{row['recall']:.3f}" in page.text
        low, high = part["macro_f1_interval"]
        assert f"{low:.3f} to {high:.3f}" in page.text
        assert f"{part['review']['reviewed']:.0%} of them" in page.text
    assert "72 passages of 24 articles" in page.text
    assert f"Near-duplicates of training passages ({scores['leaks']['n']})" in page.text
    assert "No difference is shown." in page.text
    assert page.tags.count("h2") == 3 + 1 + 2 + 1 + 1


def test_page_runs_nothing_and_fetches_nothing(scores: dict[str, Any]) -> None:
    html = scores_page(scores)
    page = Page(html)
    assert not {"script", "img", "link", "iframe", "object"} & set(page.tags)
    assert HOSTILE in page.text
    assert "default-src 'none'" in html
    assert not re.search(r"https?://|url\(|@import", html)


def test_page_says_whether_probabilities_can_be_taken_as_they_are(scores: dict[str, Any]) -> None:
    told = copy.deepcopy(scores)
    for task, off in (("frames", 0.5), ("stance", 0.0), ("directed", 0.0)):
        told[task]["calibration"]["after"] |= {"ece": off, "ece_if_calibrated": (0.01, 0.1)}
        for point in told[task]["risk"]:
            point["risk"] = 0.4 * point["coverage"]
    text = Page(scores_page(told)).text
    assert "Probabilities are further off than chance would put them for frames." in text
    assert "Probabilities are calibrated" not in text
    halves = "frames 40% and 20%, stance 40% and 20%, directed 40% and 20%"
    assert f"Wrong labels, in all and in the half that the model is surest of: {halves}." in text
    for near in ((0.1, (0.01, 0.1)), (0.0004, (0.0, 0.0001))):
        told["frames"]["calibration"]["after"] |= dict(zip(("ece", "ece_if_calibrated"), near, strict=True))
        assert (
            "Probabilities are calibrated: of labels with 0.7, about 7 in 10 are right." in Page(scores_page(told)).text
        )


def test_page_says_how_often_labels_are_right_before_what_probabilities_are_worth(scores: dict[str, Any]) -> None:
    told = copy.deepcopy(scores)
    rights = {"frames": (0.9, 0.75, 1200), "stance": (0.43, 0.6, 90), "directed": (0.8, None, 0)}
    for task, (labels, named, n_named) in rights.items():
        told[task]["right"] = {"labels": labels, "named": named, "n_named": n_named}
        told[task]["calibration"]["after"] |= {"ece": 0.0, "ece_if_calibrated": (0.0, 0.1)}
    page = scores_page(told)
    text = Page(page).text
    right = "frames 90% (75% of the 1,200 named), stance 43% (60% of the 90 named), directed 80% (none named)"
    assert f"How often labels are right: {right}. More wrong than right: stance. Weakest:" in text
    assert text.index("More wrong than right") < text.index("Probabilities are calibrated")
    told["directed"]["right"] = {"labels": 0.9, "named": 0.4, "n_named": 10}
    assert "More wrong than right: stance and directed." in Page(scores_page(told)).text


def test_page_says_first_what_is_not_to_be_relied_on(scores: dict[str, Any]) -> None:
    told = copy.deepcopy(scores)
    assert "Not to be relied on" not in scores_page({**told, "frames": {**told["frames"], "doubts": []}})
    told["frames"]["doubts"] = [f"{HOSTILE} (3 of 38 passages carry it, too few)"]
    page = scores_page(told)
    text = Page(page).text
    assert f"{HOSTILE} (3 of 38 passages carry it, too few)" in text
    assert page.index("Not to be relied on") < page.index("macro-F1")


def test_page_of_agreement_shows_its_numbers_and_disputes(
    fitted: Fitted, labelled: Sequence[LabelledPassage], codebook: Codebook
) -> None:
    ann = [replace(row, annotator="ann") for row in labelled]
    other = replace(labelled[0].labels, frames=())
    ben = [replace(row, annotator=HOSTILE, labels=other if i == 0 else row.labels) for i, row in enumerate(labelled)]
    report = agree([*ann, *ben], codebook, fitted.model)
    page = Page(agreement_page(report))
    assert f"{report['frames']['alpha']:.3f}" in page.text
    assert "In dispute (1)" in page.text
    assert f"ann and {HOSTILE}" in page.text or f"{HOSTILE} and ann" in page.text
    assert f"{fitted.model.name} and the people" in page.text
    assert f"ann and {fitted.model.name}" in page.text


def test_forest_places_values_and_intervals_on_the_scale() -> None:
    svg = forest([("low", 0.0, None), ("high", 1.0, (0.5, 1.0)), ("none", None, None)], "F1")
    assert re.findall(r'<circle class="dot" cx="([\d.]+)"', svg) == ["18.0", "342.0"]
    assert re.findall(r'<line class="range" x1="([\d.]+)" x2="([\d.]+)"', svg) == [("180.0", "342.0")]
    assert "1.00 (0.50 to 1.00)" in svg
    assert "not defined" in svg


def test_forest_shows_what_is_below_nothing_and_whole_names_beneath_cut_ones() -> None:
    svg = forest([("a label of more than thirty-two letters", -0.5, None)], "kappa")
    assert re.findall(r'<circle class="dot" cx="([\d.]+)"', svg) == ["99.0"]
    assert "a label of more than thirty-two…<title>a label of more than thirty-two letters</title>" in svg


def test_forest_draws_what_is_expected_hollow() -> None:
    svg = forest([("a", 0.25, None), ("b", 0.75, None), ("c", None, None)], "share", expected=[0.5, None, 0.5])
    assert re.findall(r'<circle class="hollow" cx="([\d.]+)"', svg) == ["180.0"]
    assert "<title>expected 0.50</title>" in svg


def test_forest_fits_a_telephone() -> None:
    assert 'viewBox="0 0 360 ' in forest([("a", 0.5, (0.4, 0.6))], "share")


def test_forest_of_differences_is_centred_on_nothing() -> None:
    svg = forest([("a", 0.1, (0.05, 0.2)), ("b", -0.1, (-0.2, 0.0))], "differences", zero=True)
    left, right = (float(x) for x in re.findall(r'<circle class="dot" cx="([\d.]+)"', svg))
    assert (left, right) == (261.0, 99.0)
    assert "+0.10 (0.05 to 0.20)" in svg


def test_curves_go_through_their_points() -> None:
    assert 'points="50.0,272.0 310.0,12.0"' in reliability([("calibrated", [(0.0, 0.0), (1.0, 1.0)])], "reliability")
    svg = risk_curve([(0.5, 0.0, None), (1.0, 0.2, (0.1, 0.4))], "risk", 0.4)
    assert '<polyline class="curve" points="180.0,272.0 310.0,142.0"/>' in svg
    assert '<polygon class="band" points="180.0,272.0 310.0,12.0 310.0,207.0 180.0,272.0"/>' in svg


@pytest.mark.parametrize(
    ("curves", "top"),
    [
        ([], 0.04),
        ([[(1.0, 0.04, None)]], 0.04),
        ([[(0.5, 0.0, (0.0, 0.1)), (1.0, 0.05, None)], [(1.0, 0.2, (0.1, 0.41))]], 0.6),
        ([[(1.0, 1.0, (0.9, 1.0))]], 1.0),
    ],
)
def test_charts_of_risk_have_one_round_scale(curves: list[Any], top: float) -> None:
    assert round_top(curves) == top
