"""What the search understands: its patterns, its names, and the tags that it asks for.

The script itself runs in browsers alone; its patterns mean the same in Python.
"""

from __future__ import annotations

import json
import re
from html import unescape

import pytest

from stance.pages.overview import Overview
from stance.pages.overview_page import overview_page
from stance.pages.search import SCRIPT, search_form
from stance.pages.view import View
from stance.text.codebook import Codebook
from tests.pages.test_overview_page import PREDICTION


def pattern(name: str) -> re.Pattern[str]:
    [found] = re.findall(rf"^const {name}=/(.*)/;$", SCRIPT, re.MULTILINE)
    return re.compile(found)


@pytest.mark.parametrize(
    ("name", "text", "parts"),
    [
        ("first", "against pakistan", ("against", "pakistan")),
        ("first", "favor india", ("favor", "india")),
        ("first", "in favour of the united states", ("favour", "the united states")),
        ("first", "neutral toward india", ("neutral", "india")),
        ("first", "anti-pakistan", ("anti", "pakistan")),
        ("first", "against: iran", ("against", "iran")),
        ("first", "against", None),
        ("first", "againstness of things", None),
        ("last", "pakistan against", ("pakistan", "against")),
        ("last", "india: in favor", ("india", "favor")),
        ("last", "against", None),
        ("arrow", "pakistan > ttp", ("pakistan", "ttp")),
        ("arrow", "pakistan->ttp", ("pakistan", "ttp")),
        ("arrow", "> ttp", ("", "ttp")),
        ("arrow", "pakistan →", ("pakistan", "")),
        ("arrow", "pakistan and ttp", None),
        ("spoken", "india against pakistan", ("india", "against", "pakistan")),
        ("spoken", "iran favors china", ("iran", "favor", "china")),
        ("spoken", "iran is in favour of china", ("iran", "favour", "china")),
        ("spoken", "a war on terror", None),
    ],
)
def test_patterns_part_a_question(name: str, text: str, parts: tuple[str, ...] | None) -> None:
    match = pattern(name).match(text)
    assert (match.groups() if match else None) == parts


def test_the_form_knows_every_actor_by_its_id_its_label_and_its_names(codebook: Codebook) -> None:
    view = View(Overview(10).read([PREDICTION]), codebook)
    form = "".join(search_form([PREDICTION], view))
    [names] = re.findall(r'data-names="([^"]*)"', form)
    assert json.loads(unescape(names)) == [
        ["union", "Dock Union", "union", "dockers"],
        ["port", "Port Authority", "port", "PA"],
    ]
    assert "<q>against Port Authority</q> or <q>Dock Union &gt; Port Authority</q>" in form


def test_tags_that_the_search_asks_for_stand_at_the_passages(codebook: Codebook) -> None:
    page = overview_page(Overview(10).read([PREDICTION]), codebook, "t")
    [tags] = re.findall(r'data-tags="([^"]*)"', page)
    asked = {"stance:port:against", "pair:union:port", "pair:union:port:against"}
    assert asked <= set(json.loads(unescape(tags)))
    for part in ("'stance:'+a.id+':'+label", "'pair:'+a.id+':'+b.id+(label?':'+label:'')"):
        assert part in SCRIPT
