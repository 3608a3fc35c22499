"""Mentions: which names are found where, which are left out, and the exact offsets."""

from __future__ import annotations

import datetime
import random
import sys
import unicodedata
from pathlib import Path
from types import FrameType

import pytest

from stance.records import Mention
from stance.text.codebook import Codebook
from stance.text.mentions import Matcher, parse_day

SHIPPED = Path(__file__).parents[2] / "seeds" / "militancy" / "codebook.yaml"
GUARDS = "actors: [{id: harbour, aliases: [Harbour Guard]}, {id: guard, aliases: [Guard]}]"
PEOPLE = "actors: [{id: union, people: [Ada Lovett]}, {id: port, aliases: [Port Authority], people: [Ben Stone]}]"
DATED = """\
actors:
  - {id: old, aliases: [{name: Quay League, until: 2010-01-01}]}
  - {id: new, aliases: [{name: Quay League, since: 2010-01-01}]}
"""


def found(codebook: str | Matcher, text: str, date: str | None = None) -> list[tuple[str, str]]:
    """The actors found and the words that name them."""
    matcher = Matcher(Codebook.parse(codebook)) if isinstance(codebook, str) else codebook
    return [(mention.actor, text[mention.start : mention.end]) for mention in matcher.find(text, date)]


def aliases(*names: str) -> str:
    """A codebook of one actor with those aliases."""
    listed = ", ".join(f'"{name}"' for name in names)
    return f"actors: [{{id: a, aliases: [{listed}]}}]"


@pytest.fixture(scope="module")
def militancy() -> Matcher:
    return Matcher(Codebook.read(SHIPPED))


# Longest name first


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Harbour Guard met the Guard.", [("harbour", "Harbour Guard"), ("guard", "Guard")]),
        ("Guard, Harbour Guard, Guard", [("guard", "Guard"), ("harbour", "Harbour Guard"), ("guard", "Guard")]),
        ("The harbour was shut.", []),
    ],
    ids=["long-then-short", "short-long-short", "a-part-alone"],
)
def test_the_longest_name_wins(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(GUARDS, text) == expected


def test_two_actors_whose_names_overlap_at_equal_length_are_both_left_out() -> None:
    book = "actors: [{id: a, aliases: [aa bb]}, {id: b, aliases: [bb cc]}]"
    assert found(book, "aa bb cc, then aa bb, then bb cc") == [("a", "aa bb"), ("b", "bb cc")]


def test_names_that_are_left_out_hide_the_shorter_names_in_them() -> None:
    book = "actors: [{id: a, aliases: [aa bb]}, {id: b, aliases: [bb cc]}, {id: c, aliases: [cc]}]"
    assert Matcher(Codebook.parse(book)).find("aa bb cc, then cc") == [Mention("c", 15, 17)]


def test_two_names_of_one_actor_that_overlap_at_equal_length_are_one_mention() -> None:
    assert found(aliases("aa bb", "bb cc"), "x aa bb cc x") == [("a", "aa bb")]


def test_a_name_that_has_lost_to_a_longer_one_knocks_out_no_other() -> None:
    book = "actors: [{id: a, aliases: [aa bb]}, {id: b, aliases: [bb cc]}, {id: c, aliases: [cc dd ee]}]"
    assert found(book, "aa bb cc dd ee") == [("a", "aa bb"), ("c", "cc dd ee")]


# Offsets


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("Dock Union", [(0, 10)]),
        ("x Dock Union\u2019s", [(2, 12)]),
        ("x Dock\u2014Union.", [(2, 12)]),
        ("x  Dock \n Union", [(3, 15)]),
        ("\ufeffx D\u00adock Un\u200bion!", [(3, 15)]),
        ("\U0001f600 Dock Union", [(2, 12)]),
        ("\u0130\u0130 Dock Union", [(3, 13)]),
        ("\u0130  Dock  Union, DOCK UNION", [(3, 14), (16, 26)]),
    ],
    ids=["whole-text", "possessive", "dash", "white-space", "invisible-marks", "emoji", "longer-in-lower-case", "two"],
)
def test_offsets_point_into_the_text_as_given(text: str, spans: list[tuple[int, int]]) -> None:
    assert Matcher(Codebook.parse(aliases("Dock Union"))).find(text) == [Mention("a", *span) for span in spans]


