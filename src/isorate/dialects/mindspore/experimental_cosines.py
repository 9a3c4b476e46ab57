"""MindSpore's experimental schedulers along cosines."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from isorate.dialects.mindspore._schedulers import (
    RESUMED,
    LRScheduler,
    Setting,
    card,
    sgd,
    want_int,
)
from isorate.dialects.mindspore._tensors import held_number
from isorate.kit.card import Deviation, Proof
from isorate.kit.chained_cosine import chained_group
from isorate.kit.effects import Factors, Links, Moves, OneAfterAnother, Values, scalar
from isorate.kit.float32 import cosine_of, experimental_links, number
from isorate.kit.meaning import Meaning, cosine, repeat
from isorate.kit.objects import begun, halting
from isorate.schedule.combinators import (
    Join,
    Repeat,
    Shift,
)
from isorate.schedule.errors import ConvertError
from isorate.schedule.shapes import Cosine, PiecewiseConstant

if TYPE_CHECKING:
    from isorate.dialects.mindspore._stepping import Rates, Scheduler
    from isorate.kit.card import Card
    from isorate.schedule.node import Schedule

#: A scheduler that is resumed this far into cycles that it does not know of has no schedule.
MOST_ODD_STEPS = 10_000


@dataclass(frozen=True, slots=True)
class Standing:
    """A group as it stands: the rate that it holds, and its first one."""

    lr: float
    base: float


#: A group as it is some steps before the trough, for what happens there.
NEAR_THE_TROUGH = "[{'params': params, 'lr': 1e-07, 'initial_lr': 0.1}]"


class CosineAnnealingLR(LRScheduler, frozen=True):
    """``CosineAnnealingLR``: half a cosine down in T_max steps, half a cosine up, without end.

    The same recursion as torch's, with float32 kernels and a float32 step counter. Where
    ``1 + cos`` rounds to zero a step early it turns NaN for good: in the first half period from
    T_max=12860 on (but for 12861, 12862, 12863 and 12867), after some periods below that.
    """

    T_max: int
    eta_min: float = 0.0
    last_epoch: int = -1

    card: ClassVar[Card] = card(
        "CosineAnnealingLR",
        arithmetic="recursion from the optimizer's rate by a ratio of cosines, float32",
        proof=Proof.RECURSION,
        past_end="climbs back to the first rate and goes on with period 2·T_max, or turns NaN",
        roles={"T_max": "duration", "eta_min": "end", "last_epoch": "begin"},
        raises={
            **RESUMED,
            "TypeError": "T_max no int, eta_min no number, last_epoch no int",
        },
        deviations=(
            Deviation(
                "the rate comes down to eta_min at T_max and climbs again",
                "for most T_max from 12860 on it is NaN from T_max on",
                f"CosineAnnealingLR({sgd(NEAR_THE_TROUGH)}, T_max=13000, last_epoch=12990)",
                9,
            ),
        ),
    )

    def begin(self, worker: Scheduler) -> None:
        if not isinstance(self.eta_min, int | float):
            raise TypeError(f"eta_min is not a float or int: {self.eta_min!r}")
        want_int("T_max", self.T_max)

    def moves(self, worker: Scheduler, counts: Rates) -> list[Moves]:
        kept = int((counts[1:] == 0).sum())  # the step to 0 leaves the rate as it is
        before = Factors(np.ones(kept, worker.held))
        try:
            held_number(2 * self.T_max)
        except RuntimeError as error:
            ended = halting(error) if len(counts) > kept + 1 else None
            return [replace(before, halt=ended)] * len(worker.groups)
        ratios, anchors = experimental_links(counts[kept:], self.T_max)
        moves: list[Moves] = [
            Links(ratios, anchors, self.eta_min, self._rise(base, worker)) for base in worker.bases
        ]
        if not kept:
            return moves
        return [OneAfterAnother((before, links)) for links in moves]

    def _rise(self, base: Any, worker: Scheduler) -> Any:
        """Return what the step after a trough adds."""
        turn = np.array([math.pi / self.T_max if self.T_max else math.inf], worker.held)
        return worker.held((base - self.eta_min) * (1 - scalar(cosine_of(turn)[0])) / 2)

    def restart(self, worker: Scheduler) -> list[Moves]:
        """Set the closed form's rate at step 0; NaN where T_max is 0."""
        eta, turn = self.eta_min, worker.held(2 if self.T_max else math.nan)
        return [Values(np.array([eta + (base - eta) * turn / 2])) for base in worker.bases]

    def meaning(self, worker: Scheduler, index: int) -> Schedule:
        if self.T_max == 0:
            raise ConvertError("T_max=0: every rate but the first is NaN")
        base, eta = float(worker.bases[index]), float(self.eta_min)
        if worker.found is None:
            standing: Any = Standing(float(worker.rates[index]), base)
            return chained_group(standing, eta, self.T_max, int(worker.t))
        t, found = worker.found
        standing = Standing(float(found[index]), base)
        return Shift(chained_group(standing, eta, self.T_max, t), 1)

    def means(self, base: Any) -> Meaning:
        return cosine(base, self.eta_min, self.T_max, "mirror")


