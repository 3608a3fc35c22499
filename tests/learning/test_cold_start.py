"""What to label first, from a codebook alone: which passages, in which order and why."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from stance.formats.dataformat import parse_labelled
from stance.learning import cold_start as module
from stance.learning.cold_start import cold_start
from stance.records import Passage
from stance.text.codebook import Codebook

BOOK = Codebook.parse(
    """
name: harbour
frames:
  - {id: strike, label: Strike, definition: Work is stopped or threatened to be.}
  - {id: budget, label: Budget, definition: "Money, spending and accounts."}
actors:
  - {id: union, label: Dock Union, aliases: [Dock Union, dockers]}
  - {id: port, label: Port Authority, aliases: [Port Authority]}
"""
)
PILE = {
    "both": "The Dock Union and the Port Authority met at noon in the old customs house on the hill.",
    "union": "The dockers sang in the tavern until the lamps went out along the sea wall.",
    "strike": "Strikes stopped all work at pier nine, and more stopping of work is threatened.",
    "budget": "The accounts show that spending on dredging took most of the money last year.",
    "dull": "It rained on the quay for most of the week and nobody came to look at the boats.",
    "same": "It rained on the quay for most of the  week and nobody came to look at the boats.",
}


def passages(pile: dict[str, str] = PILE, **options: Any) -> list[Passage]:
    return [Passage(f"{name}#0", name, text, 5, 5 + len(text), **options) for name, text in pile.items()]


def test_frames_and_actors_take_their_turns_each_with_its_reason() -> None:
    found = cold_start(passages(), BOOK, 5)
    assert [(s.row["article"], s.reason, s.labels) for s in found.chosen] == [
        ("strike", "near the definition of Strike", ("strike",)),
        ("both", "names Dock Union and Port Authority", ("union", "port")),
        ("budget", "near the definition of Budget", ("budget",)),
        ("union", "names Dock Union", ("union",)),
        ("dull", "drawn evenly from all", ()),
    ]
    assert (found.n_passages, found.n_labelled, found.n_copies) == (6, 0, 1)


def test_rows_are_passages_of_the_data_format_with_the_reason() -> None:
    [first] = cold_start(passages(details={"source": "Log", "date": "2021-08-15"}), BOOK, 1).chosen
    assert first.to_dict() == {
        "id": "strike#0", "article": "strike", "start": 5, "end": 5 + len(PILE["strike"]), "source": "Log",
        "date": "2021-08-15", "text": PILE["strike"], "reason": "near the definition of Strike",
    }  # fmt: skip


def test_after_a_first_round_two_passages_drawn_evenly_follow_each_turn() -> None:
    near = {
        "s0": "The strike closed pier nine.",
        "s1": "Every crane driver joined a strike at dawn.",
        "s2": "Nurses threaten to strike over pay.",
        "s3": "After the strike the bakers sold bread again.",
    }
    others = {
        "o0": "It rained on the quay for most of the week.",
        "o1": "Nobody came to look at the boats.",
        "o2": "The tavern lamps went out along the wall.",
        "o3": "A ferry brought salt and rope at noon.",
    }
    book = Codebook.parse("frames: [{id: strike, label: Strike}]")
    for pile in ({**near, **others}, {**others, **near}):
        found = cold_start(passages(pile), book, 7)
        assert [(s.row["article"], s.labels) for s in found.chosen] == [
            ("s3", ("strike",)),
            ("s0", ("strike",)),
            ("s2", ("strike",)),
            ("o3", ()),
            ("s1", ("strike",)),
            ("o1", ()),
            ("o0", ()),
        ]


def test_what_is_labelled_already_is_left_out() -> None:
    labelled = [
        parse_labelled({"id": "strike#0", "text": "Other words.", "frames": []}, "l:1", BOOK),
        parse_labelled({"id": "x", "text": PILE["both"].replace(" ", "\n"), "frames": []}, "l:2", BOOK),
    ]
    found = cold_start(passages(), BOOK, 9, labelled)
    assert [s.row["article"] for s in found.chosen] == ["union", "budget", "dull"]
    assert (found.n_labelled, found.n_copies) == (2, 1)
    everything = [parse_labelled({"id": p.id, "text": p.text, "frames": []}, "l", BOOK) for p in passages()]
    assert cold_start(passages(), BOOK, 9, everything).chosen == ()


@pytest.mark.parametrize(
    ("source", "reasons"),
    [
        ("frames: [{id: strike, label: Work stopped}]", ["near the definition of Work stopped"]),
        ("actors: [{id: union, aliases: [Dock Union]}]", ["names union"]),
        ("frames: [{id: f, label: '?'}]", ["drawn evenly from all"]),
    ],
)
def test_codebooks_of_frames_or_of_actors_alone(source: str, reasons: list[str]) -> None:
    assert [s.reason for s in cold_start(passages(), Codebook.parse(source), 1).chosen] == reasons


def test_many_actors_are_counted_and_several_frames_named() -> None:
    book = Codebook.parse(
        "frames: [{id: f, label: Strike}, {id: g, label: Strikers}]\n"
        "actors: [{id: a, aliases: [Ann]}, {id: b, aliases: [Ben]}, {id: c, aliases: [Cal]}, {id: d, aliases: [Dan]}]"
    )
    pile = {"x": "Ann, Ben, Cal and Dan went on strike at dawn.", "y": "The rest of them slept in the sheds."}
    [first] = cold_start(passages(pile), book, 1).chosen
    assert first.reason == "names a, b, c and 1 more; near the definition of Strike and Strikers"


def test_nothing_to_choose_from() -> None:
    assert cold_start([], BOOK, 3).chosen == ()
    assert [s.reason for s in cold_start(passages({"x": "1 2 3"}), BOOK, 3).chosen] == ["drawn evenly from all"]


def test_candidates_are_bounded_and_what_is_rare_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "POOL", 8)
    monkeypatch.setattr(module, "PER_WANTED", 1)
    words = "anchor barge basin beacon berth bollard buoy cabin cargo chart cleat crane".split()
    filler = {
        f"f{n}": f"{words[n % 12]} {words[n // 12]} {n} lay in the rain and nothing was said of it" for n in range(60)
    }
    names = list(filler)
    pile = {**dict.fromkeys(names[:30]), **PILE, **dict.fromkeys(names[30:])}
    everything = {name: text or filler[name] for name, text in pile.items()}
    found = cold_start(passages(everything), BOOK, 4)
    assert [s.row["article"] for s in found.chosen] == ["strike", "both", "budget", "union"]
    assert found.n_passages == 66
    pool = module._Pool(BOOK, 8, [])
    for passage in passages(everything):
        pool.add(passage)
        assert len(pool.candidates) < 16
    assert Counter(own.row["article"] for own in pool.best()) >= Counter(["strike", "both", "budget", "union"])
