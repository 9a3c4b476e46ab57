"""MindSpore's experimental schedulers along cosines."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from msgspec.structs import replace

from isorate.dialects.mindspore._schedulers import LRScheduler, Setting, card, sgd, want_int
from isorate.dialects.mindspore._tensors import kernel_number
from isorate.kit import schedulers
from isorate.kit.boundary import halting
from isorate.kit.card import Card, Deviation, Proof
from isorate.kit.chained_cosine import chained_group
from isorate.kit.effects import Factors, Links, Moves, OneAfterAnother, Values, scalar
from isorate.kit.float32 import number, scalar_type
from isorate.kit.objects import Worker, begun
from isorate.schedule.combinators.clocks import Shift
from isorate.schedule.combinators.joins import Join, Repeat
from isorate.schedule.errors import ConvertError
from isorate.schedule.lazily import np
from isorate.schedule.libm import exact
from isorate.schedule.shapes import Cosine, PiecewiseConstant

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from isorate.dialects.mindspore._schedulers import Rates
    from isorate.schedule.node import Schedule

#: A scheduler that is resumed this far into cycles that it does not know of has no schedule.
MOST_ODD_STEPS = 10_000


#: A group as it is some steps before the trough, for what happens there.
NEAR_THE_TROUGH = "[{'params': params, 'lr': 1e-07, 'initial_lr': 0.1}]"


class CosineAnnealingLR(LRScheduler, schedulers.CosineAnnealingLR, frozen=True):
    """``CosineAnnealingLR``: half a cosine down in T_max steps, half a cosine up, without end.

    The same recursion as torch's, with float32 kernels and a float32 step counter. Where
    ``1 + cos`` rounds to zero a step early it turns NaN for good: in the first half period from
    T_max=12860 on (but for 12861, 12862, 12863 and 12867), after some periods below that.
    """

    T_max: int

    card: ClassVar[Card] = card(
        "recursion from the optimizer's rate by a ratio of cosines, float32", Proof.RECURSION,
        "climbs back to the first rate and goes on with period 2·T_max, or turns NaN",
        Deviation(
            "the rate comes down to eta_min at T_max and climbs again",
            "for most T_max from 12860 on it is NaN from T_max on",
            f"CosineAnnealingLR({sgd(NEAR_THE_TROUGH)}, T_max=13000, last_epoch=12990)", 9,
        ),
        TypeError="T_max no int, eta_min no number, last_epoch no int",
    )  # fmt: skip

    def begin(self, workers: list[Worker]) -> None:
        if not isinstance(self.eta_min, int | float):
            raise TypeError(f"eta_min is not a float or int: {self.eta_min!r}")
        want_int("T_max", self.T_max)
        for worker in workers:
            worker.kept["found"] = worker.lr

    def to(self, worker: Worker, counts: Rates) -> Moves:
        kept = int((counts == 0).sum())  # the step to 0 leaves the rate as it is
        before = Factors(np.ones(kept, worker.real))
        try:
            kernel_number(2 * self.T_max)
        except RuntimeError as error:
            return replace(before, halt=halting(error) if len(counts) > kept else None)
        ratios, anchors = kernel_links(counts[kept:], self.T_max)
        links = Links(ratios, anchors, self.eta_min, self._rise(worker))
        return OneAfterAnother((before, links)) if kept else links

    def _rise(self, worker: Worker) -> Any:
        """Return what the step after a trough adds."""
        turn = np.array([math.pi / self.T_max if self.T_max else math.inf], worker.real)
        span = worker.base - self.eta_min
        return worker.real(span * (1 - scalar(cosine_of(turn)[0])) / 2)

    def closed(self, worker: Worker) -> Any:
        """Set the closed form's rate at step 0; NaN where T_max is 0."""
        eta, turn = self.eta_min, worker.real(2 if self.T_max else math.nan)
        return eta + (worker.base - eta) * turn / 2

    def restarted(self, worker: Worker) -> Moves:
        return Values(np.array([self.closed(worker)]))

    def meaning(self, worker: Worker) -> Schedule:
        """Return a mirrored cosine; one off its curve keeps its own amplitude to the trough."""
        if self.T_max == 0:
            raise ConvertError("T_max=0: every rate but the first is NaN")
        base, eta = float(worker.base), float(self.eta_min)
        if self.last_epoch == -1 or worker.undone:
            return chained_group(worker.lr, base, eta, self.T_max, worker.t)
        found = worker.kept["found"]
        return Shift(chained_group(found, base, eta, self.T_max, worker.t - 1), 1)


