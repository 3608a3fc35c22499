"""Speed and memory of bulk labelling: passages a second, and peak memory against the length of the input.

    python benchmarks/bulk.py articles.jsonl.gz [--copies 2]

Labels the first tenth of the input and all of it, each by a command of its own, and prints passages a second and the
peak memory of that process and its children together; then a cold start on an article of ours. Ratios are what to
trust: they come from one run. With `--copies`, the input is all articles so many times over, under other ids.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from stance.formats.reading import find_files, read_rows
from stance.records import InputError

STANCE = Path(sys.executable).with_name("stance")
ARTICLE = Path(__file__).parents[1] / "seeds" / "militancy" / "article.txt"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("articles", help="whole articles, JSONL or Parquet")
    parser.add_argument("--model", help="default: the one that ships")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--copies", type=int, default=1)
    arguments = parser.parse_args()
    [file] = find_files([arguments.articles])
    once = [dict(row.checked()) for row in read_rows(file)]
    rows = [{**row, "id": f"{copy}-{n}"} for copy in range(arguments.copies) for n, row in enumerate(once)]
    model = ["--model", arguments.model] if arguments.model else []
    with tempfile.TemporaryDirectory() as folder:
        results = []
        for name, part in (("a tenth", rows[: len(rows) // 10]), ("all", rows)):
            path = Path(folder) / "part.jsonl"
            path.write_text("".join(json.dumps(row) + "\n" for row in part), encoding="utf-8")
            output = Path(folder) / "labels.jsonl"
            command = ["classify", str(path), "--output", str(output), "--jobs", str(arguments.jobs), *model]
            seconds, peak = run(command)
            with output.open("rb") as lines:
                passages = sum(1 for _ in lines)
            results.append((passages, peak))
            rate = f"{passages / seconds:,.0f} passages a second"
            print(
                f"{name}: {len(part):,} articles, {passages:,} passages in {seconds:.1f} s, {rate}, peak {peak:.0f} MB"
            )
        (few, low), (many, high) = results
        print(f"{many / few:.1f} times the passages, {high / low:.2f} times the memory")
        cold, told = start(["classify", str(ARTICLE), *model], folder), start(["--help"], folder)
    print(f"an article of seven passages from a cold start: {cold:.2f} s; --help: {told:.2f} s (medians of 9)")
    return 0


def start(arguments: list[str], folder: str) -> float:
    """Median of the seconds that a command takes, its modules compiled already, as an installer leaves them."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    seconds = []
    for _ in range(10):
        began = time.perf_counter()
        subprocess.run([STANCE, *arguments], env=environment, capture_output=True, check=True)
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds[1:])


def run(arguments: list[str]) -> tuple[float, float]:
    """Seconds that the command line takes, and the peak memory in MB of it and its processes together."""
    began = time.perf_counter()
    process = subprocess.Popen([STANCE, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, errors, peak = peak_of(process)
    seconds = time.perf_counter() - began
    if process.returncode:
        raise InputError(errors.decode().strip() or f"stance ended with code {process.returncode}")
    return seconds, peak


def peak_of(process: subprocess.Popen[bytes]) -> tuple[bytes, bytes, float]:
    """Wait for a process: its output, its errors, and the peak memory in MB of it and its processes together."""
    peaks = [0.0]
    watcher = threading.Thread(target=_watch, args=(process, peaks), daemon=True)
    watcher.start()
    output, errors = process.communicate()
    watcher.join()
    return output or b"", errors or b"", peaks[0]


def _watch(process: subprocess.Popen[bytes], peaks: list[float]) -> None:
    while process.poll() is None:
        peaks[0] = max(peaks[0], sum(_resident(pid) for pid in _family(process.pid)))
        time.sleep(0.05)


def _family(pid: int) -> list[int]:
    """A process and all below it (Linux)."""
    family = [pid]
    for parent in family:
        try:
            family += map(int, Path(f"/proc/{parent}/task/{parent}/children").read_text().split())
        except OSError:
            continue
    return family


def _resident(pid: int) -> float:
    """Memory of a process in MB, what it shares counted by its share (Linux)."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return float(line.split()[1]) / 1024
    except OSError:
        return 0.0
    return 0.0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as error:
        sys.exit(f"bulk: {error}")
