"""Files of one article made by programs: found, read, told of, or refused in one line that says what to do."""

from __future__ import annotations

import gzip
import io
import sys
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import docx
import pytest

from stance.formats import documents
from stance.formats.reading import count_rows, file_kind, find_files, read_rows
from stance.formats.rows import Row
from stance.jobs.stream import Reader
from stance.records import InputError

FIRST, SECOND = "The men left the pier at noon.", "They came back at six."
NOTICE = "We and our partners store personal data such as identifiers on your device to show you advertising."
PAGE = f"<html><head><title>Port</title></head><body><article><p>{FIRST}</p><p>{SECOND}</p></article></body></html>"
MUCH = (
    "a third or more of the running text on the page was left out, as notices, comments or other articles; "
    "check the page"
)
ATTACHED = "attached files are not read; save what is to be read as files of its own"
Write = Callable[[str, bytes], str]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes a file into the working folder, an empty one, and gives its name."""
    monkeypatch.chdir(tmp_path)

    def write_file(name: str, data: bytes) -> str:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(data)
        return name

    return write_file


def mail(text: str = FIRST, *attached: str) -> bytes:
    message = EmailMessage()
    message["From"], message["Subject"], message["Date"] = (
        "Ada <a@b.example>",
        "Port",
        "Mon, 06 May 2024 10:00:00 +0000",
    )
    message.set_content(text)
    for name in attached:
        message.add_attachment(b"x", maintype="application", subtype="pdf", filename=name)
    return bytes(message)


def archive() -> bytes:
    message = EmailMessage()
    message["From"], message["Subject"] = "<Saved by Blink>", "Port"
    message.set_content(PAGE, subtype="html")
    message.add_related(b"x", maintype="image", subtype="png", cid="<logo>")
    return bytes(message)


def word(*paragraphs: str) -> bytes:
    document, stream = docx.Document(), io.BytesIO()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    document.save(stream)
    return stream.getvalue()


def told(name: str) -> tuple[list[Row], list[str]]:
    lines: list[str] = []
    return list(read_rows(name, tell=lambda place, message: lines.append(f"{place}: {message}"))), lines


TOLD = {"title": "Port", "date": "2024-05-06", "source": "Ada"}


@pytest.mark.parametrize(
    ("name", "kind", "data", "fields"),
    [
        ("a.eml", "mail", mail(), {**TOLD, "text": FIRST}),
        ("a.EML.gz", "mail", gzip.compress(mail()), {**TOLD, "text": FIRST}),
        ("a.docx", "word", word(FIRST, SECOND), {"text": f"{FIRST}\n\n{SECOND}"}),
        ("a.mhtml", "web archive", archive(), {"title": "Port", "text": f"{FIRST}\n\n{SECOND}"}),
        ("a.mht", "web archive", archive(), {"title": "Port", "text": f"{FIRST}\n\n{SECOND}"}),
    ],
)
def test_each_is_known_by_its_ending_and_is_one_article(
    name: str, kind: str, data: bytes, fields: dict[str, str], write: Write
) -> None:
    assert file_kind(write(name, data)) == kind
    assert find_files([name]) == [name]
    assert count_rows(name) == 1
    assert told(name) == ([Row(name, fields, default_id="a")], [])


def test_a_folder_may_hold_all_of_them(write: Write) -> None:
    write("in/a.eml", mail())
    write("in/b.docx", word(SECOND))
    write("in/c.mhtml", archive())
    write("in/d.html", PAGE.encode())
    write("in/e.txt", FIRST.encode())
    texts = [item.text for item in Reader("article").read(find_files(["in"]))]
    assert texts == [FIRST, SECOND, f"{FIRST}\n\n{SECOND}", f"{FIRST}\n\n{SECOND}", FIRST]


def test_files_attached_to_a_mail_are_told(write: Write) -> None:
    name = write("a.eml", mail(FIRST, "map.pdf", "list.pdf"))
    assert told(name)[1] == [f"a.eml (map.pdf, list.pdf): {ATTACHED}"]


def test_what_is_attached_is_not_told_where_nothing_is_quoted(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STANCE_QUIET_TEXT", "1")
    assert told(write("a.eml", mail(FIRST, "map.pdf")))[1] == [f"a.eml (not shown): {ATTACHED}"]


def test_it_is_told_where_much_of_a_page_was_left_out(write: Write) -> None:
    notice = f"<div class='consent'><p>{NOTICE}</p></div>"
    name = write("a.html", PAGE.replace("<body>", f"<body>{notice}").encode())
    share = len(NOTICE) / len(NOTICE + FIRST + SECOND)
    rows, lines = told(name)
    assert (rows[0].fields["text"], lines) == (f"{FIRST}\n\n{SECOND}", [f"a.html ({share:.0%}): {MUCH}"])


def test_of_many_pages_some_are_told_and_the_others_counted(write: Write) -> None:
    page = PAGE.replace("<body>", f"<body><div class='consent'><p>{NOTICE}</p></div>")
    for number in range(9):
        write(f"in/{number}.html", page.encode())
    lines: list[str] = []
    assert len(list(Reader("article", report=lines.append).read(find_files(["in"])))) == 9
    assert [line.partition(" ")[0] for line in lines[:5]] == [f"in/{number}.html" for number in range(5)]
    assert lines[5:] == [f"4 more files: {MUCH}"]


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("a.eml", b"just words", 'no mail; found: "just words"; it should begin with From, Subject, Date and the like'),
        ("a.docx", b"just words", "no Word document, or a broken one (File is not a zip file); save it anew as .docx"),
        ("a.mhtml", mail(), "no page in this web archive; save it as HTML, or the article as text"),
    ],
)
def test_a_broken_one_is_a_bad_row(name: str, data: bytes, problem: str, write: Write) -> None:
    assert told(write(name, data)) == ([Row(name, problem=problem)], [])


@pytest.mark.parametrize("name", ["a.eml", "a.docx", "a.mhtml"])
def test_one_that_is_too_large_is_a_bad_row(name: str, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "LARGEST", 1_000_000)
    assert told(write(name, b"x" * 1_000_001))[0][0].problem == "larger than 1 MB; save the article as text"


@pytest.mark.parametrize(
    ("name", "data", "missing", "message"),
    [
        ("a.docx", word(FIRST), "docx", "reading Word files needs python-docx; pip install 'framestance[word]'"),
        ("a.mhtml", archive(), "trafilatura", "reading web pages needs trafilatura; pip install 'framestance[html]'"),
        (
            "a.eml",
            mail().replace(b"text/plain", b"text/html"),
            "trafilatura",
            "reading HTML of mails needs trafilatura; pip install 'framestance[html]'",
        ),
    ],
)
def test_without_its_library_the_mend_is_named(
    name: str, data: bytes, missing: str, message: str, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(InputError) as error:
        list(read_rows(write(name, data)))
    assert str(error.value) == f"{name}: {message}"


# Mailboxes


def test_the_mails_of_a_mailbox_are_rows(write: Write) -> None:
    mails = (mail(), mail("", "map.pdf"), mail(SECOND))
    name = write("a.mbox", b"".join(b"From ada Mon May  6 10:00:00 2024\n" + each + b"\n" for each in mails))
    rows, lines = told(name)
    assert [(row.place, row.default_id, row.fields["text"]) for row in rows] == [
        ("a.mbox:1", "a:1", FIRST),
        ("a.mbox:3", "a:3", SECOND),
    ]
    assert lines == [
        "a.mbox:2: no text in this mail; it holds map.pdf; save what is to be read as a file of its own; left out"
    ]


@pytest.mark.parametrize("data", [b"just words\n", b"From ada\n\n"])
def test_a_mailbox_without_mails_is_refused(data: bytes, write: Write) -> None:
    name = write("a.mbox", data)
    with pytest.raises(InputError) as error:
        list(read_rows(name))
    assert str(error.value) == (
        "a.mbox: no mails with text in it; it should be a mailbox (.mbox), or be named for what it is"
    )


# What can't be read


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a b.pdf", "a PDF; turn it into text first: pdftotext 'a b.pdf' (scans: ocrmypdf)"),
        ("a.DOC", "a Word file of the old form; open it in Word or LibreOffice and save it as .docx or text"),
        ("a.rtf", "rich text; open it in Word or LibreOffice and save it as .docx or text"),
        ("a.odt", "an OpenDocument text; open it in Word or LibreOffice and save it as .docx or text"),
        ("a.pages", "a Pages document; export it to Word (.docx) or plain text"),
        ("a.msg", "a message in Outlook's own form; save it as .eml, or as text"),
        ("a.jpeg", "a picture; its text has to be read first (OCR, as by tesseract)"),
    ],
)
def test_what_can_not_be_read_is_refused_with_the_way_to_text(name: str, message: str, write: Write) -> None:
    with pytest.raises(InputError) as error:
        find_files([write(name, b"x")])
    assert str(error.value) == f"{name}: {message}"


def test_a_folder_of_nothing_else_says_what_it_holds(write: Write) -> None:
    write("in/a.pdf", b"x")
    write("in/b.PDF", b"x")
    with pytest.raises(
        InputError, match=r"^in: no articles in this folder \(it holds \.pdf 2; name one to see what to do\)"
    ):
        find_files(["in"])
