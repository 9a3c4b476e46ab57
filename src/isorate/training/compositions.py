"""Schedulers of schedulers: what several of them mean as one schedule."""

from __future__ import annotations

import warnings
import weakref
from bisect import bisect_right
from itertools import pairwise
from operator import ne
from typing import TYPE_CHECKING, Any

from isorate.kit.tensors import unwrapped
from isorate.schedule.combinators import Groups, Join
from isorate.training.closed_form import ClosedForm, Kept
from isorate.training.states import KEY, differ, read_state

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from isorate.schedule.node import Schedule
    from isorate.training.states import Saved


class Composed(ClosedForm):
    """A scheduler that is made of others."""

    _schedulers: list[Any]

    #: Whether its own plan is being made, for which its members make theirs.
    _planning = False

    def _hold(self) -> None:
        """Hear of it when a member's schedule changes."""
        for member in self._own():
            member._whole = weakref.ref(self)

    def _notice(self) -> None:
        super()._notice()
        if self._built and self.last_epoch != self._stood:
            self._tell_another(
                f"last_epoch was set to {self.last_epoch}",
                self._rates_at(max(self.last_epoch, 0)),
            )

    def _hook_in(self) -> None:
        super()._hook_in()
        if any(member.optimizer is not self.optimizer for member in self._schedulers):
            warnings.warn(
                f"{type(self).__name__} goes on with another optimizer, where the framework's own "
                "has schedulers that go on with theirs",
                stacklevel=3,
            )

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._hold()

    def _plan(self) -> None:
        self._planning = True
        try:
            super()._plan()
        finally:
            self._planning = False

    def _plan_anew(self) -> None:
        """Take in what has changed of a member."""
        if not self._planning:
            self._plan()
            self._ledger.restart(self._who)

    def _begin_with(self, rates: list[float]) -> None:
        self._planning = True
        for member in self._own():  # a member may have announced first rates of its own
            pairs = zip(self._bases, member._bases, rates, strict=False)
            firsts = [own if rate == whole else rate for whole, own, rate in pairs]
            member._begin_with(firsts + rates[len(firsts) :])
        super()._begin_with(rates)

    def _own(self) -> list[ClosedForm]:
        return [member for member in self._schedulers if isinstance(member, ClosedForm)]

    def _firsts(self) -> list[list[float]]:
        return [*(rates for member in self._own() for rates in member._firsts()), self._bases]

    def _begin_as(self, firsts: Sequence[Sequence[Any]]) -> None:
        counts = [len(member._firsts()) for member in self._own()]
        super()._begin_as(firsts)
        if sum(counts) != len(firsts) - 1:
            return
        self._planning = True
        for member, count in zip(self._own(), counts, strict=True):
            member._begin_as(firsts[:count])
            firsts = firsts[count:]
        self._plan()

    def _go_to(self, step: Any, *, anew: bool = False) -> None:
        if self._built and (self._lows is not None or self._sets(step)):
            self._ledger.restart(self._who)  # whatever it has multiplied before
        super()._go_to(step, anew=anew)
        self._show_all(step)

    def _show(self, step: Any, rates: list[float]) -> None:
        super()._show(step, rates)
        if step >= 0:
            self._show_all(step)

    #: At which step its members were shown last.
    _shown: Any = None

    def _show_all(self, step: Any) -> None:
        self._show_members(step)
        self._shown = step

    def _show_members(self, step: Any) -> None:
        """Bring the members where they are at a step."""
        raise NotImplementedError

    def _bring(self, member: Any, step: Any) -> None:
        if isinstance(member, ClosedForm):
            member._show(step, self._rates)
        else:  # the framework's own
            member.last_epoch, member._last_lr = step, self.get_last_lr()  # type: ignore[attr-defined]

    def _announced(self) -> list[list[float]]:
        return [rates for member in self._own() for rates in member._announced()]

    def state_dict(self) -> dict[str, Any]:
        """Return the state, with those of the members for the framework's own class."""
        states = [_plain(scheduler.state_dict()) for scheduler in self._schedulers]
        return {**super().state_dict(), "_schedulers": states}

    def _adopt(self, saved: Saved, schedule: Schedule) -> None:
        """Take a checkpoint's schedule, and where Isorate saved it those of its members."""
        if saved.state:
            self._planning = True
            for member, state in zip(
                self._schedulers, saved.state.get("_schedulers", ()), strict=False
            ):
                own = isinstance(member, ClosedForm) and KEY in state
                each = read_state(state, type(member).__name__) if own else None
                if each is not None and each.schedule is not None:
                    member._adopt(each, each.schedule)
            self._given = None
            self._begin_as(saved.firsts)
        if not saved.state or differ(self._beside(saved), saved):
            super()._adopt(saved, schedule)

    def load_state_dict(
        self, state_dict: Mapping[str, Any], *, on_mismatch: str | None = None
    ) -> None:
        """Load a state, as every scheduler does; its members are where they were."""
        before = [(member, member._all()) for member in self._own()]
        try:
            super().load_state_dict(state_dict, on_mismatch=on_mismatch)
        except Exception:
            for member, attributes in before:
                member._be(attributes)
            raise
        for member, state in zip(
            self._schedulers, state_dict.get("_schedulers") or (), strict=False
        ):
            if state.get("_last_lr"):  # of one whose turn is over or has not come
                member._last_lr = state["_last_lr"]
        if self.last_epoch >= 0:
            self._show_all(self.last_epoch)


