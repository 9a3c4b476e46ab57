"""Functions that nothing of the text calls: what they build, write or return is the schedule."""

from __future__ import annotations

import ast
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from isorate.reading import by_hand, functions, subclasses, terms
from isorate.reading.arguments import parameters
from isorate.reading.arrays import Array
from isorate.reading.calls import at_line
from isorate.reading.endings import Fork, Raising, Returning, Unfollowable
from isorate.reading.expressions import is_typed
from isorate.reading.frames import Frame
from isorate.reading.loops import Scope, Supposed
from isorate.reading.mentions import mentions
from isorate.reading.values import (
    MISSING,
    UNRATED,
    Bound,
    Built,
    Class,
    Function,
    Group,
    Groups,
    Instance,
    Schedule,
    Unknown,
    reached,
    unknown_in,
)
from isorate.schedule.errors import ReadError
from isorate.schedule.syntax import dotted, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from isorate.reading.interpreter import Interpreter

#: What functions are called that return a rate, or all of them.
RATE: Final = re.compile(
    r"(^|_)(lr|rate)s?($|_)|lr_|learning_?rate|sched|anneal|decay|cosine|warm", re.IGNORECASE
)
#: What a rate is called that is the same each time, and not the one before.
FIRST: Final = re.compile(r"(^|_)(init(ial)?|base|first|max|peak|top)(_|$)")
#: Functions that make arrays.
MAKERS: Final = frozenset(
    ("linspace", "logspace", "arange", "concatenate", "hstack", "array", "interp", "full")
)
#: Methods that make lists longer.
LENGTHENING: Final = frozenset(("append", "extend"))
#: So often a function is followed that sets rates from what it has set before.
OFTEN: Final = 300


def functions_of(follower: Interpreter) -> None:
    """Follow the functions that make a schedule, where nothing calls them.

    Those come last that others of them call.
    """
    entries = list(_entries(follower))
    called = {name for each, *_ in entries for name in mentions(each.node).called - {each.name}}
    held = {id(v.of): v for v in follower.outermost.names.values() if type(v) is Instance}
    for function, of, instance in sorted(entries, key=lambda entry: entry[0].name in called):
        if id(function.node) not in follower.run_ | follower.ran:
            instance = instance or held.get(id(of))
            came_to(follower, function, _enter(follower, function, of, instance))
        if follower.found.built or follower.lacking:
            return
    if any(follower.sets_rates(function.node) for function, *_ in entries):
        return
    failed = _classes(follower)
    if follower.found.built or follower.lacking:
        return
    own = list(_own(follower))
    called = {name for each, _ in own for name in mentions(each.node).called - {each.name}}
    for function, of in own:
        if not RATE.search(function.name) or function.name in called or (
            id(function.node) in follower.ran
        ):  # fmt: skip
            continue
        if of is not None and subclasses.base_of(of) is not None:  # which its get_lr asks
            continue
        instance = None if of is None or function.kind == "static" else _instance(follower, of)
        makes = _collects(function.node) or _makes_functions(function.node)
        if makes and id(function.node) not in follower.run_:
            came_to(follower, function, _enter(follower, function, of, instance))
        if not (follower.found.built or follower.lacking):
            bound = function if instance is None else Bound(function, [instance])
            _returned(follower, function, bound)
        if follower.found.built or follower.lacking:
            return
    if failed is not None:
        raise failed
    for function, of in own:  # which may build what trains
        if any(map(follower.is_trainer, mentions(function.node).called)):
            kept, scopes = len(follower.frames), len(follower.scopes)
            made = _enter(follower, function, of)
            names = follower.frames[kept].names if len(follower.frames) > kept else {}
            objects = {id(each): each for each in (*names.values(), made)}
            del follower.frames[kept:], follower.scopes[scopes:]
            for inner, whose, instance in _trained(follower, objects.values()):
                if not (follower.found.built or follower.lacking):
                    _enter(follower, inner, whose, instance)
        if follower.found.built or follower.lacking:
            return


