"""Why two schedules differ: their meanings compared part by part, tied to the arguments."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec.structs import replace

from isorate.kit.call import Call
from isorate.kit.card import Proof, Role
from isorate.kit.optimizer import Optimizer
from isorate.kit.writing import source
from isorate.schedule import shapes
from isorate.schedule.combinators import (
    Clamp,
    Groups,
    Join,
    Product,
    Repeat,
    Shift,
    Staircase,
    Stepped,
    Sum,
    Until,
)
from isorate.schedule.digits import apart
from isorate.schedule.domains import whole
from isorate.schedule.errors import ConvertError, ScheduleError
from isorate.schedule.formula import Formula
from isorate.schedule.node import Schedule, called

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from isorate.recipe import Recipe
    from isorate.schedule.curve import Halt
    from isorate.schedule.laws import Law
    from isorate.schedule.run import Run


#: So many numbers, or characters, of what is long are shown.
MOST_SHOWN, LONGEST_TEXT = 6, 60

#: So many differences are told, of however many groups or parts.
MOST_REASONS = 20


class Reason(msgspec.Struct, frozen=True):
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


class SideFacts(msgspec.Struct, frozen=True):
    """What a comparison says of one side: its dialect, its call, its dtype, and where it ends.

    Args:
        dialect: the call's dialect; of anything else none.
        call: its code.
        dtype: what its rates are computed in.
        halt: where it ends.
        trainer: whose configuration it was, where it was one.

    """

    dialect: str | None
    call: str
    dtype: str
    halt: Halt | None = None
    trainer: str | None = None

    @property
    def name(self) -> str | None:
        """What it is called in a sentence."""
        return self.trainer or self.dialect


#: What tells two schedules of one shape apart: a number, several, or text.
Detail = float | tuple[float, ...] | str


class Traits(msgspec.Struct, frozen=True):
    """The parts of a schedule that words can be found for; updates throughout.

    Args:
        shape: what it is, with its article.
        start: the rate of update 0.
        floor: the rate that it ends at, where it ends at one.
        duration: how long it takes from start to end, or to decay once.
        after: what follows its duration.
        factor: what it decays by in its duration.
        every: updates in one tick of its clock.
        begin: how many ticks were over before update 0.
        length: the number of updates that have a rate.
        details: what else tells it from another of its shape, by name.

    """

    shape: str
    start: float
    every: int
    begin: float
    length: int | None
    floor: float | None = None
    duration: float | None = None
    after: str | None = None
    factor: float | None = None
    details: tuple[tuple[str, Detail], ...] = ()


def traits(schedule: Schedule) -> Traits:
    """Take a schedule in normal form apart, as far as it is one shape."""
    length = schedule.length
    node: Schedule = schedule.of if isinstance(schedule, Until) else schedule
    every: int = 1
    begin: float = 0
    if isinstance(node, Staircase):
        every, node = node.every, node.of
    if isinstance(node, Shift):
        begin, node = node.by, node.of
    plain = Traits(called(node.tag), schedule.at(0), every, begin, length)
    match node:
        case shapes.Cosine() | shapes.Linear() | shapes.Polynomial():
            power = (("power", node.power),) if isinstance(node, shapes.Polynomial) else ()
            duration = node.duration * every
            return replace(
                plain, floor=node.end, duration=duration, after=node.after, details=power
            )
        case shapes.Exponential(factor=factor, duration=duration):
            return replace(plain, factor=factor, duration=duration * every)
        case shapes.NaturalExponential() | shapes.Inverse():
            decay = (("decay", node.decay),)
            return replace(plain, duration=node.duration * every, details=decay)
        case shapes.Constant(rate=rate):
            return replace(plain, floor=rate)
        case shapes.PiecewiseConstant(rates=rates, boundaries=boundaries):
            return replace(plain, details=(("boundaries", boundaries), ("rates", rates)))
        case shapes.Table(rates=rates, after=after):
            return replace(plain, after=after, details=(("rates", rates),))
        case Repeat(period=period, growth=growth, shrink=shrink):
            cycle = (("period in updates", period * every), ("growth", growth), ("shrink", shrink))
            return replace(plain, details=cycle)
        case Formula(scale=scale, source=source):
            return replace(plain, details=(("scale", scale), ("formula", source)))
    return plain


def meant(call: Call) -> str | None:
    """Return in words what a function of the step means; none where no shapes say it.

    Example:
        >>> from isorate import read
        >>> warmed = "LambdaLR(SGD(p, lr=0.1), lambda t: min(t / 5, 1) * 0.9 ** (t // 10))"
        >>> meant(read(warmed).call)
        'a product of a line and a staircase'

    """
    try:
        schedule = call.lower()
    except (ConvertError, ScheduleError):
        return None
    if not _has_formula(schedule):
        return None
    form = schedule.normal()
    if _has_formula(form):
        return None
    while isinstance(form, Groups | Stepped):
        if isinstance(form, Groups) and len(set(form.of)) > 1:
            return None
        form = form.of[0] if isinstance(form, Groups) else form.of
    return _in_words(form, "step")


def told(law: Law) -> str:
    """Return in words what a list of rates is, and how near that comes to its numbers.

    Example:
        >>> from isorate.schedule.laws import law_of
        >>> told(law_of([0.5, 0.5, 0.5, 0.25, 0.25, 0.25]))
        "0.5, 0.25 from 3 on: each of the list's 6 numbers to the bit"

    """
    form = law.schedule.of if isinstance(law.schedule, Until) else law.schedule
    of = {"float64": "numbers", "float32": "float32 numbers"}
    numbers = of.get(law.precision, f"numbers of {law.precision}")
    near = "to the bit" if law.off == 0 else f"within {law.off:.2g}"
    return f"{_in_words(form, 'update')}: each of the list's {law.numbers:,} {numbers} {near}"


def _in_words(form: Schedule, tick: str) -> str:
    """Return what a schedule is, part by part; a step or an update is what it counts."""
    parts = form.of if isinstance(form, Join) else (form,)
    begins = form.starts if isinstance(form, Join) else (0,)
    return "; ".join(
        f"from {tick} {at} on {_words(part, tick)}" if at else _words(part, tick)
        for at, part in zip(begins, parts, strict=True)
    )


def _has_formula(schedule: Schedule) -> bool:
    return any(isinstance(node, Formula) for node in schedule.walk())


def _words(part: Schedule, tick: str) -> str:
    """Return what a part of a schedule is, in words."""
    one = traits(part)
    pace = "" if one.every == 1 else f", in stairs of {_counted(one.every, tick)}"
    begun = _counted(one.begin * one.every, tick) if one.begin else ""
    match part.of if isinstance(part, Staircase) else part:
        case shapes.Constant(rate=rate):
            return f"{rate:.6g}"
        case shapes.PiecewiseConstant(rates=rates, boundaries=boundaries):
            later = zip(rates[1:], boundaries, strict=True)
            return f"{rates[0]:.6g}, " + ", ".join(f"{r:.6g} from {b} on" for r, b in later)
        case Product(of=of) | Sum(of=of) as many:
            return f"{called(many.tag)} of " + " and ".join(called(each.tag) for each in of)
        case Clamp(of=of, least=least, most=most):
            bounds = {"at least": least, "at most": most}
            said = [f"{name} {bound:.6g}" for name, bound in bounds.items() if bound is not None]
            return f"{_words(of, tick)}, {' and '.join(said)}"
        case Repeat(of=of, growth=growth, shrink=1.0) if not begun:
            longer = "" if growth == 1 else f", each time {growth} times as long"
            return f"{_in_words(of, tick)}{pace}, again and again{longer}"
        case Formula(scale=scale, source=source):
            return f"{scale:.6g} · {source}{pace}"
        case shapes.Inverse(start=start, decay=decay, duration=duration):
            half = _counted(duration / decay * one.every, tick)
            return f"{one.shape} from {start:.6g}, halved in {half}{pace}"
        case Shift(of=shapes.Cosine() | shapes.Linear() as of) if one.duration is not None:
            begun = f", of which {begun} are over before"
            one = replace(one, start=of.start)
    if one.floor is not None and one.duration is not None:
        then = "" if one.after == "hold" else f", then {_after(one)}"
        over = _counted(one.duration, tick) + (begun if begun.startswith(",") else "")
        power = "".join(f" of power {p:.6g}" for name, p in one.details if name == "power")
        text = f"{one.shape}{power} from {one.start:.6g} to {one.floor:.6g} in {over}"
        return text + pace + then
    if one.factor is not None and one.duration is not None:
        pace, once = ("", "once in") if one.every == one.duration > 1 else (pace, "in")
        each = f"each {tick}" if one.duration == 1 else f"{once} {_counted(one.duration, tick)}"
        return f"{one.start:.6g}, times {one.factor:.6g} {each}{pace}"
    return f"{one.shape} from {one.start:.6g}{pace}"


def _counted(count: float, tick: str) -> str:
    return f"1 {tick}" if count == 1 else f"{count:.15g} {tick}s"


def _is_close(a: Detail, b: Detail) -> bool:
    """Whether two details differ in nothing but what a rounding makes of a product."""
    if isinstance(a, str) or isinstance(b, str):
        return a == b
    many = [value if isinstance(value, tuple) else (value,) for value in (a, b)]
    alike = all(math.isclose(*pair, rel_tol=1e-15) for pair in zip(*many, strict=False))
    return alike and len(many[0]) == len(many[1])


def _side_by_side(a: Detail, b: Detail) -> tuple[str, str]:
    """Return two details that differ as text in which they do, no more than a line of each."""
    if isinstance(a, str) or isinstance(b, str):
        return _excerpts(str(a), str(b))
    many = [value if isinstance(value, tuple) else (value,) for value in (a, b)]
    same = (at for at, (one, other) in enumerate(zip(*many, strict=False)) if one != other)
    first = next(same, min(map(len, many)))
    start = max(0, first - MOST_SHOWN // 2) if first >= MOST_SHOWN else 0
    windows = [values[start : start + MOST_SHOWN] for values in many]
    shown = iter(apart(*windows[0], *windows[1]))
    texts = [", ".join(next(shown) for _ in window) for window in windows]
    return tuple(  # type: ignore[return-value]
        ("…, " if start else "") + text + (", …" if len(values) > start + MOST_SHOWN else "")
        for text, values in zip(texts, many, strict=True)
    )


def _excerpts(a: str, b: str) -> tuple[str, str]:
    """Return two texts from shortly before where they part."""
    same = (at for at, (one, other) in enumerate(zip(a, b, strict=False)) if one != other)
    first = next(same, min(len(a), len(b)))
    start = max(0, first - LONGEST_TEXT // 2) if max(len(a), len(b)) > LONGEST_TEXT else 0
    cut = [text[start : start + LONGEST_TEXT] for text in (a, b)]
    return tuple(  # type: ignore[return-value]
        ("…" if start else "") + part + ("…" if len(text) > start + LONGEST_TEXT else "")
        for part, text in zip(cut, (a, b), strict=True)
    )


def explain(
    a: Recipe,
    b: Recipe,
    facts: tuple[SideFacts, SideFacts],
    verdict: str,
    nan: tuple[str, int] | None,
) -> tuple[Reason, ...]:
    """Return every difference of two sides that words can be found for."""
    reasons: list[Reason] = []
    sides = a.call, b.call
    if a.normal is not None and b.normal is not None and a.normal != b.normal:
        groups = [m.of if isinstance(m, Groups) else (m,) for m in (a.normal, b.normal)]
        # each of a thousand groups, or of a thousand parts, would name them all
        play = cache(lambda name, *asked: _arguments(sides["ab".index(name)], name, *asked))
        pairs = zip(groups[0], groups[1], strict=False)
        differing = (pair for pair in pairs if pair[0] != pair[1])
        found = (reason for pair in differing for reason in _structural(play, *pair))
        seen: set[tuple[str, str]] = set()
        for reason in found:
            if (reason.kind, reason.text) not in seen:
                seen.add((reason.kind, reason.text))
                reasons.append(reason)
            if len(reasons) == MOST_REASONS:
                break
    for side, name, fact in zip(sides, "ab", facts, strict=True):
        if fact.halt is not None and not any(reason.kind == "length" for reason in reasons):
            why = f"{fact.halt.error}, {fact.halt.text}"
            text = f"{name} has no rate from update {fact.halt.update} on: {why}"
            reasons.append(Reason("length", text, _arguments(side, name, "length")))
    if nan is not None:
        arguments = (*_arguments(sides[0], "a", "duration"), *_arguments(sides[1], "b", "duration"))
        reasons.append(
            Reason("nan", f"{nan[0]}: the rate is NaN from update {nan[1]} on", arguments)
        )
    if facts[0].dtype != facts[1].dtype:
        text = f"a computes in {facts[0].dtype}, b in {facts[1].dtype}"
        arguments = (*_arguments(sides[0], "a", "start"), *_arguments(sides[1], "b", "start"))
        rates = tuple(argument for argument in arguments if ": lr=" in argument)
        reasons.append(Reason("dtype", text, rates or arguments))
    arithmetics = [_arithmetic(side) for side in sides]
    if arithmetics[0] != arithmetics[1] and verdict != "identical":
        text = f"a: {arithmetics[0]}; b: {arithmetics[1]}"
        reasons.append(Reason("order", text, ()))
    return tuple(reasons)


def _arithmetic(side: Any) -> str:
    if isinstance(side, Call):
        side = side.returned
        members = dict.fromkeys(_arithmetic(member) for _, member in side.held_calls())
        return "; then ".join(members) or side.card.arithmetic
    return "Isorate's closed form, float64" if isinstance(side, Schedule) else "rates as given"


# --- what holds however long the run --------------------------------------------------------------


def proved(a: Recipe, b: Recipe) -> Literal["identical", "equal"] | None:
    """Return what is sure at every update, however long the run; none where nothing is.

    ``identical``: the same call in the same loop computes the same, and so do schedules of one
    normal form, which is what is evaluated. ``equal``: one meaning, and both sides within 1e-12 of
    the peak of it at every update. Two sides with the same bits over a run may be equal only.
    """
    if a.normal is None or a.normal != b.normal:
        return None
    if isinstance(a.call, Schedule) and isinstance(b.call, Schedule):
        return "identical"
    # equal arguments may differ in type, and an integer is not computed with as a float is
    if a.call == b.call and a.code == b.code and _loop(a.run) == _loop(b.run):
        return "identical"
    return "equal" if _by_itself(a.call) and _by_itself(b.call) else None


def _loop(run: Run) -> tuple[object, ...]:
    """Return what a run does to a call at each update, whatever its length."""
    every, first = run.updates_per_step, run.updates_to_first_step
    return every, first, run.step_of(0), run.steps_per_call, run.stops_at_total_steps


def _by_itself(side: Any) -> bool:
    """Whether a side computes each rate in float64, near what it means however far the update."""
    if isinstance(side, Schedule):
        return _is_steady(side)
    if not isinstance(side, Call) or side.dtype != "float64":
        return False
    arguments = side.arguments().values()
    groups = [g for value in arguments if isinstance(value, Optimizer) for g in value.groups]
    if any(group.tensor == "float32" for group in groups):  # one of several is enough
        return False
    if not all(_is_steady(value) for value in arguments if isinstance(value, Schedule)):
        return False
    side = side.returned
    members = [member for _, member in side.held_calls()]
    if side.card.proof is Proof.MEMBERS:
        return bool(members) and all(map(_by_itself, members))
    return side.card.proof is Proof.EACH_STEP and not members


def _is_steady(schedule: Schedule) -> bool:
    """Whether no part of a schedule can overflow, cancel or lose a fraction of an update.

    Then it has the same rates but for a few roundings, in whichever order it is written.
    """
    for node in schedule.walk():
        if not all(map(math.isfinite, node.bounds)):
            return False
        if isinstance(node, Sum) and len({bound < 0 for p in node.of for bound in p.bounds}) > 1:
            return False
        if isinstance(node, Shift) and not isinstance(whole(node.by), int):
            return False
    return True


def _structural(
    play: Callable[..., tuple[str, ...]], left: Schedule, right: Schedule, part: int | None = None
) -> Iterator[Reason]:
    """Visit what two schedules in normal form differ in; of two sequences, part by part.

    ``play(side, role, part)`` gives the arguments of a side that play a role, as ``_arguments``.
    """
    one, other = traits(left), traits(right)

    def reason(kind: str, text: str, *roles: Role) -> Reason:
        arguments = [
            argument for role in roles for name in ("a", "b") for argument in play(name, role, part)
        ]
        where = "" if part is None else f"part {part + 1}: "
        return Reason(kind, where + text, tuple(dict.fromkeys(arguments)))

    joins = [node.of if isinstance(node, Until) else node for node in (left, right)]
    if one.shape != other.shape:
        yield reason(
            "shape", f"a is {one.shape}, b {other.shape}", "shape", "start", "duration", "length"
        )
    elif isinstance(joins[0], Join) and isinstance(joins[1], Join):
        yield from _joined(play, joins[0], joins[1], reason, part)
    if one.every != other.every:
        yield reason("clock", f"a moves {_clock(one.every)}, b {_clock(other.every)}", "clock")
    both_join = isinstance(joins[0], Join) and isinstance(joins[1], Join)
    if not both_join and not math.isclose(one.start, other.start, rel_tol=1e-15):
        starts = apart(one.start, other.start)
        yield reason("start", f"a starts at {starts[0]}, b at {starts[1]}", "start", "begin")
    if one.floor is not None and other.floor is not None and one.floor != other.floor:
        ends = apart(one.floor, other.floor)
        yield reason("floor", f"a ends at {ends[0]}, b at {ends[1]}", "end")
    if one.duration is not None and other.duration is not None and one.duration != other.duration:
        took = apart(one.duration, other.duration)
        text = f"a takes {_updates(took[0])} from start to end, b {took[1]}"
        yield reason("period", text, "duration", "clock")
    if one.factor != other.factor and one.factor is not None and other.factor is not None:
        factors = apart(one.factor, other.factor)
        yield reason("shape", f"a decays by {factors[0]}, b by {factors[1]}", "factor")
    for (name, detail), (_, of_other) in zip(one.details, other.details, strict=False):
        if one.shape == other.shape and not _is_close(detail, of_other):
            said = _side_by_side(detail, of_other)
            text = f"a's {name}: {said[0]}; b's: {said[1]}"
            yield reason("shape", text, "duration", "factor", "shape")
    if one.begin != other.begin:
        begins = apart(one.begin, other.begin)
        text = f"a begins {begins[0]} steps into its course, b {begins[1]}"
        yield reason("begin", text, "begin")
    if one.after != other.after and one.after is not None and other.after is not None:
        low = all(side.floor is None or side.floor < side.start for side in (one, other))
        text = f"past its {'minimum' if low else 'end'} a {_after(one)}, b {_after(other)}"
        yield reason("after", text, "duration")
    if one.length != other.length and part is None:
        text = f"a {_length(one.length)}, b {_length(other.length)}"
        yield reason("length", text, "length")


def _joined(
    play: Callable[..., tuple[str, ...]],
    one: Join,
    other: Join,
    reason: Callable[..., Reason],
    part: int | None,
) -> Iterator[Reason]:
    """Compare two sequences: their boundaries, and then their parts."""
    if one.boundaries != other.boundaries:
        begins = _side_by_side(one.boundaries, other.boundaries)
        text = f"a's parts begin at {begins[0]}, b's at {begins[1]}"
        yield reason("period", text, "duration", "clock")
    if part is not None:
        return  # a sequence within a sequence is told by its boundaries only
    for number, (left, right) in enumerate(zip(one.of, other.of, strict=False)):
        if left != right:
            yield from _structural(play, left, right, number)


def _updates(count: str) -> str:
    return "1 update" if count == "1" else f"{count} updates"


def _clock(every: int) -> str:
    return "at every update" if every == 1 else f"once in {every} updates"


def _after(side: Traits) -> str:
    if side.after == "mirror" and side.duration is not None:
        turns = "climbs" if side.floor is None or side.floor <= side.start else "falls"
        return f"{turns} again (period {_updates(*apart(2 * side.duration))})"
    if side.after == "repeat" and side.duration is not None:
        return f"starts over (period {_updates(*apart(side.duration))})"
    return {"hold": "holds", "stop": "stops", "repeat": "starts over"}.get(
        side.after or "", "goes on"
    )


def _length(length: int | None) -> str:
    return "never ends" if length is None else f"ends after {_updates(str(length))}"


def _arguments(side: Any, name: str, role: Role, part: int | None = None) -> tuple[str, ...]:
    """Return the arguments of a side that play a role, as ``a: T_max=100``.

    Of a call that holds others, those of the one that a part comes from, or of all.
    """
    if not isinstance(side, Call):
        return ()
    found = []
    held = list(side.held_calls())
    for index, (where, member) in enumerate(held):
        if part in (None, index):
            inner = _arguments(member, name, role)
            found += [
                argument.replace(": ", f": {where}.", 1)
                for argument in inner
                if not argument.startswith(f"{name}: lr=")
            ]
    for argument, played in side.card.roles.items():
        if played != role:
            continue
        value = side.arguments()[argument]
        if any(where.partition("[")[0] == argument for where, _ in held):
            continue  # they have been asked themselves
        if role == "begin" and value == side.defaults().get(argument):
            continue  # it begins where it usually does
        if argument == "optimizer" and isinstance(value, Optimizer):
            rates = ", ".join(source(group.lr) for group in value.groups)
            found.append(f"{name}: lr={rates}")
        elif argument == "rates":
            found.append(f"{name}: {len(value)} rates")
        else:
            found.append(f"{name}: {argument}={source(value)}")
    return tuple(found)