def test_mentions_stand_in_order_and_never_overlap_whatever_the_text() -> None:
    rng = random.Random(0)
    pieces = [
        "Harbour",
        "Guard",
        "guard's",
        "\u2014",
        "-",
        " ",
        "  ",
        "\n",
        "\u00ad",
        "\u200b",
        "\u0130",
        "\U0001f600",
        ".",
    ]
    matcher = Matcher(Codebook.parse(GUARDS))
    surfaces = set()
    for _ in range(300):
        text = "".join(rng.choices(pieces, k=40))
        mentions = matcher.find(text)
        edges = [edge for mention in mentions for edge in (mention.start, mention.end)]
        assert edges == sorted(set(edges))
        for mention in mentions:
            letters = "".join(c for c in text[mention.start : mention.end].lower() if c.isalpha())
            assert letters == {"harbour": "harbourguard", "guard": "guard"}[mention.actor]
            surfaces.add(letters)
    assert surfaces == {"harbourguard", "guard"}


# Word boundaries, dashes, quotes, spaces, marks


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the dockers' hall", ["dockers"]),
        ("the dockers\u2019s hall", ["dockers"]),
        ("anti-dockers rally, dockers-led", ["dockers", "dockers"]),
        ("\u201cdockers\u201d (dockers) dockers/dockers", ["dockers"] * 4),
        ("undockers dockersx dockers2 2dockers", []),
        ("DOCKERS and Dockers", ["DOCKERS", "Dockers"]),
        ("dockers\u4e16", []),
    ],
    ids=[
        "possessive",
        "curly-possessive",
        "hyphened",
        "marks-around",
        "inside-words",
        "any-case",
        "letter-of-another-script",
    ],
)
def test_a_name_counts_only_as_a_whole_word(text: str, expected: list[str]) -> None:
    assert found(aliases("dockers"), text) == [("a", surface) for surface in expected]


@pytest.mark.parametrize(
    "dash",
    "- \u2010 \u2011 \u2012 \u2013 \u2014 \u2015 \u2212 \ufe58 \ufe63 \uff0d".split(),
    ids=lambda c: f"U+{ord(c):04X}",
)
def test_every_dash_counts_as_the_hyphen_of_a_name(dash: str) -> None:
    assert found(aliases("Dock-e-Union"), f"the Dock{dash}e{dash}Union") == [("a", f"Dock{dash}e{dash}Union")]


@pytest.mark.parametrize("quote", "'\u2018\u2019\u201b\u02bc`\u00b4\uff07", ids=lambda c: f"U+{ord(c):04X}")
@pytest.mark.parametrize("name", ["Da'esh", "Da\u2019esh"], ids=["straight-in-codebook", "curly-in-codebook"])
def test_every_apostrophe_counts_as_that_of_a_name(name: str, quote: str) -> None:
    assert found(aliases(name), f"the Da{quote}esh{quote}s men") == [("a", f"Da{quote}esh")]


@pytest.mark.parametrize(
    "space",
    [" ", "  ", "\n", "\t", "\u00a0", "\u202f", "\u2007", " \u00a0", "\u2009", "\u2003", "\u3000"],
    ids=lambda c: "+".join(f"{ord(x):04X}" for x in c),
)
def test_any_white_space_parts_the_words_of_a_name(space: str) -> None:
    assert found(GUARDS, f"the Harbour{space}Guard") == [("harbour", f"Harbour{space}Guard")]


@pytest.mark.parametrize(
    "dash",
    [" \u2013 ", " \u2014 ", " - ", " -- "],
    ids=["spaced-en-dash", "spaced-em-dash", "spaced-hyphen", "double-hyphen"],
)
def test_a_dash_between_clauses_joins_no_name(dash: str) -> None:
    assert found(GUARDS, f"They left the Harbour{dash}Guard posts stood empty.") == [("guard", "Guard")]


@pytest.mark.parametrize(("form", "other"), [("NFC", "NFD"), ("NFD", "NFC")], ids=["composed-name", "decomposed-name"])
def test_composed_and_decomposed_letters_are_the_same(form: str, other: str) -> None:
    text = unicodedata.normalize(other, "So Ren\u00e9e Dupr\u00e9 said.")  # type: ignore[arg-type]
    name = unicodedata.normalize(form, "Ren\u00e9e Dupr\u00e9")  # type: ignore[arg-type]
    assert found(aliases(name), text) == [("a", text[3:-6])]


def test_a_name_with_a_combining_mark_behind_is_another_word() -> None:
    assert found(aliases("\u0915\u0930"), "\u0915\u0930\u093e \u0915\u0930\u094d \u0915\u0930") == [
        ("a", "\u0915\u0930")
    ]


