"""What transformers' Trainer prints: a dict a line, and a progress bar in between.

The dict has an epoch and no step. The bar is drawn anew right after each dict and tells the step,
where both went into one file without buffering: that is so where step / epoch is always the same.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final

from isorate.logs.points import MOST_POINTS, digits
from isorate.logs.source import Format, Source, logs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from isorate.logs.log import Log

_PAIR: Final = re.compile(r"'([\w/ -]+)': ('?)([-+.\deE/]+)\2")
_BAR: Final = re.compile(r"(\d+)/(\d+) \[")
_DICT: Final = re.compile(r"\{'[^{}]*'(?:learning_rate|lr)': [^{}]*\}")
#: transformers 5 prints four significant digits, in quotes.
QUOTED_DIGITS: Final = 4
#: transformers 4 rounds epochs to two decimals, or not at all.
EPOCH_DECIMALS: Final = 2
LONGEST: Final = 100_000
#: The bars of training, of an evaluation, of a download.
MOST_BARS: Final = 4


@dataclass(frozen=True)
class _Row:
    """A dict, and the first bar of each total that was drawn after it."""

    step: int | None
    epoch: str
    rate: str
    quoted: bool
    bars: dict[str, int] = field(default_factory=dict)


def _rows(source: Source) -> Iterator[_Row]:
    """Visit the dicts."""
    row: _Row | None = None
    for text in source.lines():
        if len(text) > LONGEST:
            continue
        cut = _DICT.search(text)
        for bar in _BAR.finditer(text, 0, cut.start() if cut else len(text)):
            if row is not None and len(row.bars) < MOST_BARS:
                row.bars.setdefault(bar[2], int(bar[1][:18]))
        for found in _DICT.finditer(text):
            pairs = {name: (value, bool(quote)) for name, quote, value in _PAIR.findall(found[0])}
            rate = pairs.get("learning_rate") or pairs.get("lr")
            if rate is not None:
                if row is not None:
                    yield row
                row = _Row(_step(pairs), pairs.get("epoch", ("", False))[0], *rate)
    if row is not None:
        yield row


def _runs(rows: Iterable[_Row]) -> Iterator[list[_Row]]:
    """Visit the rows of each run: where the epochs fall, another one begins."""
    run: list[_Row] = []
    last = float("-inf")
    for row in rows:
        epoch = _float(row.epoch)
        if epoch < last:
            yield run
            run = []
        last = epoch
        run.append(row)
    if run:
        yield run


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _steps(run: list[_Row]) -> list[int] | None:
    """Return the steps of a run, none where they are not known."""
    totals = Counter(total for row in run for total in row.bars)
    total = max(totals, key=lambda each: totals[each], default="")
    steps = [row.step if row.step is not None else row.bars.get(total) for row in run]
    known = [step for step in steps if step is not None]
    return known if len(known) == len(run) and _consistent(run, known) else None


def _step(pairs: dict[str, tuple[str, bool]]) -> int | None:
    for name in ("global_step", "step", "global_step/max_steps"):
        text = pairs.get(name, ("", False))[0].partition("/")[0]
        if text.isdecimal():
            return int(text[:18])
    return None


def _consistent(run: list[_Row], steps: list[int]) -> bool:
    """Whether one number of updates an epoch fits all steps and the epochs printed with them."""
    low, high = 0.0, float("inf")
    for row, step in zip(run, steps, strict=True):
        epoch = _float(row.epoch)
        if not 0 <= epoch < 1e15:
            continue
        last = min(digits(row.epoch).last, -EPOCH_DECIMALS)
        if row.quoted:
            last = len(str(int(epoch))) - QUOTED_DIGITS
        half = 0.51 * 10.0**last
        low = max(low, step / (epoch + half))
        high = min(high, step / (epoch - half) if epoch > half else float("inf"))
    return low <= high


def read(source: Source) -> list[Log]:
    """Return the runs of one output."""
    found: list[Log] = []
    for run in _runs(islice(_rows(source), MOST_POINTS)):
        points = source.points(least=QUOTED_DIGITS if any(row.quoted for row in run) else 0)
        steps = _steps(run)
        for step, row in zip(steps or range(1, len(run) + 1), run, strict=True):
            points.add("learning_rate", step, row.rate)
        epoch = f", the first is at epoch {run[0].epoch}" if run[0].epoch else ""
        found += logs(
            source,
            FORMAT.name,
            points,
            (1, 0),
            counts="update" if steps else "row",
            trainer="transformers",
            notes=() if steps else (f"No steps are in it: rows are counted{epoch}.",),
            first=len(found) + 1,
        )
    return found


FORMAT = Format(
    "printed dicts",
    fits=lambda source: b"\0" not in source.head and bool(_DICT.search(source.text)),
    read=read,
    steps="updates done, from 1, by the progress bar; else rows",
    belongs="the update just made; the next one's up to transformers 4.4x",
    precision="4 digits; all before transformers 5",
    how="set logging_steps",
)
