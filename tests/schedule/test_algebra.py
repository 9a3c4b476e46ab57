"""Schedules put together with methods and operators, and what normal forms prove of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isorate import Run, Schedule, ScheduleError
from isorate.schedule.algebra import groups, join, rates, to_json
from isorate.schedule.combinators.clocks import Shift, Staircase, Stepped, Stretch, Until
from isorate.schedule.combinators.joins import Groups, Join, Mirror, Repeat
from isorate.schedule.combinators.operations import Clamp, Product, Scale, Sum
from isorate.schedule.python_source import formula
from isorate.schedule.shapes.decays import Exponential
from isorate.schedule.shapes.lists import PiecewiseConstant, Table
from isorate.schedule.shapes.waves import Constant, Cosine, Linear, Polynomial
from tests.schedule.drawing import assert_same_rates, bounded, counts, rates_of, schedules

COSINE = Cosine(0.1, 0.0, 95)
LINE = Linear(0.0, 0.1, 5)


# --- methods and operators ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (LINE.then(COSINE, at=5), Join((LINE, COSINE), (5,))),
        (COSINE.after_warmup(5), Join((LINE, COSINE), (5,))),
        (COSINE.after_warmup(5, 0.01), Join((Linear(0.01, 0.1, 5), COSINE), (5,))),
        (COSINE.repeated(95), Repeat(COSINE, 95)),
        (
            COSINE.repeated(95, growth=2, shrink=0.5, floor=0.01),
            Repeat(COSINE, 95, 2, 0.5, 0.01),
        ),
        (COSINE.mirrored(95), Mirror(COSINE, 95)),
        (COSINE.clamped(least=0.01), Clamp(COSINE, 0.01)),
        (COSINE.clamped(most=0.05), Clamp(COSINE, None, 0.05)),
        (COSINE.stretched(1.5), Stretch(COSINE, 1.5)),
        (COSINE.shifted(3), Shift(COSINE, 3)),
        (COSINE.staircase(3), Staircase(COSINE, 3)),
        (COSINE.until(3), Until(COSINE, 3)),
        (COSINE.stepped(), Stepped(COSINE)),
        (COSINE * 0.5, Scale(COSINE, 0.5)),
        (2 * COSINE, Scale(COSINE, 2)),
        (COSINE * LINE, Product((COSINE, LINE))),
        (COSINE + LINE, Sum((COSINE, LINE))),
        (COSINE + 0.1, Sum((COSINE, Constant(0.1)))),
        (0.1 + COSINE, Sum((COSINE, Constant(0.1)))),
        (join(LINE, COSINE, LINE, at=[5, 9]), Join((LINE, COSINE, LINE), (5, 9))),
        (groups(LINE, COSINE), Groups((LINE, COSINE))),
    ],
)
def test_each_method_is_its_combinator(written: Schedule, meant: Schedule) -> None:
    assert written == meant


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.then(LINE, at=5),
        lambda s: s.after_warmup(5),
        lambda s: s.repeated(5),
        lambda s: s.mirrored(5),
        lambda s: s.clamped(least=0.01),
        lambda s: s.stretched(2),
        lambda s: s.shifted(2),
        lambda s: s.staircase(2),
        lambda s: s.until(2),
        lambda s: s.stepped(),
        lambda s: s * 0.5,
        lambda s: s * LINE,
        lambda s: s + 0.5,
        lambda s: s + LINE,
    ],
)
def test_groups_are_changed_one_by_one(change: Any) -> None:
    both = groups(COSINE, LINE)
    assert change(both) == Groups((change(COSINE), change(LINE)))


@pytest.mark.parametrize(
    "build",
    [
        lambda both: COSINE.then(both, at=5),
        lambda both: COSINE * both,
        lambda both: COSINE + both,
        lambda both: both * both,
        lambda both: join(COSINE, both, at=[5]),
        lambda both: COSINE.then(LINE, at=0),
        lambda both: join(COSINE, LINE, at=[]),
        lambda both: COSINE.repeated(0),
        lambda both: COSINE.stretched(-1),
        lambda both: COSINE * float("nan"),
        lambda both: groups(),
        lambda both: groups(both),
    ],
)
def test_what_cannot_be_put_together_is_refused(build: Any) -> None:
    with pytest.raises(ScheduleError):
        build(groups(COSINE, LINE))


@pytest.mark.parametrize("other", ["0.1", None, True, [1]])
def test_other_operands_are_a_type_error(other: Any) -> None:
    with pytest.raises(TypeError):
        COSINE * other
    with pytest.raises(TypeError):
        COSINE + other
    with pytest.raises(TypeError):
        COSINE | other


def test_a_schedule_is_handed_to_reports() -> None:
    schedule = Constant(0.1).then(Table((0.2, 0.3)), at=2)
    assert schedule | rates(10) == [0.1, 0.1, 0.2, 0.3]
    assert schedule | rates(3) == [0.1, 0.1, 0.2]
    assert json.loads(schedule | to_json)["shape"] == "join"
    assert Linear(0.1, 0.0, 10) | formula("step") == "0.1 * max(10 - step, 0) / 10"
    assert schedule | type is Join


@given(schedules, schedules, counts)
def test_before_and_from_the_boundary_on(a: Schedule, b: Schedule, at: int) -> None:
    both = a.then(b, at=at)
    before = bounded(a, at)
    assert_same_rates(rates_of(both, before), rates_of(a, before))
    if before < at:
        assert both.length == before
        return
    after = bounded(b, 30)
    assert both.length == (None if b.length is None else at + b.length)
    assert_same_rates(rates_of(both, at + after)[at:], rates_of(b, after))


@given(schedules, counts, st.sampled_from([0.0, 0.05]))
def test_a_warmup_comes_before_everything(schedule: Schedule, updates: int, start: float) -> None:
    warm = schedule.after_warmup(updates, start)
    after = bounded(schedule, 30)
    assert warm.at(0) == start
    assert_same_rates(rates_of(warm, updates + after)[updates:], rates_of(schedule, after))


@given(schedules, schedules)
def test_products_and_sums(a: Schedule, b: Schedule) -> None:
    updates = bounded(a * b, 40)
    assert_same_rates(rates_of(a * b, updates), rates_of(a, updates) * rates_of(b, updates))
    assert_same_rates(rates_of(a + b, updates), rates_of(a, updates) + rates_of(b, updates))
    assert (a + b).normal() == (b + a).normal()


# --- what normal forms prove ----------------------------------------------------------------------

WARMUPS = {
    "absolute shapes": Join((LINE, COSINE), (5,)),
    "a method": COSINE.after_warmup(5),
    "factors of the base rate": Linear(0.0, 1.0, 5).then(Cosine(1.0, 0.0, 95), at=5) * 0.1,
    "the factor first": 0.1 * Join((Linear(0.0, 1.0, 5), Cosine(1.0, 0.0, 95)), (5,)),
    "a warmup times the rest": Linear(0.0, 1.0, 5) * Constant(0.1).then(COSINE, at=5),
    "the rest times a warmup": join(Constant(0.1), COSINE, at=[5]) * Linear(0.0, 1.0, 5),
    "a warmup that ends": Linear(0.0, 1.0, 5).then(Constant(1.0), at=5)
    * Constant(0.1).then(COSINE, at=5),
    "a join within": LINE.then(Constant(0.1), at=7).then(COSINE, at=5),
    "a join around": LINE.then(COSINE.then(COSINE.shifted(20), at=20), at=5),
    "a warmup that goes on": Linear(0.0, 0.1, 5, "continue").then(COSINE, at=5),
    "a warmup that stops": Linear(0.0, 0.1, 5, "stop").then(COSINE, at=5),
    "a cosine of another end": LINE.then(Cosine(0.1, 0.0, 95.0), at=5),
    "bounds that nothing reaches": LINE.then(COSINE, at=5).clamped(least=0.0, most=0.1),
    "bounds of the parts": LINE.clamped(most=1.0).then(COSINE.clamped(least=0.0), at=5),
    "a clock of one": LINE.staircase(1).then(COSINE.staircase(1), at=5),
    "nothing added": LINE.then(COSINE, at=5) + 0.0,
    "added up": LINE.then(Constant(0.0), at=5) + Constant(0.0).then(COSINE, at=5),
    "stretched": Linear(0.0, 0.1, 1).then(Cosine(0.1, 0.0, 19), at=1).stretched(5),
}


@pytest.mark.parametrize("name", WARMUPS)
def test_every_way_to_write_a_warmup_has_one_normal_form(name: str) -> None:
    assert WARMUPS[name].normal() == Join((LINE, COSINE), (5,))


@pytest.mark.parametrize(
    "other",
    [
        COSINE.after_warmup(6),
        COSINE.after_warmup(5, 1e-9),
        Cosine(0.1, 0.0, 94).after_warmup(5),
        Cosine(0.1, 1e-12, 95).after_warmup(5),
        Cosine(0.1, 0.0, 95, "mirror").after_warmup(5),
        COSINE.after_warmup(5).until(1000),
        COSINE.after_warmup(5).staircase(2),
        COSINE.after_warmup(5).clamped(least=1e-9),
        COSINE.after_warmup(5) * 0.5,
        COSINE.shifted(1).after_warmup(5),
        COSINE.after_warmup(5).stepped(),
        Polynomial(0.0, 0.1, 5, 2.0).then(COSINE, at=5),
    ],
)
def test_what_differs_has_another_normal_form(other: Schedule) -> None:
    assert other.normal() != COSINE.after_warmup(5).normal()


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (COSINE.mirrored(95), Cosine(0.1, 0.0, 95, "mirror")),
        (Cosine(0.1, 0.0, 95, "mirror").mirrored(95), Cosine(0.1, 0.0, 95, "mirror")),
        (LINE.mirrored(5), Linear(0.0, 0.1, 5, "mirror")),
        (COSINE.then(Cosine(0.0, 0.1, 95), at=95).repeated(190), Cosine(0.1, 0.0, 95, "mirror")),
        (Cosine(0.1, 0.0, 95, "continue"), Cosine(0.1, 0.0, 95, "mirror")),
        (Cosine(0.1, 0.0, 95, "mirror").repeated(380), Cosine(0.1, 0.0, 95, "mirror")),
        (Cosine(0.1, 0.0, 95, "mirror").shifted(570), Cosine(0.1, 0.0, 95, "mirror")),
        (COSINE.repeated(95), Cosine(0.1, 0.0, 95, "repeat")),
        (COSINE.staircase(3).repeated(285), Cosine(0.1, 0.0, 95, "repeat").staircase(3)),
        (Polynomial(0.1, 0.0, 9, 2.0).repeated(9), Polynomial(0.1, 0.0, 9, 2.0, "repeat")),
        (Polynomial(0.1, 0.0, 9, 1.0), Linear(0.1, 0.0, 9)),
        (Cosine(0.1, 0.0, 95, "stop"), COSINE.until(95)),
        (Cosine(0.1, 0.0, 95, "mirror").until(95), COSINE.until(95)),
        (
            join(Constant(0.1), Constant(0.01), Constant(0.001), at=[5, 8]),
            PiecewiseConstant((0.1, 0.01, 0.001), (5, 8)),
        ),
        (
            PiecewiseConstant((1.0, 0.1), (5,)) * PiecewiseConstant((1.0, 0.1), (8,)) * 0.5,
            PiecewiseConstant((0.5, 0.05, 0.5 * (0.1 * 0.1)), (5, 8)),
        ),
        (
            join(Constant(0.1), Constant(0.01), at=[3]).staircase(4),
            PiecewiseConstant((0.1, 0.01), (12,)),
        ),
        (Table((0.1, 0.2)).then(Table((0.3, 0.4)), at=2), Table((0.1, 0.2, 0.3, 0.4))),
        (Table((0.1, 0.2, 0.9)).then(Table((0.3, 0.4)), at=2), Table((0.1, 0.2, 0.3, 0.4))),
        (Table((0.1, 0.2), "hold").until(2), Table((0.1, 0.2))),
        (Table((0.1, 0.1)), Constant(0.1).until(2)),
        (COSINE.until(20).then(COSINE.shifted(20), at=20), COSINE),
        (Exponential(0.1, 0.5) * 2, Exponential(0.2, 0.5)),
        (COSINE.clamped(least=0.01).clamped(least=0.02), COSINE.clamped(least=0.02)),
        (COSINE.clamped(least=0.2), Constant(0.2)),
        (COSINE.stepped() * 0.5, (COSINE * 0.5).stepped()),
        (COSINE.stepped().clamped(least=0.01), COSINE.clamped(least=0.01).stepped()),
        (COSINE * Exponential(1.0, 0.9), Exponential(1.0, 0.9) * COSINE),
    ],
)
def test_two_ways_to_write_one_schedule(a: Schedule, b: Schedule) -> None:
    assert a.normal() == b.normal()
    updates = bounded(a, 500)
    assert_same_rates(rates_of(a, updates), rates_of(b, updates))


def test_one_of_both_clocks_is_what_the_run_says() -> None:
    run = Run(40, updates_per_epoch=4, step_every="epoch")
    assert COSINE.stepped().resolved(run).normal() == COSINE.staircase(4).normal()