@pytest.mark.parametrize(
    ("name", "text", "surface"),
    [
        ("Rene Dupre", "So Ren\u00e9 Dupr\u00e9 said.", "Ren\u00e9 Dupr\u00e9"),
        ("Ren\u00e9 Dupr\u00e9", "So Rene Dupre said.", "Rene Dupre"),
        ("Rene", "So Rene\u0301 said.", "Rene\u0301"),
        ("Sjolund", "SJ\u00d8LUND spoke.", "SJ\u00d8LUND"),
        ("Qaida", "Q\u0101\u02bfida, or Q\u0101ida", "Q\u0101ida"),
    ],
    ids=["in-the-text", "in-the-codebook", "decomposed", "stroke-and-capitals", "transliteration"],
)
def test_accents_may_be_missing_or_added(name: str, text: str, surface: str) -> None:
    assert found(aliases(name), text) == [("a", surface)]


def test_of_two_actors_that_an_accent_tells_apart_the_exact_one_is_named() -> None:
    book = "actors: [{id: a, aliases: [Pena]}, {id: b, aliases: [Pe\u00f1a]}]"
    assert found(book, "Pena met Pe\u00f1a.") == [("a", "Pena"), ("b", "Pe\u00f1a")]
    assert found(book, "P\u00e9na spoke.") == []


@pytest.mark.parametrize(
    ("name", "text", "surface"),
    [
        ("AT&T", "They met AT&amp;T on Monday.", "AT&amp;T"),
        ("AT&T", "They met AT&#38;T and sat.", "AT&#38;T"),
        ("AT&T", "They met AT&amp;amp;T.", "AT&amp;amp;T"),
        ("AT&amp;T", "They met AT&T.", "AT&T"),
        ("AT&T", "They met AT & T.", "AT & T"),
        ("AT&T", "They met A.T.&T. men", "A.T.&T."),
        ("AT&T", "They met AT&amp;T's men", "AT&amp;T"),
        ("Dock Union", "the Dock Union&#39;s hall", "Dock Union"),
        ("Dock Union", "the Dock&nbsp;Union, they said", "Dock&nbsp;Union"),
        ("Dock Union", "the Dock&#xA0; Union", "Dock&#xA0; Union"),
        ("Dock Union", "the Dock&shy; Un&#173;ion", "Dock&shy; Un&#173;ion"),
        ("Dock-Union", "the Dock&ndash;Union", "Dock&ndash;Union"),
        ("Da'esh", "the Da&rsquo;esh men", "Da&rsquo;esh"),
        ("Da'esh", "the Da&amp;#8217;esh men", "Da&amp;#8217;esh"),
        ("Ren\u00e9", "so Ren&eacute; said", "Ren&eacute;"),
        ("\u00c9clair", "the &Eacute;clair men", "&Eacute;clair"),
        ("Salt & Silk", "the Salt and Silk men", "Salt and Silk"),
        ("Salt and Silk", "the Salt &amp; Silk men", "Salt &amp; Silk"),
        ("R&AW", "the R & AW men", "R & AW"),
        ("Dock Union", "&lt;b&gt;Dock Union&lt;/b&gt;", "Dock Union"),
        ("Dock Union", "A&B; Q&A; the Dock Union &c.; &unknown;", "Dock Union"),
    ],
)
def test_what_html_spells_as_an_entity_is_the_character(name: str, text: str, surface: str) -> None:
    assert found(aliases(name), text) == [("a", surface)]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("Dock Union", "The Dock Unions' leaders met the Dock Unions.", ["Dock Unions", "Dock Unions"]),
        ("Dock Union", "The Dock Unions\u2019 leaders, DOCK UNIONS AT WORK", ["Dock Unions", "DOCK UNIONS"]),
        (
            "Dock Union",
            "The Dock Unions&rsquo; leaders; Dock Union\u02bcs; Dock Union`s",
            ["Dock Unions"] + ["Dock Union"] * 2,
        ),
        ("Quay Church", "Both Quay Churches met the Quay Church's men.", ["Quay Churches", "Quay Church"]),
        ("Inland State", "many inland states, the Inland states, the Inland States", ["Inland States"]),
        ("DOU", "both DOUs", []),
        ("Taliban", "the Taliban's, the Taliban' men, Taliban-led", ["Taliban"] * 3),
        ("Harbours", "the Harbours' men, the Harbours's men", ["Harbours"] * 2),
    ],
    ids=["plural", "curly-and-capitals", "other-marks", "es", "capitals-kept", "acronym", "singular", "ends-in-s"],
)
def test_possessives_and_plurals_of_an_alias(name: str, text: str, expected: list[str]) -> None:
    assert found(aliases(name), text) == [("a", surface) for surface in expected]


def test_a_plural_that_is_a_name_of_its_own_keeps_its_actor() -> None:
    book = "actors: [{id: guard, aliases: [Guard]}, {id: league, aliases: [Guards]}]"
    assert found(book, "The Guard met the Guards.") == [("guard", "Guard"), ("league", "Guards")]


