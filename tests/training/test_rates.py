"""The rates of many groups at once: the bits of each group's own schedule, in whatever order."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isorate.schedule.combinators import Groups, Join, Repeat, Scale, Stepped, Stretch
from isorate.schedule.combinators.clocks import on_steps
from isorate.schedule.errors import ScheduleError
from isorate.schedule.formula import Formula
from isorate.schedule.namespace import SCALAR
from isorate.schedule.node import Schedule
from isorate.schedule.shapes.decays import Exponential, Inverse, NaturalExponential
from isorate.schedule.shapes.lists import PiecewiseConstant, Table
from isorate.schedule.shapes.waves import Constant, Cosine, Linear, Polynomial
from isorate.training.rates import STEPS_AHEAD, Rates, per_group
from tests.schedule.drawing import schedules


def alone(schedule: Schedule, step: int) -> float:
    end = schedule.length
    return float(schedule.formula(step if end is None else min(step, end - 1), SCALAR))


def same(a: list[float], b: list[float]) -> bool:
    return len(a) == len(b) and all(
        x == y or (x != x and y != y) for x, y in zip(a, b, strict=True)
    )


@given(st.lists(schedules.map(on_steps), min_size=1, max_size=6), st.integers(0, 40))
def test_every_rate_has_the_bits_of_its_own_schedule(group: list[Schedule], begin: int) -> None:
    rates = Rates(group)
    until = begin + 60 if rates.end is None else rates.end
    for step in range(begin, until):  # from the second one on, they are computed ahead
        assert same(rates.at(step), [alone(schedule, step) for schedule in group])


#: One of each kind for a group whose first rate is ``base``.
FAMILIES: dict[str, Any] = {
    "constant": lambda base: Constant(base),
    "linear": lambda base: Linear(base, 0.01, 30, "mirror"),
    "polynomial": lambda base: Polynomial(base, 0.003, 33, 1.7),
    "polynomial to zero": lambda base: Polynomial(base, 0.0, 33, 0.9),
    "cosine": lambda base: Cosine(base, 0.02, 29, "mirror"),
    "cosine through zero": lambda base: Cosine(base, -0.5, 29, "mirror"),
    "exponential": lambda base: Exponential(base, 0.93),
    "natural exponential": lambda base: NaturalExponential(base, 0.05),
    "inverse": lambda base: Inverse(base, 0.3, 4),
    "intervals": lambda base: PiecewiseConstant((base, base / 3, base / 7), (10, 33)),
    "table": lambda base: Table((base, base / 2, base / 3), "repeat"),
    "formula": lambda base: Formula(base, "t", "0.9 ** t"),
    "warmup": lambda base: Join((Linear(0.0, base, 9), Cosine(base, 0.0, 60)), (9,)),
    "restarts": lambda base: Repeat(Cosine(base, 0.001, 7), 7, 2),
    "scaled": lambda base: Scale(Cosine(base, 0.001, 17, "mirror"), 0.7),
    "stretched": lambda base: Stretch(Linear(base, 0.0, 20), 1.5),
}


@pytest.mark.parametrize("kind", FAMILIES)
@pytest.mark.parametrize("groups", [1, 3, 4, 40])
def test_layers_with_rates_of_their_own(kind: str, groups: int) -> None:
    bases = [0.1 * 0.9**layer for layer in range(groups - 1)] + [0.02]
    made = [FAMILIES[kind](base) for base in bases]
    made += made[:2]  # and two that share theirs
    rates = Rates(made)
    for step in [*range(3 * STEPS_AHEAD), 7, 8, 9, 0, 10**6, 10**6 + 1, 2**53 - 1]:
        assert rates.at(step) == [alone(schedule, step) for schedule in made], step


def test_columns_agree_on_what_the_formula_decides() -> None:
    mixed: list[Schedule] = [Cosine(base, 0.02, 29, "mirror") for base in (0.1, 0.2, 0.3, 0.4)]
    mixed += [Cosine(0.02, 0.02, 29, "mirror"), Cosine(-0.1, 0.02, 29, "mirror")]
    rates = Rates(mixed)
    for step in range(60):
        assert rates.at(step) == [alone(schedule, step) for schedule in mixed]


def test_the_step_after_the_last_keeps_the_last_rates() -> None:
    rates = Rates([Table((0.3, 0.2, 0.1)), Constant(1.0)])
    assert [rates.at(step)[0] for step in range(4)] == [0.3, 0.2, 0.1, 0.1]
    with pytest.raises(
        RuntimeError, match="past the end: the schedule has rates for 3 updates, 0 to 2"
    ):
        rates.at(4)


def test_a_step_may_lie_between_two() -> None:
    cosine = Cosine(0.1, 0.0, 10, "mirror")
    assert Rates([cosine]).at(2.5) == [alone(cosine, 2.5)]  # type: ignore[arg-type]
    rates = Rates([cosine])
    for step in (0, 1, 1.5, 2, 2.5):
        assert rates.at(step) == [float(cosine.formula(step, SCALAR))]


def test_a_column_has_to_be_finite() -> None:
    import numpy as np

    with pytest.raises(ScheduleError, match="finite"):
        Constant(np.array([0.1, math.inf]))  # type: ignore[arg-type]


def test_one_schedule_or_one_for_each_group() -> None:
    one, other = Constant(0.1), Constant(0.2)
    assert per_group(one, 3) == [one] * 3
    assert per_group(Groups((one, other)), 2) == [one, other]
    with pytest.raises(ValueError, match="for 2 parameter groups, the optimizer has 3"):
        per_group(Groups((one, other)), 3)


def test_stepped_parts_move_with_the_scheduler() -> None:
    cosine = Cosine(0.1, 0.0, 10)
    assert on_steps(Groups((Stepped(cosine), Scale(Stepped(cosine), 2.0)))) == Groups(
        (cosine, Scale(cosine, 2.0))
    )
