"""Passages to token windows: nothing cut off, every token with the most context, actors where they are mentioned."""

from __future__ import annotations

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from stance.labelers.windows import MENTION, NOWHERE, Windower, collate
from stance.records import InputError, Mention, Passage

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "b", "c", "d", "e", "f"]


def windower(max_tokens: int = 32) -> Windower:
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return Windower(tokenizer, {"x": "e f"}, max_tokens)


def passage(text: str, *mentions: Mention) -> Passage:
    return Passage("p", "p", text, 0, len(text), mentions)


def test_a_short_passage_is_one_window() -> None:
    cut = windower().cut(passage("a b c", Mention("u", 2, 3)), ["u"])
    assert cut.ids == [[2, 4, 5, 6, 3]]
    assert cut.columns.tolist() == [1, 2, 3]
    assert cut.text.tolist() == [True, True, True]
    assert cut.places.tolist() == [[8, MENTION, 1]]


def test_places_tell_before_from_after_and_near_from_far() -> None:
    text = " ".join("abcd"[i % 4] for i in range(45))
    places = windower(64).cut(passage(text, Mention("u", 10, 11)), ["u"]).places[0]
    assert places[:10].tolist() == [11, 10, 10, 9, 8, MENTION, 1, 2, 3, 3]
    assert places[5 + 17] == 6
    assert places[5 + 33] == 7


def test_an_actor_without_a_mention_is_spelled_behind_the_passage() -> None:
    cut = windower().cut(passage("a b"), ["x"])
    assert cut.ids == [[2, 4, 5, 3, 8, 9, 3]]
    assert cut.text.tolist() == [True, True, False, False]
    assert cut.places.tolist() == [[NOWHERE, NOWHERE, MENTION, MENTION]]


def test_a_long_passage_is_windowed_and_every_token_read_once_where_it_has_most_context() -> None:
    words = ["abcd"[i % 4] for i in range(100)]
    cut = windower(12).cut(passage(" ".join(words)), [])
    assert max(len(ids) for ids in cut.ids) == 12
    read = [WORDS[cut.ids[r][c]] for r, c in zip(cut.rows, cut.columns, strict=True)]
    assert read == words
    inner = slice(10, 90)
    assert min(cut.columns[inner]) >= 3
    assert max(cut.columns[inner]) <= 8


def test_an_actors_name_stands_behind_every_window() -> None:
    cut = windower(16).cut(passage(" ".join("abcd" * 10)), ["x"])
    assert len(cut.ids) > 1
    assert all(ids[-4:] == [3, 8, 9, 3] for ids in cut.ids)
    assert (cut.places[0] == MENTION).sum() == 2 * len(cut.ids)


def test_a_name_too_long_to_spell_is_refused() -> None:
    with pytest.raises(InputError, match=r'the name of actor "a a a a a" is 6 tokens long'):
        windower(16).cut(passage("a"), ["a a a a a"])


def test_no_token_and_no_actor() -> None:
    arrays = collate([windower().cut(passage(""), [])], pad=0)
    assert arrays["text"].tolist() == [[0.0]]
    assert arrays["places"].tolist() == [[[NOWHERE]]]


def test_padding_points_nowhere() -> None:
    cuts = [windower().cut(passage("a b c", Mention("u", 0, 1)), ["u"]), windower().cut(passage("d"), [])]
    arrays = collate(cuts, pad=0)
    assert arrays["input_ids"].tolist() == [[2, 4, 5, 6, 3], [2, 7, 3, 0, 0]]
    assert arrays["attention_mask"].sum(axis=1).tolist() == [5, 3]
    assert arrays["tokens"].tolist() == [[1, 2, 3], [6, 0, 0]]
    assert arrays["text"].tolist() == [[1, 1, 1], [1, 0, 0]]
    assert np.all(arrays["places"][1] == NOWHERE)
