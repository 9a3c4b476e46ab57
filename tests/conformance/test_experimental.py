"""MindSpore's experimental scheduler beside native arithmetic: every bit, and every NaN.

A step takes MindSpore some ten milliseconds, so a run that is long goes there by ``last_epoch``,
by ``step(epoch)``, or by the scheduler's own operations on many steps at once.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

pytest.importorskip("mindspore")

from isorate import Run, simulate
from tests.calls import read
from tests.conformance.agreement import assert_agree, assert_close
from tests.conformance.cases import How
from tests.conformance.cases.mindspore import go_through, mindspore
from tests.conformance.drawing import annealed, etas, rates
from tests.conformance.frameworks import build, drive

if TYPE_CHECKING:
    from numpy.typing import NDArray

pytestmark = pytest.mark.mindspore

SGD = "mindspore.experimental.optim.SGD"


def agree(text: str, run: Run, *, weigh: bool = False) -> None:
    """Assert that MindSpore and its native arithmetic agree on a text."""
    seen = drive(text, run, framework="mindspore", weigh=weigh)
    assert_agree(seen, read(text, dialect="mindspore"), run)


@st.composite
def annealing(draw: st.DrawFn) -> tuple[str, Run]:
    """Draw a CosineAnnealingLR, its optimizer and a short run."""
    T_max: Any = draw(
        st.one_of(
            st.integers(1, 12),
            st.integers(1, 12),
            st.integers(-12, 0),
            st.sampled_from([True, False, 13000, 16384, 30000, 10**6, 2**24, 10**9, 2**62]),
            st.integers(1, 10**6),
        )
    )
    eta_min = draw(etas)
    end = abs(T_max)
    resumed = st.one_of(
        st.integers(0, 3 * end + 3),
        st.integers(max(end - 12, 0), end + 2),
        st.sampled_from([0, 2**24 - 4, 2**24 + 7, 3 * 10**7 + 1]),
    )
    last_epoch = draw(st.one_of(st.just(-1), resumed))
    text = draw(annealed(SGD, "mindspore", T_max, eta_min, last_epoch))
    updates = min(draw(st.sampled_from([30, 30, 30, 12, 5, 1])), int(3.5 * 2 * end) + 4)
    if draw(st.integers(0, 3)) == 3:
        run = Run(updates, updates_per_epoch=3, step_every="epoch")
    else:
        run = Run(updates)
    return text, run


NUMBER = f"{SGD}([{{'params': params, 'lr': 0.0, 'initial_lr': 0.3}}], lr=0.1)"


@given(annealing())
@example((f"CosineAnnealingLR({NUMBER}, 5, 0.1, 4)", Run(12)))
@example((f"CosineAnnealingLR({NUMBER}, 12, 0.1, {2**24 + 7})", Run(12)))
def test_cosine_annealing(drawn: tuple[str, Run]) -> None:
    agree(*drawn)


@pytest.mark.parametrize("eta_min", ["0.0", "0.001"])
def test_the_optimizer_uses_the_rate(eta_min: str) -> None:
    agree(f"CosineAnnealingLR({SGD}(params, lr=0.1), 4, {eta_min})", Run(30), weigh=True)


@given(st.sampled_from([12860, 13000, 30000, 10**5, 3 * 10**5, 10**6]), etas, rates(1e-6))
@example(12859, 0.0, 0.1)
@example(13000, 0.0, 0.1)
def test_jump_near_the_trough(T_max: int, eta_min: float, lr: float) -> None:
    # what step(epoch) sets by the closed form, the next step() recurses from
    begin = T_max - 8
    scheduler = build(f"CosineAnnealingLR({SGD}(params, lr={lr!r}), {T_max}, {eta_min!r})")
    scheduler.step(begin)
    here = float(scheduler.get_last_lr()[0].asnumpy())
    scheduler.step()
    seen = go_through(scheduler, Run(14), How())
    if here < 0:
        return  # no optimizer takes a negative rate to begin with
    group = f"{{'params': params, 'lr': {_tensor(here)}, 'initial_lr': {_tensor(lr)}}}"
    resumed = f"CosineAnnealingLR({SGD}([{group}], lr=0.1), {T_max}, {eta_min!r}, {begin})"
    assert_agree(seen, read(resumed, dialect="mindspore"), Run(14))


def _tensor(rate: float) -> str:
    return f"mindspore.tensor({rate!r})"


# --- the scheduler's own operations, on many steps at once -------------------------------------


def ratios(T_max: int, epochs: NDArray[np.float32]) -> tuple[Any, Any]:
    """Compute what ``get_lr`` multiplies by and where it adds, with MindSpore's kernels."""
    ms = mindspore()
    epoch, cos = ms.Tensor(epochs), ms.ops.Cos()
    ratio = (1 + cos(math.pi * epoch / T_max)) / (1 + cos(math.pi * (epoch - 1) / T_max))
    return ratio.asnumpy(), ((epoch - 1 - T_max) % (2 * T_max) == 0).asnumpy()


