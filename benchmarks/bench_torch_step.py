"""What one ``scheduler.step()`` costs: torch's CosineAnnealingLR over Isorate's.

Both run in one process, in rounds that take turns, so that a busy machine slows both alike; the
ratio is that of the medians of all rounds. Isorate computes rates ahead: a round covers that
several times. It also runs by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from torch.optim import lr_scheduler

from benchmarks.measure import Row
from benchmarks.stepping import optimizer_of, times
from isorate import torch as isorate_torch

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Parameter groups, what their rates are, rounds, required ratio.
CASES: Final = (
    (1, "float", 21, 3.0),
    (10, "float", 21, 3.0),
    (100, "float", 21, 8.0),
    (1000, "float", 15, 6.0),
    (1, "float32-tensor", 11, 2.0),
    (10, "float32-tensor", 7, 10.0),
    (100, "float32-tensor", 9, 60.0),
    (1000, "float32-tensor", 9, 20.0),
)


def rows() -> Iterator[Row]:
    """Yield one line a case."""
    for groups, kind, rounds, required in CASES:
        theirs, ours = cosine(groups, kind, rounds)
        name = f"torch step(), {groups} {kind} group{'' if groups == 1 else 's'}"
        yield Row(name, theirs / ours, "≥", required)


def cosine(groups: int, kind: str, rounds: int) -> tuple[float, float]:
    """Return the median seconds of one ``step()``, torch's and Isorate's."""
    modules: tuple[Any, Any] = (lr_scheduler, isorate_torch)
    theirs, ours = (
        module.CosineAnnealingLR(optimizer_of(groups, kind), T_max=10_000, eta_min=0.001)
        for module in modules
    )
    return times(theirs, ours, rounds)


if __name__ == "__main__":
    for _groups, _kind, _rounds, _required in CASES:
        _theirs, _ours = cosine(_groups, _kind, _rounds)
        print(
            f"{_groups:5} {_kind:15} torch {_theirs * 1e6:8.1f} µs  Isorate {_ours * 1e6:6.2f} µs"
            f"  ratio {_theirs / _ours:6.1f}  required {_required:g}"
        )
