"""What a pile of predictions says as a whole: shares with intervals, who stands where, and passages to look at."""

from __future__ import annotations

import heapq
import itertools
import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from stance.records import FLAT, STANCES, Pair, Prediction
from stance.text.languages import told_language

EXEMPLARS = 4
"""Passages shown as typical of a label, and as doubtful."""
_Z = 1.959964
_NOTHING: Mapping[str, float] = {}
_FAR, _APART, _ENOUGH = 2.0, 0.1, 10
"""A share is far from the expected one where one is so many times the other, and they are so far apart, as shares and
in passages."""


@dataclass
class Shares:
    """How often each label occurs among the passages of a group, with intervals that know that articles hang together.

    Only sums over articles are kept, so memory does not grow with the input.

    Attributes
    ----------
    n, articles : int
        Passages (or judgements), and the articles they are of.
    counts : Counter
        How many carry each label.
    sums : dict of str to float
        Of each label's probabilities: as many are to be expected to carry it.
    """

    n: int = 0
    articles: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    sums: dict[str, float] = field(default_factory=dict)
    _nn: int = 0
    _cc: Counter[str] = field(default_factory=Counter)
    _cn: Counter[str] = field(default_factory=Counter)

    def add(self, n: int, counts: Mapping[str, int], sums: Mapping[str, float] = _NOTHING) -> None:
        """Count one article."""
        self._expect(sums)
        self.n += n
        self.articles += 1
        self._nn += n * n
        for label, count in counts.items():
            self.counts[label] += count
            self._cc[label] += count * count
            self._cn[label] += count * n

    def merge(self, other: Shares) -> None:
        """Take in another group; an article that is in both counts twice."""
        self._expect(other.sums)
        self.n += other.n
        self.articles += other.articles
        self._nn += other._nn
        for own, theirs in ((self.counts, other.counts), (self._cc, other._cc), (self._cn, other._cn)):
            own.update(theirs)

    def _expect(self, sums: Mapping[str, float]) -> None:
        for label, total in sums.items():
            self.sums[label] = self.sums.get(label, 0.0) + total

    def share(self, label: str) -> float | None:
        """The share of the passages that carry the label; None where there are none."""
        return self.counts[label] / self.n if self.n else None

    def expected(self, label: str) -> float | None:
        """The share that is to be expected from the probabilities, their mean; None where there are none."""
        return self.sums[label] / self.n if self.n and label in self.sums else None

    def is_far(self, label: str) -> bool:
        """Whether labels are so much more, or fewer, than their probabilities have them that they are no finding."""
        low, high = sorted((self.counts[label], self.sums.get(label, self.counts[label])))
        return high >= _FAR * low and high - low >= max(_APART * self.n, _ENOUGH)

    def interval(self, label: str) -> tuple[float, float] | None:
        """The 95 % interval of the share; None where there are fewer than two articles.

        Wilson's interval (1927) at the effective number of passages: the variance of the share is that of a ratio of
        sums over articles, by linearisation (Korn and Graubard 1998), and never taken for less than that of as many
        independent passages.
        """
        if self.articles < 2:
            return None
        share = self.counts[label] / self.n
        residual = self._cc[label] - 2 * share * self._cn[label] + share * share * self._nn
        variance = residual / self.n**2 * self.articles / (self.articles - 1)
        independent = share * (1.0 - share)
        effective = min(float(self.n), independent / variance) if variance > 0.0 else float(self.articles)
        middle = (share + _Z**2 / (2 * effective)) / (1 + _Z**2 / effective)
        half = _Z / (1 + _Z**2 / effective) * math.sqrt(independent / effective + (_Z / (2 * effective)) ** 2)
        return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True)
class Exemplar:
    """A passage to look at for a label, the probability that it was given there, and the actor or pair judged."""

    prediction: Prediction
    probability: float
    about: tuple[str, ...] = ()


