"""A warmup of 3 updates before a cyclic rate; only the order in which they are built differs."""

import torch
from isorate.torch import CyclicLR, LinearLR, SequentialLR


def rates(first):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    if first == "warmup":
        warmup = LinearLR(optimizer, start_factor=0.25, total_iters=3)
        cyclic = CyclicLR(optimizer, 0.01, 0.04, step_size_up=3, cycle_momentum=False)
    else:
        cyclic = CyclicLR(optimizer, 0.01, 0.04, step_size_up=3, cycle_momentum=False)
        warmup = LinearLR(optimizer, start_factor=0.25, total_iters=3)
    scheduler = SequentialLR(optimizer, [warmup, cyclic], milestones=[3])
    for _ in range(7):
        yield optimizer.param_groups[0]["lr"]
        optimizer.step()
        scheduler.step()


for first in ("warmup", "cyclic"):
    print(f"{first} built first:", *(f"{rate:.4f}" for rate in rates(first)))
