"""The file of vectors: whole or not there, for its owner alone, and ignored wherever it is not what it should be."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from stance.labelers.memory import Memory
from stance.models.vectors import NAME, keep_vectors, read_vectors

KEY = b"k" * 32
POSIX = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="files have no owners here")


def ones(items: Sequence[object]) -> list[np.ndarray]:
    return [np.ones(3, dtype=np.float32) for _ in items]


def filled() -> Memory:
    memory = Memory()
    memory.vectors([KEY], [None], ones)
    return memory


def known(memory: Memory) -> bool:
    made: list[object] = []
    memory.vectors([KEY], ["new"], lambda items: (made.extend(items), ones(items))[1])
    return not made


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A file with one vector."""
    keep_vectors(filled(), tmp_path / NAME, pytest.fail)
    return tmp_path / NAME


def test_what_is_kept_is_there_the_next_time(place: Path) -> None:
    assert known(read_vectors(place))
    assert os.listdir(place.parent) == [NAME]


@POSIX
def test_the_file_is_its_owners_alone(place: Path) -> None:
    assert stat.S_IMODE(place.stat().st_mode) == 0o600


@POSIX
@pytest.mark.parametrize("mode", [0o640, 0o606, 0o622])
def test_a_file_that_others_could_read_or_have_written_is_ignored(place: Path, mode: int) -> None:
    place.chmod(mode)
    assert not known(read_vectors(place))


@POSIX
def test_a_link_is_not_followed_and_what_it_leads_to_stays(place: Path) -> None:
    target = place.rename(place.with_name("elsewhere"))
    place.symlink_to(target)
    assert not known(read_vectors(place))
    before = target.read_bytes()
    keep_vectors(filled(), place, pytest.fail)
    assert target.read_bytes() == before
    assert not place.is_symlink()


@pytest.mark.parametrize("data", [b"", b"garbage", b"PK\x03\x04" + bytes(100)])
def test_a_file_that_is_broken_is_ignored_and_written_anew(place: Path, data: bytes) -> None:
    place.write_bytes(data)
    memory = read_vectors(place)
    assert not known(memory)
    keep_vectors(memory, place, pytest.fail)
    assert known(read_vectors(place))


def test_no_file_is_no_vectors(tmp_path: Path) -> None:
    assert not known(read_vectors(tmp_path / "none" / NAME))
    (tmp_path / NAME).mkdir()
    assert not known(read_vectors(tmp_path / NAME))


def test_nothing_is_written_where_nothing_is_new(place: Path) -> None:
    memory = read_vectors(place)
    place.unlink()
    keep_vectors(memory, place, pytest.fail)
    assert not place.exists()


@pytest.mark.parametrize("failing", ["tempfile.mkstemp", "os.replace"])
def test_a_full_disk_costs_the_vectors_alone_and_is_told(
    failing: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    before, told = place.read_bytes(), list[str]()
    monkeypatch.setattr(failing, full)
    keep_vectors(filled(), place, told.append)
    assert told == [f"{place}: can't be written (No space left on device); the next training makes its vectors anew"]
    assert os.listdir(place.parent) == [NAME]
    assert place.read_bytes() == before
