"""What the text of a formula means: lines, cosines, powers and decays, and where each begins.

The text is taken apart symbolically. Its numbers are the decimal fractions that are written, so
that what is put together of them is exact until it becomes a shape; where a condition, ``min``,
``max`` or a division into whole numbers decides, the updates are split at the one where it changes.
Nothing is fitted to rates. What cannot be said is not said at all: the formula stays what it is.
"""

from __future__ import annotations

import ast
import math
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from isorate.schedule.arithmetic import BUILTINS, COMPARISONS, DEEPEST, FUNCTIONS, MODULES
from isorate.schedule.combinators import Clamp, Join, Product, Repeat, Shift, Staircase, Sum, Until
from isorate.schedule.errors import ScheduleError
from isorate.schedule.expression import KEPT, Expression
from isorate.schedule.node import FARTHEST
from isorate.schedule.shapes import (
    Constant,
    Cosine,
    Exponential,
    Inverse,
    Linear,
    NaturalExponential,
    Polynomial,
)
from isorate.schedule.syntax import dotted, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from isorate.schedule.node import Schedule

#: Longer than this no text is taken apart, nor into more parts.
LONGEST: Final = 4000
MOST_PARTS: Final = 64
#: Fractions of more bits come of no numbers that a person wrote.
MOST_BITS: Final = 1 << 14
PI: Final = Fraction(repr(math.pi))
ONE: Final = Fraction(1)
HALF: Final = Fraction(1, 2)


class UnsaidError(Exception):
    """A text says what no shape does, or nothing that is known to be one."""


@dataclass(frozen=True, slots=True)
class Term:
    """``add + by·basis(rise·t + at)``: a constant where nothing is multiplied, else a line or more.

    Args:
        add: what stands beside it.
        by: what the basis is multiplied by.
        basis: ``line``, ``cosine`` (of pi times its argument), ``power`` or ``exponential``.
        rise: how fast the argument goes.
        at: the argument at update 0.
        number: the exponent of a power; the base of an exponential, e as none.

    """

    add: Fraction
    by: Fraction = Fraction(0)
    basis: str = ""
    rise: Fraction = Fraction(1)
    at: Fraction = Fraction(0)
    number: Fraction | None = None

    @property
    def constant(self) -> bool:
        """Whether it is the same at every update."""
        return not self.by

    @property
    def line(self) -> bool:
        """Whether it is a line, a level one included."""
        return self.constant or self.basis == "line"

    @property
    def curve(self) -> tuple[Any, ...]:
        """What it is a multiple of."""
        return self.basis, self.rise, self.at, self.number

    def argument(self, t: int) -> Fraction:
        """Return the argument at an update."""
        return self.rise * t + self.at

    def value(self, t: int) -> float:
        """Return the value at an update."""
        x = float(self.argument(t))
        match self.basis:
            case "cosine":
                x = math.cos(math.pi * float(self.argument(t) % 2))
            case "power":
                x = x ** float(self.number or 0)
            case "exponential":
                x = math.exp(x) if self.number is None else float(self.number) ** x
        return float(self.add) + float(self.by) * x if self.by else float(self.add)


@dataclass(frozen=True, slots=True)
class Counted:
    """What depends on the update by a division: the quotient ``(t + at) // every``, or the rest."""

    kind: str
    every: int
    at: int
    parts: Parts

    @property
    def clock(self) -> tuple[str, int, int]:
        """What it counts."""
        return self.kind, self.every, self.at

    def of(self, t: int) -> int:
        """Return what is counted at an update."""
        return (
            (t + self.at) // self.every if self.kind == "quotient" else (t + self.at) % self.every
        )


@dataclass(frozen=True, slots=True)
class Clamped:
    """A term kept within bounds."""

    of: Term
    least: Fraction | None = None
    most: Fraction | None = None


Form = Term | Counted | Clamped
#: Forms, each with the update that it begins at.
Parts = tuple[tuple[int, Form], ...]


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
    if len(source) > LONGEST:
        return None
    try:
        meant = _meant(parse(source), variable, _fraction(scale)).normal()
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


