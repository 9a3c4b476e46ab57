"""Which schedule made a log, where nobody knows: families, their arguments, how near they come.

Every family is a shape that goes from 1 to 0, or holds; a line may climb to it first. Given where
the climb and the fall end, the rates are linear in the peak and the floor, so that only the two
lengths are looked for. Arguments are rounded to what people write as far as the digits allow.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from isorate.checking.composed import plateaus, roots, stairs, waves
from isorate.checking.evidence import Clock, Points, clocks
from isorate.checking.measured import Candidate, Measured, after, least
from isorate.checking.ways import round_factor
from isorate.explanation import told
from isorate.logs.log import Log
from isorate.recipe import Recipe
from isorate.schedule.combinators import Staircase, Until
from isorate.schedule.curve import Curve
from isorate.schedule.errors import ReadError, ScheduleError
from isorate.schedule.laws import law_of
from isorate.schedule.shapes import Constant, Cosine, Exponential, Linear, Polynomial

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from os import PathLike

    from isorate.checking.evidence import Floats
    from isorate.schedule.node import Schedule

#: So many lengths are tried of each family, up to that many times the log's.
LENGTHS, LONGEST = 50, 20.0

#: The most points that lengths are looked for with; all of them judge what is found.
FITTED: Final = 100

#: A climb that ends before a log begins is looked for among so many updates.
UNSEEN: Final = 20

#: Families that fall to an end: name, how far down after a share of the way, and the shape.
FALLS: Final[Mapping[str, tuple[Callable[[Any], Any], Callable[..., Schedule]]]] = {
    "line": (lambda x: 1 - x, lambda p, f, d: Linear(p, f, d)),
    "cosine": (
        lambda x: (1 + np.cos(np.pi * x)) / 2, lambda p, f, d: Cosine(p, f, d, after="hold")
    ),
    "polynomial of power 0.9": (
        lambda x: (1 - x) ** 0.9, lambda p, f, d: Polynomial(p, f, d, 0.9)
    ),
    "polynomial of power 2": (lambda x: (1 - x) ** 2, lambda p, f, d: Polynomial(p, f, d, 2.0)),
    "polynomial of power 3": (lambda x: (1 - x) ** 3, lambda p, f, d: Polynomial(p, f, d, 3.0)),
    "square root of the way left": (
        lambda x: np.sqrt(1 - x), lambda p, f, d: Polynomial(p, f, d, 0.5)
    ),
}  # fmt: skip


def identify(run_files: str | PathLike[str] | Log) -> list[Candidate]:
    r"""Which schedules may have made a run's log, the likeliest first.

    Args:
        run_files: what the run left behind: a file, a directory, or a log that was read.

    Returns:
        The best candidate of each family; those that fit the log by its digits come first, the
        simplest of them first, and then the others by their residuals. Several that fit are as good
        as each other so far.

    Raises:
        ReadError: there is no log, it has no rates, or its steps count no updates.

    Example:
        >>> import tempfile, pathlib
        >>> file = pathlib.Path(tempfile.mkdtemp()) / "log.csv"
        >>> _ = file.write_text("step,lr\n0,0.1\n10,0.075\n20,0.05\n30,0.025\n")
        >>> print(identify(file)[0])
        line: peak 0.1, end 0, updates 40

    """
    from isorate.logs.finding import read_log

    log = run_files if isinstance(run_files, Log) else read_log(run_files)
    rates = log.groups[0]
    if len(np.unique(rates.steps)) < 2:
        what = f"{log.path} has rates of one update only"
        raise ReadError(what, required="two, to tell what it is")
    return min(
        (_ranked(Points.of(rates, clock)) for clock in _clocks(log)), key=lambda f: _rank(f[0])
    )


def _ranked(points: Points) -> list[Candidate]:
    """Return the best of each family by one count, the likeliest first."""
    with np.errstate(all="ignore"):  # of families that do not fit
        found = sorted(_candidates(points), key=_rank)
    if not found[0].fits:
        found = [*_laws(points), *found]
    best: dict[str, Candidate] = {}
    for each in found:
        best.setdefault(each.family, each)
    return list(best.values())


def _laws(points: Points) -> Iterator[Candidate]:
    """Visit what a log that has every update is, where it takes several pieces to say it."""
    order = np.argsort(points.updates, kind="stable")
    if (points.updates[order] == np.arange(len(order))).all():
        law = law_of(points.values[order])
        if law is not None:
            peak = float(np.abs(points.values).max()) or 1.0
            words = told(law).partition(": ")[0]
            ends = law.schedule
            schedule = ends.of if isinstance(ends, Until) else ends  # nobody knows what came after
            yield Candidate(words, schedule, {}, law.off / peak, True)


def _rank(one: Candidate) -> tuple[bool, tuple[float, float]]:
    return not one.fits, _price(one)


def _clocks(log: Log) -> list[Clock]:
    """Return the likeliest count by which no rate comes before the first update.

    Whether a row has the rate of the update just made or of the next one, the numbers tell that
    come of it: of updates both counts are returned.
    """
    found = [
        clock
        for clock in clocks(log, Recipe(Curve(np.zeros(1), "none")))
        if min(int(clock.updates(group).min()) for group in log.groups) >= 0
    ]
    if not found:
        raise ReadError(f"{log.path} has steps of no update", required="steps from 0 or 1")
    return found if log.counts == "update" else found[:1]


def _price(one: Candidate) -> tuple[float, float]:
    """Rank what fits by how much has to be said, and all else by how near it comes."""
    digits = sum(len(f"{value:.10g}".strip("0.")) for value in one.arguments.values())
    size = len(one.arguments) + 0.1 * digits
    return (size, one.residual) if one.fits else (one.residual, size)


def _candidates(points: Points) -> Iterator[Candidate]:
    order = np.argsort(points.updates, kind="stable")
    u, v, e = points.updates[order], points.values[order], points.errors[order]
    if not np.isfinite(v).all():
        raise ReadError(f"{points.name} has rates that are no numbers")
    if points.single or (v.astype(np.float32) == v).all():
        # what was computed in float32 has more roundings than one, and differences of the peak
        e = e + 3e-7 * float(np.abs(v).max(initial=0.0))
    log = Measured(u, v, e + 1e-9 * float(np.abs(v).max(initial=0.0)))
    top = log.rounded(float(v[int(v.argmax())]), int(v.argmax()))
    constant = log.judged("constant", Constant(top), {"rate": top})
    yield constant
    if constant.fits:
        return
    yield from _steps(log)
    yield from waves(log)
    for start, slope in log.climbs():
        families = (_held, _falls, _decays, plateaus, stairs, roots)
        found = [one for family in families for one in family(log, start, slope)]
        yield from found
        if any(one.fits for one in found):
            return


def _held(log: Measured, start: float, slope: float | None) -> Iterator[Candidate]:
    if slope is None:
        return
    peak = log.rounded(float(log.v.max()), int(log.v.argmax()))
    warmup = round((peak - start) / slope)
    if warmup > 0:
        schedule, told = after(start, warmup, peak, Constant(peak), {"peak": peak})
        yield log.judged("constant after a warmup", schedule, told)


def _falls(log: Measured, start: float, slope: float | None) -> Iterator[Candidate]:
    """Visit the falls to an end; the peak, the floor and the warmup follow from the length."""
    pick = np.unique(np.linspace(0, len(log.u) - 1, FITTED).astype(np.int64))
    u, v = log.u[pick], log.v[pick]
    for family, (shape, build) in FALLS.items():
        for fixed in (True, False):
            best: list[tuple[float, int, float]] = []
            enough = float(log.room.min(initial=math.inf))
            for warmup in _warmups(log, start, slope):
                last = float(log.u[-1])
                low, high = max(0.3 * last, warmup + 1), LONGEST * last + 10

                def off(
                    end: float, warmup: int = warmup, shape: Any = shape, fixed: bool = fixed
                ) -> float:
                    return _solve(u, v, shape, start, warmup, end, fixed)[0]

                grid = np.geomspace(low, high, LENGTHS)
                at = int(np.argmin([off(end) for end in grid.tolist()]))
                end = least(off, grid[max(at - 1, 0)], grid[min(at + 1, len(grid) - 1)])
                best.append((max(off(end), enough), warmup, end))
            _, warmup, end = min(best)
            found = list(_rounded(log, family, (shape, build), start, warmup, end, fixed))
            yield from found
            if any(one.fits for one in found):
                break  # without a floor


def _warmups(log: Measured, start: float, slope: float | None) -> list[int]:
    if slope is None:  # where the log begins later, nobody saw the climb
        return list(range(min(int(log.u[0]), UNSEEN) + 1))
    top = (float(log.v.max()) - start) / slope
    gap = int(np.diff(log.u).max(initial=1))
    near = {max(round(top) + d, 1) for d in (-1, 0, 1)}
    # between two rows the climb may have gone on
    spread = {max(round(x), 1) for x in np.linspace(top, top + gap, 12)} if gap > 1 else set()
    return sorted(near | spread)


def _solve(
    u: Any, v: Floats, shape: Any, start: float, warmup: int, end: float, fixed: bool
) -> tuple[float, float, float]:
    """Return the largest distance, the peak and the floor, which is 0 where it is fixed."""
    share = np.clip((u - warmup) / max(end - warmup, 1e-9), 0.0, 1.0)
    climbs = u < warmup
    rise = np.where(climbs, u / max(warmup, 1), 1.0)
    peak_part = np.where(climbs, rise, shape(share))
    floor_part = np.where(climbs, 0.0, 1 - shape(share))
    given = np.where(climbs, start * (1 - rise), 0.0)
    wanted = v - given
    aa, ab, bb = peak_part @ peak_part, peak_part @ floor_part, floor_part @ floor_part
    a, b = peak_part @ wanted, floor_part @ wanted
    determinant = aa * bb - ab * ab
    if fixed or abs(determinant) <= 1e-12 * aa * bb:
        peak, floor = (a / aa if aa else 0.0), 0.0
    else:
        peak, floor = (a * bb - b * ab) / determinant, (b * aa - a * ab) / determinant
    far = float(np.abs(peak * peak_part + floor * floor_part - wanted).max(initial=0.0))
    return far, float(peak), float(floor)


def _rounded(
    log: Measured, family: str, of: tuple[Any, Any], start: float, warmup: int, end: float,
    fixed: bool,
) -> Iterator[Candidate]:  # fmt: skip
    """Visit a fall with its numbers as people write them: the roundest that fit, or the nearest."""
    shape, build = of
    near = max(round(end), warmup + 1)
    tens = [round(near, -digits) for digits in range(len(str(near)) - 1, 0, -1)]
    nearest: Candidate | None = None
    for length in dict.fromkeys((*tens, near, near + 1, near - 1)):
        if length <= warmup:
            continue
        _, peak, floor = _solve(log.u, log.v, shape, start, warmup, float(length), fixed)
        for digits in (1, 2, 3, 4, 6, 17):
            top, low = float(f"{peak:.{digits}g}"), float(f"{floor:.{digits}g}")
            top, low = (0.0 if abs(rate) < 1e-9 * log.peak else rate for rate in (top, low))
            try:
                fall = build(top, low, length - warmup)
                first = "peak" if top >= low else "start"  # all that was seen may be a climb
                schedule, told = after(
                    start, warmup, top, fall, {first: top, "end": low, "updates": float(length)}
                )
                one = log.judged(family, schedule, told)
            except ScheduleError:
                continue
            if low < 0:
                continue
            if one.fits:
                yield one
                return
            if nearest is None or one.residual < nearest.residual:
                nearest = one
    if nearest is not None:
        yield nearest


def _decays(log: Measured, start: float, slope: float | None) -> Iterator[Candidate]:
    """Visit an exponential decay, whose factor two points tell."""
    for warmup in _warmups(log, start, slope):
        down = np.flatnonzero((log.u >= warmup) & (log.v > 0))
        if len(down) < 2:
            continue
        i, j = int(down[0]), int(down[-1])
        factor = (log.v[j] / log.v[i]) ** (1 / (log.u[j] - log.u[i]))
        if not 0 < factor < 1:
            continue
        found = []
        for digits in (2, 3, 4, 5, 6, 8, 17):
            rounded = float(f"{factor:.{digits}g}")
            if not 0 < rounded < 1:
                continue
            peak = float(log.v[i]) / rounded ** int(log.u[i] - warmup)
            for few in (1, 2, 3, 17):
                top = float(f"{peak:.{few}g}")
                rest = Exponential(top, rounded, 1)
                schedule, told = after(start, warmup, top, rest, {"peak": top, "factor": rounded})
                found.append(log.judged("exponential", schedule, told))
        fitting = [one for one in found if one.fits]
        yield fitting[0] if fitting else min(found, key=lambda one: one.residual)


def _steps(log: Measured) -> Iterator[Candidate]:
    """Visit a rate that is multiplied once in so many updates."""
    changes = np.flatnonzero(np.abs(np.diff(log.v)) > 2 * log.room[1:])
    if not len(changes) or len(changes) > len(log.v) // 2:
        return
    at = int(changes[0])
    factor = round_factor(
        float(log.v[at + 1] / log.v[at]), 2 * float(log.room[at] / max(abs(log.v[at]), 1e-300))
    )
    if not 0 < factor < 1:
        return
    top = log.rounded(float(log.v[0]), 0)
    first, last = int(log.u[at]) + 1, int(log.u[at + 1])
    coarse = 10 ** max(len(str(last - first)) - 4, 0)  # of very many, the round ones
    between = range(-(-first // coarse) * coarse, last + 1, coarse)
    for every in sorted(between, key=lambda n: len(str(n).rstrip("0"))):
        told = {"peak": top, "factor": factor, "every": float(every)}
        one = log.judged("steps", Staircase(Exponential(top, factor, 1), every), told)
        if one.fits:
            yield one
            return
