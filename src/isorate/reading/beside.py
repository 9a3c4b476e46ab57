"""Rates that a loop sets beside the schedulers that it steps: what each turn does, in its order."""

from __future__ import annotations

import ast
import copy
import math
import re
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec.structs import replace

from isorate.kit import in_turns, registry
from isorate.kit.in_turns import Moment
from isorate.kit.objects import Chained, Sequential, Worker
from isorate.kit.plateau import Feedback
from isorate.reading import by_hand, terms
from isorate.reading.loops import Event, Facts, Irregular, Loop
from isorate.reading.mentions import mentions
from isorate.reading.schedules import LackingError, firsts_of
from isorate.reading.values import Built, Schedule, Unknown
from isorate.schedule.errors import ReadError
from isorate.schedule.expression import Expression
from isorate.schedule.syntax import number_node, shown, walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from isorate.reading.frames import Frame
    from isorate.reading.interpreter import Interpreter

ONLY: Final = "paste only what builds the schedule, or give the files that have the rest, too"
#: What functions of elsewhere are called that write rates into what they are given.
SETTING: Final = re.compile(
    r"(adjust|set|update|change|decay|modify|reduce|reset|anneal)_?(\w+_)?(lr|learning_?rate)s?$"
    r"|^(lr|learning_?rate)_?(adjust|set|updat|chang|decay)", re.IGNORECASE
)  # fmt: skip
#: The schedulers that go on from the ``last_epoch`` that they are given.
COUNTING: Final = (Worker, Sequential, Chained)


class Write(msgspec.Struct, frozen=True):
    """A rate that a loop sets beside a scheduler.

    Args:
        optimizer: whose it is.
        group: which of its groups it is of; none for all of them.
        rate: the rate, a function of the turns.

    """

    optimizer: Any
    group: int | None
    rate: Expression


def is_used(optimizer: Any) -> bool:
    """Whether a scheduler is built on an optimizer, which the text may not build itself."""
    if isinstance(optimizer, Unknown) and optimizer.made is not None and not optimizer.made[0]:
        optimizer = next(iter(optimizer.made[1]), None)
    return isinstance(optimizer, Built) and optimizer.used


def written(
    follower: Interpreter, optimizer: Built | Unknown, group: int | None, target: ast.Subscript,
    value: ast.expr, frame: Frame,
) -> None:  # fmt: skip
    """Take notice of a rate that is set in a group which a scheduler writes into, too."""
    if not terms.over_turns(follower):
        return
    several = isinstance(follower.lr, list) and len(follower.lr) > 1
    if isinstance(optimizer, Unknown) and (several or group is not None):
        raise ReadError(f"{shown(target)} is of one of several groups, and nobody knows which")
    if isinstance(optimizer, Unknown):
        value = _with_first(follower, optimizer, value)
    made = _of_turns(follower, target, value, frame)
    follower.loops.happens("set", Write(optimizer, group, made), target)
    conditions(follower, follower.loops.events[-1])
    follower.set_beside.add(id(target))


def _with_first(follower: Interpreter, optimizer: Unknown, value: ast.expr) -> ast.expr:
    """Return a value with the first rate in place of a group's ``initial_lr``."""
    built = follower.found.built
    calls = [one.call for one in built if one.writes_to is optimizer and one.call is not None]
    firsts = firsts_of(calls)
    loops = [loop.node for loop in follower.loops.stack if terms.is_over_groups(loop)]
    groups = [each for node in loops for each in terms.goes_through(node)[:1] if each is not None]
    names = set[str]().union(*map(terms.names_of, groups))
    return _First(names, firsts[0]).visit(copy.deepcopy(value)) if firsts else value


class _First(ast.NodeTransformer):
    """Puts a number in place of ``group["initial_lr"]``."""

    def __init__(self, names: set[str], rate: float) -> None:
        self.names, self.rate = names, rate

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        match node:
            case ast.Subscript(ast.Name(id=name), ast.Constant("initial_lr")) if name in self.names:
                return ast.copy_location(number_node(self.rate), node)
        return self.generic_visit(node)  # type: ignore[return-value]


