"""Rates that a loop writes into its optimizer by hand: a function of what the loop counts."""

from __future__ import annotations

import ast
import copy
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec.structs import replace

from isorate.kit.writing import source as written_out
from isorate.reading import beside
from isorate.reading.effects import HARMLESS
from isorate.reading.loops import Event, Guard, Loop, Scope, alike, counters, within
from isorate.reading.optimizers import entries_of
from isorate.reading.schedules import RATE as GIVEN
from isorate.reading.schedules import LackingError
from isorate.reading.terms import (
    FIRST,
    TURN,
    besides_groups,
    function_of,
    goes_through,
    names_of,
    over_turns,
    placed,
    turn_name,
)
from isorate.reading.values import Built, Group, Schedule, Unknown
from isorate.schedule.errors import MissingRateError, ReadError
from isorate.schedule.expression import Expression
from isorate.schedule.syntax import Placing, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from isorate.kit.call import Call
    from isorate.reading.frames import Frame
    from isorate.reading.interpreter import Interpreter

#: What a loop over the groups may leave some out by.
LEAVING: Final = (ast.Break, ast.Continue, ast.Return)
#: The place of what happens at the end of each turn.
LAST: Final = 10**9


def written(
    follower: Interpreter, target: ast.Subscript, value: ast.expr, frame: Frame, scopes: list[Scope]
) -> None:
    """Take notice of a rate that a loop writes into a parameter group.

    Raises:
        ReadError: it is written in several places, or cannot be followed.

    """
    optimizer, place = owner(follower, target.value, frame)
    if optimizer is None:
        return
    if beside.is_used(optimizer):
        beside.written(follower, optimizer, place, target, value, frame)
        return
    if isinstance(optimizer, Built) and optimizer.regrouped:
        raise ReadError(optimizer.lost, hint="paste only what sets the rate")
    parts = follower.written_rates.setdefault(id(optimizer), {})
    kept = [parts[key] for key in parts if place is None or key in (place, None)]
    again = ReadError(
        f"{shown(target)} (line {target.lineno}) is not the only one that sets the rate",
        hint="paste only what sets it",
    )
    if any(one.target is not target for one in kept):
        raise again
    turns = over_turns(follower)
    if isinstance(optimizer, Built) and any(within(t.node, optimizer.node) for t in turns):
        raise ReadError(f"{shown(optimizer.node)} is another optimizer in each turn of the loop")
    late = follower.loops.trained(optimizer, turns)
    begun = follower.set_before.setdefault(id(optimizer), {})
    if not turns:
        rate = follower.value(value, frame)
        begun |= {place: rate} if place is not None else {**dict.fromkeys(begun, rate), None: rate}
        if isinstance(optimizer, Built) and type(rate) in (int, float):
            return  # which it has until the loop sets another
    elif late and not all(type(rate) in (int, float) for rate in begun.values()):
        raise ReadError(f"{shown(target)} (line {target.lineno}) is set before the loop, too")
    several = _groups(follower, optimizer)
    try:
        made, loops, stride, guards = function_of(follower, target, value, frame, scopes, late=late)
    except LackingError as error:
        rate = late and {None} - begun.keys() and _lacks_first(follower, optimizer, several)
        raise LackingError("the rate", error.leaves, rate=True) if rate else error from None
    if place is not None and place >= several:
        raise again
    if place is None and several > 1 and isinstance(target.value, ast.Subscript):
        raise _one_of(target, several)
    part = Part(target, made, loops, follower.loops.conditions(), stride)
    if any(not part.same(one) for one in kept):
        raise again
    if kept:
        return
    if any(not part.beside(one) for one in parts.values()):
        raise again
    parts[place] = part
    if place is not None and len(parts) < several:
        follower.unwritten = _one_of(target, several)  # as long as nothing sets the others
        return
    found = [made] * several if place is None else [parts[each].made for each in range(several)]
    follower.unwritten = None
    if late or any(FIRST in names_of(ast.parse(one.source)) for one in found):
        firsts = _first_of_each(follower, optimizer, several, begun)
        found = [_begun(first, one) for first, one in zip(firsts, found, strict=True)]
        found = [_after(*each) for each in zip(firsts, found, strict=True)] if late else found
    if all(one == found[0] for one in found):
        found = found[:1] * several
    schedule = schedule_of(follower, target, follower.of_function(found, optimizer))
    schedule.optimizer, schedule.stride, schedule.late = optimizer, stride, late
    if loops is not None:
        follower.loops.events.append(Event("step", schedule, target, loops, guards, LAST))
        follower.loops.happens("write", schedule, target)


