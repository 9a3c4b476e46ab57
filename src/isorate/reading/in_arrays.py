"""Functions of frameworks' arrays in a function of the step, as ``xp``'s."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, Final

from isorate.kit import registry
from isorate.kit.float32 import single
from isorate.reading.arrays import Array
from isorate.reading.builtin import CONSTANTS
from isorate.reading.values import Schedule, Unknown
from isorate.schedule.arithmetic import of_xp
from isorate.schedule.errors import ReadError
from isorate.schedule.syntax import shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from isorate.kit.call import Call
    from isorate.reading.schedules import Schedules

#: Those of one array, and of which of ``xp`` each is.
ALONE: Final = {
    **{name: name for name in ("cos", "sin", "exp", "sqrt", "rsqrt", "log", "log2", "log10", "tanh",
                               "floor", "ceil")},
    "to_float": "float32", "float32": "float32",
}  # fmt: skip
TWO: Final = ("minimum", "maximum")
#: Those that operators stand for, too.
OPERATORS: Final[dict[str, ast.operator]] = {
    "add": ast.Add(), "subtract": ast.Sub(), "sub": ast.Sub(), "multiply": ast.Mult(),
    "mul": ast.Mult(), "divide": ast.Div(), "true_divide": ast.Div(), "pow": ast.Pow(),
    "power": ast.Pow(), "mod": ast.Mod(), "floormod": ast.Mod(), "floor_divide": ast.FloorDiv(),
    "floordiv": ast.FloorDiv(), "realdiv": ast.Div(),
}  # fmt: skip
#: Operators between comparisons.
BOTH: Final[dict[type[ast.operator], str]] = {
    ast.BitAnd: "logical_and", ast.BitOr: "logical_or",
}  # fmt: skip
COMPARISONS: Final[dict[str, ast.cmpop]] = {
    "less": ast.Lt(), "less_equal": ast.LtE(), "greater": ast.Gt(), "greater_equal": ast.GtE(),
    "equal": ast.Eq(), "not_equal": ast.NotEq(),
}  # fmt: skip
#: Operations that are objects, and called as such, by the names of functions.
OBJECTS: Final = (*COMPARISONS, "logical_and", "logical_or", "logical_not")
#: Those that make an array of what they are given, perhaps of a dtype that they are told.
MAKING: Final = ("cast", "asarray", "array", "convert_to_tensor", "constant", "astype", "Tensor",
                 "convert_element_type", "tensor")  # fmt: skip
#: Of those, what a Python float is an array of float32 in, and no number of Python's any more.
STRONG: Final = ("array", "constant", "convert_to_tensor", "tensor")
#: Those that only tell of a value.
TELLING: Final = ("print", "scalar", "scalarsummary", "scalar_summary")
LIMITS: Final = ("clip", "clip_by_value", "clamp")
#: What the arguments of some are called, in their order.
CALLED: Final = {
    **dict.fromkeys(("where", "select"), ("condition pred", "x on_true", "y on_false")),
    **dict.fromkeys(LIMITS, ("x a t arr", "a_min min clip_value_min x_min",
                             "a_max max clip_value_max x_max")),
    "cond": ("pred", "true_fn true_fun", "false_fn false_fun"),
}  # fmt: skip


def called(function: Any, node: ast.Call, visit: Callable[[ast.expr], ast.expr]) -> ast.expr | None:
    """Return what a function of a framework's arrays is of ``xp``; none where it is none.

    Raises:
        ReadError: it is one that is not followed.

    """
    last, given = _called(function), list(node.args)
    if last is None:
        return None
    named = {str(k.arg): k.value for k in node.keywords if k.arg != "name"}
    if last in MAKING and given:
        return made(given[0], [*given[1:], *named.values()], visit, strong=last in STRONG)
    order = CALLED.get(last, ())
    given += [ast.Constant(None)] * (len(order) - len(given))
    for place, titles in enumerate(order):
        for title in {*named}.intersection(titles.split()):
            given[place] = named.pop(title)
    least = 1 if last in LIMITS else len(order)
    if named or any(
        isinstance(each, ast.Constant) and each.value is None for each in given[:least]
    ):
        raise ReadError(f"{shown(node)} is not followed in a function of the step")
    if last == "cond":
        test, *branches = given[:3]
        return of_xp("where", visit(test), *(branch(each, given[3:], visit) for each in branches))
    if last in LIMITS:
        return limited(given, visit)
    parts = list(map(visit, given))
    match last, parts:
        case _, [one] if last in ALONE:
            return of_xp(ALONE[last], one)
        case _, [a, b] if last in TWO:
            return of_xp(last, a, b)
        case _, [a, b] if last in OPERATORS:
            return ast.BinOp(a, OPERATORS[last], b)
        case _, [a, b] if last in COMPARISONS:
            return ast.Compare(a, [COMPARISONS[last]], [b])
        case (("where" | "select"), [test, yes, no]):
            return of_xp("where", test, yes, no)
        case (("logical_and" | "logical_or" | "logical_not"), _):
            return truth(last, parts)
        case (("abs" | "absolute"), [one]):
            return ast.Call(ast.Name("abs", ast.Load()), [one], [])
        case "square", [one]:
            return ast.BinOp(one, ast.Pow(), ast.Constant(2))
    raise ReadError(f"{shown(node)} is not followed in a function of the step")


def _called(function: Any) -> str | None:
    """Return the name of a framework's function of arrays, or of one that is an object there."""
    if not isinstance(function, Unknown):
        return None
    if function.name is not None:
        return function.name.last if registry.of_arrays(function.name.origin) else None
    origin, given, named = function.made or ("", [None], {})
    if given or named or not registry.of_arrays(origin):
        return None
    title = origin.rpartition(".")[2].lower()
    return next((name for name in OBJECTS if name.replace("_", "") == title), title)


