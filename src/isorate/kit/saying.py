"""How a scheduler with torch's arguments says a shape: the arguments, from a base rate.

Each function takes one parameter group's shape and the base rate that it has to start from, or none
where it may choose. A schedule's rates are absolute, so that the arguments, which are shares of a
base rate, are found by division: of the neighbours of a quotient the one is taken that leads back
to the rate, to the bit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from isorate.kit.match import Refusal, plain
from isorate.schedule.combinators import Join, Product, Repeat, Scale, Shift, Sum
from isorate.schedule.digits import apart
from isorate.schedule.errors import ScheduleError
from isorate.schedule.expression import Expression
from isorate.schedule.python_source import python_source
from isorate.schedule.shapes import (
    Constant,
    Cosine,
    Exponential,
    Linear,
    NaturalExponential,
    Polynomial,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: As many steps as nobody takes: a ConstantLR of so many never goes back to the base rate.
FOREVER = 10**12

MOMENTUM = "leaves the momentum alone: cycle_momentum=False"


@dataclass(frozen=True, slots=True)
class Said:
    """How a constructor says a shape for one parameter group.

    Args:
        base: the group's first rate, ``initial_lr``.
        arguments: the constructor's arguments besides the optimizer.
        losses: what is lost, in words.

    """

    base: float
    arguments: dict[str, Any]
    losses: tuple[str, ...] = ()


def all_of(found: Sequence[Said | Refusal]) -> list[Said] | Refusal:
    """Return what is said for every group, or the first refusal."""
    saids = []
    for said in found:
        if isinstance(said, Refusal):
            return said
        saids.append(said)
    return saids


def same_for_all(found: Sequence[Said | Refusal]) -> list[Said] | Refusal:
    """Return what is said for every group, where the arguments are the same for all."""
    saids = all_of(found)
    if isinstance(saids, Refusal):
        return saids
    if any(said.arguments != saids[0].arguments for said in saids):
        return Refusal("the parameter groups differ in more than their first rate")
    if min(said.base for said in saids) < 0:
        return Refusal("an optimizer takes no negative rate to begin with")
    return saids


def with_lists(found: Sequence[Said | Refusal], names: Sequence[str]) -> list[Said] | Refusal:
    """Return the same, with one list of all groups' values for some of the arguments."""
    saids = all_of(found)
    if isinstance(saids, Refusal) or len(saids) == 1:
        return saids
    lists = {name: [said.arguments[name] for said in saids] for name in names}
    return same_for_all([replace(said, arguments=said.arguments | lists) for said in saids])


def share(rate: float, base: float) -> float:
    """Return the factor that leads from a base rate to a rate."""
    return plain(rate / base, lambda factor: base * factor == rate)


def _unlike(base: float | None, start: float) -> bool:
    return base is not None and not math.isclose(base, start, rel_tol=1e-13)


BEGINS = Refusal("it begins at the base rate")


# --- factors -------------------------------------------------------------------------------------


def exponential(shape: Any, base: float | None) -> Said | Refusal:
    """Say an exponential by what one step multiplies by."""
    match shape:
        case Exponential(factor=factor, duration=duration):
            gamma = factor if duration == 1 else factor ** (1 / duration)
        case NaturalExponential(decay=decay, duration=duration):
            gamma = math.exp(-decay / duration)
        case _:
            return Refusal("the schedule is a staircase of something else than an exponential")
    return BEGINS if _unlike(base, shape.start) else Said(shape.start, {"gamma": gamma})


def stairs(shape: Any, base: float | None) -> Said | Refusal:
    """Say a staircase down an exponential that ticks as often as it decays."""
    said = exponential(shape.of, base)
    if isinstance(said, Refusal):
        return said
    return Said(said.base, {"step_size": shape.every, **said.arguments})


def milestones(shape: Any, base: float | None) -> Said | Refusal:
    """Say rates that are each a power of one factor of the one before."""
    if _unlike(base, shape.rates[0]):
        return BEGINS
    if any(rate == 0 for rate in shape.rates[:-1]):
        return Refusal("a rate of 0 stays 0, whatever it is multiplied by")
    ratios = [share(after, before) for before, after in pairwise(shape.rates)]
    if not all(map(math.isfinite, ratios)):
        return Refusal("no factor leads from a rate to one so much larger")
    if shape.rates[-1] == 0 and len(set(ratios)) > 1:
        return Refusal("only a factor of 0 leads to 0")
    gamma = min(ratios, key=lambda ratio: abs(math.log(abs(ratio) or 1e-300)))
    listed = []
    for ratio, boundary in zip(ratios, shape.boundaries, strict=True):
        times = 1
        if ratio != gamma and gamma > 0 and ratio > 0:
            times = round(math.log(ratio) / math.log(gamma))
        if times < 1 or not math.isclose(gamma**times, ratio, rel_tol=1e-13, abs_tol=0.0):
            return Refusal("its rates are not all powers of one factor")
        listed += [boundary] * times
    return Said(shape.rates[0], {"milestones": listed, "gamma": gamma})


