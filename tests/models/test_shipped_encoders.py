"""The encoders that ship: whole, alike however they are run, and near where texts are near."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from stance.labelers.judges import StanceEncoder
from stance.labelers.sentences import SentenceEncoder
from stance.labelers.tasks import Query, ask
from stance.models.encoders import read_sentence_encoder, read_stance_encoder
from stance.models.shipped import default_model, sentences_folder
from stance.models.store import load_model
from stance.records import InputError, Mention, Passage

TEXTS = [
    "The dockers stopped work over their pay.",
    "Workers at the harbour went on strike for higher wages.",
    "The new telescope found water on a distant planet.",
    "",
    "word " * 700,
]


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return read_sentence_encoder()


@pytest.fixture(scope="module")
def stances() -> StanceEncoder:
    return read_stance_encoder({"port": "Port Authority"})


def query(text: str, *actors: str) -> Query:
    starts = {actor: text.find(actor) for actor in actors}
    mentions = tuple(Mention(a, start, start + len(a)) for a, start in starts.items() if start >= 0)
    return ask(Passage("p", "p", text, 0, len(text), mentions), actors)


def test_vectors_are_of_length_1_and_near_where_texts_are(encoder: SentenceEncoder) -> None:
    vectors = np.stack(encoder.vectors(TEXTS))
    assert vectors.shape == (5, 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


def test_vectors_are_the_same_alone_together_and_in_threads(encoder: SentenceEncoder) -> None:
    together = encoder.vectors(TEXTS, threads=3)
    for text, vector in zip(TEXTS, together, strict=True):
        np.testing.assert_array_equal(encoder.vectors([text])[0], vector)
    assert len({encoder.key(text) for text in TEXTS}) == len(TEXTS)


def test_a_text_with_a_lone_surrogate_has_a_key(encoder: SentenceEncoder) -> None:
    assert len(encoder.key("\ud83d")) == 32


def test_the_whole_of_a_long_text_counts(encoder: SentenceEncoder) -> None:
    text = "The dockers stopped work over their pay. " * 60
    ends = encoder.vectors([text + "A telescope found water.", text + "The queen wore a hat."])
    assert not np.array_equal(*ends)


def test_the_sentence_encoder_is_small() -> None:
    assert sum(path.stat().st_size for path in sentences_folder().iterdir()) <= 25_000_000


def test_an_encoder_that_was_changed_is_refused(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(sentences_folder(), tmp_path / "sentences"))
    (folder / "tokenizer.json").write_bytes(b"{}")
    with pytest.raises(InputError, match=r": not the files that encoder\.json names; install stance anew$"):
        read_sentence_encoder(folder)
    (folder / "encoder.onnx").unlink()
    with pytest.raises(InputError, match=r": encoder\.onnx is missing; "):
        read_sentence_encoder(folder)


def test_a_linear_model_is_no_stance_encoder(model_dir: Path) -> None:
    with pytest.raises(InputError, match=r": a linear model has no vectors of actors; give a transformer$"):
        read_stance_encoder({}, model_dir)


def test_the_first_numbers_of_actors_and_pairs_are_the_models_own_logits(stances: StanceEncoder) -> None:
    asked = query("Kabul rejected the charge that Islamabad made.", "Kabul", "Islamabad", "port")
    model = load_model(default_model()).labeler.facing([], {"port": "Port Authority"})
    logits = model.logits([asked])
    [rows] = stances.vectors([asked])
    np.testing.assert_array_equal(rows[:3, :3], logits.stance.astype(np.float32))
    np.testing.assert_array_equal(rows[3:, :3], logits.directed.astype(np.float32))
    assert rows.shape[0] == 3 + 6


def test_a_query_without_actors_has_no_rows(stances: StanceEncoder) -> None:
    asked = [query("Nobody came."), query("Kabul spoke.", "Kabul")]
    none, one = stances.vectors(asked, threads=2)
    assert (len(none), len(one)) == (0, 1)
    assert none.shape[1] == one.shape[1]


def test_what_the_vectors_hang_on_is_in_their_key(stances: StanceEncoder) -> None:
    plain = query("Kabul spoke to Islamabad.", "Kabul", "Islamabad")
    others = [
        query("Kabul spoke of Islamabad.", "Kabul", "Islamabad"),
        query("Kabul spoke to Islamabad.", "Islamabad", "Kabul"),
        query("Kabul spoke to Islamabad.", "Kabul"),
        query("Kabul spoke to Islamabad.", "Kabul", "Islamabad", "port"),
    ]
    named = query("Kabul spoke to Islamabad.", "Kabul", "Islamabad", "port")
    keys = {stances.key(each) for each in (plain, *others)} | {stances.facing({"port": "Harbour"}).key(named)}
    assert len(keys) == 6
