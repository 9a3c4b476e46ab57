"""What a scheduler may be given as its schedule: a schedule, a call, or the text of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isorate.kit.call import Call
from isorate.reading.reader import read_schedule
from isorate.schedule.combinators.clocks import on_steps
from isorate.schedule.node import Schedule

if TYPE_CHECKING:
    from collections.abc import Sequence


def meant(said: Any, rates: Sequence[float] = ()) -> Schedule:
    """Return a schedule on the clock of ``step()``.

    Args:
        said: a schedule, its JSON, a call, or the text of a call of any framework.
        rates: the first rate of each parameter group, for a text that leaves them to the optimizer.

    Raises:
        TypeError: none of the three.
        ReadError: text that cannot be read.
        ScheduleError: JSON that is no schedule.
        ConvertError: a call that has no schedule.

    Example:
        >>> meant("LinearLR(start_factor=0.5, total_iters=4)", [0.5])
        Linear(start=0.25, end=0.5, duration=4, after='hold')

    """
    if isinstance(said, str):
        said = read_schedule(said, rates)
    if isinstance(said, Call):
        said = said.lower()
    if not isinstance(said, Schedule):
        raise TypeError(f"schedule is neither a Schedule nor a call or its text: {said!r}")
    return on_steps(said)
