"""Calibrate a transformer anew on its dev sets, and score it: the weights stay as they are, nothing is trained.

    python training/recalibrate.py models/default --dev tehran-times/dev.jsonl --dev newsmtsc/dev.jsonl \\
        --dev dse/dev.jsonl --dev seeds/militancy/dev.jsonl

For a model whose rule for labels or whose codebook changed. Give the dev sets that it was trained with: their digests
are compared. What trained it stays in its record, and `recalibrated_from` names the model that it was. Replaces the
folder, or writes --output. Takes one minute on two cores for the model that ships.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from stance.formats.reading import read_labelled
from stance.labelers.transformer import TransformerLabeler
from stance.learning.fitting import calibrated
from stance.models.folder import check_output, digest, load_training_digests
from stance.models.model import Model
from stance.models.store import load_model, save_model
from stance.records import InputError
from stance.scoring.gold import prepare

KEPT = ("data", "dev_data", "weights", "notes", "export", "exported_from")
"""What the record of a model keeps when it is calibrated anew."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--dev", action="append", required=True)
    parser.add_argument("--output", help="default: in the place of the model")
    arguments = parser.parse_args()
    output = Path(arguments.output or arguments.model)
    check_output(output)
    saved = recalibrate(Path(arguments.model), arguments.dev, output)
    print(f"{saved.name} in {output}")
    return 0


def recalibrate(directory: Path, dev: list[str], output: Path) -> Model:
    """The model under its new calibration, saved; `InputError` for other dev sets, and for a linear model."""
    model, trained = load_model(directory), load_training_digests(directory)
    labeler, record = model.labeler, dict(model.record)
    if not isinstance(labeler, TransformerLabeler):
        raise InputError(
            f"{directory}: a {labeler.kind} model, whose calibration comes from its training; train it anew"
        )
    check_dev(dev, record)
    held_out = [
        (file, gold)
        for file in dev
        for rows in read_labelled([file], model.codebook).values()
        for gold in prepare(rows, model.matcher)
    ]
    fitted = calibrated(labeler, held_out, model.codebook)
    scores = {"held_out": fitted.scores, "dev": [fitted.dev[file] for file in dev]}
    kept = {key: record[key] for key in KEPT if key in record} | {"recalibrated_from": model.name}
    return save_model(fitted.model, output, scores, kept, trained)


def check_dev(files: list[str], record: dict[str, Any]) -> None:
    expected = record["dev_data"]
    if [digest(Path(file).read_bytes()) for file in files] != [part["sha256"] for part in expected]:
        named = ", ".join(part["file"] for part in expected)
        raise InputError(f"--dev: not the sets that {record['name']} was trained with, in that order: {named}")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as error:
        sys.exit(f"recalibrate: {error}")
