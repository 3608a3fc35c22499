"""Scores as one self-contained HTML page: no network, opens from disk, for screen, phone and paper."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from stance.agreement import named, said
from stance.charts import NAME, forest, highest_risk, reliability, risk_curve, shortened
from stance.quoting import extent
from stance.reliability import floored
from stance.tasks import DIRECTED, FRAMES, STANCE, TASKS

TITLES = {FRAMES: "Frames", STANCE: "Stance toward actors", DIRECTED: "Directed stance, holder to target"}
_LISTED = 200
"""Rows of a list that the page shows; the JSON has all."""

_STYLE = """
:root{color-scheme:light dark;--ink:#1c2430;--dim:#566070;--paper:#fdfdfb;--card:#f2f3ef;--line:#d5d9de;
--mark:#0b5cad;--other:#a4561a;--band:#0b5cad2b}
@media(prefers-color-scheme:dark){:root{--ink:#e8eaee;--dim:#a7b0bd;--paper:#14181e;--card:#1e242c;
--line:#3a434f;--mark:#7cb8ff;--other:#f0a868;--band:#7cb8ff33}}*{box-sizing:border-box}
body{margin:0 auto;max-width:62rem;padding:1.2rem;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,sans-serif}h1{font-size:1.6rem;margin:.2rem 0}
h2{margin:2.2rem 0 .4rem;font-size:1.25rem;border-top:1px solid var(--line);padding-top:1.2rem}
h3{margin:1.2rem 0 .3rem;font-size:1rem}p{margin:.3rem 0;max-width:46rem}.dim{color:var(--dim)}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(14rem,1fr));gap:.8rem;margin:1rem 0}
.card{background:var(--card);border-radius:.6rem;padding:.8rem 1rem}
.card b{display:block;font-size:1.9rem;line-height:1.2}.plots{display:flex;flex-wrap:wrap;gap:1.2rem}
.plots>figure{flex:1 1 17rem;margin:0;max-width:23rem}figure{margin:.6rem 0}
figcaption{color:var(--dim);font-size:.9rem}svg{width:100%;height:auto;display:block}.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:.92rem}
th,td{padding:.25rem .7rem;text-align:right;border-bottom:1px solid var(--line);vertical-align:top}
th:first-child,td:first-child,.words td,.words th{text-align:left}th{font-weight:600}
td.hit{font-weight:700;background:var(--card)}svg text{fill:var(--ink);font-size:12px}
svg .tick{text-anchor:middle;fill:var(--dim);font-size:11px}svg .name{text-anchor:end}
svg .grid{stroke:var(--line)}svg .zero{stroke:var(--ink)}svg .range{stroke:var(--mark);stroke-width:3}
svg .dot,svg .curve-dot{fill:var(--mark)}svg .other-dot{fill:var(--other)}svg polyline{fill:none;stroke-width:2.5}
svg .curve{stroke:var(--mark)}svg .other{stroke:var(--other);stroke-dasharray:5 4}
svg .diagonal{stroke:var(--dim);stroke-dasharray:2 3;stroke-width:1.5}svg .band{fill:var(--band)}
nav a{margin-right:1rem}a{color:var(--mark)}
.forest svg{min-width:27rem}
@media print{body{max-width:none;font-size:11pt;background:#fff;color:#000}nav{display:none}
figure,table,.card{break-inside:avoid}h2{break-after:avoid}}
"""


def scores_page(scores: Mapping[str, Any]) -> str:
    """The page of `stance evaluate`: all that its JSON holds, to be read."""
    tasks = [task for task in TASKS if scores[task]["n"]]
    top = highest_risk(_risks(scores[task]) for task in tasks)
    body = [
        f"<h1>How good {'are' if scores.get('folds') else 'is'} {escape(str(scores['model']))}?</h1>",
        f'<p class="dim">Scored on {escape(", ".join(scores["data"]))}: '
        f"{extent(scores['n_passages'], scores['n_articles'])}{_validation(scores)}.</p>",
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


def agreement_page(report: Mapping[str, Any]) -> str:
    """The page of `stance agree`."""
    tasks = [task for task in TASKS if report[task]["n"]]
    cards = [
        f'<div class="card">{TITLES[task]}<b>{_value(report[task]["alpha"])}</b>alpha, '
        f"{_bounds(report[task]['alpha_interval'])}; {report[task]['n']:,} judged twice</div>"
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
        _figure(forest(kappas, "kappa"), "Cohen's kappa of each label, mean over pairs of annotators, 95 % intervals."),
        _agreement_table(part["per_label"].items()),
        "<h3>Pairs of annotators</h3>",
        _agreement_table((" and ".join(map(named, row["annotators"])), row) for row in part["pairs"]),
        "<h3>Annotators, each with all others</h3>",
        _agreement_table((named(row["annotator"]), row) for row in part["annotators"]),
        *(_with_model(model, part["with_model"]) if model and "with_model" in part else []),
        '<p class="dim">Of pairs and annotators, kappa and F1 are means over the labels.</p>',
    ]


def _with_model(model: str, part: Mapping[str, Any]) -> list[str]:
    return [
        f"<h3>{escape(model)} and the people</h3>",
        f"<p>With it as one more annotator, alpha is {_value(part['alpha'])} ({_bounds(part['alpha_interval'])}).</p>",
        _agreement_table(part["per_label"].items()),
        _agreement_table((" and ".join(map(named, row["annotators"])), row) for row in part["pairs"]),
    ]


def _disputes(disputes: Sequence[Mapping[str, Any]]) -> list[str]:
    rows = [
        [TITLES[d["task"]], d["id"], d["about"], "; ".join(f"{named(k)}: {said(v)}" for k, v in d["labels"].items())]
        for d in disputes[:_LISTED]
    ]
    more = len(disputes) - len(rows)
    return [
        f'<h2 id="disputes">In dispute ({len(disputes):,})</h2>',
        _table(["task", "passage", "about", "labels"], rows, "words"),
        *([f'<p class="dim">{more:,} more: see the JSON.</p>'] if more > 0 else []),
    ]


def page(title: str, body: Iterable[str], style: str = "", script: str = "") -> str:
    """A whole HTML page around its parts; anything from elsewhere, and any other script, is forbidden to it."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    allowed = f"; script-src 'sha256-{digest}'" if script else ""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" '
        f"content=\"default-src 'none'; style-src 'unsafe-inline'{allowed}\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}{style}</style></head>\n<body>\n"
        + "\n".join(body)
        + (f"\n<script>{script}</script>" if script else "")
        + "\n</body></html>\n"
    )


