"""Two constructors' meanings equated: which argument of one is which of the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isorate.kit.meaning import Meaning, exponential, steps
from isorate.kit.unknown import Unknown, Unsolved, inverted, names
from isorate.schedule import combinators, shapes
from isorate.schedule.node import called

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from isorate.schedule.node import Schedule

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
        name, is_then = inverted(expression, said, found)
        found[name] = is_then
        left.remove(ready[0])
    return found
