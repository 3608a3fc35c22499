"""Files in, rows out: what is left out, what ends the run, and the same rows on any number of processes."""

from __future__ import annotations

import functools
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import stance.jobs.stream
from stance.formats.jsonl import json_line
from stance.formats.reading import find_files
from stance.formats.writing import OutputError
from stance.jobs.stream import BATCH, EXPLAINED, SHOWN, Reader, Settings, label_rows, unread_languages
from stance.models.store import load_model
from stance.records import Article, InputError, Mention, Passage
from stance.text.holders import with_holders

TEXT = "The Dock Union blamed the Port Authority over the stopped cranes."


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Writes good rows and, in the lines named, bad ones; works in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def write_rows(name: str, count: int, bad: tuple[int, ...] = (), first: int = 1) -> str:
        rows = [{"id": f"n{number}", "text": TEXT} for number in range(first, first + count)]
        lines = ["{" if line in bad else json.dumps(row) for line, row in enumerate(rows, 1)]
        Path(name).write_text("\n".join(lines) + "\n")
        return name

    return write_rows


def read(files: list[str], strict: bool = False) -> tuple[list[str], list[str], str, tuple[int, int]]:
    """Ids, reported lines, the error that ended the run, and the reader's counts of rows and bad ones."""
    reports: list[str] = []
    reader, ids, error = Reader("article", strict, reports.append), [], ""
    try:
        ids.extend(item.id for item in reader.read(files))
    except InputError as refused:
        error = str(refused)
    return ids, reports, error, (reader.rows, reader.bad)


PROBLEM = 'broken JSON: Expecting property name enclosed in double quotes; found: "{"'


