"""Files of assignments in Python: what their names hold, computed and never executed.

What is not understood leaves no value behind: a name that a statement may touch has none, and a
value that nobody computes is its own text, after a dollar sign.
"""

from __future__ import annotations

import ast
import copy
import textwrap
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from isorate.schedule.errors import ReadError
from isorate.schedule.expression import constant
from isorate.schedule.syntax import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

#: Files that a file is based on, one upon another, and all of them.
DEEPEST: Final = 8
MOST_FILES: Final = 40
#: What holds files that were not there.
LACKING: Final = "__lacking__"
BASE: Final = "_base_"


def assigned(text: str, path: Path, read: Callable[[Path], bytes]) -> dict[str, Any]:
    """Return what a file's names hold, with the files that it is based on.

    Raises:
        ValueError: it is no Python.

    """
    return _Files(read).values(text, path, 0)


def runner(text: str, tables: Sequence[str]) -> tuple[str, set[str] | None] | None:
    """Return the assignments that a text is, or those that hand it to a ``Runner``, and which.

    None where it is something else than tables that one of these is among.

    Raises:
        SyntaxError: it is no Python.

    """
    body = ast.parse(textwrap.dedent(text)).body
    plain = [each for each in body if isinstance(each, ast.Assign | ast.AugAssign)]
    tabled = [a for a in plain if isinstance(a, ast.Assign) and _is_table(a.value)]
    names = {t.id for each in tabled for t in each.targets if isinstance(t, ast.Name)}
    said = (each for each in body if not isinstance(each, ast.Expr))
    if names & {*tables} and all(each in plain for each in said):
        return textwrap.dedent(text), None
    calls = [
        (place, node) for place, each in enumerate(body) for node in ast.walk(each)
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "Runner"
        and {keyword.arg for keyword in node.keywords} & {*tables}
    ]  # fmt: skip
    if len(calls) != 1 or body[calls[0][0]] not in plain:
        return None
    ((place, call),) = calls
    given = {str(keyword.arg): ast.unparse(keyword.value) for keyword in call.keywords}
    if "None" in given:
        return None
    told = [f"{name} = {value}" for name, value in given.items()]
    return "\n".join([*map(ast.unparse, body[:place]), *told]), {*given}


def _is_table(node: ast.expr) -> bool:
    """Whether a value is a table, or a list of some."""
    match node:
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return any(map(_is_table, items))
        case ast.Call(func=ast.Name(id="dict"), args=[]) | ast.Dict():
            return True
    return False


class _Files:
    """Files of assignments, of which so many are read."""

    def __init__(self, read: Callable[[Path], bytes]) -> None:
        self.read = read
        self.left = MOST_FILES

    def values(self, text: str, path: Path, depth: int) -> dict[str, Any]:
        """Return what one of them holds."""
        try:
            with warnings.catch_warnings():  # of how it is written, as ``1if x``
                warnings.simplefilter("ignore")
                tree = ast.parse(text)
        except SyntaxError as error:
            raise ValueError(f"it is not Python: {error.msg} at line {error.lineno}") from None
        based: dict[str, Any] = {}
        held: dict[str, Any] = {}
        for statement in tree.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id="_base_")], value=value):
                    named = _value(value, {})
                    for name in named if isinstance(named, list | tuple) else [named]:
                        based |= self.base(str(name), path, depth, based)
                    held |= {BASE: based}
                case ast.With(items=[ast.withitem(context_expr=ast.Call(func=ast.Name(id=using)))]):
                    for inner in statement.body if using == "read_base" else ():
                        if isinstance(inner, ast.ImportFrom):
                            held |= self.imported(inner, path, depth)
                case _:
                    _follow(statement, held)
        held.pop(BASE, None)
        lacking = [*based.pop(LACKING, []), *held.pop(LACKING, [])]
        found: dict[str, Any] = _merged(based, held)
        return found | {LACKING: lacking} if lacking else found

    def base(self, name: str, path: Path, depth: int, held: dict[str, Any]) -> dict[str, Any]:
        """Return what a file holds that another one is based on, or that it is not there."""
        lacking: list[str] = held.get(LACKING, [])
        self.left -= 1
        file = path.parent / name
        if depth >= DEEPEST or self.left < 0:
            raise ReadError(f"{path.name} is based on too many files")
        if not name.endswith(".py") or not file.is_file():
            return {LACKING: [*lacking, name]}
        found = self.values(self.read(file).decode("utf-8-sig"), file, depth + 1)
        return found | ({LACKING: [*lacking, *found.get(LACKING, [])]} if lacking else {})

    def imported(self, node: ast.ImportFrom, path: Path, depth: int) -> dict[str, Any]:
        """Return what ``with read_base()`` has of another file."""
        up = "../" * max(0, node.level - 1)
        name = f"{up}{(node.module or '').replace('.', '/')}.py"
        found = self.base(name if node.level else f"{node.module}", path, depth, {})
        names = [(each.name, each.asname or each.name) for each in node.names]
        if names == [("*", "*")] or LACKING in found:
            return found
        return {new: found[old] for old, new in names if old in found}


