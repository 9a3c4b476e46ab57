"""Shapes as cells: float64 times in, float64 rates out, each by its closed form.

A float64 holds every step that MindSpore's int32 counter has, and fractions of one, with 29 bits
more than the float32 rate needs. The formulas therefore do without most of the corrections that
the core's make; what they keep is the order in which nothing cancels.

Constants are float64 tensors, for MindSpore rounds a Python number beside a tensor to float32
(measured, 2.10.0). ``Expm1`` and ``Log1p`` are not used: the CPU kernels subtract and add the one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import mindspore
import numpy as np
from mindspore import Tensor, nn, ops

if TYPE_CHECKING:
    from collections.abc import Sequence

    from isorate.schedule import shapes

#: The steepest decay in an update: so many times the farthest update, zero included, is no NaN.
STEEPEST: Final = 1e300

#: Below this share of a duration, two terms of a power's series are better than its difference.
SHORT: Final = 2.0**-20

#: Times on a grid so fine, up to that of the farthest update, are float64 numbers.
GRID: Final = 2.0**20


def double(value: float | Sequence[float]) -> Any:
    """Return numbers as a float64 tensor."""
    return Tensor(np.asarray(value, np.float64))


def count(boundaries: Any, t: Any) -> Any:
    """Return how many boundaries are not above each time, as int32."""
    over = ops.cast(ops.expand_dims(t, -1) >= boundaries, mindspore.int32)
    return ops.reduce_sum(over, -1)


class Fold(nn.Cell):  # type: ignore[misc] # MindSpore is untyped
    """The time since the last multiple of a period.

    MindSpore's ``FloorMod`` is exact where the period is a whole number. Of any other one the
    multiple is taken off in two parts: of the grid, which is exact, and of what is off the grid.
    """

    def __init__(self, period: float) -> None:
        super().__init__()
        on_grid = math.floor(period * GRID) / GRID
        self.is_whole = float(period).is_integer()
        self.period, self.on_grid, self.off = map(double, (period, on_grid, period - on_grid))
        self.zero = double(0.0)

    def construct(self, t: Any) -> Any:
        if self.is_whole:
            return ops.floor_mod(t, self.period)
        times = ops.floor(t / self.period)
        since = (t - times * self.on_grid) - times * self.off
        # the quotient may have been rounded up to a multiple that is still to come
        return ops.select(since < self.zero, since + self.period, since)


class Constant(nn.Cell):  # type: ignore[misc] # MindSpore is untyped
    """One rate, in the shape of the times."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate, self.nothing = double(rate), double(0.0)

    def construct(self, t: Any) -> Any:
        return t * self.nothing + self.rate


class Between(nn.Cell):  # type: ignore[misc] # MindSpore is untyped
    """What the shapes from a start to an end share: where in the duration a time lies.

    The rate is measured from the lower end, to which something of the span is added, so that
    nothing cancels where both ends have the same sign.
    """

    def __init__(self, shape: shapes.Linear | shapes.Polynomial | shapes.Cosine) -> None:
        super().__init__()
        low, high = sorted((shape.start, shape.end), key=abs)
        self.falls = low == shape.end
        self.low, self.span = double(low), double(high - low)
        self.after: str = shape.after
        self.duration, self.period = double(shape.duration), double(2.0 * shape.duration)
        if shape.after in ("mirror", "repeat"):  # no cell where none is used: each costs every call
            self.fold = Fold(shape.duration * (2.0 if shape.after == "mirror" else 1.0))
        self.one = double(1.0)

    def folded(self, t: Any) -> Any:
        """Return the time within one pass that has the rate of ``t``."""
        if self.after == "hold":
            return ops.minimum(t, self.duration)
        if self.after == "repeat":
            return self.fold(t)
        if self.after == "mirror":
            t = self.fold(t)
            return ops.minimum(t, ops.sub(self.period, t))
        return t

    def whole(self, t: Any) -> Any:
        """Return the duration at a time: the first multiple that is not over, where it extends."""
        if self.after == "extend":
            return self.duration * ops.maximum(ops.ceil(t / self.duration), self.one)
        return self.duration


class Linear(Between):
    """A straight line."""

    def construct(self, t: Any) -> Any:
        whole = self.whole(t)
        t = self.folded(t)
        passed = ops.sub(whole, t) if self.falls else t
        return self.low + self.span * passed / whole


