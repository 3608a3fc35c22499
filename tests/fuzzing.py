"""What is fuzzed: functions that take any bytes, and let nothing out but `InputError`.

`benchmarks/fuzz.py` looks for bytes that break one, guided by coverage; `test_fuzz.py` replays the bytes that it kept.
"""

from __future__ import annotations

import io
import json
import math
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
from rich.console import Console

from stance.formats.archives import read_arrays
from stance.formats.checking import check_rows
from stance.formats.dataformat import label_row, parse_article, parse_labelled, parse_passage, parse_prediction
from stance.formats.flat import flatten
from stance.formats.jsonl import json_line
from stance.formats.labeltools.sheets import read_sheets
from stance.formats.labeltools.tools import export_sheets, import_rows
from stance.formats.mail import page_in_archive, read_mail
from stance.formats.reading import count_rows, find_files, read_rows
from stance.formats.rows import Row
from stance.formats.webpages import read_page
from stance.formats.word import read_word
from stance.formats.writing import row_writer
from stance.labelers.linear import LinearLabeler
from stance.labelers.onnx.graphs import check_graph
from stance.labelers.pipelines import check_pipelines
from stance.labelers.recipe import read_recipe
from stance.labelers.windows import check_tokenizer
from stance.learning.fitting import fit_model
from stance.models.folder import MANIFEST
from stance.models.inspection import inspect_model, inspection_lines
from stance.models.shipped import default_codebook
from stance.models.store import load_model, save_model
from stance.pages.overview import Overview
from stance.pages.overview_page import overview_page
from stance.pages.terminal import print_predictions
from stance.quoting import QUOTED
from stance.records import Article, InputError, Prediction
from stance.text.codebook import Codebook
from stance.text.holders import with_holders
from stance.text.mentions import Matcher
from stance.text.passages import split_article
from tests.conftest import CODEBOOK, corpus_rows

CORPUS = Path(__file__).parent / "fuzz"
TOOLS = ("label-studio", "doccano", "prodigy", "csv")
MODEL_FILES = ("calibration.json", "codebook.yaml", MANIFEST, "metrics.json", "linear.npz")


@cache
def _codebook() -> Codebook:
    """A small one: it is read anew by much of what is fuzzed."""
    return Codebook.parse(CODEBOOK)


@cache
def _matcher() -> Matcher:
    return Matcher(Codebook.read(default_codebook()))


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="stance-fuzz-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)


def _file(name: str, data: bytes) -> str:
    path = Path(_folder().name) / name
    path.write_bytes(data)
    return str(path)


def _one_line(error: InputError) -> None:
    """A message can be encoded."""
    str(error).encode("utf-8")


def _rows(name: str, data: bytes) -> list[Row]:
    file = _file(name, data)
    [file] = find_files([file])
    count_rows(file)
    rows = list(read_rows(file))
    for row in rows:
        assert not row.problem or len(row.problem) < 300 + QUOTED
    return rows


def _read_each(rows: list[Row]) -> None:
    """Every row as all that rows are taken for, and written again."""
    for row in rows:
        for parse in (_as_article, _as_passage, _as_labelled, _as_prediction):
            try:
                parse(row)
            except InputError as error:
                _one_line(error)


def _as_article(row: Row) -> None:
    article = parse_article(row.checked(), row.place, row.default_id)
    passages = split_article(article)
    _check_passages(article.text, passages)
    for passage in passages:
        _strict(json_line(Prediction(passage, {}, (), {}, {}, (), "m").to_dict()))


def _as_passage(row: Row) -> None:
    parse_passage(row.checked(), row.place, row.default_id)


def _as_labelled(row: Row) -> None:
    labelled = parse_labelled(row.checked(), row.place, _codebook())
    again = json.loads(_strict(json_line(label_row(labelled))))
    assert parse_labelled(again, row.place, _codebook()).labels == labelled.labels


def _as_prediction(row: Row) -> None:
    parse_prediction(row.checked(), row.place)


def _strict(line: bytes) -> bytes:
    """A line that any reader of JSON takes, and that is one line."""

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    json.loads(line, parse_constant=refuse)
    assert line.count(b"\n") == 1
    return line


