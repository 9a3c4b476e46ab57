"""Cosines whose rate is a tensor, half way, at the trough and a whole period on; and two groups."""

import torch
from isorate.torch import CosineAnnealingLR, LambdaLR


def parameters():
    return [torch.nn.Parameter(torch.zeros(1))]


for T, dtype in ((65_000, torch.float32), (2_000, torch.bfloat16)):
    optimizer = torch.optim.SGD(parameters(), lr=torch.tensor(0.1, dtype=dtype))
    scheduler = CosineAnnealingLR(optimizer, T_max=T, eta_min=0.001)
    print(f"{dtype}, T_max={T}:", end=" ")
    for step in range(1, 2 * T + 1):
        optimizer.step()
        scheduler.step()
        if step in (T // 2, T, 2 * T):
            print(f"{optimizer.param_groups[0]['lr'].item():.4f}", end=" ")
    print()

groups = [{"params": parameters()}, {"params": parameters()}]
optimizer = torch.optim.SGD(groups, lr=torch.tensor(0.1))
LambdaLR(optimizer, [lambda step: 1.0, lambda step: 0.5])
print("1 and 0.5 times 0.1:", *(f"{group['lr'].item():.4f}" for group in optimizer.param_groups))
