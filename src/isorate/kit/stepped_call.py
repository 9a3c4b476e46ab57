"""Schedulers that act on an optimizer: calls that are built on its groups and stepped by hand."""

from __future__ import annotations

import builtins
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
import numpy as np

from isorate.kit.boundary import LIMIT, Fault
from isorate.kit.call import Call
from isorate.kit.match import Lift, Refusal, from_the_start, take_apart
from isorate.kit.meaning import Unknown, kinds_said, solve
from isorate.kit.objects import begun, halting
from isorate.kit.optimizer import Optimizer, ParamGroup
from isorate.kit.writing import source
from isorate.schedule.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from isorate.kit.match import Parts
    from isorate.kit.meaning import Meaning
    from isorate.schedule.node import Schedule


class SteppedCall(Call, frozen=True):
    """A call that acts on an optimizer's groups: built on them, then stepped by the loop."""

    @property
    def held(self) -> Optimizer:
        """The optimizer whose rates it changes."""
        optimizer: Optimizer = self.optimizer  # type: ignore[attr-defined]
        return optimizer

    def build(self) -> Any:
        """Build the scheduler, or raise what building it raises."""
        raise NotImplementedError

    def step_once(self, built: Any) -> None:
        """Take a first step, or raise what it raises."""
        raise NotImplementedError

    def fault(self) -> Fault | None:
        """Build the scheduler and step it once, as the framework would; what is raised is it."""
        when = "on construction"
        try:
            with np.errstate(all="ignore"):
                built = self.build()
                when = "on the first step"
                self.step_once(built)
        except Exception as error:
            halt = halting(error)
            if halt.error == LIMIT:
                raise RunError(f"Isorate does not follow {self.name} {when}: {halt.text}") from None
            kind = getattr(builtins, halt.error) if halt is error else type(error)
            return Fault(kind, self.blamed(halt.text), when)
        return None

    def blamed(self, text: str) -> str:
        """Add the arguments to a message that does not name them."""
        if "=" in text:
            return text
        given = {n: v for n, v in self.arguments().items() if not isinstance(v, Optimizer)}
        return f"{text} ({', '.join(f'{name}={source(value)}' for name, value in given.items())})"


@dataclass(frozen=True, slots=True)
class Said:
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


def all_of(found: Sequence[Said | Refusal]) -> list[Said] | Refusal:
    """Return what is said for every group, or the first refusal."""
    saids = []
    for said in found:
        if isinstance(said, Refusal):
            return said
        saids.append(said)
    return saids


def same_for_all(found: Sequence[Said | Refusal]) -> list[Said] | Refusal:
    """Return what is said for every group, where the arguments are the same for all."""
    saids = all_of(found)
    if isinstance(saids, Refusal):
        return saids
    if any(said.arguments != saids[0].arguments for said in saids):
        return Refusal("the parameter groups differ in more than their first rate")
    return saids


def with_lists(found: Sequence[Said | Refusal], names: Sequence[str]) -> list[Said] | Refusal:
    """Return the same, with one list of all groups' values for some of the arguments."""
    saids = all_of(found)
    if isinstance(saids, Refusal) or len(saids) == 1:
        return saids
    lists = {name: [said.arguments[name] for said in saids] for name in names}
    return same_for_all([replace(said, arguments=said.arguments | lists) for said in saids])


#: A group's first rate, where a meaning is solved.
BASE = Unknown("base")


