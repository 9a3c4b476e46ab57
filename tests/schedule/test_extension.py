"""Schedules made longer: what is kept, what jumps, and where they end."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isorate import ScheduleError
from isorate.schedule.combinators import Groups, Join, Scale, Shift, Staircase, Until
from isorate.schedule.extension import extended, held_at, made_for
from isorate.schedule.namespace import SCALAR
from isorate.schedule.node import Schedule
from isorate.schedule.shapes.decays import Exponential
from isorate.schedule.shapes.lists import PiecewiseConstant, Table
from isorate.schedule.shapes.waves import Constant, Cosine, Linear, Polynomial

#: Schedules with the run that they say they are made for.
MADE: list[tuple[Schedule, int]] = [
    (Cosine(0.1, 0.001, 90), 90),
    (Cosine(0.1, 0.001, 90, "mirror"), 90),
    (Linear(0.1, 0.0, 90), 90),
    (Polynomial(0.1, 0.0, 90, 2.0), 90),
    (Cosine(0.1, 0.0, 80).after_warmup(10), 90),
    (Cosine(0.1, 0.0, 100).until(90), 90),
    (Scale(Cosine(0.1, 0.0, 90), 0.5), 90),
    (Staircase(Cosine(0.1, 0.0, 9), 10), 90),
    (Shift(Cosine(0.1, 0.0, 100), 10), 90),
    (Table((0.3, 0.2, 0.1)), 3),
]


@pytest.mark.parametrize(("schedule", "updates"), MADE, ids=str)
def test_a_schedule_says_how_long_a_run_it_was_made_for(schedule: Schedule, updates: int) -> None:
    assert made_for(schedule) == updates


@pytest.mark.parametrize(
    "schedule",
    [
        Constant(0.1),
        Exponential(0.1, 0.9),
        PiecewiseConstant((0.1, 0.01), (5,)),
        Linear(0.1, 0.0, 2.5),
        Join((Linear(0.0, 0.1, 5), Constant(0.1)), (5,)),
    ],
    ids=str,
)
def test_one_that_does_not_say_has_to_be_told(schedule: Schedule) -> None:
    with pytest.raises(ScheduleError, match="say planned="):
        extended(schedule, 200, 10)
    assert extended(schedule, 200, 10, planned=100) is not None


@given(st.integers(1, 400), st.sampled_from(MADE[:8]))
def test_a_stretched_schedule_goes_the_same_way(more: int, made: tuple[Schedule, int]) -> None:
    schedule, planned = made
    total = planned + more
    longer = extended(schedule, total, 5)
    assert longer.at(0) == schedule.at(0)
    if schedule.length is None and not isinstance(schedule, Staircase):
        assert held_at(longer, total) == pytest.approx(held_at(schedule, planned))
    if schedule.takes_fractions and not isinstance(schedule, Join | Staircase):
        for update in (total // 3, total // 2):
            same = schedule.formula(update * planned / total, SCALAR)
            assert longer.at(update) == pytest.approx(same, rel=1e-9)


def test_a_staircase_keeps_its_ticks() -> None:
    epochs = Staircase(Cosine(0.1, 0.0, 9), 10)
    longer = extended(epochs, 133, 5)
    assert longer == Staircase(Cosine(0.1, 0.0, 9 * 133 / 90), 10)
    assert len({longer.at(update) for update in range(10, 20)}) == 1


def test_the_parts_of_a_join_still_fit() -> None:
    schedule = Cosine(0.1, 0.001, 90).after_warmup(10)
    longer = extended(schedule, 333, 20)
    boundary = round(10 * 333 / 100)
    assert longer.at(boundary) == 0.1
    assert longer.at(boundary - 1) < 0.1
    assert longer.at(333) == 0.001
    assert longer.at(332) > 0.001


def test_boundaries_move_to_the_nearest_update() -> None:
    steps = PiecewiseConstant((0.1, 0.01, 0.001), (30, 60))
    assert extended(steps, 150, 10, planned=90) == PiecewiseConstant((0.1, 0.01, 0.001), (50, 100))


@given(st.integers(0, 120), st.integers(1, 300), st.sampled_from(MADE[:8]), st.data())
def test_a_held_schedule_keeps_what_was_and_ends_where_it_would(
    now: int, left: int, made: tuple[Schedule, int], data: st.DataObject
) -> None:
    schedule, planned = made
    over = data.draw(st.none() | st.integers(1, left))
    longer = extended(schedule, now + left, now, "hold", over=over)
    assert [longer.at(k) for k in range(now + 1)] == [held_at(schedule, k) for k in range(now + 1)]
    decay = max((now + left) // 10, 1) if over is None else over
    held = range(now, now + left - min(decay, left) + 1)
    assert {longer.at(k) for k in held} == {held_at(schedule, now)}
    assert longer.at(now + left) == held_at(schedule, planned)


@given(st.integers(0, 120), st.integers(3, 300), st.sampled_from(MADE[:5]))
def test_a_rewarmed_schedule_gets_back_to_its_peak_and_down(
    now: int, left: int, made: tuple[Schedule, int]
) -> None:
    schedule, planned = made
    longer = extended(schedule, now + left, now, "rewarm", over=2)
    assert [longer.at(k) for k in range(now + 1)] == [held_at(schedule, k) for k in range(now + 1)]
    assert longer.at(now + 2) == 0.1
    assert max(longer.at(k) for k in range(now, now + left + 1)) == 0.1
    assert longer.at(now + left) == pytest.approx(held_at(schedule, planned), abs=1e-12)


def test_what_follows_the_peak_is_stretched_part_by_part() -> None:
    parts = (Linear(0.0, 0.05, 5), Linear(0.05, 0.1, 5), Linear(0.1, 0.05, 40), Linear(0.05, 0, 40))
    longer = extended(Join(parts, (5, 10, 50)), 182, 20, "rewarm", over=2, planned=90)
    # the 80 updates after the peak become the 160 that are left after the new warmup
    for update, rate in ((22, 0.1), (62, 0.075), (102, 0.05), (142, 0.025), (182, 0.0)):
        assert longer.at(update) == pytest.approx(rate, rel=1e-12)


def test_groups_are_extended_one_by_one() -> None:
    both = Groups((Cosine(0.1, 0.0, 90), Linear(0.2, 0.0, 90)))
    assert extended(both, 180, 5) == Groups((Cosine(0.1, 0.0, 180), Linear(0.2, 0.0, 180)))


def test_an_end_moves_along() -> None:
    longer = extended(Until(Cosine(0.1, 0.0, 90), 90), 180, 5)
    assert longer == Until(Cosine(0.1, 0.0, 180), 180)
    assert longer.length == 180


@pytest.mark.parametrize("now", [-1, 2.5, None])
def test_what_is_no_update_is_refused(now: Any) -> None:
    with pytest.raises(ScheduleError, match="now"):
        extended(Cosine(0.1, 0.0, 90), 180, now)
