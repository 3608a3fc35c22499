"""The machine around us: no more of it is used than is ours, and no library reports on what is done on it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stance.machine import UNREPORTED, switch_off_reports, usable_cores

UNBOUND = {"own": "/gone", "groups": "/gone"}


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of eight cores, and a folder for its control groups."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)), raising=False)
    return tmp_path


def cores(groups: Path, own: str, files: dict[str, str]) -> int:
    (groups / "own").write_text(own)
    for name, text in files.items():
        (groups / name).parent.mkdir(parents=True, exist_ok=True)
        (groups / name).write_text(text)
    return usable_cores(str(groups / "own"), str(groups))


def test_cores_are_those_that_the_process_is_bound_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 5, 7}, raising=False)
    assert usable_cores(**UNBOUND) == 3


def test_a_system_that_binds_no_process_has_all_its_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert usable_cores(**UNBOUND) == 6
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert usable_cores(**UNBOUND) == 1


@pytest.mark.parametrize(
    ("own", "files", "expected"),
    [
        ("0::/\n", {"cpu.max": "200000 100000\n"}, 2),
        ("0::/\n", {"cpu.max": "150000 100000\n"}, 2),
        ("0::/\n", {"cpu.max": "10000 100000\n"}, 1),
        ("0::/\n", {"cpu.max": "max 100000\n"}, 8),
        ("0::/\n", {"cpu.max": "9900000 100000\n"}, 8),
        ("0::/a/b\n", {"a/b/cpu.max": "max 100000\n", "a/cpu.max": "300000 100000\n"}, 3),
        ("0::/a/b\n", {"cpu.max": "400000 100000\n"}, 4),
        ("0::/\n", {"cpu.max": ""}, 8),
        ("0::/\n", {"cpu.max": "200000 0\n"}, 8),
        ("0::/\n", {}, 8),
        ("", {"cpu.max": "200000 100000\n"}, 2),
        (
            "3:cpu,cpuacct:/box\n2:memory:/x\n",
            {"cpu,cpuacct/cpu.cfs_quota_us": "250000\n", "cpu,cpuacct/cpu.cfs_period_us": "100000\n"},
            3,
        ),
        ("3:cpu:/box\n", {"cpu/box/cpu.cfs_quota_us": "-1\n", "cpu/box/cpu.cfs_period_us": "100000\n"}, 8),
        ("3:cpuset:/\n", {"cpuset/cpu.cfs_quota_us": "1\n", "cpuset/cpu.cfs_period_us": "1\n"}, 8),
    ],
)
def test_a_container_may_use_the_cores_of_its_quota(
    own: str, files: dict[str, str], expected: int, groups: Path
) -> None:
    assert cores(groups, own, files) == expected


def test_what_a_person_has_set_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in UNREPORTED:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ORT_DISABLE_TELEMETRY", "0")
    switch_off_reports()
    assert {name: os.environ[name] for name in UNREPORTED} == {**UNREPORTED, "ORT_DISABLE_TELEMETRY": "0"}
