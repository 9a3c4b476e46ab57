"""MindSpore's lists and cells beside native arithmetic: every bit, and the card's ULP."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

pytest.importorskip("mindspore")

import isorate.mindspore
from isorate import Run, read, simulate
from isorate.dialects._float32 import cosine_cell
from isorate.dialects.mindspore import CosineDecayLR, cosine_decay_lr
from tests.conformance.agreement import assert_agree, assert_close
from tests.conformance.drawing import rates
from tests.conformance.frameworks import cell_at, drive, feed, mindspore

pytestmark = pytest.mark.mindspore


def agree(text: str, run: Run, optimizer: str = "SGD") -> None:
    """Assert that MindSpore and its native arithmetic agree on a text, a list by training."""
    seen = drive(text, run, framework="mindspore", weigh=True, optimizer=optimizer)
    assert_agree(seen, read(text, dialect="mindspore"), run)


# --- cosine_decay_lr ---------------------------------------------------------------------------


@st.composite
def spans(draw: st.DrawFn, least: float = 0.0) -> tuple[float, float]:
    """Draw ``min_lr < max_lr``; but for a 0, neither is below ``least``."""
    low = draw(st.one_of(st.just(0.0), rates(least)))
    return low, draw(rates(1e-12).filter(lambda high: high > low))


@st.composite
def decays(draw: st.DrawFn) -> tuple[float, float, int, int, int]:
    """Draw arguments of cosine_decay_lr in every relation of its three counts."""
    every = draw(st.one_of(st.just(1), st.integers(1, 12), st.sampled_from([100, 1000])))
    decay = draw(st.one_of(st.integers(1, 30), st.integers(1, 4000), st.just(10**9)))
    near = every * decay
    total = draw(
        st.one_of(
            st.integers(1, 300),
            st.sampled_from([near, near + 1, near - 1, 2 * near, every, decay]),
        )
    )
    low, high = draw(spans())
    return low, high, min(max(total, 1), 100_000), every, decay


@given(decays())
@example((0.0, 0.1, 3, 1, 10))
@example((0.0, 1e-3, 1000, 100, 10))
@example((0.01, 0.1, 100_000, 1, 100_000))
@example((0.01, 0.1, 100_000, 40_000, 2))
@example((-0.0, 0.1, 5, 1, 2))
def test_list(arguments: tuple[float, float, int, int, int]) -> None:
    real = mindspore().nn.cosine_decay_lr(*arguments)
    call = cosine_decay_lr(*arguments)
    assert read(call.code) == call
    assert real == isorate.mindspore.cosine_decay_lr(*arguments)
    native = simulate(call, Run(len(real))).values
    assert_close(np.array([real]), native[None, :], 0, call.code)


ANY: list[Any] = [
    *[0.0, 0.1, 0.05, 1.0, -0.01, 1e-320, float("nan"), float("inf"), -float("inf"), -0.0],
    *[0, 1, 5, 10, -1, 6.0, True, False, None, "0.1", [0.1], 2**40],
    *[np.float64(0.1), np.float32(0.1), np.float64("nan"), np.int64(6), np.int32(2), np.bool_(1)],
    *[np.float64(0.0), np.float64(1.0), np.array(0.1)],
]


def small(value: Any) -> bool:
    """Whether MindSpore would not take minutes over it as a total_step."""
    return not isinstance(value, int) or value < 10**6


RATE, COUNT = (
    st.one_of(st.sampled_from(good), st.sampled_from(ANY))
    for good in ([0.0, 0.01, 0.1, np.float64(0.5)], [1, 2, 6, 10])
)


@given(st.tuples(RATE, RATE, COUNT.filter(small), COUNT, COUNT))
def test_list_of_anything(arguments: tuple[Any, ...]) -> None:
    same_outcome(mindspore().nn.cosine_decay_lr, cosine_decay_lr(*arguments), arguments)


@given(st.tuples(RATE, RATE, COUNT))
def test_cell_of_anything(arguments: tuple[Any, ...]) -> None:
    same_outcome(mindspore().nn.CosineDecayLR, CosineDecayLR(*arguments), arguments)


def same_outcome(constructor: Any, call: Any, arguments: tuple[Any, ...]) -> None:
    """Assert the same exception class, or the same rates."""
    fault = call.fault()
    try:
        made = constructor(*arguments)
    except Exception as error:
        assert fault is not None, (arguments, error)
        assert fault.error is type(error), (arguments, fault, error)
        return
    assert fault is None, (arguments, fault)
    if isinstance(made, list):
        assert made == simulate(call, Run(len(made))).values.tolist()


@pytest.mark.parametrize("optimizer", ["SGD", "Momentum", "Adam"])
def test_list_runs_out(optimizer: str) -> None:
    agree("cosine_decay_lr(0.01, 0.1, 6, 2, 2)", Run(9), optimizer)
    agree("[0.1, 0.2, 0.3]", Run(4), optimizer)


def weighable(rate: float) -> bool:
    """Whether the weight that shows a rate is no subnormal float32, which kernels may flush."""
    return rate == 0 or abs(rate) > 1e-30


LISTED = st.integers(0, 3) | (rates() | st.floats(-1, 1)).filter(weighable)


@given(st.lists(LISTED, max_size=6), st.integers(1, 8))
@example([], 1)
@example([1, 2], 2)
@example([-0.5, float("nan"), True], 3)
@example([0.1, None], 1)
def test_plain_list(listed: list[Any], updates: int) -> None:
    text = "[" + ", ".join("float('nan')" if x != x else repr(x) for x in listed) + "]"
    agree(text, Run(updates))


@given(decays(), st.sampled_from(["SGD", "Momentum"]))
def test_the_optimizer_holds_the_list_in_float32(
    arguments: tuple[float, float, int, int, int], optimizer: str
) -> None:
    call = cosine_decay_lr(*arguments)
    updates = min(call.total_step, 8)
    fed = feed(isorate.mindspore.cosine_decay_lr(*arguments), updates, optimizer)
    single = simulate(call, Run(updates)).values.astype(np.float32)
    assert_close(fed.rates, single[None, :], 0, call.code)


# --- CosineDecayLR -----------------------------------------------------------------------------


#: Rates that MindSpore's threads may flush to zero, and may not, are left out.
NORMAL = 1e-37


@given(spans(NORMAL), st.one_of(st.integers(1, 50), st.integers(1, 2_000_000), st.just(2**25)))
@example((0.0, 0.1), 10_000)
@example((0.0, 0.1), 1_000_000)
@example((0.0, 0.1), 2**25)
def test_cell(span: tuple[float, float], decay_steps: int) -> None:
    call = CosineDecayLR(*span, decay_steps)
    steps = np.unique(np.linspace(0, 1.5 * decay_steps, 20_000).astype(np.int64))
    near_end = np.arange(max(decay_steps - 200, 0), decay_steps + 20)
    for chosen in (steps, near_end):
        real = cell_at(call.code, chosen)
        native = cosine_cell(call.min_lr, call.max_lr, call.decay_steps, chosen)
        assert_close(real, native, call.card.ulp, call.code)


@given(spans(), st.integers(1, 40))
def test_cell_one_step_at_a_time(span: tuple[float, float], decay_steps: int) -> None:
    call = CosineDecayLR(*span, decay_steps)
    agree(call.code, Run(min(decay_steps + 2, 12)))
