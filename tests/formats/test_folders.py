"""Folders of articles: links read once, and what can't be read told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stance.formats.reading import find_files, unread_endings
from stance.jobs.stream import Reader
from stance.records import Article, InputError

TEXT = "The dockers left the quays early on Monday."


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with articles in `in` and in `other`."""
    monkeypatch.chdir(tmp_path)
    for name in ("in/a.txt", "in/deep/b.txt", "other/c.txt", "other/d.rtf"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(TEXT)
    return tmp_path / "in"


def found(*inputs: str) -> tuple[list[str], list[str]]:
    told: list[str] = []
    files = find_files(inputs or ["in"], lambda place, message: told.append(f"{place}: {message}"))
    return files, told


def test_a_folder_that_is_linked_is_read(folder: Path) -> None:
    (folder / "more").symlink_to("../other")
    assert found() == (["in/a.txt", "in/deep/b.txt", "in/more/c.txt"], [])
    assert unread_endings(["in"]) == {".rtf": 1}


def test_a_folder_that_is_linked_twice_or_stands_there_too_is_read_once(folder: Path) -> None:
    (folder / "more").symlink_to("../other")
    (folder / "again").symlink_to("../other")
    (folder / "zzz").symlink_to("deep")
    assert found() == (
        ["in/a.txt", "in/again/c.txt", "in/deep/b.txt"],
        [
            "in/more: a link to a folder that is read already; left out",
            "in/zzz: a link to a folder that is read already; left out",
        ],
    )


@pytest.mark.parametrize("target", [".", "..", "../..", "../../in"])
def test_a_link_that_leads_back_is_told(target: str, folder: Path) -> None:
    (folder / "deep" / "loop").symlink_to(target)
    assert found() == (
        ["in/a.txt", "in/deep/b.txt"],
        ["in/deep/loop: a link back to a folder that it stands in; left out"],
    )


def test_folders_that_link_to_each_other_are_read_once(folder: Path) -> None:
    (folder / "more").symlink_to("../other")
    (folder.parent / "other" / "back").symlink_to("../in")
    files, told = found()
    assert files == ["in/a.txt", "in/deep/b.txt", "in/more/c.txt"]
    assert told == ["in/more/back: a link to a folder that is read already; left out"]


def test_links_to_nothing_and_to_themselves_are_told(folder: Path) -> None:
    (folder / "gone.txt").symlink_to("nowhere.txt")
    (folder / "self").symlink_to("self")
    (folder / ".hidden").symlink_to("nowhere.txt")
    assert found() == (
        ["in/a.txt", "in/deep/b.txt"],
        [
            "in/gone.txt: a link to nothing, or to itself; left out",
            "in/self: a link to nothing, or to itself; left out",
        ],
    )


def test_a_file_that_is_linked_is_read_once(folder: Path) -> None:
    (folder / "0.txt").symlink_to("a.txt")
    (folder / "c.txt").symlink_to("../other/c.txt")
    (folder / "d.txt").symlink_to("../other/c.txt")
    assert found() == (
        ["in/a.txt", "in/c.txt", "in/deep/b.txt"],
        [
            "in/0.txt: a link to a file that is read already; left out",
            "in/d.txt: a link to a file that is read already; left out",
        ],
    )


def test_a_folder_that_is_named_may_be_a_link(folder: Path) -> None:
    (folder.parent / "link").symlink_to("in")
    assert found("link") == (["link/a.txt", "link/deep/b.txt"], [])
    assert found("in/")[0] == ["in/a.txt", "in/deep/b.txt"]


def test_files_in_a_folder_that_can_not_be_read_are_told_and_left_out(folder: Path) -> None:
    (folder / "empty.txt").write_bytes(b"")
    (folder / "zeros.txt").write_bytes(b"\0\1\2" * 20)
    files, told = found()
    assert files == ["in/a.txt", "in/deep/b.txt"]
    assert told == [
        "in/empty.txt: empty; it should hold at least one article; left out",
        "in/zeros.txt: binary, not text; save it as UTF-8 text; left out",
    ]


def test_a_folder_of_which_nothing_can_be_read_is_refused(folder: Path) -> None:
    for name in ("a.txt", "deep/b.txt"):
        (folder / name).write_bytes(b"")
    with pytest.raises(InputError, match=r"^in/a\.txt: empty; it should hold at least one article$"):
        find_files(["in"])


def test_a_folder_and_a_file_without_permission_are_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed, opened = os.listdir, open

    def listdir(path: str) -> list[str]:
        if path == "in/deep":
            raise PermissionError(13, "Permission denied", path)
        return listed(path)

    def refusing(path: str, *arguments: object, **options: object) -> object:
        if str(path) == "in/no.txt":
            raise PermissionError(13, "Permission denied", path)
        return opened(path, *arguments, **options)  # type: ignore[call-overload]

    (folder / "no.txt").write_text(TEXT)
    monkeypatch.setattr(os, "listdir", listdir)
    monkeypatch.setattr("builtins.open", refusing)
    assert found() == (
        ["in/a.txt"],
        ["in/deep: Permission denied; left out", "in/no.txt: Permission denied; left out"],
    )


def test_files_that_vanish_are_left_out(folder: Path) -> None:
    files = find_files(["in"])
    (folder / "a.txt").unlink()
    told: list[str] = []
    articles = list(Reader("article", report=told.append).read(files))
    assert [type(article) for article in articles] == [Article]
    assert told == ["in/a.txt: No such file or directory; left out"]
    with pytest.raises(InputError, match=r"^in/a\.txt: No such file or directory$"):
        list(Reader("article").read(["in/a.txt"]))


def test_what_word_leaves_beside_an_open_document_is_not_read(tmp_path: Path) -> None:
    for name in ("a.txt", "~$a.docx", ".hidden.txt"):
        (tmp_path / name).write_text("The Dock Union left.")
    assert find_files([str(tmp_path)]) == [str(tmp_path / "a.txt")]
