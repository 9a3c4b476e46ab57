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
from dataclasses import dataclass, replace
from functools import partial, reduce
from typing import TYPE_CHECKING, Any, Final

from isorate.schedule.errors import ReadError
from isorate.schedule.syntax import dotted, mentions, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

#: Integers of more bits are not computed: they could take forever.
MOST_BITS: Final = 2**14
#: Longer tuples are no arithmetic but data.
LONGEST_TUPLE: Final = 1000
#: Nested deeper than this, an expression is no arithmetic that a person wrote.
DEEPEST: Final = 100

BINARY: Final[dict[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
#: How many bits the result has of two integers that have so many; a quotient is a float.
_BITS: Final[dict[type[ast.operator], Callable[[int, int], int]]] = {
    ast.Add: lambda a, b: max(a, b) + 1,
    ast.Sub: lambda a, b: max(a, b) + 1,
    ast.Mult: operator.add,
    ast.Div: lambda a, b: 0,
    ast.FloorDiv: lambda a, b: a + 1,
    ast.Mod: lambda a, b: b,
}
_COMPARE: Final = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
_CONSTANTS: Final = {"pi": math.pi, "inf": math.inf, "nan": math.nan, "e": math.e}
MODULES: Final = ("math", "np", "numpy")
_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
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
BUILTINS: Final[dict[str, Callable[..., Any]]] = {
    "min": min,
    "max": max,
    "abs": abs,
    "int": int,
    "float": float,
}


@dataclass(frozen=True, slots=True)
class Part:
    """Code, and what is known of its value.

    Args:
        code: the code.
        bits: how many bits it has as an integer, at most; 0 where it is none.
        truth: whether it may be what a comparison said.
        odd: whether it may be a text, None, or whatever a name stands for.
        number: the value itself, where it is a literal.

    """

    code: ast.expr
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
        takes = ast.arguments(
            [], [ast.arg(name) for name in self.arguments], None, [], [], None, []
        )
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

        match node:
            case ast.Constant(value=value) if value is None or type(value) in _LITERALS:
                return self.literal(bounded(value))
            case ast.Name(id=name) if name == self.variable:
                return Part(_name(self.arguments[0]), self.bits)
            case ast.Name(id=name) if name in self.known:
                return self.literal(self.known[name])
            case ast.Name(id=name):
                raise ReadError(
                    f"the name {name!r} has no value", hint=f"give it: --set {name}=..."
                )
            case ast.UnaryOp(op=ast.UAdd() | ast.USub() as op, operand=operand):
                return self.signed(op, sub(operand))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self.negation(sub(operand))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in BINARY:
                return self.binary(op, sub(left), sub(right))
            case ast.BoolOp(op=op, values=values):
                return self.boolean(op, [sub(value) for value in values])
            case ast.Compare(left=left, ops=ops, comparators=others) if all(
                isinstance(op, _COMPARE) for op in ops
            ):
                return self.comparison(ops, [sub(side) for side in (left, *others)])
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self.choice(sub(test), sub(body), sub(orelse))
            case ast.Subscript(value=ast.Tuple(elts=items), slice=place) if items:
                return self.lookup(_numbers(items), sub(place))
            case ast.Attribute(value=ast.Name(id=module), attr=name) if (
                self._is_module(module) and name in _CONSTANTS
            ):
                return self.literal(_CONSTANTS[name])
            case ast.Attribute() if dotted(node) in self.known:
                return self.literal(self.known[str(dotted(node))])
            case ast.Call(func=ast.Name("float"), args=[ast.Constant(str(text))], keywords=[]):
                return self.literal(_special_float(text))
            case ast.Call(func=func, args=args, keywords=[]) if args:
                name = function_name(func, self.known, node)
                return self.call(name, [sub(arg) for arg in args])
        raise ReadError(f"{shown(node)} is not arithmetic", hint="nothing is ever executed")

    def _is_module(self, name: str) -> bool:
        return name in MODULES and name not in self.known

    def bound(self, value: Any) -> ast.expr:
        """Return a name for a value that no text can say."""
        name = f"_{len(self.scope)}"
        self.scope[name] = value
        return _name(name)

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
        return replace(part, code=self.called(_operand, part)) if part.odd else part

    def called(self, function: Callable[..., Any], *parts: Part) -> ast.expr:
        """Return the call of a function."""
        return ast.Call(self.bound(function), [part.code for part in parts], [])

    def result(self, part: Part) -> Part:
        """Return what the whole comes to."""
        return part

    def signed(self, op: ast.unaryop, part: Part) -> Part:
        """Return a number with a sign before it."""
        part = self.operand(part)
        number = part.number
        if number is not None and isinstance(op, ast.USub):
            number = -number
        return Part(ast.UnaryOp(op, part.code), part.bits, number=number)

    def negation(self, part: Part) -> Part:
        """Return whether something does not hold."""
        return Part(ast.UnaryOp(ast.Not(), part.code), 1)

    def binary(self, op: ast.operator, a: Part, b: Part) -> Part:
        """Return an operation, one that looks at its operands first unless that is needless."""
        a, b = self.operand(a), self.operand(b)
        bits, harmless = self._growth(op, a, b)
        if harmless and not a.odd and not b.odd:
            return Part(ast.BinOp(a.code, op, b.code), bits)
        return Part(self.called(partial(combined, type(op)), a, b), min(bits, MOST_BITS))

    def _growth(self, op: ast.operator, a: Part, b: Part) -> tuple[int, bool]:
        """Return how many bits an integer has that comes out, and whether that is all one asks."""
        whole = bool(a.bits and b.bits)
        if not isinstance(op, ast.Pow):
            bits = _BITS[type(op)](a.bits, b.bits) if whole else 0
            return bits, bits <= MOST_BITS
        if isinstance(b.number, int) and b.number >= 0:
            bits = a.bits * max(b.number, 1)
            return bits, bits <= MOST_BITS
        if a.number is not None and a.number > 0 and not whole:
            return 0, True
        return (MOST_BITS if whole else 0), False  # huge, or complex

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

    def lookup(self, numbers: tuple[float, ...], place: Part) -> Part:
        """Return one of several numbers."""
        index = self.operand(place).code
        return _one_of(
            ast.Subscript(self.bound(numbers), index, ast.Load()), list(map(self.literal, numbers))
        )

    def call(self, name: str, parts: Sequence[Part]) -> Part:
        """Return the call of a function, by its name."""
        parts = list(map(self.operand, parts))
        if name in ("min", "max") and len(parts) > 1 and not any(part.odd for part in parts):
            return reduce(partial(self._extreme, ast.Gt() if name == "min" else ast.Lt()), parts)
        code = self.called(BUILTINS.get(name) or _FUNCTIONS[name], *parts)
        if name in ("min", "max") and len(parts) > 1:
            return _one_of(code, parts)
        if name in ("int", "floor", "ceil"):
            float_bits = MOST_BITS if parts[0].odd else 1024
            return Part(code, parts[0].bits or float_bits)
        return Part(code, parts[0].bits if name == "abs" else 0)

    def _extreme(self, beyond: ast.cmpop, a: Part, b: Part) -> Part:
        """Return ``b`` where ``a`` lies beyond it, else ``a``: a call of ``min`` takes longer."""
        (a, again_a), (b, again_b) = self._kept(a), self._kept(b)
        lies = Part(ast.Compare(a.code, [beyond], [b.code]), 1, truth=True)
        return self.choice(lies, again_b, again_a)

    def _kept(self, part: Part) -> tuple[Part, Part]:
        """Return code that computes a value and keeps it, and code that says it again."""
        if part.number is not None:
            return part, part
        name = f"v{self._values}"
        self._values += 1
        keeping = ast.NamedExpr(ast.Name(name, ast.Store()), part.code)
        return replace(part, code=keeping), replace(part, code=_name(name))


_LITERALS: Final = (int, float, bool, str)


def _name(name: str) -> ast.expr:
    return ast.Name(name, ast.Load())


def _one_of(code: ast.expr, parts: Sequence[Part]) -> Part:
    return Part(
        code,
        max(part.bits for part in parts),
        any(part.truth for part in parts),
        any(part.odd for part in parts),
    )


def function_name(func: ast.expr, known: Mapping[str, Any], call: ast.expr) -> str:
    """Return the name of the function that is called.

    Raises:
        ReadError: it is none that is known.

    """
    match func:
        case ast.Name(id=name) if name in BUILTINS and name not in known:
            return name
        case ast.Attribute(value=ast.Name(id=module), attr=name) if (
            module in MODULES and module not in known and name in _FUNCTIONS
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


# --- what looks at its operands -------------------------------------------------------------------


def _operand(value: Any) -> Any:
    """Return what takes part in arithmetic; Python itself says what None and texts cannot."""
    if value is None or isinstance(value, int | float | str):
        return value
    raise ReadError("arithmetic needs numbers", got=repr(value)[:60])


def bounded(value: Any) -> Any:
    """Return a value that is no integer of more bits than are computed."""
    if isinstance(value, int) and value.bit_length() > MOST_BITS:
        raise _too_many_bits()
    return value


def combined(operation: type[ast.operator], a: Any, b: Any) -> Any:
    """Compute with two of Python's values that may be anything.

    Args:
        operation: a key of ``BINARY``.
        a: the left operand.
        b: the right operand.

    Raises:
        ReadError: an integer so large that computing it might never end, no real number, or a text
            that becomes another.
        ArithmeticError, TypeError: what Python raises.

    """
    if (isinstance(a, str) or isinstance(b, str)) and _makes_text(operation, a, b):
        text = a if isinstance(a, str) else b
        raise ReadError("arithmetic needs numbers", got=repr(text)[:60])
    if operation is ast.Pow:
        return _power(a, b)
    return bounded(BINARY[operation](a, b))


def _makes_text(operation: type[ast.operator], a: Any, b: Any) -> bool:
    """Whether Python makes a text of a text and something else, rather than raise TypeError."""
    if operation is ast.Mult:
        return isinstance(a, int) or isinstance(b, int)
    formatted = operation is ast.Mod
    return isinstance(a, str) and (formatted or (operation is ast.Add and isinstance(b, str)))


def _too_many_bits() -> ReadError:
    return ReadError("an integer is too large to compute", required=f"at most {MOST_BITS} bits")


def _power(base: Any, exponent: Any) -> Any:
    whole = isinstance(base, int) and isinstance(exponent, int)
    if whole and abs(base) > 1 and exponent * (int(base).bit_length() - 1) > MOST_BITS:
        raise _too_many_bits()
    value = base**exponent
    if isinstance(value, complex):
        raise ReadError("a power came out complex", got=f"({base})**({exponent})")
    return value


# --- where Python cannot look at the argument -----------------------------------------------------


class Traced(Arithmetic):
    """Compiles an expression to the functions of a namespace, for arguments nobody can look at.

    The function takes the variable, an integer or an array of them, and the namespace: arithmetic
    operators and NumPy's functions under their names. Integers stay integers up to 31 bits, as
    ``%`` and ``//`` need them, and are floats beyond, the variable being below 2**30. All branches
    are computed; where Python would raise, the value is what IEEE arithmetic says.
    """

    arguments = ("t", "xp")
    bits = 30

    def part(self, node: ast.expr, depth: int = 0) -> Part:
        """Return the code of a node; what does not vary is computed at once."""
        if self.variable is None or mentions(node, self.variable):
            return super().part(node, depth)
        try:
            value = Arithmetic(self.known).value(node)
        except (ArithmeticError, LookupError, TypeError, ValueError):
            value = math.nan
        return self.literal(value)

    def literal(self, value: Any) -> Part:
        """Return a number, a float where an integer has too many bits."""
        part = super().literal(value)
        if part.odd:
            raise ReadError("arithmetic needs numbers", got=repr(value)[:60])
        return self.literal(_as_float(value)) if part.bits > 31 else part

    def of(self, name: str, *parts: Part) -> ast.expr:
        """Return the call of one of the namespace's functions."""
        function = ast.Attribute(_name("xp"), name, ast.Load())
        return ast.Call(function, [part.code for part in parts], [])

    def real(self, part: Part) -> Part:
        """Return an integer as a float."""
        part = self.operand(part)
        if not part.bits:
            return part
        if part.number is not None:
            return self.literal(_as_float(part.number))
        return Part(ast.BinOp(part.code, ast.Mult(), ast.Constant(1.0)))

    def operand(self, part: Part) -> Part:
        """Return a number; the sum of two bools is none."""
        if not part.truth:
            return part
        return Part(ast.BinOp(part.code, ast.Mult(), ast.Constant(1)), 1)

    def result(self, part: Part) -> Part:
        """Return a float."""
        return self.real(part)

    def negation(self, part: Part) -> Part:
        """Return whether something is zero."""
        return Part(ast.Compare(part.code, [ast.Eq()], [ast.Constant(0)]), 1, truth=True)

    def binary(self, op: ast.operator, a: Part, b: Part) -> Part:
        """Return an operation of integers as long as they are small, else one of floats."""
        if isinstance(op, ast.Pow):
            return Part(self.of("power", self.real(a), self.real(b)))
        a, b = self.operand(a), self.operand(b)
        bits, _ = self._growth(op, a, b)
        by_zero = isinstance(op, ast.FloorDiv | ast.Mod) and not b.number
        if bits > 31 or by_zero:
            a, b, bits = self.real(a), self.real(b), 0
        return Part(ast.BinOp(a.code, op, b.code), bits)

    def comparison(self, ops: Sequence[ast.cmpop], parts: Sequence[Part]) -> Part:
        """Return whether numbers compare, each with the next."""
        sides = [self.operand(part).code for part in parts]
        each: list[ast.expr] = [
            ast.Compare(a, [op], [b]) for a, op, b in zip(sides, ops, sides[1:], strict=False)
        ]
        every = reduce(lambda a, b: ast.BinOp(a, ast.BitAnd(), b), each)
        return Part(every, 1, truth=True)

    def boolean(self, op: ast.boolop, parts: Sequence[Part]) -> Part:
        """Return one value after another, until one decides."""
        *others, last = parts
        for part in reversed(others):
            test, again = self._kept(part)
            yes, no = (last, again) if isinstance(op, ast.And) else (again, last)
            last = self.choice(test, yes, no)
        return last

    def choice(self, test: Part, yes: Part, no: Part) -> Part:
        """Return one value or another, both of which are computed."""
        if test.number is not None:
            return yes if test.number else no
        yes, no = self.operand(yes), self.operand(no)
        if not (yes.bits and no.bits):
            yes, no = self.real(yes), self.real(no)
        return Part(self.of("where", test, yes, no), max(yes.bits, no.bits))

    def lookup(self, numbers: tuple[float, ...], place: Part) -> Part:
        """Return one of several numbers, counted from the end below zero, NaN where there is none.

        The place may be a float by now, so that it is found among those there are.
        """
        count = len(numbers)
        padded = tuple(map(_as_float, (math.nan, *numbers, *numbers, math.nan)))
        ends = tuple(range(-count, count + 1))
        found = self.of("searchsorted", Part(self.bound(ends)), self.operand(place))
        return Part(self.of("take", Part(self.bound(padded)), Part(found)))

    def call(self, name: str, parts: Sequence[Part]) -> Part:
        """Return what a function of Python's is in the namespace."""
        if name in ("min", "max") and len(parts) > 1:
            return super().call(name, parts)
        if name == "abs" and len(parts) == 1:
            part = self.operand(parts[0])
            return Part(self.called(abs, part), part.bits)
        reals = list(map(self.real, parts))
        match name, reals:
            case "float", [part]:
                return part
            case "int", [part]:
                return Part(self.of("trunc", part))
            case "pow", [base, exponent]:
                return Part(self.of("power", base, exponent))
            case "log", [part, base]:
                logarithms = (self.of("log", part), self.of("log", base))
                return Part(ast.BinOp(logarithms[0], ast.Div(), logarithms[1]))
            case _, [part] if name in _FUNCTIONS and name != "pow":
                return Part(self.of(name, part))
        raise ReadError(f"{name} takes no {len(parts)} numbers")


def _as_float(value: float) -> float:
    """Return an integer as a float, infinite beyond the floats."""
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, value)
