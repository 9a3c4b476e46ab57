"""Python source as syntax trees, there and back: parsed, named and shown, never run."""

from __future__ import annotations

import ast
import math
import warnings
from copy import copy, deepcopy
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from isorate.schedule.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


#: Fields that say how a node is used, which operator it is or what it is called: no parts.
WITHOUT_PARTS: Final = frozenset(
    ("ctx", "op", "id", "attr", "arg", "name", "module", "level", "asname", "lineno", "kind",
     "conversion", "is_async", "simple", "type_comment", "tag", "rest")
)  # fmt: skip


def parse(source: str) -> ast.expr:
    """Parse one Python expression.

    Raises:
        ReadError: the source is not one expression.

    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)  # "1if" and the like: an error or not
            return ast.parse(source.strip(), mode="eval").body
    except SyntaxError as error:
        where = f"line {error.lineno}, column {error.offset}" if error.lineno else "the text"
        raise ReadError(f"not Python: {error.msg} at {where}") from None
    except (ValueError, MemoryError, RecursionError) as error:
        raise ReadError(f"not Python that can be parsed: {error or type(error).__name__}") from None


#: The fields of each kind of node that may hold other nodes.
PARTS: Final[dict[type[ast.AST], list[str]]] = {ast.Constant: []}


def _parts(kind: type[ast.AST]) -> list[str]:
    """Return them of a kind that is met for the first time."""
    found = PARTS[kind] = [field for field in kind._fields if field not in WITHOUT_PARTS]
    return found


def children(node: ast.AST) -> list[ast.AST]:
    """Return the parts of a node that are nodes themselves; whether one is stored is none."""
    found: list[ast.AST] = []
    _put_parts(node, found)
    return found


def _put_parts(node: ast.AST, found: list[ast.AST]) -> None:
    """Put the parts of a node into a list."""
    held, kind = node.__dict__, type(node)
    for field in PARTS[kind] if kind in PARTS else _parts(kind):
        value = held.get(field)
        if type(value) is list:
            found += [each for each in value if isinstance(each, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """Visit a node and all of its parts, as ``ast.walk`` does, in half the time."""
    waiting = [node]
    for each in waiting:
        _put_parts(each, waiting)
        yield each


def dotted(node: ast.AST) -> str | None:
    """Return ``a.b.c`` as text; none for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else None


@lru_cache(maxsize=1 << 12)
def unparsed(node: ast.AST) -> str:
    """Return a node's source; a loop asks for the same again and again."""
    return ast.unparse(node)


def shown(node: ast.AST) -> str:
    """Return a node's source, shortened to fit a message: worked out once for each."""
    kept: str | None = node.__dict__.get("_shown")
    if kept is None:
        kept = _shown(node)
        node._shown = kept  # type: ignore[attr-defined]
    return kept


def _shown(node: ast.AST) -> str:
    if isinstance(getattr(node, "body", None), list):  # what is in a block may be long
        node = copy(node)
        node.body = [ast.Pass()]  # type: ignore[attr-defined]
        for rest in {"orelse", "finalbody", "handlers"} & set(node._fields):
            setattr(node, rest, [])
    try:
        source = ast.unparse(node)
    except AttributeError:  # a statement that was made here has no place in the text
        source = ast.unparse(ast.fix_missing_locations(deepcopy(node)))
    first = source.partition("\n")[0]
    return first if first == source and len(source) <= 60 else f"{first[:57]}..."


def number_node(value: float) -> ast.expr:
    """Return a number as source that means it wherever it stands: ``-2`` is no literal."""
    if value != value:
        return ast.Attribute(ast.Name("math", ast.Load()), "nan", ast.Load())
    if value < 0 or (isinstance(value, float) and math.copysign(1, value) < 0):
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    return ast.Constant(value)


class Placing(ast.NodeTransformer):
    """Puts what they stand for in place of names; each stands for one and the same node."""

    def __init__(self, placed: Mapping[str, ast.expr]) -> None:
        self.placed = placed

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.placed.get(node.id, node)


def mentions(node: ast.AST, name: str) -> bool:
    """Whether a name is in an expression."""
    return any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(node))
