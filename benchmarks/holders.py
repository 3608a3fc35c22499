"""How well the holders of frames are told: precision, recall and F1 against people's, beside "always the writer".

    python benchmarks/holders.py seeds/militancy/holders.jsonl seeds/militancy/dev.jsonl [train.jsonl ...] [--model DIR]

The rules see the gold frames, mentions, stances and directed stances of each passage; with --model the model's stances
and directed stances in place of the gold ones. Mentions are found where the data gives none. The rules were written on
the passages whose split is "develop"; --split measure leaves the others. "right" is the share of frames whose set is
just the labelled one. Intervals: 95 %, bootstrap over articles.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from stance.formats.reading import read_labelled, read_rows
from stance.models.model import Model
from stance.models.shipped import default_codebook
from stance.models.store import load_model
from stance.records import STANCES, InputError, Judgement, LabelledPassage, Prediction
from stance.scoring.bootstrap import intervals, tally
from stance.scoring.metrics import ratio
from stance.text.codebook import Codebook
from stance.text.holders import WRITER, FrameHolder, frame_holders
from stance.text.mentions import Matcher, find_mentions

SEED = 1
NAMES = ("precision", "recall", "F1", "right")
Rule = Callable[[Prediction], Mapping[str, FrameHolder]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("holders")
    parser.add_argument("data", nargs="+")
    parser.add_argument("--model", help="take its stances, not the gold ones")
    parser.add_argument("--split", choices=("develop", "measure"), help="the labelled passages of this split alone")
    parser.add_argument("--codebook", help="default: the one that ships")
    arguments = parser.parse_args()
    book = Codebook.read(arguments.codebook or default_codebook())
    matcher = Matcher(book)
    model = load_model(arguments.model) if arguments.model else None
    told = [row.checked() for row in read_rows(arguments.holders)]
    gold = {str(row["id"]): row["frames"] for row in told if arguments.split in (None, row["split"])}
    rows = [row for rows in read_labelled(arguments.data, book).values() for row in rows if row.passage.id in gold]
    predictions = [as_prediction(row, matcher) for row in rows]
    if model:
        predictions = judged_by(model, predictions)
    frames = sum(len(gold[row.passage.id]) for row in rows)
    articles = len({row.passage.article for row in rows})
    print(f"{frames} frames of {len(rows)} passages of {articles} articles")
    for part in ("holders", "about"):
        for name, rule in (("rules", frame_holders), ("always the writer", always_the_writer)):
            if rows and (part, name) != ("about", "always the writer"):
                print(f"  {part:8s} {name:18s} {shown(scores(gold, predictions, rule, part))}")
    return 0


def as_prediction(row: LabelledPassage, matcher: Matcher) -> Prediction:
    """Gold labels as a prediction that is sure of them."""
    labels = row.labels
    return Prediction(
        passage=find_mentions(row.passage, matcher),
        frames=dict.fromkeys(labels.frames or (), 1.0),
        frame_labels=labels.frames or (),
        stance={actor: sure(stance) for actor, stance in (labels.stance or {}).items()},
        directed={pair: sure(stance) for pair, stance in (labels.directed or {}).items()},
        uncertain=(),
        model="gold",
    )


def sure(stance: str) -> Judgement:
    return Judgement(stance, *(float(stance == one) for one in STANCES))


def judged_by(model: Model, predictions: Sequence[Prediction]) -> list[Prediction]:
    """The gold frames with a model's stances."""
    judged = model.classify_passages(p.passage for p in predictions)
    return [
        replace(gold, stance=own.stance, directed=own.directed) for gold, own in zip(predictions, judged, strict=True)
    ]


def always_the_writer(prediction: Prediction) -> Mapping[str, FrameHolder]:
    return dict.fromkeys(prediction.frame_labels, FrameHolder((WRITER,), ()))


def counts(gold: Mapping[str, Any], predictions: Sequence[Prediction], rule: Rule, part: str) -> Iterator[list[int]]:
    """A row for each frame: hits, found, labelled, whether the set is right, one."""
    for prediction in predictions:
        told = rule(prediction)
        labels = gold[prediction.passage.id]
        if set(told) != set(labels):
            raise InputError(f"{prediction.passage.id}: holders of {', '.join(labels)}; frames {', '.join(told)}")
        for frame, label in labels.items():
            found, there = set(getattr(told[frame], part)), set(label[part])
            yield [len(found & there), len(found), len(there), int(found == there), 1]


def scores(
    gold: Mapping[str, Any], predictions: Sequence[Prediction], rule: Rule, part: str
) -> list[tuple[float, list[float] | None]]:
    """Precision, recall, F1 and the share of frames that are right, each with its interval over articles."""
    rows = np.array(list(counts(gold, predictions, rule, part)), dtype=float)
    articles = np.repeat(
        np.unique([p.passage.article for p in predictions], return_inverse=True)[1],
        [len(p.frame_labels) for p in predictions],
    )
    totals = tally(articles, rows)
    return list(zip(values(totals.sum(axis=0)).tolist(), intervals(totals, values, SEED), strict=True))


def values(totals: np.ndarray) -> np.ndarray:
    hits, found, there, right, n = np.moveaxis(totals, -1, 0)
    return np.stack([ratio(hits, found), ratio(hits, there), ratio(2 * hits, found + there), ratio(right, n)], axis=-1)


def shown(found: Sequence[tuple[float, list[float] | None]]) -> str:
    cells = []
    for name, (value, bounds) in zip(NAMES, found, strict=True):
        cells.append(f"{name} {value:.3f}" + (f" ({bounds[0]:.3f} to {bounds[1]:.3f})" if bounds else " (–)"))
    return "  ".join(cells)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as error:
        sys.exit(f"holders: {error}")
