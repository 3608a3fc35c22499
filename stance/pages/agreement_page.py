"""Agreement between annotators as one page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from stance.labelers.tasks import TASKS
from stance.pages.charts import forest
from stance.pages.html import agreement_table, bounds, figure, page, table, value
from stance.pages.scores_page import LISTED, TITLES
from stance.scoring.agreement import named, said


def agreement_page(report: Mapping[str, Any]) -> str:
    """The page of `stance agree`."""
    tasks = [task for task in TASKS if report[task]["n"]]
    cards = [
        f'<div class="card">{TITLES[task]}<b>{value(report[task]["alpha"])}</b>alpha, '
        f"{bounds(report[task]['alpha_interval'])}; {report[task]['n']:,} judged twice</div>"
        for task in tasks
    ]
    people = escape(", ".join(map(named, report["annotators"])))
    body = [
        "<h1>How far do the annotators agree?</h1>",
        f'<p class="dim">{len(report["annotators"])} annotators: {people}; {report["n_passages"]:,} passages.</p>',
        f'<div class="cards">{"".join(cards)}</div>',
        "<p>Krippendorff's alpha: 1 is perfect agreement, 0 what chance gives; 0.8 is often asked for, 0.667 the least "
        "from which tentative conclusions are drawn (Krippendorff 2019).</p>",
    ]
    for task in tasks:
        body += _agreement_of(task, report[task], report["model"])
    return page("Agreement", [*body, *_disputes(report["disputes"])])


def _agreement_of(task: str, part: Mapping[str, Any], model: str | None) -> list[str]:
    kappas = [(label, row["kappa"], row["kappa_interval"]) for label, row in part["per_label"].items()]
    return [
        f'<h2 id="{task}">{TITLES[task]}</h2>',
        "<h3>Labels</h3>",
        figure(forest(kappas, "kappa"), "Cohen's kappa of each label, mean over pairs of annotators, 95 % intervals."),
        agreement_table(part["per_label"].items()),
        "<h3>Pairs of annotators</h3>",
        agreement_table((" and ".join(map(named, row["annotators"])), row) for row in part["pairs"]),
        "<h3>Annotators, each with all others</h3>",
        agreement_table((named(row["annotator"]), row) for row in part["annotators"]),
        *(_with_model(model, part["with_model"]) if model and "with_model" in part else []),
        '<p class="dim">Of pairs and annotators, kappa and F1 are means over the labels.</p>',
    ]


def _with_model(model: str, part: Mapping[str, Any]) -> list[str]:
    return [
        f"<h3>{escape(model)} and the people</h3>",
        f"<p>With it as one more annotator, alpha is {value(part['alpha'])} ({bounds(part['alpha_interval'])}).</p>",
        agreement_table(part["per_label"].items()),
        agreement_table((" and ".join(map(named, row["annotators"])), row) for row in part["pairs"]),
    ]


def _disputes(disputes: Sequence[Mapping[str, Any]]) -> list[str]:
    rows = [
        [TITLES[d["task"]], d["id"], d["about"], "; ".join(f"{named(k)}: {said(v)}" for k, v in d["labels"].items())]
        for d in disputes[:LISTED]
    ]
    more = len(disputes) - len(rows)
    return [
        f'<h2 id="disputes">In dispute ({len(disputes):,})</h2>',
        table(["task", "passage", "about", "labels"], rows, "words"),
        *([f'<p class="dim">{more:,} more: see the JSON.</p>'] if more > 0 else []),
    ]
