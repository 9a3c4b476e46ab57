"""What builds a ``LambdaLR`` of its own, as the functions of many packages do.

λ is a text, written as it is computed: the one place where its order of operations stands. Most
begin with a warm-up, a line from 0 to the base rate, which is said here for all of them.
"""

from __future__ import annotations

from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from msgspec.structs import replace

from isorate.dialects.torch.base import RESUMED, function_of
from isorate.dialects.torch.functions import LambdaLR, values_of
from isorate.dialects.torch.written import Written, around
from isorate.kit import objects as stepping
from isorate.kit.boundary import LIMIT, Halting
from isorate.kit.card import Card, Deviation, Proof, Role
from isorate.kit.effects import Moves, Values
from isorate.kit.match import Refusal
from isorate.kit.meaning import Meaning, cosine, join, line, polynomial
from isorate.kit.tensors import Tensor
from isorate.kit.unknown import ANY
from isorate.kit.writing import formula
from isorate.schedule.errors import ConvertError, ReadError
from isorate.schedule.formula import Formula

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from isorate.kit.call import Lift
    from isorate.kit.objects import Worker
    from isorate.schedule.expression import Expression
    from isorate.schedule.node import Schedule

    #: The workers of all groups; none where only the schedule is asked for.
    Workers = Sequence[Worker]

#: How far the warm-up has come; how many steps are trained after it, and how far that has come.
WARMING: Final = "(float(t) / float(max(1, num_warmup_steps)))"
SPAN: Final = "float(max(1, num_training_steps - num_warmup_steps))"
TRAINING: Final = f"(float(t - num_warmup_steps) / {SPAN})"
#: The warm-up, before what comes after it.
WARM: Final = f"{WARMING} if t < num_warmup_steps else "
#: A cosine that swings so often between 1 and 0, and what is from 0 to 1 as from ``low`` to 1.
WAVE: Final = "(0.5 * (1.0 + math.cos(math.pi * float(num_cycles) * 2.0 * {})))"
RAISED: Final = "max(0, {} * (1 - low) + low)"
#: The curves of a warm-up and of a decay, by the names that they go by.
RISES: Final = {
    "linear": "{}",
    "cosine": "(0.5 * (1.0 - math.cos(math.pi * {})))",
    "1-sqrt": "(1.0 - math.sqrt(1.0 - {}))",
}
FALLS: Final = {
    "linear": "(1.0 - {})",
    "cosine": WAVE,
    "1-sqrt": "(1.0 - math.sqrt({}))",
}
#: What a warm-up along them means, from a rate to another one in some steps.
MEANT: Final[dict[str, Callable[..., Meaning]]] = {
    "linear": line,
    "cosine": cosine,
    "1-sqrt": partial(polynomial, power=0.5),
}
#: What an argument of a name says, whichever function has it.
ROLES: Final[dict[str, Role]] = {
    "optimizer": "start",
    "warmup_lr_rate": "start",
    "num_warmup_steps": "duration",
    "num_training_steps": "duration",
    "num_decay_steps": "duration",
    "num_stable_steps": "duration",
    "timescale": "duration",
    "lr_end": "end",
    "min_lr": "end",
    "min_lr_rate": "end",
    "min_lr_ratio": "end",
    "num_cycles": "shape",
    "power": "shape",
    "warmup_type": "shape",
    "decay_type": "shape",
    "last_epoch": "begin",
}
#: What is tried of an argument of a name, where a function is to say a schedule.
CHOICES: Final[dict[str, Any]] = {
    "num_warmup_steps": (ANY, 0),
    "num_stable_steps": (ANY, 0),
    "warmup_type": tuple(MEANT),
    "decay_type": ("linear", "cosine"),
    "min_lr": (None,),
    "warmup_lr_rate": (None, ANY),
}


def rise(curve: str) -> str:
    """Return how far the warm-up has come along a curve, from 0 to 1."""
    return _along(RISES, curve, WARMING)


def fall(curve: str, progress: str) -> str:
    """Return what is left along a curve, from 1 to 0."""
    return _along(FALLS, curve, progress)


def _along(curves: Mapping[str, str], curve: str, progress: str) -> str:
    if curve not in curves:
        raise ValueError(f"{curve!r} is none of {', '.join(curves)}")
    return curves[curve].format(progress)


def card(
    past_end: str,
    proof: Proof = Proof.UNREDUCED,
    shown: Sequence[tuple[str, str, str, int]] = (),
    **raises: str,
) -> Card:
    """Return the card of what builds a ``LambdaLR``, to be completed by its name.

    Args:
        past_end: as on the card.
        proof: likewise.
        shown: its deviations: documented, actual, a call, an update.
        raises: what it raises besides what all of them do.

    """
    raises = {"KeyError": RESUMED, "TypeError": "what is no number", **raises}
    deviations = [Deviation(*each) for each in shown]
    return replace(
        LambdaLR.card, past_end=past_end, proof=proof, raises=raises, deviations=deviations
    )


