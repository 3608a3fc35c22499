"""Messages of protocol buffers, the encoding of ONNX files, read field by field.

A message is fields, each a number, a wire type and a value, some of them messages themselves. Where two readers could
take an encoding for different things, it is refused.
"""

from __future__ import annotations

from collections.abc import Iterator

from stance.records import InputError

_TAG, _LENGTH, _NUMBER = 5, 5, 10
"""The most bytes that a tag, a length and a number take."""
_FIXED = {1: 8, 5: 4}

Value = memoryview | int
Field = tuple[int, Value]


def walk(message: memoryview) -> Iterator[Field]:
    """The fields of a message, in order: the number of each, and its value.

    Raises
    ------
    InputError
        With the reason alone, where it is no message.
    """
    place, end = 0, len(message)
    while place < end:
        tag, place = (message[place], place + 1) if message[place] < 128 else _varint(message, place, _TAG)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, place = _varint(message, place, _NUMBER)
            yield number, value
            continue
        if wire == 2:
            short = place < end and message[place] < 128
            length, place = (message[place], place + 1) if short else _varint(message, place, _LENGTH)
        elif wire in _FIXED:
            length = _FIXED[wire]
        else:
            raise InputError(f"no ONNX: a field of wire type {wire}")
        if not number or length > end - place:
            raise InputError("no ONNX, or cut off: a field ends beyond its message")
        yield number, message[place : place + length]
        place += length


def text_of(value: Value) -> str:
    """A value as text."""
    return bytes(value).decode("utf-8", "replace") if isinstance(value, memoryview) else str(value)


def named(message: memoryview, number: int) -> str:
    """The text of a message's first field of a number; empty where it has none."""
    return next((text_of(value) for n, value in walk(message) if n == number), "")


def _varint(message: memoryview, place: int, most: int) -> tuple[int, int]:
    """A number in base 128, and the place behind it; in no more bytes than it needs, where it is a tag or a length."""
    if place < len(message) and message[place] < 128:
        return message[place], place + 1
    number = 0
    for count in range(most):
        if place + count >= len(message):
            raise InputError("no ONNX, or cut off: a number ends beyond its message")
        byte = message[place + count]
        number |= (byte & 127) << (7 * count)
        if byte < 128:
            if most < _NUMBER and (number >> 32 or (count and not byte)):
                break
            return number, place + count + 1
    raise InputError("no ONNX: a number is longer than it needs to be")
