"""The records: order of stances, actors of a passage, and the row that a prediction becomes."""

from __future__ import annotations

import dataclasses
import json

import pytest

from stance.records import (
    STANCES,
    Article,
    InputError,
    Judgement,
    LabelledPassage,
    Labels,
    Mention,
    Passage,
    Prediction,
)

PASSAGE = Passage(
    id="a#0",
    article="a",
    text="Ada met Ben.",
    start=10,
    end=22,
    mentions=(Mention("ada", 0, 3), Mention("ben", 8, 11)),
    details={"title": "A meeting", "date": "2020-01-01", "desk": {"city": 1}},
)
AGAINST = Judgement("against", 0.7, 0.2, 0.1)
NEUTRAL = Judgement("neutral", 0.3, 0.5, 0.2)
FAVOR = Judgement("favor", 0.1, 0.3, 0.6)


def test_stances_stand_in_the_order_of_every_stance_array() -> None:
    assert STANCES == ("against", "neutral", "favor")


def test_an_input_error_is_a_value_error_and_its_message() -> None:
    error = InputError("a.jsonl:3: no text")
    assert (isinstance(error, ValueError), str(error)) == (True, "a.jsonl:3: no text")


@pytest.mark.parametrize(
    ("record", "field"),
    [
        (Mention("a", 0, 1), "start"),
        (Article("a", "x"), "text"),
        (PASSAGE, "mentions"),
        (Labels(), "frames"),
        (LabelledPassage(PASSAGE, Labels()), "place"),
        (AGAINST, "label"),
    ],
    ids=["mention", "article", "passage", "labels", "labelled-passage", "judgement"],
)
def test_records_are_frozen(record: object, field: str) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(record, field, 1)


def test_two_articles_do_not_share_their_details() -> None:
    first, second = Article("a", "x"), Article("b", "y")
    assert (first.details, first.details is second.details) == ({}, False)


def test_labels_tell_unlabelled_from_labelled_with_none() -> None:
    assert Labels() == Labels(frames=None, stance=None, directed=None)
    assert Labels(frames=()) != Labels()


@pytest.mark.parametrize(
    ("mentions", "actors"),
    [
        (None, ()),
        ((), ()),
        ((Mention("b", 0, 1), Mention("a", 2, 3), Mention("b", 4, 5)), ("b", "a")),
    ],
    ids=["not-looked-for", "none-found", "each-once-in-order"],
)
def test_actors_of_a_passage(mentions: tuple[Mention, ...] | None, actors: tuple[str, ...]) -> None:
    assert Passage("p", "a", "x y z", 0, 5, mentions).actors == actors


@pytest.mark.parametrize(("judgement", "probability"), [(AGAINST, 0.7), (NEUTRAL, 0.5), (FAVOR, 0.6)], ids=STANCES)
def test_the_probability_of_a_judgement_is_that_of_its_label(judgement: Judgement, probability: float) -> None:
    assert judgement.probability == probability


def test_a_judgement_as_a_dict() -> None:
    assert AGAINST.to_dict() == {"label": "against", "against": 0.7, "neutral": 0.2, "favor": 0.1}


def test_a_prediction_becomes_a_row_of_the_data_format() -> None:
    prediction = Prediction(
        passage=PASSAGE,
        frames={"strike": 0.9, "budget": 0.2},
        frame_labels=("strike",),
        stance={"ada": AGAINST, "ben": NEUTRAL},
        directed={("ben", "ada"): FAVOR},
        uncertain=("stance:ben", "directed:ben>ada"),
        model="harbour@12ab",
    )
    row = {
        "id": "a#0",
        "article": "a",
        "title": "A meeting",
        "date": "2020-01-01",
        "desk": {"city": 1},
        "start": 10,
        "end": 22,
        "text": "Ada met Ben.",
        "frames": {"strike": 0.9, "budget": 0.2},
        "frame_labels": ["strike"],
        "stance": {
            "ada": {"label": "against", "against": 0.7, "neutral": 0.2, "favor": 0.1},
            "ben": {"label": "neutral", "against": 0.3, "neutral": 0.5, "favor": 0.2},
        },
        "directed": [
            {"holder": "ben", "target": "ada", "label": "favor", "against": 0.1, "neutral": 0.3, "favor": 0.6}
        ],
        "mentions": [{"actor": "ada", "start": 0, "end": 3}, {"actor": "ben", "start": 8, "end": 11}],
        "uncertain": ["stance:ben", "directed:ben>ada"],
        "model": "harbour@12ab",
    }
    assert prediction.to_dict() == row
    assert json.loads(json.dumps(prediction.to_dict())) == row


def test_a_passage_without_actors_becomes_a_row_with_empty_lists() -> None:
    row = Prediction(Passage("p", "a", "x", 0, 1), {}, (), {}, {}, (), "m").to_dict()
    assert row == {
        **{"id": "p", "article": "a", "start": 0, "end": 1, "text": "x", "model": "m"},
        **{"frames": {}, "frame_labels": [], "stance": {}, "directed": [], "mentions": [], "uncertain": []},
    }


@pytest.mark.parametrize("field", ["start", "frames", "stance", "model", "text"])
def test_a_detail_never_hides_what_the_model_says(field: str) -> None:
    passage = Passage("p", "a", "x", 0, 1, details={field: "old"})
    plain = Passage("p", "a", "x", 0, 1)
    rows = [Prediction(one, {}, (), {}, {}, (), "m").to_dict() for one in (passage, plain)]
    assert rows[0] == rows[1]


@pytest.mark.parametrize("field", ["id", "article"])
def test_a_detail_never_hides_the_passage_it_belongs_to(field: str) -> None:
    passage = Passage("p", "a", "x", 0, 1, details={field: "old"})
    assert Prediction(passage, {}, (), {}, {}, (), "m").to_dict()[field] == {"id": "p", "article": "a"}[field]