class ScheduledGroups(SteppedCall, frozen=True):
    """A scheduler of its own, whose meaning is in its arguments and a group's first rate."""

    optimizer: Optimizer

    #: The shapes that it can say; none where its meaning says that.
    says: ClassVar[tuple[type[Schedule], ...]] = ()
    #: Which arguments may be lists, one value a group.
    listed: ClassVar[tuple[str, ...]] = ()
    #: Why it is said for one group at a time; none where it is not.
    alone: ClassVar[str | None] = None
    #: What a conversion to it always loses.
    losses: ClassVar[tuple[str, ...]] = ()
    besides: ClassVar[Any] = (BASE,)
    #: Whether building it sets the rate, whatever the group holds.
    sets: ClassVar[bool] = False
    #: How many steps building it takes, where it is resumed.
    behind: ClassVar[int] = 0

    def shape(self, base: float, group: int) -> Schedule:
        """Return the schedule from its step 0, with ``base`` as the group's first rate."""
        meaning: Meaning = self.of_group(group).means(base)
        return meaning.schedule()

    def of_group(self, group: int) -> Any:
        """Return the call with one group's values where an argument is a list of all groups'."""
        lists = {n: v for n in self.listed if isinstance(v := getattr(self, n), list | tuple)}
        own = {name: values[group] for name, values in lists.items()}
        return msgspec.structs.replace(self, **own) if own else self

    def means(self, base: Any) -> Meaning:
        """Return what it means from its step 0, with ``base`` as the group's first rate."""
        raise NotImplementedError

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        parts = take_apart(schedule, *cls.says_kinds())
        return parts if isinstance(parts, Refusal) else cls.lifted(parts)

    @classmethod
    def says_kinds(cls) -> tuple[type[Schedule], ...]:
        """Return the shapes that it can say; none where any will do."""
        return kinds_said(cls) if cls.means is not ScheduledGroups.means else cls.says

    @classmethod
    def base_for(cls, shape: Any) -> float | None:
        """Return the base rate with which a shape is said, where the meaning leaves it open."""
        return None

    @classmethod
    def said(cls, shape: Any, base: float | None) -> Said | Refusal:
        """Say a shape, from a base rate that may be given."""
        held = cls.base_for(shape) if base is None else base
        solution = solve(cls, shape, {} if held is None else {"base": held})
        if isinstance(solution, Refusal):
            return solution
        arguments = {n: v for n, v in solution.arguments.items() if n in cls.__struct_fields__}
        return Said(solution.arguments["base"], arguments, cls.losses, solution.unlike)

    @classmethod
    def lifted(cls, parts: Parts[Any]) -> Lift | Refusal:
        """Say the parts of a schedule, all groups with the same arguments."""
        if cls.alone is not None and len(parts.shapes) > 1:
            return Refusal(f"{cls.alone}: convert each group by itself")
        fresh = from_the_start(parts)
        if isinstance(fresh, Refusal):
            return cls.resumed(parts)
        saids = cls._saids(fresh.shapes)
        if isinstance(saids, Refusal):
            return saids
        call: Any = cls(Optimizer.of(*(said.base for said in saids)), **saids[0].arguments)
        return lift_of(call, parts, saids[0].losses, saids[0].unlike)

    @classmethod
    def _saids(cls, shapes: Sequence[Any]) -> list[Said] | Refusal:
        found = [cls.said(shape, None) for shape in shapes]
        saids = with_lists(found, cls.listed) if cls.listed else same_for_all(found)
        if not isinstance(saids, Refusal) and min(said.base for said in saids) < 0:
            return Refusal("an optimizer takes no negative rate to begin with")
        return saids

    @classmethod
    def resumed(cls, parts: Parts[Any]) -> Lift | Refusal:
        """Say what begins part of the way by a scheduler that is resumed there."""
        saids = cls._saids(parts.shapes)
        if isinstance(saids, Refusal):
            return saids
        if not isinstance(parts.begin, int):
            return Refusal("it is resumed at a whole step, and the schedule begins between two")
        whole: Any = cls(Optimizer.of(*(said.base for said in saids)), **saids[0].arguments)
        if cls.sets:  # whatever the group holds, building the scheduler sets the rate
            here = [said.base for said in saids]
        else:
            here = [begun(shape, parts.begin - cls.behind).at(0) for shape in parts.shapes]
        if min(here) < 0:
            return Refusal("an optimizer takes no negative rate to begin with")
        groups = tuple(ParamGroup(lr, said.base) for lr, said in zip(here, saids, strict=True))
        call = msgspec.structs.replace(
            whole, optimizer=Optimizer(groups), last_epoch=parts.begin - 1
        )
        return lift_of(call, parts, saids[0].losses, saids[0].unlike)


def lift_of(
    call: Call, parts: Parts[Any], losses: Sequence[str], unlike: tuple[str, str] | None = None
) -> Lift | Refusal:
    """Return a lift, or the reason why the framework would refuse the call."""
    told = (*losses, *parts.unlike(unlike), *parts.unlike_endless(), *parts.clocked())
    return Lift(call, parts.every, told).checked()
