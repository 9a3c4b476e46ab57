"""MindSpore's experimental schedulers by functions of the step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from isorate.dialects.mindspore._schedulers import Multiplying, Setting, card, sgd
from isorate.dialects.mindspore._tensors import Single, kernel_number
from isorate.kit import schedulers
from isorate.kit.boundary import halting
from isorate.kit.card import Card, Deviation, Proof
from isorate.kit.effects import Factors, Moves, Values
from isorate.schedule.expression import Expression
from isorate.schedule.lazily import np

if TYPE_CHECKING:
    from isorate.dialects.mindspore._schedulers import Rates
    from isorate.kit.boundary import Halting
    from isorate.kit.objects import Worker


class LambdaLR(Setting, schedulers.LambdaLR, frozen=True):
    """``LambdaLR``: ``lr(t) = base · λ(t)``.

    The lambda is given the counter, a float32 tensor: what it computes is MindSpore's arithmetic,
    except within Python's ``math``, which turns it into a Python number.
    """

    card: ClassVar[Card] = card(
        "base · λ(step), each step by itself, float32; math's functions in float64", Proof.FUNCTION,
        "whatever the lambda says",
        TypeError="lr_lambda no function, or its value no number; last_epoch no int",
        ValueError="not one lambda for each parameter group; last_epoch below -1",
    )  # fmt: skip

    def to(self, worker: Worker, counts: Rates) -> Moves:
        return Values(*values_of(worker.kept["function"], counts, worker.base))


class MultiplicativeLR(Multiplying, schedulers.MultiplicativeLR, frozen=True):
    """``MultiplicativeLR``: ``lr(t) = lr(t−1) · λ(t)``, from t = 1 on.

    Only a lambda that is the same at every step has a schedule: the others are products that no
    formula says.
    """

    card: ClassVar[Card] = card(
        "recursion by λ(step), float32", Proof.RECURSION, "whatever the lambda says",
        Deviation(
            "the lambda is given an integer, the epoch",
            "it is given a float32 tensor: with 0.9 ** t each factor is rounded to float32",
            f"MultiplicativeLR({sgd('params')}, lambda t: 0.9 ** t)", 2,
        ),
        TypeError="lr_lambda no function, or its value no number: at the first step; "
        "last_epoch no int",
        ValueError="not one lambda for each parameter group; last_epoch below -1",
    )  # fmt: skip

    def to(self, worker: Worker, counts: Rates) -> Moves:
        before = np.ones(int((counts <= 0).sum()), worker.real)
        factors, halt = values_of(worker.kept["function"], counts[len(before) :])
        return Factors(np.concatenate((before, factors)), halt)

    def closed(self, worker: Worker) -> Any:
        """Leave the rate alone: there is no closed form, and no factor for step 0."""
        return worker.lr

    def restarted(self, worker: Worker) -> Moves:
        return Factors(np.ones(1, worker.real))


def values_of(function: Any, counts: Rates, base: Any = None) -> tuple[Rates, Halting | None]:
    """Return a function's values at some counts, as far as it has any, and what it raises then.

    Args:
        function: an expression, or any function.
        counts: the counts, in the dtype that is computed in.
        base: what the values are multiplied by; Python's own product where both are Python's.

    """
    called: Any = function.function() if isinstance(function, Expression) else function
    single = counts.dtype == np.float32
    if single and isinstance(base, np.float32):
        base = Single(base)  # which rounds as it does, and computes faster
    values: list[float] = []
    halt = None
    try:
        for count in counts.tolist():
            value = kernel_number(called(Single(count) if single else int(count)))
            values.append(value if base is None else base * value)
    except Exception as error:
        halt = halting(error)
    return np.array(values, np.float64).astype(counts.dtype), halt
