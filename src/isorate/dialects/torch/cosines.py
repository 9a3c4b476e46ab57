"""torch's cosines, once or again and again."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from isorate.dialects.torch.base import Closed, Setting, card
from isorate.kit import objects as stepping
from isorate.kit import schedulers
from isorate.kit.card import Card, Deviation, Proof
from isorate.kit.chained_cosine import chained_group, chained_rate, cosine_links, rise_of
from isorate.kit.effects import Links, Moves, Values
from isorate.schedule.combinators.clocks import Shift
from isorate.schedule.combinators.joins import Join, Repeat
from isorate.schedule.errors import ConvertError
from isorate.schedule.lazily import np
from isorate.schedule.libm import exact
from isorate.schedule.shapes.waves import Cosine

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from isorate.kit.objects import Worker
    from isorate.schedule.node import Schedule


class CosineAnnealingLR(Closed, schedulers.CosineAnnealingLR, frozen=True):
    """``CosineAnnealingLR``: half a cosine down in T_max steps, half a cosine up, without end.

    Documented as ``lr(t) = η + (base−η)(1+cos(πt/T_max))/2``; computed by a recursion from
    ``group["lr"]`` (see ``cosine_links``), in float64 where the rate is a Python float and in
    the tensor's dtype where it is a tensor. Since 2.8 a scheduler built with ``last_epoch=k``
    leaves ``group["lr"]`` as it finds it and recurses from there.
    """

    card: ClassVar[Card] = card(
        "recursion from group['lr'] by a ratio of cosines, float64 or the tensor's",
        Proof.RECURSION, "climbs back to the first rate and goes on with period 2·T_max",
        Deviation(
            "the rate is eta_min + (base − eta_min)(1 + cos(π·t/T_max))/2",
            "with the rate in a float32 tensor it never leaves eta_min again where T_max is "
            "long: the ratios that it recurses by round to 1",
            "CosineAnnealingLR(torch.optim.SGD(params, lr=torch.tensor(0.1)), T_max=65000, "
            "eta_min=0.001)",
            130_000,
        ),
        Deviation(
            "last_epoch is the index of the last epoch, to resume after",
            "since 2.8 the rate is left as it is found, and the recursion goes on from there",
            "CosineAnnealingLR(torch.optim.SGD([{'params': p, 'lr': 0.1, 'initial_lr': 0.1}]), "
            "T_max=10, last_epoch=8)",
            3, "https://github.com/pytorch/pytorch/issues/65342",
        ),
        TypeError="T_max or eta_min no number: at the first step",
        ValueError="T_max so small that π·t/T_max is infinite: at the first step",
        ZeroDivisionError="T_max=0: at the first step",
    )  # fmt: skip

    closed_form = "eta_min + (base - eta_min) * (1 + math.cos(math.pi * t / T_max)) / 2"

    def rate(self, worker: Worker) -> Any:
        if worker.initial:
            return worker.lr
        return chained_rate(worker, worker.t, self.T_max, self.eta_min)

    def moves(self, worker: Worker, steps: int) -> Moves:
        ratios, anchors, halt = cosine_links(self.T_max, worker.t, steps)
        rise = float(rise_of(worker.base, self.eta_min, self.T_max)) if anchors.any() else 0.0
        return Links(ratios, anchors, float(self.eta_min), rise, halt)

    def meaning(self, worker: Worker) -> Schedule:
        """Return a mirrored cosine; one off its curve keeps its own amplitude to the trough."""
        return chained_group(worker.lr, worker.base, self.eta_min, self.T_max, worker.t)

    def multiplier(self, worker: Worker) -> Schedule:
        if self.eta_min != 0 or not isinstance(self.T_max, int):
            raise ConvertError("a cosine with a floor does more than multiply the rate")
        return Cosine(1.0, 0.0, abs(self.T_max), "mirror")

    def set_anew(self, worker: Worker) -> int:
        """Return how far the next trough is: from 0 the rate rises by the base rate alone."""
        return int((abs(self.T_max) - worker.t) % (2 * abs(self.T_max)))


class CosineAnnealingWarmRestarts(Setting, schedulers.CosineAnnealingWarmRestarts, frozen=True):
    """``CosineAnnealingWarmRestarts``: half a cosine down, again and again, T_mult times as long.

    ``lr(t) = η + (base−η)(1+cos(π·T_cur/T_i))/2``: the step that would reach the end of a cycle
    begins the next one, so that no rate ever is eta_min. Resumed with ``last_epoch=k`` it stands at
    step k+1 of a first cycle of T_0, or one of T_0·T_mult if that is past T_0, however far.
    """

    card: ClassVar[Card] = card(
        "closed form in T_cur, float64, each step by itself", Proof.EACH_STEP,
        "starts over, without end",
        Deviation(
            "the rate comes down to eta_min at the end of every cycle",
            "the last rate of a cycle is one step short of eta_min, which is never reached",
            "CosineAnnealingWarmRestarts(torch.optim.SGD(params, lr=0.1), T_0=10)", 9,
            "https://github.com/pytorch/pytorch/issues/47560",
        ),
        Deviation(
            "last_epoch is the index of the last epoch, to resume after",
            "one restart is counted at most: past T_0 the cycle is taken to be the second one, "
            "T_0·T_mult long",
            "CosineAnnealingWarmRestarts(torch.optim.SGD([{'params': p, 'lr': 0.1, "
            "'initial_lr': 0.1}]), T_0=4, T_mult=2, last_epoch=19)",
            0,
        ),
        TypeError="T_0 or T_mult no number, last_epoch none",
        ValueError="T_0 no positive int, T_mult no int from 1 on, eta_min no number",
    )  # fmt: skip

    @property
    def closed_form(self) -> str:
        n = "int(math.log(t / T_0 * (T_mult - 1) + 1, T_mult))"
        far = f"(t - T_0 * (T_mult ** {n} - 1) / (T_mult - 1)) / (T_0 * T_mult ** {n})"
        at = f"math.pi * {far} if t >= T_0 else math.pi * t / T_0"
        at = "math.pi * (t % T_0) / T_0" if self.T_mult == 1 else at
        return f"eta_min + (base - eta_min) * (1 + math.cos({at})) / 2"

    def begin(self, workers: list[Worker]) -> None:
        super().begin(workers)
        if not isinstance(self.eta_min, int | float):
            raise ValueError(f"eta_min={self.eta_min!r} is no number")
        for worker in workers:
            worker.kept = {"T_cur": self.last_epoch, "T_i": self.T_0}

    def plain(self, worker: Worker) -> bool:
        return super().plain(worker) and type(worker.kept["T_cur"]) is int

    def advance(self, worker: Worker) -> None:
        """Go on in the cycle; before its beginning, to step 0."""
        kept = worker.kept
        if worker.t < 0:
            worker.t, kept["T_cur"], kept["T_i"] = 0, 0, self.T_0
        else:
            kept["T_cur"] += 1
            if kept["T_cur"] >= kept["T_i"]:
                kept["T_cur"] %= kept["T_i"]
                kept["T_i"] *= self.T_mult
            worker.t = math.floor(worker.t + 1)

    def rate(self, worker: Worker) -> Any:
        """Return the rate of where it stands in the cycle: a milestone does not move that."""
        eta, kept = self.eta_min, worker.kept
        span = worker.base - eta
        return eta + span * (1 + math.cos(math.pi * kept["T_cur"] / kept["T_i"])) / 2

    def moves(self, worker: Worker, steps: int) -> Moves:
        kept = worker.kept
        pieces: list[NDArray[np.float64]] = []
        cur, length = kept["T_cur"], kept["T_i"]
        left = steps
        if left and worker.t < 0:  # before its beginning, a step goes to step 0
            worker.t, cur, length = -1, 0, self.T_0
            pieces.append(self._values(worker, np.zeros(1), length))
            left -= 1
        while left:
            if self.T_mult == 1:
                at = (cur + np.arange(1, left + 1)) % length
                cur = int(at[-1])
            else:
                if cur + 1 >= length:
                    cur, length = (cur + 1) % length - 1, length * self.T_mult
                at = np.arange(cur + 1, min(length, cur + 1 + left))
                cur += len(at)
            pieces.append(self._values(worker, at.astype(np.float64), length))
            left -= len(at)
        worker.kept = {"T_cur": cur, "T_i": length}
        return Values(np.concatenate(pieces) if pieces else np.empty(0))

    def _values(self, worker: Worker, T_cur: NDArray[np.float64], T_i: int) -> NDArray[Any]:
        real = worker.real
        turn = (1 + exact("cos", math.pi * T_cur / float(T_i))).astype(real)
        rates: NDArray[Any] = real(self.eta_min) + real(worker.base - self.eta_min) * turn / real(2)
        return rates

    def meaning(self, worker: Worker) -> Schedule:
        kept = worker.kept
        whole = self.shape(float(worker.base), worker.index)
        if self.T_mult == 1 or (kept["T_i"] == self.T_0 and kept["T_cur"] == worker.t):
            return stepping.set_from(whole, kept["T_cur"] % self.T_0, float(worker.lr))
        eta, length = float(self.eta_min), kept["T_i"]
        rest = length - kept["T_cur"]
        now = Shift(Cosine(float(worker.base), eta, length), kept["T_cur"])
        later = length * self.T_mult
        cycles = Repeat(Cosine(float(worker.base), eta, later), later, self.T_mult)
        return stepping.set_from(Join((now, cycles), (rest,)), 0, float(worker.lr))
