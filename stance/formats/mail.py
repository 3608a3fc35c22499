"""Saved mails: the text that somebody wrote or passed on, with subject, sender and date."""

from __future__ import annotations

import codecs
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stance.quoting import quote, unquoted
from stance.records import InputError

if TYPE_CHECKING:
    from email.message import EmailMessage

SIGNATURE = 800
"""The most characters of a signature; what is longer behind two hyphens is text."""
SCANT = 200
"""Characters of a plain text that may be no more than a hint to the text in HTML beside it."""
_HEADERS = ("from", "subject", "date", "to", "received", "message-id", "mime-version", "content-type")
"""Of these a mail has two at least."""
_OUTLOOK = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = re.compile(r"multipart/encrypted|application/(?:x-)?pkcs7-mime|-----BEGIN PGP MESSAGE-----")
_REPLY = re.compile(r"(?:\s*(?:re|fwd?|aw|wg|tr|rv|sv|vs|antw|doorst|odp)(?:\[\d+\])?\s*:)+\s*", re.IGNORECASE)
"""What mail programs put before the subject of an answer, or of what is passed on."""
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-\w+)*")
_QUOTE_MARKS = re.compile(r"(?:>[ \t]?)+")
_PGP = re.compile(
    r"-----BEGIN PGP SIGNED MESSAGE-----\n(?:\w+: [^\n]*\n)*"
    r"|-----BEGIN PGP SIGNATURE-----.*?-----END PGP SIGNATURE-----",
    re.DOTALL,
)
_HEAD = (
    r"\*?(?:from|sent|date|to|cc|subject|reply-to|von|gesendet|datum|an|betreff|de|envoyé|à|objet|enviado|fecha|para"
    r"|asunto|da|inviato|oggetto|от|кому|тема|дата)\*?[ ]?:\*?[ \t][^\n]*"
)
_LINES_OF_PROGRAMS = re.compile(
    rf"""^[ \t]*(?:
        [-_]{{2,}}[^\n]{{0,40}}(?:message|nachricht|mensaje|messaggio|bericht|сообщение|رسالة)[^\n]{{0,20}}[-_]{{2,}}
      | (?:begin\ forwarded\ message|anfang\ der\ weitergeleiteten\ nachricht|début\ du\ message\ transféré)\ ?:
      | (?:on|am|le|el|il|op)\b[^\n]{{5,200}}(?:\n[^\n]{{0,100}})?
        \b(?:wrote|schrieb|a\ écrit|escribió|ha\ scritto|schreef)\b[^\n]{{0,80}}:
      | sent\ from\ (?:my\ \w+|outlook[^\n]{{0,40}}) | get\ outlook\ for\ \w+[^\n]{{0,60}}
      | {_HEAD}(?:\n[ \t]*{_HEAD})+
    )[ \t]*$""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
"""What mail programs write over mails that are answered or passed on, and under them."""
_SIGNATURE_NAME = re.compile(r"signature", re.IGNORECASE)
"""In a class or id of the HTML of a mail."""
_SIGNATURE = re.compile(r"^-- ?\n.*", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Mail:
    """A mail as an article.

    Attributes
    ----------
    fields : dict
        ``text``, and where the mail tells them ``title`` (its subject), ``source`` (the sender's name, or else
        address), ``date`` (ISO 8601) and ``lang``.
    attachments : tuple of str
        Names of the files in it, which are not read.
    """

    fields: dict[str, str]
    attachments: tuple[str, ...] = ()


def read_mail(data: bytes) -> Mail:
    """The article in a mail as saved (RFC 5322, usually `.eml`).

    Its text is the plain one, or else that of its HTML. Signatures are left out, and so are the lines that mail
    programs write over quoted mails; quoted and forwarded text is kept, without its marks.

    Raises
    ------
    InputError
        Where it is no mail, is encrypted or holds no text; says nothing of the file.
    ImportError
        Where its text is HTML and trafilatura is not installed.
    """
    from email import message_from_bytes, policy

    if data.startswith(_OUTLOOK):
        raise InputError("a message in Outlook's own form; save it as .eml, or as text")
    if b"\0" in data[:8192]:
        raise InputError("binary, not a mail; save the mail as .eml, or as text")
    try:
        return _mail(message_from_bytes(data.lstrip(b"\r\n"), policy=policy.default))
    except (ImportError, InputError):
        raise
    except Exception as error:  # any mail may come in, and one that breaks the parser must not end a run
        found = quote(f"{type(error).__name__}: {error}")
        raise InputError(f"no mail that can be read; found: {found}; save the mail as text") from None


def page_in_archive(data: bytes) -> bytes:
    """The page in a web archive (`.mhtml`, `.mht`), which is made like a mail.

    Raises
    ------
    InputError
        Where there is none.
    """
    from email import message_from_bytes, policy

    try:
        message = message_from_bytes(data, policy=policy.default)
        page = next(part for part in message.walk() if part.get_content_type() == "text/html")
        content = page.get_payload(decode=True)
    except Exception:  # no page in it, or a form that breaks the parser
        content = b""
    if not isinstance(content, bytes) or not content.strip():
        raise InputError("no page in this web archive; save it as HTML, or the article as text")
    return content


def _mail(message: EmailMessage) -> Mail:
    if sum(name in message for name in _HEADERS) < 2:
        found = quote(str(message.get_payload()))
        raise InputError(f"no mail; found: {found}; it should begin with From, Subject, Date and the like")
    attachments: list[str] = []
    text = "\n\n".join(filter(None, _texts(message, attachments)))
    if not text:
        raise _no_text(message, attachments)
    language = _header(message, "content-language").partition(",")[0].strip()
    fields = {
        "title": _REPLY.sub("", _header(message, "subject"), count=1),
        "date": _day(message),
        "source": _sender(message),
        "lang": language if _LANGUAGE.fullmatch(language) else "",
        "text": text,
    }
    return Mail({key: value for key, value in fields.items() if value}, tuple(attachments))


def _no_text(message: EmailMessage, attachments: list[str]) -> InputError:
    if any(_ENCRYPTED.match(part.get_content_type()) or _ENCRYPTED.match(_raw(part)) for part in message.walk()):
        return InputError("encrypted; open it in your mail program and save its text")
    holds = f"; it holds {unquoted(', '.join(attachments))}" if attachments else ""
    return InputError(f"no text in this mail{holds}; save what is to be read as a file of its own")


def _raw(part: EmailMessage) -> str:
    payload = part.get_payload()
    return payload.lstrip() if isinstance(payload, str) else ""


def _texts(part: EmailMessage, attachments: list[str]) -> Iterator[str]:
    """The texts of a mail or of a part of it, in order; the names of files in it go to `attachments`."""
    kind = part.get_content_type()
    if kind == "multipart/alternative":
        yield _best(list(part.iter_parts()), attachments)
    elif part.is_multipart():  # mails in a mail too, forwarded as a file
        payload: Any = part.get_payload()
        for child in payload:
            yield from _texts(child, attachments)
    elif _is_text(part):
        yield _html_text(part) if kind == "text/html" else _plain_text(part)
    elif not (part.get_content_maintype() == "image" and "content-id" in part):
        attachments.append(_name(part))


def _best(choices: list[Any], attachments: list[str]) -> str:
    """The text of a part that is given in several forms: the plain one, if it is not a hint to the other alone."""
    plain = next((_plain_text(part) for part in choices if part.get_content_type() == "text/plain"), "")
    if len(plain) >= SCANT:
        return plain
    others = [part for part in choices if part.get_content_type() != "text/plain"]
    rich = "\n\n".join(text for part in others[-1:] for text in _texts(part, attachments) if text)
    return rich if len(rich) > 2 * len(plain) else plain


def _is_text(part: EmailMessage) -> bool:
    """Whether a part is text to read; where the parts of a mail can't be told apart, it is one."""
    return (
        (part.get_content_type() in ("text/plain", "text/html") or part.get_content_maintype() == "multipart")
        and part.get_content_disposition() != "attachment"
        and not part.get_filename()
    )


def _name(part: EmailMessage) -> str:
    name = str(part.get_filename() or part.get_content_type()).encode("utf-8", "replace").decode()
    return " ".join(name.split())


def _decoded(part: EmailMessage) -> str:
    """The characters of a part: UTF-8 where its bytes are that, else as it says, else windows-1252."""
    from stance.formats.webpages import WIDER_ENCODINGS

    data = part.get_payload(decode=True)
    data = data if isinstance(data, bytes) else b""
    declared = part.get_content_charset() or "utf-8"
    for given in (declared,) if data.isascii() else ("utf-8", declared):
        try:
            encoding = codecs.lookup(given).name
            return data.decode(WIDER_ENCODINGS.get(encoding, encoding))
        except (LookupError, UnicodeError):
            continue
    return data.decode("cp1252", "replace")


def _html_text(part: EmailMessage) -> str:
    from stance.formats.webpages import page_text

    return _without_frame(page_text(_decoded(part), _SIGNATURE_NAME))


def _plain_text(part: EmailMessage) -> str:
    if _ENCRYPTED.match(_raw(part)):
        return ""
    text = _PGP.sub("", _decoded(part).replace("\r\n", "\n").replace("\r", "\n"))
    if str(part.get_param("format", "")).lower() == "flowed":
        text = _unflowed(text, str(part.get_param("delsp", "")).lower() == "yes")
    quoted = itertools.groupby(text.split("\n"), key=_quote_depth)
    runs = ("\n".join(_QUOTE_MARKS.sub("", line, count=1) if depth else line for line in run) for depth, run in quoted)
    return "\n\n".join(filter(None, map(_without_frame, runs)))


def _quote_depth(line: str) -> int:
    marks = _QUOTE_MARKS.match(line)
    return marks[0].count(">") if marks else 0


def _unflowed(text: str, drop_blank: bool) -> str:
    """Text whose paragraphs were flowed over lines that end with a blank (RFC 3676), a line each."""
    lines: list[str] = []
    flowing = False
    for line in text.split("\n"):
        marks = _QUOTE_MARKS.match(line)
        words = line[marks.end() :] if marks else line.removeprefix(" ")
        if flowing and _quote_depth(line) == _quote_depth(lines[-1]) and words != "-- ":
            lines[-1] = (lines[-1][:-1] if drop_blank else lines[-1]) + words
        else:
            lines.append(f"{marks[0] if marks else ''}{words}")
        flowing = words.endswith(" ") and words != "-- "
    return "\n".join(lines)


def _without_frame(text: str) -> str:
    """A text without what mail programs write around it, and without signatures."""
    parts = (_unsigned(part).strip() for part in _LINES_OF_PROGRAMS.split(text))
    return "\n\n".join(filter(None, parts))


def _unsigned(text: str) -> str:
    signature = _SIGNATURE.search(text)
    return text[: signature.start()] if signature and len(signature[0]) <= SIGNATURE else text


def _header(message: EmailMessage, name: str) -> str:
    """A header as text; bytes that nobody declared are UTF-8 where they can be."""
    raw = next((str(value) for key, value in message.raw_items() if key.lower() == name), "")
    if _holds_bytes(raw):
        data = raw.encode("utf-8", "surrogateescape")
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            text = data.decode("cp1252", "replace")
    else:
        text = str(_parsed(message, name, raw))
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _holds_bytes(text: str) -> bool:
    """Whether a text holds bytes that were no characters, as Python keeps them."""
    return any("\ud800" <= letter < "\ue000" for letter in text)


def _parsed(message: EmailMessage, name: str, default: Any = None) -> Any:
    """A header as Python's library reads it, which some headers break."""
    try:
        return message[name]
    except Exception:
        return default


def _sender(message: EmailMessage) -> str:
    """The name of who sent a mail, or else the address."""
    from email.utils import parseaddr

    told = _header(message, "from")
    addresses = getattr(_parsed(message, "from"), "addresses", ())
    if addresses and "\ufffd" not in str(addresses[0]) and not _holds_bytes(str(addresses[0])):
        name, address = addresses[0].display_name, addresses[0].addr_spec
    else:
        name, address = parseaddr(told)
    return " ".join((name or address or told).split())


def _day(message: EmailMessage) -> str:
    moment = getattr(_parsed(message, "date"), "datetime", None)
    return moment.date().isoformat() if moment else ""
