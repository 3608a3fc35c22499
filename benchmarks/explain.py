"""Do the words that are named matter? Take them away, and others at random, and see how often the label changes.

    python benchmarks/explain.py dev.jsonl [--model DIR] [--passages 150]

For every frame, stance and directed stance that the model gives and explains, the three heaviest words are removed
together, and as often three content words at random. Prints how often the label changes, by kind of label; takes about
two seconds a passage with the model that ships.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Sequence

from stance.formats.reading import read_labelled
from stance.labelers.tasks import Query
from stance.models.explanation import WORDS, content_words, explain, without
from stance.models.model import Model
from stance.models.shipped import default_model
from stance.models.store import load_model
from stance.records import InputError, Prediction

DRAWS = 5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dev", help="passages")
    parser.add_argument("--model", default=str(default_model()))
    parser.add_argument("--passages", type=int, default=150)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    model = load_model(arguments.model)
    labelled = read_labelled([arguments.dev], model.codebook)
    passages = [row.passage for rows in labelled.values() for row in rows]
    generator = random.Random(arguments.seed)
    generator.shuffle(passages)
    named: Counter[str] = Counter()
    drawn: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for prediction in model.classify_passages(passages[: arguments.passages]):
        for key, weights in explain(model, prediction).items():
            places = list(content_words(prediction.passage))
            if len(places) <= WORDS:
                continue
            kind = key.partition(":")[0] if ":" in key else "frame"
            total[kind] += 1
            named[kind] += changed(model, prediction, key, [[(w.start, w.end) for w in weights]])[0]
            draws = [generator.sample(places, max(1, len(weights))) for _ in range(DRAWS)]
            drawn[kind] += sum(changed(model, prediction, key, draws))
    for kind in (*total, "all"):
        n = total.total() if kind == "all" else total[kind]
        ours = (named.total() if kind == "all" else named[kind]) / n
        random_ = (drawn.total() if kind == "all" else drawn[kind]) / n / DRAWS
        print(f"{kind:9} {n:5,} labels: changed by the words named {ours:.1%}, by random ones {random_:.1%}, ", end="")
        print(f"{ours / random_:.1f} times as often" if random_ else "never by random ones")
    return 0


def changed(model: Model, prediction: Prediction, key: str, removals: Sequence[list[tuple[int, int]]]) -> list[bool]:
    """Whether a label changes when words are removed, for each of the removals."""
    actors, pairs = tuple(prediction.stance), tuple(prediction.directed)
    others = model.predict([Query(without(prediction.passage, places), actors, pairs) for places in removals])
    return [label_of(other, key) != label_of(prediction, key) for other in others]


def label_of(prediction: Prediction, key: str) -> object:
    kind, _, rest = key.partition(":")
    if kind == "stance" and rest in prediction.stance:
        return prediction.stance[rest].label
    if kind == "directed":
        holder, _, target = rest.partition(">")
        return prediction.directed[holder, target].label
    return key in prediction.frame_labels


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as error:
        sys.exit(f"explain: {error}")
