"""Who stands where toward whom: a heat map of holders by targets, and on narrow screens the same as a list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

from stance.pages.view import View, left_out, link
from stance.quoting import counted
from stance.records import Pair

_ACTORS = 16
"""Actors in the map, those in most pairs."""
_PAIRS = 40
"""Pairs in the list, those named most often."""

STYLE = """
.heat{width:100%;table-layout:fixed}.heat td,.heat th{padding:.25rem .2rem}.heat td{text-align:center}
.heat th{text-align:center;vertical-align:bottom;font-size:.8rem;overflow-wrap:anywhere;hyphens:auto}
.heat th:first-child{width:8.5rem;text-align:left;vertical-align:top}
.heat a{text-decoration:none;color:inherit;display:block}.heat a:hover,.heat a:focus{text-decoration:underline}
.pairs{display:none;list-style:none;padding:0;margin:.6rem 0}
.pairs li{display:flex;break-inside:avoid;gap:.8rem;justify-content:space-between;
border-bottom:1px solid var(--line);padding:.3rem .4rem}
.pairs span{min-width:0;overflow-wrap:anywhere}.pairs a{flex:none}
@media(max-width:60rem){.map{display:none}.pairs{display:block;columns:2 18rem}}
@media print{.map{display:block;overflow:visible}.pairs{display:none}
table.heat,.heat th{font-size:7pt}.heat th,.heat td{padding:2pt}.heat th:first-child{width:14%}}
"""


def heat_map(view: View) -> list[str]:
    """The pairs of which a stance is named."""
    pairs = {pair: counts for pair, counts in view.overview.pairs.items() if _named(counts)}
    sizes: Counter[str] = Counter()
    for pair, counts in pairs.items():
        sizes.update(dict.fromkeys(pair, _named(counts)))
    actors = [actor for actor, _ in sizes.most_common(_ACTORS)]
    if not actors:
        return ['<h2 id="matrix">Who stands where toward whom</h2>', "<p>No directed stance was found.</p>"]
    return [
        '<h2 id="matrix">Who stands where toward whom</h2>',
        "<p>Passages in which the holder is against (−) or in favor of (+) the target.</p>",
        *_map(actors, pairs, view),
        *_list(pairs, view),
    ]


def _named(counts: Mapping[str, int]) -> int:
    return counts["against"] + counts["favor"]


def _map(actors: Sequence[str], pairs: Mapping[Pair, Mapping[str, int]], view: View) -> list[str]:
    """Holders as rows, targets as columns."""
    most = max(map(_named, pairs.values()))
    head = "<tr><th>holder \\ target</th>" + "".join(f"<th>{escape(view.name(a))}</th>" for a in actors) + "</tr>"
    rows = "".join(
        f"<tr><th scope=row>{escape(view.name(holder))}</th>"
        + "".join(_cell((holder, target), pairs.get((holder, target)), most, view) for target in actors)
        + "</tr>"
        for holder in actors
    )
    others = len({actor for pair in pairs for actor in pair}) - len(actors)
    return [
        '<div class="map scroll"><p class="dim">Redder: more against; greener: more in favor; paler: fewer.</p>',
        f'<table class="heat">{head}{rows}</table>',
        *left_out(others, "actor"),
        "</div>",
    ]


def _list(pairs: Mapping[Pair, Mapping[str, int]], view: View) -> list[str]:
    """The pairs one under the other, those named most often first."""
    most = max(map(_named, pairs.values()))
    found = sorted(pairs.items(), key=lambda item: -_named(item[1]))[:_PAIRS]
    items = "".join(
        f'<li style="{_shade(counts, most)}"><span>{escape(view.pair(pair))}</span>{_link(pair, counts, view)}</li>'
        for pair, counts in found
    )
    others = len(pairs) - len(found)
    more = f"<li>{counted(others, 'more pair')}, named less often</li>" if others else ""
    return [f'<ul class="pairs">{items}{more}</ul>']


def _cell(pair: Pair, counts: Mapping[str, int] | None, most: int, view: View) -> str:
    if pair[0] == pair[1]:
        return "<td class=dim>–</td>"
    return f'<td style="{_shade(counts, most)}">{_link(pair, counts, view)}</td>' if counts else "<td></td>"


def _link(pair: Pair, counts: Mapping[str, int], view: View) -> str:
    against, favor = counts["against"], counts["favor"]
    title = f"{view.name(pair[0])} toward {view.name(pair[1])}: {against} against, {favor} in favor"
    text = " ".join([*([f"−{against:,}"] if against else []), *([f"+{favor:,}"] if favor else [])])
    return link(f"pair:{pair[0]}:{pair[1]}", text, title)


def _shade(counts: Mapping[str, int], most: int) -> str:
    against, favor = counts["against"], counts["favor"]
    colour = "against" if against > favor else "favor" if favor > against else "neutral"
    strength = abs(favor - against) / (against + favor) * ((against + favor) / most) ** 0.5
    return f"background:color-mix(in srgb,var(--{colour}) {8 + round(38 * strength)}%,transparent)"
