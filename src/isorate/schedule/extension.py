"""A schedule for a longer run than it was made for: stretched, held and decayed, or re-warmed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from msgspec.structs import replace

from isorate.schedule.combinators import Groups, Join, Scale, Shift, Staircase, Stretch, Until
from isorate.schedule.domains import check_count
from isorate.schedule.errors import ScheduleError
from isorate.schedule.shapes import Constant, Cosine, Linear, PiecewiseConstant, Polynomial

if TYPE_CHECKING:
    from collections.abc import Callable

    from isorate.schedule.node import Schedule

#: How a schedule is made longer.
Way = Literal["stretch", "hold", "rewarm"]


def extended(
    schedule: Schedule,
    total: int,
    now: int,
    way: Way = "stretch",
    *,
    planned: int | None = None,
    over: int | None = None,
) -> Schedule:
    """Return a schedule for ``total`` updates, of which the first ``now`` are over.

    P is the number of updates that the schedule was made for, r its rate at update ``now``.

    - ``"stretch"``: the rate of update k is that of update k·P/total before, as though the longer
      run had been planned from the start: everything takes total/P times as long. The rate jumps
      at ``now``. Boundaries move to the nearest update, and what lies between them fits exactly.
    - ``"hold"``: the old rates up to ``now``, then r, and a straight line from r to the old rate at
      P over the last ``over`` updates (a tenth of the run unless given). No jump.
    - ``"rewarm"``: the old rates up to ``now``, then a straight line from r to the old peak within
      ``over`` updates (a hundredth of what is left unless given), and then what followed the peak,
      stretched to end at ``total``. No jump.

    Args:
        schedule: the schedule as it is; ``Groups`` are extended one by one.
        total: the updates of the longer run, from its very beginning.
        now: the updates that are over.
        way: one of the three.
        planned: P; by default where the schedule ends or comes to rest, of a mirrored shape the
            update at which it turns.
        over: the updates of the last line (``"hold"``) or of the first one (``"rewarm"``).

    Raises:
        ScheduleError: an unknown way; counts that leave nothing to extend; a schedule that does
            not say what it was made for, without ``planned``; one that cannot be stretched.

    Example:
        >>> cosine = Cosine(0.1, 0.0, 100)
        >>> extended(cosine, 200, 50) == Cosine(0.1, 0.0, 200)
        True
        >>> extended(Linear(0.1, 0.0, 10), 20, 5, "hold", over=10).at(15)
        0.025

    """
    if way not in get_args(Way):
        required = f"one of {', '.join(get_args(Way))}"
        raise ScheduleError("the way to extend is unknown", required=required, got=repr(way))
    check_count("extended", least=0, now=now)
    check_count("extended", total=total)
    if total <= now:
        required = f"more than the {now} updates that are over"
        raise ScheduleError("there is nothing left of the longer run", required=required, got=total)
    if isinstance(schedule, Groups):
        members = (
            extended(group, total, now, way, planned=planned, over=over) for group in schedule.of
        )
        return Groups(tuple(members))
    if planned is None:
        planned = made_for(schedule)
    check_count("extended", planned=planned)
    ways: dict[str, Callable[[Schedule, int, int, int, int | None], Schedule]] = {
        "stretch": _stretch,
        "hold": _hold,
        "rewarm": _rewarm,
    }
    return ways[way](schedule, total, now, planned, over)


def made_for(schedule: Schedule) -> int:
    """Return the number of updates that a schedule was made for, as far as it says.

    Raises:
        ScheduleError: it goes on without coming to rest.

    """
    if schedule.length is not None:
        return schedule.length
    match schedule:
        case Join(of=parts):
            return schedule.starts[-1] + made_for(parts[-1])
        case Linear() | Cosine() | Polynomial() if schedule.duration == int(schedule.duration):
            return int(schedule.duration)
        case Staircase(of=of, every=every):
            return made_for(of) * every
        case Shift(of=of, by=by):
            return max(made_for(of) - int(by), 1)
        case Scale(of=of):
            return made_for(of)
    raise ScheduleError(
        f"a {schedule.tag.replace('_', ' ')} does not say how long a run it was made for",
        hint="say planned=",
    )


def held_at(schedule: Schedule, update: int) -> float:
    """Return the rate at an update, or the last one where there is none any more."""
    end = schedule.length
    return schedule.at(update if end is None else min(update, end - 1))


def kept_on(schedule: Schedule) -> Schedule:
    """Return a schedule that keeps its last rate after its end."""
    end = schedule.length
    return schedule if end is None else Join((schedule, Constant(schedule.at(end - 1))), (end,))


def _stretch(schedule: Schedule, total: int, now: int, planned: int, over: int | None) -> Schedule:
    if over is not None:
        raise ScheduleError("over has no meaning for a stretched schedule", hint="leave it away")
    return _stretched(schedule, planned, total)


def _stretched(schedule: Schedule, planned: float, total: float) -> Schedule:
    """Return a schedule whose first ``planned`` updates take ``total``, boundaries rounded."""
    if planned == total:
        return schedule

    def moved(boundary: float) -> int:
        return round(boundary * total / planned)

    match schedule:
        case Join(of=parts, boundaries=boundaries):
            ends = (*boundaries, max(planned, boundaries[-1] + 1))
            starts = (0, *boundaries)
            fitted = tuple(
                _stretched(part, end - start, max(moved(end) - moved(start), 1))
                for part, start, end in zip(parts, starts, ends, strict=True)
            )
            return Join(fitted, tuple(map(moved, boundaries)))
        case PiecewiseConstant(boundaries=boundaries):
            return replace(schedule, boundaries=tuple(map(moved, boundaries)))
        case Until(of=of, updates=updates):
            return Until(_stretched(of, planned, total), max(moved(updates), 1))
        case Staircase(of=of, every=every):  # the ticks stay, and there are more of them
            return Staircase(_stretched(of, planned / every, total / every), every)
    return Stretch(schedule, total / planned).inner


def _hold(schedule: Schedule, total: int, now: int, planned: int, over: int | None) -> Schedule:
    left = total - now
    over = min(max(total // 10, 1), left) if over is None else over
    check_count("extended", over=over)
    if over > left:
        required = f"at most the {left} updates that are left"
        raise ScheduleError("the last decay is too long", required=required, got=over)
    rate, end = held_at(schedule, now), held_at(schedule, planned)
    rest: Schedule = Linear(rate, end, over)
    if over < left:
        rest = Join((Constant(rate), rest), (left - over,))
    return _after(schedule, now, rest)


def _rewarm(schedule: Schedule, total: int, now: int, planned: int, over: int | None) -> Schedule:
    left = total - now
    over = max(left // 100, 1) if over is None else over
    check_count("extended", over=over)
    if over >= left:
        required = f"fewer than the {left} updates that are left"
        raise ScheduleError("the new warmup is too long", required=required, got=over)
    peak = _peak(schedule, planned)
    if planned <= peak + 1:
        raise ScheduleError("nothing follows the schedule's peak", hint="say planned=")
    decay = _stretched(_begun(schedule, peak), planned - peak, left - over)
    warm = Linear(held_at(schedule, now), schedule.at(peak), over)
    return _after(schedule, now, Join((warm, decay), (over,)))


def _after(schedule: Schedule, now: int, rest: Schedule) -> Schedule:
    """Return the old rates, as far as there are any, and then others."""
    if now == 0:
        return rest
    end = schedule.length
    if end is not None and end < now:
        schedule = kept_on(schedule)
    return Join((schedule, rest), (now,))


def _begun(schedule: Schedule, update: int) -> Schedule:
    """Return what is left of a schedule, without the parts that are over."""
    if update == 0:
        return schedule
    if isinstance(schedule, Join):
        later = [start for start in schedule.boundaries if start > update]
        turn = len(schedule.boundaries) - len(later)
        first = _begun(schedule.of[turn], update - schedule.starts[turn])
        if not later:
            return first
        boundaries = tuple(start - update for start in later)
        return Join((first, *schedule.of[turn + 1 :]), boundaries)
    return Shift(schedule, update)


def _peak(schedule: Schedule, planned: int) -> int:
    """Return the last update up to ``planned`` at which the rate is highest."""
    from isorate.schedule.evaluate import blocks
    from isorate.schedule.run import Run

    best, at = -float("inf"), 0
    for start, block in blocks(schedule, Run(planned)):
        rates = block[0]
        highest = float(rates.max())
        if highest >= best:
            best = highest
            at = start + len(rates) - 1 - int(rates[::-1].argmax())
    return at
