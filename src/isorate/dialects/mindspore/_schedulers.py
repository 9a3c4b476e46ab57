"""What MindSpore's experimental schedulers share: what building and stepping one does to the rates.

The rate is a float32 Parameter of the optimizer, the loop calls ``step()``.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from isorate.kit import card as cards
from isorate.kit import scheduler
from isorate.kit.effects import Moves, Values, next_rate
from isorate.kit.float32 import number, single
from isorate.kit.objects import is_single
from isorate.kit.stepped_call import SteppedCall
from isorate.schedule.lazily import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from isorate.kit.objects import Group, Worker
    from isorate.kit.optimizer import ParamGroup

    Rates = NDArray[np.floating[Any]]
    #: float32, or float64 where it is the meaning that is computed.
    Real = type[np.floating[Any]]

RESUMED = {
    "KeyError": "last_epoch other than -1, and a group without initial_lr",
    "ValueError": "last_epoch below -1",
}

#: A scheduler's card, to be completed by its name.
card = partial(cards.card, always=RESUMED, runs_in="mindspore", clock="step")


def sgd(groups: str, lr: str = "0.1") -> str:
    """Return the text of an optimizer, for examples of deviations."""
    return f"mindspore.experimental.optim.SGD({groups}, lr={lr})"


class ExperimentalCall(SteppedCall, frozen=True):
    """A call that acts on an experimental optimizer's groups, as torch 1.13's do, in float32.

    The constructor takes a real step, and a float32 number counts the steps. What a composition
    means is computed in float64.
    """

    @property
    def dtype(self) -> Literal["float64", "float32"]:
        """float32: the rate is a Parameter."""
        return "float32"

    def group_of(self, stated: ParamGroup, *, rounded: bool) -> Group:
        """Return the group: ``initial_lr`` stays the Python number that it was stated as."""
        real: Real = np.float32 if rounded else np.float64
        group: Group = {"lr": number(stated.lr, real)}
        if stated.initial_lr is not None:
            initial = stated.initial_lr
            group["initial_lr"] = initial if stated.tensor is None else number(initial, real)
        return group

    def counted(self, t: Any, steps: int, group: Group) -> Any:
        return later(t, steps) if is_single(group) else t + steps


class LRScheduler(ExperimentalCall, scheduler.LRScheduler, frozen=True):
    """A scheduler of its own: what building it and stepping it do to the groups' rates."""

    behind = 1

    def resume(self, workers: list[Worker]) -> None:
        stood: Any = self.last_epoch  # type: ignore[attr-defined]
        if isinstance(stood, bool) or not isinstance(stood, int):
            raise TypeError(f"last_epoch is not an int: {stood!r}")
        if stood < -1:
            raise ValueError(f"last_epoch={stood} is below -1")
        super().resume(workers)

    def plain(self, worker: Worker) -> bool:
        return True

    def to(self, worker: Worker, counts: Rates) -> Moves:
        """Return what the steps to these counts do."""
        raise NotImplementedError

    def moves(self, worker: Worker, steps: int) -> Moves:
        return self.to(worker, counters(worker.t, steps, worker.real))

    def rate(self, worker: Worker) -> Any:
        return next_rate(self.to(worker, np.array([worker.t], worker.real)), worker.lr)

    def restarted(self, worker: Worker) -> Moves:
        return self.to(worker, np.zeros(1, worker.real))

    def closed(self, worker: Worker) -> Any:
        return next_rate(self.restarted(worker), worker.lr)


class Multiplying(LRScheduler, scheduler.Multiplying, frozen=True):
    """A scheduler whose steps multiply the rate they find, the same for every group."""

    def factors(self, counts: Rates) -> Moves:
        """Return the moves of the steps to these counts."""
        raise NotImplementedError

    def to(self, worker: Worker, counts: Rates) -> Moves:
        return self.factors(counts)

    def closed(self, worker: Worker) -> Any:
        raise NotImplementedError

    def restarted(self, worker: Worker) -> Moves:
        return Values(np.array([self.closed(worker)], worker.real))


class Setting(LRScheduler, scheduler.Setting, frozen=True):
    """A scheduler whose steps set the rate, whatever it was."""

    sets = False  # not where it is built: that takes a step from what it finds


#: A float32 counter that has come here stays.
LAST_COUNT = 2**24


def later(t: int, steps: int) -> int:
    """Return a float32 counter after some additions of one."""
    if t + steps <= LAST_COUNT:
        return t + steps
    last = single(max(t, LAST_COUNT))
    return int(last + 1 if steps else last)  # once, if at all, that is another number


def counters(t: int, steps: int, real: Real) -> Rates:
    """Return a counter's value after each of some additions of one, in its own dtype."""
    counts = t + np.arange(1.0, steps + 1)
    if real is not np.float64 and steps:
        counts[counts > LAST_COUNT] = later(t, steps)
    return counts.astype(real)


def want_int(name: str, value: Any) -> None:
    """Raise TypeError unless a value is an integer; a bool is one."""
    if not isinstance(value, int):
        raise TypeError(f"{name} is not an int: {value!r}")


def want_float(name: str, value: Any) -> None:
    """Raise TypeError unless a value is a float; an integer is none."""
    if not isinstance(value, float):
        raise TypeError(f"{name} is not a float: {value!r}")
