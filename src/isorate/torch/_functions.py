"""torch's schedulers that take functions of Python, by what the functions say of each step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isorate.torch._closed_form import ClosedFormLR
from isorate.training.functions import OfFactors, OfFunctions, OfRunningProducts
from isorate.training.states import Saved

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch.optim import Optimizer


class _OfFunctions(OfFunctions, ClosedFormLR):
    """What both share: a function for each parameter group, which torch's states do not hold."""

    def __init__(self, optimizer: Any, lr_lambda: Any, last_epoch: Any) -> None:
        self.lr_lambda = lr_lambda
        super().__init__(optimizer, last_epoch)

    def _foreign(self, state: Mapping[str, Any]) -> Saved:
        if "lr_lambdas" not in state:
            return super()._foreign(state)
        return Saved(state.get("last_epoch"), None)  # torch's holds no functions


class LambdaLR(OfFactors, _OfFunctions):
    """torch's ``LambdaLR``: ``lr(t) = base·λ(t)``, base the group's first rate.

    A checkpoint holds the names of the functions, not what they do: on resume they are those that
    the script gives. The text of a lambda is data, and may be a schedule:
    ``ScheduleLR(optimizer, "LambdaLR(lr_lambda=lambda t: 0.95 ** t)")``.

    Args:
        optimizer: the optimizer whose groups' ``lr`` are set.
        lr_lambda: a function of the step, or a list of one for each parameter group.
        last_epoch: the step before the one to begin with; −1 begins at step 0.

    Raises:
        TypeError: ``optimizer`` is no optimizer, ``lr_lambda`` no function, or its value no number.
        ValueError: not one function for each group.
        KeyError: ``last_epoch`` is not −1 and a group has no ``initial_lr``.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5)
        >>> scheduler = LambdaLR(optimizer, lambda step: 0.5**step)
        >>> scheduler.seek(2)
        >>> scheduler.get_last_lr()
        [0.125]

    Source:
        ``torch.optim.lr_scheduler.LambdaLR`` of torch 2.13.0.

    """

    _torchs_name = "LambdaLR"

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | list[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        super().__init__(optimizer, lr_lambda, last_epoch)


class MultiplicativeLR(OfRunningProducts, _OfFunctions):
    """torch's ``MultiplicativeLR``: ``lr(t) = base·λ(1)·…·λ(t)``, base the group's first rate.

    Products are taken in this order, so that the rates of float groups have torch's own bits.
    Resuming at step t calls the function t times. Checkpoints hold its name only, as for
    ``LambdaLR``.

    Args:
        optimizer: the optimizer whose groups' ``lr`` are set.
        lr_lambda: a function of the step, or a list of one for each parameter group.
        last_epoch: the step before the one to begin with; −1 begins at step 0.

    Raises:
        TypeError: ``optimizer`` is no optimizer, ``lr_lambda`` no function, or its value no number.
        ValueError: not one function for each group.
        KeyError: ``last_epoch`` is not −1 and a group has no ``initial_lr``.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5)
        >>> scheduler = MultiplicativeLR(optimizer, lambda step: 1 / step)
        >>> scheduler.seek(2)
        >>> scheduler.get_last_lr()
        [0.25]

    Source:
        ``torch.optim.lr_scheduler.MultiplicativeLR`` of torch 2.13.0.

    """

    _torchs_name = "MultiplicativeLR"

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | list[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        super().__init__(optimizer, lr_lambda, last_epoch)