def _meant(node: ast.expr, variable: str, scale: Fraction) -> Schedule:
    """Return what an expression means, a product's factors and a sum's terms apart if need be."""
    try:
        parts = _Text(variable).parts(node, 0, None)
        return _shape(_changed(parts, lambda form: _scaled(form, scale)), 0, None)
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
                return _level(start, value)
            case ast.Name(id=name) if name == self.variable:
                return ((start, Term(Fraction(0), Fraction(1), "line")),)
            case ast.Attribute(value=ast.Name(id=module), attr="pi" | "e" as name) if (
                module in MODULES
            ):
                return _level(start, getattr(math, name))
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return inner(operand)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return _changed(inner(operand), lambda form: _scaled(form, Fraction(-1)))
            case ast.BinOp(left=left, op=op, right=right):
                return _together(_operation(op), inner(left), inner(right), stop)
            case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
                return tuple((at, Term(Fraction(held))) for at, held in
                             self.truth(node, start, stop, depth))  # fmt: skip
            case ast.IfExp(test=test, body=body, orelse=orelse):
                found: list[tuple[int, Form]] = []
                held = self.truth(test, start, stop, depth + 1)
                for (at, holds), end in _with_ends(held, stop):
                    found += self.parts(body if holds else orelse, at, end, depth + 1)
                return _checked(found)
            case ast.Call(func=func, args=args, keywords=[]) if args:
                return self._call(func, list(map(inner, args)), stop)
            case ast.Subscript(value=ast.Tuple(elts=items), slice=place):
                found = []
                for (at, form), end in _with_ends(inner(place), stop):
                    if not isinstance(form, Term) or not form.constant:
                        raise UnsaidError
                    found += self.parts(items[int(form.add)], at, end, depth + 1)
                return _checked(found)
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
                    each.append(_compared(op, a, b, stop))
            case _:
                found = self.parts(node, start, stop, depth + 1)
                if not all(isinstance(form, Term) and form.constant for _, form in found):
                    raise UnsaidError
                return [(at, bool(form.add)) for at, form in found]  # type: ignore[union-attr]
        begins = sorted({at for one in each for at, _ in one})
        return _once([(at, whole(_last(one, at) for one in each)) for at in begins])

    def _call(self, func: ast.expr, args: list[Parts], stop: int | None) -> Parts:
        name = (dotted(func) or "").rpartition(".")[2]
        if name not in BUILTINS and name not in FUNCTIONS:
            raise UnsaidError
        if name in ("min", "max") and len(args) > 1:
            sign = 1 if name == "min" else -1
            found = args[0]
            for other in args[1:]:
                found = _least(found, other, stop, sign)
            return found
        if name == "pow" and len(args) == 2:
            return _together(_power, args[0], args[1], stop)
        if len(args) != 1:
            raise UnsaidError
        if all(isinstance(form, Term) and form.constant for _, form in args[0]):
            function: Any = BUILTINS.get(name) or FUNCTIONS[name]
            return tuple((at, Term(_fraction(function(float(form.add))))) for at, form in args[0])  # type: ignore[union-attr]
        match name:
            case "float":
                return args[0]
            case "floor":
                return _together(_quotient, args[0], _level(args[0][0][0], 1), stop)
            case "int":  # which rounds towards 0: the floor, where nothing is below 0
                if any(_extent(f, at, end)[0] < 0 for (at, f), end in _with_ends(args[0], stop)):
                    raise UnsaidError
                return _together(_quotient, args[0], _level(args[0][0][0], 1), stop)
            case "ceil":
                turned = _changed(args[0], lambda form: _scaled(form, Fraction(-1)))
                floor = _together(_quotient, turned, _level(args[0][0][0], 1), stop)
                return _changed(floor, lambda form: _scaled(form, Fraction(-1)))
            case "sqrt":
                return _changed(args[0], lambda form: _power(form, Term(HALF)))
            case "exp":
                return _changed(args[0], _exponential)
            case "cos":
                return _changed(args[0], _cosine)
            case "sin":  # a cosine, a quarter of a turn late
                return _changed(args[0], lambda form: _cosine(_sum(form, Term(-PI / 2))))
            case "abs":
                turned = _changed(args[0], lambda form: _scaled(form, Fraction(-1)))
                return _least(args[0], turned, stop, -1)
        raise UnsaidError


