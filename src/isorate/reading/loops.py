"""What a text's loops do: how many updates they make, and when they step the schedule."""

from __future__ import annotations

import ast
import math
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec.structs import replace

from isorate.kit import registry
from isorate.reading.effects import binds
from isorate.reading.mentions import once
from isorate.reading.values import Built, Given, Schedule, Unknown, reached
from isorate.schedule.errors import ReadError
from isorate.schedule.syntax import dotted, parse, shown, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from isorate.reading.frames import Frame

#: Functions that hand on what they are given to go through, one by one.
HANDING_ON: Final = ("enumerate", "tqdm", "iter", "track", "list", "tuple", "reversed", "log_every",
                     "sorted")  # fmt: skip
#: Those that do so in another order.
ORDERING: Final = ("reversed", "sorted")
#: How names are used that are given a value, or lose theirs.
STORING: Final = (ast.Store, ast.Del)
#: Of more turns that belong together, none is looked for in which a step is taken.
MOST_TURNS: Final = 10**6
#: What asks a scheduler or an optimizer for rates.
SHOWING: Final = ("get_last_lr", "get_lr", "last_lr", "param_groups", "learning_rate")
#: A number of turns: known, asked for, or nobody's to say.
Count = int | Unknown | None


class Supposed(ast.For):
    """A loop that no text has: it is taken to be the run."""


class Loop(msgspec.Struct, eq=False):
    """A loop that is followed once for all of its turns.

    Args:
        node: the statement.
        turns: how many turns it takes.
        counters: the names that count its turns, and what they are in the first.
        starts: what such a name is in the first turn, where that is no number: its text,
            and the frame that it is of.
        before: what the names are, when it begins, that it changes by adding one, once.
        each: those of them that it adds one to in every turn.

    """

    node: Any
    turns: Count
    counters: dict[str, int] = msgspec.field(default_factory=dict)
    before: dict[str, int] = msgspec.field(default_factory=dict)
    starts: dict[str, tuple[ast.expr, Frame]] = msgspec.field(default_factory=dict)
    each: set[str] = msgspec.field(default_factory=set)
    #: Those that it counts from what is not known.
    open: dict[str, Unknown] = msgspec.field(default_factory=dict)
    #: The conditions by which it ends after so many turns as it takes.
    ends: list[ast.AST] = msgspec.field(default_factory=list)
    #: What these are while it is followed.
    turn: dict[str, Any] = msgspec.field(default_factory=dict)
    #: What holds for the rest of a turn, as the turn goes on only then.
    rest: list[Guard] = msgspec.field(default_factory=list)


class Scope(msgspec.Struct, eq=False):
    """A body of statements that is followed: a function's, or a loop's.

    Args:
        statements: the body.
        frame: where its names live.
        loop: the loop that it is a turn of.
        start: what its names are when it begins.

    """

    statements: Sequence[ast.stmt]
    frame: Frame
    loop: Loop | None = None
    start: dict[str, Any] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        self.start = dict(self.frame.names)


class Tally(msgspec.Struct, eq=False):
    """What an object of the text counts: one is added to it, in one place.

    Args:
        node: where one is added.
        start: what it is before the loops begin that are followed.
        outer: the loops in each of whose turns it begins anew.

    """

    node: ast.AST
    start: float
    outer: tuple[Loop, ...]


class Guard(msgspec.Struct, frozen=True, eq=False):
    """A condition that nobody decides, under which something happens.

    Args:
        node: the statement.
        holds: whether it is to hold, or not.
        condition: what decides it.
        every: that it holds in each so-manieth turn, where it says that.
        first: the turn in which it holds for the first time, from 0.
        counts: the loop whose turns are counted; none where it is all turns of all loops.
        last: whether it holds in the last turn, too.
        name: what counts.
        test: its text, and the frame that it is asked in.
        inside: the loops that it stands in, also where it is a function's that they call.

    """

    node: ast.AST
    holds: bool
    condition: Unknown | None = None
    every: Count = None
    first: int = 0
    counts: Loop | None = None
    last: bool = False
    name: str = ""
    test: ast.expr | None = None
    frame: Frame | None = None
    inside: tuple[Loop, ...] = ()

    def same(self, other: Guard) -> bool:
        """Whether both hold at the same time."""
        return self.node is other.node and self.holds == other.holds


class Event(msgspec.Struct, frozen=True, eq=False):
    """An update, a step of a schedule, or what may be some; and where it stands."""

    kind: str
    of: Any
    node: ast.AST
    loops: tuple[Loop, ...]
    guards: tuple[Guard, ...]
    place: int


class Irregular(Exception):  # noqa: N818 - it is told as a ReadError
    """A loop does what a run does not say, perhaps as nobody decides a condition."""

    def __init__(self, text: str, guards: Sequence[Guard] = ()) -> None:
        super().__init__(text)
        self.conditions = [g.condition for g in guards if g.condition is not None]


