"""What MindSpore's lists, cells and schedulers share: versions, texts, checks of arguments."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from isorate.kit import card as cards
from isorate.kit.boundary import Fault
from isorate.kit.call import Call
from isorate.kit.meaning import Meaning, natural_exponential

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Check = Callable[[str, Any], Fault | None]

VERSION = "2.10.0"
DOCS = "https://www.mindspore.cn/docs/en/r2.10.0/api_python/"
REMOVED = "This interface is deprecated and will be removed after version 2.9.0."
CHANGED = (
    "Non-backward-compatible change after version 2.9.0: this interface will be changed to a "
    "scheduler object form, instead of being called with `global_step`."
)
RAN_OUT = "For 'Gather', index {} is out of range: the list has {} rates"
BAD_COSINE = {
    "TypeError": "min_lr or max_lr no float (an int is none), a count no int (a bool is none)",
    "ValueError": "a rate negative or not finite, a count below 1, max_lr not above min_lr",
}
BAD_POLYNOMIAL = {
    "TypeError": "a rate or power no float (an int is none), a count no int (a bool is none), the "
    "last argument no bool",
    "ValueError": "learning_rate, power or a count not positive, end_learning_rate negative, a "
    "rate or power not finite",
}
BAD_WARMUP = {
    "TypeError": "learning_rate no float (an int is none), a count no int (a bool is none)",
    "ValueError": "learning_rate negative or not finite, a count below 1",
}
BAD_STAIRS = {
    "TypeError": "a rate no float (an int is none), a count no int (a bool is none), is_stair no "
    "bool",
    "ValueError": "a rate or a count not positive, a rate not finite",
}


#: The card of one of ``mindspore.nn``'s functions and cells, to be completed by its name.
card = partial(cards.card, always={}, runs_in="mindspore", clock="update", deprecation=REMOVED)


# --- checks, each as MindSpore's validator has it; a chain of them stops at the first fault -------


def check_float(name: str, value: Any) -> Fault | None:
    """Check that an argument is a Python float; NumPy's float64 is one, an int is none."""
    if not isinstance(value, float):
        return Fault(TypeError, f"{name} is not a float: {value!r}")
    return None


def _besides(before: Check, fails: Callable[[float], bool], how: str) -> Check:
    """Return a check that an argument passes another one, and is not ``how`` it fails this."""

    def check(name: str, value: Any) -> Fault | None:
        fault = before(name, value)
        if fault is None and fails(value):
            return Fault(ValueError, f"{name} is {how}: {value!r}")
        return fault

    return check


check_finite = _besides(check_float, lambda value: not math.isfinite(value), "not finite")
check_not_negative = _besides(check_finite, lambda value: value < 0, "negative")
check_positive = _besides(check_finite, lambda value: value <= 0, "not positive")


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


#: What an argument of such a name has to be, whichever call has it.
CHECKS: dict[str, Check] = {
    **dict.fromkeys(("learning_rate", "decay_rate", "max_lr", "power"), check_positive),
    **dict.fromkeys(("min_lr", "end_learning_rate"), check_not_negative),
    **dict.fromkeys(("total_step", "step_per_epoch", "decay_epoch", "warmup_epoch"), check_count),
    **dict.fromkeys(("decay_steps", "warmup_steps"), check_count),
    **dict.fromkeys(("is_stair", "update_decay_epoch", "update_decay_steps"), check_switch),
}
#: The same for a warm-up, whose rate may be 0.
FROM_ZERO = CHECKS | {"learning_rate": check_not_negative}


class Checked(Call, frozen=True):
    """A call whose arguments are checked one after the other."""

    #: Their names, in the order in which MindSpore checks them.
    checks: ClassVar[str]
    known: ClassVar[Mapping[str, Any]] = CHECKS

    def fault(self) -> Fault | None:
        found = (self.known[name](name, getattr(self, name)) for name in self.checks.split())
        return next(filter(None, found), None)


class Decaying(Checked, frozen=True):
    """What the decays share, lists and cells: the curve, counted in ticks of the call's clock."""

    choices: ClassVar[Any] = {"is_stair": (False, True)}
    curve: ClassVar[Any]
    #: The argument that says how long a stair is, or takes to decay once.
    period: ClassVar[str]

    def ticking(self, decay: Meaning) -> Meaning:
        """Return a decay on the call's clock."""
        raise NotImplementedError

    def means(self: Any) -> Meaning:
        period = 1 if self.is_stair else getattr(self, self.period)
        found: Meaning = self.ticking(self.curve(self.learning_rate, self.decay_rate, period))
        return found


class DecayingNaturally(Decaying, frozen=True):
    """A decay by powers of e whose rate is per tick: of its period only stairs know."""

    def means(self: Any) -> Meaning:
        per_tick = (
            self.decay_rate * getattr(self, self.period) if self.is_stair else self.decay_rate
        )
        found: Meaning = self.ticking(natural_exponential(self.learning_rate, per_tick))
        return found if self.is_stair else found.where(**{self.period: 1})


def check_falling(call: Any) -> Fault | None:
    """Check that a cosine falls."""
    if call.min_lr < call.max_lr:
        return None
    return Fault(ValueError, f"max_lr={call.max_lr!r} is not greater than min_lr={call.min_lr!r}")
