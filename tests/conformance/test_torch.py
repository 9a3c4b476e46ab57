"""torch's schedulers beside native arithmetic: every bit."""

from __future__ import annotations

import math
import operator
from typing import Any

import pytest
from hypothesis import example, given, reject, settings
from hypothesis import strategies as st

pytest.importorskip("torch")

from isorate import Run
from isorate.kit.tensors import Tensor
from isorate.schedule.errors import RunError
from tests.calls import read
from tests.conformance import torch_oddities
from tests.conformance.agreement import assert_agree
from tests.conformance.drawing import T_maxes, annealed, etas, optimizers, rates, runs
from tests.conformance.frameworks import drive
from tests.conformance.torch_texts import ARGUMENTS, composed, schedulers
from tests.schedule.drawing import FACTORS

pytestmark = pytest.mark.torch

SGD = "torch.optim.SGD"
#: For what takes seconds: 10 of the profile's 100 examples, 30 of its 300.
EXAMPLES = (settings.default or settings()).max_examples
FEW = EXAMPLES // 10


loops = st.one_of(
    st.integers(1, 90).map(Run),
    st.integers(1, 90).map(Run),
    st.builds(
        lambda updates, every: Run(updates, updates_per_epoch=every, step_every="epoch"),
        st.integers(1, 90),
        st.integers(1, 4),
    ),
)


@st.composite
def annealing(draw: st.DrawFn) -> tuple[str, Run]:
    """Draw a CosineAnnealingLR, its optimizer and a run."""
    T_max, eta_min = draw(T_maxes), draw(etas)
    whole = abs(int(T_max)) if math.isfinite(T_max) and abs(T_max) < 1e9 else 10
    resumed = st.one_of(
        st.integers(0, 3 * whole + 3), st.sampled_from([whole - 1, whole, whole + 1, -2, 0])
    )
    last_epoch = draw(st.one_of(st.just(-1), st.just(-1), resumed))
    return draw(annealed(SGD, "torch", T_max, eta_min, last_epoch)), draw(runs(T_max))


def agree(text: str, run: Run, lr: Any = None) -> None:
    """Assert that torch and its native arithmetic agree on a text."""
    seen = drive(text, run, framework="torch", lr=lr)
    assert_agree(seen, read(text, lr=lr, dialect="torch"), run)


@given(annealing())
def test_cosine_annealing(drawn: tuple[str, Run]) -> None:
    agree(*drawn)


@given(st.integers(300_000_000, 1_200_000_000), rates(1e-6), st.booleans())
def test_the_ratio_divides_by_zero(T_max: int, lr: float, tensor: bool) -> None:
    # 1 + cos underflows to 0 some steps before the trough, and not at the trough itself
    written = f"torch.tensor({lr!r})" if tensor else repr(lr)
    group = f"{{'params': params, 'lr': {written}, 'initial_lr': {written}}}"
    text = f"CosineAnnealingLR({SGD}([{group}], lr=0.1), {T_max}, last_epoch={T_max - 40})"
    agree(text, Run(80))


@settings(max_examples=FEW)
@given(st.sampled_from([7, 1000, 5000, 20_000]), etas, rates(), st.booleans())
@example(65_000, 0.001, 0.1, True)
@example(30_000, 1e-5, 3e-4, True)
@example(10, 0.0, 0.1, False)
def test_long_runs(T_max: int, eta_min: float, lr: float, tensor: bool) -> None:
    written = f"torch.tensor({lr!r})" if tensor else repr(lr)
    text = f"CosineAnnealingLR({SGD}(params, lr={written}), {T_max}, {eta_min!r})"
    agree(text, Run(25_000 if T_max <= 20_000 else 100_000))


BAD = ["0", "0.0", "False", "'4'", "None", "[3]", "1e-320", "-1e-310", "10", "float('nan')"]


@given(
    st.sampled_from(BAD),
    st.sampled_from(["0.0", "'0'", "None", "[0.0]", "1"]),
    st.sampled_from(["-1", "3", "-2", "True", "None", "'3'"]),
    st.sampled_from(["'lr': 0.1", "'lr': 0.1, 'initial_lr': 0.2"]),
    st.integers(1, 4),
)
def test_bad_arguments(T_max: str, eta: str, last: str, group: str, updates: int) -> None:
    optimizer = f"{SGD}([{{'params': params, {group}}}], lr=0.1)"
    text = f"CosineAnnealingLR({optimizer}, T_max={T_max}, eta_min={eta}, last_epoch={last})"
    agree(text, Run(updates + 1))


@given(
    st.lists(rates(), min_size=1, max_size=3),
    st.integers(1, 40),
    st.sampled_from(["T_max={}", "{}", "T_max={}, eta_min=0.001", "{}, 0.01", "optimizer, {}"]),
)
def test_rates_beside_the_text(lr: list[float], T_max: int, arguments: str) -> None:
    agree(f"CosineAnnealingLR({arguments.format(T_max)})", Run(100), lr)


@pytest.mark.parametrize("name", ARGUMENTS)
@given(data=st.data())
def test_scheduler(name: str, data: st.DataObject) -> None:
    agree(data.draw(schedulers(name)), data.draw(loops))


