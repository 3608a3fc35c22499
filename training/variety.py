"""How varied a corpus is: passages that share word 5-grams, distinct 2-grams, sentence openings, and text of others.

    python training/variety.py seeds/militancy/train.jsonl seeds/militancy/dev.jsonl --against other-corpus/*.jsonl

Prints each figure beside its bound; exit code 1 where one is broken.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

import sentencex

from stance.formats.reading import find_files, read_rows
from stance.records import InputError

SHARED_5GRAMS, DISTINCT_2GRAMS, OPENINGS, RUN = 0.30, 0.50, 0.01, 8
SAMPLE = 900
_WORD = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="+", help="passages to measure")
    parser.add_argument("--against", nargs="*", default=[], help="texts that must share no run of 8 words")
    parser.add_argument("--seed", type=int, default=0, help="which 900 passages the distinct 2-grams are counted on")
    arguments = parser.parse_args()
    passages = dict(_passages(arguments.data))
    words = {identifier: _words(text) for identifier, text in passages.items()}
    share, pair = most_shared(words)
    sample = random.Random(arguments.seed).sample(sorted(words), min(SAMPLE, len(words)))
    distinct = distinct_ngrams([words[identifier] for identifier in sample], 2)
    opening, count = common_opening(passages.values())
    print(f"{len(passages):,} passages, {sum(map(len, words.values())):,} words")
    results = [
        (share <= SHARED_5GRAMS, f"most 5-grams shared by two passages: {share:.3f} ({pair}); at most {SHARED_5GRAMS}"),
        (
            distinct >= DISTINCT_2GRAMS,
            f"distinct 2-grams on {len(sample)} passages: {distinct:.3f}; at least {DISTINCT_2GRAMS}",
        ),
        (
            count <= OPENINGS * len(passages),
            f'commonest opening of four words: "{opening}", {count} times; at most {OPENINGS * len(passages):.0f}',
        ),
    ]
    if arguments.against:
        runs = shared_runs(words, (_words(text) for _, text in _passages(arguments.against)))
        results.append((not runs, f"runs of {RUN} words shared with other texts, proper names aside: {len(runs)}"))
        results += [(False, f"  {identifier}: {run}") for identifier, run in runs]
    for good, line in results:
        print(f"{'ok  ' if good else 'BAD '} {line}")
    return 0 if all(good for good, _ in results) else 1


def most_shared(words: dict[str, list[str]]) -> tuple[float, str]:
    """The largest share of a passage's 5-grams that stand in one other passage, and which two they are."""
    grams = {identifier: set(_ngrams(tokens, 5)) for identifier, tokens in words.items()}
    holders: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for identifier, own in grams.items():
        for gram in own:
            holders[gram].append(identifier)
    shared: Counter[tuple[str, str]] = Counter()
    for names in holders.values():
        shared.update((a, b) for i, a in enumerate(names) for b in names[i + 1 :])
    shares = {(a, b): count / min(len(grams[a]), len(grams[b])) for (a, b), count in shared.items()}
    if not shares:
        return 0.0, "none"
    (one, two), share = max(shares.items(), key=lambda item: item[1])
    return share, f"{one} and {two}"


def distinct_ngrams(passages: Sequence[Sequence[str]], size: int) -> float:
    """Different n-grams over all n-grams."""
    grams = [gram for tokens in passages for gram in _ngrams(tokens, size)]
    return len(set(grams)) / len(grams)


def common_opening(texts: Iterable[str]) -> tuple[str, int]:
    """The four words with which sentences open in most passages, and in how many."""
    openings: Counter[str] = Counter()
    for text in texts:
        starts = {" ".join(_words(s)[:4]) for s in sentencex.segment("en", text) if len(_words(s)) >= 4}
        openings.update(starts)
    return openings.most_common(1)[0]


def shared_runs(words: dict[str, list[str]], others: Iterable[list[str]]) -> list[tuple[str, str]]:
    """Runs of `RUN` words that stand in the other texts too, unless most of their words are capitalised names."""
    own: dict[tuple[str, ...], str] = {}
    for identifier, tokens in words.items():
        for gram in _ngrams([token.lower() for token in tokens], RUN):
            own.setdefault(gram, identifier)
    found = {}
    for tokens in others:
        lowered = [token.lower() for token in tokens]
        for index, gram in enumerate(_ngrams(lowered, RUN)):
            capitals = sum(token[0].isupper() for token in tokens[index : index + RUN])
            if gram in own and capitals < RUN - 3:
                found[gram] = own[gram]
    return [(identifier, " ".join(gram)) for gram, identifier in found.items()]


def _passages(inputs: Sequence[str]) -> Iterator[tuple[str, str]]:
    for file in find_files(inputs):
        for row in read_rows(file):
            fields = row.checked()
            yield str(fields.get("id", row.place)), str(fields["text"])


def _words(text: str) -> list[str]:
    return _WORD.findall(text)


def _ngrams(tokens: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    return (tuple(tokens[i : i + size]) for i in range(len(tokens) - size + 1))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as error:
        sys.exit(f"variety: {error}")
