"""torch's schedulers that are functions of the step, by their closed forms, under torch's names.

Each is a ``ClosedFormLR``: its rate at a step depends on the step alone. The formulas are torch's
documented ones; ``base`` is the first rate of a parameter group, ``group["initial_lr"]``, t the
number of calls of ``step()``. All rates are absolute, computed in float64 within 8 units in the
last place at every step, and rounded once to the dtype of a tensor rate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from isorate.dialects import torch as calls
from isorate.dialects.isorate import torch as own
from isorate.torch._dropping_in import DropIn
from isorate.training.dropping_in import Argument

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch.optim import Optimizer


class StepLR(DropIn):
    """torch's ``StepLR``: ``lr(t) = base·gamma^⌊t/step_size⌋``, without end.

    Args:
        optimizer: the optimizer whose groups' ``lr`` are set.
        step_size: steps between two multiplications, an int above 0.
        gamma: what the rate is multiplied by.
        last_epoch: the step before the one to begin with; −1 begins at step 0.

    Raises:
        TypeError: ``optimizer`` is no optimizer, an argument no number.
        ValueError: a rate that is not finite, or ``last_epoch`` below −1.
        ZeroDivisionError: ``step_size`` is 0.
        KeyError: ``last_epoch`` is not −1 and a group has no ``initial_lr``.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
        >>> scheduler = StepLR(optimizer, step_size=30, gamma=0.5)
        >>> scheduler.seek(30)
        >>> scheduler.get_last_lr()
        [0.05]

    Source:
        ``torch.optim.lr_scheduler.StepLR`` of torch 2.13.0.

    """

    constructor = calls.StepLR
    step_size = Argument()
    gamma = Argument()

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        super().__init__(optimizer, last_epoch, step_size=step_size, gamma=gamma)


class MultiStepLR(DropIn):
    """torch's ``MultiStepLR``: ``lr(t) = base·gamma^n``, n the number of milestones up to t.

    A milestone that is listed twice counts twice. From the last milestone on the rate is held.

    Args:
        optimizer: the optimizer whose groups' ``lr`` are set.
        milestones: steps.
        gamma: what the rate is multiplied by at each of them.
        last_epoch: the step before the one to begin with; −1 begins at step 0.

    Raises:
        TypeError: ``optimizer`` is no optimizer, a milestone or ``gamma`` no number.
        ValueError: a rate that is not finite, or ``last_epoch`` below −1.
        KeyError: ``last_epoch`` is not −1 and a group has no ``initial_lr``.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
        >>> scheduler = MultiStepLR(optimizer, milestones=[30, 80], gamma=0.5)
        >>> scheduler.seek(80)
        >>> scheduler.get_last_lr()
        [0.25]

    Source:
        ``torch.optim.lr_scheduler.MultiStepLR`` of torch 2.13.0.

    """

    constructor = calls.MultiStepLR
    milestones = Argument()
    gamma = Argument()

    def __init__(
        self,
        optimizer: Optimizer,
        milestones: Iterable[int],
        gamma: float = 0.1,
        last_epoch: int = -1,
    ) -> None:
        super().__init__(optimizer, last_epoch, milestones=list(milestones), gamma=gamma)


class ConstantLR(DropIn):
    """torch's ``ConstantLR``: ``lr(t) = base·factor`` for t < ``total_iters``, then base.

    Args:
        optimizer: the optimizer whose groups' ``lr`` are set.
        factor: from 0 to 1; 0 is refused, as torch divides by it in the end.
        total_iters: steps before the rate is base.
        last_epoch: the step before the one to begin with; −1 begins at step 0.

    Raises:
        TypeError: ``optimizer`` is no optimizer, an argument no number.
        ValueError: ``factor`` out of range, a rate that is not finite, or ``last_epoch`` below −1.
        KeyError: ``last_epoch`` is not −1 and a group has no ``initial_lr``.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
        >>> scheduler = ConstantLR(optimizer, factor=0.5, total_iters=4)
        >>> scheduler.get_last_lr()
        [0.05]
        >>> scheduler.seek(4)
        >>> scheduler.get_last_lr()
        [0.1]

    Source:
        ``torch.optim.lr_scheduler.ConstantLR`` of torch 2.13.0.

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