def conditions(follower: Interpreter, event: Event) -> None:
    """Keep what has to hold for something to happen, as a function of the turns."""
    if not event.guards or not event.loops:
        return
    try:
        if any(loop.rest for loop in follower.loops.stack):
            raise ReadError(f"{_at(event)} happens where a turn goes on, which is not followed")
        held = []
        for guard in event.guards:
            if guard.test is None or guard.frame is None:
                raise ReadError(f"{_at(event)} happens where a condition holds")
            at: Any = getattr(guard.node, "stands_for", guard.node)
            test, holds, frame, at = _first_turn(follower, guard.test, guard.frame, at)
            test = test if holds == guard.holds else ast.UnaryOp(ast.Not(), test)
            number = ast.IfExp(test, ast.Constant(1), ast.Constant(0))
            number = ast.fix_missing_locations(ast.copy_location(number, guard.node))
            held.append(_of_turns(follower, at, number, frame).source)
    except ReadError as error:
        follower.wheres[event.place] = error
        return
    source = held[0] if len(held) == 1 else " and ".join(f"({each})" for each in held)
    follower.wheres[event.place] = Expression(terms.TURN, source)


def _first_turn(
    follower: Interpreter, test: ast.expr, frame: Frame, at: ast.AST
) -> tuple[ast.expr, bool, Frame, ast.AST]:  # fmt: skip
    """Return what a condition is about, as one of the turns: a scheduler is there in the first.

    And the frame that it is asked in, and where.
    """
    match test:
        case ast.Compare(of, [ast.Is() | ast.IsNot() as op], [ast.Constant(None)]):
            holds = isinstance(op, ast.IsNot)
        case ast.UnaryOp(ast.Not(), of):
            holds = False
        case of:
            holds = True
    found = follower.value(of, frame) if isinstance(of, ast.Name | ast.Attribute) else None
    if isinstance(found, Schedule) and found.only is not None:
        return found.only[0], holds, found.only[1], found.only[2]
    return test, True, frame, at


def _of_turns(follower: Interpreter, at: Any, value: ast.expr, frame: Frame) -> Expression:
    """Return a value as a function of how often the innermost loop has turned."""
    guards, follower.loops.guards = follower.loops.guards, []
    try:
        return terms.function_of(follower, at, value, frame, follower.scopes, late=True)[0]
    finally:
        follower.loops.guards = guards


