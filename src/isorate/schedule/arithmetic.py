"""Arithmetic in text, compiled: whitelisted nodes go in, and nothing else is in the code.

The code is put together anew, node by node: literals, one variable, operators, conditions, and
calls of the functions below. Names are looked up while it is made; at run time there are none, and
no builtins. The bits that an integer may have are counted beforehand: where they could come to more
than ``MOST_BITS``, the operation is one that looks at its operands first.
"""

from __future__ import annotations

import ast
import math
import operator
from functools import partial, reduce
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec.structs import replace

from isorate.schedule.errors import ReadError
from isorate.schedule.syntax import dotted, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

#: Integers of more bits are not computed: they could take forever.
MOST_BITS: Final = 2**14
#: What a float has, rounded to an integer.
FLOAT_BITS: Final = 1024
#: Longer tuples are no arithmetic but data.
LONGEST_TUPLE: Final = 1000
#: Nested deeper than this, an expression is no arithmetic that a person wrote.
DEEPEST: Final = 100

#: How many bits an integer has that comes of two with so many. A quotient is a float; what a power
#: has depends on more.
_BITS: Final[dict[type[ast.operator], Callable[[int, int], int]]] = {
    ast.Add: lambda a, b: max(a, b) + 1,
    ast.Sub: lambda a, b: max(a, b) + 1,
    ast.Mult: operator.add,
    ast.Div: lambda a, b: 0,
    ast.FloorDiv: lambda a, b: a + 1,
    ast.Mod: lambda a, b: b,
    ast.Pow: lambda a, b: MOST_BITS,
}
_LITERALS: Final = (int, float, bool, str)
COMPARISONS: Final[dict[type[ast.cmpop], Callable[[Any, Any], bool]]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_CONSTANTS: Final = {"pi": math.pi, "inf": math.inf, "nan": math.nan, "e": math.e}
MODULES: Final = ("math", "np", "numpy", "xp")
FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "cos": math.cos,
    "sin": math.sin,
    "exp": math.exp,
    "sqrt": math.sqrt,
    "log": math.log,
    "log10": math.log10,
    "log2": math.log2,
    "pow": math.pow,
    "tanh": math.tanh,
    "floor": math.floor,
    "ceil": math.ceil,
}
#: Functions of a framework's arrays, written ``xp.where``, which see them without deciding by them:
#: how many arguments each takes.
#: ``xp.member(k, t)`` is what the k-th of some schedules says.
ARRAYS: Final = {"where": 3, "minimum": 2, "maximum": 2, "float32": 1, "rsqrt": 1, "member": 2}
BUILTINS: Final[dict[str, Callable[..., Any]]] = {
    "min": min,
    "max": max,
    "abs": abs,
    "int": int,
    "float": float,
}


class Part(msgspec.Struct, frozen=True):
    """Code, and what is known of its value.

    Args:
        code: the code, a tree or whatever else a compiler makes.
        bits: how many bits it has as an integer, at most; 0 where it is none.
        truth: whether it may be what a comparison said.
        odd: whether it may be a text, None, or whatever a name stands for.
        number: the value itself, where it is a literal.

    """

    code: Any
    bits: int = 0
    truth: bool = False
    odd: bool = False
    number: float | None = None


