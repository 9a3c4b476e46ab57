"""Arithmetic of XLA on a CPU, operation by operation.

Measured with jaxlib 0.10.2 on Linux: every operation is rounded once; the cosine is the C library's
``cosf``, the power its ``powf``, but for results below the normal floats, which are zero. Compiled,
XLA takes the reciprocals of constants, multiplies constants first, and rounds a product and a sum
once together.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from isorate.kit.float32 import powf, single
from isorate.schedule.lazily import np
from isorate.schedule.libm import exact, exact_power

if TYPE_CHECKING:
    from typing import TypeAlias

    #: An array of floats.
    Rates: TypeAlias = Any
    #: The dtype of a Python float: float32, or float64 where XLA is told so.
    Real: TypeAlias = Any

#: The polynomials of the C library's ``cosf``, which computes in float64 and rounds once: ARM's
#: optimized routines, in glibc since 2.28.
EVEN: Final = (
    1.0,
    -0.49999999725108224,
    0.041666623324344516,
    -0.001388676379437604,
    2.4390450703564542e-05,
)
ODD: Final = (-0.16666654943701084, 0.008332178146138854, -0.00019517298981385725)
QUADRANTS: Final = 2**24 * 2 / math.pi

#: Those of its ``logf``: 1/c of the middles c of sixteen intervals, and a polynomial about them.
MIDDLES: Final = (
    1.398907162146528, 1.3403141896637998, 1.286432210124115, 1.2367150214269895,
    1.1906977166711752, 1.1479821020556429, 1.1082251448272158, 1.0711297413057381,
    1.036437278977283, 1.0, 0.9492859795739057, 0.8951049428609004,
    0.8476821620351103, 0.8050314851692001, 0.7664671008843108, 0.731428603316328,
)  # fmt: skip
LOGARITHM: Final = (-0.25089342214237154, 0.333456765744066, -0.4999997485802103)

SMALLEST: Final = 2.0**-126


def cos(x: Rates) -> Rates:
    """Return the cosines of float32 or float64 angles, in float32 of angles up to π."""
    if x.dtype != np.float32:
        return exact("cos", x)
    angle = x.astype(np.float64)
    quarter = (np.trunc(angle * QUADRANTS).astype(np.int64) + 0x800000) >> 24
    quarter[np.abs(angle) < math.pi / 4] = 0
    r = angle - quarter * (math.pi / 2)
    z = r * r
    even = (EVEN[0] + z * EVEN[1] + z * z * EVEN[2]) + z * z * z * (EVEN[3] + z * EVEN[4])
    y = np.where((quarter & 3) % 3 == 0, r, -r)
    odd = (y + y * z * ODD[0]) + y * z * z * (ODD[1] + z * ODD[2])
    waves = np.where(quarter & 1, odd, np.where(quarter & 2, -even, even))
    return np.where(np.abs(angle) < 2.0**-12, 1.0, waves).astype(np.float32)


def log(x: Rates) -> Rates:
    """Return the logarithms of float32 numbers, none of them subnormal, in float32."""
    bits = x.view(np.int32).astype(np.int64)
    above = bits - 0x3F330000
    k, middle = above >> 23, np.array(MIDDLES)[(above >> 19) % 16]
    within = (bits - (k << 23)).astype(np.int32).view(np.float32).astype(np.float64)
    r = within * middle - 1
    y = LOGARITHM[0] * r * r + (LOGARITHM[1] * r + LOGARITHM[2])
    found = y * (r * r) + ((k * math.log(2) - np.log(middle)) + r)
    return np.where(x > 0, found, np.where(x == 0, -np.inf, np.nan)).astype(np.float32)


def power(base: Rates, exponent: Any) -> Rates:
    """Return a power; one of a Python integer is made of products."""
    if isinstance(exponent, int):
        return _product(base, exponent)
    base, exponents = np.broadcast_arrays(base, np.asarray(exponent, base.dtype))
    if base.dtype != np.float32:
        return exact_power(base, exponents)
    powers = powf(base, exponents)
    return np.where(np.abs(powers) < SMALLEST, powers * np.float32(0), powers)


def _product(base: Rates, exponent: int) -> Rates:
    """Square as often as it takes, and multiply."""
    left, powers = abs(exponent), np.ones_like(base)
    while left:
        powers = powers * base if left & 1 else powers
        left >>= 1
        base = base * base if left else base
    return 1 / powers if exponent < 0 else powers


def number(value: Any, real: Real) -> Any:
    """Return a Python number as XLA takes it: a float rounded, an integer as it is.

    Raises:
        OverflowError: an integer that does not fit into XLA's.
        TypeError: no number.

    """
    if isinstance(value, np.floating):
        return value
    if not isinstance(value, int | float):
        raise TypeError(f"{value!r} is no number")
    if isinstance(value, float):
        return single(value) if real is np.float32 else value
    bits = 31 if real is np.float32 else 63
    if not -(2**bits) <= value < 2**bits:
        raise OverflowError(f"{value} does not fit into {bits + 1} bits")
    return value


def numbers(real: Real, *values: Any) -> list[Any]:
    """Return Python numbers as floats of XLA's."""
    return [(single if real is np.float32 else real)(number(value, real)) for value in values]


def overshoots(duration: float) -> bool:
    """Whether nothing is left at the end of a duration, and less, where XLA compiles ``1 - t/T``.

    It multiplies by the reciprocal, rounded, and rounds the difference alone.
    """
    with np.errstate(all="ignore"):
        return bool(duration * float(1 / single(duration)) > 1)


def first_off(duration: float) -> int | None:
    """Return the first multiple of a duration that is another one where XLA divides by it.

    It takes the reciprocal times, where the duration is a constant. Of a hundred multiples, in
    float32; none where all of them are what they are.

    Example:
        >>> first_off(10), first_off(41)
        (None, 41)

    """
    with np.errstate(all="ignore"):  # a duration may be beyond float32, or next to nothing
        ends = np.ceil(np.arange(1, 101) * duration).astype(np.float32)
        off = np.floor(ends * (1 / single(duration))) != np.floor(ends / single(duration))
    off &= np.isfinite(ends)
    return int(ends[off][0]) if off.any() else None
