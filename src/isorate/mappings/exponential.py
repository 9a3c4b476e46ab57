"""PyTorch's ``ExponentialLR`` and MindSpore's ``exponential_decay_lr``."""

from __future__ import annotations

from isorate.mappings import Erratum, Example, MappingPage, Shown, Snippet, Trap
from isorate.schedule.run import Run

PUBLISHED_PARAMETER = """\
import inspect

import mindspore

print(list(inspect.signature(mindspore.nn.exponential_decay_lr).parameters))
try:
    mindspore.nn.exponential_decay_lr(0.1, 0.9, 6, 2, decay_steps=1)
except TypeError as error:
    print("TypeError:", error)
"""

CELL = """\
import mindspore

cell = mindspore.nn.ExponentialDecayLR(learning_rate=0.1, decay_rate=0.9, decay_steps=4)
print(cell(mindspore.Tensor(2, mindspore.int32)))
"""

INTEGER_RATE = """\
import mindspore

try:
    mindspore.nn.exponential_decay_lr(1, 0.9, 6, 2, 1)
except TypeError as error:
    print("TypeError:", error)
"""

PAGE = MappingPage(
    subject="exponential",
    title="Exponential",
    says="`ExponentialLR` multiplies the rate by `gamma` at every scheduler step; "
    "`exponential_decay_lr` by `decay_rate` in every `decay_epoch` epochs. They agree where "
    "`decay_epoch` is 1 and torch is stepped once an epoch.",
    history="MindSpore's documentation had a page on this pair; its mapping pages were removed "
    "in 2025.",
    examples=(
        Example(
            "torch.optim.lr_scheduler.ExponentialLR(torch.optim.SGD(params, lr=0.1), gamma=0.9)",
            "mindspore.nn.exponential_decay_lr(learning_rate=0.1, decay_rate=0.9, total_step=6, "
            "step_per_epoch=2, decay_epoch=1)",
            Run(epochs=3, updates_per_epoch=2, step_every="epoch"),
        ),
    ),
    others=(
        (
            "mindspore.nn.ExponentialDecayLR",
            "the same decay as a cell that the optimizer calls with the step: it counts updates, "
            "moves at each of them unless `is_stair=True`, and computes in float32",
        ),
        (
            "mindspore.experimental.optim.lr_scheduler.ExponentialLR",
            "torch's class ported, stepped by hand: it needs an experimental optimizer and "
            "computes in float32",
        ),
    ),
    traps=(
        Trap(
            "The list moves once an epoch; a torch scheduler moves whenever it is stepped. Stepped "
            "at every update it decays faster.",
            "ExponentialLR(torch.optim.SGD(params, lr=0.1), gamma=0.5)",
            "exponential_decay_lr(0.1, 0.5, 6, 2, 1)",
            Run(6),
        ),
        Trap(
            "With `decay_epoch` above 1, `decay_rate` is what is left after that many epochs; one "
            "epoch takes its root.",
            "ExponentialLR(torch.optim.SGD(params, lr=0.1), gamma=0.25)",
            "exponential_decay_lr(0.1, 0.25, 6, 1, 2)",
            Run(6),
        ),
        Trap(
            "A list that has run out raises; torch has no end.",
            "ExponentialLR(torch.optim.SGD(params, lr=0.1), gamma=0.5)",
            "exponential_decay_lr(0.1, 0.5, 3, 1, 1)",
            Run(5),
        ),
        Trap(
            "MindSpore's experimental class computes in float32, in which 0.1 already is another "
            "number.",
            "ExponentialLR(torch.optim.SGD(params, lr=0.1), gamma=0.9)",
            "mindspore.experimental.optim.lr_scheduler.ExponentialLR("
            "mindspore.experimental.optim.SGD(params, lr=0.1), gamma=0.9)",
            Run(8),
            tolerance=1e-12,
        ),
    ),
    shown=(
        Shown(
            "MindSpore's functions take no integer for a rate.",
            Snippet("integer-rate", "mindspore", INTEGER_RATE),
        ),
    ),
    errata=(
        Erratum(
            "every edition with a parameter table",
            "`exponential_decay_lr` has a parameter `decay_steps`.",
            "It is `decay_epoch`; `decay_steps` belongs to the cell `ExponentialDecayLR`.",
            Snippet("parameter", "mindspore", PUBLISHED_PARAMETER),
        ),
        Erratum(
            "the r1.10 edition",
            "the cell gives 0.09486833 halfway through its first `decay_steps`.",
            "It gives the next float32 below; the last editions have that.",
            Snippet("cell", "mindspore", CELL),
        ),
    ),
)