def test_people_and_metonyms_have_no_plural() -> None:
    book = "actors: [{id: a, people: [Ada Lovett], metonyms: [Northport]}]"
    assert found(book, "The Ada Lovetts rejected it. Northports rejected it.") == []


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("UN", "the U.N. and the UN", ["U.N.", "UN"]),
        ("U.N.", "the UN and the U.N.", ["UN", "U.N."]),
        ("U.S.", "they told us that the US went", ["US"]),
        ("ISI", "the I.S.I.'s men", ["I.S.I."]),
        ("A.T.&T.", "they met AT&T", ["AT&T"]),
        ("UN", "The U.N.I.T. men", []),
        ("ISIS", "this ISIS", ["ISIS"]),
        ("IS", "this IS so; what IS he; IS men fled; the IS", ["IS", "IS"]),
    ],
)
def test_acronyms_with_dots_and_without(name: str, text: str, expected: list[str]) -> None:
    assert found(aliases(name), text) == [("a", surface) for surface in expected]


@pytest.mark.parametrize(
    "money",
    [
        "US$40 million",
        "US $40 million",
        "US $ 40 million",
        "US&#36;40 million",
        "US\u00a0$40m",
        "U.S.$40",
        "US-$40",
        "US dollars",
        "US-dollar loans",
        "U.S. cents",
        "$US40",
        "$US 40",
        "US\u00a240",
    ],
)
def test_money_names_nobody(money: str) -> None:
    assert found(aliases("US", "U.S."), f"It cost {money}, and the US paid.") == [("a", "US")]


@pytest.mark.parametrize(
    "text",
    [
        "They paid the US $40 million.",
        "The US, $40 million short, left.",
        "The US. $40 was gone.",
        "The US (USD 40) paid.",
    ],
)
def test_an_actor_beside_a_sum_counts(text: str) -> None:
    assert found(aliases("US"), text) == [("a", "US")]


def test_a_full_name_before_a_sum_counts() -> None:
    assert found(aliases("Dock Union"), "They paid Dock Union $40 million.") == [("a", "Dock Union")]


def test_a_name_with_a_letter_that_grows_in_lower_case_is_found() -> None:
    assert found(aliases("\u0130mamo\u011flu"), "Then \u0130mamo\u011flu spoke.") == [("a", "\u0130mamo\u011flu")]


# Capitals, acronyms and words


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("Guard", "the guard, the Guard, the GUARD", ["Guard", "GUARD"]),
        ("Harbour Guard", "Harbour guard, harbour Guard, HARBOUR GUARD", ["Harbour guard", "HARBOUR GUARD"]),
        ("the Guard", "The Guard. Then the guard", ["The Guard"]),
        ("DOU men", "DOU men, DOU Men, Dou men, dou men", ["DOU men", "DOU Men"]),
        ("Pro-DOU Front", "Pro-DOU front, Pro-Dou Front", ["Pro-DOU front"]),
        (
            "harbour guard",
            "harbour guard, Harbour Guard, HARBOUR guard",
            ["harbour guard", "Harbour Guard", "HARBOUR guard"],
        ),
    ],
    ids=[
        "one-word",
        "first-capital",
        "capital-behind-a-small-word",
        "acronym-first",
        "acronym-within",
        "small-letters",
    ],
)
def test_an_alias_keeps_its_first_capital_and_its_acronyms(name: str, text: str, expected: list[str]) -> None:
    assert found(aliases(name), text) == [("a", surface) for surface in expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("They told us that the US would leave.", ["US"]),
        ("Us and them; us and US's men.", ["US"]),
        ("US-led talks, anti-US rally", ["US", "US"]),
        ("TELL US WHO COMES NEXT", []),
        ("GO WITH US", []),
        ("Ship in US port", ["US"]),
        ("USA and USS", []),
    ],
    ids=[
        "word-and-acronym",
        "capitalised-word",
        "hyphened",
        "all-capitals",
        "all-capitals-at-the-end",
        "headline",
        "inside",
    ],
)
def test_an_acronym_spelled_like_a_word_counts_only_in_capitals_among_small_letters(
    text: str, expected: list[str]
) -> None:
    assert found(aliases("US"), text) == [("a", surface) for surface in expected]


def test_an_acronym_that_is_no_word_counts_in_a_headline_of_capitals() -> None:
    assert found(aliases("DOU"), "WILL DOU MEN STRIKE? Dou, dou.") == [("a", "DOU")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the U.S. coast", ["U.S."]),
        ("It left the U.S.", ["U.S."]),
        ("U.S.-led", ["U.S."]),
        ("the u.s. coast", []),
        ("The U.S.S.R. fell.", []),
        ("The U.S.S. Cole sank.", []),
    ],
    ids=["inside", "at-the-end", "hyphened", "small", "longer-acronym", "ship"],
)
def test_a_dotted_acronym(text: str, expected: list[str]) -> None:
    assert found(aliases("U.S."), text) == [("a", surface) for surface in expected]


