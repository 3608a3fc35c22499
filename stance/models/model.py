"""The model: codebook, matcher, labeler and calibration, applied to a stream of articles."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stance.formats.given import given_items, table_of
from stance.formats.rows import batched
from stance.labelers.tasks import DIRECTED, FRAMES, STANCE, TASKS, Labeler, Logits, Query, ask
from stance.models.folder import load_training_digests
from stance.pages.results import Predictions
from stance.quoting import counted
from stance.records import (
    LANGUAGE,
    STANCES,
    Article,
    InputError,
    Judgement,
    LabelledPassage,
    Pair,
    Passage,
    Prediction,
)
from stance.scoring.calibration import (
    Calibration,
    FrameCalibration,
    StanceCalibration,
    frame_probabilities,
    stance_labels,
    stance_probabilities,
)
from stance.scoring.reliability import MAX_ERROR
from stance.text.codebook import Codebook
from stance.text.languages import ANY, Item, languages_read, reads, told_language, with_languages
from stance.text.mentions import Matcher, find_mentions
from stance.text.passages import split_article

if TYPE_CHECKING:
    from stance.pages.scores import Scores
    from stance.scoring.gold import Gold
    from stance.scoring.leaks import TrainingDigests

Articles = Any
"""What `Model.classify` takes: lists of texts, of rows, of Article; tables, columns and arrays of other libraries."""
BATCH = 512
"""Passages labelled at once, and within which copies are labelled once."""
DECIMALS = 6
"""Probabilities are rounded to so many decimals."""


@dataclass(frozen=True)
class Model:
    """A codebook, a fitted labeler and its calibration.

    Attributes
    ----------
    name : str
        Name and digest: what every prediction says it was made by.
    record : Mapping
        What trained it: configuration, data digests, versions, scores.
    folder : Path or None
        Where it was loaded from.

    Examples
    --------
    >>> from stance import load
    >>> [prediction] = load().classify([{"id": "a", "text": "Kabul rejected the charge that it shelters the TTP."}])
    >>> sorted(prediction.stance)
    ['afghan_taliban', 'ttp']
    """

    codebook: Codebook
    labeler: Labeler
    calibration: Calibration
    name: str = "unsaved"
    record: Mapping[str, Any] = field(default_factory=dict)
    folder: Path | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        book = self.codebook
        size = f"{counted(len(book.frames), 'frame')}, {counted(len(book.actors), 'actor')}"
        tasks = ", ".join(sorted(self.labeler.tasks)) or "nothing"
        line = f"<Model {self.name}: {self.labeler.kind}, codebook {book.name} of {size}, labels {tasks}>"
        return " ".join(line.split())

    @cached_property
    def matcher(self) -> Matcher:
        return Matcher(self.codebook)

    def with_codebook(self, codebook: Codebook) -> Model:
        """The same model for the actors of another codebook, and for its frames that have an id the model knows.

        Stances are judged toward any actor. What the model calls itself tells of the codebook too. It can read no other
        languages than before, whatever the codebook's.

        Raises
        ------
        InputError
            Where nothing is left to label.
        """
        if codebook.digest == self.codebook.digest:
            return self
        book = replace(codebook, frames=tuple(f for f in codebook.frames if f.id in self.codebook.frame_ids))
        labeler = self.labeler.facing(book.frame_ids, {actor.id: actor.label for actor in book.actors})
        if not labeler.tasks:
            raise InputError(
                f"{codebook.name}: nothing to label by it: {self.name} knows no stances, and none of its frames; it "
                f"knows {', '.join(self.codebook.frame_ids)}"
            )
        frames = {frame: self.calibration.frames.get(frame, FrameCalibration()) for frame in book.frame_ids}
        calibration = replace(self.calibration, frames=frames)
        name = f"{self.name}+{re.sub(r'[^A-Za-z0-9_.-]+', '_', codebook.name)}-{codebook.digest}"
        record = {**self.record, "languages": [*self.languages] or [ANY]}
        return replace(self, codebook=book, labeler=labeler, calibration=calibration, name=name, record=record)

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """Codes of the languages that the model can read; empty where nobody knows, and all are taken for such."""
        return languages_read(self.record.get("languages") or [self.codebook.language])

    def reads(self, item: Article | Passage) -> bool:
        """Whether the model can read an article or a passage, as far as its ``lang`` tells."""
        return reads(self.languages, told_language(item.details))

    def with_languages(self, items: Sequence[Item]) -> list[Item]:
        """Articles or passages, the language told or found in ``lang`` where the model can't read it."""
        return with_languages(items, self.languages)

    def with_thresholds(self, thresholds: Mapping[str, float], review: float | None = None) -> Model:
        """The same model with other thresholds for some frames, and another for what is put up for review."""
        return replace(self, calibration=self.calibration.with_thresholds(thresholds, review))

    def classify(self, articles: Articles, unit: str = "article") -> Predictions:
        """Label articles: the same records as the command line's.

        Parameters
        ----------
        articles : list of texts, of rows of the data format or of Article; or a pandas frame, series or numpy array
            A row needs a ``text``, or a field that the command line takes for one; without ``id`` its number in the
            list is taken, from 0. Articles without a text (None, NaN, blanks alone) are left out, and a warning gives
            their numbers.
        unit : {"article", "passage"}
            Whether a row is an article, to be split, or a passage, taken as it is: then there is one prediction a row.

        Returns
        -------
        Predictions
            A list of Prediction, one a passage, that a notebook shows as a table, and that turns into others; those
            have the index of the frame or series that was given, so that it can be joined. Passages in a language that
            the model can't read are marked: `Prediction.unread`.

        Raises
        ------
        InputError
            For what is no article.
        """
        table = table_of(articles)
        given = given_items(table, unit)
        for note in given.notes:
            warnings.warn(note, stacklevel=2)
        parts = [_passages_of(item) for item in self.with_languages(given.items)]
        made = self.classify_passages((p for part in parts for p in part), find_languages=False)
        rows = np.repeat(np.array(given.numbers, dtype=int), [len(part) for part in parts])
        return Predictions(made, self.codebook, None if table.index is None else table.index.take(rows))

    def evaluate(self, labelled: Any, by: Sequence[str] = (), max_error: float = MAX_ERROR) -> Scores:
        """Score the model on labelled passages, as `stance evaluate` does.

        Parameters
        ----------
        labelled : list of rows of the data format, pandas.DataFrame with its columns, path, or list of paths
        by : sequence of str
            Fields to slice by: any field of the rows, ``date:year``, ``date:month``, or ``actor``.
        max_error : float
            The share of labels that may be wrong and not be marked for review.

        Returns
        -------
        Scores
            What `stance evaluate --json` writes, as a dict that a notebook shows as tables.

        Raises
        ------
        InputError
            For the first row that is broken, and where no label is of a task that the model learned.
        """
        from stance.formats.labels import known_sources, labelled_given
        from stance.pages.scores import Scores

        notes: list[str] = []
        rows, records = labelled_given(labelled, self.codebook, notes.append)
        for note in (*notes, *known_sources(records, self.name, self.labeler.kind, self.record)):
            warnings.warn(note, stacklevel=2)
        _, _, scores = self.assess(rows, self.training_digests(), by, max_error)
        if not any(scores[task]["n"] for task in TASKS):
            raise InputError(f"no label of a task that {self.name} learned; give labelled passages")
        return Scores({"model": self.name, "data": [record["file"] for record in records], **scores})

    def assess(
        self,
        labelled: Sequence[LabelledPassage],
        trained: TrainingDigests | None = None,
        by: Sequence[str] = (),
        max_error: float = MAX_ERROR,
    ) -> tuple[list[Gold], list[Prediction], dict[str, Any]]:
        """Score the model on labelled passages, and find what of them it was trained on.

        Returns
        -------
        gold, predictions : lists
            What was scored.
        scores : dict
            As `stance.scoring.evaluation.examine`, and ``leaks``: None where the model keeps no digests of what
            trained it, else ``n``, ``passages`` and, where there are any, the scores ``without`` them.
        """
        from stance.scoring.evaluation import examine
        from stance.scoring.gold import prepare
        from stance.scoring.leak_report import leak_report

        gold, frames = prepare(labelled, self.matcher), self.codebook.frame_ids
        predictions, raw = self.predict_both([g.query for g in gold])
        scores = examine(gold, predictions, frames, raw, by, max_error)
        scores["leaks"] = None if trained is None else leak_report(gold, predictions, frames, trained, self.record)
        return gold, predictions, scores

    def training_digests(self) -> TrainingDigests | None:
        """Hashes of the passages that trained it, from its folder; None where it keeps none."""
        return load_training_digests(self.folder) if self.folder else None

    def predict_both(self, queries: Sequence[Query]) -> tuple[list[Prediction], list[Prediction]]:
        """Answers to queries, and the same before calibration."""
        logits, tasks = self.labeler.logits(queries), self.labeler.tasks
        after, before = (
            decide(queries, logits, calibration, self.codebook, tasks, self.name)
            for calibration in (self.calibration, Calibration())
        )
        return after, before

    def classify_passages(self, passages: Iterable[Passage], find_languages: bool = True) -> Iterator[Prediction]:
        """Label a stream of passages, in order, a batch at a time.

        Parameters
        ----------
        find_languages : bool
            Whether to look for their languages in their texts, those of one article together (`with_languages`); if
            not, their ``lang`` alone tells.
        """
        for batch in batched(passages, BATCH):
            batch = self.with_languages(batch) if find_languages else batch
            for told in self.predict([ask(find_mentions(passage, self.matcher)) for passage in batch]):
                yield told if self.reads(told.passage) else replace(told, uncertain=(LANGUAGE,))

    def predict(self, queries: Sequence[Query]) -> list[Prediction]:
        """Answer queries: one prediction each, with every actor and pair asked for. Copies are labelled once."""
        keys = [(query.passage.text, query.passage.mentions, query.actors, query.pairs) for query in queries]
        unique = dict(zip(keys, queries, strict=True))
        own = list(unique.values())
        logits = self.labeler.logits(own)
        if len(own) < len(queries):
            pieces = dict(zip(unique, logits.split(own), strict=True))
            logits = Logits.concatenate([pieces[key] for key in keys], len(self.codebook.frames))
        return decide(queries, logits, self.calibration, self.codebook, self.labeler.tasks, self.name)


