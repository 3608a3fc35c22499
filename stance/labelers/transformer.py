"""The transformer labeler: trained with torch, exported to ONNX, and run without torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stance.labelers.encoders import encoder_source, no_encoder
from stance.labelers.onnx.export import (
    FP32,
    FRAME_ROWS,
    INT8_PRODUCTS,
    export_network,
    quantised,
    read_weights,
)
from stance.labelers.onnx.runtime import ENCODER, HEADS, Graphs
from stance.labelers.recipe import TransformerConfig, parse_config
from stance.labelers.tasks import FRAMES, TASKS, Logits, Query, query_actors
from stance.labelers.windows import Windower, Windows, collate, open_windower
from stance.machine import side_by_side, usable_cores
from stance.records import InputError, LabelledPassage

if TYPE_CHECKING:
    from stance.labelers.checkpoint import Progress
    from stance.labelers.network import Network


TOKENIZER = "tokenizer.json"
_MAX_TOKENS = 512
_BATCH = 32
_VOCABULARY = 10_000_000
_ATTENTION_DROPOUT = ("attention_probs_dropout_prob", "attention_dropout")
"""What the families of encoders call it."""


class TransformerLabeler:
    """Frames, stances and directed stances from one pass of an encoder over each passage.

    Parameters
    ----------
    frames : sequence of str
        Frame ids in the order of the logits' columns.
    names : Mapping from actor id to name
        How to spell an actor that a passage does not mention.
    config : TransformerConfig
    seed : int
    download : bool
        Whether an encoder that is not here may be fetched from the hub.
    start : TransformerLabeler, optional
        One that was loaded, of the same encoder and width: training begins with its weights, those of frames of the
        same id among them, not with the encoder as it was pretrained.

    Attributes
    ----------
    network_ : Network or None
        What was trained here; None in a labeler that was exported or loaded.
    epochs_ : int
        The epoch, from 1, that it is of.
    n_jobs : int
        Passages that are encoded side by side once it is exported, a thread each; the results are the same for any.
    """

    kind = "transformer"

    def __init__(
        self,
        frames: Sequence[str],
        names: Mapping[str, str] | None = None,
        config: TransformerConfig | None = None,
        seed: int = 0,
        download: bool = False,
        start: TransformerLabeler | None = None,
    ):
        self.frames = tuple(frames)
        self.names = dict(names or {})
        self.config = config or TransformerConfig()
        self.seed = seed
        self.download = download
        self.start = start
        self.tasks: frozenset[str] = frozenset()
        self.precision = FP32
        self.network_: Network | None = None
        self.epochs_ = 0
        self.n_jobs = usable_cores()
        self._asked: tuple[int, ...] | None = None
        self._files: dict[str, bytes] = {}

    def fit(
        self,
        queries: Sequence[Query],
        labelled: Sequence[LabelledPassage],
        corpora: Sequence[str] | None = None,
        weights: Mapping[str, float] | None = None,
        score: Callable[[TransformerLabeler], float] | None = None,
        checkpoint: Path | None = None,
        progress: Progress | None = None,
    ) -> TransformerLabeler:
        """Train on passages that each carry some of the labels.

        Parameters
        ----------
        queries, labelled : sequences of the same length
            As for the linear labeler.
        corpora : sequence of str
            The corpus of each passage; default: all are of one.
        weights : Mapping from corpus to float
            How often its passages are seen in an epoch; default: once.
        score : callable
            Dev score of this labeler, larger is better: the best epoch is kept.
        checkpoint : Path
            Where to keep the state of the training, and to go on from.

        Raises
        ------
        InputError
            Where no task has labels to learn from, the encoder is not to be had, or the checkpoint is of another run.
        """
        from stance.labelers.targets import Example, labelled_tasks
        from stance.labelers.trainer import Trainer

        corpora = corpora or ["data"] * len(labelled)
        examples = [
            Example(query.passage, query_actors(query), row, corpus)
            for query, row, corpus in zip(queries, labelled, corpora, strict=True)
        ]
        self.tasks = labelled_tasks(examples, self.frames)
        if not self.tasks:
            raise InputError(
                "nothing to learn from: the passages fitted on have no frames, stances or directed stances of two "
                "kinds; label more articles"
            )
        self.network_, self._files = self._new_network(), {TOKENIZER: self._files[TOKENIZER]}
        trainer = Trainer(
            network=self.network_,
            windower=self._windower(),
            frames=self.frames,
            config=self.config,
            seed=self.seed,
            pad=self._pad,
            names=sorted({e.passage.text[m.start : m.end] for e in examples for m in e.passage.mentions or ()}),
            checkpoint=checkpoint,
            progress=progress or _Silent(),
        )
        trainer.fit(
            examples,
            weights or dict.fromkeys(corpora, 1.0),
            None if score is None else lambda network: score(self),
        )
        self.epochs_ = trainer.best_epoch
        return self

    def logits(self, queries: Sequence[Query]) -> Logits:
        """Uncalibrated scores: frames (n_passages, n_frames), stance (n_actors, 3), directed (n_pairs, 3)."""
        windower = self._windower()
        asked = [query_actors(query) for query in queries]
        windows = [windower.cut(query.passage, actors) for query, actors in zip(queries, asked, strict=True)]
        outputs: list[Any] = [None] * len(queries)
        size = _BATCH if self.network_ is not None else 1
        order = sorted(range(len(queries)), key=lambda i: windows[i].size)
        batches = [order[start : start + size] for start in range(0, len(order), size)]
        batches.reverse()  # the longest first: none is left for one thread in the end
        for batch, parts in zip(batches, self._run_all([[windows[i] for i in b] for b in batches]), strict=True):
            for row, i in enumerate(batch):
                outputs[i] = [part[row] for part in parts]
        pieces = [self._select(query, *output) for query, output in zip(queries, outputs, strict=True)]
        joined = Logits.concatenate(pieces, len(self.frames))
        if self._asked is not None:
            joined = replace(joined, frames=joined.frames[:, list(self._asked)])
        return Logits(*(getattr(joined, task) if task in self.tasks else getattr(joined, task)[:0] for task in TASKS))

    def anew(self) -> TransformerLabeler:
        """The same labeler, not fitted, for as many epochs as were best."""
        config = replace(self.config, epochs=self.epochs_, patience=0)
        return type(self)(self.frames, self.names, config, self.seed, self.download, self.start)

    def without(self, tasks: frozenset[str]) -> TransformerLabeler:
        """The same labeler, some tasks forgotten."""
        labeler = self._copy()
        labeler.tasks = self.tasks - tasks
        return labeler

    def facing(self, frames: Sequence[str], names: Mapping[str, str]) -> TransformerLabeler:
        """The same labeler for some of its frames, in this order, and for actors with other names.

        What it learned of stances is about no actor of its own: each is read from its mentions, or from its name.
        """
        labeler = self.without(frozenset() if frames else frozenset([FRAMES]))
        labeler.names = dict(names)
        labeler._asked = tuple(self.frames.index(frame) for frame in frames)
        if hasattr(self, "_windows"):
            labeler._windows = Windower(self._windows.tokenizer, labeler.names, self._max_tokens)
        return labeler

    def resolved_config(self) -> dict[str, Any]:
        """Every setting, for the record kept with the model."""
        return {**asdict(self.config), "max_tokens": self._max_tokens, "inference": self.precision, "pad": self._pad}

    def exported(self, precision: str) -> TransformerLabeler:
        """The trained labeler as it is saved and run: two ONNX graphs, in one of `onnx.export.PRECISIONS`."""
        if self.network_ is None:
            raise ValueError("nothing trained here to export")
        labeler = self._copy()
        encoder, heads = export_network(self.network_)
        if precision != FP32:
            at_random = np.random.default_rng(self.seed) if self.config.start else None
            encoder = quantised(encoder, precision == INT8_PRODUCTS, at_random)
            heads = quantised(heads, False, at_random)
        labeler._files |= {ENCODER: encoder, HEADS: heads}
        labeler.network_ = None
        labeler.precision = precision
        return labeler._started()

    def unexported(self) -> TransformerLabeler:
        """A labeler that was loaded as a network again, with the weights that were kept: to be exported otherwise."""
        labeler = type(self)(self.frames, self.names, self.config, self.seed, start=self)
        labeler.network_, labeler.tasks, labeler.start = labeler._new_network().eval(), self.tasks, None
        return labeler

    def files(self) -> dict[str, bytes]:
        """What a model folder keeps of it, for `from_files`."""
        return dict(self._files)

    @classmethod
    def from_files(
        cls,
        files: Mapping[str, bytes],
        frames: Sequence[str],
        names: Mapping[str, str],
        config: Mapping[str, Any],
        seed: int,
        tasks: frozenset[str],
    ) -> TransformerLabeler:
        """A labeler that labels, from what `files` gave; raises `InputError` where they can't be used."""
        settings = {key: value for key, value in config.items() if key not in ("inference", "pad")}
        labeler = cls(frames, names, parse_config(settings, "config"), seed)
        labeler.tasks = tasks
        labeler.precision = str(config.get("inference"))
        labeler._files = dict(files)
        labeler._max_tokens = labeler.config.max_tokens
        if not 0 < labeler._max_tokens <= _MAX_TOKENS:
            raise InputError(f"max_tokens in its settings is not from 1 to {_MAX_TOKENS}")
        pad = config.get("pad")
        if not isinstance(pad, int) or isinstance(pad, bool) or not 0 <= pad < _VOCABULARY:
            raise InputError("the padding token is missing from its settings, or no token")
        labeler._pad = pad
        return labeler._started()

    def _copy(self) -> TransformerLabeler:
        labeler = type(self)(self.frames, self.names, self.config, self.seed, self.download, self.start)
        labeler.__dict__.update(self.__dict__)
        labeler._files = dict(self._files)
        return labeler

    def _started(self) -> TransformerLabeler:
        self._graphs = Graphs(self._files[ENCODER], self._files[HEADS])
        self._windows = open_windower(self._files[TOKENIZER], self.names, self._max_tokens, TOKENIZER)
        return self

    def _windower(self) -> Windower:
        from tokenizers import Tokenizer

        if self.network_ is None and hasattr(self, "_windows"):
            return self._windows
        return Windower(Tokenizer.from_buffer(self._files[TOKENIZER]), self.names, self._max_tokens)

    def _run_all(self, batches: Sequence[Sequence[Windows]]) -> Iterator[Sequence[np.ndarray]]:
        """What `_run` gives for each batch, `n_jobs` at a time where it is a graph that runs."""

        def run(batch: Sequence[Windows]) -> Sequence[np.ndarray]:
            return self._run(collate(batch, self._pad))

        yield from side_by_side(run, batches, self.n_jobs if self.network_ is None else 1)

    def _run(self, arrays: Mapping[str, np.ndarray]) -> Sequence[np.ndarray]:
        if self.network_ is None:
            return self._run_graph(arrays)
        import torch

        from stance.labelers.trainer import mixed_precision

        device = next(self.network_.parameters()).device
        with torch.inference_mode(), mixed_precision(device, self.config.precision):
            outputs = self.network_(**{k: torch.from_numpy(v).to(device) for k, v in arrays.items()})
        return [output.float().cpu().numpy() for output in outputs]

    def _run_graph(self, arrays: Mapping[str, np.ndarray]) -> Sequence[np.ndarray]:
        outputs = self._graphs.run(arrays)
        rows, actors = arrays["places"].shape[:2]
        shapes = [(rows, len(self.frames)), (rows, actors, 3), (rows, actors, actors, 3)]
        if [np.shape(output) for output in outputs] != shapes:
            raise InputError(f"{HEADS} gives arrays of other shapes than its codebook asks for")
        if not all(np.isfinite(output).all() for output in outputs):
            raise InputError(f"{HEADS} gives numbers that are not finite")
        return outputs

    def _select(self, query: Query, frames: np.ndarray, stance: np.ndarray, directed: np.ndarray) -> Logits:
        """The rows that a query asks for."""
        place = {actor: i for i, actor in enumerate(query_actors(query))}
        actors = [place[actor] for actor in query.actors]
        pairs = np.array([(place[h], place[t]) for h, t in query.pairs], dtype=int).reshape(-1, 2)
        return Logits(frames[None], stance[actors].reshape(-1, 3), directed[pairs[:, 0], pairs[:, 1]])

    def _new_network(self) -> Network:
        import torch
        from transformers import AutoConfig, AutoModel, AutoTokenizer
        from transformers.utils.logging import disable_progress_bar

        from stance.labelers.network import Network

        disable_progress_bar()  # type: ignore[no-untyped-call]
        torch.manual_seed(self.seed)
        source = encoder_source(self.config.encoder)
        options: Any = {"local_files_only": not self.download, "trust_remote_code": False}
        try:
            settings = AutoConfig.from_pretrained(source, **options)
            tokenizer = AutoTokenizer.from_pretrained(source, use_fast=True, **options)
            for name in _ATTENTION_DROPOUT:
                if hasattr(settings, name):
                    setattr(settings, name, self.config.attention_dropout)
            encoder = AutoModel.from_pretrained(
                source, config=settings, use_safetensors=True, dtype=torch.float32, **options
            )
        except (OSError, ValueError, KeyError, ImportError) as error:
            raise InputError(no_encoder(self.config.encoder, self.download, error)) from None
        if getattr(tokenizer, "backend_tokenizer", None) is None:
            raise InputError(f"encoder {self.config.encoder}: has no fast tokenizer (tokenizer.json); choose another")
        self._files[TOKENIZER] = tokenizer.backend_tokenizer.to_str().encode()
        self._pad = int(tokenizer.pad_token_id or 0)
        most = min(_MAX_TOKENS, tokenizer.model_max_length, getattr(settings, "max_position_embeddings", _MAX_TOKENS))
        self._max_tokens = min(self.config.max_tokens or most, most)
        config = self.config
        if settings.hidden_size % config.attention_heads:
            raise InputError(
                f"attention_heads {config.attention_heads}: give one that divides {settings.hidden_size}, the encoder's"
            )
        network = Network(encoder, len(self.frames), config.width, config.attention_heads, config.dropout)
        if self.start is not None:
            _take_weights(network, self.frames, self.start)
        return network


