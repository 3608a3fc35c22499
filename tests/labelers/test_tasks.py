"""Queries and logits: who is asked about, and how answers are cut apart and put together."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from stance.labelers.tasks import MAX_ACTORS, Logits, Query, ask
from stance.records import Mention, Passage


def passage(*actors: str) -> Passage:
    """A passage of one-letter mentions of these actors, in order."""
    text = "x " * len(actors) + "."
    mentions = tuple(Mention(actor, 2 * n, 2 * n + 1) for n, actor in enumerate(actors))
    return Passage("p", "a", text, 0, len(text), mentions)


def numbered(n_frames: int, n_stance: int, n_directed: int) -> Logits:
    """Logits in which every number is another one."""
    return Logits(
        np.arange(2.0 * n_frames).reshape(-1, 2),
        100 + np.arange(3.0 * n_stance).reshape(-1, 3),
        200 + np.arange(3.0 * n_directed).reshape(-1, 3),
    )


QUERIES = [
    Query(passage("a", "b"), ("a", "b"), (("a", "b"), ("b", "a"))),
    Query(passage(), (), ()),
    Query(passage("c"), ("c",), ()),
]


def test_ask_takes_each_actor_once_in_order_of_mention_and_every_ordered_pair() -> None:
    asked = passage("b", "a", "b", "c")
    pairs = (("b", "a"), ("b", "c"), ("a", "b"), ("a", "c"), ("c", "b"), ("c", "a"))
    assert ask(asked) == Query(asked, ("b", "a", "c"), pairs)


def test_ask_adds_actors_that_are_not_mentioned_after_those_that_are() -> None:
    asked = passage("a")
    assert ask(asked, ("z", "a")) == Query(asked, ("a", "z"), (("a", "z"), ("z", "a")))


def test_ask_without_mentions_asks_for_nobody() -> None:
    unsearched = Passage("p", "a", "x", 0, 1)
    assert ask(unsearched) == Query(unsearched, (), ())


def test_ask_pairs_all_of_the_most_actors_allowed() -> None:
    names = [f"n{i}" for i in range(MAX_ACTORS)]
    assert ask(passage(*names)).pairs == tuple(itertools.permutations(names, 2))


def test_ask_judges_every_actor_but_pairs_only_the_most_mentioned() -> None:
    names = [f"n{i}" for i in range(MAX_ACTORS + 2)]
    often = [name for name in names if name not in ("n3", "n5")]
    query = ask(passage(*names, *often))
    assert query.actors == tuple(names)
    assert query.pairs == tuple(itertools.permutations(often, 2))


def test_ask_prefers_the_first_mentioned_among_actors_mentioned_equally_often() -> None:
    names = [f"n{i}" for i in range(MAX_ACTORS + 1)]
    assert ask(passage(*names)).pairs == tuple(itertools.permutations(names[:-1], 2))


def test_split_gives_every_query_its_own_rows() -> None:
    parts = numbered(3, 3, 2).split(QUERIES)
    assert [part.frames.tolist() for part in parts] == [[[0, 1]], [[2, 3]], [[4, 5]]]
    assert [part.stance.tolist() for part in parts] == [[[100, 101, 102], [103, 104, 105]], [], [[106, 107, 108]]]
    assert [part.directed.tolist() for part in parts] == [[[200, 201, 202], [203, 204, 205]], [], []]


@pytest.mark.parametrize(
    ("logits", "shapes"),
    [
        pytest.param(numbered(0, 3, 2), [(0, 2), (2, 3), (2, 3)], id="no frames"),
        pytest.param(numbered(3, 0, 2), [(1, 2), (0, 3), (2, 3)], id="no stance"),
        pytest.param(numbered(3, 3, 0), [(1, 2), (2, 3), (0, 3)], id="no directed"),
    ],
)
def test_split_leaves_a_task_that_was_not_learned_without_rows(logits: Logits, shapes: list[tuple[int, ...]]) -> None:
    first = logits.split(QUERIES)[0]
    assert [first.frames.shape, first.stance.shape, first.directed.shape] == shapes


def test_concatenate_puts_together_what_split_cut() -> None:
    whole = numbered(3, 3, 2)
    again = Logits.concatenate(whole.split(QUERIES), 2)
    assert again.frames.tolist() == whole.frames.tolist()
    assert again.stance.tolist() == whole.stance.tolist()
    assert again.directed.tolist() == whole.directed.tolist()


def test_concatenate_of_nothing_keeps_the_widths() -> None:
    nothing = Logits.concatenate([], 4)
    assert (nothing.frames.shape, nothing.stance.shape, nothing.directed.shape) == ((0, 4), (0, 3), (0, 3))