class Overview:
    """Counts predictions as they pass.

    Articles are told by their id; the passages of one should stand together, as `stance classify` writes them: where
    they do not, each run of them counts as an article in the intervals.

    Parameters
    ----------
    shown : int
        Passages to keep in full: all, where there are no more, else a random sample of them.
    seed : int
        Of that sample.

    Attributes
    ----------
    n_passages, n_articles, n_unsure : int
        Passages and articles counted, and passages with something for a person to look at. What the model could not
        read is in no figure.
    unread, unread_articles : Counter
        Passages that the model could not read, and the articles they are of, by language.
    models : Counter
        Passages by the model that labelled them.
    frames : dict of str to Shares
        Shares of frames by group: ``all``, ``source:NAME``, ``month:YYYY-MM``, ``actor:ID``.
    stances : dict of str to Shares
        Shares of stances toward each actor.
    pairs : dict of (holder, target) to Counter
        How often each directed stance was found.
    frame_ids : list of str
    highest : dict of str to float
        The highest probability of each frame.
    """

    def __init__(self, shown: int, seed: int = 0):
        self.shown = shown
        self.n_passages = self.n_articles = self.n_unsure = 0
        self.unread: Counter[str] = Counter()
        self.unread_articles: Counter[str] = Counter()
        self.models: Counter[str] = Counter()
        self.frames: dict[str, Shares] = {}
        self.stances: dict[str, Shares] = {}
        self.pairs: dict[Pair, Counter[str]] = {}
        self.frame_ids: list[str] = []
        self.highest: dict[str, float] = {}
        self._random = random.Random(seed)
        self._sample: list[tuple[int, Prediction]] = []
        self._typical: dict[str, _Best] = {}
        self._doubtful: dict[str, _Best] = {}

    def read(self, predictions: Iterable[Prediction]) -> Overview:
        """Count predictions, an article after the other."""
        for _, passages in itertools.groupby(predictions, key=lambda p: p.passage.article):
            unread: set[str] = set()
            n_before = self.n_passages
            groups: dict[tuple[str, str], _Article] = {}
            for prediction in passages:
                self._keep(prediction)
                if prediction.unread:
                    unread.add(language(prediction))
                    continue
                for kind, group, labels, probs in _counted(prediction):
                    groups.setdefault((kind, group), _Article()).add(labels, probs)
            for (kind, group), own in groups.items():
                table = self.frames if kind == "frames" else self.stances
                table.setdefault(group, Shares()).add(own.n, own.counts, own.sums)
            self.n_articles += self.n_passages > n_before
            self.unread_articles.update(unread)
        return self

    @property
    def passages(self) -> list[Prediction]:
        """The passages kept in full, in the order of the input: the sample, and every exemplar."""
        kept = dict(self._sample)
        for best in (*self._typical.values(), *self._doubtful.values()):
            kept |= best.numbered()
        return [kept[number] for number in sorted(kept)]

    def typical(self, label: str) -> list[Exemplar]:
        """The surest passages of a label: ``frame:ID``, ``stance:LABEL`` or ``directed:LABEL``."""
        return self._typical[label].exemplars() if label in self._typical else []

    def doubtful(self, label: str) -> list[Exemplar]:
        """Those where it was the closest call."""
        return self._doubtful[label].exemplars() if label in self._doubtful else []

    def doubts(self) -> Iterator[tuple[str, str]]:
        """Labels whose shares are no finding, and why: frames, and stances of all actors together."""
        stances = Shares()
        for shares in self.stances.values():
            stances.merge(shares)
        frames = self.frames.get("all", Shares())
        for label, shares in [*((f, frames) for f in self.frame_ids), *((s, stances) for s in STANCES)]:
            reasons = []
            if shares.is_far(label):
                given, expected = shares.share(label), shares.expected(label)
                reasons.append(f"given to {given:.0%}, where its probabilities lead one to expect {expected:.0%}")
            if shares.counts[label] and self.highest.get(label, 1.0) <= FLAT:
                reasons.append(f"no probability is above {math.ceil(100 * self.highest[label]) / 100:.2f}")
            if reasons:
                yield label, "; ".join(reasons)

    def _keep(self, prediction: Prediction) -> None:
        number = self.n_passages + self.unread.total()
        self.models[prediction.model] += 1
        self.frame_ids += [frame for frame in prediction.frames if frame not in self.frame_ids]
        if len(self._sample) < self.shown:
            self._sample.append((number, prediction))
        elif (place := self._random.randrange(number + 1)) < self.shown:
            self._sample[place] = (number, prediction)
        if prediction.unread:
            self.unread[language(prediction)] += 1
            return
        self.n_passages += 1
        self.n_unsure += bool(prediction.uncertain)
        for frame, prob in prediction.frames.items():
            self.highest[frame] = max(prob, self.highest.get(frame, 0.0))
        for pair, judged in prediction.directed.items():
            self.pairs.setdefault(pair, Counter())[judged.label] += 1
        for label, found, held in _judged(prediction):
            (most, surest), (least, closest) = max(found), min(found)
            if held:
                self._typical.setdefault(label, _Best()).offer(most, number, Exemplar(prediction, most, surest))
            doubt = -abs(least - 0.5) if label.startswith("frame:") else -least
            if held or label.startswith("frame:"):
                self._doubtful.setdefault(label, _Best()).offer(doubt, number, Exemplar(prediction, least, closest))