def _take_weights(network: Network, frames: Sequence[str], start: TransformerLabeler) -> None:
    """Begin with the weights of another labeler; the rows of frames that it does not know stay as they are."""
    import torch

    own = network.state_dict()
    try:
        taken = {
            name: torch.tensor(array)
            for name, array in read_weights(start._files[ENCODER], start._files[HEADS]).items()
        }
    except (LookupError, StopIteration, ValueError, TypeError):
        raise InputError(
            "the model to start from can't be trained on: its graphs are not made as ours are; name another, or none"
        ) from None
    for name in FRAME_ROWS:
        rows, theirs = own[name].clone(), taken.get(name)
        if theirs is not None and theirs.shape[1:] == rows.shape[1:]:
            for row, frame in enumerate(frames):
                if frame in start.frames:
                    rows[row] = theirs[start.frames.index(frame)]
            taken[name] = rows
    needed = {name for name, _ in network.named_parameters() if "pooler" not in name}
    wrong = [name for name in sorted(needed) if name not in taken or taken[name].shape != own[name].shape]
    if wrong:
        raise InputError(
            f"the model to start from can't be trained on: {wrong[0]} is missing from it or of another shape; start "
            "from one of the same encoder and width, or from none"
        )
    network.load_state_dict({name: taken[name] for name in own if name in taken}, strict=False)


class _Silent:
    def note(self, message: str) -> None: ...

    def advance(self, step: int, steps: int, message: str) -> None: ...
