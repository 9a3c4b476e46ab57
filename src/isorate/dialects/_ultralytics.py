"""ultralytics' trainer, as of 8.0 to 8.4: a warm-up of batches over a function of the epoch.

Up to 8.1 an epoch after the warm-up has the rate of the one before it: the scheduler is stepped at
an epoch's end. Its batches of an update become more as it warms up, and the biases' rate comes
down to the others'.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from isorate.kit import Card, Proof
from isorate.kit.call import Call
from isorate.kit.registry import completed
from isorate.schedule.errors import ConvertError
from isorate.schedule.lazily import np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.kit.optimizer import Optimizer
    from isorate.schedule.node import Schedule

VERSION: Final = "8.4.190"
#: The versions that are told apart before 8.4, and how many batches a warm-up had at least in them.
OLD, LEAST = ("8.1", "8.3"), 100


class train(Call, frozen=True):
    """The rates of a run: one group's for each of weights, norms and biases, in that order.

    Of MuSGD's eight groups, two for each kind, the last two are the biases'.

    Args:
        optimizer: the groups, each with its rate.
        epochs: how many are trained.
        batches: those of an epoch.
        lrf: the share of the rate that is left at the end.
        cos_lr: whether it falls by a cosine; else in a line.
        warmup_epochs: how long the warm-up is.
        warmup_bias_lr: the rate that the biases begin with.
        accumulate: the batches of an update after the warm-up, before they are rounded in 8.3.
        version: whose rules hold.

    """

    optimizer: Optimizer
    epochs: int
    batches: int
    lrf: float = 0.01
    cos_lr: bool = False
    warmup_epochs: float = 3.0
    warmup_bias_lr: float = 0.1
    accumulate: float = 1
    version: str = "8.4"
    card: ClassVar[Card] = Card(
        runs_in="torch", clock="step", proof=Proof.COUNTER, past_end="the run is over",
        arithmetic="a share of the rate for each epoch, a line between two rates before, float64",
    )  # fmt: skip

    @property
    def warmup(self) -> int:
        """The last batch of the warm-up; none has one where it is 0."""
        if self.version in OLD:
            long = round(self.warmup_epochs * self.batches)
            return max(long, LEAST) if self.warmup_epochs > 0 else 0
        epochs = min(self.warmup_epochs, max(self.epochs - 1, 0))
        return round(epochs * self.batches) if epochs > 0 else 0

    def share(self, epoch: int) -> float:
        """Return what is left of the rate in an epoch."""
        if self.cos_lr:
            wave = max((1 - math.cos(epoch * math.pi / self.epochs)) / 2, 0)
            return wave * (self.lrf - 1) + 1
        return max(1 - epoch / self.epochs, 0) * (1.0 - self.lrf) + self.lrf

    def updates(self) -> Iterator[int]:
        """Visit the batches with which there is an update."""
        warmup, before = self.warmup, -1
        each: Any = self.accumulate if self.version not in OLD else max(round(self.accumulate), 1)
        for batch in range(self.epochs * self.batches):
            if warmup and batch <= warmup:
                each = max(1, int(np.interp(batch, [0, warmup], [1, self.accumulate]).round()))
            if batch - before >= each:
                before = batch
                yield batch

    def rates(self, batch: int) -> Iterator[float]:
        """Visit the groups' rates with a batch."""
        epoch, many = batch // self.batches, len(self.optimizer.groups)
        if self.version == "8.1" and epoch > self.warmup // self.batches:
            epoch -= 1
        share = self.share(epoch)
        biases = many - max(many // 4, 1)
        for index, group in enumerate(self.optimizer.groups):
            rate = group.lr * share
            if self.warmup and batch <= self.warmup:
                low = self.warmup_bias_lr if index >= biases else 0.0
                rate = float(np.interp(batch, [0, self.warmup], [low, rate]))
            yield rate

    def native(self, steps: int) -> Iterator[Any]:
        columns = [
            list(self.rates(batch)) for _, batch in zip(range(steps), self.updates(), strict=False)
        ]
        if columns:
            yield np.array(columns).T

    def each_epoch(self) -> tuple[Call, int]:
        return epoch_ends(**{name: getattr(self, name) for name in self._fields()}), self.epochs

    def lower(self) -> Schedule:
        raise ConvertError("batches that grow into updates are not said as a schedule")


class epoch_ends(train, frozen=True):
    """The rates that each epoch ends with, whether its last batch makes an update or not."""

    card: ClassVar[Card] = train.card
    unit: ClassVar[Literal["update", "epoch"]] = "epoch"

    def updates(self) -> Iterator[int]:
        """Visit the last batches of the epochs."""
        yield from range(self.batches - 1, self.epochs * self.batches, self.batches)


completed([train, epoch_ends], "ultralytics", VERSION, {"optimizer": "start", "lrf": "end"},
          "https://docs.ultralytics.com/modes/train", "torch")  # fmt: skip
