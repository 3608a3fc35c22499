"""How well the matcher finds the actors that people named: precision and recall for each actor of a codebook.

    python benchmarks/matcher.py dev.jsonl seeds/militancy/dev.jsonl

Mentions given in the data are ignored; gold is the actors of `stance`, of those the codebook knows.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from stance.formats.reading import read_labelled
from stance.models.shipped import default_codebook
from stance.records import InputError
from stance.text.codebook import Codebook
from stance.text.mentions import Matcher


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="+")
    parser.add_argument("--codebook", help="default: the one that ships")
    arguments = parser.parse_args()
    book = Codebook.read(arguments.codebook or default_codebook())
    matcher = Matcher(book)
    for file, rows in read_labelled(arguments.data, book).items():
        found, named, both = Counter[str](), Counter[str](), Counter[str]()
        began = time.perf_counter()
        for row in rows:
            passage = row.passage
            gold = set(row.labels.stance or ()).intersection(book.actor_ids)
            actors = {mention.actor for mention in matcher.find(passage.text, passage.details.get("date"))}
            found.update(actors)
            named.update(gold)
            both.update(actors & gold)
        rate = len(rows) / (time.perf_counter() - began)
        print(f"{file}: {len(rows):,} passages, {rate:,.0f} a second")
        for actor in (*book.actor_ids, "all"):
            hits, seen, there = (sum(c.values()) if actor == "all" else c[actor] for c in (both, found, named))
            if seen or there:
                scores = f"precision {hits / max(1, seen):.3f}  recall {hits / max(1, there):.3f}"
                print(f"  {actor:18s} {scores}  named {there}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as error:
        sys.exit(f"matcher: {error}")
