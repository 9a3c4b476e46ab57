"""Schedules written as Python arithmetic: what is written reads back, and is the rate."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given

from isorate import ReadError, Schedule, ScheduleError
from isorate.schedule.combinators import Groups, Join, Product, Repeat
from isorate.schedule.expression import Expression, constant
from isorate.schedule.formula import Formula
from isorate.schedule.python_source import python_source
from isorate.schedule.shapes.decays import Exponential
from isorate.schedule.shapes.lists import PiecewiseConstant, Table
from isorate.schedule.shapes.waves import Constant, Cosine, Linear, Polynomial
from isorate.schedule.syntax import parse
from tests.schedule.drawing import bounded, rates_of, schedules


def unwritten(node: Schedule) -> bool:
    return isinstance(node, Repeat) and node.growth > 1


@given(schedules)
def test_what_is_written_reads_back_and_is_the_rate(schedule: Schedule) -> None:
    try:
        source = python_source(schedule, "t")
    except ScheduleError:
        assert any(unwritten(node) for node in schedule.walk())
        return
    updates = bounded(schedule, 60)
    function = Expression("t", source).function()
    ours = np.array([function(update) for update in range(updates)], dtype=np.float64)
    theirs = rates_of(schedule, updates)
    peak = float(np.abs(theirs).max(initial=0.0))
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12 * peak, err_msg=source)
    run = eval(f"lambda t: {source}", {"math": math})  # Python itself gives the same bits
    assert [run(update) for update in range(updates)] == ours.tolist()


@pytest.mark.parametrize(
    ("schedule", "source"),
    [
        (Cosine(0.1, 0.0, 100, "mirror"), "0.1 * math.sin(math.pi * (100 - t % 200) / 200) ** 2"),
        (Exponential(0.1, 0.9), "0.1 * 0.9 ** t"),
        (PiecewiseConstant((0.1, 0.01), (5,)), "0.1 if t < 5 else 0.01"),
        (Table((0.1, 0.2), "repeat"), "(0.1, 0.2)[t % 2]"),
        (Table((0.1,)), "(0.1,)[min(t, 0)]"),
        (Polynomial(0.1, 0.0, 5, 2.0), "0.1 * (max(5 - t, 0) / 5) ** 2.0"),
        (
            Join((Linear(0.0, 0.1, 5), Formula(0.1, "x", "1 / (1 + x)")), (5,)),
            "0.1 * t / 5 if t < 5 else 0.1 * (1 / (1 + (t - 5)))",
        ),
    ],
)
def test_it_is_written_as_one_would_write_it(schedule: Schedule, source: str) -> None:
    assert python_source(schedule, "t") == source


@pytest.mark.parametrize(
    "schedule",
    [
        Repeat(Cosine(0.1, 0.0, 5), 5, 2),
        PiecewiseConstant(tuple(range(52)), tuple(range(1, 52))),
        Table(tuple(range(1001))),
        Groups((Constant(0.1),)),
        Join(tuple(Cosine(k + 0.1, 0.0, 5) for k in range(52)), tuple(range(5, 56))),
        Product(tuple(Table((0.1, *[0.5 + k] * 999)) for k in range(12))),
    ],
)
def test_what_no_line_says_is_refused(schedule: Schedule) -> None:
    with pytest.raises(ScheduleError) as caught:
        python_source(schedule, "t")
    assert "\n" not in str(caught.value)


def test_fifty_intervals_and_a_thousand_rates_read_back() -> None:
    steps = PiecewiseConstant(tuple(1 / (k + 1) for k in range(51)), tuple(range(1, 51)))
    table = Table(tuple(1 / (k + 1) for k in range(1000)))
    for schedule, updates in ((steps, 60), (table, 1000)):
        function = Expression("t", python_source(schedule, "t")).function()
        assert [function(k) for k in range(updates)] == rates_of(schedule, updates).tolist()


@pytest.mark.parametrize(
    "source",
    [
        "(1, 2)[0:1]",
        "(1, 'a')[t]",
        "(1, t)[0]",
        "(open, 2)[0]",
        "()[0]",
        "[1, 2][t]",
        "'ab'[t]",
        "((1, 2), 3)[0]",
        "(1, 2)[t][0]",
        "(2 ** 64, 1)[0]",
        f"({'1, ' * 1001})[t]",
    ],
)
def test_an_index_is_read_for_tuples_of_numbers_only(source: str) -> None:
    with pytest.raises(ReadError):
        Expression("t", source).function()


def test_an_index_beyond_the_tuple_raises_as_in_python() -> None:
    function = Expression("t", "(1, -2.5, 3)[t]").function()
    assert [function(k) for k in (0, 1, 2, -1)] == [1, -2.5, 3, 3]
    with pytest.raises(IndexError):
        function(3)
    with pytest.raises(TypeError):
        Expression("t", "(1, 2)[t / 1]").function()(0)
    with pytest.raises(ReadError, match="cannot compute"):
        constant(parse("(1, 2)[5]"), {})
