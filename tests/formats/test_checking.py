"""Findings about labelled rows: exact lines, in the order of the checks, and the counts of every label."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from conftest import corpus_rows

from stance.formats.checking import check_rows
from stance.formats.rows import Row
from stance.text.codebook import Codebook

LONG = "The Dock Union praised the Port Authority at the long quiet harbour meeting today."
SHORT = "The Dock Union met at noon."


def rows(*fields: dict[str, Any]) -> list[Row]:
    return [Row(f"c:{number}", {"text": LONG, **row}) for number, row in enumerate(fields, 1)]


def pair(stance: str) -> list[dict[str, str]]:
    return [{"holder": "union", "target": "port", "stance": stance}]


def test_clean_corpus_has_no_findings_and_exact_counts(codebook: Codebook) -> None:
    report = check_rows((Row(f"c:{n}", row) for n, row in enumerate(corpus_rows(), 1)), codebook)
    assert (report.findings, report.n_passages, report.n_articles, report.annotators) == ([], 72, 24, ())
    assert report.counts == {
        "frames": Counter({"strike": 36, "budget": 36, "(none)": 0}),
        "stance": Counter({"neutral": 72, "against": 36, "favor": 36}),
        "directed": Counter({"against": 36, "favor": 36}),
        "actors": Counter({"union": 48, "port": 48, "council": 48}),
    }


def test_passage_without_frames_is_counted_as_none(codebook: Codebook) -> None:
    report = check_rows(rows({"id": "a", "frames": []}), codebook)
    assert report.counts["frames"] == {"strike": 0, "budget": 0, "(none)": 1}


@pytest.mark.parametrize(
    ("fields", "findings"),
    [
        (
            [{"id": "a", "frames": ["strike"]}, {"id": "b", "frames": ["budget"]}],
            ["c:2: copy of c:1 and is labelled otherwise (frames strike and budget); settle the labels"],
        ),
        (
            [{"id": "a", "frames": []}, {"id": "b", "frames": ["budget"]}],
            ["c:2: copy of c:1 and is labelled otherwise (frames none and budget); settle the labels"],
        ),
        (
            [{"id": "a", "stance": {"union": "favor"}}, {"id": "b", "stance": {"union": "against"}}],
            ["c:2: copy of c:1 and is labelled otherwise (union favor and against); settle the labels"],
        ),
        (
            [{"id": "a", "frames": []}, {"id": "b", "frames": [], "text": LONG.replace("today", "again")}],
            ["c:2: near-duplicate of c:1; keep one"],
        ),
        ([{"id": "a", "frames": []}, {"id": "b", "stance": {"union": "favor"}}], ["c:2: copy of c:1; keep one"]),
        (
            [{"id": "a", "frames": []}, {"id": "a", "frames": []}],
            ['c:2: id "a" stands twice, first at c:1; rename or drop one'],
        ),
        ([{"id": "a", "frames": [], "annotator": "eva"}, {"id": "a", "frames": [], "annotator": "jo"}], []),
        (
            [{"id": "a", "frames": [], "annotator": "eva"}, {"id": "a", "frames": [], "text": SHORT}],
            ['c:2: id "a" has another text at c:1; rename one'],
        ),
        ([{"id": "a"}], ["c:1: no frames, no stance, no directed stance; label it or leave it out"]),
        (
            [{"id": "a", "stance": {"council": "favor"}}],
            ["c:1: council is labelled, but is not found in the text; add a mention, or a name to the codebook"],
        ),
        (
            [{"id": "a", "stance": {"union": "favor"}, "mentions": []}],
            ["c:1: union is labelled, but is not in its mentions; add a mention, or a name to the codebook"],
        ),
        (
            [{"id": "a", "stance": {"union": "neutral"}, "directed": pair("favor")}],
            ["c:1: port is in directed, but has no stance; add it to stance"],
        ),
        ([{"id": "a", "directed": pair("favor")}], []),
        (
            [{"id": "a", "frames": ["war"]}, {"id": "b", "frames": []}],
            ['c:1: unknown frame "war"; the codebook harbour has strike, budget'],
        ),
    ],
    ids=[
        "copy-with-other-frames", "copy-with-no-frames", "copy-with-other-stance", "near-copy", "copy-other-task",
        "same-id", "same-id-two-annotators", "same-id-other-text", "unlabelled", "actor-not-found",
        "actor-not-in-mentions", "pair-without-stance", "pair-alone", "bad-row",
    ],
)  # fmt: skip
def test_findings(fields: list[dict[str, Any]], findings: list[str], codebook: Codebook) -> None:
    assert check_rows(rows(*fields), codebook).findings == findings


AGAIN = LONG.replace("today", "again")


@pytest.mark.parametrize(
    ("fields", "findings"),
    [
        ([{"frames": []}] * 3, ["c:2: copy of c:1, as is c:3; keep one"]),
        ([{"frames": []}] * 7, ["c:2: copy of c:1, as are c:3, c:4, c:5, c:6, c:7; keep one"]),
        ([{"frames": []}] * 3000, ["c:2: copy of c:1, as are c:3, c:4, c:5, c:6, c:7 and 2,993 more; keep one"]),
        (
            [{"frames": []}, {"frames": []}, {"frames": [], "text": AGAIN}],
            ["c:2: near-duplicate of c:1, as is c:3; keep one"],
        ),
        (
            [{"frames": []}] * 2000 + [{"frames": ["strike"]}] * 1000,
            [
                "c:2: copy of c:1, as are c:3, c:4, c:5, c:6, c:7 and 2,993 more; c:2001 is labelled otherwise than "
                "c:1 (frames none and strike); settle the labels"
            ],
        ),
        (
            [{"frames": []}, {"stance": {"union": "favor"}}, {"stance": {"union": "against"}}],
            [
                "c:2: copy of c:1, as is c:3; c:3 is labelled otherwise than c:2 (union favor and against); settle the "
                "labels"
            ],
        ),
        (
            [{"frames": [], "text": text} for text in (LONG, SHORT, LONG, SHORT)],
            ["c:3: copy of c:1; keep one", "c:4: copy of c:2; keep one"],
        ),
    ],
    ids=["three", "seven", "thousands", "near", "conflict", "conflict-later", "two-groups"],
)
def test_passages_that_are_alike_are_one_finding_a_group(
    fields: list[dict[str, Any]], findings: list[str], codebook: Codebook
) -> None:
    given = rows(*({"id": str(number), **row} for number, row in enumerate(fields)))
    assert check_rows(given, codebook).findings == findings


def test_labels_of_passages_that_are_alike_through_others_alone_are_no_conflict(codebook: Codebook) -> None:
    words = [f"word{number}" for number in range(60)]
    changed = [*words[:15], "other", *words[16:]]
    far = [*changed[:30], "other", *changed[31:45], "another", *changed[46:]]
    labels = [["strike"], None, ["budget"]]
    given = [{"id": str(n), "text": " ".join(t), "frames": labels[n]} for n, t in enumerate((words, changed, far))]
    given[1]["stance"] = {}
    assert check_rows(rows(*given), codebook).findings == ["c:2: near-duplicate of c:1, as is c:3; keep one"]


def test_an_id_that_stands_thousands_of_times_is_one_finding(codebook: Codebook) -> None:
    given = [{"id": "a", "frames": [], "text": LONG}] * 3000
    assert check_rows(rows(*given), codebook).findings == [
        'c:2: id "a" stands 3,000 times, first at c:1, again at c:3, c:4, c:5, c:6, c:7 and 2,993 more; rename or '
        "drop one"
    ]


def test_copies_with_other_directed_stances_are_in_conflict(codebook: Codebook) -> None:
    fields = [{"id": "a", "directed": pair("favor")}, {"id": "b", "directed": pair("against")}]
    assert [f for f in check_rows(rows(*fields), codebook).findings if "labelled otherwise" in f] == [
        "c:2: copy of c:1 and is labelled otherwise (union -> port favor and against); settle the labels"
    ]


def test_bad_rows_are_left_out_of_the_counts(codebook: Codebook) -> None:
    broken = Row("c:3", problem='broken JSON: Expecting value; found: "x"')
    report = check_rows([*rows({"id": "a", "frames": ["strike"]}, {"frames": []}), broken], codebook)
    assert report.findings == [
        'c:2: no "id"; found: text, frames; give every passage its own',
        'c:3: broken JSON: Expecting value; found: "x"',
    ]
    assert (report.n_passages, report.counts["frames"]["strike"]) == (1, 1)


def test_annotators_are_named_once_in_order(codebook: Codebook) -> None:
    fields = [{"id": i, "frames": [], "annotator": who} for i, who in (("a", "jo"), ("b", "eva"), ("a", "eva"))]
    assert check_rows(rows(*fields), codebook).annotators == ("eva", "jo")


def test_a_misspelt_field_and_a_date_that_is_none_are_found(codebook: Codebook) -> None:
    row = {
        "id": "a",
        "text": "The dockers left.",
        "frames": [],
        "stanse": {},
        "outlet": "Gazette",
        "date": "04/03/2015",
    }
    assert check_rows([Row("f:1", row)], codebook).findings == [
        'f:1: unknown field "stanse"; did you mean stance?',
        'f:1: date "04/03/2015" is not read; write it like 2021-08-15',
    ]


def test_an_actor_that_the_codebook_lacks_is_named_so(codebook: Codebook) -> None:
    row = {"id": "a", "text": "The dockers left.", "stance": {"prot": "neutral"}}
    assert check_rows([Row("f:1", row)], codebook).findings == [
        "f:1: prot is labelled, but the codebook has no such actor, and it is not found in the text; "
        "is port meant? Else add a mention, or a name to the codebook"
    ]
