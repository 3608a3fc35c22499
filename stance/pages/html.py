"""The parts that pages share: the frame of a page, tables, figures, numbers."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from stance.labelers.tasks import FRAMES

_STYLE = """
:root{color-scheme:light dark;--ink:#1c2430;--dim:#566070;--paper:#fdfdfb;--card:#f2f3ef;--line:#d5d9de;
--mark:#0b5cad;--other:#a4561a;--band:#0b5cad2b}
@media(prefers-color-scheme:dark){:root{--ink:#e8eaee;--dim:#a7b0bd;--paper:#14181e;--card:#1e242c;
--line:#3a434f;--mark:#7cb8ff;--other:#f0a868;--band:#7cb8ff33}}*{box-sizing:border-box}
body{margin:0 auto;max-width:62rem;padding:1.2rem;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,sans-serif;
overflow-wrap:break-word}h1{font-size:1.6rem;margin:.2rem 0}
h2{margin:2.2rem 0 .4rem;font-size:1.25rem;border-top:1px solid var(--line);padding-top:1.2rem}
h3{margin:1.2rem 0 .3rem;font-size:1rem}p{margin:.3rem 0;max-width:46rem}.dim{color:var(--dim)}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(14rem,1fr));gap:.8rem;margin:1rem 0}
.card{background:var(--card);border-radius:.6rem;padding:.8rem 1rem}
.card b{display:block;font-size:1.9rem;line-height:1.2}.plots{display:flex;flex-wrap:wrap;gap:1.2rem}
.plots>figure{flex:1 1 17rem;min-width:0;margin:0;max-width:23rem}figure{margin:.6rem 0}
figcaption{color:var(--dim);font-size:.9rem}svg{width:100%;height:auto;display:block}.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:.92rem}
th,td{padding:.25rem .7rem;text-align:right;border-bottom:1px solid var(--line);vertical-align:top}
th:first-child,td:first-child,.words td,.words th{text-align:left}th{font-weight:600}
td.hit{font-weight:700;background:var(--card)}svg text{fill:var(--ink);font-size:12px}
svg .tick{text-anchor:middle;fill:var(--dim);font-size:11px}svg .name,svg .end{text-anchor:end}
svg .grid{stroke:var(--line)}svg .zero{stroke:var(--ink)}svg .range{stroke:var(--mark);stroke-width:3}
svg .dot,svg .curve-dot{fill:var(--mark)}
svg .hollow{fill:none;stroke:var(--ink);stroke-width:1.5}svg .other-dot{fill:var(--other)}
svg polyline{fill:none;stroke-width:2.5}
svg .curve{stroke:var(--mark)}svg .other{stroke:var(--other);stroke-dasharray:5 4}
svg .diagonal{stroke:var(--dim);stroke-dasharray:2 3;stroke-width:1.5}svg .band{fill:var(--band)}
.doubts{border:2px solid var(--other);border-radius:.6rem;padding:.6rem 1rem;margin:1rem 0;max-width:46rem}
.doubts ul{margin:.2rem 0;padding-left:1.1rem}nav a{margin-right:1rem;display:inline-block}a{color:var(--mark)}
@media print{body{max-width:none;font-size:11pt;background:#fff;color:#000}nav{display:none}
figure,table,.card{break-inside:avoid}h2{break-after:avoid}}
"""


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


def doubt_box(lines: Iterable[str]) -> list[str]:
    """What is no finding, to stand above all figures; nothing where there are no lines."""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return [f'<div class="doubts" role="note"><b>Not to be relied on</b><ul>{items}</ul></div>'] if items else []


def label_table(per_label: Mapping[str, Any]) -> str:
    keys = ("precision", "recall", "f1", "average_precision")
    rows = [
        [
            label,
            *(f"{value(row[key])}<br><span class=dim>{bounds(row[f'{key}_interval'])}</span>" for key in keys),
            f"{row['support']:,}",
        ]
        for label, row in per_label.items()
    ]
    return table(["", "precision", "recall", "F1", "average precision", "support"], rows, raw=True)


def agreement_table(rows: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    cells = [
        [
            name,
            f"{row['n']:,}" if "n" in row else "",
            *(f"{value(row[key])} ({bounds(row[f'{key}_interval'])})" for key in ("kappa", "f1")),
        ]
        for name, row in rows
    ]
    return table(["", "judged", "kappa", "F1"], cells)


def confusion(task: str, cells: Mapping[str, Mapping[str, int]]) -> str:
    columns = list(next(iter(cells.values())))
    head = ["frame" if task == FRAMES else "gold \\ predicted", *(column.replace("_", " ") for column in columns)]
    body = "".join(
        f"<tr><td>{escape(label)}</td>"
        + "".join(f"<td{' class=hit' if column in (label, 'hit') else ''}>{row[column]:,}</td>" for column in columns)
        + "</tr>"
        for label, row in cells.items()
    )
    return f'<div class="scroll"><table>{_head(head)}{body}</table></div>'


def table(head: Sequence[str], rows: Iterable[Sequence[Any]], kind: str = "", raw: bool = False) -> str:
    """Cells are escaped; with `raw` all but the first, which then are of our own making."""
    body = "".join(
        "<tr>" + "".join(f"<td>{cell if raw and i else escape(str(cell))}</td>" for i, cell in enumerate(row)) + "</tr>"
        for row in rows
    )
    return f'<div class="scroll"><table class="{kind}">{_head(head)}{body}</table></div>'


def _head(cells: Sequence[str]) -> str:
    return "<tr>" + "".join(f"<th>{escape(cell)}</th>" for cell in cells) + "</tr>"


def figure(svg: str, caption: str, kind: str = "scroll") -> str:
    return f'<figure><div class="{kind}">{svg}</div><figcaption>{escape(caption)}</figcaption></figure>'


def small(p: float) -> str:
    return f"{p:.4f}" if p >= 0.0001 else "under 0.0001"


def value(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def bounds(interval: Sequence[float] | None) -> str:
    return "–" if interval is None else f"{interval[0]:.3f} to {interval[1]:.3f}"
