"""Recipes: settings, corpora and dev sets from YAML, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from stance.labelers.recipe import Corpus, TransformerConfig, parse_recipe, read_recipe
from stance.records import InputError


def test_a_recipe(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(
        "epochs: 3\nlearning_rate: 1\nseed: 7\ndata: {a: x.jsonl, b: {path: y.jsonl, weight: 2}}\ndev: {c: z.jsonl}\n"
    )
    recipe = read_recipe(path)
    assert recipe.config == TransformerConfig(epochs=3, learning_rate=1.0)
    assert recipe.data == {"a": Corpus(str(tmp_path / "x.jsonl")), "b": Corpus(str(tmp_path / "y.jsonl"), 2.0)}
    assert recipe.dev == {"c": str(tmp_path / "z.jsonl")}
    assert recipe.seed == 7


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"epoch": 3}, 'unknown setting "epoch"'),
        ({"epochs": "3"}, 'epochs is a int, as in epochs: 8; found "3"'),
        ({"epochs": True}, "epochs is a int"),
        ({"epochs": 0}, "epochs is at least 1; found 0"),
        ({"dropout": 1.0}, "dropout is a share from 0 to below 1"),
        ({"max_tokens": 8}, "max_tokens is 0 or at least 32"),
        ({"precision": "int4"}, "precision is one of auto, fp32, bf16"),
        ({"seed": -1}, "seed is a whole number"),
        ({"seed": 2**32}, "seed is a whole number from 0 to 4294967295"),
        ({"data": ["x"]}, "data names corpora and their files"),
        ({"data": {"a": {"path": "x", "weight": 0}}}, "a path and a weight above 0"),
        ({"data": {"a": None}}, "a has no path"),
        ({"notes": 3}, "notes are a text"),
    ],
)
def test_what_is_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=r"r\.yaml: ") as caught:
        parse_recipe(values, "r.yaml")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"), [("a: [", "no YAML"), ("- a", "list of settings"), (None, "no such file")]
)
def test_unreadable_files(tmp_path: Path, text: str | None, message: str) -> None:
    path = tmp_path / "r.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_recipe(path)
