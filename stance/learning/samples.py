"""What users of scikit-learn give: texts, texts with a target each, and labels in their several forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils import check_consistent_length
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from stance.formats.columns import FOUND, assigned
from stance.quoting import names_of, quote, shown
from stance.records import STANCES, InputError, Mention, Passage
from stance.text.codebook import Codebook
from stance.text.languages import ANY
from stance.text.spans import quoted_spans
from stance.text.spellings import Spellings

TARGET = "target"
"""What the target of a text is called: the column of a frame, and the one actor of each passage."""
INDICATOR, LISTS, SINGLE = "indicator", "lists", "single"
"""The forms of labels: a matrix of 0 and 1, a list for each text, one for each text."""


@dataclass(frozen=True, slots=True)
class GivenLabels:
    """Labels of texts: all there are, those of each text by their names, and the form they were given in."""

    classes: np.ndarray
    rows: list[frozenset[str]]
    form: str


def labels_given(y: Any) -> GivenLabels:
    if y is None:
        raise InputError("fit requires y to be passed, but the target y is None; give the labels of the texts")
    if hasattr(y, "toarray"):
        y = y.toarray()
    items = None if hasattr(y, "columns") else list(y)
    if items is None or _is_indicator(items):
        return _of_matrix(np.asarray(y), getattr(y, "columns", None))
    if items and all(isinstance(own, list | tuple | set | frozenset) for own in items):
        classes = np.array(sorted({label for own in items for label in own}))
        return GivenLabels(classes, [frozenset(map(str, own)) for own in items], LISTS)
    labels = one_label_each(y)
    return GivenLabels(np.unique(labels), [frozenset((str(label),)) for label in labels], SINGLE)


def _is_indicator(items: Sequence[Any]) -> bool:
    """Whether rows of labels are those of a matrix of several columns of 0 and 1."""
    try:
        matrix = np.array(items)
    except ValueError:  # of several lengths
        return False
    return matrix.ndim == 2 and matrix.shape[1] > 1 and matrix.dtype.kind in "biuf"


def _of_matrix(matrix: np.ndarray, names: Any) -> GivenLabels:
    if matrix.ndim != 2 or not np.isin(matrix, (0, 1)).all():
        raise InputError("Unknown label type: a matrix of labels should hold 0 and 1 alone")
    classes = np.arange(matrix.shape[1]) if names is None else np.array(list(names))
    held = [frozenset(str(label) for label in classes[row.astype(bool)]) for row in matrix]
    return GivenLabels(classes, held, INDICATOR)


def one_label_each(y: Any) -> np.ndarray:
    """One label a text."""
    if y is None:
        raise InputError("fit requires y to be passed, but the target y is None; give the labels of the texts")
    labels = column_or_1d(y, warn=True)
    if labels.dtype.kind == "O" and not all(isinstance(label, str) for label in labels):
        labels = np.array(labels.tolist())
    check_classification_targets(labels)
    return np.asarray(labels)


def too_alike(classes: np.ndarray) -> InputError:
    found = f"1 class, {quote(classes[0].item())}" if len(classes) else "no class"
    return InputError(f"y has {found}; give texts of two classes or more")


def stances_meant(labels: Sequence[Any]) -> dict[Any, str]:
    """The stance that each label means."""
    spellings = Spellings(Codebook("", ANY, (), ()))
    meant = {label: spellings.stance(label) if isinstance(label, str) else None for label in labels}
    known: dict[Any, str] = {}
    for label, stance in meant.items():
        if stance is None:
            raise InputError(f"Unknown label type: {shown(label)} is no stance; use {', '.join(STANCES)}")
        if stance in known.values():
            raise InputError(f"several labels mean {stance}: {', '.join(map(str, labels))}; keep one spelling")
        known[label] = stance
    return known


def texts_of(X: Any) -> list[str]:
    """The texts that are given; raises `InputError` for anything else."""
    if isinstance(X, str | bytes | Mapping):
        raise InputError(f"X is a single {type(X).__name__}; give a list of texts")
    if hasattr(X, "columns"):
        X = X[_text_column(list(X.columns))]
    texts = X.tolist() if hasattr(X, "tolist") else list(X)
    for number, text in enumerate(texts):
        _check_text(text, f"text {number}")
    return texts


def _check_text(text: Any, place: str) -> None:
    if not isinstance(text, str):
        raise InputError(f"{place} should be a text; found: {quote(text)}")


def _text_column(names: Sequence[Any]) -> Any:
    """The column of a frame that has the texts: the only one, or one that is called so."""
    known = {str(name): name for name in names}
    found = assigned(list(known), FOUND, lambda column: False).get("text")
    if found is None and len(names) != 1:
        raise InputError(f'X has no column "text"; found: {names_of(names)}')
    return names[0] if found is None else known[found]


def passages_of(texts: Sequence[str], groups: Any = None) -> list[Passage]:
    articles = list(range(len(texts))) if groups is None else list(groups)
    check_consistent_length(texts, articles)
    return [
        Passage(str(number), str(article), text, 0, len(text), ())
        for number, (text, article) in enumerate(zip(texts, articles, strict=True))
    ]


def passages_with_targets(X: Any, groups: Any = None) -> list[Passage]:
    """A passage for each text, its target the one actor that it mentions."""
    pairs = _pairs(X)
    passages = passages_of([text for text, _ in pairs], groups)
    return [
        Passage(p.id, p.article, p.text, p.start, p.end, tuple(mentions_of(p.text, target, f"text {p.id}")))
        for p, (_, target) in zip(passages, pairs, strict=True)
    ]


def _pairs(X: Any) -> list[tuple[str, Any]]:
    if hasattr(X, "columns"):
        columns = list(X.columns)
        if TARGET not in columns:
            raise InputError(f'X has no column "{TARGET}"; found: {names_of(columns)}')
        text = _text_column([name for name in columns if name != TARGET])
        X = list(zip(X[text].tolist(), X[TARGET].tolist(), strict=True))
    if isinstance(X, str | bytes | Mapping):
        raise InputError(f"X is a single {type(X).__name__}; give a list of pairs (text, target)")
    pairs = X.tolist() if hasattr(X, "tolist") else list(X)
    for number, pair in enumerate(pairs):
        if isinstance(pair, str) or not isinstance(pair, Sequence) or len(pair) != 2:
            raise InputError(f"text {number}: give each text with its target, (text, target); found: {quote(pair)}")
        _check_text(pair[0], f"text {number}")
    return [(text, target) for text, target in pairs]


def mentions_of(text: str, target: Any, place: str) -> list[Mention]:
    """Where a text names its target."""
    if isinstance(target, str):
        spans = quoted_spans(text, target)
        if not spans:
            raise InputError(f"{place} does not name {shown(target)}; give the name as it stands there, or its span")
        return [Mention(TARGET, start, end) for start, end in spans]
    try:
        start, end = map(int, target)
    except (TypeError, ValueError):
        raise InputError(f"{place}: a target is a name or (start, end); found: {quote(target)}") from None
    if not 0 <= start < end <= len(text):
        raise InputError(f"{place}: the span {start}-{end} is not in the text, of {len(text):,} characters")
    return [Mention(TARGET, start, end)]
