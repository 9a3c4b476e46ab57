"""Warmup: PyTorch's ``LinearLR`` and ``LambdaLR``, MindSpore's ``warmup_lr`` and others."""

from __future__ import annotations

from isorate.mappings import Example, MappingPage, Shown, Snippet, Trap
from isorate.schedule.run import Run

FROM_ZERO = """\
import torch

params = [torch.nn.Parameter(torch.zeros(1))]
optimizer = torch.optim.SGD(params, lr=0.1)
try:
    torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.0, total_iters=3)
except ValueError as error:
    print("ValueError:", error)
"""

PAGE = MappingPage(
    subject="warmup",
    title="Warmup",
    says="`warmup_lr` climbs from 0, and `LinearLR` cannot begin there: what says it in torch is a "
    "lambda. What says `LinearLR` in MindSpore is `polynomial_decay_lr` with power 1, from the "
    "lower rate to the higher.",
    history="MindSpore's documentation never had a page on this subject.",
    examples=(
        Example(
            "torch.optim.lr_scheduler.LambdaLR(torch.optim.SGD(params, lr=0.1), "
            "lr_lambda=lambda t: min(t, 3) / 3)",
            "mindspore.nn.warmup_lr(learning_rate=0.1, total_step=8, step_per_epoch=2, "
            "warmup_epoch=3)",
            Run(epochs=4, updates_per_epoch=2, step_every="epoch"),
        ),
        Example(
            "torch.optim.lr_scheduler.LinearLR(torch.optim.SGD(params, lr=0.1), "
            "start_factor=0.25, total_iters=3)",
            "mindspore.nn.polynomial_decay_lr(learning_rate=0.025, end_learning_rate=0.1, "
            "total_step=6, step_per_epoch=1, decay_epoch=3, power=1.0)",
            Run(6),
        ),
    ),
    others=(
        (
            "mindspore.nn.WarmUpLR",
            "the same as `warmup_lr`, as a cell that the optimizer calls with the step: it counts "
            "updates and computes in float32",
        ),
        (
            "mindspore.experimental.optim.lr_scheduler.LinearLR",
            "torch's class ported: in float32, and `total_iters` has to be an int",
        ),
    ),
    traps=(
        Trap(
            "`warmup_lr` starts at 0, `LinearLR` at `start_factor` times the rate.",
            "LinearLR(torch.optim.SGD(params, lr=0.1), start_factor=0.25, total_iters=4)",
            "warmup_lr(0.1, 6, 1, 4)",
            Run(6),
        ),
        Trap(
            "`warmup_lr` stays at 0 for its whole first epoch: nothing is learned in it. The cell "
            "leaves 0 after one update.",
            "warmup_lr(0.1, 8, 2, 3)",
            "mindspore.nn.WarmUpLR(0.1, 6)",
            Run(8),
        ),
        Trap(
            "`total_iters` is when `LinearLR` arrives, not how long the warmup of a longer "
            "schedule lasts: it holds `end_factor` from then on. A list ends.",
            "LinearLR(torch.optim.SGD(params, lr=0.1), start_factor=0.25, total_iters=3)",
            "polynomial_decay_lr(0.025, 0.1, 4, 1, 3, 1.0)",
            Run(6),
        ),
    ),
    shown=(Shown("`LinearLR` refuses to start at 0.", Snippet("from-zero", "torch", FROM_ZERO)),),
)
