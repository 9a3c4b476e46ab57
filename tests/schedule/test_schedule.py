"""Schedules as data: JSON, its schema, normal form, and the one formula for scalars and arrays."""

from __future__ import annotations

import json
import math
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from isorate import Run, Schedule, ScheduleError, evaluate
from isorate.schedule.combinators.clocks import Shift, Staircase, Stepped, Stretch, Stride, Until
from isorate.schedule.combinators.joins import Groups, Join, Mirror, Repeat
from isorate.schedule.combinators.operations import Clamp, Product, Scale, Sum
from isorate.schedule.formula import Formula
from isorate.schedule.namespace import SCALAR
from isorate.schedule.shapes.decays import Exponential, Inverse, NaturalExponential
from isorate.schedule.shapes.lists import PiecewiseConstant, Table
from isorate.schedule.shapes.waves import Constant, Cosine, Linear, Polynomial
from tests.schedule.drawing import assert_same_rates, bounded, counts, rates_of, schedules, shapes

SCHEMA = jsonschema.Draft202012Validator(Schedule.json_schema())


@given(schedules)
def test_json_round_trip_and_schema(schedule: Schedule) -> None:
    text = schedule.to_json()
    assert Schedule.from_json(text) == schedule
    SCHEMA.validate(json.loads(text))


@settings(max_examples=3 * (settings.default or settings()).max_examples)
@given(schedules)
@example(Mirror(Linear(0.0, 0.3, 3, "repeat"), 3))  # turns where the line has begun again
def test_normal_form_keeps_every_rate(schedule: Schedule) -> None:
    normal = schedule.normal()
    assert normal.normal() == normal
    assert normal.length == schedule.length
    updates = bounded(schedule)
    assert_same_rates(rates_of(normal, updates), rates_of(schedule, updates), normal)
    if schedule.takes_fractions:
        ours, theirs = (
            np.array([float(s.formula(update + 0.5, SCALAR)) for update in range(updates)])
            for s in (normal, schedule)
        )
        assert_same_rates(ours, theirs, "between two updates")


