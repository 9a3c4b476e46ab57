"""Expressions compute what Python computes, to the bit, and raise what it raises."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from isorate import IsorateError, ReadError
from isorate.schedule import libm
from isorate.schedule.arrays import ArrayNamespace, ExactNamespace
from isorate.schedule.expression import Expression
from isorate.schedule.formula import Formula
from tests.bounded import bounded
from tests.schedule.drawing import FACTORS

MORE = [
    "3", "True", "None", "'x'", "t < {T}", "(t < {T}) + 1", "-(t - {T})", "0 * -t",
    "-(0 if t < {T} else 0.5)", "(0 if t < {T} else 0.5) * -2", "(1 if t < {T} else 0.5) * 0.1",
    "(1 if t < {T} else 0.5) / 3", "2 ** t", "t ** 2", "t ** 3.0", "t ** -1", "t ** 0.5 / {T}",
    "(t - {T}) ** 0.5", "(t - {T}) ** 2 / {T}", "(-1) ** t", "(-0.5) ** t", "0.0 ** ({T} - t)",
    "1e300 * t ** 9.0", "t ** t", "9 ** 9 ** t", "math.log(t)",
    "math.log(t + 1) / math.log2(t + 2)", "math.log10(t - {T} + 0.5)", "math.exp(t * 30)",
    "math.sin(t) + math.tanh(t / {T})", "math.pow(t - {T}, 0.5)", "math.pow(0.9, t)",
    "math.floor(t / {T}) + math.ceil(t / 3)", "math.floor(1e300 * t)", "int(t / {T}) % 2",
    "int(-t / {T}) // 2", "float(t) // 0.3 + float(t) % 0.7", "-t // 0.3", "-t % {T}", "-t // {T}",
    "5.5 % (t - {T})", "t % ({T} - t)", "t * 9007199254740993", "t * 4503599627370496 / 3",
    "t + 0.1 + 9007199254740991", "min(t, {T}, 5.5)", "max(0.0, 0 * -t)", "min(float('nan'), t)",
    "max(t / {T}, float('nan'))", "abs(-0.0 * t)", "math.cos(1e308 * 10 * t)",
    "math.cos(t * float('inf'))", "1 / t if t > 0 else 0", "1 / (t - {T}) if t != {T} else 7",
    "(1 / (t - 3) if t < 5 else math.sqrt(t - 9)) if t != {T} else t // 0",
    "(0.1, 0.2, 0.3)[t % 3]", "(1, 2, 3)[t // {T}]", "(1, 0.5)[min(t, 1)] * 0.1",
    "(1, 0.5)[t < {T}]", "(1, 2)[t / 1]", "math.cos(t, 1)", "min(t)", "1 if t else 0",
    "2 if math.cos(t) else 3", "1 if t == {T} else t != 2", "t / 10 ** 400",
    "1 / 0 if t > {T} else 1", "0.1 if 2 < t <= {T} else 0.2", "t and 1 / t",
    "t > 3 and t < {T} or 0.5", "0 or -0.0 or t", "not t", "0.5 if not 2 < t < {T} != 3 else 0.1",
    "min(max(t, 2), {T}, 9.5) / max(1, t - {T})",
]  # fmt: skip


def by_python(source: str, steps: list[int]) -> tuple[list[float], Any]:
    """Return what Python's own lambda says, as far as it is a number, and what it raises then."""
    function: Any = eval(f"lambda t: {source}", {"math": math})
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


def assert_every_bit(source: str, steps: list[int]) -> None:
    ours, error = Expression("t", source).over(np.array(steps, np.int64))
    if isinstance(error, ReadError):  # Python goes on: complex, or for as long as nobody waits
        steps, error = steps[: len(ours)], None
    theirs, raised = by_python(source, steps)
    assert (None if error is None else type(error)) is raised, source
    assert ours.dtype == np.float64
    assert len(ours) == len(theirs)
    nan = np.isnan(theirs)  # the sign of a NaN is nobody's business
    assert np.array_equal(np.isnan(ours), nan)
    assert ours[~nan].tobytes() == np.array(theirs)[~nan].tobytes(), source


