"""Predictions in a notebook: tables with the columns and values expected, and a page that is safe to show."""

from __future__ import annotations

import copy
import pickle
import re
import sys
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

import stance
from stance.learning.fitting import Fitted
from stance.pages.results import LONGEST, SHOWN, Predictions
from stance.records import Article, Judgement, Mention, Passage, Prediction
from stance.text.codebook import Codebook

TEXT = "The Dock Union accused the Port Authority."
UNION, PORT = Mention("union", 4, 14), Mention("port", 27, 41)
AGAINST = Judgement("against", 0.8, 0.15, 0.05)
NEUTRAL = Judgement("neutral", 0.2, 0.55, 0.25)
FIRST = Prediction(
    passage=Passage("a#0", "a", TEXT, 0, 42, (UNION, PORT), {"source": "Gull", "page": 3}),
    frames={"strike": 0.9, "budget": 0.45},
    frame_labels=("strike",),
    stance={"union": NEUTRAL, "port": AGAINST},
    directed={("union", "port"): AGAINST, ("port", "union"): NEUTRAL},
    uncertain=("budget", "stance:union", "directed:port>union"),
    model="harbour-1",
)
SECOND = Prediction(
    passage=Passage("b#0", "b", "A gale blew.", 0, 12, (), {"date": "2024-05-02"}),
    frames={"strike": 0.1, "budget": 0.2},
    frame_labels=(),
    stance={},
    directed={},
    uncertain=(),
    model="harbour-1",
)
COLUMNS = [
    *("id", "article", "source", "page", "date", "start", "end", "text"),
    *("frame.strike", "label.strike", "frame.budget", "label.budget", "uncertain", "model"),
]
STANCES = [
    ("a#0", "a", "union", "neutral", 0.2, 0.55, 0.25, True),
    ("a#0", "a", "port", "against", 0.8, 0.15, 0.05, False),
]
DIRECTED = [
    ("a#0", "a", "union", "port", "against", 0.8, 0.15, 0.05, False),
    ("a#0", "a", "port", "union", "neutral", 0.2, 0.55, 0.25, True),
]
STANCE_COLUMNS = ["id", "article", "actor", "label", "against", "neutral", "favor", "uncertain"]
DIRECTED_COLUMNS = ["id", "article", "holder", "target", "label", "against", "neutral", "favor", "uncertain"]
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)> & \"'"


@pytest.fixture
def predictions(codebook: Codebook) -> Predictions:
    return Predictions([FIRST, SECOND], codebook)


def tuples(frame: Any) -> list[tuple[Any, ...]]:
    return list(frame.itertuples(index=False, name=None))


class Elements(HTMLParser):
    """The tags of a page and the words it shows, its style aside."""

    def __init__(self, page: str):
        super().__init__()
        self.tags: list[str] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        if self.tags[-1] != "style" or not data.startswith(".stance"):
            self.words.append(data)


def test_predictions_are_a_list(predictions: Predictions, codebook: Codebook) -> None:
    assert predictions == [FIRST, SECOND]
    assert (isinstance(predictions, list), len(predictions), list(predictions)) == (True, 2, [FIRST, SECOND])
    assert (predictions[0], predictions[-1]) == (FIRST, SECOND)
    assert Predictions([], codebook) == []


def test_a_part_of_predictions_is_predictions(predictions: Predictions) -> None:
    part = predictions[1:]
    assert (type(part), part, part.codebook) == (Predictions, [SECOND], predictions.codebook)


@pytest.mark.parametrize("twin", [copy.copy, copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))])
def test_predictions_can_be_copied_and_pickled(twin: Any, predictions: Predictions) -> None:
    other = twin(predictions)
    assert (type(other), other, other.codebook) == (Predictions, predictions, predictions.codebook)


def test_predictions_are_a_public_name() -> None:
    assert stance.Predictions is Predictions


