"""What fuzzing found and kept is replayed: nothing but `InputError` comes out of any reader."""

from __future__ import annotations

import pytest

from tests.fuzzing import TARGETS, kept, run


@pytest.mark.parametrize("target", TARGETS)
def test_bytes_that_fuzzing_kept_are_read_or_refused(target: str) -> None:
    texts = list(kept(target))
    assert texts
    for data in texts:
        run(target, data)
