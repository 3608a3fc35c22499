"""Outputs: what is a regular file is replaced as a whole, anything else written into, and links stay."""

from __future__ import annotations

import errno
import os
import stat
import sys
import threading
from pathlib import Path

import pytest

from stance.formats.writing import OutputError, check_place, is_special, is_stdout, put_in_place, replacing
from stance.records import InputError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such files")


def put(path: Path, data: bytes = b"new") -> None:
    with replacing(path) as stream:
        stream.write(data)


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as refused:
        put(path)
    return str(refused.value)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "pipe.jsonl")
    return tmp_path / "pipe.jsonl"


def read_beside(path: Path) -> tuple[threading.Thread, list[bytes]]:
    """A reader at the other end of a pipe."""
    read: list[bytes] = []
    thread = threading.Thread(target=lambda: read.append(path.read_bytes()))
    thread.start()
    return thread, read


@pytest.mark.parametrize("old", [None, b"old"], ids=["dangling", "standing"])
@pytest.mark.parametrize("absolute", [False, True])
def test_of_a_link_what_it_leads_to_is_replaced_and_the_link_stays(
    old: bytes | None, absolute: bool, tmp_path: Path
) -> None:
    (tmp_path / "far").mkdir()
    target, link = tmp_path / "far" / "real.jsonl", tmp_path / "link.jsonl"
    if old:
        target.write_bytes(old)
    link.symlink_to(target if absolute else "far/real.jsonl")
    second = tmp_path / "second.jsonl"
    second.symlink_to("link.jsonl")
    put(second)
    assert (second.is_symlink(), link.is_symlink(), target.is_symlink()) == (True, True, False)
    assert target.read_bytes() == b"new"
    assert (names(tmp_path), names(target.parent)) == (["far", "link.jsonl", "second.jsonl"], ["real.jsonl"])


def test_a_link_that_leads_to_no_folder_or_back_is_refused(tmp_path: Path) -> None:
    loop, orphan = tmp_path / "loop", tmp_path / "orphan"
    loop.symlink_to(loop)
    orphan.symlink_to("gone/real")
    assert refusal(loop) == f"{loop}: a link that leads back to itself; name another file"
    assert refusal(orphan) == f"{orphan}: can't be written: No such file or directory"
    assert (loop.is_symlink(), names(tmp_path)) == (True, ["loop", "orphan"])


def test_a_pipe_is_written_into_and_stays(pipe: Path) -> None:
    reader, read = read_beside(pipe)
    put(pipe)
    reader.join()
    assert (read, stat.S_ISFIFO(pipe.stat().st_mode), names(pipe.parent)) == ([b"new"], True, ["pipe.jsonl"])


def test_a_link_to_a_pipe_is_written_into_and_both_stay(pipe: Path) -> None:
    link = pipe.with_name("link.jsonl")
    link.symlink_to(pipe.name)
    reader, read = read_beside(pipe)
    put(link)
    reader.join()
    assert (read, link.is_symlink(), names(pipe.parent)) == ([b"new"], True, ["link.jsonl", "pipe.jsonl"])


def test_a_device_is_written_into_and_stays(tmp_path: Path) -> None:
    device = tmp_path / "null"
    try:
        os.mknod(device, 0o600 | stat.S_IFCHR, os.makedev(1, 3))
        device.write_bytes(b"")
    except OSError:
        pytest.skip("no device can be made here")
    put(device)
    assert (stat.S_ISCHR(device.stat().st_mode), names(tmp_path)) == (True, ["null"])


def test_what_is_no_output_is_refused_and_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        assert refusal(Path("socket")) == (
            "socket: a disk or a socket stands there, which is not written over; name a file to write"
        )
        assert stat.S_ISSOCK(Path("socket").stat().st_mode)
    Path("folder").mkdir()
    assert refusal(Path("folder")) == "folder: a folder stands there; name a file to write"
    assert names(tmp_path) == ["folder", "socket"]


def test_open_files_of_ours_are_written_on_where_they_stand(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"kept ")
    for number in range(2):
        with log.open("ab") as stream:
            put(Path(f"/dev/fd/{stream.fileno()}"), b"%d " % number)
    assert (log.read_bytes(), names(tmp_path)) == (b"kept 0 1 ", ["log"])


def test_an_open_file_that_is_none_is_told(tmp_path: Path) -> None:
    assert refusal(Path("/dev/fd/987654")) == "/dev/fd/987654: can't be written: Bad file descriptor"


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "link"])
def test_standard_output_is_known_by_all_its_names(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    if name.startswith("/proc") and not Path("/proc/self/fd").exists():
        pytest.skip("no such names here")
    monkeypatch.chdir(tmp_path)
    Path("link").symlink_to("/dev/stdout")
    assert (is_special(Path(name)), is_stdout(Path(name))) == (True, True)
    print("before, ", end="")
    put(Path(name))
    assert capfd.readouterr().out == "before, new"


@pytest.mark.parametrize("name", ["out.jsonl", "1", "fd/1", "/dev/null", "/dev/fd/2", "/dev/stderr", "gone/1"])
def test_other_names_are_not_standard_output(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert not is_stdout(Path(name))


def test_a_file_that_is_replaced_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    for permissions in (0o600, 0o640, 0o666):
        path.write_bytes(b"old")
        path.chmod(permissions)
        with replacing(path) as stream:
            part = next(tmp_path.glob(".*.part"))
            assert mode(part) == permissions
            stream.write(b"new")
        assert (path.read_bytes(), mode(path)) == (b"new", permissions)


def test_a_new_file_has_the_permissions_that_new_files_have(tmp_path: Path) -> None:
    put(tmp_path / "out.jsonl")
    (tmp_path / "other").touch()
    assert mode(tmp_path / "out.jsonl") == mode(tmp_path / "other")


def test_a_file_of_another_keeps_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_bytes(b"old")
    try:
        os.chown(path, 1234, 2345)
    except PermissionError:
        pytest.skip("only root can give files away")
    put(path)
    assert (path.stat().st_uid, path.stat().st_gid) == (1234, 2345)


def test_a_group_that_can_not_be_kept_gets_no_permissions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "out.jsonl"
    path.write_bytes(b"old")
    path.chmod(0o664)
    try:
        os.chown(path, -1, 2345)
    except PermissionError:
        pytest.skip("only root can give files away")

    def refuse(*given: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "chown", refuse)
    put(path)
    assert mode(path) == 0o604


def test_a_file_that_is_write_protected_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "out.jsonl"
    path.write_bytes(b"old")
    path.chmod(0o444)
    monkeypatch.setattr(os, "access", lambda name, way: False)  # root may write it
    assert refusal(path) == f"{path}: can't be written: it is write-protected"
    assert path.read_bytes() == b"old"


def test_nothing_but_a_regular_file_is_renamed_over(pipe: Path) -> None:
    new = pipe.with_name("new")
    new.write_bytes(b"new")
    for place in (pipe, pipe.parent):
        with pytest.raises(OutputError, match="what stands there is no regular file"):
            put_in_place(new, place)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_file_that_is_mounted_alone_is_written_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "out.jsonl"
    path.write_bytes(b"older")

    def busy(*given: object) -> None:
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))

    monkeypatch.setattr(os, "replace", busy)
    put(path)
    assert (path.read_bytes(), names(tmp_path)) == (b"new", ["out.jsonl"])


def test_places_are_checked_without_being_touched(pipe: Path) -> None:
    check_place(pipe)
    check_place(pipe.with_name("new"))
    assert names(pipe.parent) == ["pipe.jsonl"]
