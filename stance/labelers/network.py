"""The network: one pass of an encoder over a passage, actors pooled from it, and the three heads. Needs torch."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from stance.labelers.windows import MENTION, N_PLACES
from stance.records import STANCES

_FAR = -1e4


class Network(nn.Module):
    """Encoder and heads: a passage is encoded once, whatever the number of its actors.

    Parameters
    ----------
    encoder : nn.Module
        A Hugging Face encoder.
    n_frames : int
    width : int
        Of the heads' hidden layers.
    attention_heads : int
        Of each pooling by attention.
    dropout : float
    """

    def __init__(self, encoder: nn.Module, n_frames: int, width: int, attention_heads: int, dropout: float):
        super().__init__()
        size = int(encoder.config.hidden_size)  # type: ignore[union-attr,arg-type]
        self.encoder = encoder
        self.frames = FrameHead(size, n_frames, width, attention_heads, dropout)
        self.actors = ActorHeads(size, width, attention_heads, dropout)

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, tokens: Tensor, text: Tensor, places: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Logits from the arrays of `stance.labelers.windows.collate`.

        Returns
        -------
        tuple of Tensor
            Frames (n_passages, n_frames), stance (n_passages, n_actors, 3), directed (n_passages, n_actors,
            n_actors, 3), holders along the second axis, targets along the third.
        """
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        frames, stance, directed, *_ = judged(self.frames, self.actors, hidden.flatten(0, 1)[tokens], text, places)
        return frames, stance, directed


class Encoder(nn.Module):
    """The encoder alone, as it is exported: states of shape (n_windows, n_tokens, size)."""

    def __init__(self, encoder: nn.Module):
        super().__init__()
        self.encoder = encoder

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        return self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state


class Heads(nn.Module):
    """The heads alone, as they are exported: they take the states of all windows' tokens, (n_tokens, size)."""

    def __init__(self, frames: FrameHead, actors: ActorHeads):
        super().__init__()
        self.frames, self.actors = frames, actors

    def forward(self, states: Tensor, tokens: Tensor, text: Tensor, places: Tensor) -> tuple[Tensor, ...]:
        return judged(self.frames, self.actors, states[tokens], text, places)


def judged(frames: FrameHead, actors: ActorHeads, states: Tensor, text: Tensor, places: Tensor) -> tuple[Tensor, ...]:
    """What the heads say of passages whose tokens have these states, (n_passages, n_tokens, size).

    Returns
    -------
    tuple of Tensor
        The logits of frames, stance and directed stances, as `Network.forward` gives them; then the vectors behind:
        the mean of each passage (n_passages, size), of actors (n_passages, n_actors, width) and of pairs (n_passages,
        n_actors, n_actors, width).
    """
    passage = _mean(states, text)
    stance, directed, own, pairs = actors(states, text, places, passage)
    return frames(states, text, passage), stance, directed, passage, own, pairs


class FrameHead(nn.Module):
    """Every frame reads the passage with attention of its own (after Mullenbach et al. 2018), beside the mean."""

    def __init__(self, size: int, n_frames: int, width: int, attention_heads: int, dropout: float):
        super().__init__()
        self.pool = AttentionPool(size, attention_heads)
        self.queries = nn.Parameter(torch.randn(n_frames, size) * size**-0.5)
        self.read = nn.Linear(size, width)
        self.passage = nn.Linear(size, width)
        self.dropout = nn.Dropout(dropout)
        self.weights = nn.Parameter(torch.randn(n_frames, width) * width**-0.5)
        self.bias = nn.Parameter(torch.zeros(n_frames))

    def forward(self, states: Tensor, text: Tensor, passage: Tensor) -> Tensor:
        keys, values = self.pool.keys_and_values(states)
        scores = self.pool.scores(self.queries[None], keys)
        read = self.pool.read(scores + _outside(text)[:, None, None, :], values)
        hidden = nn.functional.gelu(self.read(self.dropout(read)) + self.passage(self.dropout(passage))[:, None])
        return (self.dropout(hidden) * self.weights).sum(-1) + self.bias


