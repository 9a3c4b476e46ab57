"""Combinators as cells: each hands times on to the cells inside, and makes rates of theirs."""

from __future__ import annotations

from itertools import accumulate, takewhile
from typing import TYPE_CHECKING, Any, Final

from mindspore import nn, ops

from isorate.mindspore._shapes import count, double
from isorate.schedule.domains import FARTHEST
from isorate.schedule.namespace import SCALAR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from isorate.schedule import combinators

#: Stand for a bound that is not there: no rate that float32 has lies beyond.
UNBOUNDED: Final = 1e300


def times(a: Any, b: Any) -> Any:
    """Multiply; zero times infinity is zero."""
    product = a * b
    return ops.select(ops.logical_or(a == 0, b == 0), ops.zeros_like(product), product)


class Around(nn.Cell):  # type: ignore[misc] # MindSpore is untyped
    """What is made of another curve by one number."""

    def __init__(self, of: nn.Cell, by: float) -> None:
        super().__init__()
        self.of, self.by = of, double(by)


class Shift(Around):
    """A curve that begins part of the way through."""

    def construct(self, t: Any) -> Any:
        return self.of(t + self.by)


class Until(Around):
    """A curve of so many updates, the last of which is held."""

    def __init__(self, of: nn.Cell, updates: int) -> None:
        super().__init__(of, updates - 1)

    def construct(self, t: Any) -> Any:
        return self.of(ops.minimum(t, self.by))


class Staircase(Around):
    """A curve whose clock ticks once in so many updates."""

    def construct(self, t: Any) -> Any:
        return self.of(ops.floor(t / self.by))


class Stride(Around):
    """A curve that takes several steps in one update."""

    def construct(self, t: Any) -> Any:
        return self.of(t * self.by)


class Mirror(Around):
    """A curve there and back again."""

    def __init__(self, of: nn.Cell, duration: int) -> None:
        super().__init__(of, 2 * duration)

    def construct(self, t: Any) -> Any:
        t = ops.floor_mod(t, self.by)
        return self.of(ops.minimum(t, ops.sub(self.by, t)))


class Join(nn.Cell):  # type: ignore[misc] # MindSpore is untyped
    """One curve after another. All are asked at every time; the one whose turn it is is taken."""

    def __init__(self, parts: Sequence[nn.Cell], boundaries: Sequence[int]) -> None:
        super().__init__()
        self.parts = nn.CellList(parts)
        self.starts = tuple(map(double, (0, *boundaries)))

    def construct(self, t: Any) -> Any:
        rate = self.parts[0](t)
        for index in range(1, len(self.starts)):
            since = t - self.starts[index]
            rate = ops.select(t < self.starts[index], rate, self.parts[index](since))
        return rate


class Repeat(Around):
    """A curve again and again, in cycles of one length."""

    def construct(self, t: Any) -> Any:
        return self.of(ops.floor_mod(t, self.by))


class LowerRepeat(Repeat):
    """A curve again and again, every time lower."""

    def __init__(self, of: nn.Cell, cycles: combinators.Repeat) -> None:
        super().__init__(of, cycles.period)
        self.shrink, self.lowered = double(cycles.shrink), Lowered(cycles)

    def construct(self, t: Any) -> Any:
        rate = self.of(ops.floor_mod(t, self.by))
        return self.lowered(rate, ops.pow(self.shrink, ops.floor(t / self.by)))


class Lowered(nn.Cell):  # type: ignore[misc] # MindSpore is untyped
    """A rate at so many times its height above a floor; the floor itself stays where it is."""

    def __init__(self, cycles: combinators.Repeat) -> None:
        super().__init__()
        self.floor, self.one = double(cycles.floor), double(1.0)
        self.may_overflow = abs(cycles.shrink) > 1

    def construct(self, rate: Any, height: Any) -> Any:
        if self.may_overflow:
            return times(rate - self.floor, height) + self.floor
        return rate * height + self.floor * ops.sub(self.one, height)


class SlowerRepeat(nn.Cell):  # type: ignore[misc] # MindSpore is untyped
    """A curve again and again, every time slower, and lower if need be.

    It is asked once, in the time of its first cycle. Where a cycle begins, how slow and how high
    it is are looked up.
    """

    def __init__(self, of: nn.Cell, cycles: combinators.Repeat) -> None:
        super().__init__()
        lengths = accumulate([cycles.period] + 99 * [cycles.growth], lambda a, b: a * b)
        starts = list(takewhile(lambda start: start < FARTHEST, accumulate(lengths, initial=0)))
        slowness = [float(cycles.growth) ** cycle for cycle in range(len(starts))]
        heights = [SCALAR.power(cycles.shrink * 1.0, cycle) for cycle in range(len(starts))]
        self.of = of
        self.starts, self.later = double(starts), double(starts[1:])
        self.slowness, self.heights = double(slowness), double(heights)
        self.lowered, self.one_height = Lowered(cycles), cycles.shrink == 1

    def construct(self, t: Any) -> Any:
        cycle = count(self.later, t)
        since = t - ops.gather(self.starts, cycle, 0)
        rate = self.of(since / ops.gather(self.slowness, cycle, 0))
        if self.one_height:
            return rate
        return self.lowered(rate, ops.gather(self.heights, cycle, 0))


class Scale(Around):
    """A curve multiplied by a number."""

    def construct(self, t: Any) -> Any:
        return self.of(t) * self.by


class Product(nn.Cell):  # type: ignore[misc] # MindSpore is untyped
    """Several curves multiplied."""

    def __init__(self, parts: Sequence[nn.Cell]) -> None:
        super().__init__()
        self.first, self.others = parts[0], nn.CellList(parts[1:])

    def construct(self, t: Any) -> Any:
        rate = self.first(t)
        for part in self.others:
            rate = self.joined(rate, part(t))
        return rate

    def joined(self, a: Any, b: Any) -> Any:
        return a * b


class BoundlessProduct(Product):
    """Several curves multiplied, some of which grow beyond float64: zero times those is zero."""

    def joined(self, a: Any, b: Any) -> Any:
        return times(a, b)


class Sum(Product):
    """Several curves added."""

    def joined(self, a: Any, b: Any) -> Any:
        return a + b


class Clamp(nn.Cell):  # type: ignore[misc] # MindSpore is untyped
    """A curve kept within bounds."""

    def __init__(self, of: nn.Cell, least: float | None, most: float | None) -> None:
        super().__init__()
        self.of = of
        self.least = double(-UNBOUNDED if least is None else least)
        self.most = double(UNBOUNDED if most is None else most)

    def construct(self, t: Any) -> Any:
        return ops.minimum(ops.maximum(self.of(t), self.least), self.most)
