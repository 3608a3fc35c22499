"""The files in a folder: what links lead to is read once, and what can't be read is told."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from stance.formats.notes import Tell

LEFT_OUT = "left out"
_HIDDEN = (".", "~$")
"""How the names of files begin that are not meant to be seen; Word locks a document with the latter."""


def files_in(folder: str, tell: Tell) -> list[str]:
    """The files in a folder and those in it, in order, but for hidden ones."""
    files: list[str] = []
    links: list[str] = []
    for path in _files_once(str(Path(folder)), tell):
        (links if os.path.islink(path) else files).append(path)
    read = {os.path.realpath(file) for file in files}
    for link in sorted(links):
        target = os.path.realpath(link)
        if target in read:
            tell(link, f"a link to a file that is read already; {LEFT_OUT}")
        else:
            read.add(target)
            files.append(link)
    return sorted(files)


def _files_once(folder: str, tell: Tell) -> Iterator[str]:
    """The files in a folder and in those that it holds or links to, each folder once, those that it holds first."""
    seen: set[str] = set()
    folders, links = deque([folder]), deque[str]()
    while folders or links:
        current = folders.popleft() if folders else links.popleft()
        real = os.path.realpath(current)
        if real in seen:
            tell(current, f"a link to a folder that is read already; {LEFT_OUT}")
            continue
        seen.add(real)
        try:
            entries = sorted(entry for entry in os.listdir(current) if not entry.startswith(_HIDDEN))
        except OSError as error:
            tell(current, f"{error.strerror or error}; {LEFT_OUT}")
            continue
        for entry in entries:
            path = os.path.join(current, entry)
            if os.path.islink(path) and not os.path.exists(path):
                tell(path, f"a link to nothing, or to itself; {LEFT_OUT}")
            elif os.path.isfile(path):
                yield path
            elif os.path.islink(path) and _leads_back(path):
                tell(path, f"a link back to a folder that it stands in; {LEFT_OUT}")
            elif os.path.isdir(path):
                (links if os.path.islink(path) else folders).append(path)
            elif not os.path.exists(path):
                tell(path, f"can't be reached; {LEFT_OUT}")


def _leads_back(link: str) -> bool:
    return Path(os.path.realpath(link)) in Path(os.path.realpath(os.path.dirname(link)) + "/x").parents
