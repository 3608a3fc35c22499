"""Saved mails: what somebody wrote or passed on is the article; what mail programs add stays behind."""

from __future__ import annotations

import contextlib
import sys
from email.message import EmailMessage

import pytest

from stance.formats.mail import SIGNATURE, Mail, page_in_archive, read_mail
from stance.records import InputError

FIRST, SECOND = "The men left the pier at noon.", "They came back at six."
HEAD = """\
From: The Gull Daily <news@gull.example>
To: ada@stone.example
Subject: Dockers walk off
Date: Mon, 06 May 2024 23:30:00 +0500
"""
TOLD = {"title": "Dockers walk off", "date": "2024-05-06", "source": "The Gull Daily"}
HTML = f"<html><body><h1>Dockers</h1><p>{FIRST}</p><table><tr><td>{SECOND}</td></tr></table></body></html>"


def text(body: str, head: str = "") -> str:
    return read_mail((HEAD + head + "\n" + body).encode()).fields["text"]


def refusal(data: bytes | str) -> str:
    with pytest.raises(InputError) as error:
        read_mail(data.encode() if isinstance(data, str) else data)
    return str(error.value)


def mail(content: str = FIRST, **headers: str) -> EmailMessage:
    message = EmailMessage()
    for name, value in {"From": "a@b.example", "Subject": "Port", **headers}.items():
        message[name] = value
    message.set_content(content)
    return message


def test_a_plain_mail_is_an_article() -> None:
    assert read_mail(f"{HEAD}\n{FIRST}\n\n{SECOND}\n".encode()) == Mail({**TOLD, "text": f"{FIRST}\n\n{SECOND}"})


@pytest.mark.parametrize(
    ("subject", "title"),
    [
        ("Re: Port shut", "Port shut"),
        ("Fwd: RE[2]: Port shut", "Port shut"),
        ("AW: WG: Port shut", "Port shut"),
        ("Report: port shut", "Report: port shut"),
        ("=?utf-8?B?0J/QvtGA0YI=?=", "Порт"),
        ("=?iso-8859-1?Q?caf=E9?=\n =?iso-8859-1?Q?_shut?=", "café shut"),
        ("Порт", "Порт"),
        ("", None),
    ],
)
def test_the_subject_is_the_title(subject: str, title: str | None) -> None:
    head = HEAD.replace("Dockers walk off", subject)
    assert read_mail(f"{head}\n{FIRST}".encode()).fields.get("title") == title


@pytest.mark.parametrize(
    ("sender", "source"),
    [
        ("news@gull.example", "news@gull.example"),
        ('"Gull, The" <news@gull.example>', "Gull, The"),
        ("=?utf-8?Q?=D0=96=D0=B0?= <j@x.example>", "Жа"),
        ("Жанна <j@x.example>", "Жанна"),
        ("nobody", "nobody"),
    ],
)
def test_the_sender_is_the_source(sender: str, source: str) -> None:
    head = HEAD.replace("The Gull Daily <news@gull.example>", sender)
    assert read_mail(f"{head}\n{FIRST}".encode()).fields["source"] == source


@pytest.mark.parametrize("date", ["yesterday", "", "Mon, 99 May 2024 10:00:00 +0000"])
def test_a_date_that_is_none_is_left_out(date: str) -> None:
    head = HEAD.replace("Mon, 06 May 2024 23:30:00 +0500", date)
    assert read_mail(f"{head}\n{FIRST}".encode()).fields.get("date") is None


def test_the_language_is_told_by_its_header() -> None:
    assert read_mail(f"{HEAD}Content-Language: de-AT, en\n\n{FIRST}".encode()).fields["lang"] == "de-AT"


