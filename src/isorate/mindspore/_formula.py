"""Arithmetic in text as a tree of cells, one for each operation, all of them in float64."""

from __future__ import annotations

import ast
import math
from functools import reduce
from typing import TYPE_CHECKING, Any, Final

import mindspore
from mindspore import nn, ops
from msgspec.structs import replace

from isorate.mindspore._shapes import Constant, double
from isorate.schedule.arithmetic import Part
from isorate.schedule.errors import ScheduleError
from isorate.schedule.syntax import parse
from isorate.schedule.tracing import Traced

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
        return t


class Unary(nn.Cell):  # type: ignore[misc] # MindSpore is untyped
    """A function of one value."""

    def __init__(self, of: nn.Cell, function: Any) -> None:
        super().__init__()
        self.of, self.function = of, function

    def construct(self, t: Any) -> Any:
        return self.function(self.of(t))


class Binary(nn.Cell):  # type: ignore[misc] # MindSpore is untyped
    """A function of two values."""

    def __init__(self, a: nn.Cell, b: nn.Cell, function: Any) -> None:
        super().__init__()
        self.a, self.b, self.function = a, b, function

    def construct(self, t: Any) -> Any:
        return self.function(self.a(t), self.b(t))


class Comparison(Binary):
    """A comparison, 1 or 0: as in Python, it is a number too."""

    def construct(self, t: Any) -> Any:
        return ops.cast(self.function(self.a(t), self.b(t)), mindspore.float64)


class FloorDivision(nn.Cell):  # type: ignore[misc] # MindSpore is untyped
    """A quotient rounded down, by its remainder, as Python does it: ``1 // 0.1`` is 9."""

    def __init__(self, a: nn.Cell, b: nn.Cell) -> None:
        super().__init__()
        self.a, self.b, self.half = a, b, double(0.5)

    def construct(self, t: Any) -> Any:
        a, b = self.a(t), self.b(t)
        return ops.floor((a - ops.floor_mod(a, b)) / b + self.half)


class Choice(nn.Cell):  # type: ignore[misc] # MindSpore is untyped
    """One value or another, both of which are computed."""

    def __init__(self, test: nn.Cell, yes: nn.Cell, no: nn.Cell) -> None:
        super().__init__()
        self.test, self.yes, self.no, self.zero = test, yes, no, double(0.0)

    def construct(self, t: Any) -> Any:
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
        place = ops.maximum(ops.minimum(self.index(t) + self.before, self.last), self.first)
        return ops.gather(self.values, ops.cast(place, mindspore.int32), 0)


class Cells(Traced):
    """Makes cells of an expression. Integers are floats here, exact below 2**53."""

    def argument(self) -> Part:
        """Return the time itself."""
        return Part(Variable())

    def literal(self, value: Any) -> Part:
        """Return a constant."""
        part = super().literal(value)
        return replace(part, code=Constant(float(part.number or 0.0)), bits=0)

    def signed(self, op: ast.unaryop, part: Part) -> Part:
        return part if isinstance(op, ast.UAdd) else Part(Unary(part.code, ops.Neg()))

    def binary(self, op: ast.operator, a: Part, b: Part) -> Part:
        """Return an operation."""
        if isinstance(op, ast.FloorDiv):
            return Part(FloorDivision(a.code, b.code))
        return Part(Binary(a.code, b.code, PRIMITIVES[type(op)]()))

    def comparison(self, ops: Sequence[ast.cmpop], parts: Sequence[Part]) -> Part:
        """Return 1 or 0: as in Python, it is a number too."""
        cells = [self.operand(part).code for part in parts]
        each = [
            Comparison(a, b, PRIMITIVES[type(op)]())
            for a, op, b in zip(cells, ops, cells[1:], strict=False)
        ]
        return Part(reduce(lambda a, b: Binary(a, b, PRIMITIVES[ast.Mult]()), each))

    def choice(self, test: Part, yes: Part, no: Part) -> Part:
        """Return one value or another."""
        return Part(Choice(self.operand(test).code, yes.code, no.code), odd=yes.odd or no.odd)

    def kept(self, part: Part) -> tuple[Part, Part]:
        """Return a cell twice; it has no state, and may be in two places."""
        return part, part

    def lookup(self, numbers: tuple[float, ...], place: Part) -> Part:
        """Return one of several numbers."""
        return Part(Lookup(numbers, place.code))

    def call(self, name: str, parts: Sequence[Part]) -> Part:
        """Return a function's value."""
        match name, [part.code for part in parts]:
            case "float", [_]:
                return parts[0]
            case "log2" | "log10", [value]:
                logarithm = Constant(math.log(BASES[name]))
                return Part(Binary(Unary(value, ops.Log()), logarithm, ops.Div()))
            case "log", [value, base]:
                return Part(Binary(Unary(value, ops.Log()), Unary(base, ops.Log()), ops.Div()))
            case "pow", [base, exponent]:
                return Part(Binary(base, exponent, ops.Pow()))
            case "min" | "max", [first, second, *others]:
                least = Part(Binary(first, second, PRIMITIVES[name]()))
                return self.call(name, [least, *map(Part, others)]) if others else least
            case _, [value] if name in PRIMITIVES and name not in ("min", "max", "pow"):
                return Part(Unary(value, PRIMITIVES[name]()))
        raise ScheduleError(f"{name} of {len(parts)} numbers cannot be computed in MindSpore")


def arithmetic(variable: str, source: str) -> nn.Cell:
    """Return a cell that computes a text at times, which are whole numbers.

    Where Python would raise, the value is what IEEE arithmetic says; where no time has one, it is
    NaN.
    """
    cell: nn.Cell = Cells({}, variable).part(parse(source)).code
    return cell
