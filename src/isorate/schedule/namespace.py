"""What a formula computes with: the same functions for one update and for an array of them."""

from __future__ import annotations

import math
from bisect import bisect_right
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


class Namespace(Protocol):
    """The functions a formula needs: ``math``'s for one update, NumPy's for an array of them.

    One that has ``of_each(function, t)``, which asks a function of Python's at every update, gets
    the bits of Python's own arithmetic for a ``Formula``. One that cannot, as inside ``jax.jit``,
    leaves it out, and has NumPy's ``cos``, ``tanh``, ``sqrt``, ``log2``, ``log10``, ``floor``,
    ``ceil`` and ``trunc`` besides what follows.
    """

    pi: float

    def sin(self, x: Any, /) -> Any:
        """The sine."""

    def exp(self, x: Any, /) -> Any:
        """The exponential; infinite where it overflows."""

    def expm1(self, x: Any, /) -> Any:
        """The exponential less one."""

    def log(self, x: Any, /) -> Any:
        """The natural logarithm of a positive number."""

    def log1p(self, x: Any, /) -> Any:
        """The natural logarithm of one more than a number above -1."""

    def power(self, base: Any, exponent: Any, /) -> Any:
        """A float power; infinite where it overflows."""

    def frexp(self, x: Any, /) -> Any:
        """Mantissa and exponent: ``x = m·2**e``, m from 0.5 to 1 in size."""

    def ldexp(self, m: Any, e: Any, /) -> Any:
        """``m·2**e`` for a whole ``e`` of any size; zero or infinite where no float is near."""

    def sizes(self, x: Any, /) -> tuple[float, float]:
        """The least and the greatest absolute value; NaN where one is."""

    def mended(self, rate: Any, fine: Any, t: Any, again: Callable[[Any], Any], /) -> Any:
        """The rate where it is fine, else what ``again`` makes of those ``t``."""

    def maximum(self, a: Any, b: Any, /) -> Any:
        """The greater of two."""

    def minimum(self, a: Any, b: Any, /) -> Any:
        """The lesser of two."""

    def where(self, condition: Any, a: Any, b: Any, /) -> Any:
        """One or the other."""

    def take(self, values: Any, index: Any, /) -> Any:
        """One element, or many."""

    def searchsorted(self, boundaries: Any, t: Any, /) -> Any:
        """How many boundaries are not above it."""

    def present(self, indices: Any, starts: Sequence[int], /) -> Iterable[int]:
        """The indices of starts that there may be."""

    def exact_product(self, a: Any, b: Any, /) -> tuple[Any, Any]:
        """A product as a float, and what its rounding took away, as far as that is known."""


#: Multiplying by this splits a float into two of 26 bits each.
SPLITTER: Final = 2.0**27 + 1.0


def exact_product(a: Any, b: Any) -> tuple[Any, Any]:
    """Return a·b as a float and what its rounding took away: their sum is a·b exactly.

    Both factors and the product have to be below 2**990, and the product above 2**-960.
    """
    product = a * b
    scaled_a, scaled_b = SPLITTER * a, SPLITTER * b
    a_high, b_high = scaled_a - (scaled_a - a), scaled_b - (scaled_b - b)
    a_low, b_low = a - a_high, b - b_high
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


class ScalarNamespace:
    """``math`` under NumPy's names, so that one formula serves one update and many."""

    pi = math.pi
    sin = staticmethod(math.sin)
    expm1 = staticmethod(math.expm1)
    log = staticmethod(math.log)
    log1p = staticmethod(math.log1p)
    frexp = staticmethod(math.frexp)
    minimum = staticmethod(min)
    maximum = staticmethod(max)
    exact_product = staticmethod(exact_product)

    @staticmethod
    def exp(x: float) -> float:
        """Return the exponential, infinite where ``math`` raises."""
        try:
            return math.exp(x)
        except OverflowError:
            return math.inf

    @staticmethod
    def power(base: float, exponent: float) -> float:
        """Return a power, infinite or NaN where ``math`` raises."""
        try:
            return math.pow(base, exponent)
        except OverflowError:
            return -math.inf if base < 0 and exponent % 2 == 1 else math.inf
        except ValueError:
            return math.inf if base == 0 else math.nan

    @staticmethod
    def ldexp(m: float, e: float) -> float:
        """Return ``m·2**e``, infinite where ``math`` raises."""
        try:
            return math.ldexp(m, int(e))
        except OverflowError:
            return math.copysign(math.inf, m)

    @staticmethod
    def sizes(x: float) -> tuple[float, float]:
        """Return the absolute value, twice."""
        return abs(x), abs(x)

    @staticmethod
    def mended(rate: float, fine: bool, t: Any, again: Callable[[Any], float]) -> float:
        """Return a rate that is fine, or compute it again."""
        return rate if fine else again(t)

    @staticmethod
    def where(condition: bool, a: Any, b: Any) -> Any:
        """Choose ``a`` where the condition holds, else ``b``."""
        return a if condition else b

    @staticmethod
    def take(values: Any, index: int) -> Any:
        """Return one element."""
        return values[index]

    @staticmethod
    def searchsorted(boundaries: Any, t: float) -> int:
        """Count the boundaries that are not above an update."""
        return bisect_right(boundaries, t)

    @staticmethod
    def present(index: int, starts: Sequence[int]) -> tuple[int]:
        """Return the one index."""
        return (index,)


SCALAR: Final = ScalarNamespace()
