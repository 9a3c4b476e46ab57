"""Tables: CSV files with a header, whoever wrote them, and columns of the user's choice."""

from __future__ import annotations

import csv
import re
from itertools import islice
from typing import TYPE_CHECKING, Final

from isorate.logs.points import is_rate
from isorate.logs.rows import COUNTERS, Rows, counter
from isorate.logs.source import Format, Source
from isorate.schedule.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.logs.log import Log

#: So many rows are taken at once.
BLOCK: Final = 4096
#: More columns are not looked at.
MOST_COLUMNS: Final = 20_000
#: What no name of a column has: a value.
_NO_NAME: Final = re.compile(r"[=\[\]{}]|: |\d\.\d|^[-+\d.]+$")
#: What stands in a cell that has no number.
EMPTY: Final = frozenset({"", "NA", "N/A", "None", "null"})


def _separator(text: str) -> str:
    """Return what separates the columns of the first line."""
    first = text.lstrip("\r\n").partition("\n")[0]
    return max(",\t;", key=first.count)


def _header(text: str) -> list[str]:
    """Return the names of the columns."""
    lines = text.lstrip("\r\n").splitlines()[:1]
    names = next(csv.reader(lines, delimiter=_separator(text)), [])
    return [name.strip() for name in islice(names, MOST_COLUMNS)]


def _fits(source: Source) -> bool:
    if b"\0" in source.head:
        return False
    names = _header(source.text)
    if any(name in names for name in source.wanted):
        return True
    if len(names) < 2 and source.path.suffix.lower() != ".csv":
        return False
    if not all(name and len(name) < 200 and not _NO_NAME.search(name) for name in names):
        return False
    counts = counter(names)
    known = [at for at, name in enumerate(names) if is_rate(name) or name == counts]
    rows = source.text.lstrip("\r\n").splitlines()[1:2]
    row = next(csv.reader(rows, delimiter=_separator(source.text)), [""] * len(names))
    return bool(known) and len(row) == len(names) and all(map(_is_cell, (row[at] for at in known)))


def _is_cell(text: str) -> bool:
    """Whether a cell holds a number, or nothing."""
    try:
        float(text)
    except ValueError:
        return text.strip() in EMPTY
    return True


def read(source: Source) -> list[Log]:
    """Return the runs of one table.

    W&B exports several runs to one, each in a column of its own, with its ``__MIN`` beside.

    """
    names = _header(source.text)
    missing = [name for name in source.wanted if name not in names]
    if missing:
        required = f"one of {', '.join(names[:20])}"
        raise ReadError(f"{source.path} has no such column", required=required, got=missing[0])
    rows = Rows(source, FORMAT.name, names)
    kept = [(index, name) for index, name in enumerate(names) if rows.points.keeps(name)]
    count, epoch = (names.index(each) if each else 0 for each in (rows.counter, rows.epoch))
    exported = [name for _, name in kept if f"{name}__MIN" in names]
    runs = {name: Rows(source, FORMAT.name, names) for name in exported} or {"": rows}
    given = _rows(source, names)
    while block := list(islice(given, BLOCK)):
        if not exported:
            some = [row for row in block if any(row[index] for index, _ in kept)]
            columns = {name: [row[index] for row in some] for index, name in kept}
            if rows.add_all([r[count] for r in some], [r[epoch] for r in some], columns):
                continue
        for row in block:
            rates = [(name, row[index]) for index, name in kept if row[index].strip() not in EMPTY]
            for run, each in runs.items():
                own = [rate for rate in rates if rate[0] == run] if run else rates
                if own:
                    each.add(row[count], row[epoch], own)
        if all(each.points.full for each in runs.values()):
            break
    found: list[Log] = []
    for each in runs.values():
        found += each.logs(first=len(found) + 1)
    return found


def _rows(source: Source, names: list[str]) -> Iterator[list[str]]:
    """Visit the rows that are whole; a header in their middle, or anything else, is left out."""
    ragged = 0
    lines = source.lines()
    next(lines, None)
    reader = csv.reader(lines, delimiter=_separator(source.text))
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


FORMAT = Format(
    "CSV",
    fits=_fits,
    read=read,
    steps=f"by a column {', '.join(list(COUNTERS)[:4])}, …; else rows",
    belongs="the update just made, or the next one; by the trainer where its names tell",
    precision="as printed",
)
