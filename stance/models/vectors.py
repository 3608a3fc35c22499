"""The file in which vectors are kept from one training to the next: for their owner alone, and never needed."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

from stance.labelers.memory import MOST, Memory
from stance.machine import Unfinished
from stance.records import InputError

NAME = ".stance-vectors"
"""The file's name, beside a model."""
_MOST_BYTES = 8 * MOST


def read_vectors(place: Path) -> Memory:
    """The vectors that a file keeps; none where it is missing, broken, a link, or open to others than its owner."""
    try:
        number = os.open(place, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(number, "rb") as stream:
            return Memory.from_bytes(stream.read()) if _is_ours(os.fstat(number)) else Memory()
    except (OSError, InputError):
        return Memory()


def keep_vectors(memory: Memory, place: Path, note: Callable[[str], None]) -> None:
    """Write what is known to the file, whole or not at all; where that can't be done, it is told, and no more."""
    if not memory.grown:
        return
    with Unfinished():
        temporary = None
        try:
            number, temporary = tempfile.mkstemp(prefix=f"{place.name}.", dir=place.parent)
            with os.fdopen(number, "wb") as stream:
                stream.write(memory.to_bytes())
            os.replace(temporary, place)
        except OSError as error:
            note(f"{place}: can't be written ({error.strerror or error}); the next training makes its vectors anew")
        finally:
            if temporary and os.path.lexists(temporary):
                os.unlink(temporary)


def _is_ours(status: os.stat_result) -> bool:
    """Whether a file is a plain one, not too long, of this user, and closed to all others."""
    if not stat.S_ISREG(status.st_mode) or status.st_size > _MOST_BYTES:
        return False
    return not hasattr(os, "geteuid") or (status.st_uid == os.geteuid() and not status.st_mode & 0o077)