def unrun(follower: Interpreter) -> None:
    """Follow what a trainer's objects do that nothing of the text runs, if they know what."""
    for value in list(follower.outermost.names.values()):
        inner = value.of.find("_unrun") if isinstance(value, Instance) else None
        if isinstance(inner, Function):
            node = at_line(inner.node, value.line or follower.line)
            _enter(follower, replace(inner, node=node), value.of, value)


def _classes(follower: Interpreter) -> ReadError | None:
    """Build the schedulers whose classes the text has, each with its parameters as names.

    Returned is why the first of them is not followed that is not.
    """
    failed: list[ReadError] = []
    for of in list(follower.outermost.names.values()):
        rates = of.find("get_lr") if isinstance(of, Class) else None
        if (
            not isinstance(of, Class) or not isinstance(rates, Function)
            or rates.frame.outermost is not follower.outermost
            or follower.which not in (None, of.name) or subclasses.base_of(of) is None
        ):  # fmt: skip
            continue
        start = of.find("__init__")
        first = subclasses.first_of(of)
        names, values = [first], {first: Unknown(first)}
        if isinstance(start, Function):
            names = [a.arg for a in (*start.node.args.args, *start.node.args.kwonlyargs)][1:]
            values = {**{n: Unknown(n) for n in names}, **parameters(follower, start)}
        values |= {name: follower.given.take(name) for name in names if name in follower.given}
        node = ast.Call(ast.Name(of.name), [ast.Name(name) for name in names], [])
        node.lineno = rates.node.lineno
        try:
            schedule = follower.subclass(of, [], {name: values[name] for name in names}, node)
        except ReadError as error:
            failed.append(error)
            continue
        if schedule is not None:
            schedule.label = of.name
            follower.last = schedule
    return failed[0] if failed else None


def came_to(follower: Interpreter, function: Function, value: Any) -> None:
    """Take notice of what a function has returned: rates, or a function that sets or returns it."""
    if follower.found.built or follower.lacking:
        return
    inner = value
    while isinstance(inner, Bound):
        inner = inner.function
    if isinstance(value, Array) and value.single:
        value = value.tolist()
    if isinstance(value, Array):
        rates_of(follower, f"what {function.name} returns", function.node, value)
    elif isinstance(inner, Function) and not isinstance(inner.node, ast.Lambda):
        if follower.sets_rates(inner.node):
            _enter(follower, inner, None)
        elif isinstance(value, Function | Bound):
            _returned(follower, inner, value)
    elif isinstance(value, list) and _are_rates(value):
        text = f"item k of what {function.name} returns is taken to be the rate of update k"
        follower.assumed[text] = None
        follower.last = follower.plain_list(function.node, value)
    elif (
        isinstance(value, Unknown)
        and value.condition is not None
        and (value.condition.askable and _makes_functions(function.node))
    ):  # which function it returns
        raise Fork(value.condition, builds=True)
    elif _collects(function.node) and unknown_in(value):
        leaves = [leaf for each in unknown_in(value) for leaf in each.leaves() if not leaf.why]
        asked = [*_asked(follower, function.node), *leaves]
        typed = [leaf for leaf in asked if is_typed(leaf.source)]
        if typed:
            follower.lack("the rate", typed)
        text = (
            f"the list that {function.name} (line {function.node.lineno}) returns is not followed"
        )
        follower.unwritten = follower.unwritten or ReadError(text)


def rates_of(follower: Interpreter, what: str, node: ast.AST, value: Array) -> None:
    """Take an array for the rates of updates."""
    follower.assumed[f"item k of {what} is taken to be the rate of update k"] = None
    call = follower.of_function([functions.of_array(value)])
    by_hand.schedule_of(follower, node, call).updates = len(value)


