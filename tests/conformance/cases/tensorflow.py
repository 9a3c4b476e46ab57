"""TensorFlow 1's functions of a global step: its texts, and how they are run for real."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import strategies as st

from isorate import Run
from tests.conformance.cases._case import Case
from tests.conformance.cases._home import Home, How, Seen

if TYPE_CHECKING:
    from collections.abc import Iterator

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

HERE = "tensorflow.compat.v1.train"
NATURAL = ("5, 0.5", "5, 0.5, True", "100, 0.04", "1, 0.1", "3, 2.0", "7, 0.1", "2.5, 0.5",
           "10, 0.3, staircase=True", "7, 0.03, True", "6, 0.0", "3, 1.0, True",
           "decay_steps=4, decay_rate=0.7, name='down'")  # fmt: skip
#: Arguments besides the first rate and the step.
TAKEN: dict[str, tuple[str, ...]] = {
    "exponential_decay": ("5, 0.5", "5, 0.5, True", "100, 0.96", "1, 0.9", "3, 2.0", "7, 0.1",
                          "2.5, 0.5", "10, 0.3, staircase=True", "7, 0.97, True", "6, 1.0",
                          "3, 2, True", "decay_steps=4, decay_rate=0.7, name='down'"),
    "inverse_time_decay": NATURAL,
    "natural_exp_decay": NATURAL,
    "polynomial_decay": ("10", "10, 0.01", "5, 0.0, 2.0", "7, 0.001, 0.5", "6, 0.01, cycle=True",
                         "4, 0.0, 1.0, True", "8, power=3.0", "20, 0.1", "3, 0.2, 2.0", "1",
                         "12, end_learning_rate=1e-5, power=0.9", "9, 0.0, 1, True"),
    "cosine_decay": ("10", "7, 0.1", "24, alpha=0.01", "1", "5, 1.0", "3, 0.5", "100", "12, 0.0",
                     "13, 1e-3", "6, 2.0", "30, alpha=0.3", "9.5"),
    "cosine_decay_restarts": ("5", "5, 1.0", "4, 2.0, 0.5", "3, 1.0, 0.9, 0.1", "6, t_mul=1.5",
                              "7, 3.0", "2, 2.0, 1.0, 0.01", "10, 1.0, m_mul=0.5", "4, alpha=0.2",
                              "5, 2.0, 0.8", "8, 1.0", "20"),
    "linear_cosine_decay": ("10", "7, 0.5, 0.1", "12, num_periods=2.0", "5, 1.5, 0.0, 0.0", "24",
                            "9, alpha=0.2, beta=0.01", "1", "6, 0.25", "30, 3.0", "8, 0.5, 1.0",
                            "10, beta=0.1", "13, 1.0, 0.1, 0.01"),
}  # fmt: skip
STAIRS = (
    "[3, 6], [0.1, 0.05, 0.01]", "[0], [0.1, 0.05]", "[2, 4, 6], [0.1, 0.2, 0.3, 0.4]",
    "[30, 60], [0.1, 0.01, 0.001]", "[5], [0.0, 0.1]", "[9], [1e-3, 1.0]", "[20], [0.1, 0.1]",
    "[1, 2, 3, 4], [0.5, 0.4, 0.3, 0.2, 0.1]", "[7, 8], [0.1, -0.1, 0.2]", "[12], [0.3, 0.2]",
    "[10, 11, 40], [3e-4, 1e-4, 5e-5, 1e-5]", "boundaries=[4], values=[0.2, 0.1], name='s'",
)  # fmt: skip
STAIRCASES = ("piecewise_constant", "piecewise_constant_decay")


def scope(lr: Any, bare: bool) -> dict[str, Any]:
    """Return what a text may name; the step is one that the run counts."""
    tf = importlib.import_module("tensorflow")
    step = tf.Variable(0, dtype=tf.int64, trainable=False)
    return {"tensorflow": tf, "tf": tf, "global_step": step}


def go_through(built: Any, run: Run, how: How) -> Seen:
    """Count the step, and look at the rate, which an optimizer takes for real in a short run."""
    tf, step, rates = importlib.import_module("tensorflow"), how.names["global_step"], []
    try:
        for update in range(run.length):
            step.assign(update)
            rates.append(np.asarray(built()))
    except Exception as error:
        return Seen(np.empty((1, 0), np.float32), type(error).__name__)
    if how.weigh:
        step.assign(0)
        weight = tf.Variable(0.0)
        optimizer = tf.compat.v1.train.GradientDescentOptimizer(built)
        for rate in rates:
            weight.assign(0.0)
            optimizer.apply_gradients([(tf.constant(1.0), weight)], global_step=step)
            assert float(weight) == -float(rate) or np.isnan(rate), (weight, rate)
    return Seen(np.array([rates], np.float32))


def functions() -> Iterator[Case]:
    """Vary each function."""
    for name, taken in TAKEN.items():
        for arguments in taken:
            text = f"{HERE}.{name}(0.1, global_step, {arguments})"
            unsaid = "its cycles grow by half" if "t_mul=1.5" in arguments else None
            yield Case(f"{name}-{arguments}", text, 24, unsaid=unsaid)
        arguments = next(each for each in taken if each[0].isdigit()).replace("5", "1000", 1)
        yield Case(f"{name}-long", f"{HERE}.{name}(0.3, global_step, {arguments})", 3000)
    for name in STAIRCASES:
        for arguments in STAIRS:
            yield Case(f"{name}-{arguments}", f"{HERE}.{name}(global_step, {arguments})", 24)


def refusals() -> Iterator[Case]:
    """Visit what is refused."""
    for name in STAIRCASES:
        for arguments in ("[3], [0.1]", "[], []", "[3, 6], [0.1, 0.2]"):
            text = f"{HERE}.{name}(global_step, {arguments})"
            yield Case(f"bad-{name}-{arguments}", text, raises=True)


@st.composite
def drawn(draw: st.DrawFn) -> tuple[str, Run, bool]:
    """Draw a call, its run, and whether it is compiled."""
    name = draw(st.sampled_from(sorted(TAKEN)))
    arguments = draw(st.sampled_from(TAKEN[name]))
    first = draw(st.floats(1e-6, 1.0))
    text = f"{HERE}.{name}({first!r}, global_step, {arguments})"
    return text, Run(draw(st.integers(1, 300))), False


HOME = Home(
    parts={"functions": functions, "refusals": refusals},
    packages=("tensorflow",),
    scope=scope,
    drive=go_through,
    numpy=2,
    drawn=drawn,
)
