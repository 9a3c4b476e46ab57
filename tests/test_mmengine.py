"""MMEngine: lists of schedulers in windows, and what is read and said besides the tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from isorate import ConvertError, ReadError, Run, convert, evaluate, simulate
from isorate.dialects import mmengine
from isorate.kit.optimizer import Optimizer
from tests.calls import read

BASE = Optimizer.of(0.1)
WARM = mmengine.LinearLR(BASE, start_factor=0.01, end=10, by_epoch=False)


def whole(*members: mmengine.ParamScheduler, epoch: int | None = None) -> mmengine.param_scheduler:
    return mmengine.param_scheduler(BASE, members, 60, epoch)


@pytest.mark.parametrize(
    ("members", "epoch"),
    [
        ([WARM, mmengine.CosineAnnealingLR(BASE, T_max=50, begin_=10, end=60)], None),
        ([WARM, mmengine.MultiStepLR(BASE, milestones=[6, 9])], 5),
        ([WARM, mmengine.PolyLR(BASE, eta_min=0.001, begin_=2, end=12)], 5),
        ([mmengine.QuadraticWarmupLR(BASE, end=9),
          mmengine.OneCycleLR(BASE, eta_max=0.2, total_steps=70, begin_=9)], 1),
        ([WARM, mmengine.StepLR(BASE, step_size=4)], None),  # no epoch ends
    ],
)  # fmt: skip
def test_a_list_means_what_its_steps_do(
    members: list[mmengine.ParamScheduler], epoch: int | None
) -> None:
    call = whole(*members, epoch=epoch)
    meant = evaluate(call.lower(), Run(60)).values
    assert np.allclose(meant, simulate(call, Run(60)).values, rtol=1e-12, atol=0)


@given(st.data())
def test_drawn_windows_mean_what_their_steps_do(data: st.DataObject) -> None:
    share = st.floats(0.1, 1.0)
    members: list[mmengine.ParamScheduler] = []
    for _ in range(data.draw(st.integers(1, 3))):
        begin = data.draw(st.integers(0, 30))
        window: dict[str, Any] = {"begin_": begin, "end": begin + data.draw(st.integers(1, 30)),
                  "by_epoch": data.draw(st.booleans())}  # fmt: skip
        members.append(data.draw(st.sampled_from([
            mmengine.LinearLR(BASE, start_factor=data.draw(share), **window),
            mmengine.ConstantLR(BASE, factor=data.draw(share), **window),
            mmengine.ExponentialLR(BASE, gamma=data.draw(share), **window),
            mmengine.PolyLR(BASE, eta_min=0.001, **window),
            mmengine.CosineAnnealingLR(BASE, T_max=data.draw(st.integers(1, 40)), **window),
        ])))  # fmt: skip
    call = whole(*members, epoch=data.draw(st.sampled_from([1, 2, 5])))
    try:
        schedule = call.lower()
    except ConvertError:
        assume(False)
    meant = evaluate(schedule, Run(60)).values
    assert np.allclose(meant, simulate(call, Run(60)).values, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ([WARM, mmengine.CosineAnnealingLR(BASE, T_max=60)], "more than multiply, in a window"),
        ([WARM, mmengine.ExponentialLR(BASE, gamma=0.9, last_step=4)],
         "it is resumed"),
        ([mmengine.ConstantLR(BASE, factor=0.5, end=5, by_epoch=False),
          mmengine.StepLR(BASE, step_size=3, end=4, by_epoch=False),
          mmengine.CosineAnnealingLR(BASE, T_max=3, begin_=6, end=30, by_epoch=False)],
         "it climbs by the first rate"),
    ],
)  # fmt: skip
def test_what_no_schedule_says_is_refused(
    members: list[mmengine.ParamScheduler], said: str
) -> None:
    with pytest.raises(ConvertError, match=said):
        whole(*members, epoch=5).lower()


def test_code_is_read() -> None:
    text = (
        "from mmengine.optim.scheduler import LinearLR\n"
        "from torch.optim import SGD\n"
        "scheduler = LinearLR(SGD(params, lr=0.1), 0.1, end=11, by_epoch=False)"
    )
    assert read(text).code == (
        "mmengine.optim.scheduler.LinearLR(torch.optim.SGD(params, lr=0.1), start_factor=0.1, "
        "end=11, by_epoch=False)"
    )
    assert read("LinearLR(SGD(params, lr=0.1), 0.1)").dialect == "torch"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mmengine.optim.ReduceOnPlateauLR(SGD(p, lr=0.1), 'loss')", "follows a metric"),
        (
            "mmengine.optim.LinearLR.build_iter_from_epoch(SGD(p, lr=0.1), epoch_length=9)",
            "build_iter",
        ),
    ],
)
def test_what_is_not_read_is_refused(text: str, said: str) -> None:
    with pytest.raises(ReadError, match=said):
        read(text)


@pytest.mark.parametrize(
    ("text", "to", "code"),
    [
        ("torch.optim.lr_scheduler.CosineAnnealingLR(SGD(p, lr=0.1), 30, 0.01)", "mmengine",
         "mmengine.optim.scheduler.CosineAnnealingLR(torch.optim.SGD(params, lr=0.1), T_max=30, "
         "eta_min=0.01)"),
        ("torch.optim.lr_scheduler.LinearLR(SGD(p, lr=0.1), 0.5, 1.0, 7)", "mmengine",
         "mmengine.optim.scheduler.LinearLR(torch.optim.SGD(params, lr=0.1), start_factor=0.5, "
         "end=8)"),
        ("mmengine.optim.LinearLR(SGD(p, lr=0.1), 0.1, end=5)", "torch",
         "torch.optim.lr_scheduler.LinearLR(torch.optim.SGD(params, lr=0.1), start_factor=0.1, "
         "total_iters=4)"),
        ("mmengine.optim.OneCycleLR(SGD(p, lr=0.1), 0.3, 20)", "torch",
         "torch.optim.lr_scheduler.OneCycleLR(torch.optim.SGD(params, lr=0.012), max_lr=0.3, "
         "total_steps=20, cycle_momentum=False)"),
    ],
)  # fmt: skip
def test_they_are_converted(text: str, to: str, code: str) -> None:
    ways = {way.call.code: way.comparison.verdict for way in convert(text, to=to).ways}
    assert ways[code] in ("identical", "equal")