def _validation(scores: Mapping[str, Any]) -> str:
    folds = len(scores.get("folds") or [])
    return f"; cross-validated in {folds} folds of articles" if folds else ""


def _cards(scores: Mapping[str, Any], tasks: Sequence[str]) -> str:
    cards = [
        f'<div class="card">{TITLES[task]}<b>{_value(scores[task]["macro_f1"])}</b>macro-F1, '
        f"{_bounds(scores[task]['macro_f1_interval'])}; n = {scores[task]['n']:,}</div>"
        for task in tasks
    ]
    return f'<div class="cards">{"".join(cards)}</div>'


def _answers(scores: Mapping[str, Any], tasks: Sequence[str]) -> list[str]:
    """What a hurried reader asks: where it fails, how sure one can be, what has to be read."""
    lines = []
    rows = [
        (row["f1"], label, task) for task in tasks for label, row in scores[task]["per_label"].items() if row["support"]
    ]
    if rows:
        worst = min(rows, key=lambda row: row[0] or 0.0)
        lines.append(f"Weakest: {escape(worst[1])} ({TITLES[worst[2]].lower()}), F1 {_value(worst[0])}.")
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


def _trusted(scores: Mapping[str, Any], tasks: Sequence[str]) -> list[str]:
    """Whether probabilities are what they say, and whether they tell right from wrong."""
    judged = {task: scores[task] for task in tasks if "calibration" in scores[task]}
    beyond = [name for name, part in judged.items() if not _is_calibrated(part["calibration"]["after"])]
    if not judged:
        return []
    said = (
        f"are further off than chance would put them for {' and '.join(beyond)}"
        if beyond
        else "can be taken as they are"
    )
    halves = []
    for name, part in judged.items():
        kept = {point["coverage"]: point["risk"] for point in part["risk"]}
        halves.append(f"{name} {kept[0.5]:.0%} of {kept[1.0]:.0%}")
    return [f"Probabilities {said}. Wrong in the surest half, of wrong in all: {', '.join(halves)}."]


def _is_calibrated(found: Mapping[str, Any]) -> bool:
    """Whether the error is one of perfect calibration, as far as the decimals shown can tell."""
    return bool(round(found["ece"], 3) <= round(found["ece_if_calibrated"][1], 3))


