"""What is wrong and what is odd in labelled data, with line numbers, and the counts of every label."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import partial

from stance.formats.dataformat import parse_labelled
from stance.formats.findings import Findings
from stance.formats.meanings import as_meant
from stance.formats.repeats import duplicates, repeated_ids
from stance.formats.rows import Row
from stance.quoting import quote, shown, unquoted
from stance.records import InputError, LabelledPassage
from stance.text.codebook import Codebook
from stance.text.mentions import Matcher, find_mentions, parse_day
from stance.text.spans import cuts_word
from stance.text.spellings import Spellings, spelling

_FIELDS = ("id", "article", "text", "mentions", "frames", "stance", "directed", "annotator")
_PASSED_THROUGH = ("title", "source", "date", "url", "lang", "start", "end", "frame_labels", "uncertain", "model")


@dataclass(frozen=True, slots=True)
class Report:
    """Findings, a line each, and counts.

    Attributes
    ----------
    findings : list of str
        ``file:line: what is wrong, and how to mend it``.
    counts : dict of str to Counter
        Labels of frames, stance and directed stances, and of actors.
    """

    n_passages: int
    n_articles: int
    annotators: tuple[str, ...]
    findings: list[str]
    counts: dict[str, Counter[str]] = field(default_factory=dict)


def check_rows(rows: Iterable[Row], codebook: Codebook) -> Report:
    """Check labelled rows against the data format and a codebook."""
    findings: list[str] = []
    labelled: list[LabelledPassage] = []
    spellings, notes = Spellings(codebook), Findings()
    for row in rows:
        try:
            meant = as_meant(row.checked(), spellings, partial(notes.add, row.place))
            labelled.append(parse_labelled(meant, row.place, codebook))
            findings += _odd_fields(row)
        except InputError as error:
            findings.append(str(error))
    findings += notes.lines()
    for check in (_cut_words, alike_annotators, repeated_ids, duplicates, _unlabelled):
        findings += check(labelled)
    findings += _unknown_actors(labelled, codebook)
    return Report(
        n_passages=len(labelled),
        n_articles=len({row.passage.article for row in labelled}),
        annotators=tuple(sorted({row.annotator for row in labelled if row.annotator})),
        findings=findings,
        counts=_counts(labelled, codebook),
    )


def _odd_fields(row: Row) -> list[str]:
    """Fields that look like a misspelt one, and dates that are none."""
    findings = []
    for name in row.fields:
        meant = difflib.get_close_matches(name, _FIELDS, 1, 0.75) if name not in (*_FIELDS, *_PASSED_THROUGH) else []
        if meant:
            findings.append(f"{row.place}: unknown field {quote(name)}; did you mean {meant[0]}?")
    date = row.fields.get("date")
    if date is not None and parse_day(str(date)) is None:
        findings.append(f"{row.place}: date {quote(date)} is not read; write it like 2021-08-15")
    return findings


def _cut_words(labelled: Sequence[LabelledPassage]) -> list[str]:
    """Mentions that begin or end within a word: places that were counted otherwise, or that have shifted."""
    return [
        f"{row.place}: the mention of {unquoted(mention.actor)} at {mention.start}-{mention.end} cuts a word: "
        f"{shown(row.passage.text[mention.start : mention.end])}; mend its start and end"
        for row in labelled
        for mention in row.passage.mentions or ()
        if cuts_word(row.passage.text, mention.start, mention.end)
    ]


def alike_annotators(labelled: Sequence[LabelledPassage]) -> list[str]:
    """Annotators that differ in case and blanks alone: one person, it seems."""
    first: dict[str, dict[str, str]] = {}
    for row in labelled:
        first.setdefault(spelling(row.annotator), {}).setdefault(row.annotator, row.place)
    return [
        f"{places[-1]}: annotator {shown(names[-1])} is written {' and '.join(map(shown, names[:-1]))} too, first at "
        f"{places[0]}; write one"
        for own in first.values()
        if len(own) > 1
        for names, places in [(list(own), list(own.values()))]
    ]


def _unlabelled(labelled: Sequence[LabelledPassage]) -> list[str]:
    return [
        f"{row.place}: no frames, no stance, no directed stance; label it or leave it out"
        for row in labelled
        if row.labels.frames is None and row.labels.stance is None and row.labels.directed is None
    ]


def _unknown_actors(labelled: Sequence[LabelledPassage], codebook: Codebook) -> list[str]:
    """Labelled actors that are neither given as mentions nor found by name, and paired actors without a stance."""
    findings = []
    matcher = Matcher(codebook)
    for row in labelled:
        stance, directed = row.labels.stance, row.labels.directed or {}
        named = set(find_mentions(row.passage, matcher).actors)
        labelled_actors = dict.fromkeys((*(stance or ()), *(actor for pair in directed for actor in pair)))
        for actor in labelled_actors:
            if actor not in named:
                where = "is not in its mentions" if row.passage.mentions is not None else "is not found in the text"
                mend = "add a mention, or a name to the codebook"
                if actor not in codebook.actor_ids:
                    where = f"the codebook has no such actor, and it {where}"
                    meant = get_close_matches(actor[:100], codebook.actor_ids, 1)
                    mend = f"is {meant[0]} meant? Else {mend}" if meant else mend
                findings.append(f"{row.place}: {unquoted(actor)} is labelled, but {where}; {mend}")
            elif stance is not None and actor not in stance:
                findings.append(f"{row.place}: {unquoted(actor)} is in directed, but has no stance; add it to stance")
    return findings


def _counts(labelled: Sequence[LabelledPassage], codebook: Codebook) -> dict[str, Counter[str]]:
    frames = Counter(dict.fromkeys(codebook.frame_ids, 0))
    frames["(none)"] = 0
    stance, directed, actors = Counter[str](), Counter[str](), Counter[str]()
    for row in labelled:
        if row.labels.frames is not None:
            frames.update(row.labels.frames or ["(none)"])
        stance.update((row.labels.stance or {}).values())
        actors.update((row.labels.stance or {}).keys())
        directed.update((row.labels.directed or {}).values())
    return {"frames": frames, "stance": stance, "directed": directed, "actors": actors}
