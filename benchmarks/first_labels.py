"""What do the first labels bring, where `stance suggest --codebook` chose them, and where chance did?

    python benchmarks/first_labels.py train.jsonl dev.jsonl [--codebook FILE] [--labels 60] [--draws 8]

Each draw takes six of ten passages of the training set for the pile. One arm labels passages of it by chance, the other
those that are suggested from the codebook alone. A model is trained on each by `stance.train` as it comes, on frames
alone. Prints macro-F1 and micro-F1 on the dev set: means and standard deviations over the draws.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np

import stance
from stance.formats.reading import read_labelled
from stance.learning.cold_start import cold_start
from stance.models.shipped import default_codebook
from stance.records import Passage
from stance.text.codebook import Codebook

SHARE = 0.6
KEPT = ("id", "article", "text", "frames")
Rows = dict[str, dict[str, Any]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train")
    parser.add_argument("dev")
    parser.add_argument("--codebook", default=str(default_codebook()))
    parser.add_argument("--labels", type=int, default=60)
    parser.add_argument("--draws", type=int, default=8)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")  # scores that few labels cast doubt on
    book, dev = Codebook.read(arguments.codebook), list(frames_of(arguments.dev).values())
    rows = frames_of(arguments.train)
    passages = [row.passage for own in read_labelled([arguments.train], book).values() for row in own]
    scores: dict[str, list[tuple[float, float]]] = {"random": [], "suggested": []}
    for draw in range(arguments.draws):
        chance = random.Random(draw)
        pile = chance.sample(passages, round(SHARE * len(passages)))
        chosen = {"random": [passage.id for passage in pile[: arguments.labels]]}
        chosen["suggested"] = suggested(sorted(pile, key=lambda p: p.id), book, arguments.labels)
        for arm, ids in chosen.items():
            told = stance.train([rows[key] for key in ids], book).evaluate(dev)["frames"]
            scores[arm].append((told["macro_f1"], told["micro_f1"]))
    for arm, own in scores.items():
        mean, deviation = np.mean(own, axis=0), np.std(own, axis=0)
        print(
            f"{arguments.labels} {arm:9}  macro-F1 {mean[0]:.3f} ± {deviation[0]:.3f}"
            f"  micro-F1 {mean[1]:.3f} ± {deviation[1]:.3f}"
        )
    return 0


def frames_of(file: str) -> Rows:
    """The rows of a file by their ids, with no labels but frames."""
    rows = map(json.loads, Path(file).read_text(encoding="utf-8").splitlines())
    return {row["id"]: {key: row[key] for key in KEPT if key in row} for row in rows}


def suggested(pile: list[Passage], book: Codebook, count: int) -> list[str]:
    return [suggestion.row["id"] for suggestion in cold_start(pile, book, count).chosen]


if __name__ == "__main__":
    sys.exit(main())