def _passages_of(item: Article | Passage) -> list[Passage]:
    """The prose of an article; a passage as it is."""
    return [item] if isinstance(item, Passage) else [p for p in split_article(item) if p.kind == "prose"]


def decide(
    queries: Sequence[Query],
    logits: Logits,
    calibration: Calibration,
    codebook: Codebook,
    tasks: frozenset[str],
    name: str,
) -> list[Prediction]:
    """Logits to predictions: probabilities, labels at their thresholds, and what falls in the review band."""
    frame_probs = frame_probabilities(logits.frames, calibration, codebook.frame_ids) if FRAMES in tasks else None
    stance = _Judged(logits.stance, calibration.stance)
    directed = _Judged(logits.directed, calibration.directed)
    thresholds = {f: calibration.frames.get(f, FrameCalibration()).threshold for f in codebook.frame_ids}
    predictions = []
    for index, query in enumerate(queries):
        frames = (
            {}
            if frame_probs is None
            else dict(zip(codebook.frame_ids, np.round(frame_probs[index], DECIMALS).tolist(), strict=True))
        )
        labels = tuple(f for f, prob in frames.items() if prob >= thresholds[f])
        stances = {actor: stance.take() for actor in query.actors} if STANCE in tasks else {}
        pairs = {pair: directed.take() for pair in query.pairs} if DIRECTED in tasks else {}
        predictions.append(
            Prediction(
                passage=query.passage,
                frames=frames,
                frame_labels=labels,
                stance=stances,
                directed=pairs,
                uncertain=_uncertain(frames, labels, stances, pairs, calibration.review),
                model=name,
            )
        )
    return predictions


class _Judged:
    """Stance rows turned into judgements, handed out in order; labels are those of the probabilities as written."""

    def __init__(self, logits: np.ndarray, calibration: StanceCalibration):
        probs = np.round(stance_probabilities(logits, calibration), DECIMALS)
        probs[:, 1] = np.abs(np.round(1.0 - probs[:, 0] - probs[:, 2], DECIMALS))
        self.labels = stance_labels(probs, calibration).tolist()
        self.probs = probs.tolist()
        self.next = 0

    def take(self) -> Judgement:
        row = self.next
        self.next += 1
        return Judgement(STANCES[self.labels[row]], *self.probs[row])


def _uncertain(
    frames: Mapping[str, float],
    labels: Sequence[str],
    stances: Mapping[str, Judgement],
    pairs: Mapping[Pair, Judgement],
    review: float,
) -> tuple[str, ...]:
    """What is wrong with a probability of `review` or more."""
    return (
        *(f for f, prob in frames.items() if (1.0 - prob if f in labels else prob) >= review),
        *(f"stance:{actor}" for actor, judged in stances.items() if 1.0 - judged.probability >= review),
        *(f"directed:{h}>{t}" for (h, t), judged in pairs.items() if 1.0 - judged.probability >= review),
    )