class LinearLR(DropIn):
    """torch's ``LinearLR``: base times a factor that goes in a straight line, and is held.

    ``lr(t) = base·(start + (end−start)·min(t, T)/T)``, start = ``start_factor``, end =
    ``end_factor``, T = ``total_iters`` in steps.

    Args:
        optimizer: the optimizer whose groups' ``lr`` are set.
        start_factor: above 0 and up to 1.
        end_factor: from 0 to 1.
        total_iters: steps from the one to the other.
        last_epoch: the step before the one to begin with; −1 begins at step 0.

    Raises:
        TypeError: ``optimizer`` is no optimizer, an argument no number.
        ValueError: a factor out of range, a rate that is not finite, or ``last_epoch`` below −1.
        KeyError: ``last_epoch`` is not −1 and a group has no ``initial_lr``.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5)
        >>> scheduler = LinearLR(optimizer, start_factor=0.25, total_iters=4)
        >>> scheduler.get_last_lr()
        [0.125]
        >>> scheduler.seek(9)
        >>> scheduler.get_last_lr()
        [0.5]

    Source:
        ``torch.optim.lr_scheduler.LinearLR`` of torch 2.13.0.

    """

    constructor = calls.LinearLR
    start_factor = Argument()
    end_factor = Argument()
    total_iters = Argument()

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        super().__init__(
            optimizer,
            last_epoch,
            start_factor=start_factor,
            end_factor=end_factor,
            total_iters=total_iters,
        )


class ExponentialLR(DropIn):
    """torch's ``ExponentialLR``: ``lr(t) = base·gamma^t``, without end.

    Args:
        optimizer: the optimizer whose groups' ``lr`` are set.
        gamma: what every step multiplies the rate by.
        last_epoch: the step before the one to begin with; −1 begins at step 0.

    Raises:
        TypeError: ``optimizer`` is no optimizer, ``gamma`` no number.
        ValueError: a rate that is not finite, or ``last_epoch`` below −1.
        KeyError: ``last_epoch`` is not −1 and a group has no ``initial_lr``.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
        >>> scheduler = ExponentialLR(optimizer, gamma=0.5)
        >>> scheduler.seek(3)
        >>> scheduler.get_last_lr()
        [0.125]

    Source:
        ``torch.optim.lr_scheduler.ExponentialLR`` of torch 2.13.0.

    """

    constructor = calls.ExponentialLR
    gamma = Argument()

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        super().__init__(optimizer, last_epoch, gamma=gamma)


class PolynomialLR(DropIn):
    """torch's ``PolynomialLR``: ``lr(t) = base·(1 − min(t, T)/T)^power``, held at 0 from T on.

    Args:
        optimizer: the optimizer whose groups' ``lr`` are set.
        total_iters: T, steps from base to 0.
        power: of the time that is left.
        last_epoch: the step before the one to begin with; −1 begins at step 0.

    Raises:
        TypeError: ``optimizer`` is no optimizer, an argument no number.
        ValueError: a power below 0, a rate that is not finite, or ``last_epoch`` below −1.
        KeyError: ``last_epoch`` is not −1 and a group has no ``initial_lr``.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
        >>> scheduler = PolynomialLR(optimizer, total_iters=4, power=2.0)
        >>> scheduler.seek(2)
        >>> scheduler.get_last_lr()
        [0.25]

    Source:
        ``torch.optim.lr_scheduler.PolynomialLR`` of torch 2.13.0.

    """

    constructor = calls.PolynomialLR
    total_iters = Argument()
    power = Argument()

    def __init__(
        self,
        optimizer: Optimizer,
        total_iters: int = 5,
        power: float = 1.0,
        last_epoch: int = -1,
    ) -> None:
        super().__init__(optimizer, last_epoch, total_iters=total_iters, power=power)


