"""The machine around us: nothing of what is done on it is reported, and no more of it used than is ours."""

from __future__ import annotations

import math
import os

TYPE_CHECKING = False  # as typing has it, which takes a while to import
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

UNREPORTED = {
    "ORT_DISABLE_TELEMETRY": "1",  # ONNX Runtime: a device id and events in ~/.cache, sent to its maker
    "HF_HUB_DISABLE_TELEMETRY": "1",  # huggingface_hub, transformers, datasets, tokenizers: in every request
    "HF_UPDATE_DOWNLOAD_COUNTS": "0",  # datasets: a request for each data set that is loaded
    "RAY_USAGE_STATS_ENABLED": "0",  # ray: a report of the cluster every hour
}
"""What switches off the reports of libraries; each is read when its library is imported."""
_OWN_GROUPS, _GROUPS = "/proc/self/cgroup", "/sys/fs/cgroup"


def switch_off_reports() -> None:
    """Let no library report on its use, here and in all processes started from here; what a person has set stays."""
    for name, value in UNREPORTED.items():
        os.environ.setdefault(name, value)


def usable_cores(own: str = _OWN_GROUPS, groups: str = _GROUPS) -> int:
    """How many cores this process may use: those it is bound to, and no more than the quota of its container.

    Parameters
    ----------
    own : str
        Where Linux tells the control groups of this process.
    groups : str
        Where the limits of control groups are found.
    """
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        cores = os.cpu_count() or 1
    return max(1, math.ceil(min(cores, _quota(own, groups))))


def _quota(own: str, groups: str) -> float:
    """The least quota of the control groups of this process and of those that they stand in; endless without one."""
    quotas = [math.inf]
    for line in _words(own, "\n"):
        controllers, _, path = line.partition(":")[2].partition(":")
        if not controllers or "cpu" in controllers.split(","):  # version 2 names none
            parts = path.strip("/").split("/")
            inside = ["/".join((groups, controllers, *parts[:number])) for number in range(len(parts) + 1)]
            quotas += map(_quota_of, inside)
    return min(quotas)


def _quota_of(group: str) -> float:
    """The cores that a control group may use: of version 2 (`cpu.max`) or 1."""
    words = _words(f"{group}/cpu.max")
    words = words or [*_words(f"{group}/cpu.cfs_quota_us"), *_words(f"{group}/cpu.cfs_period_us")]
    if len(words) != 2 or not all(word.isdecimal() for word in words) or not int(words[1]):
        return math.inf
    return int(words[0]) / int(words[1])


def _words(file: str, separator: str | None = None) -> list[str]:
    """What stands in a file, parted; nothing where it can't be read."""
    try:
        with open(file, encoding="utf-8", errors="replace") as stream:
            return stream.read().split(separator)
    except OSError:
        return []


def side_by_side(call: Callable[[Any], Any], items: Sequence[Any], threads: int) -> Iterator[Any]:
    """What `call` gives for each item, in order, so many of them at a time."""
    threads = min(threads, len(items))
    if threads < 2:
        yield from map(call, items)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(call, items)


def processes_can_share() -> bool:
    """Whether processes that work together can be started: not without shared memory, as in some containers."""
    try:
        import multiprocessing.synchronize

        multiprocessing.synchronize.Lock(ctx=multiprocessing.get_context())
    except (ImportError, OSError):
        return False
    return True


class Unfinished:
    """What is begun in here has to be cleared up where it is interrupted: files that are not whole, other processes."""

    depth = 0

    def __enter__(self) -> None:
        Unfinished.depth += 1

    def __exit__(self, *error: object) -> None:
        Unfinished.depth -= 1


class Deaf:
    """Processes that are started in here do not hear an interruption: this one does, and ends them.

    An interruption that comes meanwhile is heard at the end.
    """

    def __enter__(self) -> None:
        import signal

        if hasattr(signal, "pthread_sigmask"):  # not on Windows
            self._before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})

    def __exit__(self, *error: object) -> None:
        import signal

        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_SETMASK, self._before)
