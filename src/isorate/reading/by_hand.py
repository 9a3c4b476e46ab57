"""Rates that a loop writes into its optimizer by hand: a function of what the loop counts."""

from __future__ import annotations

import ast
import copy
import math
import re
from typing import TYPE_CHECKING, Any, Final

from isorate.reading import functions
from isorate.reading.effects import HARMLESS
from isorate.reading.loops import Event, Loop, Scope, offset, stored
from isorate.reading.optimizers import entries_of
from isorate.reading.values import MISSING, Built, Function, Group, Schedule, Unknown
from isorate.schedule.errors import ReadError
from isorate.schedule.syntax import dotted, number_node, shown

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
    again = ReadError(
        f"{shown(target)} (line {target.lineno}) is not the only one that sets the rate",
        hint="paste only what sets it",
    )
    if any(s.node is not target for s in before):
        raise again
    made, loops = _function(follower, target, value, frame, scopes)
    several = _groups(optimizer)
    same = follower.of_function([made] * several)
    if any(s.node is target and s.call == same for s in before):
        return  # another group of the same
    if before:
        raise again
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
    statements, before = _slice(own, target, value, frame)
    around = [*own, *(scope for scope in scopes if scope.loop is not None)]
    set_ = {n for s in around for each in s.statements for n in stored(each) if "." in n}
    _check_not_set(set_ | follower.set_by_functions(), statements, value)
    loops = [loop for loop in follower.loops.stack if not is_over_groups(loop)]
    where = f"{shown(target)} (line {target.lineno})"
    if not loops:
        named = [n for n, v in sorted(before.items()) if COUNTER.search(n) and _is_open(v)]
        if len(named) != 1:
            raise ReadError(f"{where} is no function of one count")
        text = f"{named[0]} is taken to be 0, 1, 2 and so on, one for each update"
        follower.assumed[text] = None
        put = {named[0]: _turn()} | _numbers(before)
        return _computed(follower, statements, value, frame, put), None
    if follower.loops.conditions():
        raise ReadError(f"{where} is set where a condition holds that is not followed")
    counters = {name: _counter(follower, found) for name, found in before.items()}
    varying = [n for n, found in before.items() if counters[n] is None and not _stays(found)]
    if varying:
        names = ", ".join(sorted(varying))
        raise ReadError(f"{where} is no function of what the loop counts: {names} is another "
                        "each time")  # fmt: skip
    known = {name: found for name, found in counters.items() if found is not None}
    deepest = max((loops.index(loop) for loop, _ in known.values()), default=0)
    whole = tuple(loops[: deepest + 1])
    put = {name: _place(loop, start, whole, target) for name, (loop, start) in known.items()}
    return _computed(follower, statements, value, frame, _numbers(before) | put), whole


def _slice(
    scopes: list[Scope], target: ast.AST, value: ast.expr, frame: Frame
) -> tuple[list[ast.stmt], dict[str, Any]]:
    """Return the statements that a value depends on, and what the names are that they begin with.

    What a loop changes is at the beginning of a turn what the turn before has left.
    """
    kept: list[ast.stmt] = []
    needed, before = _names(value), dict[str, Any]()
    for scope in reversed(scopes):
        for statement in reversed(_ahead(scope, target)):
            if not (needed & {*stored(statement)}) or isinstance(statement, ast.FunctionDef):
                continue
            kept.insert(0, statement)
            if isinstance(statement, ast.Assign | ast.AnnAssign):
                needed -= {*stored(statement)}
            needed |= _names(statement) if isinstance(statement, ast.AugAssign) else {
                n.id for n in ast.walk(statement)
                if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
            }  # fmt: skip
        if needed & before.keys():
            name = min(needed & before.keys())
            raise ReadError(f"{name} is set in a loop and in a loop of that, which is not followed")
        changed = needed & {*stored(scope.loop.node)} if scope.loop is not None else set()
        if scope is scopes[0]:
            changed = set(needed)
        needed -= changed
        before |= {name: scope.start.get(name, MISSING) for name in changed}
    for name, found in before.items():
        before[name] = frame.get(name) if found is MISSING else found
    return kept, before


def _check_not_set(others: set[str], statements: list[ast.stmt], value: ast.expr) -> None:
    """Refuse a rate that depends on what is set besides: attributes, and names by functions."""
    for part in (part for each in (*statements, value) for part in ast.walk(each)):
        if isinstance(part, ast.Name | ast.Attribute) and dotted(part) in others:
            text = f"the rate depends on {dotted(part)}, which is another each time"
            raise ReadError(text, hint="paste only what sets the rate")


def _ahead(scope: Scope, target: ast.AST) -> list[ast.stmt]:
    """Return the statements of a body that come before something in it."""
    found: list[ast.stmt] = []
    body = list(scope.statements)
    while body:
        at = next((i for i, s in enumerate(body) if _within(target, s)), None)
        if at is None:
            break
        found += body[:at]
        inner: Any = body[at]
        if isinstance(inner, ast.If):
            body = list(inner.body if any(_within(target, s) for s in inner.body) else inner.orelse)
        else:
            body = list(inner.body) if isinstance(inner, ast.With | ast.Try | ast.For) else []
    return found


def _within(inner: ast.AST, outer: ast.AST) -> bool:
    return any(node is inner for node in ast.walk(outer))


def _counter(follower: Interpreter, value: Any) -> tuple[Loop, int] | None:
    """Return the loop whose turns a value counts, and what it is in the first of them."""
    if _stays(value):
        return None
    try:
        found = offset(ast.parse(value.source, mode="eval").body)
    except (SyntaxError, ValueError):
        return None
    leaf = next(value.leaves())
    if found is None:
        return None
    counted, more = found
    for loop in reversed(follower.loops.stack):
        if loop.turn.get(counted) is leaf:
            first = loop.counters.get(counted)
            if first is None and counted in loop.each:
                first = loop.before[counted]
            return None if first is None else (loop, first + more)
    return None


def _place(loop: Loop, start: int, loops: Sequence[Loop], target: ast.AST) -> ast.expr:
    """Return what a counter is, by the turns of the innermost loop that are over."""
    found = _turn()
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
    first = [ast.Assign([ast.Name(name, ast.Store())], found) for name, found in put.items()]
    body = [*first, *copy.deepcopy(statements), ast.Return(copy.deepcopy(value))]
    return functions.of_statements(follower, "the rate", TURN, body, frame)


def _numbers(values: dict[str, Any]) -> dict[str, ast.expr]:
    """Return the numbers among values, written out: no lists that might be changed in place."""
    return {n: number_node(v) for n, v in values.items() if isinstance(v, int | float)}


def _stays(value: Any) -> bool:
    """Whether a value is the same in each turn."""
    return not isinstance(value, Unknown) or value.askable


def _is_open(value: Any) -> bool:
    return value is MISSING or isinstance(value, Unknown)
