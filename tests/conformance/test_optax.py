"""Optax beside native arithmetic: every bit step by step, within a share of the peak compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

pytest.importorskip("optax")

import jax

from isorate import Run
from isorate.dialects import optax as dialect
from isorate.kit.counted import Counted
from tests.calls import read
from tests.conformance.agreement import assert_agree, assert_close, share_of_peak
from tests.conformance.cases.optax import counted, scope
from tests.conformance.drawing import rates
from tests.conformance.frameworks import drive, evaluated

pytestmark = pytest.mark.jax

RATES = st.just(0.0) | rates(1e-9)
SCALES = st.sampled_from([0.1, 0.5, 1.0, 2.0, 0.0, 3]) | st.floats(1e-3, 5.0)
STEPS = st.one_of(st.integers(-2, 20), st.integers(1, 400), st.integers(1, 2**31 - 1))
SOME = st.integers(1, 3000)
BEGINS = st.just(0) | st.integers(-3, 50)
#: Where a difference in the exponent stays within the bound; a power below 1 has none at its end.
POWERS = st.sampled_from([1, 2, 3, 1.0, 2.0, 1.5]) | st.floats(1.0, 3.0)
FACTORS = st.sampled_from([0.5, 0.96, 0.1, 1.0, 2]) | st.floats(0.01, 1.05)


def boundaries(most: int = 6) -> st.SearchStrategy[dict[Any, float]]:
    return st.dictionaries(st.integers(-2, 300), SCALES, max_size=most)


@st.composite
def alone(draw: st.DrawFn) -> Counted:
    """Draw a schedule that is made of no other."""
    a, b, T, begin = draw(RATES), draw(RATES), draw(STEPS), draw(BEGINS)
    bound = draw(st.none() | RATES)
    some = draw(SOME)
    return draw(
        st.sampled_from([
            dialect.constant_schedule(a),
            dialect.linear_schedule(a, b, T, begin),
            dialect.linear_schedule(a, b, some * 1.0),  # type: ignore[arg-type]
            dialect.polynomial_schedule(a, b, draw(POWERS), T, begin),
            dialect.exponential_decay(a, some, draw(FACTORS), begin, draw(st.booleans()), bound),
            dialect.cosine_decay_schedule(a, max(T, 1), draw(SCALES)),
            dialect.cosine_decay_schedule(a, some, draw(SCALES), draw(POWERS)),
            dialect.piecewise_constant_schedule(a, draw(boundaries())),
            dialect.piecewise_interpolate_schedule("linear", a, draw(boundaries())),
            dialect.piecewise_interpolate_schedule("cosine", a, draw(boundaries())),
            dialect.warmup_constant_schedule(a, b, T),
            dialect.linear_onecycle_schedule(some, a, 0.3, 0.85, draw(st.floats(1, 50))),
            dialect.cosine_onecycle_schedule(some, a, 0.25, draw(st.floats(1, 50))),
        ])
    )  # fmt: skip


@st.composite
def schedules(draw: st.DrawFn) -> Counted:
    """Draw any schedule."""
    a, b, W, some = draw(RATES), draw(RATES), draw(st.integers(-1, 100)), draw(SOME)
    tail = (draw(FACTORS), 0, draw(st.booleans()), draw(st.none() | RATES))
    cycle = {"init_value": a, "peak_value": b, "warmup_steps": 3, "decay_steps": some + 3}
    return draw(
        st.one_of(
            alone(),
            st.sampled_from([
                dialect.warmup_cosine_decay_schedule(a, b, W, max(W, 0) + some, draw(RATES)),
                dialect.warmup_exponential_decay_schedule(a, b, W, some, *tail),
                dialect.sgdr_schedule([cycle, {**cycle, "end_value": a, "init_value": b}]),
            ]),
            st.tuples(
                st.lists(alone(), min_size=1, max_size=4),
                st.lists(st.integers(-2, 200), max_size=4),
            ).map(lambda given: dialect.join_schedules(*given)),
        )
    )  # fmt: skip


def telling(call: Any, drawn: list[int]) -> list[int]:
    """Return counts near the durations of a call, and others."""
    numbers = {0}
    for value in call.arguments().values():
        found = value if isinstance(value, list | dict) else [value]
        numbers |= {int(n) for n in found if isinstance(n, int | float) and 0 <= n < 2**30}
    for kwargs in call.arguments().get("cosine_kwargs", []):
        numbers |= {kwargs["decay_steps"], kwargs["warmup_steps"]}
    counts = {n + k for n in numbers for k in (-1, 0, 1)} | {max(numbers) // 2, *drawn}
    return sorted(count for count in counts if 0 <= count < 2**31)


COUNTS = st.lists(st.one_of(st.integers(0, 400), st.integers(0, 2**31 - 1)), max_size=8)


@given(schedules(), COUNTS, st.booleans())
@example(dialect.cosine_decay_schedule(0.1, 3600), list(range(0, 3610, 7)), False)
@example(dialect.cosine_decay_schedule(0.1, 3600), list(range(0, 3610, 7)), True)
@example(dialect.linear_schedule(1.0, 0.0, 2**26), [2**25, 2**25 + 1, 2**25 + 2], False)
@example(dialect.piecewise_interpolate_schedule("linear", 0.1, {}), [0, 5], True)
def test_every_bit(call: Counted, drawn: list[int], x64: bool) -> None:
    call = told(call, x64=x64)
    counts = telling(call, drawn)
    real = counted(evaluated(call.code, scope()), counts)
    with np.errstate(all="ignore"):
        native = call.rates(np.array(counts), np.float64 if x64 else np.float32)[None]
    assert call.dtype == str(native.dtype) == str(real.dtype)
    assert_close(real, native, call.card.ulp, call.code)
    assert read(call.code) == call


def told(call: Any, *, x64: bool) -> Any:
    """Return a call, and those that it holds, with the setting."""
    from msgspec.structs import replace

    if isinstance(call, dialect.join_schedules):
        call = replace(call, schedules=[told(member, x64=x64) for member in call.schedules])
    return replace(call, x64=x64)


@given(schedules(), COUNTS)
@example(dialect.cosine_decay_schedule(0.1, 3600), list(range(0, 3610, 7)))
@example(dialect.exponential_decay(1e-3, 1, 1.05), list(range(0, 300, 7)))
def test_compiled(call: Counted, drawn: list[int]) -> None:
    counts = telling(call, [count for count in drawn if count < 3000])
    real = counted(jax.jit(evaluated(call.code, scope())), counts)
    native = call.rates(np.array(counts), np.float32)[None]
    others = np.linspace(0, counts[-1], 2000).astype(np.int64)
    peak = max(np.abs(native).max(), np.abs(call.rates(others, np.float32)).max())
    assert share_of_peak(real, native, peak) <= call.card.share, call.code


@pytest.mark.parametrize("power", [0.5, 0.9, 2.5, 2.0, 3])
@pytest.mark.parametrize("T", [1, 2, 3, 5, 7, 10, 49, 57, 64, 100, 127])
def test_where_the_end_is_nan_is_said(power: float, T: int) -> None:
    call = dialect.polynomial_schedule(0.1, 0.0, power, T)
    compiled = counted(jax.jit(evaluated(call.code, scope())), [T, T + 5])
    assert np.isnan(compiled).all() == (call.supposed() is not None)


@pytest.mark.parametrize(
    "text",
    [
        "optax.sgd(optax.linear_schedule(0.1, 0.0, 9))",
        "optax.sgd(learning_rate=optax.warmup_cosine_decay_schedule(0.0, 0.1, 3, 12))",
        "optax.inject_hyperparams(optax.sgd)(learning_rate=optax.cosine_decay_schedule(0.1, 9))",
        "optax.chain(optax.clip(1.0), optax.sgd(optax.exponential_decay(0.1, 5, 0.5)))",
        "optax.chain(optax.scale_by_schedule(optax.linear_schedule(0.1, 0., 9)), optax.scale(-1.))",
    ],
)
def test_what_an_optimizer_is_given_it_trains_with(text: str) -> None:
    call, run = read(text), Run(14)
    assert_agree(drive(text, run, framework="optax"), call, run)
