"""Ten batches, two of them to an update, and a step of the scheduler at every batch."""

import torch
from isorate.torch import ScheduleLR

optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
scheduler = ScheduleLR(optimizer, "CosineAnnealingLR(T_max=5)")
for batch in range(10):
    if batch % 2 == 1:
        rate = optimizer.param_groups[0]["lr"]
        print(f"update {batch // 2} has {rate:.4f}")
        optimizer.step()
    scheduler.step()
