"""``trainer_state.json``, which transformers' Trainer leaves in each checkpoint."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final

import msgspec

from isorate.logs.source import HEAD, LONGEST_LINE, Format, Source, logs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.logs.log import Log

PLANNED: Final = re.compile(r'"max_steps"\s*:\s*([1-9]\d{0,14})\b')
KEY: Final = re.compile(r'"log_history"\s*:\s*\[')
#: A longer row is none.
LONGEST_ROW: Final = 1 << 24
#: So many rows are taken at once.
BLOCK: Final = 4096
_BETWEEN: Final = re.compile(r"[\s,]*")


def _rows(source: Source) -> Iterator[dict[str, Any]]:
    """Visit the rows of the history; of a file that was cut off, those that are whole.

    They are read one by one: of a long run's file only a piece is held at a time.

    """
    decoder = json.JSONDecoder()
    with source.path.open(encoding="utf-8-sig", errors="replace") as file:
        text = file.read(LONGEST_LINE)
        found = KEY.search(text)
        at = found.end() if found else len(text)
        while True:
            at = _BETWEEN.match(text, at).end()  # type: ignore[union-attr]
            if text.startswith("]", at):
                return
            try:
                row, at = decoder.raw_decode(text, at)
            except json.JSONDecodeError:
                more = file.read(LONGEST_LINE)
                text, at = text[at:] + more, 0
                if not more or len(text) > LONGEST_ROW:
                    break
                continue
            if isinstance(row, dict):
                yield row
    source.notes.append("The file is damaged or cut off; it is read as far as it goes.")


def _history(source: Source) -> tuple[list[dict[str, Any]], int | None] | None:
    """Return the rows and the planned updates of a file that is held as a whole; none if damaged.

    One that is not small is gone through row by row, as one is that is damaged.
    """
    try:
        state = msgspec.json.decode(source.head) if source.whole else None
    except (msgspec.DecodeError, RecursionError):
        return None
    if not isinstance(state, dict) or not isinstance(rows := state.get("log_history"), list):
        return None
    planned = state.get("max_steps")
    told = isinstance(planned, int) and planned > 0
    return [row for row in rows if isinstance(row, dict)], planned if told else None


def _planned(source: Source) -> int | None:
    """Return how many updates the run was to make, which stands beside the history."""
    with source.path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(size - HEAD, 0))
        end = file.read(HEAD).decode("utf-8", "replace").rpartition("]")[2]
    start = source.text.partition('"log_history"')[0]
    said = PLANNED.findall(start) + PLANNED.findall(end)
    return int(said[-1]) if said else None


def read(source: Source) -> list[Log]:
    """Return the runs of one file."""
    points = source.points()
    whole = _history(source)
    rows = iter(whole[0]) if whole else _rows(source)
    while (block := list(islice(rows, BLOCK))) and not points.full:
        for name in filter(points.keeps, dict.fromkeys(chain.from_iterable(block))):
            some = [row for row in block if isinstance(row.get(name), int | float)]
            some = [row for row in some if isinstance(row.get("step"), int)]
            points.add_all(name, [row["step"] for row in some], [row[name] for row in some])
    beside = source.beside("training_args.bin")
    found = logs(source, FORMAT.name, points, (1, 0), trainer="transformers", beside=beside)
    planned = whole[1] if whole else _planned(source)
    return [replace(log, planned=planned) for log in found]


FORMAT = Format(
    "trainer_state.json",
    fits=lambda source: source.text.lstrip()[:1] == "{" and bool(KEY.search(source.text)),
    read=read,
    steps="updates done, from 1",
    belongs="the update just made; the next one's up to transformers 4.4x",
    precision="float64",
    how="set logging_steps",
)