# --- parts and their updates ----------------------------------------------------------------------


def _level(start: int, value: float) -> Parts:
    if not math.isfinite(value):
        raise UnsaidError
    return ((start, Term(_fraction(value))),)


def _fraction(value: float) -> Fraction:
    """Return the decimal fraction that a number is written as."""
    return Fraction(value) if isinstance(value, int) else Fraction(repr(value))


def _checked(found: Sequence[tuple[int, Form]]) -> Parts:
    """Return parts, neighbours that are the same as one."""
    kept: list[tuple[int, Form]] = []
    for at, form in found:
        if not kept or kept[-1][1] != form:
            kept.append((at, form))
    if len(kept) > MOST_PARTS:
        raise UnsaidError
    return tuple(kept)


def _once(found: list[tuple[int, bool]]) -> list[tuple[int, bool]]:
    if len(found) > MOST_PARTS:
        raise UnsaidError
    return [each for i, each in enumerate(found) if not i or found[i - 1][1] != each[1]]


def _with_ends(found: Sequence[Any], stop: int | None) -> Iterator[tuple[Any, int | None]]:
    """Visit what begins at some updates, each with where it ends."""
    return zip(found, [*(at for at, _ in found[1:]), stop], strict=True)


def _last(found: Sequence[tuple[int, Any]], at: int) -> Any:
    """Return what holds at an update."""
    return next(value for begins, value in reversed(found) if begins <= at)


def _changed(parts: Parts, change: Callable[[Any], Form]) -> Parts:
    """Return parts, each changed; what counts is changed within."""

    def of(form: Form) -> Form:
        if isinstance(form, Counted):
            return replace(form, parts=_changed(form.parts, change))
        return _small(change(form))

    return _checked([(at, of(form)) for at, form in parts])


def _small(form: Form) -> Form:
    if isinstance(form, Term):
        numbers = (form.add, form.by, form.rise, form.at)
        if any(n.numerator.bit_length() + n.denominator.bit_length() > MOST_BITS for n in numbers):
            raise UnsaidError
    return form


def _together(
    operation: Callable[[Form, Form], Form], a: Parts, b: Parts, stop: int | None
) -> Parts:
    """Return an operation on two sides, part by part."""
    found: list[tuple[int, Form]] = []
    for at, end, one, other in _pairs(a, b, stop):
        found.append((at, _counted(operation, one, other, at, end)))
    return _checked(found)


def _pairs(a: Parts, b: Parts, stop: int | None) -> Iterator[tuple[int, int | None, Form, Form]]:
    """Visit where two sides have one form each."""
    begins = sorted({at for side in (a, b) for at, _ in side})
    for at, end in zip(begins, [*begins[1:], stop], strict=True):
        yield at, end, _last(a, at), _last(b, at)


def _counted(
    operation: Callable[[Form, Form], Form], a: Form, b: Form, at: int, end: int | None
) -> Form:
    """Return an operation on two forms, within what both count."""
    counted = _counting(a, b)
    if counted is None:
        return _small(operation(a, b))
    if operation in (_sum, _difference):
        other = b if operation is _sum else _negated(b)
        whole = _rejoined(a, other) or _rejoined(other, a)
        if whole is not None:
            return whole
    return replace(counted, parts=_together(operation, *_within(counted, a, b), None))


def _negated(form: Form) -> Form:
    ((_, negated),) = _changed(((0, form),), lambda each: _scaled(each, Fraction(-1)))
    return negated


