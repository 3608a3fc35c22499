"""The vectors behind the stances of a transformer: each actor, and each pair, as one vector that knows stance."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from stance.labelers.onnx.export import ACTORS, PAIRS
from stance.labelers.onnx.runtime import ENCODER, HEADS, Graphs
from stance.labelers.sentences import TOKENIZER, EncoderSettings, digest_of
from stance.labelers.tasks import DIRECTED, STANCE, Query, query_actors
from stance.labelers.windows import Windower, collate, open_windower
from stance.machine import side_by_side
from stance.records import STANCES, InputError


class StanceEncoder:
    """The hidden vectors of a transformer's heads for actors and pairs, and its logits behind them.

    Parameters
    ----------
    parts : sequence of bytes
        The `FILES` of a transformer's model folder. Heads that give no vectors give their logits alone.
    settings : EncoderSettings
    names : Mapping from actor id to name
        How to spell an actor that a passage does not mention.
    """

    def __init__(self, parts: Sequence[bytes], settings: EncoderSettings, names: Mapping[str, str]):
        encoder, heads, tokenizer = self.parts = tuple(parts)
        self.settings = settings
        self.digest = digest_of(self.parts, settings)
        self._graphs = Graphs(encoder, heads)
        self._windows = open_windower(tokenizer, names, settings.max_tokens, TOKENIZER)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.parts, self.settings, self._windows.names)

    def facing(self, names: Mapping[str, str]) -> StanceEncoder:
        """The same for actors with other names."""
        encoder = object.__new__(type(self))
        encoder.__dict__.update(self.__dict__)
        encoder._windows = Windower(self._windows.tokenizer, names, self.settings.max_tokens)
        return encoder

    def key(self, query: Query) -> bytes:
        """What tells the vectors of a query from all others."""
        places = [(mention.actor, mention.start, mention.end) for mention in query.passage.mentions or ()]
        names = [self._windows.names.get(actor) for actor in query_actors(query)]
        asked = json.dumps([query.passage.text, places, query.actors, query.pairs, names])
        return hashlib.sha256(self.digest + asked.encode("utf-8", "surrogatepass")).digest()

    def vectors(self, queries: Sequence[Query], threads: int = 1) -> list[np.ndarray]:
        """Those of each query: its actors, then its pairs, of shape (n_actors + n_pairs, size)."""
        return list(side_by_side(self._vectors, queries, threads))

    def _vectors(self, query: Query) -> np.ndarray:
        asked = query_actors(query)
        arrays = collate([self._windows.cut(query.passage, asked)], self.settings.pad)
        vectors = self._graphs.gives_vectors
        stance, directed, *behind = self._graphs.run(arrays, (STANCE, DIRECTED, *((ACTORS, PAIRS) if vectors else ())))
        own, pairs = (
            np.concatenate([logits, *hidden], axis=-1)[0]
            for logits, hidden in ((stance, behind[:1]), (directed, behind[1:]))
        )
        n = max(1, len(asked))
        if own.shape[:-1] != (n,) or pairs.shape[:-1] != (n, n) or own.shape[-1] != pairs.shape[-1]:
            raise InputError(f"{HEADS} gives arrays of other shapes than its inputs ask for")
        if not (np.isfinite(own).all() and np.isfinite(pairs).all()):
            raise InputError(f"{HEADS} gives numbers that are not finite")
        place = {actor: i for i, actor in enumerate(asked)}
        rows = [own[place[actor]] for actor in query.actors]
        rows += [pairs[place[holder], place[target]] for holder, target in query.pairs]
        return np.stack(rows).astype(np.float32) if rows else np.zeros((0, own.shape[-1]), dtype=np.float32)


FILES = ENCODER, HEADS, TOKENIZER
"""The files of a transformer that its vectors come from."""
N_LOGITS = len(STANCES)
"""So many numbers of each vector, the first ones, are logits."""
