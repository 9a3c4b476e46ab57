"""Functions of schedules: what joins several, and reports, to which one is handed with ``|``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isorate.schedule.combinators import Groups, Join
from isorate.schedule.node import single

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from isorate.schedule.node import Schedule


def join(*parts: Schedule, at: Sequence[int]) -> Schedule:
    """Return one schedule after another, each from its beginning.

    Args:
        parts: the schedules.
        at: the updates at which the second, third, … take over.

    Example:
        >>> from isorate.schedule.shapes import Constant
        >>> join(Constant(0.1), Constant(0.01), Constant(0.001), at=[5, 8]) | rates(9)
        [0.1, 0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.001]

    """
    return Join(tuple(map(single, parts)), tuple(at))


def groups(*schedules: Schedule) -> Schedule:
    """Return one schedule for each parameter group of an optimizer.

    Example:
        >>> from isorate.schedule.shapes import Constant
        >>> (groups(Constant(0.1), Constant(0.01)) * 0.5).children()
        (Scale(of=Constant(rate=0.1), by=0.5), Scale(of=Constant(rate=0.01), by=0.5))

    """
    return Groups(schedules)


def rates(updates: int) -> Callable[[Schedule], list[float]]:
    """Report the rates of the first updates, or fewer where the schedule ends.

    Example:
        >>> from isorate.schedule.shapes import Constant
        >>> Constant(0.1).until(2) | rates(5)
        [0.1, 0.1]

    """

    def report(schedule: Schedule) -> list[float]:
        length = schedule.length
        return [schedule.at(k) for k in range(updates if length is None else min(updates, length))]

    return report


def to_json(schedule: Schedule) -> str:
    """Report the schedule as one JSON document.

    Example:
        >>> from isorate.schedule.shapes import Constant
        >>> Constant(0.1) | to_json
        '{"shape":"constant","rate":0.1}'

    """
    return schedule.to_json()
