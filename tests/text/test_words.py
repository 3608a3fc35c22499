"""Words and the ends of sentences, in scripts with blanks and without."""

from __future__ import annotations

import pytest

from stance.text.words import FULL_STOPS, count_words, ends_like_a_sentence, ends_with_full_stop, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("the men left", 3),
        ("x" * 25, 1),
        ("x" * 26, 2),
        ("港口关闭了", 3),
        ("港 口", 2),
        ("港口 closed at 9", 4),
        ("港口x9关闭", 3),
        ("データは", 2),
        ("การเจรจา", 2),
        ("한국어는 띄어 쓴다", 3),
        ("طالبان نے کہا", 3),
    ],
)
def test_words_are_counted_by_blanks_or_by_characters(text: str, words: int) -> None:
    assert count_words(text) == words == len(words_of(text))


def test_words_say_where_they_stand() -> None:
    text = "a 港口关 bc"
    assert [text[a:b] for a, b in words_of(text)] == ["a", "港口", "关", "bc"]


@pytest.mark.parametrize("stop", FULL_STOPS)
def test_a_full_stop_of_any_script_ends_a_sentence(stop: str) -> None:
    for text in (f"x{stop}", f"x{stop}”)", f"x{stop} »", f"x{stop}[12]", f"x{stop}\u200f", f"x{stop}²"):
        assert ends_with_full_stop(text)
        assert ends_like_a_sentence(text)


@pytest.mark.parametrize("comma", ":;,،؛、，；：")
def test_a_sentence_that_goes_on_has_no_full_stop(comma: str) -> None:
    assert (ends_with_full_stop(f"x{comma}"), ends_like_a_sentence(f"x{comma}")) == (False, True)


@pytest.mark.parametrize("text", ["", "x", "x. y", "x [12]", "x)"])
def test_without_a_mark_nothing_ends(text: str) -> None:
    assert not ends_like_a_sentence(text)