def tells(function: Any) -> bool:
    """Whether a framework's function only tells of what it is given."""
    return _called(function) in TELLING


def limited(given: list[ast.expr], visit: Callable[[ast.expr], ast.expr]) -> ast.expr:
    """Return a value between two limits, of which one may be none."""
    found, *limits = map(visit, given)
    for name, limit in zip(("maximum", "minimum"), limits, strict=True):
        if not (isinstance(limit, ast.Constant) and limit.value is None):
            found = of_xp(name, found, limit)
    return found


def truth(name: str, parts: list[ast.expr]) -> ast.expr:
    """Return where both of two hold, or one of them, or where something does not."""
    yes, no = ast.Constant(True), ast.Constant(False)
    match name, parts:
        case "logical_and", [a, b]:
            return of_xp("where", a, b, no)
        case "logical_or", [a, b]:
            return of_xp("where", a, yes, b)
        case _, [a]:
            return of_xp("where", a, no, yes)
    raise ReadError(f"{name} of {len(parts)} is not followed in a function of the step")


def branch(
    function: ast.expr, given: list[ast.expr], visit: Callable[[ast.expr], ast.expr]
) -> ast.expr:
    """Return what one of two functions computes, of which a condition chooses one."""
    if isinstance(function, ast.Lambda) and not (given or ast.unparse(function.args)):
        return visit(function.body)
    return visit(ast.Call(function, given, []))


def asked(schedule: Schedule, node: ast.Call, others: list[Call]) -> ast.expr:
    """Return the number of a schedule that is called with a count, among those that are.

    Raises:
        ReadError: it is none that says a rate of a count.

    """
    call = schedule.call
    of_counts = (
        call is not None and call.card.clock == "update" and callable(getattr(call, "rates", 0))
    )
    if call is None or not of_counts or len(node.args) != 1 or node.keywords:
        raise ReadError(f"{shown(node)} is not followed in a function of the step")
    if call not in others:
        others.append(call)
    return ast.Constant(others.index(call))


def constant(value: Any) -> float | None:
    """Return the number that a framework's array is made of, or one of its names stands for.

    None where it is none: an array of integers is not followed.
    """
    if isinstance(value, Array) and len(value) == 1 and value.lost is None:
        return float(single(value[0])) if value.single else None
    if not isinstance(value, Unknown):
        return None
    name = value.name
    if name is not None and registry.of_arrays(name.origin):
        return CONSTANTS.get(name.last)
    origin, given, named = value.made or ("", [], {})
    if origin.rpartition(".")[2] not in MAKING or not registry.of_arrays(origin) or not given:
        return None
    first, *dtype = [*given, *named.values()]
    if isinstance(first, Array) and not dtype:
        return constant(first)
    said = [each if isinstance(each, str) else getattr(each, "source", "") for each in dtype]
    real = any("float" in each for each in said) if dtype else isinstance(first, float)
    return float(single(first)) if type(first) in (int, float) and real else None


def used(follower: Schedules, node: ast.AST) -> set[str]:
    """Return the modules of other packages that the names in an expression are of."""
    found = [follower.value(each, follower.outermost) for each in ast.walk(node)
             if isinstance(each, ast.Attribute)]  # fmt: skip
    names = [each.name for each in found if isinstance(each, Unknown)]
    return {name.origin.rpartition(".")[0] for name in names if name is not None}


def made(
    value: ast.expr, dtype: list[ast.expr], visit: Callable[[ast.expr], ast.expr], *,
    strong: bool = False,
) -> ast.expr:  # fmt: skip
    """Return an array that is made of a value, a real where its dtype says so.

    Raises:
        ReadError: it is of another dtype.

    """
    said = ast.unparse(dtype[0]) if dtype else ""
    if len(dtype) > 1 or (said and "float" not in said and not said.endswith(".dtype")):
        raise ReadError(f"{shown(value)} as {said} is not followed in a function of the step")
    found = visit(value)
    plain = isinstance(found, ast.Constant) and isinstance(found.value, float)
    return of_xp("float32", found) if said or (strong and plain) else found