def lower_first(shape: Any, base: float | None) -> Said | Refusal:
    """Say a lower rate and then the base rate; a constant is a share of it for ever."""
    if isinstance(shape, Constant):
        held = shape.rate if base is None else base
        if not 0 <= shape.rate <= held:
            return Refusal("its factor lies between 0 and 1")
        factor = share(shape.rate, held) if held else 1.0
        return Said(held, {"factor": factor, "total_iters": FOREVER})
    if len(shape.rates) != 2:
        return Refusal(f"it has two rates, and the schedule {len(shape.rates)}")
    low, high = shape.rates
    if _unlike(base, high):
        return Refusal("it ends at the base rate")
    if not 0 < low <= high:
        ends = " to ".join(apart(low, high))
        return Refusal(f"it goes up, and the schedule from {ends}")
    return Said(high, {"factor": share(low, high), "total_iters": shape.boundaries[0]})


def line(shape: Any, base: float | None) -> Said | Refusal:
    """Say a line between two shares of the base rate."""
    if shape.after != "hold":
        return Refusal(f"it holds its end, and the schedule's line goes on: {shape.after}")
    if not isinstance(shape.duration, int):
        return Refusal(f"total_iters is a whole number, and the schedule takes {shape.duration}")
    held = max(shape.start, shape.end) if base is None else base
    if not 0 < shape.start <= held or not 0 <= shape.end <= held:
        ends = f"from {' to '.join(apart(shape.start, shape.end))}"
        return Refusal(f"its factors lie above 0 and up to 1, and the schedule goes {ends}")
    factors = {"start_factor": share(shape.start, held), "end_factor": share(shape.end, held)}
    return Said(held, {**factors, "total_iters": shape.duration})


def polynomial(shape: Any, base: float | None) -> Said | Refusal:
    """Say a polynomial, or a line, that ends at 0."""
    if shape.after != "hold" or shape.end != 0:
        end = f"at {shape.end:g}" if shape.after == "hold" else f"not: {shape.after}"
        return Refusal(f"it ends at 0 and stays, and the schedule ends {end}")
    if not isinstance(shape.duration, int):
        return Refusal(f"total_iters is a whole number, and the schedule takes {shape.duration}")
    power = shape.power if isinstance(shape, Polynomial) else 1.0
    arguments = {"total_iters": shape.duration, "power": power}
    return BEGINS if _unlike(base, shape.start) else Said(shape.start, arguments)


# --- cosines -------------------------------------------------------------------------------------


def cosine(shape: Any, base: float | None) -> Said | Refusal:
    """Say a cosine from the base rate."""
    if shape.after == "repeat":
        return Refusal("it climbs back, where the schedule jumps back to its start")
    arguments = {"T_max": shape.duration, "eta_min": shape.end}
    return BEGINS if _unlike(base, shape.start) else Said(shape.start, arguments)


def restarts(shape: Any, base: float | None) -> Said | Refusal:
    """Say cosines that start over."""
    growth, wave = 1, shape
    if isinstance(shape, Repeat):
        growth, wave = shape.growth, shape.of
        whole = isinstance(wave, Cosine) and wave.duration == shape.period
        if not whole or getattr(wave, "after", "") != "hold" or shape.shrink != 1:
            return Refusal("it repeats half a cosine, each cycle as high as the one before")
    elif shape.after != "repeat":
        return Refusal("it starts over, where the schedule does not")
    if not isinstance(wave.duration, int):
        return Refusal(f"T_0 is a whole number, and the schedule takes {wave.duration}")
    arguments = {"T_0": wave.duration, "T_mult": growth, "eta_min": wave.end}
    return BEGINS if _unlike(base, wave.start) else Said(wave.start, arguments)


# --- cycles --------------------------------------------------------------------------------------


def triangle_of(schedule: Any) -> tuple[float, float, int, int] | Refusal:
    """Return low, high, steps up and steps down of triangles."""
    match schedule:
        case Linear(start=low, end=high, duration=int(up), after="mirror"):
            return low, high, up, up
        case Repeat(of=Join(of=(Linear() as rise, Linear() as fall), boundaries=(up,)), growth=1):
            fits = rise.duration == up and fall.duration == schedule.period - up
            if fits and (rise.start, rise.end) == (fall.end, fall.start):
                return rise.start, rise.end, up, schedule.period - up
        case Repeat(of=Linear(start=low, end=high, duration=int(up), after="mirror"), growth=1):
            if schedule.period == 2 * up:
                return low, high, up, up
    return Refusal("it goes up and down in straight lines, again and again")


