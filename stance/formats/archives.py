"""Archives from strangers: what they declare is checked before memory is taken, and nothing in them is run."""

from __future__ import annotations

import io
import math
import re
import zipfile
from typing import IO

import numpy as np

from stance.records import InputError

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENTRY = b"PK\x01\x02"
"""What the entry of a member in an archive's directory starts with."""
_FREE = 20_000_000
"""Bytes that any archive may take unpacked, however short it is."""
_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
_DIMENSIONS = 4


def check_archive(data: bytes, members: int, ratio: int) -> zipfile.ZipFile:
    """Open a zip archive that has few members, of plain names, and that unpacks to `ratio` times its length at most.

    Raises
    ------
    Exception
        Where it is something else; of many kinds, as zipfile raises them.
    """
    if data.count(_ENTRY) > members:
        raise ValueError(f"more than {members:,} members")
    archive = zipfile.ZipFile(io.BytesIO(data))
    names: set[str] = set()
    for info in archive.infolist():
        if not _NAME.fullmatch(info.filename) or info.filename in names:
            raise ValueError(f"a member is named {info.filename[:60]!a}")
        if info.compress_type not in _METHODS or info.flag_bits & 1:
            raise ValueError(f"{info.filename} is packed by an unusual method")
        names.add(info.filename)
    size, most = sum(info.file_size for info in archive.infolist()), _FREE + ratio * len(data)
    if size > most:
        raise ValueError(f"unpacked it would take {size:,} bytes, at most {most:,} are taken")
    return archive


def read_arrays(data: bytes, place: str) -> dict[str, np.ndarray]:
    """The arrays of numbers in a numpy archive (``.npz``); those of objects, which would be a pickle, are refused.

    Parameters
    ----------
    data : bytes
        What the file holds.
    place : str
        Stands in error messages for the file.

    Raises
    ------
    InputError
        Where it is no such archive, or an array is not of the size, shape and kind that it declares.
    """
    try:
        with check_archive(data, members=64, ratio=20) as archive:
            return {info.filename.removesuffix(".npy"): _read_array(archive, info) for info in archive.infolist()}
    except Exception as error:  # numpy and zipfile raise many kinds on what is broken
        raise InputError(f"{place}: can't be read ({reason_of(error)}); train the model anew") from None


def reason_of(error: BaseException) -> str:
    """The message of an error as a part of one line, without control characters."""
    text = " ".join(str(error).split())[:200] or type(error).__name__
    return text if text.isprintable() else ascii(text)[1:-1]


def _read_array(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> np.ndarray:
    with archive.open(info) as stream:
        shape, by_columns, dtype = _read_header(stream, info.filename)
        size = math.prod(shape) * dtype.itemsize
        if size != info.file_size - stream.tell():
            raise ValueError(f"{info.filename} declares {size:,} bytes and holds {info.file_size - stream.tell():,}")
        data = stream.read(size)
        if len(data) != size or stream.read(1):
            raise ValueError(f"{info.filename} is cut off")
    return np.frombuffer(data, dtype).reshape(shape, order="F" if by_columns else "C")


def _read_header(stream: IO[bytes], name: str) -> tuple[tuple[int, ...], bool, np.dtype]:
    read = _HEADERS.get(np.lib.format.read_magic(stream))
    if read is None:
        raise ValueError(f"{name} is of an unusual version")
    shape, by_columns, dtype = read(stream)
    if dtype.kind not in "biuf":
        raise ValueError(f"{name} holds {dtype}, not numbers")
    if len(shape) > _DIMENSIONS or any(length < 0 for length in shape):
        raise ValueError(f"{name} is of shape {shape}")
    return shape, by_columns, dtype
