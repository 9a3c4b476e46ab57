"""What hypothesis draws for the core: every shape and combinator, within their domains."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from isorate import Schedule, ScheduleError
from isorate.schedule.combinators.clocks import Shift, Staircase, Stepped, Stretch, Until
from isorate.schedule.combinators.joins import Join, Mirror, Repeat
from isorate.schedule.combinators.operations import Clamp, Product, Scale, Sum
from isorate.schedule.formula import Formula
from isorate.schedule.shapes.decays import Exponential, Inverse, NaturalExponential
from isorate.schedule.shapes.lists import PiecewiseConstant, Table
from isorate.schedule.shapes.waves import Constant, Cosine, Linear, Polynomial

#: Functions of the step t, as people multiply rates by.
FACTORS = [
    "0.5 * (1 + math.cos(math.pi * t / {T}))",
    "0.95 ** t",
    "1 / (1 + t / {T})",
    "min(1, (t + 1) / {T})",
    "max({T} - t, 0) / {T}",
    "1 if t < {T} else 0.1",
    "2 - t",
    "1 / ({T} - t)",
    "0.1 ** (t // {T})",
    "math.exp(-t / {T})",
    "math.sqrt({T} - t)",
    "10.0 ** (t * 40)",
    "abs(t - {T}) % 3",
    "t",
]


usual = st.sampled_from([0.0, 0.1, 0.05, 1.0, 0.01])
rates = usual | st.floats(0.0, 10.0, allow_subnormal=False)
counts = st.integers(1, 30)
durations = counts | st.sampled_from([2.5, 4.0, 0.75])
afters = st.sampled_from(["hold", "mirror", "repeat", "stop"])
sources = st.sampled_from(["0.9 ** t", "1 / (1 + t)", "max(0.1, 1 - t / 10)", "2", "t % 3"])


def piecewise(values: list[float], gaps: list[int]) -> PiecewiseConstant:
    boundaries = np.cumsum(gaps[: len(values) - 1]).tolist()
    return PiecewiseConstant(tuple(values), tuple(boundaries))


shapes: st.SearchStrategy[Schedule] = st.one_of(
    st.builds(Constant, rates),
    st.builds(Linear, rates, rates, durations, afters | st.sampled_from(["continue", "extend"])),
    st.builds(
        Polynomial,
        rates,
        rates,
        durations,
        st.sampled_from([0.5, 0.9, 1, 1.0, 2.0, 3.7]),
        afters | st.just("extend"),
    ),
    st.builds(Cosine, rates, rates, durations, afters | st.just("continue")),
    st.builds(Exponential, rates, st.sampled_from([0.0, 0.1, 0.5, 0.97, 1, 1.003]), durations),
    st.builds(Exponential, rates, st.just(-0.5)),
    st.builds(NaturalExponential, rates, st.sampled_from([0, 0.5, 0.01, -0.01]), durations),
    st.builds(Inverse, rates, st.sampled_from([0, 0.5, 3.0]), durations),
    st.builds(
        piecewise,
        st.lists(rates, min_size=1, max_size=4),
        st.lists(counts, min_size=3, max_size=3),
    ),
    st.builds(
        Table,
        st.lists(rates, min_size=1, max_size=6).map(tuple),
        st.sampled_from(["hold", "repeat", "stop"]),
    ),
    st.builds(Formula, rates, st.just("t"), sources),
)


def shift(of: Schedule, by: float) -> Schedule:
    by = by if of.takes_fractions else int(by)
    return Shift(of, by if of.length is None else by % of.length)


def stretch(of: Schedule, by: float) -> Schedule:
    try:
        return Stretch(of, by)
    except ScheduleError:
        return of


def join(parts: list[Schedule], gaps: list[int]) -> Schedule:
    boundaries = np.cumsum(gaps[: len(parts) - 1]).tolist()
    return Join(tuple(parts), tuple(boundaries))


def repeat(of: Schedule, period: int, growth: int, shrink: float, floor: float) -> Schedule:
    period = period if of.length is None else min(period, of.length)
    growth = growth if of.stretched_by(growth) is not None else 1
    return Repeat(of, period, growth, shrink, floor)


def mirror(of: Schedule, duration: int) -> Schedule:
    if of.length is None:
        return Mirror(of, duration)
    return Mirror(of, min(duration, of.length - 1)) if of.length > 1 else of


def clamp(of: Schedule, bounds: tuple[float | None, float | None]) -> Schedule:
    least, most = bounds
    if least is not None and most is not None and least > most:
        least, most = most, least
    return Clamp(of, least, most)


def many(inner: st.SearchStrategy[Schedule]) -> st.SearchStrategy[tuple[Schedule, ...]]:
    return st.lists(inner, min_size=1, max_size=3).map(tuple)


def combined(inner: st.SearchStrategy[Schedule]) -> st.SearchStrategy[Schedule]:
    bound = st.none() | rates
    parts: Any = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        st.builds(Staircase, inner, counts),
        st.builds(Until, inner, counts),
        st.builds(shift, inner, st.integers(0, 40) | st.sampled_from([0.5, 2.0, 3.25])),
        st.builds(stretch, inner, st.sampled_from([1, 2, 3, 0.5, 1.5, 4.0])),
        st.builds(Stepped, inner),
        st.builds(join, parts, st.lists(counts, min_size=2, max_size=2)),
        st.builds(
            repeat,
            inner,
            counts,
            st.sampled_from([1, 1, 2, 3]),
            st.sampled_from([1, 1.0, 0.5]),
            usual,
        ),
        st.builds(mirror, inner, counts),
        st.builds(Scale, inner, st.sampled_from([1, 0.0, 0.1, 2.0, -1.0])),
        st.builds(Product, many(inner)),
        st.builds(Sum, many(inner)),
        st.builds(clamp, inner, st.tuples(bound, bound)),
    )


schedules: st.SearchStrategy[Schedule] = st.recursive(shapes, combined, max_leaves=5)


def bounded(schedule: Schedule, updates: int = 120) -> int:
    return updates if schedule.length is None else min(updates, schedule.length)


def rates_of(schedule: Schedule, updates: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([schedule.at(update) for update in range(updates)])


def assert_same_rates(
    ours: np.ndarray[Any, Any], theirs: np.ndarray[Any, Any], what: object = ""
) -> None:
    """Assert that rates agree to 1e-12, of each rate or, where sums cancel, of the highest."""
    finite = theirs[np.isfinite(theirs)]
    peak = float(np.abs(finite).max(initial=0.0))
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12 * peak, err_msg=str(what))