def _rejoined(a: Form, b: Form) -> Form | None:
    """Return what a quotient makes of what it is added to: the rest of a line, a line of a rest."""
    if not (isinstance(a, Counted) and a.kind == "quotient" and len(a.parts) == 1):
        return None
    quotient = a.parts[0][1]
    other = b.parts[0][1] if isinstance(b, Counted) and len(b.parts) == 1 else b
    if not isinstance(quotient, Term) or not isinstance(other, Term):
        return None
    if not quotient.line or not other.line or quotient.constant or other.constant:
        return None
    (down, beside), (up, at) = _straight(quotient), _straight(other)
    if isinstance(b, Term) and down == -up * a.every:  # t - n·(t // n)
        rest = _sum(_scaled(LINE, up), Term(at - up * a.at + beside))
        return Counted("rest", a.every, a.at % a.every, ((0, rest),))
    same = isinstance(b, Counted) and b.clock == ("rest", a.every, a.at % a.every)
    if same and down == up * a.every:  # n·(t // n) + t % n
        return _sum(_scaled(LINE, up), Term(up * a.at + beside + at))
    return None


def _straight(line: Term) -> tuple[Fraction, Fraction]:
    """Return how a line rises, and where it is at 0."""
    return line.by * line.rise, line.add + line.by * line.at


def _counting(*forms: Form) -> Counted | None:
    """Return the first of some forms that counts."""
    return next((form for form in forms if isinstance(form, Counted)), None)


def _within(counted: Counted, a: Form, b: Form) -> tuple[Parts, Parts]:
    """Return the parts of two forms by what both count, from the same count on."""
    inner: list[Parts] = []
    for form in (a, b):
        if isinstance(form, Counted) and form.clock == counted.clock:
            inner.append(form.parts)
        elif isinstance(form, Term) and form.constant:
            inner.append(((counted.parts[0][0], form),))
        else:
            raise UnsaidError
    first = max(parts[0][0] for parts in inner)
    one, other = (
        tuple(
            (max(k, first), form)
            for (k, form), stop in _with_ends(parts, None)
            if stop is None or stop > first
        )
        for parts in inner
    )
    return one, other


def _compared(op: ast.cmpop, a: Parts, b: Parts, stop: int | None) -> list[tuple[int, bool]]:
    """Return where one side compares to another."""
    holds = COMPARISONS.get(type(op))
    if holds is None:
        raise UnsaidError
    found: list[tuple[int, bool]] = []
    for at, end, one, other in _pairs(a, b, stop):
        difference = _counted(_difference, one, other, at, end)
        if isinstance(difference, Counted):
            if difference.kind != "quotient":
                raise UnsaidError
            for k, held in _signs(holds, difference.parts, None):
                begins = max(at, k * difference.every - difference.at)
                found = [each for each in found if each[0] < begins or each[0] < at]
                if end is None or begins < end:
                    found.append((begins, held))
        else:
            found += _signs(holds, ((at, difference),), end)
    return _once(found)


def _signs(holds: Callable[[Any, Any], bool], parts: Parts, stop: int | None) -> list[Any]:
    """Return where lines compare to 0."""
    found: list[tuple[int, bool]] = []
    for (at, line), end in _with_ends(parts, stop):
        if not isinstance(line, Term) or not line.line:
            raise UnsaidError
        zero = None if line.constant else -(line.add / line.by + line.at) / line.rise
        begins = {at}
        if zero is not None:
            begins |= {math.floor(zero), math.floor(zero) + 1, math.ceil(zero)}
        for t in sorted(t for t in begins if t >= at and (end is None or t < end)):
            found.append((t, holds(line.add + line.by * line.argument(t), 0)))
    return found


# --- operations -----------------------------------------------------------------------------------


def _operation(op: ast.operator) -> Callable[[Form, Form], Form]:
    found: dict[type[ast.operator], Callable[[Form, Form], Form]] = {
        ast.Add: _sum,
        ast.Sub: _difference,
        ast.Mult: _product,
        ast.Div: lambda a, b: _product(a, _power(b, Term(Fraction(-1)))),
        ast.Pow: _power,
        ast.FloorDiv: _quotient,
        ast.Mod: _rest,
    }
    if type(op) not in found:
        raise UnsaidError
    return found[type(op)]


def _scaled(form: Form, factor: Fraction) -> Form:
    match form:
        case Clamped(of=of, least=least, most=most):
            bounds = [None if b is None else b * factor for b in (least, most)]
            if factor < 0:
                bounds.reverse()
            inner = _scaled(of, factor)
            return Clamped(inner, *bounds) if factor else inner  # type: ignore[arg-type]
        case Term():
            return replace(form, add=form.add * factor, by=form.by * factor)
    raise UnsaidError


