"""Training a network on corpora that each carry some of the labels. Needs torch and datasets."""

from __future__ import annotations

import contextlib
import copy
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from stance.labelers.checkpoint import Progress, State
from stance.labelers.loss import class_weights, joint_loss
from stance.labelers.network import Network
from stance.labelers.recipe import TransformerConfig
from stance.labelers.targets import MISSING, Example, stack, swap_names, targets_of
from stance.labelers.windows import Windower, collate

_BUCKET = 50


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
        state = State(self.network, optimizer, schedule, self._digest(weights))
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

    def _run_epoch(self, plan: Sequence[list[int]], done: int, steps: int, state: State) -> None:
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

    def _finish_epoch(self, epoch: int, steps: int, state: State, score: Callable[[Network], float] | None) -> None:
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
        gold = stack(targets, arrays["places"].shape[1])
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
        rows = hashlib.sha256(
            repr([(e.passage, e.actors, e.row.labels, e.row.soft, e.corpus) for e in self._examples]).encode()
        )
        settings = {**asdict(self.config), "checkpoint_steps": 0}
        return json.dumps([settings, self.seed, dict(weights), list(self.frames), rows.hexdigest()])


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


def _number(*parts: Any) -> int:
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:4], "big")