@pytest.mark.parametrize(
    ("charset", "encoding", "words"),
    [
        ("utf-8", "utf-8", "Café – 港"),
        ("iso-8859-1", "windows-1252", "“Café”"),
        ("gb2312", "gb18030", "码头①"),
        ("koi8-r", "koi8-r", "Докеры"),
        ("iso-2022-jp", "iso-2022-jp", "港"),
        ("utf-8", "windows-1252", "Café"),
        ("us-ascii", "utf-8", "Café"),
        ("nonsense", "utf-8", "Café"),
        ("rot13", "utf-8", "Café"),
    ],
)
def test_characters_by_what_is_declared_and_what_fits(charset: str, encoding: str, words: str) -> None:
    head = f"{HEAD}Content-Type: text/plain; charset={charset}\n\n"
    assert read_mail(head.encode() + words.encode(encoding)).fields["text"] == words


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("base64", "VGhlIG1lbiBsZWZ0IHRoZSBwaWVyIGF0IG5vb24u"),
        ("quoted-printable", "The men left the pier=\n at noon=2E"),
        ("8bit", FIRST),
    ],
)
def test_transfer_encodings(coding: str, body: str) -> None:
    assert text(body, f"Content-Transfer-Encoding: {coding}\n") == FIRST


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f"{FIRST}\n-- \nAda Stone\nPort desk", FIRST),
        (f"{FIRST}\n\n--\nAda", FIRST),
        (f"{FIRST}\n-- \n{'x' * SIGNATURE}", f"{FIRST}\n-- \n{'x' * SIGNATURE}"),
        (f"{FIRST}\n\nSent from my iPhone", FIRST),
        (f"{FIRST}\n\nOn Mon, 6 May 2024 at 10:00, Ada wrote:\n> {SECOND}\n> -- \n> Ada", f"{FIRST}\n\n{SECOND}"),
        (f"{FIRST}\n\nOn Mon, 6 May 2024, Ada Stone <a@b.example>\nwrote:\n\n>> {SECOND}", f"{FIRST}\n\n{SECOND}"),
        (f"Am 6. Mai schrieb Ada:\n> {SECOND}\n\n{FIRST}", f"{SECOND}\n\n{FIRST}"),
        (
            f"{FIRST}\n\n-----Original Message-----\nFrom: Ada\nSent: Monday\nTo: Ben\n\n{SECOND}",
            f"{FIRST}\n\n{SECOND}",
        ),
        (f"---------- Forwarded message ---------\nFrom: Ada <a@b.example>\nDate: Monday\n\n{SECOND}", SECOND),
        (f"Begin forwarded message:\n\n*From: *Ada\n*Date: *Monday\n\n{SECOND}", SECOND),
        (f"{FIRST}\n-- \nAda\n\n-----Original Message-----\n{SECOND}", f"{FIRST}\n\n{SECOND}"),
        (f"From: the men.\n{FIRST}", f"From: the men.\n{FIRST}"),
        (f"On Monday they wrote: no.\n\n{FIRST}", f"On Monday they wrote: no.\n\n{FIRST}"),
        (
            f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n{FIRST}\n-----BEGIN PGP SIGNATURE-----\n\nx\n"
            "-----END PGP SIGNATURE-----",
            FIRST,
        ),
    ],
)
def test_what_mail_programs_add_is_left_out_and_quoted_text_kept(body: str, expected: str) -> None:
    assert text(body) == expected


def test_flowed_lines_are_joined() -> None:
    head = "Content-Type: text/plain; format=flowed\n"
    body = "The men left \nthe pier \nat noon.\n\n> They came \n> back at six.\n From here on.\n-- \nAda"
    assert text(body, head) == f"{FIRST}\n\n{SECOND}\n\nFrom here on."
    assert text("The men le \nft the pier at noon.", "Content-Type: text/plain; format=flowed; delsp=yes\n") == FIRST


def test_html_is_read_where_there_is_no_plain_text() -> None:
    message = mail()
    message.set_content(HTML, subtype="html")
    assert read_mail(bytes(message)).fields["text"] == f"Dockers\n\n{FIRST}\n\n{SECOND}"


def test_hidden_parts_and_signatures_of_html_are_left_out() -> None:
    message = mail()
    message.set_content(
        f"<div style='display:none'>Preview</div><style>p {{}}</style><p>{FIRST}<br>{SECOND}</p>"
        "<div class='gmail_signature'>Ada</div>"
        "<p><a href='/a'>Unsubscribe</a> | <a href='/b'>View in a browser</a></p>",
        subtype="html",
    )
    assert read_mail(bytes(message)).fields["text"] == f"{FIRST}\n{SECOND}"


@pytest.mark.parametrize(
    ("plain", "expected"),
    [
        (f"{FIRST} {SECOND}", f"{FIRST} {SECOND}"),
        ("View this mail in a browser.", f"Dockers\n\n{FIRST}\n\n{SECOND}"),
        ("x" * 300, "x" * 300),
    ],
    ids=["equal", "hint", "long"],
)
def test_of_two_forms_the_plain_one_is_read_if_it_is_no_hint_to_the_other(plain: str, expected: str) -> None:
    message = mail(plain)
    message.add_alternative(HTML, subtype="html")
    assert read_mail(bytes(message)).fields["text"] == expected


