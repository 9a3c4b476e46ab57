"""Isorate's own arithmetic against mpmath: 8 ULP relative, at every update tried."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from isorate import Schedule
from isorate.core.combinators import Repeat
from isorate.core.evaluate import ArrayNamespace, evaluate
from isorate.core.run import Run
from isorate.core.shapes import (
    Cosine,
    Exponential,
    Inverse,
    Linear,
    NaturalExponential,
    Polynomial,
)

LIMIT = 8.0
LAST = 2**53 - 1


def folded(shape: Any, t: Any) -> Any:
    """The time within one pass from start to end, exactly."""
    T = mpmath.mpf(shape.duration)
    match shape.after:
        case "hold":
            return min(t, T)
        case "repeat":
            return t % T
        case "mirror":
            return min(t % (2 * T), 2 * T - t % (2 * T))
    return t


def exact(schedule: Schedule, update: float) -> Any:
    """The rate in 80 digits, from the formula that each docstring has, in its textbook form."""
    mpf = mpmath.mpf
    with mpmath.workdps(80):
        t = mpf(update)
        match schedule:
            case Repeat(of=of, period=period, growth=growth):
                start, length = 0, period
                while update >= start + length:
                    start, length = start + length, length * growth
                return exact(of, (t - start) * period / mpf(length))
            case Linear(start=start, end=end, duration=T, after=after):
                if after == "extend":
                    T, now = max(mpmath.ceil(t / mpf(T)), 1) * mpf(T), t
                else:
                    now = folded(schedule, t)
                return mpf(start) + (mpf(end) - mpf(start)) * now / mpf(T)
            case Polynomial(start=start, end=end, duration=T, power=power, after=after):
                if after == "extend":
                    T, now = max(mpmath.ceil(t / mpf(T)), 1) * mpf(T), t
                else:
                    now = folded(schedule, t)
                share = (mpf(T) - now) / mpf(T)
                return mpf(end) + (mpf(start) - mpf(end)) * share ** mpf(power)
            case Cosine(start=start, end=end, duration=T):
                left = mpf(T) - folded(schedule, t)  # (1 + cos πt/T)/2, which 80 digits make
                share = mpmath.sin(mpmath.pi * left / (2 * mpf(T))) ** 2  # other than 0 at T
                return mpf(end) + (mpf(start) - mpf(end)) * share
            case Exponential(start=start, factor=factor, duration=D):
                return mpf(start) * mpf(factor) ** (t / mpf(D))
            case NaturalExponential(start=start, decay=decay, duration=D):
                return mpf(start) * mpmath.exp(-mpf(decay) * t / mpf(D))
            case Inverse(start=start, decay=decay, duration=D):
                return mpf(start) / (1 + mpf(decay) * t / mpf(D))
    raise AssertionError(schedule)


def ulps(value: float, true: Any) -> float:
    """How far a rate lies from the true one, in units in the true one's last place."""
    with mpmath.workdps(80):
        if true == 0:
            return 0.0 if value == 0 else math.inf
        return float(abs(mpmath.mpf(value) - true) / mpmath.mpf(math.ulp(float(true))))


