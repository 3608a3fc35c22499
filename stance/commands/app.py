"""The command line: data to standard output, all else to standard error, errors in one line and exit code 2.

Little is imported here: from the first moment on a person may stop it, and is told so in one line.
"""

from __future__ import annotations

import gc
import io
import os
import sys

from stance.machine import Unfinished

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

INTERRUPTED, INTERRUPTION = 130, "stance: interrupted"


def main() -> NoReturn:
    """The entry point: turns errors into one line and an exit code."""
    code = INTERRUPTED
    try:
        _heed_interruptions()
        _stand_in_for_closed_streams()
        from stance.commands.group import run

        code = run()
    except KeyboardInterrupt:
        _tell(INTERRUPTION)
    _ignore_interruptions()  # there is nothing left to stop
    gc.freeze()  # what is left is not looked through once more before it is thrown away
    sys.exit(code)


def _heed_interruptions() -> None:
    """End at once where a person stops the command, if nothing has to be cleared up: libraries that are just being
    imported or at work take an exception at any place badly."""
    import signal

    if signal.getsignal(signal.SIGINT) != signal.default_int_handler:
        return  # started so as not to be stopped, in the background of a script

    def interrupted(number: int, frame: object) -> None:
        if Unfinished.depth:
            raise KeyboardInterrupt
        _tell(f"\n{INTERRUPTION}")
        os._exit(INTERRUPTED)

    signal.signal(signal.SIGINT, interrupted)


def _ignore_interruptions() -> None:
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _tell(line: str) -> None:
    try:
        os.write(2, f"{line}\n".encode())
    except OSError:
        return


def _stand_in_for_closed_streams() -> None:
    """Take the numbers of standard streams that are closed, so that no file of ours gets one; they stay unusable."""
    for number, way in ((0, os.O_WRONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, way), True)
    if sys.stdout is None:
        sys.stdout = _Closed()
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


class _Closed(io.TextIOBase):
    """Standard output that is closed: what is written there is refused, not lost."""

    encoding = "utf-8"

    def write(self, text: str) -> int:
        raise _closed()

    @property
    def buffer(self) -> NoReturn:
        raise _closed()


def _closed() -> Exception:
    from stance.formats.writing import OutputError

    return OutputError("standard output is closed, so nothing can be printed; open it, or name a file to write")
