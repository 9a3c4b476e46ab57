"""What MindSpore's lists, cells and schedulers share: versions, texts, checks of arguments."""

from __future__ import annotations

import math
from typing import Any

from isorate.dialects._base import (
    Fault,
)

VERSION = "2.10.0"
DOCS = "https://www.mindspore.cn/docs/en/r2.10.0/api_python/"
SCHEDULERS = "mindspore.experimental.optim.lr_scheduler."
REMOVED = "This interface is deprecated and will be removed after version 2.9.0."
BAD_DECAY = {
    "TypeError": "min_lr or max_lr no float (an int is none), a count no int (a bool is none)",
    "ValueError": "a rate negative or not finite, a count below 1, max_lr not above min_lr",
}
CHANGED = (
    "Non-backward-compatible change after version 2.9.0: this interface will be changed to a "
    "scheduler object form, instead of being called with `global_step`."
)
RAN_OUT = "For 'Gather', index {} is out of range: the list has {} rates"


def check_cosine_decay(call: Any) -> Fault | None:
    """Check in MindSpore's order: min_lr's type and range, max_lr, the integers, min < max."""
    if not isinstance(call.min_lr, float):
        return Fault(TypeError, f"min_lr is not a float: {call.min_lr!r}")
    fault = check_rate("min_lr", call.min_lr, zero=True) or check_rate("max_lr", call.max_lr)
    if fault is not None:
        return fault
    for name in ("total_step", "step_per_epoch", "decay_epoch", "decay_steps"):
        value = getattr(call, name, 1)
        if isinstance(value, bool) or not isinstance(value, int):
            return Fault(TypeError, f"{name} is not an int: {value!r}")
        if value <= 0:
            return Fault(ValueError, f"{name} is not positive: {value}")
    if call.min_lr >= call.max_lr:
        text = f"max_lr={call.max_lr!r} is not greater than min_lr={call.min_lr!r}"
        return Fault(ValueError, text)
    return None


def check_rate(name: str, value: Any, *, zero: bool = False) -> Fault | None:
    if not isinstance(value, float):
        return Fault(TypeError, f"{name} is not a float: {value!r}")
    if not math.isfinite(value):
        return Fault(ValueError, f"{name} is not finite: {value!r}")
    if value < 0 or (value == 0 and not zero):
        return Fault(ValueError, f"{name} is {'negative' if zero else 'not positive'}: {value!r}")
    return None
