"""What Python's functions and methods come to, given values that are known."""

from __future__ import annotations

import bisect
import math
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from isorate.reading import arrays
from isorate.reading.arrays import Array
from isorate.reading.values import PLAIN, Dict, List, Passing, Unknown
from isorate.schedule import arithmetic
from isorate.schedule.arithmetic import bounded, power, product
from isorate.schedule.errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

#: More items than this nothing has that a text computes.
MOST_ITEMS: Final = 10**6
#: A float has fewer digits.
MOST_DIGITS: Final = 400
#: No text that is computed is longer.
LONGEST_TEXT: Final = 10**5
SEQUENCES: Final = (list, tuple, range, str, set, dict, Array)


def items_of(value: Any) -> list[Any]:
    """Return what one comes across in going through a value.

    Raises:
        TypeError: one cannot go through it.
        ReadError: there is too much of it.

    """
    if not isinstance(value, SEQUENCES):
        raise TypeError(f"{type(value).__name__} has no items")
    if isinstance(value, range):  # whose length may be too large for Python's len
        value = value[: MOST_ITEMS + 1]
    if len(value) > MOST_ITEMS:
        raise ReadError("a list is too long", required=f"at most {MOST_ITEMS} items")
    if isinstance(value, Passing):
        if value.lost is not None:
            raise TypeError("nobody knows what is left of it")
        value.lost = Unknown("", "what is gone through once already")
    return list(value)


def _number(text: Any = 0, *base: Any) -> int:
    if isinstance(text, str) and len(text) > 1000:
        raise ValueError("the digits of an integer are too many")
    return bounded(int(text, *base))  # type: ignore[no-any-return]


def _sum(items: Any, start: Any = 0) -> Any:
    total = start
    for item in items_of(items):
        total = binary_add(total, item)
    return total


def _text(value: Any = "") -> str:
    if not isinstance(value, PLAIN):
        raise TypeError("its text is not known")
    return str(value)


def _round(value: Any, digits: Any = None) -> Any:
    if digits is not None and not -MOST_DIGITS < digits < MOST_DIGITS:
        raise ValueError("it is rounded to too many digits")
    return round(value) if digits is None else round(value, digits)


def _set(items: Any = ()) -> set[Any]:
    return set(items_of(items))


def _dict(items: Any = (), **named: Any) -> Dict:
    return Dict({**dict(items if isinstance(items, dict) else items_of(items)), **named})


def _zip(*several: Any, strict: bool = False) -> List:
    return Passing(zip(*map(items_of, several), strict=strict))


#: Python's own functions; those that take functions stand where functions are called.
FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "abs": abs,
    "all": lambda items: all(items_of(items)),
    "any": lambda items: any(items_of(items)),
    "bool": bool,
    "dict": _dict,
    "divmod": divmod,
    "enumerate": lambda items, start=0: Passing(enumerate(items_of(items), start)),
    "float": float,
    "frozenset": _set,
    "int": _number,
    "iter": lambda items: items if isinstance(items, Passing) else Passing(items_of(items)),
    "len": len,
    "list": lambda items=(): List(items_of(items)),
    "max": lambda *given: max(items_of(given[0]) if len(given) == 1 else given),
    "min": lambda *given: min(items_of(given[0]) if len(given) == 1 else given),
    "pow": power,
    "range": range,
    "reversed": lambda items: Passing(reversed(items_of(items))),
    "round": _round,
    "set": _set,
    "sorted": lambda items, reverse=False: List(sorted(items_of(items), reverse=reverse)),
    "str": _text,
    "sum": _sum,
    "tuple": lambda items=(): tuple(items_of(items)),
    "zip": _zip,
}
#: Python's names besides: some that are followed elsewhere, and some that nothing comes of.
OTHERS: Final = (
    *("getattr", "hasattr", "setattr", "delattr", "isinstance", "print", "map", "filter"),
    *("super", "type", "vars", "id", "repr", "callable", "globals", "locals", "exec", "eval"),
    *("object", "property", "staticmethod", "classmethod", "open", "input", "next", "format"),
    *("Exception", "ValueError", "TypeError", "KeyError", "RuntimeError", "NotImplementedError"),
    *("AssertionError", "ImportError", "KeyboardInterrupt", "StopIteration", "exit", "quit"),
)
MATH: Final[dict[str, Callable[..., Any]]] = {
    **arithmetic.FUNCTIONS,
    "isfinite": math.isfinite,
    "isinf": math.isinf,
    "isnan": math.isnan,
    "isclose": math.isclose,
    "gcd": math.gcd,
    "trunc": math.trunc,
    "fabs": math.fabs,
    "radians": math.radians,
    "atan": math.atan,
    "hypot": math.hypot,
    "erf": math.erf,
}
#: Modules of arithmetic: their functions.
MODULES: Final = {
    "math": MATH,
    "numpy": arrays.FUNCTIONS,
    "bisect": {
        "bisect": bisect.bisect_right,
        "bisect_right": bisect.bisect_right,
        "bisect_left": bisect.bisect_left,
    },
}
CONSTANTS: Final = {"pi": math.pi, "inf": math.inf, "nan": math.nan, "e": math.e, "tau": math.tau}

