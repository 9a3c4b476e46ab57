"""What the text of a formula means: lines, cosines, powers and decays, and where each begins.

The text is taken apart into exact forms, each with the update that it begins at. Nothing is fitted
to rates. What cannot be said is not said at all: the formula stays what it is.
"""

from __future__ import annotations

import ast
import math
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from isorate.schedule.arithmetic import BUILTINS, COMPARISONS, DEEPEST, FUNCTIONS, MODULES
from isorate.schedule.combinators import Product, Sum
from isorate.schedule.domains import FARTHEST
from isorate.schedule.errors import ScheduleError
from isorate.schedule.expression import KEPT, Expression
from isorate.schedule.shapes import Table
from isorate.schedule.symbolic.forms import (
    HALF,
    LINE,
    ONE,
    PI,
    Form,
    Parts,
    Term,
    UnsaidError,
    cosine,
    exponential,
    fraction,
    minus,
    plus,
    power,
    quotient,
    rest,
    scaled,
    times,
)
from isorate.schedule.symbolic.pieces import (
    changed,
    compared,
    extent,
    holding,
    lesser,
    level,
    merged,
    merged_truths,
    together,
    with_ends,
)
from isorate.schedule.symbolic.shapes import schedule_of
from isorate.schedule.syntax import dotted, parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from isorate.schedule.node import Schedule

#: Longer than this no text is taken apart.
LONGEST: Final = 4000
#: What each operator makes of two forms.
OPERATIONS: Final[dict[type[ast.operator], Callable[[Form, Form], Form]]] = {
    ast.Add: plus,
    ast.Sub: minus,
    ast.Mult: times,
    ast.Div: lambda a, b: times(a, power(b, Term(-ONE))),
    ast.Pow: power,
    ast.FloorDiv: quotient,
    ast.Mod: rest,
}


@lru_cache(maxsize=KEPT)
def shapes_of(scale: float, variable: str, source: str) -> Schedule | None:
    """Return what a formula means, put together of shapes in normal form; none if nothing says it.

    Args:
        scale: what its value is multiplied by.
        variable: the name of the update in it.
        source: its text.

    Example:
        >>> shapes_of(0.1, "t", "min(t + 1, 5) / 5")
        Linear(start=0.02, end=0.1, duration=4, after='hold')

    """
    if source.endswith((f")[{variable}]", f"][{variable}]")):
        return _listed(scale, variable, source)
    if len(source) > LONGEST:
        return None
    try:
        meant = _meant(parse(source), variable, fraction(scale)).normal()
    except (UnsaidError, ScheduleError, ArithmeticError, LookupError, ValueError, RecursionError):
        return None
    text = Expression(variable, source)
    joints = (b for node in meant.walk() for b in getattr(node, "boundaries", ()))
    about = {b + k for b in joints for k in (-1, 0, 1)}
    about |= {meant.horizon * k // 12 for k in range(25)} | {*range(12), 10**4, 10**6}
    end = FARTHEST if meant.length is None else meant.length
    if end < FARTHEST and not all(math.isnan(text.at(end + k)) for k in (0, 1, 2, 5, 100, 1000)):
        return None
    pairs = [(scale * text.at(t), meant.at(t)) for t in sorted(about) if 0 <= t < end]
    largest = max(abs(value) for value, _ in pairs)
    near = all(math.isclose(*pair, rel_tol=1e-9, abs_tol=1e-11 * largest) for pair in pairs)
    return meant if near else None


def _listed(scale: float, variable: str, source: str) -> Schedule | None:
    """Return numbers that are looked up by the update; past the last one there is none."""
    match parse(source):
        case ast.Subscript(value=ast.Tuple(elts=items) | ast.List(elts=items)) if items and all(
            isinstance(item, ast.Constant) and isinstance(item.value, int | float) for item in items
        ):
            return Table(tuple(scale * item.value for item in items)).normal()  # type: ignore[attr-defined]
    return None


def _meant(node: ast.expr, variable: str, scale: Fraction) -> Schedule:
    """Return what an expression means, a product's factors and a sum's terms apart if need be."""
    try:
        parts = _Text(variable).parts(node, 0, None)
        return schedule_of(changed(parts, lambda form: scaled(form, scale)), 0, None)
    except UnsaidError:
        match node:
            case ast.BinOp(left=left, op=ast.Mult(), right=right):
                return Product((_meant(left, variable, scale), _meant(right, variable, ONE)))
            case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as op, right=right):
                sign = 1 if isinstance(op, ast.Add) else -1
                return Sum((_meant(left, variable, scale), _meant(right, variable, sign * scale)))
        raise


