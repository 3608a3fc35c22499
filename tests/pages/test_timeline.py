"""Shares over time: each at its place, with a band where intervals are known."""

from __future__ import annotations

import itertools
import re

from stance.pages.timeline import Point, timeline


def xs(svg: str, kind: str) -> list[float]:
    return [float(x) for x in re.findall(rf'<circle class="{kind}" cx="([\d.]+)"', svg)]


def test_a_month_stands_at_its_place_in_time() -> None:
    points = [Point("2020-01", 0.1, None), Point("2020-02", 0.2, None), Point("2021-01", 0.4, None)]
    left, second, right = xs(timeline(points, "strike", 0.4), "dot")
    assert (left, right) == (42.0, 332.0)
    assert abs(second - (42.0 + 290.0 / 12)) < 0.1


def test_the_line_goes_through_all_shares_from_the_bottom_to_the_top() -> None:
    svg = timeline([Point("2020-01", 0.0, None), Point("2020-03", 0.4, None)], "strike", 0.4)
    assert '<polyline class="curve" points="42.0,130.0 332.0,10.0"/>' in svg
    assert "<title>2020-03: 0.40</title>" in svg


def test_the_band_holds_the_intervals_and_breaks_where_none_is_known() -> None:
    known = (0.0, 0.4)
    svg = timeline([Point("2020-01", 0.2, known), Point("2020-02", 0.2, known), Point("2020-03", 0.2, None)], "s", 0.4)
    assert re.findall(r'<polygon class="band" points="([^"]*)"', svg) == ["42.0,130.0 187.0,130.0 187.0,10.0 42.0,10.0"]
    assert "<title>2020-01: 0.20 (0.00 to 0.40)</title>" in svg


def test_what_was_to_be_expected_is_a_broken_line() -> None:
    svg = timeline([Point("2020", 0.2, None, 0.4), Point("2021", 0.2, None, 0.0)], "s", 0.4)
    assert '<polyline class="other" points="42.0,10.0 332.0,130.0"/>' in svg


def test_names_of_months_leave_room_for_each_other() -> None:
    months = [f"20{year}-{month:02d}" for year in range(10, 20) for month in range(1, 13)]
    svg = timeline([Point(month, 0.1, None) for month in months], "s", 0.2)
    named = [float(x) for x in re.findall(r'<text class="tick" x="([\d.]+)"', svg)]
    assert 3 <= len(named) <= 5
    assert min(b - a for a, b in itertools.pairwise(named)) >= 70
    assert len(xs(svg, "dot")) == 120


def test_a_single_month_stands_in_the_middle() -> None:
    svg = timeline([Point("2020-05", 0.1, (0.0, 0.2))], "s", 0.2)
    assert xs(svg, "dot") == [187.0]
    assert "2020-05" in svg
