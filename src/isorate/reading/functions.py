"""Functions of the text as one expression of the step, their names written out as they are now."""

from __future__ import annotations

import ast
import copy
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import msgspec

from isorate.reading import in_arrays
from isorate.reading.arrays import Array, array, interpolated
from isorate.reading.frames import Frame, Given
from isorate.reading.values import (
    PLAIN,
    Bound,
    Builtin,
    Function,
    Instance,
    Method,
    Schedule,
    Unknown,
    unknown_in,
    written,
)
from isorate.schedule import arithmetic
from isorate.schedule.arithmetic import LONGEST_TUPLE
from isorate.schedule.errors import ReadError
from isorate.schedule.expression import Expression
from isorate.schedule.functions import lambda_of
from isorate.schedule.recurrence import RATE, Recurrence
from isorate.schedule.syntax import Placing, dotted, mentions, number_node, shown

if TYPE_CHECKING:
    from isorate.reading.schedules import Schedules

#: Functions call each other no deeper.
DEEPEST: Final = 10
#: What computing may raise.
TROUBLE: Final = (ArithmeticError, LookupError, TypeError, ValueError)
#: Functions of NumPy's as Python's.
RENAMED: Final = {"maximum": "max", "minimum": "min", "max": "max", "min": "min", "abs": "abs",
                  "float64": "float"}  # fmt: skip


class Room(msgspec.Struct):
    """How much longer a function may become, written out, and what it lacks so far."""

    left: int
    lacking: list[Unknown] = msgspec.field(default_factory=list)


def expression(
    evaluator: Schedules, function: Any, longest: int
) -> Expression | Recurrence:  # fmt: skip
    """Return what a function of the step computes, or one of the step and the rate before it.

    Raises:
        ReadError: it is no arithmetic in one argument, or uses what nobody knows.

    """
    if not (isinstance(function, Bound) and RATE in map(_open, function.named.values())):
        return said(*formula(evaluator, function, longest))
    known = evaluator.tallies
    evaluator.tallies = {**known, RATE: ast.Name(RATE, ast.Load())}
    try:
        variable, body = formula(evaluator, function, longest)
    finally:
        evaluator.tallies = known
    found = Recurrence(variable, ast.unparse(body))
    found.function()
    return found


def of_rate(function: Any) -> Bound | None:
    """Return a function of the step and the rate before it; none where it takes the step alone."""
    inner, before = function, 0
    while isinstance(inner, Bound):
        inner, before = inner.function, before + len(inner.given)
    if not isinstance(inner, Function):
        return None
    arguments = inner.node.args
    left = [each.arg for each in (*arguments.posonlyargs, *arguments.args)][before:]
    if len(left) < 2 or (isinstance(function, Bound) and left[1] in function.named):
        return None
    rate = Unknown(RATE, varies=True, term=ast.Name(RATE, ast.Load()))
    return Bound(function, [], {left[1]: rate})


def _open(value: Any) -> str:
    term = value.term if isinstance(value, Unknown) else None
    return term.id if isinstance(term, ast.Name) else ""


def said(variable: str, body: ast.expr) -> Expression:
    """Return what computes a formula.

    Raises:
        ReadError: it is no arithmetic.

    """
    whole = _Whole(variable).visit(body)
    found = Expression(variable, ast.unparse(ast.fix_missing_locations(whole)))
    found.function()  # whitelisted now, or refused now
    return found


class _Whole(ast.NodeTransformer):
    """Puts together what was counted in epochs and in batches: ``5 * (t // 5) + t % 5`` is t."""

    def __init__(self, variable: str) -> None:
        self.variable = variable

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        for batches, epochs in ((node.right, node.left), (node.left, node.right)):
            match node.op, batches, epochs:
                case (
                    ast.Add(),
                    ast.BinOp(ast.Name(id=name) as t, ast.Mod(), ast.Constant(value=int(n))),
                    ast.BinOp(one, ast.Mult(), other),
                ) if name == self.variable:
                    if {ast.unparse(one), ast.unparse(other)} == {f"{name} // {n}", str(n)}:
                        return t
        return node


