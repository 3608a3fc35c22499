"""Text in whatever encoding: found where nothing says it, and told."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass

from stance.formats.notes import Tell
from stance.records import InputError

BINARY = "binary, not text; save it as UTF-8 text"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WESTERN = "cp1252"
_LATIN = [_WESTERN, "cp1250", "cp1254"]
_OTHERS = ["cp1251", "koi8_r", "cp1256", "cp1253", "cp1255", "shift_jis", "gb18030", "big5", "euc_kr"]
_SAMPLE = 1 << 16
_RUN = 1.5
"""How many letters beyond ASCII stand together, on average, at most in languages of Latin letters."""
_ODD = re.compile(
    r"[^\W\d_][¹²³¿¡¼½¾¤¦¬±¶ˆ][^\W\d_]|[a-z][^\W\d_a-zß-ÿ]?[ŽŠŒŸÀ-ÖØ-Þ][a-z]|[\x00-\x08\x0e-\x1f\x7f-\x9f]"
)
"""What comes of reading text in the wrong one of them."""


def known_encoding(name: str) -> bool:
    """Whether there is an encoding of text of this name."""
    try:
        b"".decode(name)
        return "".encode(name) is not None
    except (LookupError, UnicodeError, ValueError):
        return False


def wide_encoding(head: bytes, wanted: str = "") -> str:
    """The encoding of a file whose lines can't be told before it is decoded; empty where it is another.

    A byte order mark is believed more than what is wanted; text without one is UTF-16 where every second byte is zero.
    """
    marked = marked_encoding(head)
    if marked:
        return "" if marked == "utf-8" else marked
    if wanted:
        own = codecs.lookup(wanted).name
        return own if own.startswith(("utf-16", "utf-32")) else ""
    zeros = head[1::2].count(0), head[::2].count(0)
    if len(head) >= 16 and max(zeros) > 0.4 * (len(head) // 2) and min(zeros) == 0:
        return "utf-16-le" if zeros[0] else "utf-16-be"
    return ""


def marked_encoding(head: bytes) -> str:
    """What the byte order mark says; empty where there is none."""
    return next((encoding for mark, encoding in _MARKS if head.startswith(mark)), "")


def spoken(encoding: str) -> str:
    """An encoding by the name that programs show."""
    name = codecs.lookup(encoding).name
    return name.replace("cp125", "Windows-125") if name.startswith("cp125") else name.replace("_", "-").upper()


def guessed(sample: bytes) -> str:
    """The encoding of text that is no UTF-8; empty where none fits, or it is UTF-8 that is broken here and there."""
    from charset_normalizer import from_bytes

    sample = sample[:_SAMPLE]
    broken = sample.decode("utf-8", "replace")
    if sum(c > "\x7f" and c != "\ufffd" for c in broken) >= broken.count("\ufffd"):
        return ""
    beyond = [len(run) for run in re.findall(rb"[\x80-\xff]+", sample)]
    if sum(beyond) > _RUN * len(beyond):
        best = from_bytes(sample, cp_isolation=_OTHERS).best()
        return best.encoding if best else ""
    found = [match for match in from_bytes(sample, cp_isolation=_LATIN) if not _ODD.search(str(match))]
    if not found:
        return next((name for name in (_WESTERN, "mac_roman") if _reads_well(sample, name)), "")
    as_good = [match for match in found if match.coherence == max(other.coherence for other in found)]
    return _WESTERN if any(_WESTERN in match.could_be_from_charset for match in as_good) else as_good[0].encoding


def _reads_well(sample: bytes, encoding: str) -> bool:
    try:
        return not _ODD.search(sample.decode(encoding))
    except UnicodeDecodeError:
        return False


@dataclass
class Decoder:
    """Decodes what is read of one file; where that is no UTF-8, its encoding is found, and told.

    Parameters
    ----------
    name : str
        The file's.
    encoding : str
        Its encoding, where that is known.
    tell : callable
    """

    name: str
    encoding: str
    tell: Tell
    seen: bool = False
    """Whether letters beyond ASCII were read already."""

    @property
    def plain(self) -> bool:
        """Whether bytes below 128 are ASCII in this encoding."""
        return not self.encoding or self.encoding == "utf-8"

    def decode(self, data: bytes, place: str, more: Callable[[], bytes] = bytes) -> str:
        """Bytes as text; `more` gives bytes that come after, to find the encoding by.

        Raises
        ------
        InputError
            Where bytes are none of the encoding.
        """
        try:
            text = data.decode(self.encoding or "utf-8")
        except UnicodeDecodeError as error:
            if not self.encoding and not self.seen:
                self.encoding = guessed(data + more())
                if self.encoding:
                    self.tell(self.name, f"not UTF-8, read as {spoken(self.encoding)}; --encoding NAME sets another")
                    return self.decode(data, place)
            raise self._refusal(error, place) from None
        self.seen = self.seen or not data.isascii()
        return text

    def _refusal(self, error: UnicodeDecodeError, place: str) -> InputError:
        found = f"byte 0x{error.object[error.start]:02x} at {error.start}"
        mend = "save the file as UTF-8, or say what it is with --encoding NAME"
        return InputError(f"{place}: not {spoken(self.encoding or 'utf-8')} ({found}); {mend}")
