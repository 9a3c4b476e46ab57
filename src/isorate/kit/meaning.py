"""What a constructor means: one equation in its arguments, read three ways.

    def means(self):
        up = line(self.init_value, self.peak_value, self.warmup_steps)
        down = cosine(self.peak_value, self.end_value, self.decay_steps - self.warmup_steps)
        return join([up, down], at=[self.warmup_steps])

*Computed*, with a call's own arguments, it is a schedule (``Meaning.schedule``). *Solved* for them
(``solve``) it finds the call that says a schedule, or why there is none. *Equated* with another
constructor's (``equate``) it says which argument of one is which of the other.

To be solved, ``means`` is given unknowns in place of arguments, on which there is arithmetic and
nothing else. What it decides by has to be known there: an argument with choices is tried with each
of them.
"""

from __future__ import annotations

import inspect
import math
import operator
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import permutations, product
from types import FunctionType
from typing import TYPE_CHECKING, Any

from isorate.kit.match import DOES, Lift, Refusal, from_the_start, one_group, plain, take_apart
from isorate.schedule import combinators, shapes
from isorate.schedule.formula import Formula
from isorate.schedule.node import Schedule, called

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

# --- arithmetic of arguments ---------------------------------------------------------------------

#: An operation, and its inverses: the left operand from the result and the right one, the right
#: from the result and the left.
OPERATIONS: Mapping[str, tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]] = {
    "+": (operator.add, lambda v, b: v - b, lambda v, a: v - a),
    "-": (operator.sub, lambda v, b: v + b, lambda v, a: a - v),
    "·": (operator.mul, lambda v, b: v / b, lambda v, a: v / a),
    "/": (operator.truediv, lambda v, b: v * b, lambda v, a: a / v),
    "^": (operator.pow, lambda v, b: v ** (1 / b), lambda v, a: _minus_ln(v) / _minus_ln(a)),
}

#: Functions of one operand, which is written behind them.
FUNCTIONS: Mapping[str, Callable[[float], float]] = {
    "e^-": lambda x: math.exp(-x),
    "-ln ": lambda x: -math.log(x),
}


@dataclass(frozen=True, eq=False, slots=True)
class Unknown:
    """An argument of a call, or arithmetic of arguments.

    Args:
        text: the argument's name, or the operation.
        operands: what the operation is of; none for an argument.

    """

    text: str
    operands: tuple[Any, ...] = ()

    def __add__(self, other: Any) -> Unknown:
        return self if _is(other, 0) else Unknown("+", (self, other))

    def __radd__(self, other: Any) -> Unknown:
        return self if _is(other, 0) else Unknown("+", (other, self))

    def __sub__(self, other: Any) -> Unknown:
        return self if _is(other, 0) else Unknown("-", (self, other))

    def __rsub__(self, other: Any) -> Unknown:
        return Unknown("-", (other, self))

    def __mul__(self, other: Any) -> Unknown:
        return self if _is(other, 1) else Unknown("·", (self, other))

    def __rmul__(self, other: Any) -> Unknown:
        return self if _is(other, 1) else Unknown("·", (other, self))

    def __truediv__(self, other: Any) -> Unknown:
        return self if _is(other, 1) else Unknown("/", (self, other))

    def __rtruediv__(self, other: Any) -> Unknown:
        return Unknown("/", (other, self))

    def __pow__(self, other: Any) -> Unknown:
        return Unknown("^", (self, other))

    def __str__(self) -> str:
        if len(self.operands) == 1:
            return f"{self.text}{_bracketed(self.operands[0])}"
        return f" {self.text} ".join(map(_bracketed, self.operands)) if self.operands else self.text


def _is(operand: Any, number: int) -> bool:
    """Whether an operand is a number that changes nothing."""
    return isinstance(operand, int) and operand == number


def _bracketed(operand: Any) -> str:
    compound = isinstance(operand, Unknown) and operand.operands
    return f"({operand})" if compound else str(operand)


