"""What the parts of the report share: names from the codebook, anchors of passages, links, shares in words."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from urllib.parse import quote

from stance.pages.overview import Overview, Shares
from stance.quoting import counted
from stance.records import Prediction
from stance.text.codebook import Codebook


class View:
    """Predictions, counted, and a codebook that names their frames and actors; an id that it does not know stays."""

    def __init__(self, overview: Overview, codebook: Codebook):
        self.overview = overview
        self.codebook = codebook
        self._ids: dict[int, str] = {}

    def name(self, identifier: str) -> str:
        """The label of a frame or an actor, not escaped."""
        label = self.codebook.label(identifier)
        return label if label != identifier else identifier.replace("_", " ")

    def pair(self, about: tuple[str, ...]) -> str:
        """An actor, or holder and target, not escaped."""
        return " → ".join(map(self.name, about))

    def anchor(self, prediction: Prediction) -> str:
        return self._ids.setdefault(id(prediction), f"p{len(self._ids)}")


def link(tag: str, text: str, title: str = "") -> str:
    """A link to the passages that carry a tag."""
    about = f' title="{escape(title)}" aria-label="{escape(title)}"' if title else ""
    return f'<a href="#show={escape(quote(tag, safe=""))}"{about}>{escape(text)}</a>'


def share_lines(shares: Shares, label: str) -> str:
    """A share, its interval and the share that is to be expected: short texts, none of which wraps."""
    interval, expected = shares.interval(label), shares.expected(label)
    kind = "far" if shares.is_far(label) else "dim"
    texts = [
        f"<span>{shares.share(label) or 0.0:.0%}</span>",
        *([f'<span class="dim">{100 * interval[0]:.0f}–{interval[1]:.0%}</span>'] if interval else []),
        *([f'<span class="{kind}">exp. {expected:.0%}</span>'] if expected is not None else []),
    ]
    return " ".join(texts)


def largest(groups: Mapping[str, Shares], most: int) -> list[tuple[str, Shares]]:
    return sorted(groups.items(), key=lambda item: (-item[1].n, item[0]))[:most]


def left_out(count: int, noun: str) -> list[str]:
    return [f'<p class="dim">{counted(count, noun)} with fewer passages not shown.</p>'] if count > 0 else []
