"""Curves through equidistant numbers: lines, cosines, exponentials, and powers of a line.

A curve is ``start·share + end·(1 − share)``; its share is its family's, and has arguments. A few of
the numbers tell the arguments, all of them the two ends; then the roundest are taken that still
say every number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from isorate.schedule.combinators import Shift
from isorate.schedule.formula import Formula
from isorate.schedule.shapes import Cosine, Exponential, Inverse, Linear, Polynomial

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from isorate.schedule.node import Schedule

    Floats = NDArray[np.float64]
    Theta = tuple[float, ...]

#: The most numbers that arguments are looked for with; all of them judge what is found.
SAMPLES: Final = 128

#: Numbers with more digits are a calculation's and nobody's choice: they keep all of theirs.
LONGEST: Final = 8

#: Of less than this share of a cosine any curve is one.
LEAST_OF_A_WAVE: Final = 1 / 32


@dataclass(frozen=True, slots=True)
class Family:
    """Curves of one kind: ``start·share + end·(1 − share)``.

    Args:
        numbers: how many numbers say one.
        share: how much of the start is left after some ticks, by its arguments.
        guess: the arguments of the curve through some numbers.
        tidied: arguments near those, the roundest first.
        built: the shape, from its start, its end and its arguments.
        ends: whether it ends at a number of its own; else at 0.

    """

    numbers: int
    share: Callable[..., Any]
    guess: Callable[[Floats], Theta | None]
    tidied: Callable[[Theta, int, Floats], Iterator[Theta]]
    built: Callable[..., Schedule]
    ends: bool = True


@dataclass(frozen=True, slots=True)
class FittedCurve:
    """One curve of a family; called with ticks it gives its numbers.

    Args:
        family: what it is.
        theta: the arguments of its share.
        start: what it begins with.
        end: what it goes to.

    """

    family: Family
    theta: Theta
    start: float
    end: float

    def __call__(self, u: Any) -> Any:
        share = self.family.share(u, *self.theta)
        return self.start * share + self.end * (1 - share)


def _sample(w: Floats) -> NDArray[np.int64]:
    if len(w) <= SAMPLES:
        return np.arange(len(w))
    return np.unique(np.linspace(0, len(w) - 1, SAMPLES).astype(np.int64))


def curve_through(family: Family, w: Floats, room: float) -> FittedCurve | None:
    """Return a curve that says all of the numbers, with whatever arguments."""
    try:
        theta = family.guess(w)
    except ArithmeticError:  # far beyond floats
        return None
    curve = None if theta is None else _fitted(family, theta, w)
    return curve if curve is not None and _holds(curve, w, room) else None


def tidied(curve: FittedCurve, w: Floats, room: float) -> FittedCurve | None:
    """Return the curve with the roundest arguments that says all of the numbers."""
    family = curve.family
    u = _sample(w)
    found: list[tuple[int, FittedCurve]] = []
    for theta in family.tidied(curve.theta, len(w), w):
        near = _fitted(family, theta, w)
        if (np.abs(near(u) - w[u]) <= room).all():
            near = _with_round_ends(near, w, room)
            if _holds(near, w, room):
                some = [each for each in theta if not float(each).is_integer()]
                found.append((sum(map(digits_of, (near.start, near.end, *some))), near))
        if len(found) == 4:
            break
    return min(found, key=lambda each: each[0])[1] if found else None


def _with_round_ends(curve: FittedCurve, w: Floats, room: float) -> FittedCurve:
    u = _sample(w)

    def suit(start: float, end: float) -> bool:
        return bool((np.abs(replace(curve, start=start, end=end)(u) - w[u]) <= room).all())

    start = roundest(curve.start, lambda x: suit(x, curve.end), room)
    return replace(curve, start=start, end=roundest(curve.end, lambda x: suit(start, x), room))


def _fitted(family: Family, theta: Theta, w: Floats) -> FittedCurve:
    """Return the curve with these arguments whose ends suit the numbers best."""
    u = _sample(w)
    share = np.asarray(family.share(u, *theta), np.float64)
    columns = np.stack([share, 1 - share] if family.ends else [share], axis=1)
    if not np.isfinite(columns).all():
        return FittedCurve(family, theta, math.nan, math.nan)
    found = np.linalg.lstsq(columns, w[u], rcond=None)[0].tolist()
    return FittedCurve(family, theta, found[0], found[1] if family.ends else 0.0)


def _holds(curve: Callable[[Any], Any], w: Floats, room: float) -> bool:
    """Whether a curve says all of the numbers; few of them tell most that do not."""
    u = _sample(w)
    if not (np.abs(curve(u) - w[u]) <= room).all():
        return False
    return len(u) == len(w) or bool((np.abs(curve(np.arange(len(w))) - w) <= room).all())


def roundest(value: float, suits: Callable[[float], bool], room: float = 0.0) -> float:
    """Return the roundest number that suits, 0 where that is near enough."""
    if abs(value) <= room and suits(0.0):
        return 0.0
    near = (float(f"{value:.{digits}g}") for digits in range(1, LONGEST + 1))
    return next((each for each in near if suits(each)), value)


def digits_of(value: float) -> int:
    """Return how many digits a number is written with, none more than one chooses by himself."""
    return min(len(repr(value).partition("e")[0].replace(".", "").strip("-0")), LONGEST + 1)


def _counts(value: float, ticks: int) -> Iterator[float]:
    """Visit what a number of ticks may be: the piece's own, round ones, whole ones, itself."""
    if not math.isfinite(value) or abs(value) > 2.0**50:
        return
    near = round(value)
    few = [round(near, -digits) for digits in range(len(str(abs(near))) - 1, 0, -1)]
    yield from dict.fromkeys((ticks, ticks - 1, *few, near, near - 1, near + 1, value))


