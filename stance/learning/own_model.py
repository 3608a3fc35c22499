"""A model of one's own from Python, in one call: what `stance train` does with files, with rows and frames too."""

from __future__ import annotations

import contextlib
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path
from typing import Any

from stance.formats.labels import Rows, labelled_given
from stance.labelers.kinds import DEFAULT_KIND, KINDS, TRANSFORMER
from stance.labelers.recipe import AUTO, Corpus, Recipe, TransformerConfig
from stance.labelers.tasks import TASKS
from stance.learning.training import Reports, Trained, train_fitted, train_transformer
from stance.models.model import Model
from stance.models.store import save_model
from stance.pages.scores import Scores
from stance.records import MAX_SEED, InputError, LabelledPassage
from stance.scoring.leaks import TrainingDigests
from stance.text.codebook import Codebook

_DATA = "data"
"""What the one corpus is called that is trained on."""


@dataclass(frozen=True, repr=False)
class TrainedModel(Model):
    """A model that was trained here: one that can be saved, and that knows how good it was.

    Attributes
    ----------
    scores : Mapping
        ``held_out``, on articles that it was not fitted, calibrated or tuned on, and ``dev``, for each dev set.
    digests : TrainingDigests or None
        Of the passages that trained it.
    """

    scores: Mapping[str, Any] = field(default_factory=dict)
    digests: TrainingDigests | None = None

    @property
    def held_out(self) -> Scores:
        """The scores on articles that it was not fitted, calibrated or tuned on: what `stance train` prints."""
        return self._scored(self.scores["held_out"], self.record["data"])

    @property
    def dev(self) -> list[Scores]:
        """The scores on each dev set."""
        return [
            self._scored(part, [source])
            for part, source in zip(self.scores["dev"], self.record["dev_data"], strict=True)
        ]

    def _scored(self, part: Mapping[str, Any], sources: Sequence[Mapping[str, Any]]) -> Scores:
        return Scores({"model": self.name, "data": [source["file"] for source in sources], **part})

    def save(self, directory: str | Path) -> Model:
        """Save the model as `stance train --output` does; an earlier model there is replaced.

        Returns
        -------
        Model
            The same under its name and digest, as `stance.load` gives it.

        Raises
        ------
        InputError
            Where the folder can't be written, or holds something else than a model.
        """
        return save_model(self, directory, self.scores, self.record, self.digests)

    def training_digests(self) -> TrainingDigests | None:
        """Hashes of the passages that trained it."""
        return self.digests

    def with_codebook(self, codebook: Codebook) -> Model:
        """The same for the actors of another codebook; it is saved under its own alone."""
        if codebook.digest == self.codebook.digest:
            return self
        return Model(self.codebook, self.labeler, self.calibration, self.name, self.record).with_codebook(codebook)


def train(
    data: Any,
    codebook: str | Path | Codebook,
    labeler: str = DEFAULT_KIND,
    seed: int = 0,
    dev: Any = None,
    jobs: int = 1,
    progress: Callable[[str], None] | None = None,
) -> TrainedModel:
    """Train a model on labelled passages, as `stance train` does.

    Labels may be partial: rows with stances alone teach stances alone. Scores, calibration and thresholds never come
    from articles that a model was fitted on.

    Parameters
    ----------
    data : list of rows of the data format, pandas.DataFrame with its columns, path, or list of paths
        A frame may have its labels as lists and dicts, as JSON, and its frames as "a;b". Columns are known by other
        names too, as on the command line. Where no row has an ``id``, the numbers of the rows are taken.
    codebook : path or Codebook
    labeler : str
        The kind of model, as ``--labeler``. A transformer needs ``framestance[train]``, and hours.
    seed : int
        Of every random choice.
    dev : the same as data, optional
        To score the model on (a transformer is calibrated on it too). Each path of a list is a set of its own.
    jobs : int
        Processes to train with; the model is the same.
    progress : callable, optional
        Takes a line on what is being done, as `print` does.

    Returns
    -------
    TrainedModel
        With its scores, `TrainedModel.held_out`; keep it with `TrainedModel.save`.

    Raises
    ------
    InputError
        For the first row that is broken, named by its number or its line, and where there is too little to learn from.

    Examples
    --------
    >>> import stance
    >>> book = stance.Codebook.parse("frames: [{id: strike}]")
    >>> texts = [f"The walkout closed pier {n}." if n % 2 else f"A ferry passed buoy {n}." for n in range(12)]
    >>> rows = [{"text": text, "frames": ["strike"] if "walkout" in text else []} for text in texts]
    >>> model = stance.train(rows, book)
    >>> model.classify(["The walkout goes on."])[0].frame_labels
    ('strike',)
    """
    if labeler not in KINDS:
        raise InputError(f"unknown labeler {labeler!r}; use {', '.join(KINDS)}")
    if type(seed) is not int or not 0 <= seed <= MAX_SEED:
        raise InputError(f"seed {seed!r}: give a whole number from 0 to {MAX_SEED}")
    book = codebook if isinstance(codebook, Codebook) else Codebook.read(codebook)
    notes: list[str] = []
    rows, dev_sets = labelled_given(data, book, notes.append), _dev_sets(dev, book, notes.append)
    report = progress or (lambda line: None)
    reports = Reports(report, lambda: contextlib.nullcontext(_Quiet(report)), tell=notes.append)
    if labeler == TRANSFORMER:
        trained = _train_transformer(rows, dev_sets, book, seed, reports)
    else:
        trained = train_fitted(labeler, rows, dev_sets, book, seed, jobs, reports)
    for note in (*notes, *_left_out(rows[0], trained)):
        warnings.warn(note, stacklevel=2)
    model = trained.model
    return TrainedModel(
        book, model.labeler, model.calibration, model.name, trained.record, None, trained.scores, trained.digests
    )


def _dev_sets(dev: Any, book: Codebook, report: Callable[[str], None]) -> list[Rows]:
    """The dev sets that are given: one, or one of each path of a list."""
    if dev is None:
        return []
    paths = isinstance(dev, list | tuple) and all(isinstance(item, str | PathLike) for item in dev)
    return [labelled_given(part, book, report) for part in (dev if paths else [dev])]


def _train_transformer(rows: Rows, dev_sets: Sequence[Rows], book: Codebook, seed: int, reports: Reports) -> Trained:
    recipe = Recipe(replace(TransformerConfig(), start=AUTO), {_DATA: Corpus(_DATA)}, seed=seed)
    dev = {f"dev {number}": part for number, part in enumerate(dev_sets, 1)}
    with tempfile.TemporaryDirectory() as folder:
        return train_transformer(recipe, {_DATA: rows}, dev, book, False, Path(folder, "checkpoint"), reports)


def _left_out(labelled: Sequence[LabelledPassage], trained: Trained) -> Iterator[str]:
    """A line for each task that is labelled and was not learned."""
    for task in TASKS:
        if task not in trained.model.labeler.tasks and any(getattr(row.labels, task) for row in labelled):
            yield f"{task} was not learned: too few articles are labelled for it, or all alike; label more"


class _Quiet:
    """Tells what is done, and not how far it is."""

    def __init__(self, report: Callable[[str], None]):
        self.report = report

    def note(self, message: str) -> None:
        self.report(message)

    def advance(self, step: int, steps: int, message: str) -> None:
        """Not told: lines would be too many."""
