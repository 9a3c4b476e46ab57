"""What one ``scheduler.step()`` costs an experimental optimizer: MindSpore's over Isorate's.

Both run in one process, in rounds that take turns. A round of MindSpore's is a few steps, as each
takes milliseconds; one of Isorate's is more than it computes ahead, and ends when MindSpore has
done all that was asked of it. It also runs by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import mindspore
from mindspore import Parameter, Tensor
from mindspore.experimental import optim

from benchmarks.measure import Row, in_turns
from isorate.mindspore import experimental as isorate_experimental

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: By parameter groups: steps of a round of MindSpore's and of Isorate's, and rounds.
CASES: Final = {1: (30, 512, 7), 10: (10, 256, 5)}

#: The ratio that is required.
REQUIRED: Final = 3.0


def rows() -> Iterator[Row]:
    """Yield one line for each number of groups."""
    for groups in CASES:
        theirs, ours = cosine(groups)
        name = f"mindspore.experimental step(), {groups} group{'' if groups == 1 else 's'}"
        yield Row(name, theirs / ours, "≥", REQUIRED)


def cosine(groups: int) -> tuple[float, float]:
    """Return the median seconds of one step of a cosine, MindSpore's and Isorate's."""
    their_steps, our_steps, rounds = CASES[groups]
    theirs = steps_of(optim.lr_scheduler, groups, their_steps)
    ours = steps_of(isorate_experimental, groups, our_steps)
    theirs()
    ours()
    seconds = in_turns(theirs, ours, rounds)
    return seconds[0] / their_steps, seconds[1] / our_steps


def steps_of(module: Any, groups: int, steps: int) -> Callable[[], None]:
    """Return a function that takes so many steps of a module's cosine, and waits for their end."""
    optimizer = optimizer_of(groups)
    scheduler = module.CosineAnnealingLR(optimizer, T_max=10_000, eta_min=0.001)

    def take() -> None:
        for _ in range(steps):
            scheduler.step()
        for lr in optimizer.lrs:
            lr.asnumpy()

    return take


def optimizer_of(groups: int) -> Any:
    """Return an optimizer whose groups each have a rate of their own."""
    return optim.SGD(
        [
            {
                "params": [Parameter(Tensor([0.0], mindspore.float32), name=f"weight_{group}")],
                "lr": 0.1 + 0.001 * group,
            }
            for group in range(groups)
        ],
        lr=0.1,
    )


if __name__ == "__main__":
    for _groups in CASES:
        _theirs, _ours = cosine(_groups)
        print(
            f"{_groups:3} groups  MindSpore {_theirs * 1e6:8.0f} µs  Isorate {_ours * 1e6:6.1f} µs"
            f"  ratio {_theirs / _ours:6.1f}  required {REQUIRED:g}"
        )
