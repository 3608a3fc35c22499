"""What holds for any text whatever: passages, mentions, names, rows and tables, drawn at random."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stance.formats.dataformat import from_json, label_row, parse_labelled, parse_prediction
from stance.formats.flat import flatten
from stance.formats.jsonl import json_line
from stance.formats.labeltools.sheets import read_sheets
from stance.formats.labeltools.tools import export_sheets, import_rows
from stance.formats.reading import find_files, read_rows
from stance.formats.rows import Row
from stance.formats.writing import row_writer
from stance.quoting import QUOTED, quote
from stance.records import STANCES, Article, Judgement, Mention, Passage, Prediction
from stance.text.codebook import Codebook
from stance.text.mentions import Matcher
from stance.text.names import fold, fold_text, without_accents
from stance.text.passages import split_article

ODD = ("\u0000", "\u0301", "\u200d", "\u202e", "\ufeff", "\u2028", "\x85", "\U0001f600", "İ", "ß", "طالبان", "پاکستان")
WORDS = ("Dock Union", "dockers", "Port Authority", "PA", "Northport", "Ada Lovett", "said", "Mr.", "“No.”", "- ", "’s")
TEXTS = st.lists(
    st.one_of(st.sampled_from((*ODD, *WORDS, "\n", "\n\n", "\r\n", " ", ". ", "=1+1", "'")), st.text(max_size=8)),
    max_size=40,
).map("".join)
WRITTEN = TEXTS.filter(lambda text: text.strip() and not any(0xD800 <= ord(c) < 0xE000 for c in text))
IDS = st.text(st.characters(exclude_categories=("Cs", "Z", "C")), min_size=1, max_size=12)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), IDS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(IDS, inner, max_size=3)),
    max_leaves=6,
)
quickly = settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@quickly
@given(text=TEXTS, most=st.integers(1, 30), window=st.integers(1, 30))
def test_every_word_of_a_text_stands_in_one_passage_where_it_says(text: str, most: int, window: int) -> None:
    end = 0
    passages = split_article(Article("a", text), max(most, window), window)
    for passage in passages:
        assert text[passage.start : passage.end] == passage.text
        assert passage.text.strip() == passage.text != ""
        assert not text[end : passage.start].strip()
        end = passage.end
    assert not text[end:].strip()
    assert len({passage.id for passage in passages}) == len(passages)


@quickly
@given(text=TEXTS, date=st.one_of(st.none(), st.sampled_from(("2021-08-15", "0000-00-00", "x"))))
def test_mentions_are_names_of_the_codebook_in_order(text: str, date: str | None, codebook: Codebook) -> None:
    spelled = [name.text for actor in codebook.actors for name in (*actor.aliases, *actor.people, *actor.metonyms)]
    names = {without_accents(fold(name).lower()) for name in spelled}
    end = 0
    for mention in Matcher(codebook).find(text, date):
        assert end <= mention.start < mention.end <= len(text)
        found = without_accents(fold(text[mention.start : mention.end]).lower())
        found = found.replace(".", "")
        assert any(found.startswith(name) or name.endswith(found) for name in names)
        end = mention.end


@quickly
@given(text=TEXTS)
def test_folded_letters_come_from_where_they_say(text: str) -> None:
    folded, starts, ends = fold_text(text)
    assert len(folded) == len(starts) == len(ends)
    assert all(0 <= start < end <= len(text) for start, end in zip(starts, ends, strict=True))
    assert list(starts) == sorted(starts)
    assert list(ends) == sorted(ends)


@quickly
@given(value=st.one_of(TEXTS, JSON))
def test_a_quotation_is_short_and_steers_no_terminal(value: Any) -> None:
    told = quote(value)
    assert len(told) <= QUOTED + 2
    assert told.isprintable()


@quickly
@given(value=st.dictionaries(IDS, JSON, max_size=4))
def test_json_of_ours_is_read_as_it_was_written(value: dict[str, Any]) -> None:
    line = json_line(value)
    assert line.count(b"\n") == 1
    assert from_json(line.decode()) == value


def labelled_rows(codebook: Codebook) -> st.SearchStrategy[dict[str, Any]]:
    stances = st.dictionaries(st.sampled_from(codebook.actor_ids), st.sampled_from(STANCES))
    pairs = st.permutations(codebook.actor_ids).map(lambda ids: ids[:2])
    directed = st.dictionaries(pairs.map(tuple), st.sampled_from(STANCES), max_size=2).map(
        lambda found: [{"holder": h, "target": t, "stance": s} for (h, t), s in found.items()]
    )
    parts = {"frames": st.lists(st.sampled_from(codebook.frame_ids), unique=True), "stance": stances}
    return st.fixed_dictionaries(
        {"id": IDS, "article": IDS, "text": WRITTEN},
        optional={**parts, "directed": directed, "annotator": IDS, "source": IDS},
    )


@quickly
@given(data=st.data())
def test_a_labelled_row_is_read_as_it_was_written(data: st.DataObject, codebook: Codebook) -> None:
    row = data.draw(labelled_rows(codebook))
    labelled = parse_labelled(row, "row", codebook)
    again = parse_labelled(from_json(json_line(label_row(labelled)).decode()), "row", codebook)
    assert (again.passage, again.labels) == (labelled.passage, labelled.labels)


@pytest.mark.parametrize("tool", ["label-studio", "doccano", "prodigy", "csv"])
@quickly
@given(data=st.data())
def test_labels_come_back_from_a_tool_as_they_went(
    tool: str, data: st.DataObject, codebook: Codebook, tmp_path: Path
) -> None:
    row = data.draw(labelled_rows(codebook).filter(lambda row: {"frames", "stance", "directed"} & row.keys()))
    sheets = read_sheets([Row("row", row)], codebook)
    (tmp_path / "export").write_bytes(export_sheets(sheets, tool, codebook))
    [found] = import_rows([str(tmp_path / "export")], tool, codebook).rows
    again = parse_labelled(found, "again", codebook)
    before = parse_labelled(row, "before", codebook)
    assert again.passage.text == before.passage.text
    assert (again.passage.id, again.annotator, again.labels) == (before.passage.id, before.annotator, before.labels)


PROBS = st.integers(0, 100).map(lambda percent: percent / 100)


def predictions(codebook: Codebook) -> st.SearchStrategy[Prediction]:
    judged = st.builds(Judgement, st.sampled_from(STANCES), PROBS, PROBS, PROBS)

    def prediction(
        identifier: str, text: str, source: str, page: Any, values: list[float], toward: Judgement
    ) -> Prediction:
        [first, second, *_] = codebook.actor_ids
        mentions = (Mention(first, 0, 1),)
        passage = Passage(
            f"{identifier}#0", identifier, text, 3, 3 + len(text), mentions, {"source": source, "page": page}
        )
        frames = dict(zip(codebook.frame_ids, values, strict=True))
        labels = codebook.frame_ids[:1]
        return Prediction(
            passage, frames, labels, {first: toward}, {(first, second): toward}, (f"stance:{first}",), "m"
        )

    values = st.lists(PROBS, min_size=len(codebook.frame_ids), max_size=len(codebook.frame_ids))
    return st.builds(prediction, IDS, WRITTEN, IDS, JSON.filter(lambda page: page is not None), values, judged)


CELLS = st.one_of(WRITTEN, st.sampled_from(("'=1+1", "''", "'tis", "-1", "a;b", "a|b", '"', "\t", "\ufeff")))


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@quickly
@given(rows=st.lists(st.tuples(WRITTEN, CELLS), min_size=1, max_size=4))
def test_a_table_of_others_is_read_as_they_wrote_it(
    separator: str, mark: str, rows: list[tuple[str, str]], tmp_path: Path
) -> None:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=separator, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerows([("Body", "note"), *rows])
    (tmp_path / "rows.csv").write_text(mark + stream.getvalue(), encoding="utf-8", newline="")
    [file] = find_files([str(tmp_path / "rows.csv")])
    read = [row.checked() for row in read_rows(file)]
    assert [(row["text"], row.get("note", "")) for row in read] == rows


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
@quickly
@given(data=st.data())
def test_predictions_are_read_from_every_kind_of_file_as_they_were_written(
    kind: str, data: st.DataObject, codebook: Codebook, tmp_path: Path
) -> None:
    before = data.draw(predictions(codebook))
    stream = io.BytesIO()
    writer = row_writer(stream, kind, codebook.frame_ids)
    writer.write(json_line(before.to_dict()) if kind == "jsonl" else flatten(before.to_dict()))
    writer.close()
    (tmp_path / f"rows.{kind}").write_bytes(stream.getvalue())
    [row] = read_rows(*find_files([str(tmp_path / f"rows.{kind}")]))
    after = parse_prediction(row.checked(), row.place)
    assert json.dumps(after.to_dict(), sort_keys=True) == json.dumps(before.to_dict(), sort_keys=True)
