"""The tidy table: a row a judgement, for analysts."""

from __future__ import annotations

import io
import json

import pytest

from stance.formats.tidy import tidied, tidy_columns, tidy_lines
from stance.formats.writing import Shape, row_writer

PREDICTION = {
    "id": "a#0",
    "article": "a",
    "title": "T",
    "date": "2021-08-15",
    "page": 3,
    "start": 0,
    "end": 9,
    "text": "=x",
    "frames": {"strike": 0.25},
    "frame_labels": ["strike"],
    "stance": {
        "u": {"label": "favor", "against": 0.1, "neutral": 0.2, "favor": 0.7},
        "p": {"label": "neutral", "against": 0.3, "neutral": 0.6, "favor": 0.1},
    },
    "directed": [{"holder": "u", "target": "p", "label": "against", "against": 0.8, "neutral": 0.1, "favor": 0.1}],
    "mentions": [],
    "uncertain": ["strike", "stance:p", "directed:u>p"],
    "model": "m",
}
PASSAGE = {"id": "a#0", "article": "a", "title": "T", "source": None, "date": "2021-08-15", "url": None, "lang": None}
END = {"frame.strike": 0.25, "frame_labels": "strike", "model": "m", "text": "=x"}
ROWS = [
    {**PASSAGE, "actor": "u", "holder": None, "stance": "favor", "against": 0.1, "neutral": 0.2, "favor": 0.7,
     "unsure": 0, **END},
    {**PASSAGE, "actor": "p", "holder": None, "stance": "neutral", "against": 0.3, "neutral": 0.6, "favor": 0.1,
     "unsure": 1, **END},
    {**PASSAGE, "actor": "p", "holder": "u", "stance": "against", "against": 0.8, "neutral": 0.1, "favor": 0.1,
     "unsure": 1, **END},
]  # fmt: skip


def test_a_passage_has_a_row_for_each_actor_and_each_pair() -> None:
    assert tidied(PREDICTION) == ROWS
    assert all(list(row) == tidy_columns(["strike"]) for row in ROWS)
    assert [json.loads(line) for line in tidy_lines(PREDICTION).splitlines()] == ROWS


def test_a_passage_without_actors_has_one_row() -> None:
    [row] = tidied({**PREDICTION, "stance": {}, "directed": []})
    assert row == {**ROWS[0], **dict.fromkeys(("actor", "stance", "against", "neutral", "favor", "unsure"))}


def test_all_is_unsure_in_a_language_that_the_model_does_not_read() -> None:
    rows = tidied({**PREDICTION, "lang": "ar", "uncertain": ["language"]})
    assert [(row["lang"], row["unsure"]) for row in rows] == [("ar", 1)] * 3


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_tables_have_a_type_for_each_column(kind: str) -> None:
    import pandas

    stream = io.BytesIO()
    writer = row_writer(stream, kind, ["strike"], Shape(tidy=True))
    writer.write(tidied(PREDICTION))
    writer.write(tidied({**PREDICTION, "stance": {}, "directed": []}))
    writer.close()
    stream.seek(0)
    table = pandas.read_csv(stream) if kind == "csv" else pandas.read_parquet(stream)
    assert list(table.columns) == tidy_columns(["strike"])
    assert table["text"][0] == ("'=x" if kind == "csv" else "=x")
    conveyed = table[table.holder.isna() & table.actor.notna()]
    assert conveyed.groupby("actor").favor.mean().to_dict() == {"p": 0.1, "u": 0.7}
    assert table.unsure.sum() == 2
    assert table.drop_duplicates("id")["frame.strike"].tolist() == [0.25]
