"""A training: from labelled passages to a model, its scores, and the record of what trained it."""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stance.formats.labels import Rows
from stance.labelers.kinds import LINEAR, PROBE
from stance.labelers.linear import LinearLabeler
from stance.labelers.logistic import CLOSER, ProbeConfig, mixed
from stance.labelers.memory import Memory
from stance.labelers.probe import ProbeLabeler
from stance.labelers.recipe import AUTO, DEFAULT, Recipe, TransformerConfig
from stance.labelers.tasks import Labeler
from stance.labelers.transformer import TransformerLabeler
from stance.learning.advice import advice
from stance.learning.cross_validation import learning_curve
from stance.learning.fitting import Fitted, fit_model, fit_transformer, fit_unscored
from stance.learning.tuning import Tuning
from stance.models.encoders import read_sentence_encoder, read_stance_encoder
from stance.models.folder import load_training_digests
from stance.models.model import Model
from stance.models.shipped import default_model, find_model
from stance.models.store import load_model
from stance.records import InputError, LabelledPassage
from stance.scoring.evaluation import evaluate
from stance.scoring.gold import prepare
from stance.scoring.leaks import TrainingDigests, find_leaks, training_digests
from stance.text.codebook import Codebook
from stance.text.languages import languages_of

if TYPE_CHECKING:
    from stance.labelers.checkpoint import Progress


@dataclass(frozen=True, slots=True)
class Reports:
    """Where a training reports to.

    Attributes
    ----------
    note : callable
        Takes a line on what is being done.
    progress : callable
        Gives what shows the steps of one fitting.
    show_curve : callable, optional
        Takes the learning curve, which is drawn first where it is asked for.
    tell : callable, optional
        Takes a line on what is odd in the data; default: `note`.
    """

    note: Callable[[str], None]
    progress: Callable[[], AbstractContextManager[Progress]]
    show_curve: Callable[[Mapping[str, Any]], None] | None = None
    tell: Callable[[str], None] | None = None


@dataclass(frozen=True, slots=True)
class Trained:
    """A model, its scores, what its record keeps, and hashes of what it was trained on: what `save_model` takes.

    Attributes
    ----------
    advice : str
        What would make it better.
    """

    model: Model
    scores: dict[str, Any]
    record: dict[str, Any]
    digests: TrainingDigests
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Start:
    """A model whose weights the training of another begins with, and what trained it.

    Attributes
    ----------
    sources : list of dict
        The records of the files that trained it.
    digests : TrainingDigests or None
        Of their passages.
    """

    name: str
    labeler: TransformerLabeler
    sources: list[dict[str, Any]]
    digests: TrainingDigests | None

    def settings(self, config: TransformerConfig) -> TransformerConfig:
        """Settings under the encoder and the widths of this model."""
        own = self.labeler.config
        return replace(
            config, start=self.name, encoder=own.encoder, width=own.width, attention_heads=own.attention_heads
        )

    def tell(self, texts: Sequence[Sequence[str]], note: Callable[[str], None]) -> None:
        """Say what training begins with, and how many of the texts it knows."""
        note(f"begun with {self.name}")
        known = len(find_leaks([text for part in texts for text in part], self.digests)) if self.digests else 0
        if known:
            note(
                f"{known:,} of the passages are like some that it was trained on: where they are held out they flatter "
                "the scores; --start none is without it"
            )


def read_start(start: str) -> Start:
    """The model in a folder, to begin with; ``default`` is the one that ships.

    Raises
    ------
    InputError
        Where there is none, or one of another kind.
    """
    directory = default_model() if start == DEFAULT else find_model(start)
    model, digests = load_model(directory), load_training_digests(directory)
    if not isinstance(model.labeler, TransformerLabeler):
        raise InputError(f"{directory}: a {model.labeler.kind} model; give --start a transformer, or none")
    sources = [_source(source, model.name) for source in model.record.get("data") or []]
    return Start(model.name, model.labeler, sources, digests)


def _start(start: str, labelled: Sequence[LabelledPassage]) -> Start | None:
    """The model to begin with, if any; of its own accord none for frames alone, which gained nothing by it."""
    if start == AUTO:
        labels = [row.labels for row in labelled]
        start = DEFAULT if any(part.stance or part.directed for part in labels) else ""
    return read_start(start) if start else None


def _source(source: Mapping[str, Any], of: str) -> dict[str, Any]:
    """The record of a file that another model was trained on."""
    counts = {key: source.get(key) if type(source.get(key)) is int else 0 for key in ("passages", "articles")}
    return {
        "corpus": f"{source.get('corpus', '')} ({of})",
        "file": source["file"],
        "sha256": source["sha256"],
        **counts,
    }