def _first_of_each(
    follower: Interpreter, optimizer: Any, several: int, begun: dict[int | None, Any]
) -> list[Any]:
    """Return the rate of each group before the loop sets one."""
    needed = {None} - begun.keys()
    firsts = first_rates(follower, optimizer, several) if needed else [0] * several
    return [begun.get(i, begun.get(None, rate)) for i, rate in enumerate(firsts)]


def told(follower: Interpreter, schedule: Schedule, node: ast.Call, frame: Frame) -> None:
    """Take notice of a step that a scheduler is told: what it computes then is set by hand.

    Raises:
        ReadError: it steps elsewhere, too, or which step it is told is not followed.

    """
    call = schedule.call
    text = f"the loop calls {shown(node)}, and a step to a given place is not followed"
    refused = ReadError(text, hint="paste it without the loop where it calls step()")
    if schedule.stepped is node or call is None:
        return
    places = [*node.args, *(keyword.value for keyword in node.keywords)]
    given = call.returned
    made = [given.told(group) for group in range(given.groups)] if places else []
    if schedule.stepped or None in made or not made or follower.turns is not None:
        raise refused
    loops = over_turns(follower)
    late = follower.loops.trained(schedule.optimizer, loops)
    found, whole, stride = [], None, None
    guards: tuple[Guard, ...] = ()
    for each in filter(None, made):
        value: Any = _Told(each.variable, places[0]).visit(ast.parse(each.source, mode="eval"))
        one, whole, stride, guards = function_of(
            follower, node, value.body, frame, follower.scopes, late=late
        )
        found.append(one)
    unset = any(FIRST in names_of(ast.parse(one.source)) for one in found)
    if whole is None or stride is not None or guards or unset:
        raise refused
    if late:
        firsts = next(iter(given.native(1)))[:, 0].tolist()
        found = [_after(first, one) for first, one in zip(firsts, found, strict=True)]
    if all(one == found[0] for one in found):
        found = found[:1] * len(found)
    schedule.call = follower.of_function(found, schedule.optimizer)
    schedule.stepped, schedule.late = node, late
    follower.loops.events.append(Event("step", schedule, node, whole, (), LAST))
    follower.loops.happens("write", schedule, node)
    name = given.card.name.rpartition(".")[2]
    said = f"{shown(node)} (line {node.lineno}) sets the rate that {name} has for that step"
    follower.assumed[f"{said}: here it is a factor of 1.0"] = None


def _lacks_first(follower: Interpreter, optimizer: Any, several: int) -> bool:
    """Whether the rates that an optimizer is built with have to be said beside the text."""
    try:
        first_rates(follower, optimizer, several)
    except LackingError:
        return False
    except MissingRateError:
        return True
    return False


class _Told(ast.NodeTransformer):
    """Puts the step that is told in place of the one that a formula is of."""

    def __init__(self, variable: str, place: ast.expr) -> None:
        self.variable, self.place = variable, place

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return copy.deepcopy(self.place) if node.id == self.variable else node


