"""Loops whose turns set rates from what the turns before have left: followed one by one."""

from __future__ import annotations

import ast
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec.structs import replace

from isorate.reading import by_hand, terms
from isorate.reading.leaving_out import needed
from isorate.reading.loops import Event, Loop, Scope, Supposed
from isorate.reading.schedules import RATE, LackingError
from isorate.reading.values import UNRATED, Built, Group, Instance, Unknown, reached, unknown_in
from isorate.schedule.errors import MissingRateError, ReadError
from isorate.schedule.expression import Expression
from isorate.schedule.syntax import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from isorate.reading.frames import Frame
    from isorate.reading.interpreter import Interpreter

#: So many rates, one after the other, are told as conditions; more of them as a list.
MOST_TOLD: Final = 20


class Write(msgspec.Struct, frozen=True):
    """A rate that is written into a parameter group.

    Args:
        optimizer: whose it is.
        group: which of its groups it is; none for all of them.
        before: the rate that the group had.
        rate: the rate.
        target: where it is written.
        place: how many events came before it.

    """

    optimizer: Any
    group: int | None
    before: Any
    rate: float
    target: ast.Subscript
    place: int


class Turns(msgspec.Struct):
    """A loop that is followed turn by turn, and the rates that it has written so far."""

    loop: Loop
    writes: list[list[Write]] = msgspec.field(default_factory=list)
    #: The statements of the first turn, by how many events came before and how many after.
    spans: list[tuple[ast.stmt, int, int]] = msgspec.field(default_factory=list)
    #: Those that a rate may depend on, once the first turn is over.
    needed: set[int] | None = None
    #: Those that are left out, and where.
    left: dict[int, tuple[ast.stmt, Frame]] = msgspec.field(default_factory=dict)

    def leaves_out(self, follower: Interpreter, node: ast.stmt, frame: Frame) -> bool:
        """Leave out a statement on which no rate depends: whatever it may touch is unknown."""
        if self.needed is None or id(node) in self.needed or isinstance(node, ast.Return):
            return False
        if follower.steps_in(node):  # or may, by its name
            return False
        if id(node) not in self.left:
            follower.unfollowed(node, frame)
        self.left[id(node)] = node, frame
        return True

    def written(self, follower: Interpreter, write: Write) -> None:
        """Take notice of a rate.

        Raises:
            ReadError: nobody knows it, or whether it is written.

        """
        where = f"{shown(write.target)} (line {write.target.lineno})"
        if follower.loops.conditions():
            raise ReadError(f"{where} is set where a condition holds that is not followed")
        if any(not terms.is_over_groups(each) for each in follower.loops.stack[1:]):
            raise ReadError(f"{where} is set in a loop in a loop, which is not followed")
        rate = known(follower, write.rate)
        if rate is None:
            leaves = unknown_in(write.rate)
            if any(u.made is not None and u.made[0] == UNRATED for w in leaves for u in w.leaves()):
                raise MissingRateError(f"{where} is made of the rate before it", hint=RATE)
            raise ReadError(f"{where} is set to what is another each time")
        before = write.before and known(follower, write.before)
        self.writes[-1].append(replace(write, rate=rate, before=before))

    def decided(self, follower: Interpreter, truth: Unknown, frame: Frame) -> None:
        """Let a condition be asked for that says whether a rate is written.

        Raises:
            Fork: it goes the same way in each turn.

        """
        from isorate.reading.endings import Fork

        held = [leaf.condition for leaf in truth.leaves() if leaf.condition is not None]
        for condition in [*held, truth]:
            names = (n.id for n in ast.walk(ast.parse(condition.source)) if isinstance(n, ast.Name))
            values = [frame.get(name) for name in names]
            if condition.askable and all(isinstance(v, Unknown | Instance) for v in values):
                raise Fork(condition, builds=True)
        if truth.askable:
            unrated = follower.lr is None and isinstance(self.loop.node, Supposed)
            lacks = LackingError("the rate", list(truth.leaves()), rate=unrated)
            follower.lacking.append(lacks)