def test_model_gives_predictions_whose_tables_hold_what_they_say(fitted: Fitted) -> None:
    model = fitted.model
    text = "The Dock Union accused the Port Authority over the stopped cranes."
    found = model.classify([Article("a", text, details={"date": "2024-05-02"})])
    assert (type(found), found.codebook) == (Predictions, model.codebook)
    [prediction] = found
    assert tuples(found.to_pandas()) == [
        (
            *("a#0", "a", "2024-05-02", 0, len(text), text),
            *(prediction.frames["strike"], True, prediction.frames["budget"], False, "", "unsaved"),
        )
    ]
    assert [row[:4] for row in tuples(found.stances())] == [
        ("a#0", "a", "union", "neutral"),
        ("a#0", "a", "port", "against"),
    ]
    assert [row[:5] for row in tuples(found.directed())] == [
        ("a#0", "a", "union", "port", "against"),
        ("a#0", "a", "port", "union", "neutral"),
    ]
    assert model.classify([]) == []


def test_rows_of_a_frame_are_labelled_like_those_of_a_file(fitted: Fitted) -> None:
    pandas = pytest.importorskip("pandas")
    day = pandas.Timestamp("2024-05-02")
    rows = [{"id": 7, "text": TEXT, "date": day, "page": 1.5, "tags": np.arange(2)}, {"id": 8, "text": TEXT}]
    first, second = fitted.model.classify(pandas.DataFrame(rows).to_dict("records"))
    assert first.passage.details == {"date": "2024-05-02T00:00:00", "page": 1.5, "tags": [0, 1]}
    assert first.passage.article == "7"
    assert (second.passage.article, second.passage.details) == ("8", {})


def test_passages_as_a_frame(predictions: Predictions) -> None:
    frame = predictions.to_pandas()
    assert list(frame.columns) == COLUMNS
    assert tuples(frame.astype(object).where(frame.notna(), None)) == [
        (
            *("a#0", "a", "Gull", 3.0, None, 0, 42, TEXT),
            *(0.9, True, 0.45, False, "budget;stance:union;directed:port>union", "harbour-1"),
        ),
        ("b#0", "b", None, None, "2024-05-02", 0, 12, "A gale blew.", 0.1, False, 0.2, False, "", "harbour-1"),
    ]
    assert {str(frame[name].dtype) for name in ("label.strike", "label.budget")} == {"bool"}


def test_stances_as_a_long_frame(predictions: Predictions) -> None:
    frame = predictions.stances()
    assert (list(frame.columns), tuples(frame)) == (STANCE_COLUMNS, STANCES)


def test_directed_stances_as_a_long_frame(predictions: Predictions) -> None:
    frame = predictions.directed()
    assert (list(frame.columns), tuples(frame)) == (DIRECTED_COLUMNS, DIRECTED)


def test_no_predictions_have_the_same_columns(codebook: Codebook) -> None:
    none = Predictions([], codebook)
    frames = (none.to_pandas(), none.stances(), none.directed())
    details = ("source", "page", "date")
    assert [list(frame.columns) for frame in frames] == [
        [name for name in COLUMNS if name not in details],
        STANCE_COLUMNS,
        DIRECTED_COLUMNS,
    ]
    assert [len(frame) for frame in frames] == [0, 0, 0]


def test_frames_that_were_not_learned_have_no_columns(codebook: Codebook) -> None:
    frame = Predictions([replace(SECOND, frames={})], codebook).to_pandas()
    assert list(frame.columns) == ["id", "article", "date", "start", "end", "text", "uncertain", "model"]


def test_details_named_like_a_column_give_way(codebook: Codebook) -> None:
    passage = replace(FIRST.passage, details={"frame.strike": 7.0, "text": "other", "page": 3})
    frame = Predictions([replace(FIRST, passage=passage)], codebook).to_pandas()
    assert list(frame.columns) == [name for name in COLUMNS if name not in ("source", "date")]
    assert (frame["frame.strike"][0], frame["text"][0]) == (0.9, TEXT)


