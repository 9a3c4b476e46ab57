"""Another value of one argument of a recipe: those that explain a log, the roundest of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

from isorate.checking.evidence import rates_at
from isorate.checking.ways import Fit, Remade, round_factor
from isorate.kit.call import Call
from isorate.kit.optimizer import Optimizer
from isorate.kit.registry import get
from isorate.kit.writing import source
from isorate.recipe import Recipe
from isorate.schedule.combinators import Groups
from isorate.schedule.errors import IsorateError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from isorate.checking.ways import Case
    from isorate.schedule.node import Schedule

#: What arguments are multiplied or divided by where something else is counted than was meant.
RATIOS: Final = (2, 3, 4, 5, 6, 8, 10, 16, 32, 64, 100, 128, 1000)

#: So many values a solution is looked for between, and so often the interval is halved.
GRID, HALVINGS = 20, 50

#: So many arguments whose values explain a log are told.
MOST_SHOWN: Final = 3

#: No list of more numbers than these is an argument that people write.
LONGEST_LIST: Final = 1000


@dataclass(frozen=True, slots=True)
class Argument:
    """A number that a call, or one that it holds, is written with.

    Args:
        name: where it stands.
        value: what it is: a number, or several that are counted alike.
        role: what it says about the schedule.
        put: the call with another value in its place.

    """

    name: str
    value: Any
    role: str | None
    put: Callable[[Any], Call]

    @property
    def whole(self) -> bool:
        """Whether it counts."""
        one = self.value[0] if isinstance(self.value, tuple) else self.value
        return isinstance(one, int)


def numbers(call: Call) -> Iterator[Argument]:
    """Visit the numbers of a call and of those that it holds."""
    owner = call.owner
    if owner is not None and len(owner.groups) == 1:
        yield Argument(
            "lr", owner.groups[0].lr, "start", lambda value: _with_rate(call, owner, value)
        )
    yield from _own(call, "", lambda changed: changed)


def _own(call: Call, where: str, put: Callable[[Call], Call]) -> Iterator[Argument]:
    fields = {field.rstrip("_"): field for field in call.__struct_fields__}
    for name, value in call.arguments().items():
        change = _changer(call, fields[name], put)
        role = call.card.roles.get(name)
        if isinstance(value, Call):
            yield from _own(value, f"{where}{name}.", change)
        elif _is_number(value) and role != "begin":
            yield Argument(where + name, value, role, change)
        elif isinstance(value, list | tuple) and 0 < len(value) <= LONGEST_LIST:
            if all(map(_is_number, value)):
                yield Argument(where + name, tuple(value), role, _lister(type(value), change))
            for index, item in enumerate(value):
                if isinstance(item, Call):
                    at = _placer(value, index, change)
                    yield from _own(item, f"{where}{name}[{index}].", at)


def _changer(call: Call, field: str, put: Callable[[Call], Call]) -> Callable[[Any], Call]:
    return lambda value: put(msgspec.structs.replace(call, **{field: value}))


def _lister(kind: Any, put: Callable[[Any], Call]) -> Callable[[Any], Call]:
    return lambda values: put(kind(values))


def _placer(values: Sequence[Any], index: int, put: Callable[[Any], Call]) -> Callable[[Any], Call]:
    kind: Any = type(values)
    return lambda item: put(kind([*values[:index], item, *values[index + 1 :]]))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _with_rate(call: Call, owner: Optimizer, rate: float) -> Call:
    """Return a call, and those that it holds, with another rate in their optimizer."""
    changed: dict[str, Any] = {}
    for field in call.__struct_fields__:
        value = getattr(call, field)
        if value == owner and isinstance(value, Optimizer):
            group = msgspec.structs.replace(owner.groups[0], lr=rate)
            changed[field] = msgspec.structs.replace(owner, groups=(group,))
        elif isinstance(value, Call):
            changed[field] = _with_rate(value, owner, rate)
        elif isinstance(value, list | tuple) and any(isinstance(item, Call) for item in value):
            kind: Any = type(value)
            changed[field] = kind(
                [_with_rate(v, owner, rate) if isinstance(v, Call) else v for v in value]
            )
    return msgspec.structs.replace(call, **changed)


# --- what fits ------------------------------------------------------------------------------------


class Trial:
    """Rates of a changed call, at a few updates by its schedule, and at all by its arithmetic."""

    def __init__(self, case: Case) -> None:
        self.case = case
        departing = case.probes[case.probes >= case.first]
        #: The first rate that departs, which every answer has to explain.
        self.first = int(departing[0])

    def schedule(self, call: Call) -> Schedule | None:
        """Return what a call means in the loop; none where it means none."""
        try:
            return Recipe(call, self.case.recipe.run).schedule
        except (IsorateError, ArithmeticError, ValueError, TypeError):
            return None

    def at(self, schedule: Schedule | None, probe: int) -> float:
        """Return the rate at a point; NaN where there is none."""
        case = self.case
        part = schedule.of[int(case.group[probe])] if isinstance(schedule, Groups) else schedule
        try:
            return math.nan if part is None else part.at(int(case.updates[probe]))
        except (IsorateError, ArithmeticError, ValueError, TypeError):
            return math.nan

    def rate(self, argument: Argument, value: Any) -> float:
        """Return the first rate that departs as another value of an argument would have it."""
        try:
            return self.at(self.schedule(argument.put(value)), self.first)
        except (IsorateError, TypeError, ValueError):
            return math.nan

    def tells(self, argument: Argument) -> bool:
        """Whether the first rate that departs depends on an argument at all."""
        value = argument.value
        if isinstance(value, tuple):
            return True
        far = (0, value * 2, value / 2, value * RATIOS[-1], value / RATIOS[-1])
        rates = {self.rate(argument, round(x) if argument.whole else float(x)) for x in far}
        return any(rate != self.at(self.mine, self.first) for rate in rates if rate == rate)

    @cached_property
    def mine(self) -> Schedule | None:
        """What the recipe's own call means."""
        return self.schedule(self.case.recipe.call)  # type: ignore[arg-type]

    def fits(self, call: Call) -> bool:
        """Whether a changed call explains the log: first a few points are asked, then all."""
        case, schedule = self.case, self.schedule(call)
        for probe in case.probes.tolist():
            if not case.near(np.array([self.at(schedule, probe)]), [probe]).all():
                return False
        try:
            rates = rates_at(Recipe(call, case.recipe.run), case.updates)
        except IsorateError:
            return False
        return case.explains(rates[case.group, np.arange(len(case.updates))])


