"""Every command and every piece of Python in the README and the docs, in its order, as a reader would run them."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from stance.commands.app import main
from tests.conftest import CODEBOOK, corpus_rows

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
WALKS = ("tutorial.md", "from-nothing.md")
"""Pages that tests/test_tutorial.py walks through, from the first command to the last."""
PAGES = [ROOT / "README.md", *sorted(page for page in DOCS.glob("*.md") if page.name not in WALKS)]
FRAMED = re.compile(r"^```(\w*)\n(.*?)^```", re.S | re.M)


def blocks(page: Path, language: str) -> list[str]:
    return [body for kind, body in FRAMED.findall(page.read_text(encoding="utf-8")) if kind == language]


def commands(page: Path) -> list[str]:
    text = "".join(blocks(page, "sh")).replace("\\\n", " ")
    return [line.partition("  #")[0].rstrip() for line in text.splitlines() if line.strip()]


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory, model_dir: Path) -> Path:
    """A folder with the files that the pages speak of."""
    folder = tmp_path_factory.mktemp("docs") / "study"
    shutil.copytree(DOCS / "articles", folder / "articles")
    shutil.copy(DOCS / "labelled.csv", folder)
    shutil.copytree(model_dir, folder / "my-model")
    shutil.copytree(model_dir, folder / "other-model")
    (folder / "codebook.yaml").write_text(CODEBOOK, encoding="utf-8")
    rows = [
        {**row, "source": "Herald" if n % 2 else "Post", "date": "2024-05-02"} for n, row in enumerate(corpus_rows())
    ]
    for name, some in {"labels": rows, "held-out": rows[:60]}.items():
        write(folder / f"{name}.jsonl", some)
    write(folder / "articles.jsonl", [{"id": row["id"], "text": row["text"]} for row in rows[:20]])
    own = [json.loads(line) for line in (ROOT / "seeds/militancy/dev.jsonl").read_text("utf-8").splitlines()[:20]]
    for name in ("ann", "ben"):
        write(folder / f"{name}.jsonl", [{**row, "annotator": name} for row in own])
    (folder / "article.txt").write_text((ROOT / "seeds/militancy/article.txt").read_text("utf-8"), encoding="utf-8")
    return folder


def write(path: Path, rows: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_of_a_page_runs(
    page: Path, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(study, tmp_path / "study")
    monkeypatch.chdir(tmp_path / "study")
    for command in commands(page):
        program, *arguments = shlex.split(command)
        if program in ("make", "pip"):
            check_set_up(program, arguments)
            continue
        assert program == "stance", command
        monkeypatch.setattr(sys, "argv", [program, *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
        said = capsys.readouterr()
        findings = arguments[0] == "check" and stop.value.code == 1
        assert findings or stop.value.code in (0, None), f"{command}\n{said.out}{said.err}"


def check_set_up(program: str, arguments: list[str]) -> None:
    """A target that `make` knows, or extras that the package has."""
    if program == "make":
        assert re.search(rf"^{arguments[0]}:", (ROOT / "Makefile").read_text("utf-8"), re.M), arguments
        return
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = re.findall(r"[\w-]+", " ".join(arguments[1:]).partition("[")[2])
    assert arguments[0] == "install"
    assert set(extras) <= project["optional-dependencies"].keys()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_piece_of_python_runs(page: Path, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(study, tmp_path / "study")
    monkeypatch.chdir(tmp_path / "study")
    names: dict[str, object] = {}
    for number, source in enumerate(blocks(page, "python")):
        exec(compile(source, f"{page.name}, piece {number}", "exec"), names)


def test_the_pages_have_commands_and_python_to_run() -> None:
    assert len(PAGES) >= 11
    assert sum(len(commands(page)) for page in PAGES) >= 25
    assert sum(len(blocks(page, "python")) for page in PAGES) >= 2


def test_links_between_pages_lead_somewhere() -> None:
    for page in [*PAGES, *(DOCS / name for name in WALKS), ROOT / "CONTRIBUTING.md", ROOT / "benchmarks/README.md"]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[\w-]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), (page.name, target)


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("zensical")
    for name in ("docs", "mkdocs.yml", "SECURITY.md", "CONTRIBUTING.md"):
        copied = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copied(ROOT / name, tmp_path / name)
    done = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Models from strangers" in (tmp_path / "build/site/security.html").read_text(encoding="utf-8")