def names(expression: Any) -> set[str]:
    """Return the arguments that an expression is made of."""
    if not isinstance(expression, Unknown):
        return set()
    if not expression.operands:
        return {expression.text}
    return set().union(*map(names, expression.operands))


def value(expression: Any, known: Mapping[str, Any]) -> Any:
    """Compute an expression whose arguments are all known."""
    if not isinstance(expression, Unknown):
        return expression
    if not expression.operands:
        return known[expression.text]
    values = [value(operand, known) for operand in expression.operands]
    if len(values) > 1:
        return OPERATIONS[expression.text][0](*values)
    if isinstance(values[0], Unknown):
        return Unknown(expression.text, tuple(values))
    return FUNCTIONS[expression.text](*values)


def _minus_ln(operand: Any) -> Any:
    unknown = isinstance(operand, Unknown)
    return Unknown("-ln ", (operand,)) if unknown else FUNCTIONS["-ln "](operand)


def _inverted(expression: Unknown, target: Any, known: Mapping[str, Any]) -> tuple[str, Any]:
    """Return the one argument of an expression that is not known, and what it has to be."""
    while expression.operands:
        if len(expression.operands) == 1:  # e^-x: the one function that a meaning may have
            target, expression = _minus_ln(target), expression.operands[0]
            continue
        left, right = expression.operands
        _, for_left, for_right = OPERATIONS[expression.text]
        if names(left) - known.keys():
            target, expression = for_left(target, value(right, known)), left
        else:
            target, expression = for_right(target, value(left, known)), right
    return expression.text, target


# --- words ---------------------------------------------------------------------------------------

#: The fields of a schedule that are rates or factors, and so floats.
FLOATS = {"scale", "start", "end", "rate", "rates", "factor", "decay", "power", "shrink", "floor"}


@dataclass(frozen=True, slots=True)
class Meaning:
    """A schedule in the arguments of a constructor.

    Args:
        kind: the shape or combinator.
        fields: its fields: numbers, unknowns, meanings, or tuples of them.
        given: arguments that are to have these values where the meaning is solved.

    """

    kind: type[Schedule]
    fields: Mapping[str, Any]
    given: Mapping[str, Any] = field(default_factory=dict)

    def schedule(self) -> Schedule:
        """Compute the schedule, where all arguments are numbers."""
        return self.kind(**{name: _built(name, field) for name, field in self.fields.items()})

    def where(self, **given: Any) -> Meaning:
        """Return the same meaning, which is solved with these arguments only."""
        return replace(self, given={**self.given, **given})


def _built(name: str, field: Any) -> Any:
    if isinstance(field, Meaning):
        return field.schedule()
    if isinstance(field, tuple):
        return tuple(_built(name, item) for item in field)
    if name in FLOATS:
        return float(field)
    if isinstance(field, bool):
        return int(field)
    return int(field) if isinstance(field, float) and field.is_integer() else field


def line(start: Any, end: Any, duration: Any, after: str = "hold") -> Meaning:
    """Mean a straight line."""
    fields = {"start": start, "end": end, "duration": duration, "after": after}
    return Meaning(shapes.Linear, fields)


def cosine(start: Any, end: Any, duration: Any, after: str = "hold") -> Meaning:
    """Mean half a cosine."""
    fields = {"start": start, "end": end, "duration": duration, "after": after}
    return Meaning(shapes.Cosine, fields)


def polynomial(start: Any, end: Any, duration: Any, power: Any, after: str = "hold") -> Meaning:
    """Mean a power of the time that is left; a line, where the power is 1."""
    fields = {"start": start, "end": end, "duration": duration, "power": power, "after": after}
    return Meaning(shapes.Polynomial, fields)


def exponential(start: Any, factor: Any, duration: Any = 1) -> Meaning:
    """Mean ``start·factor^(t/duration)``."""
    return Meaning(shapes.Exponential, {"start": start, "factor": factor, "duration": duration})