class CosineAnnealingWarmRestarts(Setting, schedulers.CosineAnnealingWarmRestarts, frozen=True):
    """``CosineAnnealingWarmRestarts``: half a cosine down, again and again, T_mult times as long.

    ``lr = η + (base−η)(1+cos(π·T_cur/T_i))/2``: the step that would reach the end of a cycle
    begins the next one, so that no rate ever is eta_min. Resumed with ``last_epoch=k`` T_cur is
    k+1, however long T_0 is, and each step takes one cycle off it at most.
    """

    eta_min: float = 0

    card: ClassVar[Card] = card(
        "closed form in T_cur, each step by itself, float32", Proof.COUNTER,
        "starts over, without end",
        Deviation(
            "the rate is eta_min at the end of a cycle",
            "the last rate of a cycle is one step short of it, and it is never reached",
            f"CosineAnnealingWarmRestarts({sgd('params')}, T_0=10)", 9,
        ),
        Deviation(
            "last_epoch says how many steps were taken, to resume after them",
            "they are taken to be steps of the first cycle, of which each step leaves one out",
            "CosineAnnealingWarmRestarts("
            + sgd("[{'params': params, 'lr': 0.1, 'initial_lr': 0.1}]")
            + ", T_0=3, last_epoch=8)",
            0,
        ),
        TypeError="T_0, T_mult or eta_min no number, last_epoch no int",
        ValueError="T_0 no positive int, T_mult no int from 1 on; last_epoch below -1",
    )  # fmt: skip

    def begin(self, workers: list[Worker]) -> None:
        super().begin(workers)
        if isinstance(self.eta_min, bool) or not isinstance(self.eta_min, int | float):
            raise TypeError(f"eta_min is not a float or int: {self.eta_min!r}")
        if isinstance(self.eta_min, int) and self.eta_min >= 2**63:
            raise TypeError("a tensor of uint64 takes no other beside it")
        if self.last_epoch is None:
            raise ValueError("last_epoch=None is a tensor of no number")
        if not isinstance(self.last_epoch, int | float):
            raise TypeError(f"last_epoch is no number: {self.last_epoch!r}")
        for worker in workers:
            at, length = number(self.last_epoch, worker.real), number(self.T_0, worker.real)
            worker.kept = {"T_cur": at, "T_i": length}

    def to(self, worker: Worker, counts: Rates) -> Moves:
        pieces = []
        left = len(counts)
        if left and float(counts[0]) <= 0:  # before its beginning, a step goes to step 0
            pieces.append(self._first(worker))
            left -= 1
        while left:
            pieces.append(self._in_cycle(worker, left))
            left -= len(pieces[-1])
        return Values(np.concatenate(pieces))

    def _first(self, worker: Worker) -> Rates:
        real = worker.real
        worker.kept = {"T_cur": real(0), "T_i": number(self.T_0, real)}
        return self._rates(worker, np.zeros(1, real), worker.kept["T_i"])

    def _in_cycle(self, worker: Worker, most: int) -> Rates:
        """Take steps until the cycle changes its length, and no more than there are."""
        real, cur, length = worker.real, worker.kept["T_cur"], worker.kept["T_i"]
        if self.T_mult == 1 and cur < length < 2.0**24:  # whole numbers, without rounding
            at = ((int(cur) + np.arange(1, most + 1)) % int(length)).astype(real)
        elif cur + real(1) < length:
            span = min(most, int(min(float(length), 2.0**52) - float(cur)) - 1)
            at = np.add.accumulate(np.concatenate(([cur], np.ones(span, real))))[1:]
        else:
            at = np.array([cur + real(1) - length])
            length = length * number(self.T_mult, real)
        worker.kept = {"T_cur": scalar(at[-1]), "T_i": length}
        return self._rates(worker, at, length)

    def _rates(self, worker: Worker, T_cur: Rates, T_i: Any) -> Rates:
        real = worker.real
        turn = 1 + cosine_of(real(math.pi) * T_cur / T_i)
        eta = number(self.eta_min, real)
        rates: Rates = eta + (number(worker.base, real) - eta) * turn / 2
        return rates

    def meaning(self, worker: Worker) -> Schedule:
        base, eta = float(worker.base), float(self.eta_min)
        cur, length = int(worker.kept["T_cur"]), int(worker.kept["T_i"])
        odd: list[float] = []
        while cur >= length:  # a cycle that is over already: each step leaves it, once
            if len(odd) == MOST_ODD_STEPS:
                raise ConvertError("it is resumed too many cycles on to have a schedule")
            odd.append(eta + (base - eta) * (1 + math.cos(math.pi * cur / length)) / 2)
            cur, length = cur + 1 - length, length * self.T_mult
        now = Repeat(Cosine(base, eta, length), length, int(self.T_mult))
        here = begun(now, cur)
        if not odd:
            return here
        return Join((PiecewiseConstant(tuple(odd), tuple(range(1, len(odd)))), here), (len(odd),))


def cosine_of(x: Rates) -> Rates:
    """Return the cosines of angles as MindSpore has them: those of float64, rounded once."""
    with np.errstate(invalid="ignore"):
        return exact("cos", x.astype(np.float64)).astype(x.dtype)


def kernel_links(counts: Rates, T_max: int) -> tuple[Rates, NDArray[np.bool_]]:
    """Return what links the rates after the steps to some counts to the rates before them.

    MindSpore's annealing is torch's recursion, with kernels and a step counter in float32.

    Returns:
        The ratios of cosines, and where the scheduler adds the anchor's rise instead.

    """
    real = scalar_type(counts)
    before = counts - real(1)
    with np.errstate(all="ignore"):  # 0/0 is how this scheduler turns NaN
        heights, below = (
            1 + cosine_of(real(math.pi) * at / number(T_max, real)) for at in (counts, before)
        )
        shifted = before - number(T_max, real)
        return heights / below, np.mod(shifted, number(2 * T_max, real)) == 0
