"""Lists of rates for a MindSpore optimizer, one rate an update; no MindSpore needed."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Final

from isorate.dialects import isorate, mindspore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.dialects._base import Call

#: Rates moved at a time: what is held besides the list stays below a megabyte or so.
PIECE: Final = 1 << 13

#: Up to this many updates an epoch, a list is filled one column of epochs at a time, beyond it one
#: epoch at a time: measured, the two cost the same between 30 and 100 updates an epoch.
COLUMNS: Final = 64


def cosine_decay_lr(
    min_lr: float, max_lr: float, total_step: int, step_per_epoch: int, decay_epoch: int
) -> list[float]:
    """List ``total_step`` rates, half a cosine down and then held: MindSpore's list, bit for bit.

    ``rate[i] = min_lr + ½·(max_lr − min_lr)·(1 + cos(π·min(e, D)/D))``, e = ⌊i/step_per_epoch⌋,
    D = ``decay_epoch``, in float64 and in MindSpore's order of operations. Rate i is absolute and
    belongs to update i; e and D count epochs. The first rate is ``max_lr``. From update
    ``D·step_per_epoch`` on every rate is ``min_lr``, which a list of ``D·step_per_epoch`` rates,
    the usual length, therefore never reaches. A MindSpore optimizer that needs more rates than
    the list has raises RuntimeError.

    Memory is that of the list and about a megabyte; within an epoch the same float object stands
    repeatedly.

    Args:
        min_lr: the lowest rate, a float >= 0.
        max_lr: the highest rate, a float above ``min_lr``.
        total_step: updates, the length of the list.
        step_per_epoch: updates in one epoch.
        decay_epoch: epochs from ``max_lr`` to ``min_lr``.

    Returns:
        ``total_step`` Python floats; MindSpore's optimizers round them to float32.

    Raises:
        TypeError: a rate that is not a float (an int is none), a count that is not an int.
        ValueError: a rate that is negative or not finite, a count below 1, ``max_lr`` not above
            ``min_lr``.

    Example:
        >>> cosine_decay_lr(0.01, 0.1, 6, 2, 2)
        [0.1, 0.1, 0.05500000000000001, 0.05500000000000001, 0.01, 0.01]

    Source: ``mindspore.nn.cosine_decay_lr``, MindSpore 2.10.0 (``nn/dynamic_lr.py``).

    """
    _check(mindspore.cosine_decay_lr(min_lr, max_lr, total_step, step_per_epoch, decay_epoch))
    epochs = min(-(-total_step // step_per_epoch), decay_epoch + 1)
    by_epoch = mindspore.cosine_decay_lr(min_lr, max_lr, epochs, 1, decay_epoch)
    return _spread(by_epoch, epochs, step_per_epoch, total_step)


def cosine_annealing_lr(
    lr: float, T_max: int, eta_min: float, total_step: int, step_per_epoch: int = 1
) -> list[float]:
    """List ``total_step`` rates of torch's periodic cosine, half down and half up, without drift.

    ``rate[i] = lr·sin²(π(T−e)/(2T)) + eta_min·sin²(πe/(2T))``, T = ``T_max``, e =
    ⌊i/step_per_epoch⌋ folded into [0, T], which is ``eta_min + ½(lr − eta_min)(1 + cos(πe/T))``
    without its cancellation: within 8 ULP of the exact value at every update, the trough included.
    Rate i is absolute and belongs to update i; e and T count epochs. The first rate is ``lr``, that
    of epoch T is ``eta_min``, that of epoch 2T is ``lr`` again, and so on until the list ends. A
    MindSpore optimizer that needs more rates than the list has raises RuntimeError; the cell
    ``CosineAnnealingLR`` never does.

    Memory is that of the list and about a megabyte.

    Args:
        lr: the rate of epoch 0, a float >= 0.
        T_max: epochs from ``lr`` to ``eta_min``, half the period.
        eta_min: the rate of epoch ``T_max``, a float >= 0; above ``lr``, the rate rises first.
        total_step: updates, the length of the list.
        step_per_epoch: updates in one epoch.

    Returns:
        ``total_step`` Python floats; MindSpore's optimizers round them to float32.

    Raises:
        TypeError: a rate that is not a float (an int is none), a count that is not an int.
        ValueError: a rate that is negative or not finite, a count below 1.

    Example:
        >>> cosine_annealing_lr(0.1, 2, 0.001, 5)
        [0.1, 0.05049999999999999, 0.001, 0.05049999999999999, 0.1]

    Source: ``torch.optim.lr_scheduler.CosineAnnealingLR``, torch 2.13.0, by its closed form.

    """
    _check(isorate.cosine_annealing_lr(lr, T_max, eta_min, total_step, step_per_epoch))
    epochs = -(-total_step // step_per_epoch)
    by_epoch = isorate.cosine_annealing_lr(lr, T_max, eta_min, epochs)
    return _spread(by_epoch, epochs, step_per_epoch, total_step)


def _check(call: Call) -> None:
    """Raise what the framework raises for these arguments."""
    fault = call.fault()
    if fault is not None:
        raise fault.error(f"{call.name}: {fault.text}")


def _spread(by_epoch: Call, epochs: int, every: int, total: int) -> list[float]:
    """Repeat each epoch's rate ``every`` times, and the last one to the end of the list."""
    covered = min(epochs * every, total)
    rates: list[float] = []
    if every <= COLUMNS:
        rates = [0.0] * covered
        epoch = 0
        for piece in _pieces(by_epoch, epochs):
            begin, epoch = epoch * every, epoch + len(piece)
            end = min(epoch * every, covered)
            for update in range(begin, min(begin + every, covered)):
                rates[update:end:every] = piece[: len(range(update, end, every))]
    else:
        for piece in _pieces(by_epoch, epochs):
            for rate in piece:
                rates.extend(repeat(rate, min(every, covered - len(rates))))
    rates.extend(repeat(rates[-1], total - covered))
    return rates


def _pieces(call: Call, steps: int) -> Iterator[list[float]]:
    """Yield the call's rates as short lists."""
    for block in call.native(steps):
        for start in range(0, block.shape[1], PIECE):
            yield block[0, start : start + PIECE].tolist()