def _task(task: str, scores: Mapping[str, Any], top: float) -> list[str]:
    per_label = scores["per_label"]
    f1s = [(label, row["f1"], row["f1_interval"]) for label, row in per_label.items()]
    f1s.append(("macro-F1", scores["macro_f1"], scores["macro_f1_interval"]))
    parts = [
        f'<h2 id="{task}">{TITLES[task]}</h2>',
        _figure(forest(f1s, "F1 of each label"), "F1 of each label, 95 % intervals from a bootstrap over articles."),
        _label_table(per_label),
        f"<p>Micro-F1 {_value(scores['micro_f1'])} ({_bounds(scores['micro_f1_interval'])}).{_constant(scores)}"
        f"{_given(scores)}</p>",
        "<h3>What was taken for what</h3>",
        _confusion(task, scores["confusion"]),
    ]
    if "calibration" in scores:
        parts += _trust(scores, top)
    return parts


def _constant(scores: Mapping[str, Any]) -> str:
    constant = scores.get("constant")
    if not constant:
        return ""
    macro, micro = _value(constant["macro_f1"]), _value(constant["micro_f1"])
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
    return f"{found} Given all mentions: macro-F1 {_value(given['macro_f1'])} ({_bounds(given['macro_f1_interval'])})."


def _risks(scores: Mapping[str, Any]) -> list[tuple[float, float, Any]]:
    return [(p["coverage"], p["risk"], p["risk_interval"]) for p in scores.get("risk", ())]


def _trust(scores: Mapping[str, Any], top: float) -> list[str]:
    after, before = scores["calibration"]["after"], scores["calibration"].get("before")
    curves = [("calibrated", _points(after)), *([("before", _points(before))] if before else [])]
    rows = [
        [f"{p['coverage']:.0%}", f"{p['confidence']:.3f}", f"{p['risk']:.3f}", _bounds(p["risk_interval"])]
        for p in scores["risk"]
    ]
    return [
        "<h3>Can the probabilities be trusted?</h3>",
        f"<p>{_calibration_words(after, before)}</p><p>{_promise(scores['review'])}</p>",
        '<div class="plots">',
        _figure(reliability(curves, "reliability"), _RELIABILITY, ""),
        _figure(risk_curve(_risks(scores), "risk against coverage", top), _RISK, ""),
        "</div>",
        "<details><summary>Risk against coverage in numbers</summary>",
        _table(["kept", "least probability", "wrong", "95 %"], rows),
        "</details>",
    ]


_RELIABILITY = (
    "On the dotted line, what is given as 70 % holds in 70 % of the cases. Solid: as given; dashed: before calibration."
)
_RISK = "How often labels are wrong when only the surest are kept and the rest goes to a person."