def _plain(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return a member's state in JSON's types: the framework's own keeps tensors."""
    return {
        key: list(map(unwrapped, value)) if isinstance(value, list) else unwrapped(value)
        for key, value in state.items()
    }


class InTurn(Composed):
    """One whose members take turns."""

    _multiplies_on = True

    #: The milestones that its schedule was made for.
    _parted: tuple[int, ...] | None = None

    @property
    def _milestones(self) -> list[int]:
        """The steps at which the second, third, … take over; they may be set."""
        return self._turns

    @_milestones.setter
    def _milestones(self, milestones: Sequence[int]) -> None:
        self._take_milestones(milestones)

    def _take_milestones(self, milestones: Sequence[int]) -> None:
        check_sequence(type(self).__name__, self._schedulers, milestones, least=0)
        before, self._parted = self._parted, tuple(milestones)
        self._turns = Kept(milestones, self._take_milestones)
        if before is not None:
            self._turn = None
            self._plan_anew()
            changed = [min(pair) for pair in zip(before, milestones, strict=True) if ne(*pair)]
            if changed and self.last_epoch + 1 >= min(changed):
                self._tell_that("_milestones were set", "leaves its members where they stand")

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._turns = Kept(self._turns, self._take_milestones)

    def _adopt(self, saved: Saved, schedule: Schedule) -> None:
        if "_milestones" in saved.state:
            self._parted = None  # as if they had been given when it was built
            self._take_milestones(saved.state["_milestones"])
        super()._adopt(saved, schedule)

    #: Whose turn it was when they were last shown.
    _turn: int | None = None

    def _show_members(self, step: Any) -> None:
        turn = bisect_right(self._turns, step)
        if turn != self._turn:
            self._take_turns(turn)
        self._bring(self._schedulers[turn], step - (self._turns[turn - 1] if turn else 0))

    def _take_turns(self, turn: int) -> None:
        """Leave members before this one at their ends, those after it before their beginnings."""
        starts = [0, *self._milestones]
        for place, member in enumerate(self._schedulers):
            if place > turn:
                member.last_epoch = member._stood = -1
            elif place < turn:
                member.last_epoch = member._stood = starts[place + 1] - starts[place] - 1
        self._turn = turn

    def state_dict(self) -> dict[str, Any]:
        """Return the state, with those of the members for the framework's own class."""
        return {**super().state_dict(), "_milestones": list(self._milestones)}


def grouped(schedules: Sequence[Schedule]) -> Schedule:
    """Return schedules, one for each parameter group, as one."""
    return schedules[0] if len(schedules) == 1 else Groups(tuple(schedules))


def check_sequence(
    name: str, schedulers: Sequence[Any], milestones: Sequence[int], least: int = 1
) -> None:
    """Raise ValueError where milestones, the first not below ``least``, cannot part them."""
    if len(schedulers) < 1:
        raise ValueError(f"{name}: there are no schedulers")
    if len(milestones) != len(schedulers) - 1:
        counts = f"{len(milestones)} milestones for {len(schedulers)} schedulers"
        raise ValueError(f"{name}: {counts}, where there has to be one fewer")
    if any(a >= b for a, b in pairwise((least - 1, *milestones))):
        text = f"{name}: milestones do not increase from {least} on: {list(milestones)}"
        raise ValueError(text)


def by_group(scheduler: ClosedForm, groups: int) -> list[Schedule]:
    """Return a scheduler's schedule for each parameter group, those just added included."""
    if scheduler._own_get_lr:
        name = type(scheduler).__name__
        raise TypeError(f"{name} has a get_lr of its own, and no schedule that others can hold")
    if len(scheduler._bases) < groups:
        scheduler._admit()
    return list(scheduler._by_group)


def joined(members: Sequence[Sequence[Schedule]], milestones: Sequence[int]) -> Schedule:
    """Return one schedule after another, each from its own beginning.

    Args:
        members: for each member its schedules, one for each parameter group.
        milestones: the steps at which the second, third, … take over.

    Example:
        >>> from isorate.schedule.shapes import Constant
        >>> joined([[Constant(0.1)], [Constant(0.2)]], [3]).at(3)
        0.2

    """
    if milestones and milestones[0] == 0:  # the first one's turn is over before it comes
        return joined(members[1:], milestones[1:])
    if len(members) == 1:
        return grouped(members[0])
    parts = zip(*members, strict=True)
    return grouped([Join(tuple(each), tuple(milestones)) for each in parts])