def formula(evaluator: Schedules, function: Any, longest: int) -> tuple[str, ast.expr]:
    """Return the argument of a function of the step, and what it computes of that."""
    room = Room(longest)
    try:
        variable, body = _body(evaluator, function, room, 0)
    except ReadError as error:
        if hasattr(error, "leaves") or not room.lacking:  # which may decide it otherwise
            raise
    if room.lacking:
        evaluator.lack("a function of the schedule", room.lacking)
    return variable, ast.fix_missing_locations(body)


def stating(name: str, variable: str, body: list[ast.stmt], frame: Frame) -> Function:
    """Return a function of one variable that statements are the body of."""
    node = ast.FunctionDef(name, _alone(variable), body, [])
    return Function(ast.fix_missing_locations(node), frame, {})


def of_array(value: Array) -> Expression:
    """Return an array as a function of the place in it."""
    variable = ast.Name("step", ast.Load())
    return Expression("step", ast.unparse(ast.fix_missing_locations(value.at(variable))))


def _alone(variable: str) -> ast.arguments:
    return ast.arguments([], [ast.arg(variable)], None, [], [], None, [])


def _body(
    evaluator: Schedules, function: Any, room: Room, depth: int, *, whole: bool = False
) -> tuple[str, ast.expr]:
    """Return a function's argument and the expression that it computes.

    Where it is given the ``whole`` of what it takes, it has none left.
    """
    given: list[Any] = []
    named: dict[str, Any] = {}
    while isinstance(function, Bound):
        given, named = [*function.given, *given], {**function.named, **named}
        function = function.function
    if isinstance(function, Unknown) and function.askable:
        evaluator.lack("a function of the schedule", list(function.leaves()))
    if not isinstance(function, Function) or depth > DEEPEST:
        raise ReadError(
            f"{written(function)} cannot be computed here", hint="paste that function, too"
        )
    node = function.node
    if function.wrapped:
        evaluator.assumed[function.wrapped] = None
    frame = Frame(evaluator.given, function.frame, of=function)
    variable = _bind(function, given, named, frame, whole=whole)
    if isinstance(node, ast.Lambda):
        body = copy.deepcopy(node.body)
    else:
        anew = {n.id for s in node.body for n in ast.walk(s)
                if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}  # fmt: skip
        own = [(name, frame.get(name)) for name in frame.names if name in anew - {variable}]
        begun = [ast.Assign([ast.Name(name, ast.Store())], ast.Constant(value))
                 for name, value in own if isinstance(value, PLAIN)]  # fmt: skip
        begun += [ast.Assign([ast.Name(name, ast.Store())], ast.Name(RATE, ast.Load()))
                  for name, value in own if _open(value) == RATE]  # fmt: skip
        imported = [
            each for each in ast.walk(node) if isinstance(each, ast.Import | ast.ImportFrom)
            and _names(each).isdisjoint({*anew, *frame.names, variable, "*"})
        ]  # fmt: skip
        for each in imported:
            evaluator.imports(each, frame)
        kept = _Telling(evaluator, frame, imported).visit(
            ast.FunctionDef(node.name, _alone(variable), [*begun, *node.body], [])
        )
        try:
            body = lambda_of(kept, _Around(evaluator, frame, room)).body
        except ReadError as error:
            if room.lacking:
                evaluator.lack("a function of the schedule", room.lacking)
            raise ReadError(f"{node.name} cannot be computed here: {error.what}") from None
    return variable, _Inline(evaluator, frame, variable, room, depth).visit(body)


def _names(node: ast.Import | ast.ImportFrom) -> set[str]:
    """Return the names that an import binds."""
    return {each.asname or each.name.partition(".")[0] for each in node.names}


