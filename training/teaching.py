"""Does a corpus teach? The linear labeler trained on a base corpus alone and with the other added, over several seeds.

    python training/teaching.py --base tehran-times/train.jsonl --added seeds/militancy/train.jsonl \\
        --dev tehran-times/dev.jsonl --dev seeds/militancy/dev.jsonl --seeds 5

Prints macro-F1 on every dev set as mean and spread (standard deviation) over the seeds, with the 95 % interval of the
first seed. The estimators are deterministic: a seed moves the folds, and by them calibration and thresholds. Takes
about three minutes a seed on 2,400 passages.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed

from stance.formats.reading import read_labelled
from stance.labelers.linear import LinearLabeler
from stance.labelers.tasks import TASKS
from stance.learning.fitting import fit_model
from stance.models.shipped import default_codebook
from stance.records import InputError, LabelledPassage
from stance.scoring.evaluation import evaluate
from stance.scoring.gold import prepare
from stance.text.codebook import Codebook


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", nargs="+", required=True)
    parser.add_argument("--added", nargs="+", required=True)
    parser.add_argument("--dev", action="append", required=True)
    parser.add_argument("--codebook", help="default: the one that ships")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    book = Codebook.read(arguments.codebook or default_codebook())
    base, added = rows_of(arguments.base, book), rows_of(arguments.added, book)
    dev = {f"{Path(file).parent.name}/{Path(file).name}": rows_of([file], book) for file in arguments.dev}
    corpora = {"base alone": base, "base and added": base + added}
    work = [(name, seed) for name in corpora for seed in range(arguments.seeds)]
    runs = Parallel(n_jobs=arguments.jobs)(delayed(scores_of)(corpora[name], dev, book, seed) for name, seed in work)
    results = dict(zip(work, runs, strict=True))
    for file in dev:
        for task in TASKS:
            print(f"{file}, {task}, macro-F1")
            for name in corpora:
                values = [results[name, seed][file][task]["macro_f1"] for seed in range(arguments.seeds)]
                low, high = results[name, 0][file][task]["macro_f1_interval"]
                spread = np.std(values, ddof=1) if len(values) > 1 else 0.0
                print(f"  {name:16s} {np.mean(values):.3f} ± {spread:.3f}   (95 %: {low:.3f} to {high:.3f})")
    return 0


def scores_of(
    train: Sequence[LabelledPassage], dev: dict[str, list[LabelledPassage]], book: Codebook, seed: int
) -> dict[str, Any]:
    """Scores on every dev set of a model trained with one seed."""
    model = fit_model(train, book, lambda: LinearLabeler(book.frame_ids, seed=seed), seed).model
    scores = {}
    for file, rows in dev.items():
        gold = prepare(rows, model.matcher)
        scores[file] = evaluate(gold, model.predict([g.query for g in gold]), book.frame_ids)
    return scores


def rows_of(inputs: Sequence[str], book: Codebook) -> list[LabelledPassage]:
    return [row for rows in read_labelled(inputs, book).values() for row in rows]


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as error:
        sys.exit(f"teaching: {error}")
