"""Spans: which cut a word, and where they stand in another version of a text."""

from __future__ import annotations

import pytest

from stance.text.spans import Alignment, cuts_word, lost_letters, quoted_span


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("The Dock Union said", "Dock Union"),
        ("a US-led war", "US"),
        ("an anti-US war", "US"),
        ("the Union's men", "Union"),
        ("the Union’s men", "Union"),
        ("contre l’ONU", "ONU"),
        ("dockers", "dockers"),
        ("“Union”, said", "Union"),
        ("a/the/Union", "Union"),
        ("Union\u200cها", "Union"),
        ("北京政府表示抗议", "政府"),
        ("日本の政府は", "政府"),
        ("รัฐบาลไทยกล่าว", "ไทย"),
        ("정부는 말했다", "정부"),
        ("والحكومة قالت", "الحكومة"),
        ("הממשלה אמרה", "ממשלה"),
        ("🔥Union🔥", "Union"),
        ("20 Unions", "20"),
    ],
)
def test_whole_words_and_their_parts_are_let_be(text: str, span: str) -> None:
    start = text.index(span)
    assert not cuts_word(text, start, start + len(span))


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("The Dock Union said", "ock Union "),
        ("The Dock Union said", "Dock Unio"),
        ("Afghanistan", "Afghan"),
        ("the dockers left", "dock"),
        ("cafés", "caf"),
        ("cafe\u0301s", "cafe"),
        ("हिन्दी", "हिन"),
        ("правительство", "прав"),
        ("G20", "G"),
        ("والحكومة قالت", "ومة قالت"),
        ("USAID", "US"),
    ],
)
def test_spans_that_begin_or_end_within_a_word_cut_it(text: str, span: str) -> None:
    start = text.index(span)
    assert cuts_word(text, start, start + len(span))


OWN = "\ufeff “Dockers”\r\nof the\u00a0Dock Union  said “no”; the cafe\u0301s\r\nshut. \r\n"


@pytest.mark.parametrize(
    "version",
    [
        OWN,
        OWN.strip("\ufeff"),
        OWN.strip("\ufeff \r\n"),
        OWN.replace("\r\n", "\n"),
        OWN.replace("\r\n", "\r"),
        OWN.replace("\r\n", " "),
        OWN.replace("\u00a0", " "),
        " ".join(OWN.strip("\ufeff").split()),
        OWN.replace("“", '"').replace("”", '"'),
        OWN.replace("e\u0301", "\u00e9"),
        OWN.upper(),
    ],
)
def test_versions_that_are_the_same_to_a_reader_are_aligned(version: str) -> None:
    alignment = Alignment(version, OWN)
    assert alignment.equal
    start = version.lower().index("union")
    assert OWN[slice(*(alignment.moved(start, start + 5) or (0, 0)))] == "Union"
    quote = version.lower().rindex("no")
    assert OWN[slice(*(alignment.moved(quote, quote + 2) or (0, 0)))] == "no"


def test_where_words_differ_what_is_certain_is_moved() -> None:
    version = "Then the Dock Union and the port met, and the port left; the Port Authority stayed."
    own = "The Dock Union with the port met and the port left; the Port Authority has stayed."
    alignment = Alignment(version, own)
    assert (alignment.equal, alignment.alike) == (False, True)
    moved = {}
    for name in ("Dock Union", "Port Authority", "met, and", "and the port met"):
        start = version.index(name)
        place = alignment.moved(start, start + len(name))
        moved[name] = place and own[slice(*place)]
    assert moved == {
        "Dock Union": "Dock Union",
        "Port Authority": "Port Authority",
        "met, and": None,
        "and the port met": None,
    }


def test_another_text_is_not_alike() -> None:
    assert not Alignment("The Dock Union said no.", "Rain fell on the quay for a week.").alike
    assert Alignment("...", "...").alike
    assert not Alignment("...", "!!!").alike


def test_a_quotation_is_found_where_it_stands_once_or_once_near() -> None:
    text = f"The US said so. {'x ' * 40}USAID and the US agreed with the “Dock Union”."
    assert quoted_span(text, "said", 60) == (7, 11)
    assert quoted_span(text, "US", 5) == (4, 6)
    assert quoted_span(text, "US", 50) is None
    assert quoted_span(text, '"Dock  Union"', 0) == (text.index("“"), text.index("”") + 1)
    assert quoted_span(text, "Port", 0) is None
    assert quoted_span(text, " ", 0) is None


@pytest.mark.parametrize(
    ("damaged", "text", "lost"),
    [
        ("????? the Dock Union", "طالبا the Dock Union", True),
        ("?? the café", "🔥 the café", True),
        ("cafÃ©s and â€œUnionâ€\ufffd", "cafés and “Union”", True),
        ("caf?s", "cafés", True),
        ("The Dock", "The Port", False),
        ("طالبان", "پاکستان", False),
    ],
)
def test_letters_lost_to_another_encoding_are_recognised(damaged: str, text: str, lost: bool) -> None:
    assert lost_letters(damaged, text) is lost
