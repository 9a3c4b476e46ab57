"""MindSpore's lists of rates, one an update: ``mindspore.nn``'s functions and plain lists."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from isorate.core.combinators import Staircase, Until
from isorate.core.evaluate import BLOCK
from isorate.core.shapes import Cosine, Table
from isorate.dialects._base import (
    Call,
    Card,
    Fault,
    Halting,
    Lift,
    Refusal,
    source,
)
from isorate.dialects._cosine import (
    exact_cos,
    find_fall,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from isorate.core.curve import Curve
    from isorate.core.schedule import Schedule

from isorate.dialects.mindspore._shared import (
    BAD_DECAY,
    DOCS,
    RAN_OUT,
    REMOVED,
    VERSION,
    check_cosine_decay,
)


class cosine_decay_lr(Call, frozen=True):
    """``mindspore.nn.cosine_decay_lr``: a list of ``total_step`` rates, half a cosine down.

    ``rate[i] = min + ½(max−min)(1+cos(π·min(e, D)/D))``, e = ⌊i / step_per_epoch⌋, D =
    ``decay_epoch``, in Python float64, each rate by itself. The rate is held at ``min_lr`` from
    update ``D·step_per_epoch`` on, which a list of ``step_per_epoch·decay_epoch`` rates, the
    usual length, never reaches. Past the list's end the optimizer raises RuntimeError.
    """

    min_lr: float
    max_lr: float
    total_step: int
    step_per_epoch: int
    decay_epoch: int

    card: ClassVar[Card] = Card(
        name="mindspore.nn.cosine_decay_lr",
        dialect="mindspore",
        runs_in="mindspore",
        version=VERSION,
        docs=DOCS + "nn/mindspore.nn.cosine_decay_lr.html",
        clock="update",
        arithmetic="closed form, float64, one rate an epoch",
        past_end="held at min_lr, then the list ends and the optimizer raises RuntimeError",
        roles={
            "min_lr": "end",
            "max_lr": "start",
            "total_step": "length",
            "step_per_epoch": "clock",
            "decay_epoch": "duration",
        },
        raises=BAD_DECAY,
        deprecation=REMOVED,
        way_out="isorate.mindspore.cosine_decay_lr",
    )

    def fault(self) -> Fault | None:
        """MindSpore checks every argument, types first."""
        return check_cosine_decay(self)

    def lower(self) -> Schedule:
        """Return a held cosine on a staircase of epochs, until the list ends."""
        self.checked()
        cosine = Cosine(float(self.max_lr), float(self.min_lr), self.decay_epoch)
        return Until(Staircase(cosine, self.step_per_epoch), self.total_step)

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        """Say one falling cosine that begins at its top."""
        parts = find_fall(schedule)
        if isinstance(parts, Refusal):
            return parts
        fall = int(parts.duration)
        losses = parts.unlike_holding()
        total = parts.length
        if total is None:
            total = max(updates, fall + 1)
            losses.append(
                f"ends after total_step={total} rates; the usual total_step of steps × epochs = "
                f"{fall} would never reach min_lr"
            )
        cosine = parts.cosine
        call = cls(cosine.end, cosine.start, total, parts.every, int(cosine.duration))
        return Lift(call, 1, tuple(losses))

    def native(self, steps: int) -> Iterator[NDArray[np.float64]]:
        """Compute each epoch's rate once, in MindSpore's order of operations."""
        self.checked()
        every, last = self.step_per_epoch, min(self.decay_epoch, 2**53)
        end = min(steps, self.total_step)
        per_block = max(1, BLOCK // every)  # epochs computed at a time
        settled = float(self._rates_of(np.array([float(self.decay_epoch)]))[0])
        for start in range(0, end, per_block * every):
            stop = min(start + per_block * every, end)
            first_epoch, last_epoch = start // every, -(-stop // every)
            if first_epoch >= last:
                for at in range(start, stop, BLOCK):
                    yield np.full((1, min(BLOCK, stop - at)), settled)
                continue
            epochs = np.minimum(np.arange(first_epoch, last_epoch, dtype=np.int64), last)
            rates = self._rates_of(epochs)
            if every <= BLOCK:
                yield np.repeat(rates, every)[None, : stop - start]
            else:
                for at in range(start, stop, BLOCK):
                    yield np.full((1, min(BLOCK, stop - at)), rates[0])
        if steps > self.total_step:
            raise Halting("RuntimeError", RAN_OUT.format(self.total_step, self.total_step))

    def _rates_of(self, epochs: NDArray[Any]) -> NDArray[np.float64]:
        half = 0.5 * (self.max_lr - self.min_lr)
        return self.min_lr + half * (1 + exact_cos(math.pi * epochs / self.decay_epoch))


class LearningRateList(Call, frozen=True):
    """A plain list of rates, one an update, given to a MindSpore optimizer as its learning rate.

    The optimizer stores it as a float32 Parameter and looks ``global_step`` up in it.
    """

    rates: tuple[float, ...]

    card: ClassVar[Card] = Card(
        name="mindspore.list",
        dialect="mindspore",
        runs_in="mindspore",
        version=VERSION,
        docs=DOCS + "nn/mindspore.nn.SGD.html",
        clock="update",
        arithmetic="none: the rates as written",
        past_end="the list ends and the optimizer raises RuntimeError",
        roles={"rates": "length"},
        raises={
            "RuntimeError": "an empty list: at the first step",
            "ValueError": "a rate that is no number",
        },
    )

    @property
    def code(self) -> str:
        """The list, as Python source."""
        if all(type(rate) is float and math.isfinite(rate) for rate in self.rates):
            return repr(list(self.rates))  # ten times faster, and lists can be long
        return source(self.rates)

    @property
    def name(self) -> str:
        """``list``."""
        return "list"

    def fault(self) -> Fault | None:
        """MindSpore takes whatever NumPy makes floats of, and finds no rate in an empty list."""
        try:
            rates = self._floats()
        except (TypeError, ValueError) as error:
            return Fault(type(error), f"the list is not one of numbers: {error}")
        if not len(rates):
            return Fault(RuntimeError, "the list of rates is empty", "on the first step")
        return None

    def _floats(self) -> NDArray[np.float64]:
        return np.array(self.rates).astype(np.float64)

    def lower(self) -> Schedule:
        """Return the rates as a table that stops."""
        self.checked()
        return Table(tuple(self._floats().tolist()))

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        """Refuse: a list is written from measured rates, not from a schedule."""
        return Refusal("a list is written from the rates themselves")

    @classmethod
    def spell(cls, curve: Curve) -> Lift | Refusal:
        """Write a curve out."""
        if curve.groups > 1:
            return Refusal("a list is for one parameter group: convert each group by itself")
        call = cls(tuple(curve.values.reshape(-1).tolist()))
        fault = call.fault()
        if fault is not None:
            return Refusal(f"MindSpore raises {fault.error.__name__}: {fault.text}")
        length = len(call.rates)
        return Lift(call, 1, (f"a list of {length} rates: update {length} raises RuntimeError",))

    def native(self, steps: int) -> Iterator[NDArray[np.float64]]:
        """Look the rates up."""
        self.checked()
        rates = self._floats()[:steps]
        for start in range(0, len(rates), BLOCK):
            yield rates[None, start : start + BLOCK]
        if steps > len(self.rates):
            raise Halting("RuntimeError", RAN_OUT.format(len(self.rates), len(self.rates)))
