"""Schedules as data: JSON, its schema, normal form, and the one formula for scalars and arrays."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isorate import Run, Schedule, ScheduleError, evaluate
from isorate.core.combinators import Groups, Join, Shift, Staircase, Stepped, Until
from isorate.core.python_source import python_source
from isorate.core.shapes import Constant, Cosine, Table

rates = st.floats(0.0, 10.0, allow_subnormal=False)
counts = st.integers(1, 30)
shapes = (
    st.builds(Constant, rates)
    | st.builds(
        Cosine,
        rates,
        rates,
        counts | st.sampled_from([2.5, 4.0, 0.75]),
        st.sampled_from(["hold", "mirror", "repeat", "continue", "stop"]),
    )
    | st.builds(
        Table,
        st.lists(rates, min_size=1, max_size=6).map(tuple),
        st.sampled_from(["hold", "repeat", "stop"]),
    )
)


def shift(of: Any, by: int) -> Any:
    return Shift(of, by if of.length is None else by % of.length)


def join(parts: list[Any], gaps: list[int]) -> Any:
    boundaries = np.cumsum(gaps[: len(parts) - 1]).tolist()
    return Join(tuple(parts), tuple(boundaries))


schedules = st.recursive(
    shapes,
    lambda inner: (
        st.builds(Staircase, inner, counts)
        | st.builds(Until, inner, counts)
        | st.builds(shift, inner, st.integers(0, 40))
        | st.builds(Stepped, inner)
        | st.builds(
            join,
            st.lists(inner, min_size=1, max_size=3),
            st.lists(counts, min_size=3, max_size=3),
        )
    ),
    max_leaves=4,
)


def bounded(schedule: Schedule, updates: int = 120) -> int:
    return updates if schedule.length is None else min(updates, schedule.length)


@settings(max_examples=300, deadline=None)
@given(schedules)
def test_json_round_trip_and_schema(schedule: Schedule) -> None:
    text = schedule.to_json()
    assert Schedule.from_json(text) == schedule
    jsonschema.validate(json.loads(text), Schedule.json_schema())


@settings(max_examples=300, deadline=None)
@given(schedules)
def test_normal_form_keeps_every_rate(schedule: Schedule) -> None:
    normal = schedule.normal()
    assert normal.normal() == normal
    assert normal.length == schedule.length
    for update in range(bounded(schedule)):
        assert normal.at(update) == pytest.approx(schedule.at(update), rel=1e-13, abs=1e-13)


@settings(max_examples=200, deadline=None)
@given(schedules, counts)
def test_a_run_puts_steps_on_the_clock_of_updates(schedule: Schedule, every: int) -> None:
    run = Run(50, updates_per_epoch=every, step_every="epoch")
    resolved = Stepped(schedule).resolved(run)
    inner = schedule.resolved(run)
    for update in range(min(50, bounded(resolved))):
        assert resolved.at(update) == inner.at(update // every)


@settings(max_examples=200, deadline=None)
@given(schedules)
def test_one_formula_for_one_update_and_for_many(schedule: Schedule) -> None:
    updates = bounded(schedule)
    curve = evaluate(schedule, Run(updates))
    alone = [schedule.resolved(Run(updates)).normal().at(k) for k in range(updates)]
    np.testing.assert_allclose(curve.values, alone, rtol=1e-14, atol=0)


@settings(max_examples=200, deadline=None)
@given(schedules)
def test_the_written_formula_is_the_schedule(schedule: Schedule) -> None:
    try:
        source = python_source(schedule, "t")
    except ScheduleError:
        assert any(isinstance(node, Table) for node in schedule.walk())
        return
    import math

    for update in range(bounded(schedule, 60)):
        value = eval(source, {"math": math, "t": update, "min": min})
        assert value == pytest.approx(schedule.at(update), rel=1e-9, abs=1e-9), source


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
