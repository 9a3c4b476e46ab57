"""``isorate.mindspore``'s lists beside MindSpore's own, and inside its optimizers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from isorate.mindspore import cosine_decay_lr

mindspore = pytest.importorskip("mindspore")
from mindspore import nn  # noqa: E402

from tests.training.mindspore_parts import applied_by, one_parameter  # noqa: E402

pytestmark = pytest.mark.mindspore

mindspore.runtime.launch_blocking()  # errors are raised where they belong

# --- the lists ----------------------------------------------------------------------------------


@given(
    min_lr=st.just(0.0) | st.floats(1e-300, 1e300),
    width=st.floats(1e-300, 1e300),
    total=st.integers(1, 600),
    every=st.sampled_from([1, 2, 3, 64, 65, 1000, 2**62, 2**63 - 1]),
    decay=st.integers(1, 800) | st.just(2**53),
    numpy=st.booleans(),
)
def test_the_drop_in_is_mindspores_list(
    min_lr: float, width: float, total: int, every: int, decay: int, numpy: bool
) -> None:
    max_lr = min_lr + width
    assume(max_lr > min_lr)
    if numpy:
        min_lr, max_lr = np.float64(min_lr), np.float64(max_lr)
    theirs = nn.cosine_decay_lr(min_lr, max_lr, total, every, decay)
    ours = cosine_decay_lr(min_lr, max_lr, total, every, decay)
    assert np.array(ours).tobytes() == np.array(theirs).tobytes()


ANYTHING = st.sampled_from(
    [
        *(0.0, -0.0, 0.01, 0.1, 1.5, -0.01, 5e-324, 1.7e308, math.nan, math.inf, -math.inf),
        *(0, 1, 2, 3, 7, -1, 2**62, -(2**62), True, False, None, "0.1", [0.1], 0.1j),
        *(np.float64(0.05), np.float64("nan"), np.float32(0.1), np.int64(3), np.bool_(True)),
    ]
)


@given(arguments=st.lists(ANYTHING, min_size=5, max_size=5), right=st.integers(0, 31))
def test_bad_arguments_raise_what_mindspore_raises(arguments: list[Any], right: int) -> None:
    for at, good in enumerate((0.01, 0.1, 6, 2, 2)):
        if right >> at & 1:
            arguments[at] = good
    assume(not (type(arguments[2]) is int and arguments[2] > 10**6))  # a list too long to make
    assert outcome(cosine_decay_lr, arguments) == outcome(nn.cosine_decay_lr, arguments)


def outcome(function: Any, arguments: list[Any]) -> object:
    try:
        return np.array(function(*arguments)).tobytes()
    except Exception as error:
        return type(error)


def test_an_optimizer_uses_the_list_rounded_and_raises_past_its_end() -> None:
    rates = cosine_decay_lr(0.01, 0.1, 5, 1, 3)
    parameter, optimizer = one_parameter(nn.SGD, rates)
    applied = [applied_by(optimizer, parameter) for _ in rates]
    assert applied == np.array(rates, np.float32).tolist()
    with pytest.raises(RuntimeError):
        applied_by(optimizer, parameter)
