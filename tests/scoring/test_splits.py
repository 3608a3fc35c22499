"""Near-duplicates, groups of articles, folds."""

from __future__ import annotations

import random

import numpy as np
import pytest

from stance.records import InputError, Passage
from stance.scoring.splits import article_groups, folds
from stance.text import near_duplicates as module
from stance.text.near_duplicates import near_duplicate_groups, near_duplicates

STORY = (
    "Dock workers walked off the job on Monday after talks about night shifts broke down, and ships queued outside "
    "the breakwater while mediators waited in a hotel for either side to call."
)
REWORDED = STORY.replace("Monday", "Tuesday")
SHOUTED = STORY.upper().replace(",", " --")
OTHER = (
    "The council voted to spend more on dredging next year, though the treasurer warned that fees from the ferry would "
    "not cover the cost of a second season."
)
WORDS = [f"word{number}" for number in range(500)]


def passage(identifier: str, article: str, text: str) -> Passage:
    return Passage(identifier, article, text, 0, len(text))


def unlike(seed: int) -> str:
    """A text that shares next to nothing with those of other seeds."""
    return " ".join(random.Random(seed).sample(WORDS, 30))


@pytest.mark.parametrize(
    ("texts", "pairs"),
    [
        pytest.param([STORY, OTHER], [], id="unlike"),
        pytest.param([STORY, OTHER, STORY], [(0, 2)], id="copy"),
        pytest.param([STORY, REWORDED], [(0, 1)], id="one word changed"),
        pytest.param([STORY, SHOUTED], [(0, 1)], id="case and punctuation"),
        pytest.param([STORY, STORY, STORY], [(0, 1), (0, 2), (1, 2)], id="three copies"),
        pytest.param(["Talks fail.", "Talks fail", "Talks go on."], [(0, 1)], id="shorter than a shingle"),
        pytest.param([STORY, STORY + " " + OTHER], [], id="contained in a text twice as long"),
        pytest.param([], [], id="no texts"),
    ],
)
def test_near_duplicates_are_copies_and_light_rewordings(texts: list[str], pairs: list[tuple[int, int]]) -> None:
    assert near_duplicates(texts) == pairs


def test_near_duplicates_are_checked_on_their_shingles_not_on_their_signatures() -> None:
    # 8 words are 4 shingles of 5; with the last word changed 3 are shared of 5, with the last two 2 of 6.
    base = "one two three four five six seven eight"
    last, last_two = base.replace("eight", "nine"), base.replace("seven eight", "nine ten")
    assert near_duplicates([base, last], similarity=0.6) == [(0, 1)]
    assert near_duplicates([base, last], similarity=0.61) == []
    assert near_duplicates([base, last_two], similarity=0.33) == [(0, 1)]
    assert near_duplicates([base, last_two], similarity=0.34) == []


def test_near_duplicates_misses_no_pair_above_the_similarity() -> None:
    texts = []
    for seed in range(150):
        words = [f"{seed}x{number}" for number in range(60)]
        changed = [f"other{number}" if number in (15, 40) else word for number, word in enumerate(words)]
        # 56 shingles, 10 of them changed: 46 shared of 66, a similarity of 0.697
        texts += [" ".join(words), " ".join(changed)]
    assert near_duplicates(texts) == [(first, first + 1) for first in range(0, 300, 2)]


@pytest.mark.parametrize(
    ("texts", "groups"),
    [
        ([STORY, OTHER, STORY, REWORDED, OTHER, "Talks fail."], [[0, 2, 3], [1, 4]]),
        ([STORY, OTHER], []),
        ([], []),
    ],
)
def test_texts_that_are_alike_are_a_group(texts: list[str], groups: list[list[int]]) -> None:
    assert near_duplicate_groups(texts) == groups


def test_texts_are_a_group_through_others_between_them() -> None:
    words = [f"word{number}" for number in range(60)]
    changed = [*words[:15], "other", *words[16:]]  # 5 of 56 shingles changed
    far = [*changed[:30], "other", *changed[31:45], "another", *changed[46:]]  # 15 of 56, so 41 shared of 71
    texts = [" ".join(part) for part in (words, far, changed)]
    assert near_duplicates(texts) == [(0, 2), (1, 2)]
    assert near_duplicate_groups(texts) == [[0, 1, 2]]


@pytest.mark.parametrize("text", [STORY, STORY + " It was day {}."], ids=["equal", "alike"])
def test_thousands_of_texts_that_are_alike_are_compared_a_few_times_each(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[int] = []
    is_alike = module._alike

    def counted(one: set[str], two: set[str], similarity: float) -> bool:
        compared.append(1)
        return is_alike(one, two, similarity)

    monkeypatch.setattr(module, "_alike", counted)
    texts = [text.format(number) for number in range(2000)]
    assert near_duplicate_groups([*texts, OTHER]) == [list(range(2000))]
    assert len(compared) <= 2 * len(set(texts))
    rows = [passage(str(number), str(number), text) for number, text in enumerate([*texts, OTHER])]
    assert article_groups(rows).tolist() == [0] * 2000 + [1]


def test_passages_of_an_article_are_one_group_wherever_they_stand() -> None:
    rows = [passage("1", "b", unlike(1)), passage("2", "a", unlike(2)), passage("3", "b", unlike(3))]
    assert article_groups(rows).tolist() == [0, 1, 0]


def test_articles_with_near_duplicate_passages_are_one_group() -> None:
    rows = [
        passage("1", "a", STORY),
        passage("2", "a", unlike(1)),
        passage("3", "b", unlike(2)),
        passage("4", "c", unlike(3)),
        passage("5", "c", REWORDED),
    ]
    assert article_groups(rows).tolist() == [0, 0, 1, 0, 0]


def test_groups_are_joined_through_chains_of_articles() -> None:
    rows = [
        passage("1", "a", STORY),
        passage("2", "b", OTHER),
        passage("3", "c", unlike(1)),
        passage("4", "d", STORY),
        passage("5", "d", OTHER),
    ]
    assert article_groups(rows).tolist() == [0, 0, 1, 0, 0]


def test_no_passages_have_no_groups() -> None:
    assert article_groups([]).tolist() == []


@pytest.mark.parametrize("seed", range(5))
def test_folds_never_part_a_group(seed: int) -> None:
    groups = np.array([0, 1, 0, 2, 3, 3, 4, 1, 5, 6, 5])
    fold = folds(groups, 3, seed)
    assert all(len(set(fold[groups == group])) == 1 for group in range(7))
    assert set(fold) == {0, 1, 2}


def test_folds_of_equal_groups_are_equal() -> None:
    fold = folds(np.repeat(np.arange(20), 3), 5, seed=1)
    assert np.bincount(fold).tolist() == [12, 12, 12, 12, 12]


def test_folds_repeat_with_their_seed_alone() -> None:
    groups = np.arange(40)
    first = folds(groups, 5, seed=1).tolist()
    assert folds(groups, 5, seed=1).tolist() == first
    assert folds(groups, 5, seed=2).tolist() != first


def test_as_many_folds_as_groups_are_allowed() -> None:
    assert sorted(folds(np.arange(3), 3, seed=0).tolist()) == [0, 1, 2]


def test_fewer_groups_than_folds_are_refused_with_the_numbers() -> None:
    with pytest.raises(
        InputError,
        match=r"^2 articles, near-duplicates taken together, can't be parted into 5 folds; "
        r"label passages of at least 5 different articles$",
    ):
        folds(np.array([0, 1, 1, 0, 0, 0]), 5, seed=0)
