"""stance: how news passages frame a matter, and where they stand toward each actor.

>>> from stance import Codebook, load, train
"""

from __future__ import annotations

from stance.machine import switch_off_reports as _switch_off_reports

TYPE_CHECKING = False  # as typing has it, which takes a while to import: a person may stop a command until then
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from stance.learning.estimators import FrameClassifier, StanceClassifier
    from stance.learning.own_model import TrainedModel, train
    from stance.models.model import Model
    from stance.pages.results import Predictions
    from stance.pages.scores import Scores
    from stance.records import Article, InputError, Mention, Passage, Prediction
    from stance.text.codebook import Codebook

_switch_off_reports()  # here, for whatever of ours is imported, this is run first: in commands, notebooks and workers

__version__ = "0.1.0"
__all__ = [
    "Article",
    "Codebook",
    "FrameClassifier",
    "InputError",
    "Mention",
    "Model",
    "Passage",
    "Prediction",
    "Predictions",
    "Scores",
    "StanceClassifier",
    "TrainedModel",
    "load",
    "train",
]

_HOMES = {
    "Article": "stance.records",
    "Codebook": "stance.text.codebook",
    "FrameClassifier": "stance.learning.estimators",
    "InputError": "stance.records",
    "Mention": "stance.records",
    "Model": "stance.models.model",
    "Passage": "stance.records",
    "Prediction": "stance.records",
    "Predictions": "stance.pages.results",
    "Scores": "stance.pages.scores",
    "StanceClassifier": "stance.learning.estimators",
    "TrainedModel": "stance.learning.own_model",
    "train": "stance.learning.own_model",
}


def load(directory: str | Path | None = None, codebook: str | Path | Codebook | None = None) -> Model:
    """Load a model, to label by its own codebook or toward the actors of another.

    Parameters
    ----------
    directory : path, optional
        The model folder, or the name of a model that is installed; default: the model that ships.
    codebook : path or Codebook, optional
        Stances are judged toward its actors, which the model need not have seen. Of its frames those are labelled that
        the model knows by their ids; a warning names the others.

    Raises
    ------
    InputError
        Where the folder or the codebook can't be used.
    """
    import warnings

    from stance.models.shipped import default_model, find_model
    from stance.models.store import load_model
    from stance.text.codebook import Codebook

    model = load_model(default_model() if directory is None else find_model(directory))
    if codebook is None:
        return model
    book = codebook if isinstance(codebook, Codebook) else Codebook.read(codebook)
    facing = model.with_codebook(book)
    unknown = [frame for frame in book.frame_ids if frame not in facing.codebook.frame_ids]
    if unknown:
        warnings.warn(f"{book.name}: the model does not know the frames {', '.join(unknown)}", stacklevel=2)
    return facing


def __getattr__(name: str) -> Any:
    """Import the public names when they are first used: `stance --help` needs none of them."""
    if name in _HOMES:
        import importlib

        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'stance' has no attribute {name!r}")
