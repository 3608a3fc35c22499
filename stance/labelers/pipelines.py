"""The scikit-learn pipelines of the linear labeler: fitted, and read without running what they hold."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from stance.formats.archives import check_archive, reason_of
from stance.labelers.features import Document, LinearConfig
from stance.labelers.tasks import DIRECTED, FRAMES, STANCE
from stance.records import InputError

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline


TRUSTED = frozenset(
    (
        ("DictNode", "builtins.dict"),
        ("ListNode", "builtins.list"),
        ("TupleNode", "builtins.tuple"),
        ("JsonNode", "builtins.str"),
        ("TypeNode", "builtins.str"),
        ("TypeNode", "numpy.float64"),
        ("NdArrayNode", "numpy.ndarray"),
        ("ObjectNode", "sklearn.pipeline.Pipeline"),
        ("ObjectNode", "sklearn.feature_extraction.text.TfidfVectorizer"),
        ("ObjectNode", "sklearn.feature_extraction.text.TfidfTransformer"),
        ("ObjectNode", "sklearn.linear_model._logistic.LogisticRegression"),
        ("ObjectNode", "sklearn.multiclass.OneVsRestClassifier"),
        ("ObjectNode", "sklearn.multiclass._ConstantPredictor"),
        ("ObjectNode", "sklearn.preprocessing._label.LabelBinarizer"),
    )
)
"""The types that a skops file of ours holds, each with what skops reads it by; no other is read."""
_SCHEMA = "schema.json"


def load_pipelines(data: bytes) -> dict[str, Pipeline]:
    """The scikit-learn pipelines of a skops file; refused where it holds other types than `TRUSTED`."""
    import skops.io

    check_pipelines(data)
    try:
        return skops.io.loads(data, trusted=[])
    except Exception as error:
        raise InputError(_not_read(error)) from None


def check_pipelines(data: bytes) -> None:
    """Refuse a skops file that holds other types than `TRUSTED`, or unpacks to far more than its length."""
    unknown = _untrusted(data)
    if unknown:
        raise InputError(f"estimators of untrusted types: {', '.join(unknown[:3])[:300]}; do not use this model")


def _untrusted(data: bytes) -> list[str]:
    """The types of a skops file that are not in `TRUSTED`, found in its schema without building anything."""
    found: set[tuple[str, str]] = set()
    try:
        with check_archive(data, members=10_000, ratio=100) as archive:
            left = [json.loads(archive.read(_SCHEMA))]
    except Exception as error:  # zipfile raises many kinds on what is broken
        raise InputError(_not_read(error)) from None
    while left:
        value = left.pop()
        if isinstance(value, dict):
            if value.keys() & {"__loader__", "__class__", "__module__"}:
                found.add((str(value.get("__loader__")), f"{value.get('__module__')}.{value.get('__class__')}"))
            left += value.values()
        elif isinstance(value, list):
            left += value
    return sorted(ascii(f"{name} ({loader})")[1:-1] for loader, name in found - TRUSTED)


def _not_read(error: Exception) -> str:
    return f"estimators can't be read ({reason_of(error)}); do not use this model"


def fit_pipeline(documents: list[Document], gold: np.ndarray, task: str, config: LinearConfig, seed: int) -> Pipeline:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import Pipeline

    strength = {FRAMES: config.C_frames, STANCE: config.C_stance, DIRECTED: config.C_directed}[task]
    classifier: Any = LogisticRegression(C=strength, class_weight="balanced", max_iter=3000, random_state=seed)
    if task == FRAMES:
        classifier.set_params(solver="liblinear")
        classifier = OneVsRestClassifier(classifier)
    rare = config.min_passages if len(documents) >= 20 * config.min_passages else 1
    tfidf = TfidfVectorizer(token_pattern=r"\S+", lowercase=False, min_df=rare, sublinear_tf=True)
    pipeline = Pipeline([("tfidf", tfidf), ("classifier", classifier)])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Label .* is present in all training examples")
        return pipeline.fit([document.text() for document in documents], gold)
