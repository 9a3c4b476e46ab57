"""A warmup of 4 updates and a cosine of 6: alone, as part of a sequence, and resumed."""

import torch
from isorate.torch import ConstantLR, CosineAnnealingLR, LinearLR, SequentialLR


def warmup_and_cosine(optimizer, **arguments):
    warmup = LinearLR(optimizer, start_factor=0.25, total_iters=4)
    cosine = CosineAnnealingLR(optimizer, T_max=6)
    return SequentialLR(optimizer, [warmup, cosine], milestones=[4], **arguments)


def nested(optimizer):
    parts = [warmup_and_cosine(optimizer), ConstantLR(optimizer, factor=0.01, total_iters=9)]
    return SequentialLR(optimizer, parts, milestones=[8])


def rates(build, updates=8, **arguments):
    group = {"params": [torch.nn.Parameter(torch.zeros(1))], "initial_lr": 0.1}
    optimizer = torch.optim.SGD([group], lr=0.1)
    scheduler = build(optimizer, **arguments)
    for _ in range(updates):
        yield optimizer.param_groups[0]["lr"]
        optimizer.step()
        scheduler.step()


print("alone:   ", *(f"{rate:.4f}" for rate in rates(warmup_and_cosine)))
print("nested:  ", *(f"{rate:.4f}" for rate in rates(nested)))
print("resumed: ", " " * 27, *(f"{rate:.4f}" for rate in rates(warmup_and_cosine, 4, last_epoch=3)))