class Facts(msgspec.Struct):
    """What a loop says of the run: numbers, what has to be given for them, and sentences.

    Args:
        known: arguments of a ``Run``.
        missing: what has to be given, by the argument that needs it.
        said: what was taken for granted.
        why: why it is not known how often the schedule is stepped, where it is not.
        hint: how it can be said.

    """

    known: dict[str, Any] = msgspec.field(default_factory=dict)
    missing: dict[str, Unknown] = msgspec.field(default_factory=dict)
    said: list[str] = msgspec.field(default_factory=list)
    why: str = ""
    hint: str = "say it: --step-every update, or epoch"
    undecided: list[Unknown] = msgspec.field(default_factory=list)
    #: What would say how long the run is, where nobody does.
    wanted: list[Unknown] = msgspec.field(default_factory=list)

    def put(self, name: str, value: Count) -> None:
        """Take notice of a number."""
        if isinstance(value, int):
            self.known[name] = value
        elif isinstance(value, Unknown):
            self.missing[name] = value

    def step_ahead(self) -> None:
        """Take notice of one more step before the first update."""
        earlier = self.missing.get("steps_before", self.known.get("steps_before", 0))
        self.put("steps_before", _sum([earlier, 1]))


class Loops:
    """What happens in a text, in its order."""

    def __init__(self) -> None:
        self.stack: list[Loop] = []
        self.guards: list[Guard] = []
        self.events: list[Event] = []
        #: A part of the text that steps something and is not followed.
        self.lost: ast.AST | None = None

    def conditions(self) -> tuple[Guard, ...]:
        """Return the conditions that hold where the text is."""
        return (*self.guards, *(guard for loop in self.stack for guard in loop.rest))

    def happens(self, kind: str, of: Any, node: ast.AST) -> None:
        """Take notice of something."""
        place = len(self.events)
        self.events.append(Event(kind, of, node, (*self.stack,), self.conditions(), place))

    def counted(self, name: str) -> bool:
        """Whether one was added to a name already, in this turn."""
        return any(e.kind == "count" and e.of == name and e.loops[-1] in self.stack
                   for e in self.events)  # fmt: skip

    def trained(self, optimizer: Any, loops: Sequence[Loop]) -> bool:
        """Whether an optimizer was updated already, in this turn of loops, or perhaps was."""
        inside = [e for e in self.events if e.loops[: len(loops)] == (*loops,)]
        own = [e for e in inside if e.kind == "update" and self._is_of(e, optimizer)]
        own += [e for e in inside if e.kind == "training" and optimizer in reached(e.of)]
        return bool(own)

    def _is_of(self, update: Event, optimizer: Any) -> bool:
        return update.of is optimizer or optimizer in _made_of(update.of) or (
            isinstance(update.of, Unknown)
        )  # fmt: skip

    # --- what it comes to ----------------------------------------------------------------------

    def facts(self, schedule: Schedule) -> Facts:
        """Return what the loops say of a schedule's run."""
        found = Facts()
        inside = [*self._inside(schedule)]
        steps = _merged([e for e in inside if e.kind == "step" and e.of is schedule])
        updates = _merged(self._updates(schedule, inside, found))
        try:
            _check_given(schedule, inside)
            updates = updates or self._supposed(schedule, inside, steps, found)
            steps = _aligned(schedule.stride, steps, updates)
            if updates:
                self._count(schedule, steps, updates, found)
        except Irregular as error:
            kept = found.known.get("steps_before")  # which are taken whatever comes after them
            found.known = {} if kept is None else {"steps_before": kept}
            found.missing.clear()
            found.why, found.undecided = str(error), error.conditions
        return found

    def updates_of(self, schedule: Schedule, found: Facts) -> list[Event]:
        """Return the updates of a schedule's optimizer, or what is taken for them.

        Raises:
            Irregular: nothing is.

        """
        inside = [*self._inside(schedule)]
        steps = _merged([e for e in inside if e.kind == "step" and e.of is schedule])
        own = _merged(self._updates(schedule, inside, found))
        return own or self._supposed(schedule, inside, steps, found)

    def _inside(self, schedule: Schedule) -> Iterator[Event]:
        """Visit what happens once the schedule is there, as seen from where it is built."""
        outer = schedule.loops
        for event in self.events:
            if event.loops[: len(outer)] == outer:
                guards = tuple(g for g in event.guards if not any(map(g.same, schedule.guards)))
                yield replace(event, loops=event.loops[len(outer) :], guards=guards)

    def _updates(self, schedule: Schedule, events: list[Event], found: Facts) -> list[Event]:
        """Return the updates of a schedule's optimizer."""
        optimizer = schedule.optimizer
        some = [e for e in events if e.kind == "update"]
        if optimizer is None:  # optimizers are given it, and others may be given others
            given = [(e, _givens(e.of)) for e in some]
            taking = [each for _, of in given for each in of if each.schedule is schedule]
            some = [e for e, of in given if (taking[0] in of if taking else not of)]
            if any(each is not taking[0] for each in taking):
                found.said.append("several optimizers are given it: the first one's updates count")
        if not isinstance(optimizer, Built | Unknown):
            return [e for e in some if not isinstance(e.of, Built) or not e.of.used]
        own = [e for e in some if e.of is optimizer or optimizer in _made_of(e.of)]
        if own or (isinstance(optimizer, Unknown) and not some):
            return own
        others = [e for e in some if isinstance(e.of, Unknown)]
        for event in others[:1]:
            found.said.append(f"{shown(event.node)} is taken to be an update")
        return others

    def _count(
        self, schedule: Schedule, steps: list[Event], updates: list[Event], found: Facts
    ) -> None:
        """Count updates and steps.

        Raises:
            Irregular: a run does not say what the loop does.

        """
        if self.lost is not None and (steps or updates):
            raise Irregular(f"{_at(self.lost)} is not followed")
        for update in updates:
            alias = update.of.made if isinstance(update.of, Unknown) else None
            several = alias[1] if alias and not alias[0] else ()
            if sum(isinstance(each, Built) for each in several) > 1:
                raise Irregular(f"{_at(update.node)} updates one optimizer or another")
        by_hand = bool(steps) if schedule.call is None else schedule.call.card.clock == "step"
        nests = list({id(u.loops[0]): u.loops[0] for u in updates if u.loops}.values())
        if len(nests) > 1:
            lines = " and ".join(str(nest.node.lineno) for nest in nests)
            raise Irregular(f"the text trains in several loops, lines {lines}")
        if not nests:
            _in_a_row(updates, steps, found, by_hand=by_hand)
            return
        nest = nests[0]
        ahead = [s for s in steps if nest not in s.loops and s.place < updates[0].place]
        if any(g.every is None or g.counts not in s.loops for s in ahead for g in s.guards):
            guards = [guard for s in ahead for guard in s.guards]
            raise Irregular(f"{_at(ahead[0].node)} is called where a condition holds", guards)
        if ahead:
            found.put("steps_before", _sum(map(_turns_of, ahead)))
        inside = [s for s in steps if nest in s.loops]
        alone = [u for u in updates if not u.loops]
        if alone and len(inside) < len(steps):
            raise Irregular(f"{_at(alone[0].node)} trains beside the loop")
        found.said += [f"{_at(u.node)} is not counted as an update" for u in alone]
        updates = [u for u in updates if u.loops]
        if by_hand and not inside:
            raise Irregular(f"the loop in line {nest.node.lineno} never calls scheduler.step()")
        for write in (e for e in self.events if e.kind == "write" and e.of is schedule):
            if any((u.place < write.place) != schedule.late for u in updates):
                raise Irregular(f"{_at(write.node)} sets the rate between the updates of a turn")
        if by_hand:
            counters = [event for event in self.events if event.kind == "count"]
            _paced(inside, updates, counters, found)
        _length(inside if by_hand else [], updates, found)
        self._ends(updates, found)
        if not isinstance(nest.node, Supposed):
            found.said.append(f"the loop in line {nest.node.lineno} is the run")
        for event in self.events if by_hand else ():
            if event.kind == "asked" and event.of is schedule and event.place > inside[-1].place:
                found.said.append(f"{_at(event.node)} is the rate of the update after it")
                break

    def _supposed(
        self, schedule: Schedule, events: list[Event], steps: list[Event], found: Facts
    ) -> list[Event]:
        """Return what is taken to train where the text does not say what does.

        Raises:
            Irregular: nothing is.

        """
        some = [e for e in events if e.kind == "training"]
        given = [e for e in some if schedule.optimizer in reached(e.of)]
        given = [e for e in given if schedule not in reached(e.of)]
        others = [e for e in events if e.kind == "update" and isinstance(e.of, Built)]
        if not given and others and steps and isinstance(schedule.optimizer, Built):
            raise Irregular(f"{_at(others[0].node)} updates another optimizer than the schedule's")
        given = given or some
        if not steps:
            return []
        if not given and steps[0].loops and _shows_rates(steps[0].loops[-1].node):
            found.said.append(f"{_at(steps[0].node)} follows an update: nothing else trains")
            return [replace(steps[0], kind="update", guards=(), place=steps[0].place - 1)]
        if not given:
            often = None if any(s.guards for s in steps) else _sum(map(_turns_of, steps))
            if isinstance(often, int):
                found.hint = (
                    f"where it trains after that: --step-every update --steps-before {often}"
                )
            raise Irregular(f"{_at(steps[0].node)} steps the scheduler before anything is trained")
        event = next((e for e in given if e.loops == steps[0].loops), given[0])
        loop = event.loops[-1] if event.loops else None
        epoch = loop is not None and any("epoch" in name for name in loop.counters)
        if not epoch:
            found.said.append(f"{_at(event.node)} is taken to train, an update each time")
            return [event]
        found.said.append(f"{_at(event.node)} is taken to train, an epoch each time")
        batches = Unknown("updates_per_epoch")
        for value in event.of:
            if isinstance(value, Unknown) and "load" in value.source.lower():
                batches = Unknown(f"len({value.source})")
        return [replace(event, loops=(*event.loops, Loop(event.node, batches)))]

    def _ends(self, updates: list[Event], found: Facts) -> None:
        """Mind a loop that ends after so many updates, or at nobody knows which."""
        update = updates[0]
        ends = [e for e in self.events if e.kind == "end" and e.of[0] in update.loops]
        exact = {e.place: most for e in ends if (most := self._most(e, update)) is not None}
        counted = {e.of[1] for e in ends if e.place in exact}
        outer = [e for e in ends if e.of[0] is update.loops[0]]
        if not any(isinstance(e.node, ast.While) or e.of[1] in counted for e in outer):
            exact = {}  # the inner loop ends, and begins anew
        for event in ends:
            same = event.of[1] in counted or isinstance(event.node, ast.While)
            if not (exact and same):
                found.said.append(f"the loop may end before, in line {_line(event.node)}")
        if exact:
            whole = _whole(found.known)
            found.known.pop("epochs", None)
            found.missing.pop("epochs", None)
            found.put("updates", min([*exact.values(), *([] if whole is None else [whole])]))

    def _most(self, event: Event, update: Event) -> int | None:
        """Return after how many updates a loop ends, where it counts them."""
        _, name, relation, bound = event.of
        counts = [e for e in self.events if e.kind == "count" and e.of == name]
        if len(counts) != 1 or counts[0].loops != update.loops or not isinstance(bound, int):
            return None
        count = counts[0]
        if event.loops != count.loops or not alike(count.guards, update.guards):
            return None
        start = update.loops[0].before.get(name)
        if start is None:
            return None
        most: int = bound - start + (relation in ("Gt", "LtE"))
        if isinstance(event.node, ast.If) and event.place < count.place:
            most += event.place > update.place
        return most if most > 0 else None


