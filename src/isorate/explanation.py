"""Why two schedules differ: their meanings compared part by part, tied to the arguments."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from isorate.core.combinators import Groups, Join, Shift, Staircase, Until
from isorate.core.errors import IsorateError
from isorate.core.schedule import Schedule
from isorate.core.shapes import Constant, Cosine, Table
from isorate.dialects._base import Call, Role, source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.core.curve import Halt
    from isorate.core.run import Run


@dataclass(frozen=True, slots=True)
class Reason:
    """One structural difference.

    Args:
        kind: ``clock``, ``start``, ``floor``, ``period``, ``after``, ``length``, ``begin``,
            ``shape``, ``nan``, ``dtype`` or ``order``.
        text: the difference in words.
        arguments: the arguments that cause it, as ``a: T_max=100``.

    """

    kind: str
    text: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SideFacts:
    """What a comparison says of one side: its dialect, its call, its dtype, and where it ends."""

    dialect: str | None
    call: str
    dtype: str
    halt: Halt | None = None


@dataclass(frozen=True, slots=True)
class Traits:
    """The parts of a schedule that words can be found for; updates throughout."""

    shape: str
    start: float
    floor: float | None
    duration: float | None
    after: str | None
    every: int
    begin: int
    length: int | None


def traits(schedule: Schedule) -> Traits:
    """Take a schedule in normal form apart, as far as it is one shape."""
    length = schedule.length
    start = schedule.at(0)
    node: Schedule = schedule.of if isinstance(schedule, Until) else schedule
    every, begin = 1, 0
    if isinstance(node, Staircase):
        every, node = node.every, node.of
    if isinstance(node, Shift):
        begin, node = node.by, node.of
    match node:
        case Cosine(end=end, duration=duration, after=after):
            return Traits("cosine", start, end, duration * every, after, every, begin, length)
        case Constant(rate=rate):
            return Traits("constant", start, rate, None, None, every, begin, length)
        case Table(after=after):
            return Traits("table", start, None, None, after, every, begin, length)
        case Join():
            return Traits("join", start, None, None, None, every, begin, length)
        case _:
            return Traits(node.tag, start, None, None, None, every, begin, length)


def explain(
    a: Any,
    b: Any,
    run_a: Run,
    run_b: Run,
    facts: tuple[SideFacts, SideFacts],
    verdict: str,
    nan: tuple[str, int] | None,
) -> tuple[bool, tuple[Reason, ...]]:
    """Return whether equality holds at every update whatever the run, and every difference."""
    meanings = [_meaning(side, run) for side, run in ((a, run_a), (b, run_b))]
    reasons: list[Reason] = []
    same_form = meanings[0] is not None and meanings[0] == meanings[1]
    if meanings[0] is not None and meanings[1] is not None and not same_form:
        groups = [m.of if isinstance(m, Groups) else (m,) for m in meanings if m is not None]
        seen: set[tuple[str, str]] = set()
        for one, other in zip(groups[0], groups[1], strict=False):
            for reason in _structural(a, b, traits(one), traits(other)):
                if (reason.kind, reason.text) not in seen:
                    seen.add((reason.kind, reason.text))
                    reasons.append(reason)
    for side, name, fact in ((a, "a", facts[0]), (b, "b", facts[1])):
        if fact.halt is not None and not any(reason.kind == "length" for reason in reasons):
            why = f"{fact.halt.error}, {fact.halt.text}"
            text = f"{name} has no rate from update {fact.halt.update} on: {why}"
            reasons.append(Reason("length", text, _arguments(side, name, "length")))
    if nan is not None:
        arguments = (*_arguments(a, "a", "duration"), *_arguments(b, "b", "duration"))
        reasons.append(
            Reason("nan", f"{nan[0]}: the rate is NaN from update {nan[1]} on", arguments)
        )
    if facts[0].dtype != facts[1].dtype:
        text = f"a computes in {facts[0].dtype}, b in {facts[1].dtype}"
        arguments = (*_arguments(a, "a", "start"), *_arguments(b, "b", "start"))
        reasons.append(Reason("dtype", text, arguments))
    arithmetics = [_arithmetic(side) for side in (a, b)]
    if arithmetics[0] != arithmetics[1] and verdict != "identical":
        text = f"a: {arithmetics[0]}; b: {arithmetics[1]}"
        reasons.append(Reason("order", text, ()))
    lasting = arithmetics[0] == arithmetics[1] and facts[0].dtype == facts[1].dtype
    lasting = lasting or not (_drifts(a) or _drifts(b))
    return same_form and lasting, tuple(reasons)


def _meaning(side: Any, run: Run) -> Schedule | None:
    try:
        schedule = (
            side if isinstance(side, Schedule) else side.lower() if isinstance(side, Call) else None
        )
    except IsorateError:
        return None
    return None if schedule is None else schedule.resolved(run).normal()


def _arithmetic(side: Any) -> str:
    if isinstance(side, Call):
        return side.card.arithmetic
    return "Isorate's closed form, float64" if isinstance(side, Schedule) else "rates as given"


def _drifts(side: Any) -> bool:
    """Whether the arithmetic's error grows with the update, so that no run speaks for all."""
    return isinstance(side, Call) and "recursion" in side.card.arithmetic