def natural_exponential(start: Any, decay: Any, duration: Any = 1) -> Meaning:
    """Mean ``start·e^(−decay·t/duration)``."""
    fields = {"start": start, "decay": decay, "duration": duration}
    return Meaning(shapes.NaturalExponential, fields)


def inverse(start: Any, decay: Any, duration: Any = 1) -> Meaning:
    """Mean ``start/(1 + decay·t/duration)``."""
    return Meaning(shapes.Inverse, {"start": start, "decay": decay, "duration": duration})


def constant(rate: Any) -> Meaning:
    """Mean a rate that stays."""
    return Meaning(shapes.Constant, {"rate": rate})


def steps(rates: Sequence[Any], at: Sequence[Any]) -> Meaning:
    """Mean rates that stay, each up to its boundary."""
    fields = {"rates": tuple(rates), "boundaries": tuple(at)}
    return Meaning(shapes.PiecewiseConstant, fields)


def join(of: Sequence[Meaning], at: Sequence[Any]) -> Meaning:
    """Mean one after another, each counted from its boundary."""
    *before, last = of
    boundaries = [*at]
    if last.kind is combinators.Join:  # as normal forms have it: no join at the end of another
        boundaries += [at[-1] + boundary for boundary in last.fields["boundaries"]]
        of = [*before, *last.fields["of"]]
    return Meaning(combinators.Join, {"of": tuple(of), "boundaries": tuple(boundaries)})


def shift(of: Meaning, by: Any) -> Meaning:
    """Mean what is begun part of the way."""
    return Meaning(combinators.Shift, {"of": of, "by": by})


def in_turn(of: Sequence[Meaning], at: Sequence[Any]) -> Meaning:
    """Mean a join whose boundaries may be before 0, between updates or out of order.

    Each is counted from its boundary, and goes on until a later one of the list has begun.
    """
    if any(map(names, at)):
        return join(of, at)
    pieces: list[tuple[int, Meaning]] = []
    for start, part in reversed(list(zip((0, *at), of, strict=False))):
        begin = max(math.ceil(start), 0)
        if not pieces or begin < pieces[-1][0]:
            late = Meaning(combinators.Shift, {"of": part, "by": begin - start})
            pieces.append((begin, late if begin > start else part))
    boundaries, parts = zip(*reversed(pieces), strict=True)
    return join(parts, boundaries[1:]) if len(parts) > 1 else parts[0]


def clamp(of: Meaning, least: Any = None, most: Any = None) -> Meaning:
    """Mean a schedule that is kept within bounds."""
    return Meaning(combinators.Clamp, {"of": of, "least": least, "most": most})


def formula(scale: Any, variable: str, source: str) -> Meaning:
    """Mean a formula as text."""
    return Meaning(Formula, {"scale": scale, "variable": variable, "source": source})


def staircase(of: Meaning, every: Any) -> Meaning:
    """Mean a clock that ticks once in ``every`` updates."""
    return Meaning(combinators.Staircase, {"of": of, "every": every})


def until(of: Meaning, updates: Any) -> Meaning:
    """Mean a schedule that has no rate after ``updates``."""
    return Meaning(combinators.Until, {"of": of, "updates": updates})


def repeat(
    of: Meaning, period: Any, growth: Any = 1, *, shrink: Any = 1.0, floor: Any = 0.0
) -> Meaning:
    """Mean cycles, each ``growth`` times as long and ``shrink`` times as high as the one before."""
    fields = {"of": of, "period": period, "growth": growth, "shrink": shrink, "floor": floor}
    return Meaning(combinators.Repeat, fields)


