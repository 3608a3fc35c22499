"""Predictions as one self-contained HTML page: what they say as a whole, and the passages, to be read and searched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

from stance.pages import heat_map, passages, search
from stance.pages.charts import NAME, forest, round_top, shortened
from stance.pages.html import doubt_box, page
from stance.pages.overview import Exemplar, Overview, Shares
from stance.pages.timeline import Point, timeline
from stance.pages.view import View, largest, left_out, link, share_lines
from stance.quoting import counted, extent
from stance.records import STANCES
from stance.text.codebook import Codebook
from stance.text.languages import told_languages

_GROUPS = 16
"""Outlets and actors in a chart, those with most passages."""
_MONTHS = 120
"""Months in a chart; of more, years are shown."""
_FEW = 3
"""Articles that come before the figures of the whole."""
_SNIPPET = 160

_STYLE = """
:root{--against:#9c2a1c;--favor:#12693f;--neutral:#566070;--frame:#e4ebf5}
@media(prefers-color-scheme:dark){:root{--against:#ff9d8f;--favor:#7fdca4;--neutral:#a7b0bd;--frame:#26344a}}
body{max-width:70rem}.plots>figure{flex:1 1 20rem;max-width:28rem}
.against{color:var(--against)}.favor{color:var(--favor)}.neutral{color:var(--neutral)}
.shares{width:100%;max-width:56rem}
.shares th .dim{font-weight:400}.shares th,.shares td{padding:.3rem .4rem}
.shares td span,.shares td a{display:block;white-space:nowrap}
.shares tr:first-child>*{border-bottom:0}.shares tbody th{text-align:left;overflow-wrap:anywhere}
.shares thead th{border-bottom:1px solid var(--line)}.shares .whole{padding:0 .4rem .5rem}
.bar{display:flex;height:.8rem;border:1px solid var(--line)}.bar i{display:block}
.bar .against{background:var(--against)}.bar .neutral{background:var(--line)}.bar .favor{background:var(--favor)}
:focus-visible{outline:3px solid var(--mark);outline-offset:2px}.picks{columns:2 22rem;column-gap:2rem}
.picks h3{break-after:avoid}.picks>h3:first-child{margin-top:0}
.picks li{break-inside:avoid;margin-bottom:.4rem;overflow-wrap:anywhere}
.picks ul{padding-left:1.1rem;margin:.2rem 0}
.far{color:var(--other);font-weight:600}.shares .line span{display:inline;margin-left:.3rem}
@media(min-width:48rem){.shares{table-layout:fixed}.shares td span{display:inline;margin-left:.3rem}}
@media print{.skip{display:none}*{print-color-adjust:exact}figure,table{break-inside:auto}tr{break-inside:avoid}
thead{display:table-header-group}.scroll{overflow:visible}}
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
    view = View(overview, codebook)
    shown = overview.passages
    whole = [*_actors(view), *heat_map.heat_map(view), *_frames(view), *_exemplars(view)]
    each = [*search.search_form(shown, view), *passages.articles(shown, view)]
    body = [
        '<a class="skip" href="#passages">To the passages</a>',
        f"<h1>{escape(title)}</h1>",
        *_notes(view),
        *_summary(view),
        "<nav>" + "".join(f'<a href="#{name}">{words}</a>' for name, words in _SECTIONS) + "</nav>",
        *(each + whole if overview.n_articles <= _FEW else whole + each),
        _METHOD,
    ]
    style = _STYLE + heat_map.STYLE + passages.STYLE + search.STYLE
    return page(title, body, style, search.SCRIPT)


_SECTIONS = (
    ("actors", "Actors"),
    ("matrix", "Who toward whom"),
    ("frames", "Frames"),
    ("examples", "Typical and doubtful"),
    ("passages", "Passages"),
)


def _notes(view: View) -> list[str]:
    """What a reader has to know before any figure."""
    doubts = view.overview.doubts()
    return doubt_box(f"{'stance: ' if of in STANCES else ''}{view.name(of)}, {reason}" for of, reason in doubts)


def _summary(view: View) -> list[str]:
    seen = view.overview
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
        *([f"<p>{link('unread', unread_told(seen))}</p>"] if seen.unread else []),
    ]


def unread_told(overview: Overview) -> str:
    """What the model could not read, and that it is in no figure."""
    languages = told_languages(overview.unread)
    told = extent(overview.unread.total(), overview.unread_articles.total())
    return f"{told} in languages that the model can't read are in no figure: {languages}"


_READ = (
    '<p class="dim">In each cell: how many passages, their share, its 95 % interval over articles, and the share to be '
    "expected from the probabilities (exp.). Where these two are far apart, report neither.</p>"
)


def _actors(view: View) -> list[str]:
    """How the passages stand toward each actor."""
    stances = largest(view.overview.stances, _GROUPS)
    rows = "".join(_actor(actor, shares, view) for actor, shares in stances)
    head = "<thead><tr><th>actor</th><th>against</th><th>neutral</th><th>favor</th></tr></thead>"
    return [
        '<h2 id="actors">Stance toward each actor</h2>',
        *([_READ, f'<table class="shares">{head}{rows}</table>'] if rows else ["<p>No actor is named.</p>"]),
        *left_out(len(view.overview.stances) - len(stances), "actor"),
    ]


def _actor(actor: str, shares: Shares, view: View) -> str:
    cells = "".join(
        f"<td>{link(f'stance:{actor}:{label}', f'{shares.counts[label]:,}')}{share_lines(shares, label)}</td>"
        for label in STANCES
    )
    widths = ((label, 100.0 * shares.counts[label] / shares.n) for label in STANCES)
    bar = "".join(f'<i class="{label}" style="width:{width:.1f}%"></i>' for label, width in widths)
    words = ", ".join(f"{shares.counts[label]} {label}" for label in STANCES)
    return (
        f"<tbody><tr><th scope=row>{link(f'actor:{actor}', view.name(actor))}<br>"
        f'<span class="dim">{counted(shares.n, "passage")}</span></th>{cells}</tr>'
        '<tr><td class="whole" colspan=4>'
        f'<div class="bar" role="img" aria-label="{escape(words)}">{bar}</div></td></tr></tbody>'
    )


def _frames(view: View) -> list[str]:
    """Frames overall and by outlet, month and actor."""
    groups = view.overview.frames
    if "all" not in groups:
        why = "No passage that the model can read." if view.overview.frame_ids else "The model has learned no frames."
        return ['<h2 id="frames">Frames</h2>', f"<p>{why}</p>"]
    whole = groups["all"]
    rows = "".join(_frame(frame, whole, view) for frame in view.overview.frame_ids)
    return [
        '<h2 id="frames">Frames</h2>',
        f'<table class="shares">{rows}</table>',
        '<p class="dim">In the charts: the share of passages with the frame, its 95 % interval over articles, and the '
        "share to be expected from the probabilities, as a hollow dot or a broken line.</p>",
        *_by(view, "source", "outlet"),
        *_by_month(view),
        *_by(view, "actor", "actor named"),
    ]


def _frame(frame: str, shares: Shares, view: View) -> str:
    passages_of = link(f"frame:{frame}", counted(shares.counts[frame], "passage"))
    return (
        f"<tbody><tr><th scope=row>{escape(view.name(frame))}</th>"
        f'<td class="line">{passages_of}{share_lines(shares, frame)}</td></tr></tbody>'
    )


def _groups(view: View, kind: str) -> dict[str, Shares]:
    """The shares of frames in each group of a kind."""
    found = view.overview.frames.items()
    return {key.partition(":")[2]: shares for key, shares in found if key.startswith(f"{kind}:")}


def _by(view: View, kind: str, words: str) -> Iterator[str]:
    """Each frame by outlet or by actor."""
    found = _groups(view, kind)
    groups = largest(found, _GROUPS)
    if not groups:
        return
    names = {group: view.name(group) if kind == "actor" else group for group, _ in groups}
    yield f"<h3>By {words}</h3>"
    yield '<div class="plots">'
    for frame in view.overview.frame_ids:
        rows = [(_counted(names[group], s.n), s.share(frame), s.interval(frame)) for group, s in groups]
        expected = [s.expected(frame) for _, s in groups]
        yield _figure(view.name(frame), forest(rows, f"{view.name(frame)} by {words}", expected=expected))
    yield "</div>"
    links = ", ".join(link(f"{kind}:{group}", names[group]) for group, _ in groups)
    yield f'<p class="dim">Passages of {links}.</p>'
    yield from left_out(len(found) - len(groups), words)


def _by_month(view: View) -> Iterator[str]:
    """Each frame over time."""
    months = _groups(view, "month")
    found = sorted((_years(months) if len(months) > _MONTHS else months).items())
    if not found:
        return
    yield f"<h3>By {'month' if found[0][0] in months else 'year'}</h3>"
    yield '<div class="plots">'
    lines = {
        frame: [Point(time, s.share(frame) or 0.0, s.interval(frame), s.expected(frame)) for time, s in found]
        for frame in view.overview.frame_ids
    }
    top = round_top([(0.0, max(p.share, p.expected or 0.0), p.interval) for p in line] for line in lines.values())
    for frame, line in lines.items():
        yield _figure(view.name(frame), timeline(line, f"{view.name(frame)} over time", top))
    yield "</div>"


def _figure(caption: str, chart: str) -> str:
    return f"<figure><figcaption>{escape(caption)}</figcaption>{chart}</figure>"


def _exemplars(view: View) -> list[str]:
    labels = [(f"frame:{frame}", view.name(frame)) for frame in view.overview.frame_ids]
    labels += [(f"stance:{stance}", f"stance: {stance}") for stance in STANCES]
    labels += [(f"directed:{stance}", f"held by an actor: {stance}") for stance in ("against", "favor")]
    parts = ['<h2 id="examples">Typical and doubtful passages</h2>', '<div class="picks">']
    for label, name in labels:
        for words, found in (
            ("surest", view.overview.typical(label)),
            ("closest calls", view.overview.doubtful(label)),
        ):
            if found:
                picks = "".join(f"<li>{_pick(exemplar, view)}</li>" for exemplar in found)
                parts.append(f"<h3>{escape(name)}: {words}</h3><ul>{picks}</ul>")
    return [*parts, "</div>"]


def _pick(exemplar: Exemplar, view: View) -> str:
    text = shortened(" ".join(exemplar.prediction.passage.text[: 4 * _SNIPPET].split()), _SNIPPET)
    about = f"<b>{escape(view.pair(exemplar.about))}</b>: " if exemplar.about else ""
    anchor = view.anchor(exemplar.prediction)
    return f'<a href="#{anchor}">{exemplar.probability:.2f}</a> {about}<bdi>{escape(text)}</bdi>'


def _years(months: Mapping[str, Shares]) -> dict[str, Shares]:
    years: dict[str, Shares] = {}
    for name, shares in months.items():
        years.setdefault(name[:4], Shares()).merge(shares)
    return years


def _counted(name: str, n: int) -> str:
    count = f" ({n:,})"
    return shortened(name, NAME - len(count)) + count


_METHOD = """<h2 id="method">How to read this</h2>
<p>All labels are a model's. Its mistakes are in every count: evaluate it on passages labelled by people, and publish
the agreement beside any figure. Intervals hold 95 % of what chance draws of articles would give; they know nothing of
the model's mistakes. An expected share is the mean of the probabilities, which are calibrated on the articles that the
model was tuned on: on other articles they may be off too.</p>"""