def _check_passages(text: str, passages: list[Any]) -> None:
    """Each stands where it says, in order, and every word of the text in one of them."""
    end = 0
    for passage in passages:
        assert end <= passage.start < passage.end <= len(text)
        assert text[passage.start : passage.end] == passage.text
        assert not text[end : passage.start].strip()
        end = passage.end
    assert not text[end:].strip()
    assert len({passage.id for passage in passages}) == len(passages)


def jsonl(data: bytes) -> None:
    """Rows in JSON lines."""
    _read_each(_rows("rows.jsonl", data))


def checking(data: bytes) -> None:
    """Rows in JSON lines, looked at by `stance check`."""
    report = check_rows(_rows("rows.jsonl", data), _codebook())
    "".join(report.findings).encode("utf-8", "backslashreplace")


def csv(data: bytes) -> None:
    """Rows in CSV."""
    _read_each(_rows("rows.csv", data))


def parquet(data: bytes) -> None:
    """Rows in Parquet."""
    _read_each(_rows("rows.parquet", data))


def excel(data: bytes) -> None:
    """Rows in an Excel workbook: what is given is a sheet of it, or the whole."""
    if not data.startswith((b"PK", b"\xd0")):
        stream = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(_workbook())) as old, zipfile.ZipFile(stream, "w") as new:
            for part in old.namelist():
                new.writestr(part, data if part == "xl/worksheets/sheet1.xml" else old.read(part))
        data = stream.getvalue()
    _read_each(_rows("rows.xlsx", data))


@cache
def _workbook() -> bytes:
    book, stream = openpyxl.Workbook(), io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def text(data: bytes) -> None:
    """A text file, also compressed: the article, its passages and the actors in them."""
    for row in _rows("article.txt.gz" if data.startswith(b"\x1f\x8b") else "article.txt", data):
        _as_article(row)


def html(data: bytes) -> None:
    """A saved web page."""
    page = read_page(data)
    assert page.fields["text"].strip()
    assert 0.0 <= page.left_out <= 1.0
    _strict(json_line(page.fields))


def mail(data: bytes) -> None:
    """A mail, and the same bytes as a web archive."""
    found = read_mail(data)
    assert found.fields["text"].strip()
    _strict(json_line({**found.fields, "attachments": found.attachments}))
    page_in_archive(data)


def word(data: bytes) -> None:
    """A Word document, and one whose text is these bytes."""
    for file in (data, _document_of(data)):
        try:
            fields = read_word(file)
        except InputError as error:
            _one_line(error)
        else:
            assert fields["text"].strip()
            _strict(json_line(fields))


def _document_of(text: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(_empty_document())) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            new.writestr(name, text if name == "word/document.xml" else old.read(name))
    return stream.getvalue()


@cache
def _empty_document() -> bytes:
    import docx

    stream = io.BytesIO()
    docx.Document().save(stream)
    return stream.getvalue()


def codebook(data: bytes) -> None:
    """A codebook, and the matcher made of it."""
    book = Codebook.parse(data.decode("utf-8", "replace"))
    sample = " ".join(name.text for actor in book.actors for name in (*actor.aliases, *actor.people, *actor.metonyms))[
        :2000
    ]
    _check_mentions(sample, Matcher(book).find(sample, "2021-08-15"))


def matcher(data: bytes) -> None:
    """Text in which actors are looked for; its first line is the date."""
    date, _, words = data.decode("utf-8", "replace").partition("\n")
    _check_mentions(words, _matcher().find(words, date))


def _check_mentions(words: str, mentions: list[Any]) -> None:
    end = 0
    for mention in mentions:
        assert end <= mention.start < mention.end <= len(words)
        end = mention.end


def splitter(data: bytes) -> None:
    """Text that is split; its first two bytes are the most words of a paragraph and of a window."""
    most, window = data[0] % 40 + 1 if data else 1, data[1] % 40 + 1 if len(data) > 1 else 1
    words = data[2:].decode("utf-8", "replace")
    passages = split_article(Article("a", words), max(most, window), window)
    _check_passages(words, passages)


