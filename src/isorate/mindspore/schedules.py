"""``ScheduleLR``: any schedule as a cell for a MindSpore optimizer; this imports MindSpore."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mindspore
from mindspore import ops
from mindspore.nn.learning_rate_schedule import LearningRateSchedule

from isorate.mindspore._curves import curve
from isorate.mindspore._shapes import double
from isorate.schedule.combinators import Groups
from isorate.training.scheduled import schedule_of

if TYPE_CHECKING:
    from isorate.kit.call import Call
    from isorate.schedule.node import Schedule


# MindSpore's optimizers take no other cell. The base class is one ``construct`` that raises, and
# unlike the cells made of it MindSpore 2.10.0 does not mark it for removal.
class ScheduleLR(LearningRateSchedule):  # type: ignore[misc] # MindSpore is untyped
    """Any schedule as a cell: update t has the rate of update t, in GRAPH and in PYNATIVE mode.

    ``rate(step) = schedule.at(step)``, absolute rates, ``step`` in updates, rounded to float32
    once. All before that is float64, where an int32 step is exact and so is its place in a period:
    no rate drifts, none is NaN, no step is lost above 2²⁴, and none is missing up to step 2³¹−1.
    A schedule that ends keeps its last rate from there on.

    Accuracy: every rate is within 1 unit in the last place of float32 of the exact one (measured
    on CPU, all shapes, steps up to 2³¹−1, the trough included). Where a schedule passes through
    zero, or terms of both signs cancel, the bound is 10⁻¹² of the highest rate, and a formula in
    text is as good as its own float64. A rate beyond float32 is infinite; one below 2⁻¹²⁶ may be
    zero, as CPU kernels make it in graph mode.

    It is made of the schedule's normal form, has no parameter, and so nothing for a checkpoint to
    hold: an optimizer that is loaded with its ``global_step`` goes on to the bit.

    **The clock** is the optimizer's: one step an update. What the schedule does at every
    ``scheduler.step()``, as that of a torch call, it does at every update; for a loop that steps
    once an epoch, give ``schedule.resolved(Run(…, step_every="epoch"))``.

    **Groups**: a cell has one rate. Give every parameter group its own,
    ``{"params": …, "lr": ScheduleLR(…)}``.

    **Device**: float64 kernels are needed; MindSpore has them for CPU, where all of this was
    measured.

    Args:
        schedule: a schedule or its JSON; or a call of any framework, or its text, as
            ``isorate.read`` takes it.

    Inputs:
        global_step: an int32 tensor of any shape, steps >= 0. An optimizer passes its own.

    Outputs:
        A float32 tensor of that shape.

    Raises:
        TypeError: ``schedule`` is none of these.
        ValueError: it is for several parameter groups.
        ReadError: text that cannot be read, or that leaves the rate to an optimizer.
        ConvertError: a call that has no schedule.
        ScheduleError: JSON that is no schedule, or a part that is a function of Python, which no
            graph can hold.

    Example:
        >>> from mindspore import Tensor, int32
        >>> rates = ScheduleLR("CosineAnnealingLR(torch.optim.SGD(params, lr=0.1), T_max=100)")
        >>> print(rates(Tensor([0, 100, 200], int32)))
        [0.1 0.  0.1]

    Source: Isorate's own; the base class is
    ``mindspore.nn.learning_rate_schedule.LearningRateSchedule``, MindSpore 2.10.0.

    """

    def __init__(self, schedule: Schedule | Call | str) -> None:
        super().__init__()
        self.curve = curve(_single(schedule_of(schedule)))
        self.one = double(1.0)

    def construct(self, global_step: Any) -> Any:
        # In PyNative mode this product takes a quarter of the time of the Cast that says the same.
        t = global_step * self.one
        return ops.cast(self.curve(t), mindspore.float32)


def _single(schedule: Schedule) -> Schedule:
    """Return a schedule in normal form, or raise where it is several."""
    schedule = schedule.normal()
    if isinstance(schedule, Groups):
        raise ValueError(
            f"ScheduleLR: the schedule is for {len(schedule.of)} parameter groups: give each its "
            "own cell, {'params': ..., 'lr': ScheduleLR(...)}"
        )
    return schedule
