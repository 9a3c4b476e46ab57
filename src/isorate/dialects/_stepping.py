"""torch's scheduler objects, as far as they change the rate of one parameter group.

A scheduler built on an optimizer changes the group as it is built, and a scheduler that holds
others undoes some of that and steps them. All of it is modelled here, so that a composition means
what torch makes of it; what a step does to the rate is each constructor's own.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from isorate.core.combinators import Join, Product, Scale, Shift
from isorate.core.errors import ConvertError
from isorate.core.shapes import Constant
from isorate.dialects._base import Call, Feedback, Halting, ParamGroup
from isorate.dialects._float32 import single
from isorate.dialects._moves import Moves, OneAfterAnother, OneUponAnother, Values, next_rate

if TYPE_CHECKING:
    from collections.abc import Callable

    from isorate.core.schedule import Schedule

#: A parameter group as torch has it: ``lr``, ``initial_lr``, and what schedulers leave there.
Group = dict[str, Any]


def group_of(stated: ParamGroup) -> Group:
    """Return a parameter group as torch holds it: a Float32 stands for a float32 tensor."""
    rate: Callable[[float], Any] = single if stated.tensor == "float32" else float
    entries = {"lr": stated.lr, "initial_lr": stated.initial_lr}
    group = {name: rate(value) for name, value in entries.items() if value is not None}
    return group | stated.left


def put(group: Group, lr: Any) -> None:
    """Set a group's rate: a tensor keeps its dtype."""
    group["lr"] = single(lr) if isinstance(group["lr"], np.float32) else lr


class Worker:
    """A scheduler at work on one group.

    Args:
        call: the call that built it; it says what its steps do.
        group: the group, which building it changes.
        index: which of the optimizer's groups it is.

    """

    def __init__(self, call: Any, group: Group, index: int) -> None:
        self.call = call
        self.group = group
        self.index = index
        self.t: int = call.last_epoch
        self.count = 0
        #: What a constructor keeps besides: the position in a cycle, for example.
        self.kept: dict[str, Any] = {}
        call.begin(self)
        if call.last_epoch == -1:
            group.setdefault("initial_lr", group["lr"])
        self.base = group["initial_lr"]
        self.begin_again()

    @property
    def lr(self) -> Any:
        """The rate that the group holds."""
        return self.group["lr"]

    def begin_again(self) -> None:
        """Take the step that a constructor takes."""
        self.count = 1
        self.t += 1
        put(self.group, next_rate(self.call.first(self), self.lr))

    def undo(self) -> None:
        """Count one step back, as a scheduler that holds this one does."""
        self.t -= 1

    def restart(self) -> Moves:
        """Go to step 0, as a scheduler that holds this one does when its turn comes."""
        self.t = 0
        moves: Moves = self.call.restart(self)
        return moves

    def moves(self, steps: int) -> Moves:
        """Take the next steps."""
        moves: Moves = self.call.moves(self, steps)
        self.t += steps
        self.count += steps
        return moves

    def meaning(self) -> Schedule:
        """Return the schedule that the rate follows from here on."""
        meaning: Schedule = self.call.meaning(self)
        return meaning

    def factor(self) -> Schedule:
        """Return what the rate is multiplied by from here on, whatever it is.

        Raises:
            ConvertError: this scheduler does more than multiply.

        """
        return _relative(self.call.multiplier(self), self.t)

    def set_anew(self) -> int:
        """Return in how many steps the rate no longer follows from the one before; 0 for never."""
        return int(self.call.set_anew(self))

    def meaning_anew(self) -> Schedule:
        """Return the schedule from that step on."""
        schedule: Schedule = self.call.multiplier(self)
        return Scale(begun(schedule, self.t + self.set_anew()), float(self.base))