def _calibration_words(after: Mapping[str, Any], before: Mapping[str, Any] | None) -> str:
    low, high = after["ece_if_calibrated"]
    error, score = (f", before calibration {_value(before[key])}" if before else "" for key in ("ece", "brier"))
    return (
        f"Expected calibration error {_value(after['ece'])}{error}: "
        f"{'within' if _is_calibrated(after) else 'above'} what perfect calibration would show on so many "
        f"({low:.3f} to {high:.3f}). Brier score {_value(after['brier'])} ({_bounds(after['brier_interval'])}){score}."
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
        f"{TITLES[task].lower()} {_value(own['macro_f1'])} ({_bounds(own['macro_f1_interval'])})"
        for task, own in part["scores"].items()
        if task in TASKS and own["n"]
    )
    tests = [
        [TITLES[t["task"]], f"{t['n']:,}", t["only_ours"], t["only_theirs"], _small(t["p"])] for t in part["mcnemar"]
    ]
    held = [line for line, d in zip(part["verdict"], part["differences"], strict=True) if d["holds"]]
    words = "".join(f"<li>{escape(line)}</li>" for line in held) or "<li>No difference is shown.</li>"
    return [
        f'<h2 id="comparison">Against {escape(str(part["name"]))}</h2>',
        f"<p>Differences that hold (at 5 %, after Holm's correction over {len(rows)} tests):</p><ul>{words}</ul>",
        f"<p>The other's macro-F1: {theirs}. Each of the two finds actors by itself.</p>",
        _figure(
            forest(rows, "differences", zero=True),
            "F1 of this model less the other's, the same articles drawn for both; right of the line, this is better. "
            "Each interval is for one comparison alone.",
        ),
        _table(["McNemar's exact test", "decisions", "only this one right", "only the other right", "p"], tests),
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
                    _figure(
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
        [str(i), f"{fold['n_passages']:,}", *(_value(fold[task]["macro_f1"]) for task in TASKS)]
        for i, fold in enumerate(folds, 1)
    ]
    return ['<h2 id="folds">Folds</h2>', _table(["fold", "passages", *(TITLES[task] for task in TASKS)], rows)]


def _leaks(leaks: Mapping[str, Any] | None) -> list[str]:
    if not leaks or not leaks["n"]:
        return []
    rows = [[p["id"], p["place"], p["trained_on"], f"{p['similarity']:.2f}"] for p in leaks["passages"][:_LISTED]]
    more = leaks["n"] - len(rows)
    without = "; ".join(
        f"{TITLES[task].lower()} {_value(part['macro_f1'])} ({_bounds(part['macro_f1_interval'])})"
        for task, part in leaks["without"].items()
        if task in TASKS and part["n"]
    )
    return [
        f'<h2 id="leaks">Near-duplicates of training passages ({leaks["n"]:,})</h2>',
        f"<p>Macro-F1 without them: {without or 'nothing is left'}.</p>",
        _table(["passage", "place", "trained on", "similarity"], rows, "words"),
        *([f'<p class="dim">{more:,} more: see the JSON.</p>'] if more > 0 else []),
    ]


def _label_table(per_label: Mapping[str, Any]) -> str:
    keys = ("precision", "recall", "f1", "average_precision")
    rows = [
        [
            label,
            *(f"{_value(row[key])}<br><span class=dim>{_bounds(row[f'{key}_interval'])}</span>" for key in keys),
            f"{row['support']:,}",
        ]
        for label, row in per_label.items()
    ]
    return _table(["", "precision", "recall", "F1", "average precision", "support"], rows, raw=True)


def _agreement_table(rows: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    cells = [
        [
            name,
            f"{row['n']:,}" if "n" in row else "",
            *(f"{_value(row[key])} ({_bounds(row[f'{key}_interval'])})" for key in ("kappa", "f1")),
        ]
        for name, row in rows
    ]
    return _table(["", "judged", "kappa", "F1"], cells)


def _confusion(task: str, cells: Mapping[str, Mapping[str, int]]) -> str:
    columns = list(next(iter(cells.values())))
    head = ["frame" if task == FRAMES else "gold \\ predicted", *(column.replace("_", " ") for column in columns)]
    body = "".join(
        f"<tr><td>{escape(label)}</td>"
        + "".join(f"<td{' class=hit' if column in (label, 'hit') else ''}>{row[column]:,}</td>" for column in columns)
        + "</tr>"
        for label, row in cells.items()
    )
    return f'<div class="scroll"><table>{_head(head)}{body}</table></div>'


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]], kind: str = "", raw: bool = False) -> str:
    """Cells are escaped; with `raw` all but the first, which then are of our own making."""
    body = "".join(
        "<tr>" + "".join(f"<td>{cell if raw and i else escape(str(cell))}</td>" for i, cell in enumerate(row)) + "</tr>"
        for row in rows
    )
    return f'<div class="scroll"><table class="{kind}">{_head(head)}{body}</table></div>'


def _head(cells: Sequence[str]) -> str:
    return "<tr>" + "".join(f"<th>{escape(cell)}</th>" for cell in cells) + "</tr>"


def _figure(svg: str, caption: str, kind: str = "forest scroll") -> str:
    return f'<figure><div class="{kind}">{svg}</div><figcaption>{escape(caption)}</figcaption></figure>'


def _small(p: float) -> str:
    return f"{p:.4f}" if p >= 0.0001 else "under 0.0001"


def _value(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _bounds(interval: Sequence[float] | None) -> str:
    return "–" if interval is None else f"{interval[0]:.3f} to {interval[1]:.3f}"


_METHOD = """<h2 id="method">How this was measured</h2>
<p>Intervals hold 95 %: a bootstrap draws whole articles, since passages of one article are alike (bias-corrected
and accelerated, Efron 1987). Macro-F1 is the mean over labels that occur. From text alone, an actor that the
matcher does not find counts as wrong in stance and as neutral in pairs. Calibration error is over 15 bins of equal
mass. The review band is conformal risk control over articles (Angelopoulos et al. 2024): for new articles of the
same kind, the expected share of labels that are wrong and not marked is at most what was asked for. Leaks are
found by MinHash over pairs of words.</p>"""
