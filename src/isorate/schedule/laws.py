"""What a list of numbers is: lines, cosines, powers, one after another, proven number by number.

From where it stands, the curve that says the most numbers is the next piece; then every piece gets
the roundest arguments with which it still says all of its numbers. What comes of it is claimed
only where all numbers have been computed anew, and where it takes far fewer than the list has.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from isorate.schedule.arrays import ArrayNamespace
from isorate.schedule.combinators import Join, Repeat, Shift, Staircase, Until
from isorate.schedule.curve import single
from isorate.schedule.errors import IsorateError
from isorate.schedule.fitted import (
    COSINE,
    EXPONENTIAL,
    FLOORED,
    LINE,
    POWER,
    SAMPLES,
    FittedCurve,
    curve_through,
    digits_of,
    roundest,
    tidied,
)
from isorate.schedule.shapes import Constant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from isorate.schedule.fitted import Family
    from isorate.schedule.node import Schedule

    Floats = NDArray[np.float64]

#: Numbers as near as this, as a share of the peak, are the same: as ``compare`` has it.
DOUBLE, SINGLE = 1e-12, 1e-6

#: A list that was rounded to some decimals is a law's, if no number is moved by more of the peak.
COARSEST: Final = 1e-3

#: No law has more pieces: nobody writes one.
MOST_PIECES: Final = 40

#: Nor more of them that say less than four times as many numbers as it takes to say them.
MOST_WEAK: Final = 4

#: Where a piece may begin as well, at most so many updates back are looked at.
BACK: Final = 256


@dataclass(frozen=True, slots=True)
class Law:
    """A schedule that has the numbers of a list.

    Args:
        schedule: it ends where the list does.
        numbers: how many the list has.
        precision: what the numbers are: ``float64``, ``float32``, or ``6 decimals``.
        room: how near each number has to be: 1e-12 of the peak, of float32 numbers 1e-6, and of
            those that were rounded to some decimals half of the last one.
        off: the largest distance from a number.

    """

    schedule: Schedule
    numbers: int
    precision: str
    room: float
    off: float

    @property
    def exact(self) -> bool:
        """Whether the numbers are what the law makes in floats, and not rounded further."""
        return self.precision.startswith("float")


def law_of(rates: Sequence[float] | NDArray[Any]) -> Law | None:
    """Return the law of a list of numbers, one an update; none where there is none.

    Example:
        >>> law_of([0.0, 0.1, 0.2, 0.3, 0.4, *[0.5] * 10]).schedule.of
        Linear(start=0.0, end=0.5, duration=5, after='hold')
        >>> law_of([0.3, 0.1, 0.4, 0.1, 0.5, 0.9, 0.2, 0.6]) is None
        True

    """
    v = np.asarray(rates, np.float64)
    if len(v) < 4 or not np.isfinite(v).all():
        return None
    with np.errstate(all="ignore"):  # of curves that do not fit
        for precision, room, loose in _precisions(v):
            pieces = _pieces(v, loose)
            for near in dict.fromkeys((loose, room) if pieces else ()):
                try:
                    schedule = _whole(v, pieces or (), near)
                except (IsorateError, ArithmeticError):  # numbers that are no arguments
                    continue
                off = math.inf if schedule is None else _farthest(schedule, v)
                if schedule is not None and off <= room:
                    return Law(schedule, len(v), precision, room, off)
    return None


def _precisions(v: Floats) -> Iterator[tuple[str, float, float]]:
    """Visit what the numbers may be, how near a law then comes, and how near it is looked for.

    Curves are laid through a few numbers, of which each may be off by the digits that it lacks.
    """
    peak = float(np.abs(v).max())
    name, share = ("float32", SINGLE) if single(v) else ("float64", DOUBLE)
    yield name, share * peak, share * peak
    for digits in range(2, 12):
        if (np.abs(np.round(v, digits) - v) <= 1e-15 * peak).all():
            room = 0.5000001 * 10.0**-digits
            if DOUBLE * peak < room <= COARSEST * peak:
                yield f"{digits} decimals", room, 4 * room
            return


def _farthest(schedule: Schedule, v: Floats) -> float:
    return float(np.abs(schedule.formula(np.arange(len(v)), ArrayNamespace()) - v).max())


@dataclass(frozen=True, slots=True)
class _Piece:
    """What one curve says: from an update on, before another, once in some updates."""

    start: int
    stop: int
    every: int
    curve: FittedCurve | None  # a constant has none

    @property
    def numbers(self) -> int:
        """How many numbers say it, its clock and where it begins."""
        return 2 if self.curve is None else self.curve.family.numbers + 1 + (self.every > 1)

    @property
    def least(self) -> int:
        """How many updates it has to say to be one, with what the piece before may have of it."""
        return 2 if self.curve is None else self.curve.family.numbers * self.every

    @property
    def end(self) -> float | None:
        """The update at which its curve comes to its own end, where it has one."""
        if self.curve is None or self.curve.family is LINE:
            return None
        theta = self.curve.theta
        ticks = {COSINE: theta[0] - theta[1], POWER: theta[1], FLOORED: theta[1]}
        return self.start + self.every * ticks.get(self.curve.family, math.inf)


def _pieces(v: Floats, room: float) -> list[_Piece] | None:
    """Return curves, one after another, that say all numbers; none where it takes too many."""
    found: list[_Piece] = []
    while not found or found[-1].stop < len(v):
        piece = _next(v, found[-1].stop if found else 0, room)
        weak = sum(each.stop - each.start < 4 * each.numbers for each in found)
        if piece is None or len(found) == MOST_PIECES or weak > MOST_WEAK:
            return None
        if found:
            piece = _begun_earlier(v, found[-1], piece, room)
            found[-1] = replace(found[-1], stop=piece.start)
        found.append(piece)
    if any(piece.stop - piece.start < piece.least for piece in found[1:]):
        return None
    return found if 2 * (sum(piece.numbers for piece in found) - 1) <= len(v) else None


def _next(v: Floats, at: int, room: float) -> _Piece | None:
    """Return the piece that says the most numbers from an update on."""
    rest = v[at:]
    stays = _held(lambda _: rest[0], rest, 1, room)
    best = _Piece(at, at + stays, 1, None)
    # one number alone proves nothing; but a warmup of one update begins at 0
    known = stays > 1 or (at == 0 and rest[0] == 0)
    for start, every, stop in _clocks(v, at):
        w = v[start:stop:every]
        for family in (LINE, COSINE, EXPONENTIAL, POWER, FLOORED):
            if best.stop == len(v):
                break
            curve, ticks = _longest(family, w, room)
            end = min(start + ticks * every, stop)
            if curve is not None and ticks > family.numbers and end > best.stop:
                best, known = _Piece(start, end, every, curve), True
    return best if known else None


def _held(curve: Callable[[Any], Any], w: Floats, size: int, room: float) -> int:
    """Return how many of the first numbers a curve says that says so many."""
    while size < len(w):
        part = w[size : 2 * size + SAMPLES]
        more = _first(np.abs(curve(np.arange(size, size + len(part))) - part) > room)
        size += more
        if more < len(part):
            break
    return size


def _first(failing: Any) -> int:
    """Return at which place something is true for the first time, or how many places there are."""
    at = int(failing.argmax())
    return at if failing[at] else len(failing)


def _clocks(v: Floats, at: int) -> Iterator[tuple[int, int, int]]:
    """Visit where a clock may begin, its tick in updates, and where it no longer ticks."""
    yield at, 1, len(v)
    changes = np.flatnonzero(v[at + 1 :] != v[at:-1])[:20] + 1
    if len(changes) < 2 or changes[0] == 1:
        return
    every = int(np.gcd.reduce(np.diff(changes)))
    start = at - (-int(changes[0]) % every)
    if every > 1 and start >= 0 and (v[start:at] == v[at]).all():
        rest = v[start:]
        held = _first(np.repeat(rest[::every], every)[: len(rest)] != rest)
        yield start, every, len(v) if held == len(rest) else start + held // every * every


def _longest(family: Family, w: Floats, room: float) -> tuple[FittedCurve | None, int]:
    """Return the curve that says the most numbers from the first on, and how many."""
    size = len(w)
    curve = None
    while size > family.numbers and curve is None:
        curve = curve_through(family, w[:size], room)
        size = size if curve is not None else size // 2
    while curve is not None and size < len(w):
        more = _held(curve, w, size, room)
        longer = curve_through(family, w[:more], room) if more > size else None
        if longer is None:
            return curve, more
        curve, size = longer, more
    return curve, size


def _begun_earlier(v: Floats, before: _Piece, piece: _Piece, room: float) -> _Piece:
    """Let a piece begin where it does by itself, as far as both say the numbers between."""
    every = piece.every
    ticks = min((piece.start - before.start - 1) // every, BACK)
    if piece.start > before.stop or ticks < 1:
        return piece
    curve = _value_of(v, piece)
    u = -np.arange(1, ticks + 1)
    far = np.abs(v[piece.start - ticks * every : piece.start] - np.repeat(curve(u[::-1]), every))
    back = _first((far > room).reshape(ticks, every).any(axis=1)[::-1])
    begins = [piece.start - every * tick for tick in range(back + 1)]
    natural = [] if before.end is None else [before.end]
    if piece.curve is not None and piece.curve.family is COSINE:
        natural.append(piece.start - every * piece.curve.theta[1])
    start = next((round(x) for x in natural if x < 2**53 and round(x) in begins), None)
    if start is None:
        values = curve(-np.arange(back + 1)).tolist()
        digits = [digits_of(_round(x, room)) for x in values]
        start = begins[min(range(back + 1), key=lambda tick: (digits[tick], -tick))]
    return replace(piece, start=start, curve=_restarted(piece, (piece.start - start) // every))


def _round(value: float, room: float) -> float:
    return roundest(value, lambda x: abs(x - value) <= room, room)


def _value_of(v: Floats, piece: _Piece) -> Callable[[Any], Any]:
    return piece.curve or (lambda u: np.full(len(u), v[piece.start]))


def _restarted(piece: _Piece, ticks: int) -> FittedCurve | None:
    """Return a piece's curve as it counts from some ticks before."""
    curve = piece.curve
    if curve is None or not ticks:
        return curve
    theta = curve.theta
    if curve.family is COSINE:
        theta = (theta[0], theta[1] - ticks)
    elif curve.family in (POWER, FLOORED):
        theta = (theta[0], theta[1] + ticks, theta[2])
    return replace(curve, theta=theta)  # whose ends are fitted anew


