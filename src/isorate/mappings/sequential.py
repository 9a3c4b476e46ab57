"""One schedule after another: ``SequentialLR`` of both, and MindSpore's lists put together."""

from __future__ import annotations

from isorate.mappings import Erratum, Example, MappingPage, Shown, Snippet, Trap
from isorate.schedule.run import Run

TORCH = "SequentialLR(optimizer := torch.optim.SGD(params, lr=0.1), schedulers=[{}], milestones={})"
HOME = "mindspore.experimental.optim.lr_scheduler."
MINDSPORE = (
    f"{HOME}SequentialLR(optimizer := mindspore.experimental.optim.SGD(params, lr=0.1), "
    "schedulers=[{}], milestones={})"
)
PARTS = (
    "{0}LinearLR(optimizer, start_factor=0.25, total_iters=3), "
    "{0}ExponentialLR(optimizer, gamma=0.5)"
)
WARMED = f"torch.optim.lr_scheduler.{TORCH.format(PARTS.format('torch.optim.lr_scheduler.'), [3])}"

MULTI_STEP = """\
import mindspore
import mindspore.experimental
from mindspore.experimental.optim import lr_scheduler

params = [mindspore.Parameter(mindspore.Tensor(0.0), name="p")]
optimizer = mindspore.experimental.optim.SGD(params, lr=0.1)
constant = lr_scheduler.ConstantLR(optimizer, 0.5, 9)
stairs = lr_scheduler.MultiStepLR(optimizer, [4])
scheduler = lr_scheduler.SequentialLR(optimizer, [constant, stairs], milestones=[2])
try:
    for update in range(4):
        scheduler.step()
except AttributeError as error:
    print("AttributeError:", error)
"""

CHAINED = """\
from mindspore.experimental.optim import lr_scheduler

print(hasattr(lr_scheduler, "ChainedScheduler"))
"""

PAGE = MappingPage(
    subject="sequential",
    title="One after another",
    says="MindSpore has a port of `SequentialLR` among its experimental schedulers, in float32. "
    "Lists are put one after the other with `+`, and stay in float64. On both sides each part "
    "starts at its own beginning.",
    history="MindSpore's documentation never had a page on this subject, but named the class in "
    "its table of operators.",
    examples=(
        Example(WARMED, MINDSPORE.format(PARTS.format(HOME), [3]), Run(6)),
        Example(
            WARMED,
            "mindspore.nn.polynomial_decay_lr(learning_rate=0.025, end_learning_rate=0.1, "
            "total_step=3, step_per_epoch=1, decay_epoch=3, power=1.0) + "
            "mindspore.nn.exponential_decay_lr(learning_rate=0.1, decay_rate=0.5, total_step=3, "
            "step_per_epoch=1, decay_epoch=1)",
            Run(6),
        ),
    ),
    others=(),
    traps=(
        Trap(
            "A `MultiStepLR` that is not the first part fails in MindSpore when its turn comes.",
            TORCH.format("ConstantLR(optimizer, 0.5, 9), MultiStepLR(optimizer, [4])", [2]),
            MINDSPORE.format(
                f"{HOME}ConstantLR(optimizer, 0.5, 9), {HOME}MultiStepLR(optimizer, [4])", [2]
            ),
            Run(5),
        ),
        Trap(
            "The order of the parts is that of their turns. Each starts from the optimizer's rate, "
            "and not from where the one before it ended: an exponential before a warmup jumps.",
            TORCH.format(PARTS.format(""), [3]),
            TORCH.format(
                "ExponentialLR(optimizer, gamma=0.5), "
                "LinearLR(optimizer, start_factor=0.25, total_iters=3)",
                [3],
            ),
            Run(6),
        ),
        Trap(
            "`OneCycleLR` and `CyclicLR` leave their own first rate as the optimizer's, when they "
            "are built: a part that is built after them starts from that.",
            TORCH.format(
                "OneCycleLR(optimizer, max_lr=0.1, total_steps=4, cycle_momentum=False), "
                "ConstantLR(optimizer, 0.5, 9)",
                [3],
            ),
            "[0.0040000000000000036, 0.0811745653949763, 0.028306099820869922, 0.05, 0.05]",
            Run(5),
        ),
        Trap(
            "A `SequentialLR` within another one runs one step ahead of its milestones, in torch.",
            TORCH.format(
                "SequentialLR(optimizer, schedulers=[ConstantLR(optimizer, 0.5, 9), "
                "ConstantLR(optimizer, 0.25, 9)], milestones=[3]), ConstantLR(optimizer, 1.0, 9)",
                [6],
            ),
            "[0.05, 0.05, 0.05, 0.025, 0.025, 0.025, 0.1, 0.1]",
            Run(8),
        ),
        Trap(
            "torch's milestones count scheduler steps of the whole; a member's own count begins "
            "anew. A list that has run out raises.",
            TORCH.format(PARTS.format(""), [3]),
            "polynomial_decay_lr(0.025, 0.1, 3, 1, 3, 1.0) + "
            "exponential_decay_lr(0.1, 0.5, 2, 1, 1)",
            Run(6),
        ),
    ),
    shown=(
        Shown("MindSpore has no `ChainedScheduler`.", Snippet("chained", "mindspore", CHAINED)),
    ),
    errata=(
        Erratum(
            "the table of operators up to r2.4",
            "only torch's `verbose` is missing from `SequentialLR`, all else is consistent.",
            "A `MultiStepLR` that is not the first part cannot be taken over to.",
            Snippet("multi-step", "mindspore", MULTI_STEP),
        ),
    ),
)
