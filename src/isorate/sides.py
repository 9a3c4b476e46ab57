"""What the verbs take on the left and as a run: text, calls, schedules, curves, numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from isorate.kit.call import Call
from isorate.reading.reader import read
from isorate.schedule.curve import Curve
from isorate.schedule.errors import ReadError, RunError
from isorate.schedule.node import Schedule
from isorate.schedule.run import Run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Side: TypeAlias = Call | Schedule | Curve
if TYPE_CHECKING:
    #: What is taken for a side.
    Given: TypeAlias = str | Side | Sequence[Any] | NDArray[Any]

TAKEN = "text, a Call, a Schedule, a Curve, or rates as a list or an array"


def as_side(given: Given) -> Side:
    """Return a side of a comparison, or whatever else has rates.

    Args:
        given: text as ``read`` takes it, or a schedule's JSON; a call, a schedule or a curve, which
            stay what they are; or rates, of shape ``(updates,)`` or ``(groups, updates)``: a list,
            a tuple, or an array of integers, float64 or float32.

    Raises:
        ReadError: anything else, and text that cannot be read.
        ScheduleError: JSON that is no schedule.

    Example:
        >>> as_side([0.1, 0.05])
        Curve(2 × float64: 0.1, 0.05; 2 given rates)

    """
    if isinstance(given, Call | Schedule | Curve):
        return given
    if isinstance(given, str):
        return Schedule.from_json(given) if given.lstrip().startswith("{") else read(given)
    if isinstance(given, list | tuple) or hasattr(given, "__array__"):
        return _curve(given)
    raise ReadError("what is given has no rates", required=TAKEN, got=_named(given))


def _curve(given: Any) -> Curve:
    """Return given rates as a curve."""
    required = "numbers, of shape (updates,) or (groups, updates)"
    try:
        values = np.asarray(given)
    except (TypeError, ValueError, RuntimeError) as error:  # rows of different lengths, say
        first = str(error).partition("\n")[0]
        raise ReadError("the given rates", required=required, got=first) from None
    if values.dtype.kind in "iu":
        values = values.astype(np.float64)
    if values.dtype not in (np.float64, np.float32) or values.ndim not in (1, 2) or not values.size:
        shape = f"{values.dtype} of shape {values.shape}"
        raise ReadError("the given rates", required=required, got=shape)
    return Curve(values, f"{values.shape[-1]} given rates")


def as_call(given: Given) -> Call:
    """Return a side as a call: a schedule as the scheduler that follows it, rates as their list.

    Raises:
        ReadError: what ``as_side`` refuses, and rates of several parameter groups, which no list
            has.
        ScheduleError: JSON that is no schedule.

    """
    from isorate.dialects.isorate.torch import ScheduleLR
    from isorate.dialects.mindspore import LearningRateList

    side = as_side(given)
    if isinstance(side, Call):
        return side
    if isinstance(side, Schedule):
        return ScheduleLR.lift(side, 1).call
    if side.groups > 1:
        what = f"the given rates are of {side.groups} parameter groups"
        raise ReadError(what, required="one", hint="take the groups one by one")
    return LearningRateList(tuple(side.values.reshape(-1).tolist()))


def as_run(given: Run | int | None) -> Run:
    """Return a run: a number is its updates, none leaves its length open.

    Raises:
        RunError: anything else, or a number that is no length.

    Example:
        >>> as_run(40).updates
        40

    """
    if isinstance(given, Run):
        return given
    if given is None:
        return Run()
    if isinstance(given, int | np.integer) and not isinstance(given, bool):
        return Run(int(given))
    required = "a Run, a number of updates, or None"
    raise RunError("the run", required=required, got=_named(given))


def _named(given: object) -> str:
    """Return a value for a message: a short one itself, or its type."""
    text = repr(given) if given is None or isinstance(given, bool | float | str) else ""
    return text if 0 < len(text) <= 60 else type(given).__name__
