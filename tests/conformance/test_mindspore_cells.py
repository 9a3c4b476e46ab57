"""MindSpore's cells beside native arithmetic: every bit, called with one step at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

pytest.importorskip("mindspore")

from isorate import Run
from isorate.dialects import mindspore as dialect
from tests.calls import read
from tests.conformance.agreement import assert_close
from tests.conformance.cases.mindspore import mindspore
from tests.conformance.drawing import rates
from tests.conformance.frameworks import build
from tests.conformance.outcomes import COUNT, RATE, SWITCH, agree, same_outcome

pytestmark = pytest.mark.mindspore

DECAYS = ["ExponentialDecayLR", "NaturalExpDecayLR", "InverseDecayLR"]
POSITIVE = st.one_of(rates(1e-30).filter(lambda rate: rate > 0), st.floats(1e-30, 1e6))
FACTORS = st.one_of(
    st.sampled_from([0.9, 0.5, 0.1, 0.97, 0.999, 1.0, 1.001]),
    st.floats(1e-9, 2.0),
    st.floats(1e-300, 1e300),
)
DURATIONS = st.one_of(
    st.integers(1, 50),
    st.integers(1, 2_000_000),
    st.sampled_from([2**24 - 1, 2**24 + 1, 2**25, 2**31 - 1, 2**31, 2**32 + 5, 2**40, 2**62 + 1]),
)


def cell_at(text: str, steps: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Call a cell once, with many steps."""
    rates: np.ndarray[Any, np.dtype[np.float32]] = build(text)(
        mindspore().Tensor(steps.astype(np.int32))
    ).asnumpy()
    return rates


