"""Scheduler objects that are stepped by hand, as far as they change a parameter group's rate.

A scheduler built on an optimizer changes the group as it is built, and a scheduler that holds
others undoes some of that and steps them. All of it is modelled here, so that a composition means
what the framework makes of it; what a step does to the rate is each constructor's own. It is torch
that is modelled; what another framework does otherwise is a method that its dialect overrides.

Each has two ways to go on. ``step`` is the framework's own arithmetic, one step at a time, on
whatever Python numbers or tensors there are, for all groups together. ``moves`` takes many steps of
one group at once, in arrays of floats; where ``plain`` says so they give the same bits.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from isorate.kit.boundary import LIMIT, Halting, halting
from isorate.kit.call import Call
from isorate.kit.effects import Moves, OneAfterAnother, OneUponAnother, Values
from isorate.kit.plateau import Feedback
from isorate.kit.tensors import LARGEST_SINGLE, Tensor
from isorate.schedule.combinators import Join, Product, Scale, Shift, Until
from isorate.schedule.domains import FARTHEST
from isorate.schedule.errors import ConvertError
from isorate.schedule.expression import Expression
from isorate.schedule.lazily import np
from isorate.schedule.shapes import Constant

if TYPE_CHECKING:
    from collections.abc import Callable

    from isorate.kit.optimizer import ParamGroup
    from isorate.schedule.node import Schedule

#: A parameter group as a framework has it: ``lr``, ``initial_lr``, and what schedulers leave there.
Group = dict[str, Any]

#: Numbers that are Python's own, whatever NumPy's look like.
NATIVE = (float, int)

#: Every integer up to here is a float64.
EXACT = 2**53

SHARED = (
    "the groups share the optimizer's tensor, so that the last one's rate is set for all: "
    "give each group an 'lr' of its own"
)


def group_of(stated: ParamGroup, *, rounded: bool = True) -> Group:
    """Return a parameter group as torch holds it: Python numbers, or tensors of one element."""
    entries = {"lr": stated.lr, "initial_lr": stated.initial_lr}
    group: Group = {name: value for name, value in entries.items() if value is not None}
    if stated.tensor is not None and rounded:
        group = {name: Tensor(value, stated.tensor) for name, value in group.items()}
    return group | stated.left | ({"shared": True} if stated.shared else {})


def put(group: Group, lr: Any) -> None:
    """Set a group's rate: a tensor keeps its dtype."""
    before = group["lr"]
    if isinstance(before, Tensor):
        lr = before.filled(lr)
    elif type(before) not in NATIVE and isinstance(before, np.floating):
        from isorate.kit.float32 import number

        lr = number(lr, type(before))
    group["lr"] = lr


def rate_of(group: Group) -> float:
    """Return a group's rate as an update would use it.

    Raises:
        Halting: a complex number.
        OverflowError: an integer that no float is near to.
        TypeError: no number.

    """
    lr = group["lr"]
    if type(lr) is float:
        return lr
    if isinstance(lr, complex):
        raise Halting(LIMIT, f"the rate comes out complex: {lr!r}")
    if not isinstance(lr, int | float | Tensor) and not isinstance(lr, np.floating):
        raise TypeError(f"the rate is no number: {lr!r}")
    return float(lr)


def times(rate: Any, factor: Any) -> Any:
    """Return a product of numbers; a text or list, which Python would repeat, is none."""
    if isinstance(factor, str | list | tuple):
        raise TypeError(f"the rate is multiplied by something that is no number: {factor!r:.60}")
    return rate * factor


def real_of(group: Group) -> type[np.floating[Any]]:
    """Return the type of number that a group's rates are rounded to."""
    if not is_single(group):
        return np.float64
    from isorate.kit.float32_number import Float32

    return Float32


def is_single(group: Group) -> bool:
    """Whether a group's rates are rounded to float32."""
    lr = group["lr"]
    if isinstance(lr, Tensor):
        return lr.dtype == "float32"
    return type(lr) not in NATIVE and isinstance(lr, np.float32)


