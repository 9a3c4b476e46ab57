"""MindSpore's scheduler objects at work on an optimizer's parameter groups.

They are torch's of 1.13 with habits of their own. The constructor takes a real step. The steps are
counted by a float32 number, which stops at 2**24. ``SequentialLR`` counts its members back by one,
but not what those hold; it always starts with the first of them; and at a milestone it calls
``step(0)``, which sets the rate by the closed form, or fails where there is none.

One description serves two dtypes: in float32 it is what MindSpore does, in float64 it says what a
composition means.
"""

from __future__ import annotations

import copy
from bisect import bisect_right
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from isorate.dialects.mindspore._tensors import held_number
from isorate.kit.boundary import Halting
from isorate.kit.call import Call
from isorate.kit.effects import (
    Factors,
    Moves,
    OneAfterAnother,
    Stepwise,
    Values,
    next_rate,
    scalar,
)
from isorate.kit.float32 import number
from isorate.kit.objects import halting
from isorate.schedule.combinators import Join, Until
from isorate.schedule.evaluate import BLOCK
from isorate.schedule.node import FARTHEST
from isorate.schedule.shapes import Constant

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from isorate.kit.optimizer import ParamGroup
    from isorate.schedule.node import Schedule

    Held = type[np.floating[Any]]
    Rates = NDArray[np.floating[Any]]

#: A parameter group: ``lr``, in the dtype that is computed in, and ``initial_lr``, which stays the
#: Python number that it was stated as.
Group = dict[str, Any]

#: A float32 counter that has come here stays.
LAST_COUNT = 2.0**24


def group_of(stated: ParamGroup, held: Held) -> Group:
    """Return a parameter group as an experimental optimizer holds it."""
    group: Group = {"lr": number(stated.lr, held)}
    if stated.initial_lr is not None:
        tensor = stated.tensor is not None
        group["initial_lr"] = number(stated.initial_lr, held) if tensor else stated.initial_lr
    return group


def put(groups: Sequence[Group], moves: Sequence[Moves]) -> None:
    """Set every group's rate by one step, or raise what the step raises, before any is set."""
    halt = halt_of(moves)
    if halt is not None and not len(moves[0]):
        raise halt
    rates = [next_rate(move, group["lr"]) for move, group in zip(moves, groups, strict=True)]
    for group, rate in zip(groups, rates, strict=True):
        group["lr"] = type(group["lr"])(rate)


class Scheduler:
    """A scheduler at work.

    Args:
        call: the call that built it; it says what its steps do.
        groups: the optimizer's groups, which building it changes.

    """

    def __init__(self, call: Any, groups: list[Group]) -> None:
        self.call = call
        self.groups = groups
        self.held: Held = type(groups[0]["lr"])
        #: What a constructor keeps besides: the position in a cycle, for example.
        self.kept: dict[str, Any] = {}
        call.begin(self)
        _check_beginning(call.last_epoch, groups)
        self.t = number(call.last_epoch, self.held)
        self.bases = [group["initial_lr"] for group in groups]
        #: The step and the rates that it found when it was built, until it is stepped again.
        self.found: tuple[int, list[Any]] | None = None
        found = int(self.t), [group["lr"] for group in groups]
        self.step()
        call.built(self)
        if call.last_epoch != -1:
            self.found = found

    @property
    def rates(self) -> list[Any]:
        """The rates that the groups hold."""
        return [group["lr"] for group in self.groups]

    def undo(self) -> None:
        """Count one step back, as a scheduler that holds this one does."""
        self.found = None
        self.t = self.t - self.held(1)

    def step(self) -> None:
        """Take one step, and set the rates."""
        put(self.groups, self.take(1))

    def restart(self) -> list[Moves]:
        """Go to step 0, as a scheduler that holds this one does when its turn comes."""
        self.found = None
        self.t = self.held(0)
        restarted: list[Moves] = self.call.restart(self)
        return restarted

    def take(self, steps: int) -> list[Moves]:
        """Take the next steps; every group has as many."""
        self.found = None
        counts = counters(self.t, steps)
        moves = self.call.moves(self, counts)
        self.t = scalar(counts[-1])
        return even(moves)

    def meanings(self) -> list[Schedule]:
        """Return the schedule that each group follows from here on."""
        return [self.call.meaning(self, index) for index in range(len(self.groups))]


