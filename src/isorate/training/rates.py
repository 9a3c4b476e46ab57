"""The rates of all parameter groups at one step, with the bits of each group's ``schedule.at``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from msgspec.structs import replace

from isorate.schedule.arrays import ExactNamespace
from isorate.schedule.combinators import Clamp, Groups, Stretch
from isorate.schedule.formula import Formula
from isorate.schedule.namespace import SCALAR

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from isorate.schedule.node import Schedule


#: From this many groups on, NumPy's columns are faster than one formula after the other.
COLUMNS_FROM: Final = 4

#: How many steps are computed ahead the first time, at most, and at most how many rates: enough to
#: make the start of an array formula cheap, little enough that no step takes a millisecond longer.
#: Each time it is four times as many: for a short run, little more is computed than it uses.
FIRST_AHEAD: Final = 32
STEPS_AHEAD: Final = 1024
RATES_AHEAD: Final = 1 << 15
#: How many of these are made Python's numbers at a time: as many as the nearest cache holds, in the
#: place of those that have been used.
LISTED: Final = 1 << 11


class Rates:
    """Schedules, one for each parameter group, asked together.

    A loop asks for one step after another, so that some steps are computed ahead of time, as many
    as make NumPy worth its start: a schedule is a function, and says the same earlier. Groups of
    one schedule ask it once; where many differ in nothing but their rates, as those of layers with
    rates of their own do, these are stacked in columns. Every rate is the same operations in the
    same order as ``schedule.at``, elementary functions included, which are Python's own.

    Args:
        schedules: one for each group.
        past_end: what a step is refused with that is past the end.
        of: whose end that is, for the message.

    """

    def __init__(
        self,
        schedules: Sequence[Schedule],
        past_end: type[Exception] = RuntimeError,
        of: str = "",
    ) -> None:
        self._schedules = tuple(schedules)
        self._past_end, self._of = past_end, of
        ends = [schedule.length for schedule in schedules]
        #: The first step at which some group has no rate; none if never.
        self.end = min((end for end in ends if end is not None), default=None)
        distinct = list(dict.fromkeys(schedules))
        self._parts = list(_parts(distinct))
        order = {schedule: place for place, schedule in enumerate(_flat(self._parts))}
        places = [order[schedule] for schedule in schedules]
        #: Which of the distinct rates each group has; none where they are the groups' in order.
        self._places = None if places == list(range(len(schedules))) else places
        ahead = min(STEPS_AHEAD, max(RATES_AHEAD // max(len(schedules), 1), 1))
        #: At most how many steps to compute at a time, and how many the next time: one where a
        #: function of Python may change its mind.
        self._most = ahead if all(map(is_data, distinct)) else 1
        self._ahead = min(self._most, FIRST_AHEAD)
        self._next = 0
        #: The rates of the groups at some coming steps, from a first one on.
        self._rows, self._first = np.empty((0, len(schedules))), 0
        #: Those of the next few.
        self.ahead: dict[int, list[float]] = {}
        #: What the steps to them multiply each rate's distance to a floor by, where that is asked.
        self._factors: dict[int, list[float]] = {}
        self._floors: Any = None
        self._xp: Any = ExactNamespace()

    def __reduce__(self) -> tuple[type[Rates], tuple[Any, ...]]:
        return Rates, (self._schedules, self._past_end, self._of)

    def at(self, step: Any) -> list[float]:
        """Return the rate of every group at a step; the one after the last keeps the last rates.

        Raises:
            Exception: ``past_end``; there is no such step any more.

        """
        rates = self.ahead.get(step)
        return self._anew(step) if rates is None else rates

    def _anew(self, step: Any) -> list[float]:
        """Look ahead where the steps come one by one; else compute this one by itself."""
        if self.end is not None and step >= self.end:
            if step > self.end:
                has = f"the schedule has rates for {self.end} updates, 0 to {self.end - 1}"
                raise self._past_end(f"stepped past the end{self._of}: {has}")
            return self._at(self.end - 1)
        if step == self._next and self._ahead > 1 and type(step) is int:
            self._look_ahead(step)
            return self.ahead[step]
        self._next = step + 1
        return self._at(step)

    def _at(self, step: Any) -> list[float]:
        if len(self._parts) == 1 == len(self._parts[0][1]):  # without NumPy
            return [float(self._parts[0][0].formula(step, SCALAR))] * len(self._schedules)
        rates: list[float] = []
        with np.errstate(all="ignore"):  # a rate beyond float64 is infinite
            for formula, members in self._parts:
                if len(members) == 1:
                    rates.append(float(formula.formula(step, SCALAR)))
                else:
                    found = formula.formula(step, self._xp)
                    rates += np.broadcast_to(found, len(members)).tolist()
        return rates if self._places is None else [rates[place] for place in self._places]

    def _look_ahead(self, step: int) -> None:
        row = step - self._first
        if not 0 <= row < len(self._rows):
            until = step + self._ahead if self.end is None else min(step + self._ahead, self.end)
            rows, row = self._computed(step, until), 0
            if self._floors is not None and step == self._first + len(self._rows) > 0:
                rows, row = np.concatenate((self._rows[-1:], rows)), 1  # what is multiplied next
            self._rows, self._first = rows, step - row
            self._ahead = min(4 * self._ahead, self._most)
        found = self._rows[row : row + max(LISTED // len(self._schedules), 1)]
        self._next = step + len(found)
        self.ahead = dict(zip(range(step, self._next), found.tolist(), strict=True))
        if self._floors is not None:
            self._multiply(self._floors)

    def factors_to(self, step: int, floors: list[float] | None) -> list[float] | None:
        """Return what the coming step multiplies each rate's distance to a floor by.

        None where that is not known ahead, or would divide by 0.

        Args:
            step: the step.
            floors: what the distance to is multiplied; none for 0.

        """
        found = self._factors.get(step)
        if found is None:
            wanted = np.array(floors or [0.0] * len(self._schedules))
            self.at(step)
            if self.ahead and not np.array_equal(wanted, self._floors):
                self._floors = wanted
                self._multiply(wanted)
            found = self._factors.get(step)
        return found

    def _multiply(self, floors: NDArray[np.float64]) -> None:
        """Work the factors out; there are none of a step that divides by 0."""
        first = min(self.ahead)
        since = max(first, self._first + 1)  # the one before has to be known
        rows = self._rows[since - 1 - self._first : first + len(self.ahead) - self._first] - floors
        with np.errstate(all="ignore"):
            found = rows[1:] / rows[:-1]
        steps, fine = np.arange(since, since + len(found)), np.isfinite(found).all(axis=1)
        self._factors = dict(zip(steps[fine].tolist(), found[fine].tolist(), strict=True))

    def _computed(self, step: int, until: int) -> NDArray[np.float64]:
        t = np.arange(step, until, dtype=np.int64)
        shape, done = (len(t), sum(len(members) for _, members in self._parts)), 0
        with np.errstate(all="ignore"):  # a rate beyond float64 is infinite
            if len(self._parts) == 1 < shape[1]:  # to copy them would take a tenth of a step
                found = self._parts[0][0].formula(t[:, None], self._xp)
                rates: NDArray[np.float64] = np.broadcast_to(found, shape)
            else:
                rates = np.empty(shape)
                for formula, members in self._parts:
                    if len(members) == 1:
                        rates[:, done] = formula.formula(t, self._xp)
                    else:
                        there = slice(done, done + len(members))
                        rates[:, there] = formula.formula(t[:, None], self._xp)
                    done += len(members)
        return rates if self._places is None else rates[:, self._places]


def per_group(schedule: Schedule, groups: int) -> list[Schedule]:
    """Return the schedule of each parameter group.

    Raises:
        ValueError: the schedule is for another number of groups.

    """
    if not isinstance(schedule, Groups):
        return [schedule] * groups
    if len(schedule.of) != groups:
        theirs = f"the schedule is for {len(schedule.of)} parameter groups"
        raise ValueError(f"{theirs}, the optimizer has {groups}")
    return list(schedule.of)


def _parts(distinct: list[Schedule]) -> Iterator[tuple[Schedule, list[Schedule]]]:
    """Yield what to ask, and whose rates it gives."""
    alike: dict[object, list[Schedule]] = {}
    single: list[Schedule] = []
    for schedule in distinct:
        key = _skeleton(_ready(schedule)) if len(distinct) >= COLUMNS_FROM else None
        if key is None:
            single.append(schedule)
        else:
            alike.setdefault(key, []).append(schedule)
    for members in alike.values():
        if len(members) >= COLUMNS_FROM:
            yield _stacked(list(map(_ready, members))), members
        else:
            single += members
    yield from ((_ready(member), [member]) for member in single)


def _flat(parts: list[tuple[Schedule, list[Schedule]]]) -> list[Schedule]:
    return [member for _, members in parts for member in members]


def _ready(schedule: Schedule) -> Schedule:
    """Do once what a stretched schedule does whenever it is asked."""
    schedule = schedule.mapped(_ready)
    return schedule.inner if isinstance(schedule, Stretch) else schedule


def is_data(schedule: Schedule) -> bool:
    """Whether a schedule is made of shapes alone, none of them a function of Python."""
    return not any(node.tag.startswith("python_") for node in schedule.walk())


def _skeleton(schedule: Schedule) -> object:
    """Return what a schedule is but for its rates; none where its formula takes no columns."""
    if isinstance(schedule, Clamp | Formula):
        return None
    children = [_skeleton(child) for child in schedule.children()]
    if None in children:
        return None
    fixed = {
        name: getattr(schedule, name)
        for name in schedule.__struct_fields__
        if name not in schedule.rate_fields and name != "of"
    }
    return type(schedule), tuple(fixed.items()), schedule.decisions, tuple(children)


def _stacked(schedules: Sequence[Schedule]) -> Schedule:
    """Return one schedule whose rates are columns, one entry for each of the schedules."""
    first = schedules[0]
    changed: dict[str, Any] = {}
    for name in first.rate_fields:
        values = [getattr(schedule, name) for schedule in schedules]
        if isinstance(values[0], tuple):
            columns = zip(*values, strict=True)
            changed[name] = tuple(np.array(column, np.float64) for column in columns)
        else:
            changed[name] = np.array(values, np.float64)
    children = [schedule.children() for schedule in schedules]
    inner = tuple(map(_stacked, zip(*children, strict=True)))
    if inner:
        many = isinstance(first.of, tuple)  # type: ignore[attr-defined]
        changed["of"] = inner if many else inner[0]
    return replace(first, **changed)