def fitted_model(kind: str, labelled: Sequence[LabelledPassage], book: Codebook, seed: int, jobs: int) -> Model:
    """The model that `train_fitted` gives, without its scores, which take their time."""
    new, tuning, jobs = labeler_of(kind, labelled, book, seed, jobs)
    return fit_unscored(labelled, book, new, seed, jobs, tuning)


def labeler_of(
    kind: str,
    labelled: Sequence[LabelledPassage],
    book: Codebook,
    seed: int,
    jobs: int,
    memory: Memory | None = None,
) -> tuple[Callable[[], Labeler], Tuning | None, int]:
    """What `fit_model` takes for a kind of labeler: what gives unfitted ones, their settings, and the processes.

    A probe makes each vector once, in one process: `jobs` passages are encoded side by side there.
    """
    if kind == LINEAR:
        return lambda: LinearLabeler(book.frame_ids, seed=seed), None, jobs
    if kind != PROBE:
        raise InputError(f"labeler {kind!r} can't be fitted here, only by stance train; use {PROBE} or {LINEAR}")
    tuning = probe_tuning(labelled, book, seed, jobs, Memory() if memory is None else memory)
    return tuning.labelers[0], tuning, 1


def probe_tuning(labelled: Sequence[LabelledPassage], book: Codebook, seed: int, jobs: int, memory: Memory) -> Tuning:
    """The settings to choose from of probes over the encoders that ship, as far as the labels ask for these."""
    labels = [row.labels for row in labelled]
    names = {actor.id: actor.label for actor in book.actors}
    sentences = read_sentence_encoder() if any(part.frames is not None for part in labels) else None
    stances = read_stance_encoder(names) if any(part.stance or part.directed is not None for part in labels) else None
    named = {frame.id: frame.label for frame in book.frames}

    def new(config: ProbeConfig) -> ProbeLabeler:
        labeler = ProbeLabeler(book.frame_ids, sentences, stances, named, config, seed, memory)
        labeler.n_jobs = jobs
        return labeler

    settings = ProbeConfig(), CLOSER
    return Tuning(
        [functools.partial(new, config) for config in settings],
        lambda chosen: new(mixed({task: settings[number] for task, number in chosen.items()})),
    )


def train_fitted(
    kind: str,
    train: Rows,
    dev: Sequence[Rows],
    book: Codebook,
    seed: int,
    jobs: int,
    reports: Reports,
    memory: Memory | None = None,
) -> Trained:
    """Train a labeler that is fitted to each part of the articles anew, and score it on dev sets too.

    Parameters
    ----------
    kind : str
        ``probe`` or ``linear``.
    memory : Memory, optional
        Vectors that were made before; those that a probe makes now are put in.
    """
    labelled, records = train
    _tell_repeated(labelled, reports.tell or reports.note)
    new, tuning, jobs = labeler_of(kind, labelled, book, seed, jobs, memory)

    def fit(rows: Sequence[LabelledPassage], progress: Callable[[str], None] = lambda message: None) -> Fitted:
        return fit_model(rows, book, new, seed, jobs, progress, tuning)

    scores = _curve(labelled, book, lambda rows: fit(rows).model, seed, reports)
    fitted = fit(labelled, reports.note)
    dev_scores = []
    for rows, _ in dev:
        gold = prepare(rows, fitted.model.matcher)
        dev_scores.append(evaluate(gold, fitted.model.predict([g.query for g in gold]), book.frame_ids))
    dev_records = [record for _, own in dev for record in own]
    languages = languages_of((row.passage for row in labelled), book.language)
    record = {"data": records, "dev_data": dev_records, "languages": languages}
    scores |= {"held_out": fitted.scores, "dev": dev_scores}
    told = advice(labelled, book, kind, scores)
    return Trained(fitted.model, scores, record, training_digests(_texts(labelled, records)), told)