def _structural(a: Any, b: Any, one: Traits, other: Traits) -> Iterator[Reason]:
    def reason(kind: str, text: str, *roles: Role) -> Reason:
        arguments = [
            arg for role in roles for arg in (*_arguments(a, "a", role), *_arguments(b, "b", role))
        ]
        return Reason(kind, text, tuple(dict.fromkeys(arguments)))

    if one.shape != other.shape:
        yield reason(
            "shape", f"a is a {one.shape}, b a {other.shape}", "start", "duration", "length"
        )
    if one.every != other.every:
        yield reason("clock", f"a moves {_clock(one.every)}, b {_clock(other.every)}", "clock")
    if not math.isclose(one.start, other.start, rel_tol=1e-15):
        yield reason(
            "start", f"a starts at {one.start:.6g}, b at {other.start:.6g}", "start", "begin"
        )
    if one.floor is not None and other.floor is not None and one.floor != other.floor:
        yield reason("floor", f"a's minimum is {one.floor:.6g}, b's {other.floor:.6g}", "end")
    if one.duration is not None and other.duration is not None and one.duration != other.duration:
        text = f"a takes {one.duration:g} updates from start to minimum, b {other.duration:g}"
        yield reason("period", text, "duration", "clock")
    if one.begin != other.begin:
        yield reason(
            "begin", f"a begins {one.begin} steps into its course, b {other.begin}", "begin"
        )
    if one.after != other.after and one.after is not None and other.after is not None:
        text = f"past its minimum a {_after(one)}, b {_after(other)}"
        yield reason("after", text, "duration")
    if one.length != other.length:
        text = f"a {_length(one.length)}, b {_length(other.length)}"
        yield reason("length", text, "length")


def _clock(every: int) -> str:
    return "at every update" if every == 1 else f"once in {every} updates"


def _after(side: Traits) -> str:
    if side.after == "mirror" and side.duration is not None:
        return f"climbs again (period {2 * side.duration:g} updates)"
    if side.after == "repeat" and side.duration is not None:
        return f"starts over (period {side.duration:g} updates)"
    return {"hold": "holds", "stop": "stops", "repeat": "starts over"}.get(
        side.after or "", "goes on"
    )


def _length(length: int | None) -> str:
    return "never ends" if length is None else f"ends after {length} updates"


def _arguments(side: Any, name: str, role: Role) -> tuple[str, ...]:
    """Return the arguments of a side that play a role, as ``a: T_max=100``."""
    if not isinstance(side, Call):
        return ()
    found = []
    for argument, played in side.card.roles.items():
        if played != role:
            continue
        value = getattr(side, argument)
        if argument == "optimizer":
            rates = ", ".join(source(group.lr) for group in value.groups)
            found.append(f"{name}: lr={rates}")
        elif argument == "rates":
            found.append(f"{name}: {len(value)} rates")
        else:
            found.append(f"{name}: {argument}={source(value)}")
    return tuple(found)
