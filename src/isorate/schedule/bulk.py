"""Python arithmetic over many integers at once: the same bits as one at a time.

Python's integers have no end and its floats are float64. Integers are kept as int64 here, and only
while bounds prove that they and all that is made of them stay within 2**53, where a float holds
each of them; ``Hard`` is raised where that, or anything else, is not certain, and the caller
computes one value at a time instead. Where Python would raise, the first index is noted.
"""

from __future__ import annotations

import ast
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from isorate.schedule import expression
from isorate.schedule.errors import ReadError
from isorate.schedule.libm import exact, exact_power

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

#: Every integer up to here is a float64.
EXACT = 2**53


class Hard(Exception):  # noqa: N818 - a signal, never a user's error
    """Raised where it is not certain that arrays give what Python gives."""


@dataclass(frozen=True, slots=True)
class Values:
    """What an expression is at many steps.

    Args:
        array: int64 for ``int``, bool for ``bool``, else float64; one element stands for all.
        kind: the Python type, or ``mixed`` where some are ints and some are floats.
        low: no ``int`` is below it.
        high: no ``int`` is above it.

    """

    array: NDArray[Any]
    kind: Literal["int", "bool", "float", "mixed"]
    low: int = 0
    high: int = 0

    @property
    def floats(self) -> NDArray[np.float64]:
        """The values as Python's ``float()`` gives them."""
        return self.array.astype(np.float64, copy=False)

    def number(self) -> Values:
        """Return bools as the integers that they are in arithmetic."""
        return integers(self.array.astype(np.int64), 0, 1) if self.kind == "bool" else self


def integers(array: NDArray[Any], low: int, high: int) -> Values:
    """Return integers, unless they may be too large."""
    if -low > EXACT or high > EXACT:
        raise Hard
    return Values(array, "int", low, high)


def floats(array: NDArray[Any]) -> Values:
    """Return floats."""
    return Values(array, "float")


