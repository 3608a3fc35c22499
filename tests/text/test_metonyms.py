"""Metonyms: whether a capital, a country or its adjective stands for its government or for a place."""

from __future__ import annotations

import pytest

from stance.text.metonyms import Context
from stance.text.names import fold_text


def marked(text: str) -> tuple[Context, int, int]:
    """The context of a text in which "[...]" marks the span, and where the span stands in the folded text."""
    before, rest = text.split("[")
    span, after = rest.split("]")
    folded, starts, _ = fold_text(before + span + after)
    offsets = list(starts)
    context = Context(folded, "".join((before + span + after)[i] for i in offsets))
    return context, offsets.index(len(before)), offsets.index(len(before) + len(span) - 1) + 1


@pytest.mark.parametrize(
    "text",
    [
        "[Delby] rejected the claim.",
        "[Delby] has been reluctant to act.",
        "[Delby], however, has been reluctant to act.",
        "[Delby] (and its allies) wants peace.",
        "[Delby] did not reply.",
        "[Delby] and Portia agreed to talk.",
        "Portia and [Delby] agreed to talk.",
        "Neither [Delby] nor Portia replied.",
        "Ruritania, [Delby] and Portia urged restraint.",
        "Ruritania, Portia and [Delby] urged restraint.",
        "On Monday [Delby] rejected the claim.",
        "\u201cWe will not yield,\u201d [Delby] said.",
        "He said [Delby] would not yield.",
        "It is unclear why [Delby] waited.",
        "The mayor accused [Delby] of lying.",
        "He commended [Delby].",
        "Talks between [Delby] and Portia stalled.",
        "Talks between Portia and [Delby] stalled.",
        "The envoy put pressure on [Delby].",
        "Relations with [Delby] soured.",
        "According to [Delby], nobody left.",
        "They surrendered him to [Delby].",
        "It was an attack on [Delby]'s policy.",
        "[Delby]\u2019s new foreign minister spoke.",
        "[Delby]'s refusal surprised them.",
        "In the [Delby] government, two men left.",
        "[Delbian] officials denied it.",
        "The government of [Delby] signed.",
        "The minister of [Delby] signed.",
        "Officials in [Delby] shrugged.",
        "A letter came from officials from [Delby].",
        "The [Delbians] want out.",
        "[Delby], Portia and Ruritania urged restraint.",
        "[Delby] on Monday rejected the claim.",
        "[Delby] last week rejected the claim.",
        "[Delby] quietly accepted the deal.",
        "In response, [Delby] shut the border.",
        "They distrust [Delby].",
    ],
)
def test_a_name_that_acts_or_speaks_or_is_acted_upon_counts(text: str) -> None:
    context, start, end = marked(text)
    assert context.acts_or_speaks(start, end) is True


@pytest.mark.parametrize(
    "text",
    [
        "He was born in [Delby].",
        "A bomb went off near [Delby].",
        "He lives outside [Delby].",
        "They waited in and around [Delby].",
        "They waited in Portia and [Delby].",
        "Across [Delby], men waited.",
        "It rained over eastern [Delby].",
        "He was born in Portia, [Delby].",
        "[DELBY] \u2013 A bomb went off.",
        "[Delby], Ruritania",
        "She flew from Portia to [Delby].",
        "She flew from [Delby] to Portia.",
        "He returned to [Delby].",
        "The minister visited [Delby].",
        "He left [Delby] at dawn.",
        "The road to [Delby] was shut.",
        "It lies north of [Delby].",
        "They saw the streets of [Delby].",
        "They were among the people of [Delby].",
        "He studied at the University of [Delby].",
        "The embassy in [Delby] was shut.",
        "[Delby]'s streets were empty.",
        "[Delby] airport was shut.",
        "A [Delby]-based analyst spoke.",
        "[Delbian] media carried it.",
        "[Delbian] refugees crossed.",
        "The [Delbian] market fell.",
        "A former [Delbian] minister came.",
        "Many [Delby] residents fled.",
        "Two men from [Delby] won.",
        "It was calm in the capital, [Delby].",
        "The capital, [Delby], was quiet.",
    ],
)
def test_a_name_of_a_place_does_not_count(text: str) -> None:
    context, start, end = marked(text)
    assert context.acts_or_speaks(start, end) is False


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("[Dock]", True),
        ("the [Dock].", True),
        ("([Dock])", True),
        ("[Dock]'s", True),
        ("x-[Dock]-x", True),
        ("un[Dock]", False),
        ("[Dock]ers", False),
        ("[Dock]2", False),
        ("\u00e9[Dock]", False),
        ("[U.S.]", True),
        ("[U.S.] men", True),
    ],
)
def test_is_word(text: str, whole: bool) -> None:
    context, start, end = marked(text)
    assert context.is_word(start, end) is whole


