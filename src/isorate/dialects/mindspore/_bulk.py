"""A lambda of the counter, computed for many counts at once as MindSpore computes it one by one.

What the elements are decides how they are computed: float32 tensors by MindSpore's kernels, Python
numbers by Python. Where a condition makes that differ, the counts are computed in two parts; where
anything might be raised, one by one.
"""

from __future__ import annotations

import ast
import builtins
import math
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from isorate.dialects.mindspore._tensors import floor_divided, held_number, remainder
from isorate.kit.float32 import F32, ONE, divided, powf, single
from isorate.schedule.errors import IsorateError
from isorate.schedule.expression import BINARY, COMPARE, MODULES, combined, parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from isorate.dialects.mindspore._stepping import Rates
    from isorate.schedule.expression import Expression

#: ``tensor`` and ``truth``: float32 and bool tensors. ``python``: Python numbers.
Kind = Literal["tensor", "truth", "python"]

ROUNDINGS: dict[str, Callable[[Any], Any]] = {"int": np.trunc, "floor": np.floor, "ceil": np.ceil}
#: Whole numbers up to this are added, subtracted and multiplied alike as integers and as floats.
SMALL = 2.0**26
BUILTINS = ("abs", "float", "int")
FUNCTIONS = ("floor", "ceil", "cos", "sin", "exp", "sqrt", "log", "log10", "log2", "tanh")


class OneByOne(Exception):  # noqa: N818 - a signal, never a user's error
    """Raised where elements have to be computed one by one."""


class TwoParts(Exception):  # noqa: N818 - likewise
    """Raised where a condition holds for some of the counts only."""

    def __init__(self, condition: NDArray[np.bool_]) -> None:
        super().__init__()
        self.condition = condition


@dataclass(frozen=True, slots=True)
class Many:
    """Many numbers of one kind; a single Python number is not wrapped."""

    values: Any
    kind: Kind

    @property
    def singles(self) -> Rates:
        """The numbers as a float32 kernel takes them."""
        rounded: Rates = self.values.astype(F32)
        return rounded


def values_over(expression: Expression, counts: Rates, base: Any) -> Rates | None:
    """Return ``base`` times an expression at float32 counts; none where it cannot be in bulk.

    Args:
        expression: the lambda.
        counts: float32 counts.
        base: a float32 number, or a Python number, which Python multiplies by Python numbers.

    """
    try:
        with np.errstate(all="ignore"):
            value = _computed(parse(expression.source), expression.variable, counts)
            if not isinstance(value, Many):
                same: Rates = np.full(len(counts), base * held_number(value)).astype(F32)
                return same
            if value.kind == "python" and not isinstance(base, np.float32):
                doubles: Rates = (base * value.values).astype(F32)
                return doubles
            product: Rates = single(base) * value.singles
            return product
    except TwoParts as parts:
        product = np.empty_like(counts)
        for part in (parts.condition, ~parts.condition):
            values = values_over(expression, counts[part], base)
            if values is None:
                return None
            product[part] = values
        return product
    except (OneByOne, IsorateError, ArithmeticError, ValueError, TypeError, RuntimeError):
        return None  # whatever it is, one by one it will be raised where it belongs


def _computed(node: ast.expr, variable: str, counts: Rates) -> Any:
    def sub(child: ast.expr) -> Any:
        return _computed(child, variable, counts)

    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return value
        case ast.Name(id=name) if name == variable:
            return Many(counts, "tensor")
        case ast.Attribute(value=ast.Name(id=module), attr="pi") if module in MODULES:
            return math.pi
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            value = sub(operand)
            if not isinstance(value, Many):
                return -value
            if value.kind in ("tensor", "python"):
                return Many(-value.values, value.kind)
        case ast.BinOp(left=left, op=op, right=right):
            return _combined(type(op), sub(left), sub(right))
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _compared(COMPARE[type(op)], sub(left), sub(right))
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return sub(body) if _holds(sub(test)) else sub(orelse)
        case ast.Call(func=ast.Name(id="min"), args=[a, b], keywords=[]):
            first, second = sub(a), sub(b)
            return second if _holds(_compared(operator.lt, second, first)) else first
        case ast.Call(func=ast.Name(id="max"), args=[a, b], keywords=[]):
            first, second = sub(a), sub(b)
            return second if _holds(_compared(operator.gt, second, first)) else first
        case ast.Call(func=ast.Name(id=name), args=[a], keywords=[]) if name in BUILTINS:
            return _called(name, getattr(builtins, name), sub(a))
        case ast.Call(func=ast.Attribute(value=ast.Name(id="math"), attr=name), args=[a]) if (
            name in FUNCTIONS
        ):
            return _called(name, getattr(math, name), sub(a))
    raise OneByOne