def _sum(a: Form, b: Form) -> Form:
    match a, b:
        case Term(), Term() if a.line and b.line:
            rise = sum((one.by * one.rise for one in (a, b) if one.by), Fraction(0))
            at = sum((one.add + one.by * one.at for one in (a, b)), Fraction(0))
            if not rise:
                return Term(at)
            return Term(Fraction(0), rise, "line", Fraction(1), at / rise)
        case Term(), Term() if b.constant:
            return replace(a, add=a.add + b.add)
        case Term(), Term() if a.constant:
            return replace(b, add=a.add + b.add)
        case Term(), Term() if a.curve == b.curve:
            return replace(a, add=a.add + b.add, by=a.by + b.by)
        case Clamped(), Term() if b.constant:
            bounds = [None if bound is None else bound + b.add for bound in (a.least, a.most)]
            return Clamped(replace(a.of, add=a.of.add + b.add), *bounds)
        case Term(), Clamped():
            return _sum(b, a)
    raise UnsaidError


def _difference(a: Form, b: Form) -> Form:
    return _sum(a, _scaled(b, Fraction(-1)))


def _product(a: Form, b: Form) -> Form:
    match a, b:
        case Term(), _ if a.constant:
            return _scaled(b, a.add)
        case _, Term() if b.constant:
            return _scaled(a, b.add)
        case Term(basis="exponential", add=Fraction(numerator=0)), Term(
            basis="exponential", add=Fraction(numerator=0)
        ) if a.number == b.number:
            by, rise, at = a.by * b.by, a.rise + b.rise, a.at + b.at
            return Term(Fraction(0), by, "exponential", rise, at, a.number)
        case Term(), Term():
            x, y = _as_power(a), _as_power(b)
            factor = y.rise / x.rise
            assert x.number is not None
            assert y.number is not None
            if x.rise * y.at != x.at * y.rise or factor < 0:
                raise UnsaidError
            exponent = x.number + y.number
            by = x.by * y.by * _number_power(factor, y.number)
            if exponent == 0:
                return Term(by)
            return replace(x, by=by, number=exponent)
    raise UnsaidError


def _as_power(term: Term) -> Term:
    """Return a line through 0, or a power, as a power."""
    if term.add:
        if not term.line:
            raise UnsaidError
        term = _sum(term, Term(Fraction(0)))  # type: ignore[assignment]
    if term.basis == "line":
        return Term(Fraction(0), ONE, "power", *_straight(term), ONE)
    if term.basis != "power":
        raise UnsaidError
    return term


def _number_power(base: Fraction, exponent: Fraction) -> Fraction:
    """Return a number to a power, exactly where that is a fraction of few digits."""
    few = base.numerator.bit_length() + base.denominator.bit_length()
    if exponent.denominator == 1 and few * abs(exponent.numerator) <= FEW_BITS:
        return base**exponent.numerator
    value = float(base) ** float(exponent)
    if isinstance(value, complex) or not math.isfinite(value):
        raise UnsaidError
    return _fraction(value)


#: What two floats' product has: a power of more is rounded, as the text's own is.
FEW_BITS: Final = 256


def _power(a: Form, b: Form) -> Form:
    if not isinstance(a, Term) or not isinstance(b, Term):
        raise UnsaidError
    if a.constant and b.constant:
        return Term(_number_power(a.add, b.add))
    if b.constant:
        if a.basis == "exponential" and not a.add:
            by = _number_power(a.by, b.add)
            return replace(a, by=by, rise=a.rise * b.add, at=a.at * b.add)
        if b.add == 0:
            return Term(Fraction(1))
        if b.add == 1:
            return a
        a = _as_power(a)
        assert a.number is not None
        exponent = a.number * b.add
        if a.number != 1 and b.add.denominator != 1:  # a root of a square has lost its sign
            raise UnsaidError
        return replace(a, by=_number_power(a.by, b.add), number=exponent)
    if a.constant and a.add == 1:
        return a
    if a.constant and b.line and a.add > 0:
        return _raised(b, a.add)
    raise UnsaidError


