"""The known ways to go wrong: what each does to a recipe, and how it is said.

Most of them change nothing but *when*: update u has the rate of another step of the same schedule.
Such a way is a function of the update and of one argument, whose candidates are all tried beside
the first rate that departs, what is left of them beside the next, and so on. The others change the
rates themselves. None of them is asked about a log that follows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from isorate.checking.evidence import TIE, Steps, allowed, highest, means
from isorate.configs.configuration import scaled
from isorate.kit.call import Call
from isorate.schedule.combinators import Groups, Join
from isorate.schedule.digits import apart
from isorate.schedule.node import end_of_course

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from isorate.checking.evidence import Alignment, Floats, Integers, Mask
    from isorate.recipe import Recipe

#: So many rates a way is tried beside before all of them are asked.
PROBES: Final = 24

#: So many values of an argument are tried at most.
MOST_TRIED: Final = 2**18

#: So many steps more a loop may take at an update: processes, or batches.
MOST_STEPS: Final = 1024

#: So many pieces a log may fall into and still be told as a run that was resumed so often.
MOST_PIECES: Final = 64

#: Mixed precision skips that many updates while it looks for its scale, which it does in one go,
#: and after that a few and a share of all others.
SKIPS, STRAY, SKIPPED = 24, 4, 0.02


@dataclass(frozen=True, slots=True)
class Fit:
    """A way to go wrong that explains all rates of a log.

    Args:
        way: its short name.
        text: what happened, in one sentence without a full stop.
        arguments: its arguments by name.
        fault: whether it is a fault at all; a scaler that skips updates, say, is none.

    """

    way: str
    text: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    fault: bool = True


class Case:
    """A log that departs from a recipe: all its points, in the order of their updates."""

    def __init__(
        self, recipe: Recipe, found: Alignment, config: Mapping[str, Any] | None = None
    ) -> None:
        self.recipe, self.found, self.config = recipe, found, config or {}
        points = found.points
        u = np.concatenate([each.updates for each in points])
        order = np.argsort(u, kind="stable")
        self.updates: Integers = u[order]
        self.values: Floats = np.concatenate([each.values for each in points])[order]
        sizes = [len(each.values) for each in points]
        self.of: Integers = np.repeat(np.arange(len(points)), sizes)[order]
        self.group: Integers = np.maximum(np.array(found.groups), 0)[self.of]
        self.rates: Floats = np.concatenate(found.rates)[order]
        self.agrees: Mask = np.concatenate(found.agree)[order]
        errors = np.concatenate([each.errors for each in points])[order]
        single = np.array([each.single for each in points])[self.of]
        with np.errstate(over="ignore", invalid="ignore"):  # float64 has larger rates
            spacing = np.spacing(np.abs(self.values).astype(np.float32)).astype(np.float64)
        finite = self.rates[np.isfinite(self.rates)]
        self.peak = float(max(np.abs(finite).max(initial=0.0), highest(recipe)))
        room = max(allowed(recipe, self.peak), 1e-9 * self.peak)
        self.room: Floats = errors * TIE + room + np.where(single, 1.5 * spacing, 0.0)
        self.first = int(np.flatnonzero(~self.agrees)[0])
        self.source = Steps(recipe)
        self.steps: Integers = self.step_of(self.updates)

    # --- what the recipe says -------------------------------------------------------------------

    def step_of(self, updates: Any) -> Any:
        """Return the step that the recipe's schedule stands at, by the recipe's own loop."""
        call, run = self.recipe.call, self.recipe.run
        if isinstance(call, Call) and call.card.clock == "step" and call.counts == "steps":
            return run.step_of(updates)
        return updates

    @cached_property
    def end(self) -> int | None:
        """The step at which the schedule has come to its end."""
        form = self.source.recipe.normal
        if form is None:
            return None
        ends = [end_of_course(p) for p in (form.of if isinstance(form, Groups) else (form,))]
        return None if None in ends else max(end for end in ends if end is not None)

    @cached_property
    def warmup(self) -> int | None:
        """The step at which a climb that comes first is over."""
        form = self.source.recipe.normal
        one = form.of[0] if isinstance(form, Groups) else form
        if one is None:
            return None
        joins = [node for node in one.walk() if isinstance(node, Join)]
        top = int(joins[0].boundaries[0]) if joins else self.end or 0
        return top if top > 0 and one.at(0) < one.at(top) else None

    @property
    def length(self) -> int:
        """The updates that the recipe, or else the log, goes on for."""
        return max(int(self.updates[-1]) + 1, self.recipe.run.updates or 0, self.end or 0)

    # --- what the log says ----------------------------------------------------------------------

    @cached_property
    def telling(self) -> int:
        """How many rates that depart tell something of their own."""
        return len(np.unique(self.values[~self.agrees]))

    @cached_property
    def stands(self) -> bool:
        """Whether the rate never changes, for all that the digits tell."""
        low, high = (self.values - self.room).max(), (self.values + self.room).min()
        return len(self.values) > 1 and bool(low <= high)

    @cached_property
    def probes(self) -> Integers:
        """Points to ask first: the first that departs, and some from all over the log."""
        departing = np.flatnonzero(~self.agrees)
        spread = np.linspace(0, len(departing) - 1, PROBES).astype(np.int64)
        others = np.linspace(0, len(self.values) - 1, PROBES).astype(np.int64)
        return np.fromiter(dict.fromkeys([*departing[spread].tolist(), *others.tolist()]), np.int64)

    def near(self, rates: Floats, at: Any = slice(None)) -> Mask:
        """Return which of the log's rates these may be."""
        with np.errstate(invalid="ignore"):
            near: Mask = np.abs(rates - self.values[at]) <= self.room[at]
        return near

    def explains(self, rates: Floats) -> bool:
        """Whether these are the log's rates."""
        return bool(self.near(rates).all())

    def at(self, steps: Integers, at: Any = slice(None)) -> Floats:
        """Return the rates of some steps, each of its point's group."""
        return self.source.at(steps, self.group[at])