def first_rates(follower: Interpreter, optimizer: Any, several: int) -> list[float]:
    """Return the rates that an optimizer is built with, as nothing else sets them.

    Raises:
        MissingRateError: the text does not say them.

    """
    rates: list[Any] = [None] * several
    if isinstance(optimizer, Built) and optimizer.handed and follower.lr is None:
        raise MissingRateError(optimizer.handed, hint=GIVEN)
    if isinstance(optimizer, Built) and follower.lr is None:
        fresh = replace(optimizer, groups=None, lost="", used=False)
        follower.open(fresh)
        rates = [group["lr"] for group in fresh.groups or []] or rates
    elif follower.lr is not None:
        follower.beside_used = True
        rates = follower.lr if isinstance(follower.lr, list) else [follower.lr] * several
    missing = [leaf for rate in rates if isinstance(rate, Unknown) for leaf in rate.leaves()]
    if missing:
        follower.lack("the rate", missing)
    if len(rates) != several or not all(type(rate) in (int, float) for rate in rates):
        raise MissingRateError("the first rate is the optimizer's, and the text does not say it",
                               hint=GIVEN)  # fmt: skip
    return rates


def _begun(first: float, made: Expression) -> Expression:
    """Return a rate with the first one in its place."""
    given = {FIRST: ast.parse(written_out(first), mode="eval").body}
    return replace(made, source=ast.unparse(Placing(given).visit(ast.parse(made.source))))


def _after(first: float, made: Expression) -> Expression:
    """Return a rate that is set at the end of each turn: in the first it is what it was before."""
    before = ast.BinOp(turn_name(), ast.Sub(), ast.Constant(1))
    source = ast.unparse(ast.fix_missing_locations(placed(made.source, before)))
    return Expression(TURN, f"{written_out(first)} if {TURN} < 1 else {source}")


class Part(msgspec.Struct, frozen=True):
    """What is written into one parameter group, or into all of them.

    Args:
        target: where it is written.
        made: the rate.
        loops: the loops whose turns it is a function of.
        conditions: what has to hold.
        stride: that it is written in each so-manieth turn, where it is not in all of them.

    """

    target: ast.Subscript
    made: Expression
    loops: tuple[Loop, ...] | None
    conditions: tuple[Guard, ...]
    stride: Guard | None

    def beside(self, other: Part) -> bool:
        """Whether both are written at the same time."""
        return self.loops == other.loops and alike(self.conditions, other.conditions)

    def same(self, other: Part) -> bool:
        """Whether they are one that is met again."""
        return self.made == other.made and self.beside(other)


def lacking(follower: Interpreter, target: ast.Subscript) -> None:
    """Take notice of a schedule that lacks something, so that its loop is asked for, too."""
    schedule = Schedule(None, target)
    follower.found.lacking.append(schedule)
    loops = tuple(over_turns(follower))
    if loops:
        follower.loops.events.append(Event("step", schedule, target, loops, (), LAST))


def _one_of(target: ast.Subscript, several: int) -> ReadError:
    text = f"{shown(target)} (line {target.lineno}) sets the rate of one of {several} groups"
    return ReadError(text, hint="paste what sets the others, too, as one loop over them")


def key_of(test: ast.expr) -> tuple[str, str] | None:
    """Return the key and the name of the group that a condition is about; none if it is none.

    ``"lr_scale" in group`` is about a key of ``group``.
    """
    match test:
        case ast.Compare(
            left=ast.Constant(value=str(key)), ops=[ast.In() | ast.NotIn()],
            comparators=[ast.Name(id=name)],
        ):  # fmt: skip
            return key, name
        case ast.BoolOp(op=ast.And(), values=[first, second]) if (found := key_of(first)) and (
            ast.unparse(second) == f"{found[1]}[{found[0]!r}]"
        ):  # and it is not false
            return found
    return None


def _group_of(node: ast.AST) -> int | None:
    """Return which group of an optimizer an expression is, where it says so."""
    match node:
        case ast.Subscript(ast.Attribute(attr="param_groups"), ast.Constant(int(index))):
            return index
    return None