def check_installed() -> None:
    """Refuse, before any work is done, to train a transformer without what that needs."""
    missing = [name for name in ("torch", "transformers", "datasets", "onnx") if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError(
            f"training a transformer needs {', '.join(missing)}; not installed here: pip install 'framestance[train]'"
        )


def train_transformer(
    recipe: Recipe,
    train: Mapping[str, Rows],
    dev: Mapping[str, Rows],
    book: Codebook,
    download: bool,
    checkpoint: Path,
    reports: Reports,
) -> Trained:
    """Train a transformer by a recipe, whose corpora and dev sets were read.

    Where it begins with another model, what trained that counts as the new model's training data too.

    Parameters
    ----------
    download : bool
        Whether an encoder that is not here may be fetched from the hub.
    checkpoint : Path
        Where to keep the state of the training, and to go on from.
    """
    check_installed()
    texts = [part for rows, records in train.values() for part in _texts(rows, records)]
    everything = [row for rows, _ in train.values() for row in rows]
    labelled = [row for row in everything if row.soft is None]
    if len(labelled) < len(everything) and not dev:
        raise InputError("no dev set: what another model said can't be judged by; give --dev a labelled file")
    start = _start(recipe.config.start, everything)
    config = start.settings(recipe.config) if start else recipe.config
    if start:
        start.tell(texts, reports.note)
    names = {actor.id: actor.label for actor in book.actors}
    weights = {name: recipe.data[name].weight for name in train}

    def fit(parts: Mapping[str, list[LabelledPassage]], dev_sets: Mapping[str, Rows], place: Path | None) -> Fitted:
        labeler = TransformerLabeler(
            book.frame_ids, names, config, recipe.seed, download, start.labeler if start else None
        )
        dev_rows = {name: rows for name, (rows, _) in dev_sets.items()}
        with reports.progress() as progress:
            return fit_transformer(parts, weights, dev_rows, book, labeler, progress, place)

    owner = {id(row): name for name, (rows, _) in train.items() for row in rows}

    def fit_some(rows: Sequence[LabelledPassage]) -> Model:
        parts = {name: [row for row in rows if owner[id(row)] == name] for name in train}
        return fit({name: part for name, part in parts.items() if part}, {}, None).model

    _tell_repeated(labelled, reports.tell or reports.note)
    scores = _curve(labelled, book, fit_some, recipe.seed, reports)
    fitted = fit({name: rows for name, (rows, _) in train.items()}, dev, checkpoint)
    scores |= {"held_out": fitted.scores, "dev": [fitted.dev[name] for name in dev]}
    record, digests = _record(recipe, train, dev, start, training_digests(texts))
    languages = languages_of((row.passage for row in everything), book.language)
    record |= {"languages": languages, "export": dict(fitted.export)}
    return Trained(fitted.model, scores, record, digests, advice(labelled, book, TransformerLabeler.kind, scores))


def _record(
    recipe: Recipe,
    train: Mapping[str, Rows],
    dev: Mapping[str, Rows],
    start: Start | None,
    digests: TrainingDigests,
) -> tuple[dict[str, Any], TrainingDigests]:
    """What a transformer's record keeps of its data, those of the model begun with behind; and the hashes of both."""
    sources = [{"corpus": name, **record} for name, (_, records) in train.items() for record in records]
    if start and start.digests:
        digests = digests.with_more(start.digests, len(sources))
    record = {
        "data": [*sources, *(start.sources if start else [])],
        "dev_data": [_joined(name, records) for name, (_, records) in dev.items()],
        "weights": {name: recipe.data[name].weight for name in train},
        "notes": recipe.notes,
    }
    return record, digests


def _curve(
    labelled: Sequence[LabelledPassage],
    book: Codebook,
    fit: Callable[[Sequence[LabelledPassage]], Model],
    seed: int,
    reports: Reports,
) -> dict[str, Any]:
    """The learning curve, shown and for the record, where it is asked for."""
    if reports.show_curve is None:
        return {}
    curve = learning_curve(labelled, book, fit, seed, reports.note)
    reports.show_curve(curve)
    return {"learning_curve": curve}


def _tell_repeated(labelled: Sequence[LabelledPassage], note: Callable[[str], None]) -> None:
    """Say how many passages stand in the data more than once, and with how many of them the labels differ."""
    found: dict[str, list[LabelledPassage]] = {}
    for row in labelled:
        found.setdefault(" ".join(row.passage.text.split()), []).append(row)
    repeated = [rows for rows in found.values() if len(rows) > 1]
    differing = sum(any(row.labels != rows[0].labels for row in rows[1:]) for rows in repeated)
    if repeated:
        note(
            f"texts that stand in the data more than once: {len(repeated):,}, with different labels: {differing:,}; "
            "every copy counts, so keep one"
        )


def _texts(rows: Sequence[LabelledPassage], records: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """The texts of the rows of each file."""
    texts, start = [], 0
    for record in records:
        texts.append([row.passage.text for row in rows[start : start + record["passages"]]])
        start += record["passages"]
    return texts


def _joined(name: str, records: list[dict[str, Any]]) -> dict[str, Any]:
    """The record of a dev set; of several files, the first one's name and digest stand for it."""
    return {"corpus": name, **records[0], "passages": sum(record["passages"] for record in records)}
