"""Ways of counting: the same span in each of them, in characters again."""

from __future__ import annotations

import unicodedata

import pytest

from stance.text.offsets import CODE_POINTS, countings

FIREFIGHTER = "👨🏻\u200d🚒🔥 Firefighters: the Dock Union."


def span_of(text: str, way: str, start: int, end: int) -> str | None:
    [counting] = [counting for counting in countings(text) if way in counting.names]
    place = counting.span(start, end)
    return place and text[slice(*place)]


@pytest.mark.parametrize(
    ("text", "way", "start", "end"),
    [
        (FIREFIGHTER, CODE_POINTS, 24, 34),
        (FIREFIGHTER, "UTF-16 units", 28, 38),
        (FIREFIGHTER, "grapheme clusters", 21, 31),
        (FIREFIGHTER, "bytes", 38, 48),
        ("𝒟 the Dock Union", "UTF-16 units", 7, 17),
        ("🇮🇷🇵🇰 the Dock Union", "grapheme clusters", 7, 17),
        ("cafe\u0301s of the Dock Union", "composed letters (NFC)", 13, 23),
        ("cafe\u0301s of the Dock Union", "grapheme clusters", 13, 23),
        ("caf\u00e9s of the Dock Union", "decomposed letters (NFD)", 14, 24),
        ("One.\r\nTwo.\r\nThe Dock Union", f"{CODE_POINTS}, CRLF as one", 14, 24),
        ("One.\nTwo.\nThe Dock Union", f"{CODE_POINTS}, line ends as two", 16, 26),
        ("One.\rTwo.\rThe Dock Union", f"{CODE_POINTS}, line ends as two", 16, 26),
        ("🔥\r\nThe Dock Union", "UTF-16 units, CRLF as one", 7, 17),
        ("The Dock Union", f"{CODE_POINTS}, with a byte order mark", 5, 15),
        ("\ufeffThe Dock Union", f"{CODE_POINTS}, without the byte order mark", 4, 14),
    ],
)
def test_a_span_is_found_as_others_count_it(text: str, way: str, start: int, end: int) -> None:
    assert span_of(text, way, start, end) == "Dock Union"


def test_an_offset_within_a_character_or_outside_is_none() -> None:
    assert span_of("🔥 fire", "UTF-16 units", 1, 3) is None
    assert span_of("🔥 fire", "UTF-16 units", 3, 99) is None
    assert span_of("🔥 fire", "UTF-16 units", -1, 3) is None
    assert span_of("🔥 fire", "UTF-16 units", 3, 3) is None


def test_ways_that_are_the_same_for_a_text_are_one_and_characters_come_first() -> None:
    plain, marked, in_bytes = countings("The Dock Union")
    assert plain.names[0] == CODE_POINTS
    assert set(plain.names) >= {"UTF-16 units", "bytes", "grapheme clusters"}
    assert plain.edges == tuple(range(15))
    assert marked.names[0] == f"{CODE_POINTS}, with a byte order mark"
    assert in_bytes.names == ("bytes, with a byte order mark",)


@pytest.mark.parametrize("text", ["", "a", FIREFIGHTER, "e\u0301\r\n\n\r한국 हिन्दी ک\u200cا \ufeff"])
def test_every_way_counts_the_whole_text(text: str) -> None:
    ends = {name: counting.edges[-1] for counting in countings(text) for name in counting.names}
    assert ends[CODE_POINTS] == len(text)
    assert ends["UTF-16 units"] == len(text.encode("utf-16-le")) // 2
    assert ends["bytes"] == len(text.encode())
    assert ends["composed letters (NFC)"] == len(unicodedata.normalize("NFC", text))
    assert ends["decomposed letters (NFD)"] == len(unicodedata.normalize("NFD", text))
