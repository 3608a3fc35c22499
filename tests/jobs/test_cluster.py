"""A Ray cluster that is started here: in a home of its own, which says that there is no cloud to ask for."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from stance.jobs.cluster import home_of_its_own


@pytest.mark.parametrize("home", ["/somebody", None])
def test_processes_of_a_cluster_have_a_home_of_their_own(home: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if home:
        monkeypatch.setenv("HOME", home)
    else:
        monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv("PYTHONUSERBASE", raising=False)
    ask = "import os, site; print(os.path.expanduser('~')); print(site.getuserbase())"
    packages = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True).stdout.split()[1]
    monkeypatch.setattr("site.getuserbase", lambda: packages)
    with home_of_its_own() as own:
        assert [(path.name, path.read_text()) for path in own.iterdir()] == [("ray_bootstrap_config.yaml", "{}\n")]
        told = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True).stdout
        assert told.split() == [str(own), packages]
    assert (os.environ.get("HOME"), os.environ.get("PYTHONUSERBASE")) == (home, None)
    assert own.is_dir()