# People


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ada Lovett came.", ["Ada Lovett"]),
        ("Ada Lovett's plan", ["Ada Lovett"]),
        ("ada lovett came.", []),
        ("Lovett came.", []),
        ("Mr. Lovett came.", ["Lovett"]),
        ("Mrs Lovett came.", ["Lovett"]),
        ("Gen. Lovett\u2019s men", ["Lovett"]),
        ("Prime Minister Lovett came.", ["Lovett"]),
        ("Ada Lovett came. Lovett sat. So did Lovett.", ["Ada Lovett", "Lovett", "Lovett"]),
        ("Lovett came. Ada Lovett sat.", ["Ada Lovett"]),
        ("Mr. Lovett Smith came.", []),
        ("Mr. Lovett-Smith came.", []),
        ("Ben Stone came. Lovett sat.", ["Ben Stone"]),
        ("Mr. lovett came.", []),
        ("Mr. Lovett Tuesday told them.", ["Lovett"]),
        ("Mr. Lovett\nSmith came.", []),
        ("Mr. Lovett\u00a0Smith came.", []),
        ("Ada Lovett came. Her son Tom Lovett sat.", ["Ada Lovett"]),
        ("Ada Lovett came. Mr. Tom Lovett sat.", ["Ada Lovett"]),
    ],
    ids=[
        "full-name",
        "possessive",
        "small-letters",
        "surname-alone",
        "title-with-dot",
        "title",
        "rank",
        "office",
        "after-the-full-name",
        "before-the-full-name",
        "further-name",
        "double-barrelled",
        "after-another-person",
        "small-surname",
        "day-behind",
        "further-name-on-the-next-line",
        "further-name-no-break-space",
        "relative",
        "titled-relative",
    ],
)
def test_people_are_found_by_full_name_or_titled_surname(text: str, expected: list[str]) -> None:
    actors = {"Ben Stone": "port"}
    assert found(PEOPLE, text) == [(actors.get(surface, "union"), surface) for surface in expected]


def test_a_surname_of_two_actors_is_left_out() -> None:
    book = "actors: [{id: a, people: [Ada Lovett]}, {id: b, people: [Ben Lovett]}]"
    assert found(book, "Ada Lovett came. Lovett and Mr. Lovett sat. Ben Lovett left. Lovett too.") == [
        ("a", "Ada Lovett"),
        ("b", "Ben Lovett"),
    ]


def test_a_surname_of_two_people_of_one_actor_counts() -> None:
    book = "actors: [{id: a, people: [Ada Lovett, Ben Lovett]}]"
    assert found(book, "Mr. Lovett came.") == [("a", "Lovett")]


def test_a_surname_counts_while_any_of_its_bearers_does() -> None:
    book = "actors: [{id: a, people: [Ben Lovett, {name: Ada Lovett, until: 2010-01-01}]}]"
    assert found(book, "Mr. Lovett came.", "2020-01-01") == [("a", "Lovett")]


def test_a_surname_that_is_an_alias_counts_anywhere() -> None:
    book = "actors: [{id: a, aliases: [Lovett], people: [Ada Lovett]}]"
    assert found(book, "Then Lovett came.") == [("a", "Lovett")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Former minister Ada Lovett came. Lovett sat.", []),
        ("the ex-Port Authority head", []),
        ("the late Ada Lovett", ["Ada Lovett"]),
        ("the former head of the Port Authority", ["Port Authority"]),
        ("the former mayor, Ada Lovett, came", ["Ada Lovett"]),
        ("a former mayor and Ada Lovett came", ["Ada Lovett"]),
        ("the former mayor. Ada Lovett came", ["Ada Lovett"]),
        ("former mayor Tom Brown, Mr. Lovett", ["Lovett"]),
        ("A late-night Port Authority raid", ["Port Authority"]),
        ("Former minister Ada Lovett came. Ms. Lovett sat.", []),
    ],
    ids=["person", "agency", "dead", "of", "comma", "and", "next-sentence", "another-person", "hour", "titled-later"],
)
def test_former_officials_name_no_actor(text: str, expected: list[str]) -> None:
    actors = {"Port Authority": "port"}
    assert found(PEOPLE, text) == [(actors.get(surface, "union"), surface) for surface in expected]


# Dates