class CosineAnnealingWarmRestarts(Setting, frozen=True):
    """``CosineAnnealingWarmRestarts``: half a cosine down, again and again, T_mult times as long.

    ``lr = η + (base−η)(1+cos(π·T_cur/T_i))/2``: the step that would reach the end of a cycle
    begins the next one, so that no rate ever is eta_min. Resumed with ``last_epoch=k`` T_cur is
    k+1, however long T_0 is, and each step takes one cycle off it at most.
    """

    T_0: int
    T_mult: int = 1
    eta_min: float = 0
    last_epoch: int = -1

    card: ClassVar[Card] = card(
        "CosineAnnealingWarmRestarts",
        arithmetic="closed form in T_cur, each step by itself, float32",
        proof=Proof.COUNTER,
        past_end="starts over, without end",
        roles={"T_0": "duration", "T_mult": "factor", "eta_min": "end", "last_epoch": "begin"},
        raises={
            "KeyError": RESUMED["KeyError"],
            "TypeError": "T_0, T_mult or eta_min no number, last_epoch no int",
            "ValueError": "T_0 no positive int, T_mult no int from 1 on; last_epoch below -1",
        },
        deviations=(
            Deviation(
                "the rate is eta_min at the end of a cycle",
                "the last rate of a cycle is one step short of it, and it is never reached",
                f"CosineAnnealingWarmRestarts({sgd('params')}, T_0=10)",
                9,
            ),
            Deviation(
                "last_epoch says how many steps were taken, to resume after them",
                "they are taken to be steps of the first cycle, of which each step leaves one out",
                "CosineAnnealingWarmRestarts("
                + sgd("[{'params': params, 'lr': 0.1, 'initial_lr': 0.1}]")
                + ", T_0=3, last_epoch=8)",
                0,
            ),
        ),
    )

    def begin(self, worker: Scheduler) -> None:
        if self.T_0 <= 0 or not isinstance(self.T_0, int):
            raise ValueError(f"T_0={self.T_0!r} is no positive integer")
        if self.T_mult < 1 or not isinstance(self.T_mult, int):
            raise ValueError(f"T_mult={self.T_mult!r} is no integer from 1 on")
        if isinstance(self.eta_min, bool) or not isinstance(self.eta_min, int | float):
            raise TypeError(f"eta_min is not a float or int: {self.eta_min!r}")
        if isinstance(self.eta_min, int) and self.eta_min >= 2**63:
            raise TypeError("a tensor of uint64 takes no other beside it")
        if self.last_epoch is None:
            raise ValueError("last_epoch=None is a tensor of no number")
        if not isinstance(self.last_epoch, int | float):
            raise TypeError(f"last_epoch is no number: {self.last_epoch!r}")
        held = worker.held
        worker.kept = {"T_cur": number(self.last_epoch, held), "T_i": number(self.T_0, held)}

    def moves(self, worker: Scheduler, counts: Rates) -> list[Moves]:
        pieces = []
        left = len(counts) - 1
        if scalar(counts[0]) < 0 and left:  # before its beginning, a step goes to step 0
            pieces.append(self._first(worker))
            left -= 1
        while left:
            pieces.append(self._in_cycle(worker, left))
            left -= len(pieces[-1][0])
        return [Values(np.concatenate(many)) for many in zip(*pieces, strict=True)]

    def restart(self, worker: Scheduler) -> list[Moves]:
        return [Values(rates) for rates in self._first(worker)]

    def _first(self, worker: Scheduler) -> list[Rates]:
        held = worker.held
        worker.kept = {"T_cur": held(0), "T_i": number(self.T_0, held)}
        return self._rates(worker, np.zeros(1, held), worker.kept["T_i"])

    def _in_cycle(self, worker: Scheduler, most: int) -> list[Rates]:
        """Take steps until the cycle changes its length, and no more than there are."""
        held, cur, length = worker.held, worker.kept["T_cur"], worker.kept["T_i"]
        if self.T_mult == 1 and cur < length < 2.0**24:  # whole numbers, without rounding
            at = ((int(cur) + np.arange(1, most + 1)) % int(length)).astype(held)
        elif cur + held(1) < length:
            span = min(most, int(min(float(length), 2.0**52) - float(cur)) - 1)
            at = np.add.accumulate(np.concatenate(([cur], np.ones(span, held))))[1:]
        else:
            at = np.array([cur + held(1) - length])
            length = length * number(self.T_mult, held)
        worker.kept = {"T_cur": scalar(at[-1]), "T_i": length}
        return self._rates(worker, at, length)

    def _rates(self, worker: Scheduler, T_cur: Rates, T_i: Any) -> list[Rates]:
        held = worker.held
        turn = 1 + cosine_of(held(math.pi) * T_cur / T_i)
        eta = number(self.eta_min, held)
        return [eta + (number(base, held) - eta) * turn / 2 for base in worker.bases]

    def means(self, base: Any) -> Meaning:
        return repeat(cosine(base, self.eta_min, self.T_0), self.T_0, self.T_mult)

    def meaning(self, worker: Scheduler, index: int) -> Schedule:
        base, eta = float(worker.bases[index]), float(self.eta_min)
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
