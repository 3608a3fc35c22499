"""Kill a run at random moments, go on with it, and hold what it wrote against a run that was let alone.

    python benchmarks/kills.py articles.jsonl.gz [--model DIR] [--number 400] [--kills 20]

The run is the command itself, on so many of the articles, all its processes killed with SIGKILL at a random moment of
the time that it takes. Prints for each kill how far it had come, and whether the bytes are the same.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bulk import STANCE

from stance.formats.jsonl import json_line
from stance.formats.reading import read_rows
from stance.models.shipped import default_model


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("articles")
    parser.add_argument("--model", default=str(default_model()))
    parser.add_argument("--number", type=int, default=400, help="articles")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    generator = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = itertools.islice(read_rows(arguments.articles), arguments.number)
        (folder / "a.jsonl").write_bytes(b"".join(json_line(row.checked()) for row in rows))
        command = [str(STANCE), "classify", "a.jsonl", "--model", arguments.model, "--output"]
        start = time.perf_counter()
        subprocess.run([*command, "whole.jsonl"], cwd=folder, check=True, stderr=subprocess.DEVNULL)
        seconds = time.perf_counter() - start
        whole, same = (folder / "whole.jsonl").read_bytes(), 0
        number = 0
        while number < arguments.kills:
            moment = generator.uniform(0.0, seconds)
            batches = killed([*command, "out.jsonl"], folder, moment)
            if batches is None:
                seconds = moment
                continue
            number += 1
            subprocess.run([*command, "out.jsonl", "--resume"], cwd=folder, check=True, stderr=subprocess.DEVNULL)
            equal = (folder / "out.jsonl").read_bytes() == whole
            same += equal
            print(f"kill {number} after {moment:.1f} s, {batches} batches written: {'same' if equal else 'OTHER'}")
            (folder / "out.jsonl").unlink()
    print(f"{same} of {arguments.kills} the same to the byte")
    return 0 if same == arguments.kills else 1


def killed(command: list[str], folder: Path, seconds: float) -> int | None:
    """Start a run, kill it and its processes after so many seconds; how many batches its journal tells of, or None
    where the run was over by then."""
    process = subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        process.wait(seconds)
        return None
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    journal = folder / ".out.jsonl.journal"
    return int(json.loads(journal.read_bytes())["batches"]) if journal.exists() else 0


if __name__ == "__main__":
    sys.exit(main())
