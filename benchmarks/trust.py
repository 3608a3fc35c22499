"""Can the scores be trusted? Calibration of the model that ships, the promise of its review band, and the time.

    python benchmarks/trust.py dev.jsonl [more.jsonl ...] [--model DIR]

Prints for frames and stance the expected calibration error (15 bins of equal mass) beside the range that perfectly
calibrated ones would show. The model that ships was calibrated on the dev sets; so each half of the articles is
also judged with a calibration fitted on the other half. Then, over 20 random splits of the articles, how many labels
slip through a review band that was fitted on the one half for at most 5 % and 10 %, on the other. Then the seconds that
all scores of 10,000 passages with 1,000 bootstrap rounds take, and how often other texts are taken for leaks.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from stance.formats.reading import read_labelled, read_rows
from stance.labelers.tasks import FRAMES, STANCE, TASKS, Logits
from stance.learning.tuning import calibrate
from stance.models.model import Model, decide
from stance.models.shipped import default_model
from stance.models.store import load_model
from stance.records import InputError, Prediction
from stance.scoring.decisions import SEED, decisions
from stance.scoring.evaluation import examine
from stance.scoring.gold import Gold, prepare
from stance.scoring.leaks import find_leaks, training_digests
from stance.scoring.reliability import calibration_scores, review_band
from stance.scoring.splits import article_groups

SPLITS = 20
PROMISES = (0.05, 0.1)
PASSAGES = 10_000
SEEDS = Path(__file__).parent.parent / "seeds/militancy/train.jsonl"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="+")
    parser.add_argument("--model", default=default_model())
    parser.add_argument("--others", nargs="+", default=[], help="texts that share nothing with the seed corpus")
    arguments = parser.parse_args()
    model = load_model(arguments.model)
    labelled = [row for rows in read_labelled(arguments.data, model.codebook).values() for row in rows]
    gold = prepare(labelled, model.matcher)
    predictions, _ = model.predict_both([g.query for g in gold])
    print_calibration("as shipped", gold, predictions, model)
    print_calibration("each half judged with the calibration fitted on the other", gold, crosswise(gold, model), model)
    print_promises(gold, predictions, model)
    print_time(gold, predictions, model)
    if arguments.others:
        print_false_leaks(arguments.others)
    return 0


def print_calibration(title: str, gold: Sequence[Gold], predictions: Sequence[Prediction], model: Model) -> None:
    for task in (FRAMES, STANCE):
        made = decisions(gold, predictions, model.codebook.frame_ids, task, given=True)
        made = made.take(~made.missed)
        scores = calibration_scores(made.probs, made.gold, made.articles, task == STANCE, SEED)
        low, high = scores["ece_if_calibrated"]
        print(f"{title + ', ' + task:45s} ECE {scores['ece']:.4f}; perfectly calibrated {low:.4f} to {high:.4f}")


def crosswise(gold: Sequence[Gold], model: Model) -> list[Prediction]:
    """Predictions of each half of the articles with a calibration fitted on the other half."""
    queries = [g.query for g in gold]
    pieces = model.labeler.logits(queries).split(queries)
    groups = article_groups([g.labelled.passage for g in gold])
    half = np.random.default_rng(SEED).permutation(int(groups.max()) + 1)[groups] % 2
    predictions: dict[int, Prediction] = {}
    for number in (0, 1):
        inside, others = (np.flatnonzero(half == n).tolist() for n in (number, 1 - number))
        calibration = calibrate(gold, pieces, others, model.codebook)
        logits = Logits.concatenate([pieces[i] for i in inside], len(model.codebook.frames))
        judged = decide([queries[i] for i in inside], logits, calibration, model.codebook, model.labeler.tasks, "")
        predictions.update(zip(inside, judged, strict=True))
    return [predictions[i] for i in range(len(gold))]


def print_promises(gold: Sequence[Gold], predictions: Sequence[Prediction], model: Model) -> None:
    """How many labels of unseen articles are wrong and not marked, mean over the articles of each split."""
    parts = [decisions(gold, predictions, model.codebook.frame_ids, task, given=True) for task in TASKS]
    errors, wrong, articles = (np.concatenate(p) for p in zip(*(part.errors() for part in parts), strict=True))
    names = np.unique(articles)
    for promise in PROMISES:
        slipped, read = [], []
        for seed in range(SPLITS):
            seen = np.random.default_rng(seed).permutation(len(names))[np.searchsorted(names, articles)] % 2 == 0
            review = review_band(errors[seen], wrong[seen], articles[seen], promise)["review"]
            if review is None:
                raise InputError(f"half of {len(names)} articles are too few to promise {promise:.0%}; give more")
            missed, rest = (wrong & (errors < review))[~seen], articles[~seen]
            slipped.append(np.mean([missed[rest == article].mean() for article in np.unique(rest)]))
            read.append(np.mean(errors[~seen] >= review))
        kept = sum(part <= promise for part in slipped)
        print(
            f"promise {promise:.0%}: {np.mean(slipped):.4f} slip through on {SPLITS} splits (mean; most "
            f"{max(slipped):.4f}; at most the promise in {kept}); {np.mean(read):.1%} read"
        )


def print_time(gold: Sequence[Gold], predictions: Sequence[Prediction], model: Model) -> None:
    """All scores of so many passages, those given taken over and over as other articles."""
    rows: list[tuple[Gold, Prediction]] = []
    while len(rows) < PASSAGES:
        turn = len(rows) // len(gold)
        rows += [(renamed(g, turn), p) for g, p in zip(gold, predictions, strict=True)]
    rows = rows[:PASSAGES]
    start = time.perf_counter()
    scores: Mapping[str, Any] = examine([g for g, _ in rows], [p for _, p in rows], model.codebook.frame_ids)
    seconds = time.perf_counter() - start
    print(f"{scores['n_passages']:,} passages of {scores['n_articles']:,} articles scored in {seconds:.1f} s")


def print_false_leaks(files: Sequence[str]) -> None:
    """How many passages of other corpora are taken for copies of seed passages."""
    seeds = [str(row.checked()["text"]) for row in read_rows(str(SEEDS))]
    others = [str(row.checked()["text"]) for file in files for row in read_rows(file)]
    found = len(find_leaks(others, training_digests([seeds])))
    print(f"{found} of {len(others):,} other passages taken for near-duplicates of {len(seeds):,} seed passages")


def renamed(gold: Gold, turn: int) -> Gold:
    passage = replace(gold.labelled.passage, article=f"{gold.labelled.passage.article}/{turn}")
    return replace(gold, labelled=replace(gold.labelled, passage=passage))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as error:
        sys.exit(f"trust: {error}")
