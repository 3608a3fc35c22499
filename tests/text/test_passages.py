"""Passages: exact offsets, nothing lost, furniture told from prose, long paragraphs windowed at sentence ends."""

from __future__ import annotations

import random

import pytest

from stance.records import Article, Mention, Passage
from stance.text.furniture import dateline_end
from stance.text.passages import MAX_WORDS, WINDOW_WORDS, split_article
from stance.text.words import count_words

BODY = "The men left the pier at noon."


def split(text: str, max_words: int = MAX_WORDS, window_words: int = WINDOW_WORDS) -> list[Passage]:
    return split_article(Article("a", text), max_words, window_words)


def kinds(text: str) -> list[tuple[str, str]]:
    return [(passage.kind, passage.text) for passage in split(text)]


LONG_LINES = [f"The men of pier {number} left their cranes and went home." for number in range(4)]


def sentences(*lengths: int) -> list[str]:
    """Sentences of so many words, each of them its own."""
    return [" ".join([f"S{n}w{i}" for i in range(length - 1)] + ["ended."]) for n, length in enumerate(lengths)]


def letters(text: str) -> str:
    return "".join(text.split())


# Paragraphs, offsets, ids


def test_a_passage_says_where_it_stands_in_its_article() -> None:
    text = "\n  The men left.\n\n \nThe port shut.  \n"
    article = Article("x", text, None, {"title": "Strike", "desk": 7})
    assert split_article(article) == [
        Passage("x#0", "x", "The men left.", 3, 16, None, {"title": "Strike", "desk": 7}),
        Passage("x#1", "x", "The port shut.", 20, 34, None, {"title": "Strike", "desk": 7}),
    ]


@pytest.mark.parametrize("text", ["", " ", "\n\n", " \n\t\n\u00a0 "], ids=["empty", "blank", "lines", "white-space"])
def test_an_article_without_words_has_no_passages(text: str) -> None:
    assert split(text) == []


def test_ids_count_every_kind_by_itself() -> None:
    text = f"Strike ends\n\nPhoto: A. Stone\n\nNORTHPORT, Ruritania \u2013 {BODY}\n\nWhat comes next\n\nThey will meet."
    assert [(passage.id, passage.kind) for passage in split(text)] == [
        ("a#headline0", "headline"),
        ("a#credit0", "credit"),
        ("a#dateline0", "dateline"),
        ("a#0", "prose"),
        ("a#headline1", "headline"),
        ("a#1", "prose"),
    ]


WRAPPED = (
    "The harbour of Northport stood still on Monday, for the men of\n"
    "the union left their cranes and walked to the gates of the port\n"
    "and stayed there.\n"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One came.\n\nTwo left.", ["One came.", "Two left."]),
        ("One came.\n \t\nTwo left.", ["One came.", "Two left."]),
        ("One came.\n\n\n\nTwo left.", ["One came.", "Two left."]),
        ("One came.\nTwo left.\nThree sat.", ["One came.", "Two left.", "Three sat."]),
        ("\n".join(LONG_LINES), LONG_LINES),
        (WRAPPED, [WRAPPED.strip()]),
        (WRAPPED + "\n" + WRAPPED, [WRAPPED.strip(), WRAPPED.strip()]),
        (f"One came.\n\n{WRAPPED}", ["One came.", WRAPPED.strip()]),
        (WRAPPED.replace("the union ", "the union\n"), [WRAPPED.replace("the union ", "the union\n").strip()]),
        (
            f"- {WRAPPED}- {WRAPPED}10:45 {WRAPPED}",
            [f"- {WRAPPED.strip()}", f"- {WRAPPED.strip()}", f"10:45 {WRAPPED.strip()}"],
        ),
        (f"{WRAPPED}- {WRAPPED}", [f"{WRAPPED}- {WRAPPED.strip()}"]),
    ],
    ids=[
        "blank-line",
        "blank-line-with-white-space",
        "blank-lines",
        "a-paragraph-a-line",
        "a-long-paragraph-a-line",
        "hard-wrapped",
        "hard-wrapped-paragraphs",
        "mixed",
        "hard-wrapped-with-a-short-line",
        "hard-wrapped-items",
        "hard-wrapped-with-a-dash",
    ],
)
def test_paragraphs(text: str, expected: list[str]) -> None:
    assert kinds(text) == [("prose", paragraph) for paragraph in expected]