def _line_share(u: Any, duration: float) -> Any:
    return 1.0 - u / duration


def _cosine_share(u: Any, T: float, passed: float) -> Any:
    return (1 + np.cos(np.pi * (u + passed) / T)) / 2


def _cosine_through(w: Floats) -> Theta | None:
    """Four equidistant numbers tell how long a wave is, all together where in it they begin."""
    m = (len(w) - 1) // 3
    for apart in (m, m - 1):
        if apart < 1:
            return None
        first, middle, last = np.diff(w[: 3 * apart + 1 : apart]).tolist()
        if middle:
            break
    else:
        return None
    turn = (first + last) / (2 * middle)
    if not -1 < turn < 1:
        return None
    pace = math.acos(turn) / apart
    if pace * len(w) < math.pi * LEAST_OF_A_WAVE:
        return None
    u = _sample(w)
    columns = np.stack([np.ones(len(u)), np.cos(pace * u), np.sin(pace * u)], axis=1)
    _, by_cosine, by_sine = np.linalg.lstsq(columns, w[u], rcond=None)[0].tolist()
    phase = math.atan2(-by_sine, by_cosine) % math.pi
    if math.pi - phase < 0.1 * pace:  # just before it begins anew
        phase -= math.pi
    return math.pi / pace, phase / pace


def _cosine_tidied(theta: Theta, ticks: int, _: Floats) -> Iterator[Theta]:
    T, passed = theta
    for duration in _counts(T, ticks):
        if duration > 0:
            for begun in dict.fromkeys((0.0, float(round(passed)), passed)):
                yield duration, max(begun, 0.0)


def _cosine(start: float, end: float, theta: Theta) -> Schedule:
    T, passed = theta
    shape = Cosine(start, end, T, "mirror")
    return Shift(shape, passed) if passed else shape


def _power_share(u: Any, p: float, zero: float, unit: float) -> Any:
    return (np.maximum((zero - u) if zero > 0 else (u - zero), 0.0) / unit) ** p


def _anchors(w: Floats) -> list[int] | None:
    """Return three equidistant places whose numbers are above 0."""
    first, last = int(w[0] == 0), len(w) - 1 - int(w[-1] == 0)
    m = (last - first) // 2
    at = [first, first + m, first + 2 * m]
    return at if m > 0 and (w[at] > 0).all() else None


def _root(h: Callable[[float], float], low: float, high: float) -> float | None:
    """Return where a function changes its sign."""
    below, above = h(low), h(high)
    if not below * above <= 0:
        return None
    for turn in range(60):
        straight = high - above * (high - low) / (above - below) if above != below else math.nan
        at = straight if turn > 8 and low < straight < high else (low + high) / 2
        here = h(at)
        if here == 0 or not low < at < high:
            return at
        if here * above <= 0:
            low, below, above = at, here, above / 2
        else:
            high, above, below = at, here, below / 2
    return high


def _exponent(one: float, two: float, three: float) -> float | None:
    """Return the exponent that makes three equidistant numbers a line: 0 means their logarithms."""
    if not min(one, two, three) > 0:
        return None
    x, y = math.log(one / two), math.log(three / two)

    def bent(q: float) -> float:
        return x + y if q == 0 else (math.expm1(q * x) + math.expm1(q * y)) / q

    if abs(x + y) <= 1e-13 * max(abs(x), abs(y)):
        return 0.0
    most = 500 / max(abs(x), abs(y), 1.0)
    return _root(bent, max(-8.0, -most), min(20.0, most))