def _exponential(form: Form) -> Form:
    if not isinstance(form, Term) or not form.line:
        raise UnsaidError
    return _raised(form, None)


def _raised(line: Term, base: Fraction | None) -> Term:
    """Return an exponential of a line."""
    line = _sum(line, Term(Fraction(0)))  # type: ignore[assignment]
    rise, at = line.by * line.rise, line.by * line.at
    return Term(Fraction(0), Fraction(1), "exponential", rise, at, base)


def _cosine(form: Form) -> Form:
    if not isinstance(form, Term) or not form.line:
        raise UnsaidError
    line: Term = _sum(form, Term(Fraction(0)))  # type: ignore[assignment]
    if line.constant:
        return Term(_fraction(math.cos(line.add)))
    return Term(Fraction(0), Fraction(1), "cosine", line.by / PI, line.by * line.at / PI)


def _slope(a: Form, b: Form) -> tuple[Fraction, Fraction]:
    """Return the rise and the height of a line divided by a number."""
    if not (isinstance(a, Term) and isinstance(b, Term) and a.line and b.constant and b.add > 0):
        raise UnsaidError
    line: Term = _sum(a, Term(Fraction(0)))  # type: ignore[assignment]
    if line.constant:
        return Fraction(0), line.add / b.add
    return line.by / b.add, line.by * line.at / b.add


def _quotient(a: Form, b: Form) -> Form:
    rise, at = _slope(a, b)
    if rise.denominator == 1:
        floor = Term(Fraction(math.floor(at)))
        return _sum(Term(Fraction(0), rise, "line"), floor) if rise else floor
    if rise.numerator == -1:  # the floor of what goes down: the ceiling of what goes up, turned
        every = rise.denominator
        up = Counted("quotient", every, math.floor(every - 1 - at * every), ((0, LINE),))
        return replace(up, parts=_changed(_origin(up), lambda form: _scaled(form, Fraction(-1))))
    if rise.numerator != 1:
        raise UnsaidError
    counted = Counted("quotient", rise.denominator, math.floor(at * rise.denominator), ((0, LINE),))
    return replace(counted, parts=_origin(counted))


def _origin(counted: Counted) -> Parts:
    return ((min(0, counted.of(0)), LINE),)


LINE: Final = Term(Fraction(0), Fraction(1), "line")


def _rest(a: Form, b: Form) -> Form:
    rise, at = _slope(a, b)
    assert isinstance(b, Term)
    if not rise:
        return Term(at % 1 * b.add)
    every, begun = 1 / rise, at / rise
    if every.denominator != 1 or begun.denominator != 1 or every <= 0:
        raise UnsaidError
    counts = _scaled(LINE, rise * b.add)
    return Counted("rest", every.numerator, begun.numerator % every.numerator, ((0, counts),))


# --- the lesser of two ----------------------------------------------------------------------------


def _least(a: Parts, b: Parts, stop: int | None, sign: int) -> Parts:
    """Return the lesser of two, or the greater where the sign is negative."""
    found: list[tuple[int, Form]] = []
    for at, end, one, other in _pairs(a, b, stop):
        counted = _counting(one, other)
        if counted is None:
            found += _lesser(one, other, at, end, sign)
        else:
            length = counted.every if counted.kind == "rest" else None
            parts = _least(*_within(counted, one, other), length, sign)
            found.append((at, replace(counted, parts=parts)))
    return _checked(found)


def _lesser(a: Form, b: Form, start: int, stop: int | None, sign: int) -> list[tuple[int, Form]]:
    low, high = _extent(a, start, stop)
    least, most = _extent(b, start, stop)
    if high <= least:
        return [(start, a if sign > 0 else b)]
    if most <= low:
        return [(start, b if sign > 0 else a)]
    if isinstance(a, Term) and isinstance(b, Term) and a.line and b.line:
        return _in_turn(a, b, start, stop, sign)
    if isinstance(a, Term) and a.constant:
        a, b = b, a
    if isinstance(b, Term) and b.constant and isinstance(a, Term | Clamped):
        return [(start, _bounded(a, b.add, sign))]
    if isinstance(a, Term) and isinstance(b, Term):
        return _crossing(a, b, start, stop, sign)
    raise UnsaidError