class Sequential:
    """``SequentialLR`` at work: one scheduler after another."""

    def __init__(self, call: Any, groups: list[Group]) -> None:
        self.groups = groups
        self.held: Held = type(groups[0]["lr"])
        if not isinstance(call.schedulers, list | tuple):
            raise TypeError(f"schedulers is no list: {call.schedulers!r}")
        self.workers = [work(member, groups) for member in call.schedulers]
        for index, member in enumerate(call.members):
            if member.optimizer != call.optimizer:
                raise ValueError(f"the scheduler at index {index} has another optimizer")
        if len(call.milestones) != len(self.workers) - 1:
            text = f"{len(self.workers)} schedulers, but {len(call.milestones)} milestones"
            raise ValueError(text)
        self.milestones = call.milestones
        self.t = number(call.last_epoch + 1, self.held)
        for group in groups:
            group["lr"] = number(group["initial_lr"], self.held)
        for worker in self.workers:
            worker.undo()
        self.workers[0].step()

    def undo(self) -> None:
        """Count one step back here, but not in what is inside."""
        self.t = self.t - self.held(1)

    def step(self) -> None:
        """Take one step, and set the rates."""
        put(self.groups, self.take(1))

    def restart(self) -> list[Moves]:
        """Fail: this class cannot be sent to a step."""
        raise Halting("TypeError", "SequentialLR.step() takes no epoch, and is given 0")

    def take(self, steps: int) -> list[Moves]:
        """Take the next steps, each by whoever has the turn."""
        pieces: list[list[Moves]] = []
        while steps > 0:
            taken, moves = self._turn(steps)
            pieces.append(moves)
            steps -= taken
            if halt_of(moves) is not None:
                break
        if len(pieces) == 1:
            return pieces[0]
        return [OneAfterAnother(many) for many in zip(*pieces, strict=True)]

    def _turn(self, steps: int) -> tuple[int, list[Moves]]:
        """Take as many of the next steps as one scheduler has."""
        index, restarting = self._next()
        worker = self.workers[index]
        taken = 1 if restarting else min(steps, self._until_the_next())
        self.t = later(self.t, taken)
        try:
            return taken, worker.restart() if restarting else worker.take(taken)
        except Exception as error:
            return taken, [Values(np.empty(0), halting(error)) for _ in self.groups]

    def _next(self) -> tuple[int, bool]:
        """Return whose turn the next step is, and whether it starts over with it."""
        at = int(later(self.t, 1))
        index = bisect_right(self.milestones, at)
        return index, index > 0 and self.milestones[index - 1] == at

    def _until_the_next(self) -> int:
        """Return how many steps the same scheduler has before a milestone."""
        if later(self.t, 1) == self.t:
            return BLOCK  # the counter has stopped, and nobody's turn ever ends
        if any(a > b for a, b in zip(self.milestones, self.milestones[1:], strict=False)):
            return 1  # unsorted milestones: whose turn it is can change at any step
        index = bisect_right(self.milestones, int(later(self.t, 1)))
        ends = LAST_COUNT if index == len(self.milestones) else ceil(self.milestones[index])
        return max(1, int(ends - float(self.t)) - 1)

    def meanings(self) -> list[Schedule]:
        """Join what each scheduler means, from the rates that it finds when its turn comes."""
        current: Work = self.workers[0]
        pieces = [copy.deepcopy(current).meanings()]
        starts = [0]
        begun = int(self.t)
        # in whatever order the milestones are, bisection goes on to a later scheduler or stays
        ends = {begun + 1, *map(ceil, self.milestones)}  # whoever begins, the next step decides
        for step in sorted(end for end in ends if begun < end < FARTHEST):
            self.t = self.held(step - 1)
            index, _ = self._next()
            if self.workers[index] is current:
                continue
            at = step - begun
            before = at - 1 - starts[-1]
            if any(piece.length is not None and piece.length <= before for piece in pieces[-1]):
                break
            for piece, group in zip(pieces[-1], self.groups, strict=True):
                group["lr"] = self.held(piece.at(before))
            _, moves = self._turn(1)
            if halt_of(moves) is not None:
                return [Until(part, at) for part in _joined(pieces, starts)]
            put(self.groups, moves)
            current = self.workers[index]
            pieces.append(copy.deepcopy(current).meanings())
            starts.append(at)
        return _joined(pieces, starts)


