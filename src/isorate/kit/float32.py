"""Float32 arithmetic of the frameworks, operation for operation, each one rounded once.

A float32 number is held as ``Float32``, which stays one whatever it is combined with: NumPy's own
scalars do so from NumPy 2 on, and turn float64 before.

Their kernels round every operation to float32, and Python numbers before they take part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isorate.schedule.lazily import module, np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from isorate.kit import float32_number as numbers
    from isorate.kit.float32_number import Float32

    Float32s = NDArray[np.float32]

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


def powf(bases: Float32s, exponents: Float32s) -> Float32s:
    """The C library's powf of every pair: NumPy takes it for single numbers, not for arrays."""
    return np.array(
        [base**exponent for base, exponent in zip(bases, exponents, strict=True)], np.float32
    )


def number(value: float, real: type[np.floating[Any]]) -> Any:
    """Return a Python number in a dtype, as a kernel takes it."""
    return single(value) if issubclass(real, np.float32) else np.float64(value)


def scalar_type(rates: Any) -> type[np.floating[Any]]:
    """Return the type that holds one of some numbers in their own dtype."""
    return numbers.Float32 if rates.dtype == np.float32 else np.float64
