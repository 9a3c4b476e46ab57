"""MindSpore's float32 numbers: what its kernels make of a tensor of one element, to the bit.

Measured with MindSpore 2.10.0 on CPU, one element at a time: Python numbers are rounded before they
take part; a number divided by a tensor is multiplied by the tensor's reciprocal; ``//`` and ``%``
are computed in float64 and rounded; ``**`` is the C library's ``powf``; what Python's ``math``
computes it computes in float64, and gives back a Python number.
"""

from __future__ import annotations

import math
from ctypes import c_float
from typing import TYPE_CHECKING, Any

from isorate.kit.boundary import LIMIT, Halting
from isorate.kit.float32 import EXACT, powf, single
from isorate.schedule.lazily import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Rates = NDArray[np.floating[Any]]


class Single(float):
    """A float32 tensor of one element, as a lambda meets it.

    It is a Python float, so that whatever computes with numbers takes it; its own operations are
    MindSpore's. Made of a number that float32 holds. What float64 adds, multiplies or divides of
    two such numbers, and is rounded then, has been rounded once: its digits are more than twice as
    many.
    """

    __slots__ = ()

    def __add__(self, other: Any) -> Single:
        return _rounded(float(self) + _operand(other))

    __radd__ = __add__

    def __sub__(self, other: Any) -> Single:
        return _rounded(float(self) - _operand(other))

    def __rsub__(self, other: Any) -> Single:
        return _rounded(_operand(other) - float(self))

    def __mul__(self, other: Any) -> Single:
        return _rounded(float(self) * _operand(other))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Single:
        divisor = _operand(other)
        if divisor:
            return _rounded(float(self) / divisor)
        return Single(divided(single(self), single(divisor)))

    def __rtruediv__(self, other: Any) -> Single:
        reciprocal = _rounded(1 / float(self)) if self else math.copysign(math.inf, self)
        return _rounded(_operand(other) * float(reciprocal))

    def __floordiv__(self, other: Any) -> Single:
        return Single(floor_divided(self, _operand(other)))

    def __rfloordiv__(self, other: Any) -> Single:
        return Single(floor_divided(_operand(other), self))

    def __mod__(self, other: Any) -> Single:
        return Single(remainder(np.float32(self), _operand(other)))

    def __rmod__(self, other: Any) -> Single:
        return Single(remainder(np.float32(_operand(other)), self))

    def __pow__(self, other: Any) -> Single:  # type: ignore[override]
        return Single(np.float32(self) ** np.float32(_operand(other)))

    def __rpow__(self, other: Any) -> Single:  # type: ignore[override]
        return Single(np.float32(_operand(other)) ** np.float32(self))

    def __neg__(self) -> Single:
        return Single(-float(self))

    def __index__(self) -> int:
        raise ValueError("a tensor of floats is no index")

    def __pos__(self) -> Single:
        return self

    def __abs__(self) -> Single:
        return Single(abs(float(self)))

    def __lt__(self, other: Any) -> Any:
        return Truth(float(self) < _operand(other))

    def __le__(self, other: Any) -> Any:
        return Truth(float(self) <= _operand(other))

    def __gt__(self, other: Any) -> Any:
        return Truth(float(self) > _operand(other))

    def __ge__(self, other: Any) -> Any:
        return Truth(float(self) >= _operand(other))

    def __eq__(self, other: object) -> Any:
        return Truth(float(self) == _operand(other))

    def __ne__(self, other: object) -> Any:
        return Truth(float(self) != _operand(other))

    __hash__ = float.__hash__


class Truth:
    """What a comparison of tensors says. It decides, and is no number here.

    MindSpore computes with it in bools, int64 or float32, whatever it meets.
    """

    __slots__ = ("holds",)

    def __init__(self, holds: bool) -> None:
        self.holds = holds

    def __bool__(self) -> bool:
        return self.holds

    def __float__(self) -> float:
        return float(self.holds)

    def __int__(self) -> int:
        return int(self.holds)

    def computed(self, *_: Any) -> Any:
        """Refuse to take part in arithmetic.

        Raises:
            Halting: always; MindSpore goes on.

        """
        what = "a comparison of tensors is computed with: write 1.0 if t > 3 else 0.0 for t > 3"
        raise Halting(LIMIT, what)


for _operation in (
    *("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "floordiv", "rfloordiv"),
    *("mod", "rmod", "pow", "rpow", "neg", "pos", "abs", "index"),
    *("lt", "le", "gt", "ge", "eq", "ne"),
):
    setattr(Truth, f"__{_operation}__", Truth.computed)


def kernel_number(value: Any) -> Any:
    """Return a number as MindSpore hands it to a kernel, or raise what it raises.

    Raises:
        RuntimeError: an integer that no int64 holds.
        TypeError: no number.
        Halting: what a comparison of tensors says.

    """
    if isinstance(value, Truth):
        value.computed()
    if not isinstance(value, int | float | np.floating):
        raise TypeError(f"{value!r} is no number")
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise RuntimeError(f"{value!r} does not fit an int64")
    return value


def _operand(value: Any) -> float:
    """Return a number as a kernel takes it, rounded."""
    if type(value) is Single:
        return float(value)
    if type(value) is float or (type(value) is int and -EXACT < value < EXACT):
        return c_float(value).value
    return float(single(kernel_number(value)))


def _rounded(value: float) -> Single:
    return Single(c_float(value).value)


def divided(a: Any, b: Any) -> Any:
    """Return a tensor divided by a tensor or a number, as the kernel does it by zero.

    The sign of that zero makes no difference, and whatever is neither zero nor above it, a NaN
    too, becomes minus infinity.
    """
    with np.errstate(all="ignore"):
        quotient = a / b
    if np.all(b != 0):
        return quotient
    by_zero = np.where(a == 0, math.nan, np.where(a > 0, math.inf, -math.inf))
    found = np.where(b == 0, by_zero, quotient).astype(quotient.dtype)
    return found if np.ndim(quotient) else type(quotient)(found)


def floor_divided(a: Any, b: Any) -> Any:
    """``a // b`` of float32 numbers, computed in float64 and rounded."""
    high, low = _doubles(a, b)
    return np.floor(high / (low + 0.0)).astype(np.float32)


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
