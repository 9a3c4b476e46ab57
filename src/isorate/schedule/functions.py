"""Functions of one argument as one expression: assignments, conditions and returns, put together.

What is assigned is written where it is used, so that all who take an expression take a function.
Python computes it where it is assigned, though, whether it is used or not, and may raise there. An
expression that might, and is not used whatever comes after, is computed first and dropped, as in
``(1 / t, 0.5)[1]``.
"""

from __future__ import annotations

import ast
import copy
from typing import TYPE_CHECKING, Final, Protocol

from isorate.schedule.errors import ReadError
from isorate.schedule.syntax import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: A function of more nodes, with everything written where it is used, is no formula.
MOST_NODES: Final = 5000
#: A function of more statements is none either.
MOST_STATEMENTS: Final = 100
#: Functions that raise nothing where they are given numbers.
HARMLESS: Final = ("min", "max", "abs", "float")


class Around(Protocol):
    """What is known of the names that a function does not have itself."""

    def is_number(self, node: ast.expr) -> bool:
        """Whether an expression is a number, or will be, once it is given."""

    def lacks(self, name: str) -> bool:
        """Whether a name has to be given, or something else that was asked for so far."""

    def truth(self, node: ast.expr) -> bool | None:
        """Return whether something holds; none where nobody knows."""

    def needs(self, test: ast.expr, written: ast.expr | None, *, holds: bool) -> bool:
        """Whether a condition is as it has to be for a function not to raise, for all one knows.

        It stands as the function has it, and is ``written`` out where the step does not decide it.
        """

    def items(self, node: ast.expr) -> list[ast.expr] | None:
        """Return what one comes across in going through something; none where nobody knows."""


def lambda_of(function: ast.FunctionDef, around: Around | None = None) -> ast.Lambda:
    r"""Return the lambda that computes what a function does.

    Raises:
        ReadError: it takes more than one argument, or does something else than assign numbers to
            names, decide, and return.

    Example:
        >>> source = "def f(t):\n    x = t / 10\n    if t > 5:\n        return 1\n    return x"
        >>> ast.unparse(lambda_of(ast.parse(source).body[0]))
        'lambda t: 1 if t > 5 else t / 10'

    """
    match function:
        case ast.FunctionDef(
            args=ast.arguments([], [ast.arg(variable)], None, [], [], None, []), decorator_list=[]
        ):
            if sum(isinstance(node, ast.stmt) for node in ast.walk(function)) > MOST_STATEMENTS:
                required = f"at most {MOST_STATEMENTS} statements"
                raise ReadError(f"{function.name} is too long", required=required)
            if any(isinstance(node, ast.NamedExpr) for node in ast.walk(function)):
                raise ReadError(f"{function.name} assigns by := what is not followed")
            made = _Function(function, variable, around)
            try:
                body = made.body(function.body, {variable: made.argument})
            except RecursionError:
                raise ReadError(f"{function.name} is nested too deeply") from None
            return ast.Lambda(ast.arguments([], [ast.arg(variable)], None, [], [], None, []), body)
    raise ReadError(f"{function.name} cannot be read", required="a function of one argument")


