"""scikit-learn classifiers over the labelers of the house: for the frames of texts, and for stances toward targets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_consistent_length, check_random_state
from sklearn.utils.validation import check_is_fitted

from stance.formats.rows import batched
from stance.labelers.kinds import DEFAULT_KIND
from stance.labelers.tasks import STANCE, Query
from stance.learning.samples import (
    INDICATOR,
    LISTS,
    SINGLE,
    TARGET,
    labels_given,
    one_label_each,
    passages_of,
    passages_with_targets,
    stances_meant,
    texts_of,
    too_alike,
)
from stance.learning.training import fitted_model
from stance.models.model import BATCH, Model
from stance.models.shipped import default_model, find_model
from stance.models.store import load_model
from stance.records import MAX_SEED, STANCES, InputError, LabelledPassage, Labels, Passage, Prediction
from stance.text.codebook import Codebook, Frame
from stance.text.languages import ANY


class _LabelerClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """What both classifiers share: their settings, the fitting of a model, and asking it."""

    def __init__(self, labeler: str = DEFAULT_KIND, random_state: Any = 0, n_jobs: int | None = None):
        self.labeler = labeler
        self.random_state = random_state
        self.n_jobs = n_jobs

    def _fit_model(self, passages: Sequence[Passage], labels: Sequence[Labels], frames: Sequence[str] = ()) -> Model:
        book = Codebook("labels", ANY, tuple(Frame(name, name) for name in frames), ())
        rows = [LabelledPassage(passage, own) for passage, own in zip(passages, labels, strict=True)]
        return fitted_model(self.labeler, rows, book, _seed(self.random_state), self.n_jobs or 1)

    def _ask(self, queries: Iterable[Query]) -> list[Prediction]:
        return [told for batch in batched(queries, BATCH) for told in self.model_.predict(batch)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        return tags


class FrameClassifier(_LabelerClassifier):
    """Frames of texts, or any other labels: a scikit-learn classifier over the labelers of `stance train`.

    Probabilities are calibrated, and thresholds chosen, on texts that the labeler was not fitted on, in five parts.

    Parameters
    ----------
    labeler : str
        The kind, as ``--labeler`` of `stance train`; a transformer is trained there alone.
    random_state : int, RandomState instance or None
        Deals out the texts, and reaches every estimator.
    n_jobs : int or None
        Processes to fit with; the result is the same.

    Attributes
    ----------
    classes_ : array of shape (n_labels,)
        The labels, sorted; for an indicator matrix the numbers of its columns, or their names in a frame.
    thresholds_ : array of shape (n_labels,)
        Where a text may have several labels: the probabilities from which on they are given.
    model_ : Model
        The fitted model; its frames are the labels (of two that exclude each other, the second).

    Examples
    --------
    >>> from stance import FrameClassifier
    >>> texts = [f"The walkout closed pier {n}." if n % 2 else f"A ferry passed buoy {n}." for n in range(12)]
    >>> labels = [["strike", "port"] if "walkout" in text else [] for text in texts]
    >>> FrameClassifier().fit(texts, labels).predict(["The walkout goes on.", "A ferry came."])
    [['port', 'strike'], []]
    """

    def fit(self, X: Any, y: Any, groups: Any = None) -> FrameClassifier:
        """Learn from texts and their labels.

        Parameters
        ----------
        X : sequence of str of shape (n_texts,), or pandas.DataFrame with a column of texts
        y : array of shape (n_texts, n_labels), or list of n_texts lists of labels, or array of shape (n_texts,)
            A binary indicator matrix (dense, sparse, or a frame), lists of labels, or one label a text; lists of 0
            and 1 that have one length are an indicator matrix. Only indicator matrices and single labels do for
            `cross_val_score` and the like.
        groups : sequence of shape (n_texts,), optional
            The article of each text: calibration never mixes those that a labeler was fitted on with others.

        Returns
        -------
        FrameClassifier
            Itself.

        Raises
        ------
        InputError
            A ValueError: for what are no texts, and for too few or unsuited labels.
        """
        texts, given = texts_of(X), labels_given(y)
        check_consistent_length(texts, given.rows)
        self.classes_, self._form = given.classes, given.form
        held = given.rows
        names = [str(label) for label in given.classes]
        if self._form == SINGLE:
            if len(names) < 2:
                raise too_alike(given.classes)
            names = names if len(names) > 2 else names[1:]
        labels = [Labels(frames=tuple(name for name in names if name in own)) for own in held]
        self.model_ = self._fit_model(passages_of(texts, groups), labels, names)
        if self._form != SINGLE:
            self.thresholds_ = np.array([self.model_.calibration.frames[name].threshold for name in names])
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Calibrated probabilities of the labels, of shape (n_texts, n_labels), in the order of `classes_`.

        Of labels that exclude each other they sum to 1.
        """
        check_is_fitted(self)
        told = self._ask(Query(passage, (), ()) for passage in passages_of(texts_of(X)))
        names = self.model_.codebook.frame_ids
        probs = np.array([[p.frames[name] for name in names] for p in told]).reshape(len(told), len(names))
        if self._form != SINGLE:
            return probs
        return np.column_stack([1.0 - probs, probs]) if len(names) == 1 else _shares(probs)

    def predict(self, X: Any) -> Any:
        """The labels, in the form that `fit` was given: an indicator matrix, lists of labels, or one label a text."""
        probs = self.predict_proba(X)
        if self._form == SINGLE:
            return self.classes_[probs.argmax(axis=1)]
        given = probs >= self.thresholds_
        return given.astype(int) if self._form == INDICATOR else [self.classes_[own].tolist() for own in given]

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """The share of texts whose labels are all right."""
        predicted = self.predict(X)
        if self._form == LISTS:
            right = [set(own) == set(gold) for own, gold in zip(predicted, y, strict=True)]
            return float(np.average(right, weights=sample_weight))
        from sklearn.metrics import accuracy_score

        return float(accuracy_score(y, predicted, sample_weight=sample_weight))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array = True
        tags.classifier_tags.multi_label = True
        return tags


