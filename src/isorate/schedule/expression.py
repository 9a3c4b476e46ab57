"""Arithmetic in Python source: read from the syntax tree by a whitelist, never executed.

Two readers use it: constant arguments (``30 * 1000``) and lambdas of one argument
(``lambda t: 0.5 * (1 + math.cos(math.pi * t / 100))``).
"""

from __future__ import annotations

import ast
import math
import operator
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import msgspec

from isorate.schedule.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import numpy as np
    from numpy.typing import NDArray

#: Integers beyond this are no update, epoch or rate.
LARGEST_INTEGER: Final = 2**63
#: Integers of more bits are not computed on the way, either: they could take forever.
MOST_BITS: Final = 2**14
#: Longer tuples are no arithmetic but data.
LONGEST_TUPLE: Final = 1000
#: How many expressions are kept ready: a model has as many parameter groups, and each may have one.
KEPT: Final = 2048
#: Nested deeper than this, an expression is no arithmetic that a person wrote.
DEEPEST: Final = 100

Value = Any  # int, float, bool, str, None: whatever a literal can be

BINARY: Final[dict[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_UNARY: Final[dict[type[ast.unaryop], Callable[[Any], Any]]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
}
COMPARE: Final[dict[type[ast.cmpop], Callable[[Any, Any], bool]]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
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


class Expression(msgspec.Struct, frozen=True):
    """Pure arithmetic in one variable, kept as its source.

    Args:
        variable: the name of the argument.
        source: Python source of the value.

    Example:
        >>> Expression("t", "0.5 * (1 + math.cos(math.pi * min(t, 4) / 4))").function()(2)
        0.5

    """

    variable: str
    source: str

    def function(self) -> Callable[[int], Any]:
        """Return a function that computes the value at one integer."""
        return _computing(self.variable, self.source)

    def over(self, steps: NDArray[np.int64]) -> tuple[NDArray[np.float64], Exception | None]:
        """Return the value at each of many integers, and what ended them early, if anything.

        Every value is ``function()``'s own, to the bit, as a float64. Where that raises, the
        values end before it and the exception comes with them.

        Example:
            >>> import numpy as np
            >>> Expression("t", "0.5 ** t").over(np.arange(3))
            (array([1.  , 0.5 , 0.25]), None)

        """
        from isorate.schedule.bulk import over  # which needs NumPy

        return over(self, steps)

    def at(self, step: int) -> float:
        """Return the value at one integer, NaN where there is none."""
        try:
            return float(self.function()(step))
        except (ArithmeticError, LookupError, TypeError, ValueError, ReadError):
            return math.nan

    def at_all(self, steps: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the value at each of many integers, NaN where there is none."""
        from isorate.schedule.bulk import over_gaps

        return over_gaps(self, steps)

    @property
    def varies(self) -> bool:
        """Whether the variable is in it at all."""
        nodes = ast.walk(parse(self.source))
        return any(isinstance(node, ast.Name) and node.id == self.variable for node in nodes)

    @property
    def code(self) -> str:
        """The lambda, as Python source."""
        return f"lambda {self.variable}: {self.source}"


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


def parse_value(source: str) -> ast.expr:
    """Parse one Python expression, or the value of one assignment to a name.

    Raises:
        ReadError: the source is neither.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            body = ast.parse(source.strip()).body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return parse(source)  # which says what is wrong
    match body:
        case [ast.Assign(targets=[ast.Name() | ast.Attribute()], value=value)]:
            return value
        case _:
            return parse(source)


def constant(node: ast.expr, names: Mapping[str, Value]) -> Value:
    """Compute an expression without a variable; free names come from ``names``.

    Raises:
        ReadError: something other than arithmetic, a missing name, or a result out of bounds.

    """
    try:
        value = _compile(node, names, free=None)(0)
    except ReadError:
        raise
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise ReadError(f"cannot compute {shown(node)}", got=str(error)) from None
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        raise ReadError("an integer is too large", required="at most 2**63")
    return value


def value_of(node: ast.expr, names: Mapping[str, Value]) -> Value:
    """Compute a value: a number or a text as ``constant`` does, or a list, tuple or dict of values.

    Raises:
        ReadError: anything else, or a missing name.

    """
    match node:
        case ast.List(elts=items):
            return [value_of(item, names) for item in items]
        case ast.Tuple(elts=items):
            return tuple(value_of(item, names) for item in items)
        case ast.Dict(keys=keys, values=values) if None not in keys:
            pairs = zip(keys, values, strict=True)
            return {key_of(key, names): value_of(value, names) for key, value in pairs if key}
    return constant(node, names)


def key_of(node: ast.expr, names: Mapping[str, Value]) -> Value:
    """Compute the key of a dict: a number or a text.

    Raises:
        ReadError: anything else.

    """
    key = constant(node, names)
    if isinstance(key, int | float | str | None):
        return key
    raise ReadError(f"{shown(node)} is not a key", required="a number or a text")


def missing_names(node: ast.expr, names: Mapping[str, Value]) -> list[str]:
    """Return the names an expression uses that ``names`` does not have, in order.

    Raises:
        ReadError: the expression calls something that is not arithmetic, as ``len(loader)``.
    """
    for child in ast.walk(node):
        if isinstance(child, ast.Call):
            _function(child.func, names, child)
    free = dict.fromkeys(_free(node))
    return [n for n in free if n not in names and n not in BUILTINS and n not in MODULES]


def _free(node: ast.AST) -> Iterator[str]:
    """Visit the names in a tree; ``args.epochs`` is one, ``math.pi`` is none."""
    name = dotted(node) if isinstance(node, ast.Name | ast.Attribute) else None
    if name is None:
        for child in ast.iter_child_nodes(node):
            yield from _free(child)
    elif name.partition(".")[0] not in MODULES:
        yield name


def dotted(node: ast.AST) -> str | None:
    """Return ``a.b.c`` as text; none for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else None


def shown(node: ast.AST) -> str:
    """Return a node's source, shortened to fit a message."""
    source = ast.unparse(node)
    first = source.partition("\n")[0]
    return first if first == source and len(source) <= 60 else f"{first[:57]}..."


def number_node(value: Value) -> ast.expr:
    """Return a number as source that means it wherever it stands: ``-2`` is no literal."""
    if value != value:
        return ast.Attribute(ast.Name("math", ast.Load()), "nan", ast.Load())
    if value < 0 or (isinstance(value, float) and math.copysign(1, value) < 0):
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    return ast.Constant(value)


@lru_cache(maxsize=KEPT)
def _computing(variable: str, source: str) -> Callable[[int], Any]:
    return _compile(parse(source), {variable: None}, free=variable)


def _compile(
    node: ast.expr, names: Mapping[str, Value], *, free: str | None, depth: int = 0
) -> Callable[[Any], Any]:
    """Turn a whitelisted tree into nested closures over the variable ``free``."""
    if depth > DEEPEST:
        raise ReadError("the expression is nested too deeply")

    def sub(child: ast.expr) -> Callable[[Any], Any]:
        return _compile(child, names, free=free, depth=depth + 1)

    match node:
        case ast.Constant(value=value) if value is None or type(value) in (int, float, bool, str):
            _bounded(value)
            return lambda _: value
        case ast.Name(id=name) if name == free:
            return lambda t: t
        case ast.Name(id=name) if name in names:
            known = names[name]
            return lambda _: known
        case ast.Name(id=name):
            raise ReadError(f"the name {name!r} has no value", hint=f"give it: --set {name}=...")
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
            unary, inner = _UNARY[type(op)], sub(operand)
            return lambda t: unary(_operand(inner(t)))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in BINARY:
            binary, a, b = type(op), sub(left), sub(right)
            return lambda t: combined(binary, _operand(a(t)), _operand(b(t)))
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in COMPARE:
            compare, a, b = COMPARE[type(op)], sub(left), sub(right)
            return lambda t: compare(a(t), b(t))
        case ast.IfExp(test=test, body=body, orelse=orelse):
            condition, yes, no = sub(test), sub(body), sub(orelse)
            return lambda t: yes(t) if condition(t) else no(t)
        case ast.Subscript(value=ast.Tuple(elts=items), slice=place) if items:
            if len(items) > LONGEST_TUPLE:
                required = f"at most {LONGEST_TUPLE} numbers"
                raise ReadError("a tuple is too long", required=required, got=len(items))
            numbers, index = tuple(literal(item) for item in items), sub(place)
            return lambda t: numbers[_index(index(t))]
        case ast.Attribute(value=ast.Name(id=module), attr=name) if (
            module in MODULES and module not in names and name in _CONSTANTS
        ):
            value = _CONSTANTS[name]
            return lambda _: value
        case ast.Attribute() if dotted(node) in names:
            looked_up = names[str(dotted(node))]
            return lambda _: looked_up
        case ast.Call(func=ast.Name(id="float"), args=[ast.Constant(value=str(text))], keywords=[]):
            return _special_float(text)
        case ast.Call(func=func, args=args, keywords=[]) if args:
            function, inner_args = _function(func, names, node), [sub(arg) for arg in args]
            return lambda t: function(*(_operand(inner(t)) for inner in inner_args))
        case _:
            raise ReadError(f"{shown(node)} is not arithmetic", hint="nothing is ever executed")


def _function(func: ast.expr, names: Mapping[str, Value], call: ast.expr) -> Callable[..., Any]:
    match func:
        case ast.Name(id=name) if name in BUILTINS and name not in names:
            return BUILTINS[name]
        case ast.Attribute(value=ast.Name(id=module), attr=name) if (
            module in MODULES and module not in names and name in _FUNCTIONS
        ):
            return _FUNCTIONS[name]
        case _:
            hint = "nothing is ever executed; write its value, or a name and --set it"
            raise ReadError(f"{shown(call)} cannot be computed here", hint=hint)


def _special_float(text: str) -> Callable[[Any], Any]:
    value = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}.get(text.strip().lower())
    if value is None:
        raise ReadError(f"float({text!r}) is not a rate", required="'nan', 'inf' or '-inf'")
    return lambda _: value


def literal(node: ast.expr) -> int | float:
    """Return the number that an element of a tuple is: a literal, with a sign or without."""
    sign = -1 if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) else 1
    inner = node.operand if isinstance(node, ast.UnaryOp) and sign < 0 else node
    if isinstance(inner, ast.Constant) and type(inner.value) in (int, float):
        value: int | float = _bounded(inner.value)
        return sign * value
    raise ReadError(f"{shown(node)} is not a number", hint="a tuple holds numbers to choose from")


def _index(value: Value) -> int:
    return operator.index(value)  # or what a float raises, and a number of a framework's own


def _operand(value: Value) -> Any:
    """Return what takes part in arithmetic; Python itself says what None and texts cannot."""
    if value is None or isinstance(value, int | float | str):
        return value
    raise ReadError("arithmetic needs numbers", got=repr(value)[:60])


def _bounded(value: Value) -> Value:
    if isinstance(value, int) and value.bit_length() > MOST_BITS:
        raise _too_many_bits()
    return value


def combined(operation: type[ast.operator], a: Any, b: Any) -> Value:
    """Compute with two of Python's values; everything that a text computes goes through here.

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
    return _bounded(BINARY[operation](a, b))


def _makes_text(operation: type[ast.operator], a: Any, b: Any) -> bool:
    """Whether Python makes a text of a text and something else, rather than raise TypeError."""
    if operation is ast.Mult:
        return isinstance(a, int) or isinstance(b, int)
    formatted = operation is ast.Mod
    return isinstance(a, str) and (formatted or (operation is ast.Add and isinstance(b, str)))


def _too_many_bits() -> ReadError:
    return ReadError("an integer is too large to compute", required=f"at most {MOST_BITS} bits")


def _power(base: Any, exponent: Any) -> Value:
    whole = isinstance(base, int) and isinstance(exponent, int)
    if whole and abs(base) > 1 and exponent * (int(base).bit_length() - 1) > MOST_BITS:
        raise _too_many_bits()
    value = base**exponent
    if isinstance(value, complex):
        raise ReadError("a power came out complex", got=f"({base})**({exponent})")
    return value
