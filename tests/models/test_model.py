"""Articles to predictions: which passages, whose mentions, which labels, and what is put up for review."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from stance.labelers.tasks import DIRECTED, FRAMES, STANCE, TASKS, Logits, Query, ask
from stance.learning.fitting import Fitted
from stance.models.model import BATCH, Model, decide
from stance.records import STANCES, Article, InputError, Judgement, Mention, Passage, Prediction, is_unsure
from stance.scoring.calibration import HIGHEST, Calibration, FrameCalibration, StanceCalibration
from stance.text.codebook import Codebook
from stance.text.mentions import Matcher, find_mentions

FIRST = "The Dock Union accused the Port Authority over the stopped cranes."
SECOND = "The City Council praised the Dock Union in a debate on next year's spending."
ARTICLE = f"  {FIRST}\n\n{SECOND}\n"
TOWN = Codebook.parse(
    """\
actors:
  - {id: town, aliases: [Northport]}
  - {id: league, aliases: [League], people: []}
  - id: mayor
    aliases: [{name: Ada Lovett, until: 2020-01-01}]
  - id: governor
    aliases: [{name: Ada Lovett, since: 2020-01-01}]
"""
)
NOWHERE = Passage("p", "p", "Nobody.", 0, 7, ())
EVERYTHING = frozenset(TASKS)


@pytest.fixture(scope="module")
def model(fitted: Fitted) -> Model:
    return fitted.model


def labels(prediction: Prediction) -> dict[str, Any]:
    """What was labelled, without the probabilities."""
    return {
        "frames": prediction.frame_labels,
        "stance": {actor: judged.label for actor, judged in prediction.stance.items()},
        "directed": {pair: judged.label for pair, judged in prediction.directed.items()},
    }


def logits(
    frames: list[list[float]] | None = None,
    stance: list[list[float]] | None = None,
    directed: list[list[float]] | None = None,
) -> Logits:
    """The logits of these probabilities."""
    probs = np.array(frames or [[0.5, 0.5]])
    return Logits(
        np.log(probs / (1.0 - probs)),
        np.log(np.array(stance or []).reshape(-1, 3)),
        np.log(np.array(directed or []).reshape(-1, 3)),
    )


def calibration(strike: float = 0.5, budget: float = 0.5, **settings: Any) -> Calibration:
    """A calibration that leaves the probabilities as they are."""
    frames = {"strike": FrameCalibration(threshold=strike), "budget": FrameCalibration(threshold=budget)}
    return Calibration(frames, **settings)


def decide_one(codebook: Codebook, given: Logits, how: Calibration, query: Query | None = None) -> Prediction:
    [prediction] = decide([query or Query(NOWHERE, (), ())], given, how, codebook, EVERYTHING, "m-1")
    return prediction


def test_classify_gives_one_prediction_a_paragraph_with_its_place(model: Model) -> None:
    predictions = model.classify([{"id": "a", "text": ARTICLE, "source": "Gull"}])
    assert [p.passage.id for p in predictions] == ["a#0", "a#1"]
    assert [p.passage.text for p in predictions] == [FIRST, SECOND]
    assert [ARTICLE[p.passage.start : p.passage.end] for p in predictions] == [FIRST, SECOND]
    assert [dict(p.passage.details) for p in predictions] == [{"source": "Gull"}] * 2
    assert {p.model for p in predictions} == {"unsaved"}


def test_classify_labels_frames_stance_and_directed_stance(model: Model) -> None:
    first, second = model.classify([{"text": ARTICLE}])
    assert labels(first) == {
        "frames": ("strike",),
        "stance": {"union": "neutral", "port": "against"},
        "directed": {("union", "port"): "against", ("port", "union"): "neutral"},
    }
    assert labels(second) == {
        "frames": ("budget",),
        "stance": {"council": "neutral", "union": "favor"},
        "directed": {("council", "union"): "favor", ("union", "council"): "neutral"},
    }


def test_classify_numbers_articles_without_an_id(model: Model) -> None:
    predictions = model.classify([{"text": FIRST}, {"id": "b", "text": FIRST}, {"text": SECOND}])
    assert [p.passage.id for p in predictions] == ["0#0", "b#0", "2#0"]


def test_classify_takes_articles_and_rows_alike(model: Model) -> None:
    article = Article("a", ARTICLE, details={"date": "2021-01-01"})
    row = {"id": "a", "text": ARTICLE, "date": "2021-01-01"}
    assert model.classify([article]) == model.classify([row])


def test_classify_leaves_headlines_and_credits_out(model: Model) -> None:
    text = f"Dockers walk off the job\n\n(Photo by Ada Lovett)\n\n{FIRST}"
    [prediction] = model.classify([{"id": "a", "text": text}])
    assert prediction.passage.text == FIRST
    assert prediction.passage.details == {"title": "Dockers walk off the job"}


def test_classify_nothing(model: Model) -> None:
    assert model.classify([]) == []


def test_classify_says_which_article_is_bad(model: Model) -> None:
    with pytest.raises(InputError, match=r'^article 1: no "text"; found: id, words; name the field with the passage'):
        model.classify([{"text": FIRST}, {"id": "b", "words": FIRST}])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("The dockers left.", "a single str; give a list of such"),
        (b"The dockers left.", "a single bytes; give a list of such"),
        ({"id": "a", "text": "The dockers left."}, "a single dict; give a list of such"),
        (Article("a", "The dockers left."), "a single Article; give a list of such"),
        (7, "int is no list; give a list of texts, rows or Article"),
        (["The dockers left.", 7], "article 1: int is no article; give texts, rows or Article"),
        ([["The dockers left."]], "article 0: list is no article; give texts, rows or Article"),
        ([b"The dockers left."], "article 0: bytes is no article; give texts, rows or Article"),
        ([{"text": 7}], 'article 0: "text" should be a text; found: "7"'),
    ],
)
def test_classify_says_what_is_no_list_of_articles(given: Any, message: str, model: Model) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        model.classify(given)


def test_classify_takes_texts_alone(model: Model) -> None:
    expected = model.classify([{"id": "0", "text": FIRST}, {"id": "1", "text": SECOND}])
    assert model.classify([FIRST, SECOND]) == expected
    assert model.classify((FIRST, SECOND)) == expected
    assert model.classify(np.array([FIRST, SECOND])) == expected
    assert model.classify(np.array([FIRST, SECOND], dtype=object)) == expected
    assert model.classify(text for text in (FIRST, SECOND)) == expected


@pytest.mark.parametrize("nothing", [None, float("nan"), np.float32("nan"), "", " \n"])
def test_classify_leaves_out_what_is_without_a_text_and_warns(nothing: Any, model: Model) -> None:
    expected = model.classify([{"id": "1", "text": FIRST}])
    told = "^2 of 3 articles left out, without a text: 0, 2$"
    with pytest.warns(UserWarning, match=told) as warned:
        assert model.classify([nothing, FIRST, nothing]) == expected
    assert warned[0].filename == __file__
    with pytest.warns(UserWarning, match=told):
        assert model.classify([{"text": nothing}, {"text": FIRST}, {"id": "c", "text": nothing}]) == expected
    with pytest.warns(UserWarning, match="^1 of 1 article left out, without a text: 0$"):
        assert model.classify([nothing]) == []
    with pytest.warns(UserWarning, match=r"^25 of 25 articles left out, without a text: 0, 1, .*, 19, \.\.\.$"):
        assert model.classify([nothing] * 25) == []


def test_classify_takes_frames_and_series(model: Model) -> None:
    pandas = pytest.importorskip("pandas")
    first, second = model.classify([{"id": "7", "text": FIRST, "source": "Gull"}, {"id": "1", "text": SECOND}])
    frame = pandas.DataFrame({"id": [7, None], "text": [FIRST, SECOND], "source": ["Gull", None], 3: [None, None]})
    assert model.classify(frame) == [first, second]
    assert model.classify(frame.set_index(pandas.Index(["x", "y"]))) == [first, second]
    for kind in (object, "str", "string"):
        texts = pandas.Series([None, SECOND, pandas.NA], dtype=kind)
        with pytest.warns(UserWarning, match="^2 of 3 articles left out, without a text: 0, 2$"):
            assert model.classify(texts) == [second]
        with pytest.warns(UserWarning, match="^2 of 3 articles left out, without a text: 0, 2$"):
            assert model.classify(texts.to_frame("text")) == [second]
    assert model.classify(frame.text) == model.classify([FIRST, SECOND])
    assert model.classify(frame.text.values) == model.classify([FIRST, SECOND])
    assert model.classify(frame[:0]) == []


def test_classify_finds_the_text_of_a_frame_under_another_name(model: Model) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"Content": [FIRST, None], "Outlet": ["Gull", "Tern"]})
    [expected] = model.classify([{"text": FIRST, "source": "Gull"}])
    with pytest.warns(UserWarning, match='^frame: "Content" is taken for the text, "Outlet" for the source$'):  # noqa: SIM117
        with pytest.warns(UserWarning, match="^1 of 2 articles left out, without a text: 1$"):
            assert model.classify(frame) == [expected]
    with pytest.raises(
        InputError, match=r'^article 0: no "text"; found: words; name the field with the passage "text"'
    ):
        model.classify(pandas.DataFrame({"words": [FIRST]}))


def test_classify_finds_the_text_of_rows_under_another_name(model: Model) -> None:
    [expected] = model.classify([{"id": "a", "text": FIRST, "source": "Gull"}])
    with pytest.warns(UserWarning, match='^rows: "Body" is taken for the text, "Outlet" for the source$'):
        assert model.classify([{"id": "a", "Body": FIRST, "Outlet": "Gull"}]) == [expected]
    with pytest.raises(InputError, match=r"^article 0: 2 columns could be the text: body, content; say which with"):
        model.classify([{"body": FIRST, "content": FIRST}])


def test_classify_takes_tables_that_turn_into_lists(model: Model) -> None:
    class Table:
        """As polars has it: what it calls ``to_dict`` gives no rows."""

        columns = ("text",)

        def to_dict(self) -> None:
            raise AssertionError("not asked for")

        def to_dicts(self) -> list[dict[str, str]]:
            return [{"text": FIRST}]

    pyarrow = pytest.importorskip("pyarrow")
    expected = model.classify([FIRST])
    assert model.classify(Table()) == expected
    assert model.classify(pyarrow.table({"text": [FIRST]})) == expected
    assert model.classify(pyarrow.array([FIRST])) == expected


def test_classify_takes_rows_for_passages_where_it_is_told_so(model: Model) -> None:
    predictions = model.classify([ARTICLE, {"id": "b", "article": "x", "text": FIRST}], unit="passage")
    assert [(p.passage.id, p.passage.article, p.passage.text) for p in predictions] == [
        ("0", "0", ARTICLE),
        ("b", "x", FIRST),
    ]
    assert model.classify([Article("b", FIRST)], "passage") == model.classify([{"id": "b", "text": FIRST}], "passage")
    with pytest.warns(UserWarning, match="^1 of 2 passages left out, without a text: 0$"):
        assert len(model.classify([None, FIRST], unit="passage")) == 1
    with pytest.raises(InputError, match=r"^passage 0: int is no passage; give texts, rows or Article$"):
        model.classify([7], unit="passage")
    with pytest.raises(InputError, match=r"^unknown unit 'row'; use article or passage$"):
        model.classify([FIRST], unit="row")


def test_tables_of_predictions_have_the_index_of_the_frame(model: Model) -> None:
    pandas = pytest.importorskip("pandas")
    index = pandas.Index(["x", "y", "z"], name="row")
    frame = pandas.DataFrame({"text": [ARTICLE, None, SECOND]}, index=index)
    with pytest.warns(UserWarning, match="^1 of 3 articles left out, without a text: 1$"):
        predictions = model.classify(frame)
    assert [
        list(table.index) for table in (predictions.to_pandas(), predictions.stances(), predictions.directed())
    ] == [
        ["x", "x", "z"],
        ["x", "x", "x", "x", "z", "z"],
        ["x", "x", "x", "x", "z", "z"],
    ]
    assert (predictions.to_pandas().index.name, list(predictions[1:].to_pandas().index)) == ("row", ["x", "z"])
    labels = predictions[1:].to_pandas(labels_only=True)
    assert list(labels.columns) == [
        *("frame.strike", "label.strike", "frame.budget", "label.budget", "uncertain", "model"),
    ]
    joined = frame.join(labels)
    assert list(joined.index) == ["x", "y", "z"]
    assert list(joined["label.budget"].isna()) == [False, True, False]
    assert list(model.classify(frame.text[2:]).to_pandas().index) == ["z"]
    assert list(model.classify([FIRST, SECOND]).to_pandas().index) == [0, 1]


def test_a_model_shows_itself_in_one_line(model: Model) -> None:
    name = f"<Model {model.name}: linear, codebook harbour of 2 frames, 3 actors, labels directed, frames, stance>"
    assert repr(model) == name
    assert repr(replace(model, name="a\nb")).count("\n") == 0


def test_given_mentions_are_used_instead_of_the_codebooks(model: Model) -> None:
    mentions = [{"actor": "crew", "start": 4, "end": 14}, {"actor": "firm", "start": 27, "end": 41}]
    [prediction] = model.classify([{"text": FIRST, "mentions": mentions}])
    assert prediction.passage.mentions == (Mention("crew", 4, 14), Mention("firm", 27, 41))
    assert labels(prediction)["stance"] == {"crew": "neutral", "firm": "against"}
    [found] = model.classify([{"text": FIRST}])
    assert list(prediction.stance.values()) == list(found.stance.values())
    assert list(prediction.directed.values()) == list(found.directed.values())


def test_given_mentions_of_an_article_go_to_their_passages(model: Model) -> None:
    start = ARTICLE.index("City Council")
    first, second = model.classify(
        [Article("a", ARTICLE, (Mention("crew", 6, 16), Mention("house", start, start + 12)))]
    )
    assert first.passage.mentions == (Mention("crew", 4, 14),)
    assert second.passage.mentions == (Mention("house", 4, 16),)


def test_an_empty_list_of_mentions_names_nobody(model: Model) -> None:
    [prediction] = model.classify([{"text": FIRST, "mentions": []}])
    assert (dict(prediction.stance), dict(prediction.directed), prediction.passage.mentions) == ({}, {}, ())


def test_the_order_of_given_mentions_does_not_matter(model: Model) -> None:
    union, port = Mention("union", 4, 14), Mention("port", 27, 41)
    [straight] = model.classify([Article("a", FIRST, (union, port))])
    [turned] = model.classify([Article("a", FIRST, (port, union))])
    assert dict(turned.stance) == dict(straight.stance)


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        pytest.param("Northport rejected it.", [0], id="no dateline"),
        pytest.param("NORTHPORT, Oct. 4 – Northport rejected it.", [20], id="dateline with a date"),
        pytest.param("NORTHPORT (AP) — The League left Northport.", [21, 33], id="dateline with an agency"),
        pytest.param("NORTHPORT: Northport rejected it.", [11], id="dateline with a colon"),
    ],
)
def test_a_dateline_names_nobody(text: str, starts: list[int]) -> None:
    found = find_mentions(Passage("p", "p", text, 0, len(text)), Matcher(TOWN))
    assert [mention.start for mention in found.mentions or ()] == starts


def test_given_mentions_in_a_dateline_are_kept() -> None:
    given = Passage("p", "p", "NORTHPORT: All is well.", 0, 23, (Mention("town", 0, 9),))
    assert find_mentions(given, Matcher(TOWN)) == given


@pytest.mark.parametrize(
    ("details", "actors"),
    [
        pytest.param({"date": "2019-05-01"}, ("mayor",), id="before"),
        pytest.param({"date": "2021-05-01T10:00:00Z"}, ("governor",), id="after"),
        pytest.param({}, (), id="undated"),
        pytest.param({"date": 2021}, (), id="no date"),
    ],
)
def test_the_date_of_the_article_says_which_names_count(details: Mapping[str, Any], actors: tuple[str, ...]) -> None:
    passage = Passage("p", "p", "Then Ada Lovett spoke.", 0, 22, details=details)
    assert find_mentions(passage, Matcher(TOWN)).actors == actors


def test_passages_are_labelled_as_a_stream_a_batch_at_a_time(model: Model) -> None:
    taken = 0

    def passages() -> Iterator[Passage]:
        nonlocal taken
        for taken in range(1, 3 * BATCH + 1):
            yield Passage(str(taken), "a", FIRST, 0, len(FIRST))

    stream = model.classify_passages(passages())
    assert taken == 0
    assert [next(stream).passage.id for _ in range(BATCH)] == [str(n) for n in range(1, BATCH + 1)]
    assert taken == BATCH
    assert [p.passage.id for p in stream] == [str(n) for n in range(BATCH + 1, 3 * BATCH + 1)]


def test_batches_do_not_change_a_prediction(model: Model) -> None:
    texts = [FIRST, SECOND, "A gale blew."] * 30
    passages = [Passage(str(n), "a", text, 0, len(text)) for n, text in enumerate(texts)]
    alone = [prediction for passage in passages for prediction in model.classify_passages([passage])]
    assert list(model.classify_passages(passages)) == alone


def test_copies_are_labelled_once(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    other = "The City Council thanked the dockers when the accounts were read."
    texts = [FIRST, other, FIRST, FIRST.upper(), other]
    queries = [ask(find_mentions(Passage(f"p{i}", f"a{i}", t, 0, len(t)), model.matcher)) for i, t in enumerate(texts)]
    apart = [model.predict([query])[0] for query in queries]
    asked: list[int] = []
    logits = type(model.labeler).logits

    def counted(labeler: Any, queries: Sequence[Query]) -> Logits:
        asked.append(len(queries))
        return logits(labeler, queries)  # type: ignore[arg-type]

    monkeypatch.setattr(type(model.labeler), "logits", counted)
    assert model.predict(queries) == apart
    assert asked == [3]


def test_predict_answers_for_actors_that_are_not_mentioned(model: Model) -> None:
    passage = find_mentions(Passage("p", "p", FIRST, 0, len(FIRST)), model.matcher)
    [prediction] = model.predict([Query(passage, ("council",), (("council", "port"),))])
    assert (list(prediction.stance), list(prediction.directed)) == (["council"], [("council", "port")])


def test_other_thresholds_give_other_labels_and_leave_the_model_alone(model: Model) -> None:
    everything = model.with_thresholds({"strike": 0.0, "budget": 0.0})
    [prediction], [before] = everything.classify([{"text": FIRST}]), model.classify([{"text": FIRST}])
    assert prediction.frame_labels == ("strike", "budget")
    assert before.frame_labels == ("strike",)
    assert dict(prediction.frames) == dict(before.frames)


def test_other_thresholds_for_an_unknown_frame_are_refused(model: Model) -> None:
    with pytest.raises(InputError, match=r'^no frame "weather" to set a threshold for; the model has strike, budget$'):
        model.with_thresholds({"weather": 0.5})


def test_decide_gives_every_query_its_own_rows(codebook: Codebook) -> None:
    queries = [
        Query(replace(NOWHERE, id="1"), ("a", "b"), (("a", "b"),)),
        Query(replace(NOWHERE, id="2"), (), ()),
        Query(replace(NOWHERE, id="3"), ("c",), (("c", "d"), ("d", "c"))),
    ]
    given = logits(
        [[0.9, 0.1], [0.2, 0.3], [0.7, 0.8]],
        [[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]],
        [[0.1, 0.2, 0.7], [0.7, 0.2, 0.1], [0.1, 0.9, 0.0001]],
    )
    predictions = decide(queries, given, calibration(), codebook, EVERYTHING, "m-1")
    assert [p.passage.id for p in predictions] == ["1", "2", "3"]
    assert [dict(p.frames) for p in predictions] == [
        {"strike": 0.9, "budget": 0.1},
        {"strike": 0.2, "budget": 0.3},
        {"strike": 0.7, "budget": 0.8},
    ]
    assert [labels(p) for p in predictions] == [
        {"frames": ("strike",), "stance": {"a": "against", "b": "neutral"}, "directed": {("a", "b"): "favor"}},
        {"frames": (), "stance": {}, "directed": {}},
        {
            "frames": ("strike", "budget"),
            "stance": {"c": "favor"},
            "directed": {("c", "d"): "against", ("d", "c"): "neutral"},
        },
    ]
    assert predictions[0].stance["a"] == Judgement("against", 0.8, 0.1, 0.1)
    assert {p.model for p in predictions} == {"m-1"}


@pytest.mark.parametrize(
    ("tasks", "expected"),
    [
        pytest.param({FRAMES}, ({"strike", "budget"}, set(), set()), id="frames"),
        pytest.param({STANCE}, (set(), {"a"}, set()), id="stance"),
        pytest.param({DIRECTED}, (set(), set(), {("a", "b")}), id="directed"),
    ],
)
def test_decide_says_nothing_of_tasks_not_learned(
    codebook: Codebook, tasks: set[str], expected: tuple[set[Any], ...]
) -> None:
    parts = {FRAMES: np.zeros((1, 2)), STANCE: np.zeros((1, 3)), DIRECTED: np.zeros((1, 3))}
    given = Logits(**{task: parts[task] if task in tasks else parts[task][:0] for task in TASKS})
    query = Query(NOWHERE, ("a",), (("a", "b"),))
    [prediction] = decide([query], given, calibration(), codebook, frozenset(tasks), "")
    assert (set(prediction.frames), set(prediction.stance), set(prediction.directed)) == expected
    assert {entry.partition(":")[0] for entry in prediction.uncertain} == {
        name.partition(":")[0] for task in tasks for name in (prediction.frames if task == FRAMES else [f"{task}:"])
    }


@pytest.mark.parametrize(
    ("threshold", "expected"), [(0.7, ("strike",)), (0.700001, ())], ids=["at the threshold", "below it"]
)
def test_a_frame_is_labelled_from_its_threshold_on(
    codebook: Codebook, threshold: float, expected: tuple[str, ...]
) -> None:
    assert decide_one(codebook, logits([[0.7, 0.1]]), calibration(threshold)).frame_labels == expected


def test_a_stance_is_labelled_by_its_threshold_and_keeps_its_probability(codebook: Codebook) -> None:
    how = calibration(stance=StanceCalibration(threshold=0.3))
    query = Query(NOWHERE, ("a",), (("a", "b"),))
    prediction = decide_one(codebook, logits(stance=[[0.2, 0.7, 0.1]], directed=[[0.2, 0.7, 0.1]]), how, query)
    assert prediction.stance["a"] == Judgement("against", 0.2, 0.7, 0.1)
    assert prediction.directed["a", "b"] == Judgement("neutral", 0.2, 0.7, 0.1)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("threshold", [0.05, 0.363415, 0.5, HIGHEST])
def test_labels_follow_from_the_probabilities_as_they_are_written(
    codebook: Codebook, threshold: float, seed: int
) -> None:
    given = Logits(np.zeros((1, 2)), np.random.default_rng(seed).normal(size=(500, 3)) * 4, np.zeros((0, 3)))
    query = Query(NOWHERE, tuple(f"a{n}" for n in range(500)), ())
    how = calibration(stance=StanceCalibration(threshold=threshold))
    for judged in decide_one(codebook, given, how, query).stance.values():
        row = json.loads(json.dumps(judged.to_dict()))
        more = "against" if row["against"] > row["favor"] else "favor"
        assert row["label"] == (more if row["against"] + row["favor"] >= threshold else "neutral")
        assert row[row["label"]] > min(row[stance] for stance in STANCES)


@pytest.mark.parametrize(
    ("threshold", "prob", "expected"),
    [
        pytest.param(0.5, 0.399999, (), id="not labelled, surely"),
        pytest.param(0.5, 0.4, ("strike",), id="not labelled, at the edge"),
        pytest.param(0.5, 0.499999, ("strike",), id="not labelled, nearly"),
        pytest.param(0.5, 0.5, ("strike",), id="labelled, barely"),
        pytest.param(0.5, 0.6, ("strike",), id="labelled, at the edge"),
        pytest.param(0.5, 0.600001, (), id="labelled, surely"),
        pytest.param(0.2, 0.25, ("strike",), id="labelled at a low threshold"),
        pytest.param(0.2, 0.15, (), id="not labelled at a low threshold"),
        pytest.param(0.9, 0.8, ("strike",), id="not labelled at a high threshold"),
    ],
)
def test_a_frame_is_uncertain_where_its_label_is_wrong_with_40_percent(
    codebook: Codebook, threshold: float, prob: float, expected: tuple[str, ...]
) -> None:
    assert decide_one(codebook, logits([[prob, 0.01]]), calibration(threshold)).uncertain == expected


@pytest.mark.parametrize(
    ("probs", "uncertain"),
    [
        pytest.param([0.600001, 0.299999, 0.1], False, id="surely"),
        pytest.param([0.6, 0.3, 0.1], True, id="at the edge"),
        pytest.param([0.34, 0.33, 0.33], True, id="hardly"),
    ],
)
def test_a_stance_is_uncertain_where_its_label_is_wrong_with_40_percent(
    codebook: Codebook, probs: list[float], uncertain: bool
) -> None:
    query = Query(NOWHERE, ("a",), (("a", "b"),))
    prediction = decide_one(codebook, logits([[0.01, 0.01]], [probs], [probs]), calibration(), query)
    assert prediction.uncertain == (("stance:a", "directed:a>b") if uncertain else ())


def test_the_review_band_is_the_calibrations(codebook: Codebook) -> None:
    query = Query(NOWHERE, ("a", "b"), ())
    given = logits([[0.1, 0.2]], [[0.9, 0.05, 0.05], [0.8, 0.1, 0.1]])
    assert decide_one(codebook, given, calibration(review=0.15), query).uncertain == ("budget", "stance:b")


@pytest.mark.parametrize("seed", range(3))
def test_written_probabilities_sum_to_1(codebook: Codebook, seed: int) -> None:
    given = Logits(np.zeros((1, 2)), np.random.default_rng(seed).normal(size=(200, 3)) * 5, np.zeros((0, 3)))
    query = Query(NOWHERE, tuple(f"a{n}" for n in range(200)), ())
    for judged in decide_one(codebook, given, calibration(), query).stance.values():
        probs = [judged.against, judged.neutral, judged.favor]
        assert round(sum(probs), 9) == 1.0
        assert [round(prob, 6) for prob in probs] == probs
        assert min(probs) >= 0.0


def test_a_probability_of_0_is_written_without_a_sign(codebook: Codebook) -> None:
    given = logits(stance=[[0.9, 1e-12, 0.1]])
    prediction = decide_one(codebook, given, calibration(), Query(NOWHERE, ("a",), ()))
    assert json.dumps(prediction.stance["a"].to_dict()) == (
        '{"label": "against", "against": 0.9, "neutral": 0.0, "favor": 0.1}'
    )


def test_a_frame_without_calibration_is_labelled_from_one_half_on(codebook: Codebook) -> None:
    assert decide_one(codebook, logits([[0.5, 0.4]]), Calibration()).frame_labels == ("strike",)


def test_queries_of_found_mentions_cover_all_actors_and_pairs(model: Model) -> None:
    passage = find_mentions(Passage("p", "p", f"{FIRST} {SECOND}", 0, len(FIRST) + 1 + len(SECOND)), model.matcher)
    [prediction] = model.classify_passages([passage])
    assert tuple(prediction.stance) == ("union", "port", "council")
    assert tuple(prediction.directed) == ask(passage).pairs
    assert len(prediction.directed) == 6


FRENCH = "L'armée a déclaré lundi que des hommes armés avaient franchi la frontière et attaqué un poste."


def test_what_is_in_a_language_that_the_model_can_not_read_is_marked(model: Model) -> None:
    rows = [{"id": "a", "text": FRENCH}, {"id": "b", "text": FIRST}, {"id": "c", "text": FIRST, "lang": "Urdu"}]
    told = model.classify(rows)
    assert [(p.uncertain == ("language",), p.unread, p.passage.details.get("lang")) for p in told] == [
        (True, True, "fr"),
        (False, False, None),
        (True, True, "Urdu"),
    ]
    assert told[1].frames == told[2].frames
    assert told[2].to_dict()["uncertain"] == ["language"]


def test_paragraphs_share_the_language_of_their_article(model: Model) -> None:
    text = f"{FRENCH} {FRENCH}\n\n{FIRST}\n\n{FRENCH}"
    assert [p.unread for p in model.classify([{"id": "a", "text": text}])] == [True, True, True]
    text = f"{FIRST} {SECOND} {FIRST}\n\n{FRENCH}\n\n{SECOND}"
    assert [p.unread for p in model.classify([{"id": "a", "text": text}])] == [False, False, False]


def test_passages_are_grouped_by_article_for_their_language(model: Model) -> None:
    texts = [FRENCH, "Le juge vint.", FIRST]
    passages = [Passage(str(n), "ab"[n // 2], text, 0, len(text), ()) for n, text in enumerate(texts)]
    assert [p.unread for p in model.classify_passages(passages)] == [True, True, False]


@pytest.mark.parametrize(
    ("record", "expected"),
    [({}, ("en",)), ({"languages": ["fr", "en"]}, ("fr", "en")), ({"languages": []}, ("en",))],
)
def test_the_languages_are_those_of_the_record_or_else_of_the_codebook(
    model: Model, record: dict[str, Any], expected: tuple[str, ...]
) -> None:
    mine = replace(model, record=record)
    assert mine.languages == expected
    [told] = mine.classify([{"id": "a", "text": FRENCH}])
    assert told.unread is ("fr" not in expected)


def test_a_codebook_of_another_language_is_that_of_its_model(model: Model) -> None:
    french = replace(model, codebook=replace(model.codebook, language="French"))
    assert french.languages == ("fr",)
    assert [p.unread for p in french.classify([{"text": FRENCH}, {"text": f"{FIRST} {SECOND}"}])] == [False, True]
    assert replace(model, codebook=replace(model.codebook, language="any")).languages == ()


def test_an_unsure_label_is_told_apart() -> None:
    assert is_unsure(("strike", "stance:port"), "stance:port")
    assert not is_unsure(("strike",), "budget")
    assert is_unsure(("language",), "budget")
