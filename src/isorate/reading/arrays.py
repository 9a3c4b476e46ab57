"""NumPy's arrays of one dimension: each is a function of the place, so that a long one is short.

What comes of one is NumPy's own, operation for operation, as Python computes it at each place. An
operation whose bits are not the C library's on every machine is none that is followed.
"""

from __future__ import annotations

import ast
import bisect
import math
import operator
import struct
from itertools import accumulate, groupby, pairwise
from typing import TYPE_CHECKING, Any, Final

from isorate.reading.values import PLAIN, Kept, List
from isorate.schedule import arithmetic
from isorate.schedule.arithmetic import power
from isorate.schedule.errors import ReadError
from isorate.schedule.expression import Expression
from isorate.schedule.syntax import Placing, number_node

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from isorate.reading.values import Unknown

#: The name of the place.
PLACE: Final = "k"
#: An array of more operations is no schedule.
MOST_NODES: Final = 5000
#: So many numbers, one after the other, are told as conditions; more of them as a list.
MOST_TOLD: Final = 20
#: What float64 is called, and what integers are.
FLOATS: Final = (float, "float", "float64", "double")
WHOLE: Final = (int, "int", "int32", "int64")
#: Functions whose values are the C library's, an array's as a number's.
ALIKE: Final = ("cos", "sin", "exp", "log", "log2", "log10", "sqrt")


def _operation(op: type[ast.operator]) -> tuple[Callable[..., Array], Callable[..., Array]]:
    """Return an operation of an array and something else, and of something else and an array."""
    return lambda a, b: _binary(op, a, b), lambda b, a: _binary(op, a, b)


def _comparison(op: type[ast.cmpop]) -> Callable[..., Array]:
    return lambda a, b: _each(lambda x, y: _compared(x, op, y), a, b)