class _Function:
    def __init__(
        self, function: ast.FunctionDef, variable: str, around: Around | None = None
    ) -> None:
        self.around = around
        names = (node for node in ast.walk(function) if isinstance(node, ast.Name))
        self.own = {node.id for node in names if isinstance(node.ctx, ast.Store)}
        self.argument = _name(variable)
        self.left = MOST_NODES

    def body(self, statements: Sequence[ast.stmt], values: Mapping[str, ast.expr]) -> ast.expr:
        """Return what comes out of some statements, names being worth so much before them."""
        if not statements:
            return ast.Constant(None)
        first, *rest = statements
        match first:
            case ast.Return(value=value):
                return ast.Constant(None) if value is None else self.written(value, values)
            case ast.If(test=test, body=body, orelse=orelse):
                truth = None if _raises(body) else self.known(test, values)
                if truth is None and self.around is not None and (_raises(body) or _raises(orelse)):
                    written = self.written(test, values)
                    of_it = None if self.varies(written) else written
                    holds = _raises(orelse)
                    truth = holds is self.around.needs(test, of_it, holds=holds)
                if truth is not None:
                    return self.body([*(body if truth else orelse), *rest], values)
                yes, no = self.body([*body, *rest], values), self.body([*orelse, *rest], values)
                return ast.IfExp(self.written(test, values), yes, no)
            case ast.Assign(targets=[*targets], value=value) if all(
                isinstance(target, ast.Name) for target in targets
            ):
                named = [target.id for target in targets if isinstance(target, ast.Name)]
                made = dict.fromkeys(named, self.written(value, values))
                return self.assigned(made, rest, values)
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=parts)) if len(
                targets
            ) == len(parts) and all(isinstance(each, ast.Name) for each in targets):
                pairs = zip(targets, parts, strict=True)
                made = {each.id: self.written(part, values) for each, part in pairs}  # type: ignore[attr-defined]
                return self.assigned(made, rest, values)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                return self.assigned({name: self.written(value, values)}, rest, values)
            case ast.AugAssign(target=ast.Name(id=name), op=op, value=value):
                if name in values and not self.is_own(values[name]):
                    raise ReadError(f"{shown(first)} may change what {name} stands for")
                value = self.written(ast.BinOp(_name(name), op, value), values)
                return self.assigned({name: value}, rest, values)
            case ast.Pass() | ast.Expr(value=ast.Constant()):
                return self.body(rest, values)
            case ast.Raise() if self.around is not None and self.around.lacks(""):
                return ast.Constant(None)  # what is asked for decides whether it comes to this
            case ast.Raise() if self.around is not None:
                raise ReadError(f"{shown(first)} is what it comes to")
            case ast.For(target=target, iter=source, body=body, orelse=[]):
                items = None if _leaves(body) else self.items(source, values)
                if items is not None:
                    turns = [[*_unpacked(target, item), *body] for item in items]
                    return self.body([*(part for turn in turns for part in turn), *rest], values)
        raise ReadError(f"{shown(first)} is not followed in a function")

    def assigned(
        self,
        made: Mapping[str, ast.expr],
        rest: Sequence[ast.stmt],
        values: Mapping[str, ast.expr],
    ) -> ast.expr:
        """Return what comes out of some statements after an assignment."""
        result = self.body(rest, {**values, **made})
        for value in reversed({id(each): each for each in made.values()}.values()):
            if may_raise(value) and id(value) not in always(result):
                both = ast.Tuple([value, result], ast.Load())
                result = ast.Subscript(both, ast.Constant(1), ast.Load())
        return result

    def known(self, test: ast.expr, values: Mapping[str, ast.expr]) -> bool | None:
        """Return whether a condition holds, where that is known and no function of the variable."""
        if self.around is None:
            return None
        written = self.written(test, values)
        return None if self.varies(written) else self.around.truth(written)

    def varies(self, written: ast.expr) -> bool:
        """Whether an expression is a function of the variable."""
        return any(node is self.argument for node in ast.walk(written))

    def items(self, source: ast.expr, values: Mapping[str, ast.expr]) -> Sequence[ast.expr] | None:
        """Return what a loop goes through, where that is known and no function of the variable."""
        written = self.written(source, values)
        if self.around is None or self.varies(written):
            return None
        found = self.around.items(written)
        return None if found is None or len(found) > MOST_STATEMENTS else found

    def is_own(self, value: ast.expr | None) -> bool:
        """Whether changing a value in place, if it can be, changes nothing outside."""
        match value:
            case ast.Call(func=ast.Name(id="min" | "max"), args=args):
                return any(map(self.is_own, args))  # a number, or they do not compare
            case ast.BinOp() | ast.Call() | ast.Compare() | ast.Constant() | ast.UnaryOp():
                return True
            case ast.Name() | ast.Attribute() if value is not self.argument and self.around:
                return self.around.is_number(value)
        return value is self.argument

    def written(self, node: ast.expr, values: Mapping[str, ast.expr]) -> ast.expr:
        """Return an expression with the function's own names written out."""
        return _Written(self, values).visit(copy.deepcopy(node))  # type: ignore[return-value]


