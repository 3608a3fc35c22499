"""Break a run at every one of its writes, and see that nothing is lost that was told to be written.

    python benchmarks/faults.py [--most 240] [--seed 0]

A linear model is trained on the seed corpus, and labels its dev set from three files into each kind of output. Every
opening, write, flush to the disk, rename and deletion is counted, and every read of an input. The run is then repeated,
in a process of its own, once for each of them (a random choice of `--most`), and there
- killed (SIGKILL) when half of the bytes are written,
- told that the disk is full when half of the bytes are written, or
- told that the input can't be read.
After each, the output is absent or whole, the partial file begins as the whole one does as far as the journal says, a
run that was not killed has told in one line what is wrong, and the same command with `--resume` ends in the same bytes.
"""

from __future__ import annotations

import argparse
import builtins
import contextlib
import errno
import io
import json
import os
import random
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from stance.commands.app import main as stance
from stance.formats.jsonl import json_line
from stance.formats.reading import read_rows

SEEDS = Path(__file__).parents[1] / "seeds" / "militancy"
KINDS = ("jsonl", "csv", "parquet")
FAULTS = ("kill", "full disk", "unreadable")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, default=240)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        print("training a model ...", flush=True)
        _stance("train", str(SEEDS / "train.jsonl"), "--output", "model")
        rows = [row.checked() for row in read_rows(str(SEEDS / "dev.jsonl"))]
        for number, part in enumerate((rows[:80], rows[80:150], rows[150:])):
            Path(f"{number}.jsonl").write_bytes(b"".join(map(json_line, part)))
        whole, faults = {}, []
        for kind in KINDS:
            events = Events()
            _stance(*_command(f"whole.{kind}"), events=events)
            whole[kind] = Path(f"whole.{kind}").read_bytes()
            print(f"{kind}: {events.writes} writes and the like, {events.reads} reads of input")
            faults += [(kind, fault, n) for fault in FAULTS[:2] for n in range(1, events.writes + 1)]
            faults += [(kind, FAULTS[2], n) for n in range(1, events.reads + 1)]
        chosen = random.Random(arguments.seed).sample(faults, min(arguments.most, len(faults)))
        broken = Counter(fault for kind, fault, n in chosen if not holds(kind, fault, n, whole[kind]))
    counts = Counter(fault for _, fault, _ in chosen)
    for fault in FAULTS:
        print(f"{fault}: {counts[fault] - broken[fault]} of {counts[fault]} as promised")
    return 1 if broken else 0


class Events:
    """Counts what a process does to the outputs and inputs in its folder, and breaks one of those events.

    Parameters
    ----------
    fault : str
        One of `FAULTS`; empty to count alone.
    number : int
        The event to break, from 1 on.
    """

    def __init__(self, fault: str = "", number: int = 0):
        self.fault, self.number, self.writes, self.reads = fault, number, 0, 0

    def write(self, half: Callable[[], object] = lambda: None) -> None:
        """A write or the like is about to happen; `half` does half of it."""
        self.writes += 1
        if self.writes == self.number and self.fault in FAULTS[:2]:
            half()
            if self.fault == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def read(self) -> None:
        self.reads += 1
        if self.reads == self.number and self.fault == FAULTS[2]:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """While it is in force, files here are opened so that what is done to them is counted."""
        own_open, events = io.open, self

        class File(io.FileIO):
            def write(self, data: Any) -> int:
                events.write(lambda: super(File, self).write(bytes(data)[: len(data) // 2]))
                return super().write(data)

            def readinto(self, buffer: Any) -> int:
                events.read()
                return super().readinto(buffer)

        def opened(file: Any, mode: str = "r", *rest: Any, **named: Any) -> Any:
            if "b" not in mode or not isinstance(file, str | Path) or Path(file).absolute().parent != Path.cwd():
                return own_open(file, mode, *rest, **named)
            if mode != "rb":
                events.write()
            raw = File(file, mode.replace("b", ""))
            return io.BufferedReader(raw) if mode == "rb" else io.BufferedWriter(raw)

        changed: list[tuple[Any, str, Any]] = [(builtins, "open", opened), (io, "open", opened)]
        changed += [(os, name, self._counted(getattr(os, name))) for name in ("replace", "fsync", "unlink")]
        before = [getattr(module, name) for module, name, _ in changed]
        for module, name, function in changed:
            setattr(module, name, function)
        try:
            yield
        finally:
            for (module, name, _), function in zip(changed, before, strict=True):
                setattr(module, name, function)

    def _counted(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            self.write()
            return function(*arguments, **named)

        return counted


def holds(kind: str, fault: str, number: int, whole: bytes) -> bool:
    """Whether all that is promised holds when one event of a run is broken."""
    output = Path(f"out.{kind}")
    code, told = _in_process(_command(output.name), Events(fault, number))
    journal, partial = Path(f".{output.name}.journal"), Path(f".{output.name}.partial")
    problems = []
    if fault == "kill" and code != -signal.SIGKILL:
        problems.append(f"ended with {code}, not killed")
    if fault != "kill" and (code != 2 or "Traceback" in told or told.count("stance: ") != 1):
        problems.append(f"ended with {code}: {told}")
    if output.exists() and output.read_bytes() != whole:
        problems.append("an output that is not whole")
    if journal.exists() and kind != "parquet" and not output.exists():
        size = json.loads(journal.read_bytes())["bytes"]
        if partial.read_bytes()[:size] != whole[:size]:
            problems.append("the partial file is not what the journal says")
    if not output.exists():
        code, told = _in_process(_command(output.name, "--resume"), Events())
        if code != 0 or output.read_bytes() != whole:
            problems.append(f"gone on with: {code}, {told}")
    for problem in problems:
        print(f"{kind}, {fault} at event {number}: {problem}")
    for file in (output, journal, partial, *Path().glob(".*.part")):
        file.unlink(missing_ok=True)
    return not problems


def _command(output: str, *options: str) -> list[str]:
    inputs = ["0.jsonl", "1.jsonl", "2.jsonl"]
    return ["classify", *inputs, "--unit", "passage", "--model", "model", "--jobs", "1", "--output", output, *options]


def _in_process(arguments: list[str], events: Events) -> tuple[int, str]:
    """Run the command in a process of its own: its exit code, or minus the signal, and what it told."""
    told = Path("told.txt")
    with told.open("w") as stream:
        stream.flush()
        child = os.fork()
        if child == 0:
            os.dup2(stream.fileno(), 2)
            os._exit(_stance(*arguments, events=events))
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), told.read_text()


def _stance(*arguments: str, events: Events | None = None) -> int:
    sys.argv = ["stance", *arguments]
    with events.watched() if events else contextlib.nullcontext():
        try:
            stance()
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 1
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    sys.exit(main())