class Array(Kept):
    """An array: its length, and an expression of the place.

    Args:
        length: how many items it has.
        formula: what the item at a place is.
        whole: whether all of them are integers.

    """

    def __init__(self, length: int, formula: ast.expr, *, whole: bool = False) -> None:
        self.length, self.formula, self.whole = length, formula, whole
        #: Those that share its items: what is written into one is written into all.
        self.kin: list[Array] = [self]
        #: Whether its numbers are rounded to float32: nothing is computed with those.
        self.single = False
        if sum(1 for _ in ast.walk(formula)) > MOST_NODES:
            raise ReadError("an array is too long", required=f"at most {MOST_NODES} operations")

    @property
    def lost(self) -> Unknown | None:
        return self._lost

    @lost.setter
    def lost(self, why: Unknown | None) -> None:
        for each in self.kin:
            each._lost, each.counted = why, False

    def __len__(self) -> int:
        return self.length

    def __bool__(self) -> bool:
        raise ValueError("the truth of an array is none")

    def __iter__(self) -> Iterator[Any]:
        return map(self._function(), range(self.length))

    def _function(self) -> Callable[[int], Any]:
        source = ast.unparse(ast.fix_missing_locations(self.formula))
        function = Expression(PLACE, source).function()
        return (lambda k: rounded(function(k))) if self.single else function

    def at(self, place: ast.expr) -> ast.expr:
        """Return what the item at a place is, the place being an expression."""
        if self.single:
            raise ReadError("an array of float32 is not followed as a function of the step")
        return put(place, self.formula)

    def __getitem__(self, place: Any) -> Any:
        if not isinstance(place, slice):
            return self._function()(range(self.length)[place])
        places = range(self.length)[place]
        index = _of(ast.Add, _of(ast.Mult, _PLACE, places.step), places.start)
        part = type(self)(len(places), put(index, self.formula), whole=self.whole)
        part.single = self.single
        if type(self) is Array:
            part.kin = self.kin
            self.kin.append(part)
        return part

    def __setitem__(self, place: Any, value: Any) -> None:
        places = range(self.length)[place if isinstance(place, slice) else slice(0)]
        value = array(value) if isinstance(value, list | tuple) else value
        fits = not isinstance(value, Array) or len(value) == len(places)
        if not isinstance(place, slice):
            at = range(self.length)[place]
            places = range(at, at + 1)
            fits = not isinstance(value, Array)
        if len(self.kin) > 1 or places.step != 1 or not fits or not self._holds(value):
            raise TypeError("what is written into an array is not followed")
        inner = _shifted(value.formula, places.start) if isinstance(value, Array) else value
        inside = ast.BoolOp(ast.And(), [
            _compared(_PLACE, ast.GtE, places.start), _compared(_PLACE, ast.Lt, places.stop)
        ])  # fmt: skip
        self.become(ast.IfExp(inside, _node(inner), self.formula))

    def _holds(self, value: Any) -> bool:
        """Whether its items can be such ones."""
        return not self.whole or _whole(value)

    def become(self, value: Any) -> None:
        """Take the items of another, all at once, or an expression for them."""
        formula = value.formula if isinstance(value, Array) else value
        alike = not isinstance(value, Array) or (len(value) == len(self) and self._holds(value))
        if len(self.kin) > 1 or not alike or not isinstance(formula, ast.expr):
            raise TypeError("what is written into an array is not followed")
        self.formula = Array(self.length, formula).formula

    # --- arithmetic ----------------------------------------------------------------------------

    def __neg__(self) -> Array:
        return _each(lambda x: ast.UnaryOp(ast.USub(), x), self, whole=self.whole)

    def __pos__(self) -> Array:
        return _each(lambda x: x, self, whole=self.whole)

    def __abs__(self) -> Array:
        return _each(lambda x: _called("abs", x), self, whole=self.whole)

    __add__, __radd__ = _operation(ast.Add)
    __sub__, __rsub__ = _operation(ast.Sub)
    __mul__, __rmul__ = _operation(ast.Mult)
    __truediv__, __rtruediv__ = _operation(ast.Div)
    __floordiv__ = _operation(ast.FloorDiv)[0]
    __mod__ = _operation(ast.Mod)[0]

    def __pow__(self, other: Any) -> Array:
        if isinstance(other, Array):
            return _binary(ast.Pow, self, other)
        if self.whole and _whole(other) and (other < 0 or other > 2):
            raise TypeError("a power of whole numbers is not followed")
        x = self.formula if self.whole and _whole(other) else _called("float", self.formula)
        short: dict[float, ast.expr] = {  # ways that NumPy goes, too
            0: number_node(1.0), 1: x, 2: _of(ast.Mult, x, x), 0.5: _math("sqrt", x),
            -1: _of(ast.Div, 1.0, x),
        }  # fmt: skip
        made = short.get(other) or _of(ast.Pow, x, other)
        return Array(self.length, made, whole=self.whole and _whole(other) and other > 0)

    def __rpow__(self, other: Any) -> Array:
        if self.whole and _whole(other):
            raise TypeError("a power of whole numbers is not followed")
        return _binary(ast.Pow, other, self)

    __lt__, __le__ = _comparison(ast.Lt), _comparison(ast.LtE)
    __gt__, __ge__ = _comparison(ast.Gt), _comparison(ast.GtE)

    def tolist(self) -> List:
        """Return its items."""
        return List(self)

    def copy(self) -> Array:
        """Return one of its own items."""
        return array(self)

    flatten = copy

    def ravel(self) -> Array:
        """Return it: it is of one dimension."""
        return self

    def reshape(self, *shape: Any) -> Array:
        """Return it in the one shape that it has."""
        if shape not in ((-1,), ((-1,),), (self.length,), ((self.length,),)):
            raise TypeError("an array of several dimensions is not followed")
        return self

    def astype(self, dtype: Any) -> Array:
        """Return one of other numbers."""
        return array(self, dtype)

    def sum(self) -> int:
        """Return how much its items come to."""
        return _summed(self)

    def max(self) -> Any:
        """Return the largest of its items."""
        return max(self)

    def min(self) -> Any:
        """Return the smallest of its items."""
        return min(self)


