"""Every n-th rate of a schedule: what a run makes of one whose ``step()`` takes several steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isorate import Run, Schedule, ScheduleError, evaluate
from isorate.schedule.combinators import Join, Shift, Staircase, Stepped, Until
from isorate.schedule.combinators.clocks import Stride
from isorate.schedule.namespace import SCALAR
from isorate.schedule.shapes import Constant, Cosine, Exponential, Linear, PiecewiseConstant
from tests.schedule.drawing import assert_same_rates, bounded, rates_of, schedules

strides = st.integers(1, 6)


@given(schedules, strides)
def test_it_has_every_nth_rate(schedule: Schedule, by: int) -> None:
    strided = Stride(schedule, by)
    updates = bounded(strided, 40)
    expected = [schedule.at(update * by) for update in range(updates)]
    assert_same_rates(rates_of(strided, updates), np.array(expected))
    if schedule.length is not None:
        assert strided.length is not None
        assert (strided.length - 1) * by < schedule.length <= strided.length * by


@given(schedules, strides)
def test_its_normal_form_keeps_every_rate(schedule: Schedule, by: int) -> None:
    strided = Stride(schedule, by)
    normal = strided.normal()
    assert normal.normal() == normal
    assert normal.length == strided.length
    updates = bounded(strided, 40)
    assert_same_rates(rates_of(normal, updates), rates_of(strided, updates), normal)


@given(schedules, strides, st.integers(0, 12))
def test_it_shifts(schedule: Schedule, by: int, updates: int) -> None:
    strided = Stride(schedule, by)
    if strided.length is not None and strided.length <= updates:
        return
    shifted = strided.shifted_by(updates)
    assert shifted is not None
    found = rates_of(shifted, bounded(shifted, 30))
    expected = [strided.at(updates + update) for update in range(len(found))]
    assert_same_rates(found, np.array(expected))
    assert shifted.length == (None if strided.length is None else strided.length - updates)


@given(schedules, strides, st.integers(1, 30))
def test_it_is_cut_short(schedule: Schedule, by: int, updates: int) -> None:
    strided = Stride(schedule, by)
    updates = bounded(strided, updates)
    cut = strided.cut_short(updates)
    assert_same_rates(rates_of(cut, updates), rates_of(strided, updates), cut)


@given(schedules, strides)
def test_its_cycle_comes_again(schedule: Schedule, by: int) -> None:
    strided = Stride(schedule, by)
    cycle = strided.cycle
    if cycle is None or cycle > 10_000:
        return
    again = [strided.at(update + cycle) for update in range(20)]
    assert_same_rates(np.array(again), rates_of(strided, 20), cycle)


@given(schedules, strides, st.integers(1, 4))
def test_a_run_strides_over_the_steps_of_each_call(schedule: Schedule, by: int, every: int) -> None:
    run = Run(50, updates_per_epoch=every, step_every="epoch", accelerate=by)
    stepped = Stepped(schedule)
    resolved, inner = stepped.resolved(run), schedule.resolved(run)
    updates = bounded(resolved, 50)
    expected = [inner.at(run.step_of(update)) for update in range(updates)]
    assert_same_rates(rates_of(resolved, updates), np.array(expected))
    assert_same_rates(evaluate(stepped, run.lasting(updates)).values, np.array(expected))


@given(schedules, st.integers(1, 30), st.integers(1, 4))
def test_a_run_may_come_before_the_normal_form_or_after_it(
    schedule: Schedule, end: int, by: int
) -> None:
    run = Run(50, accelerate=by)
    ended = Until(Stepped(schedule), end)
    before, after = ended.resolved(run).normal(), ended.normal().resolved(run).normal()
    assert before.length == after.length
    updates = bounded(before, 50)
    assert_same_rates(rates_of(after, updates), rates_of(before, updates))


@pytest.mark.parametrize(
    ("of", "by", "normal"),
    [
        (Cosine(0.1, 0.0, 10, "mirror"), 2, Cosine(0.1, 0.0, 5, "mirror")),
        (Cosine(0.1, 0.0, 9), 3, Cosine(0.1, 0.0, 3)),
        (Cosine(0.1, 0.0, 5), 2, Stride(Cosine(0.1, 0.0, 5), 2)),
        (Exponential(0.1, 0.5), 3, Stride(Exponential(0.1, 0.5), 3)),
        (Stride(Linear(0.1, 0.0, 7), 2), 3, Stride(Linear(0.1, 0.0, 7), 6)),
        (Staircase(Linear(0.1, 0.0, 7), 6), 3, Staircase(Linear(0.1, 0.0, 7), 2)),
        (Staircase(Linear(0.1, 0.0, 7), 2), 6, Stride(Linear(0.1, 0.0, 7), 3)),
        (
            Staircase(Linear(0.1, 0.0, 7), 4),
            6,
            Stride(Staircase(Linear(0.1, 0.0, 7), 2), 3),
        ),
        (PiecewiseConstant((0.1, 0.01), (6,)), 3, PiecewiseConstant((0.1, 0.01), (2,))),
        (Until(Linear(0.1, 0.0, 7), 7), 2, Until(Stride(Linear(0.1, 0.0, 7), 2), 4)),
        (Constant(0.1), 4, Constant(0.1)),
        (
            Join((Linear(0.0, 0.1, 4), Cosine(0.1, 0.0, 8)), (4,)),
            4,
            Join((Linear(0.0, 0.1, 1), Cosine(0.1, 0.0, 2)), (1,)),
        ),
        (Linear(0.1, 0.0, 7), 1, Linear(0.1, 0.0, 7)),
    ],
)
def test_where_it_moves_to(of: Schedule, by: int, normal: Schedule) -> None:
    assert Stride(of, by).normal() == normal.normal()


def test_durations_that_would_be_rounded_stay() -> None:
    begun = Shift(Cosine(0.1, 0.0, 9), 4)
    strided = Stride(begun, 3)
    assert strided.normal() == Stride(begun.normal(), 3)
    assert strided.normal().formula(1, SCALAR) == Cosine(0.1, 0.0, 9).at(7)


@pytest.mark.parametrize("by", [0, -1, 1.5, True, 2**53])
def test_no_stride_at_all(by: Any) -> None:
    with pytest.raises(ScheduleError, match=r"stride\.by"):
        Stride(Constant(0.1), by)


def test_a_cycle_ends_at_an_update() -> None:
    wave = Cosine(0.1, 0.0, 3, "mirror")
    assert [Stride(wave, by).cycle for by in (1, 2, 3, 4, 6)] == [6, 3, 2, 3, 1]