def triangles(shape: Any, base: float | None) -> Said | Refusal:
    """Say triangles: alike, each half as high as the one before, or scaled by a power."""
    mode: dict[str, Any] = {}
    floor, waves = 0.0, shape
    match shape:
        case Sum(of=(Constant(rate=floor), Product(of=(waves, Exponential() as growth)))):
            if growth.duration != 1 or growth.start != 1:
                return Refusal("its heights are scaled by gamma at every step")
            mode = {"mode": "exp_range", "gamma": growth.factor}
        case Repeat(shrink=0.5, growth=1):
            mode = {"mode": "triangular2"}
    sides = triangle_of(waves)
    if isinstance(sides, Refusal):
        return sides
    low, high, up, down = sides
    if mode.get("mode") == "triangular2" and shape.floor != low:
        return Refusal("its triangles shrink towards base_lr")
    if _unlike(base, floor + low):
        return Refusal("it sets the base rate to base_lr")
    top = plain(floor + high, lambda top: top - floor == high)
    arguments = {"base_lr": floor + low, "max_lr": top, "step_size_up": up}
    if down != up:
        arguments["step_size_down"] = down
    return Said(floor + low, {**arguments, **mode, "cycle_momentum": False}, (MOMENTUM,))


def one_cycle(shape: Any, base: float | None) -> Said | Refusal:
    """Say two waves of one kind, up and down, or three with a return to the first rate."""
    waves: list[Any] = [part.of if isinstance(part, Shift) else part for part in shape.of]
    over = [part.by if isinstance(part, Shift) else 0 for part in shape.of]
    kinds = {type(wave) for wave in waves}
    if len(kinds) != 1 or not kinds <= {Cosine, Linear} or len(waves) not in (2, 3):
        return Refusal("it goes up and down in two or three waves of one kind")
    ends = [0.0]
    for wave, begun, first in zip(waves, over, (0, *shape.boundaries), strict=True):
        if not math.isclose(first - begun, ends[-1], abs_tol=1e-9):
            return Refusal("its phases follow one another")
        ends.append(ends[-1] + wave.duration)
    levels = [waves[0].start, *(wave.end for wave in waves)]
    if any(not math.isclose(a.end, b.start) for a, b in pairwise(waves)):
        return Refusal("its phases meet, where the schedule jumps")
    low, high, last = levels[0], levels[1], levels[-1]
    total = round(ends[-1]) + 1
    three = len(waves) == 3
    if three and not (math.isclose(levels[2], low) and math.isclose(ends[2], 2 * ends[1])):
        return Refusal("its second phase returns as it came")
    if low <= 0 or last <= 0 or base is not None:
        return Refusal("it begins and ends at fractions of max_lr, and sets the base rate itself")
    arguments = {
        "max_lr": high,
        "total_steps": total,
        "pct_start": plain((ends[1] + 1) / total, lambda pct: pct * total - 1 == ends[1]),
        "anneal_strategy": "cos" if kinds == {Cosine} else "linear",
        "cycle_momentum": False,
        "div_factor": plain(high / low, lambda div: high / div == low),
        "final_div_factor": plain(low / last, lambda div: low / div == last),
        "three_phase": three,
    }
    past = f"has a rate past the end for step {total}, then raises ValueError"
    return Said(low, arguments, (MOMENTUM, past))


def annealing(shape: Any, base: float | None) -> Said | Refusal:
    """Say a wave from the group's rate to another, held."""
    if shape.after != "hold":
        return Refusal(f"it holds its end, and the schedule's goes on: {shape.after}")
    if not isinstance(shape.duration, int):
        return Refusal(f"anneal_epochs is whole, and the schedule takes {shape.duration}")
    strategy = "cos" if isinstance(shape, Cosine) else "linear"
    arguments = {"swa_lr": shape.end, "anneal_epochs": shape.duration}
    said = Said(shape.start, {**arguments, "anneal_strategy": strategy})
    return BEGINS if _unlike(base, shape.start) else said


# --- functions -----------------------------------------------------------------------------------


def formula(shape: Any, base: float | None) -> Said | Refusal:
    """Say any schedule that has a formula; with a base of 1.0 the lambda is the rate itself."""
    if base == 0:
        return Refusal("a base rate of 0 stays 0")
    scaled = shape if base is None else Scale(shape, 1 / base).normal()
    try:
        source = python_source(scaled, "t")
    except ScheduleError as error:
        return Refusal(str(error))
    losses = ("needs `import math`",) if "math." in source else ()
    return Said(1.0 if base is None else base, {"lr_lambda": Expression("t", source)}, losses)


def constant_factor(shape: Any, base: float | None) -> Said | Refusal:
    """Say an exponential by a lambda that is its factor."""
    said = exponential(shape, base)
    if isinstance(said, Refusal):
        return said
    function = Expression("t", repr(said.arguments["gamma"]))
    return Said(said.base, {"lr_lambda": function})


def unsaved(say: Callable[..., Said | Refusal]) -> Callable[..., Said | Refusal]:
    """Return a way to say something by a lambda, where a lambda is lost when a state is saved."""

    def said(shape: Any, base: float | None) -> Said | Refusal:
        found = say(shape, base)
        if isinstance(found, Refusal):
            return found
        loss = "a lambda is not saved in the scheduler's state_dict"
        return replace(found, losses=(*found.losses, loss))

    return said
