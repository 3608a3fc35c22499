"""Word documents: all that is read in them comes out in order, and what is no document is refused in one line."""

from __future__ import annotations

import datetime
import io
import struct
import sys
import zipfile
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from stance.formats import word
from stance.formats.word import read_word
from stance.records import InputError

FIRST, SECOND = "The men left the pier at noon.", "They came back at six."


def saved(document: Any) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def document(*paragraphs: str) -> Any:
    made = docx.Document()
    for paragraph in paragraphs:
        made.add_paragraph(paragraph)
    return made


def with_xml(inner: str) -> Any:
    """A document of a paragraph with this in it."""
    made = document("")
    made.paragraphs[0]._p.append(parse_xml(f"<w:r {nsdecls('w')}>{inner}</w:r>"))
    return made


def changed(data: bytes, name: str, content: bytes | None) -> bytes:
    """A document with another part in place of one, or without it."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            if info.filename != name:
                new.writestr(info, old.read(info))
        if content is not None:
            new.writestr(name, content)
    return stream.getvalue()


def archive(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return stream.getvalue()


def text(made: Any) -> str:
    return read_word(saved(made))["text"]


def refusal(data: bytes) -> str:
    with pytest.raises(InputError) as error:
        read_word(data)
    return str(error.value)


def test_paragraphs_headings_lists_and_tables_come_in_order() -> None:
    made = docx.Document()
    made.add_heading("Dockers walk off", 0)
    made.add_paragraph(FIRST)
    made.add_heading("What they want", 1)
    made.add_paragraph("Open the gates", style="List Bullet")
    made.add_paragraph("More pay", style="List Number")
    table = made.add_table(2, 2)
    for cell, words in zip((c for row in table.rows for c in row.cells), ("Pier", "Ships", "Nine", "4"), strict=True):
        cell.text = words
    made.add_paragraph(SECOND)
    expected = [
        "Dockers walk off",
        FIRST,
        "What they want",
        "Open the gates",
        "More pay",
        "Pier | Ships",
        "Nine | 4",
        SECOND,
    ]
    assert text(made).split("\n\n") == expected


def test_cells_with_several_paragraphs_are_read_as_such() -> None:
    made = docx.Document()
    cell = made.add_table(1, 2).rows[0].cells[0]
    cell.text = FIRST
    cell.add_paragraph(SECOND)
    inner = cell.add_table(1, 1)
    inner.cell(0, 0).text = "Nine"
    assert text(made).split("\n\n") == [FIRST, SECOND, "Nine"]


def test_what_is_known_of_a_document_is_told() -> None:
    made = document(FIRST)
    made.core_properties.title, made.core_properties.author = "Port  shut", "Ada Stone"
    made.core_properties.created = datetime.datetime(2024, 5, 6, 23, 30)
    made.core_properties.language = "en-GB"
    told = {"title": "Port shut", "author": "Ada Stone", "date": "2024-05-06", "lang": "en-GB"}
    assert read_word(saved(made)) == {**told, "text": FIRST}


def test_what_a_template_says_is_not_told() -> None:
    assert read_word(saved(document(FIRST))) == {"text": FIRST}


def test_the_paragraph_styled_as_title_is_the_title_where_none_is_told() -> None:
    made = docx.Document()
    made.add_heading("Port shut", 0)
    made.add_paragraph(FIRST)
    assert read_word(saved(made)) == {"title": "Port shut", "text": f"Port shut\n\n{FIRST}"}


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ("<w:t>one</w:t><w:br/><w:t>two</w:t>", "one\ntwo"),
        ("<w:t>one</w:t><w:tab/><w:t>two</w:t>", "one two"),
        ("<w:t>cease</w:t><w:noBreakHyphen/><w:t>fire</w:t>", "cease-fire"),
        ("<w:t>kept</w:t><w:rPr><w:b/></w:rPr>", "kept"),
    ],
)
def test_breaks_tabs_and_hyphens(inner: str, expected: str) -> None:
    assert text(with_xml(inner)) == expected


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        ("<w:ins {w}><w:r><w:t>added</w:t></w:r></w:ins>", "added"),
        ("<w:del {w}><w:r><w:delText>gone</w:delText></w:r></w:del>", ""),
        ("<w:moveFrom {w}><w:r><w:t>moved</w:t></w:r></w:moveFrom>", ""),
        ("<w:smartTag {w}><w:r><w:t>Kabul</w:t></w:r></w:smartTag>", "Kabul"),
        ("<w:fldSimple {w}><w:r><w:t>field</w:t></w:r></w:fldSimple>", "field"),
        ("<w:sdt {w}><w:sdtContent><w:r><w:t>control</w:t></w:r></w:sdtContent></w:sdt>", "control"),
        ("<w:r {w}><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r>", ""),
        ("<w:r {w}><w:instrText>PAGE</w:instrText></w:r>", ""),
    ],
    ids=["inserted", "deleted", "moved-away", "smart-tag", "field", "control", "hidden", "instruction"],
)
def test_what_stands_in_a_paragraph_is_read_if_it_is_shown(xml: str, expected: str) -> None:
    made = document("The ")
    made.paragraphs[0]._p.append(parse_xml(xml.format(w=nsdecls("w"))))
    assert text(made) == f"The {expected}".strip()


def test_controls_around_paragraphs_and_boxes_are_read() -> None:
    made = document(FIRST)
    control = f"<w:sdt {nsdecls('w')}><w:sdtContent><w:p><w:r><w:t>{SECOND}</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    made.element.body.insert(1, parse_xml(control))
    box = (
        f'<w:r {nsdecls("w")} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:AlternateContent>'
        "<mc:Choice><w:txbxContent><w:p><w:r><w:t>In a box.</w:t></w:r></w:p></w:txbxContent></mc:Choice>"
        "<mc:Fallback><w:txbxContent><w:p><w:r><w:t>In a box.</w:t></w:r></w:p></w:txbxContent></mc:Fallback>"
        "</mc:AlternateContent></w:r>"
    )
    made.paragraphs[0]._p.append(parse_xml(box))
    assert text(made).split("\n\n") == [FIRST, "In a box.", SECOND]


def test_footnotes_stand_at_the_end() -> None:
    notes = (
        f'<w:footnotes {nsdecls("w")}><w:footnote w:type="separator" w:id="-1"><w:p/></w:footnote>'
        f'<w:footnote w:id="1"><w:p><w:r><w:t>A note.</w:t></w:r></w:p></w:footnote></w:footnotes>'
    )
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
    made = document(FIRST)
    part = docx.opc.part.Part(docx.opc.packuri.PackURI("/word/footnotes.xml"), kind, notes.encode(), made.part.package)
    made.part.relate_to(part, "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes")
    assert text(made).split("\n\n") == [FIRST, "A note."]


NO_WORD = "no Word document, or a broken one (File is not a zip file); save it anew as .docx"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"just words", NO_WORD),
        (saved(document(FIRST))[:2000], NO_WORD),
        (
            b"\xd0\xcf\x11\xe0" * 9,
            "encrypted, or a Word file of the old form (.doc); save it as .docx without a password",
        ),
        (archive(a=b"x"), 'no Word document; found: an archive of "a"; save it as .docx or text'),
        (saved(docx.Document()), "no text in this document; pictures of text have to be read first (OCR)"),
    ],
    ids=["words", "cut", "old-or-encrypted", "archive", "empty"],
)
def test_what_is_no_document_or_holds_no_text_is_refused(data: bytes, message: str) -> None:
    assert refusal(data) == message


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("word/document.xml", b"<w:document"),
        ("word/document.xml", None),
        ("[Content_Types].xml", b"<Types/>"),
        ("_rels/.rels", None),
        ("word/document.xml", b'<!DOCTYPE a [<!ENTITY b "b"><!ENTITY c "&b;&b;">]><a>&c;</a>'),
    ],
)
def test_a_document_with_a_broken_part_is_refused_in_one_line(name: str, content: bytes | None) -> None:
    message = refusal(changed(saved(document(FIRST)), name, content))
    assert message.startswith("no ")
    assert "; save it anew as .docx or text" in message or message.startswith("no text in this document")


def test_an_entity_of_a_document_names_no_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("A secret that the document would like to read.")
    start = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    content = (
        f"{start}<w:document {nsdecls('w')}><w:body><w:p><w:r><w:t>One &x;</w:t></w:r></w:p></w:body></w:document>"
    )
    assert read_word(changed(saved(document(FIRST)), "word/document.xml", content.encode())) == {"text": "One"}


def test_a_document_that_unpacks_to_too_much_is_refused_before_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word, "MAX_UNPACKED", 3_000_000)
    bomb = changed(saved(document(FIRST)), "word/media/a.bin", b"\0" * 3_000_001)
    assert len(bomb) < 100_000
    assert refusal(bomb) == "unpacks to more than 3 MB; save the article as text"


def test_a_document_with_a_password_is_refused() -> None:
    data = bytearray(saved(document(FIRST)))
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as made:
        start = made.start_dir
    flags = struct.unpack_from("<H", data, start + 8)[0]
    struct.pack_into("<H", data, start + 8, flags | 1)
    assert refusal(bytes(data)) == "encrypted; save it without a password"


def test_without_the_library_no_document_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    data = saved(document(FIRST))
    monkeypatch.setitem(sys.modules, "docx", None)
    with pytest.raises(ImportError):
        read_word(data)
