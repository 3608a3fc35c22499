"""Word documents (`.docx`): their text in the order of the page, with title, author and date."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

from stance.quoting import quote
from stance.records import InputError

MAX_UNPACKED = 200_000_000
"""The most bytes of a document, unpacked, pictures included."""
_OLE = b"\xd0\xcf\x11\xe0"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_LEFT_OUT = frozenset((f"{_W}del", f"{_W}moveFrom", _FALLBACK))
"""What was deleted or moved away, and what stands in a second time for old programs."""
_MARKS = {"t": None, "tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_TEMPLATE_DATE = "2013-12-23"
"""The day of the template that python-docx writes into what it makes."""
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-\w+)*")


def read_word(data: bytes) -> dict[str, str]:
    """The fields of the article in a Word document: text, and title, author, date and lang where it tells them.

    Paragraphs, headings, items of lists and rows of tables are parted by blank lines; footnotes stand at the end.
    Headers, footers, comments and what was deleted with changes tracked are left out.

    Raises
    ------
    InputError
        Where it is no document, is encrypted, too large or without text; says nothing of the file.
    ImportError
        Where python-docx is not installed.
    """
    import docx

    _check_archive(data)
    try:
        document = docx.Document(io.BytesIO(data))
        text = "\n\n".join((*_blocks(document.element.body), *_notes(document)))
        fields = {**_properties(document), "text": text}
    except Exception as error:  # any file may come in, and one that breaks the parser must not end a run
        found = quote(f"{type(error).__name__}: {error}")
        raise InputError(f"no Word document that can be read; found: {found}; save it anew as .docx or text") from None
    if not text:
        raise InputError("no text in this document; pictures of text have to be read first (OCR)")
    return {key: value for key, value in fields.items() if value}


def _check_archive(data: bytes) -> None:
    """Refuse what is no archive, holds no document, or would unpack to too much."""
    if data.startswith(_OLE):
        raise InputError("encrypted, or a Word file of the old form (.doc); save it as .docx without a password")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise InputError(f"no Word document, or a broken one ({error}); save it anew as .docx") from None
    if sum(info.file_size for info in infos) > MAX_UNPACKED:
        raise InputError(f"unpacks to more than {MAX_UNPACKED // 1_000_000} MB; save the article as text")
    if any(info.flag_bits & 1 for info in infos):
        raise InputError("encrypted; save it without a password")
    if not any(info.filename == "[Content_Types].xml" for info in infos):
        names = quote(", ".join(info.filename for info in infos[:5]))
        raise InputError(f"no Word document; found: an archive of {names}; save it as .docx or text")


def _properties(document: Any) -> dict[str, str]:
    """What a document tells of itself."""
    core = document.core_properties
    titled = (p.text for p in document.paragraphs if p.style is not None and p.style.name == "Title")
    day = core.created.date().isoformat() if core.created else ""
    language = core.language or ""
    return {
        "title": " ".join((core.title or next(titled, "")).split()),
        "author": " ".join((core.author or "").split()) if core.author != "python-docx" else "",
        "date": day if day != _TEMPLATE_DATE else "",
        "lang": language if _LANGUAGE.fullmatch(language) else "",
    }


def _blocks(element: Any) -> Iterator[str]:
    """The text of every paragraph and of every row of a table under an element, in order."""
    for child in element:
        if child.tag in _LEFT_OUT:
            continue
        if child.tag == f"{_W}p":
            yield from _paragraph(child)
        elif child.tag == f"{_W}tr":
            yield from _row(child)
        elif isinstance(child.tag, str):
            yield from _blocks(child)


def _notes(document: Any) -> Iterator[str]:
    """The text of footnotes and endnotes."""
    from docx.oxml import parse_xml

    for part in document.part.package.iter_parts():
        if str(part.partname) in ("/word/footnotes.xml", "/word/endnotes.xml"):
            for note in parse_xml(part.blob):
                if f"{_W}type" not in note.attrib:  # those with one are lines that part notes from text
                    yield from _blocks(note)


def _row(row: Any) -> Iterator[str]:
    """A row whose cells hold a paragraph each as a line, else its paragraphs."""
    cells = [list(_blocks(cell)) for cell in row.iter(f"{_W}tc") if _within(cell, row)]
    if all(len(cell) <= 1 for cell in cells):
        yield from filter(None, [" | ".join(text.replace("\n", " ") for cell in cells for text in cell)])
    else:
        yield from (text for cell in cells for text in cell)


def _within(cell: Any, row: Any) -> bool:
    """Whether a cell is one of a row, not of a table in it."""
    return next(cell.iterancestors(f"{_W}tr")) is row


def _paragraph(paragraph: Any) -> Iterator[str]:
    """The text of a paragraph, and behind it that of boxes anchored in it."""
    boxes: list[Any] = []
    lines = (" ".join(line.split()) for line in "".join(_pieces(paragraph, boxes)).split("\n"))
    yield from filter(None, ["\n".join(filter(None, lines))])
    for box in boxes:
        yield from _blocks(box)


def _pieces(element: Any, boxes: list[Any]) -> Iterator[str]:
    """The pieces of text in a paragraph; hidden text is left out."""
    for child in element:
        name = child.tag.removeprefix(_W) if isinstance(child.tag, str) else ""
        if child.tag in _LEFT_OUT or (name == "r" and child.find(f"{_W}rPr/{_W}vanish") is not None):
            continue
        if name == "txbxContent":
            boxes.append(child)
        elif name in _MARKS and child.tag != name:
            yield _MARKS[name] or child.text or ""
        else:
            yield from _pieces(child, boxes)
