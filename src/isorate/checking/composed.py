"""What a log may be that takes more than a climb and a fall: a plateau, steps, waves, a root.

A log that has few of a run's updates shows none at which something changes: each of these lies
between two rows, and the roundest there with which all rows come out is taken for it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from isorate.checking.measured import after, least
from isorate.checking.ways import round_factor
from isorate.schedule.combinators import Join
from isorate.schedule.errors import ScheduleError
from isorate.schedule.formula import Formula
from isorate.schedule.shapes import Constant, Cosine, Linear, PiecewiseConstant, Polynomial

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from isorate.checking.evidence import Floats, Integers
    from isorate.checking.measured import Candidate, Measured
    from isorate.schedule.node import Schedule

#: So many updates between two rows are tried, the round ones first.
TRIED: Final = 24

#: So many points tell a length; all of them judge what is found.
FITTED: Final = 60

#: More steps nobody writes down.
MOST_STEPS: Final = 12

#: What goes down from a plateau: how far, after a share of the way, and the shape.
FALLS: Final[Mapping[str, tuple[Callable[[Any], Any], Callable[..., Schedule]]]] = {
    "line": (lambda x: 1 - x, Linear),
    "cosine": (lambda x: (1 + np.cos(np.pi * x)) / 2, Cosine),
    "one less the square root": (
        lambda x: 1 - np.sqrt(x),
        lambda p, f, d: Formula(1.0, "t", f"{p!r} - {p - f!r} * min(t / {d!r}, 1.0) ** 0.5"),
    ),
    "square of the way left": (lambda x: (1 - x) ** 2, lambda p, f, d: Polynomial(p, f, d, 2.0)),
}

#: What comes again: half a period of it, and how it goes on.
WAVES: Final[tuple[tuple[str, Any, Literal["repeat", "mirror"]], ...]] = (
    ("cosine that starts over", Cosine, "repeat"),
    ("cosine that goes back", Cosine, "mirror"),
    ("line that starts over", Linear, "repeat"),
    ("line that goes back", Linear, "mirror"),
)


def _between(low: int, high: int) -> list[int]:
    """Return updates from one to another, the roundest first."""
    if high < low:
        return []
    every = (
        np.arange(low, high + 1) if high - low < 4096 else np.linspace(low, high, 4096).astype(int)
    )
    found = sorted(every.tolist(), key=lambda n: (len(str(n).rstrip("0")), n))[:TRIED]
    spread = np.linspace(low, high, min(TRIED, high - low + 1)).astype(int).tolist()
    return list(dict.fromkeys([*found, *spread]))


def _lengths(near: float, least_of: int) -> Iterator[int]:
    """Visit the lengths near one, the roundest first."""
    whole = max(round(near), least_of)
    tens = [round(whole, -digits) for digits in range(len(str(whole)) - 1, 0, -1)]
    yield from (n for n in dict.fromkeys((*tens, whole, whole + 1, whole - 1)) if n >= least_of)


def _warmup(start: float, slope: float | None, peak: float) -> int:
    return 0 if slope is None else max(round((peak - start) / slope), 0)


def plateaus(log: Measured, start: float, slope: float | None) -> Iterator[Candidate]:
    """Visit a plateau at the peak, and falls from it; also one that an update is long.

    That is what a climb that counts its first update as one has: (k + 1) / warmup.
    """
    peak = log.rounded(float(log.v.max()), int(log.v.argmax()))
    flat = np.flatnonzero(np.abs(log.v - peak) <= log.room)
    warmup = _warmup(start, slope, peak)
    last = int(flat[-1])
    if last + 1 == len(log.v) or len(flat) <= last - flat[0]:
        return
    begins = _between(max(int(log.u[last]), warmup), int(log.u[last + 1]) - 1)
    rest = np.arange(last + 1, len(log.v))
    pick = rest[np.unique(np.linspace(0, len(rest) - 1, FITTED).astype(np.int64))]
    u, v = log.u[pick], log.v[pick]
    enough = float(log.room.min())
    for family, (shape, build) in FALLS.items():
        for fixed in (True, False):
            best: list[tuple[float, int, int, float]] = []
            for begin in begins:

                def off(
                    end: float, begin: int = begin, shape: Any = shape, fixed: bool = fixed
                ) -> float:
                    return _floor(u, v, shape, peak, begin, end, fixed)[0]

                grid = np.geomspace(1, 20 * (float(u[-1]) - begin) + 10, 40) + begin
                at = int(np.argmin([off(end) for end in grid.tolist()]))
                end = least(off, grid[max(at - 1, 0)], grid[min(at + 1, len(grid) - 1)])
                best.append((max(off(end), enough), len(str(begin).rstrip("0")), begin, end))
            if not best:
                return
            _, _, begin, end = min(best)
            fits = False
            for length in _lengths(end, begin + 1):
                _, low = _floor(u, v, shape, peak, begin, float(length), fixed)
                one = _plateau(log, family, build, (start, warmup, peak, begin, length), low)
                if one is not None:
                    yield one
                    fits = one.fits
                if fits:
                    break
            if fits:
                break  # without a floor


def _floor(
    u: Integers, v: Floats, shape: Any, peak: float, begin: int, end: float, fixed: bool
) -> tuple[float, float]:
    """Return the largest distance of a fall from a plateau, and the floor."""
    down = 1 - shape(np.clip((u - begin) / max(end - begin, 1e-9), 0.0, 1.0))
    under = 0.0
    if not fixed and down @ down > 0:
        under = peak - float((peak - v) @ down / (down @ down))
    return float(np.abs(peak - (peak - under) * down - v).max(initial=0.0)), under


def _plateau(
    log: Measured, family: str, build: Any, at: tuple[float, int, float, int, int], floor: float
) -> Candidate | None:
    start, warmup, peak, begin, length = at
    low = 0.0 if abs(floor) < 1e-9 * log.peak else round_factor(floor, float(log.room[-1]))
    if low < 0:
        return None
    told = {"peak": peak, "plateau to": float(begin), "end": low, "updates": float(length)}
    try:
        held = Join((Constant(peak), build(peak, low, length - begin)), (max(begin - warmup, 0),))
        schedule, said = after(start, warmup, peak, held, told)
        return log.judged(f"plateau, then {family}", schedule, said)
    except ScheduleError:
        return None


def stairs(log: Measured, start: float, slope: float | None) -> Iterator[Candidate]:
    """Visit rates that stay for a while each, and change at some update between two rows."""
    if len(log.u) == int(log.u[-1]) + 1:
        return  # a log of every update says them piece by piece
    first = int(log.v.argmax()) if slope is not None else 0
    u, v, room = log.u[first:], log.v[first:], log.room[first:]
    cuts = np.flatnonzero(np.abs(np.diff(v)) > room[1:] + room[:-1]) + 1
    starts = [0, *cuts.tolist()]
    if not 0 < len(cuts) <= MOST_STEPS or min(np.diff(starts)) < 2:
        return
    rates = [log.rounded(float(v[at]), first + at) for at in starts]
    found = [_between(int(u[cut - 1]) + 1, int(u[cut])) for cut in cuts.tolist()]
    if not all(found):
        return  # two rates of one update
    at = [each[0] for each in found]
    warmup = _warmup(start, slope, rates[0])
    told = {"peak": rates[0]}
    factors = {round_factor(b / a, 2 * float(room.max()) / abs(a)) for a, b in pairwise(rates)}
    if len(factors) == 1 and rates[0]:
        told["factor"] = factors.pop()
        rates = [rates[0] * told["factor"] ** n for n in range(len(rates))]
    else:
        told |= {f"rate {n}": rate for n, rate in enumerate(rates[1:], 1)}
    told |= {f"step {n}": float(update) for n, update in enumerate(at, 1)}
    try:
        steps = PiecewiseConstant(tuple(rates), tuple(update - warmup for update in at))
        schedule, said = after(start, warmup, rates[0], steps, told)
        yield log.judged("steps", schedule, said)
    except ScheduleError:
        return


def waves(log: Measured) -> Iterator[Candidate]:
    """Visit what comes again after a period, from the first update on."""
    rises = np.diff(log.v)
    turns = np.flatnonzero(np.sign(rises[1:]) * np.sign(rises[:-1]) < 0)
    if len(turns) < 2:
        return
    low, high = int(log.u[turns[0]]), int(log.u[min(turns[0] + 2, len(log.u) - 1)])
    for family, shape, follows in WAVES:
        best: tuple[float, int] | None = None
        for period in _between(max(low, 1), high):
            far = _ends(log, shape, follows, period)[0]
            if best is None or far < best[0] - float(log.room.min()):
                best = far, period
        if best is None:
            continue
        _, top, end = _ends(log, shape, follows, best[1])
        for digits in (1, 2, 3, 4, 6, 17):
            ends = float(f"{top:.{digits}g}"), float(f"{end:.{digits}g}")
            wave = shape(*ends, best[1], after=follows)
            told = {"from": ends[0], "to": ends[1], "updates": float(best[1])}
            one = log.judged(family, wave, told)
            if one.fits or digits == 17:
                yield one
                break


def _ends(log: Measured, shape: Any, follows: str, period: int) -> tuple[float, float, float]:
    """Return the largest distance of a wave, and its two ends, in which it is linear."""
    from isorate.schedule.arrays import ArrayNamespace

    x = shape(1.0, 0.0, period, after=follows).formula(log.u, ArrayNamespace())
    one = np.stack([x, 1 - x], axis=1)
    ends, *_ = np.linalg.lstsq(one, log.v, rcond=None)
    return float(np.abs(one @ ends - log.v).max()), float(ends[0]), float(ends[1])


def roots(log: Measured, start: float, slope: float | None) -> Iterator[Candidate]:
    """Visit an inverse square root, of which one over the square is a line."""
    first = int(log.v.argmax()) if slope is not None else 0
    u, v = log.u[first:].astype(np.float64), log.v[first:]
    if len(v) < 3 or (v <= 0).any() or v[0] <= v[-1]:
        return
    rise, before = np.polyfit(u, 1 / v**2, 1)
    if rise <= 0:
        return
    ahead = before / rise
    rounded = [float(f"{ahead:.{digits}g}") for digits in (1, 2, 3, 4)]
    found: list[Candidate] = []
    for shift in dict.fromkeys((0.0, 1.0, *rounded, float(round(ahead)))):
        if (u + shift <= 0).any():
            continue
        scale = float(np.median(v * np.sqrt(u + shift)))  # v = scale / sqrt(u + shift)
        warmup = _crossing(start, slope, scale, shift)
        whole = float(warmup) + shift
        if whole <= 0:
            continue
        peak = round_factor(scale / whole**0.5, float(log.room[first]))
        rest = Formula(peak, "t", f"((t + {whole!r}) / {whole!r}) ** -0.5")
        told = {"peak": peak} | ({"ahead": shift} if shift else {})
        schedule, said = after(start, warmup, peak, rest, told)
        found.append(log.judged("inverse square root", schedule, said))
        if found[-1].fits:
            yield found[-1]
            return
    if found:
        yield min(found, key=lambda one: one.residual)


def _crossing(start: float, slope: float | None, scale: float, shift: float) -> int:
    """Return the update at which a climb meets a root."""
    if slope is None:
        return 0
    low, high = 0.0, 2 * float(np.cbrt((scale / slope) ** 2)) + 2
    for _ in range(60):
        middle = (low + high) / 2
        if start + slope * middle < scale / max(middle + shift, 1e-9) ** 0.5:
            low = middle
        else:
            high = middle
    return round(high)