def another_argument(case: Case) -> Iterator[Fit]:
    """Visit values of one argument with which the recipe explains the log."""
    call, trial = case.recipe.call, Trial(case)
    if not isinstance(call, Call):
        return
    found: list[Fit] = []
    telling = [argument for argument in numbers(call) if trial.tells(argument)]
    for candidates in (_usual, _solved):  # which takes longer
        for argument in telling:
            for value in dict.fromkeys(candidates(argument, trial)):
                try:
                    changed = argument.put(value)
                except (IsorateError, TypeError, ValueError):
                    continue
                if trial.fits(changed):
                    text = _said(argument, value, case)
                    found.append(Fit("argument", text, {argument.name: value}))
                    break
        if found:
            break
    # a value that nobody would write is no answer where another one is
    written = [fit for fit in found if not any(map(_is_odd, fit.arguments.values()))]
    yield from (written or found)[:MOST_SHOWN]


def _is_odd(value: Any) -> bool:
    return isinstance(value, float) and float(f"{value:.4g}") != value


def _usual(argument: Argument, trial: Trial) -> Iterator[Any]:
    """Visit the values that an argument has by mistake."""
    case, value = trial.case, argument.value
    each = case.recipe.run.updates_per_epoch
    ratios = dict.fromkeys((*RATIOS, *([each] if each else [])))
    if isinstance(value, tuple):
        for ratio in ratios if argument.whole else ():
            yield tuple(one * ratio for one in value)
            yield tuple(max(one // ratio, 1) for one in value)
        return
    yield type(value)(0)
    for ratio in ratios:
        yield value * ratio
        yield max(round(value / ratio), 1) if argument.whole else value / ratio
    if argument.whole:
        yield from (value + 1, value - 1)
        config = case.config.values()
        yield from (v for v in config if isinstance(v, int) and not isinstance(v, bool) and v > 0)


def _solved(argument: Argument, trial: Trial) -> Iterator[Any]:
    """Visit solutions for the first rate that departs, the roundest value near each."""
    case, value = trial.case, argument.value
    if isinstance(value, tuple) or case.telling < 2:
        return
    probe = trial.first
    wanted, room = float(case.values[probe]), float(case.room[probe])

    def gap(x: float) -> float:
        return trial.rate(argument, round(x) if argument.whole else x) - wanted

    base = float(abs(value)) or (1.0 if not argument.whole else float(case.length))
    grid = base * np.geomspace(1e-3, 1e3, GRID)
    if not argument.whole and value == 0:
        grid = case.peak * np.geomspace(1e-4, 1.0, GRID)
    gaps = [gap(x) for x in grid.tolist()]
    for low, high, a, b in zip(grid, grid[1:], gaps, gaps[1:], strict=False):
        if not (math.isfinite(a) and math.isfinite(b) and min(a, b) <= room and max(a, b) >= -room):
            continue
        yield from _between(argument, gap, (float(low), a), (float(high), b), room)


def _between(
    argument: Argument,
    gap: Callable[[float], float],
    low: tuple[float, float],
    high: tuple[float, float],
    room: float,
) -> Iterator[Any]:
    """Visit the solution in an interval, the roundest values that are as good first.

    Where the line between its ends leads is asked next, half of the interval where that does not
    make it shorter: a rate is nearly linear in most arguments, and each question builds a call.
    """
    (first, a), (last, b) = low, high
    for turn in range(HALVINGS):
        middle = (first + last) / 2 if turn % 2 or a == b else first - a * (last - first) / (b - a)
        rate = gap(middle)
        if rate != rate or rate == 0 or (argument.whole and last - first < 0.5):
            first = last = middle if rate == 0 else (first + last) / 2
            break
        if (rate < 0) == (a < 0):
            first, a = middle, rate
        else:
            last, b = middle, rate
        if last - first <= 1e-15 * abs(last):
            break
    root = (first + last) / 2
    if argument.whole:
        near = round(root)
        tens = [round(near, -digits) for digits in range(6, 0, -1)]
        yield from (n for n in dict.fromkeys((*tens, near, near + 1, near - 1)) if n > 0)
        return
    for digits in range(1, 17):
        rounded = float(f"{root:.{digits}g}")
        if abs(gap(rounded)) <= room:
            yield rounded
    yield round_factor(root, 0.0)


def _said(argument: Argument, value: Any, case: Case) -> str:
    name, was = argument.name, argument.value
    told = f"{name}={_source(value)}, not {_source(was)}"
    each = case.recipe.run.updates_per_epoch
    counted = value[0] / was[0] if isinstance(value, tuple) else value / was if was else 0.0
    times = _ratio(counted)
    climbs = case.warmup is not None and was == case.warmup
    if argument.role == "start" and name == "lr":
        return f"the rates are those of another peak: {told}"
    if argument.role == "end" and value == 0:
        return f"the floor is ignored: the rates are those of {told}"
    if climbs and value == 0:
        return f"the warmup is ignored: the rates are those of {told}"
    if climbs and times:
        return f"the warmup is {times} as long: the rates are those of {told}"
    if argument.whole and each and each > 1 and counted in (each, 1 / each):
        return f"epochs stand for updates: the rates are those of {told}, with {each} an epoch"
    if argument.whole and argument.role in ("duration", "length") and times:
        over = ""
        if isinstance(value, int) and value < case.length and not climbs:
            over = f"; the schedule was over at update {value:,} of {case.length:,}"
        return f"the horizon is {times} as long: the rates are those of {told}{over}"
    if argument.whole and argument.role in ("duration", "length"):
        return f"another length: the rates are those of {told}"
    return f"the rates are those of {told}"


def _ratio(value: float) -> str:
    """Say a ratio that is a whole number, or one over such."""
    if value > 1 and float(value).is_integer():
        return f"{value:.0f} times"
    if 0 < value < 1 and abs(1 / value - round(1 / value)) < 1e-9:
        return f"1/{1 / value:.0f}"
    return ""


def _source(value: Any) -> str:
    return source(list(value)) if isinstance(value, tuple) else source(value)


def stretched(case: Case) -> Iterator[Fit]:
    """Visit recipes all of whose lengths are longer, or shorter, by one ratio."""
    call, trial = case.recipe.call, Trial(case)
    if not isinstance(call, Call):
        return
    lengths = [a for a in numbers(call) if a.whole and a.role in ("duration", "length") and a.value]
    if len(lengths) < 2:
        return
    ratios = (*RATIOS, *(1 / ratio for ratio in RATIOS))
    for ratio, last in product(ratios, (math.ceil, math.floor)):  # how a length is rounded
        changed: Any = call
        for name in [argument.name for argument in lengths]:
            mine = next(a for a in numbers(changed) if a.name == name)
            many = mine.value if isinstance(mine.value, tuple) else (mine.value,)
            whole = last if name == lengths[-1].name else math.ceil
            longer = tuple(max(whole(one * ratio), 1) for one in many)
            try:
                changed = mine.put(longer if isinstance(mine.value, tuple) else longer[0])
            except (IsorateError, TypeError, ValueError):
                break
        else:
            if trial.fits(changed):
                text = f"the whole schedule, its warmup too, is {_ratio(ratio)} as long"
                if ratio < 1 and case.end is not None:
                    text += f", as on {1 / ratio:.0f} times as many processes"
                    over = last(case.end * ratio)
                    text += f"; it was over at update {over:,} of {case.length:,}"
                yield Fit("horizon", text, {"ratio": ratio})
                return


def another_call(case: Case) -> Iterator[Fit]:
    """Visit other calls of the dialect that take the recipe's arguments: another name was given."""
    call, trial = case.recipe.call, Trial(case)
    if not isinstance(call, Call):
        return
    given = call.arguments()
    for other in get(call.dialect).constructors:
        names = other.parameters()
        needed = set(names) - other.defaults().keys()
        if other is type(call) or not needed <= given.keys():
            continue
        try:
            changed = other.of({name: given[name] for name in names if name in given})
        except (IsorateError, TypeError, ValueError):
            continue
        if trial.fits(changed):
            text = f"the rates are those of another schedule: {changed.name}, not {call.name}"
            yield Fit("schedule", text, {"name": changed.name})


ARGUMENTS: Final = (
    Remade("schedule", another_call),
    Remade("horizon", stretched),
    Remade("argument", another_argument, last=True),
)
