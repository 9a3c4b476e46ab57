"""The rates of a recipe: its framework's own, Isorate's, or those of single updates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from isorate.given import as_recipe
from isorate.schedule.evaluate import evaluate as evaluated
from isorate.schedule.lazily import np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from isorate.given import Given
    from isorate.schedule.curve import Curve, Halt
    from isorate.schedule.run import Run


def simulate(
    x: Given, run: Run | int | None = None, *, progress: Callable[[int], object] | None = None
) -> Curve:
    """Rates that the framework itself would use, update by update, without the framework.

    Args:
        x: a call, or its text; or whatever else has rates (``recipe.as_recipe``): a schedule's are
            Isorate's own.
        run: the loop around it, or its number of updates; without a length, long enough to show
            the schedule's ends and what comes after them.
        progress: called with the number of updates done, now and then.

    Returns:
        A curve in the framework's own dtype, shape ``(updates,)``, or ``(groups, updates)`` where
        the call's optimizer has several parameter groups. Where the framework raises within the
        run, the curve ends there and ``halt`` names the exception.

    Raises:
        ReadError: what has no rates, or text that cannot be read.
        NativeError: the framework refuses the arguments.
        RunError: no run, or more rates than fit in memory.

    Example:
        >>> simulate("cosine_decay_lr(0.01, 0.1, 6, 2, 2)", 6).values.tolist()
        [0.1, 0.1, 0.05500000000000001, 0.05500000000000001, 0.01, 0.01]

    """
    return as_recipe(x, run).of_length().simulated(progress)


def evaluate(x: Given, run: Run | int | None = None) -> Curve:
    """Rates of a schedule over a run in Isorate's own arithmetic, float64, within 8 ULP.

    Args:
        x: a schedule; or a call, or its text, for the schedule that it means.
        run: the loop, or its number of updates; without a length as for ``simulate``.

    Returns:
        A curve of shape ``(updates,)``, or ``(groups, updates)`` for several parameter groups. A
        schedule that ends within the run gives a shorter curve whose ``halt`` says where.

    Raises:
        ReadError: rates, which have no schedule, or what cannot be read.
        ConvertError: the call has no meaning as a schedule.
        RunError: no run, or more rates than fit in memory.

    Example:
        >>> evaluate("LinearLR(SGD(params, lr=0.5), 0.5, total_iters=2)", 3).values.tolist()
        [0.25, 0.375, 0.5]

    """
    recipe = as_recipe(x, run).of_length()
    return evaluated(recipe.schedule, recipe.run)


class Sampled(msgspec.Struct, frozen=True):
    """Rates of some updates.

    Args:
        rates: by update, the rate of every parameter group, in the framework's dtype; an update
            that has no rate is not in it.
        halt: where the framework raises before the last of the updates that were asked for.

    """

    rates: dict[int, NDArray[np.floating[Any]]]
    halt: Halt | None


def sample(
    x: Given,
    run: Run | int | None,
    at: Iterable[int],
    *,
    progress: Callable[[int], object] | None = None,
) -> Sampled:
    """Return the rates of some updates, in the framework's own arithmetic.

    The run is gone through up to the last of them, in blocks, and nothing else is kept.

    Args:
        x: whatever has rates, as ``simulate`` takes it.
        run: the loop around it.
        at: the updates, in any order.
        progress: called with the number of updates done, now and then.

    Raises:
        NativeError: the framework refuses the arguments.
        RunError: an update is beyond what can be gone through one by one.

    Example:
        >>> from isorate import Run, read
        >>> call = read("StepLR(SGD(params, lr=0.1), 1000)")
        >>> sample(call, Run(), [999, 1000]).rates[1000].tolist()
        [0.010000000000000002]

    """
    wanted = sorted(set(at))
    stream = as_recipe(x, run).lasting(wanted[-1] + 1).stream()
    updates = np.array(wanted)
    rates: dict[int, NDArray[np.floating[Any]]] = {}
    done = 0
    for block in stream.blocks():
        inside = updates[(updates >= done) & (updates < done + block.shape[1])]
        rates |= {update: block[:, update - done].copy() for update in inside.tolist()}
        done += block.shape[1]
        if progress is not None:
            progress(done)
    return Sampled(rates, stream.halt)
