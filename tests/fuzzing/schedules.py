"""Schedules as JSON documents, drawn from the types of their fields, whatever they mean."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from isorate.schedule.node import AnySchedule
from tests.fuzzing.words import BODIES

if TYPE_CHECKING:
    from random import Random

INTEGERS = (*[1, 2, 3, 5, 20] * 4, 0, -1, 2**31, 2**53 - 1, 2**53, 10**18, 10**400)
NUMBERS = (*[0.1, 0.01, 0.5, 1.0, 0.0] * 4, -0.0, -0.1, 5e-324, 1e308, -1e308, 1e-300, 1e39)
#: Trees are not deeper, but one in some.
DEEP = 3


@cache
def structs() -> tuple[Any, ...]:
    """Return every schedule with its fields and their types."""
    union: Any = msgspec.inspect.type_info(AnySchedule)
    return tuple(union.types)


def document(random: Random) -> str:
    """Draw a document."""
    return json.dumps(_schedule(random, random.choice((0, 0, 0, 1, -3))))


def _schedule(random: Random, depth: int) -> dict[str, Any]:
    known = structs()
    if depth >= DEEP:
        known = tuple(kind for kind in known if not any(f.name == "of" for f in kind.fields))
    kind = random.choice(known)
    drawn: dict[str, Any] = {kind.tag_field: kind.tag}
    for field in kind.fields:
        if field.required or random.random() < 0.5:
            drawn[field.name] = _value(random, field.type, depth)
    if "source" in drawn:
        drawn |= {"source": random.choice(BODIES), "variable": random.choice("ttttk")}
    return drawn


def _value(random: Random, kind: Any, depth: int) -> Any:
    if random.random() < 0.02:
        return random.choice((None, "a", [], {}, True, 1.5, -1))
    match kind:
        case msgspec.inspect.UnionType(types=types) if len(types) < 4:
            return _value(random, random.choice(types), depth)
        case msgspec.inspect.IntType():
            return random.choice(INTEGERS)
        case msgspec.inspect.FloatType():
            return random.choice(NUMBERS)
        case msgspec.inspect.LiteralType(values=values):
            return random.choice(values)
        case msgspec.inspect.VarTupleType(item_type=item):
            drawn = [_value(random, item, depth) for _ in range(random.randrange(4))]
            return sorted(drawn, key=str) if random.random() < 0.5 else drawn
        case msgspec.inspect.StrType() | msgspec.inspect.NoneType():
            return None
    return _schedule(random, depth + 1)