def test_passages_as_a_dataset(predictions: Predictions) -> None:
    pytest.importorskip("datasets")
    dataset = predictions.to_dataset()
    assert dataset.column_names == [*COLUMNS[:-1], "stance", "directed", "mentions", "model"]
    first, second = dataset.to_list()
    assert first == {
        **{"id": "a#0", "article": "a", "source": "Gull", "page": 3, "date": None, "start": 0, "end": 42, "text": TEXT},
        **{"frame.strike": 0.9, "label.strike": True, "frame.budget": 0.45, "label.budget": False},
        "uncertain": ["budget", "stance:union", "directed:port>union"],
        "stance": [{"actor": "union", **NEUTRAL.to_dict()}, {"actor": "port", **AGAINST.to_dict()}],
        "directed": [
            {"holder": "union", "target": "port", **AGAINST.to_dict()},
            {"holder": "port", "target": "union", **NEUTRAL.to_dict()},
        ],
        "mentions": [{"actor": "union", "start": 4, "end": 14}, {"actor": "port", "start": 27, "end": 41}],
        "model": "harbour-1",
    }
    assert (second["stance"], second["uncertain"], second["date"]) == ([], [], "2024-05-02")


def test_datasets_of_any_predictions_have_the_same_types(codebook: Codebook) -> None:
    pytest.importorskip("datasets")
    plain = [replace(p, passage=replace(p.passage, details={})) for p in (FIRST, SECOND)]
    features = [Predictions(some, codebook).to_dataset().features for some in (plain, plain[1:], [])]
    assert features[0] == features[1] == features[2]


def test_details_of_several_types_stand_as_json_in_a_dataset(codebook: Codebook) -> None:
    pytest.importorskip("datasets")
    pages = [3, "iv", {"from": 1}, None, 2**70]
    some = [replace(FIRST, passage=replace(FIRST.passage, details={"page": page})) for page in pages]
    assert Predictions(some, codebook).to_dataset()["page"][:] == ["3", '"iv"', '{"from": 1}', None, str(2**70)]


