"""TensorBoard's event files, and those of MindSpore, which are framed in the same way.

A file is a sequence of records: length, its checksum, data, its checksum. Records of one tag differ
in their time, step and value only. So one is taken apart, and all that are the same but for those
bytes are read at once.
"""

from __future__ import annotations

import json
import re
import struct
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from isorate.checkpoints.protobuf import BYTES, DOUBLE, FLOAT, VARINT, fields
from isorate.logs.owners import owner
from isorate.logs.source import Format, Source, logs
from isorate.schedule.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from isorate.logs.log import Log
    from isorate.logs.points import Points

    Bytes = NDArray[np.uint8]

#: How much of a file is read at once.
BLOCK: Final = 1 << 22
#: A longer record is a picture, not a rate nor a configuration.
LONGEST: Final = 1 << 20
#: The checksums of longer records are computed one by one.
LONG: Final = 1 << 13
#: Fewer records are taken apart one by one.
FEW: Final = 8
#: More kinds of records of one length are.
MOST_KINDS: Final = 64

#: Event: step, summary. Summary: value. Value: tag, simple value, tensor; MindSpore's value is 3.
STEP, SUMMARY, VALUE, TAG, SIMPLE, SIMPLE_MINDSPORE, TENSOR = 2, 5, 1, 1, 2, 3, 8
#: Tensor: content, floats, doubles, strings.
CONTENT, FLOATS, DOUBLES, STRINGS = 4, 5, 6, 8
#: Where transformers writes its arguments.
ARGUMENTS: Final = "args/text_summary"
VERSION: Final = re.compile(rb"brain\.Event:|MindSpore\.Event:")


def _table() -> list[int]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


_CRC = _table()


@cache
def _tables(length: int) -> NDArray[np.uint32]:
    """Return what a byte contributes to the CRC of a row, by its distance from the end."""
    table = np.array(_CRC, np.uint32)
    tables = [table]
    for _ in range(length - 1):
        last = tables[-1]
        tables.append(table[last & 255] ^ last >> 8)
    return np.concatenate(tables)


def _masked(rows: Bytes) -> NDArray[np.uint32]:
    """Return the CRC-32C of each row, masked as in the file.

    A CRC is linear: it is the sum of what each byte contributes, the first four of them inverted.
    """
    count, length = rows.shape
    if 4 <= length <= LONG:
        at = rows.astype(np.int32)
        at[:, :4] ^= 255
        at += 256 * np.arange(length - 1, -1, -1, dtype=np.int32)
        tables = _tables(1 << (length - 1).bit_length())
        states = np.bitwise_xor.reduce(tables[at], axis=1)
    else:
        states = np.fromiter((_crc(row.tobytes()) for row in rows), np.uint32, count)
    states = ~states
    return np.asarray((states >> 15 | states << 17) + np.uint32(0xA282EAD8), np.uint32)


def _crc(data: bytes) -> int:
    state = 0xFFFFFFFF
    for byte in data:
        state = _CRC[(state ^ byte) & 255] ^ state >> 8
    return state


def _agree(rows: Bytes, size: int) -> NDArray[np.bool_]:
    """Whether the checksums of rows of so many bytes are those that stand after them."""
    stored = np.ascontiguousarray(rows[:, size : size + 4]).view("<u4").ravel()
    return np.asarray(_masked(rows[:, :size]) == stored)


class _Value(NamedTuple):
    """A number in a record, and where its bytes are."""

    tag: str
    start: int
    width: int
    number: float


class _Record(NamedTuple):
    """What a record holds."""

    step: int
    moving: tuple[slice, slice]
    """Where its time and its step are, which differ between records of one kind."""
    values: list[_Value]
    arguments: bytes


