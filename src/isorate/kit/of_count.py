"""Functions of an optimizer's count that a text has itself, as frameworks compute them in arrays.

Their source is Python's arithmetic, and ``xp.where``, ``xp.cos`` and so on where a framework's own
functions stand. A Python number stays one until it meets the count, which is an integer of 32
bits; what comes of it and of a fraction is a float32, each operation rounded once. Measured with
jaxlib 0.10.2 on a CPU: the sums, products, quotients, powers, roots, cosines and comparisons are
the bits, ``exp`` and ``log`` within 1 unit in the last place, ``rsqrt`` 2 and ``tanh`` 4.
"""

from __future__ import annotations

import ast
import math
import operator
from functools import lru_cache, reduce
from typing import TYPE_CHECKING, Any, ClassVar, Final

from isorate.kit import meaning as say
from isorate.kit import xla
from isorate.kit.call import Lift
from isorate.kit.counted import Counted
from isorate.kit.match import Refusal
from isorate.schedule.arithmetic import BUILTINS, Arithmetic, of_xp
from isorate.schedule.errors import NativeError, ReadError, ScheduleError
from isorate.schedule.expression import Expression
from isorate.schedule.lazily import np
from isorate.schedule.python_source import python_source
from isorate.schedule.syntax import Placing, mentions, parse, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from isorate.kit.meaning import Meaning
    from isorate.kit.xla import Rates, Real
    from isorate.schedule.node import Schedule

#: Why its rates may lie elsewhere than the framework's.
LEDGER: Final = (
    "exp, log, sin, tanh and rsqrt are the framework's own; compiled, products and sums are "
    "rounded together, which shows where large numbers cancel"
)
#: What the count is called in the functions that are written.
COUNT: Final = "count"
OPERATORS: Final[dict[type[ast.AST], Callable[..., Any]]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.Div: operator.truediv, ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod,
    ast.USub: operator.neg, ast.UAdd: operator.pos,
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.Eq: operator.eq, ast.NotEq: operator.ne,
}  # fmt: skip


def computed(name: str, x: Rates) -> Rates:
    """Return what a function of a framework's arrays gives for reals."""
    if name == "cos":
        return xla.cos(x)
    if name in ("sqrt", "floor", "ceil"):
        return getattr(np, name)(x)
    wide = x.astype(np.float64)
    found = 1 / np.sqrt(wide) if name == "rsqrt" else getattr(np, name)(wide)
    return found.astype(x.dtype)


class _Computing:
    """Computes source for many counts at once.

    What depends on the count is an array, of integers, reals, or whether something holds.
    """

    def __init__(
        self, variable: str, counts: Any, real: Real, members: Sequence[Counted] = ()
    ) -> None:
        self.variable, self.counts, self.real, self.members = variable, counts, real, members

    def of(self, node: ast.expr) -> Any:
        """Return Python's number, or those of all counts."""
        if not _in_arrays(node, self.variable):
            return Arithmetic({}).value(node)
        match node:
            case ast.Name():
                return self.counts
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as op, operand=operand):
                return OPERATORS[type(op)](self.number(operand))
            case ast.BinOp(left=left, op=op, right=right):
                return self.operation(op, self.number(left), self.number(right))
            case ast.Compare(left=left, ops=ops, comparators=others):
                sides = list(map(self.number, (left, *others)))
                pairs = zip(ops, sides, sides[1:], strict=False)
                return reduce(np.logical_and, (self.operation(op, a, b) for op, a, b in pairs))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return ~self.truth(operand)
            case ast.BoolOp(op=op, values=values):
                both = np.logical_and if isinstance(op, ast.And) else np.logical_or
                return reduce(both, map(self.truth, values))
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self.where(test, body, orelse)
            case ast.Call(func=ast.Attribute(ast.Name("xp"), name), args=args):
                return self.function(name, args)
            case ast.Call(func=ast.Name(id="min" | "max" as name), args=args):
                return reduce(lambda a, b: self.extreme(name, a, b), map(self.number, args))
            case ast.Call(func=ast.Name("abs"), args=[arg]):
                return abs(self.number(arg))
            case ast.Subscript():
                raise NativeError(f"{shown(node)} is looked up by the count, which is not followed")
        raise NativeError(
            f"{shown(node)} takes no array, and an optimizer that is compiled has one"
        )

    def number(self, node: ast.expr) -> Any:
        """Return a number, or numbers; what compares counts as 0 and 1."""
        found = self.of(node)
        holds = isinstance(found, np.ndarray) and found.dtype.kind == "b"
        return found.astype(np.int64) if holds else found

    def array(self, value: Any) -> Any:
        """Return one number as those of all counts."""
        if isinstance(value, np.ndarray):
            return value
        taken = xla.number(value, self.real)
        return np.full(len(self.counts), taken if isinstance(value, int) else self.real(taken))

    def reals(self, value: Any) -> Rates:
        """Return numbers as reals."""
        reals: Rates = self.array(value).astype(self.real)
        return reals

    def alike(self, *values: Any) -> list[Any]:
        """Return several as integers, where all of them are, else as reals."""
        arrays = list(map(self.array, values))
        if all(each.dtype.kind == "i" for each in arrays):
            return arrays
        return list(map(self.reals, arrays))

    def operation(self, op: ast.AST, a: Any, b: Any) -> Any:
        """Return what an operator makes of two."""
        if isinstance(op, ast.Pow):
            return self.power(self.array(a), b)
        divides = isinstance(op, ast.Div)
        found = OPERATORS[type(op)](*(map(self.reals, (a, b)) if divides else self.alike(a, b)))
        if found.dtype.kind == "i" and self.real is np.float32:
            return found.astype(np.int32).astype(np.int64)  # what is beyond comes out below
        return found

    def power(self, base: Any, exponent: Any) -> Any:
        """Return a power; one of Python's integers is made of products."""
        if isinstance(exponent, int) and (exponent >= 0 or base.dtype.kind != "i"):
            return xla.power(base, exponent)
        return xla.power(self.reals(base), self.reals(exponent))

    def truth(self, node: ast.expr) -> Any:
        """Return where something holds."""
        return self.array(self.of(node)).astype(bool)

    def where(self, test: ast.expr, body: ast.expr, orelse: ast.expr) -> Any:
        """Return one number or another, both of which are computed."""
        return np.where(self.truth(test), *self.alike(self.number(body), self.number(orelse)))

    def extreme(self, name: str, a: Any, b: Any) -> Any:
        """Return the smaller or the larger of two, NaN where one is."""
        compute = np.minimum if name.startswith("min") else np.maximum
        return compute(*self.alike(a, b))

    def function(self, name: str, args: list[ast.expr]) -> Any:
        """Return what one of the framework's own functions gives."""
        if name == "where":
            return self.where(*args)
        given = list(map(self.number, args))
        if name == "member":
            return self.members[given[0]].rates(self.array(given[1]), self.real)
        if name in ("minimum", "maximum"):
            return self.extreme(name, *given)
        reals = self.reals(*given)
        return reals if name == "float32" else computed(name, reals)


