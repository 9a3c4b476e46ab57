"""MindSpore's experimental scheduler along triangles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from isorate.dialects.mindspore._schedulers import LAST_COUNT, Setting, card, sgd
from isorate.dialects.mindspore._tensors import kernel_number, power_to_each
from isorate.dialects.mindspore.experimental_lambdas import values_of
from isorate.kit import objects as stepping
from isorate.kit import schedulers
from isorate.kit.boundary import LIMIT, Halting
from isorate.kit.card import Card, Deviation, Proof
from isorate.kit.effects import Moves, Values
from isorate.kit.float32 import number, scalar_type
from isorate.schedule.lazily import np

if TYPE_CHECKING:
    from isorate.dialects.mindspore._schedulers import Rates
    from isorate.kit.objects import Worker


class CyclicLR(Setting, schedulers.CyclicLR, frozen=True):
    """``CyclicLR``: triangles between base_lr and max_lr, their height scaled by the cycle or step.

    The first rate is that of ``initial_lr``, where another scheduler has set it before.
    """

    last_epoch: int = -1

    sets = True

    card: ClassVar[Card] = card(
        "closed form, each step by itself, float32, powf of the C library", Proof.COUNTER,
        "starts over, without end",
        Deviation(
            "base_lr is the initial rate",
            "the first rate is initial_lr, where another scheduler has left it there",
            "CyclicLR("
            + sgd("[{'params': params, 'lr': 0.1, 'initial_lr': 0.5}]")
            + ", base_lr=0.01, max_lr=0.1, step_size_up=4)",
            0,
        ),
        Deviation(
            "exp_range scales by gamma to the power of the iterations since the cycle began",
            "it counts them from the first cycle on",
            f"CyclicLR({sgd('params')}, base_lr=0.0, max_lr=1.0, step_size_up=2, "
            "mode='exp_range', gamma=0.5)",
            6,
        ),
        TypeError="a rate, a step size or gamma no number, scale_fn no function, last_epoch no int",
        ValueError="not one rate for each parameter group, base_lr a bool, an unknown mode "
        "without scale_fn; last_epoch below -1",
        ZeroDivisionError="no steps in a cycle",
    )  # fmt: skip

    def begin(self, workers: list[Worker]) -> None:
        low = schedulers.one_for_each(self.base_lr, "base_lr", workers)
        for worker, rate in zip(workers, low, strict=True):
            worker.kept["low"] = rate
            if self.last_epoch == -1:
                if isinstance(rate, bool):
                    raise ValueError("base_lr is a bool, which no Parameter can hold")
                stepping.put(worker.group, _rate("base_lr", rate))
        high = schedulers.one_for_each(self.max_lr, "max_lr", workers)
        for worker, rate in zip(workers, high, strict=True):
            worker.kept["high"] = _rate("max_lr", rate)
        up, down = self.sizes()
        self._share(up, down)
        self.check_mode()

    def built(self, worker: Worker) -> None:
        worker.base = _rate("base_lr", worker.kept["low"])

    @staticmethod
    def _share(up: float, down: float) -> float:
        """Return the share of a cycle that goes up."""
        return up / (up + down)

    def to(self, worker: Worker, counts: Rates) -> Moves:
        real, base, (up, down) = worker.real, worker.base, self.sizes()
        turns = counts / number(up + down, real)
        cycle = np.floor(1 + turns)
        x = 1 + turns - cycle
        share = number(self._share(up, down), real)
        rising = x / share
        falling = (x - real(1)) / number(self._share(up, down) - 1, real)
        place = np.where(x <= share, rising, falling)
        scale, halt = self._scales(cycle, counts)
        low, high = number(base, real), number(worker.kept["high"], real)
        return Values(low + (high - low) * place[: len(scale)] * scale, halt)

    def _scales(self, cycle: Rates, t: Rates) -> tuple[Rates, Any]:
        """Return what the height of each step is multiplied by, and what is raised then."""
        real = scalar_type(cycle)
        if self.scale_fn is not None:
            return values_of(self.scale_fn, cycle if self.scale_mode == "cycle" else t)
        if self.mode == "triangular":
            return np.ones_like(t), None
        if self.mode == "triangular2":
            return real(1) / np.ldexp(real(1), cycle.astype(np.int64) - 1), None
        return power_to_each(kernel_number(self.gamma), t), None


def _rate(name: str, value: Any) -> Any:
    """Return a rate that a tensor is made of; of larger integers it would keep some bits."""
    if not isinstance(value, int | float):
        raise TypeError(f"{name} is no number that a tensor is made of: {value!r}")
    if isinstance(value, int) and abs(value) > LAST_COUNT:
        raise Halting(LIMIT, f"{name}={value!r} is an integer that float32 does not hold")
    return value
