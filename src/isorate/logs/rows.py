"""Rows of named values, as CSV and JSON lines have them, become logs."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from isorate.logs.owners import owner
from isorate.logs.source import Source, logs

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from isorate.logs.log import Counts, Log

#: What counts, the surest first: the last part of the name, and what it counts.
COUNTERS: Final[dict[str, Counts]] = {
    "num_updates": "update",  # beside which fairseq's "update" is a part of an epoch
    "update": "update",
    "updates": "update",
    "global_step": "update",
    "global_step/max_steps": "update",
    "current_steps": "update",
    "step": "update",
    "steps": "update",
    "iteration": "update",
    "iterations": "update",
    "iter": "update",
    "iters": "update",
    "it": "update",
    "_step": "update",
    "epoch": "epoch",
    "epochs": "epoch",
    "samples": "sample",
    "consumed_samples": "sample",
}

#: What stands in a cell that has no number.
EMPTY: Final = frozenset({"", "NA", "N/A", "None", "null"})

#: What is said of a table of which that is not sure to be a log at all.
NOTHING_COUNTS: Final = "Nothing counts: rows are taken for updates."


@lru_cache(maxsize=4096)
def _key(name: str) -> str:
    key = name.lower().strip().replace(" ", "_").replace("-", "_")
    return key if key in COUNTERS else key.rpartition("/")[2]


@lru_cache(maxsize=16)
def counter(names: tuple[str, ...], among: tuple[str, ...] = tuple(COUNTERS)) -> str | None:
    """Return the name that counts.

    Example:
        >>> counter(("epoch", "_step", "train/global_step"))
        'train/global_step'

    """
    keys = {_key(name): name for name in reversed(names)}
    return next((keys[key] for key in among if key in keys), None)


class Rows:
    """The rows of a file.

    Args:
        source: the file.
        form: the name of its format.
        names: all names that its rows have; of a row that has others, these are not counters.

    """

    def __init__(self, source: Source, form: str, names: Collection[str]) -> None:
        self._source = source
        self._form = form
        self._names = tuple(names)
        self.counter = counter(self._names)
        self.epoch = counter(self._names, ("epoch", "epochs"))
        self.points = source.points()
        self._number = 0
        self._last: tuple[float, float] = (float("-inf"), float("-inf"))
        self._restarts = 0

    def add(self, count: object, epoch: object, rates: Iterable[tuple[str, object]]) -> None:
        """Take one row: what its counter says, its epoch, and its rates."""
        step = self._number if self.counter is None else _whole(count)
        self._number += 1
        if step is None:
            return
        if self.epoch != self.counter and isinstance(passed := _number(epoch), float):
            if step <= self._last[0] and passed > self._last[1]:
                self._restarts += 1
            self._last = (step, passed)
        for name, value in rates:
            if isinstance(value, int | float | str) and not isinstance(value, bool):
                # a number of JSON was printed, too: with all of its digits, or rounded
                self.points.add(name, step, str(value))

    def add_all(
        self, counts: Sequence[str], epochs: Sequence[str], rates: Mapping[str, Sequence[str]]
    ) -> bool:
        """Take rows at once, and say so; none where one of them has to be looked at by itself.

        A cell that is empty has no rate; each row has one at least.
        """
        if self.counter is None:
            return False
        apart = self.epoch != self.counter and self.epoch is not None
        try:
            steps = list(map(int, counts))
            passed = list(map(float, epochs)) if apart else []
        except ValueError:
            return False
        if not steps or not -(2**62) < min(steps) <= max(steps) < 2**62:
            return False
        for name, texts in rates.items():
            filled = (steps, texts) if EMPTY.isdisjoint(texts) else _filled(steps, texts)
            self.points.add_all(name, *filled)
        self._number += len(steps)
        for step, epoch in zip(steps, passed, strict=False):
            if step <= self._last[0] and epoch > self._last[1]:
                self._restarts += 1
            self._last = (step, epoch)
        return True

    def logs(self, config: Mapping[str, Any] | None = None, *, first: int = 1) -> list[Log]:
        """Return the runs that the rows are of."""
        counts: Counts = COUNTERS[_key(self.counter)] if self.counter else "row"
        notes = () if self.counter else (NOTHING_COUNTS,)
        whose = owner(tuple(self.points.names), self._names, self.counter)
        self.points.decimals = whose.decimals
        if self._restarts > 1:
            self.points.recount(lambda steps: np.arange(len(steps)))
            counts = "row"
            notes = (
                f"{self.counter} begins anew in each epoch, and how many an epoch has is not "
                "said: rows are counted.",
            )
        elif whose.trainer is not None and self.counter is not None:
            counts = whose.counts
        return logs(
            self._source,
            self._form,
            self.points,
            whose.offsets,
            counts=counts,
            config=config,
            trainer=whose.trainer,
            beside=self._source.beside(whose.arguments) if whose.arguments else None,
            notes=(*notes, *whose.notes),
            first=first,
        )


def _filled(steps: Sequence[int], texts: Sequence[str]) -> tuple[list[int], list[str]]:
    """Return the steps that have a rate, and the rates."""
    at = [number for number, text in enumerate(texts) if text not in EMPTY]
    return [steps[number] for number in at], [texts[number] for number in at]


def flat(row: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """Visit the values of a row; those of a list or a table in it are named by both."""
    for name, value in row.items():
        if isinstance(value, dict):
            yield from ((f"{name}/{key}", each) for key, each in value.items())
        elif isinstance(value, list):
            yield from ((f"{name}/{number}", each) for number, each in enumerate(value[:1000]))
        else:
            yield name, value


def _number(value: object) -> float | None:
    try:
        return float(value) if isinstance(value, int | float | str) else None
    except (ValueError, OverflowError):
        return None


def _whole(value: object) -> int | None:
    """Return a step; one that is no integer, as the epoch of a part of it, is none."""
    if isinstance(value, str) and "/" in value:
        value = value.partition("/")[0]
    number = _number(value)
    return int(number) if number is not None and number.is_integer() else None