def _aligned(stride: Guard | None, steps: list[Event], updates: list[Event]) -> list[Event]:
    """Return steps that are taken with the first batch of an update, as if taken with its last.

    Raises:
        Irregular: the updates are others.

    """
    if stride is None or stride.every == 1 or not steps:
        return steps
    if not updates:
        raise Irregular(f"nobody knows when updates follow {_at(steps[0].node)}")
    loops = steps[0].loops
    for update in updates:
        guard = update.guards[0] if len(update.guards) == 1 else Guard(update.node, holds=True)
        if (
            update.loops != loops or guard.counts is not stride.counts or guard.last
            or guard.every != stride.every or guard.first != stride.every - 1  # type: ignore[operator]
        ):  # fmt: skip
            text = f"{_at(steps[0].node)} is set in each {stride.every} turns, and the updates"
            raise Irregular(f"{text} are not taken as often")
    return [replace(step, guards=updates[0].guards) for step in steps]


def _shows_rates(loop: ast.AST) -> bool:
    """Whether a loop asks for the rates, as one does that shows a schedule and trains nothing."""
    names = (getattr(n, "attr", None) or getattr(n, "id", None) for n in walk(loop))
    return any(name in SHOWING for name in names)


def _in_a_row(updates: list[Event], steps: list[Event], found: Facts, *, by_hand: bool) -> None:
    """Say what one turn of a loop does that the text does not have."""
    if not by_hand:
        return
    update = updates[0]
    if not steps and len(updates) > 1:
        raise Irregular(f"{_at(update.node)} is not followed by scheduler.step()")
    if not steps:
        found.said.append("the text has no step(): it is taken to be called after each update")
        return
    ahead = [s for s in steps if s.place < update.place]
    after = [s for s in steps if s.place > update.place]
    once = len(after) == 1 or (len(steps) == 1 and not steps[0].loops)
    alone = len(updates) == 1 and not any(s.loops for s in after)
    if not once or not alone or any(not alike(s.guards, update.guards) for s in steps):
        raise Irregular(f"{_at(update.node)} stands in no loop, and the steps around it differ")
    if ahead:
        found.put("steps_before", _sum(map(_turns_of, ahead)))
    found.said.append("the text has no loop: each update is taken to be as the one it has")