def test_a_dated_name_that_one_actor_alone_ever_has_counts_on_an_unknown_day() -> None:
    book = "actors: [{id: a, people: [{name: Ada Lovett, until: 2010-01-01}, {name: Ada Lovett, since: 2020-01-01}]}]"
    days = ("2009-12-31", "2010-01-01", "2020-01-01", None, "last week")
    assert [len(found(book, "Ada Lovett came.", day)) for day in days] == [1, 0, 1, 1, 1]


def test_a_person_out_of_office_hides_the_shorter_names_in_the_own() -> None:
    book = "actors: [{id: a, aliases: [Lovett], people: [{name: Ada Lovett, until: 2010-01-01}]}]"
    assert found(book, "Ada Lovett came. Lovett sat.", "2009-01-01") == [("a", "Ada Lovett"), ("a", "Lovett")]
    assert found(book, "Ada Lovett came. Lovett sat.", "2011-01-01") == [("a", "Lovett")]


def test_the_surname_of_a_person_out_of_office_is_not_taken_for_another_in_it() -> None:
    book = "actors: [{id: a, people: [{name: Ada Lovett, until: 2010-01-01}, {name: Ben Lovett, since: 2010-01-01}]}]"
    assert found(book, "Ada Lovett came. Mr. Lovett sat.", "2011-01-01") == []
    assert found(book, "Ben Lovett came. Mr. Lovett sat.", "2011-01-01") == [("a", "Ben Lovett"), ("a", "Lovett")]


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2009-12-31", [("old", "Quay League")]),
        ("2010-01-01", [("new", "Quay League")]),
        ("2009-12-31T23:59:59Z", [("old", "Quay League")]),
        (None, []),
        ("", []),
        ("last week", []),
    ],
    ids=["last-day", "first-day", "with-time", "unknown", "empty", "unreadable"],
)
def test_a_dated_name_counts_on_its_days(date: str | None, expected: list[tuple[str, str]]) -> None:
    assert found(DATED, "the Quay League met", date) == expected


@pytest.mark.parametrize(("date", "actor"), [("2021-01-01", "new"), ("2019-01-01", "old"), (None, "old")])
def test_a_dated_name_goes_before_the_same_name_undated(date: str | None, actor: str) -> None:
    book = "actors: [{id: old, aliases: [Quay]}, {id: new, aliases: [{name: Quay, since: 2020-01-01}]}]"
    assert found(book, "the Quay met", date) == [(actor, "Quay")]


def test_a_name_that_does_not_count_yet_hides_no_shorter_one() -> None:
    book = (
        "actors: [{id: new, aliases: [{name: Dock Union Front, since: 2020-01-01}]}, {id: old, aliases: [Dock Union]}]"
    )
    assert found(book, "the Dock Union Front met", "2019-01-01") == [("old", "Dock Union")]


@pytest.mark.parametrize(
    ("date", "day"),
    [
        ("2020-02-29", datetime.date(2020, 2, 29)),
        ("2020-02-29T10:00:00+05:00", datetime.date(2020, 2, 29)),
        ("2021-02-29", None),
        ("29.2.2020", None),
        ("", None),
        (None, None),
    ],
)
def test_parse_day(date: str | None, day: datetime.date | None) -> None:
    assert parse_day(date) == day


# Ignored phrases and metonyms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the Dock Union Street pub", []),
        ("the dock\u2013union street pub and the Dock Union", [("a", "Dock Union")]),
        ("the Dock Union Street Choir", [("b", "Dock Union Street Choir")]),
    ],
    ids=["ignored", "ignored-with-a-dash", "longer-name"],
)
def test_an_ignored_phrase_hides_the_names_in_it(text: str, expected: list[tuple[str, str]]) -> None:
    book = (
        "actors: [{id: a, aliases: [Dock Union]}, {id: b, aliases: [Dock Union Street Choir]}]\n"
        "ignored: [Dock Union Street]"
    )
    assert found(book, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Northport rejected the plan.", [("port", "Northport")]),
        ("They met in Northport.", []),
        ("northport rejected the plan.", []),
        ("In Northport, the mayor met Northport\u2019s envoy.", [("port", "Northport")]),
    ],
    ids=["actor", "place", "small-letters", "both"],
)
def test_a_metonym_counts_only_where_it_acts(text: str, expected: list[tuple[str, str]]) -> None:
    assert found("actors: [{id: port, metonyms: [Northport]}]", text) == expected


def test_a_metonym_in_a_place_hides_the_shorter_one_in_it() -> None:
    book = "actors: [{id: new, metonyms: [New Delby]}, {id: old, metonyms: [Delby]}]"
    assert found(book, "They met in New Delby. Delby rejected it.") == [("old", "Delby")]


# Size


