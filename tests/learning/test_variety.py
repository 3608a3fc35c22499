"""Passages chosen one after the other: the worthiest, no two alike, few of one article."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from stance.learning import variety
from stance.learning.variety import Variety
from stance.scoring.leaks import signatures

TEXTS = [
    "cranes stand still today and the dockers sing of the sea and of the salt in the bread of their fathers",
    "accounts were read aloud in the hall while rain fell on the roof and nobody asked for the price of tar",
    "cranes stand still today and the dockers sing of the sea and of the salt in the bread of their fathers .",
    "a ferry left the quay at noon with forty goats, a priest and the last of the harbour masters on board",
]


def chooser(texts: list[str], articles: str = "abcd") -> Variety:
    rows = [{"text": text, "article": article} for text, article in zip(texts, articles, strict=True)]
    return Variety(rows, signatures(texts), np.ones(len(texts), dtype=bool))


def test_the_worthiest_are_taken_in_turn_and_copies_with_them() -> None:
    choice = chooser(TEXTS)
    worth = np.array([0.9, 0.2, 0.8, 0.5])
    assert [choice.take(worth) for _ in range(4)] == [0, 3, 1, None]
    assert (choice.n_copies, choice.taken) == (1, [0, 3, 1])


def test_what_is_of_no_worth_now_may_be_taken_later() -> None:
    choice = chooser(TEXTS)
    assert choice.take(np.full(4, -np.inf)) is None
    assert choice.take(np.array([-np.inf, -np.inf, -np.inf, 0.1])) == 3
    assert choice.take(np.array([0.1, 0.2, 0.3, 0.9])) == 2


def test_few_of_one_article_are_taken() -> None:
    texts = [f"{word} " * 12 for word in ("anchor", "barge", "basin", "beacon", "berth")]
    choice = chooser(texts, "aaaab")
    assert [choice.take(np.array([0.9, 0.8, 0.7, 0.6, 0.1])) for _ in range(5)] == [0, 1, 2, 4, None]


def test_of_no_rows_none_is_taken() -> None:
    choice = Variety([{"text": "x", "article": "a"}], signatures(["x"]), np.zeros(1, dtype=bool))
    assert choice.take(np.ones(1)) is None


def test_likeness_to_others_is_a_mean_over_those_most_like_of_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = csr_array([[1.0, 0.0], [0.6, 0.8], [0.96, 0.28], [0.0, 1.0]])
    assert variety.density(vectors).tolist() == pytest.approx([0.25, 0.375, 0.32, 0.195])
    monkeypatch.setattr(variety, "NEIGHBOURS", 1)
    monkeypatch.setattr(variety, "REFERENCES", 2)
    monkeypatch.setattr(variety, "_BLOCK", 3)
    monkeypatch.setattr(variety, "ALIKE", 0.7)
    assert variety.density(vectors).tolist() == pytest.approx([0.6, 0.6, 0.7, 0.7])
