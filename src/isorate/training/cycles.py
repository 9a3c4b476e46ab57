"""Triangles, cycle after cycle, as a call or a function of Python scales them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from isorate.schedule.combinators import Shift, Sum
from isorate.schedule.shapes import Constant
from isorate.training.closed_form import Kept, finite
from isorate.training.compositions import grouped, joined
from isorate.training.drop_in import DropIn, blaming, lowered, one_a_group
from isorate.training.functions import holding, is_object, scaled_waves
from isorate.training.rates import per_group

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from isorate.schedule.node import Schedule
    from isorate.training.closed_form import Group


#: The arguments that say how long the coming cycles are.
LENGTHS: Final = ("T_0", "T_mult")


class Restarts(DropIn):
    """A ``CosineAnnealingWarmRestarts``, which says where in a cycle it stands, and can be told."""

    T_0: int
    T_mult: int

    #: At which step it was told where it stands, how far in its cycle, and how long that is.
    _told_place: tuple[int, Any, Any] | None = None

    def _meaning(self, groups: Sequence[Group]) -> Schedule:
        schedule = super()._meaning(groups)
        if self._told_place is None:
            return schedule
        step, steps, length = self._told_place
        place = going_on(steps, length)
        cycles: Any = replace(self._call(self._bases), T_0=length)
        since = math.floor(step) if place >= step % 1 else math.ceil(step)
        each = [Shift(one, place + since - step) for one in per_group(lowered(cycles), len(groups))]
        return joined([per_group(schedule, len(groups)), each], [since])

    def _change(self, changed: Mapping[str, Any]) -> None:
        before = self._told_place
        if self._built and self._arguments is not None and not changed.keys().isdisjoint(LENGTHS):
            self._told_place = (self._at, *self._place())  # the cycle that it is in stays as it is
        try:
            super()._change(changed)
        except Exception:
            self._told_place = before
            raise

    @property
    def _at(self) -> Any:
        """The step that it has come to; where ``last_epoch`` is set, that is not in the cycle."""
        return max(self._stood or 0, 0)

    def _place(self) -> tuple[Any, Any]:
        """Return how far in its cycle it stands, and how long that is."""
        at, length = self._at, self.T_0
        if self._told_place is not None and at >= self._told_place[0]:
            since, steps, length = self._told_place
            if at == since:
                return steps, length
            at += going_on(steps, length) - since
        if self.T_mult == 1:
            return at % length, length
        while at >= length:
            at, length = at - length, length * self.T_mult
        return at, length

    def _stand(self, steps: Any, length: Any, step: Any) -> None:
        before, self._told_place = self._told_place, (step, steps, length)
        try:
            self._plan()
        except Exception:
            self._told_place = before
            raise

    @property
    def T_cur(self) -> Any:  # noqa: N802 - the frameworks' name
        """The steps since the cycle began; where it is set, the cycles go on from there."""
        return self._place()[0]

    @T_cur.setter
    def T_cur(self, steps: Any) -> None:  # noqa: N802
        self._stand(finite("T_cur", steps), self.T_i, self._at)

    @property
    def T_i(self) -> Any:  # noqa: N802 - the frameworks' name
        """The steps of the cycle that it is in; where it is set, the coming ones follow from it."""
        return self._place()[1]

    @T_i.setter
    def T_i(self, steps: Any) -> None:  # noqa: N802
        self._stand(self.T_cur, finite("T_i", steps), self._at)

    def _go_to(self, step: Any, *, anew: bool = False) -> None:
        if anew and self._told_place is not None:  # a step that is named says where it stands
            if self.T_mult != 1 or step < self.T_0 or self.T_i == self.T_0:
                self._told_place = None
                self._plan()
            else:  # torch goes on with T_i
                if step % self.T_0 >= self.T_i:
                    text = f"step {step} is {step % self.T_0} steps into a cycle of {self.T_i}"
                    raise ValueError(f"{type(self).__name__}: {text}")
                self._stand(step % self.T_0, self.T_i, step)
        super()._go_to(step, anew=anew)

    _only_writes = _go_to

    def _notice(self) -> None:
        super()._notice()
        if self.last_epoch not in (self._stood, -1):  # the frameworks' cycles go on as they were
            self._stand(self.T_cur, self.T_i, self.last_epoch)

    def state_dict(self) -> dict[str, Any]:
        """Return the state, with the place in the cycle."""
        place = {} if self._arguments is None else {"T_cur": self.T_cur, "T_i": self.T_i}
        return {**super().state_dict(), **place}


def going_on(steps: Any, length: Any) -> Any:
    """Return where in cycles, from the first's beginning, the coming step is one further on."""
    return steps if steps + 1 < length else length + (steps + 1) % length - 1