def _power_through(w: Floats) -> Theta | None:
    at = _anchors(w)
    if at is None:
        return None
    q = _exponent(*w[at].tolist())
    return None if not q or abs(q) < 1e-3 else _power_of(1 / q, _zero(w, at, q), len(w))


def _power_of(p: float, zero: float, ticks: int) -> Theta:
    """Return the arguments of a power; a unit from where it is 0 it has its start."""
    rises = p > 0 and zero <= 0
    return p, zero, (ticks - zero if rises else abs(zero)) or 1.0


def _zero(w: Floats, at: Sequence[int], q: float) -> float:
    """Return where a power of the numbers, which is a line, is 0."""
    high, low = float(w[at[0]]) ** q, float(w[at[-1]]) ** q
    return at[0] + (at[-1] - at[0]) * high / (high - low) if high != low else math.inf


def _power_tidied(theta: Theta, ticks: int, w: Floats) -> Iterator[Theta]:
    at = _anchors(w)
    for digits in (1, 2, 3, 4, 17):
        p = float(f"{theta[0]:.{digits}g}")
        if at is not None and p:
            for zero in _counts(_zero(w, at, 1 / p), ticks):
                yield _power_of(p, zero, ticks)


def _power(start: float, end: float, theta: Theta) -> Schedule:
    p, zero, unit = theta
    if zero > 0:
        return Polynomial(start, end, zero, p)
    if p == -1 and zero:
        return Inverse(start, 1.0, -zero)
    passed = f"(t + {-zero!r})" if zero else "t"
    return Formula(start, "t", f"({passed} / {unit!r}) ** {p!r}")


def _exponential_through(w: Floats) -> Theta | None:
    at = _anchors(w)
    if at is None:
        return None
    return (float(w[at[-1]] / w[at[0]]) ** (1 / (at[-1] - at[0])), 1.0)


def _exponential_tidied(theta: Theta, ticks: int, _: Floats) -> Iterator[Theta]:
    factor = theta[0]
    for most, durations in ((5, (1,)), (2, (ticks, ticks - 1, ticks + 1))):
        for digits, duration in product(range(1, most + 1), durations):
            if duration > 0:
                yield float(f"{factor**duration:.{digits}g}"), float(duration)
    yield factor, 1.0


def _floored_through(w: Floats) -> Theta | None:
    """Find the floor with which four equidistant numbers are of one power; then as without one."""
    m = (len(w) - 1) // 3
    if m < 1:
        return None
    four: list[float] = w[: 3 * m + 1 : m].tolist()
    least, size = min(four), max(four) - min(four)

    def off(floor: float) -> float:
        one, two, three, last = (each - floor for each in four)
        q = _exponent(one, two, three)
        if not q:
            return math.nan
        y = one**q + 3 * (two**q - one**q)
        if y <= 0:
            return math.nan if q < 0 else -last
        ahead: float = y ** (1 / q)
        return ahead - last

    steps = [least - size * far for far in (1e-9, 1e-6, 1e-4, 1e-3, 1e-2, 0.1, 0.5, 2.0)]
    for high, low in pairwise(steps):
        floor = _root(off, low, high) if size else None
        if floor is not None:
            return _power_through(w - floor)
    return None


def _floored_tidied(theta: Theta, ticks: int, _: Floats) -> Iterator[Theta]:
    for digits in (1, 2, 3, 17):
        for zero in _counts(theta[1], ticks):
            yield _power_of(float(f"{theta[0]:.{digits}g}"), zero, ticks)


LINE = Family(
    2, _line_share, lambda w: (1.0,), lambda _, ticks, w: iter([(ticks,), (max(ticks - 1, 1),)]),
    lambda start, end, theta: Linear(start, end, *theta),
)  # fmt: skip
COSINE = Family(4, _cosine_share, _cosine_through, _cosine_tidied, _cosine)
POWER = Family(3, _power_share, _power_through, _power_tidied, _power, ends=False)
EXPONENTIAL = Family(
    2, lambda u, factor, every: factor ** (u / every), _exponential_through, _exponential_tidied,
    lambda start, _, theta: Exponential(start, *theta), ends=False,
)  # fmt: skip
FLOORED = Family(4, _power_share, _floored_through, _floored_tidied, _power)
