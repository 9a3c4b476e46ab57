"""What it means that a framework and its native arithmetic agree."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from isorate import simulate
from isorate.kit.boundary import LIMIT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from isorate import Run
    from isorate.kit.call import Call
    from tests.conformance.cases import Seen

    Rates = NDArray[np.floating[Any]]

#: How far a NaN is from everything but a NaN.
FARTHEST = 2**64 - 1


def ulps(a: Rates, b: Rates) -> NDArray[np.uint64]:
    """Return how many numbers of their dtype lie between two arrays' elements.

    Two NaN are equal, whatever their bits; zero and minus zero are one apart.
    """
    assert a.dtype == b.dtype, (a.dtype, b.dtype)
    assert a.shape == b.shape, (a.shape, b.shape)
    first, second = _ordered(a), _ordered(b)
    higher, lower = np.maximum(first, second), np.minimum(first, second)
    apart = higher.view(np.uint64) - lower.view(np.uint64)
    missing = np.isnan(a).astype(np.int8) + np.isnan(b)
    apart[missing == 1] = FARTHEST
    apart[missing == 2] = 0
    return apart


def share_of_peak(a: Rates, b: Rates, peak: float | None = None) -> float:
    """Return how far two arrays lie apart at most, as a share of the greatest absolute rate."""
    assert a.shape == b.shape, (a.shape, b.shape)
    apart = float(np.abs(a.astype(np.float64) - b).max(initial=0.0))
    return apart / float(np.abs(a).max() if peak is None else peak) if apart else 0.0


def _ordered(rates: Rates) -> NDArray[np.int64]:
    """Map floats to integers in the floats' own order."""
    width = np.int32 if rates.dtype == np.float32 else np.int64
    bits = np.ascontiguousarray(rates).view(width).astype(np.int64)
    return np.where(bits < 0, np.int64(np.iinfo(width).min) - bits - 1, bits)


def assert_agree(seen: Seen, call: Call, run: Run) -> None:
    """Assert that native arithmetic gives what the framework gave: rates, end and error."""
    fault = call.fault()
    if fault is not None:
        steps = call.card.clock == "step"
        if steps and fault.when == "on the first step" and run.length <= run.updates_per_step:
            assert seen.error is None  # the run is over before the first step
            return
        assert seen.error == fault.error.__name__, (call.code, seen, fault)
        assert seen.constructing == (fault.when == "on construction"), (call.code, seen, fault)
        stepped = call.card.clock == "step" and not seen.constructing
        assert seen.updates == (min(run.updates_per_step, run.length) if stepped else 0)
        return
    curve = simulate(call, run)
    native = curve.values.reshape(curve.groups, -1)
    if curve.halt is not None and curve.halt.error == LIMIT:  # the framework goes on
        assert seen.updates >= curve.updates, (call.code, seen, curve)
        seen = replace(seen, rates=seen.rates[:, : curve.updates], error=LIMIT)
    assert seen.updates == curve.updates, (call.code, str(run), seen, curve)
    assert (seen.error is None) == (curve.halt is None), (call.code, seen, curve.halt)
    if curve.halt is not None:
        assert seen.error == curve.halt.error, (call.code, seen, curve.halt)
    if seen.constructing:
        return  # a lambda that fails at its first step: there is not even an empty curve
    if seen.exact:
        assert_close(seen.rates, native, call.card.ulp, f"{call.code} over {run}")
    else:
        assert str(seen.rates.dtype) == call.dtype
        assert share_of_peak(seen.rates, native) <= call.card.share, f"{call.code} over {run}"


def assert_close(real: Rates, native: Rates, bound: int, what: str) -> None:
    """Assert that no rate lies farther from its counterpart than ``bound`` ULP."""
    apart = ulps(real, native.astype(real.dtype) if native.shape == real.shape else native)
    if apart.max(initial=0) > bound:
        worst = np.unravel_index(int(apart.argmax()), apart.shape)
        first = np.argwhere(apart > bound)[0]
        raise AssertionError(
            f"{what}: {real[worst]!r} is {apart[worst]} ULP from native {native[worst]!r} at "
            f"{tuple(map(int, worst))}, first at {tuple(map(int, first))}"
        )