class Computation:
    """One computation of an expression at many steps.

    Args:
        source: the expression.
        steps: the steps.

    """

    def __init__(self, source: expression.Expression, steps: NDArray[np.int64]) -> None:
        self.variable = source.variable
        self.tree, self.moving = _prepared(source.variable, source.source)
        #: Values from this index on are of no account: there Python may raise.
        self.end = len(steps)
        self.steps = steps
        self.places: NDArray[np.int64] | None = None

    def result(self) -> NDArray[np.float64]:
        """Return the values before ``end``."""
        with np.errstate(all="ignore"):
            values = self.values(self.tree).floats
        return np.array(np.broadcast_to(values, len(self.steps))[: self.end])

    def raises(self, where: Any) -> None:
        """Note the first place at which Python raises."""
        here = np.broadcast_to(where, len(self.steps))
        first = int(here.argmax()) if len(here) else 0
        if len(here) and here[first]:
            self.end = min(self.end, first if self.places is None else int(self.places[first]))

    def among(self, chosen: NDArray[np.bool_], tree: ast.expr) -> Values:
        """Return an expression's values at some of the steps."""
        steps, places = self.steps, self.places
        self.places = np.flatnonzero(chosen) if places is None else places[chosen]
        self.steps = steps[chosen]
        try:
            return self.values(tree)
        finally:
            self.steps, self.places = steps, places

    def values(self, node: ast.expr) -> Values:
        """Return an expression's values at all steps."""
        match node:
            case ast.Name(id=name) if name == self.variable:
                return integers(self.steps, int(self.steps.min()), int(self.steps.max()))
            case ast.IfExp():
                return self._chosen(node)
        if id(node) not in self.moving:
            return self._constant(node)
        match node:
            case ast.UnaryOp(op=op, operand=operand):
                return _signed(op, self.values(operand).number())
            case ast.BinOp(left=left, op=op, right=right):
                a, b = self.values(left).number(), self.values(right).number()
                return self._binary(op, a, b)
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                compare: Callable[[Any, Any], Any] = expression.COMPARE[type(op)]
                a, b = self.values(left), self.values(right)
                return Values(compare(a.array, b.array), "bool")
            case ast.Subscript(value=ast.Tuple(elts=items), slice=place):
                return self._looked_up(items, self.values(place).number())
            case ast.Call(func=ast.Name(id=name), args=args):
                return self._builtin(name, [self.values(arg).number() for arg in args])
            case ast.Call(func=ast.Attribute(attr=name), args=args):
                return self._function(name, [self.values(arg).number() for arg in args])
        raise Hard

    def _constant(self, node: ast.expr) -> Values:
        try:
            value = expression.constant(node, {})
        except ReadError:
            raise Hard from None  # it raises whenever it is asked
        if isinstance(value, bool):
            return Values(np.array([value]), "bool")
        if isinstance(value, int):
            if abs(value) > EXACT:
                raise Hard
            return integers(np.array([value]), value, value)
        if isinstance(value, float):
            return floats(np.array([value]))
        raise Hard

    def _chosen(self, node: ast.IfExp) -> Values:
        """Ask each branch only for the steps at which it is taken."""
        test = np.broadcast_to(self.values(node.test).array != 0, len(self.steps))
        if test.all():
            return self.values(node.body)
        if not test.any():
            return self.values(node.orelse)
        yes, no = self.among(test, node.body), self.among(~test, node.orelse)
        kind, dtype = _common(yes, no)
        array = np.empty(len(self.steps), dtype)
        array[test], array[~test] = yes.array, no.array
        return Values(array, kind, min(yes.low, no.low), max(yes.high, no.high))

    def _binary(self, op: ast.operator, a: Values, b: Values) -> Values:
        if isinstance(op, ast.Div):  # integers within 2**53 are divided as floats
            self.raises(b.array == 0)
            return floats(a.floats / b.floats)
        if isinstance(op, ast.Pow):
            return self._power(a, b)
        ints = a.kind == b.kind == "int"
        if not ints and "float" not in (a.kind, b.kind):
            raise Hard
        if isinstance(op, ast.FloorDiv | ast.Mod):
            self.raises(b.array == 0)
            return self._divided(op, a, b, ints=ints)
        compute: Callable[[Any, Any], Any] = expression.BINARY[type(op)]
        if not ints:
            return floats(compute(a.floats, b.floats))
        ends = [compute(x, y) for x in (a.low, a.high) for y in (b.low, b.high)]
        if max(map(abs, ends)) > EXACT:
            raise Hard
        return integers(compute(a.array, b.array), min(ends), max(ends))

    def _divided(self, op: ast.operator, a: Values, b: Values, *, ints: bool) -> Values:
        compute: Callable[[Any, Any], Any] = expression.BINARY[type(op)]
        divisor = np.where(b.array == 0, 1, b.array)
        if not ints:
            if not (np.isfinite(a.array).all() and np.isfinite(divisor).all()):
                raise Hard
            return floats(compute(a.floats, divisor.astype(np.float64)))
        far = max(abs(a.low), abs(a.high)) + 1
        if isinstance(op, ast.Mod):
            far = max(abs(b.low), abs(b.high))
        return integers(compute(a.array, divisor), -min(far, EXACT), min(far, EXACT))

    def _power(self, a: Values, b: Values) -> Values:
        if a.kind == b.kind == "int":
            if b.low >= 0:
                greatest = max(abs(a.low), abs(a.high), 1)
                if b.high * math.log2(greatest) > 53:
                    raise Hard
                bound = greatest**b.high
                return integers(np.power(a.array, b.array), -bound, bound)
            if b.high >= 0:
                raise Hard
        return self._float_power(a.floats, b.floats)

    def _float_power(self, a: NDArray[np.float64], b: NDArray[np.float64]) -> Values:
        if not (np.isfinite(a).all() and np.isfinite(b).all()):
            raise Hard
        self.raises(((a == 0) & (b < 0)) | ((a < 0) & (b != np.floor(b))))
        values = exact_power(a, b)
        self.raises(np.isinf(values))
        return floats(values)

    def _looked_up(self, items: list[ast.expr], place: Values) -> Values:
        if place.kind != "int":
            raise Hard
        numbers = [expression.literal(item) for item in items]
        if any(isinstance(number, int) and abs(number) > EXACT for number in numbers):
            raise Hard
        outside = (place.array < -len(items)) | (place.array >= len(items))
        self.raises(outside)
        place_within = np.where(outside, 0, place.array)
        if all(isinstance(number, int) for number in numbers):
            low, high = int(min(numbers)), int(max(numbers))
            return integers(np.array(numbers, np.int64)[place_within], low, high)
        every = all(isinstance(number, float) for number in numbers)
        array = np.array(numbers, np.float64)[place_within]
        return Values(array, "float" if every else "mixed")

    def _builtin(self, name: str, args: list[Values]) -> Values:
        match name, args:
            case "abs", [Values(kind="int") as x]:
                return integers(abs(x.array), 0, max(abs(x.low), abs(x.high)))
            case "abs", [x]:
                return Values(abs(x.array), x.kind)
            case "float", [x]:
                return floats(x.floats)
            case "int", [Values(kind="int") as x]:
                return x
            case "int", [x]:
                return self._whole(np.trunc(x.array))
            case "min" | "max", [first, second, *rest]:
                compare = np.less if name == "min" else np.greater
                for other in (second, *rest):
                    kind, dtype = _common(first, other)
                    array = np.where(compare(other.array, first.array), other.array, first.array)
                    low, high = min(first.low, other.low), max(first.high, other.high)
                    first = Values(array.astype(dtype, copy=False), kind, low, high)
                return first
        raise Hard

    def _function(self, name: str, args: list[Values]) -> Values:
        if name == "pow" and len(args) == 2:
            return self._float_power(args[0].floats, args[1].floats)
        if len(args) != 1:
            raise Hard
        [argument] = args
        if name in ("floor", "ceil"):
            if argument.kind == "int":
                return argument
            return self._whole(
                np.floor(argument.array) if name == "floor" else np.ceil(argument.array)
            )
        x = argument.floats
        match name:
            case "sqrt":
                self.raises(x < 0)
            case "log" | "log2" | "log10":
                self.raises(x <= 0)
            case "cos" | "sin":
                self.raises(np.isinf(x))
        values = exact(name, x)
        if name == "exp":
            self.raises(np.isinf(values) & np.isfinite(x))
        return floats(values)

    def _whole(self, array: NDArray[np.float64]) -> Values:
        """Return floats without a fraction as integers."""
        without = ~np.isfinite(array)
        self.raises(without)
        array = np.where(without, 0.0, array)
        if not len(array) or np.abs(array).max() > EXACT:
            raise Hard
        return integers(array.astype(np.int64), int(array.min()), int(array.max()))


