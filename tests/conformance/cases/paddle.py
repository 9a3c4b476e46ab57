"""The rows of PaddlePaddle's schedulers, which an optimizer is given."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import strategies as st

from isorate import Run
from tests.conformance.cases._case import Case, by_name
from tests.conformance.cases._home import Home, How, Seen
from tests.conformance.cases.torch import phases, restarts
from tests.conformance.drawing import literal, rates

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = "paddle.optimizer.lr"
BEGUN = "it goes on part of the way, where no schedule is"
GROWS = "no shape grows without end"
FOLLOWS = "it follows a metric"
METRICS = [1.0, 0.9, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.79, 0.5, 0.5, 0.5, 0.5, 0.5, 0.9] * 2
#: Arguments of each scheduler.
TAKEN: dict[str, tuple[str, ...]] = {
    "NoamDecay": (
        "512, 4", "64, 10, 0.5", "64, 1", "d_model=768, warmup_steps=8, learning_rate=2", "1, 5",
        "512, 4, last_epoch=2", "512, 4000", "64, 2.5", "300, 7, 0", "100.5, 3", "64, 12, 1e-3",
        "512, 4, 1.0, 11", "2**20, 6, 3.0",
    ),
    "PiecewiseDecay": (
        "[3, 6], [0.1, 0.05, 0.01]", "[3], [0.1, 0.05]", "[3], [0.1, 0.2, 0.3]",
        "(2, 9), (1, 2, 3)",
        "[6, 3], [0.1, 0.05, 0.01]", "[3, 3], [0.1, 0.05, 0.01]", "[2.5, 6], [0.1, 0.05, 0.01]",
        "[0, 4], [0.1, 0.05, 0.01]", "[-2, 4], [0.1, 0.05, 0.01]", "[3, 6], [0.1, 0.05, 0.01], 4",
        "boundaries=[5, 10, 15], values=[1e-3, 1e-4, 1e-5, 1e-6]",
        "[3, 9, 5], [1.0, 2.0, 3.0, 4.0]",
        "[1], [0.0, 0.1]",
    ),
    "NaturalExpDecay": (
        "0.1, 0.1", "0.1, 2.0", "1, 0.05", "0.1, 1e-9", "0.5, 800.0", "0.1, 0.1, 5", "0, 0.1",
        "learning_rate=0.3, gamma=0.7", "0.1, 1", "2.0, 0.03", "1e-5, 0.2", "0.1, gamma=0.25",
    ),
    "InverseTimeDecay": (
        "0.1, 0.1", "0.1, 0.0", "1, 0.5", "0.1, -0.01", "0.1, 2", "0.1, 0.1, 5", "0, 0.1",
        "3, 1e-9",
        "learning_rate=0.3, gamma=0.7", "1e-5, 0.2", "0.1, gamma=10.0", "0.1, -0.5",
    ),
    "ExponentialDecay": (
        "0.1, 0.9", "0.1, 0.5", "1, 0.99", "0.1, 1e-9", "0.1, 0.9, 5", "0, 0.1", "3, 0.999999",
        "learning_rate=0.3, gamma=0.7", "1e-5, 0.2", "0.1, gamma=0.25", "2.0, 0.97", "0.1, 0.1",
    ),
    "PolynomialDecay": (
        "0.1, 8", "0.1, 8, 0.001, 2.0", "0.1, 5, cycle=True", "0.1, 5, 0.0, 0.5, True", "0.1, 1",
        "1, 20, 0, 1", "0.1, 12, 0.2", "0.1, 8, 0.0, 3", "0.1, 8, last_epoch=3",
        "0.1, 7, power=0.9",
        "learning_rate=0.5, decay_steps=20, end_lr=0, power=1.5", "0.1, True",
        "0.1, 5, 0.01, 2, True",
        "0, 8", "0.1, 1, cycle=True",
    ),
    "MultiStepDecay": (
        "0.1, [3, 6]", "0.1, [3, 6], 0.5", "0.1, (3, 9)", "0.1, []", "1, [4], -0.5", "0.1, [0, 5]",
        "0.1, [3, 6], 0.5, 4", "0.1, [2.5, 6]", "0.1, milestones=[1, 2, 3], gamma=0.9", "0.1, [30]",
        "0, [3, 6]", "0.1, [-3, 4], 0.3", "0.1, [5], 0",
    ),
    "StepDecay": (
        "0.1, 3", "0.1, 3, 0.5", "0.1, 1, 0.9", "1, 7", "0.1, 3, 0", "0.1, 5, -0.5",
        "0.1, 3, 0.5, 4",
        "learning_rate=0.5, step_size=4, gamma=0.8", "0.1, True", "0, 3", "0.1, 30", "1e-4, 2, 0.7",
    ),
    "CosineAnnealingDecay": (
        "0.1, 10", "0.1, 10, 0.001", "0.1, 1", "0.1, 3, 0.01", "0.1, 7, 0.2", "1, 5", "0.1, 2",
        "learning_rate=0.5, T_max=10, eta_min=0", "0.1, 10, 0.001, 4", "0.1, 4, last_epoch=6",
        "0, 5", "0.1, True", "0.1, 25", "0.1, 6, -0.01", "0.1, 5, 0.01, 5",
    ),
    "CosineAnnealingWarmRestarts": (
        "0.1, 4", "0.1, 4, 2, 0.001", "0.1, 1", "0.1, 3, 3", "0.1, 1, 2", "1, 5, eta_min=0.2",
        "0.1, T_0=6, T_mult=1", "0.1, 4, 2, 0, 2", "0.1, 4, 1, 0, 2", "0.1, 4, 2, 0.0, 5",
        "0.1, 30",
        "0, 4", "0.1, 7, 1, 1e-3",
    ),
    "LinearLR": (
        "0.1, 5", "0.1, 5, 0.1, 0.5", "0.1, 5, 1.0, 0.0", "0.1, 1", "1, 10, 0.5", "0.1, 4, 1, 1",
        "learning_rate=0.2, total_steps=20, start_factor=0.01, end_factor=1", "0.1, 3, 0.9, 0.1",
        "0.1, 10, last_epoch=3", "0.1, 3, last_epoch=8", "0, 5", "0.1, 12, 1e-6",
    ),
    "CyclicLR": (
        "0.01, 0.1, 4", "0.01, 0.1, 4, 6", "0.01, 0.1, 4, mode='triangular2'", "0.01, 0.1, 1",
        "0.01, 0.1, 4, mode='exp_range', exp_gamma=0.97", "0.01, 0.1, 3, 5, 'exp_range', 0.9",
        "0.01, 0.1, 4, scale_fn=lambda x: 1 / (5 ** (x * 0.0001))", "0.1, 0.01, 5", "0, 1, 3, 2",
        "0.01, 0.1, 3, None, 'triangular', 1.0, lambda t: 0.99**t, 'iterations'", "0.5, 1, 7, 2",
        "0.01, 0.1, 3, mode='other', scale_fn=lambda c: 0.5**(c - 1)", "0.01, 0.1, 4, last_epoch=5",
        "base_learning_rate=0.5, max_learning_rate=1.0, step_size_up=15, step_size_down=5",
    ),
    "LambdaDecay": (
        "0.1, lambda t: 0.95**t", "0.1, lambda t: 1 / (1 + t)", "1, lambda t: min(1.0, t / 8)",
        "0.1, lr_lambda=lambda x: 0.5 * (1 + math.cos(math.pi * x / 20))", "0, lambda t: 1.0",
        "0.1, lambda e: 1.0 if e < 5 else 0.1", "0.1, lambda t: 2", "0.1, lambda t: t", "3, "
        "lambda t: max(0.0, (20 - t) / 20)", "0.1, lambda t: 0.95**t, 4", "0.1, lambda t: -1.0",
        "0.1, lambda t: 1 / (12 - t)",
    ),
    "OneCycleLR": (
        "0.5, 25", "0.5, 25, anneal_strategy='linear'", "0.5, 30, three_phase=True", "1, 24, 10, 0",
        "0.5, 26, 10.0, 1e-5, 0.25", "0.5, 25, phase_pct=0.0", "0.5, 25, phase_pct=1.0", "0, 25",
        "max_learning_rate=0.1, total_steps=40, divide_factor=4, end_learning_rate=0.01",
        "0.5, 25, 25.0, 0.0001, 0.4, 'linear', True", "0.5, 25, last_epoch=4", "0.1, 25, 0.5",
        "0.5, 25, end_learning_rate=0.6",
    ),
}  # fmt: skip
#: Functions whose products no formula says, and those that are the same at every step.
PRODUCTS: tuple[tuple[str, bool], ...] = (
    ("0.1, lambda t: 0.95", True), ("0.5, lambda epoch: 0.9", True), ("1, lambda t: 1", True),
    ("0.1, lr_lambda=lambda t: 0.5", True), ("0.1, lambda t: 1 + 1 / (1 + t)", False),
    ("0.1, lambda t: 0.99**t", False), ("0, lambda t: 0.9", True), ("0.1, lambda t: 0.0", True),
    ("0.1, lambda t: 0.9 if t % 5 == 0 else 1.0", False), ("0.1, lambda t: 0.95, 4", True),
    ("2.0, lambda t: t / (t + 1)", False), ("0.1, lambda t: 1.1", True),
)  # fmt: skip
#: What is warmed up to.
WARMED: tuple[str, ...] = (
    "0.1", "0.05", "1", f"{HERE}.CosineAnnealingDecay(0.1, 8)", f"{HERE}.PolynomialDecay(0.1, 6)",
    f"{HERE}.CosineAnnealingDecay(0.1, 8, 0.01, 3)", f"{HERE}.StepDecay(0.1, 3)",
    f"{HERE}.LinearLR(0.1, 5)", f"{HERE}.CosineAnnealingWarmRestarts(0.1, 4)",
    f"{HERE}.CosineAnnealingWarmRestarts(0.1, 3, 2, 0.001)", f"{HERE}.CyclicLR(0.01, 0.1, 4)",
    f"{HERE}.MultiStepDecay(0.1, [4, 9])", f"{HERE}.LambdaDecay(0.1, lambda t: 0.9**t)",
    f"{HERE}.MultiplicativeDecay(0.1, lambda t: 0.9)", f"{HERE}.NoamDecay(64, 5)",
    f"{HERE}.LinearWarmup({HERE}.StepDecay(0.2, 5), 4, 0.1, 0.2)", f"{HERE}.OneCycleLR(0.1, 12)",
    f"{HERE}.PiecewiseDecay([5], [0.1, 0.02])", f"{HERE}.ExponentialDecay(0.1, 0.9)",
)  # fmt: skip
PLATEAUS: tuple[str, ...] = (
    "1.0, patience=2", "1.0, factor=0.5, patience=1, cooldown=2", "1, 'max', 0.5, 1", "0.1",
    "0.1, factor=0.5, patience=1, threshold=0.05, threshold_mode='abs', min_lr=0.02",
    "0.1, 'MIN', 0.1, 3",
    "0.1, patience=0, factor=0.9", "1.0, 'max', 0.5, 0, 0.1, 'ABS', 1", "0.1, 'min', 0.5, 2, 0.2",
    "0.1, factor=0.5, patience=1, epsilon=0.03", "-0.1, factor=0.5, patience=1",
    "0.1, factor=-0.5, "
    "patience=3, min_lr=-1.0", "0.1, factor=0.5, patience=2, cooldown=5",
)  # fmt: skip
REFUSED: dict[str, tuple[str, ...]] = {
    "NoamDecay": ("0, 4", "-1, 4", "64, 0", "64, 4, -1.0", "64, 4, 'a'", "'64', 4", "64, '4'"),
    "PiecewiseDecay": ("[], [0.1]", "[3], [0.1]", "3, [0.1]", "[3], 0.1", "['a'], [0.1, 0.2]"),
    "NaturalExpDecay": ("0.1, 0.0", "0.1, -1", "-0.1, 0.1", "'a', 0.1", "0.1, '0.1'", "0.1, None"),
    "InverseTimeDecay": ("-0.1, 0.1", "'a', 0.1", "0.1, '0.1'", "0.1, -1", "[0.1], 0.1"),
    "ExponentialDecay": ("0.1, 1.0", "0.1, 0.0", "-0.1, 0.5", "'a', 0.5", "0.1, '0.5'"),
    "PolynomialDecay": (
        "0.1, 0", "0.1, 5.0", "0.1, 5, power=0.0", "-0.1, 5", "'a', 5", "0.1, '5'", "0.1, 5, 'a'",
    ),
    "LinearWarmup": (
        "0.1, 0, 0.0, 0.1", "0.1, 3, 0.1, 0.1", "'x', 3, 0.0, 0.1", "0.1, 3.0, 0.0, 0.1",
        "0.1, 3, -0.1, 0.1", "0.1, 3, '0', 0.1", "None, 3, 0.0, 0.1", "0.1, 3, 0.2, 0.1",
        "[0.1], 3, 0.0, 0.1",
    ),
    "MultiStepDecay": (
        "0.1, 3", "0.1, [6, 3]", "0.1, [3, 3]", "0.1, [3], 1.0", "-0.1, [3]", "'a', [3]",
        "0.1, [3], '0.5'", "0.1, ['a', 3]",
    ),
    "StepDecay": (
        "0.1, 0", "0.1, 2.0", "0.1, 2, 1.0", "-1.0, 2", "'a', 2", "0.1, -3", "0.1, 2, '0.5'",
        "0.1, 2, 0, -5",
    ),
    "LambdaDecay": ("0.1, 0.5", "-0.1, lambda t: 1.0", "'a', lambda t: 1.0", "0.1, lambda t: 'a'",
                    "0.1, None"),
    "MultiplicativeDecay": ("0.1, 0.5", "-0.1, lambda t: 1.0", "'a', lambda t: 1.0", "0.1, None",
                            "0.1, lambda t: None"),
    "ReduceOnPlateau": ("0.1, 'x'", "0.1, factor=1.0", "0.1, threshold_mode='x'", "'a'", "0.1, 3",
                        "0.1, threshold_mode=None", "0.1, factor='0.1'"),
    "CosineAnnealingDecay": ("0.1, 0", "0.1, 5.0", "-0.1, 5", "'a', 5", "0.1, 5, 'a'", "0.1, -5"),
    "CosineAnnealingWarmRestarts": ("0.1, 0", "0.1, 4, 0", "0.1, 4, 1.5", "-0.1, 4", "'a', 4",
                                    "0.1, 4.0", "0.1, '4'", "0.1, 4, 1, 'a'"),
    "OneCycleLR": (
        "0.5, 0", "0.5, 10, phase_pct=1", "0.5, 10, phase_pct=0.6, three_phase=True", "0.5, 10.0",
        "0.5, 10, anneal_strategy='x'", "0.5, 10, end_learning_rate=-1.0", "-0.5, 10", "'a', 10",
        "0.5, 10, 0", "0.5, 10, phase_pct=0.1", "0.5, 10, phase_pct=1.5", "0.5, 10, -25",
        "0.5, 10, '25'", "0.5, 10, 25, None",
    ),
    "CyclicLR": (
        "0.01, 0.1, 0", "0.01, 0.1, 4.0", "0.01, 0.1, 4, mode='x'", "0.01, 0.1, 4, 0",
        "-0.01, 0.1, 4",
        "0.01, 0.1, 3, exp_gamma=1", "0.01, -0.1, 4", "'a', 0.1, 4", "0.01, 'a', 4",
        "0.01, 0.1, 4, 2.5",
        "0.01, 0.1, 4, scale_mode='x'",
    ),
    "LinearLR": (
        "0.1, 0", "0.1, 5, 0.0", "0.1, 5, 0.5, 1.5", "-0.1, 5", "'a', 5", "0.1, '5'", "0.1, 5, 1.5",
        "0.1, 5, 0.5, -0.1",
    ),
}  # fmt: skip


def call(name: str, arguments: str) -> str:
    """Return a call as text."""
    return f"{HERE}.{name}({arguments})"


def schedulers() -> Iterator[Case]:
    """Visit every scheduler with usual and odd arguments."""
    for name, taken in TAKEN.items():
        for arguments in taken:
            unsaid = GROWS if name == "InverseTimeDecay" and ", -" in arguments else None
            yield Case(f"{name}-{arguments}", call(name, arguments), unsaid=unsaid)
        yield Case(f"{name}-epochs", call(name, taken[0]), every=3)
    for arguments, said in PRODUCTS:
        unsaid = None if said else "a product of factors that vary"
        text = call("MultiplicativeDecay", arguments)
        yield Case(f"MultiplicativeDecay-{arguments}", text, unsaid=unsaid)
    for name, arguments in LONG:
        yield Case(f"{name}-long", call(name, arguments), 3_300)


LONG = (
    ("NoamDecay", "512, 400"), ("PiecewiseDecay", "[1000, 2000], [0.1, 0.01, 0.001]"),
    ("NaturalExpDecay", "0.1, 0.001"), ("InverseTimeDecay", "0.1, 0.01"),
    ("ExponentialDecay", "0.1, 0.999"), ("PolynomialDecay", "0.1, 3000, power=0.9"),
    ("MultiStepDecay", "0.1, [1000, 2000]"), ("StepDecay", "0.1, 300, 0.7"),
    ("CosineAnnealingDecay", "0.1, 1500, 1e-4"), ("LinearLR", "0.1, 3000, 0.01"),
    ("CosineAnnealingWarmRestarts", "0.1, 100, 2, 1e-4"), ("OneCycleLR", "0.1, 3299"),
    ("CyclicLR", "0.01, 0.1, 170, mode='triangular2'"),
)  # fmt: skip


def warmups() -> Iterator[Case]:
    """Visit warm-ups of everything, begun and resumed."""
    for index, held in enumerate(WARMED):
        text = call("LinearWarmup", f"{held}, 5, 0.0, 0.1")
        yield Case(f"LinearWarmup-{index}", text)
    for index in (0, 3, 7, 9, 12, 13):
        text = call("LinearWarmup", f"{WARMED[index]}, 5, 0.01, 0.1, 8")
        unsaid = BEGUN if index == 7 else None
        yield Case(f"LinearWarmup-{index}-resumed", text, unsaid=unsaid)
    text = call("LinearWarmup", f"{WARMED[3]}, warmup_steps=3, start_lr=0, end_lr=1")
    yield Case("LinearWarmup-epochs", text, every=2)
    text = call("LinearWarmup", f"{HERE}.CosineAnnealingDecay(0.1, 3000), 300, 0.0, 0.1")
    yield Case("LinearWarmup-long", text, 3_300)


def plateaus() -> Iterator[Case]:
    """Visit what follows a metric."""
    for arguments in PLATEAUS:
        text = call("ReduceOnPlateau", arguments)
        yield Case(f"ReduceOnPlateau-{arguments}", text, metrics=METRICS, unsaid=FOLLOWS)


def refusals() -> Iterator[Case]:
    """Visit what is refused, when it is built or at the first step."""
    for name, refused in REFUSED.items():
        for arguments in refused:
            metrics = METRICS if name == "ReduceOnPlateau" else None
            yield Case(
                f"bad-{name}-{arguments}", call(name, arguments), metrics=metrics, raises=True
            )


def scope(lr: Any, bare: bool) -> dict[str, Any]:
    """Return what a text may name."""
    return {"paddle": importlib.import_module("paddle")}


def go_through(scheduler: Any, run: Run, how: How) -> Seen:
    """Step a scheduler beside an optimizer that is given it, in float32 as it computes."""
    paddle = importlib.import_module("paddle")
    parameter = paddle.create_parameter([1], "float32")
    optimizer = paddle.optimizer.SGD(scheduler, parameters=[parameter])
    followed = run.metrics or [] if type(scheduler).__name__ == "ReduceOnPlateau" else None
    found: list[float] = []
    for update in range(run.length):
        found.append(rate(optimizer.get_lr()))
        if how.weigh:
            moved = move(parameter, optimizer)
            with np.errstate(over="ignore"):
                assert np.array_equal(moved, np.float32(found[-1]), equal_nan=True), (moved, found)
        if (update + 1) % run.updates_per_step == 0 and update + 1 < run.length:
            try:
                at = update // run.updates_per_step
                scheduler.step(*([] if followed is None else [followed[at]]))
            except Exception as error:
                return Seen(np.array([found]), type(error).__name__)
    return Seen(np.array([found]))


def rate(lr: Any) -> float:
    """Return a rate as a float; a text is none, though it may read as one."""
    if isinstance(lr, str | complex):
        raise TypeError(lr)
    return float(lr)


def move(parameter: Any, optimizer: Any) -> np.float32:
    """Take one update with gradient 1 from 0; return how far it went."""
    paddle = importlib.import_module("paddle")
    with paddle.no_grad():
        parameter.set_value(np.zeros(1, np.float32))
    optimizer.clear_grad()
    parameter.sum().backward()
    optimizer.step()
    moved: np.float32 = -parameter.numpy()[0]
    return moved


steps = st.integers(1, 30)
lambdas = st.sampled_from(["lambda t: 0.9**t", "lambda t: 1 / (1 + t)", "lambda t: 0.95",
                           "lambda t: min(1.0, t / 7)"])  # fmt: skip
ARGUMENTS: dict[str, Any] = {
    "learning_rate": rates() | st.integers(0, 3), "d_model": st.sampled_from([1, 64, 512, 0]),
    "warmup_steps": steps, "gamma": st.sampled_from([0.1, 0.5, 0.9, 0.0, 1.0, 0.97, -0.3]),
    "decay_steps": steps, "end_lr": st.sampled_from([0.0, 1e-4, 0.1, 0.3, 1]),
    "cycle": st.booleans(), "power": st.sampled_from([1.0, 2.0, 0.5, 0.9, 3]),
    "start_lr": st.sampled_from([0.0, 0.01, 0.2]),
    "milestones": st.lists(st.integers(0, 40), max_size=4).map(sorted), "step_size": steps,
    "boundaries": st.lists(st.integers(0, 40), min_size=1, max_size=3), "T_max": steps,
    "values": st.lists(st.floats(0.0, 1.0), min_size=1, max_size=5), "T_0": steps,
    "eta_min": st.sampled_from([0, 0.001, 0.3, 1e-6]), "T_mult": st.sampled_from([1, 2, 3]),
    "max_learning_rate": rates(), "base_learning_rate": rates(), "total_steps": st.integers(1, 90),
    "divide_factor": st.sampled_from([25.0, 10, 1.5]),
    "phase_pct": st.sampled_from([0.3, 0.1, 0.45]),
    "end_learning_rate": st.sampled_from([1e-4, 0.0, 1e-6]), "three_phase": st.booleans(),
    "anneal_strategy": st.sampled_from(["cos", "linear"]), "step_size_up": steps,
    "step_size_down": st.none() | steps, "exp_gamma": st.sampled_from([1.0, 0.9, 0.999]),
    "mode": st.sampled_from(["triangular", "triangular2", "exp_range"]), "lr_lambda": lambdas,
    "start_factor": st.sampled_from([1.0, 0.1, 0.3333, 0.001]), "scale_fn": st.none() | lambdas,
    "end_factor": st.sampled_from([1.0, 0.5, 0.0]),
    "last_epoch": st.sampled_from([-1, -1, 0, 3, 17]),
    "scale_mode": st.sampled_from(["cycle", "iterations"]),
}  # fmt: skip


#: What is drawn as code.
CODE = ("lambda", HERE)


@st.composite
def drawn(draw: st.DrawFn) -> tuple[str, Run, bool]:
    """Draw a scheduler with some of its arguments, perhaps within a warm-up, and a run."""
    from isorate.dialects.paddle import DIALECT, LinearWarmup, ReduceOnPlateau

    def one(kinds: list[Any]) -> str:
        kind = draw(st.sampled_from(kinds))
        own = [name for name in kind.parameters() if name in ARGUMENTS]
        given = [n for n in own if n not in kind.defaults() or draw(st.booleans())]
        told = {name: draw(ARGUMENTS[name]) for name in given}
        if kind is LinearWarmup and draw(st.booleans()):
            told["learning_rate"] = one([k for k in kinds if k is not ReduceOnPlateau])
        text = (f"{n}={v if str(v).startswith(CODE) else literal(v)}" for n, v in told.items())
        return call(kind.__name__, ", ".join(text))

    every = draw(st.sampled_from([1, 1, 3]))
    run = Run(draw(st.integers(1, 90)))
    if every > 1:
        run = Run(run.length, updates_per_epoch=every, step_every="epoch")
    kinds = [kind for kind in DIALECT.constructors if kind is not ReduceOnPlateau]
    return one(kinds), run, False


HOME = Home(
    parts=by_name(schedulers, warmups, plateaus, refusals),
    packages=("paddle",),
    scope=scope,
    drive=go_through,
    weighed=100,
    marker="torch",
    drawn=drawn,
    entered={
        f"{HERE}.{name}": (f"{HERE}.{name}({arguments})", enter)
        for name, arguments, enter in (
            ("PiecewiseDecay", "[5, {}], [0.1, 0.05, 0.01]", phases),
            ("NaturalExpDecay", "0.1, 1 / {}", phases),
            ("InverseTimeDecay", "0.1, 1 / {}", phases),
            ("ExponentialDecay", "0.1, 0.999", phases),
            ("MultiStepDecay", "0.1, [5, {}], 0.5", phases),
            ("StepDecay", "0.1, {}, 0.999", phases),
            ("OneCycleLR", "0.1, {}, phase_pct=0.37", phases),
            ("CosineAnnealingWarmRestarts", "0.1, {}, eta_min=0.003", restarts),
        )
    },
)