def triangles(low: Any, high: Any, up: Any, down: Any, **heights: Any) -> Meaning:
    """Mean a line up and a line down, again and again; ``heights`` are ``repeat``'s shrinking."""
    if up == down and not heights:
        return line(low, high, up, "mirror")
    if down == 0:  # which an unknown is not
        return repeat(line(low, high, up), up, **heights)
    once = join([line(low, high, up), line(high, low, down)], at=[up])
    return repeat(once, up + down, **heights)


def added(*of: Meaning) -> Meaning:
    """Mean the sum of rates."""
    return Meaning(combinators.Sum, {"of": of})


def multiplied(*of: Meaning) -> Meaning:
    """Mean the product of rates."""
    return Meaning(combinators.Product, {"of": of})


# --- other ways to look at a schedule ----------------------------------------------------------


def views(schedule: Schedule, kind: type[Schedule]) -> Iterator[Schedule]:
    """Visit the ways to write a schedule with a kind of node outside: itself, then equals of it."""
    if isinstance(schedule, kind):
        yield schedule
    looks = _LOOKS.get(kind)
    if looks is not None:
        yield from looks(schedule)


def _as_exponential(node: Any) -> Iterator[Schedule]:
    match node:
        case shapes.NaturalExponential(start=start, decay=decay, duration=duration):
            if isinstance(duration, int):
                yield shapes.Exponential(start, math.exp(-decay), duration)
            yield shapes.Exponential(start, math.exp(-decay / duration))
        case shapes.Exponential(start=start, factor=factor, duration=duration):
            if factor > 0 and duration != 1:
                yield shapes.Exponential(start, factor ** (1 / duration))


def _as_natural(node: Any) -> Iterator[Schedule]:
    match node:
        case shapes.NaturalExponential(start=start, decay=decay, duration=duration):
            yield shapes.NaturalExponential(start, decay / duration)
        case shapes.Exponential(start=start, factor=factor, duration=duration) if factor > 0:
            yield shapes.NaturalExponential(start, -math.log(factor) / duration)


def _as_staircase(node: Any) -> Iterator[Schedule]:
    if not isinstance(node, combinators.Staircase):
        yield combinators.Staircase(node, 1)


def _as_inverse(node: Any) -> Iterator[Schedule]:
    if isinstance(node, shapes.Inverse):
        yield shapes.Inverse(node.start, node.decay / node.duration)


def _as_polynomial(node: Any) -> Iterator[Schedule]:
    if isinstance(node, shapes.Linear) and node.after != "continue":
        yield shapes.Polynomial(node.start, node.end, node.duration, 1.0, node.after)


def _as_steps(node: Any) -> Iterator[Schedule]:
    if isinstance(node, shapes.Constant):
        yield shapes.PiecewiseConstant((node.rate,), ())


def _as_repeat(node: Any) -> Iterator[Schedule]:
    match node:
        case shapes.Linear(duration=int(T), after="mirror"):
            yield combinators.Repeat(node, 2 * T)
        case shapes.Linear(duration=int(T), after="repeat"):
            yield combinators.Repeat(shapes.Linear(node.start, node.end, T), T)
        case shapes.Cosine(duration=int(T), after="repeat"):
            yield combinators.Repeat(shapes.Cosine(node.start, node.end, T), T)


def _as_join(node: Any) -> Iterator[Schedule]:
    match node:
        case shapes.Linear(start=low, end=high, duration=int(T), after="mirror"):
            there, back = shapes.Linear(low, high, T), shapes.Linear(high, low, T)
            yield combinators.Join((there, back), (T,))


_LOOKS: Mapping[type[Schedule], Callable[[Any], Iterator[Schedule]]] = {
    shapes.Exponential: _as_exponential,
    shapes.NaturalExponential: _as_natural,
    shapes.Inverse: _as_inverse,
    shapes.Polynomial: _as_polynomial,
    shapes.PiecewiseConstant: _as_steps,
    combinators.Repeat: _as_repeat,
    combinators.Staircase: _as_staircase,
    combinators.Join: _as_join,
}