def test_attachments_are_told_and_not_read() -> None:
    message = mail()
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="отчёт.pdf")
    message.add_attachment("More text.", filename="more.txt")
    message.add_attachment(b"x", maintype="image", subtype="png", cid="<logo>")
    assert read_mail(bytes(message)) == Mail(
        {"title": "Port", "source": "a@b.example", "text": FIRST}, ("отчёт.pdf", "more.txt")
    )


def test_texts_around_a_picture_and_forwarded_mails_are_read_in_order() -> None:
    message = mail("See this:")
    message.make_mixed()
    message.attach(mail(SECOND))
    outer = mail("For you.")
    outer.add_attachment(message)
    assert read_mail(bytes(outer)).fields["text"] == f"For you.\n\nSee this:\n\n{SECOND}"


PARTS = "Content-Type: multipart/{}; boundary=x\n"


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (PARTS.format("mixed"), f"--x\nContent-Type: text/plain\n\n{FIRST}\n"),
        (PARTS.format("mixed"), f"--x\n\n{FIRST}\n--y"),
        (PARTS.format("mixed"), FIRST),
        ("Content-Type: multipart/mixed\n", FIRST),
        ("Content-Type: text/plain; charset\n", FIRST),
        ("Content-Type: nonsense\n", FIRST),
        ("Content-Transfer-Encoding: nonsense\n", FIRST),
        ("Broken header line\n", FIRST),
    ],
    ids=["cut", "no-head", "no-parts", "no-boundary", "no-charset", "no-kind", "no-coding", "no-header"],
)
def test_what_is_broken_is_read_as_far_as_it_goes(head: str, body: str) -> None:
    assert FIRST in text(body, head)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("just words\n", 'no mail; found: "just words"; it should begin with From, Subject, Date and the like'),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "a message in Outlook's own form; save it as .eml, or as text"),
        (b"PK\x03\x04\0\0", "binary, not a mail; save the mail as .eml, or as text"),
        (HEAD, "no text in this mail; save what is to be read as a file of its own"),
        (f"{HEAD}\n-- \nAda", "no text in this mail; save what is to be read as a file of its own"),
        (
            f"{HEAD}Content-Type: application/pdf; name=a.pdf\n\nx",
            "no text in this mail; it holds a.pdf; save what is to be read as a file of its own",
        ),
        (f"{HEAD}\n-----BEGIN PGP MESSAGE-----\nx", "encrypted; open it in your mail program and save its text"),
        (
            f"{HEAD}{PARTS.format('encrypted')}\n--x\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--x--",
            "encrypted; open it in your mail program and save its text",
        ),
        (
            f"{HEAD}Content-Type: application/pkcs7-mime; name=smime.p7m\n\nMII",
            "encrypted; open it in your mail program and save its text",
        ),
    ],
    ids=["no-headers", "outlook", "zip", "empty", "signature", "attachment", "pgp-inline", "pgp", "smime"],
)
def test_what_is_no_mail_or_holds_no_text_is_refused(data: bytes | str, message: str) -> None:
    assert refusal(data) == message


def test_a_mail_that_breaks_the_parser_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise IndexError("no\nheader")

    monkeypatch.setattr("email.message_from_bytes", broken)
    assert refusal(HEAD) == 'no mail that can be read; found: "IndexError: no header"; save the mail as text'


def test_mails_in_mails_without_end_are_read_or_refused() -> None:
    nested = "".join("Content-Type: message/rfc822\n\nFrom: a\nSubject: b\n" for _ in range(3000))
    with contextlib.suppress(InputError):
        read_mail(f"{HEAD}{nested}\n{FIRST}".encode())


def test_without_trafilatura_html_alone_can_not_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    message = mail()
    message.set_content(HTML, subtype="html")
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    with pytest.raises(ImportError):
        read_mail(bytes(message))
    assert read_mail(bytes(mail())).fields["text"] == FIRST


# Web archives


def test_the_page_in_a_web_archive_is_found() -> None:
    message = mail()
    message.set_content(HTML, subtype="html")
    message.add_related(b"x", maintype="image", subtype="png", cid="<logo>")
    assert page_in_archive(bytes(message)).decode().strip() == HTML


@pytest.mark.parametrize("data", [b"", b"just words", bytes(mail())])
def test_a_web_archive_without_a_page_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="no page in this web archive; save it as HTML, or the article as text"):
        page_in_archive(data)