def test_article_and_passage_units_give_their_records(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    mention = {"actor": "union", "start": 4, "end": 14}
    path.write_text(json.dumps({"id": "p", "article": "a", "text": TEXT, "start": 7, "mentions": [mention]}) + "\n")
    mentions = (Mention("union", 4, 14),)
    assert list(Reader("article").read([str(path)])) == [Article("p", TEXT, mentions)]
    assert list(Reader("passage").read([str(path)])) == [Passage("p", "a", TEXT, 7, 72, mentions)]


def test_a_bad_page_among_others_is_left_out_and_nothing_but_bad_ones_refused(write: Callable[..., str]) -> None:
    bad, good = write("a.jsonl", 1, bad=(1,)), write("b.jsonl", 1, first=2)
    ids, reports, error, counts = read([bad, good])
    assert (ids, error, counts) == (["n2"], "", (2, 1))
    assert reports == [f"a.jsonl:1: {PROBLEM}; left out"]
    assert read([bad])[2] == f"a.jsonl:1: {PROBLEM} (1 of 1 rows are bad; up to 1 in 100 would be left out)"
    assert read([bad, write("c.jsonl", 1, bad=(1,))])[2] == "a.jsonl: none of 2 files could be read; see above"
    assert read([bad, good], strict=True)[2] == f"a.jsonl:1: {PROBLEM}"


def test_one_bad_row_in_a_hundred_is_reported_and_left_out(write: Callable[..., str]) -> None:
    ids, reports, error, counts = read([write("a.jsonl", 100, bad=(7,))])
    assert ids == [f"n{number}" for number in range(1, 101) if number != 7]
    assert (reports, error, counts) == ([f"a.jsonl:7: {PROBLEM}; left out"], "", (100, 1))


@pytest.mark.parametrize(("count", "bad"), [(99, (7,)), (199, (7, 8)), (1, (1,))], ids=["99", "199", "1"])
def test_more_bad_rows_than_one_in_a_hundred_are_refused(
    count: int, bad: tuple[int, ...], write: Callable[..., str]
) -> None:
    _, reports, error, _ = read([write("a.jsonl", count, bad)])
    assert reports == []
    assert error == (
        f"a.jsonl:{bad[0]}: {PROBLEM} ({len(bad)} of {count} rows are bad; up to 1 in 100 would be left out)"
    )


def test_share_of_bad_rows_is_that_of_each_file(write: Callable[..., str]) -> None:
    good, bad = write("a.jsonl", 300), write("b.jsonl", 50, (2,), first=1000)
    ids, _, error, _ = read([good, bad])
    assert len(ids) == 349
    assert error == f"b.jsonl:2: {PROBLEM} (1 of 50 rows are bad; up to 1 in 100 would be left out)"


def test_strict_stops_at_the_first_bad_row(write: Callable[..., str]) -> None:
    ids, reports, error, _ = read([write("a.jsonl", 200, bad=(7,))], strict=True)
    assert (ids, reports) == ([f"n{number}" for number in range(1, 7)], [])
    assert error == f"a.jsonl:7: {PROBLEM}"


def test_only_the_first_bad_rows_are_reported_one_by_one(write: Callable[..., str]) -> None:
    bad = tuple(range(5, 30))
    _, reports, error, counts = read([write("a.jsonl", 2500, bad)])
    assert reports == [
        *(f"a.jsonl:{line}: {PROBLEM}; left out" for line in bad[:SHOWN]),
        "a.jsonl: 5 more bad rows; left out",
    ]
    assert (error, counts) == ("", (2500, 25))


def test_id_repeated_in_one_file_is_a_bad_row(write: Callable[..., str]) -> None:
    name = write("a.jsonl", 100)
    lines = Path(name).read_text().splitlines()
    Path(name).write_text("\n".join([*lines[:99], lines[0]]) + "\n")
    ids, reports, error, _ = read([name])
    assert (ids, error) == ([f"n{number}" for number in range(1, 100)], "")
    assert reports == ['a.jsonl:100: id "n1" stands twice in this file; give every row its own; left out']


def test_id_repeated_over_two_files_is_refused_however_rare(write: Callable[..., str]) -> None:
    ids, reports, error, _ = read([write("a.jsonl", 200), write("b.jsonl", 200, first=200)])
    assert (len(ids), reports) == (200, [])
    assert error == (
        'b.jsonl:1: id "n200" stands in a.jsonl too; give every article its own id, or name one file alone'
    )


def test_text_files_of_one_name_in_two_folders_are_both_read(tmp_path: Path) -> None:
    files = [tmp_path / year / "note.txt" for year in ("2021", "2022")]
    for file in files:
        file.parent.mkdir()
        file.write_text(TEXT)
    ids, _, error, _ = read([str(file) for file in files])
    assert (len(set(ids)), error) == (2, "")


def articles(count: int) -> list[Article]:
    furniture = "Photo: A. Quay\n\n"
    return [Article(f"a{number}", f"{furniture}{TEXT}\n\nCity Council met {number} times.") for number in range(count)]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_names_of_files_that_are_no_utf8_become_ids_that_are(tmp_path: Path) -> None:
    for folder in (b"one\xff", b"two"):
        os.mkdir(os.fsencode(tmp_path) + b"/" + folder)
        with open(os.fsencode(tmp_path) + b"/" + folder + b"/a\xff.txt", "w") as stream:
            stream.write("Dockers left, early.")
    files = find_files([str(tmp_path)])
    ids = [item.id for item in Reader("article").read(files)]
    assert ids[0] == "a\\udcff"
    assert ids[1] == f"{tmp_path}/two/a\\udcff"
    assert all(identifier.encode("utf-8") for identifier in ids)


def test_rows_are_those_of_the_model_with_the_passages_counted_by_kind(model_dir: Path) -> None:
    given = articles(BATCH + 1)
    labelled = list(label_rows(given, str(model_dir), Settings(), jobs=1))
    assert [(len(rows), counts) for rows, counts in labelled] == [
        (2 * BATCH, Counter({"prose": 2 * BATCH, "credit": BATCH})),
        (2, Counter({"prose": 2, "credit": 1})),
    ]
    expected = [with_holders(p.to_dict(), p) for p in load_model(model_dir).classify(given)]
    assert [row for rows, _ in labelled for row in rows] == expected


def test_long_articles_are_labelled_a_few_at_a_time(model_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = articles(5)
    monkeypatch.setattr(stance.jobs.stream, "CHARACTERS", sum(len(item.text) for item in given[:2]))
    batches = [rows for rows, _ in label_rows(given, str(model_dir), Settings(), jobs=1)]
    assert [[row["article"] for row in rows[::2]] for rows in batches] == [["a0", "a1"], ["a2", "a3"], ["a4"]]


def test_articles_to_be_explained_are_taken_one_at_a_time(model_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stance.jobs.stream, "CHARACTERS", EXPLAINED * min(len(item.text) for item in articles(3)))
    batches = [rows for rows, _ in label_rows(articles(3), str(model_dir), Settings(explain=True), jobs=1)]
    assert [len(rows) for rows in batches] == [2, 2, 2]


@pytest.mark.parametrize(("explain", "inline", "batches"), [(False, 1, [2]), (False, 10_000, []), (True, 10_000, [13])])
def test_processes_are_started_where_that_pays(
    explain: bool, inline: int, batches: list[int], model_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[int] = []

    def pool(taken: Any, *others: Any) -> Any:
        started.append(sum(1 for _ in taken))
        return iter(())

    monkeypatch.setattr(stance.jobs.stream, "_in_processes", pool)
    monkeypatch.setattr(stance.jobs.stream, "INLINE", inline)
    list(label_rows(articles(2 * BATCH), str(model_dir), Settings(explain=explain), jobs=2))
    assert started == batches


def test_one_batch_needs_no_other_process(model_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stance.jobs.stream, "_in_processes", lambda *given: pytest.fail("processes for one batch"))
    monkeypatch.setattr(stance.jobs.stream, "INLINE", 1)
    [(rows, _)] = label_rows(articles(2), str(model_dir), Settings(), jobs=2)
    assert len(rows) == 4


def test_rows_are_the_same_for_one_and_two_processes(model_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = articles(2 * BATCH + 5)
    one = list(label_rows(given, str(model_dir), Settings((("strike", 0.9),)), 1, json_line))
    monkeypatch.setattr(stance.jobs.stream, "INLINE", 0)
    assert list(label_rows(given, str(model_dir), Settings((("strike", 0.9),)), 2, json_line)) == one
    assert [len(rows) for rows, _ in one] == [64, 64, 10]


def threads(directory: str, row: Any) -> int:
    return stance.jobs.stream.model_of(directory, Settings()).labeler.n_jobs


@pytest.mark.parametrize(("inline", "expected"), [(10_000, {3}), (0, {1})])
def test_each_core_has_one_thread(
    inline: int, expected: set[int], model_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stance.jobs.stream, "INLINE", inline)
    form = functools.partial(threads, str(model_dir))
    found = label_rows(articles(2 * BATCH), str(model_dir), Settings(), 3, form)
    assert {own for rows, _ in found for own in rows} == expected


def die(*given: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_that_was_killed_is_told_in_one_line(model_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stance.jobs.stream, "_label_batch", die)
    monkeypatch.setattr(stance.jobs.stream, "INLINE", 1)
    with pytest.raises(OutputError, match=r"^a process was killed, most likely for want of memory; give fewer --jobs$"):
        list(label_rows(articles(2 * BATCH), str(model_dir), Settings(), jobs=2))


def test_dates_that_are_not_read_are_told_once_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    dates = ["2021-08-15", "01.08.2023", "2023-13-01", "2024-05-01T10:00:00Z", None]
    rows = [{"id": str(i), "text": TEXT, "date": date} for i, date in enumerate(dates)]
    Path("a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert read(["a.jsonl"])[1] == [
        'a.jsonl: 2 dates not read, as "01.08.2023"; write them like 2021-08-15, or give --date-format "%d.%m.%Y". '
        "Without a date, a name that two actors had at different times is not matched"
    ]


def test_passages_are_labelled_as_they_are(model_dir: Path) -> None:
    passage = Passage("p", "a", "Photo: A. Quay", 3, 17, (Mention("union", 7, 14),))
    [(rows, counts)] = label_rows([passage], str(model_dir), Settings(), jobs=1)
    assert [(row["id"], row["start"], row["end"], list(row["stance"])) for row in rows] == [("p", 3, 17, ["union"])]
    assert counts == {"prose": 1}


@pytest.mark.parametrize(("threshold", "labels"), [(0.0, ["strike", "budget"]), (1.0, ["budget"])], ids=["0", "1"])
def test_threshold_decides_on_the_frame(threshold: float, labels: list[str], model_dir: Path) -> None:
    text = "The Dock Union thanked the City Council when the accounts were read over the money for dredging."
    [(rows, _)] = label_rows([Article("a", text)], str(model_dir), Settings((("strike", threshold),)), jobs=1)
    assert rows[0]["frame_labels"] == labels


def test_input_is_read_no_further_than_asked(model_dir: Path) -> None:
    taken: list[str] = []

    def source() -> Any:
        for article in articles(10 * BATCH):
            taken.append(article.id)
            yield article

    next(label_rows(source(), str(model_dir), Settings(), jobs=1))
    assert len(taken) == BATCH


FRENCH = "L'armée a déclaré lundi que des hommes armés avaient franchi la frontière et attaqué un poste."


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_the_model_can_not_read_is_marked_or_left_out_and_counted(
    jobs: int, model_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stance.jobs.stream, "INLINE", 0)
    texts = [TEXT, f"{FRENCH}\n\n{FRENCH}", TEXT]
    given = [Article(f"a{n}", texts[n % 3], details={"lang": "ar"} if n == 2 else {}) for n in range(3 * BATCH)]
    marked = list(label_rows(given, str(model_dir), Settings(), jobs))
    kept = list(label_rows(given, str(model_dir), Settings(skip_unread=True), jobs))
    counts = [sum((part for _, part in batches), Counter()) for batches in (marked, kept)]
    assert counts[0] == Counter({"prose": 4 * BATCH, "unread:fr": BATCH, "unread:ar": 1})
    assert counts[1] == Counter({"prose": 2 * BATCH - 1, "unread:fr": BATCH, "unread:ar": 1})
    assert unread_languages(counts[0]) == unread_languages(counts[1]) == Counter(fr=BATCH, ar=1)
    rows = [row for batch, _ in marked for row in batch]
    unread = [row for row in rows if row["uncertain"] == ["language"]]
    assert Counter(row["lang"] for row in unread) == Counter(fr=2 * BATCH, ar=1)
    assert [row for batch, _ in kept for row in batch] == [row for row in rows if row not in unread]


def test_passages_of_an_article_share_its_language_as_rows_too(tmp_path: Path, model_dir: Path) -> None:
    rows = [{"id": "p", "article": "a", "text": FRENCH}, {"id": "q", "article": "a", "text": "Le juge vint."}]
    rows.append({"id": "r", "text": "Le juge vint."})
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    [(labelled, counts)] = label_rows(Reader("passage").read([str(path)]), str(model_dir), Settings(), 1)
    assert [row["uncertain"] == ["language"] for row in labelled] == [True, True, False]
    assert counts == Counter({"prose": 3, "unread:fr": 2})


def test_nothing_is_explained_of_what_can_not_be_read(model_dir: Path) -> None:
    [([row], _)] = label_rows([Article("a", TEXT, details={"lang": "ur"})], str(model_dir), Settings(explain=True), 1)
    assert (row["uncertain"], row["why"]) == (["language"], {})


def test_rows_whose_text_alone_is_missing_are_left_out_and_counted(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("Titel;Text\nOne;The Dock Union left.\nTwo;\nThree; \nFour;The Port Authority stayed.\n")
    told: list[str] = []
    reader = Reader("article", report=told.append)
    assert [item.details["title"] for item in reader.read([str(file)])] == ["One", "Four"]
    assert told == [
        f'{file}: "Titel" is taken for the title',
        f"{file}: 2 rows without a text left out, the first at {file}:3 (row 3)".replace(" (row 3)", ""),
    ]
    assert (reader.rows, reader.bad) == (2, 0)
    with pytest.raises(InputError, match=r':3: "text" is empty; leave the row out or fill it$'):
        list(Reader("article", strict=True).read([str(file)]))


def test_a_file_without_any_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("Titel;Text\nOne;\nTwo;\n")
    message = r":2: no row has a text; fill the column, or name it with --text-column NAME$"
    with pytest.raises(InputError, match=message):
        list(Reader("article").read([str(file)]))


def test_predictions_that_are_read_as_articles_are_told(tmp_path: Path) -> None:
    file = tmp_path / "out.jsonl"
    file.write_text(json.dumps({"id": "a#0", "text": TEXT, "frames": {}, "frame_labels": [], "model": "m-1"}) + "\n")
    told: list[str] = []
    assert len(list(Reader("article", report=told.append).read([str(file)]))) == 1
    assert told == [f"{file}: these are predictions of stance; their passages are labelled again"]
