"""The passages of the report: their text with its actors marked, labels in words, and tags to be found by."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from html import escape

from stance.formats.dataformat import words_of
from stance.pages.overview import language, month, source
from stance.pages.view import View
from stance.records import SIGNS, Judgement, Prediction
from stance.text.holders import frame_holders
from stance.text.languages import language_name

_LONGEST = 20_000
"""Characters of a passage that the page shows; the predictions have all."""
_TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)], "\ufffd")
"""Characters that turn the direction of what follows, and what stands for them: a reader must see the text as it is."""

STYLE = """
.passage{display:grid;grid-template-columns:11rem 1fr;gap:.2rem 1rem;padding:.7rem 0;border-top:1px solid var(--line);
content-visibility:auto;contain-intrinsic-size:auto 11rem}.passage[hidden],section[hidden]{display:none}
.passage .text{white-space:pre-line;overflow-wrap:anywhere;unicode-bidi:isolate;max-width:46rem}
.margin{font-size:.85rem;grid-row:span 2;overflow-wrap:anywhere}
.margin span{display:block;margin:0 0 .3rem;padding:.1rem .5rem;background:var(--frame);
border-left:4px solid var(--mark)}.margin .unsure{border-left-style:dashed}
mark{background:none;color:inherit;font-weight:600;text-decoration:underline;text-decoration-thickness:2px;
text-underline-offset:3px;text-decoration-color:var(--neutral)}mark.against{text-decoration-color:var(--against)}
mark.favor{text-decoration-color:var(--favor)}mark sup{font-size:.75em;line-height:0}
.why{grid-column:2;font-size:.88rem;color:var(--dim)}.why ul{margin:.2rem 0;padding-left:1.1rem}.why b{font-weight:600}
h3.article{font-size:1.05rem;margin:1.6rem 0 .4rem;overflow-wrap:anywhere}
:target{background:var(--card)}.id{color:var(--dim);font-size:.8rem;overflow-wrap:anywhere}
@media(max-width:40rem){.passage{display:block}.margin span{display:inline-block;margin-right:.4rem}}
@media print{.passage{content-visibility:visible;break-inside:avoid}}
"""


def articles(passages: Sequence[Prediction], view: View) -> Iterator[str]:
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


def _passage(prediction: Prediction, view: View) -> str:
    tags = escape(json.dumps(tags_of(prediction), ensure_ascii=False))
    return (
        f'<article class="passage" id="{view.anchor(prediction)}" data-tags="{tags}">'
        f'<div class="margin">{"".join(_margin(prediction, view))}</div>'
        f'<div><p class="text" dir="auto">{_highlighted(prediction, view)}</p>'
        f'<div class="id"><bdi>{escape(prediction.passage.id)}</bdi></div></div>'
        f'<div class="why">{"" if prediction.unread else _words(prediction, view)}</div></article>'
    )


def _margin(prediction: Prediction, view: View) -> Iterator[str]:
    """What stands beside a passage: its frames, or that the model can't read it."""
    if prediction.unread:
        name = language_name(language(prediction))
        yield f'<span class="unsure">? {escape(name)}, which the model can\'t read: no labels</span>'
        return
    yield from _frame_marks(prediction, view)
    if prediction.uncertain:
        yield '<span class="unsure">? have a person look</span>'


def _frame_marks(prediction: Prediction, view: View) -> Iterator[str]:
    holders = frame_holders(prediction)
    for frame, prob in prediction.frames.items():
        held, unsure = frame in prediction.frame_labels, frame in prediction.uncertain
        if held or unsure:
            told = holders[frame].told(view.name) if held else ""
            who = f" <small>{escape(told)}</small>" if told else ""
            kind = ' class="unsure"' if unsure else ""
            name = ("" if held else "no ") + view.name(frame)
            yield f"<span{kind}>{escape(name)} {prob:.2f}{'?' if unsure else ''}{who}</span>"


def _highlighted(prediction: Prediction, view: View) -> str:
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


def _words(prediction: Prediction, view: View) -> str:
    """Stances in words, and the words that weighed in where they are told."""
    lines = [
        f"<b>{escape(view.name(actor))}</b>: {_said(prediction, f'stance:{actor}', judged)}"
        for actor, judged in prediction.stance.items()
    ]
    lines += [
        f"<b>{escape(view.name(holder))}</b> toward <b>{escape(view.name(target))}</b>: "
        + _said(prediction, f"directed:{holder}>{target}", judged)
        for (holder, target), judged in prediction.directed.items()
        if judged.is_held
    ]
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


def tags_of(prediction: Prediction) -> list[str]:
    """What a passage can be found by."""
    places = (("source", source(prediction)), ("month", month(prediction)))
    where = [f"{kind}:{value}" for kind, value in places if value]
    if prediction.unread:
        return [*where, "unread", "unsure"]
    tags = [f"frame:{frame}" for frame in prediction.frame_labels]
    for actor, judged in prediction.stance.items():
        tags += [f"actor:{actor}", f"stance:{actor}:{judged.label}", f"any:{judged.label}"]
    for (holder, target), judged in prediction.directed.items():
        if judged.is_held:
            tags += [f"pair:{holder}:{target}", f"pair:{holder}:{target}:{judged.label}"]
    return [*dict.fromkeys([*tags, *where]), *(["unsure"] if prediction.uncertain else [])]