def _groups(follower: Interpreter, optimizer: Any) -> int:
    """Return how many parameter groups an optimizer has, as far as that is known."""
    if not isinstance(optimizer, Built):
        nodes = (node for statement in follower.whole for node in ast.walk(statement))
        return 1 + max(filter(None, map(_group_of, nodes)), default=0)
    if optimizer.groups is not None:
        return len(optimizer.groups)
    entries = entries_of(optimizer.named.get("params", next(iter(optimizer.given), None)))
    return len(entries or [{}])


def check(follower: Interpreter, schedule: Schedule, text: Sequence[ast.AST]) -> None:
    """Refuse a schedule that is set by hand where the text sets the rate elsewhere, too.

    Raises:
        ReadError: it does, and nobody knows when.

    """
    if not isinstance(schedule.node, ast.Subscript):
        return
    _check_tallies(follower)
    _check_ends(follower)
    nodes = [*_run(follower, text)]
    _check_keys(follower, nodes)
    several = {id(each.optimizer) for each in follower.found.built
               if isinstance(each.optimizer, Built)}  # fmt: skip
    several = {id(schedule.optimizer), *(several if id(schedule.optimizer) in several else ())}
    written_to = [follower.written_rates.get(each, {}).values() for each in several]
    own = {id(part.target) for parts in written_to for part in parts}
    own |= {id(schedule.node), *follower.set_beside}
    for error in (follower.unread[place] for place in own & follower.unread.keys()):
        raise error
    own |= {place for place, plain in follower.plain_stores.items() if plain}
    keys = {key for key, _ in follower.keyed.values()}
    groups: set[str] = set()
    for _ in range(2):  # a name may be given another's value
        for node in nodes:
            match node:
                case (
                    ast.For(target=target, iter=source)
                    | ast.comprehension(target=target, iter=source)
                ):
                    groups |= names_of(target) if _of_groups(source, groups) else set()
                case ast.Call(args=given) if any(_of_groups(each, groups) for each in given):
                    inner = [each.args.args for each in given if isinstance(each, ast.Lambda)]
                    groups |= {each.arg for arguments in inner for each in arguments}
                case ast.Assign(targets=targets, value=source) if _of_groups(source, groups):
                    groups |= {t.id for t in targets if isinstance(t, ast.Name)}
    for node in nodes:
        changed = False
        match node:
            case ast.Subscript(value=base, slice=key, ctx=ast.Store()):
                open_ = not isinstance(key, ast.Constant) and _of_groups(base, groups)
                asked = isinstance(key, ast.Constant) and key.value in keys
                changed = is_rate(node) or ((open_ or asked) and _of_groups(base, groups))
            case ast.Call(func=ast.Attribute(value=base, attr=name)):
                changed = name not in HARMLESS and _of_groups(base, groups)
            case ast.Call(func=ast.Name(id=name)):
                changed = name in groups
        if changed and id(node) not in own:
            line = getattr(node, "lineno", 0)
            said = f"{shown(node)} (line {line}) sets the rate as well, and is not followed"
            raise ReadError(said, hint="paste only what sets the rate")


def _check_ends(follower: Interpreter) -> None:
    """Refuse a rate by how many turns an inner loop takes that may end before."""
    for event in follower.loops.events:
        if event.kind != "end" or event.of[0] not in follower.rests_on:
            continue
        if event.of[1] not in counters(event.loops[0].node):  # which ends the outer loops, too
            text = f"{shown(event.node)} (line {getattr(event.node, 'lineno', 0)}) may end the loop"
            raise ReadError(f"{text} whose turns the rate is of", hint="paste it without that")


def _check_keys(follower: Interpreter, nodes: Sequence[ast.AST]) -> None:
    """Refuse a rate that may be made of another item of a group, which the loop sets."""
    for node in () if follower.by_turns else nodes:
        match node:
            case ast.Subscript(slice=ast.Constant(value=key), ctx=ast.Load()):
                pass
            case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=key), *_]):
                pass
            case _:
                continue
        if key in follower.keys_set and key != "lr":
            text = f"{shown(node)} (line {getattr(node, 'lineno', 0)}) may be another each time"
            raise ReadError(text, hint="paste only what sets the rate")