def known(follower: Interpreter, value: Any) -> float | None:
    """Return a rate; some rate where it has to be given, and none where nobody knows it."""
    if isinstance(value, Unknown) and value.askable:
        follower.lacking.append(LackingError("the rate", list(value.leaves())))
        return 1.0
    return value if type(value) in (int, float) else None


def items_of(follower: Interpreter, node: ast.For | ast.AsyncFor, source: Any, frame: Frame) -> Any:
    """Return what a loop goes through, one after the other; none where it is nothing known.

    Raises:
        ReadError: its number has to be given.

    """
    items = follower.items(source)
    if items is not None:
        return items
    count, first = follower.count(node.iter, frame), follower.first(node.iter, frame)
    if isinstance(count, Unknown) and count.askable and first is not None:
        follower.lacking.append(LackingError("the loop", list(count.leaves())))
        count = 2  # so that all that it lacks is asked for
    if isinstance(count, int) and first is not None and isinstance(node.target, ast.Name):
        return range(first, first + count)
    return None


def follow(
    follower: Interpreter, node: ast.For | ast.AsyncFor, items: Sequence[Any], frame: Frame
) -> None:
    """Follow a loop's body once for each of its turns.

    What it does is what it does in the first turn: nothing may be different in another one but the
    rates.
    """
    from isorate.reading.endings import Breaking, Unfollowable

    loop = Loop(node, len(items))
    first = follower.first(node.iter, frame)
    if first is not None and isinstance(node.target, ast.Name):
        loop.counters = {node.target.id: first}
    events, begun = follower.loops.events, len(follower.loops.events)
    turns, trained, told = Turns(loop), list[list[Event]](), list[list[Any]]()
    follower.turns = turns
    follower.loops.stack.append(loop)
    follower.scopes.append(Scope(node.body, frame, loop))
    ended = False
    try:
        for item in items:
            start = len(events)
            turns.writes.append([])
            follower.store(node.target, item, frame)
            try:
                follower.turn(node.body, frame)
            except Breaking:
                ended = True
            except Unfollowable as end:
                follower.loops.lost = follower.loops.lost or end.node
            trained.append(_training(events[start:]))
            told_in = {event.place for event in trained[-1]}
            seen = {id(s) for s, a, b in turns.spans if not told_in.isdisjoint(range(a, b))}
            steps = [each for each in events[start:] if each.kind == "step"]
            told.append([*map(_told, trained[-1]), *map(_told, steps)])
            if start > begun:
                del events[start:]
            if ended:
                break
            if turns.needed is None:
                turns.needed = needed(follower, node, seen)
        for each in turns.left.values():
            follower.unfollowed(*each)
    finally:
        follower.loops.stack.pop()
        follower.scopes.pop()
        follower.turns = None
    if trained and ended and not told[-1]:
        trained.pop()  # it ends before it trains
        told.pop()
    loop.turns = len(trained)
    optimizers = {id(w.optimizer): w.optimizer for each in turns.writes for w in each}
    if any(each != told[0] for each in told):
        raise ReadError(f"{shown(node)} does not do the same in each of its turns")
    for optimizer in optimizers.values():
        _schedule(follower, turns, trained, optimizer)


def _training(events: Sequence[Event]) -> list[Event]:
    """Return the updates of a turn, or what may be some."""
    updates = [e for e in events if e.kind == "update"]
    return updates or [e for e in events if e.kind == "training" and any(
        isinstance(v, Built) or (isinstance(v, Unknown) and "optim" in v.source)
        for v in reached(e.of)
    )]  # fmt: skip


def _told(event: Event) -> Any:
    return event.kind, event.node, [each.node for each in event.loops]


