"""Labels as people write them: what has one meaning, what has none or several, and what is near."""

from __future__ import annotations

import pytest

from stance.text.codebook import Codebook
from stance.text.spellings import Spellings

BOOK = Codebook.parse(
    """
frames:
  - {id: internal_problem, label: Internal problem}
  - {id: strike, label: Work stopped}
  - {id: a, label: Same}
  - {id: b, label: Same}
actors:
  - {id: gov, label: Government, aliases: [the Cabinet, HMG], people: [Ada Lovett], metonyms: [Northport]}
  - {id: union, label: Dock Union, aliases: [dockers]}
  - {id: dock_union, label: Old Dock Union}
"""
)


@pytest.mark.parametrize(
    ("name", "frame"),
    [
        ("strike", "strike"),
        ("strike ", "strike"),
        ("\u00a0Strike\n", "strike"),
        ("STRIKE", "strike"),
        ("work stopped", "strike"),
        ("Work stopped (strike)", "strike"),
        ("internal problem", "internal_problem"),
        ("Internal-Problem", "internal_problem"),
        ("internal  –  problem", "internal_problem"),
        ("ｓｔｒｉｋｅ", "strike"),
        ("Same", None),
        ("Same (b)", "b"),
        ("strikes", None),
        ("", None),
        (" ", None),
    ],
)
def test_frames(name: str, frame: str | None) -> None:
    assert Spellings(BOOK).frame(name) == frame


@pytest.mark.parametrize(
    ("name", "actor"),
    [
        ("gov", "gov"),
        ("Government", "gov"),
        ("government ", "gov"),
        ("HMG", "gov"),
        ("The cabinet", "gov"),
        ("Dock Union", None),  # the label of one, the id of another
        ("dock_union", "dock_union"),
        ("Dockers", "union"),
        ("Ada Lovett", None),
        ("Northport", None),
        ("Goverment", None),
    ],
)
def test_actors(name: str, actor: str | None) -> None:
    assert Spellings(BOOK).actor(name) == actor


def test_actors_that_are_known_besides_are_taken_by_their_own_names() -> None:
    spellings = Spellings(BOOK)
    assert spellings.actor("embassy") is None
    assert spellings.actor("Embassy ", ["embassy"]) == "embassy"
    assert spellings.actor("Government", ["Government"]) == "Government"
    assert spellings.actor("government", ["Government"]) is None


@pytest.mark.parametrize(
    ("word", "stance"),
    [
        ("against", "against"),
        (" Against", "against"),
        ("NEUTRAL", "neutral"),
        ("favour", "favor"),
        ("in favor", "favor"),
        ("Pro", "favor"),
        ("anti", "against"),
        ("positive", None),
        ("neg", None),
        ("con", None),
        ("", None),
    ],
)
def test_stances(word: str, stance: str | None) -> None:
    assert Spellings(BOOK).stance(word) == stance


def test_the_nearest_names_are_told_as_ids() -> None:
    spellings = Spellings(BOOK)
    assert spellings.nearest_actors("Goverment") == ["gov"]
    assert spellings.nearest_actors("Dok Union") == ["dock_union", "union"]
    assert spellings.nearest_frames("strik") == ["strike"]
    assert spellings.nearest_frames("war") == []
