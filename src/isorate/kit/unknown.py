"""Arguments that are not known yet: arithmetic on them, and what they have to be."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: An operation, and its inverses: the left operand from the result and the right one, the right
#: from the result and the left.
OPERATIONS: Mapping[str, tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]] = {
    "+": (operator.add, lambda v, b: v - b, lambda v, a: v - a),
    "-": (operator.sub, lambda v, b: v + b, lambda v, a: a - v),
    "·": (operator.mul, lambda v, b: v / b, lambda v, a: v / a),
    "/": (operator.truediv, lambda v, b: v * b, lambda v, a: a / v),
    "^": (operator.pow, lambda v, b: v ** (1 / b), lambda v, a: _minus_ln(v) / _minus_ln(a)),
}

#: Functions of one operand, which is written behind them.
FUNCTIONS: Mapping[str, Callable[[float], float]] = {
    "e^-": lambda x: math.exp(-x),
    "-ln ": lambda x: -math.log(x),
}


def _operation(sign: str, idle: int | None = None) -> Callable[[Any, Any], Unknown]:
    """Return an operation; the number ``idle`` behind the sign changes nothing."""
    return lambda one, other: one if _is(other, idle) else Unknown(sign, (one, other))


def _reflected(sign: str, idle: int | None = None) -> Callable[[Any, Any], Unknown]:
    """Return an operation whose first operand is a number; ``idle`` there changes nothing."""
    return lambda one, other: one if _is(other, idle) else Unknown(sign, (other, one))


class Unknown(msgspec.Struct, frozen=True, eq=False):
    """An argument of a call, or arithmetic of arguments.

    Args:
        text: the argument's name, or the operation.
        operands: what the operation is of; none for an argument.

    """

    text: str
    operands: tuple[Any, ...] = ()

    __add__, __radd__ = _operation("+", 0), _reflected("+", 0)
    __sub__, __rsub__ = _operation("-", 0), _reflected("-")
    __mul__, __rmul__ = _operation("·", 1), _reflected("·", 1)
    __truediv__, __rtruediv__ = _operation("/", 1), _reflected("/")
    __pow__ = _operation("^")

    def __str__(self) -> str:
        if len(self.operands) == 1:
            return f"{self.text}{_bracketed(self.operands[0])}"
        return f" {self.text} ".join(map(_bracketed, self.operands)) if self.operands else self.text


def _is(operand: Any, number: int | None) -> bool:
    """Whether an operand is a number that changes nothing."""
    return isinstance(operand, int) and operand == number


def _bracketed(operand: Any) -> str:
    compound = isinstance(operand, Unknown) and operand.operands
    return f"({operand})" if compound else str(operand)


def names(expression: Any) -> set[str]:
    """Return the arguments that an expression is made of."""
    if not isinstance(expression, Unknown):
        return set()
    if not expression.operands:
        return {expression.text}
    return set().union(*map(names, expression.operands))


def value(expression: Any, known: Mapping[str, Any]) -> Any:
    """Compute an expression whose arguments are all known."""
    if not isinstance(expression, Unknown):
        return expression
    if not expression.operands:
        return known[expression.text]
    values = [value(operand, known) for operand in expression.operands]
    if len(values) > 1:
        return OPERATIONS[expression.text][0](*values)
    if isinstance(values[0], Unknown):
        return Unknown(expression.text, tuple(values))
    return FUNCTIONS[expression.text](*values)


def _minus_ln(operand: Any) -> Any:
    unknown = isinstance(operand, Unknown)
    return Unknown("-ln ", (operand,)) if unknown else FUNCTIONS["-ln "](operand)


def inverted(expression: Unknown, target: Any, known: Mapping[str, Any]) -> tuple[str, Any]:
    """Return the one argument of an expression that is not known, and what it has to be."""
    while expression.operands:
        if len(expression.operands) == 1:  # e^-x: the one function that a meaning may have
            target, expression = _minus_ln(target), expression.operands[0]
            continue
        left, right = expression.operands
        _, for_left, for_right = OPERATIONS[expression.text]
        if names(left) - known.keys():
            target, expression = for_left(target, value(right, known)), left
        else:
            target, expression = for_right(target, value(left, known)), right
    return expression.text, target


#: Among the choices of an argument: any other value.
ANY = Unknown("any")


class Unsolved(Exception):  # noqa: N818 - a reason, not an error
    """Why a meaning cannot be a schedule."""
