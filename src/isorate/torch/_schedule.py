"""``ScheduleLR``: trains with any schedule, its own or the text of any framework's call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isorate.torch._closed_form import ClosedFormLR, start_of
from isorate.training.scheduled import Scheduled, checked
from isorate.training.states import OnMismatch, check_mismatch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch.optim import Optimizer

    from isorate.kit.call import Call
    from isorate.schedule.node import Schedule
    from isorate.torch._closed_form import Counting


class ScheduleLR(Scheduled, ClosedFormLR):
    """Trains with any schedule: update t has the rate of update t, in every parameter group.

    ``lr(t) = schedule.at(t)``, absolute rates: the optimizer's own ``lr`` does not matter. Rates
    are float64, the same bits as ``schedule.at``; a tensor's are written in place, rounded once to
    its dtype.

    **The clock** counts updates: a ``step()`` before which no ``optimizer.step()`` was made since
    the last one does not move it. A GradScaler's skipped steps, and a tool that steps several times
    an update, change nothing. With ``counting="steps"`` every call counts, as in torch's own: for
    loops that step without training, and for updates replayed from a CUDA graph, of which Python
    hears nothing.

    **Groups**: a schedule serves all of them, those added later included; ``Groups`` has one for
    each; and a group may bring its own, ``{"params": …, "schedule": …}``, a schedule or text, which
    counts from the same clock and is kept in the group as JSON.

    **Weight decay and momentum** follow schedules of their own where ``also`` has any, on the same
    clock; Adam's momentum is the first of its ``betas``. What a text leaves out is what each group
    has. A group whose value is 0 beside others' keeps 0, as biases and norms are not decayed,
    unless there is a schedule for each group. AdamW multiplies its weight decay by the rate anyway.

    **The end**: a schedule of N updates gives rates to steps 0 … N−1; step N, which an ordinary
    loop takes after its last update, keeps the last rate; a further ``step()`` raises and changes
    nothing.

    **Resumed** from ``state_dict()``, with ``last_epoch=k`` on a fresh optimizer (it stands at step
    k+1), or by ``seek(k+1)``, it has the rates of the run that never stopped.

    Args:
        optimizer: the optimizer whose groups' ``lr`` are set.
        schedule: a schedule; a call of any framework; or the text of one, as ``isorate.read`` takes
            it, where a rate that it leaves out is the optimizer's. What such a call does once an
            epoch is done once in a ``step()``. None where every group has its own.
        last_epoch: the step before the one to begin with; −1 begins at step 0.
        counting: what moves the clock, ``"updates"`` or ``"steps"``.
        on_mismatch: what ``load_state_dict`` does where a checkpoint holds another schedule:
            ``"raise"``, go on with the ``"checkpoint"``'s, or with ``"mine"``.
        also: schedules of ``"weight_decay"`` and ``"momentum"``, each given as ``schedule`` is.

    Raises:
        TypeError: ``optimizer`` is no optimizer, ``schedule`` neither schedule nor text.
        ValueError: there are not as many groups in the schedule as in the optimizer, a group has no
            schedule, or an argument is none of its choices.
        ReadError: text that cannot be read.
        RuntimeError: a step past the schedule's end.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
        >>> scheduler = ScheduleLR(optimizer, "LinearLR(start_factor=0.5, total_iters=2)")
        >>> rates = []
        >>> for _ in range(3):
        ...     rates += scheduler.get_last_lr()
        ...     optimizer.step()
        ...     scheduler.step()
        >>> rates
        [0.05, 0.07500000000000001, 0.1]
        >>> scheduler.state_dict()["last_epoch"]
        3

    Source:
        Isorate's own.

    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedule: Schedule | Call | str | None = None,
        last_epoch: int = -1,
        *,
        counting: Counting = "updates",
        on_mismatch: OnMismatch = "raise",
        also: Mapping[str, Schedule | Call | str] | None = None,
    ) -> None:
        self._also_sources = checked(also or {})
        self.on_mismatch = check_mismatch(on_mismatch)
        self._source = schedule
        super().__init__(optimizer, last_epoch, counting)

    def _begin(self, last_epoch: int) -> None:
        if last_epoch != -1:  # absolute rates need no first one, which a fresh optimizer has not
            for group in self.optimizer.param_groups:
                group.setdefault("initial_lr", start_of(group))
