"""PyTorch's ``CosineAnnealingLR`` and MindSpore's ``cosine_decay_lr``."""

from __future__ import annotations

from isorate.mappings import Erratum, Example, MappingPage, Snippet, Trap
from isorate.schedule.run import Run

PUBLISHED_MINDSPORE = """\
import mindspore.nn as nn

min_lr = 0.01
max_lr = 0.1
total_step = 6
step_per_epoch = 2
decay_epoch = 2
output = nn.cosine_decay_lr(min_lr, max_lr, total_step, step_per_epoch, decay_epoch)
print(output)
"""

PUBLISHED_TORCH = """\
import torch

parameter = torch.nn.Parameter(torch.zeros(1))
optimizer = torch.optim.SGD([parameter], 0.1)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=1, eta_min=0.002)
for epoch in range(6):
    optimizer.step()
    scheduler.step()
    print(scheduler.get_last_lr())
"""

TITLE = """\
import torch

try:
    torch.optim.lr_scheduler.cosine_decay_lr
except AttributeError as error:
    print("AttributeError:", error)
"""

FORMULA = """\
import mindspore.nn as nn

rates = nn.cosine_decay_lr(0.01, 0.1, total_step=9, step_per_epoch=1, decay_epoch=4)
print([round(rate, 6) for rate in rates])
"""

STARTING_AT_ONE = """\
import torch

parameter = torch.nn.Parameter(torch.zeros(1))
optimizer = torch.optim.SGD([parameter], 0.1)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=1, eta_min=0.002)
used = []
for epoch in range(6):
    used.append(optimizer.param_groups[0]["lr"])
    optimizer.step()
    scheduler.step()
print("used:   ", used)
print("printed:", [*used[1:], *scheduler.get_last_lr()])
"""

TOTAL_STEP = """\
import mindspore.nn as nn

short = nn.cosine_decay_lr(0.01, 0.1, total_step=3, step_per_epoch=1, decay_epoch=6)
long = nn.cosine_decay_lr(0.01, 0.1, total_step=12, step_per_epoch=1, decay_epoch=6)
print([round(rate, 6) for rate in short])
print([round(rate, 6) for rate in long])
print(short == long[:3])
"""

LAST_EPOCH = """\
import torch

for last_epoch in (-1, 1):
    parameter = torch.nn.Parameter(torch.zeros(1))
    group = {"params": [parameter], "lr": 0.1, "initial_lr": 0.1}
    optimizer = torch.optim.SGD([group], lr=0.1)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(
        optimizer, T_max=4, eta_min=0.01, last_epoch=last_epoch
    )
    print(last_epoch, "begins at step", scheduler.last_epoch)
"""

NEVER_REACHED = """\
import mindspore.nn as nn

steps, epochs = 100, 10
rates = nn.cosine_decay_lr(0.0, 0.001, steps * epochs, steps, epochs)
print(min(rates))
"""