# Kinds


@pytest.mark.parametrize(
    "line",
    [
        "Strike ends after ten days",
        "Will the Harbour Strike End This Week?",
        "Port Authority: \u2018We Are Not Moved\u2019",
        "STRIKE ENDS",
    ],
    ids=["no-full-stop", "title-case-question", "quotation", "capitals"],
)
def test_a_headline_before_the_prose_is_none_of_it(line: str) -> None:
    assert kinds(f"{line}\n\n{BODY}") == [("headline", line), ("prose", BODY)]


@pytest.mark.parametrize(
    "end", [".", "!", "?", "\u2026", ":", ";", ",", ".\u201d", "?'", ".)", "!\u2019\u201d", ".\u00bb"]
)
def test_a_short_paragraph_that_ends_as_a_sentence_does_is_prose(end: str) -> None:
    assert kinds(f"{BODY}\n\nThen they left{end}")[1] == ("prose", f"Then they left{end}")


def test_an_article_of_headlines_alone_is_prose() -> None:
    assert kinds("Strike ends\n\nPort opens") == [("prose", "Strike ends"), ("prose", "Port opens")]


@pytest.mark.parametrize(
    ("text", "details", "title"),
    [
        (f"Strike ends\n\n{BODY}", {}, "Strike ends"),
        (f"Strike ends\n\nPort opens\n\n{BODY}", {}, "Strike ends"),
        (f"Strike ends\n\n{BODY}", {"title": "Given"}, "Given"),
        (BODY, {}, None),
        ("Strike ends", {}, None),
        (f"Strike ends\n\n{BODY}", {"title": ""}, "Strike ends"),
        (f"{BODY}\n\nWhat comes next\n\n{BODY}", {}, None),
        (f"Ports\n\nStrike ends after ten days\n\n{BODY}", {}, "Strike ends after ten days"),
        (f"10:45\n\nStrike ends\n\n{BODY}", {}, None),
    ],
    ids=[
        *("headline", "first-headline", "given-title", "no-headline", "headline-alone", "empty-title"),
        *("heading-within", "name-of-a-section", "time"),
    ],
)
def test_the_first_headline_stands_in_for_a_missing_title(
    text: str, details: dict[str, str], title: str | None
) -> None:
    passages = split_article(Article("a", text, details=details))
    assert {passage.details.get("title") for passage in passages} == {title}


@pytest.mark.parametrize(
    "line",
    [
        "Photo: A. Stone",
        "Photo by Ada Stone",
        "[Photo: AP]",
        "AP Photo/Ben Stone",
        "Photograph: Ada Stone",
        "Image courtesy of the port",
        "Stock image from Getty",
        "Illustration \u2013 Ada Stone",
        "Image credit: AP",
        "\u00a9 AFP",
        "Credit: Ada Stone",
        "Photo credit: Ada Stone",
        "Source: Port Gazette",
        "By Ada Stone",
        "By Our Correspondent",
        "By ADA STONE and Ben Lovett",
    ],
)
def test_a_credit_is_no_prose(line: str) -> None:
    assert kinds(f"{BODY}\n\n{line}\n\n{BODY}") == [("prose", BODY), ("credit", line), ("prose", BODY)]


@pytest.mark.parametrize(("words", "kind"), [(25, "credit"), (26, "prose")])
def test_a_credit_has_at_most_25_words(words: int, kind: str) -> None:
    line = "Photo: " + "crane " * (words - 2) + "men."
    assert kinds(f"{BODY}\n\n{line}")[1] == (kind, line)


@pytest.mark.parametrize(
    "sentence",
    [
        "By noon, all of the men had left the pier.",
        "Picture a pier without a crane.",
        "Photo by photo, the album " + "filled with cranes " * 8 + "and men.",
        "Credits were given.",
        "By then it was over.",
        "By dawn they were gone.",
        "Images from the scene showed a burned crane.",
        "Photos by students hung in the hall.",
        "Image-conscious mayors stayed away.",
    ],
    ids=[
        "by-with-comma",
        "picture-the-verb",
        "long",
        "credits",
        "by-then",
        "by-dawn",
        "images-from",
        "photos-by",
        "hyphened",
    ],
)
def test_a_sentence_that_begins_like_a_credit_is_prose(sentence: str) -> None:
    assert kinds(f"{BODY}\n\n{sentence}")[1] == ("prose", sentence)


