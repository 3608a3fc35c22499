"""Predictions as one self-contained HTML page: what they say as a whole, and the passages, to be read and searched."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from urllib.parse import quote

from stance.formats.dataformat import words_of
from stance.pages.charts import NAME, forest, shortened
from stance.pages.html import page
from stance.pages.overview import Exemplar, Overview, Shares, language, month, source
from stance.quoting import counted, extent
from stance.records import SIGNS, STANCES, Judgement, Pair, Prediction
from stance.text.codebook import Codebook
from stance.text.holders import frame_holders
from stance.text.languages import language_name, told_languages

_GROUPS = 16
"""Outlets and actors in a chart, those with most passages."""
_MONTHS = 36
"""Months in a chart; of more, years are shown."""
_ACTORS = 16
"""Actors in the matrix, those in most pairs."""
_FEW = 3
"""Articles that come before the figures of the whole."""
_SNIPPET = 160
_LONGEST = 20_000
"""Characters of a passage that the page shows; the predictions have all."""
_TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)], "\ufffd")
"""Characters that turn the direction of what follows, and what stands for them: a reader must see the text as it is."""

_STYLE = """
:root{--against:#9c2a1c;--favor:#12693f;--neutral:#566070;--frame:#e4ebf5}
@media(prefers-color-scheme:dark){:root{--against:#ff9d8f;--favor:#7fdca4;--neutral:#a7b0bd;--frame:#26344a}}
body{max-width:70rem}.plots>figure.forest{flex:1 1 28rem;max-width:32rem}
.against{color:var(--against)}.favor{color:var(--favor)}.neutral{color:var(--neutral)}
.passage{display:grid;grid-template-columns:11rem 1fr;gap:.2rem 1rem;padding:.7rem 0;border-top:1px solid var(--line);
content-visibility:auto;contain-intrinsic-size:auto 11rem}.passage[hidden],section[hidden]{display:none}
.passage .text{white-space:pre-line;overflow-wrap:anywhere;unicode-bidi:isolate;max-width:46rem}
.margin{font-size:.85rem;grid-row:span 2}
.margin span{display:block;margin:0 0 .3rem;padding:.1rem .5rem;background:var(--frame);
border-left:4px solid var(--mark)}.margin .unsure{border-left-style:dashed}
mark{background:none;color:inherit;font-weight:600;text-decoration:underline;text-decoration-thickness:2px;
text-underline-offset:3px;text-decoration-color:var(--neutral)}mark.against{text-decoration-color:var(--against)}
mark.favor{text-decoration-color:var(--favor)}mark sup{font-size:.75em;line-height:0}
.why{grid-column:2;font-size:.88rem;color:var(--dim)}.why ul{margin:.2rem 0;padding-left:1.1rem}.why b{font-weight:600}
.bar{display:flex;height:1rem;min-width:12rem;border:1px solid var(--line)}.bar i{display:block}
.bar .against{background:var(--against)}.bar .neutral{background:var(--line)}.bar .favor{background:var(--favor)}
.heat td{text-align:center;min-width:3.6rem}.heat a{text-decoration:none;color:inherit;display:block}
.heat a:hover,.heat a:focus{text-decoration:underline}.heat th{min-width:4.8rem;text-align:center;vertical-align:bottom}
.heat th:first-child{min-width:9rem;text-align:left}
form{display:flex;flex-wrap:wrap;gap:.6rem;align-items:end;margin:.8rem 0}
form label{display:flex;flex-direction:column;font-size:.85rem;color:var(--dim);max-width:14rem}
input,select,button{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:.3rem;
padding:.3rem .5rem;max-width:100%}form .tick{flex-direction:row;gap:.4rem;align-items:center}
:focus-visible{outline:3px solid var(--mark);outline-offset:2px}.picks{columns:2 22rem;column-gap:2rem}
.picks h3{break-after:avoid}.picks>h3:first-child{margin-top:0}
.picks li{break-inside:avoid;margin-bottom:.4rem;overflow-wrap:anywhere}
.picks ul{padding-left:1.1rem;margin:.2rem 0}
h3.article{font-size:1.05rem;margin:1.6rem 0 .4rem;overflow-wrap:anywhere}
:target{background:var(--card)}.id{color:var(--dim);font-size:.8rem;overflow-wrap:anywhere}
@media(max-width:40rem){.passage{display:block}.margin span{display:inline-block;margin-right:.4rem}}
@media print{form,.skip{display:none}.passage{content-visibility:visible;break-inside:avoid}*{print-color-adjust:exact}
figure,table{break-inside:auto}tr{break-inside:avoid}thead{display:table-header-group}
.scroll{overflow:visible}table.heat{font-size:7pt;table-layout:fixed;width:100%}
.heat th,.heat td,.heat th:first-child{padding:2pt;min-width:0;overflow-wrap:anywhere}}
"""

_SCRIPT = """
const list=[...document.querySelectorAll('.passage')],form=document.forms[0],out=document.getElementById('count');
const cache=new Map();
const tags=p=>cache.get(p)||(cache.set(p,[new Set(JSON.parse(p.dataset.tags)),p.textContent.toLowerCase()]).get(p));
let picked='';
function apply(){
const words=form.words.value.toLowerCase().trim(),asked=[...form.querySelectorAll('select')].map(s=>s.value);
if(form.unsure.checked)asked.push('unsure');if(picked)asked.push(picked);
const wanted=asked.filter(Boolean);let n=0;
for(const p of list){const[t,text]=tags(p);
p.hidden=!(wanted.every(w=>t.has(w))&&(!words||text.includes(words)));n+=!p.hidden}
for(const s of document.querySelectorAll('section.of'))s.hidden=!s.querySelector('.passage:not([hidden])');
out.textContent=n.toLocaleString('en')+' of '+list.length.toLocaleString('en')+' passages'
+(picked?', showing '+picked.replace(/:/g,' ').replace(/_/g,' '):'')}
function jump(){const h=location.hash;if(!h.startsWith('#show='))return;
form.reset();picked=decodeURIComponent(h.slice(6));apply();document.getElementById('passages').scrollIntoView()}
let wait;form.addEventListener('input',()=>{clearTimeout(wait);wait=setTimeout(apply,120)});
form.addEventListener('submit',e=>e.preventDefault());
form.addEventListener('reset',()=>{picked='';if(location.hash.startsWith('#show='))history.replaceState(null,'','#passages');
setTimeout(apply)});
addEventListener('hashchange',jump);form.hidden=false;apply();jump();
"""


def overview_page(overview: Overview, codebook: Codebook, title: str) -> str:
    """The page of `stance report`.

    Parameters
    ----------
    overview : Overview
        Predictions, counted.
    codebook : Codebook
        For the names of frames and actors; an id that it does not know is shown as it is.
    title : str
    """
    view = _View(overview, codebook)
    passages = overview.passages
    whole = [*view.actors(), *view.matrix(), *view.frames(), *view.exemplars()]
    each = [*_filters(passages, view), *_articles(passages, view)]
    body = [
        '<a class="skip" href="#passages">To the passages</a>',
        f"<h1>{escape(title)}</h1>",
        *view.summary(),
        "<nav>" + "".join(f'<a href="#{name}">{words}</a>' for name, words in _SECTIONS) + "</nav>",
        *(each + whole if overview.n_articles <= _FEW else whole + each),
        _METHOD,
    ]
    return page(title, body, _STYLE, _SCRIPT)


_SECTIONS = (
    ("actors", "Actors"),
    ("matrix", "Who toward whom"),
    ("frames", "Frames"),
    ("examples", "Typical and doubtful"),
    ("passages", "Passages"),
)


class _View:
    """The parts of the page, with names from a codebook."""

    def __init__(self, overview: Overview, codebook: Codebook):
        self.overview = overview
        self.codebook = codebook
        self.ids: dict[int, str] = {}

    def name(self, identifier: str) -> str:
        """The label of a frame or an actor, not escaped."""
        label = self.codebook.label(identifier)
        return label if label != identifier else identifier.replace("_", " ")

    def anchor(self, prediction: Prediction) -> str:
        return self.ids.setdefault(id(prediction), f"p{len(self.ids)}")

    def summary(self) -> list[str]:
        seen = self.overview
        share = seen.n_unsure / seen.n_passages if seen.n_passages else 0.0
        cards = [
            ("passages", f"{seen.n_passages:,}", f"of {counted(seen.n_articles, 'article')}"),
            ("with something unsure", f"{share:.0%}", f"{counted(seen.n_unsure, 'passage')}: have a person look"),
            ("actors", f"{len(seen.stances):,}", f"named {sum(s.n for s in seen.stances.values()):,} times"),
        ]
        boxes = "".join(f'<div class="card">{name}<b>{value}</b>{words}</div>' for name, value, words in cards)
        models = ", ".join(map(str, seen.models))
        return [
            f'<p class="dim">Labelled by {escape(models)}.</p>',
            f'<div class="cards">{boxes}</div>',
            *([f"<p>{_link('unread', unread_told(seen))}</p>"] if seen.unread else []),
        ]

    def actors(self) -> list[str]:
        """How the passages stand toward each actor."""
        stances = _largest(self.overview.stances)
        rows = "".join(self._actor(actor, shares) for actor, shares in stances)
        head = "<tr><th>actor</th><th>passages</th><th>against</th><th>neutral</th><th>favor</th><th></th></tr>"
        return [
            '<h2 id="actors">Stance toward each actor</h2>',
            f'<div class="scroll"><table>{head}{rows}</table></div>' if rows else "<p>No actor is named.</p>",
            *_left_out(len(self.overview.stances) - len(stances), "actor"),
        ]

    def _actor(self, actor: str, shares: Shares) -> str:
        cells = "".join(
            f"<td>{_link(f'stance:{actor}:{label}', f'{shares.counts[label]:,}')}<br>"
            f'<span class="dim">{_percent(shares, label)}</span></td>'
            for label in STANCES
        )
        widths = ((label, 100.0 * shares.counts[label] / shares.n) for label in STANCES)
        bar = "".join(f'<i class="{label}" style="width:{width:.1f}%"></i>' for label, width in widths)
        words = ", ".join(f"{shares.counts[label]} {label}" for label in STANCES)
        return (
            f"<tr><td>{_link(f'actor:{actor}', self.name(actor))}</td><td>{shares.n:,}</td>{cells}"
            f'<td><div class="bar" role="img" aria-label="{escape(words)}">{bar}</div></td></tr>'
        )

    def matrix(self) -> list[str]:
        """Holders by targets, as a heat map that can also be read."""
        pairs = {pair: counts for pair, counts in self.overview.pairs.items() if counts["against"] + counts["favor"]}
        sizes: dict[str, int] = {}
        for pair, counts in pairs.items():
            for actor in pair:
                sizes[actor] = sizes.get(actor, 0) + counts["against"] + counts["favor"]
        actors = sorted(sizes, key=lambda actor: -sizes[actor])[:_ACTORS]
        if not actors:
            return ['<h2 id="matrix">Who stands where toward whom</h2>', "<p>No directed stance was found.</p>"]
        most = max(counts["against"] + counts["favor"] for counts in pairs.values())
        head = "<tr><th>holder \\ target</th>" + "".join(f"<th>{escape(self.name(a))}</th>" for a in actors) + "</tr>"
        rows = "".join(
            f"<tr><th scope=row>{escape(self.name(holder))}</th>"
            + "".join(self._cell((holder, target), pairs.get((holder, target)), most) for target in actors)
            + "</tr>"
            for holder in actors
        )
        return [
            '<h2 id="matrix">Who stands where toward whom</h2>',
            "<p>Passages in which the holder (row) is against (−) or in favor of (+) the target (column). Redder: more "
            "against; greener: more in favor; paler: fewer.</p>",
            f'<div class="scroll"><table class="heat">{head}{rows}</table></div>',
            *_left_out(len(sizes) - len(actors), "actor"),
        ]

    def _cell(self, pair: Pair, counts: Mapping[str, int] | None, most: int) -> str:
        if pair[0] == pair[1]:
            return "<td class=dim>–</td>"
        if not counts:
            return "<td></td>"
        against, favor = counts["against"], counts["favor"]
        colour = "against" if against > favor else "favor" if favor > against else "neutral"
        strength = abs(favor - against) / (against + favor) * ((against + favor) / most) ** 0.5
        title = f"{self.name(pair[0])} toward {self.name(pair[1])}: {against} against, {favor} in favor"
        label = " ".join([*([f"−{against:,}"] if against else []), *([f"+{favor:,}"] if favor else [])])
        shade = f"background:color-mix(in srgb,var(--{colour}) {8 + round(38 * strength)}%,transparent)"
        return f'<td style="{shade}">{_link(f"pair:{pair[0]}:{pair[1]}", label, title)}</td>'

    def frames(self) -> list[str]:
        """Frames overall and by outlet, month and actor."""
        groups = self.overview.frames
        if "all" not in groups:
            why = (
                "No passage that the model can read." if self.overview.frame_ids else "The model has learned no frames."
            )
            return ['<h2 id="frames">Frames</h2>', f"<p>{why}</p>"]
        whole = [
            (self.name(frame), groups["all"].share(frame), groups["all"].interval(frame))
            for frame in self.overview.frame_ids
        ]
        links = ", ".join(
            _link(f"frame:{frame}", f"{self.name(frame)}: {counted(groups['all'].counts[frame], 'passage')}")
            for frame in self.overview.frame_ids
        )
        return [
            '<h2 id="frames">Frames</h2>',
            f'<figure><div class="forest scroll">{forest(whole, "share of the passages")}</div><figcaption>Share of '
            f"the passages with each frame, 95 % intervals over articles. {links}.</figcaption></figure>",
            *(part for kind, words in _KINDS for part in self._by(kind, words)),
        ]

    def _by(self, kind: str, words: str) -> Iterator[str]:
        found = {
            key.partition(":")[2]: shares for key, shares in self.overview.frames.items() if key.startswith(f"{kind}:")
        }
        if kind == "month":
            groups = sorted((_years(found) if len(found) > _MONTHS else found).items())
        else:
            groups = _largest(found)
        if not groups:
            return
        yield f"<h3>By {words}</h3>"
        yield '<div class="plots">'
        for frame in self.overview.frame_ids:
            rows = [
                (_counted(self.name(group) if kind == "actor" else group, s.n), s.share(frame), s.interval(frame))
                for group, s in groups
            ]
            chart = forest(rows, f"{self.name(frame)} by {words}")
            yield f'<figure class="forest"><figcaption>{escape(self.name(frame))}</figcaption><div class="scroll">'
            yield f"{chart}</div></figure>"
        yield "</div>"
        links = ", ".join(
            _link(f"{kind}:{group}", self.name(group)) for group, _ in groups if kind != "month" or "-" in group
        )
        if links:
            yield f'<p class="dim">Passages of {links}.</p>'
        if kind != "month":
            yield from _left_out(len(found) - len(groups), words)

    def exemplars(self) -> list[str]:
        labels = [(f"frame:{frame}", self.name(frame)) for frame in self.overview.frame_ids]
        labels += [(f"stance:{stance}", f"stance: {stance}") for stance in STANCES]
        labels += [(f"directed:{stance}", f"held by an actor: {stance}") for stance in ("against", "favor")]
        parts = ['<h2 id="examples">Typical and doubtful passages</h2>', '<div class="picks">']
        for label, name in labels:
            for words, found in (
                ("surest", self.overview.typical(label)),
                ("closest calls", self.overview.doubtful(label)),
            ):
                if found:
                    picks = "".join(f"<li>{self._pick(exemplar)}</li>" for exemplar in found)
                    parts.append(f"<h3>{escape(name)}: {words}</h3><ul>{picks}</ul>")
        return [*parts, "</div>"]

    def _pick(self, exemplar: Exemplar) -> str:
        text = shortened(" ".join(exemplar.prediction.passage.text[: 4 * _SNIPPET].split()), _SNIPPET)
        anchor = self.anchor(exemplar.prediction)
        return f'<a href="#{anchor}">{exemplar.probability:.2f}</a> <bdi>{escape(text)}</bdi>'


_KINDS = (("source", "outlet"), ("month", "month"), ("actor", "actor named"))


def unread_told(overview: Overview) -> str:
    """What the model could not read, and that it is in no figure."""
    languages = told_languages(overview.unread)
    told = extent(overview.unread.total(), overview.unread_articles.total())
    return f"{told} in languages that the model can't read are in no figure: {languages}"


def _articles(passages: Sequence[Prediction], view: _View) -> Iterator[str]:
    """The passages, under the headings of their articles."""
    for article, group in itertools.groupby(passages, key=lambda p: p.passage.article):
        members = list(group)
        details = members[0].passage.details
        about = " · ".join(str(details[key]) for key in ("source", "date") if details.get(key))
        yield '<section class="of">'
        yield f'<h3 class="article"><bdi>{escape(str(details.get("title") or article))}</bdi></h3>'
        if about:
            yield f'<p class="dim"><bdi>{escape(about)}</bdi></p>'
        yield from (_passage(prediction, view) for prediction in members)
        yield "</section>"


def _passage(prediction: Prediction, view: _View) -> str:
    tags = escape(json.dumps(_tags(prediction), ensure_ascii=False))
    return (
        f'<article class="passage" id="{view.anchor(prediction)}" data-tags="{tags}">'
        f'<div class="margin">{"".join(_margin(prediction, view))}</div>'
        f'<div><p class="text" dir="auto">{_highlighted(prediction, view)}</p>'
        f'<div class="id"><bdi>{escape(prediction.passage.id)}</bdi></div></div>'
        f'<div class="why">{"" if prediction.unread else _words(prediction, view)}</div></article>'
    )


def _margin(prediction: Prediction, view: _View) -> Iterator[str]:
    """What stands beside a passage: its frames, or that the model can't read it."""
    if prediction.unread:
        name = language_name(language(prediction))
        yield f'<span class="unsure">? {escape(name)}, which the model can\'t read: no labels</span>'
        return
    yield from _frame_marks(prediction, view)
    if prediction.uncertain:
        yield '<span class="unsure">? have a person look</span>'


def _frame_marks(prediction: Prediction, view: _View) -> Iterator[str]:
    holders = frame_holders(prediction)
    for frame, prob in prediction.frames.items():
        held, unsure = frame in prediction.frame_labels, frame in prediction.uncertain
        if held or unsure:
            told = holders[frame].told(view.name) if held else ""
            who = f" <small>{escape(told)}</small>" if told else ""
            kind = ' class="unsure"' if unsure else ""
            name = ("" if held else "no ") + view.name(frame)
            yield f"<span{kind}>{escape(name)} {prob:.2f}{'?' if unsure else ''}{who}</span>"


def _highlighted(prediction: Prediction, view: _View) -> str:
    """The text with its actors marked: by underline, sign and a word for who can't see either."""
    parts, position = [], 0
    passage = prediction.passage
    text = passage.text[:_LONGEST].translate(_TURNING)
    for mention in passage.mentions or ():
        if mention.start < position or mention.end > len(text):
            continue
        judged = prediction.stance.get(mention.actor)
        label = judged.label if judged else "neutral"
        title = f"{view.name(mention.actor)}: {label}"
        parts.append(escape(text[position : mention.start]))
        parts.append(
            f'<mark class="{label}" title="{escape(title)}">{escape(text[mention.start : mention.end])}'
            f'<sup class="{label}">{SIGNS[label]}</sup></mark>'
        )
        position = mention.end
    parts.append(escape(text[position:]))
    more = len(passage.text) - len(text)
    return "".join(parts) + (f" … <em>({more:,} more characters in the predictions)</em>" if more else "")


def _words(prediction: Prediction, view: _View) -> str:
    """Stances in words, and the words that weighed in where they are told."""
    lines = [
        f"<b>{escape(view.name(actor))}</b>: {_said(prediction, f'stance:{actor}', judged)}"
        for actor, judged in prediction.stance.items()
    ]
    held = [(pair, j) for pair, j in prediction.directed.items() if j.label != "neutral"]
    keys = {pair: f"directed:{pair[0]}>{pair[1]}" for pair, _ in held}
    shown = [(pair, j) for pair, j in held if j.is_held]
    lines += [
        f"<b>{escape(view.name(holder))}</b> toward <b>{escape(view.name(target))}</b>: "
        + _said(prediction, keys[holder, target], judged)
        for (holder, target), judged in shown
    ]
    if len(held) > len(shown):
        lines.append(f"{counted(len(held) - len(shown), 'more pair')}, unlikely")
    lines += [
        f"<b>{escape(view.name(frame))}</b>{because}"
        for frame in prediction.frames
        if (because := _because(prediction, frame))
    ]
    return f"<ul>{''.join(f'<li>{line}</li>' for line in lines)}</ul>" if lines else ""


def _said(prediction: Prediction, key: str, judged: Judgement) -> str:
    mark = f'<span class="{judged.label}">{SIGNS[judged.label]} {judged.label}</span>'
    unsure = " ? unsure" if key in prediction.uncertain else ""
    return f"{mark} {judged.probability:.2f}{unsure}{_because(prediction, key)}"


def _because(prediction: Prediction, key: str) -> str:
    words = words_of(prediction.passage.details.get("why"), key)
    return f", by <q>{escape(', '.join(words))}</q>" if words else ""


def _tags(prediction: Prediction) -> list[str]:
    """What a passage can be found by."""
    tags = [f"frame:{frame}" for frame in prediction.frame_labels]
    for actor, judged in prediction.stance.items():
        tags += [f"actor:{actor}", f"stance:{actor}:{judged.label}", f"any:{judged.label}"]
    for (holder, target), judged in prediction.directed.items():
        if judged.label != "neutral":
            tags.append(f"pair:{holder}:{target}")
    tags += [
        f"{kind}:{value}" for kind, value in (("source", source(prediction)), ("month", month(prediction))) if value
    ]
    if prediction.unread:
        return [tag for tag in dict.fromkeys(tags) if tag.startswith(("source:", "month:"))] + ["unread", "unsure"]
    return [*dict.fromkeys(tags), *(["unsure"] if prediction.uncertain else [])]


def _filters(passages: Sequence[Prediction], view: _View) -> list[str]:
    tags = list(dict.fromkeys(tag for prediction in passages for tag in _tags(prediction)))
    menus = [
        ("frame", "frame", [f"frame:{frame}" for frame in view.overview.frame_ids]),
        ("actor", "actor", sorted(tag for tag in tags if tag.startswith("actor:"))),
        ("stance toward any actor", "any", [f"any:{stance}" for stance in STANCES]),
        ("outlet", "source", sorted(tag for tag in tags if tag.startswith("source:"))),
        ("month", "month", sorted(tag for tag in tags if tag.startswith("month:"))),
    ]
    fields = "".join(
        f'<label>{words}<select name="{kind}"><option value="">any</option>'
        + "".join(f'<option value="{escape(t)}">{escape(view.name(t.partition(":")[2]))}</option>' for t in values)
        + "</select></label>"
        for words, kind, values in menus
        if values
    )
    total = view.overview.n_passages + view.overview.unread.total()
    sampled = (
        f"<p>Of {total:,} passages the page holds {len(passages):,}: a random sample, and those named above. The "
        "figures above are of all.</p>"
        if total > len(passages)
        else ""
    )
    return [
        '<h2 id="passages">Passages</h2>',
        sampled,
        '<p class="dim">Underlined: an actor, with the stance toward it: − against, · neutral, + favor. At the side: '
        "frames and their probability. ?: unsure.</p>",
        f'<form hidden><label>words<input name="words" type="search"></label>{fields}<label class="tick">'
        '<input type="checkbox" name="unsure">unsure only</label><button type="reset">show all</button></form>',
        '<p id="count" aria-live="polite"></p>',
    ]


def _link(tag: str, text: str, title: str = "") -> str:
    """A link to the passages that carry a tag."""
    about = f' title="{escape(title)}" aria-label="{escape(title)}"' if title else ""
    return f'<a href="#show={escape(quote(tag, safe=""))}"{about}>{escape(text)}</a>'


def _largest(groups: Mapping[str, Shares]) -> list[tuple[str, Shares]]:
    return sorted(groups.items(), key=lambda item: (-item[1].n, item[0]))[:_GROUPS]


def _years(months: Mapping[str, Shares]) -> dict[str, Shares]:
    years: dict[str, Shares] = {}
    for name, shares in months.items():
        years.setdefault(name[:4], Shares()).merge(shares)
    return years


def _counted(name: str, n: int) -> str:
    count = f" ({n:,})"
    return shortened(name, NAME - len(count)) + count


def _percent(shares: Shares, label: str) -> str:
    interval = shares.interval(label)
    bounds = f" ({interval[0]:.0%} to {interval[1]:.0%})" if interval else ""
    return f"{shares.share(label) or 0.0:.0%}{bounds}"


def _left_out(count: int, noun: str) -> Iterable[str]:
    return [f'<p class="dim">{counted(count, noun)} with fewer passages not shown.</p>'] if count > 0 else []


_METHOD = """<h2 id="method">How to read this</h2>
<p>All labels are a model's; probabilities are calibrated on the articles that it was tuned on. Its mistakes are in
every count: evaluate it on passages labelled by people, and publish the agreement beside any figure. Intervals hold
95 % of what chance draws of articles would give; they know nothing of the model's mistakes.</p>"""