def _taken_apart(data: bytes) -> _Record:
    """Return what a record holds.

    Raises:
        ReadError: it is no message.

    """
    step, time_at, step_at = 0, slice(0), slice(0)
    values, arguments = [], b""
    for field in fields(data):
        if field.kind == DOUBLE and field.number == 1:
            time_at = slice(field.start, field.end)
        elif field.kind == VARINT and field.number == STEP:
            step, step_at = field.value, slice(field.start, field.end)
            step -= (step >> 63) << 64
        elif field.kind == BYTES and field.number == SUMMARY:
            for value in fields(data, field.start, field.end):
                if value.kind == BYTES and value.number == VALUE:
                    number, text = _value(data, value.start, value.end)
                    values += [number] if number else []
                    arguments = text or arguments
    return _Record(step, (time_at, step_at), values, arguments)


def _value(data: bytes, start: int, end: int) -> tuple[_Value | None, bytes]:
    """Return the number of a summary's value, or the arguments that it holds as text."""
    tag, at, width, text = "", 0, 0, b""
    for field in fields(data, start, end):
        if field.kind == BYTES and field.number == TAG:
            tag = data[field.start : field.end].decode("utf-8", "replace")
        elif field.kind == FLOAT and field.number in (SIMPLE, SIMPLE_MINDSPORE):
            at, width = field.start, 4
        elif field.kind == BYTES and field.number == TENSOR:
            for part in fields(data, field.start, field.end):
                size = part.end - part.start
                if part.number == STRINGS:
                    text = data[part.start : part.end]
                elif part.number in (CONTENT, FLOATS, DOUBLES) and size in (4, 8):
                    at, width = part.start, size
    if width:
        form = "<f" if width == 4 else "<d"
        return _Value(tag, at, width, struct.unpack_from(form, data, at)[0]), b""
    return None, text if tag == ARGUMENTS else b""


class _File:
    """One event file, read into points."""

    def __init__(self, path: Path, points: Points) -> None:
        self._path = path
        self._points = points
        self._broken = 0
        self._cut = False
        self._end = 0
        self.arguments = b""
        self.widths: set[int] = set()
        self._found: dict[str, list[tuple[NDArray[np.int64], ...]]] = {}

    def read(self) -> Iterator[str]:
        """Read it, and visit what there is to say of it."""
        for block, starts, lengths in self._blocks():
            self._end = len(block)
            order = np.argsort(lengths, kind="stable")
            ends = np.flatnonzero(np.diff(lengths[order])) + 1
            for part in np.split(order, ends):
                self._same_length(block, starts[part], int(lengths[part[0]]))
            self._hand_over()
            if self._points.full:
                return
        if self._broken:
            yield f"{self._broken} records of {self._path.name} are damaged and left out."
        if self._cut:
            yield f"{self._path.name} is damaged or still written; it is read as far as it goes."

    def _blocks(self) -> Iterator[tuple[Bytes, NDArray[np.int64], NDArray[np.int64]]]:
        """Visit blocks of bytes, with where the data of each record starts, and its length."""
        unpack = struct.Struct("<Q").unpack_from
        size = self._path.stat().st_size
        with self._path.open("rb") as file:
            data = b""
            while not self._cut:
                new = file.read(BLOCK)
                data += new
                starts, at, length = [], 0, 0
                last = len(data) - 16
                while at <= last:
                    (length,) = unpack(data, at)
                    if length > last - at or length > LONGEST:
                        break
                    starts.append(at)
                    at += length + 16
                if starts:
                    block = np.frombuffer(data, np.uint8)
                    yield block, np.array(starts) + 12, np.diff([*starts, at]) - 16
                data = data[at:]
                if length > LONGEST and len(data) >= 16:
                    if length > size or not self._framed(np.frombuffer(data, np.uint8), 12):
                        self._cut = True
                        return
                    file.seek(length + 16 - len(data), 1)
                    data = b""
                elif not new:
                    self._cut = self._cut or bool(data)
                    return

    def _framed(self, block: Bytes, start: int) -> bool:
        """Whether the length of the record whose data starts there is what its checksum says."""
        return bool(_agree(block[None, start - 12 : start], 8)[0])

    def _same_length(self, block: Bytes, starts: NDArray[np.int64], length: int) -> None:
        """Read the records of one length."""
        rows = sliding_window_view(block, length + 4)[starts]
        whole = _agree(rows, length)
        if not whole.all():
            for start in starts[~whole].tolist():
                self._broken += 1
                if not self._framed(block, start):  # what follows is found by a wrong length
                    self._cut = True
                    self._end = min(self._end, start)
            rows, starts = rows[whole], starts[whole]
        for _ in range(MOST_KINDS):
            if len(rows) < FEW:
                break
            first = self._apart(rows[0, :length].tobytes())
            same = np.zeros(len(rows), bool)
            same[0] = True
            if first and len(first.values) == 1 and not first.arguments:
                same = _alike(rows[:, :length], first)
                self._many(first, rows[same], starts[same])
            elif first:
                self._one(first, int(starts[0]))
            if same.all():
                return
            rows, starts = rows[~same], starts[~same]
        for row, start in zip(rows, starts.tolist(), strict=True):
            if record := self._apart(row[:length].tobytes()):
                self._one(record, start)

    def _apart(self, data: bytes) -> _Record | None:
        try:
            return _taken_apart(data)
        except ReadError:
            self._broken += 1
            return None

    def _one(self, record: _Record, start: int) -> None:
        self.arguments = record.arguments or self.arguments
        for tag, _, width, number in record.values:
            if self._points.keeps(tag):
                self.widths.add(width)
                one = (np.array([start]), np.array([record.step]), np.array([number]))
                self._found.setdefault(tag, []).append(one)

    def _many(self, record: _Record, rows: Bytes, starts: NDArray[np.int64]) -> None:
        tag, at, width, _ = record.values[0]
        if self._points.keeps(tag):
            self.widths.add(width)
            numbers = np.ascontiguousarray(rows[:, at : at + width]).view(f"<f{width}").ravel()
            steps = np.zeros(len(rows), np.int64)
            for place, column in enumerate(rows[:, record.moving[1]].T):
                steps |= (column & 127).astype(np.int64) << 7 * place
            self._found.setdefault(tag, []).append((starts, steps, numbers.astype(np.float64)))

    def _hand_over(self) -> None:
        """Give the points of a block away, in the order of the file, up to where it is damaged."""
        for tag, parts in self._found.items():
            starts, steps, numbers = map(np.concatenate, zip(*parts, strict=True))
            order = np.argsort(starts)
            order = order[starts[order] < self._end]
            self._points.extend(tag, steps[order], numbers[order])
        self._found.clear()


