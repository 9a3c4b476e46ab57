"""MindSpore's float32 numbers: what its kernels make of a tensor of one element, to the bit.

Measured with MindSpore 2.10.0 on CPU, one element at a time: Python numbers are rounded before they
take part; a number divided by a tensor is multiplied by the tensor's reciprocal; ``//`` and ``%``
are computed in float64 and rounded; ``**`` is the C library's ``powf``; what Python's ``math``
computes it computes in float64, and gives back a Python number.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from isorate.kit.float32 import F32, Float32, divided, powf, single

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Rates = NDArray[np.floating[Any]]


class Single(float):
    """A float32 tensor of one element, as a lambda meets it.

    It is a Python float, so that whatever computes with numbers takes it; its own operations are
    MindSpore's. Made of a number that float32 holds.
    """

    __slots__ = ()

    def __add__(self, other: Any) -> Single:
        return Single(_held(self) + _held(other))

    __radd__ = __add__

    def __sub__(self, other: Any) -> Single:
        return Single(_held(self) - _held(other))

    def __rsub__(self, other: Any) -> Single:
        return Single(_held(other) - _held(self))

    def __mul__(self, other: Any) -> Single:
        return Single(_held(self) * _held(other))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Single:
        return Single(divided(_held(self), _held(other)))

    def __rtruediv__(self, other: Any) -> Single:
        return Single(_held(other) * (1 / _held(self)))

    def __floordiv__(self, other: Any) -> Single:
        return Single(floor_divided(_held(self), _held(other)))

    def __rfloordiv__(self, other: Any) -> Single:
        return Single(floor_divided(_held(other), _held(self)))

    def __mod__(self, other: Any) -> Single:
        return Single(remainder(_held(self), _held(other)))

    def __rmod__(self, other: Any) -> Single:
        return Single(remainder(_held(other), _held(self)))

    def __pow__(self, other: Any) -> Single:  # type: ignore[override]
        return Single(_held(self) ** _held(other))

    def __rpow__(self, other: Any) -> Single:  # type: ignore[override]
        return Single(_held(other) ** _held(self))

    def __neg__(self) -> Single:
        return Single(-_held(self))

    def __index__(self) -> int:
        raise ValueError("a tensor of floats is no index")

    def __pos__(self) -> Single:
        return self

    def __abs__(self) -> Single:
        return Single(abs(_held(self)))

    def __lt__(self, other: Any) -> Any:
        return Truth(_held(self) < _held(other))

    def __le__(self, other: Any) -> Any:
        return Truth(_held(self) <= _held(other))

    def __gt__(self, other: Any) -> Any:
        return Truth(_held(self) > _held(other))

    def __ge__(self, other: Any) -> Any:
        return Truth(_held(self) >= _held(other))

    def __eq__(self, other: object) -> Any:
        return Truth(_held(self) == _held(other))

    def __ne__(self, other: object) -> Any:
        return Truth(_held(self) != _held(other))

    __hash__ = float.__hash__


class Whole(int):
    """An int64 tensor of one element: what becomes of a comparison that is computed with.

    With integers it stays one, with other numbers and in a division it turns float32.
    """

    __slots__ = ()

    def _with(self, other: Any, operation: Callable[[Any, Any], Any]) -> Any:
        if isinstance(other, float):
            return operation(Single(single(self)), other)
        return Whole(operation(int(self), int(other)))

    def __add__(self, other: Any) -> Any:
        return self._with(other, operator.add)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self._with(other, operator.sub)

    def __rsub__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: b - a)

    def __mul__(self, other: Any) -> Any:
        return self._with(other, operator.mul)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        return Single(single(self)) / other

    def __rtruediv__(self, other: Any) -> Any:
        return other / Single(single(self))

    def __neg__(self) -> Whole:
        return Whole(-int(self))


class Truth(Whole):
    """A bool tensor of one element: a comparison. Added to another, it stays one."""

    __slots__ = ()

    def __add__(self, other: Any) -> Any:
        return Truth(self or other) if isinstance(other, Truth | bool) else super().__add__(other)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        if isinstance(other, Truth | bool):
            return Truth(bool(self) != bool(other))
        return super().__sub__(other)

    def __mul__(self, other: Any) -> Any:
        return Truth(self and other) if isinstance(other, Truth | bool) else super().__mul__(other)

    __rmul__ = __mul__

    def __neg__(self) -> Whole:
        raise TypeError("Neg takes no tensor of bools")


def held_number(value: Any) -> Any:
    """Return a number as MindSpore hands it to a kernel, or raise what it raises.

    Raises:
        RuntimeError: an integer that no int64 holds.
        TypeError: no number.

    """
    if not isinstance(value, int | float | np.floating):
        raise TypeError(f"{value!r} is no number")
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise RuntimeError(f"{value!r} does not fit an int64")
    return value


def _held(value: Any) -> Float32:
    return single(held_number(value))


def floor_divided(a: Any, b: Any) -> Any:
    """``a // b`` of float32 numbers, computed in float64 and rounded."""
    high, low = _doubles(a, b)
    return np.floor(high / (low + 0.0)).astype(F32)


def remainder(a: Any, b: Any) -> Any:
    """``a % b`` in the dtype of a, computed in float64 and rounded; NaN where b is 0."""
    high, low = _doubles(a, b)
    return (high - np.floor(high / low) * low).astype(a.dtype)


def _doubles(*numbers: Any) -> tuple[Any, ...]:
    return tuple(np.asarray(number, np.float64)[()] for number in numbers)


def power_of_each(bases: Rates, exponent: float) -> Rates:
    """``base ** exponent`` for each base: in float32 the C library's ``powf``."""
    if bases.dtype == np.float64:
        return np.power(bases, exponent)
    return powf(bases, np.full(len(bases), single(exponent)))


def power_to_each(base: float, exponents: Rates) -> Rates:
    """``base ** exponent`` for each exponent, likewise."""
    if exponents.dtype == np.float64:
        return np.power(float(base), exponents)
    return powf(np.full(len(exponents), single(base)), exponents)


def value_at(function: Callable[[Any], Any], t: Any) -> Any:
    """Return what a function says of a count: it is given MindSpore's number in float32."""
    return function(Single(t) if isinstance(t, np.float32) else int(t))