def _in_turn(a: Term, b: Term, start: int, stop: int | None, sign: int) -> list[tuple[int, Form]]:
    """Return the lesser of two lines, before they meet and from there on."""
    apart: Term = _difference(a, b)  # type: ignore[assignment]
    meet = math.ceil(-apart.argument(0))
    first, second = (a, b) if sign * apart.by > 0 else (b, a)
    if meet <= start:
        return [(start, second)]
    return (
        [(start, first)] if stop is not None and meet >= stop else [(start, first), (meet, second)]
    )


def _bounded(form: Term | Clamped, bound: Fraction, sign: int) -> Clamped:
    clamped = form if isinstance(form, Clamped) else Clamped(form)
    least, most = clamped.least, clamped.most
    if sign > 0:
        most = bound if most is None else min(most, bound)
        least = None if least is None else min(least, bound)
    else:
        least = bound if least is None else max(least, bound)
        most = None if most is None else max(most, bound)
    return Clamped(clamped.of, least, most)


def _crossing(a: Term, b: Term, start: int, stop: int | None, sign: int) -> list[tuple[int, Form]]:
    """Return the lesser of what goes up and what goes down: they meet once at most."""
    ways = [_way(term, start) for term in (a, b)]
    if 0 in ways or ways[0] == ways[1]:
        raise UnsaidError
    first, second = (a, b) if ways[0] == sign else (b, a)  # the lesser before they meet, and after
    low, high = start, FARTHEST if stop is None else stop
    while low < high:
        middle = (low + high) // 2
        if sign * (first.value(middle) - second.value(middle)) > 0:
            high = middle
        else:
            low = middle + 1
    found: list[tuple[int, Form]] = [(start, first), (low, second)]
    return found[1:] if low == start else found[: 1 if stop is not None and low >= stop else 2]


def _way(term: Term, start: int) -> int:
    """Return 1 where a term goes up from an update on, -1 where it goes down, else 0."""
    up = 1 if term.by * term.rise > 0 else -1
    match term.basis:
        case "line":
            return up
        case "power" if term.number and term.argument(start) > 0 and term.rise > 0:
            return up if term.number > 0 else -up
        case "exponential":
            return up if term.number is None or term.number > 1 else -up
    return 0


def _extent(form: Form, start: int, stop: int | None) -> tuple[float | Fraction, float | Fraction]:
    """Return the bounds of a form on some updates."""
    match form:
        case Term(basis="cosine"):
            return form.add - abs(form.by), form.add + abs(form.by)
        case Term() if form.constant:
            return form.add, form.add
        case Term(basis="line"):
            first = form.add + form.by * form.argument(start)
            up = form.by * form.rise > 0
            last = math.inf if up else -math.inf
            end = last if stop is None else form.add + form.by * form.argument(stop - 1)
            return (first, end) if up else (end, first)
        case Term(basis="exponential") if form.by > 0:
            return form.add, math.inf
        case Clamped(least=least, most=most):
            low, high = _extent(form.of, start, stop)
            return (
                low if least is None else max(low, least),
                high if most is None else min(high, most),
            )
        case Counted(kind="quotient") if start >= 0 and form.of(start) >= 0:
            bounds = [_extent(f, k, end) for (k, f), end in _with_ends(form.parts, None)]
            return min(low for low, _ in bounds), max(high for _, high in bounds)
    return -math.inf, math.inf


# --- shapes ---------------------------------------------------------------------------------------


def _shape(parts: Parts, start: int, stop: int | None) -> Schedule:
    """Return forms as one schedule, which counts from where they start."""
    begins, shapes = [], []
    for (at, form), end in _with_ends(_soon(parts), stop):
        if (end is not None and end <= start) or (stop is not None and at >= stop):
            continue
        begins.append(max(at, start) - start)
        shapes.append(_of_form(form, max(at, start), end))
    return shapes[0] if len(shapes) == 1 else Join(tuple(shapes), tuple(begins[1:]))


