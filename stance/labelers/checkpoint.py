"""The state of a training, kept on disk so that a killed run goes on."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Protocol

import torch

from stance.formats.writing import replacing
from stance.labelers.network import Network
from stance.records import InputError

_NUMBERS = ("step", "epoch", "stale", "best_score", "best_epoch")


class State:
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


class Progress(Protocol):
    """Where the trainer reports to."""

    def note(self, message: str) -> None: ...

    def advance(self, step: int, steps: int, message: str) -> None: ...
