"""MindSpore's experimental schedulers beside native arithmetic, on drawn arguments: every bit.

A step takes MindSpore milliseconds, so runs are short, and get far out by ``last_epoch``.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

pytest.importorskip("mindspore")

from isorate import Run
from tests.calls import read
from tests.conformance.agreement import assert_agree
from tests.conformance.drawing import etas, literal, optimizers, rates
from tests.conformance.frameworks import drive

pytestmark = pytest.mark.mindspore

SGD = "mindspore.experimental.optim.SGD"
#: What a run of thirty steps costs MindSpore lets the short profile draw 25, the full one 200.
FEW = 25 if (settings.default or settings()).max_examples <= 100 else 200
drawn = settings(max_examples=FEW)

factors = st.one_of(st.sampled_from([0.5, 0.1, 1.0, 0.9, 1.1]), st.floats(0.0, 1.5))
shares = st.one_of(st.sampled_from([0.5, 1.0, 0.25, 1, 1 / 3]), st.floats(1e-3, 1.0))
lengths = st.one_of(
    st.integers(1, 12),
    st.integers(1, 40),
    st.sampled_from([0, -3, True, 1000, 2**24, 10**9]),
)
epochs = st.one_of(
    st.just(-1),
    st.just(-1),
    st.integers(0, 40),
    st.sampled_from([0, 998, 2**24 - 4, 2**24 + 7, 3 * 10**7 + 1]),
)


def agree(text: str, run: Run) -> None:
    """Assert that MindSpore and its native arithmetic agree on a text."""
    seen = drive(text, run, framework="mindspore")
    assert_agree(seen, read(text, dialect="mindspore"), run)


@st.composite
def loops(draw: st.DrawFn) -> Run:
    """Runs of up to thirty updates, in one of four with an epoch of three updates."""
    updates = draw(st.sampled_from([30, 30, 24, 7, 1]))
    if draw(st.integers(0, 3)) == 3:
        return Run(updates, updates_per_epoch=3, step_every="epoch")
    return Run(updates)


@st.composite
def calls(draw: st.DrawFn, /, name: str, **arguments: st.SearchStrategy[Any]) -> tuple[str, Run]:
    """Draw a call, its optimizer, where it is resumed, and a run."""
    last_epoch = draw(epochs)
    optimizer = draw(optimizers(SGD, "mindspore", T_max=10, eta_min=0.0, last_epoch=last_epoch))
    written = [optimizer]
    for argument, strategy in arguments.items():
        value = draw(strategy)
        written.append(f"{argument}={value if isinstance(value, str) else literal(value)}")
    if last_epoch != -1:
        written.append(f"last_epoch={last_epoch}")
    return f"{name}({', '.join(written)})", draw(loops())


@drawn
@given(calls("StepLR", step_size=lengths, gamma=factors))
def test_steps(case: tuple[str, Run]) -> None:
    agree(*case)


milestones = st.lists(st.integers(0, 30), max_size=5)
gammas = st.one_of(factors, st.sampled_from([2, 1, 0, -1]))


@drawn
@given(calls("MultiStepLR", milestones=milestones, gamma=gammas))
@example((f"MultiStepLR({SGD}(params, lr=0.1), [2, 2], 10.0 ** 200)", Run(5)))
@example((f"MultiStepLR({SGD}(params, lr=0.1), [2, 2], 2**40)", Run(5)))
def test_milestones(case: tuple[str, Run]) -> None:
    agree(*case)


@drawn
@given(calls("ConstantLR", factor=st.one_of(shares, st.just(0.0)), total_iters=lengths))
@example(
    (
        f"ConstantLR({SGD}([{{'params': params, 'lr': 0.0, 'initial_lr': 0.1}}], lr=0.0), "
        "0.0, 16777216, 16777212)",
        Run(12),
    )
)
def test_constant(case: tuple[str, Run]) -> None:
    agree(*case)


ends = st.one_of(shares, st.sampled_from([0.0, 0]))


@drawn
@given(calls("LinearLR", start_factor=shares, end_factor=ends, total_iters=lengths))
def test_lines(case: tuple[str, Run]) -> None:
    agree(*case)


@drawn
@given(calls("ExponentialLR", gamma=st.one_of(factors, st.floats(-1.1, 1.1))))
def test_exponential(case: tuple[str, Run]) -> None:
    agree(*case)


powers = st.one_of(st.sampled_from([1.0, 2.0, 0.5, 0.9, 0.0, 3.7]), st.floats(0.0, 8.0))


@drawn
@given(calls("PolynomialLR", total_iters=lengths, power=powers))
@example((f"PolynomialLR({SGD}(params, lr=0.1), 25, 0.9)", Run(30)))
@example((f"PolynomialLR({SGD}(params, lr=0.1), 4, float('inf'))", Run(6)))
def test_polynomials(case: tuple[str, Run]) -> None:
    agree(*case)


# --- cycles ------------------------------------------------------------------------------------

rests = st.one_of(st.integers(1, 8), st.integers(1, 40), st.sampled_from([True, 2**24, 10**9]))


@drawn
@given(
    calls(
        "CosineAnnealingWarmRestarts",
        T_0=rests,
        T_mult=st.sampled_from([1, 1, 2, 3, True]),
        eta_min=etas,
    )
)
@example(
    (
        f"CosineAnnealingWarmRestarts({SGD}([{{'params': params, 'lr': 0.1, 'initial_lr': 0.3}}], "
        "lr=0.1), 3, last_epoch=50)",
        Run(30),
    )
)
def test_warm_restarts(case: tuple[str, Run]) -> None:
    agree(*case)


sizes = st.one_of(st.integers(1, 8), st.integers(1, 40), st.floats(0.5, 9.0), st.just("'3'"))
SCALES = ["lambda x: 1 / x", "lambda c: 0.9 ** c", "lambda x: 0.5", "lambda x: min(1, x / 5)", "5"]


@drawn
@given(
    calls(
        "CyclicLR",
        base_lr=st.one_of(rates(), st.sampled_from([0, 1, -0.1, 2**24])),
        max_lr=st.one_of(rates(), st.sampled_from([0, 1, 2, True])),
        step_size_up=sizes,
        step_size_down=st.one_of(st.none(), sizes, st.just(0)),
        mode=st.sampled_from(["'triangular'", "'triangular2'", "'exp_range'", "'other'"]),
        gamma=st.one_of(factors, st.sampled_from([2, 0.999, 1.01])),
        scale_fn=st.one_of(st.none(), st.none(), st.sampled_from(SCALES)),
        scale_mode=st.sampled_from(["'cycle'", "'iterations'", "'other'"]),
    )
)
def test_triangles(case: tuple[str, Run]) -> None:
    agree(*case)


# --- functions of the step -----------------------------------------------------------------------

FACTORS = [
    "0.95 ** t",
    "2 ** (-t / {T})",
    "min(1, (t + 1) / {T})",
    "max({T} - t, 0) / {T}",
    "0.5 * (1 + math.cos(math.pi * t / {T}))",
    "math.sin(math.pi * ({T} - min(t, {T})) / {T}) ** 2",
    "1 if t < {T} else 0.1",
    "(0.1 if t // {T} >= 2 else 0.5) * t",
    "0.1 ** (t // {T})",
    "math.exp(-t / {T})",
    "1 / (1 + t / {T})",
    "{T} / (t + 1)",
    "1 / ({T} - t)",
    "(1 - t / 30) ** 0.9",
    "math.sqrt({T} - t)",
    "math.log({T} - t + 1)",
    "abs(t - {T}) % 3",
    "-t % {T} + {T} % (t + 1)",
    "{T} // (t + 1)",
    "t ** 1.5",
    "t * 0.1 + 0.3",
    "0.3 if t >= {T} else (t + 1) * 0.1",
    "0.5 if 3 < t <= {T} else 1",
    "1 if t > 3 and t < {T} else t / 7 or 0.5",
    "1 - 0.3 * float(t > {T})",
    "2 if not t > 3 else int(t > {T}) / 3",
    "int(t / {T}) + 0.25",
    "float(t) / 3",
    "math.floor(t / {T}) * 0.3 + math.ceil(t / 7)",
    "math.tanh(t / {T}) + math.pow(0.9, t)",
    "1 / (t - {T}) if t != {T} else 0",
    "t",
    "3",
]


@st.composite
def lambdas(draw: st.DrawFn, name: str) -> tuple[str, Run]:
    """Draw a scheduler of one lambda, or one a group, and a run."""
    last_epoch = draw(epochs)
    optimizer = draw(optimizers(SGD, "mindspore", T_max=10, eta_min=0.0, last_epoch=last_epoch))
    groups = max(optimizer.count("'lr'"), 1)
    T = draw(st.integers(1, 25))
    written = [f"lambda t: {draw(st.sampled_from(FACTORS)).format(T=T)}" for _ in range(groups)]
    one = groups == 1 and draw(st.booleans())
    functions = written[0] if one else f"[{', '.join(written)}]"
    resumed = "" if last_epoch == -1 else f", last_epoch={last_epoch}"
    return f"{name}({optimizer}, {functions}{resumed})", draw(loops())


UNEVEN = "[lambda t: 0.95 ** t, lambda t: math.sqrt(1 - t)]"
TWO = "[{'params': params_0, 'lr': 0.1}, {'params': params_1, 'lr': 0.3}]"


@settings(max_examples=2 * FEW)
@given(lambdas("LambdaLR"))
@example((f"LambdaLR({SGD}({TWO}, lr=0.1), {UNEVEN})", Run(9)))
@example((f"LambdaLR({SGD}({TWO}, lr=0.1), {UNEVEN.replace('1 - t', '-t - 1')})", Run(9)))
def test_lambdas(case: tuple[str, Run]) -> None:
    agree(*case)


@drawn
@given(lambdas("MultiplicativeLR"))
def test_multiplicative_lambdas(case: tuple[str, Run]) -> None:
    agree(*case)


@pytest.mark.parametrize("factor", FACTORS)
def test_each_lambda(factor: str) -> None:
    text = factor.format(T=6)
    agree(f"LambdaLR({SGD}(params, lr=0.1), lambda t: {text})", Run(12))


# --- a metric ------------------------------------------------------------------------------------

metrics = st.lists(
    st.one_of(
        st.sampled_from([1.0, 0.5, 0.1, float("nan"), float("inf"), 1e39, -1.0]),
        st.floats(0.0, 2.0),
    ),
    min_size=29,
    max_size=29,
)


@st.composite
def plateaus(draw: st.DrawFn) -> tuple[str, Run]:
    """Draw a ReduceLROnPlateau, its optimizer, and a run with its metrics."""
    optimizer = draw(optimizers(SGD, "mindspore", T_max=10, eta_min=0.0, last_epoch=-1))
    groups = max(optimizer.count("'lr'"), 1)
    least = st.one_of(rates(), st.integers(0, 1))
    arguments = {
        "mode": st.sampled_from(["'min'", "'max'"]),
        "factor": st.one_of(st.floats(0.0, 0.99), st.sampled_from([0.1, 0.5, 0, -1.0])),
        "patience": st.one_of(st.integers(0, 4), st.sampled_from([-1, 1.5])),
        "threshold": st.sampled_from([1e-4, 0.0, 0.1, 1.0, 1]),
        "threshold_mode": st.sampled_from(["'rel'", "'abs'"]),
        "cooldown": st.sampled_from([0, 0, 1, 3, 1.5, -2]),
        "min_lr": st.one_of(least, st.lists(least, min_size=groups, max_size=groups)),
        "eps": st.sampled_from([1e-8, 0, 0.01]),
    }
    written = [optimizer]
    for name, strategy in arguments.items():
        value = draw(strategy)
        written.append(f"{name}={value if isinstance(value, str) else literal(value)}")
    return f"ReduceLROnPlateau({', '.join(written)})", Run(30, metrics=draw(metrics))


@drawn
@given(plateaus())
def test_plateau(case: tuple[str, Run]) -> None:
    agree(*case)


# --- one after another ---------------------------------------------------------------------------

MEMBERS = [
    "StepLR({o}, {n}, 0.5)",
    "StepLR({o}, 0)",
    "LinearLR({o}, {s}, {s}, {n})",
    "LinearLR({o}, 0.5, 1.0, 0)",
    "LinearLR({o}, 0.5, 1.0, -2)",
    "ExponentialLR({o}, {s})",
    "PolynomialLR({o}, {n}, 2.0)",
    "PolynomialLR({o}, {n}, 0.9)",
    "PolynomialLR({o}, 0, 0.5)",
    "MultiplicativeLR({o}, lambda t: {s})",
    "ConstantLR({o}, {s}, {n})",
    "ConstantLR({o}, {s}, 0)",
    "LambdaLR({o}, lambda t: 1 / (t + {n}))",
    "CyclicLR({o}, 0.01, 0.3, {n})",
    "CosineAnnealingWarmRestarts({o}, {n}, 2, 0.01)",
    "CosineAnnealingLR({o}, {n}, 0.01)",
    "CosineAnnealingLR({o}, {n})",
    "MultiStepLR({o}, [{n}, 9], 0.5)",
    "ReduceLROnPlateau({o}, patience=0, threshold=1.0)",
]


@st.composite
def sequences(draw: st.DrawFn, depth: int = 2) -> str:
    """Draw a SequentialLR of two to four members, some of them a SequentialLR too."""
    members = []
    for _ in range(draw(st.integers(2, 4))):
        if depth and draw(st.integers(0, 4)) == 4:
            members.append(draw(sequences(depth - 1)))
            continue
        n, s = draw(st.integers(1, 9)), draw(st.sampled_from([0.5, 0.25, 0.9, 1.0]))
        members.append(draw(st.sampled_from(MEMBERS)).format(o="{o}", n=n, s=s))
    count = len(members) - 1
    at = draw(st.lists(st.integers(1, 20), min_size=count, max_size=count, unique=True))
    if draw(st.integers(0, 4)):
        at = sorted(at)
    last_epoch = draw(st.sampled_from([-1, -1, -1, -1, 0, 3, -3]))
    resumed = "" if last_epoch == -1 else f", last_epoch={last_epoch}"
    return f"SequentialLR({{o}}, [{', '.join(members)}], {at}{resumed})"


@settings(max_examples=2 * FEW)
@given(sequences(), optimizers(SGD, "mindspore", T_max=10, eta_min=0.0, last_epoch=-1))
def test_sequences(text: str, optimizer: str) -> None:
    named = text.replace("{o}", f"optimizer := {optimizer}", 1).replace("{o}", "optimizer")
    agree(named, Run(30))
