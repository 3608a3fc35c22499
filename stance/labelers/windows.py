"""Passages as an encoder takes them: token windows, where each actor's mentions lie, and batches of both."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from stance.formats.archives import reason_of
from stance.quoting import quote
from stance.records import InputError, Passage

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_EDGES = (1, 2, 3, 5, 9, 17, 33)
N_PLACES = 2 * len(_EDGES) + 2
"""Where a token lies, seen from an actor: in a mention (0), so far before or after the nearest one, or nowhere."""
MENTION, NOWHERE = 0, N_PLACES - 1
_GROWTH, _CHARSMAP = 100, 2_000_000
"""How many times as long a tokenizer may make a text, by its steps together; characters of a table of its own."""


@dataclass(frozen=True, slots=True)
class Windows:
    """A passage cut into windows of tokens.

    Attributes
    ----------
    ids : list of lists of int
        The token ids of each window, special tokens included; several where the passage is longer than one.
    rows, columns : arrays of shape (n_tokens,)
        The window, and the place in it, that each token of the passage is read from: where it has most context.
    text : array of shape (n_tokens,), bool
        Which tokens are the passage's; the others spell the names of actors that it does not mention.
    places : array of shape (n_actors, n_tokens), uint8
        Where each token lies seen from each actor: 0 to `N_PLACES` - 1.
    """

    ids: list[list[int]]
    rows: np.ndarray
    columns: np.ndarray
    text: np.ndarray
    places: np.ndarray

    @property
    def size(self) -> int:
        """Tokens that the encoder reads."""
        return sum(len(window) for window in self.ids)


class Windower:
    """Cuts passages into windows.

    A passage that fits is one window. A longer one is read in windows that overlap by half, each token from the one
    where it is farthest from the edge. An actor that the passage does not mention is spelled out behind it, as is its
    name in the codebook.

    Parameters
    ----------
    tokenizer : tokenizers.Tokenizer
        Its truncation and padding are switched off.
    names : Mapping from actor id to name
        How to spell an actor that has no mention; an id that is not there is spelled as it is.
    max_tokens : int
        The longest window, special tokens included.
    """

    def __init__(self, tokenizer: Tokenizer, names: Mapping[str, str], max_tokens: int):
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self.tokenizer = tokenizer
        self.names = dict(names)
        self.max_tokens = max_tokens
        self.prefix, self.suffix = _special_tokens(tokenizer)
        around = len(self.prefix) + len(self.suffix)
        if around > max_tokens // 4:
            raise InputError(f"{around} special tokens around a text, for windows of {max_tokens}")

    def cut(self, passage: Passage, actors: Sequence[str]) -> Windows:
        """The windows of a passage, with the places of `actors`."""
        encoding = self._encode(passage.text)
        ids, offsets = encoding.ids, np.array(encoding.offsets).reshape(-1, 2)
        inside = [_mention_tokens(passage, actor, offsets) for actor in actors]
        unnamed = [actor for actor, tokens in zip(actors, inside, strict=True) if not tokens.any()]
        windows: list[list[int]] = []
        tokens: list[tuple[int, int, str | None]] = []
        for group in self._groups(unnamed):
            tail = [token for actor in group for token in (*self.suffix, *self._spelled(actor))]
            room = self.max_tokens - len(self.prefix) - len(self.suffix) - len(tail)
            starts = _starts(len(ids), room)
            if not windows:
                tokens += [(*_place(i, starts, room, len(ids), len(self.prefix)), None) for i in range(len(ids))]
            for start in starts:
                piece = ids[start : start + room]
                place = len(self.prefix) + len(piece)
                for actor in group:
                    place += len(self.suffix)
                    spelled = self._spelled(actor)
                    tokens += [(len(windows), place + i, actor) for i in range(len(spelled))]
                    place += len(spelled)
                windows.append([*self.prefix, *piece, *tail, *self.suffix])
        places = np.full((len(actors), len(tokens)), NOWHERE, dtype=np.uint8)
        for row, actor in enumerate(actors):
            if actor not in unnamed:
                places[row, : len(ids)] = _places(inside[row])
            else:
                places[row, [i for i, (*_, spelled) in enumerate(tokens) if spelled == actor]] = MENTION
        text = np.array([spelled is None for *_, spelled in tokens], dtype=bool)
        rows, columns = (np.array([token[i] for token in tokens], dtype=np.int64) for i in (0, 1))
        return Windows(windows, rows, columns, text, places)

    def _spelled(self, actor: str) -> list[int]:
        name = self.names.get(actor, actor.replace("_", " "))
        return self._encode(name).ids

    def _encode(self, text: str) -> Any:
        try:
            return self.tokenizer.encode(text, add_special_tokens=False)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # a panic of the tokenizers' Rust is no Exception
            reason = " ".join(str(error).split())[:200]
            raise InputError(f"the tokenizer of the model can't be used ({reason}); train the model anew") from None

    def _groups(self, actors: Sequence[str]) -> list[list[str]]:
        """Actors to be spelled behind the same windows: together at most a quarter of the room."""
        groups: list[list[str]] = [[]]
        used = 0
        for actor in actors:
            length = len(self.suffix) + len(self._spelled(actor))
            if length > self.max_tokens // 4:
                raise InputError(f"the name of actor {quote(actor)} is {length} tokens long; give it a shorter one")
            if used + length > self.max_tokens // 4 and groups[-1]:
                groups.append([])
                used = 0
            groups[-1].append(actor)
            used += length
        return groups


def open_windower(tokenizer: bytes, names: Mapping[str, str], max_tokens: int, file: str) -> Windower:
    """What cuts passages into windows, from the file of a tokenizer; `InputError` where that can't be used."""
    from tokenizers import Tokenizer

    try:
        check_tokenizer(tokenizer)
        return Windower(Tokenizer.from_buffer(tokenizer), names, max_tokens)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of the tokenizers' Rust is no Exception
        raise InputError(f"{file} can't be read ({reason_of(error)})") from None


