"""The kinds of labelers by their names, and the one that is trained where none is named."""

from __future__ import annotations

LINEAR, TRANSFORMER = "linear", "transformer"
KINDS = (LINEAR, TRANSFORMER)
DEFAULT_KIND = LINEAR
"""What `stance train`, `stance.train` and the scikit-learn classifiers take where nothing is said."""
