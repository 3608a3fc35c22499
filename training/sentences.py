"""Make the sentence encoder that ships: all-MiniLM-L6-v2, of the package of the bundled encoder, as an ONNX graph.

    python training/sentences.py models/sentences

Nothing is trained. Its weights are brought to 8 bits as those of a model are that was trained here. Prints how near
the vectors of a few sentences stay to those in fp32.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np

from stance.labelers.encoders import encoder_source
from stance.labelers.onnx.export import export_encoder, quantised
from stance.labelers.recipe import BUNDLED
from stance.labelers.sentences import GRAPH, TOKENIZER, EncoderSettings, SentenceEncoder
from stance.models.encoders import SETTINGS
from stance.models.folder import digest
from stance.records import InputError

MAX_TOKENS = 256
"""The longest window: as many tokens as its makers cut a text to."""
SENTENCES = (
    "The union accused the port authority of breaking its word.",
    "Ministers welcomed the report, which had been expected for months.",
    "No one was hurt when the warehouse burned down on Tuesday night, the fire service said.",
    "Shares fell.",
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path, help="the folder to make")
    arguments = parser.parse_args()
    from transformers import AutoModel, AutoTokenizer

    source = encoder_source(BUNDLED)
    encoder = AutoModel.from_pretrained(source, local_files_only=True, use_safetensors=True).eval()
    tokenizer = AutoTokenizer.from_pretrained(source, local_files_only=True)
    settings = EncoderSettings("all-MiniLM-L6-v2", MAX_TOKENS, int(tokenizer.pad_token_id))
    exact, words = export_encoder(encoder), tokenizer.backend_tokenizer.to_str().encode()
    files = {GRAPH: quantised(exact, products=True), TOKENIZER: words}
    described = {**asdict(settings), "files": {name: digest(data) for name, data in files.items()}}
    files[SETTINGS] = (json.dumps(described, indent=1) + "\n").encode()
    arguments.output.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (arguments.output / name).write_bytes(data)
    small, whole = (
        np.stack(SentenceEncoder((graph, words), settings).vectors(SENTENCES)) for graph in (files[GRAPH], exact)
    )
    print(f"{len(files[GRAPH]):,} bytes; cosine with fp32 {np.sum(small * whole, axis=1).min():.4f} and above")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as error:
        sys.exit(f"sentences: {error}")