class Arithmetic:
    """Compiles expressions to Python's own arithmetic.

    Args:
        known: the names that have a value.
        variable: the name of the argument.

    """

    arguments: tuple[str, ...] = ("t",)
    #: An argument's: whoever calls with larger integers has made them himself.
    bits: int = 64

    def __init__(self, known: Mapping[str, Any], variable: str | None = None) -> None:
        self.known = known
        self.variable = variable
        self.scope: dict[str, Any] = {"__builtins__": {}}
        self._values = 0

    def function(self, node: ast.expr) -> Callable[..., Any]:
        """Return a function of the variable.

        Raises:
            ReadError: something other than arithmetic, or a name without a value.

        """
        result = self.result(self.part(node))
        names = list(map(ast.arg, self.arguments))
        takes = ast.arguments([], names, None, [], [], None, [])
        function: Callable[..., Any] = self._run(ast.Lambda(takes, result.code))
        return function

    def value(self, node: ast.expr) -> Any:
        """Return the value of an expression without a variable.

        Raises:
            ReadError: as for ``function``.
            ArithmeticError, LookupError, TypeError, ValueError: what Python raises.

        """
        return self._run(self.part(node).code)

    def _run(self, code: ast.expr) -> Any:
        whole = ast.fix_missing_locations(ast.Expression(code))
        return eval(compile(whole, "<arithmetic>", "eval"), self.scope)

    def part(self, node: ast.expr, depth: int = 0) -> Part:
        """Return the code of a node."""
        if depth > DEEPEST:
            raise ReadError("the expression is nested too deeply")

        def sub(child: ast.expr) -> Part:
            return self.part(child, depth + 1)

        def number(child: ast.expr) -> Part:
            part = sub(child)
            if part.odd:
                raise ReadError("arithmetic needs numbers", got=shown(child))
            return self.operand(part)

        match node:
            case ast.Constant(value=value) if value is None or type(value) in _LITERALS:
                return self.literal(bounded(value))
            case ast.Name(id=name) if name == self.variable:
                return self.argument()
            case ast.Name(id=name) if name in self.known:
                return self.literal(self.known[name])
            case ast.Name(id=name):
                hint = f"give it: --set {name}=..."
                raise ReadError(f"the name {name!r} has no value", hint=hint)
            case ast.UnaryOp(op=ast.UAdd() | ast.USub() as op, operand=operand):
                return self.signed(op, number(operand))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self.negation(sub(operand))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _BITS:
                return self.binary(op, number(left), number(right))
            case ast.BoolOp(op=op, values=values):
                return self.boolean(op, [sub(value) for value in values])
            case ast.Compare(left=left, ops=ops, comparators=others) if all(
                type(op) in COMPARISONS for op in ops
            ):
                return self.comparison(ops, [sub(side) for side in (left, *others)])
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self.choice(sub(test), sub(body), sub(orelse))
            case ast.Subscript(value=ast.Tuple(elts=[first, last]), slice=ast.Constant(int(1))):
                return self.last(number(first), sub(last))
            case ast.Subscript(value=ast.Tuple(elts=items), slice=place) if items:
                return self.lookup(_numbers(items), number(place))
            case ast.Attribute(value=ast.Name(id=module), attr=name) if (
                self._is_module(module) and name in _CONSTANTS
            ):
                return self.literal(_CONSTANTS[name])
            case ast.Attribute() if dotted(node) in self.known:
                return self.literal(self.known[str(dotted(node))])
            case ast.Call(func=ast.Name("float"), args=[ast.Constant(str(text))], keywords=[]):
                return self.literal(_special_float(text))
            case ast.Call(func=ast.Attribute(ast.Name("xp"), name), args=args, keywords=[]) if (
                ARRAYS.get(name) == len(args)
            ):
                return self.of_arrays(name, list(map(sub, args)))
            case ast.Call(func=func, args=args, keywords=[]) if args:
                name = function_name(func, self.known, node)
                return self.call(name, [number(arg) for arg in args])
        raise ReadError(f"{shown(node)} is not arithmetic", hint="nothing is ever executed")

    def _is_module(self, name: str) -> bool:
        return name in MODULES and name not in self.known

    def bound(self, value: Any) -> ast.expr:
        """Return a name for a value that no text can say."""
        name = f"_{len(self.scope)}"
        self.scope[name] = value
        return name_of(name)

    def argument(self) -> Part:
        """Return the variable."""
        return Part(name_of(self.arguments[0]), self.bits)

    def literal(self, value: Any) -> Part:
        """Return what a literal or a name stands for."""
        written = value is None or type(value) in _LITERALS
        code = ast.Constant(value) if written else self.bound(value)
        if not isinstance(value, int | float):
            return Part(code, odd=True)
        bits = max(value.bit_length(), 1) if isinstance(value, int) else 0
        return Part(code, bits, number=value)

    def operand(self, part: Part) -> Part:
        """Return what takes part in arithmetic."""
        return part

    def called(self, function: Callable[..., Any], *parts: Part) -> ast.expr:
        """Return the call of a function."""
        return ast.Call(self.bound(function), [part.code for part in parts], [])

    def result(self, part: Part) -> Part:
        """Return what the whole comes to."""
        return part

    def signed(self, op: ast.unaryop, part: Part) -> Part:
        """Return a number with a sign before it."""
        number = part.number
        if number is not None and isinstance(op, ast.USub):
            number = -number
        return Part(ast.UnaryOp(op, part.code), part.bits, number=number)

    def negation(self, part: Part) -> Part:
        """Return whether something does not hold."""
        return Part(ast.UnaryOp(ast.Not(), part.code), 1)

    def binary(self, op: ast.operator, a: Part, b: Part) -> Part:
        """Return an operation, one that looks at its operands first unless that is needless."""
        bits, harmless = self.growth(op, a, b)
        if harmless:
            return Part(ast.BinOp(a.code, op, b.code), bits)
        looking = power if isinstance(op, ast.Pow) else product
        return Part(self.called(looking, a, b), min(bits, MOST_BITS))

    def growth(self, op: ast.operator, a: Part, b: Part) -> tuple[int, bool]:
        """Return how many bits an integer has that comes out, and whether it need not be asked."""
        bits = _BITS[type(op)](a.bits, b.bits) if a.bits and b.bits else 0
        if not isinstance(op, ast.Pow):
            return bits, bits <= MOST_BITS or not isinstance(op, ast.Mult)
        if isinstance(b.number, int) and b.number >= 0:
            bits = a.bits * max(b.number, 1)
            return bits, bits <= MOST_BITS
        return bits, not bits and a.number is not None and a.number > 0  # else huge, or complex

    def comparison(self, ops: Sequence[ast.cmpop], parts: Sequence[Part]) -> Part:
        """Return whether numbers compare, each with the next."""
        first, *others = (part.code for part in parts)
        return Part(ast.Compare(first, list(ops), others), 1, truth=True)

    def boolean(self, op: ast.boolop, parts: Sequence[Part]) -> Part:
        """Return one value after another, until one decides."""
        return _one_of(ast.BoolOp(op, [part.code for part in parts]), parts)

    def choice(self, test: Part, yes: Part, no: Part) -> Part:
        """Return one value or another."""
        return _one_of(ast.IfExp(test.code, yes.code, no.code), (yes, no))

    def last(self, first: Part, last: Part) -> Part:
        """Return the second of two values: the first one is computed for what it may raise."""
        both = ast.Tuple([first.code, last.code], ast.Load())
        return replace(last, code=ast.Subscript(both, ast.Constant(1), ast.Load()))

    def lookup(self, numbers: tuple[float, ...], place: Part) -> Part:
        """Return one of several numbers."""
        found = ast.Subscript(self.bound(numbers), place.code, ast.Load())
        return _one_of(found, list(map(self.literal, numbers)))

    def call(self, name: str, parts: Sequence[Part]) -> Part:
        """Return the call of a function, by its name."""
        if name in ("min", "max") and len(parts) > 1:
            beyond = ast.Gt() if name == "min" else ast.Lt()
            return reduce(partial(self._extreme, beyond), parts)
        code = self.called(BUILTINS.get(name) or FUNCTIONS[name], *parts)
        if name in ("int", "floor", "ceil"):
            return Part(code, parts[0].bits or FLOAT_BITS)
        return Part(code, parts[0].bits if name == "abs" else 0)

    def of_arrays(self, name: str, parts: Sequence[Part]) -> Part:
        """Return what a function of arrays is of single numbers."""
        if name == "where":
            return self.choice(*parts)
        if any(part.odd for part in parts):
            raise ReadError("arithmetic needs numbers", got=name)
        numbers = list(map(self.operand, parts))
        if name == "member":
            return Part(self.called(_unsaid, *numbers))
        if name == "rsqrt":
            return self.binary(ast.Pow(), numbers[0], self.literal(-0.5))
        return self.call({"float32": "float"}.get(name, name[:3]), numbers)

    def _extreme(self, beyond: ast.cmpop, a: Part, b: Part) -> Part:
        """Return ``b`` where ``a`` lies beyond it, else ``a``: a call of ``min`` takes longer."""
        (a, again_a), (b, again_b) = self.kept(a), self.kept(b)
        lies = Part(ast.Compare(a.code, [beyond], [b.code]), 1, truth=True)
        return self.choice(lies, again_b, again_a)

    def kept(self, part: Part) -> tuple[Part, Part]:
        """Return code that computes a value and keeps it, and code that says it again."""
        if part.number is not None:
            return part, part
        name = f"v{self._values}"
        self._values += 1
        keeping = ast.NamedExpr(ast.Name(name, ast.Store()), part.code)
        return replace(part, code=keeping), replace(part, code=name_of(name))