def _follow(statement: ast.stmt, held: dict[str, Any]) -> None:
    """Let a statement have its effect on names, or take the values of those it may touch."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            held[name] = _value(value, held)
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            held[name] = _value(value, held)
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript() as target], value=value):
            table, key = _place(target, held)
            if isinstance(table, dict):
                table[key] = _value(value, held)
            else:
                _forget(statement, held)
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=target, attr="update"))) as whole:
            table, call = _value(target, held), whole.value
            given = _value(ast.Call(ast.Name("dict"), call.args, call.keywords), held)  # type: ignore[attr-defined]
            if isinstance(table, dict) and isinstance(given, dict):
                table |= given
            else:
                _forget(statement, held)
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            held |= {each.asname or each.name: each.name.rpartition(".")[2] for each in names}
        case ast.Expr(value=ast.Constant()) | ast.Pass():
            pass
        case _:
            _forget(statement, held)


def _place(target: ast.Attribute | ast.Subscript, held: dict[str, Any]) -> tuple[Any, Any]:
    """Return the table that is assigned to, and the key."""
    table = _value(target.value, held)
    if isinstance(target, ast.Attribute):
        return table, target.attr
    key = _value(target.slice, held)
    return (table, key) if isinstance(key, str) else (None, None)


def _forget(statement: ast.stmt, held: dict[str, Any]) -> None:
    """Take the values of the names that a statement mentions, as far as it may change them."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and (
            isinstance(node.ctx, ast.Store | ast.Del) or isinstance(held.get(node.id), dict | list)
        ):
            held[node.id] = f"${shown(statement)[:60]}"


def _value(node: ast.expr, held: dict[str, Any]) -> Any:
    """Return what an expression comes to; its own text, where nobody knows."""
    match node:
        case ast.Name(id=name) if name in held:
            return held[name]
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [_value(item, held) for item in items]
        case ast.Dict(keys=keys, values=values):
            return _table(zip(keys, values, strict=True), held)
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=pairs):
            named = ((ast.Constant(each.arg) if each.arg else None, each.value) for each in pairs)
            return _table(named, held)
        case ast.Call(func=ast.Name(id="dict"), args=[first], keywords=pairs):
            start = _value(first, held)
            rest = _value(ast.Call(ast.Name("dict"), [], pairs), held)
            return {**start, **rest} if isinstance(start, dict) else f"${shown(node)[:60]}"
        case ast.Attribute(value=inner, attr=key) if (
            isinstance(table := _value(inner, held), dict) and key in table
        ):
            return table[key]
        case ast.Subscript(value=inner, slice=at) if isinstance(
            table := _value(inner, held), dict | list
        ):
            with suppress(KeyError, IndexError, TypeError):
                return table[_value(at, held)]
    with suppress(ReadError, ArithmeticError):
        numbers = {n: v for n, v in held.items() if isinstance(v, int | float) or v is None}
        return constant(_Numbers(held).visit(copy.deepcopy(node)), numbers)
    if isinstance(node, ast.Constant):
        return node.value
    return f"${shown(node)[:60]}"


class _Numbers(ast.NodeTransformer):
    """Puts a number in the place of what is looked up in a table."""

    def __init__(self, held: dict[str, Any]) -> None:
        self.held = held

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        return self.looked_up(node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        return self.looked_up(node)

    def looked_up(self, node: ast.Attribute | ast.Subscript) -> ast.expr:
        """Return the number, or what stood there."""
        table, key = _place(node, self.held)
        found = table.get(key) if isinstance(table, dict) else None
        return ast.Constant(found) if isinstance(found, int | float) else node


def _table(pairs: Iterator[tuple[ast.expr | None, ast.expr]], held: dict[str, Any]) -> Any:
    """Return a table, with what ``**`` puts in."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        known = _value(value, held)
        if key is not None:
            found[str(_value(key, held))] = known
        elif isinstance(known, dict):
            found |= known
        else:
            return f"${shown(value)[:60]}"
    return found


def _merged(base: Any, own: Any) -> Any:
    """Return a table upon another one, as mmengine merges them."""
    if not isinstance(base, dict) or not isinstance(own, dict):
        return own
    if own.get("_delete_"):
        return {key: value for key, value in own.items() if key != "_delete_"}
    return base | {key: _merged(base.get(key), value) for key, value in own.items()}
