"""Lists of rates for a MindSpore optimizer, one rate an update; no MindSpore needed."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Final

from isorate.dialects import mindspore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isorate.kit.call import Call

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


def piecewise_constant_lr(milestone: list[int], learning_rates: list[float]) -> list[float]:
    """List a rate for each interval of updates: MindSpore's list, bit for bit.

    ``rate[i] = learning_rates[k]`` for ``milestone[k−1] <= i < milestone[k]``, milestone[−1] = 0,
    all in updates. The list ends at the last milestone; rates are absolute.

    Args:
        milestone: where each interval ends, integers above 0 that do not decrease.
        learning_rates: the rate of each interval, floats.

    Returns:
        ``milestone[-1]`` Python floats; none at all where there are no milestones.

    Raises:
        TypeError: an argument that is no list or tuple, a milestone no int, a rate no float.
        ValueError: lists of different lengths, a milestone below 1 or below the one before.

    Example:
        >>> piecewise_constant_lr([2, 3], [0.1, 0.01])
        [0.1, 0.1, 0.01]

    Source: ``mindspore.nn.piecewise_constant_lr``, MindSpore 2.10.0 (``nn/dynamic_lr.py``).

    """
    call = mindspore.piecewise_constant_lr(milestone, learning_rates)
    _check(call)
    return _listed(call, milestone[-1]) if milestone else []


def exponential_decay_lr(
    learning_rate: float,
    decay_rate: float,
    total_step: int,
    step_per_epoch: int,
    decay_epoch: int,
    is_stair: bool = False,
) -> list[float]:
    """List ``total_step`` rates of an exponential decay: MindSpore's list, bit for bit.

    ``rate[i] = learning_rate · decay_rate^(e/D)``, e = ⌊i/step_per_epoch⌋, D = ``decay_epoch``, in
    float64; with ``is_stair``, ⌊e/D⌋ in the place of e/D. Rate i is absolute and belongs to update
    i; e and D count epochs. The decay goes on until the list ends.

    Args:
        learning_rate: the first rate, a float > 0.
        decay_rate: what ``decay_epoch`` epochs multiply the rate by, a float > 0.
        total_step: updates, the length of the list.
        step_per_epoch: updates in one epoch.
        decay_epoch: epochs in which the rate is multiplied once.
        is_stair: whether the rate moves only once in ``decay_epoch`` epochs.

    Returns:
        ``total_step`` Python floats; MindSpore's optimizers round them to float32.

    Raises:
        TypeError: a rate that is not a float, a count that is not an int, ``is_stair`` no bool.
        ValueError: a rate that is not positive and finite, a count below 1.

    Example:
        >>> exponential_decay_lr(0.1, 0.5, 4, 2, 1)
        [0.1, 0.1, 0.05, 0.05]

    Source: ``mindspore.nn.exponential_decay_lr``, MindSpore 2.10.0 (``nn/dynamic_lr.py``).

    """
    call = mindspore.exponential_decay_lr(
        learning_rate, decay_rate, total_step, step_per_epoch, decay_epoch, is_stair
    )
    _check(call)
    return _listed(call, total_step)


def natural_exp_decay_lr(
    learning_rate: float,
    decay_rate: float,
    total_step: int,
    step_per_epoch: int,
    decay_epoch: int,
    is_stair: bool = False,
) -> list[float]:
    """List ``total_step`` rates of a natural exponential decay: MindSpore's list, bit for bit.

    ``rate[i] = learning_rate · e^(−decay_rate·n)``, n = ⌊i/step_per_epoch⌋ epochs, in float64; with
    ``is_stair``, n is rounded down to a multiple of ``decay_epoch``. Without it ``decay_epoch`` has
    no effect, whatever MindSpore's documentation says. Rates are absolute.

    Args:
        learning_rate: the first rate, a float > 0.
        decay_rate: the rate of decay per epoch, a float > 0.
        total_step: updates, the length of the list.
        step_per_epoch: updates in one epoch.
        decay_epoch: epochs between two moves, with ``is_stair``.
        is_stair: whether the rate moves only once in ``decay_epoch`` epochs.

    Returns:
        ``total_step`` Python floats; MindSpore's optimizers round them to float32.

    Raises:
        TypeError: a rate that is not a float, a count that is not an int, ``is_stair`` no bool.
        ValueError: a rate that is not positive and finite, a count below 1.

    Example:
        >>> natural_exp_decay_lr(0.1, 0.9, 4, 2, 1)
        [0.1, 0.1, 0.04065696597405991, 0.04065696597405991]

    Source: ``mindspore.nn.natural_exp_decay_lr``, MindSpore 2.10.0 (``nn/dynamic_lr.py``).

    """
    call = mindspore.natural_exp_decay_lr(
        learning_rate, decay_rate, total_step, step_per_epoch, decay_epoch, is_stair
    )
    _check(call)
    return _listed(call, total_step)


def inverse_decay_lr(
    learning_rate: float,
    decay_rate: float,
    total_step: int,
    step_per_epoch: int,
    decay_epoch: int,
    is_stair: bool = False,
) -> list[float]:
    """List ``total_step`` rates that fall as one over time: MindSpore's list, bit for bit.

    ``rate[i] = learning_rate / (1 + decay_rate·e/D)``, e = ⌊i/step_per_epoch⌋, D = ``decay_epoch``,
    in float64; with ``is_stair``, ⌊e/D⌋ in the place of e/D. Rate i is absolute and belongs to
    update i; e and D count epochs.

    Args:
        learning_rate: the first rate, a float > 0.
        decay_rate: the rate of decay per ``decay_epoch`` epochs, a float > 0.
        total_step: updates, the length of the list.
        step_per_epoch: updates in one epoch.
        decay_epoch: the unit of the decay in epochs.
        is_stair: whether the rate moves only once in ``decay_epoch`` epochs.

    Returns:
        ``total_step`` Python floats; MindSpore's optimizers round them to float32.

    Raises:
        TypeError: a rate that is not a float, a count that is not an int, ``is_stair`` no bool.
        ValueError: a rate that is not positive and finite, a count below 1.

    Example:
        >>> inverse_decay_lr(0.1, 1.0, 4, 2, 1)
        [0.1, 0.1, 0.05, 0.05]

    Source: ``mindspore.nn.inverse_decay_lr``, MindSpore 2.10.0 (``nn/dynamic_lr.py``).

    """
    call = mindspore.inverse_decay_lr(
        learning_rate, decay_rate, total_step, step_per_epoch, decay_epoch, is_stair
    )
    _check(call)
    return _listed(call, total_step)


def polynomial_decay_lr(
    learning_rate: float,
    end_learning_rate: float,
    total_step: int,
    step_per_epoch: int,
    decay_epoch: int,
    power: float,
    update_decay_epoch: bool = False,
) -> list[float]:
    """List ``total_step`` rates of a polynomial decay: MindSpore's list, bit for bit.

    ``rate[i] = (learning_rate − end_learning_rate)·(1 − min(e, D)/D)^power + end_learning_rate``,
    e = ⌊i/step_per_epoch⌋, D = ``decay_epoch``, in float64. Past D the rate stays at
    ``end_learning_rate``; with ``update_decay_epoch``, D is 2D, 3D, … from then on, so that the
    rate jumps up and decays again. Rates are absolute.

    Args:
        learning_rate: the first rate, a float > 0.
        end_learning_rate: the last rate, a float >= 0; it may be above the first.
        total_step: updates, the length of the list.
        step_per_epoch: updates in one epoch.
        decay_epoch: epochs from the first rate to the last.
        power: the power of the time that is left, a float > 0.
        update_decay_epoch: whether the decay is stretched when it is over.

    Returns:
        ``total_step`` Python floats; MindSpore's optimizers round them to float32.

    Raises:
        TypeError: a rate or the power not a float, a count not an int, the last argument no bool.
        ValueError: a rate out of range or not finite, a count below 1, a power not positive.

    Example:
        >>> polynomial_decay_lr(0.1, 0.0, 5, 1, 2, 1.0)
        [0.1, 0.05, 0.0, 0.0, 0.0]

    Source: ``mindspore.nn.polynomial_decay_lr``, MindSpore 2.10.0 (``nn/dynamic_lr.py``).

    """
    call = mindspore.polynomial_decay_lr(
        learning_rate,
        end_learning_rate,
        total_step,
        step_per_epoch,
        decay_epoch,
        power,
        update_decay_epoch,
    )
    _check(call)
    return _listed(call, total_step)


def warmup_lr(
    learning_rate: float, total_step: int, step_per_epoch: int, warmup_epoch: int
) -> list[float]:
    """List ``total_step`` rates that rise from 0 in a straight line: MindSpore's, bit for bit.

    ``rate[i] = learning_rate · min(e, W)/W``, e = ⌊i/step_per_epoch⌋, W = ``warmup_epoch``, in
    float64. The whole first epoch has the rate 0; from epoch W on it is ``learning_rate``. Rates
    are absolute.

    Args:
        learning_rate: the rate to rise to, a float >= 0.
        total_step: updates, the length of the list.
        step_per_epoch: updates in one epoch.
        warmup_epoch: epochs from 0 to ``learning_rate``.

    Returns:
        ``total_step`` Python floats; MindSpore's optimizers round them to float32.

    Raises:
        TypeError: a rate that is not a float, a count that is not an int.
        ValueError: a rate that is negative or not finite, a count below 1.

    Example:
        >>> warmup_lr(0.1, 4, 1, 2)
        [0.0, 0.05, 0.1, 0.1]

    Source: ``mindspore.nn.warmup_lr``, MindSpore 2.10.0 (``nn/dynamic_lr.py``).

    """
    call = mindspore.warmup_lr(learning_rate, total_step, step_per_epoch, warmup_epoch)
    _check(call)
    return _listed(call, total_step)


def _check(call: Call) -> None:
    """Raise what the framework raises for these arguments when it makes the list."""
    fault = call.fault()
    if fault is not None and fault.when == "on construction":
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


def _listed(call: Call, total: int) -> list[float]:
    """Return all of a call's rates."""
    rates: list[float] = []
    for piece in _pieces(call, total):
        rates.extend(piece)
    return rates


def _pieces(call: Call, steps: int) -> Iterator[list[float]]:
    """Yield the call's rates as short lists."""
    for block in call.native(steps):
        for start in range(0, block.shape[1], PIECE):
            yield block[0, start : start + PIECE].tolist()
