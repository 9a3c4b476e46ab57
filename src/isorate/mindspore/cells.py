"""Cells for a MindSpore optimizer, called with ``global_step``; this imports MindSpore."""

from __future__ import annotations

import math
from typing import Any

import mindspore
from mindspore import nn, ops
from mindspore.nn.learning_rate_schedule import LearningRateSchedule

from isorate.dialects import isorate

#: MindSpore's optimizers count their steps in int32.
LAST_STEP = 2**31 - 1

#: Beyond it, a rate would be infinite as a float32, and infinity times a sine of zero is NaN.
HIGHEST_RATE = (2 - 2**-23) * 2.0**127


class CosineAnnealingLR(LearningRateSchedule):  # type: ignore[misc] # MindSpore is untyped
    """Torch's periodic cosine as a cell: half a cosine down, half a cosine up, without end.

    ``rate(step) = lr·sin²(π(T−t)/(2T)) + eta_min·sin²(πt/(2T))``, T = ``T_max`` in updates, t =
    ``step`` folded into [0, T] (|step mod 2T − T| is T−t). The rate is absolute and belongs to
    update ``step``. Update 0 has ``lr``, update T has ``eta_min``, update 2T ``lr`` again, exactly
    (rounded to float32), at every repetition. The fold is done in integers, before anything is
    computed in float32, so that no rate drifts, none is NaN, and none is missing up to step
    2³¹−1, the last that MindSpore's int32 counter has.

    Accuracy, with a T of at most 2²⁴: within 10 units in the last place of float32 at every step,
    the trough included; 8 were the most in 1.9·10⁹ rates measured. Above 2²⁴, where float32 no
    longer holds every step of a half period, within 12. The bits are those of NumPy's float32
    operations in the order of ``construct``, in graph and in PyNative mode (measured on CPU).

    Args:
        lr: the rate of update 0, a float >= 0.
        T_max: updates from ``lr`` to ``eta_min``, half the period; an int from 1 to 2³¹−1.
        eta_min: the rate of update ``T_max``, a float >= 0; above ``lr``, the rate rises first.

    Inputs:
        global_step: an int32 tensor of any shape, steps >= 0. An optimizer passes its own.

    Outputs:
        A float32 tensor of that shape.

    Raises:
        TypeError: a rate that is not a float (an int is none), a ``T_max`` that is not an int.
        ValueError: a rate that is negative, not finite or beyond float32, a ``T_max`` out of range.

    Example:
        >>> from mindspore import Tensor, int32
        >>> schedule = CosineAnnealingLR(0.1, 100, 0.001)
        >>> print(schedule(Tensor([0, 100, 200], int32)))
        [0.1   0.001 0.1  ]

    Source: ``torch.optim.lr_scheduler.CosineAnnealingLR``, torch 2.13.0, by its closed form;
    the base class is ``mindspore.nn.learning_rate_schedule.LearningRateSchedule``, MindSpore
    2.10.0.

    """

    def __init__(self, lr: float, T_max: int, eta_min: float = 0.0) -> None:
        super().__init__()
        fault = isorate.mindspore_CosineAnnealingLR(lr, T_max, eta_min).fault()
        if fault is not None:
            raise fault.error(f"CosineAnnealingLR: {fault.text}")
        if T_max > LAST_STEP:
            raise ValueError(f"CosineAnnealingLR: T_max is above 2**31 - 1: {T_max}")
        for name, rate in (("lr", lr), ("eta_min", eta_min)):
            if rate > HIGHEST_RATE:
                raise ValueError(f"CosineAnnealingLR: {name} is beyond float32: {rate!r}")
        self.lr = float(lr)
        self.T_max = T_max
        self.eta_min = float(eta_min)
        # a period that int32 cannot hold is longer than int32 can count: there is nothing to fold
        self.period = 2 * T_max if 2 * T_max <= LAST_STEP else None
        self.angle = math.pi / (2 * T_max)

    def construct(self, global_step: Any) -> Any:
        """Return the rates of these steps."""
        if self.period is not None:
            global_step = global_step % self.period
        to_end = ops.abs(global_step - self.T_max)
        down = self._sine(to_end)
        up = self._sine(self.T_max - to_end)
        return self.lr * (down * down) + self.eta_min * (up * up)

    def _sine(self, steps: Any) -> Any:
        """Return sin(π·steps/(2T)) of integers from 0 to T."""
        return ops.sin(ops.cast(steps, mindspore.float32) * self.angle)


class WarmUpThen(LearningRateSchedule):  # type: ignore[misc] # MindSpore is untyped
    """MindSpore's ``WarmUpLR``, and then another of its cells: what it has no cell of its own for.

    ``rate(step) = warmup(step)`` for step < W, then ``after(step − W)``, W = ``warmup_steps`` of
    the warmup, all in updates and absolute rates. Both cells compute in float32, each by its own
    kernels; the bits are theirs.

    Args:
        warmup: a ``mindspore.nn.WarmUpLR``; its first rate is 0.
        after: any cell that is called with the step; it counts from 0 when the warmup is over.

    Inputs:
        global_step: an int32 tensor of any shape, steps >= 0. An optimizer passes its own.

    Outputs:
        A float32 tensor of that shape.

    Raises:
        TypeError: ``warmup`` is no ``WarmUpLR``, or ``after`` no learning-rate cell.

    Example:
        >>> from mindspore import Tensor, int32, nn
        >>> schedule = WarmUpThen(nn.WarmUpLR(0.1, 2), nn.CosineDecayLR(0.0, 0.1, 10))
        >>> print(schedule(Tensor([0, 1, 2, 12], int32)))
        [0.   0.05 0.1  0.  ]

    Source: ``mindspore.nn.WarmUpLR``, MindSpore 2.10.0; the combination is Isorate's own.

    """

    def __init__(self, warmup: Any, after: Any) -> None:
        super().__init__()
        if not isinstance(warmup, nn.WarmUpLR):
            raise TypeError(f"WarmUpThen: warmup is no WarmUpLR: {warmup!r}")
        if not isinstance(after, LearningRateSchedule):
            raise TypeError(f"WarmUpThen: after is no cell: {after!r}")
        self.warmup = warmup
        self.after = after
        self.over = warmup.warmup_steps

    def construct(self, global_step: Any) -> Any:
        """Return the rates of these steps."""
        since = global_step - self.over
        later = self.after(ops.maximum(since, 0))
        return ops.select(since < 0, self.warmup(global_step), later)