def stepped(cell: Any, steps: list[int]) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Call a cell with one step after another, as an optimizer does."""
    ms = mindspore()
    called = [cell(ms.Tensor([step], ms.int32)).asnumpy()[0] for step in steps]
    return np.array([called], np.float32)


def same_rates(call: Any, drawn: list[int], duration: int) -> None:
    """Assert the same bits at steps that tell, and at others."""
    near = [0, 1, 2, 3, duration - 1, duration, duration + 1, 2 * duration, 2 * duration + 1]
    far = [2**24 - 1, 2**24, 2**24 + 1, 2**24 + 3, 2**31 - 1]
    share = [duration * k // 7 for k in range(1, 20, 3)]
    steps = sorted({min(max(step, 0), 2**31 - 1) for step in (*near, *far, *share, *drawn)})
    real = stepped(build(call.code), steps)
    native = call.at_steps(np.array(steps, np.int64))[None, :]
    assert_close(real, native, call.card.ulp, call.code)
    assert read(call.code) == call


STEPS = st.lists(st.one_of(st.integers(0, 300), st.integers(0, 2**31 - 1)), max_size=20)


# --- each cell ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DECAYS)
@given(POSITIVE, FACTORS, DURATIONS, st.booleans(), STEPS)
@example(0.1, 0.9, 4, False, list(range(100)))
@example(0.1, 0.9, 4, True, list(range(100)))
@example(1e300, 1e300, 2, False, [5])
@example(1e-40, 0.5, 2, False, [5])
def test_decay(
    name: str, lr: float, factor: float, duration: int, stair: bool, drawn: list[int]
) -> None:
    same_rates(getattr(dialect, name)(lr, factor, duration, stair), drawn, duration)


@given(
    *(POSITIVE, st.just(0.0) | rates(1e-30), DURATIONS),
    st.one_of(st.sampled_from([0.5, 1.0, 2.0, 3.0]), st.floats(1e-3, 50.0)),
    st.booleans(),
    STEPS,
)
@example(0.1, 0.01, 7, 0.5, True, list(range(100)))
@example(0.1, 0.01, 7, 2.0, False, list(range(20)))
@example(1e300, 0.0, 3, 1.0, False, [1, 2])
def test_polynomial(
    lr: float, end: float, duration: int, power: float, updated: bool, drawn: list[int]
) -> None:
    same_rates(dialect.PolynomialDecayLR(lr, end, duration, power, updated), drawn, duration)


@given(st.just(0.0) | POSITIVE, DURATIONS, STEPS)
@example(1e300, 3, [])
@example(0.1, 2**31, [])
@example(0.1, 2**63 - 1, [])
def test_warmup(lr: float, duration: int, drawn: list[int]) -> None:
    same_rates(dialect.WarmUpLR(lr, duration), drawn, duration)


@given(rates(1e-20), st.floats(1e-9, 2.0), st.integers(1, 2_000_000), st.booleans())
def test_many_steps_at_once(lr: float, factor: float, duration: int, stair: bool) -> None:
    # but for the cells with a power: there another kernel takes many steps
    steps = np.unique(np.linspace(0, 3 * duration, 20_000).astype(np.int64))
    for call in (
        dialect.InverseDecayLR(lr, factor, duration, stair),
        dialect.WarmUpLR(lr, duration),
    ):
        real = cell_at(call.code, steps)
        assert_close(real, call.at_steps(steps), call.card.ulp, call.code)


# --- CosineDecayLR ------------------------------------------------------------------------------

#: Rates that MindSpore's threads may flush to zero, and may not, are left out.
NORMAL = 1e-37


@st.composite
def spans(draw: st.DrawFn, least: float = 0.0) -> tuple[float, float]:
    """Draw ``min_lr < max_lr``; but for a 0, neither is below ``least``."""
    low = draw(st.one_of(st.just(0.0), rates(least)))
    return low, draw(rates(1e-12).filter(lambda high: high > low))


@given(spans(NORMAL), st.one_of(st.integers(1, 50), st.integers(1, 2_000_000), st.just(2**25)))
@example((0.0, 0.1), 10_000)
@example((0.0, 0.1), 1_000_000)
@example((0.0, 0.1), 2**25)
@example((0.01, 0.1), 2**31)
@example((0.01, 0.1), 2**32 + 5)
def test_cosine(span: tuple[float, float], decay_steps: int) -> None:
    call = dialect.CosineDecayLR(*span, decay_steps)
    steps = np.unique(np.linspace(0, min(1.5 * decay_steps, 2**31 - 1), 20_000).astype(np.int64))
    near_end = np.arange(max(min(decay_steps, 2**31 - 40) - 200, 0), min(decay_steps, 2**31) - 20)
    for chosen in (steps, near_end):
        real = cell_at(call.code, chosen)
        assert_close(real, call.at_steps(chosen), call.card.ulp, call.code)


# --- all of them --------------------------------------------------------------------------------

CELLS = [
    "CosineDecayLR(0.01, 0.1, 7)", "ExponentialDecayLR(0.1, 0.9, 7)",
    "ExponentialDecayLR(0.1, 0.9, 7, True)", "NaturalExpDecayLR(0.1, 0.05, 7)",
    "NaturalExpDecayLR(0.1, 0.05, 7, True)", "InverseDecayLR(0.1, 0.9, 7)",
    "InverseDecayLR(0.1, 0.9, 7, True)", "PolynomialDecayLR(0.1, 0.01, 7, 0.9)",
    "PolynomialDecayLR(0.1, 0.01, 7, 0.9, True)", "WarmUpLR(0.1, 7)",
]  # fmt: skip


@pytest.mark.parametrize("text", CELLS)
def test_both_modes_give_the_same_bits(text: str) -> None:
    ms, steps = mindspore(), [*range(30), 2**24 + 1, 2**31 - 1]
    dynamic = stepped(build(text), steps)
    ms.set_context(mode=ms.GRAPH_MODE)
    try:
        compiled = stepped(build(text), steps)
    finally:
        ms.set_context(mode=ms.PYNATIVE_MODE)
    assert_close(compiled, dynamic, 0, text)


@pytest.mark.parametrize("text", CELLS)
def test_one_step_after_another(text: str) -> None:
    agree(text, Run(25))


SIGNATURES = {
    "CosineDecayLR": (RATE, RATE, COUNT),
    **dict.fromkeys(DECAYS, (RATE, RATE, COUNT, SWITCH)),
    "PolynomialDecayLR": (RATE, RATE, COUNT, RATE, SWITCH),
    "WarmUpLR": (RATE, COUNT),
}


@pytest.mark.parametrize("name", SIGNATURES)
@given(st.data())
def test_anything(name: str, data: st.DataObject) -> None:
    same_outcome(name, data.draw(st.tuples(*SIGNATURES[name])))
