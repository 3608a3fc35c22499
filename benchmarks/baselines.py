"""Is the actor seen? The linear labeler beside the majority class and a labeler that sees the passage, not the actor.

    python benchmarks/baselines.py --train train.jsonl --dev dev.jsonl

All three are calibrated and given thresholds in the same way. Prints macro-F1 on the dev set with 95 % intervals from a
bootstrap over articles; takes about five minutes on 1,400 passages.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from stance.formats.reading import read_labelled
from stance.labelers.features import Document, View
from stance.labelers.linear import LinearLabeler
from stance.labelers.tasks import DIRECTED, STANCE, Logits, Query
from stance.learning.fitting import fit_model
from stance.models.model import Model
from stance.models.shipped import default_codebook
from stance.records import STANCES, InputError, LabelledPassage, Pair, Passage
from stance.scoring.calibration import Calibration
from stance.scoring.evaluation import evaluate
from stance.scoring.gold import prepare
from stance.text.codebook import Codebook
from stance.text.mentions import Matcher


class PassageView(View):
    """A passage seen as frames see it, whoever is asked for: words, word pairs, characters, all actors masked alike."""

    def stance_features(self, actor: str) -> Document:
        return self.frame_features()

    def directed_features(self, pair: Pair) -> Document:
        return self.frame_features()


class PassageLabeler(LinearLabeler):
    """The linear labeler that sees the passage, but not the actor."""

    def view(self, passage: Passage) -> PassageView:
        return PassageView(passage)


class MajorityLabeler:
    """Gives every actor and pair the stance that is commonest in training."""

    kind = "majority"
    n_jobs = 1
    seed = 0
    tasks = frozenset((STANCE, DIRECTED))

    def __init__(self, n_frames: int) -> None:
        self.n_frames = n_frames
        self.logits_: dict[str, np.ndarray] = {}

    def fit(self, queries: Sequence[Query], labelled: Sequence[LabelledPassage]) -> MajorityLabeler:
        for task in (STANCE, DIRECTED):
            counts = Counter(s for row in labelled for s in (getattr(row.labels, task) or {}).values())
            self.logits_[task] = np.log([counts[s] + 1.0 for s in STANCES])
        return self

    def logits(self, queries: Sequence[Query]) -> Logits:
        n_actors, n_pairs = sum(len(q.actors) for q in queries), sum(len(q.pairs) for q in queries)
        rows = [np.tile(self.logits_[task], (n, 1)) for task, n in ((STANCE, n_actors), (DIRECTED, n_pairs))]
        return Logits(np.zeros((0, self.n_frames)), *rows)

    def without(self, tasks: frozenset[str]) -> MajorityLabeler:
        return self

    def facing(self, frames: Sequence[str], names: Mapping[str, str]) -> MajorityLabeler:
        return self

    def resolved_config(self) -> dict[str, Any]:
        return {}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", nargs="+", required=True)
    parser.add_argument("--dev", nargs="+", required=True)
    parser.add_argument("--codebook", help="default: the one that ships")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    book = Codebook.read(arguments.codebook or default_codebook())
    train, dev = (
        [row for rows in read_labelled(inputs, book).values() for row in rows]
        for inputs in (arguments.train, arguments.dev)
    )
    gold = prepare(dev, Matcher(book))

    def score(model: Model) -> dict[str, Any]:
        return evaluate(gold, model.predict([g.query for g in gold]), book.frame_ids)

    def calibrated(new: Callable[[], LinearLabeler]) -> Model:
        return fit_model(train, book, new, arguments.seed, jobs=arguments.jobs).model

    trained = prepare(train, Matcher(book))
    majority = MajorityLabeler(len(book.frames)).fit([g.query for g in trained], [g.labelled for g in trained])
    results = {
        "majority class": score(Model(book, majority, Calibration())),
        "passage without actor": score(calibrated(lambda: PassageLabeler(book.frame_ids, seed=arguments.seed))),
        "passage from the actor": score(calibrated(lambda: LinearLabeler(book.frame_ids, seed=arguments.seed))),
    }
    for task in (STANCE, DIRECTED):
        print(f"{task}, macro-F1 on {len(dev)} passages: from text to label; given all mentions")
        for name, scores in results.items():
            print(f"  {name:24s} {cell(scores[task])}   {cell(scores[task]['given_mentions'])}")
    return 0


def cell(scores: dict[str, Any]) -> str:
    low, high = scores["macro_f1_interval"]
    return f"{scores['macro_f1']:.3f} ({low:.3f} to {high:.3f})"


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as error:
        sys.exit(f"baselines: {error}")