def _rhythm(
    guard: Guard, step: Event, updates: list[Event], counters: list[Event], *, after: bool
) -> tuple[Count, Count] | None:
    """Return in each so-manieth turn that updates a condition holds, and after how many at first.

    None where that varies, or is not followed.
    """
    every, first, loop = guard.every, guard.first, guard.counts
    if not isinstance(every, int):
        return every, every  # which is asked for
    takes, rest = 1, 0
    shared = [g for g in step.guards if g.every is not None and g is not guard]
    if loop is None:
        counts = [count for count in counters if count.of == guard.name]
        if len(counts) != 1 or counts[0].loops != step.loops:
            return None
        if alike(counts[0].guards, updates[0].guards):
            shared = []  # it counts updates, not batches
        elif counts[0].guards:
            return None
    elif loop is not step.loops[-1]:
        if every > 1 or shared or loop not in step.loops:
            return None
        inner = _times(each.turns for each in step.loops[step.loops.index(loop) + 1 :])
        return 1, _sum([_times([first, inner]), int(after)])
    for other in shared:
        if not isinstance(other.every, int) or other.every > MOST_TURNS or len(shared) > 1:
            return None
        if other.counts is not loop or (not loop and other.name != guard.name):
            return None
        takes, rest = other.every, other.first
    often = math.lcm(every, takes)
    both = (turn for turn in range(first, first + often, every) if turn % takes == rest)
    turn = next(both, None)
    if turn is None:
        return None
    if loop is not None and (len(step.loops) > 1 or any(g.last for g in shared)):
        if isinstance(loop.turns, Unknown):
            return loop.turns, loop.turns  # whether a turn goes on where the one before ends
        if loop.turns is None or loop.turns % often or first >= every:
            return None
    return often // takes, turn // takes + after