def _asked(follower: Interpreter, node: Any) -> Iterator[Unknown]:
    """Visit what a function is given that nobody knows: its parameters, or their attributes."""
    called = {id(each.func) for each in ast.walk(node) if isinstance(each, ast.Call)}
    inside = [n for n in ast.walk(node) if isinstance(n, ast.Attribute) and id(n) not in called]
    for name, value in follower.opened.get(id(node), {}).items():
        if not isinstance(value, Unknown) or value.varies or name in follower.given:
            continue
        if name not in mentions(node).used:
            continue
        own = [a for a in inside if isinstance(a.value, ast.Name) and a.value.id == name]
        sources = {ast.unparse(each): None for each in own}
        if not sources:
            yield value
        yield from (Unknown(source) for source in sources if source not in follower.given)


def _are_rates(value: list[Any]) -> bool:
    return len(value) > 1 and all(type(item) in (int, float) for item in value)


def _makes_functions(node: ast.AST) -> bool:
    """Whether a function defines others, or binds them."""
    defines = (ast.FunctionDef, ast.Lambda)
    inner = any(isinstance(each, defines) for each in ast.walk(node) if each is not node)
    return inner or "partial" in mentions(node).called


def _collects(node: ast.AST) -> bool:
    """Whether a function makes a list or an array."""
    return bool(mentions(node).called & (MAKERS | LENGTHENING)) or any(
        isinstance(each, ast.ListComp) for each in ast.walk(node)
    )