def whole(follower: Interpreter, several: Sequence[Schedule]) -> Schedule | None:
    """Return what schedulers of one optimizer come to in their loop, where it sets rates besides.

    None where it only steps them.

    Raises:
        ReadError: it is not followed.

    """
    optimizer = several[-1].writes_to
    events = follower.loops.events
    writes = [e for e in events if e.kind == "set" and e.of.optimizer is optimizer]
    counted = any(each.count is not None for each in several)
    once = [each for each in several if each.only is not None]
    if not writes and not counted and not once:
        return None
    for each in (one for one in several if one.count is not None):
        trained = [e for e in events if e.kind in ("update", "set", "training") and e.loops]
        if any(e.place < each.count[1] for e in trained):  # type: ignore[index]
            raise ReadError(f"last_epoch of {shown(each.node)} is set after a loop", hint=ONLY)
    idle = [each for each in several if not any(e.of is each for e in events)]
    if idle and len(several) > 1:  # nobody knows when it is built, and what that does
        raise ReadError(
            f"{shown(idle[0].node)} acts on the optimizer, and takes no step", hint=ONLY
        )
    if any(e.kind == "step" and e.of in once and not e.guards for e in events):
        raise ReadError(f"{shown(once[0].node)} is built in the first turn only", hint=ONLY)
    calls: list[Any] = [each.call for each in several]
    last = several[-1]
    for each in several:
        returned = each.call and each.call.returned
        if isinstance(returned, Feedback) or each.loops or each.guards or (
            isinstance(each.stepped, ast.AST) or (each.told_by and returned is None)
        ):  # fmt: skip
            raise ReadError(
                f"{shown(each.node)} is not followed beside a rate that is set", hint=ONLY
            )
        if each.count is not None and getattr(returned, "worker", None) not in COUNTING:
            raise ReadError(f"last_epoch of {shown(each.node)} is not followed", hint=ONLY)
    if follower.prepared:
        raise ReadError(f"{shown(last.node)} is prepared, and not followed beside that", hint=ONLY)
    constructor = registry.get(calls[0].card.runs_in).loop
    if constructor is None:
        raise ReadError(f"{_at(writes[0])} is set beside a scheduler", hint=ONLY)
    schedule = Schedule(None, writes[0].node if writes else last.node, optimizer, [*several])
    if not writes and not once:
        ahead: list[Moment] = []
        after = [Moment(0)]
        own = [e for e in events if e.kind == "step" and e.of is last]
        begun = _begun(several, [e for e in own if last.count and e.place < last.count[1]])
        events += [replace(e, of=schedule) for e in own if last.count and e.place >= last.count[1]]
    else:
        nest, updates = _nest(follower, schedule)
        moments, begun = _moments(follower, several, writes, nest, updates)
        ahead = [m for late, m in moments if not late]
        after = [m for late, m in moments if late]
        events.append(Event("step", schedule, schedule.node, nest, (), by_hand.LAST))
    schedule.call = constructor.of({
        "optimizer": calls[0].owner, "schedulers": calls, "ahead": ahead, "after": after,
        "begun": begun,
    })  # fmt: skip
    names = " and ".join(call.name for call in calls)
    for each in once:
        text = f"{each.call.name} is there in the first turn of the loop only"  # type: ignore[union-attr]
        follower.assumed[text] = None
    for target in dict.fromkeys(_at(each) for each in writes):
        follower.assumed[f"{target} sets the rate, too, beside {names}"] = None
    follower.found.built.append(schedule)
    follower.found.held |= {id(call) for call in calls}
    return schedule


def _nest(follower: Interpreter, schedule: Schedule) -> tuple[tuple[Loop, ...], list[Event]]:
    """Return the loops that the optimizer is updated in, and its update."""
    try:
        updates = follower.loops.updates_of(schedule, Facts())
    except Irregular as error:
        raise ReadError(str(error), hint=ONLY) from None
    alone = [update for update in updates if not update.loops]
    steps = [e for e in follower.loops.events if e.kind == "step" and e.of in schedule.members]
    if alone and any(step.place > alone[0].place and not step.loops for step in steps):
        raise ReadError(f"{_at(alone[0])} trains beside the loop", hint=ONLY)
    updates = [update for update in updates if update.loops]
    if len(updates) != 1:
        raise ReadError("the loop sets the rate beside a scheduler, and nobody knows what trains")
    nest = (*terms.besides_groups(updates[0].loops),)
    if nest != updates[0].loops:
        raise ReadError(f"{_at(updates[0])} is of each group, which is not followed", hint=ONLY)
    return nest, updates


