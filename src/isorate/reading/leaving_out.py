"""What no rate depends on in a loop: it is followed in the first turn, and left out afterwards."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from isorate.reading.effects import HARMLESS
from isorate.reading.mentions import apart, bound, leaving, mentions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from isorate.reading.interpreter import Interpreter

#: Statements that say where a text goes on.
CONTROL = (ast.Break, ast.Continue, ast.Raise, ast.Global, ast.Nonlocal, ast.Yield, ast.YieldFrom,
           ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Match)  # fmt: skip


class _Statement:
    """A statement of a loop, or of a function that it calls.

    Names are those of variables, with the function that they are of; those of attributes have a
    dot in front.
    """

    def __init__(self, node: ast.AST, of: Any) -> None:
        own, inner = apart(node)
        self.node, self.of = node, of
        self.touched = set(filter(None, map(self._touched, own)))
        loads = (each for each in own if isinstance(getattr(each, "ctx", None), ast.Load))
        self.used = set(filter(None, map(self._name, loads)))
        calls = (each.func for each in own if isinstance(each, ast.Call))
        self.called = set(filter(None, map(self._name, calls)))
        self.matters = any(isinstance(each, CONTROL) or _matters(each) for each in own)
        self.matters |= not isinstance(node, ast.Return) and bool(leaving(node))
        self.inner = [each for part in inner for each in _all(part, of)]

    def hands_on(self) -> set[str]:
        """Return what it uses where nobody needs what the function comes to that it calls."""
        value = getattr(self.node, "value", None)
        return self.used - {self._name(value.func) if isinstance(value, ast.Call) else ""}

    def _name(self, node: ast.AST) -> str:
        match node:
            case ast.Name(id=name):
                own = self.of is not None and name in bound(self.of) - mentions(self.of).elsewhere
                return f"{name}@{id(self.of)}" if own else name
            case ast.Attribute(attr=name):
                return f".{name}"
        return ""

    def _touched(self, node: ast.AST) -> str:
        """Return the name that a part of it gives another value, or changes."""
        match node:
            case ast.Name(ctx=ast.Store() | ast.Del()) | ast.Attribute(ctx=ast.Store() | ast.Del()):
                return self._name(node)
            case ast.Subscript(value=base, ctx=ast.Store() | ast.Del()):
                return self._name(base)
            case ast.Call(func=ast.Attribute(value=base, attr=name)) if name not in HARMLESS:
                return self._name(base)
        return ""


def _matters(node: ast.AST) -> bool:
    """Whether a part of a statement steps something, or sets a rate."""
    match node:
        case ast.Call(func=ast.Attribute(attr="step" | "step_update")):
            return True
        case ast.Subscript(slice=ast.Constant(value="lr"), ctx=ast.Store()):
            return True
        case ast.Call(func=func):  # of a dict of functions, perhaps
            return not isinstance(func, ast.Name | ast.Attribute)
    return False


def _all(node: ast.AST, of: Any) -> Iterator[_Statement]:
    one = _Statement(node, of)
    yield one
    yield from one.inner


def needed(follower: Interpreter, loop: ast.For | ast.AsyncFor, seen: set[int]) -> set[int]:
    """Return the statements, by their identity, that a loop's rates may depend on.

    ``seen`` are those of them that were seen to train, or to set a rate.
    """
    home = follower.frames[-1].of if follower.frames else None
    statements = [each for node in loop.body for each in _all(node, home and home.node)]
    inside: dict[str, list[_Statement]] = {}
    for one in statements:  # which grows
        for name in one.used - inside.keys():
            found = follower.named({name.lstrip(".")})
            whole = [f for f in found if f.of is None and f.frame.outermost is follower.outermost]
            found = [f for f in found if (f in whole) is (name[0] != ".")]
            bodies = [(f.node, node) for f in found for node in getattr(f.node, "body", ())]
            inside[name] = [each for of, node in bodies for each in _all(node, of)]
            statements += inside[name]
    used, kept, given = set[str](), set[int](), set[str]()
    while True:
        before = len(used), len(kept), len(given)
        for one in statements:
            called = (each for name in one.used for each in inside[name])
            trains = id(one.node) in seen or any(id(each.node) in kept for each in called)
            matters = one.matters or bool(one.touched & used) or bool(one.called & given)
            matters = matters or any(id(each.node) in kept for each in one.inner)
            if isinstance(one.node, ast.Return):
                own = {name for name, of in inside.items() if one in of}
                used |= one.used if own & used or not own else set()
            elif matters or trains:
                kept.add(id(one.node))
                given |= one.touched
                used |= one.used if matters else one.hands_on()
        if before == (len(used), len(kept), len(given)):
            return kept
