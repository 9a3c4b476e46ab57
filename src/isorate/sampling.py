"""The rates of single updates of a run, without keeping the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from isorate.simulation import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from isorate.kit.call import Call
    from isorate.schedule.curve import Halt
    from isorate.schedule.run import Run


@dataclass(frozen=True, slots=True)
class Sampled:
    """Rates of some updates.

    Args:
        rates: by update, the rate of every parameter group, in the framework's dtype; an update
            that has no rate is not in it.
        halt: where the framework raises before the last of the updates that were asked for.

    """

    rates: dict[int, NDArray[np.floating[Any]]]
    halt: Halt | None


def sample(
    call: Call, run: Run, at: Iterable[int], *, progress: Callable[[int], object] | None = None
) -> Sampled:
    """Return the rates of some updates, in the framework's own arithmetic.

    The run is gone through up to the last of them, in blocks, and nothing else is kept.

    Args:
        call: any call.
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
    stream = Stream(call, run.lasting(wanted[-1] + 1))
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
