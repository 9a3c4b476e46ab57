"""MindSpore's schedulers along a line, a power or a cosine.

Each is a ``ClosedFormLR``: its rate at a step depends on the step alone. ``base`` is the first rate
of a parameter group, as float32 has it, t the number of calls of ``step()``. All rates are
absolute, computed in float64 and rounded once to float32.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from isorate.dialects.mindspore import experimental as calls
from isorate.dialects.mindspore import experimental_cosines as cosines
from isorate.mindspore.experimental._dropping_in import DropIn
from isorate.training.dropping_in import Argument

if TYPE_CHECKING:
    from mindspore.experimental.optim import Optimizer


class LinearLR(DropIn):
    """MindSpore's ``LinearLR``: base times a factor that goes in a straight line, and is held.

    ``lr(t) = base·(start + (end−start)·min(t, T)/T)``, start = ``start_factor``, end =
    ``end_factor``, T = ``total_iters`` in steps; where T is below 1, start is held.

    Args:
        optimizer: the experimental optimizer whose groups' ``lr`` are set.
        start_factor: above 0 and up to 1.
        end_factor: from 0 to 1.
        total_iters: steps from the one to the other, an int.
        last_epoch: the step before the one to begin with; −1 begins at step 0.

    Raises:
        TypeError: ``optimizer`` is no such optimizer, a factor no number, ``total_iters`` or
            ``last_epoch`` no int.
        ValueError: a factor out of range, or ``last_epoch`` below −1.
        KeyError: ``last_epoch`` is not −1 and a group has no ``initial_lr``.

    Example:
        >>> from mindspore import Parameter, Tensor
        >>> from mindspore.experimental import optim
        >>> optimizer = optim.SGD([Parameter(Tensor([0.0]), name="weight")], lr=0.5)
        >>> scheduler = LinearLR(optimizer, start_factor=0.25, total_iters=4)
        >>> scheduler.seek(2)
        >>> print(scheduler.get_last_lr()[0])
        0.3125

    Source:
        ``mindspore.experimental.optim.lr_scheduler.LinearLR`` of MindSpore 2.10.0.

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


class PolynomialLR(DropIn):
    """MindSpore's ``PolynomialLR``: ``lr(t) = base·(1 − min(t, T)/T)^power``, 0 from T on.

    T is ``total_iters`` in steps; where it is below 1, the rate stays base, as in MindSpore.

    Args:
        optimizer: the experimental optimizer whose groups' ``lr`` are set.
        total_iters: steps from base to 0, an int.
        power: of the time that is left, a float.
        last_epoch: the step before the one to begin with; −1 begins at step 0.

    Raises:
        TypeError: ``optimizer`` is no such optimizer, ``power`` no float, ``total_iters`` or
            ``last_epoch`` no int.
        ValueError: ``power`` or ``last_epoch`` out of range.
        KeyError: ``last_epoch`` is not −1 and a group has no ``initial_lr``.

    Example:
        >>> from mindspore import Parameter, Tensor
        >>> from mindspore.experimental import optim
        >>> optimizer = optim.SGD([Parameter(Tensor([0.0]), name="weight")], lr=1.0)
        >>> scheduler = PolynomialLR(optimizer, total_iters=4, power=2.0)
        >>> scheduler.seek(2)
        >>> print(scheduler.get_last_lr()[0])
        0.25

    Source:
        ``mindspore.experimental.optim.lr_scheduler.PolynomialLR`` of MindSpore 2.10.0.

    """

    constructor = calls.PolynomialLR
    total_iters = Argument()
    power = Argument()

    def __init__(
        self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1
    ) -> None:
        super().__init__(optimizer, last_epoch, total_iters=total_iters, power=power)