def _alike(rows: Bytes, record: _Record) -> NDArray[np.bool_]:
    """Whether rows are what the first one is, but for their time, step and value."""
    value = record.values[0]
    fixed = np.ones(rows.shape[1], bool)
    for moving in (*record.moving, slice(value.start, value.start + value.width)):
        fixed[moving] = False
    steps = rows[:, record.moving[1]] > 127
    same = (rows[:, fixed] == rows[0, fixed]).all(1) & (steps == steps[0]).all(1)
    return np.asarray(same)


def read(source: Source) -> list[Log]:
    """Return the runs in the event files of one folder."""
    points = source.points()
    arguments = b""
    widths: set[int] = set()
    for path in (source.path, *source.more):
        file = _File(path, points)
        source.notes.extend(file.read())
        arguments = arguments or file.arguments
        widths |= file.widths
    config = _config(arguments)
    of = owner(tuple(points.names))
    trainer = of.trainer or ("transformers" if config is not None else None)
    dtype = "float32" if widths <= {4} else None
    return logs(
        source,
        FORMAT.name,
        points,
        of.offsets,
        counts=of.counts,
        dtype=dtype,
        config=config,
        trainer=trainer,
    )


def _config(arguments: bytes) -> dict[str, Any] | None:
    try:
        config = json.loads(arguments) if arguments else None
    except ValueError:
        return None
    return config if isinstance(config, dict) else None


FORMAT = Format(
    "TensorBoard",
    fits=lambda source: bool(VERSION.search(source.head[:64])),
    read=read,
    steps="as the trainer gave them",
    belongs="by the trainer: see below",
    precision="float32",
    together=True,
)
