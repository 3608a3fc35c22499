"""Imports go downward only, and the command line starts without the heavy libraries."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import stance

PACKAGE = Path(stance.__file__).parent
LAYERS = (
    ("records", "quoting"),
    (
        "codebook",
        "passages",
        "metonyms",
        "mentions",
        "tasks",
        "calibration",
        "metrics",
        "splits",
        "dataformat",
        "recipe",
        "windows",
        "reliability",
        "agreement",
        "leaks",
        "archives",
        "protobuf",
        "graphs",
        "surgery",
        "charts",
        "overview",
        "holders",
        "webpages",
    ),
    ("files", "linear", "scorecard", "network", "results"),
    ("pipeline", "trainer", "report", "progress", "output", "overview_page"),
    ("export", "evaluation", "checking", "explanation", "sheets", "labelstudio", "labeltools"),
    ("neural",),
    ("store", "comparison", "suggestions"),
    ("fitting", "stream", "inspection"),
    ("assessment", "runs"),
    ("training",),
    ("cli",),
)
FREE = {"__init__", "__main__"}
WITHIN = {
    "mentions": {"codebook", "metonyms"},
    "dataformat": {"codebook"},
    "reliability": {"metrics"},
    "agreement": {"metrics"},
    "leaks": {"splits", "archives"},
    "graphs": {"protobuf"},
    "surgery": {"protobuf"},
    "labelstudio": {"sheets"},
    "labeltools": {"sheets", "labelstudio"},
}
"""What a module may import from its own layer."""
HEAVY = (
    *("numpy", "sklearn", "scipy", "pyarrow", "rich", "joblib", "onnxruntime", "tokenizers", "torch", "transformers"),
    *("trafilatura", "lxml", "pandas"),
)
LAYER = {module: number for number, modules in enumerate(LAYERS) for module in modules}


def imported_modules(source: str) -> set[str]:
    """The modules of the package that a source imports, anywhere in it; "" is the package itself."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {a.name.partition(".")[2] for a in node.names if a.name.partition(".")[0] == "stance"}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import; name the module in full"
            if node.module == "stance":
                found |= {a.name if (PACKAGE / f"{a.name}.py").exists() else "" for a in node.names}
            elif node.module and node.module.startswith("stance."):
                found.add(node.module.removeprefix("stance."))
    return found


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import stance", {""}),
        ("import stance.files", {"files"}),
        ("from stance import __version__, store", {"", "store"}),
        ("def f():\n    from stance.linear import LinearLabeler", {"linear"}),
        ("import stances, json\nfrom statistics import mean", set()),
    ],
    ids=["package", "module", "names-of-package", "inside-function", "others"],
)
def test_imported_modules_are_seen_wherever_they_stand(source: str, expected: set[str]) -> None:
    assert imported_modules(source) == expected


def test_every_module_has_a_layer() -> None:
    assert {path.stem for path in PACKAGE.glob("*.py")} - FREE == set(LAYER)


@pytest.mark.parametrize("module", LAYER)
def test_modules_import_only_from_lower_layers(module: str) -> None:
    imported = imported_modules((PACKAGE / f"{module}.py").read_text(encoding="utf-8")) - {""}
    lower = {other for other, layer in LAYER.items() if layer < LAYER[module]} | WITHIN.get(module, set())
    assert imported - lower == set()


def test_only_the_command_line_and_its_runs_import_the_package_itself() -> None:
    importers = {m for m in LAYER if "" in imported_modules((PACKAGE / f"{m}.py").read_text(encoding="utf-8"))}
    assert importers == {"cli", "runs"}


def test_importing_the_command_line_loads_no_heavy_library() -> None:
    code = f"import json, sys, stance.cli; print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(result.stdout) == []


def test_labelling_into_a_pipe_loads_nothing_to_print_or_train_with() -> None:
    article = PACKAGE.parent / "seeds" / "militancy" / "article.txt"
    code = (
        f"import json, sys, stance.cli; sys.argv = ['stance', 'classify', {str(article)!r}]\n"
        "try:\n    stance.cli.main()\n"
        f"finally:\n    print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(result.stdout.splitlines()[-1]) == ["numpy", "onnxruntime", "tokenizers"]