@pytest.mark.parametrize(
    "dateline",
    [
        "NORTHPORT \u2013",
        "NORTHPORT, Ruritania \u2014",
        "NORTHPORT, July 4 \u2014",
        "NORTHPORT (AP) -",
        "NORTHPORT, Ruritania (AP) --",
        "Northport (Reuters) -",
        "Northport, July 4 (Reuters) -",
        "NEW DELBY:",
        "NORTHPORT/EASTPORT:",
        "NEW DELBY, R.P., July 4, 2020 \u2013",
        "ROME (AP)\u2014",
    ],
)
def test_a_dateline_is_parted_from_the_first_paragraph(dateline: str) -> None:
    text = f"{dateline} {BODY}"
    assert kinds(text) == [("dateline", dateline), ("prose", BODY)]
    assert dateline_end(text) == len(dateline) + 1


@pytest.mark.parametrize(
    "text",
    [
        BODY,
        "NATO - it said so.",
        "US-led talks ended.",
        "Northport \u2013 the harbour \u2013 stood still.",
        "The NORTHPORT \u2013 a ship \u2013 sank.",
        "NORTHPORT stood still.",
        "UNICEF-backed schools opened.",
        "DAESH-Khorasan claimed it.",
    ],
    ids=[
        "plain",
        "short-acronym",
        "hyphened-short-acronym",
        "small-letters",
        "later",
        "no-dash",
        "hyphened-acronym",
        "hyphened-name",
    ],
)
def test_a_paragraph_without_a_dateline_is_left_whole(text: str) -> None:
    assert dateline_end(text) == 0
    assert kinds(text) == [("prose", text)]


def test_a_dateline_is_looked_for_in_the_first_prose_alone() -> None:
    second = f"NORTHPORT \u2013 {BODY}"
    assert kinds(f"{BODY}\n\n{second}") == [("prose", BODY), ("prose", second)]


def test_a_dateline_without_a_text_is_kept_whole() -> None:
    assert kinds("NORTHPORT \u2013") == [("prose", "NORTHPORT \u2013")]


def test_the_prose_behind_a_dateline_begins_with_a_word() -> None:
    assert kinds(f"NORTHPORT \u2013   {BODY}") == [("dateline", "NORTHPORT \u2013"), ("prose", BODY)]


# Windows


def test_a_paragraph_of_150_words_is_left_whole() -> None:
    text = " ".join(sentences(*[10] * 15))
    assert kinds(text) == [("prose", text)]


def test_a_longer_paragraph_becomes_even_windows_that_end_with_sentences() -> None:
    parts = sentences(*[11] * 14)
    assert [passage.text for passage in split(" ".join(parts))] == [" ".join(parts[:7]), " ".join(parts[7:])]


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ([5, 4, 5], [5, 4, 5]),
        ([3, 3, 3, 3], [6, 6]),
        ([2, 2, 2, 2, 2, 2, 2], [8, 6]),
        ([5, 2, 5, 2], [7, 7]),
        ([2, 6, 2, 6], [8, 8]),
        ([4, 4, 4], [8, 4]),
    ],
    ids=["one-a-window", "two-a-window", "seven", "uneven", "mixed", "odd-one-out"],
)
def test_windows_are_as_few_as_will_do_and_none_too_long(lengths: list[int], expected: list[int]) -> None:
    passages = split(" ".join(sentences(*lengths)), max_words=8, window_words=8)
    assert [len(passage.text.split()) for passage in passages] == expected
    assert [passage.id for passage in passages] == [f"a#{number}" for number in range(len(expected))]


def test_a_sentence_longer_than_a_window_is_parted_between_words() -> None:
    passages = split("one two three four five six seven eight nine ten.", max_words=5, window_words=4)
    assert [(passage.start, passage.end, passage.text) for passage in passages] == [
        (0, 18, "one two three four"),
        (19, 39, "five six seven eight"),
        (40, 49, "nine ten."),
    ]