class CosineAnnealingLR(DropIn):
    """MindSpore's ``CosineAnnealingLR``: half a cosine down, half a cosine up, without end.

    ``lr(t) = base·sin²(π(T−t)/(2T)) + η·sin²(πt/(2T))``, t folded into [0, T], T = abs(``T_max``)
    in steps, η = ``eta_min``. This is MindSpore's documented ``η + (base−η)(1+cos(πt/T))/2``, but
    for its cancellation. At t = T the rate is ``eta_min`` exactly; then it climbs back, is base
    again at 2T, and goes on with period 2T.

    MindSpore's multiplies the rate that it finds by a ratio of float32 cosines: it drifts, is NaN
    from the first trough on for most ``T_max`` from 12860 on, and after some periods below that.

    Args:
        optimizer: the experimental optimizer whose groups' ``lr`` are set.
        T_max: steps from base to ``eta_min``, an int other than 0; the sign is ignored.
        eta_min: the rate at the trough, for every group.
        last_epoch: the step before the one to begin with; −1 begins at step 0.

    Raises:
        TypeError: ``optimizer`` is no such optimizer, ``T_max`` or ``last_epoch`` no int,
            ``eta_min`` no number.
        ValueError: ``T_max`` is 0, where MindSpore's rates are NaN; ``eta_min`` is not finite, or
            ``last_epoch`` below −1.
        KeyError: ``last_epoch`` is not −1 and a group has no ``initial_lr``.

    Example:
        >>> from mindspore import Parameter, Tensor
        >>> from mindspore.experimental import optim
        >>> optimizer = optim.SGD([Parameter(Tensor([0.0]), name="weight")], lr=0.1)
        >>> scheduler = CosineAnnealingLR(optimizer, T_max=13_000, eta_min=0.01)
        >>> scheduler.seek(13_000)
        >>> print(scheduler.get_last_lr()[0])
        0.01

    Source:
        ``mindspore.experimental.optim.lr_scheduler.CosineAnnealingLR`` of MindSpore 2.10.0.

    """

    constructor = cosines.CosineAnnealingLR
    T_max = Argument()
    eta_min = Argument()

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        super().__init__(optimizer, last_epoch, T_max=T_max, eta_min=eta_min)


class CosineAnnealingWarmRestarts(DropIn):
    """MindSpore's ``CosineAnnealingWarmRestarts``: half a cosine down, again and again.

    ``lr(t) = η + (base−η)(1+cos(πu/T))/2``, u the steps since cycle c = 0, 1, 2, … began, T =
    ``T_0``·``T_mult``^c its length, η = ``eta_min``. The last step of a cycle is one short of
    ``eta_min``; the next one has base again.

    ``step(epoch)`` goes to any step, where MindSpore's raises TypeError; resumed by ``last_epoch``,
    it knows of the cycles that are over.

    Args:
        optimizer: the experimental optimizer whose groups' ``lr`` are set.
        T_0: steps in the first cycle, an int above 0.
        T_mult: how many times as long every next cycle is, an int from 1 on.
        eta_min: the rate that a cycle goes to.
        last_epoch: the step before the one to begin with; −1 begins at step 0.

    Raises:
        TypeError: ``optimizer`` is no such optimizer, an argument no number, ``last_epoch`` no
            int.
        ValueError: ``T_0`` or ``T_mult`` out of range or no int, ``eta_min`` not finite, or
            ``last_epoch`` below −1.
        KeyError: ``last_epoch`` is not −1 and a group has no ``initial_lr``.

    Example:
        >>> from mindspore import Parameter, Tensor
        >>> from mindspore.experimental import optim
        >>> optimizer = optim.SGD([Parameter(Tensor([0.0]), name="weight")], lr=0.1)
        >>> scheduler = CosineAnnealingWarmRestarts(optimizer, T_0=10, T_mult=2)
        >>> scheduler.seek(30)
        >>> print(scheduler.get_last_lr()[0])
        0.1

    Source:
        ``mindspore.experimental.optim.lr_scheduler.CosineAnnealingWarmRestarts`` of MindSpore
        2.10.0.

    """

    constructor = cosines.CosineAnnealingWarmRestarts
    T_0 = Argument()
    T_mult = Argument()
    eta_min = Argument()

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0,
        last_epoch: int = -1,
    ) -> None:
        super().__init__(optimizer, last_epoch, T_0=T_0, T_mult=T_mult, eta_min=eta_min)