def _in_arrays(node: ast.expr, variable: str) -> bool:
    """Whether something is no number of Python's."""
    return mentions(node, variable) or mentions(node, "xp")


class Own(Counted, frozen=True):
    """A function of the count that a text has itself, which the framework's optimizers are given.

    Its arguments are the ``function``, and the schedules that it asks: ``xp.member(0, count)`` is
    what the first of them says.
    """

    if TYPE_CHECKING:
        function: Expression
        asked: tuple[Any, ...] = ()
    by_formula: ClassVar[bool] = True
    #: The class that its class is derived from, and the method, where optimizers take an object.
    derived: ClassVar[tuple[str, str]] = ("", "")
    #: What stands for ``xp``, and what for single functions of it, ``{}`` for what they are given.
    arrays: ClassVar[str] = ""
    spelled: ClassVar[Mapping[str, str]] = {}

    def __post_init__(self) -> None:
        if not isinstance(self.function, Expression):
            raise ReadError(f"{self.card.name} is no function", hint=f"write {self.signature()}")

    @property
    def body(self) -> str:
        """What it computes, in the framework's words."""
        return spelled(self.function.source, self.arrays, self.spelled, self.asked)

    def written(self, optimizer: str | None = None) -> str:
        """Return it as a lambda, or as an object of a class that is made where it stands."""
        base, method = self.derived
        if not base:
            return f"lambda {self.function.variable}: {self.body}"
        says = f"lambda self, {self.function.variable}: {self.body}"
        return f"type('Schedule', ({base},), {{{method!r}: {says}}})()"

    def _named(self, name: str, written: str) -> list[str]:
        base, method = self.derived
        if not base:
            return [f"{name}: {self.card.name} = {written}"]
        return [
            f"class Schedule({base}):",
            f"    def {method}(self, {self.function.variable}):",
            f"        return {self.body}\n\n",
            f"{name} = Schedule()",
        ]

    def rates(self, t: Any, real: Real) -> Rates:
        computing = _Computing(self.function.variable, t, real, self.asked)
        with np.errstate(all="ignore"):
            return computing.reals(computing.number(_parsed(self.function.source)))

    @classmethod
    def signature(cls) -> str:
        return f"{cls.card.name}(lambda {COUNT}: ...)"

    def build(self) -> None:
        for schedule in self.asked:
            schedule.checked()

    def supposed(self) -> str | None:
        variable = self.function.variable
        for node in ast.walk(_parsed(self.function.source)):
            decides = isinstance(node, ast.IfExp | ast.BoolOp) or _is_python_s(node)
            if decides and mentions(node, variable):
                return f"it is not compiled, where Python cannot decide by {variable}"
        return None

    def means(self) -> Meaning:
        variable = self.function.variable
        said = Expression(variable, plain(self.function.source, self.asked))
        first = float(self._first[0])
        if math.isfinite(first) and not math.isfinite(said.at(0)):
            said = Expression(variable, f"{first!r} if {variable} < 1 else {said.source}")
        return say.formula(1.0, said.variable, said.source)

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        try:
            body = _OfArrays(COUNT).visit(parse(python_source(schedule, COUNT)))
        except ScheduleError as error:
            return Refusal(str(error))
        return Lift(cls(Expression(COUNT, ast.unparse(body))))


