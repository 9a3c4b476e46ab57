"""What is written reads back, and what a dialect means it can say again: for drawn calls."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isorate import ConvertError, IsorateError, Run, simulate
from isorate.dialects import mindspore, torch
from isorate.kit.call import Lift
from isorate.kit.match import Refusal
from isorate.schedule.combinators import Shift
from isorate.schedule.errors import ScheduleError
from isorate.schedule.shapes import Cosine
from tests.calls import read
from tests.conformance.torch_texts import ARGUMENTS, composed, schedulers

#: Whose arguments a schedule keeps to the bit. The others' are shares of a base rate, and which one
#: that was, a schedule of absolute rates does not say.
EXACT = ("ExponentialLR", "StepLR", "PolynomialLR", "CosineAnnealingLR", "SWALR", "LambdaLR",
         "CosineAnnealingWarmRestarts", "MultiplicativeLR")  # fmt: skip


def written(call: Any) -> str:
    """Return the call's code, checked to read back to the same call."""
    code: str = call.code
    for back in (read(code), read(code, dialect=call.dialect)):
        assert type(back) is type(call)
        assert back.code == code
        assert back == call or "nan" in code
    return code


@pytest.mark.parametrize("name", ARGUMENTS)
@given(data=st.data())
def test_what_torch_writes_reads_back(name: str, data: st.DataObject) -> None:
    written(read(data.draw(schedulers(name)), dialect="torch"))


@given(composed())
def test_what_compositions_write_reads_back(text: str) -> None:
    written(read(text, dialect="torch"))


@settings(max_examples=100)
@pytest.mark.parametrize("name", ARGUMENTS)
@given(data=st.data())
def test_what_torch_means_it_can_say(name: str, data: st.DataObject) -> None:
    call: Any = read(data.draw(schedulers(name)), dialect="torch")
    if call.fault() is not None or call.dtype != "float64":
        return
    if any(0 < g.lr < 1e-300 for g in call.optimizer.groups):
        return  # subnormal rates have few digits
    run = Run(60)
    try:
        schedule = call.lower().resolved(run)
        schedule = schedule if name == "LambdaLR" else schedule.normal()  # which means its shapes
    except (ConvertError, ScheduleError):
        return
    said = type(call).lift(schedule, run.length)
    if not isinstance(said, Lift):
        return  # a resumed or odd call can mean what only another scheduler says
    if any("goes back" in loss for loss in said.losses):
        return  # resumed off its curve it can settle at its floor, and the scheduler cannot say so
    try:
        before, after = simulate(call, run), simulate(said.call, run)
    except IsorateError as error:
        raise AssertionError(f"{call.code} became {said.call.code}: {error}") from error
    a, b = before.values, after.values
    shared = min(a.shape[-1], b.shape[-1])
    a, b = a[..., :shared], b[..., :shared]
    fresh = call.last_epoch == -1 and all(g.lr == g.base for g in call.optimizer.groups)
    if fresh and name in EXACT:
        assert np.array_equal(a, b, equal_nan=True), (call.code, said.call.code)
    peak = np.abs(a[np.isfinite(a)]).max(initial=0.0)
    assert np.allclose(a, b, rtol=1e-12, atol=1e-12 * peak), (call.code, said.call.code)


@pytest.mark.parametrize("constructor", [torch.CosineAnnealingLR, mindspore.CosineAnnealingLR])
def test_a_cosine_that_stands_below_zero_is_refused(constructor: Any) -> None:
    swinging = Shift(Cosine(-0.1, 0.0, 10, "mirror"), 3).normal()
    said = constructor.lift(swinging, 30)
    assert isinstance(said, Refusal)
    assert "negative" in said.reason
