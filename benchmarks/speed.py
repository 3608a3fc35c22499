"""Ours against the encoder as sentence-transformers runs it, and run once a target: the same passages, cores and run.

    python benchmarks/speed.py articles.jsonl.gz [--model DIR] [--linear DIR] [--passages 400] [--sizes 1000 10000]

Every way of labelling runs in a process of its own, all cores its own, three times, in turn; medians are printed. A
second with our models counts from start to end of `stance.jobs.stream.label_rows`: processes that start, models that
load, reading, labelling, pairs and probabilities. The others are warmed up first and only encode. The matrix limit is
what
torch reaches on this machine in fp32 on a product of the encoder's largest shapes.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from bulk import peak_of

from stance.formats.dataformat import parse_article
from stance.formats.reading import read_rows
from stance.jobs.stream import Settings, label_rows, model_of
from stance.labelers.encoders import encoder_source
from stance.labelers.recipe import BUNDLED
from stance.models.shipped import default_model
from stance.records import InputError, Mention, Passage
from stance.text.mentions import find_mentions
from stance.text.passages import split_article

ROUNDS = 3
ACTORS = (1, 2, 4, 8, 12)
BATCH = 32
LAYERS, WIDTH = 6, 384
"""Of the encoder, for the number of its operations."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("articles")
    parser.add_argument("--model", default=str(default_model()))
    parser.add_argument("--linear", help="a linear model, to compare")
    parser.add_argument("--passages", type=int, default=400)
    parser.add_argument("--sizes", type=int, nargs="*", default=[], help="passages to label with each of our models")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        passages = [_passage(row) for row in map(json.loads, Path(arguments.articles).read_text("utf-8").splitlines())]
        print(json.dumps(WAYS[arguments.way](passages, arguments.model, arguments.jobs)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), arguments.jobs, arguments.model, arguments.linear)
        passages = read_passages(arguments.articles, arguments.passages, arguments.model)
        bench.ways(passages)
        bench.actors(passages)
        if arguments.sizes:
            bench.sizes(passages, arguments.sizes)
    return 0