class CosineAnnealingLR(DropIn):
    """torch's ``CosineAnnealingLR``: half a cosine down, half a cosine up, without drift or end.

    ``lr(t) = base·sin²(π(T−t)/(2T)) + η·sin²(πt/(2T))``, t folded into [0, T], T = abs(``T_max``)
    in steps, η = ``eta_min``. This is torch's documented ``η + (base−η)(1+cos(πt/T))/2`` without
    its cancellation. At t = T the rate is ``eta_min`` exactly; then it climbs back, is base again
    at 2T, and goes on with period 2T.

    - Resumed with ``last_epoch=k`` it stands at step k+1 and writes that step's rate, whatever the
      groups hold. (torch, since 2.8, leaves the groups alone and recurses from what they hold.)
    - A group added by ``add_param_group`` joins at the next step, with its own ``initial_lr`` or
      ``lr`` as base.
    - In ``SequentialLR`` it follows a warmup as torch's does. In torch's ``ChainedScheduler`` it
      does not multiply: it overrides what the schedulers before it have set.

    Args:
        optimizer: the optimizer whose groups' ``lr`` are set.
        T_max: steps from base to ``eta_min``; a fraction is allowed, the sign is ignored.
        eta_min: the rate at the trough, for every group.
        last_epoch: the step before the one to begin with; −1 begins at step 0.

    Raises:
        TypeError: ``optimizer`` is no optimizer, an argument no number, a rate an integer tensor.
        ValueError: an argument or a rate is NaN or infinite, or ``last_epoch`` is below −1.
        ZeroDivisionError: ``T_max`` is 0.
        KeyError: ``last_epoch`` is not −1 and a group has no ``initial_lr``.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
        >>> scheduler = CosineAnnealingLR(optimizer, T_max=2, eta_min=0.01)
        >>> for _ in range(2):
        ...     optimizer.step()
        ...     scheduler.step()
        >>> scheduler.get_last_lr()
        [0.01]

    Source:
        ``torch.optim.lr_scheduler.CosineAnnealingLR`` of torch 2.13.0.

    """

    constructor = own.CosineAnnealingLR
    T_max = Argument()
    eta_min = Argument()

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        super().__init__(optimizer, last_epoch, T_max=T_max, eta_min=eta_min)


class CosineAnnealingWarmRestarts(DropIn):
    """torch's ``CosineAnnealingWarmRestarts``: half a cosine down, again and again.

    ``lr(t) = η + (base−η)(1+cos(πu/T))/2``, u the steps since cycle c = 0, 1, 2, … began, T =
    ``T_0``·``T_mult``^c its length, η = ``eta_min``. The last step of a cycle is one short of
    ``eta_min``; the next one has base again.

    Args:
        optimizer: the optimizer whose groups' ``lr`` are set.
        T_0: steps in the first cycle, an int above 0.
        T_mult: how many times as long every next cycle is, an int from 1 on.
        eta_min: the rate that a cycle goes to.
        last_epoch: the step before the one to begin with; −1 begins at step 0. Any number of
            cycles may be over.

    Raises:
        TypeError: ``optimizer`` is no optimizer.
        ValueError: ``T_0`` or ``T_mult`` out of range or no int, ``eta_min`` no number, a rate
            that is not finite, or ``last_epoch`` below −1.
        KeyError: ``last_epoch`` is not −1 and a group has no ``initial_lr``.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
        >>> scheduler = CosineAnnealingWarmRestarts(optimizer, T_0=10, T_mult=2)
        >>> scheduler.seek(30)
        >>> scheduler.get_last_lr()
        [0.1]

    Source:
        ``torch.optim.lr_scheduler.CosineAnnealingWarmRestarts`` of torch 2.13.0.

    """

    constructor = calls.CosineAnnealingWarmRestarts
    T_0 = Argument()
    T_mult = Argument()
    eta_min = Argument()

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        super().__init__(optimizer, last_epoch, T_0=T_0, T_mult=T_mult, eta_min=eta_min)
