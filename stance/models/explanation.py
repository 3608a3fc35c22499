"""Why a passage has a label: the words without which it would have it less."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from stance.labelers.tasks import DIRECTED, FRAMES, STANCE, Query
from stance.models.model import Model
from stance.records import Mention, Passage, Prediction

WORDS = 3
"""Words named for a label."""
_WORD = re.compile(r"\w+(?:[’'\-]\w+)*")
_EDGE = 1e-6
EMPTY = frozenset(
    "a about above after again all also an and any are as at be because been before being between both but by can "
    "could did do does down during each few for from had has have he her here hers him his how i if in into is it its "
    "just may me might more most my no nor not of off on once one only or other our out over own same shall she should "
    "so some such than that the their them then there these they this those through to too under until up upon us very "
    "was we were what when where which while who whom why will with would you your".split()
) - {"no", "not", "nor"}
"""Words that carry no content of their own; those that deny do."""


@dataclass(frozen=True, slots=True)
class Weight:
    """A word of a passage, and by how much its removal lowers the log-odds of a label."""

    word: str
    start: int
    end: int
    weight: float

    def to_dict(self) -> dict[str, Any]:
        return {"word": self.word, "start": self.start, "end": self.end, "weight": round(self.weight, 4)}


def explain(model: Model, prediction: Prediction, words: int = WORDS) -> dict[str, list[Weight]]:
    """The words that weigh most for each label that a passage was given, but for neutral stances.

    A word's weight is what its removal takes from the log-odds of the label, all else left as it is (leave-one-out
    occlusion; Li, Monroe and Jurafsky 2016). Names of actors are not removed. The passage is labelled once for every
    content word, so this takes many times as long as labelling alone.

    Parameters
    ----------
    prediction : Prediction
        As `model` gave it.
    words : int
        The most words to name for a label.

    Returns
    -------
    dict of str to list of Weight
        By frame id, ``stance:ACTOR`` and ``directed:HOLDER>TARGET``, the heaviest word first; a label for which no
        word weighs anything has an empty list. Nothing of a passage that the model can't read.
    """
    labels = [] if prediction.unread else list(_labels(prediction))
    places = list(content_words(prediction.passage))
    queries = [_query(prediction, without(prediction.passage, [place])) for place in places]
    judged = model.predict(queries) if labels else []
    found: dict[str, list[Weight]] = {}
    for label in labels:
        whole = _log_odds(prediction, label, prediction)
        weights = [
            Weight(prediction.passage.text[start:end], start, end, whole - _log_odds(other, label, prediction))
            for (start, end), other in zip(places, judged, strict=True)
        ]
        heaviest = sorted(weights, key=lambda weight: (-weight.weight, weight.start))
        found[_key(label)] = [weight for weight in heaviest[:words] if weight.weight > 0.0]
    return found


def explained(model: Model, prediction: Prediction) -> dict[str, Any]:
    """The row of a prediction, with ``why``."""
    why = {key: [weight.to_dict() for weight in weights] for key, weights in explain(model, prediction).items()}
    return {**prediction.to_dict(), "why": why}


def content_words(passage: Passage) -> Iterator[tuple[int, int]]:
    """Where the words lie that carry content of their own and are no part of an actor's name."""
    named = [(mention.start, mention.end) for mention in passage.mentions or ()]
    for match in _WORD.finditer(passage.text):
        inside = any(match.start() < end and match.end() > start for start, end in named)
        if not inside and match.group().lower() not in EMPTY:
            yield match.span()


def without(passage: Passage, places: list[tuple[int, int]]) -> Passage:
    """The passage without the words at these places, its mentions moved along."""
    text, mentions = passage.text, list(passage.mentions or ())
    for start, end in sorted(places, reverse=True):
        end += text[end : end + 1] == " "
        gone = end - start
        text = text[:start] + text[end:]
        mentions = [m if m.end <= start else Mention(m.actor, m.start - gone, m.end - gone) for m in mentions]
    return replace(passage, text=text, end=passage.start + len(text), mentions=tuple(mentions))


def _query(prediction: Prediction, passage: Passage) -> Query:
    return Query(passage, tuple(prediction.stance), tuple(prediction.directed))


Label = tuple[str, Any]
"""A task, and the frame, actor or pair that is judged in it."""


def _key(label: Label) -> str:
    """A label as `Prediction.uncertain` names it."""
    task, judged = label
    return judged if task == FRAMES else f"{task}:{judged if task == STANCE else '>'.join(judged)}"


def _labels(prediction: Prediction) -> Iterator[Label]:
    """The labels to explain: frames held or unsure, and stances that are named, toward actors and of pairs."""
    unsure = set(prediction.uncertain)
    yield from ((FRAMES, f) for f in prediction.frames if f in prediction.frame_labels or f in unsure)
    yield from ((STANCE, actor) for actor, judged in prediction.stance.items() if judged.is_held)
    yield from ((DIRECTED, pair) for pair, judged in prediction.directed.items() if judged.is_held)


def _log_odds(prediction: Prediction, label: Label, given: Prediction) -> float:
    """The log-odds that `prediction` gives to the label that stands in `given`."""
    task, judged = label
    if task == FRAMES:
        prob = prediction.frames[judged]
        prob = prob if judged in given.frame_labels else 1.0 - prob
    else:
        prob = getattr(getattr(prediction, task)[judged], getattr(given, task)[judged].label)
    prob = min(max(prob, _EDGE), 1.0 - _EDGE)
    return math.log(prob / (1.0 - prob))
