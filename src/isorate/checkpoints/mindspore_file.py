"""MindSpore's checkpoint: the list of rates that its optimizer looks ``global_step`` up in.

``mindspore.save_checkpoint`` writes a protobuf of parameters, one after another: a name, the
dimensions, the type and the bytes. An optimizer of ``mindspore.nn`` that was given a list keeps it
whole, as the float32 parameter ``learning_rate``, or ``learning_rate_group_1`` of a group with its
own; one that was given a cell keeps ``global_step`` alone. No weight is read.

Source: ``mindspore/train/serialization.py`` of MindSpore 2.10.0.
"""

from __future__ import annotations

import mmap
import re
import struct
from typing import IO, TYPE_CHECKING, Any, Final

from isorate.checkpoints.protobuf import BYTES, fields
from isorate.schedule.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The parameters that rates are in, and the one that counts updates.
RATES: Final = re.compile(r"(?:.*\.)?learning_rate(?:_group_\d+)?")
STEP: Final = re.compile(r"(?:.*\.)?global_step")
#: A longer name is none, and a longer list would not be one of rates.
LONGEST_NAME: Final = 1000
MOST_RATES: Final = 10_000_000
#: More parameters no network has.
MOST_PARAMETERS: Final = 1_000_000
#: The numbers of the fields: of a parameter, and of its tensor.
NAME, TENSOR = 1, 2
TYPE, CONTENT = 2, 3


def parameters(file: IO[bytes]) -> tuple[dict[str, list[float]], int | None]:
    """Return the lists of rates in a checkpoint, by their parameters' names, and the step.

    Raises:
        ReadError: it is no such file.

    """
    rates: dict[str, list[float]] = {}
    step: int | None = None
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        known = False
        for count, entry in enumerate(fields(data)):
            if entry.kind != BYTES or count > MOST_PARAMETERS:
                raise ReadError("it is no protobuf of parameters")
            if entry.number != 1:  # a check sum, or what a map says
                continue
            name, kind, content = _parameter(data, entry.start, entry.end)
            known = True
            if STEP.fullmatch(name) and kind == "Int32" and len(content) == 4:
                step = struct.unpack("<i", content)[0]
            elif RATES.fullmatch(name) and kind == "Float32" and content:
                rates[name] = list(struct.unpack(f"<{len(content) // 4}f", content))
        if not known:
            raise ReadError("it is no protobuf of parameters")
    return rates, step


def _parameter(data: Any, start: int, end: int) -> tuple[str, str, bytes]:
    """Return a parameter's name and type, and its bytes where rates may be in it."""
    name, kind, content = "", "", b""
    for field in fields(data, start, end):
        if field.number == NAME and field.kind == BYTES:
            name = _text(data, field.start, field.end)
        elif field.number == TENSOR and field.kind == BYTES:
            wanted = RATES.fullmatch(name) or STEP.fullmatch(name)
            for part in fields(data, field.start, field.end) if wanted else ():
                size = part.end - part.start
                if part.number == TYPE and part.kind == BYTES:
                    kind = _text(data, part.start, part.end)
                elif part.number == CONTENT and part.kind == BYTES and size <= 4 * MOST_RATES:
                    content = data[part.start : part.end]
    if not name:
        raise ReadError("it is no protobuf of parameters")
    return name, kind, content if len(content) % 4 == 0 else b""


def _text(data: Any, start: int, end: int) -> str:
    if end - start > LONGEST_NAME:
        raise ReadError("it is no protobuf of parameters")
    try:
        return bytes(data[start:end]).decode()
    except UnicodeDecodeError:
        raise ReadError("it is no protobuf of parameters") from None


def states(file: IO[bytes]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Visit the lists of rates as states: where each lies, its rates, and the step it stands at."""
    rates, step = parameters(file)
    for name, found in rates.items():
        state: dict[str, Any] = {"learning_rate": found, "last_epoch": step}
        if step is not None and 0 <= step < len(found):
            state["_last_lr"] = [found[step]]
        yield name, state
