"""A constructor's meaning solved for its arguments: which call says a schedule, or why none."""

from __future__ import annotations

import inspect
import math
from functools import cache
from itertools import permutations, product
from types import FunctionType
from typing import TYPE_CHECKING, Any

import msgspec

from isorate.kit.match import DOES, Refusal, plain
from isorate.kit.meaning import Meaning
from isorate.kit.unknown import ANY, Unknown, Unsolved, inverted, names, value
from isorate.schedule import combinators, shapes
from isorate.schedule.node import Schedule, called

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence


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
            if isinstance(duration, int):
                yield shapes.NaturalExponential(start, -math.log(factor), duration)
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


class Solution(msgspec.Struct, frozen=True):
    """The arguments with which a constructor means a schedule.

    Args:
        arguments: by name.
        unlike: what it does after its end, and what the schedule does, where they differ.

    """

    arguments: Mapping[str, Any]
    unlike: tuple[str, str] | None = None


class After(msgspec.Struct, frozen=True):
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
        name, found = inverted(expression, have, known)
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


def kinds_within(constructor: Any) -> tuple[type[Schedule], ...]:
    """Return the kinds of node that they can be without their length and their clock."""
    return _kinds(_inside(meaning) for _, meaning in meanings(constructor))


def ends(constructor: Any) -> bool:
    """Whether one of its meanings says where it ends."""
    return any(meaning.kind is combinators.Until for _, meaning in meanings(constructor))


def _kinds(found: Iterable[Meaning]) -> tuple[type[Schedule], ...]:
    kinds = [(meaning.kind, *_LIKE.get(meaning.kind, ())) for meaning in found]
    return tuple(dict.fromkeys(kind for many in kinds for kind in many))


def _inside(meaning: Meaning) -> Meaning:
    while meaning.kind in (combinators.Until, combinators.Staircase):
        meaning = meaning.fields["of"]
    return meaning


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