@dataclass(frozen=True, slots=True)
class Retimed:
    """A way that changes which step of the schedule an update has the rate of.

    Args:
        name: its short name.
        steps: the step of points, by the case, their updates, and an argument's values.
        candidates: the argument's values, the likeliest first.
        text: what happened, by the case and the argument.
        argument: what the argument is called.
        moves: whether it makes a rate that moves, and is of no help with one that stays.
        last: whether it is asked only where nothing simpler explains the log.

    """

    name: str
    steps: Callable[[Case, Any, Any], Any]
    candidates: Callable[[Case], Iterable[int]]
    text: Callable[[Case, int], str]
    argument: str
    moves: bool = False
    last: bool = False

    def fits(self, case: Case) -> Iterator[Fit]:
        """Visit the values of the argument with which it explains the log."""
        if self.moves and case.stands:
            return
        values = np.fromiter(islice(self.candidates(case), MOST_TRIED), np.int64)
        for probe in case.probes.tolist():
            if not len(values):
                return
            at = np.full(len(values), probe)
            steps = self.steps(case, case.updates[at], values)
            values = values[case.near(case.at(steps, at), at)]
        for value in values.tolist():
            if case.explains(case.at(self.steps(case, case.updates, value))):
                yield Fit(self.name, self.text(case, value), {self.argument: value})
                return  # what comes back after a period is no other answer


@dataclass(frozen=True, slots=True)
class Remade:
    """A way that changes the rates.

    Args:
        name: its short name.
        found: a visit to its fits.
        moves: whether it is of no help with a rate that never changes.
        least: how many rates have to speak for it.
        last: whether it is asked only where nothing simpler explains the log.

    """

    name: str
    found: Callable[[Case], Iterator[Fit]]
    moves: bool = True
    least: int = 1
    last: bool = False

    def fits(self, case: Case) -> Iterator[Fit]:
        """Visit what explains the log."""
        if case.telling >= self.least and not (self.moves and case.stands):
            yield from self.found(case)


