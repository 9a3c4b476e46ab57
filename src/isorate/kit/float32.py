"""Float32 arithmetic of the frameworks, operation for operation, each one rounded once.

A float32 number is held as ``Float32``, which stays one whatever it is combined with: NumPy's own
scalars do so from NumPy 2 on, and turn float64 before.

Measured against MindSpore 2.10.0 on CPU: its kernels round every operation to float32, Python
numbers are rounded before they take part, and
MindSpore's ``Cos`` and ``Sin`` are the double functions rounded once.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from isorate.schedule.lazily import module, np
from isorate.schedule.libm import exact

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from isorate.kit import float32_number as numbers
    from isorate.kit.float32_number import Float32

    Float32s = NDArray[np.float32]
    Rates = NDArray[np.floating[Any]]

else:  # whose class cannot be without NumPy
    numbers = module("isorate.kit.float32_number")

#: Up to here an integer is a float64, too, and is rounded once on its way through it.
EXACT = 2**53


def single(value: float) -> Float32:
    """Round a number to float32, an integer without the detour through float64."""
    value = int(value) if isinstance(value, int) else float(value)
    if abs(value) <= EXACT:
        return numbers.Float32(value)
    with np.errstate(over="ignore"):
        if isinstance(value, int) and abs(value) < 2**63:
            return numbers.Float32(np.int64(value).astype(np.float32))
        return numbers.Float32(value)


# --- MindSpore's cells --------------------------------------------------------------------------
#
# Measured on CPU, called with one step as an optimizer does, in either mode: every operation is
# rounded, ``Pow`` is the C library's powf, a number over a tensor is the number times the
# reciprocal, and a count beside an int32 tensor wraps to int32. (Called with eight steps or more
# at once, ``Pow`` takes another kernel, an ULP or two away.)


def cosine_cell(min_lr: float, max_lr: float, decay_steps: int, t: NDArray[np.int64]) -> Float32s:
    """``min + ½(max−min)(1 + sin(π(p + ½)))``, p = min(t, D)/D, in the cell's own order."""
    half_span = single(0.5 * (max_lr - min_lr))
    wave = _rounded(math.sin, numbers.PI * (capped(t, decay_steps) + numbers.HALF))
    with np.errstate(invalid="ignore"):  # a rate beyond float32 is infinite there as well
        return single(min_lr) + half_span * (numbers.ONE + wave)


def exponential_cell(lr: float, decay_rate: float, p: Float32s) -> Float32s:
    """``lr·decay_rate^p``."""
    with np.errstate(all="ignore"):
        return single(lr) * powf(np.full(len(p), single(decay_rate)), p)


def natural_cell(lr: float, decay_rate: float, t: Float32s) -> Float32s:
    """``lr·e^(−decay_rate·t)``, e rounded as well."""
    with np.errstate(all="ignore"):
        return single(lr) * powf(np.full(len(t), single(math.e)), single(-decay_rate) * t)


def inverse_cell(lr: float, decay_rate: float, p: Float32s) -> Float32s:
    """``lr·(1/(1 + decay_rate·p))``."""
    with np.errstate(all="ignore"):
        return single(lr) * (numbers.ONE / (numbers.ONE + single(decay_rate) * p))


def polynomial_cell(lr: float, end: float, power: float, p: Float32s) -> Float32s:
    """``(lr − end)(1 − p)^power + end``, the difference taken in float64."""
    with np.errstate(all="ignore"):
        weight = powf(numbers.ONE - p, np.full(len(p), single(power)))
        return single(lr - end) * weight + single(end)


def warmup_cell(lr: float, warmup_steps: int, t: NDArray[np.int64]) -> Float32s:
    """``lr·(min(t, W)/W)``."""
    with np.errstate(all="ignore"):
        return single(lr) * capped(t, warmup_steps)


def shares(t: NDArray[np.int64], steps: int) -> Float32s:
    """``t/D``: the share of a duration that is over."""
    share: Float32s = t.astype(np.float32) / single(steps)
    return share


def capped(t: NDArray[np.int64], steps: int) -> Float32s:
    """``min(t, D)/D``, the minimum taken in int32, where a D from 2**31 on wraps."""
    return shares(np.minimum(t, (steps + 2**31) % 2**32 - 2**31), steps)


def shares_of_one(t: NDArray[np.int64], steps: int) -> Float32s:
    """``min(t, D)/D``, the minimum taken in float32."""
    least: Float32s = np.minimum(t.astype(np.float32), single(steps), dtype=np.float32)
    return least / single(steps)


def shares_anew(t: NDArray[np.int64], steps: int) -> Float32s:
    """``t/(D·max(⌈t/D⌉, 1))``: the share of the longer duration that is over."""
    times: Float32s = np.maximum(np.ceil(shares(t, steps)), numbers.ONE)
    return t.astype(np.float32) / (single(steps) * times)


def powf(bases: Float32s, exponents: Float32s) -> Float32s:
    """The C library's powf of every pair: NumPy takes it for single numbers, not for arrays."""
    return np.array(
        [base**exponent for base, exponent in zip(bases, exponents, strict=True)], np.float32
    )


# --- MindSpore's experimental scheduler ---------------------------------------------------------


def number(value: float, real: type[np.floating[Any]]) -> Any:
    """Return a Python number in a dtype, as a kernel takes it."""
    return single(value) if issubclass(real, np.float32) else np.float64(value)


def scalar_type(rates: Any) -> type[np.floating[Any]]:
    """Return the type that holds one of some numbers in their own dtype."""
    return numbers.Float32 if rates.dtype == np.float32 else np.float64


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


def cosine_of(x: Rates) -> Rates:
    """Return the cosines of float32 or float64 angles: those of float64, rounded once."""
    with np.errstate(invalid="ignore"):
        return exact("cos", x.astype(np.float64)).astype(x.dtype)


def experimental_links(counts: Rates, T_max: int) -> tuple[Rates, NDArray[np.bool_]]:
    """Return what links the rates after the steps to some counts to the rates before them.

    MindSpore's annealing is torch's recursion, with kernels and a step counter in float32.

    Returns:
        The ratios of cosines, and where the scheduler adds the anchor's rise instead.

    """
    real = scalar_type(counts)
    before = counts - real(1)
    with np.errstate(all="ignore"):  # 0/0 is how this scheduler turns NaN
        heights, below = (
            1 + cosine_of(real(math.pi) * at / number(T_max, real)) for at in (counts, before)
        )
        shifted = before - number(T_max, real)
        return heights / below, np.mod(shifted, number(2 * T_max, real)) == 0


# --- shared -------------------------------------------------------------------------------------


def _rounded(function: Any, x: Float32s) -> Float32s:
    """Return a double function of every element, rounded once; NaN where it is undefined."""
    values = [function(v) if math.isfinite(v) else math.nan for v in x.tolist()]
    return np.array(values, np.float64).astype(np.float32)
