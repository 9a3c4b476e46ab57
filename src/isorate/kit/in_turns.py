"""What the turns of a loop do to an optimizer's rates: schedulers that step, and rates it sets.

A loop may step several schedulers, each as often as it likes, and write rates of its own between
their steps. A scheduler that multiplies goes on from what was written; one that computes each step
by itself writes over it. So they are taken in the order in which a turn comes to them.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, ClassVar, Final

import msgspec

from isorate.kit import objects
from isorate.kit.boundary import halting
from isorate.kit.call import Composition
from isorate.kit.effects import Moves, Values
from isorate.kit.objects import Chained
from isorate.kit.optimizer import Optimizer  # noqa: TC001 (msgspec looks it up there)
from isorate.kit.stepped_call import SteppedCall
from isorate.kit.writing import source
from isorate.schedule.combinators import Join, Shift, Staircase
from isorate.schedule.errors import ConvertError
from isorate.schedule.expression import Expression  # noqa: TC001 (likewise)
from isorate.schedule.formula import Formula
from isorate.schedule.lazily import np
from isorate.schedule.shapes import Constant
from isorate.schedule.syntax import mentions, parse

if TYPE_CHECKING:
    from isorate.kit.objects import Group
    from isorate.schedule.node import Schedule

#: A condition that holds so long in the turns holds for good, as far as a schedule goes.
FARTHEST: Final = 10**9
#: The longest stretch that is gone through before its rates are said as a schedule.
LONGEST: Final = 10**6


class Moment(msgspec.Struct, frozen=True):
    """What a turn comes to: ``every``-th turn, from ``first`` on, where a condition holds besides.

    Args:
        which: the scheduler that steps then; none where a rate is set.
        rates: the rate of each group that is set, a function of the turn; none where it is left.
        where: the condition, of the turn; none where there is none.
        every: in each so-manieth turn.
        first: the first of them.

    """

    which: int | None = None
    rates: Any = ()
    where: Expression | None = None
    every: int = 1
    first: int = 0

    def comes(self, turn: int) -> bool:
        """Whether a turn comes to it."""
        return turn % self.every == self.first and (
            self.where is None or bool(self.where.function()(turn))
        )

    def ends(self) -> int:
        """Return the turn from which on it never comes.

        Raises:
            ConvertError: that is not known.

        """
        where = self.where
        if where is not None and _trend(parse(where.source), where.variable) == -1:
            low, high = -1, FARTHEST
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if where.function()(middle) else (low, middle)
            if high <= LONGEST:
                return high
        raise ConvertError("a rate that is set beside a scheduler again and again is no schedule")

    def written(self) -> str:
        """Return it as text."""
        said: dict[str, Any] = {"set": list(self.rates)} if self.which is None else {}
        said |= {} if self.which is None else {"step": self.which}
        said |= {} if self.every == 1 else {"every": self.every, "first": self.first}
        return source(said | ({} if self.where is None else {"where": self.where}))


class Turning(objects.Composed):
    """Schedulers at work in the turns of a loop, which sets the rate besides."""

    def __init__(self, call: Any, group: Group, workers: list[Any], index: int) -> None:
        super().__init__(call, group, workers)
        self.index, self.turn = index, 0

    @classmethod
    def build(cls, call: Any, groups: list[Group]) -> list[Any]:
        """Build the schedulers, and go on to the first update."""
        members = objects.members_of(call, groups)
        made = [cls(call, *each, i) for i, each in enumerate(zip(groups, members, strict=True))]
        for place, (before, count) in enumerate(call.begun):
            taking = [each.workers[place] for each in made]
            for _ in range(before):
                taking[0].step(taking)
            for worker in taking:
                if count is not None and not isinstance(worker, Chained):  # which counts nothing
                    worker.t = count
        cls._take(made, call.ahead)
        return made

    @property
    def plain(self) -> bool:
        groups = "shared" not in self.group
        return groups and all(worker.floating for worker in self.workers)

    @staticmethod
    def step(workers: list[Any]) -> None:
        """Go on to the update of the next turn."""
        Turning._take(workers, workers[0].call.after)
        for each in workers:
            each.turn += 1
        Turning._take(workers, workers[0].call.ahead)

    begin_again = step

    @staticmethod
    def _take(workers: list[Any], moments: list[Moment]) -> None:
        """Take the moments of a turn that it comes to."""
        turn = workers[0].turn
        for moment in moments:
            if not moment.comes(turn):
                continue
            if moment.which is not None:
                taking = [each.workers[moment.which] for each in workers]
                taking[0].step(taking)
                continue
            for each in workers:
                rate = moment.rates[each.index]
                if rate is not None:
                    objects.put(each.group, rate.function()(turn))

    def moves(self, steps: int) -> Moves:
        """Take the next steps; where nothing comes, the rate stays what it is."""
        rates, halt = np.empty(steps), None
        done = 0
        try:
            for done in range(steps):
                self.step([self])
                rates[done] = objects.rate_of(self.group)
            done = steps
        except Exception as error:
            halt = halting(error)
        return Values(rates[:done], halt)

    def meaning(self) -> Schedule:
        """Join what is set, as long as it is, and what the scheduler means from there on."""
        moments = [*self.call.ahead, *self.call.after]
        sets = [m for m in moments if m.which is None and m.rates[self.index] is not None]
        steps = [m for m in moments if m.which is not None]
        if len(self.workers) > 1 or len(sets) > 1 or len(steps) != 1:
            raise ConvertError("several schedulers and rates that are set besides")
        if not sets:
            return self._going_on(steps[0])
        if sets[0] in self.call.after or sets[0].every > 1:
            raise ConvertError("a rate is set after an update, beside a scheduler")
        end = sets[0].ends()
        if end == 0:
            return self._going_on(steps[0])
        rate = sets[0].rates[self.index]
        while self.turn < end:
            self.step([self])
        first = Formula(1.0, rate.variable, rate.source)
        return Join((first, self._going_on(steps[0])), (end,))

    def _going_on(self, moment: Moment) -> Schedule:
        """Return what the scheduler means from this turn's update on."""
        where, worker = moment.where, self.workers[0]
        late = moment in self.call.after
        turn = self.turn + (not late)
        if where is not None:
            if _trend(parse(where.source), where.variable) not in (0, 1):
                raise ConvertError("a condition says when the scheduler steps")
            while not where.function()(turn):
                turn += 1
                if turn > LONGEST:
                    return Constant(float(self.group["lr"]))
        turn += (moment.first - turn) % moment.every
        wait = turn + late - self.turn
        before = Constant(float(self.group["lr"]))
        after: Schedule = Shift(worker.meaning(), 1)
        after = Staircase(after, moment.every) if moment.every > 1 else after
        return Join((before, after), (wait,))


