"""What every picture shows: lines of rates over updates, and the first difference marked."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec

from isorate.kit.writing import shortened
from isorate.reports import LONGEST_DRAWN
from isorate.reports.trainers import unusual
from isorate.schedule.printable import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from isorate.comparison import Comparison
    from isorate.conversion import Conversion
    from isorate.kit.call import Call
    from isorate.schedule.curve import Curve
    from isorate.spelling import Told

    Rates = Sequence[float] | NDArray[Any]


#: Rates that differ by no more than this share of the highest lie on one line.
FLAT = 1e-12

#: So many updates show how trainers begin.
BEGINNING = 16

#: Parameter groups that are drawn: more lines could not be told apart.
GROUPS_DRAWN = 8


class Line(msgspec.Struct, frozen=True):
    """One line of a picture: its label, and the rates of updates 0, 1, 2 and so on."""

    label: str
    values: Rates


class Figure(msgspec.Struct, frozen=True):
    """A picture before it has a format.

    Args:
        title: the sentence above it.
        lines: what is drawn.
        mark: the update to mark, if any.
        facts: names and values to list beside the picture.
    """

    title: str
    lines: tuple[Line, ...]
    mark: int | None = None
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def updates(self) -> int:
        """The length of the longest line."""
        return max((len(line.values) for line in self.lines), default=0)

    def limits(self) -> tuple[float, float]:
        """Return the lowest and the highest finite rate; of rates that are all but the same, 0."""
        finite = [[*filter(math.isfinite, line.values)] for line in self.lines]
        low = float(min(map(min, filter(None, finite)), default=0.0))
        high = float(max(map(max, filter(None, finite)), default=1.0))
        if high - low <= FLAT * max(abs(low), abs(high)):
            low, high = min(low, 0.0), max(high, 0.0)
        return (low, high) if low < high else (low, low + 1.0)


def of_curve(call: Call, curve: Curve, run: object) -> Figure:
    """Return the picture of one call."""
    halt = curve.halt.update if curve.halt else None
    facts = [("call", call.code), ("run", str(run)), ("dtype", curve.dtype)]
    if curve.halt:
        facts.append(("ends", str(curve.halt)))
    return _figure(shortened(call.code), _lines(call.name, curve), halt, facts, curve.groups)


def of_comparison(result: Comparison) -> Figure | None:
    """Return the picture of a comparison; none where the run is too long to hold."""
    curves = result.curves(LONGEST_DRAWN)
    if curves is None:
        return None
    names = [side.name or "given" for side in (result.a, result.b)]
    labels = (f"a: {names[0]}", f"b: {names[1]}")
    facts = [("a", result.a.call), ("b", result.b.call), ("run", str(result.run))]
    facts += [(reason.kind, reason.text) for reason in result.reasons]
    facts.append(
        ("largest |Δ|", f"{result.max_abs:.3g}, {result.max_rel_peak:.3g} of the peak rate")
    )
    lines = (*_lines(labels[0], curves[0]), *_lines(labels[1], curves[1]))
    return _figure(result.sentence, lines, result.first_difference, facts, curves[0].groups)


def _figure(
    title: str, lines: tuple[Line, ...], mark: int | None, facts: list[tuple[str, str]], groups: int
) -> Figure:
    """Return a picture whose texts hold nothing that a terminal or a page would act upon."""
    if groups > GROUPS_DRAWN:
        facts.append(("drawn", f"the first {GROUPS_DRAWN} of {groups:,} parameter groups"))
    plainly = tuple((plain(name), plain(value)) for name, value in facts)
    return Figure(plain(title), lines, mark, plainly)


def of_conversion(result: Conversion) -> Figure | None:
    """Return the picture of a conversion's best way beside the original."""
    return of_comparison(result.ways[0].comparison) if result.ways else None


def of_ways(found: Sequence[tuple[NDArray[Any], Sequence[Told]]]) -> Figure:
    """Return the picture of what the trainers make of one recipe, as it begins."""
    lines = []
    for number, (rates, told) in enumerate(found, 1):
        one = min(told, key=lambda each: len(unusual(each)))
        said = [one.trainer, *(value for _, value in unusual(one)), *["…"] * (len(told) > 1)]
        label = f"{number}: {', '.join(said)}"
        lines.append(Line(label, rates[:BEGINNING]))
    title = f"one recipe, {len(found)} curves: the first {BEGINNING} updates"
    return Figure(title, tuple(lines))


def _lines(label: str, curve: Curve) -> tuple[Line, ...]:
    if curve.halt is not None:
        label = f"{label} ({plain(curve.halt.error)} at update {curve.halt.update:,})"
    rows = curve.rows
    if len(rows) == 1:
        return (Line(label, rows[0]),)
    return tuple(Line(f"{label}, group {i}", row) for i, row in enumerate(rows[:GROUPS_DRAWN]))


def envelope(values: Rates, columns: int) -> tuple[Sequence[int], Rates]:
    """Thin a line to about two points a column, keeping every column's lowest and highest rate.

    Returns:
        The updates that are kept, in order, and their rates.

    """
    updates = len(values)
    if updates <= 2 * columns:
        return range(updates), values
    each = updates / columns
    edges = [*(int(column * each) for column in range(columns)), updates]
    kept, holes = {0, updates - 1}, []
    for start, stop in pairwise(edges):
        part = [*values[start:stop]]
        if any(map(math.isnan, part)):
            holes += [at for at, rate in enumerate(part, start) if math.isnan(rate)]
            known = [rate for rate in part if not math.isnan(rate)]
        else:
            known = part
        if known:
            kept |= {start + part.index(pick(known)) for pick in (min, max)}
    kept |= {*holes[:: max(1, len(holes) // columns)]}
    index = sorted(kept)
    return index, [values[update] for update in index]