@lru_cache(maxsize=256)
def _parsed(source: str) -> ast.expr:
    return parse(source)


def _is_python_s(node: ast.AST) -> bool:
    """Whether a function of Python's decides by what it is given."""
    called = node.func if isinstance(node, ast.Call) else None
    return isinstance(called, ast.Name) and called.id in BUILTINS and called.id != "abs"


def plain(source: str, asked: Sequence[Counted] = ()) -> str:
    """Return source with Python's words for what frameworks' functions do.

    Example:
        >>> plain("xp.minimum(0.1, xp.exp(-t))")
        'min(0.1, math.exp(-t))'

    """
    return ast.unparse(_Plain(asked).visit(parse(source)))


class _Plain(ast.NodeTransformer):
    def __init__(self, asked: Sequence[Counted]) -> None:
        self.asked = asked

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        match node:
            case ast.Call(ast.Attribute(ast.Name("xp"), "where"), [test, yes, no]):
                return ast.IfExp(test, yes, no)
            case ast.Call(ast.Attribute(ast.Name("xp"), "minimum" | "maximum" as name), args):
                return ast.Call(ast.Name(name[:3], ast.Load()), args, [])
            case ast.Call(ast.Attribute(ast.Name("xp"), "float32"), [arg]):
                return arg
            case ast.Call(ast.Attribute(ast.Name("xp"), "member"), [ast.Constant(int(k)), arg]):
                said = python_source(self.asked[k].lower().normal(), "t")
                return Placing({"t": arg}).visit(parse(said))  # type: ignore[no-any-return]
            case ast.Call(ast.Attribute(ast.Name("xp"), "rsqrt"), [arg]):
                return ast.BinOp(arg, ast.Pow(), ast.Constant(-0.5))
            case ast.Call(ast.Attribute(ast.Name("xp"), name), args):
                return ast.Call(ast.Attribute(ast.Name("math", ast.Load()), name, ast.Load()),
                                args, [])  # fmt: skip
        return node


class _OfArrays(ast.NodeTransformer):
    """Says in frameworks' functions what Python's do with single numbers."""

    def __init__(self, variable: str) -> None:
        self.variable = variable

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, ast.expr) and not mentions(node, self.variable):
            return node
        return super().visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        self.generic_visit(node)
        return of_xp("where", node.test, node.body, node.orelse)

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        raise ScheduleError("a table has no formula in arrays", hint="it can be a list")

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        match node:
            case ast.Call(ast.Name("min" | "max" as name), [first, *others]):
                return reduce(lambda a, b: of_xp(f"{name}imum", a, b), others, first)
            case ast.Call(ast.Attribute(ast.Name("math"), "pow"), [base, exponent]):
                return ast.BinOp(base, ast.Pow(), exponent)
            case ast.Call(ast.Attribute(ast.Name("math"), name), args):
                return of_xp(name, *args)
        return node


def spelled(
    source: str, arrays: str, names: Mapping[str, str], asked: Sequence[Counted] = ()
) -> str:
    """Return source with a framework's names put in: ``arrays`` for ``xp``, or single ``names``.

    Example:
        >>> spelled("rate * xp.exp(-0.1)", "keras.ops", {})
        'rate * keras.ops.exp(-0.1)'

    """
    return ast.unparse(_Spelled(arrays, names, asked).visit(parse(source)))


class _Spelled(ast.NodeTransformer):
    def __init__(self, arrays: str, names: Mapping[str, str], asked: Sequence[Counted]) -> None:
        self.arrays, self.names, self.asked = arrays, names, asked

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        match node:
            case ast.Call(ast.Attribute(ast.Name("xp"), "member"), [ast.Constant(int(k)), arg]):
                return ast.Call(parse(self.asked[k].written()), [arg], [])
            case ast.Call(ast.Attribute(ast.Name("xp"), name) | ast.Name(id="abs" as name), args):
                written = self.names.get(name, f"{self.arrays}.{name}({{}})")
                return parse(written.format(", ".join(map(ast.unparse, args))))
        return node
