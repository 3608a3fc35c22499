"""Export a transformer anew with the weights that it has, then calibrate and score it on dev sets: nothing is trained.

    python training/reexport.py models/default --dev tehran-times/dev.jsonl --dev newsmtsc/dev.jsonl \\
        --dev dse/dev.jsonl --dev seeds/militancy/dev.jsonl --output build/default

For a model that was trained before there was a way to run it faster. Give the dev sets that it was trained with: their
digests are compared. What trained it stays in its record, and `exported_from` names the model that it was. Takes three
minutes on two cores for the model that ships.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from stance.formats.reading import read_labelled
from stance.labelers.transformer import TransformerLabeler
from stance.learning.fitting import export_calibrated
from stance.models.folder import check_output, digest, load_training_digests
from stance.models.store import load_model, save_model
from stance.records import InputError
from stance.scoring.gold import prepare


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--dev", action="append", required=True)
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()
    check_output(Path(arguments.output))
    model = load_model(arguments.model)
    labeler, record = model.labeler, dict(model.record)
    if not isinstance(labeler, TransformerLabeler):
        raise InputError(f"{arguments.model}: a {labeler.kind} model; give a transformer")
    expected = [part["sha256"] for part in record["dev_data"]]
    found = [digest(Path(file).read_bytes()) for file in arguments.dev]
    if found != expected:
        files = ", ".join(part["file"] for part in record["dev_data"])
        raise InputError(f"--dev: not the sets that {model.name} was trained with, in that order: {files}")
    held_out = [
        (file, gold)
        for file in arguments.dev
        for rows in read_labelled([file], model.codebook).values()
        for gold in prepare(rows, model.matcher)
    ]
    fitted = export_calibrated(labeler.unexported(), held_out, model.codebook, Progress())
    scores = {"held_out": fitted.scores, "dev": [fitted.dev[file] for file in arguments.dev]}
    kept = {key: value for key, value in record.items() if key in ("data", "dev_data", "weights", "notes", "languages")}
    kept |= {"export": dict(fitted.export), "exported_from": model.name}
    saved = save_model(fitted.model, arguments.output, scores, kept, load_training_digests(arguments.model))
    print(f"{saved.name} in {arguments.output}")
    return 0


class Progress:
    def note(self, message: str) -> None:
        print(message, file=sys.stderr, flush=True)

    def advance(self, step: int, steps: int, message: str) -> None: ...


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as error:
        sys.exit(f"reexport: {error}")
