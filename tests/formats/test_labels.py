"""Labelled passages as Python code has them: read and checked as those of files are."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from stance.formats.labels import known_sources, labelled_given
from stance.records import InputError, LabelledPassage, Labels, Mention
from stance.text.codebook import Codebook

TEXT = "The Dock Union blamed the Port Authority."
ROW = {"id": "a", "text": TEXT, "frames": ["strike"], "stance": {"union": "neutral", "port": "against"}}
PAIR = {"holder": "union", "target": "port", "stance": "against"}


def read(given: Any, codebook: Codebook) -> tuple[list[LabelledPassage], list[dict[str, Any]], list[str]]:
    notes: list[str] = []
    return *labelled_given(given, codebook, notes.append), notes


def refused(given: Any, codebook: Codebook) -> str:
    with pytest.raises(InputError) as error:
        labelled_given(given, codebook, lambda line: None)
    return str(error.value)


def test_rows_are_labelled_passages_and_a_record(codebook: Codebook) -> None:
    rows, records, notes = read([ROW, {"id": "b", "article": "x", "text": "A gale.", "frames": []}], codebook)
    assert [(row.passage.id, row.passage.article, row.place) for row in rows] == [
        ("a", "a", "row 0"),
        ("b", "x", "row 1"),
    ]
    assert rows[0].labels == Labels(("strike",), {"union": "neutral", "port": "against"}, None)
    assert rows[1].labels == Labels((), None, None)
    lines = [
        {"id": "a", "article": "a", "text": TEXT, "frames": ["strike"], "stance": ROW["stance"]},
        {"id": "b", "article": "x", "text": "A gale.", "frames": []},
    ]
    digest = hashlib.sha256("".join(json.dumps(line, sort_keys=True) + "\n" for line in lines).encode()).hexdigest()
    assert records == [{"file": "rows", "sha256": digest, "passages": 2, "articles": 2}]
    assert notes == []


def test_a_frame_is_read_like_the_rows_that_it_holds(codebook: Codebook) -> None:
    pandas = pytest.importorskip("pandas")
    mention = {"actor": "port", "start": 26, "end": 40}
    full = [
        {**ROW, "directed": [PAIR], "mentions": [mention], "annotator": "ann", "page": 3},
        {"id": "b", "text": "A gale."},
    ]
    [expected, empty], _, _ = read(full, codebook)
    packed = {key: json.dumps(value) if isinstance(value, list | dict) else value for key, value in full[0].items()}
    for frame in (pandas.DataFrame(full), pandas.DataFrame([packed, full[1]])):
        rows, [record], notes = read(frame, codebook)
        assert [(row.passage, row.labels, row.annotator) for row in rows] == [
            (expected.passage, expected.labels, "ann"),
            (empty.passage, Labels(), ""),
        ]
        assert (record["file"], record["passages"], notes) == ("frame", 2, [])
    assert expected.passage.mentions == (Mention("port", 26, 40),)


@pytest.mark.parametrize(
    ("cell", "frames"),
    [
        ("strike; budget", ("strike", "budget")),
        ('["budget"]', ("budget",)),
        ("", None),
        ([], ()),
        ("[]", ()),
        (None, None),
    ],
)
def test_the_frames_of_a_cell(cell: Any, frames: tuple[str, ...] | None, codebook: Codebook) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"id": ["a"], "text": [TEXT], "frames": pandas.Series([cell], dtype=object)})
    assert read(frame, codebook)[0][0].labels.frames == frames


def test_a_frame_of_a_csv_is_read_like_the_file(codebook: Codebook, tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    file = tmp_path / "labels.csv"
    stance = '"{""port"": ""favor""}"'
    file.write_text(f"id,text,frames,stance\na,A gale.,strike,{stance}\nb,A ferry.,,\n7,A tug.,[],\n", encoding="utf-8")
    expected = [Labels(("strike",), {"port": "favor"}), Labels(), Labels(())]
    for given in (file, pandas.read_csv(file), pandas.read_csv(file, keep_default_na=False)):
        rows, _, notes = read(given, codebook)
        assert ([row.labels for row in rows], [row.passage.id for row in rows], notes) == (
            expected,
            ["a", "b", "7"],
            [],
        )


def test_columns_and_labels_are_known_by_other_names(codebook: Codebook) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"ID": ["a"], "Body": [TEXT], "Frames": [["Strike"]], "page": [3]})
    [row], _, notes = read(frame, codebook)
    assert (row.passage.text, row.labels.frames, row.passage.details) == (TEXT, ("strike",), {"page": 3})
    assert notes == [
        'frame: "Body" is taken for the text; passed through: page',
        'row 0: frame "Strike" is taken for strike',
    ]
    [row], _, notes = read([{"id": "a", "body": TEXT, "frames": ["strike"]}], codebook)
    assert (row.passage.text, notes) == (TEXT, ['rows: "body" is taken for the text'])


def test_rows_without_any_id_are_numbered(codebook: Codebook) -> None:
    pandas = pytest.importorskip("pandas")
    bare = [{"text": TEXT, "frames": []}, {"text": "A gale.", "frames": []}]
    for given in (bare, pandas.DataFrame(bare, index=["x", "y"])):
        assert [row.passage.id for row in read(given, codebook)[0]] == ["0", "1"]


def test_paths_are_read_as_the_command_reads_them(codebook: Codebook, tmp_path: Path) -> None:
    file = tmp_path / "labels.jsonl"
    file.write_text(json.dumps(ROW) + "\n", encoding="utf-8")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    for given in (file, str(file), [file], (str(file),)):
        [row], records, _ = read(given, codebook)
        assert (row.place, row.labels.frames) == (f"{file}:1", ("strike",))
        assert records == [
            {"file": f"{tmp_path.name}/labels.jsonl", "sha256": digest, "passages": 1, "articles": 1},
        ]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "no labelled data; give rows, a frame, or the files to read"),
        (ROW, "a single dict; give a list of such"),
        (7, "int is no list; give a list of texts, rows or Article"),
        ([ROW, 7], "row 1: int is no labelled row; give rows of the data format"),
        ([{"id": "a", "frames": []}], 'row 0: no "text"; found: id, frames; name the field with the passage "text"'),
        ([{**ROW, "text": " "}], 'row 0: "text" is empty; leave the row out or fill it'),
        ([ROW, {"text": TEXT}], 'row 1: no "id"; found: text; give every passage its own'),
        ([ROW, ROW], 'row 1: id "a" stands at row 0 too; rename or drop one'),
        ([{**ROW, "frames": "strike"}], 'row 0: frames should be a list; found: "strike"'),
        ([{**ROW, "frames": ["fire"]}], 'row 0: unknown frame "fire"; the codebook harbour has strike, budget'),
        ([{**ROW, "stance": {"port": "cross"}}], 'row 0: unknown stance, stance toward port: "cross"; use against'),
        (["no/such.jsonl"], "no/such.jsonl: no such file; check the path"),
    ],
)
def test_what_is_wrong_is_told_with_its_row(given: Any, message: str, codebook: Codebook) -> None:
    assert refused(given, codebook).startswith(message)


def test_broken_json_in_a_cell_is_told_with_its_row(codebook: Codebook) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"id": ["a", "b"], "text": [TEXT, TEXT], "stance": ['{"port": "favor"}', '{"port": ']})
    assert refused(frame, codebook) == 'row 1: stance is broken JSON; found: "{"port":"'


def test_a_source_that_trained_the_model_is_told() -> None:
    def told(records: Sequence[dict[str, Any]], kind: str = "linear") -> list[str]:
        return list(known_sources(records, "m-1", kind, {"data": [{"sha256": "1"}], "dev_data": [{"sha256": "2"}]}))

    assert told([{"file": "a.jsonl", "sha256": "1"}, {"file": "-", "sha256": ""}]) == [
        "a.jsonl: m-1 was trained on this file; these scores say nothing of other passages"
    ]
    assert told([{"file": "frame", "sha256": "1"}]) == [
        "frame: m-1 was trained on these rows; these scores say nothing of other passages"
    ]
    assert told([{"file": "rows", "sha256": "2"}]) == []
    assert told([{"file": "rows", "sha256": "2"}], "transformer") == [
        "rows: m-1 was calibrated on these rows; its card has the more honest scores"
    ]


def test_messages_match_what_the_command_says_of_the_same_row(codebook: Codebook, tmp_path: Path) -> None:
    file = tmp_path / "labels.jsonl"
    file.write_text(json.dumps({**ROW, "frames": ["fire"]}) + "\n", encoding="utf-8")
    assert refused(file, codebook) == refused([{**ROW, "frames": ["fire"]}], codebook).replace("row 0", f"{file}:1")
    assert re.fullmatch(r"row 0: .*", refused([{**ROW, "frames": ["fire"]}], codebook))
