"""Functions of the step that a text has itself, as the ``construct`` of a cell."""

from __future__ import annotations

from typing import Any, ClassVar

from isorate.dialects.mindspore._shared import card
from isorate.kit.card import Card, Proof
from isorate.kit.of_count import Own
from isorate.schedule.expression import Expression  # noqa: TC001 (msgspec looks it up there)


class LearningRateSchedule(Own, frozen=True):
    """A cell of a class derived from MindSpore's, whose ``construct`` says the rate."""

    function: Expression
    asked: tuple[Any, ...] = ()
    derived = ("mindspore.nn.learning_rate_schedule.LearningRateSchedule", "construct")
    arrays: ClassVar[str] = "mindspore.ops"
    spelled: ClassVar[Any] = {"float32": "mindspore.ops.cast({}, mindspore.float32)"}
    card: ClassVar[Card] = card(
        "its construct's, operation by operation, float32", Proof.FUNCTION, "whatever it says",
        ulp=32, deprecation=None,
        ledger="a quotient of a number and a tensor is a product by the reciprocal, and exp and "
        "rsqrt are MindSpore's own",
    )  # fmt: skip
