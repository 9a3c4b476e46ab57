"""Schedulers of their own: what building one and stepping it do, and how one says a schedule."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from msgspec.structs import replace

from isorate.kit import objects
from isorate.kit.boundary import Halting, halting
from isorate.kit.call import Lift
from isorate.kit.effects import Factors, Moves, Values, computed
from isorate.kit.match import Parts, Refusal, from_the_start, take_apart
from isorate.kit.objects import Worker, begun
from isorate.kit.optimizer import Optimizer, ParamGroup
from isorate.kit.solving import kinds_of, solve
from isorate.kit.stepped_call import SteppedCall
from isorate.kit.unknown import Unknown
from isorate.kit.writing import formula
from isorate.schedule.errors import ConvertError
from isorate.schedule.lazily import np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from isorate.kit.call import Call
    from isorate.kit.meaning import Meaning
    from isorate.schedule.expression import Expression
    from isorate.schedule.node import Schedule


class Match(msgspec.Struct, frozen=True):
    """How a constructor says a shape for one parameter group.

    Args:
        base: the group's first rate, ``initial_lr``.
        arguments: the constructor's arguments besides the optimizer.
        losses: what is lost, in words.
        unlike: what it does after its end, and what the shape does, where they differ.

    """

    base: float
    arguments: dict[str, Any]
    losses: tuple[str, ...] = ()
    unlike: tuple[str, str] | None = None


def all_of(found: Sequence[Match | Refusal]) -> list[Match] | Refusal:
    """Return what is said for every group, or the first refusal."""
    matches = []
    for match in found:
        if isinstance(match, Refusal):
            return match
        matches.append(match)
    return matches


def same_for_all(found: Sequence[Match | Refusal]) -> list[Match] | Refusal:
    """Return what is said for every group, where the arguments are the same for all."""
    matches = all_of(found)
    if isinstance(matches, Refusal):
        return matches
    if any(match.arguments != matches[0].arguments for match in matches):
        return Refusal("the parameter groups differ in more than their first rate")
    return matches


def with_lists(found: Sequence[Match | Refusal], names: Sequence[str]) -> list[Match] | Refusal:
    """Return the same, with one list of all groups' values for some of the arguments."""
    matches = all_of(found)
    if isinstance(matches, Refusal) or len(matches) == 1:
        return matches
    lists = {name: [match.arguments[name] for match in matches] for name in names}
    lists = {name: values for name, values in lists.items() if values != values[:1] * len(values)}
    return same_for_all([replace(match, arguments=match.arguments | lists) for match in matches])


#: A group's first rate, where a meaning is solved.
BASE = Unknown("base")