class _Around(msgspec.Struct, frozen=True):
    """What is known of the names that a function does not have itself."""

    evaluator: Schedules
    frame: Frame
    room: Room

    def is_number(self, node: ast.expr) -> bool:
        return isinstance(self.evaluator.value(node, self.frame), int | float | Unknown)

    def lacks(self, name: str) -> bool:
        given = self.frame.get(name) if name in self.frame.names else None
        if isinstance(given, Unknown) and given.askable:
            self.room.lacking += given.leaves()
        return bool(self.room.lacking)

    def truth(self, node: ast.expr) -> bool | None:
        truth = self.evaluator.truth(self.evaluator.value(node, self.frame))
        if isinstance(truth, Unknown) and truth.askable:
            self.room.lacking += truth.leaves()
        return None if isinstance(truth, Unknown) else truth

    def needs(self, test: ast.expr, written: ast.expr | None, *, holds: bool) -> bool:
        if written is not None:
            with suppress(ReadError):
                truth = self.evaluator.truth(self.evaluator.value(written, self.frame))
                if isinstance(truth, bool):
                    return truth is holds
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=needed) if not holds:
                pass
            case _:
                needed = test if holds else ast.UnaryOp(ast.Not(), test)
        self.evaluator.assumed[f"{shown(needed)} (line {getattr(test, 'lineno', 0)}) holds"] = None
        return True

    def items(self, node: ast.expr) -> list[ast.expr] | None:
        value = self.evaluator.value(node, self.frame)
        if isinstance(value, Unknown) and value.askable:
            self.room.lacking += value.leaves()
            return []
        items = None if isinstance(value, str) else self.evaluator.items(value)
        found = None if items is None else [_written_out(item) for item in items]
        return None if found is None or None in found else found  # type: ignore[return-value]


def _written_out(value: Any) -> ast.expr | None:
    """Return a number as source, or a tuple of some."""
    if isinstance(value, tuple | list):
        parts = [_written_out(each) for each in value]
        return None if None in parts else ast.Tuple(parts, ast.Load())  # type: ignore[arg-type]
    return number_node(value) if type(value) in (int, float) else None