class _Text:
    """Takes a text apart."""

    def __init__(self, variable: str) -> None:
        self.variable = variable

    def parts(self, node: ast.expr, start: int, stop: int | None, depth: int = 0) -> Parts:
        """Return what an expression is from one update on until another."""
        if depth > DEEPEST:
            raise UnsaidError

        def inner(child: ast.expr) -> Parts:
            return self.parts(child, start, stop, depth + 1)

        match node:
            case ast.Constant(value=int() | float() as value):
                return level(start, value)
            case ast.Name(id=name) if name == self.variable:
                return ((start, LINE),)
            case ast.Attribute(value=ast.Name(id=module), attr="pi" | "e" as name) if (
                module in MODULES
            ):
                return level(start, getattr(math, name))
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return inner(operand)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return changed(inner(operand), lambda form: scaled(form, -ONE))
            case ast.BinOp(left=left, op=op, right=right):
                return together(OPERATIONS[type(op)], inner(left), inner(right), stop)
            case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
                return tuple((at, Term(Fraction(held))) for at, held in
                             self.truth(node, start, stop, depth))  # fmt: skip
            case ast.IfExp(test=test, body=body, orelse=orelse):
                found: list[tuple[int, Form]] = []
                held = self.truth(test, start, stop, depth + 1)
                for (at, holds), end in with_ends(held, stop):
                    found += self.parts(body if holds else orelse, at, end, depth + 1)
                return merged(found)
            case ast.Call(func=func, args=args, keywords=[]) if args:
                return self._call(func, list(map(inner, args)), stop)
            case ast.Subscript(value=ast.Tuple(elts=items), slice=place):
                found = []
                for (at, form), end in with_ends(inner(place), stop):
                    if not isinstance(form, Term) or not form.constant:
                        raise UnsaidError
                    found += self.parts(items[int(form.add)], at, end, depth + 1)
                return merged(found)
        raise UnsaidError

    def truth(
        self, node: ast.expr, start: int, stop: int | None, depth: int
    ) -> list[tuple[int, bool]]:
        """Return whether a condition holds, and from which updates on."""
        match node:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return [(at, not held) for at, held in self.truth(operand, start, stop, depth + 1)]
            case ast.BoolOp(op=kind, values=values):
                whole = all if isinstance(kind, ast.And) else any
                each = [self.truth(value, start, stop, depth + 1) for value in values]
            case ast.Compare(left=left, ops=ops, comparators=others):
                whole, each = all, []
                sides = [self.parts(side, start, stop, depth + 1) for side in (left, *others)]
                for op, a, b in zip(ops, sides, sides[1:], strict=False):
                    each.append(compared(COMPARISONS[type(op)], a, b, stop))
            case _:
                found = self.parts(node, start, stop, depth + 1)
                if not all(isinstance(form, Term) and form.constant for _, form in found):
                    raise UnsaidError
                return [(at, bool(form.add)) for at, form in found]  # type: ignore[union-attr]
        begins = sorted({at for one in each for at, _ in one})
        return merged_truths([(at, whole(holding(one, at) for one in each)) for at in begins])

    def _call(self, func: ast.expr, args: list[Parts], stop: int | None) -> Parts:
        name = (dotted(func) or "").rpartition(".")[2]
        if name not in BUILTINS and name not in FUNCTIONS:
            raise UnsaidError
        if name in ("min", "max") and len(args) > 1:
            sign = 1 if name == "min" else -1
            found = args[0]
            for other in args[1:]:
                found = lesser(found, other, stop, sign)
            return found
        if name == "pow" and len(args) == 2:
            return together(power, args[0], args[1], stop)
        if len(args) != 1 or name in ("min", "max", "pow"):
            raise UnsaidError
        if all(isinstance(form, Term) and form.constant for _, form in args[0]):
            function: Any = BUILTINS.get(name) or FUNCTIONS[name]
            return tuple((at, Term(fraction(function(float(form.add))))) for at, form in args[0])  # type: ignore[union-attr]
        match name:
            case "float":
                return args[0]
            case "floor":
                return together(quotient, args[0], level(args[0][0][0], 1), stop)
            case "int":  # which rounds towards 0: the floor, where nothing is below 0
                if any(extent(f, at, end)[0] < 0 for (at, f), end in with_ends(args[0], stop)):
                    raise UnsaidError
                return together(quotient, args[0], level(args[0][0][0], 1), stop)
            case "ceil":
                turned = changed(args[0], lambda form: scaled(form, -ONE))
                floor = together(quotient, turned, level(args[0][0][0], 1), stop)
                return changed(floor, lambda form: scaled(form, -ONE))
            case "sqrt":
                return changed(args[0], lambda form: power(form, Term(HALF)))
            case "exp":
                return changed(args[0], exponential)
            case "cos":
                return changed(args[0], cosine)
            case "sin":  # a cosine, a quarter of a turn late
                return changed(args[0], lambda form: cosine(plus(form, Term(-PI / 2))))
            case "abs":
                turned = changed(args[0], lambda form: scaled(form, -ONE))
                return lesser(args[0], turned, stop, -1)
        raise UnsaidError
