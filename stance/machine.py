"""The machine around us: nothing of what is done on it is reported, and no more of it used than is ours."""

from __future__ import annotations

import math
import os
from pathlib import Path

UNREPORTED = {
    "ORT_DISABLE_TELEMETRY": "1",  # ONNX Runtime: a device id and events in ~/.cache, sent to its maker
    "HF_HUB_DISABLE_TELEMETRY": "1",  # huggingface_hub, transformers, datasets, tokenizers: in every request
    "HF_UPDATE_DOWNLOAD_COUNTS": "0",  # datasets: a request for each data set that is loaded
    "RAY_USAGE_STATS_ENABLED": "0",  # ray: a report of the cluster every hour
}
"""What switches off the reports of libraries; each is read when its library is imported."""
_CGROUPS = Path("/sys/fs/cgroup")


def switch_off_reports() -> None:
    """Let no library report on its use, here and in all processes started from here; what a person has set stays."""
    for name, value in UNREPORTED.items():
        os.environ.setdefault(name, value)


def usable_cores(own: Path = Path("/proc/self/cgroup"), groups: Path = _CGROUPS) -> int:
    """How many cores this process may use: those it is bound to, and no more than the quota of its container.

    Parameters
    ----------
    own : Path
        Where Linux tells the control groups of this process.
    groups : Path
        Where the limits of control groups are found.
    """
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        cores = os.cpu_count() or 1
    return max(1, math.ceil(min(cores, _quota(own, groups))))


def _quota(own: Path, groups: Path) -> float:
    """The least quota of the control groups of this process and of those that they stand in; endless without one."""
    quotas = [math.inf]
    for line in _words(own, "\n"):
        controllers, _, path = line.partition(":")[2].partition(":")
        if not controllers or "cpu" in controllers.split(","):  # version 2 names none
            inside = Path(path.lstrip("/"))
            quotas += [_quota_of(groups / controllers / part) for part in (inside, *inside.parents)]
    return min(quotas)


def _quota_of(group: Path) -> float:
    """The cores that a control group may use: of version 2 (`cpu.max`) or 1."""
    words = _words(group / "cpu.max")
    words = words or [*_words(group / "cpu.cfs_quota_us"), *_words(group / "cpu.cfs_period_us")]
    if len(words) != 2 or not all(word.isdecimal() for word in words) or not int(words[1]):
        return math.inf
    return int(words[0]) / int(words[1])


def _words(file: Path, separator: str | None = None) -> list[str]:
    """What stands in a file, parted; nothing where it can't be read."""
    try:
        return file.read_text(encoding="utf-8", errors="replace").split(separator)
    except OSError:
        return []