def updates_said(count: float) -> str:
    """Say a number of updates."""
    return f"{count:,.0f} update{'' if count == 1 else 's'}"


# --- when ---------------------------------------------------------------------------------------


def _more_steps(case: Case) -> Iterable[int]:
    mine = case.recipe.run.steps_per_call
    each = case.recipe.run.updates_per_epoch
    return dict.fromkeys(k for k in (*range(1, MOST_STEPS), each or 1) if k != mine)


def _many_steps(case: Case, k: int) -> str:
    over = ""
    end = case.end
    if end is not None and -(-end // k) < case.length and k > 1:
        over = f"; the schedule was over at update {-(-end // k):,} of {case.length:,}"
    mine = case.recipe.run.steps_per_call
    if k == 1:
        split = ", as with split_batches=True" if case.recipe.run.accelerate else ""
        return f"the rates are those of one step an update, where the recipe takes {mine}{split}"
    return (
        f"the rates are those of {k} steps an update, as with num_processes={k} and "
        f"split_batches=False, a step for each of {k} batches, or lengths that count epochs of {k} "
        f"updates{over}"
    )


def _called(case: Case, updates: Any) -> Any:
    """Return how often the loop has called ``step()``."""
    return case.recipe.run.calls_of(updates)


def _many_batches(case: Case, k: int) -> str:
    said = _many_steps(case, k).partition("; ")
    return f"the scheduler is stepped at each of the {k} batches of an update{said[1]}{said[2]}"


def _seldom(case: Case) -> Iterable[int]:
    mine = case.recipe.run.updates_per_step
    each = case.recipe.run.updates_per_epoch
    most = min(int(case.updates[-1]) + 1, MOST_TRIED)
    return (k for k in dict.fromkeys((each or 2, *range(1, most))) if k != mine)


def _seldom_said(case: Case, k: int) -> str:
    mine = case.recipe.run.updates_per_step
    if k == 1:
        return f"the scheduler is stepped at every update, not every {updates_said(mine)}"
    epoch = " (an epoch)" if k == case.recipe.run.updates_per_epoch else ""
    done = ""
    if case.end is not None:
        done = f"; {case.length:,} updates take {case.length // k:,} of {case.end:,} steps"
    return (
        f"the scheduler is stepped once in {k:,} updates{epoch}, as where epochs stand for "
        f"updates, or a step counts {k:,} batches{done}"
    )


def _shifts(case: Case) -> Iterable[int]:
    """Return shifts of all updates, small ones first; none reaches back before the first step."""
    most = min(max(int(case.steps[-1]) + 1, case.length), MOST_TRIED // 2)
    near = np.arange(1, most, dtype=np.int64)
    both = np.stack([near, -near], axis=1).ravel()
    shifts: list[int] = both[both >= -max(int(case.steps[0]), 1)].tolist()
    return shifts


def _shifted_said(case: Case, d: int) -> str:
    if d == 1:
        return "the scheduler is stepped once more: each update has the next one's rate"
    if d == -1:
        return "the scheduler is stepped once less: each update has the rate of the one before it"
    start = int(case.updates[0])
    if start > 0 and d == -int(case.steps[0]):
        return f"the schedule starts again at update {start:,}, where the log begins"
    way = "ahead of" if d > 0 else "behind"
    return f"the schedule is {abs(d):,} steps {way} the recipe's from the first rate on"


def _ends(case: Case) -> Iterable[int]:
    return () if not case.end else dict.fromkeys((case.end, case.recipe.run.updates or case.end))


def _stops(case: Case) -> Iterable[int]:
    """Return the steps at which it may stand still: after the last rate that agrees."""
    before = case.updates[: case.first][-1:].tolist() or [0]
    between = range(before[0], int(case.updates[case.first]) + 1)
    return (0, *between) if case.stands else between


def _stays_said(case: Case, r: int) -> str:
    if case.warmup is not None and case.step_of(r) == case.warmup:
        return f"the rate stays where the warmup has brought it, at update {r:,}"
    if r == 0:
        return "the scheduler is never stepped: every update has the first one's rate"
    return f"the scheduler is not stepped any more from update {r:,} on"


def _warmups(case: Case) -> Iterable[int]:
    return () if case.warmup is None else (case.warmup,)


RETIMED: Final = (
    Retimed(
        "stays", lambda case, u, r: np.minimum(case.step_of(u), case.step_of(r)), _stops,
        _stays_said, "update",
    ),
    Retimed(
        "warmup", lambda case, u, w: np.maximum(case.step_of(u), w), _warmups,
        lambda case, w: f"no warmup: the rate is at its peak until update {w:,}", "warmup",
    ),
    Retimed(
        "warmup", lambda case, u, w: case.step_of(u) + w, _warmups,
        lambda case, w: f"no warmup: the schedule begins where its {updates_said(w)} of warmup end",
        "warmup",
    ),
    Retimed(
        "rebound", lambda case, u, end: _mirrored(case.step_of(u), end), _ends,
        lambda case, end: f"the rate climbs back after the end at update {end:,}", "end",
    ),
    Retimed(
        "restart", lambda case, u, end: case.step_of(u) % end, _ends,
        lambda case, end: f"the schedule starts over after its end at update {end:,}", "end",
    ),
    Retimed("steps", lambda case, u, k: _called(case, u) * k, _more_steps, _many_steps, "steps",
            moves=True),
    Retimed("steps", lambda case, u, k: _called(case, u) * k + k - 1, _more_steps, _many_batches,
            "steps", moves=True),
    Retimed("clock", lambda case, u, k: u // k, _seldom, _seldom_said, "updates", moves=True),
    Retimed(
        "shift", lambda case, u, d: np.maximum(case.step_of(u) + d, 0), _shifts, _shifted_said,
        "steps", moves=True,
    ),
)  # fmt: skip


def _mirrored(steps: Any, end: Any) -> Any:
    """Return steps that go back as far as they go past an end."""
    return np.where(steps > end, 2 * end - steps, steps)


# --- resumed, skipped ---------------------------------------------------------------------------


def _resumed(case: Case) -> Iterator[Fit]:
    """Visit runs that go on with another step than the one that they were stopped at."""
    pieces: list[tuple[int, int, int]] = []
    start, before = case.first, 0
    while start < len(case.values):
        found = _piece(case, start, before)
        if found is None or len(pieces) == 8:
            return
        shift, stop = found
        if start == case.first and stop - start < 2:
            return
        pieces.append((start, shift, stop))
        start, before = stop, shift
    if pieces and pieces[-1][1] == 0:
        pieces.pop()
    said = [_jump(case, start, shift) for start, shift, _ in pieces]
    name = "resume"
    yield Fit(name, "; ".join(said), {"steps": [shift for _, shift, _ in pieces]})


def _piece(case: Case, start: int, before: int) -> tuple[int, int] | None:
    """Return how far the steps are shifted from a point on, and the point where that ends."""
    here = int(case.steps[start])
    most = min(max(2 * here, case.length) + 1, MOST_TRIED)
    between = list(islice(_resumes(case, start), MOST_TRIED))
    special = [*(-u for u in between), *between]
    shifts = np.fromiter(dict.fromkeys([*special, *range(-here, most - here)]), np.int64)
    shifts = shifts[shifts != before]
    kept = shifts
    for probe in range(start, min(start + PROBES, len(case.values))):
        at = np.full(len(kept), probe)
        left = kept[case.near(case.at(case.steps[at] + kept, at), at)]
        if not len(left):
            break
        kept = left
    else:
        probe += 1
    if probe == start:
        return None
    stops = []
    for shift in kept[:MOST_PIECES].tolist():
        rest = slice(start, None)
        wrong = np.flatnonzero(~case.near(case.at(case.steps[rest] + shift, rest), rest))
        stops.append((start + int(wrong[0]) if len(wrong) else len(case.values), shift))
    stop = max(stop for stop, _ in stops)
    return next(shift for end, shift in stops if end == stop), stop


def _resumes(case: Case, start: int) -> range:
    """Return the updates at which the run may have been resumed, round ones at the end of it."""
    last = int(case.updates[start - 1]) if start else -1
    return range(int(case.updates[start]), last, -1)


def _jump(case: Case, start: int, shift: int) -> str:
    at, unit = int(case.updates[start]), case.found.clock.unit
    updates = _resumes(case, start)
    where = f"{unit} {at:,}" if len(updates) == 1 else f"{unit} {updates[-1]:,} to {at:,}"
    if -shift in updates:
        return f"resumed at {unit} {-shift:,}, the schedule starts again"
    if shift in updates:
        return f"resumed at {unit} {shift:,}, its progress is counted twice"
    way = "ahead of" if shift > 0 else "behind"
    if shift == 0:
        return f"from {where} on it follows again"
    return f"from {where} on the schedule is {abs(shift):,} steps {way} the recipe's"


def _skipped(case: Case) -> Iterator[Fit]:
    """Visit a lag that grows by whole updates: a scaler that skips them steps no scheduler."""
    if case.recipe.run.updates_per_step > 1 or case.found.clock.unit != "update":
        return  # an epoch is over however many of its updates were skipped
    lag, stray, start = 0, 0, case.first
    when: list[int] = []
    steps = np.arange(1, 9)
    while start < len(case.values):
        at = np.full(len(steps), start)
        near = np.flatnonzero(case.near(case.at(case.steps[at] - lag - steps, at), at))
        if not len(near) or len(when) >= MOST_PIECES:
            return
        more = int(steps[near[0]])
        lag += more
        if when and more < case.updates[start] - case.updates[start - 1]:
            stray += more
        when.append(int(case.updates[start]))
        rest = slice(start, None)
        wrong = np.flatnonzero(~case.near(case.at(case.steps[rest] - lag, rest), rest))
        start = start + int(wrong[0]) if len(wrong) else len(case.values)
    room = SKIPPED * case.updates[-1]
    if lag > SKIPS + room or stray > STRAY + room or case.telling < 2:
        return
    # one step that is missing may as well be one that the loop forgot
    fault = len(when) < 2 and not (case.recipe.scaled or scaled(case.config))
    many = f"{updates_said(lag)} {'was' if lag == 1 else 'were'}"
    text = (
        f"{many} skipped by update {when[-1]:,}, as a gradient scaler does: the rates lag behind "
        "by as many, and are right but for that"
    )
    yield Fit("skipped", text, {"updates": lag}, fault)


# --- the rates themselves -----------------------------------------------------------------------


def _scaled(case: Case) -> Iterator[Fit]:
    """Visit another peak: the rates are a multiple of the recipe's, or of each group's."""
    found = []
    for group in np.unique(case.of).tolist():
        mine = case.of == group
        rates, values = case.rates[mine], case.values[mine]
        if not np.isfinite(rates).all() or not rates.any():
            return
        at = int(np.abs(rates).argmax())
        value, rate, room = (float(each[at]) for each in (values, rates, case.room[mine]))
        factor = round_factor(value / rate, room / abs(rate))
        if factor == 0 or not np.isfinite(factor) or not case.near(factor * rates, mine).all():
            return
        found.append(factor)
    if len(set(found)) > 1:
        many = ", ".join(f"{factor:.6g}" for factor in found)
        yield Fit("peak", f"each group's rates are a multiple of the recipe's: {many}",
                  {"factors": found})  # fmt: skip
        return
    factor, top = found[0], float(np.abs(case.rates).max())
    peaks = apart(factor * top, top)
    times, why = f"{factor:.6g} times", "as where something else owns the rate"
    if factor > 1 and float(factor).is_integer():
        why = f"as a rate that is scaled by {factor:.0f} processes or batches"
    elif factor < 1 and abs(1 / factor - round(1 / factor)) < 1e-9:
        times, why = (
            f"1/{1 / factor:.0f} of",
            "as a rate that is divided among processes or batches",
        )
    text = f"the rates are {times} the recipe's (up to {peaks[0]}, not {peaks[1]}), {why}"
    yield Fit("peak", text, {"factor": factor})


def round_factor(value: float, room: float) -> float:
    """Return the roundest number within a distance of a value; its inverse may be the round one."""
    for digits in range(1, 17):
        for rounded in (float(f"{value:.{digits}g}"), _inverse(value, digits)):
            if abs(rounded - value) <= room:
                return rounded
    return value


def _inverse(value: float, digits: int) -> float:
    inverse = float(f"{1 / value:.{digits}g}") if value else 0.0
    return 1 / inverse if inverse else 0.0


def _constant(case: Case) -> Iterator[Fit]:
    """Visit a rate that never changes."""
    values, room = case.values, case.room
    if not case.stands:
        return
    rate = round_factor(float(values[0]), float(room[0]))
    top = float(case.at(np.full(1, case.end or 0), slice(1))[0]) if case.end else 0.0
    peak = max(case.peak, top)
    told = f"{rate:.6g}"
    if rate == 0:
        yield Fit("constant", "the rate is 0 throughout: nothing is learnt", {"rate": 0.0})
    elif abs(rate - peak) <= room[0]:
        text = f"the rate is constant at the peak, {told}: no warmup, no decay"
        yield Fit("constant", text, {"rate": rate})
    else:
        yield Fit("constant", f"the rate is constant at {told}", {"rate": rate})


def _floored(case: Case) -> Iterator[Fit]:
    """Visit a floor that is ignored: what goes down to it goes down to 0; or one that is kept."""
    form = case.source.recipe.normal
    if form is None or case.end is None or isinstance(form, Groups):
        return
    floor, top = form.at(case.end), case.peak
    down = case.steps >= (case.warmup or 0)
    if 0 < floor < top:
        to_zero = np.where(down, top * (case.rates - floor) / (top - floor), case.rates)
        if case.explains(to_zero):
            text = f"the floor of {floor:.6g} is ignored: the rate goes down to 0"
            yield Fit("floor", text, {"floor": 0.0})
    low = float(case.values.min())
    if low > floor and case.explains(np.where(down, np.maximum(case.rates, low), case.rates)):
        yield Fit("floor", f"the rate stays at {low:.6g}, not below it", {"floor": low})


def _warmed_twice(case: Case) -> Iterator[Fit]:
    """Visit two warmups at once, whose factors multiply."""
    if case.warmup is None or case.peak == 0:
        return
    both = np.where(case.steps < case.warmup, case.rates * case.rates / case.peak, case.rates)
    if case.explains(both):
        text = f"the warmup of {updates_said(case.warmup)} is applied twice: its factors multiply"
        yield Fit("warmup", text, {"warmup": case.warmup})


def _averaged(case: Case) -> Iterator[Fit]:
    """Visit means: over the groups of the optimizer, or since the row before."""
    points = case.found.points
    if len(points) == 1:
        many = means(case.recipe, points[0].updates)
        for row in many:
            if points[0].agree(row, allowed(case.recipe, case.peak)).all():
                text = "each row holds the mean over the updates since the row before it"
                yield Fit("mean", text, {}, fault=False)


REMADE: Final = (
    Remade("constant", _constant, moves=False),
    Remade("peak", _scaled, least=2),
    Remade("mean", _averaged),
    Remade("skipped", _skipped, least=2),
    Remade("resume", _resumed, least=2, last=True),
    Remade("floor", _floored, least=2),
    Remade("warmup", _warmed_twice, least=2),
)
