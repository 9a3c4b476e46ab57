"""How following a text may end before its last statement."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from isorate.reading.mentions import BLOCKS
from isorate.reading.values import Unknown
from isorate.schedule.syntax import dotted, unparsed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Returning(Exception):  # noqa: N818 - it is no error
    """A function returns."""

    def __init__(self, value: Any) -> None:
        self.value = value


class Undecided(Exception):  # noqa: N818 - it is no error
    """Nobody knows where the text goes on."""

    condition: Any = None
    #: Whether it decides what is built.
    builds: bool = False

    def of(self, node: ast.expr, why: str) -> Unknown:
        """Return what a function comes to that ends so."""
        source, condition = unparsed(node), self.condition
        return Unknown(source, why, condition=condition, varies=condition is None, plain=False)


class Breaking(Exception):  # noqa: N818 - it is no error
    """A loop ends."""


class Continuing(Exception):  # noqa: N818 - it is no error
    """A loop goes on with its next turn."""


class Raising(Exception):  # noqa: N818 - it is no error
    """The text raises."""


class Fork(Undecided):
    """A condition decides what is built, and nobody decides it."""

    def __init__(self, condition: Unknown, *, builds: bool = False) -> None:
        self.condition = condition
        self.builds = builds


class Unfollowable(Undecided):
    """A statement decides where a text goes on, and nobody knows it."""

    def __init__(self, node: ast.AST) -> None:
        self.node = node


def end_of(body: Sequence[ast.AST]) -> str:
    """Return how a block ends, where it always ends so."""
    match body[-1] if body else None:
        case ast.Raise() | ast.Assert(test=ast.Constant(value=False)):
            return "raise"
        case ast.Expr(value=ast.Call(func=func)) if dotted(func) in ("sys.exit", "exit", "quit"):
            return "raise"
    return ""


def ways_out(body: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """Visit what ends a turn of the loop that a block is in."""
    waiting = list(body)
    while waiting:
        node = waiting.pop()
        match node:
            case ast.Break() | ast.Continue():
                yield node
            case ast.For() | ast.While() | ast.AsyncFor():
                waiting += node.orelse
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                pass
            case _:
                waiting += [each for part in BLOCKS for each in getattr(node, part, ())]
