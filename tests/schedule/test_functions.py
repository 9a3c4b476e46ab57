"""Functions as one expression: what Python computes and raises, statement by statement."""

from __future__ import annotations

import ast
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isorate import ReadError
from isorate.schedule.expression import Expression
from isorate.schedule.functions import lambda_of

COSINE = """
def lr_lambda(step: int) -> float:
    \"\"\"Warm up, then fall.\"\"\"
    warmup, total = 10, 100
    if step < 10:
        return float(step) / float(max(1, 10))
    progress = (step - 10) / max(1, 100 - 10)
    return max(0.0, 0.5 * (1.0 + math.cos(math.pi * 0.5 * 2.0 * progress)))
"""
FUNCTIONS = [
    COSINE.replace("    warmup, total = 10, 100\n", ""),
    "def f(t):\n    x = 1 / (t - 3)\n    if t < 9:\n        return 0.5\n    return x",
    "def f(t):\n    x = y = t\n    x += 2\n    y *= x\n    t = x - y\n    return t / 7",
    "def f(t):\n    x: float = t / 9\n    if t > 4:\n        x = 1\n    elif t:\n        x **= 2\n"
    "    else:\n        pass\n    return x * 2",
    "def f(t):\n    if t < 5:\n        return 1\n    if t < 8:\n        return",
    "def f(t):\n    x = 0\n    if t > 2 and t < 6:\n        x = 1 / (4 - t)\n    return x",
    "def f(t):\n    (1 / 0)\n    return t".replace("    (1 / 0)\n", ""),
    "def f(t):\n    x = 2 ** t\n    y = math.sqrt(5 - t)\n    return x if t < 5 else 3",
    "def f(t):\n    x = t / max(1, t - 3)\n    return 1 if t < 5 else x",
    "def f(t):\n    x = max(t, 3)\n    x *= math.cos(t)\n    return x",
    "def f(t):\n    pass",
]


def outcome(function: Any, t: int) -> Any:
    try:
        value = function(t)
    except Exception as error:
        return type(error)
    return value, type(value)


def assert_does_the_same(source: str) -> None:
    scope: dict[str, Any] = {"math": math}
    exec(source, scope)
    [function] = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef)
    made = lambda_of(function)
    ours = Expression(made.args.args[0].arg, ast.unparse(made.body)).function()
    for t in range(20):
        assert outcome(ours, t) == outcome(scope[function.name], t), (ast.unparse(made), t)


@pytest.mark.parametrize("source", FUNCTIONS)
def test_a_function_is_one_expression(source: str) -> None:
    assert_does_the_same(source)


names = st.sampled_from(["t", "x", "y"])
values = st.sampled_from(
    ["{} + 1", "{} / 3", "1 / ({} - 4)", "min({}, 5)", "0.5", "{} * {}", "-{}"]
)
conditions = st.sampled_from(["{} > 3", "{} != {}", "not {}", "{} < 6 and {} > 1", "2 < {} <= 5"])


@st.composite
def bodies(draw: st.DrawFn, depth: int = 2) -> list[str]:
    """Draw statements that assign, decide and return."""
    lines = []
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["assign", "assign", "augment", "if", "return"]))
        value = draw(values).format(draw(names), draw(names))
        match kind:
            case "assign":
                lines.append(f"{draw(names)} = {value}")
            case "augment":
                lines.append(f"{draw(names)} {draw(st.sampled_from(['+=', '-=', '*=']))} {value}")
            case "if" if depth:
                lines.append(f"if {draw(conditions).format(draw(names), draw(names))}:")
                lines += [f"    {line}" for line in draw(bodies(depth - 1))]
                if draw(st.booleans()):
                    lines.append("else:")
                    lines += [f"    {line}" for line in draw(bodies(depth - 1))]
            case _:
                lines.append(f"return {value}")
    return lines


@given(bodies())
def test_any_function_is_one_expression(lines: list[str]) -> None:
    body = "".join(f"    {line}\n" for line in ["x = 2", "y = t / 2", *lines, "return x - y"])
    assert_does_the_same(f"def f(t):\n{body}")


@pytest.mark.parametrize(
    "source",
    [
        "def f(): return 1",
        "def f(t, s): return t",
        "def f(t, s=3): return t * s",
        "def f(*t): return 1",
        "@cache\ndef f(t): return 1",
        "def f(t):\n    global x\n    x = 3\n    return x",
        "def f(t):\n    for i in range(3):\n        t += i\n    return t",
        "def f(t):\n    print(t)\n    return t",
        "def f(t):\n    yield t",
        "def f(t):\n    t.x = 3\n    return t",
        "def f(t):\n    x[0] = 3\n    return t",
        "def f(t):\n    if t > 3:\n        x = 1\n    return x",
        "def f(t):\n    return x\n    x = 1",
        "def f(t):\n    def g(s): return s\n    return g(t)",
        "def f(t):\n    x = (y := t)\n    return x",
        "def f(t):\n    x = rates\n    x += [t]\n    return t",
        "def f(t):\n    x = rates if t else rates\n    x *= 2\n    return t",
        "def f(t):\n    x = max(rates, rates)\n    x *= 2\n    return t",
        "def f(t):\n    rates += [t]\n    return t",
        "def f(t):\n" + "    t = t + t\n" * 40 + "    return t",
        "def f(t): return " + "+".join("t" * 900),
        "def f(t):\n" + "    t += 1\n" * 101 + "    return t",
        "def f(t):\n" + "    if t: pass\n" * 90 + "    return t",
    ],
)
def test_what_is_not_followed_is_refused(source: str) -> None:
    [function] = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef)
    with pytest.raises(ReadError):
        lambda_of(function)
