"""What the linear labeler reads: the words of a passage, seen from an actor or a pair."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from stance.records import Pair, Passage


class Document(NamedTuple):
    """A view of a passage: features, and words of which all runs of characters are features too."""

    features: list[str]
    words: Sequence[str] = ()

    def text(self) -> str:
        """As the pipelines take it: every feature written out, between blanks."""
        return " ".join([*self.features, *(run for word in self.words for run in characters(word))])


_TOKEN = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")
_STEM = 6
_NEAR = 6
_NEAR_PAIR = 5
_FAR = 40
_SENTENCE_ENDS = frozenset(".?!")


class View:
    """A passage cut into tokens once, to be seen from any of its actors."""

    def __init__(self, passage: Passage):
        self.tokens: list[str] = []
        self.actors: dict[int, str] = {}
        position = 0
        for mention in passage.mentions or ():
            self.tokens += _TOKEN.findall(passage.text[position : mention.start].lower())
            self.actors[len(self.tokens)] = mention.actor
            self.tokens.append("@actor")
            position = max(position, mention.end)
        self.tokens += _TOKEN.findall(passage.text[position:].lower())

    @functools.cached_property
    def stems(self) -> list[str]:
        return [token[:_STEM] for token in self.tokens]

    @functools.cached_property
    def sentences(self) -> list[int]:
        """The number of every token's sentence."""
        numbers, number = [], 0
        for token in self.tokens:
            numbers.append(number)
            number += token in _SENTENCE_ENDS
        return numbers

    def frame_features(self) -> Document:
        """Words, word pairs and the 3 to 5 characters of words, actors masked."""
        words = [token for token in self.tokens if len(token) > 1]
        features = [f"w:{word}" for word in words]
        features += [f"w:{left}_{right}" for left, right in itertools.pairwise(words)]
        return Document(features, [token for token in self.tokens if token != "@actor"])

    def masked(self, names: Mapping[str, str]) -> list[str]:
        """Stems with the actors in `names` under the name given, and the others as one."""
        tokens = self.stems.copy()
        for index, actor in self.actors.items():
            tokens[index] = names.get(actor, "@other")
        return tokens

    def stance_features(self, actor: str) -> Document:
        """The passage seen from `actor`: its sentences, the windows around it, the rest, and where it stands."""
        tokens = self.masked({actor: "@self"})
        own = [index for index, name in self.actors.items() if name == actor]
        features = _sentence_features(tokens, self.sentences, {self.sentences[index] for index in own})
        for index in own:
            left, right = tokens[max(0, index - _NEAR) : index], tokens[index + 1 : index + 1 + _NEAR]
            features += _prefixed("l", left) + _prefixed("r", right)
            features += [f"L1:{'_'.join(left[-1:])}", f"L2:{'_'.join(left[-2:])}"]
            features += [f"R1:{'_'.join(right[:1])}", f"R2:{'_'.join(right[:2])}"]
        place = str(own[0] * 4 // len(tokens)) if own else "none"
        features += [f"n:{min(len(own), 4)}", f"actors:{min(len(set(self.actors.values())), 4)}", f"place:{place}"]
        return Document(features)

    def directed_features(self, pair: Pair) -> Document:
        """The passage seen from a pair: order, distance, the words between and around the two, and all its words."""
        holder, target = pair
        tokens = self.masked({holder: "@holder", target: "@target"})
        holders = [index for index, name in self.actors.items() if name == holder]
        targets = [index for index, name in self.actors.items() if name == target]
        features = self._between(tokens, holders, targets) if holders and targets else ["apart:unnamed"]
        for index in holders:
            features += _prefixed("hr", tokens[index + 1 : index + 1 + _NEAR_PAIR])
            features += [f"hl:{token}" for token in tokens[max(0, index - 3) : index]]
        for index in targets:
            features += _prefixed("tl", tokens[max(0, index - _NEAR_PAIR) : index])
            features += _prefixed("tr", tokens[index + 1 : index + 1 + _NEAR_PAIR])
        return Document(features + [f"d:{token}" for token in tokens])

    def _between(self, tokens: list[str], holders: list[int], targets: list[int]) -> list[str]:
        """What stands between the nearest mentions of the two, those in one sentence first."""
        sentences = self.sentences
        holder, target = min(
            ((h, t) for h in holders for t in targets),
            key=lambda pair: (sentences[pair[0]] != sentences[pair[1]], abs(pair[0] - pair[1])),
        )
        order = "ht" if holder < target else "th"
        between = tokens[min(holder, target) + 1 : max(holder, target)]
        same = sentences[holder] == sentences[target]
        others = sum(token == "@other" for token in between)
        features = [
            f"order:{order}",
            f"{order}:{min(5, len(between) // 3)}",
            f"same:{same}",
            f"others:{min(3, others)}",
        ]
        if len(between) <= _FAR:
            features += _prefixed(f"{order}b", between)
        if len(between) <= 3:
            features.append(f"{order}B:{'_'.join(between)}")
        if same:
            features += _prefixed("s", [t for t, s in zip(tokens, sentences, strict=True) if s == sentences[holder]])
        return features


def _sentence_features(tokens: list[str], sentences: list[int], own: set[int]) -> list[str]:
    """Words and word pairs of an actor's own sentences; words of the others."""
    features: list[str] = []
    previous = ""
    for token, sentence in zip(tokens, sentences, strict=True):
        if sentence not in own:
            features.append(f"o:{token}")
            previous = ""
            continue
        features.append(f"s:{token}")
        if previous:
            features.append(f"s:{previous}_{token}")
        previous = "" if token in _SENTENCE_ENDS else token
    return features


def _prefixed(prefix: str, tokens: list[str]) -> list[str]:
    """Words and word pairs under a prefix."""
    words = [f"{prefix}:{token}" for token in tokens]
    return words + [f"{word}_{right}" for word, right in zip(words, tokens[1:], strict=False)]


def characters(word: str) -> tuple[str, ...]:
    """The runs of 3 to 5 characters of a word with its edges marked."""
    padded = f"_{word}_"
    return tuple(
        f"c:{padded[start : start + size]}" for size in (3, 4, 5) for start in range(max(1, len(padded) - size + 1))
    )


@dataclass(frozen=True, slots=True)
class LinearConfig:
    """What can be set. `C_*` is scikit-learn's inverse regularisation strength, larger fits closer.

    Attributes
    ----------
    min_passages : int
        A feature that fewer training documents hold is left out, where there are 20 times as many documents.
    """

    C_frames: float = 10.0
    C_stance: float = 1.0
    C_directed: float = 3.0
    min_passages: int = 2