#: The kinds that can be looked at as another.
_LIKE: Mapping[type[Schedule], tuple[type[Schedule], ...]] = {
    shapes.Exponential: (shapes.NaturalExponential,),
    shapes.NaturalExponential: (shapes.Exponential,),
    shapes.Polynomial: (shapes.Linear,),
    shapes.PiecewiseConstant: (shapes.Constant,),
    combinators.Repeat: (shapes.Linear, shapes.Cosine),
    combinators.Join: (shapes.Linear,),
}

# --- solving -------------------------------------------------------------------------------------


class Unsolved(Exception):  # noqa: N818 - never leaves this module: a reason, not an error
    """Why a meaning cannot be a schedule."""


@dataclass(frozen=True, slots=True)
class Solution:
    """The arguments with which a constructor means a schedule.

    Args:
        arguments: by name.
        unlike: what it does after its end, and what the schedule does, where they differ.

    """

    arguments: Mapping[str, Any]
    unlike: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class After:
    """What a meaning does after its end."""

    does: str


Equation = tuple[Any, Any]

#: What may be looked at in any order.
COMMUTING = (combinators.Sum, combinators.Product)


def _equations(
    meaning: Meaning, schedule: Schedule, *, last: bool = True, lenient: bool = False
) -> Iterator[list[Equation]]:
    """Visit what has to hold for a schedule to be a meaning, for each way to look at it."""
    ways = [
        _of_fields(meaning, view, last=last, lenient=lenient)
        for view in views(schedule, meaning.kind)
    ]
    if not ways and isinstance(schedule, combinators.Staircase):
        raise Unsolved(f"it moves at every update, and the schedule once in {schedule.every}")
    if not ways:
        wanted = called(meaning.kind.__struct_config__.tag)  # type: ignore[arg-type]
        raise Unsolved(f"the schedule is {called(schedule.tag)}, not {wanted}")
    yield from _any_of(ways)


def _of_all(parts: Iterable[Iterator[list[Equation]]]) -> Iterator[list[Equation]]:
    """Visit what several parts ask for together, each in one of its ways."""
    for ways in product(*parts):
        yield [equation for way in ways for equation in way]


def _any_of(ways: Iterable[Iterator[list[Equation]]]) -> Iterator[list[Equation]]:
    """Visit what each of several ways asks for; where none is one, the first says why."""
    reasons: list[Unsolved | None] = []
    for way in ways:
        try:
            yield from way
            reasons.append(None)
        except Unsolved as reason:
            reasons.append(reason)
    if reasons and None not in reasons and reasons[0] is not None:
        raise reasons[0]


def _of_fields(
    meaning: Meaning, view: Schedule, *, last: bool, lenient: bool
) -> Iterator[list[Equation]]:
    return _of_all(
        _of_field(name, said, view, last=last, lenient=lenient)
        for name, said in meaning.fields.items()
    )


def _of_field(
    name: str, said: Any, view: Schedule, *, last: bool, lenient: bool
) -> Iterator[list[Equation]]:
    have = getattr(view, name)
    if name == "after":
        climbs = isinstance(view, shapes.Cosine) and (said, have) == ("mirror", "hold")
        may_part = last and "repeat" not in (said, have) and (climbs or lenient)
        if said != have and not may_part:
            raise Unsolved(f"it {DOES[said]}, where the schedule {DOES[have]}")
        yield [(After(said), have)] if said != have else []
    elif isinstance(said, Meaning):
        ends = last and not isinstance(view, combinators.Repeat)
        yield from _equations(said, have, last=ends, lenient=lenient)
    elif isinstance(said, tuple):
        if len(said) != len(have):
            raise Unsolved(f"it has {len(said)} parts, and the schedule {len(have)}")
        orders = permutations(have) if isinstance(view, COMMUTING) else [have]
        yield from _any_of(_of_items(said, order, last=last, lenient=lenient) for order in orders)
    elif isinstance(said, Unknown) or _alike(said, have):
        yield [(said, have)]
    else:
        raise Unsolved(f"its {name} is {said!r}, and the schedule's {have!r}")


