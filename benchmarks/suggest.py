"""How many labels does `stance suggest` save? A simulation on labels that exist already.

    python benchmarks/suggest.py train.jsonl dev.jsonl [--seeds 5] [--start 100] [--step 100] [--until 700]

Starts from random passages of the training set; the rest of it plays the unlabelled pile. One arm labels random
passages of the pile, the other those that `stance suggest` chooses with the model trained so far, `--step` a round.
Prints the macro-F1 on the dev set of linear models trained on so many passages: the mean of frames, stance and directed
stances (given all mentions) and each of them, averaged over the seeds. Then, with how many passages the suggested arm
reaches what random ones reach at `--until`, and what all passages reach (between two rounds a straight line is drawn);
and how many actors and pairs had to be judged, since passages with many of them take longer to label.

The models are calibrated on 3 folds of the passages that they are trained on; nothing is tuned on the dev set.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from joblib import Parallel, delayed, parallel_config

from stance.formats.reading import read_labelled
from stance.labelers.features import View
from stance.labelers.linear import LinearLabeler
from stance.labelers.tasks import TASKS, Logits
from stance.learning.suggestions import suggest
from stance.learning.tuning import calibrate
from stance.models.model import Model
from stance.models.shipped import default_codebook
from stance.records import InputError, Passage
from stance.scoring.evaluation import macro_f1s
from stance.scoring.gold import Gold, prepare
from stance.scoring.splits import article_groups, folds
from stance.text.codebook import Codebook
from stance.text.mentions import Matcher

FOLDS = 3
FIRST_SEED = 2000
"""Other seeds than those by which the way of choosing was chosen, on Tehran Times."""
ARMS = ("random", "suggested")
COLUMNS = ("mean", *TASKS)


@dataclass(frozen=True)
class Study:
    """Passages to train on, the group of each for folds by article, and those to score on."""

    book: Codebook
    train: Sequence[Gold]
    groups: np.ndarray
    dev: Sequence[Gold]


Chooser = Callable[[Model, list[int], int], list[int]]
"""Takes the model so far, the passages labelled and how many more are wanted; gives their indexes."""


class CachedLabeler(LinearLabeler):
    """A linear labeler that cuts a passage into words once, since it is fitted on the same ones over and over."""

    views: ClassVar[dict[tuple[str, object], View]] = {}

    def view(self, passage: Passage) -> View:
        key = (passage.id, passage.mentions)
        if key not in self.views:
            self.views[key] = super().view(passage)
        return self.views[key]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train")
    parser.add_argument("dev")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--start", type=int, default=100)
    parser.add_argument("--step", type=int, default=100)
    parser.add_argument("--until", type=int, default=700)
    arguments = parser.parse_args()
    study = read_study(arguments.train, arguments.dev)
    sizes = [*range(arguments.start, arguments.until, arguments.step), arguments.until]
    curves, labelled = run_arms(study, sizes, arguments.seeds)
    print_curves(sizes, curves)
    everything = score(study, fit(study, list(range(len(study.train))), FIRST_SEED))
    print_savings(sizes, curves, everything, len(study.train))
    print_effort(study, labelled)
    return 0


def run_arms(study: Study, sizes: Sequence[int], seeds: int) -> tuple[dict[str, np.ndarray], dict[str, list[int]]]:
    """The scores of both arms, (n_seeds, n_sizes, 4) each, and the passages that they labelled in all runs."""
    runs = [(seed, arm) for seed in range(FIRST_SEED, FIRST_SEED + seeds) for arm in ARMS]
    with parallel_config("loky", n_jobs=-1, inner_max_num_threads=1):
        done = Parallel()(delayed(run_arm)(study, sizes, *run) for run in runs)
    own = {arm: [part for (_, of), part in zip(runs, done, strict=True) if of == arm] for arm in ARMS}
    curves = {arm: np.array([scores for scores, _ in parts]) for arm, parts in own.items()}
    labelled = {arm: [i for _, chosen in parts for i in chosen] for arm, parts in own.items()}
    return curves, labelled


def run_arm(study: Study, sizes: Sequence[int], seed: int, arm: str) -> tuple[list[list[float]], list[int]]:
    """The scores of an arm at every size, and the passages that it labelled in the end."""
    order = np.random.default_rng(seed).permutation(len(study.train)).tolist()
    choose = random_chooser(order) if arm == "random" else suggested_chooser(study)
    scores, chosen = curve(study, order[: sizes[0]], sizes, choose, seed)
    print(f"seed {seed}, {arm}: {' '.join(f'{point[0]:.3f}' for point in scores)}", file=sys.stderr, flush=True)
    return scores, chosen


def read_study(train: str, dev: str) -> Study:
    book = Codebook.read(default_codebook())
    own, held_out = (
        prepare(rows, Matcher(book)) for file in (train, dev) for rows in read_labelled([file], book).values()
    )
    return Study(book, own, article_groups([g.labelled.passage for g in own]), held_out)


def random_chooser(order: Sequence[int]) -> Chooser:
    return lambda model, labelled, count: list(order[len(labelled) : len(labelled) + count])


def suggested_chooser(study: Study) -> Chooser:
    numbers = {g.labelled.passage.id: number for number, g in enumerate(study.train)}

    def choose(model: Model, labelled: list[int], count: int) -> list[int]:
        pile = [study.train[i].labelled.passage for i in sorted(set(numbers.values()) - set(labelled))]
        rows = (prediction.to_dict() for prediction in model.classify_passages(pile))
        found = suggest(rows, study.book.frame_ids, count, [study.train[i] for i in labelled])
        return [numbers[suggestion.row["id"]] for suggestion in found.chosen]

    return choose


def curve(
    study: Study, start: list[int], sizes: Sequence[int], choose: Chooser, seed: int
) -> tuple[list[list[float]], list[int]]:
    """The scores at every size, and the passages labelled in the end."""
    labelled, model = list(start), fit(study, start, seed)
    scores = [score(study, model)]
    for size in sizes[1:]:
        labelled += choose(model, labelled, size - len(labelled))
        model = fit(study, labelled, seed)
        scores.append(score(study, model))
    return scores, labelled


def fit(study: Study, rows: list[int], seed: int) -> Model:
    """A model trained on some of the passages: as `learning.fitting.fit_model`, but fewer folds and no scores."""
    gold, groups = [study.train[i] for i in rows], np.unique(study.groups[rows], return_inverse=True)[1]
    fold = folds(groups, FOLDS, seed)
    pieces: dict[int, Logits] = {}
    for number in range(FOLDS):
        inside, outside = np.flatnonzero(fold == number).tolist(), np.flatnonzero(fold != number).tolist()
        queries = [gold[i].query for i in inside]
        logits = fit_labeler(study, [gold[i] for i in outside], seed).logits(queries)
        pieces.update(zip(inside, logits.split(queries), strict=True))
    everyone = range(len(gold))
    calibration = calibrate(gold, [pieces[i] for i in everyone], everyone, study.book)
    return Model(study.book, fit_labeler(study, gold, seed), calibration)


def fit_labeler(study: Study, gold: Sequence[Gold], seed: int) -> LinearLabeler:
    labeler = CachedLabeler(study.book.frame_ids, seed=seed)
    return labeler.fit([g.query for g in gold], [g.labelled for g in gold])


def score(study: Study, model: Model) -> list[float]:
    """Macro-F1 on the dev set: the mean of the tasks, and each."""
    values = macro_f1s(study.dev, model.predict([g.query for g in study.dev]), study.book.frame_ids)
    own = [values.get(task, 0.0) for task in TASKS]
    return [float(np.mean(own)), *own]


def print_curves(sizes: Sequence[int], curves: Mapping[str, np.ndarray]) -> None:
    """Means over the seeds, random and suggested; of the mean of the tasks also the difference and its error."""
    print(f"{'':8}  " + "  ".join(f"{name:^11}" for name in COLUMNS) + "  mean: gain ± standard error")
    for point, size in enumerate(sizes):
        random, suggested = (curves[arm][:, point] for arm in ("random", "suggested"))
        cells = [f"{r:.3f} {s:.3f}" for r, s in zip(random.mean(axis=0), suggested.mean(axis=0), strict=True)]
        gains = suggested[:, 0] - random[:, 0]
        error = gains.std(ddof=1) / len(gains) ** 0.5 if len(gains) > 1 else float("nan")
        print(f"{size:8,}  " + "  ".join(cells) + f"  {gains.mean():+.3f} ± {error:.3f}")


def print_savings(
    sizes: Sequence[int], curves: Mapping[str, np.ndarray], everything: Sequence[float], n_train: int
) -> None:
    """How many suggested passages do as well as random ones at the last size, and as all of them."""
    means = {arm: values.mean(axis=0) for arm, values in curves.items()}
    for column, name in enumerate(COLUMNS):
        for target, count in ((means["random"][-1, column], sizes[-1]), (everything[column], n_train)):
            needed = reach(sizes, means["suggested"][:, column], target)
            told = f"{needed:,} suggested ones ({needed / count:.0%})" if needed else f"none of {sizes[-1]:,} suggested"
            print(f"{name}: what {count:,} random passages reach, {target:.3f}, is reached by {told}")


def reach(sizes: Sequence[int], values: np.ndarray, target: float) -> int | None:
    """The first size at which a curve of straight lines reaches the target."""
    for point, value in enumerate(values):
        if value >= target:
            if not point:
                return sizes[0]
            share = (target - values[point - 1]) / (value - values[point - 1])
            return round(sizes[point - 1] + share * (sizes[point] - sizes[point - 1]))
    return None


def print_effort(study: Study, labelled: Mapping[str, Sequence[int]]) -> None:
    for arm, rows in labelled.items():
        queries = [study.train[i].query for i in rows]
        actors, pairs = np.mean([(len(query.actors), len(query.pairs)) for query in queries], axis=0)
        print(f"{arm}: {actors:.2f} actors and {pairs:.2f} pairs a passage")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as error:
        sys.exit(f"suggest: {error}")
