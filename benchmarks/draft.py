"""How much of a codebook that people made would `stance codebook draft` have proposed?

    python benchmarks/draft.py PILE... [--codebook FILE] [--unit passage] [-n 50] [--min-count 3] [--every 1] [--show]

Drafts a codebook from a pile, and finds the mentions of both codebooks in it. Prints how many actors of the given one
are proposed, the share of its mentions that the draft finds too, and the share that it finds under the one entry that
has most of an actor's mentions: what no editing has to join. Of an actor's names that are known as the draft spells
them it prints the same shares, and it names the most frequent names that are missing. Shares are of mentions. `--show`
prints the entries of the draft, for a person to judge which are actors.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from stance.commands.shared import prose_of
from stance.formats.reading import find_files
from stance.jobs.stream import Reader
from stance.learning.draft_entries import Entry
from stance.learning.draft_text import draft_text
from stance.learning.drafting import draft
from stance.learning.name_table import NameTable
from stance.models.shipped import default_codebook
from stance.records import Passage
from stance.text.codebook import Codebook
from stance.text.mentions import Matcher, find_mentions
from stance.text.names import fold

MISSING = 12
"""Names that are printed of those that the draft does not find."""


@dataclass
class Found:
    """Mentions of an actor, by the entry of the draft that stands there too; "" where none does."""

    entries: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        return self.entries.total()

    @property
    def proposed(self) -> int:
        return self.total - self.entries[""]

    @property
    def best(self) -> tuple[str, int]:
        """The entry that most of the mentions stand under."""
        return max(
            ((entry, n) for entry, n in self.entries.items() if entry), key=lambda pair: pair[1], default=("", 0)
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pile", nargs="+")
    parser.add_argument("--codebook", default=str(default_codebook()))
    parser.add_argument("--unit", default="article")
    parser.add_argument("-n", type=int, default=50)
    parser.add_argument("--min-count", type=int, default=3)
    parser.add_argument("--every", type=int, default=1, help="take every so many-th article or passage alone")
    parser.add_argument("--show", action="store_true")
    arguments = parser.parse_args()
    items = Reader(arguments.unit, report=lambda line: None).read(find_files(arguments.pile))
    passages = list(prose_of(item for n, item in enumerate(items) if n % arguments.every == 0))
    table = NameTable().add_all(passages)
    entries = draft(table, arguments.n, arguments.min_count)
    drafted = Codebook.parse(draft_text(entries, table.n_passages, table.n_articles))
    print(f"{table.n_passages:,} passages of {table.n_articles:,} articles; {len(entries)} actors proposed")
    found, missing = compare(passages, Codebook.read(arguments.codebook), drafted)
    print_found(found, missing)
    if arguments.show:
        print_entries(entries)
    return 0


def compare(
    passages: Iterable[Passage], given: Codebook, drafted: Codebook
) -> tuple[dict[str, Found], Counter[tuple[str, str]]]:
    """For each actor its mentions by what the draft has there, and the names that it has not."""
    found = {actor: Found() for actor in given.actor_ids}
    missing: Counter[tuple[str, str]] = Counter()
    ours, theirs = Matcher(given), Matcher(drafted)
    for passage in passages:
        proposed = find_mentions(passage, theirs).mentions or ()
        for mention in find_mentions(passage, ours).mentions or ():
            there = [m.actor for m in proposed if m.start < mention.end and mention.start < m.end]
            found[mention.actor].entries[there[0] if there else ""] += 1
            if not there:
                missing[mention.actor, fold(passage.text[mention.start : mention.end])] += 1
    return {actor: own for actor, own in found.items() if own.total}, missing


def print_found(found: dict[str, Found], missing: Counter[tuple[str, str]]) -> None:
    total = sum(own.total for own in found.values())
    proposed, together = sum(own.proposed for own in found.values()), sum(own.best[1] for own in found.values())
    some = sum(own.best[1] >= own.total / 2 for own in found.values())
    print(f"{some} of {len(found)} actors have most of their mentions under one entry")
    print(f"{total:,} mentions; found {proposed / total:.3f}, under the actor's one entry {together / total:.3f}")
    for actor, own in sorted(found.items(), key=lambda pair: -pair[1].total):
        entry, number = own.best
        print(f"  {actor:16} {own.total:6,}  {own.proposed / own.total:.3f}  {number / own.total:.3f}  {entry}")
    print("missing:", ", ".join(f"{name} ({actor}, {n})" for (actor, name), n in missing.most_common(MISSING)))


def print_entries(entries: Sequence[Entry]) -> None:
    for entry in entries:
        print(f"{entry.n_passages:6,}  {entry.label}  ({len(entry.spellings)} spellings, {len(entry.people)} people)")


if __name__ == "__main__":
    sys.exit(main())
