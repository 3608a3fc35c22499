"""Files that hold one article each, made by programs: web pages and archives of them, mails, Word documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing

from stance.formats.columns import Layout
from stance.formats.folders import LEFT_OUT
from stance.formats.mail import page_in_archive, read_mail
from stance.formats.notes import Tell
from stance.formats.rows import Row
from stance.formats.streams import open_bytes, stem_of
from stance.formats.webpages import MAX_BYTES as MAX_PAGE
from stance.formats.webpages import read_page
from stance.formats.word import read_word
from stance.quoting import unquoted
from stance.records import InputError

MUCH = 1 / 3
"""The share of a page's running text from which it is told that so much of it is not in the article."""
LARGEST = 100_000_000
"""The most bytes of a mail or document, attached files and pictures included."""
_MUCH_LEFT_OUT = (
    "a third or more of the running text on the page was left out, as notices, comments or other articles; "
    "check the page"
)
_NEEDS = "reading {}; pip install 'framestance[{}]'"
_ATTACHED = "attached files are not read; save what is to be read as files of its own"


def page_row(name: str, layout: Layout, tell: Tell) -> Iterator[Row]:
    """The article of a saved web page."""
    yield from _one_row(name, MAX_PAGE, lambda data: _page(data, name, tell), "web pages needs trafilatura", "html")


def archive_row(name: str, layout: Layout, tell: Tell) -> Iterator[Row]:
    """The article of a page that a browser saved with its parts in one file (`.mhtml`)."""

    def parse(data: bytes) -> Mapping[str, str]:
        return _page(page_in_archive(data), name, tell)

    yield from _one_row(name, LARGEST, parse, "web pages needs trafilatura", "html")


def mail_row(name: str, layout: Layout, tell: Tell) -> Iterator[Row]:
    """The text of a mail; files attached to it are told."""
    yield from _one_row(name, LARGEST, lambda data: _mail(data, name, tell), "HTML of mails needs trafilatura", "html")


def mailbox_rows(name: str, layout: Layout, tell: Tell) -> Iterator[Row]:
    """The mails of a mailbox (`.mbox`), a row each; those without text are told and left out."""
    from mailbox import mbox

    read = 0
    with closing(mbox(name, create=False)) as box:
        for number, key in enumerate(box.keys(), start=1):
            place = f"{name}:{number}"
            try:
                fields = _mail(box.get_bytes(key), place, tell)
            except InputError as error:
                tell(place, f"{error}; {LEFT_OUT}")
                continue
            except ImportError:
                raise InputError(f"{name}: {_NEEDS.format('HTML of mails needs trafilatura', 'html')}") from None
            read += 1
            yield Row(place, fields, default_id=f"{stem_of(name)}:{number}")
    if not read:
        raise InputError(
            f"{name}: no mails with text in it; it should be a mailbox (.mbox), or be named for what it is"
        )


def word_row(name: str, layout: Layout, tell: Tell) -> Iterator[Row]:
    """The text of a Word document."""
    yield from _one_row(name, LARGEST, read_word, "Word files needs python-docx", "word")


def _page(data: bytes, name: str, tell: Tell) -> Mapping[str, str]:
    page = read_page(data)
    if page.left_out >= MUCH:
        tell(f"{name} ({page.left_out:.0%})", _MUCH_LEFT_OUT)
    return page.fields


def _mail(data: bytes, place: str, tell: Tell) -> Mapping[str, str]:
    mail = read_mail(data)
    if mail.attachments:
        tell(f"{place} ({unquoted(', '.join(mail.attachments))})", _ATTACHED)
    return mail.fields


def _one_row(name: str, most: int, parse: Callable[[bytes], Mapping[str, str]], what: str, extra: str) -> Iterator[Row]:
    with open_bytes(name) as file:
        data = file.read(most + 1)
    if not data.strip():
        raise InputError(f"{name}: empty; it should hold an article")
    try:
        if len(data) > LARGEST:
            raise InputError(f"larger than {LARGEST // 1_000_000} MB; save the article as text")
        yield Row(name, parse(data), default_id=stem_of(name))
    except InputError as error:
        yield Row(name, problem=str(error))
    except ImportError:
        raise InputError(f"{name}: {_NEEDS.format(what, extra)}") from None