@pytest.mark.parametrize("source", FACTORS + MORE)
@pytest.mark.parametrize("T", [1, 7, 50])
@pytest.mark.filterwarnings("ignore::SyntaxWarning")
def test_every_bit(source: str, T: int) -> None:
    for steps in (list(range(120)), list(range(60, 0, -1)), [5, 5, 0, T], [], [2**53 - 1, 3]):
        assert_every_bit(source.format(T=T), steps)


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
        st.builds("({} < {} <= {})".format, inner, inner, inner),
        st.builds("({} {} {})".format, inner, st.sampled_from(["and", "or"]), inner),
        st.builds("(not {})".format, inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("{}({})".format, functions, inner),
        st.builds("{}({}, {})".format, st.sampled_from(["min", "max", "math.pow"]), inner, inner),
        st.builds("(0.5, 2, -0.0)[{}]".format, inner),
    )


@settings(max_examples=5 * (settings.default or settings()).max_examples)
@given(st.recursive(numbers, grown, max_leaves=8), st.integers(-5, 60), st.integers(1, 80))
@example("(0 if t < 3 else 0.5) * -1.0", 0, 9)
@example("min(0, -0.0) / (t - 4)", 0, 9)
@pytest.mark.filterwarnings("ignore::SyntaxWarning")
def test_every_bit_of_drawn_expressions(source: str, first: int, steps: int) -> None:
    assert_every_bit(source, list(range(first, first + steps)))