class AtWork(SteppedCall, frozen=True):
    """What building a scheduler of its own and stepping it do to a group's rate."""

    worker: ClassVar[Any] = objects.Worker

    #: Which arguments may be lists, one value a group.
    listed: ClassVar[tuple[str, ...]] = ()
    #: Whether building it sets the rate, whatever the group holds.
    sets: ClassVar[bool] = False

    def begin(self, workers: list[Worker]) -> None:
        """Check the arguments and do what building it does first; raise as the framework does."""

    def resume(self, workers: list[Worker]) -> None:
        """Take the rates that are found for the first ones, or ask for those that were."""
        stood: Any = self.last_epoch  # type: ignore[attr-defined]
        for index, worker in enumerate(workers):
            if stood == -1:
                worker.group.setdefault("initial_lr", worker.lr)
            elif "initial_lr" not in worker.group:
                text = f"last_epoch={stood} needs 'initial_lr' in parameter group {index}"
                raise Halting("KeyError", text)

    def built(self, worker: Worker) -> None:
        """Do what building it does last."""

    def plain(self, worker: Worker) -> bool:
        """Whether arrays of floats take the arguments for what the framework takes them."""
        defaults, single = self.defaults(), objects.is_single(worker.group)
        given = {name: value for name, value in self.arguments().items() if name != "optimizer"}
        for name in self.listed:  # the values of a thousand groups are not looked at by each
            if isinstance(given[name], list | tuple):
                given[name] = given[name][worker.index]
        return type(self.last_epoch) is int and all(  # type: ignore[attr-defined]
            objects.plain(value, defaults.get(name), single=single) for name, value in given.items()
        )

    def leaves_floats(self, worker: Worker) -> bool:
        """Whether the rate stays a float, also where it is set anew from an integer."""
        return True

    def advance(self, worker: Worker) -> None:
        """Count one step on."""
        worker.t = self.counted(worker.t, 1, worker.group)

    def rate(self, worker: Worker) -> Any:
        """Return the rate of the step that the worker stands at, in the framework's arithmetic."""
        raise NotImplementedError

    def closed(self, worker: Worker) -> Any:
        """Return the rate that is set when ``SequentialLR`` says to go to step 0."""
        return self.rate(worker)

    def restarted(self, worker: Worker) -> Moves:
        """Set that rate."""
        return Values(np.array([float(self.closed(worker))]))

    @property
    def by_number(self) -> bool:
        """Whether a step sets the rate that its number has, and does nothing else."""
        own = type(self)
        return self.sets and own.moves is AtWork.moves and own.advance is AtWork.advance

    def moves(self, worker: Worker, steps: int) -> Moves:
        """Take the steps after ``worker.t`` at once."""
        return self.rates(worker, range(worker.t + 1, worker.t + 1 + steps))

    def rates(self, worker: Worker, steps: range) -> Moves:
        """Return the rates of some steps, whatever the group holds: by ``rate``, if no faster."""
        rates, halt = self.each(worker, steps)
        return Values(np.array(rates), halt)

    def each(self, worker: Worker, steps: range) -> tuple[list[float], Halting | None]:
        """Return the same as Python's numbers, as far as none raises."""
        rates: list[float] = []
        stood, halt = worker.t, None
        try:
            for worker.t in steps:
                rates.append(objects.rate_of({"lr": self.rate(worker)}))
        except Exception as error:
            halt = halting(error)
        worker.t = stood
        return rates, halt

    def meaning(self, worker: Worker) -> Schedule:
        """Return the schedule from where the worker stands, its group's rate first."""
        raise NotImplementedError

    def multiplier(self, worker: Worker) -> Schedule:
        """Return what it multiplies the rate by, from its step 0."""
        raise ConvertError(f"a {self.name} does more than multiply the rate that it finds")

    def set_anew(self, worker: Worker) -> int:
        """Return in how many steps the rate no longer follows from the one before; 0 for never."""
        return 0