class LongList(Array):
    """A list that a comprehension makes, too long to be written out."""

    def __add__(self, other: Any) -> Array:
        return _joined([self, other], LongList)

    def __radd__(self, other: Any) -> Array:
        return _joined([other, self], LongList)

    def __mul__(self, other: Any) -> LongList:
        if type(other) is not int:
            raise TypeError("a list is repeated so many times")
        place = _of(ast.Mod, _PLACE, max(self.length, 1))
        return LongList(self.length * other, self.at(place), whole=self.whole)

    __rmul__ = __mul__

    def astype(self, dtype: Any) -> Array:
        raise TypeError("a list is no array")


_PLACE: Final = ast.Name(PLACE, ast.Load())


def put(place: ast.expr, formula: ast.expr, name: str = PLACE) -> ast.expr:
    """Return an expression of the place with another one in its stead."""
    return Placing({name: place}).visit(_copied(formula))  # type: ignore[no-any-return]


def _copied(node: ast.expr) -> ast.expr:
    return ast.parse(ast.unparse(ast.fix_missing_locations(node)), mode="eval").body


def _node(value: Any) -> ast.expr:
    """Return a number as an expression, or an array's."""
    if isinstance(value, Array) and value.single:
        raise TypeError("arithmetic in float32 is not followed")
    if isinstance(value, Array):
        return value.formula
    if isinstance(value, bool | int | float):
        return number_node(value)
    if isinstance(value, ast.expr):
        return value
    raise TypeError("an array is of numbers")


def _of(op: type[ast.operator], left: Any, right: Any) -> ast.expr:
    """Return an operation; what leaves integers as they are is left out."""
    if isinstance(right, int) and (right, op) in ((0, ast.Add), (1, ast.Mult)):
        return _node(left)
    return ast.BinOp(_node(left), op(), _node(right))


def _compared(left: ast.expr, op: type[ast.cmpop], right: Any) -> ast.expr:
    return ast.Compare(left, [op()], [_node(right)])


def _called(name: str, *given: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(name, ast.Load()), list(given), [])


def _math(name: str, *given: ast.expr) -> ast.expr:
    return ast.Call(ast.Attribute(ast.Name("math", ast.Load()), name, ast.Load()), list(given), [])


def _shifted(formula: ast.expr, start: int) -> ast.expr:
    """Return an expression of the place for one that begins later."""
    return put(ast.BinOp(_PLACE, ast.Sub(), ast.Constant(start)), formula) if start else formula


def _whole(value: Any) -> bool:
    return value.whole if isinstance(value, Array) else isinstance(value, int)


def _each(made: Callable[..., ast.expr], *given: Any, whole: bool = False) -> Array:
    """Return what comes of each item, or of each with those in the same places."""
    arrays = [array(v) if isinstance(v, list | tuple) else v for v in given]
    lengths = {len(each) for each in arrays if isinstance(each, Array)}
    if len(lengths) != 1:
        raise ValueError("the arrays are not of one length")
    return Array(lengths.pop(), made(*map(_node, arrays)), whole=whole)


def _binary(op: type[ast.operator], a: Any, b: Any) -> Array:
    if isinstance(a, LongList) or isinstance(b, LongList):
        raise TypeError("a list is no array")
    whole = _whole(a) and _whole(b) and op is not ast.Div
    return _each(lambda x, y: ast.BinOp(x, op(), y), a, b, whole=whole)


# --- functions ------------------------------------------------------------------------------------


def listed(numbers: Sequence[float], place: ast.expr) -> ast.expr:
    """Return the number at a place as an expression of it; before the first, the first holds."""
    runs = [(number, len([*same])) for number, same in groupby(numbers, lambda x: (type(x), x))]
    if len(runs) > MOST_TOLD or not runs:
        items = ast.Tuple([number_node(number) for number in numbers], ast.Load())
        if len(numbers) > arithmetic.LONGEST_TUPLE or not runs:
            raise TypeError(f"{len(numbers)} numbers are none that are followed")
        return ast.Subscript(items, place, ast.Load())
    end, conditions = 0, []
    for (_, number), often in runs[:-1]:
        end += often
        conditions.append((_compared(place, ast.Lt, end), number_node(number)))
    found: ast.expr = number_node(runs[-1][0][1])
    for test, node in reversed(conditions):
        found = ast.IfExp(test, node, found)
    return found


