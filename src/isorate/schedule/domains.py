"""The numbers that a schedule is made of: which ones may be, and what rounding leaves of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from isorate.schedule.errors import ScheduleError

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Updates are integers below this: float64 holds every one of them.
FARTHEST: Final = 2**53

#: Durations lie below this: twice as many updates are still an int64.
LONGEST: Final = 2**62


def check_finite(shape: str, **values: float) -> None:
    """Raise unless every value is a real number that a float can hold."""
    for name, value in values.items():
        if not _is_finite(value):
            raise ScheduleError(f"{shape}.{name}", required="a finite number", got=_shown(value))


def check_all_finite(shape: str, **lists: Sequence[float]) -> None:
    """Raise unless every value of every list is; fast, as lists may have a million."""
    for name, values in lists.items():
        if set(map(type, values)) != {float} or not all(map(math.isfinite, values)):
            for value in values:
                check_finite(shape, **{name: value})


def _is_finite(value: Any) -> bool:
    if getattr(value, "ndim", 0):  # a column of rates
        return agreed(abs(value) < math.inf)
    try:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and math.isfinite(value)
    except OverflowError:  # an integer beyond every float
        return False


def agreed(condition: Any) -> bool:
    """Return what all entries of a column agree on, or what a single number says."""
    return condition if isinstance(condition, bool) else bool(condition.all())


def check_duration(shape: str, duration: float) -> None:
    """Raise unless a duration is positive and below 2**62."""
    check_finite(shape, duration=duration)
    if not 0 < duration < LONGEST:
        required = "a number from 0 to 2**62, ends excluded"
        raise ScheduleError(f"{shape}.duration", required=required, got=_shown(duration))


def check_count(shape: str, *, least: int = 1, **values: int) -> None:
    """Raise unless every value is an integer from ``least`` to 2**53 - 1."""
    for name, value in values.items():
        integer = isinstance(value, int) and not isinstance(value, bool)
        if not (integer and least <= value < FARTHEST):
            required = f"an integer from {least} to 2**53 - 1"
            raise ScheduleError(f"{shape}.{name}", required=required, got=_shown(value))


def _shown(value: object) -> str:
    """Show a value in a message, in one line of bounded length."""
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 128:
        return "an integer beyond every float" if value.bit_length() > 1024 else f"{value:.6g}"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def arrival(course: float) -> int:
    """Return the update at which a course is over, whatever rounding has left of a fraction."""
    return max(0, math.ceil(course - 1e-6))


def whole(number: float) -> int | float:
    """Return a number as an integer where it is one."""
    return int(number) if isinstance(number, float) and number.is_integer() else number
