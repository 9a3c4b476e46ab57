"""``.wandb`` files, which W&B's client writes beside a run: LevelDB's log of protobuf messages."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any, Final

import msgspec

from isorate.checkpoints.protobuf import BYTES, fields
from isorate.logs.rows import Rows
from isorate.logs.source import Format, Source
from isorate.schedule.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.logs.log import Log

MAGIC: Final = b":W&B\xe1\xbe"
#: The header of a file, as of each piece: checksum, length, type.
HEADER: Final = 7
BLOCK: Final = 1 << 15
FULL, FIRST, LAST = 1, 2, 4
#: A longer record is no row of numbers.
LONGEST: Final = 1 << 22

#: Record: history, configuration, run, whose configuration is its 4. History: item. Configuration:
#: update. Both: key, nested key, value as JSON.
HISTORY, CONFIG, RUN, RUN_CONFIG, ITEM, KEY, NESTED, JSON = 2, 5, 17, 4, 1, 1, 2, 16


def _records(source: Source) -> Iterator[bytes]:
    """Visit the records; a damaged piece loses the record that it is of, and its block."""
    damaged = False
    parts: list[bytes] = []
    size = 0
    with source.path.open("rb") as file:
        at = len(file.read(HEADER))
        while block := file.read(BLOCK - at):
            position = 0
            while position + HEADER <= len(block):
                crc, length, kind = struct.unpack_from("<IHB", block, position)
                data = block[position + HEADER : position + HEADER + length]
                if kind == 0 and length == 0:
                    break
                if len(data) < length or zlib.crc32(data, zlib.crc32(bytes([kind]))) != crc:
                    damaged = True
                    parts.clear()
                    break
                if kind in (FULL, FIRST):
                    parts, size = [], 0
                size += length
                if size <= LONGEST:
                    parts.append(data)
                position += HEADER + length
                if kind in (FULL, LAST) and parts:
                    yield b"".join(parts)
                    parts = []
            at = 0
    if damaged or parts:
        source.notes.append("The file is damaged or still written; it is read as far as it goes.")


def _items(data: bytes, start: int, end: int) -> Iterator[tuple[str, Any]]:
    """Visit the named values of a history's row, or of a configuration."""
    for item in fields(data, start, end):
        if item.number != ITEM or item.kind != BYTES:
            continue
        key, nested, value = "", [], b""
        for field in fields(data, item.start, item.end):
            content = data[field.start : field.end]
            if field.number == KEY:
                key = content.decode("utf-8", "replace")
            elif field.number == NESTED:
                nested.append(content.decode("utf-8", "replace"))
            elif field.number == JSON:
                value = content
        try:
            yield key or ".".join(nested), msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError):
            continue


def _configured(value: object) -> object:
    """Return a value of the configuration; a file of it wraps each with its description."""
    return value["value"] if isinstance(value, dict) and set(value) == {"desc", "value"} else value


def read(source: Source) -> list[Log]:
    """Return the run of one file."""
    config: dict[str, Any] = {}
    rows: Rows | None = None
    broken = 0
    for data in _records(source):
        try:
            for field in fields(data):
                if field.number == HISTORY:
                    rows = _add(source, rows, dict(_items(data, field.start, field.end)))
                elif field.number == CONFIG:
                    config.update(_items(data, field.start, field.end))
                elif field.number == RUN:
                    for part in fields(data, field.start, field.end):
                        if part.number == RUN_CONFIG:
                            config.update(_items(data, part.start, part.end))
        except ReadError:
            broken += 1
    if broken:
        source.notes.append(f"{broken} records are damaged and left out.")
    config = {name: _configured(value) for name, value in config.items() if name != "_wandb"}
    return [] if rows is None else rows.logs(config or None)


def _add(source: Source, rows: Rows | None, values: dict[str, Any]) -> Rows | None:
    """Take a row of the history, and return what gathers them, once there is one with rates."""
    if rows is None:
        new = Rows(source, FORMAT.name, list(values))
        if not any(map(new.points.keeps, values)):
            return None
        rows = new
    rates = [(name, value) for name, value in values.items() if rows.points.keeps(name)]
    if rates:
        rows.add(values.get(rows.counter) if rows.counter else None, None, rates)
    return rows


FORMAT = Format(
    "W&B",
    fits=lambda source: source.head.startswith(MAGIC),
    read=read,
    steps="by a key global_step, …; else by W&B's own _step, which counts calls of log",
    belongs="the update just made, or the next one; by the trainer where its names tell",
    precision="float64",
)