def _of_items(
    said: Sequence[Any], have: Sequence[Any], *, last: bool, lenient: bool
) -> Iterator[list[Equation]]:
    """Visit what has to hold for parts to be others, of which the last alone has the end."""
    final = len(said) - 1
    return _of_all(
        _equations(a, b, last=last and index == final, lenient=lenient)
        if isinstance(a, Meaning)
        else iter([[(a, b)]])
        for index, (a, b) in enumerate(zip(said, have, strict=True))
    )


def _solved(equations: list[Equation], known: dict[str, Any], constructor: Any) -> dict[str, Any]:
    """Solve equations one after another; an argument that none decides has its default."""
    left, defaults, whole = list(equations), constructor.defaults(), whole_numbers(constructor)
    while left:
        ready = next((e for e in left if len(names(e[0]) - known.keys()) <= 1), None)
        if ready is None:
            open_ = sorted(set().union(*(names(e[0]) for e in left)) - known.keys())
            name = next((name for name in open_ if name in defaults), None)
            if name is None:
                raise Unsolved(f"nothing decides {' and '.join(open_)}")
            known[name] = defaults[name]
            continue
        left.remove(ready)
        _settle(*ready, known, whole)
    return known


def _settle(expression: Any, have: Any, known: dict[str, Any], whole: frozenset[str]) -> None:
    """Make one equation true: by its one unknown, or by finding that it is."""
    if not names(expression) - known.keys():
        here = value(expression, known)
        if not _alike(here, have):
            raise Unsolved(f"its {expression} would be {here!r}, and the schedule has {have!r}")
        return
    try:
        name, found = _inverted(expression, have, known)
    except ZeroDivisionError:
        raise Unsolved("nothing but 0 is a share of a rate of 0") from None
    if expression.operands and isinstance(found, float) and math.isfinite(found):
        found = plain(found, lambda at: value(expression, {**known, name: at}) == have)
    if name in whole and not isinstance(found, int):
        if not float(found).is_integer():
            raise Unsolved(f"{name} is a whole number, and the schedule takes {found!r}")
        found = int(found)
    known[name] = found


def _alike(here: Any, have: Any) -> bool:
    """Whether a value is the one that it has to be, but for a rounding where it is a float."""
    return here == have or (isinstance(have, float) and math.isclose(here, have, rel_tol=1e-13))


class Arguments:
    """What ``means`` is given in place of a call where it is solved.

    Args:
        constructor: the class, whose other attributes are its own.
        known: the arguments that are decided already.

    """

    def __init__(self, constructor: type, known: Mapping[str, Any]) -> None:
        self._constructor = constructor
        self._known = known

    def __getattr__(self, name: str) -> Any:
        if name.rstrip("_") in self._known:  # a field has an underscore after a method's name
            return self._known[name.rstrip("_")]
        if name in self._constructor.__struct_fields__:  # type: ignore[attr-defined]
            return Unknown(name)
        attribute = inspect.getattr_static(self._constructor, name)
        bound = isinstance(attribute, FunctionType | property)
        return attribute.__get__(self) if bound else getattr(self._constructor, name)


#: Among the choices of an argument: any other value.
ANY = Unknown("any")


@cache
def whole_numbers(constructor: type) -> frozenset[str]:
    """Return the arguments that are integers by their annotation."""
    found: set[str] = set()
    for base in reversed(constructor.__mro__):
        for name, annotation in vars(base).get("__annotations__", {}).items():
            kinds = {part.strip() for part in str(annotation).split("|")}
            (found.add if "int" in kinds and "float" not in kinds else found.discard)(name)
    return frozenset(found)