class _Telling(ast.NodeTransformer):
    """Leaves out what only says something, and what is asserted."""

    def __init__(self, evaluator: Schedules, frame: Frame, imported: list[Any]) -> None:
        self.evaluator, self.frame, self.imported = evaluator, frame, imported

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return ast.FunctionDef(node.name, node.args, self._left(node.body), [])

    def visit_If(self, node: ast.If) -> ast.AST:
        body, orelse = self._left(node.body), self._left(node.orelse)
        return ast.copy_location(ast.If(node.test, body or [ast.Pass()], orelse), node)

    def visit_For(self, node: ast.For) -> ast.AST:
        body = self._left(node.body) or [ast.Pass()]
        return ast.copy_location(ast.For(node.target, node.iter, body, node.orelse), node)

    def _left(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        """Return the statements that are left."""
        found: list[ast.stmt] = []
        for statement in statements:
            match statement:
                case ast.Assert():
                    line = getattr(statement, "lineno", 0)
                    self.evaluator.assumed[f"{shown(statement)} (line {line}) holds"] = None
                case ast.Expr(value=ast.Call(func=ast.Name(id="print"))):
                    pass
                case ast.Expr(value=ast.Call(func=func)) if in_arrays.tells(
                    self.evaluator.value(func, self.frame)
                ):
                    pass
                case ast.With(items=items, body=body) if all(map(_is_scope, items)):
                    found += self._left(body)
                case _ if statement in self.imported:
                    pass
                case ast.If() | ast.For():
                    found.append(self.visit(statement))
                case _:
                    found.append(statement)
        return found


def _is_scope(item: ast.withitem) -> bool:
    """Whether a ``with`` only gives names to what is computed in it."""
    call = item.context_expr
    func = call.func if isinstance(call, ast.Call) else None
    return isinstance(func, ast.Attribute) and func.attr in ("name_scope", "named_scope")


def _bind(
    function: Function, given: list[Any], named: dict[str, Any], frame: Frame, *, whole: bool
) -> str:
    """Give a function's other arguments their values; return the name of the one that is left."""
    node = function.node.args
    placed = [argument.arg for argument in (*node.posonlyargs, *node.args)]
    values = {**function.defaults, **dict(zip(placed, given, strict=False)), **named}
    if whole and {*placed, *(a.arg for a in node.kwonlyargs)} == {*values} and not node.vararg:
        frame.names.update(values)
        return ""
    left = [name for name in placed[len(given) :] if name not in named]
    open_ = [a for a in (*left[1:], *(a.arg for a in node.kwonlyargs)) if a not in values]
    if not left or open_ or node.vararg or len(given) > len(placed):
        required = "a lambda of one argument" if function.name == "<lambda>" else (
            "a function of one argument"
        )  # fmt: skip
        raise ReadError(f"{shown(function.node)} cannot be read", required=required)
    variable = left[0]
    frame.names.update({name: value for name, value in values.items() if name != variable})
    return variable


def called_as(value: Any, given: Given) -> Any:
    """Return what is called where an object of the text is, or what a list has at a place.

    Any other value stays as it is.
    """
    if isinstance(value, Method) and value.name == "__getitem__":
        frame = Frame(given)
        frame.names["rates"] = value.of
        node: Any = ast.parse("lambda step: rates[step]", mode="eval").body
        return Function(node, frame, {})
    call = value.of.find("__call__") if isinstance(value, Instance) else None
    return Bound(call, [value]) if isinstance(call, Function) else value


def names_of(function: Any) -> dict[str, Any]:
    """Return the names that a function uses of others, and what they are now."""
    while isinstance(function, Bound):
        function = function.function
    if not isinstance(function, Function):
        return {}
    names = {n.id for n in ast.walk(function.node) if isinstance(n, ast.Name)}
    return {name: function.frame.get(name) for name in sorted(names)}


class _Inline(ast.NodeTransformer):
    """Puts the values of known names into a function's body."""

    def __init__(
        self, evaluator: Schedules, frame: Frame, variable: str, room: Room, depth: int
    ) -> None:
        self.evaluator, self.frame, self.variable = evaluator, frame, variable
        self.room, self.depth = room, depth

    def visit_Name(self, node: ast.Name) -> ast.expr:
        stands = node.id == self.variable or node.id in self.evaluator.tallies
        return node if stands else self._known(node)

    def _varies(self, node: ast.expr) -> bool:
        """Whether an expression is of the variable, or of what an object counts."""
        return mentions(node, self.variable) or self.evaluator.of_tallies(node, self.frame)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        of = self.evaluator.value(node.value, self.frame) if self.evaluator.tallies else None
        found = of.of.find(node.attr) if isinstance(of, Instance) else None
        if isinstance(found, Function) and found.kind == "property" and self._varies(node):
            return self._called(Bound(found, [of]), {})
        inner = ast.unparse(node)
        if inner in ("math.pi", "math.inf", "math.nan", "math.e", "np.pi", "numpy.pi"):
            value = self.evaluator.value(node, self.frame)
            return node if isinstance(value, float) else self._known(node)
        if mentions(node, self.variable):
            raise ReadError(f"{inner} is not followed in a function of the step")
        return self._known(node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        if not self._varies(node):
            made = isinstance(node.value, ast.Tuple) and isinstance(node.slice, ast.Constant)
            return self.generic_visit(node) if made else self._known(node)  # type: ignore[return-value]
        if not self._varies(node.value):
            found = self._item(self.evaluator.value(node.value, self.frame), node)
            if found is not None:
                return found
        match node:
            case ast.Subscript(ast.Dict([ast.expr() as key], [value]), place) if ast.dump(
                key
            ) == ast.dump(place):
                return self.visit(value)  # type: ignore[no-any-return]
        return self.generic_visit(node)  # type: ignore[return-value]

    def _item(self, base: Any, node: ast.Subscript) -> ast.expr | None:
        """Return an item of what has more than a text tells, where the step says which one.

        None where it has not.
        """
        plain = isinstance(base, list | tuple) and all(type(v) in (int, float) for v in base)
        if plain and len(base) > LONGEST_TUPLE:
            try:
                base = array(base)
            except TypeError as error:
                raise ReadError(f"{shown(node)}: {error}") from None
        if not isinstance(base, Array):
            return None
        place = _Whole(self.variable).visit(self.visit(node.slice))
        turns = dict.fromkeys(self.evaluator.tallies, _name(self.variable))
        plain = Placing(turns).visit(copy.deepcopy(place)) if turns else place
        where = Expression(self.variable, ast.unparse(ast.fix_missing_locations(plain)))
        try:
            first, second = where.function()(0), where.function()(1)
        except TROUBLE:
            first = second = None
        if type(first) is not int or type(second) is not int:
            raise ReadError(f"{shown(node)}: the place is no integer")
        text = f"{shown(node.value)} has {len(base)} items: no more updates than those are followed"
        self.evaluator.assumed[text] = None
        found = base.at(place)
        if any(isinstance(each, ast.Sub | ast.USub) for each in ast.walk(place)):
            again = base.at(ast.BinOp(place, ast.Add(), ast.Constant(len(base))))
            found = ast.IfExp(ast.Compare(place, [ast.Lt()], [ast.Constant(0)]), again, found)
        self.room.left -= sum(1 for _ in ast.walk(found))
        if self.room.left < 0:
            raise ReadError("a function is too long with its arrays written out")
        return found

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        lacking = len(self.room.lacking)
        test = self.visit(node.test)
        if isinstance(test, ast.Constant) and len(self.room.lacking) == lacking:
            return self.visit(node.body if test.value else node.orelse)  # type: ignore[no-any-return]
        return ast.IfExp(test, self.visit(node.body), self.visit(node.orelse))

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        both = in_arrays.BOTH.get(type(node.op)) if self.evaluator.asked is not None else None
        return node if both is None else in_arrays.truth(both, [node.left, node.right])

    def visit_List(self, node: ast.List) -> ast.expr:
        return self.generic_visit(ast.Tuple(node.elts, ast.Load()))  # type: ignore[return-value]

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        match node:
            case ast.Compare(ops=[ast.In() | ast.NotIn() as op], comparators=[several]):
                listed = self.visit(several)
                if isinstance(listed, ast.Tuple):
                    left = self.visit(node.left)
                    each = [ast.Compare(left, [ast.Eq()], [item]) for item in listed.elts]
                    any_ = ast.BoolOp(ast.Or(), [*each, ast.Constant(False)])
                    return ast.UnaryOp(ast.Not(), any_) if isinstance(op, ast.NotIn) else any_
            case ast.Compare(
                ops=[ast.Is() | ast.IsNot() as op], comparators=[ast.Constant() as one]
            ):
                left = self.visit(node.left)
                if isinstance(left, ast.Constant) and one.value in (True, False, None):
                    return ast.Constant((left.value is one.value) is isinstance(op, ast.Is))
        return self.generic_visit(node)  # type: ignore[return-value]

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if any(isinstance(a, ast.Starred) for a in node.args):
            raise ReadError(f"{shown(node)} is not arithmetic", hint="nothing is ever executed")
        if hasattr(node, "of_arrays"):  # what is assigned once may be used, and visited, often
            return node
        match node:
            case ast.Call(ast.Attribute(ast.Compare(left, [op], [right]), "sum"), [], []):
                found = self._compared(left, op, right)
                if found is not None:
                    return found
        function = self.evaluator.value(node.func, self.frame)
        varies = self._varies(node)
        origin = getattr(getattr(function, "name", None), "origin", dotted(node.func) or "")
        if origin == "next" or "random" in origin.split("."):
            raise ReadError(f"{shown(node)} is another one each time that a step asks for it")
        if isinstance(function, Builtin):
            return self._arithmetic(function, node)
        function = called_as(function, self.evaluator.given)
        made = self._of_arrays(function, node)
        if made is not None:
            made.of_arrays = True  # type: ignore[attr-defined]
            return made
        if isinstance(function, Function | Bound) and varies:
            return self._inside(function, node)
        if varies:
            hint = "nothing is ever executed; write its value, or a name and --set it"
            raise ReadError(f"{shown(node)} cannot be computed here", hint=hint)
        return self._known(node)

    def _of_arrays(self, function: Any, node: ast.Call) -> ast.expr | None:
        """Return what a call is in a function that may have arrays; none where as elsewhere."""
        if self.evaluator.tensors:
            match node:
                case ast.Call(ast.Attribute(of, "numpy" | "item"), [], []):
                    found = self.visit(of)
                    return ast.Call(_name("float"), [found], []) if mentions(found, "xp") else None
            return in_arrays.called(function, node, self.visit)
        if self.evaluator.asked is None:
            return None
        if isinstance(function, Schedule) and self._varies(node):
            asked = in_arrays.asked(function, node, self.evaluator.asked)
            return arithmetic.of_xp("member", asked, self.visit(node.args[0]))
        match node:
            case ast.Call(ast.Attribute(of, "astype"), [dtype], []) if self._varies(of):
                return in_arrays.made(of, [dtype], self.visit)
        return in_arrays.called(function, node, self.visit)

    def _arithmetic(self, function: Builtin, node: ast.Call) -> ast.expr:
        name, numpy = function.name, function.module == "numpy"
        varies = self._varies(node)
        counted = self._counted(name, node) if name in ("len", "sum", "count_nonzero") else None
        counted = counted or (self._searched(name, node) if varies and function.module else None)
        if counted is not None:
            return counted
        spread = name in ("min", "max") and len(node.args) == 1
        if spread and isinstance(node.args[0], ast.List | ast.Tuple):
            node = ast.Call(node.func, node.args[0].elts, node.keywords)
        if numpy and name in RENAMED:
            given = [self.visit(argument) for argument in node.args]
            return ast.Call(_name(RENAMED[name]), given, node.keywords)
        if numpy and name == "clip" and varies:
            x, *ends = node.args
            said = {keyword.arg: keyword.value for keyword in node.keywords}
            ends += [each for each in map(said.pop, ("a_min", "a_max"), (None, None)) if each]
            if len(ends) == 2 and not said:
                low, high = ends
                lowest = ast.Call(_name("max"), [self.visit(x), self.visit(low)], [])
                return ast.Call(_name("min"), [lowest, self.visit(high)], [])
        if numpy and name == "power" and varies and len(node.args) == 2:
            return self._power(*(self.visit(argument) for argument in node.args))
        if numpy and name == "interp" and varies and len(node.args) == 3 and not node.keywords:
            found = self._interpolated(*node.args)
            if found is not None:
                return found
        if name == "pow" and not function.module and len(node.args) == 2:
            base, exponent = (self.visit(argument) for argument in node.args)
            return ast.BinOp(base, ast.Pow(), exponent)
        module = "np" if numpy else function.module
        known = name in (arithmetic.FUNCTIONS if module else arithmetic.BUILTINS)
        if not known:
            if not varies:
                return self._known(node)
            hint = "nothing is ever executed; write its value, or a name and --set it"
            raise ReadError(f"{shown(node)} cannot be computed here", hint=hint)
        text = node.args[0] if len(node.args) == 1 else None
        if name == "float" and isinstance(text, ast.Constant) and isinstance(text.value, str):
            return self._known(node)
        func = ast.Attribute(_name(module), name, ast.Load()) if module else _name(name)
        if isinstance(node.func, ast.Attribute) and ast.unparse(node.func) == f"numpy.{name}":
            func = node.func
        arguments = [self.visit(argument) for argument in node.args]
        return ast.Call(func, arguments, node.keywords)

    def _interpolated(self, x: ast.expr, *of: ast.expr) -> ast.expr | None:
        """Write out what lies between others that are known; none where they are not."""
        known: list[Any] = []
        for each in of:
            written = isinstance(each, ast.List | ast.Tuple) and self._varies(each)
            varies = self._varies(each) and not written
            known.append(None if varies else [*map(self.visit, each.elts)] if written  # type: ignore[attr-defined]
                         else self.evaluator.value(each, self.frame))  # fmt: skip
        self.room.lacking += [
            leaf for each in known for u in unknown_in(each) for leaf in u.leaves()
        ]
        listed = [self.evaluator.items(each) for each in known]
        if None in listed or self.room.lacking:
            return ast.Constant(1) if self.room.lacking else None
        try:
            return interpolated(self.visit(x), *listed)  # type: ignore[no-any-return]
        except TROUBLE:
            return None

    def _power(self, base: ast.expr, exponent: ast.expr) -> ast.expr:
        """Write out a power as NumPy has it: a zero's is infinite, where Python's raises."""
        whole = ast.BinOp(base, ast.Pow(), exponent)
        match exponent:
            case ast.Constant(value=float() as value) if value >= 0:
                return whole
            case ast.Constant(value=float()) | ast.UnaryOp(operand=ast.Constant(value=float())):
                zero = ast.Compare(base, [ast.Eq()], [ast.Constant(0)])
                infinite = ast.Attribute(_name("math"), "inf", ast.Load())
                return ast.IfExp(zero, infinite, whole)
        raise ReadError(f"{shown(whole)}: NumPy's powers of integers are not computed here")

    def _searched(self, name: str, node: ast.Call) -> ast.expr | None:
        """Write out where the step would stand in a sorted list; none if that is not asked."""
        said = {str(keyword.arg): keyword.value for keyword in node.keywords}
        match name, node.args:
            case (("bisect" | "bisect_right" | "bisect_left"), [several, at]):
                before = name == "bisect_left"
            case "searchsorted", [several, at, *side]:
                told = [*side, *said.values()] or [ast.Constant("left")]
                before = getattr(told[0], "value", None) == "left"
            case "digitize", [at, several, *right]:
                told = [*right, *said.values()] or [ast.Constant(False)]
                before = getattr(told[0], "value", None) is True
            case _:
                return None
        source = self.evaluator.value(several, self.frame)
        listed = [] if isinstance(source, Unknown) else self.evaluator.items(source)
        if listed is None or listed != sorted(listed) or len(node.args) + len(said) > 3:
            return None
        return self._beyond(at, ast.Gt() if before else ast.GtE(), several)

    def _counted(self, name: str, node: ast.Call) -> ast.expr | None:
        """Write out the sum, or the number, of what a comprehension goes through, one by one."""
        match node.args:
            case [ast.Compare(left=left, ops=[op], comparators=[right])]:
                return self._compared(left, op, right)
            case [ast.Subscript(value=of, slice=ast.Compare(left, [op], [right]))] if (
                name == "len" and any(ast.dump(of) == ast.dump(side) for side in (left, right))
            ):  # as many as there are for which it holds
                return self._compared(left, op, right)
            case [ast.ListComp() | ast.GeneratorExp() as made] if mentions(made, self.variable):
                (first, *rest), each = made.generators, made.elt
            case _:
                return None
        if mentions(first.iter, self.variable):
            return None
        source = self.evaluator.value(first.iter, self.frame)
        if rest or not isinstance(first.target, ast.Name):
            return None
        if isinstance(source, Unknown) and source.askable:
            self.room.lacking += source.leaves()
            return ast.Constant(1)  # which nobody sees
        if not isinstance(source, Sequence):
            return None
        total: ast.expr = ast.Constant(0)
        for item in source:
            value = self._written(first.iter, item)
            put = _Put(first.target.id, value, self.room)
            term = ast.Constant(1) if name == "len" else put.visit(copy.deepcopy(each))
            if isinstance(term, ast.Compare):
                term = ast.IfExp(term, ast.Constant(1), ast.Constant(0))
            for test in first.ifs:
                term = ast.IfExp(put.visit(copy.deepcopy(test)), term, ast.Constant(0))
            total = ast.BinOp(total, ast.Add(), self.visit(term))
        return total

    def _compared(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> ast.expr | None:
        """Write out in how many items an array is beside the step: ``sum(t > np.array(several))``.

        None where it is something else.
        """
        if mentions(left, self.variable) == mentions(right, self.variable):
            return None
        listed = right if mentions(left, self.variable) else left
        if not isinstance(self.evaluator.value(listed, self.frame), Array | Unknown):
            return None
        return self._beyond(left, op, right)

    def _beyond(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> ast.expr | None:
        """Write out for how many items a comparison with the step holds; none if it cannot be."""
        listed = right if mentions(left, self.variable) else left
        source = self.evaluator.value(listed, self.frame)
        if isinstance(source, Unknown):
            self.room.lacking += source.leaves()
            return ast.Constant(1)  # which nobody sees
        if not isinstance(source, Array | list | tuple) or len(source) > LONGEST_TUPLE:
            return None
        total: ast.expr = ast.Constant(0)
        for item in source:
            if type(item) not in (int, float):
                return None
            sides = [self._written(listed, item) if s is listed else self.visit(copy.deepcopy(s))
                     for s in (left, right)]  # fmt: skip
            test = ast.Compare(sides[0], [op], [sides[1]])
            each = ast.IfExp(test, ast.Constant(1), ast.Constant(0))
            total = ast.BinOp(total, ast.Add(), each)
        return total

    def _inside(self, function: Any, node: ast.Call) -> ast.expr:
        """Write out a function of the text's where it is called."""
        before, bare = 0, function
        while isinstance(bare, Bound):
            before, bare = before + len(bare.given), bare.function
        arguments = bare.node.args if isinstance(bare, Function) else None
        placed = [a.arg for a in (*arguments.posonlyargs, *arguments.args)] if arguments else []
        given = dict(zip(placed[before:], node.args, strict=False))
        given |= {str(keyword.arg): keyword.value for keyword in node.keywords}
        varying = [name for name, value in given.items() if self._varies(value)]
        whole = len(given) == len(node.args) + len(node.keywords)
        if whole and self.evaluator.tallies and {*varying} <= {*placed}:
            terms = {
                name: Unknown(name, varies=True, term=self.visit(given[name])) for name in varying
            }
            rest = {name: self.evaluator.value(value, self.frame) for name, value in given.items()
                    if name not in varying}  # fmt: skip
            return self._called(function, {**rest, **terms})
        if len(varying) != 1 or not whole or varying[0] not in placed:
            raise ReadError(f"{shown(node)} is not followed in a function of the step")
        named = {
            name: self.evaluator.value(value, self.frame)
            for name, value in given.items() if name not in varying
        }  # fmt: skip
        inner = Bound(function, [], named)
        variable, body = _body(self.evaluator, inner, self.room, self.depth + 1)
        argument = self.visit(given[varying[0]])
        return _Put(variable, argument, self.room).visit(copy.deepcopy(body))  # type: ignore[no-any-return]

    def _called(self, function: Any, named: dict[str, Any]) -> ast.expr:
        """Write out a function of the text's that is given all that it takes."""
        bound = Bound(function, [], named)
        variable, body = _body(self.evaluator, bound, self.room, self.depth + 1, whole=True)
        if variable:
            raise ReadError(f"{variable} is given nothing")
        return body

    def _known(self, node: ast.expr) -> ast.expr:
        """Return what an expression comes to, written out."""
        return self._written(node, self.evaluator.value(node, self.frame))

    def _written(self, node: ast.expr, value: Any) -> ast.expr:
        self.room.left -= self.evaluator.sizes.of(value)
        if self.room.left < 0:
            raise ReadError("a lambda is too long with the values of its names written out")
        constant = None if self.evaluator.asked is None else in_arrays.constant(value)
        if constant is not None:
            return number_node(constant)
        match value:
            case bool() | str() | None:
                return ast.Constant(value)
            case int() | float():
                return number_node(value)
            case list() | tuple() | range():
                items = [self._written(node, item) for item in value]
                return ast.Tuple(items, ast.Load())
            case Unknown(term=ast.expr() as term):
                self.room.left -= sum(1 for _ in ast.walk(term))
                if self.room.left < 0:
                    raise ReadError("a function is too long with what objects count written out")
                return copy.deepcopy(term)
            case Unknown():
                if value.why.startswith("cannot compute"):
                    raise ReadError(value.why)
                self.room.lacking += value.leaves()
                return ast.Constant(1)  # which nobody sees
        raise ReadError(f"{shown(node)} is not arithmetic", hint="nothing is ever executed")


class _Put(ast.NodeTransformer):
    """Puts an expression where a name is."""

    def __init__(self, name: str, value: ast.expr, room: Room) -> None:
        self.name, self.value, self.room = name, value, room

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id != self.name:
            return node
        self.room.left -= sum(1 for _ in ast.walk(self.value))
        if self.room.left < 0:
            raise ReadError("a function is too long with what it calls written out")
        return self.value


def _name(name: str) -> ast.expr:
    return ast.Name(name, ast.Load())