class _Written(ast.NodeTransformer):
    def __init__(self, function: _Function, values: Mapping[str, ast.expr]) -> None:
        self.function, self.values = function, values
        #: The names of the comprehensions that one is in.
        self.inner: set[str] = set()

    def visit(self, node: ast.AST) -> ast.AST:
        """Count the nodes."""
        if isinstance(node, ast.ListComp | ast.GeneratorExp):
            targets = [n for each in node.generators for n in ast.walk(each.target)]
            before = self.inner
            self.inner = before | {each.id for each in targets if isinstance(each, ast.Name)}
            try:
                return self.generic_visit(node)
            finally:
                self.inner = before
        if isinstance(node, ast.Name) and node.id in self.inner:
            return node
        value = self.values.get(node.id) if isinstance(node, ast.Name) else None
        if value is None and isinstance(node, ast.Name) and node.id in self.function.own:
            if self.function.around is not None and self.function.around.lacks(node.id):
                return ast.Constant(1.0)  # which nobody sees
            raise ReadError(f"{node.id} may have no value where it is used")
        self.function.left -= 1 if value is None else sum(1 for _ in ast.walk(value))
        if self.function.left < 0:
            raise ReadError("a function is too long", required=f"at most {MOST_NODES} operations")
        return self.generic_visit(node) if value is None else value


def _leaves(body: Sequence[ast.stmt]) -> bool:
    """Whether a loop's body may leave a turn, or the loop, before its end."""
    nodes = [node for each in body for node in ast.walk(each)]
    return any(isinstance(node, ast.Break | ast.Continue) for node in nodes)


def _raises(body: Sequence[ast.stmt]) -> bool:
    """Whether a branch ends with an exception."""
    return bool(body) and isinstance(body[-1], ast.Raise)


def _unpacked(target: ast.expr, item: ast.expr) -> list[ast.stmt]:
    """Return the assignments that a loop's turn begins with."""
    match target, item:
        case ast.Tuple(elts=targets), ast.Tuple(elts=items) if len(targets) == len(items):
            pairs = zip(targets, items, strict=True)
            return [part for one, other in pairs for part in _unpacked(one, other)]
    return [ast.Assign([target], item)]


def _name(name: str) -> ast.expr:
    return ast.Name(name, ast.Load())


def may_raise(node: ast.expr) -> bool:
    """Whether computing an expression of numbers may raise, as far as one sees."""
    match node:
        case ast.Constant() | ast.Name() | ast.Attribute():
            return False
        case ast.BinOp(left=left, op=ast.Div() | ast.FloorDiv() | ast.Mod(), right=right):
            return may_raise(left) or may_raise(right) or not _above_zero(right)
        case ast.BinOp(op=ast.Pow()) | ast.Subscript():
            return True
        case ast.Call(func=func) if not (isinstance(func, ast.Name) and func.id in HARMLESS):
            return True
    children = ast.iter_child_nodes(node)
    return any(may_raise(child) for child in children if isinstance(child, ast.expr))


def _above_zero(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=int() | float() as value):
            return value > 0
        case ast.Call(func=ast.Name(id="max"), args=args):
            return any(map(_above_zero, args))
        case ast.Call(func=ast.Name(id="float"), args=[arg]):
            return _above_zero(arg)
    return False


def always(node: ast.AST) -> set[int]:
    """Return the identities of the nodes that are computed whenever an expression is."""
    match node:
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return {id(node)} | always(test) | (always(body) & always(orelse))
        case ast.BoolOp(values=[first, *_]):
            return {id(node)} | always(first)
        case ast.Compare(left=left, comparators=[first, *_]):
            return {id(node)} | always(left) | always(first)
    return {id(node)}.union(*map(always, ast.iter_child_nodes(node)))