class Bench:
    """Runs the ways of labelling, each in a process of its own."""

    def __init__(self, folder: Path, jobs: int, model: str, linear: str | None):
        self.file = folder / "passages.jsonl"
        self.jobs = jobs
        self.models = {"ours": model} | ({"linear": linear} if linear else {})

    def run(self, way: str, passages: Sequence[Passage]) -> dict[str, float]:
        """Seconds and peak memory in MB of one way."""
        self.file.write_text("".join(json.dumps(_row(passage)) + "\n" for passage in passages), encoding="utf-8")
        model = self.models.get(way, self.models["ours"])
        command = [sys.executable, __file__, str(self.file), "--way", "ours" if way == "linear" else way]
        process = subprocess.Popen(
            [*command, "--model", model, "--jobs", str(self.jobs)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        output, errors, peak = peak_of(process)
        if process.returncode:
            raise InputError(f"{way}: {errors.decode().strip()[-300:]}")
        return {**json.loads(output), "peak": peak}

    def ways(self, passages: Sequence[Passage]) -> None:
        """The ways against each other on passages with four actors each."""
        four = with_actors(passages, 4)
        ways = [*self.models, "sentence-transformers", "per-target", "per-target, pairs too"]
        runs: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
        limits = []
        for _ in range(ROUNDS):
            limits.append(matrix_limit())
            for way in ways:
                runs[way].append(self.run(way, four))
        limit = statistics.median(limits)
        tokens = statistics.median(run["tokens"] for run in runs["ours"]) / len(four)
        operations = passage_operations(tokens)
        print(f"{len(four):,} passages of {tokens:.0f} tokens with 4 actors each, {self.jobs} cores")
        print(
            f"{limit / 1e9:,.0f} GFLOP/s for matrices in fp32; encoding a passage takes {operations / 1e9:.2f} GFLOP\n"
        )
        print(f"{'':24}{'passages/s':>11}{'ours is':>10}{'peak MB':>9}{'of the limit':>14}")
        rates = {way: len(four) / statistics.median(run["seconds"] for run in runs[way]) for way in ways}
        for way in ways:
            times = {"per-target": 4, "per-target, pairs too": 16, "linear": 0}.get(way, 1)
            share = f"{rates[way] * operations * times / limit:.0%}" if times else "-"
            peak = max(run["peak"] for run in runs[way])
            print(f"{way:24}{rates[way]:>11,.1f}{rates['ours'] / rates[way]:>9.2f}x{peak:>9,.0f}{share:>14}")

    def actors(self, passages: Sequence[Passage]) -> None:
        """The cost of a passage against the number of its actors."""
        print("\nactors a passage (ordered pairs): cost against one actor")
        parts = {number: with_actors(passages, number) for number in ACTORS}
        runs: dict[int, list[float]] = {number: [] for number in ACTORS}
        for _ in range(ROUNDS):
            for number, part in parts.items():
                runs[number].append(self.run("ours", part)["seconds"])
        first = statistics.median(runs[1])
        for number in ACTORS:
            cost = statistics.median(runs[number]) / first
            print(f"{number:3} ({number * (number - 1):3})  {'█' * round(30 * cost)} {cost:.2f}")

    def sizes(self, passages: Sequence[Passage], sizes: Sequence[int]) -> None:
        """Speed and memory against the length of the input."""
        for way in self.models:
            print(f"\n{way}: passages, passages a second, peak memory")
            for size in sizes:
                run = self.run(way, copies(passages, size))
                print(
                    f"{size:9,}  {'█' * round(run['peak'] / 20)} {size / run['seconds']:,.0f}/s {run['peak']:,.0f} MB"
                )


def read_passages(articles: str, number: int, model: str) -> list[Passage]:
    """So many passages of the articles, spread over the whole of them."""
    matcher = model_of(model, Settings()).matcher
    found = [
        find_mentions(passage, matcher)
        for row in read_rows(articles)
        for passage in split_article(parse_article(row.checked(), row.place, row.default_id))
        if passage.kind == "prose" and len(passage.text.split()) >= max(ACTORS)
    ]
    if len(found) < number:
        raise InputError(f"{articles}: {len(found):,} passages; ask for fewer than {number:,}")
    return [found[place] for place in np.linspace(0, len(found) - 1, number).astype(int)]


def with_actors(passages: Sequence[Passage], number: int) -> list[Passage]:
    """The passages, in each so many words taken for actors."""
    generator = random.Random(number)
    changed = []
    for passage in passages:
        words, start = [], 0
        for word in passage.text.split():
            start = passage.text.index(word, start)
            words.append((start, start + len(word)))
            start += len(word)
        chosen = generator.sample(words, number)
        mentions = tuple(Mention(f"actor{i}", *place) for i, place in enumerate(sorted(chosen)))
        changed.append(replace(passage, mentions=mentions))
    return changed


def copies(passages: Sequence[Passage], size: int) -> list[Passage]:
    """So many passages, no two with the same text."""
    return [
        replace(passages[i % len(passages)], id=f"{i}", article=f"{i}", text=f"{passages[i % len(passages)].text} {i}")
        for i in range(size)
    ]


def label_with_ours(passages: Sequence[Passage], model: str, jobs: int) -> dict[str, float]:
    """Our whole way, from passages to rows of predictions."""
    began = time.perf_counter()
    count = sum(len(rows) for rows, _ in label_rows(passages, model, Settings(), jobs))
    seconds = time.perf_counter() - began
    assert count == len(passages)
    tokenizer = _tokenizer()
    return {"seconds": seconds, "tokens": sum(len(tokenizer.encode(p.text).ids) for p in passages)}


def encode_with_sentence_transformers(passages: Sequence[Passage], model: str, jobs: int) -> dict[str, float]:
    """Vectors of the passages, as SetFit and others have them: torch in fp32, sorted by length, padded batches."""
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(jobs)
    encoder = SentenceTransformer(encoder_source(BUNDLED), device="cpu", local_files_only=True)
    texts = [passage.text for passage in passages]
    encoder.encode(texts[:BATCH], batch_size=BATCH)
    began = time.perf_counter()
    encoder.encode(texts, batch_size=BATCH)
    return {"seconds": time.perf_counter() - began}


def encode_each_target(passages: Sequence[Passage], model: str, jobs: int) -> dict[str, float]:
    """The passage beside each of its actors, as NewsSentiment and PyABSA read it: one pass a target."""
    return _encode_pairs([(p.text, p.text[m.start : m.end]) for p in passages for m in p.mentions or ()], jobs)


def encode_each_pair(passages: Sequence[Passage], model: str, jobs: int) -> dict[str, float]:
    """The same, and once for every ordered pair: what it takes to learn who holds the stance."""
    texts = []
    for passage in passages:
        names = [passage.text[m.start : m.end] for m in passage.mentions or ()]
        texts += [(passage.text, name) for name in names]
        texts += [(passage.text, f"{holder} {target}") for holder in names for target in names if holder is not target]
    return _encode_pairs(texts, jobs)


WAYS: dict[str, Callable[[Sequence[Passage], str, int], dict[str, float]]] = {
    "ours": label_with_ours,
    "sentence-transformers": encode_with_sentence_transformers,
    "per-target": encode_each_target,
    "per-target, pairs too": encode_each_pair,
}


def _encode_pairs(texts: list[tuple[str, str]], jobs: int) -> dict[str, float]:
    import torch
    from transformers import AutoModel, AutoTokenizer

    torch.set_num_threads(jobs)
    source = encoder_source(BUNDLED)
    tokenizer = AutoTokenizer.from_pretrained(source, local_files_only=True)
    encoder = AutoModel.from_pretrained(source, local_files_only=True).eval()

    def encode(part: list[tuple[str, str]]) -> None:
        part = sorted(part, key=lambda pair: len(pair[0]))
        for start in range(0, len(part), BATCH):
            batch = tokenizer(part[start : start + BATCH], padding=True, truncation=True, return_tensors="pt")
            encoder(**batch).last_hidden_state.mean(1)

    with torch.inference_mode():
        encode(texts[:BATCH])
        began = time.perf_counter()
        encode(texts)
        return {"seconds": time.perf_counter() - began}


def matrix_limit() -> float:
    """Operations a second of this machine on the encoder's largest matrices."""
    import torch

    left, right = torch.randn(2048, WIDTH), torch.randn(WIDTH, 4 * WIDTH)
    rates = []
    for _ in range(20):
        began = time.perf_counter()
        left @ right
        rates.append(2.0 * left.shape[0] * right.numel() / (time.perf_counter() - began))
    return max(rates)


def passage_operations(tokens: float) -> float:
    """Floating point operations of the encoder for a passage: its matrices, and attention."""
    return LAYERS * (2 * 12 * WIDTH**2 * tokens + 4 * WIDTH * tokens**2)


def _tokenizer() -> Any:
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(Path(encoder_source(BUNDLED)) / "tokenizer.json"))


def _row(passage: Passage) -> dict[str, Any]:
    mentions = [[m.actor, m.start, m.end] for m in passage.mentions or ()]
    return {"id": passage.id, "article": passage.article, "text": passage.text, "mentions": mentions}


def _passage(row: dict[str, Any]) -> Passage:
    mentions = tuple(Mention(*mention) for mention in row["mentions"])
    return Passage(row["id"], row["article"], row["text"], 0, len(row["text"]), mentions)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as error:
        sys.exit(f"speed: {error}")
