"""MindSpore's schedulers that take functions of Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isorate.mindspore.experimental._closed_form import ClosedFormLR
from isorate.training.functions import OfFactors, OfRunningProducts

if TYPE_CHECKING:
    from collections.abc import Callable

    from mindspore.experimental.optim import Optimizer


class LambdaLR(OfFactors, ClosedFormLR):
    """MindSpore's ``LambdaLR``: ``lr(t) = base·λ(t)``, base the group's first rate.

    The function is given the step as an int, as documented, and computes on the host; MindSpore
    gives it a float32 Parameter. A checkpoint holds the functions' names, not what they do: on
    resume they are those that the script gives.

    Args:
        optimizer: the experimental optimizer whose groups' ``lr`` are set.
        lr_lambda: a function of the step, or a list of one for each parameter group.
        last_epoch: the step before the one to begin with; −1 begins at step 0.

    Raises:
        TypeError: ``optimizer`` is no such optimizer, ``lr_lambda`` no function or its value
            no number, ``last_epoch`` no int.
        ValueError: not one function for each group, or ``last_epoch`` below −1.
        KeyError: ``last_epoch`` is not −1 and a group has no ``initial_lr``.

    Example:
        >>> from mindspore import Parameter, Tensor
        >>> from mindspore.experimental import optim
        >>> optimizer = optim.SGD([Parameter(Tensor([0.0]), name="weight")], lr=0.5)
        >>> scheduler = LambdaLR(optimizer, lambda step: 0.5**step)
        >>> scheduler.seek(2)
        >>> print(scheduler.get_last_lr()[0])
        0.125

    Source:
        ``mindspore.experimental.optim.lr_scheduler.LambdaLR`` of MindSpore 2.10.0.

    """

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | list[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        self.lr_lambda = lr_lambda
        super().__init__(optimizer, last_epoch)


class MultiplicativeLR(OfRunningProducts, ClosedFormLR):
    """MindSpore's ``MultiplicativeLR``: ``lr(t) = base·λ(1)·…·λ(t)``, base the group's first rate.

    Products are taken in this order, in float64. Resuming at step t calls the function t times.
    Steps are ints and checkpoints hold names, as for ``LambdaLR``.

    Args:
        optimizer: the experimental optimizer whose groups' ``lr`` are set.
        lr_lambda: a function of the step, or a list of one for each parameter group.
        last_epoch: the step before the one to begin with; −1 begins at step 0.

    Raises:
        TypeError: ``optimizer`` is no such optimizer, ``lr_lambda`` no function or its value
            no number, ``last_epoch`` no int.
        ValueError: not one function for each group, or ``last_epoch`` below −1.
        KeyError: ``last_epoch`` is not −1 and a group has no ``initial_lr``.

    Example:
        >>> from mindspore import Parameter, Tensor
        >>> from mindspore.experimental import optim
        >>> optimizer = optim.SGD([Parameter(Tensor([0.0]), name="weight")], lr=0.5)
        >>> scheduler = MultiplicativeLR(optimizer, lambda step: 1 / step)
        >>> scheduler.seek(2)
        >>> print(scheduler.get_last_lr()[0])
        0.25

    Source:
        ``mindspore.experimental.optim.lr_scheduler.MultiplicativeLR`` of MindSpore 2.10.0.

    """

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | list[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        self.lr_lambda = lr_lambda
        super().__init__(optimizer, last_epoch)
