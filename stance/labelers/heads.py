"""The linear maps that labelers end in, as arrays: applied with numpy alone, saved and read with nothing executed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from stance.labelers.features import Document, characters
from stance.records import InputError

UNSEEN = -20.0
"""The logit of what no training passage had."""
_REMEMBERED = 20_000


class WordHead:
    """Words to logits: features to columns, their idf, and a linear map; as scikit-learn has it, with numpy alone.

    Parameters
    ----------
    vocabulary : list of str
        The features, in the order of the columns.
    idf : array of shape (n_features,)
    coefficients : array of shape (n_features, n_outputs)
    intercepts : array of shape (n_outputs,)
    """

    def __init__(self, vocabulary: list[str], idf: np.ndarray, coefficients: np.ndarray, intercepts: np.ndarray):
        self.vocabulary = vocabulary
        self.columns = {feature: column for column, feature in enumerate(vocabulary)}
        self.idf = idf
        self.coefficients = coefficients
        self.intercepts = intercepts
        self._runs: dict[str, np.ndarray] = {}

    def of(self, outputs: Sequence[int]) -> WordHead:
        """The same with some of its outputs, in this order."""
        chosen = list(outputs)
        return WordHead(self.vocabulary, self.idf, self.coefficients[:, chosen], self.intercepts[chosen])

    def logits(self, documents: Iterable[Document]) -> np.ndarray:
        """Scores of shape (n_documents, n_outputs), as scikit-learn gives with sublinear idf-weighted unit vectors."""
        columns = [self._columns_of(document) for document in documents]
        scores = np.tile(self.intercepts, (len(columns), 1))
        if columns:
            size = len(self.idf)
            owners = np.repeat(np.arange(len(columns)), [len(part) for part in columns])
            cells, counts = np.unique(owners * size + np.concatenate(columns), return_counts=True)
            owners, found = np.divmod(cells, size)
            weights = (1.0 + np.log(counts)) * self.idf[found]
            filled, starts = np.unique(owners, return_index=True)
            norms = np.sqrt(np.add.reduceat(weights**2, starts))
            sums = np.add.reduceat(weights[:, None] * self.coefficients[found], starts)
            scores[filled] += sums / norms[:, None]
        return scores

    def _columns_of(self, document: Document) -> np.ndarray:
        """The columns of a document's features that the vocabulary knows, repeated as they are."""
        find = self.columns.get
        columns = np.array([find(feature, -1) for feature in document.features], dtype=np.int64)
        parts = [columns[columns >= 0], *(self._runs_of(word) for word in document.words)]
        return np.concatenate(parts)

    def _runs_of(self, word: str) -> np.ndarray:
        """The columns of a word's runs of characters, remembered: texts repeat their words."""
        known = self._runs.get(word)
        if known is None:
            if len(self._runs) >= _REMEMBERED:
                self._runs.clear()
            known = np.array([self.columns[run] for run in characters(word) if run in self.columns], dtype=np.int64)
            self._runs[word] = known
        return known

    def arrays(self) -> dict[str, np.ndarray]:
        vocabulary = np.frombuffer("\n".join(self.vocabulary).encode("utf-8", "surrogatepass"), dtype=np.uint8)
        return {
            "vocabulary": vocabulary,
            "idf": self.idf.astype(np.float32),
            "coefficients": self.coefficients.astype(np.float32),
            "intercepts": self.intercepts,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], task: str, width: int) -> WordHead:
        try:
            text = arrays[f"{task}.vocabulary"].tobytes()
            idf, coefficients, intercepts = (arrays[f"{task}.{n}"] for n in ("idf", "coefficients", "intercepts"))
        except KeyError as error:
            raise InputError(f"the arrays of {task} can't be read ({error})") from None
        features = text.count(b"\n") + 1
        if idf.shape != (features,) or coefficients.shape != (features, width) or intercepts.shape != (width,):
            raise InputError(
                f"the arrays of {task} do not fit together: {features} features, idf {idf.shape}, "
                f"coefficients {coefficients.shape}, intercepts {intercepts.shape}, {width} outputs"
            )
        if not all(np.isfinite(array).all() for array in (idf, coefficients, intercepts)):
            raise InputError(f"the arrays of {task} hold numbers that are not finite")
        try:
            vocabulary = text.decode("utf-8", "surrogatepass").split("\n")
        except UnicodeDecodeError as error:
            raise InputError(f"the arrays of {task} can't be read ({error})") from None
        return cls(vocabulary, *(array.astype(np.float64) for array in (idf, coefficients, intercepts)))


def single(array: np.ndarray) -> np.ndarray:
    """Rounded to single precision, as it is saved: what was fitted and what is loaded label alike."""
    return array.astype(np.float32).astype(np.float64)


class DenseHead:
    """Vectors to logits: a linear map.

    Parameters
    ----------
    coefficients : array of shape (n_inputs, n_outputs)
    intercepts : array of shape (n_outputs,)
    """

    def __init__(self, coefficients: np.ndarray, intercepts: np.ndarray):
        self.coefficients, self.intercepts = single(coefficients), intercepts

    def of(self, outputs: Sequence[int]) -> DenseHead:
        """The same with some of its outputs, in this order."""
        chosen = list(outputs)
        return DenseHead(self.coefficients[:, chosen], self.intercepts[chosen])

    def logits(self, vectors: np.ndarray) -> np.ndarray:
        """Scores of shape (n, n_outputs); each row by itself, so that no other changes its last digit."""
        if not len(vectors):
            return np.zeros((0, len(self.intercepts)))
        if vectors.shape[1] != len(self.coefficients):
            raise InputError(
                f"vectors of {vectors.shape[1]} numbers, where {len(self.coefficients)} are read: the encoder is "
                "another one"
            )
        # added up in order: no other row, output or processor changes the last digit
        rows = [np.cumsum(row[:, None] * self.coefficients, axis=0)[-1] for row in vectors.astype(np.float64)]
        return np.stack(rows) + self.intercepts

    def arrays(self) -> dict[str, np.ndarray]:
        return {"coefficients": self.coefficients.astype(np.float32), "intercepts": self.intercepts}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], name: str, width: int) -> DenseHead:
        try:
            coefficients, intercepts = (arrays[f"{name}.{part}"] for part in ("coefficients", "intercepts"))
        except KeyError as error:
            raise InputError(f"the arrays of {name} can't be read ({error})") from None
        if coefficients.ndim != 2 or coefficients.shape[1] != width or intercepts.shape != (width,):
            raise InputError(
                f"the arrays of {name} do not fit together: coefficients {coefficients.shape}, intercepts "
                f"{intercepts.shape}, {width} outputs"
            )
        if not all(np.isfinite(array).all() for array in (coefficients, intercepts)):
            raise InputError(f"the arrays of {name} hold numbers that are not finite")
        return cls(coefficients, intercepts.astype(np.float64))
