"""What it means that a framework and its native arithmetic agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from conformance.frameworks import Seen
    from isorate import Curve
    from isorate.dialects._base import Call

    Rates = NDArray[np.floating[Any]]

#: No two rates are that far apart; a NaN is, from everything but a NaN.
FARTHEST = 2**62


def ulps(a: Rates, b: Rates) -> NDArray[np.int64]:
    """Return how many numbers of their dtype lie between two arrays' elements.

    Two NaN are equal, whatever their bits; zero and minus zero are one apart.
    """
    assert a.dtype == b.dtype, (a.dtype, b.dtype)
    assert a.shape == b.shape, (a.shape, b.shape)
    width = np.int32 if a.dtype == np.float32 else np.int64
    first, second = (
        np.where(bits < 0, np.int64(np.iinfo(width).min) - bits - 1, bits)
        for bits in (np.ascontiguousarray(x).view(width).astype(np.int64) for x in (a, b))
    )
    with np.errstate(over="ignore"):
        apart = np.where((first < 0) == (second < 0), np.abs(first - second), FARTHEST)
    near_zero = (first < 0) != (second < 0)
    apart = np.where(near_zero & (np.abs(first // 2 - second // 2) < 2**31), _gap(first, second), apart)
    missing = np.isnan(a) | np.isnan(b)
    return np.where(missing, np.where(np.isnan(a) & np.isnan(b), 0, FARTHEST), apart)