@given(schedules, counts)
def test_a_run_puts_steps_on_the_clock_of_updates(schedule: Schedule, every: int) -> None:
    run = Run(50, updates_per_epoch=every, step_every="epoch")
    resolved = Stepped(schedule).resolved(run)
    inner = schedule.resolved(run)
    for update in range(min(50, bounded(resolved))):
        assert resolved.at(update) == inner.at(update // every)


@given(schedules, st.integers(1, 4))
def test_a_run_may_come_before_the_normal_form_or_after_it(schedule: Schedule, every: int) -> None:
    run = Run(50, updates_per_epoch=every, step_every="epoch")
    before, after = schedule.resolved(run).normal(), schedule.normal().resolved(run).normal()
    assert before.length == after.length
    updates = bounded(before, 50)
    assert_same_rates(rates_of(after, updates), rates_of(before, updates))


@given(schedules)
def test_one_formula_for_one_update_and_for_many(schedule: Schedule) -> None:
    updates = bounded(schedule)
    curve = evaluate(schedule, Run(updates))
    alone = rates_of(schedule.resolved(Run(updates)).normal(), updates)
    assert_same_rates(curve.values, alone, schedule)


@given(schedules)
def test_the_rates_lie_within_the_bounds(schedule: Schedule) -> None:
    low, high = schedule.bounds
    for rate in rates_of(schedule, bounded(schedule, 60)).tolist():
        assert low - 1e-12 * abs(low) <= rate <= high + 1e-12 * abs(high) or math.isnan(rate)


@given(schedules)
def test_a_cycle_comes_again(schedule: Schedule) -> None:
    cycle = schedule.cycle
    if cycle is None or cycle > 10_000:
        return
    again = [schedule.at(update + cycle) for update in range(40)]
    assert_same_rates(np.array(again), rates_of(schedule, 40), cycle)


# --- how a schedule takes what is done to it ------------------------------------------------------


@given(schedules, st.sampled_from([0.5, 3.0, -1.0, 0.0, 1.0]))
def test_scaled_by(schedule: Schedule, factor: float) -> None:
    scaled = schedule.scaled_by(factor)
    assert scaled is not None
    assert scaled.length == schedule.length
    updates = bounded(schedule, 60)
    assert_same_rates(rates_of(scaled, updates), rates_of(schedule, updates) * factor, scaled)


@given(schedules, st.integers(1, 5))
def test_stretched_by(schedule: Schedule, factor: int) -> None:
    stretched = schedule.stretched_by(factor)
    if stretched is None:
        return
    updates = bounded(schedule, 40)
    assert stretched.length == (None if schedule.length is None else schedule.length * factor)
    slow = np.array([stretched.at(update * factor) for update in range(updates)])
    assert_same_rates(slow, rates_of(schedule, updates), stretched)
    back = stretched.stretched_by(1 / factor)
    assert back is None or factor != 2 or back.normal() == schedule.normal()


@given(schedules, st.integers(0, 50))
def test_shifted_by(schedule: Schedule, by: int) -> None:
    by = by if schedule.length is None else by % schedule.length
    shifted = schedule.shifted_by(by)
    if shifted is None:
        return
    updates = bounded(schedule, 120) - by
    assert shifted.length == (None if schedule.length is None else schedule.length - by)
    assert_same_rates(rates_of(shifted, updates), rates_of(schedule, by + updates)[by:], shifted)


@given(schedules, st.integers(1, 60))
def test_cut_short(schedule: Schedule, updates: int) -> None:
    normal = schedule.normal()
    updates = bounded(normal, updates)
    short = normal.cut_short(updates)
    assert short.normal() == short
    assert short.length is None or short.length >= updates
    assert_same_rates(rates_of(short, updates), rates_of(normal, updates), short)
    assert short.cut_short(updates) == short


@given(schedules, st.integers(1, 6))
def test_on_a_staircase(schedule: Schedule, every: int) -> None:
    moved = schedule.on_a_staircase(every)
    if moved is None:
        return
    assert moved.length == (None if schedule.length is None else schedule.length * every)
    updates = bounded(moved)
    want = [schedule.at(update // every) for update in range(updates)]
    assert_same_rates(rates_of(moved, updates), np.array(want), moved)


@given(schedules)
def test_mapped_changes_the_children_and_nothing_else(schedule: Schedule) -> None:
    assert schedule.mapped(lambda child: child) is schedule
    turned = schedule.mapped(lambda child: child.scaled_by(1.0) or child)
    assert type(turned) is type(schedule)
    updates = bounded(schedule, 30)
    assert_same_rates(rates_of(turned, updates), rates_of(schedule, updates))
    assert not schedule.children() or len(turned.children()) == len(schedule.children())


@given(shapes, st.sampled_from([0.25, 0.5, 1.75]))
def test_a_fraction_of_an_update_is_a_time_or_refused(shape: Schedule, by: float) -> None:
    if not shape.takes_fractions:
        with pytest.raises(ScheduleError, match="between two updates"):
            Shift(shape, by)
        return
    if shape.length is not None and shape.length <= by:
        return
    shifted = Shift(shape, by)
    updates = bounded(shifted, 30)
    stretched = shape.stretched_by(4)
    want = [shape.formula(update + by, SCALAR) for update in range(updates)]
    assert_same_rates(rates_of(shifted, updates), np.array(want))
    if stretched is not None:
        finer = [stretched.at(int(4 * (update + by))) for update in range(updates)]
        assert_same_rates(rates_of(shifted, updates), np.array(finer), stretched)
    curve = evaluate(shifted, Run(updates))
    assert_same_rates(curve.values, rates_of(shifted, updates))


def test_a_deep_tree_takes_no_longer_than_it_should() -> None:
    schedule: Schedule = Cosine(0.1, 0.0, 10, "mirror")
    for _ in range(20):  # work that doubles with every level would never end
        begun = Shift(Join((Constant(1.0), schedule), (2,)), 1)
        schedule = Clamp(Sum((Scale(Until(Staircase(begun, 2), 1000), 0.5), Constant(0.1))), 0.01)
    normal = schedule.normal()
    assert normal.normal() == normal
    assert normal.length == schedule.length
    assert normal.at(9) == pytest.approx(schedule.at(9), rel=1e-12)


def test_a_finite_schedule_gives_a_shorter_curve_and_says_where() -> None:
    curve = evaluate(Until(Constant(0.1), 6), Run(8))
    assert curve.updates == 6
    assert curve.halt is not None
    assert curve.halt.update == 6
    with pytest.raises(ScheduleError, match="no rate there"):
        Until(Constant(0.1), 6).at(6)
    assert evaluate(Until(Constant(0.1), 6), Run(6)).halt is None


def test_groups_have_one_row_each() -> None:
    groups = Groups((Constant(0.1), Cosine(0.1, 0.0, 2)))
    curve = evaluate(groups, Run(3))
    assert curve.values.shape == (2, 3)
    assert curve.values[1].tolist() == [0.1, Cosine(0.1, 0.0, 2).at(1), 0.0]
    with pytest.raises(ScheduleError, match="no single rate"):
        groups.at(0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{",
        "{}",
        '{"shape": "sawtooth"}',
        '{"shape": "cosine"}',
        '{"shape": "cosine", "start": 0.1, "end": 0, "duration": 0}',
        '{"shape": "cosine", "start": 0.1, "end": 0, "duration": -1}',
        '{"shape": "cosine", "start": "0.1", "end": 0, "duration": 1}',
        '{"shape": "cosine", "start": 0.1, "end": 0, "duration": 1, "after": "fly"}',
        '{"shape": "cosine", "start": 0.1, "end": 0, "duration": 1, "extra": 1}',
        '{"shape": "constant", "rate": NaN}',
        '{"shape": "constant", "rate": 1e999}',
        '{"shape": "table", "rates": []}',
        '{"shape": "table", "rates": [0.1], "after": "mirror"}',
        '{"shape": "until", "of": {"shape": "constant", "rate": 0.1}, "updates": 0}',
        '{"shape": "until", "of": {"shape": "constant", "rate": 0.1}, "updates": 1.5}',
        '{"shape": "staircase", "of": {"shape": "constant", "rate": 0.1}, "every": true}',
        '{"shape": "join", "of": [{"shape": "constant", "rate": 0.1}], "boundaries": [1]}',
        '{"shape": "groups", "of": []}',
        '{"shape": "shift", "of": {"shape": "table", "rates": [0.1]}, "by": 1}',
        '{"shape": "linear", "start": 0.1, "end": 0, "duration": 5, "after": "sail"}',
        '{"shape": "linear", "start": 0.1, "end": 0}',
        '{"shape": "linear", "start": 0.1, "end": 0, "duration": 1e400}',
        '{"shape": "linear", "start": 0.1, "end": 0, "duration": 1' + "0" * 400 + "}",
        '{"shape": "polynomial", "start": 0.1, "end": 0, "duration": 5, "power": 0}',
        '{"shape": "polynomial", "start": 0.1, "end": 0, "duration": 5}',
        '{"shape": "polynomial", "start": 1, "end": 0, "duration": 5, "power": 2,'
        ' "after": "continue"}',
        '{"shape": "exponential", "start": 0.1, "factor": -0.5, "duration": 2}',
        '{"shape": "exponential", "start": 0.1, "factor": null}',
        '{"shape": "natural_exponential", "start": 0.1, "decay": 1, "duration": 0}',
        '{"shape": "inverse", "start": 0.1, "decay": -1}',
        '{"shape": "piecewise_constant", "rates": [0.1], "boundaries": [1]}',
        '{"shape": "piecewise_constant", "rates": [0.1, 0.2, 0.3], "boundaries": [5, 5]}',
        '{"shape": "piecewise_constant", "rates": [0.1, 0.2], "boundaries": [0]}',
        '{"shape": "formula", "scale": 1, "variable": "t", "source": "open(t)"}',
        '{"shape": "formula", "scale": 1, "variable": "1t", "source": "2"}',
        '{"shape": "formula", "scale": 1, "variable": "t", "source": "t +"}',
        '{"shape": "formula", "scale": 1, "variable": "t", "source": "' + "(" * 500 + '"}',
        '{"shape": "stretch", "of": {"shape": "table", "rates": [0.1]}, "by": 2}',
        '{"shape": "stretch", "of": {"shape": "constant", "rate": 0.1}, "by": 0}',
        '{"shape": "stretch", "of": {"shape": "constant", "rate": 0.1}, "by": "2"}',
        '{"shape": "shift", "of": {"shape": "table", "rates": [0.1, 0.2]}, "by": 0.5}',
        '{"shape": "repeat", "of": {"shape": "constant", "rate": 0.1}, "period": 0}',
        '{"shape": "repeat", "of": {"shape": "table", "rates": [0.1]}, "period": 2}',
        '{"shape": "repeat", "of": {"shape": "table", "rates": [0.1]}, "period": 1, "growth": 2}',
        '{"shape": "repeat", "of": {"shape": "constant", "rate": 1}, "period": 1, "growth": 0.5}',
        '{"shape": "mirror", "of": {"shape": "table", "rates": [0.1]}, "duration": 1}',
        '{"shape": "mirror", "of": {"shape": "constant", "rate": 0.1}}',
        '{"shape": "scale", "of": {"shape": "constant", "rate": 0.1}, "by": 1e999}',
        '{"shape": "scale", "of": [], "by": 1}',
        '{"shape": "product", "of": []}',
        '{"shape": "product", "of": {"shape": "constant", "rate": 0.1}}',
        '{"shape": "sum", "of": []}',
        '{"shape": "sum", "of": [0.1]}',
        '{"shape": "clamp", "of": {"shape": "constant", "rate": 0.1}, "least": 2, "most": 1}',
        '{"shape": "clamp", "of": {"shape": "constant", "rate": 0.1}, "least": "low"}',
        '{"shape": "until", "of": {"shape": "groups", "of": [{"shape": "constant", "rate": 1}]},'
        ' "updates": 1}',
        "\x00",
        '{"shape": "shift", "by": 1, "of": ' * 5000,
        '{"shape": "stepped", "of": ' * 80 + '{"shape": "constant", "rate": 0.1}' + "}" * 80,
    ],
)
def test_bad_json_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        Schedule.from_json(text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "build",
    [
        lambda: Constant(float("nan")),
        lambda: Constant("0.1"),  # type: ignore[arg-type]
        lambda: Constant(True),
        lambda: Cosine(0.1, float("inf"), 10),
        lambda: Cosine(0.1, 0.0, float("inf")),
        lambda: Staircase(Constant(0.1), 0),
        lambda: Staircase(Constant(0.1), True),
        lambda: Until(Constant(0.1), -1),
        lambda: Shift(Constant(0.1), -1),
        lambda: Join((Constant(0.1), Constant(0.2)), (0,)),
        lambda: Join((Constant(0.1), Constant(0.2), Constant(0.3)), (5, 5)),
        lambda: Groups((Groups((Constant(0.1),)),)),
        lambda: Constant(10**400),
        *(
            lambda shape=shape, value=value: shape(value)
            for value in (math.nan, math.inf, True, None, "0.1", 10**400)
            for shape in (
                Constant,
                lambda value: Linear(value, 0.1, 5),
                lambda value: Linear(0.1, value, 5),
                lambda value: Linear(0.1, 0.0, value),
                lambda value: Polynomial(0.1, value, 5, 2.0),
                lambda value: Polynomial(0.1, 0.0, value, 2.0),
                lambda value: Polynomial(0.1, 0.0, 5, value),
                lambda value: Cosine(0.1, value, 5),
                lambda value: Cosine(0.1, 0.0, value),
                lambda value: Exponential(value, 0.5),
                lambda value: Exponential(0.1, value),
                lambda value: Exponential(0.1, 0.5, value),
                lambda value: NaturalExponential(value, 0.5),
                lambda value: NaturalExponential(0.1, value),
                lambda value: NaturalExponential(0.1, 0.5, value),
                lambda value: Inverse(value, 0.5),
                lambda value: Inverse(0.1, value),
                lambda value: Inverse(0.1, 0.5, value),
                lambda value: PiecewiseConstant((value,), ()),
                lambda value: PiecewiseConstant((0.1, 0.2), (value,)),
                lambda value: Table((0.1, value)),
                lambda value: Formula(value, "t", "2"),
                lambda value: Scale(Constant(0.1), value),
                lambda value: Stretch(Constant(0.1), value),
                lambda value: Shift(Constant(0.1), value),
                lambda value: Repeat(Constant(0.1), value),
                lambda value: Repeat(Constant(0.1), 5, 1, value),
                lambda value: Repeat(Constant(0.1), 5, 1, 0.5, value),
                lambda value: Mirror(Constant(0.1), value),
                lambda value: Clamp(Constant(0.1), math.nan if value is None else value),
                lambda value: Clamp(Constant(0.1), None, math.nan if value is None else value),
            )
        ),
        *(
            lambda shape=shape, duration=duration: shape(duration)
            for duration in (0, -1, 0.0, -2.5, 2**62, 1e300)
            for shape in (
                lambda duration: Linear(0.1, 0.0, duration),
                lambda duration: Polynomial(0.1, 0.0, duration, 2.0),
                lambda duration: Cosine(0.1, 0.0, duration),
                lambda duration: Exponential(0.1, 0.5, duration),
                lambda duration: NaturalExponential(0.1, 0.5, duration),
                lambda duration: Inverse(0.1, 0.5, duration),
            )
        ),
        *(
            lambda shape=shape, after=after: shape(after)
            for after in ("", "fly", None, "stopp", 1)
            for shape in (
                lambda after: Linear(0.1, 0.0, 5, after),
                lambda after: Polynomial(0.1, 0.0, 5, 2.0, after),
                lambda after: Cosine(0.1, 0.0, 5, after),
                lambda after: Table((0.1,), after),
            )
        ),
        lambda: Cosine(0.1, 0.0, 5, "extend"),
        lambda: Polynomial(0.1, 0.0, 5, 2.0, "continue"),
        lambda: Polynomial(0.1, 0.0, 5, 0.0),
        lambda: Polynomial(0.1, 0.0, 5, -1.0),
        lambda: Exponential(0.1, -0.5, 2),
        lambda: Inverse(0.1, -1e-9),
        lambda: PiecewiseConstant((), ()),
        lambda: PiecewiseConstant((0.1, 0.2), ()),
        lambda: PiecewiseConstant((0.1, 0.2, 0.3), (4, 3)),
        lambda: PiecewiseConstant((0.1, 0.2), (1.5,)),  # type: ignore[arg-type]
        lambda: Table(()),
        lambda: Formula(1.0, "t", "t[0]"),
        lambda: Formula(1.0, "t", "u"),
        lambda: Formula(1.0, "a b", "2"),
        lambda: Shift(Table((0.1, 0.2)), 0.5),
        lambda: Shift(Table((0.1, 0.2)), 2),
        lambda: Shift(Exponential(0.1, -0.5), 0.5),
        lambda: Stretch(Table((0.1, 0.2)), 2),
        lambda: Stretch(Stepped(Constant(0.1)), 2),
        lambda: Stretch(Constant(0.1), -1),
        lambda: Stretch(Join((Cosine(0.1, 0.0, 5), Constant(0.1)), (5,)), 0.5),
        lambda: Repeat(Until(Constant(0.1), 3), 4),
        lambda: Repeat(Table((0.1,)), 1, 2),
        lambda: Repeat(Constant(0.1), 5, 0),
        lambda: Mirror(Until(Constant(0.1), 3), 3),
        lambda: Product(()),
        lambda: Sum(()),
        lambda: Clamp(Constant(0.1), 0.2, 0.1),
    ],
)
def test_arguments_outside_their_domain(build: Any) -> None:
    with pytest.raises(ScheduleError):
        build()


def test_schedules_print_and_show_themselves() -> None:
    schedule = Until(Staircase(Cosine(0.1, 0.01, 2), 2), 6)
    assert eval(repr(schedule)) == schedule
    shown = schedule._repr_html_()
    assert "<svg" in shown
    assert "staircase" in shown


# --- bounds that are easily off by one ------------------------------------------------------------

WAVE = Cosine(0.1, 0.0, 4, "mirror")


@pytest.mark.parametrize(
    ("schedule", "cycle"),
    [
        (Constant(0.1), 1),
        (WAVE, 8),
        (Cosine(0.1, 0.0, 4, "repeat"), 4),
        (Cosine(0.1, 0.0, 4), None),
        (Staircase(WAVE, 3), 24),
        (Staircase(Cosine(0.1, 0.0, 4), 3), None),
        (Scale(WAVE, 2.0), 8),
        (Clamp(WAVE, 0.01, 0.05), 8),
        (Repeat(Cosine(0.1, 0.0, 5), 5), 5),
        (Repeat(Cosine(0.1, 0.0, 5), 5, 2), None),
    ],
)
def test_cycles(schedule: Schedule, cycle: int | None) -> None:
    assert schedule.cycle == cycle


@pytest.mark.parametrize(
    ("outer", "inner", "least", "most"),
    [
        ((0.02, None), (None, 0.05), 0.02, 0.05),
        ((None, 0.05), (0.02, None), 0.02, 0.05),
        ((0.02, 0.05), (0.01, 0.09), 0.02, 0.05),
        ((0.01, 0.09), (0.02, 0.05), 0.02, 0.05),
        ((0.06, None), (None, 0.05), 0.06, 0.06),
        ((None, 0.01), (0.02, None), 0.01, 0.01),
    ],
)
def test_a_clamp_within_a_clamp(
    outer: tuple[float | None, float | None],
    inner: tuple[float | None, float | None],
    least: float,
    most: float,
) -> None:
    both = Clamp(Clamp(WAVE, *inner), *outer)
    for one in (both, both.normal()):
        assert [one.at(k) for k in range(9)] == [
            min(max(WAVE.at(k), least), most) for k in range(9)
        ]


def test_json_is_read_down_to_the_last_level_that_is_allowed() -> None:
    def nested(levels: int) -> str:
        schedule: Schedule = Constant(0.1)
        for _ in range(levels - 1):
            schedule = Scale(schedule, 1.0)
        return schedule.to_json()

    assert Schedule.from_json(nested(64)).at(0) == 0.1
    with pytest.raises(ScheduleError, match="64 levels at most"):
        Schedule.from_json(nested(65))


@pytest.mark.parametrize(
    ("schedule", "taken"),
    [
        (Table((0.1, 0.2, 0.3), "hold").shifted_by(1), Table((0.2, 0.3), "hold")),
        (Table((0.1, 0.2, 0.3), "stop").shifted_by(2), Table((0.3,), "stop")),
        (Table((0.1, 0.2, 0.3), "repeat").shifted_by(1), None),
        (
            PiecewiseConstant((0.1, 0.2, 0.3, 0.4), (1, 2, 3)).on_a_staircase(2**52),
            PiecewiseConstant((0.1, 0.2), (2**52,)),
        ),
    ],
)
def test_lists_take_it_by_what_is_left_of_them(
    schedule: Schedule | None, taken: Schedule | None
) -> None:
    assert schedule == taken


def test_what_falls_lies_between_its_start_and_zero() -> None:
    assert Inverse(-0.1, 0.5).bounds == Exponential(-0.1, 0.5).bounds == (-0.1, 0.0)
    assert Inverse(0.1, 0.5).bounds == Exponential(0.1, 0.5).bounds == (0.0, 0.1)


WAVE = Cosine(0.1, 0.02, 12)
#: A combinator around what takes everything, and what it does not take itself.
TAKING: dict[str, tuple[Schedule, set[str]]] = {
    "clamp": (Clamp(WAVE, 0.03, 0.09), set()),
    "join": (Join((WAVE, Linear(0.02, 0.2, 6)), (12,)), set()),
    "mirror": (Mirror(WAVE, 12), {"shifted_by", "on_a_staircase"}),
    "product": (Product((WAVE, Exponential(1.0, 0.9))), set()),
    "repeat": (Repeat(WAVE, 12), {"shifted_by", "on_a_staircase"}),
    "scale": (Scale(WAVE, 0.5), set()),
    "shift": (Shift(WAVE, 6), {"shifted_by", "on_a_staircase"}),
    "staircase": (Staircase(WAVE, 3), {"on_a_staircase"}),
    "stride": (Stride(WAVE, 2), {"on_a_staircase"}),
    "sum": (Sum((WAVE, Constant(0.1))), set()),
    "until": (Until(WAVE, 12), {"on_a_staircase"}),
}


@pytest.mark.parametrize("name", TAKING)
@pytest.mark.parametrize(
    ("method", "argument"),
    [("scaled_by", 0.5), ("stretched_by", 3), ("shifted_by", 6), ("on_a_staircase", 2)],
)
def test_a_combinator_takes_what_its_inside_takes(name: str, method: str, argument: float) -> None:
    schedule, refused = TAKING[name]
    assert (getattr(schedule, method)(argument) is None) == (method in refused)