def collate(batch: Sequence[Windows], pad: int) -> dict[str, np.ndarray]:
    """The arrays that the network reads.

    Returns
    -------
    dict of str to array
        ``input_ids`` and ``attention_mask`` of shape (n_windows, length); ``tokens`` of shape (n_passages, n_tokens),
        each token's index into the flattened windows; ``text`` of the same shape, 1.0 where a token is the passage's;
        ``places`` of shape (n_passages, n_actors, n_tokens). Padding has no text and lies nowhere.
    """
    windows = [ids for item in batch for ids in item.ids]
    length = max(len(ids) for ids in windows)
    n_tokens = max(1, *(len(item.rows) for item in batch))
    n_actors = max(1, *(len(item.places) for item in batch))
    input_ids = np.full((len(windows), length), pad, dtype=np.int64)
    mask = np.zeros((len(windows), length), dtype=np.int64)
    for row, ids in enumerate(windows):
        input_ids[row, : len(ids)] = ids
        mask[row, : len(ids)] = 1
    tokens = np.zeros((len(batch), n_tokens), dtype=np.int64)
    text = np.zeros((len(batch), n_tokens), dtype=np.float32)
    places = np.full((len(batch), n_actors, n_tokens), NOWHERE, dtype=np.int64)
    first = 0
    for row, item in enumerate(batch):
        own = slice(0, len(item.rows))
        tokens[row, own] = (first + item.rows) * length + item.columns
        text[row, own] = item.text
        places[row, : len(item.places), own] = item.places
        first += len(item.ids)
    return {"input_ids": input_ids, "attention_mask": mask, "tokens": tokens, "text": text, "places": places}


def check_tokenizer(data: bytes) -> None:
    """Refuse a ``tokenizer.json`` of which the steps together would make a short text very long.

    Raises
    ------
    InputError
        With the reason alone: the caller knows the file.
    """
    try:
        values = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError(" ".join(str(error).split())[:200]) from None
    if not isinstance(values, dict):
        raise InputError("not a JSON object")
    growth, tables = 1, []
    for step in _steps([values.get(key) for key in ("normalizer", "pre_tokenizer", "post_processor")]):
        growth *= _growth(step)
        tables += [step["precompiled_charsmap"]] if _sized(step.get("precompiled_charsmap")) else []
        if growth > _GROWTH:
            raise InputError(f"its steps would make a text more than {_GROWTH} times as long")
    if len(tables) > 1 or sum(map(len, tables)) > _CHARSMAP:
        raise InputError("several tables of characters, or one that is very long")


def _steps(parts: list[Any]) -> Iterator[Mapping[str, Any]]:
    """The objects in JSON values, each once."""
    while parts:
        part = parts.pop()
        if isinstance(part, dict):
            yield part
            parts += part.values()
        elif isinstance(part, list):
            parts += part


def _growth(step: Mapping[str, Any]) -> int:
    """How many times as long a step of a tokenizer may make a text."""
    sizes = [len(step[key]) for key in ("content", "single") if _sized(step.get(key))]
    pattern = step.get("pattern")
    plain = isinstance(pattern, dict) and bool(pattern.get("String"))
    between = "content" in step and not plain  # a regular expression may match between any two letters
    return max([1, *sizes]) + between + (step.get("type") == "ByteLevel")


def _sized(value: Any) -> bool:
    return isinstance(value, str | list)


def _special_tokens(tokenizer: Any) -> tuple[list[int], list[int]]:
    """What the tokenizer puts before and after a text."""
    whole, bare = tokenizer.encode("a").ids, tokenizer.encode("a", add_special_tokens=False).ids
    start = next(i for i in range(len(whole)) if whole[i : i + len(bare)] == bare)
    return whole[:start], whole[start + len(bare) :]


def _mention_tokens(passage: Passage, actor: str, offsets: np.ndarray) -> np.ndarray:
    inside = np.zeros(len(offsets), dtype=bool)
    for mention in passage.mentions or ():
        if mention.actor == actor:
            inside |= (offsets[:, 0] < mention.end) & (offsets[:, 1] > mention.start)
    return inside


def _places(inside: np.ndarray) -> np.ndarray:
    """Buckets of the signed distance to the nearest token that is inside; the earlier of two as near."""
    own = np.flatnonzero(inside)
    distances = np.arange(len(inside))[:, None] - own[None, :]
    nearest = distances[np.arange(len(inside)), np.abs(distances).argmin(axis=1)]
    bucket = np.searchsorted(_EDGES, np.abs(nearest), side="right")
    return np.where(nearest < 0, bucket + len(_EDGES), bucket).astype(np.uint8)


def _starts(n_tokens: int, room: int) -> list[int]:
    if n_tokens <= room:
        return [0]
    step = room // 2
    return [*range(0, n_tokens - room, step), n_tokens - room]


def _place(token: int, starts: Sequence[int], room: int, n_tokens: int, shift: int) -> tuple[int, int]:
    """The window in which a token is farthest from a cut, and its place there."""

    def context(start: int) -> int:
        before = token - start if start else n_tokens
        after = start + room - 1 - token if start + room < n_tokens else n_tokens
        return min(before, after)

    within = [(context(start), -row) for row, start in enumerate(starts) if start <= token < start + room]
    row = -max(within)[1]
    return row, token - starts[row] + shift
