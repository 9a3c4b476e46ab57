"""A loop over parameter groups written out, group by group: a third less time than the loop."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: Gives groups their rates if all of them hold their last; whether they did.
Moving: TypeAlias = "Callable[[Sequence[dict[str, Any]], list[float], list[float]], bool]"

#: As long as Python's byte code numbers the two variables of each group in a byte.
UP_TO: Final = 126


@functools.cache
def moving(groups: int) -> Moving:
    """Return what moves so many groups on.

    Nothing is written where one of them holds another object than the last that was put there.

    Example:
        >>> first, second = 0.1, 0.2
        >>> groups = [{"lr": first}, {"lr": second}]
        >>> moving(2)(groups, [0.01, 0.02], [first, second]), groups
        (True, [{'lr': 0.01}, {'lr': 0.02}])
        >>> moving(2)(groups, [0.3, 0.4], [first, second]), groups
        (False, [{'lr': 0.01}, {'lr': 0.02}])

    """
    if not 0 < groups <= UP_TO:
        return move_in_turn

    def each(text: str, between: str) -> str:
        return between.join(text.replace("#", str(number)) for number in range(groups))

    source = f"""
def move(groups, rates, last):
    {each("g#", ", ")}, = groups
    {each("l#", ", ")}, = last
    if {each("g#['lr'] is not l#", " or ")}:
        return False
    {each("g#['lr']", ", ")}, = rates
    return True
"""
    names: dict[str, Any] = {}
    exec(source, names)
    found: Moving = names["move"]
    return found


def move_in_turn(groups: Sequence[dict[str, Any]], rates: list[float], last: list[float]) -> bool:
    """Do the same of any number of groups."""
    for group, rate, held in zip(groups, rates, last):  # noqa: B905 - 0.2 µs a step
        if group["lr"] is not held:
            for moved, before in zip(groups, last, strict=False):
                if moved is group:
                    return False
                moved["lr"] = before
        group["lr"] = rate
    return True