#: Methods that leave what they are called on as it is.
READING: Final = {
    Array: ("tolist", "copy", "astype", "flatten", "ravel", "reshape", "sum", "max", "min"),
    list: ("index", "count", "copy"),
    tuple: ("index", "count"),
    dict: ("get", "items", "keys", "values", "copy"),
    set: ("copy", "union", "difference", "intersection", "issubset", "issuperset"),
    str: ("split", "rsplit", "strip", "lstrip", "rstrip", "lower", "upper", "startswith",
          "endswith", "partition", "rpartition", "removeprefix", "removesuffix", "find",
          "isdigit", "title", "capitalize", "splitlines", "count"),
    float: ("is_integer", "item"),
    int: ("bit_length", "item"),
}  # fmt: skip
#: Methods that change what they are called on.
CHANGING: Final = {
    list: ("append", "extend", "insert", "pop", "remove", "sort", "reverse", "clear"),
    dict: ("update", "pop", "setdefault", "clear"),
    set: ("add", "discard", "remove", "update"),
}


def method(of: Any, name: str, given: list[Any], named: dict[str, Any]) -> Any:
    """Return what a method of a value comes to.

    Raises:
        LookupError: it is not known here.
        ArithmeticError, TypeError, ValueError: what Python raises.

    """
    kind = next((kind for kind in READING if isinstance(of, kind)), None)
    known = (*READING.get(kind, ()), *CHANGING.get(kind, ())) if kind else ()  # type: ignore[call-overload]
    if name not in known and not (isinstance(of, str) and name in ("join", "replace")):
        raise LookupError(name)
    if name == "item":
        return of
    if isinstance(of, str) and name == "replace" and len(of) > 1000:
        raise LookupError(name)
    if name == "join":
        given = [items_of(given[0])]
        _short((), sum(len(item) + len(of) for item in given[0]))
    if name == "sort" and "key" in named:
        raise LookupError(name)
    found = getattr(of, name)(*given, **named)
    if isinstance(found, str) and len(found) > LONGEST_TEXT:
        raise ReadError("a text is too long")
    if type(found) is list:  # another one is the text's own, which its holder still has
        return List(found)
    if type(found) is dict:
        return Dict(found)
    return List(found) if name in ("items", "keys", "values") else found


def changes(of: Any, name: str) -> bool:
    """Whether a method changes what it is called on."""
    return any(isinstance(of, kind) and name in names for kind, names in CHANGING.items())


def binary_add(a: Any, b: Any) -> Any:
    """Return a sum, or what is joined by ``+``."""
    if isinstance(a, list) and isinstance(b, list):
        return List(_short(chain(a, b), len(a) + len(b)))
    if isinstance(a, tuple | str) and type(a) is type(b):
        _short((), len(a) + len(b))
    return bounded(a + b)


def _short(items: Iterable[Any], length: int) -> Iterable[Any]:
    if length > MOST_ITEMS:
        raise ReadError("a list is too long", required=f"at most {MOST_ITEMS} items")
    return items


def binary_multiply(a: Any, b: Any) -> Any:
    """Return a product, or what is repeated by ``*``."""
    for one, times in ((a, b), (b, a)):
        if isinstance(one, list | tuple | str):
            if isinstance(times, int):
                _short((), len(one) * max(times, 0))
            repeated = one * times
            return List(repeated) if isinstance(one, list) else repeated
    return product(a, b)


def binary_modulo(a: Any, b: Any) -> Any:
    """Return a remainder; no text, which may have any length."""
    if isinstance(a, str):
        raise TypeError("its text is not known")
    return a % b


def shift(a: Any, b: Any) -> Any:
    """Return an integer shifted to the left."""
    if not isinstance(b, int) or b > arithmetic.MOST_BITS:
        raise ReadError("an integer is too large to compute")
    return bounded(a << b)
