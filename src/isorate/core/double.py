"""Arithmetic in pairs of floats, about 32 digits, for the one place where float64 is too coarse.

A pair is an unevaluated sum ``high + low`` with ``low`` below half a unit in the last place of
``high``. Every function takes floats and float64 arrays alike: there is no branch in any of them.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any, Final, TypeAlias

Pair: TypeAlias = tuple[Any, Any]

#: Multiplying by this splits a float into two of 26 bits each.
SPLITTER: Final = 2.0**27 + 1.0

#: π to 32 digits, to be checked against any table of it.
PI: Final[Pair] = (3.141592653589793, 1.2246467991473532e-16)


def pair(value: Fraction) -> Pair:
    """Return the pair nearest to a fraction."""
    high = float(value)
    return high, float(value - Fraction(high))


#: 1, −1/3!, 1/5!, … up to 1/27!: enough for sin x with |x| <= π/4, where the next is below 1e-32.
SINE: Final = tuple(pair(Fraction((-1) ** k, math.factorial(2 * k + 1))) for k in range(14))


def settle(high: Any, low: Any) -> Pair:
    """Return the pair of a sum whose first part is the larger."""
    total = high + low
    return total, low - (total - high)


def sum_of(a: Any, b: Any) -> Pair:
    """Return a + b exactly."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def product_of(a: Any, b: Any) -> Pair:
    """Return a · b exactly."""
    product = a * b
    scaled_a, scaled_b = SPLITTER * a, SPLITTER * b
    a_high, b_high = scaled_a - (scaled_a - a), scaled_b - (scaled_b - b)
    a_low, b_low = a - a_high, b - b_high
    error = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    return product, error


def add(a: Pair, b: Pair) -> Pair:
    """Return a + b."""
    high, low = sum_of(a[0], b[0])
    return settle(high, low + (a[1] + b[1]))


def multiply(a: Pair, b: Pair) -> Pair:
    """Return a · b."""
    high, low = product_of(a[0], b[0])
    return settle(high, low + (a[0] * b[1] + a[1] * b[0]))


def divide(a: Pair, b: Any) -> Pair:
    """Return a / b for a plain float b."""
    quotient = a[0] / b
    high, low = product_of(quotient, b)
    return settle(quotient, (((a[0] - high) - low) + a[1]) / b)


def sine(x: Pair) -> Pair:
    """Return sin x for |x| <= π/4, by its Taylor series.

    Example:
        >>> high, low = sine((0.5, 0.0))
        >>> high == math.sin(0.5)
        True
    """
    square = multiply(x, x)
    total: Pair = SINE[-1]
    for coefficient in reversed(SINE[:-1]):
        total = add(multiply(total, square), coefficient)
    return multiply(total, x)


def line(start: float, end: float, done: Any, left: Pair, whole: Pair) -> Any:
    """``(start·left + end·done)/whole`` to the last place or so, where the products cancel too.

    Both products are exact, and what they leave is divided last.
    """
    high, low = product_of(start, left[0])
    a = settle(high, low + start * left[1])
    b = product_of(end, done * 1.0)
    high, low = sum_of(a[0], b[0])
    low, rest = sum_of(low, a[1] + b[1])
    high, low = sum_of(high, low)
    high, low = divide((high, low + rest), whole[0])
    return high * (1.0 - whole[1] / whole[0]) + low


def half_cosine(start: float, end: float, t: Any, T: float, xp: Any) -> Any:
    """``start + (end−start)·sin²(πt/(2T))`` for t in [0, T], to the last place or so.

    Where ``start`` and ``end`` have opposite signs the rate passes through zero, and float64 would
    keep only its absolute accuracy there. The sine is taken at the nearer end, where it is small.
    """
    from_start = t * 1.0
    to_end = (T - t) * 1.0
    nearer = xp.minimum(from_start, to_end)
    wave = sine(divide(multiply(PI, (nearer, nearer * 0.0)), 2.0 * T))
    part = multiply(wave, wave)
    rise = multiply(sum_of(end, -start), part)
    high, low = (
        xp.where(from_start <= to_end, up, down)
        for up, down in zip(
            add((start, 0.0), rise), add((end, 0.0), (-rise[0], -rise[1])), strict=True
        )
    )
    return high + low