def array(items: Any, dtype: Any = None) -> Array:
    """Return an array of some items: ``numpy.array``."""
    if dtype not in (None, *FLOATS, *WHOLE, "float32"):
        raise TypeError("its numbers are neither integers nor float64 nor float32")
    if isinstance(items, range):
        start, step = items.start, items.step
        formula = _of(ast.Add, _of(ast.Mult, _PLACE, step), start)
        items = Array(len(items), formula, whole=True)
    if not isinstance(items, Array):
        if not isinstance(items, list | tuple):
            raise TypeError("an array is made of a list")
        numbers = [v for v in items if type(v) in (int, float)]
        if len(numbers) < len(items):
            raise TypeError("an array is of numbers")
        whole = bool(numbers) and all(type(v) is int for v in numbers)
        numbers = numbers if whole else [float(v) for v in numbers]
        formula = listed(numbers, _PLACE) if numbers else number_node(0.0)
        items = Array(len(numbers), formula, whole=whole)
    if dtype in WHOLE:
        if not items.whole:
            raise TypeError("numbers cut off to integers are not followed")
        dtype = None
    single, whole = dtype == "float32" or (items.single and dtype is None), items.whole
    formula = _called("float", items.formula) if dtype is not None and whole else items.formula
    if items.single and not single:
        raise TypeError("what is rounded to float32 stays so")
    found = Array(len(items), formula, whole=whole and dtype is None)
    found.single = single
    return found


def rounded(value: float) -> float:
    """Return a number rounded to float32."""
    return float(struct.unpack("f", struct.pack("f", value))[0])


def _linspace(
    start: Any, stop: Any, num: Any = 50, endpoint: Any = True, *, dtype: Any = None
) -> Array:
    count, start, stop = operator.index(num), start * 1.0, stop * 1.0
    if count < 0 or type(start) is not float or type(stop) is not float:
        raise ValueError("it is no such range")
    parts, delta = count - 1 if endpoint else count, stop - start
    step = delta / parts if parts > 0 else 0.0
    turned: Any = _of(ast.Mult, _PLACE, step)
    if step == 0:
        turned = _of(ast.Mult, _of(ast.Div, _PLACE, float(parts)) if parts > 0 else _PLACE, delta)
    formula: ast.expr = ast.BinOp(turned, ast.Add(), number_node(start))
    if endpoint and count > 1:
        formula = ast.IfExp(_compared(_PLACE, ast.Lt, count - 1), formula, number_node(stop))
    return array(Array(count, formula), dtype)


def _arange(*given: Any, dtype: Any = None) -> Array:
    start, stop, step = (0, *given, 1) if len(given) == 1 else (*given, 1)[:3]
    if all(type(each) is int for each in (start, stop, step)):
        return array(range(start, stop, step), dtype)
    if dtype not in (None, *FLOATS):
        raise TypeError("its items are rounded in a way that is not followed")
    count, second = max(math.ceil((stop - start) / step), 0), start + step
    delta = second - start
    if count > 1 and start + delta != second:
        raise TypeError("its second item is rounded otherwise")
    return Array(count, _of(ast.Add, _of(ast.Mult, _PLACE, float(delta)), float(start)))


def _full(shape: Any, value: Any, dtype: Any = None) -> Array:
    shape = shape[0] if isinstance(shape, tuple | list) and len(shape) == 1 else shape
    value = int(value) if dtype in WHOLE and value in (0, 1) else value
    return array(Array(operator.index(shape), _node(value), whole=_whole(value)), dtype)


