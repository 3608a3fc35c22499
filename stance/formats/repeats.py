"""What stands more than once in labelled data, a line a group: ids; passages that are copies or light rewordings."""

from __future__ import annotations

from collections.abc import Sequence

from stance.quoting import quote
from stance.records import LabelledPassage
from stance.text.near_duplicates import alike, near_duplicate_groups

SHOWN = 5
"""Places of a group that are named, beside its first."""


def repeated_ids(labelled: Sequence[LabelledPassage]) -> list[str]:
    """The same id twice from one annotator, or with different texts."""
    own: dict[tuple[str, str], list[LabelledPassage]] = {}
    for row in labelled:
        own.setdefault((row.passage.id, row.annotator), []).append(row)
    findings, texts = [], dict[str, LabelledPassage]()
    for (identifier, _), rows in own.items():
        same = texts.setdefault(identifier, rows[0])
        if same.passage.text != rows[0].passage.text:
            findings.append(f"{rows[0].place}: id {quote(identifier)} has another text at {same.place}; rename one")
        if len(rows) > 1:
            often = "twice" if len(rows) == 2 else f"{len(rows):,} times"
            places = f"first at {rows[0].place}{_also('again at', rows[2:])}"
            findings.append(f"{rows[1].place}: id {quote(identifier)} stands {often}, {places}; rename or drop one")
    return findings


def duplicates(labelled: Sequence[LabelledPassage]) -> list[str]:
    """Copies and near-copies of a passage under another id; those with different labels are conflicts."""
    distinct = list({row.passage.id: row for row in labelled}.values())
    groups = near_duplicate_groups([row.passage.text for row in distinct])
    return [_told([distinct[number] for number in group]) for group in groups]


def _told(rows: Sequence[LabelledPassage]) -> str:
    """The finding on rows that are alike."""
    first, second, *others = rows
    kind = "copy" if all(row.passage.text == first.passage.text for row in rows) else "near-duplicate"
    told = f"{second.place}: {kind} of {first.place}{_also('as are' if len(others) > 1 else 'as is', others)}"
    found = _first_conflict(rows)
    if not found:
        return f"{told}; keep one"
    earlier, later, conflict = found
    who = "and is labelled otherwise" if not others else f"; {later.place} is labelled otherwise than {earlier.place}"
    return f"{told} {who} ({conflict}); settle the labels".replace(" ;", ";")


def _also(words: str, rows: Sequence[LabelledPassage]) -> str:
    """The places of more rows, the first of them by name."""
    more = f" and {len(rows) - SHOWN:,} more" if len(rows) > SHOWN else ""
    return f", {words} {', '.join(row.place for row in rows[:SHOWN])}{more}" if rows else ""


def _first_conflict(rows: Sequence[LabelledPassage]) -> tuple[LabelledPassage, LabelledPassage, str] | None:
    """The first row that is labelled otherwise than one before it that it is like, and that one."""
    earlier: dict[str, LabelledPassage] = {}
    for row in rows:
        for other in earlier.values():
            conflict = _conflict(other, row)
            if conflict and alike(other.passage.text, row.passage.text):
                return other, row, conflict
        earlier.setdefault(repr(row.labels), row)
    return None


def _conflict(one: LabelledPassage, two: LabelledPassage) -> str:
    left, right = one.labels, two.labels
    if left.frames is not None and right.frames is not None and set(left.frames) != set(right.frames):
        return f"frames {', '.join(left.frames) or 'none'} and {', '.join(right.frames) or 'none'}"
    for actor in sorted((left.stance or {}).keys() & (right.stance or {}).keys()):
        if left.stance and right.stance and left.stance[actor] != right.stance[actor]:
            return f"{actor} {left.stance[actor]} and {right.stance[actor]}"
    for pair in sorted((left.directed or {}).keys() & (right.directed or {}).keys()):
        if left.directed and right.directed and left.directed[pair] != right.directed[pair]:
            return f"{pair[0]} -> {pair[1]} {left.directed[pair]} and {right.directed[pair]}"
    return ""
