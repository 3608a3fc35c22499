"""Where the models and the codebook that ship are found."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

_PACKAGE = "framestance_"
"""What the packages of models are named, before the model's own name."""


def default_model() -> Path:
    """The folder of the model that ships: in the package, or beside it in a checkout."""
    return _shipped("models/default")


def find_model(named: str | Path) -> Path:
    """The folder of a model: a path as it is, or the name of a model that ships or is installed as a package.

    Parameters
    ----------
    named : str or Path
        What stands at this path comes first. A name stands for ``models/NAME`` beside the package in a checkout, else
        for the data package ``framestance_NAME``, of which nothing is run.

    Returns
    -------
    Path
        Where nothing of that name is found, the path as it was.
    """
    path = Path(named)
    if path.exists() or not re.fullmatch("[a-z][a-z0-9_]*", str(named)):
        return path
    beside = _shipped(f"models/{named}")
    if beside.is_dir():
        return beside
    package = find_spec(f"{_PACKAGE}{named}")
    return (
        Path(next(iter(package.submodule_search_locations))) if package and package.submodule_search_locations else path
    )


def sentences_folder() -> Path:
    """The folder of the sentence encoder that ships."""
    return _shipped("models/sentences")


def default_codebook() -> Path:
    """The codebook that ships."""
    return _shipped("seeds/militancy/codebook.yaml")


def _shipped(path: str) -> Path:
    package = Path(__file__).resolve().parents[1]
    inside = package / "shipped" / path
    return inside if inside.exists() else package.parent / path
