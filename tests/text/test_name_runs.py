"""Runs of capitalised words: which there are, how each stands, and what is told of them beside."""

from __future__ import annotations

import pytest

from stance.text.acronyms import long_form
from stance.text.countries import countries
from stance.text.name_runs import context_of, names_of


def names(text: str) -> list[str]:
    return [sighting.name for sighting in names_of(text).sightings]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("They met Ada Lovett at noon.", ["Ada Lovett"]),
        ("The Dock Union's chief met the Port Authority.", ["Dock Union", "Port Authority"]),
        ("They blamed the U.N. and the U.S.-led force.", ["UN", "US"]),
        ("An anti-Harbour league met Quay-based men.", ["Harbour", "Quay"]),
        ("They fear al-Murad and Harakat-e-Bahr, and al Murad too.", ["al-Murad", "Harakat-e-Bahr", "al Murad"]),
        ("They say Omar bin Said left.", ["Omar bin Said"]),
        ("He met Gen. Odd Berg and John F. Stone.", ["Odd Berg", "John F Stone"]),
        ("They asked Foreign Minister Mara Quist on Monday.", ["Mara Quist"]),
        ("He is Secretary of State Mara Quist.", ["Mara Quist"]),
        ("They wrote to the Ministry of Foreign Affairs.", ["Ministry of Foreign Affairs"]),
        ("They wrote to Justice Department clerks.", ["Justice Department"]),
        ("They saw Mullah Berg and Mullah Odd Berg.", ["Mullah Berg", "Odd Berg"]),
        ("They joined the Drivers' Union in May.", ["Drivers' Union"]),
        ("The Houthis' Guns fell silent.", ["Houthis", "Guns"]),
        ("I'm sure that I’ve seen it, and so have I.", []),
        ("HOLM, NORLAND – The crane fell.", []),
        ("Cranes Fall Silent Over Pay Dispute At Pier", []),
        ("They met “Quist” there.", ["Quist"]),
    ],
)
def test_names_are_found_without_what_only_stands_beside_them(text: str, expected: list[str]) -> None:
    assert names(text) == expected


def test_a_sighting_tells_whether_it_opens_a_sentence_acts_or_is_a_place() -> None:
    found = names_of(
        "Anyway Quist refused. The boats lie in Holm. They were built at the yard of Vik, Norway."
    ).sightings
    assert [(s.name, s.opens, s.acts, s.placed) for s in found] == [
        ("Anyway Quist", True, True, False),
        ("Holm", False, False, True),
        ("Vik", False, False, True),
        ("Norway", False, True, False),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("They say Norland Foreign Minister Mara Quist left.", ("Norland", "Mara Quist")),
        ("They say Norland’s prime minister, Mara Quist, left.", None),
        ("They say Dock Union spokesman Odd Berg left.", ("Dock Union", "Odd Berg")),
        ("They say Odd Berg, a spokesman for the Dock Union, left.", ("Dock Union", "Odd Berg")),
        ("They say Odd Berg, the Dock Union's leader, left.", ("Dock Union", "Odd Berg")),
        ("They say former Dock Union leader Odd Berg left.", None),
        ("They say Dock Union’s former leader Odd Berg left.", None),
        ("They say Dock Union journalist Odd Berg left.", None),
        ("They say the Dock Union met Odd Berg.", None),
    ],
)
def test_a_person_speaks_for_a_body_where_the_text_says_so(text: str, expected: tuple[str, str] | None) -> None:
    assert names_of(text).ties == ((expected,) if expected else ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Northern Rail Authority (NRA) met.", ("NRA", "Northern Rail Authority")),
        ("The Harakat-e-Bahr Norland (HBN) met.", ("HBN", "Harakat-e-Bahr Norland")),
        ("The NRA (Northern Rail Authority) met.", ("NRA", "Northern Rail Authority")),
        ("The Union of Drivers and Signalmen (UDS) met.", ("UDS", "Union of Drivers and Signalmen")),
        ("They took unmanned air craft (UACs) along.", ("UAC", "unmanned air craft")),
        ("The Northern Rail Authority (founded 1990) met.", None),
    ],
)
def test_an_acronym_is_short_for_what_stands_beside_it(text: str, expected: tuple[str, str] | None) -> None:
    assert names_of(text).definitions == ((expected,) if expected else ())


def test_every_word_of_a_long_form_gives_a_letter_but_small_ones() -> None:
    assert long_form("NRA", "men of the Northern Rail Authority") == "Northern Rail Authority"
    assert long_form("NRA", "the Northern Old Rail Authority") == ""
    assert long_form("OIC", "the Organisation of Island Cities") == "Organisation of Island Cities"


def test_a_context_is_one_line_of_whole_words() -> None:
    text = "It was said\nlong before that in the old harbour town the Dock Union stood where the customs are, and more."
    sighting = next(s for s in names_of(text).sightings if s.name == "Dock Union")
    assert context_of(text, sighting) == (
        "… before that in the old harbour town the Dock Union stood where the customs are, and more."
    )


def test_a_sentence_that_is_known_gives_nothing() -> None:
    assert names_of("They met Quist. They met Berg.", lambda sentence: "Quist" in sentence).sightings[0].name == "Berg"


def test_countries_are_known_by_their_names_adjectives_people_and_capitals() -> None:
    told = {word: countries()[word].name for word in ("Afghans", "Iranian", "UK", "White House", "Chinese", "Kyiv")}
    assert told == {
        "Afghans": "Afghanistan",
        "Iranian": "Iran",
        "UK": "Britain",
        "White House": "United States",
        "Chinese": "China",
        "Kyiv": "Ukraine",
    }
    assert "Chineses" not in countries()
    assert len({country.name for country in countries().values()}) == 172
