"""The encoders that ship, for a probe to stand on: the sentence encoder, and that of the default model."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path

from stance.labelers.judges import FILES, StanceEncoder
from stance.labelers.sentences import GRAPH, TOKENIZER, EncoderSettings, SentenceEncoder
from stance.labelers.transformer import TransformerLabeler
from stance.models.folder import digest, parse_json, read_file, read_limited, read_manifest
from stance.models.shipped import default_model, sentences_folder
from stance.records import InputError

SETTINGS = "encoder.json"
"""The file with the settings and the digests of an encoder that ships."""


@functools.lru_cache(maxsize=1)
def read_sentence_encoder(directory: Path | None = None) -> SentenceEncoder:
    """The sentence encoder in a folder; default: the one that ships. It is read once.

    Raises
    ------
    InputError
        Where a file is missing, or is not the one that the settings name.
    """
    directory = directory or sentences_folder()
    described = parse_json(read_limited(directory, SETTINGS), directory / SETTINGS)
    parts = [read_limited(directory, file) for file in (GRAPH, TOKENIZER)]
    if described.get("files") != {file: digest(part) for file, part in zip((GRAPH, TOKENIZER), parts, strict=True)}:
        raise InputError(f"{directory}: not the files that {SETTINGS} names; install stance anew")
    try:
        return SentenceEncoder(parts, EncoderSettings.from_dict(described))
    except InputError as error:
        raise InputError(f"{directory}: {error}; install stance anew") from None


def read_stance_encoder(names: Mapping[str, str], directory: Path | None = None) -> StanceEncoder:
    """What a transformer knows of stances; default: the model that ships. It is read once.

    Parameters
    ----------
    names : Mapping from actor id to name
        How to spell an actor that a passage does not mention.
    """
    return _nameless(directory or default_model()).facing(names)


@functools.lru_cache(maxsize=1)
def _nameless(directory: Path) -> StanceEncoder:
    manifest = read_manifest(directory)
    if manifest["labeler"] != TransformerLabeler.kind:
        raise InputError(f"{directory}: a {manifest['labeler']} model has no vectors of actors; give a transformer")
    parts = [read_file(directory, manifest, file) for file in FILES]
    try:
        settings = EncoderSettings.from_dict({**manifest["config"], "name": manifest["name"]})
        return StanceEncoder(parts, settings, {})
    except InputError as error:
        raise InputError(f"{directory}: {error}; install stance anew") from None
