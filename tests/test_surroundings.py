"""Whatever the machine around it is: nothing of a text is told that should not be, nothing sent, and the same bytes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stance.commands.app import main
from stance.jobs.stream import Settings, label_rows
from stance.models.shipped import default_model
from stance.quoting import QUIET, QUOTED
from stance.records import Article
from tests.conftest import CODEBOOK, corpus_rows

SECRET = "Zebra"
TEXT = "The Dock Union blamed the Port Authority."
ROW = {"id": "a", "article": "a", "text": TEXT}


def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["stance", *map(str, arguments)])
    with pytest.raises(SystemExit) as stop:
        main()
    return (int(stop.value.code or 0), *capfd.readouterr())


def line(**fields: Any) -> str:
    return json.dumps({**ROW, **fields}) + "\n"


LONG = SECRET * 30
TOLD = {
    "broken JSON": ("a.jsonl", f'{{"text": {LONG}\n'),
    "no object": ("a.jsonl", f'"{LONG}"\n'),
    "no text": ("a.jsonl", json.dumps({LONG: 1}) + "\n"),
    "a text that is none": ("a.jsonl", line(text=[LONG])),
    "an id that is none": ("a.jsonl", line(id=[LONG])),
    "an id twice": ("a.jsonl", 2 * line(id=LONG)),
    "a frame": ("a.jsonl", line(frames=[LONG])),
    "frames": ("a.jsonl", line(frames=LONG)),
    "a stance": ("a.jsonl", line(stance={"port": LONG})),
    "an actor": ("a.jsonl", line(stance={LONG: "x"})),
    "a pair": ("a.jsonl", line(directed=[{"holder": LONG, "target": "port", "stance": "x"}])),
    "a pair twice": (
        "a.jsonl",
        line(directed=[{"holder": LONG, "target": "port", "stance": stance} for stance in ("favor", "against")]),
    ),
    "a mention": ("a.jsonl", line(mentions=[{"actor": LONG, "start": 0, "end": 999}])),
    "no header": ("a.csv", f"{LONG},{LONG}\nb,c\n"),
    "a cell of JSON": ("a.csv", f'id,text,stance\na,b,"{{{LONG}"\n'),
}


@pytest.mark.parametrize("case", TOLD)
def test_messages_quote_little_of_the_input_and_nothing_where_asked(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(QUIET, "")
    name, text = TOLD[case]
    Path(name).write_text(text)
    Path("codebook.yaml").write_text(CODEBOOK)
    command = ("train", name, "--codebook", "codebook.yaml", "--output", "model")
    code, out, err = run(monkeypatch, capfd, *command)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert 1 <= err.count(SECRET[:4]) <= QUOTED // len(SECRET)
    code, out, quiet = run(monkeypatch, capfd, *command, "--quiet-text")
    assert (code, out, quiet.count("\n")) == (2, "", 1)
    assert SECRET[:2] not in quiet
    assert quiet.startswith(f"stance: {name}:1: ") or quiet.startswith(f"stance: {name}:2: ")


_EVERYTHING = """
import sys
seen = []
def hook(event, arguments):
    if event in ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto", "socket.gethostbyname"):
        seen.append(event)
        raise RuntimeError("a connection: " + event)
sys.addaudithook(hook)
from stance.commands.app import main
for line in open("commands.txt"):
    sys.argv = ["stance", *line.split()]
    try:
        main()
    except SystemExit as stop:
        assert stop.code in (0, None), (line, stop.code)
assert not seen, seen
print("all done")
"""


def test_no_command_opens_a_connection(tmp_path: Path, model_dir: Path) -> None:
    rows = corpus_rows()
    (tmp_path / "labels.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "codebook.yaml").write_text(CODEBOOK)
    (tmp_path / "text.txt").write_text(TEXT)
    book, model = "--codebook codebook.yaml", f"--model {model_dir}"
    commands = [
        f"check labels.jsonl {book}",
        f"train labels.jsonl {book} --output mine",
        f"classify labels.jsonl {model} --jobs 2 --output rows.jsonl",
        f"classify text.txt {model} --format text --explain",
        f"report rows.jsonl {book} --output report.html",
        f"evaluate labels.jsonl {model} --report scores.html",
        f"suggest labels.jsonl {model} -n 3 --output todo.jsonl",
        f"export todo.jsonl {book} --to label-studio --output tasks.json",
        f"export labels.jsonl {book} --to doccano --output tasks.jsonl",
        f"import tasks.jsonl {book} --from doccano --output back.jsonl",
        f"agree labels.jsonl back.jsonl {book}",
        "inspect",
    ]
    (tmp_path / "commands.txt").write_text("\n".join(commands))
    done = subprocess.run(
        [sys.executable, "-c", _EVERYTHING], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["all done"]), done.stderr


def test_a_terminal_without_unicode_is_no_error(tmp_path: Path, model_dir: Path) -> None:
    (tmp_path / "text.txt").write_text(f"“{TEXT[:-1]}” — طالبان", encoding="utf-8")
    poor = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "stance", "classify", "text.txt", "--model", str(model_dir)]
    for form in ("text", "jsonl"):
        done = subprocess.run(
            [*command, "--format", form], cwd=tmp_path, capture_output=True, check=False, env={**os.environ, **poor}
        )
        assert (done.returncode, done.stderr) == (0, b"1 passage of 1 input labelled\n")
        assert ("طالبان".encode() in done.stdout) == (form == "jsonl")
        assert (b"\\u0637\\u0627\\u0644" in done.stdout) == (form == "text")


SHIPPED = str(default_model())
ARTICLES = [
    Article(f"a{n}", f"{text}\n\nIt was said on day {n}: {text}", None, {"n": n})
    for n, text in enumerate(
        (
            "Islamabad accused Kabul of sheltering the TTP, and asked the world to act against it as against ISIS.",
            "The Taliban in Kabul called the TTP Pakistan’s internal problem. Washington said nothing of it.",
            "Pakistan’s generals were once said to have sheltered the Afghan Taliban, their proxy in Kabul, for years.",
            "India and Iran welcomed the talks.",
        )
    )
]


def rows_of(articles: list[Article], jobs: int) -> dict[str, str]:
    batches = label_rows(articles, SHIPPED, Settings(), jobs)
    return {row["id"]: json.dumps(row, ensure_ascii=False) for rows, _ in batches for row in rows}


@pytest.mark.parametrize("change", ["two processes", "other order", "one at a time", "other batches"])
def test_the_model_that_ships_gives_the_same_bytes_however_it_is_run(
    change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = rows_of(ARTICLES, 1)
    assert len(plain) == 2 * len(ARTICLES)
    if change == "two processes":
        monkeypatch.setattr("stance.jobs.stream.INLINE", 1)
        monkeypatch.setattr("stance.jobs.stream.BATCH", 1)
        again = rows_of(ARTICLES, 2)
    elif change == "other order":
        again = rows_of(ARTICLES[::-1], 1)
    elif change == "one at a time":
        again = {key: row for article in ARTICLES for key, row in rows_of([article], 1).items()}
    else:
        monkeypatch.setattr("stance.jobs.stream.BATCH", 3)
        again = rows_of(ARTICLES, 1)
    assert again == plain