@cache
def meanings(constructor: Any) -> tuple[tuple[Mapping[str, Any], Meaning], ...]:
    """Return a constructor's meanings in unknowns, one for each choice, and what is known in it."""
    own = constructor.parameters()
    choices = {name: values for name, values in constructor.choices.items() if name in own}
    found = []
    for chosen in product(*choices.values()):
        known = {n: v for n, v in zip(choices, chosen, strict=True) if v is not ANY}
        arguments = Arguments(constructor, known)
        for means in (constructor.means, *constructor.also):
            found.append((known, means(arguments, *constructor.besides)))
    return tuple(found)


def kinds_of(constructor: Any) -> tuple[type[Schedule], ...]:
    """Return the kinds of node that a constructor's meanings can be outside."""
    return _kinds(meaning for _, meaning in meanings(constructor))


def _kinds(found: Iterable[Meaning]) -> tuple[type[Schedule], ...]:
    kinds = [(meaning.kind, *_LIKE.get(meaning.kind, ())) for meaning in found]
    return tuple(dict.fromkeys(kind for many in kinds for kind in many))


def _inside(meaning: Meaning) -> Meaning:
    """Return a meaning without its length and its clock."""
    while meaning.kind in (combinators.Until, combinators.Staircase):
        meaning = meaning.fields["of"]
    return meaning


def say(constructor: Any, schedule: Schedule, losses: Sequence[str] = ()) -> Lift | Refusal:
    """Find the call that says a schedule at every update, for one parameter group.

    Args:
        constructor: its ``means`` is solved.
        schedule: in normal form.
        losses: what is lost already, in words.

    """
    found = [meaning for _, meaning in meanings(constructor)]
    parts = from_the_start(one_group(take_apart(schedule, *_kinds(map(_inside, found)))))
    if isinstance(parts, Refusal):
        return parts
    whole: Schedule = parts.shape
    if parts.every > 1:
        whole = combinators.Staircase(whole, parts.every)
    ends = any(meaning.kind is combinators.Until for meaning in found)
    if ends and parts.length is not None:
        whole = combinators.Until(whole, parts.length)
    solution = solve(constructor, whole, lenient=True)
    if isinstance(solution, Refusal):
        return solution
    fields = constructor.__struct_fields__
    arguments = {n: v for n, v in solution.arguments.items() if n in fields}
    optional = constructor.defaults()  # by the names of the parameters
    lacking = [n for n in fields if n not in arguments and n.rstrip("_") not in optional]
    if lacking:
        return Refusal(f"nothing decides {' and '.join(lacking)}")
    endless = [] if ends else parts.unlike_endless()
    told = (*parts.unlike(solution.unlike), *losses, *endless)
    return Lift(constructor(**arguments), 1, told).checked()


def solve(
    constructor: Any,
    schedule: Schedule,
    given: Mapping[str, Any] | None = None,
    *,
    lenient: bool = False,
) -> Solution | Refusal:
    """Find the arguments with which a constructor means a schedule.

    Args:
        constructor: its ``means`` is solved, with each of its ``choices``.
        schedule: in normal form.
        given: what is known already, by name.
        lenient: whether anything may come after its end, as where a list is cut before.

    """
    reasons: list[str] = []
    later = None  # one that parts from the schedule after its end
    for chosen, meaning in meanings(constructor):
        known = {**chosen, **(given or {})}
        bound = []
        for name, wanted in meaning.given.items():
            if isinstance(wanted, Unknown):
                bound.append((Unknown(name) - wanted, 0.0))
            else:
                known[name] = wanted
        try:
            for equations in _equations(meaning, schedule, lenient=lenient):
                unlike = [(e.does, have) for e, have in equations if isinstance(e, After)]
                left = [(e, have) for e, have in equations if not isinstance(e, After)]
                try:
                    found = _solved([*left, *bound], dict(known), constructor)
                except Unsolved as reason:
                    reasons.append(str(reason))
                    continue
                if not unlike:
                    return Solution(found)
                later = later or Solution(found, unlike[0])
        except Unsolved as reason:
            reasons.append(str(reason))
    if later is not None:
        return later
    told = [reason for reason in reasons if not reason.startswith("the schedule is")]
    return Refusal((told or reasons)[-1])