class ActorHeads(nn.Module):
    """Stance of each actor, and of each ordered pair.

    An actor is the mean of its mentions' tokens, and what its attention reads from the passage, drawn by where tokens
    lie seen from it. A pair adds up the attention scores of holder and target and reads once more.
    """

    def __init__(self, size: int, width: int, attention_heads: int, dropout: float):
        super().__init__()
        self.pool = AttentionPool(size, attention_heads)
        self.pair_pool = AttentionPool(size, attention_heads)
        self.near = nn.Embedding(N_PLACES, attention_heads)
        self.holder_near = nn.Embedding(N_PLACES, attention_heads)
        self.target_near = nn.Embedding(N_PLACES, attention_heads)
        for table in (self.near, self.holder_near, self.target_near):
            nn.init.zeros_(table.weight)
        self.actor = nn.Linear(2 * size, width)
        self.passage = nn.Linear(size, width)
        self.holder_query, self.target_query = nn.Linear(size, size), nn.Linear(size, size)
        self.holder, self.target = nn.Linear(2 * size, width), nn.Linear(2 * size, width)
        self.between, self.pair_passage = nn.Linear(size, width), nn.Linear(size, width)
        self.product = nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)
        self.stance, self.directed = nn.Linear(width, len(STANCES)), nn.Linear(width, len(STANCES))

    def forward(self, states: Tensor, text: Tensor, places: Tensor, passage: Tensor) -> tuple[Tensor, ...]:
        mentions = (places == MENTION).to(states.dtype)
        mean = mentions @ states / mentions.sum(-1, keepdim=True).clamp(min=1.0)
        outside = _outside(text)
        keys, values = self.pool.keys_and_values(states)
        scores = self.pool.scores(mean, keys) + self.near(places).permute(0, 3, 1, 2)
        actors = self.dropout(torch.cat([mean, self.pool.read(scores + outside[:, None, None, :], values)], -1))
        dropped = self.dropout(passage)
        own = nn.functional.gelu(self.actor(actors) + self.passage(dropped)[:, None])
        keys, values = self.pair_pool.keys_and_values(states)
        holder = self.pair_pool.scores(self.holder_query(mean), keys) + self.holder_near(places).permute(0, 3, 1, 2)
        target = self.pair_pool.scores(self.target_query(mean), keys) + self.target_near(places).permute(0, 3, 1, 2)
        both = (holder + outside[:, None, None, :])[:, :, :, None] + target[:, :, None, :]
        read = self.pair_pool.read(both.flatten(2, 3), values)
        read = read.reshape(read.shape[0], mean.shape[1], mean.shape[1], read.shape[2])
        left, right = self.holder(actors)[:, :, None], self.target(actors)[:, None]
        pair = left + right + self.between(self.dropout(read)) + self.pair_passage(dropped)[:, None, None]
        pairs = nn.functional.gelu(pair + self.product(torch.tanh(left) * torch.tanh(right)))
        return self.stance(self.dropout(own)), self.directed(self.dropout(pairs)), own, pairs


class AttentionPool(nn.Module):
    """Scaled dot-product attention (Vaswani et al. 2017) from a few vectors to the tokens of a passage."""

    def __init__(self, size: int, heads: int):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value = nn.Linear(size, size), nn.Linear(size, size), nn.Linear(size, size)

    def keys_and_values(self, states: Tensor) -> tuple[Tensor, Tensor]:
        return self._split(self.key(states)), self._split(self.value(states))

    def scores(self, vectors: Tensor, keys: Tensor) -> Tensor:
        """Of shape (n_passages, heads, n_vectors, n_tokens)."""
        queries = self._split(self.query(vectors))
        return queries @ keys.transpose(-1, -2) * queries.shape[-1] ** -0.5

    def read(self, scores: Tensor, values: Tensor) -> Tensor:
        """What is read at these scores, of shape (n_passages, n_vectors, size)."""
        return (scores.softmax(-1) @ values).transpose(1, 2).flatten(2)

    def _split(self, states: Tensor) -> Tensor:
        return states.reshape(*states.shape[:2], self.heads, -1).transpose(1, 2)


def _mean(states: Tensor, text: Tensor) -> Tensor:
    weights = text.to(states.dtype)[:, :, None]
    return (states * weights).sum(1) / weights.sum(1).clamp(min=1.0)


def _outside(text: Tensor) -> Tensor:
    """Added to attention scores: nothing for the passage's tokens, far below all else for others."""
    return (1.0 - text) * _FAR
