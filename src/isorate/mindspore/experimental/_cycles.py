"""MindSpore's scheduler along triangles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from msgspec.structs import replace

from isorate.dialects.mindspore import experimental_triangles as calls
from isorate.mindspore.experimental._dropping_in import DropIn
from isorate.schedule.combinators import Sum
from isorate.schedule.shapes import Constant
from isorate.training.compositions import grouped
from isorate.training.dropping_in import Argument, blaming, one_a_group
from isorate.training.functions import scaled_waves

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mindspore.experimental.optim import Optimizer

    from isorate.schedule.node import Schedule
    from isorate.training.closed_form import Group


class CyclicLR(DropIn):
    """MindSpore's ``CyclicLR``: up from ``base_lr`` to ``max_lr`` and down again, cycle by cycle.

    ``lr(t) = base_lr + (max_lr−base_lr)·h·s``, h the height of a triangle of ``step_size_up`` steps
    up and ``step_size_down`` down; s = 1 (``triangular``), 1/2^(cycle−1) (``triangular2``) or
    ``gamma``^t (``exp_range``), or ``scale_fn`` of the cycle (from 1) or of t, both ints. The first
    rate is ``base_lr`` whatever the optimizer's was; ``initial_lr`` stays what it was, so that what
    is built on the same optimizer later does not depend on it.

    Args:
        optimizer: the experimental optimizer whose groups' ``lr`` are set.
        base_lr: the lowest rate, or a list of one for each group; it is written at once.
        max_lr: the highest rate, or a list of one for each group.
        step_size_up: steps up; a whole number.
        step_size_down: steps down; as many as up where None.
        mode: ``triangular``, ``triangular2`` or ``exp_range``.
        gamma: the factor of ``exp_range``, per step.
        scale_fn: a function that scales the height instead of the mode.
        scale_mode: what it is a function of, ``"cycle"`` or ``"iterations"``.
        last_epoch: the step before the one to begin with; −1 begins at step 0.

    Raises:
        TypeError: ``optimizer`` is no such optimizer, an argument no number, ``scale_fn`` no
            function, ``last_epoch`` no int.
        ValueError: an unknown mode, step sizes that are no whole numbers, not one rate for each
            group, or ``last_epoch`` below −1.
        ZeroDivisionError: there are no steps in a cycle.
        KeyError: ``last_epoch`` is not −1 and a group has no ``initial_lr``.

    Example:
        >>> from mindspore import Parameter, Tensor
        >>> from mindspore.experimental import optim
        >>> optimizer = optim.SGD([Parameter(Tensor([0.0]), name="weight")], lr=1.0)
        >>> scheduler = CyclicLR(optimizer, base_lr=0.1, max_lr=0.5, step_size_up=2)
        >>> scheduler.seek(2)
        >>> print(scheduler.get_last_lr()[0])
        0.5

    Source:
        ``mindspore.experimental.optim.lr_scheduler.CyclicLR`` of MindSpore 2.10.0.

    """

    constructor = calls.CyclicLR
    base_lr = Argument()
    max_lr = Argument()
    step_size_up = Argument()
    step_size_down = Argument()
    mode = Argument()
    gamma = Argument()
    scale_mode = Argument()

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: Literal["triangular", "triangular2", "exp_range"] = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[int], float] | None = None,
        scale_mode: Literal["cycle", "iterations"] = "cycle",
        last_epoch: int = -1,
    ) -> None:
        self.scale_fn = scale_fn
        super().__init__(
            optimizer,
            last_epoch,
            base_lr=base_lr,
            max_lr=max_lr,
            step_size_up=step_size_up,
            step_size_down=step_size_down,
            mode=mode,
            gamma=gamma,
            scale_fn=_unscaled if callable(scale_fn) else scale_fn,
            scale_mode=scale_mode,
        )

    def _meant(self, groups: Sequence[Group]) -> Schedule:
        if self.scale_fn is None:
            return super()._meant(groups)
        call: Any = self._call(self._bases)
        with blaming("CyclicLR"):
            ends = (one_a_group(rate, len(groups)) for rate in (call.base_lr, call.max_lr))
            pairs = zip(*ends, strict=True)
            return grouped([self._scaled(call, float(low), float(high)) for low, high in pairs])

    def _scaled(self, call: Any, low: float, high: float) -> Schedule:
        """Return a group's triangles, scaled by the function."""
        plain = replace(call, base_lr=0.0, max_lr=high - low, mode="triangular", scale_fn=None)
        cycle = int(sum(plain._sizes())) if call.scale_mode == "cycle" else None
        return Sum((Constant(low), scaled_waves(plain.shape(0.0, 0), self.scale_fn, cycle)))


def _unscaled(_: Any) -> float:
    """Stand for the user's function, of an int, where MindSpore's call wants one of a tensor."""
    return 1.0
