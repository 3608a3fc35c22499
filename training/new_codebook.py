"""Give a model folder another codebook with the same frames and actors: names, dates, definitions; no weight changes.

    python training/new_codebook.py models/default seeds/militancy/codebook.yaml

A model keeps a codebook of its own, by which it finds actors. This puts another in its place, writes the digests and
the name anew, for that ends in a digest of the files that a model labels by, and says what changed. Frames and actors
must be those that the model was trained with, in that order, and actors' labels too where the model reads them.
`named_before` in the manifest is the model's name until then. What is in the folder is else left as it was.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stance.labelers.linear import LinearLabeler
from stance.models.folder import (
    CARD,
    CODEBOOK,
    MANIFEST,
    digest,
    labels_by,
    own_digest,
    read_file,
    read_manifest,
    write_folder,
)
from stance.models.store import load_model
from stance.records import InputError
from stance.text.codebook import Actor, Codebook
from stance.text.names import Name


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="model folder, changed in place")
    parser.add_argument("codebook", type=Path)
    arguments = parser.parse_args()
    for line in renew(arguments.model, arguments.codebook):
        print(line)
    return 0


def renew(directory: Path, codebook: Path) -> list[str]:
    """Put the codebook in the model folder; what changed, a line each.

    Raises
    ------
    InputError
        Where the folder or the codebook is broken, or the codebook has other frames or actors; nothing is written then.
    """
    before, book = load_model(directory).codebook, Codebook.read(codebook)
    manifest = read_manifest(directory)
    check_same(before, book, manifest["labeler"], str(codebook))
    if before.source == book.source:
        return [f"{directory}: has this codebook already"]
    files = {file: read_file(directory, manifest, file) for file in manifest["files"]}
    files[CODEBOOK] = book.source.encode()
    own = {file: files[file] for file in labels_by(manifest)}
    old = str(manifest["name"])
    new = f"{old.rpartition('-')[0]}-{own_digest(own, manifest)}"
    files[CARD] = files[CARD].replace(old.encode(), new.encode())
    manifest |= {
        "name": new,
        "named_before": old,
        "files": {file: digest(data) for file, data in sorted(files.items())},
    }
    write_folder(directory, {**files, MANIFEST: (json.dumps(manifest, indent=1, ensure_ascii=False) + "\n").encode()})
    load_model(directory)
    return [*changes(before, book), f"{new} in {directory}, until now {old}"]


def check_same(before: Codebook, book: Codebook, labeler: str, place: str) -> None:
    """Refuse a codebook by which the weights would mean something else."""
    pairs: list[tuple[str, Any, Any]] = [
        ("frames", before.frame_ids, book.frame_ids),
        ("actors", before.actor_ids, book.actor_ids),
    ]
    if labeler != LinearLabeler.kind:
        labels = tuple(actor.label for actor in before.actors), tuple(actor.label for actor in book.actors)
        pairs.append(("labels of actors", *labels))
    for what, own, other in pairs:
        if own != other:
            differing = ", ".join(sorted({*own} ^ {*other})) or "their order"
            raise InputError(f"{place}: other {what} than the model has ({differing}); train a model by it")


def changes(before: Codebook, book: Codebook) -> Iterator[str]:
    """What differs between two codebooks of the same actors, a line each."""
    for old, new in zip(before.actors, book.actors, strict=True):
        for kind in ("aliases", "people", "metonyms"):
            yield from _changed(f"{new.id}: {kind}", _told(old, kind), _told(new, kind))
    yield from _changed("ignored", set(before.ignored), set(book.ignored))
    meant = _meanings(before)
    yield from (f"{what}: another label or definition" for what, told in _meanings(book).items() if told != meant[what])


def _meanings(book: Codebook) -> dict[str, tuple[str, str]]:
    frames = {f"frame {frame.id}": (frame.label, frame.definition) for frame in book.frames}
    return frames | {f"actor {actor.id}": (actor.label, actor.definition) for actor in book.actors}


def _changed(what: str, old: set[str], new: set[str]) -> Iterator[str]:
    for sign, names in (("+", new - old), ("-", old - new)):
        if names:
            yield f"{what} {sign} {', '.join(sorted(names))}"


def _told(actor: Actor, kind: str) -> set[str]:
    names: tuple[Name, ...] = getattr(actor, kind)
    return {name.text + (f" ({name.since or ''} to {name.until or ''})" if name.dated else "") for name in names}


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as error:
        sys.exit(f"new_codebook: {error}")
