"""``CosineAnnealingWarmRestarts`` of PyTorch, and MindSpore's port of it."""

from __future__ import annotations

from isorate.mappings import Example, MappingPage, Trap
from isorate.schedule.run import Run

MINDSPORE = "mindspore.experimental.optim.lr_scheduler.CosineAnnealingWarmRestarts("
OPTIMIZER = "mindspore.experimental.optim.SGD(params, lr=0.1)"

PAGE = MappingPage(
    subject="restarts",
    title="Cosine with restarts",
    says="MindSpore has a port of torch's class among its experimental schedulers, in float32. "
    "None of its list functions restarts; the plain list of rates does.",
    history="MindSpore's documentation never had a page on this subject.",
    examples=(
        Example(
            "torch.optim.lr_scheduler.CosineAnnealingWarmRestarts("
            "torch.optim.SGD(params, lr=0.1), T_0=2, T_mult=2, eta_min=0.01)",
            f"{MINDSPORE}{OPTIMIZER}, T_0=2, T_mult=2, eta_min=0.01)",
            Run(8),
        ),
    ),
    others=(
        (
            "mindspore.nn.cosine_decay_lr",
            "one half cosine without a restart; several of them can be put one after the other "
            "with `+`",
        ),
    ),
    traps=(
        Trap(
            "`eta_min` is never reached: the last rate of a cycle is one step short of it. "
            "`CosineAnnealingLR` does reach it.",
            "CosineAnnealingWarmRestarts(torch.optim.SGD(params, lr=0.1), T_0=4)",
            "CosineAnnealingLR(torch.optim.SGD(params, lr=0.1), T_max=4)",
            Run(6),
        ),
        Trap(
            "So it is in MindSpore's port.",
            f"{MINDSPORE}{OPTIMIZER}, T_0=4)",
            f"mindspore.experimental.optim.lr_scheduler.CosineAnnealingLR({OPTIMIZER}, T_max=4)",
            Run(6),
        ),
        Trap(
            "`cosine_decay_lr` holds its minimum where the other starts over.",
            "CosineAnnealingWarmRestarts(torch.optim.SGD(params, lr=0.1), T_0=3)",
            "cosine_decay_lr(0.0, 0.1, 6, 1, 3)",
            Run(6),
        ),
        Trap(
            "`T_0` counts scheduler steps: stepped once an epoch, a cycle is `T_0` epochs.",
            "CosineAnnealingWarmRestarts(torch.optim.SGD(params, lr=0.1), T_0=2)",
            "cosine_decay_lr(0.0, 0.1, 2, 1, 2) + cosine_decay_lr(0.0, 0.1, 2, 1, 2)"
            " + cosine_decay_lr(0.0, 0.1, 2, 1, 2) + cosine_decay_lr(0.0, 0.1, 2, 1, 2)",
            Run(epochs=4, updates_per_epoch=2, step_every="epoch"),
        ),
    ),
)
