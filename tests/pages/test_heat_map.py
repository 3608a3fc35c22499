"""Who toward whom: the same pairs in the map and in the list."""

from __future__ import annotations

import re
from collections import Counter

from stance.pages.heat_map import heat_map
from stance.pages.overview import Overview
from stance.pages.view import View
from stance.records import Pair
from stance.text.codebook import Codebook


def parts(codebook: Codebook, pairs: dict[Pair, Counter[str]]) -> tuple[str, str]:
    """The map and the list."""
    overview = Overview(1)
    overview.pairs = pairs
    whole, _, rows = "".join(heat_map(View(overview, codebook))).partition('<ul class="pairs">')
    return whole, rows


def test_map_and_list_show_the_same_pairs(codebook: Codebook) -> None:
    pairs = {
        ("union", "port"): Counter(against=3, favor=1, neutral=9),
        ("port", "union"): Counter(favor=2),
        ("council", "port"): Counter(neutral=4),
    }
    found = [re.findall(r"show=pair%3A(\w+)%3A(\w+)[^>]*>([^<]*)<", part) for part in parts(codebook, pairs)]
    assert found[0] == found[1] == [("union", "port", "−3 +1"), ("port", "union", "+2")]
    whole, rows = parts(codebook, pairs)
    assert "Dock Union → Port Authority" in rows
    assert "Dock Union toward Port Authority: 3 against, 1 in favor" in whole
    assert "City Council" not in whole + rows


def test_no_pair_no_map(codebook: Codebook) -> None:
    whole, rows = parts(codebook, {("council", "port"): Counter(neutral=4)})
    assert "No directed stance was found." in whole
    assert rows == ""


def test_of_many_actors_those_in_most_pairs_are_shown_and_the_rest_counted(codebook: Codebook) -> None:
    pairs = {(f"a{number}", "hub"): Counter(against=50 - number) for number in range(45)}
    whole, rows = parts(codebook, pairs)
    assert whole.count("<th scope=row>") == 16
    assert "30 actors with fewer passages not shown." in whole
    assert "5 more pairs, named less often" in rows
