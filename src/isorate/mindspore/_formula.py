"""Arithmetic in text as a tree of cells, one for each operation, all of them in float64."""

from __future__ import annotations

import ast
import math
from typing import TYPE_CHECKING, Any, Final

import mindspore
from mindspore import nn, ops

from isorate.mindspore._shapes import Constant, double
from isorate.schedule.arithmetic import number_of
from isorate.schedule.errors import IsorateError, ScheduleError
from isorate.schedule.expression import constant
from isorate.schedule.syntax import parse, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: The primitives of the operations that have one. The text is a schedule's: it has been checked.
PRIMITIVES: Final[dict[Any, Callable[[], Any]]] = {
    ast.Add: ops.Add,
    ast.Sub: ops.Sub,
    ast.Mult: ops.Mul,
    ast.Div: ops.Div,
    ast.Mod: ops.FloorMod,
    ast.Pow: ops.Pow,
    ast.USub: ops.Neg,
    ast.Lt: ops.Less,
    ast.LtE: ops.LessEqual,
    ast.Gt: ops.Greater,
    ast.GtE: ops.GreaterEqual,
    ast.Eq: ops.Equal,
    ast.NotEq: ops.NotEqual,
    "cos": ops.Cos,
    "sin": ops.Sin,
    "exp": ops.Exp,
    "sqrt": ops.Sqrt,
    "log": ops.Log,
    "pow": ops.Pow,
    "tanh": ops.Tanh,
    "floor": ops.Floor,
    "ceil": ops.Ceil,
    "abs": ops.Abs,
    "int": ops.Trunc,
    "min": ops.Minimum,
    "max": ops.Maximum,
}

#: Logarithms to a base are natural ones divided by that of the base.
BASES: Final = {"log2": 2.0, "log10": 10.0}


class Variable(nn.Cell):  # type: ignore[misc] # MindSpore is untyped
    """The time itself."""

    def construct(self, t: Any) -> Any:
        """Return the times."""
        return t


class Unary(nn.Cell):  # type: ignore[misc] # MindSpore is untyped
    """A function of one value."""

    def __init__(self, of: nn.Cell, function: Any) -> None:
        super().__init__()
        self.of, self.function = of, function

    def construct(self, t: Any) -> Any:
        """Return the values at these times."""
        return self.function(self.of(t))


class Binary(nn.Cell):  # type: ignore[misc] # MindSpore is untyped
    """A function of two values."""

    def __init__(self, a: nn.Cell, b: nn.Cell, function: Any) -> None:
        super().__init__()
        self.a, self.b, self.function = a, b, function

    def construct(self, t: Any) -> Any:
        """Return the values at these times."""
        return self.function(self.a(t), self.b(t))


class Comparison(Binary):
    """A comparison, 1 or 0: as in Python, it is a number too."""

    def construct(self, t: Any) -> Any:
        """Return the values at these times."""
        return ops.cast(self.function(self.a(t), self.b(t)), mindspore.float64)


class FloorDivision(nn.Cell):  # type: ignore[misc] # MindSpore is untyped
    """A quotient rounded down, by its remainder, as Python does it: ``1 // 0.1`` is 9."""

    def __init__(self, a: nn.Cell, b: nn.Cell) -> None:
        super().__init__()
        self.a, self.b, self.half = a, b, double(0.5)

    def construct(self, t: Any) -> Any:
        """Return the values at these times."""
        a, b = self.a(t), self.b(t)
        return ops.floor((a - ops.floor_mod(a, b)) / b + self.half)


class Choice(nn.Cell):  # type: ignore[misc] # MindSpore is untyped
    """One value or another, both of which are computed."""

    def __init__(self, test: nn.Cell, yes: nn.Cell, no: nn.Cell) -> None:
        super().__init__()
        self.test, self.yes, self.no, self.zero = test, yes, no, double(0.0)

    def construct(self, t: Any) -> Any:
        """Return the values at these times."""
        return ops.select(self.test(t) != self.zero, self.yes(t), self.no(t))


class Lookup(nn.Cell):  # type: ignore[misc] # MindSpore is untyped
    """One of several numbers, counted from the end below zero; NaN where there is none."""

    def __init__(self, values: Sequence[float], index: nn.Cell) -> None:
        super().__init__()
        self.values = double([math.nan, *values, *values, math.nan])
        self.index = index
        self.before, self.first = double(len(values) + 1), double(0.0)
        self.last = double(2 * len(values) + 1)

    def construct(self, t: Any) -> Any:
        """Return the values at these times."""
        place = ops.maximum(ops.minimum(self.index(t) + self.before, self.last), self.first)
        return ops.gather(self.values, ops.cast(place, mindspore.int32), 0)


def arithmetic(variable: str, source: str) -> nn.Cell:
    """Return a cell that computes a text at times, which are whole numbers.

    Integers are floats here, exact below 2**53. Where Python would raise, the value is what IEEE
    arithmetic says; where no time has one, it is NaN.
    """
    return _cell(parse(source), variable)


def _cell(node: ast.expr, variable: str) -> nn.Cell:
    if not any(isinstance(part, ast.Name) and part.id == variable for part in ast.walk(node)):
        return Constant(_number(node))

    def sub(child: ast.expr) -> nn.Cell:
        return _cell(child, variable)

    match node:
        case ast.Name():
            return Variable()
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return sub(operand)
        case ast.UnaryOp(op=op, operand=operand):
            return Unary(sub(operand), PRIMITIVES[type(op)]())
        case ast.BinOp(left=left, op=ast.FloorDiv(), right=right):
            return FloorDivision(sub(left), sub(right))
        case ast.BinOp(left=left, op=op, right=right):
            return Binary(sub(left), sub(right), PRIMITIVES[type(op)]())
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return Comparison(sub(left), sub(right), PRIMITIVES[type(op)]())
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return Choice(sub(test), sub(body), sub(orelse))
        case ast.Subscript(value=ast.Tuple(elts=items), slice=place):
            return Lookup([float(number_of(item)) for item in items], sub(place))
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=args):
            return _call(name, [sub(arg) for arg in args], node)
    raise ScheduleError(f"{shown(node)} cannot be computed in MindSpore")


def _call(name: str, arguments: list[nn.Cell], node: ast.expr) -> nn.Cell:
    match name, arguments:
        case "float", [value]:
            return value
        case "log2" | "log10", [value]:
            logarithm = Unary(value, ops.Log())
            return Binary(logarithm, Constant(math.log(BASES[name])), ops.Div())
        case "log", [value, base]:
            return Binary(Unary(value, ops.Log()), Unary(base, ops.Log()), ops.Div())
        case "pow", [base, exponent]:
            return Binary(base, exponent, ops.Pow())
        case "min" | "max", [first, *others] if others:
            for other in others:
                first = Binary(first, other, PRIMITIVES[name]())
            return first
        case _, [value] if name in PRIMITIVES and name not in ("min", "max", "pow"):
            return Unary(value, PRIMITIVES[name]())
    raise ScheduleError(f"{shown(node)} cannot be computed in MindSpore")


def _number(node: ast.expr) -> float:
    """Return the value of arithmetic without a variable, NaN where there is none."""
    try:
        return float(constant(node, {}))
    except (IsorateError, ArithmeticError, TypeError, ValueError):
        return math.nan
