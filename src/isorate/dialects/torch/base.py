"""What torch's schedulers share: the rate lives in the optimizer, the loop calls ``step()``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from isorate.kit import card as cards
from isorate.kit import objects as stepping
from isorate.kit import scheduler
from isorate.kit.effects import Moves, Values
from isorate.kit.tensors import LARGEST_SINGLE
from isorate.schedule.arithmetic import Given
from isorate.schedule.lazily import np
from isorate.schedule.syntax import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from isorate.kit.boundary import Halting
    from isorate.kit.objects import Worker

VERSION = "2.13.0"
DOCS = "https://docs.pytorch.org/docs/2.13/generated/{}.html"
#: What happens past the end of steps.
STAYS = "holds the rate of its last step"
RESUMED = "last_epoch other than -1, and a group without initial_lr"

#: A scheduler's card, to be completed by its name.
card = partial(cards.card, always={"KeyError": RESUMED}, runs_in="torch", clock="step")


class LRScheduler(scheduler.LRScheduler, frozen=True):
    """A scheduler of its own, in Python's numbers or a tensor's."""

    def leaves_floats(self, worker: Worker) -> bool:
        if stepping.is_float(worker.base):
            return True
        try:
            return isinstance(self.closed(worker), float)
        except Exception:
            return False


class Closed(LRScheduler, frozen=True):
    """A scheduler that sets the rate by its closed form, if any, where it is told the step."""

    def closed(self, worker: Worker) -> Any:
        if not self.closed_form:
            return super().closed(worker)
        values = {**self.arguments(), "base": worker.base}
        return function_of(self.closed_form, values)(0)


class Multiplying(scheduler.Multiplying, Closed, frozen=True):
    """A scheduler whose steps multiply the rate they find."""


class Setting(scheduler.Setting, LRScheduler, frozen=True):
    """A scheduler whose steps set the rate, whatever it was."""


def function_of(text: str, values: Mapping[str, Any]) -> Callable[[Any], Any]:
    """Return a function of ``t`` that computes a dialect's own text with values of any kind."""
    return Given(values, "t").function(parse(text))


def filled(rates: NDArray[np.float64], worker: Worker, halt: Halting | None) -> Moves:
    """Return the steps that set Python floats as rates; a float32 tensor refuses what is beyond."""
    if stepping.is_single(worker.group):
        beyond = (np.abs(rates) > LARGEST_SINGLE) & np.isfinite(rates)
        if beyond.any():
            first = int(beyond.argmax())
            refused = partial(worker.lr.filled, float(rates[first]))
            return Values(rates[:first], stepping.halted(refused).halt)
    return Values(rates, halt)
