"""Ray, found or started so that it is private: nothing in the home, and the network is not asked what cloud this is."""

from __future__ import annotations

import contextlib
import logging
import os
import site
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stance.records import InputError

_CLOUD = "ray_bootstrap_config.yaml"
"""In a home, what cloud Ray is in; without it Ray asks the network, also where its reports are switched off."""
_homes: list[tempfile.TemporaryDirectory[str]] = []
"""Of clusters started here: they last as long as this process."""


def started(address: str | None) -> Any:
    """The module, its cluster running: the one at an address, else one on this machine.

    Raises
    ------
    InputError
        Where Ray is not installed, or no cluster answers.
    """
    os.environ.setdefault("RAY_TQDM", "0")
    try:
        import ray
        import ray.data
    except ImportError:
        raise InputError("--engine ray: ray is not installed; pip install 'framestance[ray]'") from None
    try:
        if not ray.is_initialized():
            own = contextlib.nullcontext() if address else home_of_its_own()
            dashboard = None if address else False
            with own:
                ray.init(address=address, logging_level=logging.ERROR, log_to_driver=False, include_dashboard=dashboard)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise InputError(f"--address {address}: no Ray cluster answers there ({str(error)[:100]})") from None
    for name in ("ray", "ray.data"):
        logging.getLogger(name).setLevel(logging.ERROR)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    return ray


@contextlib.contextmanager
def home_of_its_own() -> Iterator[Path]:
    """Another home, of processes that are started in here; they find the packages of the person's home all the same."""
    _homes.append(tempfile.TemporaryDirectory(prefix="stance-ray-", ignore_cleanup_errors=True))
    home = Path(_homes[-1].name)
    (home / _CLOUD).write_text("{}\n")
    before = {name: os.environ.get(name) for name in ("HOME", "PYTHONUSERBASE")}
    os.environ.update(HOME=str(home), PYTHONUSERBASE=site.getuserbase())
    try:
        yield home
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