@lru_cache(maxsize=expression.KEPT)
def _prepared(variable: str, source: str) -> tuple[ast.expr, frozenset[int]]:
    """Return an expression's tree, and which of its nodes have the variable in them, by identity.

    The tree is kept with its nodes, and nobody changes it.
    """
    tree = expression.parse(source)
    moving: set[int] = set()

    def moves(node: ast.AST) -> bool:
        inside = [moves(child) for child in ast.iter_child_nodes(node)]
        found = any(inside) or (isinstance(node, ast.Name) and node.id == variable)
        if found:
            moving.add(id(node))
        return found

    moves(tree)
    return tree, frozenset(moving)


def _signed(op: ast.unaryop, x: Values) -> Values:
    if isinstance(op, ast.UAdd):
        return x
    if x.kind == "mixed":  # an integer has no -0.0
        raise Hard
    return Values(-x.array, x.kind, -x.high, -x.low)


def _common(a: Values, b: Values) -> tuple[Literal["int", "bool", "float", "mixed"], Any]:
    if a.kind == b.kind:
        return a.kind, a.array.dtype
    return "mixed", np.float64


def over(
    source: expression.Expression, steps: NDArray[np.int64]
) -> tuple[NDArray[np.float64], Exception | None]:
    """Return an expression's values before the first step at which it raises, and what it raises.

    Example:
        >>> over(expression.Expression("t", "1 / (2 - t)"), np.arange(4))
        (array([0.5, 1. ]), ZeroDivisionError('division by zero'))
    """
    if not len(steps):
        return np.empty(0), None
    computation = Computation(source, steps)
    try:
        values = computation.result()
    except Hard:
        return _one_by_one(source.function(), steps)
    if computation.end == len(steps):
        return values, None
    function = source.function()
    try:
        function(int(steps[computation.end]))
    except Exception as error:
        return values, error
    return _one_by_one(function, steps)  # it did not raise after all


def over_gaps(source: expression.Expression, steps: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return an expression's values, NaN at the steps at which it raises.

    Example:
        >>> over_gaps(expression.Expression("t", "1 / (1 - t)"), np.arange(3)).tolist()
        [1.0, nan, -1.0]
    """
    values, error = over(source, steps)
    if error is None:
        return values
    done = len(values) + 1
    rest = [source.at(step) for step in steps[done:].tolist()]
    return np.concatenate([values, [np.nan], rest])


def _one_by_one(
    function: Callable[[int], Any], steps: NDArray[np.int64]
) -> tuple[NDArray[np.float64], Exception | None]:
    values = np.empty(len(steps))
    for place, step in enumerate(steps.tolist()):
        try:
            value = function(step)
            if not isinstance(value, int | float):
                raise TypeError(f"{value!r} is not a number")
            values[place] = value
        except Exception as error:
            return values[:place], error
    return values, None
