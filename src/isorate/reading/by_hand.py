"""Rates that a loop writes into its optimizer by hand: a function of what the loop counts."""

from __future__ import annotations

import ast
import copy
import math
import re
from typing import TYPE_CHECKING, Any, Final

from isorate.reading import functions
from isorate.reading.effects import HARMLESS
from isorate.reading.loops import Event, Loop, Scope, offset
from isorate.reading.optimizers import entries_of
from isorate.reading.values import MISSING, Built, Function, Group, Schedule, Unknown
from isorate.schedule.errors import ReadError
from isorate.schedule.syntax import number_node, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from isorate.kit.call import Call
    from isorate.reading.frames import Frame
    from isorate.reading.interpreter import Interpreter
    from isorate.schedule.expression import Expression

#: What functions call the place in the run that they are given.
COUNTER: Final = re.compile(r"(^|_)(epochs?|steps?|iters?|iteration|it|t|i|idx|updates?|num)$")
#: What functions are called that return a rate.
RATE: Final = re.compile(r"(^|_)(lr|learning_rate)(_at|_schedule|_scheduler|_decay)?$|lr_schedule")
#: The name that stands for how many turns are over.
TURN: Final = "step"


def written(
    follower: Interpreter, target: ast.Subscript, value: ast.expr, frame: Frame, scopes: list[Scope]
) -> None:
    """Take notice of a rate that a loop writes into a parameter group.

    Raises:
        ReadError: it is written in several places, or cannot be followed.

    """
    optimizer = _owner(follower, target.value, frame)
    if optimizer is None or (isinstance(optimizer, Built) and optimizer.used):
        return
    before = [s for s in follower.found.built if s.optimizer is optimizer]
    made, loops = _function(follower, target, value, frame, scopes)
    several = _groups(optimizer)
    same = follower.of_function([made] * several)
    if any(s.node is target and s.call == same for s in before):
        return  # another group of the same
    if before:
        text = f"{shown(target)} (line {target.lineno}) is not the only one that sets the rate"
        raise ReadError(text, hint="paste only what sets it")
    if several > 1 and isinstance(target.value, ast.Subscript):
        text = f"{shown(target)} (line {target.lineno}) sets the rate of one of {several} groups"
        raise ReadError(text, hint="paste what sets the others, too, as one loop over them")
    schedule = _schedule(follower, target, same)
    schedule.optimizer = optimizer
    if loops is not None:
        place = 10**9  # at the end of each turn: the next one's is another
        guards = follower.loops.conditions()
        follower.loops.events.append(Event("step", schedule, target, loops, guards, place))
        follower.loops.happens("write", schedule, target)


def returned(follower: Interpreter, function: Function) -> Schedule | None:
    """Return the schedule of a function alone that returns a rate; none where it is no such."""
    node = function.node
    if isinstance(node, ast.Lambda) or not RATE.search(node.name):
        return None
    placed = [a.arg for a in (*node.args.posonlyargs, *node.args.args)]
    counters = [name for name in placed if COUNTER.search(name)]
    returns = any(isinstance(n, ast.Return) and n.value is not None for n in ast.walk(node))
    if len(counters) != 1 or not returns or placed[0] != counters[0]:
        return None
    made = functions.expression(follower, function, follower.longest)
    text = f"{node.name} is taken to be asked before each update, with 0, 1, 2 and so on"
    follower.assumed[text] = None
    return _schedule(follower, node, follower.of_function([made]))


def _groups(optimizer: Any) -> int:
    """Return how many parameter groups an optimizer has, as far as that is known."""
    if not isinstance(optimizer, Built):
        return 1
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
    nodes = [*_run(follower, text)]
    groups: set[str] = set()
    for _ in range(2):  # a name may be given another's value
        for node in nodes:
            match node:
                case (
                    ast.For(target=target, iter=source)
                    | ast.comprehension(target=target, iter=source)
                ):
                    groups |= _names(target) if _of_groups(source, groups) else set()
                case ast.Assign(targets=targets, value=source) if _of_groups(source, groups):
                    groups |= {t.id for t in targets if isinstance(t, ast.Name)}
    for node in nodes:
        changed = False
        match node:
            case ast.Subscript(value=base, slice=key, ctx=ast.Store()):
                open_ = not isinstance(key, ast.Constant) and _of_groups(base, groups)
                changed = is_rate(node) or open_
            case ast.Call(func=ast.Attribute(value=base, attr=name)):
                changed = name not in HARMLESS and _of_groups(base, groups)
        if changed and node is not schedule.node:
            line = getattr(node, "lineno", 0)
            said = f"{shown(node)} (line {line}) sets the rate as well, and is not followed"
            raise ReadError(said, hint="paste only what sets the rate")