@pytest.mark.parametrize(
    ("text", "acronym"),
    [
        ("They told the [US] so.", True),
        ("They told [us] so.", False),
        ("[Us] and them", False),
        ("TELL [US] SO", False),
        ("TO [US]", True),
        ("TELL [DOU] SO", True),
        ("[US] WARNS THEM", False),
        ("[US] warns them", True),
        ("[U.S.]", True),
        ("[US]", True),
    ],
    ids=[
        "capitals",
        "small",
        "capitalised",
        "shouted",
        "too-little-around",
        "no-word-shouted",
        "shouted-headline",
        "headline",
        "dotted",
        "alone",
    ],
)
def test_is_acronym(text: str, acronym: bool) -> None:
    context, start, end = marked(text)
    assert context.is_acronym(start, end) is acronym


@pytest.mark.parametrize(
    ("text", "named", "surname"),
    [
        ("Mr [Lovett] came", set(), True),
        ("Mr. [Lovett] came", set(), True),
        ("Brig. [Lovett] came", set(), True),
        ("[Lovett] came", set(), False),
        ("[Lovett] came", {"lovett"}, True),
        ("[Lovett] came", {"stone"}, False),
        ("Mr. [Lovett] Stone came", set(), False),
        ("Mr. [Lovett]-Stone came", {"lovett"}, False),
        ("Mr. Tom [Lovett] came", set(), False),
        ("a walk. [Lovett] came", set(), False),
    ],
)
def test_is_surname(text: str, named: set[str], surname: bool) -> None:
    context, start, end = marked(text)
    assert context.is_surname(start, end, named) is surname


@pytest.mark.parametrize(
    ("text", "former"),
    [
        ("former [Lovett]", True),
        ("the ousted prime minister [Lovett]", True),
        ("ex-mayor [Lovett]", True),
        ("former deputy port warden [Lovett]", True),
        ("former deputy chief port warden [Lovett]", False),
        ("the former head of [Dock Union]", False),
        ("former friend and [Lovett]", False),
        ("the former mayor, [Lovett]", False),
        ("a former mayor. [Lovett]", False),
        ("the [Lovett]", False),
        ("[Lovett]", False),
    ],
)
def test_is_former(text: str, former: bool) -> None:
    context, start, _ = marked(text)
    assert context.is_former(start) is former


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("the old [Dock]", ["the", "old"]),
        ("It rained. The old [Dock]", ["the", "old"]),
        ("Is it so? The [Dock]", ["the"]),
        ("one; two, three [Dock]", ["two", ",", "three"]),
        ("He met Mr. [Dock]", ["he", "met", "mr"]),
        ("by J. [Dock]", ["by", "j"]),
        ("the U.S. [Dock]", ["the", "u.s."]),
        ("it can't [Dock]", ["it", "can't"]),
        ("[Dock]", []),
    ],
    ids=["words", "sentence", "question", "semicolon-and-comma", "title", "initial", "dotted", "apostrophe", "nothing"],
)
def test_left_gives_the_words_of_the_sentence_before(text: str, words: list[str]) -> None:
    context, start, _ = marked(text)
    assert context.left(start) == words


def test_left_and_right_reach_sixty_characters() -> None:
    context, start, end = marked("far " + "a" * 55 + " bbb [Dock] " + "c" * 55 + " ddd eee")
    assert context.left(start) == ["a" * 55, "bbb"]
    assert context.right(end) == ["c" * 55, "ddd"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[Dock] men, too", ["men", ",", "too"]),
        ("[Dock]\u2019s men", ["'", "s", "men"]),
        ("[Dock]. Then", [".", "then"]),
        ("[Dock]", []),
    ],
    ids=["words", "possessive", "sentence-end", "nothing"],
)
def test_right_gives_the_words_and_marks_behind(text: str, words: list[str]) -> None:
    context, _, end = marked(text)
    assert context.right(end) == words
