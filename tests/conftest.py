"""Shared fixtures: a small codebook, a small labelled corpus written here, and a model trained on it once."""

from __future__ import annotations

import importlib.util
import itertools
import json
import random
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from stance.formats.dataformat import parse_labelled
from stance.labelers.linear import LinearLabeler
from stance.learning.fitting import Fitted, fit_model
from stance.models.store import save_model
from stance.records import LabelledPassage
from stance.text.codebook import Codebook

CODEBOOK = """\
name: harbour
frames:
  - id: strike
    label: Strike
    definition: Work is stopped.
  - id: budget
    label: Budget
actors:
  - id: union
    label: Dock Union
    aliases: [Dock Union, dockers]
    people: [Ada Lovett]
  - id: port
    label: Port Authority
    aliases: [Port Authority, PA]
    metonyms: [Northport]
  - id: council
    label: City Council
    aliases: [City Council]
"""

_BLAME = ("accused", "blamed", "condemned", "denounced")
_PRAISE = ("praised", "thanked", "defended", "applauded")
_STRIKE = ("over the stopped cranes", "for the walkout at pier nine", "as pickets closed the gates")
_BUDGET = ("in a debate on next year's spending", "when the accounts were read", "over the money for dredging")
_FILLER = (
    "anchor barge basin beacon berth bollard buoy cabin cargo chart cleat crane crate deck derrick diver ferry fender "
    "gale gantry grain hatch hawser helm hull jetty keel ladder lantern ledger lighter mast mooring net oar pallet "
    "pilot pontoon quay reef rope rudder sail salt shed silo sling sluice tackle tide timber tug vessel wharf winch"
)
_NAMES = {"union": "Dock Union", "port": "Port Authority", "council": "City Council"}


def corpus_rows() -> list[dict[str, object]]:
    """72 passages of 24 articles in which the verb gives the stance and the ending the frame."""
    rows: list[dict[str, object]] = []
    settings = itertools.cycle(itertools.product((_BLAME, _PRAISE), (_STRIKE, _BUDGET), range(3)))
    pairs = itertools.cycle(itertools.permutations(_NAMES, 2))
    for number, ((verbs, endings, ending), (holder, target)) in enumerate(zip(settings, pairs, strict=False)):
        if number == 72:
            break
        stance = "against" if verbs is _BLAME else "favor"
        verb = verbs[number % 4]
        text = (
            f"The log notes {' '.join(random.Random(number).sample(_FILLER.split(), 9))}. "
            f"The {_NAMES[holder]} {verb} the {_NAMES[target]} {endings[ending]}."
        )
        rows.append(
            {
                "id": f"a{number // 3}#{number % 3}",
                "article": f"a{number // 3}",
                "text": text,
                "frames": ["strike"] if endings is _STRIKE else ["budget"],
                "stance": {holder: "neutral", target: stance},
                "directed": [{"holder": holder, "target": target, "stance": stance}],
            }
        )
    return rows


def script(name: str, folder: str = "training") -> ModuleType:
    """A script of `training/` or `benchmarks/` as a module."""
    path = Path(__file__).parent.parent / folder / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"{folder}_{name}", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def _interruptible() -> Iterator[None]:
    """A command that was interrupted here heeds no second interruption; the tests do."""
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def codebook() -> Codebook:
    return Codebook.parse(CODEBOOK)


@pytest.fixture(scope="session")
def labelled(codebook: Codebook) -> list[LabelledPassage]:
    return [parse_labelled(row, f"corpus:{line}", codebook) for line, row in enumerate(corpus_rows(), 1)]


@pytest.fixture(scope="session")
def fitted(codebook: Codebook, labelled: list[LabelledPassage]) -> Fitted:
    return fit_model(labelled, codebook, lambda: LinearLabeler(codebook.frame_ids, seed=1), seed=1)


@pytest.fixture(scope="session")
def model_dir(fitted: Fitted, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved model; tests that change it copy it first."""
    directory = tmp_path_factory.mktemp("models") / "harbour"
    save_model(fitted.model, directory, {"held_out": fitted.scores}, {"data": [], "dev_data": []})
    return directory


@pytest.fixture
def corpus_file(tmp_path: Path) -> Path:
    path = tmp_path / "corpus.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in corpus_rows()), encoding="utf-8")
    return path