#: The arguments of which the frameworks' own make a function once, when it is built.
FIXED: Final = ("mode", "gamma", "scale_fn")


class Cycles(DropIn):
    """A ``CyclicLR``, each group between rates of its own."""

    scale_fn: Any
    step_size_up: Any
    step_size_down: Any
    base_lr: Any
    max_lr: Any

    _saved_as = ("max_lrs", "total_size", "step_ratio", "mode", "gamma")

    @property
    def base_lrs(self) -> list[float]:
        """The lowest rate of each group; they may be set."""
        return self._ends("base_lr")

    @base_lrs.setter
    def base_lrs(self, rates: Sequence[Any]) -> None:
        if self._built:
            self.base_lr = list(rates)

    @property
    def max_lrs(self) -> list[float]:
        """The highest rate of each group; they may be set."""
        return self._ends("max_lr")

    @max_lrs.setter
    def max_lrs(self, rates: Sequence[Any]) -> None:
        self.max_lr = list(rates)

    @property
    def total_size(self) -> float:
        """The steps of a cycle; they may be set."""
        return float(self.step_size_up) + self._down()

    @total_size.setter
    def total_size(self, steps: Any) -> None:
        self._cut(steps, self.step_ratio)

    @property
    def step_ratio(self) -> float:
        """The share of a cycle in which the rate rises; it may be set."""
        return float(self.step_size_up) / self.total_size

    @step_ratio.setter
    def step_ratio(self, share: Any) -> None:
        self._cut(self.total_size, share)

    def _down(self) -> float:
        down = self.step_size_down
        return float(self.step_size_up if down is None else down)

    def _cut(self, steps: Any, share: Any) -> None:
        self._change({"step_size_up": steps * share, "step_size_down": steps * (1 - share)})

    def _change(self, changed: Mapping[str, Any]) -> None:
        super()._change(changed)
        if self._built and not changed.keys().isdisjoint(FIXED):
            self._tell_that(f"{', '.join(changed)} was set", "keeps the function it was built with")

    def _ends(self, name: str) -> list[float]:
        rates = map(float, one_a_group(getattr(self, name), len(self._bases)))
        return Kept(rates, lambda changed: setattr(self, name, list(changed)))

    def state_dict(self) -> dict[str, Any]:
        """Return the state, with what the framework's own class asks for."""
        if self._arguments is None:
            return super().state_dict()
        function = self.scale_fn
        held = dict(vars(function)) if is_object(function) else None
        own = {"base_lrs": list(self.base_lrs), "_scale_fn_custom": held}
        return {**super().state_dict(), **own}

    def load_state_dict(
        self, state_dict: Mapping[str, Any], *, on_mismatch: str | None = None
    ) -> None:
        """Load a state, and into a callable object what it held."""
        own = getattr(self, "scale_fn", None), state_dict.get("_scale_fn_custom")
        with holding([own], self._plan):
            super().load_state_dict(state_dict, on_mismatch=on_mismatch)

    def _meaning(self, groups: Sequence[Group]) -> Schedule:
        call: Any = self._call([0.0] * len(groups))  # also raises what the framework raises
        ends = (one_a_group(rate, len(groups)) for rate in (call.base_lr, call.max_lr))
        pairs = zip(*ends, strict=True)
        with blaming(call.name):
            return grouped([self._wave(call, float(low), float(high)) for low, high in pairs])

    def _wave(self, call: Any, low: float, high: float) -> Schedule:
        """Return the course between two values, of the rate or of the momentum."""
        wave = replace(call, base_lr=low, max_lr=high, scale_fn=None)
        if self.scale_fn is None:
            course: Schedule = wave.shape(low, 0)
            return course
        height = replace(wave, base_lr=0.0, max_lr=high - low, mode="triangular").shape(0.0, 0)
        down = call.step_size_up if call.step_size_down is None else call.step_size_down
        total = int(float(call.step_size_up) + float(down))
        scaled = scaled_waves(height, self.scale_fn, total if call.scale_mode == "cycle" else None)
        return Sum((Constant(low), scaled))
