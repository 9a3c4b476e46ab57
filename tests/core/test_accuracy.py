"""Isorate's own arithmetic against mpmath: 8 ULP relative, at every update tried."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from isorate.core.evaluate import ArrayNamespace, evaluate
from isorate.core.run import Run
from isorate.core.shapes import Cosine

LIMIT = 8.0
LAST = 2**53 - 1


def exact(cosine: Cosine, update: int) -> Any:
    """The cosine's rate in 80 digits, from its textbook form."""
    with mpmath.workdps(80):
        T = mpmath.mpf(cosine.duration)
        t = mpmath.mpf(update)
        if cosine.after == "hold":
            t = min(t, T)
        elif cosine.after == "repeat":
            t = t % T
        start, end = mpmath.mpf(cosine.start), mpmath.mpf(cosine.end)
        return end + (start - end) * (1 + mpmath.cos(mpmath.pi * t / T)) / 2


def ulps(value: float, true: Any) -> float:
    """How far a rate lies from the true one, in units in the true one's last place."""
    with mpmath.workdps(80):
        if abs(true) < mpmath.mpf(10) ** -70:  # cos(π/2) and the like in 80 digits: zero
            return 0.0 if value == 0 else math.inf
        return float(abs(mpmath.mpf(value) - true) / mpmath.mpf(math.ulp(float(true))))


def telling_updates(T: float) -> list[int]:
    """Ends, troughs, peaks, their neighbours, near and far, and the last update there is."""
    whole = math.floor(T)
    updates = {0, 1, 2, LAST, LAST - 1}
    for turn in (1, 2, 3, 4, 5, 100, 101, 12345, LAST // whole - 1):
        updates.update(turn * whole + near for near in (-3, -2, -1, 0, 1, 2, 3))
    return sorted(u for u in updates if 0 <= u <= LAST)


def check(cosine: Cosine, updates: list[int]) -> None:
    xp = ArrayNamespace()
    many = cosine.formula(np.array(updates, dtype=np.int64), xp)
    for update, bulk in zip(updates, many.tolist(), strict=True):
        true = exact(cosine, update)
        assert ulps(cosine.at(update), true) <= LIMIT, (cosine, update)
        assert ulps(bulk, true) <= LIMIT, (cosine, update, "array")


@pytest.mark.parametrize("after", ["hold", "mirror", "repeat"])
@pytest.mark.parametrize("T", [1, 2, 3, 7, 10, 100, 1000, 12860, 10**6, 10**9, 2**52, 2**53 - 1])
@pytest.mark.parametrize(("start", "end"), [(0.1, 0.0), (0.1, 0.001), (3e-4, 1e-5), (1e-9, 0.1)])
def test_every_telling_update(start: float, end: float, T: int, after: Any) -> None:
    check(Cosine(start, end, T, after), telling_updates(T))


rates = st.floats(1e-12, 1e3) | st.just(0.0) | st.floats(-1e3, -1e-12)


@settings(max_examples=300, deadline=None)
@given(
    start=rates,
    end=rates,
    T=st.integers(1, 2**53 - 1) | st.integers(1, 5000) | st.floats(0.25, 1e6),
    after=st.sampled_from(["hold", "mirror", "repeat"]),
    updates=st.lists(st.integers(0, LAST), min_size=1, max_size=20),
)
@example(start=0.1, end=0.0, T=65000, after="mirror", updates=[LAST])
def test_drawn_schedules(
    start: float, end: float, T: float, after: Any, updates: list[int]
) -> None:
    check(Cosine(start, end, T, after), [*updates, *telling_updates(max(T, 1))])


@pytest.mark.parametrize("T", [1, 2, 3, 7, 1000, 10**6, 10**9 + 7, 2**52 + 1])
@pytest.mark.parametrize(("start", "end"), [(0.1, -0.05), (-1e-4, 0.3), (1e-9, -1e3)])
def test_a_rate_that_passes_through_zero(start: float, end: float, T: int) -> None:
    with mpmath.workdps(80):  # the updates next to the crossing are where digits would be lost
        share = mpmath.mpf(start) / (mpmath.mpf(start) - mpmath.mpf(end))
        crossing = int(2 * T / mpmath.pi * mpmath.asin(mpmath.sqrt(share)))
    near = [k for k in range(crossing - 3, crossing + 4) if k >= 0]
    mirrored = [2 * T * 1000 - k for k in near]
    updates = [k for k in [*near, *mirrored, *telling_updates(T)] if 0 <= k <= LAST]
    check(Cosine(start, end, T, "mirror"), updates)


def test_the_ends_are_exact() -> None:
    for T in (1, 3, 10, 97, 65000, 10**7):
        cosine = Cosine(0.3, 0.07, T, "mirror")
        assert cosine.at(0) == cosine.at(2 * T) == cosine.at(2 * T * 1001) == 0.3
        assert cosine.at(T) == cosine.at(3 * T) == 0.07


def test_a_long_run_is_exactly_periodic() -> None:
    T = 250
    rates = evaluate(Cosine(0.1, 0.001, T, "mirror"), Run(200_000)).values
    period = rates[: 2 * T]
    assert np.array_equal(rates, np.tile(period, 400))
    assert np.array_equal(period[1:T], period[-1:T:-1])


def test_the_textbook_form_loses_what_this_one_keeps() -> None:
    """The test above can fail: ``(1 + cos) / 2`` fails it by millions of ULP."""
    T, update = 10**6, 10**6 - 1
    textbook = 0.1 * (1 + math.cos(math.pi * update / T)) / 2
    true = exact(Cosine(0.1, 0.0, T), update)
    assert ulps(textbook, true) > 1e6
    assert ulps(Cosine(0.1, 0.0, T).at(update), true) <= LIMIT
