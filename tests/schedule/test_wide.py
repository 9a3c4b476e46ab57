"""Rates whose factors are beyond float64: zero stays zero, and what comes back is what it was."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isorate import Run, Schedule, evaluate, simulate
from isorate.schedule.arrays import ArrayNamespace, ExactNamespace
from isorate.schedule.combinators import Clamp, Mirror, Product, Repeat, Scale, Staircase, Sum
from isorate.schedule.formula import Formula
from isorate.schedule.shapes.decays import Exponential, Inverse, NaturalExponential
from isorate.schedule.shapes.lists import Table
from isorate.schedule.shapes.waves import Constant, Cosine, Linear, Polynomial
from isorate.training.rates import Rates
from tests.calls import read

FAR = [0, 1, 1023, 1024, 1025, 1100, 3000, 10**4, 10**6, 10**9, 10**12, 2**53 - 1]
GROWTH = Exponential(0.1, 2.0)
STEEP = NaturalExponential(1.0, -3.0, 2.5)


def rates_of(schedule: Schedule, updates: list[int]) -> list[float]:
    """Return rates one by one, after checking that all ways to compute them agree."""
    one_by_one = [schedule.at(update) for update in updates]
    t = np.array(updates, dtype=np.int64)
    namespaces: list[Any] = [ExactNamespace(), ArrayNamespace()]
    with np.errstate(all="ignore"):
        exactly, near = (schedule.formula(t, xp).tolist() for xp in namespaces)
    assert exactly == one_by_one
    np.testing.assert_allclose(near, one_by_one, rtol=1e-14)
    normal = schedule.normal()
    np.testing.assert_allclose([normal.at(update) for update in updates], one_by_one, rtol=1e-13)
    return one_by_one


def zero(shape: Any, *arguments: Any) -> Schedule:
    made: Schedule = shape(0.0, *arguments)
    return made


ZEROS = [
    zero(Exponential, 2.0, 1),
    zero(Exponential, 2.0, 7.5),
    zero(Exponential, -2.0),
    zero(NaturalExponential, -0.5, 1),
    zero(NaturalExponential, -1e300, 1e-300),
    zero(Inverse, 0.5),
    zero(Inverse, 0.0, 1e-320),
    zero(Formula, "t", "2.0 ** t"),
    zero(Formula, "t", "1e300 * 1e300"),
    zero(Linear, 0.0, 10),
    zero(Polynomial, 0.0, 10, 1e308),
    zero(Cosine, 0.0, 10),
    zero(Constant),
]


@pytest.mark.parametrize("schedule", ZEROS, ids=repr)
@pytest.mark.parametrize(
    "around",
    [
        lambda of: of,
        lambda of: Scale(of, 1e300),
        lambda of: Product((of, GROWTH)),
        lambda of: Product((GROWTH, of)),
        lambda of: Product((GROWTH, STEEP, of, GROWTH)),
        lambda of: Product((Exponential(1e300, 1e300), of)),
        lambda of: Sum((of, of)),
        lambda of: Staircase(of, 3),
        lambda of: Repeat(of, 5000),
        lambda of: Repeat(of, 5000, 1, 2.0),
        lambda of: Mirror(of, 5000),
        lambda of: Clamp(Product((of, GROWTH)), -1.0, 1.0),
    ],
)
def test_zero_stays_zero(schedule: Schedule, around: Any) -> None:
    assert set(rates_of(around(schedule), FAR)) == {0.0}


@pytest.mark.parametrize("growth", [2, 1000])
def test_the_floor_of_cycles_that_grow_stays_where_it_is(growth: int) -> None:
    at_its_floor = Repeat(Linear(0.1, 0.05, 10), 20, growth, 1e200, 0.05)
    ends = [20 * (growth**n - 1) // (growth - 1) - 1 for n in range(1, 6)]
    assert [at_its_floor.at(end) for end in ends] == [0.05] * 5
    one_length = Repeat(Linear(0.1, 0.05, 10), 20, 1, 1e10, 0.05)
    assert rates_of(one_length, [19, 39, 999, 1999, 99_999]) == [0.05] * 5


def test_zero_at_an_update_is_zero_however_far_its_factor_is() -> None:
    falling = Product((Linear(0.1, 0.0, 5000), GROWTH))
    assert rates_of(falling, [4999, 5000, 5001]) == [math.inf, 0.0, 0.0]


def test_what_grows_and_shrinks_comes_back() -> None:
    for schedule in (
        Product((GROWTH, Exponential(1.0, 0.5))),
        Product((Exponential(1.0, 0.5), GROWTH)),
        Product((Exponential(1.0, 2.0, 7.0), Exponential(0.1, 0.5, 7.0))),
        Product((Staircase(GROWTH, 2), Staircase(Exponential(1.0, 0.5), 2))),
        Product((NaturalExponential(0.1, 1.0), NaturalExponential(1.0, -1.0))),
        Product((Repeat(Constant(0.1), 1, 1, 2.0), Repeat(Constant(1.0), 1, 1, 0.5))),
        Scale(Product((Exponential(1e300, 2.0), Exponential(1e-300, 0.5))), 0.1),
        Product((Constant(1e300), Constant(1e300), Constant(1e-300), Constant(1e-301))),
        Product((Constant(1e-300), Constant(1e-300), Constant(1e300), Constant(1e299))),
        Scale(Scale(Constant(1e-200), 1e-200), 1e200) * 1e199,
    ):
        np.testing.assert_allclose(rates_of(schedule, [0, 900, 1100, 3001]), 0.1, rtol=1e-12)


def test_a_factor_that_underflows_is_brought_back() -> None:
    tiny = Product((Constant(1e-200), Constant(1e-200), Exponential(1.0, 10.0)))
    np.testing.assert_allclose(rates_of(tiny, [400, 500]), [1.0, 1e100], rtol=1e-12)
    scaled = Scale(Exponential(1e-300, 10.0), 1e-300)
    np.testing.assert_allclose(rates_of(scaled, [600, 700]), [1.0, 1e100], rtol=1e-12)
    subnormal = Product((Exponential(1.0, 0.5), Constant(1e-5), Exponential(1.0, 2.0)))
    np.testing.assert_allclose(rates_of(subnormal, [1060, 2000]), 1e-5, rtol=1e-12)


def test_what_overflows_may_be_taken_away_again() -> None:
    gone = Sum((GROWTH, Constant(0.25), Scale(GROWTH, -1.0)))
    assert rates_of(gone, [2000]) == [0.0]  # a quarter is nothing beside the greatest term
    half = Product((Sum((Exponential(1.0, 2.0), Exponential(-0.5, 2.0))), Exponential(1.0, 0.5)))
    np.testing.assert_allclose(rates_of(half, [0, 1500, 3000]), 0.5, rtol=1e-12)
    assert rates_of(Sum((Constant(1e308), Constant(1e308), Constant(-1e308))), [0]) == [1e308]


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_what_does_overflow_is_infinite(sign: float) -> None:
    assert rates_of(Exponential(sign, 2.0), [1023, 1024, 5000]) == [
        sign * 2.0**1023,
        sign * math.inf,
        sign * math.inf,
    ]
    assert rates_of(Exponential(sign, -2.0), [1024, 1025]) == [sign * math.inf, -sign * math.inf]
    held = Clamp(Product((Exponential(sign, 2.0), GROWTH)), -0.5, 0.5)
    assert rates_of(held, [5000]) == [sign * 0.5]


@given(st.lists(st.floats(1e-8, 1e8), min_size=1, max_size=4), st.integers(1, 10**4))
def test_any_powers_and_their_inverses(bases: list[float], update: int) -> None:
    there = [Exponential(1.0, base) for base in bases]
    back = [NaturalExponential(1.0, math.log(base)) for base in bases]
    came = Product((Constant(0.1), *there, *back)).at(update)
    assert math.isclose(came, 0.1, rel_tol=1e-15 * 100 * update * len(bases))


def test_columns_have_the_bits_of_each_schedule() -> None:
    def of(rate: float) -> Schedule:
        return Product((Linear(rate, 0.0, 4000), GROWTH, Exponential(1.0, 0.5)))

    groups = [of(rate) for rate in (0.0, 0.1, 1e-300, 3.0, 1e300)]
    together = Rates(groups)
    for step in (*range(3), 1100, *range(2999, 3002), 4000, 5000):
        assert together.at(step) == [group.at(step) for group in groups], step
    bases = [Exponential(rate, 2.0, 2.5) for rate in (0.0, 0.1, 1e-300, 3.0, 1e300)]
    together = Rates(bases)
    for step in (*range(600), 3000, 10**6):
        assert together.at(step) == [group.at(step) for group in bases], step


def test_a_run_of_several_blocks() -> None:
    frozen = Product((Table((0.0, 0.1), "repeat"), GROWTH, Exponential(1.0, 0.5)))
    rates = evaluate(frozen, Run(70_000)).values
    assert not np.isnan(rates).any()
    assert set(rates[::2].tolist()) == {0.0}
    np.testing.assert_allclose(rates[1::2], 0.01, rtol=1e-10)


def milestones(text: str, rates: str = "{'params': a, 'lr': 0.0}, {'params': b, 'lr': 0.1}") -> Any:
    return read(f"MultiStepLR(SGD([{rates}]), {text})")


@pytest.mark.parametrize("gamma", ["2", "2.0", "-2.0"])
def test_milestones_beyond_float64(gamma: str) -> None:
    call = milestones(f"milestones={list(range(1, 1101))}, gamma={gamma}")
    native, schedule = simulate(call, Run(1200)).values, call.lower()
    ours = evaluate(schedule, Run(1200)).values
    assert set(native[0].tolist()) == set(ours[0].tolist()) == {0.0}
    assert math.isinf(native[1][-1])
    np.testing.assert_allclose(ours[1], native[1], rtol=1e-12)
    assert Schedule.from_json(schedule.to_json()) == schedule


def test_milestones_at_which_torch_raises() -> None:
    call = milestones(f"milestones=[3, {'7, ' * 1100}], gamma=2")
    native, schedule = simulate(call, Run(20)), call.lower()
    assert native.halt is not None
    assert native.halt.update == schedule.length == 7
    assert evaluate(schedule, Run(20)).values.tolist() == native.values.tolist()
