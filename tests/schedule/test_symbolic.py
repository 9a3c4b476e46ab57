"""Texts of formulas taken apart: what they mean is what the shapes say, or nothing is said."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isorate import read
from isorate.explanation import meant
from isorate.schedule.expression import Expression
from isorate.schedule.formula import Formula
from isorate.schedule.shapes import Polynomial
from isorate.schedule.symbolic import shapes_of

#: What people write as a function of the step, and a scheduler that means the same.
MEANT = [
    ("0.95 ** t", "ExponentialLR(gamma=0.95)"),
    ("0.1 ** (t // 30)", "StepLR(30)"),
    ("0.5 ** int(t / 30)", "StepLR(30, 0.5)"),
    ("0.5 ** math.floor(t / 30.0)", "StepLR(30, 0.5)"),
    ("1 if t < 30 else 0.1", "MultiStepLR([30])"),
    ("0.5 ** ((t >= 30) + (80 <= t))", "MultiStepLR([30, 80], gamma=0.5)"),
    ("(1, 0.5, 0.25)[(t >= 30) + (t >= 80)]", "MultiStepLR([30, 80], gamma=0.5)"),
    ("0.25 if t >= 80 else 0.5 if not t < 30 else 1.0", "MultiStepLR([30, 80], gamma=0.5)"),
    ("1.0 if t < 30 or t > 1000 and t < 30 else 0.5", "MultiStepLR([30], gamma=0.5)"),
    ("0.5 * (1 + math.cos(math.pi * t / 100))", "CosineAnnealingLR(100)"),
    ("0.1 + 0.45 * (1 + math.cos(t * math.pi / 100))", "CosineAnnealingLR(100, eta_min=0.1)"),
    ("(1 + np.cos(np.pi * (t % 50) / 50)) / 2", "CosineAnnealingWarmRestarts(50)"),
    ("(1 - min(t, 100) / 100) ** 0.9", "PolynomialLR(100, power=0.9)"),
    ("max(0, 1 - t / 100)", "PolynomialLR(100)"),
    ("max(0.0, 1.0 - t / 100) ** 2", "PolynomialLR(100, power=2)"),
    ("math.sqrt(1 - t / 100) if t < 100 else 0", "PolynomialLR(100, power=0.5)"),
    ("1 - 0.9 * t / 100 if t < 100 else 0.1", "LinearLR(1.0, 0.1, 100)"),
    ("0.1 + 0.9 * t / 100 if t <= 100 else 1", "LinearLR(0.1, 1.0, 100)"),
    ("min(1.0, (t + 1) / 10)", "LinearLR(0.1, 1.0, 9)"),
    ("min(t + 2, 9, t + 1) / 10", "LinearLR(0.1, 0.9, 8)"),
    ("math.exp(-0.1 * min(t, 0))", "ConstantLR(factor=1)"),
    ("(1 + math.cos(math.pi * (t - 50 * (t // 50)) / 50)) / 2", "CosineAnnealingWarmRestarts(50)"),
    ("0.9 ** (5 * (t // 5) + t % 5)", "ExponentialLR(0.9)"),
    ("abs(1 - (t % 20) / 10)", "CyclicLR(0.0, 1.0, 10, mode='triangular')"),
    ("t / 10 if t < 10 else max(0.0, 0.5 * (1.0 + math.cos(math.pi * 0.5 * 2.0 * (t - 10) / 90)))",
     "transformers.get_cosine_schedule_with_warmup(SGD(p, lr=1.0), 10, 100)"),
    ("float(t) / 10 if t < 10 else max(0.0, float(100 - t) / max(1.0, 90))",
     "transformers.get_linear_schedule_with_warmup(SGD(p, lr=1.0), 10, 100)"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "scheduler"), MEANT)
def test_a_text_means_what_the_scheduler_means(text: str, scheduler: str) -> None:
    given = None if "lr=" in scheduler else 1.0
    theirs = read(scheduler, lr=given).lower().normal()
    ours = read(f"LambdaLR(SGD(p, lr=1.0), lambda t: {text})").lower().normal()
    shifted = "triangular" in scheduler  # which begins low where the text begins high
    if shifted:
        assert [ours.at(t) for t in range(50)] == pytest.approx(
            [theirs.at(t + 10) for t in range(50)], abs=1e-12
        )
    else:
        assert ours == theirs


@pytest.mark.parametrize(
    "text",
    [
        "math.tanh(t / 10)",
        "1 / math.sqrt(t + 1)",
        "(1 - t / 100) ** 2",  # which climbs past 100
        "t ** 2",
        "(-1) ** t",
        "1 if t % 10 == 0 else 2",
        "int(5 - t)",  # rounds up where it is negative
        "(1, 2, 3)[t] + t",
        "0.9 ** t + math.cos(t) ** 2",
        "2 ** 3 ** t",
        "math.log(t + 1)",
        "1 / (t - 3)",
        "t / 0",
    ],
)
def test_what_no_shapes_say_stays_a_formula(text: str) -> None:
    assert shapes_of(1.0, "t", text) is None
    assert Formula(1.0, "t", text).normal() == Formula(1.0, "t", text)


def test_what_has_no_value_any_more_ends_there() -> None:
    fall = Formula(0.1, "t", "(1 - t / 12) ** 0.9")
    assert fall.normal() == Polynomial(0.1, 0.0, 12, 0.9).until(13)
    assert fall.length == 13
    assert Formula(0.1, "t", "math.sqrt(1 - t / 12)").length == 13
    assert Formula(0.1, "t", "1 / (t - 12)").length is None


def test_its_numbers_are_the_decimal_fractions_that_they_are_written_as() -> None:
    assert 0.1 * 0.1 != 0.01
    steps = shapes_of(0.1, "t", "0.1 if t < 5 else 1 - 0.9")
    assert steps is not None
    assert steps.at(0) == steps.at(9) == 0.01


def test_a_product_that_is_no_shape_is_one_of_shapes() -> None:
    warmed = shapes_of(0.1, "t", "min(1.0, (t + 1) / 10) * 0.5 * (1 + math.cos(math.pi * t / 99))")
    assert warmed is not None
    assert [type(part).__name__ for part in warmed.children()] == ["Cosine", "Linear"]


NUMBERS = st.sampled_from(["0.5", "1", "2", "10", "3.0", "0.1", "0.95", "1e-3", "7", "100", "0"])


def _binary(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operator = st.sampled_from(["+", "-", "*", "/", "//", "%", "**"])
    return st.builds(lambda a, op, b: f"({a} {op} {b})", inner, operator, inner | NUMBERS)


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    compare = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
    function = st.sampled_from(["math.cos", "math.exp", "math.sqrt", "abs", "int", "math.floor"])
    return (
        _binary(inner)
        | st.builds(lambda f, a: f"{f}({a})", function, inner)
        | st.builds(lambda f, a, b: f"{f}({a}, {b})", st.sampled_from(["min", "max"]), inner, inner)
        | st.builds(
            lambda a, op, b, yes, no: f"({yes} if {a} {op} {b} else {no})",
            *(inner, compare, NUMBERS, inner, inner),
        )
        | st.builds(lambda a: f"(1 + math.cos(math.pi * {a}))", inner)
    )


TEXTS = st.recursive(st.just("t") | NUMBERS, _larger, max_leaves=9)


@given(TEXTS)
def test_what_is_said_is_what_the_text_computes(text: str) -> None:
    meant = shapes_of(0.5, "t", text)
    if meant is None:
        return
    expression = Expression("t", text)
    pairs = [(0.5 * expression.at(t), meant.at(t)) for t in [*range(120), 777, 2000, 54_321]]
    largest = max(abs(theirs) for theirs, _ in pairs)
    pairs = pairs[: meant.length]
    for t, (theirs, ours) in enumerate(pairs):
        assert math.isclose(theirs, ours, rel_tol=1e-9, abs_tol=1e-11 * largest), (text, t)
    assert meant.normal() == meant


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0.9 ** (t // 3)", "0.1, times 0.9 once in 3 steps"),
        ("max(0.1, 0.5 ** t)", "0.1, times 0.5 each step, at least 0.01"),
        ("1 if t < 30 else 0.1", "0.1, 0.01 from 30 on"),
        ("min((t + 1) / 5, 1)", "a line from 0.02 to 0.1 in 4 steps"),
        ("t / 5 if t < 5 else math.exp(-t)",
         "a line from 0 to 0.1 in 5 steps; from step 5 on a natural exponential from 0.000673795"),
        ("(1 + math.cos(math.pi * (t % 20) / 20)) / 2",
         "a cosine from 0.1 to 0 in 20 steps, then starts over (period 20 updates)"),
        ("1 / math.sqrt(t + 1)", None),
    ],
)  # fmt: skip
def test_it_is_told_in_words(text: str, words: str | None) -> None:
    function: Any = read(f"LambdaLR(SGD(p, lr=0.1), lambda t: {text})").call
    scheduler: Any = read("StepLR(SGD(p, lr=0.1), 30)").call
    assert meant(function) == words
    assert meant(scheduler) is None