class Sequence:
    """``SequentialLR`` at work: one scheduler after another."""

    def __init__(self, call: Any, group: Group, index: int) -> None:
        self.group = group
        self.workers = held_by(call, group, index)
        if len(call.milestones) != len(self.workers) - 1:
            counts = f"{len(call.milestones)} milestones for {len(self.workers)} schedulers"
            raise ValueError(f"{counts}, where there has to be one fewer")
        self.milestones = list(call.milestones)
        self.t = call.last_epoch + 1
        put(group, group["initial_lr"])
        self.undo()
        self.workers[bisect_right(self.milestones, 0)].begin_again()

    def undo(self) -> None:
        """Count back whatever is inside; this one's own count stays, as torch has it."""
        for worker in self.workers:
            worker.undo()

    def begin_again(self) -> None:
        """Take the step that a scheduler around this one makes it take."""
        put(self.group, next_rate(self.moves(1), self.group["lr"]))

    def restart(self) -> Moves:
        """Fail: torch asks for ``get_lr``, which this class does not have."""
        raise Halting("NotImplementedError", "SequentialLR cannot be restarted at a milestone")

    def moves(self, steps: int) -> Moves:
        """Take the next steps, each by whoever has the turn."""
        pieces: list[Moves] = []
        while steps > 0:
            worker, restarting = self._turn(self.t + 1)
            if restarting:
                taken = 1
                moves = halted(worker.restart)
            else:
                taken = min(steps, self._until_the_next())
                moves = worker.moves(taken)
            pieces.append(moves)
            self.t += taken
            steps -= taken
            if moves.halt is not None:
                break
        return pieces[0] if len(pieces) == 1 else OneAfterAnother(tuple(pieces))

    def _turn(self, t: int) -> tuple[Work, bool]:
        """Return who takes the step to ``t``, and whether it starts over with it."""
        index = bisect_right(self.milestones, t)
        return self.workers[index], index > 0 and self.milestones[index - 1] == t

    def _until_the_next(self) -> int:
        """Return how many steps the same scheduler has before a milestone."""
        index = bisect_right(self.milestones, self.t + 1)
        if not self._increasing:
            return 1  # whose turn it is can change at any step
        if index == len(self.milestones):
            return 2**62
        left: int = math.ceil(self.milestones[index]) - self.t - 1
        return left

    @property
    def _increasing(self) -> bool:
        return all(a <= b for a, b in zip(self.milestones, self.milestones[1:], strict=False))

    def meaning(self) -> Schedule:
        """Join what each scheduler means, from the rate that it finds when its turn comes."""
        if not self._increasing:
            raise ConvertError("milestones that do not increase have no schedule")
        worker, _ = self._turn(self.t)
        parts = [worker.meaning()]
        boundaries: list[int] = []
        for at in sorted({math.ceil(m) for m in self.milestones if m > self.t}):
            joined = Join(tuple(parts), tuple(boundaries))
            put(self.group, joined.at(at - self.t - 1))
            worker, restarting = self._turn(at)
            moves = halted(worker.restart if restarting else partial(worker.moves, 1))
            if moves.halt is not None:
                raise ConvertError(f"it raises {moves.halt.error} at step {at}: {moves.halt.text}")
            put(self.group, next_rate(moves, self.group["lr"]))
            parts.append(worker.meaning())
            boundaries.append(at - self.t)
        return Join(tuple(parts), tuple(boundaries)) if boundaries else parts[0]

    def factor(self) -> Schedule:
        """Refuse: at a milestone the rate is set, not multiplied."""
        raise ConvertError("a SequentialLR inside a ChainedScheduler has no schedule")

    def set_anew(self) -> int:
        """Return 0: what happens to it in a chain is not told apart."""
        return 0

    def meaning_anew(self) -> Schedule:
        """Refuse: it is never set anew as a whole."""
        raise ConvertError("a SequentialLR is never set anew")


class Chain:
    """``ChainedScheduler`` at work: every scheduler at every step."""

    def __init__(self, call: Any, group: Group, index: int) -> None:
        self.group = group
        self.workers = held_by(call, group, index)

    def undo(self) -> None:
        """Count back whatever is inside."""
        for worker in self.workers:
            worker.undo()

    def begin_again(self) -> None:
        """Take the step that a scheduler around this one makes it take."""
        put(self.group, next_rate(self.moves(1), self.group["lr"]))

    def restart(self) -> Moves:
        """Fail: torch asks for ``get_lr``, which this class does not have."""
        raise Halting("NotImplementedError", "ChainedScheduler cannot be restarted at a milestone")

    def moves(self, steps: int) -> Moves:
        """Take the next steps with every scheduler."""
        layers = tuple(worker.moves(steps) for worker in self.workers)
        return layers[0] if len(layers) == 1 else OneUponAnother(layers)

    def meaning(self) -> Schedule:
        """Multiply what each scheduler multiplies by, or take the one that sets the rate.

        A rate that is set at every step hides whatever came before it in the chain; one that is
        set once, as a cosine's after its trough, hides what came before it in time.
        """
        last = self.workers[-1]
        if len(self.workers) == 1 or (isinstance(last, Worker) and last.call.sets):
            return last.meaning()
        product = Scale(self.factor(), float(self.group["lr"]))
        anew = [worker for worker in self.workers if worker.set_anew()]
        if not anew:
            return product
        setting, steps = anew[0], anew[0].set_anew()
        others = [worker.factor() for worker in self.workers if worker is not setting]
        if len(anew) > 1 or any(not _settled(factor, steps) for factor in others):
            raise ConvertError(
                "what a cosine's trough does to the other schedulers has no schedule"
            )
        return Join((product, setting.meaning_anew()), (steps,))

    def factor(self) -> Schedule:
        """Return the product of all factors."""
        return Product(tuple(worker.factor() for worker in self.workers))

    def set_anew(self) -> int:
        """Return 0: what happens to a chain within a chain is not told apart."""
        return 0

    def meaning_anew(self) -> Schedule:
        """Refuse: a chain is never set anew."""
        raise ConvertError("a ChainedScheduler is never set anew")


