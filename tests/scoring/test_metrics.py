"""Scores against scikit-learn's, and bootstrap intervals against scipy's, hand-made ones and a simulation."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import bootstrap
from sklearn.metrics import average_precision_score, f1_score, precision_recall_fscore_support

from stance.scoring.bootstrap import ROUNDS, bootstrap_draws, intervals, tally
from stance.scoring.metrics import average_precision, f1, label_scores, label_tally, macro_f1, micro_f1

LABELS = ("a", "b", "c", "d")
Rows = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def random_rows(seed: int, decimals: int = 9) -> Rows:
    """Gold, predicted, probabilities and articles of 80 rows; label "d" is rare."""
    generator = np.random.default_rng(seed)
    rates = np.array([0.5, 0.3, 0.2, 0.03])
    gold = generator.random((80, 4)) < rates
    probs = np.round(np.clip(0.4 * gold + 0.6 * generator.random((80, 4)), 0, 1), decimals)
    return gold, probs >= 0.5, probs, np.sort(generator.integers(0, 12, 80))


def dense(articles: np.ndarray) -> np.ndarray:
    return np.unique(articles, return_inverse=True)[1]


def exactly(value: float) -> object:
    return pytest.approx(value, rel=0, abs=1e-9)


def columns(*rows: list[int]) -> np.ndarray:
    return np.array(rows, dtype=bool)


@pytest.mark.parametrize("seed", range(5))
def test_scores_of_labels_equal_those_of_scikit_learn(seed: int) -> None:
    gold, predicted, probs, articles = random_rows(seed)
    scores = label_scores(LABELS, gold, predicted, probs, dense(articles), 0)
    expected = precision_recall_fscore_support(gold, predicted, average=None, zero_division=0)
    for number, label in enumerate(LABELS):
        precision, recall, score, support = (part[number] for part in expected)
        row = scores["per_label"][label]
        assert row["support"] == support
        assert row["precision"] == (exactly(precision) if predicted[:, number].any() else None)
        assert row["recall"] == (exactly(recall) if support else None)
        assert row["f1"] == (exactly(score) if support or predicted[:, number].any() else None)


@pytest.mark.parametrize("seed", range(5))
def test_macro_and_micro_f1_equal_those_of_scikit_learn(seed: int) -> None:
    gold, predicted, probs, articles = random_rows(seed)
    scores = label_scores(LABELS, gold, predicted, probs, dense(articles), 0)
    assert scores["n"] == 80
    assert scores["macro_f1"] == exactly(f1_score(gold, predicted, average="macro", zero_division=np.nan))
    assert scores["micro_f1"] == exactly(f1_score(gold, predicted, average="micro"))


def test_macro_f1_leaves_out_a_label_neither_in_gold_nor_predicted() -> None:
    gold, predicted = columns([1, 0, 0], [0, 1, 0]), columns([1, 1, 0], [0, 0, 0])
    scores = label_scores("abc", gold, predicted, predicted.astype(float), np.array([0, 1]), 0)
    assert scores["macro_f1"] == 0.5
    assert scores["per_label"]["c"] == {
        "precision": None,
        "recall": None,
        "f1": None,
        "average_precision": None,
        "support": 0,
        "precision_interval": None,
        "recall_interval": None,
        "f1_interval": None,
        "average_precision_interval": None,
    }


def test_macro_f1_counts_a_label_that_is_only_predicted_as_0() -> None:
    gold, predicted = columns([1, 0], [1, 0]), columns([1, 0], [1, 1])
    assert macro_f1(label_tally(gold, predicted, np.array([0, 0]))).tolist() == [0.5]


@pytest.mark.parametrize("decimals", [1, 2, 9], ids=["many ties", "some ties", "no ties"])
@pytest.mark.parametrize("seed", range(4))
def test_average_precision_equals_that_of_scikit_learn(seed: int, decimals: int) -> None:
    gold, _, probs, _ = random_rows(seed, decimals)
    assert average_precision(gold[:, 1], probs[:, 1]) == exactly(average_precision_score(gold[:, 1], probs[:, 1]))


@pytest.mark.parametrize(
    ("gold", "scores", "expected"),
    [
        pytest.param([1, 0], [0.9, 0.1], 1.0, id="gold first"),
        pytest.param([0, 1], [0.9, 0.1], 0.5, id="gold last"),
        pytest.param([1, 0, 1], [0.9, 0.8, 0.7], 5 / 6, id="one between"),
        pytest.param([0, 1, 0], [0.5, 0.5, 0.5], 1 / 3, id="all tied"),
        pytest.param([1, 0, 1, 0], [0.9, 0.5, 0.5, 0.5], 3 / 4, id="some tied"),
        pytest.param([0, 0], [0.9, 0.1], None, id="no gold"),
    ],
)
def test_average_precision_by_hand(gold: list[int], scores: list[float], expected: float | None) -> None:
    value = average_precision(np.array(gold, dtype=bool), np.array(scores))
    assert value == (None if expected is None else exactly(expected))


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_average_precision_of_ties_does_not_depend_on_the_order_of_rows(order: tuple[int, ...]) -> None:
    gold, scores = np.array([True, False, True]), np.array([0.5, 0.5, 0.2])
    assert average_precision(gold[list(order)], scores[list(order)]) == exactly(0.5 * 0.5 + 0.5 * 2 / 3)


def test_counts_are_added_up_by_article() -> None:
    gold = columns([1, 0], [1, 1], [0, 1])
    predicted = columns([1, 1], [0, 1], [1, 1])
    counts = label_tally(gold, predicted, np.array([4, 4, 7]))
    assert counts.tolist() == [[1, 1, 1, 2, 2, 1], [0, 1, 1, 1, 0, 1]]


def test_tally_of_no_rows_has_no_articles() -> None:
    assert tally(np.zeros(0, dtype=int), np.zeros(0)).shape == (0, 1)


def test_f1_is_0_without_hits_and_undefined_without_anything() -> None:
    scores = f1(np.array([2.0, 0.0, 0.0, 3.0, 1.0, 0.0, 2.0, 1.0, 0.0]))
    np.testing.assert_array_equal(scores, [0.8, 0.0, np.nan])


@pytest.mark.parametrize(("average", "score"), [("macro", macro_f1), ("micro", micro_f1)], ids=["macro", "micro"])
def test_totals_count_an_article_as_often_as_it_is_drawn(average: str, score: type) -> None:
    gold, predicted, _, articles = random_rows(7)
    counts = label_tally(gold, predicted, articles)
    weights = np.random.default_rng(3).integers(0, 3, (5, len(counts)))
    scores = score(weights @ counts)
    for value, weight in zip(scores, weights, strict=True):
        rows = np.repeat(np.arange(80), weight[dense(articles)])
        expected = f1_score(gold[rows], predicted[rows], average=average, zero_division=np.nan)
        assert value == exactly(expected)


def total(counts: np.ndarray) -> np.ndarray:
    """The sum of the first column."""
    return counts[..., :1]


def mean(counts: np.ndarray) -> np.ndarray:
    """The first column for each of the second."""
    return counts[..., :1] / counts[..., 1:]


def test_bootstrap_draws_as_many_articles_as_there_are_in_every_round() -> None:
    draws = bootstrap_draws(np.ones((7, 1)), total, seed=1)
    assert draws.tolist() == [[7.0]] * ROUNDS


def test_bootstrap_of_many_articles_is_the_same_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = np.random.default_rng(0).random((20, 1))
    whole = bootstrap_draws(counts, total, seed=1, rounds=50)
    monkeypatch.setattr("stance.scoring.bootstrap._CELLS", 100)
    assert bootstrap_draws(counts, total, seed=1, rounds=50).tolist() == whole.tolist()


def test_bootstrap_repeats_with_its_seed_alone() -> None:
    counts = np.random.default_rng(0).random((20, 1))
    first = bootstrap_draws(counts, total, seed=1, rounds=4).tolist()
    assert bootstrap_draws(counts, total, seed=1, rounds=4).tolist() == first
    assert bootstrap_draws(counts, total, seed=2, rounds=4).tolist() != first


@pytest.mark.parametrize("seed", range(3))
def test_interval_is_that_of_scipy_on_the_same_draws(seed: int) -> None:
    values = np.random.default_rng(seed).exponential(size=40)
    counts = np.column_stack([values, np.ones(40)])
    drawn = SimpleNamespace(bootstrap_distribution=bootstrap_draws(counts, mean, seed)[:, 0])
    expected = bootstrap((values,), np.mean, n_resamples=0, bootstrap_result=drawn, method="BCa").confidence_interval
    assert intervals(counts, mean, seed) == [[exactly(expected.low), exactly(expected.high)]]


def test_interval_leaves_out_a_few_rounds_without_a_score() -> None:
    def of_the_first_five(counts: np.ndarray) -> np.ndarray:
        return np.where(counts[..., :1] > 0, counts[..., 1:] / np.maximum(counts[..., :1], 1.0), np.nan)

    counts = np.column_stack([np.arange(30) < 5, np.arange(30) < 2]).astype(float)
    [(low, high)] = intervals(counts, of_the_first_five, 0)  # type: ignore[misc]
    assert 0.0 <= low < 0.4 < high <= 1.0


@pytest.mark.parametrize("n_holding", [1, 3])
def test_of_a_label_in_too_few_articles_there_is_no_interval(n_holding: int) -> None:
    gold = columns(*[[1, int(i < n_holding)] for i in range(40)])
    scores = label_scores("ab", gold, gold, gold.astype(float), np.arange(40), 0)["per_label"]
    assert scores["b"]["f1"] == 1.0
    assert [scores["b"][f"{key}_interval"] for key in ("precision", "recall", "f1", "average_precision")] == [None] * 4
    assert scores["a"]["f1_interval"] == [1.0, 1.0]


def test_of_a_few_articles_that_all_agree_there_is_no_interval() -> None:
    gold = columns(*[[1]] * 19)
    assert label_scores("a", gold, gold, gold.astype(float), np.arange(19), 0)["macro_f1_interval"] is None


def simulated_corpus(generator: np.random.Generator, n_articles: int) -> tuple[np.ndarray, np.ndarray]:
    """Counts by article and by passage of labels right or wrong, the passages of an article alike in both."""
    articles = np.repeat(np.arange(n_articles), generator.integers(2, 9, n_articles))
    share, skill = (generator.beta(*shape, n_articles)[articles] for shape in ((1.2, 1.8), (3.0, 1.2)))
    gold = generator.random(len(articles)) < share
    predicted = np.where(generator.random(len(articles)) < skill, gold, ~gold)
    both = np.stack([gold, ~gold], axis=1), np.stack([predicted, ~predicted], axis=1)
    return label_tally(*both, articles), label_tally(*both, np.arange(len(articles)))


def test_an_interval_holds_the_truth_95_times_in_100_and_one_over_passages_does_not() -> None:
    def statistic(counts: np.ndarray) -> np.ndarray:
        return macro_f1(counts)[..., None]

    generator = np.random.default_rng(0)
    truth = float(macro_f1(simulated_corpus(generator, 200_000)[0].sum(axis=0)))
    held = {"articles": 0, "passages": 0}
    for seed in range(400):
        for unit, counts in zip(held, simulated_corpus(generator, 100), strict=True):
            [(low, high)] = intervals(counts, statistic, seed, rounds=300)  # type: ignore[misc]
            held[unit] += low <= truth <= high
    assert 0.93 <= held["articles"] / 400 <= 0.97
    assert held["passages"] / 400 < 0.93


@pytest.mark.parametrize("decimals", [1, 9], ids=["ties", "levels"])
def test_interval_of_average_precision_is_that_of_the_rows_drawn(decimals: int) -> None:
    generator = np.random.default_rng(5)
    articles = np.repeat(np.arange(150), 4)
    gold = generator.random(600) < 0.3
    scores = np.round(0.3 * gold + 0.7 * generator.random(600), decimals)
    row = label_scores("a", gold[:, None], scores[:, None] > 0.5, scores[:, None], articles, 0)["per_label"]["a"]
    draws = []
    for _ in range(1000):
        rows = (4 * generator.integers(0, 150, 150)[:, None] + np.arange(4)).ravel()
        draws.append(average_precision_score(gold[rows], scores[rows]))
    assert row["average_precision_interval"] == pytest.approx(np.percentile(draws, [2.5, 97.5]), abs=0.02)


def test_interval_spans_everything_where_one_article_is_right_and_one_wrong() -> None:
    gold = columns(*[[1]] * 20)
    predicted = columns(*[[1]] * 10, *[[0]] * 10)
    scores = label_scores("a", gold, predicted, predicted.astype(float), np.repeat([0, 1], 10), 0)
    assert scores["micro_f1"] == exactly(2 / 3)
    assert scores["micro_f1_interval"] == [0.0, 1.0]
    assert scores["macro_f1_interval"] == [0.0, 1.0]


def test_of_one_article_there_is_no_interval_for_its_passages_are_not_drawn_apart() -> None:
    gold = columns(*[[1]] * 20)
    predicted = columns(*[[1]] * 10, *[[0]] * 10)
    scores = label_scores("a", gold, predicted, predicted.astype(float), np.zeros(20, dtype=int), 0)
    assert scores["micro_f1"] == exactly(2 / 3)
    assert scores["micro_f1_interval"] is None


def test_intervals_repeat_with_their_seed() -> None:
    gold, predicted, probs, articles = random_rows(2)
    first, again, other = (label_scores(LABELS, gold, predicted, probs, dense(articles), seed) for seed in (4, 4, 5))
    assert first == again
    assert first["macro_f1_interval"] != other["macro_f1_interval"]


def test_scores_of_no_rows_say_so() -> None:
    nothing = np.zeros((0, 2))
    scores = label_scores("ab", nothing.astype(bool), nothing.astype(bool), nothing, np.zeros(0, dtype=int), 0)
    assert scores == {"n": 0, "macro_f1": None, "micro_f1": None, "per_label": {}}


def test_interval_is_none_where_no_f1_is_defined() -> None:
    nothing = columns([0], [0])
    scores = label_scores("a", nothing, nothing, np.array([[0.1], [0.2]]), np.array([0, 1]), 0)
    assert scores["macro_f1"] is None
    assert scores["macro_f1_interval"] is None
    assert scores["micro_f1_interval"] is None
