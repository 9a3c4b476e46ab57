"""Functions of the C library over arrays, to the bit: Python's ``math`` is what frameworks call."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Float64s = NDArray[np.float64]


def exact_cos(x: Float64s) -> Float64s:
    """``math.cos`` of every element, to the bit."""
    if numpy_cos_is_libm():
        return np.cos(x)
    return np.fromiter(map(math.cos, x.tolist()), np.float64, len(x))


def exact_power(base: float, exponents: NDArray[Any]) -> Float64s:
    """Python's ``base ** exponent`` for every exponent, to the bit; infinite where it overflows."""
    with np.errstate(over="ignore"):
        if numpy_power_is_libm():
            return np.power(float(base), exponents.astype(np.float64))
        return np.fromiter(
            (_power(base, exponent) for exponent in exponents.tolist()), np.float64, len(exponents)
        )


def _power(base: float, exponent: float) -> float:
    try:
        return float(base**exponent)
    except OverflowError:
        return math.inf


@cache
def numpy_cos_is_libm() -> bool:
    """Whether this NumPy takes float64 cosines from the C library, as ``math.cos`` does.

    NumPy 1.25 to 2.4 do; vectorised builds before and, perhaps, after them round differently
    about once in a hundred values, which four thousand samples cannot miss.
    """
    x = np.geomspace(1e-3, 1e6, 4096)
    return bool((np.cos(x) == np.fromiter(map(math.cos, x.tolist()), np.float64, len(x))).all())


@cache
def numpy_power_is_libm() -> bool:
    """Whether this NumPy takes float64 powers from the C library, as Python's ``**`` does."""
    exponents = np.concatenate([np.arange(0.0, 700.0), np.linspace(0.0, 40.0, 1349)])
    return all(
        bool((np.power(base, exponents) == [base**e for e in exponents.tolist()]).all())
        for base in (0.1, 0.5, 0.97, 0.999994, 1.0003, 2.0)
    )