def test_a_codebook_without_actors_finds_nothing() -> None:
    assert found("frames: [{id: a}]", "Dock Union") == []


def test_an_empty_text_has_no_mentions() -> None:
    assert found(GUARDS, "") == []


def calls(matcher: Matcher, text: str) -> int:
    """How many Python calls finding takes: a measure of work that no clock disturbs."""
    count = 0

    def tally(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(tally)
    try:
        matcher.find(text)
    finally:
        sys.setprofile(before)
    return count


def _numbered(n: int) -> Matcher:
    listed = "\n".join(f"- {{id: a{i}, aliases: [Pier {i}, Pier {i} Crew]}}" for i in range(n))
    return Matcher(Codebook.parse(f"actors:\n{listed}"))


def test_thousands_of_aliases_are_all_found() -> None:
    matcher = _numbered(3000)
    text = " ".join(f"Pier {i} met the Pier {i} crew." for i in range(0, 3000, 60))
    expected = [pair for i in range(0, 3000, 60) for pair in ((f"a{i}", f"Pier {i}"), (f"a{i}", f"Pier {i} crew"))]
    assert found(matcher, text) == expected


def test_thousands_of_aliases_cost_no_more_than_ten() -> None:
    text = "Pier 7 met the Pier 9 crew while Pier 3 slept. " * 5
    assert calls(_numbered(3000), text) == calls(_numbered(10), text)


def test_twice_the_text_costs_twice_the_work() -> None:
    text = "Pier 7 met the Pier 9 crew while Pier 3 slept. " * 100
    matcher = _numbered(10)
    assert calls(matcher, text * 2) <= 2.5 * calls(matcher, text)


# The shipped codebook


@pytest.mark.parametrize("actor_id", Codebook.read(SHIPPED).actor_ids)
def test_every_alias_and_person_of_the_shipped_codebook_is_found_as_its_actor(
    militancy: Matcher, actor_id: str
) -> None:
    actor = next(actor for actor in militancy.codebook.actors if actor.id == actor_id)
    missed = []
    for name in actor.aliases + actor.people:
        day = name.since or (name.until - datetime.timedelta(days=1) if name.until else datetime.date(2015, 1, 1))
        if found(militancy, f"Then {name.text} spoke.", day.isoformat()) != [(actor_id, name.text)]:
            missed.append(name.text)
    assert missed == []


def test_every_ignored_phrase_of_the_shipped_codebook_names_no_actor(militancy: Matcher) -> None:
    phrases = militancy.codebook.ignored
    assert [phrase for phrase in phrases if found(militancy, f"The {phrase} was there.", "2015-01-01")] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Pakistani Taliban met the Taliban.", [("ttp", "Pakistani Taliban"), ("afghan_taliban", "Taliban")]),
        (
            "Tehreek\u2013e\u2013Taliban Pakistan, the TTP\u2019s name",
            [("ttp", "Tehreek\u2013e\u2013Taliban Pakistan"), ("ttp", "TTP")],
        ),
        (
            "IS-KP, ISIS\u2011K and al\u2011Qa\u2019ida",
            [("isis", "IS-KP"), ("isis", "ISIS\u2011K"), ("al_qaeda", "al\u2011Qa\u2019ida")],
        ),
        ("It is said that he is here.", []),
        ("Gen. Munir and Mr. Alvi left.", [("pakistan", "Munir"), ("pakistan", "Alvi")]),
        ("Islamabad told us to wait.", [("pakistan", "Islamabad")]),
        ("US warns Taliban over raid", [("united_states", "US"), ("afghan_taliban", "Taliban")]),
        ("US WARNS TALIBAN OVER RAID", [("afghan_taliban", "TALIBAN")]),
        ("Former president Hamid Karzai spoke.", []),
        ("He read it in the Washington Post.", []),
        ("Minister Khan spoke.", []),
        ("Pakistani media told of Afghan refugees.", []),
        ("Tehran blamed Washington.", [("iran", "Tehran"), ("united_states", "Washington")]),
        ("What they fear is terrorists on the road.", []),
        ("The tall man is group captain here.", []),
        ("Time and patience gave us forces enough.", []),
        ("Worries about safety trump trade.", []),
        ("The emirate of Dubai hosted them.", []),
        ("The Islamic Republic of Mauritania signed.", []),
        ("The German Foreign Office was silent.", []),
        ("He fled Pakistan - Taliban men followed.", [("afghan_taliban", "Taliban")]),
        ("The U.S.S.R. left in 1989.", []),
        ("The Taliban received US$40 million, the army US$ 2.5 billion.", [("afghan_taliban", "Taliban")]),
        ("Iran Air, US Airways, China Daily, India Today, Kabul Bank and United States Steel said so.", []),
        ("Pakistan Airlines said so, and Tehran Street Bank.", []),
        ("The Islamic states' leaders met the Emirates' minister.", []),
        ("Melania Trump and Hunter Biden came.", []),
    ],
    ids=[
        "longest-first",
        "dashes-and-curly-possessive",
        "acronyms",
        "is-the-verb",
        "titles",
        "us-the-pronoun",
        "headline",
        "headline-of-capitals",
        "former",
        "ignored",
        "surname-of-several-actors",
        "adjectives",
        "capitals",
        "is-terrorists",
        "is-group",
        "us-forces",
        "trump-the-verb",
        "another-emirate",
        "another-islamic-republic",
        "another-foreign-office",
        "dash-between-clauses",
        "longer-acronym",
        "money",
        "companies",
        "other-companies",
        "other-states",
        "relatives",
    ],
)
def test_sentences_with_the_shipped_codebook(militancy: Matcher, text: str, expected: list[tuple[str, str]]) -> None:
    assert found(militancy, text, "2020-01-01") == expected


