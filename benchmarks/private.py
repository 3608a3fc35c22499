"""See that commands leave nothing in the home of who runs them, look up no name, and send nothing (Linux).

    python benchmarks/private.py [classify suggest evaluate linear transformer] [--seconds 15]

Each command runs in a process that lasts so many seconds at least (its input comes slowly), with an empty HOME and in a
network of its own, whose only name server is this script. Prints for each what was left in HOME, what names were looked
up and how many connections were tried; exit code 1 where there is any of it. What a library would send it sends after
some seconds: see first that the script sees it, with `ORT_DISABLE_TELEMETRY=0`. Needs `unshare` (util-linux), and root
or a system that lets others have namespaces.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import itertools
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SEEDS = Path(__file__).parents[1] / "seeds" / "militancy"
INSIDE = "--inside"
COMMANDS = {
    "classify": "classify - --output rows.csv --jobs 2",
    "suggest": "suggest - -n 20 --output more.jsonl",
    "evaluate": "evaluate - --report scores.html",
    "linear": "train - --output linear",
    "transformer": "train - --labeler transformer --config short.yaml --output transformer",
}
PASSAGES = 100
"""That a command gets at most: all but the last few at once."""
LATE = 10
_UP, _GET_FLAGS, _SET_FLAGS = 0x1, 0x8913, 0x8914
"""Of a network interface."""


@dataclass(frozen=True)
class Seen:
    """What a command did that it should not: files in HOME, names looked up, connections tried; and its errors."""

    files: list[str]
    names: list[str]
    connections: int
    failure: str

    def __bool__(self) -> bool:
        return bool(self.files or self.names or self.connections or self.failure)

    def __str__(self) -> str:
        told = [f"left in HOME {', '.join(self.files)}"] if self.files else []
        told += [f"looked up {', '.join(self.names)}"] if self.names else []
        told += [f"{self.connections} connections tried"] if self.connections else []
        return "; ".join([*told, *([self.failure] if self.failure else [])]) or "nothing written, looked up or sent"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("commands", nargs="*", metavar="COMMAND", help=", ".join(COMMANDS))
    parser.add_argument("--seconds", type=float, default=15.0, help="that each runs at least")
    parser.add_argument(INSIDE, action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not arguments.inside:
        apart = unshared()
        if apart is None:
            sys.exit("private: no network of its own can be had here; run it as root, with unshare of util-linux")
        return subprocess.run([*apart, sys.executable, *sys.argv, INSIDE], check=False).returncode
    with own_network() as names:
        seen = [watched(name, arguments.seconds, names) for name in arguments.commands or COMMANDS]
    return 1 if any(seen) else 0


def unshared() -> list[str] | None:
    """What runs a command in a network of its own; None where the system does not give one."""
    for options in (["--net", "--mount"], ["--map-root-user", "--net", "--mount"]):
        command = ["unshare", *options]
        with contextlib.suppress(OSError):
            if not subprocess.run([*command, "true"], capture_output=True, check=False).returncode:
                return command
    return None


@contextlib.contextmanager
def own_network() -> Iterator[list[str]]:
    """Answer for all names, in a network that has nothing but this machine; gives the list of those that were asked."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        asked = struct.pack("16sh", b"lo", 0)
        flags = struct.unpack("16sh", fcntl.ioctl(control, _GET_FLAGS, asked)[:18])[1]
        fcntl.ioctl(control, _SET_FLAGS, struct.pack("16sh", b"lo", flags | _UP))
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        for file, text in {"resolv.conf": "nameserver 127.0.0.1\n", "nsswitch.conf": "hosts: files dns\n"}.items():
            place = Path("/etc", file)
            if place.exists():
                Path(folder, file).write_text(text)
                subprocess.run(["mount", "--bind", Path(folder, file), place.resolve()], check=True)
        server.bind(("127.0.0.1", 53))
        names: list[str] = []
        threading.Thread(target=_answer, args=(server, names), daemon=True).start()
        yield names
        for file in ("resolv.conf", "nsswitch.conf"):
            subprocess.run(["umount", Path("/etc", file).resolve()], check=False, capture_output=True)


def _answer(server: socket.socket, names: list[str]) -> None:
    """Say of every name that there is none."""
    with contextlib.suppress(OSError):
        while True:
            query, sender = server.recvfrom(4096)
            labels, place = [], 12
            while place < len(query) and query[place]:
                labels.append(query[place + 1 : place + 1 + query[place]].decode("ascii", "replace"))
                place += 1 + query[place]
            names.append(".".join(labels))
            server.sendto(query[:2] + b"\x81\x83" + query[4:], sender)


def watched(name: str, seconds: float, names: list[str]) -> Seen:
    """Run a command so long at least, and say what was seen of it."""
    del names[:]
    before, began = _connections(), time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        folder, home = Path(place, "work"), Path(place, "home")
        folder.mkdir()
        home.mkdir()
        (folder / "short.yaml").write_text("{epochs: 1, max_tokens: 64}\n")
        command = [sys.executable, "-m", "stance", *COMMANDS[name].split()]
        kept = {key: value for key, value in os.environ.items() if not key.startswith("XDG_")}
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**kept, "HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[1])},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        errors = _fed(process, seconds)
        files = sorted(str(file.relative_to(home)) for file in home.rglob("*") if not file.is_dir())
        shutil.rmtree(folder)
    failure = f"failed: {errors.strip()[-300:]}" if process.returncode else ""
    seen = Seen(files, sorted(set(names)), _connections() - before, failure)
    print(f"{name}: {time.monotonic() - began:.1f} s: {seen}", flush=True)
    return seen


def _fed(process: subprocess.Popen[bytes], seconds: float) -> str:
    """Give a command its passages, the last of them late; what it wrote to its standard error."""
    lines = (SEEDS / "train.jsonl").read_bytes().splitlines(keepends=True)[:PASSAGES]
    assert process.stdin
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(b"".join(lines[:-LATE]))
        process.stdin.flush()
        for line in lines[-LATE:]:
            time.sleep(seconds / LATE)
            process.stdin.write(line)
            process.stdin.flush()
    return process.communicate()[1].decode(errors="replace")


def _connections() -> int:
    """Connections tried in this network so far: begun, or with no way to where they should lead."""
    lines = [line.split() for line in Path("/proc/net/snmp").read_text().splitlines()]
    counts: dict[str, int] = {}
    for names, values in itertools.pairwise(lines):
        if names[0] == values[0] and names[1].isalpha():
            counts |= {names[0] + key: int(value) for key, value in zip(names[1:], values[1:], strict=True)}
    found = counts["Ip:OutNoRoutes"] + counts["Tcp:ActiveOpens"]
    with contextlib.suppress(OSError):
        found += sum(map(int, re.findall(r"^Ip6OutNoRoutes\s+(\d+)", Path("/proc/net/snmp6").read_text(), re.M)))
    return found


if __name__ == "__main__":
    sys.exit(main())