def _run(follower: Interpreter, text: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """Visit what runs of a text: functions that nothing calls are left out."""
    waiting = list(text)
    while waiting:
        node = waiting.pop()
        function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if not function or id(node) in follower.run_:
            yield node
            waiting += ast.iter_child_nodes(node)


def _of_groups(node: ast.AST, names: set[str]) -> bool:
    """Whether an expression is made of parameter groups, which go by some names, too."""
    return any(
        getattr(part, "attr", "") == "param_groups" or getattr(part, "id", "") in names
        for part in ast.walk(node)
    )


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def is_rate(target: ast.AST) -> bool:
    """Whether something is the rate of a parameter group, by its name."""
    return isinstance(target, ast.Subscript) and (
        isinstance(target.slice, ast.Constant) and target.slice.value == "lr"
    )


def _schedule(follower: Interpreter, node: ast.AST, call: Call) -> Schedule:
    """Return the schedule of a call whose rate is set by hand."""
    schedule = Schedule(call, node, label=getattr(node, "name", ""))
    follower.found.built.append(schedule)
    follower.last = schedule
    follower.assumed["the rate is set by hand: here it is a factor of 1.0"] = None
    return schedule


def _owner(follower: Interpreter, node: ast.expr, frame: Frame) -> Any:
    """Return the optimizer that a parameter group is of."""
    value = follower.value(node, frame)
    if isinstance(value, Group):
        return value.owner
    match node:
        case ast.Subscript(value=ast.Attribute(value=base, attr="param_groups")):
            return follower.value(base, frame)
        case ast.Name(id=name):
            for loop in reversed(follower.loops.stack):
                match loop.node:
                    case ast.For(
                        target=ast.Name(id=own),
                        iter=ast.Attribute(value=base, attr="param_groups"),
                    ) if own == name:
                        return follower.value(base, frame)
    return None


def is_over_groups(loop: Loop) -> bool:
    """Whether a loop goes through an optimizer's parameter groups."""
    found = loop.node.iter if isinstance(loop.node, ast.For) else None
    return isinstance(found, ast.Attribute) and found.attr == "param_groups"


# --- the function ---------------------------------------------------------------------------------


def _function(
    follower: Interpreter, target: ast.Subscript, value: ast.expr, frame: Frame,
    scopes: list[Scope],
) -> tuple[Expression, tuple[Loop, ...] | None]:  # fmt: skip
    """Return a rate as an expression of the turns that are over, and the loops they are of."""
    own = [scope for scope in scopes if scope.frame is frame]
    inside = [scope for scope in own if scope.loop is not None and not is_over_groups(scope.loop)]
    own = own[own.index(inside[0]) :] if inside else own  # what comes before a loop is known
    statements, free = _slice(own, target, value)
    counters = dict(_counters(follower, sorted(free), frame))
    loops = [loop for loop in follower.loops.stack if not is_over_groups(loop)]
    name = f"line {target.lineno}"
    varying = [n for n in sorted(free) if n not in counters and _varies(frame.get(n))]
    if not loops:
        named = [n for n in sorted(free) if COUNTER.search(n) and _is_open(frame.get(n))]
        if len(named) != 1 or counters:
            raise ReadError(f"{shown(target)} ({name}) is no function of one count")
        text = f"{named[0]} is taken to be 0, 1, 2 and so on, one for each update"
        follower.assumed[text] = None
        return _computed(follower, statements, value, frame, {named[0]: _turn()}), None
    if varying:
        text = f"{shown(target)} ({name}) is no function of what the loop counts"
        raise ReadError(f"{text}: {', '.join(varying)} is another each time")
    deepest = max((loops.index(c[0]) for c in counters.values() if c[0]), default=0)
    if any(loop is None for loop, _ in counters.values()):
        deepest = len(loops) - 1
    whole = tuple(loops[: deepest + 1])
    put = {n: _place(loop, start, whole, target) for n, (loop, start) in counters.items()}
    return _computed(follower, statements, value, frame, put), whole


def _slice(
    scopes: list[Scope], target: ast.AST, value: ast.expr
) -> tuple[list[ast.stmt], set[str]]:
    """Return the statements that a value depends on, and the names that they take from before."""
    before: list[ast.stmt] = []
    for scope in scopes:
        inside = next((i for i, s in enumerate(scope.statements) if _within(target, s)), None)
        if inside is not None:
            before += scope.statements[:inside]
            outer: ast.AST = scope.statements[inside]
            while isinstance(outer, ast.If | ast.With | ast.Try | ast.For):
                body = [*outer.body, *getattr(outer, "orelse", [])]
                at = next(i for i, s in enumerate(body) if _within(target, s))
                before += outer.body[:at] if at < len(outer.body) else []
                outer = body[at]
    needed = _names(value)
    kept: list[ast.stmt] = []
    for statement in reversed(before):
        names = [n for n in ast.walk(statement) if isinstance(n, ast.Name)]
        stored = {n.id for n in names if not isinstance(n.ctx, ast.Load)}
        if stored & needed and not isinstance(statement, ast.FunctionDef):
            kept.append(statement)
            sure = isinstance(statement, ast.Assign | ast.AnnAssign)
            needed -= stored if sure else set()
            needed |= {n.id for n in names if isinstance(n.ctx, ast.Load)}
            needed |= stored if isinstance(statement, ast.AugAssign) else set()
    return kept[::-1], needed


def _within(inner: ast.AST, outer: ast.AST) -> bool:
    return any(node is inner for node in ast.walk(outer))


def _counters(
    follower: Interpreter, names: list[str], frame: Frame
) -> Iterator[tuple[str, tuple[Loop | None, int]]]:
    """Visit the names that count turns: of which loop, none for all, and what the first one is."""
    for name in names:
        value = frame.get(name)
        if not _varies(value):
            continue
        try:
            found = offset(ast.parse(value.source, mode="eval").body)
        except (SyntaxError, ValueError):
            continue
        for loop in reversed(follower.loops.stack):
            if found is None:
                break
            counted, more = found
            if loop.turn.get(counted) is not next(value.leaves()):
                continue
            if counted in loop.counters:
                yield name, (loop, loop.counters[counted] + more)
            elif counted in loop.before:
                yield name, (None, loop.before[counted] + more)
            break


def _place(loop: Loop | None, start: int, loops: Sequence[Loop], target: ast.AST) -> ast.expr:
    """Return what a counter is, by the turns of the innermost loop that are over."""
    found = _turn()
    if loop is not None:
        place = loops.index(loop)
        inner = [each.turns for each in loops[place + 1 :]]
        if not all(isinstance(turns, int) for turns in inner) or (
            place > 0 and not isinstance(loop.turns, int)
        ):
            raise ReadError(f"{shown(target)} (line {getattr(target, 'lineno', 0)}) depends on how "
                            "many turns the inner loop takes", hint="give the length of what it "
                            'goes through: --set "len(loader)=391"')  # fmt: skip
        each = math.prod(turns for turns in inner if isinstance(turns, int))
        if inner and each != 1:
            found = ast.BinOp(found, ast.FloorDiv(), ast.Constant(each))
        if place > 0:
            found = ast.BinOp(found, ast.Mod(), ast.Constant(int(loop.turns)))  # type: ignore[arg-type]
    return found if not start else ast.BinOp(found, ast.Add(), ast.Constant(start))


def _turn() -> ast.expr:
    return ast.Name(TURN, ast.Load())


def _computed(
    follower: Interpreter, statements: list[ast.stmt], value: ast.expr, frame: Frame,
    put: dict[str, ast.expr],
) -> Expression:  # fmt: skip
    """Return what some statements compute, names being worth so much before them."""
    used = {name for part in (*statements, value) for name in _names(part)}
    for name in sorted(used - put.keys()):
        known = frame.get(name)
        if isinstance(known, int | float):  # and no list that might be changed in place
            put = put | {name: number_node(known)}
    first = [ast.Assign([ast.Name(name, ast.Store())], found) for name, found in put.items()]
    body = [*first, *copy.deepcopy(statements), ast.Return(copy.deepcopy(value))]
    return functions.of_statements(follower, "the rate", TURN, body, frame)


def _varies(value: Any) -> bool:
    return isinstance(value, Unknown) and not value.askable


def _is_open(value: Any) -> bool:
    return value is MISSING or isinstance(value, Unknown)
