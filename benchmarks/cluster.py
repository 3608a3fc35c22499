"""Label on a Ray cluster of several nodes on this machine, kill one midway, and hold the rows against a local run.

    python benchmarks/cluster.py articles.jsonl.gz [--model DIR] [--number 240] [--parts 24] [--nodes 3]

Each node is a set of processes of its own with one core; one of them is killed when a third of the files are labelled.
Prints whether every file is the same to the byte as the one that `stance classify` makes of it alone.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from stance.formats.jsonl import json_line
from stance.formats.reading import read_rows
from stance.jobs.runs import Run, label_files, label_on_cluster
from stance.models.shipped import default_model
from stance.records import InputError


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("articles")
    parser.add_argument("--model", default=str(default_model()))
    parser.add_argument("--number", type=int, default=240, help="articles")
    parser.add_argument("--parts", type=int, default=24, help="files that they are spread over")
    parser.add_argument("--nodes", type=int, default=3)
    arguments = parser.parse_args()
    import ray
    from ray.cluster_utils import Cluster

    run = Run(arguments.model)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = _parts(arguments.articles, arguments.number, arguments.parts, folder)
        for file in files:
            label_files([file], folder / "local" / Path(file).name, run, 1)
        cluster: Any = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
        nodes = [cluster.add_node(num_cpus=1) for _ in range(arguments.nodes)]
        finished = itertools.count(1)

        def progress(rows: int, passages: int) -> None:
            done = next(finished)
            print(f"{done} of {len(files)} files labelled", flush=True)
            if done == len(files) // 3:
                cluster.remove_node(nodes.pop(), allow_graceful=False)
                print("one node killed", flush=True)

        began = time.perf_counter()
        tally = label_on_cluster(files, folder / "cluster", run, cluster.address, progress=progress)
        seconds = time.perf_counter() - began
        made = sorted((folder / "cluster").iterdir())
        same = [path.read_bytes() == (folder / "local" / path.name.partition("-")[2]).read_bytes() for path in made]
        ray.shutdown()
        cluster.shutdown()
    print(f"{tally.kinds['prose']:,} passages of {tally.rows:,} articles in {seconds:.1f} s")
    print(f"{sum(same)} of {len(files)} files the same to the byte as without a cluster")
    return 0 if sum(same) == len(files) == len(made) else 1


def _parts(articles: str, number: int, parts: int, folder: Path) -> list[str]:
    rows = [row.checked() for row in itertools.islice(read_rows(articles), number)]
    (folder / "local").mkdir()
    files = []
    for part in range(parts):
        path = folder / f"part{part:03d}.jsonl"
        path.write_bytes(b"".join(json_line(row) for row in rows[part::parts]))
        files.append(str(path))
    return files


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as error:
        sys.exit(f"cluster: {error}")
