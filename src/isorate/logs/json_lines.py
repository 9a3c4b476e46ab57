"""JSON lines: an object a line, as many trainers log."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import msgspec

from isorate.logs.points import is_rate
from isorate.logs.rows import COUNTERS, Rows, counter, flat
from isorate.logs.source import Format, Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.logs.log import Log

#: What counts in a single line; a configuration has numbers of epochs and steps.
ALONE: Final = ("num_updates", "current_steps", "global_step/max_steps")
#: What says beside a counter how many updates the run was to make.
PLANNED: Final = {"current_steps": "total_steps"}
#: A counter that says it itself: ``5/100``.
OF_ALL: Final = re.compile(r"\d+/(\d{1,15})")
_NOT_FINITE: Final = re.compile("NaN|Infinity")


def _object(line: str) -> dict[str, Any] | None:
    """Return the object that a line is, or ends with."""
    start = line.find("{")
    if start < 0:
        return None
    text = line[start:].rstrip()
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        if not _NOT_FINITE.search(text):
            return None
        try:
            found = json.loads(text)  # which takes a loss that is NaN
        except (ValueError, RecursionError):
            return None
    return found if isinstance(found, dict) else None


def _objects(source: Source) -> Iterator[dict[str, Any]]:
    damaged = 0
    for line in source.lines():
        if (row := _object(line)) is not None:
            yield row
        elif line.lstrip().startswith("{"):
            damaged += 1
    if damaged:
        source.notes.append(f"{damaged} lines are damaged, or still written; left out.")


def _fits(source: Source) -> bool:
    if b"\0" in source.head or b"{" not in source.head:
        return False
    rows = [row for line in source.text.splitlines()[:200] if (row := _object(line)) is not None]
    names = {name for row in rows for name, _ in flat(row)}
    if not names.isdisjoint(source.wanted):
        return True
    counts = counter(tuple(sorted(names)))
    if len(rows) < 2 and (counts is None or counts.endswith("s") or "epoch" in counts):
        return len(rows) == 1 and counts in ALONE  # and no configuration, which has such names, too
    return any(map(is_rate, names)) or counts is not None


def read(source: Source) -> list[Log]:
    """Return the runs of one file."""
    rows: Rows | None = None
    planned: set[int | None] = set()
    for row in _objects(source):
        values = dict(flat(row))
        if rows is None:
            new = Rows(source, FORMAT.name, list(values))
            if not any(map(new.points.keeps, values)):
                continue
            rows = new
        rates = [(name, value) for name, value in values.items() if rows.points.keeps(name)]
        if rates:
            count = values.get(rows.counter) if rows.counter else None
            planned.add(_planned(rows.counter, count, values))
            rows.add(count, values.get(rows.epoch) if rows.epoch else None, rates)
        if rows.points.full:
            break
    found = [] if rows is None else rows.logs()
    # where a run went on with another plan, nothing says which of them holds
    return [
        replace(log, planned=next(iter(planned)) if len(planned) == 1 else None) for log in found
    ]


def _planned(counter: str | None, count: object, values: dict[str, Any]) -> int | None:
    """Return how many updates the run was to make, as a row says."""
    said = values.get(PLANNED.get(counter or "", ""))
    if isinstance(said, int):
        return said if said > 0 else None
    of_all = OF_ALL.fullmatch(count) if isinstance(count, str) else None
    return int(of_all[1]) or None if of_all else None


FORMAT = Format(
    "JSON lines",
    fits=_fits,
    read=read,
    steps=f"by a key {', '.join(list(COUNTERS)[:4])}, …; else lines",
    belongs="the update just made, or the next one; by the trainer where its names tell",
    precision="as printed",
)
