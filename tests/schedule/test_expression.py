"""Expressions over many steps: every bit of what one step at a time gives, and the same errors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from isorate.schedule import bulk, libm
from isorate.schedule.errors import ReadError
from isorate.schedule.expression import Expression

FACTORS = [
    "0.5 * (1 + math.cos(math.pi * t / {T}))",
    "0.95 ** t",
    "1 / (1 + t / {T})",
    "min(1, (t + 1) / {T})",
    "max({T} - t, 0) / {T}",
    "1 if t < {T} else 0.1",
    "2 - t",
    "1 / ({T} - t)",
    "0.1 ** (t // {T})",
    "math.exp(-t / {T})",
    "math.sqrt({T} - t)",
    "10.0 ** (t * 40)",
    "abs(t - {T}) % 3",
    "t",
]
MORE = [
    "3",
    "True",
    "None",
    "'x'",
    "t < {T}",
    "(t < {T}) + 1",
    "-(t - {T})",
    "0 * -t",
    "-(0 if t < {T} else 0.5)",
    "(0 if t < {T} else 0.5) * -2",
    "(1 if t < {T} else 0.5) * 0.1",
    "(1 if t < {T} else 0.5) / 3",
    "2 ** t",
    "t ** 2",
    "t ** 3.0",
    "t ** -1",
    "t ** 0.5 / {T}",
    "(t - {T}) ** 0.5",
    "(t - {T}) ** 2 / {T}",
    "(-1) ** t",
    "(-0.5) ** t",
    "0.0 ** ({T} - t)",
    "1e300 * t ** 9.0",
    "t ** t",
    "9 ** 9 ** t",
    "math.log(t)",
    "math.log(t + 1) / math.log2(t + 2)",
    "math.log10(t - {T} + 0.5)",
    "math.exp(t * 30)",
    "math.sin(t) + math.tanh(t / {T})",
    "math.pow(t - {T}, 0.5)",
    "math.pow(0.9, t)",
    "math.floor(t / {T}) + math.ceil(t / 3)",
    "math.floor(1e300 * t)",
    "int(t / {T}) % 2",
    "int(-t / {T}) // 2",
    "float(t) // 0.3 + float(t) % 0.7",
    "-t // 0.3",
    "-t % {T}",
    "-t // {T}",
    "5.5 % (t - {T})",
    "t % ({T} - t)",
    "t * 9007199254740993",
    "t * 4503599627370496 / 3",
    "t + 0.1 + 9007199254740991",
    "min(t, {T}, 5.5)",
    "max(0.0, 0 * -t)",
    "min(float('nan'), t)",
    "max(t / {T}, float('nan'))",
    "abs(-0.0 * t)",
    "math.cos(1e308 * 10 * t)",
    "math.cos(t * float('inf'))",
    "1 / t if t > 0 else 0",
    "1 / (t - {T}) if t != {T} else 7",
    "(1 / (t - 3) if t < 5 else math.sqrt(t - 9)) if t != {T} else t // 0",
    "(0.1, 0.2, 0.3)[t % 3]",
    "(1, 2, 3)[t // {T}]",
    "(1, 0.5)[min(t, 1)] * 0.1",
    "(1, 0.5)[t < {T}]",
    "(1, 2)[t / 1]",
    "math.cos(t, 1)",
    "min(t)",
    "1 if t else 0",
    "2 if math.cos(t) else 3",
    "1 if t == {T} else t != 2",
    "t / 10 ** 400",
    "1 / 0 if t > {T} else 1",
]


def one_by_one(expression: Expression, steps: list[int]) -> tuple[list[float], Any]:
    function = expression.function()
    values: list[float] = []
    for step in steps:
        try:
            value = function(step)
            if not isinstance(value, int | float):
                return values, TypeError
            values.append(float(value))
        except Exception as error:
            return values, type(error)
    return values, None


def assert_every_bit(expression: Expression, steps: list[int]) -> None:
    ours, error = expression.over(np.array(steps, np.int64))
    theirs, raised = one_by_one(expression, steps)
    assert (None if error is None else type(error)) is raised, expression
    assert ours.dtype == np.float64
    assert len(ours) == len(theirs)
    nan = np.isnan(theirs)  # the sign of a NaN is nobody's business
    assert np.array_equal(np.isnan(ours), nan)
    assert ours[~nan].tobytes() == np.array(theirs)[~nan].tobytes(), expression


@pytest.mark.parametrize("source", FACTORS + MORE)
@pytest.mark.parametrize("T", [1, 7, 50])
def test_every_bit(source: str, T: int) -> None:
    expression = Expression("t", source.format(T=T))
    for steps in (list(range(120)), list(range(60, 0, -1)), [5, 5, 0, T], [], [2**53 - 1, 3]):
        assert_every_bit(expression, steps)


numbers = st.sampled_from(
    ["t", "t", "0", "1", "2", "7", "0.5", "0.1", "3.0", "1e300", "-1", "-0.0"]
)


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(["+", "-", "*", "/", "//", "%", "**"])
    comparisons = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
    called = ["cos", "sin", "exp", "sqrt", "log", "log2", "log10", "tanh", "floor", "ceil"]
    functions = st.sampled_from(
        [*(f"math.{name}" for name in called), *["abs", "int", "float", "-", "+"]]
    )
    return st.one_of(
        st.builds("({} {} {})".format, inner, operators, inner),
        st.builds("({} {} {})".format, inner, comparisons, inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("{}({})".format, functions, inner),
        st.builds("{}({}, {})".format, st.sampled_from(["min", "max", "math.pow"]), inner, inner),
        st.builds("(0.5, 2, -0.0)[{}]".format, inner),
    )


@settings(max_examples=5 * (settings.default or settings()).max_examples)
@given(st.recursive(numbers, grown, max_leaves=8), st.integers(-5, 60), st.integers(1, 80))
@example("(0 if t < 3 else 0.5) * -1.0", 0, 9)
@example("min(0, -0.0) / (t - 4)", 0, 9)
def test_every_bit_of_drawn_expressions(source: str, first: int, steps: int) -> None:
    assert_every_bit(Expression("t", source), list(range(first, first + steps)))


@pytest.mark.parametrize("source", FACTORS)
def test_usual_factors_need_no_loop(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(bulk, "_one_by_one")
    values, _ = Expression("t", source.format(T=100)).over(np.arange(5, 200))
    assert len(values) > 2


def test_where_numpy_is_not_the_c_library_one_step_at_a_time_will_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(libm, "_numpy_is_libm", lambda name: False)
    monkeypatch.setattr(libm, "_numpy_power_is_libm", lambda: False)
    for source in (*FACTORS, *MORE):
        assert_every_bit(Expression("t", source.format(T=7)), list(range(40)))


def test_numpy_is_believed_only_where_it_gives_the_same_bits() -> None:
    x = np.random.default_rng(1).uniform(0.01, 700.0, 20_000)
    for name in ("cos", "sin", "tanh", "exp", "log", "log2", "log10", "sqrt"):
        theirs = [getattr(math, name)(value) for value in x.tolist()]
        assert libm.exact(name, x).tolist() == theirs
    bases = np.random.default_rng(2).uniform(0.0, 1.1, 20_000)
    theirs = [base**exponent for base, exponent in zip(bases.tolist(), x.tolist(), strict=True)]
    assert libm.exact_power(bases, x).tolist() == theirs


OPERANDS = ("None", "'a'", "'%d'", "'5'", "t", "2.5", "True")
NO_NUMBERS = [
    *(
        f"{a} {op} {b}"
        for a in OPERANDS
        for b in OPERANDS
        for op in ("+", "-", "*", "/", "//", "%")
    ),
    *(f"{a} ** {b}" for a in OPERANDS for b in OPERANDS),
    *(f"{f}({a})" for f in ("abs", "int", "max", "-", "+", "math.cos") for a in OPERANDS),
    *(f"max({a}, {b}) + 0" for a in OPERANDS for b in OPERANDS),
    *(f"{a} < {b}" for a in OPERANDS for b in OPERANDS),
]


@pytest.mark.parametrize("source", NO_NUMBERS)
def test_what_is_no_number_raises_as_in_python(source: str) -> None:
    function = Expression("t", source).function()
    if source.startswith("'") and " % " in source:  # never computed: '%999999999d' % t
        with pytest.raises(ReadError, match="arithmetic needs numbers"):
            function(3)
        return
    try:
        expected: Any = eval(source, {"t": 3, "math": math})  # the sources stand above
    except Exception as error:
        with pytest.raises(type(error)):
            function(3)
        return
    if isinstance(expected, str) and "max" not in source:
        with pytest.raises(ReadError, match="arithmetic needs numbers"):
            function(3)
    else:
        assert function(3) == expected
