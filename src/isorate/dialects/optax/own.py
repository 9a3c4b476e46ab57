"""Functions of the count that a text has itself: optax takes any for a schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from msgspec.structs import replace

from isorate.dialects.optax.schedules import Function, card
from isorate.kit.card import Proof
from isorate.kit.of_count import LEDGER, Own
from isorate.schedule.expression import Expression  # noqa: TC001 (msgspec looks it up there)
from isorate.schedule.syntax import mentions, parse

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

    @property
    def body(self) -> str:
        """What it computes, by which one sees whose numbers it is of."""
        body = super().body
        told = mentions(parse(body), "jnp") or mentions(parse(body), "jax") or self.asked
        return body if told else f"jnp.asarray({body})"
