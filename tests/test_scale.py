"""Work follows the run that is asked for and the text as written, never a number in it."""

from __future__ import annotations

from typing import Final

import pytest

from isorate import Run, read, simulate
from tests.bounded import bounded

EXPERIMENTAL: Final = "mindspore.experimental.optim.lr_scheduler."


@pytest.mark.parametrize(
    "large",
    [
        "9**9**9",
        "-9**9**9",
        "2.0 * 9**9**9",
        "(9**9)**(9**9)",
        "2**-(9**9**9)",
        "min(9**9**9, t)",
        "int(t + 9)**9**9",
        "9**9**int(t + 9)",
        "(t > 1) * 9**9**9",
        "((10**9)**99999)**99999",
        "*".join(["(9**4000)"] * 60),
    ],
)
@pytest.mark.parametrize("home", ["torch.optim.lr_scheduler.", EXPERIMENTAL])
def test_no_integer_of_a_text_is_computed_without_a_bound(home: str, large: str) -> None:
    call = read(f"{home}LambdaLR(lr_lambda=lambda t: 1.0 if t < 2 else {large})", lr=0.1)
    curve = bounded(lambda: simulate(call, Run(12)))
    assert curve.updates == 2
    assert curve.halt is not None
