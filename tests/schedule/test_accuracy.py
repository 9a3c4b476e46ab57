"""Isorate's own arithmetic against mpmath: what each docstring promises, at every update tried."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from isorate import Schedule
from isorate.schedule.arrays import ArrayNamespace, ExactNamespace
from isorate.schedule.combinators.clocks import Shift, Staircase, Stretch, Stride
from isorate.schedule.combinators.joins import Join, Mirror, Repeat
from isorate.schedule.combinators.operations import Clamp, Product, Scale, Sum
from isorate.schedule.evaluate import evaluate
from isorate.schedule.run import Run
from isorate.schedule.shapes.decays import Exponential, Inverse, NaturalExponential
from isorate.schedule.shapes.waves import Constant, Cosine, Linear, Polynomial

LIMIT = 8.0
LAST = 2**53 - 1

#: The unit of relative errors: 1 ULP is between half of it and all of it.
EPSILON = mpmath.mpf(2) ** -52


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
    """The rate in 80 digits, from the formula that each docstring has."""
    mpf = mpmath.mpf
    with mpmath.workdps(80):
        t = mpf(update)
        match schedule:
            case Repeat(of=of, period=period, growth=growth):
                start, length = 0, period
                while update >= start + length:
                    start, length = start + length, length * growth
                return exact(of, (t - start) * period / mpf(length))
            case Linear(start=start, end=end):
                T, now = taken(schedule, t)
                return mpf(start) * (T - now) / T + mpf(end) * now / T
            case Polynomial(start=start, end=end, power=power):
                T, now = taken(schedule, t)
                weight = ((T - now) / T) ** mpf(power)
                return mpf(start) * weight + mpf(end) * (1 - weight)
            case Cosine(start=start, end=end, duration=T):
                left = mpf(T) - folded(schedule, t)  # (1 + cos πt/T)/2, which 80 digits make
                share = mpmath.sin(mpmath.pi * left / (2 * mpf(T))) ** 2  # other than 0 at T
                return mpf(start) * share + mpf(end) * (1 - share)
            case Exponential(start=start, factor=factor, duration=D):
                return mpf(start) * mpf(factor) ** (t / mpf(D))
            case NaturalExponential(start=start, decay=decay, duration=D):
                return mpf(start) * mpmath.exp(-mpf(decay) * t / mpf(D))
            case Inverse(start=start, decay=decay, duration=D):
                return mpf(start) / (1 + mpf(decay) * t / mpf(D))
            case Constant(rate=rate):
                return mpf(rate)
    raise AssertionError(schedule)


def taken(shape: Any, t: Any) -> tuple[Any, Any]:
    """The duration at a time, and how much of it is over, exactly."""
    T = mpmath.mpf(shape.duration)
    return (max(mpmath.ceil(t / T), 1) * T, t) if shape.after == "extend" else (T, folded(shape, t))


def reference(schedule: Schedule, update: float, true: Any) -> Any:
    """What the bound is relative to: the rate, or the greater of terms that have opposite signs."""
    if isinstance(schedule, Linear):
        with mpmath.workdps(80):
            T, now = taken(schedule, mpmath.mpf(update))
            terms = schedule.start * (T - now) / T, schedule.end * now / T
        return max(map(abs, terms)) if terms[0] * terms[1] < 0 else true
    if isinstance(schedule, Cosine | Polynomial) and schedule.start * schedule.end < 0:
        return max(abs(schedule.start), abs(schedule.end))
    return true


def ulps(value: float, true: Any, of: Any = None) -> float:
    """How far a rate lies from the true one, in units in the last place of that, or of another."""
    of = true if of is None else of
    with mpmath.workdps(80):
        if of == 0:
            return 0.0 if value == 0 else math.inf
        if not math.isfinite(value):
            return math.inf
        return float(abs(mpmath.mpf(value) - true) / mpmath.mpf(math.ulp(float(of))))


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
    t = np.array(updates, dtype=np.int64)
    with np.errstate(all="ignore"):
        many = schedule.formula(t, ArrayNamespace()).tolist()
        same = schedule.formula(t, ExactNamespace()).tolist()
    for update, bulk, bits in zip(updates, many, same, strict=True):
        true, value = exact(schedule, update), schedule.at(update)
        of = reference(schedule, update, true)
        assert value == bits, (schedule, update, "the scalar's bits")
        if is_normal(true) and is_normal(of):
            assert ulps(value, true, of) <= limit, (schedule, update)
            assert ulps(bulk, true, of) <= limit, (schedule, update, "array")


@pytest.mark.parametrize("after", ["hold", "mirror", "repeat"])
@pytest.mark.parametrize("T", [1, 2, 3, 7, 10, 100, 1000, 12860, 10**6, 10**9, 2**52, 2**53 - 1])
@pytest.mark.parametrize(("start", "end"), [(0.1, 0.0), (0.1, 0.001), (3e-4, 1e-5), (1e-9, 0.1)])
def test_every_telling_update(start: float, end: float, T: int, after: Any) -> None:
    check(Cosine(start, end, T, after), telling_updates(T))


sizes = st.floats(1e-12, 1e3) | st.integers(-300, 300).map(lambda n: 10.0**n)
durations = (
    st.integers(1, 5000)
    | st.integers(1, 2**53 - 1)
    | st.integers(2**53, 2**62 - 1)
    | st.floats(0.25, 1e6)
    | st.floats(1e-18, 1e18)
)
updates_at = st.lists(st.integers(0, LAST) | st.integers(0, 10**4), min_size=1, max_size=10)


def near_turns(T: float, updates: list[int]) -> list[int]:
    """Updates that were drawn, and those around the end of some duration."""
    turns = [math.floor(turn * T) for turn in (1, 2, 3, 1000)]
    near = [turn + k for turn in turns for k in (-2, -1, 0, 1, 2)]
    return sorted({k for k in (*updates, *near, LAST) if 0 <= k <= LAST})


@settings(max_examples=300, deadline=None)
@given(
    start=sizes | st.just(0.0),
    end=sizes | st.just(0.0),
    sign=st.sampled_from([1.0, -1.0]),
    T=durations,
    power=st.floats(0.1, 10.0) | st.floats(10.0, 1e6),
    after=st.sampled_from(["hold", "mirror", "repeat"]),
    updates=updates_at,
)
@example(0.1, 0.0, 1.0, 65000, 1.0, "mirror", [LAST])
@example(1e300, 0.0, 1.0, 10**4, 80.0, "hold", [9_999])  # the power is subnormal, the rate is not
@example(4e96, 948.5, 1.0, 2**54 + 2, 8.4, "hold", [LAST])
@example(0.1, 0.2, 1.0, 2**60, 1e300, "hold", [1, 2])
def test_a_rate_of_one_sign(
    start: float, end: float, sign: float, T: float, power: float, after: Any, updates: list[int]
) -> None:
    updates = near_turns(T, updates)
    check(Linear(sign * start, sign * end, T, after), updates, limit=4.0)
    check(Polynomial(sign * start, sign * end, T, power, after), updates)
    check(Cosine(sign * start, sign * end, T, after), updates)


@settings(max_examples=100, deadline=None)
@given(
    start=sizes,
    end=sizes,
    sign=st.sampled_from([1.0, -1.0]),
    T=durations,
    power=st.floats(0.1, 10.0),
    after=st.sampled_from(["hold", "mirror", "repeat"]),
    updates=updates_at,
)
def test_a_rate_that_changes_sign(
    start: float, end: float, sign: float, T: float, power: float, after: Any, updates: list[int]
) -> None:
    start, end, updates = sign * start, -sign * end, near_turns(T, updates)
    crossing = math.floor(T * abs(start) / (abs(start) + abs(end)))
    updates = sorted({*updates, *(k for k in range(crossing - 2, crossing + 3) if 0 <= k <= LAST)})
    check(Linear(start, end, T, after), updates, limit=4.0)
    check(Polynomial(start, end, T, power, after), updates)
    check(Cosine(start, end, T, after), updates)


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
        check(Linear(start, end, T, after), updates, limit=4.0)


@pytest.mark.parametrize("power", [0.5, 0.9, 1.0, 2.0, 3.7, 20.0])
@pytest.mark.parametrize("T", LENGTHS)
def test_a_polynomial(power: float, T: float) -> None:
    for start, end in ENDS:
        for after in ("hold", "mirror", "repeat", "extend"):
            limit = LIMIT + power if after == "extend" else LIMIT
            check(Polynomial(start, end, T, power, after), telling_updates(max(T, 1)), limit)


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


factors = (
    st.floats(1e-3, 1.1)
    | st.integers(-300, 300).map(lambda n: 10.0**n)
    | st.integers(1, 53).map(lambda n: 1.0 - 2.0**-n)
)


@settings(max_examples=300, deadline=None)
@given(
    start=sizes,
    sign=st.sampled_from([1.0, -1.0]),
    factor=factors,
    decay=st.floats(-1e-3, 3.0) | st.integers(-300, 300).map(lambda n: 10.0**n),
    duration=durations,
    updates=updates_at,
)
@example(4.1e-198, 1.0, 3.5e167, 0.1, 4300, [12_587])  # the power overflows, the rate does not
@example(1e300, 1.0, 0.5, 1e308, 2**62 - 1, [0, 1, LAST])
def test_a_decay(
    start: float, sign: float, factor: float, decay: float, duration: float, updates: list[int]
) -> None:
    updates = near_turns(duration, updates)
    check(Exponential(sign * start, factor, duration), updates)
    check(NaturalExponential(sign * start, decay, duration), updates)
    check(NaturalExponential(sign * start, -decay, duration), updates)
    if decay >= 0:
        check(Inverse(sign * start, decay, duration), updates, limit=4.0)


# --- combinators ----------------------------------------------------------------------------------


def truth(schedule: Schedule, update: float) -> tuple[Any, Any]:
    """The rate in 80 digits, and how far from it the promise lets a float be."""
    with mpmath.workdps(80):
        match schedule:
            case Scale(of=of, by=by):
                rate, error = truth(of, update)
                return rate * by, abs(error * by) + EPSILON * abs(rate * by)
            case Product(of=parts):
                rates, errors = zip(*(truth(part, update) for part in parts), strict=True)
                rate = mpmath.fprod(rates)
                pairs = zip(rates, errors, strict=True)
                shares = [error / abs(r) if r else 0 for r, error in pairs]
                scales = [abs(mpmath.log(abs(r), 2)) for r in rates if r]
                beyond = mpmath.fsum(n for n in scales if n > 1000)
                shares += [(len(parts) + beyond / 500) * EPSILON]
                return rate, abs(rate) * mpmath.fsum(shares)
            case Sum(of=parts):
                rates, errors = zip(*(truth(part, update) for part in parts), strict=True)
                size = mpmath.fsum(map(abs, rates))
                return mpmath.fsum(rates), mpmath.fsum(errors) + len(parts) * EPSILON * size
            case Repeat(of=of, period=period, growth=1, shrink=shrink, floor=floor):
                cycle, since = divmod(update, period)
                rate, error = truth(of, since)
                height = mpmath.mpf(shrink) ** int(cycle)
                size = abs(height * rate) + abs(floor) * max(1, abs(height))
                lowered = height * rate + floor * (1 - height)
                return lowered, abs(error * height) + 4 * EPSILON * size
            case Clamp(of=of, least=least, most=most):
                rate, error = truth(of, update)
                return min(max(rate, least), most), error
            case Join(of=parts, boundaries=(boundary,)):
                turn = update >= boundary
                return truth(parts[turn], update - boundary * turn)
            case Mirror(of=of, duration=T):
                return truth(of, min(update % (2 * T), 2 * T - update % (2 * T)))
            case Staircase(of=of, every=every):
                return truth(of, update // every)
            case Stride(of=of, by=by):
                return truth(of, update * by)
            case Shift(of=of, by=by):
                return truth(of, update + by)  # a fraction is what float64 makes of it
            case Stretch():
                return truth(schedule.inner, update)
        rate = exact(schedule, update)
        return rate, LIMIT * EPSILON * abs(reference(schedule, update, rate))


whole = st.integers(1, 1000)
smooth: st.SearchStrategy[Schedule] = st.one_of(
    st.builds(Linear, sizes, sizes, whole, st.sampled_from(["hold", "mirror", "repeat"])),
    st.builds(Cosine, sizes, sizes, whole, st.sampled_from(["hold", "mirror", "repeat"])),
    st.builds(Exponential, sizes, st.floats(0.5, 2.0), whole),
    st.builds(Inverse, sizes, st.floats(0.0, 10.0), whole),
)
simple: st.SearchStrategy[Schedule] = smooth | st.one_of(
    st.builds(Constant, sizes),
    st.builds(Polynomial, sizes, sizes, whole, st.floats(0.1, 10.0), st.just("hold")),
    st.builds(NaturalExponential, sizes, st.floats(-1.0, 1.0), whole),
)


def combined(inner: st.SearchStrategy[Schedule]) -> st.SearchStrategy[Schedule]:
    parts = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Scale, inner, sizes),
        st.builds(Product, parts),
        st.builds(Sum, parts),
        st.builds(Repeat, inner, whole, st.just(1), st.floats(0.1, 1.1), st.just(0.0) | sizes),
        st.builds(lambda of, a, b: Clamp(of, min(a, b), max(a, b)), inner, sizes, sizes),
        st.builds(Join, st.tuples(inner, inner), st.tuples(whole)),
        st.builds(Mirror, inner, whole),
        st.builds(Staircase, inner, whole),
        st.builds(Stride, inner, whole),
        st.builds(Shift, inner, whole),
        st.builds(Shift, smooth, st.floats(0.0, 1e9)),
    )


@settings(max_examples=400, deadline=None)
@given(
    schedule=combined(simple | combined(simple)),
    updates=st.lists(st.integers(0, 3000) | st.integers(0, 10**6), min_size=1, max_size=10),
)
def test_what_is_combined_keeps_what_its_parts_promise(
    schedule: Schedule, updates: list[int]
) -> None:
    xp: Any = ExactNamespace()
    with np.errstate(all="ignore"):
        many = schedule.formula(np.array(updates, dtype=np.int64), xp).tolist()
    for update, bulk in zip(updates, many, strict=True):
        value, (true, error) = schedule.at(update), truth(schedule, update)
        assert value == bulk, (schedule, update)
        assert not math.isnan(value), (schedule, update)
        smallest = mpmath.mpf(2) ** -1022
        if abs(true) < mpmath.mpf(2) ** 1024:
            assert abs(value - true) <= error + smallest, (schedule, update)


@settings(max_examples=100, deadline=None)
@given(of=simple, by=st.floats(0.01, 100.0), updates=updates_at)
def test_a_stretched_shape_is_the_shape_with_its_duration_stretched(
    of: Schedule, by: float, updates: list[int]
) -> None:
    assume(of.stretched_by(by) is not None)
    stretched = Stretch(of, by)
    if not isinstance(of, Constant):
        check(stretched.inner, updates)
    assert [stretched.at(k) for k in updates] == [stretched.inner.at(k) for k in updates]


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