def _schedule(
    follower: Interpreter, turns: Turns, trained: list[list[Event]], optimizer: Any
) -> None:
    """Take notice of the schedule that a loop's writes are."""
    own = [[w for w in each if w.optimizer is optimizer] for each in turns.writes]
    listed = [write for each in own for write in each]
    target = listed[0].target
    groups = getattr(optimizer, "groups", None)
    lost = getattr(optimizer, "lost", "") or any(group.lost for group in groups or ())
    if lost:
        text = (
            f"{shown(target)} (line {target.lineno}) is of a group that something may have changed"
        )
        raise ReadError(text if lost is True else lost)
    rates = [first_rate(follower, listed, group) for group in range(len(groups or [None]))]
    found: list[list[Any]] = [[] for _ in rates]
    for writes, events in zip(own, trained, strict=False):
        ahead = [w for w in writes if events and w.place <= events[0].place]
        after = [w for w in writes if w not in ahead]
        if events and any(w.place <= events[-1].place for w in after):
            text = f"{shown(after[0].target)} (line {after[0].target.lineno}) is set between"
            raise ReadError(f"{text} the updates of a turn")
        for now in (ahead, after):
            for write in now:
                own_ = range(len(rates)) if write.group is None else [write.group]
                rates = [write.rate if i in own_ else r for i, r in enumerate(rates)]
            if now is ahead:
                for each, rate in zip(found, rates, strict=True):
                    each.append(rate)
    if not found[0]:
        raise ReadError(f"{shown(turns.loop.node)} ends before it trains")
    if any(rate is None for each in found for rate in each):
        text = f"{shown(target)} (line {target.lineno}) is set after what trains first"
        follower.lacking.append(MissingRateError(text, hint=RATE))  # and what else there is
        found = [[rate or 0.0 for rate in each] for each in found]
    made = [_expression(each) for each in found]
    call = follower.of_function([made[0]] if len(set(map(str, made))) == 1 else made, optimizer)
    schedule = by_hand.schedule_of(follower, target, call)
    schedule.optimizer = optimizer
    parts = {id(w.target): by_hand.Part(w.target, made[0], (turns.loop,), (), None) for w in listed}
    follower.written_rates[id(optimizer)] = dict(enumerate(parts.values()))
    loops = (turns.loop,)
    follower.loops.events.append(Event("step", schedule, target, loops, (), by_hand.LAST))


def first_rate(follower: Interpreter, listed: Sequence[Write], group: int) -> Any:
    """Return the rate that a group has when the loop begins; none where nobody knows it."""
    write = next((w for w in listed if w.group in (group, None)), None)
    if write is None:
        groups = listed[0].optimizer.groups
        return known(follower, groups[group]["lr"])
    if write.before is not None:
        return write.before
    lr = follower.lr
    return lr[group] if isinstance(lr, list) else lr


def _expression(rates: Sequence[float]) -> Expression:
    """Return rates as a function of the turns that are over; the last one holds."""
    runs = [(rate, len([*same])) for rate, same in groupby(map(float, rates))]
    if len(runs) > MOST_TOLD:
        place = f"min({terms.TURN}, {len(rates) - 1})"
        return Expression(terms.TURN, f"({', '.join(map(repr, map(float, rates)))})[{place}]")
    source, end = "", 0
    for rate, often in runs[:-1]:
        end += often
        source += f"{rate!r} if {terms.TURN} < {end} else "
    return Expression(terms.TURN, f"{source}{runs[-1][0]!r}")


def note(follower: Interpreter, target: ast.Subscript, value: Any, frame: Frame) -> bool:
    """Take notice of a rate that is written into the groups of what the text does not build."""
    turns = follower.turns
    if turns is None:
        return False
    optimizer, place = by_hand.owner(follower, target.value, frame)
    if isinstance(optimizer, Built):
        if isinstance(follower.value(target.value, frame), Group):
            return True  # it is noticed where the group is changed
        where = f"{shown(target)} (line {target.lineno})"
        raise ReadError(f"{where} is of a group that something may have changed")
    if optimizer is None:
        return False
    turns.written(
        follower, Write(optimizer, place, None, value, target, len(follower.loops.events))
    )
    return True
