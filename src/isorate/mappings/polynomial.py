"""PyTorch's ``PolynomialLR`` and MindSpore's ``polynomial_decay_lr``."""

from __future__ import annotations

from isorate.mappings import Example, MappingPage, Trap
from isorate.schedule.run import Run

PAGE = MappingPage(
    subject="polynomial",
    title="Polynomial",
    says="Both come down by the same power: `total_iters` counts scheduler steps where "
    "`decay_epoch` counts epochs. torch always ends at 0; MindSpore at `end_learning_rate`.",
    history="MindSpore's documentation never had a page on this subject.",
    examples=(
        Example(
            "torch.optim.lr_scheduler.PolynomialLR(torch.optim.SGD(params, lr=0.1), "
            "total_iters=3, power=2.0)",
            "mindspore.nn.polynomial_decay_lr(learning_rate=0.1, end_learning_rate=0.0, "
            "total_step=8, step_per_epoch=2, decay_epoch=3, power=2.0)",
            Run(epochs=4, updates_per_epoch=2, step_every="epoch"),
        ),
    ),
    others=(
        (
            "mindspore.nn.PolynomialDecayLR",
            "the same as a cell that the optimizer calls with the step: it counts updates and "
            "computes in float32",
        ),
        (
            "mindspore.experimental.optim.lr_scheduler.PolynomialLR",
            "torch's class ported: in float32, and `power` has to be a float",
        ),
    ),
    traps=(
        Trap(
            "`update_decay_epoch=True` makes the duration longer each time it is over: the rate "
            "comes down to its end, and climbs again. torch stays at 0.",
            "PolynomialLR(torch.optim.SGD(params, lr=0.1), total_iters=2)",
            "polynomial_decay_lr(0.1, 0.0, 8, 1, 2, 1.0, True)",
            Run(8),
        ),
        Trap(
            "torch has no argument for the last rate: it is 0.",
            "PolynomialLR(torch.optim.SGD(params, lr=0.1), total_iters=4)",
            "polynomial_decay_lr(0.1, 0.01, 6, 1, 4, 1.0)",
            Run(6),
        ),
        Trap(
            "Left out, `total_iters` is 5, however long the run is. MindSpore has no "
            "defaults here.",
            "PolynomialLR(torch.optim.SGD(params, lr=0.1))",
            "polynomial_decay_lr(0.1, 0.0, 10, 1, 10, 1.0)",
            Run(10),
        ),
        Trap(
            "Like every list this one ends; torch has no end.",
            "PolynomialLR(torch.optim.SGD(params, lr=0.1), total_iters=2)",
            "polynomial_decay_lr(0.1, 0.0, 3, 1, 2, 1.0)",
            Run(5),
        ),
    ),
)