class LRScheduler(AtWork, frozen=True):
    """A scheduler of its own, whose meaning is in its arguments and a group's first rate."""

    optimizer: Optimizer

    #: The shapes that it can say; none where its meaning says that.
    shapes: ClassVar[tuple[type[Schedule], ...]] = ()
    #: Why it is said for one group at a time; none where it is not.
    alone: ClassVar[str | None] = None
    #: Whether it says what goes on otherwise after its end.
    lenient: ClassVar[bool] = False
    #: What a conversion to it always loses.
    losses: ClassVar[tuple[str, ...]] = ()
    besides: ClassVar[Any] = (BASE,)
    #: Whether one that is resumed goes on where the schedule stood, and not from its beginning.
    resumes: ClassVar[bool] = True
    #: How many steps building it takes, where it is resumed.
    behind: ClassVar[int] = 0
    #: The rate of a step ``t`` that it is told, as it computes that; none where that is not known.
    closed_form: ClassVar[Any] = ""

    def told(self, group: int) -> Expression | None:
        stated = self.optimizer.groups[group]
        if not self.closed_form or stated.tensor is not None:
            return None
        return formula(self.closed_form, {**self.arguments(), "base": stated.base})

    def shape(self, base: float, group: int) -> Schedule:
        """Return the schedule from its step 0, with ``base`` as the group's first rate."""
        meaning: Meaning = self.of_group(group).means(base)
        return meaning.schedule()

    def of_group(self, group: int) -> Any:
        """Return the call with one group's values where an argument is a list of all groups'."""
        lists = {n: v for n in self.listed if isinstance(v := getattr(self, n), list | tuple)}
        own = {name: values[group] for name, values in lists.items()}
        return replace(self, **own) if own else self

    def means(self, base: Any) -> Meaning:
        """Return what it means from its step 0, with ``base`` as the group's first rate."""
        raise NotImplementedError

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        parts = take_apart(schedule, *cls.kinds())
        return parts if isinstance(parts, Refusal) else cls.lifted(parts)

    @classmethod
    def kinds(cls) -> tuple[type[Schedule], ...]:
        """Return the shapes that it can say; none where any will do."""
        return kinds_of(cls) if cls.means is not LRScheduler.means else cls.shapes

    @classmethod
    def base_for(cls, shape: Any) -> float | None:
        """Return the base rate with which a shape is said, where the meaning leaves it open."""
        return None

    @classmethod
    def match(cls, shape: Any, base: float | None) -> Match | Refusal:
        """Say a shape, from a base rate that may be given."""
        base = cls.base_for(shape) if base is None else base
        known = {} if base is None else {"base": base}
        solution = solve(cls, shape, known, lenient=cls.lenient)
        if isinstance(solution, Refusal):
            return solution
        fields = {field.rstrip("_"): field for field in cls.__struct_fields__}
        found = {name.rstrip("_"): value for name, value in solution.arguments.items()}
        arguments = {fields[name]: value for name, value in found.items() if name in fields}
        return Match(solution.arguments["base"], arguments, cls.losses, solution.unlike)

    @classmethod
    def lifted(cls, parts: Parts[Any]) -> Lift | Refusal:
        """Say the parts of a schedule, all groups with the same arguments."""
        if cls.alone is not None and len(parts.shapes) > 1:
            return Refusal(f"{cls.alone}: convert each group by itself")
        fresh = from_the_start(parts)
        if isinstance(fresh, Refusal):
            return cls.resumed(parts) if cls.resumes else fresh
        matches = cls._matches(fresh.shapes)
        if isinstance(matches, Refusal):
            return matches
        call: Any = cls(Optimizer.of(*(match.base for match in matches)), **matches[0].arguments)
        return lift_of(call, parts, matches[0].losses, matches[0].unlike)

    @classmethod
    def _matches(cls, shapes: Sequence[Any]) -> list[Match] | Refusal:
        found = [cls.match(shape, None) for shape in shapes]
        matches = with_lists(found, cls.listed) if cls.listed else same_for_all(found)
        if not isinstance(matches, Refusal) and min(match.base for match in matches) < 0:
            return Refusal("an optimizer takes no negative rate to begin with")
        return matches

    @classmethod
    def resumed(cls, parts: Parts[Any]) -> Lift | Refusal:
        """Say what begins part of the way by a scheduler that is resumed there."""
        matches = cls._matches(parts.shapes)
        if isinstance(matches, Refusal):
            return matches
        if not isinstance(parts.begin, int):
            return Refusal("it is resumed at a whole step, and the schedule begins between two")
        whole: Any = cls(Optimizer.of(*(match.base for match in matches)), **matches[0].arguments)
        if cls.sets:  # whatever the group holds, building the scheduler sets the rate
            here = [match.base for match in matches]
        else:
            here = [begun(shape, parts.begin - cls.behind).at(0) for shape in parts.shapes]
        if min(here) < 0:
            return Refusal("an optimizer takes no negative rate to begin with")
        groups = tuple(ParamGroup(lr, match.base) for lr, match in zip(here, matches, strict=True))
        call = replace(whole, optimizer=Optimizer(groups), last_epoch=parts.begin - 1)
        return lift_of(call, parts, matches[0].losses, matches[0].unlike)


class Multiplying(LRScheduler, frozen=True):
    """A scheduler whose steps multiply the rate they find."""

    def ratio(self, worker: Worker, t: Any) -> Any:
        """Return the rate after the step to ``t`` over the one before it; 1 leaves it alone.

        Building takes the step to 0.
        """
        raise NotImplementedError

    def rate(self, worker: Worker) -> Any:
        return objects.times(worker.lr, self.ratio(worker, worker.t))

    def moves(self, worker: Worker, steps: int) -> Moves:
        following = range(worker.t + 1, worker.t + 1 + steps)
        ratios, error = computed(partial(self.ratio, worker), following)
        return Factors(ratios, None if error is None else halting(error))

    def meaning(self, worker: Worker) -> Schedule:
        """Return the shape, scaled so that it has the rate that the group holds."""
        shape = self.shape(float(worker.base) or 1.0, worker.index)  # any will do, but for 0
        return objects.scaled_from(shape, worker.t, float(worker.lr))

    def multiplier(self, worker: Worker) -> Schedule:
        """Return the shape of a base rate of 1."""
        return self.shape(1.0, worker.index)


class Setting(LRScheduler, frozen=True):
    """A scheduler whose steps set the rate, whatever it was."""

    sets: ClassVar[bool] = True

    def meaning(self, worker: Worker) -> Schedule:
        """Return the shape, after a first rate that may be another one."""
        shape = self.shape(float(worker.base), worker.index)
        return objects.set_from(shape, worker.t, float(worker.lr))


def lift_of(
    call: Call, parts: Parts[Any], losses: Sequence[str], unlike: tuple[str, str] | None = None
) -> Lift | Refusal:
    """Return a lift, or the reason why the framework would refuse the call."""
    told = (*losses, *parts.unlike(unlike), *parts.unlike_endless(), *parts.clocked())
    return Lift(call, parts.every, told).checked()
