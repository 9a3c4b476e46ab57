"""torch's schedulers by a function of the step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from isorate.dialects.torch.base import Multiplying, Setting, card
from isorate.kit import matching, schedulers
from isorate.kit import objects as stepping
from isorate.kit.boundary import halting
from isorate.kit.card import Card, Proof
from isorate.kit.effects import Factors, Moves, Values
from isorate.kit.tensors import Tensor
from isorate.kit.writing import source
from isorate.schedule.expression import Expression
from isorate.schedule.lazily import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from isorate.kit.boundary import Halting
    from isorate.kit.objects import Worker


BAD_LAMBDA = {
    "TypeError": "lr_lambda no function, or its value no number",
    "ValueError": "not one lambda for each parameter group",
}


class LambdaLR(Setting, schedulers.LambdaLR, frozen=True):
    """``LambdaLR``: ``lr(t) = base · λ(t)``.

    A lambda that is read from text is pure arithmetic, computed by a whitelist and never executed
    as code; in the library any function of the step will do.
    """

    losses = (matching.UNSAVED,)

    card: ClassVar[Card] = card(
        "base · λ(step), float64, each step by itself", Proof.FUNCTION, "whatever the lambda says",
        **BAD_LAMBDA,
    )  # fmt: skip

    told_by = "step"

    def told(self, group: int) -> Expression | None:
        stated, function = self.optimizer.groups[group], schedulers.readable(self.lr_lambda, group)
        if stated.tensor is not None:
            return None
        return Expression(function.variable, f"{source(stated.base)} * ({function.source})")

    def plain(self, worker: Worker) -> bool:
        """Whether it is an expression, whose values may be computed as floats.

        Where an integer is beyond the floats, 0 times it is not.
        """
        known = isinstance(worker.kept["function"], Expression)
        nonzero = stepping.is_float(worker.base) or worker.base != 0
        return known and nonzero and super().plain(worker)

    def leaves_floats(self, worker: Worker) -> bool:
        """Whether the base rate is a float: who knows what the lambda says."""
        return stepping.is_float(worker.base)

    def rate(self, worker: Worker) -> Any:
        return stepping.times(worker.base, called(worker.kept["function"], worker.t))

    def rates(self, worker: Worker, steps: range) -> Moves:
        """Multiply the base rate; where an integer may have lost something, in Python."""
        base, function, real = worker.base, worker.kept["function"], worker.real
        values, halt = values_of(function, steps)
        products: NDArray[Any] = real(base) * values.astype(real)
        if not isinstance(base, float):
            far = float(stepping.EXACT)
            beyond = (np.abs(values) > far) | (np.abs(products) > far)
            for place in np.flatnonzero(beyond | ((products == 0) & np.signbit(products))).tolist():
                try:
                    group = {"lr": worker.lr}
                    stepping.put(group, stepping.times(base, called(function, steps[place])))
                    products[place] = stepping.rate_of(group)
                except Exception as error:
                    return Values(products[:place], halting(error))
        return Values(products, halt)


class MultiplicativeLR(Multiplying, schedulers.MultiplicativeLR, frozen=True):
    """``MultiplicativeLR``: ``lr(t) = lr(t−1) · λ(t)``, from t = 1 on.

    Only a lambda that is the same at every step has a schedule: the others are products that no
    formula says.
    """

    losses = (matching.UNSAVED,)

    card: ClassVar[Card] = card(
        "recursion from group['lr'] by λ(step), float64 or the tensor's", Proof.RECURSION,
        "whatever the lambda says", **BAD_LAMBDA,
    )  # fmt: skip

    def begin(self, workers: list[Worker]) -> None:
        super().begin(workers)
        for worker in workers:
            function = worker.kept["function"]
            if not callable(function) and not isinstance(function, Expression):
                raise TypeError(f"lr_lambda should be a function, not {function!r}")

    def plain(self, worker: Worker) -> bool:
        """Whether it is an expression, of whose values none is too large for a tensor."""
        readable = isinstance(worker.kept["function"], Expression)
        return super().plain(worker) and readable and not isinstance(worker.lr, Tensor)

    def ratio(self, worker: Worker, t: Any) -> Any:
        return 1 if worker.initial else called(worker.kept["function"], t)

    def restarted(self, worker: Worker) -> Moves:
        """Multiply by the value at step 0: there is no closed form to set."""
        return Factors(*values_of(worker.kept["function"], range(1)))

    def moves(self, worker: Worker, steps: int) -> Moves:
        following = range(worker.t + 1, worker.t + 1 + steps)
        return Factors(*values_of(worker.kept["function"], following))


def called(function: Any, t: Any) -> Any:
    """Return what a lambda says of one step."""
    return (function.function() if isinstance(function, Expression) else function)(t)


def values_of(
    function: Expression, steps: range | NDArray[np.int64]
) -> tuple[NDArray[np.float64], Halting | None]:
    """Return a lambda's values at each step, as far as it has any, and what it raises then."""
    at = np.arange(steps.start, steps.stop) if isinstance(steps, range) else steps
    values, error = function.over(at)
    return values, None if error is None else halting(error)
