"""What PaddlePaddle's schedulers share: a first rate of their own, and a step that may be told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from isorate.kit import Card, Deviation, Proof, Refusal
from isorate.kit import objects as stepping
from isorate.kit.match import from_the_start, one_group, take_apart
from isorate.kit.scheduler import AtWork, lift_of
from isorate.kit.solving import kinds_of, solve

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from isorate.kit.call import Lift
    from isorate.kit.objects import Work, Worker
    from isorate.schedule.node import Schedule

HOME: Final = "paddle.optimizer.lr"
ON: Final = "goes on without end"
#: An exception of the framework's, and whether all is well that it is raised for otherwise.
Demand = tuple[type[Exception], bool]


def card(
    past_end: str, proof: Proof = Proof.EACH_STEP, *shown: Deviation, each: str = "", **raises: str
) -> Card:
    """Return the card of a scheduler, to be completed by its name."""
    first = {"TypeError": "what is no number", "ValueError": "a first rate below 0"}
    return Card(
        runs_in="paddle", clock="step", past_end=past_end, proof=proof, deviations=shown,
        arithmetic=each or "a function of the step, float64", raises={**first, **raises},
    )  # fmt: skip


def anew(name: str) -> Deviation:
    """Return how a recursion is resumed."""
    return Deviation(
        "last_epoch is the last epoch's index, to restart training after",
        "the recursion goes on from the first rate, and not from the one that there was",
        f"{HOME}.{name}(0.1, 10, last_epoch=6)", 0,
    )  # fmt: skip


def number(value: Any) -> Demand:
    """Return the demand that a value be a number."""
    return TypeError, isinstance(value, float | int)


def check(demands: Iterable[Demand]) -> None:
    """Raise for the first demand that is not met."""
    for error, met in demands:
        if not met:
            raise error("it is out of range, or of another type")


class Decay(AtWork, frozen=True, kw_only=True):
    """A scheduler whose rate is a function of its step, ``at``; it is given to an optimizer."""

    last_epoch: int = -1
    verbose: bool = False
    sets: ClassVar[bool] = True
    choices: ClassVar[Mapping[str, Sequence[Any]]] = {"cycle": (False, True)}
    told_by: ClassVar[Any] = "step"

    @property
    def first(self) -> Any:
        """The rate that it begins with."""
        return self.learning_rate  # type: ignore[attr-defined]

    def demands(self) -> Iterator[Demand]:
        """Visit what building it asks for, in order, before its first rate is looked at."""
        yield from ()

    def at(self, base: Any, t: Any) -> Any:
        """Return the rate of a step."""
        raise NotImplementedError

    # --- at work

    def build(self, *, rounded: bool = True) -> list[Work]:
        return stepping.work(self, [{}])

    def begin(self, workers: list[Worker]) -> None:
        check(self.demands())
        check([number(self.first), (ValueError, not self.first < 0)])
        for worker in workers:
            worker.group |= {"lr": float(self.first), "initial_lr": float(self.first)}

    def resume(self, workers: list[Worker]) -> None:
        """Ask for nothing: it is built with its first rate, wherever it goes on."""

    def rate(self, worker: Worker) -> Any:
        return self.at(worker.base, worker.t)

    def tell(self, worker: Worker, t: Any) -> None:
        """Go to a step, as ``step`` does where it is told one."""
        worker.t = t
        stepping.put(worker.group, self.closed(worker))

    # --- what it means

    def meaning(self, worker: Worker) -> Schedule:
        return stepping.begun(self.shape(float(worker.base)), worker.t)

    def shape(self, base: float) -> Schedule:
        """Return the schedule from its step 0."""
        return self.means().schedule()

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        parts: Any = from_the_start(one_group(take_apart(schedule, *cls.kinds())))
        found = parts if isinstance(parts, Refusal) else cls.match(parts.shape)
        if isinstance(found, Refusal):
            return found
        arguments, unlike, *losses = found
        return lift_of(cls(**arguments), parts, losses, unlike)

    @classmethod
    def kinds(cls) -> tuple[type[Schedule], ...]:
        """Return the shapes that it can say."""
        return kinds_of(cls)

    @classmethod
    def match(cls, shape: Any, **known: Any) -> tuple[Any, ...] | Refusal:
        """Return the arguments with which it says a shape, what is unlike, and losses."""
        solution = solve(cls, shape, known, lenient=True)
        if isinstance(solution, Refusal):
            return solution
        own = {n: v for n, v in solution.arguments.items() if n in cls.__struct_fields__}
        return own, solution.unlike