def test_the_islamic_republic_of_pakistan_is_not_iran(militancy: Matcher) -> None:
    assert found(militancy, "The Islamic Republic of Pakistan signed.", "2020-01-01") == [
        ("pakistan", "Islamic Republic of Pakistan")
    ]


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2021-08-14", [("afghan_republic", "Kabul")]),
        ("2021-08-15", [("afghan_taliban", "Kabul")]),
        (None, [("afghan_taliban", "Kabul")]),
    ],
    ids=["before", "since", "unknown"],
)
def test_kabul_changes_hands_with_the_shipped_codebook(
    militancy: Matcher, date: str | None, expected: list[tuple[str, str]]
) -> None:
    assert found(militancy, "Kabul has been reluctant to act.", date) == expected


@pytest.mark.parametrize(
    ("text", "actor", "days"),
    [
        ("Imran Khan, who is in jail, spoke.", "pakistan", {"2018-08-17": 0, "2020-01-01": 1, "2024-05-01": 0}),
        ("PM Imran Khan spoke.", "pakistan", {"2020-01-01": 1, "2024-05-01": 0}),
        ("Nawaz Sharif spoke.", "pakistan", {"1998-01-01": 1, "2005-01-01": 0, "2015-01-01": 1, "2023-11-01": 0}),
        ("Bilawal Bhutto-Zardari spoke.", "pakistan", {"2021-01-01": 0, "2023-01-01": 1, "2024-06-01": 0}),
        ("Zardari spoke.", "pakistan", {"2010-01-01": 1, "2020-01-01": 0, "2024-06-01": 1}),
        ("Musharraf spoke.", "pakistan", {"2005-01-01": 1, "2012-01-01": 0}),
        ("Karzai spoke.", "afghan_republic", {"2010-01-01": 1, "2024-01-01": 0}),
        ("The Karzai government fell.", "afghan_republic", {"2010-01-01": 1, "2024-01-01": 1}),
        ("Ashraf Ghani spoke.", "afghan_republic", {"2021-08-14": 1, "2021-08-15": 0}),
        ("Abdullah Abdullah spoke.", "afghan_republic", {"2019-01-01": 1, "2022-01-01": 0}),
        ("Amrullah Saleh spoke.", "afghan_republic", {"2020-06-01": 1, "2022-01-01": 0}),
        ("Trump spoke.", "united_states", {"2016-01-01": 0, "2018-01-01": 1, "2023-01-01": 0, "2025-03-01": 1}),
        ("Barack Obama spoke.", "united_states", {"2008-01-01": 0, "2012-01-01": 1, "2020-01-01": 0}),
        (
            "Zalmay Khalilzad spoke.",
            "united_states",
            {"2004-01-01": 1, "2015-01-01": 0, "2020-01-01": 1, "2023-01-01": 0},
        ),
        ("Mr. Modi spoke.", "india", {"2013-01-01": 0, "2020-01-01": 1}),
        ("Rouhani spoke.", "iran", {"2015-01-01": 1, "2023-01-01": 0}),
        ("Javad Zarif spoke.", "iran", {"2015-01-01": 1, "2022-01-01": 0}),
        ("Ban Ki-moon spoke.", "united_nations", {"2010-01-01": 1, "2020-01-01": 0}),
        ("Hu Jintao spoke.", "china", {"2010-01-01": 1, "2020-01-01": 0}),
    ],
)
def test_office_holders_count_while_in_office(militancy: Matcher, text: str, actor: str, days: dict[str, int]) -> None:
    assert {day: len(found(militancy, text, day)) for day in days} == days
    assert {name for name, _ in found(militancy, text)} == {actor}
