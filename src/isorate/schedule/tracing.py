"""Arithmetic in text, compiled for times that Python cannot look at, as inside ``jax.jit``."""

from __future__ import annotations

import ast
import math
from functools import reduce
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from isorate.schedule.arithmetic import FUNCTIONS, Arithmetic, Part, name_of
from isorate.schedule.errors import ReadError
from isorate.schedule.syntax import mentions

if TYPE_CHECKING:
    from collections.abc import Sequence


class Traced(Arithmetic):
    """Compiles an expression to the functions of a namespace, for arguments nobody can look at.

    The function takes the variable, an integer or an array of them, and the namespace: arithmetic
    operators and NumPy's functions under their names. Integers stay integers up to 31 bits, as
    ``%`` and ``//`` need them, and are floats beyond, the variable being below 2**30. All branches
    are computed; where Python would raise, the value is what IEEE arithmetic says.
    """

    arguments = ("t", "xp")
    bits = 30

    def part(self, node: ast.expr, depth: int = 0) -> Part:
        """Return the code of a node; what does not vary is computed at once."""
        if self.variable is None or mentions(node, self.variable):
            return super().part(node, depth)
        try:
            return self.literal(Arithmetic(self.known).value(node))
        except (ArithmeticError, LookupError, TypeError, ValueError):
            return self.literal(None)

    def literal(self, value: Any) -> Part:
        """Return a number, NaN for what is none; a float where an integer has too many bits."""
        if not isinstance(value, int | float):
            return replace(self.literal(math.nan), odd=True)
        part = super().literal(value)
        return self.literal(_as_float(value)) if part.bits > 31 else part

    def of(self, name: str, *parts: Part) -> ast.expr:
        """Return the call of one of the namespace's functions."""
        function = ast.Attribute(name_of("xp"), name, ast.Load())
        return ast.Call(function, [part.code for part in parts], [])

    def real(self, part: Part) -> Part:
        """Return an integer as a float."""
        if not part.bits:
            return part
        if part.number is not None:
            return self.literal(_as_float(part.number))
        return Part(ast.BinOp(part.code, ast.Mult(), ast.Constant(1.0)))

    def operand(self, part: Part) -> Part:
        """Return a number: the sum of two bools is none."""
        if part.odd:
            raise ReadError("arithmetic needs numbers", got="None, a text or what raises")
        if not part.truth:
            return part
        return Part(ast.BinOp(part.code, ast.Mult(), ast.Constant(1)), 1)

    def result(self, part: Part) -> Part:
        """Return a float."""
        return self.real(self.operand(replace(part, odd=False)))

    def negation(self, part: Part) -> Part:
        """Return whether something is zero."""
        return self.comparison([ast.Eq()], [part, self.literal(0)])

    def binary(self, op: ast.operator, a: Part, b: Part) -> Part:
        """Return an operation of integers as long as they are small, else one of floats."""
        if isinstance(op, ast.Pow):
            return Part(self.of("power", self.real(a), self.real(b)))
        bits, _ = self.growth(op, a, b)
        by_zero = isinstance(op, ast.FloorDiv | ast.Mod) and not b.number
        if bits > 31 or by_zero:
            a, b, bits = self.real(a), self.real(b), 0
        return Part(ast.BinOp(a.code, op, b.code), bits)

    def comparison(self, ops: Sequence[ast.cmpop], parts: Sequence[Part]) -> Part:
        """Return whether numbers compare, each with the next."""
        sides = [self.operand(part).code for part in parts]
        each: list[ast.expr] = [
            ast.Compare(a, [op], [b]) for a, op, b in zip(sides, ops, sides[1:], strict=False)
        ]
        every = reduce(lambda a, b: ast.BinOp(a, ast.BitAnd(), b), each)
        return Part(every, 1, truth=True)

    def boolean(self, op: ast.boolop, parts: Sequence[Part]) -> Part:
        """Return one value after another, until one decides."""
        *others, last = parts
        for part in reversed(others):
            test, again = self.kept(part)
            yes, no = (last, again) if isinstance(op, ast.And) else (again, last)
            last = self.choice(test, yes, no)
        return last

    def choice(self, test: Part, yes: Part, no: Part) -> Part:
        """Return one value or another, both of which are computed."""
        test = test if test.truth else self.operand(test)
        if test.number is not None:
            return yes if test.number else no
        odd = yes.odd or no.odd
        yes, no = (self.operand(replace(part, odd=False)) for part in (yes, no))
        if not (yes.bits and no.bits):
            yes, no = self.real(yes), self.real(no)
        return Part(self.of("where", test, yes, no), max(yes.bits, no.bits), odd=odd)

    def last(self, first: Part, last: Part) -> Part:
        """Return the second of two values: nothing raises."""
        return last

    def lookup(self, numbers: tuple[float, ...], place: Part) -> Part:
        """Return one of several numbers, counted from the end below zero, NaN where there is none.

        The place may be a float by now, so that it is found among those there are.
        """
        count = len(numbers)
        padded = tuple(map(_as_float, (math.nan, *numbers, *numbers, math.nan)))
        ends = tuple(range(-count, count + 1))
        found = self.of("searchsorted", Part(self.bound(ends)), place)
        return Part(self.of("take", Part(self.bound(padded)), Part(found)))

    def call(self, name: str, parts: Sequence[Part]) -> Part:
        """Return what a function of Python's is in the namespace."""
        if name in ("min", "max") and len(parts) > 1:
            return super().call(name, parts)
        if name == "abs" and len(parts) == 1:
            return Part(self.called(abs, parts[0]), parts[0].bits)
        reals = list(map(self.real, parts))
        match name, reals:
            case "float", [part]:
                return part
            case "int", [part]:
                return Part(self.of("trunc", part))
            case "pow", [base, exponent]:
                return Part(self.of("power", base, exponent))
            case "log", [part, base]:
                logarithms = (self.of("log", part), self.of("log", base))
                return Part(ast.BinOp(logarithms[0], ast.Div(), logarithms[1]))
            case _, [part] if name in FUNCTIONS and name != "pow":
                return Part(self.of(name, part))
        raise ReadError(f"{name} takes no {len(parts)} numbers")


def _as_float(value: float) -> float:
    """Return an integer as a float, infinite beyond the floats."""
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, value)
