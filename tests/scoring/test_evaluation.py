"""Gold pairs, and scores of predictions against gold: missed actors, given mentions, partial labels."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from stance.formats.dataformat import parse_labelled
from stance.labelers.tasks import MAX_ACTORS, Query
from stance.records import InputError, Judgement, Labels, Mention, Pair, Passage, Prediction
from stance.scoring.evaluation import evaluate, examine
from stance.scoring.gold import Gold, gold_pairs, prepare
from stance.scoring.slices import slice_scores
from stance.text.codebook import Codebook
from stance.text.mentions import Matcher

A, B, C = "a", "b", "c"
TEXT = "The Dock Union blamed the Port Authority."
Stances = Mapping[str, str]
Directed = Mapping[Pair, str]


def passage(*actors: str) -> Passage:
    """A passage of one-letter mentions of these actors."""
    mentions = tuple(Mention(actor, n, n + 1) for n, actor in enumerate(actors))
    return Passage("p", "p", "x" * 40, 0, 40, mentions)


def judged(label: str) -> Judgement:
    """A judgement that is sure of itself."""
    return Judgement(label, float(label == "against"), float(label == "neutral"), float(label == "favor"))


def answer(
    gold: Gold,
    frames: Mapping[str, float] | None = None,
    stance: Stances | None = None,
    directed: Directed | None = None,
) -> Prediction:
    """A prediction for a gold row; frames from 0.5 on are labelled."""
    frames = frames or {}
    return Prediction(
        passage=gold.query.passage,
        frames=frames,
        frame_labels=tuple(frame for frame, prob in frames.items() if prob >= 0.5),
        stance={actor: judged(label) for actor, label in (stance or {}).items()},
        directed={pair: judged(label) for pair, label in (directed or {}).items()},
        uncertain=(),
        model="",
    )


def without_intervals(per_label: Mapping[str, Any]) -> dict[str, Any]:
    """The scores of each label alone."""
    return {
        label: {key: value for key, value in row.items() if not key.endswith("_interval")}
        for label, row in per_label.items()
    }


def perfect(gold: Sequence[Gold]) -> list[Prediction]:
    """What a labeler answers that is right wherever it is asked, whether the matcher found the actors or not."""
    predictions = []
    for g in gold:
        labels = g.labelled.labels
        frames = {frame: float(frame in (labels.frames or ())) for frame in ("strike", "budget")}
        predictions.append(answer(g, frames, labels.stance, labels.directed))
    return predictions


def prepared(codebook: Codebook, *rows: Mapping[str, Any]) -> list[Gold]:
    """Rows of the data format, each with a text and an id unless it brings its own."""
    full = [{"id": str(n), "text": TEXT, **row} for n, row in enumerate(rows)]
    return prepare([parse_labelled(row, f"rows:{n}", codebook) for n, row in enumerate(full, 1)], Matcher(codebook))


def directed(*triples: str) -> list[dict[str, str]]:
    """``"union port against"`` as entries of the data format."""
    return [dict(zip(("holder", "target", "stance"), triple.split(), strict=True)) for triple in triples]


@pytest.mark.parametrize(
    ("labels", "actors", "expected"),
    [
        pytest.param(Labels(), (A, B), None, id="not labelled"),
        pytest.param(Labels(stance={A: "favor"}), (A, B), None, id="stance alone"),
        pytest.param(
            Labels(directed={}), (A, B), {(A, B): "neutral", (B, A): "neutral"}, id="empty list: all are neutral"
        ),
        pytest.param(
            Labels(directed={(B, A): "favor"}),
            (A, B),
            {(B, A): "favor", (A, B): "neutral"},
            id="pairs left out are neutral",
        ),
        pytest.param(
            Labels(directed={(A, B): "against", (B, C): "neutral"}),
            (A, B, C),
            {(A, B): "against", (B, C): "neutral"},
            id="a neutral pair named: no other is labelled",
        ),
        pytest.param(
            Labels(directed={(A, B): "against"}), (), {(A, B): "against", (B, A): "neutral"}, id="actors not mentioned"
        ),
        pytest.param(
            Labels(stance={C: "neutral"}, directed={}),
            (A,),
            {(A, C): "neutral", (C, A): "neutral"},
            id="an actor with a stance counts as mentioned",
        ),
        pytest.param(Labels(directed={}), (A,), {}, id="one actor has no pair"),
        pytest.param(Labels(directed={}), (), {}, id="no actors"),
    ],
)
def test_gold_pairs(labels: Labels, actors: tuple[str, ...], expected: Directed | None) -> None:
    assert gold_pairs(labels, passage(*actors)) == expected


def test_gold_pairs_keep_what_is_named_beyond_the_most_actors() -> None:
    names = [f"n{i}" for i in range(MAX_ACTORS + 1)]
    last = (names[-1], names[0])
    pairs = gold_pairs(Labels(directed={last: "favor"}), passage(*names))
    assert pairs is not None
    assert len(pairs) == MAX_ACTORS * (MAX_ACTORS - 1) + 1
    assert [pair for pair in pairs if names[-1] in pair] == [last]


def test_prepare_asks_for_what_is_labelled_alone(codebook: Codebook) -> None:
    rows: list[dict[str, Any]] = [
        {"stance": {"port": "against"}},
        {"frames": ["strike"]},
        {"directed": directed("union port against")},
        {"directed": directed("union port neutral")},
    ]
    gold = prepared(codebook, *rows)
    assert [(g.query.actors, g.query.pairs) for g in gold] == [
        (("port",), ()),
        ((), ()),
        ((), (("union", "port"), ("port", "union"))),
        ((), (("union", "port"),)),
    ]


def test_prepare_finds_the_mentions(codebook: Codebook) -> None:
    [gold] = prepared(codebook, {"stance": {"council": "favor"}})
    found = Passage("0", "0", TEXT, 0, 41, (Mention("union", 4, 14), Mention("port", 26, 40)))
    assert gold.query == Query(found, ("council",), ())
    assert gold.labelled.passage == found
    assert gold.found == {"union", "port"}
    assert gold.matched is True


def test_prepare_keeps_given_mentions(codebook: Codebook) -> None:
    [gold] = prepared(codebook, {"mentions": [{"actor": "rival", "start": 4, "end": 14}], "directed": []})
    assert gold.query.passage.mentions == (Mention("rival", 4, 14),)
    assert gold.found == {"rival"}
    assert gold.matched is False
    assert gold.query.pairs == ()


def test_frames_are_scored_by_label(codebook: Codebook) -> None:
    gold = prepared(codebook, {"frames": ["strike"]}, {"frames": ["strike", "budget"]}, {"frames": []})
    probs = [(0.9, 0.6), (0.4, 0.8), (0.5, 0.1)]
    predictions = [answer(g, {"strike": s, "budget": b}) for g, (s, b) in zip(gold, probs, strict=True)]
    scores = evaluate(gold, predictions, ("strike", "budget"))["frames"]
    assert scores["n"] == 3
    assert without_intervals(scores["per_label"]) == {
        "strike": {
            "precision": 0.5,
            "recall": 0.5,
            "f1": 0.5,
            "average_precision": pytest.approx(0.5 + 0.5 * 2 / 3, abs=1e-12),
            "support": 2,
        },
        "budget": {"precision": 0.5, "recall": 1.0, "f1": pytest.approx(2 / 3), "average_precision": 1.0, "support": 1},
    }
    assert scores["macro_f1"] == pytest.approx((1 / 2 + 2 / 3) / 2, abs=1e-12)
    assert scores["micro_f1"] == pytest.approx(2 * 2 / (4 + 3), abs=1e-12)


def test_stance_is_scored_by_label(codebook: Codebook) -> None:
    gold = prepared(codebook, {"stance": {"union": "neutral", "port": "against"}}, {"stance": {"port": "against"}})
    given = [{"union": "neutral", "port": "neutral"}, {"port": "against"}]
    predictions = [answer(g, stance=stance) for g, stance in zip(gold, given, strict=True)]
    scores = evaluate(gold, predictions, ())["stance"]
    assert (scores["n"], scores["accuracy"], scores["micro_f1"]) == (3, 2 / 3, 2 / 3)
    assert scores["macro_f1"] == pytest.approx(2 / 3, abs=1e-12)
    per_label = {label: (row["precision"], row["recall"], row["support"]) for label, row in scores["per_label"].items()}
    assert per_label == {"against": (1.0, 0.5, 2), "neutral": (0.5, 1.0, 1), "favor": (None, None, 0)}


def test_an_answer_that_never_looks_is_scored_beside(codebook: Codebook) -> None:
    gold = prepared(
        codebook,
        {"frames": ["strike"], "stance": {"union": "neutral", "port": "against"}},
        {"frames": [], "stance": {"port": "against"}},
    )
    scores = evaluate(gold, perfect(gold), ("strike", "budget"))
    assert scores["frames"]["constant"] == {
        "answer": "every frame",
        "macro_f1": pytest.approx(2 / 3),
        "micro_f1": pytest.approx(2 / 3),
    }
    assert scores["stance"]["constant"] == {
        "answer": "against",
        "macro_f1": pytest.approx((2 * 2 / (3 + 2) + 0) / 2),
        "micro_f1": pytest.approx(2 / 3),
    }
    assert "constant" not in scores["directed"]


def test_a_missed_actor_counts_as_wrong_in_stance(codebook: Codebook) -> None:
    gold = prepared(codebook, {"stance": {"union": "neutral", "port": "against", "ministry": "favor"}})
    scores = evaluate(gold, perfect(gold), ())["stance"]
    assert (scores["n"], scores["accuracy"], scores["matcher_recall"]) == (3, 2 / 3, 2 / 3)
    assert without_intervals(scores["per_label"])["favor"] == {
        "precision": None,
        "recall": 0.0,
        "f1": 0.0,
        "average_precision": pytest.approx(1 / 3),
        "support": 1,
    }
    assert scores["macro_f1"] == pytest.approx(2 / 3, abs=1e-12)
    assert scores["micro_f1"] == pytest.approx(2 * 2 / (2 + 3), abs=1e-12)


def test_a_missed_actor_counts_as_wrong_even_where_it_is_neutral(codebook: Codebook) -> None:
    gold = prepared(codebook, {"stance": {"ministry": "neutral"}})
    scores = evaluate(gold, perfect(gold), ())["stance"]
    assert (scores["accuracy"], scores["macro_f1"], scores["micro_f1"]) == (0.0, 0.0, 0.0)


def test_a_pair_of_a_missed_actor_counts_as_neutral(codebook: Codebook) -> None:
    gold = prepared(codebook, {"directed": directed("union port against", "union ministry favor")})
    scores = evaluate(gold, perfect(gold), ())["directed"]
    assert scores["n"] == 6
    per_label = {label: (row["precision"], row["recall"], row["support"]) for label, row in scores["per_label"].items()}
    assert per_label == {"against": (1.0, 1.0, 1), "neutral": (4 / 5, 1.0, 4), "favor": (None, 0.0, 1)}
    assert scores["macro_f1"] == pytest.approx((1 + 8 / 9 + 0) / 3, abs=1e-12)
    assert scores["micro_f1"] == pytest.approx(5 / 6, abs=1e-12)


@pytest.mark.parametrize("answered", ["against", "neutral"])
def test_what_the_model_says_of_a_missed_pair_does_not_count(codebook: Codebook, answered: str) -> None:
    gold = prepared(codebook, {"directed": directed("ministry port neutral")})
    scores = evaluate(gold, [answer(gold[0], directed={("ministry", "port"): answered})], ())["directed"]
    assert scores["micro_f1"] == 1.0
    assert scores["given_mentions"]["micro_f1"] == float(answered == "neutral")


def test_given_mentions_scores_what_the_model_says_of_missed_actors_too(codebook: Codebook) -> None:
    row = {
        "stance": {"port": "against", "ministry": "favor"},
        "directed": directed("union port against", "union ministry favor"),
    }
    gold = prepared(codebook, row)
    scores = evaluate(gold, perfect(gold), ())
    for task in ("stance", "directed"):
        given = scores[task]["given_mentions"]
        assert (given["n"], given["macro_f1"], given["micro_f1"]) == (scores[task]["n"], 1.0, 1.0)
    assert scores["stance"]["given_mentions"]["accuracy"] == 1.0


def test_matcher_recall_leaves_out_rows_with_given_mentions(codebook: Codebook) -> None:
    given = {"mentions": [{"actor": "ministry", "start": 0, "end": 3}], "stance": {"ministry": "favor"}}
    missed = {"stance": {"union": "favor", "ministry": "favor"}}
    assert evaluate(gold := prepared(codebook, given), perfect(gold), ())["stance"]["matcher_recall"] is None
    assert evaluate(gold := prepared(codebook, given, missed), perfect(gold), ())["stance"]["matcher_recall"] == 0.5


def test_a_labelled_actor_that_the_given_mentions_lack_counts_as_missed(codebook: Codebook) -> None:
    gold = prepared(codebook, {"mentions": [], "stance": {"union": "favor"}})
    scores = evaluate(gold, perfect(gold), ())["stance"]
    assert (scores["accuracy"], scores["given_mentions"]["accuracy"]) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("row", "n"),
    [
        pytest.param({"frames": []}, (1, 0, 0), id="frames"),
        pytest.param({"stance": {"union": "favor", "port": "favor"}}, (0, 2, 0), id="stance"),
        pytest.param({"directed": []}, (0, 0, 2), id="directed"),
        pytest.param({}, (0, 0, 0), id="no labels"),
    ],
)
def test_a_task_is_scored_on_the_rows_that_are_labelled_for_it(
    codebook: Codebook, row: dict[str, Any], n: tuple[int, int, int]
) -> None:
    gold = prepared(codebook, row)
    scores = evaluate(gold, perfect(gold), ("strike", "budget"))
    assert (scores["n_passages"], scores["n_articles"]) == (1, 1)
    assert tuple(scores[task]["n"] for task in ("frames", "stance", "directed")) == n
    unlabelled = [task for task, rows in zip(("frames", "stance", "directed"), n, strict=True) if not rows]
    assert [scores[task]["macro_f1"] for task in unlabelled] == [None] * len(unlabelled)


def test_a_task_that_the_model_has_not_learned_is_not_scored(codebook: Codebook) -> None:
    row = {"frames": ["strike"], "stance": {"union": "favor"}, "directed": directed("union port against")}
    gold = prepared(codebook, row)
    scores = evaluate(gold, [answer(gold[0])], ("strike", "budget"))
    assert [scores[task]["n"] for task in ("frames", "stance", "directed")] == [0, 0, 0]
    assert (scores["stance"]["accuracy"], scores["stance"]["matcher_recall"]) == (None, 1.0)


def test_passages_and_articles_are_counted(codebook: Codebook) -> None:
    rows: list[dict[str, Any]] = [{"article": "x", "frames": []}, {"article": "y"}, {"article": "x"}, {"id": "alone"}]
    gold = prepared(codebook, *rows)
    scores = evaluate(gold, perfect(gold), ("strike",))
    assert (scores["n_passages"], scores["n_articles"]) == (4, 3)


def test_intervals_draw_articles_not_passages(codebook: Codebook) -> None:
    rows = [{"article": "x", "stance": {"port": "against"}}, {"article": "x", "stance": {"port": "against"}}]
    gold = prepared(codebook, *rows)
    predictions = [answer(gold[0], stance={"port": "against"}), answer(gold[1], stance={"port": "favor"})]
    scores = evaluate(gold, predictions, ())["stance"]
    assert scores["micro_f1"] == 0.5
    assert scores["micro_f1_interval"] is None


@pytest.mark.parametrize("first", [True, False], ids=["first", "between"])
def test_articles_without_labels_of_a_task_leave_its_interval_alone(codebook: Codebook, first: bool) -> None:
    labelled: list[dict[str, Any]] = [
        {"id": f"s{n}", "stance": {"port": "against", "union": "neutral"}} for n in range(12)
    ]
    others: list[dict[str, Any]] = [{"id": f"f{n}", "frames": ["strike"]} for n in range(30)]
    rows = [*others, *labelled] if first else [*labelled[:6], *others, *labelled[6:]]

    def stance_scores(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        gold = prepared(codebook, *rows)
        answers = [
            {"port": "against", "union": "neutral" if int(g.query.passage.id[1:]) % 3 else "favor"} for g in gold
        ]
        predictions = [
            answer(g, {"strike": 1.0, "budget": 0.0}, stance if g.query.actors else None)
            for g, stance in zip(gold, answers, strict=True)
        ]
        scores: dict[str, Any] = evaluate(gold, predictions, ("strike", "budget"))["stance"]
        return scores

    assert stance_scores(rows)["micro_f1_interval"] == stance_scores(labelled)["micro_f1_interval"]


def test_predictions_must_be_as_many_as_gold(codebook: Codebook) -> None:
    gold = prepared(codebook, {"frames": []}, {"frames": []})
    with pytest.raises(ValueError, match="shorter"):
        evaluate(gold, perfect(gold)[:1], ("strike", "budget"))


def test_nothing_to_evaluate() -> None:
    scores = evaluate([], [], ("strike",))
    assert (scores["n_passages"], scores["n_articles"]) == (0, 0)
    assert [scores[task]["n"] for task in ("frames", "stance", "directed")] == [0, 0, 0]


def test_confusion_counts_what_was_taken_for_what(codebook: Codebook) -> None:
    rows: list[dict[str, Any]] = [
        {"frames": ["strike"], "stance": {"union": "neutral", "port": "against", "ministry": "favor"}},
        {"frames": [], "stance": {"union": "favor", "port": "against"}},
    ]
    gold = prepared(codebook, *rows)
    predictions = [
        answer(gold[0], {"strike": 0.9, "budget": 0.7}, {"union": "neutral", "port": "favor", "ministry": "favor"}),
        answer(gold[1], {"strike": 0.8, "budget": 0.2}, {"union": "neutral", "port": "against"}),
    ]
    scores = evaluate(gold, predictions, ("strike", "budget"))
    assert scores["frames"]["confusion"] == {
        "strike": {"hit": 1, "false_alarm": 1, "overlooked": 0, "rightly_left_out": 0},
        "budget": {"hit": 0, "false_alarm": 1, "overlooked": 0, "rightly_left_out": 1},
    }
    assert scores["stance"]["confusion"] == {
        "against": {"against": 1, "neutral": 0, "favor": 1, "missed": 0},
        "neutral": {"against": 0, "neutral": 1, "favor": 0, "missed": 0},
        "favor": {"against": 0, "neutral": 1, "favor": 0, "missed": 1},
    }


def test_examine_tells_of_calibration_before_and_after_and_of_risk(codebook: Codebook) -> None:
    gold = prepared(codebook, {"frames": ["strike"]}, {"frames": []}, {"frames": []}, {"frames": ["strike"]})
    after = [answer(g, {"strike": s, "budget": 0.0}) for g, s in zip(gold, (0.9, 0.3, 0.6, 0.4), strict=True)]
    before = [answer(g, {"strike": 0.5, "budget": 0.5}) for g in gold]
    scores = examine(gold, after, ("strike", "budget"), before)["frames"]
    assert scores["calibration"]["before"]["brier"] == pytest.approx(0.25)
    assert scores["calibration"]["after"]["brier"] == pytest.approx((0.1**2 + 0.3**2 + 0.6**2 + 0.6**2) / 8)
    risks = {point["coverage"]: point["risk"] for point in scores["risk"]}
    assert (risks[0.5], risks[0.75], risks[1.0]) == (0.0, 0.0, 0.25)


def test_slices_hold_the_passages_of_their_value(codebook: Codebook) -> None:
    rows = [
        {"frames": ["strike"], "source": "Gazette", "date": "2024-05-01"},
        {"frames": [], "source": "Gazette", "date": "2025-01-31"},
        {"frames": ["strike"], "source": "Herald", "date": "in May"},
        {"frames": []},
    ]
    gold = prepared(codebook, *rows)
    predictions = [answer(g, {"strike": 0.9, "budget": 0.0}) for g in gold]
    by_source = slice_scores(gold, predictions, ("strike", "budget"), "source")
    assert {name: part["n_passages"] for name, part in by_source.items()} == {"Gazette": 2, "Herald": 1, "(none)": 1}
    assert by_source["Gazette"]["frames"]["macro_f1"] == pytest.approx(2 / 3)
    assert by_source["Herald"]["frames"]["macro_f1"] == 1.0
    assert list(slice_scores(gold, predictions, ("strike", "budget"), "date:year")) == ["2024", "2025", "(none)"]
    assert list(slice_scores(gold, predictions, ("strike", "budget"), "date:month")) == ["2024-05", "2025-01", "(none)"]


def test_slices_by_actor_hold_its_stance_and_its_pairs(codebook: Codebook) -> None:
    row: dict[str, Any] = {
        "frames": ["strike"],
        "stance": {"union": "neutral", "port": "against"},
        "directed": [{"holder": "union", "target": "port", "stance": "against"}],
    }
    gold = prepared(codebook, row, {"frames": ["strike"], "text": "Nobody came."})
    predictions = [
        answer(gold[0], {"strike": 1.0, "budget": 0.0}, *perfect_labels(gold[0])),
        answer(gold[1], {"strike": 0.0, "budget": 0.0}),
    ]
    slices = slice_scores(gold, predictions, ("strike", "budget"), "actor")
    assert list(slices) == ["port", "union"]
    sizes = {task: slices["port"][task]["n"] for task in ("frames", "stance", "directed")}
    assert sizes == {"frames": 1, "stance": 1, "directed": 2}
    assert slices["port"]["frames"]["macro_f1"] == 1.0


def perfect_labels(gold: Gold) -> tuple[Stances | None, Directed | None]:
    """The labels themselves."""
    return gold.labelled.labels.stance, gold.labelled.labels.directed


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("outlet", '--by outlet: no passage has "outlet"; there are actor, article'),
        ("date:day", "--by date:day: cut a date by :year or :month"),
        ("day:year", '--by day:year: no "day" reads like 2021-08-15; write dates so, or slice by day as it is'),
    ],
)
def test_a_slice_of_what_is_not_there_is_refused(codebook: Codebook, field: str, message: str) -> None:
    gold = prepared(codebook, {"frames": []} | ({"day": "15 August 2021"} if field == "day:year" else {}))
    with pytest.raises(InputError, match=re.escape(message)):
        slice_scores(gold, perfect(gold), ("strike", "budget"), field)
