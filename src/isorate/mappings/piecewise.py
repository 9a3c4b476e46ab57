"""PyTorch's ``MultiStepLR`` and ``StepLR``, and MindSpore's lists of constant rates."""

from __future__ import annotations

from isorate.mappings import Example, MappingPage, Shown, Snippet, Trap
from isorate.schedule.run import Run

INTEGER_RATE = """\
import mindspore

try:
    mindspore.nn.piecewise_constant_lr([2, 4], [1, 0.1])
except TypeError as error:
    print("TypeError:", error)
"""

PAGE = MappingPage(
    subject="piecewise",
    title="Piecewise constant",
    says="`MultiStepLR` says by what the rate is multiplied at each milestone, counted in "
    "scheduler steps; `piecewise_constant_lr` says the rates themselves, counted in updates, and "
    "one milestone more: the end. `StepLR` is `exponential_decay_lr` with `is_stair=True`.",
    history="MindSpore's documentation had a page on `StepLR` and `MultiStepLR`, whose outputs "
    "are still what is printed; its mapping pages were removed in 2025.",
    examples=(
        Example(
            "torch.optim.lr_scheduler.MultiStepLR(torch.optim.SGD(params, lr=0.1), "
            "milestones=[1, 3], gamma=0.1)",
            "mindspore.nn.piecewise_constant_lr(milestone=[2, 6, 8], "
            "learning_rates=[0.1, 0.01, 0.001])",
            Run(epochs=4, updates_per_epoch=2, step_every="epoch"),
        ),
        Example(
            "torch.optim.lr_scheduler.StepLR(torch.optim.SGD(params, lr=0.1), "
            "step_size=2, gamma=0.5)",
            "mindspore.nn.exponential_decay_lr(learning_rate=0.1, decay_rate=0.5, total_step=8, "
            "step_per_epoch=2, decay_epoch=2, is_stair=True)",
            Run(epochs=4, updates_per_epoch=2, step_every="epoch"),
        ),
    ),
    others=(
        (
            "mindspore.experimental.optim.lr_scheduler.MultiStepLR",
            "torch's class ported: in float32, and only a list of milestones will do",
        ),
        (
            "mindspore.experimental.optim.lr_scheduler.StepLR",
            "torch's class ported: in float32, and `gamma` has to be a float",
        ),
    ),
    traps=(
        Trap(
            "A milestone is the first update with the next rate on both sides. The last one of "
            "`piecewise_constant_lr` is where the list ends: with torch's own milestones it is "
            "too short.",
            "MultiStepLR(torch.optim.SGD(params, lr=0.1), milestones=[2, 4], gamma=0.1)",
            "piecewise_constant_lr([2, 4], [0.1, 0.01])",
            Run(6),
        ),
        Trap(
            "torch's milestones count scheduler steps, MindSpore's updates: not the same where "
            "torch is stepped once an epoch.",
            "MultiStepLR(torch.optim.SGD(params, lr=0.1), milestones=[1, 2], gamma=0.1)",
            "piecewise_constant_lr([1, 2, 6], [0.1, 0.01, 0.001])",
            Run(epochs=3, updates_per_epoch=2, step_every="epoch"),
        ),
        Trap(
            "A milestone that torch finds twice counts twice; for MindSpore the interval between "
            "equal milestones is empty, and its rate is left out.",
            "MultiStepLR(torch.optim.SGD(params, lr=0.1), milestones=[2, 2], gamma=0.1)",
            "piecewise_constant_lr([2, 2, 4], [0.1, 0.05, 0.01])",
            Run(4),
        ),
        Trap(
            "MindSpore's documentation gives its experimental `StepLR` a `gamma` of 0.5 where "
            "none is given; it is torch's 0.1.",
            "StepLR(torch.optim.SGD(params, lr=0.1), step_size=3, gamma=0.5)",
            "mindspore.experimental.optim.lr_scheduler.StepLR("
            "mindspore.experimental.optim.SGD(params, lr=0.1), step_size=3)",
            Run(5),
        ),
    ),
    shown=(
        Shown(
            "MindSpore's functions take no integer for a rate.",
            Snippet("integer-rate", "mindspore", INTEGER_RATE),
        ),
    ),
)
