"""What parts of a text mention, worked out once for each of them, however often it is asked."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, Final

import msgspec

from isorate.reading.effects import Effects, binds, running
from isorate.schedule.syntax import children, dotted, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


#: What statements are in that are in a statement.
BLOCKS: Final = ("body", "orelse", "finalbody", "handlers", "cases")


class Mentions(msgspec.Struct, frozen=True):
    """The last parts of names in a statement, functions that it defines included.

    Args:
        used: of those that it uses.
        called: of those that it calls.
        elsewhere: names that it declares to be another frame's.
        steps: whether something is stepped in it, or trained.
        yields: whether it hands out values one by one.
        rates: whether it writes a rate into a parameter group.
        loops: the loops in it.

    """

    used: frozenset[str]
    called: frozenset[str]
    elsewhere: frozenset[str]
    steps: bool
    yields: bool
    rates: bool
    loops: frozenset[ast.AST]


def once(node: ast.AST, kind: str, work: Callable[[], Any]) -> Any:
    """Return what was worked out for a node before, or is now."""
    kept = node.__dict__.get(kind)
    if kept is None:
        kept = work()
        setattr(node, kind, kept)
    return kept


def forget(node: ast.AST) -> None:
    """Let what was worked out for a node be worked out anew, as it is changed."""
    for part in walk(node):
        for kind in [key for key in part.__dict__ if key.startswith("_")]:
            del part.__dict__[kind]


def mentions(node: ast.AST) -> Mentions:
    """Return what a statement mentions."""
    found: Mentions = once(node, "_mentions", lambda: _mentions(node))
    return found


def apart(node: ast.AST) -> tuple[list[ast.AST], list[ast.AST]]:
    """Return what is in a statement besides other statements, and those."""
    kinds = ast.stmt, ast.ExceptHandler, ast.match_case
    blocks = BLOCKS if isinstance(node, kinds) else ()
    inner = [each for part in blocks for each in getattr(node, part, ())]
    if not inner:
        return [*walk(node)], inner
    held = set(map(id, inner))
    own = (each for part in children(node) if id(part) not in held for each in walk(part))
    return [node, *own], inner


def _mentions(node: ast.AST) -> Mentions:
    parts, inner = apart(node)
    within = list(map(mentions, inner))
    used = {name for each in within for name in each.used}
    called = {name for each in within for name in each.called}
    elsewhere = {name for each in within for name in each.elsewhere}
    loops: set[ast.AST] = {loop for each in within for loop in each.loops}
    steps, yields, rates = (
        any(getattr(each, what) for each in within) for what in ("steps", "yields", "rates")
    )
    for each in parts:
        match each:
            case ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name, ctx=ast.Load()):
                used.add(name)
            case ast.Call(func=func):
                called.add(getattr(func, "attr", "") or getattr(func, "id", ""))
                steps = steps or (
                    isinstance(func, ast.Attribute)
                    and func.attr in ("step", "step_update", "backward")
                )
            case ast.Assign(value=ast.Attribute(attr="step")):  # which may be called by that name
                steps = True
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                elsewhere |= set(names)
            case ast.For() | ast.AsyncFor() | ast.While():
                loops.add(each)
            case ast.Yield() | ast.YieldFrom():
                yields = True
            case ast.Subscript(slice=ast.Constant(value="lr"), ctx=ast.Store()):
                rates = True
    found = frozenset(used), frozenset(called), frozenset(elsewhere)
    return Mentions(*found, steps, yields, rates, frozenset(loops))


def defaults_of(arguments: ast.arguments) -> dict[str, ast.expr]:
    """Return the defaults of a function's arguments, by their names."""
    placed = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
    last = placed[len(placed) - len(arguments.defaults) :]
    named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return {
        **dict(zip(last, arguments.defaults, strict=True)),
        **{a.arg: d for a, d in named if d is not None},
    }


def building(node: ast.AST) -> list[ast.AST]:
    """Return the parts of a statement that may build a schedule: imports, calls and items."""

    def work() -> list[ast.AST]:
        parts, inner = apart(node)
        kinds = ast.ImportFrom, ast.Call, ast.Subscript
        found = [each for each in parts if isinstance(each, kinds)]
        return found + [each for one in inner for each in building(one)]

    found: list[ast.AST] = once(node, "_building", work)
    return found


def leaving(node: ast.AST) -> frozenset[str]:
    """Return the ways in which a statement may leave the function or the loop that it is in."""

    def work() -> frozenset[str]:
        match node:
            case ast.Return():
                return frozenset({"return"})
            case ast.Break() | ast.Continue():
                return frozenset({"break"})
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                return frozenset()
        inner = (getattr(node, part, ()) for part in BLOCKS)
        return frozenset().union(*(leaving(each) for block in inner for each in block))

    found: frozenset[str] = once(node, "_leaving", work)
    return found


def effects(nodes: Sequence[ast.AST], followed: Iterable[ast.AST]) -> Effects:
    """Return what statements may do, some of their calls being followed."""
    listed = tuple(followed)
    kept: dict[Any, Effects] = once(nodes[0], "_effects", dict)
    key = tuple(map(id, nodes)), frozenset(map(id, listed))
    if key not in kept:
        kept[key] = Effects(nodes, listed)
    return kept[key]


def bound(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> frozenset[str]:
    """Return the names that a function binds, or that are its arguments."""

    def work() -> frozenset[str]:
        inside = [n for part in children(function) for n in walk(part)]
        placed = {a.arg for a in walk(function.args) if isinstance(a, ast.arg)}
        return frozenset({name for name in map(binds, inside) if name is not None} | placed)

    found: frozenset[str] = once(function, "_bound", work)
    return found


def methods(node: ast.AST) -> list[tuple[ast.Call, str]]:
    """Return the calls of methods that run when a statement does, and what they are called on."""

    def work() -> list[tuple[ast.Call, str]]:
        calls = [each for each in running([node]) if isinstance(each, ast.Call)]
        named = [(c, dotted(c.func.value)) for c in calls if isinstance(c.func, ast.Attribute)]
        return [(call, name) for call, name in named if name is not None]

    found: list[tuple[ast.Call, str]] = once(node, "_methods", work)
    return found
