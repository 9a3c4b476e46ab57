"""How the schedulers under MindSpore's names are made from its calls, and what they do besides."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any, Final

from mindspore.experimental.optim import lr_scheduler
from mindspore.experimental.optim.lr_scheduler import ReduceLROnPlateau

from isorate.mindspore.experimental._closed_form import ClosedFormLR, check_optimizer, stated
from isorate.training import drop_in as shared
from isorate.training.compositions import InTurn, by_group, check_sequence, joined
from isorate.training.cycles import Cycles, Restarts
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
>>> scheduler = {name}({arguments})
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


class Restarting(Restarts, DropIn):
    """A ``CosineAnnealingWarmRestarts``."""


class Cyclic(Cycles, DropIn):
    """A ``CyclicLR``."""

    scale_fn: Any = None

    def __init__(self, optimizer: Any, last_epoch: Any, *, scale_fn: Any, **arguments: Any) -> None:
        self.scale_fn = scale_fn
        stands = _unscaled if callable(scale_fn) else scale_fn
        super().__init__(optimizer, last_epoch, scale_fn=stands, **arguments)

    def _meaning(self, groups: Sequence[Group]) -> Schedule:
        if self.scale_fn is None:
            return DropIn._meaning(self, groups)
        return super()._meaning(groups)


def _unscaled(_: Any) -> float:
    """Stand for the user's function, of an int, where MindSpore's call wants one of a tensor."""
    return 1.0


class Annealing(shared.Annealing, DropIn):
    """A ``CosineAnnealingLR``."""


class Sequential(InTurn, ClosedFormLR):
    """A ``SequentialLR``."""

    def __init__(
        self, optimizer: Any, last_epoch: Any, *, schedulers: Sequence[Any], milestones: Any
    ) -> None:
        check_sequence("SequentialLR", schedulers, milestones)
        for index, scheduler in enumerate(schedulers):
            check_member(scheduler, optimizer, f"SequentialLR: scheduler {index}")
        self._schedulers = list(schedulers)
        self._milestones = list(milestones)
        super().__init__(optimizer, last_epoch)
        self._hold()

    def _setting(self, step: Any) -> bool:
        if not self._built or step in self._milestones:
            return True
        member = self._schedulers[bisect_right(self._milestones, step)]
        return member._sets(step) or member._lows is not None

    def _meaning(self, groups: Sequence[Group]) -> Schedule:
        found = [by_group(scheduler, len(groups)) for scheduler in self._schedulers]
        return joined(found, self._milestones)


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
