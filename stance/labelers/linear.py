"""The scikit-learn labeler: TF-IDF and logistic regression for frames, stance and directed stance.

Features are words of our own making (`frame_features`, `stance_features`, `directed_features`), so each head is a plain
scikit-learn pipeline over them, saved by skops. Importing scikit-learn takes longer than labelling an article: to
label, the fitted numbers are read from arrays and applied with numpy alone (`heads.WordHead`), which a test holds equal
to the pipelines'.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from stance.labelers.features import Document, LinearConfig, View
from stance.labelers.heads import UNSEEN, WordHead, single
from stance.labelers.pipelines import fit_pipeline
from stance.labelers.tasks import DIRECTED, FRAMES, STANCE, TASKS, Logits, Query
from stance.records import STANCES, InputError, LabelledPassage, Passage

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline


class LinearLabeler:
    """Frames as independent binary decisions; stance and directed stance as three-way decisions on masked views.

    Stance is judged on the passage seen from the actor (it and the others masked, the sentences and windows around
    its mentions apart from the rest), a directed stance on the passage seen from holder and target (their order,
    distance and the words between): what is learned is the sentence, not the name.

    Parameters
    ----------
    frames : sequence of str
        Frame ids in the order of the logits' columns.
    config : LinearConfig
    seed : int
        Reaches every estimator.

    Attributes
    ----------
    pipelines_ : dict of str to sklearn.pipeline.Pipeline
        The fitted pipeline of each task that had labels; empty on a labeler that was loaded to label.
    """

    kind = "linear"
    n_jobs = 1

    def __init__(self, frames: Sequence[str], config: LinearConfig | None = None, seed: int = 0):
        self.frames = tuple(frames)
        self.config = config or LinearConfig()
        self.seed = seed
        self.pipelines_: dict[str, Pipeline] = {}
        self.heads_: dict[str, WordHead] = {}

    @property
    def tasks(self) -> frozenset[str]:
        """The tasks that were learned."""
        return frozenset(self.heads_)

    def fit(self, queries: Sequence[Query], labelled: Sequence[LabelledPassage]) -> LinearLabeler:
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
        self.pipelines_, self.heads_ = {}, {}
        for task, (documents, gold) in self._training_sets(queries, labelled).items():
            self.pipelines_[task] = fit_pipeline(documents, gold, task, self.config, self.seed)
            self.heads_[task] = _head_of(self.pipelines_[task], len(self.frames), task)
        if not self.heads_:
            raise InputError(
                "nothing to learn from: the passages fitted on have no frames, stances or directed stances of two "
                "kinds; label more articles"
            )
        return self

    def view(self, passage: Passage) -> View:
        """What the labeler sees of a passage."""
        return View(passage)

    def without(self, tasks: frozenset[str]) -> LinearLabeler:
        """The same labeler, some tasks forgotten."""
        labeler = type(self)(self.frames, self.config, self.seed)
        labeler.pipelines_ = {task: pipeline for task, pipeline in self.pipelines_.items() if task not in tasks}
        labeler.heads_ = {task: head for task, head in self.heads_.items() if task not in tasks}
        return labeler

    def facing(self, frames: Sequence[str], names: Mapping[str, str]) -> LinearLabeler:
        """The same labeler for some of its frames, in this order; it masks actors, so any may be asked for."""
        labeler = type(self)(frames, self.config, self.seed)
        labeler.heads_ = {task: head for task, head in self.heads_.items() if task != FRAMES}
        if frames and FRAMES in self.heads_:
            labeler.heads_[FRAMES] = self.heads_[FRAMES].of([self.frames.index(frame) for frame in frames])
        return labeler

    def logits(self, queries: Sequence[Query]) -> Logits:
        """Uncalibrated scores: frames (n_passages, n_frames), stance (n_actors, 3), directed (n_pairs, 3)."""
        views = [self.view(query.passage) for query in queries]
        pairs = list(zip(views, queries, strict=True))
        return Logits(
            frames=self._apply(FRAMES, (view.frame_features() for view in views), len(self.frames)),
            stance=self._apply(
                STANCE, (v.stance_features(actor) for v, q in pairs for actor in q.actors), len(STANCES)
            ),
            directed=self._apply(DIRECTED, (v.directed_features(p) for v, q in pairs for p in q.pairs), len(STANCES)),
        )

    def _apply(self, task: str, documents: Iterable[Document], width: int) -> np.ndarray:
        if task not in self.heads_:
            return np.zeros((0, width))
        return self.heads_[task].logits(documents)

    def _training_sets(
        self, queries: Sequence[Query], labelled: Sequence[LabelledPassage]
    ) -> dict[str, tuple[list[Document], np.ndarray]]:
        """Documents and gold of the tasks that have two kinds of labels to tell apart."""
        documents: dict[str, list[Document]] = {task: [] for task in TASKS}
        gold: dict[str, list[Any]] = {task: [] for task in TASKS}
        for query, row in zip(queries, labelled, strict=True):
            view, labels = self.view(query.passage), row.labels
            if labels.frames is not None and self.frames:
                documents[FRAMES].append(view.frame_features())
                gold[FRAMES].append([frame in labels.frames for frame in self.frames])
            if labels.stance is not None:
                documents[STANCE] += [view.stance_features(actor) for actor in query.actors]
                gold[STANCE] += [STANCES.index(labels.stance[actor]) for actor in query.actors]
            if labels.directed is not None:
                documents[DIRECTED] += [view.directed_features(pair) for pair in query.pairs]
                gold[DIRECTED] += [STANCES.index(labels.directed[pair]) for pair in query.pairs]
        arrays = {task: np.array(gold[task]) for task in TASKS}
        return {task: (documents[task], y) for task, y in arrays.items() if len(y) and y.min() < y.max()}

    def arrays(self) -> dict[str, np.ndarray]:
        """The fitted numbers, for `from_arrays`."""
        return {f"{task}.{name}": array for task, head in self.heads_.items() for name, array in head.arrays().items()}

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, np.ndarray], frames: Sequence[str], config: Mapping[str, Any], seed: int
    ) -> LinearLabeler:
        """A labeler that labels, from what `arrays` gave; raises `InputError` where they do not fit together."""
        labeler = cls(frames, LinearConfig(**config), seed)
        for task in dict.fromkeys(key.partition(".")[0] for key in arrays):
            if task not in TASKS:
                raise InputError(f"arrays of a task {task!r}, not one of {', '.join(TASKS)}")
            width = len(labeler.frames) if task == FRAMES else len(STANCES)
            labeler.heads_[task] = WordHead.from_arrays(arrays, task, width)
        return labeler

    def resolved_config(self) -> dict[str, Any]:
        """Every setting, for the record kept with the model."""
        return asdict(self.config)

    def skops_bytes(self) -> bytes:
        """The fitted pipelines as a skops file."""
        import skops.io

        buffer = io.BytesIO()
        skops.io.dump(self.pipelines_, buffer, compression=8)
        return buffer.getvalue()


def _head_of(pipeline: Pipeline, n_frames: int, task: str) -> WordHead:
    tfidf, classifier = pipeline.named_steps["tfidf"], pipeline.named_steps["classifier"]
    vocabulary = sorted(tfidf.vocabulary_, key=tfidf.vocabulary_.__getitem__)
    width = n_frames if task == FRAMES else len(STANCES)
    coefficients = np.zeros((width, len(vocabulary)))
    intercepts = np.full(width, UNSEEN)
    if task == FRAMES:
        for row, estimator in enumerate(classifier.estimators_):
            if hasattr(estimator, "coef_"):
                coefficients[row], intercepts[row] = estimator.coef_[0], estimator.intercept_[0]
            else:
                intercepts[row] = -UNSEEN if estimator.y_[0] else UNSEEN
    elif len(classifier.classes_) == 2:
        for sign, row in zip((-0.5, 0.5), classifier.classes_, strict=True):
            coefficients[row], intercepts[row] = sign * classifier.coef_[0], sign * classifier.intercept_[0]
    else:
        coefficients[classifier.classes_], intercepts[classifier.classes_] = classifier.coef_, classifier.intercept_
    return WordHead(vocabulary, single(tfidf.idf_), single(np.ascontiguousarray(coefficients.T)), intercepts)
