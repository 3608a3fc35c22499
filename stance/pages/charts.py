"""Small charts as inline SVG: they take their colours from the page, so they follow its light and dark mode."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

_ROW, _LABEL, _PLOT, _VALUE = 24, 190, 180, 150
_SIDE, _MARGIN = 260, 44
_EDGES = (0.08, 0.2, 0.4, 1.0, 2.0)
"""Ends of the scale of differences."""
_TOPS = (0.04, 0.08, 0.2, 0.4, 0.6, 0.8, 1.0)
"""Ends of the scale of risks: a quarter of each is round."""
NAME = 23
"""Characters of a name that fit beside a row."""

Interval = Sequence[float] | None


def forest(rows: Sequence[tuple[str, float | None, Interval]], title: str, zero: bool = False) -> str:
    """Values with their intervals, a row each, on a common scale: 0 (or less) to 1, or around nothing where `zero`."""
    ends = [end for _, value, interval in rows if value is not None for end in (*(interval or ()), value)]
    most = next(edge for edge in _EDGES if edge >= max(map(abs, [0.0, *ends]))) if zero else 1.0
    low = -most if zero else (0.0 if min([0.0, *ends]) >= 0.0 else -1.0)
    ticks = [low + (most - low) * quarter / 4 for quarter in range(5)]

    def x(value: float) -> float:
        return _LABEL + _PLOT * (min(max(value, low), most) - low) / (most - low)

    height = _ROW * len(rows) + 30
    sign = "+" if zero else ""
    parts = [
        f'<line class="{"zero" if zero and not tick else "grid"}" x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="0" '
        f'y2="{height - 22}"/><text class="tick" x="{x(tick):.1f}" y="{height - 6}">{tick:{sign}.2f}</text>'
        for tick in ticks
    ]
    for number, (label, value, interval) in enumerate(rows):
        y = _ROW * number + _ROW / 2
        name = f"{escape(shortened(label))}<title>{escape(label)}</title>"
        parts.append(f'<text class="name" x="{_LABEL - 10}" y="{y + 4}">{name}</text>')
        if value is None:
            parts.append(f'<text class="value" x="{_LABEL + _PLOT + 12}" y="{y + 4}">not defined</text>')
            continue
        bounds = ""
        if interval:
            parts.append(f'<line class="range" x1="{x(interval[0]):.1f}" x2="{x(interval[1]):.1f}" y1="{y}" y2="{y}"/>')
            bounds = " ({:.2f} to {:.2f})".format(*(round(end, 2) + 0.0 for end in interval))
        parts.append(f'<circle class="dot" cx="{x(value):.1f}" cy="{y}" r="5"/>')
        parts.append(f'<text class="value" x="{_LABEL + _PLOT + 12}" y="{y + 4}">{value:{sign}.2f}{bounds}</text>')
    return _svg(_LABEL + _PLOT + _VALUE, height, title, parts)


def reliability(curves: Sequence[tuple[str, Sequence[tuple[float, float]]]], title: str) -> str:
    """What was foretold against what came true; the diagonal is perfect. Of several curves the first stands out."""
    parts = [*_axes("probability given", "share that held"), _line("diagonal", [(0.0, 0.0), (1.0, 1.0)])]
    for number, (_, points) in reversed(list(enumerate(curves))):
        kind = "curve" if number == 0 else "other"
        parts.append(_line(kind, points))
        parts += [
            f'<circle class="{kind}-dot" cx="{_x(x):.1f}" cy="{_y(y):.1f}" r="{4 if number == 0 else 3}"/>'
            for x, y in points
        ]
    return _svg(_SIDE + 2 * _MARGIN, _SIDE + 2 * _MARGIN, title, parts)


def risk_curve(points: Sequence[tuple[float, float, Interval]], title: str, top: float) -> str:
    """The share of wrong labels (upward, to `top`) among the surest part of them (to the right), with intervals."""
    parts = list(_axes("share of labels kept, surest first", "share of them wrong", top))
    band = [(c, (i[1] if i else r) / top) for c, r, i in points]
    band += [(c, (i[0] if i else r) / top) for c, r, i in reversed(points)]
    outline = " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in band)
    parts.append(f'<polygon class="band" points="{outline}"/>')
    parts.append(_line("curve", [(c, r / top) for c, r, _ in points]))
    return _svg(_SIDE + 2 * _MARGIN, _SIDE + 2 * _MARGIN, title, parts)


def highest_risk(curves: Iterable[Sequence[tuple[float, float, Interval]]]) -> float:
    """A round share that no curve and no interval of several exceeds: charts side by side have one scale."""
    most = max((i[1] if i else risk for points in curves for _, risk, i in points), default=0.0)
    return next(top for top in _TOPS if most <= top)


def _axes(across: str, up: str, top: float = 1.0) -> Sequence[str]:
    parts = []
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(f'<line class="grid" x1="{_x(tick)}" x2="{_x(tick)}" y1="{_y(0)}" y2="{_y(1)}"/>')
        parts.append(f'<line class="grid" x1="{_x(0)}" x2="{_x(1)}" y1="{_y(tick)}" y2="{_y(tick)}"/>')
        parts.append(f'<text class="tick" x="{_x(tick)}" y="{_y(0) + 16}">{tick:.2f}</text>')
        parts.append(f'<text class="name" x="{_x(0) - 6}" y="{_y(tick) + 4}">{tick * top:.2f}</text>')
    parts.append(f'<text class="tick" x="{_x(0.5)}" y="{_y(0) + 36}">{escape(across)}</text>')
    parts.append(f'<text class="tick" transform="translate(10 {_y(0.5)}) rotate(-90)" x="0" y="0">{escape(up)}</text>')
    return parts


def _line(kind: str, points: Sequence[tuple[float, float]]) -> str:
    path = " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in points)
    return f'<polyline class="{kind}" points="{path}"/>'


def _x(share: float) -> float:
    return _MARGIN + 6 + _SIDE * share


def _y(share: float) -> float:
    return 12 + _SIDE * (1.0 - share)


def shortened(label: str, most: int = NAME) -> str:
    """A name cut to so many characters, so that it says so."""
    return label if len(label) <= most else label[: most - 1] + "…"


def _svg(width: float, height: float, title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="{escape(title)}" '
        f'style="max-width:{1.25 * width:.0f}px"><title>{escape(title)}</title>{"".join(parts)}</svg>'
    )