def _tidied(piece: _Piece, w: Floats, room: float) -> Schedule | None:
    """Return a piece with the roundest arguments that say all of its numbers."""
    if piece.curve is None:
        value = roundest(float(w[0]), lambda x: bool((np.abs(w - x) <= room).all()), room)
        return Constant(value)
    best = tidied(piece.curve, w, room)
    if best is None:
        return None
    family = best.family
    theta = tuple(int(x) if float(x).is_integer() else float(x) for x in best.theta)
    passed = piece.start // piece.every
    if family is EXPONENTIAL and piece.start == passed * piece.every:
        # written by one who counts from update 0, it has a round start there
        whole = family.share(passed, *theta)
        first = _round(best.start / whole, room / whole)
        if digits_of(first) < digits_of(best.start):
            return Shift(family.built(first, 0.0, theta), passed)
    return family.built(best.start, best.end, theta)


def _whole(v: Floats, pieces: Sequence[_Piece], room: float) -> Schedule | None:
    """Return all pieces as one schedule, cycles that come again as such."""
    parts = []
    for piece in pieces:
        part = _tidied(piece, v[piece.start : piece.stop : piece.every], room)
        if part is None:
            return None
        parts.append(part if piece.every == 1 else Staircase(part, piece.every))
    starts = [piece.start for piece in pieces]
    for first, many, growth in product(range(len(parts) - 1), (1, 2), (1, 2, 3, 4)):
        if _comes_again(parts, starts, first, many, growth):
            cycle = _joined(parts[first : first + many], starts[first : first + many])
            period = starts[first + many] - starts[first]
            parts, starts = [*parts[:first], Repeat(cycle, period, growth)], starts[: first + 1]
            break
    return Until(_joined(parts, starts), len(v)).normal()


def _joined(parts: Sequence[Schedule], starts: Sequence[int]) -> Schedule:
    return Join(tuple(parts), tuple(start - starts[0] for start in starts[1:]))


def _comes_again(
    parts: Sequence[Schedule], starts: Sequence[int], first: int, many: int, growth: int
) -> bool:
    """Whether all is cycles of so many parts from one part on, each so many times as long."""
    if first + many >= len(parts) or (many, growth) > (2, 1):
        return False
    begin, times = starts[first], 1
    for at in range(first + many, len(parts)):
        turn = (at - first) % many
        if turn == 0:
            begin += (starts[first + many] - starts[first]) * times
            times *= growth
        same = parts[first + turn].stretched_by(times) == parts[at]
        if not same or starts[at] - begin != (starts[first + turn] - starts[first]) * times:
            return False
    return True
