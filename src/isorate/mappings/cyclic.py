"""``CyclicLR`` of PyTorch, and MindSpore's port of it."""

from __future__ import annotations

from isorate.mappings import Erratum, Example, MappingPage, Snippet, Trap
from isorate.schedule.run import Run

MINDSPORE = "mindspore.experimental.optim.lr_scheduler.CyclicLR("
OPTIMIZER = "mindspore.experimental.optim.SGD(params, lr=0.1)"
STARTED = "[{'params': params, 'lr': 0.1, 'initial_lr': 0.5}]"
CYCLE = "base_lr=0.01, max_lr=0.1, step_size_up=2"

NO_MOMENTUM = """\
import mindspore
import mindspore.experimental

params = [mindspore.Parameter(mindspore.Tensor(0.0), name="p")]
optimizer = mindspore.experimental.optim.SGD(params, lr=0.1)
try:
    mindspore.experimental.optim.lr_scheduler.CyclicLR(
        optimizer, base_lr=0.01, max_lr=0.1, cycle_momentum=False
    )
except TypeError as error:
    print("TypeError:", error)
"""

PAGE = MappingPage(
    subject="cyclic",
    title="Cyclic",
    says="MindSpore has a port of torch's class among its experimental schedulers: in float32, "
    "and without the arguments for the momentum.",
    history="MindSpore's documentation never had a page on this subject, but named the class in "
    "its table of operators.",
    examples=(
        Example(
            "torch.optim.lr_scheduler.CyclicLR(torch.optim.SGD(params, lr=0.1), "
            f"{CYCLE}, cycle_momentum=False)",
            f"{MINDSPORE}{OPTIMIZER}, {CYCLE})",
            Run(8),
        ),
    ),
    others=(),
    traps=(
        Trap(
            "`initial_lr`, where another scheduler has left it in the optimizer, is the first rate "
            "on both sides, and not `base_lr`.",
            f"CyclicLR(torch.optim.SGD({STARTED}), {CYCLE}, cycle_momentum=False)",
            f"{MINDSPORE}mindspore.experimental.optim.SGD({STARTED}, lr=0.1), {CYCLE})",
            Run(6),
        ),
        Trap(
            "Without it, the rate in the optimizer is not used on either side.",
            f"CyclicLR(torch.optim.SGD(params, lr=0.7), {CYCLE}, cycle_momentum=False)",
            f"{MINDSPORE}mindspore.experimental.optim.SGD(params, lr=0.2), {CYCLE})",
            Run(6),
        ),
        Trap(
            "`step_size_up` counts scheduler steps: stepped once an epoch it is counted in epochs.",
            f"CyclicLR(torch.optim.SGD(params, lr=0.1), {CYCLE}, cycle_momentum=False)",
            "[0.01, 0.055, 0.1, 0.055, 0.01, 0.055, 0.1, 0.055]",
            Run(epochs=4, updates_per_epoch=2, step_every="epoch"),
        ),
    ),
    errata=(
        Erratum(
            "the table of operators up to r2.4",
            "only torch's `verbose` is missing, all else is consistent.",
            "The four arguments for the momentum are missing too.",
            Snippet("no-momentum", "mindspore", NO_MOMENTUM),
        ),
    ),
)