def is_float(value: Any) -> bool:
    """Whether a number computes as floats do: it is no Python integer."""
    if isinstance(value, float | Tensor):
        return True
    return type(value) not in NATIVE and isinstance(value, np.floating)


def plain(value: Any, default: Any, *, single: bool) -> bool:
    """Whether arrays take an argument for what torch takes it.

    Args:
        value: the argument.
        default: its default.
        single: whether it meets a float32 tensor.

    """
    if isinstance(value, list | tuple):
        return default is None and all(plain(item, None, single=single) for item in value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        known = isinstance(value, Call | Expression)  # those see to themselves
        return value is None or known or type(value) is type(default)
    if isinstance(value, int):
        return abs(value) <= EXACT
    return not single or abs(value) <= LARGEST_SINGLE


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
        self.base: Any = None
        #: Its step: ``last_epoch``.
        self.t: Any = None
        self.count = 0
        #: Whether it takes the step that its constructor takes.
        self.initial = False
        #: What a constructor keeps besides: the position in a cycle, for example.
        self.kept: dict[str, Any] = {}
        #: Whether a scheduler holds it, which has counted it back.
        self.undone = False
        self._plain = False
        self._floating = False

    @classmethod
    def build(cls, call: Any, groups: list[Group]) -> list[Worker]:
        """Build a scheduler on an optimizer's groups, a worker for each."""
        workers = [cls(call, group, index) for index, group in enumerate(groups)]
        call.begin(workers)
        call.resume(workers)
        for worker in workers:
            worker.base = worker.group["initial_lr"]
            worker.t = call.counted(call.last_epoch, 0, worker.group)
        cls.begin_again(workers)
        for worker in workers:
            call.built(worker)
            worker._plain = "shared" not in worker.group and call.plain(worker)
            worker._floating = worker._plain and call.leaves_floats(worker)
        return workers

    @property
    def lr(self) -> Any:
        """The rate that the group holds."""
        return self.group["lr"]

    @property
    def real(self) -> type[np.floating[Any]]:
        """The type of number that the group's rates are rounded to."""
        return real_of(self.group)

    @property
    def plain(self) -> bool:
        """Whether ``moves`` gives the bits that ``step`` would."""
        return self._plain and type(self.t) is int and (self.call.sets or is_float(self.lr))

    @property
    def by_number(self) -> bool:
        """Whether each step sets the rate that its number has, and does nothing else."""
        return self.plain and bool(self.call.by_number)

    @property
    def floating(self) -> bool:
        """Whether it does among others, too, which find the rates that it leaves."""
        return self.plain and self._floating and is_float(self.lr)

    @staticmethod
    def step(workers: list[Any]) -> None:
        """Take one step, and set the rates."""
        for worker in workers:
            worker.count += 1
            worker.call.advance(worker)
        _put_all(workers, [worker.call.rate(worker) for worker in workers])

    @staticmethod
    def begin_again(workers: list[Any]) -> None:
        """Take the step that a constructor takes."""
        for worker in workers:
            worker.count = 0
            worker.initial = True
        Worker.step(workers)
        for worker in workers:
            worker.initial = False

    def undo(self) -> None:
        """Count one step back, as a scheduler that holds this one does."""
        self.t -= 1
        self.undone = True

    @staticmethod
    def restart(workers: list[Any]) -> None:
        """Go to step 0, as a scheduler that holds this one does when its turn comes."""
        for worker in workers:
            worker.t = 0
        _put_all(workers, [worker.call.closed(worker) for worker in workers])

    def restarted(self) -> Moves:
        """Go to step 0 likewise; return the move."""
        self.t = 0
        moves: Moves = self.call.restarted(self)
        return moves

    def moves(self, steps: int) -> Moves:
        """Take the next steps."""
        moves: Moves = self.call.moves(self, steps)
        self.t = self.call.counted(self.t, steps, self.group)
        self.count += steps
        return moves

    def meaning(self) -> Schedule:
        """Return the schedule that the rate follows from here on."""
        if self.t != math.floor(self.t):
            raise ConvertError(f"last_epoch={self.call.last_epoch!r} stands between two steps")
        self.t = int(self.t)
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


class Composed:
    """A scheduler that holds others, at work on one group.

    Args:
        call: the call that built it.
        group: the group.
        workers: what it holds.

    """

    def __init__(self, call: Any, group: Group, workers: list[Work]) -> None:
        self.call = call
        self.group = group
        self.workers = workers

    @staticmethod
    def members(call: Any, groups: list[Group]) -> list[list[Work]]:
        """Build the schedulers that it holds; return each group's."""
        return members_of(call, groups)

    @property
    def plain(self) -> bool:
        """Whether ``moves`` gives the bits that ``step`` would."""
        return all(worker.floating for worker in self.workers)

    @property
    def floating(self) -> bool:
        """Whether it does among others, too."""
        return self.plain

    def undo(self) -> None:
        """Count back whatever is inside; this one's own count stays, as torch has it."""
        for worker in self.workers:
            worker.undo()

    def restart(self, *_: Any) -> None:
        """Fail: torch asks for ``get_lr``, which these classes do not have."""
        text = f"{self.call.name} cannot be restarted at a milestone"
        raise Halting("NotImplementedError", text)

    def restarted(self) -> Moves:
        """Fail likewise."""
        moves: Moves = halted(self.restart)
        return moves

    def factor(self) -> Schedule:
        """Return what the rate is multiplied by from here on, where it does no more than that."""
        raise ConvertError(f"a {self.call.name} inside a ChainedScheduler has no schedule")


class Sequential(Composed):
    """``SequentialLR`` at work: one scheduler after another."""

    def __init__(self, call: Any, group: Group, workers: list[Work]) -> None:
        super().__init__(call, group, workers)
        self.milestones = list(call.milestones)
        self.t = call.counted(call.last_epoch + 1, 0, group)

    @classmethod
    def build(cls, call: Any, groups: list[Group]) -> list[Any]:
        """Build the schedulers that it holds, then this one, a worker for each group."""
        members = cls.members(call, groups)
        if len(call.milestones) != len(call.schedulers) - 1:
            counts = f"{len(call.milestones)} milestones for {len(call.schedulers)} schedulers"
            raise ValueError(f"{counts}, where there has to be one fewer")
        made = [cls(call, *of_a_group) for of_a_group in zip(groups, members, strict=True)]
        _put_all(made, [group["initial_lr"] for group in groups])
        for worker in (worker for each in made for worker in each.workers):
            worker.undo()
        turn = made[0].first()
        taking = [sequence.workers[turn] for sequence in made]
        taking[0].begin_again(taking)
        return made

    def first(self) -> int:
        """Return which scheduler begins again once it is built."""
        return bisect_right(self.milestones, 0)

    @property
    def plain(self) -> bool:
        return super().plain and all(type(count) is int for count in (self.t, *self.milestones))

    @staticmethod
    def step(workers: list[Any]) -> None:
        """Let whoever has the turn take a step, or start over."""
        for worker in workers:
            worker.t = worker.later(1)
        taking, restarting = zip(*(worker._turn(worker.t) for worker in workers), strict=True)
        (taking[0].restart if restarting[0] else taking[0].step)(taking)

    begin_again = step

    def later(self, steps: int) -> Any:
        """Return its count after some more steps."""
        return self.call.counted(self.t, steps, self.group)

    def moves(self, steps: int) -> Moves:
        """Take the next steps, each by whoever has the turn."""
        pieces: list[Moves] = []
        while steps > 0:
            worker, restarting = self._turn(self.later(1))
            if restarting:
                taken = 1
                moves = halted(worker.restarted)
            else:
                taken = min(steps, self._until_the_next())
                moves = halted(partial(worker.moves, taken))
            pieces.append(moves)
            self.t = self.later(taken)
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
        after = self.later(1)
        index = bisect_right(self.milestones, after)
        if not self.increasing:
            return 1  # whose turn it is can change at any step
        if index == len(self.milestones):
            return 2**62
        left: int = math.ceil(self.milestones[index]) - after
        return left

    @cached_property
    def increasing(self) -> bool:
        """Whether no milestone is below the one before."""
        return all(a <= b for a, b in zip(self.milestones, self.milestones[1:], strict=False))

    def begun(self) -> tuple[Any, set[int]]:
        """Return who has set the rate that there is, and the steps that may be another's."""
        if not self.increasing:
            raise ConvertError("milestones that do not increase have no schedule")
        return self._turn(self.t)[0], {math.ceil(m) for m in self.milestones if m < FARTHEST}

    def meaning(self) -> Schedule:
        """Join what each scheduler means, from the rate that it finds when its turn comes."""
        current, ends = self.begun()
        parts = [current.meaning()]
        starts = [0]
        for at in sorted(end for end in ends if self.t < end < FARTHEST):
            worker, restarting = self._turn(at)
            if worker is current:
                continue
            gone = at - self.t - 1 - starts[-1]
            if parts[-1].length is not None and parts[-1].length <= gone:
                break  # it has raised before
            put(self.group, parts[-1].at(gone))
            try:
                (worker.restart if restarting else worker.step)([worker])
            except Exception:
                return Until(_joined(parts, starts), at - self.t)
            current = worker
            parts.append(worker.meaning())
            starts.append(at - self.t)
        return _joined(parts, starts)


def _joined(parts: list[Schedule], starts: list[int]) -> Schedule:
    return Join(tuple(parts), tuple(starts[1:])) if len(parts) > 1 else parts[0]


class Chained(Composed):
    """``ChainedScheduler`` at work: every scheduler at every step."""

    @classmethod
    def build(cls, call: Any, groups: list[Group]) -> list[Any]:
        """Build the schedulers that it holds, a worker for each group."""
        members = cls.members(call, groups)
        return [cls(call, *each) for each in zip(groups, members, strict=True)]

    @staticmethod
    def step(workers: list[Any]) -> None:
        """Let every scheduler take a step."""
        for taking in zip(*(worker.workers for worker in workers), strict=True):
            taking[0].step(taking)

    begin_again = step

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
        anew = [each for each in self.workers if isinstance(each, Worker) and each.set_anew()]
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
        return Product(tuple(worker.factor() for worker in self.workers))


Work = Worker | Sequential | Chained


def work(call: Any, groups: list[Group]) -> list[Work]:
    """Build a scheduler on an optimizer's groups, in the order in which torch would."""
    call = call.resolve()
    made: list[Work] = call.worker.build(call, groups)
    return made


def _put_all(workers: list[Any], rates: list[Any]) -> None:
    """Set every group's rate, once all are known; groups may share one tensor."""
    if len(workers) == 1:
        put(workers[0].group, *rates)
        return
    shared = [r for worker, r in zip(workers, rates, strict=True) if "shared" in worker.group]
    if len(set(map(repr, shared))) > 1:
        raise Halting(LIMIT, SHARED)
    for worker, rate in zip(workers, rates, strict=True):
        put(worker.group, rate)


def members_of(call: Any, groups: list[Group]) -> list[list[Work]]:
    """Build the schedulers that a call holds, and check them as torch does; return each group's.

    Raises:
        AttributeError: the first is no scheduler, and would have to say the optimizer.
        TypeError: one that is no scheduler.
        ValueError: none at all, one that follows a metric, or one of another optimizer.

    """
    workers: list[Any] = []
    for member in call.schedulers:
        if isinstance(member, Call) and not isinstance(member.returned, Feedback):
            workers.append(work(member, groups))
        else:
            workers.append(member)
    if not workers:
        raise ValueError("there is no scheduler in it")
    if call.optimizer is None and not isinstance(call.schedulers[0], Call):
        raise AttributeError(f"it has no optimizer: {call.schedulers[0]!r}")
    for member in call.schedulers:
        if isinstance(member, Call) and isinstance(member.returned, Feedback):
            raise ValueError(
                f"a {member.name} follows a metric, which {call.name} does not give it"
            )
        if not isinstance(member, Call):
            raise TypeError(f"it holds something that is no scheduler: {member!r}")
    return [list(of_a_group) for of_a_group in zip(*workers, strict=True)]


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


def halted(moves: Callable[[], Any]) -> Any:
    """Return moves, or none and what is raised instead."""
    try:
        return moves()
    except Exception as error:
        return Values(np.empty(0), halting(error))
