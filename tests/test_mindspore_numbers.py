"""Integers and tensors where floats are usual, as MindSpore 2.10.0 has them.

Every number and every exception here is what MindSpore gave.
"""

from __future__ import annotations

import pytest

from isorate import Run, simulate
from isorate.schedule.errors import NativeError, RunError
from tests.calls import read

SGD = "mindspore.experimental.optim.SGD(params, lr=0.1)"


@pytest.mark.parametrize("rates", ["2**53 + 1, 1", "0.5, 2**63", "10, 16777217", "-(2**31), 1"])
def test_an_integer_that_float32_does_not_hold_is_no_rate_here(rates: str) -> None:
    call = read(f"CyclicLR({SGD}, {rates})", dialect="mindspore")
    with pytest.raises(RunError, match="Isorate does not follow CyclicLR"):
        call.checked()


@pytest.mark.parametrize(
    ("text", "error", "when"),
    [
        (f"CosineAnnealingLR({SGD}, 2**62)", "RuntimeError", "on the first step"),
        (f"CosineAnnealingWarmRestarts({SGD}, 3, eta_min=2**63)", "TypeError", "on construction"),
        (f"LambdaLR({SGD}, lambda t: (1, 2)[t % 2])", "ValueError", "on construction"),
    ],
)
def test_what_no_tensor_takes_is_refused(text: str, error: str, when: str) -> None:
    with pytest.raises(NativeError, match=f"mindspore raises {error} {when}"):
        read(text, dialect="mindspore").checked()


def test_the_step_to_0_is_taken_before_t_max_is_too_large() -> None:
    call = read(
        f"SequentialLR(optimizer := {SGD}, schedulers=[ExponentialLR(optimizer, 0.5), "
        "CosineAnnealingLR(optimizer, 2**62)], milestones=[3.5])",
        dialect="mindspore",
    )
    curve = simulate(call, Run(9))
    assert curve.halt is not None
    assert (curve.halt.update, curve.halt.error) == (5, "RuntimeError")
