"""Arithmetic in Python source: read from the syntax tree by a whitelist, and only that is compiled.

Two readers use it: constant arguments (``30 * 1000``) and lambdas of one argument
(``lambda t: 0.5 * (1 + math.cos(math.pi * t / 100))``).
"""

from __future__ import annotations

import ast
import math
from array import array
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import msgspec

from isorate.schedule.arithmetic import Arithmetic, bounded
from isorate.schedule.errors import ReadError
from isorate.schedule.syntax import mentions, parse, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray

#: Integers beyond this are no update, epoch or rate.
LARGEST_INTEGER: Final = 2**63
#: How many expressions are kept ready: a model has as many parameter groups, and each may have one.
KEPT: Final = 2048

Value = Any  # int, float, bool, str, None: whatever a literal can be


class Expression(msgspec.Struct, frozen=True):
    """Pure arithmetic in one variable, kept as its source.

    Args:
        variable: the name of the argument.
        source: Python source of the value.

    Example:
        >>> Expression("t", "0.5 * (1 + math.cos(math.pi * min(t, 4) / 4))").function()(2)
        0.5

    """

    variable: str
    source: str

    def function(self) -> Callable[[int], Any]:
        """Return a function that computes the value at one integer, as Python does."""
        return _compiled(self.variable, self.source)

    def traced(self, t: Any, xp: Any) -> Any:
        """Return the value at times that Python cannot look at, by a namespace's functions.

        Args:
            t: an integer below 2**30, or an array of them.
            xp: a namespace with NumPy's functions: ``where``, ``power``, ``cos`` and so on.

        """
        return _traced(self.variable, self.source)(t, xp)

    def over(self, steps: NDArray[np.int64]) -> tuple[NDArray[np.float64], Exception | None]:
        """Return the value at each of many integers, and what ended them early, if anything.

        Every value is ``function()``'s own as a float64. Where that raises, or gives no number, the
        values end before it and the exception comes with them.

        Example:
            >>> import numpy as np
            >>> Expression("t", "1 / (2 - t)").over(np.arange(4))
            (array([0.5, 1. ]), ZeroDivisionError('division by zero'))

        """
        import numpy as np

        values, error = array("d"), None  # which takes numbers only
        function, append = self.function(), values.append
        try:
            for step in steps.tolist():
                append(function(step))
        except Exception as raised:
            error = raised
        return np.array(values), error

    def at(self, step: int) -> float:
        """Return the value at one integer, NaN where there is none."""
        try:
            return float(self.function()(step))
        except (ArithmeticError, LookupError, TypeError, ValueError, ReadError):
            return math.nan

    @property
    def varies(self) -> bool:
        """Whether the variable is in it at all."""
        return mentions(parse(self.source), self.variable)

    @property
    def code(self) -> str:
        """The lambda, as Python source."""
        return f"lambda {self.variable}: {self.source}"


@lru_cache(maxsize=KEPT)
def _compiled(variable: str, source: str) -> Callable[[int], Any]:
    return Arithmetic({}, variable).function(parse(source))


@lru_cache(maxsize=KEPT)
def _traced(variable: str, source: str) -> Callable[[Any, Any], Any]:
    from isorate.schedule.tracing import Traced  # which few need

    return Traced({}, variable).function(parse(source))


def constant(node: ast.expr, names: Mapping[str, Value]) -> Value:
    """Compute an expression without a variable; free names come from ``names``.

    Raises:
        ReadError: something other than arithmetic, a missing name, or a result out of bounds.

    """
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        value = bounded(node.value)  # as most are; compiling it takes its time
    else:
        value = _computed(node, names)
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        raise ReadError("an integer is too large", required="at most 2**63")
    return value


def _computed(node: ast.expr, names: Mapping[str, Value]) -> Value:
    try:
        return Arithmetic(names).value(node)
    except ReadError:
        raise
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise ReadError(f"cannot compute {shown(node)}", got=str(error)) from None


def value_of(node: ast.expr, names: Mapping[str, Value]) -> Value:
    """Compute a value: a number or a text as ``constant`` does, or a list, tuple or dict of values.

    Raises:
        ReadError: anything else, or a missing name.

    """
    match node:
        case ast.List(elts=items):
            return [value_of(item, names) for item in items]
        case ast.Tuple(elts=items):
            return tuple(value_of(item, names) for item in items)
        case ast.Dict(keys=keys, values=values) if None not in keys:
            pairs = zip(keys, values, strict=True)
            return {key_of(key, names): value_of(value, names) for key, value in pairs if key}
    return constant(node, names)


def key_of(node: ast.expr, names: Mapping[str, Value]) -> Value:
    """Compute the key of a dict: a number or a text.

    Raises:
        ReadError: anything else.

    """
    key = constant(node, names)
    if isinstance(key, int | float | str | None):
        return key
    raise ReadError(f"{shown(node)} is not a key", required="a number or a text")
