"""How far two annotators of the same passages agree: F1 per frame, kappa and macro-F1 for stance, F1 for directed.

python training/agreement.py seeds/militancy/agreement/dev.jsonl
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.metrics import cohen_kappa_score, f1_score

from stance.codebook import Codebook
from stance.files import read_labelled
from stance.records import STANCES, InputError, Labels
from stance.store import default_codebook

Pairs = Sequence[tuple[Labels, Labels]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="+", help="rows with an annotator, two to an id")
    parser.add_argument("--codebook", help="default: the one that ships")
    arguments = parser.parse_args()
    codebook = Codebook.read(arguments.codebook or default_codebook())
    by_id: dict[str, dict[str, Labels]] = {}
    for rows in read_labelled(arguments.data, codebook).values():
        for row in rows:
            by_id.setdefault(row.passage.id, {})[row.annotator] = row.labels
    pairs = [(labels[a], labels[b]) for labels in by_id.values() if len(labels) == 2 for a, b in [sorted(labels)]]
    if not pairs:
        raise InputError("no passage has labels of two annotators")
    print(f"{len(pairs)} passages labelled twice")
    for frame, score in frame_agreement(pairs, codebook.frame_ids).items():
        print(f"frame {frame:20s} F1 {score:.3f}")
    count, kappa, macro = stance_agreement(pairs)
    print(f"actors named               F1 {actor_agreement(pairs):.3f}")
    print(f"stance, {count} actors that both name: kappa {kappa:.3f}, macro-F1 {macro:.3f}")
    print(f"directed, holder, target and stance alike: F1 {directed_agreement(pairs):.3f}")
    return 0


def frame_agreement(pairs: Pairs, frames: Sequence[str]) -> dict[str, float]:
    """F1 of one annotator's frames against the other's."""
    return {f: _set_f1([({f} & set(a.frames or ()), {f} & set(b.frames or ())) for a, b in pairs]) for f in frames}


def stance_agreement(pairs: Pairs) -> tuple[int, float, float]:
    """Actors that both name, Cohen's kappa and macro-F1 of their stances."""
    judged = [(s, _stance(b)[actor]) for a, b in pairs for actor, s in _stance(a).items() if actor in _stance(b)]
    one, two = (np.array([STANCES.index(pair[i]) for pair in judged]) for i in (0, 1))
    return len(judged), float(cohen_kappa_score(one, two)), float(f1_score(one, two, average="macro"))


def actor_agreement(pairs: Pairs) -> float:
    return _set_f1([(set(_stance(a)), set(_stance(b))) for a, b in pairs])


def directed_agreement(pairs: Pairs) -> float:
    return _set_f1([(set((a.directed or {}).items()), set((b.directed or {}).items())) for a, b in pairs])


def _stance(labels: Labels) -> Mapping[str, str]:
    return labels.stance or {}


def _set_f1(pairs: Sequence[tuple[set[Any], set[Any]]]) -> float:
    shared = sum(len(a & b) for a, b in pairs)
    return 2 * shared / max(1, sum(len(a) + len(b) for a, b in pairs))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as error:
        sys.exit(f"agreement: {error}")
