"""A meaning is one equation: what is computed with arguments is solved for them again."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isorate.dialects import torch
from isorate.kit import (
    Call,
    Lift,
    Meaning,
    Refusal,
    cosine,
    exponential,
    join,
    line,
    staircase,
    until,
)
from isorate.kit.equating import equate, rearranged
from isorate.kit.optimizer import Optimizer
from isorate.kit.solving import Solution, meanings, solve
from isorate.kit.unknown import Unknown, Unsolved, names, value
from isorate.schedule.combinators import Groups, Join, Until
from isorate.schedule.shapes import Constant, Cosine, Exponential, Linear, NaturalExponential

rates = st.floats(1e-6, 10.0)
counts = st.integers(1, 10**6)


class warmed(Call, frozen=True):
    """Up on a line, down on a cosine."""

    init: float
    peak: float
    warmup: int
    total: int
    end: float = 0.0

    def means(self) -> Meaning:
        up = line(self.init, self.peak, self.warmup)
        return join([up, cosine(self.peak, self.end, self.total - self.warmup)], at=[self.warmup])


class halved(Call, frozen=True):
    """A factor of a factor, on stairs or not, and an end that may be left out."""

    start: float
    share: float
    every: int
    length: int
    stairs: bool = False

    choices: ClassVar[Any] = {"stairs": (False, True)}

    def means(self) -> Meaning:
        if self.stairs:
            return until(staircase(exponential(self.start, self.share), self.every), self.length)
        return until(exponential(self.start, self.share, self.every), self.length)


@given(rates, rates, counts, counts, rates)
def test_what_is_computed_is_solved(
    init: float, peak: float, up: int, down: int, end: float
) -> None:
    call = warmed(init, peak, up, up + down, end)
    solution = solve(warmed, call.means().schedule())
    assert isinstance(solution, Solution)
    found = warmed(**solution.arguments)
    assert found == call
    assert found.means().schedule() == call.means().schedule()


@given(rates, st.floats(0.01, 0.99), counts, counts, st.booleans())
def test_a_choice_is_found(
    start: float, share: float, every: int, length: int, stairs: bool
) -> None:
    call = halved(start, share, every, length, stairs and every > 1)
    solution = solve(halved, call.means().schedule())
    assert isinstance(solution, Solution)
    assert halved(**solution.arguments) == call


def test_what_does_not_fit_is_refused_with_the_part_that_does_not() -> None:
    broken = Join((Linear(0.0, 0.1, 5), Cosine(0.2, 0.0, 10)), (5,))
    assert solve(warmed, broken) == Refusal("its peak would be 0.1, and the schedule has 0.2")
    early = Join((Linear(0.0, 0.1, 5), Cosine(0.1, 0.0, 10)), (4,))
    assert solve(warmed, early) == Refusal("its warmup would be 5, and the schedule has 4")
    between = Join((Linear(0.0, 0.1, 2.5), Cosine(0.1, 0.0, 10)), (2,))
    assert solve(warmed, between) == Refusal("warmup is a whole number, and the schedule takes 2.5")
    assert solve(warmed, Constant(0.1)) == Refusal("the schedule is a constant, not a sequence")


def test_what_comes_after_the_end_is_told() -> None:
    periodic = Join((Linear(0.0, 0.1, 5), Cosine(0.1, 0.0, 10, "mirror")), (5,))
    assert isinstance(solve(warmed, periodic), Refusal)
    solution = solve(warmed, periodic, lenient=True)
    assert isinstance(solution, Solution)
    assert solution.unlike == ("hold", "mirror")


def test_other_ways_to_write_a_shape_are_looked_at() -> None:
    natural = solve(halved, Until(NaturalExponential(0.1, 0.5, 10), 7))
    assert isinstance(natural, Solution)
    assert natural.arguments["share"] == math.exp(-0.5)
    fraction = solve(halved, Until(Exponential(0.1, 0.25, 0.5), 7))
    assert isinstance(fraction, Solution)
    assert (fraction.arguments["share"], fraction.arguments["every"]) == (0.0625, 1)


@given(rates, rates, rates)
def test_a_share_leads_back_to_the_bit(start: float, end: float, base: float) -> None:
    base = max(start, end, base)
    said = torch.LinearLR.match(Linear(start, end, 9), base)
    assert not isinstance(said, Refusal)
    arguments = said.arguments
    for factor, rate in ((arguments["start_factor"], start), (arguments["end_factor"], end)):
        assert base * factor == pytest.approx(rate, rel=2**-51, abs=0.0)


def test_arithmetic_of_arguments() -> None:
    a, b = Unknown("a"), Unknown("b")
    expression = (2 * a - b) / (1 + a)
    assert names(expression) == {"a", "b"}
    assert value(expression, {"a": 3.0, "b": 2.0}) == 1.0
    assert str(expression) == "((2 · a) - b) / (1 + a)"


def test_two_meanings_equated_are_a_mapping() -> None:
    (_, here), *_ = meanings(torch.CosineAnnealingLR)
    (_, there), *_ = meanings(warmed)
    said = {field: (str(a), str(b)) for field, a, b in equate(here, there.fields["of"][1])}
    assert said == {
        "start": ("base", "peak"),
        "end": ("eta_min", "end"),
        "duration": ("T_max", "total - warmup"),
    }
    with pytest.raises(Unsolved, match="one is a cosine, the other a sequence"):
        list(equate(here, there))


def test_what_one_side_alone_has_is_none_on_the_other() -> None:
    (_, plain), (_, stairs) = meanings(halved)
    bare = exponential(Unknown("start"), Unknown("share"))
    assert [(field, str(a), str(b)) for field, a, b in equate(bare, stairs)] == [
        ("start", "start", "start"),
        ("factor", "share", "share"),
        ("every", "None", "every"),
        ("updates", "None", "length"),
    ]
    (factor,) = [(str(a), str(b)) for field, a, b in equate(bare, plain) if field == "factor"]
    assert factor == ("share", "share ^ (1 / every)")


def test_an_argument_is_said_in_the_other_sides() -> None:
    a, b, c, d = map(Unknown, "abcd")
    decays = [(a, Unknown("e^-", (Unknown("f"),))), (0.5, Unknown("e^-", (Unknown("g"),)))]
    said = rearranged([(a, c), (b, c * d), *decays])
    assert {name: str(found) for name, found in said.items()} == {
        "c": "a",
        "d": "b / a",
        "f": "-ln a",
        "g": str(-math.log(0.5)),
    }
    assert value(said["f"], {"a": 0.5}) == -math.log(0.5)
    power = rearranged([(a, 0.5 + c), (b, (0.5 + c) ** d)])["d"]
    assert str(power) == "(-ln b) / (-ln (0.5 + (a - 0.5)))"
    assert value(power, {"a": 2.0, "b": 8.0}) == pytest.approx(3.0)
    assert value(said["d"], {"a": 2.0, "b": 3.0}) == 1.5
    assert rearranged([(a, c * d)]) == {}


def groups(*many: Any) -> Any:
    return Groups(many)


def test_groups_have_their_own_first_rate_and_nothing_else() -> None:
    lifted = torch.CosineAnnealingLR.lift(groups(Cosine(0.1, 0.0, 9), Cosine(0.2, 0.0, 9)), 20)
    assert isinstance(lifted, Lift)
    assert lifted.call == torch.CosineAnnealingLR(Optimizer.of(0.1, 0.2), 9)
    assert lifted.losses == ("from update 10 on it goes back, where the schedule holds its end",)
    apart = torch.CosineAnnealingLR.lift(groups(Cosine(0.1, 0.0, 9), Cosine(0.2, 0.0, 8)), 20)
    assert isinstance(apart, Refusal)
