"""What is installed: exact versions with hashes, the oldest versions that are tested, and the ranges agree."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
_RANGE = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?>=([0-9.]+)")


def pins(file: str) -> dict[str, str]:
    found = _PIN.findall((ROOT / file).read_text(encoding="utf-8"))
    return {name.lower().replace("_", "-"): version for name, version in found}


def ranges(*extras: str) -> dict[str, str]:
    """The least version of each dependency, of those alone that every installation has, or of extras too."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *(d for extra in extras for d in project["optional-dependencies"][extra])]
    return {name.lower().replace("_", "-"): least for name, least in map(_parts, wanted) if name != "framestance"}


def _parts(requirement: str) -> tuple[str, str]:
    found = _RANGE.fullmatch(requirement)
    assert found or requirement.startswith("framestance["), requirement
    return (found[1], found[2]) if found else ("framestance", "")


def test_what_labelling_needs_is_pinned_with_hashes_to_the_versions_that_are_tested() -> None:
    locked, tested = pins("requirements.txt"), pins("constraints.txt")
    assert ranges().keys() <= locked.keys()
    assert {name: version for name, version in locked.items() if tested.get(name, version) != version} == {}
    entries = (ROOT / "requirements.txt").read_text(encoding="utf-8").split("\n")[1:]
    heads = [number for number, line in enumerate(entries) if "==" in line]
    assert len(heads) == len(locked)
    assert all("--hash=sha256:" in entries[number + 1] for number in heads)


def test_all_that_is_needed_is_pinned() -> None:
    assert ranges("train", "html", "notebook", "excel", "word", "dev").keys() <= pins("constraints.txt").keys()


def test_the_oldest_versions_are_those_of_the_ranges() -> None:
    oldest = {name: version.rstrip(".*") for name, version in pins("constraints-oldest.txt").items()}
    wanted = ranges("train", "html", "notebook", "excel", "word")
    assert {name: least for name, least in wanted.items() if name != "torch" and oldest.get(name) != least} == {}


def test_a_model_becomes_a_package_that_is_found_by_its_name(
    model_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stance.models.shipped import find_model
    from stance.models.store import load_model

    page = (ROOT / "docs/models.md").read_text(encoding="utf-8")
    [settings] = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    folder = tmp_path / "my-model"
    folder.mkdir()
    for file in model_dir.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / "pyproject.toml").write_text(settings, encoding="utf-8")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(build, cwd=folder, check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    package = tmp_path / "site" / "framestance_harbour"
    assert {file.name for file in package.iterdir()} == {file.name for file in model_dir.iterdir()}
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    assert find_model("harbour") == package
    assert load_model(package).name == load_model(model_dir).name
