"""Integers and tensors where floats are usual, as MindSpore 2.10.0 has them.

Every number and every exception here is what MindSpore gave.
"""

from __future__ import annotations

import pytest

from isorate import Run, read, simulate
from isorate.schedule.errors import NativeError

SGD = "mindspore.experimental.optim.SGD(params, lr=0.1)"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("base_lr=2**53 + 1, max_lr=2**53, step_size_up=2", {0: 1.0, 1: 2.0**53}),
        ("base_lr=2**31, max_lr=2**31, step_size_up=2", {0: -(2.0**31), 1: 2.0**31}),
        (
            "base_lr=10, max_lr=16777217, step_size_up=3",
            {1: float.fromhex("0x1.55556cp+22"), 3: 2.0**24},
        ),
    ],
)
def test_a_parameter_holds_32_bits_of_an_integer_and_a_tensor_64(
    arguments: str, expected: dict[int, float]
) -> None:
    rates = simulate(read(f"CyclicLR({SGD}, {arguments})", dialect="mindspore"), Run(5)).values
    assert {update: float(rates[update]) for update in expected} == expected


@pytest.mark.parametrize(
    ("text", "error", "when"),
    [
        (f"CyclicLR({SGD}, base_lr=0.5, max_lr=2**63)", "TypeError", "on construction"),
        (f"CyclicLR({SGD}, base_lr=2**63, max_lr=1)", "TypeError", "on the first step"),
        (f"CyclicLR({SGD}, base_lr=[[0.1]], max_lr=1)", "RuntimeError", "on construction"),
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
