"""Are actors that were never seen in training judged as well as those that were?

    python benchmarks/held_out_actors.py --train train.jsonl [more.jsonl ...] --dev dev.jsonl [more.jsonl ...]
        [--actors india afghan_republic] [--epochs 4] [--seed 0]

Trains two transformers by the settings of the recipe that ships, on these files alone: one on all passages, one
without any passage that mentions or labels one of the actors. Prints the macro-F1 of the stances toward these actors,
and of the pairs that they are a part of, on the dev sets, given all mentions, before calibration.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from table import Quiet

from stance.formats.reading import read_labelled
from stance.labelers.recipe import read_recipe
from stance.labelers.tasks import DIRECTED, STANCE, query_actors
from stance.labelers.transformer import TransformerLabeler
from stance.models.model import decide
from stance.models.shipped import default_codebook
from stance.records import InputError
from stance.scoring.calibration import Calibration
from stance.scoring.decisions import brief_scores, decisions
from stance.scoring.gold import Gold, prepare
from stance.text.codebook import Codebook
from stance.text.mentions import Matcher

RECIPE = Path(__file__).parent.parent / "training/default.yaml"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", nargs="+", required=True)
    parser.add_argument("--dev", nargs="+", required=True)
    parser.add_argument("--actors", nargs="+", default=["india", "afghan_republic"])
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    book = Codebook.read(default_codebook())
    train, dev = (_gold(files, book) for files in (arguments.train, arguments.dev))
    actors = set(arguments.actors)
    without = [g for g in train if not actors & {*g.found, *query_actors(g.query)}]
    for title, gold in (("with them", train), ("without them", without)):
        config = replace(read_recipe(RECIPE).config, epochs=arguments.epochs)
        names = {actor.id: actor.label for actor in book.actors}
        labeler = TransformerLabeler(book.frame_ids, names, config, arguments.seed)
        labeler.fit([g.query for g in gold], [g.labelled for g in gold], progress=Quiet())
        print_scores(f"trained {title}, {len(gold):,} passages", labeler, dev, actors, book)
    return 0


def print_scores(
    title: str, labeler: TransformerLabeler, dev: Sequence[Gold], actors: set[str], book: Codebook
) -> None:
    queries = [g.query for g in dev]
    predictions = decide(queries, labeler.logits(queries), Calibration(), book, labeler.tasks, "")
    for task in (STANCE, DIRECTED):
        made = decisions(dev, predictions, book.frame_ids, task, given=True)
        scores = brief_scores(made.take(np.array([bool(actors & set(own)) for own in made.actors])))
        low, high = scores["macro_f1_interval"]
        print(f"{title}: {task} {scores['macro_f1']:.3f} ({low:.3f} to {high:.3f}), n = {scores['n']:,}", flush=True)


def _gold(files: Sequence[str], book: Codebook) -> list[Gold]:
    matcher = Matcher(book)
    return prepare([row for rows in read_labelled(files, book).values() for row in rows], matcher)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as error:
        sys.exit(f"held_out_actors: {error}")