class StanceClassifier(_LabelerClassifier):
    """Stances that texts convey toward targets: a scikit-learn classifier over the labelers of `stance train`.

    The target's name is masked: what is learned is the sentence, not the name. `StanceClassifier.pretrained` judges
    without any labels.

    Parameters
    ----------
    labeler : str
        The kind, as ``--labeler`` of `stance train`; a transformer is trained there alone.
    random_state : int, RandomState instance or None
        Deals out the texts, and reaches every estimator.
    n_jobs : int or None
        Processes to fit with; the result is the same.

    Attributes
    ----------
    classes_ : array of shape (n_classes,)
        The stances as `fit` was given them, sorted.
    model_ : Model
        The fitted model.

    Examples
    --------
    >>> from stance import StanceClassifier
    >>> ready = StanceClassifier.pretrained()
    >>> ready.predict([("Lawmakers condemned the Harbour Board for its lies.", "Harbour Board")]).tolist()
    ['against']
    """

    @classmethod
    def pretrained(cls, directory: str | Path | None = None) -> StanceClassifier:
        """A classifier that judges at once, by a model that is trained; a clone of it is not fitted.

        Parameters
        ----------
        directory : path, optional
            The model folder, or the name of a model that is installed; default: the model that ships.

        Raises
        ------
        InputError
            Where there is no such model, or it has not learned stances.
        """
        ready = cls()
        ready.model_ = load_model(default_model() if directory is None else find_model(directory))
        if STANCE not in ready.model_.labeler.tasks:
            raise InputError(f"{ready.model_.name} has not learned stances; name another model")
        ready.classes_, ready._meanings = np.array(sorted(STANCES)), {stance: stance for stance in STANCES}
        return ready

    def fit(self, X: Any, y: Any, groups: Any = None) -> StanceClassifier:
        """Learn from texts with a target each, and the stances toward these.

        Parameters
        ----------
        X : sequence of (text, target) of shape (n_texts, 2), or pandas.DataFrame with the columns text and target
            A target is a name, as it stands in the text, or a span of it, (start, end) in characters.
        y : sequence of str of shape (n_texts,)
            ``against``, ``neutral``, ``favor``, or another spelling of these.
        groups : sequence of shape (n_texts,), optional
            The article of each text: calibration never mixes those that a labeler was fitted on with others.

        Returns
        -------
        StanceClassifier
            Itself.

        Raises
        ------
        InputError
            A ValueError: where a text does not name its target, and for too few or unknown stances.
        """
        passages, stances = passages_with_targets(X, groups), one_label_each(y)
        check_consistent_length(passages, stances)
        self.classes_ = np.unique(stances)
        self._meanings = stances_meant(self.classes_.tolist())
        if len(self._meanings) < 2:
            raise too_alike(self.classes_)
        self.model_ = self._fit_model(passages, [Labels(stance={TARGET: self._meanings[s]}) for s in stances.tolist()])
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Calibrated probabilities of the stances, of shape (n_texts, n_classes), in the order of `classes_`."""
        check_is_fitted(self)
        return self._probs(self._judged(X))

    def predict(self, X: Any) -> np.ndarray:
        """The stances, of shape (n_texts,): as the command gives them, mostly the most probable ones."""
        check_is_fitted(self)
        told = self._judged(X)
        labels = {stance: label for label, stance in self._meanings.items()}
        likely = self.classes_[self._probs(told).argmax(axis=1)].tolist()
        chosen = [labels.get(p.stance[TARGET].label, own) for p, own in zip(told, likely, strict=True)]
        return np.array(chosen, dtype=self.classes_.dtype)

    def _judged(self, X: Any) -> list[Prediction]:
        return self._ask(Query(passage, (TARGET,), ()) for passage in passages_with_targets(X))

    def _probs(self, told: Sequence[Prediction]) -> np.ndarray:
        stances = [self._meanings[label] for label in self.classes_.tolist()]
        probs = np.array([[getattr(p.stance[TARGET], stance) for stance in stances] for p in told])
        return _shares(probs.reshape(len(told), len(stances)))


def _shares(probs: np.ndarray) -> np.ndarray:
    """Rows that sum to 1: of probabilities that leave other answers out, or are each by themselves."""
    sums = probs.sum(axis=1, keepdims=True)
    return np.where(sums > 0, probs / np.where(sums > 0, sums, 1.0), 1.0 / probs.shape[1])


def _seed(random_state: Any) -> int:
    if isinstance(random_state, int) and not isinstance(random_state, bool):
        return random_state
    return int(check_random_state(random_state).randint(MAX_SEED))
