"""Forms that take turns: at which updates each begins, when two are put together or compared.

Where a condition, ``min``, ``max`` or a division into whole numbers decides, the updates are split
at the one where it changes.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from isorate.schedule.domains import FARTHEST
from isorate.schedule.symbolic.forms import (
    LINE,
    ONE,
    Clamped,
    Counted,
    Form,
    Parts,
    Term,
    UnsaidError,
    fraction,
    minus,
    plus,
    scaled,
    small,
    straight,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from fractions import Fraction

#: Into more parts no text is taken apart.
MOST_PARTS: Final = 64


def level(start: int, value: float) -> Parts:
    """Return a number as parts."""
    if not math.isfinite(value):
        raise UnsaidError
    return ((start, Term(fraction(value))),)


def merged(found: Sequence[tuple[int, Form]]) -> Parts:
    """Return parts, neighbours that are the same as one."""
    kept: list[tuple[int, Form]] = []
    for at, form in found:
        if not kept or kept[-1][1] != form:
            kept.append((at, form))
    if len(kept) > MOST_PARTS:
        raise UnsaidError
    return tuple(kept)


def merged_truths(found: list[tuple[int, bool]]) -> list[tuple[int, bool]]:
    """Return whether something holds, neighbours that are the same as one."""
    if len(found) > MOST_PARTS:
        raise UnsaidError
    return [each for i, each in enumerate(found) if not i or found[i - 1][1] != each[1]]


def with_ends(found: Sequence[Any], stop: int | None) -> Iterator[tuple[Any, int | None]]:
    """Visit what begins at some updates, each with where it ends."""
    return zip(found, [*(at for at, _ in found[1:]), stop], strict=True)


def holding(found: Sequence[tuple[int, Any]], at: int) -> Any:
    """Return what holds at an update."""
    return next(value for begins, value in reversed(found) if begins <= at)


def changed(parts: Parts, change: Callable[[Any], Form]) -> Parts:
    """Return parts, each changed; what counts is changed within."""

    def of(form: Form) -> Form:
        if isinstance(form, Counted):
            return replace(form, parts=changed(form.parts, change))
        return small(change(form))

    return merged([(at, of(form)) for at, form in parts])


def together(
    operation: Callable[[Form, Form], Form], a: Parts, b: Parts, stop: int | None
) -> Parts:
    """Return an operation on two sides, part by part."""
    return merged([(at, _counted(operation, *forms)) for at, _, *forms in _pairs(a, b, stop)])


def _pairs(a: Parts, b: Parts, stop: int | None) -> Iterator[tuple[int, int | None, Form, Form]]:
    """Visit where two sides have one form each."""
    begins = sorted({at for side in (a, b) for at, _ in side})
    for at, end in zip(begins, [*begins[1:], stop], strict=True):
        yield at, end, holding(a, at), holding(b, at)


def _counted(operation: Callable[[Form, Form], Form], a: Form, b: Form) -> Form:
    """Return an operation on two forms, within what both count."""
    counted = _counting(a, b)
    if counted is None:
        return small(operation(a, b))
    if operation in (plus, minus):
        other = b if operation is plus else _negated(b)
        whole = _rejoined(a, other) or _rejoined(other, a)
        if whole is not None:
            return whole
    return replace(counted, parts=together(operation, *_within(counted, a, b), None))


def _negated(form: Form) -> Form:
    ((_, negated),) = changed(((0, form),), lambda each: scaled(each, -ONE))
    return negated


def _rejoined(a: Form, b: Form) -> Form | None:
    """Return what a quotient makes of what it is added to: the rest of a line, a line of a rest."""
    if not (isinstance(a, Counted) and a.kind == "quotient" and len(a.parts) == 1):
        return None
    quotient = a.parts[0][1]
    other = b.parts[0][1] if isinstance(b, Counted) and len(b.parts) == 1 else b
    if not isinstance(quotient, Term) or not isinstance(other, Term):
        return None
    if not quotient.line or not other.line or quotient.constant or other.constant:
        return None
    (down, beside), (up, at) = straight(quotient), straight(other)
    if isinstance(b, Term) and down == -up * a.every:  # t - n·(t // n)
        rest = plus(scaled(LINE, up), Term(at - up * a.at + beside))
        return Counted("rest", a.every, a.at % a.every, ((0, rest),))
    same = isinstance(b, Counted) and b.clock == ("rest", a.every, a.at % a.every)
    if same and down == up * a.every:  # n·(t // n) + t % n
        return plus(scaled(LINE, up), Term(up * a.at + beside + at))
    return None


def _counting(*forms: Form) -> Counted | None:
    """Return the first of some forms that counts."""
    return next((form for form in forms if isinstance(form, Counted)), None)


def _within(counted: Counted, a: Form, b: Form) -> tuple[Parts, Parts]:
    """Return the parts of two forms by what both count, from the same count on."""
    inner: list[Parts] = []
    for form in (a, b):
        if isinstance(form, Counted) and form.clock == counted.clock:
            inner.append(form.parts)
        elif isinstance(form, Term) and form.constant:
            inner.append(((counted.parts[0][0], form),))
        else:
            raise UnsaidError
    first = max(parts[0][0] for parts in inner)
    one, other = (
        tuple(
            (max(k, first), form)
            for (k, form), stop in with_ends(parts, None)
            if stop is None or stop > first
        )
        for parts in inner
    )
    return one, other


def compared(
    holds: Callable[[Any, Any], bool], a: Parts, b: Parts, stop: int | None
) -> list[tuple[int, bool]]:
    """Return where one side compares to another."""
    found: list[tuple[int, bool]] = []
    for at, end, one, other in _pairs(a, b, stop):
        difference = _counted(minus, one, other)
        if isinstance(difference, Counted):
            if difference.kind != "quotient":
                raise UnsaidError
            for k, held in _signs(holds, difference.parts, None):
                begins = max(at, k * difference.every - difference.at)
                found = [each for each in found if each[0] < begins or each[0] < at]
                if end is None or begins < end:
                    found.append((begins, held))
        else:
            found += _signs(holds, ((at, difference),), end)
    return merged_truths(found)


def _signs(holds: Callable[[Any, Any], bool], parts: Parts, stop: int | None) -> list[Any]:
    """Return where lines compare to 0."""
    found: list[tuple[int, bool]] = []
    for (at, line), end in with_ends(parts, stop):
        if not isinstance(line, Term) or not line.line:
            raise UnsaidError
        zero = None if line.constant else -(line.add / line.by + line.at) / line.rise
        begins = {at}
        if zero is not None:
            begins |= {math.floor(zero), math.floor(zero) + 1, math.ceil(zero)}
        for t in sorted(t for t in begins if t >= at and (end is None or t < end)):
            found.append((t, holds(line.add + line.by * line.argument(t), 0)))
    return found


def lesser(a: Parts, b: Parts, stop: int | None, sign: int) -> Parts:
    """Return the lesser of two, or the greater where the sign is negative."""
    found: list[tuple[int, Form]] = []
    for at, end, one, other in _pairs(a, b, stop):
        counted = _counting(one, other)
        if counted is None:
            found += _lesser_form(one, other, at, end, sign)
        else:
            length = counted.every if counted.kind == "rest" else None
            parts = lesser(*_within(counted, one, other), length, sign)
            found.append((at, replace(counted, parts=parts)))
    return merged(found)


def _lesser_form(
    a: Form, b: Form, start: int, stop: int | None, sign: int
) -> list[tuple[int, Form]]:
    low, high = extent(a, start, stop)
    least, most = extent(b, start, stop)
    if high <= least:
        return [(start, a if sign > 0 else b)]
    if most <= low:
        return [(start, b if sign > 0 else a)]
    if isinstance(a, Term) and isinstance(b, Term) and a.line and b.line:
        return _in_turn(a, b, start, stop, sign)
    if isinstance(a, Term) and a.constant:
        a, b = b, a
    if isinstance(b, Term) and b.constant and isinstance(a, Term | Clamped):
        return [(start, _bounded(a, b.add, sign))]
    if isinstance(a, Term) and isinstance(b, Term):
        return _crossing(a, b, start, stop, sign)
    raise UnsaidError


def _in_turn(a: Term, b: Term, start: int, stop: int | None, sign: int) -> list[tuple[int, Form]]:
    """Return the lesser of two lines, before they meet and from there on."""
    (up, at), (other_up, other_at) = straight(a), straight(b)
    if up == other_up:
        return [(start, a if sign * (at - other_at) <= 0 else b)]
    meet = math.ceil((other_at - at) / (up - other_up))
    first, second = (a, b) if sign * (up - other_up) > 0 else (b, a)
    if meet <= start:
        return [(start, second)]
    return (
        [(start, first)] if stop is not None and meet >= stop else [(start, first), (meet, second)]
    )


def _bounded(form: Term | Clamped, bound: Fraction, sign: int) -> Clamped:
    clamped = form if isinstance(form, Clamped) else Clamped(form)
    least, most = clamped.least, clamped.most
    if sign > 0:
        most = bound if most is None else min(most, bound)
        least = None if least is None else min(least, bound)
    else:
        least = bound if least is None else max(least, bound)
        most = None if most is None else max(most, bound)
    return Clamped(clamped.of, least, most)


def _crossing(a: Term, b: Term, start: int, stop: int | None, sign: int) -> list[tuple[int, Form]]:
    """Return the lesser of what goes up and what goes down: they meet once at most."""
    ways = [_way(term, start) for term in (a, b)]
    if 0 in ways or ways[0] == ways[1]:
        raise UnsaidError
    first, second = (a, b) if ways[0] == sign else (b, a)  # the lesser before they meet, and after
    low, high = start, FARTHEST if stop is None else stop
    while low < high:
        middle = (low + high) // 2
        if sign * (first.value(middle) - second.value(middle)) > 0:
            high = middle
        else:
            low = middle + 1
    found: list[tuple[int, Form]] = [(start, first), (low, second)]
    return found[1:] if low == start else found[: 1 if stop is not None and low >= stop else 2]


def _way(term: Term, start: int) -> int:
    """Return 1 where a term goes up from an update on, -1 where it goes down, else 0."""
    up = 1 if term.by * term.rise > 0 else -1
    match term.basis:
        case "line":
            return up
        case "power" if term.number and term.argument(start) > 0 and term.rise > 0:
            return up if term.number > 0 else -up
        case "exponential":
            return up if term.number is None or term.number > 1 else -up
    return 0


def extent(form: Form, start: int, stop: int | None) -> tuple[float | Fraction, float | Fraction]:
    """Return the bounds of a form on some updates."""
    match form:
        case Term(basis="cosine"):
            return form.add - abs(form.by), form.add + abs(form.by)
        case Term() if form.constant:
            return form.add, form.add
        case Term(basis="line"):
            first = form.add + form.by * form.argument(start)
            up = form.by * form.rise > 0
            last = math.inf if up else -math.inf
            end = last if stop is None else form.add + form.by * form.argument(stop - 1)
            return (first, end) if up else (end, first)
        case Term(basis="exponential") if form.by > 0:
            return form.add, math.inf
        case Clamped(least=least, most=most):
            low, high = extent(form.of, start, stop)
            return (
                low if least is None else max(low, least),
                high if most is None else min(high, most),
            )
        case Counted(kind="quotient") if start >= 0 and form.of(start) >= 0:
            bounds = [extent(f, k, end) for (k, f), end in with_ends(form.parts, None)]
            return min(low for low, _ in bounds), max(high for _, high in bounds)
    return -math.inf, math.inf
