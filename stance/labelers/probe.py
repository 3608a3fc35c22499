"""The probe labeler: scikit-learn's logistic regression over vectors of encoders that are left as they are.

Frames are read from the passage's vector of a sentence encoder and from its words; stances and directed stances from
the vectors that a transformer, trained for stances, has of actors and pairs. So a few labels teach much, in seconds. To
label, the fitted numbers are applied with numpy alone, each passage by itself.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from stance.labelers.features import Document, View
from stance.labelers.heads import DenseHead, WordHead
from stance.labelers.judges import StanceEncoder
from stance.labelers.logistic import ProbeConfig, fit_frame_heads, fit_stance_head
from stance.labelers.memory import Memory
from stance.labelers.sentences import SentenceEncoder
from stance.labelers.tasks import DIRECTED, FRAMES, STANCE, TASKS, Logits, Query
from stance.records import STANCES, InputError, LabelledPassage, Mention, Passage

_WORDS = "words"
_REMEMBERED = 10_000
"""Passages of which the words are remembered, while their parts are fitted and judged in turn."""


class ProbeLabeler:
    """Frames as independent binary decisions; stance and directed stance as three-way decisions.

    Parameters
    ----------
    frames : sequence of str
        Frame ids in the order of the logits' columns.
    sentences : SentenceEncoder or None
        None in a labeler that does not know frames.
    stances : StanceEncoder or None
        None in a labeler that knows neither stances nor directed stances.
    labels : Mapping from frame id to str
        The frames' names: each is an example of its frame.
    config : ProbeConfig
    seed : int
        Reaches every estimator.
    memory : Memory
        Vectors that were made before.

    Attributes
    ----------
    heads_ : dict of str to DenseHead
        Of each task that had labels.
    words_ : WordHead or None
        What the words of a passage add to its frames.
    n_jobs : int
        Passages that are encoded side by side, a thread each; the results are the same for any.
    """

    kind = "probe"
    n_jobs = 1

    def __init__(
        self,
        frames: Sequence[str],
        sentences: SentenceEncoder | None,
        stances: StanceEncoder | None,
        labels: Mapping[str, str] | None = None,
        config: ProbeConfig | None = None,
        seed: int = 0,
        memory: Memory | None = None,
    ):
        self.frames = tuple(frames)
        self.sentences, self.stances = sentences, stances
        self.labels = dict(labels or {})
        self.config = config or ProbeConfig()
        self.seed = seed
        self.memory = memory
        self.heads_: dict[str, DenseHead] = {}
        self.words_: WordHead | None = None

    @property
    def tasks(self) -> frozenset[str]:
        """The tasks that were learned."""
        return frozenset(self.heads_)

    def fit(self, queries: Sequence[Query], labelled: Sequence[LabelledPassage]) -> ProbeLabeler:
        """Fit the heads of all tasks that carry labels.

        Parameters
        ----------
        queries : sequence of Query, one a passage
            Its `actors` and `pairs` are those with a gold label.
        labelled : sequence of LabelledPassage
            Gold, in the same order; `labels.directed` with every gold pair.

        Raises
        ------
        InputError
            Where no task has labels to learn from.
        """
        self.heads_, self.words_ = {}, None
        framed = [
            (q, row.labels.frames) for q, row in zip(queries, labelled, strict=True) if row.labels.frames is not None
        ]
        gold = np.array([[frame in own for frame in self.frames] for _, own in framed], dtype=bool)
        if gold.size and gold.min() < gold.max():
            vectors = self._passages([query for query, _ in framed])
            documents = [document_of(query) for query, _ in framed]
            self.heads_[FRAMES], self.words_ = fit_frame_heads(
                vectors, documents, gold, self._named(), self.config, self.seed
            )
        for task, strength in ((STANCE, self.config.C_stance), (DIRECTED, self.config.C_directed)):
            asked, stances = _stances_of(task, queries, labelled)
            if len(set(stances)) > 1:
                self.heads_[task] = fit_stance_head(self._judged(task, asked), np.array(stances), strength, self.seed)
        if not self.heads_:
            raise InputError(
                "nothing to learn from: the passages fitted on have no frames, stances or directed stances of two "
                "kinds; label more articles"
            )
        return self

    def logits(self, queries: Sequence[Query]) -> Logits:
        """Uncalibrated scores: frames (n_passages, n_frames), stance (n_actors, 3), directed (n_pairs, 3)."""
        frames = np.zeros((0, len(self.frames)))
        if FRAMES in self.heads_ and self.words_ is not None:
            frames = self.heads_[FRAMES].logits(self._passages(queries))
            frames = frames + self.words_.logits(document_of(query) for query in queries)
        judged = [np.zeros((0, len(STANCES)))] * 2
        for place, task in enumerate((STANCE, DIRECTED)):
            if task in self.heads_:
                judged[place] = self.heads_[task].logits(self._judged(task, queries))
        return Logits(frames, *judged)

    def without(self, tasks: frozenset[str]) -> ProbeLabeler:
        """The same labeler, some tasks forgotten."""
        labeler = self._copy()
        labeler.heads_ = {task: head for task, head in self.heads_.items() if task not in tasks}
        return labeler

    def facing(self, frames: Sequence[str], names: Mapping[str, str]) -> ProbeLabeler:
        """The same labeler for some of its frames, in this order, and for actors with other names."""
        labeler = self.without(frozenset() if frames else frozenset([FRAMES]))
        labeler.frames = tuple(frames)
        labeler.stances = self.stances.facing(names) if self.stances else None
        if FRAMES in labeler.heads_ and self.words_ is not None:
            chosen = [self.frames.index(frame) for frame in frames]
            labeler.heads_[FRAMES], labeler.words_ = self.heads_[FRAMES].of(chosen), self.words_.of(chosen)
        return labeler

    def with_config(self, config: ProbeConfig) -> ProbeLabeler:
        """The same labeler, not fitted, under other settings."""
        return type(self)(self.frames, self.sentences, self.stances, self.labels, config, self.seed, self.memory)

    def resolved_config(self) -> dict[str, Any]:
        """Every setting, and the encoders, for the record kept with the model."""
        encoders = {FRAMES: self._used(FRAMES), STANCE: self._used(STANCE, DIRECTED)}
        settings = {task: asdict(encoder.settings) for task, encoder in encoders.items() if encoder}
        return {**asdict(self.config), "encoders": settings}

    def arrays(self) -> dict[str, np.ndarray]:
        """The fitted numbers, for `from_arrays`."""
        heads: dict[str, DenseHead | WordHead] = dict(self.heads_)
        if FRAMES in heads and self.words_ is not None:
            heads[_WORDS] = self.words_
        return {f"{name}.{part}": array for name, head in heads.items() for part, array in head.arrays().items()}

    def files(self) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
        """What the encoders were made from that it labels by: of the sentence encoder, and of the other; maybe none."""
        sentences, stances = self._used(FRAMES), self._used(STANCE, DIRECTED)
        return sentences.parts if sentences else (), stances.parts if stances else ()

    def take_arrays(self, arrays: Mapping[str, np.ndarray]) -> ProbeLabeler:
        """Learn what `arrays` gave; raises `InputError` where they do not fit together, or an encoder is missing."""
        for name in dict.fromkeys(key.partition(".")[0] for key in arrays):
            if name not in (*TASKS, _WORDS):
                raise InputError(f"arrays of a task {name[:60]!a}, not one of {', '.join(TASKS)}")
            width = len(self.frames) if name in (FRAMES, _WORDS) else len(STANCES)
            if name == _WORDS:
                self.words_ = WordHead.from_arrays(arrays, name, width)
            else:
                self.heads_[name] = DenseHead.from_arrays(arrays, name, width)
        if (FRAMES in self.heads_) != (self.words_ is not None):
            raise InputError("the arrays of frames and words are not there together")
        return self

    def _copy(self) -> ProbeLabeler:
        labeler = self.with_config(self.config)
        labeler.heads_, labeler.words_, labeler.n_jobs = dict(self.heads_), self.words_, self.n_jobs
        return labeler

    def _used(self, *tasks: str) -> Any:
        """The encoder that these tasks are read from, where one of them was learned."""
        if not self.heads_.keys() & set(tasks):
            return None
        return self.sentences if FRAMES in tasks else self.stances

    def _named(self) -> np.ndarray:
        """The vectors of the frames' names, of shape (n_frames, size)."""
        return self._sentences([self.labels.get(frame, frame.replace("_", " ")) for frame in self.frames])

    def _passages(self, queries: Sequence[Query]) -> np.ndarray:
        return self._sentences([query.passage.text for query in queries])

    def _sentences(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors of shape (n_texts, size)."""
        encoder = self.sentences
        assert encoder is not None, "frames without a sentence encoder"
        made = self._remembered(encoder, [encoder.key(text) for text in texts], texts)
        return np.stack(made) if made else np.zeros((0, 0), dtype=np.float32)

    def _judged(self, task: str, queries: Sequence[Query]) -> np.ndarray:
        """Vectors of the actors or pairs of queries, in order, of shape (n, size)."""
        encoder = self.stances
        assert encoder is not None, "stances without an encoder"
        made = self._remembered(encoder, [encoder.key(query) for query in queries], queries)
        parts = [
            rows[: len(query.actors)] if task == STANCE else rows[len(query.actors) :]
            for query, rows in zip(queries, made, strict=True)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, 0), dtype=np.float32)

    def _remembered(self, encoder: Any, keys: Sequence[bytes], items: Sequence[Any]) -> list[np.ndarray]:
        memory = Memory() if self.memory is None else self.memory
        return memory.vectors(keys, items, lambda missing: encoder.vectors(missing, self.n_jobs))


def document_of(query: Query) -> Document:
    """The words of a passage, actors masked."""
    return _words_of(query.passage.text, query.passage.mentions)


@functools.lru_cache(maxsize=_REMEMBERED)
def _words_of(text: str, mentions: tuple[Mention, ...] | None) -> Document:
    tokens = View(Passage("", "", text, 0, len(text), mentions)).tokens
    return Document([f"w:{token}" for token in tokens if len(token) > 1])


def _stances_of(
    task: str, queries: Sequence[Query], labelled: Sequence[LabelledPassage]
) -> tuple[list[Query], list[int]]:
    """The queries that are labelled for a task, and the stances of all their actors or pairs in order."""
    asked, stances = [], []
    for query, row in zip(queries, labelled, strict=True):
        gold = getattr(row.labels, task)
        if gold:
            asked.append(query)
            stances += [STANCES.index(gold[judged]) for judged in (query.actors if task == STANCE else query.pairs)]
    return asked, stances