@pytest.mark.parametrize("length", [25, 26, 30, 4000, 100_000])
def test_words_without_end_count_as_several_and_are_parted(length: int) -> None:
    text = "x" * length
    passages = split_article(Article("a", f"One came. {text}."), 20, 20)
    assert "".join(passage.text for passage in passages).replace(" ", "") == f"Onecame.{text}."
    assert max(len(passage.text) for passage in passages) <= 20 * 25
    assert (len(passages) > 1) == (length > 200)


def test_the_rest_of_an_over_long_sentence_takes_up_no_neighbour_that_does_not_fit() -> None:
    parts = sentences(3, 10, 3)
    texts = [passage.text for passage in split(" ".join(parts), max_words=6, window_words=6)]
    words = parts[1].split()
    assert texts == [parts[0], " ".join(words[:6]), " ".join(words[6:]), parts[2]]


def test_no_window_ends_within_a_quotation_or_behind_an_abbreviation() -> None:
    first = "Mr. Stone of the U.S. office met Dr. Lovett at 3.30 p.m. in the hall."
    second = "\u201cWe stay. We wait,\u201d he said to the men of the pier by the gate."
    texts = [passage.text for passage in split(f"{first} {second}", max_words=16, window_words=16)]
    assert texts == [first, second]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("طالبان نے پیر کو الزام لگایا۔ ", "فوج نے الزام مسترد کر دیا۔"),
        ("तालिबान ने आरोप लगाया। ", "सेना ने इनकार किया।"),
        ("塔利班周一指责军方违反停火。", "“我们不会停止谈判！”"),
        ("港は月曜日に止まった。", "組合は否定した。"),
        ("هل هذا صحيح الآن؟ ", "نعم هذا صحيح."),
        ("Թալիբանը մեղադրեց բանակին։ ", "Բանակը հերքեց այսօր։"),
        ("ታሊባን ሠራዊቱን ዛሬ ከሰሰ። ", "ሠራዊቱ ይህን አስተባበለ።"),
        ("တပ်မတော်က ငြင်းဆိုခဲ့သည်။ ", "ဆွေးနွေးမှု ဆက်ရှိသည်။"),
        ("កងទ័ពបានបដិសេធ។ ", "ការចរចានៅតែបន្ត។"),
        ("དམག་མིས་ངོས་ལེན་མ་བྱས། ", "གྲོས་མོལ་མུ་མཐུད།"),
        ("กองทัพปฏิเสธข้อกล่าวหา ", "การเจรจาดำเนินต่อไป"),
    ],
    ids=[
        "urdu",
        "hindi",
        "chinese",
        "japanese",
        "arabic",
        "armenian",
        "amharic",
        "burmese",
        "khmer",
        "tibetan",
        "thai",
    ],
)
def test_windows_end_with_sentences_in_every_script(first: str, second: str) -> None:
    words = max(count_words(first), count_words(second))
    texts = [passage.text for passage in split(first + second, max_words=words, window_words=words)]
    assert texts == [first.strip(), second]


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ({"lang": "de-AT"}, ["Dann ging er.", "Am 5. Mai kam er zurück."]),
        ({}, ["Dann ging er. Am 5.", "Mai kam er zurück."]),
        ({"lang": 7}, ["Dann ging er. Am 5.", "Mai kam er zurück."]),
    ],
    ids=["given", "not-given", "no-language"],
)
def test_sentences_end_as_the_language_of_the_article_has_it(details: dict[str, object], expected: list[str]) -> None:
    article = Article("a", "Dann ging er. Am 5. Mai kam er zurück.", details=details)
    assert [passage.text for passage in split_article(article, 6, 6)] == expected


def test_a_long_sentence_without_blanks_is_cut_at_a_comma_and_between_letters() -> None:
    text = "港" * 18 + "，" + "口" * 30
    assert [passage.text for passage in split(text, max_words=12, window_words=12)] == [
        "港" * 18 + "，",
        "口" * 24,
        "口" * 6,
    ]
    thai = "กี่" * 40
    assert "".join(passage.text for passage in split(thai, max_words=5, window_words=5)) == thai
    assert {passage.text[0] for passage in split(thai, max_words=5, window_words=5)} == {"ก"}


@pytest.mark.parametrize("blank", "\u00a0\u0085\u2028\u3000\t ")
def test_any_blank_before_a_full_stop_is_windowed_like_a_space(blank: str) -> None:
    first, second = f"One two plan A{blank}.", "Three four five six."
    assert [passage.text for passage in split(f"{first} {second}", max_words=5, window_words=5)] == [first, second]


