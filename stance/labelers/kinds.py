"""The kinds of labelers by their names, and the one that is trained where none is named."""

from __future__ import annotations

PROBE, LINEAR, TRANSFORMER = "probe", "linear", "transformer"
FITTED = (PROBE, LINEAR)
"""Those that are fitted to parts of the articles in turn."""
KINDS = (*FITTED, TRANSFORMER)
DEFAULT_KIND = PROBE
"""What `stance train`, `stance.train` and the scikit-learn classifiers take where nothing is said."""
