"""Training a network on corpora that each carry some of the labels. Needs torch and datasets."""

from __future__ import annotations

import contextlib
import copy
import hashlib
import io
import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from stance.files import replacing
from stance.network import Network
from stance.recipe import TransformerConfig
from stance.records import STANCES, InputError, LabelledPassage, Mention, Passage
from stance.tasks import DIRECTED, FRAMES, STANCE
from stance.windows import Windower, collate

MISSING = -100
"""The target of an actor or pair without a label, and of a frame in a passage not labelled for frames."""
_BUCKET = 50


class Progress(Protocol):
    """Where the trainer reports to."""

    def note(self, message: str) -> None: ...

    def advance(self, step: int, steps: int, message: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled passage, and the actors that its labels speak of."""

    passage: Passage
    actors: tuple[str, ...]
    row: LabelledPassage
    corpus: str


@dataclass(frozen=True, slots=True)
class Targets:
    """What the heads are to say of an example: (n_frames,), (n_actors,), (n_actors, n_actors)."""

    frames: np.ndarray
    stance: np.ndarray
    directed: np.ndarray


def targets_of(example: Example, frames: Sequence[str]) -> Targets:
    labels, place = example.row.labels, {actor: i for i, actor in enumerate(example.actors)}
    n = len(place)
    frame = np.full(len(frames), float(MISSING), dtype=np.float32)
    if labels.frames is not None:
        frame[:] = [f in labels.frames for f in frames]
    stance, directed = np.full(n, MISSING), np.full((n, n), MISSING)
    for actor, label in (labels.stance or {}).items():
        stance[place[actor]] = STANCES.index(label)
    for (holder, target), label in (labels.directed or {}).items():
        directed[place[holder], place[target]] = STANCES.index(label)
    return Targets(frame, stance, directed)


@dataclass
class Trainer:
    """Fits a network.

    Parameters
    ----------
    network : Network
    windower : Windower
    frames : sequence of str
    config : TransformerConfig
    seed : int
        Of the order of passages, dropout and swapped names: the same seed, machine and number of threads give the
        same network, whether it was trained in one go or resumed.
    pad : int
        The encoder's padding token.
    names : sequence of str
        What swapped actors are called.
    checkpoint : Path or None
        Where to keep the state; a state found there that the same data and settings left is gone on from.

    Attributes
    ----------
    best_epoch : int
        The epoch, from 1, whose network `fit` returned.
    """

    network: Network
    windower: Windower
    frames: Sequence[str]
    config: TransformerConfig
    seed: int
    pad: int
    names: Sequence[str]
    checkpoint: Path | None
    progress: Progress
    best_epoch: int = 0

    def fit(
        self, examples: Sequence[Example], weights: Mapping[str, float], score: Callable[[Network], float] | None
    ) -> Network:
        """Train, and return the network of the best epoch (the last one without `score`).

        Parameters
        ----------
        weights : Mapping from corpus to float
            How often its passages are seen in an epoch.
        score : callable or None
            The dev score of a network, larger is better.
        """
        torch.manual_seed(self.seed)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.network.to(self.device)
        self._examples = examples
        self._targets = [targets_of(example, self.frames) for example in examples]
        self._lengths = [self.windower.cut(e.passage, e.actors).size for e in examples]
        self._class_weights = class_weights(examples, self._targets, weights, self.config.balance)
        epochs = [self._plan(epoch, weights) for epoch in range(self.config.epochs)]
        steps = sum(len(plan) for plan in epochs)
        optimizer = _optimizer(self.network, self.config)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, _Rate(steps, self.config.warmup))
        state = _State(self.network, optimizer, schedule, self._digest(weights))
        state.load(self.checkpoint, self.progress)
        done = 0
        for epoch, plan in enumerate(epochs):
            if self.config.patience and state.stale >= self.config.patience:
                self.progress.note(f"no better dev score in {state.stale} epochs: stopped")
                break
            if epoch >= state.epoch:
                self._run_epoch(plan, done, steps, state)
                self._finish_epoch(epoch, steps, state, score)
            done += len(plan)
        self.network.load_state_dict(state.best)
        self.best_epoch = state.best_epoch or state.epoch
        return self.network.eval()

    def _run_epoch(self, plan: Sequence[list[int]], done: int, steps: int, state: _State) -> None:
        self.network.train()
        for number, batch in enumerate(plan, done):
            if number < state.step:
                continue
            torch.manual_seed(self.seed * 1_000_003 + number)
            loss = self._loss(batch, np.random.default_rng((self.seed, 1, number)))
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
            state.advance(self.config.averaging)
            self.progress.advance(state.step, steps, f"loss {loss.item():.3f}")
            if state.step % self.config.checkpoint_steps == 0:
                state.save(self.checkpoint)

    def _finish_epoch(self, epoch: int, steps: int, state: _State, score: Callable[[Network], float] | None) -> None:
        state.epoch = epoch + 1
        if score is None:
            state.best = state.averaged
        else:
            trained = copy.deepcopy(self.network.state_dict())
            self.network.load_state_dict(state.averaged)
            value = score(self.network.eval())
            self.network.load_state_dict(trained)
            state.judge(value)
            self.progress.note(
                f"epoch {epoch + 1} of {self.config.epochs}, step {state.step} of {steps}: dev {value:.4f}"
            )
        state.save(self.checkpoint)

    def _loss(self, batch: Sequence[int], generator: np.random.Generator) -> Tensor:
        windows, targets = [], []
        for index in batch:
            example, target = self._examples[index], self._targets[index]
            passage = example.passage
            if generator.random() < self.config.swap_names:
                passage = swap_names(passage, self.names, generator)
                if passage is not example.passage:
                    target = replace(target, frames=np.full_like(target.frames, MISSING))
            windows.append(self.windower.cut(passage, example.actors))
            targets.append(target)
        arrays = collate(windows, self.pad)
        with mixed_precision(self.device, self.config.precision):
            outputs = self.network(**{k: torch.from_numpy(v).to(self.device) for k, v in arrays.items()})
        gold = _stack(targets, arrays["places"].shape[1])
        return joint_loss(
            [output.float() for output in outputs],
            [torch.from_numpy(part).to(self.device) for part in gold],
            [weights.to(self.device) for weights in self._class_weights],
            self.config.label_smoothing,
        )

    def _plan(self, epoch: int, weights: Mapping[str, float]) -> list[list[int]]:
        """The batches of an epoch: each corpus by its weight, shuffled, alike lengths together."""
        from datasets import Dataset, concatenate_datasets
        from datasets.utils.logging import disable_progress_bar

        disable_progress_bar()
        parts = []
        for corpus in dict.fromkeys(example.corpus for example in self._examples):
            own = [i for i, example in enumerate(self._examples) if example.corpus == corpus]
            whole, part = divmod(weights[corpus], 1.0)
            dataset = Dataset.from_dict({"example": own, "length": [self._lengths[i] for i in own]})
            drawn = dataset.shuffle(seed=_number(self.seed, epoch, corpus)).select(range(round(part * len(own))))
            parts += [dataset] * int(whole) + [drawn]
        mixed = concatenate_datasets(parts).shuffle(seed=_number(self.seed, epoch, ""))
        rows = list(zip(mixed["example"], mixed["length"], strict=True))
        size = self.config.batch_size
        batches: list[list[int]] = []
        for start in range(0, len(rows), _BUCKET * size):
            bucket = sorted(rows[start : start + _BUCKET * size], key=lambda row: row[1])
            batches += [[i for i, _ in bucket[k : k + size]] for k in range(0, len(bucket), size)]
        order = np.random.default_rng((self.seed, 0, epoch)).permutation(len(batches))
        return [batches[i] for i in order]

    def _digest(self, weights: Mapping[str, float]) -> str:
        """Of everything that decides on the result: a checkpoint of other data or settings is not gone on from."""
        rows = hashlib.sha256(repr([(e.passage, e.actors, e.row.labels, e.corpus) for e in self._examples]).encode())
        settings = {**asdict(self.config), "checkpoint_steps": 0}
        return json.dumps([settings, self.seed, dict(weights), list(self.frames), rows.hexdigest()])


def swap_names(passage: Passage, names: Sequence[str], generator: np.random.Generator) -> Passage:
    """The passage with every actor under another name, the same throughout; as it was where mentions overlap."""
    mentions = sorted(passage.mentions or (), key=lambda m: m.start)
    if not mentions or any(a.end > b.start for a, b in itertools.pairwise(mentions)):
        return passage
    actors = list(dict.fromkeys(mention.actor for mention in mentions))
    if len(names) < len(actors):
        return passage
    chosen = dict(zip(actors, generator.choice(len(names), size=len(actors), replace=False), strict=True))
    text, moved, position = "", [], 0
    for mention in mentions:
        text += passage.text[position : mention.start]
        name = names[chosen[mention.actor]]
        moved.append(Mention(mention.actor, len(text), len(text) + len(name)))
        text += name
        position = mention.end
    return replace(passage, text=text + passage.text[position:], mentions=tuple(moved))


def joint_loss(
    outputs: Sequence[Tensor], gold: Sequence[Tensor], weights: Sequence[Tensor], label_smoothing: float
) -> Tensor:
    """The sum of the tasks' losses, each the mean over what is labelled; a task without labels adds nothing.

    Parameters
    ----------
    outputs : frames (n, n_frames), stance (n, n_actors, 3), directed (n, n_actors, n_actors, 3)
    gold : the same without the last axis of stances; `MISSING` where there is no label
    weights : (n_frames,) weight of a frame that applies; (3,) and (3,) weights of the stances
    """
    frames, stance, directed = outputs
    known = gold[0] != MISSING
    losses = [frames.sum() * 0.0]
    if known.any():
        raw = nn.functional.binary_cross_entropy_with_logits(
            frames, gold[0].clamp(min=0.0), pos_weight=weights[0], reduction="none"
        )
        losses.append((raw * known).sum() / known.sum())
    for logits, labels, weight in ((stance, gold[1], weights[1]), (directed, gold[2], weights[2])):
        losses.append(logits.sum() * 0.0)
        if (labels != MISSING).any():
            losses.append(
                nn.functional.cross_entropy(
                    logits.flatten(0, -2),
                    labels.flatten(),
                    weight,
                    ignore_index=MISSING,
                    label_smoothing=label_smoothing,
                )
            )
    return torch.stack(losses).sum()


def class_weights(
    examples: Sequence[Example], targets: Sequence[Targets], weights: Mapping[str, float], power: float
) -> list[Tensor]:
    """Weights of frames that apply, and of stances: their inverse odds or frequency to a power, at most 10."""
    corpus = np.array([weights[example.corpus] for example in examples])
    frames = np.array([target.frames for target in targets])
    known = (frames != MISSING) * corpus[:, None]
    positive = ((frames == 1.0) * known).sum(0)
    odds = (known.sum(0) - positive) / np.maximum(positive, 1.0)
    parts = [np.where(positive > 0, np.clip(odds, 1.0, None) ** power, 1.0)]
    for task in (STANCE, DIRECTED):
        counts = np.zeros(len(STANCES))
        for weight, target in zip(corpus, targets, strict=True):
            labels = getattr(target, task).ravel()
            counts += weight * np.bincount(labels[labels != MISSING], minlength=len(STANCES))
        shares = counts / max(counts.sum(), 1.0)
        parts.append(np.where(counts > 0, np.maximum(shares * len(STANCES), 1e-3) ** -power, 1.0))
    return [torch.tensor(np.clip(part, 0.1, 10.0), dtype=torch.float32) for part in parts]


def labelled_tasks(examples: Sequence[Example], frames: Sequence[str]) -> frozenset[str]:
    """The tasks that have two kinds of labels to tell apart."""
    kinds: dict[str, set[float]] = {FRAMES: set(), STANCE: set(), DIRECTED: set()}
    for example in examples:
        target = targets_of(example, frames)
        for task, seen in kinds.items():
            seen.update(np.unique(getattr(target, task)).tolist())
    return frozenset(task for task, seen in kinds.items() if len(seen - {MISSING}) > 1)


def mixed_precision(device: torch.device, precision: str) -> contextlib.AbstractContextManager[Any]:
    """bf16 where it is wanted, or the CPU or GPU has matrix units for it."""
    has_units = torch.cuda.is_bf16_supported() if device.type == "cuda" else torch.cpu._is_amx_tile_supported()
    wanted = precision == "bf16" or (precision == "auto" and has_units)
    return torch.autocast(device.type, torch.bfloat16, enabled=wanted)


class _Rate:
    """Linear warm-up to the peak, linear decay to nothing."""

    def __init__(self, steps: int, warmup: float):
        self.steps, self.rising = steps, max(1, round(warmup * steps))

    def __call__(self, step: int) -> float:
        if step < self.rising:
            return (step + 1) / self.rising
        return max(0.0, (self.steps - step) / max(1, self.steps - self.rising))


_NUMBERS = ("step", "epoch", "stale", "best_score", "best_epoch")


class _State:
    """What a checkpoint holds."""

    def __init__(self, network: Network, optimizer: Any, schedule: Any, digest: str):
        self.network, self.optimizer, self.schedule, self.digest = network, optimizer, schedule, digest
        self.step = self.epoch = self.stale = 0
        self.best_score, self.best_epoch = float("-inf"), 0
        self.averaged = {k: v.detach().clone() for k, v in network.state_dict().items()}
        self.best = self.averaged

    def advance(self, averaging: float) -> None:
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.schedule.step()
        decay = min(averaging, self.step / (self.step + 10.0))
        for name, value in self.network.named_parameters():
            if value.requires_grad:
                self.averaged[name].lerp_(value.detach(), 1.0 - decay)
        self.step += 1

    def judge(self, value: float) -> None:
        self.stale += 1
        if value > self.best_score:
            self.best_score, self.best_epoch, self.stale = value, self.epoch, 0
            self.best = {k: v.clone() for k, v in self.averaged.items()}

    def save(self, path: Path | None) -> None:
        if path is None:
            return
        buffer = io.BytesIO()
        numbers = {k: getattr(self, k) for k in (*_NUMBERS, "digest", "averaged", "best")}
        parts = {k: getattr(self, k).state_dict() for k in ("network", "optimizer", "schedule")}
        torch.save({**numbers, **parts}, buffer)
        with replacing(path) as stream:
            stream.write(buffer.getvalue())

    def load(self, path: Path | None, progress: Progress) -> None:
        if path is None or not path.exists():
            return
        try:
            values = torch.load(path, weights_only=True, map_location="cpu")
            same = values["digest"] == self.digest and values.keys() >= set(_NUMBERS)
        except Exception as error:
            raise InputError(f"{path}: no checkpoint ({type(error).__name__}); remove it to start anew") from None
        if not same:
            raise InputError(f"{path}: left by other data or settings; give those again, or remove it to start anew")
        for name in ("network", "optimizer", "schedule"):
            getattr(self, name).load_state_dict(values[name])
        for name in (*_NUMBERS, "averaged", "best"):
            setattr(self, name, values[name])
        devices = {name: value.device for name, value in self.network.state_dict().items()}
        self.averaged = {name: value.to(devices[name]) for name, value in self.averaged.items()}
        progress.note(f"gone on from step {self.step} of {path}")


def _optimizer(network: Network, config: TransformerConfig) -> torch.optim.Optimizer:
    """AdamW with rates that fall from the last layer of the encoder to the first."""
    layers = int(network.encoder.config.num_hidden_layers)  # type: ignore[union-attr,arg-type]
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if name.startswith("encoder."):
            numbers = [int(part) for part in name.split(".") if part.isdigit()]
            depth = numbers[0] + 1 if numbers and "layer" in name else 0
            if config.freeze_embeddings and "embeddings" in name:
                parameter.requires_grad_(False)
                continue
            rate = config.learning_rate * config.layer_decay ** (layers - depth)
        else:
            rate = config.head_rate
        decay = config.weight_decay if parameter.ndim > 1 else 0.0
        groups.setdefault((rate, decay), []).append(parameter)
    return torch.optim.AdamW([{"params": p, "lr": r, "weight_decay": d} for (r, d), p in groups.items()], fused=True)


def _stack(targets: Sequence[Targets], n_actors: int) -> Iterator[np.ndarray]:
    """Frames, stances and pairs of a batch, each padded with `MISSING`."""
    stance = np.full((len(targets), n_actors), MISSING)
    directed = np.full((len(targets), n_actors, n_actors), MISSING)
    for row, target in enumerate(targets):
        own = len(target.stance)
        stance[row, :own] = target.stance
        directed[row, :own, :own] = target.directed
    yield np.stack([target.frames for target in targets])
    yield stance
    yield directed


def _number(*parts: Any) -> int:
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:4], "big")