def test_headlines_that_are_taken_for_prose_are_windowed_too() -> None:
    texts = [passage.text for passage in split("one two three four five six", max_words=3, window_words=3)]
    assert texts == ["one two three", "four five six"]


# Given mentions


def test_given_mentions_move_with_their_passage() -> None:
    text = "Ada left.\n\nThen Ben and Ada sat."
    mentions = (Mention("ada", 0, 3), Mention("ben", 16, 19), Mention("ada", 24, 27))
    passages = split_article(Article("a", text, mentions))
    assert [passage.mentions for passage in passages] == [
        (Mention("ada", 0, 3),),
        (Mention("ben", 5, 8), Mention("ada", 13, 16)),
    ]
    assert [[p.text[m.start : m.end] for m in p.mentions or ()] for p in passages] == [["Ada"], ["Ben", "Ada"]]


def test_no_mentions_given_is_told_from_none_there() -> None:
    assert [split_article(Article("a", BODY, given))[0].mentions for given in (None, ())] == [None, ()]


def test_a_given_mention_that_an_edge_cuts_is_clipped_to_each_window() -> None:
    text = "one two three Port Authority six seven."
    mention = Mention("port", text.index("Port"), text.index(" six"))
    passages = split_article(Article("a", text, (mention,)), max_words=4, window_words=4)
    assert [(passage.text, passage.mentions) for passage in passages] == [
        ("one two three Port", (Mention("port", 14, 18),)),
        ("Authority six seven.", (Mention("port", 0, 9),)),
    ]


# Nothing lost, whatever the text

_WORDS_AND_MARKS = (
    "word Mr. U.S. e.g. end. “Quote.” … ? ! 。 é e\u0301 😀 ؟ (a) 's — "
    "KABUL NORTHPORT, 1. 3.5 A. « » । - • ۔ 港口。 กองทัพ ។ 10:45"
)
_SPACES_AND_LINES = ["\n", "\n\n", "\t", "\u00a0", "\u200b", "\f", "\v", "\u2028", "\u0085", "\ufeff", "\u202e"]
_PIECES = [*_WORDS_AND_MARKS.split(), *_SPACES_AND_LINES, "Photo: x", "By A B", "http://x.y/z"]


def odd_text(seed: int) -> str:
    rng = random.Random(seed)
    return "".join(rng.choice(_PIECES) + rng.choice([" ", " ", "", "  "]) for _ in range(rng.randint(1, 500)))


@pytest.mark.parametrize("sizes", [(MAX_WORDS, WINDOW_WORDS), (20, 10), (5, 5), (1, 1)], ids=str)
def test_nothing_is_lost_or_doubled_in_odd_texts(sizes: tuple[int, int]) -> None:
    several = 0
    for seed in range(150):
        text = odd_text(seed)
        passages = split(text, *sizes)
        edges = [edge for passage in passages for edge in (passage.start, passage.end)]
        assert edges == sorted(edges), seed
        assert [text[p.start : p.end] for p in passages] == [p.text for p in passages], seed
        assert letters("".join(p.text for p in passages)) == letters(text), seed
        assert len({p.id for p in passages}) == len(passages), seed
        assert [p.text for p in passages if not p.text.strip()] == [], seed
        several += sum(p.kind == "prose" for p in passages) > 1
    assert several > 100


@pytest.mark.parametrize("seed", range(20))
def test_no_passage_of_odd_texts_is_longer_than_it_may_be(seed: int) -> None:
    text = odd_text(seed).replace("\n", " ") * 3 + " ended."
    lengths = [len(passage.text.split()) for passage in split(text)]
    assert [length for length in lengths if length > MAX_WORDS] == []
    assert sum(lengths) >= len(text.split())


@pytest.mark.parametrize(
    "text",
    ["\u4e16\u754c" * 2000, "x" * 20_000, "a. " * 3000, "(" * 5000, "\u201c" * 3000 + " a", "A " * 4000, "- " * 4000],
    ids=["no-blanks", "one-word", "one-letter-sentences", "brackets", "quotes", "capitals", "dashes"],
)
def test_nothing_is_lost_in_monstrous_paragraphs(text: str) -> None:
    assert letters("".join(passage.text for passage in split(text))) == letters(text)
