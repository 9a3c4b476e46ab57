"""Functions of the count that a text has itself: optax takes any for a schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from msgspec.structs import replace

from isorate.dialects.optax.schedules import Function, card
from isorate.kit.card import Proof
from isorate.kit.of_count import LEDGER, Own
from isorate.schedule.expression import Expression  # noqa: TC001 (msgspec looks it up there)

if TYPE_CHECKING:
    from isorate.kit.card import Card


class Schedule(Own, Function, frozen=True):
    """A function of the count, in whatever JAX computes."""

    function: Expression
    asked: tuple[Any, ...] = ()
    arrays: ClassVar[str] = "jnp"
    spelled: ClassVar[Any] = {"rsqrt": "jax.lax.rsqrt({})"}
    card: ClassVar[Card] = replace(
        card("the function's, operation by operation", "whatever it says", {}, Proof.FUNCTION),
        ulp=4,
        share=1e-5,
        ledger=LEDGER,
    )

    def _named(self, name: str, written: str) -> list[str]:
        return [f"{name}: {self.card.name} = {written}"]
