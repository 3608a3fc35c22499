"""How far a long work is: a line a minute at least where there is no terminal, by a clock that is given."""

from __future__ import annotations

import io
import json
import sys
import threading
from pathlib import Path

import pytest
from rich.console import Console

from stance.commands.app import main
from stance.jobs.progress import EVERY, Log, TrainingProgress, spelled_time
from stance.machine import Unfinished
from tests.conftest import CODEBOOK, corpus_rows


class Clock:
    """A clock that stands still until it is set on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def log(clock: Clock, lines: list[str]) -> Log:
    return Log(lines.append, clock)


def test_a_training_tells_of_its_first_step_and_then_every_minute(log: Log, clock: Clock, lines: list[str]) -> None:
    for step in range(1, 401):
        log.advance(step, 400, f"loss {1 / step:.3f}")
        clock.now += 1.5
    assert lines[:3] == [
        "step 1 of 400: loss 1.000",
        "step 38 of 400: loss 0.026, 9 min left",
        "step 75 of 400: loss 0.013, 8 min left",
    ]
    assert len(lines) == 11


def test_a_training_that_goes_on_or_begins_anew_counts_its_time_from_there(
    log: Log, clock: Clock, lines: list[str]
) -> None:
    log.advance(901, 1000, "loss 0.100")
    clock.now += EVERY
    log.advance(911, 1000, "loss 0.100")
    log.advance(1, 10, "loss 0.900")
    clock.now += 30.0
    log.advance(2, 10, "loss 0.800")
    clock.now += 30.0
    log.advance(3, 10, "loss 0.700")
    assert lines == [
        "step 901 of 1,000: loss 0.100",
        "step 911 of 1,000: loss 0.100, 8 min left",
        "step 1 of 10: loss 0.900",
        "step 3 of 10: loss 0.700, 4 min left",
    ]


def test_a_work_that_is_silent_is_told_of_every_minute(log: Log, clock: Clock, lines: list[str]) -> None:
    log.remind()
    clock.now += 3 * EVERY
    log.remind()
    clock.now += 1.0
    log.remind()
    log.note("part 1 of 5 judged")
    for _ in range(240):
        clock.now += 1.0
        log.remind()
    log.note("part 2 of 5 judged")
    clock.now += EVERY - 1
    log.remind()
    assert lines == [
        "begun (3 min ago, still at work)",
        "part 1 of 5 judged",
        *(f"part 1 of 5 judged ({spelled_time(n * EVERY)} ago, still at work)" for n in range(1, 5)),
        "part 2 of 5 judged",
    ]


def test_a_step_that_takes_long_and_what_follows_the_last_are_told_of(log: Log, clock: Clock, lines: list[str]) -> None:
    log.advance(1, 2, "loss 0.500")
    clock.now += 120.0
    log.remind()
    log.advance(2, 2, "loss 0.400")
    clock.now += 60.0
    log.remind()
    assert lines == [
        "step 1 of 2: loss 0.500",
        "step 1 of 2: loss 0.500 (2 min ago, still at work)",
        "step 2 of 2: loss 0.400, 0 s left (1 min ago, still at work)",
    ]


def test_what_is_reminded_of_is_not_told_once_it_rests(log: Log, clock: Clock, lines: list[str]) -> None:
    log.note("begun")
    log.rest()
    clock.now += 2 * EVERY
    log.remind()
    assert lines == ["begun"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.4, "59 s"), (60, "1 min"), (3540, "59 min"), (3600, "1 h 0 min"), (360_000, "100 h 0 min")],
)
def test_times_are_told_in_words(seconds: float, words: str) -> None:
    assert spelled_time(seconds) == words


def test_reminders_come_while_the_work_goes_on(clock: Clock) -> None:
    told = threading.Event()

    def write(line: str) -> None:
        if "still at work" in line:
            told.set()

    with Log(write, clock) as log:
        log.note("fitting")
        clock.now += 2 * EVERY
        assert told.wait(30)
    assert not log._watcher.is_alive()


@pytest.mark.parametrize("terminal", [False, True])
def test_a_bar_is_drawn_on_a_terminal_alone_whatever_the_environment_says(
    terminal: bool, log: Log, clock: Clock, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: terminal, raising=False)
    log.note("begun")
    with TrainingProgress(Console(file=stream, highlight=False), log) as progress:
        assert Unfinished.depth == int(terminal)
        progress.note("epoch 1")
        progress.advance(1, 8, "loss 0.500")
        clock.now += 2 * EVERY
        log.remind()
    assert Unfinished.depth == 0
    own = (
        [] if terminal else ["epoch 1", "step 1 of 8: loss 0.500", "step 1 of 8: loss 0.500 (2 min ago, still at work)"]
    )
    assert lines == ["begun", *own]
    assert ("\x1b" in stream.getvalue(), "epoch 1" in stream.getvalue()) == (terminal, terminal)


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("train a.jsonl --codebook c.yaml -o m --learning-curve", "learning curve: 10% of the articles, 6 passages"),
        ("train a.jsonl --codebook c.yaml -o m", "part 3 of 5 judged"),
        ("evaluate a.jsonl --codebook c.yaml --cross-validate 3 --json s.json", "fold 2 of 3"),
    ],
)
def test_long_works_of_linear_labelers_remind_of_themselves(
    command: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in corpus_rows()))
    Path("c.yaml").write_text(CODEBOOK)
    note = Log.note

    def slow(log: Log, message: str) -> None:
        note(log, message)
        if message == line:
            log._told -= EVERY
            log._begun -= EVERY
            log.remind()

    monkeypatch.setattr(Log, "note", slow)
    monkeypatch.setattr(sys, "argv", ["stance", *command.split()])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 0
    assert f"{line} (55 s ago, still at work)\n" in capfd.readouterr().err
