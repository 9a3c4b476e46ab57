"""Python's ``math`` over arrays, to the bit: NumPy's own functions only where they are the same."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from isorate.schedule.lazily import np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Float64s = NDArray[np.float64]

#: How many arguments are tried before NumPy is trusted. Where it does not call the C library, as
#: in vectorised builds, it rounds about one value in a hundred differently.
SAMPLES: Final = 4096

#: Arguments at which functions are tried: what a schedule may ask for.
_TRIED: Final = {
    "cos": (-1e6, 1e6),
    "sin": (-1e6, 1e6),
    "tanh": (-20.0, 20.0),
    "exp": (-700.0, 700.0),
    "log": (1e-9, 1e9),
    "log2": (1e-9, 1e9),
    "log10": (1e-9, 1e9),
}


def exact(name: str, x: Float64s) -> Float64s:
    """Return ``math``'s function of every element; where ``math`` raises, anything.

    Example:
        >>> exact("cos", np.array([0.5, 3.0])).tolist() == [math.cos(0.5), math.cos(3.0)]
        True
    """
    with np.errstate(all="ignore"):
        if name == "sqrt" or _numpy_is_libm(name):
            values: Float64s = getattr(np, name)(x)
            return values
    return _mapped(getattr(math, name), x)


def exact_power(base: float | Float64s, exponent: NDArray[Any]) -> Float64s:
    """Return ``base ** exponent`` of floats; infinite where it overflows, else anything."""
    base = np.asarray(base, dtype=np.float64)
    exponent = exponent.astype(np.float64, copy=False)
    if base.size == 1 and 0 < base.item() < 1:  # the C library takes its time to underflow
        vanished = exponent * math.log2(base.item()) < -1200.0
        values = np.zeros(len(exponent))
        values[~vanished] = _power(base, exponent[~vanished])
        return values
    return _power(base, exponent)


def _power(base: Float64s, exponent: Float64s) -> Float64s:
    # copies, as NumPy takes a short cut where one exponent serves all
    base, exponent = (array.copy() for array in np.broadcast_arrays(base, exponent))
    with np.errstate(all="ignore"):
        if _numpy_power_is_libm():
            return np.power(base, exponent)
    return _mapped(math.pow, base, exponent)


def _mapped(function: Callable[..., float], *arrays: Float64s) -> Float64s:
    flat = [array.tolist() for array in arrays]
    try:
        return np.fromiter(map(function, *flat), np.float64, len(flat[0]))
    except (OverflowError, ValueError):  # somewhere it raises: look at each
        return np.fromiter(map(_quiet(function), *flat), np.float64, len(flat[0]))


def _quiet(function: Callable[..., float]) -> Callable[..., float]:
    def value(*arguments: float) -> float:
        try:
            return function(*arguments)
        except OverflowError:
            return math.inf
        except ValueError:
            return math.nan

    return value


@cache
def _numpy_is_libm(name: str) -> bool:
    x = np.linspace(*_TRIED[name], SAMPLES)
    if _TRIED[name][0] > 0:
        x = np.geomspace(*_TRIED[name], SAMPLES)
    values: Any = getattr(np, name)(x)
    return bool((values == _mapped(getattr(math, name), x)).all())


@cache
def _numpy_power_is_libm() -> bool:
    exponent = np.linspace(0.0, 700.0, SAMPLES)
    bases = (0.1, 0.5, 0.97, 0.999994, 1.0003, 2.0)
    return all(
        bool((np.power(base, exponent) == [base**e for e in exponent.tolist()]).all())
        for base in bases
    )