class Loop(Composition, SteppedCall, frozen=True):
    """The schedulers that a loop steps, and the rates that it sets besides, turn by turn.

    Args:
        optimizer: the optimizer.
        schedulers: those that act on it, in the order in which they were built.
        ahead: what a turn does before its update.
        after: what it does after that.
        begun: of each scheduler, how many steps were taken before the loop, and which
            ``last_epoch`` it was given then, if any.

    """

    optimizer: Optimizer
    schedulers: Any = ()
    ahead: Any = ()
    after: Any = ()
    begun: Any = ()
    worker: ClassVar[Any] = Turning


def _trend(node: ast.expr, variable: str) -> int | None:
    """Return whether a number, or a condition, grows from turn to turn, falls, or stays.

    That is 1, -1 and 0, as far as its text says so; else none.
    """
    if not mentions(node, variable):
        return 0
    match node:
        case ast.Name():
            return 1
        case ast.UnaryOp(ast.Not() | ast.USub(), operand):
            return _either(0, _trend(operand, variable), -1)
        case ast.BoolOp(values=[first, *others]):
            found = _trend(first, variable)
            for each in others:
                found = _either(found, _trend(each, variable))
            return found
        case ast.BinOp(left, ast.Add() | ast.Sub() as op, right):
            sign = 1 if isinstance(op, ast.Add) else -1
            return _either(_trend(left, variable), _trend(right, variable), sign)
        case ast.BinOp(left, ast.Mult() | ast.FloorDiv() | ast.Div(), ast.Constant(value=by)) | (
            ast.BinOp(ast.Constant(value=by), ast.Mult(), left)
        ) if isinstance(by, int | float) and by > 0:  # fmt: skip
            return _trend(left, variable)
        case ast.Compare(left, [ast.Gt() | ast.GtE()], [right]) | (
            ast.Compare(right, [ast.Lt() | ast.LtE()], [left])
        ):  # fmt: skip
            return _either(_trend(left, variable), _trend(right, variable), -1)
        case ast.IfExp(test, ast.Constant(value=1), ast.Constant(value=0)):
            return _trend(test, variable)
    return None


def _either(one: int | None, other: int | None, sign: int = 1) -> int | None:
    """Return the trend of what goes both ways, the other one as its sign has it."""
    if one is None or other is None:
        return None
    return one or sign * other if 0 in (one, other) or one == sign * other else None
