"""Tables: CSV files with a header, whoever wrote them, and columns of the user's choice."""

from __future__ import annotations

import csv
from itertools import islice
from typing import TYPE_CHECKING, Final

from isorate.logs.owners import usual_offsets
from isorate.logs.points import is_rate
from isorate.logs.source import Format, Source, logs
from isorate.schedule.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from isorate.logs.log import Counts, Log

#: The columns that count, the plainest first: of what they count, and of how sure that is.
COUNTERS: Final[dict[str, Counts]] = {
    "update": "update",
    "updates": "update",
    "num_updates": "update",
    "global_step": "update",
    "step": "update",
    "steps": "update",
    "iteration": "update",
    "iterations": "update",
    "iter": "update",
    "_step": "update",
    "epoch": "epoch",
    "epochs": "epoch",
    "samples": "sample",
    "consumed_samples": "sample",
}
#: More columns are not looked at.
MOST_COLUMNS: Final = 20_000


def dialect(text: str) -> str | None:
    """Return what separates the columns of the first line, none where nothing does."""
    header = text.lstrip("\r\n").partition("\n")[0]
    counts = {each: header.count(each) for each in ",\t;"}
    best = max(counts, key=lambda each: counts[each])
    return best if counts[best] else None


def header(text: str) -> list[str]:
    """Return the names of the columns."""
    lines = text.lstrip("\r\n").splitlines()[:1]
    names = next(csv.reader(lines, delimiter=dialect(text) or ","), [])
    return [name.strip() for name in islice(names, MOST_COLUMNS)]


def _fits(source: Source) -> bool:
    if b"\0" in source.head:
        return False
    names = header(source.text)
    if source.wanted and any(name in names for name in source.wanted):
        return True
    words = all(name and not _number(name) for name in names)
    known = any(is_rate(name) or _counter_key(name) in COUNTERS for name in names)
    return words and known and (len(names) > 1 or source.path.suffix.lower() == ".csv")


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _counter_key(name: str) -> str:
    return name.lower().rpartition("/")[2].strip().replace(" ", "_").replace("-", "_")


def counter(names: Sequence[str]) -> str | None:
    """Return the column that counts."""
    keys = {_counter_key(name): name for name in reversed(names)}
    return next((keys[key] for key in COUNTERS if key in keys), None)


def read(source: Source) -> list[Log]:
    """Return the runs of one table."""
    names = header(source.text)
    missing = [name for name in source.wanted if name not in names]
    if missing:
        required = f"one of {', '.join(names[:20])}"
        raise ReadError(f"{source.path} has no such column", required=required, got=missing[0])
    counts_by = counter(names)
    points = source.points()
    kept = [(index, name) for index, name in enumerate(names) if points.keeps(name)]
    at = names.index(counts_by) if counts_by else -1
    for number, row in enumerate(_rows(source, names)):
        step: int | None = number
        if at >= 0:
            step = _whole(row[at])
        if step is not None:
            for index, name in kept:
                if row[index] not in ("", "NA"):
                    points.add(name, step, row[index])
    counts: Counts = COUNTERS[_counter_key(counts_by)] if counts_by else "row"
    notes = () if counts_by else ("No column counts: rows are taken for updates.",)
    return logs(source, FORMAT.name, points, usual_offsets, counts=counts, notes=notes)


def _rows(source: Source, names: list[str]) -> Iterator[list[str]]:
    """Visit the rows that are whole; a header in their middle, or anything else, is left out."""
    ragged = 0
    lines = source.lines()
    next(lines, None)
    reader = csv.reader(lines, delimiter=dialect(source.text) or ",")
    while True:
        try:
            row = next(reader, None)
        except csv.Error:
            ragged += 1
            continue
        if row is None:
            break
        if len(row) == len(names):
            yield row
        else:
            ragged += 1
    if ragged:
        source.notes.append(f"{ragged} rows have not as many cells as the header; left out.")


def _whole(text: str) -> int | None:
    """Return a step; one that is no integer, as the epoch of a part of it, is none."""
    try:
        number = float(text)
        return int(number) if number == int(number) else None
    except (ValueError, OverflowError):
        return None


FORMAT = Format(
    "CSV",
    fits=_fits,
    read=read,
    steps=f"by a column {', '.join(list(COUNTERS)[:5])}, …; else rows",
    belongs="the update just made, or the next one",
    precision="as printed",
)