class Cosine(Between):
    """Half a cosine, as the square of a sine, which is small where the rate is."""

    def __init__(self, shape: shapes.Cosine) -> None:
        super().__init__(shape)
        self.angle = double(math.pi / 2 / shape.duration)

    def construct(self, t: Any) -> Any:
        t = self.folded(t)
        passed = ops.sub(self.duration, t) if self.falls else t
        return ops.square(ops.sin(passed * self.angle)) * self.span + self.low


class Polynomial(Between):
    """A power of the time that is left."""

    def __init__(self, shape: shapes.Polynomial) -> None:
        super().__init__(shape)
        self.power, self.bend = double(shape.power), double((1.0 - shape.power) / 2)
        self.short = double(SHORT)

    def construct(self, t: Any) -> Any:
        whole = self.whole(t)
        t = self.folded(t)
        weight = ops.pow(ops.sub(whole, t) / whole, self.power)
        if not self.falls:
            done = t / whole
            series = self.power * done * (self.one + self.bend * done)
            weight = ops.select(done < self.short, series, ops.sub(self.one, weight))
        return self.low + self.span * weight


class Exponential(nn.Cell):  # type: ignore[misc] # MindSpore is untyped
    """``start·e^(g_1·⌊t/n_1⌋ + g_2·⌊t/n_2⌋ + …)``: exponentials multiplied, each on its own clock.

    While the rate is one that float32 has, the exponent is small, and so is what its rounding
    makes of the rate; a power loses nothing more.

    Args:
        start: the rate of update 0.
        growths: for each exponential its growth in a tick, and the updates in one.
    """

    def __init__(self, start: float, growths: Sequence[tuple[float, int]]) -> None:
        super().__init__()
        self.start = double(start)
        steepest = [(min(max(growth, -STEEPEST), STEEPEST), every) for growth, every in growths]
        self.growths = [(double(growth), double(every), every == 1) for growth, every in steepest]

    def construct(self, t: Any) -> Any:
        exponent = self._exponent(t, 0)
        for index in range(1, len(self.growths)):
            exponent = exponent + self._exponent(t, index)
        return self.start * ops.exp(exponent)

    def _exponent(self, t: Any, index: int) -> Any:
        growth, every, smooth = self.growths[index]
        return (t if smooth else ops.floor(t / every)) * growth


class Power(nn.Cell):  # type: ignore[misc] # MindSpore is untyped
    """``start·factor^(t/duration)`` for the factors that have no logarithm."""

    def __init__(self, start: float, factor: float, duration: float) -> None:
        super().__init__()
        self.start, self.factor, self.duration = map(double, (start, factor, duration))

    def construct(self, t: Any) -> Any:
        return self.start * ops.pow(self.factor, t / self.duration)


class Inverse(nn.Cell):  # type: ignore[misc] # MindSpore is untyped
    """``start/(1 + decay·t)``, the decay in an update."""

    def __init__(self, start: float, decay: float) -> None:
        super().__init__()
        self.start, self.one = double(start), double(1.0)
        self.decay = double(min(decay, STEEPEST))

    def construct(self, t: Any) -> Any:
        return self.start / (self.one + self.decay * t)


class PiecewiseConstant(nn.Cell):  # type: ignore[misc] # MindSpore is untyped
    """A rate for each interval."""

    def __init__(self, rates: Sequence[float], boundaries: Sequence[int]) -> None:
        super().__init__()
        self.rates, self.boundaries = double(rates), double(boundaries)

    def construct(self, t: Any) -> Any:
        return ops.gather(self.rates, count(self.boundaries, t), 0)


class Table(nn.Cell):  # type: ignore[misc] # MindSpore is untyped
    """Rates by the update; past the last of them it is held, or they come again."""

    def __init__(self, rates: Sequence[float], after: str) -> None:
        super().__init__()
        self.rates = double(rates)
        self.repeats = after == "repeat"
        self.first, self.last, self.length = map(double, (0.0, len(rates) - 1, len(rates)))

    def construct(self, t: Any) -> Any:
        if self.repeats:
            t = ops.floor_mod(t, self.length)
        else:  # what is joined to something else is asked before its turn as well
            t = ops.maximum(ops.minimum(t, self.last), self.first)
        return ops.gather(self.rates, ops.cast(t, mindspore.int32), 0)
