"""How far few labels carry: the probe beside the words, and beside SetFit on the same sentence encoder.

    python benchmarks/few.py --corpora DIR [--study gvfc ...] [--size 32 ...] [--draws 5] [--setfit PYTHON [--folds 5]]

Draws so many passages of a train set, trains on them, and scores the dev set: frames of GVFC and of Tehran Times,
stances of NewsMTSC (given mentions). Prints micro-F1 / macro-F1 and seconds, means of the draws; a size of 0 is all
passages. The default model was trained on the train sets of Tehran Times and NewsMTSC: what a probe reads of stances
there, it has seen. The seconds of `probe` are those of a training from nothing, of `probe, again` with vectors kept.

SetFit (`pip install setfit`, an environment of its own: give its Python) is trained as its documentation says, frames
one against rest, a target before its text. Once with its head as it comes, labels from a half on; and, with `--folds`,
at its best: the head balanced, calibrated and given thresholds as ours are, on articles held out from so many
trainings.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stance.formats.reading import read_labelled
from stance.labelers.encoders import encoder_source
from stance.labelers.memory import Memory
from stance.labelers.recipe import BUNDLED
from stance.labelers.tasks import FRAMES, STANCE, Logits
from stance.learning.fitting import FOLDS, fit_model
from stance.learning.training import labeler_of
from stance.learning.tuning import calibrate
from stance.models.model import decide
from stance.models.shipped import default_codebook
from stance.records import STANCES, InputError, LabelledPassage, Prediction
from stance.scoring.calibration import Calibration
from stance.scoring.decisions import decisions
from stance.scoring.gold import Gold, prepare
from stance.scoring.metrics import label_tally, macro_f1, micro_f1
from stance.scoring.splits import article_groups, folds
from stance.text.codebook import Codebook
from stance.text.mentions import Matcher

STUDIES = {"gvfc": FRAMES, "tehran-times": FRAMES, "newsmtsc": STANCE}
SIZES = (32, 64, 128, 256, 512, 0)
Scores = dict[str, list[float]]
"""Of each draw: micro-F1, macro-F1 and seconds."""


@dataclass(frozen=True, slots=True)
class Study:
    """A corpus, and the task that is learned from it."""

    name: str
    task: str
    book: Codebook
    train: list[LabelledPassage]
    dev: list[Gold]

    def scores(self, predictions: Sequence[Prediction]) -> list[float]:
        made = decisions(self.dev, predictions, self.book.frame_ids, self.task)
        totals = label_tally(made.gold, made.predicted, made.articles).sum(axis=0)
        return [float(micro_f1(totals)), float(macro_f1(totals))]

    def draw(self, size: int, seed: int) -> list[LabelledPassage]:
        order = np.random.default_rng(seed).permutation(len(self.train))
        return [self.train[i] for i in sorted(order[: size or len(self.train)])]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, help="folder with gvfc, tehran-times, newsmtsc")
    parser.add_argument("--study", action="append", choices=STUDIES)
    parser.add_argument("--size", type=int, action="append", help="passages to train on; 0: all")
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--setfit", help="the Python of an environment with setfit")
    parser.add_argument("--folds", type=int, default=0, help="trainings that SetFit's thresholds come from")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    for name in arguments.study or STUDIES:
        study = read_study(arguments.corpora / name, STUDIES[name])
        print(f"{name}, {study.task}: {len(study.train):,} passages to draw from, {len(study.dev):,} to score")
        ways = ways_of(study, arguments.setfit, arguments.folds)
        for size in arguments.size or SIZES:
            for way, run in ways.items():
                rows = [run(study.draw(size, seed), seed) for seed in range(arguments.draws if size else 1)]
                micro, macro, seconds = np.mean(rows, axis=0)
                told = f"{size or len(study.train):6,}  {way:16s} {micro:.3f} / {macro:.3f}  {seconds:7.1f} s"
                print(told, flush=True)
    return 0


def read_study(folder: Path, task: str) -> Study:
    own = folder / "codebook.yaml"
    book = Codebook.read(own if own.exists() else default_codebook())
    train, dev = (
        [row for rows in read_labelled([str(folder / f"{part}.jsonl")], book).values() for row in rows]
        for part in ("train", "dev")
    )
    gold = prepare(dev, Matcher(book))
    labelled = [row for row in train if getattr(row.labels, task) is not None]
    return Study(folder.name, task, book, labelled, [g for g in gold if getattr(g.labelled.labels, task) is not None])


Way = Callable[[Sequence[LabelledPassage], int], list[float]]
"""Takes the passages of a draw and a seed; gives micro-F1, macro-F1 and seconds."""


def ways_of(study: Study, setfit: str | None, n_folds: int) -> dict[str, Way]:
    kept = Memory()
    ways: dict[str, Way] = {
        "linear": lambda rows, seed: trained(study, "linear", rows, seed, Memory()),
        "probe": lambda rows, seed: trained(study, "probe", rows, seed, Memory()),
        "probe, again": lambda rows, seed: again(study, rows, seed, kept),
    }
    if setfit:
        ways["setfit"] = lambda rows, seed: setfit_plain(study, setfit, rows, seed)
    if setfit and n_folds:
        ways["setfit, at best"] = lambda rows, seed: setfit_at_best(study, setfit, n_folds, rows, seed)
    return ways


def trained(study: Study, kind: str, rows: Sequence[LabelledPassage], seed: int, memory: Memory) -> list[float]:
    begun = time.perf_counter()
    new, tuning, _ = labeler_of(kind, rows, study.book, seed, 2, memory)
    model = fit_model(rows, study.book, new, seed, 1, tuning=tuning).model
    seconds = time.perf_counter() - begun
    return [*study.scores(model.predict([g.query for g in study.dev])), seconds]


def again(study: Study, rows: Sequence[LabelledPassage], seed: int, memory: Memory) -> list[float]:
    trained(study, "probe", rows, seed, memory)
    return trained(study, "probe", rows, seed, memory)


def setfit_plain(study: Study, python: str, rows: Sequence[LabelledPassage], seed: int) -> list[float]:
    """SetFit as it comes: labels from a half on, or the likeliest."""
    gold = prepare(rows, Matcher(study.book))
    probs, seconds = setfit(study, python, gold, study.dev, seed, balanced=False)
    queries = [g.query for g in study.dev]
    logits = as_logits(study, study.dev, probs)
    predictions = decide(queries, logits, Calibration(), study.book, frozenset([study.task]), "")
    return [*study.scores(predictions), seconds]


def setfit_at_best(study: Study, python: str, n_folds: int, rows: Sequence[LabelledPassage], seed: int) -> list[float]:
    """SetFit with a balanced head, calibrated and given thresholds on articles that it was not trained on."""
    gold = prepare(rows, Matcher(study.book))
    fold = folds(article_groups([g.labelled.passage for g in gold]), FOLDS, seed)
    pieces: dict[int, Logits] = {}
    total = 0.0
    for number in range(min(n_folds, FOLDS)):
        inside = np.flatnonzero(fold == number).tolist()
        held_out = [gold[i] for i in inside]
        others = [gold[i] for i in np.flatnonzero(fold != number)]
        probs, seconds = setfit(study, python, others, held_out, seed, balanced=True)
        parts = as_logits(study, held_out, probs).split([g.query for g in held_out])
        pieces.update(zip(inside, parts, strict=True))
        total += seconds
    some = sorted(pieces)
    calibration = calibrate([gold[i] for i in some], [pieces[i] for i in some], range(len(some)), study.book)
    probs, seconds = setfit(study, python, gold, study.dev, seed, balanced=True)
    queries = [g.query for g in study.dev]
    logits = as_logits(study, study.dev, probs)
    predictions = decide(queries, logits, calibration, study.book, frozenset([study.task]), "")
    return [*study.scores(predictions), total + seconds]


def as_logits(study: Study, gold: Sequence[Gold], probs: np.ndarray) -> Logits:
    logs = np.log(np.clip(probs, 1e-6, 1.0))
    none = np.zeros((0, len(STANCES)))
    if study.task == FRAMES:
        return Logits(logs - np.log(np.clip(1.0 - probs, 1e-6, 1.0)), none, none)
    return Logits(np.zeros((0, len(study.book.frames))), logs, none)


def setfit(
    study: Study, python: str, train: Sequence[Gold], test: Sequence[Gold], seed: int, balanced: bool
) -> tuple[np.ndarray, float]:
    """Probabilities of the test passages, or of their actors, and the seconds of the training."""
    asked = {
        "encoder": encoder_source(BUNDLED),
        "train": texts_of(study, train),
        "labels": labels_of(study, train),
        "test": texts_of(study, test),
        "n_classes": len(study.book.frames) if study.task == FRAMES else len(STANCES),
        "seed": seed,
        "balanced": balanced,
    }
    done = subprocess.run(
        [python, __file__, "--worker"],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])},
    )
    if done.returncode:
        raise InputError(f"{python}: {done.stderr.strip().splitlines()[-1][:300]}")
    answer = json.loads(done.stdout.splitlines()[-1])
    return np.array(answer["probs"]), float(answer["seconds"])


def texts_of(study: Study, gold: Sequence[Gold]) -> list[str]:
    if study.task == FRAMES:
        return [g.query.passage.text for g in gold]
    return [f"{name_in(g, actor)}: {g.query.passage.text}" for g in gold for actor in g.query.actors]


def name_in(gold: Gold, actor: str) -> str:
    passage = gold.query.passage
    spans = [passage.text[m.start : m.end] for m in passage.mentions or () if m.actor == actor]
    return spans[0] if spans else actor


def labels_of(study: Study, gold: Sequence[Gold]) -> list[Any]:
    if study.task == FRAMES:
        frames = study.book.frame_ids
        return [[int(frame in (g.labelled.labels.frames or ())) for frame in frames] for g in gold]
    return [STANCES.index((g.labelled.labels.stance or {})[actor]) for g in gold for actor in g.query.actors]


def worker() -> int:
    """In SetFit's own environment: what is asked stands on standard input."""
    asked = json.load(sys.stdin)
    import torch
    from datasets import Dataset  # type: ignore[import-not-found,unused-ignore]
    from setfit import SetFitModel, Trainer, TrainingArguments  # type: ignore[import-not-found,unused-ignore]

    torch.manual_seed(asked["seed"])
    labels = np.array(asked["labels"])
    told = np.ones(asked["n_classes"], dtype=bool)
    options: dict[str, Any] = {"head_params": {"class_weight": "balanced"}} if asked["balanced"] else {}
    if labels.ndim == 2:
        told = (labels.min(axis=0) < labels.max(axis=0)).astype(bool)  # a frame of no passage can't be fitted
        labels = labels[:, told]
        options["multi_target_strategy"] = "one-vs-rest"
    begun = time.perf_counter()
    model = SetFitModel.from_pretrained(asked["encoder"], **options)
    train = Dataset.from_dict({"text": asked["train"], "label": labels.tolist()})
    with tempfile.TemporaryDirectory() as folder:
        settings = TrainingArguments(folder, seed=asked["seed"], report_to="none", show_progress_bar=False)
        Trainer(model=model, args=settings, train_dataset=train).train()
    seconds = time.perf_counter() - begun
    found = np.array(model.predict_proba(asked["test"]))
    if found.ndim == 3:  # of each frame, the probabilities of no and yes
        found = found[:, :, 1].T if found.shape[0] == told.sum() else found[:, :, 1]
    probs = np.zeros((len(asked["test"]), asked["n_classes"]))
    columns = np.flatnonzero(told) if np.array(asked["labels"]).ndim == 2 else np.unique(labels)
    probs[:, columns] = found
    print(json.dumps({"probs": probs.tolist(), "seconds": seconds}))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(worker() if "--worker" in sys.argv else main())
    except InputError as error:
        sys.exit(f"few: {error}")
