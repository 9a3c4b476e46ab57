"""MindSpore's lists beside native arithmetic: every bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

pytest.importorskip("mindspore")

import isorate.mindspore
from isorate import Run, simulate
from isorate.dialects import mindspore as dialect
from tests.calls import read
from tests.conformance.agreement import assert_close
from tests.conformance.cases.mindspore import feed, mindspore
from tests.conformance.drawing import rates
from tests.conformance.frameworks import build
from tests.conformance.outcomes import ANY, COUNT, RATE, SWITCH, agree, same_outcome, small

pytestmark = pytest.mark.mindspore

DECAYS = ["exponential_decay_lr", "natural_exp_decay_lr", "inverse_decay_lr"]
LONGEST = 100_000


def same_list(name: str, *arguments: Any) -> None:
    """Assert that a function's list is the call's native rates, and that the call reads back."""
    real = getattr(mindspore().nn, name)(*arguments)
    call = getattr(dialect, name)(*arguments)
    assert call.fault() is None
    assert read(call.code) == call
    native = simulate(call, Run(len(real))).values
    assert_close(np.array([real]), native[None, :], 0, call.code)


# --- what is drawn ------------------------------------------------------------------------------


@st.composite
def counts(draw: st.DrawFn) -> tuple[int, int, int]:
    """Draw total_step, step_per_epoch and a duration in epochs, in every relation."""
    every = draw(st.one_of(st.just(1), st.integers(1, 12), st.sampled_from([100, 1000])))
    decay = draw(st.one_of(st.integers(1, 30), st.integers(1, 4000), st.just(10**9)))
    near = every * decay
    total = draw(
        st.one_of(
            st.integers(1, 300),
            st.sampled_from([near, near + 1, near - 1, 2 * near, every, decay]),
        )
    )
    return min(max(total, 1), LONGEST), every, decay


@st.composite
def spans(draw: st.DrawFn) -> tuple[float, float]:
    """Draw ``min_lr < max_lr``."""
    low = draw(st.one_of(st.just(0.0), rates()))
    return low, draw(rates(1e-12).filter(lambda high: high > low))


@st.composite
def cosines(draw: st.DrawFn) -> tuple[Any, ...]:
    """Draw arguments of cosine_decay_lr."""
    return (*draw(spans()), *draw(counts()))


POSITIVE = rates(1e-300).filter(lambda rate: rate > 0)
FACTORS = st.one_of(
    st.sampled_from([0.9, 0.5, 0.1, 0.97, 0.999, 1.0, 1.001]),
    st.floats(1e-9, 2.0),
    st.floats(1e-300, 1e300),
)


@st.composite
def decays(draw: st.DrawFn) -> tuple[Any, ...]:
    """Draw arguments of the three decays, with stairs and without."""
    stair = draw(st.sampled_from([(), (False,), (True,), (True,)]))
    return (draw(POSITIVE), draw(FACTORS), *draw(counts()), *stair)


@st.composite
def polynomials(draw: st.DrawFn) -> tuple[Any, ...]:
    """Draw arguments of polynomial_decay_lr."""
    power = st.one_of(st.sampled_from([0.5, 1.0, 2.0, 0.9, 3.0]), st.floats(1e-3, 50.0))
    updated = draw(st.sampled_from([(), (False,), (True,), (True,)]))
    return (draw(POSITIVE), draw(rates()), *draw(counts()), draw(power), *updated)


@st.composite
def warmups(draw: st.DrawFn) -> tuple[Any, ...]:
    """Draw arguments of warmup_lr."""
    return (draw(rates()), *draw(counts()))


@st.composite
def pieces(draw: st.DrawFn) -> tuple[Any, ...]:
    """Draw arguments of piecewise_constant_lr; milestones may be equal, and rates negative."""
    steps = draw(st.lists(st.integers(0, 40), min_size=1, max_size=6))
    milestones = np.cumsum([max(steps[0], 1), *steps[1:]]).tolist()
    listed = [draw(st.floats(-1, 1) | rates()) for _ in milestones]
    as_tuple = draw(st.booleans())
    return (tuple(milestones), tuple(listed)) if as_tuple else (milestones, listed)


# --- each function ------------------------------------------------------------------------------


@given(cosines())
@example((0.0, 0.1, 3, 1, 10))
@example((0.0, 1e-3, 1000, 100, 10))
@example((0.01, 0.1, 100_000, 1, 100_000))
@example((0.01, 0.1, 100_000, 40_000, 2))
@example((-0.0, 0.1, 5, 1, 2))
def test_cosine(arguments: tuple[Any, ...]) -> None:
    same_list("cosine_decay_lr", *arguments)
    real = mindspore().nn.cosine_decay_lr(*arguments)
    assert real == isorate.mindspore.cosine_decay_lr(*arguments)


@pytest.mark.parametrize("name", DECAYS)
@given(decays())
@example((0.1, 0.97, 100_000, 1, 30))
@example((0.1, 0.97, 100_000, 40_000, 2, True))
@example((0.1, 0.5, 20, 1, 2**53 + 12345))
@example((0.1, 0.5, 20, 1, 2**63 - 1, True))
@example((0.1, 10.0, 309, 1, 1))
@example((0.1, 10.0, 310, 1, 1))
@example((np.float64(0.1), np.float64(10.0), 400, 1, 1))
def test_decay(name: str, arguments: tuple[Any, ...]) -> None:
    call = getattr(dialect, name)(*arguments)
    if call.fault() is None and type(arguments[1]) is float:
        same_list(name, *arguments)
    else:  # decay_rate may overflow
        same_outcome(name, arguments)


@given(polynomials())
@example((0.1, 0.0, 100_000, 1, 30_000, 0.9))
@example((0.1, 0.0, 100_000, 40_000, 2, 2.0, True))
@example((0.1, 0.01, 20, 1, 2**53 + 12345, 0.5, True))
@example((1.7e308, 0.0, 20, 1, 7, 0.5))
def test_polynomial(arguments: tuple[Any, ...]) -> None:
    same_list("polynomial_decay_lr", *arguments)


@given(warmups())
@example((0.1, 100_000, 1, 30_000))
@example((0.1, 100_000, 40_000, 2))
@example((1e308, 9, 1, 4))
@example((-0.0, 9, 1, 4))
@example((0.1, 9, 1, 2**63 - 1))
def test_warmup(arguments: tuple[Any, ...]) -> None:
    same_list("warmup_lr", *arguments)


@given(pieces())
@example(([100_000], [0.1]))
def test_piecewise(arguments: tuple[Any, ...]) -> None:
    same_list("piecewise_constant_lr", *map(list, arguments))
    same_outcome("piecewise_constant_lr", arguments)


# --- any arguments at all -----------------------------------------------------------------------

TOTAL = COUNT.filter(small)
SIGNATURES = {
    "cosine_decay_lr": (RATE, RATE, TOTAL, COUNT, COUNT),
    **dict.fromkeys(DECAYS, (RATE, RATE, TOTAL, COUNT, COUNT, SWITCH)),
    "polynomial_decay_lr": (RATE, RATE, TOTAL, COUNT, COUNT, RATE, SWITCH),
    "warmup_lr": (RATE, TOTAL, COUNT, COUNT),
}


@pytest.mark.parametrize("name", SIGNATURES)
@given(st.data())
def test_anything(name: str, data: st.DataObject) -> None:
    same_outcome(name, data.draw(st.tuples(*SIGNATURES[name])))


SOME = st.lists(st.sampled_from([1, 3, 3, 4, 9, *filter(small, ANY)]), max_size=3)


@given(SOME | st.sampled_from(ANY), st.lists(RATE, max_size=3) | st.sampled_from(ANY))
@example([2, 1], [0.1, 1])
@example([2, 1.0], [0.1, 1])
@example((), ())
def test_any_piecewise(milestone: Any, listed: Any) -> None:
    same_outcome("piecewise_constant_lr", (milestone, listed))


# --- in the optimizer ---------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", ["SGD", "Momentum", "Adam"])
def test_list_runs_out(optimizer: str) -> None:
    agree("cosine_decay_lr(0.01, 0.1, 6, 2, 2)", Run(9), optimizer)
    agree("[0.1, 0.2, 0.3]", Run(4), optimizer)
    agree("warmup_lr(0.1, 3, 1, 2) + exponential_decay_lr(0.1, 0.5, 3, 2, 1)", Run(8), optimizer)


def weighable(rate: float) -> bool:
    """Whether the weight that shows a rate is no subnormal float32, which kernels may flush."""
    return rate == 0 or abs(rate) > 1e-30


LISTED = st.integers(0, 3) | (rates() | st.floats(-1, 1)).filter(weighable)


@given(st.lists(LISTED, max_size=6), st.integers(1, 8))
@example([], 1)
@example([1, 2], 2)
@example([-0.5, float("nan"), True], 3)
@example([0.1, None], 1)
@example([0.25] * 6, 6)
@example([0.0, -0.0, 0.0, -0.0], 4)
def test_plain_list(listed: list[Any], updates: int) -> None:
    text = "[" + ", ".join("float('nan')" if x != x else repr(x) for x in listed) + "]"
    agree(text, Run(updates))
    call = read(text)
    assert repr(read(call.code)) == repr(call)


@given(cosines(), st.sampled_from(["SGD", "Momentum"]))
def test_the_optimizer_holds_the_list_in_float32(
    arguments: tuple[Any, ...], optimizer: str
) -> None:
    call = dialect.cosine_decay_lr(*arguments)
    updates = min(call.total_step, 8)
    fed = feed(isorate.mindspore.cosine_decay_lr(*arguments), updates, optimizer)
    single = simulate(call, Run(updates)).values.astype(np.float32)
    assert_close(fed.rates, single[None, :], 0, call.code)


# --- joined lists -------------------------------------------------------------------------------


@st.composite
def members(draw: st.DrawFn) -> str:
    """Draw one list as text: a function of a few hundred rates, or a plain one."""
    few = st.tuples(st.integers(1, 60), st.integers(1, 5), st.integers(1, 12))
    total, every, epochs = draw(few)
    rate, other = draw(rates(1e-6)), draw(rates(1e-6))
    name = draw(st.sampled_from([*SIGNATURES, "piecewise_constant_lr", "plain", "constant"]))
    match name:
        case "plain":
            return f"[{rate!r}, {other!r}]"
        case "constant":
            return f"[{rate!r}] * {total}"
        case "piecewise_constant_lr":
            return f"{name}([{total}, {total + epochs}], [{rate!r}, {other!r}])"
        case "warmup_lr":
            return f"mindspore.nn.{name}({rate!r}, {total}, {every}, {epochs})"
        case "cosine_decay_lr":
            return f"nn.{name}({rate!r}, {rate + other!r}, {total}, {every}, {epochs})"
        case "polynomial_decay_lr":
            return f"nn.{name}({rate!r}, {other!r}, {total}, {every}, {epochs}, 0.7, True)"
    return f"nn.{name}({rate!r}, 0.9, {total}, {every}, {epochs}, {draw(st.booleans())})"


@given(st.lists(members(), min_size=2, max_size=4), st.sampled_from(["{}", "({})", "({}) * 2"]))
def test_joined(listed: list[str], around: str) -> None:
    first, *others = listed
    text = " + ".join([first, around.format(" + ".join(others))])
    real, call = build(text), read(text)
    assert read(call.code) == call
    assert build(call.code) == real
    curve = simulate(call, Run(len(real) + 1))
    assert curve.halt is not None
    assert (curve.halt.update, curve.halt.error) == (len(real), "RuntimeError")
    assert real == curve.values.tolist()
    assert call.lower().normal().length == len(real)


@given(st.lists(members(), min_size=2, max_size=4), st.integers(1, 8))
def test_joined_in_the_optimizer(listed: list[str], updates: int) -> None:
    agree(" + ".join(listed), Run(updates))
