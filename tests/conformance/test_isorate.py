"""Isorate's own schedulers, in torch and in MindSpore, beside what their dialect says of them."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from isorate import Run, Schedule, simulate
from tests.calls import read
from tests.conformance.agreement import assert_agree, assert_close
from tests.conformance.drawing import etas, lengths, literal, optimizers, rates, runs
from tests.conformance.frameworks import drive
from tests.schedule.drawing import schedules

SGD = "torch.optim.SGD"

in_torch = pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")


def agree(text: str, run: Run, framework: str) -> None:
    """Assert that a scheduler does what its dialect says."""
    assert_agree(drive(text, run, framework=framework), read(text, dialect="isorate"), run)


@st.composite
def annealing(draw: st.DrawFn) -> tuple[str, Run]:
    """Draw Isorate's CosineAnnealingLR for torch, and a run."""
    T_max: Any = draw(
        st.one_of(lengths, lengths.map(lambda T: -T), st.floats(0.1, 60.0), st.just(True))
    )
    eta_min = draw(etas)
    last_epoch = draw(st.one_of(st.just(-1), st.integers(0, 3 * abs(int(T_max)) + 3)))
    optimizer = draw(
        optimizers(SGD, "torch", T_max=T_max, eta_min=float(eta_min), last_epoch=last_epoch)
    )
    arguments = f"{literal(T_max)}, {literal(eta_min)}, {last_epoch}"
    return f"isorate.torch.CosineAnnealingLR({optimizer}, {arguments})", draw(runs(T_max))


@pytest.mark.torch
@in_torch
@given(annealing())
@example((f"isorate.torch.CosineAnnealingLR({SGD}(params, lr=0.1), 10, 0.1)", Run(30)))
@example((f"isorate.torch.CosineAnnealingLR({SGD}(params, lr=torch.tensor(0.1)), 10)", Run(30)))
def test_torch_annealing(drawn: tuple[str, Run]) -> None:
    agree(*drawn, "torch")


@st.composite
def decays(draw: st.DrawFn) -> str:
    """Draw the arguments of cosine_decay_lr."""
    low = draw(rates())
    high = low + draw(rates(1e-3))
    every, decay = draw(st.integers(1, 9)), draw(st.integers(1, 90))
    total = draw(st.one_of(st.integers(1, 200), st.just(every * decay + 1)))
    return f"{low!r}, {high!r}, {total}, {every}, {decay}"


@given(decays())
def test_lists(arguments: str) -> None:
    import isorate.mindspore as own

    call = read(f"isorate.mindspore.cosine_decay_lr({arguments})", dialect="isorate")
    listed = np.array([own.cosine_decay_lr(*call.arguments().values())])
    assert_close(listed, simulate(call, Run(listed.size)).values[None, :], 0, call.code)


@pytest.mark.torch
@in_torch
@given(schedules, st.integers(-1, 9), st.integers(1, 40))
def test_any_schedule_as_text(schedule: Schedule, last_epoch: int, updates: int) -> None:
    text = f"isorate.torch.ScheduleLR({SGD}(params, lr=0.1), {schedule.to_json()!r}, {last_epoch})"
    end = schedule.length
    if end is not None and last_epoch + 1 == end:
        return  # it stands at its end, which is no schedule any more
    agree(text, Run(updates), "torch")


@pytest.mark.torch
@in_torch
@given(annealing(), st.integers(0, 400))
def test_any_schedule(drawn: tuple[str, Run], step: int) -> None:
    import torch

    from isorate.torch import ScheduleLR

    text, _ = drawn
    schedule: Schedule = read(text).lower().resolved(Run(1)).normal()
    count = len(schedule.children()) if type(schedule).__name__ == "Groups" else 1
    groups = [{"params": [torch.zeros((), requires_grad=True)]} for _ in range(count)]
    scheduler = ScheduleLR(torch.optim.SGD(groups, lr=1.0), schedule)
    for _ in range(step % 20):
        scheduler.optimizer.step()
        scheduler.step()
    parts = schedule.children() if count > 1 else (schedule,)
    assert scheduler.get_last_lr() == [part.at(step % 20) for part in parts]
