"""Finding schedulers that together say a schedule: one after another, or one upon another."""

from __future__ import annotations

import math
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Any

from isorate.kit.match import Afterwards, Parts, Refusal, take_apart, unlike_after
from isorate.kit.optimizer import Optimizer
from isorate.schedule.combinators import Join, Product

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from isorate.kit.scheduler import Match
    from isorate.schedule.node import Schedule

#: So many base rates are tried for the parts of a sequence, of which there may be thousands.
MOST_BASES = 16

#: A call, the parts that it says, and what is lost.
Found = tuple[Any, Parts[Any], tuple[str, ...]]


def sequence_of(cls: Any, schedule: Schedule, members: Sequence[Any]) -> Found | Refusal:
    """Say a join as ``cls(optimizer, schedulers, milestones)``, all from one base rate.

    Args:
        cls: the scheduler that holds others.
        schedule: a schedule in normal form.
        members: what it may hold, in the order of choice.

    """
    parts = take_apart(schedule, Join)
    if isinstance(parts, Refusal):
        return parts
    boundaries = parts.shape.boundaries
    if any(join.boundaries != boundaries for join in parts.shapes):
        return Refusal("the parameter groups differ in their milestones")
    stages = list(zip(*(join.of for join in parts.shapes), strict=True))
    stretches = [b - a for a, b in pairwise((0, *boundaries))] + [None]
    for bases in islice(_candidates(stages, members), MOST_BASES):
        chosen: list[tuple[Any, Match]] = []
        for stage, stretch in zip(stages, stretches, strict=True):
            member = _member(stage, bases, members, stretch)
            if member is None:
                break
            chosen.append(member)
        else:
            optimizer = Optimizer.of(*bases)
            calls = [kind(optimizer, **match.arguments) for kind, match in chosen]
            losses = dict.fromkeys(loss for _, match in chosen for loss in match.losses)
            last = chosen[-1][1].unlike
            past = [] if last is None else [Afterwards(unlike_after(*last))]
            return cls(optimizer, calls, list(boundaries)), parts, (*losses, *past)
    return Refusal("no schedulers with one base rate can say its parts")


def _candidates(
    stages: Sequence[Sequence[Schedule]], members: Sequence[Any]
) -> Iterator[tuple[float, ...]]:
    """Visit the base rates, one a group, that one of the parts would like to have, last first."""
    seen = set()
    for stage in reversed(stages):
        for kind in members:
            found = [_match(kind, part, None) for part in stage]
            bases = tuple(match.base for match in found if match is not None)
            if len(bases) == len(found) and min(bases) > 0 and bases not in seen:
                seen.add(bases)
                yield bases


def _member(
    stage: Sequence[Any], bases: Sequence[float], members: Sequence[Any], stretch: int | None
) -> tuple[Any, Match] | None:
    """Return the first scheduler that says a part for every group, from these base rates.

    One that does something else after its end is none where that end is not the sequence's own.
    """
    for kind in members:
        found = [_match(kind, part, base) for part, base in zip(stage, bases, strict=True)]
        match = found[0]
        turns = match is not None and match.unlike is not None
        if turns and stretch is not None and stage[0].duration < stretch - 1:
            continue
        if match is not None and all(
            s is not None and s.arguments == match.arguments for s in found
        ):
            return kind, match
    return None


def _match(kind: Any, part: Schedule, base: float | None) -> Match | None:
    """Return how a scheduler says a part that it has from its step 0; none where it cannot."""
    kinds = kind.kinds()
    if kinds and not isinstance(part, kinds):
        return None
    match = kind.match(part, base)
    if isinstance(match, Refusal) or not 0 <= match.base < math.inf:
        return None
    return None if kind(Optimizer.of(match.base), **match.arguments).fault() else match


def chain_of(cls: Any, schedule: Schedule, members: Sequence[Any]) -> Found | Refusal:
    """Say a product as ``cls(schedulers)``: a scheduler for each factor."""
    parts = take_apart(schedule, Product)
    if isinstance(parts, Refusal):
        return parts
    if len(parts.shapes) > 1 or parts.begin:
        return Refusal("its factors are those of one parameter group, from their start")
    chosen: list[tuple[Any, Match]] = []
    for factor in parts.shape.of:
        found = ((kind, _match(kind, factor, None)) for kind in members)
        member = next(((kind, match) for kind, match in found if match is not None), None)
        if member is None:
            return Refusal(f"no scheduler multiplies by a {factor.tag}")
        chosen.append(member)
    base = 1.0
    for _, match in chosen:
        base *= match.base
    optimizer = Optimizer.of(base)
    return cls([kind(optimizer, **match.arguments) for kind, match in chosen]), parts, ()