def _joined(parts: Any, kind: type[Array] = Array) -> Array:
    arrays = [array(part) if not isinstance(part, Array) else part for part in parts]
    held = [part for part in arrays if len(part)] or arrays[:1]
    whole = all(part.whole for part in arrays)
    if any(part.single for part in arrays):
        raise TypeError("arrays of float32 are not joined")
    *firsts, last = held
    starts = [0]
    for part in firsts:
        starts.append(starts[-1] + len(part))
    found = _shifted(last.formula, starts[-1])
    for part, start, end in reversed([*zip(firsts, starts, starts[1:], strict=False)]):
        found = ast.IfExp(_compared(_PLACE, ast.Lt, end), _shifted(part.formula, start), found)
    return kind(starts[-1] + len(last), found, whole=whole)


def _repeated(items: Any, times: Any, *, each: bool) -> Array:
    items, times = array(items), operator.index(times)
    by = ast.FloorDiv if each else ast.Mod
    place = _of(by, _PLACE, times if each else max(len(items), 1))
    return Array(len(items) * times, items.at(place), whole=items.whole)


def interpolated(x: Any, places: Any, values: Any) -> Any:
    """Return the value at a place between others, or an expression of it: ``numpy.interp``."""
    places = [*map(float, places)]
    values = [each if isinstance(each, ast.expr) else float(each) for each in values]
    if len(places) != len(values) or not places or any(b < a for a, b in pairwise(places)):
        raise ValueError("the places do not increase")
    if isinstance(x, list | tuple | range | Array):
        given = array(x)
        return Array(len(given), interpolated(given.formula, places, values))
    if isinstance(x, ast.expr):
        found = _node(values[-1])
        lines = [*zip(pairwise(places), pairwise(values), strict=True)]
        for (at, end), (one, other) in reversed(lines):
            if end > at:
                if isinstance(one, ast.expr) or isinstance(other, ast.expr):
                    rise = ast.BinOp(_node(other), ast.Sub(), _node(one))
                    slope: Any = ast.BinOp(rise, ast.Div(), number_node(end - at))
                else:
                    slope = number_node((other - one) / (end - at))
                line = ast.BinOp(slope, ast.Mult(), ast.BinOp(x, ast.Sub(), number_node(at)))
                line = ast.BinOp(line, ast.Add(), _node(one))
                found = ast.IfExp(_compared(x, ast.Lt, end), line, found)
        return ast.IfExp(_compared(x, ast.Lt, places[0]), _node(values[0]), found)
    return Array(1, interpolated(number_node(x), places, values))[0]


def _alike(name: str) -> Callable[[Any], Any]:
    """Return a function of NumPy's that takes a number or an array."""
    of_number = arithmetic.FUNCTIONS[name]

    def function(x: Any) -> Any:
        return _each(lambda v: _math(name, v), x) if _is_array(x) else of_number(x)

    return function


def _rounded(name: str) -> Callable[[Any], Any]:
    of_number: Any = getattr(math, name)

    def function(x: Any) -> Any:
        if not _is_array(x):
            return float(of_number(x))
        return _each(lambda v: _called("float", _math(name, v)), x)

    return function


def _extreme(name: str) -> Callable[[Any, Any], Any]:
    of_numbers = arithmetic.BUILTINS[name]

    def function(x: Any, y: Any) -> Any:
        if not _is_array(x) and not _is_array(y):
            return of_numbers(x, y)
        return _each(lambda a, b: _called(name, a, b), x, y, whole=_whole(x) and _whole(y))

    return function


def of_numbers(value: Any) -> bool:
    """Whether all items of a value are numbers or text: no change of one changes it."""
    return isinstance(value, Array) or all(isinstance(item, PLAIN) for item in value)


def _is_array(value: Any) -> bool:
    return isinstance(value, Array | list | tuple)


def _where(test: Any, yes: Any, no: Any) -> Any:
    if isinstance(test, bool) and not _is_array(yes) and not _is_array(no):
        return yes if test else no
    return _each(
        lambda t, a, b: ast.IfExp(t, a, b), test, yes, no, whole=_whole(yes) and _whole(no)
    )


def _logspace(start: Any, stop: Any, num: Any = 50, endpoint: Any = True, base: Any = 10.0) -> Any:
    return float(base) ** _linspace(start, stop, num, endpoint)


