"""How far the scores of a recipe differ by its seed, and what averaging its models would bring.

    stance train --labeler transformer --config training/default.yaml --seed 1 --output build/seed-1
    python benchmarks/seeds.py models/default build/seed-1 build/seed-2 --dev dev.jsonl [--dev ...]

Prints macro-F1 of each model on each dev set with mean and standard deviation, as its card has it: each part judged
with the calibration of the others. Then the same before calibration (at 0.5 and the highest probability, given all
mentions), and beside it that of one model that averages the logits of all: what distilling them into one could reach.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

from table import rows_of

from stance.labelers.tasks import TASKS, Logits
from stance.models.model import Model, decide
from stance.models.store import load_model
from stance.records import InputError
from stance.scoring.calibration import Calibration
from stance.scoring.evaluation import evaluate
from stance.scoring.gold import prepare


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", help="folders of models of one recipe")
    parser.add_argument("--dev", action="append", required=True, help="the recipe's dev sets, in its order; repeatable")
    arguments = parser.parse_args()
    cards = [json.loads((Path(folder) / "metrics.json").read_text())["dev"] for folder in arguments.models]
    models = [load_model(folder) for folder in arguments.models]
    for place, file in enumerate(arguments.dev):
        print("/".join(Path(file).absolute().parts[-2:]))
        raw = before_calibration(file, models)
        for task in TASKS:
            calibrated = [card[place][task]["macro_f1"] for card in cards]
            if calibrated[0] is not None:
                *each, together = (scores[task] for scores in raw)
                print(f"  {task:9s} {spread(calibrated)}   before calibration {spread(each)}, averaged {together:.3f}")
    return 0


def before_calibration(file: str, models: Sequence[Model]) -> list[dict[str, float]]:
    """Macro-F1 of each task for every model, and for the average of their logits."""
    book, tasks = models[0].codebook, models[0].labeler.tasks
    gold = prepare(rows_of(Path(file), book), models[0].matcher)
    queries = [g.query for g in gold]
    logits = [model.labeler.logits(queries) for model in models]
    logits.append(Logits(*(sum(getattr(own, task) for own in logits) / len(logits) for task in TASKS)))
    found = []
    for own in logits:
        made = evaluate(gold, decide(queries, own, Calibration(), book, tasks, ""), book.frame_ids)
        found.append({task: (made[task].get("given_mentions") or made[task])["macro_f1"] for task in TASKS})
    return found


def spread(values: Sequence[float]) -> str:
    """Each value, their mean and standard deviation."""
    told = " ".join(f"{value:.3f}" for value in values)
    return f"{told}: {statistics.mean(values):.3f} ± {statistics.stdev(values):.3f}" if len(values) > 1 else told


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as error:
        sys.exit(f"seeds: {error}")