def _returned(follower: Interpreter, function: Function, bound: Any) -> Schedule | None:
    """Return the schedule of a function that returns a rate; none where it is no such.

    It may be ``bound`` to some of its arguments.
    """
    node, given, named = function.node, list[Any](), dict[str, Any]()
    while isinstance(bound, Bound):
        given, named = [*bound.given, *given], {**bound.named, **named}
        bound = bound.function
    if isinstance(node, ast.Lambda) or not any(map(_hands_out, ast.walk(node))):
        return None
    names = [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    names = [name for name in names[len(given) :] if name not in named]
    open_ = [name for name in names if name not in function.defaults]
    used = [name for name in open_ if name in mentions(node).used]
    counts = terms.counter_of(used) or terms.counter_of(names)
    partly = named or any(not isinstance(each, Instance) for each in given)
    if partly and len(open_) == 1:  # all that it is not given already
        counts = open_[0]
    if counts is None or node.args.vararg or mentions(node).yields:
        return None
    before = [n.value.id for n in ast.walk(node)
              if isinstance(n, ast.Return) and isinstance(n.value, ast.Name)]  # fmt: skip
    if len(names) == 2 and any(not FIRST.search(n) for n in {*names} - {counts} & {*before}):
        text = f"{shown(node)} may be given the rate before, or always the same"
        raise ReadError(text, hint="paste what calls it, too")
    defaults = parameters(follower, function)
    others = {name: defaults.get(name, Unknown(name)) for name in names if name != counts}
    others |= named
    made = functions.expression(follower, Bound(function, given, others), follower.longest)
    text = f"{node.name} is taken to be asked before each update, with 0, 1, 2 and so on"
    follower.assumed[text] = None
    return by_hand.schedule_of(follower, node, follower.of_function([made]))


def _hands_out(node: ast.AST) -> bool:
    return isinstance(node, ast.Return) and node.value is not None


def _own(follower: Interpreter) -> Iterator[tuple[Function, Class | None]]:
    """Visit the functions and methods of a text."""
    for value in list(follower.outermost.names.values()):
        if isinstance(value, Function) and value.frame.outermost is follower.outermost:
            yield value, None
        elif isinstance(value, Class):
            for method in value.names.values():
                own = isinstance(method, Function) and method.frame.outermost is follower.outermost
                if own and not method.name.startswith("__"):
                    yield method, value


def _entries(
    follower: Interpreter,
) -> Iterator[tuple[Function, Class | None, Instance | None]]:
    """Visit the functions that build a schedule, and what a trainer does with objects."""
    frame = follower.outermost
    values = list(frame.names.values())
    classes = [value for value in values if isinstance(value, Class)]
    trained = {id(each): each.find("_alone") for each in classes}
    functions: list[tuple[Function, Class | None]] = []
    for value in values:
        if isinstance(value, Function):
            functions.append((value, None))
        elif isinstance(value, Class) and subclasses.by_its_base(value):
            continue  # its base asks for the rates, and sets them
        elif isinstance(value, Class) and trained[id(value)] is MISSING:
            functions += [(m, value) for m in value.names.values() if isinstance(m, Function)]
    for function, of in functions:
        own = function.frame.outermost is frame and not isinstance(function.node, ast.Lambda)
        rates = own and follower.sets_rates(function.node)
        if own and (rates or follower.builds([function.node], function.frame)):
            yield function, of, None
    yield from _trained(follower, values)
    for each in classes:
        methods = [m for m in each.names.values() if isinstance(m, Function)]
        nodes = [m.node for m in methods if m.frame.outermost is frame]
        alone = trained[id(each)]
        if alone is not MISSING and nodes and follower.builds(nodes, frame):
            line = min(node.lineno for node in nodes)
            yield replace(alone, node=at_line(alone.node, line)), each, None


def _trained(
    follower: Interpreter, values: Iterable[Any]
) -> Iterator[tuple[Function, Class, Instance]]:
    """Visit what a trainer does with objects of its own: those first that hold others."""
    found = [value for value in values if isinstance(value, Instance)]
    for value in sorted(found, key=lambda each: not _held(each, found)):
        ways = [value.of.find(name) for name in ("_alone", "_built")]
        alone = next((way for way in ways if isinstance(way, Function)), None)
        if alone is not None:
            node = at_line(alone.node, value.line or follower.line)
            yield replace(alone, node=node), value.of, value


def _held(instance: Instance, others: list[Instance]) -> bool:
    """Whether an object holds another one."""
    return any(each is other for each in instance.kept.values() for other in others)


def _instance(follower: Interpreter, of: Class, but: Function | None = None) -> Instance:
    """Return an object of a class that nothing builds."""
    instance = Instance(of, "self")
    start = of.find("__init__")
    if isinstance(start, Function) and start is not but:
        _enter(follower, start, of, instance)
    return instance


def _enter(
    follower: Interpreter, function: Function, of: Class | None, instance: Instance | None = None
) -> Any:
    """Follow a function of the text that nothing calls: its parameters are names.

    A method is one of an object that is built in the same way. Returned is what it returns.
    """
    frame = Frame(follower.given, function.frame, entry=True, of=function)
    node = function.node
    assert not isinstance(node, ast.Lambda)
    names = [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    if of is not None and names and function.kind != "static":
        frame.names[names.pop(0)] = instance or _instance(follower, of, function)
    defaults = parameters(follower, function)
    frame.names |= {name: defaults.get(name, Unknown(name)) for name in names}
    frame.own = {name for name in names if name in follower.given}
    frame.names |= {name: follower.given.take(name) for name in frame.own}
    again = not follower.builds([node], function.frame)  # it is called again and again, with others
    sets = follower.sets_rates(node)
    open_ = [name for name in names if name not in defaults]
    again = again and (sets or not _collects(node))
    counts = terms.counter_of(open_, sure=not sets) if again else None
    if counts is not None:
        frame.names[counts] = Unknown(counts, varies=True)
    for extra in (node.args.vararg, node.args.kwarg):
        if extra is not None:
            frame.names[extra.arg] = Unknown(extra.arg)
    follower.run_.add(id(node))
    follower.opened[id(node)] = {name: frame.names[name] for name in names}
    follower.frames.append(frame)
    body = node.body
    if counts is not None and sets:
        follower.has_turns = True
        if follower.by_turns:
            each = "call" if follower.steps_in(node) else "update"
            text = f"{counts} is taken to be 0, 1, 2 and so on, one for each {each}, up to {OFTEN}"
            follower.assumed[text] = None
            body = _supposed(follower, function, counts, frame)
    elif sets and of is not None and not open_[function.kind != "static" :]:
        body = _stepping(follower, function, of)
        when = "after" if function.name == "step" else "before"
        if not follower.steps_in(function.node):
            follower.assumed[f"{function.name} is taken to be called {when} each update"] = None
    follower.scopes.append(Scope(body, frame))
    with suppress(Raising, Unfollowable):
        try:
            follower.body(body, frame)
        except Returning as returned:
            held = [v for v in reached([returned.value]) if isinstance(v, Schedule)]
            if follower.last is None and held:
                follower.last = held[-1]
            return returned.value
    return None


def _supposed(
    follower: Interpreter, function: Function, counts: str, frame: Frame
) -> list[ast.stmt]:
    """Return a loop that calls a function, an update each time, as often as it is followed."""
    node = function.node
    assert not isinstance(node, ast.Lambda)
    attributes = [each for each in ast.walk(node) if isinstance(each, ast.Attribute)]
    whose = (each.value for each in attributes if each.attr == "param_groups")
    held = next((base for base in whose if dotted(base)), None)
    if isinstance(held, ast.Name) and isinstance(frame.names.get(held.id), Unknown):
        frame.names[held.id] = _optimizer(follower, held)
    placed = [a.arg for a in (*node.args.posonlyargs, *node.args.args)]
    called: ast.expr = ast.Name(node.name, ast.Load())
    if isinstance(frame.names.get(placed[0] if placed else ""), Instance):
        called = ast.Attribute(ast.Name(placed.pop(0), ast.Load()), node.name, ast.Load())
    else:
        frame.names[node.name] = function
    named = [ast.keyword(a.arg, ast.Name(a.arg, ast.Load())) for a in node.args.kwonlyargs]
    body = [ast.Call(called, [ast.Name(name, ast.Load()) for name in placed], named)]
    if held is not None and not follower.steps_in(node):  # else it makes its own updates
        body.append(ast.Call(ast.Attribute(held, "step", ast.Load()), [], []))
    turns = ast.Call(ast.Name("range", ast.Load()), [ast.Constant(OFTEN)], [])
    loop = Supposed(ast.Name(counts, ast.Store()), turns, [ast.Expr(each) for each in body], [])
    return [ast.fix_missing_locations(ast.copy_location(loop, node))]


def _stepping(follower: Interpreter, function: Function, of: Class) -> list[ast.stmt]:
    """Return a loop that calls a method of an object that counts, an update each time.

    A ``step`` comes after an update, as schedulers' do, where it does not train itself.
    """
    own = ast.Name(function.node.args.args[0].arg, ast.Load())
    calls = [ast.Call(ast.Attribute(own, function.name, ast.Load()), [], [])]
    nodes = (n for m in of.names.values() if isinstance(m, Function) for n in ast.walk(m.node))
    whose = (n.value for n in nodes if isinstance(n, ast.Attribute) and n.attr == "param_groups")
    held = next((base for base in whose if (dotted(base) or "").startswith(f"{own.id}.")), None)
    if held is not None and not follower.steps_in(function.node):
        update = ast.Call(ast.Attribute(held, "step", ast.Load()), [], [])
        calls = [update, *calls] if function.name == "step" else [*calls, update]
    turns = ast.Call(ast.Name("count", ast.Load()), [], [])
    loop = Supposed(ast.Name("_", ast.Store()), turns, [ast.Expr(each) for each in calls], [])
    node = ast.copy_location(loop, function.node)
    return [ast.fix_missing_locations(node)]


def _optimizer(follower: Interpreter, node: ast.Name) -> Built:
    """Return the optimizer that a function is given, of the rates that are said beside the text."""
    found = Built(node, None, [], {}, [], label=node.id)
    rates = follower.lr if isinstance(follower.lr, list | tuple) else [follower.lr]
    lacks = Unknown(f"{node.id}.param_groups[0]['lr']", varies=True, made=(UNRATED, [], {}))
    if len(rates) == 1:
        text = f"{node.id} is taken to have one parameter group: a rate for each says of more"
        follower.assumed[text] = None
    groups = (Group({"lr": lacks if rate is None else rate}) for rate in rates)
    found.groups = Groups(groups)
    for group in found.groups:
        group.owner = found
    found.groups.owner = found
    return found