def telling_updates(T: float) -> list[int]:
    """Ends, troughs, peaks, their neighbours, near and far, and the last update there is."""
    whole = math.floor(T)
    updates = {0, 1, 2, LAST, LAST - 1}
    for turn in (1, 2, 3, 4, 5, 100, 101, 12345, LAST // whole - 1):
        updates.update(turn * whole + near for near in (-3, -2, -1, 0, 1, 2, 3))
    return sorted(u for u in updates if 0 <= u <= LAST)


def is_normal(true: Any) -> bool:
    """Whether a float64 holds a rate with all of its digits: not subnormal, not too large."""
    size = abs(true)
    return bool(size == 0 or mpmath.mpf(2) ** -1022 <= size < mpmath.mpf(2) ** 1024)


def check(schedule: Schedule, updates: list[int], limit: float = LIMIT) -> None:
    """Assert the bound, one update at a time and all at once; subnormal rates are exempt."""
    xp = ArrayNamespace()
    with np.errstate(all="ignore"):
        many = schedule.formula(np.array(updates, dtype=np.int64), xp)
    for update, bulk in zip(updates, many.tolist(), strict=True):
        true = exact(schedule, update)
        if is_normal(true):
            assert ulps(schedule.at(update), true) <= limit, (schedule, update)
            assert ulps(bulk, true) <= limit, (schedule, update, "array")


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


# --- the other shapes ---------------------------------------------------------------------------

ENDS = [(0.1, 0.0), (0.0, 0.1), (0.1, 0.001), (1e-5, 3e-4), (0.3, 0.29)]
OPPOSITE = [(0.1, -0.05), (-1e-4, 0.3), (0.1, -0.1), (1e-9, -1e3)]
FAR_AND_NEAR = [0, 1, 2, 3, 10, 99, 100, 101, 1000, 12345, 10**6, 10**9, 2**40 + 1, LAST - 1, LAST]
LENGTHS = [1, 2, 3, 7, 100, 1000, 12860, 10**6, 10**9, 2**53 - 1, 0.75, 2.5, 999.9]


@pytest.mark.parametrize("T", LENGTHS)
@pytest.mark.parametrize(("start", "end"), [*ENDS, *OPPOSITE])
def test_a_line(start: float, end: float, T: float) -> None:
    updates = telling_updates(max(T, 1))
    crossing = abs(start) / (abs(start) + abs(end)) * T
    updates = sorted(
        {*updates, *(k for k in range(int(crossing) - 3, int(crossing) + 4) if k >= 0)}
    )
    updates = [k for k in updates if 0 <= k <= LAST]
    for after in ("hold", "mirror", "repeat", "continue", "extend"):
        countable = [k for k in updates if after != "extend" or k / T < LAST]
        check(Linear(start, end, T, after), countable)


@pytest.mark.parametrize("power", [0.5, 0.9, 1.0, 2.0, 3.7, 20.0])
@pytest.mark.parametrize("T", LENGTHS)
def test_a_polynomial(power: float, T: float) -> None:
    for start, end in ENDS:
        for after in ("hold", "mirror", "repeat", "extend"):
            updates = [k for k in telling_updates(max(T, 1)) if after != "extend" or k / T < LAST]
            check(Polynomial(start, end, T, power, after), updates)


@pytest.mark.parametrize("duration", [1, 7, 1000, 2.5, 1e-3, 10**9])
@pytest.mark.parametrize("factor", [0.1, 0.5, 0.9, 0.97, 0.999994, 1.0003, 2.0])
def test_an_exponential(factor: float, duration: float) -> None:
    near = [int(duration * times) + k for times in (1, 2, 50, 700, 7000) for k in (-1, 0, 1)]
    updates = sorted({k for k in (*FAR_AND_NEAR, *near) if k >= 0})
    for start in (0.1, 3e-4, -0.1, 1e250, 1e-250):
        check(Exponential(start, factor, duration), updates)


def test_an_exponential_whose_sign_alternates() -> None:
    for start in (0.1, 1e200):
        check(Exponential(start, -0.9), [k for k in FAR_AND_NEAR if k < 10**6])


@pytest.mark.parametrize("duration", [1, 7, 1000, 2.5, 1e-3, 10**9])
@pytest.mark.parametrize("decay", [0.9, 0.1, 1e-4, 1 / 3, 5.0, -1e-4, 1e-300])
def test_a_natural_exponential(decay: float, duration: float) -> None:
    near = [int(duration * times) + k for times in (1, 2, 50, 700, 7000) for k in (-1, 0, 1)]
    updates = sorted({k for k in (*FAR_AND_NEAR, *near) if k >= 0})
    for start in (0.1, 3e-4, -0.1, 1e250, 1e-250):
        check(NaturalExponential(start, decay, duration), updates)


@pytest.mark.parametrize("duration", [1, 7, 1000, 2.5, 1e-3, 10**9])
@pytest.mark.parametrize("decay", [0.9, 0.1, 1e-4, 1 / 3, 5.0, 1e9])
def test_an_inverse_decay(decay: float, duration: float) -> None:
    for start in (0.1, 3e-4, -0.1, 1e250):
        check(Inverse(start, decay, duration), FAR_AND_NEAR, limit=4.0)


@pytest.mark.parametrize("growth", [2, 3, 1000])
@pytest.mark.parametrize("period", [1, 10, 12345])
def test_cosines_that_grow_longer(growth: int, period: int) -> None:
    cosine = Repeat(Cosine(0.1, 0.0, period), period, growth)
    start, length, updates = 0, period, [0, LAST]
    while start + length <= LAST:  # the end of every cycle is near its trough
        start, length = start + length, length * growth
        updates += [k for k in range(start - 3, start + 4) if 0 <= k <= LAST]
    check(cosine, sorted(set(updates)))
    check(Repeat(Cosine(0.1, 0.001, period), period, growth), sorted(set(updates)))


positive = st.floats(1e-12, 1e3)


@given(
    st.one_of(
        st.builds(Linear, rates, rates, st.integers(1, 2**53 - 1) | st.floats(0.25, 1e6)),
        st.builds(
            Polynomial,
            positive,
            positive | st.just(0.0),
            st.integers(1, 2**53 - 1) | st.integers(1, 5000) | st.floats(0.25, 1e6),
            st.floats(0.1, 10.0),
        ),
        st.builds(Exponential, rates, st.floats(1e-3, 1.1), st.integers(1, 10**6)),
        st.builds(NaturalExponential, rates, st.floats(-1e-3, 3.0), st.floats(0.25, 1e6)),
        st.builds(Inverse, rates, st.floats(0.0, 1e6), st.floats(0.25, 1e6)),
    ),
    st.lists(st.integers(0, LAST) | st.integers(0, 10**4), min_size=1, max_size=20),
)
def test_drawn_shapes(shape: Schedule, updates: list[int]) -> None:
    check(shape, updates)


# --- the tests above can fail ---------------------------------------------------------------------


def test_the_textbook_form_loses_what_this_one_keeps() -> None:
    """The test above can fail: ``(1 + cos) / 2`` fails it by millions of ULP."""
    T, update = 10**6, 10**6 - 1
    textbook = 0.1 * (1 + math.cos(math.pi * update / T)) / 2
    true = exact(Cosine(0.1, 0.0, T), update)
    assert ulps(textbook, true) > 1e6
    assert ulps(Cosine(0.1, 0.0, T).at(update), true) <= LIMIT


def test_the_textbook_polynomial_loses_what_this_one_keeps() -> None:
    T, update, power = 10**6, 1, 2.0
    rising = Polynomial(0.0, 0.1, T, power)
    lost = 0.1 + (0.0 - 0.1) * (1 - update / T) ** power
    assert ulps(lost, exact(rising, update)) > 1e4
    assert ulps(rising.at(update), exact(rising, update)) <= LIMIT


def test_the_textbook_exponential_loses_what_this_one_keeps() -> None:
    shape, update = Exponential(0.1, 0.1, 7), 2100
    update += 1
    textbook = 0.1 * 0.1 ** (update / 7)
    assert ulps(textbook, exact(shape, update)) > LIMIT
    assert ulps(shape.at(update), exact(shape, update)) <= LIMIT
