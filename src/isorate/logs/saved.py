"""Checkpoints: the rate that each scheduler stood at when it was saved.

A checkpoint is a log of one rate, several of one run are one of several: also a scheduler whose
state does not hold its schedule, as ``LambdaLR``'s, says what it had come to.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np

from isorate.checkpoints import is_checkpoint
from isorate.logs.log import Log, Rates
from isorate.logs.source import Format, Source
from isorate.schedule.errors import ReadError

#: A step of a scheduler, and the rate of each group after it.
Row: TypeAlias = tuple[int, tuple[float, ...]]


def read(source: Source) -> list[Log]:
    """Return a log for each scheduler that the checkpoints of one run hold."""
    from isorate.checkpoints.tables import stood, tables

    found: dict[str, list[Row]] = {}
    for path in (source.path, *source.more):
        try:
            states = tables(path).states
        except ReadError:
            if not source.more:
                raise
            continue  # of many, one may have been cut off
        for place, state in states:
            step, rates = stood(state)
            if rates and isinstance(step, int) and step >= 0:
                found.setdefault(place, []).append((step, rates))
    logs = []
    for number, (place, rows) in enumerate(found.items(), 1):
        name = str(source.path) if number == 1 else f"{source.path}#{number}"
        logs.append(Log(name, FORMAT.name, _rates(place, rows), (0,), "step"))
    return logs


def _rates(place: str, rows: list[Row]) -> tuple[Rates, ...]:
    """Return the rates of each group, those of the first step first."""
    width = min(len(rates) for _, rates in rows)
    ordered = sorted({(step, *rates[:width]) for step, rates in rows})
    steps, *groups = np.array(ordered, dtype=np.float64).T
    name = place or "_last_lr"
    return tuple(
        Rates(
            name if width == 1 else f"{name}[{at}]",
            steps.astype(np.int64),
            values,
            np.zeros(len(values)),
            "float32" if (values == values.astype(np.float32)).all() else "float64",
        )
        for at, values in enumerate(groups)
    )


FORMAT: Final = Format(
    "checkpoint",
    fits=lambda source: is_checkpoint(source.path),
    read=read,
    steps="steps of the scheduler",
    belongs="the next update",
    precision="float64, or float32 where a tensor holds it",
    how="save the scheduler's state_dict() with the checkpoint",
    together=True,
)