def _paced(steps: list[Event], updates: list[Event], counters: list[Event], found: Facts) -> None:
    """Find how many updates lie between two steps, and how many come before the first."""
    step = steps[0]
    where = _at(step.node)
    if len(steps) > 1:
        raise Irregular(f"{where} is not the only step of a turn")
    depth = len(step.loops)
    if any(u.loops[:depth] != step.loops for u in updates):
        raise Irregular(f"{where} is in another loop than the updates")
    own = [g for g in step.guards if not all(any(map(g.same, u.guards)) for u in updates)]
    theirs = [g for u in updates for g in u.guards if not any(map(g.same, step.guards))]
    outside = [g for g in theirs if _depth(g, updates[0].loops) <= depth]
    if len(own) > 1 or any(g.every is None or g.last for g in own):
        text = f"{where} is called where a condition holds that is not followed"
        raise Irregular(text, own)
    if len(updates) == len(outside) == 1 and not own and _by_batch(step, updates[0], found):
        return
    counted = any(guard.every is not None for guard in outside)
    if outside and (counted or not all(len(u.loops) > depth for u in updates)):
        raise Irregular(f"{where} is called more often than the optimizer is updated", outside)
    guards = [g for u in updates for g in u.guards]
    either = [g for g in guards if any(g.node is h.node and g.holds != h.holds for h in guards)]
    if either:
        text = f"{_at(updates[0].node)} is called where a condition holds, and others otherwise"
        raise Irregular(text, either)
    before = {step.place < u.place for u in updates}
    if len(before) > 1:
        raise Irregular(f"{where} stands between the updates of a turn")
    each = _sum(_turns_of(u, depth) for u in updates)
    if each is None:
        raise Irregular(f"how many updates come before {where} is not known", theirs)
    after = not before.pop()
    rhythm = (1, int(after)) if not own else _rhythm(own[0], step, updates, counters, after=after)
    if rhythm is None:
        raise Irregular(f"{where} is called where a condition holds that is not followed")
    apart, first = rhythm
    if first == 0:
        found.step_ahead()
        first = apart
    epochs = any(len(u.loops) > depth for u in updates)
    if epochs and apart == 1:
        found.known["step_every"] = "epoch"
        found.put("updates_per_epoch", each)
    else:
        apart, first = _times([apart, each]), _times([first, each])
        if apart != 1:
            found.put("step_every", apart)
    if first != apart:
        found.put("first_step", first)


def _by_batch(step: Event, update: Event, found: Facts) -> bool:
    """Whether each batch of an update takes a step, where only its last one updates.

    Raises:
        Irregular: some updates of an epoch have fewer batches than others.

    """
    guard = next(g for g in update.guards if not any(map(g.same, step.guards)))
    every, loop = guard.every, guard.counts
    if step.loops != update.loops or loop not in (None, step.loops[-1]) or every is None:
        return False
    if isinstance(every, int) and guard.first != every - 1:
        return False
    known = isinstance(every, int) and isinstance(loop and loop.turns, int)
    if loop is not None and (len(step.loops) > 1 or guard.last):
        if isinstance(loop.turns, Unknown):
            found.missing["step_every"] = loop.turns
        elif not known or loop.turns % every:  # type: ignore[operator]
            text = f"{_at(step.node)} is called each batch, and an epoch's {loop.turns} batches"
            raise Irregular(f"{text} make no whole number of updates")
    found.known["step_every"] = "batch"
    found.put("accumulation", every)
    if step.place < update.place:
        found.step_ahead()
    return True


