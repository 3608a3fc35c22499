"""Near-duplicates of training passages: planted copies and rewordings are found, other passages are not."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest

from stance.records import InputError
from stance.scoring.leaks import TrainingDigests, find_leaks, signatures, training_digests

SEEDS = Path(__file__).parents[2] / "seeds/militancy"
_OTHERS = "several recent former local leading armed regional senior remote sudden public further earlier".split()


def texts_of(name: str) -> list[str]:
    rows = (SEEDS / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(row)["text"] for row in rows]


@pytest.fixture(scope="module")
def trained() -> list[str]:
    return texts_of("train.jsonl")


@pytest.fixture(scope="module")
def digests(trained: list[str]) -> TrainingDigests:
    return training_digests([trained[:500], trained[500:]])


def reworded(text: str, generator: random.Random) -> str:
    """One word in eight replaced, one left out, and a clause put before."""
    words = text.split()
    for place in generator.sample(range(len(words)), max(1, len(words) // 8)):
        words[place] = generator.choice(_OTHERS)
    del words[generator.randrange(len(words))]
    return "As was told before, " + " ".join(words)


def test_planted_copies_and_rewordings_are_found(trained: list[str], digests: TrainingDigests) -> None:
    generator = random.Random(0)
    chosen = generator.sample(range(len(trained)), 30)
    planted = [f"  {trained[i].upper()}\n" if n < 15 else reworded(trained[i], generator) for n, i in enumerate(chosen)]
    found = {leak.passage: leak.trained for leak in find_leaks(planted, digests)}
    right = [found.get(n) == i for n, i in enumerate(chosen)]
    assert np.mean(right[:15]) >= 0.95
    assert np.mean(right[15:]) >= 0.8


def test_of_other_passages_none_is_taken_for_a_leak(digests: TrainingDigests) -> None:
    others = texts_of("dev.jsonl")
    assert len(find_leaks(others, digests)) <= len(others) / 1000


def test_what_is_kept_is_hashes_of_one_byte(trained: list[str], digests: TrainingDigests) -> None:
    data = digests.to_bytes()
    assert digests.signatures.dtype == np.uint8
    assert not any(text[:20].encode() in data for text in trained)
    again = TrainingDigests.from_bytes(data, "training.npz")
    assert again.signatures.tolist() == digests.signatures.tolist()
    assert (again.files[499], again.rows[499], again.files[500], again.rows[500]) == (0, 500, 1, 1)


def test_many_passages_are_looked_up_in_pieces(digests: TrainingDigests, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = texts_of("train.jsonl")[:20]
    whole = find_leaks(texts, digests)
    monkeypatch.setattr("stance.scoring.leaks._ROWS", 3000)
    assert find_leaks(texts, digests) == whole
    assert [leak.passage for leak in whole] == list(range(20))


def test_nothing_was_trained_on() -> None:
    assert find_leaks(["The Dock Union blamed the Port Authority."], training_digests([])) == []


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\x80\x04."], ids=["empty", "half a zip", "a pickle"])
def test_broken_digests_are_refused(data: bytes) -> None:
    with pytest.raises(InputError, match=r"training\.npz: can't be read"):
        TrainingDigests.from_bytes(data, "training.npz")


def test_of_a_model_begun_with_only_what_is_new_is_kept() -> None:
    first, second, third = (f"the {word} cranes of the harbour stand still today" for word in ("old", "new", "tall"))
    own, theirs = training_digests([[first, second]]), training_digests([[second], [third, first]])
    joined = own.with_more(theirs, 1)
    assert joined.signatures.tolist() == signatures([first, second, third]).tolist()
    assert (joined.files.tolist(), joined.rows.tolist()) == ([0, 0, 2], [1, 2, 1])
