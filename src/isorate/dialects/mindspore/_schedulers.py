"""What MindSpore's experimental schedulers share: what building and stepping one does to the rates.

The rate is a float32 Parameter of the optimizer, the loop calls ``step()``. What the objects do
with each other stands in ``_stepping``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from isorate.dialects.mindspore import _stepping as stepping
from isorate.dialects.mindspore._shared import DOCS, SCHEDULERS, VERSION
from isorate.kit.card import Card
from isorate.kit.effects import Factors, Moves, Values, scalar
from isorate.kit.float32 import Float32
from isorate.kit.objects import halting, scaled_from, set_from
from isorate.kit.stepped_call import ScheduledGroups, SteppedCall
from isorate.schedule.combinators import Groups, Stepped
from isorate.schedule.errors import ConvertError, ScheduleError
from isorate.schedule.evaluate import BLOCK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from isorate.dialects.mindspore._stepping import Held, Rates, Scheduler, Work
    from isorate.kit.boundary import Halting
    from isorate.kit.card import Deviation, Proof, Role
    from isorate.schedule.node import Schedule

RESUMED = {
    "KeyError": "last_epoch other than -1, and a group without initial_lr",
    "ValueError": "last_epoch below -1",
}


def card(
    name: str,
    *,
    arithmetic: str,
    proof: Proof,
    past_end: str,
    roles: Mapping[str, Role],
    raises: Mapping[str, str],
    deviations: Sequence[Deviation] = (),
) -> Card:
    """Return the card of an experimental scheduler."""
    return Card(
        name=SCHEDULERS + name,
        dialect="mindspore",
        runs_in="mindspore",
        version=VERSION,
        docs=f"{DOCS}experimental/lr_scheduler/{SCHEDULERS}{name}.html",
        clock="step",
        arithmetic=arithmetic,
        proof=proof,
        past_end=past_end,
        roles={"optimizer": "start", **roles},
        raises=raises,
        deviations=deviations,
    )


def sgd(groups: str, lr: str = "0.1") -> str:
    """Return the text of an optimizer, for examples of deviations."""
    return f"mindspore.experimental.optim.SGD({groups}, lr={lr})"


class ExperimentalCall(SteppedCall, frozen=True):
    """A call that acts on an experimental optimizer's groups."""

    worker: ClassVar[Any]

    @property
    def dtype(self) -> Literal["float64", "float32"]:
        """float32: the rate is a Parameter."""
        return "float32"

    def work(self, held: Held = Float32) -> Work:
        """Build the scheduler on groups of its own, or raise what building it raises."""
        groups = [stepping.group_of(group, held) for group in self.held.groups]
        return stepping.work(self, groups)

    def build(self) -> Work:
        return self.work()

    def step_once(self, built: Any) -> None:
        built.step()

    def lower(self) -> Schedule:
        self.checked()
        with np.errstate(all="ignore"):
            try:
                groups = tuple(map(Stepped, self.work(np.float64).meanings()))
            except (ScheduleError, OverflowError) as error:
                raise ConvertError(f"no schedule says it: {error}") from None
        return groups[0] if len(groups) == 1 else Groups(groups)

    def native(self, steps: int) -> Iterator[NDArray[Any]]:
        self.checked()
        with np.errstate(all="ignore"):
            work = self.work()
        lrs = [group["lr"] for group in work.groups]
        for start in range(0, steps, BLOCK):
            fresh = 0 if start else 1  # the first rate is what construction left
            wanted = min(BLOCK, steps - start) - fresh
            with np.errstate(all="ignore"):
                taken, halt = _taken(work, wanted)
                block = [
                    np.concatenate(([lr] * fresh, moves.rates(lr))).astype(np.float32)
                    for moves, lr in zip(taken, lrs, strict=True)
                ]
            if block[0].size:
                yield np.stack(block)
                lrs = [scalar(rates[-1]) for rates in block]
            if halt is not None:
                raise halt


def _taken(work: Work, steps: int) -> tuple[list[Moves], Halting | None]:
    """Take some steps; what MindSpore raises before they are done ends them."""
    nothing: list[Moves] = [Factors(np.ones(0)) for _ in work.groups]
    if steps == 0:
        return nothing, None
    try:
        moves = work.take(steps)
    except Exception as error:
        return nothing, halting(error)
    return moves, stepping.halt_of(moves)


class LRScheduler(ExperimentalCall, ScheduledGroups, frozen=True):
    """A scheduler of its own: what building it and stepping it do to the groups' rates."""

    worker: ClassVar[Any] = stepping.Scheduler
    behind = 1

    def begin(self, worker: Scheduler) -> None:
        """Check the arguments and do what building it does first; raise as MindSpore does."""

    def built(self, worker: Scheduler) -> None:
        """Do what building it does last."""

    def moves(self, worker: Scheduler, counts: Rates) -> list[Moves]:
        """Take the steps to ``counts[1:]`` from ``counts[0]``."""
        raise NotImplementedError

    def restart(self, worker: Scheduler) -> list[Moves]:
        """Go to step 0, when ``SequentialLR`` says so."""
        return self.moves(worker, worker.held(0) + np.arange(-1, 1, dtype=worker.held))

    def meaning(self, worker: Scheduler, index: int) -> Schedule:
        """Return the schedule from where the worker stands, its group's rate first."""
        raise NotImplementedError


class Multiplying(LRScheduler, frozen=True):
    """A scheduler whose steps multiply the rate they find, the same for every group."""

    def factors(self, counts: Rates) -> Moves:
        """Return the moves of the steps to these counts."""
        raise NotImplementedError

    def closed(self, base: Any, held: Held) -> Any:
        """Return the rate that step 0 sets by the closed form."""
        raise NotImplementedError

    def moves(self, worker: Scheduler, counts: Rates) -> list[Moves]:
        return [self.factors(counts[1:])] * len(worker.groups)

    def restart(self, worker: Scheduler) -> list[Moves]:
        return [
            Values(np.array([self.closed(base, worker.held)], worker.held)) for base in worker.bases
        ]

    def meaning(self, worker: Scheduler, index: int) -> Schedule:
        shape = self.shape(float(worker.bases[index]) or 1.0, index)  # any will do, but for 0
        return scaled_from(shape, int(worker.t), float(worker.rates[index]))


class Setting(LRScheduler, frozen=True):
    """A scheduler whose steps set the rate, whatever it was."""

    def meaning(self, worker: Scheduler, index: int) -> Schedule:
        shape = self.shape(float(worker.bases[index]), index)
        return set_from(shape, int(worker.t), float(worker.rates[index]))


def want_int(name: str, value: Any) -> None:
    """Raise TypeError unless a value is an integer; a bool is one."""
    if not isinstance(value, int):
        raise TypeError(f"{name} is not an int: {value!r}")


def want_float(name: str, value: Any) -> None:
    """Raise TypeError unless a value is a float; an integer is none."""
    if not isinstance(value, float):
        raise TypeError(f"{name} is not a float: {value!r}")
