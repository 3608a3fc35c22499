"""What a training says of its data; trainings themselves are in test_cli.py and test_neural.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from conftest import corpus_rows

from stance.formats.dataformat import parse_labelled
from stance.learning.training import Reports, _tell_repeated, check_installed, train_fitted
from stance.records import InputError
from stance.text.codebook import Codebook

ROW: Mapping[str, Any] = {"id": "a", "text": "The dockers left.", "frames": ["strike"]}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ([], []),
        ([{**ROW, "id": "b", "text": "The dockers  left."}], ["more than once: 1, with different labels: 0;"]),
        (
            [{**ROW, "id": "b", "frames": []}, {**ROW, "id": "c", "text": "They came."}, {**ROW, "id": "d"}],
            ["more than once: 1, with different labels: 1;"],
        ),
    ],
)
def test_passages_that_stand_twice_are_told(more: list[dict[str, Any]], said: list[str], codebook: Codebook) -> None:
    notes: list[str] = []
    _tell_repeated([parse_labelled(row, "f", codebook) for row in (ROW, *more)], notes.append)
    assert len(notes) == len(said)
    assert all(part in note for note, part in zip(notes, said, strict=True))


def quiet() -> Reports:
    return Reports(lambda line: None, lambda: None)  # type: ignore[arg-type, return-value]


def test_the_record_keeps_the_languages_of_the_passages(codebook: Codebook) -> None:
    rows = [parse_labelled(row, "f", codebook) for row in corpus_rows()]
    french = [parse_labelled({**row, "lang": "fr-CA"}, "f", codebook) for row in corpus_rows()[:40]]
    records = [[{"file": "f", "sha256": "0", "passages": len(part), "articles": 1}] for part in (rows, rows)]
    trained = train_fitted("linear", (rows, records[0]), [], codebook, 0, 1, quiet())
    assert trained.record["languages"] == ["en"]
    mixed = [*french, *rows[40:]]
    assert train_fitted("linear", (mixed, records[1]), [], codebook, 0, 1, quiet()).record["languages"] == ["fr", "en"]


def test_a_transformer_is_not_trained_without_what_that_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "torch" else object())
    with pytest.raises(
        InputError,
        match=r"^training a transformer needs torch; not installed here: pip install 'framestance\[train\]'$",
    ):
        check_installed()
