"""``ReduceLROnPlateau`` of PyTorch, and MindSpore's port of it."""

from __future__ import annotations

from isorate.mappings import Example, MappingPage, Trap
from isorate.schedule.run import Run

TORCH = "ReduceLROnPlateau(torch.optim.SGD(params, lr=0.1), {})"
MINDSPORE = (
    "mindspore.experimental.optim.lr_scheduler.ReduceLROnPlateau("
    "mindspore.experimental.optim.SGD(params, lr=0.1), {})"
)
STUCK = [1.0] * 8

PAGE = MappingPage(
    subject="plateau",
    title="Plateau",
    says="MindSpore has a port of torch's class among its experimental schedulers, in float32. "
    "The rates depend on the metric, so that they can only be said for a metric that is given.",
    history="MindSpore's documentation never had a page on this subject.",
    examples=(
        Example(
            f"torch.optim.lr_scheduler.{TORCH.format('factor=0.5, patience=1')}",
            MINDSPORE.format("factor=0.5, patience=1"),
            Run(8, metrics=[1.0, 0.9, 0.9, 0.9, 0.8, 0.8, 0.8, 0.8]),
        ),
    ),
    others=(),
    traps=(
        Trap(
            "`patience` steps without improvement are let pass; the one after them reduces the "
            "rate, and the update after that uses it. The first metric always is an improvement.",
            TORCH.format("patience=2"),
            "[0.1, 0.1, 0.01, 0.01, 0.001, 0.001, 0.0001, 0.0001]",
            Run(8, metrics=STUCK),
        ),
        Trap(
            "It is the same in MindSpore.",
            TORCH.format("patience=2"),
            MINDSPORE.format("patience=2"),
            Run(8, metrics=STUCK),
        ),
        Trap(
            "An improvement of less than `threshold`, 1e-4 of the best metric, is none.",
            TORCH.format("patience=1"),
            TORCH.format("patience=1, threshold=0.0"),
            Run(5, metrics=[1.0, 0.99995, 0.9999, 0.99985, 0.9998]),
        ),
        Trap(
            "A metric that is better when higher needs `mode='max'`: by default each improvement "
            "counts against it.",
            TORCH.format("patience=1"),
            TORCH.format("patience=1, mode='max'"),
            Run(6, metrics=[0.5, 0.6, 0.7, 0.8, 0.9, 0.95]),
        ),
    ),
)
