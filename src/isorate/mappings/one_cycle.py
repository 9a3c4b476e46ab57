"""PyTorch's ``OneCycleLR``, for which MindSpore has nothing but a list."""

from __future__ import annotations

from isorate.mappings import Example, MappingPage, Shown, Snippet, Trap
from isorate.schedule.run import Run

MISSING = """\
import mindspore
from mindspore.experimental.optim import lr_scheduler

print([name for name in lr_scheduler.__all__ if "Cycl" in name])
print(hasattr(mindspore.nn, "OneCycleLR"))
"""

MOMENTUM = """\
import torch

params = [torch.nn.Parameter(torch.zeros(1))]
optimizer = torch.optim.SGD(params, lr=0.1, momentum=0.9)
scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=6)
momenta = []
for update in range(6):
    momenta.append(round(optimizer.param_groups[0]["momentum"], 6))
    optimizer.step()
    scheduler.step()
print(momenta)
"""

CYCLE = "OneCycleLR(torch.optim.SGD(params, lr=0.1, momentum=0.9), max_lr=0.1, total_steps={})"

PAGE = MappingPage(
    subject="one-cycle",
    title="One cycle",
    says="MindSpore has no counterpart of `OneCycleLR`. Its rates as a list say the same, for as "
    "long as the cycle lasts; the momentum that torch cycles as well does not come along.",
    history="MindSpore's documentation never had a page on this subject.",
    examples=(Example(f"torch.optim.lr_scheduler.{CYCLE.format(6)}", None, Run(6)),),
    others=(
        (
            "mindspore.experimental.optim.lr_scheduler.CyclicLR",
            "cycles without end along straight lines, which is another schedule",
        ),
    ),
    traps=(
        Trap(
            "torch gives one rate more than `total_steps`, of a cosine that climbs again; the step "
            "after it raises. A list just ends.",
            CYCLE.format(4),
            "[0.0040000000000000036, 0.0811745653949763, 0.028306099820869922, 4e-07]",
            Run(7),
        ),
        Trap(
            "The rate in the optimizer is not used: the first rate is `max_lr` over `div_factor`.",
            "OneCycleLR(torch.optim.SGD(params, lr=0.1), max_lr=0.1, total_steps=6, "
            "cycle_momentum=False)",
            "CosineAnnealingLR(torch.optim.SGD(params, lr=0.1), T_max=6)",
            Run(6),
        ),
        Trap(
            "`total_steps` counts scheduler steps. Stepped once an epoch, a cycle counted in "
            "updates does not come to its end.",
            CYCLE.format(8),
            "OneCycleLR(torch.optim.SGD(params, lr=0.1, momentum=0.9), max_lr=0.1, epochs=4, "
            "steps_per_epoch=1)",
            Run(epochs=4, updates_per_epoch=2, step_every="epoch"),
        ),
    ),
    shown=(
        Shown("MindSpore has no class of this kind.", Snippet("missing", "mindspore", MISSING)),
        Shown(
            "torch cycles the momentum against the rate, unless `cycle_momentum=False`.",
            Snippet("momentum", "torch", MOMENTUM),
        ),
    ),
)
