"""Rooms import downward only, and the command line starts without the heavy libraries."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import stance

PACKAGE = Path(stance.__file__).parent
ROOMS = (
    "commands",
    "jobs",
    "learning",
    "models",
    "pages",
    "scoring",
    "labelers",
    "formats",
    "text",
    "records",
    "quoting",
    "machine",
)
"""The rooms of the house, from the top: each imports from those below it, and from itself."""
HEAVY = (
    *("numpy", "sklearn", "scipy", "pyarrow", "rich", "joblib", "onnxruntime", "tokenizers", "torch", "transformers"),
    *("trafilatura", "lxml", "pandas", "py3langid"),
)
MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE)
MODULES += [Path("records.py"), Path("quoting.py"), Path("machine.py")]


def room_of(path: Path) -> str:
    return path.parts[0].removesuffix(".py")


def imported_modules(source: str) -> set[str]:
    """The modules of the package that a source imports, anywhere in it; "" is the package itself."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {a.name.partition(".")[2] for a in node.names if a.name.partition(".")[0] == "stance"}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import; name the module in full"
            if node.module == "stance":
                found |= {a.name if a.name in ROOMS else "" for a in node.names}
            elif node.module and node.module.startswith("stance."):
                found.add(node.module.removeprefix("stance."))
    return found


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import stance", {""}),
        ("import stance.formats.reading", {"formats.reading"}),
        ("from stance import __version__, records", {"", "records"}),
        ("def f():\n    from stance.labelers.linear import LinearLabeler", {"labelers.linear"}),
        ("import stances, json\nfrom statistics import mean", set()),
    ],
    ids=["package", "module", "names-of-package", "inside-function", "others"],
)
def test_imported_modules_are_seen_wherever_they_stand(source: str, expected: set[str]) -> None:
    assert imported_modules(source) == expected


def test_every_module_stands_in_a_room() -> None:
    assert {room_of(module) for module in MODULES} == set(ROOMS)
    ground = {"records.py", "quoting.py", "machine.py"}
    assert {path.name for path in PACKAGE.glob("*.py")} == {"__init__.py", "__main__.py"} | ground


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_imports_go_downward_only(module: Path) -> None:
    imported = imported_modules((PACKAGE / module).read_text(encoding="utf-8")) - {""}
    allowed = ROOMS[ROOMS.index(room_of(module)) :]
    assert {name for name in imported if name.partition(".")[0] not in allowed} == set()


def test_no_module_imports_itself_through_others() -> None:
    imports = {
        ".".join(m.with_suffix("").parts): imported_modules((PACKAGE / m).read_text(encoding="utf-8")) for m in MODULES
    }
    rest = set(imports)
    while found := {module for module in rest if not imports[module] & rest}:
        rest -= found
    assert rest == set()


def test_only_commands_and_jobs_import_the_package_itself() -> None:
    importers = {room_of(m) for m in MODULES if "" in imported_modules((PACKAGE / m).read_text(encoding="utf-8"))}
    assert importers == {"commands", "jobs"}


def test_importing_the_command_line_loads_no_heavy_library() -> None:
    code = f"import json, sys, stance.commands.group; print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(result.stdout) == []


def test_labelling_into_a_pipe_loads_nothing_to_print_or_train_with() -> None:
    article = PACKAGE.parent / "seeds" / "militancy" / "article.txt"
    code = (
        f"import json, sys, stance.commands.app; sys.argv = ['stance', 'classify', {str(article)!r}]\n"
        "try:\n    stance.commands.app.main()\n"
        f"finally:\n    print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(result.stdout.splitlines()[-1]) == ["numpy", "onnxruntime", "tokenizers"]