def _geomspace(start: Any, stop: Any, num: Any = 50, endpoint: Any = True) -> Array:
    if not (start > 0 and stop > 0):
        raise TypeError("what it goes through is followed between numbers above 0")
    found = _logspace(math.log10(start), math.log10(stop), num, endpoint)
    ends = {0: start, len(found) - 1: stop if endpoint else found[-1]}
    for place, end in ends.items():
        found[place] = float(end)
    return found  # type: ignore[no-any-return]


def _summed(of: Any) -> int:
    if not all(isinstance(item, int) for item in of):
        raise TypeError("floats are added in an order that is not followed")
    return sum(of)


def _accumulated(function: Callable[[Any, Any], Any]) -> Callable[[Any], Array]:
    return lambda of: array([*accumulate(array(of), function)])


def _of_items(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a function of one value, or of as many as there are."""
    return lambda of: function([*of] if _is_array(of) else [of])


def _decimals(x: Any, decimals: Any = 0) -> Any:
    if not 0 <= operator.index(decimals) < MOST_TOLD:
        raise TypeError("so many digits are not followed")
    if _is_array(x):
        return array([_decimals(item, decimals) for item in x])
    return x if isinstance(x, int) else float(round(x * 10.0**decimals)) / 10.0**decimals


def _clip(x: Any, a_min: Any = None, a_max: Any = None, **named: Any) -> Any:
    low, high = named.pop("min", a_min), named.pop("max", a_max)
    found = x if low is None else _LARGER(x, low)
    return found if high is None else _SMALLER(found, high)


def searched(several: Any, at: Any, side: str = "left") -> int:
    """Return where a number would stand in a sorted list: ``numpy.searchsorted``."""
    listed = [*several]
    if listed != sorted(listed) or _is_array(at) or side not in ("left", "right"):
        raise TypeError("it is no number in a sorted list")
    return (bisect.bisect_left if side == "left" else bisect.bisect_right)(listed, at)


def _tanh(x: Any) -> Any:
    if _is_array(x):
        raise TypeError("NumPy's tanh of an array has bits of its own")
    return math.tanh(x)


_LARGER, _SMALLER = _extreme("max"), _extreme("min")
#: Functions of NumPy's that take numbers or arrays, by their names.
FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    **arithmetic.FUNCTIONS,
    **{name: _alike(name) for name in ALIKE},
    "tanh": _tanh,
    "abs": abs,
    "ceil": _rounded("ceil"),
    "floor": _rounded("floor"),
    "maximum": _LARGER,
    "minimum": _SMALLER,
    "clip": _clip,
    "around": _decimals,
    "round": _decimals,
    "max": _of_items(max),
    "amax": _of_items(max),
    "min": _of_items(min),
    "amin": _of_items(min),
    "sum": _summed,
    "count_nonzero": _of_items(lambda items: sum(item != 0 for item in items)),
    "cumsum": _accumulated(operator.add),
    "cumprod": _accumulated(operator.mul),
    "searchsorted": searched,
    "digitize": lambda x, bins, right=False: searched(bins, x, "left" if right else "right"),
    "power": power,
    "float64": float,
    "array": array,
    "asarray": array,
    "linspace": _linspace,
    "logspace": _logspace,
    "geomspace": _geomspace,
    "arange": _arange,
    "zeros": lambda shape, dtype=None: _full(shape, 0.0, dtype),
    "ones": lambda shape, dtype=None: _full(shape, 1.0, dtype),
    "full": _full,
    "zeros_like": lambda of: _full(len(of), 0 if array(of).whole else 0.0),
    "ones_like": lambda of: _full(len(of), 1 if array(of).whole else 1.0),
    "concatenate": _joined,
    "hstack": _joined,
    "append": lambda one, other: _joined([one, other if _is_array(other) else [other]]),
    "flip": lambda of: array(of)[::-1],
    "tile": lambda of, times: _repeated(of, times, each=False),
    "repeat": lambda of, times: _repeated(of if _is_array(of) else [of], times, each=True),
    "where": _where,
    "interp": interpolated,
}