class Given(Arithmetic):
    """Arithmetic of values of any kind: what is no number raises where it is computed."""

    def literal(self, value: Any) -> Part:
        return replace(super().literal(value), odd=False)


def of_xp(name: str, *given: ast.expr) -> ast.expr:
    """Return the call of a function of a framework's arrays as code."""
    return ast.Call(ast.Attribute(name_of("xp"), name, ast.Load()), [*given], [])


def _unsaid(k: int, t: float) -> float:
    raise ReadError(f"schedule {k} at {t} is no arithmetic")


def name_of(name: str) -> ast.expr:
    """Return a name as code."""
    return ast.Name(name, ast.Load())


def _one_of(code: ast.expr, parts: Sequence[Part]) -> Part:
    bits = max(part.bits for part in parts)
    truth, odd = (any(getattr(part, flag) for part in parts) for flag in ("truth", "odd"))
    return Part(code, bits, truth, odd)


def function_name(func: ast.expr, known: Mapping[str, Any], call: ast.expr) -> str:
    """Return the name of the function that is called.

    Raises:
        ReadError: it is none that is known.

    """
    match func:
        case ast.Name(id=name) if name in BUILTINS and name not in known:
            return name
        case ast.Attribute(value=ast.Name(id=module), attr=name) if (
            module in MODULES and module not in known and name in FUNCTIONS
        ):
            return name
        case _:
            hint = "nothing is ever executed; write its value, or a name and --set it"
            raise ReadError(f"{shown(call)} cannot be computed here", hint=hint)