def _combined(written: type[ast.operator], a: Any, b: Any) -> Any:
    """Compute with two numbers, or many."""
    kinds = [value.kind for value in (a, b) if isinstance(value, Many)]
    if not kinds:
        return combined(written, a, b)
    operation = BINARY[written]
    if kinds == ["truth"] and operation in (operator.add, operator.sub, operator.mul):
        if not all(isinstance(value, Many | float) for value in (a, b)):
            raise OneByOne  # with an integer it turns int64
        return Many(operation(_single(a), _single(b)), "tensor")
    if "tensor" in kinds:
        return Many(_in_singles(operation, a, b), "tensor")
    if "truth" not in kinds and operation in (operator.add, operator.sub, operator.mul):
        return Many(operation(_double(a), _double(b)), "python")
    if "truth" not in kinds and operation is operator.truediv and np.all(_double(b) != 0):
        return Many(_double(a) / _double(b), "python")
    if kinds == ["python"] and operation is operator.pow and isinstance(a, Many):
        powers = (value**b for value in a.values.tolist())
        return Many(np.fromiter(powers, np.float64, len(a.values)), "python")
    raise OneByOne


def _in_singles(operation: Callable[[Any, Any], Any], a: Any, b: Any) -> Rates:
    first, second = _single(a), _single(b)
    if operation is operator.truediv and not isinstance(a, Many):
        quotient: Rates = first * (ONE / second)
        return quotient
    if operation is operator.truediv:
        divisions: Rates = divided(first, second)
        return divisions
    if operation is operator.floordiv:
        floors: Rates = floor_divided(first, second)
        return floors
    if operation is operator.mod:
        rest: Rates = remainder(*np.broadcast_arrays(first, second))
        return rest
    if operation is operator.pow:
        return powf(*np.broadcast_arrays(first, second))
    result: Rates = operation(first, second)
    return result


def _compared(comparison: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
    """Compare two numbers, or many."""
    if not isinstance(a, Many) and not isinstance(b, Many):
        return comparison(a, b)
    kinds = [value.kind for value in (a, b) if isinstance(value, Many)]
    if "tensor" not in kinds:
        raise OneByOne
    return Many(comparison(_single(a), _single(b)), "truth")


def _holds(test: Any) -> bool:
    """Return whether a condition holds; the counts for which it does are computed by themselves."""
    if not isinstance(test, Many):
        return bool(test)
    condition = test.values.astype(bool)
    if condition.all():
        return True
    if condition.any():
        raise TwoParts(condition)
    return False


def _called(name: str, function: Callable[[Any], Any], value: Any) -> Any:
    """Return what a function of Python's makes of one number, or many."""
    if not isinstance(value, Many):
        return function(value)
    doubles = value.values.astype(np.float64)
    if name == "abs" and value.kind != "truth":
        return Many(np.abs(value.values), value.kind)
    if name == "float":
        return Many(doubles, "python")
    if name in ROUNDINGS:
        return _whole(ROUNDINGS[name], doubles)
    if name == "abs":
        raise OneByOne
    return Many(np.fromiter(map(function, doubles.tolist()), np.float64, len(doubles)), "python")


def _whole(rounding: Callable[[Any], Any], doubles: NDArray[np.float64]) -> Many:
    """Return Python's integers next to many floats, as floats that compute like them."""
    whole = rounding(doubles)
    if not (np.abs(whole) < SMALL).all():
        raise OneByOne
    return Many(whole + 0.0, "python")


def _single(value: Any) -> Any:
    return value.singles if isinstance(value, Many) else single(held_number(value))


def _double(value: Any) -> Any:
    return value.values.astype(np.float64) if isinstance(value, Many) else float(value)
