"""torch's tensors of one element, as far as a scheduler computes with a rate that one holds.

Measured with torch 2.13.0: a Python number that takes part is converted to the tensor's dtype, and
the result is rounded to it. Beyond the dtype a number turns infinite there, but is refused where
the tensor is set to it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

from isorate.kit.boundary import LIMIT, Halting

if TYPE_CHECKING:
    from collections.abc import Callable

#: The largest float32.
LARGEST_SINGLE = (2 - 2**-23) * 2.0**127
NO_BOOLS = "subtraction with a bool is not supported: a tensor holds the rate"


class Tensor:
    """A float32 or float64 tensor of one element.

    Args:
        value: what it holds, rounded to the dtype.
        dtype: the dtype.

    """

    __slots__ = ("dtype", "value")

    def __init__(self, value: float, dtype: Literal["float32", "float64"]) -> None:
        self.value = _single(value) if dtype == "float32" else float(value)
        self.dtype = dtype

    def __float__(self) -> float:
        return self.value

    def __repr__(self) -> str:
        return f"tensor({self.value!r}, dtype={self.dtype})"

    def filled(self, value: Any) -> Tensor:
        """Return the tensor once it is set to a value.

        Raises:
            OverflowError: an integer of more than 64 bits.
            RuntimeError: a float beyond the dtype.
            TypeError: no number.

        """
        if isinstance(value, Tensor):
            return value
        number = self._number(value)
        if number is NotImplemented:
            raise TypeError(f"a tensor holds the rate, and cannot be set to {value!r}")
        if self.dtype == "float32" and LARGEST_SINGLE < abs(number) < math.inf:
            raise RuntimeError("value cannot be converted to type float without overflow")
        return Tensor(number, self.dtype)

    def _number(self, value: Any) -> Any:
        """Return an operand as torch takes it, before it is rounded to float32."""
        if isinstance(value, Tensor):
            return value.value
        if isinstance(value, int):
            if not -(2**63) <= value < 2**64:
                raise OverflowError("int too big to convert: a tensor holds the rate")
            return value
        if isinstance(value, complex):
            raise Halting(LIMIT, "a tensor meets a complex number")
        return value if isinstance(value, float) else NotImplemented

    def _operand(self, other: Any) -> Any:
        """Return an operand as the dtype has it."""
        number = self._number(other)
        if number is NotImplemented:
            return number
        return _rounded(number) if self.dtype == "float32" else float(number)

    def __lt__(self, other: Any) -> Any:
        number = self._operand(other)
        return number if number is NotImplemented else self.value < number

    def __gt__(self, other: Any) -> Any:
        number = self._operand(other)
        return number if number is NotImplemented else self.value > number

    def _with(self, other: Any, operation: Callable[[float, float], float]) -> Any:
        number = self._operand(other)
        if number is NotImplemented:
            return number
        return Tensor(operation(self.value, number), self.dtype)

    def __add__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a + b)

    __radd__ = __add__

    def __mul__(self, other: Any) -> Any:
        return self._with(other, lambda a, b: a * b)

    __rmul__ = __mul__

    def __sub__(self, other: Any) -> Any:
        if isinstance(other, bool):
            raise RuntimeError(NO_BOOLS)
        return self._with(other, lambda a, b: a - b)

    def __rsub__(self, other: Any) -> Any:
        if isinstance(other, bool):
            raise RuntimeError(NO_BOOLS)
        return self._with(other, lambda a, b: b - a)

    def __truediv__(self, other: Any) -> Any:
        return self._with(other, _divided)

    def __rtruediv__(self, other: Any) -> Any:
        return Tensor(_divided(1.0, self.value), self.dtype) * other  # as torch has it


def _single(number: float) -> float:
    """Round to float32."""
    from ctypes import c_float  # which only tensors need

    return c_float(number).value


def _rounded(number: float) -> float:
    """Round to float32 once; an integer of more bits than a float64 has must not be rounded twice.

    An odd last bit, wherever anything is cut off, decides as all that was cut would.
    """
    if isinstance(number, int) and abs(number) > 2**53:
        cut = abs(number).bit_length() - 32
        kept = abs(number) >> cut
        kept |= (kept << cut) != abs(number)
        return math.copysign(_single(kept << cut), number)
    return _single(number)


def _divided(a: float, b: float) -> float:
    """Return IEEE's quotient, where Python raises."""
    if b:
        return a / b
    sign = math.copysign(1.0, a) * math.copysign(1.0, b)
    return math.nan if a == 0 or math.isnan(a) else sign * math.inf


def unwrapped(value: Any) -> Any:
    """Take a NumPy scalar or a tensor of one element for the number that it holds."""
    if not callable(getattr(value, "item", None)):
        return value
    try:
        return value.item()
    except (RuntimeError, TypeError, ValueError):  # more than one element
        return value
