"""What `Model.evaluate` gives: scores as a dict that prints itself, and shows itself in a notebook."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from stance.labelers.tasks import TASKS
from stance.pages.html import bounds, doubt_box, label_table, value
from stance.pages.scores_page import TITLES
from stance.quoting import counted, extent
from stance.scoring.soundness import all_doubts

WIDTH = 80
"""Characters of a line, where scores are printed."""
_STYLE = """\
.stance-scores{color:inherit;font-size:.9em;line-height:1.45}
.stance-scores table{border-collapse:collapse;font-size:inherit}
.stance-scores th,.stance-scores td{text-align:right!important;vertical-align:top;padding:.25em .7em;\
border-bottom:1px solid rgba(128,128,128,.4)}
.stance-scores th:first-child,.stance-scores td:first-child{text-align:left!important}
.stance-scores .dim,.stance-scores .note{opacity:.7}
.stance-scores .doubts{border:2px solid rgba(220,120,40,.6);border-radius:.4em;padding:.3em .8em;margin:.4em 0}
.stance-scores p{margin:.4em 0}"""


class Scores(dict[str, Any]):
    """Scores of a model: the dict that `stance evaluate --json` writes, or of a training what `stance train` prints.

    ``scores["frames"]["macro_f1"]`` is a number; the other tasks are ``stance`` and ``directed``. ``print(scores)``
    gives what the command prints.

    Examples
    --------
    >>> from stance import load
    >>> rows = [{"text": "Kabul rejected the charge that it shelters the TTP.", "stance": {"ttp": "against"}}]
    >>> load().evaluate(rows)["stance"]["n"]
    1
    """

    def to_dict(self) -> dict[str, Any]:
        """The same as a plain dict, that JSON can hold."""
        return dict(self)

    def __repr__(self) -> str:
        tasks = (f"{task}: {_in_short(self[task])}" for task in TASKS if self[task]["n"])
        doubted = len(all_doubts(self))
        parts = [
            extent(self["n_passages"], self["n_articles"]),
            *tasks,
            *([f"{counted(doubted, 'label')} not to be relied on"] if doubted else []),
            f"model {self['model']}",
        ]
        return f"Scores({'; '.join(parts)})"

    def __str__(self) -> str:
        """What the command prints."""
        from rich.console import Console

        from stance.pages.terminal_scores import print_examination, print_scores

        text = io.StringIO()
        plain = Console(
            file=text, force_terminal=False, width=WIDTH, highlight=False, markup=False, emoji=False, color_system=None
        )
        (print_examination if "leaks" in self else print_scores)(self, plain)
        return "\n".join(line.rstrip() for line in text.getvalue().splitlines())

    def _repr_html_(self) -> str:
        """What a notebook shows: the labels of each task, on light and dark pages."""
        body = "".join(part for task in TASKS if self[task]["n"] for part in _task(TITLES[task], self[task]))
        doubts = "".join(doubt_box(all_doubts(self)))
        return (
            f'<div class="stance-scores tex2jax_ignore mathjax_ignore"><style>{_STYLE}</style>'
            f"<p>{escape(repr(self)[len('Scores(') : -1])}</p>{doubts}{body}"
            f'<p class="note">{_leaks(self)}Intervals: 95 %, from a bootstrap over articles.</p></div>'
        )


def _in_short(part: Mapping[str, Any]) -> str:
    interval = part["macro_f1_interval"]
    return f"macro-F1 {value(part['macro_f1'])}" + (f" ({bounds(interval)})" if interval else "")


def _task(title: str, part: Mapping[str, Any]) -> Iterator[str]:
    yield f"<p><b>{title}</b></p>{label_table(part['per_label'])}<p>{escape(_in_short(part))}"
    yield f" · micro-F1 {value(part['micro_f1'])} ({bounds(part['micro_f1_interval'])})"
    if constant := part.get("constant"):
        yield f" · always {escape(str(constant['answer']))}: macro-F1 {value(constant['macro_f1'])}"
    yield f" · n = {part['n']:,}</p>"


def _leaks(scores: Mapping[str, Any]) -> str:
    if "leaks" not in scores:
        return ""
    leaks = scores["leaks"]
    if leaks is None:
        return "Leaks: not checked, for the model keeps no digests of what it was trained on. "
    return f"Near-duplicates of training passages: {leaks['n']:,}. "