@dataclass
class _Article:
    """What one article adds to a group."""

    n: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    sums: dict[str, float] = field(default_factory=dict)

    def add(self, labels: Iterable[str], probs: Mapping[str, float]) -> None:
        self.n += 1
        self.counts.update(labels)
        for label, prob in probs.items():
            self.sums[label] = self.sums.get(label, 0.0) + prob


class _Best:
    """The exemplars with the highest scores, no two of one article or with one text."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Exemplar]] = []

    def offer(self, score: float, number: int, exemplar: Exemplar) -> None:
        if len(self._heap) == EXEMPLARS and score <= self._heap[0][0]:
            return
        passage = exemplar.prediction.passage
        for place, (other, _, known) in enumerate(self._heap):
            if known.prediction.passage.article == passage.article or known.prediction.passage.text == passage.text:
                if other >= score:
                    return
                del self._heap[place]
                heapq.heapify(self._heap)
                break
        heapq.heappush(self._heap, (score, -number, exemplar))
        if len(self._heap) > EXEMPLARS:
            heapq.heappop(self._heap)

    def exemplars(self) -> list[Exemplar]:
        return [exemplar for *_, exemplar in sorted(self._heap, key=lambda entry: entry[:2], reverse=True)]

    def numbered(self) -> dict[int, Prediction]:
        return {-number: exemplar.prediction for _, number, exemplar in self._heap}


def month(prediction: Prediction) -> str:
    """The month of a passage's article, as YYYY-MM; "" where its date is missing or of another form."""
    date = str(prediction.passage.details.get("date") or "")[:7]
    return date if len(date) == 7 and date[4] == "-" and (date[:4] + date[5:]).isdigit() else ""


def source(prediction: Prediction) -> str:
    """The outlet of a passage's article; "" where none is told."""
    return str(prediction.passage.details.get("source") or "")


def language(prediction: Prediction) -> str:
    """The code of the language of a passage's article; "" where none is told."""
    return told_language(prediction.passage.details)


def _counted(prediction: Prediction) -> Iterator[tuple[str, str, tuple[str, ...], Mapping[str, float]]]:
    """The groups that a passage counts in, with its labels and its probabilities there."""
    if prediction.frames:
        labels, probs = prediction.frame_labels, prediction.frames
        yield "frames", "all", labels, probs
        for name, value in (("source", source(prediction)), ("month", month(prediction))):
            if value:
                yield "frames", f"{name}:{value}", labels, probs
        for actor in prediction.stance or dict.fromkeys(prediction.passage.actors):
            yield "frames", f"actor:{actor}", labels, probs
    for actor, judged in prediction.stance.items():
        probs = {"against": judged.against, "neutral": judged.neutral, "favor": judged.favor}
        yield "stances", actor, (judged.label,), probs


def _judged(prediction: Prediction) -> Iterator[tuple[str, list[tuple[float, tuple[str, ...]]], bool]]:
    """Each label that a passage could be an exemplar of, its probabilities there, each with the actor or pair judged,
    and whether it was given."""
    for frame, prob in prediction.frames.items():
        yield f"frame:{frame}", [(prob, ())], frame in prediction.frame_labels
    judged: dict[str, list[tuple[float, tuple[str, ...]]]] = {}
    for actor, own in prediction.stance.items():
        judged.setdefault(f"stance:{own.label}", []).append((own.probability, (actor,)))
    for pair, own in prediction.directed.items():
        if own.is_held:
            judged.setdefault(f"directed:{own.label}", []).append((own.probability, pair))
    yield from ((label, found, True) for label, found in judged.items())
