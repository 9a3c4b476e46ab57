"""Tables: CSV files with a header, whoever wrote them, and columns of the user's choice."""

from __future__ import annotations

import csv
import re
from itertools import islice
from typing import TYPE_CHECKING, Final

from isorate.logs.points import is_rate
from isorate.logs.rows import COUNTERS, EMPTY, Rows, counter
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


def _separator(line: str) -> str:
    """Return what separates the columns of the first line."""
    return max(",\t;", key=line.count)


def _first(source: Source) -> tuple[list[str], list[str]]:
    """Return the names of the columns, and the cells of the row below."""
    lines = source.first(2)
    separator = _separator(lines[0]) if lines else ","
    names, row = [*(next(csv.reader([line], delimiter=separator)) for line in lines), [], []][:2]
    return [name.strip() for name in names[:MOST_COLUMNS]], row


def _fits(source: Source) -> bool:
    if b"\0" in source.head:
        return False
    names, row = _first(source)
    if any(name in names for name in source.wanted):
        return True
    if len(names) < 2 and source.path.suffix.lower() != ".csv":
        return False
    if not all(name and len(name) < 200 and not _NO_NAME.search(name) for name in names):
        return False
    counts = counter(tuple(names))
    known = [at for at, name in enumerate(names) if is_rate(name) or name == counts]
    row = row or [""] * len(names)
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
    names, _ = _first(source)
    missing = [name for name in source.wanted if name not in names]
    if missing:
        required = f"one of {', '.join(names[:20])}"
        raise ReadError(f"{source.path} has no such column", required=required, got=missing[0])
    rows = Rows(source, FORMAT.name, names)
    kept = [(index, name) for index, name in enumerate(names) if rows.points.keeps(name)]
    count, epoch = (names.index(each) if each else 0 for each in (rows.counter, rows.epoch))
    exported = [name for _, name in kept if f"{name}__MIN" in names]
    runs = {name: Rows(source, FORMAT.name, names) for name in exported} or {"": rows}
    for block in _blocks(source, len(names)):
        if not exported:
            some = block
            columns = {name: [row[index] for row in some] for index, name in kept}
            if not all(map(EMPTY.isdisjoint, columns.values())):
                some = [row for row in block if any(row[at] not in EMPTY for at, _ in kept)]
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


def _blocks(source: Source, width: int) -> Iterator[list[list[str]]]:
    """Visit the rows that are whole, many at once; a header in their middle is left out."""
    ragged = 0
    lines = source.lines()
    reader = csv.reader(lines, delimiter=_separator(next(lines, "")))
    more = True
    while more:
        block: list[list[str]] = []
        try:
            block.extend(islice(reader, BLOCK))
            more = len(block) == BLOCK
        except csv.Error:  # after the rows that came before
            ragged += 1
        rows = [row for row in block if len(row) == width]
        ragged += len(block) - len(rows)
        yield rows
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