def _soon(parts: Parts) -> Parts:
    """Return parts, each constant taking over where the line before it gets there."""
    begins = [at for at, _ in parts]
    for i, ((_, line), (at, level)) in enumerate(pairwise(parts)):
        if isinstance(line, Term) and isinstance(level, Term) and line.line and level.constant:
            there = line.add + line.by * line.argument(at - 1) == level.add
            begins[i + 1] -= there and begins[i] < at - 1
    return tuple(zip(begins, (form for _, form in parts), strict=True))


def _of_form(form: Form, start: int, stop: int | None) -> Schedule:
    match form:
        case Clamped(of=of, least=least, most=most):
            bounds = [None if bound is None else float(bound) for bound in (least, most)]
            return Clamp(_of_term(of, start, stop), *bounds)
        case Counted(kind=kind, every=every, parts=parts):
            begun = (start + form.at) % every
            if kind == "quotient":
                first = form.of(start)
                last = None if stop is None else form.of(stop - 1) + 1
                counted: Schedule = Staircase(_shape(parts, first, last), every)
            else:
                counted = Repeat(_shape(parts, 0, every), every)
            return Shift(counted, begun) if begun else counted
        case Term():
            return _of_term(form, start, stop)
    raise UnsaidError


def _of_term(term: Term, start: int, stop: int | None) -> Schedule:
    x = term.argument(start)
    match term.basis:
        case _ if term.constant:
            return Constant(float(term.add))
        case "line":
            return _line(term, start, stop)
        case "cosine":
            return _wave(term, x)
        case "exponential":
            return _beside(term.add, _decay(term, x))
        case "power" if term.number == -1 and x:
            return _beside(term.add, Inverse(float(term.by / x), float(term.rise / x)))
        case "power" if term.number is not None and term.number > 0 and term.rise < 0 < x:
            left = -x / term.rise
            first = float(term.add + term.by * _number_power(x, term.number))
            fall = Polynomial(first, float(term.add), _updates(left), float(term.number))
            if stop is not None and stop - start <= left + 1:
                return fall
            return Until(fall, math.floor(left) + 1)  # past which it has no value
    raise UnsaidError


def _beside(add: Fraction, shape: Schedule) -> Schedule:
    return Sum((Constant(float(add)), shape)) if add else shape


def _updates(number: Fraction) -> int | float:
    return number.numerator if number.denominator == 1 else float(number)


def _line(term: Term, start: int, stop: int | None) -> Schedule:
    def rate(t: int) -> float:
        return float(term.add + term.by * term.argument(t))

    if stop is not None:
        return Linear(rate(start), rate(stop), stop - start)
    left = -rate(start) / float(term.by * term.rise)
    if left > 0:  # the update at which it is 0 says it best
        exact = -(term.add + term.by * term.argument(start)) / (term.by * term.rise)
        return Linear(rate(start), 0.0, _updates(exact), "continue")
    return Linear(rate(start), rate(start + 1), 1, "continue")


def _wave(term: Term, x: Fraction) -> Schedule:
    high, low = float(term.add + term.by), float(term.add - term.by)
    duration = 1 / abs(term.rise)
    turned = (x if term.rise > 0 else -x) % 2
    if turned.denominator == 1:
        ends = (low, high) if turned else (high, low)
        return Cosine(*ends, _updates(duration), "mirror")
    return Shift(Cosine(high, low, _updates(duration), "mirror"), _updates(turned * duration))


def _decay(term: Term, x: Fraction) -> Schedule:
    if term.number is None:
        first, decay = float(term.by) * math.exp(x), -term.rise
        times = decay.denominator
        if times == 10 ** (len(str(times)) - 1):  # a decimal fraction is what was written
            return NaturalExponential(first, float(decay), 1)
        return NaturalExponential(first, float(decay.numerator), times)
    base = float(term.number)
    first = float(term.by * _number_power(term.number, x))
    factor, every = (base, 1 / term.rise) if term.rise > 0 else (1 / base, -1 / term.rise)
    first = float(term.by * _number_power(term.number, x))
    return Exponential(first, factor, _updates(every))
