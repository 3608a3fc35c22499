"""Small charts as inline SVG: they take their colours from the page, so they follow its light and dark mode."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

WIDTH = 360
"""Of a chart: it fits a telephone."""
_ROW, _EDGE = 40, 18
"""The height of a row, and what is left free at either side of a scale."""
_SIDE, _MARGIN = 260, 44
_EDGES = (0.08, 0.2, 0.4, 1.0, 2.0)
"""Ends of the scale of differences."""
_TOPS = (0.04, 0.08, 0.2, 0.4, 0.6, 0.8, 1.0)
"""Ends of the scale of risks: a quarter of each is round."""
NAME = 32
"""Characters of a name that fit above a row, beside its value."""

Interval = Sequence[float] | None


def forest(
    rows: Sequence[tuple[str, float | None, Interval]],
    title: str,
    zero: bool = False,
    expected: Sequence[float | None] = (),
) -> str:
    """Values with their intervals, a row each, on a common scale: 0 (or less) to 1, or around nothing where `zero`.

    What is `expected` of each row is drawn hollow.
    """
    ends = [end for _, value, interval in rows if value is not None for end in (*(interval or ()), value)]
    most = next(edge for edge in _EDGES if edge >= max(map(abs, [0.0, *ends]))) if zero else 1.0
    low = -most if zero else (0.0 if min([0.0, *ends]) >= 0.0 else -1.0)

    def x(value: float) -> float:
        return _EDGE + (WIDTH - 2 * _EDGE) * (min(max(value, low), most) - low) / (most - low)

    height, sign = _ROW * len(rows) + 22, "+" if zero else ""
    parts = []
    for tick in (low + (most - low) * quarter / 4 for quarter in range(5)):
        kind = "zero" if zero and not tick else "grid"
        parts.append(f'<line class="{kind}" x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="0" y2="{height - 18}"/>')
        parts.append(f'<text class="tick" x="{x(tick):.1f}" y="{height - 4}">{tick:{sign}.2f}</text>')
    for number, (label, value, interval) in enumerate(rows):
        top, y = _ROW * number + 14, _ROW * number + 28
        parts.append(f'<text x="0" y="{top}">{escape(shortened(label))}<title>{escape(label)}</title></text>')
        parts.append(f'<text class="end" x="{WIDTH}" y="{top}">{told(value, interval, sign)}</text>')
        if value is None:
            continue
        if interval:
            parts.append(f'<line class="range" x1="{x(interval[0]):.1f}" x2="{x(interval[1]):.1f}" y1="{y}" y2="{y}"/>')
        parts.append(f'<circle class="dot" cx="{x(value):.1f}" cy="{y}" r="5"/>')
        if expected and (own := expected[number]) is not None:
            parts.append(
                f'<circle class="hollow" cx="{x(own):.1f}" cy="{y}" r="5"><title>expected {own:.2f}</title></circle>'
            )
    return svg(WIDTH, height, title, parts)


def told(value: float | None, interval: Interval, sign: str = "") -> str:
    """A value and its interval in words."""
    if value is None:
        return "not defined"
    bounds = " ({:.2f} to {:.2f})".format(*(round(end, 2) + 0.0 for end in interval)) if interval else ""
    return f"{value:{sign}.2f}{bounds}"


def path(points: Iterable[tuple[float, float]]) -> str:
    """Places as a line or an outline goes through them."""
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


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
    return svg(_SIDE + 2 * _MARGIN, _SIDE + 2 * _MARGIN, title, parts)


def risk_curve(points: Sequence[tuple[float, float, Interval]], title: str, top: float) -> str:
    """The share of wrong labels (upward, to `top`) among the surest part of them (to the right), with intervals."""
    parts = list(_axes("share of labels kept, surest first", "share of them wrong", top))
    band = [(c, (i[1] if i else r) / top) for c, r, i in points]
    band += [(c, (i[0] if i else r) / top) for c, r, i in reversed(points)]
    parts.append(f'<polygon class="band" points="{path((_x(x), _y(y)) for x, y in band)}"/>')
    parts.append(_line("curve", [(c, r / top) for c, r, _ in points]))
    return svg(_SIDE + 2 * _MARGIN, _SIDE + 2 * _MARGIN, title, parts)


def round_top(curves: Iterable[Sequence[tuple[float, float, Interval]]]) -> float:
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
    return f'<polyline class="{kind}" points="{path((_x(x), _y(y)) for x, y in points)}"/>'


def _x(share: float) -> float:
    return _MARGIN + 6 + _SIDE * share


def _y(share: float) -> float:
    return 12 + _SIDE * (1.0 - share)


def shortened(label: str, most: int = NAME) -> str:
    """A name cut to so many characters, so that it says so."""
    return label if len(label) <= most else label[: most - 1] + "…"


def svg(width: float, height: float, title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="{escape(title)}" '
        f'style="max-width:{1.25 * width:.0f}px"><title>{escape(title)}</title>{"".join(parts)}</svg>'
    )
