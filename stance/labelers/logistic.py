"""The estimators of the probe labeler, fitted with scikit-learn, as the linear maps that it labels by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from stance.labelers.features import Document
from stance.labelers.heads import UNSEEN, DenseHead, WordHead, single
from stance.labelers.judges import N_LOGITS
from stance.labelers.tasks import DIRECTED, FRAMES, STANCE
from stance.records import STANCES

_MIN_PASSAGES, _LEAST = 2, 1e-6
_STANCE_SCALE = 0.3
"""Of the hidden vectors of actors and pairs, whose numbers are larger than one, beside the logits."""


@dataclass(frozen=True, slots=True)
class ProbeConfig:
    """What can be set. `C_*` is scikit-learn's inverse regularisation strength, larger fits closer.

    Attributes
    ----------
    words : float
        How much the words of a passage count beside its vector; 0: not at all.
    labels : float
        How much it counts how near a passage is to the name of a frame.
    """

    C_frames: float = 5.0
    C_stance: float = 0.003
    C_directed: float = 0.003
    words: float = 0.5
    labels: float = 0.3


CLOSER = ProbeConfig(words=1.0, C_stance=0.1, C_directed=0.1)
"""Settings that more labels bear: words count as much as the vector, and stances may be others than the encoder's."""


def mixed(configs: Mapping[str, ProbeConfig]) -> ProbeConfig:
    """The settings of each task from a configuration of its own."""
    frames = configs[FRAMES]
    return ProbeConfig(
        frames.C_frames, configs[STANCE].C_stance, configs[DIRECTED].C_directed, frames.words, frames.labels
    )


def fit_frame_heads(
    vectors: np.ndarray,
    documents: Sequence[Document],
    gold: np.ndarray,
    named: np.ndarray,
    config: ProbeConfig,
    seed: int,
) -> tuple[DenseHead, WordHead]:
    """A binary decision for each frame, on the passage's vector, its words, and how near it is to the frame's name.

    The name of each frame is an example too: of that frame, and of no other.

    Parameters
    ----------
    vectors : array of shape (n_passages, size)
    documents : sequence of Document
        The words of each passage.
    gold : boolean array of shape (n_passages, n_frames)
    named : array of shape (n_frames, size)
        The vectors of the frames' names.
    """
    size, n_frames = vectors.shape[1], gold.shape[1]
    vocabulary, idf, words = _counted(documents)
    everything = np.concatenate([vectors, named]).astype(np.float64)
    features, last = _beside(everything, config.words * words)
    labels = np.concatenate([gold, np.eye(n_frames, dtype=bool)])
    coefficients, intercepts = np.zeros((size + len(idf), n_frames)), np.zeros(n_frames)
    for frame in range(n_frames):
        if gold[:, frame].all() or not gold[:, frame].any():
            intercepts[frame] = -UNSEEN if gold[:, frame].all() else UNSEEN
            continue
        near = everything @ everything[len(gold) + frame]
        mean, scale = near[: len(gold)].mean(), config.labels / max(near[: len(gold)].std(), _LEAST)
        features.data[last] = scale * (near - mean)
        rows, intercept = _fitted(features, labels[:, frame], config.C_frames, seed)
        coefficients[:, frame], intercepts[frame] = rows[0, :-1], intercept[0] - scale * mean * rows[0, -1]
        coefficients[:size, frame] += rows[0, -1] * scale * everything[len(gold) + frame]
    counted = single(config.words * coefficients[size:])
    return DenseHead(coefficients[:size], intercepts), WordHead(vocabulary, single(idf), counted, np.zeros(n_frames))


def _beside(vectors: np.ndarray, words: Any) -> tuple[Any, np.ndarray]:
    """Vectors, the words of as many of them as have any, and a column to be filled: a sparse matrix, and where in its
    numbers that column lies."""
    from scipy import sparse

    none = sparse.csr_matrix((len(vectors) - words.shape[0], words.shape[1]))
    parts = [sparse.csr_matrix(vectors), sparse.vstack([words, none]), np.ones((len(vectors), 1))]
    features = sparse.hstack(parts, format="csr")
    return features, features.indptr[1:] - 1


def fit_stance_head(vectors: np.ndarray, stances: np.ndarray, strength: float, seed: int) -> DenseHead:
    """A three-way decision on the vectors of actors or pairs; a stance that no row has is as good as ruled out.

    Parameters
    ----------
    vectors : array of shape (n, size)
    stances : integer array of shape (n,)
        Indexes into `STANCES`, of two kinds or three.
    """
    scale = np.full(vectors.shape[1], _STANCE_SCALE)
    scale[:N_LOGITS] = 1.0
    rows, fitted = _fitted(vectors.astype(np.float64) * scale, stances, strength, seed)
    coefficients, intercepts = np.zeros((vectors.shape[1], len(STANCES))), np.full(len(STANCES), UNSEEN)
    classes = np.unique(stances)
    if len(classes) == 2:
        rows, fitted = np.concatenate([-0.5 * rows, 0.5 * rows]), np.concatenate([-0.5 * fitted, 0.5 * fitted])
    coefficients[:, classes], intercepts[classes] = (rows * scale).T, fitted
    return DenseHead(coefficients, intercepts)


def _fitted(features: Any, gold: np.ndarray, strength: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The coefficients and intercepts of a logistic regression."""
    from sklearn.linear_model import LogisticRegression

    classifier = LogisticRegression(C=strength, class_weight="balanced", max_iter=3000, random_state=seed)
    classifier.fit(features, gold)
    return classifier.coef_, classifier.intercept_


def _counted(documents: Sequence[Document]) -> tuple[list[str], np.ndarray, Any]:
    """The words that count, their idf, and the passages by them: of shape (n_passages, n_words), rows of length 1."""
    from scipy import sparse
    from sklearn.feature_extraction.text import TfidfVectorizer

    rare = _MIN_PASSAGES if len(documents) >= 20 * _MIN_PASSAGES else 1
    tfidf = TfidfVectorizer(analyzer=_features, min_df=rare, sublinear_tf=True)
    try:
        words = tfidf.fit_transform(documents)
    except ValueError:  # no word in any, or none often enough
        return ["w:"], np.ones(1), sparse.csr_matrix((len(documents), 1))
    vocabulary = sorted(tfidf.vocabulary_, key=tfidf.vocabulary_.__getitem__)
    return vocabulary, tfidf.idf_, words


def _features(document: Document) -> list[str]:
    return document.features