PAGE = MappingPage(
    subject="cosine",
    title="Cosine",
    says="`CosineAnnealingLR` and `cosine_decay_lr` come down the same half cosine: `T_max` counts "
    "scheduler steps where `decay_epoch` counts epochs. Past it torch climbs again, and MindSpore "
    "holds its minimum.",
    history="MindSpore's documentation had a page on this pair from r1.9 to r2.4; its mapping "
    "pages were removed in 2025.",
    examples=(
        Example(
            "torch.optim.lr_scheduler.CosineAnnealingLR("
            "torch.optim.SGD(params, lr=0.1), T_max=2, eta_min=0.01)",
            "mindspore.nn.cosine_decay_lr("
            "min_lr=0.01, max_lr=0.1, total_step=6, step_per_epoch=2, decay_epoch=2)",
            Run(epochs=3, updates_per_epoch=2, step_every="epoch"),
        ),
    ),
    others=(
        (
            "mindspore.nn.CosineDecayLR",
            "the same half cosine as a cell that the optimizer calls with the step: it counts "
            "updates, holds its minimum for good, and computes in float32",
        ),
        (
            "mindspore.experimental.optim.lr_scheduler.CosineAnnealingLR",
            "torch's class ported, stepped by hand and periodic; it needs an experimental "
            "optimizer, computes in float32, has no state_dict, and turns NaN for good: in the "
            "first half period where T_max is 12860 or more, later where it is shorter",
        ),
    ),
    published=(
        Snippet("published-mindspore", "mindspore", PUBLISHED_MINDSPORE),
        Snippet("published-torch", "torch", PUBLISHED_TORCH),
    ),
    errata=(
        Erratum(
            "every English edition",
            "its title compares with `torch.optim.lr_scheduler.cosine_decay_lr`.",
            "No such function exists; the list is made by `mindspore.nn.cosine_decay_lr`.",
            Snippet("title", "torch", TITLE),
        ),
        Erratum(
            "every edition",
            "the formulas of both are the same.",
            "They are up to `decay_epoch`. Past it the list stays at `min_lr`, where torch climbs "
            "back to its first rate by epoch 2·T_max; and torch computes by a recursion, not by "
            "the formula, so that bits differ before that.",
            Snippet("formula", "mindspore", FORMULA),
        ),
        Erratum(
            "every edition",
            "its example shows the two side by side.",
            "The sides have different inputs (a minimum of 0.01 reached in 2 epochs, one of 0.002 "
            "reached in 1), and the torch side prints each rate after `step()`: the one that the "
            "*next* update uses. The first rate, 0.1, is missing from its output.",
            Snippet("starting-at-one", "torch", STARTING_AT_ONE),
        ),
        Erratum(
            "the parameter table added in later editions",
            "`T_max` corresponds to `total_step`.",
            "`total_step` is how many rates the list has; it does not change one of them. "
            "`T_max` corresponds to `decay_epoch`.",
            Snippet("total-step", "mindspore", TOTAL_STEP),
        ),
        Erratum(
            "the parameter table added in later editions",
            "`last_epoch` corresponds to `decay_epoch`.",
            "`last_epoch` says where a resumed scheduler stands. A list has no counterpart: it "
            "always begins at its first rate.",
            Snippet("last-epoch", "torch", LAST_EPOCH),
        ),
        Erratum(
            "every edition, by leaving it out",
            "a list of steps × epochs rates is what one asks for.",
            "That list stops one epoch before `min_lr`. To reach it, `total_step` has to be more "
            "than `step_per_epoch · decay_epoch`.",
            Snippet("never-reached", "mindspore", NEVER_REACHED),
        ),
    ),
    traps=(
        Trap(
            "A list that has run out raises; torch has no end.",
            "CosineAnnealingLR(torch.optim.SGD(params, lr=0.1), T_max=2, eta_min=0.01)",
            "cosine_decay_lr(0.01, 0.1, 2, 1, 2)",
            Run(3),
        ),
        Trap(
            "Since torch 2.8 a scheduler built with `last_epoch=k` goes on from the rate it "
            "finds in the optimizer, without a word. On a fresh optimizer that is the first rate.",
            "CosineAnnealingLR(torch.optim.SGD("
            "[{'params': params, 'lr': 0.1, 'initial_lr': 0.1}]), T_max=10, last_epoch=3)",
            "isorate.torch.CosineAnnealingLR("
            "torch.optim.SGD([{'params': params, 'lr': 0.1, 'initial_lr': 0.1}]), "
            "T_max=10, last_epoch=3)",
            Run(6),
        ),
        Trap(
            "With its rate in a float32 tensor, torch's recursion never climbs back from a long "
            "half period.",
            "CosineAnnealingLR(torch.optim.SGD(params, lr=torch.tensor(0.1)), "
            "T_max=65000, eta_min=0.001)",
            "CosineAnnealingLR(torch.optim.SGD(params, lr=0.1), T_max=65000, eta_min=0.001)",
            Run(130_001),
            tolerance=1e-2,
        ),
        Trap(
            "MindSpore's experimental class turns NaN at the end of a long half period.",
            "CosineAnnealingLR(torch.optim.SGD(params, lr=0.1), T_max=13000)",
            "mindspore.experimental.optim.lr_scheduler.CosineAnnealingLR("
            "mindspore.experimental.optim.SGD(params, lr=0.1), T_max=13000)",
            Run(13_001),
            tolerance=1e-2,
        ),
    ),
)
