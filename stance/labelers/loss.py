"""The loss of the three tasks, and how rare labels are weighed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from stance.labelers.targets import MISSING, Example, Targets, known_rows
from stance.labelers.tasks import DIRECTED, STANCE
from stance.records import STANCES


def joint_loss(
    outputs: Sequence[Tensor], gold: Sequence[Tensor], weights: Sequence[Tensor], label_smoothing: float
) -> Tensor:
    """The sum of the tasks' losses, each the mean over what is labelled; a task without labels adds nothing.

    Parameters
    ----------
    outputs : frames (n, n_frames), stance (n, n_actors, 3), directed (n, n_actors, n_actors, 3)
    gold : the same, as probabilities; `MISSING` where there is nothing to learn from
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
        known = labels[..., 0] != MISSING
        losses.append(logits.sum() * 0.0)
        if known.any():
            wanted = labels[known]
            smooth = (1.0 - label_smoothing) * wanted + label_smoothing / len(STANCES)
            losses.append(-(smooth * weight * logits[known].log_softmax(-1)).sum() / (wanted * weight).sum())
    return torch.stack(losses).sum()


def class_weights(
    examples: Sequence[Example], targets: Sequence[Targets], weights: Mapping[str, float], power: float
) -> list[Tensor]:
    """Weights of frames that apply, and of stances: their inverse odds or frequency to a power, at most 10."""
    corpus = np.array([weights[example.corpus] for example in examples])
    frames = np.array([target.frames for target in targets])
    known = (frames != MISSING) * corpus[:, None]
    positive = np.where(frames != MISSING, frames * known, 0.0).sum(0)
    odds = (known.sum(0) - positive) / np.maximum(positive, 1.0)
    parts = [np.where(positive > 0, np.clip(odds, 1.0, None) ** power, 1.0)]
    for task in (STANCE, DIRECTED):
        counts = np.zeros(len(STANCES))
        for weight, target in zip(corpus, targets, strict=True):
            counts += weight * known_rows(getattr(target, task)).sum(0)
        shares = counts / max(counts.sum(), 1.0)
        parts.append(np.where(counts > 0, np.maximum(shares * len(STANCES), 1e-3) ** -power, 1.0))
    return [torch.tensor(np.clip(part, 0.1, 10.0), dtype=torch.float32) for part in parts]
