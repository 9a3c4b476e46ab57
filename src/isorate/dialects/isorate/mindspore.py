"""Isorate's schedules for MindSpore: any one as a cell, and MindSpore's lists as they stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from msgspec.structs import replace

from isorate.dialects import mindspore
from isorate.dialects.isorate._shared import card, exactly, no_schedule
from isorate.kit.boundary import Fault
from isorate.kit.call import Call, Lift
from isorate.kit.card import Card, Proof
from isorate.kit.match import Afterwards, Refusal
from isorate.schedule.combinators import Groups
from isorate.schedule.combinators.clocks import on_steps
from isorate.schedule.evaluate import in_blocks
from isorate.schedule.extension import kept_on
from isorate.schedule.lazily import np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from isorate.schedule.node import Schedule


class ScheduleLR(Call, frozen=True):
    """``isorate.mindspore.ScheduleLR``: any schedule as a cell, which the optimizer's step moves.

    Everything is computed in float64 and rounded to float32 once. After a schedule's end the last
    rate goes on.
    """

    schedule: Any

    card: ClassVar[Card] = card(
        "closed form, float64, each step by itself, rounded to float32", Proof.COUNTER,
        "whatever the schedule says; the last rate where it ends",
        name="isorate.mindspore.ScheduleLR", runs_in="mindspore", clock="update",
        roles={"schedule": "shape"}, TypeError="schedule neither a schedule nor a call or its text",
        ValueError="a schedule for several parameter groups", ulp=1,
        ledger="MindSpore's float64 sine and power may round otherwise than the C library's, which "
        "can move the float32 that they are rounded to",
    )  # fmt: skip

    @property
    def dtype(self) -> Literal["float64", "float32"]:
        return "float32"

    def fault(self) -> Fault | None:
        if isinstance(self.schedule, Groups):
            groups = len(self.schedule.of)
            return Fault(ValueError, f"the schedule is for {groups} parameter groups")
        return no_schedule(self.schedule)

    def lower(self) -> Schedule:
        """Return the schedule, and its last rate after its end."""
        self.checked()
        return kept_on(on_steps(self.schedule))

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        """Say anything, for one parameter group."""
        if isinstance(schedule, Groups):
            return Refusal("it is for one parameter group: convert each group by itself")
        length = schedule.length
        if length is None:
            return Lift(cls(schedule))
        return Lift(cls(schedule), 1, (Afterwards(f"goes on after the {length} rates it has"),))

    def native(self, steps: int) -> Iterator[NDArray[Any]]:
        schedule = self.lower()
        for t in in_blocks(steps):
            yield exactly(schedule, t).astype(np.float32)[None, :]


def staying(listed: Any) -> type[Call]:
    """Return MindSpore's list function as it stays in Isorate: the same list, bit for bit."""
    name = listed.card.name.rpartition(".")[2]
    own = ScheduleLR.card
    card = replace(
        listed.card, name=f"isorate.mindspore.{name}", dialect=own.dialect, drop_in=True,
        version=own.version, docs=own.docs, deprecation=None, way_out=None, deviations=(),
    )  # fmt: skip
    text = f"``{card.name}``: the same list, bit for bit."
    namespace = {"__module__": __name__, "__doc__": text, "card": card}
    made: type[Call] = type(listed)(name, (listed,), namespace, frozen=True)
    return made


cosine_decay_lr = staying(mindspore.cosine_decay_lr)
polynomial_decay_lr = staying(mindspore.polynomial_decay_lr)
exponential_decay_lr = staying(mindspore.exponential_decay_lr)
natural_exp_decay_lr = staying(mindspore.natural_exp_decay_lr)
inverse_decay_lr = staying(mindspore.inverse_decay_lr)
piecewise_constant_lr = staying(mindspore.piecewise_constant_lr)
warmup_lr = staying(mindspore.warmup_lr)
