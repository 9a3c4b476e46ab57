"""``ScheduleLR``: trains an experimental optimizer with any schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isorate.mindspore.experimental._closed_form import ClosedFormLR
from isorate.training.scheduled import Scheduled
from isorate.training.states import OnMismatch, check_mismatch

if TYPE_CHECKING:
    from mindspore.experimental.optim import Optimizer

    from isorate.kit.call import Call
    from isorate.schedule.node import Schedule


class ScheduleLR(Scheduled, ClosedFormLR):
    """Trains with any schedule: step t has the rate of update t, in every parameter group.

    ``lr(t) = schedule.at(t)``, absolute rates, rounded once to float32: the optimizer's own ``lr``
    does not matter. One schedule serves all groups, those added later included; ``Groups`` has one
    for each; and a group may bring its own, ``{"params": …, "schedule": …}``, a schedule or text,
    which counts from the same clock and is kept in the group as JSON.

    **The end**: a schedule of N updates gives rates to steps 0 … N−1; step N, which an ordinary
    loop takes after its last update, keeps the last rate; a further ``step()`` raises and changes
    nothing.

    **Resumed** from ``state_dict()``, with ``last_epoch=k`` on a fresh optimizer (it stands at step
    k+1), or by ``seek(k+1)``, it has the rates of the run that never stopped.

    Args:
        optimizer: the experimental optimizer whose groups' ``lr`` are set.
        schedule: a schedule; a call of any framework; or the text of one, as ``isorate.read`` takes
            it, where a rate that it leaves out is the optimizer's. What such a call does once an
            epoch is done once in a ``step()``. None where every group has its own.
        last_epoch: the step before the one to begin with; −1 begins at step 0.
        on_mismatch: what ``load_state_dict`` does where a checkpoint holds another schedule:
            ``"raise"``, go on with the ``"checkpoint"``'s, or with ``"mine"``.

    Raises:
        TypeError: ``optimizer`` is no such optimizer, ``schedule`` neither schedule, call nor
            text, ``last_epoch`` no int.
        ValueError: there are not as many groups in the schedule as in the optimizer,
            ``last_epoch`` is below −1, or ``on_mismatch`` none of its choices.
        ReadError: text that cannot be read.
        RuntimeError: a step past the schedule's end.

    Example:
        >>> from mindspore import Parameter, Tensor
        >>> from mindspore.experimental import optim
        >>> optimizer = optim.SGD([Parameter(Tensor([0.0]), name="weight")], lr=0.5)
        >>> scheduler = ScheduleLR(optimizer, "LinearLR(start_factor=0.5, total_iters=2)")
        >>> rates = []
        >>> for _ in range(3):
        ...     rates.append(float(scheduler.get_last_lr()[0]))
        ...     scheduler.step()
        >>> rates
        [0.25, 0.375, 0.5]
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
        on_mismatch: OnMismatch = "raise",
    ) -> None:
        self.on_mismatch = check_mismatch(on_mismatch)
        self._source = schedule
        super().__init__(optimizer, last_epoch)

    def _prepare(self, optimizer: Any) -> None:
        super()._prepare(optimizer)
        self._welcome(
            optimizer.param_groups, self._bases
        )  # no first rate is needed where rates are absolute
