"""How a scheduler with torch's arguments says a shape: the arguments, from a base rate.

Each function takes one parameter group's shape and the base rate that it has to start from, or none
where it may choose. A schedule's rates are absolute, so that the arguments, which are shares of a
base rate, are found by division: of the neighbours of a quotient the one is taken that leads back
to the rate, to the bit.
"""

from __future__ import annotations

import ast
import math
from itertools import pairwise
from typing import Any

from isorate.kit.match import Refusal, plain
from isorate.kit.scheduler import Match
from isorate.kit.solving import views
from isorate.schedule.combinators import Scale, Shift
from isorate.schedule.errors import ScheduleError
from isorate.schedule.expression import Expression
from isorate.schedule.python_source import python_source
from isorate.schedule.shapes.decays import Exponential
from isorate.schedule.shapes.waves import Cosine, Linear
from isorate.schedule.syntax import parse

#: A lambda in torch is lost when a state is saved.
UNSAVED = "a lambda is not saved in the scheduler's state_dict"
MOMENTUM = "leaves the momentum alone: cycle_momentum=False"


def share(rate: float, base: float) -> float:
    """Return the factor that leads from a base rate to a rate."""
    return plain(rate / base, lambda factor: base * factor == rate)


def _unlike(base: float | None, start: float) -> bool:
    return base is not None and not math.isclose(base, start, rel_tol=1e-13)


BEGINS = Refusal("it begins at the base rate")


# --- factors -------------------------------------------------------------------------------------


def milestones(shape: Any, base: float | None) -> Match | Refusal:
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
    return Match(shape.rates[0], {"milestones": listed, "gamma": gamma})


# --- cycles --------------------------------------------------------------------------------------


def one_cycle(shape: Any, base: float | None) -> Match | Refusal:
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
    return Match(low, arguments, (MOMENTUM, past))


# --- functions -----------------------------------------------------------------------------------


def formula(shape: Any, base: float | None, losses: tuple[str, ...] = ()) -> Match | Refusal:
    """Say any schedule that has a formula; with a base of 1.0 the lambda is the rate itself."""
    if base == 0:
        return Refusal("a base rate of 0 stays 0")
    scaled = shape if base is None else Scale(shape, 1 / base).normal()
    try:
        source = python_source(scaled, "t")
    except ScheduleError as error:
        return Refusal(str(error))
    if base is not None:
        source = ast.unparse(_Plain().visit(parse(source)))
    return Match(1.0 if base is None else base, {"lr_lambda": Expression("t", source)}, losses)


class _Plain(ast.NodeTransformer):
    """The numbers of a formula, without what the division by the base rate has rounded."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant(plain(node.value)) if type(node.value) is float else node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        match node:
            case ast.BinOp(ast.Constant(1.0), ast.Mult(), factor):
                return factor
        return node


def constant_factor(
    shape: Any, base: float | None, losses: tuple[str, ...] = ()
) -> Match | Refusal:
    """Say an exponential by a lambda that is its factor."""
    each: Any = next((v for v in views(shape, Exponential) if v.duration == 1), None)  # type: ignore[attr-defined]
    if each is None:
        return Refusal("its factor is the same at every step")
    if _unlike(base, each.start):
        return BEGINS
    return Match(each.start, {"lr_lambda": Expression("t", repr(each.factor))}, losses)
