"""Optax without optax: what texts mean, what JAX is told, what other schedules become."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from isorate import ReadError, Run, compare, convert, simulate
from isorate.dialects import optax
from isorate.kit import xla
from isorate.reading.reader import reading
from tests.calls import read

SCRIPT = """
import jax, optax
from flax.training import train_state
warm = optax.linear_schedule(0.0, 0.1, 10)
cosine = optax.cosine_decay_schedule(0.1, decay_steps=90)
schedule = optax.join_schedules([warm, cosine], boundaries=[10])
"""
X64 = "jax.config.update('jax_enable_x64', True)"

# --- what an optimizer is given -----------------------------------------------------------------


@pytest.mark.parametrize(
    "more",
    [
        "tx = optax.adamw(learning_rate=schedule, weight_decay=1e-4)",
        "tx = optax.inject_hyperparams(optax.adam)(learning_rate=schedule)",
        "tx = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(schedule))",
        "tx = optax.chain(optax.scale_by_schedule(schedule), optax.scale(-1))",
        "tx = optax.MultiSteps(optax.sgd(schedule, momentum=0.9), every_k_schedule=4)",
        "tx = optax.sgd(schedule)\nstate = tx.init(p)\nupdates, state = tx.update(g, state)",
        "tx = optax.sgd(schedule)\ns = train_state.TrainState.create(params=params, tx=tx)",
        "rates = [schedule(step) for step in range(100)]\ntx = optax.sgd(schedule)",
        "fast = jax.jit(schedule)\ntx = optax.sgd(schedule)",
    ],
)
def test_the_schedule_that_an_optimizer_is_given_is_the_text_s(more: str) -> None:
    assert read(SCRIPT + more) == read(SCRIPT)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("tx = optax.chain(optax.scale_by_schedule(schedule), optax.scale(-0.5))", "multiplies"),
        ("tx = optax.chain(optax.adam(schedule), optax.sgd(rate))", "multiplies"),
        ("tx = optax.chain(optax.adam(schedule), optax.sgd(warm))", "multiplies"),
        ("half = lambda step: 0.5 * schedule(step)", "makes something else of schedule"),
        ("def half(step):\n    return schedule(step) / 2\ntx = optax.sgd(half(2))", "given half"),
        ("other = optax.constant_schedule(0.1)\ntx = optax.sgd(schedule)", "several schedules"),
        ("half = halved(schedule)", "makes something else of schedule"),
    ],
)
def test_what_becomes_of_a_schedule_is_not_passed_over(more: str, says: str) -> None:
    with pytest.raises(ReadError, match=says):
        read(SCRIPT + more)


def test_an_optimizer_may_stand_alone() -> None:
    text = "optax.inject_hyperparams(optax.adam)(learning_rate=optax.linear_schedule(0.1, 0., 9))"
    assert read(text) == optax.linear_schedule(0.1, 0.0, 9)
    with pytest.raises(ReadError, match="adam is an optimizer, and the text builds no scheduler"):
        read("optax.adam(0.1)")


# --- what JAX is told ----------------------------------------------------------------------------


def test_a_text_may_tell_jax_to_compute_in_float64() -> None:
    import_it = "from jax import config\nconfig.update('jax_enable_x64', x64)\n"
    text = import_it + "optax.cosine_decay_schedule(0.1, 9)"
    for x64, dtype in ((True, "float64"), (False, "float32")):
        call = read(text, names={"x64": x64})
        assert call.dtype == dtype == simulate(call, 3).values.dtype.name
    assert read(text, names={"x64": 1}).code.startswith(f"{X64}; optax.cosine")
    with pytest.raises(ReadError, match="--set x64"):
        read(text)
    with pytest.raises(ReadError, match="comes after what it changes"):
        read(f"s = optax.cosine_decay_schedule(0.1, 9)\n{X64}")


def test_a_call_that_holds_others_is_told_once() -> None:
    call = read(f"{X64}\n{SCRIPT}")
    assert call.code.count(X64) == 1
    assert call.code.startswith(X64)
    assert read(call.code) == call


# --- meaning ------------------------------------------------------------------------------------

SEQUENCE = "SequentialLR(o := SGD(p, lr=0.1)"
SAID = {
    "CosineAnnealingLR(SGD(p, lr=0.1), 100)": "cosine_decay_schedule",
    "LinearLR(SGD(p, lr=0.1), 0.5, total_iters=9)": "linear_schedule",
    "PolynomialLR(SGD(p, lr=0.1), 9, 2.0)": "polynomial_schedule",
    "StepLR(SGD(p, lr=0.1), 30)": "exponential_decay",
    "ExponentialLR(SGD(p, lr=0.1), 0.9)": "exponential_decay",
    "MultiStepLR(SGD(p, lr=0.1), [30, 60])": "piecewise_constant_schedule",
    "OneCycleLR(SGD(p, lr=0.1), 0.1, total_steps=100)": "piecewise_interpolate_schedule",
    "OneCycleLR(SGD(p, lr=0.1), 0.1, total_steps=100, anneal_strategy='linear', three_phase=True)":
        "piecewise_interpolate_schedule",
    "warmup_lr(0.1, 40, 1, 20)": "linear_schedule",
    "WarmUpLR(0.1, 20)": "linear_schedule",
    "CosineDecayLR(0.01, 0.1, 50)": "cosine_decay_schedule",
    "natural_exp_decay_lr(0.1, 0.9, 20, 1, 4)": "exponential_decay",
    f"{SEQUENCE}, [LinearLR(o, 0.1, total_iters=10), CosineAnnealingLR(o, 90)], [10])":
        "warmup_cosine_decay_schedule",
    f"{SEQUENCE}, [LinearLR(o, 0.1), ExponentialLR(o, 0.9)], [5])":
        "warmup_exponential_decay_schedule",
    f"{SEQUENCE}, [ConstantLR(o), ExponentialLR(o, 0.9), CosineAnnealingLR(o, 9)], [5, 20])":
        "join_schedules",
}  # fmt: skip


@pytest.mark.parametrize("text", SAID)
def test_other_frameworks_schedules_become_optax_s(text: str) -> None:
    way = convert(text, to="optax").ways[0]
    assert way.comparison.equal
    assert way.call.name == SAID[text]


def test_each_reaches_its_other_constructors_too() -> None:
    call = optax.warmup_cosine_decay_schedule(0.0, 0.1, 10, 100, 0.001)
    joined = optax.join_schedules(
        [optax.linear_schedule(0.0, 0.1, 10), optax.cosine_decay_schedule(0.1, 90, 0.01)], [10]
    )
    cycles = optax.sgdr_schedule([{n: v for n, v in call.arguments().items() if n != "exponent"}])
    for other in (joined, cycles):
        assert compare(call, other, Run(150)).equal
        assert other.lower().normal().at(99) == pytest.approx(call.lower().at(99), rel=1e-12)
    assert call.lower().at(10**6) == 0.001  # to the bit, whatever alpha rounds to


def test_where_compiling_makes_a_difference_is_said() -> None:
    said = reading("optax.polynomial_schedule(0.1, 0.0, 0.5, 57)").assumptions
    assert said == ("it runs outside jax.jit, where XLA gives NaN from update 57 on",)
    assert reading("optax.polynomial_schedule(0.1, 0.0, 2.0, 57)").assumptions == ()


def test_a_schedule_that_is_no_call_is_not_followed() -> None:
    with pytest.raises(ReadError, match="unknown"):
        read("optax.join_schedules([unknown, optax.constant_schedule(0.1)], [3])")
    call: Any = read("optax.join_schedules([lambda t: 0.2, optax.constant_schedule(0.1)], [1])")
    assert simulate(call, 2).values.tolist() == [np.float32(0.2), np.float32(0.1)]


# --- arithmetic ---------------------------------------------------------------------------------


def test_the_cosine_is_right() -> None:
    x = np.linspace(0, math.pi, 100_001).astype(np.float32)
    exact = np.cos(x.astype(np.float64))
    apart = np.abs(xla.cos(x) - exact) / np.spacing(np.abs(exact).astype(np.float32))
    assert apart.max() < 0.57  # not rounded exactly, but in one of a hundred
    assert (xla.cos(x) == exact.astype(np.float32)).mean() > 0.98
