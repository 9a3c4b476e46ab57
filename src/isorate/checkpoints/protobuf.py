"""As much of protobuf's wire format as is needed: the fields of a message, one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from isorate.schedule.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from mmap import mmap

VARINT, DOUBLE, BYTES, FLOAT = 0, 1, 2, 5
_WIDTH = {DOUBLE: 8, FLOAT: 4}


class Field(NamedTuple):
    """A field of a message: its number, its wire type, and where its content is."""

    number: int
    kind: int
    start: int
    end: int
    value: int
    """What a varint is."""


def fields(data: bytes | mmap, start: int = 0, end: int | None = None) -> Iterator[Field]:
    """Visit the fields of a message.

    Raises:
        ReadError: it is damaged.

    """
    end = len(data) if end is None else end
    while start < end:
        key, start = varint(data, start, end)
        number, kind = key >> 3, key & 7
        value, stop = 0, start
        if kind == VARINT:
            value, stop = varint(data, start, end)
        elif kind == BYTES:
            length, start = varint(data, start, end)
            stop = start + length
        elif kind in _WIDTH:
            stop = start + _WIDTH[kind]
        else:
            raise ReadError("a message is damaged", required="a wire type", got=kind)
        if stop > end:
            raise ReadError("a message is damaged", required=f"{stop - end} bytes more")
        yield Field(number, kind, start, stop, value)
        start = stop


def varint(data: bytes | mmap, start: int, end: int) -> tuple[int, int]:
    """Return an integer, and where it ends.

    Raises:
        ReadError: it does not end.

    """
    value = 0
    for index in range(start, min(end, start + 10)):
        value |= (data[index] & 127) << (7 * (index - start))
        if data[index] < 128:
            return value, index + 1
    raise ReadError("a message is damaged", required="the end of an integer")