def _moments(
    follower: Interpreter, several: Sequence[Schedule], writes: Sequence[Event],
    nest: tuple[Loop, ...], updates: Sequence[Event],
) -> tuple[list[tuple[bool, Moment]], list[tuple[int, int | None]]]:  # fmt: skip
    """Return what a turn comes to, each with whether that is after its update, in its order.

    And what was done with each scheduler before the loop.
    """
    found: list[tuple[bool, Moment]] = []
    before: list[Event] = []
    steps = [e for e in follower.loops.events if e.kind == "step" and e.of in several]
    groups = several[-1].call.groups if several[-1].call else 1
    for event in sorted([*steps, *writes], key=lambda e: e.place):
        loops = (*terms.besides_groups(event.loops),)
        if event.kind == "step" and loops != event.loops:
            raise ReadError(f"{_at(event)} steps for each group, which is not followed", hint=ONLY)
        late = event.place > updates[0].place
        place = several.index(event.of) if event.kind == "step" else None
        if place is not None and nest[0] not in loops and not late:
            before.append(event)
            continue
        if nest[: len(loops)] != loops or not loops:
            raise ReadError(f"{_at(event)} is in another loop than the updates", hint=ONLY)
        where = follower.wheres.get(event.place)
        if isinstance(where, LackingError):
            follower.lacking.append(where)
            where = None
        if isinstance(where, ReadError):
            raise where
        each = 1
        for loop in nest[len(loops) :]:
            if isinstance(loop.turns, Unknown) and loop.turns.askable:
                follower.lacking.append(LackingError("the loop", list(loop.turns.leaves())))
            elif not isinstance(loop.turns, int) or loop.turns < 1:
                raise ReadError(f"{_at(event)}: nobody knows how many turns an inner loop takes")
            else:
                each *= loop.turns
        where = where and _of_epochs(where, each)
        first = each - 1 if late else 0
        if place is not None:
            found.append((late, Moment(place, (), where, each, first)))
            continue
        rate = _of_epochs(event.of.rate, each)
        own = range(groups) if event.of.group is None else [event.of.group]
        rates = [rate if group in own else None for group in range(groups)]
        if found and found[-1][0] == late:
            last = found[-1][1]
            same = last.which is None and (last.where, last.every) == (where, each)
            if same and all(last.rates[group] is None for group in own):
                rates = [b or a for a, b in zip(last.rates, rates, strict=True)]
                found.pop()
        found.append((late, Moment(None, rates, where, each, first)))
    return found, _begun(several, before)


def _begun(several: Sequence[Schedule], steps: Sequence[Event]) -> list[tuple[int, Any]]:
    """Return what was done with each scheduler before the loop."""
    found = []
    for schedule in several:
        often = 0
        for event in (e for e in steps if e.of is schedule):
            turns = [loop.turns if isinstance(loop.turns, int) else -1 for loop in event.loops]
            late = schedule.count is not None and event.place >= schedule.count[1]
            if event.guards or late or any(n < 0 for n in turns):
                raise ReadError(f"{_at(event)} steps before the loop, and is not followed")
            often += math.prod(turns)
        count = None if schedule.count is None else schedule.count[0]
        if isinstance(count, Unknown):
            raise LackingError("last_epoch", list(count.leaves()))
        found.append((often, count))
    return found


def _of_epochs(made: Expression, each: int) -> Expression:
    """Return a function of an outer loop's turns as one of the innermost loop's."""
    if each == 1:
        return made
    inner = ast.BinOp(terms.turn_name(), ast.FloorDiv(), ast.Constant(each))
    node = terms.placed(made.source, inner)
    return Expression(terms.TURN, ast.unparse(ast.fix_missing_locations(node)))


def _at(event: Event) -> str:
    return f"{shown(event.node)} (line {getattr(event.node, 'lineno', 0)})"


def check(follower: Interpreter, schedule: Schedule) -> None:
    """Refuse a schedule whose optimizer the loop sets rates of, where that is left out.

    Raises:
        ReadError: it does.

    """
    nodes = [n for part in follower.whole for n in walk(part)] if follower.handed else []
    setting = {n.name for n in nodes if isinstance(n, ast.FunctionDef) and mentions(n).rates}
    for said in follower.handed:  # the text may have something else go by the name
        name = said.partition(" (")[0].rpartition(".")[2]
        if name in setting or SETTING.search(name):
            raise ReadError(f"{said} may set the rate as well, and is not followed", hint=ONLY)
    others = [one.writes_to for one in follower.found.built if one.writes_to]
    others = [one for one in others if one is not schedule.writes_to]
    whole_ = isinstance(schedule.call, in_turns.Loop)
    for event in (e for e in follower.loops.events if e.kind == "set"):
        known = [schedule.writes_to, *others] if whole_ else others
        if not any(event.of.optimizer is one for one in known):
            raise ReadError(f"{_at(event)} sets the rate as well, and is not followed", hint=ONLY)