Work = Worker | Sequence | Chain


def work(call: Any, group: Group, index: int) -> Work:
    """Build a scheduler on a group, in the order in which torch would."""
    made: Work = call.worker(call, group, index)
    return made


def held_by(call: Any, group: Group, index: int) -> list[Work]:
    """Build the schedulers that a call holds; then check them, as torch does.

    Raises:
        TypeError: one that is no scheduler.
        ValueError: none at all, one that follows a metric, or one of another optimizer.

    """
    workers: list[Any] = []
    for member in call.schedulers:
        if isinstance(member, Call) and not isinstance(member, Feedback):
            workers.append(work(member, group, index))
        else:
            workers.append(member)
    if not workers:
        raise ValueError("there is no scheduler in it")
    for member in call.schedulers:
        if isinstance(member, Feedback):
            raise ValueError(
                f"a {member.name} follows a metric, which {call.name} does not give it"
            )
        if not isinstance(member, Call):
            raise TypeError(f"it holds something that is no scheduler: {member!r}")
    return workers


# --- what a rate follows from somewhere on -----------------------------------------------------


def begun(shape: Schedule, t: int) -> Schedule:
    """Return a shape as it goes on from its step ``t``."""
    if t < 0:
        raise ConvertError("it begins before its step 0, where no schedule is")
    return Shift(shape, t) if t else shape


def scaled_from(shape: Schedule, t: int, lr: float) -> Schedule:
    """Return a shape from its step ``t`` on, scaled so that it begins with the rate ``lr``."""
    here = begun(shape, t)
    expected = here.at(0)
    if math.isclose(expected, lr, rel_tol=1e-13, abs_tol=0.0):
        return here
    if isinstance(here.normal(), Constant):
        return Constant(lr)
    if expected == 0:
        raise ConvertError("its rate cannot be told from a rate of 0 on")
    return Scale(here, lr / expected)


def set_from(shape: Schedule, t: int, lr: float) -> Schedule:
    """Return a shape from its step ``t`` on, whose first rate may be one that was found."""
    here = begun(shape, t)
    if math.isclose(here.at(0), lr, rel_tol=1e-13, abs_tol=0.0):
        return here
    return Join((Constant(lr), begun(shape, t + 1)), (1,))


def _relative(factor: Schedule, t: int) -> Schedule:
    """Return a factor from its step ``t`` on, relative to what it is there."""
    here = begun(factor, t)
    first = here.at(0)
    if first == 0:
        raise ConvertError("a factor of 0 multiplies whatever comes to 0")
    return here if first == 1 else Scale(here, 1 / first)


def _settled(factor: Schedule, steps: int) -> bool:
    """Whether a factor stays what it is from some step on."""
    return isinstance(Shift(factor, steps).normal(), Constant)


# --- errors ------------------------------------------------------------------------------------


def halted(moves: Callable[[], Moves]) -> Moves:
    """Return moves, or none and what is raised instead."""
    try:
        return moves()
    except Halting as halt:
        return Values(np.empty(0), halt)
    except ConvertError:
        raise
    except Exception as error:
        return Values(np.empty(0), halting(error))


def halting(error: Exception) -> Halting:
    """Return what ends the rates where torch raises."""
    return error if isinstance(error, Halting) else Halting(type(error).__name__, str(error))
