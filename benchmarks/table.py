"""The table of scores on the dev sets: the models that ship, the linear labeler, and encoders fine-tuned alike.

    python benchmarks/table.py --corpora DIR [--model NAME ...] [--outlets FILE] [--encoder NAME_OR_DIR ...] [--seeds 3]
        [--retrain]

Prints macro-F1 (micro-F1 too for GVFC and for DSE's five-way pairs) with 95 % intervals from a bootstrap over articles,
and of the stances between actors of event sentences the share that is named with the right sign. The models that ship
are judged as they are: their epoch was chosen, and they were calibrated, on these dev sets, so their own cards have the
figures that are honest as to calibration. The linear labeler is trained anew on Tehran Times and the seeds, and
on GVFC (about two minutes). `--retrain` also trains the transformer on GVFC with each seed (minutes each), and
`--encoder` by the recipe that ships with another encoder (long without a GPU).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from stance.formats.reading import read_labelled
from stance.labelers.linear import LinearLabeler
from stance.labelers.recipe import BUNDLED, Recipe, TransformerConfig, read_recipe
from stance.labelers.tasks import DIRECTED, FRAMES, STANCE
from stance.labelers.transformer import TransformerLabeler
from stance.learning.fitting import fit_model, fit_transformer
from stance.models.model import Model
from stance.models.shipped import default_codebook, find_model
from stance.models.store import load_model
from stance.records import STANCES, InputError, Judgement, LabelledPassage, Pair, Prediction
from stance.scoring.evaluation import evaluate
from stance.scoring.gold import Gold, prepare
from stance.scoring.metrics import label_tally, macro_f1, micro_f1
from stance.text.codebook import Codebook
from stance.text.mentions import Matcher

ROOT = Path(__file__).parent.parent
FIRST, SECOND = "p", "q"
"""The entities of DSE."""
FIVE = ("none", "p>q favor", "q>p favor", "p>q against", "q>p against")


class Quiet:
    """Training progress that goes to standard error."""

    def note(self, message: str) -> None:
        print(message, file=sys.stderr)

    def advance(self, step: int, steps: int, message: str) -> None:
        if step % 100 == 0:
            print(f"step {step:,} of {steps:,}: {message}", file=sys.stderr)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", required=True, help="folder with tehran-times, newsmtsc, dse, gvfc")
    parser.add_argument("--model", action="append", help="a model that ships, or a folder; default: default")
    parser.add_argument("--outlets", type=Path, help="seeds/outlets/dev.jsonl with its texts")
    parser.add_argument("--encoder", action="append", default=[], help="train by the recipe with this encoder too")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--retrain", action="store_true", help="train the transformer on GVFC")
    arguments = parser.parse_args()
    corpora, book = Path(arguments.corpora), Codebook.read(default_codebook())
    dev = {name: rows_of(corpora / name / "dev.jsonl", book) for name in ("tehran-times", "newsmtsc", "dse")}
    dev["seeds"] = rows_of(ROOT / "seeds/militancy/dev.jsonl", book)
    dev["events"] = rows_of(ROOT / "seeds/events/dev.jsonl", book)
    if arguments.outlets:
        dev["outlets"] = rows_of(arguments.outlets, book)
    for name in arguments.model or ["default"]:
        print_study(f"the model {name}", load_model(find_model(name)), dev)
    own = rows_of(corpora / "tehran-times/train.jsonl", book) + rows_of(ROOT / "seeds/militancy/train.jsonl", book)
    for seed in range(arguments.seeds):
        linear = fit_model(own, book, lambda seed=seed: LinearLabeler(book.frame_ids, seed=seed), seed, jobs=2).model
        print_study(f"linear, seed {seed}", linear, dev)
        gvfc(corpora / "gvfc", seed, arguments.retrain)
        for encoder in arguments.encoder:
            recipe = read_recipe(ROOT / "training/default.yaml")
            print_study(f"{encoder}, seed {seed}", trained(recipe, encoder, seed, corpora, book), dev)
    return 0


def trained(recipe: Recipe, encoder: str, seed: int, corpora: Path, book: Codebook) -> Model:
    """A model trained by a recipe on another encoder or seed."""
    folders = {"tt": "tehran-times", "mtsc": "newsmtsc", "dse": "dse"}
    train = {name: corpus.path for name, corpus in recipe.data.items()}
    dev = dict(recipe.dev)
    for files, part in ((train, "train"), (dev, "dev")):
        files.update({name: str(corpora / folders[name] / f"{part}.jsonl") for name in files if name in folders})
    labeler = TransformerLabeler(
        book.frame_ids, {a.id: a.label for a in book.actors}, replace(recipe.config, encoder=encoder), seed
    )
    return fit_transformer(
        {name: rows_of(Path(file), book) for name, file in train.items()},
        {name: corpus.weight for name, corpus in recipe.data.items()},
        {name: rows_of(Path(file), book) for name, file in dev.items()},
        book,
        labeler,
        Quiet(),
    ).model


def gvfc(folder: Path, seed: int, retrain: bool) -> None:
    """Another study, another codebook."""
    book = Codebook.read(folder / "codebook.yaml")
    train, dev = (rows_of(folder / f"{part}.jsonl", book) for part in ("train", "dev"))
    models = {"linear": fit_model(train, book, lambda: LinearLabeler(book.frame_ids, seed=seed), seed, jobs=2).model}
    if retrain:
        labeler = TransformerLabeler(book.frame_ids, {}, TransformerConfig(BUNDLED), seed)
        models["transformer"] = fit_transformer({"gvfc": train}, {"gvfc": 1.0}, {}, book, labeler, Quiet()).model
    for name, model in models.items():
        gold = prepare(dev, model.matcher)
        scores = evaluate(gold, model.predict([g.query for g in gold]), book.frame_ids)[FRAMES]
        print(f"  {'gvfc frames, ' + name:34s} {cell(scores)}   micro {cell(scores, 'micro_f1')}", flush=True)


def print_study(title: str, model: Model, dev: Mapping[str, Sequence[LabelledPassage]]) -> None:
    """Scores of a model on the dev sets of the codebook that ships."""
    print(title)
    matcher = Matcher(model.codebook)
    for name, rows in dev.items():
        gold = prepare(rows, matcher)
        predictions = model.predict([g.query for g in gold])
        scores = evaluate(gold, predictions, model.codebook.frame_ids)
        for task in (FRAMES, STANCE, DIRECTED):
            if scores[task]["n"]:
                given = scores[task].get("given_mentions")
                beside = f"   given mentions {cell(given)}" if given and task != FRAMES else ""
                print(f"  {name + ' ' + task:34s} {cell(scores[task])}{beside}")
        if name == "dse":
            micro, macro = five_way(gold, predictions)
            print(f"  {'dse pairs, five-way':34s} {macro:.3f}   micro {micro:.3f}", flush=True)
        if name == "events":
            named, sign = event_stances(gold, predictions)
            print(f"  {'events, named with the right sign':34s} {named:.3f}   sign alone {sign:.3f}", flush=True)


def event_stances(gold: Sequence[Gold], predictions: Sequence[Prediction]) -> tuple[float, float]:
    """Of the stances between actors that are not neutral, the shares named with the right sign, and whose sign alone is
    right: the likelier one of against and favor."""
    pairs = [
        (stance, p.directed[pair])
        for g, p in zip(gold, predictions, strict=True)
        for pair, stance in gold_stances(g).items()
        if stance != "neutral"
    ]
    named = [stance == judged.label for stance, judged in pairs]
    signs = [(stance == "against") == (judged.against > judged.favor) for stance, judged in pairs]
    return float(np.mean(named)), float(np.mean(signs))


def five_way(gold: Sequence[Gold], predictions: Sequence[Prediction]) -> tuple[float, float]:
    """Micro-F1 and macro-F1 of pairs as DSE scores them: none, or one direction that is not neutral."""
    rows = np.zeros((2, len(gold), len(FIVE)), dtype=bool)
    for i, (g, p) in enumerate(zip(gold, predictions, strict=True)):
        sure = {pair: Judgement(s, *(float(s == t) for t in STANCES)) for pair, s in gold_stances(g).items()}
        rows[0, i, _likeliest(sure)] = True
        rows[1, i, _likeliest(p.directed)] = True
    totals = label_tally(rows[0], rows[1], np.zeros(len(gold), dtype=int))[0]
    return float(micro_f1(totals)), float(macro_f1(totals))


def gold_stances(gold: Gold) -> Mapping[Pair, str]:
    return gold.labelled.labels.directed or {}


def _likeliest(judged: Mapping[Pair, Judgement]) -> int:
    """Of the five: the directions taken for independent, and at most one of them for not neutral."""
    forward, backward = judged[FIRST, SECOND], judged[SECOND, FIRST]
    return int(
        np.argmax(
            [
                forward.neutral * backward.neutral,
                forward.favor * backward.neutral,
                forward.neutral * backward.favor,
                forward.against * backward.neutral,
                forward.neutral * backward.against,
            ]
        )
    )


def cell(scores: Mapping[str, Any], key: str = "macro_f1") -> str:
    low, high = scores[f"{key}_interval"]
    return f"{scores[key]:.3f} ({low:.3f} to {high:.3f})"


def rows_of(file: Path, book: Codebook) -> list[LabelledPassage]:
    return [row for rows in read_labelled([str(file)], book).values() for row in rows]


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as error:
        sys.exit(f"table: {error}")
