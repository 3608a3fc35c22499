"""The notebook of the docs, its cells run in their order as a kernel would, and what they show."""

from __future__ import annotations

import ast
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).parent.parent / "docs"
NOTEBOOK = json.loads((DOCS / "notebook.ipynb").read_text(encoding="utf-8"))
CELLS = [cell for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]


def run_cell(source: str, names: dict[str, Any]) -> Any:
    """Run a cell; what its last line is worth, where that is an expression."""
    tree = ast.parse(source)
    last = ast.Expression(tree.body.pop().value) if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    return eval(compile(last, "cell", "eval"), names) if last else None


def test_every_cell_runs_and_shows_what_it_should(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pandas")
    shutil.copy(DOCS / "labelled.csv", tmp_path)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    shown = [run_cell("".join(cell["source"]), names) for cell in CELLS]
    for value in shown:
        assert getattr(value, "_repr_html_", value.__repr__)()
    predictions, joined, rows = names["predictions"], shown[2], names["rows"]
    assert [p.passage.text for p in predictions] == list(rows["text"][:8])
    assert (len(joined), list(joined["id"])) == (8, list(rows["id"][:8]))
    assert joined.filter(like="frame.").notna().all().all()
    assert shown[4] == (64, 81)
    assert names["mine"].labeler.tasks == {"frames"}
    assert (names["scores"]["data"], names["scores"]["n_passages"], names["scores"]["leaks"]["n"]) == (["frame"], 81, 0)
    assert shown[8].min() > sum(names["is_threat"]) / len(rows)
    assert list(names["ready"].predict(names["pairs"])) == ["against", "favor"]


def test_the_notebook_is_one_that_jupyter_reads_and_holds_no_outputs() -> None:
    assert (NOTEBOOK["nbformat"], NOTEBOOK["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in NOTEBOOK["cells"]}) == len(NOTEBOOK["cells"])
    assert [(cell["outputs"], cell["execution_count"]) for cell in CELLS] == [([], None)] * len(CELLS)
    assert all(isinstance(cell["source"], list) and cell["source"] for cell in NOTEBOOK["cells"])
