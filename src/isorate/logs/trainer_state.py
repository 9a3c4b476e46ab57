"""``trainer_state.json``, which transformers' Trainer leaves in each checkpoint."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from isorate.logs.source import HEAD, LONGEST_LINE, Format, Source, logs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.logs.log import Log

PLANNED: Final = re.compile(r'"max_steps"\s*:\s*([1-9]\d{0,14})\b')
KEY: Final = re.compile(r'"log_history"\s*:\s*\[')
#: A longer row is none.
LONGEST_ROW: Final = 1 << 24
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
    for row in _rows(source):
        step = row.get("step")
        if isinstance(step, int):
            for name, value in row.items():
                if isinstance(value, int | float) and points.keeps(name):
                    points.add(name, step, value)
        if points.full:
            break
    arguments = source.path.with_name("training_args.bin")
    beside = str(arguments) if arguments.is_file() else None
    found = logs(source, FORMAT.name, points, (1, 0), trainer="transformers", beside=beside)
    planned = _planned(source)
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
