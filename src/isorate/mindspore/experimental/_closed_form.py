"""What all schedulers for experimental optimizers share: how rates get into them, and the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np
from mindspore import Tensor, get_context, ops
from mindspore.experimental.optim import Optimizer
from mindspore.experimental.optim.lr_scheduler import LRScheduler
from mindspore.graph._utils.check_jit_forbidden_api import jit_forbidden_register

from isorate.kit.optimizer import Optimizer as Stated
from isorate.kit.optimizer import ParamGroup
from isorate.training.closed_form import ClosedForm, finite

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from isorate.training.closed_form import Group

#: Devices that have ``copy_``: measured on the first, documented for the second. ``ops.assign``, by
#: which MindSpore's own schedulers write, takes 3 times as long in GRAPH mode, 40 in PYNATIVE.
COPYING: Final = ("CPU", "Ascend")

Method = TypeVar("Method", bound="Callable[..., Any]")

#: Marks what computes on the host. In a function that ``mindspore.jit`` compiles it would run once,
#: and every later call would find that rate: MindSpore refuses to compile what is marked.
on_the_host: Callable[[Method], Method] = jit_forbidden_register


class ClosedFormLR(ClosedForm, LRScheduler):  # type: ignore[misc] # MindSpore is untyped
    """A scheduler whose only state is a counter: the rate of step t is that of its schedule at t.

    Rates are computed in float64 and rounded once to float32, in place in the Parameter that the
    optimizer has, so that compiled training steps see them and are not compiled again. Nothing is
    read back. It is one of MindSpore's ``LRScheduler``s. ``step()`` is called outside of what
    ``mindspore.jit`` compiles, which raises RuntimeError otherwise.
    """

    _base = LRScheduler

    def __init__(self, optimizer: Any, last_epoch: Any) -> None:
        check_optimizer(optimizer)
        self._put = putting()
        #: Whether it is seen what others have written; elsewhere that would wait for the device.
        self._looks = get_context("device_target") == "CPU"
        self._prepare(optimizer)
        groups = optimizer.param_groups
        fault = stated(groups, self._bases).strict_resume_fault(last_epoch)
        if fault is not None:
            raise fault.error(fault.text)
        self._welcome(groups, self._bases)
        self._go_to(last_epoch + 1)
        self._built = True

    # --- the clock ------------------------------------------------------------------------------

    @on_the_host
    def step(self, epoch: Any = None) -> None:
        """Move one step on, or to ``epoch``; one that raises leaves everything as it was."""
        if epoch is None:
            self._go_to(self.last_epoch + 1)
            return
        step = finite("epoch", epoch)
        if step < 0:
            raise ValueError(f"epoch is below 0: {step}")
        self._go_to(step, anew=True)

    @on_the_host
    def seek(self, step: int) -> None:
        super().seek(step)

    # --- groups ---------------------------------------------------------------------------------

    @staticmethod
    def _start_of(group: Group) -> float:
        rate = finite("a rate", group.get("initial_lr", group["lr"]))
        return float(single(rate))  # a number in initial_lr stands for the Parameter it was

    def _write(self, groups: Sequence[Group], rates: list[float]) -> None:
        for group, parameter, rate in zip(groups, self.optimizer.lrs, rates, strict=False):
            self._put(parameter, single(rate))
            group["lr"] = parameter  # a number that was put there has no say any more

    def _went_on(self, groups: Sequence[Group], rates: list[float]) -> bool:
        if not self._untouched():
            return False
        self._write(groups, rates)
        self._ledger.last = rates
        return True

    def _untouched(self) -> bool:
        if not self._looks:
            return True
        pairs = zip(self.optimizer.param_groups, self._ledger.last, strict=True)
        return all(rate_in(group) == rounded(rate) for group, rate in pairs)

    def _held(self, groups: Sequence[Group]) -> list[float]:
        return list(map(rate_in, groups))

    def _rounded(self, rates: list[float]) -> list[float]:
        return list(map(rounded, rates))

    def _welcome(self, groups: Sequence[Group], bases: Sequence[float]) -> None:
        for group, base in zip(groups, bases, strict=True):
            group.setdefault("initial_lr", single(base))

    # --- what MindSpore's users ask for -----------------------------------------------------------

    @on_the_host
    def get_last_lr(self) -> list[Any]:
        """Return the rates of the last step, as new float32 tensors."""
        return list(map(single, self._rates))

    @on_the_host
    def get_lr(self) -> list[Any]:
        """Return the rates at ``last_epoch``, as new float32 tensors.

        Unlike MindSpore's, which multiplies what the optimizer holds, this is right at any time.
        A subclass may have one of its own: its rates are used, as MindSpore would.
        """
        return list(map(single, self._schedules.at(self.last_epoch)))

    _get_closed_form_lr = _schedules_get_lr = get_lr


def check_optimizer(optimizer: Any) -> None:
    """Raise TypeError unless it is an experimental optimizer; those of ``nn`` step themselves."""
    if not isinstance(optimizer, Optimizer):
        text = "is no Optimizer of mindspore.experimental.optim"
        raise TypeError(f"{type(optimizer).__name__} {text}")


def putting() -> Callable[[Any, Any], Any]:
    """Return what replaces a Parameter's value, after the updates asked for and before all others.

    That takes an operation: MindSpore makes updates later than they are asked for, and a compiled
    step never sees what ``set_data`` puts there.
    """
    return copied if get_context("device_target") in COPYING else ops.assign


def copied(parameter: Any, value: Any) -> None:
    """Copy a tensor into a Parameter."""
    parameter.copy_(value)


def single(rate: float) -> Any:
    """Return a rate rounded once to float32, as a new tensor; one beyond float32 is infinite."""
    with np.errstate(over="ignore"):
        return Tensor.from_numpy(np.array(rate, np.float32))


def rounded(rate: float) -> float:
    """Return a rate as float32 has it; one beyond float32 is infinite."""
    with np.errstate(over="ignore"):
        return float(np.float32(rate))


def rate_in(group: Group) -> float:
    """Return the rate that a group holds."""
    lr = group["lr"]
    return float(lr.item() if hasattr(lr, "item") else lr)


def stated(groups: Sequence[Group], bases: Sequence[float]) -> Stated:
    """Return what parameter groups say of their first rates."""
    known = ("initial_lr" in group for group in groups)
    pairs = zip(bases, known, strict=True)
    return Stated(tuple(ParamGroup(base, base if told else None) for base, told in pairs))
