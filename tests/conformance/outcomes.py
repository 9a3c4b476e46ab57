"""What MindSpore makes of any arguments at all, beside the fault that a call foresees."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from isorate import Run, simulate
from isorate.dialects import mindspore as dialect
from tests.calls import read
from tests.conformance.agreement import assert_agree
from tests.conformance.cases.mindspore import mindspore
from tests.conformance.frameworks import drive

ANY: list[Any] = [
    *[0.0, 0.1, 0.05, 1.0, -0.01, 1e-320, float("nan"), float("inf"), -float("inf"), -0.0],
    *[0, 1, 5, 10, -1, 6.0, True, False, None, "0.1", [0.1]],
    *[2**40, 2**64 - 1, 2**64, 10**400, -(2**70)],
    *[np.float64(0.1), np.float32(0.1), np.float64("nan"), np.int64(6), np.int32(2), np.bool_(1)],
    *[np.float64(0.0), np.float64(1.0), np.array(0.1)],
]

#: A rate, a count or a switch as it should be, or else anything.
RATE, COUNT, SWITCH = (
    st.one_of(st.sampled_from(good), st.sampled_from(good), st.sampled_from(ANY))
    for good in ([0.0, 0.01, 0.1, np.float64(0.5)], [1, 2, 6, 10], [True, False])
)


def small(value: Any) -> bool:
    """Whether MindSpore would not take minutes over it as a total_step."""
    return not isinstance(value, int) or value < 10**6 or value >= 2**64


def same_outcome(name: str, arguments: tuple[Any, ...]) -> None:
    """Assert the same exception class, or the same rates."""
    call = getattr(dialect, name)(*arguments)
    fault = call.fault()
    try:
        made = getattr(mindspore().nn, name)(*arguments)
    except Exception as error:
        assert fault is not None, (arguments, error)
        assert fault.error is type(error), (arguments, fault, error)
        assert fault.when == "on construction"
        return
    if isinstance(made, list) and not made:
        assert fault is not None
        assert fault.when == "on the first step"
        return
    assert fault is None, (arguments, fault)
    if isinstance(made, list):
        assert made == simulate(call, Run(len(made))).values.tolist()


def agree(text: str, run: Run, optimizer: str = "SGD") -> None:
    """Assert that MindSpore and its native arithmetic agree on a text, a list by training."""
    seen = drive(text, run, framework="mindspore", weigh=True, optimizer=optimizer)
    assert_agree(seen, read(text, dialect="mindspore"), run)