def _special_float(text: str) -> float:
    value = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}.get(text.strip().lower())
    if value is None:
        raise ReadError(f"float({text!r}) is not a rate", required="'nan', 'inf' or '-inf'")
    return value


def _numbers(items: Sequence[ast.expr]) -> tuple[float, ...]:
    """Return the numbers that a tuple holds, literals with a sign or without."""
    if len(items) > LONGEST_TUPLE:
        required = f"at most {LONGEST_TUPLE} numbers"
        raise ReadError("a tuple is too long", required=required, got=len(items))
    return tuple(map(number_of, items))


def number_of(node: ast.expr) -> float:
    """Return the number that a literal is, with a sign or without.

    Raises:
        ReadError: it is none.

    """
    negative = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
    inner = node.operand if isinstance(node, ast.UnaryOp) and negative else node
    if isinstance(inner, ast.Constant) and type(inner.value) in (int, float):
        value: float = bounded(inner.value)
        return -value if negative else value
    raise ReadError(f"{shown(node)} is not a number", hint="a tuple holds numbers to choose from")


def bounded(value: Any) -> Any:
    """Return a value that is no integer of more bits than are computed."""
    if isinstance(value, int) and value.bit_length() > MOST_BITS:
        raise _too_many_bits()
    return value


def product(a: Any, b: Any) -> Any:
    """Return a product that has no more bits than are computed."""
    return bounded(a * b)  # neither has many more bits itself


def power(base: Any, exponent: Any) -> Any:
    """Return a power that has no more bits than are computed, and is real."""
    whole = isinstance(base, int) and isinstance(exponent, int)
    if whole and abs(base) > 1 and exponent * (int(base).bit_length() - 1) > MOST_BITS:
        raise _too_many_bits()
    value = base**exponent
    if isinstance(value, complex):
        raise ReadError("a power came out complex", got=f"({base})**({exponent})")
    return value


def _too_many_bits() -> ReadError:
    return ReadError("an integer is too large to compute", required=f"at most {MOST_BITS} bits")
