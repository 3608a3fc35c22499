"""Fuzzing, guided by coverage: bytes are looked for that break what reads bytes from strangers (`tests/fuzzing.py`).

    pip install atheris
    python benchmarks/fuzz.py jsonl csv matcher --minutes 20

Each target starts from the bytes that are kept in `tests/fuzz`, runs for so long in a process of its own, and then the
fewest and shortest bytes that reach the same code are kept there, to be replayed by the tests. What raises anything but
`InputError`, takes more than 10 s of a core or more than 2 GB is an error: it is printed, and kept too.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / "tests" / "fuzz"
HANG = 10
"""Seconds of a core that no bytes may take; 30 times as long by the clock, for other work may be going on."""
MOST, LENGTH = 40, 3000
"""How many bytes texts are kept of a target, and how long each may be."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="+", metavar="TARGET", help="names of functions in tests/fuzzing.py")
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    arguments, options = parser.parse_known_args()
    if arguments.inside:
        _fuzz(arguments.targets[0], [arguments.inside, *options])
    broken = [target for target in arguments.targets if not fuzz(target, arguments.minutes)]
    print(f"broken: {', '.join(broken)}" if broken else "nothing broke")
    return 1 if broken else 0


def fuzz(target: str, minutes: float) -> bool:
    """Fuzz one target, and keep what reaches code of its own; whether nothing broke."""
    with tempfile.TemporaryDirectory() as name:
        whole, small, crashes = (Path(name) / part for part in ("whole", "small", "crashes"))
        for folder in (whole, small, crashes):
            folder.mkdir()
        for number, data in enumerate(_kept(target)):
            (whole / f"kept{number:04d}").write_bytes(data)
        limits = [f"-timeout={30 * HANG}", "-rss_limit_mb=2000", "-max_len=8192", f"-artifact_prefix={crashes}/"]
        words = Path(name) / "words"
        words.write_text("".join(f'"{word}"\n' for word in _words()), encoding="utf-8")
        command = _command(target, Path(name))
        done = _run(command, [str(whole), f"-max_total_time={minutes * 60:.0f}", f"-dict={words}", *limits])
        _run(command, ["-merge=1", str(small), str(whole), *limits])
        found = sorted((path.read_bytes() for path in small.iterdir()), key=lambda data: (len(data), data))
        broken = [path.read_bytes() for path in sorted(crashes.iterdir())]
        chosen = [data for data in found if len(data) <= LENGTH][:MOST]
        _keep(target, [*broken, *chosen])
    units = [line for line in done.splitlines() if "stat::number_of_executed_units" in line or line.startswith("Done")]
    print(f"{target}: {'BROKEN' if broken else 'nothing broke'}; {' '.join(units)}; {len(chosen)} kept", flush=True)
    if broken:
        print(done[-3000:])
    return not broken


def _run(command: Path, options: list[str]) -> str:
    done = subprocess.run([str(command), *options], cwd=ROOT, capture_output=True, text=True, errors="replace")
    return done.stderr


def _command(target: str, folder: Path) -> Path:
    """The fuzzer of a target as a command of its own: it starts itself anew to choose what is kept."""
    command = folder / target
    call = shlex.join([sys.executable, __file__, target, "--inside", str(command)])
    command.write_text(f'#!/bin/sh\nexec {call} "$@"\n', encoding="utf-8")
    command.chmod(0o700)
    return command


def _fuzz(target: str, options: list[str]) -> None:
    import atheris

    sys.path.insert(0, str(ROOT))
    with atheris.instrument_imports(include=["stance"]):
        from tests import fuzzing

    def timed(data: bytes) -> None:
        began = time.process_time()
        fuzzing.run(target, data)
        seconds = time.process_time() - began
        if seconds > HANG:
            raise AssertionError(f"took {seconds:.1f} s of a core")

    fuzzing.run(target, b"")  # what is made once, as a model, is no part of the time
    atheris.Setup(options, timed)
    atheris.Fuzz()


def _kept(target: str) -> list[bytes]:
    file = CORPUS / f"{target}.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [json.loads(line).encode("latin-1") for line in lines]


def _keep(target: str, texts: list[bytes]) -> None:
    lines = [json.dumps(data.decode("latin-1")) + "\n" for data in dict.fromkeys(texts)]
    (CORPUS / f"{target}.jsonl").write_text("".join(lines), encoding="utf-8")


def _words() -> list[str]:
    """Words of the formats, for bytes to be made of."""
    keys = "id article text frames stance directed holder target against neutral favor mentions actor start end model"
    keys += " annotator date details frame_labels uncertain held_by name label definition aliases people metonyms"
    keys += " actors since until null true NaN files labeler linear transformer annotations result value labels"
    keys += " spans relations entities answer accept _ Taliban Pakistan Kabul said accused strike budget union port"
    keys += " Northport dockers <p> <html> <script>"
    return keys.split()


if __name__ == "__main__":
    sys.exit(main())
