"""What MindSpore's list functions share: a rate for every epoch, until the list ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isorate.dialects.mindspore._shared import RAN_OUT, Checked
from isorate.kit.boundary import Halting
from isorate.kit.call import Lift, say
from isorate.kit.match import Afterwards, Refusal
from isorate.schedule.combinators import Groups, Until
from isorate.schedule.evaluate import BLOCK
from isorate.schedule.lazily import np
from isorate.schedule.node import Schedule, end_of_course

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Float64s = NDArray[np.float64]
    Int64s = NDArray[np.int64]

#: Beyond this, float64 skips integers.
EXACT = 2**53


class EpochList(Checked, frozen=True):
    """A list of ``total_step`` rates that changes once an epoch; past its end, RuntimeError.

    MindSpore computes a rate for every update, in Python float64; here it is computed once an
    epoch, in the same order of operations.
    """

    @property
    def every(self) -> int:
        """Updates from one rate to the next."""
        return int(self.step_per_epoch)  # type: ignore[attr-defined]

    @property
    def settled(self) -> int | None:
        """The epoch from which on the rate stays; none where it never does."""
        return None

    @classmethod
    def lift(cls, schedule: Schedule, updates: int) -> Lift | Refusal:
        return say(cls, *as_list(schedule, updates))

    def rates_of(self, epochs: Int64s) -> Float64s:
        """Return the rate of each epoch, to the bit."""
        raise NotImplementedError

    def levels(self, steps: int, epochs: int | None = None) -> Iterator[tuple[Float64s, int]]:
        """Yield rates, and how many updates each of them stays; the end may cut the last one short.

        Args:
            steps: how many updates there are to be.
            epochs: how many rates are computed at a time; by default a block of updates has them.

        """
        end, every = min(steps, self.total_step), self.every  # type: ignore[attr-defined]
        last = EXACT if self.settled is None else min(self.settled, EXACT)
        at_once = epochs if epochs and every <= BLOCK else max(1, BLOCK // every)
        for start in range(0, min(-(-end // every), last), at_once):
            stop = min(start + at_once, -(-end // every), last)
            rates = self.rates_of(np.arange(start, stop, dtype=np.int64))
            yield from levels_of(rates, every, end - start * every)
        if end > last * every:
            left = end - last * every
            yield from levels_of(self.rates_of(np.array([last])), left, left)

    def native(self, steps: int) -> Iterator[Float64s]:
        self.checked()
        total: int = self.total_step  # type: ignore[attr-defined]
        left = min(steps, total)
        for rates, stays in self.levels(steps):
            yield np.repeat(rates, stays)[None, :left]
            left -= len(rates) * stays
        if steps > total:
            raise Halting("RuntimeError", RAN_OUT.format(total, total))


def levels_of(rates: Float64s, every: int, left: int) -> Iterator[tuple[Float64s, int]]:
    """Yield rates, and how long they stay: a block at most, one that stays longer repeatedly."""
    if every <= BLOCK:
        yield rates, every
        return
    stays = min(every, left)
    for start in range(0, stays, BLOCK):
        yield rates, min(BLOCK, stays - start)


def quotients(epochs: Int64s, by: int) -> Float64s:
    """Python's ``epoch / by`` of two integers, rounded once however large they are."""
    if by <= EXACT:
        return epochs / by
    return np.fromiter((epoch / by for epoch in epochs.tolist()), np.float64, len(epochs))


def as_list(schedule: Schedule, updates: int) -> tuple[Schedule, list[str]]:
    """Return a schedule with no more rates than a run uses, and what that leaves out, in words.

    A list takes memory and time for every rate that it has. It has one more than the run uses where
    the schedule comes to its end with that: a trough that the usual length just misses.
    """
    total = updates + (1 if end_of_course(schedule) == updates else 0)
    length = schedule.length
    if length is not None and length <= total:
        return schedule, []
    many = schedule.of if isinstance(schedule, Groups) else (schedule,)
    cut = tuple(Until(one, total).normal() for one in many)
    left = "goes on" if length is None else f"has {length}"
    losses: list[str] = [Afterwards(f"ends after {total} rates, where the schedule {left}")]
    return (Groups(cut) if len(cut) > 1 else cut[0]), losses
