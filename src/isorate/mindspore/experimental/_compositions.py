"""MindSpore's scheduler of schedulers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mindspore.experimental.optim.lr_scheduler import ReduceLROnPlateau

from isorate.mindspore.experimental._closed_form import ClosedFormLR
from isorate.training.compositions import Composed, by_group, check_sequence, joined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mindspore.experimental.optim import Optimizer

    from isorate.schedule.node import Schedule
    from isorate.training.closed_form import Group


class SequentialLR(Composed, ClosedFormLR):
    """MindSpore's ``SequentialLR``: one schedule after another, each from its own beginning.

    ``lr(t) = schedulers[i].lr(t − m[i−1])`` for ``m[i−1] <= t < m[i]``, m = ``milestones``, m[−1] =
    0, in steps. Only the schedules of its schedulers matter: neither in which order they were built
    nor what that did to the optimizer, and they need not be stepped. Any scheduler of this package
    may be one of them, a ``MultiStepLR`` and a ``SequentialLR`` included, at which MindSpore's
    raises.

    Args:
        optimizer: the experimental optimizer whose groups' ``lr`` are set.
        schedulers: schedulers of this package and this optimizer.
        milestones: the steps at which the second, third, … take over; increasing.
        last_epoch: the step before the one to begin with; −1 begins at step 0. It may be any step
            of any of the schedulers.

    Raises:
        TypeError: ``optimizer`` is no such optimizer, ``last_epoch`` no int, a scheduler one of
            MindSpore's own, which holds no schedule.
        AttributeError: a scheduler that is none.
        ValueError: no schedulers, not one milestone fewer than schedulers, milestones that do not
            increase, a scheduler of another optimizer, or ``last_epoch`` below −1.
        KeyError: ``last_epoch`` is not −1 and a group has no ``initial_lr``.

    Example:
        >>> from mindspore import Parameter, Tensor
        >>> from mindspore.experimental import optim
        >>> from isorate.mindspore.experimental import LinearLR, MultiStepLR
        >>> optimizer = optim.SGD([Parameter(Tensor([0.0]), name="weight")], lr=0.5)
        >>> warmup = LinearLR(optimizer, start_factor=0.5, total_iters=2)
        >>> scheduler = SequentialLR(optimizer, [warmup, MultiStepLR(optimizer, [1], 0.5)], [2])
        >>> rates = []
        >>> for _ in range(4):
        ...     rates.append(float(scheduler.get_last_lr()[0]))
        ...     scheduler.step()
        >>> rates
        [0.25, 0.375, 0.5, 0.25]

    Source:
        ``mindspore.experimental.optim.lr_scheduler.SequentialLR`` of MindSpore 2.10.0.

    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: list[Any],
        milestones: list[int],
        last_epoch: int = -1,
    ) -> None:
        check_sequence("SequentialLR", schedulers, milestones)
        for index, scheduler in enumerate(schedulers):
            check_member(scheduler, optimizer, f"SequentialLR: scheduler {index}")
        self._schedulers = list(schedulers)
        self._milestones = tuple(milestones)
        super().__init__(optimizer, last_epoch)

    def _meant(self, groups: Sequence[Group]) -> Schedule:
        found = [by_group(scheduler, len(groups)) for scheduler in self._schedulers]
        return joined(found, self._milestones)


def check_member(scheduler: Any, optimizer: Any, name: str) -> None:
    """Raise where a scheduler is no part of another one that is for this optimizer."""
    if not hasattr(scheduler, "optimizer"):
        raise AttributeError(f"{name} is none: {scheduler!r}")
    if scheduler.optimizer is not optimizer:
        raise ValueError(f"{name} is of another optimizer")
    if isinstance(scheduler, ReduceLROnPlateau):
        raise TypeError(f"{name} follows a metric, and has no schedule")
    if not isinstance(scheduler, ClosedFormLR):
        kind = type(scheduler).__name__
        raise TypeError(f"{name} is MindSpore's own: build isorate.mindspore.experimental.{kind}")
