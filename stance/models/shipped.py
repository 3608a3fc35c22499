"""Where the model and the codebook that ship are found."""

from __future__ import annotations

from pathlib import Path


def default_model() -> Path:
    """The folder of the model that ships: in the package, or beside it in a checkout."""
    return _shipped("models/default")


def default_codebook() -> Path:
    """The codebook that ships."""
    return _shipped("seeds/militancy/codebook.yaml")


def _shipped(path: str) -> Path:
    package = Path(__file__).resolve().parents[1]
    inside = package / "shipped" / path
    return inside if inside.exists() else package.parent / path