def _length(steps: list[Event], updates: list[Event], found: Facts) -> None:
    """Find how long the run is."""
    update = updates[0]
    depth = len(update.loops) - 1
    if found.known.get("step_every") == "epoch":
        depth = len(steps[0].loops)
    elif len(updates) > 1:
        return
    if any(guard.every is None for guard in update.guards):
        found.said.append(f"{_at(update.node)} is called where a condition holds: the run's length "
                          "is open")  # fmt: skip
        return
    above = update.loops[:depth]
    outside = tuple(guard for guard in update.guards if guard.counts in above)
    outer = _turns_of(replace(update, loops=above, guards=outside))
    if depth == 0:
        found.put("updates", _turns_of(update))
        found.missing.pop("updates", None)
        return
    each = found.known.get("updates_per_epoch", _turns_of(update, depth))
    if each is None and isinstance(whole := _turns_of(update), int):
        found.put("updates", whole)  # of which the epochs have different numbers
        return
    needed = found.missing.get("updates_per_epoch")
    found.put("updates_per_epoch", each)
    if needed is None:
        found.missing.pop("updates_per_epoch", None)
    if isinstance(outer, Unknown) and not isinstance(above[0].node, Supposed):
        found.wanted += outer.leaves()
        text = ", ".join(dict.fromkeys(leaf.source for leaf in outer.leaves()))
        found.said.append(f"the run's length is open: nobody says {text}")
    if isinstance(outer, int) and (isinstance(each, int) or needed is not None):
        found.put("epochs", outer)
    elif isinstance(outer, int):
        leaves = [*each.leaves()] if isinstance(each, Unknown) else []
        told = " and ".join(leaf.source for leaf in leaves) or "nobody knows how many"
        counted = f"{told} updates" if leaves in ([], [each]) else f"updates by {told}"
        found.said.append(f"the run's length is open: {outer} epochs of {counted}")


def _whole(known: dict[str, Any]) -> int | None:
    if "updates" in known:
        return int(known["updates"])
    if "epochs" in known and "updates_per_epoch" in known:
        return int(known["epochs"]) * int(known["updates_per_epoch"])
    return None


def _turns_of(event: Event, depth: int = 0) -> Count:
    """Return how often something happens in the loops below a depth."""
    found: list[Count] = []
    for loop in event.loops[depth:]:
        guards = [g for g in event.guards if g.counts is loop and g.every is not None]
        found.append(_guarded(loop.turns, guards[0]) if guards else loop.turns)
    rest = [g for g in event.guards if g.counts not in event.loops[depth:] or g.every is None]
    whole = [g for g in rest if g.counts is None and g.every is not None]
    rest = [g for g in rest if g not in whole]
    if (depth and any(_depth(g, event.loops) > depth for g in rest)) or len(whole) > 1:
        return None
    turns = _times(found)
    if not whole or any(_depth(g, event.loops) <= depth for g in whole):
        return turns
    every = whole[0].every
    if depth and isinstance(turns, int) and isinstance(every, int) and (
        turns % max(every, 1) or whole[0].first >= every
    ):  # fmt: skip
        return None  # another number each time
    return _guarded(turns, whole[0])


