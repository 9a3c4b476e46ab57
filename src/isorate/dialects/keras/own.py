"""Functions of the count that a text has itself, as the method of an object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from msgspec.structs import replace

from isorate.dialects.keras.schedules import card
from isorate.kit.card import Proof
from isorate.kit.of_count import LEDGER, Own
from isorate.schedule.expression import Expression  # noqa: TC001 (msgspec looks it up there)

if TYPE_CHECKING:
    from isorate.kit.card import Card

HOME = "keras.optimizers.schedules.LearningRateSchedule"


class LearningRateSchedule(Own, frozen=True):
    """An object of a class derived from Keras', whose ``__call__`` says the rate."""

    function: Expression
    asked: tuple[Any, ...] = ()
    arrays: ClassVar[str] = "keras.ops"
    spelled: ClassVar[Any] = {"float32": "keras.ops.cast({}, 'float32')"}
    card: ClassVar[Card] = replace(
        card("its __call__'s, operation by operation", "whatever it says", raises={}),
        proof=Proof.FUNCTION, ulp=4, share=1e-5, ledger=LEDGER,
    )  # fmt: skip

    def written(self, optimizer: str | None = None) -> str:
        """Return it as an object of a class that is made where it stands."""
        return f"type('Schedule', ({HOME},), {{'__call__': lambda self, {self._says}}})()"

    @property
    def _says(self) -> str:
        return super().written().removeprefix("lambda ")

    def _named(self, name: str, written: str) -> list[str]:
        variable, _, body = self._says.partition(": ")
        return [
            f"class Schedule({HOME}):",
            f"    def __call__(self, {variable}):",
            f"        return {body}\n\n",
            f"{name} = Schedule()",
        ]
