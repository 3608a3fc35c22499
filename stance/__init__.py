"""stance: how news passages frame a matter, and where they stand toward each actor.

>>> from stance import Codebook, load
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stance.models.model import Model
    from stance.pages.results import Predictions
    from stance.records import Article, InputError, Mention, Passage, Prediction
    from stance.text.codebook import Codebook

__version__ = "0.1.0"
__all__ = ["Article", "Codebook", "InputError", "Mention", "Model", "Passage", "Prediction", "Predictions", "load"]

_HOMES = {
    "Article": "stance.records",
    "Codebook": "stance.text.codebook",
    "InputError": "stance.records",
    "Mention": "stance.records",
    "Model": "stance.models.model",
    "Passage": "stance.records",
    "Prediction": "stance.records",
    "Predictions": "stance.pages.results",
}


def load(directory: str | None = None) -> Model:
    """Load a model folder, or the model that ships; raises `InputError` where it can't be used."""
    from stance.models.shipped import default_model
    from stance.models.store import load_model

    return load_model(default_model() if directory is None else directory)


def __getattr__(name: str) -> Any:
    """Import the public names when they are first used: `stance --help` needs none of them."""
    if name in _HOMES:
        import importlib

        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'stance' has no attribute {name!r}")