def _guarded(turns: Count, guard: Guard) -> Count:
    """Return in how many turns a condition holds."""
    if not isinstance(turns, int) or not isinstance(guard.every, int):
        unknown = [n for n in (turns, guard.every) if isinstance(n, Unknown)]
        return _asked(unknown) if unknown and turns is not None else None
    if guard.every < 1:
        return None
    often = max(0, -(-(turns - guard.first) // guard.every))
    whole = turns > 0 and (turns - 1 - guard.first) % guard.every == 0
    return often + (guard.last and not whole)


def _depth(guard: Guard, loops: Sequence[Loop]) -> int:
    """Return in how many loops a condition stands."""
    return sum(loop in guard.inside for loop in loops)


def within(outer: ast.AST, inner: ast.AST) -> bool:
    """Whether a part of the text stands in another."""
    return any(node is inner for node in walk(outer))


def alike(a: Sequence[Guard], b: Sequence[Guard]) -> bool:
    """Whether the same conditions are to hold."""
    return len(a) == len(b) and all(any(map(g.same, b)) for g in a)


def _merged(events: list[Event]) -> list[Event]:
    """Take as one what happens either way, whichever a condition decides."""
    found = list(events)
    for i, a in enumerate(found):
        for b in found[i + 1 :]:
            if len(a.guards) != len(b.guards) or not _same_turns(a.loops, b.loops):
                continue
            other = [(g, h) for g, h in zip(a.guards, b.guards, strict=True) if not g.same(h)]
            if len(other) == 1 and other[0][0].node is other[0][1].node:
                guards = tuple(g for g in a.guards if g is not other[0][0])
                rest = [e for e in found if e is not a and e is not b]
                return _merged(sorted([*rest, replace(a, guards=guards)], key=lambda e: e.place))
    return found


def _same_turns(some: Sequence[Loop], others: Sequence[Loop]) -> bool:
    """Whether loops are the same, or that are met again in a function that is called again."""
    return len(some) == len(others) and all(
        a is b or (a.node is b.node and None is not _written(a.turns) == _written(b.turns))
        for a, b in zip(some, others, strict=True)
    )


def _written(turns: Count) -> object:
    return turns.source if isinstance(turns, Unknown) else turns


def _check_given(schedule: Schedule, events: list[Event]) -> None:
    """Refuse updates of an optimizer that could be given the schedule, and has another rate.

    Raises:
        Irregular: there are some, and none of one that is given it.

    """
    call = schedule.call
    updates = [e for e in events if e.kind == "update"]
    given = any(each.schedule is schedule for e in updates for each in _givens(e.of))
    if given or call is None or call.card.clock != "step" or call.counts != "steps":
        return
    for of in (e.of for e in updates if isinstance(e.of, Built) and not e.of.lost):
        if schedule.optimizer is None and of.name and registry.taking_schedules(of.name.origin):
            raise Irregular(f"{_at(of.node)} is given another rate, and not the schedule")


def _givens(value: Any) -> list[Given]:
    """Return the optimizers that are given schedules, among what an update is one of."""
    return [each for each in (value, *_made_of(value)) if isinstance(each, Given)]


def _made_of(value: Any) -> list[Any]:
    made = value.made if isinstance(value, Unknown) else None
    return [] if made is None else list(reached([*made[1], *made[2].values()]))


def _of(together: Callable[[Iterable[int]], int], counts: Iterable[Count]) -> Count:
    """Return what counts come to together; what is unknown of them, where something is."""
    listed = list(counts)
    if None in listed:
        return None
    unknown = [n for n in listed if isinstance(n, Unknown)]
    return _asked(unknown) if unknown else together(n for n in listed if isinstance(n, int))


_times, _sum = partial(_of, math.prod), partial(_of, sum)


def _asked(unknown: list[Unknown]) -> Count:
    """Return a number that others have to be given for; nobody's to say where one cannot be."""
    if not all(u.askable for u in unknown):
        return None
    return unknown[0] if len(unknown) == 1 else Unknown("", parts=tuple(unknown))


def _line(node: ast.AST) -> int:
    return getattr(node, "lineno", 0)


def _at(node: ast.AST) -> str:
    return f"{shown(node)} (line {_line(node)})"


# --- what counts ----------------------------------------------------------------------------------


def stored(node: ast.AST) -> list[str]:
    """Return the names that a statement gives a value, each as often as it does."""

    def work() -> list[str]:
        names = (binds(n) or (dotted(n) if isinstance(getattr(n, "ctx", None), STORING) else None)
                 for n in walk(node))  # fmt: skip
        return [name for name in names if name is not None]

    found: list[str] = once(node, "_stored", work)
    return found


def counters(loop: ast.For | ast.AsyncFor | ast.While) -> dict[str, bool]:
    """Return the names that a loop adds one to and does not change otherwise.

    Each with whether it does so in every turn.
    """
    found: dict[str, bool] = once(loop, "_counters", lambda: _counters(loop))
    return found


def _counters(loop: ast.For | ast.AsyncFor | ast.While) -> dict[str, bool]:
    names = Counter(stored(loop))
    found: dict[str, bool] = {}
    for node in map(added, walk(loop)):
        match node:
            case ast.AugAssign(target=target, op=ast.Add(), value=ast.Constant(value=1)):
                name = dotted(target)
                if name is not None and names[name] == 1:
                    found[name] = _is_each(node, loop.body)
    return found


def _is_each(node: ast.AST, body: Sequence[ast.AST]) -> bool:
    """Whether each turn comes to a statement of a loop's body."""
    at = next((i for i, each in enumerate(body) if added(each) is node), None)
    before = body[:at] if at is not None else ()
    return at is not None and not any(
        isinstance(n, ast.Continue) for each in before for n in walk(each)
    )


def added(node: ast.AST) -> ast.AST:
    """Return ``x = x + 1`` as ``x += 1``, and anything else as it is."""
    match node:
        case ast.Assign(
            targets=[ast.Name() | ast.Attribute() as target],
            value=ast.BinOp(left=left, op=ast.Add(), right=ast.Constant(value=1) as one),
        ) if (name := dotted(target)) is not None and dotted(left) == name:  # fmt: skip
            kept = node.__dict__.get("_added")
            if kept is None:
                kept = ast.copy_location(ast.AugAssign(target, ast.Add(), one), node)
                node._added = kept  # type: ignore[attr-defined]
            return kept
    return node


# --- conditions that count ------------------------------------------------------------------------


def modulo(test: ast.expr, *, holds: bool = True) -> tuple[ast.expr, ast.expr, int, bool] | None:
    """Return what a condition says of a remainder: of what, by what, which, and of the last turn.

    ``(i + 1) % n == 0 or i + 1 == len(loader)`` is of ``i + 1`` by ``n``, which is to be 0; it
    holds for the last turn, too.
    """
    if not holds:
        match test:
            case ast.Compare(left=left, ops=[ast.NotEq()], comparators=others):
                return modulo(ast.Compare(left, [ast.Eq()], others))
            case ast.BinOp(op=ast.Mod()):
                return modulo(ast.UnaryOp(ast.Not(), test))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return modulo(operand)
        return None
    match test:
        case ast.BoolOp(op=ast.Or(), values=[one, other]):
            for a, b in ((one, other), (other, one)):
                found = modulo(a)
                if found is not None and _is_last(b):
                    return (*found[:3], True)
            return None
        case ast.Compare(
            left=ast.BinOp(left=left, op=ast.Mod(), right=by),
            ops=[ast.Eq()],
            comparators=[ast.Constant(value=int() as rest)],
        ):
            return left, by, rest, False
        case ast.Compare(
            left=ast.BinOp(left=left, op=ast.Mod(), right=by),
            ops=[ast.Eq()],
            comparators=[ast.BinOp(left=right, op=ast.Sub(), right=ast.Constant(value=1))],
        ) if ast.unparse(right) == ast.unparse(by):
            return ast.BinOp(left, ast.Add(), ast.Constant(1)), by, 0, False
        case ast.UnaryOp(op=ast.Not(), operand=ast.BinOp(left=left, op=ast.Mod(), right=by)):
            return left, by, 0, False
    return None


#: The same relations with both sides exchanged, and those that hold where these do not.
FLIPPED: Final = {ast.Gt: ast.Lt, ast.Lt: ast.Gt, ast.GtE: ast.LtE, ast.LtE: ast.GtE,
                  ast.Eq: ast.Eq, ast.NotEq: ast.NotEq}  # fmt: skip
OTHERWISE: Final = {ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.GtE: ast.Lt, ast.Lt: ast.GtE,
                    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq}  # fmt: skip


def since(
    test: ast.expr, *, holds: bool = True
) -> Iterator[tuple[ast.expr, type[ast.cmpop], ast.expr]]:
    """Visit what a condition may say of something that grows: it is more than, at least or not."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield from since(operand, holds=not holds)
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in FLIPPED:
            kind = type(op) if holds else OTHERWISE[type(op)]
            for one, of, other in ((left, kind, right), (right, FLIPPED[kind], left)):
                if of in (ast.Gt, ast.GtE, ast.NotEq):
                    yield one, of, other
        case ast.Name() | ast.Attribute() if holds:
            yield test, ast.NotEq, ast.Constant(0)


def begins(relation: type[ast.cmpop], bound: float, first: int) -> int | None:
    """Return when a relation begins to hold of what is ``first``, and then one more each time."""
    if not math.isfinite(bound):
        return None
    if relation is ast.NotEq:
        return None if bound > first else int(bound == first)
    least = math.floor(bound) + 1 if relation is ast.Gt else math.ceil(bound)
    return max(0, least - first)


def _is_last(test: ast.expr) -> bool:
    """Whether a condition says that a turn is the last one."""
    match test:
        case ast.Compare(ops=[ast.Eq()], left=left, comparators=[right]):
            sides = {ast.unparse(left), ast.unparse(right)}
            return any(side.startswith("len(") for side in sides)
    return False


def parsed_source(source: str) -> ast.expr | None:
    """Return the expression that a value is told by; none where that only describes it."""
    try:
        return parse(source)
    except ReadError:
        return None


def offset_of(source: str) -> tuple[str, int] | None:
    """Return the name and the number that a value is the sum of, by what it is told by."""
    node = parsed_source(source)
    return None if node is None else offset(node)


def offset(node: ast.expr) -> tuple[str, int] | None:
    """Return the name and the number that an expression is the sum of."""
    match node:
        case ast.BinOp(
            left=left, op=ast.Add() | ast.Sub() as op, right=ast.Constant(value=int() as n)
        ):
            found = offset(left)
            return found and (found[0], found[1] + (n if isinstance(op, ast.Add) else -n))
        case ast.Name() | ast.Attribute():
            name = dotted(node)
            return None if name is None else (name, 0)
    return None


def turns(several: range) -> int:
    """Return how many numbers a range has, also where Python's ``len`` has no number for it."""
    return max(0, -(-(several.stop - several.start) // several.step))
