"""What a transformer gains by beginning with a model that ships, on a study that this model never saw.

    python benchmarks/start.py --train train.jsonl --dev dev.jsonl [--codebook codebook.yaml] \
        --start none --start DIR [--passages 1000] [--seeds 3]

Trains by the default settings on as many passages, drawn anew with each seed, once from the bare encoder (`none`) and
once from each model folder, as `stance train` does, and prints macro-F1 on the dev set. The model begun with must not
know the study: for NewsMTSC and DSE, which trained the model that ships, one is made by
`stance train --labeler transformer --config training/own.yaml --output DIR`.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
from pathlib import Path

from table import Quiet, cell, rows_of

from stance.labelers.recipe import TransformerConfig
from stance.labelers.tasks import TASKS
from stance.labelers.transformer import TransformerLabeler
from stance.learning.fitting import fit_transformer
from stance.learning.training import Start, read_start
from stance.models.shipped import default_codebook
from stance.records import InputError, LabelledPassage
from stance.scoring.evaluation import evaluate
from stance.scoring.gold import prepare
from stance.text.codebook import Codebook

NONE = "none"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", required=True)
    parser.add_argument("--dev", required=True)
    parser.add_argument("--codebook", default=str(default_codebook()))
    parser.add_argument("--start", action="append", required=True, help="none, default, or a model folder; repeatable")
    parser.add_argument("--passages", type=int, default=0, help="default: all")
    parser.add_argument("--seeds", type=int, default=1)
    arguments = parser.parse_args()
    book = Codebook.read(arguments.codebook)
    train, dev = (rows_of(Path(file), book) for file in (arguments.train, arguments.dev))
    starts = {name: None if name == NONE else read_start(name) for name in arguments.start}
    found: dict[tuple[str, str], list[float]] = {}
    for seed in range(arguments.seeds):
        rows = list(train)
        random.Random(seed).shuffle(rows)
        for name, start in starts.items():
            for task, text, value in scores(rows[: arguments.passages or None], dev, book, start, seed):
                print(f"{name:30s} seed {seed}  {task:10s} {text}", flush=True)
                found.setdefault((name, task), []).append(value)
    for (name, task), values in found.items():
        if len(values) > 1:
            print(f"{name:30s} mean    {task:10s} {statistics.mean(values):.3f} ± {statistics.stdev(values):.3f}")
    return 0


def scores(
    train: list[LabelledPassage], dev: list[LabelledPassage], book: Codebook, start: Start | None, seed: int
) -> list[tuple[str, str, float]]:
    """For each task with labels in the dev set: its macro-F1 as text, with interval, and as a number."""
    config = start.settings(TransformerConfig()) if start else TransformerConfig()
    names = {actor.id: actor.label for actor in book.actors}
    labeler = TransformerLabeler(book.frame_ids, names, config, seed, start=start.labeler if start else None)
    model = fit_transformer({"study": train}, {"study": 1.0}, {}, book, labeler, Quiet()).model
    gold = prepare(dev, model.matcher)
    found = evaluate(gold, model.predict([g.query for g in gold]), book.frame_ids)
    told = [(task, found[task]) for task in TASKS if task in model.labeler.tasks and found[task]["n"]]
    return [
        (task, f"{cell(own)}  micro {cell(own, 'micro_f1')}  best epoch {labeler.epochs_}", own["macro_f1"])
        for task, own in told
    ]


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as error:
        sys.exit(f"start: {error}")
