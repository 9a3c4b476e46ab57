"""Rates that float64 holds, made of factors that it does not.

A rate that doubles 3000 times and halves 3000 times is itself again; a rate of 0 is 0 however far
its factor has grown. In floats the one is infinity times zero, NaN, and so is the other.
``product`` and ``total`` compute in floats, see whether anything left their range on the way, and
where it did compute once more with exponents of any size.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from isorate.schedule.domains import agreed

if TYPE_CHECKING:
    from collections.abc import Callable

    from isorate.schedule.namespace import Namespace


#: The smallest float that has all its digits.
NORMAL: Final = 2.0**-1022

#: The exponent of zero: below that of anything else.
LOWEST: Final = -1e300

#: A power is made of parts whose logarithm is no larger than this: floats hold all their digits.
LARGEST_PART: Final = 1000.0 * math.log(2.0)

#: More halvings would leave no digit right: what needs them is zero or infinite for good.
MOST_HALVINGS: Final = 40


def product(t: Any, xp: Namespace, *factors: Callable[[Any, Namespace], Any]) -> Any:
    """Multiply what the factors are at ``t``, from left to right; zero times anything is zero.

    Every multiplication rounds once. Where a factor, or what has been multiplied so far, is beyond
    float64 or too small to have all its digits there, the product is right all the same; a factor
    of size 2**±n, n > 1000, costs n/500 ULP.

    Example:
        >>> from isorate.schedule.node import SCALAR
        >>> product(3000, SCALAR, lambda t, xp: xp.power(2.0, t), lambda t, xp: xp.power(0.5, t))
        1.0

    """
    rate, *others = values = [factor(t, xp) for factor in factors]
    if isinstance(xp, Wide):
        for other in others:
            rate = number(rate, xp.xp) * other
        return rate
    for other in others:
        rate = rate * other
    if _in_range(list(map(xp.sizes, values))):
        return rate
    fine, so_far = True, 1.0
    for value in values:
        so_far = so_far * value
        fine = fine & (abs(value) >= NORMAL) & (abs(so_far) >= NORMAL) & (abs(so_far) < math.inf)
    return xp.mended(rate, fine, t, lambda t: _float(product(t, Wide(xp), *factors)))


def _in_range(sizes: list[tuple[float, float]]) -> bool:
    """Whether a product of factors from ``least`` to ``most`` is right as floats compute it.

    So it is where nothing leaves their range on the way, or nothing could bring it back.
    """
    if all(most <= 1 for _, most in sizes) or all(least >= 1 for least, _ in sizes):
        return True
    low = high = 1.0
    for least, most in sizes:
        low, high = low * least, high * most
        if not (least >= NORMAL and low >= NORMAL and high < math.inf):
            return False
    return True


def total(t: Any, xp: Namespace, *terms: Callable[[Any, Namespace], Any]) -> Any:
    """Add what the terms are at ``t``, from left to right, also where one is beyond float64."""
    rate, *others = [term(t, xp) for term in terms]
    if isinstance(xp, Wide):
        for other in others:
            rate = number(rate, xp.xp) + other
        return rate
    for other in others:
        rate = rate + other
    return xp.mended(rate, abs(rate) < math.inf, t, lambda t: _float(total(t, Wide(xp), *terms)))


def fixed(value: Any) -> Callable[[Any, Namespace], Any]:
    """Return a factor that is the same at every update."""
    return lambda t, xp: value


class Number:
    """``m·2**e``, or an array of such numbers: floats with exponents of any size."""

    __slots__ = ("e", "m", "xp")

    __array_ufunc__ = None  # an array on the left leaves the operation to this class

    def __init__(self, m: Any, e: Any, xp: Namespace) -> None:
        self.m, more = xp.frexp(m)
        self.e = xp.where(self.m == 0, LOWEST, e + more)
        self.xp = xp

    def __mul__(self, other: Any) -> Number:
        other = number(other, self.xp)
        nothing = (self.m == 0) | (other.m == 0)
        return Number(self.xp.where(nothing, 0.0, self.m * other.m), self.e + other.e, self.xp)

    def __add__(self, other: Any) -> Number:
        xp = self.xp
        other = number(other, xp)
        e = xp.maximum(self.e, other.e)
        m = xp.ldexp(self.m, self.e - e) + xp.ldexp(other.m, other.e - e)
        return Number(m, e, xp)

    __rmul__, __radd__ = __mul__, __add__

    def __rsub__(self, other: Any) -> Number:
        difference: Number = self * -1.0 + other
        return difference

    def __lt__(self, other: Any) -> Any:
        return self.value < other

    @property
    def value(self) -> Any:
        """The float nearest to it: zero or infinity where none is near."""
        return self.xp.ldexp(self.m, self.e)


def number(value: Any, xp: Namespace) -> Number:
    """Return a float as a ``Number``; one stays as it is."""
    return value if isinstance(value, Number) else Number(value, 0.0, xp)


class Wide:
    """A namespace whose powers and exponentials are ``Number``s; all else is that of another."""

    def __init__(self, xp: Namespace) -> None:
        self.xp = xp

    def __getattr__(self, name: str) -> Any:
        return getattr(self.xp, name)

    def exp(self, x: Any) -> Number:
        """Return the exponential."""
        return self._of_parts(self.xp.exp, x, x)

    def power(self, base: Any, exponent: Any) -> Number:
        """Return a power; a negative base has whole exponents only."""
        xp, size = self.xp, abs(base)
        logarithm = exponent * xp.log(xp.where(size > 0, size, 1.0))
        sign = xp.where((base < 0) & (exponent % 2 == 1), -1.0, 1.0)
        grown: Number = self._of_parts(lambda x: xp.power(size, x), exponent, logarithm) * sign
        return grown

    def _of_parts(self, function: Callable[[Any], Any], x: Any, logarithm: Any) -> Number:
        """Return ``function(x)``: that of x/2, x/4, … squared again, whichever is in range."""
        xp = self.xp
        halvings = xp.frexp(logarithm / LARGEST_PART)[1]
        halvings = xp.minimum(xp.maximum(halvings, 0), MOST_HALVINGS)
        found: Number = number(function(xp.ldexp(x, -halvings)), xp)
        done = 0
        while not agreed(done >= halvings):
            found, done = self.where(done < halvings, found * found, found), done + 1
        return found

    def where(self, condition: Any, a: Any, b: Any) -> Any:
        """Return one or the other."""
        xp = self.xp
        if not isinstance(a, Number) and not isinstance(b, Number):
            return xp.where(condition, a, b)
        a, b = number(a, xp), number(b, xp)
        return Number(xp.where(condition, a.m, b.m), xp.where(condition, a.e, b.e), xp)

    def maximum(self, a: Any, b: Any) -> Any:
        """Return the greater of two."""
        return self.xp.maximum(_float(a), _float(b))

    def minimum(self, a: Any, b: Any) -> Any:
        """Return the lesser of two."""
        return self.xp.minimum(_float(a), _float(b))


def _float(value: Any) -> Any:
    return value.value if isinstance(value, Number) else value