@given(composed(), loops)
@settings(max_examples=3 * EXAMPLES)
def test_composition(text: str, run: Run) -> None:
    agree(text, run)


def agree_or_reject(text: str, run: Run) -> None:
    """Assert that they agree, unless it is too much for Isorate, as it says itself."""
    try:
        agree(text, run)
    except RunError:
        reject()


@pytest.mark.parametrize("name", ARGUMENTS)
@given(data=st.data())
def test_odd_arguments(name: str, data: st.DataObject) -> None:
    agree_or_reject(data.draw(torch_oddities.schedulers(name)), data.draw(loops))


@given(torch_oddities.compositions(), loops)
@settings(max_examples=3 * EXAMPLES)
def test_compositions_of_odd_arguments(text: str, run: Run) -> None:
    agree_or_reject(text, run)


NUMBERS = st.one_of(
    st.floats(),
    st.floats(width=32),
    st.integers(-(2**66), 2**66),
    st.integers(-9, 9),
    st.booleans(),
    st.sampled_from([3.4028235e38, 3.40282357e38, 2**63, 2**64, -(2**63) - 1, None, "3", [1]]),
)
OPERATIONS = [operator.add, operator.sub, operator.mul, operator.truediv]
COMPARISONS = [operator.lt, operator.gt]


@given(
    st.sampled_from(["float32", "float64"]),
    st.floats(),
    NUMBERS,
    st.sampled_from([*OPERATIONS, *COMPARISONS, "filled", "reversed", "reversed", "reversed"]),
    st.sampled_from(OPERATIONS),
)
@settings(max_examples=10 * EXAMPLES)
def test_tensors_compute_as_torch_does(
    dtype: Any, value: float, other: Any, operation: Any, reverse: Any
) -> None:
    import torch

    def outcome(tensor: Any, fill: Any) -> Any:
        try:
            if operation == "filled":
                return float(fill(other))
            if operation == "reversed":
                return float(reverse(other, tensor))
            return float(operation(tensor, other))
        except Exception as error:
            return type(error)

    ours = Tensor(value, dtype)
    real = torch.tensor(value, dtype=getattr(torch, dtype))
    found, expected = outcome(ours, ours.filled), outcome(real, real.fill_)
    assert repr(found) == repr(expected)


@st.composite
def lambdas(draw: st.DrawFn) -> tuple[str, Run]:
    """Draw a LambdaLR of one lambda, or one a group, and a run."""
    T = draw(st.integers(1, 60))
    last_epoch = draw(st.sampled_from([-1, -1, -1, 0, 5, T - 1, -2]))
    optimizer = draw(optimizers(SGD, "torch", T_max=T, eta_min=0.0, last_epoch=last_epoch))
    groups = max(optimizer.count("'lr'"), 1)
    factors = [draw(st.sampled_from(FACTORS)).format(T=T) for _ in range(groups)]
    listed = [f"lambda t: {factor}" for factor in factors]
    one = groups == 1 and draw(st.booleans())
    functions = listed[0] if one else f"[{', '.join(listed)}]"
    resumed = "" if last_epoch == -1 else f", last_epoch={last_epoch}"
    return f"LambdaLR({optimizer}, {functions}{resumed})", draw(runs(T))


@given(lambdas())
@example((f"LambdaLR({SGD}(params, lr=torch.tensor(0.1)), lambda t: 1 / (3 + t))", Run(30)))
def test_lambda(drawn: tuple[str, Run]) -> None:
    agree(*drawn)


@pytest.mark.parametrize(
    "functions",
    ["5", "None", "'x'", "[]", "[5]", "[5, 5]", "[lambda t: 1, lambda t: 1]", "(lambda t: 1,)"],
)
@pytest.mark.parametrize("resumed", ["", ", last_epoch=3"])
def test_bad_lambdas(functions: str, resumed: str) -> None:
    agree(f"LambdaLR({SGD}(params, lr=0.1), {functions}{resumed})", Run(3))


METRICS = st.one_of(st.floats(-2, 2), st.sampled_from([0.5, 0.5, 0.5, math.nan, math.inf]))


@given(data=st.data())
def test_plateau(data: st.DataObject) -> None:
    draw = data.draw
    arguments = {
        "mode": draw(st.sampled_from(["min", "max"])),
        "factor": draw(st.sampled_from([0.1, 0.5, 0.9, 0.0])),
        "patience": draw(st.integers(0, 4)),
        "threshold": draw(st.sampled_from([1e-4, 0.1, 0.0])),
        "threshold_mode": draw(st.sampled_from(["rel", "abs"])),
        "cooldown": draw(st.integers(0, 3)),
        "min_lr": draw(st.sampled_from([0, 0.01, 1e-5])),
        "eps": draw(st.sampled_from([1e-8, 0.0, 0.05])),
    }
    written = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
    lr = draw(st.sampled_from(["0.1", "1", "torch.tensor(0.1)"]))
    metrics = draw(st.lists(METRICS, min_size=40, max_size=40))
    agree(f"ReduceLROnPlateau({SGD}(params, lr={lr}), {written})", Run(41, metrics=metrics))
