"""The examples in the docstrings of the public names."""

from __future__ import annotations

import doctest
import warnings

import pytest

import stance

FOUND = {
    test.name: test
    for name in stance.__all__
    for test in doctest.DocTestFinder().find(getattr(stance, name), name, globs={})
    if test.examples
}


def test_there_are_examples_of_what_people_begin_with() -> None:
    assert {"Codebook", "FrameClassifier", "Model", "Scores", "StanceClassifier", "train"} <= FOUND.keys()


@pytest.mark.parametrize("name", sorted(FOUND))
def test_an_example_gives_what_it_says(name: str) -> None:
    told: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(FOUND[name], out=told.append)
    assert result.failed == 0, "".join(told)
