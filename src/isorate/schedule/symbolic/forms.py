"""What a function of the update is made of, and what arithmetic makes of it: exact fractions.

A number is the decimal fraction that is written, so that what is put together of several is exact
until it becomes a shape. What has no exact form here is not said at all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

#: Fractions of more bits come of no numbers that a person wrote.
MOST_BITS: Final = 1 << 14
#: What two floats' product has: a power of more is rounded, as the text's own is.
FEW_BITS: Final = 256
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

LINE: Final = Term(Fraction(0), ONE, "line")


def scaled(form: Form, factor: Fraction) -> Form:
    """Return a form times a number."""
    match form:
        case Clamped(of=of, least=least, most=most):
            bounds = [None if b is None else b * factor for b in (least, most)]
            if factor < 0:
                bounds.reverse()
            inner = scaled(of, factor)
            return Clamped(inner, *bounds) if factor else inner  # type: ignore[arg-type]
        case Term():
            return replace(form, add=form.add * factor, by=form.by * factor)
    raise UnsaidError


def plus(a: Form, b: Form) -> Form:
    """Return the sum, where one form says it."""
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
            return plus(b, a)
    raise UnsaidError


def minus(a: Form, b: Form) -> Form:
    """Return the difference, where one form says it."""
    return plus(a, scaled(b, -ONE))


def times(a: Form, b: Form) -> Form:
    """Return the product, where one form says it."""
    match a, b:
        case Term(), _ if a.constant:
            return scaled(b, a.add)
        case _, Term() if b.constant:
            return scaled(a, b.add)
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
            by = x.by * y.by * power_of_number(factor, y.number)
            if exponent == 0:
                return Term(by)
            return replace(x, by=by, number=exponent)
    raise UnsaidError


def straight(line: Term) -> tuple[Fraction, Fraction]:
    """Return how a line rises, and where it is at 0."""
    return line.by * line.rise, line.add + line.by * line.at


def _as_power(term: Term) -> Term:
    """Return a line, or a power, as a power."""
    if term.basis == "line":
        return Term(Fraction(0), ONE, "power", *straight(term), ONE)
    if term.basis != "power" or term.add:
        raise UnsaidError
    return term


def power_of_number(base: Fraction, exponent: Fraction) -> Fraction:
    """Return a number to a power, exactly where that is a fraction of few digits."""
    few = base.numerator.bit_length() + base.denominator.bit_length()
    if exponent.denominator == 1 and few * abs(exponent.numerator) <= FEW_BITS:
        return base**exponent.numerator
    value = float(base) ** float(exponent)
    if isinstance(value, complex) or not math.isfinite(value):
        raise UnsaidError
    return fraction(value)


def power(a: Form, b: Form) -> Form:
    """Return one to the power of the other, where one form says it."""
    if not isinstance(a, Term) or not isinstance(b, Term):
        raise UnsaidError
    if a.constant and b.constant:
        return Term(power_of_number(a.add, b.add))
    if b.constant:
        if a.basis == "exponential" and not a.add:
            by = power_of_number(a.by, b.add)
            return replace(a, by=by, rise=a.rise * b.add, at=a.at * b.add)
        if b.add == 0:
            return Term(ONE)
        if b.add == 1:
            return a
        a = _as_power(a)
        assert a.number is not None
        exponent = a.number * b.add
        if a.number != 1 and b.add.denominator != 1:  # a root of a square has lost its sign
            raise UnsaidError
        return replace(a, by=power_of_number(a.by, b.add), number=exponent)
    if a.constant and a.add == 1:
        return a
    if a.constant and b.line and a.add > 0:
        return _raised(b, a.add)
    raise UnsaidError


def exponential(form: Form) -> Form:
    """Return e to the power of a line."""
    if not isinstance(form, Term) or not form.line:
        raise UnsaidError
    return Term(fraction(math.exp(form.add))) if form.constant else _raised(form, None)


def _raised(line: Term, base: Fraction | None) -> Term:
    """Return an exponential of a line."""
    return Term(Fraction(0), ONE, "exponential", *straight(line), base)


def cosine(form: Form) -> Form:
    """Return the cosine of a line."""
    if not isinstance(form, Term) or not form.line:
        raise UnsaidError
    if form.constant:
        return Term(fraction(math.cos(form.add)))
    rise, at = straight(form)
    return Term(Fraction(0), ONE, "cosine", rise / PI, at / PI)


def _slope(a: Form, b: Form) -> tuple[Fraction, Fraction]:
    """Return the rise and the height of a line divided by a number."""
    if not (isinstance(a, Term) and isinstance(b, Term) and a.line and b.constant and b.add > 0):
        raise UnsaidError
    rise, at = straight(a)
    return rise / b.add, at / b.add


def quotient(a: Form, b: Form) -> Form:
    """Return how many whole times a number goes into a line."""
    rise, at = _slope(a, b)
    if rise.denominator == 1:
        floor = Term(Fraction(math.floor(at)))
        return plus(Term(Fraction(0), rise, "line"), floor) if rise else floor
    every = rise.denominator
    if rise.numerator == -1:  # the floor of what goes down: the ceiling of what goes up, turned
        return _quotients(every, math.floor(every - 1 - at * every), scaled(LINE, -ONE))
    if rise.numerator != 1:
        raise UnsaidError
    return _quotients(every, math.floor(at * every), LINE)


def _quotients(every: int, at: int, form: Form) -> Counted:
    """Return a form of ``(t + at) // every``, from the quotient at update 0 on."""
    return Counted("quotient", every, at, ((min(0, at // every), form),))


def rest(a: Form, b: Form) -> Form:
    """Return what a line leaves of a number that went into it whole times."""
    rise, at = _slope(a, b)
    assert isinstance(b, Term)
    if not rise:
        return Term(at % 1 * b.add)
    every, begun = 1 / rise, at / rise
    if every.denominator != 1 or begun.denominator != 1 or every <= 0:
        raise UnsaidError
    counts = scaled(LINE, rise * b.add)
    return Counted("rest", every.numerator, begun.numerator % every.numerator, ((0, counts),))


def fraction(value: float) -> Fraction:
    """Return the decimal fraction that a number is written as."""
    return Fraction(value) if isinstance(value, int) else Fraction(repr(value))


def small(form: Form) -> Form:
    """Return a form of numbers that a person can have written."""
    if isinstance(form, Term):
        numbers = (form.add, form.by, form.rise, form.at)
        if any(n.numerator.bit_length() + n.denominator.bit_length() > MOST_BITS for n in numbers):
            raise UnsaidError
    return form
