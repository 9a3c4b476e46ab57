"""What parts of a text mention, worked out once for each of them, however often it is asked."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from isorate.reading.effects import Effects, running
from isorate.schedule.syntax import dotted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True, slots=True)
class Mentions:
    """The last parts of names in a statement, functions that it defines included.

    Args:
        used: of those that it uses.
        called: of those that it calls.
        elsewhere: names that it declares to be another frame's.
        steps: whether something is stepped in it, or trained.

    """

    used: frozenset[str]
    called: frozenset[str]
    elsewhere: frozenset[str]
    steps: bool


def _once(node: ast.AST, kind: str, work: Callable[[], Any]) -> Any:
    """Return what was worked out for a node before, or is now."""
    kept = node.__dict__.get(kind)
    if kept is None:
        kept = work()
        setattr(node, kind, kept)
    return kept


def mentions(node: ast.AST) -> Mentions:
    """Return what a statement mentions."""
    found: Mentions = _once(node, "_mentions", lambda: _mentions(node))
    return found


def _mentions(node: ast.AST) -> Mentions:
    used, called, elsewhere, steps = set(), set(), set[str](), False
    for each in ast.walk(node):
        match each:
            case ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name, ctx=ast.Load()):
                used.add(name)
            case ast.Call(func=func):
                called.add((dotted(func) or "").rpartition(".")[2])
                steps = steps or (
                    isinstance(func, ast.Attribute) and func.attr in ("step", "backward")
                )
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                elsewhere |= set(names)
    return Mentions(frozenset(used), frozenset(called), frozenset(elsewhere), steps)


def effects(nodes: Sequence[ast.AST], followed: dict[ast.AST, Any]) -> Effects:
    """Return what statements may do, some of its calls being followed."""
    if len(nodes) > 1 or followed:
        return Effects(nodes, followed)
    found: Effects = _once(nodes[0], "_effects", lambda: Effects(nodes))
    return found


def methods(node: ast.AST) -> list[tuple[ast.Call, str]]:
    """Return the calls of methods that run when a statement does, and what they are called on."""

    def work() -> list[tuple[ast.Call, str]]:
        calls = [each for each in running([node]) if isinstance(each, ast.Call)]
        named = [(c, dotted(c.func.value)) for c in calls if isinstance(c.func, ast.Attribute)]
        return [(call, name) for call, name in named if name is not None]

    found: list[tuple[ast.Call, str]] = _once(node, "_methods", work)
    return found