class Lambda(Written, frozen=True):
    """A function that builds a ``LambdaLR``: ``lr(t) = base · λ(t)``."""

    #: λ(t), in ``t`` and the names of ``values``. It is the dialect's own text: whatever the
    #: arguments are, they are no part of it.
    factor: ClassVar[Any]

    def values(self, workers: Workers) -> dict[str, Any]:
        """Return what λ is computed with, by name, or raise what building it raises.

        Args:
            workers: those of the groups; none where only the schedule is asked for.

        """
        return {**self.arguments(), "low": self.low(workers)}

    def low(self, workers: Workers) -> Any:
        """Return the share of the base rate that λ goes down to, where it does."""
        return 0.0

    def function(self, workers: Workers) -> Callable[[Any], Any]:
        """Return λ, or raise what building it raises: first for its text, then for its values."""
        return function_of(self.factor, self.values(workers))

    def begin(self, workers: list[Worker]) -> None:
        function = self.function(workers)
        for worker in workers:
            worker.kept["function"] = function

    def rate(self, worker: Worker) -> Any:
        return stepping.times(worker.base, worker.kept["function"](worker.t))

    def rates(self, worker: Worker, steps: range) -> Moves:
        try:
            values, halt = values_of(self.expression, steps)
        except ReadError:  # what is no number, and taken for one
            return super().rates(worker, steps)
        return Values(float(worker.base) * values, halt)

    def plain(self, worker: Worker) -> bool:
        return not any(group.tensor for group in (*self.optimizer.groups, self.optimizer.default))

    def default(self, workers: Workers) -> Any:
        """Return ``optimizer.defaults["lr"]``; a tensor may be the one that a group holds."""
        optimizer = self.optimizer
        stated = optimizer.default
        if isinstance(optimizer.stated, str):
            raise Halting(LIMIT, f"the optimizer's own lr is not known: {optimizer.stated}")
        if stated.tensor is None or not workers:
            return stated.lr
        if stated is optimizer.stated:
            return Tensor(stated.lr, stated.tensor)
        return GroupTensor(workers[optimizer.groups.index(stated)], stated.tensor)

    @property
    def lasting_default(self) -> Any:
        """The same, where it lasts: a schedule does not follow a tensor that each step sets."""
        if self.optimizer.default_moves:
            raise ConvertError("it divides by the optimizer's tensor, which each step sets")
        return self.default(())

    def rate_of(self, base: Any, group: int) -> Callable[[Any], Any]:
        λ = self.function(())
        return lambda t: base * λ(t)

    def formula(self, base: float, group: int) -> Formula:
        return Formula(base, "t", self.expression.source)

    @property
    def expression(self) -> Expression:
        """λ with the numbers in place of their names."""
        return formula(self.factor, self.values(()))

    @property
    def joints(self) -> list[int]:
        roles, arguments = self.card.roles, self.arguments()
        steps = [arguments[name] or 0 for name, role in roles.items() if role == "duration"]
        return around({sum(some) for n in range(4) for some in combinations(steps, n)})


class GroupTensor(Tensor):
    """The tensor that a group holds, whatever its scheduler has set it to by now."""

    __slots__ = ("worker",)

    def __init__(self, worker: Worker, dtype: Literal["float32", "float64"]) -> None:
        self.worker = worker
        self.dtype = dtype

    @property
    def value(self) -> float:  # type: ignore[override]
        return float(self.worker.lr)


class Warmed(Lambda, frozen=True):
    """A line from 0 to the base rate, and what comes after it."""

    num_warmup_steps: int

    choices: ClassVar[Any] = CHOICES

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        if cls.means is Warmed.means and cls.rest is Warmed.rest:
            return Refusal("no word says what comes after its warm-up")
        return super().lift(schedule, updates)

    def means(self, base: Any) -> Meaning:
        if self.num_warmup_steps == 0:
            return self.rest(base)
        return join([self.warmup(base), self.rest(base)], at=[self.num_warmup_steps])

    def warmup(self, base: Any) -> Meaning:
        """Return what it means up to num_warmup_steps."""
        return line(0.0, base, self.num_warmup_steps)

    def rest(self, base: Any) -> Meaning:
        """Return what it means from there on."""
        raise NotImplementedError


class Trained(Warmed, frozen=True):
    """A schedule that is told how many steps one trains."""

    num_training_steps: int

    @property
    def left(self) -> Any:
        """How many steps come after the warm-up."""
        return self.num_training_steps - self.num_warmup_steps