@pytest.mark.parametrize("method", ["to_pandas", "stances", "directed"])
def test_without_pandas_the_mend_is_named(
    method: str, predictions: Predictions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    message = "tables need pandas, which is not installed; pip install 'framestance[notebook]'"
    with pytest.raises(ImportError, match=f"^{re.escape(message)}$"):
        getattr(predictions, method)()


def test_without_datasets_the_mend_is_named(predictions: Predictions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    message = "to_dataset needs datasets, which is not installed; pip install datasets"
    with pytest.raises(ImportError, match=f"^{re.escape(message)}$"):
        predictions.to_dataset()


def test_predictions_say_what_they_are(predictions: Predictions, codebook: Codebook) -> None:
    assert repr(predictions) == (
        "Predictions(2 passages of 2 articles; frames: strike 1, budget 0; stances: 1 against, 1 neutral, 0 favor; "
        "1 to review; model harbour-1)"
    )
    assert repr(Predictions([], codebook)) == "Predictions(no passages)"
    bare = Predictions([replace(SECOND, frames={})], codebook)
    assert repr(bare) == (
        "Predictions(1 passage of 1 article; stances: 0 against, 0 neutral, 0 favor; 0 to review; model harbour-1)"
    )


def test_notebook_shows_passages_with_their_actors_marked(predictions: Predictions) -> None:
    page = predictions._repr_html_()
    assert (
        '<tr><td dir="auto"><small>a#0</small>The <mark class="neutral" title="Dock Union: neutral 0.55">Dock Union'
        '</mark> accused the <mark class="against" title="Port Authority: against 0.80">Port Authority</mark>.</td>'
        "<td><span>Strike yes 0.90</span><span>Budget no 0.45?</span></td>"
        '<td><span>Dock Union <mark class="neutral">· neutral 0.55?</mark></span>'
        '<span>Port Authority <mark class="against">− against 0.80</mark></span></td>'
        '<td><span>Dock Union → Port Authority <mark class="against">− against 0.80</mark></span></td></tr>'
    ) in page
    assert '<tr><td dir="auto"><small>b#0</small>A gale blew.</td><td></td><td></td><td></td></tr>' in page


def test_notebook_page_is_whole_and_takes_nothing_from_elsewhere(predictions: Predictions) -> None:
    page = predictions._repr_html_()
    assert set(Elements(page).tags) == set("div style p table thead tr th tbody td small mark span".split())
    assert not re.search(r"https?:|url\(|@import|src=|href=", page)
    assert all(page.count(f"<{tag}") == page.count(f"</{tag}>") for tag in ("div", "td", "tr", "mark", "span", "p"))


def test_notebook_page_follows_the_colours_of_the_notebook(predictions: Predictions) -> None:
    style = predictions._repr_html_().partition("<style>")[2].partition("</style>")[0]
    colours = re.findall(r"(?:color|background)\s*:\s*([^;}]+)", style)
    assert colours
    assert all(colour == "inherit" or colour.startswith("rgba(") for colour in colours)
    assert all(rule.startswith(".stance-predictions") for rule in style.split("\n"))


@pytest.mark.parametrize(
    ("count", "note"), [(SHOWN, ""), (SHOWN + 1, "1 more passage "), (1250, "1,200 more passages ")]
)
def test_notebook_shows_the_first_passages_and_how_many_more_there_are(
    count: int, note: str, codebook: Codebook
) -> None:
    page = Predictions([FIRST] * count, codebook)._repr_html_()
    assert page.count('<td dir="auto">') == SHOWN
    assert (f"<p>and {note}(to_pandas() has all). − against" in page) == bool(note)


def test_notebook_shows_no_predictions(codebook: Codebook) -> None:
    page = Predictions([], codebook)._repr_html_()
    assert "<p>no passages</p>" in page
    assert "<tbody></tbody>" in page


def test_hostile_texts_and_names_are_shown_as_they_are(codebook: Codebook) -> None:
    text = f"{HOSTILE} said."
    hostile = Prediction(
        passage=Passage(HOSTILE, "a", text, 0, len(text), (Mention(HOSTILE, 0, len(HOSTILE)),)),
        frames={HOSTILE: 0.9},
        frame_labels=(HOSTILE,),
        stance={HOSTILE: AGAINST},
        directed={(HOSTILE, HOSTILE): AGAINST},
        uncertain=(),
        model=HOSTILE,
    )
    page = Predictions([hostile], codebook)._repr_html_()
    elements = Elements(page)
    assert {"script", "img"} & set(elements.tags) == set()
    assert "<script" not in page
    assert "onerror" not in re.sub(r"&lt;.*?&gt;", "", page)
    assert elements.words.count(HOSTILE) == 2
    assert "tex2jax_ignore mathjax_ignore" in page


@pytest.mark.parametrize(
    ("mentions", "shown"),
    [
        ((Mention("x", 0, 3), Mention("union", 1, 5)), '<mark class="neutral" title="x">The</mark> Dock Union accused'),
        ((), "The Dock Union accused"),
        (None, "The Dock Union accused"),
    ],
    ids=["overlapping-and-unjudged", "none", "not-looked-for"],
)
def test_mentions_that_can_not_be_marked_are_left(
    mentions: tuple[Mention, ...] | None, shown: str, codebook: Codebook
) -> None:
    prediction = replace(FIRST, passage=replace(FIRST.passage, mentions=mentions))
    assert f"</small>{shown}" in Predictions([prediction], codebook)._repr_html_()


def test_a_very_long_passage_is_cut_where_it_is_shown(codebook: Codebook) -> None:
    text = "<" * (LONGEST - 4) + "Dock Union" + "<" * 100
    passage = replace(FIRST.passage, text=text, mentions=(Mention("union", LONGEST - 4, LONGEST + 6),))
    page = Predictions([replace(FIRST, passage=passage)], codebook)._repr_html_()
    assert f"</small>{'&lt;' * (LONGEST - 4)}Dock…</td>" in page


def test_what_could_not_be_read_is_marked_everywhere(codebook: Codebook) -> None:
    unread = replace(FIRST, uncertain=("language",), passage=replace(FIRST.passage, details={"lang": "ar"}))
    mine = Predictions([unread, SECOND], codebook)
    assert repr(mine).endswith("1 to review; 1 in a language that the model can't read; model harbour-1)")
    assert list(mine.stances().uncertain) == [True, True]
    assert list(mine.directed().uncertain) == [True, True]
    assert list(mine.to_pandas().uncertain) == ["language", ""]
    page = mine._repr_html_()
    assert "? Arabic, which the model can&#x27;t read: no labels" in page
    assert "0.80" not in page.split("<tbody>")[1].split("title=")[0]