class Plateau:
    """``ReduceLROnPlateau`` at work: it counts the steps since its metric was last at its best.

    Args:
        call: the call that built it.
        groups: the optimizer's groups.

    """

    def __init__(self, call: Any, groups: list[Group]) -> None:
        self.call = call
        self.groups = groups
        self.held: Held = type(groups[0]["lr"])
        self.least = [number(rate, self.held) for rate in call.begin(len(groups))]
        self.best = self.held(np.inf if call.mode == "min" else -np.inf)
        self.waiting = self.held(0)
        self.cooling = self.held(0)

    def undo(self) -> None:
        """Count one step back: nothing depends on that count."""

    def step(self) -> None:
        """Fail: without a metric there is no step."""
        put(self.groups, self.take(1))

    def take(self, steps: int) -> list[Moves]:
        """Fail: without a metric there is no step."""
        raise Halting("TypeError", "ReduceLROnPlateau.step() wants a metric, and is given none")

    def restart(self) -> list[Moves]:
        """Take the number of the step for a metric: 0."""
        return self.measure(0.0)

    def meanings(self) -> list[Schedule]:
        """Return the rates that the groups hold: the next step fails."""
        return [Until(Constant(float(group["lr"])), 1) for group in self.groups]

    def measure(self, metric: float) -> list[Moves]:
        """Take one step with a metric."""
        call, one, zero = self.call, self.held(1), self.held(0)
        current = number(metric, self.held)
        if self._better(current):
            self.best, self.waiting = current, zero
        else:
            self.waiting = self.waiting + one
        if self.cooling > 0:
            self.cooling, self.waiting = self.cooling - one, zero
        if not self.waiting > self._number(call.patience):
            return [Factors(np.ones(1)) for _ in self.groups]
        factor, eps = self._number(call.factor), self._number(call.eps)
        self.cooling, self.waiting = self._number(call.cooldown), zero
        return [Stepwise([_lowering(factor, least, eps)]) for least in self.least]

    def _better(self, current: Any) -> bool:
        call = self.call
        if call.threshold_mode == "rel":
            share = 1.0 - call.threshold if call.mode == "min" else call.threshold + 1.0
            mark = self.best * self._number(share)
        else:
            threshold = self._number(call.threshold)
            mark = self.best - threshold if call.mode == "min" else self.best + threshold
        return bool(current < mark if call.mode == "min" else current > mark)

    def _number(self, value: Any) -> Any:
        return number(held_number(value), self.held)


def _lowering(factor: Any, least: Any, eps: Any) -> Callable[[Any], Any]:
    """Return what brings a rate down: not below the least, by more than eps or not at all."""

    def lowered(lr: Any) -> Any:
        lower = lr * factor
        lower = max(least, lower)  # NaN gives way
        return lower if lr > lower + eps else lr

    return lowered


Work = Scheduler | Sequential | Plateau


def work(call: Any, groups: list[Group]) -> Work:
    """Build a scheduler on the groups, in the order in which MindSpore would.

    Raises:
        AttributeError: it is none.

    """
    if not isinstance(call, Call):
        raise AttributeError(f"{call!r} is no scheduler: it has no optimizer")
    made: Work = call.worker(call, groups)  # type: ignore[attr-defined]
    return made


# --- shared ------------------------------------------------------------------------------------


def counters(count: Any, steps: int) -> Rates:
    """Return a counter's value now and after each of some additions of one, in its own dtype."""
    ones = np.ones(steps + 1, type(count))
    ones[0] = count
    return np.add.accumulate(ones)  # in float32, from 2**24 on, adding one changes nothing


def later(count: Any, steps: int) -> Any:
    """Return a counter's value after some additions of one."""
    if isinstance(count, np.float32) and count + steps > LAST_COUNT:
        return count if count > LAST_COUNT else type(count)(LAST_COUNT)
    return type(count)(float(count) + steps)


def even(moves: list[Moves]) -> list[Moves]:
    """Return the groups' moves, all as long as the shortest: an exception ends them all."""
    steps = min(map(len, moves))
    return [move if len(move) == steps else move.cut(0, steps) for move in moves]


def halt_of(moves: Sequence[Moves]) -> Halting | None:
    """Return what ends the groups' moves, if anything: what the first of the shortest raises."""
    return next((move.halt for move in moves if move.halt is not None), None)


def _check_beginning(last_epoch: Any, groups: Sequence[Group]) -> None:
    """Check ``last_epoch`` as MindSpore does, and take the rates that are found as the first."""
    if isinstance(last_epoch, bool) or not isinstance(last_epoch, int):
        raise TypeError(f"last_epoch is not an int: {last_epoch!r}")
    if last_epoch < -1:
        raise ValueError(f"last_epoch={last_epoch} is below -1")
    for index, group in enumerate(groups):
        if last_epoch == -1:
            group.setdefault("initial_lr", group["lr"])
        elif "initial_lr" not in group:
            text = f"last_epoch={last_epoch} needs 'initial_lr' in parameter group {index}"
            raise KeyError(text)


def _joined(pieces: Sequence[Sequence[Schedule]], starts: Sequence[int]) -> list[Schedule]:
    """Return for each group its pieces, one after another."""
    parts = zip(*pieces, strict=True)
    return [Join(part, tuple(starts[1:])) if len(part) > 1 else part[0] for part in parts]