def first_nan(T_max: int) -> int | None:
    """Return the first step to whose rate MindSpore's own operations give NaN."""
    window = T_max // 5000 + 100
    epochs = np.arange(max(T_max - window, 1), T_max + 3, dtype=np.float32)
    ratio, anchors = ratios(T_max, epochs)
    lr, rise = np.float32(0.1), np.float32(0.0)
    with np.errstate(invalid="ignore"):
        for epoch, q, anchor in zip(epochs, ratio, anchors, strict=True):
            lr = lr + rise if anchor else q * lr
            if np.isnan(lr):
                return int(epoch)
    return None


def native_first_nan(T_max: int) -> int | None:
    """Return the first step to whose rate native arithmetic gives NaN."""
    begin = max(T_max - T_max // 5000 - 101, 0)
    group = "{'params': params, 'lr': 0.1, 'initial_lr': 0.1}"
    call = read(
        f"CosineAnnealingLR({SGD}([{group}], lr=0.1), {T_max}, 0.0, {begin})", dialect="mindspore"
    )
    values = simulate(call, Run(T_max + 2 - begin)).values
    missing = np.flatnonzero(np.isnan(values))
    return begin + 1 + int(missing[0]) if len(missing) else None


SWEEP = [
    *[*range(1, 200), 1000, 10_000, *range(12_800, 13_101)],
    *[15_000, 16_384, 20_000, 30_000, 65_536, 10**5, 3 * 10**5, 10**6, 10**7],
]


def test_first_nan() -> None:
    found = {T_max: (first_nan(T_max), native_first_nan(T_max)) for T_max in SWEEP}
    assert {T: real for T, (real, _) in found.items()} == {T: own for T, (_, own) in found.items()}
    assert next(T for T in SWEEP if found[T][0] is not None) == 12_860
    assert all(found[T][0] is not None for T in SWEEP if T >= 13_000)


@given(st.one_of(st.integers(1, 20_000), st.integers(1, 10**7)), st.integers(0, 2**24))
def test_kernels(T_max: int, begin: int) -> None:
    # the links between rates from anywhere, twenty thousand at a time
    from isorate.dialects.mindspore.experimental_cosines import kernel_links

    epochs = np.arange(begin, begin + 20_001, dtype=np.float64).astype(np.float32)
    real, real_anchors = ratios(T_max, epochs[1:])
    native, anchors = kernel_links(epochs[1:], T_max)
    assert (real_anchors == anchors).all()
    assert_close(real[None, :], native[None, :], 0, f"T_max={T_max} from {begin}")


BAD = ["0", "False", "True", "-3", "4.0", "None", "'4'", "float('nan')"]


@given(
    st.sampled_from(BAD),
    st.sampled_from(["0.0", "1", "True", "'0'", "None", "float('nan')"]),
    st.sampled_from(["-1", "3", "-2", "True", "2.0", "None"]),
    st.sampled_from(["'lr': 0.1", "'lr': 0.1, 'initial_lr': 0.2"]),
)
def test_bad_arguments(T_max: str, eta: str, last: str, group: str) -> None:
    optimizer = f"{SGD}([{{'params': params, {group}}}], lr=0.1)"
    agree(f"CosineAnnealingLR({optimizer}, {T_max}, {eta}, {last})", Run(3))