# --- equating ------------------------------------------------------------------------------------

#: What is around a shape and may be missing on one side, with the field that says it.
AROUND = {combinators.Until: "updates", combinators.Staircase: "every"}


#: What decays without end: twice as fast in half the time is the same.
DECAYS = (shapes.Exponential, shapes.NaturalExponential, shapes.Inverse)


def equate(a: Meaning, b: Meaning) -> Iterator[tuple[str, Any, Any]]:
    """Visit what of one meaning is what of another, after the field of a schedule that both are.

    A length and a clock that only one of them has are none on the other side.

    Raises:
        Unsolved: they are not alike.

    """
    around = []
    for kind, name in AROUND.items():
        said = [meaning.fields[name] if meaning.kind is kind else None for meaning in (a, b)]
        a, b = (meaning.fields["of"] if meaning.kind is kind else meaning for meaning in (a, b))
        if said[0] is not None or said[1] is not None:
            around.append((name, *said))
    if a.kind is not b.kind:
        a, b = _written(a, b.kind), _written(b, a.kind)
    if a.kind is not b.kind:
        kinds = [called(meaning.kind.__struct_config__.tag) for meaning in (a, b)]  # type: ignore[arg-type]
        raise Unsolved(f"one is {kinds[0]}, the other {kinds[1]}")
    a, b = _paced(a, b), _paced(b, a)
    for name, here in a.fields.items():
        if name != "after":  # what comes after the end is no argument
            yield from _equated(name, here, b.fields[name])
    yield from reversed(around)


def _equated(name: str, a: Any, b: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(a, Meaning) and isinstance(b, Meaning):
        yield from equate(a, b)
    elif isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b):
        for here, there in zip(a, b, strict=True):
            yield from _equated(name, here, there)
    elif isinstance(a, Unknown) or isinstance(b, Unknown):
        yield name, a, b
    elif a != b:
        raise Unsolved(f"the {name} of one is {a!r}, that of the other {b!r}")


def _written(meaning: Meaning, kind: type[Schedule]) -> Meaning:
    """Return a meaning as one of another kind, where it is one; else as it is."""
    match (meaning.kind, kind):
        case (shapes.Linear, shapes.Polynomial):
            return Meaning(kind, {**meaning.fields, "power": 1.0})
        case (shapes.Constant, shapes.PiecewiseConstant):
            return steps([meaning.fields["rate"]], at=[])
        case (shapes.NaturalExponential, shapes.Exponential):
            start, decay, duration = meaning.fields.values()
            return exponential(start, Unknown("e^-", (decay,)), duration)
    return meaning


def _paced(meaning: Meaning, like: Meaning) -> Meaning:
    """Return a decay by what it does in one update, where the other side says that."""
    fields = dict(meaning.fields)
    duration = fields.get("duration")
    if meaning.kind not in DECAYS or not isinstance(duration, Unknown):
        return meaning
    if isinstance(like.fields["duration"], Unknown):
        return meaning
    share = like.fields["duration"] / duration
    if meaning.kind is shapes.Exponential:
        fields["factor"] = fields["factor"] ** share
    else:
        fields["decay"] = fields["decay"] / duration * like.fields["duration"]
    return Meaning(meaning.kind, {**fields, "duration": like.fields["duration"]})


def rearranged(equal: Iterable[tuple[Any, Any]]) -> dict[str, Any]:
    """Say the arguments of the second side of equations in those of the first, where it can be."""
    left, found = list(equal), dict[str, Any]()
    while ready := [e for e in left if len(names(e[1]) - found.keys()) == 1]:
        said, expression = ready[0]
        name, is_then = _inverted(expression, said, found)
        found[name] = is_then
        left.remove(ready[0])
    return found
