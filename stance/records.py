"""The records that every layer passes on: articles, passages, mentions, labels, predictions, and the one error."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

STANCES = ("against", "neutral", "favor")
"""The three stances, in the order of every stance array's last axis."""
SIGNS = dict(zip(STANCES, "−·+", strict=True))
"""What stands for a stance where there is little room."""
LANGUAGE = "language"
"""What marks a prediction as uncertain where the model can't read the language of the text."""
FLAT = 0.3
"""A label is doubted where no probability of it, in many passages, is above this."""
MAX_SEED = 2**32 - 1
"""The largest seed that every library takes."""
Pair = tuple[str, str]
"""An ordered pair of actor ids: holder, target."""


class InputError(ValueError):
    """Bad input: the message names the place, what was found, and how to mend it. One line, exit code 2."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A span of a passage that names an actor: ``text[start:end]``, in characters."""

    actor: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Article:
    """A whole article.

    Attributes
    ----------
    id : str
        Unique within a run.
    text : str
        The text as read: every passage's offsets point into it.
    mentions : tuple of Mention or None
        Given spans of actors; None where they are to be found.
    details : Mapping
        Title, source, date, URL, language and whatever else the row carried, passed through untouched.
    """

    id: str
    text: str
    mentions: tuple[Mention, ...] | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of an article that is labelled as one: ``article.text[start:end] == text``.

    Attributes
    ----------
    mentions : tuple of Mention or None
        None where they are still to be found.
    kind : str
        ``prose``, or what it was recognised as: ``headline``, ``credit``, ``dateline``.
    """

    id: str
    article: str
    text: str
    start: int
    end: int
    mentions: tuple[Mention, ...] | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    kind: str = "prose"

    @property
    def actors(self) -> tuple[str, ...]:
        """The actors mentioned, each once, in the order of their first mention."""
        return tuple(dict.fromkeys(mention.actor for mention in self.mentions or ()))


@dataclass(frozen=True, slots=True)
class Labels:
    """What one annotator said of a passage; None where a task was not labelled.

    Attributes
    ----------
    frames : tuple of str or None
        Empty: labelled, none applies.
    stance : Mapping from actor id to stance, or None
    directed : Mapping from (holder, target) to stance, or None
        The pairs as listed. Where none of them is neutral, every other pair of mentioned actors is
        (`stance.scoring.gold.gold_pairs`).
    """

    frames: tuple[str, ...] | None = None
    stance: Mapping[str, str] | None = None
    directed: Mapping[Pair, str] | None = None


@dataclass(frozen=True, slots=True)
class LabelledPassage:
    """A passage, its labels, who gave them, and where the row stands (``file:line``).

    Attributes
    ----------
    soft : Prediction or None
        What another model says of it, to be learned as it is, with its probabilities; labels come before it.
    """

    passage: Passage
    labels: Labels
    annotator: str = ""
    place: str = ""
    soft: Prediction | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """A stance as the model sees it: the label, and calibrated probabilities that sum to 1."""

    label: str
    against: float
    neutral: float
    favor: float

    @property
    def probability(self) -> float:
        """The probability of the label."""
        return float(getattr(self, self.label))

    @property
    def is_held(self) -> bool:
        """Whether a stance is named: one that is not neutral."""
        return self.label != "neutral"

    def to_dict(self) -> dict[str, Any]:
        return {"label": self.label, "against": self.against, "neutral": self.neutral, "favor": self.favor}


def is_unsure(uncertain: Collection[str], label: str) -> bool:
    """Whether a label is among those that a prediction's ``uncertain`` names: all are where the text can't be read."""
    return label in uncertain or LANGUAGE in uncertain


@dataclass(frozen=True, slots=True)
class Prediction:
    """A passage as the model sees it: calibrated probabilities and the labels they give.

    Attributes
    ----------
    frames : Mapping from frame id to probability
    frame_labels : tuple of str
        The frames at or above their thresholds.
    stance : Mapping from actor id to Judgement
    directed : Mapping from (holder, target) to Judgement
    uncertain : tuple of str
        What fell in the review band: a frame id, ``stance:ACTOR`` or ``directed:HOLDER>TARGET``; ``language`` alone
        where the model can't read the text.
    model : str
        Name and digest of the model that made it.
    """

    passage: Passage
    frames: Mapping[str, float]
    frame_labels: tuple[str, ...]
    stance: Mapping[str, Judgement]
    directed: Mapping[Pair, Judgement]
    uncertain: tuple[str, ...]
    model: str

    @property
    def unread(self) -> bool:
        """Whether the text is in a language that the model can't read."""
        return LANGUAGE in self.uncertain

    def to_dict(self) -> dict[str, Any]:
        """The row of the data format: the input's fields, and the prediction's beside them."""
        passage = self.passage
        return {
            **dict.fromkeys(("id", "article")),
            **passage.details,
            "id": passage.id,
            "article": passage.article,
            "start": passage.start,
            "end": passage.end,
            "text": passage.text,
            "frames": dict(self.frames),
            "frame_labels": list(self.frame_labels),
            "stance": {actor: judged.to_dict() for actor, judged in self.stance.items()},
            "directed": [{"holder": h, "target": t, **judged.to_dict()} for (h, t), judged in self.directed.items()],
            "mentions": [{"actor": m.actor, "start": m.start, "end": m.end} for m in passage.mentions or ()],
            "uncertain": list(self.uncertain),
            "model": self.model,
        }
