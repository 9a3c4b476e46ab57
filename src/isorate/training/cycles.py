"""Triangles, cycle after cycle, as a call or a function of Python scales them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from isorate.schedule.combinators import Shift, Sum
from isorate.schedule.shapes import Constant
from isorate.training.closed_form import finite
from isorate.training.compositions import grouped, joined
from isorate.training.drop_in import DropIn, Kept, blaming, one_a_group
from isorate.training.functions import is_object, scaled_waves
from isorate.training.rates import per_group

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from isorate.schedule.node import Schedule
    from isorate.training.closed_form import Group


class Restarts(DropIn):
    """A ``CosineAnnealingWarmRestarts``, which says where in a cycle it stands, and can be told."""

    T_0: int
    T_mult: int

    #: From which step on another place in the cycles holds, and which.
    _moved: tuple[int, Any] = (0, 0)
    #: At which step it was told, and what.
    _told_place: tuple[int, Any] = (-2, 0)

    def _meaning(self, groups: Sequence[Group]) -> Schedule:
        schedule, (since, place) = super()._meaning(groups), self._moved
        if not place and not since:
            return schedule
        each = [Shift(one, place) for one in per_group(schedule, len(groups))]
        return joined([per_group(schedule, len(groups)), each], [since])

    def _place(self) -> tuple[Any, Any, Any]:
        """Return how far in its cycle it stands, how long that is, and when it began."""
        since, place = self._moved
        at = self.last_epoch - since + place if self.last_epoch >= since else self.last_epoch
        length, began = self.T_0, 0
        if self.T_mult == 1:
            began = at // length * length
        while at - began >= length:
            began, length = began + length, length * self.T_mult
        return at - began, length, began

    @property
    def T_cur(self) -> Any:  # noqa: N802 - the frameworks' name
        """The steps since the cycle began; where it is set, the cycles go on from there."""
        told, steps = self._told_place
        return steps if told == self.last_epoch else self._place()[0]

    @T_cur.setter
    def T_cur(self, steps: Any) -> None:  # noqa: N802
        steps = finite("T_cur", steps)
        _, length, began = self._place()
        place = began + steps
        if steps + 1 >= length:  # the coming step is in the next cycle
            place = began + length + (steps + 1) % length - 1
        before, self._moved = self._moved, (max(self.last_epoch, 0), place)
        try:
            self._plan()
        except Exception:
            self._moved = before
            raise
        self._told_place = self.last_epoch, steps

    @property
    def T_i(self) -> Any:  # noqa: N802 - the frameworks' name
        """The steps of the cycle that it is in."""
        return self._place()[1]

    def state_dict(self) -> dict[str, Any]:
        """Return the state, with the place in the cycle."""
        return {**super().state_dict(), "T_cur": self.T_cur, "T_i": self.T_i}


class Cycles(DropIn):
    """A ``CyclicLR``, each group between rates of its own."""

    scale_fn: Any
    base_lr: Any
    max_lr: Any

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

    def _ends(self, name: str) -> list[float]:
        rates = map(float, one_a_group(getattr(self, name), len(self._bases)))
        return Kept(rates, lambda changed: setattr(self, name, list(changed)))

    def state_dict(self) -> dict[str, Any]:
        """Return the state, with what the framework's own class asks for."""
        function = self.scale_fn
        held = dict(vars(function)) if is_object(function) else None
        own = {"base_lrs": list(self.base_lrs), "_scale_fn_custom": held}
        return {**super().state_dict(), **(own if self._arguments is not None else {})}

    def load_state_dict(
        self, state_dict: Mapping[str, Any], *, on_mismatch: str | None = None
    ) -> None:
        """Load a state, and into a callable object what it held."""
        held, function = state_dict.get("_scale_fn_custom"), getattr(self, "scale_fn", None)
        before = dict(vars(function)) if held and is_object(function) else None
        if held and before is not None:
            vars(function).update(held)
            self._plan()
        try:
            super().load_state_dict(state_dict, on_mismatch=on_mismatch)
        except Exception:
            if before is not None:
                vars(function).clear()
                vars(function).update(before)
                self._plan()
            raise

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
