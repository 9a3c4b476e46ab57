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


class LearningRateSchedule(Own, frozen=True):
    """An object of a class derived from Keras', whose ``__call__`` says the rate."""

    function: Expression
    asked: tuple[Any, ...] = ()
    derived = ("keras.optimizers.schedules.LearningRateSchedule", "__call__")
    arrays: ClassVar[str] = "keras.ops"
    spelled: ClassVar[Any] = {"float32": "keras.ops.cast({}, 'float32')"}
    card: ClassVar[Card] = replace(
        card("its __call__'s, operation by operation", "whatever it says", raises={}),
        proof=Proof.FUNCTION, ulp=4, share=1e-5, ledger=LEDGER,
    )  # fmt: skip