@pytest.mark.parametrize("believed", [True, False])
def test_numpy_is_believed_only_where_it_gives_the_same_bits(
    believed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not believed:
        monkeypatch.setattr(libm, "_numpy_is_libm", lambda name: False)
        monkeypatch.setattr(libm, "_numpy_power_is_libm", lambda: False)
    x = np.random.default_rng(1).uniform(0.01, 700.0, 20_000)
    for name in ("cos", "sin", "tanh", "exp", "log", "log2", "log10", "sqrt"):
        theirs = [getattr(math, name)(value) for value in x.tolist()]
        assert libm.exact(name, x).tolist() == theirs
    bases = np.random.default_rng(2).uniform(0.0, 1.1, 20_000)
    theirs = [base**exponent for base, exponent in zip(bases.tolist(), x.tolist(), strict=True)]
    assert libm.exact_power(bases, x).tolist() == theirs


# --- what is no number ----------------------------------------------------------------------------

OPERANDS = ("None", "'a'", "'%d'", "(None if t else 1)", "('5' if t > 3 else 5)", "(t and 'a')")


@pytest.mark.parametrize("odd", OPERANDS)
@pytest.mark.parametrize("form", ["{} + t", "2 * {}", "{} % t", "{} ** 2", "-{}", "max(t, {})"])
def test_what_may_be_no_number_is_not_computed_with(form: str, odd: str) -> None:
    with pytest.raises(ReadError, match="arithmetic needs numbers"):
        Expression("t", form.format(odd)).function()


@pytest.mark.parametrize("odd", OPERANDS)
@pytest.mark.parametrize("form", ["{}", "{} < t", "t != {}", "0.5 if {} else 1", "not {}"])
def test_what_is_no_number_may_be_compared_and_come_out(form: str, odd: str) -> None:
    assert_every_bit(form.format(odd), list(range(6)))


# --- integers that nobody can wait for ------------------------------------------------------------

HUGE = [
    *("3 ** t", "t ** t", "(t + 1) ** 9 ** 9", "2 ** 2 ** t", "(-3) ** t", "int(t * 1.0) ** t"),
    *("3 ** t * 3 ** t * 3 ** t % 7", "max(3 ** t, 1) % 5", "abs(-(7 ** t)) // 3 ** t"),
    "t ** 40000",
    *("9 ** 9 ** 9", f"{10**4000} * {10**4000} * t", "(2 if t else 3) ** (t * 1000)"),
]


@pytest.mark.parametrize("source", HUGE)
def test_no_integer_grows_beyond_what_anyone_waits_for(source: str) -> None:
    function = Expression("t", source).function()

    def work() -> None:
        for step in (0, 1, 10, 1000, 10**6, 2**53 - 1):
            try:
                value = function(step)
            except ReadError as error:
                assert "an integer is too large" in str(error)
            except ZeroDivisionError:
                continue
            else:
                assert not isinstance(value, int) or value.bit_length() < 2**16

    bounded(work, seconds=2, memory=64 << 20)
    with pytest.raises(ReadError, match="an integer is too large"):
        function(2**53 - 1)


def test_a_power_that_comes_out_complex_is_refused() -> None:
    with pytest.raises(ReadError, match="complex"):
        Expression("t", "(2 - t) ** 0.5").function()(3)


# --- nothing but arithmetic -----------------------------------------------------------------------

FOREIGN = [
    *("t.real", "t()", "t[0]", "open('x')", "__import__('os')", "math.__dict__", "math.fsum([t])"),
    *("(lambda s: s)(t)", "[t]", "(t, 1)", "{t}", "f'{t}'", "t << 3", "~t", "t @ t", "t is None"),
    *("t in (1, 2)", "[x for x in (1, 2)]", "(y := t)", "1j", "b'x'", "...", "min(*(1, 2))"),
    *("max(t, key=1)", "cos(t)", "x", "_0", "v0", "xp", "math", "np.linalg.norm(t)", "int.real"),
    *("'a'.upper()", "().__class__", "float('1')", "yield t", "await t", "(1, t)[0]"),
    "(1, 2)[0:1]",
]


@pytest.mark.parametrize("source", FOREIGN)
def test_what_is_no_arithmetic_is_refused_before_anything_runs(source: str) -> None:
    with pytest.raises(ReadError):
        Expression("t", source).function()
    with pytest.raises(IsorateError, match=r"formula\.source"):
        Formula(1.0, "t", source)


@pytest.mark.parametrize("variable", ["t", "_0", "v0", "xp", "cos", "math_", "x1"])
def test_no_name_of_the_variable_is_taken_by_the_code(variable: str) -> None:
    source = f"min({variable}, 3) * math.cos({variable}) ** 2 + max({variable}, 1) ** {variable}"
    expected = eval(source, {"math": math, variable: 2})
    assert Expression(variable, source).function()(2) == expected


# --- where Python cannot look at the times --------------------------------------------------------


class Tracing:
    """NumPy without ``of_each``: every branch is computed, in floats where integers grow."""

    def __init__(self) -> None:
        self.arrays = ArrayNamespace()

    def __getattr__(self, name: str) -> Any:
        if name == "of_each":
            raise AttributeError(name)
        return getattr(self.arrays if name in ("take", "searchsorted") else np, name)


SEEN: Any = Tracing()
#: What is no number somewhere: Python raises, or IEEE arithmetic says what nobody else does.
NO_NUMBER = ("None", "'x'", "9007199254740993", "9 ** 9", "math.cos(t, 1)", "min(t)", "10 ** 400")


@pytest.mark.parametrize(
    "source", [s for s in FACTORS + MORE if not any(n in s for n in NO_NUMBER)]
)
@pytest.mark.parametrize("T", [1, 7, 50])
def test_a_namespace_computes_what_python_does(source: str, T: int) -> None:
    formula = Formula(2.0, "t", source.format(T=T))
    t = np.arange(40)
    with np.errstate(all="ignore"):
        traced = np.broadcast_to(formula.formula(t, SEEN), t.shape)
        exact = formula.formula(t, ExactNamespace())
    assert np.array_equal(exact, [formula.formula(k, SEEN) for k in range(40)], equal_nan=True)
    known = np.isfinite(exact)
    np.testing.assert_allclose(traced[known], exact[known], rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize(
    "source", ["max(t, 1 / 0)", "1 if t > math.sqrt(-1) else 2", "2 ** t + 1 / 0"]
)
def test_what_python_raises_everywhere_is_not_traced(source: str) -> None:
    formula = Formula(1.0, "t", source)
    assert math.isnan(formula.at(3))
    with pytest.raises(ReadError, match="arithmetic needs numbers"):
        formula.formula(np.arange(3), SEEN)