def predictions(data: bytes) -> None:
    """What `classify` wrote, in JSON lines: the page, the terminal, and all kinds of files made of it."""
    found = [parse_prediction(row.checked(), row.place) for row in _rows("predictions.jsonl", data)]
    page = overview_page(Overview(shown=5).read(iter(found)), _codebook(), "title")
    assert page.count("<script") == 1
    page.encode("utf-8")
    rows = [with_holders(prediction.to_dict(), prediction) for prediction in found]
    screen = io.StringIO()
    print_predictions(rows, _codebook(), Console(file=screen, width=80, highlight=False, markup=False))
    assert all(c.isprintable() or c in "\n" for c in screen.getvalue())
    for kind in ("csv", "parquet"):
        writer = row_writer(io.BytesIO(), kind, _codebook().frame_ids)
        for row in rows:
            if set(row["frames"]) <= set(_codebook().frame_ids):
                writer.write(flatten(row))
        writer.close()
    for row in rows:
        _strict(json_line(row))


def labels(data: bytes) -> None:
    """Labelled rows, to every label tool and back."""
    sheets = read_sheets(_rows("labels.jsonl", data), _codebook())
    for tool in TOOLS:
        exported = export_sheets(sheets, tool, _codebook())
        if sheets:
            import_rows([_file("exported", exported)], tool, _codebook())


def tools(data: bytes) -> None:
    """What a label tool exported; the first byte says which, and whether zipped."""
    choice, data = (data[0], data[1:]) if data else (0, b"")
    if choice & 4:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("ann.jsonl", data)
        data = packed.getvalue()
    imported = import_rows([_file("export", data)], TOOLS[choice & 3], _codebook())
    for row in imported.rows:
        parse_labelled(json.loads(_strict(json_line(row))), "row", _codebook())


def archive(data: bytes) -> None:
    """A file of arrays, or of estimators."""
    for read in (lambda: read_arrays(data, "linear.npz"), lambda: check_pipelines(data)):
        try:
            read()
        except InputError as error:
            _one_line(error)


def graph(data: bytes) -> None:
    """An ONNX graph, looked through and not run."""
    check_graph(data)


def tokenizer(data: bytes) -> None:
    """The file of a tokenizer, looked through and not built."""
    check_tokenizer(data)


@cache
def _model() -> dict[str, bytes]:
    """The files of a small linear model, fitted here."""
    book = _codebook()
    rows = [parse_labelled(row, f"row {number}", book) for number, row in enumerate(corpus_rows())]
    fitted = fit_model(rows, book, lambda: LinearLabeler(book.frame_ids))
    folder = Path(_folder().name) / "model"
    save_model(fitted.model, folder, {"held_out": fitted.scores, "dev": []}, {"data": [], "dev_data": []})
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def model(data: bytes) -> None:
    """A model folder one file of which is something else; the first byte says which. Digests fit."""
    from hashlib import sha256

    choice, data = (data[0] % len(MODEL_FILES), data[1:]) if data else (0, b"")
    folder = Path(_folder().name) / "model"
    files = {**_model(), MODEL_FILES[choice]: data}
    if choice != MODEL_FILES.index(MANIFEST):
        manifest = json.loads(files[MANIFEST])
        manifest["files"][MODEL_FILES[choice]] = sha256(data).hexdigest()
        files[MANIFEST] = json.dumps(manifest).encode()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    for read in (lambda: inspection_lines(inspect_model(folder)), lambda: load_model(folder)):
        try:
            read()
        except InputError as error:
            _one_line(error)


def recipe(data: bytes) -> None:
    """A recipe of training."""
    found = read_recipe(_file("recipe.yaml", data))
    assert all(math.isfinite(corpus.weight) for corpus in found.data.values())


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target
    for target in (
        jsonl, checking, csv, parquet, excel, text, html, mail, word, codebook, matcher, splitter, predictions, labels,
        tools,
        archive, graph, tokenizer, model, recipe,
    )
}  # fmt: skip


def run(target: str, data: bytes) -> None:
    """Give bytes to a target: any error but `InputError` goes through."""
    try:
        TARGETS[target](data)
    except InputError as error:
        _one_line(error)


def kept(target: str) -> Iterator[bytes]:
    """The bytes that are kept of a target, a JSON text a line, a byte a character."""
    for line in (CORPUS / f"{target}.jsonl").read_text(encoding="utf-8").splitlines():
        yield json.loads(line).encode("latin-1")
