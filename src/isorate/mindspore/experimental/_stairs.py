"""MindSpore's schedulers that multiply the rate at some steps, or at every one.

Each is a ``ClosedFormLR``: its rate at a step depends on the step alone. ``base`` is the first rate
of a parameter group, as float32 has it, t the number of calls of ``step()``. All rates are
absolute, computed in float64 and rounded once to float32.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from isorate.dialects.mindspore import experimental as calls
from isorate.mindspore.experimental._dropping_in import DropIn
from isorate.training.dropping_in import Argument

if TYPE_CHECKING:
    from mindspore.experimental.optim import Optimizer


class StepLR(DropIn):
    """MindSpore's ``StepLR``: ``lr(t) = base·gamma^⌊t/step_size⌋``, without end.

    Args:
        optimizer: the experimental optimizer whose groups' ``lr`` are set.
        step_size: steps between two multiplications, an int; of 0 steps there are none.
        gamma: what the rate is multiplied by, a float.
        last_epoch: the step before the one to begin with; −1 begins at step 0.

    Raises:
        TypeError: ``optimizer`` is no such optimizer, ``step_size`` or ``last_epoch`` no int,
            ``gamma`` no float.
        ValueError: ``gamma`` is not finite, or ``last_epoch`` below −1.
        KeyError: ``last_epoch`` is not −1 and a group has no ``initial_lr``.

    Example:
        >>> from mindspore import Parameter, Tensor
        >>> from mindspore.experimental import optim
        >>> optimizer = optim.SGD([Parameter(Tensor([0.0]), name="weight")], lr=0.1)
        >>> scheduler = StepLR(optimizer, step_size=30, gamma=0.5)
        >>> scheduler.seek(30)
        >>> print(scheduler.get_last_lr()[0])
        0.05

    Source:
        ``mindspore.experimental.optim.lr_scheduler.StepLR`` of MindSpore 2.10.0.

    """

    constructor = calls.StepLR
    step_size = Argument()
    gamma = Argument()

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        super().__init__(optimizer, last_epoch, step_size=step_size, gamma=gamma)


class MultiStepLR(DropIn):
    """MindSpore's ``MultiStepLR``: ``lr(t) = base·gamma^n``, n the number of milestones up to t.

    A milestone that is listed twice counts twice; their order does not matter. From the last
    milestone on the rate is held. It may be any part of a ``SequentialLR``, where MindSpore's
    raises AttributeError.

    Args:
        optimizer: the experimental optimizer whose groups' ``lr`` are set.
        milestones: a list of steps.
        gamma: what the rate is multiplied by at each of them, a float or an int.
        last_epoch: the step before the one to begin with; −1 begins at step 0.

    Raises:
        TypeError: ``optimizer`` is no such optimizer, ``milestones`` no list of ints, ``gamma``
            no number, ``last_epoch`` no int.
        ValueError: ``gamma`` is not finite, or ``last_epoch`` below −1.
        KeyError: ``last_epoch`` is not −1 and a group has no ``initial_lr``.

    Example:
        >>> from mindspore import Parameter, Tensor
        >>> from mindspore.experimental import optim
        >>> optimizer = optim.SGD([Parameter(Tensor([0.0]), name="weight")], lr=1.0)
        >>> scheduler = MultiStepLR(optimizer, milestones=[30, 80], gamma=0.5)
        >>> scheduler.seek(80)
        >>> print(scheduler.get_last_lr()[0])
        0.25

    Source:
        ``mindspore.experimental.optim.lr_scheduler.MultiStepLR`` of MindSpore 2.10.0.

    """

    constructor = calls.MultiStepLR
    milestones = Argument()
    gamma = Argument()

    def __init__(
        self, optimizer: Optimizer, milestones: list[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        super().__init__(optimizer, last_epoch, milestones=milestones, gamma=gamma)


class ConstantLR(DropIn):
    """MindSpore's ``ConstantLR``: ``lr(t) = base·factor`` for t < ``total_iters``, then base.

    Where ``total_iters`` is below 1 the rate is never base, as in MindSpore.

    Args:
        optimizer: the experimental optimizer whose groups' ``lr`` are set.
        factor: above 0 and up to 1; 0 is refused, as MindSpore's rate is NaN in the end.
        total_iters: steps before the rate is base, an int.
        last_epoch: the step before the one to begin with; −1 begins at step 0.

    Raises:
        TypeError: ``optimizer`` is no such optimizer, ``factor`` no number, ``total_iters`` or
            ``last_epoch`` no int.
        ValueError: ``factor`` out of range, or ``last_epoch`` below −1.
        KeyError: ``last_epoch`` is not −1 and a group has no ``initial_lr``.

    Example:
        >>> from mindspore import Parameter, Tensor
        >>> from mindspore.experimental import optim
        >>> optimizer = optim.SGD([Parameter(Tensor([0.0]), name="weight")], lr=0.1)
        >>> scheduler = ConstantLR(optimizer, factor=0.5, total_iters=4)
        >>> scheduler.seek(3)
        >>> print(scheduler.get_last_lr()[0])
        0.05

    Source:
        ``mindspore.experimental.optim.lr_scheduler.ConstantLR`` of MindSpore 2.10.0.

    """

    constructor = calls.ConstantLR
    factor = Argument()
    total_iters = Argument()

    def __init__(
        self,
        optimizer: Optimizer,
        factor: float = 1.0 / 3,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        super().__init__(optimizer, last_epoch, factor=factor, total_iters=total_iters)


class ExponentialLR(DropIn):
    """MindSpore's ``ExponentialLR``: ``lr(t) = base·gamma^t``, without end.

    Args:
        optimizer: the experimental optimizer whose groups' ``lr`` are set.
        gamma: what every step multiplies the rate by, a float.
        last_epoch: the step before the one to begin with; −1 begins at step 0.

    Raises:
        TypeError: ``optimizer`` is no such optimizer, ``gamma`` no float, ``last_epoch`` no int.
        ValueError: ``gamma`` is not finite, or ``last_epoch`` below −1.
        KeyError: ``last_epoch`` is not −1 and a group has no ``initial_lr``.

    Example:
        >>> from mindspore import Parameter, Tensor
        >>> from mindspore.experimental import optim
        >>> optimizer = optim.SGD([Parameter(Tensor([0.0]), name="weight")], lr=1.0)
        >>> scheduler = ExponentialLR(optimizer, gamma=0.5)
        >>> scheduler.seek(3)
        >>> print(scheduler.get_last_lr()[0])
        0.125

    Source:
        ``mindspore.experimental.optim.lr_scheduler.ExponentialLR`` of MindSpore 2.10.0.

    """

    constructor = calls.ExponentialLR
    gamma = Argument()

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        super().__init__(optimizer, last_epoch, gamma=gamma)
