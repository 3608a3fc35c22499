"""Scores, agreement, learning curves and counts on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from stance.labelers.tasks import DIRECTED, FRAMES, STANCE
from stance.pages.terminal import WIDTH, clean
from stance.quoting import extent
from stance.records import STANCES
from stance.scoring.agreement import named, said
from stance.scoring.bootstrap import ROUNDS
from stance.scoring.reliability import floored
from stance.scoring.soundness import all_doubts

_LISTED = 10
_TITLES = {FRAMES: "Frames", STANCE: "Stance toward actors", DIRECTED: "Directed stances (holder to target)"}


def print_scores(scores: Mapping[str, Any], console: Console) -> None:
    """Print scores as `stance.scoring.evaluation.evaluate` gives them."""
    width = min(WIDTH, console.width)
    console.print(extent(scores["n_passages"], scores["n_articles"]), width=width)
    for line in all_doubts(scores):
        console.print(Padding(Text(clean(f"Labels not to be relied on: {line}")), (0, 0, 0, 1)), width=width)
    for task, title in _TITLES.items():
        if scores[task]["n"]:
            console.print()
            console.print(_score_table(title, scores[task]), width=width)
            for line in _score_notes(task, scores[task]):
                console.print(Padding(Text(line), (0, 0, 0, 1)), width=width)
    if not any(scores[task]["n"] for task in _TITLES):
        console.print("No label in these data is of a task that the model learned.", width=width)
    else:
        note = f"Intervals: 95 %, {ROUNDS:,} bootstrap resamples of the articles (BCa); –: too few, or all alike."
        console.print()
        console.print(Text(note, style="dim"), width=width)


def print_examination(scores: Mapping[str, Any], console: Console) -> None:
    """Print scores as `evaluation.examine` gives them, with leaks and the comparison where there are any."""
    print_scores(scores, console)
    lines = [*_trust_lines(scores), *_leak_lines(scores.get("leaks"))]
    _section("Trust", lines, console)
    for field, values in (scores.get("slices") or {}).items():
        console.print()
        console.print(_slice_table(field, values), width=min(WIDTH, console.width))
    if scores.get("folds"):
        console.print()
        folds = {str(i): fold for i, fold in enumerate(scores["folds"], 1)}
        console.print(_slice_table("fold", folds), width=min(WIDTH, console.width))
    rival = scores.get("comparison")
    if rival:
        number = len(rival["verdict"])
        title = f"Against {rival['name']} (paired bootstrap over articles; Holm's correction over {number} tests)"
        theirs = [
            f"{task}: {_with_interval(rival['scores'][task], 'macro_f1')} is the other's macro-F1"
            for task in _TITLES
            if rival["scores"][task]["n"]
        ]
        tests = [
            f"McNemar, {t['task']}: only this one right {t['only_ours']:,}, only the other {t['only_theirs']:,}, "
            f"p {max(t['p'], 0.0001):.4f}{' or less' if t['p'] < 0.0001 else ''} (takes decisions for independent)"
            for t in rival["mcnemar"]
        ]
        _section(title, [*rival["verdict"], *theirs, *tests], console)


def _section(title: str, lines: Sequence[str], console: Console) -> None:
    width = min(WIDTH, console.width)
    console.print()
    console.print(Text(clean(title), style="bold"), width=width)
    for line in lines:
        console.print(Padding(Text(clean(line)), (0, 0, 0, 1)), width=width)


def _trust_lines(scores: Mapping[str, Any]) -> list[str]:
    lines = []
    for task in _TITLES:
        part = scores[task]
        if "calibration" not in part:
            continue
        after, before = part["calibration"]["after"], part["calibration"].get("before")
        low, high = after["ece_if_calibrated"]
        was = f", before calibration {_number(before['ece'])}" if before else ""
        lines += _right_lines(task, part["right"])
        lines.append(
            f"{task}: calibration error {_number(after['ece'])}{was}; perfectly calibrated, {_number(low)} to "
            f"{_number(high)}; Brier {_with_interval(after, 'brier')}"
        )
        kept = {point["coverage"]: point["risk"] for point in part["risk"]}
        lines.append(f"{task}: wrong {kept[1.0]:.1%}; of the surest 80 %, {kept[0.8]:.1%}; of half, {kept[0.5]:.1%}")
        lines.append(f"{task}: {_band_line(part['review'])}")
    band = scores.get("review")
    if band and band["review"] is not None:
        lines.append(
            f"for each of them at most {band['max_error']:.0%} wrong and unread: classify --review "
            f"{floored(band['review'])} (conformal risk control); {band['reviewed']:.0%} of all labels are marked"
        )
    return lines


def _right_lines(task: str, right: Mapping[str, Any]) -> list[str]:
    """How often labels are right: said before what their probabilities are worth."""
    if right["labels"] is None:
        return []
    named = f"; of the {right['n_named']:,} named, {right['named']:.1%}" if right["n_named"] else "; none is named"
    return [f"{task}: {right['labels']:.1%} of the labels are right{named}"]


def _band_line(band: Mapping[str, Any]) -> str:
    if band["review"] is None:
        return (
            f"{band['n_articles']:,} articles are too few to promise at most {band['max_error']:.0%} wrong and unread"
        )
    return (
        f"to miss at most {band['max_error']:.0%} wrong labels, read those that are wrong with a probability of "
        f"{floored(band['review'])} or more: {band['reviewed']:.0%} of them"
    )


def _leak_lines(leaks: Mapping[str, Any] | None) -> list[str]:
    if leaks is None:
        return ["leaks: not checked, for the model keeps no digests of what it was trained on"]
    if not leaks["n"]:
        return ["leaks: no near-duplicate of a training passage"]
    without = ", ".join(
        f"{task} {_with_interval(leaks['without'][task], 'macro_f1')}"
        for task in _TITLES
        if leaks["without"][task]["n"]
    )
    found = f"leaks: {leaks['n']:,} near-duplicates of training passages"
    lines = [f"{found}; macro-F1 without them: {without or 'nothing is left'}"]
    lines += [
        f"  {leak['place'] or leak['id']} is like {leak['trained_on']} ({leak['similarity']:.2f})"
        for leak in leaks["passages"][:_LISTED]
    ]
    more = leaks["n"] - _LISTED
    return [*lines, *([f"  and {more:,} more (--json has all)"] if more > 0 else [])]


def _slice_table(field: str, values: Mapping[str, Any]) -> Table:
    """Macro-F1 of each task, a row a slice."""
    tasks = [task for task in _TITLES if any(part[task]["n"] for part in values.values())]
    table = Table(title=f"Macro-F1 by {field}", title_justify="left", title_style="bold", box=None, pad_edge=False)
    table.add_column("", overflow="fold")
    for name in ("passages", *tasks):
        table.add_column(name, justify="right", no_wrap=True)
    for name, part in values.items():
        cells = [_short_interval(part[task]) for task in tasks]
        table.add_row(clean(name), f"{part['n_passages']:,}", *cells)
    return table


def _short_interval(scores: Mapping[str, Any]) -> str:
    if scores["macro_f1"] is None:
        return "–"
    bounds = scores["macro_f1_interval"]
    return f"{scores['macro_f1']:.2f}" + (" ({:.2f}-{:.2f})".format(*bounds) if bounds else " (–)")


def print_learning_curve(curve: Mapping[str, Any], console: Console) -> None:
    """Print what `stance.learning.cross_validation.learning_curve` gives, and what follows from it."""
    known = {
        f"{point['share']:.0%} of the articles": point if "frames" in point else {**point, **_NOTHING}
        for point in curve["points"]
    }
    console.print(_slice_table("share of the labels", known), width=min(WIDTH, console.width))
    notes = [f"{point['share']:.0%}: {point['problem']}" for point in curve["points"] if "problem" in point]
    if curve["gain"]:
        notes += [
            f"from half to all, {line.replace('better', 'more labels still help').replace('worse', 'more do not help')}"
            for row, line in zip(curve["gain"]["differences"], curve["gain"]["verdict"], strict=True)
            if row["label"] == "macro-F1"
        ]
    _section(f"Scored on {curve['held_out']['n_articles']:,} held-out articles", notes, console)


_NOTHING: Mapping[str, Any] = {task: {"n": 0, "macro_f1": None} for task in (FRAMES, STANCE, DIRECTED)}


def print_agreement(report: Mapping[str, Any], console: Console) -> None:
    """Print agreement as `stance.learning.agreement.agree` gives it."""
    width = min(WIDTH, console.width)
    people = ", ".join(map(named, report["annotators"]))
    console.print(Text(clean(f"{report['n_passages']:,} passages, annotators: {people}")), width=width)
    for task, title in _TITLES.items():
        part = report[task]
        if not part["n"]:
            continue
        console.print()
        console.print(Text(title, style="bold"), width=width)
        line = f"Krippendorff's alpha {_with_interval(part, 'alpha')}, {part['n']:,} judged by two or more"
        people, model = part, part.get("with_model")
        if model:
            line += f"; with {report['model']} as one more annotator {_number(model['alpha'])}"
        console.print(Padding(Text(clean(line)), (0, 0, 0, 1)), width=width)
        console.print(Padding(_agreement_table("between people", people), (0, 0, 0, 1)), width=width)
        if model:
            console.print(Padding(_agreement_table(f"{report['model']} and people", model), (0, 0, 0, 1)), width=width)
    lines = [
        f"{d['place'] or d['id']} {d['task']}{' ' + d['about'] if d['about'] else ''}: "
        + "; ".join(f"{named(who)} {said(what)}" for who, what in d["labels"].items())
        for d in report["disputes"][:_LISTED]
    ]
    more = len(report["disputes"]) - _LISTED
    lines += [f"and {more:,} more (--json has all)"] if more > 0 else []
    _section(f"In dispute: {len(report['disputes']):,}", lines, console)


def _agreement_table(title: str, part: Mapping[str, Any]) -> Table:
    """Kappa and F1 of each label, each pair and, where there are several pairs, each annotator."""
    rows = list(part["per_label"].items())
    rows += [(" and ".join(map(named, row["annotators"])), row) for row in part["pairs"]]
    if len(part["pairs"]) > 1:
        rows += [(f"{named(row['annotator'])}, all pairs", row) for row in part["annotators"]]
    table = Table(box=None, pad_edge=False)
    table.add_column(clean(title), overflow="fold")
    for name in ("kappa", "F1"):
        table.add_column(name, justify="right", no_wrap=True)
    for name, row in rows:
        table.add_row(clean(name), _with_interval(row, "kappa"), _with_interval(row, "f1"))
    return table


def _with_interval(scores: Mapping[str, Any], key: str) -> str:
    bounds = scores[f"{key}_interval"]
    return _number(scores[key]) + (f" ({_number(bounds[0])} to {_number(bounds[1])})" if bounds else "")


def _score_table(title: str, scores: Mapping[str, Any]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    table.add_column("", overflow="fold")
    for name in ("precision", "recall", "F1", "95 %", "avg. prec.", "support"):
        table.add_column(name, justify="right", no_wrap=True)
    for label, row in scores["per_label"].items():
        cells = [_number(row[key]) for key in ("precision", "recall", "f1")]
        bounds = "{:.2f}-{:.2f}".format(*row["f1_interval"]) if row["f1_interval"] else "–"
        table.add_row(label, *cells, bounds, _number(row["average_precision"]), f"{row['support']:,}")
    return table


def _score_notes(task: str, scores: Mapping[str, Any]) -> list[str]:
    lines = [
        f"{name} {_number(scores[key])} ({' to '.join(_number(v) for v in scores[key + '_interval'] or [None])})"
        for name, key in (("macro-F1", "macro_f1"), ("micro-F1", "micro_f1"))
    ]
    lines = ["   ".join(lines)]
    constant = scores.get("constant")
    if constant:
        lines.append(
            f"always {constant['answer']}: macro-F1 {_number(constant['macro_f1'])}   "
            f"micro-F1 {_number(constant['micro_f1'])}"
        )
    if task == STANCE:
        lines.append(f"accuracy {_number(scores['accuracy'])}")
        if scores["matcher_recall"] is not None:
            lines.append(
                f"the matcher found {scores['matcher_recall']:.1%} of the labelled actors; those missed count as wrong"
            )
    given = scores.get("given_mentions")
    if given and given["macro_f1"] != scores["macro_f1"]:
        lines.append(f"given all mentions: macro-F1 {_number(given['macro_f1'])}")
    return lines


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def print_counts(counts: Mapping[str, Mapping[str, int]], console: Console) -> None:
    """Print how often each label occurs."""
    width = min(WIDTH, console.width)
    for task, values in counts.items():
        if not sum(values.values()):
            continue
        keys: Sequence[str] = list(values)
        if task in (STANCE, DIRECTED):
            keys = [s for s in STANCES if s in values]
        elif task == "actors":
            keys = sorted(values, key=lambda actor: -values[actor])
            if len(keys) > 20:
                keys, task = keys[:20], f"actors (20 of {len(values):,})"
        table = Table.grid(padding=(0, 2))
        table.add_column(min_width=24)
        table.add_column(justify="right")
        for key in keys:
            table.add_row(f"  {clean(key)}", f"{values[key]:,}")
        console.print(Text(task, style="bold"), width=width)
        console.print(table, width=width)
