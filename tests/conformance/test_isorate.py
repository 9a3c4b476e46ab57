"""Isorate's own schedulers, in torch and in MindSpore, beside what their dialect says of them."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from isorate import Run, Schedule, read, simulate
from isorate.kit.float32 import annealing_cell
from tests.conformance.agreement import assert_agree, assert_close
from tests.conformance.drawing import etas, lengths, literal, optimizers, rates, runs
from tests.conformance.frameworks import cell_at, drive
from tests.schedule.drawing import schedules

SGD = "torch.optim.SGD"

in_torch, in_mindspore = (
    pytest.mark.skipif(find_spec(name) is None, reason=f"{name} is not installed")
    for name in ("torch", "mindspore")
)


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


@pytest.mark.torch
@in_torch
@given(decays(), st.integers(1, 250), st.integers(1, 4))
def test_torch_decay(arguments: str, updates: int, every: int) -> None:
    run = Run(updates, updates_per_epoch=every, step_every="epoch")
    agree(f"isorate.torch.cosine_decay_lr({SGD}(params, lr=1.0), {arguments})", run, "torch")


@given(decays())
def test_lists(arguments: str) -> None:
    import isorate.mindspore as own

    for text in (
        f"isorate.mindspore.cosine_decay_lr({arguments})",
        f"isorate.mindspore.cosine_annealing_lr({_annealing(arguments)})",
    ):
        call = read(text, dialect="isorate")
        listed = np.array([getattr(own, call.name)(*call.arguments().values())])
        assert_close(listed, simulate(call, Run(listed.size)).values[None, :], 0, text)


def _annealing(decay: str) -> str:
    low, high, total, every, length = decay.split(", ")
    return f"{high}, {length}, {low}, {total}, {every}"


#: Rates whose product with the smallest squared sine is no subnormal, which kernels may flush.
VISIBLE = st.one_of(st.just(0.0), rates(1e-10))


@pytest.mark.mindspore
@in_mindspore
@given(VISIBLE, st.one_of(lengths, st.integers(1, 2**31 - 1)), VISIBLE, st.integers(0, 2**30))
@example(0.1, 807496440, 0.0, 950515585)
def test_cell(lr: float, T_max: int, eta_min: float, begin: int) -> None:
    call = read(f"isorate.mindspore.CosineAnnealingLR({lr!r}, {T_max}, {eta_min!r})")
    near = np.unique(np.clip(np.arange(T_max - 500, T_max + 500), 0, 2**31 - 1))
    for steps in (np.arange(2000), np.arange(begin, begin + 2000), near):
        real = cell_at(call.code, steps)
        native = annealing_cell(lr, eta_min, T_max, steps)
        assert_close(real, native, call.card.ulp, f"{call.code} from {steps[0]}")


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
