"""Shares over time as a line with a band, as inline SVG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

from stance.pages.charts import WIDTH, Interval, path, svg, told

_LEFT, _RIGHT, _TOP, _BOTTOM = 42, WIDTH - 28, 10, 130
_NAMED = 4
"""Into so many parts at most the names below cut the time."""


@dataclass(frozen=True, slots=True)
class Point:
    """A month (YYYY-MM) or year (YYYY), the share there, its interval, and the share that was to be expected."""

    time: str
    share: float
    interval: Interval
    expected: float | None = None


def timeline(points: Sequence[Point], title: str, top: float) -> str:
    """Shares from 0 to `top`, in order; each stands at its place in time, so those that are missing leave room."""
    scale = _Scale(_months(points[0].time), _months(points[-1].time), top)
    expected = [(scale.x(p.time), scale.y(p.expected)) for p in points if p.expected is not None]
    parts = [
        *_grid(scale),
        *_names([p.time for p in points], scale),
        *_bands(points, scale),
        f'<polyline class="other" points="{path(expected)}"/>',
        f'<polyline class="curve" points="{path((scale.x(p.time), scale.y(p.share)) for p in points)}"/>',
        *(
            f'<circle class="dot" cx="{scale.x(p.time):.1f}" cy="{scale.y(p.share):.1f}" r="3">'
            f"<title>{escape(p.time)}: {told(p.share, p.interval)}</title></circle>"
            for p in points
        ),
    ]
    return svg(WIDTH, _BOTTOM + 26, title, parts)


@dataclass(frozen=True, slots=True)
class _Scale:
    first: int
    last: int
    top: float

    def x(self, time: str) -> float:
        passed = (_months(time) - self.first) / (self.last - self.first) if self.last > self.first else 0.5
        return _LEFT + (_RIGHT - _LEFT) * passed

    def y(self, share: float) -> float:
        return _TOP + (_BOTTOM - _TOP) * (1.0 - share / self.top)


def _months(time: str) -> int:
    year, _, month = time.partition("-")
    return 12 * int(year) + int(month or 1)


def _grid(scale: _Scale) -> Iterator[str]:
    for tick in (0.0, scale.top / 2, scale.top):
        y = scale.y(tick)
        yield f'<line class="grid" x1="{_LEFT}" x2="{_RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text class="end" x="{_LEFT - 6}" y="{y + 4:.1f}">{tick:.2f}</text>'


def _names(times: Sequence[str], scale: _Scale) -> Iterator[str]:
    """The names of those that lie far enough apart to stand side by side."""
    least, last = (scale.last - scale.first) / _NAMED, None
    for time in times:
        if last is None or _months(time) - last >= least:
            last = _months(time)
            yield f'<text class="tick" x="{scale.x(time):.1f}" y="{_BOTTOM + 18}">{escape(time)}</text>'


def _bands(points: Sequence[Point], scale: _Scale) -> Iterator[str]:
    """The intervals: a band over each run of those that are known."""
    for known, run in groupby(points, lambda point: point.interval is not None):
        if known:
            ends = [(scale.x(p.time), [scale.y(end) for end in p.interval or ()]) for p in run]
            outline = [*((x, low) for x, (low, _) in ends), *((x, high) for x, (_, high) in reversed(ends))]
            yield f'<polygon class="band" points="{path(outline)}"/>'
