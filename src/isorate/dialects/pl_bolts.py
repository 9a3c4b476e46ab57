"""Lightning Bolts: its ``LinearWarmupCosineAnnealingLR``, as of 0.7.0, in torch 2.13.

Every step goes on from the rate that the group has: in the warm-up it adds to it, after that it
recurses along a cosine, as torch's ``CosineAnnealingLR`` does.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar, Final

from isorate.dialects.torch.base import RESUMED, Closed
from isorate.kit import ANY, Card, Deviation, Dialect, Proof
from isorate.kit import meaning as say
from isorate.kit.card import roles_of
from isorate.kit.chained_cosine import chained_group, chained_rate, cosine_links, rise_of
from isorate.kit.effects import Links, Moves, OneAfterAnother, Values
from isorate.kit.registry import completed
from isorate.schedule.combinators import Join, Until
from isorate.schedule.errors import ConvertError
from isorate.schedule.lazily import np
from isorate.schedule.shapes import Constant, Cosine, Linear

if TYPE_CHECKING:
    from isorate.kit.meaning import Meaning
    from isorate.kit.objects import Worker
    from isorate.schedule.node import Schedule

VERSION: Final = "0.7.0"


class LinearWarmupCosineAnnealingLR(Closed, frozen=True):
    """A line from warmup_start_lr to the base rate, half a cosine to eta_min, and up again.

    The line is at the base rate one step before warmup_epochs, where the cosine begins.
    """

    warmup_epochs: int
    max_epochs: int
    warmup_start_lr: float = 0.0
    eta_min: float = 0.0
    last_epoch: int = -1
    choices: ClassVar[Any] = {"warmup_epochs": (ANY, 1)}
    lenient: ClassVar[bool] = True
    card: ClassVar[Card] = Card(
        runs_in="torch", clock="step", proof=Proof.RECURSION,
        arithmetic="group['lr'] and (base − warmup_start_lr)/(warmup_epochs − 1), then a recursion "
        "by a ratio of cosines, float64 or the tensor's",
        past_end="climbs back to the base rate and goes on with period 2·(max_epochs − "
        "warmup_epochs)",
        raises={
            "KeyError": RESUMED, "TypeError": "what is no number",
            "ZeroDivisionError": "max_epochs=warmup_epochs: at the step after it",
        },
        deviations=[
            Deviation(
                "the base rate is reached at warmup_epochs",
                "it is there one step earlier, and used twice",
                "LinearWarmupCosineAnnealingLR(torch.optim.SGD(params, lr=0.1), 4, 10)", 3,
            ),
            Deviation(
                "without a warm-up the cosine begins at the base rate",
                "with warmup_epochs=0 the rate stays warmup_start_lr, and goes on from that",
                "LinearWarmupCosineAnnealingLR(torch.optim.SGD(params, lr=0.1), 0, 10)", 5,
            ),
            Deviation(
                "the rate is at eta_min from max_epochs on", "it climbs again",
                "LinearWarmupCosineAnnealingLR(torch.optim.SGD(params, lr=0.1), 2, 6)", 8,
            ),
        ],
    )  # fmt: skip

    closed_form = (
        "warmup_start_lr + t * (base - warmup_start_lr) / (warmup_epochs - 1) "
        "if t < warmup_epochs else eta_min + 0.5 * (base - eta_min) * (1 + math.cos(math.pi * "
        "(t - warmup_epochs) / (max_epochs - warmup_epochs)))"
    )

    # --- at work

    def rise(self, worker: Worker) -> Any:
        """Return what a step of the warm-up adds."""
        return (worker.base - self.warmup_start_lr) / (self.warmup_epochs - 1)

    def rate(self, worker: Worker) -> Any:
        t, W = worker.t, self.warmup_epochs
        if t == 0:
            return self.warmup_start_lr
        if t < W:
            return worker.lr + self.rise(worker)
        if t == W:
            return worker.base
        return chained_rate(worker, t - W, self.max_epochs - W, self.eta_min)

    def plain(self, worker: Worker) -> bool:
        whole = type(self.warmup_epochs) is int and self.max_epochs != self.warmup_epochs
        return super().plain(worker) and whole and worker.t >= 0

    def moves(self, worker: Worker, steps: int) -> Moves:
        t, W, length = worker.t, self.warmup_epochs, self.max_epochs - self.warmup_epochs
        pieces: list[Moves] = []
        if warm := min(steps, max(0, W - 1 - t)):
            every = np.ones(warm)
            pieces.append(Links(every, every > 0, 0.0, float(self.rise(worker))))
        if steps > warm and t < W:
            pieces.append(Values(np.array([float(worker.base)])))
        if (rest := t + steps - max(t, W)) > 0:
            ratios, anchors, halt = cosine_links(length, max(t, W) - W, rest)
            climb = float(rise_of(worker.base, self.eta_min, length)) if anchors.any() else 0.0
            pieces.append(Links(ratios, anchors, float(self.eta_min), climb, halt))
        return pieces[0] if len(pieces) == 1 else OneAfterAnother(tuple(pieces))

    # --- what it means

    def meaning(self, worker: Worker) -> Schedule:
        """Return the line from the group's rate on and the cosine, or what is left of that."""
        t, W, M, lr, base = (
            worker.t, self.warmup_epochs, self.max_epochs, float(worker.lr), float(worker.base),
        )  # fmt: skip
        if not float(W).is_integer() or not float(M).is_integer() or t < 0:
            raise ConvertError("it has no whole number of steps")
        length, left = M - W, max(W - t, 0)
        fall: Schedule
        if length == 0:
            fall = Until(Constant(base if left else lr), 1)
        elif left:
            fall = Cosine(base, float(self.eta_min), abs(length), "mirror")
        else:
            return chained_group(lr, base, self.eta_min, length, t - W)
        if left < 2:
            return Join((Constant(lr), fall), (left,)) if left else fall
        end = lr + float(self.rise(worker)) * (left - 1)
        end = base if math.isclose(end, base, rel_tol=1e-14) else end
        return Join((Linear(lr, end, left - 1), fall), (left,))

    def means(self, base: Any) -> Meaning:
        W, first = self.warmup_epochs, self.warmup_start_lr
        rise = say.constant(first) if W == 1 else say.line(first, base, W - 1)
        fall = say.cosine(base, self.eta_min, self.max_epochs - W, "mirror")
        return say.join([rise, fall], at=[W])


DIALECT = Dialect(
    "pl_bolts", "Lightning Bolts", VERSION,
    completed(
        [LinearWarmupCosineAnnealingLR], "pl_bolts.optimizers.lr_scheduler", VERSION,
        roles_of(start="optimizer warmup_start_lr", end="eta_min",
                 duration="warmup_epochs max_epochs", begin="last_epoch"),
        "https://lightning-bolts.readthedocs.io/en/0.7.0/#{}", "pl_bolts",
    ),
    aliases={"pl_bolts.optimizers": "pl_bolts.optimizers.lr_scheduler"},
    precedence=160, imported="pl_bolts.optimizers.lr_scheduler",
)  # fmt: skip