def _check_tallies(follower: Interpreter) -> None:
    """Refuse a rate by what is counted otherwise than it was taken to be."""
    updates = [e for e in follower.loops.events if e.kind == "update"]
    for tally, loops, guards, where in follower.counting:
        adds = [e for e in follower.loops.events if e.kind == "adds" and e.of is tally]
        once = (
            len(adds) == 1
            and besides_groups(adds[0].loops) == loops
            and alike(adds[0].guards, guards)
        )
        if not once or (guards and not all(alike(e.guards, guards) for e in updates)):
            text = f"{where} depends on what {shown(tally.node)} counts, which is not followed"
            raise ReadError(text, hint="paste only what sets the rate")


def _run(follower: Interpreter, text: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """Visit what runs of a text: functions that nothing calls are left out."""
    waiting, loops = list(text), bool(follower.loops.events)
    while waiting:
        node = waiting.pop()
        function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if function and id(node) not in follower.run_:
            continue
        yield node
        _, ways = follower.keyed.get(id(node), ("", set()))
        ways = ways if loops and not follower.by_turns else follower.went.get(id(node), ways)
        if isinstance(node, ast.If) and len(ways) == 1:  # a group has a key or has it not
            waiting += node.body if True in ways else node.orelse
        else:
            waiting += ast.iter_child_nodes(node)


def _of_groups(node: ast.AST, names: set[str]) -> bool:
    """Whether an expression is made of parameter groups, which go by some names, too."""
    if isinstance(node, ast.Lambda):  # whose arguments are its own
        names = names - {each.arg for each in node.args.args}
    own = getattr(node, "attr", "") == "param_groups" or getattr(node, "id", "") in names
    return own or any(_of_groups(each, names) for each in ast.iter_child_nodes(node))


def is_rate(target: ast.AST) -> bool:
    """Whether something is the rate of a parameter group, by its name."""
    return isinstance(target, ast.Subscript) and (
        isinstance(target.slice, ast.Constant) and target.slice.value == "lr"
    )


def schedule_of(follower: Interpreter, node: ast.AST, call: Call) -> Schedule:
    """Return the schedule of a call whose rate is set by hand."""
    schedule = Schedule(call, node, label=getattr(node, "name", ""))
    follower.found.built.append(schedule)
    follower.last = schedule
    follower.assumed["the rate is set by hand: here it is a factor of 1.0"] = None
    return schedule


def owner(follower: Interpreter, node: ast.expr, frame: Frame) -> tuple[Any, int | None]:
    """Return the optimizer that a parameter group is of, and which it is: none for all."""
    value = follower.value(node, frame)
    if isinstance(value, Group):
        groups: list[Any] = value.owner.groups or []
        return value.owner, next((i for i, group in enumerate(groups) if group is value), None)
    match node:
        case ast.Subscript(value=ast.Attribute(value=base, attr="param_groups"), slice=index):
            at = getattr(index, "value", None)
            return follower.value(base, frame), at if type(at) is int else None
        case ast.Name(id=name):
            for loop in reversed(follower.loops.stack):
                match goes_through(loop.node):
                    case [ast.Name(id=own), ast.Attribute(value=base, attr="param_groups")] if (
                        own == name
                    ):
                        if any(isinstance(n, LEAVING) for n in ast.walk(loop.node)):
                            text = f"{shown(loop.node)} may leave out some of the groups"
                            raise ReadError(text, hint="paste only what sets the rate")
                        return follower.value(base, frame), None
    return None, None


def is_group(follower: Interpreter, node: ast.expr, frame: Frame) -> bool:
    """Whether something is a parameter group of an optimizer."""
    return owner(follower, node, frame)[0] is not None
