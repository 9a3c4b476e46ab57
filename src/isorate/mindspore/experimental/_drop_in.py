"""What the schedulers under MindSpore's names share, and how they are made from its calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mindspore.experimental.optim import lr_scheduler

from isorate.mindspore.experimental._closed_form import ClosedFormLR, check_optimizer, stated
from isorate.training import drop_in as shared
from isorate.training.cycles import Cycles
from isorate.training.drop_in import check
from isorate.training.functions import Factors, Functions, RunningProducts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from isorate.kit.call import Call
    from isorate.schedule.node import Schedule
    from isorate.training.closed_form import Group

EXAMPLE: Final = """\
>>> from mindspore import Parameter, Tensor
>>> from mindspore.experimental import optim
>>> optimizer = optim.SGD([Parameter(Tensor([0.0]), name="weight")], lr=1.0)
>>> scheduler = {name}(optimizer, {arguments})
>>> scheduler.seek({step})
>>> print(float(scheduler.get_last_lr()[0]))
{rate}"""


class DropIn(shared.DropIn, ClosedFormLR):
    """A scheduler under the name and with the signature of MindSpore's own."""

    def __init__(self, optimizer: Any, last_epoch: Any, **arguments: Any) -> None:
        check_optimizer(optimizer)
        groups = optimizer.param_groups
        kind: Any = self.constructor
        first = stated(groups, list(map(self._start_of, groups)))
        check(kind(first, **arguments, last_epoch=last_epoch))  # of the types that they have
        self._take(arguments)
        super().__init__(optimizer, last_epoch)


class Cyclic(Cycles, DropIn):
    """A ``CyclicLR``."""

    scale_fn: Any = None

    def __init__(self, optimizer: Any, last_epoch: Any, *, scale_fn: Any, **arguments: Any) -> None:
        self.scale_fn = scale_fn
        stands = _unscaled if callable(scale_fn) else scale_fn
        super().__init__(optimizer, last_epoch, scale_fn=stands, **arguments)

    def _meant(self, groups: Sequence[Group]) -> Schedule:
        if self.scale_fn is None:
            return DropIn._meant(self, groups)
        return super()._meant(groups)


def _unscaled(_: Any) -> float:
    """Stand for the user's function, of an int, where MindSpore's call wants one of a tensor."""
    return 1.0


class _Lambda(Functions, ClosedFormLR):
    """What both below share."""

    def __init__(self, optimizer: Any, last_epoch: Any, *, lr_lambda: Any) -> None:
        self.lr_lambda = lr_lambda
        super().__init__(optimizer, last_epoch)


class Lambda(Factors, _Lambda):
    """A ``LambdaLR``."""


class Multiplicative(RunningProducts, _Lambda):
    """A ``MultiplicativeLR``."""


def drop_in(constructor: type[Call], base: Any = DropIn) -> Any:
    """Return the class under MindSpore's name that does what a call means."""
    theirs = getattr(lr_scheduler, constructor.__name__)
    return shared.drop_in(
        constructor,
        base,
        home="isorate.mindspore.experimental",
        theirs=theirs,
        whose="MindSpore's",
        example=EXAMPLE,
    )
