"""What MindSpore's lists, cells and schedulers share: versions, texts, checks of arguments."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from isorate.kit.boundary import Fault
from isorate.kit.card import Card

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from isorate.kit.card import Deviation, Proof, Role

VERSION = "2.10.0"
DOCS = "https://www.mindspore.cn/docs/en/r2.10.0/api_python/"
REMOVED = "This interface is deprecated and will be removed after version 2.9.0."
CHANGED = (
    "Non-backward-compatible change after version 2.9.0: this interface will be changed to a "
    "scheduler object form, instead of being called with `global_step`."
)
RAN_OUT = "For 'Gather', index {} is out of range: the list has {} rates"
BAD_DECAY = {
    "TypeError": "min_lr or max_lr no float (an int is none), a count no int (a bool is none)",
    "ValueError": "a rate negative or not finite, a count below 1, max_lr not above min_lr",
}


def card(
    *,
    arithmetic: str,
    proof: Proof,
    past_end: str,
    raises: Mapping[str, str],
    way_out: str,
    deprecation: str = REMOVED,
    deviations: Sequence[Deviation] = (),
    roles: Mapping[str, Role] | None = None,
) -> Card:
    """Return the card of one of ``mindspore.nn``'s functions and cells, all of them deprecated.

    It is to be completed by its name.
    """
    return Card(
        runs_in="mindspore",
        clock="update",
        arithmetic=arithmetic,
        proof=proof,
        past_end=past_end,
        roles=roles or {},
        raises=raises,
        deprecation=deprecation,
        way_out=f"isorate.mindspore.{way_out}",
        deviations=deviations,
    )


# --- checks, each as MindSpore's validator has it; a chain of them stops at the first fault -------


def check_float(name: str, value: Any) -> Fault | None:
    """Check that an argument is a Python float; NumPy's float64 is one, an int is none."""
    if not isinstance(value, float):
        return Fault(TypeError, f"{name} is not a float: {value!r}")
    return None


def check_finite(name: str, value: Any) -> Fault | None:
    """Check that an argument is a finite float."""
    fault = check_float(name, value)
    if fault is None and not math.isfinite(value):
        return Fault(ValueError, f"{name} is not finite: {value!r}")
    return fault


def check_not_negative(name: str, value: Any) -> Fault | None:
    """Check that an argument is a finite float from 0."""
    fault = check_finite(name, value)
    if fault is None and value < 0:
        return Fault(ValueError, f"{name} is negative: {value!r}")
    return fault


def check_positive(name: str, value: Any) -> Fault | None:
    """Check that an argument is a finite float above 0."""
    fault = check_finite(name, value)
    if fault is None and value <= 0:
        return Fault(ValueError, f"{name} is not positive: {value!r}")
    return fault


def check_count(name: str, value: Any) -> Fault | None:
    """Check that an argument is an int from 1 that 64 bits hold, and no bool."""
    if isinstance(value, bool) or not isinstance(value, int):
        return Fault(TypeError, f"{name} is not an int: {value!r}")
    if abs(value) >= 2**1024:  # the validator asks math.isinf, then np.isinf
        return Fault(OverflowError, f"{name} is too large for a float")
    if not -(2**63) <= value < 2**64:
        return Fault(TypeError, f"{name} is too large for 64 bits: {value}")
    if value <= 0:
        return Fault(ValueError, f"{name} is not positive: {value}")
    return None


def check_switch(name: str, value: Any) -> Fault | None:
    """Check that an argument is a Python bool."""
    return None if isinstance(value, bool) else Fault(TypeError, f"{name} is no bool: {value!r}")


def check_sequence(name: str, value: Any) -> Fault | None:
    """Check that an argument is a list or a tuple."""
    if isinstance(value, list | tuple):
        return None
    return Fault(TypeError, f"{name} is neither a list nor a tuple: {value!r}")


def check_cosine_decay(call: Any) -> Fault | None:
    """Check a cosine's rates, its counts, and that it falls, in MindSpore's order."""
    fault = check_not_negative("min_lr", call.min_lr) or check_positive("max_lr", call.max_lr)
    for name in ("total_step", "step_per_epoch", "decay_epoch", "decay_steps"):
        fault = fault or check_count(name, getattr(call, name, 1))
    if fault is None and call.min_lr >= call.max_lr:
        text = f"max_lr={call.max_lr!r} is not greater than min_lr={call.min_lr!r}"
        return Fault(ValueError, text)
    return fault
