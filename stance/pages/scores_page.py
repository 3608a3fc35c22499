"""Scores as one page to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from stance.labelers.tasks import DIRECTED, FRAMES, STANCE, TASKS
from stance.pages.charts import NAME, forest, reliability, risk_curve, round_top, shortened
from stance.pages.html import bounds, confusion, doubt_box, figure, label_table, page, small, table, value
from stance.quoting import extent
from stance.scoring.reliability import floored
from stance.scoring.soundness import all_doubts

TITLES = {FRAMES: "Frames", STANCE: "Stance toward actors", DIRECTED: "Directed stance, holder to target"}
LISTED = 200
"""Rows of a list that the page shows; the JSON has all."""


def scores_page(scores: Mapping[str, Any]) -> str:
    """The page of `stance evaluate`: all that its JSON holds, to be read."""
    tasks = [task for task in TASKS if scores[task]["n"]]
    top = round_top(_risks(scores[task]) for task in tasks)
    body = [
        f"<h1>How good {'are' if scores.get('folds') else 'is'} {escape(str(scores['model']))}?</h1>",
        f'<p class="dim">Scored on {escape(", ".join(scores["data"]))}: '
        f"{extent(scores['n_passages'], scores['n_articles'])}{_validation(scores)}.</p>",
        *doubt_box(all_doubts(scores)),
        _cards(scores, tasks),
        f"<p>{' '.join(_answers(scores, tasks))}</p>",
        "<nav>" + "".join(f'<a href="#{task}">{TITLES[task]}</a>' for task in tasks) + "</nav>",
        *_comparison(scores.get("comparison")),
        *(part for task in tasks for part in _task(task, scores[task], top)),
        *_slices(scores.get("slices") or {}),
        *_folds(scores.get("folds") or []),
        *_leaks(scores.get("leaks")),
        _METHOD,
    ]
    return page(f"Scores of {scores['model']}", body)


def _validation(scores: Mapping[str, Any]) -> str:
    folds = len(scores.get("folds") or [])
    return f"; cross-validated in {folds} folds of articles" if folds else ""


def _cards(scores: Mapping[str, Any], tasks: Sequence[str]) -> str:
    cards = [
        f'<div class="card">{TITLES[task]}<b>{value(scores[task]["macro_f1"])}</b>macro-F1, '
        f"{bounds(scores[task]['macro_f1_interval'])}; n = {scores[task]['n']:,}</div>"
        for task in tasks
    ]
    return f'<div class="cards">{"".join(cards)}</div>'


def _answers(scores: Mapping[str, Any], tasks: Sequence[str]) -> list[str]:
    """What a hurried reader asks: how often it is right, where it fails, how sure one can be, what has to be read."""
    lines = _right(scores, tasks)
    rows = [
        (row["f1"], label, task) for task in tasks for label, row in scores[task]["per_label"].items() if row["support"]
    ]
    if rows:
        worst = min(rows, key=lambda row: row[0] or 0.0)
        lines.append(f"Weakest: {escape(worst[1])} ({TITLES[worst[2]].lower()}), F1 {value(worst[0])}.")
    lines += _trusted(scores, tasks)
    band = scores.get("review")
    if band and band["review"] is not None:
        lines.append(
            f"For at most {band['max_error']:.0%} of the labels of each kind to be wrong and unread, "
            f"{band['reviewed']:.0%} of all have to be read by a person: "
            f"<code>--review {floored(band['review'])}</code>."
        )
    leaks = scores.get("leaks")
    if leaks is None:
        lines.append("Leaks: not checked.")
    else:
        lines.append(f"Near-duplicates of training passages: {leaks['n']:,}.")
    return lines


def _right(scores: Mapping[str, Any], tasks: Sequence[str]) -> list[str]:
    """How often labels are right, and those where something is named."""
    told, wrong = [], []
    for task in tasks:
        right = scores[task]["right"]
        if right["labels"] is None:
            continue
        named = f" ({right['named']:.0%} of the {right['n_named']:,} named)" if right["n_named"] else " (none named)"
        told.append(f"{task} {right['labels']:.0%}{named}")
        wrong += [task] if min(right["labels"], right["named"] or 1.0) < 0.5 else []
    lines = [f"How often labels are right: {', '.join(told)}."] if told else []
    return [*lines, *([f"<strong>More wrong than right: {' and '.join(wrong)}.</strong>"] if wrong else [])]


def _trusted(scores: Mapping[str, Any], tasks: Sequence[str]) -> list[str]:
    """Whether probabilities are what they say, and whether they tell right from wrong."""
    judged = {task: scores[task] for task in tasks if "calibration" in scores[task]}
    beyond = [name for name, part in judged.items() if not _is_calibrated(part["calibration"]["after"])]
    if not judged:
        return []
    said = (
        f"Probabilities are further off than chance would put them for {' and '.join(beyond)}."
        if beyond
        else "Probabilities are calibrated: of labels with 0.7, about 7 in 10 are right. That says how sure to be of a "
        "label, not that it is right."
    )
    halves = []
    for name, part in judged.items():
        kept = {point["coverage"]: point["risk"] for point in part["risk"]}
        halves.append(f"{name} {kept[1.0]:.0%} and {kept[0.5]:.0%}")
    return [f"{said} Wrong labels, in all and in the half that the model is surest of: {', '.join(halves)}."]


def _is_calibrated(found: Mapping[str, Any]) -> bool:
    """Whether the error is one of perfect calibration, as far as the decimals shown can tell."""
    return bool(round(found["ece"], 3) <= round(found["ece_if_calibrated"][1], 3))


def _task(task: str, scores: Mapping[str, Any], top: float) -> list[str]:
    per_label = scores["per_label"]
    f1s = [(label, row["f1"], row["f1_interval"]) for label, row in per_label.items()]
    f1s.append(("macro-F1", scores["macro_f1"], scores["macro_f1_interval"]))
    parts = [
        f'<h2 id="{task}">{TITLES[task]}</h2>',
        figure(forest(f1s, "F1 of each label"), "F1 of each label, 95 % intervals from a bootstrap over articles."),
        label_table(per_label),
        f"<p>Micro-F1 {value(scores['micro_f1'])} ({bounds(scores['micro_f1_interval'])}).{_constant(scores)}"
        f"{_given(scores)}</p>",
        "<h3>What was taken for what</h3>",
        confusion(task, scores["confusion"]),
    ]
    if "calibration" in scores:
        parts += _trust(scores, top)
    return parts


def _constant(scores: Mapping[str, Any]) -> str:
    constant = scores.get("constant")
    if not constant:
        return ""
    macro, micro = value(constant["macro_f1"]), value(constant["micro_f1"])
    return f" To answer always {constant['answer']} has macro-F1 {macro}, micro-F1 {micro}."


def _given(scores: Mapping[str, Any]) -> str:
    given = scores.get("given_mentions")
    if not given:
        return ""
    recall = scores.get("matcher_recall")
    found = (
        f" The matcher found {recall:.1%} of the labelled actors; those missed count as wrong."
        if recall is not None
        else ""
    )
    return f"{found} Given all mentions: macro-F1 {value(given['macro_f1'])} ({bounds(given['macro_f1_interval'])})."


def _risks(scores: Mapping[str, Any]) -> list[tuple[float, float, Any]]:
    return [(p["coverage"], p["risk"], p["risk_interval"]) for p in scores.get("risk", ())]


def _trust(scores: Mapping[str, Any], top: float) -> list[str]:
    after, before = scores["calibration"]["after"], scores["calibration"].get("before")
    curves = [("calibrated", _points(after)), *([("before", _points(before))] if before else [])]
    rows = [
        [f"{p['coverage']:.0%}", f"{p['confidence']:.3f}", f"{p['risk']:.3f}", bounds(p["risk_interval"])]
        for p in scores["risk"]
    ]
    return [
        "<h3>Can the probabilities be trusted?</h3>",
        f"<p>{_calibration_words(after, before)}</p><p>{_promise(scores['review'])}</p>",
        '<div class="plots">',
        figure(reliability(curves, "reliability"), _RELIABILITY, ""),
        figure(risk_curve(_risks(scores), "risk against coverage", top), _RISK, ""),
        "</div>",
        "<details><summary>Risk against coverage in numbers</summary>",
        table(["kept", "least probability", "wrong", "95 %"], rows),
        "</details>",
    ]


_RELIABILITY = (
    "On the dotted line, what is given as 70 % holds in 70 % of the cases. Solid: as given; dashed: before calibration."
)
_RISK = "How often labels are wrong when only the surest are kept and the rest goes to a person."


def _calibration_words(after: Mapping[str, Any], before: Mapping[str, Any] | None) -> str:
    low, high = after["ece_if_calibrated"]
    error, score = (f", before calibration {value(before[key])}" if before else "" for key in ("ece", "brier"))
    return (
        f"Expected calibration error {value(after['ece'])}{error}: "
        f"{'within' if _is_calibrated(after) else 'above'} what perfect calibration would show on so many "
        f"({low:.3f} to {high:.3f}). Brier score {value(after['brier'])} ({bounds(after['brier_interval'])}){score}."
    )


def _promise(band: Mapping[str, Any]) -> str:
    if band["review"] is None:
        return (
            f"Too few articles ({band['n_articles']:,}) to promise that at most {band['max_error']:.0%} slip through."
        )
    return (
        f"To let at most {band['max_error']:.0%} of these labels be wrong and unread, read those that are wrong with a "
        f"probability of {floored(band['review'])} or more: {band['reviewed']:.0%} of them."
    )


def _points(part: Mapping[str, Any]) -> list[tuple[float, float]]:
    return [(b["probability"], b["share"]) for b in part["bins"]]


def _comparison(part: Mapping[str, Any] | None) -> list[str]:
    if not part:
        return []
    rows = [(f"{d['label']} ({d['task']})", d["difference"], d["interval"]) for d in part["differences"]]
    theirs = "; ".join(
        f"{TITLES[task].lower()} {value(own['macro_f1'])} ({bounds(own['macro_f1_interval'])})"
        for task, own in part["scores"].items()
        if task in TASKS and own["n"]
    )
    tests = [
        [TITLES[t["task"]], f"{t['n']:,}", t["only_ours"], t["only_theirs"], small(t["p"])] for t in part["mcnemar"]
    ]
    held = [line for line, d in zip(part["verdict"], part["differences"], strict=True) if d["holds"]]
    words = "".join(f"<li>{escape(line)}</li>" for line in held) or "<li>No difference is shown.</li>"
    return [
        f'<h2 id="comparison">Against {escape(str(part["name"]))}</h2>',
        f"<p>Differences that hold (at 5 %, after Holm's correction over {len(rows)} tests):</p><ul>{words}</ul>",
        f"<p>The other's macro-F1: {theirs}. Each of the two finds actors by itself.</p>",
        figure(
            forest(rows, "differences", zero=True),
            "F1 of this model less the other's, the same articles drawn for both; right of the line, this is better. "
            "Each interval is for one comparison alone.",
        ),
        table(["McNemar's exact test", "decisions", "only this one right", "only the other right", "p"], tests),
        '<p class="dim">McNemar takes decisions for independent, which those of one article are not: trust the '
        "bootstrap.</p>",
    ]


def _slices(slices: Mapping[str, Any]) -> list[str]:
    parts = []
    for field, values in slices.items():
        parts.append(f'<h2 id="by-{escape(field)}">By {escape(field)}</h2>')
        for task in TASKS:
            rows = [
                (_counted(name, part[task]["n"]), part[task]["macro_f1"], part[task]["macro_f1_interval"])
                for name, part in values.items()
                if part[task]["n"]
            ]
            if rows:
                parts.append(
                    figure(
                        forest(rows, f"{TITLES[task]} by {field}"),
                        f"{TITLES[task]}: macro-F1; in brackets, how many were judged.",
                    )
                )
    return parts


def _counted(name: str, n: int) -> str:
    count = f" ({n:,})"
    return shortened(name, NAME - len(count)) + count


def _folds(folds: Sequence[Mapping[str, Any]]) -> list[str]:
    if not folds:
        return []
    rows = [
        [str(i), f"{fold['n_passages']:,}", *(value(fold[task]["macro_f1"]) for task in TASKS)]
        for i, fold in enumerate(folds, 1)
    ]
    return ['<h2 id="folds">Folds</h2>', table(["fold", "passages", *(TITLES[task] for task in TASKS)], rows)]


def _leaks(leaks: Mapping[str, Any] | None) -> list[str]:
    if not leaks or not leaks["n"]:
        return []
    rows = [[p["id"], p["place"], p["trained_on"], f"{p['similarity']:.2f}"] for p in leaks["passages"][:LISTED]]
    more = leaks["n"] - len(rows)
    without = "; ".join(
        f"{TITLES[task].lower()} {value(part['macro_f1'])} ({bounds(part['macro_f1_interval'])})"
        for task, part in leaks["without"].items()
        if task in TASKS and part["n"]
    )
    return [
        f'<h2 id="leaks">Near-duplicates of training passages ({leaks["n"]:,})</h2>',
        f"<p>Macro-F1 without them: {without or 'nothing is left'}.</p>",
        table(["passage", "place", "trained on", "similarity"], rows, "words"),
        *([f'<p class="dim">{more:,} more: see the JSON.</p>'] if more > 0 else []),
    ]


_METHOD = """<h2 id="method">How this was measured</h2>
<p>Intervals hold 95 %: a bootstrap draws whole articles, since passages of one article are alike (bias-corrected
and accelerated, Efron 1987). Macro-F1 is the mean over labels that occur. From text alone, an actor that the
matcher does not find counts as wrong in stance and as neutral in pairs. Calibration error is over 15 bins of equal
mass. The review band is conformal risk control over articles (Angelopoulos et al. 2024): for new articles of the
same kind, the expected share of labels that are wrong and not marked is at most what was asked for. Leaks are
found by MinHash over pairs of words.</p>"""
