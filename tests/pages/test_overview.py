"""What is counted over predictions: shares with intervals, groups, who toward whom, and passages to look at."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest
from statsmodels.stats.proportion import proportion_confint

from stance.pages.overview import EXEMPLARS, Overview, Shares, month
from stance.records import Judgement, Passage, Prediction

AGAINST, NEUTRAL = Judgement("against", 0.7, 0.2, 0.1), Judgement("neutral", 0.1, 0.8, 0.1)


def prediction(number: int, article: str = "a", strike: float = 0.1, **details: str) -> Prediction:
    passage = Passage(f"{article}#{number}", article, f"Text {article} {number}.", 0, 9, (), details)
    labels = ("strike",) if strike >= 0.5 else ()
    return Prediction(passage, {"strike": strike, "budget": 0.2}, labels, {}, {}, (), "harbour-1")


def test_counts_go_by_group_and_by_pair() -> None:
    first = replace(
        prediction(0, strike=0.9, source="Dawn", date="2021-08-15"),
        stance={"union": AGAINST, "port": NEUTRAL},
        directed={("port", "union"): AGAINST, ("union", "port"): NEUTRAL},
        uncertain=("strike",),
    )
    second = replace(prediction(0, "b", source="Dawn", date="about noon"), stance={"union": NEUTRAL})
    seen = Overview(10).read([first, prediction(1), second])
    assert (seen.n_passages, seen.n_articles, seen.n_unsure) == (3, 2, 1)
    assert seen.models == Counter({"harbour-1": 3})
    assert seen.frame_ids == ["strike", "budget"]
    assert {group: (s.n, s.articles, dict(s.counts)) for group, s in seen.frames.items()} == {
        "all": (3, 2, {"strike": 1}),
        "source:Dawn": (2, 2, {"strike": 1}),
        "month:2021-08": (1, 1, {"strike": 1}),
        "actor:union": (2, 2, {"strike": 1}),
        "actor:port": (1, 1, {"strike": 1}),
    }
    assert {actor: dict(s.counts) for actor, s in seen.stances.items()} == {
        "union": {"against": 1, "neutral": 1},
        "port": {"neutral": 1},
    }
    assert seen.pairs == {("port", "union"): Counter(against=1), ("union", "port"): Counter(neutral=1)}


@pytest.mark.parametrize(
    ("date", "expected"),
    [("2021-08-15", "2021-08"), ("2021-08", "2021-08"), ("August 2021", ""), ("2021", ""), ("2021/08/15", "")],
)
def test_a_month_is_told_or_left_out(date: str, expected: str) -> None:
    assert month(prediction(0, date=date)) == expected


def test_the_interval_is_wilson_s_where_every_article_is_one_passage() -> None:
    shares = Shares()
    for number in range(100):
        shares.add(1, {"strike": 1} if number < 30 else {})
    # The variance of a ratio has 99 in place of 100.
    assert shares.interval("strike") == pytest.approx(proportion_confint(29.7, 99, method="wilson"))
    assert shares.share("strike") == 0.3


def test_the_interval_is_as_wide_as_of_so_many_articles_where_their_passages_are_copies() -> None:
    alike, single = Shares(), Shares()
    for number in range(40):
        alike.add(25, {"strike": 25} if number < 10 else {})
        single.add(1, {"strike": 1} if number < 10 else {})
    assert alike.interval("strike") == pytest.approx(single.interval("strike"))
    assert Shares().share("strike") is None
    one = Shares()
    one.add(3, {"strike": 1})
    assert one.interval("strike") is None


def test_no_passage_of_many_articles_leaves_room_for_some() -> None:
    shares = Shares()
    for _ in range(20):
        shares.add(5, {})
    low, high = shares.interval("strike") or (1.0, 0.0)
    assert (low, round(high, 3)) == (0.0, 0.161)


def test_the_interval_holds_the_truth_in_about_95_of_100_draws_of_articles_that_differ() -> None:
    generator = random.Random(4)
    hits = 0
    for _ in range(400):
        shares = Shares()
        for _ in range(60):
            share = generator.betavariate(1.2, 2.8)  # mean 0.3
            n = generator.randrange(2, 12)
            shares.add(n, {"strike": sum(generator.random() < share for _ in range(n))})
        low, high = shares.interval("strike") or (1.0, 0.0)
        hits += low <= 0.3 <= high
    assert 368 <= hits <= 392


def test_months_merge_into_a_year() -> None:
    whole, parts = Shares(), [Shares(), Shares()]
    for number in range(8):
        for shares in (whole, parts[number % 2]):
            shares.add(3, {"strike": number % 3})
    parts[0].merge(parts[1])
    assert parts[0] == whole


def test_the_sample_is_all_where_it_fits_and_the_same_for_a_seed_where_not() -> None:
    many = [prediction(i, f"a{i // 3}") for i in range(300)]
    assert Overview(300).read(many).passages == many
    kept = Overview(40, seed=1).read(many).passages
    assert kept == Overview(40, seed=1).read(many).passages
    assert kept != Overview(40, seed=2).read(many).passages
    assert kept == sorted(kept, key=many.index)
    assert 40 <= len(kept) <= 40 + 4 * EXEMPLARS


def test_exemplars_are_the_surest_and_the_closest_calls_no_two_of_an_article() -> None:
    probs = [0.99, 0.97, 0.95, 0.93, 0.91, 0.6, 0.52, 0.47, 0.2]
    rows = [prediction(i, f"a{i}", prob) for i, prob in enumerate(probs)]
    rows.insert(1, prediction(9, "a0", 0.98))
    copy = replace(rows[0].passage, id="copy", article="copy")
    seen = Overview(1).read([*rows, replace(rows[0], passage=copy)])
    assert [e.probability for e in seen.typical("frame:strike")] == [0.99, 0.97, 0.95, 0.93]
    assert [e.probability for e in seen.doubtful("frame:strike")] == [0.52, 0.47, 0.6, 0.2]
    assert seen.typical("stance:favor") == []
    assert {e.prediction.passage.id for e in seen.typical("frame:strike")} <= {p.passage.id for p in seen.passages}


def test_of_several_actors_the_surest_is_typical_and_the_closest_call_doubtful() -> None:
    stances = {"union": Judgement("favor", 0.0, 0.1, 0.9), "port": Judgement("favor", 0.1, 0.4, 0.5)}
    seen = Overview(1).read([replace(prediction(0), stance=stances)])
    found = [[e.probability for e in part("stance:favor")] for part in (seen.typical, seen.doubtful)]
    assert found == [[0.9], [0.5]]


def test_shares_come_with_what_their_probabilities_lead_one_to_expect() -> None:
    rows = [prediction(i, f"a{i}", prob, source="Dawn") for i, prob in enumerate((0.9, 0.6, 0.2, 0.1))]
    rows[0] = replace(rows[0], stance={"union": AGAINST}, directed={})
    rows[1] = replace(rows[1], stance={"union": NEUTRAL})
    seen = Overview(10).read(rows)
    for group in ("all", "source:Dawn"):
        assert seen.frames[group].share("strike") == 0.5
        assert seen.frames[group].expected("strike") == pytest.approx(0.45)
        assert seen.frames[group].expected("budget") == pytest.approx(0.2)
    assert {s: seen.stances["union"].expected(s) for s in ("against", "neutral", "favor")} == pytest.approx(
        {"against": 0.4, "neutral": 0.5, "favor": 0.1}
    )
    assert Shares().expected("strike") is None


def test_a_frame_given_to_all_at_low_probabilities_is_no_finding() -> None:
    rows = [
        replace(prediction(i, f"a{i}"), frames={"strike": 0.16 + i / 500}, frame_labels=("strike",)) for i in range(38)
    ]
    assert list(Overview(10).read(rows).doubts()) == [
        (
            "strike",
            "given to 100%, where its probabilities lead one to expect 20%; no probability is above 0.24",
        )
    ]


def test_a_stance_named_much_more_or_less_often_than_expected_is_no_finding() -> None:
    low = Judgement("favor", 0.2, 0.5, 0.3)
    rows = [replace(prediction(i, f"a{i}"), frames={}, stance={"union": low, "port": low}) for i in range(30)]
    assert list(Overview(10).read(rows[:4]).doubts()) == []
    assert list(Overview(10).read(rows).doubts()) == [
        ("against", "given to 0%, where its probabilities lead one to expect 20%"),
        ("neutral", "given to 0%, where its probabilities lead one to expect 50%"),
        ("favor", "given to 100%, where its probabilities lead one to expect 30%"),
    ]


def test_labels_as_often_as_expected_are_not_doubted() -> None:
    rows = [replace(prediction(i, f"a{i}", p := 0.9 if i % 2 else 0.1), frames={"strike": p}) for i in range(60)]
    assert list(Overview(10).read(rows).doubts()) == []
    assert list(Overview(10).read([]).doubts()) == []


def test_exemplars_name_the_actor_or_the_pair_that_was_judged() -> None:
    stances = {"union": Judgement("favor", 0.0, 0.1, 0.9), "port": Judgement("favor", 0.1, 0.4, 0.5)}
    pairs = {("port", "union"): Judgement("against", 0.6, 0.3, 0.1), ("union", "port"): Judgement("neutral", 0, 1, 0)}
    seen = Overview(1).read([replace(prediction(0, strike=0.9), stance=stances, directed=pairs)])
    assert [e.about for e in seen.typical("stance:favor")] == [("union",)]
    assert [e.about for e in seen.doubtful("stance:favor")] == [("port",)]
    assert [e.about for e in seen.doubtful("directed:against")] == [("port", "union")]
    assert [e.about for e in seen.typical("frame:strike")] == [()]


def test_what_could_not_be_read_is_in_no_figure() -> None:
    def unread(number: int, article: str, lang: str | None) -> Prediction:
        details = {"source": "Gull", "date": "2024-05-01"} | ({"lang": lang} if lang else {})
        told = replace(prediction(number, article, strike=0.9, **details), uncertain=("language",))
        return replace(told, stance={"union": AGAINST}, directed={("port", "union"): AGAINST})

    read = [prediction(0, "a", source="Dawn"), prediction(1, "a", source="Dawn")]
    others = [unread(0, "b", "ar"), unread(1, "b", "ar"), unread(0, "c", "ur"), unread(0, "d", None)]
    alone, both = Overview(10).read(read), Overview(10).read([*others[:2], *read, *others[2:]])
    for name in ("n_passages", "n_articles", "n_unsure", "frames", "stances", "pairs", "frame_ids"):
        assert getattr(both, name) == getattr(alone, name), name
    assert (both.unread, both.unread_articles) == (
        Counter({"ar": 2, "ur": 1, "": 1}),
        Counter({"ar": 1, "ur": 1, "": 1}),
    )
    assert [len(view.passages) for view in (alone, both)] == [2, 6]
    assert both.typical("frame:strike") == both.typical("stance:against") == both.doubtful("directed:against") == []
