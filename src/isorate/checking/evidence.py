"""A log's rates laid beside those of a recipe: which update a row belongs to, and which agree."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from isorate.comparison import TOLERANCE
from isorate.kit.call import Call
from isorate.recipe import KEPT, Recipe
from isorate.schedule.arrays import ArrayNamespace
from isorate.schedule.combinators import Groups
from isorate.schedule.errors import IsorateError, RunError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from isorate.logs.log import Log, Rates

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Mask = NDArray[np.bool_]

#: How far rows may lie apart that no file counts, in updates: what people log at, the usual first.
STRIDES: Final = (1, 10, 100, 500, 50, 5, 2, 20, 25, 200, 250, 1000)

#: How many batches an update may take, where nobody says.
ACCUMULATIONS: Final = (*range(1, 17), 20, 24, 32, 48, 64, 96, 128, 256)

#: So many updates more an epoch may have than a log shows of it.
LONGER: Final = 2**12

#: So many steps are kept in a table, and no more than these where a schedule's formula has them.
TABLE, NEAR = 2**21, 2**14

#: By so many clocks a log that departs is explained, where the nearest of them explains nothing.
NEAREST: Final = 3

#: A step beyond that many updates is none of a run that anybody has made.
FARTHEST: Final = 10**8

#: So many rates are looked up in a recipe at once.
TOGETHER: Final = 2**21

#: A printed number may be a tie, which float32 rounds another way than float64.
TIE: Final = 1 + 1e-3


@dataclass(frozen=True, slots=True)
class Clock:
    """Which update a row of a log belongs to.

    Args:
        offset: how many updates a row's count is ahead of the update whose rate it holds.
        each: updates in what the file counts, as in an epoch, or in a row.
        per: what the file counts in an update, as samples.
        mean: whether a row holds the mean over the updates since the row before it.
        made: whether only updates count that were made, and none that a gradient scaler skipped.
        unit: what the recipe has one rate of: an update, or an epoch, where those have as many
            updates as it happens.

    """

    offset: int = 0
    each: int = 1
    per: int = 1
    mean: bool = False
    made: bool = False
    unit: str = "update"
    inner: tuple[int, int, int] | None = None

    def updates(self, rates: Rates) -> Integers:
        """Return the update of each rate."""
        if self.each == self.per == 1 and not self.made:
            if self.inner is None:
                return rates.steps - self.offset
            first, fewest, length = self.inner
            return rates.steps + (rates.steps - first) // fewest * (length - fewest) - self.offset
        skipped = 0 if rates.skipped is None or not self.made else rates.skipped
        return rates.steps * self.each // self.per - skipped - self.offset

    def said(self, counts: str) -> str:
        """Say it of a file that counts updates, epochs, samples or rows."""
        one = counts if counts not in ("update", self.unit) else "step"
        row = base = f"{one} s"
        if self.each > 1:
            base = f"{self.each:,} · {base}"
        if self.per > 1:
            base = f"{base} / {self.per:,}"
        if self.made:
            base = f"{base} - the updates skipped so far"
        if self.inner is not None:
            row, base = f"{one} s of epoch e (from 0)", f"{self.inner[2]:,} · e + s"
        sign = "-" if self.offset > 0 else "+"
        ahead = f" {sign} {abs(self.offset):,}" if self.offset else ""
        what = f"the mean of the {self.unit}s up to" if self.mean else self.unit
        return f"{row} is {what} {base.removeprefix(f'{one} ')}{ahead}, from 0"


def clocks(log: Log, recipe: Recipe) -> Iterable[Clock]:
    """Return what a log's steps may mean, the likeliest first."""
    offsets = log.offsets or (0,)
    if log.counts == "epoch":
        each = recipe.run.updates_per_epoch or 1
        starts = [(offset - last) * each for last in (0, 1) for offset in offsets]
        unit = recipe.call.unit if isinstance(recipe.call, Call) else "update"
        if unit == log.counts:
            return [Clock(offset, unit=unit) for offset in offsets]
        found = [Clock(offset, each) for offset in starts]
        found[1:1] = [Clock(offset * each - each + 1, each) for offset in offsets]
        found.append(Clock(offsets[0] * each - each + 1, each, mean=True))
    elif log.inner is not None:
        first, fewest, more = log.inner
        each = recipe.run.updates_per_epoch or fewest
        lengths = dict.fromkeys((each, *range(fewest, fewest + min(more, LONGER) + 1)))
        found = [Clock(o, inner=(first, fewest, n)) for n in lengths for o in offsets]
    elif log.counts == "step":
        run = recipe.run
        each, per = run.updates_per_step, run.steps_per_call
        found = [Clock((run.steps_before + 1) * each - run.updates_to_first_step, each, per)]
    elif log.counts == "batch":
        own = recipe.run.accumulation
        found = [Clock(o, per=n) for n in ((own,) if own > 1 else ACCUMULATIONS) for o in offsets]
    elif log.counts == "sample":
        per = math.gcd(*(int(step) for group in log.groups for step in group.steps[: 10**4]))
        divisors = [d for d in range(1, math.isqrt(per) + 1) if per % d == 0]
        largest = sorted({*divisors, *(per // d for d in divisors)}, reverse=True)
        found = [Clock(offset, per=size) for size in largest for offset in (*offsets, 1, 0)]
    elif log.counts == "row":
        every = (log.config or {}).get("logging_steps")
        strides = (every, *STRIDES) if isinstance(every, int) and every > 0 else STRIDES
        found = [Clock(o, each=n) for n in strides for o in (*offsets, 0, 1 - n, -n)]
    else:
        found = list(_plain(offsets))
    if any(group.skipped is not None for group in log.groups):
        found = [*(replace(clock, made=True) for clock in found), *found]
    return found if log.counts == "update" else dict.fromkeys(found)


@lru_cache
def _plain(offsets: tuple[int, ...]) -> tuple[Clock, ...]:
    return tuple(map(Clock, offsets))


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """The rates of one group of a log, by update.

    Args:
        name: what the file calls the group.
        steps: what the file calls the update of each rate.
        updates: which update that is.
        values: the rates.
        errors: how far each may be from what it stands for.
        single: whether they were held in float32.

    """

    name: str
    steps: Integers
    updates: Integers
    values: Floats
    errors: Floats
    single: bool

    @classmethod
    def of(cls, rates: Rates, clock: Clock) -> Points:
        """Return a group's rates, each at the update that it belongs to."""
        single = rates.dtype == "float32"
        return cls(
            rates.name, rates.steps, clock.updates(rates), rates.values, rates.errors, single
        )

    def agree(self, rates: Floats, allowed: Floats | float, at: Any = slice(None)) -> Mask:
        """Return which of the rates they may stand for; a rate that there is not is NaN."""
        values, slack = self.values[at], self.errors[at] * TIE
        with np.errstate(invalid="ignore", over="ignore"):
            if self.single:
                rates = rates.astype(np.float32).astype(np.float64)
                slack = slack + np.spacing(np.abs(values).astype(np.float32))
            near: Mask = np.abs(rates - values) <= slack + allowed
        return near


def allowed(recipe: Recipe, peak: float) -> float:
    """Return how far a framework's own rates may lie from the recipe's, by rounding alone."""
    return TOLERANCE[recipe.dtype] * peak


def highest(recipe: Recipe) -> float:
    """Return the highest rate of a recipe's schedule; 0 where that is not known."""
    form = recipe.normal
    parts = form.of if isinstance(form, Groups) else (form,)
    bounds = [abs(bound) for part in parts if part is not None for bound in part.bounds]
    return max((bound for bound in bounds if math.isfinite(bound)), default=0.0)


def rates_at(recipe: Recipe, updates: Integers) -> Floats:
    """Return the rates of some updates in the framework's own arithmetic, NaN where there is none.

    The run is gone through in blocks up to the last of them, and nothing else is kept.

    Returns:
        An array of shape ``(groups, len(updates))``.

    Raises:
        NativeError: the framework refuses the recipe.
        RunError: an update is beyond what can be gone through one by one.

    """
    last = int(updates.max(initial=-1))
    if last > FARTHEST:
        required = f"at most {FARTHEST:,}"
        raise RunError("a step is beyond any run's", required=required, got=f"update {last:,}")
    if 0 <= last < KEPT // recipe.groups:  # whose rates are kept from one log to the next
        values: Any = recipe.first_rates(last + 1)
        if last < values.shape[1] and updates.min() >= 0:
            return values[:, updates]  # type: ignore[no-any-return]
        inside = (updates >= 0) & (updates < values.shape[1])
        return np.where(inside, values[:, np.where(inside, updates, 0)], np.nan)
    wanted, back = np.unique(updates, return_inverse=True)
    found = np.full((recipe.groups, len(wanted)), np.nan)
    if not len(wanted) or wanted[-1] < 0:
        return found[:, back]
    done = 0
    for block in recipe.lasting(int(wanted[-1]) + 1).stream().blocks():
        low, high = np.searchsorted(wanted, [done, done + block.shape[1]])
        found[:, low:high] = block[:, wanted[low:high] - done]
        done += block.shape[1]
    return found[:, back]


class Steps:
    """A recipe's rates by the scheduler's step, whoever takes the steps."""

    def __init__(self, recipe: Recipe) -> None:
        run = recipe.run.without_accelerate()
        run = replace(run, step_every="update", steps_before=0, first_step=None, updates=None)
        self.recipe = Recipe(recipe.call, run)
        self._table: Floats = np.empty((recipe.groups, 0))
        self._asked = min(4 * (recipe.run.updates or 0), TABLE)

    def at(self, steps: Integers, groups: Integers | int) -> Floats:
        """Return the rates at some steps, NaN where there is none."""
        most = int(steps.max(initial=0))
        limit = TABLE if self.recipe.normal is None else NEAR
        if most >= self._table.shape[1]:
            self._grow(min(2 * most + 1024, max(limit, self._asked)))
        size = self._table.shape[1]
        inside = (steps >= 0) & (steps < size)
        found: Floats = self._table[groups, np.where(inside, steps, 0)]
        found = np.where(inside, found, np.nan)
        return self._beyond(steps, groups, found) if most >= size else found

    def _grow(self, size: int) -> None:
        if size <= self._table.shape[1]:
            return
        self._table = np.full((self._table.shape[0], size), np.nan)
        done = 0
        for block in self.recipe.lasting(size).stream().blocks():
            self._table[:, done : done + block.shape[1]] = block
            done += block.shape[1]

    def _beyond(self, steps: Integers, groups: Integers | int, found: Floats) -> Floats:
        form = self.recipe.normal
        if form is None:
            return found
        far = steps >= self._table.shape[1]
        parts = form.of if isinstance(form, Groups) else (form,)
        which = np.broadcast_to(groups, steps.shape)
        for index, part in enumerate(parts):
            mine = far & (which == index)
            if mine.any() and part.length is None:
                with np.errstate(all="ignore"):
                    found[mine] = part.formula(steps[mine], ArrayNamespace())
        return found


@dataclass(frozen=True, eq=False)
class Alignment:
    """A log's groups beside a recipe's, by one clock.

    Args:
        clock: which update a row belongs to.
        points: the log's groups.
        groups: for each of them the recipe's group that fits it best; -1 for the mean of all.
        rates: the recipe's rates at their updates.
        agree: which agree.

    """

    clock: Clock
    points: tuple[Points, ...]
    groups: tuple[int, ...]
    rates: tuple[Floats, ...]
    agree: tuple[Mask, ...]

    @cached_property
    def follows(self) -> bool:
        """Whether all of them agree."""
        return all(bool(mask.all()) for mask in self.agree)

    @cached_property
    def first(self) -> tuple[int, int, int] | None:
        """The update that departs first, and which point of which group it is."""
        if self.follows:
            return None
        found = []
        for group, (points, mask) in enumerate(zip(self.points, self.agree, strict=True)):
            departing = np.flatnonzero(~mask)
            if len(departing):
                at = departing[points.updates[departing].argmin()]
                found.append((int(points.updates[at]), group, int(at)))
        return min(found, default=None)

    @property
    def agreeing(self) -> int:
        """How many rates agree before the first that does not."""
        if self.first is None:
            return sum(map(len, self.agree))
        return sum(int((points.updates < self.first[0]).sum()) for points in self.points)


def aligned(groups: Sequence[Rates], log: Log, recipe: Recipe) -> list[Alignment]:
    """Lay a log's groups beside a recipe by the clock that fits; by a few where none does.

    Those by which most rates agree come first, and of as good ones the likeliest.
    """
    best: list[Alignment] = []
    usual = list(clocks(log, recipe))
    # whether the scheduler is stepped before the rate is written down is up to the loop
    alone = log.counts == "update" and len(log.offsets) == 1
    ahead = [replace(clock, offset=clock.offset - 1) for clock in usual] if alone else []
    for found in _tried([*usual, *ahead], groups, recipe):
        if found.follows:
            return [found]
        if found.clock not in ahead:
            best = sorted([*best, found], key=lambda each: -each.agreeing)[:NEAREST]
    if not best:
        raise RunError("the log's steps are of no update", required="steps from 0 or 1")
    unit = best[0].clock.unit
    if log.counts == "epoch" and unit != "epoch" and not recipe.run.updates_per_epoch:
        raise RunError(
            "the log counts epochs, and nothing says how many updates one has",
            hint="--updates-per-epoch N; 1 where the scheduler is stepped once an epoch",
        )
    return best


def _tried(found: Sequence[Clock], groups: Sequence[Rates], recipe: Recipe) -> Iterator[Alignment]:
    """Visit the alignments by some clocks: the first by itself, and then those of many at once.

    A recipe is gone through once for all that are tried together.
    """
    size = sum(map(len, groups))
    start, many, most = 0, 1, max(TOGETHER // max(size, 1), 1)
    while start < len(found):
        several = []
        for clock in found[start : start + many]:
            points = tuple(Points.of(rates, clock) for rates in groups)
            if min(int(each.updates.min(initial=0)) for each in points) >= 0:
                several.append((clock, points))
        updates = [each.updates for _, points in several for each in points]
        try:
            rates = rates_at(recipe, _joined(updates)) if updates else np.empty((0, 0))
        except RunError:  # one of them leads past the run's metrics, say, and is none
            if start == 0:
                raise
            if many > 1:
                many = most = 1
                continue
            several = []
        start, many = start + many, most
        for number, (clock, points) in enumerate(several):
            yield _paired(clock, points, recipe, rates[:, number * size : (number + 1) * size])


def _joined(arrays: list[Integers]) -> Integers:
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _paired(clock: Clock, points: tuple[Points, ...], recipe: Recipe, every: Floats) -> Alignment:
    """Find for each group of a log the group of a recipe that fits it."""
    if clock.mean:
        every = np.concatenate([means(recipe, each.updates) for each in points], axis=1)
    chosen, rates, agree = [], [], []
    done = 0
    sizes = np.abs(every)
    peak = float(sizes.max(initial=0.0))
    if peak != peak:
        peak = float(np.nanmax(sizes, initial=0.0))
    room = allowed(recipe, peak)
    for index, each in enumerate(points):
        mine = every[:, done : done + len(each.values)]
        done += len(each.values)
        if recipe.groups == 1:
            chosen.append(0)
            rates.append(mine[0])
            agree.append(each.agree(mine[0], room))
            continue
        own = min(index, recipe.groups - 1)
        order = [own, *(group for group in range(recipe.groups) if group != own)]
        candidates: list[tuple[int, Floats]] = [(group, mine[group]) for group in order]
        candidates.append((-1, mine.mean(axis=0)))
        masks = [each.agree(row, room) for _, row in candidates]
        best = max(range(len(masks)), key=lambda at: (masks[at].sum(), -at))
        chosen.append(candidates[best][0])
        rates.append(candidates[best][1])
        agree.append(masks[best])
    return Alignment(clock, points, tuple(chosen), tuple(rates), tuple(agree))


def means(recipe: Recipe, updates: Integers) -> Floats:
    """Return the mean rate of the updates from one row to the next, of every group."""
    last = int(updates.max(initial=0))
    if last >= TABLE or (np.diff(updates) <= 0).any():
        return np.full((recipe.groups, len(updates)), np.nan)
    try:
        curve = recipe.lasting(last + 1).curve.values.reshape(recipe.groups, -1)
    except IsorateError:
        return np.full((recipe.groups, len(updates)), np.nan)
    if curve.shape[1] <= last:
        return np.full((recipe.groups, len(updates)), np.nan)
    sums = np.concatenate([np.zeros((recipe.groups, 1)), curve.cumsum(axis=1, dtype=np.float64)], 1)
    ends = updates + 1
    begins = np.concatenate([[0], ends[:-1]])
    found: Floats = (sums[:, ends] - sums[:, begins]) / (ends - begins)
    return found
